"""What people type says the same in a table of `steelyard bulk` as in a case: the same value, or the
same words of refusal. Each column of the kinds that a book has is given every text that the tests of
the readers of cases know.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from steelyard.book.model import RuleBook
from steelyard.book.reading.load import parse_book
from steelyard.book.terms import NONE_WORDS, UNKNOWN_WORDS
from steelyard.bulk.engines.duck import Duck
from steelyard.bulk.intake.given import Named
from steelyard.bulk.intake.intake import REJECTED, Intake
from steelyard.bulk.intake.typed import Rows, unit_id
from steelyard.case.formats.grid import cell, items, marked, table
from steelyard.case.formats.quoted import MISSING, for_want, meant
from steelyard.case.model import Case
from steelyard.case.reading.measured import plainly
from steelyard.case.reading.parse_values import NO, NOT_APPLICABLE, NOT_DONE, YES
from steelyard.case.reading.read import parse_case
from steelyard.case.reading.written import Separator, Written
from steelyard.errors import CaseError

from . import test_identity, test_measured, test_typed_values
from .bulk_tables import rows

BOOK = """
book: test/typed
version: 1.0.0
title: {zh: 填写, en: Typed}
sector: test
points: 10
facts:
  worth: {type: number, decimals: 2}
  few: {type: integer, min: 0, max: 1000}
  hall: {type: number, min: 0, max: 100000, decimals: 2, measured_in: m2}
  staff: {type: integer, min: 0, max: 1000, measured_in: person}
  pleased: {type: number, min: 0, max: 100, decimals: 2, measured_in: percent}
  spent: {type: number, min: 0, decimals: 2, measured_in: yuan}
  rate: {type: number, min: 0, max: 1, decimals: 4}
  growth: {type: number, min: -1, max: 1, decimals: 4}
  spare: {type: integer, missing: none, measured_in: {zh: 艘, en: boats}}
  opened: {type: date, min: 2000-01-01, max: 2030-12-31}
  closed: {type: date, missing: none}
  public: boolean
  level: {type: {low: {zh: 低, en: Lower}, high: {zh: 高, en: Higher}}, ordered: true}
  honour: {type: {city: {zh: 市级, en: City}, nation: {zh: 国家级, en: Nation}}, missing: none}
  remark: text
  motto: {type: text, missing: none}
  chief: {type: person}
  liked: {type: survey, measured_in: person}
parties:
  person: {role: {type: {head: {zh: 负责人, en: Head}}}, born: date, size: integer}
records:
  visits:
    day: date
    cost: {type: number, decimals: 2, measured_in: yuan}
    count: {type: integer, missing: none}
    who: {type: person, missing: none}
    place: {type: {ward: {zh: 病房, en: Ward}, office: {zh: 办公室, en: Office}}, missing: refused}
    note: text
    word: {type: text, missing: none}
    sure: boolean
    paid: {type: integer, min: 0, max: 1000, default: 7}
stages: [{id: half, window: {months: [6, 7]}, deliverables: [{id: report_sent}]}]
sections: [{id: all, title: {zh: 全部, en: All}, points: 10}]
rules:
  - {id: neat, section: all, checklist: [{id: quiet}], points: 5}
  - {id: reports, section: all, stage: half, points: 5}
