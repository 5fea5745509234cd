"""`steelyard compare` as an evaluator runs it: text in two languages, JSON that stays, replay to
the byte, refusals in one line.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from program import answer

from steelyard.book.library import Library
from steelyard.case.reading.read import parse_case
from steelyard.judging.assessment import weigh
from steelyard.located_yaml import mark
from steelyard.store.comparisons import keep, kept
from steelyard.store.store import Entry, Store

BOOKS = ("hospital/nine-prohibitions", "hospital/online-civility", "school/civilized-unit")
PERIODS = ("2026Q1", "2026Q2")


def saved(library: Library, path: Path, last: str = "") -> None:
    """Save ten made-up units for each of three books, in two quarters, with next to nothing shown;
    schools in their `last` quarter instead of the first, where one is named.
    """
    entries = []
    for reference in BOOKS:
        book = library.find(reference)
        for number in range(10):
            for period in PERIODS:
                unit = f"{book.sector}-{reference[-4:]}-{number:02}"
                facts = {
                    fact.id: "yes"
                    for place, fact in enumerate(book.collected)
                    if fact.origin == "item" and place % 10 >= number
                }
                moved = last and book.sector == "school" and period == PERIODS[0]
                document = {
                    "book": book.key,
                    "subject": {"id": unit, "name": f"虚构单位 {number}"},
                    "period": last if moved else period,
                    "facts": facts,
                }
                case = parse_case(mark(document, "made up"), book, "made up")
                entries.append(
                    Entry(
                        weigh(book, case).to_json(),
                        dict(case.document),
                        {},
                        dict(book.document),
                        {},
                    )
                )
    with Store.open(path) as store:
        store.save(entries)


@pytest.fixture(scope="module")
def store(library: Library, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a store of ten units for each of three books, in two quarters."""
    path = tmp_path_factory.mktemp("compare") / "s.db"
    saved(library, path)
    return path


def run(store: Path, *words: str, code: int = 0, language: str = "en") -> str:
    """Return what the program printed; a refusal gives its lines on standard error."""
    words = ("--lang", language, "--db", str(store), "compare", *words)
    ran = answer(store.parent, {"COLUMNS": "200"}, *words)
    assert ran.code == code, ran.err
    return ran.err if code == 2 else ran.out


def found(store: Path, *words: str) -> dict[str, Any]:
    said: dict[str, Any] = json.loads(run(store, "--min-coverage", "0", "--format", "json", *words))
    return said


def test_the_json_holds_what_a_report_needs(store: Path) -> None:
    said = found(store)
    assert said["schema"] == "steelyard/comparison@2"
    assert said["period"] == "2026Q2"
    assert said["counts"] == {
        "assessments": 30,
        "units": 30,
        "compared": 30,
        "ranked": 30,
        "apart": 0,
        "superseded": 0,
    }
    assert said["dimensions"]["compared"] == ["leadership", "learning", "safety"]
    assert [one["id"] for one in said["books"]] == sorted(BOOKS)
    nine = next(one for one in said["books"] if one["id"] == "hospital/nine-prohibitions")
    assert "values" in nine["not_comparable"]
    assert sum(float(part["points"]) for part in nine["dimensions"].values()) == 100
    unit = said["units"][0]
    assert unit["attainment"]["values"] is None or set(unit["attainment"]["values"]) == {
        "low",
        "high",
        "asked",
    }
    assert set(unit["ranking"]) >= {
        "rank",
        "level",
        "value",
        "best",
        "worst",
        "interval",
        "median",
        "mean",
        "acceptability",
        "borda",
        "without",
    }
    assert sum(float(one) for one in unit["ranking"]["acceptability"]) == pytest.approx(1, abs=0.01)
    assert unit["peers"]["score"]["least"] <= unit["peers"]["score"]["percentile"]
    assert {one["rule"]["id"] for one in said["lists"]} == {"red", "black"}
    assert all(set(one) == {"zh", "en"} for one in said["notes"])


def test_a_comparison_is_replayed_byte_for_byte_in_every_format(store: Path) -> None:
    first = run(store, "--min-coverage", "0", "--seed", "9", "--format", "json")
    name = json.loads(first)["id"]
    assert run(store, "--replay", name, "--format", "json") == first
    # Without a format, as it was last printed.
    assert run(store, "--replay", name[:8]) == first
    text = run(store, "--min-coverage", "0", "--seed", "9")
    assert text.rstrip().endswith(f"Comparison {name}")
    assert run(store, "--replay", name) == text
    run(store, "--replay", name, "--format", "json", "-o", "again.json")
    assert (store.parent / "again.json").read_text("utf-8") == first


