"""The mean over those parts that apply, by trying: every number of the parts that may count."""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction
from typing import NamedTuple

from steelyard.expression.values import Bounds, Truth


class Share(NamedTuple):
    """A part of a mean: what it earns given that it applies, its weight, and whether it applies."""

    low: Fraction
    high: Fraction
    weight: Fraction
    applies: Truth


def asked(parts: Iterable[Share]) -> Truth:
    """Return whether a part counts at all; one of weight 0 does not."""
    counted = [part.applies for part in parts if part.weight]
    return Truth(any(one.must for one in counted), any(one.may for one in counted))


def mean(parts: Iterable[Share]) -> Bounds:
    """Return the least and the greatest of sum(earned) / sum(weight), given that a part counts.

    A choice with the least mean takes no part of a larger share than that mean and leaves none of a
    smaller, or it could be bettered by one part; so it takes those of the smallest shares, and it
    is enough to try how many. A test holds this against every choice.
    """
    counted = [part for part in parts if part.weight and part.applies.may]
    low = [(part.low, part.weight, part.applies.must) for part in counted]
    high = [(-part.high, part.weight, part.applies.must) for part in counted]
    return Bounds(_least(low), -_least(high))


def _least(parts: list[tuple[Fraction, Fraction, bool]]) -> Fraction:
    sure = [(earned, weight) for earned, weight, must in parts if must]
    perhaps = sorted(
        ((earned, weight) for earned, weight, must in parts if not must),
        key=lambda part: part[0] / part[1],
    )
    tried = [sure + perhaps[:count] for count in range(len(perhaps) + 1)]
    return min(
        (sum((part[0] for part in some), Fraction(0)) / sum(part[1] for part in some)
         for some in tried if some),
        default=Fraction(0),
    )  # fmt: skip
