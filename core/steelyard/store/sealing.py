"""The step that seals a store: each row by a digest over its columns, each document packed against
a pattern.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from steelyard.book.model import DIMENSIONS
from steelyard.canonical import canonical, known_by
from steelyard.store.packing import PLAIN, Kind, Pattern, Patterns
from steelyard.store.rows import dumps, row_of
from steelyard.store.seals import digest_of, seal

if TYPE_CHECKING:
    from sqlite_utils import Database

# Every row says by a seal, a digest over its other columns, what it was when it was saved.
# Documents are packed against the first one of their book. Of an assessment the row holds what is
# listed and compared, so that a comparison reads no document; `points` is JSON: low, high and asked
# of every dimension. `tally` counts the rows of each kind, so that one that is gone is missed.
# `sampled` is what a later comparison asks of surveys. The tables are filled under other names,
# since those before them bear the same.
_TABLES = """
CREATE TABLE patterns (
  number INTEGER PRIMARY KEY,
  kind TEXT NOT NULL,
  book TEXT NOT NULL,
  words BLOB NOT NULL,
  seal TEXT NOT NULL,
  UNIQUE (kind, book)
) STRICT;
CREATE TABLE sealed_books (
  digest TEXT NOT NULL PRIMARY KEY,
  id TEXT NOT NULL,
  version TEXT NOT NULL,
  document BLOB NOT NULL,
  seal TEXT NOT NULL
) STRICT;
CREATE TABLE sealed_cases (
  digest TEXT NOT NULL PRIMARY KEY,
  pattern INTEGER REFERENCES patterns (number),
  document BLOB NOT NULL
) STRICT;
CREATE TABLE sealed_names (
  case_digest TEXT NOT NULL REFERENCES sealed_cases (digest),
  party TEXT NOT NULL,
  name TEXT NOT NULL,
  seal TEXT NOT NULL,
  PRIMARY KEY (case_digest, party)
) STRICT, WITHOUT ROWID;
CREATE TABLE sealed_assessments (
  number INTEGER PRIMARY KEY,
  id TEXT NOT NULL UNIQUE,
  subject TEXT NOT NULL,
  subject_name TEXT NOT NULL,
  sector TEXT NOT NULL,
  book TEXT NOT NULL,
  version TEXT NOT NULL,
  digest TEXT NOT NULL REFERENCES sealed_books (digest),
  period TEXT NOT NULL,
  as_of TEXT NOT NULL,
  case_digest TEXT NOT NULL REFERENCES sealed_cases (digest),
  grade_low TEXT,
  grade_high TEXT,
  veto TEXT NOT NULL,
  coverage TEXT,
  not_rated TEXT NOT NULL,
  score_low INTEGER NOT NULL,
  score_high INTEGER NOT NULL,
  "full" INTEGER NOT NULL,
  decimals INTEGER NOT NULL,
  points TEXT NOT NULL,
  carried INTEGER NOT NULL,
  perhaps INTEGER,
  settled INTEGER NOT NULL,
  schema TEXT NOT NULL,
  plugins TEXT NOT NULL,
  saved_at TEXT NOT NULL,
  document_digest TEXT NOT NULL,
  seal TEXT NOT NULL
) STRICT;
CREATE TABLE documents (
  assessment INTEGER PRIMARY KEY REFERENCES sealed_assessments (number),
  pattern INTEGER REFERENCES patterns (number),
  document BLOB NOT NULL
) STRICT;
CREATE TABLE sampled (
  assessment INTEGER PRIMARY KEY REFERENCES sealed_assessments (number),
  said TEXT NOT NULL,
  seal TEXT NOT NULL
) STRICT;
CREATE TABLE tally (
  period TEXT NOT NULL,
  sector TEXT NOT NULL,
  book TEXT NOT NULL,
  version TEXT NOT NULL,
  assessments INTEGER NOT NULL,
  seal TEXT NOT NULL,
  PRIMARY KEY (period, sector, book, version)
) STRICT, WITHOUT ROWID;
ALTER TABLE comparisons ADD COLUMN seal TEXT NOT NULL DEFAULT '';
"""
_RENAMED = ("books", "cases", "names", "assessments")
_DROPPED = ("attained", "findings", "consequences", "ledger", "words", "texts")
_INDEXED = """
CREATE INDEX assessments_book ON assessments (book, period);
CREATE INDEX assessments_subject ON assessments (subject, period);
"""


UNFIT = ""
"""A seal that fits no row."""
_POINTS = [f"{one}_{end}" for one in DIMENSIONS for end in ("low", "high", "asked")]
# The columns as they were then, since a step that was released never changes.
_HEAD = (
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
    "full",
    "decimals",
)
_REST = (
    "points",
    "carried",
    "perhaps",
    "settled",
    "schema",
    "plugins",
    "saved_at",
    "document_digest",
)
_TOLD = (*_HEAD, "settled")
SEALED = ("number", *_HEAD, *_REST, "seal")
"""The columns of an assessment's row after this step."""


