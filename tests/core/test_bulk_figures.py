"""Figures of typed columns, as long as a book's may be: the one that was written is taken, whichever
engine reads it, or the row is rejected.
"""

from __future__ import annotations

import re
from pathlib import Path

import duckdb
import pytest

from steelyard.book.reading.load import parse_book
from steelyard.bulk.engines.duck import Duck
from steelyard.bulk.intake.given import Named
from steelyard.bulk.intake.intake import REJECTED, Intake
from steelyard.bulk.intake.typed import Database, Rows

BOOK = """
book: test/figures
version: 1.0.0
sector: test
points: 10
facts: {paid: {type: number, decimals: 6}, staff: {type: integer}}
sections: [{id: all, points: 10}]
rules: [{id: much, section: all, requires: paid > staff, points: 10}]
grades: [{id: any, at_least: 0}]
"""
TOO_MANY = "paid: `` has more than 6 decimals"
ABOVE = "{}: `` is above the most allowed, 1000000000000"
BELOW = "{}: `` is below the least allowed, -1000000000000"
FIGURES = {
    # Near a million millions doubles lie more than a ten-thousandth apart.
    "paid DOUBLE": {
        "999999999999.1234": "999999999999.123400",
        "-999999999999.1234": "-999999999999.123400",
        "999999999.123456": "999999999.123456",
        "-1e12": "-1000000000000.000000",
        "0.1": "0.100000",
        "0.29": "0.290000",
        "0.30000000000000004": TOO_MANY,
        "1e-7": TOO_MANY,
        "1e20": ABOVE.format("paid"),
        "-1e300": BELOW.format("paid"),
        "NaN": "paid: `` is not a number",
        "Infinity": "paid: `` is not a number",
        "-Infinity": "paid: `` is not a number",
    },
    "paid DECIMAL(38, 10)": {
        "999999999999.9999990000": "999999999999.999999",
        "-999999999999.9999990000": "-999999999999.999999",
        "999999999999.9999990001": TOO_MANY,
        "0.0000000001": TOO_MANY,
        "1e27": ABOVE.format("paid"),
    },
    "paid BIGINT": {"-1000000000000": "-1000000000000.000000", "9e18": ABOVE.format("paid")},
    "staff DOUBLE": {
        "1e12": "1000000000000",
        "-999999999999": "-999999999999",
        "999999999999.5": "staff: `` is not a whole number",
        "1e300": ABOVE.format("staff"),
    },
    "staff DECIMAL(38, 3)": {
        "-1000000000000.000": "-1000000000000",
        "999999999999.001": "staff: `` is not a whole number",
        "1e34": ABOVE.format("staff"),
        "-1e34": BELOW.format("staff"),
    },
}


def put(column: str, folder: Path) -> Named:
    """Write the figures of a typed column, a unit each, and return how they are named."""
    name, kind = column.split(maxsplit=1)
    rows = ", ".join(f"('u{said}', '{said}'::{kind})" for said in FIGURES[column])
    with duckdb.connect() as duck:
        duck.execute(
            f"COPY (SELECT * FROM (VALUES {rows}) AS t(subject, {name})) "  # noqa: S608
            f"TO '{folder}/facts.parquet' (FORMAT parquet)"
        )
    return Named(facts=str(folder / "facts.parquet"), period="2026")


def read(engine: Database, column: str, named: Named) -> dict[str, str]:
    """Return what an engine takes each unit's figure to be, or why it takes none: without the
    figure, of which engines write the long ones each in their way.
    """
    intake = Intake(Rows(engine, parse_book(BOOK, "book"), named, str), str)
    wrong = {
        str(unit): re.sub("`.*?`", "``", str(reason), count=1)
        for unit, reason in engine.rows(f"SELECT unit, reason FROM {REJECTED}")  # noqa: S608
    }
    name = column.split(maxsplit=1)[0]
    relation = intake.rows.some("facts", ["subject", name])
    taken = engine.rows(f"SELECT subject, CAST({name} AS VARCHAR) FROM {relation} AS fine")  # noqa: S608
    return {str(unit)[1:]: wrong.get(str(unit), str(value)) for unit, value in taken}


@pytest.mark.parametrize("column", FIGURES)
def test_a_long_figure_is_the_one_that_was_written(column: str, tmp_path: Path) -> None:
    with Duck(tmp_path / "spill") as duck:
        assert read(duck, column, put(column, tmp_path)) == FIGURES[column]
