"""The template workbook of one case: what a clerk fills in, sheet by sheet, in both languages."""

from __future__ import annotations

import io
from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple

from openpyxl.styles import Border, Side
from openpyxl.utils import get_column_letter, quote_sheetname
from openpyxl.workbook import Workbook
from openpyxl.worksheet.properties import PageSetupProperties

from steelyard.book.model import METHODS, Fact, RuleBook
from steelyard.case import look
from steelyard.case.guide import fill_guide
from steelyard.case.look import MARK, at, both, inline, put
from steelyard.case.outline import Band, outline
from steelyard.case.prompts import EXAMPLE_SUBJECT, METHOD_TITLES, example_period, fact_prompt, one_line
from steelyard.case.tables import party_sheet, register_sheet, waiver_sheet
from steelyard.errors import UsageError, fault
from steelyard.expression.types import Date, Survey
from steelyard.messages import Title

if TYPE_CHECKING:
    from pathlib import Path

    from openpyxl.worksheet.worksheet import Worksheet

NO_CLAUSES: Mapping[str, Title] = MappingProxyType({})
FACTS_HEAD = 9
_FACTS_NOTE = Title("只填浅色方框；空着=未知，不是零分也不是“否”。", "Fill in the framed cells; empty means unknown, not zero.")

_CASE_ROWS: tuple[tuple[str, Title, Title], ...] = (
    ("book", Title("规则册", "Rule book"), Title("由模板写定，请勿改动", "written by the template; leave it as it is")),
    ("subject.id", Title("被评单位编号", "Subject id"), Title("示例，请改为本单位编号", "an example: put your unit's own id")),
    ("subject.name", Title("被评单位名称", "Subject name"), Title("全称", "full name")),
    (
        "period",
        Title("考核周期", "Period"),
        Title("示例，请改；如 2026、2026H1、2026Q3、2026-11", "an example: change it; 2026, 2026H1, 2026Q3 or 2026-11"),
    ),
    (
        "as_of",
        Title("认定日期", "As of"),
        Title("可空；空=周期最后一天", "may stay empty: then the last day of the period"),
    ),
)


class _Column(NamedTuple):
    """A column of the facts sheet; a key with `#` in front is for the eye only."""

    key: str
    title: Title
    width: float


def write_workbook(book: RuleBook, path: Path, clauses: Mapping[str, Title] = NO_CLAUSES) -> None:
    """Write the template for one case of a book.

    `clauses` gives the titles of the clauses cited, which then have a sheet of their own. Which sheet, column and row
    is what stands in hidden first rows and columns and in the hidden sheet, never in titles. Raises UsageError when
    the file cannot be written.
    """
    workbook = Workbook()
    workbook.remove(workbook.worksheets[0])
    taken = {look.INDEX_SHEET}
    names = _names(book, taken, clauses=_cited(book, clauses))
    sheets = {role: _sheet(workbook, name) for role, name in names.items()}
    lists = look.Lists(workbook, book.key)
    for role, name in names.items():
        lists.add_sheet(role, name)
    fill_guide(sheets["guide"], book, names)
    _case(sheets["case"], book)
    _facts(sheets["facts"], book, lists, names["case"])
    for kind in book.kinds.values():
        party_sheet(sheets[f"party:{kind.id}"], kind, lists, names)
    for register in book.registers.values():
        register_sheet(sheets[f"register:{register.id}"], register, lists, names)
    waiver_sheet(sheets["waivers"], book, lists)
    if "clauses" in sheets:
        _clauses(sheets["clauses"], book, clauses)
    workbook.active = 0
    save(workbook, path)


def save(workbook: Workbook, path: Path) -> None:
    """Write a workbook to a file; raises UsageError when that cannot be done."""
    workbook.properties.creator = "Steelyard"
    held = io.BytesIO()
    workbook.save(held)
    write_bytes(path, held.getvalue())


def write_bytes(path: Path, content: bytes) -> None:
    """Write a file; raises UsageError when that cannot be done."""
    try:
        path.write_bytes(content)
    except OSError as problem:
        raise UsageError([fault(str(path), "cannot be written: {problem}", problem=problem.strerror or "")]) from None


