"""Tables handed to `steelyard bulk`: what does not fit the book is rejected with its reason, nothing is
dropped, and what cannot be read ends the run in one line with nothing written.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import duckdb
import pytest
from program import Answer, answer

BOOK = """
book: test/tables
version: 1.2.0
title: {zh: 表, en: Tables}
sector: test
points: 10
parameters: {floor: {2000-01-01: 5}}
facts:
  staff: {type: integer, min: 0, max: 100}
  trained: {type: integer, min: 0, max: staff}
  share: {type: number, decimals: 2, min: 0, max: 1}
  opened: {type: date, min: 2000-01-01, max: 2030-12-31}
  public: boolean
  level: {type: [low, high], ordered: true}
  liked: survey
  honour: {type: [city, nation], missing: none}
  chief: {type: person}
parties:
  person: {role: [leader, other]}
  team: {size: {type: integer, min: 0, max: 50}}
records:
  visits:
    dated: day
    day: date
    who: {type: person, missing: none}
    place: {type: [ward, office], missing: refused}
sections: [{id: all, title: {zh: 全部, en: All}, points: 10}]
rules:
  - {id: many, title: {zh: 人数, en: Many}, section: all, requires: staff >= floor, points: 6}
  - {id: seen, title: {zh: 走访, en: Seen}, section: all, requires: count(visits) >= 1, points: 4}
grades:
  - {id: good, title: {zh: 好, en: Good}, at_least: 6}
  - {id: poor, title: {zh: 差, en: Poor}, at_least: 0}
"""
HEAD = "subject,staff,trained,share,opened,public,level,liked.positive,liked.asked,honour,honour.none,chief"
GOOD = "a,7,7,0.5,2020-02-29,yes,high,4,5,city,,p-1"
PARTIES = "subject,kind,id,role\na,person,p-1,leader\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a folder with the book."""
    (tmp_path / "book.yaml").write_text(BOOK, encoding="utf-8")
    return tmp_path


def bulk(folder: Path, *words: str) -> Answer:
    """Weigh tables by the book."""
    return answer(folder, {}, "bulk", "book.yaml", "--out", "out", *words)


def rows(folder: Path, query: str) -> list[Any]:
    """Return what a query over the outputs gives."""
    with duckdb.connect() as duck:
        return duck.execute(query.replace("OUT", str(folder / "out"))).fetchall()


def parquet(folder: Path, name: str, query: str) -> None:
    """Write what a query gives as Parquet."""
    with duckdb.connect() as duck:
        duck.execute(f"COPY ({query}) TO '{folder / name}' (FORMAT parquet)")


WRONG = {
    "b,seven,,,,,,,,,,": "staff: `seven` is not a number",
    "c,7.5,,,,,,,,,,": "staff: `7.5` is not a whole number",
    "d,101,,,,,,,,,,": "staff: `101` is above the most allowed, 100",
    "e,-1,,,,,,,,,,": "staff: `-1` is below the least allowed, 0",
    "f,5,6,,,,,,,,,": "trained: `trained` and `staff` contradict each other",
    "g,,,0.125,,,,,,,,": "share: `0.125` has more than 2 decimals",
    "h,,,nan,,,,,,,,": "share: `nan` is what a program writes for want of a value: leave the cell empty where it is "
    "not known, or write none (无) where there is none",
    "i,,,1e999,,,,,,,,": "share: `1e999` is not a number",
    "j,,,,2026-02-30,,,,,,,": "opened: `2026-02-30` is a date that does not exist",
    "k,,,,1999-12-31,,,,,,,": "opened: `1999-12-31` is below the least allowed, 2000-01-01",
    "l,,,,3/4/2026,,,,,,,": "opened: `3/4/2026` may mean 2026-04-03, 2026-03-04: write the year first, in four digits",
    "m,,,,,maybe,,,,,,": "public: `maybe` is neither yes nor no (是 / 否)",
    "n,,,,,,middle,,,,,": "level: `middle` is not one of low, high",
    "o,,,,,,,6,5,,,": "liked: 6 out of 5 cannot be",
    "q,,,,,,,6,,,,": "liked: a survey wants both `positive` and `asked`",
    "r,,,,,,,,,city,yes,": "honour: has a value, and says that there is none",
    "s,,,,,,,,,,,p-9": "chief: `p-9` is not among the parties",
    ",7,,,,,,,,,,": "subject: is missing, and this field must be given",
    "t,999999999999999999999999999999999999999,,,,,,,,,,": "staff: "
    "`999999999999999999999999999999999999999` is above the most allowed, 100",
    "h-аb,7,,,,,,,,,,": "subject: `h-аb` holds `а` (U+0430), which only looks like another character: type the id again",
    "1.21E+17,7,,,,,,,,,,": "subject: `1.21E+17` is what a spreadsheet makes of a longer id: format the column as text and type the id again",
}


