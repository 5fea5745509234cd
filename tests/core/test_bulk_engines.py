"""The same statement on other engines: PostgreSQL, on a server of the tests' own, and Spark."""

from __future__ import annotations

import itertools
import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import duckdb
import postgres
import psycopg
import pytest
from program import answer

from steelyard import UsageError, load_book, weigh_tables
from steelyard.book.model import RuleBook
from steelyard.book.reading.load import parse_book
from steelyard.bulk.assessing import Wanted, assess
from steelyard.bulk.columns import Column, Table, tables
from steelyard.bulk.engines.duck import Duck
from steelyard.bulk.engines.spark import Spark
from steelyard.bulk.intake.checks import sql_type
from steelyard.bulk.intake.intake import REJECTED, Intake
from steelyard.bulk.intake.sources import quoted
from steelyard.bulk.intake.typed import Rows
from steelyard.bulk.statement import statement
from steelyard.case.model import Case
from steelyard.comparison.weighed import Weighed

from . import bulk_tables
from . import test_bulk_as_typed as as_typed
from . import test_bulk_blanks as blanks
from . import test_bulk_figures as figures
from . import test_bulk_limits as limits
from .strategies import read
from .test_bulk_input import BOOK

BOOKS = int(os.environ.get("STEELYARD_BULK_ENGINES", "1"))
ON_SPARK = min(bulk_tables.CASES, 100)
TABLES = {
    "facts": "SELECT * FROM (VALUES ('a', 7::BIGINT), ('b', 3), ('c', 101), ('d', NULL)) "
    "AS t(subject, staff)",
    "visits": "SELECT 'a' AS subject, 'ward' AS place",
    "known": "SELECT * FROM (VALUES ('a', 'visits'), ('b', 'visits')) AS t(subject, register)",
}
"""Three units that can be weighed, one of which is known to have no visits, and one that cannot."""
PROGRAM = Path(sys.executable).with_name("steelyard")
OF_EVERY_SECTOR = (
    "agency/department-month",
    "community/zone-month",
    "hospital/base",
    "school/class-term",
)
OUTPUTS = ("scores", "findings", "consequences")
POSTGRES = {"VARCHAR": "TEXT", "BIGINT": "BIGINT", "BOOLEAN": "BOOLEAN", "DATE": "DATE"}


@pytest.fixture(scope="module")
def server() -> Iterator[psycopg.Connection]:
    """Return a PostgreSQL server that the tests of this file share."""
    with postgres.server() as connection:
        yield connection


@pytest.mark.parametrize("number", range(BOOKS))
def test_postgresql_says_what_duckdb_says(
    number: int, server: psycopg.Connection, tmp_path: Path
) -> None:
    book, cases = bulk_tables.population(f"postgres {number}", bulk_tables.CASES)
    named = bulk_tables.write(cases, book, tmp_path)
    with Duck(tmp_path / "spill") as duck:
        intake = Intake(Rows(duck, book, named, str), str)
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
    # Java's second compiler takes longer over a run of minutes than it brings.
    builder = builder.config("spark.driver.extraJavaOptions", "-XX:TieredStopAtLevel=1")
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


def test_spark_reads_what_people_type_as_duckdb_does(session: Any, tmp_path: Path) -> None:
    book = parse_book(as_typed.BOOK, "book")
    columns = ("part_of", "worth", "pleased", "opened", "closed", "level", "remark", "chief")
    units = {
        f"u-{number}": as_typed.typed(*one)
        for number, one in enumerate(itertools.product(columns, as_typed.TEXTS))
    }
    paths = {}
    for name, rows in as_typed.tables(units).items():
        as_typed.put(tmp_path / f"{name}.csv", rows, ",")
        paths[name] = tmp_path / f"{name}.parquet"
        with duckdb.connect() as duck:
            read = f"read_csv('{tmp_path}/{name}.csv', all_varchar = true, header = true)"
            duck.execute(f"COPY (SELECT * FROM {read}) TO '{paths[name]}' (FORMAT parquet)")  # noqa: S608
    found = []
    with Duck(tmp_path / "spill") as duck, Spark(session) as spark:
        for engine in (duck, spark):
            intake = Intake(Rows(engine, book, as_typed.named(paths), str), str)
            facts = [one.name for one in tables(book)["facts"].columns if one.field in columns]
            listed = ", ".join(
                f"CAST(fine.{quoted(one)} AS VARCHAR)" for one in ("subject", *facts)
            )
            typed = engine.rows(f"SELECT {listed} FROM {intake.rows.whole('facts')} AS fine")  # noqa: S608
            why = engine.rows(f"SELECT unit, reason FROM {REJECTED}")  # noqa: S608
            found.append((_sorted(typed), _sorted(why), intake.runs()))
    assert found[0] == found[1]
    assert found[0][2]


