"""Every bad input gives one clear line for each fault, with its place, and leaves nothing printed
and nothing saved.
"""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from openpyxl import Workbook, load_workbook
from rights import obedient

from steelyard.cli.main import main

BOOK = """\
book: city/small
version: 1.0.0
title: {zh: 小册子, en: Small book}
sector: city
facts:
  staff: {type: integer, min: 1, max: 100000}
  trained: {type: integer, min: 0, max: staff}
  coverage: {is: trained / staff, min: 0, max: 1}
  rate: {type: number, min: 0, max: 1, decimals: 4}
  satisfaction: survey
  style: [good, fair, poor]
  opened: {type: date, min: 2020-01-01}
  published: boolean
parties:
  department: {head: person}
  person: {department: department, role: [leader, physician]}
records:
  breaches:
    date: date
    person: {type: person, missing: none}
    severity: {type: [minor, grave], missing: refused}
    verified: boolean
sections:
  - {id: all, points: 100}
rules:
  - {id: training, section: all, points: 40, requires: coverage >= 0.9}
  - {id: ticks, section: all, points: 20, checklist: [{id: one}, {id: two}]}
  - {id: breaches, section: all, points: 40, demerit: {over: breaches, when: verified, each: 3}}
limiters:
  - {id: grave, when: "any(breaches, severity == 'grave')", effect: {cap_grade: pass}}
measures:
  warned: {kind: sanction}
consequences:
  - {on: breaches, when: verified, falls_on: person, all: [warned]}
grades:
  - {id: good, at_least: 90}
  - {id: pass, at_least: 60}
  - {id: fail, at_least: 0}
"""
CASE = """\
book: city/small
subject: {id: u-1, name: 某单位}
period: 2026
facts:
  staff: 100
  trained: 90
parties:
  - {id: d-1, kind: department, head: p-1}
  - {id: p-1, kind: person, role: leader, department: d-1}
records:
  breaches:
    - {id: b-1, person: p-1, severity: minor, verified: true}
"""
TAB = "\t"


