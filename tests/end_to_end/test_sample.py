"""`steelyard sample`: a folder, a store or tables of made-up units, the same for the same seed,
over nothing that is there.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any, NamedTuple

import duckdb
import pytest

from steelyard.book.library import Library
from steelyard.cli.main import main
from steelyard.expression.types import Number
from steelyard.sample.parquet import columns
from steelyard.store.store import Store

NAME = "hospital-online-civility"


class Ran(NamedTuple):
    """What a run printed, and its exit code."""

    code: int
    out: str
    err: str


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Any:
    """Run the program in an empty folder."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("LANG", "C.UTF-8")
    monkeypatch.delenv("LC_ALL", raising=False)

    def run(*words: str) -> Ran:
        with pytest.raises(SystemExit) as left:
            main(["sample", "--book", "hospital/online-civility", *words])
        printed = capsys.readouterr()
        return Ran(int(left.value.code or 0), printed.out, printed.err)

    return run


def texts(folder: Path) -> dict[str, str]:
    return {path.name: path.read_text("utf-8") for path in sorted(folder.iterdir())}


def test_cases_are_files_that_assess_reads(run: Any, capsys: pytest.CaptureFixture[str]) -> None:
    ran = run("--units", "3", "--seed", "7")
    assert (ran.code, ran.err) == (0, "")
    assert (
        ran.out == "made up 12 cases of 3 units over 1 book, in sample: nothing in them is real\n"
    )
    names = [
        f"{NAME}-{number:04}-2026Q{quarter}.json"
        for number in (1, 2, 3)
        for quarter in (1, 2, 3, 4)
    ]
    assert sorted(texts(Path("sample"))) == sorted([*names, "MADE-UP.txt"])
    assert "虚构" in Path("sample/MADE-UP.txt").read_text("utf-8")
    with pytest.raises(SystemExit) as left:
        main(["assess", "--no-save", "--format", "json", "sample"])
    assert not left.value.code
    assessed = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert len(assessed) == 12
    assert all("虚构" in one["subject"]["name"] for one in assessed)


