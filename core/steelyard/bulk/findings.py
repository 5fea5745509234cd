"""Findings in long form: what every rule says of every unit."""

from __future__ import annotations

from sqlglot import exp

from steelyard.book.model import Rule, RuleBook
from steelyard.book.program import RuleSteps
from steelyard.bulk.columns import SUBJECT
from steelyard.bulk.output import as_decimal, decimal_literal
from steelyard.bulk.sheet import HERE
from steelyard.bulk.units import UnitNames
from steelyard.expression.scaled import NO, NOBODY, Sides, Span, Term, Whole, cut, union, whole
from steelyard.forms.form import CARRIED

UNIT = 10**CARRIED


class Finding:
    """One rule's finding: its columns over what was weighed."""

    def __init__(self, names: UnitNames, rule: Rule, steps: RuleSteps) -> None:
        """Take the names of a unit, a rule, and its steps."""
        self.names = names
        self.rule = rule
        self.found: Span = names.outcomes[steps.found]  # type: ignore[assignment]  # a number's step
        self.earned: Span = names.outcomes[steps.earned]  # type: ignore[assignment]  # likewise
        self.applies: Sides = names.outcomes[steps.applies]  # type: ignore[assignment]  # a condition's step
        self.weighed = steps.earned != steps.points
        whole_ = None if steps.whole is None else names.outcomes[steps.whole]
        self.whole = whole_.must if isinstance(whole_, Sides) else None
        self.waived = names.waived(rule.id)

    @property
    def reads(self) -> frozenset[str]:
        """The columns that it reads of what was weighed."""
        terms: list[Term] = [*self.found[:2], *self.applies[:2], self.waived]
        terms += self.earned[:2] if self.weighed else []
        terms += [] if self.whole is None else [self.whole]
        return union(terms) or NOBODY

    def query(self, book: RuleBook, weighed: exp.Expr) -> exp.Select:
        """Return its rows."""
        columns = [
            exp.alias_(exp.column(SUBJECT, table=HERE, quoted=True), SUBJECT, quoted=True),
            exp.alias_(exp.Literal.string(self.rule.id), "rule", quoted=True),
            exp.alias_(self.outcome(), "outcome", quoted=True, copy=False),
        ]
        columns += [
            exp.alias_(as_decimal(_printed(end), book.decimals), name, quoted=True, copy=False)
            for name, end in zip(("low", "high"), self.found[:2], strict=True)
        ]
        full = decimal_literal(self.rule.points, book.decimals)
        columns.append(exp.alias_(full, "full", quoted=True))
        query = exp.Select(expressions=columns)
        query.set("from_", exp.From(this=exp.alias_(weighed, HERE, table=True, copy=False)))
        return query

    def outcome(self) -> exp.Expr:
        """Return the outcome in a word."""
        ends = self.earned if self.weighed else self.found
        full = (self.rule.full if self.weighed else self.rule.points) * UNIT
        low, high = ends[:2]
        passed = low >= full
        if self.whole is not None:
            passed &= self.whole
        steps = [
            (self.waived, "waived"),
            (~self.applies.may, "not_applicable"),
            (~self.applies.must, "unknown"),
            (NO if low is high else ~low.equals(high), "unknown"),
            (passed, "pass"),
            (low > 0, "partial"),
        ]
        ifs: list[exp.If] = []
        last = "fail"
        for test, word in steps:
            if test.value is True:
                last = word
                break
            if test.value is None:
                ifs.append(exp.If(this=test.sql, true=exp.Literal.string(word)))
        return exp.Case(ifs=ifs, default=exp.Literal.string(last)) if ifs \
            else exp.Literal.string(last)  # fmt: skip


def _printed(end: Whole) -> Whole:
    """Return carried points in units of the book's decimals."""
    return cut(end + UNIT // 2, whole(UNIT, end.engine), 0, end.high // UNIT + 1)


def no_finding(weighed: exp.Expr) -> exp.Select:
    """Return no rows at all, for a book without rules."""
    text = exp.Cast(this=exp.Null(), to=exp.DataType.build("VARCHAR"))
    figure = decimal_literal(0, 0)
    columns = {
        SUBJECT: exp.column(SUBJECT, table=HERE, quoted=True), "rule": text,
        "outcome": text.copy(), "low": figure, "high": figure.copy(), "full": figure.copy(),
    }  # fmt: skip
    query = exp.Select(
        expressions=[exp.alias_(sql, key, quoted=True, copy=False) for key, sql in columns.items()],
        where=exp.Where(this=exp.false()),
    )
    query.set("from_", exp.From(this=exp.alias_(weighed, HERE, table=True, copy=False)))
    return query
