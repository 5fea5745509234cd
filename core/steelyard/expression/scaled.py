"""The terms of SQL readings: whole numbers with their range, truths that are never NULL, words.

A number is written as a 64-bit integer wherever its static range fits and as a wide one where it
does not; nothing here rounds, and the only division is that of whole numbers.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

from sqlglot import exp

from steelyard.expression.engines import EPOCH, Engine
from steelyard.expression.types import DIGITS, fits

NARROW = 2**63
NOBODY: frozenset[str] = frozenset()
_BIGINT = exp.DataType.build("BIGINT")


@dataclass(frozen=True, slots=True, eq=False)
class Term:
    """A part of a statement: its tree, the columns that it reads, and how large the tree is."""

    sql: exp.Expr
    reads: frozenset[str]
    size: int


@dataclass(frozen=True, slots=True, eq=False)
class Test(Term):
    """A condition that is true or false, never NULL; `value` where it is certain already."""

    __test__ = False
    value: bool | None = None

    def __and__(self, other: Test) -> Test:
        return every([self, other])

    def __or__(self, other: Test) -> Test:
        return some([self, other])

    def __invert__(self) -> Test:
        if self.value is not None:
            return NO if self.value else YES
        if isinstance(self.sql, exp.Not):
            inner = self.sql.this
            inner = inner.this if isinstance(inner, exp.Paren) else inner
            return Test(inner, self.reads, self.size)
        return Test(exp.Not(this=_closed(self.sql)), self.reads, self.size + 1)


@dataclass(frozen=True, slots=True, eq=False)
class Letters(Term):
    """A text; NULL where it is none or not known. `literal` where it is written out."""

    literal: str | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Whole(Term):
    """A whole number between `low` and `high`; with `nullable` it is NULL where there is none.

    `engine` is the one for which it is written. Raises OverflowError, with the digits that it
    holds, for a range beyond its wide type.
    """

    low: int
    high: int
    engine: Engine
    nullable: bool = False

    def __post_init__(self) -> None:
        """See that the range is held."""
        if not fits(self.low, self.high):
            raise OverflowError(DIGITS)

    @property
    def literal(self) -> int | None:
        """The number where it is written out."""
        fixed = self.low == self.high and not self.reads and not self.nullable
        return self.low if fixed else None

    @property
    def wide(self) -> bool:
        """Whether it needs more than 64 bits."""
        return not narrow(self.low, self.high)

    def __add__(self, other: Whole | int) -> Whole:
        two = self._lifted(other)
        if two.literal == 0:
            return self
        if self.literal == 0:
            return two
        return self._worked(exp.Add, two, self.low + two.low, self.high + two.high)

    def __sub__(self, other: Whole | int) -> Whole:
        two = self._lifted(other)
        if two.literal == 0:
            return self
        return self._worked(exp.Sub, two, self.low - two.high, self.high - two.low)

    def __mul__(self, other: Whole | int) -> Whole:
        two = self._lifted(other)
        corners = [a * b for a in (self.low, self.high) for b in (two.low, two.high)]
        if two.literal == 1:
            return self
        if self.literal == 1:
            return two
        if 0 in {two.literal, self.literal} and not (self.nullable or two.nullable):
            return whole(0, self.engine)
        return self._worked(exp.Mul, two, min(corners), max(corners))

    def __neg__(self) -> Whole:
        return whole(0, self.engine) - self

    def __lt__(self, other: Whole | int) -> Test:
        return self._compared(exp.LT, self._lifted(other))

    def __le__(self, other: Whole | int) -> Test:
        return self._compared(exp.LTE, self._lifted(other))

    def __gt__(self, other: Whole | int) -> Test:
        return self._compared(exp.GT, self._lifted(other))

    def __ge__(self, other: Whole | int) -> Test:
        return self._compared(exp.GTE, self._lifted(other))

    def equals(self, other: Whole | int) -> Test:
        """Return whether two numbers are the same."""
        return self._compared(exp.EQ, self._lifted(other))

    @property
    def there(self) -> Test:
        """Whether there is a number at all."""
        return ~is_null(self) if self.nullable else YES

    def within(self, low: int, high: int) -> Whole:
        """Return the number with a range that is known to be narrower; it is not made so."""
        found = replace(self, low=max(self.low, low), high=min(self.high, high))
        return fitted(found, was_wide=self.wide)

    def at_most_null(self, *, nullable: bool) -> Whole:
        """Return the number as one that may, or surely may not, be NULL."""
        return replace(self, nullable=nullable)

    def _lifted(self, other: Whole | int) -> Whole:
        return whole(other, self.engine) if isinstance(other, int) else other

    def _worked(self, kind: type[exp.Binary], two: Whole, low: int, high: int) -> Whole:
        if self.literal is not None and two.literal is not None:
            return whole(low, self.engine)
        one, wide = self, not narrow(low, high)
        if wide:
            one, two = one.widened(), two.widened()
        sql = kind(this=_beside(one.sql, kind), expression=_beside(two.sql, kind, right=True))
        found = Whole(
            sql, self.reads | two.reads, self.size + two.size + 1, low, high, self.engine,
            self.nullable or two.nullable,
        )  # fmt: skip
        return fitted(found, was_wide=one.wide or two.wide)

    def widened(self) -> Whole:
        """Return the number in the wide type of its engine, where it is not there already."""
        if self.wide:
            return self
        sql = exp.Cast(this=self.sql, to=self.engine.wide_type())
        return replace(self, sql=sql)

    def _compared(self, kind: type[exp.Binary], two: Whole) -> Test:
        known = _settled(kind, self, two)
        if known is not None and not (self.nullable or two.nullable):
            return YES if known else NO
        sql = kind(this=_compared_side(self.sql), expression=_compared_side(two.sql))
        found = Test(sql, self.reads | two.reads, self.size + two.size + 1)
        return found if not (self.nullable or two.nullable) else never_null(found)


class Span(NamedTuple):
    """Both ends of a number, date or position; NULL where it is none, and whether it may be."""

    low: Whole
    high: Whole
    none: Test | None = None


class Sides(NamedTuple):
    """Whether a condition must hold and may; `none` where it may be that there is none."""

    must: Test
    may: Test
    none: Test | None = None


class Ratio(NamedTuple):
    """A rate: a numerator and a denominator, above 0, of either end."""

    low_num: Whole
    low_den: Whole
    high_num: Whole
    high_den: Whole
    none: Test | None = None


class Said(NamedTuple):
    """A word: its text, whether it is not known, and whether there is none."""

    text: Letters
    unknown: Test
    none: Test


Standing = Span | Sides | Ratio
"""What stands ready under a name."""
YES = Test(exp.true(), NOBODY, 1, True)
NO = Test(exp.false(), NOBODY, 1, False)


def narrow(low: int, high: int) -> bool:
    """Whether a range fits 64 bits."""
    return low >= -NARROW and high < NARROW


def whole(value: int, engine: Engine) -> Whole:
    """Return a number written out."""
    sql: exp.Expr = exp.Literal.number(abs(value))
    return Whole(exp.Neg(this=sql) if value < 0 else sql, NOBODY, 1, value, value, engine)


def no_number(low: int, high: int, engine: Engine) -> Whole:
    """Return NULL, where a number between two ends could stand."""
    kind = _BIGINT if narrow(low, high) else engine.wide_type()
    return Whole(exp.Cast(this=exp.Null(), to=kind), NOBODY, 1, low, high, engine, nullable=True)


def word(text: str) -> Letters:
    """Return a text written out."""
    return Letters(exp.Literal.string(text), NOBODY, 1, text)


def fitted(found: Whole, *, was_wide: bool) -> Whole:
    """Return a number in the type that its range asks for."""
    if not was_wide or found.wide:
        return found
    return replace(found, sql=exp.Cast(this=found.sql, to=_BIGINT))


def every(tests: Iterable[Test]) -> Test:
    """Return whether all conditions hold."""
    return _joined(exp.And, tests, YES, NO)


def some(tests: Iterable[Test]) -> Test:
    """Return whether one condition holds."""
    return _joined(exp.Or, tests, NO, YES)


def _joined(kind: type[exp.Connector], tests: Iterable[Test], neutral: Test, strong: Test) -> Test:
    listed: dict[int, Test] = {}
    for test in tests:
        if test.value is strong.value:
            return strong
        if test.value is None:
            listed[id(test.sql)] = test
    found = list(listed.values())
    if not found:
        return neutral
    if len(found) == 1:
        return found[0]
    sql = _clause(found[0].sql, kind)
    for test in found[1:]:
        sql = kind(this=sql, expression=_clause(test.sql, kind))
    return Test(sql, union(found), sum(test.size for test in found) + len(found))


def is_null(term: Term) -> Test:
    """Return whether a term is NULL."""
    return Test(exp.Is(this=_closed(term.sql), expression=exp.Null()), term.reads, term.size + 1)


def never_null(test: Test, *, otherwise: bool = False) -> Test:
    """Return a condition that is `otherwise` where its parts are NULL."""
    other = exp.true() if otherwise else exp.false()
    return Test(exp.Coalesce(this=test.sql, expressions=[other]), test.reads, test.size + 1)


def same_words(one: Letters, two: Letters) -> Test:
    """Return whether two texts are the same; false where one is NULL."""
    if one.literal is not None and two.literal is not None:
        return YES if one.literal == two.literal else NO
    sql = exp.EQ(this=one.sql, expression=two.sql)
    return never_null(Test(sql, one.reads | two.reads, one.size + two.size + 1))


def choose(pairs: Sequence[tuple[Test, Whole]], otherwise: Whole) -> Whole:
    """Return the number behind the first condition that holds."""
    kept: list[tuple[Test, Whole]] = []
    for test, value in pairs:
        if test.value is False:
            continue
        if test.value is True:
            otherwise = value
            break
        kept.append((test, value))
    if not kept or all(_alike(value, otherwise) for _, value in kept):
        return otherwise
    values = [*(value for _, value in kept), otherwise]
    low, high = min(one.low for one in values), max(one.high for one in values)
    parts = _typed(values)
    ifs = [exp.If(this=test.sql, true=one) for (test, _), one in zip(kept, parts, strict=False)]
    terms: list[Term] = [*(test for test, _ in kept), *values]
    return Whole(
        exp.Case(ifs=ifs, default=parts[-1]), union(terms), _sized(terms), low, high,
        otherwise.engine, any(one.nullable for one in values),
    )  # fmt: skip


def choose_test(condition: Test, then: Test, otherwise: Test) -> Test:
    """Return one condition or another."""
    if condition.value is not None:
        return then if condition.value else otherwise
    if then.value is not None or otherwise.value is not None:
        return (condition & then) | (~condition & otherwise)
    sql = exp.Case(ifs=[exp.If(this=condition.sql, true=then.sql)], default=otherwise.sql)
    terms = [condition, then, otherwise]
    return Test(sql, union(terms), _sized(terms))


def choose_word(condition: Test, then: Letters, otherwise: Letters) -> Letters:
    """Return one text or another."""
    if condition.value is not None:
        return then if condition.value else otherwise
    sql = exp.Case(ifs=[exp.If(this=condition.sql, true=then.sql)], default=otherwise.sql)
    terms = [condition, then, otherwise]
    return Letters(sql, union(terms), _sized(terms))


def least(values: Sequence[Whole]) -> Whole:
    """Return the least of some numbers; NULL where one is."""
    return _extreme(values, exp.Least)


def greatest(values: Sequence[Whole]) -> Whole:
    """Return the greatest of some numbers; NULL where one is."""
    return _extreme(values, exp.Greatest)


def _least_of(one: Whole) -> int:
    return one.low


def _extreme(values: Sequence[Whole], kind: type[exp.Least | exp.Greatest]) -> Whole:
    pick: Callable[..., Any] = min if kind is exp.Least else max
    low, high = pick(one.low for one in values), pick(one.high for one in values)
    # What cannot be the one that is picked is left out.
    if not any(one.nullable for one in values):
        kept = [
            one for one in values
            if (one.low <= high if kind is exp.Least else one.high >= low)
        ]  # fmt: skip
        literals = [one for one in kept if one.literal is not None]
        if literals:
            best = pick(literals, key=_least_of)
            kept = [*(one for one in kept if one.literal is None), best]
        values = kept
        for one in values:
            others = [two for two in values if two is not one]
            if all(
                (one.high <= two.low if kind is exp.Least else one.low >= two.high)
                for two in others
            ):
                return one
    parts = _typed(values)
    sql: exp.Expr = kind(this=parts[0], expressions=parts[1:], ignore_nulls=True)
    terms = union(values)
    found = Whole(sql, terms, _sized(values), low, high, values[0].engine)
    gone = some(is_null(one) for one in values if one.nullable)
    found = fitted(found, was_wide=any(one.wide for one in values))
    return found if gone is NO else or_null(~gone, found)


def picked(values: Sequence[Whole], *, most: bool) -> Whole:
    """Return the least or the greatest of those numbers that are not NULL; NULL where all are."""
    if len(values) == 1:
        return values[0]
    parts = _typed(values)
    kind = exp.Greatest if most else exp.Least
    sql = kind(this=parts[0], expressions=parts[1:], ignore_nulls=True)
    return Whole(
        sql, union(values), _sized(values), min(one.low for one in values),
        max(one.high for one in values), values[0].engine,
        all(one.nullable for one in values),
    )  # fmt: skip


def or_null(condition: Test, value: Whole) -> Whole:
    """Return a number where a condition holds, else NULL."""
    if condition.value is True:
        return value
    sql = exp.Case(ifs=[exp.If(this=condition.sql, true=_typed([value])[0])])
    terms = [condition, value]
    return Whole(
        sql, union(terms), _sized(terms), value.low, value.high, value.engine, nullable=True
    )


def or_else(value: Whole, other: int) -> Whole:
    """Return a number, or another where it is NULL."""
    if not value.nullable:
        return value
    two = whole(other, value.engine)
    parts = _typed([value, two])
    return Whole(
        exp.Coalesce(this=parts[0], expressions=[parts[1]]), value.reads, value.size + 2,
        min(value.low, other), max(value.high, other), value.engine,
    )  # fmt: skip


def cut(top: Whole, bottom: Whole, low: int, high: int) -> Whole:
    """Return top / bottom with what is behind the point cut off, which lies between `low` and
    `high`; NULL where bottom is 0. Neither is below 0.
    """
    if top.literal is not None and bottom.literal:
        return whole(top.literal // bottom.literal, top.engine)
    engine = top.engine
    wide = top.wide or bottom.wide
    if wide and engine.wide_fits and not narrow(low, high):
        # Spark's quotient of decimals wraps at 64 bits without a word.
        raise OverflowError(len(str(NARROW)) - 1)
    under: exp.Expr = bottom.sql
    zero = bottom.low <= 0
    if zero:
        under = exp.Nullif(this=under, expression=exp.Literal.number(0))
    divide = engine.wide_quotient if wide else engine.quotient
    sql = divide(_closed(top.sql), under if zero else _closed(under))
    found = Whole(
        sql, top.reads | bottom.reads, top.size + bottom.size + 2, low, high, engine,
        zero or top.nullable or bottom.nullable,
    )  # fmt: skip
    return fitted(found, was_wide=wide)


def day(term: Whole) -> Whole:
    """Return a date's column as an ordinal."""
    sql = exp.Add(this=_closed(term.engine.days(term.sql)), expression=exp.Literal.number(EPOCH))
    return replace(term, sql=exp.Cast(this=sql, to=_BIGINT), size=term.size + 3)


