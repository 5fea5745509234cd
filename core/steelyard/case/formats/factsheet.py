"""The sheet of facts: every figure, tick, grade and deliverable on a row of its own, under the rule
that asks for it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

from openpyxl.styles import Border, Side
from openpyxl.utils import get_column_letter, quote_sheetname

from steelyard.book.answering import Answering
from steelyard.book.handouts import Handout
from steelyard.book.model import METHODS, Fact, RuleBook
from steelyard.book.terms import METHOD_TITLES
from steelyard.case.formats import xlsx_style
from steelyard.case.formats.guide import wanted_from
from steelyard.case.formats.headings import BANDS, LEADING
from steelyard.case.formats.outline import Band, outline_of
from steelyard.case.formats.prefill import Entries, Line
from steelyard.case.formats.prompts import asked_of, one_line
from steelyard.case.formats.xlsx_style import MARK, at, both, inline, put
from steelyard.expression.types import Date, Number, Survey, Text, Type
from steelyard.messages import Title

if TYPE_CHECKING:
    from openpyxl.worksheet.worksheet import Worksheet

_TITLE_ROW = len(LEADING) + 2
_HEAD = _TITLE_ROW + 1
_AGAIN = "↳ "
_ENTERED = ("value", "asked", "method", "source", "date", "by", "files")
_LISTED = 6
BY_WHOM = Title("由谁填报，可空", "who shows it; may stay empty")
WHICH_FILES = Title(
    "佐证文件的文件名，一行一个；也可以加超链接或插入图片；可空",
    "names of files, one a line; or a link, or a picture on the row; may stay empty",
)


class _Column(NamedTuple):
    """A column of the sheet; a key with `#` in front is for the eye only."""

    key: str
    title: Title
    width: float


def fact_sheet(
    sheet: Worksheet,
    book: RuleBook,
    entries: Entries,
    lists: xlsx_style.Lists,
    case_name: str,
    handout: Handout | None = None,
) -> None:
    """Lay out the sheet of facts, and fill in what there is: a row for each piece of evidence, at
    least one for each fact.
    """
    columns = _columns(surveys=any(isinstance(fact.type, Survey) for fact in book.collected))
    places = {column.key: number for number, column in enumerate(columns, 2)}
    _head(sheet, book, columns, case_name)
    if handout is not None:
        heading = at(sheet, _TITLE_ROW, 2)
        put(heading, f"{heading.value} · {inline(wanted_from(handout))}", xlsx_style.LARGE)
    answering = Answering(book)
    row = _HEAD
    for band in outline_of(book, handout):
        row += 1
        _band(sheet, row, band, len(columns))
        for fact in band.facts:
            asked = asked_of(book, fact, entries.start)
            for number, line in enumerate(entries.facts.get(fact.id) or ({},)):
                row += 1
                method = answering.method(fact)
                _fact(sheet, row, fact, method, places, asked, again=number > 0)
                _enter(sheet, row, fact, places, line)
                _fit(sheet, row, columns)
                _check(sheet, f"{get_column_letter(places['value'])}{row}", fact, lists, asked)
    last = max(row, _HEAD + 1)
    _evidence(sheet, places, _HEAD + 1, last, lists)
    end = get_column_letter(len(columns) + 1)
    sheet.freeze_panes = f"D{_HEAD + 1}"
    sheet.auto_filter.ref = f"B{_HEAD}:{end}{last}"
    xlsx_style.page(
        sheet,
        inline(book.title),
        entries.unit,
        header=f"{_HEAD}:{_HEAD}",
        area=f"B{_TITLE_ROW}:{end}",
    )


def _columns(*, surveys: bool) -> tuple[_Column, ...]:
    asked = (_Column("asked", Title("调查总数", "Asked"), 9),) if surveys else ()
    return (
        _Column("id", Title("编号", "Id"), 17),
        _Column("#zh", Title("事实", "中文"), 28),
        _Column("#en", Title("Fact", "English"), 28),
        _Column("#clauses", Title("条款", "Clauses"), 10),
        _Column("#asked_by", Title("采集方式", "Method"), 11),
        _Column("#how", Title("可填内容", "What to fill in"), 26),
        _Column("value", Title("填写\n空着=未知", "VALUE\nempty=unknown"), 16),
        *asked,
        _Column("method", Title("佐证方式", "Evidence"), 11),
        _Column("source", Title("佐证来源", "Source"), 16),
        _Column("date", Title("佐证日期", "Dated"), 11),
        _Column("by", Title("填报人", "By"), 10),
        _Column("files", Title("佐证文件", "Files"), 16),
    )


def _head(sheet: Worksheet, book: RuleBook, columns: Sequence[_Column], case_name: str) -> None:
    put(at(sheet, 1, 1), f"{MARK}facts")
    for number, column in enumerate(columns, 2):
        put(at(sheet, 1, number), column.key)
        cell = put(at(sheet, _HEAD, number), both(column.title), xlsx_style.WHITE, xlsx_style.DARK)
        cell.alignment, cell.border = xlsx_style.MIDDLE, xlsx_style.BOX
    xlsx_style.widths(sheet, (0, *(column.width for column in columns)))
    _link_case(sheet, quote_sheetname(case_name))
    put(at(sheet, _TITLE_ROW, 2), f"事实 Facts · {inline(book.title)}", xlsx_style.LARGE)
    xlsx_style.whose(at(sheet, _TITLE_ROW, len(columns) + 1), case_name)
    for row in (_TITLE_ROW, _HEAD):
        put(at(sheet, row, 1), "header")
    sheet.row_dimensions[_TITLE_ROW].height = 28
    sheet.row_dimensions[_HEAD].height = 62


def _link_case(sheet: Worksheet, case_name: str) -> None:
    """Repeat the case in hidden rows, so that this one sheet saved as CSV still says whose facts it
    holds.
    """
    sheet.row_dimensions[1].hidden = True
    for row, (key, _) in enumerate(LEADING, 2):
        put(at(sheet, row, 1), key)
        source = f"{case_name}!D{row + 2}"
        # The cell must be a formula: its value follows the case sheet.
        at(sheet, row, 2).value = (
            f'=IF({source}="","",TEXT({source},"yyyy-mm-dd"))'
            if key == "as_of"
            else f'={source}&""'
        )
        sheet.row_dimensions[row].hidden = True


def _band(sheet: Worksheet, row: int, band: Band, count: int) -> None:
    points = f"（{band.points} 分 points）" if band.points else ""
    name = f"  [{band.id}]" if band.level else ""
    mark = BANDS[bool(band.level)]
    top = Side(style="medium" if band.level == 0 else "thin", color="FF1F3A4D")
    for column in range(2, count + 2):
        cell = at(sheet, row, column)
        cell.fill = xlsx_style.PALE if band.level else xlsx_style.GREY
        cell.border = Border(top=top)
    cell = put(
        at(sheet, row, 2), f"{mark}{one_line(inline(band.title))}{points}{name}", xlsx_style.BOLD
    )
    cell.alignment = xlsx_style.FLAT
    sheet.row_dimensions[row].height = 18 if band.level else 22


def _fact(
    sheet: Worksheet,
    row: int,
    fact: Fact,
    method: str,
    places: Mapping[str, int],
    asked: Title,
    *,
    again: bool,
) -> None:
    notes, title = f"\n{fact.notes}" if fact.notes else "", fact.full_title
    labels = {
        "id": fact.id,
        "#zh": _AGAIN + title.zh if again else title.zh,
        "#en": _AGAIN + title.en if again else title.en,
        "#clauses": _clause_text(fact.cites),
        "#asked_by": both(METHOD_TITLES[method]) if method else "",
        "#how": both(asked) + notes,
    }
    for key, text in labels.items():
        font = (
            xlsx_style.PLAIN
            if key in {"#zh", "#en"}
            else xlsx_style.TINY
            if key == "id"
            else xlsx_style.SMALL
        )
        cell = put(at(sheet, row, places[key]), text, font)
        cell.alignment, cell.border = xlsx_style.WRAP, xlsx_style.BOX
    survey = isinstance(fact.type, Survey)
    for key in _ENTERED:
        if key not in places:
            continue
        cell = at(sheet, row, places[key])
        cell.font, cell.alignment = (
            xlsx_style.PLAIN,
            xlsx_style.WRAP if key in {"source", "files"} else xlsx_style.MIDDLE,
        )
        cell.border = (
            xlsx_style.FRAME if key == "value" or (key == "asked" and survey) else xlsx_style.BOX
        )
        cell.fill = (
            xlsx_style.GREY
            if key == "asked" and not survey
            else xlsx_style.OPEN
            if key in {"value", "asked"}
            else xlsx_style.NO_FILL
        )
        if key == "value":
            cell.number_format = (
                "General" if fact.origin == "item" else xlsx_style.number_format(fact.type)
            )
        elif key == "date":
            cell.number_format = xlsx_style.DATE_FORMAT
        else:
            cell.number_format = xlsx_style.TEXT_FORMAT


def _enter(sheet: Worksheet, row: int, fact: Fact, places: Mapping[str, int], line: Line) -> None:
    kinds: dict[str, Type] = {
        "asked": Number(0),
        "date": Date(),
        "value": Number(0) if isinstance(fact.type, Survey) else fact.type,
    }
    for key, text in line.items():
        xlsx_style.enter(at(sheet, row, places[key]), text, kinds.get(key, Text()))


def _fit(sheet: Worksheet, row: int, columns: Sequence[_Column]) -> None:
    texts = [
        (str(at(sheet, row, number).value or ""), column)
        for number, column in enumerate(columns, 2)
    ]
    large = {"#zh", "#en", *_ENTERED}
    plain = xlsx_style.height((text, column.width) for text, column in texts if column.key in large)
    small = xlsx_style.height(
        ((text, column.width * 1.15) for text, column in texts if column.key not in large), 13
    )
    sheet.row_dimensions[row].height = max(plain, small)


def _check(sheet: Worksheet, cell: str, fact: Fact, lists: xlsx_style.Lists, asked: Title) -> None:
    if fact.origin == "deliverable" or fact.nullable:
        xlsx_style.tell(sheet, cell, asked)
    else:
        xlsx_style.accept(sheet, cell, fact.type, fact.options, lists, asked)


def _evidence(
    sheet: Worksheet, places: Mapping[str, int], first: int, last: int, lists: xlsx_style.Lists
) -> None:
    def cells(key: str) -> str:
        letter = get_column_letter(places[key])
        return f"{letter}{first}:{letter}{last}"

    words = lists.range_of(tuple(METHOD_TITLES[method].zh for method in METHODS))
    xlsx_style.offer(
        sheet,
        cells("method"),
        words,
        Title("佐证从何得来，可空", "how the evidence was obtained; may stay empty"),
    )
    xlsx_style.tell(
        sheet,
        cells("source"),
        Title("材料名称、文号或系统名，可空", "name of the document or system; may stay empty"),
    )
    xlsx_style.accept(
        sheet,
        cells("date"),
        Date(),
        {},
        lists,
        Title("佐证的日期，可空", "date of the evidence; may stay empty"),
    )
    xlsx_style.tell(sheet, cells("by"), BY_WHOM)
    xlsx_style.tell(sheet, cells("files"), WHICH_FILES)


def _clause_text(cites: Iterable[str]) -> str:
    """Return cited clauses as they stand in a cell; a long list shows its ends."""
    listed = list(cites)
    if len(listed) > _LISTED:
        return f"{listed[0]} … {listed[-1]}（{len(listed)}）"
    return "\n".join(listed)
