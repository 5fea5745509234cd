"""One question to the solver: whether some case of a book is so, and the smallest that is."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import z3

from steelyard.book.model import RuleBook
from steelyard.errors import Word
from steelyard.expression.claims import Claims
from steelyard.expression.formulas import Condition, Extent
from steelyard.expression.tree import Node
from steelyard.expression.types import Number, ranged
from steelyard.verify.kinds import Asked, fill
from steelyard.verify.terms import Moment
from steelyard.verify.world import World

SMALL = (0, 1, 3, 12, 110, 1100)
"""How large figures and registers may be in the cases that are tried first."""


class Unsolved(Exception):  # noqa: N818  # it is an answer
    """The solver does not know."""

    def __init__(self, why: Word) -> None:
        """Take why not."""
        self.why = why
        super().__init__(why)


@dataclass(frozen=True, slots=True)
class Found:
    """A case that the solver found: its model, and the terms that it gives values to."""

    model: Any
    question: Question

    def truth(self, term: Condition) -> bool:
        """Return a condition's value."""
        if isinstance(term, bool):
            return term
        return bool(z3.is_true(self.model.eval(term, model_completion=True)))

    def whole(self, term: Any) -> int:
        """Return a whole number's value."""
        if isinstance(term, int):
            return term
        found = self.model.eval(term, model_completion=True)
        if z3.is_rational_value(found):
            return int(found.numerator_as_long() // found.denominator_as_long())
        return int(found.as_long())


class Question:
    """A case as terms, with the records that some expressions can tell apart, and a solver."""

    def __init__(
        self,
        book: RuleBook,
        asked: Asked,
        limit: float,
        more: Any = (),
        *,
        few: bool = False,
        moment: Moment | None = None,
    ) -> None:
        """Take the book, what is read, and the seconds that each check may take; `more` and `few`
        are as for `fill`. It is asked of the day of the proofs, or of another `moment`.
        """
        self.book = book
        self.claims = Claims()
        self.world = World(book, self.claims, moment)
        self.worlds = [self.world]
        """All cases that are held against each other."""
        self.limit = limit
        self.solver = z3.Solver()
        self.solver.set("timeout", int(limit * 1000))
        self._laid = 0
        self.started = time.monotonic()
        self.whole = fill(self.world, asked, more, few=few)
        for name in sorted(asked.facts):
            if book.facts[name].derived is None:
                self.world.fact(name)

    @classmethod
    def about(cls, book: RuleBook, limit: float, *nodes: Node | None, record: str = "") -> Question:
        """Return a question about what some expressions read."""
        return cls(book, Asked.of(book, *nodes, record=record), limit)

    def _settle(self) -> None:
        self.solver.add(*self.claims.laid[self._laid :])
        self._laid = len(self.claims.laid)

    def holds(self, *conditions: Condition) -> bool:
        """Return whether some case meets all conditions; raises Unsolved."""
        if any(one is False for one in conditions):
            return False
        self._settle()
        found = self.solver.check(*(one for one in conditions if one is not True))
        if found == z3.unknown:
            raise Unsolved(Word("the solver does not know within its time"))
        return bool(found == z3.sat)

    def find(self, *conditions: Condition) -> Found | None:
        """Return the smallest case that meets all conditions, None where there is none; raises
        Unsolved.
        """
        unsolved, best = None, None
        try:
            if not self.holds(*conditions):
                self._sure()
                return None
            best = self.solver.model()
        except Unsolved as why:
            # Small cases are often found where the solver cannot say of all.
            unsolved = why
        wanted = [_term(one) for one in conditions if one is not True]
        # Best where the records themselves show how many different values there are.
        shown = [_term(one.found == one.least) for one in self.claims.differing]
        for more in [shown, []] if shown else [[]]:
            for size in SMALL:
                if self.solver.check(*wanted, *more, *self._within(size)) == z3.sat:
                    return Found(self.solver.model(), self)
        if best is None:
            raise unsolved or Unsolved(Word("the solver does not know within its time"))
        return Found(best, self)

    def _sure(self) -> None:
        """Raise Unsolved where not all records were thought of, so that none is no proof."""
        if not self.whole:
            raise Unsolved(Word("tells too many kinds of records apart"))

    def _within(self, size: int) -> Iterator[Any]:
        """Yield that registers hold at most so many records, and figures are at most as large."""
        for kins in (kins for world in self.worlds for kins in world.kins.values()):
            total: Any = 0
            for kin in kins:
                total = total + kin.times
            yield _term(total <= size)
        for name, found in self.world.facts.items():
            fact = self.book.facts.get(name)
            own = None if fact is None else ranged(fact.type)
            if not isinstance(own, Number) or not isinstance(found, Extent):
                # A day is no small figure, however near it lies.
                continue
            if isinstance(found.low.bottom, int):
                unit, least = found.low.bottom, own.low
                yield found.low.top <= max(least, 0) + max(size, 1) * unit
        for positive, asked in self.world.surveys.values():
            yield z3.And(positive <= size, asked <= max(size, 1))

    def truth(self, node: Node, at: Any = None) -> Condition:
        """Return that a condition surely holds."""
        return (at or self.world.reader()).truth(node).must


def _term(condition: Condition) -> Any:
    return z3.BoolVal(condition) if isinstance(condition, bool) else condition
