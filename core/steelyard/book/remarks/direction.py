"""Bands that earn less where the book says that a fact is better."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from steelyard.book.model import RuleBook
from steelyard.book.remarks.standing import steps
from steelyard.errors import Fault, fault
from steelyard.expression.tree import Name


def against_better(book: RuleBook) -> Iterator[Fault]:
    """Remark bands, and grades of an ordered list, whose points run against `better`."""
    for rule in book.rules.values():
        found = steps(rule)
        if not found or not isinstance(found[0].reached.left, Name):
            continue
        value, points = found[0].reached.left, [step.below for step in found]
        points.append(found[-1].points)
        if value.kind != "fact":
            continue
        better = book.facts[value.name].better
        falls = any(low > high for low, high in pairwise(points))
        rises = any(low < high for low, high in pairwise(points))
        if (better == "higher" and falls) or (better == "lower" and rises):
            yield fault(
                rule.place, "earns less where `{name}` is better, as the book says", name=value.name
            )
