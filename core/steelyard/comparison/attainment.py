"""Attainment: the share of the points asked on a dimension that was earned, and how books spread
over the dimensions.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING, NamedTuple

from steelyard.book.model import DIMENSIONS, RuleBook
from steelyard.comparison.table import MOST_UNITS, Table
from steelyard.expression.types import decimal_of
from steelyard.messages import Title

if TYPE_CHECKING:
    from steelyard.comparison.table import Integers, Truths

PLACES = 6
WHOLE = 10**PLACES


@dataclass(frozen=True, eq=False, slots=True)
class Attainment:
    """Shares in millionths, rows × 12 dimensions, -1 where nothing was asked; `score` is rows ×
    (low, high), of the full score.

    A unit's shares rest on its own assessment alone.
    """

    low: Integers
    high: Integers
    asked: Truths
    score: Integers


class OnDimension(NamedTuple):
    """What a book has on one dimension."""

    rules: int
    points: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Spread:
    """How the rules of one version of a book spread over the dimensions; bonus rules stand apart.

    `parts` has the dimensions with a rule, in their order, and under an empty id what has no
    dimension. `counted` is False where the book itself was not at hand: then `parts` only tells
    which dimensions some unit was asked about. `grades` are the titles of its grades, as far as
    they are at hand.
    """

    book: str
    version: str
    digest: str
    sector: str
    title: Title
    parts: Mapping[str, OnDimension]
    bonus: int
    grades: Mapping[str, Title] = field(default_factory=dict)
    counted: bool = True

    @property
    def points(self) -> Decimal:
        """The points of all rules but the bonus."""
        return sum((part.points for part in self.parts.values()), Decimal(0))

    @property
    def dimensions(self) -> frozenset[str]:
        """The dimensions on which the book asks for points."""
        return frozenset(name for name, part in self.parts.items() if name and part.points)


def attain(table: Table) -> Attainment:
    """Return the attainment of every row: earned / asked, to six places, rounded half away from
    zero.
    """
    import numpy as np

    asked = table.points[:, :, 2]
    there = asked > 0
    divisor = np.where(there, asked, 1)
    # The carried places stand for those of a share.
    factor = 10 ** (PLACES - table.carried[:, None])
    low, high = (
        np.where(there, _share(table.points[:, :, end], factor, divisor), -1) for end in (0, 1)
    )
    full = table.score[:, 2]
    scores = [
        np.where(full > 0, _share(table.score[:, end], WHOLE, np.where(full > 0, full, 1)), -1)
        for end in (0, 1)
    ]
    return Attainment(low, high, there, np.stack(scores, axis=1))


def _share(earned: Integers, factor: Integers | int, asked: Integers) -> Integers:
    """Return what is earned of what is asked, times a factor, rounded half away from zero."""
    import numpy as np

    most = int(earned.max(initial=0)) * int(np.max(factor, initial=1)) + int(asked.max(initial=1))
    if 2 * most > MOST_UNITS:
        # Beyond 64 bits numpy would wrap in silence.
        earned, asked = earned.astype(object), asked.astype(object)
    found: Integers = ((2 * earned * factor + asked) // (2 * asked)).astype(np.int64)
    return found


def spread_of(book: RuleBook) -> Spread:
    """Return the spread of a book."""
    rules = (
        (one.dimension, one.bonus, decimal_of(one.points, book.decimals))
        for one in book.rules.values()
    )
    grades = {one.id: one.title for one in book.grades}
    return spread(
        rules,
        book=book.id,
        version=book.version,
        digest=book.digest,
        sector=book.sector,
        title=book.title,
        grades=grades,
    )


def spread(
    rules: Iterable[tuple[str | None, bool, Decimal]],
    *,
    book: str,
    version: str,
    digest: str,
    sector: str,
    title: Title,
    grades: Mapping[str, Title],
) -> Spread:
    """Return the spread of rules, each by its dimension, whether it is a bonus rule, and its
    points.
    """
    parts: dict[str, OnDimension] = {}
    extra = 0
    for dimension, bonus, points in rules:
        if bonus:
            extra += 1
            continue
        had = parts.get(dimension or "", OnDimension(0, Decimal(0)))
        parts[dimension or ""] = OnDimension(had.rules + 1, had.points + points)
    ordered = {name: parts[name] for name in (*DIMENSIONS, "") if name in parts}
    return Spread(
        book=book,
        version=version,
        digest=digest,
        sector=sector,
        title=title,
        parts=ordered,
        bonus=extra,
        grades=grades,
    )


def spreads(table: Table, books: Mapping[str, Spread]) -> tuple[Spread, ...]:
    """Return the spread of every book version of a table, by book and version.

    `books` holds them by digest; of one that is not there, the dimensions are those on which some
    unit was asked.
    """
    import numpy as np

    heads = table.heads
    rows: dict[str, list[int]] = {}
    for place, digest in enumerate(heads.digest):
        rows.setdefault(digest, []).append(place)
    found = []
    for digest, places in rows.items():
        one = books.get(digest)
        if one is None:
            asked = np.any(table.points[places, :, 2] > 0, axis=0).tolist()
            first = places[0]
            parts = {
                name: OnDimension(0, Decimal(1))
                for name, there in zip(DIMENSIONS, asked, strict=True)
                if there
            }
            title = Title(heads.book[first], heads.book[first])
            one = Spread(
                book=heads.book[first],
                version=heads.version[first],
                digest=digest,
                sector=heads.sector[first],
                title=title,
                parts=parts,
                bonus=0,
                counted=False,
            )
        found.append(one)
    return tuple(sorted(found, key=lambda one: (one.book, one.version, one.digest)))


def shared(books: tuple[Spread, ...]) -> tuple[str, ...]:
    """Return the dimensions on which every book has a rule, in their order."""
    return tuple(
        name for name in DIMENSIONS if books and all(name in book.dimensions for book in books)
    )
