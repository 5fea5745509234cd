"""Reading and writing for a user: what is read ends, a file or folder that is written is there
whole or as it was before, and nothing is replaced unasked.
"""

from __future__ import annotations

import errno
import io
import os
import secrets
import shutil
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, TextIO

from steelyard.errors import Fault, UsageError, Word, fault, refusal

if TYPE_CHECKING:
    import csv

_LONGEST_NAME = 60
_OWNER = 0o600
_OF_FILES = frozenset(
    f".{one}"
    for one in (
        *("csv", "db", "docx", "htm", "html", "ics", "json", "pdf", "svg", "txt"),
        *("xls", "xlsx", "yaml", "yml"),
    )
)
"""Suffixes of files: who names a folder so has probably meant one."""


def content_of(path: Path, most: int = -1) -> bytes:
    """Return the bytes of a file, so many at most; raises OSError, also for a pipe or a device,
    which may never end.
    """
    if path.exists() and not (path.is_file() or path.is_dir()):
        raise OSError(errno.ENODEV, Word("it is no regular file"), str(path))
    with path.open("rb") as file:
        return file.read(most)


def refuse_misnamed(path: Path) -> None:
    """Raise UsageError where a name is no UTF-8, as old systems' are not: the libraries that read
    and write whole tables cannot open it.
    """
    try:
        str(path).encode()
    except UnicodeEncodeError:
        message = "has a name that is not in UTF-8: rename it, or its folder, first"
        raise UsageError([fault(str(path), message)]) from None


def write(path: Path, content: bytes, *, over: bool, private: bool = False) -> None:
    """Write a file as `writing` does."""
    with writing(path, over=over, private=private) as file:
        file.write(content)


@contextmanager
def writing(path: Path, *, over: bool, private: bool = False) -> Iterator[BinaryIO]:
    """Yield a file that takes the place of `path` when it is whole, on the disk too.

    It is made beside its place, so what was there can be read until then and stays if anything
    fails. Links are followed; a file that is replaced leaves its mode and, where that is allowed,
    its owner to the new one. A new one that is `private`, since it holds names of persons, is for
    its owner alone. Raises UsageError where `path` is no regular file, cannot be written, or is
    there and `over` is not said.
    """
    refuse_unwritable(path, over=over)
    aside = None
    try:
        target = Path(os.path.realpath(path))
        old = target.stat() if target.exists() else None
        aside = _beside(target)
        # A file that holds more than others may read is never theirs to read, not for a moment.
        access = 0o666 if old is None and not private else _OWNER
        with os.fdopen(os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, access), "wb") as file:
            if old is not None:
                _dress(aside, old)
            yield file
            file.flush()
            os.fsync(file.fileno())
        _put(aside, target, path, over=over)
    except OSError as problem:
        raise UsageError([_unwritten(path, problem)]) from None
    finally:
        if aside is not None:
            with suppress(OSError):
                aside.unlink(missing_ok=True)


@contextmanager
def writing_text(path: Path, *, over: bool) -> Iterator[TextIO]:
    """Yield a file as `writing` does, for text in UTF-8."""
    with writing(path, over=over) as file:
        text = io.TextIOWrapper(file, encoding="utf-8", newline="\n")
        yield text
        text.flush()
        text.detach()


@contextmanager
def new_folder(path: Path) -> Iterator[Path]:
    """Yield a folder to fill, which takes the place of `path` when it is whole; an empty folder may
    be there already.

    Raises UsageError where anything else is, or where the place cannot be written.
    """
    filled = None
    try:
        refuse_taken(path)
        target = Path(os.path.realpath(path))
        mode = stat.S_IMODE(target.stat().st_mode) if target.exists() else None
        filled = _beside(target)
        filled.mkdir(0o777 if mode is None else 0o700)
        yield filled
        for inner, _, names in os.walk(filled):
            for name in names:
                _settle(Path(inner, name))
        if mode is not None:
            filled.chmod(mode)
            target.rmdir()
        filled.replace(target)
        with suppress(OSError):
            _settle(target.parent)
    except OSError as problem:
        raise UsageError([_unwritten(path, problem)]) from None
    finally:
        if filled is not None:
            shutil.rmtree(filled, ignore_errors=True)


