"""Books as statements: `python -m benchmarks.statements`.

Of every installed book, and of made-up ones of 20, 60 and 200 rules: making the statement of the
scores against reading and checking the book, and DuckDB's planning of it against making it.
Processor time, medians; the seconds are printed to tell whether any takes more than one.
"""

from __future__ import annotations

import gc
import statistics
import sys
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

import yaml

from benchmarks.growth import made_up
from steelyard.book.library import Library
from steelyard.book.model import RuleBook
from steelyard.book.reading.load import parse_book
from steelyard.bulk.columns import tables
from steelyard.bulk.engines.duck import Duck
from steelyard.bulk.intake.checks import absent
from steelyard.bulk.intake.sources import quoted
from steelyard.bulk.statement import statement
from steelyard.plugins.installed import load_plugins

SIZES = (20, 60, 200)
ROUNDS = 3


def main() -> None:
    """Print a row of every book, and the worst of each column."""
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else ROUNDS
    print("| book | rules | kB | made, against reading the book | planned, against making |")
    print("|---|---|---|---|---|")
    worst = 0.0
    for book, read in books():
        write = partial(written, book)
        found = write()
        made, planned = median(write, rounds), planning(book, found, rounds)
        loaded = median(read, rounds)
        worst = max(worst, made)
        print(
            f"| `{book.id}` | {len(book.rules)} | {len(found) / 1000:.0f} | {made / loaded:.2f} | "
            f"{planned / made:.2f} |",
            flush=True,
        )
    print(f"the slowest statement is made in {worst:.2f} s of processor time here and now")


def books() -> Iterator[tuple[RuleBook, Callable[[], object]]]:
    """Yield every book, and how to read it anew."""
    plugins = load_plugins(strict=True)

    def library() -> Library:
        return Library(plugins.sources, (), plugins.measures, forms=plugins.all_forms)

    for source in library().sources:
        yield library().find(source.key), partial(lambda key: library().find(key), source.key)
    for rules in SIZES:
        read = partial(parse_book, yaml.safe_dump(made_up(rules)), "made-up")
        yield read(), read


def written(book: RuleBook) -> str:
    """Return the statement of a book's scores."""
    return statement(book, period="2026").query("scores")


def planning(book: RuleBook, query: str, rounds: int) -> float:
    """Return what DuckDB takes to plan a statement over empty tables."""
    with TemporaryDirectory() as home, Duck(Path(home) / "spill") as duck:
        for name, table in tables(book).items():
            columns = ", ".join(
                f"{absent(one).value} AS {quoted(one.name)}" for one in table.columns
            )
            duck.keep(quoted(name), f"SELECT {columns} WHERE FALSE")
        return median(lambda: duck.rows(f"EXPLAIN {query}"), rounds)


def median(run: Callable[[], object], rounds: int) -> float:
    """Return the median of the processor time of some calls."""
    took = []
    for _ in range(rounds):
        gc.collect()
        start = time.process_time()
        run()
        took.append(time.process_time() - start)
    return statistics.median(took)


if __name__ == "__main__":
    main()
