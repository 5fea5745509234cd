"""An assessment: what judging one case by one book gives, as an immutable value and as the
published JSON.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from decimal import Decimal
from functools import cached_property
from typing import Any

from steelyard.book.model import Grade, Outcome, Rule, RuleBook
from steelyard.case.model import Case
from steelyard.errors import CaseError, Fault, fault
from steelyard.expression.types import decimal_of, number_text, rescale, units_of
from steelyard.forms.form import CARRIED
from steelyard.judging.compiled.compile import Found, judging, listing
from steelyard.judging.compiled.runtime import CERTAIN, INAPPLICABLE, PERHAPS, WAIVED
from steelyard.judging.compiled.undefined import Open
from steelyard.judging.deadlines import Deadline, deadlines
from steelyard.judging.earlier_form import PRESENT
from steelyard.judging.findings import (
    Finding,
    Followed,
    JudgedBy,
    Judges,
    Verdict,
    verdict,
    windows,
)
from steelyard.judging.ledger import (
    HALF,
    UNIT,
    Answer,
    Asked,
    Entry,
    Scored,
    Standing,
    layout,
)
from steelyard.messages import Title
from steelyard.version import VERSION

SCHEMA = PRESENT


# By how surely a rule applies, where it does not surely do.
_STATED: Mapping[int, Outcome] = {
    PERHAPS: "unknown", INAPPLICABLE: "not_applicable", WAIVED: "waived",
}  # fmt: skip


NONE: frozenset[str] = frozenset()


def _nobody(_rule: Rule, _case: Case) -> None:
    return None


class Assessment:
    """A case weighed by a book. Same book and case, same assessment, byte for byte."""

    def __init__(
        self, book: RuleBook, case: Case, judged: Mapping[str, Finding], found: Found
    ) -> None:
        """Keep what judging found; words are made when they are asked for."""
        self.book = book
        self.case = case
        self.judged = judged
        self._found = found
        # What is printed of each rule is rounded from what is carried.
        self._lows = self._highs = [(low + HALF) // UNIT for low in found.lows]
        if found.lows != found.highs:
            self._highs = [(high + HALF) // UNIT for high in found.highs]
        self.scored = Scored(book, found, self._lows, self._highs)

    @cached_property
    def verdicts(self) -> list[Verdict]:
        """What every rule says, in units of the book's decimals and without words."""
        found, laid = self._found, layout(self.book)
        outcomes: list[Outcome]
        if any(found.states):
            ends = zip(found.lows, found.highs, laid.carried, found.states, strict=True)
            outcomes = [
                _STATED[state] if state else _outcome(low, high, full)
                for low, high, full, state in ends
            ]
        elif self._lows is self._highs:
            outcomes = [
                "pass" if low == full else "partial" if low else "fail"
                for low, full in zip(found.lows, laid.carried, strict=True)
            ]
        else:
            outcomes = [
                "unknown"
                if low != high
                else "pass"
                if low == full
                else "partial"
                if low
                else "fail"
                for low, high, full in zip(found.lows, found.highs, laid.carried, strict=True)
            ]
        verdicts = list(
            map(
                verdict,
                zip(laid.ids, outcomes, self._lows, self._highs, found.records, strict=True),
            )
        )
        for place, low, high in found.weighed:
            # What a weight makes of it may round to all or nothing.
            if not found.states[place]:
                own = _outcome(low, high, laid.full[place])
                verdicts[place] = verdicts[place]._replace(outcome=own)
        for place in found.unwhole:
            if verdicts[place].outcome == "pass":
                verdicts[place] = verdicts[place]._replace(outcome="partial")
        return verdicts

    @property
    def carried(self) -> dict[str, tuple[int, int]]:
        """What each rule earns at least and at most, in carried points; 0 where it may not
        apply.
        """
        found = self._found
        ends = zip(found.lows, found.highs, strict=True)
        return dict(zip(layout(self.book).ids, ends, strict=True))

    @property
    def applies(self) -> dict[str, Answer]:
        """Whether each rule applies."""
        ids = layout(self.book).ids
        return {
            name: "yes" if state == CERTAIN else "possible" if state == PERHAPS else "no"
            for name, state in zip(ids, self._found.states, strict=True)
        }

    @cached_property
    def standing(self) -> Standing:
        """The grade at both ends, with veto and not-rated beside it."""
        return self.scored.standing

    @property
    def dimensions(self) -> dict[str, Asked]:
        """The ends of each dimension that the book asks of, in carried points."""
        return self.scored.dimensions

    @cached_property
    def ledger(self) -> list[Entry]:
        """Every addend of the score; their sums are its two ends."""
        return self.scored.ledger

    @property
    def low(self) -> Decimal:
        """The least that the score can be."""
        return decimal_of(self.scored.low, self.book.decimals)

    @property
    def high(self) -> Decimal:
        """The most that the score can be."""
        return decimal_of(self.scored.high, self.book.decimals)

    @property
    def coverage(self) -> Decimal:
        """The share of the points asked for whose facts are known, to four places."""
        return decimal_of(self.scored.coverage, 4)

    @property
    def settled(self) -> bool:
        """Whether nothing can change the grade any more."""
        standing = self.standing
        open_ = "possible" in {standing.veto, standing.not_rated}
        return standing.low == standing.high and not open_

    def grade_id(self, place: int) -> str:
        """Return a grade's id by its place from the lowest up; -1 is `vetoed`."""
        return "vetoed" if place < 0 else self.book.grades[-1 - place].id

    def cut_off(self, grade: Grade) -> int:
        """Return the score from which a grade is given, in units of the book's decimals; 0 where it
        asks for none.
        """
        if not grade.parameter:
            return grade.at_least or 0
        parameter = self.book.parameters[grade.parameter]
        units = self.case.parameters[list(self.book.parameters).index(parameter.id)]
        return rescale(units, parameter.scale, self.book.decimals)

    @cached_property
    def findings(self) -> tuple[Finding, ...]:
        """What every rule says, in the book's order."""
        from steelyard.judging.explanation.reasons import reasons

        places = self.book.decimals
        told = reasons(self.book, self.case, self.verdicts, self.judged)
        return tuple(
            Finding(
                v.rule,
                decimal_of(v.low, places),
                decimal_of(v.high, places),
                because,
                v.outcome,
                self._named(v),
            )
            for v, because in zip(self.verdicts, told, strict=True)
        )

    def _named(self, one: Verdict) -> tuple[str, ...]:
        if not one.records:
            return ()
        over = listing(self.book.rules[one.rule].lowered.points)
        register = "" if over is None else over.register
        return tuple(f"{register}/{record}" for record in one.records)

    @cached_property
    def consequences(self) -> tuple[Followed, ...]:
        """What follows, in the order of the book's rows, then of the records."""
        from steelyard.judging.consequences import follow

        return follow(self.book, self.case, self._found.fired)

    @cached_property
    def deadlines(self) -> tuple[Deadline, ...]:
        """What every deliverable of the book is due by, and when it was done."""
        return deadlines(self.book, self.case)

    @cached_property
    def id(self) -> str:
        """The assessment's own id: the same for the same case, book, judged findings and version of
        Steelyard.
        """
        told = {name: [str(one.low), str(one.high)] for name, one in self.judged.items()}
        words = json.dumps(
            [SCHEMA, VERSION, self.case.digest, self.book.digest, told], sort_keys=True
        )
        return hashlib.sha256(words.encode()).hexdigest()[:20]

    def text(self, units: int) -> str:
        """Return points as text with the book's decimals."""
        return number_text(units, self.book.decimals, self.book.decimals)

    def to_json(self) -> dict[str, Any]:
        """Return the assessment as plain data in the published form `steelyard/assessment@2`."""
        from steelyard.judging.consequences import falls_on
        from steelyard.judging.explanation.reasons import because_of

        book, case, text = self.book, self.case, self.text
        low, high = (self.grade_id(place) for place in (self.standing.low, self.standing.high))
        coverage = number_text(self.scored.coverage, 4)
        whole, _, part = coverage.partition(".")
        return {
            "schema": SCHEMA,
            "id": self.id,
            "as_of": case.as_of.isoformat(),
            "case": case.digest,
            "book": {"id": book.id, "version": book.version, "digest": book.digest},
            "subject": {
                "id": case.subject_id,
                "name": case.subject_name,
                "sector": case.sector,
                **case.unit.named,
            },
            "period": case.period,
            "coverage": f"{whole}.{part.ljust(2, '0')}",
            "score": {
                "low": text(self.scored.low),
                "high": text(self.scored.high),
                "full": text(book.points),
            },
            "grade": {"low": low, "high": high, "settled": self.settled},
            "veto": self.standing.veto,
            "not_rated": self.standing.not_rated,
            "findings": list(map(self._finding_json, self.findings, self.verdicts)),
            "consequences": [
                {
                    "falls_on": falls_on(book, case, one),
                    "options": [list(bundle) for bundle in book.consequences[one.row].options],
                    "certain": one.certain,
                    "because": because_of(book, one)._asdict(),
                    "cites": list(book.consequences[one.row].cites),
                    "record": f"{book.consequences[one.row].on}/{one.record}"
                    if one.record
                    else None,
                }
                for one in self.consequences
            ],
            "due": [one.to_json() for one in self.deadlines],
            "ledger": [
                {"step": e.step, "id": e.id, "low": text(e.low), "high": text(e.high)}
                for e in self.ledger
            ],
        }

    def _finding_json(self, one: Finding, said: Verdict) -> dict[str, Any]:
        rule = self.book.rules[one.rule]
        because = one.because or Title("", "")
        return {
            "rule": one.rule,
            "section": rule.section,
            "dimension": rule.dimension,
            "outcome": one.outcome,
            "points": {
                "low": self.text(said.low),
                "high": self.text(said.high),
                "full": self.text(rule.points),
            },
            "because": because._asdict(),
            "cites": list(rule.cites),
            "records": list(one.records),
        }


