"""A case after some changes, weighed: what each part of its book then says."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import Any, Literal, NamedTuple

from steelyard.book.model import RuleBook
from steelyard.case.environment import CaseWorld
from steelyard.case.model import Case
from steelyard.case.reading.read import parse_case
from steelyard.errors import CaseError
from steelyard.expression.reference import Evaluation
from steelyard.expression.tree import Node
from steelyard.expression.values import Bounds, Truth
from steelyard.judging.assessment import Assessment, weigh
from steelyard.judging.findings import Judges
from steelyard.judging.shown import shown_of
from steelyard.judging.slow.judge import judge_slowly
from steelyard.located_yaml import mark
from steelyard.plan.levers import Key, Moves, Option, Piece, moved


class Said(NamedTuple):
    """What a part says: of a rule the ends of its share of its own full mark, given that it
    applies; of a limiter or of what a grade needs, whether it must and may hold, as 0 and 1.
    """

    low: Fraction
    high: Fraction
    state: Literal["applies", "perhaps", "out", "waived"] = "applies"


class Bench:
    """One case, weighed again and again with other values."""

    def __init__(self, assessment: Assessment, judges: Judges) -> None:
        """Take the case as it is, and who judges the rules of plugins."""
        self.assessment = assessment
        self.book: RuleBook = assessment.book
        self.judges = judges
        self.trials = 0
        self._told = {
            name: Bounds(Fraction(one.low), Fraction(one.high))
            for name, one in assessment.judged.items()
        }
        self._weighed: dict[frozenset[tuple[Key, Option]], Assessment | None] = {}

    def case(self, moves: Moves) -> Case:
        """Return the case after some moves; raises CaseError where they contradict one another."""
        return self._read(moved(self.assessment.case.document, moves))

    def _read(self, document: Mapping[str, Any]) -> Case:
        origin = self.assessment.case.origin
        return parse_case(mark(document, origin), self.book, origin)

    def weigh(self, moves: Moves) -> Assessment | None:
        """Return the assessment after some moves, by the judge; None where they contradict one
        another.
        """
        key = frozenset(moves.items())
        if not key:
            return self.assessment
        if key not in self._weighed:
            try:
                self._weighed[key] = weigh(self.book, self.case(moves), self.judges)
            except CaseError:
                self._weighed[key] = None
        return self._weighed[key]

    def said(self, moves: Moves) -> Mapping[Piece, Said] | None:
        """Return what every part of the book says after some moves; None where they contradict one
        another.
        """
        return self.said_of(moved(self.assessment.case.document, moves))

    def said_of(self, document: Mapping[str, Any]) -> Mapping[Piece, Said] | None:
        """Return what every part of the book says of a case's canonical document; None where it is
        refused.
        """
        try:
            case = self._read(document)
        except CaseError:
            return None
        self.trials += 1
        slow = judge_slowly(self.book, case, self._told)
        found: dict[Piece, Said] = {}
        for rule in self.book.rules.values():
            one = slow.rules[rule.id]
            full = Fraction(rule.full, 10**self.book.decimals)
            ends = (one.low / full, one.high / full) if full else (Fraction(0), Fraction(0))
            found["rule", rule.id] = Said(*ends, one.state)
        world = CaseWorld(shown_of(self.book, case))
        for limiter, bites in zip(self.book.limiters, slow.limiters, strict=True):
            if limiter.when is not None:
                floorless = bites if limiter.floor is None else _holds(world, limiter.when)
                found["limiter", limiter.id] = _said(floorless)
        for grade in self.book.grades:
            if grade.needs is not None:
                found["grade", grade.id] = _said(_holds(world, grade.needs))
        return found


def _holds(world: CaseWorld, node: Node) -> Truth:
    return Evaluation(world).truth(node)


def _said(truth: Truth) -> Said:
    return Said(Fraction(int(truth.must)), Fraction(int(truth.may)))
