"""Bulk against a query written by hand: `python -m benchmarks.bulk [UNITS [ROWS]]`.

Both read the same Parquet through the same views and write Parquet; before anything is timed they
must give the same rows. Then what validation adds, and a loop over `judge` on some of the units.
"""

from __future__ import annotations

import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from steelyard import judge, load_book, read_case
from steelyard.book.model import RuleBook
from steelyard.bulk.assessing import Wanted, assess
from steelyard.bulk.engines.duck import Duck
from steelyard.bulk.intake.given import Named
from steelyard.bulk.intake.intake import Intake
from steelyard.bulk.statement import statement

HERE = Path(__file__).parent
UNITS, BREACHES, ROUNDS, LOOP = 100_000, 500_000, 7, 200
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


def main() -> None:
    """Make the tables, hold that both sides agree, and print the ratios."""
    sizes = [int(word) for word in sys.argv[1:3]] or [UNITS]
    units, rows = sizes[0], sizes[1] if len(sizes) > 1 else sizes[0] * BREACHES // UNITS
    book = load_book(HERE / "bulk.yaml")
    with tempfile.TemporaryDirectory() as name, Duck(Path(name) / "spill") as duck:
        folder = Path(name)
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
        made = statement(book, period="2026", as_of=run.as_of)
        query = made.query("scores")
        print(f"statement made in {time.perf_counter() - began:.2f} s, {len(query)} characters")
        by_hand = (HERE / "bulk.sql").read_text("utf-8").format(out=folder / "hand.parquet")
        pairs: list[Callable[[], object]] = [
            lambda: duck.write(query, folder / "ours.parquet"),
            lambda: duck.rows(by_hand),
        ]
        for one in pairs:
            one()
        _agree(duck, folder)
        _print(f"scores of {units} units, {rows} records: ours / by hand", _ratios(pairs))
        out = folder / "out"
        whole: list[Callable[[], object]] = [
            lambda: _whole(duck, book, named, out),
            pairs[0],
        ]
        _print("a whole run, validation too / the statement alone", _ratios(whole))
        print(f"our loop / bulk, a unit: {_loop(duck, book, units, pairs[0]):.0f}")


def _whole(duck: Duck, book: RuleBook, named: Named, out: Path) -> None:
    out.mkdir(exist_ok=True)
    assess(duck, book, named, Wanted(), out, str, lambda *_: None)


def _agree(duck: Duck, folder: Path) -> None:
    columns = "subject, low, high, grade_low, grade_high, veto"
    ours, hand = (f"SELECT {columns} FROM '{folder}/{name}.parquet'" for name in ("ours", "hand"))  # noqa: S608
    apart = duck.rows(f"({ours} EXCEPT {hand}) UNION ALL ({hand} EXCEPT {ours}) LIMIT 6")
    if apart:
        raise SystemExit(f"they do not agree: {apart}")


def _seconds(run: Callable[[], object]) -> float:
    began = time.perf_counter()
    run()
    return time.perf_counter() - began


def _ratios(pair: Sequence[Callable[[], object]]) -> list[float]:
    return [_seconds(pair[0]) / _seconds(pair[1]) for _ in range(ROUNDS)]


def _print(what: str, ratios: list[float]) -> None:
    low, middle, high = statistics.quantiles(ratios, n=4)
    print(f"{what}: {middle:.2f} [{low:.2f} .. {high:.2f}]")


def _loop(duck: Duck, book: RuleBook, units: int, bulk: Callable[[], object]) -> float:
    """Return how many times as long `judge` takes of a unit, its case read before."""
    cases = []
    for row in duck.rows(f"SELECT * FROM facts ORDER BY subject LIMIT {LOOP}"):  # noqa: S608
        names = list(duck.columns("facts"))
        said = {k: v for k, v in zip(names, row, strict=True) if v is not None}
        given: dict[str, Any] = {
            "subject": said["subject"],
            "period": "2026",
            "facts": {
                key: said[key]
                for key in ("medical_staff", "trained_staff", "group_set_up", "handed_over")
                if key in said
            },
        }
        if "satisfaction.asked" in said:
            given["facts"]["satisfaction"] = {
                "positive": said["satisfaction.positive"],
                "asked": said["satisfaction.asked"],
            }
        records = duck.rows(
            "SELECT id, prohibition, verified, crime_suspected FROM register_breaches "  # noqa: S608
            f"WHERE subject = '{said['subject']}'"
        )
        keys = ("id", "prohibition", "verified", "crime_suspected")
        listed = [
            {key: value for key, value in zip(keys, one, strict=True) if value is not None}
            for one in records
        ]
        complete = said["breaches.complete"]
        given["records"] = {"breaches": listed if complete else {"complete": False, "rows": listed}}
        cases.append(read_case(given, book))

    def loop() -> None:
        for case in cases:
            judge(book, case)

    loop()
    return (_seconds(loop) / len(cases)) / (_seconds(bulk) / units)


if __name__ == "__main__":
    main()
