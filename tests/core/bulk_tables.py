"""Cases as the tables that bulk reads, and what the judge says of each as the rows that it must
write.
"""

from __future__ import annotations

import json
import os
import random
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

from steelyard.book.model import Field, RuleBook
from steelyard.bulk.assessing import Wanted, assess
from steelyard.bulk.columns import tables
from steelyard.bulk.consequences import WEIGHED
from steelyard.bulk.engines.duck import Duck
from steelyard.bulk.intake.given import Named
from steelyard.bulk.intake.intake import Intake
from steelyard.bulk.intake.sources import quoted
from steelyard.bulk.intake.typed import Rows
from steelyard.bulk.statement import Statement, statement
from steelyard.case.formats.files import read_json
from steelyard.case.model import Case
from steelyard.case.reading.read import parse_case
from steelyard.errors import CaseError, UsageError
from steelyard.expression.types import decimal_of
from steelyard.forms.form import CARRIED
from steelyard.judging.assessment import Assessment, weigh
from steelyard.sample.parquet import Sheets, row_of

from .strategies import Books, Cases, extreme, load, number, read

CASES = int(os.environ.get("STEELYARD_BULK_CASES", "12"))
"""How many cases of a random book are weighed."""
Answer = Mapping[str, Any]
"""A row of an output, by its columns."""
Unit = tuple[str | None, str, str]
"""A unit's whole, its id and its period."""
Said = dict[Unit, dict[str, Any]]
"""What is said of units: of each its row of `scores`, and its rows of `findings` and
`consequences` in their order.
"""


def population(
    seed: str, count: int, wholes: Sequence[str] = ("",), engine: str = "duckdb"
) -> tuple[RuleBook, list[Case]]:
    """Return a random book of all forms, and as many cases of it, all of which tables can tell.

    Units of different `wholes` share an id. Numbers of one book in three have many digits; a book
    whose numbers an engine does not hold, which it refuses by name, is drawn again.
    """
    rng = random.Random(seed)
    while True:
        books = Books(rng, number=extreme if rng.random() < 1 / 3 else number)
        document = books.document()
        book = load(document)
        if _is_held(book, engine):
            break
    makes = Cases(rng, books.words, books.extra, tables=True)
    cases: list[Case] = []
    while len(cases) < count:
        turn, place = divmod(len(cases), len(wholes))
        whole = {"part_of": wholes[place]} if wholes[place] else {}
        made = {**makes.document(), "waivers": books.waivers(document)}
        case = read({**made, "subject": {"id": f"单位-{turn}", **whole}}, book)
        cases += [] if case is None else [case]
    return book, cases


def _is_held(book: RuleBook, engine: str) -> bool:
    try:
        statement(book, period="2026", dialect=engine, findings=True, consequences=True)
    except UsageError as refused:
        if all("could need more than" in one.message for one in refused.faults):
            return False
        raise
    return True


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


def judged(book: RuleBook, cases: Sequence[Case]) -> Said:
    """Return what the judge says of cases."""
    said = {}
    for case in cases:
        assessment = weigh(book, case)
        said[case.unit.whole or None, case.subject_id, case.period] = {
            "scores": scores(assessment),
            "findings": findings(assessment),
            "consequences": consequences(assessment),
        }
    return said


def bulk(book: RuleBook, named: Named, folder: Path, wanted: Wanted) -> dict[str, list[Answer]]:
    """Return what bulk writes of some tables, each output by its name, on DuckDB."""
    with Duck(folder / "spill") as duck:
        assess(duck, book, named, wanted, folder, str, lambda *_: None)
        return written(duck, folder, (*wanted.outputs, "rejected"))


def written(duck: Duck, folder: Path, outputs: Sequence[str]) -> dict[str, list[Answer]]:
    """Return the rows of some outputs in a folder, by their names."""
    return {
        output: rows(duck, f"SELECT * FROM '{folder / output}.parquet'")  # noqa: S608
        for output in outputs
    }


def laid_out(duck: Duck, book: RuleBook, named: Named) -> None:
    """Let the clean tables hold what the intake makes of tables of one period and day."""
    intake = Intake(Rows(duck, book, named, str), str)
    (run,) = intake.runs()
    intake.lay_out(run)
    for name in tables(book):
        # Once, and not whenever a statement reads them.
        duck.keep(quoted(f"{name} laid out"), f"SELECT * FROM {quoted(name)}")  # noqa: S608
        duck.view(quoted(name), f"SELECT * FROM {quoted(f'{name} laid out')}")  # noqa: S608


def stated(duck: Duck, made: Statement, period: str) -> Said:
    """Return what a statement says of the units of the clean tables."""
    duck.keep(WEIGHED, made.weighed())
    found = {output: rows(duck, made.over_weighed(output)) for output in made.outputs}
    alone = {"part_of": None, "period": period}
    return by_unit({name: [{**alone, **row} for row in all_] for name, all_ in found.items()})


def rows(duck: Duck, query: str) -> list[Answer]:
    """Return what a query gives, by the names of its columns."""
    names = duck.columns(f"({query})")
    return [dict(zip(names, row, strict=True)) for row in duck.rows(query)]


def by_unit(found: Mapping[str, list[Answer]]) -> Said:
    """Return the rows of outputs by their units; each unit has one row of scores."""
    said: Said = {}
    for row in found["scores"]:
        key = row["part_of"], row["subject"], row["period"]
        assert key not in said, key
        said[key] = {"scores": row}
        for name in found.keys() & _LISTED.keys():
            said[key][name] = []
    for name in found.keys() & _LISTED.keys():
        for row in found[name]:
            said[row["part_of"], row["subject"], row["period"]][name].append(_LISTED[name](row))
    for one in said.values():
        for name in one.keys() & _LISTED.keys():
            one[name].sort()
    return said


def _finding(row: Answer) -> tuple[Any, ...]:
    return tuple(row[key] for key in ("rule", "outcome", "low", "high", "full"))


def _consequence(row: Answer) -> tuple[Any, ...]:
    record, options = row["record"] or "", json.loads(row["options"])
    return row["row"], row["falls_on_kind"], row["falls_on"], record, row["certain"], options


_LISTED = {"findings": _finding, "consequences": _consequence}


def differences(wanted: Said, found: Said) -> dict[Unit, dict[str, tuple[Any, Any]]]:
    """Return by what each unit differs, of what was found; (wanted, found) each."""
    out: dict[Unit, dict[str, tuple[Any, Any]]] = {
        key: {"unit": (key in wanted, key in found)} for key in wanted.keys() ^ found.keys()
    }
    for key in wanted.keys() & found.keys():
        mine, yours = wanted[key], found[key]
        said, row = mine["scores"], yours["scores"]
        wrong = {
            name: (said.get(name), row.get(name))
            # A statement alone knows neither wholes nor days.
            for name in (said.keys() - {"as_of"}) | row.keys()
            if said.get(name) != row.get(name)
        }
        wrong |= {
            name: (mine[name], yours[name])
            for name in yours.keys() & _LISTED.keys()
            if mine[name] != yours[name]
        }
        if wrong:
            out[key] = wrong
    return out


def same(book: RuleBook, cases: Sequence[Case], folder: Path) -> None:
    """Hold that bulk and the judge say the same of every case."""
    wanted = Wanted(findings=True, consequences=True)
    found = bulk(book, write(cases, book, folder), folder, wanted)
    assert found["rejected"] == []
    assert differences(judged(book, cases), by_unit(found)) == {}
