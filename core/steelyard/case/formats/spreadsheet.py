"""Reading .xlsx workbooks, however they were saved, damaged or forged, into marked documents."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from steelyard import archive
from steelyard.case.formats.cell_values import is_struck, value_of
from steelyard.case.formats.documents import (
    Find,
    case_document,
    raise_for,
    wide_documents,
)
from steelyard.case.formats.grid import Grid, cell, seen
from steelyard.case.formats.ooxml import Package, Part
from steelyard.case.formats.sheet_cells import Lie, Raw, cells_of, column_letters, corners
from steelyard.case.formats.sheets import FOR_THE_EYE, Gathered, Sheet, sheet_of
from steelyard.case.formats.shown_files import beside, is_picture, left_over
from steelyard.case.reading.written import Written
from steelyard.errors import CaseError, Fault, Plural, fault, refusal
from steelyard.files import content_of
from steelyard.located_yaml import Table, Text

if TYPE_CHECKING:
    from pathlib import Path


_FORMAT = "1"
_ENOUGH = 50
_MOST_COVERED = 10_000


def read_xlsx(path: Path, find: Find, name: str = "") -> list[Table]:
    """Return the documents of a workbook: one of a case workbook, one for each row of a workbook
    with a row per unit.

    `find` gives the book for a reference and the place that names it, or raises CaseError. `name`
    stands for the file in places, else its last part does. Raises CaseError with every fault of the
    file; whatever its bytes, nothing else is raised.
    """
    name = name or path.name
    return read_workbook(_content(path, name), find, name)


def sheets_with(word: str, path: Path, name: str) -> list[Grid]:
    """Return the sheets of a workbook if a word stands anywhere in it, else none; raises CaseError
    for one that cannot be read.
    """
    data = _content(path, name)
    sought = word.encode()
    parts = archive.read_bytes(name, data)
    return _grids(name, data) if any(sought in part for part in parts.values()) else []


def read_workbook(data: bytes, find: Find, name: str) -> list[Table]:
    """Return the documents of a workbook by the content of its file, as `read_xlsx` does."""
    grids = _grids(name, data)
    gathered = Gathered()
    seen: dict[str, str] = {}
    for grid in grids:
        if grid.name.casefold() in seen:
            gathered.add(grid.place, "two sheets bear this name")
        seen.setdefault(grid.name.casefold(), grid.name)
    filled = [grid for grid in grids if grid.rows or grid.faults]
    wide = [
        (grid, found)
        for grid in filled
        if (found := wide_documents(grid, find, gathered)) is not None
    ]
    rest = [grid for grid in filled if all(grid is not other for other, _ in wide)]
    sheets = [(grid, sheet_of(grid, gathered)) for grid in rest]
    known = [sheet for _, sheet in sheets if sheet is not None]
    if not known and not wide:
        raise CaseError(
            [fault(name, "was not made by `steelyard template`: no sheet says what it holds")]
        )
    for grid, sheet in sheets:
        if sheet is None:
            gathered.add(
                grid.place, "this sheet is not part of the workbook: keep it in another file"
            )
    _twice(known, gathered)
    if wide:
        return _units(wide, known, gathered)
    _missing(known, name, gathered)
    document = case_document(known, name, find, gathered)
    raise_for(gathered, [document])
    return [document]


def _content(path: Path, name: str) -> bytes:
    try:
        data = content_of(path, archive.MOST_BYTES + 1)
    except OSError as problem:
        raise CaseError(
            [fault(name, "cannot be read: {problem}", problem=refusal(problem))]
        ) from None
    if len(data) > archive.MOST_BYTES:
        raise CaseError(
            [fault(name, "is larger than {size} MiB", size=archive.MOST_BYTES // 1024 // 1024)]
        )
    return data


def _grids(name: str, data: bytes) -> list[Grid]:
    try:
        package = Package(archive.read_bytes(name, data))
        faults: list[Fault] = []
        grids: list[Grid] = []
        shown: set[str] = set()
        for sheet in package.sheets:
            try:
                grids.append(_grid(f"{name}: {sheet.name}", sheet, package, shown))
            except CaseError as error:
                faults.extend(error.faults)
        strays = left_over(name, package, frozenset(shown))
        if grids and strays:
            grids[0] = grids[0]._replace(
                beside={**grids[0].beside, 0: [*grids[0].beside.get(0, ()), *strays]}
            )
    except (CaseError, MemoryError):
        raise
    # A damaged file makes parsers fail in more ways than can be listed; to the reader they are one.
    except (Exception, RecursionError):  # noqa: BLE001
        raise CaseError([fault(name, "is not a workbook that can be read")]) from None
    if faults:
        raise CaseError(faults)
    return grids


def _grid(place: str, sheet: Part, package: Package, shown: set[str]) -> Grid:
    """Return the cells of a sheet, and note the pictures that it shows."""
    lie = cells_of(place, sheet.content)
    named, pictures = beside(place, sheet, lie, package)
    shown |= pictures
    faults = _faults(place, lie)
    rows: dict[int, dict[int, Text]] = {}
    # What such a cell holds is the formula by which it shows a picture.
    pictured = {
        (row, column) for row, some in named.items() for column, one in some if is_picture(one)
    } & {(row, column) for row, column, _ in lie.showing}
    for row, cells in itertools.groupby(lie.cells, key=lambda raw: raw.row):
        said = [raw for raw in cells if (row, raw.column) not in pictured]
        kept = _row(place, said, package, faults) if said else {}
        if kept:
            rows[row] = kept
    # What a formula or a merged cell should say is at fault already, and not missing.
    for row, column in itertools.chain(lie.hollow, itertools.islice(_covered(lie), _MOST_COVERED)):
        if row in rows and column not in rows[row]:
            rows[row][column] = cell("", _place(place, row, column), Written(spoilt=True))
    return Grid(sheet.name, place, list(rows.items()), faults, named)


def _faults(place: str, lie: Lie) -> list[tuple[int, Fault]]:
    """Return the faults of a sheet's cells that are merged, or have no value."""
    faults = [
        (
            corners(reference)[2],
            fault(
                f"{place}!{reference}",
                "the cells are merged: unmerge them, one value to a cell",
            ),
        )
        for reference in lie.merged
    ]
    faults += [
        (
            row,
            fault(
                _place(place, row, column),
                "holds a formula without a stored value: open and save the workbook once",
            ),
        )
        for row, column in lie.hollow[:_ENOUGH]
    ]
    if len(lie.hollow) > _ENOUGH:
        # The row is beyond every heading, so that the count is told whatever else is.
        more = fault(
            place,
            Plural(
                "{count} more cell holds a formula without a stored value",
                "{count} more cells hold a formula without a stored value",
            ),
            count=len(lie.hollow) - _ENOUGH,
        )
        faults.append((archive.LAST_ROW, more))
    return faults


