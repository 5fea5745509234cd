"""An authority's own template: what it may ask for, and how one that is wrong is refused."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from reported import PARTS, assessed

from steelyard.book.library import Library
from steelyard.errors import UsageError
from steelyard.report.page import Page
from steelyard.report.unit.report import unit_page

for library_ in ("altair", "vl_convert", "docxtpl"):
    pytest.importorskip(library_, reason="needs the extra: pip install 'steelyard[report]'")

from steelyard.report.formats.docx import docx, placeholders  # noqa: E402

PAGE = Path(__file__).parents[2] / "docs" / "reports.md"


@pytest.fixture(scope="module")
def unit(library: Library) -> Page:
    """Return the report of a bundled hospital."""
    return unit_page(assessed(library), "en", sections=[("Note", "of a plugin")])


@pytest.fixture
def template(tmp_path: Path) -> Callable[..., Path]:
    """Write a template of some paragraphs."""
    from docx import Document

    def write(
        *paragraphs: str,
        header: str = "",
        cell: str = "",
        change: Callable[[Any], object] | None = None,
    ) -> Path:
        document = Document()
        for text in paragraphs:
            document.add_paragraph(text)
        if header:
            document.sections[0].header.paragraphs[0].text = header
        if cell:
            document.add_table(1, 1).cell(0, 0).text = cell
        if change is not None:
            change(document)
        path = tmp_path / "own.docx"
        document.save(str(path))
        return path

    return write


def opened(data: bytes) -> Any:
    from docx import Document

    return Document(io.BytesIO(data))


def refusals(unit: Page, path: Path) -> list[str]:
    with pytest.raises(UsageError) as refused:
        docx(unit, path)
    return [one.text().removeprefix(f"{path}: ") for one in refused.value.faults]


def test_parts_stand_where_the_template_puts_them_and_only_those(
    unit: Page, template: Callable[..., Path]
) -> None:
    document = opened(
        docx(
            unit,
            template(
                "Of {{ unit }}: {{ score }}",
                "{{ ledger }}",
                "between",
                "{{ glance }}",
                header="{{ period }}",
            ),
        )
    )
    texts = [paragraph.text for paragraph in document.paragraphs]
    assert texts[0] == "Of 某市中心医院: 66.82 – 91.30"
    titles = {part.id: part.title for part in unit.parts}
    assert texts.index(titles["ledger"]) < texts.index("between") < texts.index(titles["glance"])
    assert titles["method"] not in texts
    assert document.sections[0].header.paragraphs[0].text == "2026"


def test_a_part_may_stand_in_a_cell_and_in_a_paragraph_of_its_own_markup(
    unit: Page, template: Callable[..., Path]
) -> None:
    document = opened(docx(unit, template("{{ report }}", cell="{{ missing }}")))
    assert "What is still to be shown" in document.tables[-1].cell(0, 0).text or any(
        "What is still to be shown" in one.cell(0, 0).text for one in document.tables
    )


def test_a_template_may_choose_by_what_it_is_told(
    unit: Page, template: Callable[..., Path]
) -> None:
    document = opened(
        docx(
            unit,
            template("{% if language == 'en' %}English{% else %}other{% endif %}", "{{ why }}"),
        )
    )
    assert document.paragraphs[0].text == "English"


def test_all_placeholders_are_told_on_the_page_of_reports_and_no_others(unit: Page) -> None:
    from pages import code, tables

    told = [
        name
        for rows in tables(PAGE.read_text("utf-8"))["Placeholders"]
        for row in rows[1:]
        for name in code(row[0])
    ]
    assert sorted(told) == sorted(f"{{{{ {name} }}}}" for name in placeholders(unit))
    assert set(PARTS) <= set(placeholders(unit))


def test_what_a_template_asks_wrongly_is_named_with_the_nearest_right_name(
    unit: Page, template: Callable[..., Path]
) -> None:
    path = template("{{ report }}", "{{ scorre }}", "{{ nonsense_word }}")
    assert refusals(unit, path) == [
        "unknown placeholder `nonsense_word`",
        "unknown placeholder `scorre`; did you mean `score`?",
    ]


@pytest.mark.parametrize(
    ("paragraphs", "said"),
    [
        (("{{ report }",), "the template cannot be filled: "),
        (("{% if unit %}", "{{ report }}"), "the template cannot be filled: "),
        (("{{ report }} {{ 1 / 0 }}",), "the template cannot be filled: division by zero"),
        (("{{ report }}", "{{ unit.__class__.__mro__ }}"), "the template cannot be filled: "),
        (("{{ unit.nothing }}", "{{ report }}"), "the template cannot be filled: "),
        (("{{ unit | nofilter }}",), "the template cannot be filled: "),
        (
            ("Here: {{ report }}",),
            "`{{ report }}` wants a paragraph of its own in the body of the letter",
        ),
        (
            ("plain",),
            "has no place for a report: it wants `{{ report }}` in a paragraph of its own",
        ),
    ],
    ids=[
        "not closed",
        "no end",
        "division",
        "escape",
        "attribute",
        "filter",
        "in a sentence",
        "no placeholder",
    ],
)
def test_a_template_that_cannot_be_filled_is_refused_in_one_line(
    unit: Page, template: Callable[..., Path], paragraphs: tuple[str, ...], said: str
) -> None:
    lines = refusals(unit, template(*paragraphs))
    assert len(lines) == 1
    assert lines[0].startswith(said)
    assert "\n" not in lines[0]


ENDLESS = {
    "nested loops": (
        "{% for a in range(99999) %}{% for b in range(99999) %}{% endfor %}{% endfor %}",
        "for",
    ),
    "a loop over a text": ("{% for a in unit %}{{ a }}{% endfor %}", "for"),
    "a power": ("{{ 9 ** 9 ** 9 ** 9 }}", "**"),
    "a long text": ("{{ unit * 9999999999 }}", "*"),
    "a wide text": ("{{ '%9999999999d' % 1 }}", "%"),
    "a wide filter": ("{{ unit | center(9999999999) }}", "center"),
    "a method": ("{{ unit.center(9999999999) }}", "call"),
    "doubling": ("{% set a = unit ~ unit %}{% set a = a ~ a %}{{ a }}", "assign"),
    "doubling by scopes": ("{% with a = unit ~ unit %}{{ a }}{% endwith %}", "with"),
    "a macro that calls itself": (
        "{% macro m() %}{{ m() }}{{ m() }}{% endmacro %}{{ m() }}",
        "macro",
    ),
}


@pytest.mark.parametrize(("text", "word"), ENDLESS.values(), ids=ENDLESS)
@pytest.mark.parametrize("header", [False, True], ids=["in the body", "in a header"])
def test_what_might_never_end_is_refused_by_name(
    unit: Page, template: Callable[..., Path], text: str, word: str, *, header: bool
) -> None:
    path = template("{{ report }}", header=text) if header else template("{{ report }}", text)
    (line,) = refusals(unit, path)
    assert f"`{word}` is not understood there; only values, `if` and the filters" in line


def test_values_conditions_and_filters_are_filled_in(
    unit: Page, template: Callable[..., Path]
) -> None:
    texts = [
        "{{ book_id | upper }}|{{ unit[:2] }}|{{ unit | length + 1 }}|{{ 'a' ~ period }}",
        (
            "{% if not unit and 1 < 2 or period in ('2025', '2026') %}{{ 'yes' if score else 'no' }}"
            "{% elif full is defined %}b{% endif %}"
        ),
    ]
    document = opened(docx(unit, template(*texts, "{{ report }}")))
    first, second = (document.paragraphs[place].text for place in (0, 1))
    assert first.endswith("|某市|7|a2026")
    assert first.startswith("HOSPITAL/NINE-PROHIBITIONS")
    assert second == "yes"


def test_a_part_cannot_stand_in_a_header(unit: Page, template: Callable[..., Path]) -> None:
    assert refusals(unit, template("{{ report }}", header="{{ why }}")) == [
        "`{{ why }}` wants a paragraph of its own in the body of the letter"
    ]


def _zip(names: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in names.items():
            archive.writestr(name, content)
    return out.getvalue()


BROKEN = {
    "empty": b"",
    "no archive": b"no document",
    "cut": b"PK\x03\x04" + b"\x00" * 40,
    "old": b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\x00" * 600,
    "another archive": _zip({"a.txt": b"x"}),
    "no markup": _zip({"word/document.xml": b"x", "[Content_Types].xml": b"<a/>"}),
    "entities": _zip({"word/document.xml": b"<!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>"}),
    "bomb": _zip({"word/document.xml": b" " * 90_000_000}),
}


@pytest.mark.parametrize("content", BROKEN.values(), ids=BROKEN)
def test_what_is_no_word_document_is_refused_in_one_line(
    unit: Page, tmp_path: Path, content: bytes
) -> None:
    path = tmp_path / "own.docx"
    path.write_bytes(content)
    lines = refusals(unit, path)
    assert len(lines) == 1
    assert lines[0].startswith(
        ("is not a Word document (.docx) that can be read", "the template cannot be filled: ")
    )


def test_a_template_that_is_not_there_is_refused(unit: Page, tmp_path: Path) -> None:
    assert refusals(unit, tmp_path / "none.docx") == ["cannot be read: No such file or directory"]
    assert refusals(unit, tmp_path) == ["cannot be read: Is a directory"]
