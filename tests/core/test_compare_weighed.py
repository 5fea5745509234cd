"""Comparing what bulk wrote: the same as comparing the cases themselves from a store, and a folder
that is not as bulk wrote it is refused.
"""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pytest
from program import answer

from steelyard import UsageError
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
from .strategies import Books, Cases, load, read

CASES = 9
WHOLES = ("", "h-1", "h-2")
OPTIONS = Options(draws=50, min_peers=2)
# A run knows no case and no names, and its ids are its own.
OWN = ("assessment", "case", "name")


def population(number: int) -> tuple[RuleBook, list[Case]]:
    """Return a random book, and cases of units that bear one id within several wholes."""
    rng = random.Random(f"compared {number}")
    books = Books(rng)
    document = books.document()
    book = load(document)
    makes = Cases(rng, books.words, books.extra)
    cases = []
    for place in range(CASES):
        case = read({**makes.document(), "waivers": books.waivers(document)}, book)
        name, whole = f"s-{place // 3}", WHOLES[place % 3]
        plain = None if case is None else bulk_tables.told(case.document, name, book, whole)
        cases += [] if plain is None else [plain]
    return book, cases


def stored(folder: Path, book: RuleBook, cases: Sequence[Case]) -> Store:
    """Return a store of the cases' assessments."""
    store = Store.open(folder / "steelyard.db", create=True)
    store.save(entry_of(weigh(book, case), {}) for case in cases)
    return store


def ran(folder: Path, book: RuleBook, cases: Sequence[Case]) -> Path:
    """Weigh the cases in bulk."""
    folder.mkdir()
    bulk_tables.bulk(book, cases, folder, Wanted())
    return folder


def columns(table: Table) -> dict[str, Any]:
    """Return what a table holds, unit by unit, without what is a store's or a run's own."""
    settled, earlier = table.settled()
    assert earlier == ()
    heads = {key: list(said) for key, said in settled.heads._asdict().items() if key not in OWN}
    names = ("points", "score", "decimals", "coverage", "not_rated", "carried", "perhaps")
    figures = {name: np.asarray(getattr(settled, name)).tolist() for name in names}
    return {**heads, **figures, "wholes": list(settled.wholes)}


def told(found: Comparison) -> Any:
    """Return what a comparison publishes, without ids and names."""
    return _plain(json.loads("".join(published(found))))


def _plain(said: Any) -> Any:
    if isinstance(said, dict):
        return {
            key: _plain(one)
            for key, one in said.items()
            if key not in {"id", "assessment", "assessments", "name", "result"}
        }
    return [_plain(one) for one in said] if isinstance(said, list) else said


@pytest.mark.parametrize("number", range(4))
def test_a_run_is_compared_as_the_same_cases_of_a_store(number: int, tmp_path: Path) -> None:
    book, cases = population(number)
    period = cases[0].period
    with stored(tmp_path, book, cases) as store:
        source = Saved(store, OPTIONS)
        wanted, there = compare(source, OPTIONS), columns(source.table(period))
    runs = Weighed([ran(tmp_path / "run", book, cases)], tmp_path / "spill")
    assert columns(runs.table(period)) == there
    assert told(compare(runs, OPTIONS)) == told(wanted)
    assert len(there["unit"]) == len([one for one in cases if one.period == period]) > 2
