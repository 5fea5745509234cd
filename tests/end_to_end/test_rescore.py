"""The commands that compare years: `book diff` and `rescore`, as a user runs them."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from steelyard.cli.main import program
from steelyard.cli.settings import Settings
from steelyard.errors import SteelyardError

BASE = """\
book: town/pool
version: 1.0.0
sector: town
title: {zh: 泳池, en: Pools}
points: 10
parameters: {floor: {2020-01-01: 0.5}}
facts:
  open_share: {type: number, decimals: 2, min: 0, max: 1, title: {zh: 开放比例, en: Share of days open}}
  liked: {type: survey, title: {zh: 满意度, en: Satisfaction}}
sections: [{id: all, points: 10, title: {zh: 全部, en: All}}]
rules:
  - {id: open-days, section: all, dimension: service, requires: open_share >= floor, points: 6, title: {zh: 开放, en: Open days}}
  - {id: liked-by-all, section: all, dimension: service, proportional: liked, points: 4, title: {zh: 满意, en: Liked by all}}
grades: [{id: good, at_least: 6, title: {zh: 良, en: Good}}, {id: poor, at_least: 0, title: {zh: 差, en: Poor}}]
"""
OWN = """\
book: town/own-pool
version: 1.0.0
sector: town
extends: town/pool@1
tailor: {set: {parameters: {floor: {2027-01-01: 0.7}}, points: {open-days: 7, liked-by-all: 3}}}
"""
CASE = (
    'book: {book}\nsubject: {{id: p-1, name: 城南泳池}}\nperiod: "{year}"\nfacts: {{open_share: '
    "{share}, liked: {positive}/100}}\n"
)


@pytest.fixture
def town(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a folder with two books and a case for each of two years; commands run there."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "books").mkdir()
    (tmp_path / "books" / "pool.yaml").write_text(BASE, "utf-8")
    (tmp_path / "books" / "own.yaml").write_text(OWN, "utf-8")
    (tmp_path / "2026.yaml").write_text(
        CASE.format(book="town/pool", year=2026, share=0.6, positive=80), "utf-8"
    )
    (tmp_path / "2027.yaml").write_text(
        CASE.format(book="town/own-pool", year=2027, share=0.8, positive=84), "utf-8"
    )
    return tmp_path


def run(*words: str, language: str = "en") -> Result:
    return CliRunner().invoke(
        program,
        [*words, "--books", "books", "--lang", language],
        obj=Settings("en"),
        standalone_mode=False,
    )


def said(*words: str) -> dict[str, Any]:
    done = run(*words, "--format", "json")
    assert done.exception is None, done.exception
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def saved(name: str) -> str:
    return str(said("assess", name)["id"])


def refusal(*words: str) -> str:
    done = run(*words)
    assert isinstance(done.exception, SteelyardError)
    return str(done.exception)


def test_the_diff_of_two_books_is_printed_in_groups_with_counts(town: Path) -> None:
    text = run("book", "diff", "town/pool", "town/own-pool").stdout
    assert "Points (2)" in text
    assert "Figures and thresholds (1)" in text
    assert "from 2027-01-01 on: 0.7, was 0.5" in text
    assert text.index("Points (2)") < text.index("Figures and thresholds")
    assert (
        "分值 (2)" in run("book", "diff", "books/pool.yaml", "books/own.yaml", language="zh").stdout
    )


def test_books_without_a_difference_say_so(town: Path) -> None:
    (town / "later.yaml").write_text(BASE.replace("1.0.0", "1.1.0"), "utf-8")
    assert "nothing has changed" in run("book", "diff", "town/pool@1.0.0", "later.yaml").stdout
    assert said("book", "diff", "town/pool", "later.yaml")["changes"] == []


def test_an_assessment_of_last_year_is_scored_by_this_years_book(town: Path) -> None:
    old = saved("2026.yaml")
    # Its own day, 2026-12-31, comes before the new threshold: 60 % is enough, and the points move
    # from 6 + 3.2 to 7 + 2.4.
    by_then = said("rescore", old[:8], "--book", "town/own-pool")
    assert (by_then["from"]["score"]["low"], by_then["between"]["score"]["low"]) == ("9.20", "9.40")
    assert by_then["to"] is None
    # With this year's figures 60 % is too little: 0 + 2.4.
    now = said("rescore", old, "--book", "books/own.yaml", "--as-of", "2027-06-30")
    assert now["between"]["score"]["low"] == "2.40"
    assert {one["id"]: one["rules"]["low"] for one in now["rules"]} == {
        "open-days": "-6.00",
        "liked-by-all": "-0.80",
    }
    assert now["verdict"] == "down"


def test_the_change_to_this_year_is_split_between_rules_and_unit(town: Path) -> None:
    old, new = saved("2026.yaml"), saved("2027.yaml")
    change = said("rescore", old, "--against", new)
    # Rules: 2.4 − 9.2; unit: 7 + 2.52 − 2.4; together what the two scores differ by: 9.52 − 9.20.
    score = change["score"]
    assert (score["rules"]["low"], score["unit"]["low"], score["total"]["low"]) == (
        "-6.80",
        "7.12",
        "0.32",
    )
    assert change["between"]["figures_of"] == "2027-12-31"
    # 80 and 84 of 100 cannot be told apart, and no more can the score.
    assert (score["total"]["verdict"], score["rules"]["verdict"], score["unit"]["verdict"]) == (
        "not_distinguishable",
        "down",
        "up",
    )
    assert [
        (one["of"], one["positive"], one["low"], one["high"])
        for one in change["sampling"]["surveys"]
    ] == [
        ("from", 80, "0.711170", "0.866634"),
        ("to", 84, "0.755797", "0.899048"),
    ]
    for part in ("total", "rules", "unit"):
        for lines in (
            change["sections"],
            [*change["rules"], *change["rest"]],
            [*change["dimensions"], *change["rest"]],
        ):
            assert sum(Decimal(one[part]["low"]) for one in lines) == Decimal(score[part]["low"])


def test_the_change_is_printed_for_people(town: Path) -> None:
    old, new = saved("2026.yaml"), saved("2027.yaml")
    text = run("rescore", old, "--against", new).stdout
    for words in (
        "the rules changed",
        "the unit changed",
        "not distinguishable",
        "-6.80",
        "+7.12",
        "Open days",
        "Wilson",
    ):
        assert words in text
    assert "城南泳池" in text
    assert run("rescore", old, "--book", "town/pool").stdout.count("unchanged") >= 2


REFUSED = {
    "no book": (("rescore", "{old}"), "steelyard rescore: `--book BOOK` is missing"),
    "an unknown book": (
        ("rescore", "{old}", "--book", "town/pond"),
        "unknown book `town/pond`; did you mean `town/pool`?",
    ),
    "an unknown assessment": (
        ("rescore", "zzz", "--book", "town/pool"),
        "there is no assessment `zzz`",
    ),
    "no day": (
        ("rescore", "{old}", "--book", "town/pool", "--as-of", "June"),
        "--as-of: `June` is not a date such as 2026-03-01",
    ),
    "a day before all figures": (
        ("rescore", "{old}", "--book", "town/pool", "--as-of", "2001-01-01"),
        "town/pool@1.0.0: `floor` has no figure yet on 2001-01-01",
    ),
    "no file": (
        ("book", "diff", "nine.yaml", "ten.yaml"),
        "nine.yaml: there is no such file or folder\nten.yaml: there is no such file or folder",
    ),
    "a case": (("book", "diff", "2026.yaml", "town/pool"), "2026.yaml: is a case, not a rule book"),
}


@pytest.mark.parametrize(("words", "line"), REFUSED.values(), ids=REFUSED)
def test_what_cannot_be_done_is_said_in_a_line(
    town: Path, words: tuple[str, ...], line: str
) -> None:
    old = saved("2026.yaml")
    assert line in refusal(*(word.format(old=old) for word in words))


def test_without_a_store_there_is_nothing_to_score_again(town: Path) -> None:
    assert "steelyard.db" in refusal("rescore", "abc", "--book", "town/pool")
    assert not (town / "steelyard.db").exists()


def test_a_case_file_stands_for_its_assessment_and_leaves_no_store(town: Path) -> None:
    change = said("rescore", "2026.yaml", "--against", "2027.yaml")
    assert change["score"]["total"]["low"] == "0.32"
    assert not (town / "steelyard.db").exists()
    units = "book,subject.id,period,open_share,liked\ntown/pool,p-1,2026,0.6,80/100\ntown/pool,p-2,2026,0.6,80/100\n"
    (town / "units.csv").write_text(units, "utf-8")
    assert "units.csv: holds 2 cases, and one is wanted" in refusal(
        "rescore", "units.csv", "--book", "town/own-pool"
    )
