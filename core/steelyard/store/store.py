"""Saved assessments: kept so that none is lost, found again, and refused where they are not what
was saved.
"""

from __future__ import annotations

import itertools
import json
import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from functools import cached_property
from operator import itemgetter
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from steelyard.canonical import canonical, known_by
from steelyard.case.unit import Unit
from steelyard.errors import Fault, Plural, StoreError, also, fault
from steelyard.judging.earlier_form import brought_up_to_date
from steelyard.store.file import connect, reading, told, writing
from steelyard.store.packing import PLAIN, Patterns
from steelyard.store.rows import COLUMNS, ROW, WHOLE, Entry, Ready, ready, summary
from steelyard.store.saving import SaveResult, row_changed, write
from steelyard.store.seals import digest_of, seal
from steelyard.store.search import Search
from steelyard.ticks import Ticks, silent

if TYPE_CHECKING:
    from sqlite_utils import Database

__all__ = ["Entry", "Ready", "SaveResult", "Store"]

_BATCH = 100
_SHOWN = 3
_NAMED_AT_MOST = 20
_HEADS = f"SELECT {ROW} FROM assessments"  # noqa: S608  # our own words
_TALLY = "SELECT period, sector, book, version, assessments, seal FROM tally"
_AT = {name: place for place, name in enumerate(COLUMNS)}
_ID, _SUBJECT, _WHOLE, _DOCUMENT = map(
    _AT.__getitem__, ("id", "subject", "part_of", "document_digest")
)
_group = itemgetter(*(_AT[name] for name in ("period", "sector", "book", "version")))


# Inside the class the word `list` is its method.
_Summaries = list[dict[str, Any]]
_Found = list[Any]