def seal_all(db: Database) -> None:
    """Bring a store of the earlier editions into sealed tables.

    Documents stay as they were. A row that does not say what its document does, or whose document
    cannot be read, is taken along with a seal that fits nothing, so that it is named when it is
    read. Foreign keys must be off, since what a row refers to may be missing.
    """
    db.executescript(_TABLES)
    patterns = Patterns(db, "")
    many = db.conn.executemany
    many("INSERT INTO sealed_books VALUES (?, ?, ?, ?, ?)", _books(db))
    many("INSERT INTO sealed_cases VALUES (?, ?, ?)", _cases(db, patterns))
    many(
        "INSERT INTO sealed_names VALUES (?, ?, ?, ?)",
        (
            (*row, seal(row))
            for row in db.execute("SELECT case_digest, party, name FROM names").fetchall()
        ),
    )
    marks = ", ".join("?" * len(SEALED))
    for row, number, packed in _assessments(db, patterns):
        db.execute(f"INSERT INTO sealed_assessments VALUES ({marks})", row)  # noqa: S608  # marks alone
        db.execute("INSERT INTO documents VALUES (?, ?, ?)", [row[0], number, packed])
    groups = db.execute(
        "SELECT period, sector, book, version, count(*) FROM sealed_assessments GROUP BY 1, 2, 3, 4"
    ).fetchall()
    many("INSERT INTO tally VALUES (?, ?, ?, ?, ?, ?)", ((*row, seal(row)) for row in groups))
    made = db.execute(
        "SELECT id, made_at, printed, method, assessments, summary, result FROM comparisons"
    ).fetchall()
    many("UPDATE comparisons SET seal = ? WHERE id = ?", ((seal(row), row[0]) for row in made))
    for name in (*_DROPPED, *reversed(_RENAMED)):
        db.execute(f"DROP TABLE {name}")
    for name in _RENAMED:
        db.execute(f"ALTER TABLE sealed_{name} RENAME TO {name}")
    db.executescript(_INDEXED)


def _books(db: Database) -> Iterator[tuple[str, str, str, bytes, str]]:
    for digest, name, version, text in db.execute(
        "SELECT digest, id, version, document FROM books"
    ).fetchall():
        try:
            said = json.loads(text)
            told = (known_by(canonical(said)), said["book"], said["version"])
        except (ValueError, KeyError, TypeError):
            told = ("", "", "")
        fits = told == (digest, name, version)
        yield (
            *(digest, name, version, PLAIN.pack(text)),
            seal((digest, name, version, text)) if fits else UNFIT,
        )


def _cases(db: Database, patterns: Patterns) -> Iterator[tuple[str, int | None, bytes]]:
    for digest, text, book in db.execute(
        "SELECT digest, document, (SELECT digest FROM assessments WHERE case_digest = cases.digest)"
        " FROM cases"
    ):
        pattern = _pattern(patterns, "case", book, text)
        yield digest, pattern.number, pattern.pack(text)


def _pattern(patterns: Patterns, kind: Kind, book: str | None, text: str) -> Pattern:
    if book is None:
        return PLAIN
    found = patterns.of(kind, book)
    if found is None:
        patterns.add({(kind, book): text})
        found = patterns.of(kind, book)
    return found or PLAIN


def _assessments(db: Database, patterns: Patterns) -> Iterator[tuple[list[Any], int | None, bytes]]:
    """Yield every row of the new table, the number of its document's pattern, and that document."""
    kept = ("number", *_HEAD, "settled", "schema", "plugins", "saved_at")
    columns = ", ".join(f'"{name}"' for name in (*kept, "carried", "perhaps", *_POINTS, "document"))
    for found in db.execute(
        f"SELECT {columns} FROM assessments "  # noqa: S608  # our own words
        "LEFT JOIN attained ON assessment = number "
        "ORDER BY number"
    ):
        old = dict(zip((*kept, "carried", "perhaps", *_POINTS, "document"), found, strict=True))
        packed = old.pop("document")
        points = [old.pop(name) for name in _POINTS]
        fits = old["carried"] is not None
        try:
            text = zlib.decompress(packed).decode()
            said = row_of(json.loads(text), "", {})
            told = [said.columns[name] for name in _TOLD] + [said.schema]
            fits = fits and told == [old[name] for name in (*_TOLD, "schema")]
        except (zlib.error, ValueError, KeyError, TypeError, AttributeError):
            text, fits = "", False
        pattern = _pattern(patterns, "assessment", old["digest"], text) if fits else PLAIN
        row = old | {
            "points": dumps(points),
            "carried": old["carried"] or 0,
            "document_digest": digest_of(text),
        }
        values = [row[name] for name in SEALED[:-1]]
        yield [*values, seal(values) if fits else UNFIT], pattern.number, pattern.pack(text)
