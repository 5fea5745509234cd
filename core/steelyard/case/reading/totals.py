"""Rows that add up the others: they stand in many a table, and are neither a record nor a unit."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache

from steelyard.case.reading.identity import fold
from steelyard.case.reading.parse_values import Wrong, wrong
from steelyard.errors import Fault

_LEAD = (
    "(?:[本全各上该]?(?:年|月|季度?|半年|期|页|周|旬|院|校|局|市|区|县|镇|处|所|级|科室?|部门|单位|"
    "机构|班级?|项目?|类)|第[一二三四1-4]季度|[上下]半年|以上|上述|全部|总)?"
)
_SUM = "(?:合计|小计|总计|共计|累计|合共|总和|合计数|总计数|汇总|平均|平均数|平均值|平均分|均值)"
# What a label of totals names and a name of its own never is: 合计金额.
_SUMMED = "(?:人民币|大写|金额|总额|人数|人次|件数|次数|条数|户数|笔数|份数|项数|天数|数量?|得分)"
_UNIT = "(?:[个条人项次件元户所家起分笔份天例名]整?|人次|万元)"
_AMOUNT = rf"(?:(?:[:=]-?)?(?:人民币|RMB|CNY)?[¥$]?[0-9][0-9.,]*%?{_UNIT}?)?"
_NOTE = r"(?:\([^()]*\))?"
_CHINESE = re.compile(
    rf"{_LEAD}{_SUM}{_SUMMED}?{_NOTE}:?{_AMOUNT}"
    rf"|(?:以上|上述|全部|总)共[计有]?[0-9]+{_UNIT}"
    rf"|[Σ∑]:?[\u4e00-\u9fff]{{0,10}}{_AMOUNT}",
    re.IGNORECASE,
)
_CHINESE_NAME = re.compile(rf".{{1,20}}{_SUM}{_NOTE}:?{_AMOUNT}", re.IGNORECASE)
_CHINESE_DOUBT = re.compile(
    rf"[^，。；、,;!?！？]{{1,15}}{_SUM}{_NOTE}:?{_AMOUNT}"
    rf"|{_LEAD}{_SUM}(?![划算量])[^，。；、,;!?！？]{{1,12}}"
    rf"|.{{0,6}}共[计有]?[0-9]+{_UNIT}",
    re.IGNORECASE,
)
_TOTAL = "(?:(?:grand|sub|sum|overall|running)[ -]?)?totals?"
_ENGLISH = re.compile(rf"{_TOTAL}|sum|average|avg\.?", re.IGNORECASE)
_ENGLISH_NAME = re.compile(
    rf".{{1,40}} {_TOTAL}|{_TOTAL} (?:number|amount|count) .*", re.IGNORECASE
)
_WORD = "[a-z'-]+"
_ENGLISH_DOUBT = re.compile(
    rf"(?:{_WORD} ){{1,3}}{_TOTAL}|{_TOTAL}(?: {_WORD}){{1,3}}", re.IGNORECASE
)
_ENGLISH_ID_DOUBT = re.compile(rf"(?:sum|{_TOTAL}) (?:of|for) .*", re.IGNORECASE)
_TAIL = re.compile(r"\s*(?:\([^()]*\))?\s*(?:[:=]?\s*|\s+)$|\s*(?:[:=]|\s)\s*-?[0-9][0-9.,]*%?$")
_TRADITIONAL = dict(zip("計總匯數彙", "计总汇数汇", strict=True))
# Most cells are seen by this to be no such label.
_PERHAPS = re.compile("[计計和數数汇匯彙共均Σ∑\uff21-\uff5a]|total|sum|av", re.IGNORECASE)
LONGEST = 60
_GAP = r"[\p{Z}\p{Cf}]*"
SUMS = (
    f"[合小总總共累]{_GAP}[计計]", f"[合总總]{_GAP}[共和]", f"[汇匯彙]{_GAP}[总總]",
    f"平{_GAP}均|均{_GAP}值", f"共{_GAP}[计計有]?{_GAP}[0-9]", "[Σσ∑]", "total", "sum", "average",
    "avg", r"[\x{2e80}-\x{2fdf}\x{f900}-\x{faff}\x{ff10}-\x{ff5a}]",
)  # fmt: skip
"""What any such label holds, as patterns of SQL that do not tell capitals from small letters."""
_AROUND = " *-=_~#【】[]<>《》|"


def total_at(text: str, place: str, *, named: bool = True) -> Fault | None:
    """Return the fault of a cell that marks its row as one that adds up the others, as 合计 or
    Grand total do; None where it does not.

    The whole cell must say so: a unit whose name begins with such a word is none.
    """
    if not adds_up(text, named=named):
        return None
    why = sum_told(text)
    return Fault(place, why.message, why.values)


def sum_told(text: object) -> Wrong:
    """Return why a row does not count whose cell says that it adds up the others."""
    return wrong(
        "`{text}` marks a row that adds up the others: leave that row out; a thing of this name is "
        "written in full",
        text=text,
    )


def none_adds_up(texts: Iterable[str]) -> bool:
    """Whether it is seen at a glance that no cell of a row says, or may say, that the row adds up
    the others; most rows need no closer look.
    """
    return _PERHAPS.search("\n".join(texts)) is None


def may_be_sum(text: object) -> Wrong:
    """Return why a record does not count of which a cell may say that it adds up the others."""
    return wrong(
        "`{text}` may mark a row that adds up the others, or be said of a record: leave that row "
        "out, or give the record an id of its own",
        text=text,
    )


@lru_cache(maxsize=4096)
def adds_up(text: str, *, named: bool = True) -> bool:
    """Whether a whole cell says that its row adds up the others; of an id or a name, where it is
    `named`, also when it ends so, as 市级小计 does.
    """
    chinese, english = _label(text)
    return any(
        form.fullmatch(word) is not None
        for form, word in (
            (_CHINESE, chinese),
            (_ENGLISH, english),
            *(((_CHINESE_NAME, chinese), (_ENGLISH_NAME, english)) if named else ()),
        )
    )


def may_add_up(text: str, *, named: bool) -> bool:
    """Whether a short cell begins or ends as one that says that its row adds up the others, as
    人数合计 or Total breaches, or as an id Sum of breaches; what is meant is told by the rest of
    the row.
    """
    chinese, english = _label(text)
    return (
        adds_up(text, named=False)
        or _CHINESE_DOUBT.fullmatch(chinese) is not None
        or _ENGLISH_DOUBT.fullmatch(english) is not None
        or (named and _ENGLISH_ID_DOUBT.fullmatch(english) is not None)
    )


def _label(text: str) -> tuple[str, str]:
    """Return a cell as a label is looked up in Chinese and in English, empty where it is none."""
    if len(text) > LONGEST or not _PERHAPS.search(text):
        return "", ""
    word = "".join(_TRADITIONAL.get(sign, sign) for sign in fold(text).strip(_AROUND))
    return word.replace(" ", ""), _TAIL.sub("", word, count=1).rstrip()
