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

from steelyard import UsageError, weigh_tables
from steelyard.book.model import RuleBook
from steelyard.book.reading.load import parse_book
from steelyard.bulk.columns import Column, Table, tables
from steelyard.bulk.engines.duck import Duck
from steelyard.bulk.engines.spark import Spark
from steelyard.bulk.intake.checks import sql_type
from steelyard.bulk.intake.intake import Intake
from steelyard.bulk.intake.sources import quoted
from steelyard.bulk.statement import statement
from steelyard.case.model import Case
from steelyard.comparison.weighed import Weighed

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


@pytest.fixture(scope="module")
def session() -> Iterator[Any]:
    """Return a session of Spark that the tests of this file share."""
    if "STEELYARD_BULK_ENGINES" not in os.environ:
        pytest.skip("Spark takes half a minute to start: STEELYARD_BULK_ENGINES=1 asks for it")
    pytest.importorskip("pyspark", reason="there is no Spark here (tests/cluster.txt brings it)")
    from pyspark.sql import SparkSession

    builder = SparkSession.builder.master("local[2]").config("spark.ui.enabled", "false")
    found = builder.config("spark.sql.shuffle.partitions", "2").getOrCreate()
    yield found
    found.stop()


def outputs(folder: Path) -> dict[str, list[tuple[Any, ...]]]:
    """Return the rows of every output in a folder, be it a file or a folder of files."""
    with duckdb.connect() as duck:
        return {
            path.stem: _sorted(
                duck.execute(
                    f"SELECT * FROM '{path}{'/*.parquet' if path.is_dir() else ''}'"  # noqa: S608
                ).fetchall()
            )
            for path in folder.glob("*.parquet")
        }


def test_spark_says_what_duckdb_says_of_tables(session: Any, tmp_path: Path) -> None:
    book = parse_book(BOOK, "book")
    for name, query in TABLES.items():
        with duckdb.connect() as duck:
            duck.execute(f"COPY ({query}) TO '{tmp_path}/{name}.parquet' (FORMAT parquet)")
    paths = {name: tmp_path / f"{name}.parquet" for name in TABLES}
    frames = {name: session.read.parquet(str(path)) for name, path in paths.items()}
    zone = session.conf.get("spark.sql.session.timeZone")
    found = {}
    for place, tables_, on in (
        ("duckdb", paths, None), ("spark", paths, session), ("frames", frames, session),
    ):  # fmt: skip
        ran = weigh_tables(
            book,
            tmp_path / place,
            facts=tables_["facts"],
            registers={"visits": tables_["visits"]},
            registers_known=tables_["known"],
            period="2026",
            findings=True,
            consequences=True,
            session=on,
        )
        assert ran == (4, 3, 1)
        found[place] = outputs(tmp_path / place)
        (rejected,) = found[place].pop("rejected")
        assert rejected[-3:] == ("c", "2026", "staff: `101` is above the most allowed, 100")
    assert found["duckdb"] == found["spark"] == found["frames"]
    assert [row[1] for row in found["duckdb"]["scores"]] == ["a", "b", "d"]
    assert session.conf.get("spark.sql.session.timeZone") == zone
    here, there = (
        Weighed([tmp_path / one], tmp_path / "spill").table("2026") for one in ("duckdb", "spark")
    )
    assert here.points.tolist() == there.points.tolist()
    assert here.units == there.units


def test_a_table_that_is_no_file_needs_spark(tmp_path: Path) -> None:
    book = parse_book(BOOK, "book")
    with pytest.raises(UsageError, match="facts: a table that is no file needs a session of Spark"):
        weigh_tables(book, tmp_path / "out", facts=object())  # type: ignore[arg-type]  # no table
    assert not (tmp_path / "out").exists()


TWO_REGISTERS = BOOK.replace(
    "\nsections:", "\n  talks: {topic: {type: [law, care], missing: refused}}\nsections:"
).replace("count(visits)", "count(visits) + count(talks)")


def test_the_facts_and_each_register_are_exchanged_once(session: Any) -> None:
    book = parse_book(TWO_REGISTERS, "book")
    made = statement(book, period="2026", dialect="spark")
    for table in tables(book).values():
        columns = ", ".join(f"`{one.name}` {_spark_type(one)}" for one in table.columns)
        session.createDataFrame([], columns).createOrReplaceTempView(f"`{table.name}`")
    with Spark(session):
        session.conf.set("spark.sql.autoBroadcastJoinThreshold", "-1")
        session.conf.set("spark.sql.adaptive.enabled", "false")
        plan = session.sql(made.query("scores"))._jdf.queryExecution().executedPlan().toString()
        session.conf.unset("spark.sql.autoBroadcastJoinThreshold")
        session.conf.unset("spark.sql.adaptive.enabled")
    # The facts, the visits, the talks; what is joined lies together already.
    assert plan.count("Exchange") == 3, plan
    assert "Python" not in plan


def _spark_type(column: Column) -> str:
    return {"VARCHAR": "STRING"}.get(sql_type(column), sql_type(column))
