"""Registers that assessments of parts fill, in bulk: what a part may still score, that it is not
rated or may not be, and that it is not assessed yet.
"""

from __future__ import annotations

import random
from decimal import Decimal
from typing import Any

import pytest

from steelyard.book.library import Library
from steelyard.book.model import Field, RuleBook
from steelyard.bulk.columns import party_table, register_table, tables
from steelyard.bulk.statement import statement
from steelyard.case.reading.read import parse_case
from steelyard.expression.types import Number, ranged
from steelyard.located_yaml import mark

from .clean_tables import differences, found, judged, load, plain

duckdb = pytest.importorskip("duckdb", reason="DuckDB is not installed")

BOOK, UNITS, PARTS = "community/civility-quarter", 40, 4
TRUTHS = {"true": True, "false": False, "unknown": None}


def _text(slot: Field, units: int) -> str:
    if isinstance(slot.type, Number):
        return str(Decimal(units).scaleb(-slot.type.scale))
    return str(plain(slot.type, units))


def _part(
    fields: dict[str, Field], kind: str, number: int, rng: random.Random
) -> tuple[dict[str, str], dict[str, Any]]:
    """Return a part as a case's record and as a row of the register's table."""
    told = {"id": f"r-{number}", "subject": f"s-{number}", "period": "2026-01"}
    if kind in fields:
        told[kind] = f"{kind}-{number}"
    row: dict[str, Any] = dict(told)
    given = [slot for slot in fields.values() if slot.derived is None and slot.id not in told]
    unrated = rng.choice(["true", "false", "false", "unknown", "not assessed"])
    if unrated == "not assessed":
        return {**told, **{slot.id: "unknown" for slot in given}}, row
    veto = rng.choice(list(TRUTHS))
    told |= {"assessment": "a-1", "not_rated": unrated, "veto": veto}
    row |= {"assessment": "a-1", "not_rated": TRUTHS[unrated], "veto": TRUTHS[veto]}
    spans: dict[str, tuple[int, int]] = {}
    for slot in given:
        if slot.missing != "none":
            continue
        if unrated == "true":
            told[slot.id] = "none"
            continue
        span = ranged(slot.type)
        assert span is not None
        low, high = sorted(rng.randint(span.low, span.high) for _ in range(2))
        spans[slot.id] = low, high
        if slot.id.startswith("score_"):
            low, high = spans["score_low"]
            end = low if slot.id == "score_low" else high
            told[slot.id], row[slot.id] = _text(slot, end), plain(slot.type, end)
            continue
        ends = _text(slot, low), _text(slot, high)
        told[slot.id] = ends[0] if low == high else "..".join(ends)
        row[f"{slot.id}.low"], row[f"{slot.id}.high"] = (
            plain(slot.type, end) for end in (low, high)
        )
    return told, row


def _units(book: RuleBook) -> tuple[list[Any], dict[str, list[dict[str, Any]]]]:
    rng = random.Random("roll-ups in bulk")
    rows: dict[str, list[dict[str, Any]]] = {name: [] for name in tables(book)}
    cases = []
    rolled = [one for one in book.registers.values() if one.rolled is not None]
    for number in range(UNITS):
        records = {}
        unit: dict[str, Any] = {"subject": f"u-{number}"}
        for register in rolled:
            kind = register.rolled.kind if register.rolled is not None else ""
            several = range(rng.randint(0, PARTS))
            parts = [_part(dict(register.fields), kind, n, rng) for n in several]
            records[register.id] = [told for told, _ in parts]
            rows[register_table(register.id)] += [
                {**row, "part_of": f"u-{number}"} for _, row in parts
            ]
            unit[f"{register.id}.complete"] = True
        rows["facts"].append(unit)
        parties = [
            {"id": f"{one.rolled.kind}-{n}", "kind": one.rolled.kind}
            for one in rolled
            if one.rolled is not None and one.rolled.kind in one.fields
            for n in range(PARTS)
        ]
        for party in parties:
            named = {"subject": f"u-{number}", "id": party["id"]}
            rows[party_table(party["kind"])].append(named)
        document = {
            "book": book.key, "subject": f"u-{number}", "period": "2026", "records": records,
            "parties": parties,
        }  # fmt: skip
        cases.append(parse_case(mark(document, "case"), book, "case"))
    return cases, rows


def test_what_parts_say_is_read_as_the_judge_reads_it(library: Library) -> None:
    book = library.find(BOOK)
    cases, rows = _units(book)
    connection = duckdb.connect(config={"threads": 1})
    load(connection, book, rows)
    made = statement(book, period="2026", findings=True, consequences=True)
    wanted = judged(book, cases)
    assert differences(wanted, found(connection, made)) == {}
    assert len({one["low"] for one in wanted.values()}) > 10
