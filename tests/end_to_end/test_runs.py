"""What stands together in one run: units that are told apart, and folders of which nothing is
passed over in silence.
"""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
from rights import obedient

BOOK = """\
book: city/{name}
version: 1.0.0
sector: city
facts: {{staff: {{type: integer, min: 0}}}}
sections: [{{id: all, points: 100}}]
rules: [{{id: one, section: all, points: 100, requires: staff >= 3}}]
grades: [{{id: any, at_least: 0}}]
"""
HEAD = "book,subject.id,subject.name,period,staff\n"


def row(subject: str, name: str = "", period: str = "2026", book: str = "city/pool") -> str:
    return f"{book},{subject},{name},{period},4\n"


class Runs:
    """A folder of cases, and what the program says of it."""

    def __init__(self, folder: Path, run: Any) -> None:
        self.folder = folder
        self._run = run
        for name in ("pool", "hall"):
            self.put(f"books/{name}.yaml", BOOK.format(name=name))

    def put(self, name: str, content: str) -> None:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content, encoding="utf-8-sig" if path.suffix == ".csv" else "utf-8")

    def assess(self, *words: str, lang: str = "en") -> tuple[int, str, list[str]]:
        ran = self._run("--lang", lang, "--books", "books", "assess", *words)
        return ran.code, ran.out, ran.err.splitlines()

    def said(self, *words: str) -> list[str]:
        """Return the lines of a run that is done, and saved nothing."""
        code, _, lines = self.assess(*words, "--no-save")
        assert code == 0, lines
        return lines

    def refused(self, *words: str) -> list[str]:
        """Return the lines of a run that is refused, prints nothing and saves nothing."""
        code, out, lines = self.assess(*words)
        assert (code, out, (self.folder / "steelyard.db").exists()) == (2, "", False), lines
        return lines


@pytest.fixture
def runs(run: Any, tmp_path: Path) -> Runs:
    return Runs(tmp_path, run)


REFUSED: dict[str, tuple[Sequence[str], str]] = {
    "twice": (
        [row("u-1"), row("u-2"), row("u-1")],
        (
            "error: t.csv:4: `u-1` stands twice in this run for city/pool, 2026, first at t.csv:2: keep "
            "one of them"
        ),
    ),
    "twice, the version said once": (
        [row("u-1"), row("u-1", book="city/pool@1")],
        (
            "error: t.csv:3: `u-1` stands twice in this run for city/pool, 2026, first at t.csv:2: keep "
            "one of them"
        ),
    ),
    "twice, the period in other words": (
        [row("u-1"), row("u-1", period="２０２６年")],
        (
            "error: t.csv:3: `u-1` stands twice in this run for city/pool, 2026, first at t.csv:2: keep "
            "one of them"
        ),
    ),
    "twice but for what is not seen": (
        [row("u-1"), row("u\u20111\u200b")],
        (
            "error: t.csv:3: `u-1` stands twice in this run for city/pool, 2026, first at t.csv:2: keep "
            "one of them"
        ),
    ),
    "two hospitals under one id": (
        [row("u-1", "甲医院"), row("u-1", "乙医院")],
        (
            "error: t.csv:3: `u-1` stands twice in this run, as `乙医院` here and as `甲医院` at t.csv:2: "
            "each unit has an id of its own"
        ),
    ),
    "two ids that a spreadsheet cut": (
        [row("121012345678901000", "甲"), row("121012345678901000", "乙")],
        (
            "error: t.csv:3: `121012345678901000` stands twice in this run, first at t.csv:2: a "
            "spreadsheet keeps 15 digits of a longer number, so format the column as text and type "
            "these ids again"
        ),
    ),
    "one id, two names, two books": (
        [row("u-1", "甲医院"), row("u-1", "乙医院", book="city/hall")],
        (
            "error: t.csv:3: `u-1` is called `乙医院` here and `甲医院` at t.csv:2: two units may bear "
            "one id"
        ),
    ),
    "two ids that look alike": (
        [row("A-1"), row("\u0410-1")],
        "error: t.csv:3: `\u0410-1` looks like `A-1` at t.csv:2, and is written with other characters",
    ),
}


