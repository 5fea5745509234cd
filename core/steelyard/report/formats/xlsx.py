"""A report as a workbook: real numbers with their formats, a filter on every table, set up to print
on A4.
"""

from __future__ import annotations

import datetime
import io
from collections.abc import Iterator
from decimal import Decimal
from typing import TYPE_CHECKING, NamedTuple, assert_never, cast

from openpyxl import Workbook
from openpyxl.drawing.image import Image
from openpyxl.styles import Alignment, Font
from openpyxl.utils import get_column_letter, quote_sheetname
from openpyxl.worksheet.hyperlink import Hyperlink

from steelyard.case.formats.packing import packed
from steelyard.case.formats.xlsx_style import (
    BOLD,
    BOX,
    DATE_FORMAT,
    GREY,
    LARGE,
    PALE,
    PLAIN,
    SMALL,
    TOP,
    at,
    height,
    put,
    sheet_name,
    widths,
)
from steelyard.messages import translator
from steelyard.report.charts import png
from steelyard.report.formats.container import steady
from steelyard.report.page import (
    Block,
    Cell,
    Column,
    Fact,
    Facts,
    Figure,
    Heading,
    Listing,
    Page,
    Paragraph,
    Row,
    Span,
    Table,
    clean,
    flat,
    in_line,
)

if TYPE_CHECKING:
    from openpyxl.worksheet.worksheet import Worksheet

_LINK = Font(name=PLAIN.name, size=10, underline="single", color="FF0B4F7D")
_MOST = 32_000
_FIRST = 3
"""The row of a sheet in which its table begins."""
_COLUMNS = (24, 26, 46)
"""How wide the columns of the overview are."""
_ACROSS = sum(_COLUMNS)
_RIGHT = Alignment(horizontal="right", vertical="top", indent=1)


class Sheet(NamedTuple):
    """A column of a sheet: what it is called, how wide it is, and where its value comes from: the
    cell at a place of the row, or one end of it.
    """

    title: str
    column: Column
    place: int = 0
    end: str = ""


def xlsx(page: Page) -> bytes:
    """Return a report as a workbook: an overview first, then a sheet for every table."""
    workbook = Workbook()
    overview = cast("Worksheet", workbook.active)
    book = _Book(workbook, page)
    book.overview(overview)
    for table in _tables(page):
        book.table(table)
    workbook.properties.title = in_line(page.title)
    return steady(packed(workbook), page.day.isoformat())


def _printed(sheet: Worksheet, title: str, *, landscape: bool, header: str = "") -> None:
    """Set up printing: A4, as wide as the sheet, the head on every page, name and page number
    below.
    """
    sheet.page_setup.paperSize = "9"
    sheet.page_setup.orientation = "landscape" if landscape else "portrait"
    sheet.page_setup.fitToWidth, sheet.page_setup.fitToHeight = 1, 0
    if sheet.sheet_properties.pageSetUpPr is not None:
        sheet.sheet_properties.pageSetUpPr.fitToPage = True
    margins = sheet.page_margins
    margins.left = margins.right = 0.4
    margins.top, margins.bottom, margins.footer = 0.5, 0.75, 0.35
    foot = sheet.oddFooter
    if foot is not None and foot.left is not None and foot.right is not None:
        foot.left.text = title[:100].replace("&", "&&")
        foot.right.text = "&P / &N"
    if header:
        sheet.print_title_rows = header


def _tables(page: Page) -> Iterator[Table]:
    """Yield the tables that have rows, those behind figures too, in the order of the report."""
    for part in page.parts:
        for block in part.blocks:
            table = block.table if isinstance(block, Figure) else block
            if isinstance(table, Table) and table.rows:
                yield table.on("workbook")


