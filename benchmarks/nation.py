"""Units of every sector, weighed book by book: `python -m benchmarks.nation UNITS RECORDS`.

A sample of every installed book (`steelyard sample`) is copied until there are as many units and
records; each book is a run of its own, of which the tables and what came of them are then deleted.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import NamedTuple

import click

from benchmarks.folder import Run, run
from steelyard.bulk.engines.duck import Duck
from steelyard.bulk.intake.sources import quoted

STEELYARD = str(Path(sys.executable).parent / "steelyard")


class Laid(NamedTuple):
    """The cases of a book: the book's id, the file, how many units and records."""

    book: str
    path: Path
    units: int
    records: int


@click.command()
@click.argument("units", type=int)
@click.argument("records", type=int)
@click.option("--sample", default=280, help="How many different units are made up.")
@click.option("--memory", default="4GB", help="As `steelyard bulk` takes it.")
@click.option("--folder", type=Path, help="Where all of it goes while it lasts.")
@click.argument("more", nargs=-1)
def main(
    units: int,
    records: int,
    *,
    sample: int,
    memory: str,
    folder: Path | None,
    more: tuple[str, ...],
) -> None:
    """Weigh every book's units and print what it took; MORE options go to `steelyard bulk`."""
    with tempfile.TemporaryDirectory(dir=folder) as home:
        made = Path(home) / "sample"
        subprocess.run(
            [STEELYARD, "sample", "--units", str(sample), "--quarters", "1", "--as", "parquet",
             "-o", str(made)],
            check=True, stdout=subprocess.DEVNULL,
        )  # fmt: skip
        files = sorted(made.glob("*.parquet"))
        done: list[tuple[Laid, Run]] = []
        for path in files:
            laid = lay(path, Path(home), units // len(files), records // len(files), memory)
            took = weigh(laid, Path(home), memory, more)
            laid.path.unlink()
            done.append((laid, took))
            tell(laid.book, [(laid, took)])
        tell(f"all {len(done)} books", done)


def lay(sample: Path, home: Path, units: int, records: int, memory: str) -> Laid:
    """Write a book's cases: those of its sample with other ids, their records over and over."""
    path = home / "cases.parquet"
    with Duck(home / "spill", memory) as duck:
        columns = duck.columns(f"'{sample}'")
        registers = [
            name for name, kind in columns.items()
            if kind.endswith("[]") and not name.startswith("parties.")
        ]  # fmt: skip
        lengths = " + ".join(f"coalesce(sum(len({quoted(one)})), 0)" for one in registers) or "0"
        ((book, there, rows),) = duck.rows(
            f"SELECT any_value(book), count(*), {lengths} FROM '{sample}'"  # noqa: S608  # our own file
        )
        copies = max(1, units // int(str(there)))
        times = max(1, round(records / (copies * int(str(rows))))) if rows else 1
        again = [
            f"flatten(list_transform(range({times}), lambda n: list_transform({quoted(one)}, "
            f"lambda r: struct_update(r, id := r.id || '-' || n)))) AS {quoted(one)}"
            for one in registers
        ]
        replaced = ", ".join([""""subject.id" || '-' || copy AS "subject.id" """, *again])
        duck.write(
            f"SELECT * EXCLUDE (copy) REPLACE ({replaced}) "  # noqa: S608  # likewise
            f"FROM '{sample}', range({copies}) AS copied(copy)",
            path,
        )
    return Laid(str(book), path, copies * int(str(there)), copies * times * int(str(rows)))


def weigh(laid: Laid, home: Path, memory: str, more: tuple[str, ...]) -> Run:
    """Return what a whole run takes; what it wrote is looked at and deleted."""
    out = home / "weighed"
    command = [STEELYARD, "bulk", laid.book, "--cases", str(laid.path), "--memory", memory]
    took = run([*command, "--out", str(out), *more], str(home))
    counts = json.loads((out / "run.json").read_text("utf-8"))["counts"]
    if counts["weighed"] != laid.units:
        raise SystemExit(f"{laid.book}: {counts}")
    shutil.rmtree(out)
    return took


def tell(what: str, done: list[tuple[Laid, Run]]) -> None:
    """Print what some runs took together."""
    units, records = sum(laid.units for laid, _ in done), sum(laid.records for laid, _ in done)
    clock, worked = sum(took.seconds for _, took in done), sum(took.worked for _, took in done)
    largest = max(took.largest for _, took in done)
    print(
        f"{what}: {units} units, {records} records, {clock:.1f} s by the clock, {worked:.1f} s of "
        f"processor time, {largest:.0f} MiB at most",
        flush=True,
    )


if __name__ == "__main__":
    main()
