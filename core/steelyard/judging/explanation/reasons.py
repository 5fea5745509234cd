"""Why: the reason of every finding and consequence, in both languages, from the reference reading
of the case.
"""

from __future__ import annotations

from fractions import Fraction
from functools import lru_cache
from typing import TYPE_CHECKING, cast

from steelyard.book.model import (
    Banded,
    Checklist,
    Demerit,
    Graded,
    Judged,
    Proportional,
    Requires,
    Rule,
    RuleBook,
    Staged,
)
from steelyard.book.titles import BookTitles
from steelyard.case.environment import CaseWorld
from steelyard.case.model import Case
from steelyard.expression.prose import CONTRARY, RELATIONS, figure, phrase, uncapped
from steelyard.expression.reference import NEVER, Evaluation, Reading
from steelyard.expression.tree import (
    Compare,
    Literal,
    Logic,
    Name,
    Node,
    Not,
    Over,
    Reach,
    children,
)
from steelyard.expression.types import RATE, SCALE_CAP, Boolean, Choice, Date, Number, Type, ranged
from steelyard.expression.values import Bounds, Truth
from steelyard.judging.shown import shown_of
from steelyard.messages import LANGUAGES, Language, Title

if TYPE_CHECKING:
    from steelyard.judging.assessment import Assessment, Followed, Verdict

_FEW = 3


def reasons(assessment: Assessment) -> list[Title]:
    """Return why each rule came out as it did, in the book's order."""
    teller = _Teller(assessment.book, assessment.case)
    return [teller.finding(verdict, assessment.judged) for verdict in assessment.verdicts]


def because_of(assessment: Assessment, followed: Followed) -> Title:
    """Return why a consequence follows: the condition of its row."""
    row = assessment.book.consequences[followed.row]
    if row.when is None:
        return (
            assessment.book.registers[row.on].title
            if row.scope == "register"
            else Title("无条件", "in every case")
        )
    said = _phrases(assessment.book).of(row.when, row.on if row.scope == "register" else None)
    return (
        said
        if followed.certain
        else Title(f"尚不能排除：{said.zh}", f"not excluded yet: {said.en}")
    )


class _Phrases:
    """What the expressions of a book read as, each read aloud once: cases differ in their values
    alone.
    """

    def __init__(self, book: RuleBook) -> None:
        self.book = book
        self._said: dict[tuple[int, str | None, bool], Title] = {}

    def of(self, node: Node, register: str | None = None, *, contrary: bool = False) -> Title:
        # The book holds its nodes as long as this holds the book, so that a node's identity is a
        # name for it.
        key = (id(node), register, contrary)
        if key not in self._said:
            whole = Not(type=Boolean(), item=node) if contrary else node
            titles = BookTitles(self.book, register)
            self._said[key] = Title(*(phrase(whole, titles, language) for language in LANGUAGES))
        return self._said[key]


@lru_cache(maxsize=64)
def _phrases(book: RuleBook) -> _Phrases:
    return _Phrases(book)


