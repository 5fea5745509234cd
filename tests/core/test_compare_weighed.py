"""Comparing what bulk wrote: the same as comparing the cases themselves from a store, and a folder
that is not as bulk wrote it is refused.
"""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pytest
from program import answer

from steelyard.book.model import RuleBook
from steelyard.bulk.assessing import Wanted
from steelyard.case.model import Case
from steelyard.comparison.comparison import Comparison, compare
from steelyard.comparison.comparison_json import published
from steelyard.comparison.options import Options
from steelyard.comparison.saved import Saved
from steelyard.comparison.table import Table
from steelyard.comparison.weighed import Weighed
from steelyard.judging.assessment import weigh
from steelyard.store.rows import entry_of
from steelyard.store.store import Store

from . import bulk_tables
from .test_bulk_input import BOOK

CASES = 9
OPTIONS = Options(draws=50, min_peers=2)
# A run knows no case and no names, and its ids are its own.
OWN = ("assessment", "case", "name")


def population(number: int) -> tuple[RuleBook, list[Case]]:
    """Return a random book, and cases of units that bear one id within several wholes."""
    return bulk_tables.population(f"compared {number}", CASES, ("", "h-1", "h-2"))


def stored(folder: Path, *groups: tuple[RuleBook, Sequence[Case]]) -> Store:
    """Return a store of the assessments of cases, each group by its book."""
    store = Store.open(folder / "steelyard.db", create=True)
    store.save(entry_of(weigh(book, case), {}) for book, cases in groups for case in cases)
    return store


def ran(folder: Path, book: RuleBook, cases: Sequence[Case]) -> Path:
    """Weigh the cases in bulk."""
    folder.mkdir()
    bulk_tables.bulk(book, bulk_tables.write(cases, book, folder), folder, Wanted())
    return folder


def columns(table: Table) -> dict[str, Any]:
    """Return what a table holds, unit by unit, without what is a store's or a run's own."""
    settled, earlier = table.settled()
    heads = {key: list(said) for key, said in settled.heads._asdict().items() if key not in OWN}
    names = ("points", "score", "decimals", "coverage", "not_rated", "carried", "perhaps")
    figures = {name: np.asarray(getattr(settled, name)).tolist() for name in names}
    return {**heads, **figures, "wholes": list(settled.wholes), "earlier": len(earlier)}


def told(found: Comparison) -> Any:
    """Return what a comparison publishes, without ids and names."""
    return _plain(json.loads("".join(published(found))))


def _plain(said: Any) -> Any:
    if isinstance(said, dict):
        return {
            key: _plain(one)
            for key, one in said.items()
            if key not in {"id", "by", "assessment", "assessments", "name", "result"}
        }
    return [_plain(one) for one in said] if isinstance(said, list) else said


@pytest.mark.parametrize("number", range(4))
def test_a_run_is_compared_as_the_same_cases_of_a_store(number: int, tmp_path: Path) -> None:
    book, cases = population(number)
    period = cases[0].period
    with stored(tmp_path, (book, cases)) as store:
        source = Saved(store, OPTIONS)
        wanted, there = compare(source, OPTIONS), columns(source.table(period))
    runs = Weighed([ran(tmp_path / "run", book, cases)], tmp_path / "spill")
    assert columns(runs.table(period)) == there
    assert told(compare(runs, OPTIONS)) == told(wanted)
    assert len(there["unit"]) == len([one for one in cases if one.period == period]) > 2


def test_several_runs_are_compared_together(tmp_path: Path) -> None:
    groups = [population(0), population(1)]
    period = groups[0][1][0].period
    options = replace(OPTIONS, period=period)
    with stored(tmp_path, *groups) as store:
        source = Saved(store, options)
        wanted, there = compare(source, options), columns(source.table(period))
    folders = [ran(tmp_path / f"run-{place}", *one) for place, one in enumerate(groups)]
    runs = Weighed(folders, tmp_path / "spill")
    assert columns(runs.table(period)) == there
    assert told(compare(runs, options)) == told(wanted)


TABLES = {
    "facts": "part_of,subject,staff\nh-1,d-1,7\nh-2,d-1,3\n,d-1,101\n",
    "visits": "part_of,subject,id,place\nh-2,d-1,v-1,ward\nh-3,d-1,v-1,ward\n",
    "known": "part_of,subject,register\nh-1,d-1,visits\nh-2,d-1,visits\n",
}
"""Department d-1 of two hospitals, one with a visit; one of no hospital that cannot be weighed, and
a visit to one that is not there."""