@pytest.mark.parametrize("blank", blanks.BLANKS.values(), ids=blanks.BLANKS)
def test_blanks_around_a_word_say_nothing_on_spark(
    blank: str, session: Any, tmp_path: Path
) -> None:
    book = parse_book(blanks.BOOK, "book")
    with Spark(session) as spark:
        found = [
            blanks.taken(spark, book, put(tmp_path, blank))
            for put in (blanks.put, blanks.put_cases)
        ]
    assert found == list(blanks.expected(blank))


@pytest.mark.parametrize("kinds", [{}, limits.TYPED], ids=["texts", "figures and days"])
def test_a_row_that_leaves_nothing_for_a_fact_is_refused_on_spark(
    kinds: dict[str, str], session: Any, tmp_path: Path
) -> None:
    given = {name: row for name, (row, _) in limits.WRONG.items()} | limits.RIGHT
    with Spark(session) as spark:
        named = limits.tables(given, tmp_path, kinds)
        found = limits.refused(spark, parse_book(limits.BOOK, "book"), named)
    assert found == {name: why for name, (_, why) in limits.WRONG.items()}


@pytest.mark.parametrize("column", figures.FIGURES)
def test_a_long_figure_is_the_one_that_was_written_on_spark(
    column: str, session: Any, tmp_path: Path
) -> None:
    with Spark(session) as spark:
        found = figures.read(spark, column, figures.put(column, tmp_path))
    assert found == figures.FIGURES[column]


@pytest.mark.parametrize("number", range(BOOKS))
def test_spark_says_what_duckdb_says_of_random_books(
    number: int, session: Any, tmp_path: Path
) -> None:
    made = bulk_tables.population(f"spark {number}", ON_SPARK, engine="spark")
    here, there = on_both(*made, session, tmp_path)
    assert here["rejected"] == []
    assert here == there


def on_both(
    book: RuleBook, cases: Sequence[Case], session: Any, folder: Path
) -> list[dict[str, list[tuple[Any, ...]]]]:
    """Return what comes of some cases on DuckDB, and on Spark."""
    named = bulk_tables.write(cases, book, folder)
    wanted = Wanted(findings=True, consequences=True)
    found = []
    with Duck(folder / "spill") as duck, Spark(session) as spark:
        for engine in (duck, spark):
            out = folder / engine.dialect
            out.mkdir()
            assess(engine, book, named, wanted, out, str, lambda *_: None)
            found.append(outputs(out))
    return found


MEANS = """
book: test/means
version: 1.0.0
title: {zh: 均, en: Means}
sector: test
records: {visits: {cost: {type: number, decimals: 2, min: 0, max: 100000, missing: refused}}}
sections: [{id: all, title: {zh: 全部, en: All}, points: 100}]
rules:
  - {id: mean, title: {zh: 均, en: Mean}, section: all, points: 60,
     proportional: "mean(visits, cost) / 100000"}
  - {id: total, title: {zh: 计, en: Total}, section: all, points: 40,
     proportional: "total(visits, cost) / (100000 * count(visits))"}
grades: [{id: any, title: {zh: 任, en: Any}, at_least: 0}]
"""


def test_a_mean_is_divided_again_on_spark(session: Any, tmp_path: Path) -> None:
    book = parse_book(MEANS, "book")
    cases = []
    for unit, costs in {"a": ["99999.99", "0.01", "33333.33"], "b": ["0.01"], "c": []}.items():
        rows = [{"id": str(place), "cost": cost} for place, cost in enumerate(costs)]
        said = {
            "book": "test/means",
            "subject": unit,
            "period": "2026",
            "records": {"visits": rows},
        }
        case = read(said, book)
        assert case is not None
        cases.append(case)
    here, there = on_both(book, cases, session, tmp_path)
    assert here == there
    # A third of 133333.33 is 44444.443333 to six places: 0.444444 of the most there can be.
    ends = {row[1]: (str(row[5]), str(row[6])) for row in here["scores"]}
    assert ends["a"] == ("44.44", "44.44")
    assert ends["b"] == ("0.00", "0.00")


