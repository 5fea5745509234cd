"""Comparing many units: ranks under varied weights and missing evidence, weighted sums against two
libraries, a whole store.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import resource
import sqlite3
import subprocess
import sys
import tempfile
import time
import warnings
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.rounds import race, ratio
from steelyard.book.model import DIMENSIONS
from steelyard.comparison.attainment import Attainment
from steelyard.comparison.order import ranks
from steelyard.comparison.ranking import central
from steelyard.comparison.smaa import acceptability
from steelyard.comparison.stream import Stream
from steelyard.comparison.weights import WHOLE, draw, weights
from steelyard.store.rows import COLUMNS, HEAD, Ready, Row, dumps, printed
from steelyard.store.store import Store

UNITS, DRAWS, GROWTH = 100_000, 1_000, 1_000
NO_PAIRS = np.zeros((0, 2), dtype=np.int64)
Ends = tuple[Any, Any]


def main() -> None:
    """Print the figures that are asked for, all but the store's unless told."""
    reading = argparse.ArgumentParser(description=__doc__)
    reading.add_argument(
        "what",
        nargs="*",
        default=["smaa", "growth", "sums"],
        help="smaa, growth, sums, store FILE.db, against FILE.db, or grow FILE.db BIG.db TIMES",
    )
    what = reading.parse_args().what
    if what[0] == "store":
        return stored(Path(what[1]))
    if what[0] == "against":
        return against(Path(what[1]))
    if what[0] == "grow":
        return grow(Path(what[1]), Path(what[2]), int(what[3]))
    for name in what:
        {"smaa": smaa, "growth": growth, "sums": sums}[name]()
    return None


def population(units: int, gaps: float) -> Ends:
    """Return made-up attainments in millionths, the low and the high ends; a share of them open."""
    chance = np.random.default_rng(1)
    low = chance.integers(200_000, 900_000, (units, len(DIMENSIONS)))
    width = chance.integers(0, 300_000, low.shape) * (chance.random(low.shape) < gaps)
    return low, np.minimum(low + width, WHOLE)


def ours(ends: Ends, draws: int) -> Callable[[], object]:
    """Return Steelyard's ranks under varied weights: intervals, medians, means and
    acceptabilities.
    """
    lots = weights({}, DIMENSIONS).ranges

    def run() -> object:
        return acceptability(
            ends, draw(lots, draws, Stream(1, 0)), Stream(1, 1), NO_PAIRS, lambda _done: None
        )

    return run


