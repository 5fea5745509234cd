"""What a clerk would have typed into the sheets for a case that is at hand already."""

from __future__ import annotations

import datetime
from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Any, NamedTuple

from steelyard.book.model import Fact, Field, Register, RuleBook
from steelyard.book.terms import METHOD_TITLES, NONE_WORDS, UNKNOWN_WORDS
from steelyard.case.formats.prompts import TICKS, YES_NO, option_words
from steelyard.case.model import Case, evidence_of
from steelyard.case.reading.fields import EVIDENCE
from steelyard.case.reading.parse_values import Value as Meant
from steelyard.case.reading.parse_values import read_value
from steelyard.expression.types import TICK, Boolean, Choice, Type
from steelyard.located_yaml import Items, Table, Text, Value

Line = Mapping[str, str]
"""The texts of one row by the keys of its columns."""

_NO_LINE: Line = MappingProxyType({})
_NO_LINES: Mapping[str, Sequence[Line]] = MappingProxyType({})
_NOT_KNOWN, _NONE = "不详", "无"


class Entries(NamedTuple):
    """The texts of every sheet: the case's own by key, facts by id (a line for each piece of
    evidence), lists by role.

    `ticks` says of the registers of which the case speaks whether they are complete, `start` is the
    first day of its period.
    """

    case: Line = _NO_LINE
    facts: Mapping[str, Sequence[Line]] = _NO_LINES
    lists: Mapping[str, Sequence[Line]] = _NO_LINES
    ticks: Line = _NO_LINE
    start: datetime.date | None = None

    @property
    def unit(self) -> str:
        """The name of the unit, else its id."""
        return self.case.get("subject.name") or self.case.get("subject.id", "")

    @property
    def longest(self) -> int:
        """The number of lines of the longest list."""
        return max((len(lines) for lines in self.lists.values()), default=0)


EMPTY = Entries()


def entries_of(book: RuleBook, case: Case, document: Table) -> Entries:
    """Return what a clerk would have typed for a case; `document` is the marked one that it was
    read from.

    Registers that assessments fill are given as the document lists them, so that they are filled
    when they are wanted.
    """
    written = case.document
    records = document.get("records")
    lists: dict[str, Sequence[Line]] = {
        "waivers": written["waivers"],
        "files": [
            {"name": name, "sha256": digest} for name, digest in written.get("files", {}).items()
        ],
    }
    ticks: dict[str, str] = {}
    known = {str(one["id"]): one for one in written["parties"]}
    for kind in book.kinds.values():
        lists[f"party:{kind.id}"] = [
            {
                **_fields(known[one.id], kind.fields),
                **({"name": case.names[one.id]} if one.id in case.names else {}),
                "id": one.id,
            }
            for one in case.parties.values()
            if one.kind == kind.id
        ]
    for register in book.registers.values():
        said = records.get(register.id) if isinstance(records, Table) else None
        complete = ""
        rows: list[Line] = []
        if register.rolled is not None:
            complete, rows = _listed(said, register)
        elif register.id in written["records"]:
            entry = written["records"][register.id]
            complete = YES_NO[0] if entry["complete"] else YES_NO[1]
            rows = [line for row in entry["rows"] for line in _record(row, register)]
        if complete:
            ticks[register.id] = complete
        lists[f"register:{register.id}"] = rows
    facts = {
        name: list(_evidence(said, book.facts[name])) for name, said in written["facts"].items()
    }
    return Entries(_case(case), facts, lists, ticks, case.first)


def word_of(text: str, kind: Type, options: Mapping[str, Any], *, nullable: bool) -> str:
    """Return the word that stands in a cell for a value in its canonical form."""
    if isinstance(kind, Choice) and text in kind.options:
        if kind == TICK:
            return TICKS[kind.options.index(text)]
        word = option_words(kind, options)[kind.options.index(text)]
        # A title that may say that there is none, or that it is not known, names no option.
        return text if word.lower() in NONE_WORDS | UNKNOWN_WORDS else word
    if text == "unknown":
        return _NOT_KNOWN
    if text == "none" and nullable:
        return _NONE
    if isinstance(kind, Boolean):
        return {"true": YES_NO[0], "false": YES_NO[1]}.get(text, text)
    return text


def _case(case: Case) -> Line:
    said = {
        "subject.id": case.subject_id,
        "subject.name": case.subject_name,
        "subject.part_of": case.part_of,
        "period": case.period,
    }
    if case.as_of != case.last:
        said["as_of"] = case.as_of.isoformat()
    return {key: text for key, text in said.items() if text}


def _evidence(said: Any, fact: Fact) -> Iterator[Line]:
    for piece in said if isinstance(said, list) else [said]:
        line = _shown(piece)
        if "asked" in piece:
            line |= {"value": piece["positive"], "asked": piece["asked"]}
        else:
            line["value"] = word_of(piece["value"], fact.type, fact.options, nullable=fact.nullable)
        yield line


def _fields(row: Mapping[str, Any], fields: Mapping[str, Field]) -> dict[str, str]:
    return {
        key: word_of(str(row[key]), slot.type, slot.options, nullable=slot.missing == "none")
        for key, slot in fields.items()
        if key in row
    }


def _record(row: Mapping[str, Any], register: Register) -> Iterator[Line]:
    """Yield the row of a record; further pieces of evidence stand in rows with its id alone."""
    pieces = [
        {f"evidence.{key}": text for key, text in _shown(one).items()} for one in evidence_of(row)
    ]
    yield {"id": row["id"], **_fields(row, register.fields), **(pieces[0] if pieces else {})}
    yield from ({"id": row["id"], **one} for one in pieces[1:])


def _shown(piece: Mapping[str, Any]) -> dict[str, str]:
    """Return what stands behind a value as a clerk writes it."""
    line = {key: piece[key] for key in EVIDENCE if key in piece}
    if "method" in line:
        line["method"] = METHOD_TITLES[line["method"]].zh
    if "files" in line:
        line["files"] = "\n".join(piece["files"])
    return line


def _listed(said: Value, register: Register) -> tuple[str, list[Line]]:
    """Return the tick and the rows of a register that a document lists, which need not be all that
    is read of it.
    """
    rows, tick = said, YES_NO[0] if isinstance(said, Items) else ""
    if isinstance(said, Table):
        rows = said.get("rows")
        tick = str(said.get("complete") or YES_NO[1])
    lines: list[Line] = []
    for row in rows if isinstance(rows, Items) else ():
        if isinstance(row, Table):
            evidence = row.get("evidence")
            inner = evidence if isinstance(evidence, Table) else Table()
            line = {**row, **{f"evidence.{key}": value for key, value in inner.items()}}
            lines.append(
                {
                    key: _word(value, register.fields.get(key))
                    for key, value in line.items()
                    if isinstance(value, Text)
                }
            )
    return tick, lines


def _word(text: Text, slot: Field | None) -> str:
    if slot is None:
        return str(text)
    value = read_value(text, slot.type, slot.options, slot.measured_in)
    return word_of(
        value.text if isinstance(value, Meant) else str(text),
        slot.type,
        slot.options,
        nullable=slot.missing == "none",
    )
