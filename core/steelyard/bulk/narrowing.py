"""Facts that bound one another: what is not known lies within what is known of the others."""

from __future__ import annotations

from collections.abc import Callable

from steelyard.book.model import Fact, RuleBook
from steelyard.bulk.cells import Raw
from steelyard.expression.exact import divided_down, divided_up
from steelyard.expression.scaled import (
    Span,
    Test,
    Whole,
    choose,
    greatest,
    is_null,
    least,
    or_else,
    or_null,
    whole,
)
from steelyard.expression.types import Number, Type, ranged

Gone = Callable[[str], Test]


def narrowed(book: RuleBook, raw: Raw, fact: Fact, gone: Gone) -> Span:
    """Return a number, day or place as anything within its range, and within what the facts that
    bound it leave; contradictions were refused before.
    """
    reader = _Bounds(book, raw, gone)
    value = raw.number(fact.id, fact.type)
    low, high = reader.low(fact), reader.high(fact)
    if not fact.nullable:
        return Span(low, high)
    # Bounds that leave nothing of what may be none leave none.
    nothing = gone(fact.id) | (is_null(value) & (low > high))
    return Span(or_null(~nothing, low), or_null(~nothing, high), is_null(value))


class _Bounds:
    def __init__(self, book: RuleBook, raw: Raw, gone: Gone) -> None:
        self.raw = raw
        self.gone = gone
        self.above: dict[str, list[Fact]] = {}
        self.below: dict[str, list[Fact]] = {}
        for fact in book.collected:
            for other, small in ((fact.high_fact, True), (fact.low_fact, False)):
                if other is not None:
                    one, two = (fact, book.facts[other]) if small else (book.facts[other], fact)
                    self.above.setdefault(one.id, []).append(two)
                    self.below.setdefault(two.id, []).append(one)

    def high(self, fact: Fact, seen: frozenset[str] = frozenset()) -> Whole:
        """Return the most that a fact can be."""
        return self._end(fact, seen, self.above, most=True)

    def low(self, fact: Fact, seen: frozenset[str] = frozenset()) -> Whole:
        """Return the least that a fact can be."""
        return self._end(fact, seen, self.below, most=False)

    def _end(
        self, fact: Fact, seen: frozenset[str], others: dict[str, list[Fact]], *, most: bool
    ) -> Whole:
        value, span = self.raw.number(fact.id, fact.type), ranged(fact.type)
        assert span is not None  # noqa: S101  # only numbers, days and places bound each other
        edge = whole(span.high if most else span.low, value.engine)
        ends = [edge]
        ends += [
            self._bound(other, fact, edge, seen | {fact.id}, most=most)
            for other in others.get(fact.id, [])
            if other.id not in seen
        ]
        end = least(ends) if most else greatest(ends)
        if end.literal is not None:
            return or_else(value, end.literal)
        return choose([(is_null(value), end)], value).at_most_null(nullable=False)

    def _bound(
        self, other: Fact, fact: Fact, edge: Whole, seen: frozenset[str], *, most: bool
    ) -> Whole:
        reach = self.high(other, seen) if most else self.low(other, seen)
        end = _moved(reach, other.type, fact.type, most=most)
        if not other.nullable:
            return end
        # What may be none bounds nothing.
        known = ~is_null(self.raw.number(other.id, other.type))
        return choose([(known & ~self.gone(other.id), end)], edge)


def _moved(end: Whole, source: Type, target: Type, *, most: bool) -> Whole:
    """Return an end in the units of another fact, rounded so that nothing allowed is lost."""
    if not (isinstance(source, Number) and isinstance(target, Number)):
        return end
    if target.scale >= source.scale:
        finer: int = 10 ** (target.scale - source.scale)
        return end * finer
    step: int = 10 ** (source.scale - target.scale)
    return divided_down(end, step) if most else divided_up(end, step)
