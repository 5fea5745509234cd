"""A case carried into a fresh workbook, YAML or table: all of it arrives, or what cannot is named
and nothing is written.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from openpyxl import load_workbook

from steelyard.book.model import RuleBook
from steelyard.book.reading.load import parse_book
from steelyard.case.formats.files import cases_in
from steelyard.case.formats.round_trip import Carried, carried, only
from steelyard.case.formats.template import write_yaml
from steelyard.case.formats.wide import write_wide
from steelyard.case.formats.workbook import write_workbook
from steelyard.case.model import Case
from steelyard.cli.main import main
from steelyard.errors import CaseError, SteelyardError, UsageError
from steelyard.judging.assessment import weigh

ZONE = """
book: town/zone
version: 1.0.0
sector: town
facts: {tidy: {type: number, min: 0, max: 1, decimals: 2}}
sections: [{id: all, points: 100}]
rules: [{id: tidy-zone, section: all, proportional: tidy, points: 100}]
grades: [{id: good, at_least: 80}, {id: poor, at_least: 0}]
"""
BOOK = """
book: town/hall
version: 2.1.0
title: {zh: 镇政府, en: Town hall}
sector: town
facts:
  staff: {type: integer, min: 1, title: {zh: 人数, en: Staff}}
  trained: {type: integer, min: 0, max: staff, title: {zh: 已培训, en: Trained}}
  fine: {type: number, decimals: 6}
  huge: {type: integer}
  satisfaction: {type: survey}
  style: {type: {A: {zh: 好, en: Good}, B: {zh: 中, en: Fair}, C: {zh: 差, en: Poor}}, ordered: true}
  opened: {type: date}
  moved: {type: date, missing: none}
  published: {type: boolean}
  remark: {type: text}
  chief: {type: person}
parties:
  zone: {title: {zh: 责任区, en: Zone}, notes: {zh: 一区一行, en: A row for each}}
  person: {title: {zh: 人员, en: Person}, role: [leader, clerk], zone: zone, note: {type: text, missing: none}}
records:
  breaches:
    title: {zh: 违规记录, en: Breaches}
    date: date
    person: {type: person, missing: none}
    severity: {type: {minor: {zh: 轻, en: Minor}, grave: {zh: 重, en: Grave}}, missing: refused}
    points: {type: number, decimals: 1}
    verified: boolean
  warnings: {title: {zh: 警示, en: Warnings}, note: text}
  zones: {from_book: town/zone@1, roster: zones, every: quarter}
sections: [{id: all, points: 100}]
rules:
  - {id: training, section: all, points: 20, requires: trained >= 0.9 * staff}
  - {id: ticks, section: all, points: 40, checklist: [{id: first}, {id: second}, {id: third}]}
  - {id: breaches, section: all, points: 30, demerit: {over: breaches, when: verified, each: 3}}
  - {id: reports, section: all, points: 10, stage: reports}
stages: [{id: reports, deliverables: [{id: report}, {id: plan}]}]
grades: [{id: pass, at_least: 60}, {id: fail, at_least: 0}]
"""
CASE = """
book: town/hall
subject: {id: "007", name: "=某镇 & Co", part_of: city-1}
period: 2026H1
as_of: 2026-05-31
facts:
  staff:
    - {value: 812, method: records, source: "=人事系统", date: 2026-03-01}
    - {value: 820, method: report, source: "通报 [2026] 3 号: 附表", date: 1899-12-31}
    - 790..800
  trained: 700..780
  fine: 0.100001
  huge: 999999999999
  satisfaction: [{positive: 470, asked: 500, method: survey}, {positive: 81, asked: 90}]
  style: A..B
  opened: 1870-05-06..1870-06-30
  moved: none
  published: 否
  remark: "- #1: \\"x\\" _x0041_ 'y'\\n第二行 @ %"
  chief: p-10
  first: {value: na, method: site}
  second: [yes, no]
  report: 2026-03-01
  plan: none
