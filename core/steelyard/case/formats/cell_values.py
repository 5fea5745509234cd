"""What one cell of a workbook says: its number, day, tick or text as it shows it, or why it says
nothing that can be taken.
"""

from __future__ import annotations

import datetime
import math
import re
from decimal import Decimal

from steelyard.case.formats.grid import cell
from steelyard.case.formats.number_formats import OF_THE_PROGRAM, NumberFormat
from steelyard.case.formats.ooxml import Package, Run, Style, standing_at, unescaped
from steelyard.case.formats.sheet_cells import Raw
from steelyard.case.formats.shown_numbers import shown_of, text_in
from steelyard.case.reading.measured import SIGN, moved, plainly
from steelyard.case.reading.written import DIGITS, Written
from steelyard.errors import Fault, fault
from steelyard.located_yaml import Text

# Where words are written a raised sign, as that of a square metre, changes nothing.
_SENTENCE = re.compile(r"\s|[\u2e80-\u9fff]")
_LAST_SERIAL = 2_958_465
_LEAP = 60
_DAY = 86_400
_FROM_1900 = datetime.datetime.fromisoformat("1899-12-31")
_FROM_1904 = datetime.datetime.fromisoformat("1904-01-01")


def is_struck(raw: Raw, package: Package) -> bool:
    """Whether all that a cell shows is struck out."""
    runs = [run for run in _runs(raw, package) if run.text.strip()]
    return all(run.struck for run in runs) if runs else _style(raw, package).struck


def value_of(raw: Raw, package: Package, place: str) -> Text | Fault:
    """Return the text of a cell, empty where it holds none, or the fault for which it cannot be
    taken.

    A number is given to the 15 digits that a spreadsheet keeps, plainly written; a day as
    2026-03-01, a month that is shown without its day as 2026-03.
    """
    style = _style(raw, package)
    runs = [run for run in _runs(raw, package) if run.text.strip()]
    if any(run.struck for run in runs) or (style.struck and not runs):
        return fault(place, "is struck out in part or whole: leave only what stands")
    match raw.kind:
        case "b":
            said = "true" if raw.text.strip() in {"1", "true"} else "false"
            shown, itself = text_in(style.form, said)
            if not itself:
                return _not_shown(said, shown, place)
            return cell(said, place, Written(was="truth"))
        case "e":
            return fault(place, "holds the error `{value}`", value=raw.text.strip())
        case "d":
            return _moment(datetime.datetime.fromisoformat(raw.text.strip()), place)
        case "n":
            return _number(raw.text, style, place, from_1904=package.from_1904)
        case "s" | "str" | "inlineStr":
            text = "".join(run.text for run in _runs(raw, package)).strip()
            raised = style.raised or any(run.raised for run in runs)
            if raised and not _SENTENCE.search(text):
                return fault(
                    place,
                    "`{value}` holds signs that stand raised or lowered, as those of a note do: "
                    "leave the value alone in the cell",
                    value=text,
                )
            shown, itself = text_in(style.form, text)
            if text and not itself:
                return _not_shown(text, shown, place)
            return cell(shown, place, Written(shown="" if shown == text else shown))
        case _:
            raise ValueError(raw.kind)


def _runs(raw: Raw, package: Package) -> tuple[Run, ...]:
    """Return the pieces of a text; those in the cell's own font look as that does."""
    match raw.kind:
        case "s":
            runs = standing_at(package.strings, raw.text)
        case "inlineStr":
            runs = raw.runs
        case "str":
            runs = (Run(unescaped(raw.text)),)
        case _:
            return ()
    struck = _style(raw, package).struck
    return tuple(run if run.styled else run._replace(struck=struck) for run in runs)


def _style(raw: Raw, package: Package) -> Style:
    return standing_at(package.styles, raw.style) if raw.style or package.styles else Style()


def _number(text: str, style: Style, place: str, *, from_1904: bool) -> Text | Fault:
    value = float(text)
    if not math.isfinite(value):
        return fault(place, "`{value}` is not a number that can be read", value=value)
    figure = Decimal(int(value)) if value.is_integer() else Decimal(f"{value:.{DIGITS}g}")
    shown = shown_of(style.form, figure)
    if shown.kind not in {"general", "number", "words"}:
        moment = _at(figure, from_1904=from_1904)
        if moment is not None:
            return _shown_moment(moment, shown.kind, place)
        shown = shown_of(NumberFormat(), figure)
    plain = _plain(figure)
    if not shown.same:
        return _not_shown(plain, shown.whole, place)
    if OF_THE_PROGRAM in shown.before:
        return fault(
            place,
            "holds `{value}` in the currency of whichever program shows it, ¥ in one and $ in "
            "another: set the format to a plain number",
            value=plain,
        )
    places = 0 if "." not in plain else shown.places
    percent = shown.percent
    said = plain
    if shown.before or shown.behind:
        if percent:
            said, places = f"{plainly(moved(figure, 2))}{SIGN}", places and max(places - 2, 0)
        said, percent = f"{shown.before}{said}{shown.behind}", False
    written = Written(
        was="number",
        places=places,
        percent=percent,
        shown="" if shown.whole == plain else shown.whole,
    )
    return cell(said, place, written)


def _not_shown(held: str, shown: str, place: str) -> Fault:
    """Return the fault of a cell that holds one thing and shows another, or nothing."""
    if not shown:
        return fault(
            place,
            "holds `{value}`, and its number format shows nothing: set the format to General, or "
            "empty the cell",
            value=held,
        )
    return fault(
        place,
        "holds `{value}`, and its number format shows `{shown}`: set the format to General, of "
        "an id to text, and write what is meant",
        value=held,
        shown=shown,
    )


def _plain(figure: Decimal) -> str:
    text = plainly(figure)
    return "0" if text == "-0" else text


def _at(serial: Decimal, *, from_1904: bool) -> datetime.datetime | None:
    """Return the moment that a serial number stands for; None where there is none such."""
    days = int(serial)
    seconds = round((serial - days) * _DAY)
    if serial < 0 or serial > _LAST_SERIAL or (days == _LEAP and not from_1904):
        return None
    # The calendar from 1900 counts a 29 February in that year, which never was.
    first = _FROM_1904 if from_1904 else _FROM_1900
    late = not from_1904 and days > _LEAP
    try:
        return first + datetime.timedelta(days=days - late, seconds=seconds)
    except OverflowError:
        return None


def _shown_moment(moment: datetime.datetime, kind: str, place: str) -> Text | Fault:
    if kind == "time" or moment.date() <= datetime.date(1899, 12, 31):
        return fault(place, "`{value}` is a time of day, which no value is", value=moment.time())
    if moment.day == 1 and moment.time() == datetime.time():
        if kind == "month":
            return cell(f"{moment:%Y-%m}", place, Written(was="date"))
        if kind == "year" and moment.month == 1:
            return cell(f"{moment:%Y}", place, Written(was="date"))
    return _moment(moment, place)


def _moment(moment: datetime.datetime, place: str) -> Text | Fault:
    if moment.time() != datetime.time():
        return fault(
            place,
            "`{value}` has a time of day; a date alone is wanted",
            value=moment.isoformat(" "),
        )
    return cell(moment.date().isoformat(), place, Written(was="date"))
