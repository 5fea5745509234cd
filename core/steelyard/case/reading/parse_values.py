"""The words of clerks: numbers, dates and ticks as people type them, turned into exact values."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import NamedTuple

from steelyard.book.terms import NONE_WORDS, UNKNOWN_WORDS
from steelyard.case.reading.identity import flaw, fold
from steelyard.errors import nearest
from steelyard.expression.types import (
    Boolean,
    Choice,
    Date,
    Number,
    PartyOf,
    Type,
    number_text,
    ranged,
    units_of,
)
from steelyard.messages import Title

LONGEST = 10_000
YES = frozenset({"yes", "y", "true", "是", "有", "√", "✓", "✔", "对", "1"})
NO = frozenset({"no", "n", "false", "否", "无", "×", "✗", "✘", "x", "错", "0"})
NOT_APPLICABLE = frozenset({"na", "n/a", "n.a.", "不适用", "不涉及"})
NOT_DONE = NONE_WORDS | {"no", "否", "未完成", "未做", "not done"}

_NUMBER = re.compile(r"[+-]?(?:[0-9]+|[0-9]{1,3}(?:,[0-9]{3})+)(?:\.[0-9]+)?")
_DATE = re.compile(
    r"([0-9]{4})(?:[-/.]|年)([0-9]{1,2})(?:[-/.]|月)([0-9]{1,2})日?(?:[T ]00:00:00)?"
)
_RANGE = re.compile(r"(?P<low>[^\s~至]+)\s*(?:\.\.|~|～|至)\s*(?P<high>[^\s~至]+)")
_SURVEY = re.compile(r"([0-9]+)\s*(?:/|out of)\s*([0-9]+)")
_PERIOD = re.compile(r"([0-9]{4})年?(?:-?(?:H([12])|Q([1-4])|([0-9]{1,2})月?))?")


class Wrong(NamedTuple):
    """Why a text is no value: a message template, its values, and the nearest right word."""

    message: str
    values: Mapping[str, object]
    near: str = ""


class Value(NamedTuple):
    """A value as units, ordinal, position or word; `low` and `high` differ for a typed range."""

    low: int | str | bool
    high: int | str | bool
    text: str


def plain(text: str) -> str:
    """Return a text with full-width forms made plain and the space around it gone."""
    return unicodedata.normalize("NFKC", text).strip()


def wrong(message: str, near: str = "", **values: object) -> Wrong:
    """Explain why a text is no value."""
    return Wrong(message, values, near)


def is_unknown(text: str) -> bool:
    """Whether a text says that the value is not known."""
    return plain(text).lower() in UNKNOWN_WORDS


def read_value(text: str, kind: Type, options: Mapping[str, Title]) -> Value | Wrong:
    """Return the value that a text of one type holds, or why it holds none."""
    if len(text) > LONGEST:
        return wrong("the text is longer than {count} characters", count=LONGEST)
    if isinstance(kind, (Number, Date)):
        return _ranged(text, kind)
    if isinstance(kind, Boolean):
        word = plain(text).lower()
        if word in YES or word in NO:
            return Value(word in YES, word in YES, "true" if word in YES else "false")
        return wrong("`{text}` is neither yes nor no (是 / 否)", text=text)
    if isinstance(kind, Choice):
        return _choice(text, kind, options)
    if isinstance(kind, PartyOf):
        word = fold(text)
        why = flaw(word)
        return Value(word, word, word) if why is None else Wrong(why.message, why.values)
    return Value(text.strip(), text.strip(), text.strip())


def read_tick(text: str) -> str | Wrong:
    """Return `yes`, `no` or `na`."""
    word = plain(text).lower()
    if word in YES:
        return "yes"
    if word in NO:
        return "no"
    if word in NOT_APPLICABLE:
        return "na"
    return wrong("`{text}` is none of yes, no, na (是 / 否 / 不适用)", text=text)


def read_survey(text: str) -> tuple[str, str] | Wrong:
    """Return the two counts of a survey written as `470/500`, as text."""
    found = _SURVEY.fullmatch(plain(text).lower())
    if found is None:
        return wrong(
            "`{text}` is no survey: positive answers out of those asked, such as 470/500", text=text
        )
    return found[1], found[2]


def read_number(text: str, kind: Number) -> int | Wrong:
    """Return a number in units of the type's scale; a percentage is a hundredth."""
    word = plain(text).replace("−", "-")
    percent = word.endswith("%")
    word = word[:-1].strip() if percent else word
    if not _NUMBER.fullmatch(word) or len(word) > 40:
        return wrong("`{text}` is not a number", text=text)
    units = units_of(Decimal(word.replace(",", "") + ("e-2" if percent else "")), kind.scale)
    if units is None:
        if kind.scale == 0:
            return wrong("`{text}` is not a whole number", text=text)
        return wrong("`{text}` has more than {count} decimals", text=text, count=kind.scale)
    return units


