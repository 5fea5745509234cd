"""How a finding or a consequence comes about, from records and facts through each part of an
expression; or why it does not, and what would have to be otherwise.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from fractions import Fraction
from typing import Literal, NamedTuple

from steelyard.book.titles import BookTitles
from steelyard.case.environment import CaseWorld, PartyWorld, RecordWorld
from steelyard.expression.prose import CONTRARY, phrase
from steelyard.expression.reference import Evaluation, Reading
from steelyard.expression.tree import (
    Compare,
    Logic,
    Name,
    Node,
    Not,
    Over,
    Present,
    Reach,
    Within,
    children,
    walk,
)
from steelyard.expression.tree import Literal as Written
from steelyard.expression.types import TICK, Boolean, Choice, Date, ranged
from steelyard.expression.values import UNKNOWN, Bounds, Truth
from steelyard.judging.assessment import Assessment
from steelyard.judging.derivation.wording import ASKED, ASKED_NO, TICKS, counted_words, met_words
from steelyard.judging.explanation.reasons import number_words
from steelyard.judging.shown import shown_of
from steelyard.messages import LANGUAGES, Language, Title, nested

Holds = Literal["yes", "no", "open", ""]
World = CaseWorld | RecordWorld | PartyWorld
_MOST = 5


class Derived(NamedTuple):
    """One line of a derivation: what is so, whether the condition that it is holds (nothing where
    it is none), and what it rests on.
    """

    said: Title
    holds: Holds = ""
    below: tuple[Derived, ...] = ()


class Deriver:
    """Derives expressions in one world: the case, a record of it, or a party."""

    def __init__(
        self, assessment: Assessment, world: World | None = None, register: str | None = None
    ) -> None:
        """Take the case, and the record or party at which expressions stand."""
        self.assessment = assessment
        self.book, self.case = assessment.book, assessment.case
        self.world: World = world or CaseWorld(shown_of(self.book, self.case))
        self.register = register
        self.titles = BookTitles(self.book, register)

    def at(self, world: RecordWorld) -> Deriver:
        """Return what derives at a record."""
        return Deriver(self.assessment, world, world.register)

    def read(self, node: Node) -> Reading:
        """Return what a node reads as."""
        return Evaluation(self.world).read(node)

    def truth(self, node: Node) -> Truth:
        """Return whether a condition must and may hold."""
        return Evaluation(self.world).truth(node)

    def words(self, node: Node) -> Title:
        """Return an expression in words."""
        return Title(*(phrase(node, self.titles, language) for language in LANGUAGES))

    # Conditions

    def condition(self, node: Node) -> Derived:
        """Return why a condition holds, does not, or is open."""
        node = _pushed(node)
        holds = _holds(self.truth(node))
        match node:
            case Logic(op=op, items=items):
                below = tuple(self.condition(item) for item in items)
                met = sum(one.holds == "yes" for one in below)
                every = Title(
                    f"须同时符合{len(items)}项，已符合{met}项",
                    f"all of {len(items)} conditions are asked, {met_words(met)}",
                )
                one = Title(
                    f"{len(items)}项符合一项即可，已符合{met}项",
                    f"one of {len(items)} conditions suffices, {met_words(met)}",
                )
                return Derived(every if op == "and" else one, holds, below)
            case Compare() if ranged(node.left.type) is not None:
                below = (*self.quantity(node.left), *self.quantity(node.right))
                return Derived(self._compared(node), holds, below)
            case Compare() if not isinstance(node.left.type, Boolean):
                return Derived(self._asked(node), holds)
            case Within(item=item) if ranged(item.type) is None:
                said = _joined(self.valued(item), self.words(node))
                return Derived(said, holds)
            case Over():
                return Derived(self.words(node), holds, tuple(self._records(node)))
            case Name(kind="fact", name=name) if self.book.facts[name].derived is not None:
                inner = self.book.facts[name].derived
                assert inner is not None  # noqa: S101  # asked before
                return Derived(self.words(node), holds, (self.condition(inner),))
        if isinstance(node, (Name, Reach)):
            return Derived(self.valued(node), holds)
        if isinstance(node, Not) and isinstance(node.item, (Name, Reach)):
            return Derived(_joined(self.valued(node.item), ASKED_NO), holds)
        below = tuple(one for part in children(node) for one in self.quantity(part))
        return Derived(self.words(node), holds, below)

    def _compared(self, node: Compare) -> Title:
        """Return the number that matters and what is asked of it."""
        dates = isinstance(ranged(node.left.type), Date)
        beside = self.read(node.right)
        said = []
        for language in LANGUAGES:
            if isinstance(node.right, Written) or (
                isinstance(node.right, Name) and node.right.kind in {"parameter", "moment"}
            ):
                kind = node.left.type if isinstance(node.right, Written) else node.right.type
                edge = self._value(
                    beside,
                    node.left if isinstance(kind, Choice) else node.right,
                    language,
                    like=node.left,
                )
            else:
                edge = self._standing(node.right, language)
            asked = ASKED[node.op][dates].of(language).format(edge=edge)
            joint = "，" if language == "zh" else "; "
            said.append(f"{self._sentence(node.left, language)}{joint}{asked}")
        return Title(*said)

    def _asked(self, node: Compare) -> Title:
        said = []
        for language in LANGUAGES:
            edge = (
                self.titles.option(node.left, str(node.right.value)).of(language)
                if isinstance(node.right, Written)
                else self._standing(node.right, language)
            )
            asked = ASKED[node.op][0].of(language).format(edge=edge)
            joint = "，" if language == "zh" else "; "
            said.append(f"{self._sentence(node.left, language)}{joint}{asked}")
        return Title(*said)

    # Quantities

    def quantity(self, node: Node) -> Iterator[Derived]:
        """Yield what a number, date or word is worked out of; nothing for what is written out."""
        match node:
            case Written():
                return
            case Present(item=item):
                yield from self.quantity(item)
            case Name(kind="fact", name=name) if self.book.facts[name].derived is not None:
                inner = self.book.facts[name].derived
                assert inner is not None  # noqa: S101  # asked before
                said = Title(*(
                    f"{self._sentence(node, language)}："
                    f"{phrase(inner, self.titles, language)}" if language == "zh"
                    else f"{self._sentence(node, language)}: {phrase(inner, self.titles, language)}"
                    for language in LANGUAGES
                ))  # fmt: skip
                yield Derived(said, "", tuple(self.quantity(inner)))
            case Name(kind="fact", name=name):
                yield Derived(_joined(self.valued(node), self._evidence(name)))
            case Name() | Reach():
                yield Derived(self.valued(node))
            case Over():
                yield Derived(self.valued(node), "", tuple(self._records(node)))
            case _:
                for part in children(node):
                    if isinstance(part.type, Boolean):
                        yield self.condition(part)
                    else:
                        yield from self.quantity(part)

    def valued(self, node: Node) -> Title:
        """Return a thing with its value."""
        return Title(*(self._sentence(node, language) for language in LANGUAGES))

    def _named(self, node: Node, language: Language) -> str:
        """Return a thing; a title, which may be a whole sentence, stands in quotation marks."""
        if isinstance(node, Name) and node.kind in {"fact", "field", "parameter"}:
            return f"“{nested(self.titles.name(node).of(language))}”"
        return phrase(node, self.titles, language)

    def _standing(self, node: Node, language: Language) -> str:
        """Return a thing with its value behind it, as it stands within a sentence."""
        value = self._value(self.read(node), node, language)
        named = self._named(node, language)
        return f"{named}（{value}）" if language == "zh" else f"{named} ({value})"

    def _sentence(self, node: Node, language: Language) -> str:
        """Return a thing with its value."""
        said = self._named(node, language)
        value = self._value(self.read(node), node, language)
        if language == "zh":
            return f"{said}{value}" if value.startswith("未知") else f"{said}为{value}"
        return f"{said} is {value}"

    def _value(
        self, found: Reading, node: Node, language: Language, like: Node | None = None
    ) -> str:
        zh = language == "zh"
        if isinstance(found, Truth):
            words = Title("未知", "not known")
            if found.must == found.may:
                words = Title("是", "yes") if found.must else Title("否", "no")
            return words.of(language)
        if isinstance(found, Bounds):
            if isinstance(node.type, Choice):
                ends = [
                    self.titles.option(node, node.type.options[int(end)]).of(language)
                    for end in (found.low, found.high)
                ]
            else:
                ends = [number_words(end, (like or node).type) for end in (found.low, found.high)]
            if found.low == found.high:
                return ends[0]
            unknown = "未知" if zh else "not known"
            between = f"在{ends[0]}至{ends[1]}之间" if zh else f"between {ends[0]} and {ends[1]}"
            spans = ranged(node.type)
            open_ = spans is not None and abs(getattr(spans, "high", 0)) >= 10**9
            return (
                unknown if open_ else f"{unknown}（{between}）" if zh else f"{unknown} ({between})"
            )
        if found is UNKNOWN:
            return "未知" if zh else "not known"
        if found is None:
            return "无" if zh else "none"
        if node.type == TICK:
            return TICKS[str(found)].of(language)
        return self.titles.option(node, str(found)).of(language)

    def _evidence(self, fact: str) -> Title:
        given = self.case.facts.get(fact)
        if given is None:
            return Title("尚缺佐证", "still to be shown")
        said = [one for one in given.evidence if one.source or one.date]
        if not said:
            return Title("", "")
        texts = "；".join(" ".join(filter(None, (one.source, one.date))) for one in said)
        return Title(f"佐证：{texts}", f"shown by {texts.replace('；', '; ')}")

    def lost(self, over: Over, full: Fraction) -> Derived:
        """Return what records cost together, at most a full mark, and each of them."""
        found = self.read(over)
        ends = (found.low, found.high) if isinstance(found, Bounds) else (Fraction(0), Fraction(0))
        points = self._points(over, (min(ends[0], full), min(ends[1], full)))
        said = Title(f"合计扣{points.zh}分", f"{points.en} lost in all")
        if ends[0] >= full:
            said = Title(f"合计扣完{points.zh}分", f"all {points.en} lost")
        return Derived(said, "", tuple(self._records(over, costs=True)))

    def _points(self, node: Node, ends: tuple[Fraction, Fraction]) -> Title:
        """Return points between two ends; the English with its verb's number left to the reader."""
        texts = [number_words(Fraction(end), node.type) for end in ends]
        if ends[0] == ends[1]:
            return Title(texts[0], "1 point" if texts[0] == "1" else f"{texts[0]} points")
        return Title(f"{texts[0]}至{texts[1]}", f"{texts[0]} to {texts[1]} points")

    # Records

    def _records(self, node: Over, *, costs: bool = False) -> Iterator[Derived]:
        """Yield the records that a function counts or may count, the first few with why, and with
        what each `costs`.
        """
        if not isinstance(self.world, (CaseWorld, PartyWorld)):
            return
        whole = self.world if isinstance(self.world, CaseWorld) else self.world.case
        rows = whole.shown_.registers[node.register][2]
        names = {
            id(row): name
            for row, name in zip(rows, self.case.registers[node.register].ids, strict=True)
        }
        found = list(self.world.records(node).members)
        title = self.book.registers[node.register].title
        hits = []
        for _, record in found:
            if not isinstance(record, RecordWorld):
                continue
            inner = self.at(record)
            truth = inner.truth(node.where) if node.where is not None else Truth(True, True)
            if truth.may:
                hits.append((names[id(record.cells)], inner, truth))
        sure, count = sum(truth.must for _, _, truth in hits), len(found)
        open_ = len(hits) - sure
        zh, en = (f"，{open_}条可能计入", f", {open_} may count") if open_ else ("", "")
        held = "1 record" if count == 1 else f"{count or 'no'} records"
        yield Derived(
            Title(
                f"“{title.zh}”共{count}条" + (f"，{sure}条计入{zh}" if count else ""),
                f"“{title.en}” holds {held}" + (f": {counted_words(sure)}{en}" if count else ""),
            )
        )
        for name, inner, truth in hits[:_MOST]:
            word = Title("计入", "counts") if truth.must else Title("可能计入", "may count")
            said = Title(f"“{title.zh}”{name}：{word.zh}", f"“{title.en}” {name}: {word.en}")
            yield inner.counted(node, said, truth, costs=costs)
        if len(hits) > _MOST:
            left = len(hits) - _MOST
            yield Derived(Title(f"另有{left}条", f"and {left} more"))
        if not self.case.registers[node.register].complete:
            yield Derived(Title("台账尚未完整", "the register is not complete"), "open")

    def counted(self, node: Over, said: Title, truth: Truth, *, costs: bool = False) -> Derived:
        """Return the line of one record that counts or may, with what it is asked, brings or
        costs.
        """
        value = node.value
        if value is not None and isinstance(value.type, Boolean):
            # That it counts is said; what matters is whether it meets what is asked of it.
            inner = self.condition(value)
            return Derived(said, inner.holds, (inner,))
        found = self.read(value) if costs and value is not None else None
        if isinstance(found, Bounds) and value is not None:
            points = self._points(value, (found.low, found.high))
            said = _joined(said, Title(f"扣{points.zh}分", f"costs {points.en}"))
        elif value is not None and not isinstance(value, Written):
            said = _joined(said, self.valued(value))
        below = () if node.where is None else (self.condition(node.where),)
        return Derived(said, "" if truth.must else "open", below)

    def lacking(self, node: Node) -> list[Title]:
        """Return the fewest parts of a condition that do not surely hold and would have to."""
        node = _pushed(node)
        if self.truth(node).must:
            return []
        if isinstance(node, Logic):
            parts = [self.lacking(item) for item in node.items]
            if node.op == "and":
                return [one for part in parts for one in part]
            return min(parts, key=len)
        return [self.words(node)]


