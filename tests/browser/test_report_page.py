"""The page of a report in a real browser: filter, sort, expand, print, keyboard, no request, no
error, no barrier.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from reported import HOSTILE, ROOT, assessed, compared, document, empty, page_of

from steelyard.book.library import Library
from steelyard.report.comparison.report import comparison_page
from steelyard.report.unit.report import unit_page

for library_ in ("altair", "vl_convert", "jinja2"):
    pytest.importorskip(library_, reason="needs the extra: pip install 'steelyard[report]'")
playwright = pytest.importorskip("playwright.sync_api", reason="needs the package playwright")

from steelyard.report.formats.html import html  # noqa: E402

BROWSER = shutil.which("chromium") or shutil.which("chromium-browser")
AXE = Path(os.environ.get("STEELYARD_AXE") or ROOT / "node_modules" / "axe-core" / "axe.min.js")
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
A4 = (595, 842)

pytestmark = pytest.mark.skipif(BROWSER is None, reason="needs Chromium (Debian: chromium)")


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    """Start Chromium once."""
    with playwright.sync_playwright() as started:
        found = started.chromium.launch(executable_path=BROWSER, args=ARGUMENTS)
        yield found
        found.close()


@cache
def hostile(text: str) -> str:
    """Return a page with a text wherever a user's may stand, written once for all who open it."""
    return html(page_of(text))


class Opened:
    """A page in the browser, with what it asked for and what it complained of."""

    def __init__(self, tab: Any) -> None:
        self.tab = tab
        self.asked: list[str] = []
        self.said: list[str] = []
        tab.on("request", lambda request: self.asked.append(request.url))
        tab.on("console", lambda message: self.said.append(message.text))
        tab.on("pageerror", lambda error: self.said.append(str(error)))

    def rows(self, table: str) -> list[str]:
        """Return the first cells of the rows of a table that are in sight."""
        found: list[str] = self.tab.eval_on_selector_all(
            f"#table-{table} tbody tr:not(.group)",
            "rows => rows.filter(row => !row.hidden).map(row => row.cells[0].textContent.trim())",
        )
        return found


@pytest.fixture
def opened(browser: Any, tmp_path: Path) -> Iterator[Any]:
    """Open pages from files, as from a USB stick; none may ask for anything or complain."""
    tabs: list[Opened] = []

    def open_(page: str, *, scripts: bool = True) -> Opened:
        file = tmp_path / f"report{len(tabs)}.html"
        file.write_text(page, encoding="utf-8")
        tab = browser.new_context(
            java_script_enabled=scripts, viewport={"width": 1200, "height": 900}
        ).new_page()
        found = Opened(tab)
        tabs.append(found)
        tab.goto(file.as_uri())
        return found

    yield open_
    for number, one in enumerate(tabs):
        assert one.asked == [(tmp_path / f"report{number}.html").as_uri()]
        assert one.said == []
        one.tab.context.close()


@pytest.fixture(scope="module")
def unit(library: Library) -> str:
    """Return the report of a bundled hospital, written once for all who open it."""
    return html(unit_page(assessed(library), "en"))


