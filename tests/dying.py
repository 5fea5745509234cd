"""What workers run in tests: importable by name, since other processes find it so."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable

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


def waiting(_: object) -> None:
    """Say who works, and never end."""
    os.write(1, f"{os.getpid()}\n".encode())
    signal.pause()
