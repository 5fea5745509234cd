"""`steelyard due`, dated reports, every unit's report and `--fail-under`, as an office runs them."""

from __future__ import annotations

import importlib.util
import json
from pathlib import Path
from typing import Any

import pytest
from reported import HALF

FULL = HALF.with_name("nine-prohibitions.yaml")
NEEDS_REPORT = pytest.mark.skipif(
    importlib.util.find_spec("jinja2") is None or importlib.util.find_spec("vl_convert") is None,
    reason="needs the extra: pip install 'steelyard[report]'",
)


def test_files_and_the_store_give_the_same_list(run: Any) -> None:
    from_file = run("due", str(HALF), "--on", "2026-03-10", "--format", "json")
    assert from_file.code == 0
    assert run("assess", str(HALF)).code == 0
    assert run("due", "--on", "2026-03-10", "--format", "json").json() == from_file.json()
    late = run("due", "--on", "2026-07-01")
    assert "2026-04-30" in late.out
    assert late.err == ""


def test_a_later_period_takes_the_place_of_an_earlier_one(run: Any, tmp_path: Path) -> None:
    text = HALF.read_text("utf-8")
    for year in ("2025", "2026"):
        said = text.replace('period: "2026"', f'period: "{year}"').replace("2026-", f"{year}-")
        (tmp_path / f"{year}.yaml").write_text(said, "utf-8")
    assert run("assess", "2026.yaml", "2025.yaml").code == 0
    found = run("due", "--on", "2026-03-10", "--format", "json").json()["deadlines"]
    assert {one["period"] for one in found} == {"2026"}


REFUSED: dict[str, tuple[tuple[str, ...], str]] = {
    "no day": (("due", str(HALF), "--on", "soon"), "--on: `soon` is not a date such as 2026-03-01"),
    "no calendar": (("due", str(HALF), "-o", "due.txt"), "name it .ics"),
    "no store": (("due",), "steelyard.db: "),
    "a grade that is none": (
        ("assess", str(HALF), "--fail-under", "excelent"), "did you mean `excellent`?",
    ),
    "a report dated in the future": (
        ("report", str(HALF), "-o", "r.html", "--date", "2999-01-01"),
        "--date: 2999-01-01 is still to come",
    ),
    "all of one": (("report", "h-1", "--all", "-o", "out"), "--all: reports every unit"),
    "in no unit": (("report", "--in", "9f", "-o", "r.html", "--compare"), "--in: goes with the ID"),
}  # fmt: skip


@pytest.mark.parametrize(("words", "told"), REFUSED.values(), ids=REFUSED)
@NEEDS_REPORT
def test_what_cannot_be_is_refused_in_a_line_and_nothing_is_written(
    run: Any, tmp_path: Path, words: tuple[str, ...], told: str
) -> None:
    ran = run(*words)
    assert (ran.code, ran.out) == (2, "")
    assert told in ran.err
    assert ran.err.count("\n") == 1
    assert list(tmp_path.iterdir()) == []


def test_a_calendar_is_written_for_the_office(run: Any, tmp_path: Path) -> None:
    pytest.importorskip("icalendar", reason="needs the extra `office`")
    assert run("due", str(HALF), "--on", "2026-03-10", "-o", "due.ics").code == 0
    text = (tmp_path / "due.ics").read_text("utf-8")
    assert text.startswith("BEGIN:VCALENDAR")
    assert text.count("BEGIN:VEVENT") == text.count("DTSTART;VALUE=DATE:20260430") + 3


GRADES: dict[str, tuple[Path, str, int, str]] = {
    "surely reached": (FULL, "pass", 0, ""),
    "by its Chinese title": (FULL, "合格", 0, ""),
    "reached at the low end": (HALF, "fail", 0, ""),
    "perhaps reached": (HALF, "pass", 1, "does not surely reach Pass (`pass`)"),
}


