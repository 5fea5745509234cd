"""Units of which something works out at what cannot be: what only the expressions can tell."""

from __future__ import annotations

from collections.abc import Iterator
from typing import cast

from sqlglot import exp

from steelyard.bulk.gathering import Gathering
from steelyard.bulk.units import UnitNames
from steelyard.expression.exact import compared, moved
from steelyard.expression.scaled import NO, YES, Ratio, Span, Test, union
from steelyard.expression.tree import Name
from steelyard.expression.types import Number, ranged


class Faults:
    """The conditions under which a unit is at fault, each with the fact or field that is."""

    def __init__(self, names: UnitNames) -> None:
        """Take the names of a unit."""
        self.names = names
        found = [*self._derived(), *self._bound(), *self._defaults()]
        self.tests = [
            (place, names.sheet.keep(test) if test.size > 1 else test)
            for place, test in found
            if test is not NO
        ]

    @property
    def reads(self) -> frozenset[str]:
        """The columns that the conditions read."""
        return union(test for _, test in self.tests)

    def column(self) -> exp.Expr:
        """Return the first thing at fault, NULL where nothing is."""
        ifs = [exp.If(this=test.sql, true=exp.Literal.string(place)) for place, test in self.tests]
        text = exp.DataType.build("VARCHAR")
        return exp.Cast(this=exp.Case(ifs=ifs) if ifs else exp.Null(), to=text)

    def _derived(self) -> Iterator[tuple[str, Test]]:
        """Yield the derived facts that cannot lie within their declared bounds."""
        for fact in self.names.book.facts.values():
            if fact.derived is None or (fact.low is None and fact.high is None):
                continue
            found = self.names.derived(fact.id)[0]
            if isinstance(found, Ratio):
                test = compared(found[:2], ">", found[2:4])
                yield fact.id, NO if found.low_num is found.high_num else test
            elif isinstance(found, Span):
                yield fact.id, NO if found.low is found.high else found.low > found.high

    def _bound(self) -> Iterator[tuple[str, Test]]:
        """Yield the facts that bound one another and contradict."""
        facts = self.names.book.facts
        for fact in self.names.book.collected:
            for other, small in ((fact.high_fact, True), (fact.low_fact, False)):
                if other is None:
                    continue
                pair = (fact, facts[other]) if small else (facts[other], fact)
                spans = []
                for one in pair:
                    node = Name(type=one.type, nullable=one.nullable, kind="fact", name=one.id)
                    spans.append((self.names.span(node), ranged(one.type)))
                (low, a), (high, b) = spans
                if isinstance(a, Number) and isinstance(b, Number):
                    scale = max(a.scale, b.scale)
                    low, high = moved(low, a.scale, scale), moved(high, b.scale, scale)
                sure = ~(low.none or NO) & ~(high.none or NO)
                yield fact.id, sure & (low.low > high.high)

    def _defaults(self) -> Iterator[tuple[str, Test]]:
        """Yield the fields whose default cannot lie within their range."""
        for register in self.names.book.registers.values():
            for slot in register.fields.values():
                if slot.default is None or ranged(slot.type) is None:
                    continue
                rows = self.names.at(register.id)
                span = cast("Span", rows.field(slot.id))
                wrong = span.low > span.high
                if wrong is not NO:
                    there = Gathering(self.names, rows).count(YES & wrong) > 0
                    yield f"{register.id}.{slot.id}", there
