"""How whole runs of `steelyard bulk` grow: `python -m benchmarks.growth UNITS RECORDS`.

A made-up book, made-up tables, a process of its own for each run: its clock, processor time and
greatest memory, beside those of a process that only counts the records of each unit, which any way
of weighing them must do.
"""

from __future__ import annotations

import json
import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from threading import Event
from typing import Any

import click
import yaml

from benchmarks.folder import Run, run
from steelyard.bulk.engines.duck import Duck

TEN = 10
EVERY = 0.5
BLOCK = 512
GB = 10**9
BANDS = ({"at_least": 0.5, "points": 0.5}, {"at_least": 0.9, "points": 1})
COUNT = (
    "SELECT count(*), max(n) FROM (SELECT subject, count(*) FILTER (verified) AS n "
    "FROM '{path}' GROUP BY subject)"
)
UNIT = "'u-' || lpad({number}::VARCHAR, 9, '0')"


@click.command()
@click.argument("units", type=int)
@click.argument("records", type=int)
@click.option("--rules", default=20, help="Of the book; ten kinds in turn.")
@click.option("--memory", default="", help="As `steelyard bulk` takes it.")
@click.option("--rounds", default=1)
@click.option("--folder", type=Path, help="Where the tables go, and are found again.")
@click.argument("more", nargs=-1)
def main(
    units: int,
    records: int,
    *,
    rules: int,
    memory: str,
    rounds: int,
    folder: Path | None,
    more: tuple[str, ...],
) -> None:
    """Make the tables, weigh them by turns with counting, and print what it took; MORE options go
    to `steelyard bulk`.
    """
    with tempfile.TemporaryDirectory(dir=folder) as home:
        tables = (folder or Path(home)) / f"{units}-{records}-{rules}"
        if not tables.exists():
            lay(tables, units, records, rules)
        for _ in range(rounds):
            weighed, disk = weigh(tables, Path(home), memory, more)
            tell(f"{units} units, {records} records, {rules} rules", weighed, disk)
            counted = run(
                [sys.executable, "-m", "benchmarks.growth", "count", str(tables), memory], home
            )
            compare(weighed, counted)


def weigh(tables: Path, home: Path, memory: str, more: tuple[str, ...]) -> tuple[Run, int]:
    """Return what a whole run takes, and how many bytes of disk at most; what it wrote is looked at
    and deleted.
    """
    out = home / "weighed"
    command = [str(Path(sys.executable).parent / "steelyard"), "bulk", "test/made-up"]
    command += ["--books", str(tables), "--facts", str(tables / "facts.parquet")]
    command += ["--register", f"breaches={tables / 'breaches.parquet'}"]
    command += ["--registers-known", str(tables / "known.parquet"), "--period", "2026"]
    command += ["--out", str(out), *(("--memory", memory) if memory else ()), *more]
    with watched(home) as most:
        took = run(command, str(home))
    counts = json.loads((out / "run.json").read_text("utf-8"))["counts"]
    assert counts["weighed"] == counts["units"], counts
    shutil.rmtree(out)
    return took, max(most)


@contextmanager
def watched(folder: Path) -> Iterator[list[int]]:
    """Yield a list that takes how many bytes the files of a folder hold, time and again."""
    found, done = [0], Event()

    def look() -> None:
        while not done.wait(EVERY):
            files = (Path(inner, name) for inner, _, names in os.walk(folder) for name in names)
            found.append(sum(map(held, files)))

    with ThreadPoolExecutor(1) as looking:
        looking.submit(look)
        try:
            yield found
        finally:
            done.set()


def held(path: Path) -> int:
    """Return how many bytes a file holds; none where it is gone meanwhile."""
    try:
        return path.lstat().st_blocks * BLOCK
    except FileNotFoundError:
        return 0


def count(tables: Path, memory: str) -> None:
    """Count the records of each unit, and nothing else."""
    with Duck(tables / "spill", memory) as duck:
        print(duck.rows(COUNT.format(path=tables / "breaches.parquet")))


def tell(what: str, weighed: Run, disk: int) -> None:
    """Print one run."""
    print(
        f"{what}: {weighed.seconds:.1f} s by the clock, {weighed.worked:.1f} s of processor time, "
        f"{weighed.largest:.0f} MiB, {disk / GB:.2f} GB of disk",
        flush=True,
    )


def compare(weighed: Run, counted: Run) -> None:
    """Print one run beside counting."""
    print(
        f"counting alone {counted.seconds:.1f}, {counted.worked:.1f}, "
        f"{counted.largest:.0f}; weighed / counted: clock "
        f"{weighed.seconds / counted.seconds:.2f}, processor {weighed.worked / counted.worked:.2f}",
        flush=True,
    )


