"""The template workbook of one case: what a clerk fills in, sheet by sheet, in both languages."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING

from openpyxl.workbook import Workbook
from openpyxl.worksheet.properties import PageSetupProperties

from steelyard.book.handouts import Handout
from steelyard.book.model import RuleBook
from steelyard.case.formats import xlsx_style
from steelyard.case.formats.factsheet import fact_sheet
from steelyard.case.formats.guide import fill_guide
from steelyard.case.formats.headings import BY
from steelyard.case.formats.packing import packed
from steelyard.case.formats.prefill import EMPTY, Entries, entries_of
from steelyard.case.formats.prompts import example_period
from steelyard.case.formats.round_trip import Carried, check_kept
from steelyard.case.formats.spreadsheet import read_workbook
from steelyard.case.formats.tables import Tables
from steelyard.case.formats.xlsx_style import MARK, at, both, inline, put
from steelyard.case.reading.identity import EXAMPLE_UNIT
from steelyard.expression.types import Date, Text
from steelyard.files import write
from steelyard.messages import Title

if TYPE_CHECKING:
    from pathlib import Path

    from openpyxl.worksheet.worksheet import Worksheet

NO_CLAUSES: Mapping[str, Title] = MappingProxyType({})

CASE_ROWS: tuple[tuple[str, Title, Title], ...] = (
    (
        "book",
        Title("规则册", "Rule book"),
        Title("由模板写定，请勿改动", "written by the template; leave it as it is"),
    ),
    (
        "subject.id",
        Title("被评单位编号", "Subject id"),
        Title(
            "本单位编号（unit-1 是示例，请改）",
            "your unit's own id (unit-1 is an example: change it)",
        ),
    ),
    ("subject.name", Title("被评单位名称", "Subject name"), Title("全称", "full name")),
    (
        "period",
        Title("考核周期", "Period"),
        Title(
            "请核对；如 2026、2026H1、2026Q3、2026-11",
            "check it; as 2026, 2026H1, 2026Q3 or 2026-11",
        ),
    ),
    (
        "as_of",
        Title("认定日期", "As of"),
        Title("可空；空=周期最后一天", "may stay empty: then the last day of the period"),
    ),
    (
        "subject.part_of",
        Title("上级单位编号", "Part of"),
        Title(
            "可空；本单位属于哪个被评单位",
            "may stay empty: the id of the unit that this one is a part of",
        ),
    ),
    (
        *BY,
        Title(
            "可空；由谁填报，各项另写填报人的除外",
            "may stay empty: who fills in whatever names nobody else",
        ),
    ),
)


def write_workbook(
    book: RuleBook,
    path: Path,
    clauses: Mapping[str, Title] = NO_CLAUSES,
    case: Carried | None = None,
    handout: Handout | None = None,
    *,
    over: bool = True,
) -> None:
    """Write the workbook for one case of a book: empty, or filled in with all that `case` says.

    With a `handout` it has only the facts and registers of that, and says whose it is and by when.

    `clauses` gives the titles of the clauses cited, which then have a sheet of their own. Which
    sheet, column and row is what stands in hidden first rows and columns and in the hidden sheet,
    never in titles. Raises UsageError when the file cannot be written, is there though `over`
    forbids to write over it, or cannot hold the case; then nothing is written.
    """
    entries = EMPTY if case is None else entries_of(book, case.case, case.document)
    if case is None and handout is not None:
        entries = entries._replace(start=handout.start)
    content = packed(_workbook(book, clauses, entries, handout))
    if case is not None:
        (again,) = read_workbook(content, lambda _said, _place: book, str(path))
        check_kept(case.case, again, book, str(path))
    write(path, content, over=over, private=case is not None and bool(case.case.names))


def _workbook(
    book: RuleBook, clauses: Mapping[str, Title], entries: Entries, handout: Handout | None
) -> Workbook:
    workbook = Workbook()
    workbook.remove(workbook.worksheets[0])
    taken = {xlsx_style.INDEX_SHEET}
    names = _names(
        book, taken, handout, clauses=_cited(book, clauses), files=bool(entries.lists.get("files"))
    )
    sheets = {role: _sheet(workbook, name) for role, name in names.items()}
    lists = xlsx_style.Lists(workbook, book.key)
    for role, name in names.items():
        lists.add_sheet(role, name)
    fill_guide(sheets["guide"], book, names, entries.unit, handout)
    _case(sheets["case"], book, entries, handout)
    fact_sheet(sheets["facts"], book, entries, lists, names["case"], handout)
    table = Tables(book, entries, lists, names)
    for kind in book.kinds.values():
        table.parties(sheets[f"party:{kind.id}"], kind)
    for register in book.registers.values():
        if f"register:{register.id}" in sheets:
            table.register(sheets[f"register:{register.id}"], register)
    if "waivers" in sheets:
        table.waivers(sheets["waivers"])
    if "files" in sheets:
        table.files(sheets["files"])
    if "clauses" in sheets:
        _clauses(sheets["clauses"], book, clauses, entries.unit)
    workbook.active = 0
    return workbook


def _names(
    book: RuleBook, taken: set[str], handout: Handout | None, *, clauses: bool, files: bool
) -> dict[str, str]:
    wanted = {"guide": "说明 Guide", "case": "案卷 Case", "facts": "事实 Facts"}
    wanted |= {f"party:{kind.id}": _short(kind.title) for kind in book.kinds.values()}
    wanted |= {
        f"register:{register.id}": _short(register.title)
        for register in book.registers.values()
        if handout is None or register.id in handout.registers
    }
    if handout is None:
        wanted["waivers"] = "豁免 Waivers"
    if files:
        wanted["files"] = "佐证文件 Files"
    if clauses:
        wanted["clauses"] = "条款 Clauses"
    return {role: xlsx_style.sheet_name(name, taken) for role, name in wanted.items()}


def _short(title: Title) -> str:
    """Return both languages where a sheet's name has room for them, else the Chinese alone."""
    return inline(title) if len(inline(title)) <= xlsx_style.LONGEST_NAME else title.zh


