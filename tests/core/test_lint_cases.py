"""What `steelyard book check` says of a book's case tables: what no case passes, fails, leaves
unknown or brings about.
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from steelyard.cli.main import main

BOOK = """\
book: city/lint
version: 1.0.0
sector: city
title: {zh: 检查, en: Check}
facts: {rate: {type: number, min: 0, max: 1, decimals: 2, title: {zh: 比例, en: Rate}}}
sections: [{id: all, title: {zh: 全部, en: All}, points: 100}]
rules:
  - {id: one, title: {zh: 一, en: One}, section: all, requires: rate >= 0.5, points: 60}
  - {id: two, title: {zh: 二, en: Two}, section: all, checklist: [{id: clean, title: {zh: 干净, en: It is clean}}], points: 40}
measures: {warned: {kind: sanction, title: {zh: 警告, en: Warned}}}
consequences: [{on: subject, when: rate < 0.1, falls_on: subject, all: [warned]}]
grades: [{id: any, title: {zh: 均可, en: Any}, at_least: 0}]
"""
WHOLE = """\
- {name: good, case: {facts: {rate: 0.5, clean: yes}}, expect: {}}
- {name: bad, case: {facts: {rate: 0.05, clean: no}}, expect: {}}
- {name: one is open, case: {facts: {clean: yes}}, expect: {}}
- {name: the other is open, case: {facts: {rate: 0.5}}, expect: {}}
"""
HALF = "- {name: good, case: {facts: {rate: 0.5}}, expect: {}}\n"
PLACES = [
    "cases/lint.yaml",
    "cases/city/lint.yaml",
    "tests/cases/city/lint.yaml",
    "inner/cases/lint.yaml",
    "inner/deep/books/cases/city/lint.yml",
]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("LC_ALL", "C.UTF-8")
    write(tmp_path, "inner/deep/books/lint.yaml", BOOK)
    return tmp_path


def write(folder: Path, name: str, text: str) -> None:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, "utf-8")


def check(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, list[str], list[str]]:
    """Run the command, and return its exit code and the lines of both outputs."""
    with pytest.raises(SystemExit) as left:
        main(["book", "check", "inner/deep/books/lint.yaml", *words])
    printed = capsys.readouterr()
    return int(left.value.code or 0), printed.out.splitlines(), printed.err.splitlines()


NOTHING = ["inner/deep/books/lint.yaml: nothing to remark"]
LACKS = [
    "inner/deep/books/lint.yaml:9: rules.two: no case in {table} passes rule `two`",
    "inner/deep/books/lint.yaml:8: rules.one: no case in {table} fails rule `one`",
    "inner/deep/books/lint.yaml:9: rules.two: no case in {table} fails rule `two`",
    "inner/deep/books/lint.yaml:8: rules.one: no case in {table} leaves rule `one` unknown",
    (
        "inner/deep/books/lint.yaml:11: consequences[1]: in no case in {table} does "
        "consequence row 1 follow"
    ),
]


@pytest.mark.parametrize("place", PLACES)
def test_a_table_nearby_that_shows_everything_leaves_nothing_to_remark(folder, capsys, place):
    write(folder, place, WHOLE)
    assert check(capsys) == (0, NOTHING, [])


@pytest.mark.parametrize("place", PLACES)
def test_what_no_case_shows_is_a_line_with_its_place(folder, capsys, place):
    write(folder, place, HALF)
    assert check(capsys) == (1, [line.format(table=place) for line in LACKS], [])


def test_a_book_without_a_table_is_no_remark(folder, capsys):
    # A case that stands alone is no table, and neither is another book's.
    write(folder, "cases/lint.yaml", "book: city/lint\nsubject: u-1\nperiod: '2026'\n")
    write(folder, "cases/town/lint.yaml", HALF)
    note = "inner/deep/books/lint.yaml: no case table was found nearby, such as cases/lint.yaml"
    assert check(capsys) == (0, NOTHING, [f"note: {note}"])
    code, out, _ = check(capsys, "--format", "json")
    assert (code, json.loads("\n".join(out))["remarks"]) == (0, [])


def test_the_folder_of_the_tables_can_be_named(folder, capsys):
    write(folder, "cases/lint.yaml", WHOLE)
    write(folder, "elsewhere/lint.yaml", HALF)
    assert check(capsys, "--cases", "elsewhere") == (
        1,
        [line.format(table="elsewhere/lint.yaml") for line in LACKS],
        [],
    )
    assert check(capsys, "--cases", "inner") == (
        1,
        ["inner/deep/books/lint.yaml: inner holds no case table of city/lint"],
        [],
    )
    assert check(capsys, "--cases", "none") == (
        2,
        [],
        ["error: none: there is no such file or folder"],
    )


def test_entries_that_cannot_be_weighed_are_remarks(folder, capsys):
    write(
        folder,
        "cases/lint.yaml",
        WHOLE + "- {name: wrong, case: {facts: {rate: 2}}, expect: {finding: {}}}\n- {nam: x, "
        "expect: {}}\n",
    )
    assert check(capsys) == (
        1,
        [
            "cases/lint.yaml:5: unknown key `finding`; did you mean `findings`?",
            "cases/lint.yaml:5: facts.rate: `2` is above the most allowed, 1",
            "cases/lint.yaml:6: unknown key `nam`; did you mean `name`?",
            "cases/lint.yaml:6: name: says nothing; what the case shows is wanted",
        ],
        [],
    )


def test_entries_about_another_book_are_passed_by(folder, capsys):
    write(
        folder,
        "cases/lint.yaml",
        WHOLE + "- {name: other, case: {book: hospital/nine-prohibitions}, expect: {}}\n",
    )
    assert check(capsys) == (0, NOTHING, [])


@pytest.mark.parametrize("text", ["name: x\nexpect: {}\n", "[1, 2", "[]"])
def test_a_table_that_cannot_be_read_is_a_remark(folder, capsys, text):
    write(folder, "cases/lint.yaml", text)
    code, out, _ = check(capsys)
    assert (code, out[0].partition(": ")[0].partition(":")[0]) == (1, "cases/lint.yaml")


def test_points_that_do_not_add_up_are_faults(folder, capsys):
    write(folder, "inner/deep/books/lint.yaml", BOOK.replace("points: 60", "points: 50"))
    assert check(capsys) == (
        2,
        [],
        [
            (
                "error: inner/deep/books/lint.yaml:6: sections.all: its rules add up to 90 "
                "points, not 100"
            )
        ],
    )
