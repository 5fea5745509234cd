"""`steelyard plan` and `steelyard why` as they are called: what is printed, written and refused."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import pytest
from program import Answer, answer

BOOK = """\
book: town/small
version: 1.0.0
sector: town
facts: {rate: {type: number, min: 0, max: 1, decimals: 2, better: higher}, policy: {type: boolean}}
sections: [{id: all, points: 100}]
rules:
  - {id: rated, section: all, proportional: rate, points: 70}
  - {id: set, section: all, requires: policy, points: 30}
measures: {warning: {kind: sanction, title: Warning}}
consequences: [{on: subject, when: not policy, falls_on: subject, all: [warning]}]
grades: [{id: high, at_least: 90}, {id: low, at_least: 0}]
"""
CASE = """\
book: town/small
subject: {id: t-1, name: T}
period: "2026"
facts: {rate: 0.80, policy: no}
"""


@pytest.fixture(name="folder")
def prepared(tmp_path: Path) -> Iterator[Path]:
    (tmp_path / "books").mkdir()
    (tmp_path / "books" / "small.yaml").write_text(BOOK)
    (tmp_path / "case.yaml").write_text(CASE)
    return tmp_path


def run(folder: Path, *words: str) -> Answer:
    return answer(folder, {}, *words, "--books", "books")


def test_a_plan_is_json_alone_on_standard_output(folder: Path) -> None:
    # 56 of 70 and 0 of 30; 90 wants the policy, and 0.86 of the rate: 60.2.
    ran = run(folder, "plan", "case.yaml", "--to", "high", "--format", "json")
    told = json.loads(ran.out)
    assert (ran.code, told["outcome"], told["effort"], told["cheapest"]) == (
        0,
        "reached",
        "2",
        True,
    )
    assert told["after"]["score"]["low"] == "90.20"
    assert [(one["fact"], one["value"], one["gain"]) for one in told["steps"]] == [
        ("policy", "yes", "30.00"),
        ("rate", "0.86", "4.20"),
    ]
    assert not (folder / "steelyard.db").exists()


def test_a_grade_out_of_reach_is_a_no(folder: Path) -> None:
    (folder / "mine.yaml").write_text("facts: {policy: never}\n")
    words = ("plan", "case.yaml", "--to", "high", "--effort", "mine.yaml")
    ran = run(folder, *words)
    assert ran.code == 1
    assert "“high” cannot be reached this period" in ran.out
    told = json.loads(run(folder, *words, "--format", "json").out)
    assert told["blocked_by"] == [{"rule": "set", "most": "0.00", "full": "30.00"}]


def test_over_the_budget_is_a_no(folder: Path) -> None:
    ran = run(folder, "plan", "case.yaml", "--to", "high", "--budget", "1", "--format", "json")
    told = json.loads(ran.out)
    assert (ran.code, told["outcome"], told["needed"]) == (1, "over_budget", "2")
    assert [one["fact"] for one in told["steps"]] == ["policy"]


def test_what_if_changes_what_follows(folder: Path) -> None:
    ran = run(folder, "plan", "case.yaml", "--what-if", "policy=yes", "--lang", "en")
    assert ran.code == 0
    assert "The score is 56.00 now and would be 86.00" in ran.out
    assert "Consequences that fall away: 1, that come: 0, that become sure or open: 0." in ran.out


@pytest.mark.skipif(find_spec("vl_convert") is None, reason="needs vl_convert, which draws charts")
def test_the_chart_is_an_svg_file_the_same_each_time(folder: Path) -> None:
    words = ("plan", "case.yaml", "--chart", "worth.svg", "--format", "json")
    assert run(folder, *words).code == 0
    first = (folder / "worth.svg").read_bytes()
    assert first.startswith(b"<svg")
    ran = run(folder, *words)
    assert (ran.code, (folder / "worth.svg").read_bytes()) == (2, first)
    assert run(folder, *words, "--force").code == 0
    assert (folder / "worth.svg").read_bytes() == first


REFUSED: dict[str, tuple[tuple[str, ...], str]] = {
    "nothing asked": (("plan", "case.yaml"), "steelyard plan: `--to GRADE` is missing"),
    "an unknown grade": (
        ("plan", "case.yaml", "--to", "hihg"),
        "--to: the book has no grade `hihg`; its grades are `high`, `low`; did you mean `high`?",
    ),
    "a budget that is none": (
        ("plan", "case.yaml", "--to", "high", "--budget", "-1"),
        "--budget: `-1` is not a number from 0 to 1000000",
    ),
    "a budget for nothing": (
        ("plan", "case.yaml", "--what-if", "rate=1", "--budget", "1"),
        "--budget: is for a plan: say --to GRADE too",
    ),
    "no file of efforts": (
        ("plan", "case.yaml", "--to", "high", "--effort", "none.yaml"),
        "none.yaml: cannot be read: No such file or directory",
    ),
    "a chart of another kind": (
        ("plan", "case.yaml", "--chart", "worth.png"),
        "worth.png: a chart is written as SVG: name it .svg",
    ),
    "two questions at once": (
        ("why", "case.yaml", "set", "--not", "warning"),
        "steelyard why: wants either a RULE or `--not MEASURE`",
    ),
    "why not of a rule": (
        ("why", "case.yaml", "--not", "rated"),
        "town/small@1.0.0: imposes no measure and has no limiter `rated`",
    ),
}


@pytest.mark.parametrize(("words", "message"), REFUSED.values(), ids=REFUSED)
def test_what_cannot_be_meant_is_refused_in_a_line(
    folder: Path, words: tuple[str, ...], message: str
) -> None:
    ran = run(folder, *words)
    assert (ran.code, ran.out) == (2, "")
    assert re.search(re.escape(message), ran.err), ran.err


def test_why_tells_both_languages_in_json(folder: Path) -> None:
    ran = run(folder, "why", "case.yaml", "--not", "warning", "--format", "json")
    told = json.loads(ran.out)
    assert (ran.code, told["schema"]) == (0, "steelyard/why@1")
    assert told["derivation"][0]["said"]["en"] == "Warning falls on the unit (certain)"
    assert told["derivation"][0]["said"]["zh"] == "Warning：落在本单位（确定）"