@pytest.fixture(scope="module")
def once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with a book, and what bulk wrote of the departments by it."""
    folder = tmp_path_factory.mktemp("weighed")
    (folder / "book.yaml").write_text(BOOK, encoding="utf-8")
    for name, said in TABLES.items():
        (folder / f"{name}.csv").write_text(said)
    done = answer(
        folder, {}, "bulk", "book.yaml", "--out", "out", "--period", "2026", "--facts",
        "facts.csv", "--register", "visits=visits.csv", "--registers-known", "known.csv",
        "--findings",
    )  # fmt: skip
    assert done.code == 0, done.err
    return folder


@pytest.fixture
def weighed(once: Path, tmp_path: Path) -> Path:
    """Return a copy of that folder."""
    shutil.copytree(once, tmp_path, dirs_exist_ok=True)
    return tmp_path


def rows(folder: Path, query: str) -> list[Any]:
    """Return what a query over the outputs gives."""
    with duckdb.connect() as duck:
        return duck.execute(query.replace("OUT", str(folder / "out"))).fetchall()


def test_units_of_one_id_are_told_apart_by_their_wholes(weighed: Path) -> None:
    # Seven are staff enough (6 points), three are not; one visit (4 points), or surely none.
    scores = "SELECT part_of, subject, low::VARCHAR, high::VARCHAR FROM 'OUT/scores.parquet'"
    assert rows(weighed, f"{scores} ORDER BY 1") == [
        ("h-1", "d-1", "6.00", "6.00"),
        ("h-2", "d-1", "4.00", "4.00"),
    ]
    passed = "SELECT part_of, subject, rule FROM 'OUT/findings.parquet' WHERE outcome = 'pass'"
    assert rows(weighed, f"{passed} ORDER BY 1") == [("h-1", "d-1", "many"), ("h-2", "d-1", "seen")]
    rejected = "SELECT register, row, part_of, subject, reason FROM 'OUT/rejected.parquet'"
    assert rows(weighed, f"{rejected} ORDER BY 1") == [
        ("facts", 3, None, "d-1", "staff: `101` is above the most allowed, 100"),
        ("visits", 2, "h-3", "d-1", "subject: `h-3/d-1` is not among the units"),
    ]


def test_a_run_is_compared_from_the_command_line(weighed: Path) -> None:
    done = answer(weighed, {}, "compare", "--from", "out", "--format", "json", "--no-lists")
    assert done.code == 0, done.err
    assert done.err == (
        "warning: out: units not weighed, and so not compared: 1 (see rejected.parquet)\n"
    )
    shown = json.loads(done.out)
    assert [(one["part_of"], one["unit"]) for one in shown["units"]] == [
        ("h-1", "d-1"), ("h-2", "d-1"),
    ]  # fmt: skip
    assert not (weighed / "steelyard.db").exists()


@pytest.mark.parametrize(
    "words", [["--db", "other.db"], ["--books", "."], ["--replay", "ab"]], ids=str
)
def test_what_would_do_nothing_beside_a_run_is_refused(weighed: Path, words: list[str]) -> None:
    done = answer(weighed, {}, "compare", "--from", "out", *words)
    assert (done.code, done.out) == (2, "")
    assert f"{words[0]}: " in done.err
    # Likewise before the name of the command.
    if words[0] == "--db":
        assert answer(weighed, {}, *words, "compare", "--from", "out").code == 2


CHANGED = {
    "no folder of a run": ("run.json", None, "out/run.json: cannot be read: No such file"),
    "no run": ("run.json", "[]", "out/run.json: is not what `steelyard bulk` writes"),
    "a run of another form": (
        "run.json",
        "{}",
        "out/run.json: is not what `steelyard bulk` writes",
    ),
    "no book": ("book.json", None, "out/book.json: cannot be read: No such file"),
    "no scores": ("scores.parquet", None, "out/scores.parquet: cannot be read: No such file"),
    "other scores": ("scores.parquet", "x", "out/scores.parquet: is not as it was written: its"),
}


@pytest.mark.parametrize(("name", "content", "message"), CHANGED.values(), ids=CHANGED)
def test_a_folder_that_is_not_as_bulk_wrote_it_is_refused(
    weighed: Path, name: str, content: str | None, message: str
) -> None:
    path = weighed / "out" / name
    path.unlink()
    if content is not None:
        path.write_text(content)
    done = answer(weighed, {}, "compare", "--from", "out")
    assert done.code == 2
    assert done.err.startswith(f"error: {message}")
    assert done.err.count("\n") == 1


def test_another_book_than_the_units_were_weighed_by_is_refused(weighed: Path) -> None:
    path = weighed / "out" / "book.json"
    path.write_text(path.read_text("utf-8").replace("Tables", "Charts"), "utf-8")
    done = answer(weighed, {}, "compare", "--from", "out")
    assert done.code == 2
    assert done.err.startswith("error: out/book.json: is not as it was written: its digest is ")


def test_a_run_says_by_digest_what_it_read(weighed: Path) -> None:
    said = json.loads((weighed / "out" / "run.json").read_text("utf-8"))["files"]
    expected = {f"{name}.csv": hashlib.sha256(text.encode()) for name, text in TABLES.items()}
    assert said == {name: f"sha256:{one.hexdigest()}" for name, one in expected.items()}
