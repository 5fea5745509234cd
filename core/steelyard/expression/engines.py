"""What differs between the SQL engines for which trees are built: the one table of it.

Everything else that is used means the same to all of them. Whole numbers that 64 bits do not hold
are 128 bits wide on DuckDB and decimals of 38 digits elsewhere.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from sqlglot import exp

EPOCH = 719163
"""The ordinal of 1970-01-01."""
_EPOCH_DAY = "1970-01-01"


@dataclass(frozen=True, slots=True)
class Engine:
    """One engine: how it writes wide numbers, whole quotients and days.

    `quotient` divides whole numbers of 64 bits and `wide_quotient` wide ones, both cutting off;
    `wide_fits` says that a wide quotient must be shown to fit 64 bits. `sum_is_wide` says that a
    sum of 64-bit numbers needs no cast to stay exact. `days` counts the days of a date from 1970;
    `day` is the date of such a number. `fenced` says that a common table expression must be kept
    apart by a word, lest expressions be written out again wherever they are read; `inlines` that
    it knows no such word.
    """

    name: str
    wide: str
    quotient: Callable[[exp.Expr, exp.Expr], exp.Expr]
    wide_quotient: Callable[[exp.Expr, exp.Expr], exp.Expr]
    days: Callable[[exp.Expr], exp.Expr]
    wide_fits: bool = False
    sum_is_wide: bool = True
    fenced: bool = False
    inlines: bool = False

    def wide_type(self) -> exp.DataType:
        """Return the type of wide whole numbers."""
        return exp.DataType.build(self.wide, dialect=self.name)


def _whole(one: exp.Expr, two: exp.Expr) -> exp.Expr:
    return exp.IntDiv(this=one, expression=two)


def _slash(one: exp.Expr, two: exp.Expr) -> exp.Expr:
    return exp.Div(this=one, expression=two, typed=True, safe=False)


def _div(one: exp.Expr, two: exp.Expr) -> exp.Expr:
    return exp.Anonymous(this="DIV", expressions=[one, two])


def _since(day: exp.Expr) -> exp.Expr:
    first = exp.Cast(this=exp.Literal.string(_EPOCH_DAY), to=exp.DataType.build("DATE"))
    return exp.Sub(this=day, expression=first)


def _unix(day: exp.Expr) -> exp.Expr:
    return exp.Anonymous(this="UNIX_DATE", expressions=[day])


ENGINES: Mapping[str, Engine] = MappingProxyType(
    {
        "duckdb": Engine("duckdb", "INT128", _whole, _whole, _since),
        "postgres": Engine("postgres", "DECIMAL(38, 0)", _slash, _div, _since, fenced=True),
        "spark": Engine(
            "spark",
            "DECIMAL(38, 0)",
            _whole,
            _whole,
            _unix,
            wide_fits=True,
            sum_is_wide=False,
            inlines=True,
        ),
    }
)
"""The engines by the names of their dialects; others are refused."""
