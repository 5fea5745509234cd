"""A shelf of books already read, so that a run pays for reading and checking a book only after it
has changed.

Entries are pickles in the user's own cache folder, keyed by everything they were made from: the
book's text and name, the measures and forms that plugins bring, the program itself and Python. Each
holds a digest over its key and its bytes, so that none is unpickled but the very one that was kept
under that key. The books that a book extends are checked on every use.
"""

from __future__ import annotations

import hashlib
import marshal
import pickle
import sys
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from steelyard.book.library import Base, Source
from steelyard.book.model import RuleBook
from steelyard.errors import Fault
from steelyard.forms.form import Form
from steelyard.judging.cache_folder import CacheFolder
from steelyard.judging.compiled.compile import compiled
from steelyard.judging.made_from import form_digest, program_digest
from steelyard.version import VERSION

_HEAD = b"steelyard book 2\n"
Load = Callable[[str, Base], RuleBook]


class Shelf:
    """Books by what they were made from; an entry that is not to the bit what was kept is as good
    as absent, and is made again.
    """

    def __init__(self, folder: Path | None, forms: Iterable[type[Form]] = ()) -> None:
        """Take the folder, which need not be there yet, and the forms in which rules may be
        written.
        """
        self._folder = CacheFolder(folder)
        python = (sys.version, sys.implementation.cache_tag, str(sys.flags.optimize))
        self._program = (VERSION, *map(str, python), program_digest(), form_digest(forms))

    @property
    def faults(self) -> tuple[Fault, ...]:
        """Why the folder is not used, where it is there."""
        refusal = self._folder.refusal()
        return () if refusal is None else (refusal,)

    def book(self, source: Source, beside: object, base: Base, load: Load) -> RuleBook:
        """Return a book from the shelf, or read it with `load` and keep it; raises what `load`
        raises.

        `beside` is all that the book depends on apart from its text and its bases; its `repr`
        stands in the key.
        """
        text = source.read()
        key = _digest(*self._program, source.name, source.plugin, text, repr(beside))
        found = self._recall(key, base)
        if found is not None:
            return found
        bases: dict[str, str] = {}

        def noted(reference: str) -> tuple[str, str]:
            inner, name = base(reference)
            bases[reference] = _digest(inner, name)
            return inner, name

        book = load(text, noted)
        book = replace(book, code=marshal.dumps(compiled(book)))
        self._keep(key, (bases, book))
        return book

    def _recall(self, key: str, base: Base) -> RuleBook | None:
        packed = _unsealed(key, self._folder.read(f"{key}.book"))
        if packed is None:
            return None
        # What was kept may name what is no longer there: a class of a form, a base.
        with suppress(Exception):
            bases, book = pickle.loads(packed)  # noqa: S301  # the very bytes that this user's own run has kept
            if isinstance(book, RuleBook) and all(
                _digest(*base(name)) == digest for name, digest in bases.items()
            ):
                return book
        return None

    def _keep(self, key: str, entry: tuple[dict[str, str], RuleBook]) -> None:
        # A cache that cannot be written is no fault of the user's: the book is simply read again
        # next time. So is one whose rules hold what cannot be kept, as a plugin's form may.
        with suppress(Exception):
            self._folder.write(f"{key}.book", _sealed(key, pickle.dumps(entry)))


def _sealed(key: str, packed: bytes) -> bytes:
    return _HEAD + _seal(key, packed) + packed


def _unsealed(key: str, kept: bytes | None) -> bytes | None:
    """Return what was kept under a key, to the bit; None for anything else."""
    if kept is None or not kept.startswith(_HEAD):
        return None
    start = len(_HEAD) + hashlib.sha256().digest_size
    seal, packed = kept[len(_HEAD) : start], kept[start:]
    return packed if seal == _seal(key, packed) else None


def _seal(key: str, packed: bytes) -> bytes:
    return hashlib.sha256(_HEAD + key.encode() + packed).digest()


def _digest(*words: str) -> str:
    whole = hashlib.sha256()
    for word in words:
        whole.update(f"{len(word)}:".encode())
        whole.update(word.encode("utf-8", "surrogatepass"))
    return whole.hexdigest()
