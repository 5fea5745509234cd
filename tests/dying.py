"""What workers run in tests: importable by name, since other processes find it so."""

from __future__ import annotations

import importlib
import os
import signal
from collections.abc import Callable
from typing import Any

DEATHS: dict[str, Callable[[], object]] = {
    "killed": lambda: os.kill(os.getpid(), signal.SIGKILL),
    "left": lambda: os._exit(3),
}
_told: dict[str, str] = {}


def start(*told: str) -> None:
    """Die at once, or remember to die at a task: `when` is "start" or the task's number."""
    if len(told) == 2:
        how, when = told
        _told.update(how=how, when=when)
        if when == "start":
            DEATHS[how]()


def work(task: int) -> bytes:
    """Give more than a pipe holds."""
    if _told.get("when") == str(task):
        DEATHS[_told["how"]]()
    return bytes([task]) * 200_000


def doubled(task: int) -> tuple[int, set[int]]:
    """Give something, with the signals that are not heard here, or raise."""
    if task < 0:
        raise ValueError(task)
    return 2 * task, {int(one) for one in signal.pthread_sigmask(signal.SIG_BLOCK, [])}


def die(_: object) -> None:
    """Be killed."""
    DEATHS["killed"]()


def dying_at_work(when: str, how: str, module: str, work: str, task: Any) -> Any:
    """Do real work, and die at one moment of it: as the first task comes, when a later one has come,
    or before what was made is given.
    """
    _told["tasks"] = str(int(_told.get("tasks", "0")) + 1)
    if when == "first" or (when == "later" and _told["tasks"] != "1"):
        DEATHS[how]()
    made = getattr(importlib.import_module(module), work)(task)
    if when == "made":
        DEATHS[how]()
    return made


def dying_as_it_starts(how: str, *_: object) -> None:
    """Die before there is a task."""
    DEATHS[how]()


def out_of_memory(_: object) -> None:
    """Have no memory for a task."""
    raise MemoryError


def waiting(_: object) -> None:
    """Say who works, and never end."""
    os.write(1, f"{os.getpid()}\n".encode())
    signal.pause()
