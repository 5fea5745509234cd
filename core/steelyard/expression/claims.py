"""What is laid down about the terms that formulas bring: sums, numbers of different values, the
numbers of words.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import z3

from steelyard.expression.formulas import Condition, Term
from steelyard.expression.python import bare
from steelyard.expression.tree import Name, Over
from steelyard.expression.types import Choice, Type


class Words:
    """The numbers of texts; those of an option are its place."""

    def __init__(self) -> None:
        """Start without any."""
        self.codes: dict[str, int] = {}

    def code(self, word: str, kind: Type) -> int:
        """Return the number of a word."""
        if isinstance(kind, Choice):
            return kind.options.index(word)
        return self.codes.setdefault(word, len(self.codes))


class Differing(NamedTuple):
    """How many different values the records of a register have in a field: the term, at least how
    many, and where the records of each name count.
    """

    found: Any
    least: Term
    register: str
    field: str
    counted: list[tuple[str, Condition]]


class Claims:
    """What joins formulas, and what is laid down about the terms that they bring."""

    def __init__(self) -> None:
        """Start with nothing laid down."""
        self.laid: list[Any] = []
        self.words = Words()
        self.differing: list[Differing] = []
        self._sums: dict[tuple[int, int], Any] = {}
        self._different: dict[tuple[Any, ...], Any] = {}
        self._kept: list[Any] = []
        self._fresh = 0

    def fresh(self, name: str = "t") -> Any:
        """Return a whole number of which nothing is laid down."""
        self._fresh += 1
        return z3.Int(f"{name}!{self._fresh}")

    def lay(self, condition: Condition) -> None:
        """Lay down a condition."""
        if condition is not True:
            self.laid.append(z3.BoolVal(condition) if isinstance(condition, bool) else condition)

    def sum_of(self, count: Term, value: Term, ends: tuple[Term, Term]) -> Any:
        """Return the sum of the values of records alike, each anything between two ends."""
        key = (_id(count), _id(value))
        if key not in self._sums:
            total = self.fresh("sum")
            self.lay(z3.And(count * ends[0] <= total, total <= count * ends[1]))
            self.lay(z3.Implies(count == 1, total == value))
            self._sums[key] = total
            # An id names a term only as long as the term is there.
            self._kept.append((count, value))
        return self._sums[key]

    def total_of(self, count: Term, value: Term) -> Any:
        """Return the sum that was made of a value, None where there is none."""
        return self._sums.get((_id(count), _id(value)))

    def different(
        self, node: Over, most: int, counted: list[tuple[str, Condition, Term]], least: Term
    ) -> Any:
        """Return how many different values records have of which there may be many: the same term
        for the same records.
        """
        key = (bare(node), *((name, _id(here), _id(times)) for name, here, times in counted))
        if key not in self._different:
            found, all_ = self.fresh("different"), z3.IntVal(0)
            for _, here, times in counted:
                all_ = all_ + (
                    z3.If(here, times, 0) if not isinstance(here, bool) else times * int(here)
                )
            self.lay(z3.And(found >= least, found <= all_, found <= most))
            name = node.value.name if isinstance(node.value, Name) else ""
            said = [(one, here) for one, here, _ in counted]
            self.differing.append(Differing(found, least, node.register, name, said))
            self._different[key] = found
            self._kept.append(counted)
        return self._different[key]


def _id(term: Term) -> Any:
    return ("term", term.get_id()) if z3.is_expr(term) else term
