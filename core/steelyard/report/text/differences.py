"""What the command line prints of differences; goes when its commands print pages."""

from __future__ import annotations

from steelyard.book.difference.difference import Diff
from steelyard.comparison.change import Change
from steelyard.report.book.difference import difference_page
from steelyard.report.change import change_page
from steelyard.report.formats.terminal import Terminal


class Differences(Terminal):
    """Prints differences."""

    def diff(self, diff: Diff) -> None:
        """Print what changed from one book to another."""
        self.page(difference_page(diff, self.language))

    def change(self, change: Change) -> None:
        """Print how an assessment changed."""
        self.page(change_page(change, self.language))
