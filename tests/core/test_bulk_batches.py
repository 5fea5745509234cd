"""Units weighed in batches, as tables are that do not fit into memory: whatever the batches, the same
is said of every unit and of every row that does not fit.
"""

from __future__ import annotations

import json
import random
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import duckdb
import pytest

from steelyard import load_book
from steelyard.book.model import RuleBook
from steelyard.bulk.assessing import Wanted, assess
from steelyard.bulk.engines.duck import Duck
from steelyard.bulk.intake.batches import fitting
from steelyard.bulk.intake.given import Named
from steelyard.bulk.intake.typed import Rows
from steelyard.errors import UsageError

from . import bulk_tables
from .strategies import Books, Cases, load, read

WANTED = Wanted(findings=True, consequences=True)
BOOK = """
book: test/batches
version: 1.0.0
sector: test
points: 10
facts:
  staff: {type: integer, min: 0, max: 100}
  chief: {type: person}
  share: {type: number, decimals: 2, min: 0, max: 1}
  twice: {type: number, decimals: 2, min: 0, max: 1, is: share + share}
parties:
  person: {role: [leader, other]}
  team: {size: {type: integer, min: 0, max: 50}}
records:
  visits:
    dated: day
    day: date
    who: {type: person, missing: none}
    place: {type: [ward, office], missing: refused}
sections: [{id: all, points: 10}]
rules:
  - {id: many, section: all, requires: staff >= 5, points: 6}
  - {id: seen, section: all, requires: count(visits) >= 1, points: 4}
grades: [{id: good, at_least: 6}, {id: poor, at_least: 0}]
"""
TABLES = {
    # h-1 stands twice, in other words for one period; h-2 is no more than a hundred; of h-5 only the
    # statement finds that a share cannot be; the last row adds up the others.
    "facts": """part_of,subject,period,staff,chief,share
,h-1,2026,7,,
,h-1,2026年,7,,
,h-2,2026,101,,
,h-3,2026,7,p-1,
,h-4,2026,7,p-9,
,h-5,2026,7,,0.6
,h-6,2026,7,,
,h-7,2026,7,,
,h-7,2025,3,,
,h-8,2026,,,
g-1,d-1,2026,7,,
g-2,d-1,2026,2,,
,h-9,sometime,2,,
,,2026,2,,
,合计,2026,300,,
""",
    # The record of h-6 stands twice, that of g-1/d-1 and g-2/d-1 once each; h-8 has one whose period
    # cannot be read, h-3 one of a day of another; nobody knows h-0.
    "visits": """part_of,subject,period,id,day,who,place
,h-3,2026,1,2025-01-01,,ward
,h-6,2026,1,,,ward
,h-6,2026,1,,,office
,h-7,2026,1,,,ward
,h-7,2025,1,,,ward
,h-8,once,1,,,ward
g-1,d-1,2026,1,,,ward
g-2,d-1,2026,1,,,ward
,h-0,2026,1,,,ward
,h-2,2026,1,,p-8,
,合计,2026,9,,,ward
""",
    "parties": """part_of,subject,period,kind,id,role,size
,h-3,2026,person,p-1,leader,
,h-7,2026,person,p-1,leader,
,h-7,2026,team,p-1,,7
,h-8,2026,people,p-1,leader,
g-1,d-1,2026,team,p-1,,51
""",
    "waivers": """part_of,subject,period,rule,authority,until
g-2,d-1,2026,many,the office,2026-12-31
,h-7,2025,many,the office,2026-12-31
,h-7,2025,many,the office,2026-12-31
,h-3,2026,none,,2026-12-31
""",
    "registers_known": """part_of,subject,period,register
,h-7,2026,visits
g-1,d-1,2026,visits
,h-0,2026,visits
,h-8,2026,calls
""",
}


def weighed(book: RuleBook, named: Named, folder: Path, batches: int) -> dict[str, Any]:
    """Return all that a run in so many batches says, without the order of the rows."""
    out = folder / f"in {batches}"
    out.mkdir()
    with Duck(out / "spill") as duck:
        assess(duck, book, named, WANTED, out, str, lambda *_: None, batches)
        found = bulk_tables.written(duck, out, (*WANTED.outputs, "rejected"))
    report = json.loads((out / "run.json").read_text("utf-8"))
    rejected = found.pop("rejected")
    return {
        "rows": {name: sorted(map(repr, all_)) for name, all_ in found.items()},
        "rejected": rejected,
        "told": {name: said for name, said in report.items() if name != "outputs"},
    }


def flat(folder: Path) -> Named:
    """Return the tables above as files of CSV."""
    for name, text in TABLES.items():
        (folder / f"{name}.csv").write_text(text, encoding="utf-8")
    paths: Mapping[str, str] = {name: str(folder / f"{name}.csv") for name in TABLES}
    return Named(registers=(("visits", paths["visits"]),), **{
        name: path for name, path in paths.items() if name != "visits"
    })  # fmt: skip


@pytest.mark.parametrize("batches", [2, 3, 19])
def test_what_does_not_fit_is_told_alike_whatever_the_batches(batches: int, tmp_path: Path) -> None:
    (tmp_path / "book.yaml").write_text(BOOK, encoding="utf-8")
    book, named = load_book(tmp_path / "book.yaml"), flat(tmp_path)
    once = weighed(book, named, tmp_path, 1)
    assert weighed(book, named, tmp_path, batches) == once
    # Of 15 rows of facts those of h-7 in 2025, … see below; counted by hand from the tables above.
    print(*once["rejected"], sep="\n")
    assert once["told"]["counts"] == {"units": 15, "weighed": 1, "rejected": 27}