class _Book:
    """Fills a workbook sheet by sheet."""

    def __init__(self, workbook: Workbook, page: Page) -> None:
        self._workbook = workbook
        self._page = page
        self.say = translator(page.language)
        self._taken: set[str] = set()
        self._overview = sheet_name(self.say("Overview"), self._taken)
        self._names = {table.id: sheet_name(table.title, self._taken) for table in _tables(page)}
        self._places = {
            row.id: f"{quote_sheetname(self._names[table.id])}!A{number}"
            for table in _tables(page)
            for number, row in enumerate(table.rows, _FIRST)
            if row.id
        }

    def overview(self, sheet: Worksheet) -> None:
        """Write everything but the tables that have sheets of their own, with the figures."""
        sheet.title = self._overview
        widths(sheet, _COLUMNS)
        self._row = 1
        self._line(sheet, self._page.title, LARGE)
        self._line(sheet, self._page.subtitle, SMALL)
        self._row = 4
        for part in self._page.parts:
            self._line(sheet, part.title, LARGE)
            for block in part.blocks:
                self._block(sheet, block)
            self._row += 1
        _printed(sheet, in_line(self._page.title, 30), landscape=False)
        sheet.print_area = f"A1:C{self._row}"
        sheet.sheet_view.showGridLines = False

    def _block(self, sheet: Worksheet, block: Block) -> None:
        match block:
            case Heading(text=text):
                self._line(sheet, text, BOLD)
            case Paragraph(text=text):
                self._line(sheet, text)
            case Listing(items=items):
                for mark, item in zip(block.marks("•"), items, strict=True):
                    self._line(sheet, f"{mark} {item}")
            case Facts():
                self._facts(sheet, block)
            case Table():
                self._link(sheet, block)
            case Figure():
                self._figure(sheet, block)
            case _:
                assert_never(block)

    def _link(self, sheet: Worksheet, table: Table) -> None:
        """Point to the sheet of a table; one that is empty has none."""
        if not table.rows:
            self._line(sheet, table.empty)
            return
        name = self._names[table.id]
        self._line(sheet, self.say("see the sheet “{name}”").format(name=name))
        _point(sheet, self._row - 1, 1, f"{quote_sheetname(name)}!A1")

    def _line(self, sheet: Worksheet, text: str, font: Font = PLAIN) -> None:
        said = _fitted(flat(text))
        put(at(sheet, self._row, 1), said, font).alignment = TOP
        sheet.merge_cells(start_row=self._row, start_column=1, end_row=self._row, end_column=3)
        sheet.row_dimensions[self._row].height = height(
            [(said, _ACROSS * 10 / (font.size or 10))], 14 * (font.size or 10) / 10
        )
        self._row += 1

    def _facts(self, sheet: Worksheet, facts: Facts) -> None:
        for fact in (line for one in facts.facts for line in _ends(one)):
            put(at(sheet, self._row, 1), fact.name, BOLD if facts.large else PLAIN).alignment = TOP
            if fact.to in self._places:
                _point(sheet, self._row, 1, self._places[fact.to])
            _write(sheet, self._row, 2, fact.value, fact.column)
            remark = _fitted(clean(fact.remark))
            put(at(sheet, self._row, 3), remark, SMALL).alignment = TOP
            said = (fact.name, fact.value if isinstance(fact.value, str) else "", remark)
            sheet.row_dimensions[self._row].height = height(zip(said, _COLUMNS, strict=True))
            at(sheet, self._row, 2).alignment = Alignment(
                horizontal="left", vertical="top", wrap_text=True
            )
            self._row += 1
        self._row += 1

    def _figure(self, sheet: Worksheet, figure: Figure) -> None:
        self._line(sheet, figure.title, BOLD)
        self._line(sheet, figure.reading)
        image = Image(io.BytesIO(png(figure.chart)))
        scale = 640 / image.width
        image.width, image.height = 640, int(image.height * scale)
        sheet.add_image(image, f"A{self._row}")
        self._row += image.height // 20 + 2
        self._link(sheet, figure.table)
        self._row += 1

    def table(self, table: Table) -> None:
        """Write a table on a sheet of its own, and what stands behind its rows on another."""
        sheet = self._workbook.create_sheet(self._names[table.id])
        own = list(_spread(table))
        grouped = Sheet(table.grouped, Column(table.grouped, width=14))
        columns = [grouped, *own] if table.grouped else own
        rows: list[tuple[str, Row]] = [
            (clean(group.name or group.title), row) for group in table.groups for row in group.rows
        ]
        self._head(sheet, table.title, columns)
        for number, (group, row) in enumerate(rows, _FIRST):
            _fill(sheet, number, [*([group] if table.grouped else []), *_values(row, own)], columns)
            if row.to in self._places:
                _point(sheet, number, 2 if table.grouped else 1, self._places[row.to])
        last = len(rows) + 2
        if table.total is not None:
            blank: list[Cell] = [None] if table.grouped else []
            _fill(sheet, last + 1, [*blank, *_values(table.total, own)], columns, total=True)
        self._finish(sheet, table.title, columns, last)
        if table.detail is not None and any(row.detail for row in table.rows):
            self._behind(table, rows)

    def _behind(self, table: Table, rows: list[tuple[str, Row]]) -> None:
        detail = table.detail
        if detail is None:
            return
        sheet = self._workbook.create_sheet(sheet_name(detail.title, self._taken))
        first = table.columns[0]
        columns = [
            *([Sheet(table.grouped, Column(table.grouped, width=14))] if table.grouped else []),
            Sheet(first.title, first),
        ]
        columns += [Sheet(column.title, column) for column in detail.columns]
        self._head(sheet, detail.title, columns)
        number = 3
        for group, row in rows:
            for line in row.detail:
                _fill(
                    sheet,
                    number,
                    [*([group] if table.grouped else []), row.cells[0], *line],
                    columns,
                )
                number += 1
        self._finish(sheet, detail.title, columns, number - 1)

    def _head(self, sheet: Worksheet, title: str, columns: list[Sheet]) -> None:
        put(at(sheet, 1, 1), title, LARGE)
        for place, one in enumerate(columns, 1):
            cell = put(at(sheet, 2, place), one.title, BOLD, GREY)
            cell.border, cell.alignment = BOX, TOP
        sheet.row_dimensions[2].height = height([(one.title, _wide(one)) for one in columns])

    def _finish(self, sheet: Worksheet, title: str, columns: list[Sheet], last: int) -> None:
        widths(sheet, [_wide(one) for one in columns])
        sheet.freeze_panes = "B3"
        sheet.auto_filter.ref = f"A2:{get_column_letter(len(columns))}{max(last, 2)}"
        _printed(
            sheet,
            f"{in_line(self._page.title, 30)}  {title}",
            landscape=sum(_wide(one) for one in columns) > 90,
            header="1:2",
        )


