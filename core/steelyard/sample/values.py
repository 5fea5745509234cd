"""What each fact of a book may be: values from the best to the worst for the rules that read it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Literal

from steelyard.book.model import Fact, Rule
from steelyard.case.reading.parse_values import text_of
from steelyard.expression.reference import Evaluation
from steelyard.expression.tree import Literal as LiteralNode
from steelyard.expression.tree import Name, Node, walk
from steelyard.expression.types import (
    Boolean,
    Choice,
    Date,
    Number,
    PartyOf,
    Survey,
    Text,
    number_text,
    rescale,
)
from steelyard.sample.bench import Bench
from steelyard.sample.names import WORDS
from steelyard.sample.rows import numbers_of
from steelyard.sample.targets import Wishes, hinges, whole

Kind = Literal["tick", "done", "rate", "part", "size", "beside", "option"]
_RATES = (98, 95, 90, 80, 65, 50, 30, 10, 3)
_ASKED = 200
_ROUNDS = 2
_BITES = 4
_NEAREST = 4


@dataclass(frozen=True, slots=True)
class Slot:
    """A fact to fill in.

    `good` values earn the most, `rest` less and less. A `rate` (a survey) and a `part` (of the fact
    `whole`) are shares and run up or down with quality (`up`; None: nothing hangs on them), as a
    `size` does not. What stands `beside` the fact `whole` should lie over it (`up`) or under it.
    `owner` is the rule (or stage) by which evidence comes in or does not.
    """

    fact: Fact
    kind: Kind
    method: str
    owner: str
    dimension: str | None
    good: tuple[str, ...] = ()
    rest: tuple[str, ...] = ()
    up: bool | None = None
    whole: str = ""
    bonus: bool = False
    grave: bool = False


class Appraiser:
    """Tries values of facts on the bench and keeps what the rules make of them."""

    def __init__(self, bench: Bench, wishes: Wishes) -> None:
        """Take the bench with the good records laid out, and the wishes of the book."""
        self.bench = bench
        self.book = bench.book
        self.wishes = wishes
        self.candidates = {fact.id: self._candidates(fact) for fact in self.book.collected}
        self.pairs = {
            name: pair
            for name, pair in wishes.pairs.items()
            if pair[0] not in wishes.pairs
            and name not in self._bounds(pair[0])
            and isinstance(self.book.facts[name].type, (Number, Survey))
            and not self._is_part(self.book.facts[name])
        }
        self.measured = {left for left, _ in self.pairs.values()}
        self.wholes = {fact.high_fact for fact in self.book.collected if self._is_part(fact)}
        # A stage is asked for by the rule that looks at its last day.
        self.stages = {
            node.name: rule
            for rule in self.book.rules.values()
            for node in walk(rule.lowered.points)
            if isinstance(node, Name) and node.kind == "window"
        }

    def lay_first(self) -> None:
        """Lay out a first value of every fact that expressions read, so that thresholds of other
        facts have a figure.
        """
        for fact in self.book.collected:
            values = self.candidates[fact.id]
            if fact.origin == "fact" and values:
                first = (
                    values[0]
                    if not isinstance(fact.type, Number) or self._is_part(fact)
                    else values[len(values) // 2]
                )
                if fact.id in self.wishes.rosters:
                    first = self._roster_size(fact)
                self._lay(fact, first)

    def slots(self) -> tuple[Slot, ...]:
        """Return every fact with its values judged, in an order in which a part comes after its
        whole.
        """
        tried = [
            fact
            for fact in self.book.collected
            if fact.origin == "fact" and len(self.candidates[fact.id]) > 1
        ]
        for _ in range(_ROUNDS):
            for fact in tried:
                found = self._tried(fact)
                best = max(found)
                self._lay(fact, self.candidates[fact.id][found.index(best)])
        found_slots = {fact.id: self._slot(fact) for fact in self.book.collected}
        return tuple(found_slots[name] for name in self._order())

    def _order(self) -> list[str]:
        order: list[str] = []

        def visit(fact: Fact, above: tuple[str, ...]) -> None:
            for other in (fact.high_fact, fact.low_fact, self.pairs.get(fact.id, (None,))[0]):
                if (
                    other is not None
                    and other not in above
                    and self.book.facts[other].derived is None
                ):
                    visit(self.book.facts[other], (*above, fact.id))
            if fact.id not in order:
                order.append(fact.id)

        for fact in self.book.collected:
            visit(fact, (fact.id,))
        return order

    def _is_part(self, fact: Fact) -> bool:
        return (
            fact.high_fact is not None
            and isinstance(fact.type, Number)
            and self.book.facts[fact.high_fact].derived is None
        )

    def _bounds(self, name: str) -> tuple[str | None, str | None]:
        return self.book.facts[name].low_fact, self.book.facts[name].high_fact

    def _nodes(self, fact: Fact) -> list[Node]:
        nodes = [node for rule in self.wishes.readers.get(fact.id, ()) for node in hinges(rule)]
        return [
            part
            for node in [*nodes, *self.wishes.limits.get(fact.id, ())]
            for part in whole(self.book, node)
        ]

    def _literals(self, fact: Fact, kind: type) -> list[LiteralNode]:
        return [
            part
            for part in self._nodes(fact)
            if isinstance(part, LiteralNode) and isinstance(part.type, kind)
        ]

    def _candidates(self, fact: Fact) -> list[str]:
        kind = fact.type
        if fact.origin != "fact":
            return []
        if self._is_part(fact):
            return [f"{rate}%" for rate in (100, 95, 90, 75, 50, 20, 0)]
        match kind:
            case Survey():
                return [f"{rate * _ASKED // 100}/{_ASKED}" for rate in _RATES]
            case Boolean():
                return ["true", "false"]
            case Choice(options=options):
                return list(options)
            case PartyOf(kind=wanted):
                return [one["id"] for one in self.bench.parties if one["kind"] == wanted]
            case Number():
                return [
                    text_of(units, kind)
                    for units in numbers_of(self.bench, kind, self._nodes(fact))
                ]
            case Date():
                last, first = self.bench.last.toordinal(), self.bench.first.toordinal()
                named = [
                    int(one.value) + step
                    for one in self._literals(fact, Date)
                    for step in (-1, 0, 1)
                ]
                days = [
                    day
                    for day in ((first + last) // 2, first + 9, last - 5, *named)
                    if kind.low <= day <= kind.high
                ]
                return [date.fromordinal(day).isoformat() for day in days or [kind.low]]
            case Text():
                return list(
                    dict.fromkeys(str(one.value) for one in self._literals(fact, Text))
                ) or [WORDS]
        return []

    def _roster_size(self, fact: Fact) -> str:
        kind = fact.type
        if not isinstance(kind, Number):
            return self.candidates[fact.id][0]
        return text_of(min(max(6 * 10**kind.scale, kind.low), kind.high), kind)

    def _lay(self, fact: Fact, text: str) -> None:
        if text.endswith("%") and isinstance(fact.type, Number):
            text = number_text(self._part(fact, Fraction(int(text[:-1]), 100)), fact.type.scale)
        self.bench.lay(fact, text)

    def _part(self, fact: Fact, share: Fraction) -> int:
        other = self.book.facts[fact.high_fact or ""]
        top = self.bench.facts[other.id][1]
        low, high = (
            getattr(fact.type, "low", 0),
            rescale(int(top or 0), getattr(other.type, "scale", 0), getattr(fact.type, "scale", 0)),
        )
        return min(max(int(high * share), low), max(high, low))

    def _tried(self, fact: Fact) -> list[Fraction]:
        """Return what every candidate earns, in points of the rules that read it; a limiter that
        bites costs a great deal.
        """
        before = self.bench.facts[fact.id]
        found = []
        for text in self.candidates[fact.id]:
            self._lay(fact, text)
            found.append(self._earned(fact))
        self.bench.put(fact.id, before)
        return found

    def _earned(self, fact: Fact) -> Fraction:
        if not self.bench.fits(fact.id):
            return Fraction(-(10**9))
        earned = Fraction(0)
        for rule in self.wishes.readers.get(fact.id, ()):
            if (
                rule.not_applicable is not None
                and Evaluation(self.bench.world).truth(rule.not_applicable).must
            ):
                continue
            earned += self.bench.attained(rule) * rule.points
        for node in self.wishes.limits.get(fact.id, ()):
            if Evaluation(self.bench.world).truth(node).must:
                earned -= _BITES * self.book.points
        return earned

    def _slot(self, fact: Fact) -> Slot:
        if fact.origin == "item":
            return self._made(
                fact, "tick", self.book.rules[fact.owner], good=("yes",), rest=("no",)
            )
        if fact.origin == "deliverable":
            return self._made(fact, "done", self.stages.get(fact.owner))
        readers = self.wishes.readers.get(fact.id, [])
        if fact.id in self.pairs:
            left, over = self.pairs[fact.id]
            return self._made(fact, "beside", readers[0] if readers else None, up=over, whole_=left)
        main = max(readers, key=lambda rule: rule.points, default=None)
        values = self.candidates[fact.id]
        earned = self._tried(fact) if len(values) > 1 else [Fraction(0)] * len(values)
        possible = [
            (worth, value) for worth, value in zip(earned, values, strict=True) if worth > -(10**8)
        ] or list(zip(earned, values, strict=True))
        flat = len({worth for worth, _ in possible}) < 2
        best = max((worth for worth, _ in possible), default=Fraction(0))
        good = tuple(value for worth, value in possible if worth == best)
        rest = tuple(
            value
            for worth, value in sorted(possible, key=lambda one: one[0], reverse=True)
            if worth < best
        )
        if isinstance(fact.type, Survey) or self._is_part(fact):
            up = None if flat else earned[0] >= earned[-1]
            return self._made(
                fact,
                "part" if self._is_part(fact) else "rate",
                main,
                up=up,
                whole_=fact.high_fact or "",
            )
        sized = flat or fact.id in self.wholes or (fact.id in self.measured and len(readers) < 2)
        if (
            sized
            and isinstance(fact.type, Number)
            and fact.id not in self.wishes.rosters
            and fact.id not in self.wishes.limits
        ):
            return self._made(fact, "size", main)
        if isinstance(fact.type, Number) and rest:
            good, rest = _near(good, rest)
        grave = min((worth for worth, _ in possible), default=best) < best - self.book.points
        return self._made(fact, "option", main, good=good, rest=rest, grave=grave)

    def _made(
        self,
        fact: Fact,
        kind: Kind,
        rule: Rule | None,
        *,
        good: Sequence[str] = (),
        rest: Sequence[str] = (),
        up: bool | None = None,
        whole_: str = "",
        grave: bool = False,
    ) -> Slot:
        method = (
            fact.method
            or (rule.method if rule is not None else None)
            or ("survey" if isinstance(fact.type, Survey) else "records")
        )
        return Slot(
            fact=fact,
            kind=kind,
            method=method,
            owner=rule.id if rule is not None else fact.id,
            dimension=rule.dimension if rule else None,
            good=tuple(good),
            rest=tuple(rest),
            up=up,
            whole=whole_,
            bonus=rule is not None and rule.bonus,
            grave=grave,
        )


def _near(good: tuple[str, ...], rest: tuple[str, ...]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the figures that lie closest to where points are won or lost: a believable unit is
    seldom far from it.
    """

    def closest(values: tuple[str, ...], others: tuple[str, ...]) -> tuple[str, ...]:
        far = {
            value: min(abs(Decimal(value) - Decimal(other)) for other in others) for value in values
        }
        return tuple(sorted(values, key=lambda value: far[value])[:_NEAREST])

    return closest(good, rest), closest(rest, good)
