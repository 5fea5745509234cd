"""What a plugin prints while its code runs, on standard output and on standard error, kept apart
and told under its name.
"""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any, NamedTuple

from steelyard.errors import Word, safe
from steelyard.messages import reader_language, translator

_LONGEST = 500
_MOST = 64 * 1024
_REMEMBERED = 10_000
_STREAMS = (("stdout", 1), ("stderr", 2))


class Printed(NamedTuple):
    """A line that a plugin printed, without what steers a terminal; a `Word` is what we say of what
    it did.
    """

    plugin: str
    line: str

    def text(self, say: Callable[[str], str]) -> str:
        """Return the line under the plugin's name."""
        if isinstance(self.line, Word):
            return f"{say('warning')}: {say('plugin')} {self.plugin}: {say(self.line.message)}"
        return f"{say('plugin')} {self.plugin}: {self.line}"


def to_stderr(one: Printed, descriptor: int = 2) -> None:
    """Tell on standard error what a plugin printed."""
    with suppress(OSError):
        os.write(descriptor, f"{one.text(translator(reader_language()))}\n".encode())


def once(heard: Callable[[Printed], None]) -> Callable[[Printed], None]:
    """Return what hears the same line of the same plugin once, as workers print it anew each."""
    told: set[Printed] = set()

    def tell(one: Printed) -> None:
        if one not in told:
            if len(told) < _REMEMBERED:
                told.add(one)
            heard(one)

    return tell


class Apart:
    """Standard output and standard error as plugins see them: a file in memory while their code
    runs, and standard error afterwards.
    """

    def __init__(self) -> None:
        self._sink: int | None = None
        self._saved: dict[int, int | None] = {}
        self._streams = {name: _stream(self, number) for name, number in _STREAMS}

    @property
    def ours(self) -> int:
        """The descriptor of the program's own standard error, also while a plugin's code runs."""
        saved = self._saved.get(2, 2)
        return 2 if saved is None else saved

    @property
    def keeping(self) -> bool:
        """Whether what is printed now is kept."""
        return bool(self._saved)

    @contextmanager
    def kept(self, tell: Callable[[str], None]) -> Iterator[None]:
        """Keep what is printed, also by programs and threads that a plugin starts, and `tell` it
        line by line at the end.
        """
        streams = {name: getattr(sys, name) for name in self._streams}
        # What waits to be printed is ours, and goes where it belongs before anything else does.
        first = {name: getattr(sys, f"__{name}__") for name in streams}
        ours = {name: _flushed(streams[name]) and _flushed(first[name]) for name in streams}
        if self._sink is None:
            self._sink = _new_sink()
        self._part()
        for name, stream in self._streams.items():
            setattr(sys, name, stream)
        try:
            yield
        finally:
            for name, stream in streams.items():
                if ours[name]:
                    _flushed(first[name])
                setattr(sys, name, stream)
            self.join()
            self._tell(tell)

    def _part(self) -> None:
        for _, number in _STREAMS:
            saved = None
            with suppress(OSError):
                saved = os.dup(number)
            self._saved[number] = saved
        for _, number in _STREAMS:
            with suppress(OSError):
                # Where nothing can be kept, it is told without a name.
                os.dup2(self.ours if self._sink is None else self._sink, number)

    def join(self) -> None:
        """Let what is printed go where it went before."""
        for number, saved in self._saved.items():
            with suppress(OSError):
                if saved is None:
                    os.close(number)
                else:
                    os.dup2(saved, number)
                    os.close(saved)
        self._saved = {}

    def aside(self, text: str) -> None:
        """Print on standard error what comes when no plugin is asked."""
        stream = sys.stderr
        with suppress(OSError, ValueError):
            if stream is None or stream in self._streams.values():
                os.write(2, text.encode("utf-8", "replace"))
            else:
                stream.write(text)

    def _tell(self, tell: Callable[[str], None]) -> None:
        sink = self._sink
        size = os.fstat(sink).st_size if sink is not None else 0
        if sink is None or not size:
            return
        os.lseek(sink, 0, os.SEEK_SET)
        printed = os.read(sink, _MOST)
        # What a program that is still running prints later is not told as another plugin's.
        os.close(sink)
        self._sink = None
        for line in printed.decode("utf-8", "replace").splitlines():
            if line.strip():
                tell(safe(line.rstrip().expandtabs())[:_LONGEST])
        if size > len(printed):
            tell(f"… (+{size - len(printed)} bytes)")


class _Stream(io.RawIOBase):
    """A standard stream, which plugins may keep, as handlers of logs do: what comes when none of
    them is asked goes to standard error, cleaned.
    """

    def __init__(self, apart: Apart, number: int) -> None:
        self._apart, self._number = apart, number

    def writable(self) -> bool:
        return True

    def fileno(self) -> int:
        return self._number

    def write(self, text: Any) -> int:
        if self._apart.keeping:
            return os.write(self._number, text)
        whole = bytes(text)
        lines = whole.decode("utf-8", "replace").expandtabs().split("\n")
        self._apart.aside("\n".join(map(safe, lines)))
        return len(whole)

    def close(self) -> None:
        """Stay open, for whoever is asked next."""


def _stream(apart: Apart, number: int) -> io.TextIOWrapper:
    return io.TextIOWrapper(
        _Stream(apart, number),  # type: ignore[arg-type]  # a raw stream will do where nothing is held back
        "utf-8",
        "replace",
        write_through=True,
    )


def _flushed(stream: Any) -> bool:
    """Whether nothing of ours waits any more to be printed."""
    try:
        if stream is not None and not stream.closed:
            stream.flush()
    except (OSError, ValueError):
        # Whoever prints next meets the same, and says so.
        return False
    return True


def _new_sink() -> int | None:
    with suppress(OSError):
        if hasattr(os, "memfd_create"):
            return os.memfd_create("printed")
    import tempfile

    with suppress(OSError), tempfile.TemporaryFile() as file:
        return os.dup(file.fileno())
    return None
