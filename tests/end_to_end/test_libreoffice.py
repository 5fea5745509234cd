"""Workbooks of every installed book, opened and saved again by LibreOffice, are the same cases."""

from __future__ import annotations

import contextlib
import datetime
import json
import os
import shutil
import subprocess
import warnings
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest
from openpyxl import Workbook, load_workbook

from steelyard.book.library import Library, Source
from steelyard.book.model import RuleBook
from steelyard.book.reading.load import parse_book
from steelyard.case.formats.files import cases_in
from steelyard.case.formats.round_trip import carried, only
from steelyard.case.formats.spreadsheet import read_xlsx
from steelyard.case.formats.workbook import write_workbook
from steelyard.case.model import Case
from steelyard.case.reading.read import parse_case
from steelyard.errors import CaseError, SteelyardError
from steelyard.judging.assessment import weigh
from steelyard.plugins.installed import Plugins, load_plugins

OFFICE = shutil.which("soffice") or shutil.which("libreoffice")
pytestmark = pytest.mark.skipif(
    OFFICE is None, reason="LibreOffice is not installed (Debian's package libreoffice-calc-nogui)"
)

SOURCES = {source.id: source for source in Library(load_plugins().sources, ()).sources}
# A workbook takes the office program a second: of a few books that hold every kind of cell, cases
# that are half filled in hold the most. The rest is for the long run.
FEW = (
    "agency/news-centre",
    "agency/service-division",
    "agency/water-bureau",
    "community/civility-quarter",
    "community/grid-zones",
    "hospital/nine-prohibitions",
    "school/class-term",
)
ALL = os.environ.get("STEELYARD_OFFICE") == "all"
KINDS = ("full", "half", "empty") if ALL else ("half",)
LONG_ENOUGH = 1800


def example(source: Source, kind: str) -> Path:
    """Return the example that a book brings, filled in fully or by half."""
    file = Path(str(source.file))
    return file.parent.parent / "examples" / f"{file.stem}{'-half' if kind == 'half' else ''}.yaml"


def save_again(files: Iterable[Path], out: Path, profile: Path) -> None:
    """Let one LibreOffice, with a profile of its own, open every file and save it as a workbook."""
    words = [
        str(OFFICE),
        f"-env:UserInstallation={profile.as_uri()}",
        "--headless",
        "--convert-to",
        "xlsx",
        "--outdir",
        str(out),
    ]
    home = {**os.environ, "HOME": str(profile.parent)}
    subprocess.run(
        [*words, *map(str, files)], check=True, capture_output=True, env=home, timeout=LONG_ENOUGH
    )  # our own words


def titles(library: Library, book: str) -> dict[str, Any]:
    return {clause.id: clause.title for clause in library.clauses(book).values()}


def the_case(path: Path, library: Library) -> Case:
    (case,) = cases_in(path, lambda said, place: library.find(said.partition("@")[0], place))
    return case


@pytest.fixture(scope="module")
def folders(
    request: pytest.FixtureRequest, library: Library, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Path, Path]:
    """Return the folder of the workbooks that the chosen tests want, and that of the same ones as
    LibreOffice saved them.
    """
    written, saved = tmp_path_factory.mktemp("written"), tmp_path_factory.mktemp("saved")
    wanted = [
        getattr(item, "callspec", None)
        for item in request.session.items
        if item.path == request.path
    ]
    for name, kind in sorted(
        {
            (one.params["name"], one.params["kind"])
            for one in wanted
            if one is not None and "kind" in one.params
        }
    ):
        # What cannot be written fails its own test, not all of them.
        with contextlib.suppress(SteelyardError):
            write(library, name, kind, written)
    save_again(sorted(written.iterdir()), saved, tmp_path_factory.mktemp("home") / "profile")
    return written, saved


def write(library: Library, name: str, kind: str, folder: Path) -> None:
    """Write the workbook of a book: filled in from an example, or empty."""
    book = library.find(name)
    path = example(SOURCES[name], kind)
    case = only(carried(path, book, library.find), path.name) if kind != "empty" else None
    write_workbook(book, folder / file_of(name, kind), titles(library, name), case)