class Desk:
    """A folder with a book and a good case, where commands are run and what they leave behind is
    seen.
    """

    def __init__(self, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.folder = folder
        self.capsys = capsys
        self.write("books/small.yaml", BOOK)
        self.write("good.yaml", CASE)

    def write(self, name: str, content: str | bytes) -> Path:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    def files(self) -> set[str]:
        return {str(path.relative_to(self.folder)) for path in self.folder.rglob("*")}

    def run(self, *words: str) -> tuple[int, str, list[str]]:
        """Run a command in this process; give its exit code, what it printed, and its lines of
        complaint.
        """
        with pytest.raises(SystemExit) as end:
            main(["--lang", "en", *words])
        out, err = self.capsys.readouterr()
        return int(str(end.value.code)), out, err.splitlines()

    def refuses(self, *words: str) -> list[str]:
        """Run a command that must fail; give its lines without `error: `, having seen that nothing
        else came of it.
        """
        before = self.files()
        code, out, lines = self.run(*words)
        assert (code, out) == (2, ""), lines
        assert self.files() == before
        assert all(line.startswith("error: ") for line in lines)
        assert lines
        return [line.removeprefix("error: ") for line in lines]


@pytest.fixture
def desk(tmp_path, tmp_path_factory, capsys, monkeypatch) -> Desk:
    monkeypatch.chdir(tmp_path)
    for name in ("STEELYARD_BOOKS", "STEELYARD_PLUGINS", "STEELYARD_BLOCK"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("STEELYARD_CACHE", str(tmp_path_factory.getbasetemp() / "cache"))
    return Desk(tmp_path, capsys)


def changed(text: str, *changes: tuple[str, str]) -> str:
    for old, new in changes:
        assert text.count(old) == 1, old
        text = text.replace(old, new)
    return text


def test_the_good_case_is_weighed_and_saved(desk):
    code, out, lines = desk.run("assess", "--books", "books", "good.yaml")
    assert (code, lines) == (0, ["saved in steelyard.db"])
    assert "97" in out
    assert (desk.folder / "steelyard.db").is_file()


# Cases: what is changed in the good one, and the lines that follow.

WRONG: dict[str, tuple[list[tuple[str, str]], list[str]]] = {
    "unknown book": (
        [("city/small", "city/smal")],
        ["case.yaml:1: book: unknown book `city/smal`; did you mean `city/small`?"],
    ),
    "unknown book of a plugin": (
        [("city/small", "hospital/nine-prohibition")],
        [
            (
                "case.yaml:1: book: unknown book `hospital/nine-prohibition`; did you mean "
                "`hospital/nine-prohibitions`?"
            )
        ],
    ),
    "book that is no id": (
        [("city/small", "Small Book")],
        ["case.yaml:1: book: unknown book `Small Book`"],
    ),
    "no book": ([("book: city/small", "")], ["case.yaml:2: book: names no book"]),
    "version that the book does not accept": (
        [("city/small", "city/small@2.0.0")],
        ["case.yaml:1: book: is for version 2.0.0 of city/small, and this is version 1.0.0"],
    ),
    "unknown key": (
        [("period: 2026", "period: 2026\nperoid: 2026")],
        ["case.yaml:4: unknown key `peroid`; did you mean `period`?"],
    ),
    "no subject": (
        [("subject: {id: u-1, name: 某单位}", "")],
        ["case.yaml:1: subject: is missing: {id: …, name: …}"],
    ),
    "subject without id": ([("id: u-1, ", "")], ["case.yaml:2: subject.id: is missing"]),
    "no period": (
        [("period: 2026", "")],
        ["case.yaml:1: period: is missing: 2026, 2026H1, 2026Q3 or 2026-11"],
    ),
    "period that is none": (
        [("period: 2026", "period: 2026-13")],
        ["case.yaml:3: period: `2026-13` is not a period such as 2026, 2026H1, 2026Q3 or 2026-11"],
    ),
    "day of assessment that is none": (
        [("period: 2026", "period: 2026\nas_of: 2026-02-30")],
        ["case.yaml:4: as_of: `2026-02-30` is a date that does not exist"],
    ),
    "unknown fact": (
        [("trained: 90", "traned: 90")],
        ["case.yaml:6: facts.traned: unknown fact `traned`; did you mean `trained`?"],
    ),
    "derived fact": (
        [("trained: 90", "coverage: 0.9")],
        ["case.yaml:6: facts.coverage: `coverage` is worked out, not given"],
    ),
    "facts as a list": (
        [("  staff: 100\n  trained: 90", "  - staff\n  - trained")],
        ["case.yaml:4: facts: a mapping of facts is wanted"],
    ),
    "text for a number": (
        [("staff: 100", "staff: many")],
        ["case.yaml:5: facts.staff: `many` is not a number"],
    ),
    "fraction for a whole number": (
        [("staff: 100", "staff: 100.5")],
        ["case.yaml:5: facts.staff: `100.5` is not a whole number"],
    ),
    "not a number": (
        [("staff: 100", "staff: .nan")],
        ["case.yaml:5: facts.staff: `.nan` is not a number"],
    ),
    "infinity": (
        [("staff: 100", "staff: inf")],
        ["case.yaml:5: facts.staff: `inf` is not a number"],
    ),
    "below the least": (
        [("staff: 100", "staff: 0")],
        ["case.yaml:5: facts.staff: `0` is below the least allowed, 1"],
    ),
    "above the most": (
        [("staff: 100", "staff: 100001")],
        ["case.yaml:5: facts.staff: `100001` is above the most allowed, 100000"],
    ),
    "too many decimals": (
        [("trained: 90", "rate: 0.12345")],
        ["case.yaml:6: facts.rate: `0.12345` has more than 4 decimals"],
    ),
    "decimals beyond any arithmetic": (
        [("trained: 90", "rate: 1.0000000000000000000000000000001")],
        ["case.yaml:6: facts.rate: `1.0000000000000000000000000000001` has more than 4 decimals"],
    ),
    "facts that contradict each other": (
        [("trained: 90", "trained: 101")],
        ["case.yaml:6: facts.trained: `trained` and `staff` contradict each other"],
    ),
    "range from high to low": (
        [("staff: 100", "staff: 200..100")],
        ["case.yaml:5: facts.staff: `200..100` runs from high to low"],
    ),
    "list for a number": (
        [("staff: 100", "staff: [[1], 2]")],
        ["case.yaml:5: facts.staff: a single value is wanted here"],
    ),
    "unknown key of a fact": (
        [("staff: 100", "staff: {value: 100, methods: records}")],
        ["case.yaml:5: facts.staff: unknown key `methods`; did you mean `method`?"],
    ),
    "unknown method": (
        [("staff: 100", "staff: {value: 100, method: record}")],
        [
            (
                "case.yaml:5: facts.staff.method: `record` is not one of documents, site, "
                "survey, records, report, complaint; did you mean `records`?"
            )
        ],
    ),
    "evidence on a day that is none": (
        [("staff: 100", "staff: {value: 100, date: 2026-02-30}")],
        ["case.yaml:5: facts.staff.date: `2026-02-30` is a date that does not exist"],
    ),
    "date that is none": (
        [("trained: 90", "opened: 2026-02-30")],
        ["case.yaml:6: facts.opened: `2026-02-30` is a date that does not exist"],
    ),
    "date before the first": (
        [("trained: 90", "opened: 2019-12-31")],
        ["case.yaml:6: facts.opened: `2019-12-31` is below the least allowed, 2020-01-01"],
    ),
    "number for a date": (
        [("trained: 90", "opened: 44927")],
        ["case.yaml:6: facts.opened: `44927` is not a date such as 2026-03-01"],
    ),
    "neither yes nor no": (
        [("trained: 90", "published: maybe")],
        ["case.yaml:6: facts.published: `maybe` is neither yes nor no (是 / 否)"],
    ),
    "tick that is none": (
        [("trained: 90", "one: done")],
        ["case.yaml:6: facts.one: `done` is none of yes, no, na (是 / 否 / 不适用)"],
    ),
    "misspelt option": (
        [("trained: 90", "style: goood")],
        ["case.yaml:6: facts.style: `goood` is not one of good, fair, poor; did you mean `good`?"],
    ),
    "more pleased than asked": (
        [("trained: 90", "satisfaction: 500/470")],
        ["case.yaml:6: facts.satisfaction: 500 out of 470 cannot be"],
    ),
    "half a survey": (
        [("trained: 90", "satisfaction: {positive: 470}")],
        ["case.yaml:6: facts.satisfaction: a survey wants both `positive` and `asked`"],
    ),
    "parties as a mapping": (
        [("  - {id: d-1, kind: department, head: p-1}\n  - {id: p-1", "  d-1: {id: p-1")],
        ["case.yaml:7: parties: a list of parties is wanted"],
    ),
    "unknown kind of party": (
        [("kind: person", "kind: preson")],
        ["case.yaml:9: parties.p-1.kind: unknown kind of party `preson`; did you mean `person`?"],
    ),
    "unknown field of a party": (
        [("role: leader", "roll: leader")],
        ["case.yaml:9: parties.p-1.roll: unknown field `roll`; did you mean `role`?"],
    ),
    "party that is not there": (
        [("head: p-1", "head: p-9")],
        ["case.yaml:8: parties.d-1.head: `p-9` is not among the parties; did you mean `p-1`?"],
    ),
    "party of another kind": (
        [("head: p-1", "head: d-1")],
        ["case.yaml:8: parties.d-1.head: `d-1` is a department, and a person is wanted"],
    ),
    "party twice": (
        [("id: d-1, kind: department, head: p-1", "id: p-1, kind: person")],
        ["case.yaml:9: parties.p-1: party `p-1` stands twice"],
    ),
    "unknown register": (
        [("breaches:", "breeches:")],
        ["case.yaml:11: records.breeches: unknown register `breeches`; did you mean `breaches`?"],
    ),
    "register that is no list": (
        [
            ("    - {id: b-1", "    - {id: b-0, severity: minor}\n    - {id: b-1"),
            ("breaches:\n", "breaches: 3\n"),
            ("    - {id: b-0, severity: minor}\n", ""),
            ("    - {id: b-1, person: p-1, severity: minor, verified: true}\n", ""),
        ],
        [
            (
                "case.yaml:11: records.breaches: a list of records is wanted, or {complete: "
                "false, rows: […]}"
            )
        ],
    ),
    "unknown field": (
        [("verified: true", "verifed: true")],
        [
            (
                "case.yaml:12: records.breaches.b-1.verifed: unknown field `verifed`; did "
                "you mean `verified`?"
            )
        ],
    ),
    "field that must be given": (
        [("severity: minor, ", "")],
        ["case.yaml:12: records.breaches.b-1.severity: is missing, and this field must be given"],
    ),
    "misspelt option of a field": (
        [("severity: minor", "severity: mionr")],
        [
            (
                "case.yaml:12: records.breaches.b-1.severity: `mionr` is not one of minor, "
                "grave; did you mean `minor`?"
            )
        ],
    ),
    "breach by a stranger": (
        [("person: p-1, severity", "person: p-2, severity")],
        [
            (
                "case.yaml:12: records.breaches.b-1.person: `p-2` is not among the parties; "
                "did you mean `p-1`?"
            )
        ],
    ),
    "breach by a department": (
        [("person: p-1, severity", "person: d-1, severity")],
        [
            (
                "case.yaml:12: records.breaches.b-1.person: `d-1` is a department, and a "
                "person is wanted"
            )
        ],
    ),
    "record twice": (
        [("    - {id: b-1", "    - {id: b-1, severity: grave}\n    - {id: b-1")],
        ["case.yaml:13: records.breaches.b-1: record `b-1` stands twice"],
    ),
    "record that is no mapping": (
        [("    - {id: b-1", "    - b-0\n    - {id: b-1")],
        ["case.yaml:12: records.breaches[1]: a record is a mapping of fields"],
    ),
    "neither complete nor open": (
        [
            ("breaches:\n", "breaches:\n      complete: perhaps\n      rows:\n"),
            ("    - {id: b-1", "        - {id: b-1"),
        ],
        ["case.yaml:11: records.breaches.complete: `perhaps` is neither yes nor no (是 / 否)"],
    ),
    "waiver of an unknown rule": (
        [("records:", "waivers: [{rule: trainings, authority: x, until: 2026-12-31}]\nrecords:")],
        ["case.yaml:10: waivers[1].rule: unknown rule `trainings`; did you mean `training`?"],
    ),
    "waiver without an authority": (
        [("records:", "waivers: [{rule: training, until: 2026-12-31}]\nrecords:")],
        ["case.yaml:10: waivers[1].authority: is missing"],
    ),
    "control characters": (
        [("某单位", '"a\\e[2Jb"')],
        ["case.yaml:2: holds characters that cannot be printed"],
    ),
    "words that turn the line round": (
        [("staff: 100", '"st\\u202eaff": 100')],
        ["case.yaml:5: holds characters that cannot be printed"],
    ),
    "key of ten thousand letters": (
        [("staff: 100", "s" * 500 + ": 100")],
        [
            (
                "case.yaml:5: "
                "facts.ssssssssssssssssssssssssssssssssssssssssssss…sssssssssssssssssssssssssssssssssssssssssssssssss: unknown fact `sssssssssssssssssssssssssssssssssssssssssssssssssssssssssssssssssssssssssssssss…`"
            )
        ],
    ),
    "six faults": (
        [
            ("staff: 100", "staf: 100"),
            ("trained: 90", "trained: x\n  style: gud\n  opened: 2026-02-30"),
            ("kind: person", "kind: persn"),
            ("verified: true", "verified: 7"),
        ],
        [
            "case.yaml:11: parties.p-1.kind: unknown kind of party `persn`; did you mean `person`?",
            "case.yaml:5: facts.staf: unknown fact `staf`; did you mean `staff`?",
            "case.yaml:6: facts.trained: `x` is not a number",
            "case.yaml:7: facts.style: `gud` is not one of good, fair, poor",
            "case.yaml:8: facts.opened: `2026-02-30` is a date that does not exist",
            "case.yaml:14: records.breaches.b-1.verified: `7` is neither yes nor no (是 / 否)",
        ],
    ),
}


@pytest.mark.parametrize(("changes", "lines"), WRONG.values(), ids=WRONG)
def test_a_wrong_case_is_refused_line_by_line(desk, changes, lines):
    desk.write("case.yaml", changed(CASE, *changes))
    assert desk.refuses("assess", "--books", "books", "case.yaml") == lines


# Files that are no case at all.


def _deep(depth: int) -> str:
    return "[" * depth + "]" * depth


def _exploding() -> str:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 10)]
    return "\n".join(lines)