def refuse_taken(path: Path) -> None:
    """Raise UsageError where a folder cannot be made since something is there, be it not an empty
    folder, since it bears the name of a file, which somebody may have meant, or since the folder
    around it cannot be written.
    """
    if path.suffix.lower() in _OF_FILES and not path.is_dir():
        message = "a folder is wanted, and a name that ends in {suffix} is that of a file"
        raise UsageError([fault(str(path), message, suffix=path.suffix)])
    try:
        if os.path.lexists(path) and (not path.is_dir() or any(path.iterdir())):
            raise UsageError([placed(path)])
        _look_around(Path(os.path.realpath(path)))
    except (OSError, ValueError) as problem:
        raise UsageError([_unwritten(path, problem)]) from None


def refuse_unwritable(path: Path, *, over: bool) -> None:
    """Raise UsageError where a file could not be written, before any work is done for it."""
    if str(path) == "-":
        raise UsageError(
            [
                fault(
                    "-",
                    "may mean the output of the program, or a file of that name: leave out -o to "
                    "print, or name a file",
                )
            ]
        )
    try:
        if path.is_dir():
            raise _error(errno.EISDIR)
        if os.path.lexists(path) and not over:
            raise UsageError([taken(path)])
        if path.exists():
            if not path.is_file():
                raise UsageError([fault(str(path), "is no regular file, and is not written over")])
            if not os.access(path, os.W_OK):
                raise _error(errno.EACCES)
        target = Path(os.path.realpath(path))
        if target.is_symlink():
            raise _error(errno.ELOOP)
        _look_around(target)
    except (OSError, ValueError) as problem:
        raise UsageError([_unwritten(path, problem)]) from None


def misread_table(place: str, problem: csv.Error) -> Fault:
    """Return what is wrong with comma separated values, at a place."""
    if "field larger" in str(problem):
        from csv import field_size_limit

        message = "a cell holds more than {count} characters: is a quotation mark left open?"
        return fault(place, message, count=field_size_limit())
    return fault(place, "a quotation mark or separator is out of place")


def _look_around(target: Path) -> None:
    around = target.parent
    if not around.is_dir():
        raise _error(errno.ENOTDIR if around.exists() else errno.ENOENT)
    if not os.access(around, os.W_OK | os.X_OK):
        raise _error(errno.EACCES)


def placed(path: Path) -> Fault:
    """Return the fault of what is there already and is never written over."""
    return fault(str(path), "is there already: choose another place with -o")


def taken(path: Path) -> Fault:
    """Return the fault of a file that is there already."""
    return fault(str(path), "is there already: write to another file, or over it with `--force`")


def _beside(target: Path) -> Path:
    """Return a free name in the same folder."""
    return target.with_name(f".{target.name[:_LONGEST_NAME]}.{secrets.token_hex(4)}.tmp")


def _dress(aside: Path, old: os.stat_result) -> None:
    """Give a file the mode of another and, where that is allowed, its owner and group."""
    mode = stat.S_IMODE(old.st_mode)
    if hasattr(os, "chown"):
        with suppress(OSError):
            os.chown(aside, -1, old.st_gid)
        with suppress(OSError):
            os.chown(aside, old.st_uid, -1)
        if aside.stat().st_gid != old.st_gid:
            # What one group may read is not handed to another.
            mode &= ~stat.S_IRWXG
    aside.chmod(mode)


def _put(aside: Path, target: Path, path: Path, *, over: bool) -> None:
    """Move a whole file to its place, also in the folder as the disk holds it."""
    if over:
        aside.replace(target)
    else:
        try:
            # Unlike a move, a link never replaces what somebody else has put there meanwhile.
            os.link(aside, target)
        except FileExistsError:
            raise UsageError([taken(path)]) from None
        except OSError:
            if target.exists():
                raise UsageError([taken(path)]) from None
            aside.replace(target)
    with suppress(OSError):
        _settle(target.parent)


def _settle(path: Path) -> None:
    """Wait until a file, or what a folder holds, is on the disk."""
    opened = os.open(path, os.O_RDONLY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)


def keep_private(path: Path) -> None:
    """Make an empty file for its owner alone, where nothing is yet and one can be made."""
    with suppress(OSError):
        where = os.path.realpath(path)
        os.close(os.open(where, os.O_WRONLY | os.O_CREAT | os.O_EXCL, _OWNER))


def _error(number: int) -> OSError:
    return OSError(number, os.strerror(number))


def _unwritten(path: Path, problem: OSError | ValueError) -> Fault:
    return fault(str(path), "cannot be written: {problem}", problem=refusal(problem))
