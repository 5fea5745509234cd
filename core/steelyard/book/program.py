"""A whole book as a short program: an ordered list of named trees, which is all that readings see.

The order of scoring, redistribution and its bounds are written here, once. A step is named by what
it gives, such as `points:kickbacks` or `score`; later steps read earlier ones as outcomes.

Points are carried with six places more than the book's decimals; every mean is rounded to them, and
the score once more, to the book's own (design, sections 4 and 5).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

from steelyard.book.model import DIMENSIONS, Grade, Limiter, Rule, RuleBook
from steelyard.expression.tree import (
    Arithmetic,
    Asked,
    Call,
    Choose,
    Compare,
    Coverage,
    Defined,
    Literal,
    Logic,
    Mean,
    Name,
    Node,
    Not,
    Openness,
    Part,
    Settle,
)
from steelyard.expression.types import Boolean, Number
from steelyard.forms.form import CARRIED

GUARD = 4
"""The score is rounded to so many places more first, and then to the book's own decimals."""


class RuleSteps(NamedTuple):
    """The steps of one rule.

    `earned` is what the form earns, given that it applies; `points` the same on the rule's points;
    `applies` whether it does; `found` is 0 where it does not apply; `whole` is an exact
    condition of having earned all, where rounding could hide that something is missing.
    """

    id: str
    earned: str
    points: str
    applies: str
    found: str
    whole: str | None


@dataclass(frozen=True, slots=True, eq=False)
class Program:
    """The steps of a book in their order, and the names by which others find them.

    `sections` and `dimensions` give the ids of those that have rules; of each, `section:ID` is its
    value given that it is asked, and `asked:ID` whether it is.
    """

    steps: Mapping[str, Node]
    rules: tuple[RuleSteps, ...]
    sections: tuple[str, ...]
    dimensions: tuple[str, ...]
    groups: Mapping[str, tuple[int, ...]]
    limiters: tuple[str, ...]

    def of(self, name: str) -> Name:
        """Return a step as later steps read it."""
        return Name(type=self.steps[name].type, kind="outcome", name=name)


@lru_cache(maxsize=64)
def program(book: RuleBook) -> Program:
    """Return the program of a book."""
    return _Lowering(book).program()


