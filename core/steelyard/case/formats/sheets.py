"""A sheet that says what it is: its hidden first row and column understood."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from steelyard.case.formats.grid import Grid, Row, seen
from steelyard.case.formats.headings import BY, LEADING
from steelyard.case.formats.shown_files import files_in_row
from steelyard.errors import Fault, fault
from steelyard.located_yaml import Items, Text

MARK = "steelyard:"
FOR_THE_EYE = frozenset({"guide", "clauses"})
CASE_KEYS = frozenset(key for key, _ in (*LEADING, BY))
_MARKS = CASE_KEYS | {"header", "complete", "#"}
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
    keys = {
        column: text for column, text in grid.rows[number][1].items() if column != at and seen(text)
    }
    columns_once(keys, gathered)
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
        if text and seen(text)
    }
    known = {column: key for column, key in keys.items() if not key.startswith("#")}
    rows = []
    homeless: set[int] = set()
    for row, cells in below[end:]:
        if cells.get(at) and seen(cells[at]):
            gathered.add(cells[at].place, "`{text}` stands in the hidden column", text=cells[at])
        taken: dict[int, Text] = {}
        for column, text in cells.items():
            if column not in keys and column in headings:
                # A column of the clerk's own is named by its heading, so that it is refused by name
                # later.
                known.setdefault(column, headings[column])
            if column in known:
                taken[column] = text
            elif text and seen(text) and column not in keys and column not in homeless | {at}:
                homeless.add(column)
                gathered.add(text.place, "`{text}` stands under no heading", text=text)
        rows.append((row, taken))
    said = [(row, cells) for row, cells in rows if any(map(seen, cells.values()))]
    return Sheet(role, grid, at, known, marks, said)


def columns_once(keys: Mapping[int, Text], gathered: Gathered) -> None:
    """Note every key that stands over two columns."""
    first: dict[str, str] = {}
    for text in keys.values():
        if text in first:
            gathered.add(
                text.place,
                "column `{key}` stands twice, first at {first}",
                key=text,
                first=first[text],
            )
        first.setdefault(text, text.place)
