"""What each change alone is worth: where a unit would begin."""

from __future__ import annotations

from collections.abc import Sequence

from steelyard.plan.what_if import Worth
from steelyard.report.page import Bar, Bars, Column, Figure, Paragraph, Part, Row, Table
from steelyard.report.unit.reader import Reader
from steelyard.report.unit.step_words import step_words

_DRAWN = 20
_LABEL = (4, 64)
"""Sentences are longer than names: up to four lines of sixty-four signs."""


def worths(reader: Reader, found: Sequence[Worth]) -> Part:
    """Return the part that says what each change alone adds to the score, most first."""
    say = reader.say
    title = say("What each change alone is worth")
    if not found:
        return Part("worth", title, (Paragraph(say("No change alone adds to the score.")),))
    first = found[0]
    reading = say("What adds most for certain, {points} points: {change}.").format(
        points=reader.text(first.low), change=step_words(reader, first.key, first.option)
    )
    note = say(
        "Each change is looked at alone: together they may add less or more. What is still to be "
        "shown must turn out as it stands here."
    )
    drawn = say("The changes that add most")
    figure = Figure("worths", drawn, reading, tornado(reader, found), listed(reader, found))
    return Part("worth", title, (figure, Paragraph(note, "note")))


def tornado(reader: Reader, found: Sequence[Worth]) -> Bars:
    """Return a chart of what each change alone adds to the score: the twenty that add most."""
    say, points = reader.say, reader.points
    bars = tuple(
        Bar(
            step_words(reader, one.key, one.option),
            points(max(one.low, 0)),
            points(max(one.low, one.high)),
        )
        for one in found[:_DRAWN]
    )
    full = max((bar.high for bar in bars), default=points(0))
    words = say("added for certain"), say("added at best")
    title = say("points added by each alone")
    return Bars(title, bars, full, "points", reader.assessment.book.decimals, (), words, _LABEL)


def listed(reader: Reader, found: Sequence[Worth]) -> Table:
    """Return the same as a table, of all changes."""
    say, places = reader.say, reader.assessment.book.decimals
    columns = (
        Column(say("What each alone is worth"), width=60),
        Column(say("Added for certain"), "points", 20, places),
        Column(say("Added at best"), "points", 20, places),
    )
    rows = (
        Row.of(
            step_words(reader, one.key, one.option),
            reader.points(one.low),
            reader.points(one.high),
        )
        for one in found
    )
    table = Table.plain("worths", say("What each change alone is worth"), columns, rows)
    return table._replace(most=_DRAWN)
