"""A store that the first edition wrote: opened, read, compared, made again, and added to.

`stores/first_edition.db.xz` was written by Steelyard 0.1.0 as it stood before `not_rated` became a
word: by a book with a survey seven units in 2026Q2 and four in 2026Q1, by one without four in each,
and four comparisons.
"""

from __future__ import annotations

import json
import lzma
import sqlite3
import subprocess
import sys
import zlib
from pathlib import Path
from typing import Any

import pytest
from rights import obedient

from steelyard.book.model import RuleBook
from steelyard.book.reading.load import parse_book
from steelyard.case.reading.read import parse_case
from steelyard.comparison.comparison_json import published
from steelyard.comparison.options import Options
from steelyard.comparison.saved import compare_saved, replay, same
from steelyard.judging.assessment import weigh
from steelyard.located_yaml import mark
from steelyard.store.attained import attained
from steelyard.store.check import faults
from steelyard.store.rows import entry_of
from steelyard.store.store import Store

HERE = Path(__file__).parent / "stores"
# Of changes since 2026Q1 by the book without a survey; of 2026Q2 by both books, with possible
# vetoes
# left ranked, and set apart.
MADE = ("7c542602e2fdd3072398", "35f0b1ad44e085705e92", "066c2af03052a86b3dc7")
# Of changes by the book with a survey: for its sampling error, cases are judged again.
JUDGED_AGAIN = "96002382e494da6b1521"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Return the store as the first edition left it."""
    file = tmp_path / "first.db"
    file.write_bytes(lzma.decompress((HERE / "first_edition.db.xz").read_bytes()))
    return file


@pytest.fixture
def book() -> RuleBook:
    """Return the book by which its units were weighed."""
    return parse_book((HERE / "first_edition.yaml").read_text("utf-8"), "first_edition.yaml")


def documents(path: Path) -> dict[str, str]:
    """Return the text of every assessment by its id, as the first edition packed it."""
    with sqlite3.connect(path) as db:
        found = db.execute("SELECT id, document FROM assessments").fetchall()
    db.close()
    return {name: zlib.decompress(packed).decode() for name, packed in found}


def units(store: Store) -> dict[str, Any]:
    """Return what the store lists of the period, by unit."""
    listed = store.list(period="2026Q2", book="hospital/first-edition")
    return {one["subject"]["id"]: one for one in listed}


def test_what_was_saved_stays_as_it_was_to_the_byte(path: Path) -> None:
    before = documents(path)
    with Store.open(path) as store:
        kept = store.query(
            "SELECT id, pattern, document FROM assessments JOIN documents ON assessment = number"
        )
        after = {name: store.patterns.at(number).text_of(packed) for name, number, packed in kept}
    assert after == before
    assert len(before) == 19
    said = json.loads(next(iter(before.values())))
    assert said["schema"] == "steelyard/assessment@1"


FIRST = "digest = (SELECT case_digest FROM assessments WHERE number = 1)"
OLD_EDITS = {
    "a row": ("UPDATE assessments SET score_high = 1 WHERE number = 1", "the row of assessment"),
    "a document": ("UPDATE assessments SET document = x'78' WHERE number = 1", "the row of assess"),
    "the points of the dimensions": ("DELETE FROM attained WHERE assessment = 1", "the row of ass"),
    "a case": (
        f"UPDATE cases SET document = '[1]' WHERE {FIRST}",  # noqa: S608  # this test's own words
        "case `sha256:",
    ),
    "a case that is gone": (
        f"DELETE FROM cases WHERE {FIRST}",  # noqa: S608  # this test's own words
        "case `sha256:",
    ),
}


@pytest.mark.parametrize(("change", "message"), OLD_EDITS.values(), ids=OLD_EDITS)
def test_what_was_changed_in_an_old_store_is_named_once_it_is_brought_up_to_date(
    path: Path, change: str, message: str
) -> None:
    with sqlite3.connect(path) as db:
        db.execute(change)
    db.close()
    with Store.open(path) as store:
        told = [one.text() for one in faults(store, lambda _what, _done, _all: None)]
        assert len(told) == 1
        assert told[0].startswith(f"{path}: {message}")
        other = store.query("SELECT id FROM assessments WHERE number = 2")[0][0]
        assert store.get(other)["id"] == other


def test_an_old_store_that_cannot_be_written_is_refused_with_what_to_do(path: Path) -> None:
    Path(path).chmod(0o400)
    path.parent.chmod(0o500)
    script = f"from steelyard.store.store import Store; Store.open({str(path)!r}, create=False)"
    command = [*obedient(), sys.executable, "-c", script]
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    path.parent.chmod(0o700)
    assert done.stderr.endswith(
        "was written by an earlier version of steelyard and must be brought up to date, which it "
        "cannot be here: copy it to where it can be written, and use the copy\n"
    )


def test_a_store_that_knew_no_comparisons_gets_the_sums_of_its_findings(path: Path) -> None:
    with sqlite3.connect(path) as db:
        before = db.execute("SELECT * FROM attained ORDER BY assessment").fetchall()
        for query in (
            "DROP TABLE attained",
            "DROP TABLE comparisons",
            "DELETE FROM _sqlite_migrations WHERE name = 'attained'",
        ):
            db.execute(query)
    db.close()
    with Store.open(path) as store:
        rows = attained(store, ["2026Q1", "2026Q2"])
    assert [(row[0], *row[21:-2]) for row in rows] == before


def test_whether_a_unit_was_rated_is_told_in_a_word(path: Path) -> None:
    with Store.open(path) as store:
        listed = units(store)
        read = {name: store.get(one["id"]) for name, one in listed.items()}
        newest = next(iter(store.newest("hospital/first-edition", "shut", "2026Q2")))
    assert newest == read["shut"]
    for found in (listed, read):
        assert {name: one["not_rated"] for name, one in found.items()} == {
            "h-1": "no",
            "h-2": "no",
            "h-3": "no",
            "new": "yes",
            "shut": "yes",
            "maybe-crime": "no",
            "maybe-new": "no",
        }
    assert {one["schema"] for one in read.values()} == {"steelyard/assessment@2"}


def test_a_comparison_is_made_again_as_the_first_edition_made_it(path: Path) -> None:
    with Store.open(path) as store:
        for name in MADE:
            found, made = replay(store, name)
            assert same(found, made), name
            said = json.loads("".join(published(found)))
            assert said["id"] == name
            rated = {one["unit"]: one["not_rated"] for one in said["units"]}
            assert rated.get("new", "yes") == "yes"
            assert rated["p-1" if "p-1" in rated else "h-1"] == "no"


def test_where_cases_are_judged_again_finer_points_are_told_as_another_result(path: Path) -> None:
    # The first edition rounded what a rate earns of 50 points to hundredths of a point.
    with Store.open(path) as store:
        found, made = replay(store, JUDGED_AGAIN)
        assert found.id == made.id
        assert not same(found, made)
        said = json.loads("".join(published(found)))
    change = {one["unit"]: one["change"] for one in said["units"]}["h-1"]
    assert change["measures"]["service"]["verdict"] == "up"
    # Of 4,000 of 5,000, Wilson's interval at 95 % begins at 0.788684 (to the outer millionth).
    assert change["measures"]["service"]["sampled"]["before"][0] == "0.788684"


def test_the_points_of_a_dimension_stay_what_they_were(path: Path) -> None:
    with Store.open(path) as store:
        rows = attained(store, ["2026Q2"])
    by_unit = {row[2]: row for row in rows}
    # On the dimension `learning`, the second, then `service`, the sixth: 50 points each.
    assert by_unit["h-1"][21 + 3 : 21 + 6] == (5000, 5000, 5000)
    assert by_unit["h-1"][21 + 15 : 21 + 18] == (4500, 4500, 5000)
    assert {row[-2:] for row in rows} == {(0, -1)}


def again(store: Store, book: RuleBook, unit: str) -> str:
    """Save the case of a unit again; return the id of what is saved now."""
    document = store.get(units(store)[unit]["id"])
    case = parse_case(mark(store.case(document["case"]), "saved"), book, "saved")
    saved = store.save([entry_of(weigh(book, case), {})])
    assert saved.known == ()
    return saved.new[0]


def test_the_same_case_saved_again_stands_beside_the_old_one_and_counts(
    path: Path, book: RuleBook
) -> None:
    with Store.open(path) as store:
        old = {unit: one["id"] for unit, one in units(store).items()}
        new = {unit: again(store, book, unit) for unit in ("maybe-new", "h-1")}
        assert store.get(old["maybe-new"])["not_rated"] == "no"
        assert store.get(new["maybe-new"])["not_rated"] == "possible"
        assert not store.get(new["maybe-new"])["grade"]["settled"]
        ranked = compare_saved(store, Options(period="2026Q2", draws=5, lists=()))
        aside = compare_saved(
            store, Options(period="2026Q2", draws=5, lists=(), possible_veto=True)
        )
        for found in (ranked, aside):
            said = json.loads("".join(published(found)))
            shown = {one["unit"]: one for one in said["units"]}
            assert {one["assessment"] for one in said["superseded"]} == {
                old["maybe-new"],
                old["h-1"],
            }
            assert shown["maybe-new"]["not_rated"] == "possible"
            # Half of 50 points by 90 %, and all of 50: the very shares of the first edition.
            assert shown["h-1"]["attainment"]["service"] == {
                "low": "0.900000",
                "high": "0.900000",
                "asked": "50.00",
            }
        codes = [
            {
                found.now.table.heads.unit[row]: found.apart.codes(row)
                for row in found.apart.unranked.tolist()
            }
            for found in (ranked, aside)
        ]
        assert "maybe-new" not in codes[0]
        assert codes[1]["maybe-new"] == ("not_rated_possible",)
        # What was compared before is made again from the assessments that it rests on.
        for name in MADE:
            found, made = replay(store, name)
            assert same(found, made)