def made_up(rules: int) -> dict[str, Any]:
    """Return a book of so many rules, in tens: five over records, two over a yes or no, a rate,
    bands and a checklist.
    """
    facts: dict[str, Any] = {}
    listed: list[dict[str, Any]] = []
    for n in range(rules // TEN):
        facts |= {f"done_{n}": "boolean", f"open_{n}": "boolean"}
        facts |= {f"{name}_{n}": {"type": "number", "min": 0, "max": 1, "decimals": 3}
                  for name in ("rate", "level")}  # fmt: skip
        mine = f"kind_of == {n + 1} and verified"
        forms: list[dict[str, Any]] = [
            {"demerit": {"over": "breaches", "when": f"{mine} and severity == '{level}'",
                         "each": each}}
            for level, each in (("minor", 0.1), ("serious", 0.5), ("grave", 1))
        ]  # fmt: skip
        forms += [{"requires": f"count(breaches, {mine}) <= {most}"} for most in (1, 3)]
        forms += [
            {"requires": f"done_{n}"},
            {"requires": f"open_{n}"},
            {"proportional": f"rate_{n}"},
            {"banded": f"level_{n}", "bands": list(BANDS)},
            {"checklist": [{"id": f"item_{n}_{k}"} for k in range(4)]},
        ]
        for k, form in enumerate(forms):
            full = {} if "banded" in form else {"points": 1}
            listed.append({"id": f"rule-{n}-{k}", "section": f"part-{n}", **full, **form})
    return {
        "book": "test/made-up",
        "version": "1.0.0",
        "sector": "test",
        "points": rules,
        "facts": facts,
        "records": {
            "breaches": {
                "kind_of": {"type": "integer", "min": 1, "max": 20},
                "verified": "boolean",
                "severity": ["minor", "serious", "grave"],
            }
        },
        "sections": [{"id": f"part-{n}", "points": TEN} for n in range(rules // TEN)],
        "rules": listed,
        "grades": [{"id": "good", "at_least": rules * 0.8}, {"id": "poor", "at_least": 0}],
    }


def lay(tables: Path, units: int, records: int, rules: int) -> None:
    """Write the book and its tables; a tenth of all that is asked for is missing."""
    tables.mkdir()
    book = yaml.safe_dump(made_up(rules), sort_keys=False)
    (tables / "made-up.yaml").write_text(book, encoding="utf-8")
    columns = [f"{UNIT.format(number='i')} AS subject"]
    for n in range(rules // TEN):
        columns += [_fact(f"{name}_{n}", "{dice} % 8 > 0") for name in ("done", "open")]
        columns += [_fact(f"{name}_{n}", "({dice} % 1001) * 0.001") for name in ("rate", "level")]
        columns += [_fact(f"item_{n}_{k}", "['yes', 'yes', 'no', 'na'][(1 + {dice} % 4)::BIGINT]")
                    for k in range(4)]  # fmt: skip
    with Duck(tables / "spill") as duck:
        duck.write(
            f"SELECT {', '.join(columns)} FROM range({units}) r(i)",  # noqa: S608  # our own names
            tables / "facts.parquet",
        )
        duck.write(
            f"SELECT {UNIT.format(number=f'(hash(i, 1) % {units})')} AS subject, i::VARCHAR AS id, "  # noqa: S608
            f"(1 + hash(i, 2) % {rules // TEN})::BIGINT AS kind_of, "
            "CASE WHEN hash(i, 3) % 10 > 0 THEN hash(i, 4) % 4 > 0 END AS verified, "
            "CASE WHEN hash(i, 5) % 10 > 0 THEN ['minor', 'serious', 'grave']"
            f"[(1 + hash(i, 6) % 3)::BIGINT] END AS severity FROM range({records}) r(i)",
            tables / "breaches.parquet",
        )
        duck.write(
            f"SELECT {UNIT.format(number='i')} AS subject, 'breaches' AS register "  # noqa: S608
            f"FROM range({units}) r(i) WHERE hash(i, 9) % 10 > 0",
            tables / "known.parquet",
        )


def _fact(name: str, value: str) -> str:
    there, what = (f"hash(i, '{name} {which}')" for which in ("there", "value"))
    return f"CASE WHEN {there} % 10 > 0 THEN {value.format(dice=what)} END AS {name}"


if __name__ == "__main__":
    if sys.argv[1:2] == ["count"]:
        count(Path(sys.argv[2]), sys.argv[3])
    else:
        main()
