"""The sheets on which a clerk lists things, a row each: parties, records, waivers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

from openpyxl.formatting.rule import FormulaRule
from openpyxl.utils import get_column_letter, quote_sheetname

from steelyard.book.model import METHODS, Field, Kind, Register, RuleBook
from steelyard.case import look
from steelyard.case.look import MARK, PREPARED, at, both, inline, put
from steelyard.case.prompts import METHOD_TITLES, YES_NO, field_prompt
from steelyard.expression.types import Boolean, Choice, Date, Number, PartyOf, Text, Type
from steelyard.messages import Title

if TYPE_CHECKING:
    from openpyxl.worksheet.worksheet import Worksheet

COMPLETE = Title(
    "此台账已完整：本期全部记录都在下面，没有遗漏（是 / 否，空=否）",
    "This register is complete: every record of the period is below (yes / no, empty = no)",
)
_MAY = Title("可空", "may stay empty")
FIRST_ROW = 8
_RULED = 20
_HINT = Title(
    "一行一条，空行不计；列的顺序可以换，行可以排序、增加。",
    "One row each; empty rows do not count. Rows may be sorted and added, columns moved.",
)


class _Heading(NamedTuple):
    """A column: its key, title, what it takes, and what its cells offer."""

    key: str
    title: Title
    how: Title
    type: Type
    options: Mapping[str, Title]


def party_sheet(sheet: Worksheet, kind: Kind, lists: look.Lists, names: Mapping[str, str]) -> None:
    """Lay out the sheet of one kind of party."""
    columns = [
        _plain("id", Title("编号", "Id"), Title("必填，不重复，如 p-1", "required, each once, as p-1")),
        _plain("name", Title("名称（姓名）", "Name"), Title("可空；只用于显示", "may stay empty; for display only")),
        *(_heading(field) for field in kind.fields.values() if field.derived is None),
    ]
    title = Title(f"责任主体：{kind.title.zh}", f"Parties: {kind.title.en}")
    _lay_out(sheet, f"party:{kind.id}", title, kind.notes, columns, lists, names)


def register_sheet(sheet: Worksheet, register: Register, lists: look.Lists, names: Mapping[str, str]) -> None:
    """Lay out the sheet of one register, with its tick of completeness, empty at first."""
    columns = [
        _plain("id", Title("记录编号", "Record id"), Title("不重复，如 r-1；空=按行编号", "each once, as r-1; empty = numbered")),
        *(_heading(field) for field in register.fields.values() if field.derived is None),
        _Heading("evidence.method", Title("佐证方式", "Evidence"), _MAY, Choice(METHODS), METHOD_TITLES),
        _plain("evidence.source", Title("佐证来源", "Source"), _MAY),
        _Heading("evidence.date", Title("佐证日期", "Dated"), _MAY, Date(), {}),
    ]
    title = Title(f"台账：{register.title.zh}", f"Register: {register.title.en}")
    _lay_out(sheet, f"register:{register.id}", title, register.notes, columns, lists, names)
    put(at(sheet, 3, 1), "complete")
    tick = at(sheet, 3, 2)
    tick.font, tick.fill, tick.border, tick.alignment = look.BOLD, look.OPEN, look.FRAME, look.MIDDLE
    put(at(sheet, 3, 3), f"◀ {COMPLETE.zh}", look.BOLD).alignment = look.FLAT
    put(at(sheet, 4, 3), COMPLETE.en, look.SMALL).alignment = look.FLAT
    sheet.row_dimensions[3].height = 24
    look.offer(sheet, "B3", look.quoted(YES_NO), COMPLETE)


def waiver_sheet(sheet: Worksheet, book: RuleBook, lists: look.Lists) -> None:
    """Lay out the sheet of waivers."""
    rules = Choice(tuple(book.rules))
    columns = [
        _Heading("rule", Title("规则编号", "Rule"), Title("从下拉列表选", "choose from the list"), rules, {}),
        _plain("authority", Title("批准机关", "Authority"), Title("必填", "required")),
        _plain("reason", Title("理由", "Reason"), _MAY),
        _Heading("until", Title("有效至（含）", "Until (included)"), Title("必填，日期", "required, a date"), Date(), {}),
    ]
    title = Title("豁免：经批准不计的规则", "Waivers: rules set aside by an authority")
    _lay_out(sheet, "waivers", title, "", columns, lists, {})


def _plain(key: str, title: Title, how: Title) -> _Heading:
    return _Heading(key, title, how, Text(), {})


def _heading(field: Field) -> _Heading:
    star = "*" if field.missing == "refused" and field.default is None else ""
    title = Title(f"{star}{field.title.zh}", f"{star}{field.title.en}")
    return _Heading(field.id, title, field_prompt(field), field.type, field.options)


def _lay_out(
    sheet: Worksheet,
    role: str,
    title: Title,
    notes: str,
    columns: Sequence[_Heading],
    lists: look.Lists,
    names: Mapping[str, str],
) -> None:
    """Write heading rows (keys hidden, title, tick, note, titles, what each takes), then prepare the rows below."""
    put(at(sheet, 1, 1), f"{MARK}{role}")
    sheet.row_dimensions[1].hidden = True
    for row in range(2, FIRST_ROW):
        put(at(sheet, row, 1), "header")
    put(at(sheet, 2, 2), inline(title), look.LARGE)
    sheet.row_dimensions[2].height = 28
    put(at(sheet, 5, 2), f"{_HINT.zh} {_HINT.en}" + (f"  {' '.join(notes.split())}" if notes else ""), look.SMALL)
    last, end = FIRST_ROW + PREPARED - 1, get_column_letter(len(columns) + 1)
    for number, column in enumerate(columns, 2):
        put(at(sheet, 1, number), column.key)
        _head(sheet, number, column)
        letter = get_column_letter(number)
        cells = f"{letter}{FIRST_ROW}:{letter}{last}"
        target = names.get(f"party:{column.type.kind}") if isinstance(column.type, PartyOf) else None
        if target is not None:
            ids = f"{quote_sheetname(target)}!$B${FIRST_ROW}:$B${last}"
            look.offer(sheet, cells, ids, column.how)
        else:
            look.accept(sheet, cells, column.type, column.options, lists, column.how)
    look.widths(sheet, (0, *(_width(column) for column in columns)))
    sheet.row_dimensions[6].height = look.height((both(column.title), _width(column) * 0.9) for column in columns)
    sheet.row_dimensions[7].height = look.height(((both(column.how), _width(column) * 1.2) for column in columns), 12)
    sheet.freeze_panes = f"C{FIRST_ROW}"
    sheet.auto_filter.ref = f"B7:{end}{last}"
    # Below the ruled rows lines appear with what is typed, so that no page is printed for nothing.
    shown = FormulaRule(formula=[f"COUNTA($B{FIRST_ROW}:${end}{FIRST_ROW})>0"], border=look.BOX)  # type: ignore[no-untyped-call]
    sheet.conditional_formatting.add(f"B{FIRST_ROW}:{end}{last}", shown)
    look.page(sheet, inline(title), header="6:7")


def _head(sheet: Worksheet, number: int, column: _Heading) -> None:
    head = put(at(sheet, 6, number), both(column.title), look.WHITE, look.DARK)
    head.alignment, head.border = look.MIDDLE, look.BOX
    under = put(at(sheet, 7, number), both(column.how), look.SMALL, look.GREY)
    under.alignment, under.border = look.MIDDLE, look.BOX
    look.column_format(sheet, number, look.number_format(column.type))
    for row in range(FIRST_ROW, FIRST_ROW + _RULED):
        cell = at(sheet, row, number)
        cell.border, cell.font, cell.alignment = look.BOX, look.PLAIN, look.WRAP
        cell.number_format = look.number_format(column.type)


def _width(column: _Heading) -> float:
    match column.type:
        case Boolean() | Number():
            least = 13.0
        case Text() if column.key != "id":
            least = 24.0
        case _:
            least = 17.0
    return max(least, min(30.0, 1.9 * len(column.title.zh) + 4))
