"""A saved assessment under another book, and what the rules and what the unit changed."""

from __future__ import annotations

import datetime
from typing import TYPE_CHECKING

from steelyard.errors import UsageError, Word, fault
from steelyard.work.workspace import Workspace

if TYPE_CHECKING:
    from steelyard.comparison.change import Change


def rescored(
    workspace: Workspace,
    assessment: str,
    *,
    book: str = "",
    against: str = "",
    day: datetime.date | None = None,
) -> Change:
    """Return what changes where an assessment is weighed by another book, or between it and a later
    one; `day` says whose figures of the book are used.

    Raises UsageError where neither is named.
    """
    from steelyard.comparison.change import change_between, rescore
    from steelyard.work.naming import assessment_at, book_at

    judges = workspace.plugins.judge
    old = assessment_at(workspace, assessment)
    new = assessment_at(workspace, against) if against else None
    by = book_at(workspace, book) if book else None
    if new is not None:
        return change_between(old, new, judges, book=by, day=day)
    if by is not None:
        return rescore(old, by, judges, day=day)
    raise UsageError([fault("steelyard rescore", "`{name}` is missing", name=Word("--book BOOK"))])
