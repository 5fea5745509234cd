"""What is handed out to whom: the facts and registers of a book that one office answers for, or
that are shown in one way, and by when.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from datetime import date
from typing import Literal, NamedTuple

from steelyard.book.answering import Answering
from steelyard.book.due import dues_of
from steelyard.book.model import METHODS, Fact, Register, RuleBook
from steelyard.book.terms import METHOD_TITLES
from steelyard.messages import Language, Title

By = Literal["office", "method"]
NOBODY: dict[By, Title] = {
    "office": Title("未定责任部门", "No office named"),
    "method": Title("未定采集方式", "No method named"),
}
_EVERYBODY = Title("", "")
_LONGEST = 60
_UNASSIGNED: dict[By, Title] = {by: Title(title.zh, "unassigned") for by, title in NOBODY.items()}
_COPY = re.compile(r"(?:\s*[-_]?\s*(?:[(（]\d+[)）]|\d+|copy|副本))?")
"""What systems put behind the name of a second file of a name."""


class Handout(NamedTuple):
    """A part of a book to fill in: whose it is (no title: everybody's), the ids of its facts and
    registers, the day by which it is wanted, and the first day of the period.

    `first_due` is the earliest due date among its deliverables that lies before that day, None
    without one; `order` holds its facts most valuable first, where that is how they stand.
    """

    key: str
    title: Title
    facts: frozenset[str]
    registers: frozenset[str]
    by: date
    start: date
    first_due: date | None = None
    order: tuple[str, ...] = ()


def handouts(
    book: RuleBook, by: By | None, first: date, last: date, until: date | None = None
) -> list[Handout]:
    """Return the parts of a book that are handed out in the period from `first` to `last`: one for
    each office or method in the book's order, then what is nobody's; without `by` one in all.

    With `until` only what is due on that day or before: deliverables by their due dates, all else
    on the period's last day. Parts with nothing in them are left out.
    """
    dues = dues_of(book, first)

    def due(fact: Fact) -> date:
        return (dues[fact.id].by if fact.id in dues else None) or last

    answering = Answering(book)
    whose: Callable[[Fact | Register], frozenset[str]] = {
        "office": answering.offices,
        "method": answering.methods,
        None: lambda _: frozenset({""}),
    }[by]
    facts = [one for one in book.collected if until is None or due(one) <= until]
    registers = [one for one in book.registers.values() if until is None or last <= until]
    found = []
    for key, title in _parts(book, by):
        mine = [one for one in facts if key in whose(one)]
        listed = frozenset(one.id for one in registers if key in whose(one))
        if not mine and not listed:
            continue
        wanted = until or last
        early = [due(one) for one in mine if due(one) < wanted]
        ids = frozenset(one.id for one in mine)
        found.append(Handout(key, title, ids, listed, wanted, first, min(early, default=None)))
    return found


def file_names(parts: Sequence[Handout], by: By, language: Language) -> list[str]:
    """Return the names of the files of handouts, without a suffix: in Chinese the titles, of
    offices that share one with their ids; else the ids.
    """
    words = [
        _UNASSIGNED[by].of(language)
        if not one.key
        else _safe(one.title.zh)
        if language == "zh"
        else one.key
        for one in parts
    ]
    return [
        word if words.count(word) == 1 else f"{word}-{one.key}" if one.key else f"{word}-"
        for word, one in zip(words, parts, strict=True)
    ]


def method_of(name: str) -> str | None:
    """Return the method of which a file of a name was handed out, an empty text for what has none;
    None where the name says otherwise.
    """
    word = name.casefold().strip()
    for method, titles in (*METHOD_TITLES.items(), ("", _UNASSIGNED["method"])):
        for one in (method or titles.en, titles.zh):
            if word.startswith(one) and _COPY.fullmatch(word, len(one)):
                return method
    return None


def _safe(title: str) -> str:
    """Return a title as far as any file system can bear it as a file's name."""
    found = "".join(sign if sign.isalnum() or sign in "（）()._- " else "_" for sign in title)
    return found[:_LONGEST].strip(" .") or "_"


def _parts(book: RuleBook, by: By | None) -> Sequence[tuple[str, Title]]:
    if by is None:
        return [("", _EVERYBODY)]
    named = (
        list(book.offices.items())
        if by == "office"
        else [(method, METHOD_TITLES[method]) for method in METHODS]
    )
    return [*named, ("", NOBODY[by])]