def _point(sheet: Worksheet, row: int, column: int, place: str) -> None:
    """Let a cell lead to a place of the workbook."""
    cell = at(sheet, row, column)
    cell.hyperlink = Hyperlink(ref=cell.coordinate, location=place)
    cell.font = _LINK


def _ends(fact: Fact) -> tuple[Fact, ...]:
    """Return a fact as lines of one number each: what lies between two ends takes two."""
    match fact.value:
        case Span(low=low, high=high) if low != high:
            return fact._replace(name=f"{fact.name} ≥", value=low), fact._replace(
                name=f"{fact.name} ≤", value=high
            )
        case Span(low=low):
            return (fact._replace(value=low),)
    return (fact,)


def _spread(table: Table) -> Iterator[Sheet]:
    """Yield the columns of a sheet: what lies between two ends takes two, so that each is a
    number.
    """
    rows = table.rows if table.total is None else (*table.rows, table.total)
    for place, column in enumerate(table.columns):
        if any(isinstance(row.cells[place], Span) for row in rows):
            yield Sheet(f"{column.title} ≥", column, place, "low")
            yield Sheet(f"{column.title} ≤", column, place, "high")
        else:
            yield Sheet(column.title, column, place)


def _values(row: Row, columns: list[Sheet]) -> Iterator[Cell]:
    for one in columns:
        cell = row.cells[one.place]
        yield getattr(cell, one.end) if isinstance(cell, Span) else cell


def _fill(
    sheet: Worksheet, number: int, values: list[Cell], columns: list[Sheet], *, total: bool = False
) -> None:
    for place, (value, one) in enumerate(zip(values, columns, strict=True), 1):
        _write(sheet, number, place, value, one.column)
        cell = at(sheet, number, place)
        cell.border = BOX
        if total:
            cell.font, cell.fill = BOLD, PALE
    texts = [
        (value, _wide(one))
        for value, one in zip(values, columns, strict=True)
        if isinstance(value, str)
    ]
    sheet.row_dimensions[number].height = height(texts)


def _write(sheet: Worksheet, row: int, column: int, value: Cell, kind: Column) -> None:
    """Write one value with its own type and format."""
    cell = at(sheet, row, column)
    match value:
        case None:
            put(cell, "")
            cell.value = None
        case str():
            put(cell, _fitted(clean(value))).alignment = TOP
        case datetime.date():
            cell.value, cell.number_format, cell.font, cell.alignment = (
                value,
                DATE_FORMAT,
                PLAIN,
                _RIGHT,
            )
        case int() | Decimal():
            cell.value, cell.number_format, cell.font, cell.alignment = (
                value,
                _format(kind),
                PLAIN,
                _RIGHT,
            )
        case Span():
            raise TypeError(value)


def _format(column: Column) -> str:
    places = f".{'0' * column.places}" if column.places else ""
    return {"points": f"0{places}", "percent": f"0{places}%"}.get(column.kind, "0")


def _wide(one: Sheet) -> float:
    """Return a column's width in characters from its share of the page."""
    if one.column.numeric or one.column.kind == "date":
        return 11
    return max(one.column.width * 1.2, 10)


def _fitted(text: str) -> str:
    """Return a text that a cell can hold, and say so where it was longer."""
    return (
        text if len(text.encode("utf-16-le", "replace")) // 2 <= _MOST else text[: _MOST // 2] + "…"
    )
