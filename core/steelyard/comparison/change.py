"""What changed between two assessments of one unit, split into what the rules and what the unit
brought about.
"""

from __future__ import annotations

import datetime
from dataclasses import dataclass
from typing import Any

from steelyard.book.model import RuleBook
from steelyard.comparison.decomposition import Difference, Direction, Interval, Line, Lines, read
from steelyard.comparison.migration import Gap, Left, Migrated, dated, figures, gaps, migrate
from steelyard.comparison.sampling import CONFIDENCE, Sample, sampled
from steelyard.errors import CaseError, fault
from steelyard.expression.types import number_text
from steelyard.judging.assessment import Assessment, weigh
from steelyard.judging.findings import Judges
from steelyard.messages import Title

__all__ = ["Change", "Difference", "Direction", "Interval", "Line", "change_between", "rescore"]

SCHEMA = "steelyard/change@2"


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """The change from an old assessment to a new one, or to the old case by a new book (`new` is
    None).

    Laws: in every line `total` = `rules` + `unit`; `sections` add up to `score`, `rules` and `rest`
    do, and so do `dimensions` and `rest` (points outside any dimension stand under an empty id).
    `day` is the one whose figures of the new book were used; `carried` says what of the old case
    the new book does not ask, and what it asks in vain, and `carried_new` the same of the new case
    where that was of another book. `samples` are the surveys of the old and of the new case.
    """

    old: Assessment
    between: Assessment
    new: Assessment | None
    day: datetime.date
    carried: Migrated
    carried_new: Migrated | None
    places: int
    score: Line
    sections: tuple[Line, ...]
    rules: tuple[Line, ...]
    rest: tuple[Line, ...]
    dimensions: tuple[Line, ...]
    samples: tuple[tuple[Sample, ...], tuple[Sample, ...]]
    book: RuleBook

    @property
    def verdict(self) -> Direction:
        """Whether the score went up, down, or cannot be told apart."""
        return self.score.total.verdict or "not_distinguishable"

    @property
    def later_figures(self) -> tuple[tuple[Title, str], ...]:
        """The figures of the new book that begin after the day whose figures were used, each with
        its first day.
        """
        begun = self.day.toordinal()
        return tuple(
            (one.title, datetime.date.fromordinal(start).isoformat())
            for one in self.book.parameters.values()
            for start, _ in one.values
            if start > begun
        )

    def to_json(self) -> dict[str, Any]:
        """Return the change as plain data in the published form `steelyard/change@2`."""
        case = (self.new or self.old).case
        return {
            "schema": SCHEMA,
            "subject": {
                "id": case.subject_id,
                "name": case.subject_name,
                "sector": case.sector,
                **case.unit.named,
            },
            "from": self._reading(self.old, self.old.case.as_of),
            "between": self._reading(self.between, self.day),
            "to": None if self.new is None else self._reading(self.new, self.day),
            "verdict": self.verdict,
            "score": self._line(self.score),
            "sections": [self._line(one) for one in self.sections],
            "rules": [self._line(one) for one in self.rules],
            "rest": [self._line(one) for one in self.rest],
            "dimensions": [self._line(one) for one in self.dimensions],
            "left_out": [_left(one) for one in self.carried.left_out],
            "left_out_of_new": [_left(one) for one in self.carried_new.left_out]
            if self.carried_new is not None
            else [],
            "unknown": [_gap(one) for one in self.carried.unknown],
            "unknown_of_new": [_gap(one) for one in self.carried_new.unknown]
            if self.carried_new is not None
            else [],
            "sampling": {
                "confidence": CONFIDENCE,
                "method": "wilson",
                "surveys": [
                    {
                        "of": side,
                        **one._asdict(),
                        "low": number_text(one.low, 6, 6),
                        "high": number_text(one.high, 6, 6),
                    }
                    for side, samples in zip(("from", "to"), self.samples, strict=True)
                    for one in samples
                ],
            },
        }

    def _reading(self, one: Assessment, figures: datetime.date) -> dict[str, Any]:
        book, standing = one.book, one.standing
        low, high = one.grade_id(standing.low), one.grade_id(standing.high)
        return {
            "book": {"id": book.id, "version": book.version, "digest": book.digest},
            "case": one.case.digest,
            "period": one.case.period,
            "as_of": one.case.as_of.isoformat(),
            "figures_of": figures.isoformat(),
            "score": {
                "low": one.text(one.scored.low),
                "high": one.text(one.scored.high),
                "full": one.text(book.points),
            },
            "grade": {"low": low, "high": high, "settled": one.settled},
            "veto": standing.veto,
            "not_rated": standing.not_rated,
        }

    def _line(self, one: Line) -> dict[str, Any]:
        return {
            "what": one.what,
            "id": one.id,
            "title": one.title._asdict(),
            "from": _ends(one.old),
            "between": _ends(one.between),
            "to": _ends(one.new),
            "total": _difference(one.total),
            "rules": _difference(one.rules),
            "unit": None if one.unit is None else _difference(one.unit),
        }


