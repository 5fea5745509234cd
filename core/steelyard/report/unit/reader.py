"""Who reads a report of a unit: the language, and whether persons appear by their names."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from decimal import Decimal
from typing import TYPE_CHECKING, NamedTuple

from steelyard.expression.types import decimal_of
from steelyard.judging.consequences import not_named
from steelyard.messages import Language
from steelyard.report.page import Span
from steelyard.report.phrases import Phrases

if TYPE_CHECKING:
    from steelyard.book.model import Consequence
    from steelyard.judging.assessment import Assessment
    from steelyard.judging.findings import Followed
    from steelyard.judging.missing import Missing


class Burden(NamedTuple):
    """Somebody on whom something falls, in words, with the anchor of their row and all that falls
    on them.
    """

    party: str
    anchor: str
    consequences: list[Followed]


class Reader(Phrases):
    """Phrases about one assessment; `names` holds the names of persons that may be shown, by id.

    A `terse` report says what fits a terminal.
    """

    def __init__(
        self,
        assessment: Assessment,
        language: Language,
        names: Mapping[str, str],
        *,
        day: datetime.date | None = None,
        terse: bool = False,
    ) -> None:
        """Take the assessment, the language, the names, the day of the report (none: that of the
        assessment), and whether the report is terse.
        """
        super().__init__(language)
        self.assessment = assessment
        self.names = names
        self.day = day or assessment.case.as_of
        self.terse = terse

    def anchor(self, kind: str, name: str) -> str:
        """Return the id of the row that tells of a rule or a party; a terminal has none."""
        return "" if self.terse else f"{kind}-{name}"

    def record(self, row: Consequence, record: str) -> str:
        """Return the record that a consequence follows from, by its register's title and its id;
        nothing where there is none.
        """
        register = self.assessment.book.registers.get(row.on)
        return f"{self.of(register.title)} {record}" if register is not None and record else ""

    def office(self, one: Missing) -> str:
        """Return the office that must show a thing, nothing where the book names none."""
        name = one.responsible
        return self.of(self.assessment.book.offices[name]) if name else ""

    def points(self, units: int) -> Decimal:
        """Return points of the book as a decimal."""
        return decimal_of(units, self.assessment.book.decimals)

    def span(self, low: int, high: int) -> Span:
        """Return two ends in points of the book."""
        return Span(self.points(low), self.points(high))

    def text(self, units: int) -> str:
        """Return points as text with the book's decimals."""
        return self.assessment.text(units)

    def named(self, party: str) -> str:
        """Return a party's id, with the name where it may be shown."""
        return f"{party} {self.names[party]}" if party in self.names else party

    def followed(self) -> list[Burden]:
        """Return the consequences by those on whom they fall; of those who are not named, each role
        by itself.
        """
        case = self.assessment.case
        found: dict[tuple[str, str], Burden] = {}
        for one in self.assessment.consequences:
            unnamed = not_named(case, one)
            said = self._party(one, unnamed=unnamed)
            key = f"{one.kind}-{one.party}", said
            place = f"-{one.row}" if unnamed else ""
            burden = Burden(said, self.anchor("party", key[0] + place), [])
            found.setdefault(key, burden).consequences.append(one)
        return list(found.values())

    def _party(self, one: Followed, *, unnamed: bool) -> str:
        book = self.assessment.book
        if one.kind == "subject":
            return self.say("the unit")
        if unnamed:
            role = self.whom(book, book.consequences[one.row])
            return self.say("{kind} not named").format(kind=role)
        return f"{self.of(book.kinds[one.kind].title)} {self.named(one.party)}"


def share(part: int, whole: int) -> Decimal:
    """Return a share to four places."""
    return (Decimal(part) / Decimal(whole)).quantize(Decimal("0.0001")) if whole else Decimal(0)