@pytest.mark.parametrize(("rows", "line"), REFUSED.values(), ids=REFUSED)
def test_units_that_cannot_be_told_apart_are_refused(
    runs: Runs, rows: Sequence[str], line: str
) -> None:
    runs.put("t.csv", HEAD + "".join(rows))
    assert runs.refused("t.csv") == [line]


NAMED: dict[str, tuple[Sequence[str], Sequence[str]]] = {
    "months, books, names with other spaces": (
        [
            row("u-1", "一院", "2026-01"),
            row("u-1", "一院", "2026-02"),
            row("u-1", " 一院", "2026"),
            row("u-1", "一\u200b院", "2026", "city/hall"),
            row("u-1", "", "2026Q1", "city/hall"),
        ],
        [],
    ),
    "two ids for one name": (
        [row("u-1", "一院"), row("u-2", "一院")],
        ["t.csv:3: `一院` is `u-2` here and `u-1` at t.csv:2: two ids for one unit?"],
    ),
    "another name a year later": (
        [row("u-1", "一院", "2025"), row("u-1", "中心医院", "2026")],
        ["t.csv:3: `u-1` is called `中心医院` in 2026 and `一院` in 2025, at t.csv:2"],
    ),
    "a letter for a zero": (
        [row("u-01"), row("u-O1")],
        ["t.csv:3: `u-O1` is almost `u-01` at t.csv:2: two ids for one unit?"],
    ),
    "capitals": (
        [row("h-1"), row("H-1")],
        ["t.csv:3: `H-1` is almost `h-1` at t.csv:2: two ids for one unit?"],
    ),
    "zeros that a spreadsheet left out": (
        [row("0012"), row("12")],
        ["t.csv:3: `12` is almost `0012` at t.csv:2: two ids for one unit?"],
    ),
    "many of them are counted": (
        [row(f"u-{number}", "中心小学") for number in range(20, 33)],
        [
            *(
                f"t.csv:{line}: `中心小学` is `u-{line + 18}` here and `u-20` at t.csv:2: two ids for "
                "one unit?"
                for line in range(3, 13)
            ),
            "t.csv:12: 2 more such lines are left out",
        ],
    ),
}


@pytest.mark.parametrize(("rows", "lines"), NAMED.values(), ids=NAMED)
def test_what_may_be_one_unit_or_two_is_named(
    runs: Runs, rows: Sequence[str], lines: Sequence[str]
) -> None:
    runs.put("t.csv", HEAD + "".join(rows))
    assert runs.said("t.csv") == [f"warning: {line}" for line in lines]


def part(subject: str, name: str, whole: str) -> str:
    return row(subject, name).replace("\n", f",{whole}\n")


PARTS: dict[str, tuple[Sequence[str], str]] = {
    "one name": ([part("d-1", "内科", "h-1"), part("d-2", "内科", "h-2")], ""),
    "one id": ([part("d-1", "内科", "h-1"), part("d-1", "外科", "h-2")], ""),
    "ids that are almost one": ([part("d-1", "", "h-1"), part("D-1", "", "h-2")], ""),
    "one id in one whole": ([part("d-1", "", "h-1"), part("d-1", "", "h-1")], "stands twice"),
    "no whole is said first": ([part("d-1", "", ""), part("d-1", "", "h-1")], "stands twice"),
    "no whole is said then": ([part("d-1", "", "h-1"), part("d-1", "", "")], "stands twice"),
}


@pytest.mark.parametrize(("rows", "said"), PARTS.values(), ids=PARTS)
def test_parts_are_known_within_their_whole(runs: Runs, rows: Sequence[str], said: str) -> None:
    runs.put("t.csv", HEAD.replace("\n", ",subject.part_of\n") + "".join(rows))
    if said:
        (line,) = runs.refused("t.csv")
        assert said in line
    else:
        assert runs.said("t.csv") == []


