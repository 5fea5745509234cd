"""Rows handed to `steelyard bulk`, kind by kind: what lies at an edge is taken and what lies beyond
is not, records belong to the unit and the period that they name, and files are read as written.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from .test_bulk_input import bulk, parquet, rows

BOOK = """
book: test/rows
version: 1.0.0
title: {zh: 行, en: Rows}
sector: test
points: 10
facts:
  staff: {type: integer, min: 0, max: 100}
  trained: {type: integer, min: 0, max: staff}
  certified: {type: integer, min: 0, max: trained}
  spare: {is: staff - trained, min: 5}
  share: {type: number, decimals: 2, min: 0, max: 1}
  opened: {type: date, min: 2000-01-01, max: 2030-12-31}
  public: boolean
  level: {type: {low: {zh: 低, en: Lower}, high: {zh: 高, en: Higher}}, ordered: true}
  chief: {type: person}
parties:
  person: {role: [leader, other]}
  team: {size: {type: integer, min: 0, max: 50}}
records:
  visits: {dated: day, day: date, place: {type: [ward, office], missing: refused}, note: text}
  bills:
    cost: {type: integer, min: 0, max: 100}
    paid: {type: integer, min: 0, max: 10, default: cost}
sections: [{id: all, title: {zh: 全部, en: All}, points: 10}]
rules:
  - {id: many, title: {zh: 人数, en: Many}, section: all, requires: staff >= 5, points: 6}
  - {id: seen, title: {zh: 走访, en: Seen}, section: all, points: 4, requires: "count(visits) >= 1"}
limiters: [{id: shut, title: {zh: 关, en: Shut}, when: not public, effect: not_rated}]
grades: [{id: any, title: {zh: 任, en: Any}, at_least: 0}]
"""
REASONS = "SELECT subject, reason FROM 'OUT/rejected.parquet' WHERE register = '{}' ORDER BY row"
SCORES = "SELECT subject, low::INTEGER, high::INTEGER FROM 'OUT/scores.parquet' ORDER BY subject"
WITHHELD = "is not weighed: rejected rows of this unit: "


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a folder with the book."""
    (tmp_path / "book.yaml").write_text(BOOK, encoding="utf-8")
    return tmp_path


def weigh(folder: Path, *words: str, period: str = "2026") -> None:
    """Weigh the tables, of which some can be weighed."""
    ran = bulk(folder, *words, *(("--period", period) if period else ()))
    assert ran.code == 0, ran.err


def test_what_lies_at_an_edge_is_taken(folder: Path) -> None:
    (folder / "facts.csv").write_text(
        "subject,staff,trained,certified,share,opened,level\n"
        "least,0,,0,0,2000-01-01,低\n"
        "most,100,95,95,1.00,2030-12-31, higher \n"
        "open,,0,,,,\n",
        encoding="utf-8",
    )
    weigh(folder, "--facts", "facts.csv", "--known", "visits")
    assert rows(folder, REASONS.format("facts")) == [
        # Nobody trained of none leaves none to spare, and five are wanted.
        ("least", "`spare` cannot lie within its bounds"),
    ]
    assert rows(folder, SCORES) == [("most", 6, 6), ("open", 0, 6)]


def test_a_column_of_decimals_is_never_rounded(folder: Path) -> None:
    parquet(folder, "facts.parquet", """
        SELECT * FROM (VALUES ('a', 0.2900::DECIMAL(6, 4)), ('b', 0.2901), ('c', 1.0001),
          ('d', -0.0001)) AS t(subject, share)""")  # fmt: skip
    weigh(folder, "--facts", "facts.parquet")
    more = "has more than 2 decimals"
    assert rows(folder, REASONS.format("facts")) == [
        ("b", f"share: `0.2901` {more}"),
        ("c", f"share: `1.0001` {more}"),
        ("d", f"share: `-0.0001` {more}"),
    ]


def test_what_is_known_of_the_outermost_bounds_those_within(folder: Path) -> None:
    (folder / "facts.csv").write_text("subject,staff,certified\na,12,13\nb,12,7\n")
    weigh(folder, "--facts", "facts.csv")
    assert rows(folder, REASONS.format("facts")) == [
        ("a", "certified: `certified` and `staff` contradict each other")
    ]


