"""Looking through one rule book: what was probably not meant, and what no case of it shows."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from steelyard.errors import BookError, Fault, fault
from steelyard.work.workspace import Workspace


class Checked(NamedTuple):
    """What there is to remark of a book's file, and notes that are no remarks."""

    remarks: tuple[Fault, ...]
    notes: tuple[Fault, ...]


def check_book(workspace: Workspace, word: str, cases: str = "") -> Checked:
    """Return what was probably not meant in the rule books that a word means, a file or an id, and
    the rules that no case of its tables passes, fails or leaves unknown; the tables lie in the
    folder `cases`, or nearby.

    Raises BookError with every fault of the file, or where there is no such book.
    """
    from steelyard.book.library import scan
    from steelyard.book.lint import lint
    from steelyard.testing.discovery import look
    from steelyard.testing.weigh import library_of

    if word.endswith((".yaml", ".yml")) or Path(word).exists():
        found = scan(Path(word), word)
        if found.faults:
            raise BookError(found.faults)
        sources = found.sources
        # The file stands for itself, also where an installed book bears its name.
        library = library_of(sources, workspace.library.sources, workspace.plugins)
    else:
        library = workspace.library
        sources = [library.source(word)]
    remarks: list[Fault] = []
    notes: list[Fault] = []
    for source in sources:
        remarks += lint(
            library.find(source.key), library.clauses(source.key), library.places(source.key)
        )
        looked = look(source, library, workspace.plugins.judge, cases)
        remarks += looked.remarks
        if not looked.tables and cases:
            remarks.append(
                fault(
                    source.name,
                    "{folder} holds no case table of {book}",
                    folder=cases,
                    book=source.id,
                )
            )
        elif not looked.tables:
            # An authority's small book may do without tables: this is no remark.
            notes.append(
                fault(
                    source.name,
                    "no case table was found nearby, such as cases/{stem}.yaml",
                    stem=source.id.partition("/")[2],
                )
            )
    return Checked(tuple(remarks), tuple(notes))
