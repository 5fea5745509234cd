"""A whole run on Spark against the same on DuckDB: `python -m benchmarks.on_spark UNITS RECORDS`.

The made-up tables of `benchmarks.growth`. Spark works in a process of its own and in those that it
starts, of which the processor time is counted too. Both must write the same scores.
"""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import click

from benchmarks.growth import lay
from steelyard.book.model import RuleBook
from steelyard.book.reading.load import parse_book
from steelyard.bulk.assessing import Engine, Wanted
from steelyard.bulk.engines.duck import Duck
from steelyard.bulk.engines.spark import Spark
from steelyard.bulk.intake.given import Named
from steelyard.work.in_bulk import weigh_by

RULES = 20


class Took(NamedTuple):
    """Seconds by the clock, and of processor time of every process."""

    clock: float
    processor: float


@click.command()
@click.argument("units", type=int)
@click.argument("records", type=int)
@click.option("--master", default="local[2]")
@click.option("--memory", default="4GB", help="Of Spark's driver, and of DuckDB.")
def main(units: int, records: int, master: str, memory: str) -> None:
    """Weigh the same tables on DuckDB, on Spark and on DuckDB again, and print the ratios."""
    with tempfile.TemporaryDirectory() as home:
        tables = Path(home) / "tables"
        lay(tables, units, records, RULES)
        book = parse_book((tables / "made-up.yaml").read_text("utf-8"), "made-up")

        @contextmanager
        def duck(spill: Path) -> Iterator[Engine]:
            with Duck(spill, memory) as engine:
                yield engine

        @contextmanager
        def spark(_: Path) -> Iterator[Engine]:
            with Spark.started(master, memory) as engine:
                yield engine

        first = weighed(book, tables, Path(home) / "first", duck, _own)
        on_spark = weighed(book, tables, Path(home) / "spark", spark, _of_spark)
        last = weighed(book, tables, Path(home) / "last", duck, _own)
        with Duck(Path(home) / "spill") as engine:
            one, two = (
                f"SELECT * EXCLUDE (book) FROM read_parquet('{home}/{path}')"  # noqa: S608  # our own files
                for path in ("first/scores.parquet", "spark/scores.parquet/*.parquet")
            )
            apart = engine.rows(f"({one} EXCEPT {two}) UNION ALL ({two} EXCEPT {one}) LIMIT 3")
        if apart:
            raise SystemExit(f"they do not agree: {apart}")
    print(f"{units} units, {records} records, {RULES} rules, {master}")
    for place, what in enumerate(Took._fields):
        told = ", ".join(f"{on_spark[place] / duck_[place]:.1f}" for duck_ in (first, last))
        print(f"{what}: Spark {on_spark[place]:.0f} s, against DuckDB before and after {told}")


def weighed(
    book: RuleBook,
    tables: Path,
    out: Path,
    engine: Callable[[Path], object],
    processor: Callable[[], float],
) -> Took:
    """Return what a whole run takes, with the start of its engine."""
    named = Named(
        facts=str(tables / "facts.parquet"),
        registers=(("breaches", str(tables / "breaches.parquet")),),
        registers_known=str(tables / "known.parquet"),
        period="2026",
    )
    began, worked = time.perf_counter(), processor()
    weigh_by(engine, book, named, Wanted(), out)  # type: ignore[arg-type]  # a context manager
    return Took(time.perf_counter() - began, processor() - worked)


def _own() -> float:
    return time.process_time()


def _of_spark() -> float:
    """Return the processor time of this process, of Spark's, and of all that this started."""
    from pyspark import SparkContext

    gateway = SparkContext._gateway  # noqa: SLF001  # it alone knows the process
    if gateway is None:
        return _own()
    ticks = sum(_ticks(pid) for pid in _below(gateway.proc.pid))
    return _own() + ticks / os.sysconf("SC_CLK_TCK")


def _below(pid: int) -> Iterator[int]:
    yield pid
    for children in Path(f"/proc/{pid}/task").glob("*/children"):
        for child in children.read_text("ascii").split():
            yield from _below(int(child))


def _ticks(pid: int) -> int:
    """Return the processor time of a process and of those that it has waited for."""
    fields = Path(f"/proc/{pid}/stat").read_text("utf-8").rpartition(")")[2].split()
    return sum(int(field) for field in fields[11:15])


if __name__ == "__main__":
    main()
