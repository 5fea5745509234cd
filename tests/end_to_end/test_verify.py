"""`steelyard verify` as a user meets it: what is printed, what is written, and how it ends."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from program import answer

pytest.importorskip("z3", reason="proofs want z3 (steelyard[verify])")

BOOK = """\
book: town/library
version: 1.0.0
sector: library
facts:
  satisfaction: {type: number, decimals: 2, min: 0, max: 1, better: higher}
sections:
  - {id: all, points: 100}
rules:
  - id: content
    section: all
    proportional: TEXT
    points: 100
grades:
  - {id: good, at_least: 80}
  - {id: poor, at_least: 0}
"""
REVERSED = BOOK.replace("TEXT", "1 - satisfaction")
RIGHT = BOOK.replace("TEXT", "satisfaction")
EXCEPTED = (
    REVERSED
    + """\
exceptions:
  - {check: better, about: content, beside: satisfaction, where: satisfaction >= 0, reason: {zh: 原文如此, en: The scheme says so}}
"""
)


def book(folder: Path, text: str) -> str:
    file = folder / "library.yaml"
    file.write_text(text, "utf-8")
    return str(file)


def test_a_right_book_is_proved_and_ends_well(tmp_path: Path) -> None:
    done = answer(tmp_path, {}, "verify", book(tmp_path, RIGHT), "--lang", "en")
    assert done.code == 0, done
    assert " proved, 0 refuted, 0 undecided" in done.out


def test_what_is_refuted_is_told_with_its_cases_and_ends_with_no(tmp_path: Path) -> None:
    done = answer(tmp_path, {}, "verify", book(tmp_path, REVERSED), "--lang", "en")
    assert done.code == 1, done
    assert "refuted [better content, satisfaction] rule `content` never earns less" in done.out
    assert '"satisfaction"' in done.out


def test_counter_examples_are_case_files_that_assess_takes(tmp_path: Path) -> None:
    """Two cases: with the better satisfaction in the second come fewer points."""
    folder = tmp_path / "cases"
    made = book(tmp_path, REVERSED)
    assert answer(tmp_path, {}, "verify", made, "-o", str(folder)).code == 1
    points = []
    for number in (1, 2):
        case = folder / f"town-library-better-content-{number}.json"
        done = answer(
            tmp_path,
            {},
            "assess",
            str(case),
            "--books",
            str(tmp_path),
            "--no-save",
            "--format",
            "json",
        )
        assert done.code == 0, done
        (finding,) = json.loads(done.out)["findings"]
        points.append(float(finding["points"]["low"]))
    assert points[1] < points[0]


def test_json_says_all_that_was_asked(tmp_path: Path) -> None:
    done = answer(
        tmp_path, {}, "verify", book(tmp_path, REVERSED), "--format", "json", "--lang", "en"
    )
    said = json.loads(done.out)
    assert said["schema"] == "steelyard/verification@1"
    (one,) = said["books"]
    assert one["book"]["id"] == "town/library"
    assert one["counts"]["refuted"] == 1
    states = {(verdict["check"], verdict["state"]) for verdict in one["verdicts"]}
    assert ("better", "refuted") in states
    assert ("can-pass", "proved") in states


def test_an_exception_is_told_with_its_reason_and_ends_well(tmp_path: Path) -> None:
    done = answer(tmp_path, {}, "verify", book(tmp_path, EXCEPTED), "--lang", "zh")
    assert done.code == 0, done
    assert "原文如此" in done.out


def test_seconds_that_are_no_number_are_refused(run: Any) -> None:
    done = run("verify", "hospital/base", "--timeout", "nan", "--lang", "en")
    assert (done.code, done.out) == (2, "")
    assert "--timeout" in done.err


def test_a_book_with_faults_is_refused(tmp_path: Path) -> None:
    done = answer(tmp_path, {}, "verify", book(tmp_path, BOOK.replace("TEXT", "satisfacton")))
    assert done.code == 2
    assert "satisfacton" in done.err
