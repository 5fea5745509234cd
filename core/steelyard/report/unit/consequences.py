"""What follows, party by party, and where the unit stands on the ladder of titles."""

from __future__ import annotations

from steelyard.book.titles import BookTitles
from steelyard.expression.prose import phrase
from steelyard.judging.assessment import Followed
from steelyard.judging.explanation.reasons import because_of
from steelyard.judging.ladder import climbed
from steelyard.report.page import Block, Column, Group, Heading, Paragraph, Part, Row, Table
from steelyard.report.phrases import cited
from steelyard.report.unit.reader import Reader


def consequences(reader: Reader) -> Part:
    """Return the consequences by party, then the ladder."""
    assessment = reader.assessment
    say = reader.say
    blocks: list[Block] = []
    if assessment.consequences:
        grouped: dict[tuple[str, str], list[Followed]] = {}
        for one in assessment.consequences:
            grouped.setdefault((one.kind, one.party), []).append(one)
        certain = sum(one.certain for one in assessment.consequences)
        said = say(
            "{count} consequences fall on {parties} parties; {certain} of them are certain, the others hang on what is still open."
        )
        blocks.append(
            Paragraph(
                said.format(
                    count=len(assessment.consequences), parties=len(grouped), certain=certain
                )
            )
        )
        groups = tuple(
            Group(reader.party(*key), tuple(_row(reader, one) for one in found))
            for key, found in grouped.items()
        )
        columns = (
            Column(say("What follows"), width=38),
            Column(say("Certain"), width=10, choices=True),
            Column(say("Because"), width=26),
            Column(say("Record"), "code", 10),
            Column(say("Clauses"), width=16),
        )
        blocks.append(
            Table(
                "consequences",
                say("Consequences by party"),
                columns,
                groups,
                grouped=say("On whom"),
            )
        )
        if any(
            len(assessment.book.consequences[one.row].options) > 1
            for one in assessment.consequences
        ):
            blocks.append(
                Paragraph(
                    say(
                        "Where one of several is named, the choice is left to the authority in charge."
                    ),
                    "note",
                )
            )
    else:
        blocks.append(Paragraph(say("Nothing follows from this assessment for anyone.")))
    ladder = _ladder(reader)
    if ladder is not None:
        blocks += [Heading(say("The ladder of titles")), ladder]
    return Part("consequences", say("Consequences by party"), tuple(blocks))


def _row(reader: Reader, one: Followed) -> Row:
    book = reader.assessment.book
    row = book.consequences[one.row]
    record = f"{row.on}/{one.record}" if one.record else None
    because = reader.of(because_of(reader.assessment, one))
    return Row(
        (
            reader.measures(book, row.options),
            reader.sure(one.certain),
            because,
            record,
            cited(row.cites),
        )
    )


def _ladder(reader: Reader) -> Table | None:
    rungs = climbed(reader.assessment)
    if not rungs:
        return None
    say = reader.say
    titles = BookTitles(reader.assessment.book)
    words = {"yes": say("yes"), "no": say("no"), "open": say("still open")}
    rows = tuple(
        Row(
            (
                one.rung.year,
                reader.of(one.rung.title),
                phrase(one.rung.needs, titles, reader.language),
                words[one.met],
            )
        )
        for one in rungs
    )
    columns = (
        Column(say("Year"), "count", 8),
        Column(say("Title"), width=30),
        Column(say("What it needs"), width=47),
        Column(say("Met"), width=15),
    )
    return Table("ladder", say("Rungs of the ladder"), columns, (Group("", rows),))
