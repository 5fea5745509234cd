"""An assessment: what judging one case by one book gives, as an immutable value and as the
published JSON.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal
from functools import cached_property, partial
from typing import Any, NamedTuple, cast

from steelyard.book.model import Demerit, Outcome, Rule, RuleBook
from steelyard.case.model import Case
from steelyard.errors import CaseError, fault
from steelyard.expression.types import decimal_of, divide, number_text, units_of
from steelyard.judging.compiled.compile import program
from steelyard.judging.compiled.runtime import INAPPLICABLE, WAIVED
from steelyard.judging.compiled.undefined import Open
from steelyard.judging.score import Entry, Score, Standing, grade, plan, score
from steelyard.messages import Title
from steelyard.version import VERSION

SCHEMA = "steelyard/assessment@1"


class Finding(NamedTuple):
    """What one rule says of one case: points between low and high, and why.

    A plugin that judges a rule gives `rule`, `low`, `high` and, if it can, `because`; the rest
    follows from them.
    """

    rule: str
    low: Decimal
    high: Decimal
    because: Title | None = None
    outcome: Outcome = "unknown"
    records: tuple[str, ...] = ()


class Verdict(NamedTuple):
    """A finding as judged: points in units of the book's decimals, no words yet."""

    rule: str
    outcome: Outcome
    low: int
    high: int
    records: tuple[str, ...] | list[str]


# The tuple's own constructor, as in `score`: a verdict for every rule is a good part of the time
# that judging takes.
_verdict = cast("Callable[[Iterable[object]], Verdict]", partial(tuple.__new__, Verdict))


class Followed(NamedTuple):
    """A consequence that falls on a party: the row of the book, the party (empty: the subject), the
    record behind it.
    """

    row: int
    kind: str
    party: str
    record: str
    certain: bool


Judges = Callable[[Rule, Case], Finding | None]


def _nobody(_rule: Rule, _case: Case) -> None:
    return None


class Assessment:
    """A case weighed by a book. Same book and case, same assessment, byte for byte."""

    def __init__(
        self, book: RuleBook, case: Case, judged: Mapping[str, Finding], raw: _Raw
    ) -> None:
        """Keep what judging found; words are made when they are asked for."""
        self.book = book
        self.case = case
        self.judged = judged
        self.verdicts: list[Verdict] = raw.verdicts
        self.scored: Score = raw.scored
        self.standing: Standing = raw.standing
        self._fired = raw.fired

    @property
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
        known, asked = self.scored.coverage
        return decimal_of(divide(known, asked, 4), 4) if asked else Decimal(1)

    def grade_id(self, place: int) -> str:
        """Return a grade's id by its place from the lowest up; -1 is `vetoed`."""
        return "vetoed" if place < 0 else self.book.grades[-1 - place].id

    @cached_property
    def findings(self) -> tuple[Finding, ...]:
        """What every rule says, in the book's order."""
        from steelyard.judging.explanation.reasons import reasons

        places = self.book.decimals
        return tuple(
            Finding(
                v.rule,
                decimal_of(v.low, places),
                decimal_of(v.high, places),
                because,
                v.outcome,
                self._named(v),
            )
            for v, because in zip(self.verdicts, reasons(self), strict=True)
        )

    def _named(self, verdict: Verdict) -> tuple[str, ...]:
        form = self.book.rules[verdict.rule].form
        return (
            tuple(f"{form.register}/{record}" for record in verdict.records)
            if isinstance(form, Demerit)
            else ()
        )

    @cached_property
    def consequences(self) -> tuple[Followed, ...]:
        """What follows, in the order of the book's rows, then of the records."""
        from steelyard.judging.consequences import follow

        return follow(self.book, self.case, self._fired)

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
        """Return the assessment as plain data in the published form `steelyard/assessment@1`."""
        from steelyard.judging.explanation.reasons import because_of

        book, case, text = self.book, self.case, self.text
        low, high = (self.grade_id(place) for place in (self.standing.low, self.standing.high))
        coverage = number_text(int(self.coverage * 10**4), 4)
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
                **({"part_of": case.part_of} if case.part_of else {}),
            },
            "period": case.period,
            "coverage": f"{whole}.{part.ljust(2, '0')}",
            "score": {
                "low": text(self.scored.low),
                "high": text(self.scored.high),
                "full": text(book.points),
            },
            "grade": {"low": low, "high": high, "settled": low == high},
            "veto": self.standing.veto,
            "not_rated": self.standing.not_rated,
            "findings": [self._finding_json(one) for one in self.findings],
            "consequences": [
                {
                    "falls_on": {"kind": one.kind, "id": one.party},
                    "options": [list(bundle) for bundle in book.consequences[one.row].options],
                    "certain": one.certain,
                    "because": because_of(self, one)._asdict(),
                    "cites": list(book.consequences[one.row].cites),
                    "record": f"{book.consequences[one.row].on}/{one.record}"
                    if one.record
                    else None,
                }
                for one in self.consequences
            ],
            "ledger": [
                {"step": e.step, "id": e.id, "low": text(e.low), "high": text(e.high)}
                for e in self.ledger
            ],
        }

    def _finding_json(self, one: Finding) -> dict[str, Any]:
        rule = self.book.rules[one.rule]
        because = one.because or Title("", "")
        return {
            "rule": one.rule,
            "section": rule.section,
            "dimension": rule.dimension,
            "outcome": one.outcome,
            "points": {
                "low": f"{one.low:f}",
                "high": f"{one.high:f}",
                "full": self.text(rule.points),
            },
            "because": because._asdict(),
            "cites": list(rule.cites),
            "records": list(one.records),
        }


