"""Weighing the entries of case tables: the books at hand, and one entry against its book."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from functools import cached_property
from pathlib import Path

from steelyard.book.library import Library, Source, scan
from steelyard.book.model import RuleBook
from steelyard.case.formats.prompts import example_period
from steelyard.case.reading.read import parse_case
from steelyard.errors import BookError, CaseError
from steelyard.judging.assessment import Assessment, weigh
from steelyard.judging.findings import Judges
from steelyard.plugins.installed import Plugins, load_plugins
from steelyard.testing.expect import Expected, Reading
from steelyard.testing.tables import Entry, case_document


class Books:
    """The books of the installed plugins, of STEELYARD_BOOKS, and of a project's own folders, found
    when first asked for.
    """

    def __init__(self, folders: Mapping[str, Path]) -> None:
        """Take the project's own folders of books, by the names that places give them."""
        self._folders = folders

    @cached_property
    def plugins(self) -> Plugins:
        """The installed plugins, as STEELYARD_PLUGINS and STEELYARD_BLOCK allow them."""
        return load_plugins(
            only=os.environ.get("STEELYARD_PLUGINS", ""),
            block=os.environ.get("STEELYARD_BLOCK", ""),
        )

    @cached_property
    def library(self) -> Library:
        """All books; raises BookError with the faults of all folders."""
        own: list[Source] = []
        faults = []
        for name, folder in self._folders.items():
            found = scan(folder, name)
            own += found.sources
            faults += found.faults
        if faults:
            raise BookError(faults)
        folders = [part for part in os.environ.get("STEELYARD_BOOKS", "").split(os.pathsep) if part]
        return library_of(own, self.plugins.sources, self.plugins, folders)

    @cached_property
    def ids(self) -> frozenset[str]:
        """The ids of all books; none where a folder cannot be read, which every entry then
        tells.
        """
        try:
            return frozenset(source.id for source in self.library.sources)
        except BookError:
            return frozenset()


def library_of(
    own: Iterable[Source],
    others: Iterable[Source],
    plugins: Plugins,
    folders: Iterable[str] = (),
) -> Library:
    """Return a library of one's own books and others; one's own stand for themselves where another
    bears their name. Measures and forms are those of the plugins.
    """
    mine = list(own)
    keys = {source.key for source in mine}
    sources = [*(one for one in others if one.key not in keys), *mine]
    return Library(sources, folders, plugins.measures, forms=plugins.all_forms)


def weigh_entry(
    entry: Entry, book: RuleBook, judges: Judges, file: str
) -> tuple[Expected, Assessment]:
    """Return what an entry expects and what its case came to; raises CaseError with every fault of
    both.
    """
    reading = Reading(book)
    expected = reading.read(entry.expect)
    faults = [*entry.faults, *reading.faults]
    try:
        document = case_document(entry, book.key, example_period(book.effective))
        case = parse_case(document, book, file, typed=True)
    except CaseError as error:
        raise CaseError([*faults, *error.faults]) from None
    if faults:
        raise CaseError(faults)
    return expected, weigh(book, case, judges)