def weigh(book: RuleBook, case: Case, judges: Judges = _nobody) -> Assessment:
    """Weigh a case by its book.

    `judges` answers for rules of the form `judged`; what nobody answers is unknown. A pure
    function: no clock, no files. Raises CaseError when the case was read for another book, or a
    judged finding is out of bounds.
    """
    if case.book != book.key:
        raise CaseError(
            [
                fault(
                    case.origin,
                    "was read for {other}, not for {book}",
                    other=case.book,
                    book=book.key,
                )
            ]
        )
    laid = layout(book)
    told = _judged(book, case, laid.judged, judges) if laid.judged else {}
    units = {name: _units(book, one) for name, one in told.items()}
    waived = NONE
    if case.waivers:
        in_force = (one.rule for one in case.waivers.values() if case.as_of <= one.until)
        waived = frozenset(in_force)
    open_ = Open(book, case)
    found = Found(*judging(book, waived=bool(waived))(
        case.flat,
        case.registers,
        case.parameters,
        case.given,
        (case.as_of.toordinal(), case.first.toordinal(), case.last.toordinal()),
        windows(book, case),
        units,
        case.party_rows,
        open_.settle,
        open_.blank,
        open_.unfounded,
        waived,
    ))  # fmt: skip
    for name in waived:
        found.states[laid.ids.index(name)] = WAIVED
    return Assessment(book, case, told, found)


