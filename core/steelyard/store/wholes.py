"""The step that tells units apart by the whole that they are a part of."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from steelyard.case.unit import Unit
from steelyard.errors import StoreError
from steelyard.store.packing import Patterns
from steelyard.store.sealing import SEALED, UNFIT
from steelyard.store.seals import digest_of, seal

if TYPE_CHECKING:
    from sqlite_utils import Database

_AT = SEALED.index("subject") + 1
_INDEXED = """
DROP INDEX assessments_subject;
CREATE INDEX assessments_subject ON assessments (subject, part_of, period);
"""


def add_wholes(db: Database) -> None:
    """Give the row of each assessment what its document says of the whole.

    A row that was not as it was saved, or whose document is not, gets a seal that fits nothing, so
    that it is named when it is read, as ever.
    """
    db.executescript("ALTER TABLE assessments ADD COLUMN part_of TEXT NOT NULL DEFAULT '';")
    patterns = Patterns(db, "")
    columns = ", ".join(f'assessments."{name}"' for name in SEALED)
    whole_row = (
        f"SELECT {columns}, documents.pattern, document FROM assessments "  # noqa: S608  # our own words
        "LEFT JOIN documents ON assessment = number WHERE number = ?"
    )
    for number in db.execute("SELECT number FROM assessments ORDER BY number").fetchall():
        *row, pattern, packed = db.execute(whole_row, number).fetchone()
        whole = _whole(row, _text(patterns, pattern, packed))
        values = [*row[:_AT], whole or "", *row[_AT:-1]]
        db.execute(
            "UPDATE assessments SET part_of = ?, seal = ? WHERE number = ?",
            [whole or "", UNFIT if whole is None else seal(values), row[0]],
        )
    db.executescript(_INDEXED)


def _text(patterns: Patterns, pattern: int | None, packed: bytes | None) -> str | None:
    if packed is None:
        return None
    try:
        return patterns.at(pattern).text_of(packed)
    except StoreError:
        return None


def _whole(row: list[object], text: str | None) -> str | None:
    """Return the whole that a document names; None where nobody can tell what was saved."""
    if text is None or seal(row[:-1]) != row[-1] or digest_of(text) != row[-2]:
        return None
    # Few assessments are of parts, and a document is long.
    return Unit.of(json.loads(text)["subject"]).whole if '"part_of"' in text else ""
