"""Grades by a score, by a condition, or by both: how they are read, and what is refused."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from steelyard.book.difference.difference import diff
from steelyard.book.model import RuleBook
from steelyard.book.reading.load import parse_book
from steelyard.errors import BookError
from steelyard.report.phrases import Phrases

BOOK = """\
book: city/grades
version: 1.0.0
sector: city
parameters:
  pass_line: {2020-01-01: 60, 2026-01-01: 65}
  good_line: {2020-01-01: 80, 2025-01-01: 62.5}
facts: {rate: {type: number, min: 0, max: 1, decimals: 2}, barred: {type: boolean}}
sections: [{id: all, points: 100}]
rules: [{id: one, section: all, proportional: rate, points: 100}]
grades:
"""


def book_of(*grades: str) -> RuleBook:
    """Return a book with these grades, as written."""
    return parse_book(BOOK + "".join(f"  - {one}\n" for one in grades), "grades.yaml")


READ: dict[str, tuple[tuple[str, ...], list[tuple[str, int | None, str, bool]]]] = {
    "scores alone, in whatever order": (
        ("{id: poor, at_least: 0}", "{id: good, at_least: 90}", "{id: pass, at_least: 59.5}"),
        [("good", 9000, "", False), ("pass", 5950, "", False), ("poor", 0, "", False)],
    ),
    "a parameter among scores, in whatever order": (
        ("{id: poor}", "{id: pass, at_least: pass_line}", "{id: good, at_least: 90}"),
        [("good", 9000, "", False), ("pass", None, "pass_line", False), ("poor", None, "", False)],
    ),
    "conditions alone, best first": (
        ("{id: good, needs: rate >= 0.9}", "{id: pass, needs: not barred}", "{id: poor}"),
        [("good", None, "", True), ("pass", None, "", True), ("poor", None, "", False)],
    ),
    "both, a condition alone between scores, and a last that says 0": (
        (
            "{id: best, at_least: 90, needs: not barred}",
            "{id: special, needs: rate > 0.5}",
            "{id: pass, at_least: pass_line}",
            "{id: poor, at_least: 0}",
        ),
        [
            ("best", 9000, "", True),
            ("special", None, "", True),
            ("pass", None, "pass_line", False),
            ("poor", 0, "", False),
        ],
    ),
}


@pytest.mark.parametrize(("written", "wanted"), READ.values(), ids=READ)
def test_grades_are_read_best_first(
    written: tuple[str, ...], wanted: list[tuple[str, int | None, str, bool]]
) -> None:
    found = [
        (one.id, one.at_least, one.parameter, one.needs is not None)
        for one in book_of(*written).grades
    ]
    assert found == wanted


REFUSED: dict[str, tuple[tuple[str, ...], str]] = {
    "a last grade with a score": (
        ("{id: good, at_least: 90}", "{id: poor, at_least: 10}"),
        "grades.yaml:11: grades: the lowest grade must begin at 0, so that every score has one",
    ),
    "a last grade with a condition": (
        ("{id: good, needs: not barred}", "{id: poor, needs: barred}"),
        "grades.yaml:11: grades: the lowest grade must demand nothing, so that every case has one",
    ),
    "a last grade by a parameter": (
        ("{id: good, needs: not barred}", "{id: poor, at_least: pass_line}"),
        "grades.yaml:11: grades: the lowest grade must demand nothing, so that every case has one",
    ),
    "a grade before the last that demands nothing": (
        ("{id: good, needs: not barred}", "{id: pass}", "{id: poor}"),
        "grades.yaml:12: grades.pass: demands nothing, as only the lowest grade may",
    ),
    "two grades from one score": (
        ("{id: good, at_least: 60}", "{id: pass, at_least: 60.0}", "{id: poor, at_least: 0}"),
        "grades.yaml:12: grades.pass: two grades begin at 60",
    ),
    "conditions not written best first": (
        ("{id: pass, at_least: 60}", "{id: good, at_least: 90, needs: not barred}", "{id: poor}"),
        "grades.yaml:12: grades.good: begins at 90, above `pass`, which is better",
    ),
    "parameters that cross from some day on": (
        ("{id: good, at_least: good_line}", "{id: pass, at_least: pass_line}", "{id: poor}"),
        (
            "grades.yaml:12: grades.pass: from 2026-01-01 on, begins at 65, above `good`, "
            "which is better"
        ),
    ),
    "a parameter that meets a score from some day on": (
        ("{id: good, at_least: good_line}", "{id: pass, at_least: 62.5}", "{id: poor}"),
        "grades.yaml:12: grades.pass: from 2025-01-01 on, two grades begin at 62.5",
    ),
    "a parameter that is not known": (
        ("{id: good, at_least: pas_line}", "{id: poor}"),
        (
            "grades.yaml:11: grades.good.at_least: unknown parameter `pas_line`; did you "
            "mean `pass_line`?"
        ),
    ),
    "what is neither a figure nor a name": (
        ("{id: good, at_least: 90%}", "{id: poor}"),
        (
            "grades.yaml:11: grades.good.at_least: `90%` is neither a figure nor the name of "
            "a parameter"
        ),
    ),
    "a score above the book's points": (
        ("{id: good, at_least: 100.01}", "{id: poor}"),
        "grades.yaml:11: grades.good: begins above the book's points",
    ),
    "a condition that reads the score, as a limiter cannot": (
        ("{id: good, needs: score >= 90}", "{id: poor}"),
        "grades.yaml:11: grades.good.needs: unknown name `score`",
    ),
}


@pytest.mark.parametrize(("written", "message"), REFUSED.values(), ids=REFUSED)
def test_what_cannot_be_a_scale_of_grades_is_refused(
    written: tuple[str, ...], message: str
) -> None:
    with pytest.raises(BookError, match=f"^{re.escape(message)}$"):
        book_of(*written)


def test_a_figure_of_a_parameter_with_too_many_places_is_refused() -> None:
    text = BOOK.replace("2026-01-01: 65", "2026-01-01: 65.125")
    with pytest.raises(BookError, match=re.escape("`65.125` cannot be points")):
        parse_book(
            f"{text}  - {{id: good, at_least: pass_line}}\n  - {{id: poor}}\n", "grades.yaml"
        )


def test_what_a_grade_demands_is_told_in_both_languages() -> None:
    book = book_of(
        "{id: good, at_least: 90, needs: rate > 0.5}", "{id: pass, needs: barred}", "{id: poor}"
    )
    zh, en = (
        [Phrases(language).demand(book, one) for one in book.grades] for language in ("zh", "en")
    )
    assert en[0].startswith("≥ 90 and ")
    assert zh[0].startswith("≥ 90")
    assert (zh[2], en[2]) == ("其余", "everything else")


def test_a_grade_that_newly_asks_a_condition_is_a_change() -> None:
    old = book_of("{id: good, at_least: 90}", "{id: poor}")
    new = book_of("{id: good, at_least: pass_line, needs: not barred}", "{id: poor}")
    changes = [(one.id, one.change, one.old) for one in diff(old, new).changes]
    assert changes == [("good", "cut_off", "90"), ("good", "needs", None)]
    assert not diff(old, replace(old)).changes