def test_what_works_out_beyond_its_bounds_keeps_its_unit_from_being_weighed(folder: Path) -> None:
    (folder / "facts.csv").write_text(
        "subject,staff,trained\na,20,10\nb,6,3\nc,6,\nd,4,\ne,20,10\nf,20,10\n"
    )
    (folder / "bills.csv").write_text("subject,cost,paid\na,11,10\na,10,\ne,11,\nf,,\n")
    weigh(folder, "--facts", "facts.csv", "--register", "bills=bills.csv")
    spare = "`spare` cannot lie within its bounds"
    assert rows(folder, REASONS.format("facts")) == [
        ("b", spare),
        ("d", spare),
        ("e", "`bills.paid` cannot lie within its bounds"),
    ]
    assert rows(folder, SCORES) == [("a", 6, 10), ("c", 6, 10), ("f", 6, 10)]


def test_an_empty_cell_is_unknown_and_no_word(folder: Path) -> None:
    (folder / "facts.csv").write_text(
        'subject,staff,public\na,7,\nb,"",yes\n"  ",7,no\n"",7,no\nc,7,是\nd,7,N\n'
    )
    (folder / "visits.csv").write_text(
        'subject,place,note\n a ,ward, "x"\nb,ward,unknown\n', encoding="utf-8"
    )
    weigh(folder, "--facts", "facts.csv", "--register", "visits=visits.csv")
    missing = "subject: is missing, and this field must be given"
    assert rows(folder, "SELECT subject, reason FROM 'OUT/rejected.parquet'") == [
        (None, missing), (None, missing),
    ]  # fmt: skip
    # Of b nobody knows how many there are, and one visit is known whatever was noted of it.
    assert rows(folder, SCORES) == [("a", 10, 10), ("b", 4, 10), ("c", 6, 10), ("d", 6, 10)]
    unrated = "SELECT subject, not_rated FROM 'OUT/scores.parquet' ORDER BY subject"
    assert rows(folder, unrated) == [
        ("a", "possible"), ("b", "no"), ("c", "no"), ("d", "yes"),
    ]  # fmt: skip


def test_an_empty_text_is_an_empty_cell(folder: Path) -> None:
    (folder / "facts.csv").write_text("subject,staff\na,7\n")
    values = "('a', '', 'ward'), ('a', '', 'office')"
    parquet(folder, "visits.parquet", f"SELECT * FROM (VALUES {values}) AS t(subject, id, place)")  # noqa: S608
    weigh(folder, "--facts", "facts.csv", "--register", "visits=visits.parquet")
    assert rows(folder, "SELECT * FROM 'OUT/rejected.parquet'") == []
    assert rows(folder, SCORES) == [("a", 10, 10)]


def test_a_record_counts_from_the_first_day_of_the_period_to_that_of_the_judging(
    folder: Path,
) -> None:
    units = {"a": "2026-12-31", "b": "2026-12-31", "c": "2026-06-30", "d": "2026-06-30"}
    (folder / "facts.csv").write_text(
        "subject,as_of,staff\n" + "".join(f"{unit},{day},7\n" for unit, day in units.items())
    )
    (folder / "visits.csv").write_text(
        "subject,day,place\na,2026-01-01,ward\nb,2026-12-31,ward\nc,2026-06-30,ward\n"
        "d,2026-07-01,ward\n"
    )
    weigh(folder, "--facts", "facts.csv", "--register", "visits=visits.csv", "--known", "visits")
    assert rows(folder, REASONS.format("visits")) == [
        ("d", "day: `2026-07-01` is after 2026-06-30, as of which the case is judged")
    ]
    assert rows(folder, SCORES) == [("a", 10, 10), ("b", 10, 10), ("c", 10, 10)]


