"""Every expression of a book with the place where an author finds it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import NamedTuple

from steelyard.book.model import Register, Rule, RuleBook
from steelyard.expression.tree import (
    Choose,
    Compare,
    Literal,
    Name,
    Node,
    Over,
    Portion,
    Present,
    children,
    walk,
)

Places = Callable[..., str]
"""Finds file:line and the field of a path such as ("rules", "training")."""


class Placed(NamedTuple):
    """An expression, its place, and the register at whose records it stands."""

    place: str
    node: Node
    register: str | None = None


def placed(book: RuleBook, place: Places) -> Iterator[Placed]:
    """Yield every expression of a book where it is written."""
    for fact in book.facts.values():
        if fact.derived is not None:
            yield Placed(fact.place, fact.derived)
    for register in book.registers.values():
        yield from _columns(register)
    for rule in book.rules.values():
        if rule.not_applicable is not None:
            yield Placed(rule.place, rule.not_applicable)
        yield from (Placed(rule.place, *one) for one in rule.form.expressions())
    for limiter in book.limiters:
        if limiter.when is not None:
            yield Placed(place("limiters", limiter.id), limiter.when)
    for row in book.consequences:
        if row.when is not None:
            yield Placed(row.place, row.when, row.on if row.scope == "register" else None)
    for rung in book.ladder:
        yield Placed(place("ladder", rung.id), rung.needs)
    for grade in book.grades:
        if grade.needs is not None:
            yield Placed(place("grades", grade.id), grade.needs)


def _columns(register: Register) -> Iterator[Placed]:
    for slot in register.fields.values():
        for node in (slot.derived, slot.default):
            if node is not None:
                yield Placed(slot.place, node, register.id)


class Step(NamedTuple):
    """A threshold: the comparison that reaches it, the points below it, and the points from it
    on.
    """

    reached: Compare
    below: int
    points: int


def steps(rule: Rule) -> list[Step]:
    """Return the thresholds of a rule, lowest first, where its points are looked up by one value in
    an order that its author did not write as a condition; else an empty list.
    """
    written = [node for node, _ in rule.form.expressions()]
    found: list[Step] = []
    node = rule.lowered.points
    above: tuple[Compare, int] | None = None
    if isinstance(node, Choose) and isinstance(node.then, Choose):
        # Only a value that is there is looked up.
        node = node.then
    while isinstance(node, Choose):
        condition, then, rest = node.condition, node.then, node.otherwise
        if isinstance(condition, Compare) and isinstance(condition.left, Present):
            condition = replace(condition, left=condition.left.item)
        if not isinstance(condition, Compare) or condition.op not in {">", ">="}:
            return []
        if not isinstance(then, Literal) or (above and above[0].left != condition.left):
            return []
        if condition in written:
            return []
        if above is not None:
            found.append(Step(above[0], int(then.value), above[1]))
        above, node = (condition, int(then.value)), rest
    if above is None or not isinstance(node, Literal):
        return []
    found.append(Step(above[0], int(node.value), above[1]))
    return list(reversed(found))


def reached(rule: Rule) -> tuple[Compare, ...]:
    """Return the thresholds that a rule asks beside what its author wrote out, lowest first."""
    return tuple(step.reached for step in steps(rule))


def rate_of(rule: Rule) -> Node | None:
    """Return the rate by which a rule multiplies its points, None where it has none."""
    node = rule.lowered.points
    return node.rate if isinstance(node, Portion) else None


def condition_of(rule: Rule) -> Node | None:
    """Return the condition by which a rule earns all or nothing as its author wrote it out, None
    where it earns otherwise.
    """
    node = rule.lowered.points
    if not isinstance(node, Choose) or not isinstance(node.then, Literal):
        return None
    written = any(node.condition == one for one, _ in rule.form.expressions())
    return node.condition if written and isinstance(node.otherwise, Literal) else None


def costly_of(rule: Rule) -> Over | None:
    """Return the function over records that a rule's finding lists since they cost it points, with
    what each costs as its value; None where records cost it nothing by themselves.
    """
    listed = (one for one in walk(rule.lowered.points) if isinstance(one, Over) and one.listed)
    return next(listed, None)


def stands_in(node: Node, register: str | None) -> Iterator[tuple[Node, str | None]]:
    """Yield a node and everything below it, each with the register at whose records it stands."""
    yield node, register
    inner = node.register if isinstance(node, Over) else register
    for child in children(node):
        yield from stands_in(child, inner)


def written_out(book: RuleBook, node: Node) -> Node:
    """Return what a derived fact is worked out by, as deep as it goes; any other node itself."""
    while isinstance(node, Name) and node.kind == "fact":
        derived = book.facts[node.name].derived
        if derived is None:
            return node
        node = derived
    return node
