"""What judging says of one case, as plain values: findings, verdicts, what falls on whom."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import date
from decimal import Decimal
from functools import lru_cache, partial
from typing import NamedTuple, cast

from steelyard.book.due import window_of
from steelyard.book.model import Outcome, Rule, RuleBook
from steelyard.case.model import Case
from steelyard.messages import Title


class Finding(NamedTuple):
    """What one rule says of one case: points between low and high, and why.

    A plugin that judges a rule gives `rule`, `low`, `high` and, if it can, `because`; the rest
    follows from them.
    """

    rule: str
    low: Decimal
    high: Decimal
    because: Title | None = None
    outcome: Outcome = "unknown"
    records: tuple[str, ...] = ()


class JudgedBy(Finding):
    """A finding that a plugin made, whose name it has."""

    plugin = ""


class Verdict(NamedTuple):
    """A finding as judged: points in units of the book's decimals, no words yet."""

    rule: str
    outcome: Outcome
    low: int
    high: int
    records: tuple[str, ...] | list[str]


# A named tuple's own constructor is Python; the tuple's, mapped over rows, takes a third of the
# time, and a verdict for every rule is a good part of what judging takes.
verdict = cast("Callable[[Iterable[object]], Verdict]", partial(tuple.__new__, Verdict))


class Followed(NamedTuple):
    """A consequence that falls on a party: the row of the book, the party (empty: the subject), the
    record behind it.
    """

    row: int
    kind: str
    party: str
    record: str
    certain: bool


Judges = Callable[[Rule, Case], Finding | None]
"""Answers for rules that are judged by plugins; None leaves a rule unknown."""


def windows(book: RuleBook, case: Case) -> Mapping[str, int | None]:
    """Return the last day of every stage's window as an ordinal; None where it is left open."""
    return _windows(book, case.first)


@lru_cache(maxsize=64)
def _windows(book: RuleBook, start: date) -> Mapping[str, int | None]:
    ends = {stage.id: window_of(stage, start).last for stage in book.stages.values()}
    return {name: None if last is None else last.toordinal() for name, last in ends.items()}
