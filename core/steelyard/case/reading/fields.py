"""Fields of records and parties, and the evidence behind a value, from texts to cells."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from steelyard.book.layout import known_cell, none_cell, unknown_cell
from steelyard.book.model import METHODS, Field
from steelyard.book.terms import METHOD_TITLES, NONE_WORDS
from steelyard.case.environment import Cell
from steelyard.case.model import Evidence
from steelyard.case.reading.identity import ELLIPSIS, flaw, fold
from steelyard.case.reading.parse_values import Value, Wrong, absence, read_date, read_value
from steelyard.case.reading.read_context import Desk, Said
from steelyard.case.reading.written import Embedded, written_of
from steelyard.errors import nearest
from steelyard.expression.types import Choice, Date, PartyOf, Type
from steelyard.located_yaml import Items, Table, Text, key_place

BESIDE = ("by", "files")
EVIDENCE = Evidence._fields[1:]
"""What may be said of the evidence behind a fact or a record: how, where and when it was shown, by
whom, and the files that show it.
"""


def read_fields(
    desk: Desk,
    entry: Table,
    fields: Mapping[str, Field],
    where: str,
    known: tuple[str, ...],
    *,
    exact: bool,
) -> tuple[dict[str, Cell], dict[str, str]]:
    """Return the cells of the fields that are written, and their canonical text."""
    cells: dict[str, Cell] = {}
    words: dict[str, str] = {}
    shown_before = desk.shown
    for key, value in entry.items():
        if key in known:
            continue
        slot = fields.get(key)
        read = None
        if slot is not None and type(value) is Text:
            read = shown_before.get((id(slot), value, exact))
            if read is not None and isinstance(slot.type, PartyOf):
                # Whom one case names, another may not.
                read = read if desk.has_party(read[1], slot.type.kind) else None
        if read is None:
            place = f"{key_place(entry, key, desk.origin)}: {where}.{key}"
            if slot is None or slot.derived is not None:
                desk.add(
                    place,
                    "unknown field `{name}`"
                    if slot is None
                    else "`{name}` is worked out, not given",
                    nearest(key, fields) if slot is None else "",
                    name=key,
                )
                continue
            read = _read(desk, value, slot, place, exact=exact)
        if read is not None:
            cells[key], words[key] = read
    return cells, words


def _read(
    desk: Desk, value: object, slot: Field, place: str, *, exact: bool
) -> tuple[Cell, str] | None:
    """Return a field's cell and canonical text; None where nothing is written, or with a fault."""
    text = desk.text(value, place)
    if text is None:
        return None
    if isinstance(slot.type, PartyOf):
        why = flaw(fold(text), written_of(text))
        if why is not None:
            desk.faults.append(why._replace(place=place))
            return None
    read = _field(desk, text, slot, place, exact=exact)
    if text == ELLIPSIS:
        desk.example(place)
    elif read is not None and isinstance(value, Text):
        desk.keep(slot, value, exact, read)
    return read


def _field(
    desk: Desk, text: str, slot: Field, place: str, *, exact: bool
) -> tuple[Cell, str] | None:
    """Return a field's cell and canonical text; with `exact` a field that must be given takes one
    place.
    """
    nullable, certain = slot.missing == "none", slot.missing == "refused"
    value = desk.once_read(text, slot, field_said)
    if isinstance(value, Wrong):
        desk.refuse(place, value)
        return None
    if value == "unknown":
        return unknown_cell(slot.type, nullable=nullable), "unknown"
    if not isinstance(value, Value):
        return none_cell(slot.type), "none"
    if certain and value.low != value.high:
        desk.add(place, "`{text}` is a range, and this field must be given exactly", text=text)
        return None
    if isinstance(slot.type, PartyOf) and not desk.names_party(
        str(value.low), slot.type.kind, place
    ):
        return None
    return known_cell(
        slot.type, value.low, value.high, nullable=nullable, certain=certain and exact
    ), value.text


def field_said(text: str, slot: Field) -> Said:
    """Return what a text says as the value of a field."""
    none = NONE_WORDS if slot.missing == "none" else frozenset[str]()
    missing = absence(text, slot.type, slot.options, none, unknown=slot.missing != "refused")
    return missing or read_value(text, slot.type, slot.options, slot.measured_in)


_TYPED: Mapping[str, Type] = MappingProxyType({"method": Choice(METHODS), "date": Date()})


def _typed(text: str, kind: Type) -> Said:
    """Return the method or the day of a piece of evidence as it is kept."""
    if isinstance(kind, Date):
        day = read_date(text)
        return day if isinstance(day, Wrong) else datetime.date.fromordinal(day).isoformat()
    method = read_value(text, kind, METHOD_TITLES)
    return method if isinstance(method, Wrong) else method.text


def read_evidence(desk: Desk, said: Table, place: str) -> Evidence:
    """Return what stands behind a value, without the value; empty where not written.

    `place` names the thing, without the file: every fault stands where its own part is written.
    """
    method = desk.under(said, "method", place) or ""
    source = desk.under(said, "source", place) or ""
    date = desk.under(said, "date", place) or ""
    by = desk.by if said.get("by") is None else desk.under(said, "by", place) or ""
    method = _kept(desk, said, "method", method, place)
    date = _kept(desk, said, "date", date, place)
    files = said.get("files")
    named = () if files is None else _files(desk, files, desk.place(said, "files", place))
    return Evidence("", method, source, date, by, named)


def _kept(desk: Desk, said: Table, key: str, text: str, place: str) -> str:
    """Return the method or the day of a piece of evidence as it is kept; what is at fault stays."""
    value = desk.once_read(text, _TYPED[key], _typed) if text else text
    if isinstance(value, Wrong):
        desk.refuse(desk.place(said, key, place), value)
        return text
    return str(value)


def _files(desk: Desk, said: object, place: str) -> tuple[str, ...]:
    """Return the names of files that are written as a list, or one by itself."""
    pieces = said if isinstance(said, Items) else [said]
    names = [desk.text(one, place) for one in pieces]
    for one in pieces:
        if isinstance(one, Embedded):
            desk.embedded.append(one)
            desk.files[str(one)] = one.digest
    if any(name and "\n" in name for name in names):
        # In a cell it parts two files, so no form takes it for a part of a name.
        desk.add(place, "the name of a file holds a line break: write each file by itself")
    return tuple(dict.fromkeys(name for name in names if name is not None))


def written_evidence(evidence: Evidence) -> dict[str, Any]:
    """Return evidence as canonical data, without the value and without what is empty."""
    said: dict[str, Any] = {
        key: value for key, value in zip(EVIDENCE, evidence[1:], strict=True) if value
    }
    if evidence.files:
        said["files"] = list(evidence.files)
    return said
