"""Asking a plugin: under watch, with whatever goes wrong in it as a fault that has its place."""

from __future__ import annotations

import reprlib
from collections.abc import Callable, Iterable
from itertools import islice
from typing import Any, TypeVar

from steelyard.errors import Fault, PluginError, fault, safe
from steelyard.messages import Title
from steelyard.plugins.failures import failed
from steelyard.plugins.time_limit import TakesTooLong
from steelyard.plugins.watch import WATCH

MOST = 10_000
"""How many things a plugin may give at a time."""
_LONGEST = 100
Given = TypeVar("Given")


def ask(plugin: str, package: str, hook: str, call: Callable[[], Given]) -> Given:
    """Return what a call of a plugin's code gives; an empty hook stands for its import.

    Raises PluginError with what went wrong; an error of ours that passes through stays as it is.
    What took too long once is not asked again.
    """
    slow = WATCH.slow.get((plugin, hook))
    if slow is not None:
        raise PluginError([slow])
    try:
        return WATCH.run(plugin, call)
    except (KeyboardInterrupt, PluginError):
        raise
    except BaseException as error:  # whatever a plugin raises must not end the program
        one = _failure(plugin, package, hook, error)
        if isinstance(error, TakesTooLong) and hook:
            WATCH.slow[plugin, hook] = one
        raise PluginError([one]) from error


def _failure(plugin: str, package: str, hook: str, error: BaseException) -> Fault:
    """Return what went wrong; an error's words for itself are the plugin's code too."""
    try:
        return WATCH.run(plugin, lambda: failed(error, package, hook))
    except KeyboardInterrupt:
        raise
    except BaseException:  # noqa: BLE001
        return failed(RuntimeError().with_traceback(error.__traceback__), package, hook)


def listed(given: Iterable[Any], hook: str) -> list[Any]:
    """Return what a plugin gives one by one; raises PluginError where it does not end."""
    found = list(islice(given, MOST + 1))
    if len(found) > MOST:
        raise PluginError([fault("", "`{hook}` gives more than {most}", hook=hook, most=MOST)])
    return found


def described(value: object) -> str:
    """Return a short text of what a plugin gave, which may be anything at all; it is asked for
    under watch.
    """
    if isinstance(value, str):
        return str.__str__(value)[:_LONGEST]
    if isinstance(value, (list, tuple, set, frozenset, dict)):
        return reprlib.repr(value)[:_LONGEST]
    try:
        return str(value)[:_LONGEST]
    except Exception:  # noqa: BLE001  # its words for itself are the plugin's too
        return type(value).__name__


def cleaned(title: Title) -> Title:
    """Return a title without what steers a terminal."""
    return Title(safe(title.zh), safe(title.en))


def is_title(value: object) -> bool:
    """Whether a value is a text in both languages."""
    return isinstance(value, Title) and all(isinstance(one, str) for one in value)
