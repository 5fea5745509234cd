"""Spoilt input of every kind: it is read or refused in plain lines, and nothing else ever comes
out.

STEELYARD_FUZZ=30000 runs so many inputs in all; a failure says how to run its one input again.
"""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

import pytest
import yaml
from core.fuzzing import (
    HOSTILE,
    again,
    check_refusal,
    grown,
    inputs,
    is_safe,
    nasty,
    scratch,
    scratch_lines,
    soup,
    spoil,
    spoil_bytes,
    spoil_workbook,
    written,
)
from rich.console import Console

from steelyard.book.document import book_entry
from steelyard.book.library import Library
from steelyard.book.model import RuleBook
from steelyard.book.reading.load import parse_book
from steelyard.book.reading.vocabulary import Vocabulary
from steelyard.book.remarks.standing import placed
from steelyard.book.titles import BookTitles
from steelyard.case.formats.files import cases_in
from steelyard.case.formats.template import write_yaml
from steelyard.case.formats.wide import write_wide
from steelyard.case.formats.workbook import write_workbook
from steelyard.case.model import Case
from steelyard.case.reading.read import parse_case
from steelyard.case.reading.rollup import Part
from steelyard.errors import CaseError, SteelyardError, fault
from steelyard.expression.parse import Scope, parse
from steelyard.expression.prose import phrase
from steelyard.expression.types import decimal_of
from steelyard.forms.table import FORMS
from steelyard.judging.assessment import weigh
from steelyard.located_yaml import load, mark
from steelyard.plugins.installed import Plugins
from steelyard.report.book.book import book_page
from steelyard.report.formats.terminal import Terminal
from steelyard.report.unit.report import unit_page
from steelyard.store.store import Entry, Store

# Books that take parts of a base or roll assessments up, one by month and one by quarter.
TAKING = ("agency/broadcast-centre", "community/residents-community", "community/city-after-award")
# One real book of each sector: twenty would take twenty times as long and spoil in no other way.
SPOILT = (
    "hospital/nine-prohibitions",
    "school/civilized-unit",
    "agency/tourism-bureau",
    "community/street-office",
)
SMALL = """
book: hospital/small
version: 1.0.0
title: {zh: 小册子, en: Small book}
sector: hospital
parameters:
  floor: {2014-01-01: 0.9, 2026-07-01: 0.95}
facts:
  staff: {type: integer, min: 1, max: 100000}
  trained: {type: integer, min: 0, max: staff}
  rate: {type: number, min: 0, max: 1, decimals: 4}
  coverage: {is: trained / staff, min: 0, max: 1, better: higher}
  满意度: survey
  style: [A, B]
  rank: {type: [low, middle, high], ordered: true}
  opened: {type: date, min: 2020-01-01}
  published: boolean
  remark: text
  award: {type: date, missing: none}
parties:
  department: {head: person}
  person: {department: department, role: [leader, physician]}
records:
  breaches:
    date: date
    person: {type: person, missing: none}
    department: {type: department, default: person.department}
    severity: {type: [minor, grave], missing: refused}
    verified: boolean
    amount: {type: number, decimals: 2, min: 0, max: 1000}
    heavy: {is: amount > 100}
sections:
  - {id: all, points: 100}
rules:
  - {id: training, section: all, points: 20, requires: coverage >= floor}
  - id: ticks
    section: all
    points: 30
    checklist: [{id: one}, {id: two, weight: 2}]
  - {id: breaches, section: all, points: 20, demerit: {over: breaches, when: verified, each: 3 if heavy else 1}}
  - {id: reports, section: all, points: 10, stage: reports, late: 0.5}
  - {id: mood, section: all, banded: 满意度, bands: [{at_least: 0.9, points: 10}, {above: 0.5, points: 4}], confident: 0.95}
  - {id: look, section: all, graded: style, points: {A: 5, B: 0}}
  - {id: part, section: all, points: 5, proportional: rate, not_applicable: published}
  - {id: honour, bonus: {group: honours}, points: 2, requires: given(award)}
bonus: 5
limiters:
  - {id: crime, when: "any(breaches, verified and severity == 'grave')", effect: {cap_grade: pass}}
  - {id: floor-of-all, effect: {min_section: {all: 20}, downgrade: 1}}
measures:
  warned: {kind: sanction}
  praised: {kind: reward, excludes: [warned]}
consequences:
  - {on: breaches, when: verified, falls_on: person, one_of: [[warned], [praised]]}
  - {on: breaches, when: verified, falls_on: department.head, all: [warned]}
  - {on: person, when: "count(breaches, verified) >= 2", falls_on: person, all: [warned]}
  - {on: subject, when: grade_of_style, falls_on: subject, all: [praised]}
stages:
  - {id: reports, window: {months: [2, 3]}, deliverables: [{id: report_sent}]}
ladder:
  - {id: city, year: 2, needs: grade >= pass}
grades:
  - {id: excellent, at_least: 90}
  - {id: pass, at_least: 60}
  - {id: fail, at_least: 0}
""".replace("grade_of_style", "style == 'A'")

