"""A part of a report is written once: every writer shows each kind of block, and pages of every
sort.
"""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import get_args

import pytest
from reported import HOSTILE, assessed, compared, page_of
from rich.cells import cell_len
from rich.console import Console

from steelyard.book.coverage import coverage_of
from steelyard.book.difference.difference import diff
from steelyard.book.library import Library
from steelyard.book.model import DIMENSIONS, METHODS
from steelyard.book.terms import (
    CLAUSE_TITLES,
    DIMENSION_TITLES,
    METHOD_TITLES,
    OUTCOME_TITLES,
    STEP_TITLES,
)
from steelyard.judging.assessment import Outcome
from steelyard.judging.ledger import Step
from steelyard.messages import LANGUAGES, Language
from steelyard.report.book.book import book_page
from steelyard.report.book.difference import difference_page
from steelyard.report.book.library import clauses_page, plugins_page
from steelyard.report.comparison.report import comparison_page
from steelyard.report.formats.terminal import Terminal
from steelyard.report.page import (
    TERMINAL,
    WORKBOOK,
    Block,
    Column,
    Fact,
    Facts,
    Heading,
    Listing,
    Page,
    Paragraph,
    Part,
    Row,
    Span,
    Table,
)
from steelyard.report.unit.assessments import assessments_page
from steelyard.report.unit.report import unit_page

for library_ in ("altair", "vl_convert", "jinja2", "docxtpl", "PIL"):
    pytest.importorskip(library_, reason="needs the extra: pip install 'steelyard[report]'")

from steelyard.report.formats.docx import docx  # noqa: E402
from steelyard.report.formats.html import html  # noqa: E402
from steelyard.report.formats.xlsx import xlsx  # noqa: E402

CORE = Path(__file__).parents[2] / "core" / "steelyard"


def printed(page: Page, language: Language = "en", width: int = 100) -> str:
    out = io.StringIO()
    Terminal(language, Console(file=out, width=width, highlight=False, markup=False)).page(page)
    return out.getvalue()


def letter(page: Page) -> str:
    from docx import Document

    document = Document(io.BytesIO(docx(page)))
    return "\n".join(node.text or "" for node in document.element.body.xpath(".//w:t"))


def workbook(page: Page) -> str:
    from openpyxl import load_workbook

    sheets = load_workbook(io.BytesIO(xlsx(page))).worksheets
    return "\n".join(
        str(cell.value) for one in sheets for row in one.iter_rows() for cell in row if cell.value
    )


WRITERS: dict[str, Callable[[Page], str]] = {
    "terminal": printed,
    "html": lambda page: re.sub(r"<script>.*?</script>", "", html(page), flags=re.DOTALL),
    "docx": letter,
    "xlsx": workbook,
}


def one_table(*columns: Column, rows: tuple[Row, ...], most: int = 0) -> Page:
    table = Table.plain("table", "Table", columns, rows)._replace(most=most)
    return Page.plain("en", "page", "Page", (table,))


@pytest.mark.parametrize("writer", WRITERS.values(), ids=WRITERS)
def test_every_kind_of_block_is_shown_by_every_writer(writer: Callable[[Page], str]) -> None:
    page = page_of("marked words")
    blocks = page.parts[0].blocks
    assert {type(block) for block in blocks} == set(get_args(Block))
    for block in blocks:
        said = writer(page._replace(parts=(Part("part", "Part of it", (block,)),)))
        assert "Part of it" in said
        assert "marked words" in said, type(block)


@pytest.mark.parametrize("writer", WRITERS.values(), ids=WRITERS)
def test_a_new_part_is_written_once(writer: Callable[[Page], str], library: Library) -> None:
    terse = writer is WRITERS["terminal"]
    page = unit_page(assessed(library), "en", sections=[("A note", "of one line")], terse=terse)
    said = writer(page)
    assert "A note" in said
    assert "of one line" in said


