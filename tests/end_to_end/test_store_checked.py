"""A store that somebody else changed: every command names what is not as it was saved, and refuses
it.
"""

from __future__ import annotations

import json
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from rights import obedient

from steelyard.store.store import Store

BOOK = """\
book: town/pool
version: 1.0.0
sector: town
title: {zh: 泳池, en: Pools}
points: 10
facts:
  open_share: {type: number, decimals: 2, min: 0, max: 1}
  liked: {type: survey}
sections: [{id: all, points: 10, title: {zh: 全部, en: All}}]
rules:
  - {id: open-days, section: all, dimension: service, requires: open_share >= 0.5, points: 6, title: {zh: 开放, en: Open days}}
  - {id: liked-by-all, section: all, dimension: service, proportional: liked, points: 4, title: {zh: 满意, en: Liked by all}}
parties: {person: {role: [keeper, guard]}}
grades: [{id: good, at_least: 6, title: {zh: 良, en: Good}}, {id: poor, at_least: 0, title: {zh: 差, en: Poor}}]
"""
CASE = """\
book: town/pool
subject: {{id: p-{unit}, name: 第{unit}泳池}}
period: "{year}"
facts: {{open_share: 0.6, liked: {positive}/100}}
parties: [{{id: k-1, kind: person, role: keeper, name: 某甲}}]
"""
IDS = "SELECT id FROM assessments ORDER BY number"


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[str]]:
    """Return a folder with a book and a store of three units in two years, 2026 first, and the ids
    of the assessments.
    """
    from steelyard.cli.main import main

    folder = tmp_path_factory.mktemp("town")
    (folder / "books").mkdir()
    (folder / "cases").mkdir()
    (folder / "books" / "pool.yaml").write_text(BOOK, "utf-8")
    for year in (2026, 2027):
        for unit in (1, 2, 3):
            text = CASE.format(unit=unit, year=year, positive=year - 2000 + 10 * unit)
            (folder / "cases" / f"{year}-{unit}.yaml").write_text(text, "utf-8")
    words = ["assess", "cases", "--db", "s.db", "--books", "books"]
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        with pytest.raises(SystemExit, match=r"^0$"):
            main(words)
    with Store.open(folder / "s.db") as store:
        ids = [row[0] for row in store.query(IDS)]
    return folder, ids


@pytest.fixture
def town(run: Any, saved: tuple[Path, list[str]], tmp_path: Path) -> Callable[..., Any]:
    """Return a runner of the program in a folder with a copy of the store."""
    shutil.copytree(saved[0], tmp_path, dirs_exist_ok=True)
    return lambda *words: run(*words, "--db", "s.db", "--books", "books", "--lang", "en")


def edit(*statements: str) -> Callable[[sqlite3.Connection], None]:
    def work(db: sqlite3.Connection) -> None:
        for one in statements:
            db.execute(one)

    return work


def document(table: str, key: str, change: Callable[[dict[str, Any]], Any]) -> Callable[..., None]:
    """Return what changes a packed document, and packs it again as anyone who looks could."""

    def work(db: sqlite3.Connection) -> None:
        db.commit()
        file = db.execute("PRAGMA database_list").fetchone()[2]
        with Store.open(file) as store:
            column = "NULL" if table == "books" else "pattern"
            number, packed = store.query(
                f"SELECT {column}, document FROM {table} WHERE {key}"  # noqa: S608  # this test's own words
            )[0]
            pattern = store.patterns.at(number)
            said = json.loads(pattern.text_of(packed))
            again = json.dumps(change(said) or said, ensure_ascii=False)
            with store.db.atomic():
                store.db.execute(
                    f"UPDATE {table} SET document = ? WHERE {key}",  # noqa: S608  # this test's own words
                    [pattern.pack(again)],
                )

    return work


OF_ONE = "digest = (SELECT case_digest FROM assessments WHERE number = 1)"
GRADES = [{"id": "good", "at_least": 1}, {"id": "poor", "at_least": 0}]
ALL_OF_CASE = {"show", "report", "rescore", "check"}
ALL_OF_ROW = {"show", "json", "list", "report", "rescore", "compare", "against", "check"}
ROW = "the row of assessment `{id}` is not as it was saved"
DOCUMENT = "the document of assessment `{id}` is not as it was saved"
CASE_SAID = "case `{case}` is not as it was saved"
BOOK_SAID = "book `{book}` is not as it was saved"
# A comparison reads of the first assessment by a book which rules there are.
OF_DOCUMENT = {"show", "json", "report", "rescore", "compare", "against", "check"}

