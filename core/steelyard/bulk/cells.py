"""Cells: what stands in a raw column of a clean table, as two-sided terms."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar, cast

from sqlglot import exp

from steelyard.bulk.columns import NARROW, WIDEST
from steelyard.bulk.sheet import Sheet
from steelyard.expression.engines import Engine
from steelyard.expression.scaled import (
    NO,
    NOBODY,
    YES,
    Letters,
    Said,
    Sides,
    Span,
    Term,
    Test,
    Whole,
    choose,
    cut,
    day,
    is_null,
    never_null,
    or_else,
    or_null,
)
from steelyard.expression.types import SCALE_CAP, Choice, Date, Number, Type, ranged

_BIGINT = exp.DataType.build("BIGINT")
T = TypeVar("T", bound=tuple[Any, ...])
Cell = Span | Sides | Said
"""A value as the readings of expressions find it."""


class Raw:
    """The columns of a table under an alias, as they were read."""

    def __init__(self, engine: Engine, alias: str) -> None:
        """Take the engine and the alias of the table."""
        self.engine = engine
        self.alias = alias

    def term(self, name: str) -> Term:
        """Return a column as it is."""
        return Term(exp.column(name, table=self.alias, quoted=True), NOBODY, 1)

    def test(self, name: str, *, otherwise: bool) -> Test:
        """Return a boolean column with what stands for NULL."""
        term = self.term(name)
        return never_null(Test(term.sql, NOBODY, 1), otherwise=otherwise)

    def text(self, name: str) -> Letters:
        """Return a column of texts."""
        return Letters(self.term(name).sql, NOBODY, 1)

    def number(self, name: str, kind: Type) -> Whole:
        """Return a number in units of its scale, a day as an ordinal, an option of an ordered list
        as its place.
        """
        sql, span = self.term(name).sql, ranged(kind)
        assert span is not None  # noqa: S101  # whoever asks saw to it
        plain = Whole(sql, NOBODY, 1, span.low, span.high, self.engine, nullable=True)
        if isinstance(kind, Date):
            return day(plain)
        if isinstance(kind, Choice):
            ifs = [
                exp.If(this=exp.Literal.string(option), true=exp.Literal.number(place))
                for place, option in enumerate(kind.options)
            ]
            sql = exp.Cast(this=exp.Case(this=sql, ifs=ifs), to=_BIGINT)
        elif isinstance(kind, Number) and kind.scale:
            unit = exp.Literal.number(10**kind.scale)
            wide = self.engine.wide_type() if plain.wide else _BIGINT
            if max(abs(span.low), abs(span.high)) * 10**kind.scale >= 10**NARROW:
                # DuckDB multiplies decimals of 18 digits within 18 digits, places and all.
                sql = exp.cast(sql, f"DECIMAL({WIDEST}, {kind.scale})", copy=False)
            sql = exp.Cast(this=exp.Mul(this=sql, expression=unit), to=wide)
        return Whole(sql, NOBODY, 2, span.low, span.high, self.engine, nullable=True)


def span_of(value: Whole, kind: Type, gone: Test, *, nullable: bool) -> Span:
    """Return a number that may be NULL as anything within its range; `gone` says that there is
    none.
    """
    span = ranged(kind)
    assert span is not None  # noqa: S101  # whoever asks saw to it
    low, high = or_else(value, span.low), or_else(value, span.high)
    if not nullable:
        return Span(low, high)
    return Span(or_null(~gone, low), or_null(~gone, high), is_null(value))


def open_sides(raw: Raw, name: str) -> Sides:
    """Return a boolean column as a condition; NULL is either."""
    return Sides(raw.test(name, otherwise=False), raw.test(name, otherwise=True))


def said_of(text: Letters, gone: Test, *, nullable: bool) -> Said:
    """Return a text that may be NULL: not known, or none where `gone` says so."""
    if not nullable:
        return Said(text, is_null(text), NO)
    return Said(text, is_null(text) & ~gone, gone)


def rate_of(positive: Whole, asked: Whole) -> tuple[Span, Test]:
    """Return the share of a survey as a number, and whether counts settle it."""
    engine = positive.engine
    settled = asked > 0
    unit = 10**SCALE_CAP
    rate = cut(positive * (2 * unit) + asked, asked * 2, 0, unit)
    rate = rate.at_most_null(nullable=False)
    zero, one = (Whole(exp.Literal.number(end), NOBODY, 1, end, end, engine) for end in (0, unit))
    return Span(choose([(settled, rate)], zero), choose([(settled, rate)], one)), settled


def kept(sheet: Sheet, cell: Cell, level: int = 0, alias: str = "") -> Cell:
    """Return a cell whose terms are columns of a sheet, of a table or join there."""
    seen: dict[int, Term] = {}

    def source(term: Term) -> Term:
        if term is YES or term is NO:
            return term
        if id(term) not in seen:
            seen[id(term)] = sheet.source(term, level, alias)
        return seen[id(term)]

    return with_terms(cell, source)


def with_terms(found: T, change: Callable[[Term], Term]) -> T:
    """Return what holds terms with each of them changed, those that are not there left out."""
    kind: Any = type(found)
    return cast("T", kind(*(None if term is None else change(term) for term in found)))
