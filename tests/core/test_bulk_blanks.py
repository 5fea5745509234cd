"""Blanks around the words of a table: whichever they are, and whichever engine reads them, the word
is the one between them, and blanks alone are nothing.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from steelyard.book.model import RuleBook
from steelyard.book.reading.load import parse_book
from steelyard.bulk.engines.duck import Duck
from steelyard.bulk.intake.given import Named
from steelyard.bulk.intake.intake import REJECTED, Intake
from steelyard.bulk.intake.sources import text
from steelyard.bulk.intake.typed import Database, Rows

BOOK = """
book: test/blanks
version: 1.0.0
sector: test
points: 10
facts: {staff: {type: integer, min: 0, max: 100}, chief: {type: person}}
parties:
  person: {role: [leader, other]}
  team: {size: {type: integer, min: 0, max: 50}}
sections: [{id: all, points: 10}]
rules: [{id: many, section: all, requires: staff >= 5, points: 10}]
grades: [{id: any, at_least: 0}]
"""
BLANKS = {
    "spaces": "  ",
    "a tab": "\t",
    "the end of a line": "\r\n",
    "a next line": "\x85",
    "a space that keeps words together": "\u00a0",
    "an ogham space": "\u1680",
    "a wide space": "\u2003",
    "a thin space": "\u2009",
    "a line separator": "\u2028",
    "a narrow space that keeps words together": "\u202f",
    "the space of Chinese texts": "\u3000",
    "a space of no width": "\u200b",
    "the mark of a file's beginning": "\ufeff",
    "several": "\u3000 \u00a0\u200b\t",
}
YEAR = (datetime.date(2026, 12, 31), "2026")
Said = tuple[list[tuple[object, ...]], list[tuple[datetime.date, str, int]]]


def tables(blank: str) -> dict[str, tuple[str, list[tuple[str | None, ...]]]]:
    """Return tables that hold a blank in every place where it could be taken for a word: of a unit
    `well-` that changes nothing, of the others that leaves nothing.
    """
    units = ("well", "no-authority", "no-kind", "no-period", "no-size")
    around = "{0}{{}}{0}".format(blank).format  # noqa: UP032  # a template of a template
    period = around("2026")
    return {
        "facts": (
            "subject, period, staff, chief",
            [
                (one, blank if one == "no-period" else period, "7", "p" if one == "well" else None)
                for one in units
            ],
        ),
        "parties": (
            "subject, period, kind, id, role, size",
            [
                ("well", period, around("person"), "p", "leader", None),
                ("well", period, around("team"), "t", None, "7"),
                ("no-kind", period, blank, "p", "leader", None),
                ("no-size", period, around("person"), "p", "leader", blank),
            ],
        ),
        "waivers": (
            "subject, period, rule, authority, until",
            [
                ("well", period, "many", around("the office"), "2026-12-31"),
                ("no-authority", period, "many", blank, "2026-12-31"),
            ],
        ),
    }  # fmt: skip


# What is found, whatever the blank; a unit without a period of its own is of that of the run.
WRONG = [
    ("facts", "no-authority", "is not weighed: rejected rows of this unit: 1"),
    ("facts", "no-kind", "is not weighed: rejected rows of this unit: 1"),
    ("parties", "no-kind", "kind: unknown kind of party `{}`"),
    ("waivers", "no-authority", "authority: is missing"),
]


def put(folder: Path, blank: str) -> Named:
    """Write the tables as Parquet, and return how they are named."""
    with duckdb.connect() as duck:
        for name, (columns, rows) in tables(blank).items():
            values = ", ".join(
                f"({', '.join('NULL' if one is None else text(one) for one in row)})"
                for row in rows
            )
            duck.execute(
                f"COPY (SELECT * FROM (VALUES {values}) AS t({columns})) "  # noqa: S608
                f"TO '{folder}/{name}.parquet' (FORMAT parquet)"
            )
    paths = {name: str(folder / f"{name}.parquet") for name in tables(blank)}
    return Named(**paths, period="2026")  # type: ignore[arg-type]  # each a path


def put_cases(folder: Path, blank: str) -> Named:
    """Write whole cases, of which the book alone has blanks around it, or is nothing else."""
    book = f"{blank}test/blanks{blank}"
    with duckdb.connect() as duck:
        duck.execute(
            "COPY (SELECT * FROM (VALUES "  # noqa: S608
            f"('well', {text(book)}, '2026', 7), ('no-book', {text(blank)}, '2026', 7)) "
            'AS t("subject.id", book, period, staff)) '
            f"TO '{folder}/cases.parquet' (FORMAT parquet)"
        )
    return Named(cases=str(folder / "cases.parquet"))


def taken(engine: Database, book: RuleBook, named: Named) -> Said:
    """Return which rows an engine rejects, and how many units it would weigh."""
    intake = Intake(Rows(engine, book, named, str), str)
    wrong = engine.rows(f"SELECT register, unit, reason FROM {REJECTED}")  # noqa: S608
    runs = [(one.as_of, one.period.name, one.units) for one in intake.runs()]
    return sorted(wrong, key=str), runs


def expected(blank: str) -> Iterator[Said]:
    """Yield what is said of the tables, and of the cases."""
    yield [(*one, why.format(blank)) for *one, why in WRONG], [(*YEAR, 3)]
    why = f"book: is for book `{blank}`, not `test/blanks@1.0.0`"
    yield [("facts", "no-book", why)], [(*YEAR, 1)]


@pytest.mark.parametrize("blank", BLANKS.values(), ids=BLANKS)
def test_blanks_around_a_word_say_nothing(blank: str, tmp_path: Path) -> None:
    book = parse_book(BOOK, "book")
    with Duck(tmp_path / "spill") as duck:
        found = [taken(duck, book, put_(tmp_path, blank)) for put_ in (put, put_cases)]
    assert found == list(expected(blank))
