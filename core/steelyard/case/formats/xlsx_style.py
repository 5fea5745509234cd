"""How the sheets of a workbook look and what their cells take; it must read as well in black and
white.
"""

from __future__ import annotations

import datetime
import math
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, cast

from openpyxl.styles import Alignment, Border, Font, PatternFill, Side
from openpyxl.utils import get_column_letter, quote_sheetname
from openpyxl.worksheet.datavalidation import DataValidation

from steelyard.archive import LAST_ROW
from steelyard.case.formats import cell_rules
from steelyard.case.formats.ooxml import escaped
from steelyard.case.formats.prompts import TICKS, YES_NO, option_words
from steelyard.case.formats.quoted import turned
from steelyard.expression.types import TICK, Boolean, Choice, Date, Number, Type
from steelyard.messages import Title

if TYPE_CHECKING:
    from openpyxl.cell.cell import Cell
    from openpyxl.workbook import Workbook
    from openpyxl.worksheet.worksheet import Worksheet

INDEX_SHEET = "_steelyard"
MARK = "steelyard:"
PREPARED = 500
LONGEST_NAME = 31
_WIDE_FROM = 0x2E7F
_FACE = "Microsoft YaHei"
_LINE = Side(style="thin", color="FF8C8C8C")
_EDGE = Side(style="medium", color="FF1F3A4D")

BOX = Border(left=_LINE, right=_LINE, top=_LINE, bottom=_LINE)
FRAME = Border(left=_EDGE, right=_EDGE, top=_EDGE, bottom=_EDGE)
DARK = PatternFill("solid", start_color="FF1F3A4D")
GREY = PatternFill("solid", start_color="FFE4E7EA")
PALE = PatternFill("solid", start_color="FFF4F5F6")
NO_FILL = PatternFill()
OPEN = PatternFill("solid", start_color="FFFFF9E0")
PLAIN = Font(name=_FACE, size=10)
SMALL = Font(name=_FACE, size=9, color="FF404040")
TINY = Font(name=_FACE, size=8, color="FF595959")
BOLD = Font(name=_FACE, size=10, bold=True)
LARGE = Font(name=_FACE, size=14, bold=True, color="FF1F3A4D")
WHITE = Font(name=_FACE, size=10, bold=True, color="FFFFFFFF")
WRAP = Alignment(wrap_text=True, vertical="center")
TOP = Alignment(wrap_text=True, vertical="top")
MIDDLE = Alignment(horizontal="center", vertical="center", wrap_text=True)
FLAT = Alignment(vertical="center")
INDENT = Alignment(wrap_text=True, vertical="center", indent=1)
RIGHT = Alignment(horizontal="right", vertical="center")
TEXT_FORMAT = "@"
DATE_FORMAT = "yyyy-mm-dd"
# Of an A4 page on its side, within the margins, in points.
_ROOM = (784, 490)
_LEAST_SCALE = 0.6
# Of a column of which nothing is said, in points.
WIDTH = 48
_FIGURE = re.compile(r"-?[0-9]{1,15}(?:\.[0-9]+)?")
_MOST_DIGITS = 15
_NO_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
# What stays together on a line: a word with the space after it, or one sign.
_WORD = re.compile(r"[!-~]+ *|.")


class Lists:
    """The hidden sheet: which sheets there are, and the words of every dropdown."""

    def __init__(self, workbook: Workbook, book_key: str) -> None:
        """Open the sheet with the book that the workbook is for."""
        self._sheet: Worksheet = workbook.create_sheet(INDEX_SHEET)
        self._sheet.sheet_state = "hidden"
        for column, text in enumerate((f"{MARK}index", "1", book_key), 1):
            put(at(self._sheet, 1, column), text)
        self._next = 5
        self._row = 2
        self._known: dict[tuple[str, ...], str] = {}

    def add_sheet(self, role: str, name: str) -> None:
        """Note that the workbook has a sheet for `role`."""
        put(at(self._sheet, self._row, 2), role)
        put(at(self._sheet, self._row, 3), name)
        self._row += 1

    def range_of(self, words: tuple[str, ...]) -> str:
        """Return the range of cells that hold `words`, which it writes once."""
        if words not in self._known:
            for row, word in enumerate(words, 2):
                put(at(self._sheet, row, self._next), word)
            letter = get_column_letter(self._next)
            place = f"{quote_sheetname(INDEX_SHEET)}!${letter}$2:${letter}${len(words) + 1}"
            self._known[words] = place
            self._next += 1
        return self._known[words]


def at(sheet: Worksheet, row: int, column: int) -> Cell:
    """Return a cell; no sheet of ours has merged ones."""
    return cast("Cell", sheet.cell(row, column))


def put(cell: Cell, text: str, font: Font = PLAIN, fill: PatternFill | None = None) -> Cell:
    """Write a text as a text, whatever sign it starts with."""
    _write(cell, text)
    cell.font = font
    if fill is not None:
        cell.fill = fill
    return cell