class _Teller:
    """Explains the reasons of one case; evaluates only what it mentions."""

    def __init__(self, book: RuleBook, case: Case) -> None:
        self.book = book
        self.case = case
        self.world = CaseWorld(shown_of(book, case))
        self.titles = BookTitles(book)
        self.phrases = _phrases(book)
        # What was evaluated for one language serves the other.
        self._readings: dict[int, Reading] = {}
        self._matched: dict[int, int] = {}

    def truth(self, node: Node) -> Truth:
        found = self.read(node)
        return found if isinstance(found, Truth) else NEVER

    def read(self, node: Node) -> Reading:
        if id(node) not in self._readings:
            self._readings[id(node)] = Evaluation(self.world).read(node)
        return self._readings[id(node)]

    def finding(self, verdict: Verdict, judged: object) -> Title:
        rule = self.book.rules[verdict.rule]
        if verdict.outcome == "waived":
            waiver = self.case.waivers[rule.id]
            reason = f"：{waiver.reason}" if waiver.reason else ""
            return Title(
                f"{waiver.authority}豁免至{waiver.until.isoformat()}{reason}",
                f"waived by {waiver.authority} until {waiver.until.isoformat()}"
                + (f": {waiver.reason}" if waiver.reason else ""),
            )
        if verdict.outcome == "not_applicable":
            return self._not_applicable(rule)
        found = judged.get(rule.id) if isinstance(judged, dict) else None
        if found is not None:
            return found.because or Title("由插件判定", "judged by a plugin")
        if verdict.outcome == rule.when_undefined and self._undecided(rule):
            return Title(
                "没有可计算的基数："
                + ("视为达到" if rule.when_undefined == "pass" else "视为未达到"),
                f"there is nothing to measure it by, which counts as a {rule.when_undefined}",
            )
        told = [self._told(rule, verdict, language) for language in LANGUAGES]
        if rule.not_applicable is not None and self.truth(rule.not_applicable).may:
            said = self.phrases.of(rule.not_applicable)
            told = [
                f"{told[0]}；尚不能排除不适用：{said.zh}",
                f"{told[1]}; it may not apply: {said.en}",
            ]
        return Title(*told)

    def _not_applicable(self, rule: Rule) -> Title:
        node = rule.not_applicable
        if node is not None and self.truth(node).must:
            said = self.phrases.of(node)
            return Title(f"不适用：{said.zh}", f"does not apply: {said.en}")
        if isinstance(rule.form, (Checklist, Staged)):
            return Title("各项均不适用或未到期", "none of its items applies or is due")
        return Title(
            "不适用：没有可计算的基数", "does not apply: there is nothing to measure it by"
        )

    def _undecided(self, rule: Rule) -> bool:
        """Whether what a rule asks leaves it open, so that `when_undefined` alone can have settled
        it.
        """
        match rule.form:
            case Requires(condition=node) | Banded(value=node) | Proportional(rate=node):
                evaluation = Evaluation(self.world)
                found = evaluation.read(node)
                known = (
                    found.must == found.may
                    if isinstance(found, Truth)
                    else isinstance(found, Bounds) and found.low == found.high
                )
                return evaluation.undefined and not known and not self._missing(node, "en")
            case _:
                return False

    def _told(self, rule: Rule, verdict: Verdict, language: Language) -> str:
        match rule.form:
            case Requires(condition=node):
                return self.condition(node, language)
            case Checklist():
                return self._checklist(rule.form, rule.bonus, language)
            case Graded(fact=node):
                return self._graded(node, language)
            case Banded(value=node):
                return self.valued(node, language)
            case Proportional(rate=node):
                return self.valued(node, language, rate=True)
            case Demerit():
                return self._demerit(rule.form, verdict, language)
            case Staged():
                return self._staged(rule.form, language)
            case Judged(name=name):
                return (
                    f"待插件判定（{name}）"
                    if language == "zh"
                    else f"still to be judged by a plugin (`{name}`)"
                )

    def condition(self, node: Node, language: Language) -> str:
        """Return why a condition holds, fails, or is open: the parts that decide it, with their
        values.
        """
        zh = language == "zh"
        truth = self.truth(node)
        match node:
            case Logic(op=op, items=items):
                decisive = [item for item in items if self._decides(self.truth(item), truth, op)]
                parts = [self.condition(item, language) for item in decisive or items]
                joint = (
                    ("；" if zh else "; ")
                    if not truth.must and truth.may
                    else ("且" if zh else " and ")
                )
                return joint.join(parts)
            case Not(item=item):
                return self.condition(item, language)
            case Compare() if ranged(node.left.type) is not None:
                return self._comparison(node, truth, language)
            case Over():
                return self._over(node, truth, language)
            case _:
                return self._plain(node, truth, language)

    def _decides(self, one: Truth, whole: Truth, op: str) -> bool:
        if whole.must or not whole.may:
            return (
                one == whole
                if (op == "or") == whole.must
                else True
                if op == "and" and whole.must
                else one == whole
            )
        return not one.must and one.may

    def _plain(self, node: Node, truth: Truth, language: Language) -> str:
        if truth.must != truth.may:
            return self._open(node, language)
        if truth.must:
            return self.phrases.of(node).of(language)
        return self.phrases.of(node, contrary=True).of(language)

    def _open(self, node: Node, language: Language) -> str:
        missing = self._missing(node, language)
        if missing:
            return (
                f"尚缺佐证：{'、'.join(missing)}"
                if language == "zh"
                else f"still to be shown: {', '.join(missing)}"
            )
        said = self.phrases.of(node).of(language)
        return f"尚不能认定：{said}" if language == "zh" else f"still open: {said}"

    def _missing(self, node: Node, language: Language) -> list[str]:
        """Return the titles of facts and registers that a node reads and the case does not show."""
        found: dict[str, None] = {}
        todo = [node]
        while todo:
            part = todo.pop(0)
            if isinstance(part, Name) and part.kind == "fact":
                fact = self.book.facts[part.name]
                if fact.derived is not None:
                    todo.append(fact.derived)
                elif part.name not in self.case.given:
                    found.setdefault(_said(fact.title, language))
            elif isinstance(part, Over) and not self.case.registers[part.register].complete:
                found.setdefault(_said(self.book.registers[part.register].title, language))
            todo.extend(children(part))
        return list(found)

    def _comparison(self, node: Compare, truth: Truth, language: Language) -> str:
        zh = language == "zh"
        if truth.must != truth.may:
            if node.confidence and self.world.survey(cast("Name", node.left)) is not None:
                said = self.valued(node.left, language)
                return f"{said}，样本不足以认定" if zh else f"{said}, and the sample cannot tell"
            return self._open(node, language)
        op = node.op if truth.must else CONTRARY[node.op]
        if self._value(node.left) is None or self._value(node.right) is None:
            said = self.phrases.of(node).of(language)
            return f"没有相应的值：{said}" if zh else f"there is no value for: {said}"
        relation = RELATIONS[op][isinstance(ranged(node.left.type), Date)].of(language)
        left = self.valued(node.left, language, beside=self._settled(node.right))
        right = self._beside(node.right, node.left, language)
        return f"{left}{relation}{right}" if zh else f"{left} {relation} {right}"

    def _beside(self, node: Node, other: Node, language: Language) -> str:
        """Return the right side of a comparison: a figure alone, other things with their names."""
        if isinstance(node, Literal) or (isinstance(node, Name) and node.kind == "parameter"):
            value = self._value(node)
            kind = other.type if isinstance(ranged(other.type), Number) else node.type
            if isinstance(node, Literal) and isinstance(node.value, str):
                return self.titles.option(other, node.value).of(language)
            return "" if value is None else _number(value.low, kind, self._settled(other))
        return self.valued(node, language, beside=self._settled(other))

    def _settled(self, node: Node) -> Fraction | None:
        """Return the one value of a number that is settled: what stands beside it shall not look
        the same where it is not.
        """
        found = self._value(node)
        return found.low if found is not None and found.low == found.high else None

    def _value(self, node: Node) -> Bounds | None:
        found = self.read(node)
        return found if isinstance(found, Bounds) else None

    def valued(
        self,
        node: Node,
        language: Language,
        *,
        rate: bool = False,
        beside: Fraction | None = None,
    ) -> str:
        """Return a quantity's words with its value or range; a `rate` reads in percent, whatever
        its own type, and what stands `beside` it looks different where it is.
        """
        said = self.phrases.of(node).of(language)
        found = self.read(node)
        if not isinstance(found, Bounds):
            return f"{said}（无）" if language == "zh" else f"{said} (none)"
        if isinstance(node, Literal):
            return said
        if found.low == found.high:
            shown = (
                _number(found.low, RATE)
                if rate
                else _option_or_number(self, node, found.low, language, beside)
            )
            if isinstance(node, (Name, Reach)):
                return f"{said}{shown}" if language == "zh" else f"{said} {shown}"
            # What is worked out on the spot is a clause, and its value would read as part of it.
            return f"{said}（{shown}）" if language == "zh" else f"{said} ({shown})"
        missing = self._missing(node, language)
        if missing:
            listed = "、".join(missing) if language == "zh" else ", ".join(missing)
            return (
                f"{said}未知，尚缺：{listed}"
                if language == "zh"
                else f"{said} is not known; still to be shown: {listed}"
            )
        ends = [
            _number(end, RATE) if rate else _option_or_number(self, node, end, language, beside)
            for end in (found.low, found.high)
        ]
        return (
            f"{said}在{ends[0]}至{ends[1]}之间"
            if language == "zh"
            else f"{said} is between {ends[0]} and {ends[1]}"
        )

    def _over(self, node: Over, truth: Truth, language: Language) -> str:
        zh = language == "zh"
        if node.function != "any":
            return self._plain(node, truth, language)
        register = _said(self.book.registers[node.register].title, language)
        where = (
            self.phrases.of(node.where, node.register).of(language)
            if node.where is not None
            else ""
        )
        tail = ("：" if zh else ": ") + where if where else ""
        if truth.must:
            return f"有符合的{register}{tail}" if zh else f"there are {register} that match{tail}"
        if not truth.may:
            return f"没有符合的{register}{tail}" if zh else f"no {register} match{tail}"
        return (
            f"尚不能认定有无{register}{tail}"
            if zh
            else f"it is open whether any {register} match{tail}"
        )

    def _graded(self, node: Node, language: Language) -> str:
        name = cast("Name", node)
        fact = self.book.facts[name.name]
        given = self.case.facts.get(name.name)
        title = fact.title.of(language)
        if given is None or (given.word is None and given.low is None) or given.low != given.high:
            return f"{title}：尚未评定" if language == "zh" else f"{title}: not graded yet"
        if given.low is None and not isinstance(given.word, str):
            return (
                f"{title}：佐证不一致" if language == "zh" else f"{title}: the evidence disagrees"
            )
        option = (
            str(given.word)
            if given.low is None
            else getattr(fact.type, "options", ("",))[given.low]
        )
        said = fact.options.get(option, Title(option, option)).of(language)
        return f"{title}：{said}" if language == "zh" else f"{title}: {said}"

    def _checklist(self, form: Checklist, claimed: bool, language: Language) -> str:  # noqa: FBT001
        zh = language == "zh"
        ticks: dict[str, list[str]] = {"yes": [], "no": [], "na": [], "": []}
        for item in form.items:
            given = self.case.facts.get(item.id)
            word = given.word if given is not None and isinstance(given.word, str) else ""
            ticks["no" if claimed and not word else word].append(item.title.of(language))
        asked = len(form.items) - len(ticks["na"])
        parts = [
            f"{asked}项中达到{len(ticks['yes'])}项"
            if zh
            else f"{len(ticks['yes'])} of {asked} items met"
        ]
        if ticks["no"]:
            parts.append(("未达到：" if zh else "not met: ") + _few(ticks["no"], language))
        if ticks[""]:
            parts.append(
                ("尚缺佐证：" if zh else "still to be shown: ") + _few(ticks[""], language)
            )
        if ticks["na"]:
            parts.append(
                f"不适用{len(ticks['na'])}项" if zh else f"{len(ticks['na'])} not applicable"
            )
        return ("；" if zh else "; ").join(parts)

    def _demerit(self, form: Demerit, verdict: Verdict, language: Language) -> str:
        zh = language == "zh"
        register = self.book.registers[form.register].title
        word = register.zh if zh else uncapped(register.en)
        sure, perhaps = self._matching(form, len(verdict.records))
        if form.where is None:
            said = (
                (f"有{sure}条{word}" if sure else f"没有{word}") if zh else f"{sure or 'no'} {word}"
            )
        else:
            where = self.phrases.of(form.where, form.register).of(language)
            if zh:
                found = (
                    f"有{sure}条{word}符合"
                    if sure
                    else f"没有查明符合的{word}"
                    if perhaps
                    else f"没有符合的{word}"
                )
                said = f"{found}：{where}" + (f"；另有{perhaps}条可能符合" if perhaps else "")
            else:
                found = f"1 of the {word} matches" if sure == 1 else f"{sure or 'no'} {word} match"
                said = f"{found}: {where}" + (f"; {perhaps} more may match" if perhaps else "")
        if not self.case.registers[form.register].complete:
            said += "；台账尚未完整" if zh else "; the register is not complete"
        return said

    def _matching(self, form: Demerit, hits: int) -> tuple[int, int]:
        """Return how many records surely match, and how many more may."""
        if form.where is None:
            return hits, 0
        if not hits:
            return 0, 0
        if id(form) not in self._matched:
            over = Over(
                type=Number(),
                function="count",
                register=form.register,
                where=form.where,
                claimed=True,
            )
            found = Evaluation(self.world).bounds(over)
            self._matched[id(form)] = int(found.low) if found is not None else 0
        sure = self._matched[id(form)]
        return sure, hits - sure

    def _staged(self, form: Staged, language: Language) -> str:
        from steelyard.judging.assessment import windows

        zh = language == "zh"
        due = windows(self.book, self.case)[form.stage]
        groups: dict[str, list[str]] = {"in time": [], "late": [], "not done": [], "open": []}
        for one in self.book.stages[form.stage].deliverables:
            given = self.case.facts.get(one.id)
            if given is None:
                key = "open"
            elif given.low is None or given.low > self.case.as_of.toordinal():
                key = "not done"
            else:
                key = "in time" if due is None or given.low <= due else "late"
            groups[key].append(one.title.of(language))
        total = sum(len(names) for names in groups.values())
        parts = [
            f"{total}项中按期完成{len(groups['in time'])}项"
            if zh
            else f"{len(groups['in time'])} of {total} done in time"
        ]
        for key, words in (
            ("late", ("逾期：", "late: ")),
            ("not done", ("未完成：", "not done: ")),
            ("open", ("尚缺佐证：", "still to be shown: ")),
        ):
            if groups[key]:
                parts.append(words[0 if zh else 1] + _few(groups[key], language))
        return ("；" if zh else "; ").join(parts)


def _said(title: Title, language: Language) -> str:
    return title.zh if language == "zh" else uncapped(title.en)


def _few(names: list[str], language: Language) -> str:
    """Return the first few names and how many more there are."""
    joint = "、" if language == "zh" else ", "
    text = joint.join(names[:_FEW])
    rest = len(names) - _FEW
    if rest > 0:
        text += f"等{len(names)}项" if language == "zh" else f" and {rest} more"
    return text


def _number(value: Fraction, kind: Type, beside: Fraction | None = None) -> str:
    span = ranged(kind)
    if isinstance(span, Number) and (value * 10**span.scale).denominator != 1:
        # A finer figure than the other side's: keep its own places.
        span = RATE if span.high == 10**span.scale else Number(SCALE_CAP)
    return figure(value, span or Number(), beside)


def _option_or_number(
    teller: _Teller, node: Node, value: Fraction, language: Language, beside: Fraction | None
) -> str:
    if isinstance(node.type, Choice):
        return teller.titles.option(node, node.type.options[int(value)]).of(language)
    return _number(value, node.type, beside)
