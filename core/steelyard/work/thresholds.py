"""Whether what was weighed surely reaches a grade, for a run that is to fail where it does not."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import TYPE_CHECKING

from steelyard.errors import Fault, UsageError, fault, nearest
from steelyard.work.workspace import Workspace

if TYPE_CHECKING:
    from steelyard.book.model import RuleBook
    from steelyard.work.weighing import Weighed


def check_grade(weighed: Weighed, workspace: Workspace, grade: str) -> None:
    """Raise UsageError where some book that was weighed by has no such grade."""
    keys = dict.fromkeys(one.book for one in weighed.all())
    faults = [
        fault(
            "--fail-under",
            "book {book} has no grade `{grade}`",
            nearest(grade, [one.id for one in book.grades]),
            book=book.key,
            grade=grade,
        )
        for book in map(workspace.library.find, keys)
        if _place(book, grade) is None
    ]
    if faults:
        raise UsageError(faults)


def short_of(weighed: Weighed, workspace: Workspace, grade: str) -> Iterator[Fault]:
    """Yield what does not surely reach a grade: whose low end is worse, or that is or may be vetoed
    or not rated.
    """
    for one in weighed.all():
        found = json.loads(one.row.document)
        book = workspace.library.find(one.book)
        wanted, low = _place(book, grade), _place(book, found["grade"]["low"])
        place = f"{found['subject']['id']}, {one.book}, {found['period']}"
        if found["veto"] != "no":
            yield fault(place, "is vetoed, or may be")
        elif found["not_rated"] != "no":
            yield fault(place, "is not rated, or may not be")
        elif wanted is None or low is None or low > wanted:
            yield fault(place, "does not surely reach `{grade}`", grade=grade)


def _place(book: RuleBook, grade: str) -> int | None:
    """Return the place of a grade from the best down, by its id, else by its title; None where
    there is none.
    """
    ids = [one.id for one in book.grades]
    if grade in ids:
        return ids.index(grade)
    titled = [place for place, one in enumerate(book.grades) if grade in one.title]
    return titled[0] if len(titled) == 1 else None
