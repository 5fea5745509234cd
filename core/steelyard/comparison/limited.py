"""Units whose grade stays below what their points earn: a good list commends none of them."""

from __future__ import annotations

import datetime
from collections.abc import Callable, Mapping
from fractions import Fraction
from typing import TYPE_CHECKING, NamedTuple

from steelyard.comparison.listing import SCORE, ListRule
from steelyard.comparison.snapshot import Snapshot
from steelyard.errors import SteelyardError, StoreError
from steelyard.judging.slow.terms import cut_of

if TYPE_CHECKING:
    from steelyard.book.model import RuleBook
    from steelyard.comparison.table import Integers, Truths

Books = Callable[[str], "RuleBook | None"]


class _Ladder(NamedTuple):
    """The grades of a book on a day: the place of each from the lowest up, and the scores from
    which they are given, best first.
    """

    places: Mapping[str, int]
    cuts: tuple[tuple[Fraction, int], ...]

    def earned(self, score: Fraction) -> int:
        """Return the place of the grade that a score earns by itself."""
        return next((place for cut, place in self.cuts if score >= cut), 0)


class Limited:
    """Asks books what grade a score earns by the cut-offs alone."""

    def __init__(self, books: Books) -> None:
        """Take what gives a book by its digest, or None where it is not at hand."""
        self._books = books
        self._ladders: dict[tuple[str, str], _Ladder | None] = {}

    def rows(self, rule: ListRule, now: Snapshot, candidates: Integers) -> tuple[Truths, Truths]:
        """Return which rows of a period surely, and which perhaps, end in a grade below the one
        that a good list stands for: what the points asked for earn where it goes by the score, else
        what the unit's own points do.

        Of a book that is not at hand, or whose grades ask for no score, nothing is known.
        """
        import numpy as np

        table, heads = now.table, now.table.heads
        surely, perhaps = (np.zeros(len(table), dtype=np.bool_) for _ in range(2))
        asked = rule.threshold if rule.by == SCORE else None
        for row in candidates.tolist():
            ladder = self._ladder(heads.digest[row], heads.as_of[row])
            if ladder is None:
                continue
            unit = 10 ** int(table.decimals[row])
            earned = (
                Fraction(int(table.score[row, 0]), unit)
                if asked is None
                else Fraction(asked) * Fraction(int(table.score[row, 2]), unit)
            )
            wanted = ladder.earned(earned)
            low, high = (
                ladder.places.get(end, wanted)
                for end in (heads.grade_low[row], heads.grade_high[row])
            )
            surely[row], perhaps[row] = high < wanted, low < wanted <= high
        return surely, perhaps

    def _ladder(self, digest: str, day: str) -> _Ladder | None:
        key = digest, day
        if key not in self._ladders:
            try:
                book = self._books(digest)
            except StoreError:
                # What is not as it was saved is refused, not passed over.
                raise
            except SteelyardError:
                book = None
            self._ladders[key] = _ladder(book, day) if book is not None else None
        return self._ladders[key]


def _ladder(book: RuleBook, day: str) -> _Ladder:
    when = datetime.date.fromisoformat(day).toordinal()
    last = len(book.grades) - 1
    places = {grade.id: last - at for at, grade in enumerate(book.grades)}
    cuts = ((cut_of(book, grade, when), places[grade.id]) for grade in book.grades)
    return _Ladder(places, tuple((cut, place) for cut, place in cuts if cut is not None))