def _bomb() -> bytes:
    return _zipped({"xl/workbook.xml": b" " * 50_000_000})


def _zipped(parts: dict[str, bytes]) -> bytes:
    import io

    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return held.getvalue()


FILES: dict[str, tuple[str, str | bytes, str]] = {
    "yaml, empty": ("case.yaml", "", "case.yaml: is empty"),
    "yaml, comments alone": (
        "case.yaml",
        "# nothing\n",
        "case.yaml: is not a case: a mapping with `book:` is wanted",
    ),
    "yaml, a list": (
        "case.yaml",
        "- a\n",
        "case.yaml: is not a case: a mapping with `book:` is wanted",
    ),
    "yaml, a tab": (
        "case.yaml",
        f"book: city/small\nfacts:\n{TAB}staff: 1\n",
        "case.yaml:3: a tab stands where YAML allows only spaces",
    ),
    "yaml, not closed": (
        "case.yaml",
        "book: city/small\nfacts: {staff: 1\n",
        "case.yaml:3: is not valid YAML: did not find expected ',' or a closing brace",
    ),
    "yaml, a key twice": (
        "case.yaml",
        CASE + "period: 2027\n",
        "case.yaml:13: key `period` stands twice, first at case.yaml:3",
    ),
    "yaml, anchors that explode": (
        "case.yaml",
        _exploding(),
        "case.yaml:6: expands to more than 300000 values",
    ),
    "yaml, an alias of what holds it": (
        "case.yaml",
        "book: &a [*a]\n",
        "case.yaml:1: alias `a` has no anchor before it",
    ),
    "yaml, an unknown alias": (
        "case.yaml",
        "book: *a\n",
        "case.yaml:1: alias `a` has no anchor before it",
    ),
    "yaml, a tag": (
        "case.yaml",
        "book: !!python/object/apply:os.system [id]\n",
        "case.yaml:1: tags such as `tag:yaml.org,2002:python/object/apply:os.system` are not read",
    ),
    "yaml, two documents": (
        "case.yaml",
        CASE + "---\n" + CASE,
        "case.yaml:13: holds more than one document",
    ),
    "yaml, nested deeply": (
        "case.yaml",
        "book: " + _deep(5000),
        "case.yaml:1: is nested deeper than 30 levels",
    ),
    "yaml, a key that is a list": (
        "case.yaml",
        "? [a, b]\n: 1\n",
        "case.yaml:1: a key must be plain text",
    ),
    "yaml, null bytes": (
        "case.yaml",
        "# 册\nbook: a\x00b\n".encode(),
        "case.yaml:2: is not valid YAML: control characters are not allowed",
    ),
    "yaml, not UTF-8": ("case.yaml", "书: 册".encode("gb18030"), "case.yaml: is not UTF-8 text"),
    "json, empty": ("case.json", " \n", "case.json: is empty"),
    "json, not closed": (
        "case.json",
        '{"book": "city/small",\n',
        "case.json:2: is not valid JSON: expecting property name enclosed in double quotes",
    ),
    "json, a number alone": (
        "case.json",
        "3",
        "case.json: is not a case: a mapping with `book:` is wanted",
    ),
    "json, a key twice": (
        "case.json",
        '{"book": "a/b", "book": "a/b"}',
        "case.json: key `book` stands twice",
    ),
    "json, not a number": (
        "case.json",
        '{"book": "city/small", "facts": {"rate": NaN}}',
        "case.json: `NaN` is not a number",
    ),
    "json, infinity": (
        "case.json",
        '{"book": "city/small", "facts": {"rate": -Infinity}}',
        "case.json: `-Infinity` is not a number",
    ),
    "json, nested deeply": ("case.json", _deep(200_000), "case.json: is nested too deeply"),
    "json, half a character": (
        "case.json",
        '{"book": "city/small", "subject": {"id": "u-1", "name": "\\ud800"}, "period": "2026"}',
        "case.json: subject.name: holds characters that cannot be printed",
    ),
    "xlsx, not a zip": ("case.xlsx", "id,name\n", "case.xlsx: is not an .xlsx workbook"),
    "xlsx, empty": ("case.xlsx", b"", "case.xlsx: is empty"),
    "xlsx, cut off": (
        "case.xlsx",
        b"PK\x03\x04" + b"\x00" * 100,
        "case.xlsx: is not a workbook that can be read",
    ),
    "xlsx, another zip": (
        "case.xlsx",
        _zipped({"a.txt": b"a"}),
        "case.xlsx: is not a workbook that can be read",
    ),
    "xlsx, a zip bomb": (
        "case.xlsx",
        _bomb(),
        "case.xlsx: unpacks to far more than a workbook of its size would hold",
    ),
    "xlsx, an old workbook": (
        "case.xlsx",
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\x00" * 600,
        "case.xlsx: is an old .xls workbook: save it as .xlsx",
    ),
    "xls": (
        "case.xls",
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\x00" * 600,
        "case.xls: is an old .xls workbook: save it as .xlsx",
    ),
    "csv, empty": ("units.csv", b"", "units.csv: is empty"),
    "csv, a broken encoding": (
        "units.csv",
        b"book,subject.id\n\xff\xfe\xfa\x81\x20,\xff\n",
        "units.csv: is not text in UTF-8, UTF-16 or GB18030",
    ),
    "csv, binary": (
        "units.csv",
        bytes(range(256)),
        "units.csv: is not text in UTF-8, UTF-16 or GB18030",
    ),
    "csv, another table": (
        "units.csv",
        "name,age\nx,3\n",
        (
            "units.csv: has neither columns `book` and `subject.id` in its first row, nor is "
            "it a facts sheet"
        ),
    ),
    "csv, a workbook": (
        "units.csv",
        b"PK\x03\x04" + b"\x00" * 50,
        "units.csv: is a workbook, not CSV: name it .xlsx",
    ),
    "csv, a quotation mark left open": (
        "units.csv",
        'book,subject.id,period\ncity/small,"u-1,2026\n',
        "units.csv:2: a quotation mark or separator is out of place",
    ),
    "csv, an unknown fact": (
        "units.csv",
        "book,subject.id,period,staf\ncity/small,u-1,2026,5\n",
        "units.csv:2: facts.staf: unknown fact `staf`; did you mean `staff`?",
    ),
    "csv, a unit twice wrong": (
        "units.csv",
        "book,subject.id,period,staff\ncity/small,u-1,2026,5\ncity/small,u-2,2026,x\n",
        "units.csv:3: facts.staff: `x` is not a number",
    ),
    "csv, no units": (
        "units.csv",
        "book,subject.id,period\n",
        "units.csv: holds no unit: a row for each is wanted below the titles",
    ),
    "binary": ("case.yaml", bytes(range(256)), "case.yaml: is not UTF-8 text"),
    "another kind of file": (
        "case.txt",
        "book: city/small\n",
        "case.txt: is none of xlsx, csv, yaml, json",
    ),
    "no suffix": ("case", "book: city/small\n", "case: is none of xlsx, csv, yaml, json"),
}


