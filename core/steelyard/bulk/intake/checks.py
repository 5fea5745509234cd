"""What a value of a table must be, as SQL: the typed value, and every way in which it is none, each
with the words that a case's own fault has.
"""

from __future__ import annotations

import datetime
import string
from collections.abc import Callable, Iterable, Mapping
from typing import Literal, NamedTuple, assert_never

from steelyard.book.terms import NONE_WORDS, UNKNOWN_WORDS
from steelyard.bulk.columns import Column
from steelyard.bulk.intake.sources import quoted, text
from steelyard.case.reading.identity import FOREIGN, LATIN, SCIENTIFIC
from steelyard.case.reading.parse_values import LONGEST, NO, NOT_APPLICABLE, YES, Wrong, wrong
from steelyard.errors import Plural
from steelyard.expression.types import (
    TICK,
    Boolean,
    Choice,
    Date,
    Number,
    PartyOf,
    number_text,
)
from steelyard.messages import Title

Held = Literal["text", "truth", "whole", "decimal", "binary", "day", "moment"]
"""What a column of a file holds, whatever its engine calls it."""
Say = Callable[[str], str]

_HELD: Mapping[str, Held] = {
    "VARCHAR": "text", "STRING": "text", "ENUM": "text", "NULL": "text", "VOID": "text",
    "BOOLEAN": "truth",
    "TINYINT": "whole", "SMALLINT": "whole", "INTEGER": "whole", "INT": "whole",
    "BIGINT": "whole", "HUGEINT": "whole", "UTINYINT": "whole", "USMALLINT": "whole",
    "UINTEGER": "whole", "UBIGINT": "whole", "UHUGEINT": "whole",
    "DECIMAL": "decimal",
    "FLOAT": "binary", "DOUBLE": "binary",
    "DATE": "day",
    "TIMESTAMP": "moment", "TIMESTAMP_S": "moment", "TIMESTAMP_MS": "moment",
    "TIMESTAMP_NS": "moment", "TIMESTAMP_NTZ": "moment",
}  # fmt: skip
_FIGURE = r"^[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)$"
_DAY = r"^[0-9]{4}[-/][0-9]{1,2}[-/][0-9]{1,2}$"
_UNPRINTABLE = r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]"
# Whatever `fold` would write otherwise, or `flaw` refuse: invisible signs, spaces and dashes of
# other widths, full-width forms, radicals.
_MISDRAWN = (
    r"[\x00-\x1f\x7f-\x{00a0}\x{00ad}\x{1680}\x{180e}\x{2000}-\x{206f}\x{2212}\x{2e80}-\x{2fdf}"
    r"\x{3000}\x{3164}\x{fe00}-\x{fe0f}\x{fe58}\x{fe63}\x{feff}-\x{ffef}\x{fffd}]|  "
)
_REMARKABLE = "[^!-~]"
_LONGEST_ID = 200
_SHOWN = 80
_WIDEST = 38
_ABSENT = tuple(sorted(NONE_WORDS | UNKNOWN_WORDS))


class Sql(str):
    """An expression of SQL among the values of a message: what it gives stands in its place."""

    __slots__ = ()


class Way(NamedTuple):
    """A way in which a row is wrong: a condition of SQL, the column, and the words."""

    when: str
    column: str
    why: Wrong


class Checked(NamedTuple):
    """A column as it is to be read: its value typed, NULL where it is not given or wrong, and the
    ways in which it is wrong.

    `exact` is the condition under which the column as it came, `given`, is that value already;
    empty where nothing tells.
    """

    value: str
    ways: tuple[Way, ...] = ()
    given: str = ""
    exact: str = ""


def held(kind: str) -> tuple[Held | None, int]:
    """Return what a type of an engine holds, None where no value of a book can be one, and how many
    decimals.
    """
    name, _, rest = kind.strip('"').upper().partition("(")
    places = rest.rstrip(")").partition(",")[2].strip() if name == "DECIMAL" else ""
    return (_HELD.get(name) if not kind.endswith("[]") else None), int(places or 0)


def fitting(column: Column, found: Held | None) -> bool:
    """Whether a column of a file may hold values of a clean one at all; a text may hold any."""
    match column.kind:
        case Number():
            wanted: tuple[Held, ...] = ("whole", "decimal", "binary")
        case Boolean():
            wanted = ("truth", "whole")
        case Date():
            wanted = ("day", "moment")
        case Choice() if column.kind == TICK:
            wanted = ("truth",)
        case PartyOf():
            wanted = ("whole",)
        case _:
            wanted = () if column.field else ("whole",)
    return found is not None and found in ("text", *wanted)