grades: [{id: any, title: {zh: 任, en: Any}, at_least: 0}]
"""
OWN = (
    " 12 ", "1,000", "1000人", "９５", "95%", "1_000", "20260301", "2026/3/1", "2026年3月1日", "1000", "-0", "0", "0.00",
    "+7", "5.", "007", "1e3", "1E3", "12345678901234567890", "1" * 41, "1,000,000", "1,000.25", "0,5", "1 000", "12艘",
    "470/500", "80..90", "80~90%", "低..高", "低", "Lower", "LOWER", "ｌｏｗｅｒ", "low", "低 Lower", "国家级", "NATION",
    "负责人", "病房", "office", "wrad", "p-1", "ｐ－1", "P-1", "u-1", "0012", '="0012"', '="12"', '="无"', " ", "\u200b",
    "　", "\u2060\u3000", "ｕｎｋｎｏｗｎ", "ＮＯＮＥ", "无\u200b", "unknown\u3000", "a\tb", "a\x07b", "a\u2028b", "x" * 300,
    "一段说明，没有别的", "none of them", "不详之处", "No.", "2026-02-30", "0000-01-01", "9999-12-31", "2031-01-01",
    "999999999999999", "-1", "1001", "100001", "2.5", "0.125", "0.95", ".95", "-0.5%", "150%", "TRUE", "True", "t", "Y",
)  # fmt: skip


def texts() -> list[str]:
    """Return every text that the tests of the readers know, and the words of their lists."""
    read, cells = test_typed_values, test_measured
    found: list[str] = [*OWN, *MISSING, *UNKNOWN_WORDS, *NONE_WORDS, *NOT_DONE, *YES, *NO]
    found += [*NOT_APPLICABLE, *read.NO_NUMBERS.values(), *read.DATES.values(), *read.NO_PERIODS]
    found += [text for text, _ in (*read.NUMBERS.values(), *read.NO_DATES.values())]
    found += [text for one in read.TICKS.values() for text in one]
    found += ["x", "X", "Ｘ", "☒", "□", "☐"]
    found += [text for _, text, _ in (*read.FIGURES.values(), *read.TWO_READINGS.values())]
    found += [text for _, text, _ in (*cells.READ.values(), *cells.REFUSED.values())]
    found += [text for text, _ in (*test_identity.ONE.values(), *test_identity.SPOILT.values())]
    found += [*test_identity.TEXTS, *test_identity.TOTALS]
    return [one for one in dict.fromkeys(found) if not set(one) & {"\n"}]


TEXTS = texts()
STRICTER = (
    "is a range, and a column holds one value a row",
    "has no place here, where an empty cell",
)
"""What a case may say and a column has no way of holding."""


@pytest.fixture(scope="module", name="book")
def loaded() -> RuleBook:
    return parse_book(BOOK, "book.yaml")


Row = dict[str, str]


def put(path: Path, rows: list[Row], separator: str) -> None:
    """Write rows as a CSV file."""
    held = io.StringIO(newline="")
    lines = csv.DictWriter(
        held, dict.fromkeys(key for row in rows for key in row), delimiter=separator
    )
    lines.writeheader()
    lines.writerows(rows)
    path.write_bytes(held.getvalue().encode())


class Typed(NamedTuple):
    """What is typed of one unit: of itself, of its facts, of a second party, and of a visit."""

    head: Row
    fact: Row
    party: Row
    visit: Row

    @property
    def texts(self) -> list[str]:
        return [meant(text) for row in self for text in row.values()]


def typed(key: str, text: str) -> Typed:
    """Return a unit of which one column is typed."""
    said = {key.removeprefix("party."): text}
    if key in HEAD:
        return Typed(said, {}, {}, {})
    if key in PARTY:
        return Typed({}, {}, {"id": "p-2"} | said, {})
    if key in VISIT:
        return Typed({}, {}, {}, WARD | said)
    return Typed({}, said | ({"liked.asked": MOST} if key == "liked.positive" else {}), {}, {})


def said(book: RuleBook, one: Typed, separator: Separator) -> Case | str:
    """Return the case that cells of a CSV file make, or the words of its refusal."""

    def row(values: Mapping[str, str]) -> Any:
        held = {key: cell(meant(text), "c", Written(separator)) for key, text in values.items()}
        return table("c", {key: one for key, one in held.items() if one})

    missing = next((text for text in one.texts if text in MISSING), None)
    if missing is not None:
        return for_want("", missing).text()
    head, facts = row(one.head), row(one.fact)
    survey = {key.partition(".")[2]: facts.pop(key) for key in list(facts) if "." in key}
    parties = [row({"id": "p-1", "kind": "person"})]
    parties += [row({"kind": "person", **one.party})] if one.party else []
    document = {
        "book": marked(book.id, "c"),
        "subject": table("c", {"id": marked("u", "c"), "part_of": head.get("part_of")}),
        "period": marked("2026", "c"),
        "as_of": head.get("as_of"),
        "parties": items("c", parties),
        "facts": table("c", facts | ({"liked": table("c", survey)} if survey else {})),
        "records": table("c", {"visits": items("c", [row(one.visit)] if one.visit else [])}),
    }
    try:
        return parse_case(table("c", document), book, "c", typed=True)
    except CaseError as refused:
        return refused.faults[0]._replace(place="").text()


def held(value: object) -> str:
    """Return a value of a clean table as canonical text."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Decimal):
        return plainly(value)
    return str(value)


