"""What a comparison reads of saved assessments: their heads, and the points of each shared
dimension.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from steelyard.book.model import DIMENSIONS
from steelyard.store.store import Store

HEAD = (
    "number",
    "id",
    "subject",
    "subject_name",
    "sector",
    "book",
    "version",
    "digest",
    "period",
    "as_of",
    "case_digest",
    "grade_low",
    "grade_high",
    "veto",
    "coverage",
    "not_rated",
    "score_low",
    "score_high",
    '"full"',
    "decimals",
)
_POINTS = ", ".join(f"{one}_{end}" for one in DIMENSIONS for end in ("low", "high", "asked"))
_KEY = "book || '@' || version"
_SELECT = (
    f"SELECT {', '.join(HEAD)}, {_POINTS}, carried, coalesce(perhaps, -1)"  # noqa: S608  # our own words
    " FROM assessments JOIN attained ON assessment = number"
)


def held(store: Store) -> list[tuple[str, str, str, str]]:
    """Return of which periods, sectors, books and versions the store has assessments."""
    return store.query(
        "SELECT DISTINCT period, sector, book, version FROM assessments ORDER BY 1, 2, 3, 4"
    )


def attained(
    store: Store, periods: Sequence[str], *, sectors: Sequence[str] = (), books: Sequence[str] = ()
) -> list[tuple[Any, ...]]:
    """Return the assessments of some periods in the order in which they were saved, as HEAD
    followed by low, high and asked points of every dimension, `carried` and `perhaps`.

    Points are in units of 10**-decimals, low and high ones in `carried` places more. `perhaps` is a
    set of dimensions, bit n for the nth: those on which perhaps nothing is asked; -1 where that was
    not worked out. `books` are ids or id@version; nothing named is
    everything.
    """
    where = [_among("period", len(periods))]
    values: list[str] = list(periods)
    if sectors:
        where.append(_among("sector", len(sectors)))
        values += sectors
    if books:
        where.append(f"({_among('book', len(books))} OR {_among(_KEY, len(books))})")
        values += [*books, *books]
    return store.query(f"{_SELECT} WHERE {' AND '.join(where)} ORDER BY number", *values)


def attained_by(store: Store, ids: Sequence[str]) -> list[tuple[Any, ...]]:
    """Return the same of the assessments with some ids; those that are not there are left out."""
    query = f"{_SELECT} WHERE id IN (SELECT value FROM json_each(?)) ORDER BY number"  # noqa: S608  # our own words
    return store.query(query, json.dumps(list(ids)))


def asked(store: Store, assessment: str) -> list[tuple[str | None, bool, int, int]]:
    """Return the rules of the book behind an assessment: dimension, whether it is a bonus rule,
    points, and their decimals.
    """
    found = store.query(
        'SELECT dimension, section IS NULL, findings."full", decimals FROM assessments '
        "JOIN findings ON assessment = number"
        " WHERE id = ? ORDER BY position",
        assessment,
    )
    return [
        (dimension, bool(bonus), points, decimals) for dimension, bonus, points, decimals in found
    ]


def _among(column: str, count: int) -> str:
    return f"{column} IN ({', '.join('?' * count)})"
