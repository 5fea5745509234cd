"""The store: the very same document comes back, nothing is lost or kept twice, and Chinese of any
length is found.
"""

from __future__ import annotations

import contextlib
import copy
import json
import os
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from rights import obedient

import steelyard
from steelyard import StoreError
from steelyard.canonical import canonical, known_by
from steelyard.comparison.options import Options
from steelyard.comparison.saved import compare_saved
from steelyard.store.attained import attained, attained_by
from steelyard.store.check import faults
from steelyard.store.comparisons import Made, keep, kept
from steelyard.store.rows import Units, decimal_text
from steelyard.store.store import Entry, Store
from steelyard.ticks import silent

BOOK = {
    "book": "hospital/nine-prohibitions",
    "version": "1.0.0",
    "rules": [
        {"id": "kickbacks", "title": {"zh": "不准收受回扣", "en": "No kickbacks"}},
        {"id": "training", "title": {"zh": "培训全覆盖", "en": "Everyone is trained"}},
    ],
    "measures": {
        "appraisal_failed": {
            "kind": "sanction",
            "title": {"zh": "定期考核不合格", "en": "Fails the appraisal"},
        }
    },
}
BOOK_DIGEST = known_by(canonical(BOOK))


def entry(
    number: int = 1,
    *,
    name: str = "某市第一医院",
    because: str = "查实两起",
    outcome: str = "partial",
    low: str = "3.00",
) -> Entry:
    """Return an assessment of a made-up hospital in the shape of design section 11."""
    points = {"low": low, "high": "9.00", "full": "9.00"}
    case = {
        "book": BOOK["book"],
        "subject": {"id": f"h-{number:03d}"},
        "facts": {"medical_staff": 800 + number},
    }
    assessment = {
        "schema": "steelyard/assessment@2",
        "id": f"{number:04d}ab{number * 7919:010x}",
        "as_of": "2026-12-31",
        "case": known_by(canonical(case)),
        "book": {"id": BOOK["book"], "version": BOOK["version"], "digest": BOOK_DIGEST},
        "subject": {"id": f"h-{number:03d}", "name": name, "sector": "hospital"},
        "period": "2026",
        "coverage": "0.86",
        "score": {"low": "82.00", "high": "96.50", "full": "100.00"},
        "grade": {"low": "pass", "high": "excellent", "settled": False},
        "veto": "no",
        "not_rated": "no",
        "findings": [
            {
                "rule": "kickbacks",
                "section": "conduct",
                "dimension": "integrity",
                "outcome": outcome,
                "points": points,
                "because": {"zh": because, "en": "two verified breaches"},
                "cites": ["H1.8"],
                "records": ["breaches/b-3"],
            },
            {
                "rule": "training",
                "section": None,
                "dimension": "learning",
                "outcome": "pass",
                "points": points,
                "because": {"zh": "全员已培训", "en": "all staff are trained"},
                "cites": ["H1.15.6"],
                "records": [],
            },
        ],
        "consequences": [
            {
                "falls_on": {"kind": "person", "id": "p-17"},
                "options": [["appraisal_failed"]],
                "certain": True,
                "because": {"zh": "台账 b-3", "en": "record b-3"},
                "cites": ["H1.20.10"],
                "record": "breaches/b-3",
            },
        ],
        "ledger": [
            {"step": "item", "id": "kickbacks", "low": low, "high": "9.00"},
            {"step": "rounding", "id": "conduct", "low": "-0.50", "high": "0.00"},
        ],
    }
    return Entry(assessment, case, {"p-17": "某甲"}, BOOK, {"hospital": "0.1.0"})


@pytest.fixture
def store(tmp_path: Path):
    with Store.open(tmp_path / "steelyard.db") as store:
        yield store


def ids(found: list[dict]) -> list[str]:
    return [row["subject"]["id"] for row in found]


def test_the_very_same_document_comes_back(store: Store) -> None:
    saved = entry()
    assert store.save([saved]) == ((saved.assessment["id"],), ())
    back = store.get(saved.assessment["id"])
    assert json.dumps(back, ensure_ascii=False) == json.dumps(saved.assessment, ensure_ascii=False)
    assert store.case(saved.assessment["case"]) == saved.case
    assert store.book(BOOK_DIGEST) == BOOK
    assert store.names(saved.assessment["case"]) == {"p-17": "某甲"}


