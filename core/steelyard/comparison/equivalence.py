"""Which rules ask the same of the same in two books, so that their difference is nothing however
much is not shown.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from fractions import Fraction
from typing import Any

from steelyard.book.model import Field, Rule, RuleBook
from steelyard.case.model import Case
from steelyard.expression.tree import Name, Over, Reach
from steelyard.expression.types import Number
from steelyard.judging.assessment import Assessment
from steelyard.judging.findings import windows


def same_rules(old: Assessment, new: Assessment) -> frozenset[str]:
    """Return the rules that ask the same of the same in both."""
    if old is new:
        return frozenset(old.book.rules)
    return frozenset(
        name
        for name, rule in new.book.rules.items()
        if name in old.book.rules and _asked(old.book.rules[name], old) == _asked(rule, new)
    )


def _asked(rule: Rule, assessment: Assessment) -> tuple[Any, ...]:
    """Return all that a rule's points depend on: what it asks, and what the case says of it.

    A case keeps its waivers, so what is waived is waived on both sides.
    """
    weigher = _Weigher(assessment.book, assessment.case)
    return (
        weigher.of(rule.lowered),
        weigher.of(rule.not_applicable),
        rule.when_undefined,
        rule.points,
        rule.full,
        rule.weight,
        assessment.book.decimals,
        rule.bonus,
        rule.group,
    )


class _Weigher:
    """Turns parts of a rule into values that are equal where they mean the same of the same
    case.
    """

    def __init__(self, book: RuleBook, case: Case) -> None:
        self.book = book
        self.case = case
        self.register = ""

    def of(self, part: object) -> Any:
        """Return a part of a rule without its place in the text, and with what stands behind its
        names.
        """
        match part:
            case Name(kind="parameter", name=name):
                at = list(self.book.parameters).index(name)
                return Fraction(self.case.parameters[at], 10 ** self.book.parameters[name].scale)
            case Name(kind="fact", name=name):
                return ("fact", name, part.claimed, self.fact(name))
            case Name(kind="field", name=name):
                return ("field", self.field(self.register, name))
            case Name(kind="moment", name=name):
                return ("moment", name, self.case.as_of, self.case.first, self.case.last)
            case Name(kind="window", name=name):
                return ("window", windows(self.book, self.case)[name])
            case Name(kind="given", name=name):
                return ("given", name, self.case.registers[name].given)
            case Name(kind="judged"):
                # Nobody knows what a plugin asks: it is never known to be the same.
                return object()
            case Reach(base=base, party=party, field=key):
                slot = self.book.kinds[party].fields[key]
                said = tuple(
                    (one["id"], str(one.get(key)))
                    for one in self.case.document["parties"]
                    if one["kind"] == party
                )
                return ("reach", self.of(base), party, key, *self._slot(slot), said)
            case Over(register=register):
                return self._inside(register, part)
            case Number(scale=scale):
                return ("number", scale)
            case Mapping():
                return tuple(sorted((str(key), self.of(value)) for key, value in part.items()))
            case tuple() | list():
                return tuple(self.of(one) for one in part)
        return self._parts(part) if dataclasses.is_dataclass(part) else part

    def _parts(self, part: Any) -> tuple[Any, ...]:
        return (
            type(part).__name__,
            *(
                self.of(getattr(part, one.name))
                for one in dataclasses.fields(part)
                if one.name not in {"at", "nullable"}
            ),
        )

    def _inside(self, register: str, part: object) -> tuple[Any, ...]:
        outer, self.register = self.register, register
        said = self.case.document["records"].get(register)
        rows = self.case.registers[register]
        ids = tuple(row["id"] for row in said["rows"]) if said else ()
        found = (register, rows.complete, rows.given, ids, *self._parts(part))
        self.register = outer
        return found

    def field(self, register: str, key: str) -> tuple[Any, ...]:
        """Return a field, what it is worked out from, and what every row says of it."""
        slot = self._slot(self.book.registers[register].fields[key])
        said = self.case.document["records"].get(register)
        return (key, *slot, tuple(str(row.get(key)) for row in said["rows"]) if said else ())

    def _slot(self, slot: Field) -> tuple[Any, ...]:
        return (self._kind(slot.type), slot.missing, self.of(slot.default), self.of(slot.derived))

    def fact(self, name: str) -> tuple[Any, ...]:
        """Return a fact, what it is worked out from, and what the case says of it."""
        fact = self.book.facts[name]
        if fact.derived is not None:
            return (self._kind(fact.type), fact.low, fact.high, self.of(fact.derived))
        return (self._kind(fact.type), fact.nullable, str(self.case.document["facts"].get(name)))

    def _kind(self, kind: object) -> object:
        return self.of(kind) if isinstance(kind, Number) else kind
