"""The parts of a whole: the assessments that were rolled up into this one, those that are not there
yet among them.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from steelyard.judging.parts import Line, rolled_up
from steelyard.messages import Title
from steelyard.report.page import Column, Part, Row, Span, Table
from steelyard.report.unit.reader import Reader

_MOST = 24


def rolled(reader: Reader) -> Part:
    """Return what was rolled up as a part of its own."""
    return Part("parts", reader.say("Part"), tuple(parts(reader)))


def parts(reader: Reader) -> list[Table]:
    """Return a table for every register that assessments of parts fill."""
    say = reader.say
    columns = (
        Column(say("Part"), width=30),
        Column(say("Period"), width=15),
        Column(say("Score"), "points", 18, reader.assessment.book.decimals),
        Column(say("Grade"), width=20, choices=True),
        Column(say("Assessment"), "code", 17, whole=True),
    )
    found = []
    for register, lines in rolled_up(reader.assessment):
        rows = (_row(reader, line, register.fields["grade"].options) for line in lines)
        title = reader.of(register.title)
        if not reader.terse:
            title = say("Parts: {register}").format(register=title)
        table = Table.plain(f"parts-{register.id}", title, columns, rows)
        found.append(table._replace(most=_MOST))
    return found


def _row(reader: Reader, line: Line, titles: Mapping[str, Title]) -> Row:
    if line.row is None:
        return Row.of(line.subject, line.period, None, reader.say("not assessed yet"), None)
    name = line.row["assessment"]
    if line.not_rated == "yes":
        brief = name[:8] if reader.terse else name
        return Row.of(line.subject, line.period, None, reader.say("not rated"), brief)
    grade = " – ".join(reader.of(titles[one]) for one in line.row["grade"].split(".."))
    span = Span(Decimal(line.row["score_low"]), Decimal(line.row["score_high"]))
    name = line.row["assessment"]
    return Row.of(line.subject, line.period, span, grade, name[:8] if reader.terse else name)