def test_saving_the_same_again_changes_nothing(store: Store) -> None:
    one, two = entry(1), entry(2)
    first = one.assessment["id"], two.assessment["id"]
    assert store.save([one, two, one]) == (first, ())
    assert store.save([one, copy.deepcopy(two)]) == ((), first)
    for table, rows in {
        "assessments": 2,
        "documents": 2,
        "cases": 2,
        "books": 1,
        "names": 2,
    }.items():
        assert store.db[table].count == rows, table


def test_a_key_in_another_order_is_the_same_assessment(store: Store) -> None:
    one = entry()
    store.save([one])
    turned = dict(reversed(one.assessment.items()))
    assert store.save([one._replace(assessment=turned)]).known == (one.assessment["id"],)


@pytest.mark.parametrize("together", [True, False], ids=["in one batch", "later"])
def test_an_id_with_other_content_is_refused_and_nothing_of_its_batch_kept(
    store: Store, *, together: bool
) -> None:
    one, other = entry(1), entry(1, because="查实三起")
    if not together:
        store.save([one])
    with pytest.raises(
        StoreError, match=f"assessment `{one.assessment['id']}` is there with other content"
    ):
        store.save([entry(2), *([one] if together else []), other])
    assert len(store.list()) == (0 if together else 1)
    assert store.save([entry(2)]).new
    assert ids(store.list(search="某市第一医院")) == (["h-002"] if together else ["h-002", "h-001"])


CHANGED = {
    "its row": ("UPDATE assessments SET veto = 'yes'", "the row of assessment"),
    "its document": ("UPDATE documents SET document = x'00'", "assessment"),
    "nothing": ("UPDATE assessments SET veto = veto", ""),
}


@pytest.mark.parametrize(("change", "message"), CHANGED.values(), ids=CHANGED)
def test_what_is_there_already_counts_as_saved_only_as_it_was(
    store: Store, change: str, message: str
) -> None:
    store.save([entry()])
    store.db.execute(change)
    if not message:
        assert store.save([entry()]).known
        return
    with pytest.raises(StoreError, match=message):
        store.save([entry()])


def test_the_only_assessment_of_a_group_is_missed_when_it_is_gone(store: Store) -> None:
    store.save([entry(1)])
    store.db.execute("PRAGMA foreign_keys=off")
    store.db.execute("DELETE FROM assessments")
    with pytest.raises(StoreError, match=r"of 1 assessment by \S+ in 2026, 0 are there"):
        store.list()


def test_a_book_of_many_assessments_that_was_changed_is_named_once(store: Store) -> None:
    store.save([entry(1), entry(2)])
    store.db.execute("UPDATE books SET version = '9'")
    assert [one.text() for one in faults(store, silent)] == [
        f"{store.name}: book `{BOOK_DIGEST}` is not as it was saved"
    ]


def test_where_the_disk_is_full_it_is_told_how_many_are_saved(store: Store) -> None:
    store.save([entry(1)])
    [(pages,)] = store.query("PRAGMA page_count")
    store.query(f"PRAGMA max_page_count = {pages + 60}")
    with pytest.raises(StoreError) as caught:
        store.save(entry(number) for number in range(2, 2000))
    first, second = str(caught.value).splitlines()
    saved = len(store.list()) - 1
    assert first == f"{store.name}: cannot be written: the disk is full"
    assert second.startswith(f"{store.name}: before that, the first {saved} assessments were saved")
    assert saved in range(100, 1900, 100)
    store.query("PRAGMA max_page_count = 100000")
    again = store.save(entry(number) for number in range(2, 2000))
    assert len(again.known) == saved


def test_a_corrected_name_of_a_person_replaces_the_old_one_and_stands_nowhere_else(
    store: Store,
) -> None:
    one = entry()
    store.save([one])
    store.save([one._replace(names={"p-17": "某乙"})])
    assert store.names(one.assessment["case"]) == {"p-17": "某乙"}
    tables = [
        table
        for table in store.db.table_names()
        if any("某乙" in str(tuple(row.values())) for row in store.db[table].rows)
    ]
    assert tables == ["names"]
    assert store.list(search="某乙") == []


