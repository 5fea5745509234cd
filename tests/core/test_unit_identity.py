"""Department d-1 of one hospital is not d-1 of another: side by side in the store, in comparisons,
on lists and between periods; and what is one unit stays one.

`stores/second_edition.db.xz` was written by Steelyard before rows told the whole: by the book of
`first_edition_plain.yaml`, d-1 of h-1, d-1 of h-2 and d-2 of none, in 2026Q1 and 2026Q2.
"""

from __future__ import annotations

import io
import json
import lzma
import sqlite3
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from steelyard.book.reading.load import parse_book
from steelyard.case.reading.read import parse_case
from steelyard.case.reading.rollup import Part
from steelyard.case.unit import Unit
from steelyard.comparison.change import change_between
from steelyard.comparison.comparison import Comparison, compare
from steelyard.comparison.comparison_json import published
from steelyard.comparison.listing import read_rules
from steelyard.comparison.options import Options
from steelyard.comparison.saved import compare_saved
from steelyard.comparison.table import Points, Row, Table
from steelyard.errors import CaseError, UsageError
from steelyard.judging.assessment import Assessment, weigh
from steelyard.located_yaml import mark
from steelyard.report.comparison.report import comparison_page
from steelyard.report.formats.terminal import Terminal
from steelyard.report.unit.assessments import assessments_page
from steelyard.store.check import faults
from steelyard.store.rows import entry_of
from steelyard.store.store import Store
from steelyard.work.part_lookup import Parts

STORES = Path(__file__).parent / "stores"
BOOK = parse_book((STORES / "first_edition_plain.yaml").read_text("utf-8"), "plain.yaml")
# Shares of 50 points and 50 for 60 people trained: 0.5 and 50, then 60, of h-1; 0.9 and 80 of h-2.
WARDS = {"h-1/d-1": ("25.00", "75.00"), "h-2/d-1": ("95.00", "95.00"), "d-2": ("85.00", "85.00")}


def weighed(
    unit: str, period: str = "2026Q2", *, share: str = "0.5", trained: int = 60
) -> Assessment:
    """Return the assessment of a unit, written as `whole/id` or `id`."""
    whole, _, name = unit.rpartition("/")
    subject = {"id": name} | ({"part_of": whole} if whole else {})
    facts = {"share": share, "trained": trained}
    case = {"book": BOOK.key, "subject": subject, "period": period, "facts": facts}
    return weigh(BOOK, parse_case(mark(case, "case"), BOOK, "case"))


@pytest.fixture
def old(tmp_path: Path) -> Path:
    """Return the store as it was written before."""
    file = tmp_path / "second.db"
    file.write_bytes(lzma.decompress((STORES / "second_edition.db.xz").read_bytes()))
    return file


@pytest.fixture
def fresh(tmp_path: Path) -> Iterator[Store]:
    """Return a store in which the same was saved today."""
    with Store.open(tmp_path / "fresh.db") as store:
        for period, trained in (("2026Q1", 50), ("2026Q2", 60)):
            store.save(
                entry_of(weighed(unit, period, share=share, trained=people), {})
                for unit, share, people in (
                    ("h-1/d-1", "0.5", trained),
                    ("h-2/d-1", "0.9", 80),
                    ("d-2", "0.7", 80),
                )
            )
        yield store


def scores(store: Store, period: str) -> dict[str, str]:
    """Return what the store lists of a period: units with their scores."""
    return {str(Unit.of(one["subject"])): one["score"]["low"] for one in store.list(period=period)}


def compared(store: Store, **options: Any) -> Comparison:
    return compare_saved(store, Options(period="2026Q2", **options))


def printed(found: Comparison) -> dict[str, Any]:
    document: dict[str, Any] = json.loads("".join(published(found)))
    return document


