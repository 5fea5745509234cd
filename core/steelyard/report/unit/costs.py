"""Why: the rules that have cost most, what limits the grade, and what was waived."""

from __future__ import annotations

from steelyard.book.model import Limiter
from steelyard.judging.assessment import Verdict
from steelyard.judging.slow.judge import judge_slowly
from steelyard.report.page import (
    Bar,
    Bars,
    Block,
    Column,
    Figure,
    Group,
    Heading,
    Paragraph,
    Part,
    Row,
    Table,
)
from steelyard.report.phrases import cited
from steelyard.report.unit.reader import Reader, share

_DRAWN = 10


def costs(reader: Reader) -> Part:
    """Return the part that says where the points went."""
    assessment = reader.assessment
    say = reader.say
    lost = [
        (place, verdict)
        for place, verdict in enumerate(assessment.verdicts)
        if not assessment.book.rules[verdict.rule].bonus
        and verdict.outcome in {"fail", "partial", "unknown"}
        and verdict.high < assessment.book.rules[verdict.rule].points
    ]
    lost.sort(key=lambda one: (-_sure(reader, one[1]), -_may(reader, one[1]), one[0]))
    waived = [
        (place, verdict)
        for place, verdict in enumerate(assessment.verdicts)
        if verdict.outcome == "waived"
    ]
    blocks: list[Block] = []
    if lost:
        blocks += [_figure(reader, lost), _table(reader, lost)]
    else:
        blocks.append(Paragraph(say("No rule has surely cost points.")))
    limits = _limits(reader)
    if limits is not None:
        blocks += [Heading(say("What limits the grade")), limits]
    if waived:
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
        "{rule} cost most: {points} of its {full} points are surely lost, {share} of all that is surely lost."
    ).format(
        rule=reader.of(book.rules[most.rule].title),
        points=reader.text(_sure(reader, most)),
        full=reader.text(book.rules[most.rule].points),
        share=f"{round(share(_sure(reader, most), every) * 100)}%",
    )
    rows = tuple(Row((bar.label, bar.low, bar.high)) for bar in bars)
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
    table = Table("costs-drawn", say("The rules that cost most"), columns, (Group("", rows),))
    return Figure("costs", say("What cost most"), said, chart, table)


def _table(reader: Reader, lost: list[Placed]) -> Table:
    assessment = reader.assessment
    book = assessment.book
    say = reader.say
    rows = []
    for place, verdict in lost:
        rule, finding = book.rules[verdict.rule], assessment.findings[place]
        rows.append(
            Row(
                (
                    reader.of(rule.title),
                    rule.id,
                    reader.span(_sure(reader, verdict), _may(reader, verdict)),
                    reader.points(rule.points),
                    reader.of(finding.because) if finding.because else "",
                    cited(rule.cites),
                )
            )
        )
    columns = (
        Column(say("Rule"), width=24),
        Column(say("Id"), "code", 12, on=WORKBOOK),
        Column(say("Points lost"), "points", 13, book.decimals),
        Column(say("Of"), "points", 8, book.decimals),
        Column(say("Why"), width=38),
        Column(say("Clauses"), width=17),
    )
    return Table(
        "costs-all",
        say("Every rule that has surely cost points"),
        columns,
        (Group("", tuple(rows)),),
    )


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
                Row(
                    (
                        reader.of(limiter.title),
                        reader.effect(book, limiter),
                        reader.sure(must),
                        cited(limiter.cites),
                    )
                )
            )
    columns = (
        Column(say("Limit"), width=40),
        Column(say("Effect"), width=25),
        Column(say("Certain"), width=12),
        Column(say("Clauses"), width=23),
    )
    return (
        Table("limits", say("Limits on the grade"), columns, (Group("", tuple(rows)),))
        if rows
        else None
    )


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
            Row(
                (
                    reader.of(book.rules[verdict.rule].title),
                    waiver.authority,
                    waiver.reason,
                    waiver.until,
                )
            )
        )
    columns = (
        Column(say("Rule"), width=30),
        Column(say("Waived by"), width=25),
        Column(say("Reason"), width=30),
        Column(say("Until"), "date", 15),
    )
    return Table("waived", say("Waivers"), columns, (Group("", tuple(rows)),))