PAGES: dict[str, Callable[[Library, Language], Page]] = {
    "unit": lambda library, language: unit_page(assessed(library), language, terse=True),
    "comparison": lambda _, language: comparison_page(compared(12), language, terse=True),
    "book": lambda library, language: book_page(
        library.find("hospital/nine-prohibitions"), language
    ),
    "clauses": lambda library, language: clauses_page(
        coverage_of(
            library.find("hospital/nine-prohibitions"),
            library.clauses("hospital/nine-prohibitions"),
        ),
        language,
    ),
    "difference": lambda library, language: difference_page(
        diff(library.find("school/civilized-unit"), library.find("school/civilized-campus")),
        language,
    ),
}


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("writer", WRITERS.values(), ids=WRITERS)
@pytest.mark.parametrize("page", PAGES.values(), ids=PAGES)
def test_a_page_of_any_sort_is_shown_by_every_writer(
    page: Callable[[Library, Language], Page],
    writer: Callable[[Page], str],
    language: Language,
    library: Library,
) -> None:
    made = page(library, language)
    said = writer(made)
    for part in made.parts:
        for block in part.blocks:
            if isinstance(block, Table) and block.rows:
                cells = [one for one in block.rows[0].cells if isinstance(one, str) and one]
                assert any(cell.split()[0][:4] in said for cell in cells)


def test_a_table_stands_on_each_medium_with_its_own_columns() -> None:
    page = one_table(
        Column("Everywhere"),
        Column("Aside", on=WORKBOOK),
        Column("Close", on=TERMINAL),
        rows=(Row.of("a", "b-aside", "c-close"),),
    )
    shown = {
        name: ("b-aside" in writer(page), "c-close" in writer(page))
        for name, writer in WRITERS.items()
    }
    assert shown == {
        "terminal": (False, True),
        "html": (False, False),
        "docx": (False, False),
        "xlsx": (True, False),
    }


def test_a_terminal_shows_some_rows_and_says_how_many_are_left() -> None:
    rows = tuple(Row.of(f"row-{number}") for number in range(5))
    said = printed(one_table(Column("Row"), rows=rows, most=2))
    assert ("row-1" in said, "row-2" in said) == (True, False)
    assert "… and 3 more" in said


def test_a_row_stays_together_on_a_terminal() -> None:
    rows = [("one", ""), ("two", "z"), ("three", "")]
    page = one_table(Column("Name"), Column("Sign"), rows=tuple(Row.of(*row) for row in rows))
    lines = [line.split() for line in printed(page).splitlines() if line.strip()]
    assert lines[-3:] == [["one"], ["two", "z"], ["three"]]
    # Forty signs and the column beside them do not fit into thirty, nor does a second line.
    for long in ("x" * 40, "x\ny"):
        folded = one_table(
            Column("Name"), Column("Sign"), rows=(Row.of(long, "z"), Row.of("abc", "y"))
        )
        lines = [line.split() for line in printed(folded, width=30).splitlines() if line.strip()]
        assert lines[-1] == ["abc", "y"]
        assert next(line for line in lines if "z" in line)[0].startswith("x")


def test_under_a_brief_title_percentages_go_without_their_sign() -> None:
    page = one_table(
        Column("Share", "percent", places=1, brief="share, %", blank="–"),
        rows=(Row.of(Span(Decimal("0.5"), Decimal("0.755"))), Row.of(None)),
    )
    lines = [line.strip() for line in printed(page).splitlines() if line.strip()]
    assert lines[-2:] == ["50.0–75.5", "–"]
    assert "share, %" in lines
    assert "50.0%–75.5%" in html(page)


def test_halves_are_rounded_away_from_zero_as_everywhere() -> None:
    page = one_table(
        Column("Share", "percent"),
        Column("Points", "points", places=1),
        rows=(Row.of(Decimal("0.145"), Decimal("0.25")),),
    )
    assert re.search(r"15%\s+0\.3\b", printed(page))


@pytest.mark.parametrize("width", [80, 120])
@pytest.mark.parametrize("language", LANGUAGES)
def test_columns_line_up_whatever_their_signs(language: Language, width: int) -> None:
    page = one_table(
        Column("名称"),
        Column("分", "count"),
        rows=(Row.of("组织领导", 7), Row.of("abc", 12), Row.of("城市 mixed 文明", 100)),
    )
    lines = [line for line in printed(page, language, width).splitlines() if line.strip()]
    assert len({cell_len(line.rstrip()) for line in lines[-3:]}) == 1


