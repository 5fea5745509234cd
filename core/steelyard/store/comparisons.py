"""Comparisons that were made: what they were asked, what they rest on, and the fingerprint of what
they gave.
"""

from __future__ import annotations

import datetime
import json
import zlib
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from steelyard.errors import Fault, StoreError, fault
from steelyard.store.file import told, writing
from steelyard.store.rows import dumps
from steelyard.store.seals import seal
from steelyard.store.store import Store

_SHOWN = 3
_ALL = "SELECT id, made_at, printed, method, assessments, summary, result, seal FROM comparisons"


class Made(NamedTuple):
    """A comparison as the store keeps it.

    `method` holds all arguments, `assessments` the ids that it rests on, `summary` what it found
    but for the lines of the units, and `result` the SHA-256 of all that it found: assessments never
    change, so the rest can be worked out again. `printed` tells how it was last asked for: format,
    limit and language.
    """

    id: str
    printed: str
    method: Mapping[str, Any]
    assessments: Sequence[str]
    summary: Mapping[str, Any]
    result: str


def keep(store: Store, made: Made) -> None:
    """Save a comparison. Raises StoreError where its id is there with another result."""
    now = datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")
    row = [
        made.id,
        now,
        made.printed,
        dumps(made.method),
        zlib.compress(dumps(made.assessments).encode()),
        zlib.compress(dumps(made.summary).encode()),
        made.result,
    ]
    with told(store.name), writing(store.db):
        for known in store.db.execute(f"{_ALL} WHERE id = ?", [made.id]).fetchall():
            if _sound(store, known)[-2] != made.result:
                said = (
                    "comparison `{id}` is there with another result, by another version of "
                    "steelyard or of a plugin; --no-save compares and keeps nothing"
                )
                raise StoreError([fault(store.name, said, id=made.id)])
            row = [*known[:2], made.printed, *known[3:-1]]
        store.db.execute(
            "INSERT OR REPLACE INTO comparisons VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            [*row, seal(row)],
        )


def kept(store: Store, reference: str) -> Made:
    """Return the comparison that an id, or the beginning of one id only, means; raises StoreError
    where it is not as it was saved.
    """
    found = (
        store.query(
            f"{_ALL} WHERE id >= ? AND id < ? ORDER BY id LIMIT ?",
            reference,
            reference + chr(0x10FFFF),
            _SHOWN + 1,
        )
        if reference
        else []
    )
    if not found:
        raise StoreError([fault(store.name, "there is no comparison `{id}`", id=reference)])
    if len(found) > 1 and found[0][0] != reference:
        ids = ", ".join(row[0] for row in found[:_SHOWN]) + ("…" if len(found) > _SHOWN else "")
        raise StoreError(
            [fault(store.name, "`{id}` begins several ids: {ids}", id=reference, ids=ids)]
        )
    name, _, printed, method, assessments, summary, result, _ = _sound(store, found[0])
    with told(store.name):
        return Made(
            name,
            printed,
            json.loads(method),
            json.loads(zlib.decompress(assessments)),
            json.loads(zlib.decompress(summary)),
            result,
        )


def changed(store: Store) -> Iterator[Fault]:
    """Yield the comparisons that are not as they were saved."""
    for row in store.query(f"{_ALL} ORDER BY id"):
        if seal(row[:-1]) != row[-1]:
            yield _fault(store, row)


def _sound(store: Store, row: tuple[Any, ...]) -> tuple[Any, ...]:
    if seal(row[:-1]) != row[-1]:
        raise StoreError([_fault(store, row)])
    return row


def _fault(store: Store, row: tuple[Any, ...]) -> Fault:
    return fault(store.name, "comparison `{id}` is not as it was saved", id=row[0])
