"""Saving assessments so that none is lost, changed or kept twice, and finding them again."""

from __future__ import annotations

import datetime
import hashlib
import itertools
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, Self

from steelyard.errors import Fault, StoreError, also, fault
from steelyard.judging.earlier_form import brought_up_to_date
from steelyard.store.file import connect, told, writing
from steelyard.store.rows import (
    Entry,
    Making,
    Rows,
    Words,
    decimal_text,
    dumps,
    pack,
    rows_of,
    unpack,
)
from steelyard.store.words import condition, spaced

if TYPE_CHECKING:
    from sqlite_utils import Database

__all__ = ["Entry", "SaveResult", "Store"]

_BATCH = 100
_MOST_REMEMBERED = 200_000
_SHOWN = 3


# Inside the class the word `list` is its method.
_Summaries = list[dict[str, Any]]
_Found = list[Any]


class SaveResult(NamedTuple):
    """The ids that were saved, and those that had been saved before."""

    new: tuple[str, ...]
    known: tuple[str, ...]


class Store:
    """One SQLite file of assessments. Every method raises StoreError, in one line, when the file
    cannot serve.
    """

    def __init__(self, db: Database, name: str) -> None:
        """Use `open` instead: it brings the tables up to date first."""
        self.db = db
        self.name = name
        self._texts: dict[Words, int] = {}
        self._making: dict[str, Making] = {}

    @classmethod
    def open(cls, path: str | Path, *, create: bool = True) -> Store:
        """Open a store, making the file when it is not there and `create` says so."""
        return cls(connect(Path(path), str(path), create=create), str(path))

    def close(self) -> None:
        """Close the file."""
        with told(self.name):
            self.db.close()

    def __enter__(self) -> Self:
        """Return the store itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close the file."""
        self.close()

    def save(self, entries: Iterable[Entry]) -> SaveResult:
        """Save assessments with their cases, books and names, in transactions of 100; what is saved
        stays saved.

        An assessment that is there already is left as it is. Raises StoreError where an id is there
        with other content. Whatever stops it tells how many were saved before.
        """
        new: list[str] = []
        known: list[str] = []
        remaining = iter(entries)
        try:
            while batch := list(itertools.islice(remaining, _BATCH)):
                # Worked out before the file is locked, so that other programs wait for the writing
                # alone.
                rows = [rows_of(entry, self._making_of(entry)) for entry in batch]
                with told(self.name):
                    saved = self._save(rows, [pack(row.document) for row in rows])
                new.extend(saved.new)
                known.extend(saved.known)
                # The next batch is made only when this one has left memory.
                del batch, rows
        except BaseException as error:
            if new or known:
                also(error, _kept(self.name, len(new) + len(known)))
            raise
        return SaveResult(tuple(new), tuple(known))

    def get(self, reference: str) -> dict[str, Any]:
        """Return the assessment that an id, or the beginning of one id only, means: the document
        that was saved, in the present form.
        """
        with told(self.name):
            found = self._rows("SELECT document FROM assessments WHERE id = ?", reference)
            if not found and reference:
                found = self._rows(
                    "SELECT document, id FROM assessments WHERE id >= ? AND id < ? ORDER "
                    "BY id LIMIT ?",
                    reference,
                    reference + chr(0x10FFFF),
                    _SHOWN + 1,
                )
            if not found:
                raise StoreError([fault(self.name, "there is no assessment `{id}`", id=reference)])
            if len(found) > 1:
                ids = ", ".join(str(row[1]) for row in found[:_SHOWN]) + (
                    "…" if len(found) > _SHOWN else ""
                )
                raise StoreError(
                    [fault(self.name, "`{id}` begins several ids: {ids}", id=reference, ids=ids)]
                )
            return brought_up_to_date(json.loads(unpack(found[0][0])))

    def newest(self, book: str, subject: str, period: str) -> Iterator[dict[str, Any]]:
        """Yield the assessments of a subject by a book in a period, the last saved first."""
        with told(self.name):
            found = self._rows(
                "SELECT number FROM assessments WHERE subject = ? AND period = ? AND "
                "book = ? ORDER BY number DESC",
                subject,
                period,
                book,
            )
            for (number,) in found:
                [(packed,)] = self._rows(
                    "SELECT document FROM assessments WHERE number = ?", number
                )
                yield brought_up_to_date(json.loads(unpack(packed)))

    def list(
        self,
        *,
        book: str = "",
        subject: str = "",
        period: str = "",
        search: str = "",
        limit: int | None = None,
    ) -> _Summaries:
        """Return summaries of assessments, newest first.

        `book` is an id or id@version, `subject` an id. Every word of `search` must be in the name
        of the subject or, together with the others, in the reason of one finding or consequence.
        """
        where = ["1"]
        values: _Found = []
        name, _, version = book.partition("@")
        for column, value in (
            ("book", name),
            ("version", version),
            ("subject", subject),
            ("period", period),
        ):
            if value:
                where.append(f"{column} = ?")
                values.append(value)
        columns = ", ".join(f'"{column}"' for column in _SUMMARY)
        with told(self.name):
            if search.strip():
                sought, words = condition(search, self._is_named)
                where.append(sought)
                values += words
            values.append(-1 if limit is None else limit)
            query = (
                f"SELECT {columns} FROM assessments "  # noqa: S608  # our own words
                f"WHERE {' AND '.join(where)} ORDER BY number DESC LIMIT ?"
            )
            found = self._rows(query, *values)
        try:
            return [_summary(dict(zip(_SUMMARY, row, strict=True))) for row in found]
        except (TypeError, ValueError):
            raise StoreError([fault(self.name, "is damaged")]) from None

    def case(self, digest: str) -> dict[str, Any]:
        """Return the document of a case by its digest."""
        return self._document("SELECT document FROM cases WHERE digest = ?", digest)

    def book(self, digest: str) -> dict[str, Any]:
        """Return the document of a resolved book by its digest."""
        return self._document("SELECT document FROM books WHERE digest = ?", digest)

    def names(self, digest: str) -> dict[str, str]:
        """Return the names of the persons of a case, by party; they are kept nowhere else."""
        with told(self.name):
            return dict(
                self._rows(
                    "SELECT party, name FROM names WHERE case_digest = ? ORDER BY party", digest
                )
            )

    def query(self, query: str, *values: object) -> _Found:
        """Return the rows of a query of Steelyard's own."""
        with told(self.name):
            return self._rows(query, *values)

    def _document(self, query: str, digest: str) -> dict[str, Any]:
        with told(self.name):
            found = self._rows(query, digest)
            if not found:
                raise StoreError(
                    [fault(self.name, "there is nothing with digest `{digest}`", digest=digest)]
                )
            document: dict[str, Any] = json.loads(found[0][0])
            return document

    def _rows(self, query: str, *values: object) -> _Found:
        found: _Found = self.db.execute(query, values).fetchall()
        return found

    def _is_named(self, phrase: str) -> bool:
        return bool(
            self._rows("SELECT 1 FROM words WHERE words MATCH ? LIMIT 1", f"subject: {phrase}")
        )

    def _making_of(self, entry: Entry) -> Making:
        digest = entry.assessment["book"]["digest"]
        if digest not in self._making:
            self._making[digest] = Making(entry.book)
        return self._making[digest]

    def _save(self, rows: Sequence[Rows], packed: Sequence[bytes]) -> SaveResult:
        with writing(self.db):
            known = self._known(rows)
            fresh: dict[str, tuple[Rows, bytes]] = {}
            for row, document in zip(rows, packed, strict=True):
                if row.id in fresh:
                    self._same(row, fresh[row.id][0].document)
                elif row.id not in known:
                    fresh[row.id] = (row, document)
            new = [row for row, _ in fresh.values()]
            texts = self._number_texts(new)
            self._insert(fresh.values(), texts)
            self.db.conn.executemany(
                "INSERT INTO names VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET name = "
                "excluded.name WHERE name <> excluded.name",
                [
                    (row.entry.assessment["case"], party, name)
                    for row in rows
                    for party, name in row.entry.names.items()
                ],
            )
        # Only now, since what a failed transaction had numbered is not there.
        if len(self._texts) + len(texts) > _MOST_REMEMBERED:
            self._texts.clear()
        self._texts.update(texts)
        return SaveResult(tuple(fresh), tuple(row.id for row in rows if row.id in known))

    def _known(self, rows: Sequence[Rows]) -> set[str]:
        by_id = {row.id: row for row in rows}
        found = _among(self.db, "SELECT id, document FROM assessments WHERE id IN", list(by_id))
        for name, document in found:
            self._same(by_id[name], unpack(document))
        return {name for name, _ in found}

    def _same(self, row: Rows, document: str) -> None:
        # The texts differ too where only the order of the keys does.
        if row.document != document and json.loads(row.document) != json.loads(document):
            raise StoreError(
                [fault(self.name, "assessment `{id}` is there with other content", id=row.id)]
            )

    def _number_texts(self, rows: Sequence[Rows]) -> dict[Words, int]:
        """Return the numbers of all texts of some rows, keeping and indexing those that are new."""
        wanted: dict[Words, None] = {}
        for row in rows:
            wanted[row.subject] = None
            wanted.update((one[-1], None) for one in row.findings)
            wanted.update((one[-1], None) for one in row.consequences)
        numbers = {words: self._texts[words] for words in wanted if words in self._texts}
        missing = {_digest(words): words for words in wanted if words not in numbers}
        found = _among(self.db, "SELECT digest, number FROM texts WHERE digest IN", list(missing))
        numbers |= {missing.pop(digest): number for digest, number in found}
        last = self._rows("SELECT coalesce(max(number), 0) FROM texts")[0][0]
        fresh = list(enumerate(missing.items(), last + 1))
        self.db.conn.executemany(
            "INSERT INTO texts VALUES (?, ?, ?, ?)",
            [(number, digest, words[1], words[2]) for number, (digest, words) in fresh],
        )
        self.db.conn.executemany(
            "INSERT INTO words (rowid, subject, said) VALUES (?, ?, ?)",
            [(number, *_indexed(words)) for number, (_, words) in fresh],
        )
        return numbers | {words: number for number, (_, words) in fresh}

    def _insert(self, fresh: Iterable[tuple[Rows, bytes]], texts: Mapping[Words, int]) -> None:
        saved_at = datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")
        last = self._rows("SELECT coalesce(max(number), 0) FROM assessments")[0][0]
        numbered = list(enumerate(fresh, last + 1))
        rows = [(number, row) for number, (row, _) in numbered]
        many = self.db.conn.executemany
        books = {row.head[4]: row for _, row in rows}
        there = {
            digest
            for (digest,) in _among(
                self.db, "SELECT digest FROM books WHERE digest IN", list(books)
            )
        }
        many(
            "INSERT INTO books VALUES (?, ?, ?, ?)",
            [
                (digest, row.head[2], row.head[3], dumps(row.entry.book))
                for digest, row in books.items()
                if digest not in there
            ],
        )
        many(
            "INSERT OR IGNORE INTO cases VALUES (?, ?)",
            [(row.entry.assessment["case"], dumps(row.entry.case)) for _, row in rows],
        )
        many(
            _into("assessments", 26),
            [
                (
                    number,
                    *row.head,
                    row.plugins,
                    saved_at,
                    texts[row.subject],
                    document,
                    row.not_rated,
                )
                for number, (row, document) in numbered
            ],
        )
        many(
            "INSERT INTO findings VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            [(number, *one[:-1], texts[one[-1]]) for number, row in rows for one in row.findings],
        )
        many(
            "INSERT INTO consequences VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            [
                (number, *one[:-1], texts[one[-1]])
                for number, row in rows
                for one in row.consequences
            ],
        )
        many(
            "INSERT INTO ledger VALUES (?, ?, ?, ?, ?, ?)",
            [(number, *one) for number, row in rows for one in row.ledger],
        )
        many(
            _into("attained", 39),
            [(number, *row.attained) for number, row in rows],
        )


