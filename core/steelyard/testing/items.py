"""Case tables and their entries, as pytest sees them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from steelyard.testing.bench import BENCH

if TYPE_CHECKING:
    from steelyard.testing.tables import Entry


class CaseTable(pytest.File):
    """A YAML file of entries; what is wrong with it as a whole is one failing test."""

    def collect(self) -> Iterator[pytest.Item]:
        """Yield a test for each entry."""
        from steelyard.errors import CaseError, SteelyardError, fault, refusal
        from steelyard.testing.tables import book_of_path, read_table, read_text, steps_of

        name = self.config.stash[BENCH].shown(self.path)
        try:
            entries = read_table(read_text(self.path.read_bytes(), name), name)
        except OSError as error:
            yield Faulty.from_parent(
                self,
                name="table",
                error=CaseError([fault(name, "cannot be read: {problem}", problem=refusal(error))]),
            )
            return
        except SteelyardError as error:
            yield Faulty.from_parent(self, name="table", error=error)
            return
        ambiguous: SteelyardError | None = None
        book = ""
        try:
            book = book_of_path(steps_of(self.path), self.config.stash[BENCH].books.ids, name)
        except SteelyardError as error:
            ambiguous = error
        for entry in entries:
            yield CaseEntry.from_parent(
                self,
                name=entry.name,
                entry=entry,
                book=book,
                ambiguous=ambiguous,
                entries=len(entries),
            )


class Steelyard(pytest.Item):
    """A test whose failure is told in the rule book's words."""

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        """Return what went wrong, without Python's traceback."""
        from steelyard.errors import SteelyardError

        error = excinfo.value
        if isinstance(error, UnmetError):
            return str(error)
        if isinstance(error, SteelyardError):
            return "\n".join(one.text(self.config.stash[BENCH].say) for one in error.faults)
        return super().repr_failure(excinfo, style)


class Faulty(Steelyard):
    """A table that cannot be read."""

    def __init__(self, *, error: Exception, **given: Any) -> None:
        """Keep what is wrong with it."""
        super().__init__(**given)
        self.error = error

    def runtest(self) -> None:
        """Describe what is wrong."""
        raise self.error

    def reportinfo(self) -> tuple[Path, int | None, str]:
        """Return the file."""
        return self.path, None, self.name


class CaseEntry(Steelyard):
    """One entry of a table: its case is weighed, and compared with what it expects."""

    def __init__(
        self, *, entry: Entry, book: str, ambiguous: Exception | None, entries: int, **given: Any
    ) -> None:
        """Keep the entry, the book that its table is about, and how many entries the table has."""
        super().__init__(**given)
        self.entry = entry
        self._book = book
        self._ambiguous = ambiguous
        self.exercised: dict[str, Any] = {
            "table": str(self.path),
            "entries": entries,
            "book": "",
            "marks": {},
        }

    def runtest(self) -> None:
        """Weigh the case; raises UnmetError where it came out otherwise, CaseError or BookError
        where it cannot be weighed.
        """
        from steelyard.errors import CaseError, fault
        from steelyard.testing.coverage import marks_of
        from steelyard.testing.tables import book_of_entry
        from steelyard.testing.unmet import unmet
        from steelyard.testing.weigh import weigh_entry

        bench = self.config.stash[BENCH]
        reference = book_of_entry(self.entry, self._book)
        library = bench.books.library
        if not reference:
            if self._ambiguous is not None:
                raise self._ambiguous
            raise CaseError(
                [
                    *self.entry.faults,
                    fault(
                        self.entry.place,
                        "no book is called after this file: name one as `book:` in the "
                        "case, or call the file SECTOR/BOOK.yaml",
                    ),
                ]
            )
        book = library.find(reference, self.entry.place)
        expected, assessment = weigh_entry(
            self.entry, book, bench.books.plugins.judge, bench.shown(self.path)
        )
        self.exercised |= {"book": book.key, "marks": marks_of(assessment)}
        lines = unmet(assessment, expected, bench.language)
        if lines:
            raise UnmetError(
                "\n".join(
                    [f"{self.entry.place}: {self.entry.name}", *(f"  {line}" for line in lines)]
                )
            )

    def reportinfo(self) -> tuple[Path, int | None, str]:
        """Return the file and line of the entry, and its name with its book."""
        line = self.entry.place.rpartition(":")[2]
        return self.path, int(line) - 1 if line.isdecimal() else None, self.name


class UnmetError(Exception):
    """A case came out otherwise than its entry says; the text tells how."""