def _outcome(low: int, high: int, full: int) -> Outcome:
    """Return the outcome of a rule that surely applies, by what it earns of its own full mark."""
    if low != high:
        return "unknown"
    return "pass" if low == full else "partial" if low else "fail"


def _judged(
    book: RuleBook, case: Case, names: tuple[str, ...], judges: Judges
) -> dict[str, Finding]:
    told: dict[str, Finding] = {}
    for name in names:
        rule = book.rules[name]
        found = judges(rule, case)
        if found is None:
            continue
        wrong = _misjudged(book, rule, found, case.origin)
        if wrong is not None:
            plugin = found.plugin if isinstance(found, JudgedBy) else ""
            raise CaseError([wrong._replace(plugin=plugin)])
        told[name] = found
    return told


def _misjudged(book: RuleBook, rule: Rule, found: Finding, place: str) -> Fault | None:
    """Return what is wrong with a finding, or None."""
    if found.rule != rule.id:
        message = "rule `{rule}` was judged by a finding of rule `{other}`"
        return fault(place, message, rule=rule.id, other=found.rule)
    low, high = _units(book, found)
    if 0 <= low <= high <= rule.full * UNIT:
        return None
    return fault(
        place,
        "rule `{rule}` was judged at {low} to {high}, outside 0 to {full}",
        rule=rule.id,
        low=found.low,
        high=found.high,
        full=number_text(rule.full, book.decimals),
    )


def _units(book: RuleBook, found: Finding) -> tuple[int, int]:
    """Return the ends of a plugin's finding in carried points; -1 where they are no points."""
    low, high = (Decimal(end) for end in (found.low, found.high))
    if not (low.is_finite() and high.is_finite()):
        return -1, -1
    ends = [units_of(end, book.decimals + CARRIED) for end in (low, high)]
    return (-1, -1) if ends[0] is None or ends[1] is None else (ends[0], ends[1])
