"""What the rules and what the unit changed, worked out by hand: which rules ask the same in two
books, the bonus under its ceiling, and the sampling error of surveys.
"""

from __future__ import annotations

import copy
from collections.abc import Callable
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest

from steelyard.book.model import RuleBook
from steelyard.comparison.change import Change, Interval, change_between, rescore
from steelyard.comparison.sampling import Sample, sampled
from steelyard.comparison.surveys import measures
from steelyard.judging.assessment import Assessment, weigh

from .strategies import load, read

# Six rules of which nothing is shown: each earns anything between nothing and its points.
BOOK: dict[str, Any] = {
    "book": "hospital/small",
    "version": "1.0.0",
    "sector": "hospital",
    "parameters": {"floor": {"2020-01-01": 60, "2027-01-01": 70}},
    "facts": {
        "trained": {"type": "integer", "min": 0, "max": 100},
        "staff": {"type": "integer", "min": 1, "max": 100},
        "covered": {"is": "trained / staff", "min": 0, "max": 1},
        "new": "boolean",
    },
    "records": {"slips": {"grave": "boolean", "size": {"type": "integer", "min": 0, "max": 9}}},
    "stages": [
        {"id": "start", "window": {"from": "2026-02-01", "to": "2026-02-28"}, "deliverables": [{"id": "plan"}]}
    ],
    "sections": [{"id": "all", "points": 100}],
    "rules": [
        {"id": "taught", "section": "all", "requires": "trained >= floor", "points": 10},
        {"id": "cover", "section": "all", "proportional": "covered", "points": 20},
        {
            "id": "slips",
            "section": "all",
            "demerit": {"over": "slips", "when": "grave", "each": "size"},
            "points": 30,
        },
        {"id": "ticks", "section": "all", "checklist": [{"id": "a"}, {"id": "b"}], "points": 15},
        {"id": "timely", "section": "all", "stage": "start", "late": "0.5", "points": 15},
        {"id": "steps", "section": "all", "banded": "trained",
         "bands": [{"at_least": 50, "points": 5}, {"at_least": 80, "points": 10}]},
    ],
    "grades": [{"id": "pass", "at_least": 60}, {"id": "fail", "at_least": 0}],
}  # fmt: skip
FULL = {"taught": 10, "cover": 20, "slips": 30, "ticks": 15, "timely": 15, "steps": 10}


def book(change: Callable[[dict[str, Any]], object] = lambda _book: None) -> RuleBook:
    """Return the book with a change."""
    document = copy.deepcopy(BOOK)
    change(document)
    return load(document)


def weighed(rules: RuleBook, facts: Any = None, as_of: str = "", **said: Any) -> Assessment:
    document = {
        "book": rules.key,
        "subject": "u",
        "period": "2026",
        "facts": facts or {},
        **({"as_of": as_of} if as_of else {}),
        **said,
    }
    case = read(document, rules)
    assert case is not None
    return weigh(rules, case)


def rule(document: dict[str, Any], name: str) -> dict[str, Any]:
    return next(one for one in document["rules"] if one["id"] == name)


def fact(name: str, key: str, value: object) -> Callable[[dict[str, Any]], None]:
    return lambda document: document["facts"][name].__setitem__(key, value)


def parameter(**values: object) -> Callable[[dict[str, Any]], None]:
    dates = {key.removeprefix("d").replace("_", "-"): value for key, value in values.items()}
    return lambda document: document["parameters"].__setitem__("floor", dates)


def put(name: str, key: str, value: object) -> Callable[[dict[str, Any]], None]:
    return lambda document: rule(document, name).__setitem__(key, value)