def _left(one: Left) -> dict[str, Any]:
    return {**one._asdict(), "title": one.title._asdict(), "why": one.why._asdict()}


def _gap(one: Gap) -> dict[str, Any]:
    return {**one._asdict(), "title": one.title._asdict()}


def _ends(of: Interval | None) -> dict[str, str] | None:
    return None if of is None else {"low": f"{of.low:f}", "high": f"{of.high:f}"}


def _difference(one: Difference) -> dict[str, Any]:
    return {
        "low": f"{one.low:f}",
        "high": f"{one.high:f}",
        "bounds": _ends(one.bounds),
        "sampled": _ends(one.sampled),
        "verdict": one.verdict,
    }


def nobody(_rule: object, _case: object) -> None:
    """Judge no rule: what is `judged` stays unknown."""


def change_between(
    old: Assessment,
    new: Assessment,
    judges: Judges = nobody,
    *,
    book: RuleBook | None = None,
    day: datetime.date | None = None,
) -> Change:
    """Return the change from one assessment of a unit to a later one, split exactly.

    What the rules changed is the old case by the new book less the old case by the old book; what
    the unit changed is the new case by the new book less the old case by the new book. The new book
    is the new assessment's unless `book` is given. "By the new book" means with its figures as of
    `day`, which is the new case's `as_of` unless given; the old case keeps its own period and
    `as_of` for everything else (waivers, lateness, ages). Raises CaseError when the two are of
    different units or sectors, or the book has no figure on `day`.
    """
    if old.case.unit != new.case.unit:
        raise CaseError(
            [
                fault(
                    str(new.case.unit),
                    "is another unit than `{id}`; a change is of one unit",
                    id=str(old.case.unit),
                )
            ]
        )
    chosen = new.book if book is None else book
    carried_new = None
    if chosen.digest != new.book.digest or day not in {None, new.case.as_of}:
        fixed = _dated(chosen, new, day or new.case.as_of)
        carried_new = migrate(new.case, new.book, fixed)
        new = weigh(fixed, carried_new.case, judges)
    return _change(old, chosen, (new, carried_new), judges, day or new.case.as_of)


def rescore(
    old: Assessment, book: RuleBook, judges: Judges = nobody, *, day: datetime.date | None = None
) -> Change:
    """Return the same case under another book or version: all of the change is the rules'.

    The book's figures are those as of `day`: unless given, the case's own `as_of`, or the first day
    on which the book holds (`effective.from`) where that is later. Raises CaseError as
    `change_between` does.
    """
    first = book.effective[0]
    return _change(
        old,
        book,
        (None, None),
        judges,
        day or (max(old.case.as_of, first) if first else old.case.as_of),
    )


def _dated(book: RuleBook, assessment: Assessment, day: datetime.date) -> RuleBook:
    return dated(book, day, assessment.case.first.year, assessment.case.last)


def _change(
    old: Assessment,
    book: RuleBook,
    later: tuple[Assessment | None, Migrated | None],
    judges: Judges,
    day: datetime.date,
) -> Change:
    new, carried_new = later
    fixed = _dated(book, old, day)
    if (
        book.digest == old.book.digest
        and fixed.stages == old.book.stages
        and figures(book, day) == old.case.parameters
    ):
        # The very same rules: nothing is read or judged again.
        carried, between = (
            Migrated(old.case, (), tuple(gaps(old.case, old.book, old.case, old.book))),
            old,
        )
    else:
        carried = migrate(old.case, old.book, fixed)
        between = weigh(fixed, carried.case, judges)
    readings = [one for one in (old, between, new) if one is not None]
    places = max(one.book.decimals for one in readings)
    plain = [read(one, places) for one in readings]
    wide = {one: _widened(one, judges) for one in dict.fromkeys(readings)}
    widened = [wide[one] for one in readings]
    unsure = (
        [read(one, places) for one, _ in widened]
        if any(samples for _, samples in widened)
        else plain
    )
    lines = Lines(places, plain, unsure)
    return Change(
        old=old,
        between=between,
        new=new,
        day=day,
        carried=carried,
        carried_new=carried_new,
        places=places,
        score=lines.score(),
        sections=tuple(lines.sections()),
        rules=tuple(lines.rules()),
        rest=tuple(lines.rest()),
        dimensions=tuple(lines.dimensions()),
        samples=(widened[0][1], widened[2][1] if new is not None else ()),
        book=book,
    )


def _widened(assessment: Assessment, judges: Judges) -> tuple[Assessment, tuple[Sample, ...]]:
    case, samples = sampled(assessment.book, assessment.case)
    return (weigh(assessment.book, case, judges), samples) if samples else (assessment, ())
