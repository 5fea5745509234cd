"""Static ranges of calculations: what a result can be, and how large what stands between can
grow.
"""

from __future__ import annotations

from steelyard.expression.tree import Sign
from steelyard.expression.types import SCALE_CAP, Number, divide, rescale


def result_of(op: Sign, a: Number, b: Number) -> tuple[Number | None, tuple[int, ...]]:
    """Return the static type of an operation and the sizes that its intermediate results can
    reach.
    """
    if op in {"+", "-"}:
        scale = max(a.scale, b.scale)
        al, ah = rescale(a.low, a.scale, scale), rescale(a.high, a.scale, scale)
        bl, bh = rescale(b.low, b.scale, scale), rescale(b.high, b.scale, scale)
        return (
            Number(scale, al + bl, ah + bh) if op == "+" else Number(scale, al - bh, ah - bl)
        ), ()
    if op == "*":
        corners = [x * y for x in (a.low, a.high) for y in (b.low, b.high)]
        scale = min(SCALE_CAP, a.scale + b.scale)
        ends = [rescale(corner, a.scale + b.scale, scale) for corner in corners]
        return Number(scale, min(ends), max(ends)), tuple(2 * corner for corner in corners)
    divisors = {d for d in (b.low, b.high, 1, -1) if d and b.low <= d <= b.high}
    if not divisors:
        return None, ()
    places = SCALE_CAP - a.scale + b.scale
    quotients = [divide(n, d, places) for n in (a.low, a.high) for d in divisors]
    widest = 2 * max(abs(a.low), abs(a.high)) * 10**places + max(abs(b.low), abs(b.high))
    return Number(SCALE_CAP, min(quotients), max(quotients)), (widest,)


def hull(*kinds: Number) -> Number:
    """Return the type of one of several numbers."""
    scale, lows, highs = _common(kinds)
    return Number(scale, min(lows), max(highs))


def least(*kinds: Number) -> Number:
    """Return the type of the least of several numbers."""
    scale, lows, highs = _common(kinds)
    return Number(scale, min(lows), min(highs))


def _common(kinds: tuple[Number, ...]) -> tuple[int, list[int], list[int]]:
    scale = max(kind.scale for kind in kinds)
    lows = [rescale(kind.low, kind.scale, scale) for kind in kinds]
    highs = [rescale(kind.high, kind.scale, scale) for kind in kinds]
    return scale, lows, highs
