"""Cells of workbooks that office programs write: read as what they show, or refused at their place.

Each entry says which program's habit it imitates.
"""

from __future__ import annotations

import datetime
import io
import json
import zipfile
from pathlib import Path
from typing import Any

import pytest
from openpyxl import load_workbook
from openpyxl.styles import Font
from raw_workbooks import Look, Sheet, inline, number, package, shared

from steelyard.book.model import RuleBook
from steelyard.book.reading.load import parse_book
from steelyard.case.formats.files import cases_in
from steelyard.case.formats.wide import write_wide
from steelyard.case.formats.workbook import write_workbook
from steelyard.case.model import Case
from steelyard.errors import CaseError

BOOK = {
    "book": "test/cells",
    "version": "1.0.0",
    "sector": "test",
    "facts": {
        "area": {"type": "number", "min": 0, "max": 100000, "decimals": 2},
        "rate": {"type": "number", "min": 0, "max": 1, "decimals": 4},
        "count": {"type": "integer", "min": 0},
        "opened": {"type": "date"},
        "clean": {"type": "boolean"},
        "style": {"type": {"good": {"zh": "好", "en": "Good"}, "poor": {"zh": "差", "en": "Poor"}}},
        "remark": {"type": "text"},
        "pleased": {"type": "survey"},
    },
    "parties": {"person": {"role": ["leader", "physician"]}},
    "records": {
        "breaches": {
            "title": {"zh": "违规", "en": "Breaches"},
            "severity": {
                "type": {
                    "minor": {"zh": "轻微", "en": "Minor"},
                    "grave": {"zh": "严重", "en": "Grave"},
                },
                "missing": "refused",
            },
            "points": {"type": "integer", "min": 0, "missing": "refused"},
        }
    },
    "sections": [{"id": "all", "points": 100}],
    "rules": [
        {"id": "r", "section": "all", "points": 90, "requires": "area > 1"},
        {"id": "l", "section": "all", "points": 10, "checklist": [{"id": "tidy"}, {"id": "open"}]},
    ],
    "grades": [{"id": "any", "at_least": 0}],
}
KEYS = ("book", "subject.id", "period")


@pytest.fixture(scope="module")
def book() -> RuleBook:
    return parse_book(json.dumps(BOOK), "cells")


def read(book: RuleBook, content: bytes, path: Path) -> Case:
    path.write_bytes(content)
    (case,) = cases_in(path, lambda _said, _place: book)
    return case


def refusal(book: RuleBook, content: bytes, path: Path) -> str:
    with pytest.raises(CaseError) as caught:
        read(book, content, path)
    return str(caught.value)


def unit(fact: str, cell: str, **more: Any) -> Sheet:
    """Return a sheet with one unit, of which one fact is filled in."""
    return Sheet((*KEYS, fact), (inline("test/cells"), inline("u-1"), inline("2026"), cell), **more)


def said(case: Case, fact: str) -> Any:
    """Return what a case says of a fact, in the form in which it is kept."""
    found = case.document["facts"].get(fact)
    return found["value"] if isinstance(found, dict) and "value" in found else found


# Number formats. 46117 is 2026-04-05, 46113 is 2026-04-01: 46023 is 2026-01-01.

NOT_A_FIGURE = "is a date, which a spreadsheet makes of a fraction such as 4/5"
DAYS = {
    **{f"built-in format {one} of every program": Look(one) for one in (14, 15, 16, 17, 22)},
    **{
        f"built-in format {one} of East Asian programs, which write no code for it": Look(one)
        for one in (27, 28, 29, 30, 31, 34, 35, 36, *range(50, 59), 71, 81)
    },
    "a Chinese long date": Look(code='yyyy"年"m"月"d"日";@'),
    "WPS, with its language in front": Look(code='[$-804]yyyy"年"m"月"d"日";@'),
    "Excel, by the system's long date": Look(code="[$-F800]dddd, mmmm dd, yyyy"),
    "Excel in Taiwan, by era": Look(code="[$-404]e/m/d"),
    "Excel in Japan, by era": Look(code='[$-411]ggge"年"m"月"d"日"'),
    "Google Sheets": Look(code='m"/"d"/"yyyy'),
    "weekdays alone": Look(code="[$-804]aaaa;@"),
    "Chinese figures": Look(code='[DBNum1][$-804]m"月"d"日"'),
    "LibreOffice": Look(code="YYYY\\-MM\\-DD"),
}  # fmt: skip


