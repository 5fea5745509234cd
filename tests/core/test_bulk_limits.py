"""Facts that bound one another, in tables: a row is refused where nothing is left for a fact, as the
reading of a case refuses it.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import duckdb
import pytest

from steelyard.book.model import RuleBook
from steelyard.book.reading.load import parse_book
from steelyard.bulk.engines.duck import Duck
from steelyard.bulk.intake.given import Named
from steelyard.bulk.intake.intake import REJECTED, Intake
from steelyard.bulk.intake.typed import Database, Rows
from steelyard.case.reading.read import parse_case
from steelyard.errors import CaseError
from steelyard.located_yaml import mark

BOOK = """
book: test/limits
version: 1.0.0
sector: test
points: 10
facts:
  beds: {type: integer, min: 5, max: 40}
  wards: {type: integer, min: 10, max: beds}
  opened: {type: date, min: 2000-01-01, max: closed}
  closed: {type: date, min: 1990-01-01, max: 2010-12-31}
  paid: {type: number, decimals: 2, min: 1.20, max: months}
  months: {type: integer, min: 0, max: due}
  due: {type: number, decimals: 1, min: 0, max: 8.7}
  debt: {type: number, decimals: 1, min: -9.5, max: years}
  years: {type: integer, min: -9, max: rest}
  rest: {type: number, decimals: 2, min: -9.5, max: 9}
  sold: {type: number, decimals: 1, min: 0, max: pieces}
  pieces: {type: integer, min: 0, max: made}
  made: {type: number, decimals: 1, min: 0}
  asked: {type: integer, min: 0, max: shown}
  shown: {type: integer, min: 0, max: 9, missing: none}
  seen: {type: integer, min: shown, max: 5}
sections: [{id: all, points: 10}]
rules: [{id: many, section: all, requires: beds >= 5, points: 10}]
grades: [{id: any, at_least: 0}]
"""
NEVER = """
book: test/limits
version: 1.0.0
sector: test
points: 10
facts:
  least: {type: integer, min: 8, max: most}
  most: {type: integer, min: 0, max: 5}
  other: boolean
