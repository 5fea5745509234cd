"""What follows, party by party, and where the unit stands on the ladder of titles."""

from __future__ import annotations

from collections.abc import Iterator

from steelyard.book.titles import BookTitles
from steelyard.errors import Plural
from steelyard.expression.prose import phrase
from steelyard.judging.explanation.reasons import because_of
from steelyard.judging.findings import Followed
from steelyard.judging.ladder import climbed
from steelyard.report.page import (
    DOCUMENTS,
    TERMINAL,
    Block,
    Column,
    Group,
    Heading,
    Paragraph,
    Part,
    Row,
    Table,
)
from steelyard.report.phrases import cited
from steelyard.report.unit.reader import Burden, Reader


def consequences(reader: Reader) -> Part:
    """Return the consequences by party, then the ladder."""
    assessment = reader.assessment
    say = reader.say
    blocks: list[Block] = []
    if assessment.consequences:
        blocks += _followed(reader) if not reader.terse else [_table(reader)]
    elif not reader.terse:
        blocks.append(Paragraph(say("Nothing follows from this assessment for anyone.")))
    ladder = _ladder(reader)
    if ladder is not None:
        blocks += [ladder] if reader.terse else [Heading(ladder.title), ladder]
    return Part("consequences", say("Consequences by party"), tuple(blocks))


def _followed(reader: Reader) -> list[Block]:
    """Return the consequences with how many there are and who chooses among them."""
    found, say = reader.assessment.consequences, reader.say
    said = say(
        Plural(
            "{count} consequence falls on {parties}; certain: {certain}, hanging on what is still "
            "open: the rest.",
            "{count} consequences fall on {parties}; {certain} of them are certain, the others "
            "hang on what is still open.",
        )
    )
    choice = say("Where one of several is named, the choice is left to the authority in charge.")
    table = _table(reader)
    counts = {
        "count": len(found),
        "parties": say(Plural("{count} party", "{count} parties")).format(count=len(table.groups)),
        "certain": sum(one.certain for one in found),
    }
    chosen = any(len(reader.assessment.book.consequences[one.row].options) > 1 for one in found)
    return [
        Paragraph(said.format(**counts)),
        table,
        *([Paragraph(choice, "note")] if chosen else []),
    ]


def _table(reader: Reader) -> Table:
    say = reader.say
    groups = tuple(Group(one.party, tuple(_rows(reader, one))) for one in reader.followed())
    columns = (
        Column(say("What follows"), width=38, brief=say("what")),
        Column(say("Because"), width=24, on=DOCUMENTS),
        Column(say("because of"), on=TERMINAL),
        Column(say("Record"), width=17, on=DOCUMENTS),
        Column(say("Certain"), width=8, choices=True, whole=True),
        Column(say("Clauses"), width=13),
    )
    title = say("What follows") if reader.terse else say("Consequences by party")
    return Table("consequences", title, columns, groups, grouped=say("On whom"))


def _rows(reader: Reader, burden: Burden) -> Iterator[Row]:
    """Yield a row for each consequence on one party; the first bears the party's anchor."""
    for number, one in enumerate(burden.consequences):
        yield _row(reader, one)._replace(id="" if number else burden.anchor)


def _row(reader: Reader, one: Followed) -> Row:
    book = reader.assessment.book
    row = book.consequences[one.row]
    record = reader.record(row, one.record)
    because = reader.of(because_of(reader.assessment.book, one))
    return Row.of(
        reader.measures(book, row.options),
        because,
        record or because,
        record,
        reader.sure(one.certain),
        cited(row.cites),
    )


def _ladder(reader: Reader) -> Table | None:
    rungs = climbed(reader.assessment)
    if not rungs:
        return None
    say = reader.say
    titles = BookTitles(reader.assessment.book)
    words = {"yes": say("yes"), "no": say("no"), "open": say("still open")}
    rows = (
        Row.of(
            one.rung.year,
            reader.of(one.rung.title),
            phrase(one.rung.needs, titles, reader.language),
            words[one.met],
        )
        for one in rungs
    )
    columns = (
        Column(say("Year"), "count", 8),
        Column(say("Title"), width=30),
        Column(say("What it needs"), width=47, brief=say("needs")),
        Column(say("Met"), width=15, whole=True),
    )
    return Table.plain("ladder", say("The ladder of titles"), columns, rows)