TITLE = {"zh": "另一个名称", "en": "another title"}
SLIPS: dict[str, Any] = {"over": "slips", "when": "grave", "each": "size"}
# What is changed, and which rules then do not ask the same any more.
CHANGES: dict[str, tuple[Callable[[dict[str, Any]], object], set[str]]] = {
    "nothing": (lambda _document: None, set()),
    "a rule's title": (put("taught", "title", TITLE), set()),
    "a fact's title": (fact("trained", "title", TITLE), set()),
    "a note": (put("cover", "notes", "note"), set()),
    "an item's title": (
        put("ticks", "checklist", [{"id": "a", "title": TITLE}, {"id": "b"}]),
        set(),
    ),
    "spaces in an expression": (put("taught", "requires", "( trained )  >=  floor"), set()),
    "a figure of another year": (parameter(d2020_01_01=60, d2027_01_01=90), set()),
    "a figure of the same day": (parameter(d2020_01_01=61, d2027_01_01=70), {"taught"}),
    "a condition": (put("taught", "requires", "trained > floor"), {"taught"}),
    "a condition more": (put("taught", "not_applicable", "new"), {"taught"}),
    "an expression behind a name": (fact("covered", "is", "trained / (staff + 1)"), {"cover"}),
    "what is undefined": (put("cover", "when_undefined", "fail"), {"cover"}),
    "which records": (put("slips", "demerit", {"over": "slips", "each": "size"}), {"slips"}),
    "what a record costs": (put("slips", "demerit", {**SLIPS, "each": "size + 1"}), {"slips"}),
    "what a field is when it is missing": (
        lambda document: document["records"]["slips"].__setitem__(
            "size", {"type": "integer", "min": 0, "max": 9, "default": "1"}
        ),
        {"slips"},
    ),
    "an item's weight": (
        put("ticks", "checklist", [{"id": "a", "weight": 2}, {"id": "b"}]),
        {"ticks"},
    ),
    "an item more": (
        put("ticks", "checklist", [{"id": "a"}, {"id": "b"}, {"id": "c"}]),
        {"ticks"},
    ),
    "what late is worth": (put("timely", "late", "0.6"), {"timely"}),
    "the last day": (
        lambda document: document["stages"][0]["window"].__setitem__("to", "2026-03-01"),
        {"timely"},
    ),
    "a band's threshold": (
        put("steps", "bands", [{"at_least": 50, "points": 5}, {"at_least": 81, "points": 10}]),
        {"steps"},
    ),
    "whether a band's threshold is enough": (
        put("steps", "bands", [{"above": 50, "points": 5}, {"at_least": 80, "points": 10}]),
        {"steps"},
    ),
}


@pytest.mark.parametrize(("change", "other"), CHANGES.values(), ids=CHANGES)
def test_a_rule_that_asks_the_same_of_the_same_changes_nothing(
    change: Callable[[dict[str, Any]], object], other: set[str]
) -> None:
    found = rescore(weighed(book()), book(change))
    for one in found.rules:
        full = Decimal(FULL[one.id])
        assert one.rules.bounds == (
            Interval(-full, full) if one.id in other else Interval(Decimal(0), Decimal(0))
        ), one.id
    if not other:
        assert found.score.rules.bounds == Interval(Decimal(0), Decimal(0))


def test_a_bound_behind_a_name_is_part_of_what_a_rule_asks() -> None:
    found = rescore(weighed(book()), book(fact("covered", "max", "0.5")))
    # Of 20 points anything by the old book, at most half by the new one.
    assert {one.id: one.rules.bounds for one in found.rules}["cover"] == Interval(
        Decimal(-20), Decimal(10)
    )


def test_a_rule_that_earns_more_does_not_ask_the_same() -> None:
    def more(document: dict[str, Any]) -> None:
        put("taught", "points", 12)(document)
        document["sections"][0]["points"] = document["points"] = 102

    bounds = {one.id: one.rules.bounds for one in rescore(weighed(book()), book(more)).rules}
    assert bounds.pop("taught") == Interval(Decimal(-10), Decimal(12))
    assert set(bounds.values()) == {Interval(Decimal(0), Decimal(0))}


def test_what_is_waived_is_waived_on_both_sides_and_by_no_rule() -> None:
    waiver = [{"rule": "taught", "authority": "city", "until": "2026-12-31"}]
    old = weighed(book(), waivers=waiver)
    there = {one.id: one.rules.bounds for one in rescore(old, book()).rules}
    assert there["taught"] == Interval(Decimal(0), Decimal(0))
    # The new case has no waiver, which is the unit's doing, not that of the rules.
    change = change_between(old, weighed(book()))
    [line] = [one for one in change.rules if one.id == "taught"]
    assert line.rules.bounds == Interval(Decimal(0), Decimal(0))
    assert line.unit is not None
    assert line.unit.bounds == Interval(Decimal(0), Decimal(10))