def test_an_old_copy_in_the_folder_is_refused_with_both_files(runs: Runs) -> None:
    case = "book: city/pool\nsubject: {id: u-1}\nperiod: 2026\nfacts: {staff: %d}\n"
    runs.put("cases/case.yaml", case % 4)
    runs.put("cases/case（旧）.yaml", case % 2)
    assert runs.refused("cases") == [
        (
            "error: cases/case（旧）.yaml:2: `u-1` stands twice in this run for city/pool, 2026, first at "
            "cases/case.yaml:2: keep one of them, or join them with `steelyard gather`"
        )
    ]
    # One file that is reached in three ways is one file.
    runs.put("other/case.yaml", case % 4)
    (runs.folder / "link.yaml").symlink_to("other/case.yaml")
    assert runs.said("other", str(runs.folder / "other/case.yaml"), "link.yaml") == []
    assert runs.said(str(runs.folder / "other/case.yaml"), "other") == []


def test_many_files_in_several_processes_are_one_run(runs: Runs) -> None:
    for number in range(41):
        runs.put(f"cases/{number:02}.csv", HEAD + row(f"u-{number % 40}"))
    assert runs.refused("cases") == [
        (
            "error: cases/40.csv:2: `u-0` stands twice in this run for city/pool, 2026, first at "
            "cases/00.csv:2: keep one of them, or join them with `steelyard gather`"
        )
    ]


def test_notes_of_several_cases_stand_in_the_text_and_in_each_json(runs: Runs) -> None:
    runs.put("t.csv", HEAD.replace("\n", ",as_of\n") + row("u-1").replace("\n", ",2031-01-01\n"))
    runs.put("u.csv", HEAD + row("u-2"))
    code, out, lines = runs.assess("t.csv", "u.csv", "--no-save", lang="zh")
    assert code == 0
    assert lines == [
        "警告: t.csv:2: as_of: 2031-01-01 在 2026 结束一年多以后：按该日的参数和豁免评定"
    ]
    assert "提示" in out
    assert "2031-01-01" in out
    code, out, _ = runs.assess("t.csv", "--no-save")
    assert "Notes" in out
    assert "as_of: 2031-01-01 lies more than a year after 2026" in " ".join(out.split())


def fill(runs: Runs) -> None:
    """Put into a folder one case, and one of everything that is none."""
    runs.put("cases/a.csv", HEAD + row("u-1"))
    for name in (
        "b.xls",
        "c.XLSM",
        "d.et",
        "e.ods",
        "f.numbers",
        "g.pdf",
        "h.docx",
        "i.tsv",
        "j.zip",
    ):
        runs.put(f"cases/{name}", "x")
    runs.put("cases/~copy.csv", HEAD + row("u-2"))
    runs.put("cases/~$a.xlsx", "x")
    runs.put("cases/.hidden.csv", HEAD + row("u-3"))
    runs.put("cases/district/k.csv", HEAD + row("u-4"))
    runs.put("cases/district/deep/l.csv", HEAD + row("u-5"))
    (runs.folder / "cases/m.csv").symlink_to("nowhere.csv")
    (runs.folder / "cases/n").symlink_to("district")
    os.mkfifo(runs.folder / "cases/o.csv")


PASSED = [
    "cases/.hidden.csv: is hidden: rename it if it is a case",
    "cases/b.xls: is an old .xls workbook: save it as .xlsx",
    "cases/c.XLSM: is a workbook of another kind: save it as .xlsx",
    "cases/d.et: is a workbook of another kind: save it as .xlsx",
    "cases/e.ods: is a workbook of another kind: save it as .xlsx",
    "cases/f.numbers: is a workbook of another kind: save it as .xlsx",
    "cases/g.pdf: is none of xlsx, csv, yaml, json",
    "cases/h.docx: is none of xlsx, csv, yaml, json",
    "cases/i.tsv: is a table of another kind: save it as .csv",
    "cases/j.zip: is packed: unpack it first",
    "cases/m.csv: is a link that leads nowhere",
    "cases/n: is a link to a folder: name it by itself",
    "cases/o.csv: is neither a file nor a folder",
    "cases/~$a.xlsx: is left by an office program that has a file open: save and close the file there",
    "cases/~copy.csv: begins with `~`, as copies aside do: rename it if it is a case",
]  # fmt: skip


