"""The words of the lists that the design fixes: how things are shown, the dimensions that sectors
share, and what figures count.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from steelyard.messages import Title

METHOD_TITLES: Mapping[str, Title] = MappingProxyType(
    {
        "documents": Title("材料审核", "documents"),
        "site": Title("实地考察", "site visit"),
        "survey": Title("问卷调查", "survey"),
        "records": Title("台账数据", "records"),
        "report": Title("上级通报", "report from above"),
        "complaint": Title("投诉举报", "complaints"),
    }
)
DIMENSION_TITLES: Mapping[str, Title] = MappingProxyType(
    {
        "leadership": Title("组织领导", "leadership"),
        "learning": Title("学习教育", "learning"),
        "values": Title("思想道德", "values"),
        "integrity": Title("廉洁行风", "integrity"),
        "governance": Title("制度公开", "governance"),
        "service": Title("服务效能", "service"),
        "performance": Title("业务实绩", "performance"),
        "culture": Title("文体活动", "culture"),
        "volunteering": Title("志愿共建", "volunteering"),
        "environment": Title("环境节约", "environment"),
        "safety": Title("平安法治", "safety"),
        "publicity": Title("宣传氛围", "publicity"),
    }
)
_UNITS: Mapping[str, Title] = MappingProxyType(
    {
        "percent": Title("百分之一", "percent"),
        "person": Title("人", "persons"),
        "m2": Title("平方米", "square metres"),
        "yuan": Title("元", "yuan"),
    }
)


def unit_title(measured_in: str) -> Title:
    """Return what a figure counts, in words; a word of the book's own stands for itself."""
    return _UNITS.get(measured_in, Title(measured_in, measured_in))


UNKNOWN_WORDS = frozenset({"unknown", "不详", "未知", "不明", "?"})
"""What a clerk writes, in any case, where a value is not known."""
NONE_WORDS = frozenset({"none", "无", "没有"})
"""What a clerk writes where there is none."""