@pytest.mark.parametrize("name", OF_EVERY_SECTOR)
def test_the_sample_on_spark(name: str, session: Any, tmp_path: Path) -> None:
    drawn = answer(
        tmp_path, {}, "sample", "--units", "3", "--quarters", "1", "--book", name, "--as",
        "parquet", "-o", "tables",
    )  # fmt: skip
    assert drawn.code == 0, drawn.err
    (cases,) = (tmp_path / "tables").glob("*.parquet")
    book = load_book(name)
    for place, on in (("duckdb", None), ("spark", session)):
        ran = weigh_tables(
            book, tmp_path / place, cases=cases, findings=True, consequences=True, session=on
        )
        assert ran == (3, 3, 0)
    assert outputs(tmp_path / "duckdb") == outputs(tmp_path / "spark")


def test_nothing_stays_in_a_session(session: Any, tmp_path: Path) -> None:
    session.sql("SELECT 'mine' AS whose").createOrReplaceTempView("facts")
    before = {one.name for one in session.catalog.listTables()}
    facts = session.createDataFrame([("a", 7)], "subject STRING, staff BIGINT")
    book = parse_book(BOOK, "book")
    assert weigh_tables(book, tmp_path / "out", facts=facts, period="2026", session=session)
    assert {one.name for one in session.catalog.listTables()} == before
    assert session.table("facts").collect() == [("mine",)]
    session.catalog.dropTempView("facts")


def test_an_instant_is_no_day_on_any_engine(session: Any, tmp_path: Path) -> None:
    """What is the 28th here is the 29th elsewhere; a moment that names no zone is one day."""
    book, refused = parse_book(BOOK, "book"), []
    for kind in ("TIMESTAMPTZ", "TIMESTAMP"):
        query = f"SELECT 'a' AS subject, '2020-02-29 00:00:00'::{kind} AS opened"
        facts = tmp_path / f"{kind}.parquet"
        with duckdb.connect() as duck:
            duck.execute(f"SET timezone = 'UTC'; COPY ({query}) TO '{facts}' (FORMAT parquet)")
        for on in (None, session):
            out = tmp_path / f"{kind} {on is None}"
            if kind == "TIMESTAMP":
                ran = weigh_tables(book, out, facts=facts, period="2026", session=on)
                assert ran == (1, 1, 0)
                continue
            with pytest.raises(UsageError) as told:
                weigh_tables(book, out, facts=facts, period="2026", session=on)
            refused.append(str(told.value).partition(": ")[2])
    assert refused[0] == refused[1]
    assert "opened" in refused[0]
    assert "TIMESTAMP WITH TIME ZONE" in refused[0]


def test_spark_from_the_command_line(session: Any, tmp_path: Path) -> None:
    """A program of its own, which starts and ends a session of its own."""
    (tmp_path / "book.yaml").write_text(BOOK, encoding="utf-8")
    with duckdb.connect() as duck:
        duck.execute(f"COPY ({TABLES['facts']}) TO '{tmp_path}/facts.parquet' (FORMAT parquet)")
    for engine in (["duckdb"], ["spark", "--master", "local[1]"]):
        words = ["bulk", "book.yaml", "--facts", "facts.parquet", "--period", "2026", "--findings"]
        command = [PROGRAM, *words, "--engine", *engine, "--out", engine[0]]
        ran = subprocess.run(command, cwd=tmp_path, check=False, capture_output=True, text=True)
        assert ran.returncode == 0, ran.stderr
        assert "units not weighed: 1" in ran.stderr
        # Spark's own bar of progress, which it draws of what takes half a second.
        assert "[Stage" not in ran.stderr
    here, there = outputs(tmp_path / "duckdb"), outputs(tmp_path / "spark")
    # Spark names a file by its address, so that a rejected row stands elsewhere there.
    assert [row[3:] for row in here.pop("rejected")] == [row[3:] for row in there.pop("rejected")]
    assert here == there
    assert len(here["scores"]) == 3


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
