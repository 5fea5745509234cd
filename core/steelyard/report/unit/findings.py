"""Findings by section: what every rule says, why, by which clauses, and the evidence behind it."""

from __future__ import annotations

from collections import Counter

from steelyard.book.terms import OUTCOME_TITLES
from steelyard.errors import Plural
from steelyard.report.page import WORKBOOK, Column, Detail, Group, Paragraph, Part, Row, Table
from steelyard.report.phrases import cited, interval
from steelyard.report.unit.evidence import columns as evidence_columns
from steelyard.report.unit.evidence import evidence
from steelyard.report.unit.parts import parts
from steelyard.report.unit.reader import Reader

_WHY = 5


def findings(reader: Reader) -> Part:
    """Return every finding of the book, a group for each section and one for the bonus."""
    assessment = reader.assessment
    book = assessment.book
    say = reader.say
    counts = Counter[str](verdict.outcome for verdict in assessment.verdicts)
    said = reader.listed(
        f"{reader.outcome(name)} {counts[name]}" for name in OUTCOME_TITLES if counts[name]
    )
    columns = (
        Column(say("Rule"), width=17),
        Column(say("Id"), "code", 12, on=WORKBOOK),
        Column(say("Outcome"), width=9, choices=True),
        Column(say("Points"), "points", 10, book.decimals),
        Column(say("Of"), "points", 6, book.decimals),
        Column(say("Why, and the evidence"), width=47),
        Column(say("Clauses"), width=11),
    )
    groups = [
        Group(_headed(reader, one.id), _rows(reader, one.id), reader.of(one.title))
        for one in book.sections.values()
    ]
    groups.append(
        Group(
            say("Bonus, at most {points}").format(points=reader.text(book.bonus_ceiling)),
            _rows(reader, None),
        )
    )
    table = Table(
        "findings",
        say("Findings by section"),
        columns,
        tuple(group for group in groups if group.rows),
        grouped=say("Section"),
        detail=Detail(say("Evidence"), evidence_columns(reader), _WHY),
    )
    count = say(Plural("{count} rule: {outcomes}.", "{count} rules: {outcomes}.")).format(
        count=len(book.rules), outcomes=said
    )
    return Part("findings", say("Findings by section"), (Paragraph(count), table, *parts(reader)))


def _headed(reader: Reader, name: str) -> str:
    """Return a section's title with what it earned."""
    section = reader.assessment.book.sections[name]
    title, full = reader.of(section.title), reader.text(section.points)
    found = reader.assessment.scored.sections.get(name)
    if found is None:
        return reader.say("{section}: does not apply").format(section=title)
    earned = interval(reader.text(found[0]), reader.text(found[1]))
    return reader.say("{section}: {points} of {full}").format(
        section=title, points=earned, full=full
    )


def _rows(reader: Reader, section: str | None) -> tuple[Row, ...]:
    assessment = reader.assessment
    rows = []
    for place, (verdict, finding) in enumerate(
        zip(assessment.verdicts, assessment.findings, strict=True)
    ):
        rule = assessment.book.rules[verdict.rule]
        if rule.bonus if section is None else rule.section == section and not rule.bonus:
            rows.append(
                Row(
                    (
                        reader.of(rule.title),
                        rule.id,
                        reader.outcome(verdict.outcome),
                        reader.span(verdict.low, verdict.high),
                        reader.points(rule.points),
                        reader.of(finding.because) if finding.because else "",
                        cited(rule.cites),
                    ),
                    evidence(reader, place),
                    id=reader.anchor("rule", rule.id),
                )
            )
    return tuple(rows)
