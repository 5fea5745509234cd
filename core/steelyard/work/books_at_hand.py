"""The rule books at hand, one by one."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from steelyard.errors import BookError, UsageError, fault
from steelyard.work.workspace import Workspace

EXAMPLE_BOOK = "hospital/nine-prohibitions"


def list_books(workspace: Workspace) -> Iterator[dict[str, Any]]:
    """Yield every version of every book with how many of its clauses something carries out.

    A book with faults is named and passed over; when strict, it raises BookError.
    """
    from steelyard.book.coverage import coverage_of

    library = workspace.library
    for source in library.sources:
        try:
            book, inventory = library.find(source.key), library.clauses(source.key)
        except BookError as error:
            if workspace.strict:
                raise
            workspace.warn(error.faults)
            continue
        covered = coverage_of(book, inventory)
        yield {
            "id": book.id,
            "version": book.version,
            "title": book.title._asdict(),
            "sector": book.sector,
            "plugin": source.plugin or source.origin,
            "rules": len(book.rules),
            "clauses": len(covered.clauses),
            "checkable": covered.checkable,
            "cited": covered.cited,
        }


def code_of(workspace: Workspace, book: str) -> str:
    """Return the Python text that a book is judged by; the ids of the rules stand in comments."""
    from steelyard.judging.compiled.compile import write
    from steelyard.work.naming import book_at

    return write(book_at(workspace, book))


def example_case(workspace: Workspace) -> Path:
    """Return the half-filled example that the hospital plugin brings beside its books."""
    source = workspace.library.source(EXAMPLE_BOOK)
    path = Path(str(source.file)).parent.parent / "examples" / "nine-prohibitions-half.yaml"
    if path.is_file():
        return path
    raise UsageError([fault("demo", "the example of {book} is not installed", book=EXAMPLE_BOOK)])