@pytest.mark.parametrize(("name", "content", "line"), FILES.values(), ids=FILES)
def test_a_file_that_is_no_case_is_refused(desk, name, content, line):
    desk.write(name, content)
    assert desk.refuses("assess", "--books", "books", name) == [line]


def test_files_that_are_not_there(desk):
    (desk.folder / "empty").mkdir()
    assert desk.refuses("assess", "none.yaml", "empty", "a\x00b") == [
        "none.yaml: there is no such file",
        "empty: holds no case: no xlsx, csv, yaml or json file",
        "a�b: there is no such file",
    ]


@pytest.mark.parametrize("name", ["case.yaml", "case.json", "case.csv", "case.xlsx"])
def test_a_file_that_may_not_be_read(desk, name):
    desk.write(name, CASE).chmod(0)
    command = [*obedient(), sys.executable, "-m", "steelyard", "assess", "--books", "books", name]
    environment = {**os.environ, "LC_ALL": "C.UTF-8"}
    done = subprocess.run(
        command, check=False, capture_output=True, text=True, cwd=desk.folder, env=environment
    )
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == f"error: {name}: cannot be read: Permission denied\n"


def test_a_pipe_is_not_waited_for(desk):
    os.mkfifo(desk.folder / "case.yaml")
    assert desk.refuses("assess", "case.yaml") == ["case.yaml: is neither a file nor a folder"]


def test_a_folder_named_as_a_file(desk):
    (desk.folder / "inner").mkdir()
    (desk.folder / "inner" / "case.yaml").mkdir()
    assert desk.refuses("assess", "--books", "books", "inner") == [
        "inner: holds no case: no xlsx, csv, yaml or json file",
        "inner/case.yaml: is a folder: open it with `--recursive`, or name it",
        "inner: read here: 0; passed over: 1",
    ]


def test_one_bad_file_among_several_stops_them_all(desk):
    desk.write("cases/a.yaml", changed(CASE, ("u-1", "u-2")))
    desk.write(
        "cases/b.yaml", changed(CASE, ("staff: 100", "staff: x"), ("kind: person", "kind: persn"))
    )
    desk.write("cases/c.json", "{")
    assert desk.refuses("assess", "--books", "books", "cases", "good.yaml", "--format", "json") == [
        "cases/b.yaml:9: parties.p-1.kind: unknown kind of party `persn`; did you mean `person`?",
        "cases/b.yaml:5: facts.staff: `x` is not a number",
        "cases/c.json:1: is not valid JSON: expecting property name enclosed in double quotes",
    ]


def test_one_bad_file_among_many_in_several_processes(desk):
    for number in range(45):
        desk.write(f"cases/{number:02}.yaml", changed(CASE, ("u-1", f"u-{number}")))
    desk.write("cases/17.yaml", changed(CASE, ("u-1", "u-17"), ("staff: 100", "staff: x")))
    assert desk.refuses("assess", "--books", "books", "cases") == [
        "cases/17.yaml:5: facts.staff: `x` is not a number"
    ]


