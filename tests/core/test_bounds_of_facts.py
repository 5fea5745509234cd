"""What one fact lets another be: bounds in other decimals, and the bounds of a derived fact.

The figures are worked out by hand; both judges are held to them.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from steelyard.book.model import RuleBook
from steelyard.book.reading.load import parse_book
from steelyard.case.model import Case
from steelyard.case.reading.read import parse_case
from steelyard.errors import CaseError
from steelyard.judging.assessment import weigh
from steelyard.judging.slow.judge import judge_slowly
from steelyard.located_yaml import mark

from .agreement import same

BOOK = """\
book: town/bounds
version: 1.0.0
sector: town
points: 10
facts: {facts}
sections: [{{id: all, points: 10}}]
rules: [{{id: one, section: all, points: 10, {rule}}}]
grades: [{{id: any, at_least: 0}}]
"""
WHOLE_UNDER_HALVES = (
    "{b: {type: number, decimals: 1, min: 0, max: 9}, a: {type: integer, min: 0, max: b}}"
)
WHOLE_OVER_HALVES = (
    "{b: {type: number, decimals: 1, min: 0, max: 9}, a: {type: integer, min: b, max: 9}}"
)
HUNDREDTHS = "{b: {type: integer, min: 0, max: 9}, a: {type: number, decimals: 2, min: 0, max: b}}"
BELOW = "{x: {type: integer, min: 0, max: 9}, d: {is: x - 4, min: 0, max: 2}}"
LEFT_OPEN = {
    # At most 2.5 and whole is at most 2; to round it would let 3 be.
    "a most that is no whole number": (
        WHOLE_UNDER_HALVES,
        "requires: a >= 3",
        {"b": "2.5"},
        (0, 0),
    ),
    "and what it leaves": (WHOLE_UNDER_HALVES, "requires: a >= 2", {"b": "2.5"}, (0, 10)),
    # At least 2.5 and whole is at least 3; to round down would let 2 be.
    "a least that is no whole number": (
        WHOLE_OVER_HALVES,
        "requires: a > 2",
        {"b": "2.5"},
        (10, 10),
    ),
    "below it": (WHOLE_OVER_HALVES, "requires: a > 3", {"b": "2.5"}, (0, 10)),
    "a least at a whole number": (WHOLE_OVER_HALVES, "requires: a > 2", {"b": "2"}, (0, 10)),
    "a most in coarser decimals": (HUNDREDTHS, "requires: a > 3", {"b": "3"}, (0, 0)),
    "and reached": (HUNDREDTHS, "requires: a >= 3", {"b": "3"}, (0, 10)),
    # A derived fact's own least and most narrow what is not known yet.
    "a derived fact within its ends": (BELOW, "proportional: d / 2", {"x": "5"}, (5, 5)),
    "its least holds before it is known": (BELOW, "requires: d >= 0", {}, (10, 10)),
    "above its least is open": (BELOW, "requires: d > 0", {}, (0, 10)),
    "its most is not passed": (BELOW, "requires: d > 2", {}, (0, 0)),
}


@pytest.mark.parametrize(("facts", "rule", "given", "points"), LEFT_OPEN.values(), ids=LEFT_OPEN)
def test_bounds_leave_what_can_be(
    facts: str, rule: str, given: dict[str, str], points: tuple[int, int]
) -> None:
    book = parse_book(BOOK.format(facts=facts, rule=rule), "town.yaml")
    document: dict[str, Any] = {
        "book": book.key, "subject": {"id": "u"}, "period": "2026", "facts": given,
    }  # fmt: skip
    case = parse_case(mark(document, "made"), book, "made")
    found = weigh(book, case)
    same(found, judge_slowly(book, case))
    assert (found.low, found.high) == tuple(map(Decimal, points))


@pytest.mark.parametrize(
    ("facts", "given"),
    [(WHOLE_UNDER_HALVES, {"a": "3", "b": "2.5"}), (WHOLE_OVER_HALVES, {"a": "2", "b": "2.5"}),
     (HUNDREDTHS, {"a": "3.01", "b": "3"}), (BELOW, {"x": "3"}), (BELOW, {"x": "7"})],
    ids=["above", "below", "a hundredth above", "derived below", "derived above"],
)  # fmt: skip
def test_a_fact_beyond_its_bounds_is_refused(facts: str, given: dict[str, str]) -> None:
    book = parse_book(
        BOOK.format(facts=facts, rule=f"requires: {next(iter(given))} > 0"), "town.yaml"
    )
    document = {"book": book.key, "subject": {"id": "u"}, "period": "2026", "facts": given}
    with pytest.raises(CaseError, match="facts"):
        weigh(book, parse_case(mark(document, "made"), book, "made"))


RATE = "{x: {type: integer, min: 0, max: 9}, d: {is: x / 4, min: 0, max: 1.5}}"


@pytest.mark.parametrize(
    ("facts", "rule", "points"),
    [
        # 5 to 8 less 4 is 1 to 4, and at most 2: 4 - d is 2 to 3.
        (BELOW, "requires: 4 - d >= 2", (5, 5)),
        (BELOW, "requires: 4 - d > 2", (0, 5)),
        (BELOW, "requires: (4 - d) / 2 >= 1", (5, 5)),
        # 5 to 8 by 4 is 1.25 to 2, and at most 1.5.
        (RATE, "requires: d <= 1.5", (5, 5)),
        (RATE, "requires: 3 - d >= 1.5", (5, 5)),
        (RATE, "requires: d < 1.5", (0, 5)),
    ],
)
def test_a_derived_fact_that_a_bonus_claims_lies_within_its_bounds(
    facts: str, rule: str, points: tuple[int, int]
) -> None:
    text = BOOK.format(facts=facts, rule="requires: x > 9").replace(
        "rules: [", f"bonus: 5\nrules: [{{id: more, bonus: true, points: 5, {rule}}}, "
    )
    book = parse_book(text, "town.yaml")
    case = parse_case(
        mark(
            {"book": book.key, "subject": {"id": "u"}, "period": "2026", "facts": {"x": "5..8"}},
            "made",
        ),
        book,
        "made",
    )
    found = weigh(book, case)
    same(found, judge_slowly(book, case))
    assert (found.low, found.high) == tuple(map(Decimal, points))


ROWS = """\
book: town/shown
version: 1.0.0
sector: town
points: 10
bonus: 4
facts: {shown: {is: "WORKED OUT", min: 2, max: 9.5}}
records: {rows: {value: {type: number, decimals: 2, min: 0, max: 100}}}
sections: [{id: all, points: 10}]
rules:
  - {id: one, section: all, points: 10, requires: count(rows) > 9}
  - {id: more, bonus: true, points: 4, proportional: shown / 19}
