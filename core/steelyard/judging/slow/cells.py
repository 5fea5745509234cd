"""What a case's cells say, read anew: values given, values not given, facts that bound each
other.
"""

from __future__ import annotations

import datetime
import re
from collections.abc import Mapping
from fractions import Fraction
from math import ceil, floor
from typing import Any

from steelyard.book.model import Fact, RuleBook
from steelyard.case.model import Case, Given
from steelyard.expression.reference import Reading
from steelyard.expression.types import Boolean, Number, Survey, Type, ranged
from steelyard.expression.values import UNKNOWN, Bounds, Truth

SURELY = Truth(must=True, may=True)
PERHAPS = Truth(must=False, may=True)
NEVER = Truth(must=False, may=False)
_PARTS: Mapping[str, int] = {"H": 6, "Q": 3, "-": 1, "": 12}
"""How many months a period has, by the letter before its number."""


def places_of(kind: Type) -> int:
    """Return how many decimals values of a type have; days and positions have none."""
    if isinstance(kind, Survey):
        return 6
    return kind.scale if isinstance(kind, Number) else 0


def anything(kind: Type, *, none: bool) -> Reading:
    """Return the reading of a value of which nothing is known but its type."""
    if isinstance(kind, Boolean):
        return PERHAPS
    span = ranged(kind)
    if span is None:
        return UNKNOWN
    unit = 10 ** places_of(kind)
    return Bounds(Fraction(span.low, unit), Fraction(span.high, unit), none)


def read_cell(cell: tuple[Any, ...], kind: Type) -> Reading:
    """Return what a cell says: (low, high), at times with "may be none", or one value."""
    first, last = cell[0], cell[min(1, len(cell) - 1)]
    if first is None:
        return None
    if isinstance(kind, Boolean):
        return Truth(bool(first), bool(last))
    if ranged(kind) is None:
        word: Reading = first
        return word
    unit = 10 ** places_of(kind)
    return Bounds(Fraction(first, unit), Fraction(last, unit), len(cell) > 2 and bool(cell[2]))


def settled(found: Reading) -> bool:
    """Whether a reading leaves nothing open."""
    if isinstance(found, Truth):
        return found.must == found.may
    if isinstance(found, Bounds):
        return found.low == found.high and not found.none
    return found is not UNKNOWN


def read_facts(book: RuleBook, case: Case) -> dict[str, Reading]:
    """Return what the facts say that are not derived, those that bound each other narrowed.

    Each pair (small, large) cuts the top of the one and the bottom of the other, until nothing
    changes: ends only move inwards and are taken from each other, so this comes to an end.
    """
    found = {fact.id: _fact(case.facts.get(fact.id), fact) for fact in book.collected}
    pairs = [(fact.id, fact.high_fact) for fact in book.collected if fact.high_fact]
    pairs += [(fact.low_fact, fact.id) for fact in book.collected if fact.low_fact]
    while True:
        before = dict(found)
        for small, large in pairs:
            below, above = found[small], found[large]
            if not isinstance(below, Bounds) or not isinstance(above, Bounds):
                continue
            units = [10 ** places_of(book.facts[name].type) for name in (small, large)]
            top = Fraction(floor(above.high * units[0]), units[0])
            bottom = Fraction(ceil(below.low * units[1]), units[1])
            # A value that may be none need not be there to bound the other.
            if not above.none and below.high > top:
                found[small] = _cut(below.low, top, below)
            if not below.none and above.low < bottom:
                found[large] = _cut(bottom, above.high, above)
        if found == before:
            return found


def _cut(low: Fraction, high: Fraction, was: Bounds) -> Reading:
    """Return bounds cut down; where nothing is left of what may be none, it is none."""
    return None if was.none and low > high else was._replace(low=low, high=high)


def _fact(given: Given | None, fact: Fact) -> Reading:
    if given is None:
        return anything(fact.type, none=fact.nullable)
    if given.word is not None:
        # Evidence that disagrees about a word leaves it unknown, be it a position in an order.
        unknown = given.word is UNKNOWN
        return anything(fact.type, none=fact.nullable) if unknown else given.word
    if given.low is None or given.high is None:
        return None
    if isinstance(fact.type, Boolean):
        return Truth(bool(given.low), bool(given.high))
    if given.survey is not None:
        positive, asked = given.survey
        rate = Fraction(positive, asked) if asked else None
        return Bounds(Fraction(0), Fraction(1)) if rate is None else Bounds(rate, rate)
    unit = 10 ** places_of(fact.type)
    # Without counts nobody has said whether people were asked at all.
    none = isinstance(fact.type, Survey) and fact.nullable
    return Bounds(Fraction(given.low, unit), Fraction(given.high, unit), none)


def days_of(period: str) -> tuple[int, int]:
    """Return the first and the last day of a period such as 2026, 2026H1, 2026Q3 or 2026-11."""
    said = re.fullmatch(r"(\d{4})([HQ-]?)(\d*)", period)
    if said is None:
        raise AssertionError(period)
    year, length = int(said[1]), _PARTS[said[2]]
    month = (int(said[3] or 1) - 1) * length + 1
    return datetime.date(year, month, 1).toordinal(), last_of_month(year, month + length - 1)


def last_of_month(year: int, month: int) -> int:
    """Return the last day of a month: the day before the next one begins."""
    after = datetime.date(year + month // 12, month % 12 + 1, 1)
    return after.toordinal() - 1
