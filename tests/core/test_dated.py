"""The days of records: rows of the period alone, or rows of any day."""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import pytest

from steelyard.book.model import RuleBook
from steelyard.book.reading.load import parse_book
from steelyard.case.model import Case
from steelyard.case.reading.read import parse_case
from steelyard.errors import BookError, CaseError
from steelyard.judging.assessment import weigh
from steelyard.located_yaml import mark

NO_HEAD: Mapping[str, str] = MappingProxyType({})
BOOK = """\
book: city/dated
version: 1.0.0
sector: city
records:
  breaches:
    dated: day
    day: date
    verified: boolean
    late: {is: day >= period_end}
sections: [{id: all, points: 100}]
rules:
  - {id: early, section: all, requires: 'count(breaches, days(period_start, day) > 40) == 0', points: 50}
  - {id: none, section: all, demerit: {over: breaches, each: 5}, points: 50}
grades: [{id: any, at_least: 0}]
"""


def case_of(
    rows: list[dict[str, Any]], book: RuleBook | None = None, head: Mapping[str, str] = NO_HEAD
) -> Case:
    """Return the case of these rows in 2026, by a book whose breaches are dated by `day`."""
    document = {
        "book": "city/dated",
        "subject": "u-1",
        "period": "2026",
        **head,
        "records": {"breaches": rows},
    }
    return parse_case(mark(document, "case.yaml:1"), book or parse_book(BOOK, "dated.yaml"))


def days_of(case: Case) -> list[tuple[Any, ...]]:
    """Return the low and the high end of every row's day, as ordinals."""
    return [row[:2] for row in case.registers["breaches"].rows]


def ordinal(month: int, day: int) -> int:
    """Return a day of 2026."""
    from datetime import date

    return date(2026, month, day).toordinal()


WITHIN: dict[str, tuple[dict[str, Any], dict[str, str], tuple[int, int]]] = {
    "the first day": ({"day": "2026-01-01"}, {}, (ordinal(1, 1), ordinal(1, 1))),
    "the last day": ({"day": "2026-12-31"}, {}, (ordinal(12, 31), ordinal(12, 31))),
    "no day is some day of the period": ({}, {}, (ordinal(1, 1), ordinal(12, 31))),
    "a day said to be unknown, likewise": (
        {"day": "unknown"},
        {},
        (ordinal(1, 1), ordinal(12, 31)),
    ),
    "no day is none after as_of": ({}, {"as_of": "2026-03-05"}, (ordinal(1, 1), ordinal(3, 5))),
    "as_of itself": ({"day": "2026-03-05"}, {"as_of": "2026-03-05"}, (ordinal(3, 5),) * 2),
    "as_of after the period lets nothing in": (
        {},
        {"as_of": "2027-02-01"},
        (ordinal(1, 1), ordinal(12, 31)),
    ),
    "a range is cut at both ends": (
        {"day": "2025-11-01..2027-01-01"},
        {"as_of": "2026-10-01"},
        (ordinal(1, 1), ordinal(10, 1)),
    ),
}


@pytest.mark.parametrize(("row", "head", "wanted"), WITHIN.values(), ids=WITHIN)
def test_a_row_of_the_period_counts(
    row: dict[str, Any], head: dict[str, str], wanted: tuple[int, int]
) -> None:
    assert days_of(case_of([row], head=head)) == [wanted]


