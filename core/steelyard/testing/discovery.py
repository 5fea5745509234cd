"""Case tables that lie beside a book's file, and what they exercise of it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from steelyard.book.library import Library, Source
from steelyard.book.model import RuleBook
from steelyard.errors import CaseError, Fault, SteelyardError, UsageError, fault, refusal
from steelyard.judging.findings import Judges
from steelyard.located_yaml import load
from steelyard.testing.coverage import RuleCoverage, marks_of, without_a_case
from steelyard.testing.tables import book_of_entry, is_case, read_table, read_text
from steelyard.testing.weigh import weigh_entry

_ABOVE = 4
_HOMES = ("cases", "tests/cases")
_SUFFIXES = (".yaml", ".yml")


class Looked(NamedTuple):
    """The tables of a book that were found, by name, and a line for whatever in it no case
    shows.
    """

    tables: tuple[str, ...]
    remarks: tuple[Fault, ...]


def look(source: Source, library: Library, judges: Judges, folder: str = "") -> Looked:
    """Return what the case tables of a book leave out; they lie in `folder`, or in `cases` or
    `tests/cases` nearby.

    Raises UsageError when there is no such folder.
    """
    tables = list(_in(Path(folder), folder, source.id)) if folder else _nearby(source)
    if folder and not Path(folder).is_dir():
        raise UsageError([fault(folder, "there is no such file or folder")])
    if not tables:
        return Looked((), ())
    book = library.find(source.key)
    coverage = RuleCoverage(book)
    remarks: list[Fault] = []
    for path, name in tables:
        try:
            remarks += _exercise(path, name, (library, judges), coverage)
        except SteelyardError as error:
            remarks += error.faults
    names = tuple(name for _, name in tables)
    return Looked(names, (*remarks, *without_a_case(coverage, ", ".join(names))))


def _nearby(source: Source) -> list[tuple[Path, str]]:
    """Return the nearest tables, looking upwards from the book's folder."""
    if not isinstance(source.file, Path):
        return []
    home = Path(os.path.abspath(source.file)).parent  # noqa: PTH100  # links stay as the user wrote them
    for above in (home, *list(home.parents)[:_ABOVE]):
        for inner in _HOMES:
            folder = above / inner
            found = (
                list(_in(folder, Path(os.path.relpath(folder)).as_posix(), source.id))
                if folder.is_dir()
                else []
            )
            if found:
                return found
    return []


def _in(folder: Path, name: str, book: str) -> Iterator[tuple[Path, str]]:
    """Yield the tables of a book in a folder, with their names: SECTOR/STEM and STEM; a case that
    stands alone is none.
    """
    for stem in (book, book.partition("/")[2]):
        for suffix in _SUFFIXES:
            path = folder / f"{stem}{suffix}"
            if path.is_file() and not _alone(path):
                yield path, f"{name.rstrip('/')}/{stem}{suffix}"


def _alone(path: Path) -> bool:
    try:
        return is_case(load(read_text(path.read_bytes(), path.name), path.name))
    except (SteelyardError, OSError):
        return False


def _exercise(
    path: Path, name: str, by: tuple[Library, Judges], coverage: RuleCoverage
) -> list[Fault]:
    """Weigh the entries of a table that are about a book; gives the faults of those that cannot be
    weighed.
    """
    library, judges = by
    book: RuleBook = coverage.book
    try:
        content = path.read_bytes()
    except OSError as error:
        return [fault(name, "cannot be read: {problem}", problem=refusal(error))]
    faults: list[Fault] = []
    for entry in read_table(read_text(content, name), name):
        try:
            if library.source(book_of_entry(entry, book.key), entry.place).key == book.key:
                coverage.add(marks_of(weigh_entry(entry, book, judges, name)[1]))
        except (CaseError, SteelyardError) as error:
            faults += error.faults
    return faults
