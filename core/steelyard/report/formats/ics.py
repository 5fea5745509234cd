"""Deadlines as iCalendar (RFC 5545), for the office's calendar."""

from __future__ import annotations

import datetime
import hashlib
from collections.abc import Iterable, Mapping
from importlib.util import find_spec
from typing import TYPE_CHECKING

from steelyard.errors import UsageError, fault
from steelyard.messages import Language
from steelyard.report.deadlines import Asked, pressing, state_of
from steelyard.report.page import clean
from steelyard.report.phrases import Phrases

if TYPE_CHECKING:
    from icalendar.cal import Component


def ics(found: Iterable[Asked], on: datetime.date, language: Language) -> bytes:
    """Return what is not done on a day as events of a whole day each, on the day that it is due.

    The same deadlines on the same day give the same bytes; an event keeps its UID, so that a
    calendar brings up to date what it has. Raises UsageError where the library is missing.
    """
    if find_spec("icalendar") is None:
        said = "this format needs {modules}, which `pip install '{extra}'` brings"
        raise UsageError([fault("ics", said, modules="`icalendar`", extra="steelyard[office]")])
    from icalendar import Calendar, Event

    phrases = Phrases(language)
    calendar = Calendar()
    _fill(calendar, {"prodid": "-//Steelyard//steelyard due//EN", "version": "2.0"})
    for one in pressing(found, on):
        event = Event()
        _fill(event, _event(phrases, one, on))
        calendar.add_component(event)
    return bytes(calendar.to_ical())


def _event(phrases: Phrases, one: Asked, on: datetime.date) -> dict[str, object]:
    """Return the properties of a deadline's event."""
    say, deadline = phrases.say, one.deadline
    office = clean(phrases.of(deadline.office_title))
    told = [
        f"{say('Unit')}{phrases.colon}{one.called}",
        f"{say('Rule book')}{phrases.colon}{one.book}",
        f"{say('Stage')}{phrases.colon}{clean(phrases.of(deadline.stage_title))}",
        *([f"{say('Office')}{phrases.colon}{office}"] if office else []),
        f"{on.isoformat()}{phrases.colon}{state_of(phrases, deadline, on)}",
    ]
    key = "\n".join((one.unit, one.book.partition("@")[0], one.period, deadline.id))
    return {
        "uid": f"{hashlib.sha256(key.encode()).hexdigest()[:32]}@steelyard",
        "dtstamp": datetime.datetime.combine(on, datetime.time(), datetime.UTC),
        "dtstart": deadline.by,
        "summary": f"{clean(phrases.of(deadline.title))} – {one.called}",
        "description": "\n".join(told),
        **({"categories": [office]} if office else {}),
        "transp": "TRANSPARENT",
    }


def _fill(component: Component, properties: Mapping[str, object]) -> None:
    put = component.add
    for name, value in properties.items():
        put(name, value)
