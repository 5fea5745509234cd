"""Writing rows so that none is lost, changed or kept twice."""

from __future__ import annotations

import datetime
import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from steelyard.errors import Fault, StoreError, fault
from steelyard.store.file import writing
from steelyard.store.packing import PLAIN, Kind, Pattern, Patterns
from steelyard.store.rows import COLUMNS, HEAD, WHOLE, Ready, Row, dumps
from steelyard.store.seals import digest_of, seal

if TYPE_CHECKING:
    from sqlite_utils import Database

_MOST = 100
_GROUP = tuple(HEAD.index(name) for name in ("period", "sector", "book", "version"))
_PLACE = {name: place for place, name in enumerate(COLUMNS)}


class SaveResult(NamedTuple):
    """The ids that were saved, and those that had been saved before."""

    new: tuple[str, ...]
    known: tuple[str, ...]


class _Packed(NamedTuple):
    """What is saved of one assessment, as bytes."""

    ready: Ready
    pattern: int | None
    document: bytes
    case_pattern: int | None
    case: bytes


def write(db: Database, name: str, patterns: Patterns, rows: Sequence[Ready]) -> SaveResult:
    """Save rows in one transaction; those that are there already are left as they are.

    Raises StoreError where an id is there with other content.
    """
    # Packed before the file is locked, so that other programs wait for the writing alone.
    packed = _packed(db, patterns, rows)
    with writing(db):
        known = _known(db, name, patterns, rows)
        fresh: dict[str, _Packed] = {}
        for one in packed:
            row = one.ready.row
            if row.id in fresh:
                _same(name, row, fresh[row.id].ready.row.document)
            elif row.id not in known:
                fresh[row.id] = one
        _insert(db, list(fresh.values()))
        _name(db, rows)
    return SaveResult(tuple(fresh), tuple(one.row.id for one in rows if one.row.id in known))


def _packed(db: Database, patterns: Patterns, rows: Sequence[Ready]) -> list[_Packed]:
    missing: dict[tuple[Kind, str], str] = {}
    for row, _, _ in rows:
        if patterns.of("assessment", row.book) is None:
            missing.setdefault(("assessment", row.book), row.document)
        if patterns.of("case", row.book) is None:
            missing.setdefault(("case", row.book), row.case)
    if missing:
        with writing(db):
            patterns.add(missing)

    def pattern(kind: Kind, book: str) -> Pattern:
        return patterns.of(kind, book) or PLAIN

    found = []
    for one in rows:
        row = one.row
        told, shown = pattern("assessment", row.book), pattern("case", row.book)
        document, case = told.pack(row.document), shown.pack(row.case)
        found.append(_Packed(one, told.number, document, shown.number, case))
    return found


def _known(db: Database, name: str, patterns: Patterns, rows: Sequence[Ready]) -> frozenset[str]:
    by_id = {one.row.id: one.row for one in rows}
    found = among(db, f"{WHOLE} WHERE id IN", list(by_id))
    for *head, pattern, packed in found:
        if seal(head[:-1]) != head[-1]:
            raise StoreError([row_changed(name, head)])
        text = None if packed is None else patterns.at(pattern).text_of(packed)
        _same(name, by_id[head[_PLACE["id"]]], text or "")
    return frozenset(row[_PLACE["id"]] for row in found)


def row_changed(name: str, row: Sequence[Any]) -> Fault:
    """Return what is said of an assessment whose row does not fit its seal."""
    said = "the row of assessment `{id}` is not as it was saved"
    return fault(name, said, id=row[_PLACE["id"]])


def _same(name: str, row: Row, document: str) -> None:
    # The texts differ too where only the order of the keys does.
    if row.document != document and (
        not document or json.loads(row.document) != json.loads(document)
    ):
        said = "assessment `{id}` is there with other content"
        raise StoreError([fault(name, said, id=row.id)])


