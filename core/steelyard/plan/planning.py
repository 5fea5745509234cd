"""The cheapest changes that reach a grade for certain, weighed by the judge before being told."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction
from typing import Literal, NamedTuple

from steelyard.book.model import RuleBook
from steelyard.expression.types import Number, Survey, number_text
from steelyard.judging.assessment import Assessment
from steelyard.judging.findings import Judges
from steelyard.plan.bound import least_effort, slack_of
from steelyard.plan.candidates import Candidates, parts_of
from steelyard.plan.efforts import Efforts
from steelyard.plan.encoding import Encoding
from steelyard.plan.further import entries, further
from steelyard.plan.levers import Key, Lever, Moves, Option, Piece, effort_of
from steelyard.plan.tables import Table, Tables
from steelyard.plan.trial import Bench

_CUTS = 60
"""So many plans may fall through with the judge before looking for one is given up."""
_HAIR = 1e-7
_SEARCH = 200
"""So many nodes are searched for a plan that goes less far, among those of the least effort."""
Outcome = Literal["already", "reached", "over_budget", "unreachable", "undecided"]


class Step(NamedTuple):
    """One change: what it takes, what the low end of the score gains by it after those before it,
    in units of the book's decimals, and the rules that read it, those that gain first.
    """

    key: Key
    option: Option
    gain: int
    rules: tuple[str, ...]


class Block(NamedTuple):
    """A reason why a grade cannot be reached: a part of the book, and for a rule the most that it
    can surely earn, in units of the book's decimals.
    """

    piece: Piece
    most: int


class Plan(NamedTuple):
    """What a plan comes to.

    `after` is the case with all steps taken, weighed by the judge; `effort` what they take,
    `needed` what the cheapest plan takes where it is over the budget. `cheapest` is whether it is
    proved that no plan takes less, or that there is none; `bound` is what is proved in any case: no
    plan takes less than that. `best` is the
    place from the lowest of the best grade that can be had for certain, where the target cannot;
    -1 where none can, for a veto or since the case is not surely rated.
    """

    before: Assessment
    target: int
    outcome: Outcome
    after: Assessment
    steps: tuple[Step, ...] = ()
    effort: Fraction = Fraction(0)
    budget: Fraction | None = None
    needed: Fraction | None = None
    cheapest: bool = True
    bound: Fraction = Fraction(0)
    blocks: tuple[Block, ...] = ()
    best: int = -1


def plan(
    assessment: Assessment,
    target: int,
    judges: Judges,
    efforts: Efforts = Efforts(),  # noqa: B008  # immutable
    budget: Fraction | None = None,
) -> Plan:
    """Return the cheapest plan by which a case surely gets the grade at a place from the lowest."""
    if reached(assessment, target):
        return Plan(assessment, target, "already", assessment, budget=budget)
    return _Planner(assessment, judges, efforts).plan(target, budget)


def reached(assessment: Assessment, target: int) -> bool:
    """Whether a case surely has a grade, with no veto and rated."""
    standing = assessment.standing
    return standing.low >= target and standing.veto == "no" and standing.not_rated == "no"


class _Planner:
    """Plans one case."""

    def __init__(self, assessment: Assessment, judges: Judges, efforts: Efforts) -> None:
        self.assessment = assessment
        self.book: RuleBook = assessment.book
        self.parts = parts_of(self.book)
        self.bench = Bench(assessment, judges)
        self.tried = Tables(self.bench, self.parts)
        self.entered = list(entries(self.bench, self.parts, efforts))
        found = [
            *Candidates(self.bench, self.parts, efforts).levers(),
            *further(self.bench, self.parts, self.entered),
        ]
        self.levers: list[Lever] = self.tried.worth(found)
        self.tables: list[Table] = self.tried.all(self.levers)
        self.searched = True
        """Whether every search for a plan came to its end."""

    def plan(self, target: int, budget: Fraction | None) -> Plan:
        found = self._cheapest(target)
        base = Plan(self.assessment, target, "reached", self.assessment, budget=budget)
        if isinstance(found, str):
            if found == "undecided":
                return base._replace(outcome="undecided", cheapest=False)
            lower = range(target - 1, -1, -1)
            best = next((one for one in lower if not isinstance(self._cheapest(one), str)), None)
            after = self.bench.weigh(self._most(least=best)) or self.assessment
            bound = self._bound(target)
            return base._replace(
                outcome="unreachable",
                blocks=tuple(self._blocks(target)),
                best=-1 if best is None else best,
                after=after,
                cheapest=bound is None,
                bound=bound or Fraction(0),
            )
        effort = effort_of(found.values())
        bound = min(self._bound(target, effort) or Fraction(0), effort)
        base = base._replace(bound=bound, cheapest=bound == effort)
        if budget is not None and effort > budget:
            most = self._most(budget=budget)
            told = base._replace(outcome="over_budget", needed=effort)
            return self._told(told, most)
        return self._told(base, self._trimmed(found, target))

    def _told(self, told: Plan, moves: Moves) -> Plan:
        after = self.bench.weigh(moves)
        if after is None:
            raise ArithmeticError(moves)
        return told._replace(
            after=after,
            steps=tuple(self._steps(moves)),
            effort=effort_of(moves.values()),
        )

    # Looking

    def _bound(self, target: int, effort: Fraction | None = None) -> Fraction | None:
        """Return what no plan takes less than, None for no plan at all; `effort` is what the one
        that was found takes, None for none.
        """
        slack = slack_of(self.bench, self.parts, self.entered, self.levers, self.tables)
        if self.searched and not slack.pieces:
            return effort
        return least_effort(self.assessment, self.levers, self.tables, slack, target)

    def _cheapest(self, target: int) -> Moves | Literal["unreachable", "undecided"]:
        """Return the cheapest moves that the judge confirms."""
        encoding = Encoding(self.assessment, self.levers, self.tables)
        encoding.reach(target)
        efforts = encoding.costs()
        for _ in range(_CUTS):
            values = encoding.solver.least(efforts)
            self.searched = self.searched and encoding.solver.proven
            if values is None:
                return "unreachable" if encoding.solver.proven else "undecided"
            moves = encoding.chosen(values)
            after = self.bench.weigh(moves)
            if after is not None and reached(after, target):
                return self._modest(moves, target)
            if self._widened(moves, encoding, values):
                encoding = Encoding(self.assessment, self.levers, self.tables)
                encoding.reach(target)
                efforts = encoding.costs()
            else:
                encoding.exclude(moves)
        return "undecided"

    def _widened(self, moves: Moves, encoding: Encoding, values: Sequence[float]) -> bool:
        """Whether further records moved rules that they were not seen to move by themselves; these
        are tried together from now on.
        """
        said = self.bench.said(moves)
        if said is None:
            return False
        wrong: set[Piece] = set()
        for name, rule in encoding.rules.items():
            piece = ("rule", name)
            told = sum(values[one] * factor for one, factor in rule.share.items())
            if told <= float(said[piece].low) + _HAIR:
                continue
            for place, lever in enumerate(self.levers):
                reads = ("register", lever.key[1]) in self.parts.reads[piece]
                if lever.pieces is not None and reads and not self.parts.moves(lever, piece):
                    self.levers[place] = lever._replace(pieces=lever.pieces | {piece})
                    wrong.add(piece)
        if wrong:
            kept = [table for table in self.tables if table.piece not in wrong]
            self.tables = [*kept, *self.tried.all(self.levers, sorted(wrong))]
        return bool(wrong)

    def _modest(self, moves: Moves, target: int) -> Moves:
        """Return moves that take no more effort and pass as few thresholds as a short search
        finds.
        """
        encoding = Encoding(self.assessment, self.levers, self.tables)
        encoding.reach(target)
        efforts = encoding.costs()
        most = sum(efforts[encoding.moves[move]] for move in moves.items())
        encoding.solver.row(efforts, high=most)
        climbs = {one: float(option.climb) for (_, option), one in encoding.moves.items()}
        values = encoding.solver.least(climbs, _SEARCH)
        found = moves if values is None else encoding.chosen(values)
        after = self.bench.weigh(found)
        return found if after is not None and reached(after, target) else moves

    def _most(self, *, budget: Fraction | None = None, least: int | None = None) -> Moves:
        """Return the moves by which the low end of the score is highest, under a budget, or with at
        least a grade by its place.
        """
        encoding = Encoding(self.assessment, self.levers, self.tables)
        if least is not None:
            encoding.reach(least)
        if budget is not None:
            efforts = {one: float(option.effort) for (_, option), one in encoding.moves.items()}
            encoding.solver.row(efforts, high=float(budget) + 1e-9)
        goal = {one: -value for one, value in encoding.score.items()}
        for _ in range(_CUTS):
            values = encoding.solver.least(goal)
            if values is None:
                break
            moves = encoding.chosen(values)
            after = self.bench.weigh(moves)
            if after is not None and (least is None or reached(after, least)):
                return self._needed(moves, after)
            encoding.exclude(moves)
        return {}

    def _needed(self, moves: Moves, after: Assessment) -> Moves:
        """Return the moves without those that the score and the grade do as well without."""
        found = dict(moves)
        for key in sorted(moves, key=lambda one: (-moves[one].effort, one)):
            rest = {one: option for one, option in found.items() if one != key}
            left = self.bench.weigh(rest)
            same = left is not None and left.scored.low >= after.scored.low
            if same and left is not None and left.standing == after.standing:
                found = rest
        return found

    def _blocks(self, target: int) -> Iterator[Block]:
        """Yield a smallest set of parts which, were they met, would let the grade be reached."""
        encoding = Encoding(self.assessment, self.levers, self.tables, obstacles=True)
        encoding.reach(target)
        values = encoding.solver.least(dict.fromkeys(encoding.obstacles.values(), 1.0))
        if values is None:
            return
        for piece, one in encoding.obstacles.items():
            if values[one] > 0.5:
                yield Block(piece, self._most_of(piece))

    def _most_of(self, piece: Piece) -> int:
        kind, name = piece
        if kind != "rule":
            return 0
        tables = [one for one in self.tables if one.piece == piece]
        share = sum((max(row.said.low for row in one.rows) for one in tables), Fraction(0))
        share -= tables[0].rows[0].said.low * (len(tables) - 1)
        return int(min(share, Fraction(1)) * self.book.rules[name].points)

    # Telling

    def _trimmed(self, moves: Moves, target: int) -> Moves:
        """Return moves of which those that no threshold ends go no further than they must."""
        found = dict(moves)
        for key, option in moves.items():
            if option.free and _counts(self.book, key):
                found[key] = self._least(found, key, option, target)
        return found

    def _least(self, moves: Moves, key: Key, option: Option, target: int) -> Option:
        """Return the value nearest to the present one that still reaches the target."""
        given = self.assessment.case.facts.get(key[1])
        name, text = option.value[0]
        now = given.survey[0] if given is not None and given.survey else None
        if now is None and given is not None and given.low is not None and given.low == given.high:
            now = given.low
        fact = self.book.facts[key[1]]
        scale = 0 if name == "positive" else getattr(fact.type, "scale", 0)
        far = int(Fraction(text) * 10**scale)
        near = now if now is not None else 0

        def at(units: int) -> Option:
            said = number_text(units, scale)
            return option._replace(value=((name, said), *option.value[1:]))

        while abs(far - near) > 1:
            middle = (near + far) // 2
            after = self.bench.weigh({**moves, key: at(middle)})
            if after is not None and reached(after, target):
                far = middle
            else:
                near = middle
        return at(far)

    def _steps(self, moves: Moves) -> Iterator[Step]:
        """Yield the steps, each time the one that gains most for itself first."""
        start = self.assessment.scored.low
        alone = {key: self._low({key: option}, start) - start for key, option in moves.items()}
        order = sorted(
            moves, key=lambda key: (-alone[key], moves[key].effort, self._place(key), key)
        )
        taken: dict[Key, Option] = {}
        low = start
        for key in order:
            taken[key] = moves[key]
            after = self._low(taken, low)
            yield Step(key, moves[key], after - low, self._rules(key))
            low = after

    def _rules(self, key: Key) -> tuple[str, ...]:
        """Return the rules that a lever moves."""
        lever = next(one for one in self.levers if one.key == key)
        return tuple(
            name
            for kind, name in self.parts.reads
            if kind == "rule" and self.parts.moves(lever, (kind, name))
        )

    def _low(self, moves: Mapping[Key, Option], otherwise: int) -> int:
        found = self.bench.weigh(moves)
        return otherwise if found is None else found.scored.low

    def _place(self, key: Key) -> int:
        return next(place for place, lever in enumerate(self.levers) if lever.key == key)


def _counts(book: RuleBook, key: Key) -> bool:
    """Whether a lever moves a number or a survey, which can go part of the way."""
    return key[0] == "fact" and isinstance(book.facts[key[1]].type, (Number, Survey))