class _Raw(NamedTuple):
    verdicts: list[Verdict]
    scored: Score
    standing: Standing
    fired: list[Any]


def judge(book: RuleBook, case: Case, judges: Judges = _nobody) -> Assessment:
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
    laid = plan(book)
    told = _judged(book, case, laid.judged, judges) if laid.judged else {}
    units = {name: _units(book, one) for name, one in told.items()}
    open_ = Open(book, case)
    lows, highs, states, hits, limits, fired = program(book)(
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
    )
    if case.waivers:
        _waive(case, laid.ids, lows, highs, states)
    scored = score(book, lows, highs, states)
    outcomes = [
        ("pass" if low == points else "partial" if low else "fail")
        if low == high and state < INAPPLICABLE
        else _outcome(high, state)
        for low, high, points, state in zip(lows, highs, laid.points, states, strict=True)
    ]
    verdicts = list(map(_verdict, zip(laid.ids, outcomes, lows, highs, hits, strict=True)))
    return Assessment(book, case, told, _Raw(verdicts, scored, grade(book, scored, limits), fired))


def windows(book: RuleBook, case: Case) -> dict[str, int | None]:
    """Return the last day of every stage's window as an ordinal; None where it is left open."""
    due: dict[str, int | None] = {}
    for stage in book.stages.values():
        if stage.months:
            year, month = case.first.year, stage.months[-1]
            after = case.first.replace(year=year + (month == 12), month=month % 12 + 1, day=1)
            due[stage.id] = after.toordinal() - 1
        else:
            due[stage.id] = stage.last.toordinal() if stage.last is not None else None
    return due


def _outcome(high: int, state: int) -> Outcome:
    """Return the outcome of a rule that does not apply, or whose ends differ."""
    if state >= INAPPLICABLE:
        return "waived" if state == WAIVED else "not_applicable"
    return "unknown" if high else "fail"


def _waive(
    case: Case, ids: tuple[str, ...], lows: list[int], highs: list[int], states: list[int]
) -> None:
    for waiver in case.waivers.values():
        if case.as_of <= waiver.until:
            place = ids.index(waiver.rule)
            lows[place], highs[place], states[place] = 0, 0, WAIVED


def _judged(
    book: RuleBook, case: Case, names: tuple[str, ...], judges: Judges
) -> dict[str, Finding]:
    told: dict[str, Finding] = {}
    for name in names:
        rule = book.rules[name]
        found = judges(rule, case)
        if found is None:
            continue
        low, high = _units(book, found)
        if not 0 <= low <= high <= rule.points:
            raise CaseError(
                [
                    fault(
                        case.origin,
                        "rule `{rule}` was judged at {low} to {high}, outside 0 to {full}",
                        rule=name,
                        low=found.low,
                        high=found.high,
                        full=number_text(rule.points, book.decimals),
                    )
                ]
            )
        told[name] = found
    return told


def _units(book: RuleBook, found: Finding) -> tuple[int, int]:
    ends = [units_of(Decimal(end), book.decimals) for end in (found.low, found.high)]
    return (-1, -1) if ends[0] is None or ends[1] is None else (ends[0], ends[1])
