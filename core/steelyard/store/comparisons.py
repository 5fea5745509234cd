"""Comparisons that were made: what they were asked, what they rest on, and the fingerprint of what
they gave.
"""

from __future__ import annotations

import datetime
import json
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from steelyard.errors import StoreError, fault
from steelyard.store.file import told, writing
from steelyard.store.rows import dumps, pack, unpack
from steelyard.store.store import Store

_SHOWN = 3


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
    row = (
        made.id,
        now,
        made.printed,
        dumps(made.method),
        pack(dumps(made.assessments)),
        pack(dumps(made.summary)),
        made.result,
    )
    with told(store.name), writing(store.db):
        known = store.db.execute(
            "SELECT result FROM comparisons WHERE id = ?", [made.id]
        ).fetchone()
        if known is not None and known[0] != made.result:
            said = (
                "comparison `{id}` is there with another result, by another version of "
                "steelyard or of a plugin; --no-save compares and keeps nothing"
            )
            raise StoreError([fault(store.name, said, id=made.id)])
        store.db.execute(
            "INSERT INTO comparisons VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE "
            "SET printed = excluded.printed",
            row,
        )


def kept(store: Store, reference: str) -> Made:
    """Return the comparison that an id, or the beginning of one id only, means."""
    found = (
        store.query(
            "SELECT id, printed, method, assessments, summary, result FROM comparisons "
            "WHERE id >= ? AND id < ? ORDER BY id LIMIT ?",
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
    name, printed, method, assessments, summary, result = found[0]
    with told(store.name):
        return Made(
            name,
            printed,
            json.loads(method),
            json.loads(unpack(assessments)),
            json.loads(unpack(summary)),
            result,
        )
