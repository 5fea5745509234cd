"""A shelf of books already read, so that a run pays for reading and checking a book only after it
has changed.

Entries are pickles in the user's own cache folder, keyed by everything they were made from: the
book's text and name, the measures that plugins bring, and the program itself. The books that a book
extends are checked on every use.
"""

from __future__ import annotations

import hashlib
import marshal
import os
import pickle
import sys
import tempfile
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from steelyard.book.library import Base, Source
from steelyard.book.model import RuleBook
from steelyard.forms.form import Form
from steelyard.judging.compiled.compile import compiled
from steelyard.version import VERSION

MOST = 200
Load = Callable[[str, Base], RuleBook]


def cache_folder() -> Path:
    """Return the folder for what can be made again: STEELYARD_CACHE, else the user's cache
    folder.
    """
    said = os.environ.get("STEELYARD_CACHE")
    if said:
        return Path(said)
    with suppress(RuntimeError):
        return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "steelyard"
    # A user without a home, as in some containers, keeps nothing: no folder can be made here.
    return Path(os.devnull) / "steelyard"


class Shelf:
    """Books by what they were made from; anything wrong with an entry makes it as good as
    absent.
    """

    def __init__(self, folder: Path, forms: Iterable[type[Form]] = ()) -> None:
        """Take the folder, which need not be there yet, and the forms in which rules may be
        written.
        """
        self.folder = folder
        self._program = _program(forms)

    def book(self, source: Source, beside: object, base: Base, load: Load) -> RuleBook:
        """Return a book from the shelf, or read it with `load` and keep it; raises what `load`
        raises.

        `beside` is all that the book depends on apart from its text and its bases; its `repr`
        stands in the key.
        """
        text = source.read()
        words = (self._program, source.name, source.plugin, text, repr(beside))
        path = self.folder / f"{_digest(*words)}.book"
        found = self._recall(path, base)
        if found is not None:
            return found
        bases: dict[str, str] = {}

        def noted(reference: str) -> tuple[str, str]:
            inner, name = base(reference)
            bases[reference] = _digest(inner, name)
            return inner, name

        book = load(text, noted)
        book = replace(book, code=marshal.dumps(compiled(book)))
        self._keep(path, (bases, book))
        return book

    def _recall(self, path: Path, base: Base) -> RuleBook | None:
        # A damaged entry can raise anything at all while it is read; it is then made again.
        with suppress(Exception):
            bases, book = pickle.loads(path.read_bytes())  # noqa: S301  # our own entry, in the user's own folder
            if isinstance(book, RuleBook) and all(
                _digest(*base(name)) == digest for name, digest in bases.items()
            ):
                return book
        return None

    def _keep(self, path: Path, entry: tuple[dict[str, str], RuleBook]) -> None:
        # A cache that cannot be written is no fault of the user's: the book is simply read again
        # next time. So is one whose rules hold what cannot be kept, as a plugin's form may.
        with suppress(Exception):
            packed = pickle.dumps(entry)
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            handle, name = tempfile.mkstemp(dir=self.folder)
            with os.fdopen(handle, "wb") as file:
                file.write(packed)
            Path(name).replace(path)
            kept = sorted(
                self.folder.glob("*.book"), key=lambda one: one.stat().st_mtime, reverse=True
            )
            for old in kept[MOST:]:
                old.unlink()


def _digest(*words: str) -> str:
    whole = hashlib.sha256()
    for word in words:
        whole.update(f"{len(word)}:".encode())
        whole.update(word.encode("utf-8", "surrogatepass"))
    return whole.hexdigest()


def _program(forms: Iterable[type[Form]]) -> str:
    """Return what an entry is good for: this Steelyard, this Python, and the modules that make
    books, those of plugins' forms too, as they are now.
    """
    root = Path(__file__).parents[1]
    parts = [VERSION, sys.version]
    for package in ("book", "expression", "forms", "judging"):
        for folder, folders, files in os.walk(root / package):
            folders.sort()
            parts += [_now(Path(folder) / one) for one in sorted(files) if one.endswith(".py")]
    for form in forms:
        if form.plugin:
            # The version of what is installed for editing stays while its text changes.
            module = sys.modules.get(form.__module__)
            file = getattr(module, "__file__", None) or ""
            parts.append(f"{form.key} {form.distribution} {_now(Path(file))}")
    return "\n".join(parts)


def _now(file: Path) -> str:
    try:
        about = file.stat()
    except OSError:
        return file.name
    return f"{file.name} {about.st_mtime_ns} {about.st_size}"
