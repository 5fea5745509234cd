"""Registers that assessments of parts fill, in bulk: what a part may still score, that it is not
rated or may not be, and that it is not assessed yet.
"""

from __future__ import annotations

import csv
import random
from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from steelyard.book.library import Library
from steelyard.book.model import Field, RuleBook
from steelyard.bulk.assessing import Wanted
from steelyard.bulk.intake.given import Named
from steelyard.case.model import Case
from steelyard.case.reading.read import parse_case
from steelyard.expression.types import Choice, Number, ranged
from steelyard.located_yaml import mark

from .bulk_tables import bulk, by_unit, differences, judged

pytest.importorskip("duckdb", reason="DuckDB is not installed")

BOOK, UNITS, PARTS = "community/civility-quarter", 40, 4
TRUTHS = {"true": "yes", "false": "no", "unknown": ""}


def _text(slot: Field, units: int) -> str:
    if isinstance(slot.type, Number):
        return str(Decimal(units).scaleb(-slot.type.scale))
    assert isinstance(slot.type, Choice)
    return slot.type.options[units]


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
            told[slot.id] = row[slot.id] = _text(slot, end)
            continue
        ends = _text(slot, low), _text(slot, high)
        told[slot.id] = ends[0] if low == high else "..".join(ends)
        row[f"{slot.id}.low"], row[f"{slot.id}.high"] = ends
    return told, row


def _units(book: RuleBook) -> tuple[list[Case], dict[str, list[dict[str, Any]]]]:
    """Return cases, and the rows of each table that says the same."""
    rng = random.Random("roll-ups in bulk")
    cases = []
    rolled = [one for one in book.registers.values() if one.rolled is not None]
    rows: dict[str, list[dict[str, Any]]] = {one.id: [] for one in rolled}
    rows |= {"facts": [], "parties": []}
    for number in range(UNITS):
        records = {}
        for register in rolled:
            kind = register.rolled.kind if register.rolled is not None else ""
            several = range(rng.randint(0, PARTS))
            parts = [_part(dict(register.fields), kind, n, rng) for n in several]
            records[register.id] = [told for told, _ in parts]
            rows[register.id] += [{**row, "part_of": f"u-{number}"} for _, row in parts]
        rows["facts"].append({"subject": f"u-{number}"})
        parties = [
            {"id": f"{one.rolled.kind}-{n}", "kind": one.rolled.kind}
            for one in rolled
            if one.rolled is not None and one.rolled.kind in one.fields
            for n in range(PARTS)
        ]
        rows["parties"] += [{"subject": f"u-{number}", **party} for party in parties]
        document = {
            "book": book.key, "subject": f"u-{number}", "period": "2026", "records": records,
            "parties": parties,
        }  # fmt: skip
        cases.append(parse_case(mark(document, "case"), book, "case"))
    return cases, rows


def _table(path: Path, rows: Sequence[dict[str, Any]]) -> str:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list({key: None for row in rows for key in row}))
        writer.writeheader()
        writer.writerows(rows)
    return str(path)


def test_what_parts_say_is_read_as_the_judge_reads_it(library: Library, tmp_path: Path) -> None:
    book = library.find(BOOK)
    cases, rows = _units(book)
    paths = {name: _table(tmp_path / f"{name}.csv", some) for name, some in rows.items() if some}
    facts, parties = paths.pop("facts"), paths.pop("parties", "")
    known = tuple(rows.keys() - {"facts", "parties"})
    named = Named(facts, tuple(paths.items()), parties, known=known, period="2026")
    found = bulk(book, named, tmp_path, Wanted(findings=True, consequences=True))
    assert found["rejected"] == []
    wanted = judged(book, cases)
    assert differences(wanted, by_unit(found)) == {}
    assert len({one["scores"]["low"] for one in wanted.values()}) > 10