def test_each_row_that_does_not_fit_is_rejected_with_its_reason(folder: Path) -> None:
    lines = [HEAD, GOOD, *WRONG, "z,3,,,,,,,,,,", "z,4,,,,,,,,,,", ""]
    (folder / "facts.csv").write_text("\n".join(lines), encoding="utf-8")
    (folder / "parties.csv").write_text(PARTIES, encoding="utf-8")
    ran = bulk(folder, "--facts", "facts.csv", "--parties", "parties.csv", "--period", "2026")
    assert ran.code == 0, ran.err
    assert f"{len(WRONG) + 2} rows are rejected, and units not weighed: {len(WRONG) + 2}" in ran.err
    found = dict(
        rows(
            folder, "SELECT row, string_agg(reason, '; ') FROM 'OUT/rejected.parquet' GROUP BY row"
        )
    )
    expected = dict(enumerate(WRONG.values(), 2))
    twice = "the unit stands twice in 2026"
    assert found == expected | {len(WRONG) + 2: twice, len(WRONG) + 3: twice}
    # 6 points for seven people; nobody knows of visits: 0 to 4.
    (score,) = rows(folder, "SELECT subject, low, high, grade_low FROM 'OUT/scores.parquet'")
    assert tuple(map(str, score)) == ("a", "6.00", "10.00", "good")
    report = json.loads((folder / "out" / "run.json").read_text())
    assert report["counts"] == {"units": len(WRONG) + 3, "weighed": 1, "rejected": len(WRONG) + 2}


def test_records_that_do_not_fit_keep_their_unit_from_being_weighed(folder: Path) -> None:
    units = "".join(f"{one},7\n" for one in "abcdefg")
    (folder / "facts.csv").write_text("subject,staff\n" + units)
    (folder / "visits.csv").write_text(
        "subject,id,day,who,place\n"
        "a,1,2026-03-01,,ward\n"
        "b,1,2025-12-31,,ward\n"
        "c,1,,nobody,ward\n"
        "d,1,,,\n"
        "e,1,,,ward\ne,1,,,office\n"
        "elsewhere,1,,,ward\n"
    )
    ran = bulk(folder, "--facts", "facts.csv", "--register", "visits=visits.csv",
               "--known", "visits", "--period", "2026")  # fmt: skip
    assert ran.code == 0, ran.err
    found = rows(
        folder,
        "SELECT subject, reason FROM 'OUT/rejected.parquet' WHERE register = 'visits' ORDER BY row",
    )
    assert found == [
        ("b", "day: `2025-12-31` does not lie within 2026"),
        ("c", "who: `nobody` is not among the parties"),
        ("d", "place: is missing, and this field must be given"),
        ("e", "record `1` stands twice"),
        ("e", "record `1` stands twice"),
        ("elsewhere", "subject: `elsewhere` is not among the units"),
    ]
    withheld = rows(
        folder,
        "SELECT subject, reason FROM 'OUT/rejected.parquet' WHERE register = 'facts' ORDER BY subject",
    )
    reason = "is not weighed: rejected rows of this unit: "
    assert withheld == [
        ("b", reason + "1"),
        ("c", reason + "1"),
        ("d", reason + "1"),
        ("e", reason + "2"),
    ]
    scores = rows(folder, "SELECT subject, low, high FROM 'OUT/scores.parquet' ORDER BY subject")
    # One visit of a complete register earns 4; none of it earns 0.
    assert [tuple(map(str, one)) for one in scores] == [
        ("a", "10.00", "10.00"), ("f", "6.00", "6.00"), ("g", "6.00", "6.00"),
    ]  # fmt: skip


