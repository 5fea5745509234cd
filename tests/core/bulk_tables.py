"""Cases as the tables that bulk reads, and what the judge says of each as the rows that it must write."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

from steelyard.book.model import Field, RuleBook
from steelyard.bulk.assessing import Wanted, assess
from steelyard.bulk.engines.duck import Duck
from steelyard.bulk.intake.given import Named
from steelyard.case.formats.files import read_json
from steelyard.case.model import Case
from steelyard.case.reading.read import parse_case
from steelyard.errors import CaseError
from steelyard.expression.types import decimal_of
from steelyard.forms.form import CARRIED
from steelyard.judging.assessment import Assessment, weigh
from steelyard.sample.parquet import Sheets, row_of

Answer = Mapping[str, Any]
"""A row of an output, by its columns."""


def told(document: Mapping[str, Any], subject: str, book: RuleBook, whole: str = "") -> Case | None:
    """Return a case as far as a table can tell it: without ranges and without evidence that
    disagrees, and with what is said to be unknown left out; None where the rest contradicts itself.
    """
    facts = {
        name: said
        for name, said in document["facts"].items()
        if isinstance(said, dict) and ".." not in str(said.get("value", ""))
    }
    records = {
        name: {
            "complete": "true" if said["complete"] else "false",
            "rows": [_plain(row, book.registers[name].fields) for row in said["rows"]],
        }
        for name, said in document["records"].items()
    }
    document = {
        **document,
        "subject": {**document["subject"], "id": subject, **({"part_of": whole} if whole else {})},
        "facts": facts,
        "records": records,
        "parties": [
            _plain(party, book.kinds[party["kind"]].fields) for party in document["parties"]
        ],
    }
    try:
        return parse_case(read_json(json.dumps(document), "case"), book, "case")
    except CaseError:
        return None


def _plain(row: Mapping[str, Any], fields: Mapping[str, Field]) -> dict[str, Any]:
    """Return a row as a table has it: an empty cell of a field with a default takes the default, so
    that there is none cannot be said of it.
    """
    return {
        key: said
        for key, said in row.items()
        if key != "evidence"
        and said != "unknown"
        and (key == "id" or ".." not in str(said))
        and not (said == "none" and key in fields and fields[key].default is not None)
    }


def write(cases: Sequence[Case], book: RuleBook, folder: Path) -> Named:
    """Write cases as one table of a case a row, and their waivers as another."""
    rows = []
    for case in cases:
        document = dict(case.document)
        document["records"] = {
            name: said["rows"] if said["complete"] else said
            for name, said in document["records"].items()
        }
        rows.append(row_of(document, case.as_of.isoformat(), book))
    with tempfile.TemporaryDirectory() as gathered, Sheets(Path(gathered)) as sheets:
        for row in rows:
            sheets.take(row, book)
        sheets.write({book.key: folder / "cases.parquet"})
    waivers = [
        f"{case.unit.whole},{case.subject_id},{case.period},{one.rule},{one.authority},{one.until}\n"
        for case in cases
        for one in case.waivers.values()
    ]
    table = folder / "waivers.csv"
    table.write_text("part_of,subject,period,rule,authority,until\n" + "".join(waivers))
    return Named(cases=str(folder / "cases.parquet"), waivers=str(table))


def scores(assessment: Assessment) -> Answer:
    """Return what the judge says as the row of scores that bulk must write."""
    book, scored, standing = assessment.book, assessment.scored, assessment.standing
    row: dict[str, Any] = {
        "part_of": assessment.case.unit.whole or None,
        "subject": assessment.case.subject_id,
        "book": book.key,
        "period": assessment.case.period,
        "as_of": assessment.case.as_of,
        "low": assessment.low,
        "high": assessment.high,
        "full": decimal_of(book.points, book.decimals),
        "grade_low": assessment.grade_id(standing.low),
        "grade_high": assessment.grade_id(standing.high),
        "veto": standing.veto,
        "not_rated": standing.not_rated,
        "coverage": assessment.coverage,
    }
    for name in book.sections:
        asked = scored.ends(f"asked:{name}")
        ends = _points(book, 0, scored.ends(f"printed:{name}"))
        row |= _part(f"section.{name}", asked, ends)
    for name in assessment.dimensions:
        asked = scored.ends(f"dimension-asked:{name}")
        ends = _points(book, CARRIED, scored.ends(f"dimension:{name}"))
        row |= _part(f"dimension.{name}", asked, ends)
    return row


def findings(assessment: Assessment) -> list[tuple[Any, ...]]:
    """Return what the judge says of every rule as rows of findings, in their order."""
    book = assessment.book
    return sorted(
        (one.rule, one.outcome, *_points(book, 0, (one.low, one.high, book.rules[one.rule].points)))
        for one in assessment.verdicts
    )


def consequences(assessment: Assessment) -> list[tuple[Any, ...]]:
    """Return what follows as rows of consequences, in their order; a party who is not named stands
    as `unknown`.
    """
    book = assessment.book
    return sorted(
        (
            one.row + 1,
            one.kind,
            one.party or assessment.case.subject_id,
            one.record,
            one.certain,
            [list(bundle) for bundle in book.consequences[one.row].options],
        )
        for one in assessment.consequences
    )


def _points(book: RuleBook, places: int, ends: Sequence[int]) -> list[Decimal]:
    return [decimal_of(int(end), book.decimals + places) for end in ends]


def _part(name: str, asked: Sequence[bool], ends: Sequence[Decimal]) -> Iterator[tuple[str, Any]]:
    must, may = map(bool, asked)
    low, high = ends if may else (None, None)
    yield f"{name}.low", low
    yield f"{name}.high", high
    yield f"{name}.asked", "yes" if must else "possible" if may else "no"


def bulk(
    book: RuleBook, cases: Sequence[Case], folder: Path, wanted: Wanted
) -> dict[str, list[Answer]]:
    """Return what bulk writes of some cases, each output by its name, on DuckDB."""
    named = write(cases, book, folder)
    with Duck(folder / "spill") as duck:
        assess(duck, book, named, wanted, folder, str, lambda *_: None)
        return {
            output: _rows(duck, folder / f"{output}.parquet")
            for output in (*wanted.outputs, "rejected")
        }


def _rows(duck: Duck, path: Path) -> list[Answer]:
    names = duck.columns(f"'{path}'")
    return [dict(zip(names, row, strict=True)) for row in duck.rows(f"SELECT * FROM '{path}'")]  # noqa: S608


def same(book: RuleBook, cases: Sequence[Case], folder: Path) -> None:
    """Hold that bulk and the judge say the same of every case."""
    found = bulk(book, cases, folder, Wanted(findings=True, consequences=True))
    assert found["rejected"] == []
    rows = {(row["part_of"], row["subject"], row["period"]): row for row in found["scores"]}
    assert len(rows) == len(found["scores"]) == len(cases)
    for case in cases:
        row, said = rows[_key(case)], scores(weigh(book, case))
        wrong = {key: (row[key], said[key]) for key in row if row[key] != said.get(key)}
        assert not wrong, (wrong, case.document)
        assert set(said) == set(row) - {"fault"}
        # Units of several periods are told apart by the period, where an output has one.
        mine = {name: [one for one in found[name] if _of(one, case)] for name in _LONG}
        assert findings(weigh(book, case)) == sorted(
            tuple(one[key] for key in ("rule", "outcome", "low", "high", "full"))
            for one in mine["findings"]
        )
        assert consequences(weigh(book, case)) == sorted(
            (
                one["row"],
                one["falls_on_kind"],
                one["falls_on"],
                one["record"] or "",
                one["certain"],
                json.loads(one["options"]),
            )
            for one in mine["consequences"]
        )


_LONG = ("findings", "consequences")


def _of(row: Answer, case: Case) -> bool:
    return (row["part_of"], row["subject"], row["period"]) == _key(case)


def _key(case: Case) -> tuple[str | None, str, str]:
    return case.unit.whole or None, case.subject_id, case.period
