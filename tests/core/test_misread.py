"""The misreadings that tools/misread.py plants are kinds that an author makes, and are noticed."""

from __future__ import annotations

import json
from pathlib import Path

import misread
import pytest

from steelyard.book.library import Library
from steelyard.plugins.installed import load_plugins
from steelyard.testing.tables import read_table

BOOK = "agency/environment-bureau"
KINDS = {
    "swap requires",
    "swap checklist",
    "swap graded",
    "figure",
    "strictness",
    "condition left out",
    "another value",
    "row left out",
    "party",
    "item left out",
}


@pytest.fixture(scope="module")
def library() -> Library:
    """Return the installed books."""
    return Library(load_plugins().sources)


def test_every_kind_of_misreading_is_offered_and_changes_the_book(library: Library) -> None:
    document = library.find(BOOK).document
    before = json.dumps(document, sort_keys=True)
    offered = {one.kind: one for one in misread.misreadings(document)}
    assert set(offered) >= KINDS
    for one in offered.values():
        assert json.dumps(one.planted(document), sort_keys=True) != before, one
    assert json.dumps(document, sort_keys=True) == before


def test_a_book_read_right_is_not_taken_for_one_misread(library: Library) -> None:
    plugins = load_plugins()
    table = Path(__file__).parents[1] / "cases" / f"{BOOK}.yaml"
    entries = read_table(table.read_text("utf-8"), table.name)
    book = library.find(BOOK)
    assert not misread.noticed(book, entries, plugins)
    _, planted = next(misread.sample(book, 1, 1, plugins))
    assert misread.noticed(planted, entries, plugins)