def test_where_all_rules_surely_apply_a_section_changes_by_what_its_rules_do() -> None:
    # A rule of 10 points has another threshold, and all else asks the same; every item and
    # deliverable is told, so that no rule may drop out and leave its weight to others.
    told = {"a": "yes", "b": "no", "plan": "2026-02-03", "new": "no", "staff": 80}
    found = rescore(weighed(book(), told), book(put("taught", "requires", "trained >= 90")))
    ten = Interval(Decimal(-10), Decimal(10))
    assert found.sections[0].rules.bounds == ten
    assert found.score.rules.bounds == ten
    # One that may drop out leaves its weight to the others: then the rules alone do not tell.
    perhaps = rescore(
        weighed(book(put("steps", "not_applicable", "new")), {**told, "new": "unknown"}),
        book(
            lambda document: (
                put("steps", "not_applicable", "new")(document),
                put("taught", "requires", "trained >= 90")(document),
            )
        ),
    )
    assert perhaps.score.rules.bounds is not None
    assert perhaps.score.rules.bounds.high > 10


def more(points: int) -> Callable[[dict[str, Any]], None]:
    """Return what adds a section with a rule of so many points."""

    def add(document: dict[str, Any]) -> None:
        document["points"] = 100 + points
        document["sections"].append({"id": "more", "points": points})
        document["rules"].append(
            {"id": "more", "section": "more", "requires": "new", "points": points}
        )

    return add


def test_what_a_book_asks_more_may_be_earned_though_all_else_is_the_same() -> None:
    # Nothing is shown, so the old rules change nothing, and the one that came earns 0 to 20.
    found = rescore(weighed(book()), book(more(20)))
    assert found.score.rules.bounds is not None
    assert found.score.rules.bounds.high >= 20
    back = rescore(weighed(book(more(20))), book())
    assert back.score.rules.bounds is not None
    assert back.score.rules.bounds.low <= -20


# The bonus


def prize(document: dict[str, Any]) -> None:
    """Add a bonus rule of 5 points."""
    document["bonus"] = {"ceiling": 5}
    document["rules"].append({"id": "prize", "bonus": True, "requires": "new", "points": 5})


def test_a_bonus_that_one_book_alone_has_is_part_of_the_change() -> None:
    # Who is new has won the prize of the one book.
    told = {"a": "yes", "b": "no", "plan": "2026-02-03", "new": "yes", "staff": 80, "trained": 40}
    for old, new, by in ((book(), book(prize), 5), (book(prize), book(), -5)):
        found = rescore(weighed(old, told), new)
        [line] = [one for one in found.sections if one.what == "bonus"]
        assert (line.rules.low, line.rules.high) == (by, by)
        # Of the slips nothing is shown: 30 points more or less on either side.
        assert found.score.rules.bounds == Interval(Decimal(by - 30), Decimal(by + 30))


def honoured(ceiling: int, prizes: tuple[int, int], base: int, facts: dict[str, Any]) -> Assessment:
    """Weigh a unit by a book with two bonus rules of some points under a ceiling."""
    document = {
        "book": "hospital/honours",
        "version": "1.0.0",
        "sector": "hospital",
        "facts": {"done": "boolean", "first": "boolean", "second": "boolean"},
        "sections": [{"id": "all", "points": 100}],
        "bonus": {"ceiling": ceiling},
        "rules": [
            {"id": "work", "section": "all", "requires": "done", "points": base},
            {"id": "rest", "section": "all", "requires": "not done", "points": 100 - base},
            {"id": "first", "bonus": True, "requires": "first", "points": prizes[0]},
            {"id": "second", "bonus": True, "requires": "second", "points": prizes[1]},
        ],
        "grades": [{"id": "any", "at_least": 0}],
    }
    return weighed(load(document), facts)


def ends(of: Interval | None) -> tuple[str, str] | None:
    return None if of is None else (f"{of.low:f}", f"{of.high:f}")


def test_the_bonus_line_is_what_it_adds_under_its_ceiling() -> None:
    facts = {"done": "yes", "first": "yes", "second": "yes"}
    old = honoured(5, (4, 3), 60, {**facts, "second": "no"})
    new = honoured(5, (4, 3), 60, facts)
    # 60 + 4 at first; then 4 + 3, of which 5 may count. The line is not the sum of the rules.
    change = change_between(old, new)
    [bonus] = [one for one in change.sections if one.what == "bonus"]
    assert (ends(bonus.old), ends(bonus.between), ends(bonus.new)) == (
        ("4.00", "4.00"),
        ("4.00", "4.00"),
        ("5.00", "5.00"),
    )
    assert (bonus.total.low, bonus.rules.low) == (Decimal("1.00"), Decimal("0.00"))
    assert (change.score.old, change.score.new) == (
        Interval(Decimal("64.00"), Decimal("64.00")),
        Interval(Decimal("65.00"), Decimal("65.00")),
    )
    # A lower ceiling is the rules' doing.
    lower: Change = rescore(new, honoured(2, (4, 3), 60, facts).book)
    [bonus] = [one for one in lower.sections if one.what == "bonus"]
    assert (ends(bonus.old), ends(bonus.between)) == (("5.00", "5.00"), ("2.00", "2.00"))
    assert (bonus.rules.low, bonus.rules.high) == (Decimal("-3.00"), Decimal("-3.00"))
    assert bonus.rules.bounds == Interval(Decimal("-3.00"), Decimal("-3.00"))
    assert lower.score.rules.bounds == Interval(Decimal("-3.00"), Decimal("-3.00"))