def _write(cell: Cell, text: str) -> None:
    sound = _NO_XML.sub("\N{REPLACEMENT CHARACTER}", text.encode("utf-8", "replace").decode())
    cell.value = escaped(sound)
    cell.data_type = "s"
    if turned(text):
        # Typed again, it would be a figure or a formula.
        cell.number_format = TEXT_FORMAT
        cell.quotePrefix = text[0] in "=+-@"


def enter(cell: Cell, text: str, kind: Type) -> None:
    """Write a value as a clerk would type it: a figure or a day as such, where the cell keeps it
    exactly; else a text.

    The cell keeps the looks that it has.
    """
    if (
        isinstance(kind, Number)
        and _FIGURE.fullmatch(text)
        and sum(sign.isdigit() for sign in text) <= _MOST_DIGITS
    ):
        cell.value = float(text) if "." in text else int(text)
    elif (
        isinstance(kind, Date)
        and (day := _day(text)) is not None
        and day.toordinal() >= cell_rules.SOUND_DAY
    ):
        cell.value = day
        cell.number_format = DATE_FORMAT
    else:
        _write(cell, text)


def _day(text: str) -> datetime.date | None:
    try:
        return datetime.date.fromisoformat(text)
    except ValueError:
        return None


def both(title: Title) -> str:
    """Return both languages on two lines, or one where they are the same."""
    return title.zh if title.zh == title.en else f"{title.zh}\n{title.en}"


def inline(title: Title) -> str:
    """Return both languages on one line, or one where they are the same."""
    return title.zh if title.zh == title.en else f"{title.zh} {title.en}"


def sheet_name(text: str, taken: set[str]) -> str:
    """Return a legal name for a sheet that no other has, as close to `text` as can be."""
    clean = "".join(
        " " if sign in "[]:*?/\\" or not sign.isprintable() else sign for sign in text
    ).strip(" '")
    if not clean or clean.casefold() in {"history", INDEX_SHEET}:
        clean = f"{clean or 'sheet'}_"
    name, number = _cut(clean, LONGEST_NAME), 1
    while name.casefold() in taken:
        number += 1
        tail = f" ({number})"
        name = _cut(clean, LONGEST_NAME - len(tail)) + tail
    taken.add(name.casefold())
    return name


def widths(sheet: Worksheet, sizes: Sequence[float]) -> None:
    """Set the widths of the columns from the first on; 0 hides a column."""
    for column, size in enumerate(sizes, 1):
        dimension = sheet.column_dimensions[get_column_letter(column)]
        if size:
            dimension.width = size
        else:
            dimension.hidden = True