parties:
  - {id: p-10, kind: person, name: 某甲, role: leader, zone: z-1, note: none}
  - {id: p-9, kind: person, zone: unknown}
  - {id: z-1, kind: zone, name: "null"}
records:
  breaches:
    complete: true
    rows:
      - {date: 2026-03-01..2026-03-05, person: p-10, severity: grave, points: 0.5, verified: unknown, evidence: {method: site, date: 2026-04-01}}
      - {id: "0012", severity: minor, person: none, points: 1..2.5}
  zones: [{subject: z-1, period: 2026Q1}, {subject: z-1, zone: z-1, period: 2026Q2, assessment: abc, score_low: 70, score_high: 90, grade: poor..good, veto: 否}]
waivers:
  - {rule: training, authority: 县, reason: "新设: 是", until: 2026-12-31}
"""


@pytest.fixture(scope="module")
def book() -> RuleBook:
    return parse_book(BOOK, "hall.yaml", base=lambda _: (ZONE, "zone.yaml"))


@pytest.fixture
def carry(book: RuleBook, tmp_path: Path) -> Any:
    """Return what makes a case of a text."""

    def made(text: str, name: str = "last.yaml") -> list[Carried]:
        (tmp_path / name).write_text(text, encoding="utf-8")
        return carried(tmp_path / name, book, unknown)

    return made


def unknown(said: str, place: str) -> RuleBook:
    raise CaseError([])


def again(path: Path, book: RuleBook) -> Case:
    (case,) = cases_in(path, lambda _said, _place: book)
    return case


@pytest.mark.parametrize("form", ["xlsx", "yaml"])
def test_all_of_a_case_arrives(form: str, carry: Any, book: RuleBook, tmp_path: Path):
    case = only(carry(CASE), "last.yaml")
    path = tmp_path / f"new.{form}"
    (write_workbook if form == "xlsx" else write_yaml)(book, path, case=case)
    found = again(path, book)
    assert found.document == case.case.document
    assert (found.digest, found.names) == (case.case.digest, case.case.names)
    assert json.dumps(weigh(book, found).to_json()) == json.dumps(weigh(book, case.case).to_json())
    assert found.facts["staff"].conflict
    # A second time round nothing is added or lost either.
    (second,) = carried(path, book, unknown)
    (write_workbook if form == "xlsx" else write_yaml)(book, path, case=second)
    assert again(path, book).digest == case.case.digest


def test_parts_that_are_expected_are_not_frozen_by_the_way(
    carry: Any, book: RuleBook, tmp_path: Path
):
    write_workbook(book, tmp_path / "new.xlsx", case=only(carry(CASE), "last.yaml"))
    write_yaml(book, tmp_path / "new.yaml", case=only(carry(CASE), "last.yaml"))
    workbook = load_workbook(tmp_path / "new.xlsx")
    sheet = next(
        one for one in workbook.worksheets if one["A1"].value == "steelyard:register:zones"
    )
    column = next(cell.column for cell in sheet[1] if cell.value == "assessment")
    rows = [
        [cell.value for cell in row]
        for row in sheet.iter_rows()
        if any(cell.value in {"2026Q1", "2026Q2"} for cell in row)
    ]
    assert [row[column - 1] for row in rows] == [None, "abc"]
    assert "{subject: z-1, period: 2026Q1}" in (tmp_path / "new.yaml").read_text(encoding="utf-8")


def test_a_register_of_which_a_case_does_not_speak_stays_so(
    carry: Any, book: RuleBook, tmp_path: Path
):
    text = (
        "book: town/hall\nsubject: {id: a}\nperiod: '2026'\nrecords: {breaches: {complete: "
        "false, rows: []}, zones: []}\n"
    )
    case = only(carry(text), "last.yaml")
    for name, write in (("new.xlsx", write_workbook), ("new.yaml", write_yaml)):
        write(book, tmp_path / name, case=case)
        assert set(again(tmp_path / name, book).document["records"]) == {"breaches", "zones"}


def test_what_a_form_cannot_hold_is_named_and_nothing_is_written(book: RuleBook, tmp_path: Path):
    said = {
        "book": "town/hall",
        "subject": {"id": "a"},
        "period": "2026",
        "facts": {"remark": {"value": "y", "source": "\ufffe"}},
        "parties": [{"id": "p-1", "kind": "person", "name": "\uffff", "note": "x\ufffe"}],
    }
    (tmp_path / "last.json").write_text(json.dumps(said), encoding="utf-8")
    case = only(carried(tmp_path / "last.json", book, unknown), "last.json")
    with pytest.raises(UsageError) as caught:
        write_workbook(book, tmp_path / "new.xlsx", case=case)
    assert [one.text().partition("last.json: ")[2] for one in caught.value.faults] == [
        "facts.remark.source: cannot be written in this form as it is",
        "parties.p-1.note: cannot be written in this form as it is",
        "parties.p-1.name: cannot be written in this form as it is",
    ]
    with pytest.raises(SteelyardError):
        write_yaml(book, tmp_path / "new.yaml", case=case)
    assert not (tmp_path / "new.xlsx").exists()
    assert not (tmp_path / "new.yaml").exists()


UNITS = [
    (
        "book: town/hall\nsubject: {id: '01', name: 甲, part_of: c}\nperiod: '2026'\nfacts: "
        "{staff: 12, satisfaction: 3/4, first: na, opened: 2026-03-01}\n"
    ),
    (
        "book: town/hall\nsubject: {id: '02'}\nperiod: '2026'\nas_of: 2026-06-30\nfacts: "
        "{staff: 3..5, style: A, plan: none}\n"
    ),
]


@pytest.mark.parametrize("form", ["xlsx", "csv"])
def test_units_are_carried_into_a_row_each(form: str, carry: Any, book: RuleBook, tmp_path: Path):
    cases = [one for number, text in enumerate(UNITS) for one in carry(text, f"{number}.yaml")]
    path = tmp_path / f"units.{form}"
    write_wide(book, path, cases)
    assert [one.digest for one in cases_in(path, lambda _said, _place: book)] == [
        one.case.digest for one in cases
    ]
    with pytest.raises(UsageError, match="holds 2 cases, and this form takes one"):
        only(carried(path, book, unknown), "units")


def test_a_row_names_what_it_has_no_place_for(carry: Any, book: RuleBook, tmp_path: Path):
    with pytest.raises(UsageError) as caught:
        write_wide(book, tmp_path / "units.csv", carry(CASE))
    said = {one.text().partition("last.yaml: ")[2].partition(":")[0] for one in caught.value.faults}
    assert {
        "facts.staff[3]",
        "facts.first.method",
        "parties.p-10",
        "records.breaches",
        "waivers.training",
    } <= said
    assert not (tmp_path / "units.csv").exists()


def test_a_case_of_another_version_is_carried_and_said_to_be(carry: Any, book: RuleBook):
    (case,) = carry(CASE.replace("town/hall", "town/hall@1.4"))
    assert (case.other, case.case.book) == ("1.4", "town/hall@2.1.0")
    assert carry(CASE.replace("town/hall", "town/hall@2.1"))[0].other == ""


def test_a_case_of_another_book_is_refused(carry: Any):
    with pytest.raises(CaseError, match="is for book `town/barn`, not `town/hall`"):
        carry(CASE.replace("town/hall", "town/barn"))


def test_a_fact_that_is_gone_is_named(carry: Any):
    with pytest.raises(
        CaseError, match=r"facts\.trainde: unknown fact `trainde`; did you mean `trained`"
    ):
        carry(CASE.replace("trained: 700", "trainde: 700"))


@pytest.mark.parametrize(
    "write", [write_workbook, write_yaml, write_wide], ids=["workbook", "yaml", "wide"]
)
def test_no_file_is_written_over_unasked(write: Any, book: RuleBook, tmp_path: Path):
    path = tmp_path / ("case.xlsx" if write is not write_yaml else "case.yaml")
    path.write_text("mine", encoding="utf-8")
    with pytest.raises(
        UsageError, match="is there already: write to another file, or over it with `--force`"
    ):
        write(book, path, over=False)
    assert path.read_text(encoding="utf-8") == "mine"
    write(book, path, over=True)
    assert path.read_bytes() != b"mine"


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Any:
    """Run the program in a folder with the two books."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("LANG", "C.UTF-8")
    (tmp_path / "books").mkdir()
    (tmp_path / "books" / "zone.yaml").write_text(ZONE, encoding="utf-8")
    (tmp_path / "books" / "hall.yaml").write_text(BOOK, encoding="utf-8")
    (tmp_path / "last.yaml").write_text(CASE, encoding="utf-8")

    def run(*words: str) -> tuple[int, str, str]:
        with pytest.raises(SystemExit) as left:
            main([*words, "--books", "books"])
        printed = capsys.readouterr()
        return int(left.value.code or 0), printed.out, printed.err

    return run


