"""The parts of a whole: the assessments that were rolled up into this one, those that are not there
yet among them.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from steelyard.case.reading.rollup import tells
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
    row, name = line.row, line.row["assessment"]
    brief = name[:8] if reader.terse else name
    if line.not_rated == "yes":
        return Row.of(line.subject, line.period, None, reader.say("not rated"), brief)
    scores, grade = _ends(row, "score_low", "score_high"), _ends(row, "grade")
    span = Span(Decimal(scores[0]), Decimal(scores[-1])) if scores else None
    said = " – ".join(reader.of(titles[one]) for one in grade) or None
    return Row.of(line.subject, line.period, span, said, brief)


def _ends(row: Mapping[str, str], *names: str) -> list[str]:
    """Return the ends that a part's row holds in some fields; none where one of them tells
    nothing.
    """
    said = [row.get(name) for name in names]
    return [end for one in said for end in str(one).split("..")] if all(map(tells, said)) else []
