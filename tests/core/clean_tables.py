"""Cases as the clean tables that a statement reads, and what the judge says of them in its form."""

from __future__ import annotations

import datetime
from collections import defaultdict
from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

from steelyard.book.model import RuleBook
from steelyard.bulk.columns import SUBJECT, party_table, register_table, tables, unit_column
from steelyard.case.model import Case
from steelyard.expression.types import Boolean, Choice, Date, Number, Survey, Type, ranged
from steelyard.expression.values import UNKNOWN
from steelyard.judging.assessment import Assessment, weigh

PLAIN = {"text": "VARCHAR", "boolean": "BOOLEAN", "integer": "BIGINT", "date": "DATE"}


def rows_of(book: RuleBook, cases: Iterable[Case]) -> dict[str, list[dict[str, Any]]]:
    """Return the rows of every clean table; the cases hold nothing that a table cannot say."""
    found: dict[str, list[dict[str, Any]]] = {name: [] for name in tables(book)}
    for case in cases:
        unit: dict[str, Any] = {SUBJECT: case.subject_id}
        for fact in book.collected:
            given = case.facts.get(fact.id)
            if given is None:
                continue
            if given.low is None and given.word is None:
                unit[f"{fact.id}.none"] = True
            elif isinstance(fact.type, Survey):
                unit[f"{fact.id}.positive"], unit[f"{fact.id}.asked"] = given.survey or (0, 0)
            else:
                word = given.word if given.low is None else given.low
                unit[fact.id] = plain(fact.type, word)
        for register in book.registers.values():
            rows = case.registers[register.id]
            unit[f"{register.id}.complete"] = rows.complete
            for identity, cells in zip(rows.ids, rows.raw, strict=True):
                row = {unit_column(register): case.subject_id, "id": identity}
                row |= {
                    key: cell_of(register.fields[key].type, cell) for key, cell in cells.items()
                }
                found[register_table(register.id)].append(row)
        for party in case.parties.values():
            row = {SUBJECT: case.subject_id, "id": party.id}
            slots = book.kinds[party.kind].fields
            row |= {key: cell_of(slots[key].type, cell) for key, cell in party.values.items()}
            found[party_table(party.kind)].append(row)
        found["waivers"] += [
            {SUBJECT: case.subject_id, "rule": one.rule, "until": one.until}
            for one in case.waivers.values()
        ]
        found["facts"].append(unit)
    return found


def cell_of(kind: Type, cell: tuple[Any, ...]) -> Any:
    """Return what a cell's column holds; NULL for what is not known or none."""
    if isinstance(kind, Boolean):
        return bool(cell[0]) if bool(cell[0]) == bool(cell[-1]) else None
    if ranged(kind) is not None and cell[0] is not None and len(cell) > 1 and cell[0] != cell[1]:
        return None
    return plain(kind, cell[0])


def plain(kind: Type, value: Any) -> Any:
    """Return a value as a table holds it."""
    if value is None or value is UNKNOWN:
        return None
    match kind:
        case Boolean():
            return bool(value)
        case Date():
            return datetime.date.fromordinal(value)
        case Choice(ordered=True):
            return kind.options[value]
        case Number(scale=scale):
            return Decimal(value).scaleb(-scale) if scale else value
    return value


def load(connection: Any, book: RuleBook, rows: Mapping[str, list[dict[str, Any]]]) -> None:
    """Make the clean tables."""
    for table in tables(book).values():
        columns = [
            (one.name, PLAIN.get(one.type) or f"DECIMAL({one.digits}, {one.scale})")
            for one in table.columns
        ]
        typed = ", ".join(f"{quoted(name)} {kind}" for name, kind in columns)
        connection.execute(f"CREATE OR REPLACE TABLE {quoted(table.name)} ({typed})")
        values = [[row.get(name) for name, _ in columns] for row in rows[table.name]]
        if values:
            marks = ", ".join("?" for _ in columns)
            connection.executemany(f"INSERT INTO {quoted(table.name)} VALUES ({marks})", values)  # noqa: S608  # our own names


def quoted(name: str) -> str:
    """Return a name in quotation marks."""
    return '"' + name.replace('"', '""') + '"'


def judged(book: RuleBook, cases: Iterable[Case]) -> dict[str, dict[str, Any]]:
    """Return what the judge says of every case, by its unit, in the shape of `found`."""
    return {case.subject_id: _said(book, weigh(book, case)) for case in cases}


def _said(book: RuleBook, one: Assessment) -> dict[str, Any]:
    places, scored, standing = book.decimals, one.scored, one.standing
    said: dict[str, Any] = {
        "low": one.low, "high": one.high, "grade_low": one.grade_id(standing.low),
        "grade_high": one.grade_id(standing.high), "veto": standing.veto,
        "not_rated": standing.not_rated, "coverage": one.coverage, "fault": None,
    }  # fmt: skip
    for name, ends in scored.sections.items():
        for end, units in zip(("low", "high"), ends or (None, None), strict=True):
            said[f"section.{name}.{end}"] = _decimal(units, places)
    for name, asked in scored.dimensions.items():
        said[f"dimension.{name}.asked"] = asked.asked
        for end, units in (("low", asked.low), ("high", asked.high)):
            shown = None if asked.asked == "no" else units
            said[f"dimension.{name}.{end}"] = _decimal(shown, places + 6)
    for told in one.verdicts:
        ends = (_decimal(told.low, places), _decimal(told.high, places))
        said[f"rule {told.rule}"] = (told.outcome, *ends)
    said["consequences"] = sorted(
        (book.consequences[one.row].number, one.kind, one.party, one.record, one.certain)
        for one in one.consequences
    )
    return said


def found(connection: Any, made: Any) -> dict[str, dict[str, Any]]:
    """Return what a statement says of every unit."""
    connection.execute(f"CREATE OR REPLACE TEMP TABLE weighed AS {made.weighed()}")
    scores = connection.execute(made.over_weighed("scores"))
    names = [one[0] for one in scores.description]
    said = {row[0]: dict(zip(names, row, strict=True)) for row in scores.fetchall()}
    for unit in said.values():
        unit["consequences"] = []
    rows = _rows(connection, made, "findings")
    for unit, rule, *told in rows:
        said[unit][f"rule {rule}"] = tuple(told[:3])
    rows = _rows(connection, made, "consequences")
    for unit, row, kind, party, record, certain, _ in rows:
        said[unit]["consequences"].append((row, kind, party, record or "", certain))
    for one in said.values():
        one["consequences"].sort()
    return said


def _rows(connection: Any, made: Any, output: str) -> list[tuple[Any, ...]]:
    if output not in made.outputs:
        return []
    rows: list[tuple[Any, ...]] = connection.execute(made.over_weighed(output)).fetchall()
    return rows


def differences(
    wanted: Mapping[str, Mapping[str, Any]],
    got: Mapping[str, Mapping[str, Any]],
    *,
    lists: bool = True,
) -> dict[str, list[tuple[str, Any, Any]]]:
    """Return by what each unit differs; without `lists` findings and consequences are passed
    over.
    """
    out: dict[str, list[tuple[str, Any, Any]]] = defaultdict(list)
    for unit, said in wanted.items():
        mine = got.get(unit, {})
        for key, value in said.items():
            if not lists and (key == "consequences" or key.startswith("rule ")):
                continue
            if key not in mine or mine[key] != value:
                out[unit].append((key, value, mine.get(key)))
    return dict(out)


def _decimal(units: int | None, places: int) -> Decimal | None:
    return None if units is None else Decimal(units).scaleb(-places)
