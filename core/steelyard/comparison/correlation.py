"""How dimensions go together: two that say the same count twice in a weighted mean (OECD and JRC,
Handbook on Constructing Composite Indicators, 2008, step 4).
"""

from __future__ import annotations

from decimal import Decimal, localcontext
from fractions import Fraction
from itertools import combinations
from typing import TYPE_CHECKING, NamedTuple

from steelyard.book.model import DIMENSIONS
from steelyard.comparison.snapshot import Snapshot

if TYPE_CHECKING:
    from collections.abc import Sequence

    from steelyard.comparison.table import Integers

LEAST = 10
"""How many units more than books a correlation needs."""
_PLACES = Decimal("0.001")


class Correlation(NamedTuple):
    """Two dimensions, on how many units of how many books they are both asked, and how they go
    together within a book: Pearson's r to three places, None where too few units have both, or one
    of the two does not vary.
    """

    one: str
    other: str
    units: int
    books: int
    r: Decimal | None


def correlations(
    now: Snapshot, rows: Integers, dimensions: Sequence[str]
) -> tuple[Correlation, ...]:
    """Return the correlation of every two dimensions over some rows, by the middles of their
    attainments.

    Each value is taken from the mean of its book, so that books do not make units alike: r = Sxy /
    √(Sxx·Syy), each S summed over the books, Sxy = Σxy − Σx·Σy / n. The sums are whole numbers, so
    r is the same on every machine.
    """
    import numpy as np

    middle = now.attained.low[rows] + now.attained.high[rows]
    there = now.attained.low[rows] >= 0
    names = [now.table.heads.book[row] for row in rows.tolist()]
    known = {name: number for number, name in enumerate(dict.fromkeys(names))}
    book = np.array([known[name] for name in names], dtype=np.int64)
    found = []
    for one, other in combinations(dimensions, 2):
        x, y = DIMENSIONS.index(one), DIMENSIONS.index(other)
        both = there[:, x] & there[:, y]
        members = book[both]
        groups = len(np.unique(members))
        r = None
        if len(members) - groups >= LEAST:
            r = _pearson(*_about_means(middle[both, x], middle[both, y], members, len(known)))
        found.append(Correlation(one, other, len(members), groups, r))
    return tuple(found)


def _about_means(
    one: Integers, other: Integers, members: Integers, groups: int
) -> tuple[Fraction, Fraction, Fraction]:
    """Return the sums of products about the means of each group: of both, of one, of the other."""
    import numpy as np

    def summed(column: Integers) -> list[int]:
        # A product is below 10**13, so that half a million of them stay within 64 bits.
        sums = np.zeros(groups, dtype=np.int64)
        np.add.at(sums, members, column)
        found: list[int] = sums.tolist()
        return found

    counts = summed(np.ones_like(one))
    firsts, seconds = summed(one), summed(other)
    pairs = (
        (one * other, firsts, seconds),
        (one * one, firsts, firsts),
        (other * other, seconds, seconds),
    )
    both, first, second = (
        sum(
            (
                product - Fraction(x * y, n)
                for product, x, y, n in zip(summed(column), left, right, counts, strict=True)
                if n
            ),
            Fraction(0),
        )
        for column, left, right in pairs
    )
    return both, first, second


def _pearson(both: Fraction, one: Fraction, other: Fraction) -> Decimal | None:
    if not one or not other:
        return None
    with localcontext() as context:
        context.prec = 40
        square = both * both / (one * other)
        size = (Decimal(square.numerator) / Decimal(square.denominator)).sqrt()
        return (size if both >= 0 else -size).quantize(_PLACES)
