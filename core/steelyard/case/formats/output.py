"""Writing a file for a user: whole or not at all, and never over another unasked."""

from __future__ import annotations

from typing import TYPE_CHECKING

from steelyard.errors import Fault, UsageError, fault

if TYPE_CHECKING:
    from pathlib import Path


def write_bytes(path: Path, content: bytes, *, over: bool = True) -> None:
    """Write a file; raises UsageError when that cannot be done, or when it is there and `over` is
    not said.
    """
    try:
        # A folder is no file that could be written over.
        with path.open("wb" if over or path.is_dir() else "xb") as file:
            file.write(content)
    except FileExistsError:
        raise UsageError([taken(path)]) from None
    except OSError as problem:
        raise UsageError(
            [fault(str(path), "cannot be written: {problem}", problem=problem.strerror or "")]
        ) from None


def refuse_taken(path: Path) -> None:
    """Raise UsageError where a file is there, before any work is done for it."""
    if (path.exists() or path.is_symlink()) and not path.is_dir():
        raise UsageError([taken(path)])


def taken(path: Path) -> Fault:
    """Return the fault of a file that is there already."""
    return fault(str(path), "is there already: write to another file, or over it with `--force`")