def _names(book: RuleBook, taken: set[str], *, clauses: bool) -> dict[str, str]:
    wanted = {"guide": "说明 Guide", "case": "案卷 Case", "facts": "事实 Facts"}
    wanted |= {f"party:{kind.id}": _short(kind.title) for kind in book.kinds.values()}
    wanted |= {f"register:{register.id}": _short(register.title) for register in book.registers.values()}
    wanted["waivers"] = "豁免 Waivers"
    if clauses:
        wanted["clauses"] = "条款 Clauses"
    return {role: look.sheet_name(name, taken) for role, name in wanted.items()}


def _short(title: Title) -> str:
    """Give both languages where a sheet's name has room for them, else the Chinese alone."""
    return inline(title) if len(inline(title)) <= look.LONGEST_NAME else title.zh


def _sheet(workbook: Workbook, name: str) -> Worksheet:
    sheet: Worksheet = workbook.create_sheet(name)
    sheet.sheet_properties.pageSetUpPr = PageSetupProperties(fitToPage=True)
    return sheet


def _case(sheet: Worksheet, book: RuleBook) -> None:
    for column, key in enumerate((f"{MARK}case", "#zh", "#en", "value", "#how"), 1):
        put(at(sheet, 1, column), key)
    sheet.row_dimensions[1].hidden = True
    put(at(sheet, 2, 1), "#")
    put(at(sheet, 2, 2), inline(book.title), look.LARGE)
    sheet.row_dimensions[2].height = 34
    put(at(sheet, 3, 1), "#")
    for column, text in enumerate(("项目", "Item", "填写 Fill in", "说明 How"), 2):
        cell = put(at(sheet, 3, column), text, look.WHITE, look.DARK)
        cell.alignment, cell.border = look.MIDDLE, look.BOX
    values = {"book": book.key, "subject.id": EXAMPLE_SUBJECT, "period": example_period(book.effective)}
    for row, (key, title, how) in enumerate(_CASE_ROWS, 4):
        put(at(sheet, row, 1), key)
        for column, text in ((2, title.zh), (3, title.en), (5, both(how))):
            cell = put(at(sheet, row, column), text, look.SMALL if column == 5 else look.PLAIN, look.PALE)
            cell.alignment, cell.border = look.WRAP, look.BOX
        cell = at(sheet, row, 4)
        if key in values:
            put(cell, values[key])
        cell.font, cell.alignment = look.BOLD, look.WRAP
        cell.fill, cell.border = (look.GREY, look.BOX) if key == "book" else (look.OPEN, look.FRAME)
        cell.number_format = look.DATE_FORMAT if key == "as_of" else look.TEXT_FORMAT
        sheet.row_dimensions[row].height = 32
        look.tell(sheet, cell.coordinate, how)
    look.widths(sheet, (0, 20, 18, 42, 46))
    sheet.freeze_panes = "A4"
    sheet.print_area = f"B2:E{3 + len(_CASE_ROWS)}"
    look.page(sheet, inline(book.title), header="2:3")


def _columns(*, surveys: bool) -> tuple[_Column, ...]:
    asked = (_Column("asked", Title("调查总数", "Asked"), 9),) if surveys else ()
    return (
        _Column("id", Title("编号", "Id"), 19),
        _Column("#zh", Title("事实", "中文"), 27),
        _Column("#en", Title("Fact", "English"), 27),
        _Column("#clauses", Title("条款", "Clauses"), 10),
        _Column("#asked_by", Title("采集方式", "Method"), 11),
        _Column("#how", Title("可填内容", "What to fill in"), 24),
        _Column("value", Title("填写", "VALUE"), 14),
        *asked,
        _Column("method", Title("佐证方式", "Evidence"), 11),
        _Column("source", Title("佐证来源", "Source"), 16),
        _Column("date", Title("佐证日期", "Dated"), 11),
    )


