"""Rows that add up the others: they stand in many a table, and are neither a record nor a unit."""

from __future__ import annotations

import re
from functools import lru_cache

from steelyard.case.reading.identity import fold
from steelyard.case.reading.parse_values import Wrong, wrong
from steelyard.errors import Fault

_LEAD = (
    "(?:[本全各上该]?(?:年|月|季度?|半年|期|页|周|旬|院|校|局|市|区|县|镇|处|所|级|科室?|部门|单位|"
    "机构|班级?|项目?|类)|第[一二三四1-4]季度|[上下]半年|以上|上述)?"
)
_SUM = "(?:合计|小计|总计|共计|累计|合共|总和|合计数|总计数|汇总|平均|平均数|平均值|平均分|均值)"
_AMOUNT = r"(?:(?:[:=]-?)?[0-9][0-9.,]*%?(?:[个条人项次件元户所家起分]|人次)?)?"
_CHINESE = re.compile(rf"{_LEAD}{_SUM}(?:\([^()]*\))?:?{_AMOUNT}")
_ENGLISH = re.compile(
    r"(?:(?:grand|sub|sum|overall|running)[ -]?)?totals?|sum|average|avg\.?", re.IGNORECASE
)
_TAIL = re.compile(r"\s*(?:\([^()]*\))?\s*(?:[:=]?\s*|\s+)$|\s*(?:[:=]|\s)\s*-?[0-9][0-9.,]*%?$")
_TRADITIONAL = dict(zip("計總匯數彙", "计总汇数汇", strict=True))
# Most cells are seen by this to be no such label.
_PERHAPS = re.compile("[计計和数數汇匯彙共均\uff21-\uff5a]|total|sum|av", re.IGNORECASE)
LONGEST = 60
SUMS = (*"计計和数數汇匯彙共均", "total", "sum", "average", "avg")
"""What any such label holds, in small letters."""
_AROUND = " *-=_~#【】[]<>《》|"


def total_at(text: str, place: str) -> Fault | None:
    """Return the fault of a cell that marks its row as one that adds up the others, as 合计 or
    Grand total do; None where it does not.

    The whole cell must say so: a unit whose name begins with such a word is none.
    """
    if not adds_up(text):
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


@lru_cache(maxsize=4096)
def adds_up(text: str) -> bool:
    """Whether a whole cell says that its row adds up the others."""
    if len(text) > LONGEST or not _PERHAPS.search(text):
        return False
    word = "".join(_TRADITIONAL.get(sign, sign) for sign in fold(text).strip(_AROUND))
    if _CHINESE.fullmatch(word.replace(" ", "")):
        return True
    return _ENGLISH.fullmatch(_TAIL.sub("", word, count=1).rstrip()) is not None
