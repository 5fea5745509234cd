"""What the command line prints of a comparison; goes when its commands print pages."""

from __future__ import annotations

from typing import TextIO

from steelyard.comparison.comparison import Comparison
from steelyard.messages import Language
from steelyard.report.comparison.report import comparison_page
from steelyard.report.formats.terminal import Terminal


class League(Terminal):
    """Prints comparisons."""

    def __init__(self, language: Language, file: TextIO | None = None) -> None:
        """Take the language, and perhaps a file to print to."""
        super().__init__(language, file=file)

    def comparison(self, found: Comparison, limit: int) -> None:
        """Print a comparison, with at most so many units in each table."""
        self.page(comparison_page(found, self.language, limit, terse=True))