OWN = """
book: hospital/own
version: 1.0.0
title: {zh: 自有, en: Own}
sector: hospital
extends: {hospital/small@1: [training, one, breaches.person, breaches.severity, crime]}
tailor:
  set:
    points: {ticks: 20, all: 40}
    cites: {training: [A.1], one: A.2, breaches.person: [A.3, A.4], floor: A.5, crime: [A.6]}
    parameters: {floor: {2027-01-01: 0.97}}
  add:
    items: {ticks: [{id: three, cites: [A.7]}, {id: four, weight: 2}]}
    fields: {breaches: {settled: date, light: {is: severity == 'minor'}}, person: {post: text}}
  drop: {crime: {zh: 不用, en: not used}}
records:
  months: {from_book: hospital/small@1, roster: departments, every: month, well: {is: score_low >= 60 and not veto}}
  years: {from_book: hospital/small@1, roster: subject, every: half}
sections: [{id: parts, points: 60}]
points: 100
rules:
  - {id: well, section: parts, points: 30, proportional: "share(months, well)"}
  - {id: mean, section: parts, points: 20, proportional: "total(months, score_high) / (100 * count(months))"}
  - {id: before, section: parts, points: 10, requires: "every(years, grade >= 'pass' and points_all >= 50)"}
consequences:
  - {on: department, when: "count(months, grade == 'fail') >= 2", falls_on: department.head, all: [warned]}
grades: [{id: pass, at_least: 60}, {id: fail, at_least: 0}]
"""
OWN_CASE = """
book: hospital/own@1
subject: {id: h-1, name: 某医院, part_of: group}
period: 2026H1
as_of: 2026-05-15
facts: {staff: 812, trained: 800, one: yes, three: no, four: na}
parties:
  - {id: d-1, kind: department, head: p-1}
  - {id: d-2, kind: department}
  - {id: p-1, kind: person, post: a}
records:
  breaches: [{id: b-1, person: p-1, severity: grave, settled: 2026-03-01}]
  months:
    complete: false
    rows:
      - {subject: d-1, period: 2026-01}
      - {department: d-2, period: 2026-02}
      - {id: x, subject: d-2, department: d-2, period: 2026-03, assessment: 0a1b, score_low: 50, score_high: 60.5, grade: fail..pass, veto: no, points_all: 50..60.5}
      - {subject: d-1, department: d-1, period: 2026-04, assessment: unknown, score_low: unknown, score_high: unknown, grade: unknown, veto: unknown, points_all: unknown}
waivers: [{rule: well, authority: 卫健委, until: 2026-12-31}]
"""

