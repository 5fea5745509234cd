"""What the command line prints of assessments and books; goes when its commands print pages."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from steelyard.book.coverage import Coverage
from steelyard.book.model import RuleBook
from steelyard.judging.assessment import Assessment
from steelyard.report.book.book import book_page
from steelyard.report.book.library import books_page, clauses_page, plugins_page
from steelyard.report.formats.terminal import PLAIN_WIDTH
from steelyard.report.formats.terminal import Terminal as Writer
from steelyard.report.unit.assessments import assessments_page
from steelyard.report.unit.report import section_page, unit_page
from steelyard.report.unit.saved import saved_page

__all__ = ["PLAIN_WIDTH", "Terminal"]


class Terminal(Writer):
    """Prints assessments and books."""

    def assessment(self, assessment: Assessment) -> None:
        """Print one assessment whole."""
        self.page(unit_page(assessment, self.language, terse=True))

    def saved(self, found: Mapping[str, Any], book: Mapping[str, Any]) -> None:
        """Print one assessment from its published form, with the titles of its resolved book."""
        self.page(saved_page(found, book, self.language))

    def section(self, title: str, text: str) -> None:
        """Print a further section, such as a plugin adds."""
        self.page(section_page(title, text, self.language))

    def table(self, assessments: Iterable[Mapping[str, Any]]) -> None:
        """Print many assessments, a line each, from their published form."""
        self.page(assessments_page(assessments, self.language, saved=False))

    def listing(self, rows: Iterable[Mapping[str, Any]]) -> None:
        """Print summaries of saved assessments."""
        self.page(assessments_page(rows, self.language, saved=True))

    def books(self, rows: Iterable[Mapping[str, Any]]) -> None:
        """Print the books at hand."""
        self.page(books_page(rows, self.language))

    def plugins(self, rows: Iterable[Mapping[str, Any]]) -> None:
        """Print the plugins."""
        self.page(plugins_page(rows, self.language))

    def book(self, book: RuleBook) -> None:
        """Print a book."""
        self.page(book_page(book, self.language))

    def clauses(self, covered: Coverage) -> None:
        """Print the clauses of a scheme with what carries each out."""
        self.page(clauses_page(covered, self.language))