# Workbooks


def _template(desk: Desk) -> Path:
    code, _, _ = desk.run("template", "--books", "books", "city/small", "-o", "case.xlsx")
    assert code == 0
    return desk.folder / "case.xlsx"


def _sheet(workbook: Workbook, role: str):
    return next(sheet for sheet in workbook.worksheets if sheet["A1"].value == f"steelyard:{role}")


def _row(sheet, name: str) -> int:
    return next(cell.row for cell in sheet["B"] if cell.value == name)


def _merge(workbook: Workbook) -> None:
    sheet = _sheet(workbook, "facts")
    sheet.merge_cells(
        start_row=_row(sheet, "staff"),
        end_row=_row(sheet, "staff") + 1,
        start_column=8,
        end_column=8,
    )


def _formula(workbook: Workbook) -> None:
    sheet = _sheet(workbook, "facts")
    sheet.cell(_row(sheet, "staff"), 8).value = "=1+1"


def _error(workbook: Workbook) -> None:
    sheet = _sheet(workbook, "facts")
    cell = sheet.cell(_row(sheet, "staff"), 8)
    cell.value = "#DIV/0!"
    cell.data_type = "e"


def _word(workbook: Workbook) -> None:
    sheet = _sheet(workbook, "facts")
    sheet.cell(_row(sheet, "staff"), 8).value = "很多"


def _version(workbook: Workbook) -> None:
    _sheet(workbook, "case")["D4"].value = "city/small@9.0.0"


def _other(workbook: Workbook) -> None:
    workbook.create_sheet("mine")["A1"].value = "x"


def _gone(workbook: Workbook) -> None:
    workbook.remove(_sheet(workbook, "facts"))


def _copied(workbook: Workbook) -> None:
    sheet = workbook.create_sheet("copy")
    sheet["A1"].value = "steelyard:facts"
    sheet["B1"].value = "id"
    sheet["C1"].value = "value"


def _stranger(workbook: Workbook) -> None:
    sheet = _sheet(workbook, "register:breaches")
    keys = {cell.value: cell.column for cell in sheet[1]}
    for key, value in {"id": "b-1", "person": "p-2", "severity": "minor"}.items():
        sheet.cell(20, keys[key]).value = value


WORKBOOKS: dict[str, tuple[Callable[[Workbook], None], list[str]]] = {
    "merged cells": (
        _merge,
        ["case.xlsx: 事实 Facts!H18:H19: the cells are merged: unmerge them, one value to a cell"],
    ),
    "formula without a value": (
        _formula,
        [
            (
                "case.xlsx: 事实 Facts!H18: holds a formula without a stored value: open and "
                "save the workbook once"
            )
        ],
    ),
    "cell with an error": (_error, ["case.xlsx: 事实 Facts!H18: holds the error `#DIV/0!`"]),
    "word for a number": (
        _word,
        ["case.xlsx: 事实 Facts!H18: facts.staff: `很多` is not a number"],
    ),
    "another version of the book": (
        _version,
        [
            (
                "case.xlsx: 案卷 Case!D4: book: is for version 9.0.0 of city/small, and this "
                "is version 1.0.0"
            )
        ],
    ),
    "sheet of one's own": (
        _other,
        ["case.xlsx: mine: this sheet is not part of the workbook: keep it in another file"],
    ),
    "sheet missing": (_gone, ["case.xlsx: sheet `事实 Facts` is missing"]),
    "sheet twice": (
        _copied,
        ["case.xlsx: copy: is a copy of sheet `事实 Facts`: each stands once"],
    ),
    "breach by a stranger": (
        _stranger,
        ["case.xlsx: breaches!D20: records.breaches.b-1.person: `p-2` is not among the parties"],
    ),
}


@pytest.mark.parametrize(("change", "lines"), WORKBOOKS.values(), ids=WORKBOOKS)
def test_a_wrong_workbook_is_refused_with_the_cell(desk, change, lines):
    path = _template(desk)
    workbook = load_workbook(path)
    change(workbook)
    workbook.save(path)
    assert desk.refuses("assess", "--books", "books", "case.xlsx") == lines


def test_two_sheets_of_one_name(desk):
    path = _template(desk)
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    name = load_workbook(path).worksheets[1].title
    other = load_workbook(path).worksheets[2].title
    parts["xl/workbook.xml"] = (
        parts["xl/workbook.xml"].decode().replace(f'name="{other}"', f'name="{name}"').encode()
    )
    path.write_bytes(_zipped(parts))
    assert desk.refuses("assess", "--books", "books", "case.xlsx") == [
        "case.xlsx: 案卷 Case: two sheets bear this name"
    ]


def test_a_sheet_of_one_row_too_many(desk):
    rows = "".join(
        f'<row r="{n}"><c r="A{n}"><v>{n * 7919 % 100003}</v></c></row>' for n in range(1, 100_002)
    )
    path = _template(desk)
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    parts["xl/worksheets/sheet2.xml"] = (
        '<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>'
        + rows
        + "</sheetData></worksheet>"
    ).encode()
    path.write_bytes(_zipped(parts))
    assert desk.refuses("assess", "--books", "books", "case.xlsx") == [
        "case.xlsx: 案卷 Case: has more than 100000 rows"
    ]


# Books

