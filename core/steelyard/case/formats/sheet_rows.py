"""The rows of a case's sheets as facts, records and files, each with what shows it."""

from __future__ import annotations

from collections.abc import Mapping

from steelyard.book.model import RuleBook
from steelyard.case.formats.grid import Row, items, table
from steelyard.case.formats.headings import BANDS
from steelyard.case.formats.sheets import FOR_THE_EYE, Gathered, Sheet
from steelyard.case.formats.shown_files import called, is_picture
from steelyard.case.reading.written import spoilt
from steelyard.expression.types import Survey
from steelyard.located_yaml import Table, Text, Value, place_of


def entry_of(row: Row, keys: Mapping[int, Text], given: Mapping[str, Value]) -> Table:
    """Return a row as a mapping; columns `evidence.…` make up one mapping of their own."""
    _, cells = row
    place = next(iter(cells.values())).place
    values: dict[str, Value] = dict(given)
    evidence: dict[str, Value] = {}
    for column, text in cells.items():
        head, dot, tail = str(keys[column]).partition(".")
        if dot and head == "evidence":
            evidence[tail] = text
        else:
            values[str(keys[column])] = text
    if evidence:
        values["evidence"] = table(place, evidence)
    return table(place, values)


def records_in(sheet: Sheet, gathered: Gathered) -> list[Table]:
    """Return the records of a register, the files on its row in the evidence of each."""
    records: list[Table] = []
    for row in sheet.rows:
        entry = entry_of(row, sheet.keys, {})
        said, identity = entry.get("evidence"), entry.get("id")
        name = f"{sheet.role.partition(':')[2]}-{row[0] if identity is None else identity}"
        files = sheet.files(row, "evidence.files", name, gathered)
        piece = dict(said) if isinstance(said, Table) else {}
        piece.pop("files", None)
        if files:
            piece["files"] = files
        entry.pop("evidence", None)
        if piece:
            entry["evidence"] = table(entry.place, piece)
        records.append(entry)
    return records


def digests_in(sheet: Sheet, gathered: Gathered) -> dict[str, Value]:
    """Return the digests of a case's files by their names."""
    found: dict[str, Value] = {}
    for row in sheet.rows:
        entry = entry_of(row, sheet.keys, {})
        name, digest = entry.get("name"), entry.get("sha256")
        if name is None or digest is None:
            gathered.add(entry.place, "a file wants a name and its SHA-256")
        elif str(name) in found:
            gathered.add(entry.place, "file `{name}` stands twice", name=name)
        else:
            found[str(name)] = digest
    return found


def strays_in(sheet: Sheet, gathered: Gathered) -> dict[str, Value]:
    """Return the pictures that stand beside no fact and no record, by the names that they are
    given; a link where nothing can be shown is a fault.
    """
    shows = sheet.role == "facts" or sheet.role.startswith("register:")
    rows = frozenset(row for row, _ in sheet.rows)
    found: dict[str, Value] = {}
    for row, some in sheet.grid.beside.items():
        for _, text in some:
            if is_picture(text) and not (shows and row in rows):
                picture = called(text, "picture")
                found[str(picture)] = picture
            elif row in rows and not shows and sheet.role not in {*FOR_THE_EYE, "index"}:
                gathered.add(
                    text.place,
                    "a link to `{link}` has no place here: put it beside a fact or a record",
                    link=text,
                )
    return found


def facts_in(sheet: Sheet, book: RuleBook | None, gathered: Gathered) -> Table:
    """Return the facts with a value or evidence; one that stands on several rows bears them all."""
    given: dict[str, list[Value]] = {}
    at: dict[str, str] = {}
    for row in sheet.rows:
        entry: dict[str, Value] = {str(sheet.keys[column]): text for column, text in row[1].items()}
        name = entry.pop("id", None)
        files = sheet.files(row, "files", str(name), gathered)
        entry.pop("files", None)
        if files:
            entry["files"] = files
        if not entry or spoilt(name):
            continue
        if set(entry) == {"files"} and (name is None or str(name).startswith(BANDS)):
            gathered.add(
                place_of(entry["files"], sheet.grid.place),
                "stands beside no fact: put the picture or the link on the row of one",
            )
            continue
        place = place_of(next(iter(entry.values())), sheet.grid.place)
        key = str(name) if name is not None else ""
        fact = book.facts.get(key) if book is not None else None
        given.setdefault(key, []).append(
            _fact(entry, place, survey=fact is not None and isinstance(fact.type, Survey))
        )
        at.setdefault(key, place)
    values = {
        key: found[0] if len(found) == 1 else items(at[key], found) for key, found in given.items()
    }
    return table(sheet.grid.place, values, at)


def _fact(entry: dict[str, Value], place: str, *, survey: bool) -> Value:
    if set(entry) == {"value"}:
        return entry["value"]
    if survey and "asked" in entry and "value" in entry:
        entry["positive"] = entry.pop("value")
    return table(place, dict(entry))
