"""What was worked out by hand of expressions holds where a whole book is one SQL statement: every
expression of `test_semantics.py`, asked of every case of its tables that a table can tell.
"""

from __future__ import annotations

import json
from itertools import islice
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("duckdb", reason="bulk wants duckdb (steelyard[bulk])")

from steelyard.book.model import RuleBook
from steelyard.book.reading.load import parse_book
from steelyard.case.model import Case

from . import bulk_tables
from .strategies import read
from .test_semantics import CONDITIONS, CONFIDENT, FACTS, PARTIES, PEOPLE, RECORDS, VALUES, row

# What the tables do not say of functions whose SQL goes another way; `either` is a value or none
# while `good` is not known.
FIELDS = {
    **RECORDS["rows"],
    "spare": {"type": "integer", "min": 0, "max": 3, "missing": "none"},
    "either": {"is": "spare if good else size"},
}
MORE = (
    "distinct(rows, either) / 10", "(total(rows, either) + 10) / 20", "mean(rows, either) / 3", "part(maybe, n)", "part(n, maybe)",
    # A number written out is 32 bits wide to a database: these products are wider.
    "lowest(rows, 10) * 900000000 / 9000000000", "highest(rows, 3) * 900000000 / 9000000000",
    "lowest(rows, 10, size > 1 and size < 1) * 900000000 / 9000000000",
    "(3 if yes else 7) * 900000000 / 9000000000",
    "round(n, 2)", "round(n / 3)", "abs(n - 5) / 10", "min(n, m) / 10", "max(n, m, 3) / 10",
)  # fmt: skip
RULES: list[dict[str, Any]] = [
    *(
        {"proportional": text}
        for text in dict.fromkeys([*(one[0] for one in VALUES.values()), *MORE])
    ),
    *({"requires": text} for text in dict.fromkeys(one[0] for one in CONDITIONS.values())),
    *(
        {"requires": text, "confident": "0.95"}
        for text in dict.fromkeys(one[0] for one in CONFIDENT.values())
    ),
]
SHOWN: list[tuple[Any, Any]] = [
    *((facts, rows) for _, facts, rows, _ in (*VALUES.values(), *CONDITIONS.values())),
    *(({"sat": survey}, None) for _, survey, _ in CONFIDENT.values()),
    ({"maybe": "none", "n": "3"}, [row(size="1")]),
    ({}, [row(size="1"), row(good="yes", spare="2"), row(good="yes")]),
]
PARTS = 4


def book_of(rules: list[dict[str, Any]]) -> RuleBook:
    filled = [
        {"id": f"r{n}", "points": 1, "section": "all", **rule} for n, rule in enumerate(rules, 1)
    ]
    document = {
        "book": "test/small", "version": "1.0.0", "sector": "test", "facts": FACTS,
        "parties": PARTIES, "records": {"rows": FIELDS}, "rules": filled, "points": len(rules),
        "sections": [{"id": "all", "points": len(rules)}], "grades": [{"id": "any", "at_least": 0}],
    }  # fmt: skip
    return parse_book(json.dumps(document), "small")


def cases_of(book: RuleBook) -> list[Case]:
    cases = []
    for number, (facts, rows) in enumerate(SHOWN):
        document = {
            "book": "test/small", "subject": f"s-{number}", "period": "2026", "facts": facts,
            "parties": PEOPLE, "records": {} if rows is None else {"rows": rows},
        }  # fmt: skip
        case = read(document, book)
        plain = case and bulk_tables.told(case.document, case.subject_id, book)
        cases += [plain] if plain else []
    return cases


@pytest.mark.parametrize("part", range(PARTS))
def test_what_was_worked_out_by_hand_holds_in_sql(part: int, tmp_path: Path) -> None:
    book = book_of(list(islice(RULES, part, None, PARTS)))
    cases = cases_of(book)
    assert len(cases) > len(SHOWN) / 2
    bulk_tables.same(book, cases, tmp_path)