def test_the_rows_say_the_same_as_the_document(store: Store) -> None:
    store.save([entry(1, low="-0.50")])
    db = store.db
    assert db.execute(
        'SELECT score_low, score_high, "full", decimals, points FROM assessments'
    ).fetchall() == [
        (8200, 9650, 10000, 2, str([*[0] * 9, -50, 900, 900, *[0] * 24]).replace(" ", ""))
    ]
    assert db.execute("PRAGMA foreign_key_check").fetchall() == []


def test_an_assessment_is_found_by_the_beginning_of_its_id(store: Store) -> None:
    store.save([entry(1), entry(2)])
    assert store.get("0002")["subject"]["id"] == "h-002"
    with pytest.raises(StoreError, match="`000` begins several ids: 0001ab"):
        store.get("000")
    for unknown in ("0003", "", "%", "0001AB"):
        with pytest.raises(StoreError, match=f"there is no assessment `{unknown}`"):
            store.get(unknown)


def test_a_summary_has_the_shape_of_the_document(store: Store) -> None:
    store.save([entry()])
    [summary] = store.list()
    document = store.get(summary["id"])
    assert summary.pop("saved_at")[10] == "T"
    assert summary.pop("book") == {"id": BOOK["book"], "version": "1.0.0"}
    assert summary == {key: document[key] for key in summary}


def test_assessments_are_listed_newest_first_and_filtered(store: Store) -> None:
    for number in (2, 1, 3):
        store.save([entry(number)])
    assert ids(store.list()) == ["h-003", "h-001", "h-002"]
    assert ids(store.list(limit=1)) == ["h-003"]
    assert ids(store.list(subject="h-001", period="2026", book=BOOK["book"])) == ["h-001"]
    assert ids(store.list(book=f"{BOOK['book']}@1.0.0", limit=2)) == ["h-003", "h-001"]
    for nothing in (
        {"book": "hospital/x"},
        {"book": f"{BOOK['book']}@2"},
        {"period": "2025"},
        {"subject": "h"},
    ):
        assert store.list(**nothing) == []


FOUND = {
    "a whole name": ("某市第一医院", ["h-001"]),
    "two characters of a name": ("一医", ["h-001"]),
    "one character": ("校", ["h-002"]),
    "the id of a subject": ("h-002", ["h-002"]),
    "a reason": ("查实两起", ["h-001"]),
    "characters that do not stand together": ("查两", []),
    "a title": ("收受回扣", ["h-002", "h-001"]),
    "a title and its outcome": ("收受回扣 不达标", ["h-002"]),
    "the outcome in English": ("kickbacks FAIL", ["h-002"]),
    "a name and a reason": ("第一医院 回扣", ["h-001"]),
    "a name and another's reason": ("第一医院 三起", []),
    "words of two findings": ("三起 全员", []),
    "a measure": ("定期考核", ["h-002", "h-001"]),
    "a measure in English": ('"fails the appraisal"', ["h-002", "h-001"]),
    "words in another order": ('"the fails"', []),
    "full-width letters": ("ｋｉｃｋｂａｃｋｓ", ["h-002", "h-001"]),
    "a rare character": ("𠮷", ["h-002"]),
    "signs alone": ('"—" ***', []),
    "the signs of a query": ('回扣 AND ( " OR NEAR said:', []),
    "nothing at all": ("  ", ["h-002", "h-001"]),
}


@pytest.mark.parametrize(("search", "expected"), FOUND.values(), ids=FOUND)
def test_text_is_found(store: Store, search: str, expected: list[str]) -> None:
    store.save([entry(1), entry(2, name="𠮷县中心校", because="查实三起", outcome="fail")])
    assert ids(store.list(search=search)) == expected


WRITER = """
import sys
sys.path[:0] = {tests!r}
from test_store import entry
from steelyard.store.store import Store
with Store.open(sys.argv[1]) as store:
    for number in range(int(sys.argv[2]), int(sys.argv[3])):
        saved = store.save([entry(number)])
        print(*saved.new, *saved.known, flush=True)
"""


def writer(path: Path, first: int, last: int) -> subprocess.Popen[str]:
    code = WRITER.format(tests=[str(Path(__file__).parent), str(Path(__file__).parents[1])])
    environment = os.environ | {"PYTHONPATH": str(Path(steelyard.__file__).parents[1])}
    return subprocess.Popen(
        [sys.executable, "-c", code, str(path), str(first), str(last)],
        stdout=subprocess.PIPE,
        text=True,
        env=environment,
    )


