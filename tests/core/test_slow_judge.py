"""The slow judge against results reasoned by hand, and its mean against every choice."""

from __future__ import annotations

import json
import os
import random
from collections.abc import Iterator
from datetime import date
from fractions import Fraction
from itertools import product
from typing import Any

import pytest

from steelyard.book.reading.load import parse_book
from steelyard.case.reading.read import parse_case
from steelyard.expression.tree import (
    Arithmetic,
    Asked,
    Compare,
    Defined,
    Literal,
    Mean,
    Name,
    Node,
    Part,
    Portion,
    Settle,
)
from steelyard.expression.types import Boolean, Number
from steelyard.expression.values import Bounds, Truth
from steelyard.judging.slow.cells import days_of
from steelyard.judging.slow.judge import Slow, judge_slowly
from steelyard.judging.slow.mean import Share, asked, mean
from steelyard.judging.slow.nodes import NodeReading
from steelyard.judging.slow.scoring import Value
from steelyard.judging.slow.world import Whole
from steelyard.located_yaml import mark

FLAT = int(os.environ.get("STEELYARD_MEANS", "400"))
NESTED = FLAT * 3 // 10
GRADES = [
    {"id": "good", "at_least": 60},
    {"id": "fair", "at_least": 30},
    {"id": "fail", "at_least": 0},
]
FACTS = {
    "n": {"type": "integer", "min": 0, "max": 1000000},
    "m": {"type": "integer", "min": 0, "max": 3000000},
    "rate": {"is": "n / m"},
    "yes": "boolean",
    "no": "boolean",
    "out": "boolean",
    "gone": "boolean",
    "level": {"type": ["A", "B", "C"]},
    "sat": "survey",
    "spare": {"type": "survey", "missing": "none"},
}


def weigh(document: dict[str, Any], case: dict[str, Any] | None = None, /, **facts: Any) -> Slow:
    """Return what the slow judge says of a case of a book."""
    book = parse_book(
        json.dumps(
            {
                "book": "test/slow",
                "version": "1.0.0",
                "sector": "test",
                "facts": FACTS,
                "grades": GRADES,
                **document,
            }
        ),
        "book",
    )
    said = {
        "book": "test/slow",
        "subject": "s-1",
        "period": "2026",
        "facts": facts,
        **(case or {}),
    }
    return judge_slowly(book, parse_case(mark(said, "case"), book, "case"))


def one_section(*rules: dict[str, Any], points: int) -> dict[str, Any]:
    """Return the sections and rules of a book with one section."""
    return {
        "points": points,
        "sections": [{"id": "all", "points": points}],
        "rules": [{"id": f"r{n}", "section": "all", **rule} for n, rule in enumerate(rules, 1)],
    }


def pair(low: str, high: str) -> Bounds:
    """Return bounds from two texts."""
    return Bounds(Fraction(low), Fraction(high))


# NodeReading


def test_thirds_of_40_and_40_and_10_reach_a_cut_off_of_30_exactly() -> None:
    rules = [{"proportional": "n / m", "points": points} for points in (40, 40, 10)]
    found = weigh(one_section(*rules, points=90), n="1", m="3")
    assert found.rules["r1"].low == Fraction("13.33333333")
    assert found.sections["all"] is not None
    assert found.sections["all"].low == Fraction("29.99999999")
    assert found.score == pair("30", "30")
    assert found.grade == ("fair", "fair")


def test_two_rules_of_50_at_80_percent_come_to_80_whether_one_counts_or_not() -> None:
    rule = {"proportional": "n / m", "points": 50}
    found = weigh(one_section(rule, {**rule, "not_applicable": "out"}, points=100), n="4", m="5")
    assert found.rules["r2"].state == "perhaps"
    assert found.rules["r2"][:2] == pair("40", "40")[:2]
    assert found.rules["r2"].shown == pair("0", "40")
    assert found.rules["r2"].outcome == "unknown"
    assert found.score == pair("80", "80")
    # Half of the points asked for hang on whether the rule applies.
    assert found.coverage == Fraction(1, 2)


