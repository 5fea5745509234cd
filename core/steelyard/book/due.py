"""When a stage runs in a period, and by when its deliverables are due: worked out here alone."""

from __future__ import annotations

import calendar
from collections.abc import Mapping
from datetime import date
from functools import lru_cache
from typing import NamedTuple

from steelyard.book.model import Fact, RuleBook, Stage
from steelyard.book.offices import responsible_of
from steelyard.messages import Title

_MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September",
    "October", "November", "December",
)  # fmt: skip


class Window(NamedTuple):
    """The first and the last day of a stage, both counted; None where that end is left open."""

    first: date | None
    last: date | None

    def __str__(self) -> str:
        """Return both days, with a dash between them."""
        ends = [day.isoformat() if day else "…" for day in self]
        return f"{ends[0]} – {ends[1]}"


class Due(NamedTuple):
    """A deliverable as one period asks for it.

    `office` is the id of the office responsible, empty where the book names none; `by` the last
    day of its window, None where that is left open.
    """

    fact: Fact
    stage: Stage
    office: str
    window: Window

    @property
    def by(self) -> date | None:
        """The last day on which it is in time."""
        return self.window.last


def window_of(stage: Stage, start: date) -> Window:
    """Return when a stage runs in a period that begins on `start`; months are of that year."""
    if not stage.months:
        return Window(stage.first, stage.last)
    year, last = start.year, stage.months[-1]
    return Window(
        date(year, stage.months[0], 1), date(year, last, calendar.monthrange(year, last)[1])
    )


@lru_cache(maxsize=64)
def dues_of(book: RuleBook, start: date) -> Mapping[str, Due]:
    """Return every deliverable of a book by its id, in the book's order, as a period that begins on
    `start` asks for it.
    """
    found = {}
    for stage in book.stages.values():
        window = window_of(stage, start)
        for one in stage.deliverables:
            fact = book.facts[one.id]
            found[one.id] = Due(fact, stage, responsible_of(book, fact), window)
    return found


def spoken(stage: Stage) -> Title:
    """Return when a stage runs, in words that hold for every period."""
    if not stage.months:
        if stage.first is None and stage.last is None:
            return Title("不限", "open")
        ends = [day.isoformat() if day else "…" for day in (stage.first, stage.last)]
        return Title(f"{ends[0]} 至 {ends[1]}", f"{ends[0]} to {ends[1]}")
    first, last = stage.months[0], stage.months[-1]
    if 1 < len(stage.months) == last - first + 1:
        return Title(f"{first} 月至 {last} 月", f"{_MONTHS[first - 1]} to {_MONTHS[last - 1]}")
    return Title(
        "、".join(f"{one} 月" for one in stage.months),
        ", ".join(_MONTHS[one - 1] for one in stage.months),
    )


def due_by(stage: Stage, start: date | None = None) -> Title | None:
    """Return by when a stage is due, in words: the day in a period that begins on `start`, else the
    month of every period; None where it is left open.
    """
    if start is not None or not stage.months:
        last = window_of(stage, start or date.min).last
        if last is None:
            return None
        return Title(f"{last.isoformat()} 前完成", f"due by {last.isoformat()}")
    month = stage.months[-1]
    return Title(f"{month} 月底前完成", f"due by the end of {_MONTHS[month - 1]}")