def counted(test: Test) -> exp.Expr:
    """Return how many rows a condition holds of."""
    count = exp.Count(this=exp.Star(), big_int=True)
    return count if test.value is True else _filtered(count, test)


def summed(value: Whole, test: Test, low: int, high: int) -> exp.Expr:
    """Return the sum of a number over the rows of which a condition holds; NULL over none."""
    if not narrow(low, high) and not value.engine.sum_is_wide:
        value = value.widened()
    total = exp.Sum(this=value.sql)
    found = total if test.value is True else _filtered(total, test)
    return found if not narrow(low, high) else exp.Cast(this=found, to=_BIGINT)


def extreme_of(value: Whole, test: Test, *, most: bool) -> exp.Expr:
    """Return the greatest or the least of a number over such rows; NULL over none."""
    (sql,) = _typed([value])
    found = exp.Max(this=sql) if most else exp.Min(this=sql)
    return found if test.value is True else _filtered(found, test)


def different(value: Term, test: Test) -> exp.Expr:
    """Return how many different values there are over such rows."""
    count = exp.Count(this=exp.Distinct(expressions=[value.sql]), big_int=True)
    return count if test.value is True else _filtered(count, test)


def _filtered(found: exp.Expr, test: Test) -> exp.Expr:
    return exp.Filter(this=found, expression=exp.Where(this=test.sql))