@pytest.fixture(scope="module")
def paper(browser: Any, unit: str, tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """Return the report as the browser prints it."""
    file = tmp_path_factory.mktemp("paper") / "report.html"
    file.write_text(unit, encoding="utf-8")
    tab = browser.new_page()
    tab.goto(file.as_uri())
    printed: bytes = tab.pdf(prefer_css_page_size=True)
    tab.close()
    return printed


def test_rows_are_filtered_by_words_and_by_choice(opened: Any, unit: str) -> None:
    page = opened(unit)
    section = page.tab.locator("#findings")
    whole = page.rows("findings")
    section.get_by_label("Only rows with").fill("kickbacks")
    assert page.rows("findings") == ["No kickbacks"]
    assert section.get_by_role("status").inner_text() == f"1 of {len(whole)} rows shown"
    assert section.locator("tr.group:visible").count() == 1
    section.get_by_label("Only rows with").fill("")
    section.get_by_label("Outcome").select_option("met in part")
    assert len(page.rows("findings")) == 5
    section.get_by_label("Outcome").select_option("")
    assert page.rows("findings") == whole


def test_rows_are_sorted_within_their_groups_by_number_and_back(opened: Any, unit: str) -> None:
    page = opened(unit)
    head = page.tab.locator("#table-missing th[scope=col]").nth(1)
    button = head.get_by_role("button")
    first = page.rows("missing")

    def points() -> list[float]:
        found: list[float] = page.tab.eval_on_selector_all(
            "#table-missing tbody td.points", "cells => cells.map(c => Number(c.dataset.value))"
        )
        return found

    button.click()
    assert head.get_attribute("aria-sort") == "ascending"
    assert points() == sorted(points())
    button.click()
    assert head.get_attribute("aria-sort") == "descending"
    assert points() == sorted(points(), reverse=True)
    button.click()
    assert head.get_attribute("aria-sort") is None
    assert page.rows("missing") == first
    page.tab.locator("#table-findings th[scope=col]").first.get_by_role("button").click()
    groups = page.tab.eval_on_selector_all(
        "#table-findings tbody", "bodies => bodies.map(b => b.rows[0].classList.contains('group'))"
    )
    assert all(groups)


def test_evidence_is_opened_and_closed_one_by_one_and_all_at_once(opened: Any, unit: str) -> None:
    page = opened(unit)
    behind = page.tab.locator("#table-findings details")
    line = behind.first.locator("li").first
    assert not line.is_visible()
    behind.first.locator("summary").click()
    assert line.is_visible()
    page.tab.get_by_role("button", name="Open all evidence").click()
    assert page.tab.locator("#table-findings details:not([open])").count() == 0
    page.tab.get_by_role("button", name="Close all evidence").click()
    assert page.tab.locator("#table-findings details[open]").count() == 0


def test_everything_works_by_keyboard_and_the_focus_is_seen(opened: Any, unit: str) -> None:
    page = opened(unit)
    page.tab.keyboard.press("Tab")
    skip = page.tab.locator(":focus")
    assert skip.inner_text() == "Skip to the report"
    assert skip.bounding_box()["x"] >= 0
    page.tab.keyboard.press("Enter")
    assert page.tab.evaluate("document.activeElement.id") == "content"
    button = page.tab.locator("#table-costs-all th[scope=col] button").first
    button.focus()
    page.tab.keyboard.press("Enter")
    assert (
        page.tab.locator("#table-costs-all th[scope=col]").first.get_attribute("aria-sort")
        == "ascending"
    )
    page.tab.keyboard.press("Tab")
    assert page.tab.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"
    summary = page.tab.locator("#table-findings details summary").first
    summary.focus()
    page.tab.keyboard.press("Enter")
    assert page.tab.locator("#table-findings details").first.get_attribute("open") is not None


def test_without_scripts_all_is_there_and_evidence_still_opens(opened: Any, unit: str) -> None:
    page = opened(unit, scripts=False)
    assert page.tab.locator(".tools").count() == 0
    assert page.tab.locator("#table-findings tbody tr:not(.group)").count() == 44
    page.tab.locator("#table-findings details summary").first.click()
    assert page.tab.locator("#table-findings details li").first.is_visible()


def test_in_print_controls_are_gone_evidence_is_open_and_pages_are_a4(
    opened: Any, unit: str, paper: bytes
) -> None:
    page = opened(unit)
    assert paper.startswith(b"%PDF")
    sizes = {
        (round(float(wide)), round(float(high)))
        for wide, high in re.findall(rb"/MediaBox ?\[0 0 ([0-9.]+) ([0-9.]+)\]", paper)
    }
    assert sizes == {A4}
    page.tab.emulate_media(media="print")
    for gone in ("nav", ".skip", ".tools"):
        assert page.tab.locator(f"{gone}:visible").count() == 0
    page.tab.evaluate("window.dispatchEvent(new Event('beforeprint'))")
    assert page.tab.locator("details:not([open])").count() == 0
    assert (
        page.tab.evaluate("getComputedStyle(document.querySelector('thead')).display")
        == "table-header-group"
    )
    page.tab.evaluate("window.dispatchEvent(new Event('afterprint'))")
    assert page.tab.locator("details[open]").count() == 0


@pytest.mark.skipif(
    shutil.which("pdftotext") is None, reason="needs pdftotext (Debian: poppler-utils)"
)
def test_the_head_of_a_table_stands_on_every_page_of_it(paper: bytes, tmp_path: Path) -> None:
    file = tmp_path / "paper.pdf"
    file.write_bytes(paper)
    text = subprocess.run(
        ["pdftotext", "-layout", str(file), "-"],  # noqa: S607
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    assert text.count("Why, and the evidence") > 2


@pytest.mark.parametrize("width", [1200, 390], ids=["wide", "narrow"])
@pytest.mark.parametrize(
    "text",
    [HOSTILE["long"], HOSTILE["html"], HOSTILE["right to left"]],
    ids=["long", "html", "right to left"],
)
def test_hostile_text_runs_nothing_and_does_not_widen_the_page(
    opened: Any, text: str, width: int
) -> None:
    page = opened(hostile(text))
    page.tab.set_viewport_size({"width": width, "height": 800})
    assert page.tab.evaluate("document.documentElement.scrollWidth") <= width
    assert page.tab.locator("img").count() == 0
    assert text[:50] in page.tab.locator("#table-table").inner_text()


def test_a_script_that_is_not_ours_would_not_run(opened: Any, unit: str) -> None:
    page = opened(unit)
    page.tab.evaluate(
        "const s = document.createElement('script'); s.textContent = 'window.bad = 1'; "
        "document.body.append(s)"
    )
    assert page.tab.evaluate("window.bad") is None
    assert any("Content Security Policy" in one for one in page.said)
    page.said.clear()


@pytest.mark.skipif(
    not AXE.is_file(),
    reason="needs axe-core (npm install axe-core beside the repository's root, or STEELYARD_AXE)",
)
@pytest.mark.parametrize("case", ["half", "empty", "many", "plugin", "hostile", "comparison"])
@pytest.mark.parametrize("language", ["zh", "en"])
def test_axe_finds_no_barrier(opened: Any, library: Library, case: str, language: Any) -> None:
    pages = {
        "half": lambda: unit_page(assessed(library), language),
        "empty": lambda: unit_page(empty(library, "school/civilized-campus"), language),
        "many": lambda: unit_page(
            assessed(
                library,
                document(
                    ROOT / "plugins/agency/steelyard_agency/examples/broadcast-centre-half.yaml"
                ),
            ),
            language,
        ),
        "plugin": lambda: unit_page(assessed(library), language, sections=[("A title", "text")]),
        "comparison": lambda: comparison_page(compared(), language),
        "hostile": lambda: page_of("\n".join(HOSTILE.values()))._replace(language=language),
    }
    page = opened(html(pages[case]()))
    page.tab.evaluate(AXE.read_text("utf-8"))
    for media in ("screen", "print"):
        page.tab.emulate_media(media=media)
        found = page.tab.evaluate("axe.run(document, {resultTypes: ['violations']})")
        assert [
            (one["id"], one["help"], [node["html"][:120] for node in one["nodes"][:3]])
            for one in found["violations"]
        ] == []