EDITS: dict[str, tuple[Callable[..., None], set[str], str]] = {
    "a score in the row": (edit("UPDATE assessments SET score_low = 999 WHERE number = 1"), ALL_OF_ROW, ROW),
    "a grade in the row": (edit("UPDATE assessments SET grade_low = 'best' WHERE number = 1"), ALL_OF_ROW, ROW),
    "the coverage in the row": (edit("UPDATE assessments SET coverage = '0.11' WHERE number = 1"), ALL_OF_ROW, ROW),
    "a word that is no coverage": (edit("UPDATE assessments SET coverage = 'much' WHERE number = 1"), ALL_OF_ROW, ROW),
    "the veto in the row": (edit("UPDATE assessments SET veto = 'yes' WHERE number = 1"), ALL_OF_ROW, ROW),
    "the points of a dimension": (edit("UPDATE assessments SET points = replace(points, '0', '1') WHERE number = 1"), ALL_OF_ROW, ROW),
    "points that are no JSON": (edit("UPDATE assessments SET points = 'x' WHERE number = 1"), ALL_OF_ROW, ROW),
    "the plugins behind it": (edit("UPDATE assessments SET plugins = '{} ' WHERE number = 1"), ALL_OF_ROW, ROW),
    "the day on which it was saved": (edit("UPDATE assessments SET saved_at = '1999' WHERE number = 1"), ALL_OF_ROW, ROW),
    "rows with their numbers swapped": (
        edit("UPDATE assessments SET number = 99 WHERE number = 1", "UPDATE assessments SET number = 1 WHERE number = 2",
             "UPDATE assessments SET number = 2 WHERE number = 99"),
        ALL_OF_ROW, ROW,
    ),
    "the period in the row": (
        edit("UPDATE assessments SET period = '2028' WHERE number = 1"),
        ALL_OF_ROW, f"{ROW}|of 3 assessments by town/pool@1.0.0 in 2026, 2 are there",
    ),
    "a row that is gone": (
        edit("DELETE FROM assessments WHERE number = 1"),
        ALL_OF_ROW, "of 3 assessments by town/pool@1.0.0 in 2026, 2 are there|there is no assessment `{id}`",
    ),
    "a row of one's own": (
        edit("UPDATE assessments SET id = 'made-up', number = 7, subject = 'p-7' WHERE number = 1"),
        ALL_OF_ROW, "the row of assessment `made-up` is not as it was saved|there is no assessment `{id}`",
    ),
    "a figure in the document": (
        document("documents", "assessment = 1", lambda said: said["score"].update(low="9.99")),
        OF_DOCUMENT, DOCUMENT,
    ),
    "a document of another shape": (
        document("documents", "assessment = 1", lambda _said: ["nothing"]), OF_DOCUMENT, DOCUMENT,
    ),
    "documents swapped": (
        edit("UPDATE documents SET assessment = 99 WHERE assessment = 1", "UPDATE documents SET assessment = 1 WHERE assessment = 2",
             "UPDATE documents SET assessment = 2 WHERE assessment = 99"),
        OF_DOCUMENT, DOCUMENT,
    ),
    "a document of other bytes": (edit("UPDATE documents SET document = x'00ff' WHERE assessment = 1"), OF_DOCUMENT, DOCUMENT),
    "a document that is gone": (
        edit("DELETE FROM documents WHERE assessment = 1"), OF_DOCUMENT, "the document of assessment `{id}` is missing",
    ),
    "a fact of the case": (
        document("cases", OF_ONE, lambda said: said["facts"].update(open_share={"value": "0.99"})),
        ALL_OF_CASE, CASE_SAID,
    ),
    "a case of another shape": (document("cases", OF_ONE, lambda _said: [1]), ALL_OF_CASE, CASE_SAID),
    "a case that is gone": (edit("DELETE FROM cases WHERE digest = (SELECT case_digest FROM assessments WHERE number = 1)"), ALL_OF_CASE, "case `{case}` is missing"),
    "the cut-offs of the book": (
        document("books", "1", lambda said: said.update(grades=GRADES)),
        ALL_OF_CASE | {"compare", "against"}, BOOK_SAID,
    ),
    "a book of another shape": (document("books", "1", lambda _said: "x"), ALL_OF_CASE | {"compare", "against"}, BOOK_SAID),
    "another version on the book": (edit("UPDATE books SET version = '9'"), ALL_OF_CASE | {"compare", "against"}, BOOK_SAID),
    "a book that is gone": (edit("DELETE FROM books"), ALL_OF_CASE | {"compare", "against"}, "book `{book}` is missing"),
    "the words that documents are packed against": (
        edit("UPDATE patterns SET words = x'78' WHERE kind = 'assessment'"),
        OF_DOCUMENT, "pattern 1 is not as it was saved",
    ),
    "a count": (
        edit("UPDATE tally SET assessments = 2 WHERE period = '2026'"),
        {"list", "compare", "against", "check"}, "the count of assessments by town/pool@1.0.0 in 2026 is not as it was saved",
    ),
    "a count that is gone": (
        edit("DELETE FROM tally WHERE period = '2027'"),
        {"list", "against", "check"}, "",
    ),
    "what is kept of a survey": (
        edit("UPDATE sampled SET said = replace(said, '36', '37') WHERE assessment = 1"),
        {"against", "check"}, "the surveys of assessment `{id}` are not as they were saved",
    ),
    "what is kept of surveys, swapped": (
        edit("UPDATE sampled SET assessment = 99 WHERE assessment = 1", "UPDATE sampled SET assessment = 1 WHERE assessment = 2",
             "UPDATE sampled SET assessment = 2 WHERE assessment = 99"),
        {"against", "check"}, "the surveys of assessment `{id}` are not as they were saved",
    ),
    "the name of a person": (
        edit("UPDATE names SET name = '某乙' WHERE case_digest = (SELECT case_digest FROM assessments WHERE number = 1)"),
        {"named", "check"}, "the name of `k-1` in case `{case}` is not as it was saved",
    ),
}  # fmt: skip


