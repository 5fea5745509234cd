"""What a value can be, with static scales and ranges, so that every number stays exact in every
engine.
"""

from __future__ import annotations

import datetime
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache

SCALE_CAP = 6
DIGITS = 38
WIDEST = 10**12
_MOST_DIGITS = 400
MOST = 10**9
FIRST_DAY = datetime.date.min.toordinal()
LAST_DAY = datetime.date.max.toordinal()


@dataclass(frozen=True, slots=True)
class Boolean:
    """True or false."""


@dataclass(frozen=True, slots=True)
class Number:
    """An exact decimal: an integer counted in units of 10**-scale, between low and high (in the
    same units).
    """

    scale: int = 0
    low: int = -WIDEST
    high: int = WIDEST


@dataclass(frozen=True, slots=True)
class Rate(Number):
    """A quotient, kept as a pair of integers so that it compares exactly; used as a number it is
    rounded to its scale.

    `top` and `bottom` are the sizes that its numerator and its denominator can reach.
    """

    top: int = WIDEST
    bottom: int = WIDEST


@dataclass(frozen=True, slots=True)
class Date:
    """A day, as a proleptic Gregorian ordinal between low and high."""

    low: int = FIRST_DAY
    high: int = LAST_DAY


@dataclass(frozen=True, slots=True)
class Text:
    """Free text: only equality and `in` are known of it."""


@dataclass(frozen=True, slots=True)
class Choice:
    """One of some options; comparable by their order only when ordered."""

    options: tuple[str, ...]
    ordered: bool = False


@dataclass(frozen=True, slots=True)
class PartyOf:
    """A party of one kind, by its id."""

    kind: str


@dataclass(frozen=True, slots=True)
class Survey:
    """Positive answers out of those asked; reads as a rate."""


Type = Boolean | Number | Date | Text | Choice | PartyOf | Survey
RATE = Rate(SCALE_CAP, 0, 10**SCALE_CAP)
TICK = Choice(("yes", "no", "na"))


def ranged(kind: Type) -> Number | Date | None:
    """Return the type itself where its values are read as a range, else None (an ordered choice:
    its positions).
    """
    if isinstance(kind, (Number, Date)):
        return kind
    if isinstance(kind, Survey):
        return RATE
    if isinstance(kind, Choice) and kind.ordered:
        return Number(0, 0, len(kind.options) - 1)
    return None


def plain(kind: Type) -> Type:
    """Return the type of a value used as a number: a rate is rounded to its scale."""
    if isinstance(kind, Survey):
        return plain(RATE)
    return Number(kind.scale, kind.low, kind.high) if isinstance(kind, Rate) else kind


def divide(numerator: int, denominator: int, places: int) -> int:
    """Return numerator / denominator in units of 10**-places, rounded half away from zero;
    denominator is not 0.
    """
    top, bottom = abs(numerator), abs(denominator)
    size: int = (2 * top * 10**places + bottom) // (2 * bottom)
    return -size if (numerator < 0) != (denominator < 0) else size


def rescale(units: int, scale: int, target: int) -> int:
    """Return the same number in units of 10**-target, rounded half away from zero where places are
    lost.
    """
    if target >= scale:
        return int(units * 10 ** (target - scale))
    return divide(units, 10 ** (scale - target), 0)


def units_of(number: Decimal, scale: int) -> int | None:
    """Return a decimal in units of 10**-scale, or None when it has more places than that."""
    # Decimal's own arithmetic would round a long number to 28 digits first.
    sign, digits, exponent = number.as_tuple()
    shift = int(exponent) + scale
    if not any(digits):
        return 0
    if len(digits) > _MOST_DIGITS or not -len(digits) < shift <= _MOST_DIGITS:
        return None
    whole = int("".join(map(str, digits)))
    units, rest = (whole * 10**shift, 0) if shift >= 0 else divmod(whole, 10**-shift)
    return None if rest else -units if sign else units


@lru_cache(maxsize=4096)
@lru_cache(maxsize=4096)
def decimal_of(units: int, scale: int) -> Decimal:
    """Return units of 10**-scale as a decimal, whatever the precision of the caller's own
    arithmetic with decimals.
    """
    return Decimal(f"{units}E-{scale}")


@lru_cache(maxsize=4096)
def number_text(units: int, scale: int, places: int | None = None) -> str:
    """Return units of 10**-scale as plain text: with exactly `places` places, else without trailing
    zeros.
    """
    sign, digits = ("-" if units < 0 else ""), str(abs(units)).rjust(scale + 1, "0")
    whole, part = (digits[:-scale], digits[-scale:]) if scale else (digits, "")
    part = part.rstrip("0") if places is None else part.ljust(places, "0")[:places]
    return f"{sign}{whole}.{part}" if part else f"{sign}{whole}"


def fits(*sizes: int) -> bool:
    """Whether integers stay within 38 digits."""
    return all(abs(size) < 10**DIGITS for size in sizes)