OWN = """\
book: city/own
version: 1.0.0
sector: city
extends: city/small@1
"""
BOOKS: dict[str, tuple[str, list[str]]] = {
    "points that do not add up": (
        changed(
            BOOK,
            ("id: training, section: all, points: 40", "id: training, section: all, points: 35"),
        ),
        ["books/small.yaml:24: sections.all: its rules add up to 95 points, not 100"],
    ),
    "sections that do not add up": (
        changed(
            BOOK,
            ("- {id: all, points: 100}", "- {id: all, points: 100}\n  - {id: more, points: 5}"),
        ),
        [
            "books/small.yaml:25: sections.more: its rules add up to 0 points, not 5",
            "books/small.yaml:24: sections: the sections add up to 105 points, not 100",
        ],
    ),
    "unknown name": (
        changed(BOOK, ("coverage >= 0.9", "coverge >= 0.9")),
        [
            (
                "books/small.yaml:26: rules.training.requires: unknown name `coverge`; did "
                "you mean `coverage`?"
            )
        ],
    ),
    "text and number": (
        changed(BOOK, ("coverage >= 0.9", "coverage >= 'high'")),
        [
            (
                "books/small.yaml:26: rules.training.requires: `coverage` is a number and "
                "cannot be compared with 'high'"
            )
        ],
    ),
    "not a condition": (
        changed(BOOK, ("requires: coverage >= 0.9", "requires: coverage")),
        ["books/small.yaml:26: rules.training.requires: `coverage` is not a condition"],
    ),
    "expression not complete": (
        changed(BOOK, ("requires: coverage >= 0.9", "requires: coverage >=")),
        [
            (
                "books/small.yaml:26: rules.training.requires: `coverage >=` is not a "
                "complete expression"
            )
        ],
    ),
    "expression that reaches for more": (
        changed(BOOK, ("requires: coverage >= 0.9", "requires: coverage.__class__")),
        [
            (
                "books/small.yaml:26: rules.training.requires: `coverage` is not a party and "
                "has no `__class__`"
            )
        ],
    ),
    "unknown option": (
        changed(BOOK, ("severity == 'grave'", "severity == 'graver'")),
        [
            (
                "books/small.yaml:30: limiters.grave.when: `graver` is not one of minor, "
                "grave; did you mean `grave`?"
            )
        ],
    ),
    "numbers beyond 38 digits": (
        changed(
            BOOK,
            ("rate: {type: number, min: 0, max: 1, decimals: 4}", "rate: number"),
            ("coverage >= 0.9", "rate * rate * rate * rate >= 1"),
        ),
        [
            (
                "books/small.yaml:26: rules.training.requires: `rate * rate * rate` could "
                "need more than 38 digits; give its facts a min and a max"
            )
        ],
    ),
    "a key that is too long": (
        changed(BOOK, ("  published: boolean", f"  {'k' * 301}: boolean")),
        [f"books/small.yaml:13: facts.{'k' * 44}…{'k' * 49}: the text is too long"],
    ),
    "unknown key": (
        changed(BOOK, ("requires: coverage", "require: coverage")),
        ["books/small.yaml:26: rules.training: unknown key `require`; did you mean `requires`?"],
    ),
    "unknown key of the book": (
        changed(BOOK, ("sector: city", "sector: city\nsectors: [city]")),
        ["books/small.yaml:5: unknown key `sectors`; did you mean `sector`?"],
    ),
    "no form": (
        changed(BOOK, (", requires: coverage >= 0.9", "")),
        [
            (
                "books/small.yaml:26: rules.training: a rule has exactly one form (requires, "
                "checklist, graded, banded, proportional, demerit, stage, judged), not 0"
            )
        ],
    ),
    "no grades": (BOOK[: BOOK.index("grades:")], ["books/small.yaml:1: `grades` is missing"]),
    "rule twice": (
        changed(BOOK, ("{id: ticks, ", "{id: training, ")),
        ["books/small.yaml:26: rules.training: `training` stands twice"],
    ),
    "fact and item of one id": (
        changed(BOOK, ("[{id: one}, ", "[{id: staff}, ")),
        [
            (
                "books/small.yaml:27: rules.ticks.staff: `staff` stands twice; ids of facts, "
                "items and deliverables are unique in a book"
            )
        ],
    ),
    **{
        f"rule id {wrong}": (
            changed(BOOK, ("{id: ticks, ", f"{{id: {wrong}, ")),
            [
                (
                    f"books/small.yaml:27: rules.{wrong}.id: `{wrong}` is not written as an id: "
                    f"small letters and digits, parted by hyphens, as in `hand-hygiene`{near}"
                )
            ],
        )
        for wrong, near in (
            ("hand_hygiene", "; did you mean `hand-hygiene`?"),
            ("HandHygiene", "; did you mean `handhygiene`?"),
            ("1st", ""),
            ("手卫生", ""),
        )
    },
    "grade from what is no figure": (
        changed(BOOK, ("at_least: 60", "at_least: 60 points")),
        [
            (
                "books/small.yaml:37: grades.pass.at_least: `60 points` is neither a figure nor "
                "the name of a parameter"
            )
        ],
    ),
    "grade twice": (
        changed(BOOK, ("id: good, at_least", "id: pass, at_least")),
        ["books/small.yaml:36: grades.pass: `pass` stands twice"],
    ),
    "limiter with an unknown grade": (
        changed(BOOK, ("cap_grade: pass", "cap_grade: pas")),
        ["books/small.yaml:30: limiters.grave.effect: unknown grade `pas`; did you mean `pass`?"],
    ),
    "limiter that does nothing": (
        changed(BOOK, ("cap_grade: pass", "veto: false")),
        [
            (
                "books/small.yaml:30: limiters.grave.effect: does nothing: veto, not_rated, "
                "cap_grade or downgrade is wanted"
            )
        ],
    ),
    "consequence with an unknown measure": (
        changed(BOOK, ("all: [warned]", "all: [warnd]")),
        ["books/small.yaml:34: consequences[1]: unknown measure `warnd`; did you mean `warned`?"],
    ),
    "consequence on nothing known": (
        changed(BOOK, ("{on: breaches", "{on: breach")),
        [
            (
                "books/small.yaml:34: consequences[1].on: `breach` is neither a register, a "
                "kind of party nor `subject`; did you mean `breaches`?"
            )
        ],
    ),
    "consequence on no party": (
        changed(BOOK, ("falls_on: person", "falls_on: severity")),
        ["books/small.yaml:34: consequences[1].falls_on: `severity` names no party"],
    ),
    "facts that go round": (
        changed(
            BOOK,
            (
                "coverage: {is: trained / staff, min: 0, max: 1}",
                "coverage: {is: share_two + 1}\n  share_two: {is: coverage - 1}",
            ),
        ),
        [
            (
                "books/small.yaml:8: facts.coverage: derived facts go round in a circle: "
                "coverage → share_two → coverage"
            )
        ],
    ),
    "unknown type": (
        changed(BOOK, ("published: boolean", "published: bolean")),
        [
            (
                "books/small.yaml:13: facts.published.type: `bolean` is not a type; did you "
                "mean `boolean`?"
            )
        ],
    ),
    "bound that is unknown": (
        changed(BOOK, ("max: staff", "max: staf")),
        ["books/small.yaml:7: facts.trained.max: unknown fact `staf`; did you mean `staff`?"],
    ),
    "min above max": (
        changed(BOOK, ("min: 1, max: 100000", "min: 100001, max: 100000")),
        ["books/small.yaml:6: facts.staff: min is above max"],
    ),
    "points that are no number": (
        changed(BOOK, ("points: 20", "points: many")),
        ["books/small.yaml:27: rules.ticks.points: `many` is not a number"],
    ),
    "points beyond all measure": (
        changed(BOOK, ("points: 20", "points: 1e99999999")),
        [
            (
                "books/small.yaml:27: rules.ticks.points: `1E+99999999` cannot be points: at "
                "least 0, with at most 2 decimals"
            )
        ],
    ),
    "a number where a date stands": (
        changed(BOOK, ("sector: city", "sector: city\neffective: {from: 86400}")),
        ["books/small.yaml:5: effective.from: `86400` is not a date such as 2026-03-01"],
    ),
    "a list where a mapping stands": (
        changed(BOOK, ("warned: {kind: sanction}", "warned: [kind, sanction]")),
        ["books/small.yaml:32: measures.warned: a mapping is wanted, not a list"],
    ),
    "extends an unknown book": (
        changed(OWN, ("city/small@1", "city/smal@1")),
        ["books/own.yaml:4: extends: unknown book `city/smal@1`; did you mean `city/small`?"],
    ),
    "extends itself": (
        changed(OWN, ("city/small@1", "city/own")),
        ["books/own.yaml:4: extends: `extends` goes round in a circle: city/own → city/own"],
    ),
    "tailors what is not there": (
        OWN + "tailor: {drop: {trainings: none is needed}}\n",
        [
            (
                "books/own.yaml:5: tailor.drop.trainings: there is no rule or limiter "
                "`trainings` to drop; did you mean `training`?"
            )
        ],
    ),
    "says again what it extends": (
        OWN + "sections: [{id: all, points: 100}]\n",
        [
            (
                "books/own.yaml:5: sections.all: `all` stands already at "
                "books/small.yaml:24; change it under `tailor`"
            )
        ],
    ),
}


