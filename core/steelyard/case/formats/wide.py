"""One sheet with a row per unit, for an evaluator who collects facts and ticks of many units at
once.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from steelyard.book.model import RuleBook
from steelyard.case.formats.headings import LEADING
from steelyard.case.formats.outline import outline
from steelyard.case.formats.prompts import fact_prompt, one_line
from steelyard.case.formats.quoted import as_text
from steelyard.errors import Fault, Plural, UsageError, fault
from steelyard.expression.types import Text
from steelyard.files import write
from steelyard.messages import Title

if TYPE_CHECKING:
    from pathlib import Path

    from openpyxl.worksheet.worksheet import Worksheet

    from steelyard.case.formats.prefill import Line
    from steelyard.case.formats.round_trip import Carried
    from steelyard.case.model import Case
    from steelyard.expression.types import Type
    from steelyard.located_yaml import Table

_ROWS = 10_000
_PLAIN = frozenset({"value", "positive", "asked"})
_ENOUGH = 20


def write_wide(
    book: RuleBook, path: Path, cases: Sequence[Carried] = (), *, over: bool = True
) -> None:
    """Write the sheet for many units: `.csv` (UTF-8 with its mark) or `.xlsx`, by the name of the
    file.

    Row 1 holds the ids (a survey is one column, filled in as 470/500), rows 2 and 3 the titles in
    both languages; units follow, one for each of `cases`. Registers, parties, waivers and evidence
    have no place here. In CSV an id, name or period of which a spreadsheet would make something
    else stands as `="…"`. Raises UsageError for another suffix, when a case says what has no place,
    or when the file cannot be written, or is there though `over` forbids to write over it; then
    nothing is written.
    """
    suffix = path.suffix.lower()
    if suffix not in {".csv", ".xlsx"}:
        raise UsageError(
            [fault(str(path), "`{suffix}` is neither .xlsx nor .csv", suffix=path.suffix)]
        )
    faults = [one for case in cases for one in _misfits(case.case)]
    if faults:
        raise UsageError(faults)
    lines = [_unit(book, case) for case in cases]
    content = _csv(book, lines) if suffix == ".csv" else _xlsx(book, lines)
    if cases:
        from steelyard.case.formats.round_trip import check_kept

        again = _read(content, suffix, book, str(path))
        for case, document in zip(cases, again, strict=True):
            check_kept(case.case, document, book, str(path))
    write(path, content, over=over)


def _misfits(case: Case) -> Iterator[Fault]:
    """Name all that a case says and a row of facts has no place for."""
    written = case.document
    facts = written["facts"].items()
    what = [
        f"facts.{name}[{number}]"
        for name, said in facts
        if isinstance(said, list)
        for number in range(2, len(said) + 1)
    ]
    what += [
        f"facts.{name}.{key}"
        for name, said in facts
        if isinstance(said, dict)
        for key in said
        if key not in _PLAIN
    ]
    what += [f"parties.{one['id']}" for one in written["parties"]]
    what += [
        f"records.{name}"
        for name, said in written["records"].items()
        if case.registers[name].given or said["rows"]
    ]
    what += [f"waivers.{one['rule']}" for one in written["waivers"]]
    what += [f"files.{one}" for one in written.get("files", {})]
    for one in what[:_ENOUGH]:
        yield fault(
            f"{case.origin}: {one}",
            "has no place in a table with a row per unit: write a workbook or .yaml",
        )
    if len(what) > _ENOUGH:
        yield fault(
            case.origin,
            Plural(
                "{count} more entry has no place in a table with a row per unit",
                "{count} more entries have no place in a table with a row per unit",
            ),
            count=len(what) - _ENOUGH,
        )


def _unit(book: RuleBook, case: Carried) -> dict[str, str]:
    from steelyard.case.formats.prefill import entries_of

    entries = entries_of(book, case.case, case.document)
    line = {"book": book.key, **entries.case}
    for name, (said,) in entries.facts.items():
        line[name] = f"{said['value']}/{said['asked']}" if "asked" in said else said["value"]
    return line


def _read(content: bytes, suffix: str, book: RuleBook, name: str) -> list[Table]:
    from steelyard.case.formats.csvfile import csv_documents
    from steelyard.case.formats.spreadsheet import read_workbook

    read = csv_documents if suffix == ".csv" else read_workbook
    return read(content, lambda _said, _place: book, name)


def _headings(book: RuleBook) -> list[tuple[str, Title]]:
    return [
        *LEADING,
        *((fact.id, fact.full_title) for band in outline(book) for fact in band.facts),
    ]


def _csv(book: RuleBook, lines: Sequence[Line]) -> bytes:
    held = io.StringIO(newline="")
    rows = csv.writer(held)
    headings = _headings(book)
    rows.writerow([key for key, _ in headings])
    rows.writerow([_inert(title.zh) for _, title in headings])
    rows.writerow([_inert(title.en) for _, title in headings])
    # What is a figure or a day may become one; an id, a name or a period may not.
    words = {
        *(key for key, _ in LEADING if key not in {"book", "as_of"}),
        *(fact.id for fact in book.collected if isinstance(fact.type, Text)),
    }
    rows.writerows(
        [as_text(line.get(key, "")) if key in words else line.get(key, "") for key, _ in headings]
        for line in lines
    )
    return held.getvalue().encode("utf-8-sig", "replace")


def _inert(title: str) -> str:
    """Return a title that no spreadsheet takes for a formula."""
    line = one_line(title)
    return f"'{line}" if line[:1] in {"=", "+", "-", "@"} else line


def _xlsx(book: RuleBook, lines: Sequence[Line]) -> bytes:
    from openpyxl.utils import get_column_letter
    from openpyxl.workbook import Workbook
    from openpyxl.worksheet.properties import PageSetupProperties

    from steelyard.case.formats import xlsx_style
    from steelyard.case.formats.packing import packed
    from steelyard.expression.types import Date, Survey

    workbook = Workbook()
    workbook.remove(workbook.worksheets[0])
    name = xlsx_style.sheet_name("单位 Units", {xlsx_style.INDEX_SHEET})
    sheet = workbook.create_sheet(name)
    sheet.sheet_properties.pageSetUpPr = PageSetupProperties(fitToPage=False)
    lists = xlsx_style.Lists(workbook, book.key)
    lists.add_sheet("wide", name)
    headings = _headings(book)
    for column, (key, title) in enumerate(headings, 1):
        xlsx_style.put(
            xlsx_style.at(sheet, 1, column), key, xlsx_style.SMALL, xlsx_style.GREY
        ).alignment = xlsx_style.MIDDLE
        for row, text in ((2, title.zh), (3, title.en)):
            cell = xlsx_style.put(
                xlsx_style.at(sheet, row, column), text, xlsx_style.WHITE, xlsx_style.DARK
            )
            cell.alignment, cell.border = xlsx_style.MIDDLE, xlsx_style.BOX
        xlsx_style.column_format(sheet, column, xlsx_style.TEXT_FORMAT)
        sheet.column_dimensions[get_column_letter(column)].width = (
            18 if column <= len(LEADING) else 15
        )
    sheet.column_dimensions["A"].width = max(18, len(book.key) + 3)
    book_words = lists.range_of((book.key,))
    xlsx_style.offer(sheet, f"A4:A{_ROWS}", book_words, Title("每行都要填", "every row needs it"))
    as_of = [key for key, _ in headings].index("as_of") + 1
    xlsx_style.column_format(sheet, as_of, xlsx_style.DATE_FORMAT)
    for column, (key, _) in enumerate(headings[len(LEADING) :], len(LEADING) + 1):
        fact, letter = book.facts[key], get_column_letter(column)
        cells = f"{letter}4:{letter}{_ROWS}"
        if isinstance(fact.type, Survey):
            xlsx_style.tell(
                sheet, cells, Title("满意数/总数，如 470/500", "positive/asked, as 470/500")
            )
            continue
        xlsx_style.column_format(sheet, column, xlsx_style.number_format(fact.type))
        if fact.nullable or isinstance(fact.type, Date):
            xlsx_style.tell(sheet, cells, fact_prompt(fact))
        else:
            xlsx_style.accept(sheet, cells, fact.type, fact.options, lists, fact_prompt(fact))
    for row, language in ((2, "zh"), (3, "en")):
        texts = ((getattr(title, language), 13) for _, title in headings)
        sheet.row_dimensions[row].height = min(xlsx_style.height(texts), 120)
    _enter(sheet, book, headings, lines)
    sheet.freeze_panes = "D4"
    xlsx_style.page(sheet, xlsx_style.inline(book.title), header="1:3")
    # Hundreds of columns on one page could not be read: they go on over several, each with the
    # unit's id.
    sheet.sheet_properties.pageSetUpPr = PageSetupProperties(fitToPage=False)
    sheet.print_title_cols = "B:C"
    return packed(workbook)


def _enter(
    sheet: Worksheet, book: RuleBook, headings: Sequence[tuple[str, Title]], lines: Sequence[Line]
) -> None:
    from steelyard.case.formats import xlsx_style
    from steelyard.expression.types import Date

    kinds: dict[str, Type] = {key: Date() if key == "as_of" else Text() for key, _ in LEADING}
    for row, line in enumerate(lines, 4):
        for column, (key, _) in enumerate(headings, 1):
            cell = xlsx_style.at(sheet, row, column)
            kind = kinds.get(key) or book.facts[key].type
            cell.font, cell.alignment, cell.border = (
                xlsx_style.PLAIN,
                xlsx_style.WRAP,
                xlsx_style.BOX,
            )
            cell.number_format = xlsx_style.number_format(kind)
            if key in line:
                xlsx_style.enter(cell, line[key], kind)
        sheet.row_dimensions[row].height = xlsx_style.height(
            (text, 18 if key in kinds else 15) for key, text in line.items() if key != "book"
        )