CASE = """
book: hospital/small@1.0.0
subject: {id: h-1, name: 某医院}
period: "2026"
as_of: 2026-11-30
facts:
  staff: {value: 812, method: records, source: 系统, date: 2026-03-01}
  trained: [{value: 800}, {value: 790, method: site}]
  rate: {low: 0.5, high: 0.75}
  满意度: {positive: 470, asked: 500}
  style: A
  rank: middle
  opened: 2024-05-01
  published: 是
  remark: 备注
  one: yes
  two: 不适用
  report_sent: 2026-02-14
  award: none
parties:
  - {id: d-1, kind: department, head: p-1}
  - {id: p-1, kind: person, name: 张三, role: leader, department: d-1}
  - {id: p-2, kind: person, role: physician, department: d-1}
records:
  breaches:
    complete: true
    rows:
      - {id: b-1, date: 2026-03-03, person: p-2, severity: grave, verified: yes, amount: 10..20}
      - {id: b-2, person: p-2, severity: minor, verified: yes, amount: "1,000", evidence: {method: site, date: 2026-04-01}}
      - {id: b-3, severity: minor, verified: unknown}
waivers:
  - {rule: ticks, authority: 市卫健委, reason: 新开办, until: 2026-12-31}
"""


@dataclass(frozen=True)
class Sample:
    """A book as text and as data, and cases of it likewise."""

    name: str
    text: str
    data: Any
    cases: tuple[tuple[str, Any], ...]


@dataclass(frozen=True)
class Bench:
    """The samples, and what is needed to read and judge them."""

    samples: tuple[Sample, ...]
    library: Library
    plugins: Plugins
    small: RuleBook

    def find(self, reference: str, place: str = "") -> RuleBook:
        name = reference.partition("@")[0]
        if name == self.small.id:
            return self.small
        try:
            return self.library.find(name, place)
        except SteelyardError as error:
            raise CaseError(error.faults) from None

    def base(self, reference: str) -> tuple[str, str]:
        return (
            (SMALL, "small.yaml")
            if reference.startswith("hospital/small")
            else self.library._base(reference)
        )

    def assessed(self, chance: Random) -> Callable[[Part], Any]:
        """Return assessments of parts by the small book, for some parts."""
        found = weigh(
            self.small,
            parse_case(mark(_data(CASE), "case"), self.small, "case"),
            self.plugins.judge,
        ).to_json()
        return lambda part: (
            found if part.book.startswith("hospital/small") and chance.random() < 0.5 else None
        )


@pytest.fixture(scope="module")
def bench(library, plugins) -> Bench:
    small = parse_book(SMALL, "small.yaml")
    samples = [Sample("small.yaml", SMALL, _data(SMALL), ((CASE, _data(CASE)),))]
    for source in (library.source(name) for name in SPOILT):
        file = Path(str(source.file))
        texts = [
            path.read_text(encoding="utf-8")
            for path in sorted((file.parent.parent / "examples").glob(f"{file.stem}*.yaml"))
        ]
        samples.append(
            Sample(
                source.name,
                source.read(),
                _data(source.read()),
                tuple((text, _data(text)) for text in texts),
            )
        )
    return Bench(tuple(samples), library, plugins, small)


def _data(text: str) -> Any:
    return yaml.load(text, Loader=yaml.BaseLoader)  # noqa: S506  # texts alone


def check_judged(book: RuleBook, case: Case, bench: Bench, chance: Random) -> None:
    """Judge a case that was read, and hold what comes out against what must always be true of
    it.
    """
    found = weigh(book, case, bench.plugins.judge)
    full = decimal_of(book.points, book.decimals)
    assert 0 <= found.low <= found.high <= full
    assert 0 <= found.coverage <= 1
    assert sum(entry.low for entry in found.ledger) == found.scored.low
    assert sum(entry.high for entry in found.ledger) == found.scored.high
    assert found.standing.low <= found.standing.high
    again = parse_case(mark(case.document, "saved"), book, "saved")
    assert again.digest == case.digest
    assert again.flat == case.flat
    if chance.random() < 0.25:
        said = json.dumps(found.to_json(), ensure_ascii=False)
        said.encode()
        json.dumps(case.document, ensure_ascii=False).encode()
        for finding in found.findings:
            points = decimal_of(book.rules[finding.rule].points, book.decimals)
            assert 0 <= finding.low <= finding.high <= points
    if chance.random() < 0.02:
        for language in ("zh", "en"):
            out = io.StringIO()
            console = Console(file=out, width=100)
            Terminal(language, console).page(unit_page(found, language, terse=True))
            assert all(is_safe(line) for line in out.getvalue().split("\n"))


