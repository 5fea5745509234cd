"""While a plugin's code runs: what it prints is kept apart and told under its name, it cannot end
the program, and it has only so long.
"""

from __future__ import annotations

import io
import math
import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import partial
from typing import Any, NamedTuple, NoReturn, TypeVar

from steelyard.errors import Fault, UsageError, fault, safe
from steelyard.messages import reader_language, translator

LIMIT = "STEELYARD_HOOK_SECONDS"
_SECONDS = 60.0
_LONGEST = 500
_MOST = 64 * 1024
_WAYS_OUT = ("_exit", "abort", "execv", "execve")
_PATIENCE = 5
_AGAIN = 1.0
_REMEMBERED = 10_000
_EXIT = os._exit

Given = TypeVar("Given")


class TakesTooLong(BaseException):
    """A plugin has run longer than it may; no plugin's own `except Exception` holds it back."""


class EndsProgram(BaseException):
    """A plugin has called what would end the program without a word."""


def hook_seconds() -> float:
    """Return how long a plugin may run at a time: STEELYARD_HOOK_SECONDS, else 60.

    Raises UsageError where that is no number of seconds above 0.
    """
    said = os.environ.get(LIMIT, "").strip()
    if not said:
        return _SECONDS
    try:
        seconds = float(said)
    except ValueError:
        seconds = 0.0
    if not (math.isfinite(seconds) and 0 < seconds <= threading.TIMEOUT_MAX):
        raise UsageError([fault(LIMIT, "`{text}` is no number of seconds above 0", text=said)])
    return seconds


class Printed(NamedTuple):
    """A line that a plugin printed, without what steers a terminal."""

    plugin: str
    line: str

    def text(self, say: Callable[[str], str]) -> str:
        """Return the line under the plugin's name."""
        return f"{say('plugin')} {self.plugin}: {self.line}"


def to_stderr(one: Printed) -> None:
    """Tell on standard error what a plugin printed."""
    with suppress(OSError):
        os.write(2, f"{one.text(translator(reader_language()))}\n".encode())


def once(heard: Callable[[Printed], None]) -> Callable[[Printed], None]:
    """Return what hears the same line of the same plugin once, as workers print it anew each."""
    told: set[Printed] = set()

    def tell(one: Printed) -> None:
        if one not in told:
            if len(told) < _REMEMBERED:
                told.add(one)
            heard(one)

    return tell


class _Printed(io.RawIOBase):
    """Standard output as plugins see it, which they may keep, as handlers of logs do: what comes
    when none of them is asked goes to standard error.
    """

    def __init__(self, watch: Watch) -> None:
        self._watch = watch

    def writable(self) -> bool:
        return True

    def fileno(self) -> int:
        return 1

    def write(self, text: Any) -> int:
        return os.write(1 if self._watch.watching else 2, text)

    def close(self) -> None:
        """Stay open, for whoever is asked next."""


class Watch:
    """Runs plugins' code, one at a time: where the process prints, how it ends and its alarm are
    the whole process's.

    `heard` is told each line that a plugin prints; `slow` are the hooks of plugins that have taken
    too long, with what was said of them.
    """

    def __init__(self) -> None:
        self.heard: Callable[[Printed], None] = to_stderr
        self.slow: dict[tuple[str, str], Fault] = {}
        self._lock = threading.RLock()
        self._process = 0
        self._sink: int | None = None
        self._stdout = io.TextIOWrapper(
            _Printed(self),  # type: ignore[type-var]  # a raw stream will do where nothing is held back
            "utf-8",
            "replace",
            write_through=True,
        )

    def start(self, heard: Callable[[Printed], None]) -> None:
        """Begin anew for plugins that are now loaded."""
        self.heard = once(heard)
        self.slow.clear()

    @property
    def watching(self) -> bool:
        """Whether a plugin's code runs in this very process."""
        return self._process == os.getpid()

    def run(self, plugin: str, call: Callable[[], Given]) -> Given:
        """Return what a call gives; raises what it raises, TakesTooLong or EndsProgram.

        What a plugin runs while another is watched is watched with that one.
        """
        with self._lock:
            if self.watching:
                return call()
            seconds = hook_seconds()
            self._process = os.getpid()
            try:
                with self._apart(plugin), self._no_way_out(), _limit(plugin, seconds):
                    return call()
            finally:
                self._process = 0

    @contextmanager
    def _apart(self, plugin: str) -> Iterator[None]:
        """Keep what is printed from standard output, also by programs that a plugin starts."""
        stdout: Any = sys.stdout
        # What waits to be printed is ours, and goes where it belongs before anything else does.
        ours = _flushed(stdout) and _flushed(sys.__stdout__)
        if self._sink is None:
            self._sink = _new_sink()
        saved = None
        with suppress(OSError):
            saved = os.dup(1)
        with suppress(OSError):
            # Where nothing can be kept, it is told without a name.
            os.dup2(2 if self._sink is None else self._sink, 1)
        sys.stdout = self._stdout
        try:
            yield
        finally:
            if ours:
                _flushed(sys.__stdout__)
            sys.stdout = stdout
            if saved is None:
                with suppress(OSError):
                    os.close(1)
            else:
                os.dup2(saved, 1)
                os.close(saved)
            self._tell(plugin)

    def _tell(self, plugin: str) -> None:
        """Tell what was printed, cleaned, line by line."""
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
                self.heard(Printed(plugin, safe(line.rstrip())[:_LONGEST]))
        if size > len(printed):
            self.heard(Printed(plugin, f"… (+{size - len(printed)} bytes)"))

    @contextmanager
    def _no_way_out(self) -> Iterator[None]:
        """Bar what ends this program without a word; programs that a plugin starts end as they
        like.
        """
        modules: list[Any] = [os, sys.modules[os.name]]
        was = [(one, name, getattr(one, name)) for one in modules for name in _WAYS_OUT]
        for module, name, real in was:
            setattr(module, name, self._barred(real))
        try:
            yield
        finally:
            for module, name, real in was:
                setattr(module, name, real)

    def _barred(self, real: Callable[..., NoReturn]) -> Callable[..., NoReturn]:
        def ends(*given: Any, **more: Any) -> NoReturn:
            if self.watching:
                raise EndsProgram
            real(*given, **more)

        return ends


