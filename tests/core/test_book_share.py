"""How much of a ranking tells of the books, and how dimensions go together: by hand."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import pytest

from steelyard.comparison.comparison import Comparison, compare
from steelyard.comparison.comparison_json import published
from steelyard.comparison.options import Options
from steelyard.comparison.table import Points, Row, Table
from steelyard.report.comparison.report import comparison_page
from steelyard.report.page import Facts, Page, Paragraph
from steelyard.report.page import Table as Shown


def unit(number: int, book: str, leadership: object, learning: object) -> Row:
    """Return a unit with what it earned of ten points on each of two dimensions."""
    ends = {
        name: Points(*(Decimal(str(end)) for end in (said if isinstance(said, tuple) else (said, said))),
                     Decimal(10))
        for name, said in (("leadership", leadership), ("learning", learning))
    }  # fmt: skip
    return Row(
        f"u-{number:02}", "hospital", book, "2026", ends, Points(Decimal(1), Decimal(1), Decimal(2))
    )


def ranked(*values: tuple[str, object]) -> Comparison:
    """Return units of books in the order of one value, which both dimensions have."""
    rows = [unit(number, book, value, value) for number, (book, value) in enumerate(values)]
    return compare(Table.of(rows), Options(draws=50, lists=()))


def told(found: Comparison, language: Any = "en") -> tuple[Page, list[str]]:
    page = comparison_page(found, language)
    texts = [one.text for one in page.parts[0].blocks if isinstance(one, Paragraph)]
    return page, texts


APART = [("a", 9), ("a", 8), ("a", 7), ("b", 6), ("b", 5), ("b", 4)]
MIXED = [("a", 9), ("b", 8), ("b", 7), ("a", 6), ("b", 5), ("a", 4)]
SHARES: dict[str, tuple[list[tuple[str, object]], tuple[str, str, str] | None, bool]] = {
    # Mean rank 3.5, of the books 2 and 5: 2·3·1.5² = 13.5 of 17.5; beyond chance less a quarter of
    # the rest.
    "one book ahead of the other": (APART, ("0.7714", "0.2000", "0.7143"), True),
    # Of the books 11/3 and 10/3: 2·3·(1/6)² = 1/6 of 17.5, less than chance makes.
    "books mixed": (MIXED, ("0.0095", "0.2000", "0.0000"), False),
    "one book": ([("a", 9), ("a", 8), ("a", 7)], None, False),
    "one unit of each book": ([("a", 9), ("b", 8), ("c", 7)], None, False),
    "all level": ([("a", 5), ("a", 5), ("b", 5), ("b", 5)], None, False),
}


@pytest.mark.parametrize(("values", "figures", "large"), SHARES.values(), ids=SHARES)
def test_the_part_of_the_ranks_variance_that_lies_between_books(
    values: list[tuple[str, object]], figures: tuple[str, str, str] | None, *, large: bool
) -> None:
    found = ranked(*values)
    share = found.book_share
    assert share is not None
    wanted = (None, None, None) if figures is None else tuple(map(Decimal, figures))
    assert (share.eta_squared, share.by_chance, share.explained) == wanted
    warned = any("before it is praised or blamed" in text for text in told(found)[1])
    assert warned == large == share.large


def test_ranks_within_each_book_stand_beside_those_across() -> None:
    found = ranked(*MIXED)
    page, _ = told(found)
    tables = {b.id: b for part in page.parts for b in part.blocks if isinstance(b, Shown)}
    figures = {
        b.table.id: b.table for part in page.parts for b in part.blocks if hasattr(b, "table")
    }
    ranks = (tables | figures)["ranks"]
    within = next(at for at, one in enumerate(ranks.columns) if one.title == "Within its book")
    assert [(row.cells[0], row.cells[within]) for row in ranks.rows] == [
        (1, "1 of 3"), (2, "1 of 3"), (3, "2 of 3"), (4, "2 of 3"), (5, "3 of 3"), (6, "3 of 3"),
    ]  # fmt: skip
    units = json.loads("".join(published(found)))["units"]
    assert {one["unit"]: one["ranking"]["within_book"] for one in units} == {
        "u-00": 1, "u-01": 1, "u-02": 2, "u-03": 2, "u-04": 3, "u-05": 3,
    }  # fmt: skip


def test_each_book_has_its_means_with_both_ends_and_its_mean_rank() -> None:
    rows = [unit(0, "a", (6, 8), 5), unit(1, "a", 2, (1, 4)), unit(2, "b", 10, 10)]
    said = json.loads("".join(published(compare(Table.of(rows), Options(draws=50, lists=())))))
    books = {one["id"]: one for one in said["book_share"]["books"]}
    assert books["a"]["means"] == {
        "leadership": {"low": "0.400000", "high": "0.500000"},
        "learning": {"low": "0.300000", "high": "0.450000"},
    }
    assert (books["a"]["mean_rank"], books["b"]["mean_rank"]) == ("2.5000", "1.0000")
    assert books["a"]["points_used"] is None


def correlated(pairs: list[tuple[str, object, object]]) -> tuple[int, int, str | None]:
    rows = [unit(number, *pair) for number, pair in enumerate(pairs)]
    said = json.loads("".join(published(compare(Table.of(rows), Options(draws=50, lists=())))))
    [one] = said["correlations"]
    assert one["dimensions"] == ["leadership", "learning"]
    return one["n"], one["books"], one["r"]


UP = [("a", n / 2, n / 2) for n in range(1, 12)]
CORRELATED: dict[str, tuple[list[tuple[str, object, object]], tuple[int, int, str | None]]] = {
    "together": (UP, (11, 1, "1.000")),
    "against each other": ([(b, x, 6 - float(str(y))) for b, x, y in UP], (11, 1, "-1.000")),
    "too few": (UP[:10], (10, 1, None)),
    "no variance": ([(b, 5, y) for b, _, y in UP], (11, 1, None)),
    # Within the first book together, within the second against each other: nothing in all, though
    # the second is ahead on both.
    "what books alone make alike": (
        [("a", n, n / 10) for n in range(6)] + [("b", n + 5, 9 - n / 10) for n in range(6)],
        (12, 2, "0.000"),
    ),
    # Doubled, x is 1..11 and y 1..10 and 1: Sxy = 396 − 66·56/11 = 60, Sxx = 110, Syy = 386 −
    # 56²/11 = 100.909, and 60 / √(110·100.909) = 0.5695.
    "one that stands out": (
        [("a", n / 2, n / 2) for n in range(1, 11)] + [("a", 5.5, 0.5)], (11, 1, "0.569"),
    ),
}  # fmt: skip


@pytest.mark.parametrize(("pairs", "figures"), CORRELATED.values(), ids=CORRELATED)
def test_how_two_dimensions_go_together_within_books(
    pairs: list[tuple[str, object, object]], figures: tuple[int, int, str | None]
) -> None:
    assert correlated(pairs) == figures


FIRST: dict[str, tuple[list[tuple[str, object]], str]] = {
    "surely": ([("a", 9), ("a", 8), ("a", 7)], "u-00"),
    "one of two": ([("a", (6, 9)), ("a", (5, 8)), ("a", 1)], "not settled: 2 may be"),
}


@pytest.mark.parametrize(("values", "first"), FIRST.values(), ids=FIRST)
def test_who_is_first_is_said_only_where_it_is_settled(
    values: list[tuple[str, object]], first: str
) -> None:
    page, _ = told(ranked(*values))
    facts = {
        fact.name: fact.value
        for block in page.parts[0].blocks
        if isinstance(block, Facts)
        for fact in block.facts
    }
    assert facts["First"] == first


LEAGUE: dict[str, tuple[list[Row], str]] = {
    "intervals apart": (
        [unit(0, "a", 9, (2, 4)), unit(1, "a", 8, 3)],
        (
            "On average most is attained in Leadership (85%). On average least is attained in Learning "
            "(25%–35%)."
        ),
    ),
    "intervals that overlap": (
        [unit(0, "a", (3, 9), 5), unit(1, "a", 5, 5)],
        "On which dimension most or least is attained is still open.",
    ),
}


@pytest.mark.parametrize(("rows", "said"), LEAGUE.values(), ids=LEAGUE)
def test_what_is_attained_most_is_said_only_where_the_intervals_allow(
    rows: list[Row], said: str
) -> None:
    page = comparison_page(compare(Table.of(rows), Options(draws=50, lists=())), "en")
    [reading] = [
        getattr(block, "reading", "")
        for part in page.parts
        for block in part.blocks
        if getattr(block, "id", "") == "league"
    ]
    assert reading == said
