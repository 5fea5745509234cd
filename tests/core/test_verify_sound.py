"""What proofs say of random whole books is so of random cases: nobody does what is refuted."""

from __future__ import annotations

import os
import random
from typing import Any

import pytest

pytest.importorskip("z3", reason="proofs want z3 (steelyard[verify])")

from steelyard.judging.assessment import weigh
from steelyard.verify.proof import verify

from .strategies import Books, Cases, load, read

BOOKS = max(1, int(os.environ.get("STEELYARD_BOOKS_TRIED", "160")) // 120)
CASES = 60


@pytest.mark.parametrize("number", range(BOOKS))
def test_no_random_case_does_what_is_refuted(number: int) -> None:
    rng = random.Random(f"sound {number}")
    books = Books(rng)
    book = load(books.document())
    never: dict[str, set[str]] = {"can-pass": set(), "can-fail": set(), "grade": set()}
    for one in verify(book, 0.2, only=["alive", "reachable"]):
        if one.state == "refuted" and one.check in never:
            never[one.check].add(one.about.removeprefix("grade:"))
    cases = Cases(rng, books.words, books.extra)
    judged = 0
    for _ in range(CASES):
        document: dict[str, Any] = {**cases.document(shown=1.0), "as_of": "2026-12-31"}
        case = read(document, book)
        if case is None:
            continue
        judged += 1
        found = weigh(book, case)
        for verdict in found.verdicts:
            if verdict.outcome == "pass":
                assert verdict.rule not in never["can-pass"], document
            if verdict.outcome == "fail":
                assert verdict.rule not in never["can-fail"], document
        if found.standing.low == found.standing.high:
            assert found.grade_id(found.standing.low) not in never["grade"], document
    assert judged > CASES // 4
