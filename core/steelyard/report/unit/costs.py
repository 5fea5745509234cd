"""Why: the rules that have cost most, what limits the grade, and what was waived."""

from __future__ import annotations

from steelyard.book.model import Limiter
from steelyard.judging.findings import Verdict
from steelyard.judging.slow.judge import judge_slowly
from steelyard.report.page import (
    DOCUMENTS,
    TERMINAL,
    WORKBOOK,
    Bar,
    Bars,
    Block,
    Column,
    Figure,
    Heading,
    Paragraph,
    Part,
    Row,
    Table,
)
from steelyard.report.phrases import cited, interval
from steelyard.report.unit.reader import Reader, share

_DRAWN = 10


def costs(reader: Reader) -> Part:
    """Return the part that says where the points went."""
    assessment = reader.assessment
    say = reader.say
    placed = list(enumerate(assessment.verdicts))
    lost = [
        (place, verdict)
        for place, verdict in placed
        if not assessment.book.rules[verdict.rule].bonus
        and verdict.outcome in {"fail", "partial", "unknown"}
        and _sure(reader, verdict) > 0
    ]
    lost.sort(key=lambda one: (-_sure(reader, one[1]), -_may(reader, one[1]), one[0]))
    waived = [one for one in placed if one[1].outcome == "waived"]
    blocks: list[Block] = []
    listed = [*lost, *waived] if reader.terse else lost
    if lost and not reader.terse:
        blocks.append(_figure(reader, lost))
    blocks.append(
        _table(reader, listed) if listed else Paragraph(say("No rule has surely cost points."))
    )
    limits = None if reader.terse else _limits(reader)
    if limits is not None:
        blocks += [Heading(say("What limits the grade")), limits]
    if waived and not reader.terse:
        blocks += [Heading(say("What was waived")), _waived(reader, waived)]
    return Part("why", say("Why: what cost most"), tuple(blocks))


Placed = tuple[int, Verdict]


def _sure(reader: Reader, verdict: Verdict) -> int:
    return reader.assessment.book.rules[verdict.rule].points - verdict.high


def _may(reader: Reader, verdict: Verdict) -> int:
    return reader.assessment.book.rules[verdict.rule].points - verdict.low


def _figure(reader: Reader, lost: list[Placed]) -> Figure:
    book = reader.assessment.book
    say = reader.say
    drawn = [verdict for _, verdict in lost[:_DRAWN]]
    bars = tuple(
        Bar(
            reader.of(book.rules[one.rule].title),
            reader.points(_sure(reader, one)),
            reader.points(_may(reader, one)),
        )
        for one in drawn
    )
    most = drawn[0]
    every = sum(_sure(reader, verdict) for _, verdict in lost)
    said = say(
        "{rule} cost most: {points} of its {full} points are surely lost, {share} of all "
        "that is surely lost."
    ).format(
        rule=reader.of(book.rules[most.rule].title),
        points=reader.text(_sure(reader, most)),
        full=reader.text(book.rules[most.rule].points),
        share=f"{round(share(_sure(reader, most), every) * 100)}%",
    )
    rows = [Row.of(bar.label, bar.low, bar.high) for bar in bars]
    columns = (
        Column(say("Rule"), width=60),
        Column(say("Surely lost"), "points", 20, book.decimals),
        Column(say("Lost at worst"), "points", 20, book.decimals),
    )
    full = max(bar.high for bar in bars)
    chart = Bars(
        say("points lost"),
        bars,
        full,
        "points",
        book.decimals,
        (),
        (say("surely lost"), say("lost at worst")),
    )
    table = Table.plain("costs-drawn", say("The rules that cost most"), columns, rows)
    return Figure("costs", say("What cost most"), said, chart, table)


def _table(reader: Reader, placed: list[Placed]) -> Table:
    assessment = reader.assessment
    book = assessment.book
    say = reader.say
    rows = []
    for place, verdict in placed:
        rule, because = book.rules[verdict.rule], assessment.findings[place].because
        earned = interval(reader.text(verdict.low), reader.text(verdict.high))
        waived = verdict.outcome == "waived"
        rows.append(
            Row.of(
                reader.of(rule.title),
                rule.id,
                reader.span(_sure(reader, verdict), _may(reader, verdict)),
                reader.points(rule.points),
                reader.outcome("waived") if waived else f"{earned} / {reader.text(rule.points)}",
                reader.of(because) if because else "",
                cited(rule.cites),
            )
        )
    columns = (
        Column(say("Rule"), width=24),
        Column(say("Id"), "code", 12, on=WORKBOOK),
        Column(say("Points lost"), "points", 13, book.decimals, on=DOCUMENTS),
        Column(say("Of"), "points", 8, book.decimals, on=DOCUMENTS),
        Column(say("Points"), "points", on=TERMINAL, whole=True),
        Column(say("Why"), width=38),
        Column(say("Clauses"), width=17),
    )
    return Table.plain("costs-all", say("What cost points"), columns, rows)


def _limits(reader: Reader) -> Table | None:
    """Return the limiters that bite, or may."""
    assessment = reader.assessment
    book = assessment.book
    say = reader.say
    if not book.limiters:
        return None
    truths = judge_slowly(book, assessment.case).limiters
    rows = []
    for limiter, truth in zip(book.limiters, truths, strict=True):
        must, may = _floored(reader, limiter, (truth.must, truth.may))
        if may:
            rows.append(
                Row.of(
                    reader.of(limiter.title),
                    reader.effect(book, limiter),
                    reader.sure(must),
                    cited(limiter.cites),
                )
            )
    columns = (
        Column(say("Limit"), width=40),
        Column(say("Effect"), width=25),
        Column(say("Certain"), width=12),
        Column(say("Clauses"), width=23),
    )
    return Table.plain("limits", say("Limits on the grade"), columns, rows) if rows else None


def _floored(reader: Reader, limiter: Limiter, found: tuple[bool, bool]) -> tuple[bool, bool]:
    """Return whether a limiter must and may bite; a section's floor is held against the section as
    it was scored.
    """
    if limiter.floor is None or limiter.when is not None:
        return found
    section = reader.assessment.scored.sections.get(limiter.floor[0])
    return (
        (False, False)
        if section is None
        else (section[1] < limiter.floor[1], section[0] < limiter.floor[1])
    )


def _waived(reader: Reader, waived: list[Placed]) -> Table:
    assessment = reader.assessment
    book = assessment.book
    say = reader.say
    rows = []
    for _, verdict in waived:
        waiver = assessment.case.waivers[verdict.rule]
        rows.append(
            Row.of(
                reader.of(book.rules[verdict.rule].title),
                waiver.authority,
                waiver.reason,
                waiver.until,
            )
        )
    columns = (
        Column(say("Rule"), width=30),
        Column(say("Waived by"), width=25),
        Column(say("Reason"), width=30),
        Column(say("Until"), "date", 15),
    )
    return Table.plain("waived", say("Waivers"), columns, rows)