NESTED_BOOK = {
    "points": 100,
    "sections": [{"id": "a", "points": 60}, {"id": "b", "points": 40}],
    "rules": [
        {
            "id": "half",
            "section": "a",
            "points": 60,
            "proportional": "n / m",
            "not_applicable": "gone",
        },
        {"id": "whole", "section": "b", "points": 40, "requires": "yes", "not_applicable": "out"},
    ],
    "limiters": [{"id": "floor", "effect": {"downgrade": 1, "min_section": {"a": 40}}}],
}
NESTINGS = {
    # The book rests on section a alone, 30 of 60, or on both, 70 of 100; a floor of 40 surely
    # bites.
    "one may be left out": ({"gone": "no"}, ("50", "70"), "no", Truth(must=True, may=True)),
    # Nothing may be left: down to 0; else a alone 50, b alone 100, both 70.
    "both may be left out": ({}, ("0", "100"), "possible", Truth(must=False, may=True)),
    "one is left out": (
        {"gone": "yes", "out": "no"},
        ("100", "100"),
        "no",
        Truth(must=False, may=False),
    ),
    "nothing is left": (
        {"gone": "yes", "out": "yes"},
        ("0", "0"),
        "yes",
        Truth(must=False, may=False),
    ),
}  # fmt: skip


@pytest.mark.parametrize(("facts", "score", "not_rated", "floor"), NESTINGS.values(), ids=NESTINGS)
def test_sections_that_may_not_be_asked(
    facts: dict[str, str], score: tuple[str, str], not_rated: str, floor: Truth
) -> None:
    found = weigh(NESTED_BOOK, n="1", m="2", yes="yes", **facts)
    assert (found.score, found.not_rated, found.limiters) == (pair(*score), not_rated, (floor,))


def test_a_pass_is_decided_before_rounding() -> None:
    book = {"decimals": 0, **one_section({"proportional": "n / m", "points": 1}, points=1)}
    book["grades"] = [{"id": "fail", "at_least": 0}]
    nearly = weigh(book, n="999999", m="1000000").rules["r1"]
    assert (nearly.low, nearly.outcome) == (Fraction("0.999999"), "partial")
    book["facts"] = {**FACTS, "n": {"type": "integer", "min": 0, "max": 3000000}}
    hair = weigh(book, n="2999999", m="3000000").rules["r1"]
    assert (hair.low, hair.high, hair.outcome) == (Fraction(1), Fraction(1), "partial")
    assert weigh(book, n="3000000", m="3000000").rules["r1"].outcome == "pass"


def test_the_highest_of_a_group_counts_and_a_bonus_perhaps_out_counts_from_nothing() -> None:
    book = one_section({"requires": "yes", "points": 100}, points=100)
    book["bonus"] = 6
    book["rules"] += [
        {"id": "b1", "requires": "n >= 1", "points": 4, "bonus": {"group": "g"}},
        {"id": "b2", "requires": "n >= 2", "points": 5, "bonus": {"group": "g"}},
        {"id": "b3", "requires": "n >= 1", "points": 3, "bonus": "true", "not_applicable": "out"},
    ]
    # b1 and b2 make 5; b3 from 0 to 3; together no more than 6, on top of 0.
    assert weigh(book, yes="no", n="2").score == pair("5", "6")
    # Full marks are not exceeded; what is not shown is not claimed.
    assert weigh(book, yes="yes", n="2").score == pair("100", "100")
    assert weigh(book, yes="no").score == pair("0", "0")


def test_a_dimension_is_the_mean_of_its_rules() -> None:
    rules = [
        {"requires": "yes", "points": 10, "dimension": "service"},
        {"proportional": "n / m", "points": 20, "dimension": "service", "not_applicable": "out"},
        {"requires": "no", "points": 70, "dimension": "safety"},
    ]
    found = weigh(one_section(*rules, points=100), yes="yes", no="no", n="1", m="4")
    # 10 of 10, or 15 of 30, of the 30 points of the dimension.
    assert found.dimensions["service"] == Value(Fraction(15), Fraction(30), surely=True)
    assert found.dimensions["safety"] == Value(Fraction(0), Fraction(0), surely=True)
    assert list(found.dimensions) == ["service", "safety"]


