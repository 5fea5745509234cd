"""The case tables of the rule books: every rule passes somewhere and fails somewhere, every consequence falls somewhere."""

from __future__ import annotations

from collections import defaultdict
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from steelyard.book.library import Library
from steelyard.case.read import read_case
from steelyard.judge.assessment import Assessment, judge
from steelyard.marked import Items, Table, load

CASES = Path(__file__).parent.parent / "cases"
FILES = sorted(CASES.rglob("*.yaml"))
DEFAULTS = {"subject": {"id": "unit-1"}, "period": "2026"}


def book_id(path: Path) -> str:
    """Give the book that a table of cases is about."""
    return f"{path.parent.name}/{path.stem}"


def entries(path: Path) -> Items:
    """Give the entries of a table."""
    found = load(path.read_text(encoding="utf-8"), path.name)
    assert isinstance(found, Items)
    return found


def weigh(library: Library, path: Path, entry: Table) -> Assessment:
    """Weigh the case of an entry, with book, subject and period filled in."""
    book = library.find(book_id(path))
    case = entry.get("case")
    document = Table(case if isinstance(case, Table) else {})
    document.place, document.keys_at, document.size = entry.place, {}, 1
    for key, value in {"book": book_id(path), **DEFAULTS}.items():
        if key not in document:
            from steelyard.marked import mark

            document[key] = mark(value, entry.place)
    return judge(book, read_case(document, book, path.name))


def points(said: Any) -> tuple[Decimal, Decimal]:
    """Give expected points as a range."""
    ends = said if isinstance(said, list) else [said, said]
    return Decimal(str(ends[0])), Decimal(str(ends[1]))


def options(said: Any) -> list[list[list[str]]]:
    """Give expected option lists in one order."""
    return sorted([[str(name) for name in bundle] for bundle in one] for one in said or [])


PARAMETERS = [(path, entry) for path in FILES for entry in entries(path)]


@pytest.mark.parametrize(("path", "entry"), PARAMETERS, ids=[f"{book_id(p)}: {e['name']}" for p, e in PARAMETERS])
def test_a_case_comes_out_as_its_table_says(library: Library, path: Path, entry: Table) -> None:
    found = weigh(library, path, entry)
    expected: Any = entry["expect"]
    findings = {one.rule: one for one in found.findings}
    for rule, wanted in (expected.get("findings") or {}).items():
        if "outcome" in wanted:
            assert (rule, findings[rule].outcome) == (rule, wanted["outcome"])
        if "points" in wanted:
            assert (rule, findings[rule].low, findings[rule].high) == (rule, *points(wanted["points"]))
    published = found.to_json()
    for key in ("grade", "score"):
        for end, wanted in (expected.get(key) or {}).items():
            got = published[key][end]
            assert (Decimal(got) if key == "score" else got) == (Decimal(wanted) if key == "score" else wanted)
    if "veto" in expected:
        assert published["veto"] == expected["veto"]
    if "consequences" in expected:
        fallen: dict[str, list[Any]] = defaultdict(list)
        for one in published["consequences"]:
            who = "subject" if one["falls_on"]["kind"] == "subject" else one["falls_on"]["id"]
            fallen[who].append(one["options"])
        wanted = expected["consequences"] or {}
        for who, lists in wanted.items():
            assert (who, sorted(fallen.get(who, []))) == (who, options(lists))
        if not wanted:
            assert not fallen


@pytest.mark.parametrize("path", FILES, ids=book_id)
def test_every_rule_passes_and_fails_somewhere_and_every_consequence_falls(library: Library, path: Path) -> None:
    book = library.find(book_id(path))
    passed, failed, fell = set(), set(), set()
    for entry in entries(path):
        assert isinstance(entry, Table)
        found = weigh(library, path, entry)
        for verdict in found.verdicts:
            rule = book.rules[verdict.rule]
            if verdict.outcome == "pass":
                passed.add(verdict.rule)
            elif verdict.high < rule.points and verdict.outcome in {"fail", "partial"}:
                failed.add(verdict.rule)
        fell |= {one.row for one in found.consequences}
    assert set(book.rules) - passed == set()
    assert set(book.rules) - failed == set()
    assert {row.number - 1 for row in book.consequences} - fell == set()
