"""Draw the pictures of the READMEs: python docs/picture.py makes docs/demo.svg, docs/report.png and
docs/comparison.png, and the same in Chinese (.zh). Pages need `pdftoppm` (poppler-utils).
"""

from __future__ import annotations

import html
import io
import re
import subprocess
import sys
import tempfile
from pathlib import Path

from PIL import Image
from rich.cells import cell_len
from rich.console import Console

from steelyard.case.formats.files import cases_in
from steelyard.cli.settings import Settings
from steelyard.judging.assessment import weigh
from steelyard.messages import LANGUAGES, Language
from steelyard.report.formats.terminal import PLAIN_WIDTH, Terminal
from steelyard.report.unit.report import unit_page
from steelyard.work.books_at_hand import example_case

FOLDER = Path(__file__).parent
FIRST, LAST = 26, 3
"""How many lines of the terminal the picture shows at its beginning and at its end."""
COLOURS = 24
DAY = "2026-04-20"
"""The day on the pictured report, so that it is the same whenever it is drawn."""
DPI = "84"
BOOKS = ("hospital/nine-prohibitions", "school/civilized-campus", "agency/service-division")
# Rich's own frame fetches a font from the network; this one uses what the reader has.
FRAME = """<svg class="rich-terminal" viewBox="0 0 {width} {height}" xmlns="http://www.w3.org/2000/svg">
<style>
.{unique_id}-matrix {{ font-family: "Noto Sans Mono CJK SC", "Sarasa Mono SC", "Fira Code", Consolas, monospace;
  font-size: {char_height}px; line-height: {line_height}px; }}
{styles}
</style>
<defs><clipPath id="{unique_id}-clip-terminal"><rect x="0" y="0" width="{width}" height="{height}" /></clipPath>
{lines}
</defs>
<rect fill="#292929" x="0" y="0" width="{width}" height="{height}" rx="8" />
<g transform="translate({terminal_x}, {terminal_y})" clip-path="url(#{unique_id}-clip-terminal)">
{backgrounds}
<g class="{unique_id}-matrix">
{matrix}
</g>
</g>
</svg>
"""
TEXT = re.compile(r'<text ([^>]*)x="([0-9.]+)"([^>]*)textLength="([0-9.]+)"([^>]*)>([^<]*)</text>')
AMBIGUOUS = "“”‘’…·–—×≥≤°"
"""Signs of one cell that a Chinese font may draw as wide as two: they are fitted to their cell."""
RUNS = re.compile(rf"[^\u2e80-\uffef{AMBIGUOUS}]+|[\u2e80-\uffef]+|[{AMBIGUOUS}]+")


def main() -> None:
    """Draw the pictures in each language."""
    for language in LANGUAGES:
        _terminal(language)
        with tempfile.TemporaryDirectory() as folder:
            place = Path(folder)
            _run(place, "sample", "--units", "60", "--quarters", "2", "-o", "units.db",
                 *(word for book in BOOKS for word in ("--book", book)))  # fmt: skip
            settings = Settings(language)
            case = str(example_case(settings))
            _page(place, "report", language, "report", case, "--date", DAY)
            _page(place, "comparison", language, "report", "--compare", "--against", "2026Q1",
                  "--db", "units.db")  # fmt: skip


def _named(name: str, suffix: str, language: Language) -> Path:
    return FOLDER / (f"{name}.{suffix}" if language == "en" else f"{name}.{language}.{suffix}")


def _terminal(language: Language) -> None:
    """Draw what `steelyard demo` prints: the beginning and the end of it."""
    settings = Settings(language)
    case = cases_in(example_case(settings), settings.book_for_case)[0]
    assessment = weigh(settings.library.find(case.book), case)
    printed = io.StringIO()
    Terminal(language, file=printed).page(unit_page(assessment, language, terse=True))
    lines = [line.rstrip() for line in printed.getvalue().splitlines()]
    console = Console(record=True, width=PLAIN_WIDTH, file=io.StringIO(), force_terminal=True,
                      highlight=False, markup=False)  # fmt: skip
    for line in (*lines[:FIRST], "…", *lines[-LAST:]):
        console.print(line)
    drawn = console.export_svg(title="steelyard demo", code_format=FRAME, unique_id="steelyard")
    _named("demo", "svg", language).write_text(TEXT.sub(_in_cells, drawn), encoding="utf-8")


def _in_cells(found: re.Match[str]) -> str:
    """Return a text in pieces, each where its cells begin and as long as they are: rich counts the
    characters, of which a Chinese one takes two cells.
    """
    first, x, middle, length, last, text = found.groups()
    said = html.unescape(text)
    cell, place, pieces = float(length) / len(said), float(x), []
    for piece in RUNS.findall(said):
        width = cell * cell_len(piece)
        fitted = 'lengthAdjust="spacingAndGlyphs" ' if piece[0] in AMBIGUOUS else ""
        pieces.append(
            f'<text {first}x="{place:g}"{middle}{fitted}textLength="{width:g}"{last}>'
            f"{html.escape(piece).replace(' ', '&#160;')}</text>"
        )
        place += width
    return "".join(pieces)


def _page(folder: Path, name: str, language: Language, *words: str) -> None:
    """Draw the first page of a report."""
    _run(folder, *words, "-o", f"{name}.pdf", "--force", "--lang", language)
    subprocess.run(
        ["pdftoppm", "-r", DPI, "-f", "1", "-l", "1", "-singlefile", "-png", f"{name}.pdf", name],  # noqa: S607
        cwd=folder,
        check=True,
    )
    page = Image.open(folder / f"{name}.png").convert("RGB").quantize(COLOURS)
    page.save(_named(name, "png", language), optimize=True)


def _run(folder: Path, *words: str) -> None:
    subprocess.run([sys.executable, "-m", "steelyard", *words], cwd=folder, check=True)


if __name__ == "__main__":
    main()