@pytest.mark.parametrize(
    ("facts", "veto", "not_rated", "grade"),
    [
        ({"yes": "no", "no": "no"}, "no", "no", ("good", "good")),
        ({"yes": "yes", "no": "no"}, "yes", "no", ("vetoed", "vetoed")),
        ({"no": "yes"}, "possible", "yes", ("vetoed", "good")),
        ({}, "possible", "possible", ("vetoed", "good")),
    ],
)
def test_veto_and_not_rated_stand_beside_the_grade(
    facts: dict[str, str], veto: str, not_rated: str, grade: tuple[str, str]
) -> None:
    book = one_section({"proportional": "n / m", "points": 100}, points=100)
    book["limiters"] = [
        {"id": "veto", "when": "yes", "effect": {"veto": "true"}},
        {"id": "unrated", "when": "no", "effect": {"not_rated": "true"}},
    ]
    found = weigh(book, n="1", m="1", **facts)
    assert (found.veto, found.not_rated, found.grade) == (veto, not_rated, grade)


def test_a_score_is_rounded_half_away_from_what_it_is_exactly() -> None:
    rules = [{"proportional": "n / m", "points": "0.05"}] * 3
    book = one_section(*rules, points=0)
    book |= {"points": "0.15", "sections": [{"id": "all", "points": "0.15"}]}
    book["grades"] = [{"id": "fail", "at_least": 0}]
    # Three times 0.00833333 is 0.02499999, and is meant to be 0.025.
    assert weigh(book, n="1", m="6").score == pair("0.03", "0.03")


# What is dated


def test_a_parameter_holds_from_its_day() -> None:
    book = one_section({"requires": "n >= least", "points": 10}, points=10)
    book["grades"] = [{"id": "fail", "at_least": 0}]
    book["parameters"] = {"least": {"2000-01-01": "5", "2026-07-01": "8"}}
    for day, score in (("2026-06-30", "10"), ("2026-07-01", "0")):
        assert weigh(book, {"as_of": day}, n="6").score == pair(score, score)


STAGED = {
    "points": 10,
    "sections": [{"id": "all", "points": 10}],
    "grades": [{"id": "fail", "at_least": 0}],
    "rules": [{"id": "r1", "section": "all", "points": 10, "stage": "first", "late": "0.3"}],
}
WINDOWS = {
    "the last day of February of a leap year": ("2028", [2], "2028-02-29", "10"),
    "the day after": ("2028", [2], "2028-03-01", "3"),
    "the last day of February of another": ("2027", [2], "2027-02-28", "10"),
    "the first of March of another": ("2027", [2], "2027-03-01", "3"),
    "the last of two months": ("2026", [4, 11], "2026-11-30", "10"),
    "the last day of the year": ("2026", [12], "2026-12-31", "10"),
    "a quarter's own month": ("2026Q2", [5], "2026-06-01", "3"),
}


@pytest.mark.parametrize(("period", "months", "done", "score"), WINDOWS.values(), ids=WINDOWS)
def test_windows_end_with_their_last_month(
    period: str, months: list[int], done: str, score: str
) -> None:
    stage = {"id": "first", "window": {"months": months}, "deliverables": [{"id": "report"}]}
    found = weigh({**STAGED, "stages": [stage]}, {"period": period}, report=done)
    assert found.score == pair(score, score)


STAGES = {
    # While the window is open only what is done is asked.
    "one of two done in an open "
    "window": ("2026-03-15", {"a": "2026-03-01", "b": "none"}, "10", "applies"),
    "none done in an open window": ("2026-03-15", {"a": "none", "b": "none"}, "0", "out"),
    "the last day closes it": ("2026-03-31", {"a": "2026-03-01", "b": "none"}, "5", "applies"),
    "one late": ("2026-12-31", {"a": "2026-03-31", "b": "2026-04-01"}, "6.5", "applies"),
    "done after the day of "
    "the case": ("2026-04-10", {"a": "2026-03-31", "b": "2026-04-11"}, "5", "applies"),
}  # fmt: skip


@pytest.mark.parametrize(("day", "facts", "score", "state"), STAGES.values(), ids=STAGES)
def test_stages(day: str, facts: dict[str, str], score: str, state: str) -> None:
    days = {"from": "2026-02-01", "to": "2026-03-31"}
    stage = {"id": "first", "window": days, "deliverables": [{"id": "a"}, {"id": "b"}]}
    found = weigh({**STAGED, "stages": [stage]}, {"as_of": day}, **facts)
    assert (found.score, found.rules["r1"].state) == (pair(score, score), state)


