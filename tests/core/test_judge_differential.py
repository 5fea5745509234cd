"""Random whole books over random cases: the compiled judge gives exactly what the slow judge gives,
step by step.
"""

from __future__ import annotations

import os
import random
from fractions import Fraction

import pytest

from steelyard.book.model import RuleBook
from steelyard.judging.assessment import Assessment, judge
from steelyard.judging.compiled.runtime import CERTAIN, INAPPLICABLE, PERHAPS, WAIVED
from steelyard.judging.score import Standing
from steelyard.judging.slow.judge import Follows, Slow, judge_slowly

from .strategies import Books, Cases, load, read

BOOKS = int(os.environ.get("STEELYARD_BOOKS_TRIED", "80"))
CASES = 6
SHARDS = 6
STATES = {CERTAIN: "applies", PERHAPS: "perhaps", INAPPLICABLE: "out", WAIVED: "waived"}


def compare(book: RuleBook, fast: Assessment, slow: Slow) -> None:
    def points(units: int) -> Fraction:
        return Fraction(units, 10**book.decimals)

    said = {v.rule: (points(v.low), points(v.high)) for v in fast.verdicts}
    assert said == {name: (one.low, one.high) for name, one in slow.rules.items()}
    gone = {v.rule: v.outcome for v in fast.verdicts if v.outcome in {"waived", "not_applicable"}}
    assert gone == {
        name: "waived" if one.state == "waived" else "not_applicable"
        for name, one in slow.rules.items()
        if one.state in {"waived", "out"}
    }
    for one in fast.verdicts:
        low, high = slow.rules[one.rule][:2]
        full = points(book.rules[one.rule].points)
        wanted = (
            "pass"
            if low == high == full
            else "fail"
            if high == 0
            else "unknown"
            if low < high
            else "partial"
        )
        assert one.outcome == gone.get(one.rule, wanted)
    sections = {
        name: None if one is None else (points(one[0]), points(one[1]))
        for name, one in fast.scored.sections.items()
    }
    assert sections == {
        name: None if one is None else tuple(one[:2]) for name, one in slow.sections.items()
    }
    assert (points(fast.scored.low), points(fast.scored.high)) == slow.score[:2]
    known, asked = fast.scored.coverage
    assert (Fraction(known, asked) if asked else Fraction(1)) == slow.coverage
    assert fast.standing[2:] == Standing(0, 0, slow.veto, slow.not_rated)[2:]
    assert (fast.grade_id(fast.standing.low), fast.grade_id(fast.standing.high)) == slow.grade
    followed = {
        Follows(one.row + 1, one.kind, one.party, one.record, one.certain)
        for one in fast.consequences
    }
    assert followed == slow.consequences
    assert len(followed) == len(fast.consequences)
    assert sum(entry.low for entry in fast.ledger) == fast.scored.low
    assert sum(entry.high for entry in fast.ledger) == fast.scored.high


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
                compare(book, judge(book, case), judge_slowly(book, case))
    assert judged > BOOKS // SHARDS * CASES // 2