# What is watched is the process's own, of which there is one.
WATCH = Watch()


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


@contextmanager
def _limit(plugin: str, seconds: float) -> Iterator[None]:
    """Raise TakesTooLong in the code that runs once the time is up.

    Where there is an alarm, in the main thread, that also ends what waits; elsewhere it comes
    between two steps of Python.
    """
    here = threading.current_thread() is threading.main_thread()
    clock: _Alarm | _Reminder = _Reminder(seconds)
    if here and hasattr(signal, "setitimer"):
        clock = _Alarm(seconds, partial(_leave, plugin, seconds))
    clock.start()
    try:
        yield
    finally:
        clock.stop()
    if clock.rung:
        # It was held back by the plugin, which has then run too long all the same.
        raise TakesTooLong


class _Alarm:
    """The system's alarm, with whatever the program had set of its own put back."""

    def __init__(self, seconds: float, leave: Callable[[], NoReturn]) -> None:
        self.rung = 0
        self._seconds, self._leave = seconds, leave
        self._running = False

    def start(self) -> None:
        self._running, self._began = True, time.monotonic()
        self._handler = signal.signal(signal.SIGALRM, self._ring)
        # It rings on, for a plugin that holds back whatever is raised in it.
        again = min(self._seconds, _AGAIN)
        self._before = signal.setitimer(signal.ITIMER_REAL, self._seconds, again)

    def stop(self) -> None:
        self._running = False
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, self._handler or signal.SIG_DFL)
        left, again = self._before
        if left:
            gone = time.monotonic() - self._began
            signal.setitimer(signal.ITIMER_REAL, max(left - gone, 1e-6), again)

    def _ring(self, *_: object) -> None:
        if not self._running:
            return
        self.rung += 1
        if self.rung > _PATIENCE:
            self._leave()
        raise TakesTooLong


class _Reminder:
    """A second thread that has the error raised in this one."""

    def __init__(self, seconds: float) -> None:
        self.rung = 0
        self._lock, self._thread = threading.Lock(), threading.get_ident()
        self._timer = threading.Timer(seconds, self._ring)
        self._timer.daemon = True

    def start(self) -> None:
        self._timer.start()

    def stop(self) -> None:
        with self._lock:
            self._timer.cancel()
            if self.rung:
                self._raise(None)

    def _ring(self) -> None:
        with self._lock:
            if not self._timer.finished.is_set():
                self.rung = 1
                self._raise(TakesTooLong)

    def _raise(self, error: type[BaseException] | None) -> None:
        import ctypes

        what = ctypes.py_object(error) if error else None
        ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(self._thread), what)


def _leave(plugin: str, seconds: float) -> NoReturn:
    """End the program with the name of a plugin that nothing stops."""
    say = translator(reader_language())
    one = fault("", "takes longer than {seconds} s and cannot be stopped", seconds=f"{seconds:g}")
    whole = one._replace(plugin=plugin)
    os.write(2, f"{say('error')}: {whole.text(say)}\n".encode())
    _EXIT(2)
