"""The values of a fact at which something in its book turns: found by halving, so that they are
right through whatever the book works out of the fact.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import NamedTuple

from steelyard.book.model import Fact, Field, RuleBook
from steelyard.case.environment import CaseWorld, Cell, Shown
from steelyard.case.model import Case
from steelyard.case.reading.parse_values import text_of
from steelyard.expression.reference import Evaluation
from steelyard.expression.tree import (
    Arithmetic,
    Call,
    Compare,
    Literal,
    Name,
    Node,
    Over,
    Portion,
    Reach,
    children,
    walk,
)
from steelyard.expression.types import (
    WIDEST,
    Boolean,
    Date,
    Number,
    Survey,
    divide,
    ranged,
    rescale,
)
from steelyard.judging.shown import shown_of
from steelyard.plan.levers import Value
from steelyard.plan.reads import Reads

_SAMPLES = (100, 1000, 10_000)
"""Of how many a survey that was not held is taken to ask: the first with which a share suffices."""
_INSTANCE = 100
_ONE = Literal(type=Number(0, 1, 1), value=1)


class Test(NamedTuple):
    """A condition that turns on facts; `free` where it is only the end of a rate."""

    node: Compare
    keys: frozenset[tuple[str, ...]]
    free: bool


class Thresholds:
    """Finds thresholds in one case.

    Where a rate's base is unknown, it is taken as an instance: a hundred, or what its own bounds
    allow.
    """

    def __init__(self, book: RuleBook, case: Case) -> None:
        """Take the book and the case."""
        self.book = book
        self.case = case
        self.shown = shown_of(book, case)
        self.tests = list(_tests(book))
        self._bases = _bases(book)
        self.assumed = self._assumed()

    def of(self, fact: Fact, *, known: bool, freed: bool) -> Iterator[tuple[Value, bool]]:
        """Yield values of a number, date or survey, least ambitious first, and whether each is
        only the end of a range; of a known one only better ones.
        """
        tests = [one for one in self.tests if ("fact", fact.id) in one.keys]
        if isinstance(fact.type, Survey):
            yield from self._survey(fact, tests, known=known)
            return
        span = ranged(fact.type)
        if span is None:
            return
        limits = self._limits(fact, span, known=known, freed=freed)
        if limits is None:
            return
        low, high, start = limits
        found: dict[int, bool] = {}
        for test in tests:
            for units in self._turns(test, fact, (low, high), known=known):
                found[units] = found.get(units, True) and test.free
        if not known and fact.id in self._bases:
            found.setdefault(self.assumed[fact.id], False)
        if not found and (tests or fact.better is not None or not known):
            # No test turns on this fact alone: its better end may help with others.
            found[low if fact.better == "lower" else high] = True
            if not tests and not known and fact.better is None:
                found[low] = True
        if known and self.shown.facts[fact.id][0] is not None:
            found.pop(start, None)
        for units in sorted(found, key=lambda one: (abs(one - start), one)):
            if not isinstance(span, Number) or abs(units) < WIDEST:
                yield (("value", text_of(units, span)),), found[units]

    def of_field(self, register: str, field: Field) -> list[int]:
        """Return what a number or date of a record is compared with, and what stands beside it."""
        span = ranged(field.type)
        found: set[int] = set()
        for node in _all(self.book):
            for over in walk(node):
                if isinstance(over, Over) and over.register == register:
                    found.update(_beside(over, field.id, span))
        if isinstance(span, Date):
            found.add(self.case.as_of.toordinal())
        return sorted(one for one in found if span is not None and span.low <= one <= span.high)[:6]

    # The range that a value may take

    def _limits(
        self, fact: Fact, span: Number | Date, *, known: bool, freed: bool
    ) -> tuple[int, int, int] | None:
        """Return the least and the greatest value, and the one to start from."""
        cell = self.shown.facts[fact.id]
        low, high = span.low, span.high
        for name, above in ((fact.high_fact, True), (fact.low_fact, False)):
            if name is not None:
                bound = self.assumed.get(name, self.shown.facts[name][1 if above else 0])
                other = ranged(self.book.facts[name].type)
                if bound is not None and isinstance(span, Number) and isinstance(other, Number):
                    bound = rescale(bound, other.scale, span.scale)
                if bound is not None:
                    low, high = (low, min(high, bound)) if above else (max(low, bound), high)
        today = self.case.as_of.toordinal()
        if isinstance(span, Date):
            # What was not done is done today at the earliest; what is unknown was done by today.
            low, high = max(low, self.case.first.toordinal()), min(high, today)
            if known:
                return (today, today, today) if cell[0] is None else None
            return (low, high, high) if low <= high else None
        if not known or cell[0] is None:
            given = fact.id in self.case.given and cell[0] is not None
            low, high = (max(low, cell[0]), min(high, cell[1])) if given else (low, high)
            return (low, high, high if fact.better == "lower" else low) if low <= high else None
        now = cell[0]
        falls = fact.better == "lower" and (span.scale > 0 or freed)
        if falls:
            return (low, now, now) if low < now else None
        if fact.better != "lower" and now < high:
            return now, high, now
        return None

    def _assumed(self) -> dict[str, int]:
        """Return an instance for every unknown number of which a rate is taken, or that bounds
        another.
        """
        found = {}
        for name in self._bases:
            fact = self.book.facts[name]
            cell = self.shown.facts[name]
            if isinstance(fact.type, Number) and cell[0] is not None and cell[0] != cell[1]:
                found[name] = min(max(cell[0], _INSTANCE * 10**fact.type.scale), cell[1])
        return found

    # Where a test turns

    def _turns(
        self, test: Test, fact: Fact, ends: tuple[int, int], *, known: bool
    ) -> Iterator[int]:
        """Yield the values at which a test turns to the better side."""
        low, high = ends
        if test.node.op in {"==", "!="}:
            yield from (one for one in _written(test.node, fact) if low <= one <= high)
            return

        def holds(units: int) -> bool:
            return self._holds(test.node, fact, (units, units))

        dated = isinstance(fact.type, Date)
        found = _turn(holds, low, high)
        if found is None:
            if holds(low) and (dated or not known):
                yield high if dated else low
            return
        units, rising = found
        if rising and dated and test.node.op == ">":
            units -= 1
        if low <= units <= high:
            yield units

    def _holds(self, node: Node, fact: Fact, cell: Cell) -> bool:
        facts = dict(self.shown.facts)
        given = {*self.shown.given, fact.id, *self.assumed}
        for name, units in self.assumed.items():
            facts[name] = (units, units, *facts[name][2:3])
        nullable = len(facts[fact.id]) == 3
        facts[fact.id] = (*cell, False) if nullable and len(cell) == 2 else cell
        shown: Shown = replace(self.shown, facts=facts, given=frozenset(given))
        return Evaluation(CaseWorld(shown)).truth(node).must

    def _survey(
        self, fact: Fact, tests: list[Test], *, known: bool
    ) -> Iterator[tuple[Value, bool]]:
        given = self.case.facts.get(fact.id)
        held = given.survey if known and given is not None else None
        # A share is reached by a hundred as by more; to be sure of it may take more.
        sized = any(test.node.confidence for test in tests)
        asking = _SAMPLES if sized else _SAMPLES[:1]
        samples = (held[1],) if held is not None and held[1] else asking
        least = held[0] if held is not None and held[1] else 0
        for asked in samples:
            found: dict[int, bool] = {}
            for test in tests:

                def holds(positive: int, test: Test = test, asked: int = asked) -> bool:
                    rate = divide(positive, asked, 6)
                    return self._holds(test.node, fact, (rate, rate, positive, asked))

                turn = _turn(holds, least, asked)
                if turn is None and held is None and holds(asked):
                    turn = least, True
                if turn is not None:
                    found[turn[0]] = found.get(turn[0], True) and test.free
            if found or asked == samples[-1]:
                if not found and tests:
                    found[asked] = True
                if held is not None:
                    found.pop(held[0], None)
                for positive in sorted(found):
                    yield (("positive", str(positive)), ("asked", str(asked))), found[positive]
                return


def _turn(holds: Callable[[int], bool], low: int, high: int) -> tuple[int, bool] | None:
    """Return the value nearest to the other side at which a condition holds, and whether it holds
    from there up; None where it does not turn between two ends.
    """
    first, last = holds(low), holds(high)
    if first == last:
        return None
    rising = last
    while high - low > 1:
        middle = (low + high) // 2
        if holds(middle) == first:
            low = middle
        else:
            high = middle
    return (high, True) if rising else (low, False)


def _all(book: RuleBook) -> Iterator[Node]:
    """Yield every tree that decides points, limits or grades."""
    for rule in book.rules.values():
        yield rule.lowered.points
        if rule.lowered.applies is not None:
            yield rule.lowered.applies
    yield from (one.when for one in book.limiters if one.when is not None)
    yield from (one.needs for one in book.grades if one.needs is not None)
    for fact in book.facts.values():
        if fact.derived is not None:
            yield fact.derived
    for register in book.registers.values():
        yield from (one.derived for one in register.fields.values() if one.derived is not None)


def _tests(book: RuleBook) -> Iterator[Test]:
    reads = Reads(book)

    def inside(node: Node) -> Iterator[Test]:
        match node:
            case Compare():
                keys = reads.of(node)
                if any(key[0] == "fact" for key in keys) and not _stands_at_record(node):
                    yield Test(node, keys, free=False)
                return
            case Portion(rate=rate) if not _stands_at_record(rate):
                whole = Compare(type=Boolean(), op=">=", left=rate, right=_ONE)
                yield Test(whole, reads.of(whole), free=True)
            case Over():
                return
            case Name(inner=None):
                return
        for part in children(node):
            yield from inside(part)

    seen: set[int] = set()
    for node in _all(book):
        if id(node) not in seen:
            seen.add(id(node))
            yield from inside(node)


def _stands_at_record(node: Node) -> bool:
    """Whether a condition asks a record or a party, and so means nothing of the case alone."""
    if isinstance(node, Over):
        return False
    if isinstance(node, Reach) or (isinstance(node, Name) and node.kind in {"field", "party"}):
        return True
    return any(_stands_at_record(part) for part in children(node))


def _bases(book: RuleBook) -> frozenset[str]:
    """Return the facts of which rates are taken, or that bound others from above."""
    found = {fact.high_fact for fact in book.collected if fact.high_fact is not None}
    for node in _all(book):
        for part in walk(node):
            below: tuple[Node, ...] = ()
            if isinstance(part, Arithmetic) and part.op == "/":
                below = (part.right,)
            elif isinstance(part, Call) and part.function == "part":
                below = part.arguments[1:]
            for one in below:
                found.update(
                    name.name
                    for name in walk(one)
                    if isinstance(name, Name) and name.kind == "fact"
                )
    return frozenset(name for name in found if book.facts[name].derived is None)


def _written(node: Compare, fact: Fact) -> Iterator[int]:
    """Yield the number beside which a fact stands in an equation."""
    for one, other in ((node.left, node.right), (node.right, node.left)):
        if isinstance(one, Name) and one.name == fact.id and isinstance(other, Literal):
            value, span = other.value, ranged(fact.type)
            if isinstance(value, int) and isinstance(span, Number):
                scale = other.type.scale if isinstance(other.type, Number) else 0
                if scale <= span.scale:
                    yield value * 10 ** (span.scale - scale)


def _beside(over: Over, field: str, span: Number | Date | None) -> Iterator[int]:
    scale = span.scale if isinstance(span, Number) else 0
    parts = [part for part in (over.value, over.where) if part is not None]
    for part in (one for node in parts for one in walk(node)):
        if isinstance(part, Compare):
            sides = (part.left, part.right)
            if any(isinstance(one, Name) and one.name == field for one in sides):
                for one in sides:
                    if isinstance(one, Literal) and isinstance(one.value, int):
                        own = one.type.scale if isinstance(one.type, Number) else 0
                        units = rescale(one.value, own, scale)
                        yield from (units - 1, units, units + 1)
