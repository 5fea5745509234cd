"""Rule coverage: which rules and consequence rows of a book its case tables exercise."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from steelyard.book.model import Consequence, Rule, RuleBook
from steelyard.errors import Fault, fault
from steelyard.judging.assessment import Assessment
from steelyard.judging.compiled.undefined import rule_reads

Marks = Mapping[str, Sequence[str]]
"""What one case exercised: ids of rules under `passed`, `failed`, `unknown`; places of consequence
rows under `fired`.
"""


def marks_of(assessment: Assessment) -> dict[str, list[str]]:
    """Return what a case exercised, as plain data that can be sent between processes.

    A rule failed where points were surely lost, wholly or in part. It was left unknown where the
    case shows something that it reads and leaves something else of it open; a rule that reads one
    thing only, where the case settles some other rule, so that an empty case shows nothing. A row
    fired where it surely followed.
    """
    marks: dict[str, list[str]] = {"passed": [], "failed": [], "unknown": []}
    rules = assessment.book.rules
    # What is not shown of a bonus does not exist, so that a bonus is settled by an empty case too.
    settled = any(
        one.outcome in {"pass", "partial", "fail"} and not rules[one.rule].bonus
        for one in assessment.verdicts
    )
    for number, verdict in enumerate(assessment.verdicts):
        if verdict.outcome == "pass":
            marks["passed"].append(verdict.rule)
        elif verdict.outcome == "unknown":
            if _left_open(assessment, number, settled=settled):
                marks["unknown"].append(verdict.rule)
        elif verdict.outcome in {"fail", "partial"} and verdict.high < rules[verdict.rule].points:
            marks["failed"].append(verdict.rule)
    marks["fired"] = [
        str(place) for place in sorted({one.row for one in assessment.consequences if one.certain})
    ]
    return marks


def _left_open(assessment: Assessment, number: int, *, settled: bool) -> bool:
    """Whether a case speaks of what an unknown rule reads, and does not merely say nothing."""
    book, case = assessment.book, assessment.case
    reads = rule_reads(book, number)
    facts = {one.key for one in (*reads.facts, *reads.claimed)}
    registers = {name for name, *_ in reads.registers} | {one.register for one in reads.overs}
    shown = any(name in case.facts for name in facts) or any(
        case.registers[name].given for name in registers
    )
    return shown or (len(facts) + len(registers) <= 1 and settled)


class Lacks(NamedTuple):
    """What no case of a book's tables showed."""

    never_passed: tuple[Rule, ...]
    never_failed: tuple[Rule, ...]
    never_unknown: tuple[Rule, ...]
    never_fired: tuple[Consequence, ...]


class RuleCoverage:
    """What the cases of a book's tables exercised so far."""

    def __init__(self, book: RuleBook) -> None:
        """Start with nothing."""
        self.book = book
        self.entries = 0
        self._seen: dict[str, set[str]] = {
            "passed": set(),
            "failed": set(),
            "unknown": set(),
            "fired": set(),
        }

    def add(self, marks: Marks) -> None:
        """Take in what one case exercised."""
        self.entries += 1
        for key, seen in self._seen.items():
            seen.update(marks[key])

    def lacks(self) -> Lacks:
        """Return what is still to be shown, in the book's order."""
        rules = self.book.rules.values()
        passed, failed, unknown = (
            tuple(rule for rule in rules if rule.id not in self._seen[key] and asked(rule, key))
            for key in ("passed", "failed", "unknown")
        )
        rows = tuple(
            row
            for place, row in enumerate(self.book.consequences)
            if str(place) not in self._seen["fired"]
        )
        return Lacks(passed, failed, unknown, rows)

    def share(self) -> tuple[int, int]:
        """Return how much was shown, of how much: each rule in its outcomes, and each consequence
        row.
        """
        whole = sum(
            asked(rule, key)
            for rule in self.book.rules.values()
            for key in ("passed", "failed", "unknown")
        )
        whole += len(self.book.consequences)
        return whole - sum(map(len, self.lacks())), whole

    def percent(self) -> int:
        """Return the share in whole per cent, rounded down so that only all is 100."""
        shown, whole = self.share()
        return 100 * shown // whole if whole else 100


def asked(rule: Rule, key: str) -> bool:
    """Whether an outcome is asked of a rule.

    What is not shown of a bonus does not exist, so that it need not be unknown; a rule without
    points loses none.
    """
    return key == "passed" or (rule.points > 0 and (key == "failed" or not rule.bonus))


def without_a_case(coverage: RuleCoverage, tables: str) -> Iterator[Fault]:
    """Yield a line for everything that no case shows; `tables` names where the cases stand."""
    lacks = coverage.lacks()
    for rule in lacks.never_passed:
        yield fault(
            rule.place, "no case in {tables} passes rule `{rule}`", rule=rule.id, tables=tables
        )
    for rule in lacks.never_failed:
        yield fault(
            rule.place, "no case in {tables} fails rule `{rule}`", rule=rule.id, tables=tables
        )
    for rule in lacks.never_unknown:
        yield fault(
            rule.place,
            "no case in {tables} leaves rule `{rule}` unknown",
            rule=rule.id,
            tables=tables,
        )
    for row in lacks.never_fired:
        yield fault(
            row.place,
            "in no case in {tables} does consequence row {number} follow",
            number=row.number,
            tables=tables,
        )