class _Lowering:
    """Lowers one book step by step."""

    def __init__(self, book: RuleBook) -> None:
        self.book = book
        self.scale = book.decimals + CARRIED
        self.steps: dict[str, Node] = {}
        self.rules: list[RuleSteps] = []

    def program(self) -> Program:
        for rule in self.book.rules.values():
            self.rules.append(self._rule(rule))
        sections = tuple(one for one in self.book.sections if self._section(one))
        dimensions = tuple(one for one in DIMENSIONS if self._dimension(one))
        self._base(sections)
        groups = self._bonus()
        self._coverage()
        limiters = tuple(self._limiter(limiter) for limiter in self.book.limiters)
        self._grade(limiters)
        return Program(self.steps, tuple(self.rules), sections, dimensions, groups, limiters)

    def step(self, name: str, node: Node) -> Name:
        """Keep a step and return it as later steps read it."""
        self.steps[name] = node
        return self.of(name)

    def of(self, name: str) -> Name:
        return Name(type=self.steps[name].type, kind="outcome", name=name)

    def points(self, units: int) -> Literal:
        carried = units * 10**CARRIED
        return Literal(type=Number(self.scale, carried, carried), value=carried)

    def kind(self, units: int) -> Number:
        return Number(self.scale, 0, units * 10**CARRIED)

    # Rules

    def _rule(self, rule: Rule) -> RuleSteps:
        lowered, name = rule.lowered, rule.id
        full, nothing = (
            Literal(type=Number(self.scale, units, units), value=units)
            for units in (rule.full * 10**CARRIED, 0)
        )
        other = {"pass": full, "fail": nothing, None: None}[rule.when_undefined]
        settled = Settle(type=lowered.points.type, item=lowered.points, otherwise=other)
        earned = points = self.step(f"earned:{name}", settled)
        if rule.weight:
            mean = Mean(
                type=self.kind(rule.points), parts=(Part(earned, rule.full),), full=rule.points,
                full_scale=self.book.decimals, weight_scale=self.book.decimals,
            )  # fmt: skip
            points = self.step(f"points:{name}", mean)
        conditions: list[Node] = []
        if other is None:
            conditions.append(Defined(type=Boolean(), settle=settled))
        if lowered.applies is not None:
            conditions.append(lowered.applies)
        if rule.not_applicable is not None:
            out = Settle(type=Boolean(), item=rule.not_applicable, otherwise=_FALSE)
            conditions.append(Not(type=Boolean(), item=out))
        conditions.append(Not(type=Boolean(), item=Name(type=Boolean(), kind="waived", name=name)))
        applies = self.step(f"applies:{name}", _all(conditions))
        found = self.step(
            f"found:{name}",
            Choose(type=points.type, condition=applies, then=points, otherwise=self.points(0)),
        )
        whole = None
        if lowered.whole is not None:
            # What counts as a pass because nothing can be measured is whole, too.
            counts = Not(type=Boolean(), item=Defined(type=Boolean(), settle=settled))
            exact = lowered.whole if other is not full else _any([counts, lowered.whole])
            whole = self.step(f"whole:{name}", exact).name
        return RuleSteps(name, earned.name, points.name, applies.name, found.name, whole)

    # Sections, dimensions, the book

    def _parts(self, rules: Iterable[tuple[RuleSteps, Rule]]) -> tuple[Part, ...]:
        return tuple(
            Part(self.of(steps.points), rule.points, self.of(steps.applies))
            for steps, rule in rules
        )

    def _own(self, section: str) -> list[tuple[RuleSteps, Rule]]:
        pairs = zip(self.rules, self.book.rules.values(), strict=True)
        return [(steps, rule) for steps, rule in pairs if rule.section == section]

    def _section(self, name: str) -> bool:
        section, own = self.book.sections[name], self._own(name)
        if not own:
            return False
        decimals = self.book.decimals
        if section.weighted:
            mean = Mean(
                type=self.kind(section.points), full=section.points, full_scale=decimals,
                parts=tuple(self._weighed(steps, rule) for steps, rule in own),
            )  # fmt: skip
        else:
            mean = Mean(
                type=self.kind(section.points), parts=self._parts(own), full=section.points,
                full_scale=decimals, weight_scale=decimals,
            )  # fmt: skip
        self._asked(f"section:{name}", f"asked:{name}", mean)
        self._rounded(f"section:{name}", f"printed:{name}", section.points)
        return True

    def _weighed(self, steps: RuleSteps, rule: Rule) -> Part:
        """Return the part of a rule with a weight: its weight times what it earns of its own."""
        share = self.of(steps.earned)
        unit = 10**self.scale
        if rule.full != 10**self.book.decimals:
            mean = Mean(
                type=Number(self.scale, 0, unit), parts=(Part(share, rule.full),), full=1,
                full_scale=0, weight_scale=self.book.decimals,
            )  # fmt: skip
            share = self.step(f"share:{rule.id}", mean)
        weight = Literal(type=Number(0, rule.weight, rule.weight), value=rule.weight)
        kind = Number(self.scale, 0, unit * rule.weight)
        weighed = Arithmetic(type=kind, op="*", left=weight, right=share)
        return Part(weighed, rule.weight, self.of(steps.applies))

    def _dimension(self, name: str) -> bool:
        pairs = zip(self.rules, self.book.rules.values(), strict=True)
        own = [(steps, rule) for steps, rule in pairs if rule.dimension == name and not rule.bonus]
        full = sum(rule.points for _, rule in own)
        if not full:
            return False
        decimals = self.book.decimals
        mean = Mean(
            type=self.kind(full), parts=self._parts(own), full=full,
            full_scale=decimals, weight_scale=decimals,
        )  # fmt: skip
        self._asked(f"dimension:{name}", f"dimension-asked:{name}", mean)
        return True

    def _asked(self, value: str, asked: str, mean: Mean) -> None:
        """Keep a mean and whether it is asked."""
        self.step(value, mean)
        self.step(asked, Asked(type=Boolean(), mean=mean))

    def _rounded(self, carried: str, printed: str, full: int) -> Name:
        """Keep a figure rounded to the book's decimals, by way of two guard places."""
        node: Node = self.of(carried)
        decimals = self.book.decimals
        for places in (decimals + GUARD, decimals):
            most = full * 10 ** (places - decimals)
            node = Call(type=Number(places, 0, most), function="round", arguments=(node,))
        return self.step(printed, node)

    def _base(self, sections: tuple[str, ...]) -> None:
        decimals, full = self.book.decimals, self.book.points
        parts = tuple(
            Part(self.of(f"section:{one}"), self.book.sections[one].points, self.of(f"asked:{one}"))
            for one in sections
        )
        if not any(part.weight for part in parts):
            # A review by `needs` alone asks for no points, and so leaves none out.
            self.step("rated", _TRUE if not sections else _FALSE)
            self.step("base", self.points(0))
            return
        mean = Mean(
            type=self.kind(full), parts=parts, full=full, full_scale=decimals, weight_scale=decimals
        )
        self._asked("book", "rated", mean)
        self.step(
            "base",
            Choose(
                type=mean.type, condition=self.of("rated"), then=self.of("book"),
                otherwise=self.points(0),
            ),
        )  # fmt: skip

    # Bonus and score

    def _bonus(self) -> Mapping[str, tuple[int, ...]]:
        groups: dict[str, list[int]] = {}
        for place, rule in enumerate(self.book.rules.values()):
            if rule.bonus:
                groups.setdefault(rule.group or f"={rule.id}", []).append(place)
        rules = list(self.book.rules.values())
        total: Node = self.of("base")
        most = self.book.points * 10**CARRIED
        if groups:
            pot: Node = self.points(0)
            high = 0
            for name, places in groups.items():
                best = max(rules[place].points for place in places)
                found = tuple(self.of(self.rules[place].found) for place in places)
                node: Node = found[0]
                if len(found) > 1:
                    node = Call(type=self.kind(best), function="max", arguments=found)
                high += best
                pot = Arithmetic(
                    type=self.kind(high), op="+", left=pot,
                    right=self.step(f"bonus:{name}", node),
                )  # fmt: skip
            ceiling = self.book.bonus_ceiling
            self.step("pot", pot)
            held = Call(
                type=self.kind(min(ceiling, high)), function="min",
                arguments=(self.of("pot"), self.points(ceiling)),
            )  # fmt: skip
            raised = self.step(
                "raised",
                Arithmetic(
                    type=self.kind(self.book.points + min(ceiling, high)), op="+", left=total,
                    right=self.step("bonus", held),
                ),
            )  # fmt: skip
            total = Call(
                type=Number(self.scale, 0, most), function="min",
                arguments=(raised, self.points(self.book.points)),
            )  # fmt: skip
        self.step("carried", total)
        self._rounded("carried", "score", self.book.points)
        return {name: tuple(places) for name, places in groups.items()}

    def _coverage(self) -> None:
        pairs = zip(self.rules, self.book.rules.values(), strict=True)
        parts = tuple(
            Openness(self.of(steps.points), self.of(steps.applies), rule.points)
            for steps, rule in pairs
            if not rule.bonus
        )
        self.step("coverage", Coverage(type=Number(4, 0, 10**4), parts=parts))

    # Limiters and the grade

    def _limiter(self, limiter: Limiter) -> str:
        conditions: list[Node] = []
        if limiter.when is not None:
            conditions.append(Settle(type=Boolean(), item=limiter.when, otherwise=_FALSE))
        if limiter.floor is not None:
            section, units = limiter.floor
            if f"asked:{section}" not in self.steps:
                conditions.append(_FALSE)
            else:
                floor = Literal(type=Number(self.book.decimals, units, units), value=units)
                below = Compare(
                    type=Boolean(), op="<", left=self.of(f"printed:{section}"), right=floor
                )
                conditions += [self.of(f"asked:{section}"), below]
        return self.step(f"limiter:{limiter.id}", _all(conditions)).name

    def _grade(self, names: tuple[str, ...]) -> None:
        """Keep the grade as a place: 0 the lowest, -1 vetoed."""
        grades = list(reversed(self.book.grades))
        top = len(grades) - 1
        node: Node = _place(0)
        for place, grade in enumerate(grades):
            demand = self._demand(grade)
            if place and demand is not None:
                node = Choose(
                    type=Number(0, 0, place), condition=demand, then=_place(place), otherwise=node
                )
        pairs = list(zip(names, self.book.limiters, strict=True))
        down: Node = self.step("by-points", node)
        low = 0
        for name, limiter in pairs:
            if limiter.downgrade:
                low -= limiter.downgrade
                less = Choose(
                    type=Number(0, 0, limiter.downgrade), condition=self.of(name),
                    then=_place(limiter.downgrade), otherwise=_place(0),
                )  # fmt: skip
                down = Arithmetic(type=Number(0, low, top), op="-", left=down, right=less)
        if low:
            down = Call(type=Number(0, 0, top), function="max", arguments=(down, _place(0)))
        ids = [grade.id for grade in grades]
        for name, limiter in pairs:
            if limiter.cap is not None:
                cap = Choose(
                    type=Number(0, 0, top), condition=self.of(name),
                    then=_place(ids.index(limiter.cap)), otherwise=_place(top),
                )  # fmt: skip
                down = Call(type=Number(0, 0, top), function="min", arguments=(down, cap))
        veto = self.step("veto", _any([self.of(n) for n, limiter in pairs if limiter.veto]))
        self.step(
            "grade",
            Choose(type=Number(0, -1, top), condition=veto, then=_place(-1), otherwise=down),
        )
        unrated = [self.of(name) for name, limiter in pairs if limiter.not_rated]
        nothing = Not(type=Boolean(), item=self.of("rated"))
        self.step("not_rated", _any([*unrated, nothing]))

    def _demand(self, grade: Grade) -> Node | None:
        conditions: list[Node] = []
        cut: Node | None = None
        if grade.parameter:
            parameter = self.book.parameters[grade.parameter]
            units = [value for _, value in parameter.values]
            kind = Number(parameter.scale, min(units), max(units))
            cut = Name(type=kind, kind="parameter", name=parameter.id)
        elif grade.at_least is not None:
            kind = Number(self.book.decimals, grade.at_least, grade.at_least)
            cut = Literal(type=kind, value=grade.at_least)
        if cut is not None:
            conditions.append(Compare(type=Boolean(), op=">=", left=self.of("score"), right=cut))
        if grade.needs is not None:
            conditions.append(Settle(type=Boolean(), item=grade.needs, otherwise=_FALSE))
        return _all(conditions) if conditions else None


_TRUE = Literal(type=Boolean(), value=True)
_FALSE = Literal(type=Boolean(), value=False)


def _place(units: int) -> Literal:
    return Literal(type=Number(0, units, units), value=units)


def _all(conditions: list[Node]) -> Node:
    if not conditions:
        return _TRUE
    if len(conditions) == 1:
        return conditions[0]
    return Logic(type=Boolean(), op="and", items=tuple(conditions))


def _any(conditions: list[Node]) -> Node:
    if not conditions:
        return _FALSE
    if len(conditions) == 1:
        return conditions[0]
    return Logic(type=Boolean(), op="or", items=tuple(conditions))
