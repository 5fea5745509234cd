"""One sheet with a row per unit, for an evaluator who collects facts and ticks of many units at once."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING

from steelyard.book.model import RuleBook
from steelyard.case.outline import outline
from steelyard.case.prompts import fact_prompt, one_line
from steelyard.errors import UsageError, fault
from steelyard.messages import Title

if TYPE_CHECKING:
    from pathlib import Path

LEADING: tuple[tuple[str, Title], ...] = (
    ("book", Title("规则册", "Rule book")),
    ("subject.id", Title("被评单位编号", "Subject id")),
    ("subject.name", Title("被评单位名称", "Subject name")),
    ("period", Title("考核周期", "Period")),
    ("as_of", Title("认定日期", "As of")),
)
HEADINGS = frozenset({LEADING[0][1].zh, LEADING[0][1].en})
_ROWS = 10_000


def write_wide(book: RuleBook, path: Path) -> None:
    """Write the sheet for many units: `.csv` (UTF-8 with its mark) or `.xlsx`, by the name of the file.

    Row 1 holds the ids (a survey is one column, filled in as 470/500), rows 2 and 3 the titles in both languages;
    units follow. Registers, parties and waivers have no place here. Raises UsageError for another suffix, or when the
    file cannot be written.
    """
    suffix = path.suffix.lower()
    if suffix == ".csv":
        _write_csv(book, path)
    elif suffix == ".xlsx":
        _write_xlsx(book, path)
    else:
        raise UsageError([fault(str(path), "`{suffix}` is neither .xlsx nor .csv", suffix=path.suffix)])


def _headings(book: RuleBook) -> list[tuple[str, Title]]:
    return [*LEADING, *((fact.id, fact.title) for band in outline(book) for fact in band.facts)]


def _write_csv(book: RuleBook, path: Path) -> None:
    from steelyard.case.workbook import write_bytes

    held = io.StringIO(newline="")
    rows = csv.writer(held)
    headings = _headings(book)
    rows.writerow([key for key, _ in headings])
    rows.writerow([_inert(title.zh) for _, title in headings])
    rows.writerow([_inert(title.en) for _, title in headings])
    write_bytes(path, held.getvalue().encode("utf-8-sig", "replace"))


def _inert(title: str) -> str:
    """Give a title that no spreadsheet takes for a formula."""
    line = one_line(title)
    return f"'{line}" if line[:1] in {"=", "+", "-", "@"} else line


def _write_xlsx(book: RuleBook, path: Path) -> None:
    from openpyxl.utils import get_column_letter
    from openpyxl.workbook import Workbook
    from openpyxl.worksheet.properties import PageSetupProperties

    from steelyard.case import look
    from steelyard.case.workbook import save
    from steelyard.expression.types import Date, Survey

    workbook = Workbook()
    workbook.remove(workbook.worksheets[0])
    name = look.sheet_name("单位 Units", {look.INDEX_SHEET})
    sheet = workbook.create_sheet(name)
    sheet.sheet_properties.pageSetUpPr = PageSetupProperties(fitToPage=False)
    lists = look.Lists(workbook, book.key)
    lists.add_sheet("wide", name)
    headings = _headings(book)
    for column, (key, title) in enumerate(headings, 1):
        look.put(look.at(sheet, 1, column), key, look.SMALL, look.GREY).alignment = look.MIDDLE
        for row, text in ((2, title.zh), (3, title.en)):
            cell = look.put(look.at(sheet, row, column), text, look.WHITE, look.DARK)
            cell.alignment, cell.border = look.MIDDLE, look.BOX
        look.column_format(sheet, column, look.TEXT_FORMAT)
        sheet.column_dimensions[get_column_letter(column)].width = 18 if column <= len(LEADING) else 15
    book_words = lists.range_of((book.key,))
    look.offer(sheet, f"A4:A{_ROWS}", book_words, Title("每行都要填", "every row needs it"))
    look.column_format(sheet, len(LEADING), look.DATE_FORMAT)
    for column, (key, _) in enumerate(headings[len(LEADING) :], len(LEADING) + 1):
        fact, letter = book.facts[key], get_column_letter(column)
        cells = f"{letter}4:{letter}{_ROWS}"
        if isinstance(fact.type, Survey):
            look.tell(sheet, cells, Title("满意数/总数，如 470/500", "positive/asked, as 470/500"))
            continue
        look.column_format(sheet, column, look.number_format(fact.type))
        if fact.nullable or isinstance(fact.type, Date):
            look.tell(sheet, cells, fact_prompt(fact))
        else:
            look.accept(sheet, cells, fact.type, fact.options, lists, fact_prompt(fact))
    for row, language in ((2, "zh"), (3, "en")):
        texts = ((getattr(title, language), 13) for _, title in headings)
        sheet.row_dimensions[row].height = min(look.height(texts), 120)
    sheet.freeze_panes = "D4"
    look.page(sheet, look.inline(book.title), header="1:3")
    # Hundreds of columns on one page could not be read: they go on over several, each with the unit's id.
    sheet.sheet_properties.pageSetUpPr = PageSetupProperties(fitToPage=False)
    sheet.print_title_cols = "A:C"
    save(workbook, path)