def test_what_may_be_done_while_the_window_is_open_may_be_asked_and_then_is_in_time() -> None:
    days = {"from": "2026-02-01", "to": "2026-03-31"}
    stage = {"id": "first", "window": days, "deliverables": [{"id": "a"}]}
    rule = weigh({**STAGED, "stages": [stage]}, {"as_of": "2026-03-15"}).rules["r1"]
    assert (rule[:2], rule.state) == (pair("10", "10")[:2], "perhaps")
    assert rule.shown == pair("0", "10")


def test_a_waiver_holds_up_to_and_including_its_last_day() -> None:
    book = one_section({"requires": "yes", "points": 10}, points=10)
    book["grades"] = [{"id": "fail", "at_least": 0}]
    for day, state in (("2026-06-30", "waived"), ("2026-07-01", "applies")):
        waiver = {"rule": "r1", "authority": "the office", "until": "2026-06-30"}
        found = weigh(book, {"as_of": day, "waivers": [waiver]}, yes="no")
        assert (found.rules["r1"].state, found.rules["r1"].outcome) == (
            state,
            "waived" if state == "waived" else "fail",
        )


# Facts and records


def holds(text: str, facts: dict[str, Any], case: dict[str, Any], **more: Any) -> str:
    """Return whether a condition holds: `pass`, `fail`, `unknown` or `not_applicable`."""
    book = one_section({"requires": text, "points": 10}, points=10)
    book |= {"grades": [{"id": "fail", "at_least": 0}], "facts": facts, **more}
    return weigh(book, case).rules["r1"].outcome


BOUNDED = {
    "tenths": {"type": "number", "decimals": 1, "min": 0, "max": "whole"},
    "whole": {"type": "integer", "min": 0, "max": 10},
    "least": {"type": "integer", "min": "cents", "max": 20},
    "cents": {"type": "number", "decimals": 2, "min": 0, "max": 20},
    "chain": {"type": "integer", "min": 0, "max": "tenths"},
    "ceiling": {"type": "integer", "min": 0, "max": 9, "missing": "none"},
    "under": {"type": "integer", "min": 0, "max": "ceiling"},
    "roof": {"type": "integer", "min": 0, "max": "whole", "missing": "none"},
    "room": {"type": "integer", "min": 0, "max": "roof"},
}
BOUNDS = {
    "no less than the next whole": ("whole >= 4", {"tenths": "3.1"}, "pass"),
    "and perhaps just that": ("whole >= 5", {"tenths": "3.1"}, "unknown"),
    "no more than the last tenth": ("tenths <= 3", {"whole": "3"}, "pass"),
    "no more than the last whole": ("chain <= 3", {"tenths": "3.9", "whole": "8"}, "pass"),
    "through a chain": ("chain <= 2", {"whole": "2"}, "pass"),
    "back through a chain": ("whole >= 7", {"chain": "7"}, "pass"),
    "a lower bound upwards": ("least >= 13", {"cents": "12.01"}, "pass"),
    "a lower bound back": ("cents <= 12", {"least": "12"}, "pass"),
    "what may be none bounds nothing": ("under <= 8", {"ceiling": "none"}, "unknown"),
    "nor what lies beyond it": ("room <= 5", {"whole": "5"}, "unknown"),
    "but is bounded itself": ("not given(roof) or roof <= 5", {"whole": "5"}, "unknown"),
    "what is given bounds": ("under <= 8", {"ceiling": "8"}, "pass"),
}


@pytest.mark.parametrize(("text", "facts", "outcome"), BOUNDS.values(), ids=BOUNDS)
def test_facts_bound_each_other(text: str, facts: dict[str, str], outcome: str) -> None:
    assert holds(text, BOUNDED, {"facts": facts}) == outcome


