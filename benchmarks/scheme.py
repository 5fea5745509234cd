"""A made-up scheme of 60 rules, said once and written out for every side, and a case with 20
records.

Points are counted in hundredths. Every rule is worth two points.
"""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from typing import Any, NamedTuple

from steelyard.book.model import RuleBook
from steelyard.book.reading.load import parse_book
from steelyard.case.model import Case
from steelyard.case.reading.read import parse_case
from steelyard.located_yaml import mark

FULL = 200
FACTS, TICKS, CAUSES, RECORDS = 24, 12, 8, 20
SEVERITIES = ("minor", "serious", "grave")
Facts = dict[str, Any]


class Row(NamedTuple):
    """One rule: its form and what it looks at, in words that every side has.

    `what` is `facts`, `derived`, or a function over records; `at` are the numbers of facts, a kind
    of record, or the number of a worked-out fact; `edges` are thresholds with the points from them
    on.
    """

    id: str
    form: str
    what: str
    at: tuple[int, ...]
    edges: tuple[tuple[float, int], ...]


def rows() -> Iterator[Row]:
    """Yield the 60 rules: 15 over facts, 9 over worked-out facts, 12 over records, 8 banded, 6
    rates, 10 demerits.
    """
    for n in range(15):
        yield Row(f"facts-{n}", "requires", "facts", (n, n % TICKS), ((30 + n, FULL),))
    for n in range(9):
        yield Row(f"derived-{n}", "requires", "derived", (n % 8,), ((0.25 + n / 16, FULL),))
    for n in range(12):
        yield Row(
            f"records-{n}",
            "requires",
            ("count", "any", "share", "every")[n % 4],
            (n // 4 + 1,),
            ((0.5, FULL),),
        )
    for n in range(8):
        what = ("facts", "facts", "derived", "count")[n % 4]
        edges = {"facts": (20, 50, 80), "derived": (0.3, 0.6, 0.9), "count": (1, 2, 4)}[what]
        yield Row(
            f"banded-{n}",
            "banded",
            what,
            (n + 8 if what == "facts" else n % 4 + n // 4,),
            tuple(zip(edges, (60, 120, FULL), strict=True)),
        )
    for n in range(6):
        yield Row(f"rate-{n}", "proportional", "derived", (n,), ())
    for n in range(10):
        yield Row(f"demerit-{n}", "demerit", "grave" if n % 2 else "plain", (n % CAUSES + 1,), ())


def derived(number: int) -> tuple[str, str]:
    """Return the two facts that a worked-out fact divides."""
    return f"n{number}", f"n{number + 8}"


def book() -> RuleBook:
    """Return the scheme as a rule book."""
    listed = list(rows())
    facts: dict[str, Any] = {
        f"n{n}": {"type": "integer", "min": 1, "max": 100} for n in range(FACTS)
    }
    facts |= {f"b{n}": "boolean" for n in range(TICKS)}
    facts |= {f"d{n}": {"is": " / ".join(derived(n)), "min": 0, "max": 100} for n in range(8)}
    events = {
        "date": "date",
        "cause": {"type": "integer", "min": 1, "max": CAUSES, "missing": "refused"},
        "verified": "boolean",
        "severity": list(SEVERITIES),
        "amount": {"type": "number", "min": 0, "max": 1000, "decimals": 2},
        "person": {"type": "person", "missing": "none"},
    }
    sections = [{"id": f"section-{n}", "points": 30} for n in range(4)]
    rules = [
        {"id": row.id, "section": f"section-{n // 15}", "dimension": "service", **_rule(row)}
        for n, row in enumerate(listed)
    ]
    consequences = [
        {
            "on": "events",
            "when": "verified and severity == 'grave'",
            "falls_on": "person",
            "all": ["warning"],
        },
        {"on": "events", "when": "amount > 800", "falls_on": "person", "all": ["repayment"]},
        {
            "on": "subject",
            "when": "count(events, verified) >= 8",
            "falls_on": "subject",
            "all": ["inspection"],
        },
    ]
    measures = {name: {"kind": "sanction"} for name in ("warning", "repayment", "inspection")}
    grades = [
        {"id": "good", "at_least": 90},
        {"id": "pass", "at_least": 60},
        {"id": "fail", "at_least": 0},
    ]
    document = {
        "book": "made-up/benchmark",
        "version": "1.0.0",
        "sector": "library",
        "points": 120,
        "facts": facts,
        "parties": {"person": {"post": "text"}},
        "records": {"events": events},
        "sections": sections,
        "rules": rules,
        "measures": measures,
        "consequences": consequences,
        "grades": grades,
    }
    return parse_book(json.dumps(document), "scheme")


def _rule(row: Row) -> dict[str, Any]:
    value = said(row)
    match row.form:
        case "requires":
            return {"requires": value, "points": "2"}
        case "banded":
            return {
                "banded": value,
                "bands": [
                    {"at_least": edge, "points": f"{points / 100}"}
                    for edge, points in reversed(row.edges)
                ],
            }
        case "proportional":
            return {"proportional": value, "points": "2"}
    each = "1 if severity == 'grave' else 0.25" if row.what == "grave" else "0.5"
    return {
        "demerit": {"over": "events", "when": f"cause == {row.at[0]} and verified", "each": each},
        "points": "2",
    }


def said(row: Row) -> str:
    """Return what a rule looks at, as Steelyard writes it."""
    kind, edge = row.at[0], row.edges[0][0] if row.edges else 0
    match row.what, row.form:
        case "facts", "requires":
            return f"n{kind} >= {edge} and b{row.at[1]}"
        case "derived", "requires":
            return f"d{kind} >= {edge}"
        case ("facts" | "derived") as what, _:
            return f"{what[0].replace('f', 'n')}{kind}"
        case "count", "requires":
            return f"count(events, cause == {kind} and verified) <= 1"
        case "count", _:
            return f"count(events, cause == {kind})"
        case "any", _:
            return f"not any(events, cause == {kind} and severity == 'grave')"
        case "share", _:
            return f"share(events, verified, cause == {kind}) >= {edge}"
    return f"every(events, verified or amount < 100, cause == {kind})"


def facts() -> Facts:
    """Return the case as plain data: what every other side is handed, ready made."""
    dice = random.Random(7)
    found: Facts = {f"n{n}": dice.randint(20, 100) for n in range(FACTS)}
    found |= {f"b{n}": dice.random() < 0.8 for n in range(TICKS)}
    found["events"] = [
        {
            "date": f"2026-{n % 12 + 1:02}-11",
            "cause": n % CAUSES + 1,
            "verified": dice.random() < 0.7,
            "severity": dice.choice(SEVERITIES),
            "amount": dice.randint(0, 100000) / 100,
            "person": f"p-{n % 5}",
        }
        for n in range(RECORDS)
    ]
    return found


def case(book: RuleBook, plain: Facts, *, half: bool = False) -> Case:
    """Return the case as Steelyard reads it; `half` leaves out every other fact and some fields of
    the records.
    """
    shown = {name: str(value) for name, value in plain.items() if name != "events"}
    events = [
        {"id": f"e-{n}", **{key: str(value) for key, value in event.items()}}
        for n, event in enumerate(plain["events"])
    ]
    if half:
        shown = dict(list(shown.items())[::2])
        for n, event in enumerate(events):
            event.pop(("verified", "severity", "amount", "person")[n % 4] if n % 2 else "date")
    document = {
        "book": book.id,
        "subject": "u-1",
        "period": "2026",
        "facts": shown,
        "records": {"events": events},
        "parties": [{"id": f"p-{n}", "kind": "person", "post": "clerk"} for n in range(5)],
    }
    return parse_case(mark(document, "case"), book, "case")