@pytest.mark.parametrize("text", [HOSTILE["controls"], HOSTILE["mark"], "\x1b[31mred\x9b2J\x07"])
def test_what_steers_a_screen_does_not_reach_the_terminal(library: Library, text: str) -> None:
    plugin = {
        "name": text,
        "version": text,
        "distribution": text,
        "state": "refused",
        "hooks": [text],
        "books": [text],
        "forms": [text],
        "reason": text,
    }
    pages = (
        page_of(text),
        unit_page(assessed(library), "en", sections=[(text, f"{text}\n\n{text}")], terse=True),
        plugins_page([plugin], "en"),
        Page.plain("en", text, text, [*_spoilt(text)], text),
    )
    for page in pages:
        said = printed(page)
        assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u200e-\u200f\u202a-\u202e]", said)
        assert "\N{REPLACEMENT CHARACTER}" in said


def _spoilt(text: str) -> tuple[Block, ...]:
    table = Table.plain(text, text, (Column(text, brief=text),), (Row.of(text),))
    return (
        Heading(text),
        Paragraph(text, "warning"),
        Listing((text,), numbered=True),
        Facts((Fact(text, text, remark=text),)),
        Facts((Fact(text, text, remark=text),), large=True),
        table,
        table._replace(grouped=text, groups=(table.groups[0]._replace(title=text),)),
        table._replace(groups=(), empty=text),
    )


def test_markup_and_addresses_are_words() -> None:
    text = "[bold]x[/] :smile: https://example.org"
    assert text in printed(one_table(Column("Text"), rows=(Row.of(text),)))


def test_plugins_are_listed_with_what_they_bring() -> None:
    plugin = {
        "name": "parks",
        "version": "0.1",
        "distribution": "steelyard-parks",
        "state": "ok",
        "hooks": ["steelyard_forms"],
        "books": ["parks/base@1.0.0"],
        "forms": ["most_of", "tally"],
        "reason": "",
    }
    for language, title in (("en", "forms"), ("zh", "计分方式")):
        head, _, row = printed(plugins_page([plugin], language), language, 140).splitlines()[1:4]
        assert title in head.split()
        assert "most_of, tally" in row
    # What no plugin has, such as a reason why it is refused, takes no room.
    assert "why" not in printed(plugins_page([plugin], "en"))
    assert "forms" not in printed(plugins_page([plugin | {"forms": [], "hooks": []}], "en"))
    assert "why" in printed(plugins_page([plugin | {"reason": "not wanted"}], "en"))


@pytest.mark.parametrize(
    ("known", "said"), [("0.3374", "33.74%"), ("0.315", "31.50%"), ("1", "100.00%")]
)
def test_how_much_is_known_is_a_percentage_also_of_many(known: str, said: str) -> None:
    one = {
        "book": {"id": "town/pool", "version": "1.0.0"},
        "subject": {"id": "p-1", "name": "North pool"},
        "period": "2026",
        "score": {"low": "20.28", "high": "95.36"},
        "grade": {"low": "fail", "high": "good", "settled": False},
        "coverage": known,
    }
    row = printed(assessments_page([one], "en", saved=False)).splitlines()[-2]
    assert row.split()[-1] == said
    assert "20.28 – 95.36" in row


def test_every_member_of_a_list_has_a_name() -> None:
    assert tuple(METHOD_TITLES) == METHODS
    assert tuple(DIMENSION_TITLES) == DIMENSIONS
    assert set(OUTCOME_TITLES) == set(get_args(Outcome))
    assert set(STEP_TITLES) == set(get_args(Step))


def test_the_names_of_lists_stand_in_one_place() -> None:
    whole = (METHOD_TITLES, DIMENSION_TITLES, OUTCOME_TITLES, CLAUSE_TITLES)
    kept = [title.zh for titles in whole[:2] for title in titles.values()]
    kept += ["部分达标", "不达标", "待查证"]
    others = [file for file in CORE.rglob("*.py") if file.name != "terms.py"]
    found = [
        (file.name, name) for file in others for name in kept if f'"{name}"' in file.read_text()
    ]
    assert found == []


