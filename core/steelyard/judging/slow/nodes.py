"""A slow reading of the scoring nodes, for forms that plugins bring as trees."""

from __future__ import annotations

from fractions import Fraction

from steelyard.expression.reference import Evaluation, Reading
from steelyard.expression.tree import Asked, Defined, Mean, Node, Portion, Settle
from steelyard.expression.values import Bounds, Truth, rounded
from steelyard.judging.slow.cells import PERHAPS, SURELY, places_of, settled
from steelyard.judging.slow.known import Knowledge
from steelyard.judging.slow.mean import Share, asked, mean
from steelyard.judging.slow.world import Anywhere


class NodeReading(Evaluation):
    """One evaluation that knows the nodes of scoring too."""

    def __init__(self, world: Anywhere) -> None:
        """Take the world in which names are looked up."""
        super().__init__(world)
        self.place = world

    def read(self, node: Node) -> Reading:
        """Return what any node reads as."""
        match node:
            case Mean():
                full = Fraction(node.full, 10**node.full_scale)
                return _times(full, mean(self._parts(node)), node)
            case Asked(mean=inner):
                return asked(self._parts(inner))
            case Portion():
                return self._portion(node)
            case Settle():
                return self._settle(node)
            case Defined(settle=inner):
                return self._defined(inner)
        return super().read(node)

    def _parts(self, node: Mean) -> list[Share]:
        parts = []
        for part in node.parts:
            earned = self.bounds(part.earned) or Bounds(Fraction(0), Fraction(0))
            applies = SURELY if part.applies is None else self.truth(part.applies)
            weight = Fraction(part.weight, 10**node.weight_scale)
            parts.append(Share(earned.low, earned.high, weight, applies))
        return parts

    def _portion(self, node: Portion) -> Bounds:
        rate = self.bounds(node.rate)
        if rate is None:
            return Bounds(Fraction(0), Fraction(0))
        held = [min(max(end, Fraction(0)), Fraction(1)) for end in (rate.low, rate.high)]
        low = Fraction(0) if rate.none else held[0]
        return _times(Fraction(node.full, 10**node.full_scale), Bounds(low, held[1]), node)

    def _undefined(self, node: Settle) -> tuple[Reading, bool, bool]:
        """Return a value, whether a zero may leave it open, and whether all it reads is known."""
        inner = NodeReading(self.place)
        found = inner.read(node.item)
        open_ = inner.undefined and not settled(found)
        return found, open_, open_ and Knowledge(self.place).of([node.item])

    def _settle(self, node: Settle) -> Reading:
        found, open_, known = self._undefined(node)
        if not open_ or node.otherwise is None:
            return found
        other = self.read(node.otherwise)
        if known:
            return other
        if isinstance(found, Truth) and isinstance(other, Truth):
            return Truth(found.must and other.must, found.may or other.may)
        if isinstance(found, Bounds) and isinstance(other, Bounds):
            ends = min(found.low, other.low), max(found.high, other.high)
            return Bounds(*ends, found.none or other.none)
        raise AssertionError(node)

    def _defined(self, node: Settle) -> Truth:
        _, open_, known = self._undefined(node)
        if not open_:
            return SURELY
        return Truth(must=False, may=False) if known else PERHAPS


def _times(full: Fraction, share: Bounds, node: Node) -> Bounds:
    return rounded(Bounds(full * share.low, full * share.high), places_of(node.type))
