"""Units weighed in batches, as tables are that do not fit into memory: whatever the batches, the same
is said of every unit and of every row that does not fit.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import pytest

from steelyard import load_book
from steelyard.book.model import RuleBook
from steelyard.bulk.assessing import Wanted, assess
from steelyard.bulk.engines.duck import Duck
from steelyard.bulk.intake.given import Named
from steelyard.errors import UsageError

from . import bulk_tables
from .test_bulk_input import BOOK

WANTED = Wanted(findings=True, consequences=True)
CHIEF = "  chief: {type: person}\n"
TWICE = "  twice: {type: number, decimals: 2, min: 0, max: 1, is: share + share}\n"
TABLES = {
    # h-1 stands twice, in other words for one period; h-2 is no more than a hundred; of h-5 only the
    # statement finds that a share cannot be; one row adds up the others.
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
,h-10,2026,7,,
,h-10,2025,2,,
""",
    # The record of h-6 stands twice, that of g-1/d-1 and g-2/d-1 once each; h-8 has one whose period
    # cannot be read, h-3 one of a day of another; nobody knows h-0. One is not plainly written.
    "visits": """part_of,subject,period,id,day,who,place
,h-3,2026,1,2025-01-01,,ward
,h-6,2026,1,,,ward
,h-6,2026,1,,,office
,h-7,2026,1,,,ward
,h-7,2025,1,,,ward
,h-8,once,1,,,ward
g-1,d-1,2026,1,,,ward
g-2,d-1,2026,１,,,ward
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
    """Return all that a run in so many batches says, without the order of its units."""
    out = folder / f"in {batches}"
    out.mkdir()
    with Duck(out / "spill") as duck:
        assess(duck, book, named, WANTED, out, str, lambda *_: None, batches)
        found = bulk_tables.written(duck, out, (*WANTED.outputs, "rejected"))
    report = json.loads((out / "run.json").read_text("utf-8"))
    return {
        "rejected": found.pop("rejected"),
        "units": bulk_tables.by_unit(found),
        "run.json": {name: said for name, said in report.items() if name != "outputs"},
    }


@pytest.fixture
def book(tmp_path: Path) -> RuleBook:
    """Return the book of the tables, with a fact of which the statement alone finds a fault."""
    (tmp_path / "book.yaml").write_text(BOOK.replace(CHIEF, CHIEF + TWICE), encoding="utf-8")
    return load_book(tmp_path / "book.yaml")


def as_csv(folder: Path) -> str:
    """Write the tables above as CSV, and return how they are named."""
    for name, text in TABLES.items():
        (folder / f"{name}.csv").write_text(text, encoding="utf-8")
    return f"{folder}/{{}}.csv"


def as_parquet(folder: Path) -> str:
    """Write each table as one file."""
    as_csv(folder)
    with duckdb.connect() as duck:
        for name in TABLES:
            duck.execute(
                f"COPY (FROM read_csv('{folder}/{name}.csv', all_varchar = true)) "
                f"TO '{folder}/{name}.parquet' (FORMAT parquet)"
            )
    return f"{folder}/{{}}.parquet"


def as_several(folder: Path) -> str:
    """Write each table as two files."""
    as_csv(folder)
    with duckdb.connect() as duck:
        for name in TABLES:
            (folder / name).mkdir()
            for part, first in (("a", 0), ("b", 4)):
                duck.execute(
                    f"COPY (FROM read_csv('{folder}/{name}.csv', all_varchar = true) "
                    f"LIMIT {4 if part == 'a' else 100} OFFSET {first}) "
                    f"TO '{folder}/{name}/{part}.parquet' (FORMAT parquet)"
                )
    return f"{folder}/{{}}"


def as_duckdb(folder: Path) -> str:
    """Write the tables into a database, figures as wide as it has them."""
    as_csv(folder)
    with duckdb.connect(f"{folder}/all.duckdb") as duck:
        for name in TABLES:
            duck.execute(
                f"CREATE TABLE {name} AS FROM read_csv('{folder}/{name}.csv', all_varchar = true)"
            )
        duck.execute("ALTER TABLE facts ALTER staff TYPE HUGEINT")
        duck.execute(f"UPDATE facts SET staff = {10**38 + 1} WHERE subject = 'h-2'")  # noqa: S608
    return f"{folder}/all.duckdb:{{}}"


# Where each row is rejected, by the tables above.
REJECTED = {
    "facts": {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 14, 15},
    "parties": {2, 3, 4, 5},
    "registers_known": {3, 4},
    "visits": {1, 2, 3, 6, 9, 10, 11},
    "waivers": {2, 3, 4},
}


@pytest.mark.parametrize(
    ("laid", "batches"),
    [(as_csv, 9), (as_parquet, 2), (as_several, 3), (as_duckdb, 2)],
    ids=["CSV", "a file of Parquet", "several files", "DuckDB"],
)
def test_the_same_is_said_in_batches(
    laid: Callable[[Path], str], batches: int, book: RuleBook, tmp_path: Path
) -> None:
    path = laid(tmp_path)
    named = Named(
        facts=path.format("facts"),
        registers=(("visits", path.format("visits")),),
        parties=path.format("parties"),
        waivers=path.format("waivers"),
        registers_known=path.format("registers_known"),
    )
    found = weighed(book, named, tmp_path, batches)
    assert found == weighed(book, named, tmp_path, 1)
    counts = {"units": 16, "weighed": 3, "rejected": sum(map(len, REJECTED.values()))}
    assert found["run.json"]["counts"] == counts
    ends = {unit: (str(one["scores"]["low"]), str(one["scores"]["high"]))
            for unit, one in found["units"].items()}  # fmt: skip
    assert ends == {
        # Too few staff but waived, and a visit; staff enough or not, and no visit known.
        ("g-2", "d-1", "2026"): ("10.00", "10.00"),
        (None, "h-10", "2026"): ("6.00", "10.00"),
        (None, "h-10", "2025"): ("0.00", "4.00"),
    }
    if laid is not as_several:
        rows: dict[str, set[int]] = {}
        for row in found["rejected"]:
            rows.setdefault(row["register"], set()).add(row["row"])
        assert rows == REJECTED
    staff = next(row["reason"] for row in found["rejected"] if row["subject"] == "h-2")
    figure = 10**38 + 1 if laid is as_duckdb else 101
    assert staff == f"staff: `{figure}` is above the most allowed, 100"


@pytest.mark.parametrize("batches", [1, 3])
def test_where_no_unit_can_be_weighed_the_reasons_of_all_batches_are_told(
    batches: int, book: RuleBook, tmp_path: Path
) -> None:
    facts = tmp_path / "facts.csv"
    facts.write_text("subject,staff\n" + "".join(f"h-{n},{n}\n" for n in range(101, 106)))
    with pytest.raises(UsageError) as refused:
        weighed(book, Named(facts=str(facts), period="2026"), tmp_path, batches)
    assert [one.text() for one in refused.value.faults] == [
        "bulk: no unit can be weighed",
        *(f"{facts}:{n - 100}: staff: `{n}` is above the most allowed, 100"
          for n in range(101, 106)),
    ]  # fmt: skip
    assert not (tmp_path / f"in {batches}" / "scores.parquet").exists()


def test_tables_beyond_the_memory_are_weighed_in_batches(book: RuleBook, tmp_path: Path) -> None:
    with duckdb.connect() as duck:
        duck.execute(
            "COPY (SELECT 'h-' || i AS subject, i % 10 AS staff FROM range(350000) r(i)) "  # noqa: S608
            f"TO '{tmp_path}/facts.parquet' (FORMAT parquet)"
        )
    named = Named(facts=f"{tmp_path}/facts.parquet", known=("visits",), period="2026")
    looked: list[tuple[str, int, int]] = []
    with Duck(tmp_path / "spill", "32MB", 1) as duck:
        ran = assess(duck, book, named, Wanted(), tmp_path, str, lambda *one: looked.append(one))
        # Half of the units have staff enough, and none had a visit.
        points = duck.rows(
            "SELECT low::INTEGER, high::INTEGER, COUNT(*), COUNT(DISTINCT subject) "  # noqa: S608
            f"FROM '{tmp_path}/scores.parquet' GROUP BY ALL ORDER BY ALL"
        )
    assert (ran.units, ran.weighed, ran.rejected) == (350000, 350000, 0)
    assert points == [(0, 0, 175000, 175000), (6, 6, 175000, 175000)]
    assert looked[-1][2] > len(("read", "weighed", "written"))