grades: [{id: any, at_least: 0}]
"""
SHOWN_ALONE = {
    # More records may follow, so the mean of what is shown is no contradiction; a bonus knows what
    # is shown alone, and that is worth what the nearest bound is: 9.5 or 2 of 19.
    "a mean above": ("mean(rows, value)", "47.5", "2.00"),
    "a mean below": ("mean(rows, value)", "1", "0.42"),
    "a mean within": ("mean(rows, value)", "4.75", "1.00"),
    "a quotient above": ("total(rows, value) / count(rows)", "47.5", "2.00"),
    "a quotient below": ("total(rows, value) / count(rows)", "1", "0.42"),
    "what is left, above": ("20 - total(rows, value)", "1", "2.00"),
}


def shown_alone(said: str, value: str) -> tuple[RuleBook, Case]:
    """Return a book whose bonus asks for a fact, and a case with a record and perhaps more."""
    book = parse_book(ROWS.replace("WORKED OUT", said), "town.yaml")
    rows = {"rows": {"complete": "false", "rows": [{"id": "r-1", "value": value}]}}
    document = {"book": book.key, "subject": {"id": "u"}, "period": "2026", "records": rows}
    return book, parse_case(mark(document, "made"), book, "made")


@pytest.mark.parametrize(("said", "value", "bonus"), SHOWN_ALONE.values(), ids=SHOWN_ALONE)
def test_what_is_shown_alone_counts_in_a_bonus_up_to_the_bounds(
    said: str, value: str, bonus: str
) -> None:
    book, case = shown_alone(said, value)
    found = weigh(book, case)
    same(found, judge_slowly(book, case))
    assert (found.low, found.high) == (Decimal(bonus), Decimal(10))


NO_SHARE = "{b: {type: integer, min: 1, max: 9}, a: {type: integer, min: 0, max: 9}"
STRAYS = {
    "a quotient of facts that do not bound each other": f"{NO_SHARE}, d: {{is: a / b, min: 0, max: 1}}}}",
    "the whole as a share of its part": (
        "{b: {type: integer, min: 1, max: 9}, a: {type: integer, min: b, max: 9}, "
        "d: {is: a / b, min: 0, max: 1}}"
    ),
    "a share that may not be all": (
        "{b: {type: integer, min: 1, max: a}, a: {type: integer, min: 1, max: 9}, "
        "d: {is: b / a, min: 0, max: 0.2}}"
    ),
}


@pytest.mark.parametrize("facts", STRAYS.values(), ids=STRAYS)
def test_a_quotient_outside_its_bounds_is_refused(facts: str) -> None:
    # 9 / 3 is above 1, and 3 / 9 above 0.2.
    book = parse_book(BOOK.format(facts=facts, rule="requires: d >= 0"), "bounds.yaml")
    document = {"book": "town/bounds", "subject": "u-1", "period": "2026"}
    with pytest.raises(CaseError, match=r"facts\.d: works out at [0-9.]+, outside 0 to"):
        parse_case(mark({**document, "facts": {"a": "9", "b": "3"}}, "case.yaml"), book)
