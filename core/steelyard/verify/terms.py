"""What a case of which nothing is known is made of: its period, and records that are alike."""

from __future__ import annotations

import datetime
from dataclasses import dataclass, field

import z3

from steelyard.book.model import Fact, RuleBook
from steelyard.expression.formulas import (
    Condition,
    Extent,
    Formula,
    Ratio,
    Term,
    greatest_of,
    least_of,
)
from steelyard.expression.smt import Reader
from steelyard.expression.types import Number, ranged

YEAR = 2026


@dataclass(frozen=True, slots=True)
class Moment:
    """The period and the day on which proofs look: the last day of a year in which the newest
    figures hold.
    """

    first: datetime.date
    last: datetime.date

    @classmethod
    def of(cls, book: RuleBook) -> Moment:
        """Return the year of a book's newest figures, within the time for which it holds."""
        year = YEAR
        for parameter in book.parameters.values():
            start = datetime.date.fromordinal(parameter.values[-1][0])
            year = max(year, start.year)
        until = book.effective[1]
        if until is not None:
            year = min(year, until.year)
        return cls(datetime.date(year, 1, 1), datetime.date(year, 12, 31))

    def figures(self, book: RuleBook) -> dict[str, Ratio]:
        """Return the parameters as they stand on that day."""
        day = self.last.toordinal()
        found = {}
        for parameter in book.parameters.values():
            begun = [units for start, units in parameter.values if start <= day]
            units = begun[-1] if begun else parameter.values[0][1]
            found[parameter.id] = Ratio(units, 10**parameter.scale)
        return found


@dataclass(eq=False)
class Kin:
    """Records alike: how many, and the terms of their fields, made as they are asked for."""

    register: str
    name: str
    times: Term
    values: dict[str, Formula] = field(default_factory=dict)


def survey_rate(positive: Term, asked: Term) -> Extent:
    """Return the rate of a survey: anything where nobody was asked."""
    nobody = asked == 0
    under = z3.If(nobody, 1, asked)
    return Extent(
        Ratio(z3.If(nobody, 0, positive), under), Ratio(z3.If(nobody, 1, positive), under)
    )


def within(reader: Reader, found: Extent, fact: Fact) -> Condition:
    """Return that what a derived fact works out at may lie within what is declared."""
    own = ranged(fact.type)
    unit = 10**own.scale if isinstance(own, Number) else 1
    low, high = (None if end is None else Ratio(end, unit) for end in (fact.low, fact.high))
    return reader.both(
        low is None or reader.at_most(low, found.high),
        high is None or reader.at_most(found.low, high),
    )


def held(reader: Reader, found: Extent, fact: Fact) -> Extent:
    """Return a derived fact: what a division leaves open lies within what is declared."""
    own = ranged(fact.type)
    unit = 10**own.scale if isinstance(own, Number) else 1
    low = high = found.low
    known = found.low is found.high
    if not known:
        high = found.high
        low = low if fact.low is None else greatest_of(reader, low, Ratio(fact.low, unit))
        high = high if fact.high is None else least_of(reader, high, Ratio(fact.high, unit))
    return found._replace(low=low, high=high)
