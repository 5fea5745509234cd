"""Bulk against a query written by hand: `python -m benchmarks.bulk [UNITS [ROWS [ROUNDS]]]`.

Both read the same Parquet through the same views and write Parquet; before anything is timed they
must give the same rows. Once both write the same columns, once ours also what the query by hand
does not work out (coverage, sections); the same with the findings of every rule in long form. Then
what validation adds.
"""

from __future__ import annotations

import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from steelyard import load_book
from steelyard.book.model import RuleBook
from steelyard.bulk.assessing import Wanted, assess
from steelyard.bulk.consequences import WEIGHED
from steelyard.bulk.engines.duck import Duck
from steelyard.bulk.intake.given import Named
from steelyard.bulk.intake.intake import Intake
from steelyard.bulk.intake.typed import Rows
from steelyard.bulk.statement import Statement, statement

HERE = Path(__file__).parent
UNITS, BREACHES, ROUNDS = 100_000, 500_000, 7
COLUMNS = {
    "scores": "subject, low, high, grade_low, grade_high, veto",
    "findings": 'subject, rule, outcome, low, high, "full"',
}
"""The columns that the query by hand gives too, of each output."""
WIDER = """
    'benchmark/nine-prohibitions@1.0.0' AS book, '2026' AS period, 100.00::DECIMAL(18, 2) AS "full",
    'no' AS not_rated, (high - low)::DECIMAL(18, 4) AS coverage, low AS low_1, high AS high_1,
    'yes' AS asked_1, low AS low_2, high AS high_2, 'yes' AS asked_2, NULL::VARCHAR AS fault
"""
"""Columns of the types of those that only the statement gives, without any work behind them."""
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
    """Made-up tables, laid out as a statement reads them, and the statement: of the scores alone,
    and of the findings too.
    """

    duck: Duck
    book: RuleBook
    named: Named
    query: str
    found: Statement
    folder: Path


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
        intake = Intake(Rows(duck, book, named, str), str)
        (run,) = intake.runs()
        intake.lay_out(run)
        alone, found = (
            statement(book, period="2026", as_of=run.as_of, findings=findings)
            for findings in (False, True)
        )
        yield Laid(duck, book, named, alone.query("scores"), found, folder)


def main() -> None:
    """Make the tables, hold that both sides agree, and print the ratios."""
    sizes = [int(word) for word in sys.argv[1:]] or [UNITS]
    units = sizes[0]
    rows = sizes[1] if len(sizes) > 1 else units * BREACHES // UNITS
    rounds = sizes[2] if len(sizes) > 2 else ROUNDS
    with tempfile.TemporaryDirectory() as name, laid_out(units, rows, Path(name)) as laid:
        sides = _sides(laid)
        for side in ("by hand", "same", "all", "findings by hand", "findings"):
            sides[side]()
        for ours, hand in (("same", "hand"), ("all", "hand"), ("scores", "hand_scores")):
            _agree(laid, "scores", ours, hand)
        _agree(laid, "findings", "findings", "hand_findings")
        print(f"{units} units, {rows} records, {rounds} rounds; median, [least .. most]")
        _race(sides, PAIRS, rounds)


PAIRS = {
    "scores, the columns of both: the statement / by hand": ("same", "by hand"),
    "scores, all our columns: the statement / by hand": ("all", "by hand"),
    "the same / by hand, writing as many columns": ("all", "as wide"),
    "scores and findings: the statement / by hand": ("findings", "findings by hand"),
    "scores, a whole run / the statement alone": ("whole run", "all"),
    "scores and findings, a whole run / the statement alone": ("whole findings", "findings"),
}
"""What is compared with what."""


def _sides(laid: Laid) -> dict[str, Callable[[], object]]:
    """Return everything that is timed by its name."""
    duck, folder, found = laid.duck, laid.folder, laid.found
    by_hand = (HERE / "bulk.sql").read_text("utf-8")
    with_findings = (HERE / "bulk_findings.sql").read_text("utf-8")
    with_findings = with_findings.format(
        scores=folder / "hand_scores.parquet", findings=folder / "hand_findings.parquet"
    )
    same = f"SELECT {COLUMNS['scores']} FROM ({laid.query})"  # noqa: S608  # our own query
    as_wide = f"SELECT *, {WIDER} FROM ({by_hand})"  # noqa: S608  # likewise

    def findings() -> None:
        duck.keep(WEIGHED, found.weighed())
        for output in COLUMNS:
            duck.write(found.over_weighed(output), folder / f"{output}.parquet")

    def whole(wanted: Wanted) -> None:
        (folder / "out").mkdir(exist_ok=True)
        with Duck(folder / "spill") as own:
            assess(own, laid.book, laid.named, wanted, folder / "out", str, lambda *_: None)

    return {
        "by hand": lambda: duck.write(by_hand, folder / "hand.parquet"),
        "as wide": lambda: duck.write(as_wide, folder / "wide.parquet"),
        "same": lambda: duck.write(same, folder / "same.parquet"),
        "all": lambda: duck.write(laid.query, folder / "all.parquet"),
        "findings by hand": lambda: duck.rows(with_findings),
        "findings": findings,
        "whole run": lambda: whole(Wanted()),
        "whole findings": lambda: whole(Wanted(findings=True)),
    }


def _agree(laid: Laid, output: str, ours: str, hand: str) -> None:
    one, two = (
        f"SELECT {COLUMNS[output]} FROM '{laid.folder}/{name}.parquet'"  # noqa: S608  # our own files
        for name in (ours, hand)
    )
    apart = laid.duck.rows(f"({one} EXCEPT {two}) UNION ALL ({two} EXCEPT {one}) LIMIT 6")
    if apart:
        raise SystemExit(f"they do not agree: {apart}")


def seconds(run: Callable[[], object]) -> tuple[float, float]:
    """Return how long something takes: by the clock, and in processor time of this process."""
    clock, processor = time.perf_counter(), time.process_time()
    run()
    return time.perf_counter() - clock, time.process_time() - processor


def _race(
    sides: Mapping[str, Callable[[], object]], pairs: Mapping[str, tuple[str, str]], rounds: int
) -> None:
    """Time every side in every round, and print the ratios of some of them."""
    found = [{name: seconds(side) for name, side in sides.items()} for _ in range(rounds)]
    for what, (one, two) in pairs.items():
        told = []
        for place in range(2):
            ratios = sorted(times[one][place] / times[two][place] for times in found)
            told.append(f"{statistics.median(ratios):.2f} [{ratios[0]:.2f} .. {ratios[-1]:.2f}]")
        print(f"{what}: clock {told[0]}, processor {told[1]}", flush=True)


if __name__ == "__main__":
    main()
