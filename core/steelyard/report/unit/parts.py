"""The parts of a whole: the assessments that were rolled up into this one, those that are not there
yet among them.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from steelyard.judging.parts import Line, rolled_up
from steelyard.messages import Title
from steelyard.report.page import Column, Group, Row, Span, Table
from steelyard.report.unit.reader import Reader


def parts(reader: Reader) -> list[Table]:
    """Return a table for every register that assessments of parts fill."""
    assessment = reader.assessment
    say = reader.say
    columns = (
        Column(say("Part"), width=30),
        Column(say("Period"), width=15),
        Column(say("Score"), "points", 18, assessment.book.decimals),
        Column(say("Grade"), width=20, choices=True),
        Column(say("Assessment"), "code", 17),
    )
    found = []
    for register, lines in rolled_up(assessment):
        rows = tuple(_row(reader, line, register.fields["grade"].options) for line in lines)
        title = say("Parts: {register}").format(register=reader.of(register.title))
        found.append(Table(f"parts-{register.id}", title, columns, (Group("", rows),)))
    return found


def _row(reader: Reader, line: Line, titles: Mapping[str, Title]) -> Row:
    if line.row is None:
        return Row((line.subject, line.period, None, reader.say("not assessed yet"), None))
    if line.not_rated == "yes":
        return Row(
            (line.subject, line.period, None, reader.say("not rated"), line.row["assessment"])
        )
    grade = " – ".join(reader.of(titles[one]) for one in line.row["grade"].split(".."))
    span = Span(Decimal(line.row["score_low"]), Decimal(line.row["score_high"]))
    return Row((line.subject, line.period, span, grade, line.row["assessment"]))
