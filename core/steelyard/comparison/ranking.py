"""A ranking across sectors on the dimensions that all compared books have, and how much of it hangs
on the method.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from steelyard.book.model import DIMENSIONS
from steelyard.comparison.attainment import Attainment
from steelyard.comparison.order import beaten, rank_bounds, ranks
from steelyard.comparison.smaa import MOST, Acceptability, acceptability
from steelyard.comparison.stream import Stream
from steelyard.comparison.weights import Weights, draw, even
from steelyard.errors import UsageError, fault

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from steelyard.comparison.table import Integers

_FEW = 1_000
_MANY = 250_000
_WEIGHTS, _EVIDENCE = 0, 1


class LeftOut(NamedTuple):
    """What leaving one dimension out does: the ranks without it, how many units move, and the
    longest way.
    """

    dimension: str
    ranks: Integers
    moved: int
    furthest: int


@dataclass(frozen=True, eq=False, slots=True, kw_only=True)
class Ranking:
    """Units by the weighted mean of their attainments, best first, and what varying the method does
    to their ranks.

    Columns run along `rows`, the places of the ranked units in the table. `value` holds low end,
    middle and high end of the mean in millionths, rounded; `rank` goes by the exact middle. `best`
    and `worst` hold the rank whatever the missing evidence, under these weights. `level` tells how
    many units share the rank. `borda` are the ranks by Borda's count. `weights` are the shares of
    the dimensions compared: whole numbers over `over`.
    """

    rows: Integers
    dimensions: tuple[str, ...]
    weights: tuple[int, ...]
    over: int
    value: Integers
    rank: Integers
    level: Integers
    best: Integers
    worst: Integers
    borda: Integers
    without: tuple[LeftOut, ...]
    pairs: tuple[tuple[int, int], ...]
    varied: Acceptability | None


class Central(NamedTuple):
    """The weighted means of units, exact: low ends, twice the middles and high ends, as whole
    numbers over `over`.
    """

    low: Integers
    middle: Integers
    high: Integers
    over: int


def draws_for(units: int) -> int:
    """Return how many draws a ranking makes unless told: 10,000 up to a thousand units, 1,000
    beyond, fewer for very many.
    """
    return 10_000 if units <= _FEW else 1_000 if units <= _MANY else max(100, MOST // units)


def central(attained: Attainment, rows: Integers, weights: Weights) -> Central:
    """Return the weighted means of some rows by the most even weights within the ranges."""
    import numpy as np

    shares, over = _shares(weights)
    at = [DIMENSIONS.index(name) for name in weights.compared]
    low, high = attained.low[rows][:, at], attained.high[rows][:, at]
    by = np.array(shares, dtype=np.int64)
    return Central(low @ by, (low + high) @ by, high @ by, over)


def rank(
    attained: Attainment,
    rows: Integers,
    weights: Weights,
    *,
    certain: NDArray[np.bool_],
    draws: int,
    seed: int,
    pairs: Sequence[tuple[int, int]] = (),
    tick: Callable[[int], None] = lambda _done: None,
) -> Ranking:
    """Return the ranking of some rows, all of which have a value on every dimension compared.

    `certain` tells of each row whether it stays in the ranking whatever is still shown. `pairs` are
    places among `rows`. Raises UsageError where the draws of so many units would not fit in memory.
    """
    import numpy as np

    if draws * len(rows) > MOST:
        message = "{draws} draws of {units} units need too much memory; at most {most} fit"
        raise UsageError(
            [fault("--draws", message, draws=draws, units=len(rows), most=MOST // len(rows))]
        )
    at = [DIMENSIONS.index(name) for name in weights.compared]
    low, high = attained.low[rows][:, at], attained.high[rows][:, at]
    means = central(attained, rows, weights)
    ranked = ranks(means.middle)
    best, worst = rank_bounds(means.low, means.high, certain)
    shares, _ = _shares(weights)
    middle = low + high
    borda = ranks(
        sum(
            (beaten(middle[:, place]) * share for place, share in enumerate(shares)),
            np.zeros(len(rows), dtype=np.int64),
        )
    )
    varied = None
    if len(rows):
        drawn = draw(weights.ranges, draws, Stream(seed, _WEIGHTS))[:, weights.places]
        chosen = np.array(pairs, dtype=np.int64).reshape(-1, 2)
        varied = acceptability((low, high), drawn, Stream(seed, _EVIDENCE), chosen, tick)
    return Ranking(
        rows=rows,
        dimensions=weights.compared,
        weights=tuple(shares),
        over=means.over,
        value=_values(means),
        rank=ranked,
        level=_level(ranked),
        best=best,
        worst=worst,
        borda=borda,
        without=_without(middle, shares, weights.compared, ranked),
        pairs=tuple(pairs),
        varied=varied,
    )


def _shares(weights: Weights) -> tuple[list[int], int]:
    """Return the weights of the dimensions compared and their sum, which is less than the whole
    where others have weights too.
    """
    every, _ = even(weights.ranges)
    shares = [every[place] for place in weights.places]
    return shares, sum(shares)


def _values(means: Central) -> Integers:
    import numpy as np

    over = means.over
    return np.stack(
        [
            (2 * means.low + over) // (2 * over),
            (means.middle + over) // (2 * over),
            (2 * means.high + over) // (2 * over),
        ],
        axis=1,
    )


def _level(ranked: Integers) -> Integers:
    """Return how many share each one's rank."""
    import numpy as np

    counts = np.bincount(ranked) if len(ranked) else np.zeros(1, dtype=np.int64)
    return counts[ranked]


def _without(
    middle: Integers, shares: Sequence[int], names: tuple[str, ...], ranked: Integers
) -> tuple[LeftOut, ...]:
    """Return what leaving out each dimension does, the others keeping their proportions; only where
    others have a weight.
    """
    import numpy as np

    found = []
    by = np.array(shares, dtype=np.int64)
    for place, name in enumerate(names):
        rest = by.copy()
        rest[place] = 0
        if not rest.any():
            continue
        other = ranks(middle @ rest)
        away = np.abs(other - ranked)
        found.append(LeftOut(name, other, int((away > 0).sum()), int(away.max(initial=0))))
    return tuple(found)