def test_all_that_lies_in_a_folder_and_is_not_read_is_named_and_counted(runs: Runs) -> None:
    fill(runs)
    lines = runs.said("cases")
    folder = "cases/district: is a folder: open it with `--recursive`, or name it"
    assert sorted(lines[:-1]) == [f"warning: {line}" for line in sorted([*PASSED, folder])]
    assert lines[-1] == "warning: cases: read here: 1; passed over: 16"


def test_folders_within_are_opened_where_that_is_asked(runs: Runs) -> None:
    fill(runs)
    code, out, lines = runs.assess("cases", "--recursive", "--no-save")
    assert code == 0
    assert [name in out for name in ("u-1", "u-2", "u-3", "u-4", "u-5")] == [
        True, False, False, True, True,
    ]  # fmt: skip
    assert sorted(lines[:-1]) == [f"warning: {line}" for line in sorted(PASSED)]
    assert lines[-1] == "warning: cases: read here: 3; passed over: 15"


def test_more_than_twenty_of_a_kind_are_counted(runs: Runs) -> None:
    runs.put("cases/a.csv", HEAD + row("u-1"))
    for number in range(23):
        runs.put(f"cases/{number:02}.jpg", "x")
    lines = runs.said("cases")
    assert len(lines) == 22
    assert lines[-2:] == [
        "warning: cases: 3 more like `19.jpg`: is none of xlsx, csv, yaml, json",
        "warning: cases: read here: 1; passed over: 23",
    ]


def pipe(path: Path) -> None:
    os.mkfifo(path)


def door(path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as one:
        one.bind(str(path))


@pytest.mark.parametrize("make", [pipe, door], ids=["a pipe", "a socket"])
def test_what_never_ends_is_not_waited_for(
    runs: Runs, make: Callable[[Path], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    (runs.folder / "cases").mkdir()
    monkeypatch.chdir(runs.folder)
    make(Path("cases/x.csv"))
    assert runs.refused("cases/x.csv") == ["error: cases/x.csv: is neither a file nor a folder"]
    runs.put("cases/a.csv", HEAD + row("u-1"))
    assert runs.said("cases")[0] == "warning: cases/x.csv: is neither a file nor a folder"
    # A notebook is not kept waiting either.
    from steelyard import CaseError, read_case

    with pytest.raises(CaseError, match="is no regular file"):
        read_case("cases/x.csv")


@pytest.mark.parametrize(
    "name", ["case.xlsm", "case.xlsb", "case.et", "case.ods", "case.numbers", "case.XLTX"]
)
def test_a_workbook_of_another_kind_that_is_named_is_refused_with_advice(
    runs: Runs, name: str
) -> None:
    runs.put(name, "x")
    assert runs.refused(name) == [f"error: {name}: is a workbook of another kind: save it as .xlsx"]


def test_a_folder_within_that_cannot_be_opened_is_a_fault(runs: Runs) -> None:
    runs.put("cases/a.csv", HEAD + row("u-1"))
    runs.put("cases/shut/b.csv", HEAD + row("u-2"))
    (runs.folder / "cases/shut").chmod(0)
    words = [*obedient(), sys.executable, "-m", "steelyard", "--lang", "en", "--books", "books"]
    try:
        ran = subprocess.run(
            [*words, "assess", "cases", "--recursive"], capture_output=True, text=True, check=False
        )
    finally:
        (runs.folder / "cases/shut").chmod(0o700)
    assert (ran.returncode, ran.stdout) == (2, "")
    assert ran.stderr == "error: cases/shut: cannot be read\n"


def test_a_book_in_place_of_a_case_is_called_a_book(runs: Runs) -> None:
    assert runs.refused("books/pool.yaml") == [
        (
            "error: books/pool.yaml: is a rule book, not a case: `--books` names the folder of the books "
            "by which cases are weighed"
        )
    ]
