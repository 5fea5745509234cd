"""What expressions are to a prover: truths and numbers as formulas, two-sided as the judge reads
them.

In a complete case the two sides differ only where something is divided by zero. Terms are the
solver's own or plain Python values; who writes formulas asks a `Proving` for what joins them, so
that no solver is imported here.
"""

from __future__ import annotations

from typing import Any, NamedTuple, Protocol

from steelyard.errors import Word
from steelyard.expression.tree import Name, Node, Over, Reach
from steelyard.expression.types import Type

Term = Any
"""A whole or real number: a Python integer, or a term of the solver."""
Condition = Any
"""A truth: a Python bool, or a term of the solver."""


class UnprovableError(Exception):
    """An expression is none that formulas can say."""

    def __init__(self, why: Word) -> None:
        """Take what it does that they cannot say."""
        self.why = why
        super().__init__(why)


class Ratio(NamedTuple):
    """A number as a quotient; `bottom` is above 0."""

    top: Term
    bottom: Term = 1


class Holds(NamedTuple):
    """Whether a condition must hold and whether it may; with `gone` there is none."""

    must: Condition
    may: Condition
    gone: Condition = False


class Extent(NamedTuple):
    """The ends of a number, date or position.

    With `gone` there surely is none, with `lacking` there may be none; who is gone is lacking.
    """

    low: Ratio
    high: Ratio
    gone: Condition = False
    lacking: Condition = False


class Code(NamedTuple):
    """One of some words or parties, by its number."""

    code: Term
    gone: Condition = False


Formula = Holds | Extent | Code


class Row(NamedTuple):
    """Records alike: how surely they count, how many there are (at least 0), and what is asked of
    each.
    """

    where: Holds
    times: Term
    inner: Proving


class Sight(Protocol):
    """Where a formula finds names: a case, or records or a party of it."""

    def value(self, node: Name | Reach) -> Formula:
        """Return what a name or a party's field reads as."""

    def undefined(self, node: Name | Reach) -> Condition:
        """Return whether it is divided by zero."""

    def survey(self, node: Name) -> tuple[Term, Term]:
        """Return (positive, asked) of a survey."""

    def shown(self, node: Name | Reach) -> Condition | None:
        """Return whether a fact that the case gives is given; None of anything else."""

    def records(self, node: Over) -> list[tuple[Condition, Term, Sight]]:
        """Return the records that a function sees: whether they belong, how many are alike, and
        their fields.
        """


class Proving(Protocol):
    """What a formula asks of the reading around it."""

    undefined: Condition

    def read(self, node: Node) -> Formula:
        """Return what any node reads as; a rate exactly."""

    def truth(self, node: Node) -> Holds:
        """Return a condition; where there is none, it does not hold."""

    def bounds(self, node: Node) -> Extent:
        """Return a number, a rate exactly, a date or a position."""

    def number(self, node: Node) -> Extent:
        """Return the same with a rate rounded, as a number that is worked with."""

    def apart(self) -> Proving:
        """Return a reading in the same world that notes nothing here."""

    def shown(self, node: Name | Reach) -> Condition | None:
        """Return whether a fact that the case gives is given; None of anything else."""

    def note(self, condition: Condition) -> None:
        """Note a condition under which something is undefined."""

    def both(self, *conditions: Condition) -> Condition:
        """Return that all conditions hold."""

    def either(self, *conditions: Condition) -> Condition:
        """Return that one of the conditions holds."""

    def contrary(self, condition: Condition) -> Condition:
        """Return that a condition does not hold."""

    def choose(self, condition: Condition, then: Term, otherwise: Term) -> Term:
        """Return one term where a condition holds, else another."""

    def pick(self, condition: Condition, then: Ratio, otherwise: Ratio) -> Ratio:
        """Return one number where a condition holds, else another."""

    def at_most(self, one: Ratio, two: Ratio) -> Condition:
        """Return that one number is at most another."""

    def equal(self, one: Term, two: Term) -> Condition:
        """Return that two terms are the same."""

    def quotient(self, one: Term, two: int) -> Term:
        """Return a whole number divided by one above 0, rounded down."""

    def remainder(self, one: Term, two: int) -> Term:
        """Return what such a division leaves."""

    def plus(self, one: Ratio, two: Ratio) -> Ratio:
        """Return the sum of two numbers."""

    def times(self, one: Ratio, two: Ratio) -> Ratio:
        """Return the product of two numbers."""

    def half_away(self, one: Ratio, places: int) -> Ratio:
        """Return a number rounded half away from zero."""

    def repeated(self, count: Term, value: Ratio, kind: Type) -> Ratio:
        """Return the sum of the values of records alike, each of a type."""

    def several(self, node: Over, most: int, rows: list[Row], values: list[Formula]) -> Extent:
        """Return how many different values records have."""


def known_as(ratio: Ratio, gone: Condition = False) -> Extent:  # noqa: FBT002  # a term
    """Return a number that is known."""
    return Extent(ratio, ratio, gone, gone)


def least_of(reading: Proving, *numbers: Ratio) -> Ratio:
    """Return the least of numbers."""
    found = numbers[0]
    for one in numbers[1:]:
        found = reading.pick(reading.at_most(found, one), found, one)
    return found


def greatest_of(reading: Proving, *numbers: Ratio) -> Ratio:
    """Return the greatest of numbers."""
    found = numbers[0]
    for one in numbers[1:]:
        found = reading.pick(reading.at_most(one, found), found, one)
    return found


def spread(reading: Proving, low: Ratio, high: Ratio, *of: Extent) -> Extent:
    """Return the ends of what is there where all that it is made of is."""
    gone = reading.either(*(one.gone for one in of))
    return Extent(low, high, gone, reading.either(*(one.lacking for one in of)))
