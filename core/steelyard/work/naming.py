"""What a user's words mean: a rule book by its id or file, an assessment by its
id or its case.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from steelyard.errors import BookError, Fault, UsageError, fault

if TYPE_CHECKING:
    from steelyard.book.model import RuleBook
    from steelyard.judging.assessment import Assessment
    from steelyard.store.store import Store
    from steelyard.work.workspace import Workspace

_SUFFIXES = (".yaml", ".yml")


def book_at(workspace: Workspace, word: str) -> RuleBook:
    """Return the book that a word means: `id`, `id@version`, or a file; raises BookError."""
    path = Path(word)
    if not (word.endswith(_SUFFIXES) or path.is_file()):
        return workspace.library.find(word)
    from steelyard.book.library import Library, scan

    found = scan(path, word)
    if found.faults or not found.sources:
        raise BookError(found.faults or [fault(word, "is a case, not a rule book")])
    # The file stands for itself, also where an installed book bears its name.
    others = [
        one
        for one in workspace.library.sources
        if one.key not in {source.key for source in found.sources}
    ]
    return Library(
        [*others, *found.sources], (), workspace.plugins.measures, forms=workspace.forms
    ).find(found.sources[0].key)


def books_at(workspace: Workspace, words: Iterable[str]) -> list[RuleBook]:
    """Return the books that some words mean; raises BookError with the faults of all."""
    found, faults = [], list[Fault]()
    for word in words:
        try:
            found.append(book_at(workspace, word))
        except BookError as error:
            faults.extend(error.faults)
    if faults:
        raise BookError(faults)
    return found


def assessment_at(workspace: Workspace, word: str) -> Assessment:
    """Return the assessment that a word means: the id of a saved one, or the beginning of it; or a
    case file, weighed now.

    Raises StoreError, CaseError, BookError.
    """
    if Path(word).is_file():
        return weighed_now(workspace, Path(word))
    from steelyard.store.store import Store

    with Store.open(workspace.db, create=False) as store:
        return judged_again(workspace, store, store.get(word))


def weighed_now(workspace: Workspace, file: Path) -> Assessment:
    """Return the assessment of the one case in a file; raises UsageError where it holds several."""
    from steelyard.work.weighing import weigh_all

    with weigh_all([file], workspace) as weighed:
        if weighed.only is None:
            raise UsageError(
                [fault(str(file), "holds {count} cases, and one is wanted", count=weighed.count)]
            )
        return weighed.only


def judged_again(workspace: Workspace, store: Store, found: dict[str, Any]) -> Assessment:
    """Return a saved assessment judged again from what was saved with it, so that it reads the same
    whatever is installed now; a notice tells where that gives another one.
    """
    from steelyard.case.reading.read import parse_case
    from steelyard.judging.assessment import weigh
    from steelyard.located_yaml import mark

    book, case = workspace.stored_book(store, found["book"]["digest"]), store.case(found["case"])
    again = weigh(
        book, parse_case(mark(case, store.name), book, store.name), workspace.plugins.judge
    )
    if again.id != found["id"]:
        workspace.warn(
            [fault("", "judged again, this case gives another assessment: {id}", id=again.id)]
        )
    return again


def day_of(option: str, word: str) -> datetime.date:
    """Return the day that a word means; raises UsageError."""
    from steelyard.case.reading.parse_values import Wrong, read_date

    day = read_date(word)
    if isinstance(day, Wrong):
        raise UsageError([fault(option, "`{text}` is not a date such as 2026-03-01", text=word)])
    return datetime.date.fromordinal(day)