def test_the_program_carries_a_case_and_asks_before_it_writes_over(run: Any, tmp_path: Path):
    assert run("template", "town/hall", "--from", "last.yaml", "-o", "new.xlsx") == (
        0,
        "",
        "wrote new.xlsx\n",
    )
    refused = (
        "error: new.xlsx: is there already: write to another file, or over it with `--force`\n"
    )
    assert run("template", "town/hall", "-o", "new.xlsx") == (2, "", refused)
    assert run("template", "town/hall", "--from", "new.xlsx", "-o", "new.yaml")[0] == 0
    said = [
        run("assess", name, "--no-save", "--format", "json")[1]
        for name in ("last.yaml", "new.xlsx", "new.yaml")
    ]
    assert said[0]
    assert said[1:] == said[:1] * 2
    assert run("template", "town/hall", "-o", "new.xlsx", "--force")[0] == 0


def test_the_program_warns_of_another_version(run: Any, tmp_path: Path):
    (tmp_path / "last.yaml").write_text(CASE.replace("town/hall", "town/hall@1"), encoding="utf-8")
    code, _, said = run("template", "town/hall", "--from", "last.yaml", "-o", "new.yaml")
    assert code == 0
    assert (
        "is for version 1 of town/hall, and is carried into version 2.1.0: look it through" in said
    )


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--from", "none.yaml", "-o", "new.xlsx"), "none.yaml: there is no such file"),
        (
            ("--from", "last.yaml", "-o", "new.csv"),
            "new.csv: the template is written as one of .xlsx, .yaml",
        ),
        (("--from", "books/hall.yaml", "-o", "new.xlsx"), "hall.yaml: is a rule book, not a case"),
        (
            ("--from", "last.yaml", "-o", "units.csv", "--wide"),
            "records.breaches: has no place in a table with a row per unit",
        ),
        (("-o", "none/new.xlsx"), "none/new.xlsx: cannot be written"),
    ],
    ids=["no such case", "another form", "a book", "no place", "no such folder"],
)
def test_the_program_refuses_in_one_line(
    run: Any, tmp_path: Path, words: tuple[str, ...], said: str
):
    code, out, err = run("template", "town/hall", *words)
    assert (code, out) == (2, "")
    assert said in err
    assert not any((tmp_path / name).exists() for name in ("new.xlsx", "new.csv", "units.csv"))


def test_nothing_else_is_raised_for_a_damaged_case(carry: Any):
    refused = []
    for cut in range(0, len(CASE), 37):
        try:
            carry(CASE[:cut])
        except SteelyardError as error:
            refused.append(error.faults)
    assert refused
    assert all(refused)
