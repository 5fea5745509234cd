"""Ranks of values, the greatest first; equal values share a rank."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from steelyard.comparison.table import Integers


def ranks(values: NDArray[Any]) -> Integers:
    """Return the rank of each value: 1 and as many as are greater, as in competitions (1, 2, 2,
    4).
    """
    import numpy as np

    count = len(values)
    order = np.argsort(values)
    ordered = values[order]
    ends = np.flatnonzero(ordered[1:] != ordered[:-1])
    found = np.empty(count, dtype=np.int64)
    if len(ends) == count - 1:
        found[order] = np.arange(count, 0, -1)
        return found
    ends = np.append(ends, count - 1)
    found[order] = np.repeat(count - ends, np.diff(ends, prepend=-1))
    return found


def beaten(values: Integers) -> Integers:
    """Return twice the number of values that each one beats, and once the number of others that
    equal it (Borda's count).
    """
    import numpy as np

    ordered = np.sort(values)
    below, until = (
        np.searchsorted(ordered, values, "left"),
        np.searchsorted(ordered, values, "right"),
    )
    return below + until - 1


def rank_bounds(low: Integers, high: Integers, certain: NDArray[Any]) -> tuple[Integers, Integers]:
    """Return the best and the worst rank of each value that lies anywhere between its ends,
    whatever the others are.

    The best is 1 and those that are surely greater, the worst 1 and those that may be. What is not
    `certain` to be there does not push another down for sure.
    """
    import numpy as np

    lows, highs = np.sort(low[certain]), np.sort(high)
    best = 1 + len(lows) - np.searchsorted(lows, high, "right")
    worst = 1 + len(highs) - np.searchsorted(highs, low, "right") - (high > low)
    return best, worst