REGISTER: dict[str, Any] = {
    "facts": {
        "lead": "person",
        "zero": {"type": "integer", "min": 0, "max": 10},
        "ask": "survey",
        "spare": {"type": "survey", "missing": "none"},
        "rate": {"is": "zero / 4", "min": 0, "max": 1},
        "some": {"type": "integer", "min": 0, "max": 10},
        "rest": {"is": "some - 4", "min": 0},
    },
    "parties": {
        "department": {"head": {"type": "person", "missing": "none"}},
        "person": {"department": {"type": "department", "missing": "none"}, "role": ["head", "staff"]},
    },
    "records": {
        "rows": {
            "amount": {"type": "number", "decimals": 1, "min": 0, "max": 5},
            "half": {"type": "number", "decimals": 1, "min": 0, "max": 2, "default": "amount / 2"},
            "twice": {"is": "amount * 2"},
            "part": {"is": "amount / half"},
            "kind": {"type": ["a", "b", "c"]},
            "person": {"type": "person", "missing": "none"},
            "role": {"type": ["head", "staff"], "default": "person.role"},
            "loose": {"type": "number", "decimals": 1, "min": 0, "max": 5, "missing": "none"},
            "tight": {"type": "number", "decimals": 1, "min": 0, "max": 5, "default": "loose"},
            "snug": {"type": "number", "decimals": 1, "min": 0, "max": 5, "default": "loose / 2"},
        }
    },
}  # fmt: skip
PEOPLE = [
    {"id": "d-1", "kind": "department", "head": "p-1"},
    {"id": "d-2", "kind": "department"},
    {"id": "p-1", "kind": "person", "role": "head", "department": "d-1"},
    {"id": "p-2", "kind": "person", "role": "unknown", "department": "none"},
]
ROWS = {
    "a default is worked out": ("every(rows, half == 1.5)", [{"amount": "3"}], "pass"),
    "to the field's decimals": ("every(rows, half == 1.3)", [{"amount": "2.5"}], "pass"),
    "and held within its range": ("every(rows, half <= 2)", [{"amount": "4..5"}], "pass"),
    "what is written goes before": (
        "every(rows, half == 0)",
        [{"amount": "3", "half": "0"}],
        "pass",
    ),
    "a worked out field follows": ("every(rows, twice == 6)", [{"amount": "3"}], "pass"),
    "by a known zero it is undefined": (
        "every(rows, part > 1)",
        [{"amount": "3", "half": "0"}],
        "not_applicable",
    ),
    "by an unknown it is unknown": ("every(rows, part > 1)", [{"half": "0"}], "unknown"),
    "a default reaches through a party": (
        "every(rows, role == 'head')",
        [{"person": "p-1"}],
        "pass",
    ),
    "into what is not known": ("every(rows, role == 'head')", [{"person": "p-2"}], "unknown"),
    "nobody has no role; a default that is none leaves it open": (
        "every(rows, role == 'head')",
        [{"person": "none"}],
        "unknown",
    ),
    "a default that is none leaves anything": (
        "every(rows, tight <= 4)",
        [{"loose": "none"}],
        "unknown",
    ),
    "a default that may be none leaves anything": (
        "any(rows, snug > 3)",
        [{"loose": "unknown"}],
        "unknown",
    ),
    "a default that is there is taken": ("every(rows, tight <= 4)", [{"loose": "0..4"}], "pass"),
    "no more distinct options than there are": (
        "distinct(rows, kind) <= 3",
        {"complete": "false", "rows": []},
        "pass",
    ),
    "but as many": ("distinct(rows, kind) <= 2", {"complete": "false", "rows": []}, "unknown"),
    "one more row could divide by zero": (
        "any(rows, part > 1)",
        {"complete": "false", "rows": []},
        "unknown",
    ),
}


@pytest.mark.parametrize(("text", "rows", "outcome"), ROWS.values(), ids=ROWS)
def test_records(text: str, rows: Any, outcome: str) -> None:
    case = {"parties": PEOPLE, "records": {"rows": rows}}
    assert holds(text, REGISTER["facts"], case, **{k: REGISTER[k] for k in ("parties", "records")}) == outcome  # fmt: skip


NAMES = {
    "a reach": ("lead.role == 'head'", {"lead": "p-1"}, "pass"),
    "a reach through two": ("lead.department.head == lead", {"lead": "p-1"}, "pass"),
    "a reach that ends at nobody": ("lead.department.head == lead", {"lead": "p-2"}, "fail"),
    "a reach from somebody unknown": ("lead.role == 'head'", {}, "unknown"),
    "a derived fact keeps to its bounds": ("rate <= 1", {}, "pass"),
    "below as above": ("rest >= 0", {}, "pass"),
    "by a known zero": ("4 / zero > 1", {"zero": "0"}, "not_applicable"),
    "by what may be zero": ("4 / zero > 1", {}, "unknown"),
    "a survey is exact": ("ask >= 1", {"ask": {"positive": "2999999", "asked": "3000000"}}, "fail"),
    "a survey of nobody": ("ask >= 1", {"ask": {"positive": "0", "asked": "0"}}, "not_applicable"),
    "nobody to be asked is no zero": (
        "spare < 0.5 or zero >= 1",
        {"spare": "none", "zero": "0..1"},
        "unknown",
    ),
}


