"""What a book that is kept was made from apart from its text: this program, this Python, and the
sources of plugins' forms.
"""

from __future__ import annotations

import hashlib
import os
import re
import sys
from collections.abc import Iterable, Iterator
from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from steelyard.forms.form import Form

_ROOT = Path(__file__).parents[1]
_MAKERS = ("book", "expression", "forms", "judging", "plugins")
_IMPORT = re.compile(rb"\b(?:from[ \t]+(\w+)|import[ \t]+([^\n#;(]+))")
# What the core itself stands on, which its own requirements pin.
_OURS = frozenset({"steelyard", "pydantic", "yaml", *sys.stdlib_module_names})


def program_digest() -> str:
    """Return a digest of the modules that make books, as they are now: whoever works on them keeps
    the version.
    """
    found = hashlib.sha256()
    for package in _MAKERS:
        for file in _python(_ROOT / package):
            _add(found, file.relative_to(_ROOT), file)
    for file in sorted(_ROOT.glob("*.py")):
        _add(found, file.relative_to(_ROOT), file)
    return found.hexdigest()


def form_digest(forms: Iterable[type[Form]]) -> str:
    """Return a digest of the forms that plugins bring: their distributions, and every source that
    they are made of.

    These are the whole packages of their classes, and those that they import, in turn, apart from
    Python's own and ours. What is installed for editing keeps its version while its text changes.
    """
    found = hashlib.sha256()
    names: set[str] = set()
    for form in forms:
        if form.plugin:
            found.update(f"{form.key} {form.plugin} {form.distribution}\n".encode())
            names |= {one.__module__.partition(".")[0] for one in form.__mro__}
    seen: set[str] = set()
    while names := names - seen - _OURS:
        seen |= names
        imported: set[str] = set()
        for name in sorted(names):
            for file in _sources(name):
                text = _add(found, file, file)
                if file.suffix == ".py":
                    imported |= _imported(text)
        names = imported
    return found.hexdigest()


def _imported(text: bytes) -> set[str]:
    """Return the packages that a module may import, wherever in it; some are but words of its
    texts.
    """
    words = [
        word.split()[0]
        for pair in _IMPORT.findall(text)
        for word in b",".join(filter(None, pair)).split(b",")
        if word.strip()
    ]
    names = {word.decode("utf-8", "replace").partition(".")[0] for word in words}
    return {name for name in names if name.isidentifier()}


def _sources(name: str) -> Iterator[Path]:
    """Yield the files of a module that stands alone, or all that lie in a package, data too."""
    found: Any = sys.modules.get(name)
    folders, file = getattr(found, "__path__", None), getattr(found, "__file__", None)
    if found is None:
        # What is imported only when it is needed is found without importing it.
        with suppress(ImportError, ValueError):
            found = find_spec(name)
        folders = getattr(found, "submodule_search_locations", None)
        file = getattr(found, "origin", None)
    if folders is None:
        yield from (Path(one) for one in (file,) if one)
    for folder in folders or ():
        yield from _files(Path(folder))


def _files(root: Path) -> Iterator[Path]:
    for folder, folders, files in os.walk(root):
        folders[:] = sorted(one for one in folders if one != "__pycache__")
        yield from (Path(folder) / one for one in sorted(files))


def _python(root: Path) -> Iterator[Path]:
    return (file for file in _files(root) if file.suffix == ".py")


def _add(found: hashlib._Hash, name: Path, file: Path) -> bytes:
    """Take in a file: its name, its time and its bytes; one that cannot be read, by its name
    alone.
    """
    try:
        text, time = file.read_bytes(), file.stat().st_mtime_ns
    except OSError:
        text, time = b"", 0
    found.update(f"{name} {time} {len(text)}\n".encode("utf-8", "surrogatepass"))
    found.update(text)
    return text
