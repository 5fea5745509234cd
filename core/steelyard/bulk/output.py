"""Terms as the outputs show them: decimals, answers and words."""

from __future__ import annotations

from collections.abc import Mapping

from sqlglot import exp

from steelyard.expression.scaled import YES, Sides, Test, Whole
from steelyard.expression.types import number_text


def as_decimal(term: Whole, places: int) -> exp.Expr:
    """Return a number in units of its places as a decimal, exactly on every engine."""
    digits = max(len(str(max(abs(term.low), abs(term.high)))), places) + 1
    whole = exp.cast(term.sql, f"DECIMAL({min(38 - places, digits)}, 0)", copy=False)
    found: exp.Expr = whole
    if places:
        unit = exp.Literal.number(f"0.{'0' * (places - 1)}1")
        found = exp.Mul(this=whole, expression=unit)
    return exp.cast(found, f"DECIMAL({18 if digits <= 18 else 38}, {places})", copy=False)


def answered(sides: Sides) -> exp.Expr:
    """Return a condition as `yes`, `possible` or `no`."""
    yes, possible, no = (exp.Literal.string(word) for word in ("yes", "possible", "no"))
    if sides.must.value is True:
        return yes
    ifs = [] if sides.must.value is False else [exp.If(this=sides.must.sql, true=yes)]
    if sides.may.value is True:
        return exp.Case(ifs=ifs, default=possible) if ifs else possible
    if sides.may is not sides.must and sides.may.value is None:
        ifs.append(exp.If(this=sides.may.sql, true=possible))
    return exp.Case(ifs=ifs, default=no) if ifs else no


def chosen_text(term: Whole, words: Mapping[int, str]) -> exp.Expr:
    """Return the word for a number; those that it cannot be are left out."""
    there = [(number, word) for number, word in words.items() if term.low <= number <= term.high]
    if len(there) == 1:
        return exp.Literal.string(there[0][1])
    ifs = [
        exp.If(this=exp.Literal.number(number) if number >= 0
               else exp.Neg(this=exp.Literal.number(-number)), true=exp.Literal.string(word))
        for number, word in there
    ]  # fmt: skip
    return exp.Case(this=term.sql, ifs=ifs)


def texts(there: Test, value: exp.Expr) -> exp.Expr:
    """Return a value where a condition holds, else NULL."""
    if there is YES or there.value is True:
        return value
    return exp.Case(ifs=[exp.If(this=there.sql, true=value)])


def decimal_literal(units: int, places: int) -> exp.Expr:
    """Return units of 10**-places written out as a decimal."""
    text = exp.Literal.string(number_text(units, places, places))
    return exp.cast(text, f"DECIMAL(18, {places})", copy=False)