def bare(ends: Ends, draws: int, *, evidence: bool) -> Callable[[], object]:
    """Return the same in bare numpy, as one writes it: in floats, without a thought for ties; with
    or without the evidence.
    """
    low, high = (side / WHOLE for side in ends)

    def run() -> object:
        chance = np.random.default_rng(1)
        lots = chance.dirichlet(np.ones(low.shape[1]), draws)
        found = np.empty((draws, len(low)), dtype=np.int32)
        for place, lot in enumerate(lots):
            values = (low + (high - low) * chance.random(low.shape) if evidence else low) @ lot
            found[place, np.argsort(-values)] = np.arange(1, len(low) + 1)
        at = (draws // 20, (draws - 1) // 2, draws - 1 - draws // 20)
        own = np.ascontiguousarray(found.T)
        mean = own.mean(axis=1)
        own.sort(axis=1)
        return own[:, at], mean

    return run


def smaa() -> None:
    """Race at full size, a few rounds, and give the peak memory of Steelyard's side in a process of
    its own.
    """
    print(
        f"{UNITS:,} units, {len(DIMENSIONS)} dimensions, {DRAWS:,} draws; how many times "
        f"as long, median [quartiles]"
    )
    open_, closed = population(UNITS, 0.3), population(UNITS, 0.0)
    sides = {
        "steelyard, a third open": ours(open_, DRAWS),
        "bare, a third open": bare(open_, DRAWS, evidence=True),
        "steelyard, all shown": ours(closed, DRAWS),
        "bare, all shown": bare(closed, DRAWS, evidence=False),
    }
    found = race_once(sides, 3)
    _print(
        "Steelyard against bare numpy, a third of the values open",
        found,
        "steelyard, a third open",
        "bare, a third open",
    )
    _print(
        "Steelyard against bare numpy, all shown", found, "steelyard, all shown", "bare, all shown"
    )
    _print(
        "a third open against bare numpy without evidence",
        found,
        "steelyard, a third open",
        "bare, all shown",
    )
    told = (
        f"import benchmarks.comparing as c, resource; "
        f"c.ours(c.population({UNITS}, 0.3), {DRAWS})();"
    )
    told += "print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)"
    done = subprocess.run([sys.executable, "-c", told], capture_output=True, text=True, check=True)
    print(f"peak memory of the whole process: {int(done.stdout) / 1024**2:.2f} GiB")


def growth() -> None:
    """Show how time grows from 1,000 to 100,000 units."""
    few, many = ours(population(GROWTH, 0.3), DRAWS), ours(population(UNITS, 0.3), DRAWS)
    found = race_once({"few": few, "many": many}, 3)
    _print(f"{UNITS:,} units against {GROWTH:,}", found, "many", "few")


def sums() -> None:
    """Race the weighted sum with ranks on 2,000 units of one sector, against pymcdm and
    scikit-criteria.
    """
    warnings.simplefilter("ignore")
    from pymcdm.helpers import rrankdata
    from pymcdm.methods import WSM
    from skcriteria import mkdm
    from skcriteria.agg.simple import WeightedSumModel

    low, _ = population(2_000, 0.0)
    matrix, count = low / WHOLE, low.shape[1]
    lot = np.ones(count) / count
    attained = Attainment(low, low, np.ones(low.shape, dtype=np.bool_), low[:, :2])
    shares, rows = weights({}, DIMENSIONS), np.arange(len(low))
    model = WSM(normalization_function=_as_it_is)
    decision = mkdm(matrix, [max] * count, weights=lot)
    weighing = WeightedSumModel()
    sides: dict[str, Callable[[], Any]] = {
        "steelyard": lambda: ranks(central(attained, rows, shares).middle),
        "pymcdm": lambda: rrankdata(model(matrix, lot, np.ones(count), validation=False)),
        "pymcdm, checking": lambda: rrankdata(model(matrix, lot, np.ones(count))),
        "scikit-criteria": lambda: weighing.evaluate(decision).rank_,
    }
    said = {name: np.asarray(run()) for name, run in sides.items()}
    for name, other in said.items():
        assert (
            np.argsort(other, kind="stable")[:100]
            == np.argsort(said["steelyard"], kind="stable")[:100]
        ).all(), name
    found = race(sides, rounds=15)
    print("weighted sum with ranks, 2,000 × 12; how many times as long, median [quartiles]")
    for name in list(sides)[1:]:
        _print(f"{name} against Steelyard", found, name, "steelyard")


def _as_it_is(column: Any, cost: bool) -> Any:  # noqa: ARG001, FBT001  # the library asks in this way
    return column


def stored(file: Path) -> None:
    """Compare from a store, whole process, by turns with reading the same rows by the sqlite3
    module alone.
    """
    count = (
        "import sqlite3, sys; c = sqlite3.connect(sys.argv[1]); rows = c.execute('SELECT "
        "number, id, subject, subject_name, sector, book, version, digest, period, coverage, "
        "score_low, score_high, points FROM assessments').fetchall(); print(len(rows))"
    )
    steelyard = [sys.executable, "-m", "steelyard", "--db", str(file)]
    program = [*steelyard, "compare", "--no-save"]
    db = sqlite3.connect(file)
    assessments = db.execute("SELECT count(*) FROM assessments").fetchone()[0]
    print(f"{file.stat().st_size / assessments / 1000:.2f} kB an assessment")
    one = db.execute(
        "SELECT id FROM assessments ORDER BY number LIMIT 1 OFFSET ?", [assessments // 2]
    ).fetchone()[0]
    *_, before, last = [
        row[0] for row in db.execute("SELECT DISTINCT period FROM tally ORDER BY period")
    ]
    later = [*program, "--period", last]
    page = tempfile.mkdtemp() + "/report.html"
    sides: dict[str, Callable[[], object]] = {
        "report of one unit as html": lambda: _run(
            [*steelyard, "report", one, "-o", page, "--force"]
        ),
        "show of one unit": lambda: _run([*steelyard, "show", one]),
        "compare": lambda: _run(program),
        "compare, no lists": lambda: _run([*program, "--no-lists"]),
        "compare one quarter": lambda: _run(later),
        "compare one quarter with the one before": lambda: _run([*later, "--against", before]),
        "compare to JSON": lambda: _run([*program, "--format", "json"]),
        "reading the rows alone": lambda: _run([sys.executable, "-c", count, str(file)]),
        "python -c pass": lambda: _run([sys.executable, "-c", "pass"]),
    }
    found = race_once(sides, 3)
    print("whole processes; how many times as long, median [quartiles]")
    for name in (
        "compare",
        "compare, no lists",
        "compare to JSON",
        "report of one unit as html",
        "show of one unit",
    ):
        _print(f"{name} against reading the rows alone", found, name, "reading the rows alone")
    both = ("compare one quarter with the one before", "compare one quarter")
    _print(" against ".join(both), found, *both)
    print(
        f"peak memory of the largest process: "
        f"{resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024**2:.2f} GiB"
    )


def against(file: Path) -> None:
    """Compare the last quarter of a store with and without the one before, three rounds by turns;
    print clock and processor time of whole processes.
    """
    with Store.open(file, create=False) as store:
        *_, before, last = [
            row[0] for row in store.query("SELECT DISTINCT period FROM tally ORDER BY 1")
        ]
    alone = [sys.executable, "-m", "steelyard", "--db", str(file), "compare", "--no-save"]
    alone += ["--period", last]
    for _ in range(3):
        one, both = _taken(alone), _taken([*alone, "--against", before])
        print(
            f"compare {last} with {before} against {last} alone: "
            f"{both[0] / one[0]:.2f} by the clock ({both[0]:.1f} s, {one[0]:.1f} s), "
            f"{both[1] / one[1]:.2f} in processor time ({both[1]:.1f} s, {one[1]:.1f} s)"
        )


def _taken(words: list[str]) -> tuple[float, float]:
    """Return the seconds by the clock and of processor time that a command takes with all that it
    starts.
    """
    start, used = time.perf_counter(), resource.getrusage(resource.RUSAGE_CHILDREN)
    _run(words)
    now = resource.getrusage(resource.RUSAGE_CHILDREN)
    worked = now.ru_utime + now.ru_stime - used.ru_utime - used.ru_stime
    return time.perf_counter() - start, worked


def grow(small: Path, big: Path, times: int) -> None:
    """Save the assessments of a store so many times over in another one, each time as those of
    other units.
    """
    with Store.open(small, create=False) as store, Store.open(big) as other:
        other.save(_copies(store, times))


def _copies(store: Store, times: int) -> Iterator[Ready]:
    book = cache(store.book)
    surveys = dict(store.query("SELECT assessment, said FROM sampled"))
    for (number,) in store.query("SELECT number FROM assessments ORDER BY number"):
        columns, document = store.at(number)
        row = dict(zip(COLUMNS, columns, strict=True))
        case, subject = dumps(store.case(row["case_digest"])), document["subject"]
        for copy in range(times):
            own = {
                "id": hashlib.sha256(f"{row['id']} {copy}".encode()).hexdigest()[:20],
                "subject": f"{subject['id']}-{copy}",
                "subject_name": f"{subject['name']} {copy}",
            }
            told = document | {
                "id": own["id"],
                "subject": subject | {"id": own["subject"], "name": own["subject_name"]},
            }
            yield Ready(
                Row(
                    tuple((row | own)[name] for name in HEAD),
                    row["points"],
                    row["carried"],
                    row["perhaps"],
                    row["settled"],
                    row["schema"],
                    printed(told),
                    case,
                    {},
                    surveys.get(number),
                ),
                book(row["digest"]),
                json.loads(row["plugins"]),
            )


def _run(words: list[str]) -> None:
    subprocess.run(words, check=True, stdout=subprocess.DEVNULL)


def race_once(sides: dict[str, Callable[[], object]], rounds: int) -> dict[str, list[float]]:
    """Return the seconds of every side, one call in each round: for work that takes long."""
    found: dict[str, list[float]] = {name: [] for name in sides}
    for _ in range(rounds):
        for name, call in sides.items():
            start = time.perf_counter()
            call()
            found[name].append(time.perf_counter() - start)
    return found


def _print(what: str, found: dict[str, list[float]], one: str, other: str) -> None:
    print(f"{what:64}{ratio(found[one], found[other])}")


if __name__ == "__main__":
    main()