@pytest.mark.parametrize("look", DAYS.values(), ids=DAYS)
def test_a_number_that_is_shown_as_a_day_is_that_day_and_no_figure(book, tmp_path, look):
    content = package(unit("opened", number(46117, 1)), [look])
    assert said(read(book, content, tmp_path / "c.xlsx"), "opened") == "2026-04-05"
    content = package(unit("area", number(46117, 1)), [look])
    assert NOT_A_FIGURE in refusal(book, content, tmp_path / "c.xlsx")


TIMES = {
    **{f"built-in format {one}": Look(one) for one in (18, 19, 20, 21, 32, 33, 45, 46, 47)},
    "WPS, before and after noon": Look(code='上午/下午h"时"mm"分";@'),
    "Excel, before and after noon": Look(code="h:mm AM/PM"),
    "hours that have gone by": Look(code="[h]:mm"),
    "minutes that have gone by": Look(code="[mm]:ss"),
}


@pytest.mark.parametrize("look", TIMES.values(), ids=TIMES)
def test_a_number_that_is_shown_as_a_time_is_no_value(book, tmp_path, look):
    content = package(unit("area", number(0.75, 1)), [look])
    assert "表!D2: `18:00:00` is a time of day" in refusal(book, content, tmp_path / "c.xlsx")


FIGURES = {
    **{f"built-in format {one}": Look(one) for one in (0, 1, 2, 3, 4, 9, 10, 11, 12, 13, 37, 43, 48, 49, 59, 62, 70)},
    "a colour with a d in it": Look(code="[Red]0.00"),
    "a language without a currency": Look(code="[$-804]#,##0.00"),
    "Chinese figures": Look(code="[DBNum1][$-804]General"),
    "room for a sign": Look(code="_(* #,##0.00_);_(* (#,##0.00);_(* -??_);_(@_)"),
    "blanks in front and behind": Look(code='" "0.0\\ '),
    "a group by spaces": Look(code="# ##0"),
    "a sign for more": Look(code="+0;-0;0"),
    "nothing for nought alone": Look(code="0;-0;;@"),
    "a condition that another number meets": Look(code='[<1000]0"万";0'),
    "a word for texts": Look(code='0;-0;0;@"亩"'),
    "WPS's own word for General": Look(code="G/通用格式"),
}  # fmt: skip


@pytest.mark.parametrize("look", FIGURES.values(), ids=FIGURES)
def test_a_number_that_is_shown_as_a_figure_is_one(book, tmp_path, look):
    content = package(unit("area", number(46117, 1)), [look])
    assert said(read(book, content, tmp_path / "c.xlsx"), "area") == "46117"


# What is shown of 46117, where it is not that figure.
OTHERWISE: dict[str, tuple[object, Look, str]] = {
    "metres in quotes": (46117, Look(code='0.0"m"'), "`46117m` is not a number"),
    "a word without quotes": (46117, Look(code="0元"), "`46117元` is not a number"),
    "a currency of a country": (46117, Look(code="[$¥-804]#,##0.00"), "`¥46117` is not a number"),
    "a letter behind a stroke": (46117, Look(code="0.00\\m"), "`46117m` is not a number"),
    "General with a word": (46117, Look(code='General"年"'), "`46117年` is not a number"),
    "percent as a word": (95, Look(code='0"%"'), "`95%` may mean 0.95 or 95 here"),
    "percent with a word": (0.95, Look(code='0%"强"'), "`95%强` is not a number"),
    "a currency of the program": (46117, Look(44), "holds `46117` in the currency of whichever program"),
    "nothing": (500, Look(code=";;;"), "holds `500`, and its number format shows nothing"),
    "nothing of nought": (0, Look(code="0;-0;;@"), "holds `0`, and its number format shows nothing"),
    "no digit of nought": (0, Look(code="#,###"), "holds `0`, and its number format shows nothing"),
    "a word alone": (500, Look(code='"无"'), "holds `500`, and its number format shows `无`"),
    "a word for one": (1, Look(code='[=1]"有";[=0]"没有";0'), "holds `1`, and its number format shows `有`"),
    "ten thousands, by a point that is a word": (
        12345, Look(code='0\\.0,"万元"'), "holds `12345`, and its number format shows `1.2万元`",
    ),
    "thousands": (5000, Look(code="#,##0,"), "holds `5000`, and its number format shows `5`"),
    "hundreds, by noughts in words": (5, Look(code='0"00"'), "holds `5`, and its number format shows `500`"),
    "strokes between digits": (1001, Look(code="00-00"), "holds `1001`, and its number format shows `10-01`"),
    "a loss as a gain": (-5, Look(code="0;0"), "holds `-5`, and its number format shows `5`"),
    "a gain as a loss": (5, Look(code="-0"), "holds `5`, and its number format shows `-5`"),
    "by its condition": (500, Look(code='[<1000]0"万";0'), "`500万` is not a number"),
}  # fmt: skip


