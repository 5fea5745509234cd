"""What people type for numbers, days, periods and ticks, and what a CSV file's habits make of it."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

import pytest

from steelyard.book.reading.load import parse_book
from steelyard.case.formats.csvfile import csv_documents
from steelyard.case.formats.files import cases_in, read_json
from steelyard.case.reading.parse_values import (
    Wrong,
    read_date,
    read_number,
    read_period,
    read_tick,
)
from steelyard.case.reading.read import parse_case
from steelyard.errors import CaseError, Fault
from steelyard.expression.types import Number

HUNDREDTHS = Number(2)


def told(why: Any) -> str:
    """Return the refusal of a text as it is shown."""
    assert isinstance(why, Wrong), why
    return Fault("", why.message, why.values, why.near).text()


NUMBERS = {
    "with a sign": ("+5", 500),
    "with a long sign": ("−5", -500),
    "in groups": ("1,234,567.5", 123456750),
    "in groups of full width": ("１，２３４", 123400),
    "without a nought": (".5", 50),
    "less than nothing, without a nought": ("-.5", -50),
    "nought in front": ("007", 700),
    "a power of ten": ("5E2", 50000),
    "a small power of ten": ("1e-02", 1),
    "with what cannot be seen": ("\ufeff5\u200b0\u00ad0\u200e", 50000),
    "with a hard space": ("\u00a0500\u3000", 50000),
}
NO_NUMBERS = {
    "a decimal comma": "0,925",
    "two digits behind a comma": "12,34",
    "a nought in front of groups": "012,345",
    "nought alone in front of groups": "0,123",
    "a group of four": "1,2345",
    "a group at the front that is too long": "1234,567",
    "groups by points": "1.234.567",
    "groups by spaces": "1 234",
    "raised": "95²",
    "below": "95₂",
    "in a ring": "9⑤",
    "a fraction as a sign": "½",
    "in Chinese": "五",
    "Roman, as a sign": "Ⅴ",
    "Arabic digits of the east": "٥",
    "too great a power": "1e400",
    "half a power": "1e",
    "a point alone": ".",
    "a comma alone": ",",
    "nothing but a sign": "-",
    "two signs": "--5",
    "a bound": "≥5",
    "about": "约5",
    "with its unit": "5人",
    "in brackets": "(5)",
    "a formula": "=1+1",
}


@pytest.mark.parametrize(("text", "units"), NUMBERS.values(), ids=NUMBERS)
def test_a_number_is_read(text: str, units: int) -> None:
    assert read_number(text, HUNDREDTHS) == units


@pytest.mark.parametrize("text", NO_NUMBERS.values(), ids=NO_NUMBERS)
def test_what_is_no_number_is_refused(text: str) -> None:
    assert "is not a number" in told(read_number(text, HUNDREDTHS))


DATES = {
    "by strokes": "2026/3/1",
    "by points": "2026.3.1",
    "by dashes": "2026-03-01",
    "in Chinese": "2026年3月1日",
    "in Chinese, as spoken": "2026年3月1号",
    "in Chinese, with spaces": "2026 年 3 月 1 日",
    "in full width": "２０２６．３．１",
    "in a row": "20260301",
    "with its midnight": "2026-03-01 00:00:00",
    "with the midnight of a program": "2026-03-01T00:00:00.000",
}
NO_DATES = {
    "the year last": ("1/3/2026", "`1/3/2026` may mean 2026-03-01, 2026-01-03: write the year first"),
    "the year last, one reading": ("13/3/2026", "`13/3/2026` may mean 2026-03-13: write the year"),
    "two digits for the year": ("26-3-1", "`26-3-1` may mean 2026-03-01, 2001-03-26: write the year"),
    "two digits each": ("3.1.02", "may mean 2003-01-02, 2002-01-03, 2002-03-01: write the year first"),
    "two digits in Chinese": ("26年3月1日", "may mean 2026-03-01: write the year first"),
    "a day that does not exist": ("2026-02-30", "is a date that does not exist"),
    "a day in a row that does not exist": ("20261301", "is a date that does not exist"),
    "two kinds of signs": ("2026-3/1", "is not a date such as 2026-03-01"),
    "a time of day": ("2026-03-01 09:00", "is not a date such as 2026-03-01"),
    "a month": ("2026-03", "is not a date such as 2026-03-01"),
    "nine digits in a row": ("202603011", "is not a date such as 2026-03-01"),
}  # fmt: skip


@pytest.mark.parametrize("text", DATES.values(), ids=DATES)
def test_a_date_is_read(text: str) -> None:
    assert read_date(text) == date(2026, 3, 1).toordinal()


@pytest.mark.parametrize(("text", "message"), NO_DATES.values(), ids=NO_DATES)
def test_a_date_with_two_readings_is_refused(text: str, message: str) -> None:
    assert message in told(read_date(text))


def days(first: str, last: str) -> tuple[date, date]:
    return date.fromisoformat(first), date.fromisoformat(last)


YEAR, FIRST_HALF, SECOND_HALF, THIRD, NOVEMBER = (
    ("2026", *days("2026-01-01", "2026-12-31")),
    ("2026H1", *days("2026-01-01", "2026-06-30")),
    ("2026H2", *days("2026-07-01", "2026-12-31")),
    ("2026Q3", *days("2026-07-01", "2026-09-30")),
    ("2026-11", *days("2026-11-01", "2026-11-30")),
)
PERIODS = {
    **dict.fromkeys(("2026", "2026年", "2026年度", "2026 年度", "2026年全年", "２０２６年", "2026.0"), YEAR),
    **dict.fromkeys(("2026H1", "2026h1", "2026-H1", "2026年上半年", "2026上半年", "2026年度上半年"), FIRST_HALF),
    **dict.fromkeys(("2026H2", "2026年下半年"), SECOND_HALF),
    **dict.fromkeys(
        ("2026Q3", "2026-q3", "2026年Q3", "2026年第三季度", "2026年3季度", "2026年三季度", "2026年第3季"), THIRD,
    ),
    **dict.fromkeys(
        ("2026-11", "2026/11", "2026.11", "202611", "2026年11月", "2026年11月份", "2026年十一月", "２０２６／１１"),
        NOVEMBER,
    ),
    "2026-1": ("2026-01", *days("2026-01-01", "2026-01-31")),
    "2026年十月": ("2026-10", *days("2026-10-01", "2026-10-31")),
    "2024-02": ("2024-02", *days("2024-02-01", "2024-02-29")),
    "2026年12月": ("2026-12", *days("2026-12-01", "2026-12-31")),
    "2026年第四季度": ("2026Q4", *days("2026-10-01", "2026-12-31")),
}  # fmt: skip
NO_PERIODS = ("20261", "2026-13", "2026-00", "2026-11-01", "2026Q5", "2026年第五季度", "2026H3", "26年", "2026学年",
              "2025-2026", "0000", "9999", "2026中半年", "2026年十三月", "2026111")  # fmt: skip


@pytest.mark.parametrize(("text", "period"), PERIODS.items(), ids=PERIODS)
def test_a_period_is_read(text: str, period: tuple[str, date, date]) -> None:
    assert read_period(text) == period


@pytest.mark.parametrize("text", NO_PERIODS)
def test_what_is_no_period_is_refused(text: str) -> None:
    assert "is not a period such as 2026" in told(read_period(text))


def test_a_month_that_may_have_lost_its_nought_is_refused() -> None:
    """A spreadsheet makes 2026.1 of a typed 2026.10."""
    assert "`2026.1` may mean 2026-01, 2026-10" in told(read_period("2026.1"))


TICKS = {
    "yes": ("是", "有", "对", "√", "✓", "✔", "✔\ufe0f", "☑", "Yes", "TRUE", "1", "1.0", "Ｙ"),
    "no": ("否", "无", "错", "×", "✗", "✘", "No", "False", "0", "0.0"),
    "na": ("不适用", "不涉及", "N/A", "/", "／", "-", "－", "—", "——", "–"),
}


@pytest.mark.parametrize(
    ("text", "tick"), [(text, tick) for tick, texts in TICKS.items() for text in texts]
)
def test_a_tick_is_read(text: str, tick: str) -> None:
    assert read_tick(text) == tick


@pytest.mark.parametrize("text", ["x", "X", "Ｘ", "☒", "□", "☐"])
def test_a_tick_with_two_readings_is_refused(text: str) -> None:
    assert "may m" in told(read_tick(text))


# CSV

BOOK = parse_book(
    json.dumps(
        {
            "book": "test/typed",
            "version": "1.0.0",
            "sector": "test",
            "facts": {
                "area": {"type": "number", "decimals": 4},
                "staff": "integer",
                "remark": {"type": "text", "missing": "none"},
                "clean": "boolean",
            },
            "sections": [{"id": "all", "points": 100}],
            "rules": [{"id": "r", "section": "all", "points": 100, "requires": "area > 1"}],
            "grades": [{"id": "any", "at_least": 0}],
        }
    ),
    "typed",
)


def said(content: bytes) -> dict[str, Any]:
    """Return the facts of the one unit of a CSV file."""
    [document] = csv_documents(content, lambda _said, _place: BOOK, "u.csv")
    facts: dict[str, Any] = parse_case(document, BOOK, "u.csv").document["facts"]
    return {name: one["value"] for name, one in facts.items()}


def table(separator: str, fact: str, text: str) -> bytes:
    """Return a CSV file with one unit, of which one fact is given."""
    quoted = f'"{text}"'
    rows = (("book", "subject.id", "period", fact), ("test/typed", "u-1", "2026", quoted))
    return "\n".join(separator.join(row) for row in rows).encode("utf-8-sig")


FIGURES = {
    "a decimal comma beside semicolons": (";", "0,925", "0.925"),
    "a decimal comma beside tabs": ("\t", "0,925", "0.925"),
    "a decimal comma with few places": (";", "12,5", "12.5"),
    "a decimal comma with many": (";", "1234,5678", "1234.5678"),
    "less than nothing by a comma": (";", "-0,5", "-0.5"),
    "thousands by points": (";", "1.234,5", "1234.5"),
    "millions by points": (";", "1.234.567", "1234567"),
    "millions by commas": (";", "1,234,567", "1234567"),
    "a point that parts no thousands": (";", "0.925", "0.925"),
    "a point with four places": (";", "1.2340", "1.234"),
    "a point beside tabs": ("\t", "1.234", "1.234"),
    "thousands beside commas": (",", "1,234", "1234"),
    "a range of both": (";", "0,5..1,5", "0.5..1.5"),
    "a power of ten of a program": (",", "1e-02", "0.01"),
    "a range with blanks in its ends": (",", " 0.5  至  0.6 ", "0.5..0.6"),
    "a range from nothing to less than one": (",", "0.. .5", "0..0.5"),
}
TWO_READINGS = {
    "a decimal comma in a percentage": (";", "92,5%", "may mean 0.925 or 92.5 here: write the figure"),
    "a comma beside semicolons": (";", "1,234", "may mean 1234 or 1.234 in this file: write 1234 / 1.2340"),
    "a comma beside tabs": ("\t", "12,345", "may mean 12345 or 12.345 in this file"),
    "a point beside semicolons": (";", "1.234", "may mean 1.234 or 1234 in this file: write 1.2340 / 1234"),
    "a comma with few places beside commas": (",", "12,5", "a comma stands between thousands"),
    "a nought in front beside commas": (",", "0,925", "a comma stands between thousands"),
    "a figure that a spreadsheet shortened": (",", "1.23457E+04", "write it out in full"),
    "one end of a range": (";", "1,5..1,234", "`1,234` may mean 1234 or 1.234"),
}  # fmt: skip


@pytest.mark.parametrize(("separator", "text", "kept"), FIGURES.values(), ids=FIGURES)
def test_a_figure_has_the_signs_of_its_file(separator: str, text: str, kept: str) -> None:
    assert said(table(separator, "area", text)) == {"area": kept}


@pytest.mark.parametrize(("separator", "text", "message"), TWO_READINGS.values(), ids=TWO_READINGS)
def test_a_figure_with_two_readings_in_its_file_is_refused(
    separator: str, text: str, message: str
) -> None:
    with pytest.raises(CaseError) as refused:
        said(table(separator, "area", text))
    assert str(refused.value).startswith("u.csv:2: facts.area: `")
    assert message in str(refused.value)


@pytest.mark.parametrize("word", ["None", "null", "NULL", "NaN", "nan", "<NA>", "#N/A", "#DIV/0!"])
@pytest.mark.parametrize("fact", ["remark", "area", "clean"])
def test_what_a_program_writes_for_want_of_a_value_is_not_none(fact: str, word: str) -> None:
    with pytest.raises(CaseError) as refused:
        said(table(",", fact, word))
    assert str(refused.value) == (
        f"u.csv:2: `{word}` is what a program writes for want of a value: leave the cell empty "
        "where it is not known, or write none (无) where there is none"
    )


def test_the_word_of_a_clerk_for_none_still_is(tmp_path) -> None:
    assert (
        said(table(",", "remark", "none")) == said(table(",", "remark", "无")) == {"remark": "none"}
    )


HEAD = "book,subject.id,period,remark\ntest/typed,u-1,2026,"
WESTERN = ("Müller", "Größe", "naïf", "Ünal", "“Hello”", "créée à l’école", "œuvre")
CHINESE = ("朱镕基", "陶喆", "材料审核", "A类单位", "㎡", "卫健委B区")


@pytest.mark.parametrize("text", WESTERN)
def test_western_text_is_not_taken_for_chinese(text: str) -> None:
    content = (HEAD + text + "\n").encode("cp1252")
    try:
        kept = said(content)
    except CaseError as refused:
        assert "GB18030" in str(refused)  # noqa: PT017  # either fault names the encodings
    else:
        raise AssertionError(kept)


@pytest.mark.parametrize("text", CHINESE)
def test_chinese_text_of_an_office_is_read(text: str) -> None:
    assert said((HEAD + text + "，材料\n").encode("gb18030")) == {"remark": f"{text}，材料"}


def test_every_fault_of_a_table_is_told_at_once(tmp_path) -> None:
    (tmp_path / "u.csv").write_text(
        "book,subject.id,period,area,staff\n"
        "test/typed,u-1,2026,NaN,many\n"
        "test/typed,u-2,20261,5,1.5\n"
        "test/typed,u-3,None,5,2,9\n"
    )
    with pytest.raises(CaseError) as refused:
        cases_in(tmp_path / "u.csv", lambda _said, _place: BOOK)
    lines = [line.partition("u.csv:")[2] for line in str(refused.value).splitlines()]
    assert sorted(line.partition(",")[0][:34] for line in lines) == sorted(
        [
            "2: `NaN` is what a program writes ",
            "2: facts.staff: `many` is not a nu",
            "3: facts.staff: `1.5` is not a who",
            "3: period: `20261` is not a period",
            "4: `9` stands under no heading",
            "4: `None` is what a program writes",
        ]
    )


def test_numbers_of_json_are_numbers() -> None:
    document = read_json(
        json.dumps({"book": "test/typed", "subject": "u", "period": 2026, "facts": {"area": 1e-04, "staff": 500}})
        .replace("0.0001", "1e-04").replace("500", "5E2"),
        "c.json",
    )  # fmt: skip
    facts = parse_case(document, BOOK, "c.json").document["facts"]  # type: ignore[arg-type]
    assert {name: one["value"] for name, one in facts.items()} == {"area": "0.0001", "staff": "500"}