def union(terms: Iterable[Term]) -> frozenset[str]:
    """Return the columns that some terms read."""
    return NOBODY.union(*(term.reads for term in terms))


def _sized(terms: Iterable[Term]) -> int:
    return 1 + sum(term.size for term in terms)


def _typed(values: Sequence[Whole]) -> list[exp.Expr]:
    """Return the trees of numbers that become one column, 64 bits wide or as wide as one of them
    asks for: written out alone they would be 32 bits wide.
    """
    if any(one.wide for one in values):
        return [one.widened().sql for one in values]
    if all(one.literal is not None for one in values):
        return [exp.Cast(this=one.sql, to=_BIGINT) for one in values]
    return [one.sql for one in values]


def _alike(one: Whole, two: Whole) -> bool:
    return one.sql is two.sql or (one.literal is not None and one.literal == two.literal)


def _settled(kind: type[exp.Binary], one: Whole, two: Whole) -> bool | None:
    """Return what the ranges say of a comparison, None where they do not decide it."""
    if kind is exp.EQ:
        if one.high < two.low or two.high < one.low:
            return False
        return True if one.low == one.high == two.low == two.high else None
    if kind in {exp.GT, exp.GTE}:
        one, two = two, one
        kind = exp.LT if kind is exp.GT else exp.LTE
    if kind is exp.LT:
        return True if one.high < two.low else False if one.low >= two.high else None
    return True if one.high <= two.low else False if one.low > two.high else None


def _beside(sql: exp.Expr, kind: type[exp.Binary], *, right: bool = False) -> exp.Expr:
    """Return a tree that can stand beside a sign of arithmetic."""
    if kind is exp.Add and isinstance(sql, exp.Mul):
        return sql
    if kind is exp.Add and isinstance(sql, exp.Add) and not right:
        return sql
    return _closed(sql)


def _compared_side(sql: exp.Expr) -> exp.Expr:
    return sql if isinstance(sql, (exp.Add, exp.Sub, exp.Mul)) else _closed(sql)


def _clause(sql: exp.Expr, kind: type[exp.Connector]) -> exp.Expr:
    """Return a condition that can stand beside `AND` or `OR`."""
    if isinstance(sql, (exp.EQ, exp.LT, exp.LTE, exp.GT, exp.GTE, exp.Is, kind)):
        return sql
    return _closed(sql)


def _closed(sql: exp.Expr) -> exp.Expr:
    """Return a tree that can stand beside any sign."""
    if isinstance(sql, (exp.Binary, exp.Not, exp.Neg)):
        return exp.Paren(this=sql)
    return sql