@pytest.mark.parametrize(("value", "look", "message"), OTHERWISE.values(), ids=OTHERWISE)
def test_a_number_that_is_shown_as_something_else_is_refused(book, tmp_path, value, look, message):
    content = package(unit("area", number(value, 1)), [look])
    said = refusal(book, content, tmp_path / "c.xlsx")
    assert "表!D2: " in said
    assert message in said
    assert said.count("\n") == 0


BELOW_ZERO = {
    "a minus": Look(code="0;-0"),
    "a minus behind a stroke": Look(code="0_ ;\\-0\\ "),
    "brackets, as in accounts": Look(code="#,##0_);(#,##0)"),
    "red alone, as in accounts": Look(code="0;[Red]0"),
    "the minus of a format without sections": Look(code="0.00"),
}


@pytest.mark.parametrize("look", BELOW_ZERO.values(), ids=BELOW_ZERO)
def test_a_number_below_zero_is_one_however_that_is_shown(book, tmp_path, look):
    content = package(unit("area", number(-5, 1)), [look])
    assert "`-5` is below the least allowed" in refusal(book, content, tmp_path / "c.xlsx")


def test_nought_is_a_stroke_in_accounts(book, tmp_path):
    for code in ('_ * #,##0.00_ ;_ * -#,##0.00_ ;_ * "-"??_ ;_ @_ ', '0;-0;"-"'):
        content = package(unit("area", number(0, 1)), [Look(code=code)])
        assert said(read(book, content, tmp_path / "c.xlsx"), "area") == "0"


def test_a_text_is_what_its_format_shows(book, tmp_path):
    text = '<c s="1" t="inlineStr"><is><t>46117</t></is></c>'
    shown = {
        '@"亩"': "`46117亩` is not a number",
        ";;;": "holds `46117`, and its number format shows",
    }
    for code, message in shown.items():
        content = package(unit("area", text), [Look(code=code)])
        assert message in refusal(book, content, tmp_path / "c.xlsx")
    content = package(unit("remark", number(3, 1)), [Look(code='00"号楼"')])
    assert said(read(book, content, tmp_path / "c.xlsx"), "remark") == "03号楼"


MONTHS = {
    "Chinese Excel, of 2026年4月": Look(57),
    "Excel, of Apr-26": Look(17),
    "WPS": Look(code='yyyy"年"m"月";@'),
}


@pytest.mark.parametrize("look", MONTHS.values(), ids=MONTHS)
def test_a_month_that_became_a_day_is_a_month_again(book, tmp_path, look):
    sheet = Sheet(KEYS, (inline("test/cells"), inline("u-1"), number(46113, 1)))
    assert read(book, package(sheet, [look]), tmp_path / "c.xlsx").period == "2026-04"
    message = refusal(book, package(unit("opened", number(46113, 1)), [look]), tmp_path / "c.xlsx")
    assert "`2026-04` is not a date such as 2026-03-01" in message


SERIALS = {
    "the first day that is counted": (1, "", "1900-01-01"),
    "the last before the day that never was": (59, "", "1900-02-28"),
    "the first after it": (61, "", "1900-03-01"),
    "from 1904, as old Macs count": (44655, 'date1904="1"', "2026-04-05"),
    "from 1904, in words": (44655, 'date1904="true"', "2026-04-05"),
    "not from 1904": (46117, 'date1904="0"', "2026-04-05"),
    "a day that is typed without its signs": (20260405, "", "2026-04-05"),
}


