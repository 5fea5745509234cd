"""Tables too large for memory, gone through in batches of units: what must meet, a unit with its
records, parties and waivers and a row with its double, stands in one batch.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Protocol

from steelyard.bulk.intake.given import Raw
from steelyard.bulk.intake.sources import FILE, ROW, quoted, text
from steelyard.bulk.intake.typed import Rows

_BATCH = "steelyard_batch"
_VALUE = 20
"""How many bytes a value takes while rows are compared and gathered, as seen of whole runs."""
_MOST = 128
_AT_ONCE = 8
"""So many batches lie on the disk at one time: each eight cost a reading of what came in."""
_WRITTEN = 1 << 20
"""How many bytes a column of each batch may take while batches are written."""
_WIDER_THAN_PARQUET = ("HUGEINT", "UHUGEINT")


class Storage(Protocol):
    """An engine that works within a machine's memory, and beside it in a folder of its disk."""

    spill: Path

    @property
    def memory(self) -> int:
        """Return how many bytes it may hold."""

    def spread(self, query: str, column: str, folder: Path) -> None:
        """Write what a query gives as Parquet, in a folder `COLUMN=VALUE` for each value of a
        column, without that column.
        """

    def stored(self, files: list[Path]) -> str:
        """Return what was written, from some files in their order, as a relation."""


def fitting(rows: Rows, memory: int) -> int:
    """Return into how many batches tables are divided so that each fits into some bytes of memory;
    1 where all do.
    """
    values = sum(rows.count[name] * len(raw.table.columns) for name, raw in rows.raw.items())
    return min(_MOST, max(1, -(-values * _VALUE // max(1, memory))))


def in_batches(rows: Rows, number: int, storage: Storage) -> Iterator[Rows]:
    """Yield tables in batches, which lie in the spill folder until the next is asked for."""
    folder = storage.spill / "batches"
    widest = max(len(raw.opened.columns) for raw in rows.raw.values())
    at_once = max(1, min(_AT_ONCE, storage.memory // (widest * _WRITTEN)))
    for first in range(0, number, at_once):
        here = range(first, min(first + at_once, number))
        spread: dict[tuple[str, str], Path] = {}
        for name, raw in rows.raw.items():
            # One table of parties is that of every kind.
            key = raw.opened.relation, rows.unit(name)
            if key not in spread:
                spread[key] = folder / name
                folder.mkdir(parents=True, exist_ok=True)
                storage.spread(_numbered(rows, raw, key[1], number, here), _BATCH, spread[key])
        for batch in here:
            yield rows.over({
                name: _stored(
                    rows, raw, storage,
                    spread[raw.opened.relation, rows.unit(name)] / f"{_BATCH}={batch}",
                )
                for name, raw in rows.raw.items()
            })  # fmt: skip
        shutil.rmtree(folder)


def _numbered(rows: Rows, raw: Raw, unit: str, number: int, here: range) -> str:
    """Return the rows of some batches, each with the number of its own."""
    columns = [
        f"CAST(raw.{quoted(name)} AS VARCHAR) AS {quoted(name)}"
        if kind in _WIDER_THAN_PARQUET else f"raw.{quoted(name)}"
        for name, kind in _own(rows, raw).items()
    ]  # fmt: skip
    columns += [f"raw.{quoted(one)}" for one in ((FILE, ROW) if raw.opened.several else (ROW,))]
    # Hashed twice: of rows alike in the bits that the engine tells them apart by, its own tables
    # would hold long chains.
    columns.append(f"CAST(hash(hash({unit})) % {number} AS INTEGER) AS {_BATCH}")
    return (
        f"SELECT * FROM (SELECT {', '.join(columns)} FROM {raw.opened.relation} AS raw) "  # noqa: S608  # names of ours and of books, quoted
        f"WHERE {_BATCH} BETWEEN {here.start} AND {here.stop - 1}"
    )


def _stored(rows: Rows, raw: Raw, storage: Storage, folder: Path) -> str:
    """Return one batch of a table as a relation like that of the whole table."""
    files = sorted(folder.glob("*.parquet"))
    if not files:
        return f"(SELECT * FROM {raw.opened.relation} AS none WHERE FALSE)"  # noqa: S608  # likewise
    columns = [
        f"CAST({quoted(name)} AS {kind}) AS {quoted(name)}"
        for name, kind in _own(rows, raw).items()
    ]
    file = quoted(FILE)
    if not raw.opened.several:
        ((name,),) = rows.engine.rows(f"SELECT {file} FROM {raw.opened.relation} AS raw LIMIT 1")  # noqa: S608
        file = f"{text(str(name))} AS {file}"
    return f"(SELECT {', '.join(columns)}, {file}, {quoted(ROW)} FROM {storage.stored(files)})"  # noqa: S608


def _own(rows: Rows, raw: Raw) -> dict[str, str]:
    """Return the columns of a table with their types, what its texts say beside them."""
    found = rows.engine.columns(raw.opened.relation)
    return {name: kind for name, kind in found.items() if name not in {FILE, ROW}}
