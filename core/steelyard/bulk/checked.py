"""Which nodes of a statement were checked for which engine; one that was not is never printed.

sqlglot writes some of what one engine knows as something else for another, without a word, even at
its strictest: whole division as division of floats, wide integers as a type that is not there.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from sqlglot import exp

_ALIKE: frozenset[type[exp.Expr]] = frozenset({
    exp.Add, exp.Alias, exp.And, exp.Boolean, exp.CTE, exp.Case, exp.Cast, exp.Coalesce,
    exp.Column, exp.Count, exp.DataType, exp.DataTypeParam, exp.Distinct, exp.EQ, exp.Filter,
    exp.From, exp.GT, exp.GTE, exp.Greatest, exp.Group, exp.Identifier, exp.If, exp.Is, exp.Join,
    exp.LT, exp.LTE, exp.Least, exp.Literal, exp.Max, exp.Min, exp.Mul, exp.Neg, exp.Not,
    exp.Null, exp.Nullif, exp.Or, exp.Order, exp.Ordered, exp.Paren, exp.Select, exp.Star, exp.Sub,
    exp.Subquery, exp.Sum, exp.Table, exp.TableAlias, exp.Union, exp.Where, exp.Window,
    exp.WindowSpec, exp.With,
})  # fmt: skip
CHECKED: Mapping[str, frozenset[type[exp.Expr]]] = MappingProxyType(
    {
        "duckdb": _ALIKE | {exp.IntDiv},
        "postgres": _ALIKE | {exp.Div, exp.Anonymous},
        "spark": _ALIKE | {exp.IntDiv, exp.Anonymous},
    }
)
"""The nodes that mean on an engine what they are meant to, by the tests of `bulk`."""


def check(tree: exp.Expr, dialect: str) -> None:
    """Raise AssertionError for a node that was not checked for a dialect: a fault of ours."""
    checked = CHECKED[dialect]
    for node in tree.walk():
        if type(node) not in checked:
            raise AssertionError(f"{type(node).__name__} was not checked for {dialect}")