@pytest.mark.parametrize(("serial", "properties", "day"), SERIALS.values(), ids=SERIALS)
def test_a_day_is_counted_as_its_workbook_counts(book, tmp_path, serial, properties, day):
    content = package(unit("opened", number(serial, 1)), [Look(14)], properties=properties)
    assert said(read(book, content, tmp_path / "c.xlsx"), "opened") == day


NO_DAYS = {
    "the day that never was": (60, "`60` is not a date"),
    "a day before all": (-5, "`-5` is not a date"),
    "a day with its time": (46117.5, "`2026-04-05 12:00:00` has a time of day"),
    "a time alone": (0.5, "`12:00:00` is a time of day"),
}


@pytest.mark.parametrize(("serial", "message"), NO_DAYS.values(), ids=NO_DAYS)
def test_what_is_shown_as_a_day_and_is_none_is_refused(book, tmp_path, serial, message):
    content = package(unit("opened", number(serial, 1)), [Look(14)])
    assert message in refusal(book, content, tmp_path / "c.xlsx")


WORKED_OUT = {
    "a sum that misses by a hair": ("rate", "0.30000000000000004", Look(), "0.3"),
    "two thirds that are shown as 67%": ("rate", "0.66666666666666663", Look(9), "0.6667"),
    "two thirds that are shown as 66.67%": ("rate", "0.66666666666666663", Look(10), "0.6667"),
    "two thirds that are shown as 0.7": ("rate", "0.66666666666666663", Look(code="0.0"), "0.6667"),
    "a count that misses by a hair": ("count", "2.9999999999999996", Look(), "3"),
    "a count shown without decimals": ("count", "2.6", Look(1), "3"),
    "a half goes up": ("area", "0.125", Look(2), "0.13"),
    "small figures in powers of ten": ("rate", "5.0000000000000001E-4", Look(), "0.0005"),
}


@pytest.mark.parametrize(("fact", "value", "look", "kept"), WORKED_OUT.values(), ids=WORKED_OUT)
def test_a_figure_worked_out_is_taken_as_it_is_shown(book, tmp_path, fact, value, look, kept):
    content = package(unit(fact, number(value, 1, "<f>B2/C2</f>")), [look])
    assert said(read(book, content, tmp_path / "c.xlsx"), fact) == kept


NOT_ROUNDED = {
    "two thirds without a format": (
        "rate", "0.66666666666666663", Look(),
        "`0.666666666666667` has more than 4 decimals: round it in the cell, as by =ROUND(…, 4)",
    ),
    "two thirds that are shown as 66.667%": (
        "rate", "0.66666666666666663", Look(code="0.000%"), "as by =ROUND(…, 4)",
    ),
    "a fraction": ("rate", "0.66666666666666663", Look(13), "as by =ROUND(…, 4)"),
    "powers of ten": ("rate", "0.66666666666666663", Look(11), "as by =ROUND(…, 4)"),
    "next to nothing": ("rate", "5.5511151231257827E-17", Look(), "as by =ROUND(…, 4)"),
    "a count shown with decimals": ("count", "2.6", Look(), "`2.6` is not a whole number"),
}  # fmt: skip


@pytest.mark.parametrize(
    ("fact", "value", "look", "message"), NOT_ROUNDED.values(), ids=NOT_ROUNDED
)
def test_a_figure_that_is_shown_with_more_places_is_not_rounded(
    book, tmp_path, fact, value, look, message
):
    content = package(unit(fact, number(value, 1, "<f>B2/C2</f>")), [look])
    assert message in refusal(book, content, tmp_path / "c.xlsx")


# Texts

STRIKE, RAISED = "<strike/>", '<vertAlign val="superscript"/>'


def runs(*pieces: tuple[str, str]) -> str:
    """Return the inside of a string in pieces, each with what its font holds."""
    fonts = [f'<rPr>{font}<sz val="11"/></rPr>' if font else "" for _, font in pieces]
    return "".join(
        f"<r>{font}<t>{text}</t></r>" for (text, _), font in zip(pieces, fonts, strict=True)
    )