class Tables:
    """The clean tables of a run by their units, and why rows of a unit are none."""

    def __init__(self, book: RuleBook, folder: Path, named: Named) -> None:
        with Duck(folder / "spill") as duck:
            intake = Intake(Rows(duck, book, named, str), str)
            self.clean: dict[str, dict[str, Any]] = {}
            for run in intake.runs():
                intake.lay_out(run)
                for row in rows(duck, "SELECT * FROM facts"):
                    whole, _, unit = row["subject"].rpartition("\x1f")
                    self.clean[unit] = {**row, "as_of": run.as_of, "part_of": whole}
            for row in rows(duck, "SELECT * FROM register_visits"):
                self.clean.get(_unit(row), {}).update(row)
            for row in rows(duck, "SELECT * FROM parties_person WHERE id IS DISTINCT FROM 'p-1'"):
                second = {f"party.{key}": value for key, value in row.items()}
                self.clean.get(_unit(row), {}).update(second)
            self.why: dict[str, str] = {}
            why = f"SELECT {unit_id('unit')} AS subject, reason FROM {REJECTED}"  # noqa: S608
            for row in rows(duck, f"{why} WHERE reason NOT LIKE 'is not weighed%'"):
                self.why[row["subject"]] = f"{self.why.get(row['subject'], '')}; {row['reason']}"


def _unit(row: Mapping[str, Any]) -> str:
    return str(row["subject"]).rpartition("\x1f")[2]


FACTS = (
    "worth", "few", "hall", "staff", "pleased", "spent", "rate", "growth", "spare", "opened", "closed", "public",
    "level", "honour", "remark", "motto", "chief", "liked.positive", "quiet", "report_sent",
)  # fmt: skip
WARD = {"place": "ward"}
NONE_IF_EMPTY = {"count", "who", "word"}
TOTAL = "marks a row that adds up the others"
VISIT = ("day", "cost", "count", "who", "place", "note", "word", "sure", "paid", "id")


PARTY = ("party.id", "party.role", "party.born", "party.size")
HEAD = ("as_of", "part_of")
MOST = "1000000000"


def tables(units: Mapping[str, Typed]) -> dict[str, list[Row]]:
    """Return the tables of units, each of which has a party and a visit besides."""
    parts: dict[str, Callable[[Typed], list[Row]]] = {
        "facts": lambda one: [one.fact | one.head],
        "visits": lambda one: [one.visit or WARD],
        "parties": lambda one: [
            {"kind": "person", **party} for party in ({"id": "p-1"}, one.party) if party
        ],
    }
    return {
        # What belongs to a unit names its whole too.
        name: [
            {"subject": unit, "part_of": one.head.get("part_of", ""), **row}
            for unit, one in units.items()
            for row in part(one)
        ]
        for name, part in parts.items()
    }


def named(paths: Mapping[str, Path]) -> Named:
    """Return the tables of a run."""
    return Named(
        facts=str(paths["facts"]),
        registers=(("visits", str(paths["visits"])),),
        parties=str(paths["parties"]),
        period="2026",
    )


@pytest.mark.parametrize("separator", [",", "\t"], ids=["csv", "tsv"])
def test_a_column_says_of_every_text_what_a_case_says(
    book: RuleBook, tmp_path: Path, separator: Separator
) -> None:
    # Where tabs part the columns only figures are read otherwise.
    every = (*HEAD, *FACTS, *PARTY, *VISIT)
    columns = every if separator == "," else ("worth", "staff", "pleased")
    asked = [(key, text) for key in columns for text in TEXTS]
    units = {f"u-{number}": typed(*one) for number, one in enumerate(asked)}
    suffix = "csv" if separator == "," else "tsv"
    paths = {name: tmp_path / f"{name}.{suffix}" for name in tables({})}
    for name, rows_ in tables(units).items():
        put(paths[name], rows_, separator)
    found = Tables(book, tmp_path, named(paths))
    unlike = [
        (*one, why)
        for one, (unit, said_) in zip(asked, units.items(), strict=True)
        if (why := _unlike(one[0], said(book, said_, separator), found, unit))
    ]
    assert unlike == []


def _unlike(key: str, wanted: Any, found: Tables, unit: str) -> str:
    """Return how a table differs from a case in what a cell says, empty where it does not."""
    why = found.why.get(unit, "")
    if isinstance(wanted, str):
        words = wanted.partition("; did you mean")[0] if key in {"chief", "who"} else wanted
        beyond = key == "liked.positive" and words.endswith("out of 1000000000 cannot be")
        if words in why or (why and (beyond or TOTAL in why)):
            return ""
        return f"{why or found.clean.get(unit)} != {words}"
    if why:
        return "" if any(one in why for one in STRICTER) else f"{why}, and a case takes it"
    row = found.clean[unit]
    if key in HEAD:
        case = wanted.as_of.isoformat() if key == "as_of" else wanted.part_of
    elif key in PARTY:
        second = next((one for one in wanted.document["parties"] if one["id"] != "p-1"), {})
        case = second.get(key.removeprefix("party."), "")
    elif key in VISIT:
        case = wanted.document["records"]["visits"]["rows"][0].get(key, "")
    else:
        fact = wanted.document["facts"].get(key.partition(".")[0], {})
        case = fact.get("positive" if "." in key else "value", "")
    if key == "pleased":
        # A percentage that might be a share is kept with its sign.
        case = case.removesuffix("%")
    if case == "unknown" or (case == "none" and key in NONE_IF_EMPTY):
        case = ""
    if key == "id" and row["id"].isdecimal() and case == "1":
        # A record without an id bears its place among all rows of the table.
        return ""
    table_ = "none" if row.get(f"{key}.none") else "" if row[key] is None else held(row[key])
    return "" if table_ == case else f"{table_!r} != {case!r}"