def test_a_process_that_is_killed_loses_nothing_that_it_had_acknowledged(tmp_path: Path) -> None:
    path = tmp_path / "steelyard.db"
    process = writer(path, 1, 100_000)
    acknowledged = [process.stdout.readline().strip() for _ in range(40)]
    process.send_signal(signal.SIGKILL)
    acknowledged += [
        line.strip()
        for line in process.stdout.read().splitlines()
        if len(line.strip()) == len(acknowledged[0])
    ]
    process.wait()
    process.stdout.close()
    with Store.open(path, create=False) as store:
        assert store.db.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        assert store.db.execute("PRAGMA foreign_key_check").fetchall() == []
        assert {store.get(name)["id"] for name in acknowledged} == set(acknowledged)
        assert len(store.list(search="回扣")) == len(store.list()) >= len(acknowledged)


def test_two_processes_save_into_a_new_store_at_once(tmp_path: Path) -> None:
    path = tmp_path / "steelyard.db"
    processes = [writer(path, 1, 40), writer(path, 20, 60)]
    outputs = [process.communicate(timeout=60)[0] for process in processes]
    assert [process.returncode for process in processes] == [0, 0]
    assert [len(output.splitlines()) for output in outputs] == [39, 40]
    with Store.open(path, create=False) as store:
        assert store.db.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        assert len(store.list()) == 59


def _folder(path: Path) -> None:
    path.mkdir()


def _text(path: Path) -> None:
    path.write_text("not a database at all, " * 100)


def _foreign(path: Path) -> None:
    with sqlite3.connect(path) as db:
        db.execute("CREATE TABLE theirs (x)")
    db.close()


def _later(path: Path) -> None:
    Store.open(path).close()
    with sqlite3.connect(path) as db:
        db.execute(
            "INSERT INTO _sqlite_migrations (migration_set, name, applied_at) VALUES "
            "('steelyard', 'ninth', '')"
        )
    db.close()


def _damaged(path: Path) -> None:
    with Store.open(path) as store:
        store.save([entry(number) for number in range(1, 40)])
    content = bytearray(path.read_bytes())
    content[4096 * 2 :] = b"\x07" * len(content[4096 * 2 :])
    path.write_bytes(content)


UNUSABLE = {
    "a folder": (_folder, "is a folder, not a store"),
    "a text": (_text, "is not a store"),
    "another program's": (_foreign, "is a database of another program"),
    "a later version's": (_later, "was written by a later version of steelyard"),
    "a damaged file": (_damaged, "is damaged"),
}


@pytest.mark.parametrize(("make", "message"), UNUSABLE.values(), ids=UNUSABLE)
def test_a_file_that_cannot_serve_is_told_in_one_line(tmp_path: Path, make, message: str) -> None:
    path = tmp_path / "x.db"
    make(path)
    with pytest.raises(StoreError) as caught, Store.open(path) as store:
        store.get("0001")
    assert str(caught.value) == f"{path}: {message}"


def test_what_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="there is no such store"):
        Store.open(tmp_path / "x.db", create=False)
    assert not (tmp_path / "x.db").exists()
    with pytest.raises(StoreError, match=r"there is no folder `.*nowhere`"):
        Store.open(tmp_path / "nowhere" / "x.db")


def _no_table(path: Path) -> None:
    with contextlib.closing(sqlite3.connect(path)) as made:
        made.execute("CREATE TABLE t (a)")
        made.execute("DROP TABLE t")
        made.commit()


@pytest.mark.parametrize("make", [Path.touch, _no_table], ids=["no byte", "no table"])
def test_a_file_with_nothing_in_it_becomes_a_store_only_by_what_saves(tmp_path: Path, make) -> None:
    path = tmp_path / "x.db"
    make(path)
    before = path.read_bytes()
    with pytest.raises(StoreError, match="is empty: nothing was ever saved in it"):
        Store.open(path, create=False)
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]
    with Store.open(path) as store:
        assert list(store.list()) == []


def test_a_folder_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "closed").mkdir(mode=0o500)
    script = "from steelyard.store.store import Store; Store.open('closed/x.db')"
    command = [*obedient(), sys.executable, "-c", script]
    done = subprocess.run(command, check=False, capture_output=True, text=True, cwd=tmp_path)
    assert done.stderr.endswith(
        "StoreError: closed/x.db: cannot be opened, or its folder cannot be written\n"
    )


