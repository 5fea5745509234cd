"""Departments into the unit, months into the quarter, quarters into the year: parts are weighed
before their whole.
"""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from steelyard.cli.main import main

MONTH = """\
book: town/zone
version: 1.0.0
sector: town
facts: {tidy: {type: number, min: 0, max: 1, decimals: 2, title: {zh: 整洁率, en: Tidiness}}}
sections: [{id: all, points: 100}]
rules: [{id: tidy-zone, section: all, proportional: tidy, points: 100}]
grades: [{id: good, at_least: 80}, {id: poor, at_least: 0}]
"""
QUARTER = """\
book: town/quarter
version: 1.0.0
sector: town
parties: {zone: {}}
records: {months: {from_book: town/zone, roster: zones, every: month}}
sections: [{id: all, points: 100}]
rules: [{id: mean, section: all, proportional: "total(months, score_low) / (100 * count(months))", points: 100}]
grades: [{id: good, at_least: 80}, {id: poor, at_least: 0}]
"""
YEAR = """\
book: town/year
version: 1.0.0
sector: town
records: {quarters: {from_book: town/quarter, roster: subject, every: quarter}}
sections: [{id: all, points: 100}]
rules: [{id: mean, section: all, proportional: "total(quarters, score_low) / (100 * count(quarters))", points: 100}]
grades: [{id: good, at_least: 80}, {id: poor, at_least: 0}]
"""


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Any:
    """Run the program in a folder with three books, and return the assessments that it prints."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("LANG", "C.UTF-8")
    books = tmp_path / "books"
    books.mkdir()
    for name, text in (("zone", MONTH), ("quarter", QUARTER), ("year", YEAR)):
        (books / f"{name}.yaml").write_text(text, encoding="utf-8")

    def run(*words: str) -> list[Any]:
        with pytest.raises(SystemExit) as left:
            main([*words, "--books", "books", "--format", "json"])
        printed = capsys.readouterr()
        assert (int(left.value.code or 0), printed.err.replace("saved in steelyard.db\n", "")) == (
            0,
            "",
        )
        return (
            [json.loads(line) for line in printed.out.splitlines()]
            if "\n{" in printed.out
            else [json.loads(printed.out)]
        )

    return run


def month(folder: Path, zone: str, number: int, tidy: str, whole: str = "town-1") -> None:
    """Write the case of a zone in a month."""
    case = {
        "book": "town/zone",
        "subject": {"id": zone, "part_of": whole},
        "period": f"2026-{number:02}",
        "facts": {"tidy": tidy},
    }
    (folder / f"{whole}-{zone}-{number:02}.json").write_text(json.dumps(case), encoding="utf-8")


def quarter(folder: Path, number: int, zones: list[str]) -> None:
    """Write the case of the town in a quarter."""
    parties = [{"id": zone, "kind": "zone"} for zone in zones]
    case = {
        "book": "town/quarter",
        "subject": {"id": "town-1"},
        "period": f"2026Q{number}",
        "parties": parties,
    }
    (folder / f"b-quarter-{number}.json").write_text(json.dumps(case), encoding="utf-8")


def year(folder: Path) -> None:
    """Write the case of the town in the year; its name comes first in the folder."""
    (folder / "a-year.json").write_text(
        json.dumps({"book": "town/year", "subject": {"id": "town-1"}, "period": "2026"}),
        encoding="utf-8",
    )


def ends(found: Any) -> tuple[Decimal, Decimal]:
    return Decimal(found["score"]["low"]), Decimal(found["score"]["high"])


@pytest.mark.parametrize("zones", [2, 5], ids=["one process", "several processes"])
def test_a_folder_is_weighed_from_the_parts_up_and_printed_in_its_order(
    run: Any, tmp_path: Path, zones: int
) -> None:
    cases = tmp_path / "cases"
    cases.mkdir()
    names = [f"z-{number}" for number in range(1, zones + 1)]
    for zone in names:
        for number in range(1, 10):
            month(cases, zone, number, "0.90" if zone == "z-1" else "0.50")
    for number in (1, 2, 3, 4):
        quarter(cases, number, names)
    year(cases)
    found = run("assess", "cases")
    assert [one["book"]["id"] for one in found[:5]] == ["town/year", *["town/quarter"] * 4]
    mean = round((Decimal(90) + 50 * (zones - 1)) / zones, 2)
    assert [ends(one) for one in found[1:4]] == [(mean, mean)] * 3
    # The last quarter has no month yet, so a quarter of the year may be anything.
    assert ends(found[4]) == (0, 100)
    assert ends(found[0]) == (mean * 3 / 4, mean * 3 / 4 + 25)


@pytest.mark.parametrize(
    ("whole", "said"),
    [
        (
            "town-l",
            [
                (
                    "warning: town/zone z-1 2026-01: subject.part_of: `town-l` is not "
                    "`town-1`, so this assessment does not count for it"
                )
            ],
        ),
        (
            "",
            [
                (
                    "warning: town/zone z-1 2026-01: subject.part_of: is not given, so this "
                    "assessment does not count for `town-1`"
                )
            ],
        ),
        ("village", []),
        ("town-2", []),
    ],
    ids=["misspelt", "left out", "another unit's", "another unit's of this run"],
)
def test_a_part_that_names_another_whole_is_pointed_out(
    run: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str], whole: str, said: list[str]
) -> None:
    month(tmp_path, "z-1", 1, "0.80", whole or "x")
    file = tmp_path / f"{whole or 'x'}-z-1-01.json"
    case = json.loads(file.read_text(encoding="utf-8"))
    if not whole:
        del case["subject"]["part_of"]
    file.write_text(json.dumps(case), encoding="utf-8")
    quarter(tmp_path, 1, ["z-1"])
    other = {"book": "town/quarter", "subject": {"id": "town-2"}, "period": "2026Q1", "parties": []}
    (tmp_path / "other.json").write_text(json.dumps(other), encoding="utf-8")
    with pytest.raises(SystemExit):
        main(
            ["assess", file.name, "b-quarter-1.json", "other.json", "--books", "books", "--no-save"]
        )
    assert capsys.readouterr().err.splitlines() == said


def test_parts_saved_before_are_found_and_the_newest_counts(run: Any, tmp_path: Path) -> None:
    for number in (1, 2, 3):
        month(tmp_path, "z-1", number, "0.50")
    run("assess", *sorted(path.name for path in tmp_path.glob("town-1-*.json")))
    month(tmp_path, "z-1", 2, "0.80")
    second = run("assess", "town-1-z-1-02.json")[0]
    month(tmp_path, "z-1", 3, "0.10", whole="town-2")
    run("assess", "town-2-z-1-03.json")
    quarter(tmp_path, 1, ["z-1"])
    found = run("assess", "b-quarter-1.json")[0]
    assert ends(found) == (60, 60)
    shown = run("show", found["id"])[0]
    assert shown == found
    # Another assessment of a part does not move what was frozen.
    month(tmp_path, "z-1", 1, "1.00")
    run("assess", "town-1-z-1-01.json")
    assert run("show", found["id"])[0] == found
    assert run("assess", "b-quarter-1.json")[0]["id"] != found["id"]
    assert second["subject"]["part_of"] == "town-1"


def test_without_a_store_nothing_is_found_and_none_is_made(run: Any, tmp_path: Path) -> None:
    quarter(tmp_path, 1, ["z-1"])
    found = run("assess", "b-quarter-1.json", "--no-save")[0]
    assert ends(found) == (0, 100)
    assert not (tmp_path / "steelyard.db").exists()


def test_books_that_wait_for_each_other_are_weighed_with_what_there_is(
    run: Any, tmp_path: Path
) -> None:
    books = tmp_path / "books"
    (books / "zone.yaml").write_text(
        YEAR.replace("town/year", "town/left").replace(
            "town/quarter, roster: subject, every: quarter", "town/right, roster: subject"
        ),
        encoding="utf-8",
    )
    (books / "quarter.yaml").write_text(
        YEAR.replace("town/year", "town/right").replace(
            "town/quarter, roster: subject, every: quarter", "town/left, roster: subject"
        ),
        encoding="utf-8",
    )
    (books / "year.yaml").unlink()
    for side in ("left", "right"):
        (tmp_path / f"{side}.json").write_text(
            json.dumps({"book": f"town/{side}", "subject": "t-1", "period": "2026"}),
            encoding="utf-8",
        )
    assert [ends(one) for one in run("assess", "left.json", "right.json")] == [(0, 100), (0, 100)]
