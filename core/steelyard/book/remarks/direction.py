"""Bands that earn less where the book says that a fact is better."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from steelyard.book.model import Fact, RuleBook
from steelyard.book.remarks.standing import steps
from steelyard.errors import Fault, fault
from steelyard.expression.tree import Arithmetic, Call, Literal, Name, Node
from steelyard.expression.types import Number, ranged


def against_better(book: RuleBook) -> Iterator[Fault]:
    """Remark bands, and grades of an ordered list, whose points run against `better`."""
    for rule in book.rules.values():
        found = steps(rule)
        leaning = _leaning(book, found[0].reached.left) if found else None
        if leaning is None:
            continue
        fact, upward = leaning
        points = [*(step.below for step in found), found[-1].points]
        falls = any(low > high for low, high in pairwise(points))
        rises = any(low < high for low, high in pairwise(points))
        if falls if (fact.better == "higher") == upward else rises:
            yield fault(
                rule.place, "earns less where `{name}` is better, as the book says", name=fact.id
            )


def _leaning(book: RuleBook, node: Node) -> tuple[Fact, bool] | None:
    """Return the fact that is better one way and moves a value, and whether both rise together;
    None where the value does not surely go one way with one such fact.
    """
    if isinstance(node, Name) and node.kind == "fact":
        fact = book.facts[node.name]
        if fact.better is not None:
            return fact, True
        return None if fact.derived is None else _leaning(book, fact.derived)
    if isinstance(node, Call) and node.function in {"min", "max", "round"}:
        inner = [one for one in node.arguments if not isinstance(one, Literal)]
        return _leaning(book, inner[0]) if len(inner) == 1 else None
    if not isinstance(node, Arithmetic):
        return None
    for side, other, first in ((node.left, node.right, True), (node.right, node.left, False)):
        sign = _sign(other) if isinstance(other, Literal) else None
        moved = _leaning(book, side) if sign is not None else None
        if moved is None:
            continue
        if node.op in {"*", "/"} and sign == 0 or node.op == "/" and not first:
            return None
        turned = sign == -1 if node.op in {"*", "/"} else node.op == "-" and not first
        return moved[0], moved[1] != turned
    return None


def _sign(node: Literal) -> int | None:
    """Return the sign of a number, None for what is none."""
    kind = ranged(node.type)
    if not isinstance(kind, Number):
        return None
    return (kind.low > 0) - (kind.high < 0)
