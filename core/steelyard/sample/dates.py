"""The days of a stage, as a unit in some period meets them."""

from __future__ import annotations

from datetime import date

from steelyard.book.due import window_of
from steelyard.book.model import Stage

_BEFORE = 60


def span_of(stage: Stage, days: tuple[date, date]) -> tuple[int, int | None, int]:
    """Return the first day on which a deliverable may be done, the day on which it is due (None:
    open), and the period's last, all as ordinals.
    """
    first, last = days
    opens, due = window_of(stage, first)
    if due is None:
        return (opens or first).toordinal(), None, last.toordinal()
    start = due.toordinal() - _BEFORE if opens is None else opens.toordinal()
    return start, due.toordinal(), last.toordinal()