@pytest.mark.parametrize(("text", "facts", "outcome"), NAMES.values(), ids=NAMES)
def test_names(text: str, facts: dict[str, Any], outcome: str) -> None:
    case = {"parties": PEOPLE, "facts": facts}
    assert holds(text, REGISTER["facts"], case, **{k: REGISTER[k] for k in ("parties", "records")}) == outcome  # fmt: skip


def test_a_survey_too_small_is_unknown_beside_one_of_which_there_is_none() -> None:
    for text in ("sat >= 0.9 or spare >= 0.5", "sat >= 0.9 or spare == 0.5"):
        rule = {"requires": text, "confident": "0.95", "points": 10}
        book = {**one_section(rule, points=10), "grades": [{"id": "fail", "at_least": 0}]}
        found = weigh(book, sat={"positive": "4", "asked": "4"}, spare="none")
        assert found.rules["r1"].outcome == "unknown"


BREACHES: dict[str, Any] = {
    **one_section(
        {"demerit": {"over": "rows", "when": "amount >= 1", "each": "amount / 3"}, "points": 10},
        points=10,
    ),
    **REGISTER,
    "grades": [{"id": "fail", "at_least": 0}],
    "measures": {"named": {"kind": "sanction"}},
}
LOSSES = {
    # A third of 1 counts as 0.333333 each time: what is lost is a number.
    "thirds": ([{"amount": "1"}, {"amount": "1"}], ("9.333334", "9.333334")),
    "one that may match": ([{"amount": "0..3"}], ("9", "10")),
    "one that surely matches": ([{"amount": "1..3"}], ("9", "9.666667")),
    "more may come": ({"complete": "false", "rows": [{"amount": "3"}]}, ("0", "9")),
    "down to nothing": ([{"amount": "4"}] * 8, ("0", "0")),
}


@pytest.mark.parametrize(("rows", "points"), LOSSES.values(), ids=LOSSES)
def test_demerits(rows: Any, points: tuple[str, str]) -> None:
    found = weigh(BREACHES, {"records": {"rows": rows}})
    assert found.rules["r1"][:2] == pair(*points)[:2]


def test_consequences_at_parties_count_what_is_theirs_and_may_be() -> None:
    row = {"on": "person", "when": "count(rows) >= 2", "falls_on": "person", "all": ["named"]}
    rows = [{"person": "p-1"}, {"person": "p-1"}, {"person": "p-2"}, {"person": "unknown"}]
    found = weigh({**BREACHES, "consequences": [row]}, {"parties": PEOPLE, "records": {"rows": rows}})  # fmt: skip
    # p-1 has two; p-2 one and perhaps the other; of somebody unknown only one can be.
    assert {(one.party, one.certain) for one in found.consequences} == {
        ("p-1", True),
        ("p-2", False),
    }


def test_a_consequence_on_somebody_who_may_be_nobody_is_not_certain() -> None:
    row = {"on": "rows", "falls_on": "person", "all": ["named"]}
    rows = [{"person": "p-1"}, {"person": "unknown"}, {"person": "none"}]
    found = weigh({**BREACHES, "consequences": [row]}, {"parties": PEOPLE, "records": {"rows": rows}})  # fmt: skip
    assert {(one.party, one.record, one.certain) for one in found.consequences} == {
        ("p-1", "1", True),
        ("unknown", "2", False),
    }


def test_a_row_of_a_dated_register_lies_in_the_period_as_far_as_it_has_gone() -> None:
    rows = {"day": "date", "dated": "day"}
    facts = {"x": "boolean"}
    case = {"as_of": "2026-06-30", "records": {"rows": [{}, {"day": "2025-01-01..2026-03-01"}]}}
    for text, outcome in (
        ("every(rows, day >= '2026-01-01')", "pass"),
        ("every(rows, day <= '2026-06-30')", "pass"),
        ("every(rows, day <= '2026-06-29')", "unknown"),
        ("count(rows, day <= '2026-03-01') >= 1", "pass"),
    ):
        assert holds(text, facts, case, records={"rows": rows}) == outcome


# The second edition's words