def _covered(lie: Lie) -> Iterator[tuple[int, int]]:
    """Yield the cells of merged ranges."""
    for reference in lie.merged:
        top, left, bottom, right = corners(reference)
        yield from itertools.product(range(top, bottom + 1), range(left, right + 1))


def _row(
    place: str, cells: Sequence[Raw], package: Package, faults: list[tuple[int, Fault]]
) -> dict[int, Text]:
    """Return the cells of a row that say anything, or can no longer; those at fault are noted."""
    row = cells[0].row
    if len(cells) > 1 and all(is_struck(raw, package) for raw in cells):
        where = _place(place, row, cells[0].column)
        faults.append((row, fault(where, "the row is struck out: delete it, or lift the line")))
        return {}
    kept: dict[int, Text] = {}
    for raw in cells:
        where = _place(place, row, raw.column)
        found = value_of(raw, package, where)
        if isinstance(found, Fault):
            faults.append((row, found))
            kept[raw.column] = cell("", where, Written(spoilt=True))
        elif found:
            kept[raw.column] = found
    return kept if any(map(seen, kept.values())) else {}


def _place(place: str, row: int, column: int) -> str:
    return f"{place}!{column_letters(column)}{row}"


def _twice(sheets: Sequence[Sheet], gathered: Gathered) -> None:
    first: dict[str, Sheet] = {}
    for sheet in sheets:
        other = first.setdefault(sheet.role, sheet)
        if other is not sheet:
            gathered.add(
                sheet.grid.place,
                "is a copy of sheet `{name}`: each stands once",
                name=other.grid.name,
            )


def _missing(sheets: Sequence[Sheet], name: str, gathered: Gathered) -> None:
    """Name the sheets that the workbook was made with and has no more."""
    index = next((sheet for sheet in sheets if sheet.role == "index"), None)
    if index is None:
        gathered.add(
            name, "the hidden sheet `_steelyard` is missing: begin again from a fresh template"
        )
        return
    row = index.rows[0][1]
    said = row.get(index.at + 1)
    if said != _FORMAT:
        gathered.add(
            index.grid.place,
            "was made by another version of steelyard (format `{format}`)",
            format=said or "",
        )
        return
    here = {sheet.role for sheet in sheets}
    for _, cells in index.rows[1:]:
        role, title = cells.get(index.at + 1), cells.get(index.at + 2)
        if role is not None and role not in here and role not in FOR_THE_EYE:
            gathered.add(name, "sheet `{title}` is missing", title=title or role)


def _units(
    wide: Sequence[tuple[Grid, list[Table]]], others: Sequence[Sheet], gathered: Gathered
) -> list[Table]:
    if len(wide) > 1:
        gathered.add(
            wide[1][0].place,
            "is a second sheet with a row per unit, beside `{name}`",
            name=wide[0][0].name,
        )
    for sheet in others:
        if sheet.role != "index":
            gathered.add(
                sheet.grid.place, "is a sheet of a single case, in a workbook with a row per unit"
            )
    documents = wide[0][1]
    raise_for(gathered, documents)
    return documents
