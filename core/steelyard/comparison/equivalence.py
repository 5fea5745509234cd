"""Which rules ask the same of the same in two books, so that their difference is nothing however
much is not shown.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Collection, Iterable, Mapping, Sequence
from fractions import Fraction
from typing import Any, NamedTuple

from steelyard.book.model import Checklist, Demerit, Field, Judged, Rule, RuleBook, Staged
from steelyard.case.environment import may_be_undefined
from steelyard.case.model import Case
from steelyard.expression.functions.undefined import leaves_undefined
from steelyard.expression.tree import Name, Node, Over, Reach, children
from steelyard.expression.types import Number, Survey
from steelyard.judging.assessment import Assessment, Verdict, windows

Ends = tuple[int, int]
NOTHING: Ends = (0, 0)


class Narrowed(NamedTuple):
    """Bounds of the true difference between two books' readings of one case: by rule, by section,
    of the score.
    """

    rules: Mapping[str, Ends]
    sections: Mapping[str, Ends]
    score: Ends


class Reading(NamedTuple):
    """A book's reading of a case in common units: what each rule and section earns, and the score;
    (0, 0) where nothing is asked.
    """

    assessment: Assessment
    rules: Mapping[str, Ends]
    sections: Mapping[str, Ends]
    score: Ends


def less(later: Ends, earlier: Ends) -> Ends:
    """Return the bounds of a difference of two values of which nothing else is known."""
    return later[0] - earlier[1], later[1] - earlier[0]


def both(one: Ends, other: Ends) -> Ends:
    """Return the bounds that two true bounds make together."""
    return max(one[0], other[0]), min(one[1], other[1])


def narrowed(old: Reading, new: Reading, same: frozenset[str]) -> Narrowed:
    """Return the bounds of what the rules changed: one case by an old and by a new book.

    A rule that asks the `same` of the same in both changes nothing, whatever is not shown. Where no
    weight can be shared over others, a section is the sum of its rules and the score that of its
    sections.
    """
    rules = {
        name: NOTHING
        if name in same
        else less(new.rules.get(name, NOTHING), old.rules.get(name, NOTHING))
        for name in (*new.rules, *(name for name in old.rules if name not in new.rules))
    }
    sure = {side.assessment: _sure(side.assessment) for side in (old, new)}
    sections = {
        name: _section(name, old, new, rules, same, sure)
        for name in (*new.sections, *(name for name in old.sections if name not in new.sections))
    }
    score = less(new.score, old.score)
    books = old.assessment.book, new.assessment.book
    if _whole(books[0]) == _whole(books[1]) and same >= set(books[0].rules):
        score = NOTHING
    elif _full(books[0]) == _full(books[1]) and all(
        _stands(side, sure[side.assessment]) for side in (old, new)
    ):
        low, high = (
            sum(ends[0] for ends in sections.values()),
            sum(ends[1] for ends in sections.values()),
        )
        bonus = [{rule.id for rule in book.rules.values() if rule.bonus} for book in books]
        if not bonus[0] and not bonus[1]:
            score = both(score, (low, high))
        elif bonus[0] == bonus[1] <= same and _ceiling(books[0]) == _ceiling(books[1]):
            # The same bonus on top, held under the book's points, passes on at most what the
            # sections changed.
            score = both(score, (min(low, 0), max(high, 0)))
    return Narrowed(rules, sections, score)


def _section(
    name: str,
    old: Reading,
    new: Reading,
    rules: Mapping[str, Ends],
    same: frozenset[str],
    sure: Mapping[Assessment, frozenset[str]],
) -> Ends:
    inside = [
        [
            rule.id
            for rule in side.assessment.book.rules.values()
            if rule.section == name and not rule.bonus
        ]
        for side in (old, new)
    ]
    asked = {*inside[0], *inside[1]}
    wide = less(new.sections.get(name, NOTHING), old.sections.get(name, NOTHING))
    if set(inside[0]) == set(inside[1]) and asked <= same:
        return NOTHING
    if all(set(ids) <= sure[side.assessment] for ids, side in zip(inside, (old, new), strict=True)):
        parts = [part_of_place(one, old, new, inside, rules) for one in asked]
        return both(wide, (sum(low for low, _ in parts), sum(high for _, high in parts)))
    return wide


def part_of_place(
    name: str,
    old: Reading,
    new: Reading,
    inside: Sequence[Collection[str]],
    rules: Mapping[str, Ends],
) -> Ends:
    """Return what a rule adds to the difference of a place that it may have left or come to."""
    if name in inside[0] and name in inside[1]:
        return rules[name]
    return less(new.rules[name], NOTHING) if name in inside[1] else less(NOTHING, old.rules[name])


def _stands(side: Reading, sure: frozenset[str]) -> bool:
    """Whether every section surely has a rule that applies, so that none is shared out over the
    others.
    """
    book = side.assessment.book
    asked = {rule.section for rule in book.rules.values() if not rule.bonus}
    return asked == {book.rules[name].section for name in sure if not book.rules[name].bonus}


def _whole(book: RuleBook) -> tuple[Any, ...]:
    """Return what makes a score of what the rules earn."""
    rules = {name: rule.section for name, rule in book.rules.items()}
    return (
        rules,
        {one.id: one.points for one in book.sections.values()},
        book.points,
        book.bonus_ceiling,
        book.decimals,
    )


def _full(book: RuleBook) -> Fraction:
    return Fraction(book.points, 10**book.decimals)


def _ceiling(book: RuleBook) -> Fraction:
    return Fraction(book.bonus_ceiling, 10**book.decimals)


def _sure(assessment: Assessment) -> frozenset[str]:
    """Return the rules that surely apply, whatever is still shown."""
    return frozenset(one.rule for one in assessment.verdicts if _applies(assessment, one))


def _applies(assessment: Assessment, verdict: Verdict) -> bool:
    book, case = assessment.book, assessment.case
    rule = book.rules[verdict.rule]
    if verdict.outcome in {"not_applicable", "waived"}:
        return False
    match rule.form:
        case Staged(stage=stage):
            due = windows(book, case)[stage]
            return rule.not_applicable is None and (due is None or case.as_of.toordinal() >= due)
        case Checklist(items=items) if verdict.low != verdict.high:
            ticks = {_said(case.document["facts"].get(item.id)) for item in items}
            return rule.not_applicable is None and bool(ticks & {"yes", "no"})
        case Judged():
            return verdict.low == verdict.high
    if verdict.low == verdict.high:
        return True
    if rule.not_applicable is not None:
        return False
    if rule.when_undefined is not None:
        return True
    register = rule.form.register if isinstance(rule.form, Demerit) else None
    return not any(_undefined(assessment, node, register) for node in _nodes(rule.form))


def _undefined(assessment: Assessment, node: Node, register: str | None) -> bool:
    """Whether some completion of a case leaves an expression undefined; a survey of somebody is
    always a rate.
    """
    book, case = assessment.book, assessment.case
    match node:
        case Name(kind="fact", inner=None, name=name) if isinstance(node.type, Survey):
            said = case.facts.get(name)
            return said is None or said.survey is None or not said.survey[1]
        case Name(kind="fact", inner=None, name=name):
            derived = book.facts[name].derived
            return derived is not None and _undefined(assessment, derived, register)
        case Name() | Over():
            return may_be_undefined(book, node, register)
        case _ if leaves_undefined(node):
            return True
    return any(_undefined(assessment, part, register) for part in children(node))


def _said(entry: object) -> object:
    return entry.get("value") if isinstance(entry, dict) else None


def same_rules(old: Assessment, new: Assessment) -> frozenset[str]:
    """Return the rules that ask the same of the same in both."""
    if old is new:
        return frozenset(old.book.rules)
    both_ = [
        (name, old.book.rules[name], rule)
        for name, rule in new.book.rules.items()
        if name in old.book.rules
    ]
    return frozenset(
        name
        for name, was, rule in both_
        if not isinstance(rule.form, Judged) and _asked(was, old) == _asked(rule, new)
    )


def _asked(rule: Rule, assessment: Assessment) -> tuple[Any, ...]:
    """Return all that a rule's points depend on: what it asks, and what the case says of it."""
    book, case = assessment.book, assessment.case
    weigher = _Weigher(book, case)
    waiver = case.waivers.get(rule.id)
    form: Any = weigher.of(rule.form)
    match rule.form:
        case Checklist(items=items):
            form = tuple((item.id, item.weight, weigher.fact(item.id)) for item in items)
        case Staged(stage=stage, late=late):
            done = tuple((one.id, weigher.fact(one.id)) for one in book.stages[stage].deliverables)
            form = (late, windows(book, case)[stage], case.as_of, done)
    return (
        type(rule.form).__name__,
        form,
        rule.points,
        book.decimals,
        rule.bonus,
        rule.group,
        weigher.of(rule.not_applicable),
        rule.when_undefined,
        waiver is not None and case.as_of <= waiver.until,
    )


