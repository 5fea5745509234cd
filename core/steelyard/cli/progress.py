"""How far long work is, shown on standard error where that is a terminal."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING

from steelyard.ticks import Ticks, Work, silent

if TYPE_CHECKING:
    from rich.progress import TaskID

    from steelyard.cli.settings import Settings


WORK: Mapping[Work, str] = {
    "weighing": "weighing",
    "making up": "making up",
    "ranking": "ranking under varied weights",
    "changes": "looking for changes",
    "searching": "searching",
    "checking": "checking the store",
    "reading": "reading the store",
    "reporting": "writing reports",
}
"""What long work is called."""


@contextmanager
def ticking(settings: Settings) -> Iterator[Ticks]:
    """Yield what shows how far long work is, a bar for each kind; one step alone has none."""
    if not sys.stderr.isatty():
        yield silent
        return
    from rich.console import Console
    from rich.progress import Progress

    # Of its own, since a plugin's code runs with another standard error meanwhile.
    with (
        open(os.dup(sys.stderr.fileno()), "w", encoding="utf-8") as own,  # noqa: PTH123
        Progress(console=Console(file=own), transient=True) as progress,
    ):
        tasks: dict[Work, TaskID] = {}

        def tick(what: Work, done: int, total: int) -> None:
            if total < 2:
                return
            if what not in tasks:
                tasks[what] = progress.add_task(settings.say(WORK[what]), total=total)
            progress.update(tasks[what], completed=done)

        yield tick
