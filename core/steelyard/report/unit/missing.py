"""What is still to be shown, by the points that hang on it, and where the evidence disagrees."""

from __future__ import annotations

from steelyard.judging.missing import still_to_show
from steelyard.report.page import (
    Block,
    Column,
    Group,
    Heading,
    Listing,
    Paragraph,
    Part,
    Row,
    Table,
    isolated,
)
from steelyard.report.unit.evidence import worded
from steelyard.report.unit.reader import Reader


def missing(reader: Reader) -> Part:
    """Return the list of work that is left."""
    assessment = reader.assessment
    book = assessment.book
    say = reader.say
    found = still_to_show(assessment)
    blocks: list[Block] = []
    if found:
        most = reader.text(assessment.scored.high - assessment.scored.low)
        said = say(
            "{count} things are still to be shown; together they can move the score by {points} points. The first is worth most."
        )
        blocks.append(Paragraph(said.format(count=len(found), points=most)))
        rows = tuple(
            Row(
                (
                    reader.of(one.title),
                    one.points,
                    reader.method(one.method),
                    reader.some([reader.of(book.rules[rule].title) for rule in one.rules]),
                    one.id,
                )
            )
            for one in found
        )
        columns = (
            Column(say("What"), width=34),
            Column(say("Points open"), "points", 10, book.decimals),
            Column(say("How it is shown"), width=13, choices=True),
            Column(say("For the rules"), width=23),
            Column(say("Id"), "code", 20),
        )
        blocks.append(
            Table(
                "missing",
                say("Still to be shown, most valuable first"),
                columns,
                (Group("", rows),),
            )
        )
        blocks.append(
            Paragraph(
                say(
                    "Where several things settle one rule together, its points count for each of them."
                ),
                "note",
            )
        )
    else:
        blocks.append(Paragraph(say("Nothing is left to be shown.")))
    conflicts = tuple(_conflicts(reader))
    if conflicts:
        blocks += [Heading(say("Where the evidence disagrees")), Listing(conflicts)]
    return Part("missing", say("What is still to be shown"), tuple(blocks))


def _conflicts(reader: Reader) -> list[str]:
    book = reader.assessment.book
    found = []
    for name, given in reader.assessment.case.facts.items():
        if given.conflict:
            fact = book.facts[name]
            pieces = []
            for piece in given.evidence:
                source = piece.source or reader.method(piece.method) or "?"
                pieces.append(f"{isolated(worded(reader, piece.value, fact))} ({isolated(source)})")
            found.append(f"{reader.of(fact.title)}{reader.colon}{reader.listed(pieces)}")
    return found