TEXTS = {
    "Excel, of a carriage return": ("clean", "<t>yes_x000D_</t>", "true"),
    "Excel, of what looks like one": ("remark", "<t>a_x005F_x000D_b</t>", "a_x000D_b"),
    "Excel, of a sign beyond the first plane": ("remark", "<t>_xD83D__xDE00_</t>", "😀"),
    "Excel, of a text in two colours": ("area", runs(("9", '<color rgb="FFFF0000"/>'), ("5", "")), "95"),
    "Excel in China and Japan, with how it is said": (
        "remark", '<t>东京</t><rPh sb="0" eb="2"><t>トウキョウ</t></rPh><phoneticPr fontId="1"/>', "东京",
    ),
    "LibreOffice, where nothing is struck out": ("area", runs(("95", '<strike val="0"/>')), "95"),
    "LibreOffice, in words": ("area", runs(("95", '<strike val="false"/>')), "95"),
    "a square metre in a sentence": ("remark", runs(("面积 10 m", ""), ("2", RAISED)), "面积 10 m2"),
    "pasted from a page, with a mark of order": ("area", "<t>\ufeff500</t>", "500"),
    "pasted from a page, with a soft hyphen": ("area", "<t>5\u00ad00</t>", "500"),
    "pasted from a page, with a space of no width": ("area", "<t>500\u200b</t>", "500"),
    "pasted from a page, with marks of direction": ("area", "<t>\u200e500\u200f</t>", "500"),
    "an input method in full width": ("area", "<t>１，２３４</t>", "1234"),
    "a share in full width": ("rate", "<t>９５％</t>", "0.95"),
    "nothing but a space of no width": ("area", "<t>\u200b</t>", None),
    "a tick of Word": ("clean", "<t>☑</t>", "true"),
    "a tick with its colour": ("clean", "<t>✔\ufe0f</t>", "true"),
    "not applicable, as on paper": ("tidy", "<t>/</t>", "na"),
    "not applicable, by a long stroke": ("tidy", "<t>——</t>", "na"),
    "a tick of pandas": ("tidy", "<t>1.0</t>", "yes"),
}  # fmt: skip


@pytest.mark.parametrize(("fact", "string", "kept"), TEXTS.values(), ids=TEXTS)
def test_a_text_is_read_as_it_is_shown(book, tmp_path, fact, string, kept):
    content = package(unit(fact, shared(0)), strings=[string])
    assert said(read(book, content, tmp_path / "c.xlsx"), fact) == kept
    own = f'<c t="inlineStr"><is>{string}</is></c>'
    assert said(read(book, package(unit(fact, own)), tmp_path / "c.xlsx"), fact) == kept


NO_TEXTS = {
    "a figure struck out in part": (
        "area", runs(("95", STRIKE), ("2", "")), "表!D2: is struck out in part or whole",
    ),
    "a figure struck out whole": ("area", runs(("95", STRIKE)), "is struck out in part or whole"),
    "a note's figure, raised": (
        "area", runs(("95", ""), ("2", RAISED)), "表!D2: `952` holds signs that stand raised",
    ),
    "a figure below": (
        "area", runs(("95", ""), ("2", '<vertAlign val="subscript"/>')), "stand raised or lowered",
    ),
    "a raised digit as a sign of its own": ("area", "<t>95²</t>", "`95²` is not a number"),
    "a digit in a ring": ("area", "<t>9⑤</t>", "`9⑤` is not a number"),
    "a half as one sign": ("area", "<t>½</t>", "`½` is not a number"),
    "a decimal comma": ("rate", "<t>0,925</t>", "a comma stands between thousands"),
    "a group with a zero in front": ("area", "<t>012,345</t>", "a comma stands between thousands"),
    "a figure that was shortened": ("area", "<t>1.2E+04</t>", "makes of a longer figure"),
    "a formula kept as a text": ("rate", "<t>=B2/C2</t>", "a formula that the cell keeps as a text"),
    "a cross": ("clean", "<t>x</t>", "may mark a box, which is yes, or strike it out, which is no"),
    "a cross of full width": ("tidy", "<t>Ｘ</t>", "may mark a box"),
    "a crossed box": ("tidy", "<t>☒</t>", "may mark a box"),
    "an empty box": ("tidy", "<t>□</t>", "may mean no, or that nobody has answered yet"),
    "a stroke for a figure": ("area", "<t>/</t>", "`/` is not a number"),
    "words of another list": ("style", "<t>一般</t>", "`一般` is not one of 好, 差"),
    "a pair of counts that became a day": ("pleased", "<t>12/50x</t>", "is no survey"),
}  # fmt: skip