_SUMMARY = (
    "id",
    "as_of",
    "book",
    "version",
    "subject",
    "subject_name",
    "sector",
    "period",
    "coverage",
    "score_low",
    "score_high",
    "full",
    "decimals",
    "grade_low",
    "grade_high",
    "settled",
    "veto",
    "not_rated",
    "saved_at",
)


def _summary(row: dict[str, Any]) -> dict[str, Any]:
    places = row["decimals"]
    return {
        "id": row["id"],
        "as_of": row["as_of"],
        "book": {"id": row["book"], "version": row["version"]},
        "subject": {"id": row["subject"], "name": row["subject_name"], "sector": row["sector"]},
        "period": row["period"],
        "coverage": row["coverage"],
        "score": {key: decimal_text(row[f"score_{key}"], places) for key in ("low", "high")}
        | {"full": decimal_text(row["full"], places)},
        "grade": {
            "low": row["grade_low"],
            "high": row["grade_high"],
            "settled": bool(row["settled"]),
        },
        "veto": row["veto"],
        "not_rated": row["not_rated"],
        "saved_at": row["saved_at"],
    }


def _kept(name: str, count: int) -> Fault:
    return fault(
        name,
        "before that, the first {count} assessments were saved, and they stay saved; the same "
        "again saves the others",
        count=count,
    )


def _into(table: str, columns: int) -> str:
    return f"INSERT INTO {table} VALUES ({', '.join('?' * columns)})"  # noqa: S608  # our own words


def _digest(words: Words) -> bytes:
    return hashlib.blake2b("\0".join(words).encode(), digest_size=16).digest()


def _indexed(words: Words) -> tuple[str, str]:
    kind, zh, en = words
    return (spaced(zh), "") if kind == "subject" else ("", spaced(f"{zh} {en}"))


def _among(db: Database, query: str, values: Sequence[object]) -> list[Any]:
    """Return the rows of a query that ends in `IN`, for any number of values."""
    found: list[Any] = []
    for start in range(0, len(values), _BATCH):
        part = values[start : start + _BATCH]
        found += db.execute(f"{query} ({', '.join('?' * len(part))})", part).fetchall()
    return found
