"""What the report of a comparison says, in every format: nobody ranked who stands apart, figures
that fit their tables.
"""

from __future__ import annotations

import io
import json
import os
from decimal import Decimal
from typing import Any

import pytest
from reported import compared, unit_rows

from steelyard.comparison.comparison import compare
from steelyard.comparison.options import Options
from steelyard.comparison.table import Table
from steelyard.report.comparison.report import comparison_page
from steelyard.report.page import (
    Figure,
    Heat,
    Page,
    Paragraph,
    Slopes,
    Span,
    Strip,
    Strips,
    Whiskers,
    paged,
)
from steelyard.report.page import Table as Shown

for library_ in ("altair", "vl_convert", "jinja2", "docxtpl", "PIL"):
    pytest.importorskip(library_, reason="needs the extra: pip install 'steelyard[report]'")

from steelyard.report.charts import spec, svg  # noqa: E402
from steelyard.report.formats.docx import docx  # noqa: E402
from steelyard.report.formats.html import html  # noqa: E402
from steelyard.report.formats.xlsx import xlsx  # noqa: E402

FORMS: dict[str, Any] = {"html": html, "docx": docx, "xlsx": xlsx}
PARTS = (
    "glance", "lists", "changes", "ranking", "books", "peers", "apart", "method", "league",
)  # fmt: skip


@pytest.fixture(scope="module")
def page() -> Page:
    """Return the report of forty units."""
    return comparison_page(compared(), "en")


@pytest.fixture(scope="module")
def few() -> Page:
    """Return the report of twelve units, with every part and chart of the forty's: its files are
    written in a third of the time.
    """
    return comparison_page(compared(12), "en")


@pytest.fixture(scope="module")
def written(few: Page) -> dict[str, Any]:
    """Return that report in each format."""
    return {name: form(few) for name, form in FORMS.items()}


def figures(page: Page) -> dict[str, Figure]:
    return {
        block.id: block for part in page.parts for block in part.blocks if isinstance(block, Figure)
    }


def tables(page: Page) -> dict[str, Shown]:
    found = {
        block.id: block for part in page.parts for block in part.blocks if isinstance(block, Shown)
    }
    return found | {one.table.id: one.table for one in figures(page).values()}


def test_the_parts_come_in_their_order(page: Page) -> None:
    assert tuple(part.id for part in page.parts) == PARTS
    kinds = {name: type(one.chart) for name, one in figures(page).items()}
    assert kinds == {"changes": Slopes, "ranks": Whiskers, "peers": Strips, "league": Heat}


def test_every_figure_has_a_sentence_and_a_table(page: Page) -> None:
    for one in figures(page).values():
        assert one.reading.endswith(".")
        assert one.table.rows


def test_nobody_who_stands_apart_is_ranked_or_drawn(page: Page) -> None:
    told = {str(row.cells[0]).split()[-1] for row in tables(page)["apart"].rows}
    assert told == {"u-001", "u-003"}
    ranked = {str(row.cells[1]).split()[-1] for row in tables(page)["ranks"].rows}
    assert len(ranked) == 38
    assert not ranked & told


def test_ranks_lie_within_their_intervals_and_best_come_first(page: Page) -> None:
    ranks = tables(page)["ranks"].rows
    assert [row.cells[0] for row in ranks] == sorted(row.cells[0] for row in ranks)  # type: ignore[type-var]
    for row in ranks:
        whatever = row.cells[4]
        assert isinstance(whatever, Span)
        assert whatever.low <= row.cells[0] <= whatever.high  # type: ignore[operator]


def test_what_a_book_does_not_ask_is_a_dash_not_a_zero(page: Page) -> None:
    chart = figures(page)["league"].chart
    assert isinstance(chart, Heat)
    assert all(values[-1] is None for values in chart.values)
    assert "–" in svg(chart, "x")


def test_units_are_called_by_their_names_and_books_by_their_titles(page: Page) -> None:
    chart = figures(page)["ranks"].chart
    assert isinstance(chart, Whiskers)
    assert {one.label for one in chart.rows} >= {"单位4", "单位5"}
    assert {str(row.cells[1]) for row in tables(page)["ranks"].rows} >= {
        "单位4\nu-004",
        "单位5\nu-005",
    }