def test_weights_share_a_section_in_one_division() -> None:
    book = {
        **one_section({"requires": "yes", "weight": 1}, {"requires": "yes", "weight": 1},
                      {"requires": "no", "weight": 1}, points=10),
        "grades": [{"id": "fail", "at_least": 0}],
    }  # fmt: skip
    found = weigh(book, yes="yes", no="no")
    share = Fraction("6.66666667")
    assert found.sections["all"] == Value(share, share, surely=True)
    assert found.score == pair("6.67", "6.67")
    # Full marks are 4 of its own scale: a share of 1/4 at weight 3, beside a whole one at 1.
    book["rules"] = [
        {"id": "r1", "section": "all", "graded": "level", "points": {"A": 4, "B": 1, "C": 0}, "weight": 3},
        {"id": "r2", "section": "all", "requires": "yes", "weight": 1},
    ]  # fmt: skip
    found = weigh(book, level="B", yes="yes")
    assert found.rules["r1"][:2] == pair("1", "1")[:2]
    assert found.rules["r1"].shown == pair("1.875", "1.875")
    assert found.score == pair("4.38", "4.38")


@pytest.mark.parametrize(
    ("facts", "grade"),
    [
        ({"yes": "yes", "n": "9", "m": "10"}, ("best", "best")),
        ({"n": "9", "m": "10"}, ("fair", "best")),
        ({"yes": "no", "n": "9", "m": "10"}, ("fair", "fair")),
        ({"yes": "yes", "n": "5", "m": "10"}, ("fail", "fail")),
        # Undefined is not met.
        ({"yes": "no", "n": "9", "m": "0"}, ("fail", "fail")),
    ],
)
def test_grades_by_needs(facts: dict[str, str], grade: tuple[str, str]) -> None:
    rule = {"proportional": "n / m", "points": 100, "when_undefined": "pass"}
    book = one_section(rule, points=100)
    book["grades"] = [
        {"id": "best", "at_least": 90, "needs": "yes"},
        {"id": "fair", "needs": "n / m >= 0.6"},
        {"id": "fail"},
    ]
    assert weigh(book, **facts).grade == grade


def test_a_cut_off_may_be_a_parameter_of_the_day() -> None:
    book = one_section({"proportional": "n / m", "points": 100}, points=100)
    book["parameters"] = {"cut": {"2000-01-01": "60", "2026-07-01": "60.5"}}
    book["grades"] = [{"id": "pass", "at_least": "cut"}, {"id": "fail"}]
    for day, grade in (("2026-06-30", "pass"), ("2026-07-01", "fail")):
        assert weigh(book, {"as_of": day}, n="3", m="5").grade == (grade, grade)


# The mean over those that apply


def parts_of(rng: random.Random, most: int) -> list[Share]:
    """Return random parts, some of weight 0, some surely out."""
    parts = []
    for _ in range(rng.randint(1, most)):
        weight = rng.choice((0, 1, 1, 2, 3, 7))
        ends = sorted(Fraction(rng.randint(0, 12) * weight, 12) for _ in range(2))
        if rng.random() < 0.4:
            ends[1] = ends[0]
        applies = rng.choice(((True, True), (False, True), (False, True), (False, False)))
        parts.append(Share(ends[0], ends[1], Fraction(weight), Truth(*applies)))
    return parts


def choices(parts: list[Share]) -> Iterator[list[Share]]:
    """Yield every choice of the parts that count, the empty one too."""
    for chosen in product((False, True), repeat=len(parts)):
        counted = list(zip(chosen, parts, strict=True))
        if all(there >= part.applies.must and there <= part.applies.may for there, part in counted):
            yield [part for there, part in counted if there and part.weight]


def shares(parts: list[Share]) -> Bounds:
    """Return the share that a choice of parts comes to."""
    weight = sum((part.weight for part in parts), Fraction(0))
    low = sum((part.low for part in parts), Fraction(0))
    high = sum((part.high for part in parts), Fraction(0))
    return Bounds(low / weight, high / weight)


def test_the_mean_is_exact_over_every_choice() -> None:
    rng = random.Random("flat")
    for _ in range(FLAT):
        parts = parts_of(rng, 7)
        tried = list(choices(parts))
        found = [shares(some) for some in tried if some]
        assert asked(parts) == (all(tried), any(tried))
        if found:
            assert mean(parts) == (min(x.low for x in found), max(x.high for x in found), False)


