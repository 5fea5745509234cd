"""What each part of a book reads of a case: the facts, registers and fields behind it."""

from __future__ import annotations

from steelyard.book.model import RuleBook
from steelyard.expression.tree import Name, Node, Over, Reach, children
from steelyard.plan.levers import Key


class Reads:
    """The keys that expressions of one book read; a field's key names no record."""

    def __init__(self, book: RuleBook) -> None:
        """Take the book."""
        self.book = book
        self._facts: dict[str, frozenset[Key]] = {}
        self._bound = _bound_together(book)

    def of(self, node: Node | None, register: str | None = None) -> frozenset[Key]:
        """Return what an expression reads, at a record of a register if one is named."""
        match node:
            case None:
                return frozenset()
            case Over():
                inner = [self.of(part, node.register) for part in (node.value, node.where)]
                return frozenset({("register", node.register)}).union(*inner)
            case Name(kind="spoken", name=name):
                return frozenset({("register", name)})
            case Name(kind="fact", name=name):
                return self.fact(name)
            case Name(kind="field", name=name) if register is not None:
                field = self.book.registers[register].fields.get(name)
                if field is None:
                    return frozenset()
                inner = [self.of(part, register) for part in (field.derived, field.default)]
                return frozenset({("field", register, name)}).union(*inner)
            case Reach(base=base):
                return self.of(base, register)
        return frozenset().union(*(self.of(part, register) for part in children(node)))

    def fact(self, name: str) -> frozenset[Key]:
        """Return what a fact reads: itself and those that bound it, or what it is worked out of."""
        if name not in self._facts:
            fact = self.book.facts[name]
            self._facts[name] = (
                self.of(fact.derived)
                if fact.derived is not None
                else frozenset(("fact", one) for one in self._bound.get(name, {name}))
            )
        return self._facts[name]


def _bound_together(book: RuleBook) -> dict[str, set[str]]:
    """Return, of every fact that bounds another or is bounded, all that hang together with it."""
    groups: dict[str, set[str]] = {}
    for fact in book.collected:
        for other in (fact.low_fact, fact.high_fact):
            if other is not None:
                whole = groups.get(fact.id, {fact.id}) | groups.get(other, {other})
                groups.update(dict.fromkeys(whole, whole))
    return groups
