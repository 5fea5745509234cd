"""Figures of a book as the slow judge reads them: full marks, cut-offs, and what holds on a day."""

from __future__ import annotations

from fractions import Fraction

from steelyard.book.model import UNDATED, Grade, Register, Rule, RuleBook

CARRIED = 6
"""How many places more than the book's decimals points are carried with."""


def full_of(book: RuleBook, rule: Rule) -> Fraction:
    """Return a rule's own full mark, on the scale on which its form earns."""
    return Fraction(rule.full, 10**book.decimals)


def cut_of(book: RuleBook, grade: Grade, day: int) -> Fraction | None:
    """Return the score from which a grade is given on a day; None where it asks for none."""
    if grade.parameter:
        return figure(book, grade.parameter, day)
    return None if grade.at_least is None else Fraction(grade.at_least, 10**book.decimals)


def dated_by(register: Register) -> str:
    """Return the field whose day must lie in the period, empty where none must."""
    return "" if register.dated == UNDATED else register.dated


def figure(book: RuleBook, parameter: str, day: int) -> Fraction:
    """Return a parameter as it stands on a day: the last figure that has begun by then."""
    entry = book.parameters[parameter]
    begun = [(start, units) for start, units in entry.values if start <= day]
    return Fraction(max(begun)[1], 10**entry.scale)