class _Weigher:
    """Turns parts of a rule into values that are equal where they mean the same of the same
    case.
    """

    def __init__(self, book: RuleBook, case: Case) -> None:
        self.book = book
        self.case = case
        self.register = ""
        self.open: set[tuple[str, str]] = set()

    def of(self, part: object) -> Any:
        """Return a part of a rule without its place in the text, and with what stands behind its
        names.
        """
        match part:
            case Name(kind="parameter", name=name):
                at = list(self.book.parameters).index(name)
                return Fraction(self.case.parameters[at], 10 ** self.book.parameters[name].scale)
            case Name(kind="fact", name=name):
                return ("fact", name, part.claimed, self.fact(name))
            case Name(kind="field", name=name):
                return ("field", self.field(self.register, name))
            case Name(kind="moment", name=name):
                return ("moment", name, self.case.as_of, self.case.first, self.case.last)
            case Reach(base=base, party=party, field=key):
                slot = self.book.kinds[party].fields[key]
                said = tuple(
                    (one["id"], str(one.get(key)))
                    for one in self.case.document["parties"]
                    if one["kind"] == party
                )
                return ("reach", self.of(base), party, key, *self._slot(slot), said)
            case Over(register=register):
                return self._inside(register, part)
            case Demerit(register=register):
                return self._inside(register, part)
            case Number(scale=scale):
                return ("number", scale)
            case Mapping():
                return tuple(sorted((str(key), self.of(value)) for key, value in part.items()))
            case tuple() | list():
                return tuple(self.of(one) for one in part)
        return self._parts(part) if dataclasses.is_dataclass(part) else part

    def _parts(self, part: Any) -> tuple[Any, ...]:
        return (
            type(part).__name__,
            *(
                self.of(getattr(part, one.name))
                for one in dataclasses.fields(part)
                if one.name not in {"at", "nullable"}
            ),
        )

    def _inside(self, register: str, part: object) -> tuple[Any, ...]:
        outer, self.register = self.register, register
        said = self.case.document["records"].get(register)
        rows = self.case.registers[register]
        ids = tuple(row["id"] for row in said["rows"]) if said else ()
        found = (register, rows.complete, rows.given, ids, *self._parts(part))
        self.register = outer
        return found

    def field(self, register: str, key: str) -> tuple[Any, ...]:
        """Return a field, what it is worked out from, and what every row says of it."""
        if (register, key) in self.open:
            return (key,)
        self.open.add((register, key))
        slot = self._slot(self.book.registers[register].fields[key])
        self.open.discard((register, key))
        said = self.case.document["records"].get(register)
        return (key, *slot, tuple(str(row.get(key)) for row in said["rows"]) if said else ())

    def _slot(self, slot: Field) -> tuple[Any, ...]:
        return (self._kind(slot.type), slot.missing, self.of(slot.default), self.of(slot.derived))

    def fact(self, name: str) -> tuple[Any, ...]:
        """Return a fact, what it is worked out from, and what the case says of it."""
        fact = self.book.facts[name]
        if fact.derived is not None:
            return (self._kind(fact.type), fact.low, fact.high, self.of(fact.derived))
        return (self._kind(fact.type), fact.nullable, str(self.case.document["facts"].get(name)))

    def _kind(self, kind: object) -> object:
        return self.of(kind) if isinstance(kind, Number) else kind


def _nodes(form: object) -> Iterable[Node]:
    return [
        part
        for part in (getattr(form, one.name) for one in dataclasses.fields(form))  # type: ignore[arg-type]
        if isinstance(part, Node)
    ]
