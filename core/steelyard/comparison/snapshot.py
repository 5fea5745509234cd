"""One period of assessments made ready: the ones that count, their attainment, the dimensions that
they share.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple, Protocol

from steelyard.book.model import DIMENSIONS
from steelyard.comparison.attainment import Attainment, Spread, attain, shared, spreads
from steelyard.comparison.table import Table

if TYPE_CHECKING:
    from steelyard.book.model import RuleBook
    from steelyard.comparison.surveys import Surveyed
    from steelyard.judging.assessment import Assessment


class Held(NamedTuple):
    """Something of which there are assessments."""

    period: str
    sector: str
    book: str
    version: str


class Source(Protocol):
    """Where assessments come from: a store, or a table of one's own."""

    def held(self) -> Iterable[Held]:
        """Return of which periods, sectors, books and versions there are assessments."""

    def table(self, period: str) -> Table:
        """Return the assessments of a period, or at least those to be compared, in the order in
        which they were made.
        """

    def spread(self, table: Table) -> Mapping[str, Spread]:
        """Return how the books of a table spread over the dimensions, by digest, as far as the
        books are at hand.
        """

    def book(self, digest: str) -> RuleBook | None:
        """Return a book by its digest; None where it is not at hand."""

    def assessment(self, assessment: str) -> Assessment | None:
        """Return a whole assessment by its id, judged again from its case; None where only its row
        is there.
        """

    def surveyed(self, assessments: Sequence[str]) -> Mapping[str, Surveyed]:
        """Return what surveys leave open of assessments, by their ids, as far as that was worked
        out when they were made.
        """


@dataclass(frozen=True, eq=False, slots=True, kw_only=True)
class Snapshot:
    """The assessments of one period that count, by unit and book; `superseded` names the others,
    with what counts instead.

    `dimensions` are the ones compared: those that every book has, unless others were asked for.
    """

    period: str
    table: Table
    superseded: tuple[tuple[str, str], ...]
    attained: Attainment
    spreads: tuple[Spread, ...]
    dimensions: tuple[str, ...]


def snapshot(source: Source, period: str, wanted: tuple[str, ...] = ()) -> Snapshot:
    """Return a period's assessments, made ready; `wanted` names the dimensions to compare, in place
    of those shared.
    """
    given = source.table(period)
    table, superseded = given.settled()
    books = spreads(table, source.spread(table))
    dimensions = tuple(name for name in DIMENSIONS if name in wanted) if wanted else shared(books)
    return Snapshot(
        period=period,
        table=table,
        superseded=superseded,
        attained=attain(table),
        spreads=books,
        dimensions=dimensions,
    )


class TableSource:
    """A table of one's own as a source; nothing is known of its books but what its rows tell."""

    def __init__(self, table: Table, books: Mapping[str, Spread] | None = None) -> None:
        """Take the table, and perhaps the spreads of its books by digest."""
        self._table = table
        self._books = books or {}

    def held(self) -> Iterable[Held]:
        """Return the periods, sectors, books and versions of the rows."""
        heads = self._table.heads
        return set(map(Held, heads.period, heads.sector, heads.book, heads.version))

    def table(self, period: str) -> Table:
        """Return the rows of a period."""
        return self._table.where(lambda one, _sector, _book, _version: one == period)

    def spread(self, table: Table) -> Mapping[str, Spread]:  # noqa: ARG002  # all are at hand
        """Return the spreads that were given."""
        return self._books

    def book(self, digest: str) -> RuleBook | None:  # noqa: ARG002  # rows have no books
        """Return nothing: rows have no books."""
        return None

    def assessment(self, assessment: str) -> Assessment | None:  # noqa: ARG002  # a row has no case
        """Return nothing: rows have no cases."""
        return None

    def surveyed(self, assessments: Sequence[str]) -> Mapping[str, Surveyed]:  # noqa: ARG002  # rows have none
        """Return nothing: rows have no surveys."""
        return {}
