"""The ledger, by which anyone can add the score up again, and the method by which it came about."""

from __future__ import annotations

from datetime import date

from steelyard.expression.types import number_text
from steelyard.judging.ledger import Entry
from steelyard.report.page import (
    WORKBOOK,
    Block,
    Column,
    Fact,
    Facts,
    Group,
    Heading,
    Listing,
    Paragraph,
    Part,
    Row,
    Table,
    clean,
)
from steelyard.report.phrases import cited
from steelyard.report.unit.reader import Reader
from steelyard.version import VERSION


def ledger(reader: Reader) -> Part:
    """Return every addend of the score, with the sums below."""
    assessment = reader.assessment
    book = assessment.book
    say = reader.say
    rows = tuple(
        Row.of(
            reader.step(one.step),
            _title(reader, one),
            one.id,
            reader.points(one.low),
            reader.points(one.high),
        )
        for one in assessment.ledger
    )
    total = Row.of(say("Score"), None, None, assessment.low, assessment.high)
    columns = (
        Column(say("Step"), width=26, choices=True),
        Column(say("Entry"), width=42),
        Column(say("Id"), "code", 14, on=WORKBOOK),
        Column(say("To the low end"), "points", 16, book.decimals),
        Column(say("To the high end"), "points", 16, book.decimals),
    )
    table = Table("ledger", say("The ledger"), columns, (Group("", rows),), total=total)
    said = say(
        "Every point is an entry: the sums of the two columns are the two ends of the "
        "score, and nothing is adjusted off the books."
    )
    return Part("ledger", say("The ledger"), (Paragraph(said), table))


def _title(reader: Reader, entry: Entry) -> str:
    book = reader.assessment.book
    if entry.id in book.rules and entry.step in {"item", "bonus"}:
        return reader.of(book.rules[entry.id].title)
    if entry.step in {"redistribution", "rounding"} and entry.id in book.sections:
        return reader.of(book.sections[entry.id].title)
    if entry.step == "bonus" and entry.id.startswith("group:"):
        return reader.say("only the highest of the group {group} counts").format(
            group=entry.id.removeprefix("group:")
        )
    if entry.step == "bonus":
        return reader.say("ceiling of the bonus")
    return reader.say("the whole book")


def method(reader: Reader) -> Part:
    """Return how the score came about, and by what it can be found again."""
    assessment = reader.assessment
    book, case = assessment.book, assessment.case
    say = reader.say
    rules = Listing(
        (
            say(
                "What is not shown is neither a zero nor a pass: it may be anything that "
                "the rule book allows, so a score has two ends, and the true score lies "
                "between them."
            ),
            say(
                "Rules earn between nothing and their points; the weight of what does "
                "not apply is shared within its section."
            ),
            say(
                "Sections add up to the book; a bonus is added under its ceiling, and "
                "the sum is held between nothing and full points."
            ),
            say(
                "The grade follows from the cut-offs, then from what limits it, then "
                "from a veto; at its low end all that may limit it does."
            ),
            say("The same case and the same rule book give the same assessment, byte for byte."),
        )
    )
    facts = Facts(
        (
            Fact(say("Unit"), clean(case.subject_name) or case.subject_id),
            Fact(say("Unit id"), case.subject_id, "code"),
            Fact(say("Period"), case.period),
            Fact(say("Rule book"), book.key, "code"),
            Fact(say("Digest of the rule book"), book.digest, "code"),
            Fact(say("Digest of the case"), case.digest, "code"),
            Fact(say("Assessment"), assessment.id, "code"),
            Fact(say("Weighed by"), f"Steelyard {VERSION}"),
            Fact(say("Day that figures and lateness are read at"), case.as_of, "date"),
        )
    )
    blocks: list[Block] = [rules, facts]
    if reader.of(book.notes):
        blocks.append(Paragraph(" ".join(reader.of(book.notes).split()), "note"))
    blocks += _figures(reader)
    named = (
        say("Persons appear by their names, as was asked for.")
        if reader.names
        else say("Persons appear by id; their names are kept apart.")
    )
    blocks.append(Paragraph(named, "note"))
    return Part("method", say("The method"), tuple(blocks))


def _figures(reader: Reader) -> list[Block]:
    """Return the named figures of the book as they stood on the day of assessment."""
    book, case = reader.assessment.book, reader.assessment.case
    say = reader.say
    rows = []
    for one, units in zip(book.parameters.values(), case.parameters, strict=True):
        since = max((day for day, _ in one.values if day <= case.as_of.toordinal()), default=1)
        # A figure written bare holds from the first day there is, which says nothing to a reader.
        rows.append(
            Row.of(
                reader.of(one.title),
                number_text(units, one.scale),
                date.fromordinal(since) if since > 1 else None,
                cited(one.cites),
            )
        )
    if not rows:
        return []
    columns = (
        Column(say("Figure"), width=45),
        Column(say("Value"), width=15),
        Column(say("Since"), "date", 18),
        Column(say("Clauses"), width=22),
    )
    return [
        Heading(say("Figures of the rule book")),
        Table.plain("figures", say("Named figures on the day of assessment"), columns, rows),
    ]
