"""What work stands on: the plugins, the books, the store's file, and who is told what was passed
over.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from steelyard.errors import Fault, fault

if TYPE_CHECKING:
    from steelyard.book.library import Library
    from steelyard.book.model import RuleBook
    from steelyard.forms.table import Forms
    from steelyard.messages import Title
    from steelyard.plugins.installed import Plugins
    from steelyard.plugins.printing import Printed
    from steelyard.store.store import Store
    from steelyard.work.evidence import EvidenceFolder


Said = tuple[tuple[Fault, ...], tuple["Printed", ...]]
"""What plugins did wrong in a worker, and what they printed there."""


class Workspace:
    """Plugins and books, found when first asked for.

    `notices` gathers what was passed over: refused plugins, cases among books, stray parts.
    `refused` are plugins that need not be tried again. `evidence` is the folder in which the files
    behind cases are looked up, empty for none.
    """

    def __init__(
        self, db: str = "steelyard.db", folders: tuple[str, ...] = (), *, strict: bool = False
    ) -> None:
        """Start from the store's file and the folders of books; when strict, a bad plugin raises
        PluginError.
        """
        self.db = db
        self.folders = folders
        self.strict = strict
        self.notices: list[Fault] = []
        self.refused: tuple[tuple[str, str], ...] = ()
        self.evidence = ""
        self._stored: dict[tuple[str, str], RuleBook] = {}

    def warn(self, faults: Iterable[Fault]) -> None:
        """Take note of what was passed over."""
        self.notices.extend(faults)

    @cached_property
    def plugins(self) -> Plugins:
        """The installed plugins, as STEELYARD_PLUGINS and STEELYARD_BLOCK allow them; those refused
        are named once.
        """
        from steelyard.plugins.installed import load_plugins

        found = load_plugins(
            only=os.environ.get("STEELYARD_PLUGINS", ""),
            block=os.environ.get("STEELYARD_BLOCK", ""),
            refused=self.refused,
            strict=self.strict,
            tell=self.warn,
            heard=self.relay,
        )
        self.warn(found.faults)
        return found

    def relay(self, one: Printed) -> None:
        """Tell what a plugin printed, apart from what was asked for."""
        from steelyard.plugins.printing import to_stderr

        to_stderr(one)

    def hear(self, said: Said) -> None:
        """Tell what plugins did wrong and printed in a worker, each once."""
        from steelyard.plugins.watch import WATCH

        wrong, printed = said
        self.plugins.hear(wrong)
        for one in printed:
            WATCH.heard(one)

    @cached_property
    def evidence_folder(self) -> EvidenceFolder | None:
        """The files behind cases, where a folder is named; raises UsageError where it is not
        there.
        """
        from steelyard.work.evidence import EvidenceFolder

        return EvidenceFolder(Path(self.evidence)) if self.evidence else None

    @cached_property
    def forms(self) -> Forms:
        """The scoring forms of the core and of plugins."""
        return self.plugins.all_forms

    def stored_book(self, store: Store, digest: str) -> RuleBook:
        """Return a book as a store kept it, read once however many assessments are by it; raises
        BookError, StoreError.
        """
        from steelyard.book.reading.load import stored_book

        key = (store.name, digest)
        if key not in self._stored:
            document = store.book(digest)
            name = f"{store.name}: {document.get('book')}"
            self._stored[key] = stored_book(
                document, name, measures=self.plugins.measures, forms=self.forms
            )
        return self._stored[key]

    @cached_property
    def library(self) -> Library:
        """The books of plugins and folders, those of STEELYARD_BOOKS too."""
        from steelyard.book.library import Library
        from steelyard.judging.book_cache import Shelf
        from steelyard.judging.cache_folder import cache_folder

        said = os.environ.get("STEELYARD_BOOKS", "")
        folders = [*self.folders, *(part for part in said.split(os.pathsep) if part)]
        shelf = Shelf(cache_folder(), self.forms.values())
        found = Library(
            self.plugins.sources, folders, self.plugins.measures, shelf, forms=self.forms
        )
        self.warn(shelf.faults)
        self.warn(
            fault(name, "is a case, not a rule book, and is passed over") for name in found.ignored
        )
        self.warn(found.astray)
        return found

    def grades(self, key: str) -> Mapping[str, Title]:
        """Return the titles of the grades of a book by their ids; nothing where it is not at
        hand.
        """
        from steelyard.errors import BookError

        try:
            return {one.id: one.title for one in self.library.find(key).grades}
        except BookError:
            return {}

    def book_for_case(self, reference: str, place: str) -> RuleBook:
        """Return the book that a case names; a version that is not at hand is judged by the newest,
        which may accept it.

        Raises CaseError at `place` for an unknown book.
        """
        from steelyard.errors import BookError, CaseError

        name = reference.partition("@")[0]
        try:
            try:
                return self.library.find(reference, place)
            except BookError:
                return self.library.find(name, place)
        except BookError as error:
            raise CaseError(error.faults) from None