def test_units_of_one_name_are_told_apart_by_their_ids() -> None:
    page = comparison_page(
        compare(
            Table.of([one._replace(name="县医院") for one in unit_rows(10, "2026Q2", 3)]),
            Options(draws=50),
        ),
        "en",
    )
    chart = figures(page)["ranks"].chart
    assert isinstance(chart, Whiskers)
    assert len({one.label for one in chart.rows}) == len(chart.rows)


def test_a_chart_that_does_not_show_all_says_so(page: Page) -> None:
    many = comparison_page(compared(60), "en")
    said = [
        block.text for part in many.parts for block in part.blocks if isinstance(block, Paragraph)
    ]
    assert said.count("The chart shows the first 40 of 58 units.") == 2
    assert not any(
        "the first 40 of" in block.text
        for part in page.parts
        for block in part.blocks
        if isinstance(block, Paragraph)
    )


def test_strips_show_the_stretch_in_which_the_values_lie() -> None:
    chart = Strips("share", (Strip("a", (Decimal("0.91"), Decimal("0.97"))),))
    assert '"domain": [0.9, 1.0]' in json.dumps(spec(chart))


def test_the_rule_of_a_list_speaks_in_per_cent(page: Page) -> None:
    said = [
        block.text
        for part in page.parts
        if part.id == "lists"
        for block in part.blocks
        if isinstance(block, Paragraph)
    ]
    assert any("85%" in text for text in said)
    assert not any("0.85" in text for text in said)


def test_a_wide_table_is_shown_some_columns_at_a_time_with_the_unit_repeated(page: Page) -> None:
    whole = tables(page)["attainments"]
    pieces = paged(whole)
    assert [len(one.columns) for one in pieces] == [8, 8]
    assert all(one.columns[0] == whole.columns[0] for one in pieces)
    assert [column for one in pieces for column in one.columns[2:]] == list(whole.columns[2:])
    assert all(len(row.cells) == len(one.columns) for one in pieces for row in one.rows)


def test_a_table_says_how_many_it_leaves_out() -> None:
    page = comparison_page(compared(), "en", most=10)
    assert len(tables(page)["ranks"].rows) == 10
    said = [
        block.text for part in page.parts for block in part.blocks if isinstance(block, Paragraph)
    ]
    assert any(text.startswith("28 more units") for text in said)


FEW_UNITS = [(1, "zh"), (2, "en"), (5, "zh")]
if os.environ.get("STEELYARD_OFFICE") == "all":
    FEW_UNITS += [(1, "en"), (2, "zh"), (5, "en")]


@pytest.mark.parametrize(("units", "language"), FEW_UNITS)
def test_few_units_have_a_report_too(units: int, language: str) -> None:
    page = comparison_page(compared(units), language)  # type: ignore[arg-type]
    assert tuple(part.id for part in page.parts) == PARTS
    assert html(page).startswith("<!doctype html>")


def test_no_ranking_is_told_with_its_reason() -> None:
    some = [
        row._replace(earned={}) if row.sector == "school" else row
        for row in unit_rows(10, "2026Q2", 3)
    ]
    page = comparison_page(compare(Table.of(some), Options(draws=50)), "en")
    assert "ranks" not in figures(page)
    assert any(
        "no dimension in common" in block.text
        for block in page.parts[0].blocks
        if isinstance(block, Paragraph)
    )
    assert html(page).startswith("<!doctype html>")


@pytest.mark.parametrize("name", FORMS)
def test_a_comparison_is_written_the_same_every_time(
    few: Page, written: dict[str, Any], name: str
) -> None:
    assert tuple(part.id for part in few.parts) == PARTS
    assert set(figures(few)) == {"league", "ranks", "peers", "changes"}
    assert FORMS[name](few) == written[name]


def test_hostile_names_are_text(written: dict[str, Any]) -> None:
    from docx import Document
    from openpyxl import load_workbook

    text = written["html"]
    assert "<script>=1+1" not in text
    assert "&lt;script&gt;=1+1 {{ 7 }}" in text
    told = "\n".join(
        cell.text
        for table in Document(io.BytesIO(written["docx"])).tables
        for row in table.rows[:4]
        for cell in row.cells
    )
    assert "<script>=1+1 {{ 7 }}" in told or "u-002" not in told
    cells = [
        cell
        for sheet in load_workbook(io.BytesIO(written["xlsx"])).worksheets
        for row in sheet.iter_rows()
        for cell in row
    ]
    assert all(cell.data_type != "f" for cell in cells)
    assert any("<script>=1+1 {{ 7 }}" in str(cell.value) for cell in cells)