def test_the_bonus_above_the_books_points_is_clamped_and_not_the_bonus_lines() -> None:
    facts = {"done": "yes", "first": "no", "second": "no"}
    plain = honoured(9, (4, 3), 98, facts)
    praised = honoured(9, (4, 3), 98, {**facts, "first": "yes"})
    change = change_between(plain, praised)
    lines = {(one.what, one.id): one for one in change.sections}
    assert ends(lines["bonus", "bonus"].new) == ("4.00", "4.00")
    # 98 + 4 is more than 100: 2 points are taken back.
    assert ends(lines["clamp", "book"].new) == ("-2.00", "-2.00")
    assert ("redistribution", "book") not in lines
    assert change.score.total.low == Decimal("2.00")


# Surveys

SURVEYED: dict[str, Any] = {
    "book": "hospital/surveyed",
    "version": "1.0.0",
    "decimals": 4,
    "points": 10000,
    "sector": "hospital",
    "facts": {"sat": "survey"},
    "sections": [{"id": "all", "points": 10000}],
    "rules": [
        {
            "id": "rate",
            "section": "all",
            "proportional": "sat",
            "points": 6000,
            "dimension": "service",
        },
        {
            "id": "sure",
            "section": "all",
            "requires": "0.9 <= sat",
            "confident": "0.95",
            "points": 4000,
            "dimension": "values",
        },
    ],
    "grades": [{"id": "any", "at_least": 0}],
}


def test_a_survey_in_which_nobody_is_pleased_has_a_sampling_error_too() -> None:
    found = weighed(load(SURVEYED), {"sat": {"positive": 0, "asked": 50}})
    case, samples = sampled(found.book, found.case)
    # Wilson's interval of 0 of n ends at z2 / (n + z2), here 0.0713476…, rounded outwards.
    high = Fraction("3.841459") / (50 + Fraction("3.841459"))
    expected = int(high * 10**6) + 1
    assert samples == (Sample("sat", 0, 50, 0, expected),)
    wide = measures(weigh(found.book, case))
    assert wide["service"] == (0, expected)
    assert measures(found)["service"] == (0, 0)
    # Half of 60 points, and surely less than 0.9: 30 of 100.
    half = weighed(load(SURVEYED), {"sat": {"positive": 25, "asked": 50}})
    assert measures(half)["score"] == (300_000, 300_000)
    # Asked of nobody, it tells nothing, and has no sampling error.
    nobody = weighed(load(SURVEYED), {"sat": {"positive": 0, "asked": 0}})
    assert sampled(nobody.book, nobody.case)[1] == ()


# 0.9 is the threshold: of 1,000 people 919 are surely more than 90 % at 95 %, since
# (919 - 900)^2 = 361 >= 3.841459 x 1000 x 0.9 x 0.1 = 345.7; of 918, 324 is less. Likewise below.
MIRRORED = {
    "surely enough": (919, (100, 100)),
    "just too few to be sure": (918, (0, 100)),
    "just too many to be sure": (882, (0, 100)),
    "surely too few": (881, (0, 0)),
}


@pytest.mark.parametrize(("positive", "expected"), MIRRORED.values(), ids=MIRRORED)
@pytest.mark.parametrize("text", ["0.9 <= sat", "sat >= 0.9"])
def test_a_confident_rule_reads_the_counts_of_a_survey_whichever_side_it_stands_on(
    text: str, positive: int, expected: tuple[int, int]
) -> None:
    document = copy.deepcopy(SURVEYED)
    rule(document, "sure")["requires"] = text
    found = weighed(load(document), {"sat": {"positive": positive, "asked": 1000}})
    case, _ = sampled(found.book, found.case)
    share = tuple(10_000 * end for end in expected)
    assert measures(found)["values"] == share
    # With the sampling error it is the same: the rule takes it into account already.
    assert measures(weigh(found.book, case))["values"] == share