def check_files(
    path: Path, find: Callable[[str, str], RuleBook], bench: Bench, chance: Random
) -> bool:
    """Read one file; judge what is accepted, look at what is refused; tell whether it was
    accepted.
    """
    try:
        cases = cases_in(path, find)
    except SteelyardError as error:
        check_refusal(error)
        return False
    for case in cases[:3]:
        check_judged(find(case.book, ""), case, bench, chance)
    if chance.random() < 0.02:
        _keep(cases[0], find(cases[0].book, ""), bench, path.parent / "kept.db")
    return True


def _keep(case: Case, book: RuleBook, bench: Bench, file: Path) -> None:
    """Save what a case is worth, and find it again."""
    said = json.loads(
        json.dumps(weigh(book, case, bench.plugins.judge).to_json(), ensure_ascii=False)
    )
    with Store.open(file) as store:
        store.save(
            [
                Entry(
                    said,
                    json.loads(json.dumps(case.document)),
                    dict(case.names),
                    dict(book.document),
                    bench.plugins.versions(),
                )
            ]
        )
        assert store.get(said["id"]) == said
        assert store.case(said["case"]) == case.document
        assert store.list(subject=case.subject_id)


def test_the_samples_are_sound(bench):
    for sample in bench.samples:
        for _, data in sample.cases:
            book = bench.find(data["book"])
            check_judged(book, parse_case(mark(data, "case"), book, "case"), bench, Random(0))


def test_a_spoilt_case_is_judged_or_refused(bench, tmp_path):
    for chance in inputs("cases"):
        with again(chance):
            text, data = chance.choice(chance.choice(bench.samples).cases)
            if chance.random() < 0.3:
                said, suffix = scratch_lines(text, chance), ".yaml"
            else:
                said, suffix = written(spoil(data, chance), chance)
            path = tmp_path / f"case{suffix}"
            path.write_bytes(said.encode("utf-8", "surrogatepass"))
            check_files(path, bench.find, bench, chance)


def test_a_spoilt_book_is_read_or_refused(bench, tmp_path):
    for chance in inputs("books"):
        with again(chance):
            sample = bench.samples[0] if chance.random() < 0.7 else chance.choice(bench.samples)
            said = (
                scratch_lines(sample.text, chance)
                if chance.random() < 0.3
                else written(_spoilt_book(sample, chance), chance)[0]
            )
            try:
                book = parse_book(
                    said, "book.yaml", base=bench.base, measures=bench.plugins.measures
                )
            except SteelyardError as error:
                check_refusal(error)
                continue
            _use(book, sample, bench, chance, tmp_path)


def test_a_spoilt_book_that_takes_parts_of_others_is_read_or_refused(bench, tmp_path):
    own = Sample("own.yaml", OWN, _data(OWN), ((OWN_CASE, _data(OWN_CASE)),))
    real = [
        Sample(source.name, source.read(), _data(source.read()), ())
        for source in map(bench.library.source, TAKING)
    ]
    parts = ("extends", "tailor", "records", "parties")
    assert parse_book(OWN, "own.yaml", base=bench.base).registers["months"].rolled
    for chance in inputs("taking"):
        with again(chance):
            sample = own if chance.random() < 0.8 else chance.choice(real)
            said = (
                scratch_lines(sample.text, chance)
                if chance.random() < 0.2
                else written(spoil(sample.data, chance, times=2, within=parts), chance)[0]
            )
            try:
                book = parse_book(
                    said, "book.yaml", base=bench.base, measures=bench.plugins.measures
                )
            except SteelyardError as error:
                check_refusal(error)
                continue
            _use(book, sample, bench, chance, tmp_path)