def test_the_same_seed_gives_the_same_bytes_in_one_process_or_many(
    run: Any, tmp_path: Path
) -> None:
    run("--units", "70", "--seed", "7", "--quarters", "1", "-o", "one")
    told = [
        sys.executable,
        "-m",
        "steelyard",
        "sample",
        "--book",
        "hospital/online-civility",
        "--units",
        "5",
        "--seed",
        "7",
        "--quarters",
        "1",
    ]
    subprocess.run(
        [*told, "-o", "two"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONHASHSEED": "7"},
        check=True,
        capture_output=True,
    )
    many, few = texts(Path("one")), texts(Path("two"))
    del many["MADE-UP.txt"], few["MADE-UP.txt"]
    assert len(many) == 70
    assert len(few) == 5
    assert {name: many[name] for name in few} == few


def test_a_store_takes_assessments_and_takes_them_once(run: Any) -> None:
    for _ in range(2):
        assert run("--units", "2", "--quarters", "2", "-o", "made.db").code == 0
    with Store.open("made.db", create=False) as store:
        saved = store.list()
    assert [(one["subject"]["id"], one["period"]) for one in saved] == [
        (f"sample-{NAME}-{number:04}", f"2026Q{quarter}") for number in (2, 1) for quarter in (2, 1)
    ]


def test_the_store_of_the_run_is_the_default(run: Any) -> None:
    assert run("--units", "1", "--quarters", "1", "--as", "store", "--db", "mine.db").code == 0
    assert Path("mine.db").is_file()


def test_made_up_units_do_not_go_among_real_ones(
    run: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        main(["demo", "--db", "real.db"])
    capsys.readouterr()
    ran = run("--units", "1", "-o", "real.db")
    assert ran.code == 2
    assert "which is not made up" in ran.err
    with Store.open("real.db", create=False) as store:
        assert not [one for one in store.list() if one["subject"]["id"].startswith("sample-")]


def test_parquet_holds_what_the_cases_hold(run: Any, library: Library) -> None:
    run("--units", "6", "--seed", "3", "-o", "cases")
    assert run("--units", "6", "--seed", "3", "-o", "table.parquet").code == 0
    table = duckdb.connect().execute("SELECT * FROM 'table.parquet'")
    names = [column[0] for column in table.description or ()]
    book = library.find("hospital/online-civility")
    counts = [
        fact.id for fact in book.collected if isinstance(fact.type, Number) and not fact.type.scale
    ]
    assert names == list(columns(book))
    assert counts
    rows = [dict(zip(names, row, strict=True)) for row in table.fetchall()]
    assert len(rows) == 24
    for row in rows:
        said = json.loads(
            Path(
                f"cases/{row['subject.id'].removeprefix('sample-')}-{row['period']}.json"
            ).read_text("utf-8")
        )
        assert row["subject.name"] == said["subject"]["name"]
        for name in counts:
            assert row[name] == (
                int(said["facts"][name]["value"]) if name in said["facts"] else None
            )
        for name in book.registers:
            records = said["records"].get(name)
            listed = records["rows"] if isinstance(records, dict) else records
            assert row[f"{name}.complete"] == (
                None if records is None else isinstance(records, list)
            )
            assert (None if row[name] is None else [one["id"] for one in row[name]]) == (
                listed and [one["id"] for one in listed]
            )


def test_parquet_of_several_books_is_a_folder(run: Any) -> None:
    ran = run("--book", "hospital/base", "--units", "2", "--as", "parquet", "-o", "tables")
    assert ran.code == 0
    assert sorted(texts_or_sizes(Path("tables"))) == [
        "MADE-UP.txt",
        "hospital-base.parquet",
        f"{NAME}.parquet",
    ]
    assert (
        "one Parquet file holds one book"
        in run("--book", "hospital/base", "--units", "2", "-o", "one.parquet").err
    )


def texts_or_sizes(folder: Path) -> list[str]:
    return [path.name for path in folder.iterdir() if path.stat().st_size]


def test_without_duckdb_the_extra_is_named(run: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "duckdb", None)
    ran = run("--units", "1", "-o", "one.parquet")
    assert ran.code == 2
    assert "steelyard[bulk]" in ran.err
    assert not list(Path().iterdir())


def test_what_was_made_is_told_as_json(run: Any) -> None:
    told = json.loads(
        run(
            "--units",
            "2",
            "--quarters",
            "1",
            "--period",
            "2027Q3",
            "--seed",
            "-4",
            "--format",
            "json",
        ).out
    )
    assert told["books"][0]["version"]
    del told["books"][0]["version"]
    assert told == {
        "schema": "steelyard/sample@1",
        "made_up": True,
        "seed": -4,
        "units": 2,
        "cases": 2,
        "periods": ["2027Q3"],
        "as": "cases",
        "output": "sample",
        "books": [{"id": "hospital/online-civility", "sector": "hospital", "units": 2, "cases": 2}],
    }


BAD = {
    "an unknown book": (
        ("--book", "hospital/online-civilty"),
        "did you mean `hospital/online-civility`?",
    ),
    "an unknown sector": (("--sector", "hospitl"), "did you mean `hospital`?"),
    "no quarter": (("--period", "2026"), "`2026` is not a quarter"),
    "no unit": (("--units", "0"), "`0` is not a whole number from 1 to 10000000"),
    "a name of another form": (("--as", "cases", "-o", "x.db"), "`x.db` is no name for cases"),
    "a folder that is not empty": (("-o", "full"), "full: is there already"),
    "a file in the way": (("-o", "full/file"), "full/file: is there already"),
    "no such folder": (("-o", "nowhere/x"), "nowhere/x: cannot be written"),
    "no folder for the store": (("-o", "nowhere/x.db"), "there is no folder `nowhere`"),
    "years before the book": (("--period", "1999Q1"), "has no figure yet"),
}


@pytest.mark.parametrize(("words", "message"), BAD.values(), ids=BAD)
def test_bad_input_is_refused_in_a_line_and_writes_nothing(
    run: Any, words: tuple[str, ...], message: str
) -> None:
    Path("full").mkdir()
    Path("full/file").write_text("mine", "utf-8")
    ran = run(*words)
    assert ran.code == 2
    assert message in ran.err
    assert sorted(str(path) for path in Path().rglob("*")) == ["full", "full/file"]
    assert Path("full/file").read_text("utf-8") == "mine"