def _insert(db: Database, fresh: Sequence[_Packed]) -> None:
    saved_at = datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")
    last = db.execute("SELECT coalesce(max(number), 0) FROM assessments").fetchone()[0]
    numbered = list(enumerate(fresh, last + 1))
    many = db.conn.executemany
    books = {one.ready.row.book: one.ready for one in fresh}
    there = {row[0] for row in among(db, "SELECT digest FROM books WHERE digest IN", list(books))}
    many(
        "INSERT INTO books VALUES (?, ?, ?, ?, ?)",
        [_book(one) for digest, one in books.items() if digest not in there],
    )
    many(
        "INSERT OR IGNORE INTO cases VALUES (?, ?, ?)",
        [(one.ready.row.case_digest, one.case_pattern, one.case) for one in fresh],
    )
    many(
        into("assessments", COLUMNS),
        [_values(n, one, saved_at) for n, one in numbered],
    )
    many(
        "INSERT INTO documents VALUES (?, ?, ?)",
        [(number, one.pattern, one.document) for number, one in numbered],
    )
    many(
        "INSERT INTO sampled VALUES (?, ?, ?)",
        [
            (number, row.sampled, seal((number, row.id, row.sampled)))
            for number, row in ((number, one.ready.row) for number, one in numbered)
            if row.sampled is not None
        ],
    )
    _count(db, Counter(tuple(one.ready.row.head[at] for at in _GROUP) for one in fresh))


def _values(number: int, one: _Packed, saved_at: str) -> tuple[Any, ...]:
    row = one.ready.row
    values = (
        number,
        *row.head,
        row.points,
        row.carried,
        row.perhaps,
        row.settled,
        row.schema,
        dumps(one.ready.plugins),
        saved_at,
        digest_of(row.document),
    )
    return (*values, seal(values))


def _book(one: Ready) -> tuple[Any, ...]:
    key = tuple(one.row.head[HEAD.index(name)] for name in ("digest", "book", "version"))
    text = dumps(one.book)
    return (*key, PLAIN.pack(text), seal((*key, text)))


def _count(db: Database, fresh: Mapping[tuple[Any, ...], int]) -> None:
    """Add what was saved to the tally."""
    for group, more in fresh.items():
        found = db.execute(
            "SELECT period, sector, book, version, assessments, seal FROM tally "
            "WHERE period = ? AND sector = ? AND book = ? AND version = ?",
            group,
        ).fetchone()
        if found is not None and seal(found[:-1]) != found[-1]:
            # A count that does not fit is left to be named, not made to fit.
            continue
        row = (*group, more + (found[-2] if found else 0))
        db.execute("INSERT OR REPLACE INTO tally VALUES (?, ?, ?, ?, ?, ?)", (*row, seal(row)))


def _name(db: Database, rows: Iterable[Ready]) -> None:
    named = [
        (one.row.case_digest, party, name) for one in rows for party, name in one.row.names.items()
    ]
    db.conn.executemany(
        "INSERT INTO names VALUES (?, ?, ?, ?) ON CONFLICT DO UPDATE SET name = excluded.name, "
        "seal = excluded.seal WHERE name <> excluded.name",
        [(*row, seal(row)) for row in named],
    )


def into(table: str, columns: Sequence[str]) -> str:
    """Return the statement that adds a row to a table, by its columns: those that came later stand
    last in the file.
    """
    named, marks = ", ".join(f'"{one}"' for one in columns), ", ".join("?" * len(columns))
    return f"INSERT INTO {table} ({named}) VALUES ({marks})"  # noqa: S608  # our own words


def among(db: Database, query: str, values: Sequence[object]) -> list[Any]:
    """Return the rows of a query that ends in `IN`, for any number of values."""
    found: list[Any] = []
    for start in range(0, len(values), _MOST):
        part = values[start : start + _MOST]
        found += db.execute(f"{query} ({', '.join('?' * len(part))})", part).fetchall()
    return found
