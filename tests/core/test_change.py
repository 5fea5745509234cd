"""The laws of change: what the rules and what the unit brought about add up exactly, and the truth
lies within the bounds.
"""

from __future__ import annotations

import copy
import os
import random
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from steelyard.book.model import RuleBook
from steelyard.comparison.change import Change, Interval, Line, change_between, rescore
from steelyard.comparison.sampling import Z_SQUARED, wilson
from steelyard.judging.assessment import Assessment, weigh

from .strategies import Books, Cases, Completion, load, read

TRIED = int(os.environ.get("STEELYARD_BOOKS_TRIED", "64"))
SHARDS = 4
KEPT = "own_"
ZERO = Decimal(0)


class Try:
    """A random book, another version of it, and cases with ways to complete them."""

    def __init__(self, seed: str) -> None:
        self.rng = random.Random(seed)
        self.books = Books(self.rng, bonus=KEPT)
        document = self.books.document()
        self.old: RuleBook = load(document)
        self.new: RuleBook = load(self.revised(document))
        # What a bonus asks and is not shown does not exist, so it stays as it is in a completion.
        bonus = {
            rule.id for book in (self.old, self.new) for rule in book.rules.values() if rule.bonus
        }
        kept = {fact.id for fact in self.old.facts.values() if fact.owner in bonus} | {
            one.id
            for rule in self.old.rules.values()
            if rule.bonus and hasattr(rule.form, "stage")
            for one in self.old.stages[rule.form.stage].deliverables
        }
        self.cases = Cases(self.rng, self.books.words, dict(self.books.extra))
        self.open_cases = Cases(
            self.rng, self.books.words, {n: s for n, s in self.books.extra.items() if n not in kept}
        )
        self.completion = Completion(self.rng, self.open_cases, KEPT)

    def revised(self, document: dict[str, Any]) -> dict[str, Any]:
        """Return the book with one to three changes, so that points still add up."""
        out, rng = copy.deepcopy(document), self.rng
        out["version"] = "2.0.0"
        for _ in range(rng.randint(1, 3)):
            rule = rng.choice(out["rules"])
            match rng.choice(
                ("condition", "bands", "parameter", "drop", "twice", "move", "late", "nothing")
            ):
                case "condition" if "requires" in rule and "confident" not in rule:
                    rule["requires"] = (
                        self.books.expression("boolean", 2, claimed=False)
                        if "bonus" not in rule
                        else rule["requires"]
                    )
                case "bands" if "bands" in rule:
                    for band in rule["bands"]:
                        key = "above" if "above" in band else "at_least"
                        band[key] += 0.125
                case "parameter":
                    name = rng.choice(list(out["parameters"]))
                    out["parameters"][name] = rng.choice(("0.25", "0.75", "3"))
                case "drop" if (
                    "bonus" not in rule
                    and sum(one.get("section") == rule.get("section") for one in out["rules"]) > 1
                ):
                    most = self.most(rule)
                    out["rules"].remove(rule)
                    next(one for one in out["sections"] if one["id"] == rule["section"])[
                        "points"
                    ] -= most
                    out["points"] -= most
                case "twice":
                    for one in out["rules"]:
                        self.doubled(one)
                    for one in out["sections"]:
                        one["points"] *= 2
                    out["points"] *= 2
                case "move" if (
                    "bonus" not in rule
                    and not any("weight" in one for one in out["rules"])
                    and sum(one.get("section") == rule["section"] for one in out["rules"]) > 1
                ):
                    most, home = self.most(rule), rng.choice(out["sections"])
                    next(one for one in out["sections"] if one["id"] == rule["section"])[
                        "points"
                    ] -= most
                    rule["section"] = home["id"]
                    home["points"] += most
                case "late" if "stage" in rule:
                    rule["late"] = "0.25"
        out["grades"] = [{"id": "pass", "at_least": 1}, {"id": "fail", "at_least": 0}]
        out["limiters"] = []
        return out

    def most(self, rule: dict[str, Any]) -> int:
        """Return the most that a rule earns."""
        if "weight" in rule:
            # Only a weight: its points are the section's to share.
            return 0
        if "bands" in rule:
            return int(max(band["points"] for band in rule["bands"]))
        return int(
            max(rule["points"].values()) if isinstance(rule["points"], dict) else rule["points"]
        )

    def doubled(self, rule: dict[str, Any]) -> None:
        """Let a rule earn twice as much."""
        for band in rule.get("bands", ()):
            band["points"] *= 2
        if isinstance(rule.get("points"), dict):
            rule["points"] = {key: value * 2 for key, value in rule["points"].items()}
        elif "points" in rule:
            rule["points"] *= 2

    def judged(self, document: dict[str, Any], book: RuleBook) -> Assessment | None:
        facts = {name: said for name, said in document["facts"].items() if name in book.facts}
        case = read({**document, "facts": facts}, book)
        return None if case is None else weigh(book, case)

    def completed(self, document: dict[str, Any]) -> dict[str, Any]:
        out = copy.deepcopy(document)
        for _ in range(4):
            for step in self.completion.steps(out):
                step(out)
        return out


def ends(of: Interval | None) -> tuple[Decimal, Decimal]:
    return (ZERO, ZERO) if of is None else (of.low, of.high)