RECORDS = {
    name: row
    for listed in (test_identity.IN_DOUBT, test_identity.RECORDS_STILL)
    for name, row in listed.items()
    if not row.keys() & {"evidence", "by", "files"}
}


def test_a_record_that_may_add_up_others_is_one_where_it_is_in_a_case(tmp_path: Path) -> None:
    """The records of the readers' own tests, each of a unit of its own."""
    whole = [{"subject": f"u-{number}", **row} for number, row in enumerate(RECORDS.values())]
    put(
        tmp_path / "visits.csv",
        [{key: str(said) for key, said in row.items()} for row in whole],
        ",",
    )
    put(tmp_path / "facts.csv", [{"subject": row["subject"]} for row in whole], ",")
    named_ = Named(
        facts=str(tmp_path / "facts.csv"),
        registers=(("visits", str(tmp_path / "visits.csv")),),
        period="2026",
    )
    with Duck(tmp_path / "spill") as duck:
        Intake(Rows(duck, test_identity.BOOK, named_, str), str)
        why = f"SELECT unit, reason FROM {REJECTED} WHERE register = 'visits'"  # noqa: S608
        found = {str(unit): str(reason) for unit, reason in duck.rows(why)}
    assert {
        name: "may mark a row" in found.get(f"u-{number}", "")
        for number, name in enumerate(RECORDS)
    } == {name: name in test_identity.IN_DOUBT for name in RECORDS}


@pytest.mark.parametrize(("one", "other"), test_identity.ALIKE.values(), ids=test_identity.ALIKE)
def test_ids_that_look_alike_are_rejected_with_both(tmp_path: Path, one: str, other: str) -> None:
    put(
        tmp_path / "facts.csv", [{"subject": unit, "staff": "3"} for unit in (one, other, "c")], ","
    )
    visits = [{"subject": "c", "id": name} for name in (one, other, "v-1")]
    put(tmp_path / "visits.csv", visits, ",")
    named_ = Named(
        facts=str(tmp_path / "facts.csv"),
        registers=(("visits", str(tmp_path / "visits.csv")),),
        period="2026",
    )
    with Duck(tmp_path / "spill") as duck:
        intake = Intake(Rows(duck, test_identity.BOOK, named_, str), str)
        why = f"SELECT register, row, reason FROM {REJECTED} WHERE reason LIKE '%looks like%'"  # noqa: S608
        found = sorted(duck.rows(why), key=str)
        assert (intake.rows.units(), intake.runs()) == (3, [])
    told = "and is written with other characters"
    assert found == [
        (
            name,
            row,
            f"{'subject' if name == 'facts' else 'id'}: `{id_}` looks like `{twin}`, {told}",
        )
        for name in ("facts", "visits")
        for row, (id_, twin) in enumerate(((one, other), (other, one)), 1)
    ]


CANNOT = {
    "unknown, where empty is none": ("count", "不详", "an empty cell says that there is none"),
    "unknown, where empty is the default": ("paid", "unknown", "stands for the default"),
    "a range": ("cost", "3..5", "is a range, and a column holds one value a row"),
}


@pytest.mark.parametrize(("field", "said_", "why"), CANNOT.values(), ids=CANNOT)
def test_what_a_column_cannot_hold_is_rejected(
    book: RuleBook, tmp_path: Path, field: str, said_: str, why: str
) -> None:
    visits = [{"subject": "a", **WARD, field: said_}, {"subject": "b", **WARD, field: "7"}]
    for name, rows_ in {"facts": [{"subject": "a"}, {"subject": "b"}], "visits": visits}.items():
        put(tmp_path / f"{name}.csv", rows_, ",")
    (tmp_path / "parties.csv").write_text("subject,kind,id\na,person,p-1\n")
    paths = {name: tmp_path / f"{name}.csv" for name in ("facts", "visits", "parties")}
    found = Tables(book, tmp_path, named(paths))
    assert list(found.why) == ["a"]
    assert why in found.why["a"]
    assert list(found.clean) == ["b"]
