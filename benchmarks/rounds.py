"""Timing by turns: every side runs in every round, so that a busy machine slows all of them and the
ratios stay.
"""

from __future__ import annotations

import gc
import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple


class Ratio(NamedTuple):
    """How many times as long one side takes as another: median over the rounds, quartiles, and by
    the fastest rounds.
    """

    median: float
    low: float
    high: float
    fastest: float

    def __str__(self) -> str:
        """Return the ratio in one line."""
        return (
            f"{self.median:8.2f}   [{self.low:.2f} .. {self.high:.2f}]   by the fastest "
            f"rounds {self.fastest:.2f}"
        )


def race(
    sides: Mapping[str, Callable[[], object]], *, rounds: int = 31, seconds: float = 0.02
) -> dict[str, list[float]]:
    """Return the seconds per call of every side, round by round; a side is called for about
    `seconds` in each round.

    The garbage collector stays on, since nobody runs without it.
    """
    times = {name: max(1, int(seconds / _once(call))) for name, call in sides.items()}
    found: dict[str, list[float]] = {name: [] for name in sides}
    for _ in range(rounds):
        for name, call in sides.items():
            many = range(times[name])
            gc.collect()
            start = time.perf_counter()
            for _ in many:
                call()
            found[name].append((time.perf_counter() - start) / len(many))
    return found


def ratio(one: Sequence[float], other: Sequence[float]) -> Ratio:
    """Return how many times as long `one` takes as `other`, both in the same rounds."""
    each = [a / b for a, b in zip(one, other, strict=True)]
    low, _, high = statistics.quantiles(each, n=4)
    return Ratio(statistics.median(each), low, high, min(one) / min(other))


def _once(call: Callable[[], object]) -> float:
    """Return the seconds of one call, when nothing is made for the first time any more."""
    best = float("inf")
    for _ in range(5):
        start = time.perf_counter()
        call()
        best = min(best, time.perf_counter() - start)
    return best
