"""Bulk against a query written by hand: `python -m benchmarks.bulk [UNITS [ROWS [ROUNDS]]]`.

Both read the same Parquet through the same views and write Parquet; before anything is timed they
must give the same rows. Once both write the same columns, once ours also what the query by hand
does not work out (coverage, sections). Then what validation adds.
"""

from __future__ import annotations

import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from steelyard import load_book
from steelyard.book.model import RuleBook
from steelyard.bulk.assessing import Wanted, assess
from steelyard.bulk.engines.duck import Duck
from steelyard.bulk.intake.given import Named
from steelyard.bulk.intake.intake import Intake
from steelyard.bulk.statement import statement

HERE = Path(__file__).parent
UNITS, BREACHES, ROUNDS = 100_000, 500_000, 7
COLUMNS = "subject, low, high, grade_low, grade_high, veto"
"""The columns that the query by hand gives too."""
FACTS = """
    SELECT 'h-' || lpad(i::VARCHAR, 8, '0') AS subject, staff AS medical_staff,
      CASE WHEN hash(i, 1) % 10 > 0 THEN staff - (hash(i, 2) % 3 = 0)::BIGINT END AS trained_staff,
      CASE WHEN hash(i, 3) % 8 > 0 THEN (hash(i, 4) % 201)::BIGINT END AS "satisfaction.positive",
      CASE WHEN hash(i, 3) % 8 > 0 THEN 200::BIGINT END AS "satisfaction.asked",
      CASE WHEN hash(i, 5) % 10 > 0 THEN hash(i, 6) % 10 > 0 END AS group_set_up,
      CASE WHEN hash(i, 7) % 10 > 0 THEN hash(i, 8) % 10 > 0 END AS handed_over
    FROM (SELECT i, (1 + hash(i) % 900)::BIGINT AS staff FROM range({units}) r(i))
"""
RECORDS = """
    SELECT 'h-' || lpad((hash(i, 1) % {units})::VARCHAR, 8, '0') AS subject, i::VARCHAR AS id,
      (1 + hash(i, 2) % 9)::BIGINT AS prohibition,
      CASE WHEN hash(i, 3) % 10 > 0 THEN hash(i, 4) % 4 > 0 END AS verified,
      CASE WHEN hash(i, 5) % 10 > 0 THEN hash(i, 6) % 50 = 0 END AS crime_suspected
    FROM range({rows}) r(i)
"""
KNOWN = "SELECT subject, 'breaches' AS register FROM ({facts}) WHERE hash(subject, 9) % 10 > 0"


@dataclass(frozen=True)
class Laid:
    """Made-up tables, laid out as a statement reads them, and the statement."""

    duck: Duck
    book: RuleBook
    named: Named
    query: str


@contextmanager
def laid_out(units: int, rows: int, folder: Path, memory: str = "") -> Iterator[Laid]:
    """Give the tables of some units and rows, in a folder, and the statement over them."""
    book = load_book(HERE / "bulk.yaml")
    with Duck(folder / "spill", memory) as duck:
        facts = FACTS.format(units=units)
        duck.write(facts, folder / "facts.parquet")
        duck.write(RECORDS.format(units=units, rows=rows), folder / "breaches.parquet")
        duck.write(KNOWN.format(facts=facts), folder / "known.parquet")
        named = Named(
            facts=str(folder / "facts.parquet"),
            registers=(("breaches", str(folder / "breaches.parquet")),),
            registers_known=str(folder / "known.parquet"),
            period="2026",
        )
        intake = Intake(duck, book, named, str)
        (run,) = intake.runs()
        intake.lay_out(run)
        began = time.perf_counter()
        query = statement(book, period="2026", as_of=run.as_of).query("scores")
        print(f"statement made in {time.perf_counter() - began:.2f} s, {len(query)} characters")
        yield Laid(duck, book, named, query)


def main() -> None:
    """Make the tables, hold that both sides agree, and print the ratios."""
    sizes = [int(word) for word in sys.argv[1:]] or [UNITS]
    units = sizes[0]
    rows = sizes[1] if len(sizes) > 1 else units * BREACHES // UNITS
    rounds = sizes[2] if len(sizes) > 2 else ROUNDS
    with tempfile.TemporaryDirectory() as name, laid_out(units, rows, Path(name)) as laid:
        folder, duck = Path(name), laid.duck
        by_hand = (HERE / "bulk.sql").read_text("utf-8").format(out=folder / "hand.parquet")
        same = f"SELECT {COLUMNS} FROM ({laid.query})"  # noqa: S608  # our own query

        def ours() -> None:
            duck.write(laid.query, folder / "ours.parquet")

        def ours_same() -> None:
            duck.write(same, folder / "same.parquet")

        def hand() -> None:
            duck.rows(by_hand)

        def whole() -> None:
            _whole(duck, laid.book, laid.named, folder / "out")

        for one in (ours, ours_same, hand):
            one()
        for output in ("ours", "same"):
            _agree(duck, folder, output)
        size = f"{units} units, {rows} records"
        _print(f"scores of {size}, the columns of both: ours / by hand", ours_same, hand, rounds)
        _print(f"scores of {size}, all our columns: ours / by hand", ours, hand, rounds)
        _print("a whole run, validation too / the statement alone", whole, ours, rounds)


def _whole(duck: Duck, book: RuleBook, named: Named, out: Path) -> None:
    out.mkdir(exist_ok=True)
    assess(duck, book, named, Wanted(), out, str, lambda *_: None)


def _agree(duck: Duck, folder: Path, output: str) -> None:
    ours, hand = (
        f"SELECT {COLUMNS} FROM '{folder}/{name}.parquet'"  # noqa: S608  # our own files
        for name in (output, "hand")
    )
    apart = duck.rows(f"({ours} EXCEPT {hand}) UNION ALL ({hand} EXCEPT {ours}) LIMIT 6")
    if apart:
        raise SystemExit(f"they do not agree: {apart}")


def seconds(run: Callable[[], object]) -> tuple[float, float]:
    """Return how long something takes: by the clock, and in processor time of this process."""
    clock, processor = time.perf_counter(), time.process_time()
    run()
    return time.perf_counter() - clock, time.process_time() - processor


def _print(what: str, one: Callable[[], object], two: Callable[[], object], rounds: int) -> None:
    pairs = [(seconds(one), seconds(two)) for _ in range(rounds)]
    told = []
    for place in range(2):
        ratios = sorted(first[place] / second[place] for first, second in pairs)
        told.append(f"{statistics.median(ratios):.2f} [{ratios[0]:.2f} .. {ratios[-1]:.2f}]")
    print(f"{what}: clock {told[0]}, processor {told[1]}", flush=True)


if __name__ == "__main__":
    main()
