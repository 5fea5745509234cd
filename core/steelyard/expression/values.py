"""Two-sided values: what is not known is anything within its range."""

from __future__ import annotations

from enum import Enum
from fractions import Fraction
from typing import NamedTuple


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


class Bounds(NamedTuple):
    """The least and the greatest that a number can be; with `none` it may also be none."""

    low: Fraction
    high: Fraction
    none: bool = False
