"""The maker of units: studies each book once, then makes one unit after another."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from steelyard.book.model import RuleBook
from steelyard.case.reading.read import parse_case
from steelyard.located_yaml import mark
from steelyard.sample.calibrate import calibrated
from steelyard.sample.draft import documents
from steelyard.sample.mend import Sound, sound
from steelyard.sample.population import Member
from steelyard.sample.study import Study, study_of


class Maker:
    """Makes the cases of units; unit and quarter hang on the seed, the book and the number
    alone.
    """

    def __init__(self, find: Callable[[str], RuleBook], seed: int, periods: Sequence[str]) -> None:
        """Take what finds books by their keys, the seed, and the quarters in the order of time."""
        self._find = find
        self._seed = seed
        self._periods = tuple(periods)
        self._studies: dict[str, Study] = {}

    def study(self, book: str) -> Study:
        """Return what is known of a book, found out when it is first asked for."""
        if book not in self._studies:
            self._studies[book] = calibrated(
                study_of(self._find(book), self._periods[0]), self._periods[0]
            )
        return self._studies[book]

    def cases(self, member: Member) -> Iterator[Sound]:
        """Yield a unit's case of every quarter."""
        study = self.study(member.book)
        for document in documents(study, self._seed, member.number, self._periods):
            yield sound(document, study.book)


def check(book: RuleBook, periods: Sequence[str]) -> None:
    """Raise CaseError where no case can be read in one of some periods, as when a parameter has no
    figure yet.
    """
    for period in periods:
        parse_case(
            mark({"book": book.key, "subject": "sample", "period": period}, book.key),
            book,
            book.key,
        )
