"""Why: the reason of every finding and consequence, in both languages, from the reference reading
of the case.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from fractions import Fraction
from functools import lru_cache
from typing import cast

from steelyard.book.difference.book_change import BookWords
from steelyard.book.model import Deliverable, Rule, RuleBook
from steelyard.book.titles import BookTitles
from steelyard.case.environment import CaseWorld, Cells, RecordWorld
from steelyard.case.model import Case, Given
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
from steelyard.expression.values import Bounds, Truth, is_whole
from steelyard.judging.findings import Finding, Followed, Verdict, windows
from steelyard.judging.shown import shown_of
from steelyard.messages import LANGUAGES, Language, Title

_MOST_KEPT = 50_000


def reasons(
    book: RuleBook, case: Case, verdicts: Iterable[Verdict], judged: Mapping[str, Finding]
) -> list[Title]:
    """Return why each rule came out as it did, in the book's order; `judged` holds what plugins
    found.
    """
    teller = _Teller(book, case)
    return [teller.finding(verdict, judged) for verdict in verdicts]


def because_of(book: RuleBook, followed: Followed) -> Title:
    """Return why a consequence follows: the condition of its row."""
    row = book.consequences[followed.row]
    if row.when is None:
        return (
            book.registers[row.on].title
            if row.scope == "register"
            else Title("无条件", "in every case")
        )
    said = _phrases(book).of(row.when, row.on if row.scope == "register" else None)
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
        # Why rules came out as they did whose items were ticked so in a case before.
        self.ticked: dict[tuple[object, ...], Title] = {}

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
        self.words = BookWords(book)
        self.claimed = False
        self.records: Collection[str] = ()
        # What was evaluated for one language serves the other.
        self._readings: dict[int, Reading] = {}
        self._matched: dict[tuple[str, int, tuple[str, ...] | None], int] = {}
        self._rates: dict[int, list[str]] = {}

    def truth(self, node: Node) -> Truth:
        found = self.read(node)
        return found if isinstance(found, Truth) else NEVER

    def read(self, node: Node) -> Reading:
        if id(node) not in self._readings:
            self._readings[id(node)] = Evaluation(self.world).read(node)
        return self._readings[id(node)]

    def finding(self, verdict: Verdict, judged: Mapping[str, Finding]) -> Title:
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
        found = judged.get(rule.id)
        if found is not None:
            return found.because or Title("由插件判定", "judged by a plugin")
        if verdict.outcome == rule.when_undefined and self._undecided(rule):
            return Title(
                "没有可计算的基数："
                + ("视为达标" if rule.when_undefined == "pass" else "视为不达标"),
                f"there is nothing to measure it by, which counts as a {rule.when_undefined}",
            )
        self.claimed, self.records = rule.bonus, verdict.records
        if rule.form.by_ticks and rule.not_applicable is None:
            return self._by_ticks(rule)
        told = [rule.form.because(self, language) for language in LANGUAGES]
        if rule.not_applicable is not None and self.truth(rule.not_applicable).may:
            said = self.phrases.of(rule.not_applicable)
            told = [
                f"{told[0]}；尚不能排除不适用：{said.zh}",
                f"{told[1]}; it may not apply: {said.en}",
            ]
        return Title(*told)

    def _by_ticks(self, rule: Rule) -> Title:
        facts, kept = self.case.facts, self.phrases.ticked
        ticks = (facts[one.id].word if one.id in facts else None for one in rule.form.items)
        key = (rule.id, *ticks)
        if key in kept:
            return kept[key]
        told = Title(*(rule.form.because(self, language) for language in LANGUAGES))
        if len(kept) < _MOST_KEPT:
            kept[key] = told
        return told

    def _not_applicable(self, rule: Rule) -> Title:
        node = rule.not_applicable
        if node is not None and self.truth(node).must:
            said = self.phrases.of(node)
            return Title(f"不适用：{said.zh}", f"does not apply: {said.en}")
        if rule.lowered.applies is not None:
            return Title("各项均不适用或未到期", "none of its items applies or is due")
        return Title(
            "不适用：没有可计算的基数", "does not apply: there is nothing to measure it by"
        )

    def _undecided(self, rule: Rule) -> bool:
        """Whether what a rule asks leaves it open, so that `when_undefined` alone can have settled
        it.
        """
        for node, register in rule.form.expressions():
            evaluation = Evaluation(self.world)
            if register is not None:
                continue
            found = evaluation.read(node)
            known = (
                found.must == found.may
                if isinstance(found, Truth)
                else isinstance(found, Bounds) and found.settled
            )
            if evaluation.undefined and not known and not self._missing(node, "en"):
                return True
        return False

    # What forms ask of a case

    def bounds(self, node: Node) -> Bounds | None:
        """Return a number as bounds, None where there is none."""
        return self._value(node)

    def given(self, fact: str) -> Given | None:
        """Return a fact that was shown, or None."""
        return self.case.facts.get(fact)

    def complete(self, register: str) -> bool:
        """Whether a register is complete."""
        return self.case.registers[register].complete

    def title(self, fact: str) -> Title:
        """Return the title of a fact."""
        return self.book.facts[fact].full_title

    def option(self, fact: str, option: str) -> Title:
        """Return the title of an option of a fact."""
        return self.book.facts[fact].options.get(option, Title(option, option))

    def phrase(self, node: Node, language: Language, register: str | None = None) -> str:
        """Return an expression in words."""
        return self.phrases.of(node, register).of(language)

    def count(self, register: str, where: Node | None, among: Collection[str] | None = None) -> int:
        """Return how many records, or of those `among` some, surely match a condition."""
        key = (register, id(where), None if among is None else tuple(among))
        if key not in self._matched:
            rows = zip(
                self.case.registers[register].ids, self.world.shown_.registers[register][2],
                strict=True,
            )  # fmt: skip
            self._matched[key] = sum(
                where is None or self._at(register, cells).truth(where).must
                for name, cells in rows
                if among is None or name in among
            )
        return self._matched[key]

    def _at(self, register: str, cells: Cells) -> Evaluation:
        return Evaluation(RecordWorld(self.world, register, cells))

    def day(self, name: str, kind: str = "moment") -> int | None:
        """Return a moment of the case, or the last day of a stage's window."""
        if kind == "window":
            return windows(self.book, self.case)[name]
        moments = {
            "as_of": self.case.as_of,
            "period_start": self.case.first,
            "period_end": self.case.last,
        }
        return moments[name].toordinal()

    def deliverables(self, stage: str) -> tuple[Deliverable, ...]:
        """Return what a stage must bring."""
        return self.book.stages[stage].deliverables

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
                    found.setdefault(_said(fact.full_title, language))
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
        left = self.valued(node.left, language, beside=self._settled(node.right), aside=True)
        right = self._beside(node.right, node.left, language)
        return f"{left}{relation}{right}" if zh else f"{left} {relation} {right}"

    def _beside(self, node: Node, other: Node, language: Language) -> str:
        """Return the right side of a comparison: a figure alone, other things with their names."""
        if isinstance(node, Literal) or (isinstance(node, Name) and node.kind == "parameter"):
            value = self._value(node)
            kind = other.type if isinstance(ranged(other.type), Number) else node.type
            if isinstance(node, Literal) and isinstance(node.value, str):
                return self.titles.option(other, node.value).of(language)
            return "" if value is None else number_words(value.low, kind, self._settled(other))
        return self.valued(node, language, beside=self._settled(other), aside=True)

    def _settled(self, node: Node) -> Fraction | None:
        """Return the one value of a number that is settled: what stands beside it shall not look
        the same where it is not.
        """
        found = self._value(node)
        return found.low if found is not None and found.settled else None

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
        aside: bool = False,
    ) -> str:
        """Return a quantity's words with its value or range; a `rate` reads in percent, whatever
        its own type, and what stands `beside` it looks different where it is. What is open of it is
        a clause, or stands `aside` in brackets where the sentence goes on.
        """
        said = self.phrases.of(node).of(language)
        found = self.read(node)
        if not isinstance(found, Bounds):
            return f"{said}（无）" if language == "zh" else f"{said} (none)"
        if isinstance(node, Literal):
            return said
        ends = (
            self._rated(node, found)
            if rate
            else [_option_or_number(self, node, end, language, beside) for end in _ends(found)]
        )
        if found.settled:
            shown = ends[0]
            if isinstance(node, (Name, Reach)):
                return f"{said}{shown}" if language == "zh" else f"{said} {shown}"
            # What is worked out on the spot is a clause, and its value would read as part of it.
            return f"{said}（{shown}）" if language == "zh" else f"{said} ({shown})"
        missing = self._missing(node, language)
        return f"{said}{_still_open(missing, ends, language, aside=aside)}"

    def _rated(self, node: Node, found: Bounds) -> list[str]:
        """Return the ends of a rate in percent, which no language changes."""
        if id(node) not in self._rates:
            self._rates[id(node)] = [number_words(end, RATE) for end in _ends(found)]
        return self._rates[id(node)]

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


