"""What `steelyard book check` remarks: one line for each thing that was probably not meant."""

from __future__ import annotations

from pathlib import Path

import pytest

from steelyard.book.library import Library
from steelyard.book.lint import lint
from steelyard.cli.main import main

GOOD = """\
book: city/lint
version: 1.0.0
sector: city
title: {zh: 检查, en: Check}
facts:
  rate: {type: number, min: 0, max: 1, decimals: 2, title: {zh: 比例, en: Rate}}
sections: [{id: all, title: {zh: 全部, en: All}, points: 100}]
rules:
  - {id: one, title: {zh: 一, en: One}, section: all, requires: rate >= 0.5, points: 60, cites: [L.1]}
  - {id: two, title: {zh: 二, en: Two}, section: all, checklist: [{id: clean, title: {zh: 干净, en: It is clean}, cites: [L.2]}], points: 40}
grades: [{id: any, title: {zh: 均可, en: Any}, at_least: 0}]
"""
CLAUSES = "id,kind,zh,en,figure\nL.1,requirement,一,One,\nL.2,requirement,二,Two,\nL.3,principle,三,Three,\n"
REMARKS = {
    "a fact that nothing reads": (
        ("  rate:", "  idle: {type: boolean, title: {zh: 闲, en: Idle}}\n  rate:"),
        "lint.yaml:6: facts.idle: nothing reads fact `idle`",
    ),
    "a register that nothing reads": (
        (
            "sections:",
            (
                "records: {visits: {title: {zh: 来访, en: Visits}, dated: none, day: {type: "
                "date, title: {zh: 日, en: Day}}}}\nsections:"
            ),
        ),
        "lint.yaml:7: records.visits: nothing reads register `visits`",
    ),
    "a clause that nothing carries out": (
        (", cites: [L.1]", ""),
        "lint.yaml: nothing carries out clause `L.1`, 一",
    ),
    "a clause that the scheme does not have": (
        ("cites: [L.1]", "cites: [L.1, L.9]"),
        "lint.yaml:9: rules.one: cites `L.9`, which the scheme does not have; did you mean `L.3`?",
    ),
    "an item's clause that the scheme does not have": (
        ("cites: [L.2]", "cites: [L.2, L.8]"),
        (
            "lint.yaml:10: rules.two.checklist.clean: cites `L.8`, which the scheme does not "
            "have; did you mean `L.3`?"
        ),
    ),
    "an item's title in one language": (
        ("title: {zh: 干净, en: It is clean}", "title: 干净"),
        "lint.yaml:10: rules.two.checklist.clean: has no title in both languages",
    ),
    "a grade's title in one language": (
        ("title: {zh: 均可, en: Any}", "title: any"),
        "lint.yaml:11: grades.any: has no title in both languages",
    ),
    "a title in one language": (
        ("title: {zh: 一, en: One}", "title: 一"),
        "lint.yaml:9: rules.one: has no title in both languages",
    ),
    "two rules that ask the same": (
        (
            "checklist: [{id: clean, title: {zh: 干净, en: It is clean}, cites: [L.2]}]",
            "requires: rate  >=  0.5, cites: [L.2]",
        ),
        "lint.yaml:10: rules.two: asks the same as rule `one`",
    ),
    "a fact that occurs twice in one calculation": (
        ("rate >= 0.5", "rate * (1 - rate) >= 0.2"),
        (
            "lint.yaml:9: rules.one: `rate` occurs twice and is read as two values, so "
            "bounds may be wide"
        ),
    ),
}


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "clauses").mkdir()
    (tmp_path / "clauses" / "lint.csv").write_text(CLAUSES, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("LC_ALL", "C.UTF-8")
    return tmp_path


def check(capsys: pytest.CaptureFixture[str]) -> tuple[int, list[str]]:
    """Run the command on the file."""
    with pytest.raises(SystemExit) as left:
        main(["book", "check", "lint.yaml"])
    return int(left.value.code or 0), capsys.readouterr().out.splitlines()


def test_a_good_book_has_nothing_to_remark(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "lint.yaml").write_text(GOOD, encoding="utf-8")
    assert check(capsys) == (0, ["lint.yaml: nothing to remark"])


@pytest.mark.parametrize(("change", "line"), REMARKS.values(), ids=REMARKS)
def test_a_remark_is_one_line_with_its_place(
    folder: Path, capsys: pytest.CaptureFixture[str], change: tuple[str, str], line: str
) -> None:
    assert change[0] in GOOD
    (folder / "lint.yaml").write_text(GOOD.replace(*change), encoding="utf-8")
    assert check(capsys) == (1, [line])


def test_a_fault_is_told_as_everywhere(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "lint.yaml").write_text(GOOD.replace("rate >=", "rte >="), encoding="utf-8")
    with pytest.raises(SystemExit) as left:
        main(["book", "check", "lint.yaml"])
    printed = capsys.readouterr()
    assert (left.value.code, printed.out) == (2, "")
    assert (
        printed.err
        == "error: lint.yaml:9: rules.one.requires: unknown name `rte`; did you mean `rate`?\n"
    )


def test_the_plugins_books_leave_nothing_to_remark(library: Library) -> None:
    for source in library.sources:
        assert [
            one.text()
            for one in lint(
                library.find(source.key), library.clauses(source.key), library.places(source.key)
            )
        ] == []


IDS: dict[str, tuple[str, int, str]] = {
    "an id": ("hospital/base", 0, "hospital/base: nothing to remark"),
    "an id with its version": ("hospital/base@2.0.0", 0, "hospital/base@2.0.0: nothing to remark"),
    "an id that is none": ("hospital/bas", 2, "did you mean `hospital/base`?"),
    "a file that is none": ("nowhere.yaml", 2, "nowhere.yaml: there is no such file or folder"),
}


@pytest.mark.parametrize(("word", "code", "told"), IDS.values(), ids=IDS)
def test_a_book_at_hand_is_checked_by_its_id(
    capsys: pytest.CaptureFixture[str], word: str, code: int, told: str
) -> None:
    with pytest.raises(SystemExit) as left:
        main(["book", "check", word])
    printed = capsys.readouterr()
    assert int(left.value.code or 0) == code
    assert told in printed.out + printed.err
