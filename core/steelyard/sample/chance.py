"""Seeded chance that falls alike on every machine: whole numbers, sums and quotients, no function
of a C library.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from random import Random
from typing import TypeVar

T = TypeVar("T")
_MOST = 10.0**6


class Chance:
    """A stream of draws that hangs on its key alone."""

    def __init__(self, *key: object) -> None:
        """Start the stream of a key, such as seed, book and unit."""
        self._random = Random("/".join(map(str, key)))  # noqa: S311  # made-up data, no secret

    def share(self) -> float:
        """Return a number from 0 up to, not including, 1."""
        return self._random.random()

    def falls(self, share: float) -> bool:
        """Whether something happens that happens in a share of the cases."""
        return self.share() < share

    def whole(self, low: int, high: int) -> int:
        """Return a whole number, both ends included."""
        return low + int(self.share() * (high - low + 1))

    def pick(self, options: Sequence[T]) -> T:
        """Return one of some options."""
        return options[int(self.share() * len(options))]

    def normal(self) -> float:
        """Return a number that is normal to the eye: twelve draws added up, mean 0, deviation 1."""
        total = -6.0
        for _ in range(12):
            # Not `sum`, which rounds otherwise from Python 3.12 on.
            total += self.share()
        return total

    def tail(self) -> float:
        """Return a number from 0 with a heavy tail: half are under 0.42, one in a hundred is 9, one
        in ten thousand 99.
        """
        # The square root is exact to the last bit everywhere; a logarithm is not.
        return min(1 / math.sqrt(1 - self.share()) - 1, _MOST)

    def count(self, mean: float) -> int:
        """Return a whole number beside a mean."""
        return int(mean + self.share())


def between(low: int, high: int, share: float) -> int:
    """Return the whole number that lies at a share of the way."""
    return low + int(share * (high - low + 1)) if share < 1 else high
