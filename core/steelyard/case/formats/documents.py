"""From the sheets of a workbook, or one sheet saved as CSV, to documents in the shape of a case
written as YAML.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence

from steelyard.book.model import RuleBook
from steelyard.case.formats.grid import Grid, Row, items, marked, seen, table
from steelyard.case.formats.headings import HEADINGS
from steelyard.case.formats.sheet_rows import digests_in, entry_of, facts_in, records_in, strays_in
from steelyard.case.formats.sheets import CASE_KEYS, Gathered, Sheet, columns_once
from steelyard.case.formats.shown_files import files_in_row
from steelyard.case.reading.totals import total_at
from steelyard.case.reading.written import spoilt
from steelyard.errors import CaseError, Fault
from steelyard.located_yaml import Table, Text, Value

Find = Callable[[str, str], RuleBook]


def case_document(sheets: Sequence[Sheet], name: str, find: Find, gathered: Gathered) -> Table:
    """Return the one document that the sheets of a workbook make up."""
    by_role = {sheet.role: sheet for sheet in sheets}
    entries = _case_entries(by_role.get("case"), gathered)
    book = _book(entries, name, find, gathered)
    if "facts" in by_role:
        entries["facts"] = facts_in(by_role["facts"], book, gathered)
    parties: list[Value] = []
    records: dict[str, Value] = {}
    kept: dict[str, Value] = {}
    for sheet in sheets:
        what, _, which = sheet.role.partition(":")
        if what == "party":
            kind = marked(which, sheet.grid.place)
            parties.extend(entry_of(row, sheet.keys, {"kind": kind}) for row in sheet.rows)
        elif what == "register":
            register = _register(sheet, gathered)
            if register is not None:
                records[which] = register
        elif what == "waivers":
            entries["waivers"] = items(
                sheet.grid.place, [entry_of(row, sheet.keys, {}) for row in sheet.rows]
            )
        elif what == "files":
            kept |= digests_in(sheet, gathered)
    entries["parties"] = items(name, parties)
    entries["records"] = table(name, records)
    for sheet in sheets:
        kept |= strays_in(sheet, gathered)
    if kept:
        entries["files"] = table(name, kept)
    return table(name, entries)


def facts_document(sheet: Sheet, name: str, find: Find, gathered: Gathered) -> Table:
    """Return the document of a facts sheet that stands alone, with its case in marked rows at its
    head.
    """
    entries = _leading(
        ((mark, _value_beside(sheet, row)) for mark, row in sheet.marks if mark in CASE_KEYS),
        name,
        gathered,
    )
    entries["facts"] = facts_in(sheet, _book(entries, name, find, gathered), gathered)
    return table(name, entries)


def wide_documents(grid: Grid, find: Find, gathered: Gathered) -> list[Table] | None:
    """Return a document for each row of a sheet with a row per unit, or None when it is no such
    sheet.
    """
    if not grid.rows or not {"book", "subject.id"} <= set(grid.rows[0][1].values()):
        return None
    keys = {column: key for column, key in grid.rows[0][1].items() if key and seen(key)}
    columns_once(keys, gathered)
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
        labels = [(keys[at], text) for at, text in cells.items() if keys.get(at) in CASE_KEYS]
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
        if column in cells and keys.get(column, "") not in {"", *CASE_KEYS}:
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
            if seen(text):
                gathered.add(text.place, "`{text}` stands under no heading", text=text)
        elif key in CASE_KEYS:
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
    pairs = ((mark, cells.get(value)) for mark, (_, cells) in sheet.marks if mark in CASE_KEYS)
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
    beside = [text for column, text in sorted(row[1].items()) if column != sheet.at]
    return next(filter(seen, beside), next(iter(beside), None))


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


def _register(sheet: Sheet, gathered: Gathered) -> Table | None:
    """Return a register; None where the sheet holds no record and its tick is empty: the case then
    does not speak of it.
    """
    place = sheet.grid.place
    rows = records_in(sheet, gathered)
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
        said = list(filter(seen, said)) or said[:1]
        if len(said) > 1:
            gathered.add(said[1].place, "stands beside the tick of completeness")
        complete = said[0] if said else complete
    if not rows and complete is None:
        return None
    return table(
        place, {"complete": complete or marked("false", place), "rows": items(place, rows)}
    )
