"""What of a book is weighed at its edges, found by walking the book; nothing is listed by hand."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from fractions import Fraction
from typing import Any

from plugins.aiming import Draft, Goal, Solver, UnreachableError

from steelyard.book.model import Consequence, Limiter, Rule, RuleBook
from steelyard.case.model import Case
from steelyard.case.reading.read import parse_case
from steelyard.expression.tree import (
    Arithmetic,
    Call,
    Compare,
    Literal,
    Logic,
    Name,
    Node,
    Not,
    Over,
    Reach,
)
from steelyard.expression.types import Date, Number, Survey
from steelyard.forms.banded import Banded
from steelyard.forms.checklist import Checklist
from steelyard.forms.demerit import Demerit
from steelyard.forms.graded import Graded
from steelyard.forms.proportional import Proportional
from steelyard.forms.requires import Requires
from steelyard.forms.stage import Staged
from steelyard.located_yaml import mark

Owner = Rule | Limiter | Consequence
EVER = "2099-12-31"


def read(draft: Draft) -> Case:
    """Return a draft as a case."""
    return parse_case(mark(draft.document(), "made:1"), draft.book, "made")


def roots(book: RuleBook) -> Iterator[tuple[str, Node, Owner]]:
    """Yield every expression that decides something, with what it is called in tests/edges."""
    for rule in book.rules.values():
        for word, node in _written(rule):
            yield f"{rule.id}{word}", node, rule
        if rule.not_applicable is not None:
            yield f"{rule.id} not applicable", rule.not_applicable, rule
    for limiter in book.limiters:
        if limiter.when is not None:
            yield f"limiter {limiter.id}", limiter.when, limiter
    for row in book.consequences:
        if row.when is not None:
            yield f"row {row.number}", row.when, row


def _written(rule: Rule) -> Iterator[tuple[str, Node]]:
    match rule.form:
        case Requires(condition=node) | Proportional(rate=node) | Banded(value=node):
            yield "", node
        case Demerit(where=where, each=each):
            if where is not None:
                yield "", where
            yield " each", each
        case _:
            return


def comparisons(solver: Solver, root: Node) -> list[Compare]:
    """Return the comparisons of numbers, days and surveys below a root, in reading order."""
    return [
        part
        for part in solver.walk(root)
        if isinstance(part, Compare)
        and isinstance(part.left.type, Number | Date | Survey)
        and part.op != "!="
    ]


def sign(solver: Solver, node: Node, wanted: Compare) -> int:
    """Return 1 where a root gains as a comparison holds, -1 where it loses, 0 where it depends."""
    if node is wanted:
        return 1
    match node:
        case Name() if (inner := solver.inner(node)) is not None:
            return sign(solver, inner, wanted)
        case Not(item=item):
            return -sign(solver, item, wanted)
        case Logic(items=items):
            return _first(solver, items, wanted)
        case Over(function="share" | "every", value=value) if value is not None and (
            solver.within(value, wanted)
        ):
            return sign(solver, value, wanted)
        case Over(function="any" | "count" | "distinct", where=where) if where is not None:
            return sign(solver, where, wanted)
        case Over():
            return 0
        case Compare(op=">=" | ">", left=left) if solver.within(left, wanted):
            return sign(solver, left, wanted)
    match node:
        case Arithmetic(op="/" | "*" | "+", left=left, right=right):
            return _first(solver, (left, right), wanted)
        case Call(function="min" | "max", arguments=arguments):
            return _first(solver, arguments, wanted)
    return 0


def _first(solver: Solver, items: tuple[Node, ...], wanted: Compare) -> int:
    return next(sign(solver, one, wanted) for one in items if solver.within(one, wanted))


def at_edge(book: RuleBook, root: Node, goal: Goal, owner: Owner) -> Draft:
    """Return a case that turns on one comparison of a root, on its edge or a step beside it."""
    draft = Draft(book)
    solver = Solver(draft)
    if isinstance(owner, Rule) and root is owner.not_applicable:
        # What the rule weighs may be made of what decides whether it applies: that comes first, and
        # where nothing is asked nothing can be at its best.
        solver.pivot(root, goal, None)
        with suppress(UnreachableError):
            solver.attempt(lambda: _best(solver, owner))
        return draft
    if isinstance(owner, Rule) and owner.not_applicable is not None:
        solver.hold(owner.not_applicable, False)
    here: dict[str, Any] | None = None
    if isinstance(owner, Consequence) and owner.scope == "register":
        here = draft.record(owner.on)
    elif isinstance(owner, Consequence) and owner.scope == "party":
        here = draft.party(owner.on)
    elif isinstance(owner, Rule) and isinstance(owner.form, Demerit):
        here = draft.record(owner.form.register)
    solver.pivot(root, goal, here)
    if isinstance(owner, Consequence):
        on_party = isinstance(owner.falls_on, Reach) and owner.scope == "party"
        if on_party or (isinstance(owner.falls_on, Name | Reach) and owner.scope == "register"):
            assert isinstance(owner.falls_on, Name | Reach)
            solver.show(owner.falls_on, here)
        for register, holder in owner.owners.items():
            for row in draft.records.get(register, ()):
                assert here is not None
                row.setdefault(holder, here["id"])
    return draft


def _best(solver: Solver, rule: Rule) -> None:
    """Bring a rule to its full mark, as far as its form is one of those that need it here."""
    match rule.form:
        case Requires(condition=node):
            solver.hold(node, True)
        case Proportional(rate=node):
            solver.reach(node, Fraction(1))
        case Checklist(items=items):
            for one in items:
                solver.draft.put(one.id, "yes")
        case Staged(stage=stage):
            done(solver, [one.id for one in solver.book.stages[stage].deliverables], "2026-01-01")
        case _:
            raise UnreachableError("does not know this form's best")


Make = Callable[[Solver], None]


def worths(
    book: RuleBook, rule: Rule, each: Fraction | None, graded: dict[str, Fraction]
) -> Iterator[tuple[str, Make, Fraction]]:
    """Yield ways to bring a rule to a share of its points, each by a name."""
    form = rule.form
    match form:
        case Requires(condition=node):
            yield "best", lambda solver: solver.hold(node, True), Fraction(1)
            yield "worst", lambda solver: solver.hold(node, False), Fraction(0)
        case Proportional(rate=node):
            for name, share in (
                ("best", Fraction(1)), ("worst", Fraction(0)), ("half", Fraction(1, 2))
            ):  # fmt: skip
                yield name, lambda solver, share=share: solver.reach(node, share), share  # type: ignore[misc]
        case Checklist(items=items):
            whole = sum(one.weight for one in items)
            yield "best", lambda solver: _tick(solver, items, "yes"), Fraction(1)
            yield "worst", lambda solver: _tick(solver, items, "no"), Fraction(0)
            if len(items) > 1:
                yield (
                    "all but one",
                    lambda solver: _tick(solver, items, "yes", last="no"),
                    1 - Fraction(items[-1].weight, whole),
                )
        case Graded(fact=node):
            for option, share in graded.items():
                yield option, lambda solver, option=option: solver.assign(node, option, None), share  # type: ignore[misc]
        case Banded(value=value, bands=bands):
            top = bands[-1]
            sure = form.confidence
            edge = Compare(type=node_type(), confidence=sure, op=">" if top.above else ">=", left=value, right=Literal(
                type=Number(top.scale, top.threshold, top.threshold), value=top.threshold))  # fmt: skip
            low = next(one for one in bands if one.points)
            foot = Compare(type=node_type(), confidence=sure, op=">" if low.above else ">=", left=value, right=Literal(
                type=Number(low.scale, low.threshold, low.threshold), value=low.threshold))  # fmt: skip
            yield "best", lambda solver: solver.hold(edge, True), Fraction(1)
            yield "worst", lambda solver: solver.hold(foot, False), Fraction(0)
        case Demerit():
            full = Fraction(rule.full, 10**book.decimals)
            yield "best", lambda solver: _breaches(solver, form, 0), Fraction(1)
            if each:
                yield (
                    "one",
                    lambda solver: _breaches(solver, form, 1),
                    max(Fraction(0), 1 - each / full),
                )
                many = -(-full // each)
                yield "worst", lambda solver: _breaches(solver, form, int(many)), Fraction(0)
        case Staged(stage=stage):
            ids = [one.id for one in book.stages[stage].deliverables]
            yield "best", lambda solver: done(solver, ids, "2026-01-01"), Fraction(1)
            yield "worst", lambda solver: done(solver, ids, "none"), Fraction(0)


def node_type() -> Any:
    from steelyard.expression.types import Boolean

    return Boolean()


def _tick(solver: Solver, items: Any, word: str, last: str = "") -> None:
    for one in items:
        solver.draft.put(one.id, last if last and one is items[-1] else word)


def _breaches(solver: Solver, form: Demerit, number: int) -> None:
    solver.draft.records.setdefault(form.register, [])
    for _ in range(number):
        row = solver.draft.record(form.register)
        if form.where is not None:
            solver.hold(form.where, True, row)


def done(solver: Solver, ids: list[str], day: str) -> None:
    for one in ids:
        solver.draft.put(one, day)