def test_records_are_of_the_period_that_they_name(folder: Path) -> None:
    (folder / "facts.csv").write_text(
        "subject,period,staff,chief\na,2026Q1,7,p\na,2026Q2,7,p\nb,2026Q1,7,\nb,2026Q2,7,\n"
        "c,2026Q1,7,\nc,2026Q2,7,\n"
    )
    (folder / "visits.csv").write_text("subject,period,place\nb,2026Q1,ward\n")
    (folder / "known.csv").write_text("subject,period,register\nb,2026Q2,visits\nc,2026Q2,visits\n")
    (folder / "parties.csv").write_text("subject,period,kind,id\na,2026Q1,person,p\n")
    weigh(
        folder, "--facts", "facts.csv", "--register", "visits=visits.csv", "--registers-known",
        "known.csv", "--parties", "parties.csv", period="",
    )  # fmt: skip
    assert rows(
        folder,
        "SELECT subject, period, low::INTEGER, high::INTEGER FROM 'OUT/scores.parquet' ORDER BY 1, 2",
    ) == [
        ("a", "2026Q1", 6, 10),
        ("b", "2026Q1", 10, 10),
        ("b", "2026Q2", 6, 6),
        ("c", "2026Q1", 6, 10),
        ("c", "2026Q2", 6, 6),
    ]
    assert rows(folder, "SELECT subject, period, reason FROM 'OUT/rejected.parquet'") == [
        ("a", "2026Q2", "chief: `p` is not among the parties")
    ]


def test_a_party_is_one_person_of_one_kind(folder: Path) -> None:
    (folder / "facts.csv").write_text("subject,chief\na,p\nb,p\nc,p\nd,\ne,\nf,\n")
    (folder / "parties.csv").write_text(
        "subject,kind,id,role,size\n"
        "a,person,p,leader,\n"
        "b,team,p,,7\n"
        "c,person,p,,\nc,team,p,,\n"
        "d,person,p,,7\n"
        "e,robot,p,,\n"
        "f,team,p,,51\n"
    )
    weigh(folder, "--facts", "facts.csv", "--parties", "parties.csv")
    assert rows(folder, REASONS.format("parties")) == [
        ("c", "party `p` stands twice"),
        ("c", "party `p` stands twice"),
        ("d", "size: unknown field `size`"),
        ("e", "kind: unknown kind of party `robot`"),
        ("f", "size: `51` is above the most allowed, 50"),
    ]
    found = dict(rows(folder, REASONS.format("facts")))
    assert found.pop("b") == "chief: `p` is a team, and a person is wanted"
    assert set(found) >= {"c", "d", "e", "f"}
    assert rows(folder, SCORES) == [("a", 0, 10)]


def test_a_waiver_is_granted_once_and_by_somebody(folder: Path) -> None:
    (folder / "facts.csv").write_text("subject,staff\na,\nb,\nc,\nd,\n")
    (folder / "waivers.csv").write_text(
        "subject,rule,authority,until\na,many,office,2026-12-31\nb,many,,2026-12-31\n"
        "c,many,office,2026-12-31\nc,many,office,2026-12-31\nd,much,office,2026-12-31\n"
    )
    words = ["--facts", "facts.csv", "--waivers", "waivers.csv", "--known", "visits"]
    weigh(folder, *words)
    assert rows(folder, REASONS.format("waivers")) == [
        ("b", "authority: is missing"),
        ("c", "rule `many` is waived twice"),
        ("c", "rule `many` is waived twice"),
        ("d", "rule: unknown rule `much`"),
    ]
    assert rows(folder, SCORES) == [("a", 0, 0)]


def test_files_of_one_glob_are_one_table_by_the_names_of_columns(folder: Path) -> None:
    (folder / "part-1.tsv").write_text("\ufeffsubject\tstaff\na\t7\n", encoding="utf-8")
    (folder / "part-2.tsv").write_text("staff\tsubject\n7\tb\n101\tc\n", encoding="utf-8")
    (folder / "visits-1.csv").write_text(
        'subject,place,note\na,ward,"one, ""two""\nthree"\n', encoding="utf-8"
    )
    (folder / "visits-2.csv").write_text("subject,place,note\na,ward,\nb,attic,\n")
    weigh(folder, "--facts", "part-*.tsv", "--register", "visits=visits-*.csv", "--known", "visits")
    found = "SELECT file, row, subject, reason FROM 'OUT/rejected.parquet' ORDER BY file, row"
    assert rows(folder, found) == [
        ("part-2.tsv", 1, "b", f"{WITHHELD}1"),
        ("part-2.tsv", 2, "c", "staff: `101` is above the most allowed, 100"),
        ("visits-2.csv", 2, "b", "place: `attic` is not one of ward, office"),
    ]
    # The first records of two files are two, though neither has an id.
    assert rows(folder, SCORES) == [("a", 10, 10)]