class Store:
    """One SQLite file of assessments. Every method raises StoreError, in one line, when the file
    cannot serve, and names what is not as it was saved.
    """

    def __init__(self, db: Database, name: str) -> None:
        """Use `open` instead: it brings the tables up to date first."""
        self.db = db
        self.name = name
        self._sound: set[tuple[str, str]] = set()

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

    @cached_property
    def patterns(self) -> Patterns:
        """What documents are packed against."""
        return Patterns(self.db, self.name)

    def refuse_unwritable(self) -> None:
        """Raise StoreError where nothing can be saved here."""
        with told(self.name), writing(self.db):
            pass

    def save(self, entries: Iterable[Entry | Ready]) -> SaveResult:
        """Save assessments with their cases, books and names, in transactions of 100; what is saved
        stays saved.

        An assessment that is there already is left as it is. Raises StoreError where an id is there
        with other content, or nothing more can be written. Whatever stops it tells how many were
        saved before.
        """
        new: list[str] = []
        known: list[str] = []
        remaining = iter(entries)
        try:
            while batch := [ready(one) for one in itertools.islice(remaining, _BATCH)]:
                with told(self.name):
                    saved = write(self.db, self.name, self.patterns, batch)
                new.extend(saved.new)
                known.extend(saved.known)
                # The next batch is made only when this one has left memory.
                del batch
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
            found = self._rows(f"{WHOLE} WHERE id = ?", reference)
            if not found and reference:
                found = self._rows(
                    f"{WHOLE} WHERE id >= ? AND id < ? ORDER BY id LIMIT ?",
                    reference,
                    reference + chr(0x10FFFF),
                    _SHOWN + 1,
                )
            if not found:
                raise StoreError([fault(self.name, "there is no assessment `{id}`", id=reference)])
            if len(found) > 1:
                ids = ", ".join(str(row[_ID]) for row in found[:_SHOWN]) + (
                    "…" if len(found) > _SHOWN else ""
                )
                raise StoreError(
                    [fault(self.name, "`{id}` begins several ids: {ids}", id=reference, ids=ids)]
                )
            return self._assessment(found[0])

    def newest(self, book: str, subject: str, period: str) -> Iterator[dict[str, Any]]:
        """Yield the assessments of all units of one id, whatever whole they are a part of, by a
        book in a period, the last saved first.
        """
        if (book, period) not in self._sound:
            # Where another row's subject was changed, this one's assessment would just be missed.
            self.heads("book = ? AND period = ?", book, period)
            self._sound.add((book, period))
        with told(self.name):
            found = self._rows(
                "SELECT number FROM assessments WHERE subject = ? AND period = ? AND "
                "book = ? ORDER BY number DESC",
                subject,
                period,
                book,
            )
        for (number,) in found:
            yield self.at(number)[1]

    def at(self, number: int) -> tuple[tuple[Any, ...], dict[str, Any]]:
        """Return the row of an assessment, as COLUMNS, and its document."""
        with told(self.name):
            [whole] = self._rows(f"{WHOLE} WHERE number = ?", number)
            return whole[: len(COLUMNS)], self._assessment(whole)

    def miscounted(self) -> Iterator[Fault]:
        """Yield the faults of groups that have another number of rows than the tally says."""
        with told(self.name), reading(self.db):
            rows, counts = self._rows(_HEADS), self._rows(_TALLY)
        yield from self._miscounted(rows, counts)

    def heads(self, where: str, *values: object, counted: bool = True) -> _Found:
        """Return the rows of assessments, as COLUMNS, in the order in which they were saved.

        Where `where` asks for nothing but period, sector, book and version, they are `counted`
        against the tally. Raises StoreError where there are fewer or more, or one is not as it was
        saved.
        """
        with told(self.name), reading(self.db):
            rows = self._rows(
                f"{_HEADS} WHERE {where} ORDER BY number",
                *values,
            )
            counts = self._rows(f"{_TALLY} WHERE {where}", *values) if counted else None
        faults = [row_changed(self.name, row) for row in rows if seal(row[:-1]) != row[-1]]
        if not faults and counts is not None:
            faults = list(self._miscounted(rows, counts))
        self.refuse(faults)
        return rows

    def list(
        self,
        *,
        book: str = "",
        subject: str = "",
        period: str = "",
        search: str = "",
        limit: int | None = None,
        ticks: Ticks = silent,
    ) -> _Summaries:
        """Return summaries of assessments, newest first.

        `book` is an id or id@version, `subject` an id, alone or after its whole's (`h-1/d-1`).
        Every word of `search` must be in the name of the subject or, together with the others, in
        the reason of one finding or consequence. `ticks` hears how far a search is.
        """
        name, _, version = book.partition("@")
        wanted = {"book": name, "version": version, "period": period}
        asked = [(_AT[column], value) for column, value in wanted.items() if value]
        sought = Search(search) if search.strip() else None
        # Every row is looked at before it is filtered: what was changed might be what is looked
        # for.
        fitting = [
            row
            for row in reversed(self.heads("1"))
            if all(row[place] == value for place, value in asked)
            and (not subject or Unit(row[_WHOLE], row[_SUBJECT]).answers_to(subject))
        ]
        rows = self._saying(fitting, sought, ticks) if sought is not None else iter(fitting)
        return [
            summary(dict(zip(COLUMNS, row, strict=True)))
            for row in itertools.islice(rows, limit and min(limit, sys.maxsize))
        ]

    def case(self, digest: str) -> dict[str, Any]:
        """Return the document of a case by its digest."""
        with told(self.name):
            found = self._rows("SELECT pattern, document FROM cases WHERE digest = ?", digest)
            if not found:
                raise StoreError([fault(self.name, "case `{digest}` is missing", digest=digest)])
            text = self.patterns.at(found[0][0]).text_of(found[0][1])
        try:
            document: dict[str, Any] = json.loads(text or "")
        except ValueError:
            document = {}
        if known_by(canonical(document)) != digest:
            said = "case `{digest}` is not as it was saved"
            raise StoreError([fault(self.name, said, digest=digest)])
        return document

    def book(self, digest: str) -> dict[str, Any]:
        """Return the document of a resolved book by its digest."""
        with told(self.name):
            found = self._rows(
                "SELECT digest, id, version, document, seal FROM books WHERE digest = ?", digest
            )
        if not found:
            raise StoreError([fault(self.name, "book `{digest}` is missing", digest=digest)])
        [(*key, packed, said)] = found
        text = PLAIN.text_of(packed)
        if text is None or seal((*key, text)) != said:
            message = "book `{digest}` is not as it was saved"
            raise StoreError([fault(self.name, message, digest=digest)])
        document: dict[str, Any] = json.loads(text)
        return document

    def names(self, digest: str) -> dict[str, str]:
        """Return the names of the persons of a case, by party; they are kept nowhere else."""
        with told(self.name):
            rows = self._rows(
                "SELECT case_digest, party, name, seal FROM names WHERE case_digest = ? "
                "ORDER BY party",
                digest,
            )
        said = "the name of `{party}` in case `{digest}` is not as it was saved"
        self.refuse(
            [
                fault(self.name, said, party=row[1], digest=digest)
                for row in rows
                if seal(row[:-1]) != row[-1]
            ]
        )
        return {party: name for _, party, name, _ in rows}

    def query(self, query: str, *values: object) -> _Found:
        """Return the rows of a query of Steelyard's own."""
        with told(self.name):
            return self._rows(query, *values)

    def _assessment(self, row: tuple[Any, ...]) -> dict[str, Any]:
        """Return the document of an assessment from its row and what is packed."""
        *head, pattern, packed = row
        if seal(head[:-1]) != head[-1]:
            raise StoreError([row_changed(self.name, row)])
        if packed is None:
            said = "the document of assessment `{id}` is missing"
            raise StoreError([fault(self.name, said, id=row[_ID])])
        text = self.patterns.at(pattern).text_of(packed)
        if text is None or digest_of(text) != row[_DOCUMENT]:
            said = "the document of assessment `{id}` is not as it was saved"
            raise StoreError([fault(self.name, said, id=row[_ID])])
        return brought_up_to_date(json.loads(text))

    def _saying(self, rows: _Found, sought: Search, ticks: Ticks) -> Iterator[Any]:
        for place, row in enumerate(rows, 1):
            _, document = self.at(row[0])
            ticks("searching", place, len(rows))
            if sought.finds(document, row[_AT["digest"]], self.book):
                yield row

    def _miscounted(self, rows: _Found, counts: _Found) -> Iterator[Fault]:
        """Yield the faults of groups that have another number of rows than were saved."""
        there = Counter(map(_group, rows))
        for *group, count, said in counts:
            found = there.pop(tuple(group), 0)
            period, _, book, version = group
            if seal((*group, count)) != said:
                message = "the count of assessments by {book} in {period} is not as it was saved"
            elif found != count:
                message = Plural(
                    "of {all} assessment by {book} in {period}, {count} are there",
                    "of {all} assessments by {book} in {period}, {count} are there",
                    "all",
                )
            else:
                continue
            key = f"{book}@{version}"
            yield fault(self.name, message, book=key, period=period, count=found, all=count)
        for period, _, book, version in there:
            message = "the count of assessments by {book} in {period} is missing"
            yield fault(self.name, message, book=f"{book}@{version}", period=period)

    def refuse(self, faults: _Found) -> None:
        """Raise StoreError with what is named, the first twenty of it."""
        if len(faults) > _NAMED_AT_MOST:
            more = fault(self.name, "and {count} more", count=len(faults) - _NAMED_AT_MOST)
            faults = [*faults[:_NAMED_AT_MOST], more]
        if faults:
            raise StoreError(faults)

    def _rows(self, query: str, *values: object) -> _Found:
        found: _Found = self.db.execute(query, values).fetchall()
        return found


def _kept(name: str, count: int) -> Fault:
    return fault(
        name,
        Plural(
            "before that, the first assessment was saved, and it stays "
            "saved; the same again saves the others",
            "before that, the first {count} assessments were saved, and they "
            "stay saved; the same again saves the others",
        ),
        count=count,
    )
