"""The same statement on other engines: PostgreSQL, on a server of the tests' own, and Spark."""

from __future__ import annotations

import os
import random
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import duckdb
import postgres
import psycopg
import pytest

from steelyard.book.model import RuleBook
from steelyard.book.reading.load import parse_book
from steelyard.bulk.assessing import Wanted, assess
from steelyard.bulk.columns import Table, tables
from steelyard.bulk.engines.duck import Duck
from steelyard.bulk.intake.checks import sql_type
from steelyard.bulk.intake.given import Named
from steelyard.bulk.intake.intake import Intake
from steelyard.bulk.intake.sources import quoted
from steelyard.bulk.statement import statement
from steelyard.case.model import Case

from . import bulk_tables
from .strategies import Books, Cases, load, read
from .test_bulk_input import BOOK

BOOKS = int(os.environ.get("STEELYARD_BULK_ENGINES", "1"))
CASES = 8
TABLES = {
    "facts": "SELECT * FROM (VALUES ('a', 7::BIGINT), ('b', 3), ('c', 101), ('d', NULL)) "
    "AS t(subject, staff)",
    "visits": "SELECT 'a' AS subject, 'ward' AS place",
    "known": "SELECT * FROM (VALUES ('a', 'visits'), ('b', 'visits')) AS t(subject, register)",
}
"""Three units that can be weighed, one of which is known to have no visits, and one that cannot."""
OUTPUTS = ("scores", "findings", "consequences")
POSTGRES = {"VARCHAR": "TEXT", "BIGINT": "BIGINT", "BOOLEAN": "BOOLEAN", "DATE": "DATE"}


def population(name: str) -> tuple[RuleBook, list[Case]]:
    """Return a random book, and cases of it as far as tables can tell them."""
    rng = random.Random(name)
    books = Books(rng)
    document = books.document()
    book = load(document)
    makes = Cases(rng, books.words, books.extra)
    made = (
        read({**makes.document(), "waivers": books.waivers(document)}, book) for _ in range(CASES)
    )
    told = (
        bulk_tables.told(case.document, f"单位-{place}", book)
        for place, case in enumerate(made)
        if case is not None
    )
    return book, [case for case in told if case is not None]


@pytest.fixture(scope="module")
def server() -> Iterator[psycopg.Connection]:
    """Return a PostgreSQL server that the tests of this file share."""
    with postgres.server() as connection:
        yield connection


@pytest.mark.parametrize("number", range(BOOKS))
def test_postgresql_says_what_duckdb_says(
    number: int, server: psycopg.Connection, tmp_path: Path
) -> None:
    book, cases = population(f"postgres {number}")
    named = bulk_tables.write(cases, book, tmp_path)
    with Duck(tmp_path / "spill") as duck:
        intake = Intake(duck, book, named, str)
        for run in intake.runs():
            intake.lay_out(run)
            asked = {"period": run.period.name, "as_of": run.as_of, "waivers": True}
            asked |= {"findings": True, "consequences": True}
            here = statement(book, dialect="duckdb", **asked)  # type: ignore[arg-type]
            there = statement(book, dialect="postgres", **asked)  # type: ignore[arg-type]
            with server.cursor() as cursor:
                for table in tables(book).values():
                    _copied(duck, cursor, table)
                for output in OUTPUTS:
                    cursor.execute(there.query(output).encode())
                    assert _sorted(cursor.fetchall()) == _sorted(duck.rows(here.query(output)))
            server.rollback()


def _copied(duck: Duck, cursor: psycopg.Cursor, table: Table) -> None:
    """Make a clean table in PostgreSQL and fill it."""
    kinds = (POSTGRES.get(sql_type(one), sql_type(one)) for one in table.columns)
    names = [quoted(one.name) for one in table.columns]
    columns = ", ".join(f"{name} {kind}" for name, kind in zip(names, kinds, strict=True))
    cursor.execute(f"CREATE TEMP TABLE {quoted(table.name)} ({columns})".encode())
    with cursor.copy(f"COPY {quoted(table.name)} FROM STDIN".encode()) as copy:
        for row in duck.rows(f"SELECT {', '.join(names)} FROM {quoted(table.name)}"):  # noqa: S608
            copy.write_row(row)


def _sorted(rows: Sequence[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
    return sorted(rows, key=str)


@pytest.mark.skipif(
    "STEELYARD_BULK_ENGINES" not in os.environ,
    reason="Spark takes half a minute to start: STEELYARD_BULK_ENGINES=1 asks for it",
)
def test_spark_says_what_duckdb_says(tmp_path: Path) -> None:
    pytest.importorskip("pyspark", reason="there is no Spark here (tests/cluster.txt brings it)")
    from steelyard.bulk.engines.spark import Spark

    book = parse_book(BOOK, "book")
    for name, query in TABLES.items():
        with duckdb.connect() as duck:
            duck.execute(f"COPY ({query}) TO '{tmp_path}/{name}.parquet' (FORMAT parquet)")
    named = Named(
        facts=str(tmp_path / "facts.parquet"),
        registers=(("visits", str(tmp_path / "visits.parquet")),),
        registers_known=str(tmp_path / "known.parquet"),
        period="2026",
    )
    wanted = Wanted(findings=True, consequences=True)
    with Duck(tmp_path / "spill") as duck_, Spark.started("local[2]") as spark:
        found = []
        for engine, place in ((duck_, "duckdb"), (spark, "spark")):
            out = tmp_path / place
            out.mkdir()
            assess(engine, book, named, wanted, out, str, lambda *_: None)
            files = {one: f"{out}/{one}.parquet" for one in OUTPUTS}
            found.append(
                [
                    _sorted(duck_.rows(f"SELECT * FROM '{path}{more}'"))  # noqa: S608
                    for path in files.values()
                    for more in ["/*.parquet" if Path(path).is_dir() else ""]
                ]
            )
            ways = "/*.parquet" if place == "spark" else ""
            rejected = duck_.rows(f"SELECT subject, reason FROM '{out}/rejected.parquet{ways}'")  # noqa: S608
            assert rejected == [("c", "staff: `101` is above the most allowed, 100")]
    assert found[0] == found[1]
    assert [row[0] for row in found[0][0]] == ["a", "b", "d"]
