"""Draw what `steelyard demo` prints: python docs/picture.py makes docs/demo.svg and
docs/demo.zh.svg.
"""

from __future__ import annotations

import io
from pathlib import Path

from rich.console import Console

from steelyard.case.formats.files import cases_in
from steelyard.cli.settings import Settings
from steelyard.judging.assessment import weigh
from steelyard.messages import LANGUAGES
from steelyard.report.formats.terminal import PLAIN_WIDTH, Terminal
from steelyard.report.unit.report import unit_page
from steelyard.work.books_at_hand import example_case

# Rich's own frame fetches a font from the network; this one uses what the reader has.
FRAME = """<svg class="rich-terminal" viewBox="0 0 {width} {height}" xmlns="http://www.w3.org/2000/svg">
<style>
.{unique_id}-matrix {{ font-family: "Noto Sans Mono CJK SC", "Sarasa Mono SC", "Fira Code", Consolas, monospace;
  font-size: {char_height}px; line-height: {line_height}px; font-variant-east-asian: full-width; }}
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


def main() -> None:
    """Draw one picture in each language."""
    for language in LANGUAGES:
        settings = Settings(language)
        case = cases_in(example_case(settings), settings.book_for_case)[0]
        assessment = weigh(settings.library.find(case.book), case)
        console = Console(
            record=True,
            width=PLAIN_WIDTH,
            file=io.StringIO(),
            force_terminal=True,
            highlight=False,
            markup=False,
        )
        Terminal(language, console).page(unit_page(assessment, language, terse=True))
        name = "demo.svg" if language == "en" else f"demo.{language}.svg"
        picture = console.export_svg(
            title="steelyard demo", code_format=FRAME, unique_id="steelyard"
        )
        (Path(__file__).parent / name).write_text(picture, encoding="utf-8")


if __name__ == "__main__":
    main()
