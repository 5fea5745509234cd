"""The sheets on which a clerk lists things, a row each: parties, records, waivers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

from openpyxl.formatting.rule import FormulaRule
from openpyxl.utils import get_column_letter, quote_sheetname

from steelyard.book.model import METHODS, Field, Kind, Register, RuleBook
from steelyard.book.terms import METHOD_TITLES
from steelyard.case.formats import xlsx_style
from steelyard.case.formats.factsheet import WHICH_FILES
from steelyard.case.formats.headings import PARTY, WAIVER
from steelyard.case.formats.prefill import Entries, Line
from steelyard.case.formats.prompts import ROLLED, YES_NO, field_prompt, option_words
from steelyard.case.formats.xlsx_style import MARK, PREPARED, at, both, inline, put
from steelyard.expression.types import Boolean, Choice, Date, Number, PartyOf, Text, Type
from steelyard.messages import Title

if TYPE_CHECKING:
    from openpyxl.worksheet.worksheet import Worksheet

COMPLETE = Title(
    "此台账已完整：本期全部记录都在下面，没有遗漏（是 / 否，空=否）",
    "This register is complete: every record of the period is below (yes / no, empty = no)",
)
FILES = Title("佐证文件校验", "Files and their digests")
_MAY = Title("可空", "may stay empty")
# The first row of the notes, if there are any; the headings follow, then what they take, then the
# list.
_NOTES = 6
_ABOVE = 96
_LINE_HEIGHT = 20
_MOST_RULED, _RULED_AFTER, _SPARE = 40, 5, 100
_LEAST_WIDE = 700
_NOTE_WIDTH = 140
# In characters: an A4 page on its side, the most that one column takes of what is over, and how it
# is dealt out.
_PAGE, _WIDEST, _STEP = 136, 44, 2
_LONG = 100
_HINT = Title(
    "一行一条，空行不计；列的顺序可以换，行可以排序、增加。",
    "One row each; empty rows do not count. Rows may be sorted and added, columns moved.",
)


class _Heading(NamedTuple):
    """A column: its key, title, what it takes, what its cells offer, and what the book remarks on
    it.
    """

    key: str
    title: Title
    how: Title
    type: Type
    options: Mapping[str, Title]
    notes: str = ""

    @property
    def said(self) -> Title:
        """What is said when a cell of the column is chosen."""
        return Title(f"{self.how.zh}\n{self.notes}", self.how.en) if self.notes else self.how


class Tables:
    """Lays out the sheets with a row for each thing listed, filled in with what there is."""

    def __init__(
        self, book: RuleBook, entries: Entries, lists: xlsx_style.Lists, names: Mapping[str, str]
    ) -> None:
        """Take the book, what is filled in, the dropdowns, and the names of the sheets by role."""
        self.book = book
        self.entries = entries
        self.lists = lists
        self.names = names
        self.prepared = max(PREPARED, entries.longest + _SPARE)

    def parties(self, sheet: Worksheet, kind: Kind) -> None:
        """Lay out the sheet of one kind of party."""
        columns = [
            _plain(
                "id",
                Title("编号", "Id"),
                Title("必填，不重复，如 p-1", "required, each once, as p-1"),
            ),
            _plain(
                "name",
                PARTY["name"],
                Title("可空；只用于显示", "may stay empty; for display only"),
            ),
            *(_heading(field) for field in kind.fields.values() if field.derived is None),
        ]
        title = Title(f"责任主体：{kind.title.zh}", f"Parties: {kind.title.en}")
        self._lay_out(sheet, f"party:{kind.id}", title, kind.notes, columns)

    def register(self, sheet: Worksheet, register: Register) -> None:
        """Lay out the sheet of one register, with its tick of completeness, empty at first."""
        columns = [
            _plain(
                "id",
                Title("记录编号", "Record id"),
                Title("不重复，如 r-1；空=按行编号", "each once, as r-1; empty = numbered"),
            ),
            *(_heading(field) for field in register.fields.values() if field.derived is None),
            _Heading(
                "evidence.method",
                Title("佐证方式", "Evidence"),
                _MAY,
                Choice(METHODS),
                METHOD_TITLES,
            ),
            _plain("evidence.source", Title("佐证来源", "Source"), _MAY),
            _Heading("evidence.date", Title("佐证日期", "Dated"), _MAY, Date(), {}),
            _plain("evidence.by", Title("填报人", "By"), _MAY),
            _plain("evidence.files", Title("佐证文件", "Files"), WHICH_FILES),
        ]
        title = Title(f"台账：{register.title.zh}", f"Register: {register.title.en}")
        notes = register.notes
        if register.rolled is not None:
            notes = f"{both(ROLLED).format(book=register.rolled.book)}\n{notes}"
        self._lay_out(sheet, f"register:{register.id}", title, notes, columns)
        put(at(sheet, 3, 1), "complete")
        tick = at(sheet, 3, 2)
        if register.id in self.entries.ticks:
            put(tick, self.entries.ticks[register.id])
        tick.font, tick.fill, tick.border, tick.alignment = (
            xlsx_style.BOLD,
            xlsx_style.OPEN,
            xlsx_style.FRAME,
            xlsx_style.MIDDLE,
        )
        put(at(sheet, 3, 3), f"◀ {COMPLETE.zh}", xlsx_style.BOLD).alignment = xlsx_style.FLAT
        put(at(sheet, 4, 3), COMPLETE.en, xlsx_style.SMALL).alignment = xlsx_style.FLAT
        sheet.row_dimensions[3].height, sheet.row_dimensions[4].height = 24, 16
        xlsx_style.offer(sheet, "B3", xlsx_style.quoted(YES_NO), COMPLETE)

    def waivers(self, sheet: Worksheet) -> None:
        """Lay out the sheet of waivers."""
        rules = Choice(tuple(self.book.rules))
        columns = [
            _Heading(
                "rule",
                Title("规则编号", "Rule"),
                Title("从下拉列表选", "choose from the list"),
                rules,
                {},
            ),
            _plain("authority", WAIVER["authority"], Title("必填", "required")),
            _plain("reason", WAIVER["reason"], _MAY),
            _Heading(
                "until",
                WAIVER["until"],
                Title("必填，日期", "required, a date"),
                Date(),
                {},
            ),
        ]
        title = Title("豁免：经批准不计的规则", "Waivers: rules set aside by an authority")
        self._lay_out(sheet, "waivers", title, "", columns)

    def files(self, sheet: Worksheet) -> None:
        """Lay out the sheet of the digests of files."""
        columns = [
            _plain("name", Title("佐证文件", "File"), Title("文件名", "its name")),
            _plain("sha256", Title("校验值", "SHA-256"), Title("请勿改动", "leave it as it is")),
        ]
        self._lay_out(sheet, "files", FILES, "", columns)

    def _lay_out(
        self, sheet: Worksheet, role: str, title: Title, notes: str, columns: Sequence[_Heading]
    ) -> None:
        """Write heading rows (keys hidden, title, whose, tick, notes, titles, what each takes),
        then prepare the rows below.
        """
        put(at(sheet, 1, 1), f"{MARK}{role}")
        sheet.row_dimensions[1].hidden = True
        widths = _widths(columns)
        xlsx_style.widths(sheet, (0, *widths))
        first, last = self._rows(notes)
        for row in range(2, first):
            put(at(sheet, row, 1), "header")
        self._above(sheet, title, notes, len(columns) + 1)
        heads = xlsx_style.height(
            (both(column.title), width * 0.9) for column, width in zip(columns, widths, strict=True)
        )
        hows = xlsx_style.height(
            (
                (both(column.how), width * 1.1)
                for column, width in zip(columns, widths, strict=True)
            ),
            13,
        )
        sheet.row_dimensions[first - 2].height, sheet.row_dimensions[first - 1].height = heads, hows
        lines = self.entries.lists.get(role, ())
        room = xlsx_style.rows_on_page(
            sheet, _ABOVE + 16 * (first - _NOTES) + heads + hows, _LINE_HEIGHT
        )
        ruled = max(min(room, _MOST_RULED), len(lines) + _RULED_AFTER)
        for number, column in enumerate(columns, 2):
            put(at(sheet, 1, number), column.key)
            _head(sheet, number, column, first, ruled)
            letter = get_column_letter(number)
            self._check(sheet, f"{letter}{first}:{letter}{last}", column)
        for row, line in enumerate(lines, first):
            _enter(sheet, row, line, columns, widths)
        end = get_column_letter(len(columns) + 1)
        sheet.sheet_format.defaultRowHeight, sheet.sheet_format.customHeight = _LINE_HEIGHT, True
        sheet.freeze_panes = f"C{first}"
        sheet.auto_filter.ref = f"B{first - 1}:{end}{last}"
        # Below the ruled rows lines appear with what is typed, so that no page is printed for
        # nothing.
        shown = FormulaRule(formula=[f"COUNTA($B{first}:${end}{first})>0"], border=xlsx_style.BOX)  # type: ignore[no-untyped-call]
        sheet.conditional_formatting.add(f"B{first}:{end}{last}", shown)
        area = f"B2:{_edge(sheet, len(columns) + 1)}"
        xlsx_style.page(
            sheet,
            inline(self.book.title),
            self.entries.unit,
            header=f"{first - 2}:{first - 1}",
            area=area,
        )

    def _above(self, sheet: Worksheet, title: Title, notes: str, last: int) -> None:
        # The first column stands on every page of a sheet that is several wide; what runs on over
        # others must not.
        left = 2 if xlsx_style.pages_across(sheet) == 1 else 3
        put(at(sheet, 2, left), inline(title), xlsx_style.LARGE)
        sheet.row_dimensions[2].height = 28
        xlsx_style.whose(at(sheet, 2, last), self.names["case"])
        # Without a tick of completeness there is nothing to say here.
        sheet.row_dimensions[3].height = sheet.row_dimensions[4].height = 4
        for row, line in enumerate(
            (inline(_HINT), *xlsx_style.lines(notes, _NOTE_WIDTH)), _NOTES - 1
        ):
            put(at(sheet, row, left), line, xlsx_style.SMALL).alignment = xlsx_style.FLAT
            sheet.row_dimensions[row].height = 16

    def _rows(self, notes: str) -> tuple[int, int]:
        """Return the first and the last row prepared for a list with notes above it."""
        first = _NOTES + len(xlsx_style.lines(notes, _NOTE_WIDTH)) + 2
        return first, first + self.prepared - 1

    def _check(self, sheet: Worksheet, cells: str, column: _Heading) -> None:
        kind = self.book.kinds.get(column.type.kind) if isinstance(column.type, PartyOf) else None
        if kind is not None:
            first, last = self._rows(kind.notes)
            target = quote_sheetname(self.names[f"party:{kind.id}"])
            xlsx_style.offer(sheet, cells, f"{target}!$B${first}:$B${last}", column.said)
        else:
            xlsx_style.accept(sheet, cells, column.type, column.options, self.lists, column.said)


def _edge(sheet: Worksheet, column: int) -> str:
    """Return the last column printed: beyond a narrow list as far as its headings reach."""
    wide = xlsx_style.across(sheet)
    while wide < _LEAST_WIDE:
        wide += xlsx_style.WIDTH
        column += 1
    return get_column_letter(column)


def _plain(key: str, title: Title, how: Title) -> _Heading:
    return _Heading(key, title, how, Text(), {})


def _heading(field: Field) -> _Heading:
    star = "*" if field.missing == "refused" and field.default is None else ""
    title = Title(f"{star}{field.full_title.zh}", f"{star}{field.full_title.en}")
    return _Heading(
        field.id, title, field_prompt(field), field.type, field.options, field.notes.strip()
    )


def _head(sheet: Worksheet, number: int, column: _Heading, first: int, ruled: int) -> None:
    head = put(at(sheet, first - 2, number), both(column.title), xlsx_style.WHITE, xlsx_style.DARK)
    head.alignment, head.border = xlsx_style.MIDDLE, xlsx_style.BOX
    under = put(at(sheet, first - 1, number), both(column.how), xlsx_style.SMALL, xlsx_style.GREY)
    under.alignment, under.border = xlsx_style.MIDDLE, xlsx_style.BOX
    xlsx_style.column_format(sheet, number, xlsx_style.number_format(column.type))
    for row in range(first, first + ruled):
        cell = at(sheet, row, number)
        cell.border, cell.font = xlsx_style.BOX, xlsx_style.PLAIN
        cell.alignment = (
            xlsx_style.INDENT
            if isinstance(column.type, Text) and column.key != "id"
            else xlsx_style.MIDDLE
        )
        cell.number_format = xlsx_style.number_format(column.type)


def _enter(
    sheet: Worksheet, row: int, line: Line, columns: Sequence[_Heading], widths: Sequence[float]
) -> None:
    for number, column in enumerate(columns, 2):
        if column.key in line:
            xlsx_style.enter(at(sheet, row, number), line[column.key], column.type)
    tall = xlsx_style.height(
        (line.get(column.key, ""), width) for column, width in zip(columns, widths, strict=True)
    )
    if tall > _LINE_HEIGHT:
        sheet.row_dimensions[row].height = tall


def _widths(columns: Sequence[_Heading]) -> list[float]:
    """Return the width of every column; what room a page has over goes to those whose heading needs
    the most lines.
    """
    widths = [_width(column) for column in columns]
    room = _PAGE - sum(widths)
    while room >= _STEP:
        needs = [
            xlsx_style.height([(both(column.how), width * 1.1), (both(column.title), width * 0.9)])
            if width < _WIDEST
            else 0
            for column, width in zip(columns, widths, strict=True)
        ]
        neediest = max(
            range(len(columns)),
            key=lambda number: (needs[number], isinstance(columns[number].type, Text)),
        )
        if not needs[neediest]:
            break
        widths[neediest] += _STEP
        room -= _STEP
    return widths


def _width(column: _Heading) -> float:
    """Return the width that a column's values want, and the words of its title."""
    match column.type:
        case Boolean():
            wanted = 9.0
        case Date():
            wanted = 13.0
        case Number() | PartyOf():
            wanted = 12.0
        case Choice():
            words = option_words(column.type, column.options)
            wanted = min(22.0, max(11.0, 2.0 * max((len(word) for word in words), default=0) + 3))
            if len(column.how.zh) + len(column.how.en) > _LONG:
                wanted = 26.0
        case _:
            wanted = 12.0 if column.key == "id" else 20.0
    longest = max((len(word) for word in column.title.en.split()), default=0)
    return max(wanted, min(24.0, 1.3 * longest + 3), min(24.0, 0.9 * len(column.title.zh) + 4))
