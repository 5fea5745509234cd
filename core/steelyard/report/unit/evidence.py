"""What stands behind a finding: the facts that its rule reads with their evidence, and the records
that it counts.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterator, Mapping
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any

from steelyard.book.model import Fact, Field
from steelyard.case.model import Evidence, evidence_of
from steelyard.errors import Plural
from steelyard.expression.prose import is_rate
from steelyard.expression.types import Boolean, Choice, Number, PartyOf, Survey, Type
from steelyard.messages import Title
from steelyard.report.page import Cell, Column
from steelyard.report.unit.reads import reads

if TYPE_CHECKING:
    from steelyard.report.unit.reader import Reader

_MOST = 200
_TICKS: Mapping[str, Title] = {
    "yes": Title("是", "yes"),
    "no": Title("否", "no"),
    "na": Title("不适用", "does not apply"),
}
_WORDS: Mapping[str, Title] = {
    "true": Title("是", "yes"),
    "false": Title("否", "no"),
    "yes": Title("是", "yes"),
    "no": Title("否", "no"),
    "na": Title("不适用", "does not apply"),
    "none": Title("无", "none"),
    "unknown": Title("未知", "not known"),
}

Line = tuple[Cell, ...]
"""What, value, method, source and date."""


def columns(reader: Reader) -> tuple[Column, ...]:
    """Return the columns of the lines that `evidence` gives."""
    say = reader.say
    return (
        Column(say("What was shown"), width=30),
        Column(say("Value"), width=25),
        Column(say("Method"), width=10, choices=True),
        Column(say("Source"), width=25),
        Column(say("Date"), kind="date", width=10),
    )


def evidence(reader: Reader, number: int) -> tuple[Line, ...]:
    """Return the lines behind the finding of the rule at a place of the book, at most 200 and a
    line that says how many more.
    """
    found: list[Line] = []
    left = 0
    for line in _lines(reader, number):
        if len(found) < _MOST:
            found.append(line)
        else:
            left += 1
    if left:
        found.append((reader.say("… and {count} more").format(count=left), None, None, None, None))
    return tuple(found)


def _lines(reader: Reader, number: int) -> Iterator[Line]:
    assessment = reader.assessment
    book, case = assessment.book, assessment.case
    read = reads(book, number)
    for name in read.facts:
        given = case.facts.get(name)
        for piece in given.evidence if given is not None else ():
            yield _fact(reader, book.facts[name], piece)
    if read.listed:
        wanted = set(assessment.verdicts[number].records)
        written = case.document.get("records", {}).get(read.listed, {})
        for row in written.get("rows", ()):
            if row["id"] in wanted:
                yield _record(reader, read.listed, row)
    for register in read.registers:
        rows = case.registers[register]
        if rows.given:
            said = (
                reader.say(Plural("{count} record, complete", "{count} records, complete"))
                if rows.complete
                else reader.say(
                    Plural("{count} record, not complete", "{count} records, not complete")
                )
            )
            title = reader.of(book.registers[register].title)
            yield title, said.format(count=len(rows.ids)), None, None, None


def _fact(reader: Reader, fact: Fact, piece: Evidence) -> Line:
    value = (
        reader.of(_TICKS[piece.value])
        if fact.origin == "item" and piece.value in _TICKS
        else worded(reader, piece.value, fact)
    )
    return (
        reader.of(fact.full_title),
        value,
        reader.method(piece.method),
        piece.source,
        _day(piece.date),
    )


def _record(reader: Reader, register: str, row: Mapping[str, Any]) -> Line:
    shelf = reader.assessment.book.registers[register]
    noted = evidence_of(row)
    words = [
        f"{reader.of(slot.full_title)} {worded(reader, str(row[key]), slot)}"
        for key, slot in shelf.fields.items()
        if row.get(key) not in (None, "")
    ]
    return (
        f"{reader.of(shelf.title)} {row['id']}",
        reader.beside(words),
        reader.beside(dict.fromkeys(reader.method(one.get("method", "")) for one in noted)),
        reader.beside(dict.fromkeys(one["source"] for one in noted if "source" in one)),
        _day(max((one.get("date", "") for one in noted), default="")),
    )


def worded(reader: Reader, text: str, slot: Fact | Field) -> str:
    """Return a value of a case's canonical form as people read it: options by their titles, rates
    in percent.
    """
    kind: Type = slot.type
    if isinstance(kind, Choice):
        return reader.of(slot.options.get(text) or _WORDS.get(text, Title(text, text)))
    if isinstance(kind, PartyOf):
        return reader.named(text)
    if isinstance(kind, Survey):
        positive, _, asked = text.partition("/")
        return (
            reader.say("{positive} of {asked}").format(positive=positive, asked=asked)
            if asked
            else text
        )
    if text in _WORDS and (isinstance(kind, Boolean) or text in {"none", "unknown"}):
        return reader.of(_WORDS[text])
    return _percent(text) if isinstance(kind, Number) and is_rate(kind) else text


def _day(text: str) -> datetime.date | None:
    return datetime.date.fromisoformat(text) if text else None


def _percent(text: str) -> str:
    try:
        return f"{(Decimal(text) * 100).normalize():f}%"
    except InvalidOperation:
        # A typed range keeps the form in which it was typed.
        return text
