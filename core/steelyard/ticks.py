"""How far long work is: what there is that takes long, and who is told."""

from __future__ import annotations

from typing import Literal, Protocol

Work = Literal[
    "weighing", "making up", "ranking", "changes", "searching", "checking", "reading", "reporting"
]
"""The kinds of long work."""


class Ticks(Protocol):
    """Called with the progress of long work: its kind, what is done, and how much there is in
    all.
    """

    def __call__(self, what: Work, done: int, total: int, /) -> None:
        """Take one report."""


def silent(_what: Work, _done: int, _total: int) -> None:
    """Tell nobody how far long work is."""
