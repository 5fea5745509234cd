"""A report in each of its formats: parts in order, numbers as numbers, hostile text as text, the
same bytes every time.
"""

from __future__ import annotations

import datetime
import io
import os
import re
import zipfile
from collections.abc import Iterator
from decimal import Decimal
from html.parser import HTMLParser
from typing import Any

import pytest
from paper import on_paper
from reported import HOSTILE, LONG, PARTS, assessed, page_of

from steelyard.book.library import Library
from steelyard.errors import UsageError
from steelyard.report.page import Fact, Facts, Page, Table, clean
from steelyard.report.unit.report import unit_page

for library_ in ("altair", "vl_convert", "jinja2", "docxtpl", "PIL"):
    pytest.importorskip(library_, reason="needs the extra: pip install 'steelyard[report]'")

from openpyxl import load_workbook  # noqa: E402
from openpyxl.worksheet.worksheet import Worksheet  # noqa: E402

from steelyard.report.charts import png, spec, svg, wrapped  # noqa: E402
from steelyard.report.formats.docx import docx  # noqa: E402
from steelyard.report.formats.html import html  # noqa: E402
from steelyard.report.formats.xlsx import xlsx  # noqa: E402


@pytest.fixture(scope="module")
def unit(library: Library) -> Page:
    """Return the report of a bundled hospital, with a section of a plugin."""
    return unit_page(assessed(library), "zh", sections=[("插件", "附言")])


@pytest.fixture(scope="module")
def site(unit: Page) -> str:
    """Return that report as a page for browsers."""
    return html(unit)


@pytest.fixture(scope="module")
def letter(unit: Page) -> bytes:
    """Return that report as a letter."""
    return docx(unit)


@pytest.fixture(scope="module")
def workbook(unit: Page) -> bytes:
    """Return that report as a workbook."""
    return xlsx(unit)


class Reader(HTMLParser):
    """Reads a page as a browser would: its tags with their attributes, and the text outside styles,
    scripts and drawings.
    """

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[str] = []
        self.inside = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if not self.inside:
            self.tags.append((tag, dict(attrs)))
        self.inside = tag if tag in {"style", "script", "svg"} else self.inside

    def handle_endtag(self, tag: str) -> None:
        self.inside = "" if tag == self.inside else self.inside

    def handle_data(self, data: str) -> None:
        if not self.inside:
            self.texts.append(data)


def read(text: str) -> Reader:
    reader = Reader()
    reader.feed(text)
    reader.close()
    return reader


# HTML


def test_the_page_has_its_parts_in_order_under_headings_and_landmarks(site: str) -> None:
    reader = read(site)
    sections = [at["id"] for tag, at in reader.tags if tag == "section"]
    assert sections == [*PARTS, "more-1"]
    assert [tag for tag, _ in reader.tags if tag in {"header", "nav", "main", "footer"}] == [
        "header",
        "nav",
        "main",
        "footer",
    ]
    assert next(at for tag, at in reader.tags if tag == "html")["lang"] == "zh-CN"
    assert [tag for tag, _ in reader.tags].count("h1") == 1


def test_every_table_of_the_page_has_a_caption_and_scopes(site: str) -> None:
    reader = read(site)
    tags = [tag for tag, _ in reader.tags]
    assert tags.count("table") == tags.count("caption") > 5
    assert all(
        at.get("scope") in {"col", "row", "rowgroup"} for tag, at in reader.tags if tag == "th"
    )


def test_the_page_names_no_address_and_loads_nothing(site: str) -> None:
    assert re.findall(r"https?:|//[a-z]", site, re.IGNORECASE) == []
    reader = read(site)
    assert [at for _, at in reader.tags if "src" in at or str(at.get("href", "#"))[:1] != "#"] == []
    assert not {"link", "iframe", "object", "img", "form"} & {tag for tag, _ in reader.tags}


def test_the_page_is_the_same_every_time_and_its_ids_are_its_own(unit: Page, site: str) -> None:
    assert html(unit) == site
    ids = [str(at["id"]) for _, at in read(site).tags if "id" in at]
    assert len(ids) == len(set(ids))


@pytest.fixture(scope="module")
def plain() -> Reader:
    """Return the page of a harmless text, read."""
    return read(html(page_of("plain")))


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_hostile_text_is_text_on_the_page(text: str, plain: Reader) -> None:
    page = html(page_of(text))
    hostile = read(page)
    assert [tag for tag, _ in plain.tags] == [tag for tag, _ in hostile.tags]
    whole = "\n".join(hostile.texts)
    assert whole.count(clean(text)) >= 6
    assert not re.search("[\u202a-\u202e\u2066-\u2069\u200f\x00\x1b]", page)


