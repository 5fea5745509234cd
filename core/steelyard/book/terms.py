"""The words of the lists that the design fixes, in both languages: ways of showing, dimensions,
outcomes, steps of the ledger, kinds of clauses.

Whatever names one of them takes its name from here.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from steelyard.messages import Title


def _named(**titles: tuple[str, str]) -> Mapping[str, Title]:
    return MappingProxyType({name: Title(*both) for name, both in titles.items()})


METHOD_TITLES = _named(
    documents=("材料审核", "documents"),
    site=("实地考察", "site visit"),
    survey=("问卷调查", "survey"),
    records=("台账数据", "records"),
    report=("上级通报", "report from above"),
    complaint=("投诉举报", "complaints"),
)
DIMENSION_TITLES = _named(
    leadership=("组织领导", "leadership"),
    learning=("学习教育", "learning"),
    values=("思想道德", "values"),
    integrity=("廉洁行风", "integrity"),
    governance=("制度公开", "governance"),
    service=("服务效能", "service"),
    performance=("业务实绩", "performance"),
    culture=("文体活动", "culture"),
    volunteering=("志愿共建", "volunteering"),
    environment=("环境节约", "environment"),
    safety=("平安法治", "safety"),
    publicity=("宣传氛围", "publicity"),
)
OUTCOME_TITLES: Mapping[str, Title] = MappingProxyType({
    "pass": Title("达标", "met"),
    "partial": Title("部分达标", "met in part"),
    "fail": Title("不达标", "not met"),
    "unknown": Title("待查证", "open"),
    "not_applicable": Title("不适用", "does not apply"),
    "waived": Title("已豁免", "waived"),
})  # fmt: skip
STEP_TITLES = _named(
    item=("规则得分", "points of a rule"),
    redistribution=("分摊不适用项的分值", "share of what does not apply"),
    rounding=("凑整", "rounding"),
    bonus=("加分", "bonus"),
    clamp=("不超过满分", "held at full points"),
)
CLAUSE_TITLES = _named(
    activity=("活动", "activity"),
    bonus=("加分", "bonus"),
    disclosure=("公开", "disclosure"),
    organisation=("组织", "organisation"),
    principle=("原则", "principle"),
    prohibition=("禁令", "prohibition"),
    requirement=("要求", "requirement"),
    reward=("奖励", "reward"),
    sanction=("惩处", "sanction"),
    stage=("阶段", "stage"),
    target=("目标", "target"),
    veto=("一票否决", "veto"),
)
UNKNOWN_WORDS = frozenset({"unknown", "不详", "未知", "不明", "?"})
"""What a clerk writes, in any case, where a value is not known."""
NONE_WORDS = frozenset({"none", "无", "没有"})
"""What a clerk writes where there is none."""
