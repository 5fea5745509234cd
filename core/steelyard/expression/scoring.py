"""What scoring adds to expressions, as formulas: means and portions unrounded, and what a division
leaves undecided.
"""

from __future__ import annotations

from abc import abstractmethod
from math import gcd
from typing import Self

from steelyard.errors import Word
from steelyard.expression.formulas import (
    Condition,
    Extent,
    Formula,
    Holds,
    Ratio,
    Term,
    UnprovableError,
    known_as,
)
from steelyard.expression.joining import Joining, is_sure
from steelyard.expression.tree import Compare, Mean, Node, Portion, Settle, walk


class Scoring(Joining):
    """Reads what scoring adds, of parts that a reading reads."""

    @abstractmethod
    def apart(self) -> Self:
        """Return a reading in the same world that notes nothing here."""

    @abstractmethod
    def read(self, node: Node) -> Formula:
        """Return what any node reads as; a rate exactly."""

    @abstractmethod
    def truth(self, node: Node) -> Holds:
        """Return a condition; where there is none, it does not hold."""

    @abstractmethod
    def bounds(self, node: Node) -> Extent:
        """Return a number, a rate exactly, a date or a position."""

    def mean(self, node: Mean) -> tuple[Extent, Condition]:
        """Return a mean unrounded, and whether it is asked."""
        top: Term = 0
        weight: Term = 0
        full = Ratio(node.full, 10**node.full_scale)
        unit = 10**node.weight_scale
        counted: list[Condition] = []
        under = 1
        earned = []
        for part in node.parts:
            if not part.weight:
                continue
            applies = True if part.applies is None else self._known(self.truth(part.applies))
            found = self.bounds(part.earned)
            if not is_sure(found) or not isinstance(found.low.bottom, int):
                raise UnprovableError(Word("takes the mean of what hangs on quotients"))
            under = under * found.low.bottom // gcd(under, found.low.bottom)
            earned.append((applies, found.low, part.weight))
            counted.append(applies)
        for applies, found_low, part_weight in earned:
            units = found_low.top * (under // found_low.bottom)
            top = top + self.choose(applies, units, 0)
            weight = weight + self.choose(applies, part_weight, 0)
        asked = self.either(*counted)
        bottom = weight if asked is True else self.choose(asked, weight, 1)
        mean = Ratio(top * full.top * unit, bottom * under * full.bottom)
        return known_as(mean), asked

    def _known(self, holds: Holds) -> Condition:
        if holds.must is not holds.may:
            raise UnprovableError(Word("applies where a division leaves it open"))
        return holds.must

    def portion(self, node: Portion) -> Extent:
        """Return a rate held to 0..1 times its full mark, unrounded; none earns nothing."""
        rate = self.bounds(node.rate)
        full = Ratio(node.full, 10**node.full_scale)
        nothing = Ratio(0)

        def earned(end: Ratio) -> Ratio:
            top, bottom = end
            held = self.choose(top < 0, 0, self.choose(top > bottom, bottom, top))
            return Ratio(held * full.top, bottom * full.bottom)

        low = self.pick(rate.lacking, nothing, earned(rate.low))
        if is_sure(rate) and rate.gone is rate.lacking:
            return known_as(low)
        return Extent(low, self.pick(rate.gone, nothing, earned(rate.high)))

    def unsettled(self, node: Settle) -> tuple[Condition, Formula]:
        """Return whether a division leaves a value undecided, and the value."""
        inner = self.apart()
        found = inner.read(node.item)
        if inner.undefined is False:
            return False, found
        if isinstance(found, Holds):
            open_ = (
                False
                if found.must is found.may
                else self.both(found.may, self.contrary(found.must))
            )
        elif isinstance(found, Extent):
            open_ = False if is_sure(found) else self.contrary(alike(self, found.low, found.high))
        else:
            open_ = False
        return self.both(inner.undefined, open_), found

    def settle(self, node: Settle) -> Formula:
        """Return a value, and what stands for it where a division leaves it undecided."""
        open_, found = self.unsettled(node)
        if open_ is False:
            return found
        if isinstance(found, Holds):
            stands = (
                self.truth(node.otherwise) if node.otherwise is not None else Holds(False, False)
            )
            must = self.choose(open_, stands.must, found.must)
            return Holds(must, must)
        if not isinstance(found, Extent):
            raise UnprovableError(Word("settles words"))
        # What confidence leaves open stays open.
        other = found.low if node.otherwise is None else self.bounds(node.otherwise).low
        low = self.pick(open_, other, found.low)
        if is_sure(found) or (_divides(node.item)):
            return known_as(low)
        return Extent(low, self.pick(open_, other, found.high))


def _divides(node: Node) -> bool:
    """Whether a division alone can leave a value open, and no confidence."""
    return not any(isinstance(part, Compare) and part.confidence for part in walk(node))


def alike(joining: Joining, one: Ratio, two: Ratio) -> Condition:
    """Return that two numbers are the same."""
    if one is two:
        return True
    left, right, under = joining.level(one, two)
    if under is None:
        left, right = one.top * two.bottom, two.top * one.bottom
    return joining.equal(left, right)