def height(cells: Iterable[tuple[str, float]], line: float = 14) -> float:
    """Estimate how high a row must be for texts in columns of given widths; Chinese signs are two
    wide.

    Not every program fits rows to their text when it opens a workbook.
    """
    most = 1
    for text, width in cells:
        room = max(width - 1.5, 1)
        sizes = (
            sum(2 if ord(sign) > _WIDE_FROM else 0.98 for sign in part) for part in text.split("\n")
        )
        most = max(most, sum(1 + int(size // room) for size in sizes))
    return min(most * line + 4, 400)


def lines(text: str, width: int) -> list[str]:
    """Return a text in lines that are no wider than a number of letters; Chinese signs are two
    wide.
    """
    found: list[str] = []
    for part in text.split("\n"):
        line, room = "", float(width)
        for word in _WORD.findall(part):
            size = sum(2 if ord(sign) > _WIDE_FROM else 1 for sign in word)
            if size > room and line:
                found.append(line.rstrip())
                line, room = "", float(width)
            line += word
            room -= size
        found.append(line.rstrip())
    return [line for line in found if line]


def column_format(sheet: Worksheet, column: int, number_format: str) -> None:
    """Set the format of a whole column, so that empty rows need no cells of their own."""
    dimension = sheet.column_dimensions[get_column_letter(column)]
    dimension.number_format = number_format
    dimension.font = PLAIN
    dimension.alignment = WRAP


def page(sheet: Worksheet, book: str, unit: str = "", *, header: str = "", area: str = "") -> None:
    """Set up printing on A4: the heading rows on every page, the unit and the sheet above, the book
    and the page below.

    `area` are the first and last column and row printed; without a last row it is as long as what
    is filled in. Where one page would be too narrow to read the sheet goes on over several, each
    with its first column.
    """
    sheet.page_setup.paperSize = "9"
    sheet.page_setup.orientation = "landscape"
    if sheet.sheet_properties.pageSetUpPr is not None:
        sheet.sheet_properties.pageSetUpPr.fitToPage = True
    margins = sheet.page_margins
    margins.left = margins.right = 0.4
    margins.top, margins.bottom, margins.header, margins.footer = 0.7, 0.7, 0.35, 0.35
    sheet.print_options.horizontalCentered = True
    sheet.HeaderFooter.scaleWithDoc = False
    head, foot = sheet.oddHeader, sheet.oddFooter
    if head is not None and head.left is not None and head.right is not None:
        head.left.text = _line(unit)
        head.right.text = "&A"
    if foot is not None and foot.left is not None and foot.right is not None:
        foot.left.text = _line(book)
        foot.right.text = "&P / &N"
    if header:
        sheet.print_title_rows = header
    sheet.page_setup.fitToWidth = 1
    sheet.page_setup.fitToHeight = 0
    if area:
        first, _, last = area.partition(":")
        # To the last row there is: programs print such an area as far as it holds anything.
        sheet.print_area = (
            f"{first}:{last}"
            if last[-1].isdigit()
            else f"{first.rstrip('0123456789')}1:{last}{LAST_ROW}"
        )
        sheet.page_setup.fitToWidth = pages_across(sheet)
        if sheet.page_setup.fitToWidth > 1:
            sheet.print_title_cols = "B:B"


def across(sheet: Worksheet) -> float:
    """Return how wide the columns of a sheet are in all, in points."""
    return sum(
        5.25 * one.width + 3.75 for one in sheet.column_dimensions.values() if not one.hidden
    )


def pages_across(sheet: Worksheet) -> int:
    """Return over how many pages side by side the columns of a sheet go, so that they can be
    read.
    """
    return max(1, math.ceil(across(sheet) * _LEAST_SCALE / _ROOM[0]))


def rows_on_page(sheet: Worksheet, head: float, row: float) -> int:
    """Return how many rows of a height fill the page below a head of a height."""
    scale = min(1.0, pages_across(sheet) * _ROOM[0] / across(sheet))
    return max(8, int((_ROOM[1] / scale - head) // row))


def whose(cell: Cell, case_sheet: str) -> None:
    """Let a cell say whose case its sheet belongs to, and of which period, as the case sheet
    does.
    """
    name, one, period = (f"{quote_sheetname(case_sheet)}!D{row}" for row in (6, 5, 7))
    cell.value = f'=TRIM({name}&" "&{one})&" · "&{period}'
    cell.font, cell.alignment = BOLD, RIGHT


def _line(text: str) -> str:
    return " ".join(text.split())[:100].replace("&", "&&")


def number_format(kind: Type) -> str:
    """Return the format of the cells of a type; what is not a tick or a day stays text, so that ids
    keep their zeros, and that no fraction becomes a day.
    """
    if isinstance(kind, Date):
        return DATE_FORMAT
    return "General" if isinstance(kind, Boolean) or kind == TICK else TEXT_FORMAT


def accept(
    sheet: Worksheet,
    place: str,
    kind: Type,
    options: Mapping[str, Title],
    lists: Lists,
    said: Title,
) -> None:
    """Let the cells of `place` offer the words of a type or check its limits, and tell the clerk
    what they take.

    A value outside is questioned, not barred: the words for unknown and none, and ranges, are good
    everywhere.
    """
    rule: DataValidation | None = None
    if isinstance(kind, Boolean):
        rule = cell_rules.listed(_quoted(YES_NO))
    elif kind == TICK:
        rule = cell_rules.listed(_quoted(TICKS))
    elif isinstance(kind, Choice):
        rule = cell_rules.listed(lists.range_of(option_words(kind, options)))
    elif isinstance(kind, Number):
        rule = cell_rules.figure(place, kind)
    elif isinstance(kind, Date):
        rule = cell_rules.day(kind)
    tell(sheet, place, said, rule)


def offer(sheet: Worksheet, place: str, words: str, said: Title) -> None:
    """Let the cells of `place` offer the words of a range or a quoted list."""
    tell(sheet, place, said, cell_rules.listed(words))


def tell(sheet: Worksheet, place: str, said: Title, rule: DataValidation | None = None) -> None:
    """Show a note when a cell of `place` is chosen, beside whatever `rule` checks."""
    rule = rule or DataValidation(allow_blank=True)
    rule.promptTitle = "填写 Fill in"
    rule.prompt = _cut(f"{said.zh}\n{said.en}", 250)
    rule.showInputMessage = True
    rule.showErrorMessage = rule.type is not None
    rule.errorStyle = "warning"
    rule.errorTitle = "请核对 Please check"
    rule.error = _cut(f"应填：{said.zh}\nExpected: {said.en}", 220)
    rule.add(place)
    sheet.add_data_validation(rule)


def quoted(words: Sequence[str]) -> str:
    """Return a short list of words as a dropdown's formula."""
    return _quoted(words)


def _quoted(words: Sequence[str]) -> str:
    return '"' + ",".join(words) + '"'


def _cut(text: str, length: int) -> str:
    """Cut a text to a length in UTF-16 units, which is what spreadsheets count."""
    while len(text.encode("utf-16-le", "replace")) // 2 > length:
        text = text[:-1]
    return text.rstrip()
