"""Static ranges of calculations: what a result can be, and how large what stands between can
grow.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from fractions import Fraction
from math import ceil, floor

from steelyard.expression.tree import Comparison, Node, Sign
from steelyard.expression.types import (
    SCALE_CAP,
    Number,
    Rate,
    Survey,
    Type,
    ranged,
    rescale,
)

Pair = tuple[int, int]
"""A numerator and a denominator, which is above 0."""
Ends = Callable[[Iterable[int]], int]


def is_ratio(node: Node) -> bool:
    """Whether a node is a rate: a pair of integers that compares exactly."""
    return isinstance(node.type, (Rate, Survey))


def result_of(op: Sign, a: Number, b: Number) -> tuple[Number | None, tuple[int, ...]]:
    """Return the static type of an operation and the sizes that its intermediate results can
    reach.

    The range of a quotient is rounded outward: every exact quotient lies within it.
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
    whole = whole_quotient(a, b)
    if whole is None:
        return None, ()
    least, most = (Fraction(*end) * 10**SCALE_CAP for end in whole)
    up, down = factors(a, b)
    top, bottom = size_of(a) * up, size_of(b) * down
    kind = Rate(SCALE_CAP, floor(least), ceil(most), top, bottom)
    places = SCALE_CAP - a.scale + b.scale
    return kind, (2 * size_of(a) * 10**places + size_of(b), *rounding(top, bottom))


def factors(a: Number, b: Number) -> Pair:
    """Return what a dividend and a divisor are multiplied by so that their units are the same."""
    return 10 ** max(0, b.scale - a.scale), 10 ** max(0, a.scale - b.scale)


def whole_quotient(a: Number, b: Number) -> tuple[Pair, Pair] | None:
    """Return the least and the greatest quotient of two ranges, exactly; None where the divisor
    can only be 0.
    """
    divisors = {d for d in (b.low, b.high, 1, -1) if d and b.low <= d <= b.high}
    if not divisors:
        return None
    up, down = factors(a, b)
    signed = ((n, d) if d > 0 else (-n, -d) for n in (a.low, a.high) for d in divisors)
    pairs = sorted(((n * up, d * down) for n, d in signed), key=lambda pair: Fraction(*pair))
    return pairs[0], pairs[-1]


def size_of(kind: Number) -> int:
    """Return the size that a number's units can reach."""
    return max(abs(kind.low), abs(kind.high))


def rounding(top: int, bottom: int) -> tuple[int, ...]:
    """Return the sizes that rounding a rate to a number reaches."""
    return (2 * top * 10**SCALE_CAP + bottom, 2 * bottom)


def pair_sizes(kind: Type) -> Pair:
    """Return the sizes that a value's numerator and denominator can reach."""
    number = ranged(kind)
    if isinstance(number, Rate):
        return number.top, number.bottom
    if isinstance(number, Number):
        return size_of(number), int(10**number.scale)
    return 0, 1


def crossed(kinds: Iterable[Type]) -> tuple[int, ...]:
    """Return the sizes that comparing values with each other reaches: for rates, each numerator
    times each other denominator.
    """
    listed = list(kinds)
    if not any(isinstance(ranged(kind), Rate) for kind in listed):
        return ()
    pairs = [pair_sizes(kind) for kind in listed]
    return tuple(
        top * bottom
        for one, (top, _) in enumerate(pairs)
        for two, (_, bottom) in enumerate(pairs)
        if one != two
    )


def held_by(
    kind: Number, low: int | None, high: int | None, *, both: bool
) -> list[tuple[int, int, Comparison]]:
    """Return what holds a number within bounds, in order: the end (0 the low one, 1 the high one),
    the bound, and how an end compares that lies beyond it.

    What cannot leave the bounds is not held. With `both` either end is held by either bound.
    """
    bounds: list[tuple[int, int | None, bool, Comparison]] = [
        (0, low, low is not None and kind.low < low, "<"),
        (1, high, high is not None and kind.high > high, ">"),
    ]
    return [
        (end, bound, sign)
        for own, bound, needed, sign in bounds
        for end in ((0, 1) if both else (own,))
        if needed and bound is not None
    ]


def chosen(kinds: Iterable[Number], least: Ends, most: Ends) -> Number:
    """Return the type of one of some numbers: its ends as `least` and `most` pick them from theirs,
    at the finest scale; a rate where one of them is.
    """
    listed = list(kinds)
    scale = max(kind.scale for kind in listed)
    low = least(rescale(kind.low, kind.scale, scale) for kind in listed)
    high = most(rescale(kind.high, kind.scale, scale) for kind in listed)
    if not any(isinstance(kind, Rate) for kind in listed):
        return Number(scale, low, high)
    tops, bottoms = zip(*map(pair_sizes, listed), strict=True)
    return Rate(scale, low, high, max(tops), max(bottoms))


def hull(*kinds: Number) -> Number:
    """Return the type of one of several numbers."""
    return chosen(kinds, min, max)


def least(*kinds: Number) -> Number:
    """Return the type of the least of several numbers."""
    return chosen(kinds, min, min)
