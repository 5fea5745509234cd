"""Deadlines: what each deliverable of a case is due by, and whether it was done by then."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any, Literal, NamedTuple, Self

from steelyard.book.due import Due, Window, dues_of
from steelyard.book.model import RuleBook
from steelyard.case.model import Case, Given
from steelyard.messages import Title

State = Literal["done", "done_late", "late", "not_shown", "due", "coming", "undated"]
"""How a deliverable stands on a day.

`done`: by its day, or some day where it has none. `done_late`: after its day, surely. Of what is
not surely done: `late` where its day is past and it surely was not done by then, `not_shown` where
its day is past and nothing tells, `due` while its window is open, `coming` before that, `undated`
where no day is set.
"""


class Deadline(NamedTuple):
    """A deliverable of a case with its window and the day on which it was done.

    `done` are the first and the last day that it may have been; None where it was not done or
    nothing is shown, which `shown` tells apart. `office` is empty where the book names none.
    """

    id: str
    title: Title
    stage: str
    stage_title: Title
    office: str
    office_title: Title
    window: Window
    done: tuple[date, date] | None
    shown: bool

    @property
    def by(self) -> date | None:
        """The last day on which it is in time; None where none is set."""
        return self.window.last

    def state(self, on: date) -> State:
        """Return how it stands on a day; what was done later is not done yet."""
        by = self.window.last
        if self.done is not None and self.done[1] <= on:
            return "done_late" if by is not None and self.done[0] > by else "done"
        if by is None:
            return "undated"
        if on > by:
            surely_late = self.shown and (self.done is None or self.done[0] > by)
            return "late" if surely_late else "not_shown"
        return "coming" if self.window.first is not None and on < self.window.first else "due"

    def to_json(self) -> dict[str, Any]:
        """Return it as plain data, from which `of` makes it again."""
        first, last = (None if day is None else day.isoformat() for day in self.window)
        done = None
        if self.done is not None:
            done = "..".join(dict.fromkeys(day.isoformat() for day in self.done))
        elif self.shown:
            done = "none"
        return {
            "id": self.id,
            "title": self.title._asdict(),
            "stage": {"id": self.stage, **self.stage_title._asdict()},
            "responsible": {"id": self.office, **self.office_title._asdict()}
            if self.office
            else None,
            "from": first,
            "by": last,
            "done": done,
        }

    @classmethod
    def of(cls, said: Mapping[str, Any]) -> Self:
        """Return the deadline that plain data hold."""
        office, stage = said["responsible"] or {"id": "", "zh": "", "en": ""}, said["stage"]
        days = [said[key] and date.fromisoformat(said[key]) for key in ("from", "by")]
        done = None
        if said["done"] not in (None, "none"):
            ends = [date.fromisoformat(day) for day in said["done"].split("..")]
            done = (ends[0], ends[-1])
        return cls(
            said["id"],
            Title(**said["title"]),
            stage["id"],
            Title(stage["zh"], stage["en"]),
            office["id"],
            Title(office["zh"], office["en"]),
            Window(*days),
            done,
            said["done"] is not None,
        )


def deadlines(book: RuleBook, case: Case) -> tuple[Deadline, ...]:
    """Return every deliverable that a book asks of a case, in the book's order."""
    return tuple(
        _deadline(book, due, case.facts.get(name))
        for name, due in dues_of(book, case.first).items()
    )


def _deadline(book: RuleBook, due: Due, given: Given | None) -> Deadline:
    done = None
    if given is not None and given.low is not None and given.high is not None:
        done = (date.fromordinal(given.low), date.fromordinal(given.high))
    return Deadline(
        due.fact.id,
        due.fact.title,
        due.stage.id,
        due.stage.title,
        due.office,
        book.offices.get(due.office, Title("", "")),
        due.window,
        done,
        given is not None and (done is not None or given.word is None),
    )
