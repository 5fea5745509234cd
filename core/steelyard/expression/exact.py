"""Exact comparisons, rates and quotients of the terms of SQL readings."""

from __future__ import annotations

from collections.abc import Sequence
from math import gcd
from typing import assert_never

from steelyard.expression.scaled import (
    YES,
    Ratio,
    Sides,
    Span,
    Test,
    Whole,
    choose,
    cut,
    every,
    some,
    whole,
)
from steelyard.expression.tree import Comparison
from steelyard.expression.types import Number

Pair = tuple[Whole, Whole]
"""A numerator and a denominator, which is above 0."""


def moved(span: Span, scale: int, target: int) -> Span:
    """Return a number in units of a finer scale."""
    if scale == target:
        return span
    low = span.low * 10 ** (target - scale)
    return Span(
        low, low if span.low is span.high else span.high * 10 ** (target - scale), span.none
    )


def pairs_of(span: Span, scale: int) -> Ratio:
    """Return a plain number as pairs."""
    unit = whole(10**scale, span.low.engine)
    return Ratio(span.low, unit, span.high, unit, span.none)


def contrary(sides: Sides) -> Sides:
    """Return the contrary of a condition."""
    must = ~sides.may
    return Sides(must, must if sides.must is sides.may else ~sides.must)


def joined(op: str, sides: Sequence[Sides]) -> Sides:
    """Return conditions joined by `and` or `or`."""
    join = every if op == "and" else some
    must = join(side.must for side in sides)
    if all(side.must is side.may for side in sides):
        return Sides(must, must)
    return Sides(must, join(side.may for side in sides))


def compared(one: Pair, op: Comparison, two: Pair) -> Test:
    """Return the comparison of two quotients, without dividing."""
    (a, b), (c, d) = lowest(one), lowest(two)
    if b is d or (b.literal is not None and b.literal == d.literal):
        return ranked(a, op, c)
    return ranked(a * d, op, c * b)


def ranked(one: Whole, op: Comparison, two: Whole) -> Test:
    """Return a comparison of two numbers."""
    match op:
        case "<":
            return one < two
        case "<=":
            return one <= two
        case ">":
            return one > two
        case ">=":
            return one >= two
        case "==":
            return one.equals(two)
        case "!=":
            return ~one.equals(two)
        case never:
            assert_never(never)


def lowest(pair: Pair) -> Pair:
    """Return a written-out quotient in its lowest terms."""
    top, bottom = pair[0].literal, pair[1].literal
    if top is None or bottom is None:
        return pair
    common = gcd(top, bottom)
    engine = pair[0].engine
    return whole(top // common, engine), whole(bottom // common, engine)


def nearer(one: Pair, two: Pair, op: Comparison) -> Pair:
    """Return the lesser (`<=`) or the greater (`>=`) of two quotients."""
    if one[0] is two[0] and one[1] is two[1]:
        return one
    test = compared(one, op, two)
    return choose([(test, one[0])], two[0]), choose([(test, one[1])], two[1])


def same_end(ratio: Ratio) -> Test:
    """Return whether both ends of a rate are one."""
    if ratio.low_num is ratio.high_num and ratio.low_den is ratio.high_den:
        return YES
    return compared(ratio[:2], "==", ratio[2:4])


def ordered(op: Comparison, one: Ratio, two: Ratio) -> Sides:
    """Return a comparison of two values, each given by its pairs."""
    low, high, first, last = one[:2], one[2:4], two[:2], two[2:4]
    if same_end(one) is YES and same_end(two) is YES:
        test = compared(low, op, first)
        return Sides(test, test)
    if op == "!=":
        return contrary(ordered("==", one, two))
    if op == "==":
        must = every([same_end(one), same_end(two), compared(low, "==", first)])
        return Sides(must, compared(low, "<=", last) & compared(high, ">=", first))
    if op in {"<", "<="}:
        return Sides(compared(high, op, first), compared(low, op, last))
    return Sides(compared(low, op, last), compared(high, op, first))


def either_none(*operands: Span | Ratio) -> Test | None:
    """Return whether an operand may be none; None where none of them ever is."""
    found = [operand.none for operand in operands if operand.none is not None]
    return some(found) if found else None


def divided(top: Whole, bottom: Whole, kind: Number) -> Whole:
    """Return top / bottom as a number of a type, rounded half away from zero; bottom is above 0."""
    if bottom.literal == 10**kind.scale:
        return top
    return divided_by(top, bottom, kind.scale, (kind.low, kind.high)).within(kind.low, kind.high)


def divided_by(
    top: Whole, bottom: Whole, places: int, known: tuple[int, int] | None = None
) -> Whole:
    """Return top / bottom in units of 10**-places, rounded half away from zero; bottom is above
    0. `known` is between what the result lies, if that is known to be less than all it could be.
    """
    unit = 2 * 10**places
    reach = max(abs(top.low), abs(top.high)) * 10**places // max(1, bottom.low) + 1
    least_, most = known or (-reach, reach)
    low = 0 if top.low >= 0 else max(-reach, min(least_, 0))
    high = 0 if top.high <= 0 else min(reach, max(most, 0))
    if top.low >= 0:
        return cut(top * unit + bottom, bottom * 2, 0, high)
    below = -cut(-top * unit + bottom, bottom * 2, 0, -low)
    if top.high <= 0:
        return below
    return choose([(top < 0, below)], cut(top * unit + bottom, bottom * 2, 0, high))


def divided_down(top: Whole, bottom: int) -> Whole:
    """Return the greatest whole number that is not above top / bottom."""
    under, reach = whole(bottom, top.engine), max(abs(top.low), abs(top.high)) // bottom + 1
    if top.low >= 0:
        return cut(top, under, 0, reach)
    below = -cut(-top + (bottom - 1), under, 0, reach)
    return choose([(top < 0, below)], cut(top, under, 0, reach))


def divided_up(top: Whole, bottom: int) -> Whole:
    """Return the least whole number that is not below top / bottom."""
    return -divided_down(-top, bottom)
