"""How long a plugin's code may run at a time, whatever it does with signals and alarms."""

from __future__ import annotations

import math
import os
import re
import signal
import threading
import time
from collections.abc import Callable
from types import FrameType
from typing import Any, NoReturn, TypeVar

from steelyard.errors import UsageError, fault

LIMIT = "STEELYARD_HOOK_SECONDS"
_SECONDS = 60.0
_PATIENCE = 5
_AGAIN = 1.0
_LOOK = 0.1
# The second is for where a plugin keeps the first for itself.
_RINGS: tuple[int, ...] = ()
if hasattr(signal, "setitimer") and hasattr(signal, "pthread_kill"):
    _RINGS = (signal.SIGALRM, getattr(signal, "SIGRTMAX", signal.SIGVTALRM))

Given = TypeVar("Given")


class TakesTooLong(BaseException):
    """A plugin has run longer than it may; no plugin's own `except Exception` holds it back."""


def hook_seconds() -> float:
    """Return how long a plugin may run at a time: STEELYARD_HOOK_SECONDS, else 60.

    Raises UsageError where that is no number of seconds above 0.
    """
    said = os.environ.get(LIMIT, "").strip()
    if not said:
        return _SECONDS
    seconds = float(said) if re.fullmatch(r"[0-9]*\.?[0-9]+", said) else 0.0
    if not (math.isfinite(seconds) and 0 < seconds <= threading.TIMEOUT_MAX):
        raise UsageError([fault(LIMIT, "`{text}` is no number of seconds above 0", text=said)])
    return seconds


class Guard:
    """A thread that looks, a few times a second, whether a call has run too long: unlike an alarm,
    no plugin can switch it off by a signal's handler.
    """

    def __init__(self) -> None:
        self._limit: _Limit | None = None
        self._thread: threading.Thread | None = None

    def limited(
        self, call: Callable[[], Given], seconds: float, leave: Callable[[], NoReturn]
    ) -> Given:
        """Return what a call gives within so many seconds, or raise TakesTooLong, also where it
        comes back later with an answer or an error of its own; `leave` is asked to end the program
        where nothing stops it.
        """
        limit = self._limit = _Limit(seconds, leave)
        # After a fork there is none in the copy.
        if self._thread is None or not self._thread.is_alive():
            self._thread = threading.Thread(target=self._look, name="hook-limit", daemon=True)
            self._thread.start()
        try:
            limit.start()
            given = _called(call)
        except Exception as error:
            if _stopped(limit):
                raise TakesTooLong().with_traceback(error.__traceback__) from error
            raise
        finally:
            late = _stopped(limit)
            self._limit = None
        if late:
            raise TakesTooLong
        return given

    def _look(self) -> None:
        if hasattr(signal, "pthread_sigmask"):
            # What is sent to the process is for the main thread, which it wakes.
            signal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals())
        while True:
            limit = self._limit
            if limit is not None:
                limit.look()
            time.sleep(_LOOK)


def _called(call: Callable[[], Given]) -> Given:
    """Return what a call gives; while this stands in the stack, a plugin's code runs."""
    return call()


def _stopped(limit: _Limit) -> bool:
    """Whether the time was up, once everything is as it was."""
    while True:
        try:
            return limit.stop()
        except TakesTooLong:
            # It was raised as the plugin came back, and is raised no more.
            continue


class _Limit:
    """The time of one call.

    The system's alarm, in the main thread, ends what waits and what keeps other threads from
    running; where it does not ring, the guard's looks do, and elsewhere they come between two
    steps of Python.
    """

    def __init__(self, seconds: float, leave: Callable[[], NoReturn]) -> None:
        self._seconds, self._leave = seconds, leave
        self._again = min(seconds, _AGAIN)
        self._thread = threading.get_ident()
        self._began, self._before = time.monotonic(), (0.0, 0.0)
        self._mask: set[Any] = set()
        self._lock = threading.Lock()
        self._running = self._stopped = self._raised = self._late = False
        self._rung = self._heard = self._looks = 0
        self._handlers: dict[int, Any] = {}

    def start(self) -> None:
        self._began = time.monotonic()
        self._due = self._began + self._seconds + self._again / 2
        self._running = True
        if _RINGS and threading.current_thread() is threading.main_thread():
            self._handlers = {one: signal.signal(one, self._ring) for one in _RINGS}
            self._mask = signal.pthread_sigmask(signal.SIG_UNBLOCK, _RINGS)
            # It rings on, for a plugin that holds back whatever is raised in it.
            self._before = signal.setitimer(signal.ITIMER_REAL, self._seconds, self._again)

    def stop(self) -> bool:
        """Put everything back as it was, once, and return whether the time was up."""
        if self._stopped:
            return self._late
        gone = time.monotonic() - self._began
        with self._lock:
            self._running = False
            self._late = self._late or bool(self._rung) or gone > self._seconds
            if self._raised:
                self._raise(None)
        if self._handlers:
            signal.setitimer(signal.ITIMER_REAL, 0)
            # What a plugin held back comes now, while there is somebody to take it.
            signal.pthread_sigmask(signal.SIG_UNBLOCK, _RINGS)
            for number, handler in self._handlers.items():
                signal.signal(number, signal.SIG_DFL if handler is None else handler)
            signal.pthread_sigmask(signal.SIG_SETMASK, self._mask)
            left, again = self._before
            if left:
                signal.setitimer(signal.ITIMER_REAL, max(left - gone, 1e-6), again)
        self._stopped = True
        return self._late

    def look(self) -> None:
        """Raise TakesTooLong in the code that runs where the time is up and no alarm says so; end
        the program where that does not help. It is the guard's thread that looks.
        """
        with self._lock:
            if not self._running:
                return
            if self._handlers and signal.getsignal(_RINGS[0]) == signal.SIG_DFL:
                # It would end the program without a word.
                signal.setitimer(signal.ITIMER_REAL, 0)
            now = time.monotonic()
            if now < self._due:
                return
            self._due = now + self._again
            if self._rung > self._heard:
                self._heard = self._rung
                return
            self._looks += 1
            if self._looks > _PATIENCE:
                self._leave()
            if self._handlers and signal.getsignal(_RINGS[1]) == self._ring:
                signal.pthread_kill(self._thread, _RINGS[1])
            if not self._handlers or self._looks > 1:
                self._raise(TakesTooLong)

    def _ring(self, _: int, frame: FrameType | None) -> None:
        while frame is not None and frame.f_code is not _called.__code__:
            frame = frame.f_back
        if frame is None or not self._running:
            # It comes as the plugin has just come back.
            return
        self._rung += 1
        if self._rung > _PATIENCE:
            self._leave()
        raise TakesTooLong

    def _raise(self, error: type[BaseException] | None) -> None:
        import ctypes

        self._raised = error is not None
        what = ctypes.py_object(error) if error else None
        ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(self._thread), what)
