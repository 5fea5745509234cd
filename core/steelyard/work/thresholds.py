"""Whether what was weighed surely reaches a grade, for a run that is to fail where it does not."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import TYPE_CHECKING

from steelyard.book.named import named, titled
from steelyard.errors import Fault, Titled, UsageError, fault
from steelyard.work.workspace import Workspace

if TYPE_CHECKING:
    from steelyard.book.model import RuleBook
    from steelyard.work.weighing import Weighed


def check_grade(weighed: Weighed, workspace: Workspace, grade: str) -> None:
    """Raise UsageError where some book that was weighed by has no such grade."""
    keys = dict.fromkeys(one.book for one in weighed.all())
    found = (_grade(workspace.library.find(key), grade) for key in keys)
    faults = [one for one in found if isinstance(one, Fault)]
    if faults:
        raise UsageError(faults)


def short_of(weighed: Weighed, workspace: Workspace, grade: str) -> Iterator[Fault]:
    """Yield what does not surely reach a grade: whose low end is worse, or that is or may be vetoed
    or not rated.
    """
    for one in weighed.all():
        found = json.loads(one.row.document)
        book = workspace.library.find(one.book)
        wanted = next(one for one in book.grades if one.id == _grade(book, grade))
        better = book.grades[: book.grades.index(wanted) + 1]
        place = f"{found['subject']['id']}, {one.book}, {found['period']}"
        if found["veto"] != "no":
            yield fault(place, "is vetoed, or may be")
        elif found["not_rated"] != "no":
            yield fault(place, "is not rated, or may not be")
        elif found["grade"]["low"] not in {one.id for one in better}:
            told = Titled(wanted.id, *wanted.title)
            yield fault(place, "does not surely reach {grade}", grade=told)


def _grade(book: RuleBook, word: str) -> str | Fault:
    """Return the id of the grade that a word means, its id or its title."""
    titles = {one.id: one.title for one in book.grades}
    message = "book {book} has no grade `{name}`; its grades are {known}"
    return named("--fail-under", word, titles, message, book=book.key, known=titled(titles))
