"""The one place where the program ends: whatever stopped it becomes a line on standard error and an
exit code, and only a fault of the program itself leaves a traceback.
"""

from __future__ import annotations

import io
import os
import signal
import sys
import threading
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from enum import IntEnum
from types import FrameType
from typing import Any, TextIO

from steelyard.errors import Fault, SteelyardError, Word, fault, refusal
from steelyard.messages import Language, translator


class Exit(IntEnum):
    """The exit codes, as docs/reliability.md tells them to users; from 128 on, a signal's number
    is added, as shells do.
    """

    DONE = 0
    NO = 1
    REFUSED = 2
    FAULTY = 70
    HUNG_UP = 129
    INTERRUPTED = 130
    UNREAD = 141
    TERMINATED = 143


class _Stopped(KeyboardInterrupt):
    """A signal asks the program to end, as Ctrl-C does; what is half done is undone on the way
    out.
    """

    def __init__(self, code: Exit, said: Word) -> None:
        super().__init__(code)
        self.code = code
        self.said = said


_HANG_UP: int | None = getattr(signal, "SIGHUP", None)
_SIGNALS: dict[int, tuple[Exit, Word]] = {
    signal.SIGTERM: (Exit.TERMINATED, Word("terminated")),
    **({} if _HANG_UP is None else {_HANG_UP: (Exit.HUNG_UP, Word("the terminal hung up"))}),
}


def ended(run: Callable[[], int], language: Language) -> int:
    """Run the program and return its exit code, once what it printed is out and what stopped it is
    told.
    """
    _open_closed_streams()
    try:
        return _ended(run, language)
    finally:
        _let_go(sys.stderr)


def _ended(run: Callable[[], int], language: Language) -> int:
    try:
        with _stopped_by_signals(), _printing():
            code = run()
            sys.stdout.flush()
            return code
    except SteelyardError as error:
        return _refused(error, None, language)
    except _Stopped as stop:
        return _stopped(stop, stop.said, stop.code, language)
    except KeyboardInterrupt as stop:
        return _stopped(stop, Word("interrupted"), Exit.INTERRUPTED, language)
    except BrokenPipeError:
        # Whoever read has gone, as `head` does, and wants to hear no more.
        return Exit.UNREAD
    except OSError as error:
        return _refused(error, _of_system(error), language)
    except MemoryError as error:
        return _refused(error, fault("", "there is not enough memory"), language)
    except RecursionError as error:
        return _refused(error, fault("", "something is nested too deeply"), language)
    except Exception as error:  # noqa: BLE001  # the last stop
        with suppress(OSError, ValueError):
            traceback.print_exc()
        what = Word("this is a fault of steelyard itself: please report it")
        return _stopped(error, what, Exit.FAULTY, language)


def _refused(error: BaseException, first: Fault | None, language: Language) -> Exit:
    """Print every fault of an error as a line on standard error."""
    say = translator(language)
    faults = getattr(error, "faults", ())
    for one in faults if first is None else (first, *faults):
        _print(f"{say('error')}: {one.text(say)}")
    return Exit.REFUSED


def _stopped(error: BaseException, what: Word, code: Exit, language: Language) -> Exit:
    """Print in a line what stopped the program, and what else there is to say of it."""
    _print(translator(language)(what.message))
    _refused(error, None, language)
    return code


def _print(line: str) -> None:
    # Where errors cannot be told, the exit code still tells that there was one.
    with suppress(OSError, ValueError):
        sys.stderr.write(line + "\n")
        sys.stderr.flush()


def _of_system(error: OSError) -> Fault:
    """Return what the system refused, and to which file, where nobody nearer has said so."""
    place = error.filename
    if isinstance(place, bytes):
        place = os.fsdecode(place)
    return fault(str(place) if place else "", "cannot be used: {problem}", problem=refusal(error))


def _open_closed_streams() -> None:
    """Take the places of streams that were closed, so that no file gets them and is then printed
    into.
    """
    if sys.stdin is None:
        sys.stdin = open(os.open(os.devnull, os.O_RDONLY), encoding="utf-8")  # noqa: PTH123, SIM115
    if sys.stdout is None:
        # Not writable, since what is printed there is lost, and somebody must hear of it.
        sys.stdout = open(os.open(os.devnull, os.O_RDONLY), "w", encoding="utf-8")  # noqa: PTH123, SIM115
    if sys.stderr is None:
        sys.stderr = open(os.open(os.devnull, os.O_WRONLY), "w", encoding="utf-8")  # noqa: PTH123, SIM115


class _Output(io.FileIO):
    """Standard output, which says that it is at fault where it cannot be written."""

    def write(self, data: Any, /) -> int:
        """Write as a file does."""
        try:
            return super().write(data)
        except OSError as error:
            error.filename = "stdout"
            raise


@contextmanager
def _printing() -> Iterator[None]:
    """Print Chinese also where the locale says ASCII, as in bare containers."""
    before = sys.stdout
    buffer = getattr(before, "buffer", None)
    # Without buffers, as PYTHONUNBUFFERED has it, the file stands in the place of one.
    if type(getattr(buffer, "raw", buffer)) is io.FileIO:
        before.flush()
        sys.stdout = io.TextIOWrapper(
            io.BufferedWriter(_Output(before.fileno(), "w", closefd=False)),
            line_buffering=getattr(before, "line_buffering", False) or type(buffer) is io.FileIO,
        )
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(encoding="utf-8", errors="replace")
    try:
        yield
    finally:
        try:
            _let_go(sys.stdout)
        finally:
            sys.stdout = before


def _let_go(stream: TextIO) -> None:
    """Forget what could not be printed, so that Python does not try, and fail, again when it
    ends.
    """
    try:
        stream.flush()
    except (OSError, ValueError):
        with suppress(OSError, ValueError):
            nowhere = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nowhere, stream.fileno())
            os.close(nowhere)
            stream.flush()


@contextmanager
def _stopped_by_signals() -> Iterator[None]:
    """Raise what ends the program where a signal asks for it, unless the signal is ignored, as
    `nohup` has it.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    held = {
        number: end
        for number, end in _SIGNALS.items()
        if signal.getsignal(number) == signal.SIG_DFL
    }

    def stop(number: int, _: FrameType | None) -> None:
        if number == _HANG_UP:
            # A terminal and its shell both say so; the second must not disturb the tidying up.
            signal.signal(number, signal.SIG_IGN)
        raise _Stopped(*held[number])

    for number in held:
        signal.signal(number, stop)
    loading = signal.getsignal(signal.SIGINT) is signal.SIG_DFL
    if loading:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        yield
    finally:
        for number in (*held, signal.SIGINT) if loading else held:
            signal.signal(number, signal.SIG_DFL)
