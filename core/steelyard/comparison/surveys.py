"""What surveys leave open of an assessment: every measure with their sampling error, worked out
when it is saved, so that a later comparison need not judge the case again.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from steelyard.book.model import RuleBook
from steelyard.comparison.attainment import WHOLE
from steelyard.comparison.peers import MEASURES, SCORE
from steelyard.comparison.sampling import Sample, sampled, surveys_of
from steelyard.expression.types import divide
from steelyard.forms.form import CARRIED
from steelyard.judging.assessment import Assessment, weigh
from steelyard.judging.findings import Judges

Ends = tuple[int, int]


class Surveyed(NamedTuple):
    """The surveys of a case, and the ends of every measure, in millionths, with their sampling
    error.
    """

    wide: Mapping[str, Ends]
    samples: tuple[Sample, ...]

    def document(self) -> dict[str, Any]:
        """Return it as plain data."""
        return {"wide": self.wide, "samples": self.samples}

    @classmethod
    def of(cls, document: Mapping[str, Any]) -> Surveyed:
        """Return it from plain data."""
        return cls(
            {name: (low, high) for name, (low, high) in document["wide"].items()},
            tuple(Sample(*one) for one in document["samples"]),
        )


def surveyed(assessment: Assessment, judges: Judges) -> Surveyed:
    """Return what the surveys of an assessment leave open."""
    case, samples = sampled(assessment.book, assessment.case)
    return Surveyed(
        measures(weigh(assessment.book, case, judges) if samples else assessment), samples
    )


def asks_surveys(book: RuleBook) -> bool:
    """Whether a book has facts that are surveys."""
    return bool(surveys_of(book))


def measures(assessment: Assessment) -> dict[str, Ends]:
    """Return the score as a share of the full one, and every attainment, as their ends in
    millionths.
    """
    scored, full = assessment.scored, assessment.book.points * 10**CARRIED
    shares = {SCORE: (scored.low * 10**CARRIED, scored.high * 10**CARRIED, full)}
    for name, (low, high, points, asked) in assessment.dimensions.items():
        if asked != "no":
            shares[name] = (low, high, points * 10**CARRIED)
    return {
        name: (divide(low * WHOLE, whole, 0), divide(high * WHOLE, whole, 0))
        for name in MEASURES
        for low, high, whole in ((shares[name],) if name in shares else ())
        if whole
    }
