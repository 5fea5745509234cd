"""By when things are due, worked out by hand: windows, how a deliverable stands on a day, and where
its day is told.
"""

from __future__ import annotations

import datetime
import json
from collections.abc import Callable
from typing import Any

import pytest

from steelyard.book.due import dues_of, spoken, window_of
from steelyard.book.model import RuleBook, Stage
from steelyard.book.reading.load import parse_book
from steelyard.case.formats.prompts import asked_of
from steelyard.case.reading.read import parse_case
from steelyard.judging.assessment import Assessment, weigh
from steelyard.judging.deadlines import Deadline
from steelyard.located_yaml import mark
from steelyard.messages import Title
from steelyard.report.deadlines import Asked, due_page
from steelyard.report.page import Facts, Page, Table
from steelyard.report.unit.report import unit_page

BOOK = """\
book: city/dates
version: 1.0.0
sector: city
offices: {ethics: {zh: 医德医风办公室, en: Ethics office}}
sections: [{id: all, points: 100, responsible: ethics}]
rules:
  - {id: first, section: all, stage: check, points: 60}
  - {id: second, section: all, stage: always, points: 40}
stages:
  - id: check
    title: {zh: 自查, en: Self-check}
    window: {months: [2, 3]}
    deliverables: [{id: report_sent, title: {zh: 自查报告, en: Report sent}}, {id: list_made}]
  - {id: always, deliverables: [{id: plan_kept}]}
grades: [{id: good, at_least: 60}, {id: poor}]
"""
START = datetime.date(2026, 1, 1)
DAY = datetime.date.fromisoformat


@pytest.fixture(scope="module", name="book")
def loaded() -> RuleBook:
    return parse_book(BOOK, "dates.yaml")


def weighed(book: RuleBook, facts: dict[str, str], **more: str) -> Assessment:
    case = {
        "book": "city/dates",
        "subject": {"id": "u-1"},
        "period": "2026",
        "facts": facts,
        **more,
    }
    return weigh(book, parse_case(mark(case, "case"), book, "case"))


WINDOWS: dict[str, tuple[dict[str, Any], str, tuple[str | None, str | None], Title]] = {
    "one month": ({"months": (4,)}, "2026-01-01", ("2026-04-01", "2026-04-30"), Title("4 月", "April")),
    "February of a leap year": (
        {"months": (1, 2)}, "2028-01-01", ("2028-01-01", "2028-02-29"),
        Title("1 月至 2 月", "January to February"),
    ),
    "December": (
        {"months": (12,)}, "2026-07-01", ("2026-12-01", "2026-12-31"), Title("12 月", "December"),
    ),
    "months apart": (
        {"months": (3, 5)}, "2026-01-01", ("2026-03-01", "2026-05-31"),
        Title("3 月、5 月", "March, May"),
    ),
    "fixed days": (
        {"first": DAY("2026-02-03"), "last": DAY("2026-02-20")}, "2027-01-01",
        ("2026-02-03", "2026-02-20"), Title("2026-02-03 至 2026-02-20", "2026-02-03 to 2026-02-20"),
    ),
    "an end alone": (
        {"last": DAY("2026-02-20")}, "2026-01-01", (None, "2026-02-20"),
        Title("… 至 2026-02-20", "… to 2026-02-20"),
    ),
    "left open": ({}, "2026-01-01", (None, None), Title("不限", "open")),
}  # fmt: skip


@pytest.mark.parametrize(("said", "start", "days", "words"), WINDOWS.values(), ids=WINDOWS)
def test_a_stage_runs_from_its_first_to_its_last_day(
    said: dict[str, Any], start: str, days: tuple[str | None, str | None], words: Title
) -> None:
    stage = Stage(id="s", title=Title("", ""), **said)
    found = window_of(stage, DAY(start))
    assert tuple(day and day.isoformat() for day in found) == days
    assert spoken(stage) == words


def test_a_deliverable_is_due_with_its_stage_by_the_office_of_its_rule(book: RuleBook) -> None:
    found = dues_of(book, START)
    assert {name: one.by and one.by.isoformat() for name, one in found.items()} == {
        "report_sent": "2026-03-31",
        "list_made": "2026-03-31",
        "plan_kept": None,
    }
    assert {one.office for one in found.values()} == {"ethics"}


STATES: dict[str, tuple[str | None, str, str]] = {
    "done in time": ("2026-03-31", "2026-04-01", "done"),
    "done a day late": ("2026-04-01", "2026-04-01", "done_late"),
    "done later than the day looked from": ("2026-04-05", "2026-04-04", "late"),
    "surely not done, after its day": ("无", "2026-04-01", "late"),
    "surely not done, on its day": ("无", "2026-03-31", "due"),
    "nothing shown, after its day": (None, "2026-04-01", "not_shown"),
    "perhaps in time, not surely done yet": ("2026-03-30..2026-04-10", "2026-04-05", "not_shown"),
    "surely done, perhaps late": ("2026-03-30..2026-04-02", "2026-04-05", "done"),
    "before its window": (None, "2026-01-31", "coming"),
    "on the first day of its window": (None, "2026-02-01", "due"),
}


