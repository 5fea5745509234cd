"""The faults that tools/misprove.py plants are kinds that proofs look for, and are found."""

from __future__ import annotations

import json

import pytest

pytest.importorskip("z3", reason="proofs want z3 (steelyard[verify])")

import misprove
import misread

from steelyard.book.library import Library
from steelyard.plugins.installed import load_plugins

BOOK = "hospital/base"
KINDS = {
    "comparison swapped",
    "demerit never counts",
    "grade out of reach",
    "limiter against full marks",
    "limiter always bites",
    "limiter never bites",
    "never missed",
    "never passed",
    "rate never 0",
    "rate out of reach",
    "rate reversed",
}


def test_every_kind_of_fault_changes_the_book() -> None:
    document = Library(load_plugins().sources).find(BOOK).document
    before = json.dumps(document, sort_keys=True)
    offered = {one.kind: one for one in misprove.faults(document)}
    assert set(offered) >= KINDS
    for one in offered.values():
        assert json.dumps(one.planted(document), sort_keys=True) != before, one


def test_a_planted_fault_is_found_that_was_not_there() -> None:
    plugins = load_plugins()
    book = Library(plugins.sources).find(BOOK)
    before = misprove.refuted(book)
    for one, planted in misread.sample(book, 3, 1, plugins, misprove.faults):
        assert misprove.refuted(planted) - before, one