def test_typed_columns_are_taken_exactly_or_rejected(folder: Path) -> None:
    parquet(folder, "facts.parquet", """
        SELECT * FROM (VALUES
          ('a', 7::DOUBLE, 0.29::DOUBLE, TIMESTAMP '2020-02-29 00:00:00'),
          ('b', 'nan'::DOUBLE, NULL, NULL), ('c', 'infinity'::DOUBLE, NULL, NULL),
          ('d', 7.5, NULL, NULL), ('e', NULL, 0.285, NULL),
          ('f', NULL, NULL, TIMESTAMP '2020-02-29 12:00:00')
        ) AS t(subject, staff, share, opened)""")  # fmt: skip
    ran = bulk(folder, "--facts", "facts.parquet", "--period", "2026")
    assert ran.code == 0, ran.err
    assert rows(folder, "SELECT subject, reason FROM 'OUT/rejected.parquet' ORDER BY row") == [
        ("b", "staff: `nan` is not a number"),
        ("c", "staff: `inf` is not a number"),
        ("d", "staff: `7.5` is not a whole number"),
        ("e", "share: `0.285` has more than 2 decimals"),
        ("f", "opened: `2020-02-29 12:00:00` is a moment, and a day is wanted"),
    ]
    assert rows(folder, "SELECT subject FROM 'OUT/scores.parquet'") == [("a",)]


MANY_DIGITS = """
book: test/digits
version: 1.0.0
title: {zh: 数位, en: Digits}
sector: test
facts: {turnover: {type: number, decimals: 6, min: -1000000000, max: 1000000000}}
sections: [{id: all, title: {zh: 全部, en: All}, points: 10}]
points: 10
rules:
  - {id: most, title: {zh: 多, en: Most}, section: all, points: 10,
     requires: turnover > 999999999.999998}
grades: [{id: any, title: {zh: 任, en: Any}, at_least: 0}]
"""


def test_the_last_of_sixteen_digits_decides(tmp_path: Path) -> None:
    (tmp_path / "book.yaml").write_text(MANY_DIGITS, encoding="utf-8")
    (tmp_path / "facts.csv").write_text(
        "subject,turnover\nabove,999999999.999999\nat,999999999.999998\nleast,-1000000000\n"
    )
    ran = bulk(tmp_path, "--facts", "facts.csv", "--period", "2026")
    assert ran.code == 0, ran.err
    found = rows(tmp_path, "SELECT subject, low, high FROM 'OUT/scores.parquet' ORDER BY 2 DESC, 1")
    assert [(one, int(low), int(high)) for one, low, high in found] == [
        ("above", 10, 10), ("at", 0, 0), ("least", 0, 0),
    ]  # fmt: skip