def test_broken_characters_are_refused_in_one_line(store: Store) -> None:
    with pytest.raises(StoreError, match="cannot hold broken characters"):
        store.save([entry(1, name="\ud800")])
    assert store.list() == []


def test_a_store_that_another_program_holds_is_told(tmp_path: Path) -> None:
    with Store.open(tmp_path / "x.db") as store, Store.open(tmp_path / "x.db") as other:
        other.db.execute("PRAGMA busy_timeout=0")
        store.db.execute("BEGIN IMMEDIATE")
        with pytest.raises(StoreError, match="is held by another program"):
            other.save([entry()])
        store.db.rollback()
        assert other.save([entry()]).new


# What a comparison reads


def of(number: int, sector: str, period: str = "2026", book: str = "hospital/a") -> Entry:
    one = entry(number)
    said = json.loads(json.dumps(one.assessment))
    said["subject"]["sector"], said["period"], said["book"]["id"] = sector, period, book
    said["book"]["digest"] = f"sha256:{book}"
    return one._replace(assessment=said)


FILTERS = {
    "nothing named": ({}, [1, 2, 3, 4]),
    "one sector": ({"sectors": ["school"]}, [2, 4]),
    "two sectors": ({"sectors": ["school", "agency"]}, [2, 3, 4]),
    "a sector that is not there": ({"sectors": ["schoo"]}, []),
    "a book": ({"books": ["b"]}, [3, 4]),
    "a version": ({"books": ["b@1.0.0"]}, [3, 4]),
    "another version": ({"books": ["b@2.0.0"]}, []),
    "a sector and a book": ({"sectors": ["school"], "books": ["b"]}, [4]),
}


@pytest.mark.parametrize(("wanted", "expected"), FILTERS.values(), ids=FILTERS)
def test_the_assessments_of_some_sectors_or_books_are_read(
    store: Store, wanted: dict, expected: list[int]
) -> None:
    store.save(
        [
            of(1, "hospital", book="a"),
            of(2, "school", book="a"),
            of(3, "agency", book="b"),
            of(4, "school", book="b"),
            of(5, "school", period="2025", book="b"),
        ]
    )
    assert [row[2] for row in attained(store, ["2026"], **wanted)] == [
        f"h-{number:03d}" for number in expected
    ]


def test_what_an_assessment_says_of_its_dimensions_is_kept_to_all_its_places(store: Store) -> None:
    # A third of 10 points and two thirds, carried with 8 places in all; perhaps nothing is asked on
    # the last dimension, and surely nothing on `values`.
    told = {
        "leadership": (333333333, 666666667, 1000, "yes"),
        "values": (0, 0, 500, "no"),
        "publicity": (0, 40 * 10**8, 4000, "possible"),
    }
    store.save([entry(1)._replace(dimensions=told), entry(2)])
    exact, summed = attained(store, ["2026"])
    assert exact[21:] == (
        *(333333333, 666666667, 1000),
        *[0] * 30,
        *(0, 40 * 10**8, 4000),
        6,
        1 << 11,
    )
    # Without it, the findings are summed: `kickbacks` on integrity, the fourth; bonus rules are
    # not.
    assert summed[21:] == (*[0] * 9, 300, 900, 900, *[0] * 24, 0, -1)


def test_attainment_is_the_exact_share_of_what_was_kept(store: Store) -> None:
    half = 5 * 10**9
    store.save(
        [
            # 1 and 2 of 3 points, then 50 and a little more of 100, to 8 places: as much as makes
            # half a millionth, and a hundred-millionth of a point less.
            entry(1)._replace(dimensions={"integrity": (100000000, 200000000, 300, "yes")}),
            entry(2)._replace(dimensions={"integrity": (half, half + 5000, 10000, "possible")}),
            entry(3)._replace(dimensions={"integrity": (half, half + 4999, 10000, "yes")}),
        ]
    )
    found = compare_saved(store, Options(draws=5, lists=(), dimensions=("integrity",)))
    attained_ = found.now.attained
    assert [(attained_.low[row, 3], attained_.high[row, 3]) for row in range(3)] == [
        (333333, 666667),
        (500000, 500001),
        (500000, 500000),
    ]


