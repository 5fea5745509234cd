"""What a comparison reads of saved assessments: their heads, and the points of each shared
dimension.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from steelyard.errors import Fault, fault
from steelyard.store.rows import HEAD as _HEAD
from steelyard.store.rows import REST, Units
from steelyard.store.seals import seal
from steelyard.store.store import Store

HEAD = ("number", *_HEAD)
"""The columns that a row begins with."""
_POINTS = len(HEAD) + REST.index("points")
_KEY = "book || '@' || version"


def held(store: Store) -> list[tuple[str, str, str, str]]:
    """Return of which periods, sectors, books and versions the store has assessments."""
    return store.query("SELECT period, sector, book, version FROM tally ORDER BY 1, 2, 3, 4")


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
    return _read(store.heads(" AND ".join(where), *values))


def attained_by(store: Store, ids: Sequence[str]) -> list[tuple[Any, ...]]:
    """Return the same of the assessments with some ids; those that are not there are left out."""
    where = "id IN (SELECT value FROM json_each(?))"
    return _read(store.heads(where, json.dumps(list(ids)), counted=False))


def asked(store: Store, assessment: str) -> list[tuple[str | None, bool, int, int]]:
    """Return the rules of the book behind an assessment: dimension, whether it is a bonus rule,
    points, and their decimals.
    """
    found = store.get(assessment)
    decimals = len(found["score"]["full"].partition(".")[2])
    units = Units(decimals)
    return [
        (one.get("dimension"), one.get("section") is None, units[one["points"]["full"]], decimals)
        for one in found["findings"]
    ]


def sampled(store: Store, ids: Sequence[str]) -> dict[str, Any]:
    """Return what was saved of the surveys of assessments, by id; those of which nothing was are
    left out. Raises StoreError where that was changed.
    """
    rows = store.query(
        "SELECT number, id, said, sampled.seal FROM sampled JOIN assessments ON assessment = number"
        " WHERE id IN (SELECT value FROM json_each(?)) ORDER BY number",
        json.dumps(list(ids)),
    )
    store.refuse([surveys_changed(store, row[1]) for row in rows if seal(row[:-1]) != row[-1]])
    said = json.loads(f"[{','.join(row[2] for row in rows)}]")
    return dict(zip((row[1] for row in rows), said, strict=True))


def surveys_changed(store: Store, assessment: str) -> Fault:
    """Return what is said where that was changed."""
    said = "the surveys of assessment `{id}` are not as they were saved"
    return fault(store.name, said, id=assessment)


def _read(rows: Sequence[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
    # All at once, which takes half the time of one after the other.
    points = json.loads(f"[{','.join(row[_POINTS] for row in rows)}]")
    return [
        (
            *row[:_POINTS],
            *earned,
            row[_POINTS + 1],
            -1 if row[_POINTS + 2] is None else row[_POINTS + 2],
        )
        for row, earned in zip(rows, points, strict=True)
    ]


def _among(column: str, count: int) -> str:
    return f"{column} IN ({', '.join('?' * count)})"