# Charts


# Each text on pages of its own takes a second, and is for the long run.
ON_PAPER = (
    HOSTILE
    if os.environ.get("STEELYARD_OFFICE") == "all"
    else {
        "long": LONG,
        "the others": "\n".join(text for name, text in HOSTILE.items() if name != "long"),
    }
)


@pytest.mark.parametrize("text", ON_PAPER.values(), ids=ON_PAPER)
def test_hostile_text_fills_pages_on_paper_to_their_end(text: str) -> None:
    """A name longer than a page among the facts once kept the setting of pages busy for ever."""
    on_paper()
    from steelyard.report.formats.pdf import pdf

    text = text[:2000]  # on 1,500 it was busy already
    page = page_of(text)
    small = page.parts[0]._replace(
        blocks=(*page.parts[0].blocks, Facts((Fact("Unit", text), Fact("Id", text, "code"))))
    )
    # What no font of the machine has is named; nothing else may stop the pages.
    try:
        made = pdf(page._replace(parts=(small,)))
    except UsageError as refused:
        said = str(refused)
    else:
        said = "" if made.startswith(b"%PDF") else "no PDF"
    assert all("no font of this machine has" in line for line in said.splitlines())


def test_tables_behind_charts_are_filtered_and_sorted_too(site: str) -> None:
    assert len(re.findall(r"<table ", site)) == site.count(" data-tools>")


def test_a_fact_between_two_ends_is_two_numbers_in_the_overview(workbook: bytes) -> None:
    sheet = load_workbook(io.BytesIO(workbook)).worksheets[0]
    found: dict[Any, Any] = {
        row[0].value: row[1].value for row in sheet.iter_rows() if row[0].value
    }
    assert found["得分 ≥"] < found["得分 ≤"] <= 100


def test_a_chart_draws_what_is_sure_and_what_is_open_and_says_the_numbers(unit: Page) -> None:
    figure = next(
        block for part in unit.parts for block in part.blocks if getattr(block, "id", "") == "score"
    )
    drawn = svg(figure.chart, "x")  # type: ignore[union-attr]
    assert drawn.startswith("<svg")
    assert "66.82–91.30" in drawn
    assert "合格 60.00" in drawn
    assert "xmlns" not in drawn
    assert png(figure.chart).startswith(b"\x89PNG")  # type: ignore[union-attr]


def test_the_data_of_a_chart_is_data(unit: Page) -> None:
    page = page_of("datum.x ? '</svg><script>' : \\u0000{{1}}")
    figure = page.parts[0].blocks[4]
    assert "<script>" not in svg(figure.chart, "x")  # type: ignore[union-attr]
    assert spec(figure.chart)["$schema"].startswith("https://vega.github.io/schema/vega-lite/")  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("name", "lines"),
    [
        ("短名", ["短名"]),
        (
            "Water, fuel, money, paper and electricity saved",
            ["Water, fuel, money, paper and", "electricity saved"],
        ),
        ("很" * 20, ["很" * 15, "很" * 5]),
        ("很" * 40, ["很" * 15, "很" * 14 + "…"]),
        ("x" * 200, ["x" * 30, "x" * 29 + "…"]),
        ("", [""]),
    ],
    ids=["short", "two lines", "Chinese", "too long", "one word", "none"],
)
def test_names_beside_a_chart_take_two_lines_at_most(name: str, lines: list[str]) -> None:
    assert wrapped(name) == lines


# Word


def body(data: bytes) -> Any:
    from docx import Document

    return Document(io.BytesIO(data))


def words(document: Any) -> list[str]:
    """Return the texts of all paragraphs in order, those of tables too."""
    from docx.oxml.ns import qn

    found = []
    for paragraph in document.element.body.iter(qn("w:p")):
        pieces = [
            "\n" if node.tag == qn("w:br") else node.text or ""
            for node in paragraph.iter(qn("w:t"), qn("w:br"))
        ]
        found.append("".join(pieces))
    return found


def test_the_letter_has_its_red_head_its_title_and_the_parts_in_order(
    unit: Page, letter: bytes
) -> None:
    document = body(letter)
    first = document.paragraphs[0].runs[0]
    assert first.text == "考核评定报告"
    assert str(first.font.color.rgb) == "C00000"
    headings = [p.text for p in document.paragraphs if p.style.name == "Heading 1"]
    assert headings == [part.title for part in unit.parts]
    assert "2026年12月31日" in words(document)
    assert "PAGE" in document.sections[0].footer._element.xml
    assert len(document.inline_shapes) == 3