REFUSED = {
    "no such file": (["--facts", "none.csv"], "none.csv: there is no such file, for --facts"),
    "an empty file": (["--facts", "empty.csv"], "empty.csv:1: is empty"),
    "an empty Parquet file": (
        ["--facts", "empty.parquet"],
        "empty.parquet: cannot be read: it is no Parquet file",
    ),
    "other columns under one glob": (
        ["--facts", "part-*.parquet"],
        "part-2.parquet: the column `staff` is VARCHAR, and in part-1.parquet it is INTEGER",
    ),
    "a column of a wrong type": (
        ["--facts", "typed.parquet"],
        "typed.parquet: the column `staff` is DATE, and BIGINT is wanted",
    ),
    "an unknown column": (["--facts", "odd.csv"], "did you mean `staff`?"),
    "a column twice": (["--facts", "twice.csv"], "twice.csv:1: the column `staff` stands twice"),
    "no facts": ([], "either --facts or --cases is wanted"),
    "an unknown register": (
        ["--facts", "good.csv", "--known", "visit"],
        "--known: unknown register `visit`; did you mean `visits`?",
    ),
    "no period": (["--facts", "good.csv"], "--period: is missing"),
    "an empty period": (["--facts", "good.csv", "--period", ""], "--period: is empty"),
    "no size": (["--facts", "good.csv", "--memory", "much"], "--memory: `much` is no size"),
    "more than any size": (
        ["--facts", "good.csv", "--memory", "99999999999999999999TB"],
        "--memory: `99999999999999999999TB` is no size",
    ),
    "a broken line": (["--facts", "broken.csv"], "broken.csv:2: has more values than the 2"),
    "no table of a database": (["--facts", "good.duckdb"], "good.duckdb: there is no such file"),
    "not UTF-8": (["--facts", "gbk.csv"], "gbk.csv: is not in UTF-8"),
    "only rows that do not fit": (["--facts", "bad.csv"], "no unit can be weighed"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_read_ends_the_run(folder: Path, name: str) -> None:
    for file, said in {
        "empty.csv": "",
        "empty.parquet": "",
        "odd.csv": "subject,staf\na,7\n",
        "twice.csv": "subject,staff,staff\na,7,7\n",
        "good.csv": "subject,staff\na,7\n",
        "broken.csv": "subject,staff\na,7,8,9\n",
        "bad.csv": "subject,staff\na,seven\n",
    }.items():
        (folder / file).write_text(said)
    (folder / "gbk.csv").write_bytes("subject,姓名\na,7\n".encode("gbk"))
    if ".parquet" in "".join(REFUSED[name][0]):
        parquet(folder, "typed.parquet", "SELECT 'a' AS subject, DATE '2026-01-01' AS staff")
        parquet(folder, "part-1.parquet", "SELECT 'a' AS subject, 7 AS staff")
        parquet(folder, "part-2.parquet", "SELECT 'b' AS subject, '7' AS staff")
    words, said = REFUSED[name]
    ran = bulk(folder, *([] if "period" in name else ["--period", "2026"]), *words)
    assert ran.code == 2
    assert said in ran.err
    assert all(line.startswith("error: ") for line in ran.err.splitlines())
    assert not [one.name for one in folder.iterdir() if "out" in one.name]


ALIKE = {
    "facts that differ in case alone": (
        "facts:", "facts:\n  Staff: {type: integer}",
        "`staff` and `Staff` are one name to a database: SQL cannot tell them apart",
    ),
    "registers that do": (
        "records:", "records:\n  Visits: {what: text}",
        "`visits` and `Visits` are one name to a database: SQL cannot tell them apart",
    ),
    "fields that do": (
        "    place: {", "    Place: text\n    place: {",
        "`place` and `Place` are one name to a database: SQL cannot tell them apart",
    ),
    **{
        f"a fact called {name}": (
            "facts:", f"facts:\n  {name}: {{type: integer}}",
            f"`{name}` is the name of a column of ours",
        )
        for name in ("as_of", "period", "book", "subject")
    },
}  # fmt: skip


@pytest.mark.parametrize(("here", "there", "line"), ALIKE.values(), ids=ALIKE)
def test_names_that_a_database_takes_for_one_are_refused(
    folder: Path, here: str, there: str, line: str
) -> None:
    """One case can be weighed by such a book; tables cannot."""
    book = folder / "book.yaml"
    book.write_text(book.read_text("utf-8").replace(here, there, 1), encoding="utf-8")
    (folder / "t.csv").write_text("subject,staff\na,7\n")
    ran = bulk(folder, "--period", "2026", "--facts", "t.csv")
    assert ran.code == 2
    assert ran.err.startswith(f"error: test/tables@1.2.0: {line}\n")


TORN: dict[str, tuple[str, bytes, str]] = {
    "too few values": (
        "t.csv", b"subject,staff,trained\na,7,7\nb,8\n",
        "t.csv:3: has 2 values, and 3 are wanted: the column `trained` and what comes after it have none",
    ),
    "too many": (
        "t.csv", b"subject,staff\na,7\nb,1,234\n",
        ("t.csv:3: has more values than the 2 that are wanted, after the column `staff`: a value that holds a comma "
        "stands in quotation marks"),
    ),
    "an open quotation": (
        "t.csv", b'subject,staff\na,"7\nb,8\n',
        "t.csv:2: cannot be read: a quotation mark is not closed, or text stands beside a closed one",
    ),
    "another encoding below": (
        "t.csv", b"subject,staff\n" + b"a,7\n" * 9000 + b"\xc4\xe3,8\n",
        "t.csv:9002: cannot be read: it is not in UTF-8: save the file as CSV UTF-8",
    ),
    "semicolons": (
        "t.csv", b"subject;staff\na;7\n",
        ("t.csv:1: the columns are parted by `;`, and `,` is wanted: save it as CSV UTF-8 with commas, or with tabs "
        "as .tsv"),
    ),
    "tabs under the name of commas": (
        "t.csv", b"subject\tstaff\na\t7\n",
        ("t.csv:1: the columns are parted by `a tab`, and `,` is wanted: save it as CSV UTF-8 with commas, or with "
        "tabs as .tsv"),
    ),
    "commas under the name of tabs": (
        "t.tsv", b"subject,staff\na,7\n",
        ("t.tsv:1: the columns are parted by `,`, and `a tab` is wanted: save it as CSV UTF-8 with commas, or with "
        "tabs as .tsv"),
    ),
    "no Parquet": ("t.parquet", b"PAR1 and no more", "t.parquet: cannot be read: it is no Parquet file, or not all of it is there"),
    "no database": ("t.duckdb", b"x" * 9000, "t.duckdb: cannot be read: it is no DuckDB file"),
}  # fmt: skip


@pytest.mark.parametrize(("name", "content", "line"), TORN.values(), ids=TORN)
def test_a_table_that_is_torn_is_told_with_its_line_and_column_in_the_readers_language(
    folder: Path, name: str, content: bytes, line: str
) -> None:
    (folder / name).write_bytes(content)
    ran = bulk(folder, "--period", "2026", "--facts", name)
    assert (ran.code, ran.err) == (2, f"error: {line}\n")
    told = bulk(folder, "--period", "2026", "--facts", name, "--lang", "zh").err
    # Whatever DuckDB says is English: of Latin letters only names and formats are left.
    words = set(re.findall("[A-Za-z]{2,}", told.replace(name, "")))
    assert words <= {"trained", "staff", "CSV", "UTF", "tsv", "Parquet", "DuckDB"}


def test_too_little_memory_is_told_in_figures(folder: Path) -> None:
    rows = "SELECT 'u-' || i AS subject, 7 AS staff FROM range(300000) r(i)"
    parquet(folder, "many.parquet", rows)
    words = ("--period", "2026", "--facts", "many.parquet", "--memory", "2MB")
    ran = bulk(folder, *words)
    assert (ran.code, ran.err.count("\n")) == (2, 1)
    assert re.match(r"error: --memory: is not enough: \S+ \w+ of 1.9 MiB are used\n", ran.err), (
        ran.err
    )


def test_the_same_rows_from_every_kind_of_file(folder: Path) -> None:
    with duckdb.connect(str(folder / "all.duckdb")) as duck:
        duck.execute("""
            CREATE TABLE facts AS SELECT * FROM (VALUES
              ('a', '2026Q1', 7::BIGINT), ('a', '2026Q2', 3), ('b', '2026Q1', 9))
              AS t(subject, period, staff);
            CREATE TABLE visits AS SELECT * FROM (VALUES ('a', '2026Q2', 'ward'))
              AS t(subject, period, place);
            CREATE TABLE known AS SELECT * FROM (VALUES
              ('a', '2026Q1', 'visits'), ('a', '2026Q2', 'visits'))
              AS t(subject, period, register);
        """)
        for name in ("facts", "visits", "known"):
            duck.execute(f"COPY {name} TO '{folder}/{name}.csv' (HEADER)")
            (folder / name).mkdir()
            duck.execute(f"COPY {name} TO '{folder}/{name}/1.parquet' (FORMAT parquet)")
    found = {}
    for kind, path in {
        "DuckDB": "all.duckdb:{}",
        "CSV": "{}.csv",
        "Parquet in a folder": "{}",
        "a glob": "{}/*.parquet",
    }.items():
        ran = answer(
            folder, {}, "bulk", "book.yaml", "--out", kind, "--facts", path.format("facts"),
            "--register", f"visits={path.format('visits')}",
            "--registers-known", path.format("known"),
        )  # fmt: skip
        assert ran.code == 0, ran.err
        with duckdb.connect() as duck:
            rows_ = duck.execute(
                "SELECT subject, period, low::VARCHAR, high::VARCHAR "  # noqa: S608
                f"FROM '{folder}/{kind}/scores.parquet' ORDER BY subject, period"
            ).fetchall()
        found[kind] = rows_
    # Of a it is known who visited when; of b it is not.
    expected = [
        ("a", "2026Q1", "6.00", "6.00"),
        ("a", "2026Q2", "4.00", "4.00"),
        ("b", "2026Q1", "6.00", "10.00"),
    ]
    assert found == dict.fromkeys(found, expected)


def test_units_of_several_periods_want_their_records_dated(folder: Path) -> None:
    (folder / "facts.csv").write_text("subject,period,staff\na,2026Q1,7\na,2026Q2,7\n")
    (folder / "visits.csv").write_text("subject,place\na,ward\n")
    ran = bulk(folder, "--facts", "facts.csv", "--register", "visits=visits.csv")
    assert (ran.code, ran.err) == (
        2,
        "error: visits.csv: has no column `period`, and the units are of several: 2026Q1, 2026Q2\n",
    )


FOUND = {
    "2026Q1": [("many", "pass", 6), ("seen", "pass", 4)],
    "2026Q2": [("many", "fail", 0), ("seen", "fail", 0)],
}


@pytest.mark.parametrize("periods", [["2026Q1"], ["2026Q2"], list(FOUND)], ids=" and ".join)
def test_findings_of_each_period_are_those_of_its_own_rows(
    folder: Path, periods: list[str]
) -> None:
    staff = {"2026Q1": 7, "2026Q2": 3}
    lines = [f"a,{period},{staff[period]}\n" for period in periods]
    (folder / "facts.csv").write_text(f"subject,period,staff\n{''.join(lines)}")
    (folder / "visits.csv").write_text("subject,period,place\na,2026Q1,ward\n")
    words = ["--register", "visits=visits.csv", "--known", "visits", "--findings"]
    ran = bulk(folder, "--facts", "facts.csv", *words)
    assert ran.code == 0, ran.err
    told = "SELECT rule, outcome, low::INT FROM 'OUT/findings.parquet' ORDER BY period, rule"
    assert rows(folder, told) == [one for period in periods for one in FOUND[period]]


def test_a_table_filled_by_the_template_is_taken(folder: Path) -> None:
    printed = answer(folder, {}, "bulk", "template", "book.yaml", "--dialect", "duckdb")
    assert printed.code == 0, printed.err
    with duckdb.connect(str(folder / "all.duckdb")) as duck:
        duck.execute(printed.out)
        duck.execute("INSERT INTO facts (subject, staff) VALUES ('a', 7)")
    tables = ("facts", "parties", "waivers", "registers_known")
    words = [
        word for name in tables for word in (f"--{name.replace('_', '-')}", f"all.duckdb:{name}")
    ]
    ran = bulk(folder, *words, "--register", "visits=all.duckdb:visits", "--period", "2026")
    assert ran.code == 0, ran.err
    assert rows(folder, "SELECT subject, low::VARCHAR FROM 'OUT/scores.parquet'") == [("a", "6.00")]


def test_a_row_of_a_period_that_the_facts_write_otherwise_belongs_to_its_unit(folder: Path) -> None:
    """What the run is told of its period, and what each table says of it, name one period in
    whatever words; a row whose period cannot be read may be of any of its unit's.
    """
    (folder / "facts.csv").write_text("subject,staff\na,7\nb,7\nc,7\n")
    (folder / "visits.csv").write_text(
        "subject,period,id,place\na,2026,1,ward\nb,2026年,1,ward\nc,last,1,ward\nc,2025,2,ward\n",
        encoding="utf-8",
    )
    words = ["--facts", "facts.csv", "--register", "visits=visits.csv", "--known", "visits"]
    ran = bulk(folder, *words, "--period", "2026")
    assert ran.code == 0, ran.err
    assert rows(
        folder,
        "SELECT register, subject, reason FROM 'OUT/rejected.parquet' ORDER BY register, row",
    ) == [
        ("facts", "c", "is not weighed: rejected rows of this unit: 1"),
        ("visits", "c", "period: `last` is not a period such as 2026, 2026H1, 2026Q3 or 2026-11"),
        ("visits", "c", "subject: `c` is not among the units"),
    ]
    scores = rows(folder, "SELECT subject, low, high FROM 'OUT/scores.parquet' ORDER BY subject")
    assert [tuple(map(str, one)) for one in scores] == [
        ("a", "10.00", "10.00"), ("b", "10.00", "10.00"),
    ]  # fmt: skip


def test_a_row_that_adds_up_the_others_is_no_unit_and_no_record(folder: Path) -> None:
    (folder / "facts.csv").write_text(
        "subject,staff\na,7\nSumner,7\n合 计,14\nGrand Total,14\n", encoding="utf-8"
    )
    (folder / "visits.csv").write_text(
        "subject,id,place\na,1,ward\nSumner,合计,ward\n", encoding="utf-8"
    )
    words = ["--facts", "facts.csv", "--register", "visits=visits.csv", "--known", "visits"]
    ran = bulk(folder, *words, "--period", "2026")
    assert ran.code == 0, ran.err
    told = "marks a row that adds up the others: leave that row out; a thing of this name is written in full"
    assert rows(
        folder,
        "SELECT register, row, reason FROM 'OUT/rejected.parquet' ORDER BY register, row",
    ) == [
        ("facts", 2, "is not weighed: rejected rows of this unit: 1"),
        ("facts", 3, f"subject: `合 计` {told}"),
        ("facts", 4, f"subject: `Grand Total` {told}"),
        ("visits", 2, f"id: `合计` {told}"),
    ]
    assert rows(folder, "SELECT subject FROM 'OUT/scores.parquet'") == [("a",)]
    report = json.loads((folder / "out" / "run.json").read_text())
    # Sumner and a came in; what adds them up is no unit.
    assert report["counts"] == {"units": 2, "weighed": 1, "rejected": 4}
    assert "4 rows are rejected, and units not weighed: 1" in ran.err
    assert "weighed 1 of 2 units" in ran.out
    compared = answer(folder, {}, "compare", "--from", "out")
    assert "units not weighed, and so not compared: 1 " in compared.err


SUMS = {
    "in its id": "合计,7,,,\n",
    "in its id, in full width": "Ｔｏｔａｌ,7,,,\n",
    "in its id, against spreadsheets": '"=""合计""",7,,,\n',
    "in its whole": "x,7,合计,,\n",
    "in its period": "x,7,,小计,\n",
    "in its day": "x,7,,,总计\n",
}


@pytest.mark.parametrize("line", SUMS.values(), ids=SUMS)
def test_a_totals_row_is_counted_as_no_unit_in_whatever_column_it_says_so(
    folder: Path, line: str
) -> None:
    head = "subject,staff,part_of,period,as_of\n"
    (folder / "facts.csv").write_text(f"{head}a,7,,2026,\n{line}", encoding="utf-8")
    ran = bulk(folder, "--facts", "facts.csv", "--period", "2026")
    assert ran.code == 0, ran.err
    report = json.loads((folder / "out" / "run.json").read_text())
    assert report["counts"] == {"units": 1, "weighed": 1, "rejected": 1}
    [(reason,)] = rows(folder, "SELECT DISTINCT reason FROM 'OUT/rejected.parquet' WHERE row = 2")
    assert "marks a row that adds up the others" in reason
    assert reason.count("; ") == 1