def _facts(sheet: Worksheet, book: RuleBook, lists: look.Lists, case_name: str) -> None:
    columns = _columns(surveys=any(isinstance(fact.type, Survey) for fact in book.collected))
    places = {column.key: number for number, column in enumerate(columns, 2)}
    put(at(sheet, 1, 1), f"{MARK}facts")
    for number, column in enumerate(columns, 2):
        put(at(sheet, 1, number), column.key)
        cell = put(at(sheet, FACTS_HEAD, number), both(column.title), look.WHITE, look.DARK)
        cell.alignment, cell.border = look.MIDDLE, look.BOX
    _link_case(sheet, quote_sheetname(case_name))
    put(at(sheet, 7, 2), f"事实 Facts · {inline(book.title)}", look.LARGE)
    put(at(sheet, 8, 2), inline(_FACTS_NOTE), look.SMALL)
    for row in (7, 8, FACTS_HEAD):
        put(at(sheet, row, 1), "header")
    sheet.row_dimensions[7].height = 28
    sheet.row_dimensions[FACTS_HEAD].height = 32
    row = FACTS_HEAD
    for band in outline(book):
        row += 1
        _band(sheet, row, band, len(columns))
        for fact in band.facts:
            row += 1
            _fact(sheet, row, fact, places)
            _fit(sheet, row, columns)
            what = f"{get_column_letter(places['value'])}{row}"
            if fact.origin == "deliverable" or fact.nullable:
                look.tell(sheet, what, fact_prompt(fact))
            else:
                look.accept(sheet, what, fact.type, fact.options, lists, fact_prompt(fact))
    last = max(row, FACTS_HEAD + 1)
    _evidence(sheet, places, FACTS_HEAD + 1, last, lists)
    look.widths(sheet, (0, *(column.width for column in columns)))
    end = get_column_letter(len(columns) + 1)
    sheet.freeze_panes = f"D{FACTS_HEAD + 1}"
    sheet.auto_filter.ref = f"B{FACTS_HEAD}:{end}{last}"
    sheet.print_area = f"B7:{end}{last}"
    look.page(sheet, inline(book.title), header=f"{FACTS_HEAD}:{FACTS_HEAD}")


def _link_case(sheet: Worksheet, case_name: str) -> None:
    """Repeat the case in hidden rows, so that this one sheet saved as CSV still says whose facts it holds."""
    sheet.row_dimensions[1].hidden = True
    for row, (key, _, _) in enumerate(_CASE_ROWS, 2):
        put(at(sheet, row, 1), key)
        source = f"{case_name}!D{row + 2}"
        # The cell must be a formula: its value follows the case sheet.
        at(sheet, row, 2).value = f'=IF({source}="","",TEXT({source},"yyyy-mm-dd"))' if key == "as_of" else f'={source}&""'
        sheet.row_dimensions[row].hidden = True


def _band(sheet: Worksheet, row: int, band: Band, count: int) -> None:
    points = f"（{band.points} 分 points）" if band.points else ""
    name = f"  [{band.id}]" if band.level else ""
    mark = "▪ " if band.level else "■ "
    top = Side(style="medium" if band.level == 0 else "thin", color="FF1F3A4D")
    for column in range(2, count + 2):
        cell = at(sheet, row, column)
        cell.fill = look.PALE if band.level else look.GREY
        cell.border = Border(top=top)
    cell = put(at(sheet, row, 2), f"{mark}{one_line(inline(band.title))}{points}{name}", look.BOLD)
    cell.alignment = look.FLAT
    sheet.row_dimensions[row].height = 18 if band.level else 22


