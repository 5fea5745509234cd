"""What a case of which nothing is known is made of: its period, and records that are alike."""

from __future__ import annotations

import datetime
from collections.abc import Iterator
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
    """The period and the day on which proofs look: as of its last day where none is said."""

    first: datetime.date
    last: datetime.date
    as_of: datetime.date | None = None

    @classmethod
    def of(cls, book: RuleBook) -> Moment:
        """Return the year of a book's newest figures, within the time for which it holds, as of its
        last day.
        """
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
        day = self.day.toordinal()
        found = {}
        for parameter in book.parameters.values():
            begun = [units for start, units in parameter.values if start <= day]
            units = begun[-1] if begun else parameter.values[0][1]
            found[parameter.id] = Ratio(units, 10**parameter.scale)
        return found

    @property
    def day(self) -> datetime.date:
        """The day as of which a case is weighed."""
        return self.as_of or self.last

    @property
    def period(self) -> str:
        """The period as a case writes it."""
        year, month = self.first.year, self.first.month
        return {
            1: f"{year}-{month:02}",
            3: f"{year}Q{(month + 2) // 3}",
            6: f"{year}H{(month + 5) // 6}",
        }.get(self.last.month - month + 1, str(year))

    def others(self, book: RuleBook) -> Iterator[Moment]:
        """Yield the days of every year, half, quarter and month of the years in which a book begins
        to hold or its figures change, and of this one.
        """
        begun = max((one.values[0][0] for one in book.parameters.values()), default=0)
        since, until = book.effective
        years = {self.first.year, *(one.year for one in book.effective if one is not None)}
        for parameter in book.parameters.values():
            years |= {datetime.date.fromordinal(start).year for start, _ in parameter.values}
        for year in sorted(years, reverse=True):
            for months in (12, 6, 3, 1):
                for month in range(1, 13, months):
                    first = datetime.date(year, month, 1)
                    past = month + months
                    end = datetime.date(year + past // 13, (past - 1) % 12 + 1, 1)
                    for day in range((end - first).days):
                        moved = first + datetime.timedelta(days=day)
                        holds = (since is None or since <= first) and (
                            until is None or moved <= until
                        )
                        if holds and begun <= moved.toordinal():
                            yield Moment(first, end - datetime.timedelta(days=1), moved)


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
