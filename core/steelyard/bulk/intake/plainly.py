"""Texts that are plainly written, told by SQL alone: of these the readers of a case would say what
stands there. Whatever is not told so is read by them, so too little costs time and no value.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from typing import NamedTuple, assert_never

from steelyard.book.measured_in import PERCENT, MeasuredIn
from steelyard.book.terms import NONE_WORDS, UNKNOWN_WORDS
from steelyard.bulk.columns import Column
from steelyard.bulk.intake.sources import quoted, text
from steelyard.case.formats.quoted import MISSING
from steelyard.case.reading.identity import BESIDE_WORDS, NOTHING, SCIENTIFIC
from steelyard.case.reading.parse_values import LONGEST, NO, NOT_APPLICABLE, NOT_DONE, YES
from steelyard.expression.types import (
    TICK,
    Boolean,
    Choice,
    Date,
    Number,
    PartyOf,
    Survey,
    Text,
)
from steelyard.messages import Title

Read = Callable[[str], str | None]
"""What the reader of a case makes of a text as canonical text, None where that is no value."""

_WHOLE, _LONG = 15, 100
_YEAR = "(?:[1-9][0-9]{3}|0[1-9][0-9]{2}|00[1-9][0-9]|000[1-9])"
_SEEN = r"!-~\x{4e00}-\x{9fff}"
_UNSEEN = r"\p{Cf}\x{fe00}-\x{fe0f}"
_BLANK = rf"{_UNSEEN}\p{{Z}}\x00-\x20"
_AROUND = rf"[{_UNSEEN}\p{{Z}}\t-\r\x{{85}}]+"
_LETTER = r"\p{L}"
_LETTERS = r"[0-9A-Za-z\x{4e00}-\x{9fff}]"
_OTHER_FORMS = (
    r"\x{a0}\x{1680}\x{2000}-\x{200a}\x{2028}\x{2029}\x{202f}\x{205f}\x{3000}"
    r"\x{fe50}-\x{fe6f}\x{ff00}-\x{ffef}"
)
_UNPRINTABLE = r"\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x{9f}\x{2028}-\x{202e}\x{2066}-\x{2069}"
_ABSENT = NONE_WORDS | UNKNOWN_WORDS | NOT_DONE


class Plain(NamedTuple):
    """When a text is plainly written, and what it says then as canonical text; both are SQL."""

    when: str
    value: str


def plain(
    name: str,
    column: Column,
    counts: MeasuredIn | None,
    options: Mapping[str, Title],
    read: Read,
    *,
    grouped: bool,
) -> Plain:
    """Return which texts of a column of that name are plainly written.

    `counts` is what its figures count, `options` the titles of its options, and where `grouped`
    a comma stands between thousands and can be nothing else.
    """
    match column.kind:
        case Number() as number:
            when = _is(name, _figure(number, counts, grouped=grouped))
            return Plain(when, f"REPLACE({name}, ',', '')" if grouped else name)
        case Date():
            day = _is(name, _YEAR + "-[0-9]{2}-[0-9]{2}")
            return Plain(f"({day} AND TRY_CAST({name} AS DATE) IS NOT NULL)", name)
        case Boolean():
            return _listed(name, {*YES, *NO}, read)
        case Choice() as choice:
            if choice == TICK:
                return _listed(name, {*YES, *NO, *NOT_APPLICABLE}, read)
            titles = [word.strip() for one in options.values() for word in one]
            return _listed(name, [*choice.options, *titles], read)
        case Text() if column.field:
            return Plain(_words(name), name)
        case Text() | PartyOf():
            return Plain(_identity(name), name)
        case Survey():
            raise TypeError(column.name)
    assert_never(column.kind)


def _figure(kind: Number, counts: MeasuredIn | None, *, grouped: bool) -> str:
    doubtful = counts is not None and counts.id == PERCENT
    # Less than one percent may be a share of it.
    digits = f"0*[1-9][0-9]{{0,{_WHOLE}}}" if doubtful else f"[0-9]{{1,{_WHOLE}}}"
    if grouped:
        digits = f"(?:{digits}|[1-9][0-9]{{0,2}}(?:,[0-9]{{3}}){{1,5}})"
    decimals = rf"(?:\.[0-9]{{1,{kind.scale}}})?" if kind.scale else ""
    return f"-?(?:0|{digits}{decimals})"


def _listed(name: str, words: Iterable[str], read: Read) -> Plain:
    """Return the words that are read as one of a few values."""
    ways = {one: read(one) for word in words for one in (word, word.upper(), word.capitalize())}
    said = {word: value for word, value in sorted(ways.items()) if value is not None}
    when = f"{name} IN ({', '.join(map(text, said))})" if said else "FALSE"
    cases = ""
    for value in dict.fromkeys(said.values()):
        others = [word for word in said if said[word] == value and word != value]
        if others:
            cases += f" WHEN {name} IN ({', '.join(map(text, others))}) THEN {text(value)}"
    return Plain(when, f"CASE{cases} ELSE {name} END" if cases else name)


def _identity(name: str) -> str:
    """Return when an id stands in the one form in which ids are kept."""
    full = (
        f"{_is(name, f'[{_SEEN}]+(?: [{_SEEN}]+)*')} AND {_holds(name, _LETTERS)} "
        f"AND NOT {_is(name, SCIENTIFIC.pattern)} AND NOT {_nothing(name)} "
        f"AND {_of_a_sheet(name)}"
    )
    # Most ids are seen by one look: a figure says something, and no power of ten begins with a
    # letter or goes without an E.
    letters, others = f"[{_SEEN}]*", "[0-9A-DF-Za-df-z_-]*"
    usual = _is(
        name, rf"[A-Za-z\x{{4e00}}-\x{{9fff}}]{letters}[1-9]{letters}|{others}[1-9]{others}"
    )
    return f"(LENGTH({name}) <= {_LONG} AND CASE WHEN {usual} THEN TRUE ELSE {full} END)"


def bare(name: str) -> str:
    """Return a text without what nobody sees around it, of which each engine's TRIM knows some."""
    around = text(rf"^{_AROUND}|{_AROUND}\z")
    return f"regexp_replace({name}, {around}, '', 'g')"