@pytest.mark.parametrize(("text", "lines"), BOOKS.values(), ids=BOOKS)
def test_a_wrong_book_is_refused_line_by_line(desk, text, lines):
    name, own = ("own", text) if text.startswith("book: city/own") else ("small", text)
    desk.write(f"books/{name}.yaml", own)
    desk.write("case.yaml", changed(CASE, ("city/small", f"city/{name}")))
    at_cases = desk.refuses("assess", "--books", "books", "case.yaml")
    assert at_cases == lines
    assert desk.refuses("book", "show", f"city/{name}", "--books", "books") == at_cases
    assert (
        desk.refuses("template", f"city/{name}", "-o", "new.xlsx", "--books", "books") == at_cases
    )


def test_books_that_extend_each_other(desk):
    desk.write("books/own.yaml", changed(OWN, ("city/small@1", "city/other")))
    desk.write(
        "books/other.yaml", changed(OWN, ("city/own", "city/other"), ("city/small@1", "city/own"))
    )
    assert desk.refuses("book", "show", "city/own", "--books", "books") == [
        (
            "books/other.yaml:4: extends: `extends` goes round in a circle: city/own → "
            "city/other → city/own"
        )
    ]


FOLDERS: dict[str, tuple[dict[str, str | bytes], str]] = {
    "no book in a file": (
        {"books/x.yaml": "title: x\n"},
        "books/x.yaml: is not a rule book: no line `book: …` stands at the left margin",
    ),
    "id that is none": (
        {"books/x.yaml": "book: Small\nversion: 1.0\n"},
        "books/x.yaml:1: book: `Small` is not the id of a book, such as `hospital/nine-prohibitions`",
    ),
    "version that is none": (
        {"books/x.yaml": "book: city/x\nversion: one\n"},
        "books/x.yaml:2: version: `one` is not a version, such as `1.0.0`",
    ),
    "lines that end in a carriage return alone": (
        {"books/x.yaml": b"title: x\rbook: city/x\rversion: one\r"},
        "books/x.yaml:3: version: `one` is not a version, such as `1.0.0`",
    ),
    "book that is no text": (
        {"books/x.yaml": b"\xff\xfe\x00book"},
        "books/x.yaml: is not UTF-8 text",
    ),
}


@pytest.mark.parametrize(("files", "line"), FOLDERS.values(), ids=FOLDERS)
def test_a_stray_file_among_the_books_is_named_and_stops_nobody(desk, files, line):
    for name, content in files.items():
        desk.write(name, content)
    code, out, lines = desk.run("assess", "--books", "books", "good.yaml", "--no-save")
    assert (code, lines) == (0, [f"warning: {line}"])
    assert "u-1" in out


def test_a_book_that_stands_twice_in_a_folder_is_refused_where_it_is_needed(desk):
    desk.write("books/x.yaml", BOOK)
    said = "books/x.yaml: book `city/small@1.0.0` stands already in `books/small.yaml`"
    code, out, lines = desk.run("assess", "--books", "books", "good.yaml")
    assert (code, out, lines) == (2, "", [f"warning: {said}", f"error: {said}"])
    code, _, lines = desk.run("book", "show", "hospital/nine-prohibitions", "--books", "books")
    assert (code, lines) == (0, [f"warning: {said}"])


def test_whoever_checks_a_folder_of_books_hears_of_every_file(desk):
    desk.write("books/x.yaml", "title: x\n")
    assert desk.refuses("book", "check", "books") == [
        "books/x.yaml: is not a rule book: no line `book: …` stands at the left margin",
        "books/x.yaml: is not a rule book: no line `version: …` stands at the left margin",
    ]


CLAUSES: dict[str, tuple[str | bytes, list[str]]] = {
    "other columns": (
        "id,zh,en\nS1,x,y\n",
        ["books/clauses/small.csv:1: the columns must be `id,kind,zh,en,figure`"],
    ),
    "cells missing": (
        "id,kind,zh,en,figure\nS1,demand,x\n",
        ["books/clauses/small.csv:2: has 3 cells where 5 are wanted"],
    ),
    "clause twice": (
        "id,kind,zh,en,figure\nS1,demand,x,x,\nS1,demand,x,x,\n",
        ["books/clauses/small.csv:3: clause `S1` stands already in line 2"],
    ),
    "no text": (b"\xff\xfe", ["books/clauses/small.csv: is not UTF-8 text"]),
}


@pytest.mark.parametrize(("content", "lines"), CLAUSES.values(), ids=CLAUSES)
def test_a_wrong_inventory_of_clauses_is_refused(desk, content, lines):
    desk.write("books/clauses/small.csv", content)
    assert desk.refuses("book", "clauses", "city/small", "--books", "books") == lines
    assert desk.refuses("template", "city/small", "-o", "new.xlsx", "--books", "books") == lines


# Commands

