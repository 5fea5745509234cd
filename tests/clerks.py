"""Clerks who fill in workbooks by the ids in the hidden row and columns, as people do by titles."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from openpyxl import load_workbook
from openpyxl.worksheet.worksheet import Worksheet

_ROWS = "（是 / 否"


class Clerk:
    """Fills in one workbook and saves it over itself."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.workbook = load_workbook(path)

    def sheet(self, role: str) -> Worksheet:
        """Return the sheet that holds `case`, `facts`, `party:…` or `register:…`."""
        return next(s for s in self.workbook.worksheets if s["A1"].value == f"steelyard:{role}")

    def column(self, role: str, key: str) -> int:
        return next(cell.column for cell in self.sheet(role)[1] if cell.value == key)

    def case(self, **values: Any) -> Clerk:
        """Fill in the sheet of the case; `subject__id` stands for subject.id."""
        sheet = self.sheet("case")
        for key, value in values.items():
            name = key.replace("__", ".")
            row = next(cell.row for cell in sheet["A"] if cell.value == name)
            sheet.cell(row, 4).value = value
        return self

    def fact(self, name: str, value: Any = None, **more: Any) -> int:
        """Fill in the row of a fact and return its number."""
        sheet = self.sheet("facts")
        row = next(cell.row for cell in sheet["B"] if cell.value == name)
        for key, one in {"value": value, **more}.items():
            sheet.cell(row, self.column("facts", key)).value = one
        return int(row)

    def facts(self, values: Mapping[str, object]) -> Clerk:
        for name, value in values.items():
            self.fact(name, value)
        return self

    def first(self, role: str) -> int:
        """Return the number of the first row below the headings of a list."""
        sheet = self.sheet(role)
        marks = [cell.row for cell in sheet["A"] if cell.value]
        return int(max(marks)) + 1

    def row(self, role: str, number: int, /, **values: Any) -> int:
        """Fill in the row of that number below the headings; `evidence__by` stands for a key with
        a point.
        """
        at = self.first(role) + number
        for key, value in values.items():
            self.sheet(role).cell(at, self.column(role, key.replace("__", "."))).value = value
        return at

    def complete(self, register: str, word: str = "是") -> Clerk:
        self.sheet(f"register:{register}")["B3"].value = word
        return self

    def save(self, path: Path | None = None) -> Path:
        self.workbook.save(path or self.path)
        return path or self.path


def cells(path: Path, role: str) -> dict[Any, Any]:
    """Return what the facts sheet of a workbook says on top, and its rows by id."""
    sheet = Clerk(path).sheet(role)
    return {row[1].value: [cell.value for cell in row] for row in sheet.iter_rows() if row[1].value}
