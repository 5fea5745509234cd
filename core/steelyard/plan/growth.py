"""Which way an expression can move where further records are entered in a register.

It looks at nothing but the tree: what it says cannot move does not, whatever the records are.
"""

from __future__ import annotations

from typing import NamedTuple

from steelyard.book.model import RuleBook
from steelyard.expression.tree import (
    Arithmetic,
    Call,
    Choose,
    Compare,
    Logic,
    Mean,
    Name,
    Node,
    Not,
    Over,
    Portion,
    Present,
    Reach,
    Settle,
    children,
)
from steelyard.expression.tree import Literal as Written
from steelyard.expression.types import Number, ranged


class Ways(NamedTuple):
    """Whether a value, or a truth, may rise and may fall."""

    rises: bool
    falls: bool

    @property
    def stays(self) -> bool:
        """Whether it does not move at all."""
        return not (self.rises or self.falls)

    @property
    def turned(self) -> Ways:
        """The same of its contrary."""
        return Ways(self.falls, self.rises)


_STAYS, _EITHER = Ways(rises=False, falls=False), Ways(rises=True, falls=True)
_RISES, _FALLS = Ways(rises=True, falls=False), Ways(rises=False, falls=True)


class Growth:
    """Reads one book's expressions for one register."""

    def __init__(self, book: RuleBook, register: str) -> None:
        """Take the book, and the register in which records are entered."""
        self.book = book
        self.register = register
        self._facts: dict[str, Ways] = {}

    def of(self, node: Node | None) -> Ways:
        """Return which way an expression can move."""
        match node:
            case None | Written() | Reach():
                return _STAYS
            case Name(inner=Node() as inner):
                return self.of(inner)
            case Name(kind="fact", name=name):
                return self._fact(name)
            case Name(kind="spoken", name=name):
                return _RISES if name == self.register else _STAYS
            case Name(kind="outcome"):
                return _EITHER
            case Name():
                return _STAYS
            case Over():
                return self._over(node)
            case Not(item=item):
                return self.of(item).turned
            case Logic(items=items):
                return _any(*map(self.of, items))
            case Compare(op=op, left=left, right=right, confidence=confidence):
                one, two = self.of(left), self.of(right)
                if one.stays and two.stays:
                    return _STAYS
                if op in {"==", "!="} or confidence or left.nullable or right.nullable:
                    return _EITHER
                return _any(one, two.turned) if op in {">", ">="} else _any(one.turned, two)
            case Arithmetic():
                return self._arithmetic(node)
            case Choose():
                return self._choose(node)
            case Call(function="min" | "max", arguments=arguments):
                return _any(*map(self.of, arguments))
            case Present(item=item) | Settle(item=item, otherwise=None):
                return self.of(item)
            case Settle(item=item, otherwise=otherwise):
                return _any(self.of(item), self.of(otherwise))
            case Portion(rate=rate):
                moved = self.of(rate)
                return _EITHER if rate.nullable and not moved.stays else moved
            case Mean(parts=parts) if all(self.of(part.applies).stays for part in parts):
                return _any(*(self.of(part.earned) for part in parts))
        return _STAYS if all(self.of(part).stays for part in children(node)) else _EITHER

    def _fact(self, name: str) -> Ways:
        if name not in self._facts:
            self._facts[name] = self.of(self.book.facts[name].derived)
        return self._facts[name]

    def _over(self, node: Over) -> Ways:
        if node.register != self.register:
            return _STAYS
        if node.function in {"count", "any", "distinct"}:
            return _RISES
        if node.function == "every":
            return _FALLS
        if node.function == "total" and _low(node.value) >= 0:
            return _RISES
        return _EITHER

    def _arithmetic(self, node: Arithmetic) -> Ways:
        left, right = self.of(node.left), self.of(node.right)
        if left.stays and right.stays:
            return _STAYS
        if node.op == "+":
            return _any(left, right)
        if node.op == "-":
            return _any(left, right.turned)
        if _low(node.left) < 0 or _low(node.right) < 0:
            return _EITHER
        if node.op == "*":
            return _any(left, right)
        return left if right.stays else _any(left, right.turned) if _low(node.right) else _EITHER

    def _choose(self, node: Choose) -> Ways:
        """Return the ways of a choice: what it turns to counts by which side is the greater."""
        test = self.of(node.condition)
        sides = _any(self.of(node.then), self.of(node.otherwise))
        if test.stays:
            return sides
        if _low(node.then) >= _high(node.otherwise):
            return _any(test, sides)
        if _high(node.then) <= _low(node.otherwise):
            return _any(test.turned, sides)
        return _EITHER


def _any(*ways: Ways) -> Ways:
    return Ways(any(one.rises for one in ways), any(one.falls for one in ways))


def _low(node: Node | None) -> float:
    kind = None if node is None else ranged(node.type)
    return kind.low / 10**kind.scale if isinstance(kind, Number) else float("-inf")


def _high(node: Node) -> float:
    kind = ranged(node.type)
    return kind.high / 10**kind.scale if isinstance(kind, Number) else float("inf")
