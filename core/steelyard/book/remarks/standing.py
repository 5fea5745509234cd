"""Every expression of a book with the place where an author finds it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple

from steelyard.book.model import (
    Banded,
    Demerit,
    Form,
    Graded,
    Proportional,
    Register,
    Requires,
    RuleBook,
)
from steelyard.expression.tree import Compare, Literal, Name, Node, Over, children
from steelyard.expression.types import Boolean, Number

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
        yield from (Placed(rule.place, *one) for one in asked(rule.form))
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


def asked(form: Form) -> Iterator[tuple[Node, str | None]]:
    """Yield what a form asks, as its author wrote it, with the register at whose records it stands.

    A band asks whether the value reaches it, as its lowering does.
    """
    match form:
        case Requires(condition=node) | Graded(fact=node) | Proportional(rate=node):
            yield node, None
        case Banded(value=value):
            yield value, None
        case Demerit(register=register, where=where, each=each):
            if where is not None:
                yield where, register
            yield each, register
        case _:
            return


def reached(form: Form) -> tuple[Compare, ...]:
    """Return for each threshold of a form, lowest first, the comparison that reaches it."""
    if not isinstance(form, Banded):
        return ()
    return tuple(
        Compare(
            type=Boolean(),
            op=">" if band.above else ">=",
            left=form.value,
            right=Literal(
                type=Number(band.scale, band.threshold, band.threshold), value=band.threshold
            ),
        )
        for band in form.bands
    )


def rate_of(form: Form) -> Node | None:
    """Return the rate by which a form multiplies its points, None where it has none."""
    return form.rate if isinstance(form, Proportional) else None


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