def test_a_spoilt_case_of_parts_rolled_up_is_judged_or_refused(bench):
    own = parse_book(OWN, "own.yaml", base=bench.base)
    data = _data(OWN_CASE)
    frozen = json.loads(
        json.dumps(parse_case(mark(data, "case"), own, "case", bench.assessed(Random(0))).document)
    )
    assert {row["assessment"] == "unknown" for row in frozen["records"]["months"]["rows"]} == {
        True,
        False,
    }
    fresh = {**data, "records": {"breaches": []}}
    for chance in inputs("rolled"):
        with again(chance):
            one = chance.choice((data, fresh, frozen))
            spoilt = spoil(
                one,
                chance,
                times=3,
                within=("subject", "period", "parties", "records") if chance.random() < 0.8 else (),
            )
            try:
                case = parse_case(mark(spoilt, "case"), own, "case", bench.assessed(chance))
            except SteelyardError as error:
                check_refusal(error)
                continue
            check_judged(own, case, bench, chance)


def _spoilt_book(sample: Sample, chance: Random) -> Any:
    if chance.random() < 0.75:
        return spoil(sample.data, chance, times=2)
    rules = sample.data["rules"]
    one, two, three = chance.sample(rules, 3)
    own = {
        "book": "hospital/own",
        "version": "1",
        "sector": "hospital",
        "extends": [sample.data["book"]],
        "tailor": {
            "drop": {one["id"]: "reason"},
            "set": {
                "points": {two["id"]: two.get("points", "5")},
                "rules": {two["id"]: {"title": "x"}},
                "parameters": {
                    name: chance.choice(("1", {"2026-01-01": "1"}))
                    for name in sample.data.get("parameters", {})
                },
                "facts": {name: {"notes": "x"} for name in list(sample.data["facts"])[:1]},
            },
            "replace": {"rules": [three]},
            "add": {"limiters": [{"id": "own", "when": "True", "effect": {"downgrade": "1"}}]},
        },
        "decimals": "2",
        **({"grades": sample.data["grades"]} if "grades" in sample.data else {}),
    }
    return own if chance.random() < 0.1 else spoil(own, chance, times=2)


def _use(book: RuleBook, sample: Sample, bench: Bench, chance: Random, folder: Path) -> None:
    """Do with a book that was accepted what its users will."""
    saved = parse_book(
        json.dumps(book.document, ensure_ascii=False), "saved", measures=bench.plugins.measures
    )
    assert saved.digest == book.digest
    cases = [
        {
            "book": book.id,
            "subject": {"id": "x"},
            "period": chance.choice(("2026", "0001", "9998", "2026H1")),
        }
    ]
    cases += [{**data, "book": book.id} for _, data in sample.cases]
    for data in cases:
        try:
            case = parse_case(mark(data, "case"), book, "case")
        except SteelyardError as error:
            check_refusal(error)
            continue
        check_judged(book, case, bench, chance)
    titles = BookTitles(book)
    for standing in placed(book, lambda *_: ""):
        for language in ("zh", "en"):
            phrase(
                standing.node,
                BookTitles(book, standing.register) if standing.register else titles,
                language,
            )
    if chance.random() < 0.05:
        write_yaml(book, folder / "template.yaml")
        write_wide(book, folder / "template.csv")
        write_workbook(book, folder / "template.xlsx")
        console = Console(file=io.StringIO(), width=100)
        Terminal("en", console).page(book_page(book, "en"))


def test_a_spoilt_expression_is_parsed_or_refused(bench):
    book = bench.small
    scope = _scope()
    names = [
        *scope.names,
        "breaches",
        "verified",
        "severity",
        "person",
        "amount",
        "date",
        "role",
        "person.role",
        "nothing",
    ]
    texts = iter(HOSTILE)
    rules = [rule.get("requires") or "coverage >= floor" for rule in bench.samples[0].data["rules"]]
    for chance in inputs("expressions"):
        with again(chance):
            text = next(texts, None) or (
                soup(names, chance)
                if chance.random() < 0.4
                else grown(names, chance)
                if chance.random() < 0.7
                else scratch(chance.choice([*rules, *HOSTILE]), chance)
            )
            try:
                node = parse(text, scope, "book.yaml:3: rules.x.requires")
            except SteelyardError as error:
                check_refusal(error)
                continue
            for language in ("zh", "en"):
                phrase(node, BookTitles(book, "breaches"), language)


