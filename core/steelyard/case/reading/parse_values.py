"""The words of clerks: numbers, dates and ticks as people type them, turned into exact values."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from typing import Literal, NamedTuple

from steelyard.book.measured_in import PERCENT, MeasuredIn, folded
from steelyard.book.terms import NONE_WORDS, UNKNOWN_WORDS
from steelyard.case.reading.days import day_of, months_of, period_of, short_readings
from steelyard.case.reading.figures import figures_in, has_comma, is_power
from steelyard.case.reading.identity import drawn_as_kept, flaw, fold
from steelyard.case.reading.measured import SIGN, moved, parted, plainly, shift
from steelyard.case.reading.written import DIGITS, Cell, Written, written_of
from steelyard.errors import Fault, Plural, nearest
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
YES = frozenset({"yes", "y", "true", "是", "有", "√", "✓", "✔", "☑", "✅", "对", "1", "1.0"})
NO = frozenset({"no", "n", "false", "否", "无", "×", "✗", "✘", "❌", "错", "0", "0.0"})
NOT_APPLICABLE = frozenset({"na", "n/a", "n.a.", "不适用", "不涉及", "/", "-", "–", "—", "——"})
_TICKS = {
    word: tick
    for tick, words in (("yes", YES), ("no", NO), ("na", NOT_APPLICABLE))
    for word in words
}
NOT_DONE = NONE_WORDS | {"no", "否", "未完成", "未做", "not done"}
# A cross marks a box on English forms, and says no on Chinese ones.
_CROSSED = frozenset({"x", "☒", "⊠"})
_EMPTY_BOXES = frozenset({"□", "☐", "▢"})
_FOLDED = frozenset({"<wide>", "<narrow>", "<small>", "<noBreak>"})

_RANGE = re.compile(r"(?P<low>[^~至]*?[^\s~至])\s*(?:\.\.|~|～|至)\s*(?P<high>[^\s~至][^~至]*)")
_OUT_OF = re.compile(r"/|out of")
_SURVEY = re.compile(r"([0-9]+)\s*(?:/|out of)\s*([0-9]+)")


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
    """Return a text with full-width forms made plain, and without invisible signs and the space
    around it; signs that only resemble others, as raised digits do, stay.
    """
    if drawn_as_kept(text):
        return text.strip()
    return "".join(map(_plain_sign, unicodedata.normalize("NFC", text))).strip()


def _plain_sign(sign: str) -> str:
    if sign.isascii():
        return sign
    category = unicodedata.category(sign)
    # Variation selectors choose how a tick is drawn.
    if category == "Cf" or "\ufe00" <= sign <= "\ufe0f":
        return ""
    if category == "Zs":
        return " "
    form = unicodedata.decomposition(sign).partition(" ")[0]
    return unicodedata.normalize("NFKC", sign) if form in _FOLDED else sign


def wrong(message: str, near: str = "", **values: object) -> Wrong:
    """Explain why a text is no value."""
    return Wrong(message, values, near)


def is_unknown(text: str) -> bool:
    """Whether a text says that the value is not known."""
    return plain(text).lower() in UNKNOWN_WORDS


def absence(
    text: str, kind: Type, options: Mapping[str, Title], none: AbstractSet[str], *, unknown: bool
) -> Literal["", "none", "unknown"] | Wrong:
    """Return whether a text says that there is none, by one of the words `none`, or, where it may
    be `unknown`, that it is not known; a word that is the title of an option too is refused.
    """
    word = plain(text).lower()
    found: Literal["", "none", "unknown"] = "none" if word in none else ""
    if unknown and word in UNKNOWN_WORDS:
        found = "unknown"
    if not found or not isinstance(kind, Choice):
        return found
    names = _names(kind, options)
    option = text if text in kind.options else names.get(word)
    if option is None:
        return found
    if option == text:
        return ""
    if found == "unknown":
        return wrong(
            "`{text}` may mean the option `{option}`, or that it is not known: write {option}, or "
            "leave it empty",
            text=text,
            option=option,
        )
    return wrong(
        "`{text}` may mean the option `{option}`, or that there is none: write {option} or {none}",
        text=text,
        option=option,
        none=min(
            (one for one in none if one not in names), default="", key=lambda one: (len(one), one)
        ),
    )


def read_value(
    text: str, kind: Type, options: Mapping[str, Title], counts: MeasuredIn | None = None
) -> Value | Wrong:
    """Return the value that a text of one type holds, or why it holds none; `counts` is what the
    book says that a figure is measured in.
    """
    if len(text) > LONGEST:
        return wrong("the text is longer than {count} characters", count=LONGEST)
    if isinstance(kind, (Number, Date)):
        return _ranged(text, kind, counts)
    if isinstance(kind, Boolean):
        tick = _yes_or_no(text)
        if isinstance(tick, Wrong):
            return tick
        if tick is not None:
            return Value(tick, tick, "true" if tick else "false")
        return wrong("`{text}` is neither yes nor no (是 / 否)", text=text)
    if isinstance(kind, Choice):
        return _choice(text, kind, options)
    if isinstance(kind, PartyOf):
        word = fold(text)
        why = flaw(word, written_of(text))
        return Value(word, word, word) if why is None else Wrong(why.message, why.values)
    written = written_of(text)
    if written is not None and written.was == "number" and len(text) > DIGITS and text.isdigit():
        return wrong(
            "`{text}` has more digits than a spreadsheet keeps of a number: set the cell's format "
            "to text and type it again",
            text=text,
        )
    said = text.strip() if written is None else written.shown or text.strip()
    return Value(said, said, said)


def read_tick(text: str) -> str | Wrong:
    """Return `yes`, `no` or `na`."""
    word = plain(text).lower()
    return (
        _TICKS.get(word)
        or _two_meanings(word, text)
        or wrong("`{text}` is none of yes, no, na (是 / 否 / 不适用)", text=text)
    )


def _yes_or_no(text: str) -> bool | Wrong | None:
    """Return what a tick says, None where it is no tick; a sign with two meanings is refused."""
    word = plain(text).lower()
    return True if word in YES else False if word in NO else _two_meanings(word, text)


def _two_meanings(word: str, text: str) -> Wrong | None:
    """Return why a sign is no tick where it is drawn for yes by some and for no by others."""
    if word in _CROSSED:
        return wrong(
            "`{text}` may mark a box, which is yes, or strike it out, which is no: write yes or no "
            "(是 / 否)",
            text=text,
        )
    if word in _EMPTY_BOXES:
        return wrong(
            "`{text}` may mean no, or that nobody has answered yet: write yes or no (是 / 否), or "
            "leave it empty",
            text=text,
        )
    return None


def read_survey(text: str, counts: MeasuredIn | None = None) -> tuple[str, str] | Wrong:
    """Return the two counts of a survey written as `470/500`, as text, each perhaps with the unit
    that the book names.
    """
    word = plain(text).lower()
    if counts is not None:
        parts = [parted(part.strip(), counts) for part in _OUT_OF.split(word)]
        if all(folded(unit) in counts.typed for _, beside in parts for unit in beside):
            word = "/".join(figure for figure, _ in parts)
    found = _SURVEY.fullmatch(word)
    if found is None:
        return _made_a_date(text) or wrong(
            "`{text}` is no survey: positive answers out of those asked, such as 470/500", text=text
        )
    return found[1], found[2]


def read_number(text: str, kind: Number, counts: MeasuredIn | None = None) -> int | Wrong:
    """Return a number in units of the type's scale; a percentage of a share is hundredths.

    A number that a spreadsheet has worked out is rounded to the type's scale where the cell
    shows no more decimals than that.
    """
    written = written_of(text)
    word, beside = parted(plain(text).replace("−", "-"), counts)
    figures = figures_in(word, written)
    if len(figures) != 1:
        return _no_figure(text, word, figures, written)
    figure, places = figures[0], None if written is None else written.places
    said = text
    if written is not None and written.percent:
        # The cell shows a hundredfold of the number that it holds.
        figure, beside = moved(figure, 2), (SIGN,)
        places, said = None if places is None else places - 2, f"{plainly(figure)}%"
    by = shift(said, figure, beside, kind, counts)
    if isinstance(by, Fault):
        return Wrong(by.message, by.values)
    return _units(text, moved(figure, by), kind, None if places is None else places - by)


def percent_in_doubt(text: str, kind: Type, counts: MeasuredIn | None) -> Wrong | None:
    """Return why a figure of percent that is typed without its sign may be a share of it: 0.95 may
    be 0.95% and 95%; None where only one of them can be.
    """
    if not isinstance(kind, Number) or counts is None or counts.id != PERCENT:
        return None
    written = written_of(text)
    if kind.high <= 10**kind.scale or (written is not None and written.percent):
        return None
    word = plain(text).replace("−", "-")
    found = _RANGE.fullmatch(word)
    ends = [parted(end, counts) for end in (found.group("low", "high") if found else [word])]
    if ends[-1][1]:
        # 5~95% is from 5% up, and behind the first end alone the sign says nothing of the last.
        return None
    for end in (end for end, beside in ends if not beside):
        for figure in figures_in(end, written):
            units = units_of(moved(figure, 2), kind.scale)
            if 0 < abs(figure) < 1 and units is not None and kind.low <= units <= kind.high:
                return wrong(
                    "`{text}` may mean {one} or {other} here: write the one that is meant, with "
                    "its %",
                    text=text,
                    one=f"{plainly(figure)}%",
                    other=f"{plainly(moved(figure, 2))}%",
                )
    return None


def _units(text: str, figure: Decimal, kind: Number, places: int | None) -> int | Wrong:
    """Return a figure in units of the type's scale, rounded to it where the cell that holds it
    shows so many places at most.
    """
    units = units_of(figure, kind.scale)
    if units is not None:
        return units
    written = written_of(text)
    held = written is not None and written.was == "number"
    if held and places is not None and places <= kind.scale:
        return int(moved(figure, kind.scale).to_integral_value(ROUND_HALF_UP))
    if kind.scale == 0:
        return wrong("`{text}` is not a whole number", text=text)
    if held:
        return wrong(
            Plural(
                "`{text}` has more than {count} decimal: round it in the cell, "
                "as by =ROUND(…, {count})",
                "`{text}` has more than {count} decimals: round it in the cell, "
                "as by =ROUND(…, {count})",
            ),
            text=text,
            count=kind.scale,
        )
    return wrong(
        Plural("`{text}` has more than {count} decimal", "`{text}` has more than {count} decimals"),
        text=text,
        count=kind.scale,
    )


def _no_figure(text: str, word: str, figures: Sequence[Decimal], written: Written | None) -> Wrong:
    """Return why a word is not one number."""
    if figures:
        return wrong(
            "`{text}` may mean {one} or {other} in this file: write {plainly}",
            text=text,
            one=figures[0],
            other=figures[1],
            # A fourth decimal cannot be taken for a group of thousands.
            plainly=" / ".join(f"{one}0" if one % 1 else str(one) for one in figures),
        )
    if written is not None and is_power(word):
        return wrong(
            "`{text}` is what a spreadsheet makes of a longer figure: write it out in full",
            text=text,
        )
    if written is not None and word.startswith("="):
        return wrong(
            "`{text}` is a formula that the cell keeps as a text: write the figure, or set the "
            "cell's format to General and type the formula again",
            text=text,
        )
    if has_comma(word):
        return wrong(
            "`{text}` is not a number: a comma stands between thousands, as in 1,234, and decimals "
            "follow a point",
            text=text,
        )
    return _made_a_date(text) or wrong("`{text}` is not a number", text=text)


def _made_a_date(text: str) -> Wrong | None:
    written = written_of(text)
    if written is None or written.was != "date":
        return None
    return wrong(
        "`{text}` is a date, which a spreadsheet makes of a fraction such as 4/5: set the cell's "
        "format to text and type it again",
        text=text,
    )


def read_date(text: str) -> int | Wrong:
    """Return the ordinal of a date such as 2026-03-01, 2026/3/1, 2026年3月1日 or 20260301."""
    word = plain(text)
    try:
        day = day_of(word)
    except ValueError:
        return wrong("`{text}` is a date that does not exist", text=text)
    if day is not None:
        return day.toordinal()
    readings = short_readings(word)
    if readings:
        return wrong(
            "`{text}` may mean {readings}: write the year first, in four digits",
            text=text,
            readings=tuple(one.isoformat() for one in readings),
        )
    return wrong("`{text}` is not a date such as 2026-03-01", text=text)


def read_period(text: str) -> tuple[str, date, date] | Wrong:
    """Return a period in its plain form with its first and last day: 2026, 2026H1, 2026Q3,
    2026-11.
    """
    word = plain(text).upper().replace(" ", "")
    readings = months_of(word)
    if readings:
        return wrong(
            "`{text}` may mean {readings}: write the month in two digits",
            text=text,
            readings=tuple(readings),
        )
    return period_of(word) or wrong(
        "`{text}` is not a period such as 2026, 2026H1, 2026Q3 or 2026-11", text=text
    )


def text_of(units: int, kind: Type) -> str:
    """Return a value of a ranged type as canonical text."""
    if isinstance(kind, Date):
        return date.fromordinal(units).isoformat()
    if isinstance(kind, Choice):
        return kind.options[units]
    return number_text(units, kind.scale if isinstance(kind, Number) else 6)


def _ranged(text: str, kind: Number | Date, counts: MeasuredIn | None) -> Value | Wrong:
    word = plain(text)
    found = _RANGE.fullmatch(word)
    ends = [_part(text, end) for end in found.group("low", "high")] if found else [text]
    out: list[int] = []
    if found and isinstance(kind, Number) and "..." in word:
        # The third may begin the decimals of what has no nought before its point.
        return wrong(
            "`{text}` may mean {one} or {other}: write the one that is meant",
            text=text,
            one=word.replace("...", ".."),
            other=word.replace("...", "..0."),
        )
    if found and counts is None and sum(end.endswith(SIGN) for end in ends) == 1:
        return wrong(
            "`{text}` may mean {one} or {other}: write % behind both, or behind neither",
            text=text,
            one="..".join(f"{end.removesuffix(SIGN)}%" for end in ends),
            other="..".join(ends),
        )
    for end in ends:
        value = read_date(end) if isinstance(kind, Date) else read_number(end, kind, counts)
        if isinstance(value, Wrong):
            return value if not found else value._replace(values={**value.values, "text": end})
        beyond = _beyond(value, kind, end)
        if beyond is not None:
            return beyond
        out.append(value)
    if out[0] > out[-1]:
        return wrong("`{text}` runs from high to low", text=text)
    kept = "..".join(text_of(value, kind) for value in dict.fromkeys(out))
    sure = percent_in_doubt(kept, kind, counts) is None
    return Value(out[0], out[-1], kept if sure else f"{kept}{SIGN}")


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


def _part(text: str, end: str) -> str:
    """Return an end of a range, written as the whole is."""
    written = written_of(text)
    if written is None:
        return end
    part = Cell(end)
    part.written = written
    return part


def _names(kind: Choice, options: Mapping[str, Title]) -> dict[str, str]:
    """Return the options by all that they are called, folded: ids, titles, and both titles."""
    names = {
        name: option
        for option, title in options.items()
        for name in (plain(title.zh).lower(), plain(title.en).lower())
    }
    names |= {plain(option).lower(): option for option in kind.options}
    # A dropdown may show the id beside the titles.
    return names | {
        f"{plain(title.zh).lower()} {plain(title.en).lower()}": option
        for option, title in options.items()
    }


def _choice(text: str, kind: Choice, options: Mapping[str, Title]) -> Value | Wrong:
    word = text.strip()
    found = _RANGE.fullmatch(plain(text)) if kind.ordered and word not in kind.options else None
    if found is not None:
        ends = [_choice(_part(text, end), kind, options) for end in found.group("low", "high")]
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
        names = _names(kind, options)
        chosen = names.get(folded)
        if chosen is None:
            # A document names options by their ids, a table by the words that it offers.
            offered = (
                kind.options
                if written_of(text) is None
                else [options[one].zh if one in options else one for one in kind.options]
            )
            return wrong(
                "`{text}` is not one of {options}",
                nearest(folded, [*kind.options, *names]),
                text=text,
                options=tuple(offered),
            )
    if ranged(kind) is not None:
        position = kind.options.index(chosen)
        return Value(position, position, chosen)
    return Value(chosen, chosen, chosen)
