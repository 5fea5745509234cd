"""Cells that show nothing, and rows that add up others: read in a table as in a document."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from openpyxl import load_workbook

from steelyard.book.model import RuleBook
from steelyard.book.reading.load import parse_book
from steelyard.case.formats.files import cases_in
from steelyard.case.formats.workbook import write_workbook
from steelyard.errors import CaseError, fault

BOOK = parse_book(
    """\
book: test/unseen
version: 1.0.0
sector: test
points: 10
facts: {ok: {type: boolean}}
records: {acts: {good: boolean, note: {type: text, missing: none}}}
sections: [{id: s, points: 10}]
rules: [{id: r, section: s, requires: ok, points: 10}]
grades: [{id: only}]
""",
    "book.yaml",
)


def read(path: Path) -> Any:
    """Return the records of the case in a file, or its faults without their files."""
    try:
        [case] = cases_in(path, lambda _said, _place: BOOK)
    except CaseError as error:
        return [f"{one.place.rpartition(': ')[2]}: {one.message}" for one in error.faults]
    return case.document["records"]


def workbook(tmp_path: Path, cells: dict[str, str]) -> Path:
    """Return a workbook of a unit with some cells of the register filled in."""
    path = tmp_path / "case.xlsx"
    write_workbook(BOOK, path)
    book = load_workbook(path)
    case = next(one for one in book.worksheets if one["A1"].value == "steelyard:case")
    for row in case.iter_rows(min_row=2):
        if row[0].value in {"subject.id", "period"}:
            value = next(at for at, cell in enumerate(case[1]) if cell.value == "value")
            row[value].value = {"subject.id": "u-1", "period": "2026"}[row[0].value]
    sheet = next(one for one in book.worksheets if one["A1"].value == "steelyard:register:acts")
    columns = {cell.value: cell.column for cell in sheet[1]}
    first = max(row[0].row for row in sheet.iter_rows() if row[0].value) + 1
    for key, text in cells.items():
        name, _, down = key.partition("+")
        if name == "tick":
            sheet["B3"].value = text
        elif name == "heading":
            sheet.cell(first - 2, sheet.max_column + 1).value = text
        else:
            column = columns.get(name) or sheet.max_column + int(name == "far") * 5
            sheet.cell(first + int(down or 0), column).value = text
    book.save(path)
    return path


UNSEEN = "\u200b"
ROW = {"complete": False, "rows": [{"id": "a", "good": "true"}]}
TABLES: dict[str, tuple[dict[str, str], Any]] = {
    "an unseen tick is a register that is spoken of": (
        {"tick": UNSEEN},
        {"acts": {"complete": False, "rows": []}},
    ),
    "an empty tick is none": ({"tick": ""}, {}),
    "an unseen cell under an unknown heading": (
        {"id": "a", "good": "yes", "heading": "goods", "last": UNSEEN},
        ["records.acts.a.goods: unknown field `{name}`"],
    ),
    "an unseen cell beside the table": ({"id": "a", "good": "yes", "far": UNSEEN}, {"acts": ROW}),
    "an unseen cell below it": ({"id": "a", "good": "yes", "note+3": UNSEEN}, {"acts": ROW}),
}


@pytest.mark.parametrize(("cells", "expected"), TABLES.values(), ids=TABLES)
def test_a_cell_that_shows_nothing(tmp_path: Path, cells: dict[str, str], expected: Any) -> None:
    assert read(workbook(tmp_path, cells)) == expected


SUM = (
    "`{text}` marks a row that adds up the others: leave that row out; a thing of this name is "
    "written in full"
)


def test_of_two_cells_that_say_so_the_first_in_the_books_order_is_named(tmp_path: Path) -> None:
    row = {"note": "Total", "good": "sum", "id": "合计"}
    document = {"book": BOOK.key, "subject": "u-1", "period": "2026", "records": {"acts": [row]}}
    path = tmp_path / "case.json"
    path.write_text(json.dumps(document), "utf-8")
    assert read(path) == [f"records.acts[1].id: {SUM}"]


@pytest.mark.parametrize("key", ["id", "name", "part_of"])
def test_a_unit_is_no_row_that_adds_up_others(tmp_path: Path, key: str) -> None:
    subject = {"id": "u-1", "name": "甲", "part_of": "h-1", key: "Total"}
    document = {"book": BOOK.key, "subject": subject, "period": "2026"}
    told = tmp_path / "case.json"
    told.write_text(json.dumps(document), "utf-8")
    table = tmp_path / "case.csv"
    keys = {"book": BOOK.key, "period": "2026"} | {f"subject.{k}": v for k, v in subject.items()}
    table.write_text(f"{','.join(keys)}\n{','.join(keys.values())}\n", "utf-8")
    assert read(told) == read(table) == [f"subject.{key}: {SUM}"]


NAMES = {
    "a rare sign within a word of small letters": ("ab㐀cd", []),
    "what may be two Western letters": ("Ga中ta", ["may be GB18030 or Western"]),
}


@pytest.mark.parametrize(("name", "told"), NAMES.values(), ids=NAMES)
def test_a_name_within_small_letters_in_gb18030(tmp_path: Path, name: str, told: list[str]) -> None:
    path = tmp_path / "case.csv"
    text = f"book,subject.id,subject.name,period\n{BOOK.key},u-1,{name},2026\n"
    path.write_bytes(text.encode("gb18030"))
    found = read(path)
    assert [one for one in told if one not in str(found)] == []
    assert bool(found) == bool(told)


def test_a_case_sheet_whose_column_of_values_is_gone(tmp_path: Path) -> None:
    path = workbook(tmp_path, {})
    book = load_workbook(path)
    sheet = next(one for one in book.worksheets if one["A1"].value == "steelyard:case")
    for cell in sheet[1]:
        if cell.value == "value":
            cell.value = None
    book.save(path)
    assert any("no longer names the column `value`" in one for one in read(path))


def test_a_book_that_is_not_found_is_told_where_the_table_names_it(tmp_path: Path) -> None:
    def nowhere(said: str, place: str) -> RuleBook:
        raise CaseError([fault(place, "unknown book `{name}`", name=said)])

    table = tmp_path / "case.csv"
    table.write_text("book,subject.id,period\ntest/other,u-1,2026\n", "utf-8")
    for path in (workbook(tmp_path, {}), table):
        with pytest.raises(CaseError, match="unknown book `test/"):
            cases_in(path, nowhere)
