"""Tables on a terminal or in a text file: one width where nobody watches, figures of comparisons as
people read them.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Any, TextIO

from rich import box
from rich.cells import cell_len
from rich.console import Console
from rich.table import Table

from steelyard.comparison.attainment import WHOLE
from steelyard.expression.types import number_text
from steelyard.messages import Language
from steelyard.report.phrases import Phrases
from steelyard.report.text.terminal import PLAIN_WIDTH

FEW = 3
NOTHING = "–"
RIGHT: dict[str, Any] = {"justify": "right", "no_wrap": True}
WIDE: dict[str, Any] = {"overflow": "fold", "ratio": 1}
WIDER: dict[str, Any] = {"overflow": "fold", "ratio": 3}


class Sheet(Phrases):
    """Prints in one language; Chinese columns line up, and nothing is coloured where the output is
    no terminal.
    """

    def __init__(self, language: Language, file: TextIO | None = None) -> None:
        """Take the language, and perhaps a file to print to."""
        super().__init__(language)
        self.file = file or sys.stdout
        width = None if self.file.isatty() else PLAIN_WIDTH
        self.console = Console(
            file=self.file, width=width, highlight=False, markup=False, emoji=False
        )

    def name(self, dimension: str) -> str:
        """Return the name of a dimension."""
        return self.dimension(dimension)

    def more(self, count: int) -> None:
        """State how many lines are not shown."""
        if count > 0:
            self.console.print(self.say("… and {count} more").format(count=count))

    def table(self, *columns: tuple[str, dict[str, Any]], title: str = "") -> Table:
        """Return an empty table with its columns, each by name and options."""
        table = Table(
            box=box.SIMPLE_HEAD,
            title=title or None,
            title_justify="left",
            title_style="bold",
            pad_edge=False,
        )
        if title:
            # A title breaks where its table ends, so a small table is made as wide as what it is
            # called.
            table.min_width = min(cell_len(title), self.console.width)
        for name, options in columns:
            table.add_column(name, **options)
        return table


def per_cent(low: int, high: int, places: int = 1) -> str:
    """Return a share in millionths as per cent; the ends of an interval that look alike stand
    once.
    """
    ends: Sequence[str] = [
        number_text((2 * end * 100 * 10**places + WHOLE) // (2 * WHOLE), places, places)
        for end in (low, high)
    ]
    return ends[0] if ends[0] == ends[1] else f"{ends[0]}–{ends[1]}"


def span(low: object, high: object, between: str = "–") -> str:
    """Return two ends, or one where they are the same."""
    return str(low) if low == high else f"{low}{between}{high}"


def tenths(units: int, places: int) -> int:
    """Return units of 10**-places in tenths, rounded half away from zero."""
    divisor = int(10 ** (places - 1))
    size = (2 * abs(units) + divisor) // (2 * divisor)
    return -size if units < 0 else size