def commands(name: str, later: str) -> dict[str, tuple[str, ...]]:
    return {
        "show": ("show", name),
        "json": ("show", name, "--format", "json"),
        "list": ("show",),
        "report": ("report", name, "-o", "r.html"),
        "named": ("report", name, "-o", "n.html", "--names"),
        "rescore": ("rescore", name, "--against", later),
        "compare": ("compare", "--no-save", "--period", "2026"),
        "against": ("compare", "--no-save", "--period", "2027", "--against", "2026"),
        "check": ("show", "--check"),
    }


@pytest.mark.parametrize(("work", "refusing", "message"), EDITS.values(), ids=EDITS)
def test_what_is_not_as_it_was_saved_is_named_and_refused(
    town: Any,
    saved: tuple[Path, list[str]],
    work: Callable[..., None],
    refusing: set[str],
    message: str,
) -> None:
    with Store.open("s.db") as store:
        known = store.query("SELECT id, case_digest, digest FROM assessments WHERE number = 1")[0]
    with sqlite3.connect("s.db") as db:
        work(db)
    db.close()
    said = message.format(id=known[0], case=known[1], book=known[2])
    told: dict[str, str] = {}
    for name, words in commands(saved[1][0], saved[1][3]).items():
        done = town(*words)
        assert "Traceback" not in done.out + done.err
        if name == "check":
            assert done.code == 1, name
            told[name] = done.out
        elif done.code:
            assert done.code == 2, (name, done.err)
            assert done.out == ""
            told[name] = done.err
    assert set(told) - {"named"} == refusing - {"named"}
    assert "named" in told or "named" not in refusing
    for name in refusing:
        assert any(one in told[name] for one in said.split("|")), (name, told[name])
    assert not ({"report"} & refusing and Path("r.html").exists())


def test_all_that_is_wrong_is_named_at_once(town: Any, saved: tuple[Path, list[str]]) -> None:
    assert town("show", "--check").out == "6 assessments are here, and all is as it was saved\n"
    with sqlite3.connect("s.db") as db:
        db.execute("UPDATE assessments SET veto = 'yes' WHERE number IN (1, 2)")
        db.execute("UPDATE comparisons SET result = 'x'")
        db.execute("INSERT INTO cases VALUES ('sha256:1', NULL, x'')")
    db.close()
    first, second = saved[1][:2]
    told = town("show", "--check", "--format", "json")
    assert told.code == 1
    assert told.json() == {
        "schema": "steelyard/store-check@1",
        "assessments": 6,
        "faults": [
            f"s.db: the row of assessment `{first}` is not as it was saved",
            f"s.db: the row of assessment `{second}` is not as it was saved",
            "s.db: in `cases`, `sha256:1` belongs to no assessment",
        ],
    }
    refused = town("compare", "--no-save", "--period", "2026")
    assert refused.err.count("is not as it was saved") == 2
    assert town("show", "--check", "--period", "2026").code == 2