def _fact(sheet: Worksheet, row: int, fact: Fact, places: Mapping[str, int]) -> None:
    how = fact_prompt(fact)
    notes = f"\n{fact.notes}" if fact.notes else ""
    labels = {
        "id": fact.id,
        "#zh": fact.title.zh,
        "#en": fact.title.en,
        "#clauses": clause_text(fact.cites),
        "#asked_by": both(METHOD_TITLES[fact.method]) if fact.method else "",
        "#how": both(how) + notes,
    }
    for key, text in labels.items():
        cell = put(at(sheet, row, places[key]), text, look.PLAIN if key in {"#zh", "#en"} else look.SMALL)
        cell.alignment, cell.border = look.WRAP, look.BOX
    for key in ("value", "asked", "method", "source", "date"):
        if key not in places:
            continue
        cell = at(sheet, row, places[key])
        survey = isinstance(fact.type, Survey)
        cell.font, cell.alignment = look.PLAIN, look.WRAP if key == "source" else look.MIDDLE
        cell.border = look.FRAME if key == "value" or (key == "asked" and survey) else look.BOX
        cell.fill = look.GREY if key == "asked" and not survey else look.OPEN if key in {"value", "asked"} else look.NO_FILL
        if key == "value":
            cell.number_format = "General" if survey or fact.origin == "item" else look.number_format(fact.type)
        elif key == "date":
            cell.number_format = look.DATE_FORMAT
        elif key in {"method", "source"}:
            cell.number_format = look.TEXT_FORMAT


def _fit(sheet: Worksheet, row: int, columns: Sequence[_Column]) -> None:
    texts = [(str(at(sheet, row, number).value or ""), column) for number, column in enumerate(columns, 2)]
    plain = look.height((text, column.width) for text, column in texts if column.key in {"#zh", "#en"})
    small = look.height(((text, column.width * 1.2) for text, column in texts if column.key not in {"#zh", "#en"}), 12)
    sheet.row_dimensions[row].height = max(plain, small)


def _evidence(sheet: Worksheet, places: Mapping[str, int], first: int, last: int, lists: look.Lists) -> None:
    def cells(key: str) -> str:
        letter = get_column_letter(places[key])
        return f"{letter}{first}:{letter}{last}"

    words = lists.range_of(tuple(METHOD_TITLES[method].zh for method in METHODS))
    look.offer(sheet, cells("method"), words, Title("佐证从何得来，可空", "how the evidence was obtained; may stay empty"))
    look.tell(sheet, cells("source"), Title("材料名称、文号或系统名，可空", "name of the document or system; may stay empty"))
    look.accept(sheet, cells("date"), Date(), {}, lists, Title("佐证的日期，可空", "date of the evidence; may stay empty"))


def clause_text(cites: Iterable[str]) -> str:
    """Give cited clauses as they stand in a cell; a long list shows its ends."""
    listed = list(cites)
    if len(listed) > 6:
        return f"{listed[0]} … {listed[-1]}（{len(listed)}）"
    return "\n".join(listed)


def _cited(book: RuleBook, clauses: Mapping[str, Title]) -> bool:
    return any(cite in clauses for cite in _all_cites(book))


def _all_cites(book: RuleBook) -> set[str]:
    cites = [fact.cites for fact in book.collected]
    cites += [rule.cites for rule in book.rules.values()]
    cites += [register.cites for register in book.registers.values()]
    cites += [column.cites for register in book.registers.values() for column in register.fields.values()]
    cites += [measure.cites for measure in book.measures.values()]
    cites += [limiter.cites for limiter in book.limiters]
    cites += [consequence.cites for consequence in book.consequences]
    return {cite for some in cites for cite in some}


def _clauses(sheet: Worksheet, book: RuleBook, clauses: Mapping[str, Title]) -> None:
    cited = _all_cites(book)
    shown = [(clause, title) for clause, title in clauses.items() if clause in cited]
    put(at(sheet, 1, 1), f"{MARK}clauses")
    sheet.row_dimensions[1].hidden = True
    for column, text in enumerate(("条款 Clause", "要求", "Demand"), 2):
        cell = put(at(sheet, 2, column), text, look.WHITE, look.DARK)
        cell.alignment, cell.border = look.MIDDLE, look.BOX
    for row, (clause, title) in enumerate(shown, 3):
        for column, text in enumerate((clause, title.zh, title.en), 2):
            cell = put(at(sheet, row, column), text, look.BOLD if column == 2 else look.PLAIN)
            cell.alignment, cell.border = look.TOP, look.BOX
        sheet.row_dimensions[row].height = look.height(((title.zh, 56), (title.en, 60)))
    look.widths(sheet, (0, 14, 56, 60))
    sheet.freeze_panes = "A3"
    sheet.print_area = f"B2:D{2 + len(shown)}"
    look.page(sheet, inline(book.title), header="2:2")