def checked(column: Column, options: Mapping[str, Title], kind: str, given: str = "") -> Checked:
    """Return how a column of an engine's type is read as a clean one; the type fits.

    `options` are the titles by which options are known too, `given` the column's own name where it
    is another.
    """
    found, places = held(kind)
    name = f"raw.{quoted(given or column.name)}"
    plain = f"NULLIF(TRIM(CAST({name} AS VARCHAR)), '')" if found == "text" else name
    shown = Sql(name)
    match column.kind:
        case Number() as number:
            value, ways = _number(plain, shown, number, found, places)
            value = f"TRY_CAST({plain} AS {sql_type(column)})"
        case Boolean():
            value, ways = _truth(plain, shown, found)
        case Date() as date:
            value, ways = _day(plain, shown, date, found)
        case Choice() as choice:
            value, ways = _choice(plain, shown, choice, options, found)
        case PartyOf():
            value, ways = _identity(plain, shown, found)
        case _:
            value, ways = _text(plain, shown) if column.field else _identity(plain, shown, found)
    at = [Way(when, column.name, why) for when, why in ways]
    if column.required:
        missing = wrong("is missing, and this field must be given")
        at.append(Way(f"{plain} IS NULL", column.name, missing))
    if value == name or kind.upper() == sql_type(column).upper() and found != "text":
        return Checked(name, tuple(at))
    if found != "text" or column.type != "text":
        return Checked(value, tuple(at))
    exact = f"{name} = TRIM({name}) AND {name} <> ''"
    if isinstance(column.kind, Choice):
        exact = _one_of(name, column.kind.options)
    return Checked(value, tuple(at), name, exact)


def absent(column: Column) -> Checked:
    """Return how a column is read that is not there."""
    return Checked(f"CAST(NULL AS {sql_type(column)})")


def sql_type(column: Column) -> str:
    """Return the type of SQL that holds a column's values, in DuckDB's words."""
    match column.type:
        case "decimal":
            return f"DECIMAL({column.digits}, {column.scale})"
        case "integer":
            return "BIGINT"
        case "text":
            return "VARCHAR"
        case "boolean" | "date":
            return column.type.upper()
    assert_never(column.type)


Ways = list[tuple[str, Wrong]]


def _number(
    plain: str, shown: Sql, kind: Number, found: Held | None, places: int
) -> tuple[str, Ways]:
    wide = f"TRY_CAST({plain} AS DECIMAL({_WIDEST}, {kind.scale}))"
    ways: Ways = []
    # A number that leaves 38 digits lies beyond any range.
    none = "FALSE"
    if found == "text":
        none = f"NOT regexp_matches({plain}, {text(_FIGURE)})"
        ways.append((none, wrong("`{text}` is not a number", text=shown)))
    if found == "binary":
        none = f"(isnan({plain}) OR isinf({plain}))"
        ways.append((none, wrong("`{text}` is not a number", text=shown)))
        more = f"NOT {none} AND CAST({wide} AS DOUBLE) <> CAST({plain} AS DOUBLE)"
    elif found == "text" or (found == "decimal" and places > kind.scale):
        digits = r"\." + f"[0-9]{{{kind.scale}}}[0-9]*[1-9]"
        more = f"NOT {none} AND regexp_matches(CAST({plain} AS VARCHAR), {text(digits)})"
    else:
        more = ""
    if more:
        ways.append(
            (
                more,
                wrong(
                    Plural(
                        "`{text}` has more than {count} decimal",
                        "`{text}` has more than {count} decimals",
                    ),
                    text=shown,
                    count=kind.scale,
                )
                if kind.scale
                else wrong("`{text}` is not a whole number", text=shown),
            )
        )
    low, high = (number_text(end, kind.scale) for end in (kind.low, kind.high))
    least = f"CAST({text(low)} AS DECIMAL({_WIDEST}, {kind.scale}))"
    most = f"CAST({text(high)} AS DECIMAL({_WIDEST}, {kind.scale}))"
    beyond = f"NOT {none} AND {plain} IS NOT NULL AND {wide} IS NULL"
    negative = f"CAST({plain} AS VARCHAR) LIKE '-%'"
    ways += [
        (
            f"{wide} < {least} OR ({beyond} AND {negative})",
            wrong("`{text}` is below the least allowed, {low}", text=shown, low=low),
        ),
        (
            f"{wide} > {most} OR ({beyond} AND NOT {negative})",
            wrong("`{text}` is above the most allowed, {high}", text=shown, high=high),
        ),
    ]
    return wide, ways


def _truth(plain: str, shown: Sql, found: Held | None) -> tuple[str, Ways]:
    if found == "truth":
        return plain, []
    word = f"LOWER(CAST({plain} AS VARCHAR))"
    value = f"CASE WHEN {_one_of(word, YES)} THEN TRUE WHEN {_one_of(word, NO)} THEN FALSE END"
    none = f"NOT ({_one_of(word, YES | NO)})"
    return value, [(none, wrong("`{text}` is neither yes nor no (是 / 否)", text=shown))]