def test_a_replay_says_it_as_it_was_last_said(store: Path) -> None:
    chinese = run(store, "--min-coverage", "0", "--seed", "10", "--limit", "3", language="zh")
    name = chinese.split()[-1]
    command = [sys.executable, "-m", "steelyard", "compare", "--db", str(store), "--replay", name]
    environment = {
        **os.environ,
        "LANG": "en_US.UTF-8",
        "LC_ALL": "",
        "LC_MESSAGES": "",
        "LANGUAGE": "en",
    }
    again = subprocess.run(
        command, env=environment, capture_output=True, check=True, cwd=store.parent
    )
    assert again.stdout.decode() == chinese
    english = run(store, "--replay", name, "--limit", "4")
    assert english == run(store, "--min-coverage", "0", "--seed", "10", "--limit", "4")


def test_a_replay_remembers_a_period_in_which_nothing_fitted(
    library: Library, tmp_path: Path
) -> None:
    copy = tmp_path / "copy.db"
    saved(library, copy, "2026Q4")
    said = found(
        copy, "--book", "school/civilized-unit", "--period", "2026Q4", "--against", "2026Q1"
    )
    assert said["change"]["came"] == 10
    assert json.loads(run(copy, "--replay", said["id"])) == said


def test_a_folder_of_books_is_not_a_book_to_compare(store: Path) -> None:
    assert found(store, "--books", str(store.parent), "--no-save")["counts"]["compared"] == 30
    assert (
        found(store, "--books", str(store.parent), "--book", BOOKS[0], "--no-save")["counts"][
            "compared"
        ]
        == 10
    )


def test_a_dimension_on_which_a_book_asks_for_little_is_told(store: Path) -> None:
    said = [one["en"] for one in found(store)["notes"]]
    assert (
        "less than 5 % of the points of hospital/nine-prohibitions stand on safety: few "
        "points decide there" in said
    )


def test_a_comparison_that_no_longer_comes_out_the_same_says_so(
    store: Path, tmp_path: Path
) -> None:
    copy = tmp_path / "copy.db"
    with Store.open(store) as opened:
        opened.db.execute(f"VACUUM INTO '{copy}'")
    name = found(copy)["id"]
    with Store.open(copy) as opened:
        made = kept(opened, name)
        opened.db.execute("DELETE FROM comparisons")
        keep(opened, made._replace(result="0" * 64))
    assert run(copy, "--replay", name, code=1) == ""


def test_nothing_is_kept_when_nothing_is_to_be_kept(store: Path) -> None:
    name = found(store, "--seed", "77", "--no-save")["id"]
    assert f"there is no comparison `{name}`" in run(store, "--replay", name, code=2)


def test_the_text_reads_in_both_languages_and_its_columns_line_up(store: Path) -> None:
    english = run(store, "--min-coverage", "0", "--limit", "3")
    for title in (
        "Ranking, best first",
        "What the ranking hangs on",
        "Attainment: per cent",
        "Red list: ",
        "Black list: ",
        "seed 1",
    ):
        assert title in english
    assert "… and 27 more" in english
    chinese = run(store, "--min-coverage", "0", "--limit", "3", language="zh")
    assert "虚构单位 0" in chinese
    assert "不合格" in chinese
    assert "excellent" not in chinese
    assert chinese != english


def test_who_is_hardly_covered_stands_apart_with_the_reason(store: Path) -> None:
    text = run(store, "--sector", "hospital")
    assert "Apart, never ranked" in text
    assert re.search(r"coverage \d+(\.\d+)?% is under 60%", text)


def test_a_change_is_shown_against_an_earlier_period(store: Path) -> None:
    said = found(store, "--against", "2026Q1", "--book", "school/civilized-unit")
    assert said["change"] == {
        "period": "2026Q1",
        "compared": 10,
        "score": {"up": 0, "down": 0, "not_distinguishable": 10},
        "rules_changed": 0,
        "came": 0,
        "went": [],
    }
    assert "Change of the score since 2026Q1: 0 up, 0 down, 10 not distinguishable" in run(
        store, "--against", "2026Q1", "--book", "school/civilized-unit"
    )


def test_weights_and_pairs_are_taken_from_the_command_line_and_a_file(store: Path) -> None:
    (store.parent / "weights.yaml").write_text("weights: {leadership: 0.5..0.9}\n", "utf-8")
    pair = ("--pair", "school-unit-00:school-unit-09", "--book", "school/civilized-unit")
    said = found(store, "--weights", "weights.yaml", "--weight", "learning=0.1", *pair)
    given = {one["dimension"]: one["given"] for one in said["ranking"]["weights"]}
    assert (given["leadership"], given["learning"], given["service"]) == ("0.5..0.9", "0.1", "0..1")
    (pair_,) = said["ranking"]["pairs"]
    assert (pair_["one"]["unit"], pair_["other"]["unit"]) == ("school-unit-00", "school-unit-09")
    assert float(pair_["ahead"]) + float(pair_["level"]) + float(pair_["behind"]) == pytest.approx(
        1, abs=0.001
    )
    assert "school-unit-00 is ahead of school-unit-09 with probability" in run(
        store, "--min-coverage", "0", *pair
    )