OUTSIDE: dict[str, tuple[dict[str, Any], dict[str, str], str]] = {
    "the day before": (
        {"id": "b-1", "day": "2025-12-31"},
        {},
        "case.yaml:1: records.breaches.b-1.day: `2025-12-31` does not lie within 2026",
    ),
    "the day after": (
        {"id": "b-1", "day": "2027-01-01"},
        {},
        "case.yaml:1: records.breaches.b-1.day: `2027-01-01` does not lie within 2026",
    ),
    "a range beyond": (
        {"day": "2024-01-01..2025-12-31"},
        {},
        "case.yaml:1: records.breaches.1.day: `2024-01-01..2025-12-31` does not lie within 2026",
    ),
    "after as_of": (
        {"id": "b-1", "day": "2026-03-06"},
        {"as_of": "2026-03-05"},
        (
            "case.yaml:1: records.breaches.b-1.day: `2026-03-06` is after 2026-03-05, as of "
            "which the case is judged"
        ),
    ),
    "a day of the period of which none has come": (
        {"id": "b-1", "day": "2026-01-01"},
        {"as_of": "2025-12-31"},
        "case.yaml:1: records.breaches.b-1.day: no day of 2026 has come by 2025-12-31",
    ),
    "no day of the period has come": (
        {"id": "b-1"},
        {"as_of": "2025-12-31"},
        "case.yaml:1: records.breaches.b-1.day: no day of 2026 has come by 2025-12-31",
    ),
}


@pytest.mark.parametrize(("row", "head", "message"), OUTSIDE.values(), ids=OUTSIDE)
def test_a_row_of_another_day_is_a_fault(
    row: dict[str, Any], head: dict[str, str], message: str
) -> None:
    with pytest.raises(CaseError, match=f"^{re.escape(message)}$"):
        case_of([row], head=head)


def test_rows_without_a_day_count_and_their_day_is_open() -> None:
    """Fifty points hang on whether a day that is not given is after 10 February (40 days); each row
    costs five.
    """
    book = parse_book(BOOK, "dated.yaml")
    scored = weigh(book, case_of([{}], book)).scored
    assert (scored.low, scored.high) == (4500, 9500)
    # By 1 February no day is 41 days after New Year.
    scored = weigh(book, case_of([{}], book, {"as_of": "2026-02-01"})).scored
    assert (scored.low, scored.high) == (9500, 9500)


def test_the_document_keeps_what_was_written() -> None:
    case = case_of([{"id": "b-1", "day": "2025-11-01..2026-02-01"}, {"id": "b-2"}])
    assert case.document["records"]["breaches"]["rows"] == [
        {"id": "b-1", "day": "2025-11-01..2026-02-01"},
        {"id": "b-2"},
    ]


REFUSED = {
    "a field that is not there": (
        ("dated: day", "dated: dai"),
        "dated.yaml:6: records.breaches.dated: unknown field `dai`; did you mean `day`?",
    ),
    "a field that is no date": (
        ("dated: day", "dated: verified"),
        "dated.yaml:6: records.breaches.dated: `verified` is not a date that a record gives",
    ),
    "a day that may be none": (
        ("day: date\n", "day: {type: date, missing: none}\n"),
        (
            "dated.yaml:6: records.breaches.dated: `day` has a default or may be none; a "
            "record's own day is never left out"
        ),
    ),
    "a day with a default": (
        ("day: date\n", "day: {type: date, default: period_end}\n"),
        (
            "dated.yaml:6: records.breaches.dated: `day` has a default or may be none; a "
            "record's own day is never left out"
        ),
    ),
}


@pytest.mark.parametrize(("change", "message"), REFUSED.values(), ids=REFUSED)
def test_what_cannot_date_a_row_is_refused(change: tuple[str, str], message: str) -> None:
    assert change[0] in BOOK
    with pytest.raises(BookError, match=f"^{re.escape(message)}$"):
        parse_book(BOOK.replace(*change), "dated.yaml")


def test_a_register_filled_from_another_book_has_no_dated() -> None:
    part = BOOK.replace("city/dated", "city/part")
    whole = BOOK.replace(
        "  breaches:", "  months: {from_book: city/part, roster: subject, dated: none}\n  breaches:"
    )
    with pytest.raises(BookError, match=re.escape("the rows come from assessments, whose period")):
        parse_book(whole, "whole.yaml", base=lambda _reference: (part, "part.yaml"))


