"""Bands that earn less where the book says that a fact is better."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from steelyard.book.model import Banded, Form, Graded, RuleBook
from steelyard.errors import Fault, fault
from steelyard.expression.tree import Name, Node
from steelyard.expression.types import Choice


def against_better(book: RuleBook) -> Iterator[Fault]:
    """Remark bands, and grades of an ordered list, whose points run against `better`."""
    for rule in book.rules.values():
        steps = _steps(rule.form)
        if steps is None:
            continue
        value, points = steps
        if not isinstance(value, Name) or value.kind != "fact":
            continue
        better = book.facts[value.name].better
        falls = any(low > high for low, high in pairwise(points))
        rises = any(low < high for low, high in pairwise(points))
        if (better == "higher" and falls) or (better == "lower" and rises):
            yield fault(
                rule.place, "earns less where `{name}` is better, as the book says", name=value.name
            )


def _steps(form: Form) -> tuple[Node, list[int]] | None:
    """Return the value that a form looks up, and its points from the lowest value up; None for
    forms without steps.
    """
    match form:
        case Banded(value=value, bands=bands):
            return value, [0, *(band.points for band in bands)]
        case Graded(fact=fact, points=points) if (
            isinstance(fact.type, Choice) and fact.type.ordered
        ):
            return fact, [points[option] for option in fact.type.options if option in points]
        case _:
            return None