@pytest.mark.parametrize(("fact", "string", "message"), NO_TEXTS.values(), ids=NO_TEXTS)
def test_a_text_with_two_readings_is_refused(book, tmp_path, fact, string, message):
    content = package(unit(fact, shared(0)), strings=[string])
    assert message in refusal(book, content, tmp_path / "c.xlsx")
    kept = f'<c t="inlineStr"><is>{string}</is></c>'
    assert message in refusal(book, package(unit(fact, kept)), tmp_path / "c.xlsx")


def test_a_whole_cell_in_a_font_that_strikes_out_is_refused(book, tmp_path):
    for cell, strings in ((number(95, 1), []), ('<c s="1" t="s"><v>0</v></c>', ["<t>95</t>"])):
        content = package(unit("area", cell), [Look(font=STRIKE)], strings)
        assert "表!D2: is struck out" in refusal(book, content, tmp_path / "c.xlsx")
    # A piece in a font of its own is not struck out by that of its cell.
    content = package(
        unit("area", '<c s="1" t="s"><v>0</v></c>'), [Look(font=STRIKE)], [runs(("95", "<b/>"))]
    )
    assert said(read(book, content, tmp_path / "c.xlsx"), "area") == "95"


def test_a_number_longer_than_a_spreadsheet_keeps_is_no_text(book, tmp_path):
    content = package(unit("remark", number("123456789012345680")))
    assert "has more digits than a spreadsheet keeps" in refusal(book, content, tmp_path / "c.xlsx")
    content = package(unit("remark", number("123456789012345")))
    assert said(read(book, content, tmp_path / "c.xlsx"), "remark") == "123456789012345"


# Cells of other kinds, and other ways of putting a workbook together

KINDS = {
    "a truth value of Excel": ("clean", '<c t="b"><v>1</v></c>', "true"),
    "a day in the strict form": ("opened", '<c t="d"><v>2026-04-05</v></c>', "2026-04-05"),
    "a day with its midnight": ("opened", '<c t="d"><v>2026-04-05T00:00:00</v></c>', "2026-04-05"),
    "a formula's text": ("remark", '<c t="str"><f>A1</f><v>好的</v></c>', "好的"),
    "a formula's empty text": ("remark", '<c t="str"><f>A1</f><v></v></c>', None),
    "a shared formula where it begins": (
        "rate", '<c><f t="shared" ref="D2:D9" si="0">B2/C2</f><v>0.5</v></c>', "0.5",
    ),
    "a shared formula further down": ("rate", '<c><f t="shared" si="0"/><v>0.5</v></c>', "0.5"),
    "an array formula": ("rate", '<c><f t="array" ref="D2">SUM(A:A)</f><v>0.5</v></c>', "0.5"),
    "a style without a value": ("rate", '<c s="0"/>', None),
}  # fmt: skip


@pytest.mark.parametrize(("fact", "cell", "kept"), KINDS.values(), ids=KINDS)
def test_a_cell_of_every_kind_is_read(book, tmp_path, fact, cell, kept):
    assert said(read(book, package(unit(fact, cell)), tmp_path / "c.xlsx"), fact) == kept


@pytest.mark.parametrize("error", ["#DIV/0!", "#REF!", "#N/A", "#VALUE!", "#NAME?", "#SPILL!"])
def test_an_error_is_told_by_its_name(book, tmp_path, error):
    content = package(unit("area", f'<c t="e"><f>A1/0</f><v>{error}</v></c>'))
    assert f"表!D2: holds the error `{error}`" in refusal(book, content, tmp_path / "c.xlsx")


@pytest.mark.parametrize(
    "cell", ['<c s="-1"><v>0.5</v></c>', '<c s="9"><v>0.5</v></c>', '<c t="s"><v>-1</v></c>'],
    ids=["a style below the first", "a style beyond the last", "a text below the first"],
)  # fmt: skip
def test_a_number_of_what_is_not_in_the_workbook_is_none_counted_from_its_end(book, tmp_path, cell):
    content = package(unit("area", cell), strings=["<t>5</t>"])
    assert "is not a workbook that can be read" in refusal(book, content, tmp_path / "c.xlsx")


