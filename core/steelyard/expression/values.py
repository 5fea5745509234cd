"""Two-sided values: what is not known is anything within its range."""

from __future__ import annotations

from enum import Enum
from fractions import Fraction
from functools import lru_cache
from typing import NamedTuple

from steelyard.expression.types import Number


class Absent(Enum):
    """The mark of a value that is not known; a value that is none is Python's None."""

    UNKNOWN = "unknown"

    def __repr__(self) -> str:
        """Return its name."""
        return "UNKNOWN"


UNKNOWN = Absent.UNKNOWN


class Truth(NamedTuple):
    """Whether a condition must hold, and whether it may."""

    must: bool
    may: bool


NEVER = Truth(must=False, may=False)
PERHAPS = Truth(must=False, may=True)
SURELY = Truth(must=True, may=True)


class Bounds(NamedTuple):
    """The least and the greatest that a number can be; with `none` it may also be none."""

    low: Fraction
    high: Fraction
    none: bool = False

    @property
    def settled(self) -> bool:
        """Whether it can be but one number, if it is any."""
        # Comparing fractions takes a while, and one that is known is the same at both ends.
        return self.low is self.high or self.low == self.high


Single = str | Absent | None
Reading = Truth | Bounds | Single
"""What a node reads as: a truth, bounds, or one word; None is "there is none"."""


def half_away(number: Fraction, places: int) -> Fraction:
    """Round half away from zero."""
    return Fraction(units_half_away(number, places), 10**places)


def units_half_away(number: Fraction, places: int) -> int:
    """Return a number rounded half away from zero, in units of 10**-places."""
    # In whole numbers, since every step of a Fraction looks for common divisors.
    top, bottom = abs(number.numerator) * 10**places, number.denominator
    whole: int = (2 * top + bottom) // (2 * bottom)
    return whole if number.numerator >= 0 else -whole


def exact(units: int, kind: object) -> Fraction:
    """Return units of a type's scale as a fraction."""
    return _fraction(units, kind.scale if isinstance(kind, Number) else 0)


@lru_cache(maxsize=4096)
def _fraction(units: int, scale: int) -> Fraction:
    # The same figures come again and again, and a Fraction looks for common divisors each time.
    return Fraction(units, 10**scale)


def is_whole(number: Fraction, places: int) -> bool:
    """Whether a number has no more than so many decimals."""
    whole: int = 10**places % number.denominator
    return whole == 0


def rounded(found: Bounds, places: int) -> Bounds:
    """Return bounds rounded to so many places."""
    low = half_away(found.low, places)
    high = low if found.settled else half_away(found.high, places)
    return Bounds(low, high, found.none)
