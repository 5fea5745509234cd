"""Terms of SQL: quotients in each engine's own words, and whole numbers next to a quotient, worked
out by hand.
"""

from __future__ import annotations

from math import ceil, floor

import pytest

pytest.importorskip("duckdb", reason="bulk wants duckdb (steelyard[bulk])")

import duckdb
from sqlglot import exp

from steelyard.expression.engines import ENGINES
from steelyard.expression.exact import divided_by, divided_down, divided_up
from steelyard.expression.scaled import Whole, picked, whole

QUOTIENTS = {
    "duckdb": ("a // b", "a // b"),
    "postgres": ("a / b", "DIV(a, b)"),
    "spark": ("a DIV b", "a DIV b"),
}


@pytest.mark.parametrize(("name", "written"), QUOTIENTS.items(), ids=QUOTIENTS)
def test_every_engine_divides_whole_numbers_in_its_own_words(
    name: str, written: tuple[str, str]
) -> None:
    engine = ENGINES[name]
    found = [
        one(exp.column("a"), exp.column("b")).sql(name)
        for one in (engine.quotient, engine.wide_quotient)
    ]
    assert tuple(found) == written


def number(low: int, high: int) -> Whole:
    return Whole(exp.column("x"), frozenset({"x"}), 1, low, high, ENGINES["duckdb"])


def values(term: Whole, low: int, high: int) -> list[int]:
    """Return what a term of x is worth for each x from low to high."""
    select = f"SELECT {term.sql.sql('duckdb')} FROM range({low}, {high + 1}) AS t(x)"  # noqa: S608
    return [int(value) for (value,) in duckdb.sql(select).fetchall()]


RANGES = {"above 0": (0, 7), "below 0": (-7, 0), "on both sides": (-7, 7)}


@pytest.mark.parametrize(("low", "high"), RANGES.values(), ids=RANGES)
def test_what_is_next_to_a_quotient(low: int, high: int) -> None:
    x, every = number(low, high), range(low, high + 1)
    assert values(divided_down(x, 3), low, high) == [floor(one / 3) for one in every]
    assert values(divided_up(x, 3), low, high) == [ceil(one / 3) for one in every]
    # Halves go away from zero: 1 of 2 is 1, -1 of 2 is -1.
    halves = values(divided_by(x, whole(2, x.engine), 0), low, high)
    assert halves == [(one + 1) // 2 if one >= 0 else -((1 - one) // 2) for one in every]


def test_of_one_number_the_least_and_the_greatest_is_itself() -> None:
    # Spark's own functions want two.
    one = number(0, 7)
    assert picked([one], most=True) is one
    assert picked([one], most=False) is one