PROTECTED = '<sheetProtection sheet="1" objects="1" scenarios="1" password="CC1A"/>'
MAKES: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "Excel's strict form": ({}, {"strict": True}),
    "a library of Microsoft's, with a prefix to every element": ({}, {"prefix": "x"}),
    "a sheet named from the root, as Google Sheets does": (
        {}, {"target": "/xl/worksheets/sheet1.xml"},
    ),
    "an exporter with strokes that lean back": ({}, {"backslashes": True}),
    "an exporter that says nowhere where a cell is": ({"placed": False}, {}),
    "a size that is too small": ({"before": '<dimension ref="A1"/>'}, {}),
    "a size that is too large": ({"before": '<dimension ref="A1:XFD1048576"/>'}, {}),
    "a protected sheet": ({"after": PROTECTED}, {}),
    "a filtered list, whose row is hidden": (
        {"row": ' hidden="1"', "after": '<autoFilter ref="A1:D2"><filterColumn colId="0"/></autoFilter>'}, {},
    ),
    "a link on a cell": (
        {"after": '<hyperlinks><hyperlink ref="B2" location="A1" display="x"/></hyperlinks>'}, {},
    ),
    "a picture": (
        {"after": '<drawing r:id="rId1"/>'}, {"more": {"xl/media/image1.png": b"\x89PNG\r\n\x1a\n"}},
    ),
    "a colour by a condition, and a dropdown of a newer kind": (
        {"after": '<extLst><ext uri="{CCE6A557}"><dataValidations><f>Sheet2!$A$1</f></dataValidations></ext></extLst>'},
        {},
    ),
    "WPS, with parts of its own": ({}, {"more": {"customXml/item1.xml": b"<a/>"}}),
}  # fmt: skip


@pytest.mark.parametrize(("sheet", "more"), MAKES.values(), ids=MAKES)
def test_a_workbook_of_any_make_is_read(book, tmp_path, sheet, more):
    content = package(unit("area", number("12.5"), **sheet), **more)
    assert said(read(book, content, tmp_path / "c.xlsx"), "area") == "12.5"


# A case workbook


def form(book: RuleBook, path: Path) -> Any:
    """Return a fresh form, opened for a clerk, and its sheets by role."""
    write_workbook(book, path)
    workbook = load_workbook(path)
    sheets = {str(one["A1"].value).partition(":")[2]: one for one in workbook.worksheets}
    sheets["case"]["D5"] = "u-1"
    return workbook, sheets


def fact_cell(sheets: Any, name: str, key: str = "value") -> Any:
    sheet = sheets["facts"]
    row = next(one.row for one in sheet["B"] if one.value == name)
    return sheet.cell(row, next(one.column for one in sheet[1] if one.value == key))


def faults(book: RuleBook, workbook: Any, path: Path) -> list[str]:
    workbook.save(path)
    with pytest.raises(CaseError) as caught:
        cases_in(path, lambda _said, _place: book)
    return str(caught.value).splitlines()


def test_a_row_in_which_nothing_is_seen_is_no_record(book, tmp_path):
    workbook, sheets = form(book, tmp_path / "form.xlsx")
    sheet = sheets["register:breaches"]
    sheet["B3"] = "是"
    sheet.cell(sheet.max_row, 3).value = "\u200b"
    workbook.save(tmp_path / "form.xlsx")
    case = read(book, (tmp_path / "form.xlsx").read_bytes(), tmp_path / "form.xlsx")
    assert case.document["records"] == {"breaches": {"complete": True, "rows": []}}


def test_a_row_that_is_struck_out_is_refused_once(book, tmp_path):
    workbook, sheets = form(book, tmp_path / "c.xlsx")
    for column, value in zip("BCD", ("b-1", "轻微", 3), strict=True):
        cell = sheets["register:breaches"][f"{column}8"]
        cell.value, cell.font = value, Font(strike=True)
    [line] = faults(book, workbook, tmp_path / "c.xlsx")
    assert "Breaches!B8: the row is struck out" in line


