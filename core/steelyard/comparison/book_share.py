"""How much of a ranking across books tells of the books: each one's means, the share of its points
that the ranking uses, and the part of the ranks' variance that lies between books.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING, NamedTuple

from steelyard.book.model import DIMENSIONS
from steelyard.comparison.attainment import Spread
from steelyard.comparison.ranking import Ranking
from steelyard.comparison.snapshot import Snapshot

if TYPE_CHECKING:
    from steelyard.comparison.table import Integers

LARGE = Decimal("0.14")
"""From here on a part of the variance is large (Cohen, Statistical Power Analysis for the
Behavioral Sciences, 2nd edition, 1988, section 8.2.3).
"""
_PLACES = Decimal("0.0001")


class BookPart(NamedTuple):
    """One book in a ranking: how many of its units are ranked, the mean of their ranks, and on each
    dimension compared the mean of their low and of their high ends, as shares to six places.

    `used` is the share of the book's points that stands on the dimensions compared; None where the
    book was not at hand.
    """

    book: str
    units: int
    mean_rank: Decimal
    means: tuple[tuple[Decimal, Decimal], ...]
    used: Decimal | None


class BookShare(NamedTuple):
    """What books have to do with ranks. `within` runs along the ranking's rows: the rank of each
    unit among those of its own book.

    `eta_squared` is the sum of squares between books over that of all ranks: Σ n·(mean rank of the
    book − mean rank)² / Σ (rank − mean rank)²; `by_chance` is what it comes to on average where
    books do not matter: (books − 1) / (units − 1); `explained` is what is left of it beyond chance
    (Kelley's ε², never below 0): η² − (1 − η²)·(books − 1) / (units − books). All three are shares
    to four places, and None where there is one book, one unit of each, or no difference of rank.
    """

    books: tuple[BookPart, ...]
    within: Integers
    eta_squared: Decimal | None
    by_chance: Decimal | None
    explained: Decimal | None

    @property
    def large(self) -> bool:
        """Whether the books explain so much of the ranks that a reader is to be warned."""
        return self.explained is not None and self.explained >= LARGE


def book_share(now: Snapshot, ranking: Ranking) -> BookShare:
    """Return what the books of a ranking have to do with its ranks."""
    import numpy as np

    heads = now.table.heads
    names = [heads.book[row] for row in ranking.rows.tolist()]
    places: dict[str, list[int]] = {}
    for place, name in enumerate(names):
        places.setdefault(name, []).append(place)
    within = np.zeros(len(names), dtype=np.int64)
    for members in places.values():
        own = ranking.rank[members]
        within[members] = np.searchsorted(np.sort(own), own, "left") + 1
    books = tuple(_part(now, ranking, name, places[name]) for name in sorted(places))
    sums = [(len(one), int(ranking.rank[one].sum())) for one in places.values()]
    return BookShare(books, within, *_variance(sums, ranking.rank))


def _part(now: Snapshot, ranking: Ranking, name: str, members: list[int]) -> BookPart:
    rows = ranking.rows[members]
    at = [DIMENSIONS.index(one) for one in ranking.dimensions]
    attained, count = now.attained, len(members)
    means = tuple(
        (
            _mean(int(attained.low[rows, place].sum()), count),
            _mean(int(attained.high[rows, place].sum()), count),
        )
        for place in at
    )
    mean_rank = Decimal(int(ranking.rank[members].sum())) / count
    versions = [one for one in now.spreads if one.book == name]
    return BookPart(name, count, _rounded(mean_rank), means, _used(versions, ranking.dimensions))


def _mean(millionths: int, count: int) -> Decimal:
    return (Decimal(millionths) / (count * 10**6)).quantize(Decimal("0.000001"))


def _used(versions: Sequence[Spread], dimensions: Sequence[str]) -> Decimal | None:
    """Return the share of a book's points on some dimensions, of all its versions together."""
    if not versions or not all(one.counted and one.points for one in versions):
        return None
    found = sum(
        one.parts[name].points for one in versions for name in dimensions if name in one.parts
    )
    return _rounded(Decimal(found) / sum(one.points for one in versions))


def _variance(
    sums: Sequence[tuple[int, int]], ranks: Integers
) -> tuple[Decimal | None, Decimal | None, Decimal | None]:
    """Return η², what chance makes of it, and ε²; `sums` are the units and ranks of each book."""
    units, books = len(ranks), len(sums)
    total = int(ranks.sum())
    squares = sum(int(one) ** 2 for one in ranks.tolist())
    spread = Fraction(squares) - Fraction(total**2, units) if units else Fraction(0)
    if books < 2 or units <= books or not spread:
        return None, None, None
    between = sum(Fraction(one**2, count) for count, one in sums) - Fraction(total**2, units)
    eta = between / spread
    beyond = max(Fraction(0), eta - (1 - eta) * Fraction(books - 1, units - books))
    return _share(eta), _share(Fraction(books - 1, units - 1)), _share(beyond)


def _share(part: Fraction) -> Decimal:
    return _rounded(Decimal(part.numerator) / Decimal(part.denominator))


def _rounded(number: Decimal) -> Decimal:
    return number.quantize(_PLACES)
