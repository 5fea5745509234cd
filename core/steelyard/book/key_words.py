"""What each key of a book means, in both languages, as an editor shows it beside the key."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from steelyard.messages import Title

_WORDS: Mapping[str, Title] = {
    # What means the same wherever it stands.
    "id": Title("编号，在册内唯一", "the id, unique in the book"),
    "title": Title("名称，中英文", "the name, in Chinese and English"),
    "cites": Title("所依据的条款编号", "the clauses that it carries out"),
    "notes": Title("备注", "remarks for readers"),
    "method": Title("佐证方式", "how it is shown"),
    "responsible": Title("责任部门，offices 中的编号", "the office that must do or show it"),
    "basis": Title("分值依据；default 表示是本系统的默认值", "whose figure it is; `default`: ours"),
    "when": Title("条件表达式", "the condition, an expression"),
    "points": Title("分值", "the points"),
    "needs": Title("须满足的条件", "the condition that must hold"),
    "at_least": Title("分数线：不低于", "from how much on"),
    "weight": Title("权重：与同级各项分摊分值", "its weight among those that share the points"),
    "from": Title("起始日，留空不限", "the first day; open where left out"),
    "to": Title("截止日，留空不限", "the last day; open where left out"),
    # The book.
    "BookEntry.book": Title("规则册编号，如 hospital/base", "the book's id, such as hospital/base"),
    "BookEntry.version": Title("版本号，如 1.0.0", "the version, such as 1.0.0"),
    "BookEntry.sector": Title("行业", "the sector"),
    "BookEntry.effective": Title("施行期间", "the days in which the book is in effect"),
    "BookEntry.extends": Title(
        "所沿用的规则册，或其中的部分", "the books, or parts, it takes over"
    ),
    "BookEntry.tailor": Title("对沿用内容的调整", "what is changed in what is taken over"),
    "BookEntry.points": Title("满分，默认 100", "the points of the whole book, 100 by default"),
    "BookEntry.decimals": Title("分值的小数位数", "the decimals of points"),
    "BookEntry.accepts": Title("可用本册评定的旧版本", "earlier versions whose cases it judges"),
    "BookEntry.bonus": Title("加分上限", "the ceiling of the bonus"),
    "BookEntry.forms": Title(
        "插件计分方式的出处", "the distribution and version of plugins' forms"
    ),
    "parameters": Title("有名称的数值，各有起用日期", "named figures with the days they hold from"),
    "offices": Title("单位内的责任部门", "the offices inside the unit"),
    "options": Title("有名称的选项，type 写其编号", "named options, which a `type` takes by id"),
    "facts": Title("要采集的事实", "the facts to collect"),
    "parties": Title("责任主体的种类", "the kinds of party"),
    "records": Title("台账", "the registers of records"),
    "sections": Title("板块及其分值", "the sections with their points"),
    "rules": Title("规则", "the rules"),
    "limiters": Title("等次限制", "what caps or lowers the grade"),
    "measures": Title("惩戒和奖励措施", "the sanctions and rewards"),
    "consequences": Title("结果运用：处理对照表", "the table of what follows for whom"),
    "stages": Title("阶段及其成果", "the stages with their deliverables"),
    "ladder": Title("创建称号的层级", "the ladder of titles"),
    "grades": Title("等次，从高到低", "the grades, best first"),
    "items": Title("为清单加入的条目", "items put into checklists"),
    "deliverables": Title("阶段须完成的成果", "what the stage must bring"),
    "fields": Title("为台账或主体加入的字段", "fields put into registers and kinds of party"),
    # Facts and fields.
    "FactEntry.type": Title(
        "类型、选项列表，或 options 中的编号", "the type, the options, or their id"
    ),
    "FactEntry.min": Title("下限：数、日期或事实编号", "the least: a number, a date, a fact's id"),
    "FactEntry.max": Title("上限：数、日期或事实编号", "the most: a number, a date, a fact's id"),
    "FactEntry.decimals": Title("小数位数", "its decimals"),
    "FactEntry.is": Title("由其他事实算出的表达式", "worked out by an expression"),
    "FactEntry.default": Title("空着时取的值", "what an empty cell means"),
    "FactEntry.missing": Title("空着的含义：未知、无或不许空", "what empty means"),
    "FactEntry.better": Title("越高越好或越低越好", "whether higher or lower is better"),
    "FactEntry.ordered": Title("选项是否有先后", "whether the options have an order"),
    "FactEntry.measured_in": Title("计量单位", "what the figure counts"),
    "Columns.from_book": Title("由该规则册的评定结果汇总", "filled from assessments by this book"),
    "Columns.roster": Title("应有部分的名单", "who is expected: a kind of party"),
    "Columns.every": Title("每部分多久一条", "how often each part is assessed"),
    "Columns.dated": Title("按哪个日期字段归入周期", "the field whose day must lie in the period"),
    "ParameterEntry.values": Title("各起用日的数值", "the figure from each day on"),
    # Rules.
    "RuleEntry.section": Title("所属板块", "the section that it belongs to"),
    "RuleEntry.dimension": Title("共同维度", "the shared dimension"),
    "RuleEntry.points": Title(
        "分值；等级计分写每级分值", "the points; for `graded` those of each grade"
    ),
    "RuleEntry.effort": Title("整改工作量，默认 1", "what putting it right costs, 1 by default"),
    "RuleEntry.not_applicable": Title("何时不适用", "when the rule does not apply"),
    "RuleEntry.when_undefined": Title(
        "无从计算时如何认定", "what it is where nothing can be divided"
    ),
    "RuleEntry.confident": Title("问卷所需的置信度", "how sure a survey must be"),
    "RuleEntry.bonus": Title("加分规则；同组只计最高", "a bonus; of a group the highest counts"),
    "ItemEntry.weight": Title("在清单中的权重", "its weight in the checklist"),
    "GroupEntry.group": Title("加分组", "the group of the bonus"),
    "PotEntry.ceiling": Title("加分合计的上限", "the most that all bonus rules may add"),
    # Limiters, measures, consequences.
    "LimiterEntry.effect": Title("效力", "what it does to the grade"),
    "EffectEntry.veto": Title("一票否决", "it vetoes"),
    "EffectEntry.not_rated": Title("不定等次", "the unit is not rated"),
    "EffectEntry.cap_grade": Title("最高等次", "no grade better than this"),
    "EffectEntry.downgrade": Title("下降几等", "how many grades lower"),
    "EffectEntry.min_section": Title("某板块的最低分", "the least points of a section"),
    "MeasureEntry.kind": Title("惩戒或奖励", "a sanction or a reward"),
    "MeasureEntry.lasts": Title("期限", "how long it lasts"),
    "MeasureEntry.excludes": Title("与哪些措施互斥", "the measures that it rules out"),
    "MeasureEntry.entails": Title("随之发生的措施", "the measures that follow once it is decided"),
    "ConsequenceEntry.on": Title(
        "看台账、主体种类或单位", "a register, a kind of party, or `subject`"
    ),
    "ConsequenceEntry.by": Title("由哪个字段归到主体", "the field by which records are a party's"),
    "ConsequenceEntry.falls_on": Title("落到谁", "the party on whom it falls"),
    "ConsequenceEntry.all": Title("全部适用的措施", "the measures, all of them imposed"),
    "ConsequenceEntry.one_of": Title(
        "由有权机关任选其一", "bundles among which an authority chooses"
    ),
    # Stages, ladder, tailoring, words.
    "StageEntry.window": Title("起止时间，决定期限", "when it runs, and so what is due by when"),
    "WindowEntry.months": Title("周期当年的月份", "months of the year in which the period begins"),
    "BookEntry.exceptions": Title(
        "有意不守的校验项及理由", "claims that it does not keep on purpose, with the reason"
    ),
    "ExceptionEntry.check": Title("校验项名称", "which claim of `steelyard verify`"),
    "ExceptionEntry.about": Title("所指的规则、台账或事实", "the rule, register or fact it is of"),
    "ExceptionEntry.beside": Title(
        "同时涉及的另一条规则、事实、选项或条件原文",
        "the other rule, the fact, the option or the text of the condition that it names too",
    ),
    "ExceptionEntry.where": Title("在什么情形下有意如此", "where it is meant so"),
    "ExceptionEntry.reason": Title("理由", "the reason"),
    "RungEntry.year": Title("自规划起第几年", "the year, counted from the plan's first"),
    "TailorEntry.set": Title("修改的数值", "figures that are set"),
    "TailorEntry.drop": Title("删去的规则及理由", "rules that are dropped, with the reason"),
    "TailorEntry.add": Title("增加的内容", "what is added"),
    "TailorEntry.replace": Title("整条替换的内容", "what is replaced as a whole"),
    "TitleEntry.zh": Title("中文", "in Chinese"),
    "TitleEntry.en": Title("英文", "in English"),
}


def describe(schema: dict[str, Any], owner: str = "BookEntry") -> None:
    """Write into a schema what each of its properties means; one that says so itself is left."""
    for name, part in schema.get("$defs", {}).items():
        describe(part, name)
    for name, part in schema.get("properties", {}).items():
        words = _WORDS.get(f"{owner}.{name}") or _WORDS.get(name)
        if words is not None:
            part["description"] = said(words)
        describe(part, f"{owner}.{name}")
    for one in schema.get("anyOf", ()):
        describe(one, owner)


def said(words: Title) -> str:
    """Return a description in both languages on one line."""
    return f"{words.zh} | {words.en}"
