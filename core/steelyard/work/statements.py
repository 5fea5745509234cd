"""A rule book as the text of one SQL statement."""

from __future__ import annotations

import datetime
from typing import TYPE_CHECKING

from steelyard.errors import UsageError, fault
from steelyard.work.naming import book_at

if TYPE_CHECKING:
    from steelyard.book.model import RuleBook
    from steelyard.work.workspace import Workspace


def statement_of(
    workspace: Workspace,
    book: str,
    dialect: str,
    period: str | None,
    as_of: datetime.date | None,
    output: str,
    *,
    waivers: bool,
) -> str:
    """Return the statement of one output of a book for a dialect, one period and one day.

    Raises UsageError for a dialect that was not checked, and where SQLGlot is not installed.
    """
    found = book_at(workspace, book)
    try:
        from steelyard.bulk.statement import statement
    except ImportError as error:
        if (error.name or "").partition(".")[0] != "sqlglot":
            raise
        message = "SQLGlot is not installed: `pip install steelyard[bulk]` brings it"
        raise UsageError([fault("sql", message)]) from None
    made = statement(
        found,
        period=period or newest(found),
        as_of=as_of,
        dialect=dialect,
        findings=output == "findings",
        consequences=output == "consequences",
        waivers=waivers,
    )
    return made.query(output)


def newest(book: RuleBook) -> str:
    """Return the year in which all figures of a book hold that it holds so far; it says the same
    for later ones.

    Raises UsageError where nothing in the book says a day.
    """
    days = [start for one in book.parameters.values() for start, _ in one.values]
    years = [datetime.date.fromordinal(day).year for day in days]
    if book.effective[0] is not None:
        years.append(book.effective[0].year)
    if not years:
        raise UsageError([fault("--period", "is missing: {book} says no day", book=book.key)])
    return str(max(years))