@pytest.mark.parametrize("words", [("show",), ("compare", "--no-save")], ids=" ".join)
def test_a_period_is_read_as_people_write_it(town: Any, words: tuple[str, ...]) -> None:
    plain = town(*words, "--period", "2026", "--format", "json")
    assert plain.code == 0
    for said in ("2026年度", "２０２６", "2026年"):
        assert town(*words, "--period", said, "--format", "json").out == plain.out
    refused = town(*words, "--period", "20263")
    assert (refused.code, refused.out) == (2, "")
    assert refused.err.startswith("error: --period: `20263` is not a period such as")


def test_a_limit_beyond_all_counting_lists_all(town: Any) -> None:
    assert town("show", "--limit", "9" * 20).out == town("show").out != ""


def test_a_comparison_that_was_changed_is_refused(town: Any) -> None:
    made = town("compare", "--period", "2026", "--format", "json").json()["id"]
    assert town("compare", "--replay", made).code == 0
    with sqlite3.connect("s.db") as db:
        db.execute("UPDATE comparisons SET method = replace(method, '2026', '2027')")
    db.close()
    for words in (("--replay", made), ("--period", "2026")):
        done = town("compare", *words)
        assert (done.code, done.err) == (
            2,
            f"error: s.db: comparison `{made}` is not as it was saved\n",
        )
    assert f"comparison `{made}` is not as it was saved" in town("show", "--check").out


RUN = """
import contextlib, io, json, sys
from steelyard.cli.main import main
done = []
for words in json.loads(sys.argv[1]):
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        try:
            main(words)
        except SystemExit as left:
            done.append((left.code, out.getvalue(), err.getvalue()))
print(json.dumps(done))
"""


def obeying(*commands: tuple[str, ...]) -> list[list[Any]]:
    """Run commands one after the other in a process that obeys permissions; return the exit code
    of each and what it printed.
    """
    command = [*obedient(), sys.executable, "-c", RUN, json.dumps(commands)]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    found: list[list[Any]] = json.loads(done.stdout)
    return found


@pytest.fixture
def closed(town: Any, tmp_path: Path) -> Any:
    """Return a folder with the store in which nothing may be written."""
    folder = tmp_path / "closed"
    folder.mkdir()
    (tmp_path / "s.db").rename(folder / "s.db")
    yield folder
    folder.chmod(0o700)


def test_a_store_where_nothing_may_be_written_is_read(
    closed: Path, saved: tuple[Path, list[str]]
) -> None:
    (closed / "s.db").chmod(0o400)
    closed.chmod(0o500)
    db = ("--db", "closed/s.db", "--lang", "en")
    shown, compared, *refused = obeying(
        ("show", saved[1][0], "--format", "json", *db),
        ("compare", "--no-save", "--period", "2026", *db),
        ("compare", "--period", "2026", *db),
        ("assess", "cases", "--books", "books", *db),
    )
    assert (shown[0], json.loads(shown[1])["id"]) == (0, saved[1][0])
    assert compared[0] == 0
    assert refused == [[2, "", "error: closed/s.db: cannot be written\n"]] * 2


def test_changes_that_wait_beside_a_closed_store_are_told(
    closed: Path, saved: tuple[Path, list[str]]
) -> None:
    with Store.open(closed / "s.db") as store:
        store.query("PRAGMA wal_autocheckpoint=0")
        store.db.execute("UPDATE names SET name = 'x' WHERE party = 'nobody'")
        store.refuse_unwritable()
        store.db.execute("CREATE TABLE more (x)")
        for name in ("s.db", "s.db-wal"):
            shutil.copy(closed / name, closed / f"copy-{name}")
    for name in ("s.db", "s.db-wal"):
        (closed / f"copy-{name}").chmod(0o400)
    closed.chmod(0o500)
    said = (
        "error: closed/copy-s.db: has changes that wait in `copy-s.db-wal`, and its folder cannot "
        "be written: copy both files to a folder that can be, and use the copy\n"
    )
    assert obeying(("show", "--db", "closed/copy-s.db", "--lang", "en")) == [[2, "", said]]