def facts_below(deriver: Deriver, node: Node) -> Iterator[Derived]:
    """Yield each fact that a tree reads, once, with its value and evidence."""
    seen: set[str] = set()
    for part in walk(node):
        if isinstance(part, Name) and part.kind == "fact" and part.name not in seen:
            seen.add(part.name)
            yield from deriver.quantity(part)


def _holds(truth: Truth) -> Holds:
    return "yes" if truth.must else "open" if truth.may else "no"


def _pushed(node: Node) -> Node:
    """Return a condition with its denials at its ends."""
    if not isinstance(node, Not):
        return node
    match node.item:
        case Not(item=item):
            return _pushed(item)
        case Logic(op=op, items=items):
            turned = tuple(_pushed(Not(type=Boolean(), item=item)) for item in items)
            return Logic(type=Boolean(), op="or" if op == "and" else "and", items=turned)
        case Compare() as one if (
            not one.left.nullable
            and not one.right.nullable
            and not (one.confidence or isinstance(one.left.type, Boolean))
        ):
            return Compare(
                type=Boolean(), op=CONTRARY[one.op],  # type: ignore[arg-type]  # six of six
                left=one.left, right=one.right,
            )  # fmt: skip
    return node


def _joined(first: Title, second: Title) -> Title:
    return Title(
        "；".join(filter(None, (first.zh, second.zh))),
        "; ".join(filter(None, (first.en, second.en))),
    )


def lines(derived: Iterable[Derived], depth: int = 0) -> Iterator[tuple[int, Derived]]:
    """Yield every line with its depth, in reading order."""
    for one in derived:
        yield depth, one
        yield from lines(one.below, depth + 1)