def test_rows_of_parquet_are_counted_from_one(folder: Path) -> None:
    parquet(
        folder, "facts.parquet", "SELECT * FROM (VALUES ('a', 101), ('b', 7)) t(subject, staff)"
    )
    weigh(folder, "--facts", "facts.parquet")
    assert rows(folder, "SELECT row, subject FROM 'OUT/rejected.parquet'") == [(1, "a")]


def test_cases_say_of_which_book_they_are_and_what_is_complete(folder: Path) -> None:
    parquet(folder, "cases.parquet", """
        SELECT * FROM (VALUES
          ('a', 'test/rows@1', 7, true), ('b', 'test/rows', 7, false), ('c', 'test/other', 7, true)
        ) AS t("subject.id", book, staff, "visits.complete")""")  # fmt: skip
    weigh(folder, "--cases", "cases.parquet")
    assert rows(folder, REASONS.format("facts")) == [
        ("c", "book: is for book `test/other`, not `test/rows@1.0.0`")
    ]
    # Nobody visited a, and of b nobody knows.
    assert rows(folder, SCORES) == [("a", 6, 6), ("b", 6, 10)]


def test_a_word_for_none_stands_for_the_column_that_says_so(folder: Path) -> None:
    """A fact that may be none says so by a word of its own, or in the column for that; both may not
    contradict each other, and a column of truth values is not looked at as a text.
    """
    book = BOOK.replace(
        "public: boolean", "public: boolean\n  prize: {type: integer, missing: none}"
    )
    many = "requires: staff >= 5"
    book = book.replace(many, "requires: not given(prize) or prize >= 5")
    (folder / "book.yaml").write_text(book, encoding="utf-8")
    (folder / "facts.csv").write_text(
        "subject,prize,prize.none\na,无,\nb,none,yes\nc,,是\nd,无,否\ne,9,no\nf,9,yes\ng,不详,\nh,,no\n",
        encoding="utf-8",
    )
    weigh(folder, "--facts", "facts.csv", "--known", "visits")
    assert rows(folder, REASONS.format("facts")) == [
        ("d", "prize: says that there is none, and `prize.none` that there is one"),
        ("f", "prize: has a value, and says that there is none"),
    ]
    # Nobody was visited. Whether g or h has a prize, and which, nobody knows.
    assert rows(folder, SCORES) == [
        ("a", 6, 6), ("b", 6, 6), ("c", 6, 6), ("e", 6, 6), ("g", 0, 6), ("h", 0, 6),
    ]  # fmt: skip


def test_texts_of_parquet_are_read_as_those_of_csv_and_typed_columns_as_they_are(
    folder: Path,
) -> None:
    parquet(folder, "facts.parquet", """
        SELECT * FROM (VALUES ('ａ', '７', 0.5, ' 2026/3/1'), ('b', '1,0', 0.25, NULL), ('c', '12 ', NULL, ''))
        AS t(subject, staff, share, opened)""")  # fmt: skip
    (folder / "visits.csv").write_text('subject,place\n"=""a""",病\nc,WARD\n', encoding="utf-8")
    weigh(folder, "--facts", "facts.parquet", "--register", "visits=visits.csv")
    comma = "is not a number: a comma stands between thousands, as in 1,234, and decimals follow a point"
    assert rows(folder, "SELECT subject, reason FROM 'OUT/rejected.parquet' ORDER BY reason") == [
        ("a", f"{WITHHELD}1"),
        ("a", "place: `病` is not one of ward, office"),
        ("b", f"staff: `1,0` {comma}"),
    ]
    assert rows(folder, SCORES) == [("c", 10, 10)]