def file_of(name: str, kind: str) -> str:
    return f"{name.replace('/', '-')}-{kind}.xlsx"


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", SOURCES if ALL else FEW)
def test_the_workbook_of_a_case_gives_its_assessment_after_libreoffice_saved_it(
    name, kind, folders, library: Library, plugins: Plugins
):
    written, saved = (folder / file_of(name, kind) for folder in folders)
    if not written.is_file():
        write(library, name, kind, folders[0])
    source = written if kind == "empty" else example(SOURCES[name], kind)
    book, case, again = library.find(name), the_case(source, library), the_case(saved, library)
    assert again.document == case.document
    assert again.names == case.names
    said, found = (
        json.dumps(weigh(book, one, plugins.judge).to_json(), ensure_ascii=False)
        for one in (case, again)
    )
    assert found == said
    assert kind != "empty" or not again.given


def kinds_of_cells(book: RuleBook) -> set[str]:
    """Return what a book's workbook holds: sheets, and values by type."""
    tables = (*book.registers.values(), *book.kinds.values())
    fields = [field for table in tables for field in table.fields.values()]
    found = {f"{fact.origin} {type(fact.type).__name__}" for fact in book.collected}
    found |= {f"field {type(field.type).__name__}" for field in fields}
    found |= {"rolled" for one in book.registers.values() if one.rolled is not None}
    return found | {name for name in ("registers", "kinds", "stages") if getattr(book, name)}


def test_the_few_books_hold_every_kind_of_cell(library: Library):
    few = [kinds_of_cells(library.find(name)) for name in FEW]
    assert set().union(*few) == set().union(*(kinds_of_cells(library.find(one)) for one in SOURCES))


BOOK = """
book: hospital/office
version: 1.0.0
title: {zh: 小册子, en: Small book}
sector: hospital
facts:
  rate: {type: number, min: 0, max: 1, decimals: 4, title: {zh: 比率, en: Rate}}
  share: {type: number, min: 0, max: 1, decimals: 4, title: {zh: 份额, en: Share}}
  guess: {type: number, min: 0, max: 1, decimals: 4, title: {zh: 估计, en: Guess}}
  beds: {type: integer, min: 0, title: {zh: 床位, en: Beds}}
  fine: {type: number, decimals: 6, title: {zh: 细数, en: Fine}}
  opened: {type: date, title: {zh: 开业日, en: Opened}}
  moved: {type: date, title: {zh: 搬迁日, en: Moved}}
  asked: {type: survey, title: {zh: 满意度, en: Satisfaction}}
  style: {type: {A: {zh: 好, en: Good}, B: {zh: 中, en: Fair}}, title: {zh: 作风, en: Style}}
  remark: {type: text, title: {zh: 备注, en: Remark}}
parties:
  person: {title: {zh: 人员, en: Person}, role: [leader, physician]}
records:
  breaches:
    title: {zh: 违规记录, en: Breaches}
    date: date
    person: {type: person, missing: none}
    verified: boolean
    note: text
  warnings: {title: {zh: 警示, en: Warnings}, note: text}
sections: [{id: all, points: 100}]
rules:
  - {id: ticks, section: all, points: 40, checklist: [{id: first, title: {zh: 甲, en: A}, notes: {zh: 看原件, en: See the original}}]}
  - {id: rates, section: all, points: 60, proportional: rate}
stages: [{id: reports, title: {zh: 报送, en: Reports}, notes: {zh: 到月底, en: By the end of the month}, deliverables: [{id: report, notes: 盖章}]}]
grades: [{id: pass, at_least: 60}, {id: fail, at_least: 0}]
"""
WORDS = "_x0041_ =1+1 '前 “中” <b>&amp; 𠮷"


@pytest.fixture(scope="module")
def book() -> RuleBook:
    return parse_book(BOOK, "office.yaml")


def sheet(workbook: Workbook, role: str) -> Any:
    return next(one for one in workbook.worksheets if one["A1"].value == f"steelyard:{role}")


def cell(workbook: Workbook, role: str, key: str, name: str = "") -> Any:
    """Return a cell of the facts sheet by fact and column, or of the first row of a list by
    column.
    """
    one = sheet(workbook, role)
    column = next(found.column for found in one[1] if found.value == key)
    heads = [found.row for found in one["A"] if found.value == "header"]
    row = next(found.row for found in one["B"] if found.value == name) if name else heads[-1] + 1
    return one.cell(row, column)


