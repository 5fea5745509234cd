"""A made-up case as it is read: whatever does not hold together is left out, so that every case is
valid.
"""

from __future__ import annotations

import re
from typing import Any, NamedTuple

from steelyard.book.model import RuleBook
from steelyard.case.model import Case
from steelyard.case.reading.read import parse_case
from steelyard.errors import CaseError, Fault
from steelyard.expression.tree import Name, Over
from steelyard.located_yaml import mark
from steelyard.sample.targets import whole

_NAMED = re.compile(r"\b(facts|records)\.([^.\s:\[]+)")
_TRIES = 20


class Sound(NamedTuple):
    """A document without fault, and its case."""

    document: dict[str, Any]
    case: Case


def sound(document: dict[str, Any], book: RuleBook) -> Sound:
    """Return a document that reads without fault: what its faults name is left out, at worst
    everything.

    A derived fact may not lie within bounds that no rule tells of, as when more classes are named
    than there are.
    """
    for _ in range(_TRIES):
        try:
            return Sound(document, parse_case(mark(document, book.key), book, book.key))
        except CaseError as error:
            document = _without(document, book, error.faults)
    return _bare(document, book)


def _bare(document: dict[str, Any], book: RuleBook) -> Sound:
    bare = {key: document[key] for key in ("book", "subject", "period")}
    return Sound(bare, parse_case(mark(bare, book.key), book, book.key))


def _without(document: dict[str, Any], book: RuleBook, faults: tuple[Fault, ...]) -> dict[str, Any]:
    facts, records = dict(document.get("facts", {})), dict(document.get("records", {}))
    before = len(facts) + len(records)
    for one in faults:
        for part, name in _NAMED.findall(one.place):
            if part == "records":
                records.pop(name, None)
                continue
            facts.pop(name, None)
            fact = book.facts.get(name)
            for inner in (
                whole(book, fact.derived) if fact is not None and fact.derived is not None else ()
            ):
                if isinstance(inner, Over):
                    records.pop(inner.register, None)
                elif isinstance(inner, Name):
                    facts.pop(inner.name, None)
    if len(facts) + len(records) == before:
        # What is at fault has no name here.
        return {key: document[key] for key in ("book", "subject", "period")}
    return {**document, "facts": facts, "records": records}
