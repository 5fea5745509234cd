"""Why: the rules that have cost most, what limits the grade, and what was waived."""

from __future__ import annotations

from steelyard.book.model import Limiter
from steelyard.judging.findings import Verdict
from steelyard.judging.slow.judge import judge_slowly
from steelyard.report.page import (
    DOCUMENTS,
    TERMINAL,
    WORKBOOK,
    Block,
    Column,
    Heading,
    Paragraph,
    Part,
    Row,
    Table,
)
from steelyard.report.phrases import cited, interval
from steelyard.report.unit.reader import Reader

Placed = tuple[int, Verdict]
"""What a rule says, with its place in the book."""


def costs(reader: Reader) -> Part:
    """Return the part that says where the points went."""
    say = reader.say
    waived = [one for one in enumerate(reader.assessment.verdicts) if one[1].outcome == "waived"]
    listed = [*lost(reader), *(waived if reader.terse else [])]
    nothing = Paragraph(say("No rule has surely cost points."))
    blocks: list[Block] = [_table(reader, listed) if listed else nothing]
    limits = None if reader.terse else _limits(reader)
    if limits is not None:
        blocks += [Heading(say("What limits the grade")), limits]
    if waived and not reader.terse:
        blocks += [Heading(say("What was waived")), _waived(reader, waived)]
    return Part("why", say("Why: what cost most"), tuple(blocks))


def lost(reader: Reader) -> list[Placed]:
    """Return the rules that have surely cost points, the dearest first."""
    rules = reader.assessment.book.rules
    found = [
        (place, verdict)
        for place, verdict in enumerate(reader.assessment.verdicts)
        if not rules[verdict.rule].bonus
        and verdict.outcome in {"fail", "partial", "unknown"}
        and sure(reader, verdict) > 0
    ]
    found.sort(key=lambda one: (-sure(reader, one[1]), -may(reader, one[1]), one[0]))
    return found


def sure(reader: Reader, verdict: Verdict) -> int:
    """Return what a rule has surely cost, in units of the book's decimals."""
    return reader.assessment.book.rules[verdict.rule].points - verdict.high


def may(reader: Reader, verdict: Verdict) -> int:
    """Return what a rule may have cost at worst, in units of the book's decimals."""
    return reader.assessment.book.rules[verdict.rule].points - verdict.low


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
                reader.span(sure(reader, verdict), may(reader, verdict)),
                reader.points(rule.points),
                reader.outcome("waived") if waived else f"{earned} / {reader.text(rule.points)}",
                reader.of(because) if because else "",
                cited(rule.cites),
            )._replace(to=reader.anchor("rule", rule.id))
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
