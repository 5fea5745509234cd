"""When a stage runs in a period, and by when its deliverables are due: worked out here alone."""

from __future__ import annotations

import calendar
from collections.abc import Mapping
from datetime import date
from typing import NamedTuple

from steelyard.book.model import Fact, RuleBook, Stage
from steelyard.book.offices import responsible_of


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