REFUSED = {
    "unknown period": (
        ["--period", "2026Q4"],
        "error: --period: there are no assessments of `2026Q4`; there are of 2026Q1, 2026Q2",
    ),
    "a period that is none": (
        ["--period", "2026Q9"],
        "error: --period: `2026Q9` is not a period such as 2026, 2026H1, 2026Q3 or 2026-11",
    ),
    "unknown sector": (
        ["--sector", "hospitl"],
        "error: --sector: there are no assessments of sector `hospitl`; did you mean `hospital`?",
    ),
    "unknown book": (["--book", "school/civilised-unit"], "did you mean `school/civilized-unit`?"),
    "unknown dimension": (
        ["--dimension", "servce"],
        "error: --dimension: unknown dimension `servce`; did you mean `service`?",
    ),
    "unknown unit": (
        ["--min-coverage", "0", "--pair", "school-unit-00:school-unit-0x"],
        "there is no unit `school-unit-0x` in this comparison; did you mean",
    ),
    "no pair": (["--pair", "a"], "error: --pair: `a` is not a pair of units such as h-001:s-014"),
    "weights that do not sum": (
        ["--weight", "leadership=0.7", "--weight", "learning=0.7"],
        "the weights add up to",
    ),
    "a weight twice": (
        ["--weight", "safety=0.1", "--weight", "safety=0.2"],
        "error: --weight: dimension `safety` stands twice",
    ),
    "no such weights": (["--weights", "none.yaml"], "error: --weights: none.yaml: cannot be read"),
    "no such lists": (["--lists", "none.yaml"], "error: --lists: none.yaml: cannot be read"),
    "no share": (
        ["--min-coverage", "60"],
        "error: --min-coverage: `60` may be 60%, which is 0.6, or 60 times the whole: write `60%` or `0.6`",
    ),
    "no such replay": (["--replay", "abc"], "there is no comparison `abc`"),
    "a replay with arguments": (
        ["--replay", "abc", "--seed", "3"],
        "error: --replay: --seed: a replay has the arguments of",
    ),
    "the same period": (["--against", "2026Q2"], "error: --against: `2026Q2` is the period itself"),
    "a file in the form of another format": (
        ["--format", "json", "-o", "mine.xlsx"],
        "error: mine.xlsx: is no name for the format `json`",
    ),
    "text in a file for a text program": (
        ["-o", "mine.docx"],
        "`steelyard report --compare -o mine.docx`",
    ),
    "a page without a file": (["--format", "html"], "error: --format: `html` needs -o FILE"),
    "no folder": (
        ["-o", "nowhere/x.txt"],
        "error: nowhere/x.txt: cannot be written: No such file or directory",
    ),
    "nothing fits": (
        ["--book", "school/civilized-unit", "--sector", "hospital"],
        "error: no assessment of 2026Q2 fits",
    ),
}


@pytest.mark.parametrize(("words", "message"), REFUSED.values(), ids=REFUSED)
def test_bad_input_is_refused_in_one_line_and_exit_2(
    store: Path, words: list[str], message: str
) -> None:
    said = run(store, *words, code=2).splitlines()
    assert len(said) == 1, said
    assert message in said[0]


def test_the_suffix_says_how_a_comparison_is_written(store: Path) -> None:
    for name, begins in (("p.html", b"<!doctype html>"), ("p.xlsx", b"pk"), ("p.json", b"{")):
        run(store, "--no-save", "-o", name)
        assert (store.parent / name).read_bytes().lower().startswith(begins), name


def test_all_faults_of_the_command_line_and_its_files_come_together(store: Path) -> None:
    (store.parent / "bad.yaml").write_text(
        "lists:\n  - {id: r, top: 0}\n  - {id: s, botom: 3}\n", "utf-8"
    )
    said = run(
        store,
        "--lists",
        "bad.yaml",
        "--weight",
        "servce=0.1",
        "--dimension",
        "x",
        "--pair",
        "a",
        code=2,
    )
    assert len(said.splitlines()) == 6


def test_a_store_that_is_not_there_is_not_made(tmp_path: Path) -> None:
    assert "there is no such store" in run(tmp_path / "none.db", code=2)
    assert not (tmp_path / "none.db").exists()


def test_a_file_that_is_there_is_kept_unless_told(store: Path) -> None:
    (store.parent / "mine.txt").write_text("mine", "utf-8")
    assert "mine.txt: is there already: write to another file, or over it with `--force`" in run(
        store, "-o", "mine.txt", code=2
    )
    assert (store.parent / "mine.txt").read_text("utf-8") == "mine"
    run(store, "-o", "mine.txt", "--force")
    assert "Comparison of 2026Q2" in (store.parent / "mine.txt").read_text("utf-8")
    assert list(store.parent.glob(".mine*")) == []


def test_an_empty_store_has_nothing_to_compare(tmp_path: Path) -> None:
    Store.open(tmp_path / "s.db").close()
    assert run(tmp_path / "s.db", code=2) == "error: there are no assessments to compare\n"