sections: [{id: all, points: 10}]
rules: [{id: many, section: all, requires: other, points: 10}]
grades: [{id: any, at_least: 0}]
"""
"""What is at least 8 is not at most 5, whatever is given."""
WRONG = {
    "a value above another": (
        {"wards": "12", "beds": "11"}, "wards: `wards` and `beds` contradict each other",
    ),
    "a most below any least that is not known": (
        {"beds": "9"}, "beds: `wards` and `beds` contradict each other",
    ),
    "a day after any that is not known": (
        {"opened": "2011-01-01"}, "opened: `opened` and `closed` contradict each other",
    ),
    "a day before any that is not known": (
        {"closed": "1999-12-31"}, "closed: `opened` and `closed` contradict each other",
    ),
    # Between them lie months, whole and not known: 3 is above 2.7, and 2 below 2.3.
    "no whole number between two": (
        {"paid": "2.30", "due": "2.7"}, "paid: `paid` and `due` contradict each other",
    ),
    "a hundredth above the whole number below": (
        {"paid": "2.01", "due": "2.9"}, "paid: `paid` and `due` contradict each other",
    ),
    # At most 8.7 is due, and so 8 months at most.
    "no whole number below an end that is not known": (
        {"paid": "8.01"}, "paid: `paid` and `due` contradict each other",
    ),
    # At least 1.20 is paid, and so of 2 months at least.
    "no whole number above an end that is not known": (
        {"due": "1.9"}, "due: `paid` and `due` contradict each other",
    ),
    # -2 is above -2.25, and -3 below -2.5.
    "none between two below nought": (
        {"debt": "-2.5", "rest": "-2.25"}, "debt: `debt` and `rest` contradict each other",
    ),
    # Rounded, the second has one digit more.
    "none between two of twelve digits": (
        {"sold": "999999999999.5", "made": "999999999999.9"},
        "sold: `sold` and `made` contradict each other",
    ),
}  # fmt: skip
RIGHT = {
    "the last whole number of twelve digits": {"sold": "999999999999.0", "made": "999999999999.9"},
    "as much as another": {"wards": "11", "beds": "11"},
    "as much as the least that is not known": {"beds": "10"},
    "the last day that is not known": {"opened": "2010-12-31"},
    "the first day that is not known": {"closed": "2000-01-01"},
    "a whole number between two": {"paid": "2.30", "due": "3.0"},
    "one that is given": {"paid": "2.30", "months": "3", "due": "3.0"},
    "the whole number itself": {"paid": "2.00", "due": "2.7"},
    "the last whole number": {"paid": "8.00"},
    "the first whole number": {"due": "2.0"},
    "one between two below nought": {"debt": "-2.5", "rest": "-1.75"},
    "the whole number itself below nought": {"debt": "-2.5", "rest": "-2.00"},
    "what may be none bounds nothing": {"asked": "9", "seen": "0"},
}


TYPED = {
    **dict.fromkeys(("beds", "wards", "months", "asked", "seen"), "BIGINT"),
    **dict.fromkeys(("opened", "closed"), "DATE"),
    "paid": "DECIMAL(18, 2)",
    "due": "DECIMAL(5, 1)",
    "sold": "DECIMAL(18, 1)",
    "made": "DECIMAL(18, 1)",
    "debt": "DECIMAL(38, 1)",
    "rest": "DECIMAL(18, 2)",
}


def tables(given: Mapping[str, Mapping[str, str]], folder: Path, kinds: Mapping[str, str]) -> Named:
    """Write rows of facts, whose columns are texts or of the book's own `kinds`."""
    names = dict.fromkeys(name for row in given.values() for name in row)
    listed = ", ".join(f"{name} VARCHAR" for name in names)
    with duckdb.connect() as duck:
        duck.execute(f"CREATE TABLE facts (subject VARCHAR{', ' if listed else ''}{listed})")
        for unit, row in given.items():
            duck.execute(
                f"INSERT INTO facts VALUES (?{', ?' * len(names)})",  # noqa: S608  # marks alone
                [unit, *(row.get(name) for name in names)],
            )
        for name, kind in kinds.items():
            duck.execute(f"ALTER TABLE facts ALTER {name} TYPE {kind}")
        duck.execute(f"COPY facts TO '{folder}/facts.parquet' (FORMAT parquet)")
    return Named(facts=str(folder / "facts.parquet"), period="2026")


def refused(engine: Database, book: RuleBook, named: Named) -> dict[str, str]:
    """Return why rows of facts are rejected, by their units."""
    Intake(Rows(engine, book, named, str), str)
    return {
        str(unit): str(reason)
        for unit, reason in engine.rows(f"SELECT unit, reason FROM {REJECTED}")  # noqa: S608
    }


def said(book: RuleBook, facts: Mapping[str, str]) -> bool:
    """Return whether the reading of a case takes them."""
    document = {"book": book.key, "subject": {"id": "u"}, "period": "2026", "facts": dict(facts)}
    try:
        parse_case(mark(document, "made"), book, "made")
    except CaseError:
        return False
    return True


@pytest.mark.parametrize("kinds", [{}, TYPED], ids=["texts", "figures and days"])
def test_a_row_that_leaves_nothing_for_a_fact_is_refused(
    kinds: Mapping[str, str], tmp_path: Path
) -> None:
    book = parse_book(BOOK, "book")
    given = {name: row for name, (row, _) in WRONG.items()} | RIGHT
    with Duck(tmp_path / "spill") as duck:
        found = refused(duck, book, tables(given, tmp_path, kinds))
    assert found == {name: why for name, (_, why) in WRONG.items()}
    assert {name for name, row in given.items() if not said(book, row)} == set(WRONG)


@pytest.mark.parametrize("row", [{}, {"other": "yes"}, {"most": "5"}], ids=["", "other", "most"])
def test_a_book_of_which_no_unit_can_be_refuses_every_row(
    row: dict[str, str], tmp_path: Path
) -> None:
    book = parse_book(NEVER, "book")
    with Duck(tmp_path / "spill") as duck:
        found = refused(duck, book, tables({"u": row}, tmp_path, {}))
    assert "contradict each other" in found["u"]
    assert not said(book, row)