@pytest.mark.parametrize(("done", "on", "state"), STATES.values(), ids=STATES)
def test_how_a_deliverable_stands_on_a_day(
    book: RuleBook, done: str | None, on: str, state: str
) -> None:
    facts = {} if done is None else {"report_sent": done}
    found = weighed(book, facts).deadlines[0]
    assert found.state(DAY(on)) == state
    assert Deadline.of(json.loads(json.dumps(found.to_json()))) == found


def test_what_has_no_day_is_never_late(book: RuleBook) -> None:
    undated = weighed(book, {"plan_kept": "无"}).deadlines[2]
    assert undated.state(DAY("2030-01-01")) == "undated"


def test_the_published_form_tells_every_deadline_with_its_office(book: RuleBook) -> None:
    facts = {"report_sent": "2026-03-01..2026-04-02", "list_made": "无"}
    told = {one["id"]: one for one in weighed(book, facts).to_json()["due"]}
    assert {name: (one["from"], one["by"], one["done"]) for name, one in told.items()} == {
        "report_sent": ("2026-02-01", "2026-03-31", "2026-03-01..2026-04-02"),
        "list_made": ("2026-02-01", "2026-03-31", "none"),
        "plan_kept": (None, None, None),
    }
    office = {"id": "ethics", "zh": "医德医风办公室", "en": "Ethics office"}
    assert told["report_sent"]["responsible"] == office
    assert told["report_sent"]["stage"] == {"id": "check", "zh": "自查", "en": "Self-check"}


def test_a_form_to_fill_in_says_by_when(book: RuleBook) -> None:
    fact = book.facts["report_sent"]
    assert asked_of(book, fact).en == "date done, or none; due by the end of March"
    assert asked_of(book, fact).zh.endswith("；3 月底前完成")
    assert asked_of(book, fact, START).en == "date done, or none; due by 2026-03-31"
    assert asked_of(book, book.facts["plan_kept"]).en == "date done, or none"


def listed(page: Page) -> list[tuple[Any, ...]]:
    return [
        (group.title, *row.cells)
        for part in page.parts
        for block in part.blocks
        if isinstance(block, Table)
        for group in block.groups
        for row in group.rows
    ]


def test_a_list_names_what_is_left_by_office_the_earliest_first(book: RuleBook) -> None:
    found = weighed(book, {"report_sent": "无", "list_made": "2026-02-01"})
    asked = [Asked("u-1", "某院", "2026", book.key, one) for one in found.deadlines]
    page = due_page(asked, DAY("2026-04-10"), "en")
    row = ("Ethics office", DAY("2026-03-31"), "Report sent", "Self-check", "u-1 某院")
    assert listed(page) == [(*row, "late by 10 days")]
    told = repr(page.parts[0].blocks[-1])
    assert "1 late, 0 past their day with nothing shown, 0 due, 0 coming, 1 done, 1 without" in told


AS_OF: dict[str, tuple[str, str | None, list[str]]] = {
    "at the end of the period": ("2026-12-31", None, []),
    "within the period": ("2026-06-30", None, ["As of 2026-06-30; the period runs until 2026-12-31."]),
    "a day still to come": (
        "2026-12-31",
        "2026-03-10",
        ["Weighed as of 2026-12-31, a day still to come on 2026-03-10: more may be done by then."],
    ),
}  # fmt: skip


@pytest.mark.parametrize(("as_of", "day", "told"), AS_OF.values(), ids=AS_OF)
def test_a_report_says_of_which_day_it_tells_and_bears_its_own(
    book: RuleBook, as_of: str, day: str | None, told: list[str]
) -> None:
    found = weighed(book, {}, as_of=as_of)
    page = unit_page(found, "en", day=None if day is None else DAY(day))
    assert page.day == DAY(day or as_of)
    said = [getattr(one, "text", "") for one in page.parts[0].blocks]
    assert [one for one in said if one.startswith(("As of", "Weighed"))] == told


def test_the_first_page_tells_what_is_due_next(book: RuleBook) -> None:
    page = unit_page(weighed(book, {}), "en", day=DAY("2026-03-21"))
    due = [
        (fact.name, fact.value, fact.remark)
        for block in page.parts[0].blocks
        if isinstance(block, Facts)
        for fact in block.facts
        if fact.kind == "date"
    ]
    assert due == [
        ("Report sent", DAY("2026-03-31"), "10 days left; Ethics office"),
        ("list made", DAY("2026-03-31"), "10 days left; Ethics office"),
    ]


def test_a_calendar_has_an_event_for_what_is_left_and_keeps_its_ids(book: RuleBook) -> None:
    icalendar = pytest.importorskip("icalendar", reason="needs the extra `office`")
    from steelyard.report.formats.ics import ics

    found = weighed(book, {"list_made": "2026-02-01"})
    asked = [Asked("u-1", "某院；\n甲", "2026", book.key, one) for one in found.deadlines]
    first, later = (ics(asked, DAY(day), "zh") for day in ("2026-03-01", "2026-03-02"))
    read: Callable[[bytes], Any] = icalendar.Calendar.from_ical
    [event], [again] = (read(one).walk("VEVENT") for one in (first, later))
    assert event["dtstart"].dt == DAY("2026-03-31")
    assert str(event["summary"]) == "自查报告 – u-1 某院； 甲"
    assert event["uid"] == again["uid"]
    assert first == ics(asked, DAY("2026-03-01"), "zh")
