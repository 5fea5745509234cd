"""The ladder of titles: what each rung needs, and whether this case meets it."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING, Literal, NamedTuple

from steelyard.book.model import Rung
from steelyard.case.environment import CaseWorld
from steelyard.expression.reference import Evaluation, exact
from steelyard.expression.types import Number
from steelyard.expression.values import Bounds
from steelyard.judging.shown import shown_of

if TYPE_CHECKING:
    from steelyard.judging.assessment import Assessment


class Climbed(NamedTuple):
    """One rung, and whether its needs are met, not met, or still open."""

    rung: Rung
    met: Literal["yes", "no", "open"]


def climbed(assessment: Assessment) -> tuple[Climbed, ...]:
    """Return every rung of the book's ladder, in its order, with whether the case meets its
    needs.
    """
    book = assessment.book
    shown = shown_of(book, assessment.case)
    number = Number(book.decimals, 0, book.points)
    standing, scored = assessment.standing, assessment.scored
    # Grades are compared by their place from the lowest up; a veto stands below them all.
    shown.outcomes = {
        "grade": Bounds(Fraction(standing.low + 1), Fraction(standing.high + 1)),
        "score": Bounds(exact(scored.low, number), exact(scored.high, number)),
    }
    found = []
    for rung in book.ladder:
        truth = Evaluation(CaseWorld(shown)).truth(rung.needs)
        # A rung wants a unit that is rated.
        must = truth.must and standing.not_rated == "no"
        may = truth.may and standing.not_rated != "yes"
        found.append(Climbed(rung, "yes" if must else "open" if may else "no"))
    return tuple(found)