def test_every_fault_of_a_form_is_told_at_once_and_at_its_own_cell(book, tmp_path):
    workbook, sheets = form(book, tmp_path / "c.xlsx")
    workbook.create_sheet("草稿")["A1"] = "算一下"
    fact_cell(sheets, "area").value = "很多"
    fact_cell(sheets, "count").value = 3
    fact_cell(sheets, "count", "method").value = "材料审查"
    fact_cell(sheets, "rate").value = "#DIV/0!"
    fact_cell(sheets, "pleased").value = 3
    fact_cell(sheets, "pleased", "asked").value = "五"
    rows = sheets["register:breaches"]
    rows["C8"], rows["D8"] = "轻", "=1+1"
    rows["C9"], rows["D9"], rows["E9"] = "严重", 2, "问卷"
    sheets["case"]["D7"] = "#REF!"
    lines = faults(book, workbook, tmp_path / "c.xlsx")
    places = {
        "草稿: this sheet is not part of the workbook",
        f"{fact_cell(sheets, 'area').coordinate}: facts.area: `很多` is not a number",
        (f"{fact_cell(sheets, 'count', 'method').coordinate}: facts.count.method: `材料审查` is not "
        "one of 材料审核, 实地考察, 问卷调查, 台账数据, 上级通报, 投诉举报"),
        f"{fact_cell(sheets, 'rate').coordinate}: holds the error `#DIV/0!`",
        f"{fact_cell(sheets, 'pleased', 'asked').coordinate}: facts.pleased.asked: `五` is not",
        "C8: records.breaches.1.severity: `轻` is not one of 轻微, 严重",
        "D8: holds a formula without a stored value",
        "E9: records.breaches.2.evidence.method: `问卷` is not one of",
        "D7: holds the error `#REF!`",
    }  # fmt: skip
    # What is at fault is not called missing as well.
    assert len(lines) == len(places)
    assert [one for one in places if not any(one in line for line in lines)] == []


def test_a_figure_is_typed_into_a_text_cell_and_its_value_is_looked_at(book, tmp_path):
    """Excel and WPS make a day of a typed 4/5 in every cell that is no text."""
    workbook, sheets = form(book, tmp_path / "c.xlsx")
    write_wide(book, tmp_path / "w.xlsx")
    wide = load_workbook(tmp_path / "w.xlsx").worksheets[0]
    figures = ("area", "rate", "count", "pleased")
    assert {fact_cell(sheets, one).number_format for one in figures} == {"@"}
    assert fact_cell(sheets, "pleased", "asked").number_format == "@"
    assert sheets["register:breaches"]["D8"].number_format == "@"
    assert {
        wide.column_dimensions[one.column_letter].number_format
        for one in wide[1]
        if one.value in figures
    } == {"@"}
    rules = {
        str(one.sqref): one.formula1
        for one in sheets["facts"].data_validations.dataValidation
        if one.type == "custom"
    }
    cell = fact_cell(sheets, "rate").coordinate
    assert f'ISERROR(FIND("/",{cell}))' in rules[cell]
    assert f"--{cell}>=0,--{cell}<=1" in rules[cell]
    fact_cell(sheets, "rate").value = "4/5"
    [line] = faults(book, workbook, tmp_path / "c.xlsx")
    assert line.endswith("facts.rate: `4/5` is not a number")


def test_what_looks_like_an_escape_goes_through_a_form_and_back(book, tmp_path):
    (tmp_path / "c.yaml").write_text(
        "book: test/cells\nsubject: u-1\nperiod: '2026'\nfacts: {remark: a_x000D_b_x005F_}\n"
    )
    from steelyard.case.formats.round_trip import carried, only

    found = carried(tmp_path / "c.yaml", book, lambda _said, _place: book)
    write_workbook(book, tmp_path / "c.xlsx", case=only(found, "c.yaml"))
    (case,) = cases_in(tmp_path / "c.xlsx", lambda _said, _place: book)
    assert said(case, "remark") == "a_x000D_b_x005F_"
    with zipfile.ZipFile(io.BytesIO((tmp_path / "c.xlsx").read_bytes())) as archive:
        assert any(
            b"a_x005F_x000D_b_x005F_x005F_" in archive.read(one) for one in archive.namelist()
        )


def test_a_day_of_a_form_is_still_a_day(book, tmp_path):
    workbook, sheets = form(book, tmp_path / "c.xlsx")
    fact_cell(sheets, "opened").value = datetime.date(2026, 3, 1)
    workbook.save(tmp_path / "c.xlsx")
    (case,) = cases_in(tmp_path / "c.xlsx", lambda _said, _place: book)
    assert said(case, "opened") == "2026-03-01"