@pytest.mark.parametrize(("asked", "best"), [("yes", 2), ("possible", 1)])
def test_a_unit_of_which_perhaps_nothing_is_asked_may_leave_the_ranking(
    store: Store, asked: str, best: int
) -> None:
    ahead, behind = (6 * 10**9, 6 * 10**9, 10000, asked), (5 * 10**9, 5 * 10**9, 10000, "yes")
    store.save(
        [
            entry(1)._replace(dimensions={"integrity": ahead}),
            entry(2)._replace(dimensions={"integrity": behind}),
        ]
    )
    found = compare_saved(store, Options(draws=5, lists=(), dimensions=("integrity",)))
    assert found.ranking is not None
    assert found.ranking.rank.tolist() == [1, 2]
    assert found.ranking.best.tolist() == [1, best]


# Comparisons that were made


def made(name: str, printed: str = "text", result: str = "r") -> Made:
    return Made(name, printed, {"draws": 5}, ["0001ab"], {"units": 1}, result)


def test_a_comparison_comes_back_as_it_was_last_asked_for(store: Store) -> None:
    keep(store, made("abc"))
    assert kept(store, "abc") == kept(store, "a") == made("abc")
    keep(store, made("abc", "json"))
    assert kept(store, "abc").printed == "json"
    with pytest.raises(StoreError, match="comparison `abc` is there with another result"):
        keep(store, made("abc", result="other"))
    assert kept(store, "abc").result == "r"


def test_a_comparison_is_found_by_the_beginning_of_its_id(store: Store) -> None:
    for name in ("ab1", "ab2", "ab"):
        keep(store, made(name))
    assert kept(store, "ab").id == "ab"
    assert kept(store, "ab2").id == "ab2"
    with pytest.raises(StoreError, match=r"`a` begins several ids: ab, ab1, ab2$"):
        kept(store, "a")
    keep(store, made("ab3"))
    with pytest.raises(StoreError, match=r"`a` begins several ids: ab, ab1, ab2…$"):
        kept(store, "a")
    for nothing in ("", "b", "ab12"):
        with pytest.raises(StoreError, match=f"there is no comparison `{nothing}`"):
            kept(store, nothing)


def test_assessments_are_read_by_their_ids(store: Store) -> None:
    store.save([entry(1), entry(2), entry(3)])
    wanted = [entry(n).assessment["id"] for n in (3, 1)]
    assert [row[1] for row in attained_by(store, [*wanted, "none"])] == [wanted[1], wanted[0]]


@pytest.mark.parametrize(
    ("units", "decimals", "text"),
    [(150, 2, "1.50"), (-5, 2, "-0.05"), (0, 2, "0.00"), (7, 0, "7"), (-7, 0, "-7"),
     (1234, 3, "1.234"), (99, 1, "9.9")],
)  # fmt: skip
def test_points_come_back_as_the_text_that_they_were(units: int, decimals: int, text: str) -> None:
    assert decimal_text(units, decimals) == text
    assert Units(decimals)[text] == units


def test_what_is_no_figure_of_a_book_is_refused() -> None:
    figures = Units(2)
    assert (figures["1"], figures["1.5"]) == (100, 150)
    for text in ("1.005", "x"):
        with pytest.raises(ValueError, match=r"invalid literal|1\.005"):
            figures[text]


@pytest.mark.parametrize("how", ["a full disk", "interrupted"])
def test_a_save_that_is_stopped_tells_how_many_it_had_saved(store: Store, how: str) -> None:
    def many() -> Iterator[Entry]:
        for number in range(150):
            if number == 120 and how == "interrupted":
                raise KeyboardInterrupt
            if number == 120:
                # To SQLite the disk is full from here on.
                (pages,) = store.query("PRAGMA page_count")
                store.query(f"PRAGMA max_page_count = {pages[0]}")
            yield of(number, "hospital")

    with pytest.raises((StoreError, KeyboardInterrupt)) as stopped:
        store.save(many())
    faults = [one.text().removeprefix(f"{store.name}: ") for one in stopped.value.faults]
    assert faults == [
        *(["cannot be written: the disk is full"] if how == "a full disk" else []),
        (
            "before that, the first 100 assessments were saved, and they stay saved; the same again "
            "saves the others"
        ),
    ]
    assert len(store.list()) == 100
