"""What joins formulas: conditions and the arithmetic of quotients, where plain values are worked
out at once and the rest is left to z3.
"""

from __future__ import annotations

from math import gcd
from typing import Any

import z3

from steelyard.errors import Word
from steelyard.expression.claims import Claims
from steelyard.expression.formulas import (
    Code,
    Condition,
    Extent,
    Formula,
    Holds,
    Ratio,
    Row,
    Term,
    UnprovableError,
    known_as,
)
from steelyard.expression.tree import Over
from steelyard.expression.types import Choice, Number, Type, ranged


class Joining:
    """Joins formulas; `undefined` is where something is divided by zero or taken of nothing."""

    claims: Claims
    undefined: Condition

    def note(self, condition: Condition) -> None:
        """Note a condition under which something is undefined."""
        self.undefined = self.either(self.undefined, condition)

    def both(self, *conditions: Condition) -> Condition:
        """Return that all conditions hold."""
        if any(one is False for one in conditions):
            return False
        open_ = [one for one in conditions if one is not True]
        return True if not open_ else open_[0] if len(open_) == 1 else z3.And(*open_)

    def either(self, *conditions: Condition) -> Condition:
        """Return that one of the conditions holds."""
        if any(one is True for one in conditions):
            return True
        open_ = [one for one in conditions if one is not False]
        return False if not open_ else open_[0] if len(open_) == 1 else z3.Or(*open_)

    def contrary(self, condition: Condition) -> Condition:
        """Return that a condition does not hold."""
        return (not condition) if isinstance(condition, bool) else z3.Not(condition)

    def choose(self, condition: Condition, then: Term, otherwise: Term) -> Term:
        """Return one term where a condition holds, else another."""
        if isinstance(condition, bool):
            return then if condition else otherwise
        if _same(then, otherwise):
            return then
        if isinstance(then, bool) or isinstance(otherwise, bool):
            then, otherwise = (
                z3.BoolVal(one) if isinstance(one, bool) else one for one in (then, otherwise)
            )
        return z3.If(condition, then, otherwise)

    def pick(self, condition: Condition, then: Ratio, otherwise: Ratio) -> Ratio:
        """Return one number where a condition holds, else another."""
        if isinstance(condition, bool):
            return then if condition else otherwise
        one, two, under = self.level(then, otherwise)
        if under is not None:
            return Ratio(self.choose(condition, one, two), under)
        return Ratio(
            self.choose(condition, then.top, otherwise.top),
            self.choose(condition, then.bottom, otherwise.bottom),
        )

    def level(self, one: Ratio, two: Ratio) -> tuple[Term, Term, Term | None]:
        """Return two numerators over one denominator; None where theirs hang on the case."""
        if _same(one.bottom, two.bottom):
            return one.top, two.top, one.bottom
        if isinstance(one.bottom, int) and isinstance(two.bottom, int):
            under = one.bottom * two.bottom // gcd(one.bottom, two.bottom)
            return one.top * (under // one.bottom), two.top * (under // two.bottom), under
        return one.top, two.top, None

    def at_most(self, one: Ratio, two: Ratio) -> Condition:
        """Return that one number is at most another."""
        left, right, under = self.level(one, two)
        if under is None:
            left, right = one.top * two.bottom, two.top * one.bottom
        return left <= right

    def equal(self, one: Term, two: Term) -> Condition:
        """Return that two terms are the same."""
        if isinstance(one, (int, bool)) and isinstance(two, (int, bool)):
            return bool(one == two)
        return True if _same(one, two) else one == two

    def quotient(self, one: Term, two: int) -> Term:
        """Return a whole number divided by one above 0, rounded down."""
        return one // two if isinstance(one, int) else one / two

    def remainder(self, one: Term, two: int) -> Term:
        """Return what such a division leaves."""
        return one % two

    def plus(self, one: Ratio, two: Ratio) -> Ratio:
        """Return the sum of two numbers."""
        left, right, under = self.level(one, two)
        if under is not None:
            return Ratio(left + right, under)
        return Ratio(one.top * two.bottom + two.top * one.bottom, one.bottom * two.bottom)

    def times(self, one: Ratio, two: Ratio) -> Ratio:
        """Return the product of two numbers."""
        return Ratio(one.top * two.top, one.bottom * two.bottom)

    def half_away(self, one: Ratio, places: int) -> Ratio:
        """Return a number rounded half away from zero."""
        unit = 10**places
        top, bottom = one
        if isinstance(bottom, int):
            if unit % bottom == 0:
                return Ratio(top * (unit // bottom), unit)
            size = _size(top)
            whole = self.quotient(2 * size * unit + bottom, 2 * bottom)
            return Ratio(self.choose(top < 0, -whole, whole), unit)
        size = _size(top)
        whole = self.claims.fresh("rounded")
        self.claims.lay(whole >= 0)
        self.claims.lay(
            z3.And(
                2 * whole * bottom <= 2 * size * unit + bottom,
                2 * size * unit + bottom < 2 * (whole + 1) * bottom,
            )
        )
        return Ratio(self.choose(top < 0, -whole, whole), unit)

    def repeated(self, count: Term, value: Ratio, kind: Type) -> Ratio:
        """Return the sum of the values of records alike, each of a type."""
        if not isinstance(value.bottom, int):
            raise UnprovableError(Word("adds up quotients of records"))
        if isinstance(count, int) or isinstance(value.top, int):
            return Ratio(count * value.top, value.bottom)
        return Ratio(self._parts(count, value.top, value.bottom, kind), value.bottom)

    def _parts(self, count: Term, value: Term, bottom: int, kind: Type) -> Term:
        if isinstance(value, int) or z3.is_int_value(value):
            return count * value
        if z3.is_app_of(value, z3.Z3_OP_ITE):
            condition, then, otherwise = value.children()
            sides = (self._parts(count, one, bottom, kind) for one in (then, otherwise))
            return z3.If(condition, *sides)
        span = ranged(kind)
        if span is None:
            raise UnprovableError(Word("adds up what has no range"))
        unit = 10 ** (span.scale if isinstance(span, Number) else 0)
        return self.claims.sum_of(
            count, value, (-(-span.low * bottom // unit), span.high * bottom // unit)
        )

    def several(self, node: Over, most: int, rows: list[Row], values: list[Formula]) -> Extent:
        """Return how many different values records have: of records alike at least one, and at most
        as many as there are.
        """
        if any(not _same(row.where.must, row.where.may) for row in rows):
            raise UnprovableError(Word("counts the values of records that a division leaves open"))
        known: list[Any] = []
        counts: list[Condition] = []
        for row, value in zip(rows, values, strict=True):
            if isinstance(value, Holds) or (isinstance(value, Extent) and not is_sure(value)):
                raise UnprovableError(Word("counts values that a division leaves open"))
            counts.append(self.both(row.where.must, self.contrary(value.gone), row.times > 0))
            known.append(value.code if isinstance(value, Code) else value.low.top)
        kind = node.value.type if node.value is not None else None
        if isinstance(kind, Choice):
            return known_as(Ratio(self._options_seen(kind, counts, known)))
        total: Term = 0
        least: Term = 0
        for place, (row, here) in enumerate(zip(rows, counts, strict=True)):
            seen = (
                self.both(other, self.equal(known[at], known[place]))
                for at, other in enumerate(counts[:place])
            )
            first = self.both(here, self.contrary(self.either(*seen)))
            total = total + self.choose(first, 1, 0)
            if not isinstance(row.times, int):
                least = total
        if all(isinstance(row.times, int) and row.times == 1 for row in rows):
            return known_as(Ratio(total))
        many = [
            (getattr(row.inner, "kin", ""), here, row.times)
            for here, row in zip(counts, rows, strict=True)
            if not isinstance(row.times, int)
        ]
        found = self.claims.different(node, most, many, least)
        some = self.either(*(here for _, here, _ in many))
        for here, row in zip(counts, rows, strict=True):
            if isinstance(row.times, int):
                # One record more has a value of its own, or one that is there already.
                other = self.claims.fresh("other")
                alone = self.both(here, self.contrary(some))
                self.claims.lay(other >= self.choose(alone, 1, 0))
                self.claims.lay(other <= self.choose(here, 1, 0))
                self.claims.lay(found + other <= most)
                found, some = found + other, self.either(some, here)
        return known_as(Ratio(found))

    def _options_seen(self, kind: Choice, counts: list[Condition], known: list[Any]) -> Term:
        """Return how many options are seen where records alike have the same one."""
        total: Term = 0
        for code in range(len(kind.options)):
            seen = (
                self.both(here, self.equal(term, code))
                for here, term in zip(counts, known, strict=True)
            )
            total = total + self.choose(self.either(*seen), 1, 0)
        return total


def _same(one: Term, two: Term) -> bool:
    if one is two:
        return True
    if z3.is_expr(one) and z3.is_expr(two):
        return bool(one.eq(two))
    return not z3.is_expr(one) and not z3.is_expr(two) and bool(one == two)


def _size(top: Term) -> Term:
    return abs(top) if isinstance(top, int) else z3.If(top < 0, -top, top)


def is_sure(found: Extent) -> bool:
    """Whether the two ends are one, so that nothing is open but perhaps whether it is there."""
    return found.low is found.high