def summed(lines: tuple[Line, ...]) -> list[tuple[Decimal, Decimal]]:
    """Return the sums of total, rules and unit over some lines."""
    parts = [
        [one.total for one in lines],
        [one.rules for one in lines],
        [one.unit for one in lines if one.unit is not None],
    ]
    return [
        (sum((one.low for one in part), ZERO), sum((one.high for one in part), ZERO))
        for part in parts
    ]


def parts(change: Change) -> dict[tuple[str, str], Line]:
    """Return the lines that have bounds."""
    lines = (change.score, *change.sections, *change.rules, *change.dimensions)
    return {(one.what, one.id): one for one in lines if one.rules.bounds is not None}


def holds(change: Change) -> None:
    """Hold that every line is the sum of its parts, and the parts those of the score."""
    lines = (change.score, *change.sections, *change.rules, *change.rest, *change.dimensions)
    for one in lines:
        unit = (ZERO, ZERO) if one.unit is None else (one.unit.low, one.unit.high)
        assert (one.total.low, one.total.high) == (
            one.rules.low + unit[0],
            one.rules.high + unit[1],
        ), one
        old, between, new = ends(one.old), ends(one.between), ends(one.new)
        assert (one.rules.low, one.rules.high) == (between[0] - old[0], between[1] - old[1])
        if one.unit is not None:
            assert (one.unit.low, one.unit.high) == (new[0] - between[0], new[1] - between[1])
        for part in (one.total, one.rules, one.unit):
            if part is not None and part.bounds is not None and part.sampled is not None:
                assert (
                    part.sampled.low <= part.bounds.low <= part.bounds.high <= part.sampled.high
                ), (one.what, one.id, part)
    score = summed((change.score,))
    assert summed(change.sections) == score
    assert summed((*change.rules, *change.rest)) == score
    assert summed((*change.dimensions, *change.rest)) == score
    assert (change.score.old, change.score.between) == (
        Interval(change.old.low, change.old.high),
        Interval(change.between.low, change.between.high),
    )


@pytest.mark.parametrize("shard", range(SHARDS))
def test_what_the_rules_and_what_the_unit_changed_add_up(shard: int) -> None:
    tried_ = 0
    for number in range(TRIED // SHARDS):
        tried = Try(f"sums {shard}/{number}")
        old, new = (
            tried.judged(tried.cases.document(), tried.old),
            tried.judged(tried.cases.document(), tried.new),
        )
        if old is None or new is None:
            continue
        tried_ += 1
        change = change_between(old, new)
        holds(change)
        assert change.new is new
        holds(rescore(old, tried.new))
    assert tried_ > TRIED // SHARDS // 2


@pytest.mark.parametrize("shard", range(SHARDS))
def test_the_true_difference_lies_within_its_bounds(shard: int) -> None:
    held = narrow = 0
    for number in range(TRIED // SHARDS):
        tried = Try(f"bounds {shard}/{number}")
        for _ in range(3):
            document = tried.cases.document()
            old = tried.judged(document, tried.old)
            if old is None:
                continue
            change = rescore(old, tried.new)
            wide = change.between.high - change.between.low + change.old.high - change.old.low
            assert change.score.rules.bounds is not None
            narrow += change.score.rules.bounds.high - change.score.rules.bounds.low < wide
            for _ in range(3):
                after = tried.completed(document)
                complete = tried.judged(after, tried.old)
                if complete is None:
                    continue
                held += 1
                now = rescore(complete, tried.new)
                later = parts(now)
                for key, before in parts(change).items():
                    bounds, truth = before.rules.bounds, later[key].rules.bounds
                    assert bounds is not None
                    assert truth is not None
                    assert bounds.low <= truth.low <= truth.high <= bounds.high, (
                        number,
                        before,
                        later[key],
                        document,
                        after,
                    )
    assert held > TRIED // SHARDS
    # Of a few books none may have bounds that could be narrower.
    assert narrow > TRIED // SHARDS // 4 or TRIED // SHARDS < 8


def test_one_version_of_a_book_changes_nothing_by_its_rules() -> None:
    for number in range(12):
        tried = Try(f"same {number}")
        old, new = (tried.judged(tried.cases.document(), tried.old) for _ in range(2))
        if old is None or new is None or old.case.as_of != new.case.as_of:
            continue
        change = change_between(old, new)
        assert change.score.rules == change.score.rules._replace(
            low=ZERO, high=ZERO, bounds=Interval(ZERO, ZERO), sampled=Interval(ZERO, ZERO)
        )
        assert change.score.total == change.score.unit
        assert change.carried.left_out == ()


@given(st.integers(1, 5000).flatmap(lambda asked: st.tuples(st.integers(0, asked), st.just(asked))))
def test_a_wilson_interval_is_exact_and_rounded_outwards(counts: tuple[int, int]) -> None:
    positive, asked = counts
    low, high = wilson(positive, asked)
    assert low <= Fraction(positive * 10**6, asked) <= high

    def outside(rate: int) -> bool:
        t = Fraction(rate, 10**6)
        return (positive - asked * t) ** 2 >= Fraction(Z_SQUARED, 10**6) * asked * t * (1 - t)

    assert outside(low)
    assert outside(high)
    assert low == high or not (low + 1 < high and (outside(low + 1) or outside(high - 1)))
