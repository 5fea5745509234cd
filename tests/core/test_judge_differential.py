"""Random whole books over random cases: the compiled judge gives exactly what the slow judge gives,
step by step.
"""

from __future__ import annotations

import os
import random
from decimal import Decimal
from fractions import Fraction

import pytest

from steelyard.book.model import Rule
from steelyard.book.reading.load import parse_book
from steelyard.case.model import Case
from steelyard.expression.values import Bounds
from steelyard.judging.assessment import weigh
from steelyard.judging.findings import Finding
from steelyard.judging.slow.judge import judge_slowly

from .agreement import same
from .strategies import Books, Cases, load, read

BOOKS = int(os.environ.get("STEELYARD_BOOKS_TRIED", "160"))
CASES = 6
SHARDS = 6


class Told:
    """Judges rules somehow, by their names and the case: at times to a range, at times not."""

    def __init__(self, places: int) -> None:
        self.places = places
        self.bounds: dict[str, Bounds] = {}

    def __call__(self, rule: Rule, case: Case) -> Finding | None:
        draw = random.Random(f"{rule.id} {case.digest}")
        if draw.random() < 0.3:
            return None
        full = rule.full * 10**6
        low, high = sorted(draw.choice((0, full, draw.randint(0, full))) for _ in range(2))
        if draw.random() < 0.5:
            low = high
        unit = 10 ** (self.places + 6)
        self.bounds[rule.id] = Bounds(Fraction(low, unit), Fraction(high, unit))
        ends = [Decimal(end).scaleb(-self.places - 6) for end in (low, high)]
        return Finding(rule.id, ends[0], ends[1])


@pytest.mark.parametrize("shard", range(SHARDS))
def test_the_compiled_judge_is_the_slow_judge(shard: int) -> None:
    judged = 0
    for number in range(BOOKS // SHARDS):
        rng = random.Random(f"book {shard}/{number}")
        books = Books(rng, judged=True)
        document = books.document()
        book = load(document)
        cases = Cases(rng, books.words, books.extra)
        for _ in range(CASES):
            case = read({**cases.document(), "waivers": books.waivers(document)}, book)
            if case is not None:
                judged += 1
                told = Told(book.decimals)
                fast = weigh(book, case, told)
                same(fast, judge_slowly(book, case, told.bounds))
    assert judged > BOOKS // SHARDS * CASES // 2


SMALL_SHARE = """
book: test/small-share
version: 1.0.0
sector: test
decimals: 0
points: 1
facts: {level: {type: [low, high]}, done: boolean}
sections: [{id: all, points: 1}]
rules:
  - {id: small, section: all, weight: 1, graded: level, points: {low: 0, high: 2}}
  - {id: half, section: all, weight: 9, checklist: [{id: one}, {id: two}]}
grades: [{id: good, at_least: 1}, {id: poor, at_least: 0}]
limiters: [{id: least, effect: {veto: true, min_section: {all: 1}}}]
"""


def test_a_rule_whose_share_of_its_section_is_no_whole_point_may_still_tip_it() -> None:
    book = parse_book(SMALL_SHARE, "book")
    case = {"book": "test/small-share", "subject": "u", "period": "2026"}
    ticks = {"one": "yes", "two": "no"}
    # 0.9 of the point is at half: 0.45, or 0.55 with the tenth of the other rule, which rounds up.
    for level, ends in ((None, (0, 1)), ("low", (0, 0)), ("high", (1, 1))):
        read_ = read({**case, "facts": {**ticks, **({"level": level} if level else {})}}, book)
        assert read_ is not None
        found = weigh(book, read_)
        assert (found.low, found.high) == ends
        assert found.standing.veto == {(0, 1): "possible", (0, 0): "yes", (1, 1): "no"}[ends]
        same(found, judge_slowly(book, read_, {}))
