"""The first sheet of the workbook: how to fill it in, in both languages side by side."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING

from steelyard.book.handouts import Handout
from steelyard.book.measured_in import PERCENT
from steelyard.book.model import METHODS, Fact, Field, RuleBook
from steelyard.book.terms import METHOD_TITLES
from steelyard.case.formats import xlsx_style
from steelyard.case.formats.xlsx_style import MARK, at, inline, put
from steelyard.expression.types import Number
from steelyard.messages import Title

if TYPE_CHECKING:
    from openpyxl.worksheet.worksheet import Worksheet

_STEPS: tuple[tuple[Title, Title], ...] = (
    (
        Title("空着=未知", "Empty means unknown"),
        Title(
            "没有佐证就空着。空着既不算零分也不算通过：得分会写成一个区间，查证率随之降低。确实没有发生的，填“无”（如未提交的成果）。",
            "Leave empty what you cannot show. Empty is neither zero nor a pass: the "
            "score becomes a range and the "
            "coverage falls. What was truly not done is none (无), such as a report never "
            "handed in.",
        ),
    ),
    (
        Title("可以填的词", "Words to use"),
        Title(
            "是 / 否；清单另有“不适用”。选项从下拉列表选。没有把握的数可写区间，如 "
            "90..95。日期写 2026-03-01。",
            "是 yes / 否 no; checklist items also 不适用 n.a. Choose options from the list. A "
            "figure you are not sure of may be a range, 90..95. Dates are 2026-03-01.",
        ),
    ),
    (
        Title("问卷", "Surveys"),
        Title(
            "“填写”栏填满意（肯定）的人数，“调查总数”栏填收回的总数。",
            "VALUE takes the positive answers, Asked takes all the answers.",
        ),
    ),
    (
        Title("佐证", "Evidence"),
        Title(
            "每项事实右边可写佐证方式、来源、日期、填报人和佐证文件（一行一个文件名，也可加超链接或插入照片）。同一事实有两份不一致的佐证时，复制该行再填一次：两个值会作为区间保留并标明冲突。",
            "Each fact may bear how, where and when it was shown, by whom, and the files that "
            "show it (a name to a line, a link, or a photo on the row). If two pieces of "
            "evidence disagree, copy the row and "
            "fill in the second: both are kept as a range and the conflict is named.",
        ),
    ),
    (
        Title("台账是否完整", "Complete registers"),
        Title(
            "台账表左上角的方框：本期全部记录都已列出才填“是”。空着表示可能还有，未列出的记录按“未知”处理。没有任何记录时，填“是”即为零条。",
            "The framed cell at the top of a register: 是 (yes) only when every record of "
            "the period is listed. Empty "
            "means that there may be more. With no record at all, yes says that there was none.",
        ),
    ),
    (
        Title("责任主体", "Parties"),
        Title(
            "先在责任主体表编号（如 d-1、p-1），台账里用编号。姓名可以不填。",
            "Give each party an id (d-1, p-1) on its sheet first; the registers use the "
            "ids. Names may stay empty.",
        ),
    ),
    (
        Title("可以改什么", "What you may change"),
        Title(
            "可以加行、空行、排序、筛选、改表名、换列的顺序。请勿取消隐藏并改动第一行、第一列和隐藏表，也不要合并单元格；有内容的自建表会被拒收，请另存。",
            "You may add, leave blank, sort and filter rows, rename sheets and move "
            "columns. Leave the hidden first "
            "row, first column and hidden sheet alone, merge no cells, and keep sheets "
            "of your own in another file.",
        ),
    ),
)
_RATES = Title("比率（0 至 1）", "Rates (0 to 1)")
_SHARE = Title("可写 95% 或 0.95，意思相同。", "95% and 0.95 are the same.")
_PERCENTAGES = Title("百分数（单位为 %）", "Percentages (in %)")
_OF_A_HUNDRED = Title(
    "写 95% 或 95，意思相同。不足百分之一的要带百分号，如 0.95%；"
    "只写 0.95 会被拒收，因为也可能是 95%。",
    "95% and 95 are the same. Below one percent write the sign, 0.95%; 0.95 alone is refused, "
    "since it may be 95%.",
)
_WIDTHS = (30, 58, 64)
_ROLES: Mapping[str, Title] = {
    "guide": Title("本说明", "this page"),
    "case": Title("被评单位、考核周期", "whose case it is, and of which period"),
    "facts": Title("逐项填写的事实、清单、成果", "facts, ticks and deliverables, a row each"),
    "party": Title("责任主体名册，一行一个", "parties, a row each"),
    "register": Title("台账，一行一条记录", "register, a row per record"),
    "waivers": Title(
        "经批准豁免的规则，没有就空着", "rules waived by an authority; empty if there are none"
    ),
    "files": Title(
        "佐证文件的校验值，请勿改动", "digests of the files shown; leave them as they are"
    ),
    "clauses": Title("所引条款一览，仅供查阅", "the clauses cited, for reference"),
}


def fill_guide(
    sheet: Worksheet,
    book: RuleBook,
    names: Mapping[str, str],
    unit: str,
    handout: Handout | None = None,
) -> None:
    """Write the guide: whose it is and by when, the sheets, the words, what empty means, evidence,
    completeness.
    """
    put(at(sheet, 1, 1), f"{MARK}guide")
    sheet.row_dimensions[1].hidden = True
    put(at(sheet, 2, 2), inline(book.title), xlsx_style.LARGE)
    sheet.row_dimensions[2].height = 32
    put(at(sheet, 3, 2), f"考核案卷填报表 Case workbook · {book.key}", xlsx_style.SMALL)
    if handout is not None:
        put(at(sheet, 4, 2), inline(wanted_from(handout)), xlsx_style.BOLD)
    row = _head(sheet, 5, "表", "Sheet", "内容", "What it is")
    for role, name in names.items():
        row = _line(sheet, row, name, "", _what(role, book))
    row = _head(sheet, row + 1, "怎样填", "How to fill in", "", "")
    for title, said in (*_STEPS, *_figures(book)):
        row = _line(sheet, row, title.zh, title.en, said)
    row = _head(sheet, row + 1, "佐证方式", "Methods", "下拉列表中的词", "Its code in YAML and CSV")
    for method in METHODS:
        row = _line(
            sheet,
            row,
            METHOD_TITLES[method].zh,
            METHOD_TITLES[method].en,
            Title(METHOD_TITLES[method].zh, method),
        )
    xlsx_style.widths(sheet, (0, *_WIDTHS))
    sheet.sheet_view.showGridLines = False
    xlsx_style.page(sheet, inline(book.title), unit, area=f"B2:D{row - 1}")


def wanted_from(handout: Handout) -> Title:
    """Return whose a handout is and by when it is wanted, as its first line says it."""
    zh, en = handout.title
    day, early = handout.by.isoformat(), handout.first_due
    zh_first = f"（最早一项 {early.isoformat()} 到期）" if early else ""
    en_first = f" (the first item is due by {early.isoformat()})" if early else ""
    return Title(
        f"{zh}{'：' if zh else ''}请于 {day} 前填报交回{zh_first}。",
        f"{en}{': ' if en else ''}please fill in and return by {day}{en_first}.",
    )


def _figures(book: RuleBook) -> Iterator[tuple[Title, Title]]:
    """Yield how the rates and the percentages of a book are typed, if it has any."""
    many: list[Iterable[Fact | Field]] = [
        book.facts.values(),
        *(kind.fields.values() for kind in book.kinds.values()),
        *(register.fields.values() for register in book.registers.values()),
    ]
    numbers = [
        (one.type, one.measured_in)
        for one in itertools.chain.from_iterable(many)
        if isinstance(one.type, Number) and one.derived is None
    ]
    percent = any(unit is not None and unit.id == PERCENT for _, unit in numbers)
    share = any(
        unit is None and kind.scale and kind.low >= 0 and kind.high == 10**kind.scale
        for kind, unit in numbers
    )
    if share:
        yield _RATES, _SHARE
    if percent:
        yield _PERCENTAGES, _OF_A_HUNDRED


def _what(role: str, book: RuleBook) -> Title:
    """Describe what a sheet is: by its own title where it is a list."""
    what, _, which = role.partition(":")
    said = _ROLES[what]
    title = (
        book.kinds[which].title
        if what == "party"
        else book.registers[which].title
        if what == "register"
        else None
    )
    return said if title is None else Title(f"{said.zh}：{title.zh}", f"{said.en}: {title.en}")


def _head(sheet: Worksheet, row: int, *texts: str) -> int:
    zh, en, zh_more, en_more = texts
    for column, text in ((2, f"{zh} {en}"), (3, zh_more), (4, en_more)):
        put(
            at(sheet, row, column), text, xlsx_style.WHITE, xlsx_style.DARK
        ).alignment = xlsx_style.WRAP
    sheet.row_dimensions[row].height = 20
    return row + 1


def _line(sheet: Worksheet, row: int, zh: str, en: str, said: Title) -> int:
    for column, text in ((2, f"{zh}\n{en}" if en else zh), (3, said.zh), (4, said.en)):
        cell = put(
            at(sheet, row, column), text, xlsx_style.BOLD if column == 2 else xlsx_style.PLAIN
        )
        cell.alignment, cell.border = xlsx_style.TOP, xlsx_style.BOX
    first = f"{zh}\n{en}" if en else zh
    sheet.row_dimensions[row].height = xlsx_style.height(
        zip((first, said.zh, said.en), _WIDTHS, strict=True)
    )
    return row + 1
