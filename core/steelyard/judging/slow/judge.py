"""The slow, obvious judge: a whole book over one case in exact fractions, against which the
compiled judge is tried.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from fractions import Fraction
from typing import Any, NamedTuple, cast

from steelyard.book.model import (
    Banded,
    Checklist,
    Consequence,
    Demerit,
    Graded,
    Judged,
    Limiter,
    Proportional,
    Requires,
    Rule,
    RuleBook,
    Stage,
    Staged,
)
from steelyard.case.environment import (
    CaseWorld,
    PartyWorld,
    RecordWorld,
    may_be_undefined,
    reading,
    settled,
)
from steelyard.case.model import Case
from steelyard.expression.reference import Evaluation, Reading, World, half_away
from steelyard.expression.tree import Name, Node, Over, Reach, children
from steelyard.expression.types import PartyOf, Survey
from steelyard.expression.values import UNKNOWN, Bounds, Truth
from steelyard.judging.shown import shown_of

ZERO = Fraction(0)


class Found(NamedTuple):
    """What one rule earns, in points, and whether it `applies`, `perhaps`, is `out`, or is
    `waived`.
    """

    low: Fraction
    high: Fraction
    state: str


class Follows(NamedTuple):
    """One consequence: the number of its row, on whom it falls (`unknown`: not named), its record,
    and how surely.
    """

    number: int
    kind: str
    party: str
    record: str
    certain: bool


class Slow(NamedTuple):
    """Everything that judging gives, in points: rules, sections (None: not asked), score, coverage,
    grade, what follows.
    """

    rules: Mapping[str, Found]
    sections: Mapping[str, Bounds | None]
    score: Bounds
    coverage: Fraction
    limiters: tuple[Truth, ...]
    grade: tuple[str, str]
    veto: str
    not_rated: str
    consequences: frozenset[Follows]


def judge_slowly(book: RuleBook, case: Case) -> Slow:
    """Weigh a case by its book without compiling anything; rules judged by plugins stay unknown."""
    return _Judge(book, case).judge()


class _Judge:
    def __init__(self, book: RuleBook, case: Case) -> None:
        self.book = book
        self.case = case
        self.shown = shown_of(book, case)
        self.world = CaseWorld(self.shown)

    def points(self, units: int) -> Fraction:
        return Fraction(units, 10**self.book.decimals)

    def rounded(self, points: Fraction) -> Fraction:
        return half_away(points, self.book.decimals)

    def judge(self) -> Slow:
        rules = {rule.id: self.rule(rule) for rule in self.book.rules.values()}
        sections, base = self.sections(rules)
        score = self.bonus(rules, base)
        limiters = tuple(self.limiter(limiter, sections) for limiter in self.book.limiters)
        asked = [
            rule
            for rule in self.book.rules.values()
            if not rule.bonus and rules[rule.id].state in {"applies", "perhaps"}
        ]
        weight = sum((self.points(rule.points) for rule in asked), ZERO)
        open_ = sum((rules[rule.id].high - rules[rule.id].low for rule in asked), ZERO)
        states = {rules[rule.id].state for rule in asked if rule.points}
        hit = {one.id for one, pair in zip(self.book.limiters, limiters, strict=True) if pair.must}
        may = {one.id for one, pair in zip(self.book.limiters, limiters, strict=True) if pair.may}
        vetoed = [
            any(one.veto and one.id in bites for one in self.book.limiters) for bites in (hit, may)
        ]
        unrated = [
            any(one.not_rated and one.id in bites for one in self.book.limiters) or not rated
            for bites, rated in ((hit, states), (may, states & {"applies"}))
        ]
        return Slow(
            rules,
            sections,
            score,
            1 - open_ / weight if weight else Fraction(1),
            limiters,
            (self.grade(score.low, may), self.grade(score.high, hit)),
            "yes" if vetoed[0] else "possible" if vetoed[1] else "no",
            "yes" if unrated[0] else "possible" if unrated[1] else "no",
            frozenset(self.consequences()),
        )

    # Rules

    def rule(self, rule: Rule) -> Found:
        waiver = self.case.waivers.get(rule.id)
        if waiver is not None and self.case.as_of <= waiver.until:
            return Found(ZERO, ZERO, "waived")
        found = self.applied(rule, self.earned(rule))
        return (
            Found(ZERO, self.points(rule.points), "perhaps") if found.state == "perhaps" else found
        )

    def earned(self, rule: Rule) -> Found:
        full = self.points(rule.points)
        if isinstance(rule.form, Checklist):
            return self.checked(rule, rule.form)
        if isinstance(rule.form, Staged):
            return self.staged(rule, rule.form)
        if isinstance(rule.form, Judged):
            return Found(ZERO, full, "applies")
        evaluation = Evaluation(self.world)
        if isinstance(rule.form, Demerit):
            low, high, undefined = self.lost(rule, rule.form)
            nodes = []
        else:
            low, high = self.scored(rule, evaluation)
            undefined, nodes = evaluation.undefined, [_node(rule)]
        if low == high or not undefined:
            return Found(low, high, "applies")
        known = (
            self.register_known(rule.form, claimed=rule.bonus)
            if isinstance(rule.form, Demerit)
            else self.known(nodes, self.world)
        )
        if rule.when_undefined == "pass":
            return Found(full if known else low, full, "applies")
        if rule.when_undefined == "fail":
            return Found(ZERO, ZERO if known else high, "applies")
        return Found(ZERO, ZERO, "out") if known else Found(ZERO, full, "perhaps")

    def applied(self, rule: Rule, found: Found) -> Found:
        if rule.not_applicable is None:
            return found
        out = self.fires(rule.not_applicable, self.world)
        if out.must:
            return Found(ZERO, ZERO, "out")
        return found._replace(state="perhaps") if out.may and found.state != "out" else found

    def fires(self, node: Node, world: World) -> Truth:
        """Return a condition; what is left undecided by a known zero does not fire."""
        evaluation = Evaluation(world)
        found = evaluation.truth(node)
        if found.may and not found.must and evaluation.undefined and self.known([node], world):
            return Truth(must=False, may=False)
        return found

    def scored(self, rule: Rule, evaluation: Evaluation) -> tuple[Fraction, Fraction]:
        full = self.points(rule.points)
        match rule.form:
            case Requires(condition=node):
                holds = evaluation.truth(node)
                return full * holds.must, full * holds.may
            case Proportional(rate=node):
                rate = evaluation.bounds(node)
                if rate is None:
                    return ZERO, ZERO
                ends = [
                    self.rounded(full * min(max(end, ZERO), Fraction(1)))
                    for end in (rate.low, rate.high)
                ]
                return (ZERO if rate.none else ends[0]), ends[1]
            case Graded(fact=node, points=points):
                return self.graded(points, evaluation.read(node), node)
            case Banded() as form:
                return (
                    self.confident_bands(form, evaluation)
                    if form.confidence
                    else self.bands(form, evaluation)
                )
        raise AssertionError(rule)

    def graded(
        self, points: Mapping[str, int], found: Reading, node: Node
    ) -> tuple[Fraction, Fraction]:
        if found is None:
            return ZERO, ZERO
        options: tuple[str, ...] = cast("Any", node.type).options
        if isinstance(found, Bounds):
            possible = [
                option for place, option in enumerate(options) if found.low <= place <= found.high
            ]
            none = found.none
        else:
            possible = list(options) if found is UNKNOWN else [str(found)]
            none = found is UNKNOWN and node.nullable
        worth = [self.points(points[option]) for option in possible]
        return min([*worth, ZERO] if none else worth), max(worth)

    def bands(self, form: Banded, evaluation: Evaluation) -> tuple[Fraction, Fraction]:
        found = evaluation.bounds(form.value)
        if found is None:
            return ZERO, ZERO

        def reached(value: Fraction) -> int:
            edges = [(Fraction(band.threshold, 10**band.scale), band.above) for band in form.bands]
            return sum(value > edge or (value == edge and not above) for edge, above in edges)

        worth = [ZERO, *(self.points(band.points) for band in form.bands)][
            reached(found.low) : reached(found.high) + 1
        ]
        return min([*worth, ZERO] if found.none else worth), max(worth)

    def confident_bands(self, form: Banded, evaluation: Evaluation) -> tuple[Fraction, Fraction]:
        value = evaluation.read(form.value)
        survey = self.world.survey(cast("Name", form.value))
        if value is None:
            return ZERO, ZERO
        none = isinstance(value, Bounds) and value.none
        low = high = 0
        if survey is None or not survey[1]:
            evaluation.undefined = True
            high = len(form.bands)
        else:
            positive, asked = survey
            for place, band in enumerate(form.bands, 1):
                t = Fraction(band.threshold, 10**band.scale)
                d = positive - asked * t
                sure = d * d >= Fraction(form.confidence, 10**6) * asked * t * (1 - t)
                reaches = d > 0 or (d == 0 and not band.above)
                low = place if sure and reaches else low
                high = place if reaches or not sure else high
        worth = [ZERO, *(self.points(band.points) for band in form.bands)][low : high + 1]
        return min([*worth, ZERO] if none else worth), max(worth)

    def checked(self, rule: Rule, form: Checklist) -> Found:
        full = self.points(rule.points)
        yes = no = open_ = 0
        for item in form.items:
            tick = reading(self.shown.facts[item.id], self.book.facts[item.id].type)
            if tick == "yes":
                yes += item.weight
            elif tick == "no" or (rule.bonus and item.id not in self.shown.given):
                no += item.weight
            elif tick is UNKNOWN:
                open_ += item.weight
        asked = yes + no + open_
        if not asked:
            return Found(ZERO, ZERO, "out")
        low, high = self.rounded(full * yes / asked), self.rounded(full * (yes + open_) / asked)
        return Found(low, high, "perhaps" if yes + no == 0 else "applies")

    def staged(self, rule: Rule, form: Staged) -> Found:
        stage = self.book.stages[form.stage]
        last = self.due(stage)
        today = self.case.as_of.toordinal()
        pending = last is not None and today < last
        late = Fraction(form.late, 10**6)

        def worth(day: Fraction) -> Fraction:
            return Fraction(1) if last is None or day <= last else late

        low = high = ZERO
        surely = perhaps = 0
        for one in stage.deliverables:
            found = reading(self.shown.facts[one.id], self.book.facts[one.id].type)
            if rule.bonus and one.id not in self.shown.given:
                found = None
            day = found if isinstance(found, Bounds) else None
            if day is None or day.low > today:
                surely += not pending
            elif day.none or day.high > today:
                high += worth(day.low)
                surely, perhaps = surely + (not pending), perhaps + pending
            else:
                surely += 1
                low, high = low + worth(day.high), high + worth(day.low)
        asked = surely + perhaps
        if not asked:
            return Found(ZERO, ZERO, "out")
        full = self.points(rule.points)
        ends = self.rounded(full * low / asked), self.rounded(full * high / asked)
        return Found(*ends, "applies" if surely else "perhaps")

    def due(self, stage: Stage) -> int | None:
        """Return the last day of a stage's window in the case's period, or None where it is
        open.
        """
        if not stage.months:
            return stage.last.toordinal() if stage.last is not None else None
        month, year = stage.months[-1] + 1, self.case.first.year
        first = self.case.first.replace(
            year=year + (month > 12), month=month if month <= 12 else 1, day=1
        )
        return first.toordinal() - 1

    def lost(self, rule: Rule, form: Demerit) -> tuple[Fraction, Fraction, bool]:
        full = self.points(rule.points)
        complete, given, rows = self.shown.registers[form.register]
        if rule.bonus and not given:
            return ZERO, ZERO, False
        least = most = ZERO
        undefined = False
        for cells in rows:
            evaluation = Evaluation(RecordWorld(self.world, form.register, cells))
            where = (
                evaluation.truth(form.where)
                if form.where is not None
                else Truth(must=True, may=True)
            )
            each = evaluation.bounds(form.each) if where.may else None
            undefined = undefined or evaluation.undefined
            if each is not None:
                most += each.high
                least += each.low if where.must and not each.none else ZERO
        if not complete and not rule.bonus:
            most = full
            undefined = undefined or any(
                may_be_undefined(self.book, node, form.register) for node in (form.where, form.each)
            )
        return (
            self.rounded(max(ZERO, full - most)),
            self.rounded(max(ZERO, full - least)),
            undefined,
        )

    # Whether everything that is read is known

    def register_known(self, form: Demerit, *, claimed: bool) -> bool:
        complete, _, rows = self.shown.registers[form.register]
        nodes = [node for node in (form.where, form.each) if node is not None]
        worlds = [RecordWorld(self.world, form.register, cells) for cells in rows]
        around = [name for part in nodes for name in _around(part)]
        counted = all(
            self.known(nodes, world) for world in worlds if self.may_count(form.where, world)
        )
        return (complete or claimed) and self.known(around, self.world) and counted

    def may_count(self, where: Node | None, world: World) -> bool:
        """Whether a record may count; of one that surely does not, nothing is read."""
        return where is None or Evaluation(world).truth(where).may

    def known(self, nodes: Iterable[Node], world: World) -> bool:
        return all(self.known_here(node, world) for node in nodes)

    def known_here(self, node: Node, world: World) -> bool:
        match node:
            case Over():
                seen = world.records(node)
                inner = [part for part in (node.value, node.where) if part is not None]
                members = [
                    (belongs, one)
                    for belongs, one in seen.members
                    if self.may_count(node.where, one)
                ]
                around = [name for part in inner for name in _around(part)]
                counted = all(
                    belongs.must == belongs.may and self.known(inner, one)
                    for belongs, one in members
                )
                return seen.complete and self.known(around, world) and counted
            case Name(inner=Node() as inner):
                return self.known_here(inner, world)
            case Name(kind="fact", name=name) if self.book.facts[name].derived is not None:
                return self.known_here(cast("Node", self.book.facts[name].derived), self.world)
            case Name(kind="field", name=name) if isinstance(world, RecordWorld):
                derived = self.book.registers[world.register].fields[name].derived
                return (
                    settled(world.value(node)).must
                    if derived is None
                    else self.known_here(derived, world)
                )
            case Name(type=Survey()):
                value = world.value(node)
                return value is None or world.survey(node) == (0, 0) or settled(value).must
            case Name() | Reach():
                return settled(world.value(node)).must
        return self.known(children(node), world)

    # Scoring

    def sections(self, rules: Mapping[str, Found]) -> tuple[dict[str, Bounds | None], Bounds]:
        sections: dict[str, Bounds | None] = {}
        asked = low = high = ZERO
        for section in self.book.sections.values():
            own = [rule for rule in self.book.rules.values() if rule.section == section.id]
            if not own:
                continue
            counted = [rule for rule in own if rules[rule.id].state in {"applies", "perhaps"}]
            weight = sum((self.points(rule.points) for rule in counted), ZERO)
            if not weight:
                sections[section.id] = None
                continue
            full = self.points(section.points)
            found = Bounds(
                self.rounded(full * sum((rules[rule.id].low for rule in counted), ZERO) / weight),
                self.rounded(full * sum((rules[rule.id].high for rule in counted), ZERO) / weight),
            )
            sections[section.id] = found
            asked, low, high = asked + full, low + found.low, high + found.high
        if not asked:
            return sections, Bounds(ZERO, ZERO)
        full = self.points(self.book.points)
        return sections, Bounds(self.rounded(full * low / asked), self.rounded(full * high / asked))

    def bonus(self, rules: Mapping[str, Found], base: Bounds) -> Bounds:
        groups: dict[str, list[Found]] = {}
        for rule in self.book.rules.values():
            if rule.bonus:
                groups.setdefault(
                    f"group {rule.group}" if rule.group else f"rule {rule.id}", []
                ).append(rules[rule.id])
        low = sum((max(one.low for one in group) for group in groups.values()), ZERO)
        high = sum((max(one.high for one in group) for group in groups.values()), ZERO)
        ceiling, full = self.points(self.book.bonus_ceiling), self.points(self.book.points)
        return Bounds(
            min(full, base.low + min(ceiling, low)), min(full, base.high + min(ceiling, high))
        )

    def limiter(self, limiter: Limiter, sections: Mapping[str, Bounds | None]) -> Truth:
        found = (
            Truth(must=True, may=True)
            if limiter.when is None
            else self.fires(limiter.when, self.world)
        )
        if limiter.floor is None:
            return found
        section, floor = sections.get(limiter.floor[0]), self.points(limiter.floor[1])
        if section is None:
            return Truth(must=False, may=False)
        return Truth(found.must and section.high < floor, found.may and section.low < floor)

    def grade(self, score: Fraction, bites: set[str]) -> str:
        ladder = sorted(self.book.grades, key=lambda one: one.at_least)
        names = [one.id for one in ladder]
        place = max(n for n, one in enumerate(ladder) if score >= self.points(one.at_least))
        biting = [one for one in self.book.limiters if one.id in bites]
        if any(one.veto for one in biting):
            return "vetoed"
        place = max(0, place - sum(one.downgrade for one in biting))
        return names[min([place, *(names.index(one.cap) for one in biting if one.cap is not None)])]

    # Consequences

    def consequences(self) -> Iterator[Follows]:
        found: dict[tuple[int, str, str, str], bool] = {}
        for row in self.book.consequences:
            for world, record in self.places(row):
                holds = (
                    self.fires(row.when, world)
                    if row.when is not None
                    else Truth(must=True, may=True)
                )
                for kind, party, certain in self.fallen(row, world) if holds.may else ():
                    key = (row.number, kind, party, record)
                    found[key] = found.get(key, False) or (holds.must and certain)
        return (Follows(*key, certain) for key, certain in found.items())

    def places(self, row: Consequence) -> Iterator[tuple[World, str]]:
        if row.scope == "subject":
            yield self.world, ""
        elif row.scope == "register":
            for name, cells in zip(
                self.case.registers[row.on].ids, self.shown.registers[row.on][2], strict=True
            ):
                yield RecordWorld(self.world, row.on, cells), name
        else:
            for party in self.case.parties.values():
                if party.kind == row.on:
                    yield PartyWorld(self.world, party.id, row.owners), ""
            holders = (
                cells[field][0]
                for name, field in row.owners.items()
                for cells in self.shown.registers[name][2]
            )
            if any(holder is UNKNOWN for holder in holders):
                yield PartyWorld(self.world, None, row.owners), ""

    def fallen(self, row: Consequence, world: World) -> Iterator[tuple[str, str, bool]]:
        """Yield on whom a consequence falls, and whether that is sure."""
        if row.falls_on is None:
            yield "subject", self.case.subject_id, True
            return
        party = world.value(cast("Name | Reach", row.falls_on))
        if party is None:
            return
        sure = party is not UNKNOWN or not row.falls_on.nullable
        if row.members is None:
            yield row.kind, "unknown" if party is UNKNOWN else str(party), sure
            return
        kind, field = row.members
        for one in self.case.parties.values():
            home = reading(one.values[field], PartyOf("")) if one.kind == kind else None
            if home is not None and (home is UNKNOWN or party is UNKNOWN or home == party):
                yield kind, one.id, sure and home == party and home is not UNKNOWN
        if party is UNKNOWN:
            yield kind, "unknown", sure


def _around(node: Node) -> Iterator[Node]:
    """Yield what an expression at a record reads of what lies around the record."""
    root = node
    while isinstance(root, Reach):
        root = root.base
    if isinstance(root, Name) and root.inner is None:
        if root.kind != "field":
            yield node
    elif isinstance(root, Over):
        yield root
    else:
        for child in children(root):
            yield from _around(child)


def _node(rule: Rule) -> Node:
    match rule.form:
        case (
            Requires(condition=node)
            | Graded(fact=node)
            | Banded(value=node)
            | Proportional(rate=node)
        ):
            return node
    raise AssertionError(rule)
