"""The words of the model that the slow judge reads: its forms, and what a book says of weights,
cut-offs and dates.
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import Any

from steelyard.book.model import (
    Band,
    Banded,
    Checklist,
    Demerit,
    Grade,
    Graded,
    Judged,
    Proportional,
    Register,
    Requires,
    Rule,
    RuleBook,
    Section,
    Staged,
)
from steelyard.expression.reference import Reading
from steelyard.expression.tree import Node
from steelyard.expression.values import Bounds

__all__ = [
    "CARRIED",
    "Band",
    "Banded",
    "Checklist",
    "Demerit",
    "Graded",
    "Judged",
    "Proportional",
    "Requires",
    "Staged",
    "cut_of",
    "dated_by",
    "figure",
    "full_of",
    "lowered",
    "needs_of",
    "slowly",
    "weight_of",
    "weighted",
]
CARRIED = 6
"""How many places more than the book's decimals points are carried with."""


def lowered(rule: Rule) -> Any:
    """Return the trees of a form that a plugin brings: its `points`, and whether it `applies`."""
    return rule.lowered  # type: ignore[attr-defined]


def slowly(rule: Rule, evaluate: Callable[[Node], Reading], full: Fraction) -> Bounds | None:
    """Return what a plugin's own slow reading of its form earns; None where it brings none."""
    form: Any = rule.form
    said: Bounds | None = form.slowly(evaluate, full)
    return said


def full_of(book: RuleBook, rule: Rule) -> Fraction:
    """Return a rule's own full mark, on the scale on which its form earns."""
    return Fraction(int(getattr(rule, "full", rule.points)), 10**book.decimals)


def weight_of(rule: Rule) -> int:
    """Return a rule's weight within its section; 0 where the rule says its points."""
    return int(getattr(rule, "weight", 0))


def weighted(section: Section) -> bool:
    """Whether the rules of a section say weights."""
    return bool(getattr(section, "weighted", False))


def cut_of(book: RuleBook, grade: Grade, day: int) -> Fraction | None:
    """Return the score from which a grade is given on a day; None where it asks for none."""
    name = str(getattr(grade, "parameter", ""))
    if name:
        return figure(book, name, day)
    return None if grade.at_least is None else Fraction(grade.at_least, 10**book.decimals)


def needs_of(grade: Grade) -> Node | None:
    """Return the condition that a grade asks for beside its cut-off."""
    node: Node | None = getattr(grade, "needs", None)
    return node


def dated_by(register: Register) -> str:
    """Return the field whose day must lie in the period, empty where none must."""
    said = str(getattr(register, "dated", ""))
    return "" if said == "none" else said


def figure(book: RuleBook, parameter: str, day: int) -> Fraction:
    """Return a parameter as it stands on a day: the last figure that has begun by then."""
    entry = book.parameters[parameter]
    begun = [(start, units) for start, units in entry.values if start <= day]
    return Fraction(max(begun)[1], 10**entry.scale)
