"""What goes wrong inside a plugin, told in one line with its place."""

from __future__ import annotations

import importlib
import re
from collections.abc import Callable
from importlib import metadata
from pathlib import PurePath
from typing import Any

from steelyard.errors import Fault, SteelyardError, fault
from steelyard.plugins.time_limit import TakesTooLong, hook_seconds
from steelyard.plugins.watch import EndsProgram

_OURS = frozenset(PurePath(one).parent for one in (__file__, metadata.__file__, importlib.__file__))


def named(plugin: str, one: Fault) -> Fault:
    """Return a fault with its plugin in front."""
    return one._replace(plugin=plugin)


def package_of(function: Callable[..., Any]) -> str:
    """Return the package that a function comes from."""
    return str(getattr(function, "__module__", "") or "").partition(".")[0]


def short(path: object, package: str) -> str:
    """Return the path of a plugin's file from its package on, which is the same on every
    machine.
    """
    parts = str(path).replace("\\", "/").rstrip("/").split("/")
    if package in parts:
        return "/".join(parts[len(parts) - 1 - parts[::-1].index(package) :])
    return f"{package}/{parts[-1]}" if parts[-1] != f"{package}.py" else parts[-1]


def failed(error: BaseException, package: str, hook: str = "") -> Fault:
    """Return what went wrong, and where, when a plugin was imported or a hook of its asked."""
    place = _where(error, package)
    if isinstance(error, TakesTooLong):
        seconds = f"{hook_seconds():g}"
        if hook:
            message = "`{hook}` takes longer than {seconds} s"
            return fault(place, message, hook=hook, seconds=seconds)
        return fault(place, "takes longer than {seconds} s to import", seconds=seconds)
    if isinstance(error, (SystemExit, EndsProgram)):
        if hook:
            return fault(place, "`{hook}` ends the program", hook=hook)
        return fault(place, "ends the program when it is imported")
    if hook:
        return fault(place, "`{hook}` fails: {problem}", hook=hook, problem=said_by(error))
    return fault(place, "cannot be imported: {problem}", problem=said_by(error))


def said_by(error: BaseException) -> str:
    """Return what an error says; one that says nothing, or only a key, is called by its kind in
    plain words.
    """
    try:
        said = error.msg if isinstance(error, SyntaxError) else str(error)
    except Exception:  # noqa: BLE001  # the error itself is a plugin's too
        said = ""
    if isinstance(error, SteelyardError) and error.faults:
        return error.faults[0].text()
    if said and not isinstance(error, KeyError):
        return said
    kind = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", type(error).__name__).lower()
    return f"{kind} {said}".rstrip()


def _where(error: BaseException, package: str) -> str:
    """Return file:line of the plugin's last line before an error, from its package on; empty where
    there is none.
    """
    steps: list[tuple[str, int]] = []
    step = error.__traceback__
    while step is not None:
        steps.append((step.tb_frame.f_code.co_filename, step.tb_lineno))
        step = step.tb_next
    if isinstance(error, SyntaxError) and error.filename:
        steps.append((error.filename, error.lineno or 1))
    for path, line in reversed(steps):
        if PurePath(path).parent not in _OURS and package in (
            *PurePath(path).parts,
            PurePath(path).stem,
        ):
            return f"{short(path, package)}:{line}"
    return ""