def by_unit(entries: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    return {
        f"{one['part_of']}/{one['unit']}" if "part_of" in one else one["unit"]: one
        for one in entries
    }


def test_an_old_store_learns_from_its_documents_whose_each_row_is(old: Path) -> None:
    with Store.open(old) as store:
        assert scores(store, "2026Q1") == {unit: low for unit, (low, _) in WARDS.items()}
        assert scores(store, "2026Q2") == {unit: high for unit, (_, high) in WARDS.items()}
        assert not list(faults(store, lambda _what, _done, _all: None))
        assert len(compared(store).now.table) == 3


OLD_EDITS = {
    "a row": "UPDATE assessments SET score_high = 1 WHERE number = 1",
    "a document": "UPDATE documents SET document = x'78' WHERE assessment = 1",
    "a pattern": "UPDATE patterns SET words = x'78' WHERE kind = 'assessment'",
}


@pytest.mark.parametrize("edit", OLD_EDITS.values(), ids=OLD_EDITS)
def test_what_was_changed_in_an_old_store_is_named_once_it_is_brought_up_to_date(
    old: Path, edit: str
) -> None:
    with sqlite3.connect(old) as db:
        db.execute(edit)
    db.close()
    with Store.open(old) as store:
        told = [one.text() for one in faults(store, lambda _what, _done, _all: None)]
    assert any("the row of assessment" in one for one in told)


def test_a_row_says_of_which_whole_it_is(fresh: Store) -> None:
    with fresh.db.conn as db:
        db.execute("UPDATE assessments SET part_of = 'h-2' WHERE part_of = 'h-1'")
    told = [one.text() for one in faults(fresh, lambda _what, _done, _all: None)]
    assert sum("is not as it was saved" in one for one in told) == 2


def test_parts_of_two_wholes_stand_side_by_side_in_a_comparison(fresh: Store) -> None:
    found = printed(compared(fresh, min_coverage=Decimal(0)))
    assert found["counts"] | {"units": 3, "compared": 3, "superseded": 0} == found["counts"]
    units = by_unit(found["units"])
    assert {unit: one["score"]["low"] for unit, one in units.items()} == {
        unit: high for unit, (_, high) in WARDS.items()
    }
    ranks = {unit: one["ranking"]["rank"] for unit, one in units.items()}
    assert ranks == {"h-2/d-1": 1, "d-2": 2, "h-1/d-1": 3}


def test_each_is_followed_from_period_to_period(fresh: Store) -> None:
    found = printed(compared(fresh, against="2026Q1"))
    changes = {unit: one["change"] for unit, one in by_unit(found["units"]).items()}
    verdicts = {unit: one["measures"]["score"]["verdict"] for unit, one in changes.items()}
    assert verdicts == {
        "h-1/d-1": "up",
        "h-2/d-1": "not_distinguishable",
        "d-2": "not_distinguishable",
    }
    assert {unit: one["score"]["low"] for unit, one in changes.items()} == {
        unit: low for unit, (low, _) in WARDS.items()
    }


def test_one_that_is_gone_is_named_with_its_whole(fresh: Store) -> None:
    fresh.save([entry_of(weighed("h-3/d-1", "2026Q1"), {})])
    changes = printed(compared(fresh, against="2026Q1"))["change"]
    assert changes["went"] == [{"unit": "d-1", "part_of": "h-3", "book": BOOK.id}]


LISTS = """
lists:
  - id: black
    by: score
    within: book
    below: 0.8
    min_units: 1
    steps: [{after: 2, title: {zh: 约谈, en: A talk}}]
"""


def test_on_a_list_each_has_its_own_run_of_periods(fresh: Store) -> None:
    fresh.save([entry_of(weighed("h-3/d-1", share="0.4"), {})])
    [black] = printed(compared(fresh, lists=read_rules(LISTS, "lists")))["lists"]
    listed = by_unit(black["groups"][0]["listed"])
    assert {unit: one["consecutive"] for unit, one in listed.items()} == {
        "h-1/d-1": 2,
        "h-3/d-1": 1,
    }


def test_a_pair_is_named_with_its_wholes(fresh: Store) -> None:
    found = printed(compared(fresh, pairs=(("h-1/d-1", "h-2/d-1"),)))
    [pair] = found["ranking"]["pairs"]
    assert (pair["one"]["part_of"], pair["other"]["part_of"]) == ("h-1", "h-2")
    with pytest.raises(UsageError) as refused:
        compared(fresh, pairs=(("d-1", "d-2"),))
    assert str(refused.value) == (
        "--pair: `d-1` stands here more than once: name one of "
        f"h-1/d-1@{BOOK.id}, h-2/d-1@{BOOK.id}"
    )


def test_reports_tell_them_apart(fresh: Store) -> None:
    compared_page = comparison_page(compared(fresh), "en", terse=True)
    listed = assessments_page(fresh.list(period="2026Q2"), "en", saved=True)
    for page in (compared_page, listed):
        told = io.StringIO()
        Terminal("en", file=told).page(page)
        assert all(unit in told.getvalue() for unit in WARDS)


SUBJECTS = {"an id": ("d-1", {"h-1/d-1", "h-2/d-1"}), "a whole": ("h-1/d-1", {"h-1/d-1"})}


@pytest.mark.parametrize(("subject", "found"), SUBJECTS.values(), ids=SUBJECTS)
def test_show_finds_by_the_id_or_by_the_whole_and_the_id(
    fresh: Store, subject: str, found: set[str]
) -> None:
    listed = fresh.list(subject=subject, period="2026Q2")
    assert {str(Unit.of(one["subject"])) for one in listed} == found


def test_a_search_finds_the_parts_of_a_whole(fresh: Store) -> None:
    listed = fresh.list(search='"h-2"', period="2026Q2")
    assert [str(Unit.of(one["subject"])) for one in listed] == ["h-2/d-1"]


def test_the_same_part_saved_again_counts_in_place_of_the_earlier_one(fresh: Store) -> None:
    [before] = fresh.list(subject="h-1/d-1", period="2026Q2")
    fresh.save([entry_of(weighed("h-1/d-1", share="0.8"), {})])
    found = printed(compared(fresh))
    assert [one["assessment"] for one in found["superseded"]] == [before["id"]]
    assert by_unit(found["units"])["h-1/d-1"]["score"]["low"] == "90.00"


def test_one_that_names_no_whole_beside_parts_with_its_id_stands_apart(fresh: Store) -> None:
    fresh.save([entry_of(weighed("d-1", share="0.1"), {})])
    found = printed(compared(fresh, lists=()))
    units = by_unit(found["units"])
    reasons = {unit: [one["reason"] for one in said["apart"]] for unit, said in units.items()}
    assert reasons == {"d-1": ["whole_open"], "h-1/d-1": [], "h-2/d-1": [], "d-2": []}


def test_rows_of_ones_own_are_told_apart_too() -> None:
    full = Points(Decimal(9), Decimal(9), Decimal(10))
    rows = [
        Row("d-1", "hospital", "ward", "2026", {"service": full}, score=full, part_of=whole)
        for whole in ("h-1", "h-2", "h-1")
    ]
    found = compare(Table.of(rows), Options())
    assert [str(one) for one in found.now.table.units] == ["h-1/d-1", "h-2/d-1"]
    assert found.now.superseded == (("h-1/d-1/ward/2026", "h-1/d-1/ward/2026"),)


class Run:
    """The assessments of one run."""

    def __init__(self, *units: str) -> None:
        self.made = [weighed(unit).to_json() for unit in units]
        self.count = len(self.made)

    def document(self, place: int) -> dict[str, Any]:
        return self.made[place]


ASKED = {
    "a department of its hospital": (Unit("", "h-1"), "d-1", "h-1/d-1", None),
    "a zone's own quarter": (Unit("h-1", "d-1"), "d-1", "h-1/d-1", None),
    "an office's own quarter": (Unit("", "d-2"), "d-2", "d-2", None),
    "the other hospital's department": (Unit("", "centre"), "d-1", None, None),
    "a quarter that names no whole": (
        Unit("h-1", "d-2"),
        "d-2",
        None,
        "is not given, so this assessment does not count for `h-1/d-2`",
    ),
    "a year that names no whole": (
        Unit("", "d-3"),
        "d-3",
        None,
        "`h-1` is not named by `d-3` itself, so this assessment does not count for it",
    ),
}


@pytest.mark.parametrize(("whole", "subject", "found", "told"), ASKED.values(), ids=ASKED)
@pytest.mark.parametrize("kept", [False, True], ids=["weighed in this run", "in the store"])
def test_a_whole_is_rolled_up_from_its_own_parts(
    tmp_path: Path,
    whole: Unit,
    subject: str,
    found: str | None,
    told: str | None,
    kept: bool,  # noqa: FBT001
) -> None:
    units = ("h-1/d-1", "h-2/d-1", "d-2", "h-1/d-3")
    file = tmp_path / "parts.db"
    if kept:
        with Store.open(file) as store:
            store.save(entry_of(weighed(unit), {}) for unit in units)
    with Parts(str(file), Run() if kept else Run(*units)) as parts:
        parts.expect(())
        one = parts(Part(BOOK.id, whole, subject, "2026Q2"))
        said = [fault.text().partition("subject.part_of: ")[2] for fault in parts.strayed()]
    assert (None if one is None else str(Unit.of(one["subject"]))) == found
    assert said == ([told] if told else [])


def test_a_change_is_of_one_unit() -> None:
    with pytest.raises(CaseError) as refused:
        change_between(weighed("h-1/d-1", "2026Q1"), weighed("h-2/d-1"))
    assert "h-2/d-1: is another unit than `h-1/d-1`" in str(refused.value)
