"""What bulk writes is what the judge says: over every installed book, and over random books of all
forms with everything that a table can leave open.
"""

from __future__ import annotations

import itertools
import os
from contextlib import suppress
from pathlib import Path

import pytest
from foreign import FORM
from plugins.aiming import BeyondError, Draft, Goal, Solver, UnreachableError
from plugins.edge_cases import at_edge, comparisons, roots
from plugins.edge_cases import read as read_draft
from plugins.stated import Stated
from program import answer
from sites import only_site

from steelyard import load_book
from steelyard.book.library import Library
from steelyard.bulk.engines.duck import Duck
from steelyard.errors import CaseError
from steelyard.plugins.installed import load_plugins
from steelyard.sample.draft import documents
from steelyard.sample.mend import sound
from steelyard.sample.study import study_of
from steelyard.work import verbs

from . import bulk_tables
from .strategies import read
from .test_bounds_of_facts import SHOWN_ALONE, shown_alone

BOOKS = int(os.environ.get("STEELYARD_BULK", "4"))
UNITS = 2
LIBRARY = Library(load_plugins().sources, ())
INSTALLED = tuple(dict.fromkeys(one.id for one in LIBRARY.sources))
# Planning the statement of a large book takes seconds, so all of them are for .ci/run.
CHOSEN = INSTALLED if os.environ.get("STEELYARD_BULK_BOOKS") == "all" else ("hospital/base",)


@pytest.mark.parametrize("number", range(BOOKS))
def test_random_books_in_bulk(number: int, tmp_path: Path) -> None:
    # Units that bear one id are told apart by their wholes.
    bulk_tables.same(
        *bulk_tables.population(f"bulk {number}", bulk_tables.CASES, ("", "h-1", "h-2")), tmp_path
    )


@pytest.mark.parametrize(("said", "value", "_bonus"), SHOWN_ALONE.values(), ids=SHOWN_ALONE)
def test_what_is_shown_alone_counts_in_a_bonus_in_bulk_too(
    said: str, value: str, _bonus: str, tmp_path: Path
) -> None:
    book, case = shown_alone(said, value)
    bulk_tables.same(book, [case], tmp_path)


FOREIGN = """
book: test/foreign
version: 1.0.0
sector: test
title: {zh: 外来, en: Foreign}
sections: [{id: all, title: {zh: 全部, en: All}, points: 100}]
rules:
  - {id: languages, title: {zh: 语言, en: Languages}, section: all, points: 100,
     most_of: {best: 2, of: [{id: one}, {id: two}, {id: three}]}}
grades: [{id: good, at_least: 60}, {id: poor, at_least: 0}]
"""


BRINGS = """
from importlib.resources import files
from steelyard import hookimpl

@hookimpl
def steelyard_forms(): return [MostOf]

@hookimpl
def steelyard_books(): return [files(__name__) / "books"]
"""
NAMES = ("one", "two", "three")


def test_a_form_that_an_installed_plugin_brings_in_bulk(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> None:
    site = only_site(tmp_path, monkeypatch, "")
    # The verbs keep what was installed when they were asked first.
    verbs._found.cache_clear()
    request.addfinalizer(verbs._found.cache_clear)
    site.put("foreign", FORM.read_text("utf-8") + BRINGS, books={"foreign.yaml": FOREIGN})
    book = load_book("test/foreign")
    # Every way in which three items can be ticked, or not.
    ways = list(itertools.product(("yes", "no", "na", None), repeat=3))
    lines = [",".join(["subject", *NAMES])]
    cases = []
    for place, ticks in enumerate(ways):
        lines.append(",".join([f"s-{place}", *(tick or "" for tick in ticks)]))
        facts = {name: tick for name, tick in zip(NAMES, ticks, strict=True) if tick}
        document = {"book": "test/foreign", "subject": f"s-{place}", "period": "2026"}
        case = read({**document, "facts": facts}, book)
        assert case is not None
        cases.append(case)
    (tmp_path / "facts.csv").write_text("\n".join(lines))
    words = ["--facts", "facts.csv", "--period", "2026", "--findings", "--out", "out"]
    ran = answer(tmp_path, {}, "bulk", "test/foreign", *words)
    assert ran.code == 0, ran.err
    out, wanted = tmp_path / "out", bulk_tables.judged(book, cases)
    with Duck(tmp_path / "spill") as duck:
        found = bulk_tables.written(duck, out, ("scores", "findings"))
    assert bulk_tables.differences(wanted, bulk_tables.by_unit(found)) == {}
    # None, one or two of the three are met for sure: nothing, half, all.
    assert {str(one["scores"]["low"]) for one in wanted.values()} == {"0.00", "50.00", "100.00"}


@pytest.mark.parametrize("name", CHOSEN)
def test_the_sample_in_bulk(name: str, library: Library, tmp_path: Path) -> None:
    book = library.find(name)
    cases = []
    for unit in range(UNITS):
        for document in documents(study_of(book, "2026Q1"), 7, unit, ("2026Q1", "2026Q2")):
            case = sound(document, book).case
            plain = bulk_tables.told(case.document, case.subject_id, book)
            cases += [] if plain is None else [plain]
    bulk_tables.same(book, cases, tmp_path)


@pytest.mark.parametrize("name", CHOSEN)
def test_the_edges_in_bulk(name: str, library: Library, tmp_path: Path) -> None:
    book = library.find(name)
    stated = Stated(name).edges
    cases = []
    for where, root, owner in roots(book):
        compares = comparisons(Solver(Draft(book)), root)
        for compare, edge in zip(compares, stated.get(where, ()), strict=True):
            for side in (-1, 0, 1):
                # What cannot be made is counted by test_edges.py; surveys have no edge to stand on.
                with suppress(BeyondError, UnreachableError, CaseError):
                    goal = Goal(compare, side, None if edge.z_squared else edge.value)
                    case = read_draft(at_edge(book, root, goal, owner))
                    told = bulk_tables.told(case.document, f"e-{len(cases)}", book)
                    cases += [] if told is None else [told]
    # One installed book compares nothing.
    assert bool(cases) == any(stated.values())
    if cases:
        bulk_tables.same(book, cases, tmp_path)