@pytest.mark.parametrize("dated", ["", "none"], ids=["not said", "rows of any day"])
def test_rows_of_any_day_count_and_are_remarked_where_the_book_does_not_say_so(dated: str) -> None:
    text = BOOK.replace("dated: day", f"dated: {dated}" if dated else "title: Breaches")
    book = parse_book(text, "dated.yaml")
    rows = [{"id": f"b-{n}", "day": "2025-12-31"} for n in range(1, 13)]
    case = case_of([*rows, {"id": "in", "day": "2026-05-01"}, {"id": "open"}], book)
    assert len(case.registers["breaches"].rows) == 14
    if dated:
        assert case.remarks == ()
    else:
        assert [one.text() for one in case.remarks] == [
            (
                "case.yaml:1: records.breaches: rows outside 2026 by `day` count all the same, since "
                "the book does not say whether they do (12): b-1, b-2, b-3, b-4, b-5, b-6, b-7, b-8, b-9, b-10, …"
            )
        ]


def test_rows_after_the_period_or_after_as_of_are_remarked_too() -> None:
    book = parse_book(BOOK.replace("dated: day", "title: Breaches"), "dated.yaml")
    rows = [
        {"id": "in", "day": "2026-03-05"},
        {"id": "later", "day": "2026-03-06"},
        {"id": "across", "day": "2026-03-05..2026-03-06"},
        {"id": "next", "day": "2027-01-01"},
    ]
    case = case_of(rows, book, {"as_of": "2026-03-05"})
    assert [one.text() for one in case.remarks] == [
        (
            "case.yaml:1: records.breaches: rows outside 2026-01-01 – 2026-03-05 by `day` count all "
            "the same, since the book does not say whether they do (2): later, next"
        )
    ]


def test_a_row_none_of_whose_days_lies_within_the_period_is_remarked() -> None:
    text = BOOK.replace("dated: day", "title: Breaches").replace(
        "    day: date\n", "    day: date\n    found: {type: date, missing: none}\n"
    )
    rows = [
        {"id": "both", "day": "2026-01-01", "found": "2026-12-31"},
        {"id": "found later", "day": "2026-12-31", "found": "2027-01-01"},
        {"id": "done before", "day": "2025-12-31", "found": "2026-01-01"},
        {"id": "neither", "day": "2025-12-31", "found": "2027-01-01"},
        {"id": "only one", "day": "2025-12-31", "found": "none"},
        {"id": "across", "day": "2025-12-31..2026-01-01"},
    ]
    case = case_of(rows, parse_book(text, "dated.yaml"))
    (told,) = [one.text() for one in case.remarks]
    assert " by `day, found` " in told
    assert told.rpartition(": ")[2] == "neither, only one"


def test_who_showed_a_thing_and_the_files_are_kept() -> None:
    book = parse_book(
        BOOK.replace("records:", "facts: {staff: {type: integer, min: 0}}\nrecords:"), "dated.yaml"
    )
    document = {
        "book": "city/dated",
        "subject": "u-1",
        "period": "2026",
        "facts": {"staff": {"value": "7", "by": "王某", "files": ["a.pdf", "b.jpg"]}},
        "records": {
            "breaches": [
                {"id": "b-1", "by": "李某", "files": "c.pdf", "evidence": {"method": "site"}},
                {"id": "b-2", "evidence": {"by": "张某", "files": ["d.pdf"]}},
            ]
        },
    }
    case = parse_case(mark(document, "case.yaml:1"), book)
    assert (case.facts["staff"].evidence[0].by, case.facts["staff"].evidence[0].files) == (
        "王某",
        ("a.pdf", "b.jpg"),
    )
    assert case.document["facts"]["staff"] == {
        "value": "7",
        "by": "王某",
        "files": ["a.pdf", "b.jpg"],
    }
    assert case.document["records"]["breaches"]["rows"] == [
        {"id": "b-1", "evidence": {"method": "site", "by": "李某", "files": ["c.pdf"]}},
        {"id": "b-2", "evidence": {"by": "张某", "files": ["d.pdf"]}},
    ]
    # What is kept reads back as the same case.
    again = parse_case(mark(dict(case.document), "kept"), book)
    assert again.document == case.document
