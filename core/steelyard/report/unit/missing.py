"""What is still to be shown, by the points that hang on it, and where the evidence disagrees."""

from __future__ import annotations

from collections.abc import Sequence

from steelyard.errors import Plural
from steelyard.judging.missing import Missing, still_to_show
from steelyard.report.page import (
    DOCUMENTS,
    Block,
    Column,
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

_MOST = 15


def missing(reader: Reader) -> Part:
    """Return the list of work that is left."""
    say = reader.say
    found = still_to_show(reader.assessment)
    blocks: list[Block] = []
    if found and reader.terse:
        blocks.append(_table(reader, found))
    elif found:
        scored = reader.assessment.scored
        said = say(
            Plural(
                "{count} thing is still to be shown; it can move the score by {points} points.",
                "{count} things are still to be shown; together they can move "
                "the score by {points} points. The first is worth most.",
            )
        )
        shared = say(
            "Where several things settle one rule together, its points count for each of them."
        )
        most = reader.text(scored.high - scored.low)
        blocks += [
            Paragraph(said.format(count=len(found), points=most)),
            _table(reader, found),
            Paragraph(shared, "note"),
        ]
    elif not reader.terse:
        blocks.append(Paragraph(say("Nothing is left to be shown.")))
    conflicts = _conflicts(reader)
    if conflicts:
        blocks += [Heading(say("Where the evidence disagrees")), Listing(tuple(conflicts))]
    return Part("missing", say("What is still to be shown"), tuple(blocks))


def _table(reader: Reader, found: Sequence[Missing]) -> Table:
    book, say = reader.assessment.book, reader.say
    columns = (
        Column(say("What"), width=34),
        Column(say("Points open"), "points", 10, book.decimals, whole=True),
        Column(say("How it is shown"), width=13, choices=True, whole=True),
        Column(say("Responsible"), width=14),
        Column(say("For the rules"), width=22, on=DOCUMENTS),
        Column(say("Id"), "code", 24),
    )
    rows = (
        Row.of(
            reader.of(one.title),
            one.points,
            reader.method(one.method),
            reader.office(one),
            reader.some([reader.of(book.rules[rule].title) for rule in one.rules]),
            one.id,
        )._replace(to=reader.anchor("rule", one.rules[0]))
        for one in found
    )
    title = say("Still to be shown, most valuable first")
    table = Table.plain("missing", title, columns, rows)._replace(most=_MOST)
    return table if book.offices else table.pick([0, 1, 2, 4, 5])


def _conflicts(reader: Reader) -> list[str]:
    book = reader.assessment.book
    found = []
    for name, given in reader.assessment.case.facts.items():
        if given.conflict:
            fact = book.facts[name]
            pieces = []
            for piece in given.evidence:
                source = piece.source or reader.method(piece.method) or piece.by or "?"
                pieces.append(f"{isolated(worded(reader, piece.value, fact))} ({isolated(source)})")
            found.append(f"{reader.of(fact.full_title)}{reader.colon}{reader.listed(pieces)}")
    return found