def test_a_letter_leads_to_the_rows_that_it_holds() -> None:
    from docx import Document

    columns = (Column("Thing"), Column("Points", "count"))
    rows = (Row.of("Hygiene", 1)._replace(id="rule-hygiene", to="rule-nowhere"),)
    blocks = (
        Facts((Fact("Costly", 3, to="rule-hygiene"), Fact("Cheap", 1, to="rule-nowhere"))),
        Table.plain("things", "Things", columns, rows),
    )
    body = Document(io.BytesIO(docx(Page.plain("en", "page", "Page", blocks)))).element.body
    marks = body.xpath(".//w:bookmarkStart/@w:name")
    # What is not in the letter is led to by nothing.
    assert body.xpath(".//w:hyperlink[.//w:t='Costly']/@w:anchor") == marks
    assert not body.xpath(".//w:hyperlink[.//w:t='Cheap' or .//w:t='Hygiene']")


def test_a_letter_names_the_files_that_its_links_open() -> None:
    from docx import Document

    row = Row.of("protocol & list.pdf")._replace(href="./protocol%20%26%20list.pdf")
    document = Document(io.BytesIO(docx(one_table(Column("File"), rows=(row,)))))
    (link,) = document.element.body.xpath(".//w:hyperlink/@r:id")
    assert document.part.rels[link].target_ref == "./protocol%20%26%20list.pdf"


@pytest.mark.parametrize("writer", [html, letter], ids=["html", "docx"])
def test_a_table_does_not_repeat_the_heading_that_it_stands_under(
    writer: Callable[[Page], str],
) -> None:
    table = Table.plain("limits", "Limits", (Column("What"),), (Row.of("one veto"),))
    blocks = (Heading("Limits"), table, Heading("Others"), table)
    said = writer(Page.plain("en", "page", "Page", blocks))
    seen = re.sub(r'<caption class="unseen">.*?</caption>|aria-label="Limits"', "", said)
    # Its own heading, and the caption under the other one.
    assert seen.count("Limits") == 2


def test_a_remark_of_the_overview_is_as_high_as_its_lines() -> None:
    from openpyxl import load_workbook

    facts = Facts((Fact("上升", 1), Fact("红榜", "5 个单位", remark="某市中心医院、" * 12)))
    overview = load_workbook(io.BytesIO(xlsx(Page.plain("zh", "page", "Page", (facts,))))).active
    high = {
        row[0].value: overview.row_dimensions[row[0].row].height for row in overview.iter_rows()
    }
    # Eighty-four signs of two letters' width each take four lines of forty-six letters at least.
    assert high["红榜"] >= 4 * 12
    assert high["上升"] < 2 * 12


LONG = "sample-agency-agritech-centre-0001"
NAMED_ROWS: dict[str, tuple[list[str], int, int]] = {
    # what a row is called, columns of figures beside it, width
    "there is room": ([f"{LONG} 某农业技术推广中心（虚构）", "b"], 2, 70),
    "the texts beside it give way": ([f"{LONG} made-up agency of many words", "b"], 4, 80),
    "no room but above the figures": ([LONG, f"{LONG}-b"], 8, 80),
    "Chinese and an id in one": ([f"某农业技术推广中心{LONG}（虚构）", "乙"], 3, 70),
}


@pytest.mark.parametrize(("names", "count", "width"), NAMED_ROWS.values(), ids=NAMED_ROWS)
def test_no_id_is_broken_on_a_terminal(names: list[str], count: int, width: int) -> None:
    figures = tuple(Column(f"D{place}", whole=True) for place in range(count))
    rows = tuple(Row.of(name, *["10–100"] * count, "as it says here") for name in names)
    page = one_table(Column("Unit"), *figures, Column("Remark"), rows=rows)
    lines = printed(page, width=width).splitlines()
    assert sum(LONG in line for line in lines) == sum(LONG in name for name in names)
    assert max(map(cell_len, lines)) <= width
    # Nothing is lost, and each row has all of its figures.
    assert sum(line.count("10–100") for line in lines) == count * len(names)
    # What a row is called comes before its figures, and the heads before all.
    first = next(place for place, line in enumerate(lines) if LONG in line)
    assert any("d0" in line for line in lines[:first])
