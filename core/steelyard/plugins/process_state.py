"""What belongs to the whole process, and is put back where a plugin has changed it."""

from __future__ import annotations

import decimal
import faulthandler
import gc
import locale
import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from decimal import Context
from typing import Any, NamedTuple

from steelyard.errors import Word

_SETTINGS = (
    "STEELYARD_BLOCK",
    "STEELYARD_BOOKS",
    "STEELYARD_CACHE",
    "STEELYARD_HOOK_SECONDS",
    "STEELYARD_PLUGINS",
    "XDG_CACHE_HOME",
    "HOME",
    "LANGUAGE",
    "LC_ALL",
    "LC_MESSAGES",
    "LANG",
    "TZ",
)
"""What the program reads of its environment."""
_SIGNALS = tuple(
    getattr(signal, name)
    for name in ("SIGINT", "SIGTERM", "SIGHUP", "SIGPIPE", "SIGCHLD", "SIGBREAK")
    if hasattr(signal, name)
)
_HOOKS = (
    (sys, "excepthook"),
    (sys, "unraisablehook"),
    (sys, "stdin"),
    (threading, "excepthook"),
)


class CannotPutBack(BaseException):
    """Something of the process stays as a plugin has left it; holds what the plugin did."""


class _Part(NamedTuple):
    """One thing that is the whole process's: what is said of a plugin that changes it, how it is
    read, and how it is put back.
    """

    said: Word
    read: Callable[[], Any]
    put_back: Callable[[Any], object]


def _folder() -> str | None:
    with suppress(OSError):
        return os.getcwd()  # noqa: PTH109  # a text is all that is needed, a hundred times a second
    return None


def _umask() -> int:
    # It cannot be read without being set; nobody else is let in meanwhile.
    now = os.umask(0o77)
    os.umask(now)
    return now


def _digits(context: Context) -> tuple[Any, ...]:
    traps = [one for one, on in context.traps.items() if on]
    return (
        context.prec,
        context.rounding,
        context.Emin,
        context.Emax,
        context.capitals,
        context.clamp,
        [],
        traps,
    )


def _decimals() -> tuple[Any, ...]:
    """Return the contexts in which this thread, and threads to come, reckon."""
    return _digits(decimal.getcontext()), _digits(decimal.DefaultContext)


def _reckon(was: tuple[Any, ...]) -> None:
    now, default = was
    decimal.setcontext(Context(*now))
    names = ("prec", "rounding", "Emin", "Emax", "capitals", "clamp")
    for name, value in zip(names, default, strict=False):
        setattr(decimal.DefaultContext, name, value)
    for one in decimal.DefaultContext.traps:
        decimal.DefaultContext.traps[one] = one in default[-1]


def _environment() -> list[str | None]:
    return [os.environ.get(name) for name in _SETTINGS]


def _surround(was: list[str | None]) -> None:
    for name, value in zip(_SETTINGS, was, strict=True):
        if value is None:
            os.environ.pop(name, None)
        else:
            os.environ[name] = value
    if hasattr(time, "tzset"):
        time.tzset()


def _handlers() -> list[Any]:
    return [signal.getsignal(number) for number in _SIGNALS]


def _handle(was: list[Any]) -> None:
    # No other thread could have changed them.
    if threading.current_thread() is threading.main_thread():
        for number, handler in zip(_SIGNALS, was, strict=True):
            if handler is not None:
                signal.signal(number, handler)


def _limits() -> tuple[Any, ...]:
    return sys.getrecursionlimit(), sys.getswitchinterval(), gc.isenabled()


def _limit(was: tuple[Any, ...]) -> None:
    depth, interval, collects = was
    sys.setrecursionlimit(depth)
    sys.setswitchinterval(interval)
    (gc.enable if collects else gc.disable)()


def _hooks() -> list[Any]:
    return [getattr(module, name) for module, name in _HOOKS]


def _hook(was: list[Any]) -> None:
    for (module, name), value in zip(_HOOKS, was, strict=True):
        setattr(module, name, value)


_PARTS = (
    _Part(Word("changes the working folder; it is put back"), _folder, os.chdir),
    _Part(Word("changes the mode of new files (umask); it is put back"), _umask, os.umask),
    _Part(
        Word("changes the locale; it is put back"),
        lambda: locale.setlocale(locale.LC_ALL),
        lambda was: locale.setlocale(locale.LC_ALL, was),
    ),
    _Part(Word("changes how decimals are rounded; it is put back"), _decimals, _reckon),
    _Part(Word("changes settings in the environment; they are put back"), _environment, _surround),
    _Part(Word("takes over signals; their handlers are put back"), _handlers, _handle),
    _Part(Word("changes limits of Python; they are put back"), _limits, _limit),
    _Part(Word("takes over hooks of Python; they are put back"), _hooks, _hook),
)


@contextmanager
def put_back(tell: Callable[[Word], None]) -> Iterator[None]:
    """Put back, when a plugin's code has run, what is the whole process's, and `tell` what was
    changed.

    Raises CannotPutBack.
    """
    before = [part.read() for part in _PARTS]
    try:
        yield
    finally:
        # A clock that ends the program is the plugin's too.
        faulthandler.cancel_dump_traceback_later()
        for part, was in zip(_PARTS, before, strict=True):
            if part.read() == was:
                continue
            tell(part.said)
            try:
                part.put_back(was)
            except (OSError, ValueError, TypeError, locale.Error, RecursionError) as error:
                raise CannotPutBack(part.said) from error
