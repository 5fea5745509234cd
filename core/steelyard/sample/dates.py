"""The days of a stage, as a unit in some period meets them."""

from __future__ import annotations

from datetime import date

from steelyard.book.model import Stage

_BEFORE = 60


def span_of(stage: Stage, days: tuple[date, date]) -> tuple[int, int | None, int]:
    """Return the first day on which a deliverable may be done, the day on which it is due (None:
    open), and the period's last.

    All as ordinals; a window in months is of the year in which the period begins.
    """
    first, last = days
    if stage.months:
        after = date(first.year + stage.months[-1] // 12, stage.months[-1] % 12 + 1, 1)
        return (
            date(first.year, stage.months[0], 1).toordinal(),
            after.toordinal() - 1,
            last.toordinal(),
        )
    if stage.last is not None:
        due = stage.last.toordinal()
        start = stage.first.toordinal() if stage.first is not None else due - _BEFORE
        return start, due, last.toordinal()
    return (stage.first or first).toordinal(), None, last.toordinal()