def _scope() -> Scope:
    words = Vocabulary(
        book_entry(tuple(FORMS.values())).model_validate(load(SMALL, "small.yaml")), lambda *_: ""
    )
    words.build()
    assert not words.faults
    return words.scope()


def test_a_spoilt_workbook_is_judged_or_refused(bench, tmp_path):
    blank, filled, wide = tmp_path / "blank.xlsx", tmp_path / "filled.xlsx", tmp_path / "wide.xlsx"
    write_workbook(bench.small, blank)
    write_wide(bench.small, wide)
    _fill(blank, filled)
    assert check_files(filled, bench.find, bench, Random(0))
    given = [filled.read_bytes(), filled.read_bytes(), blank.read_bytes(), wide.read_bytes()]
    path = tmp_path / "case.xlsx"
    for chance in inputs("workbooks"):
        with again(chance):
            path.write_bytes(spoil_workbook(chance.choice(given), chance))
            check_files(path, bench.find, bench, chance)


def _fill(blank: Path, filled: Path) -> None:
    from openpyxl import load_workbook

    workbook = load_workbook(blank)
    values = {
        "staff": 812,
        "trained": 800,
        "rate": 0.5,
        "style": "A",
        "published": "是",
        "one": "是",
        "two": "不适用",
        "opened": "2024-05-01",
    }
    rows = {
        "party:department": [{"id": "d-1", "head": "p-1"}],
        "party:person": [{"id": "p-1", "role": "leader", "department": "d-1"}],
        "register:breaches": [
            {"id": "b-1", "person": "p-1", "severity": "grave", "verified": "是", "amount": 12.5}
        ],
    }
    for sheet in workbook.worksheets:
        role = str(sheet["A1"].value).removeprefix("steelyard:")
        at = {cell.value: cell.column for cell in sheet[1] if cell.value}
        if role == "facts":
            for row in range(2, sheet.max_row + 1):
                name = sheet.cell(row, at["id"]).value
                if name in values:
                    sheet.cell(row, at["value"]).value = values[name]
            for row in range(2, 7):
                for column in range(1, 4):
                    if str(sheet.cell(row, column).value).startswith("="):
                        sheet.cell(row, column).value = None
        for number, row in enumerate(rows.get(role, ()), sheet.max_row + 1):
            for key, value in row.items():
                sheet.cell(number, at[key]).value = value
    workbook.save(filled)


def test_a_spoilt_csv_is_judged_or_refused(bench, tmp_path):
    wide = tmp_path / "wide.csv"
    write_wide(bench.small, wide)
    head = wide.read_text(encoding="utf-8-sig")
    keys = head.splitlines()[0].split(",")
    values = {
        "book": "hospital/small",
        "subject.id": "h-1",
        "subject.name": "某医院",
        "period": "2026",
        "staff": "812",
        "trained": "800",
        "满意度": "470/500",
        "style": "A",
        "one": "是",
    }
    path = tmp_path / "units.csv"
    for chance in inputs("csv"):
        with again(chance):
            rows = [
                {**values, "subject.id": f"h-{number}"} for number in range(chance.randint(0, 3))
            ]
            for row in rows:
                if chance.random() < 0.5:
                    row[chance.choice(keys)] = nasty(chance)
            lines = [
                chance.choice((",", ";", "\t"))
                if chance.random() < 0.02
                else ",".join(row.get(key, "") for key in keys)
                for row in rows
            ]
            data = (head + "\n".join(lines) + "\n").encode(
                chance.choice(("utf-8", "utf-8-sig", "utf-16", "gb18030")), "replace"
            )
            path.write_bytes(data if chance.random() < 0.3 else spoil_bytes(data, chance))
            check_files(path, bench.find, bench, chance)


def test_a_fault_stays_one_short_line_whatever_its_words():
    one = fault(
        "cases/a.yaml:3: facts." + "x\n\x1b[31m\u202e" * 2000,
        "unknown fact `{name}`",
        "\u2028near",
        name="y\r\n" * 500,
    )
    check_refusal(CaseError([one]))
    assert one.text().startswith("cases/a.yaml:3: facts.x")
