"""One concept, one place: a new form and a new function over records are one module each, and a
line in their table; everything else in the house takes them as its own.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

HERE = Path(__file__).parent / "one_place"
CORE = Path(__file__).parents[2] / "core"


def enter(table: Path, import_: str, before: str, entry: str) -> None:
    """Add a module's class to a table: its import, and its name."""
    text = table.read_text("utf-8")
    assert text.count(before) == 1
    text = text.replace(before, f"{entry}{before}")
    head, line, rest = text.partition("from steelyard.")
    table.write_text(f"{head}{import_}\n{line}{rest}", "utf-8")


@pytest.fixture(scope="module")
def said(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """Return what a copy of the core, with the two modules added, makes of the book."""
    folder = tmp_path_factory.mktemp("one_place")
    shutil.copytree(CORE / "steelyard", folder / "steelyard")
    shutil.copy(HERE / "most_of.py", folder / "steelyard/forms/most_of.py")
    shutil.copy(HERE / "tally.py", folder / "steelyard/expression/functions/tally.py")
    enter(
        folder / "steelyard/forms/table.py",
        "from steelyard.forms.most_of import MostOf",
        "Staged, Judged)",
        "MostOf, ",
    )
    enter(
        folder / "steelyard/expression/functions/table.py",
        "from steelyard.expression.functions.tally import Tally",
        "Count, AnyOf",
        "Tally, ",
    )
    run = subprocess.run(
        [sys.executable, HERE / "weigh.py", HERE / "book.yaml"],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(folder)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stderr
    found: dict[str, Any] = json.loads(run.stdout)
    return found


# By hand: 60 points for two of three languages; 15 for one visit of half an hour that was welcomed,
# 40 for two.
POINTS = {
    "nothing": (["0.00", "100.00"], ["0.00", "60.00"], ["0.00", "40.00"]),
    "some": (["45.00", "100.00"], ["30.00", "60.00"], ["15.00", "40.00"]),
    "enough": (["100.00", "100.00"], ["60.00", "60.00"], ["40.00", "40.00"]),
}


@pytest.mark.parametrize(("name", "points"), POINTS.items(), ids=POINTS)
def test_both_judges_weigh_them_alike(
    said: dict[str, Any], name: str, points: tuple[list[str], list[str], list[str]]
) -> None:
    case = said["cases"][name]
    assert (case["score"], case["findings"]["languages"], case["findings"]["welcome"]) == points
    assert case["slow"] == case["score"]


def test_they_are_explained_in_both_languages(said: dict[str, Any]) -> None:
    because = said["cases"]["enough"]["because"]
    assert because["languages"] == ["达到2项，2项即得满分", "2 met, 2 are enough"]
    zh, en = because["welcome"]
    assert "“Welcomed”" not in zh
    assert "how many of visits" in en
    assert zh.endswith("（2）")
    assert en.endswith("(2)")


def test_what_they_read_counts_for_coverage_and_is_still_to_be_shown(said: dict[str, Any]) -> None:
    # Open are 30 points of languages, and 25 of the visits.
    assert said["cases"]["some"]["coverage"] == "0.4500"
    assert said["cases"]["some"]["missing"][0] == "braille"
    assert any("welcomed" in one for one in said["cases"]["some"]["missing"])
    assert set(said["cases"]["nothing"]["missing"]) == {"chinese", "english", "braille", "visits"}


def test_a_workbook_asks_for_their_facts(said: dict[str, Any]) -> None:
    assert said["cells"] == ["braille", "chinese", "english"]


def test_a_difference_is_told(said: dict[str, Any]) -> None:
    [[zh, en]] = said["diff"]
    assert "3项中取最好的3项" in zh
    assert "the best 2 of 3 items" in en


def test_their_items_are_cited_checked_and_in_the_schema(said: dict[str, Any]) -> None:
    assert said["cited"] == [
        "item:languages/chinese",
        "item:languages/english",
        "item:languages/braille",
    ]
    assert said["schema"]
    assert said["same"]
    assert not [one for one in said["lint"] if "rules.languages" in one], said["lint"]