def word(column: str) -> str:
    """Return a column of a table as such a text, NULL where nothing is left of it."""
    return f"NULLIF({bare(f'CAST(raw.{quoted(column)} AS VARCHAR)')}, '')"


def no_word(name: str) -> str:
    """Return when a text holds figures and signs alone, or a word for nothing."""
    return f"(NOT {_holds(name, _LETTER)} OR {_nothing(name)})"


def _nothing(name: str) -> str:
    beside = "".join(f"\\{sign}" if sign.isascii() else sign for sign in BESIDE_WORDS.strip())
    words = "|".join(map(re.escape, sorted(NOTHING)))
    return _is(f"REPLACE({name}, ' ', '')", f"(?i)[{beside}]*(?:{words})[{beside}]*")


def _words(name: str) -> str:
    """Return when a text is said as it stands: not blank, not a word for what is not known or for
    nothing, which is as short.
    """
    most, unseen = max(map(len, _ABSENT)), f"[{_UNSEEN}]*"
    blank = _holds(name, rf"^[{_BLANK}]|[{_BLANK}]\z|[{_UNPRINTABLE}]")
    redrawn = (
        f"{_holds(name, f'[{_UNSEEN}{_OTHER_FORMS}]')} "
        f"AND {_is(name, f'(?:{unseen}[^{_UNSEEN}]){{0,{most}}}{unseen}')}"
    )
    absent = ", ".join(map(text, sorted(_ABSENT)))
    return (
        f"({name} <> '' AND NOT {blank} AND NOT ({redrawn}) AND LENGTH({name}) <= {LONGEST} "
        f"AND LOWER({name}) NOT IN ({absent}) AND {_of_a_sheet(name)})"
    )


def _of_a_sheet(name: str) -> str:
    """Return when a text is neither quoted against spreadsheets nor what they write for want of
    a value.
    """
    missing = ", ".join(map(text, sorted(MISSING)))
    return f"{name} NOT LIKE '=\"%' AND {name} NOT IN ({missing})"


def _is(value: str, pattern: str) -> str:
    return _holds(value, rf"^(?:{pattern})\z")


def _holds(value: str, pattern: str) -> str:
    return f"regexp_matches({value}, {text(pattern)})"
