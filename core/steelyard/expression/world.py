"""Where the reference reading finds names: the case, or one record or party of it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple, Protocol

from steelyard.expression.tree import Name, Over, Reach
from steelyard.expression.values import Reading, Truth


class Records(NamedTuple):
    """The records that a function sees: each with how surely it belongs, and whether no more exist.

    `doubtful` says that more may exist, and that one more could make the function undefined.
    """

    members: Iterable[tuple[Truth, World]]
    complete: bool
    doubtful: bool = False


class World(Protocol):
    """Where names get their values: the case, or one record or party of it."""

    def value(self, node: Name | Reach) -> Reading:
        """Return what a name or a party's field reads as; a rate exactly."""

    def undefined(self, node: Name | Reach) -> bool:
        """Whether a derived fact, or a survey, may be divided by zero."""

    def survey(self, node: Name) -> tuple[int, int] | None:
        """Return (positive, asked) of a survey fact, or None when it is not known."""

    def shown(self, node: Name | Reach) -> Truth:
        """Whether there is evidence for a name."""

    def records(self, node: Over) -> Records:
        """Return the records that a function over a register sees from here."""
