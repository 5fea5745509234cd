"""Ranks under varied weights and missing evidence together: stochastic multicriteria acceptability
analysis (SMAA-2).
"""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from steelyard.comparison.order import ranks
from steelyard.comparison.stream import Stream

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from steelyard.comparison.table import Integers

    Ranks = NDArray[np.int32]

INTERVAL = 90
"""How many per cent of the draws a rank interval holds."""
MOST = 2**28
"""How many ranks fit in memory at once: units × draws."""

# An interval is cut into 4096 equal cells, and a value is the middle of one. With attainment and
# weights in millionths, a weighted sum is then below 10**6 × 10**6 × 2 × 4096 < 2**53: every
# product and sum of float64 is exact, in any order, so that a result depends neither on the machine
# nor on the library that multiplies, and ties come out as ties.
_CELLS = 4096
_DRAWS_AT_ONCE = 16
_UNITS_AT_ONCE = 4096
_RANKS_AT_ONCE = 2**22
_FINE_BANDS = 30
_BANDS = 10


@dataclass(frozen=True, eq=False, slots=True, kw_only=True)
class Acceptability:
    """How often units took which ranks, in so many draws.

    `low`, `median` and `high` are the ranks between which 90 % of the draws lie, and the middle one
    (of an even number the lower middle); `total` is the sum of a unit's ranks. `bands` are runs of
    ranks, first and last, single ranks where there are few units, else tenths of them; `counts` is
    units × bands: in how many draws the rank lay in the band. `ahead` is pairs × (ahead, level,
    behind).
    """

    draws: int
    low: Integers
    median: Integers
    high: Integers
    total: Integers
    bands: tuple[tuple[int, int], ...]
    counts: Integers
    ahead: Integers


def acceptability(
    ends: tuple[Integers, Integers],
    drawn: Integers,
    stream: Stream,
    pairs: Integers,
    tick: Callable[[int], None],
) -> Acceptability:
    """Return how often units took which ranks.

    `ends` are attainments in millionths, units × dimensions: in every draw a unit's value lies
    anywhere between its low and its high end, each dimension for itself. `drawn` are weights, draws
    × dimensions. `pairs` are places of units, two by two. `tick` is told how many draws are done.
    Lahdelma and Salminen, Operations Research 49 (2001), 444-454.
    """
    import numpy as np

    found = drawn_ranks(ends, drawn, stream, tick)
    draws, units = found.shape
    bands = _bands(units)
    summary = np.empty((units, 4), dtype=np.int64)
    counts = np.empty((units, len(bands)), dtype=np.int64)
    # So that at least 90 % of the draws lie between the two, and at most 5 % on either side.
    at = (
        draws * (100 - INTERVAL) // 200,
        (draws - 1) // 2,
        draws - 1 - draws * (100 - INTERVAL) // 200,
    )
    step = max(1, _RANKS_AT_ONCE // max(1, draws))
    for start in range(0, units, step):
        part = np.ascontiguousarray(found[:, start : start + step].T)
        summary[start : start + step, 3] = part.sum(axis=1, dtype=np.int64)
        part.sort(axis=1)
        summary[start : start + step, :3] = part[:, at]
        upto = [(part <= last).sum(axis=1) for _, last in bands]
        counts[start : start + step] = np.diff(np.stack(upto, axis=1), axis=1, prepend=0)
    first, second = (found[:, pairs[:, side]] for side in (0, 1))
    ahead = np.stack(
        [(first < second).sum(axis=0), (first == second).sum(axis=0), (first > second).sum(axis=0)],
        axis=1,
    )
    return Acceptability(
        draws=draws,
        low=summary[:, 0],
        median=summary[:, 1],
        high=summary[:, 2],
        total=summary[:, 3],
        bands=bands,
        counts=counts,
        ahead=ahead,
    )


def drawn_ranks(
    ends: tuple[Integers, Integers], drawn: Integers, stream: Stream, tick: Callable[[int], None]
) -> Ranks:
    """Return the rank of every unit in every draw, draws × units: 1 and as many as are better."""
    import numpy as np

    low, high = ends
    gap = high - low
    units, dimensions = low.shape
    draws = len(drawn)
    unsure = np.flatnonzero(gap.any(axis=1))
    base = (2 * _CELLS * low + gap).T.astype(np.float64)
    doubled = 2.0 * gap[unsure]
    weights = drawn.astype(np.float64)
    found = np.empty((draws, units), dtype=np.int32)
    for start in range(0, draws, _DRAWS_AT_ONCE):
        values = weights[start : start + _DRAWS_AT_ONCE] @ base
        for place, row in enumerate(values, start):
            for first in range(0, len(unsure), _UNITS_AT_ONCE):
                chosen = unsure[first : first + _UNITS_AT_ONCE]
                cells = stream.small(len(chosen) * dimensions).reshape(len(chosen), dimensions) & (
                    _CELLS - 1
                )
                row[chosen] += (cells * doubled[first : first + _UNITS_AT_ONCE]) @ weights[place]
            found[place] = ranks(row)
        tick(min(_DRAWS_AT_ONCE, draws - start))
    return found


def _bands(units: int) -> tuple[tuple[int, int], ...]:
    if units <= _FINE_BANDS:
        return tuple((rank, rank) for rank in range(1, units + 1))
    edges = [-(-units * tenth // _BANDS) for tenth in range(_BANDS + 1)]
    return tuple((first + 1, last) for first, last in itertools.pairwise(edges))