def typed(workbook: Workbook) -> None:
    """Type as offices do: percentages, days and ids of every kind, and a formula that nobody has
    worked out yet.
    """
    for name, value in {
        "rate": 0.95,
        "share": "95%",
        "guess": "90%..95%",
        "beds": "=400+12",
        "fine": 0.1,
        "opened": datetime.datetime(2021, 5, 6),
        "moved": "2026年3月1日",
        "asked": 470,
        "style": "好",
        "remark": WORDS,
        "first": True,
        "report": "无",
    }.items():
        cell(workbook, "facts", "value", name).value = value
    cell(workbook, "facts", "value", "rate").number_format = "0.00%"
    cell(workbook, "facts", "asked", "asked").value = 500
    cell(workbook, "facts", "source", "asked").value = "0031"
    cell(workbook, "party:person", "id").value = "007"
    for key, value in {
        "id": "1-2",
        "date": datetime.date(2026, 4, 2),
        "person": "007",
        "verified": "√",
        "note": "00012",
    }.items():
        cell(workbook, "register:breaches", key).value = value
    next(
        one
        for row in sheet(workbook, "register:breaches").iter_rows()
        for one in row
        if one.value == "complete"
    ).offset(0, 1).value = "是"


@pytest.fixture(scope="module")
def office(book: RuleBook, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of two workbooks as LibreOffice saved them: `typed.xlsx` filled in, and
    `fresh.xlsx` as it was handed out.
    """
    folder = tmp_path_factory.mktemp("office")
    files = [folder / "typed.xlsx", folder / "fresh.xlsx"]
    for file in files:
        write_workbook(book, file)
    workbook = load_workbook(files[0])
    typed(workbook)
    workbook.save(files[0])
    save_again(files, folder / "out", folder / "profile")
    return folder / "out"


def test_what_an_office_types_comes_back_as_typed(office, book: RuleBook):
    (document,) = read_xlsx(office / "typed.xlsx", lambda _said, _place: book)
    facts = parse_case(document, book).document["facts"]
    assert {name: said.get("value") for name, said in facts.items()} == {
        "rate": "0.95",
        "share": "0.95",
        "guess": "0.9..0.95",
        "beds": "412",
        "fine": "0.1",
        "opened": "2021-05-06",
        "moved": "2026-03-01",
        "asked": None,
        "style": "A",
        "remark": WORDS,
        "first": "yes",
        "report": "none",
    }
    assert facts["asked"] == {"positive": "470", "asked": "500", "source": "0031"}
    records = parse_case(document, book).document["records"]
    row = {"id": "1-2", "date": "2026-04-02", "person": "007", "verified": "true", "note": "00012"}
    assert records == {"breaches": {"complete": True, "rows": [row]}}


def test_a_formula_wants_a_program_that_works_it_out(book: RuleBook, tmp_path: Path):
    write_workbook(book, tmp_path / "case.xlsx")
    workbook = load_workbook(tmp_path / "case.xlsx")
    typed(workbook)
    workbook.save(tmp_path / "case.xlsx")
    with pytest.raises(CaseError, match="holds a formula without a stored value"):
        read_xlsx(tmp_path / "case.xlsx", lambda _said, _place: book)


def test_dropdowns_headings_and_pages_outlive_libreoffice(office, book: RuleBook):
    with warnings.catch_warnings():
        # The library that reads here knows no print area of whole columns.
        warnings.simplefilter("ignore")
        workbook = load_workbook(office / "fresh.xlsx")
    lists: dict[str, dict[str, list[str]]] = {}
    for one in workbook.worksheets:
        if str(one["A1"].value).startswith("steelyard:"):
            found = lists.setdefault(one["A1"].value.removeprefix("steelyard:"), {})
            for rule in one.data_validations.dataValidation:
                if rule.type == "list":
                    # Two columns with the same choices are one rule or two, in either order.
                    found.setdefault(str(rule.formula1), []).extend(str(rule.sqref).split())
    assert any(area.startswith("B3") for area in lists["register:breaches"]['"是,否"'])
    assert any("人员" in formula for formula in lists["register:breaches"])
    assert '"是,否,不适用"' in lists["facts"]
    assert any("_steelyard" in formula for formula in lists["facts"])
    assert workbook["_steelyard"].sheet_state == "hidden"
    for one in workbook.worksheets:
        if one.sheet_state == "visible":
            assert (one.page_setup.paperSize, one.page_setup.orientation) == (9, "landscape")
            assert one.sheet_properties.pageSetUpPr.fitToPage
            assert one.oddFooter.left.text == "小册子 Small book"
            assert one.oddFooter.right.text == "&P / &N"
            assert one.row_dimensions[1].hidden
            assert one.column_dimensions["A"].hidden
