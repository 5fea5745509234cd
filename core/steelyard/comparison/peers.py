"""Where a unit stands among its peers: percentile and robust z, with their number, or why that is
refused.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, NamedTuple

from steelyard.book.model import DIMENSIONS
from steelyard.comparison.attainment import Attainment
from steelyard.comparison.table import Table
from steelyard.errors import Fault, Plural, fault
from steelyard.expression.types import divide

if TYPE_CHECKING:
    from steelyard.comparison.table import Integers, Truths

Within = Literal["book", "sector"]
SCORE = "score"
MEASURES: tuple[str, ...] = (SCORE, *DIMENSIONS)
PERCENTILE_PLACES = 2
Z_PLACES = 3
NONE = -(2**62)
"""What stands in the columns where there is no value."""

# 1 / the third quartile of the standard normal, so that the z of normal values is the usual one
# (Rousseeuw and Croux, Journal of the American Statistical Association 88 (1993), 1273-1283).
_CONSISTENCY = 14826
_CONSISTENCY_SCALE = 10**4


class Measured(NamedTuple):
    """One measure in one group: how many have it, their median and MAD in millionths, or why
    nothing is said.

    `spreadless` says that the MAD is 0, at least half of the peers having the median itself: then
    there is no z.
    """

    n: int
    median: int
    mad: int
    spreadless: bool
    refused: Fault | None


@dataclass(frozen=True, eq=False, slots=True, kw_only=True)
class Peers:
    """The position of every row among its peers, rows × MEASURES; NONE where there is none.

    `percentile` is by the middle of the interval, `least` and `most` hold it whatever the missing
    evidence, all in hundredths of a per cent; `z` is in thousandths. `group` gives the name of each
    row's group, `groups` each one's measures.
    """

    within: Within
    minimum: int
    group: Sequence[str]
    groups: Mapping[str, Mapping[str, Measured]]
    percentile: Integers
    least: Integers
    most: Integers
    z: Integers


def peers(
    table: Table, attained: Attainment, among: Integers, *, within: Within, minimum: int
) -> Peers:
    """Return the position of some rows among their peers of one book or sector.

    The percentile is the mid-rank one: 100 × (peers below + half of those equal, the unit itself
    among them) / n. The robust z is (x - median) / (1.4826 × MAD). Scores are compared within one
    book only: totals of different books are never set side by side.
    """
    import numpy as np

    shape = (len(table), len(MEASURES))
    percentile, least, most, z = (np.full(shape, NONE, dtype=np.int64) for _ in range(4))
    names = table.heads.book if within == "book" else table.heads.sector
    rows: dict[str, list[int]] = {}
    for row in among.tolist():
        rows.setdefault(names[row], []).append(row)
    groups: dict[str, dict[str, Measured]] = {}
    for name in sorted(rows):
        members = np.array(rows[name], dtype=np.int64)
        one_book = within == "book" or len({table.heads.book[row] for row in rows[name]}) == 1
        groups[name] = found = {}
        for column, measure in enumerate(MEASURES):
            if measure == SCORE:
                low, high = attained.score[members, 0], attained.score[members, 1]
            else:
                low, high = attained.low[members, column - 1], attained.high[members, column - 1]
            there: Truths = low >= 0
            here = members[there]
            found[measure], position = _position(low[there], high[there], minimum)
            if measure == SCORE and not one_book:
                refused = fault("", "scores of different books are never set side by side")
                found[measure] = found[measure]._replace(refused=refused)
            elif position is not None:
                percentile[here, column], least[here, column], most[here, column] = position[:3]
                if not found[measure].spreadless:
                    z[here, column] = position[3]
    return Peers(
        within=within,
        minimum=minimum,
        group=names,
        groups=groups,
        percentile=percentile,
        least=least,
        most=most,
        z=z,
    )


def _position(
    low: Integers, high: Integers, minimum: int
) -> tuple[Measured, tuple[Integers, Integers, Integers, Integers] | None]:
    import numpy as np

    n = len(low)
    if n < minimum:
        said = Plural(
            "{n} peer is fewer than the {least} that a position needs",
            "{n} peers are fewer than the {least} that a position needs",
            "n",
        )
        return Measured(n, NONE, NONE, False, fault("", said, n=n, least=minimum)), None
    middle = low + high
    ordered = np.sort(middle)
    median = _twice_median(ordered)
    distances = np.abs(2 * middle - median)
    mad = _twice_median(np.sort(distances))
    below, until = (
        np.searchsorted(ordered, middle, "left"),
        np.searchsorted(ordered, middle, "right"),
    )
    lows, highs = np.sort(low), np.sort(high)
    # At its least a unit has its low end and every other one its high end; at its most the other
    # way round.
    surely = np.searchsorted(highs, low, "left")
    surely_equal = np.searchsorted(highs, low, "right") - surely - (low == high) + 1
    perhaps = np.searchsorted(lows, high, "left") - (low < high)
    perhaps_equal = (
        np.searchsorted(lows, high, "right")
        - np.searchsorted(lows, high, "left")
        - (low == high)
        + 1
    )
    z = middle * 0
    if mad:
        # The first is four times the distance and the second eight times the MAD, so that the z is
        # a ratio of whole numbers.
        z = _rounded(
            (2 * middle - median) * 2 * _CONSISTENCY_SCALE * 10**Z_PLACES, mad * _CONSISTENCY
        )
    measured = Measured(n, divide(median, 4, 0), divide(mad, 8, 0), mad == 0, None)
    return measured, (
        _percentile(below, until - below, n),
        _percentile(surely, surely_equal, n),
        _percentile(perhaps, perhaps_equal, n),
        z,
    )


def _twice_median(ordered: Integers) -> int:
    n = len(ordered)
    return int(ordered[(n - 1) // 2] + ordered[n // 2])


def _percentile(below: Integers, equal: Integers, n: int) -> Integers:
    return _rounded((2 * below + equal) * 100 * 10**PERCENTILE_PLACES, 2 * n)


def _rounded(numerator: Integers, denominator: int) -> Integers:
    """Return whole numbers divided by one, rounded half away from zero."""
    import numpy as np

    size = (2 * np.abs(numerator) + denominator) // (2 * denominator)
    found: Integers = np.sign(numerator) * size
    return found
