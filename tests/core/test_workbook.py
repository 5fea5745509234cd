"""The workbook of a case: written for a clerk, read back whole, and refused with its faults
named.
"""

from __future__ import annotations

import datetime
import io
import re
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from openpyxl import Workbook, load_workbook

from steelyard.archive import MOST_BYTES
from steelyard.book.model import RuleBook
from steelyard.book.reading.load import parse_book
from steelyard.case.formats.csvfile import read_csv
from steelyard.case.formats.prompts import option_words
from steelyard.case.formats.round_trip import carried, only
from steelyard.case.formats.spreadsheet import read_xlsx
from steelyard.case.formats.template import write_yaml
from steelyard.case.formats.wide import write_wide
from steelyard.case.formats.workbook import write_workbook
from steelyard.case.reading.read import parse_case
from steelyard.errors import CaseError, UsageError, fault
from steelyard.expression.types import Choice
from steelyard.located_yaml import Table, load
from steelyard.messages import Title
from steelyard.report.book.book import book_page
from steelyard.report.formats.terminal import Terminal

BOOK = """
book: hospital/small
version: 1.0.0
title: {zh: "=小册子", en: "=Small book"}
sector: hospital
facts:
  staff: {type: integer, min: 1, title: {zh: 人数, en: Staff}}
  trained: {type: integer, min: 0, max: staff, title: {zh: 已培训, en: Trained}, method: records, cites: [C1]}
  rate: {type: number, min: 0, max: 1, decimals: 4, title: {zh: 比率, en: Rate}}
  coverage: {is: trained / staff, min: 0, max: 1}
  满意度: {type: survey, title: {zh: 满意度, en: Satisfaction}}
  style: {type: {A: {zh: 好, en: Good}, B: {zh: 中, en: Fair}}, title: {zh: 作风, en: Style}}
  opened: {type: date, min: 2020-01-01, title: {zh: 开业日, en: Opened}}
  published: {type: boolean, title: {zh: 已公开, en: Published}}
  remark: {type: text, title: {zh: 备注, en: Remark}}
parties:
  person: {title: {zh: 人员, en: Person}, role: [leader, physician]}
records:
  breaches:
    title: {zh: 违规记录, en: Breaches}
    date: date
    person: {type: person, missing: none}
    severity: {type: {minor: {zh: 轻, en: Minor}, grave: {zh: 重, en: Grave}}, missing: refused}
    verified: boolean
  warnings:
    title: {zh: 违规记录, en: Breaches}
    note: text
sections:
  - {id: all, title: {zh: 全部, en: All}, points: 100}
rules:
  - {id: training, section: all, points: 20, requires: coverage >= 0.9, title: {zh: 培训, en: Training}}
  - id: ticks
    title: {zh: 清单, en: Ticks}
    section: all
    points: 40
    checklist:
      - {id: tick-one, title: {zh: 第一项, en: First}, cites: [C2]}
      - {id: tick_two, title: {zh: 第二项, en: Second}}
  - {id: breaches, section: all, points: 30, demerit: {over: breaches, when: verified, each: 3}}
  - {id: reports, section: all, points: 10, stage: reports}
stages:
  - {id: reports, title: {zh: 报送, en: Reports}, deliverables: [{id: report_sent, title: {zh: 报告, en: Report}}]}
grades:
  - {id: pass, at_least: 60}
  - {id: fail, at_least: 0}
"""


@pytest.fixture(scope="module")
def book() -> RuleBook:
    return parse_book(BOOK, "small.yaml")


@pytest.fixture
def find(book):
    def found(reference: str, place: str) -> RuleBook:
        if reference.partition("@")[0] != book.id:
            raise CaseError([fault(place, "unknown book `{name}`", name=reference)])
        return book

    return found