def _day(plain: str, shown: Sql, kind: Date, found: Held | None) -> tuple[str, Ways]:
    ways: Ways = []
    value = plain
    if found == "text":
        value = f"TRY_CAST(REPLACE({plain}, '/', '-') AS DATE)"
        day = f"regexp_matches({plain}, {text(_DAY)})"
        ways += [
            (f"NOT {day}", wrong("`{text}` is not a date such as 2026-03-01", text=shown)),
            (
                f"{day} AND {value} IS NULL",
                wrong("`{text}` is a date that does not exist", text=shown),
            ),
        ]
    elif found == "moment":
        value = f"CAST({plain} AS DATE)"
        ways.append(
            (
                f"CAST({value} AS TIMESTAMP) <> {plain}",
                wrong("`{text}` is a moment, and a day is wanted", text=shown),
            )
        )
    first, last = (datetime.date.fromordinal(end).isoformat() for end in (kind.low, kind.high))
    ways += [
        (
            f"{value} < CAST({text(first)} AS DATE)",
            wrong("`{text}` is below the least allowed, {low}", text=shown, low=first),
        ),
        (
            f"{value} > CAST({text(last)} AS DATE)",
            wrong("`{text}` is above the most allowed, {high}", text=shown, high=last),
        ),
    ]
    return value, ways


def _choice(
    plain: str, shown: Sql, kind: Choice, options: Mapping[str, Title], found: Held | None
) -> tuple[str, Ways]:
    """Read an option by its id, or by one of its titles."""
    if kind == TICK:
        if found == "truth":
            return f"CASE WHEN {plain} THEN 'yes' WHEN NOT {plain} THEN 'no' END", []
        word = f"LOWER({plain})"
        ways = {"yes": YES, "no": NO, "na": NOT_APPLICABLE}
        chosen = " ".join(f"WHEN {_one_of(word, ways[one])} THEN {text(one)}" for one in ways)
        none = f"NOT ({_one_of(word, YES | NO | NOT_APPLICABLE)})"
        why = wrong("`{text}` is none of yes, no, na (是 / 否 / 不适用)", text=shown)
        return f"CASE {chosen} END", [(none, why)]
    called: dict[str, str] = {}
    for option in kind.options:
        title = options.get(option)
        for word in (option, *(title or ())):
            called.setdefault(word.strip().lower(), option)
    ids = _one_of(plain, kind.options)
    ways_ = " ".join(
        f"WHEN {_one_of(f'LOWER({plain})', [word for word in called if called[word] == one])} "
        f"THEN {text(one)}"
        for one in kind.options
    )
    value = f"CASE WHEN {ids} THEN {plain} {ways_} END"
    why = wrong("`{text}` is not one of {options}", text=shown, options=tuple(kind.options))
    return value, [(f"{plain} IS NOT NULL AND {value} IS NULL", why)]


def _identity(plain: str, shown: Sql, found: Held | None) -> tuple[str, Ways]:
    if found != "text":
        return f"CAST({plain} AS VARCHAR)", []
    longer = wrong(
        "`{text}` is what a spreadsheet makes of a longer id: format the column as text and type "
        "the id again",
        text=shown,
    )
    mixed = " AND ".join(
        f"regexp_matches({plain}, {text(one.pattern)})" for one in (LATIN, FOREIGN)
    )
    none = f"regexp_matches({plain}, {text(_MISDRAWN)}) OR ({mixed})"
    # Most ids are seen by one look to hold nothing that needs another.
    looked = f"CASE WHEN regexp_matches({plain}, {text(_REMARKABLE)}) THEN {none} ELSE FALSE END"
    return plain, [
        (f"regexp_matches({plain}, {text(f'^(?:{SCIENTIFIC.pattern})$')})", longer),
        (
            f"{looked} OR LENGTH({plain}) > {_LONGEST_ID}",
            wrong("`{text}` cannot be an id", text=shown),
        ),
    ]


def _text(plain: str, shown: Sql) -> tuple[str, Ways]:
    return plain, [
        (
            f"LENGTH({plain}) > {LONGEST}",
            wrong("the text is longer than {count} characters", count=LONGEST),
        ),
        (
            f"regexp_matches({plain}, {text(_UNPRINTABLE)})",
            wrong("holds characters that cannot be printed"),
        ),
        (
            _one_of(f"LOWER({plain})", _ABSENT),
            wrong("`{text}` is no text: leave it empty where it is not known", text=shown),
        ),
    ]


def _one_of(value: str, words: Iterable[str]) -> str:
    listed = ", ".join(text(word) for word in sorted(set(words)))
    return f"{value} IN ({listed})"


def told(way: Way, say: Say) -> str:
    """Return the reason of a way as an expression of SQL: the column, and what is wrong with it."""
    parts = [text(f"{way.column}: ")] if way.column else []
    for before, field, _, _ in string.Formatter().parse(say(way.why.message)):
        if before:
            parts.append(text(before))
        if field is not None:
            value = way.why.values[field]
            parts.append(
                f"SUBSTR(COALESCE(CAST({value} AS VARCHAR), ''), 1, {_SHOWN})"
                if isinstance(value, Sql)
                else text(str(value))
            )
    return f"CONCAT({', '.join(parts)})"
