"""A plan as a page: what to do, in which order, what it takes and gains; or why there is none."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from steelyard.judging.assessment import Assessment
from steelyard.messages import Language
from steelyard.plan.efforts import SHOWING
from steelyard.plan.plan_json import effort_text
from steelyard.plan.planning import Block as Blocked
from steelyard.plan.planning import Plan
from steelyard.plan.what_if import Worth
from steelyard.report.page import (
    Block,
    Column,
    Page,
    Paragraph,
    Row,
    Table,
    clean,
    in_line,
)
from steelyard.report.phrases import cited, interval
from steelyard.report.unit.reader import Reader
from steelyard.report.unit.step_words import step_words
from steelyard.report.unit.worths import listed

_OUTCOMES: Mapping[str, str] = {
    "already": "“{grade}” is certain already: nothing has to be done.",
    "reached": "“{grade}” becomes certain with effort {effort} (steps: {count}). The score is "
    "{now} now, and at least {low} afterwards.",
    "over_budget": "“{grade}” takes an effort of {needed}, and the budget is {budget}. What "
    "gains most for it takes {effort} (steps: {count}): the score is {now} now, and at least "
    "{low} afterwards.",
    "unreachable": "“{grade}” cannot be reached this period. With all that can be changed or "
    "shown the score is at least {low}, and “{best}” is certain.",
    "ungraded": "“{grade}” cannot be reached this period. With all that can be changed or shown "
    "the score is at least {low}, and no grade is certain.",
    "undecided": "No plan for “{grade}” was found, and none was excluded.",
}


_UNPROVED: Mapping[str, str] = {
    "reached": "No plan of less effort was found, and it is proved that none takes less than "
    "{bound}. Between the two, not every combination of further records, or of all that one rule "
    "reads, was tried.",
    "over_budget": "It is proved that no plan takes less than {bound}. Above that, not every "
    "combination of further records, or of all that one rule reads, was tried.",
    "unreachable": "No way was found; that there is none is not proved, since not every "
    "combination of further records, or of all that one rule reads, was tried.",
}
"""What is not proved of a plan, in words."""


def plan_page(plan: Plan, language: Language) -> Page:
    """Return the page of a plan."""
    writer = _Writer(plan.before, language)
    return writer.page("plan", writer.plan(plan))


def what_if_page(
    before: Assessment, after: Assessment, worths: Sequence[Worth], language: Language
) -> Page:
    """Return what other values make of a case, and what each single change is worth."""
    writer = _Writer(before, language)
    return writer.page("what-if", writer.what_if(before, after, worths))


class _Writer(Reader):
    """Writes about one case."""

    def __init__(self, assessment: Assessment, language: Language) -> None:
        super().__init__(assessment, language, {}, terse=True)
        self.book = assessment.book

    def page(self, key: str, blocks: Iterator[Block]) -> Page:
        case = self.assessment.case
        title = in_line(case.subject_name or case.subject_id)
        return Page.plain(self.language, key, title, blocks, clean(case.subject_id))

    def plan(self, plan: Plan) -> Iterator[Block]:
        """Yield the blocks of a plan."""
        say = self.say
        yield Paragraph(self._outcome(plan))
        if plan.steps:
            yield self._steps(plan)
        if plan.blocks:
            yield self._blocks(plan)
        if plan.steps:
            note = say(
                "Each step counts after those before it. What is still to be shown must turn out "
                "as the plan says; showing it is taken as {part} of the effort of changing what "
                "is known, by Steelyard's default."
            )
            yield Paragraph(note.format(part=effort_text(SHOWING)), "note")
        if not plan.cheapest and plan.outcome in _UNPROVED:
            note = say(_UNPROVED[plan.outcome]).format(bound=effort_text(plan.bound))
            yield Paragraph(note, "note")

    def what_if(
        self, before: Assessment, after: Assessment, worths: Sequence[Worth]
    ) -> Iterator[Block]:
        """Yield what becomes of a case, rule by rule, then what each change is worth."""
        say, book = self.say, self.book
        said = say(
            "The score is {before} now and would be {after}; the grade {grade}, then {then}."
        )
        yield Paragraph(
            said.format(
                before=_score(before), after=_score(after), grade=self._graded(before),
                then=self._graded(after),
            )
        )  # fmt: skip
        rows = [
            Row.of(self.of(book.rules[old.rule].title), self.span(old.low, old.high),
                   self.span(new.low, new.high), self.points(book.rules[old.rule].points))
            for old, new in zip(before.verdicts, after.verdicts, strict=True)
            if (old.low, old.high, old.outcome) != (new.low, new.high, new.outcome)
        ]  # fmt: skip
        columns = (
            Column(say("Rule"), width=40),
            Column(say("Points now"), "points", 20, book.decimals),
            Column(say("Points then"), "points", 20, book.decimals),
            Column(say("Of"), "points", 20, book.decimals),
        )
        if rows:
            yield Table.plain("changed-rules", say("Rules that change"), columns, rows)
        yield from self._consequences(before, after)
        if worths:
            yield listed(self, worths)

    def _consequences(self, before: Assessment, after: Assessment) -> Iterator[Block]:
        """Yield how many consequences come and go."""
        old = {(one.row, one.party, one.record): one.certain for one in before.consequences}
        new = {(one.row, one.party, one.record): one.certain for one in after.consequences}
        if old != new:
            said = self.say(
                "Consequences that fall away: {gone}, that come: {come}, that become sure or open: "
                "{changed}."
            )
            changed = sum(old[key] != new[key] for key in old.keys() & new.keys())
            counts = {"gone": len(old.keys() - new.keys()), "come": len(new.keys() - old.keys())}
            yield Paragraph(said.format(**counts, changed=changed))

    def _outcome(self, plan: Plan) -> str:
        before, after = plan.before, plan.after
        words = {
            "grade": self.grade(self.book, plan.target),
            "now": _score(before),
            "low": after.text(after.scored.low),
            "best": self.grade(self.book, plan.best),
            "count": len(plan.steps),
            "effort": effort_text(plan.effort),
            "needed": effort_text(plan.needed or plan.effort),
            "budget": effort_text(plan.budget or plan.effort),
        }
        bare = plan.outcome == "unreachable" and plan.best < 0
        return self.say(_OUTCOMES["ungraded" if bare else plan.outcome]).format(**words)

    def _graded(self, one: Assessment) -> str:
        low, high = (self.grade(self.book, end) for end in (one.standing.low, one.standing.high))
        return interval(low, high)

    def _steps(self, plan: Plan) -> Table:
        say = self.say
        columns = (
            Column(say("What to do"), width=48),
            Column(say("Effort"), width=8, whole=True),
            Column(say("Gain"), "points", 10, self.book.decimals, whole=True),
            Column(say("For the rules"), width=20),
            Column(say("Clauses"), width=14),
        )
        rules = self.book.rules
        rows = (
            Row.of(
                step_words(self, one.key, one.option),
                effort_text(one.option.effort),
                self.points(one.gain),
                self.some([self.of(rules[name].title) for name in one.rules]),
                cited(tuple(dict.fromkeys(c for name in one.rules for c in rules[name].cites))),
            )
            for one in plan.steps
        )
        title = say("Steps, in the order that settles most first")
        return Table.plain("steps", title, columns, rows)

    def _blocks(self, plan: Plan) -> Table:
        say = self.say
        columns = (
            Column(say("What stands in the way"), width=34),
            Column(say("At most"), "points", 9, self.book.decimals, whole=True),
            Column(say("Of"), "points", 9, self.book.decimals, whole=True),
            Column(say("Because"), width=48),
        )
        rows = (self._block(one, plan) for one in plan.blocks)
        title = say("The fewest things in the way: were they otherwise, it could be reached")
        return Table.plain("blocks", title, columns, rows)

    def _block(self, block: Blocked, plan: Plan) -> Row:
        kind, name = block.piece
        if kind == "rule":
            place = list(self.book.rules).index(name)
            because = plan.after.findings[place].because
            return Row.of(
                self.of(self.book.rules[name].title),
                self.points(block.most),
                self.points(self.book.rules[name].points),
                self.of(because) if because is not None else "",
            )
        if kind == "limiter":
            limiter = next(one for one in self.book.limiters if one.id == name)
            return Row.of(self.of(limiter.title), None, None, self.effect(self.book, limiter))
        grade = next(one for one in self.book.grades if one.id == name)
        return Row.of(self.of(grade.title), None, None, self.demand(self.book, grade))


def _score(one: Assessment) -> str:
    return interval(one.text(one.scored.low), one.text(one.scored.high))