@pytest.fixture(scope="module")
def template(book, tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp("template") / "case.xlsx"
    write_workbook(
        book, path, {"C1": Title("条款一", "Clause one"), "C2": Title("条款二", "Clause two")}
    )
    return path


class Clerk:
    """Fills in a workbook by ids, as a clerk does by titles."""

    def __init__(self, template: Path) -> None:
        self.workbook = load_workbook(template)

    def sheet(self, role: str):
        return next(s for s in self.workbook.worksheets if s["A1"].value == f"steelyard:{role}")

    def column(self, role: str, key: str) -> int:
        return next(cell.column for cell in self.sheet(role)[1] if cell.value == key)

    def fact(self, name: str, value: object = None, /, **more: object) -> int:
        sheet = self.sheet("facts")
        row = next(cell.row for cell in sheet["B"] if cell.value == name)
        for key, one in {"value": value, **more}.items():
            cell = sheet.cell(row, self.column("facts", key))
            cell.value = one
            if key == "source":
                cell.data_type = "s"
        return row

    def row(self, role: str, number: int, /, **values: object) -> None:
        for key, value in values.items():
            self.sheet(role).cell(number, self.column(role, key.replace("__", "."))).value = value

    def save(self, path: Path) -> Path:
        self.workbook.save(path)
        return path


def edited(path: Path, out: Path, **changes: Callable[[bytes], bytes]) -> Path:
    """Copy a workbook with the parts whose names end with a key put through its function."""
    with zipfile.ZipFile(path) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for entry in old.infolist():
            content = old.read(entry)
            for end, change in changes.items():
                if entry.filename.endswith(end):
                    content = change(content)
            new.writestr(entry.filename, content)
    return out


def faults(read, path: Path, find) -> str:
    with pytest.raises(CaseError) as caught:
        read(path, find)
    return str(caught.value)


def test_an_empty_template_is_a_case_of_which_nothing_is_known(template, book, find):
    (document,) = read_xlsx(template, find)
    assert document["book"] == "hospital/small@1.0.0"
    assert document["facts"] == {}
    assert document["parties"] == []
    assert document["waivers"] == []
    assert document["records"] == {}
    assert parse_case(document, book).given == frozenset()


def test_the_yaml_template_is_a_case_of_which_nothing_is_known(book, tmp_path):
    path = tmp_path / "case.yaml"
    write_yaml(book, path)
    text = path.read_text(encoding="utf-8")
    case = parse_case(load(text, "case.yaml"), book)
    assert case.given == frozenset()
    assert not case.registers["breaches"].complete
    for fact in book.collected:
        assert re.search(rf"^  {fact.id}:$", text, re.MULTILINE), fact.id


def test_the_example_record_in_the_yaml_template_holds_once_uncommented(book, tmp_path):
    path = tmp_path / "case.yaml"
    write_yaml(book, path)
    text = re.sub(
        r"^( *(?:parties|rows|waivers)): \[\]$",
        r"\1:",
        path.read_text(encoding="utf-8"),
        flags=re.MULTILINE,
    )
    text = re.sub(r"^(    )?#(  .*)$", r"\1\2", text, flags=re.MULTILINE)
    case = parse_case(load(text, "case.yaml"), book)
    assert case.registers["breaches"].ids == ("breaches-example",)
    assert set(case.parties) == {"person-example"}
    told = [one.text() for one in case.remarks]
    assert [line.partition(": ")[2].partition(":")[0] for line in told[:2]] == [
        "subject.id",
        "parties.person-example.id",
    ]
    assert "records.breaches.breaches-example.id: still stands as in the template's examples" in (
        "\n".join(told)
    )


def filled(template: Path) -> Clerk:
    clerk = Clerk(template)
    clerk.fact("staff", 812, method="台账数据", source="=人事系统", date=datetime.date(2026, 3, 1))
    clerk.fact("trained", 800)
    clerk.fact("rate", 0.1)
    clerk.fact("满意度", 470, asked=500, method="survey")
    clerk.fact("style", "好")
    clerk.fact("opened", datetime.datetime(2021, 5, 6))
    clerk.fact("published", True)
    clerk.fact("tick-one", "不适用")
    clerk.fact("report_sent", "无")
    clerk.row("party:person", 9, id="007", name="某人", role="leader")
    clerk.row(
        "register:breaches",
        8,
        id="b-1",
        date="2026年3月1日",
        person="007",
        severity="重",
        verified="是",
    )
    clerk.row(
        "register:breaches",
        30,
        date=datetime.date(2026, 4, 2),
        severity="轻",
        evidence__method="投诉举报",
    )
    clerk.sheet("register:breaches")["B3"] = "是"
    clerk.row(
        "waivers",
        8,
        rule="training",
        authority="卫健委",
        reason="新建",
        until=datetime.date(2026, 12, 31),
    )
    return clerk


def check_filled(document: Table, book: RuleBook) -> None:
    assert document["facts"]["rate"] == "0.1"
    assert document["facts"]["满意度"] == {"positive": "470", "asked": "500", "method": "survey"}
    case = parse_case(document, book)
    assert case.facts["staff"].evidence[0][:4] == ("812", "records", "=人事系统", "2026-03-01")
    assert case.facts["满意度"].survey == (470, 500)
    assert case.facts["style"].word == "A"
    assert case.facts["opened"].low == datetime.date(2021, 5, 6).toordinal()
    assert case.facts["tick-one"].word == "na"
    assert case.facts["report_sent"].low is None
    assert case.registers["breaches"].complete
    assert case.registers["breaches"].ids == ("b-1", "2")
    assert not case.registers["warnings"].complete
    assert set(case.parties) == {"007"}
    assert case.waivers["training"].until == datetime.date(2026, 12, 31)


def test_a_filled_workbook_reads_back_whole(template, book, find, tmp_path):
    (document,) = read_xlsx(filled(template).save(tmp_path / "case.xlsx"), find)
    check_filled(document, book)
    assert document["facts"].keys_at["trained"].startswith("case.xlsx: 事实 Facts!H")
    row = document["records"]["breaches"]["rows"][0]
    assert row.keys_at["severity"].endswith("Breaches!E8")
    assert document["subject"]["id"].place == "case.xlsx: 案卷 Case!D5"


def test_sheets_may_be_renamed_rows_sorted_and_columns_moved(template, book, find, tmp_path):
    clerk = filled(template)
    facts = clerk.sheet("facts")
    rows = [[cell.value for cell in row] for row in facts.iter_rows(min_row=10)]
    for number, row in enumerate(reversed(rows), 10):
        for column, value in enumerate(row, 1):
            facts.cell(number, column).value = value
            facts.cell(number, column).data_type = (
                "s" if isinstance(value, str) else facts.cell(number, column).data_type
            )
    breaches = clerk.sheet("register:breaches")
    breaches.title = "我的表"
    breaches.move_range("C1:C40", cols=20)
    (document,) = read_xlsx(clerk.save(tmp_path / "case.xlsx"), find)
    check_filled(document, book)


def test_a_fact_on_two_rows_bears_both_pieces_of_evidence(template, book, find, tmp_path):
    clerk = Clerk(template)
    row = clerk.fact("staff", 812)
    facts = clerk.sheet("facts")
    last = facts.max_row + 3
    for column in range(2, 13):
        facts.cell(last, column).value = facts.cell(row, column).value
    facts.cell(last, clerk.column("facts", "value")).value = 820
    (document,) = read_xlsx(clerk.save(tmp_path / "case.xlsx"), find)
    given = parse_case(document, book).facts["staff"]
    assert (given.low, given.high, given.conflict) == (812, 820, True)


def test_titles_are_never_formulas(template):
    workbook = load_workbook(template)
    case = next(s for s in workbook.worksheets if s["A1"].value == "steelyard:case")
    assert case["B2"].value == "=小册子 =Small book"
    assert case["B2"].data_type == "s" or case["B2"].quotePrefix


def test_two_registers_of_one_title_have_sheets_of_their_own(template):
    names = load_workbook(template).sheetnames
    assert len({name.casefold() for name in names}) == len(names)
    assert all(len(name) <= 31 and not set("[]:*?/\\") & set(name) for name in names)


def test_an_option_without_a_title_of_its_own_is_shown_by_its_id():
    kind = Choice(("a", "b", "c", "d"))
    titles = {
        "a": Title("甲", "A"),
        "b": Title("甲", "B"),
        "c": Title("丙", "C"),
        "d": Title("未知", "D"),
    }
    assert option_words(kind, titles) == ("a", "b", "丙", "d")


NUMBERS = {
    "a tenth": (0.1, "0.1"),
    "one and a third": (1 / 3, "0.333333333333333"),
    "never scientific": (1e22, "10000000000000000000000"),
    "small": (1e-7, "0.0000001"),
    "whole double": (3.0, "3"),
    "a tick": (True, "true"),
    "a day": (datetime.date(2026, 3, 1), "2026-03-01"),
    "spaces": ("　90%  ", "90%"),
}


@pytest.mark.parametrize(("value", "text"), NUMBERS.values(), ids=NUMBERS)
def test_a_cell_is_read_as_what_it_holds(template, find, tmp_path, value, text):
    clerk = Clerk(template)
    clerk.fact("rate", value)
    (document,) = read_xlsx(clerk.save(tmp_path / "case.xlsx"), find)
    assert document["facts"]["rate"] == text


def fact_cell(clerk: Clerk, name: str) -> object:
    return clerk.sheet("facts").cell(clerk.fact(name), clerk.column("facts", "value"))


def merged(clerk: Clerk) -> None:
    clerk.sheet("register:breaches").merge_cells("B9:C10")


def formula(clerk: Clerk) -> None:
    clerk.fact("staff", "=1+1")


def error_value(clerk: Clerk) -> None:
    clerk.fact("staff", "#N/A")


def time_of_day(clerk: Clerk) -> None:
    clerk.fact("opened", datetime.datetime(2026, 3, 1, 14, 30))


def a_time(clerk: Clerk) -> None:
    clerk.fact("opened", datetime.time(14, 30))


def missing_sheet(clerk: Clerk) -> None:
    clerk.workbook.remove(clerk.sheet("register:warnings"))


def copied_sheet(clerk: Clerk) -> None:
    clerk.workbook.copy_worksheet(clerk.sheet("register:breaches"))


def own_sheet(clerk: Clerk) -> None:
    clerk.workbook.create_sheet("草稿")["C5"] = "算一下"


def no_index(clerk: Clerk) -> None:
    clerk.workbook.remove(clerk.workbook["_steelyard"])


def far_row(clerk: Clerk) -> None:
    clerk.sheet("register:breaches")["B1048576"] = "x"


def far_column(clerk: Clerk) -> None:
    clerk.sheet("register:breaches")["XFD9"] = "x"


def hidden_column(clerk: Clerk) -> None:
    clerk.sheet("facts")["A12"] = "x"


def no_heading(clerk: Clerk) -> None:
    clerk.sheet("register:breaches")["Z9"] = "x"


def double_column(clerk: Clerk) -> None:
    clerk.sheet("register:breaches")["Z1"] = "severity"


def among_headings(clerk: Clerk) -> None:
    sheet = clerk.sheet("register:breaches")
    sheet["A9"], sheet["B8"] = "header", "b-1"


def other_book(clerk: Clerk) -> None:
    clerk.sheet("case")["D4"] = "hospital/other@1"


def no_book(clerk: Clerk) -> None:
    clerk.sheet("case")["D4"] = None


def case_row(clerk: Clerk) -> None:
    clerk.sheet("case")["D12"] = "x"


BAD = {
    "merged cells": (merged, "Breaches!B9:C10: the cells are merged"),
    "formula": (formula, "holds a formula without a stored value"),
    "error value": (error_value, "holds the error `#N/A`"),
    "time of day": (time_of_day, "`2026-03-01 14:30:00` has a time of day"),
    "a time": (a_time, "is a time of day, which no value is"),
    "missing sheet": (missing_sheet, "case.xlsx: sheet `违规记录 Breaches (2)` is missing"),
    "copied sheet": (copied_sheet, "is a copy of sheet `违规记录 Breaches`"),
    "own sheet": (own_sheet, "case.xlsx: 草稿: this sheet is not part of the workbook"),
    "no index": (no_index, "the hidden sheet `_steelyard` is missing"),
    "far row": (far_row, "Breaches: has more than 100000 rows"),
    "far column": (far_column, "Breaches: has more than 1000 columns"),
    "hidden column": (hidden_column, "Facts!A12: `x` stands in the hidden column"),
    "no heading": (no_heading, "Breaches!Z9: `x` stands under no heading"),
    "double column": (double_column, "Breaches!Z1: column `severity` stands twice"),
    "among headings": (among_headings, "Breaches!B8: stands among the heading rows"),
    "other book": (other_book, "Case!D4: unknown book `hospital/other@1`"),
    "no book": (no_book, "names no book"),
    "case row": (case_row, "Case!D12: this row is not part of the case sheet"),
}


@pytest.mark.parametrize(("spoil", "message"), BAD.values(), ids=BAD)
def test_a_spoilt_workbook_is_refused_at_its_place(template, find, tmp_path, spoil, message):
    clerk = Clerk(template)
    spoil(clerk)
    assert message in faults(read_xlsx, clerk.save(tmp_path / "case.xlsx"), find)


def test_all_faults_of_a_workbook_are_told_at_once(template, find, tmp_path):
    clerk = Clerk(template)
    for spoil in (merged, formula, missing_sheet, own_sheet, hidden_column):
        spoil(clerk)
    assert len(faults(read_xlsx, clerk.save(tmp_path / "case.xlsx"), find).splitlines()) == 5


def test_an_empty_sheet_of_the_clerk_is_let_be(template, find, tmp_path):
    clerk = Clerk(template)
    clerk.workbook.create_sheet("Sheet9")
    assert read_xlsx(clerk.save(tmp_path / "case.xlsx"), find)


def test_a_column_of_the_clerk_is_named_by_its_heading(template, book, find, tmp_path):
    clerk = Clerk(template)
    clerk.row("register:breaches", 8, severity="重")
    sheet = clerk.sheet("register:breaches")
    sheet["M6"], sheet["M8"] = "经办人", "某人"
    (document,) = read_xlsx(clerk.save(tmp_path / "case.xlsx"), find)
    with pytest.raises(CaseError, match="unknown field `经办人`"):
        parse_case(document, book)


def test_an_unknown_fact_with_a_value_is_passed_on(template, book, find, tmp_path):
    clerk = Clerk(template)
    sheet = clerk.sheet("facts")
    sheet.cell(60, 2).value = "stafff"
    sheet.cell(60, clerk.column("facts", "value")).value = 3
    (document,) = read_xlsx(clerk.save(tmp_path / "case.xlsx"), find)
    with pytest.raises(
        CaseError, match=r"Facts!H60: .*unknown fact `stafff`; did you mean `staff`"
    ):
        parse_case(document, book)


def test_two_sheets_of_one_name_are_refused(template, find, tmp_path):
    def rename(content: bytes) -> bytes:
        return content.replace("违规记录 Breaches (2)".encode(), "违规记录 Breaches".encode())

    path = edited(template, tmp_path / "case.xlsx", **{"xl/workbook.xml": rename})
    assert "two sheets bear this name" in faults(read_xlsx, path, find)


def test_a_document_type_is_refused(template, find, tmp_path):
    bomb = b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;">]><x>&b;</x>'
    path = edited(template, tmp_path / "case.xlsx", **{"styles.xml": lambda _: bomb})
    assert (
        faults(read_xlsx, path, find)
        == "case.xlsx: holds markup that no workbook needs, and is not read"
    )
    hidden = bomb.decode().replace('"1.0"', '"1.0" encoding="utf-16"').encode("utf-16")
    path = edited(template, tmp_path / "case.xlsx", **{"styles.xml": lambda _: hidden})
    assert "holds markup" in faults(read_xlsx, path, find)


def zipped(**parts: bytes) -> bytes:
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name.replace("__", "/").replace("_", "."), content)
    return held.getvalue()


OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
FILES = {
    "nothing": (b"", "is empty"),
    "text": (b"hello", "is not an .xlsx workbook"),
    "half a zip": (b"PK\x03\x04 and no more", "is not a workbook that can be read"),
    "an empty zip": (zipped(), "is not a workbook that can be read"),
    "another zip": (zipped(word__document_xml=b"<a/>"), "is not a workbook that can be read"),
    "old xls": (OLE + bytes(600), "is an old .xls workbook: save it as .xlsx"),
    "locked": (
        OLE + bytes(600) + "EncryptedPackage".encode("utf-16-le"),
        "is locked with a password: save it without one",
    ),
    "opendocument": (zipped(content_xml=b"<a/>"), "is an OpenDocument file: save it as .xlsx"),
    "bomb": (zipped(xl__workbook_xml=bytes(MOST_BYTES + 1)), "unpacks to more than 64 MiB"),
    "absurd ratio": (
        zipped(xl__workbook_xml=bytes(MOST_BYTES // 8)),
        "unpacks to far more than a workbook of its size would hold",
    ),
}


@pytest.mark.parametrize(("content", "message"), FILES.values(), ids=FILES)
def test_what_is_no_workbook_is_named_as_what_it_is(find, tmp_path, content, message):
    path = tmp_path / "case.xlsx"
    path.write_bytes(content)
    assert faults(read_xlsx, path, find) == f"case.xlsx: {message}"


def test_a_workbook_of_another_make_is_named_as_such(find, tmp_path):
    workbook = Workbook()
    workbook.worksheets[0]["A1"] = "hello"
    workbook.save(tmp_path / "case.xlsx")
    assert "was not made by `steelyard template`" in faults(read_xlsx, tmp_path / "case.xlsx", find)


def test_a_damaged_workbook_never_raises_anything_else(template, find, tmp_path):
    whole = template.read_bytes()
    path = tmp_path / "case.xlsx"
    for step in range(0, len(whole), max(1, len(whole) // 60)):
        for content in (whole[:step], whole[:step] + b"\x00\xff" + whole[step + 2 :]):
            path.write_bytes(content)
            try:
                read_xlsx(path, find)
            except CaseError:
                continue


@pytest.mark.parametrize("part", ["workbook.xml", "sheet3.xml", "styles.xml", "workbook.xml.rels"])
def test_a_damaged_part_never_raises_anything_else(template, find, tmp_path, part):
    cuts = {
        "cut": lambda content: content[: len(content) // 2],
        "emptied": lambda _: b"",
        "other": lambda _: b"<x/>",
        "numbers": lambda content: re.sub(rb'"[0-9]+"', b'"99999"', content),
        "no numbers": lambda content: re.sub(rb'"[0-9]+"', b'"x"', content),
    }
    for cut in cuts.values():
        path = edited(template, tmp_path / "case.xlsx", **{part: cut})
        try:
            read_xlsx(path, find)
        except CaseError:
            continue


def test_a_file_that_is_not_there_is_a_fault(find, tmp_path):
    assert "cannot be read" in faults(read_xlsx, tmp_path / "case.xlsx", find)
    assert "cannot be read" in faults(read_csv, tmp_path / "case.csv", find)


def test_a_place_that_cannot_be_written_is_a_fault(book, tmp_path):
    for write in (write_workbook, write_wide, write_yaml):
        with pytest.raises(UsageError, match="cannot be written"):
            write(book, tmp_path / "no" / "case.xlsx")
    with pytest.raises(UsageError, match=re.escape("`.ods` is neither .xlsx nor .csv")):
        write_wide(book, tmp_path / "case.ods")


def wide_rows(path: Path, **values: str) -> list[str]:
    header = path.read_text(encoding="utf-8-sig").splitlines()[0].split(",")
    given = {"book": "hospital/small@1.0.0", "subject.id": "u-1", "period": "2026", **values}
    return [given.get(key, "") for key in header]


def test_a_wide_csv_gives_a_document_per_row(book, find, tmp_path):
    path = tmp_path / "units.csv"
    write_wide(book, path)
    rows = [
        wide_rows(path, staff="12", 满意度="470/500"),
        wide_rows(path, **{"subject.id": "u-2", "tick-one": "是"}),
    ]
    with path.open("a", encoding="utf-8", newline="") as file:
        file.write("".join(",".join(row) + "\r\n" for row in rows))
    first, second = read_csv(path, find)
    assert first["facts"] == {"staff": "12", "满意度": "470/500"}
    assert first["facts"]["staff"].place == "units.csv:4"
    assert parse_case(first, book).facts["满意度"].survey == (470, 500)
    assert parse_case(second, book).subject_id == "u-2"


def test_a_wide_workbook_gives_a_document_per_row(book, find, tmp_path):
    path = tmp_path / "units.xlsx"
    write_wide(book, path)
    workbook = load_workbook(path)
    sheet = workbook.worksheets[0]
    keys = {cell.value: cell.column for cell in sheet[1]}
    for row, unit in ((4, "u-1"), (9, "u-2")):
        for key, value in {
            "book": book.key,
            "subject.id": unit,
            "period": 2026,
            "staff": 12,
        }.items():
            sheet.cell(row, keys[key]).value = value
    workbook.save(path)
    documents = read_xlsx(path, find)
    assert [parse_case(document, book).subject_id for document in documents] == ["u-1", "u-2"]
    assert documents[1].place == "units.xlsx: 单位 Units!A9"


ENCODINGS = {
    "utf-8": ("utf-8", ","),
    "utf-8 with its mark": ("utf-8-sig", ";"),
    "utf-16": ("utf-16", "\t"),
    "gb18030": ("gb18030", ","),
}


@pytest.mark.parametrize(("encoding", "separator"), ENCODINGS.values(), ids=ENCODINGS)
def test_a_csv_of_any_office_is_read(book, find, tmp_path, encoding, separator):
    lines = [
        "book,subject.id,subject.name,period,staff",
        'hospital/small,u-1,"某市医\n院",2026,12',
        "",
        "hospital/small,u-2,,2026,",
    ]
    (tmp_path / "units.csv").write_bytes(
        "\r\n".join(lines).replace(",", separator).encode(encoding)
    )
    first, second = read_csv(tmp_path / "units.csv", find)
    assert first["subject"]["name"] == "某市医\n院"
    assert second["subject"]["id"].place == "units.csv:5"


def test_the_facts_sheet_saved_as_csv_is_read(book, find, tmp_path):
    lines = [
        "steelyard:facts,id,#zh,value,asked,method,source,date",
        "book,hospital/small@1.0.0",
        "subject.id,u-1",
        "period,2026",
        "as_of,",
        'header,编号,"事实\n中文",填写',
        ",■ 基础数据",
        ",staff,人数,12,,台账数据",
        ",满意度,满意度,470,500",
    ]
    (tmp_path / "case.csv").write_text("\n".join(lines), encoding="utf-8")
    (document,) = read_csv(tmp_path / "case.csv", find)
    case = parse_case(document, book)
    assert case.facts["staff"].evidence[0].method == "records"
    assert case.facts["满意度"].survey == (470, 500)
    assert document["facts"]["staff"].place == "case.csv:9"


HEAD = b"book,subject.id,period\n"
BAD_CSV = {
    "nothing": (b"", "units.csv: is empty"),
    "blank": (b"\r\n \r\n", "units.csv: is empty"),
    "binary": (b"\x00\x01\x02", "units.csv: is not text in UTF-8, UTF-16 or GB18030"),
    "wrong bytes": (HEAD + b"\xff\xff\n", "units.csv: is not text in UTF-8, UTF-16 or GB18030"),
    "either encoding": (
        HEAD + "hospital/small,某医,2026\n".encode("gb18030"),
        "units.csv: may be UTF-8 or GB18030",
    ),
    "a workbook": (b"PK\x03\x04....", "units.csv: is a workbook, not CSV: name it .xlsx"),
    "another table": (b"a,b\n1,2\n", "units.csv: has neither columns"),
    "open quote": (
        HEAD + b'hospital/small,"u-1,2026\n',
        "units.csv:2: a quotation mark or separator is out of place",
    ),
    "a quote that takes in all lines": (
        HEAD + b'hospital/small,"u-1,2026\n' + b"hospital/small,u-2,2026\n" * 6000,
        "units.csv:2: a cell holds more than 131072 characters: is a quotation mark left open?",
    ),
    "beyond the header": (
        HEAD + b"hospital/small,u-1,2026,9\n",
        "units.csv:2: `9` stands under no heading",
    ),
    "a column twice": (b"book,subject.id,x,x\n", "units.csv:1: column `x` stands twice"),
    "no unit": (HEAD, "units.csv: holds no unit"),
    "unknown book": (HEAD + b"hospital/no,u-1,2026\n", "units.csv:2: unknown book `hospital/no`"),
    "too many rows": (HEAD + b"u\n" * 100_001, "has more than 100000 rows"),
    "too many columns": (b"," * 1001, "units.csv:1: has more than 1000 columns"),
}


@pytest.mark.parametrize(("content", "message"), BAD_CSV.values(), ids=BAD_CSV)
def test_a_bad_csv_is_refused_at_its_place(find, tmp_path, content, message):
    path = tmp_path / "units.csv"
    path.write_bytes(content)
    assert message in faults(read_csv, path, find)


NOTED = """
book: town/noted
version: 1.0.0
title: {zh: 小册, en: Small book}
sector: town
parties: {zone: {title: {zh: 责任区, en: Zone}, notes: {zh: 一区一行。, en: A row for each.}}}
records: {checks: {title: {zh: 检查, en: Checks}, notes: {zh: 当天登记。, en: Entered the same day.}, zone: {type: zone, notes: 受检的区}}}
sections: [{id: all, points: 100}]
rules:
  - {id: ticks, section: all, points: 90, checklist: [{id: first, notes: {zh: 看原件, en: See the original}}]}
  - {id: reports, section: all, points: 10, stage: reports}
stages: [{id: reports, notes: {zh: 到月底, en: By the end of the month}, deliverables: [{id: report, notes: 盖章}]}]
ladder: [{id: district, year: 2, needs: grade >= pass, notes: {zh: 原文为争取, en: The source says to strive for it}}]
grades: [{id: pass, at_least: 60}, {id: fail, at_least: 0}]
"""


def test_what_a_book_remarks_stands_where_it_is_filled_in(tmp_path):
    book = parse_book(NOTED, "noted.yaml")
    write_workbook(book, tmp_path / "case.xlsx")
    sheets = {one["A1"].value: one for one in load_workbook(tmp_path / "case.xlsx").worksheets}
    said = {
        role: "\n".join(str(cell.value) for row in sheet.iter_rows() for cell in row if cell.value)
        for role, sheet in sheets.items()
    }
    for note in ("看原件\nSee the original", "盖章", "到月底", "By the end of the month"):
        assert note in said["steelyard:facts"]
    for note in ("一区一行。", "A row for each."):
        assert note in said["steelyard:party:zone"]
    for note in ("当天登记。", "Entered the same day."):
        assert note in said["steelyard:register:checks"]
    checks = sheets["steelyard:register:checks"].data_validations.dataValidation
    (zones,) = [rule for rule in checks if "责任区" in str(rule.formula1)]
    assert "受检的区" in zones.prompt
    # The dropdown begins where the zones do, below the two lines of notes.
    heads = [cell.row for cell in sheets["steelyard:party:zone"]["A"] if cell.value == "header"]
    assert f"!$B${heads[-1] + 1}:" in zones.formula1
    write_yaml(book, tmp_path / "case.yaml")
    assert "看原件 See the original" in (tmp_path / "case.yaml").read_text(encoding="utf-8")


@pytest.mark.parametrize("language", ["zh", "en"])
def test_a_book_is_shown_with_the_remarks_on_its_stages_and_rungs(language, capsys):
    Terminal(language).page(book_page(parse_book(NOTED, "noted.yaml"), language))
    printed = capsys.readouterr().out
    wanted = (
        ("到月底", "原文为争取")
        if language == "zh"
        else ("By the end of the month", "The source says to strive for it")
    )
    assert [note for note in wanted if note in printed] == list(wanted)


def test_every_sheet_is_set_up_for_printing(book, template, find, tmp_path):
    (tmp_path / "last.yaml").write_text(FILLED, encoding="utf-8")
    write_workbook(
        book,
        tmp_path / "case.xlsx",
        case=only(carried(tmp_path / "last.yaml", book, find), "last.yaml"),
    )
    for path in (template, tmp_path / "case.xlsx"):
        for sheet in (
            one for one in load_workbook(path).worksheets if one.sheet_state == "visible"
        ):
            assert (sheet.page_setup.paperSize, sheet.page_setup.orientation) == (9, "landscape")
            assert (sheet.page_setup.fitToWidth, sheet.page_setup.fitToHeight) == (1, 0)
            assert sheet.print_area.startswith(f"'{sheet.title}'!$B$")
            assert sheet.print_title_rows or sheet["A1"].value == "steelyard:guide"
            assert (sheet.oddFooter.left.text, sheet.oddFooter.right.text) == (
                "=小册子 =Small book",
                "&P / &N",
            )
            assert path == template or (sheet.oddHeader.left.text, sheet.oddHeader.right.text) == (
                "某局 && Co",
                "&A",
            )


FILLED = """
book: hospital/small
subject: {id: h-1, name: 某局 & Co}
period: "2026"
parties: [{id: p-1, kind: person}]
records: {breaches: [{severity: minor, person: p-1}]}
"""


def test_a_list_longer_than_what_is_prepared_keeps_its_dropdowns(book, find, tmp_path):
    rows = "".join(f"  - {{id: b-{number}, severity: minor}}\n" for number in range(700))
    (tmp_path / "last.yaml").write_text(
        f"{FILLED[: FILLED.index('records')]}records:\n  breaches:\n{rows}", encoding="utf-8"
    )
    write_workbook(
        book,
        tmp_path / "case.xlsx",
        case=only(carried(tmp_path / "last.yaml", book, find), "last.yaml"),
    )
    sheet = next(
        one
        for one in load_workbook(tmp_path / "case.xlsx").worksheets
        if one["A1"].value == "steelyard:register:breaches"
    )
    ends = [
        int(re.sub(r".*[A-Z]", "", str(rule.sqref)))
        for rule in sheet.data_validations.dataValidation
        if rule.sqref != "B3"
    ]
    assert sheet.cell(707, 2).value == "b-699"
    assert min(ends) >= 800, ends
