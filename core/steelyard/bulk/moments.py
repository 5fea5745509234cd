"""The days of one run: its period, the day as of which it judges, and the figures of that day."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from dataclasses import dataclass

from steelyard.book.due import window_of
from steelyard.book.model import RuleBook
from steelyard.case.reading.parse_values import Wrong, read_period
from steelyard.errors import Fault, UsageError, fault


@dataclass(frozen=True, slots=True)
class Moments:
    """What is the same for every unit of a run: days as ordinals, figures in units of their scale.

    `windows` holds the last day of every stage's window, None where it is left open.
    """

    period: str
    first: int
    last: int
    as_of: int
    parameters: Mapping[str, int]
    windows: Mapping[str, int | None]

    def day(self, name: str) -> int:
        """Return a moment by the name that expressions give it."""
        return {"as_of": self.as_of, "period_start": self.first, "period_end": self.last}[name]


def moments_of(book: RuleBook, period: str, as_of: datetime.date | None) -> Moments:
    """Return the days and figures of a period, as of a day or its last.

    Raises UsageError for a period that is none and for figures that do not hold yet.
    """
    found = read_period(period)
    if isinstance(found, Wrong):
        raise UsageError([Fault("period", found.message, found.values, found.near)])
    name, first, last = found
    day = as_of or last
    parameters: dict[str, int] = {}
    for parameter in book.parameters.values():
        held = [units for start, units in parameter.values if start <= day.toordinal()]
        if not held:
            message = "`{name}` has no figure yet on {day}"
            raise UsageError([fault("as_of", message, name=parameter.id, day=day.isoformat())])
        parameters[parameter.id] = held[-1]
    ends_of = {stage.id: window_of(stage, first).last for stage in book.stages.values()}
    windows = {stage: day.toordinal() if day else None for stage, day in ends_of.items()}
    ends = first.toordinal(), last.toordinal(), day.toordinal()
    return Moments(name, *ends, parameters, windows)