def read_date(text: str) -> int | Wrong:
    """Return the ordinal of a date such as 2026-03-01, 2026/3/1 or 2026年3月1日."""
    found = _DATE.fullmatch(plain(text).replace(" ", "") if "年" in text else plain(text))
    if found is None:
        return wrong("`{text}` is not a date such as 2026-03-01", text=text)
    try:
        return date(int(found[1]), int(found[2]), int(found[3])).toordinal()
    except ValueError:
        return wrong("`{text}` is a date that does not exist", text=text)


def read_period(text: str) -> tuple[str, date, date] | Wrong:
    """Return a period in its plain form with its first and last day: 2026, 2026H1, 2026Q3,
    2026-11.
    """
    found = _PERIOD.fullmatch(plain(text).upper().replace(" ", ""))
    year = int(found[1]) if found else 0
    month = int(found[4]) if found and found[4] else 0
    if found is None or not 1 <= year <= 9998 or (found[4] and not 1 <= month <= 12):
        return wrong("`{text}` is not a period such as 2026, 2026H1, 2026Q3 or 2026-11", text=text)
    if found[2]:
        first, months, name = (int(found[2]) - 1) * 6 + 1, 6, f"{year:04}H{found[2]}"
    elif found[3]:
        first, months, name = (int(found[3]) - 1) * 3 + 1, 3, f"{year:04}Q{found[3]}"
    elif month:
        first, months, name = month, 1, f"{year:04}-{month:02}"
    else:
        first, months, name = 1, 12, f"{year:04}"
    after = first + months
    end = date(year + (after > 12), after - 12 if after > 12 else after, 1)
    return name, date(year, first, 1), date.fromordinal(end.toordinal() - 1)


def text_of(units: int, kind: Type) -> str:
    """Return a value of a ranged type as canonical text."""
    if isinstance(kind, Date):
        return date.fromordinal(units).isoformat()
    if isinstance(kind, Choice):
        return kind.options[units]
    return number_text(units, kind.scale if isinstance(kind, Number) else 6)


def _ranged(text: str, kind: Number | Date) -> Value | Wrong:
    word = plain(text)
    found = _RANGE.fullmatch(word)
    ends = [found["low"], found["high"]] if found else [word]
    out: list[int] = []
    for end in ends:
        value = read_date(end) if isinstance(kind, Date) else read_number(end, kind)
        if isinstance(value, Wrong):
            return value if not found else value._replace(values={**value.values, "text": end})
        beyond = _beyond(value, kind, end)
        if beyond is not None:
            return beyond
        out.append(value)
    if out[0] > out[-1]:
        return wrong("`{text}` runs from high to low", text=text)
    return Value(out[0], out[-1], "..".join(text_of(value, kind) for value in dict.fromkeys(out)))


def _beyond(value: int, kind: Number | Date, text: str) -> Wrong | None:
    if value < kind.low:
        return wrong(
            "`{text}` is below the least allowed, {low}", text=text, low=text_of(kind.low, kind)
        )
    if value > kind.high:
        return wrong(
            "`{text}` is above the most allowed, {high}", text=text, high=text_of(kind.high, kind)
        )
    return None


def _choice(text: str, kind: Choice, options: Mapping[str, Title]) -> Value | Wrong:
    word = text.strip()
    found = _RANGE.fullmatch(plain(text)) if kind.ordered and word not in kind.options else None
    if found is not None:
        ends = [_choice(end, kind, options) for end in (found["low"], found["high"])]
        wrongs = [end for end in ends if isinstance(end, Wrong)]
        low, high = (end for end in ends if isinstance(end, Value)) if not wrongs else (None, None)
        if low is None or high is None:
            return wrongs[0]
        if low.low > high.low:  # type: ignore[operator]
            return wrong("`{text}` runs from high to low", text=text)
        return Value(low.low, high.low, f"{low.text}..{high.text}")
    chosen = word if word in kind.options else None
    if chosen is None:
        folded = plain(text).lower()
        names = {
            name: option
            for option, title in options.items()
            for name in (plain(title.zh).lower(), plain(title.en).lower())
        }
        names |= {plain(option).lower(): option for option in kind.options}
        # A dropdown may show the id beside the titles.
        names |= {
            f"{plain(title.zh).lower()} {plain(title.en).lower()}": option
            for option, title in options.items()
        }
        chosen = names.get(folded)
        if chosen is None:
            said = ", ".join(kind.options)
            return wrong(
                "`{text}` is not one of {options}",
                nearest(folded, [*kind.options, *names]),
                text=text,
                options=said,
            )
    if ranged(kind) is not None:
        position = kind.options.index(chosen)
        return Value(position, position, chosen)
    return Value(chosen, chosen, chosen)
