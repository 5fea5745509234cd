"""The slow, obvious judge: a whole book over one case in exact fractions.

It is what the compiled judge is tried against, and shares nothing with it that decides a number:
only the typed trees of expressions, their reference reading, and the cells of a case as read.
"""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from types import MappingProxyType
from typing import NamedTuple

from steelyard.book.model import Limiter, Rule, RuleBook
from steelyard.case.model import Case
from steelyard.expression.reference import Evaluation
from steelyard.expression.tree import Node
from steelyard.expression.values import Bounds, Truth
from steelyard.judging.slow.cells import NEVER, SURELY
from steelyard.judging.slow.consequences import Follows, follow
from steelyard.judging.slow.forms import earned
from steelyard.judging.slow.known import Knowledge
from steelyard.judging.slow.scoring import Doubt, Found, Outcome, Scoring, State, Value, doubt
from steelyard.judging.slow.terms import cut_of, full_of
from steelyard.judging.slow.world import Anywhere, Told, Whole

ZERO = Fraction(0)
_NOTHING: Told = MappingProxyType({})
_STATES: Mapping[State, Outcome] = MappingProxyType({"out": "not_applicable", "waived": "waived"})


class Slow(NamedTuple):
    """Everything that judging gives, in points, as fractions.

    Sections and dimensions of which surely nothing is asked are None. `limiters` says of each
    whether it must and may bite; `grade` gives both ends.
    """

    rules: Mapping[str, Found]
    sections: Mapping[str, Value | None]
    dimensions: Mapping[str, Value | None]
    base: Bounds
    score: Bounds
    coverage: Fraction
    limiters: tuple[Truth, ...]
    grade: tuple[str, str]
    veto: Doubt
    not_rated: Doubt
    consequences: frozenset[Follows]


def judge_slowly(book: RuleBook, case: Case, told: Told = _NOTHING) -> Slow:
    """Weigh a case by its book without compiling anything.

    `told` gives what plugins found of the rules that they judge, in points of the rules' own full
    marks; of the others anything is possible.
    """
    return _Judge(book, case, told).judge()


class _Judge:
    def __init__(self, book: RuleBook, case: Case, told: Told) -> None:
        self.book = book
        self.whole = Whole(book, case, told)
        self.scoring = Scoring(book)

    def judge(self) -> Slow:
        scoring = self.scoring
        rules = {rule.id: self.rule(rule) for rule in self.book.rules.values()}
        sections = scoring.sections(rules)
        base, asked = scoring.base(sections)
        score = scoring.score(base, rules)
        bites = {one.id: self.bites(one, sections) for one in self.book.limiters}
        must = [one for one in self.book.limiters if bites[one.id].must]
        may = [one for one in self.book.limiters if bites[one.id].may]
        return Slow(
            rules,
            sections,
            scoring.dimensions(rules),
            base,
            score,
            scoring.coverage(rules),
            tuple(bites.values()),
            (
                scoring.limited(self.grade(score.low, surely=True), may),
                scoring.limited(self.grade(score.high, surely=False), must),
            ),
            doubt(must=any(one.veto for one in must), may=any(one.veto for one in may)),
            doubt(
                must=not asked.may or any(one.not_rated for one in must),
                may=not asked.must or any(one.not_rated for one in may),
            ),
            follow(self.whole, self.fires),
        )

    def fires(self, node: Node, place: Anywhere) -> Truth:
        """Return a condition; what is left undecided by a known zero does not hold."""
        evaluation = Evaluation(place)
        found = evaluation.truth(node)
        if found.may and not found.must and evaluation.undefined and Knowledge(place).of([node]):
            return NEVER
        return found

    def rule(self, rule: Rule) -> Found:
        """Return what a rule says: its form, then whether a zero leaves it undefined, then whether
        it applies.
        """
        form, full = earned(self.whole, rule), full_of(self.book, rule)
        low, high = self.scoring.carried(form.low), self.scoring.carried(form.high)
        passes = Truth(form.low == full, form.high == full)
        applies = [form.applies]
        if form.undefined and low != high:
            known = form.known()
            if rule.when_undefined is None:
                applies.append(Truth(must=False, may=not known))
            else:
                other = full if rule.when_undefined == "pass" else ZERO
                low = other if known else min(low, other)
                high = other if known else max(high, other)
                passes = Truth(low == full, high == full)
        if rule.not_applicable is not None:
            out = self.fires(rule.not_applicable, self.whole)
            applies.append(Truth(not out.may, not out.must))
        state: State = "applies"
        if self.whole.waived(rule.id):
            state = "waived"
        elif not all(one.may for one in applies):
            state = "out"
        elif not all(one.must for one in applies):
            state = "perhaps"
        points = Bounds(self.scoring.worth(rule, low), self.scoring.worth(rule, high))
        gone = state in _STATES
        shown = Bounds(points.low if state == "applies" else ZERO, ZERO if gone else points.high)
        return Found(low, high, state, points, shown, _outcome(state, passes, low, high))

    def bites(self, limiter: Limiter, sections: Mapping[str, Value | None]) -> Truth:
        """Return whether a limiter must bite, and whether it may."""
        holds = SURELY if limiter.when is None else self.fires(limiter.when, self.whole)
        below = self.scoring.below(limiter, sections)
        return Truth(holds.must and below.must, holds.may and below.may)

    def grade(self, score: Fraction, *, surely: bool) -> int:
        """Return the best grade whose demands are met, by its place from the lowest up.

        `surely` asks for demands that must hold, else those count that may.
        """
        best = 0
        for place, grade in enumerate(reversed(self.book.grades)):
            cut = cut_of(self.book, grade, self.whole.today)
            met = SURELY if grade.needs is None else self.fires(grade.needs, self.whole)
            if (cut is None or score >= cut) and (met.must if surely else met.may):
                best = place
        return best


def _outcome(state: State, passes: Truth, low: Fraction, high: Fraction) -> Outcome:
    """Return a rule's outcome; a pass is decided on exact figures, before they are rounded."""
    if state in _STATES:
        return _STATES[state]
    if state == "perhaps":
        return "unknown"
    if passes.must:
        return "pass"
    if high == 0:
        return "fail"
    return "unknown" if low < high or passes.may else "partial"
