"""The folder for what can be made again: the user's own, which nobody else can write."""

from __future__ import annotations

import os
import re
import secrets
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from steelyard.errors import Fault, fault

MOST = 200
_ENTRY = re.compile(r"[0-9a-f]{64}\.book")
_ASIDE = re.compile(r"\.[0-9a-f]{64}\.book\.[0-9a-f]{8}\.tmp")
_AN_HOUR = 3600
_OTHERS = stat.S_IWGRP | stat.S_IWOTH
_OWNERS = hasattr(os, "geteuid")
# Once a folder is opened it cannot be swapped for another one between a look and the use of it.
_HELD = os.open in os.supports_dir_fd and os.listdir in os.supports_fd
_NO_LINK = getattr(os, "O_NOFOLLOW", 0)
_READ = os.O_RDONLY | getattr(os, "O_BINARY", 0) | getattr(os, "O_NONBLOCK", 0) | _NO_LINK
_MAKE = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0) | _NO_LINK


def cache_folder() -> Path | None:
    """Return the folder for what can be made again: STEELYARD_CACHE, else the user's cache folder;
    None for a user without a home, as in some containers.
    """
    said = os.environ.get("STEELYARD_CACHE")
    if said:
        return Path(said)
    base = Path(os.environ.get("XDG_CACHE_HOME") or "")
    if not base.is_absolute():
        # The XDG base directory specification: a relative path is invalid, and is ignored.
        try:
            base = Path.home() / ".cache"
        except RuntimeError:
            return None
    return base / "steelyard" if base.is_absolute() else None


class CacheFolder:
    """Entries by name in a folder that may be there, and is used only if it and they are the user's
    own.
    """

    def __init__(self, path: Path | None) -> None:
        """Take the folder; None keeps nothing."""
        self._path = path

    def refusal(self) -> Fault | None:
        """Return why a folder that is there is not used; None where it is, or where there is
        none.
        """
        try:
            about = os.lstat(self._path) if self._path else None
        except (OSError, ValueError):
            return None
        if about is None or (not stat.S_ISLNK(about.st_mode) and _own(about)):
            return None
        place = str(self._path)
        if stat.S_ISLNK(about.st_mode):
            return fault(place, "is a link, and no books are kept in it")
        if not _owned(about):
            return fault(place, "belongs to another user, and no books are kept in it")
        return fault(place, "others can write to it, and no books are kept in it")

    def read(self, name: str) -> bytes | None:
        """Return an entry; None where there is none that is the user's own."""
        with (
            suppress(OSError, ValueError),
            self._open() as folder,
            os.fdopen(self._file(name, folder, _READ), "rb") as file,
        ):
            about = os.fstat(file.fileno())
            return file.read() if stat.S_ISREG(about.st_mode) and _own(about) else None
        return None

    def write(self, name: str, content: bytes) -> None:
        """Keep an entry whole, or nothing at all, and drop the oldest above MOST.

        Raises OSError where it cannot be kept, and then leaves no file.
        """
        if self._path is None:
            return
        self._path.mkdir(mode=0o700, parents=True, exist_ok=True)
        with self._open() as folder:
            aside = f".{name}.{secrets.token_hex(4)}.tmp"
            try:
                with os.fdopen(self._file(aside, folder, _MAKE), "wb") as file:
                    file.write(content)
                os.replace(self._at(aside), self._at(name), src_dir_fd=folder, dst_dir_fd=folder)
            except BaseException:
                with suppress(OSError):
                    os.unlink(self._at(aside), dir_fd=folder)
                raise
            self._clear(folder)

    def _clear(self, folder: int | None) -> None:
        """Drop the oldest entries, and what a run that was killed has left half written."""
        ages: dict[str, float] = {}
        for name in os.listdir(self._path if folder is None else folder):  # noqa: PTH208  # the folder that is held open
            if _ENTRY.fullmatch(name) or _ASIDE.fullmatch(name):
                with suppress(OSError):
                    ages[name] = os.stat(
                        self._at(name), dir_fd=folder, follow_symlinks=False
                    ).st_mtime
        entries = sorted(filter(_ENTRY.fullmatch, ages), key=lambda one: ages[one], reverse=True)
        latest = max(ages.values(), default=0)
        stale = [one for one in ages if one[0] == "." and ages[one] < latest - _AN_HOUR]
        for name in (*entries[MOST:], *stale):
            with suppress(OSError):
                os.unlink(self._at(name), dir_fd=folder)

    @contextmanager
    def _open(self) -> Iterator[int | None]:
        """Yield the folder opened, if it is the user's own; None where this system opens none."""
        if self._path is None:
            raise FileNotFoundError
        if not _HELD:
            if self.refusal() is not None:
                raise PermissionError
            yield None
            return
        folder = os.open(self._path, os.O_RDONLY | os.O_DIRECTORY | _NO_LINK)
        try:
            if not _own(os.fstat(folder)):
                raise PermissionError
            yield folder
        finally:
            os.close(folder)

    def _file(self, name: str, folder: int | None, flags: int) -> int:
        return os.open(self._at(name), flags, 0o600, dir_fd=folder)

    def _at(self, name: str) -> str:
        return name if _HELD else str(self._path / name) if self._path else name


def _owned(about: os.stat_result) -> bool:
    return not _OWNERS or about.st_uid == os.geteuid()


def _own(about: os.stat_result) -> bool:
    """Whether a file or folder is this user's, and nobody else can write it."""
    return _owned(about) and not (_OWNERS and about.st_mode & _OTHERS)