@pytest.mark.parametrize(("case", "grade", "code", "told"), GRADES.values(), ids=GRADES)
def test_a_run_can_fail_under_a_grade(
    run: Any, case: Path, grade: str, code: int, told: str
) -> None:
    ran = run("assess", str(case), "--no-save", "--fail-under", grade)
    assert (ran.code, ran.err.strip().endswith(told)) == (code, True)
    assert "score" in ran.out


VETO = """\
book: town/veto
version: 1.0.0
sector: town
facts: {gone: boolean}
sections: [{id: all, points: 100}]
rules: [{id: kept, section: all, requires: 1 < 2, points: 100}]
limiters: [{id: out, when: gone, effect: veto}]
grades: [{id: good, at_least: 1}, {id: poor}]
"""


def test_a_case_that_may_be_vetoed_fails_under_any_grade(run: Any, tmp_path: Path) -> None:
    (tmp_path / "books").mkdir()
    (tmp_path / "books" / "veto.yaml").write_text(VETO, "utf-8")
    case = "book: town/veto\nsubject: {id: t-1}\nperiod: '2026'\nfacts: {gone: %s}\n"
    for said, code in (("", 1), ("yes", 1), ("no", 0)):
        (tmp_path / "case.yaml").write_text(case % said, "utf-8")
        ran = run("assess", "case.yaml", "--no-save", "--books", "books", "--fail-under", "poor")
        assert (ran.code, "is vetoed, or may be" in ran.err) == (code, bool(code))


def test_the_last_line_of_an_assessment_is_its_summary(run: Any) -> None:
    last = run("assess", str(FULL), "--no-save").out.splitlines()[-1]
    score = json.loads(run("assess", str(FULL), "--no-save", "--format", "json").out)["score"]
    # A verified breach bars the best grade, whatever the points.
    said = f"unit h-001 score {score['low']} / 100.00 grade Pass coverage 100%"
    assert score["low"] == score["high"]
    assert " ".join(last.split()) == said


@NEEDS_REPORT
def test_every_unit_gets_its_report_whole_or_none_does(run: Any, tmp_path: Path) -> None:
    assert run("assess", str(FULL), str(HALF)).code == 0
    ran = run("report", "--all", "-o", "out", "--format", "xlsx")
    assert (ran.code, "2 reports" in ran.err) == (0, True)
    names = sorted(path.name for path in (tmp_path / "out").iterdir())
    assert [name.rpartition("-")[0] for name in names] == ["h-001", "h-002"]
    again = run("report", "--all", "-o", "out", "--format", "xlsx")
    assert again.code == 2
    assert "is there already" in again.err
    assert run("report", "--all", "--period", "1999", "-o", "none").code == 2
    assert not (tmp_path / "none").exists()


@NEEDS_REPORT
def test_one_units_page_joins_its_row_its_peers_and_its_changes(run: Any, tmp_path: Path) -> None:
    text = HALF.read_text("utf-8")
    for year in ("2025", "2026"):
        said = text.replace('period: "2026"', f'period: "{year}"').replace("2026-", f"{year}-")
        if year == "2026":
            said = said.replace("  trained_staff:", "  leading_group_set_up: yes\n  trained_staff:")
        (tmp_path / f"{year}.yaml").write_text(said.replace("\n\n", "\n"), "utf-8")
    assert run("assess", "2025.yaml").code == 0
    assert run("assess", str(HALF)).code == 0
    compared = run("compare", "--against", "2025", "--format", "json").json()
    ran = run("report", "h-002", "--in", compared["id"][:8], "-o", "unit.html")
    assert ran.code == 0, ran.err
    page = (tmp_path / "unit.html").read_text("utf-8")
    assert "Where the unit stands" in page
    assert "What changed since 2025" in page
    unknown = run("report", "h-022", "--in", compared["id"], "-o", "other.html")
    assert unknown.code == 2
    assert "did you mean `h-002`?" in unknown.err
