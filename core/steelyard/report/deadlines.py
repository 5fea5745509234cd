"""What is late, due or coming, office by office."""

from __future__ import annotations

import datetime
from collections import Counter
from collections.abc import Iterable
from typing import NamedTuple

from steelyard.errors import Plural
from steelyard.judging.deadlines import Deadline, State
from steelyard.messages import Language
from steelyard.report.page import Block, Column, Group, Page, Paragraph, Row, Table, in_line
from steelyard.report.phrases import Phrases

OPEN: tuple[State, ...] = ("late", "not_shown", "due", "coming")
"""The states of what is still to be done by some day, the most pressing first."""


class Asked(NamedTuple):
    """A deadline of one unit in one period, by the key of a book."""

    unit: str
    name: str
    period: str
    book: str
    deadline: Deadline

    @property
    def called(self) -> str:
        """The unit in a line."""
        return in_line(f"{self.unit} {self.name}")


def state_of(phrases: Phrases, deadline: Deadline, on: datetime.date) -> str:
    """Return in words how a deliverable stands on a day."""
    say, state = phrases.say, deadline.state(on)
    if deadline.by is not None and state in OPEN:
        days = abs((deadline.by - on).days)
        past = (
            say(Plural("late by {days} day", "late by {days} days", "days"))
            if state == "late"
            else say(Plural("past its day: {days} day", "past its day: {days} days", "days"))
        )
        left = (
            say(Plural("coming, {days} day left", "coming, {days} days left", "days"))
            if state == "coming"
            else say(Plural("{days} day left", "{days} days left", "days"))
        )
        return (left if on <= deadline.by else past).format(days=days)
    return {
        "done": say("done"),
        "done_late": say("done late"),
        "undated": say("no day set"),
    }[state]


def pressing(found: Iterable[Asked], on: datetime.date) -> list[Asked]:
    """Return what is still to be done by some day, the earliest day first."""
    left = [one for one in found if one.deadline.state(on) in OPEN]
    return sorted(left, key=lambda one: (one.deadline.by or datetime.date.max, one.unit, one.book))


def due_page(found: Iterable[Asked], on: datetime.date, language: Language) -> Page:
    """Return what is late, due or coming on a day, in a group for each office."""
    phrases, asked = Phrases(language), list(found)
    say = phrases.say
    counts = Counter[str](one.deadline.state(on) for one in asked)
    offices: dict[str, list[Asked]] = {}
    for one in pressing(asked, on):
        title = phrases.of(one.deadline.office_title)
        offices.setdefault(title or say("no office named"), []).append(one)
    columns = (
        Column(say("Due by"), "date", 12, whole=True),
        Column(say("What"), width=36),
        Column(say("Stage"), width=18),
        Column(say("Unit"), width=20),
        Column(say("How it stands"), width=16, choices=True),
    )
    groups = tuple(
        Group(office, tuple(_row(phrases, one, on) for one in lines))
        for office, lines in offices.items()
    )
    title = say("Due on {day}").format(day=on.isoformat())
    table = Table("due", title, columns, groups, grouped=say("Office"))
    told = say(
        "{late} late, {open} past their day with nothing shown, {due} due, {coming} coming, "
        "{done} done, {undated} without a day"
    ).format(
        late=counts["late"],
        open=counts["not_shown"],
        due=counts["due"],
        coming=counts["coming"],
        done=counts["done"] + counts["done_late"],
        undated=counts["undated"],
    )
    blocks: list[Block] = [table] if groups else []
    blocks.append(Paragraph(phrases.sentence(told)))
    return Page.plain(language, "due", title, blocks)


def _row(phrases: Phrases, one: Asked, on: datetime.date) -> Row:
    deadline = one.deadline
    return Row.of(
        deadline.by,
        phrases.of(deadline.title),
        phrases.of(deadline.stage_title),
        one.called,
        state_of(phrases, deadline, on),
    )
