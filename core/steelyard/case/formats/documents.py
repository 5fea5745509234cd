"""From the sheets of a workbook, or one sheet saved as CSV, to documents in the shape of a case
written as YAML.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from steelyard.book.model import RuleBook
from steelyard.case.formats.grid import Grid, Row, items, marked, table
from steelyard.case.formats.headings import BY, HEADINGS, LEADING
from steelyard.case.formats.shown_files import called, files_in_row, is_picture
from steelyard.case.reading.totals import total_at
from steelyard.case.reading.written import spoilt
from steelyard.errors import CaseError, Fault, fault
from steelyard.expression.types import Survey
from steelyard.located_yaml import Items, Table, Text, Value, place_of

Find = Callable[[str, str], RuleBook]

MARK = "steelyard:"
FOR_THE_EYE = frozenset({"guide", "clauses"})
_CASE_KEYS = frozenset(key for key, _ in (*LEADING, BY))
_MARKS = _CASE_KEYS | {"header", "complete", "#"}
_DEEP = 20


@dataclass(slots=True)
class Gathered:
    """Faults on the way to a document."""

    faults: list[Fault] = field(default_factory=list)

    def add(self, place: str, message: str, near: str = "", **values: object) -> None:
        """Note a fault."""
        self.faults.append(fault(place, message, near, **values))


class Sheet(NamedTuple):
    """A sheet that says what it is: its role, the key of each column, the marked rows, and the rows
    of data.
    """

    role: str
    grid: Grid
    at: int
    keys: Mapping[int, Text]
    marks: Sequence[tuple[str, Row]]
    rows: Sequence[Row]

    def files(self, row: Row, key: str, what: str, gathered: Gathered) -> Items | None:
        """Return the files behind what a row shows, which `what` names: those of the column `key`,
        and those of links and pictures.
        """
        at = next((column for column, one in self.keys.items() if one == key), 0)
        found = files_in_row(row[1].get(at), at, self.grid.beside.get(row[0], ()), what)
        if found.fault is not None:
            gathered.faults.append(found.fault)
        return found.files


def sheet_of(grid: Grid, gathered: Gathered) -> Sheet | None:
    """Return a sheet with its hidden first row and column understood, or None when it has none."""
    for number, (_, cells) in enumerate(grid.rows[:_DEEP]):
        at = next((column for column, text in cells.items() if text.startswith(MARK)), None)
        if at is not None:
            return _sheet(grid, number, at, gathered)
    return None


def _sheet(grid: Grid, number: int, at: int, gathered: Gathered) -> Sheet:
    role = grid.rows[number][1][at].removeprefix(MARK)
    if role in FOR_THE_EYE or role == "index":
        return Sheet(role, grid, at, {}, (), grid.rows[number:])
    keys = {column: text for column, text in grid.rows[number][1].items() if column != at and text}
    _columns_once(keys, gathered)
    below = grid.rows[number + 1 :]
    marked_rows = [index for index, (_, cells) in enumerate(below) if cells.get(at) in _MARKS]
    end = marked_rows[-1] + 1 if marked_rows else 0
    marks = [
        (str(cells[at]), (row, cells)) for row, cells in below[:end] if cells.get(at) in _MARKS
    ]
    for _, cells in below[:end]:
        if cells.get(at) not in _MARKS:
            gathered.add(next(iter(cells.values())).place, "stands among the heading rows")
    first = below[end - 1][0] + 1 if end else 0
    gathered.faults.extend(one for row, one in grid.faults if row >= first or role == "case")
    headings = {
        column: text
        for mark, (_, cells) in marks
        if mark == "header"
        for column, text in cells.items()
        if text
    }
    known = {column: key for column, key in keys.items() if not key.startswith("#")}
    rows = []
    homeless: set[int] = set()
    for row, cells in below[end:]:
        if cells.get(at):
            gathered.add(cells[at].place, "`{text}` stands in the hidden column", text=cells[at])
        taken: dict[int, Text] = {}
        for column, text in cells.items():
            if column not in keys and column in headings:
                # A column of the clerk's own is named by its heading, so that it is refused by name
                # later.
                known.setdefault(column, headings[column])
            if column in known:
                taken[column] = text
            elif text and column not in keys and column not in homeless | {at}:
                homeless.add(column)
                gathered.add(text.place, "`{text}` stands under no heading", text=text)
        rows.append((row, taken))
    return Sheet(role, grid, at, known, marks, [(row, cells) for row, cells in rows if cells])


def _columns_once(keys: Mapping[int, Text], gathered: Gathered) -> None:
    seen: dict[str, str] = {}
    for text in keys.values():
        if text in seen:
            gathered.add(
                text.place,
                "column `{key}` stands twice, first at {first}",
                key=text,
                first=seen[text],
            )
        seen.setdefault(text, text.place)


def case_document(sheets: Sequence[Sheet], name: str, find: Find, gathered: Gathered) -> Table:
    """Return the one document that the sheets of a workbook make up."""
    by_role = {sheet.role: sheet for sheet in sheets}
    entries = _case_entries(by_role.get("case"), gathered)
    book = _book(entries, name, find, gathered)
    if "facts" in by_role:
        entries["facts"] = _facts(by_role["facts"], book, gathered)
    parties: list[Value] = []
    records: dict[str, Value] = {}
    kept: dict[str, Value] = {}
    for sheet in sheets:
        what, _, which = sheet.role.partition(":")
        if what == "party":
            kind = marked(which, sheet.grid.place)
            parties.extend(_entry(row, sheet.keys, {"kind": kind}) for row in sheet.rows)
        elif what == "register":
            register = _register(sheet, gathered)
            if register is not None:
                records[which] = register
        elif what == "waivers":
            entries["waivers"] = items(
                sheet.grid.place, [_entry(row, sheet.keys, {}) for row in sheet.rows]
            )
        elif what == "files":
            kept |= _kept(sheet, gathered)
    entries["parties"] = items(name, parties)
    entries["records"] = table(name, records)
    for sheet in sheets:
        kept |= _strays(sheet, gathered)
    if kept:
        entries["files"] = table(name, kept)
    return table(name, entries)


def facts_document(sheet: Sheet, name: str, find: Find, gathered: Gathered) -> Table:
    """Return the document of a facts sheet that stands alone, with its case in marked rows at its
    head.
    """
    entries = _leading(
        ((mark, _value_beside(sheet, row)) for mark, row in sheet.marks if mark in _CASE_KEYS),
        name,
        gathered,
    )
    entries["facts"] = _facts(sheet, _book(entries, name, find, gathered), gathered)
    return table(name, entries)


def wide_documents(grid: Grid, find: Find, gathered: Gathered) -> list[Table] | None:
    """Return a document for each row of a sheet with a row per unit, or None when it is no such
    sheet.
    """
    if not grid.rows or not {"book", "subject.id"} <= set(grid.rows[0][1].values()):
        return None
    keys = {column: key for column, key in grid.rows[0][1].items() if key}
    _columns_once(keys, gathered)
    gathered.faults.extend(one for _, one in grid.faults)
    book_at = next(column for column, key in keys.items() if key == "book")
    documents = []
    books: dict[str, RuleBook | None] = {}
    held = {row for row, _ in grid.rows[1:]}
    for text in (text for row, some in grid.beside.items() if row not in held for _, text in some):
        gathered.add(text.place, "a picture or a link has no place here: put it on a unit's fact")
    for row, cells in grid.rows[1:]:
        if cells.get(book_at) in HEADINGS:
            continue
        labels = [(keys[at], text) for at, text in cells.items() if keys.get(at) in _CASE_KEYS]
        places = [(text, f"{text.place}: {key}") for key, text in labels]
        totals = [one for said in places if (one := total_at(*said)) is not None]
        gathered.faults.extend(totals)
        if totals:
            continue
        documents.append(_unit(cells, keys, grid.beside.get(row, ()), gathered))
        said = documents[-1].get("book")
        if isinstance(said, Text) and said and said not in books:
            books[said] = _found(said, find, gathered)
    if not documents and not gathered.faults:
        gathered.add(grid.place, "holds no unit: a row for each is wanted below the titles")
    return documents


class UnsoundTableError(CaseError):
    """A table is at fault; `documents` are what could be read of it all the same, so that what else
    is wrong can be told along with it.
    """

    def __init__(self, faults: Iterable[Fault], documents: Sequence[Table]) -> None:
        """Keep the faults, and the documents without what is at fault."""
        super().__init__(faults)
        self.documents = tuple(documents)


def raise_for(gathered: Gathered, documents: Sequence[Table]) -> None:
    """Raise UnsoundTableError when there are faults."""
    if gathered.faults:
        raise UnsoundTableError(gathered.faults, documents)


def _unit(
    cells: Mapping[int, Text],
    keys: Mapping[int, Text],
    beside: Sequence[tuple[int, Text]],
    gathered: Gathered,
) -> Table:
    place = next(iter(cells.values())).place
    shown: dict[int, list[tuple[int, Text]]] = {}
    for column, text in beside:
        if column in cells and keys.get(column, "") not in {"", *_CASE_KEYS}:
            shown.setdefault(column, []).append((0, text))
        else:
            gathered.add(
                text.place, "a picture or a link has no place here: put it on a unit's fact"
            )
    facts: dict[str, Value] = {}
    leading: list[tuple[str, Text | None]] = []
    for column, text in cells.items():
        key = keys.get(column)
        if key is None:
            gathered.add(text.place, "`{text}` stands under no heading", text=text)
        elif key in _CASE_KEYS:
            leading.append((key, text))
        else:
            files = files_in_row(None, 1, shown.get(column, ()), key).files
            facts[key] = table(text.place, {"value": text, "files": files}) if files else text
    entries = _leading(leading, place, gathered)
    entries["facts"] = table(place, facts)
    return table(place, entries)


def _case_entries(sheet: Sheet | None, gathered: Gathered) -> dict[str, Value]:
    if sheet is None:
        return {}
    for _, cells in sheet.rows:
        gathered.add(next(iter(cells.values())).place, "this row is not part of the case sheet")
    value = next((column for column, key in sheet.keys.items() if key == "value"), None)
    if value is None:
        gathered.add(sheet.grid.place, "the hidden first row no longer names the column `value`")
        return {}
    pairs = ((mark, cells.get(value)) for mark, (_, cells) in sheet.marks if mark in _CASE_KEYS)
    return _leading(pairs, sheet.grid.place, gathered)


def _leading(
    pairs: Iterable[tuple[str, Text | None]], place: str, gathered: Gathered
) -> dict[str, Value]:
    """Return book, subject, period and as_of by their keys; what is empty is left out."""
    found: dict[str, Text] = {}
    for key, text in pairs:
        if text is None:
            continue
        if key in found:
            gathered.add(
                text.place,
                "`{key}` stands twice, first at {first}",
                key=key,
                first=found[key].place,
            )
        found.setdefault(key, text)
    subject = {
        key.partition(".")[2]: text for key, text in found.items() if key.startswith("subject.")
    }
    where = next((text.place for text in subject.values()), place)
    entries: dict[str, Value] = {key: text for key, text in found.items() if "." not in key}
    entries["subject"] = table(where, dict(subject))
    return entries


def _value_beside(sheet: Sheet, row: Row) -> Text | None:
    return next((text for column, text in sorted(row[1].items()) if column != sheet.at), None)


def _book(
    entries: Mapping[str, Value], name: str, find: Find, gathered: Gathered
) -> RuleBook | None:
    said = entries.get("book")
    if spoilt(said):
        return None
    if not isinstance(said, Text):
        gathered.add(f"{name}: book", "names no book")
        return None
    return _found(said, find, gathered)


def _found(said: Text, find: Find, gathered: Gathered) -> RuleBook | None:
    try:
        return find(str(said), said.place)
    except CaseError as error:
        gathered.faults.extend(error.faults)
        return None


def _entry(row: Row, keys: Mapping[int, Text], given: Mapping[str, Value]) -> Table:
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


def _register(sheet: Sheet, gathered: Gathered) -> Table | None:
    """Return a register; None where the sheet holds no record and its tick is empty: the case then
    does not speak of it.
    """
    place = sheet.grid.place
    rows = _records(sheet, gathered)
    complete: Text | None = None
    ticks = [row for mark, row in sheet.marks if mark == "complete"]
    if len(ticks) != 1:
        gathered.add(place, "the row that says whether the register is complete is missing")
    for row in ticks:
        said = [
            text
            for column, text in row[1].items()
            if column != sheet.at and text and not text.startswith("◀")
        ]
        if len(said) > 1:
            gathered.add(said[1].place, "stands beside the tick of completeness")
        complete = said[0] if said else complete
    if not rows and complete is None:
        return None
    return table(
        place, {"complete": complete or marked("false", place), "rows": items(place, rows)}
    )


def _records(sheet: Sheet, gathered: Gathered) -> list[Table]:
    """Return the records of a register; a row that bears an id and evidence alone shows a further
    piece of evidence for the record of that id above it.
    """
    records: list[Table] = []
    by_id: dict[str, Table] = {}
    for row in sheet.rows:
        entry = _entry(row, sheet.keys, {})
        said, identity = entry.get("evidence"), entry.get("id")
        key = str(identity) if identity is not None else ""
        name = f"{sheet.role.partition(':')[2]}-{key or row[0]}"
        files = sheet.files(row, "evidence.files", name, gathered)
        piece = dict(said) if isinstance(said, Table) else {}
        piece.pop("files", None)
        if files:
            piece["files"] = files
        evidence = table(entry.place, piece) if piece else None
        first = by_id.get(key)
        if (
            key
            and first is not None
            and evidence is not None
            and not set(entry) - {"id", "evidence"}
        ):
            had = first.get("evidence")
            before = had if isinstance(had, Items) else [] if had is None else [had]
            first["evidence"] = items(first.place, [*before, evidence])
            continue
        if evidence is not None:
            entry["evidence"] = evidence
        by_id.setdefault(key, entry)
        records.append(entry)
    return records


def _kept(sheet: Sheet, gathered: Gathered) -> dict[str, Value]:
    """Return the digests of a case's files by their names."""
    found: dict[str, Value] = {}
    for row in sheet.rows:
        entry = _entry(row, sheet.keys, {})
        name, digest = entry.get("name"), entry.get("sha256")
        if name is None or digest is None:
            gathered.add(entry.place, "a file wants a name and its SHA-256")
        elif str(name) in found:
            gathered.add(entry.place, "file `{name}` stands twice", name=name)
        else:
            found[str(name)] = digest
    return found


def _strays(sheet: Sheet, gathered: Gathered) -> dict[str, Value]:
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


def _facts(sheet: Sheet, book: RuleBook | None, gathered: Gathered) -> Table:
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
        if set(entry) == {"files"} and book is not None and str(name) not in book.facts:
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
