"""Documents packed against a pattern: the first of its kind, whose words and keys the others share.

A document is raw deflate (RFC 1951) with the last 32 KiB of the pattern as its preset dictionary.
"""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal

from steelyard.errors import StoreError, fault
from steelyard.store.seals import seal

if TYPE_CHECKING:
    from sqlite_utils import Database

Kind = Literal["assessment", "case"]

_WINDOW = 32 * 1024
# Of 1 to 9: half the time of 6, and an eighth more bytes.
_LEVEL = 3
_RAW = -15
_MEMORY = 8
_MOST = 256 * 1024 * 1024


class Pattern:
    """What documents of one kind are packed against; without words, against nothing."""

    def __init__(self, number: int | None = None, words: bytes = b"") -> None:
        """Take the number by which the store knows it."""
        self.number = number
        self._words = words

    @cached_property
    def _fresh(self) -> Any:
        # Copied for each document, since taking the words in is the longest part of packing.
        return zlib.compressobj(
            _LEVEL, zlib.DEFLATED, _RAW, _MEMORY, zlib.Z_DEFAULT_STRATEGY, self._words
        )

    def pack(self, text: str) -> bytes:
        """Return a text as the store holds it."""
        work = self._fresh.copy()
        packed: bytes = work.compress(text.encode()) + work.flush()
        return packed

    def text_of(self, packed: bytes) -> str | None:
        """Return a text back as it was; None where it is spoilt, or longer than any."""
        work = zlib.decompressobj(_RAW, self._words)
        try:
            found = work.decompress(packed, _MOST)
            return found.decode() if work.eof and not work.unused_data else None
        except (zlib.error, UnicodeDecodeError, TypeError):
            return None


PLAIN = Pattern()


class Patterns:
    """The patterns of a store, each read once: one for the assessments and one for the cases of
    every book.
    """

    def __init__(self, db: Database, name: str) -> None:
        """Take the database, and the name of the store in messages."""
        self._db = db
        self._name = name
        self._by_number: dict[int | None, Pattern] = {None: PLAIN}
        self._numbers: dict[tuple[Kind, str], int] = {}

    def at(self, number: int | None) -> Pattern:
        """Return the pattern with a number; raises StoreError where it is gone or was changed."""
        found = self._by_number.get(number)
        if found is None:
            rows = self._db.execute(
                "SELECT kind, book, words, seal FROM patterns WHERE number = ?", [number]
            ).fetchall()
            words = _words(rows[0]) if rows else None
            if words is None:
                said = "pattern {number} is not as it was saved, and what it packs cannot be read"
                raise StoreError([fault(self._name, said, number=number)])
            found = self._by_number[number] = Pattern(number, words)
        return found

    def of(self, kind: Kind, book: str) -> Pattern | None:
        """Return the pattern of a book, by its digest; None where there is none yet."""
        number = self._numbers.get((kind, book))
        if number is None:
            found = self._db.execute(
                "SELECT number FROM patterns WHERE kind = ? AND book = ?", [kind, book]
            ).fetchone()
            if found is None:
                return None
            number = self._numbers[kind, book] = found[0]
        return self.at(number)

    def add(self, texts: Mapping[tuple[Kind, str], str]) -> None:
        """Keep texts as patterns of books that have none."""
        for (kind, book), text in texts.items():
            words = text.encode()[-_WINDOW:]
            self._db.execute(
                "INSERT OR IGNORE INTO patterns (kind, book, words, seal) VALUES (?, ?, ?, ?)",
                [kind, book, zlib.compress(words), seal((kind, book, words))],
            )


def _words(row: tuple[str, str, bytes, str]) -> bytes | None:
    kind, book, packed, said = row
    try:
        words = zlib.decompressobj().decompress(packed, _WINDOW)
    except (zlib.error, TypeError):
        return None
    return words if seal((kind, book, words)) == said else None
