"""What a user's words on the command line mean: a rule book by its id or file, an assessment by its
id or its case.
"""

from __future__ import annotations

import datetime
import json
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

import click

from steelyard.cli.settings import Settings
from steelyard.errors import BookError, Fault, UsageError, fault

if TYPE_CHECKING:
    from steelyard.book.model import RuleBook
    from steelyard.judging.assessment import Assessment

_SUFFIXES = (".yaml", ".yml")


def book_at(settings: Settings, word: str) -> RuleBook:
    """Return the book that a word means: `id`, `id@version`, or a file; raises BookError."""
    path = Path(word)
    if not (word.endswith(_SUFFIXES) or path.is_file()):
        return settings.library.find(word)
    from steelyard.book.library import Library, scan

    found = scan(path, word)
    if found.faults or not found.sources:
        raise BookError(found.faults or [fault(word, "is a case, not a rule book")])
    # The file stands for itself, also where an installed book bears its name.
    others = [
        one
        for one in settings.library.sources
        if one.key not in {source.key for source in found.sources}
    ]
    return Library([*others, *found.sources], (), settings.plugins.measures).find(
        found.sources[0].key
    )


def books_at(settings: Settings, words: Iterable[str]) -> list[RuleBook]:
    """Return the books that some words mean; raises BookError with the faults of all."""
    found, faults = [], list[Fault]()
    for word in words:
        try:
            found.append(book_at(settings, word))
        except BookError as error:
            faults.extend(error.faults)
    if faults:
        raise BookError(faults)
    return found


def assessment_at(settings: Settings, word: str) -> Assessment:
    """Return the assessment that a word means: the id of a saved one, or the beginning of it; or a
    case file, weighed now.

    A saved one is judged again from what was saved with it; a word on standard error tells where
    that gives another assessment. Raises StoreError, CaseError, BookError.
    """
    return _weighed(settings, Path(word)) if Path(word).is_file() else _saved(settings, word)


def _weighed(settings: Settings, file: Path) -> Assessment:
    from steelyard.cli.weigh import weigh_all

    with weigh_all([file], settings) as weighed:
        if weighed.only is None:
            raise UsageError(
                [fault(str(file), "holds {count} cases, and one is wanted", count=weighed.count)]
            )
        return weighed.only


def _saved(settings: Settings, word: str) -> Assessment:
    from steelyard.book.reading.load import load_book
    from steelyard.case.reading.read import read_case
    from steelyard.judging.assessment import judge
    from steelyard.located_yaml import mark
    from steelyard.store.store import Store

    with Store.open(settings.db, create=False) as store:
        found = store.get(word)
        document, case = store.book(found["book"]["digest"]), store.case(found["case"])
    book = load_book(
        json.dumps(document, ensure_ascii=False),
        f"{settings.db}: {found['book']['id']}",
        measures=settings.plugins.measures,
    )
    again = judge(
        book, read_case(mark(case, settings.db), book, settings.db), settings.plugins.judge
    )
    if again.id != found["id"]:
        click.echo(
            settings.say("warning: judged again, this case gives another assessment: {id}").format(
                id=again.id
            ),
            err=True,
        )
    return again


def day_of(option: str, word: str) -> datetime.date:
    """Return the day that a word means; raises UsageError."""
    from steelyard.case.reading.parse_values import Wrong, read_date

    day = read_date(word)
    if isinstance(day, Wrong):
        raise UsageError([fault(option, "`{text}` is not a date such as 2026-03-01", text=word)])
    return datetime.date.fromordinal(day)