def test_every_page_of_a_table_has_its_head(unit: Page, letter: bytes) -> None:
    from docx.oxml.ns import qn

    document = body(letter)
    headed = [
        one for one in document.tables if one._tbl.find(f".//{qn('w:tblHeader')}") is not None
    ]
    tables = [b for part in unit.parts for b in part.blocks if isinstance(b, Table) and b.rows]
    assert len(headed) >= len(tables)


@pytest.fixture(scope="module")
def plain_tables() -> int:
    """Return the number of tables in the letter of a harmless text."""
    return len(body(docx(page_of("plain"))).tables)


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_hostile_text_is_text_in_the_letter(text: str, plain_tables: int) -> None:
    document = body(docx(page_of(text)))
    found = "\n".join(words(document)).replace("\u2068", "").replace("\u2069", "")
    assert found.count(clean(text).replace("\t", " ")) >= 6
    assert len(document.tables) == plain_tables


# Excel


def sheets(data: bytes) -> Iterator[Worksheet]:
    yield from load_workbook(io.BytesIO(data)).worksheets


def test_the_workbook_holds_numbers_dates_formats_filters_and_frozen_heads(workbook: bytes) -> None:
    found = {sheet.title: sheet for sheet in sheets(workbook)}
    ledger = found["分数账目"]
    low, high = ledger["D3"], ledger["E3"]
    assert isinstance(low.value, int | float)
    assert low.number_format == high.number_format == "0.00"
    assert ledger.freeze_panes == "B3"
    assert str(ledger.auto_filter.ref).startswith("A2:E")
    assert ledger.print_title_rows == "$1:$2"
    assert (
        ledger.page_setup.paperSize,
        ledger.page_setup.fitToWidth,
        ledger.page_setup.fitToHeight,
    ) in {("9", 1, 0), (9, 1, 0)}
    last = [cell.value for cell in list(ledger.rows)[-1]]
    assert last[0] == "得分"
    assert [round(Decimal(str(value)), 2) for value in last[3:]] == [
        Decimal("66.82"),
        Decimal("91.30"),
    ]
    rows = list(found["佐证"].iter_rows(min_row=3, values_only=True))
    assert any(isinstance(value, datetime.datetime) for row in rows for value in row)


def test_what_lies_between_two_ends_takes_two_columns(workbook: bytes) -> None:
    sheet = {sheet.title: sheet for sheet in sheets(workbook)}["分板块认定"]
    head = [cell.value for cell in sheet[2]]
    assert head[:7] == ["板块", "规则", "编号", "认定结果", "得分 ≥", "得分 ≤", "满分"]
    assert all(
        isinstance(cell.value, int | float)
        for row in sheet.iter_rows(min_row=3, min_col=5, max_col=7)
        for cell in row
    )


def test_what_cost_points_leads_to_its_finding_in_page_and_workbook(
    site: str, workbook: bytes
) -> None:
    assert 'href="#rule-kickbacks"' in site
    assert '<tr id="rule-kickbacks">' in site
    book = load_workbook(io.BytesIO(workbook))
    linked = next(
        cell
        for row in book["失分情况"].iter_rows()
        for cell in row
        if cell.hyperlink and cell.value == "不准收受回扣"
    )
    name, _, place = str(linked.hyperlink.location).rpartition("!")
    sheet = book[name.strip("'")]
    assert "不准收受回扣" in [cell.value for cell in sheet[int(place.removeprefix("A"))]]


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_hostile_text_is_text_in_the_workbook(text: str) -> None:
    seen = 0
    for sheet in sheets(xlsx(page_of(text))):
        for row in sheet.iter_rows():
            for cell in row:
                assert cell.data_type != "f"
                seen += clean(text) in str(cell.value or "").replace("\u2068", "").replace(
                    "\u2069", ""
                )
    assert seen >= 5
    assert len(LONG) == 10_000


# The same bytes


@pytest.mark.parametrize(
    ("form", "name"), [(docx, "letter"), (xlsx, "workbook")], ids=["docx", "xlsx"]
)
def test_an_office_file_is_the_same_every_time_and_notes_no_clock(
    request: pytest.FixtureRequest, unit: Page, form: Any, name: str
) -> None:
    first = request.getfixturevalue(name)
    assert first == form(unit)
    with zipfile.ZipFile(io.BytesIO(first)) as archive:
        assert {entry.date_time for entry in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}
        assert b"2026-12-31T00:00:00Z" in archive.read("docProps/core.xml")
        assert archive.testzip() is None


def test_paper_is_the_same_every_time() -> None:
    on_paper()
    from steelyard.report.formats.pdf import pdf

    page = page_of("某单位")
    assert pdf(page) == pdf(page)