def _ends(found: Bounds) -> tuple[Fraction, ...]:
    return (found.low,) if found.settled else (found.low, found.high)


def _said(title: Title, language: Language) -> str:
    return title.zh if language == "zh" else uncapped(title.en)


@lru_cache(maxsize=4096)
def number_words(value: Fraction, kind: Type, beside: Fraction | None = None) -> str:
    """Return a number, rate or date as people write it, told apart from what stands beside it."""
    span = ranged(kind)
    if isinstance(span, Number) and not is_whole(value, span.scale):
        # A finer figure than the other side's: keep its own places.
        span = RATE if span.high == 10**span.scale else Number(SCALE_CAP)
    return figure(value, span or Number(), beside)


def _still_open(
    missing: Sequence[str], ends: Sequence[str], language: Language, *, aside: bool
) -> str:
    """Return what follows the name of a figure that is open: what is to be shown of it, else its
    ends; in brackets where the sentence goes on.
    """
    if language == "zh":
        listed = "、".join(missing)
        if aside:
            return f"（尚缺：{listed}）" if missing else f"（{ends[0]}至{ends[1]}）"
        return f"未知，尚缺：{listed}" if missing else f"在{ends[0]}至{ends[1]}之间"
    listed = ", ".join(missing)
    if aside:
        return f" (still to be shown: {listed})" if missing else f" ({ends[0]} to {ends[1]})"
    if missing:
        return f" is not known; still to be shown: {listed}"
    return f" is between {ends[0]} and {ends[1]}"


def _option_or_number(
    teller: _Teller, node: Node, value: Fraction, language: Language, beside: Fraction | None
) -> str:
    if isinstance(node.type, Choice):
        return teller.titles.option(node, node.type.options[int(value)]).of(language)
    return number_words(value, node.type, beside)