def _sheet(workbook: Workbook, name: str) -> Worksheet:
    sheet: Worksheet = workbook.create_sheet(name)
    sheet.sheet_properties.pageSetUpPr = PageSetupProperties(fitToPage=True)
    return sheet


def _case(sheet: Worksheet, book: RuleBook, entries: Entries, handout: Handout | None) -> None:
    for column, key in enumerate((f"{MARK}case", "#zh", "#en", "value", "#how"), 1):
        put(at(sheet, 1, column), key)
    sheet.row_dimensions[1].hidden = True
    put(at(sheet, 2, 1), "#")
    put(at(sheet, 2, 2), inline(book.title), xlsx_style.LARGE)
    sheet.row_dimensions[2].height = 34
    put(at(sheet, 3, 1), "#")
    for column, text in enumerate(("项目", "Item", "填写 Fill in", "说明 How"), 2):
        cell = put(at(sheet, 3, column), text, xlsx_style.WHITE, xlsx_style.DARK)
        cell.alignment, cell.border = xlsx_style.MIDDLE, xlsx_style.BOX
    examples = {"subject.id": EXAMPLE_UNIT, "period": example_period(book.effective)}
    if handout is not None:
        examples |= {"period": f"{handout.start.year}"}
    values = {"book": book.key, **(entries.case or examples)}
    if handout is not None and handout.key in book.offices:
        values[BY[0]] = handout.title.zh
    for row, (key, title, how) in enumerate(CASE_ROWS, 4):
        put(at(sheet, row, 1), key)
        for column, text in ((2, title.zh), (3, title.en), (5, both(how))):
            cell = put(
                at(sheet, row, column),
                text,
                xlsx_style.SMALL if column == 5 else xlsx_style.PLAIN,
                xlsx_style.PALE,
            )
            cell.alignment, cell.border = xlsx_style.WRAP, xlsx_style.BOX
        cell = at(sheet, row, 4)
        cell.font, cell.alignment = xlsx_style.BOLD, xlsx_style.WRAP
        cell.fill, cell.border = (
            (xlsx_style.GREY, xlsx_style.BOX)
            if key == "book"
            else (xlsx_style.OPEN, xlsx_style.FRAME)
        )
        cell.number_format = xlsx_style.DATE_FORMAT if key == "as_of" else xlsx_style.TEXT_FORMAT
        if key in values:
            xlsx_style.enter(cell, values[key], Date() if key == "as_of" else Text())
        sheet.row_dimensions[row].height = xlsx_style.height(
            ((values.get(key, ""), 42), (both(how), 46)), 15
        )
        xlsx_style.tell(sheet, cell.coordinate, how)
    xlsx_style.widths(sheet, (0, 20, 18, 42, 46))
    sheet.freeze_panes = "A4"
    xlsx_style.page(
        sheet, inline(book.title), entries.unit, header="2:3", area=f"B2:E{3 + len(CASE_ROWS)}"
    )


def _cited(book: RuleBook, clauses: Mapping[str, Title]) -> bool:
    return any(cite in clauses for cite in _all_cites(book))


def _all_cites(book: RuleBook) -> set[str]:
    cites = [fact.cites for fact in book.collected]
    cites += [rule.cites for rule in book.rules.values()]
    cites += [register.cites for register in book.registers.values()]
    cites += [
        column.cites for register in book.registers.values() for column in register.fields.values()
    ]
    cites += [measure.cites for measure in book.measures.values()]
    cites += [limiter.cites for limiter in book.limiters]
    cites += [consequence.cites for consequence in book.consequences]
    return {cite for some in cites for cite in some}


def _clauses(sheet: Worksheet, book: RuleBook, clauses: Mapping[str, Title], unit: str) -> None:
    cited = _all_cites(book)
    shown = [(clause, title) for clause, title in clauses.items() if clause in cited]
    put(at(sheet, 1, 1), f"{MARK}clauses")
    sheet.row_dimensions[1].hidden = True
    for column, text in enumerate(("条款 Clause", "要求", "Demand"), 2):
        cell = put(at(sheet, 2, column), text, xlsx_style.WHITE, xlsx_style.DARK)
        cell.alignment, cell.border = xlsx_style.MIDDLE, xlsx_style.BOX
    for row, (clause, title) in enumerate(shown, 3):
        for column, text in enumerate((clause, title.zh, title.en), 2):
            cell = put(
                at(sheet, row, column), text, xlsx_style.BOLD if column == 2 else xlsx_style.PLAIN
            )
            cell.alignment, cell.border = xlsx_style.TOP, xlsx_style.BOX
        sheet.row_dimensions[row].height = xlsx_style.height(((title.zh, 56), (title.en, 60)))
    xlsx_style.widths(sheet, (0, 14, 56, 60))
    sheet.freeze_panes = "A3"
    xlsx_style.page(sheet, inline(book.title), unit, header="2:2", area=f"B2:D{2 + len(shown)}")
