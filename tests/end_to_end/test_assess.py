"""What a sector agency does: fill in, assess, look at the result, come back to it."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from steelyard.book.library import Library

BOOK = "hospital/nine-prohibitions"
CASE = """\
book: hospital/nine-prohibitions
subject: {id: h-001, name: 某市第一医院}
period: "2026"
facts:
  medical_staff: 812
  trained_staff: {value: 800, method: records, source: training platform, date: 2026-03-01}
parties:
  - {id: d-2, kind: department, head: p-3}
  - {id: p-3, kind: person, role: department_head, department: d-2}
  - {id: p-17, kind: person, role: physician, department: d-2, society_post: false, name: 张三}
records:
  breaches:
    - {id: b-3, prohibition: 8, person: p-17, verified: true, severity: serious, crime_suspected: false}
"""


def falls_on(published: Any, party: str) -> list[list[list[str]]]:
    """Return the option lists that fall on a party."""
    return [one["options"] for one in published["consequences"] if one["falls_on"]["id"] == party]


def test_a_physicians_kickback_costs_points_and_reaches_the_head_of_department(
    run: Any, tmp_path: Path
) -> None:
    (tmp_path / "case.yaml").write_text(CASE, encoding="utf-8")
    ran = run("assess", "case.yaml", "--format", "json")
    assert ran.code == 0
    found = ran.json()
    assert found["schema"] == "steelyard/assessment@2"
    assert found["subject"] == {"id": "h-001", "name": "某市第一医院", "sector": "hospital"}
    assert (found["period"], found["as_of"]) == ("2026", "2026-12-31")
    kickbacks = next(one for one in found["findings"] if one["rule"] == "kickbacks")
    assert kickbacks["points"] == {"low": "6.00", "high": "6.00", "full": "9.00"}
    assert kickbacks["outcome"] == "partial"
    assert kickbacks["records"] == ["breaches/b-3"]
    assert kickbacks["because"]["en"] == "1 of the breaches matches: prohibition is 8 and verified"
    training = next(one for one in found["findings"] if one["rule"] == "training")
    assert (training["outcome"], training["points"]["high"]) == ("fail", "0.00")
    assert training["because"]["en"].endswith("98.52% is below 100%")
    assert sorted(falls_on(found, "p-17")) == sorted(
        [
            [["strict_handling"]],
            [
                ["criticism_education", "no_awards_this_year"],
                ["lower_appointment"],
                ["postponed_appointment"],
                ["relieved_pending"],
                ["dismissed"],
            ],
            [["appraisal_failed"]],
            [["practice_suspended"], ["licence_revoked"]],
            [["no_promotion_this_year"]],
        ]
    )
    assert falls_on(found, "p-3") == [[["joint_liability", "one_vote_veto"]]]
    assert "张三" not in ran.out


def test_the_ledger_adds_up_to_the_score(run: Any, tmp_path: Path) -> None:
    (tmp_path / "case.yaml").write_text(CASE, encoding="utf-8")
    found = run("assess", "case.yaml", "--format", "json", "--no-save").json()
    for end in ("low", "high"):
        assert sum(Decimal(one[end]) for one in found["ledger"]) == Decimal(found["score"][end])


def test_no_save_leaves_no_store_behind(run: Any, tmp_path: Path) -> None:
    (tmp_path / "case.yaml").write_text(CASE, encoding="utf-8")
    assert run("assess", "case.yaml", "--no-save").code == 0
    assert sorted(one.name for one in tmp_path.iterdir()) == ["case.yaml"]


def test_saving_twice_is_saving_once_and_show_gives_the_same_back(run: Any, tmp_path: Path) -> None:
    (tmp_path / "case.yaml").write_text(CASE, encoding="utf-8")
    first = run("assess", "case.yaml", "--format", "json").json()
    again = run("assess", "case.yaml", "--format", "json").json()
    assert first == again
    listed = run("show", "--format", "json").json()["assessments"]
    assert [one["id"] for one in listed] == [first["id"]]
    assert run("show", first["id"][:8], "--format", "json").json() == first
    said = run("show", first["id"][:8])
    assert said.code == 0
    assert "某市第一医院" in said.out
    assert "Breaches b-3" in said.out
    assert not said.err
    assert run("show", "--search", "回扣", "--format", "json").json()["assessments"]
    assert not run("show", "--search", "博物馆", "--format", "json").json()["assessments"]


def test_a_case_with_another_record_is_another_case(run: Any, tmp_path: Path) -> None:
    (tmp_path / "case.yaml").write_text(CASE, encoding="utf-8")
    (tmp_path / "other.yaml").write_text(
        CASE.replace("prohibition: 8", "prohibition: 9"), encoding="utf-8"
    )
    one, other = (
        run("assess", name, "--format", "json", "--no-save").json()
        for name in ("case.yaml", "other.yaml")
    )
    assert one["case"] != other["case"]
    assert one["id"] != other["id"]


def test_a_case_may_name_its_book_by_the_first_numbers_of_its_version(
    run: Any, tmp_path: Path
) -> None:
    (tmp_path / "case.yaml").write_text(
        CASE.replace(f"book: {BOOK}", f"book: {BOOK}@1"), encoding="utf-8"
    )
    assert run("assess", "case.yaml", "--no-save").code == 0


def test_several_files_and_folders_print_json_lines(run: Any, tmp_path: Path) -> None:
    folder = tmp_path / "cases"
    folder.mkdir()
    for number in range(45):
        text = CASE.replace("h-001", f"h-{number:03}")
        (folder / f"{number:03}.yaml").write_text(text, encoding="utf-8")
    ran = run("assess", "cases", "--format", "json")
    found = [json.loads(line) for line in ran.out.splitlines()]
    assert [one["subject"]["id"] for one in found] == [f"h-{number:03}" for number in range(45)]
    assert len(run("show", "--format", "json").json()["assessments"]) == 45


def test_one_bad_file_among_many_saves_and_prints_nothing(run: Any, tmp_path: Path) -> None:
    (tmp_path / "good.yaml").write_text(CASE, encoding="utf-8")
    (tmp_path / "bad.yaml").write_text(
        CASE.replace("812", "many").replace("person: p-17", "person: p-99"), encoding="utf-8"
    )
    ran = run("assess", "good.yaml", "bad.yaml")
    assert (ran.code, ran.out) == (2, "")
    lines = ran.err.splitlines()
    assert len(lines) == 2
    assert all(line.startswith("error: bad.yaml:") for line in lines)
    assert not (tmp_path / "steelyard.db").exists()


def test_json_and_yaml_of_one_case_give_one_assessment(run: Any, tmp_path: Path) -> None:
    (tmp_path / "case.yaml").write_text(CASE, encoding="utf-8")
    document = {
        "book": BOOK,
        "subject": {"id": "h-001", "name": "某市第一医院"},
        "period": "2026",
        "facts": {
            "medical_staff": "８１２",
            "trained_staff": {
                "value": 800,
                "method": "records",
                "source": "training platform",
                "date": "2026年3月1日",
            },
        },
        "parties": [
            {"id": "d-2", "kind": "department", "head": "p-3"},
            {"id": "p-3", "kind": "person", "role": "department_head", "department": "d-2"},
            {
                "id": "p-17",
                "kind": "person",
                "role": "physician",
                "department": "d-2",
                "society_post": "否",
            },
        ],
        "records": {
            "breaches": {
                "complete": True,
                "rows": [
                    {
                        "id": "b-3",
                        "prohibition": 8,
                        "person": "p-17",
                        "verified": "是",
                        "severity": "serious",
                        "crime_suspected": "否",
                    },
                ],
            }
        },
    }
    (tmp_path / "case.json").write_text(json.dumps(document), encoding="utf-8")
    one = run("assess", "case.yaml", "--format", "json", "--no-save").json()
    two = run("assess", "case.json", "--format", "json", "--no-save").json()
    assert one == two


@pytest.mark.parametrize("suffix", ["xlsx", "yaml"])
@pytest.mark.parametrize(
    "book",
    [
        "hospital/nine-prohibitions",
        "school/civilized-unit",
        "agency/tourism-bureau",
        "community/street-office",
    ],
)
def test_an_empty_template_is_a_valid_case_in_which_everything_is_unknown(
    run: Any, book: str, suffix: str, library: Library
) -> None:
    assert run("template", book, "-o", f"case.{suffix}").code == 0
    ran = run("assess", f"case.{suffix}", "--format", "json", "--no-save")
    assert ran.code == 0
    # Whoever hands the template in as it is has not said whose case it is.
    (line,) = ran.err.splitlines()
    assert "subject.id: `unit-1` is still the example of the template" in line
    found = ran.json()
    (note,) = found["notes"]
    assert line == f"warning: {note['en']}"
    assert "仍是模板中的示例" in note["zh"]
    rules = library.find(book).rules
    assert {one["outcome"] for one in found["findings"] if not rules[one["rule"]].bonus} <= {
        "unknown"
    }
    assert (found["score"]["low"], found["score"]["high"], found["coverage"]) == (
        "0.00",
        "100.00",
        "0.00",
    )


def test_wide_tables_hold_many_units(run: Any, tmp_path: Path) -> None:
    assert run("template", BOOK, "--wide", "-o", "units.csv").code == 0
    head = (tmp_path / "units.csv").read_text(encoding="utf-8-sig").splitlines()
    columns = head[0].split(",")
    assert "medical_staff" in columns
    rows = []
    for unit in ("h-1", "h-2"):
        cells = dict.fromkeys(columns, "")
        cells[columns[0]] = ""
        values = {
            "book": BOOK,
            "subject.id": unit,
            "subject.name": "甲医院",
            "period": "2026",
            "medical_staff": "１００",
            "trained_staff": "100",
        }
        cells |= values
        rows.append(",".join(cells[column] for column in columns))
    text = "\n".join([*head, *rows]) + "\n"
    (tmp_path / "units.csv").write_bytes(text.encode("gb18030"))
    found = [
        json.loads(line)
        for line in run("assess", "units.csv", "--format", "json", "--no-save").out.splitlines()
    ]
    assert [one["subject"]["id"] for one in found] == ["h-1", "h-2"]
    assert all(
        next(f for f in one["findings"] if f["rule"] == "training")["outcome"] == "pass"
        for one in found
    )


def test_the_demo_says_what_it_found_what_follows_and_where_it_is_saved(
    run: Any, tmp_path: Path
) -> None:
    ran = run("demo")
    assert ran.code == 0
    for words in (
        "not settled",
        "What cost points",
        "What follows",
        "Still to be shown, most valuable first",
        "steelyard.db",
    ):
        assert words in ran.out
    assert (tmp_path / "steelyard.db").exists()


def test_every_checkable_clause_of_the_nine_prohibitions_is_carried_out(run: Any) -> None:
    found = run("book", "clauses", BOOK, "--format", "json").json()
    assert (found["checkable"], found["cited"], len(found["clauses"])) == (202, 202, 225)
    by_id = {one["id"]: one for one in found["clauses"]}
    assert "rule:kickbacks" in by_id["H1.8.3"]["cited_by"]
    assert any(name.startswith("consequence:") for name in by_id["H1.20.10"]["cited_by"])


def test_no_book_cites_a_clause_that_its_scheme_does_not_have(library: Library) -> None:
    from steelyard.book.coverage import coverage_of

    for source in library.sources:
        covered = coverage_of(library.find(source.key), library.clauses(source.key))
        assert covered.unknown == ()
        assert covered.cited == covered.checkable


def test_books_lists_every_book_with_its_coverage(run: Any) -> None:
    rows = {one["id"]: one for one in run("books", "--format", "json").json()["books"]}
    assert rows[BOOK]["plugin"] == "hospital"
    assert (rows[BOOK]["clauses"], rows[BOOK]["checkable"], rows[BOOK]["cited"]) == (225, 202, 202)


def test_a_book_of_ones_own_needs_no_plugin(run: Any, tmp_path: Path) -> None:
    folder = tmp_path / "books"
    folder.mkdir()
    (folder / "nine.yaml").write_text(
        "book: city/nine\nversion: 1.0.0\nsector: hospital\nextends: hospital/nine-prohibitions\n"
        "tailor:\n  drop: {suspected-crime: 由法院决定}\n  set:\n    points: {training: 6, "
        "leading-group: 1}\n"
        "    parameters: {coverage_floor: {2026-07-01: 0.9}}\n",
        encoding="utf-8",
    )
    (tmp_path / "case.yaml").write_text(CASE.replace(BOOK, "city/nine"), encoding="utf-8")
    found = run("assess", "case.yaml", "--books", "books", "--format", "json", "--no-save").json()
    training = next(one for one in found["findings"] if one["rule"] == "training")
    assert (training["outcome"], training["points"]["full"]) == ("pass", "6.00")
    early = CASE.replace(BOOK, "city/nine").replace(
        'period: "2026"', 'period: "2026"\nas_of: 2026-06-30'
    )
    (tmp_path / "early.yaml").write_text(early, encoding="utf-8")
    found = run("assess", "early.yaml", "--books", "books", "--format", "json", "--no-save").json()
    assert next(one for one in found["findings"] if one["rule"] == "training")["outcome"] == "fail"