def test_means_of_means_are_exact_over_every_choice() -> None:
    rng = random.Random("nested")
    for _ in range(NESTED):
        sections = [(Fraction(rng.randint(1, 9)), parts_of(rng, 4)) for _ in range(rng.randint(1, 3))]  # fmt: skip
        whole = []
        for full, parts in sections:
            own = mean(parts)
            whole.append(Share(full * own.low, full * own.high, full, asked(parts)))
        found: list[Bounds] = []
        nothing = False
        for some in product(*(list(choices(parts)) for _, parts in sections)):
            left = [
                Share(full * shares(part).low, full * shares(part).high, full, Truth(must=True, may=True))
                for (full, _), part in zip(sections, some, strict=True)
                if part
            ]  # fmt: skip
            nothing = nothing or not left
            found += [shares(left)] if left else []
        assert asked(whole) == (not nothing, bool(found))
        if found:
            assert mean(whole) == (min(x.low for x in found), max(x.high for x in found), False)


# The trees of forms that plugins bring


def number(value: int, scale: int = 0) -> Literal:
    return Literal(type=Number(scale, value, value), value=value)


def test_scoring_nodes_are_read_from_a_tree() -> None:
    book = parse_book(
        json.dumps(
            {
                "book": "test/slow",
                "version": "1.0.0",
                "sector": "test",
                "facts": FACTS,
                "grades": [{"id": "fail", "at_least": 0}],
                **one_section({"requires": "yes", "points": 10}, points=10),
            }
        ),
        "book",
    )

    def read(node: Node, **facts: str) -> object:
        said = {"book": "test/slow", "subject": "s", "period": "2026", "facts": facts}
        return NodeReading(Whole(book, parse_case(mark(said, "case"), book, "case"), {})).read(node)

    def name(fact: str) -> Name:
        return Name(type=book.facts[fact].type, kind="fact", name=fact)

    kind = Number(8, 0, 10**9)
    both = Mean(
        type=kind, full=1000, full_scale=2,
        parts=(Part(number(1), 3), Part(number(2), 3, name("yes")), Part(number(1), 0)),
    )  # fmt: skip
    assert read(both, yes="yes") == pair("5", "5")
    assert read(both, yes="no") == pair("3.33333333", "3.33333333")
    assert read(both) == pair("3.33333333", "5")
    assert read(Asked(type=Boolean(), mean=both)) == (True, True)
    alone = Mean(type=kind, full=1, full_scale=0, parts=(Part(number(1), 1, name("yes")),))
    assert read(Asked(type=Boolean(), mean=alone)) == (False, True)

    divided = Arithmetic(type=Number(6, 0, 10**12), op="/", left=name("n"), right=name("m"))
    portion = Portion(type=kind, rate=divided, full=4000, full_scale=2)
    assert read(portion, n="3", m="2") == pair("40", "40")
    assert read(portion, n="1", m="2..4") == pair("10", "20")

    more = Compare(type=Boolean(), op=">", left=divided, right=number(1))
    settled = Settle(type=Boolean(), item=more, otherwise=Literal(type=Boolean(), value=True))
    assert read(settled, n="1", m="0") == (True, True)
    assert read(settled, n="1") == (False, True)
    assert read(settled, n="1", m="2") == (False, False)
    open_ = Settle(type=Boolean(), item=more)
    assert read(Defined(type=Boolean(), settle=open_), n="1", m="0") == (False, False)
    assert read(Defined(type=Boolean(), settle=open_), n="1") == (False, True)
    assert read(Defined(type=Boolean(), settle=open_), n="1", m="2") == (True, True)


PERIODS = {
    "2026": ("2026-01-01", "2026-12-31"),
    "2026H1": ("2026-01-01", "2026-06-30"),
    "2026H2": ("2026-07-01", "2026-12-31"),
    "2026Q3": ("2026-07-01", "2026-09-30"),
    "2026-12": ("2026-12-01", "2026-12-31"),
    "2028-02": ("2028-02-01", "2028-02-29"),
}


@pytest.mark.parametrize(("period", "days"), PERIODS.items(), ids=PERIODS)
def test_a_period_has_its_months_whole(period: str, days: tuple[str, str]) -> None:
    assert tuple(date.fromordinal(one).isoformat() for one in days_of(period)) == days
