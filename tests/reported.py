"""What the tests of reports share: assessments of bundled cases, plain, empty and hostile."""

from __future__ import annotations

import datetime
import random
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import yaml

from steelyard.book.library import Library
from steelyard.book.model import DIMENSIONS
from steelyard.case.reading.read import parse_case
from steelyard.comparison.comparison import Comparison, compare
from steelyard.comparison.options import Options
from steelyard.comparison.table import Points
from steelyard.comparison.table import Row as Assessed
from steelyard.comparison.table import Table as Rows
from steelyard.judging.assessment import Assessment, weigh
from steelyard.located_yaml import mark
from steelyard.report.page import (
    Bar,
    Bars,
    Column,
    Detail,
    Fact,
    Facts,
    Figure,
    Group,
    Heading,
    Listing,
    Page,
    Paragraph,
    Part,
    Row,
    Span,
    Table,
    isolated,
)

ROOT = Path(__file__).parents[1]
HALF = ROOT / "plugins/hospital/steelyard_hospital/examples/nine-prohibitions-half.yaml"
PARTS = (
    "glance", "consequences", "why", "attainment", "missing", "findings", "ledger", "method",
)  # fmt: skip
LONG = "很长的名字" * 2000
HOSTILE: dict[str, str] = {
    "html": "<script>alert(1)</script><img src=x onerror=alert(2)>&amp;</td></style>",
    "equals": "=1+1",
    "plus": "+1",
    "minus": "-1+cmd",
    "at": "@SUM(A1)",
    "tab": "\t=1",
    "jinja": "{{ 7 * 7 }}{% for x in y %}{# z #}{_{ w }_}",
    "right to left": "שלום עולם (1) abc",
    "mark": "a\u200fb\u202ec\u2067d",
    "controls": "a\x00b\x07c\x1bd\x7fe\x85f\ufffeg\ud800h",
    "spelt": "_x000D_",
    "long": LONG,
    "lines": "one\r\ntwo\u2028three",
}


def document(file: Path = HALF) -> dict[str, Any]:
    """Return a bundled case as plain data, every value as its text."""
    found: dict[str, Any] = yaml.load(file.read_text("utf-8"), Loader=yaml.BaseLoader)  # noqa: S506  # texts alone
    return found


def assessed(
    library: Library,
    said: dict[str, Any] | None = None,
    change: Callable[[dict[str, Any]], object] | None = None,
) -> Assessment:
    """Return the assessment of a case, after a change to it."""
    case = said or document()
    if change is not None:
        change(case)
    book = library.find(case["book"])
    return weigh(book, parse_case(mark(case, "case.yaml"), book, "case.yaml"))


def empty(library: Library, book: str) -> Assessment:
    """Return the assessment of a case that shows nothing."""
    return assessed(library, {"book": book, "subject": {"id": "u-1"}, "period": "2026"})


def page_of(text: str) -> Page:
    """Return a page on which a text stands wherever a user's may."""
    columns = (
        Column("What", width=60),
        Column("Points", "points", 20, 2),
        Column("Day", "date", 20),
    )
    rows = (
        Row(
            (text, Span(Decimal("1.00"), Decimal("2.50")), datetime.date(2026, 3, 1)),
            ((text, "x"),),
        ),
        Row(("plain", Decimal("3.25"), None)),
    )
    table = Table(
        "table",
        "A table",
        columns,
        (Group(text, rows),),
        grouped="Group",
        detail=Detail("Behind", (Column("A"), Column("B")), 0),
        total=Row(("sum", Decimal("4.25"), None)),
    )
    drawn = Table(
        "drawn",
        "Drawn",
        (Column("Name"), Column("Share", "percent", places=1)),
        (Group("", (Row((text, Decimal("0.5"))),)),),
    )
    figure = Figure(
        "figure",
        "A figure",
        f"It says {isolated(text)}.",
        Bars(
            "share",
            (Bar(text, Decimal(0), Decimal("0.5")),),
            Decimal(1),
            "percent",
            1,
            (),
            ("a", "b"),
        ),
        drawn,
    )
    blocks = (
        Heading(f"About {isolated(text)}"),
        Paragraph(f"Before {isolated(text)} after"),
        Listing((isolated(text), "second")),
        Facts((Fact("Name", text), Fact("Score", Decimal("3.25"), "points", 2, text)), large=True),
        figure,
        table,
    )
    return Page(
        "en",
        "Report",
        "A unit",
        "A line",
        datetime.date(2026, 12, 31),
        "key",
        (Part("one", "One", blocks),),
        {"unit": text},
    )


def unit_rows(units: int, period: str, seed: int) -> list[Assessed]:
    """Return made-up assessments of two sectors; one unit is vetoed, one hardly covered, one has a
    hostile name.
    """
    chance = random.Random(seed)
    found = []
    for number in range(units):
        sector = ("hospital", "school")[number % 2]
        earned = {}
        for name in DIMENSIONS[: 8 if sector == "hospital" else 10]:
            low = Decimal(chance.randint(20, 90)) / 10
            earned[name] = Points(
                low, min(low + Decimal(chance.choice([0, 0, 5])) / 10, Decimal(10)), Decimal(10)
            )
        low, high = (
            sum((getattr(one, end) for one in earned.values()), Decimal(0))
            for end in ("low", "high")
        )
        full = Decimal(10 * len(earned))
        found.append(
            Assessed(
                f"u-{number:03}",
                sector,
                f"{sector}/book",
                period,
                earned,
                Points(low, high, full),
                Decimal("0.5") if number == 3 else Decimal(1),
                f"<script>=1+1 {{{{ 7 }}}} שלום {'长' * 400}" if number == 2 else f"单位{number}",
                "1.0.0",
                f"sha256:{sector}",
                ("pass", "pass"),
                "yes" if number == 1 else "no",
                as_of="2026-06-30",
            )
        )
    return found


def compared(units: int = 40) -> Comparison:
    """Return a comparison of some of them in two periods."""
    table = Rows.of([*unit_rows(units, "2026Q1", 1), *unit_rows(units, "2026Q2", 2)])
    return compare(
        table,
        Options(
            period="2026Q2",
            against="2026Q1",
            pairs=(("u-004", "u-005"),) if units > 5 else (),
            draws=200,
        ),
    )
