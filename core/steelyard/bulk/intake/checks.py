"""What a value of a table must be, as SQL: the typed value, and every way in which it is none, each
with the words that a case's own fault has.
"""

from __future__ import annotations

import datetime
import string
from collections.abc import Callable, Iterable, Mapping
from typing import Literal, NamedTuple, assert_never

from steelyard.bulk.columns import Column
from steelyard.bulk.intake.sources import quoted, text
from steelyard.case.reading.parse_values import NO, YES, Wrong, wrong
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
_SHOWN = 80
_WIDEST = 38
_MISSING = wrong("is missing, and this field must be given")


class Sql(str):
    """An expression of SQL among the values of a message: what it gives stands in its place."""

    __slots__ = ()


class Way(NamedTuple):
    """A way in which a row is wrong: a condition of SQL, the column, and the words, as SQL where
    these are told already.
    """

    when: str
    column: str
    why: Wrong | Sql


class Checked(NamedTuple):
    """A column as it is to be read: its value typed, NULL where it is not given or wrong, and the
    ways in which it is wrong.
    """

    value: str
    ways: tuple[Way, ...] = ()


class Texts(NamedTuple):
    """How a column of texts says its values, each SQL: the value as canonical text, whether it is
    said that there is none, and why it says no value, which is empty where the row is at fault as a
    whole; the last two are empty where no row does.
    """

    value: str
    none: str = ""
    why: str = ""


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


def checked(column: Column, kind: str, given: str = "") -> Checked:
    """Return how a column of an engine's type, which is no text, is read as a clean one; the type
    fits. `given` is the column's own name where it is another.
    """
    found, places = held(kind)
    name = f"raw.{quoted(given or column.name)}"
    shown = Sql(name)
    match column.kind:
        case Number() as number:
            wide, ways = _number(name, shown, number, found, places)
            value = f"TRY_CAST({wide if found == 'binary' else name} AS {sql_type(column)})"
        case Boolean():
            value, ways = _truth(name, shown, found)
        case Date() as date:
            value, ways = _day(name, shown, date, found)
        case Choice():
            value, ways = f"CASE WHEN {name} THEN 'yes' WHEN NOT {name} THEN 'no' END", []
        case _:
            value, ways = f"CAST({name} AS VARCHAR)", []
    at = [Way(when, column.name, why) for when, why in ways]
    if column.required:
        at.append(Way(f"{name} IS NULL", column.name, _MISSING))
    exact = value == name or kind.upper() == sql_type(column).upper()
    return Checked(name if exact else value, tuple(at))


def as_read(column: Column, name: str, texts: Texts) -> Checked:
    """Return how a column of texts is read as a clean one; `name` is the text as it came."""
    value, shown = texts.value, Sql(name)
    ways: Ways = []
    match column.kind:
        case Number() as number:
            _, ways = _number(value, shown, number, None, 0)
        case Date() as date:
            _, ways = _day(f"TRY_CAST({value} AS DATE)", shown, date, None)
    at = [Way(when, column.name, why) for when, why in ways]
    if texts.why:
        at.append(Way(f"{texts.why} <> ''", column.name, Sql(texts.why)))
    if column.required:
        said = f" AND {texts.why} IS NULL" if texts.why else ""
        at.append(Way(f"{value} IS NULL{said}", column.name, _MISSING))
    typed = value if column.type == "text" else f"TRY_CAST({value} AS {sql_type(column)})"
    return Checked(typed, tuple(at))


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
    # The shortest figure that gives back a double is the one that was written: of long ones each
    # engine makes other decimals.
    figure = f"CAST({plain} AS VARCHAR)" if found == "binary" else plain
    wide = f"TRY_CAST({figure} AS DECIMAL({_WIDEST}, {kind.scale}))"
    ways: Ways = []
    # A number that leaves 38 digits lies beyond any range.
    none = "FALSE"
    if found == "binary":
        # Spark has no word for what is infinite.
        none = f"(isnan({plain}) OR ABS({plain}) = CAST('Infinity' AS DOUBLE))"
        ways.append((none, wrong("`{text}` is not a number", text=shown)))
        again = f"CAST(CAST({wide} AS VARCHAR) AS DOUBLE)"
        more = f"NOT {none} AND {again} <> CAST({plain} AS DOUBLE)"
    elif found == "decimal" and places > kind.scale:
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
    if found == "moment":
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


def _one_of(value: str, words: Iterable[str]) -> str:
    listed = ", ".join(text(word) for word in sorted(set(words)))
    return f"{value} IN ({listed})"


def told(way: Way, say: Say) -> str:
    """Return the reason of a way as an expression of SQL: the column, and what is wrong with it."""
    parts = [text(f"{way.column}: ")] if way.column else []
    if isinstance(way.why, Sql):
        return f"CONCAT({', '.join([*parts, way.why])})"
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