COMMANDS: dict[str, tuple[list[str], list[str]]] = {
    "unknown command": (
        ["asess", "good.yaml"],
        ["steelyard: there is no command `asess`; did you mean `assess`?"],
    ),
    "unknown command of a group": (
        ["book", "shwo", "city/small"],
        ["steelyard book: there is no command `shwo`; did you mean `show`?"],
    ),
    "unknown option": (
        ["assess", "--formt", "json", "good.yaml"],
        ["steelyard assess: there is no option `--formt`; did you mean `--format`?"],
    ),
    "unknown format": (
        ["assess", "--format", "xml", "good.yaml"],
        ["steelyard assess: --format: `xml` is none of `text`, `json`"],
    ),
    "no file": (["assess"], ["steelyard assess: `FILE…` is missing"]),
    "option without its value": (
        ["assess", "good.yaml", "--db"],
        ["steelyard assess: option `--db` requires an argument"],
    ),
    "no such folder of books": (
        ["assess", "good.yaml", "--books", "nowhere"],
        ["nowhere: there is no such file or folder"],
    ),
    "limit that is no number": (
        ["show", "--limit", "few"],
        ["steelyard show: --limit: `few` is not a whole number from 1 up"],
    ),
    "limit below one": (
        ["show", "--limit", "0"],
        ["steelyard show: --limit: `0` is not a whole number from 1 up"],
    ),
    "unknown book": (
        ["book", "show", "hospital/nine-prohibition"],
        ["unknown book `hospital/nine-prohibition`; did you mean `hospital/nine-prohibitions`?"],
    ),
    "unknown version": (
        ["book", "show", "hospital/nine-prohibitions@9"],
        ["book `hospital/nine-prohibitions` has no version `9`; it has 2.0.0"],
    ),
    "no output": (
        ["template", "hospital/nine-prohibitions"],
        ["steelyard template: `-o FILE` is missing"],
    ),
    "unknown kind of output": (
        ["template", "hospital/nine-prohibitions", "-o", "case.doc"],
        ["case.doc: the template is written as one of .xlsx, .yaml"],
    ),
    "wide as yaml": (
        ["template", "hospital/nine-prohibitions", "--wide", "-o", "case.yaml"],
        ["case.yaml: the template is written as one of .xlsx, .csv"],
    ),
    "output in no folder": (
        ["template", "hospital/nine-prohibitions", "-o", "nowhere/case.xlsx"],
        ["nowhere/case.xlsx: cannot be written: No such file or directory"],
    ),
    "yaml in no folder": (
        ["template", "hospital/nine-prohibitions", "-o", "nowhere/case.yaml"],
        ["nowhere/case.yaml: cannot be written: No such file or directory"],
    ),
    "table in no folder": (
        ["template", "hospital/nine-prohibitions", "--wide", "-o", "nowhere/case.csv"],
        ["nowhere/case.csv: cannot be written: No such file or directory"],
    ),
    "no store": (["show"], ["steelyard.db: there is no such store"]),
    "store in no folder": (
        ["assess", "good.yaml", "--books", "books", "--db", "nowhere/x.db"],
        ["nowhere/x.db: there is no folder `nowhere`"],
    ),
    "store that is a folder": (
        ["assess", "good.yaml", "--books", "books", "--db", "books"],
        ["books: is a folder, not a store"],
    ),
    "store that is no database": (
        ["assess", "good.yaml", "--books", "books", "--db", "good.yaml"],
        ["good.yaml: is not a store"],
    ),
    "shown from what is no database": (
        ["show", "--db", "good.yaml"],
        ["good.yaml: is not a store"],
    ),
    "words too many": (
        ["template", "a", "b", "-o", "x.yaml"],
        ["steelyard template: got unexpected extra argument (b)"],
    ),
}


@pytest.mark.parametrize(("words", "lines"), COMMANDS.values(), ids=COMMANDS)
def test_a_command_given_wrongly_says_so(desk, words, lines):
    assert desk.refuses(*words) == lines


def test_an_output_that_is_a_folder(desk):
    (desk.folder / "case.xlsx").mkdir()
    assert desk.refuses("template", "hospital/nine-prohibitions", "-o", "case.xlsx") == [
        "case.xlsx: cannot be written: Is a directory"
    ]


def test_an_unknown_assessment(desk):
    desk.run("assess", "--books", "books", "good.yaml")
    assert desk.refuses("show", "zzz") == ["steelyard.db: there is no assessment `zzz`"]
    assert desk.refuses("show", " ") == ["steelyard.db: there is no assessment ` `"]


def test_a_database_of_another_program(desk):
    import sqlite3

    connection = sqlite3.connect(desk.folder / "other.db")
    connection.execute("CREATE TABLE t (x)")
    connection.commit()
    connection.close()
    assert desk.refuses("assess", "good.yaml", "--books", "books", "--db", "other.db") == [
        "other.db: is a database of another program"
    ]


# As a user runs it.

RUN: dict[str, tuple[str, str | bytes, str]] = {
    "wrong fact": (
        "case.yaml",
        (
            "book: hospital/nine-prohibitions\nsubject: {id: h-1}\nperiod: 2026\nfacts: "
            "{medical_staf: 3}\n"
        ),
        (
            "case.yaml:4: facts.medical_staf: unknown fact `medical_staf`; did you mean "
            "`medical_staff`?"
        ),
    ),
    "not a workbook": ("case.xlsx", b"PK\x03\x04", "case.xlsx: is not a workbook that can be read"),
    "nested deeply": ("case.json", _deep(200_000), "case.json: is nested too deeply"),
    "anchors that explode": (
        "case.yaml",
        _exploding(),
        "case.yaml:6: expands to more than 300000 values",
    ),
    "half a character": (
        "case.json",
        (
            '{"book": "hospital/nine-prohibitions", "subject": {"id": "h-1", "name": '
            '"\\ud800"}, "period": "2026"}'
        ),
        "case.json: subject.name: holds characters that cannot be printed",
    ),
}


@pytest.mark.parametrize(("name", "content", "line"), RUN.values(), ids=RUN)
def test_the_program_itself_ends_with_two_and_one_line(
    tmp_path, tmp_path_factory, name, content, line
):
    (tmp_path / name).write_bytes(content.encode() if isinstance(content, str) else content)
    # An ASCII locale, as in a bare container.
    environment = {
        key: value
        for key, value in os.environ.items()
        if not key.startswith(("STEELYARD_", "LC_", "LANG"))
    }
    environment |= {"LC_ALL": "C", "STEELYARD_CACHE": str(tmp_path_factory.getbasetemp() / "cache")}
    done = subprocess.run(
        [sys.executable, "-m", "steelyard", "assess", name],
        cwd=tmp_path,
        capture_output=True,
        env=environment,
        encoding="utf-8",
        check=False,
        timeout=120,
    )
    assert (done.returncode, done.stdout, done.stderr.splitlines()) == (2, "", [f"error: {line}"])
    assert [path.name for path in tmp_path.iterdir()] == [name]
