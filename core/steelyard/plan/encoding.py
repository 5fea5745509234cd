"""A case's tables and the scoring of its book as an integer programme.

Scoring here is `book/program.py` at its low end: a mean of at least t is a sum of what each part
lies above t, a part that may be out adding nothing above 0. All is a hair wider than the judge's
rounding, so that no plan is lost; what is found is weighed by the judge before it is believed.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction
from math import lcm
from typing import NamedTuple

from steelyard.book.model import Limiter, Rule
from steelyard.judging.assessment import Assessment
from steelyard.plan.levers import Key, Lever, Option, Piece
from steelyard.plan.slack import Loose, Slack
from steelyard.plan.solver import Solver
from steelyard.plan.tables import Table

_HAIR = 1e-6
"""Points by which rounding to carried places may move a score at most, and more."""

Terms = dict[int, float]


class Ruled(NamedTuple):
    """A rule in the programme: its share, and how surely it applies, each as an expression.

    Of `applies` and `out` the one that is not 0 or 1 depends on the moves.
    """

    share: Terms
    applies: Terms
    out: Terms


class Encoding:
    """The programme of one case: which moves there are, and what score, limits and grade follow."""

    def __init__(
        self,
        assessment: Assessment,
        levers: Sequence[Lever],
        tables: Sequence[Table],
        *,
        obstacles: bool = False,
        slack: Slack | None = None,
    ) -> None:
        """Take the case as it is; with `obstacles` any part may be taken as met, at a price, with
        `slack` those that it names, at the price of moving them at all.
        """
        self.assessment = assessment
        self.book = assessment.book
        self.solver = Solver()
        self.one = self.solver.variable(1.0, 1.0)
        self.moves: dict[tuple[Key, Option], int] = {}
        self.obstacles: dict[Piece, int] = {}
        self._loose: dict[Piece, dict[int, Fraction]] = {}
        self._obstructed = obstacles
        self._slack = slack
        self.entered: dict[tuple[str, int], int] = {}
        if slack is not None:
            for name in slack.each:
                held = {(name, count): self._variable(whole=True) for count in slack.levels(name)}
                self.solver.row(dict.fromkeys(held.values(), 1.0), high=1.0)
                self.entered |= held
        for lever in levers:
            own = [self._variable(whole=True) for _ in lever.options]
            self.moves.update(
                ((lever.key, option), one) for option, one in zip(lever.options, own, strict=True)
            )
            self.solver.row(dict.fromkeys(own, 1.0), high=1.0)
        self._moved = {
            lever.key: [self.moves[lever.key, one] for one in lever.options] for lever in levers
        }
        self._tables: dict[Piece, list[Table]] = {}
        for table in tables:
            self._tables.setdefault(table.piece, []).append(table)
        self.rules = {rule.id: self._rule(rule) for rule in self.book.rules.values()}
        self.sections: dict[str, int] = {}
        self._asked: dict[str, Terms] = {}
        self._unasked: dict[str, int] = {}
        for name in self.book.sections:
            self._section(name)
        self.score = self._score()
        self.silent = {limiter.id: self._silent(limiter) for limiter in self.book.limiters}

    def _variable(self, low: float = 0.0, high: float = 1.0, *, whole: bool = False) -> int:
        return self.solver.variable(low, high, whole=whole)

    def obstacle(self, piece: Piece) -> Terms:
        """Return the variable that takes a part as met, where there are such."""
        if self._slack is not None and piece in self._slack.pieces:
            return dict.fromkeys(self._loosened(piece, self._slack.pieces[piece]), 1.0)
        if not self._obstructed:
            return {}
        if piece not in self.obstacles:
            self.obstacles[piece] = self._variable(whole=True)
        return {self.obstacles[piece]: 1.0}

    def _loosened(self, piece: Piece, loose: Loose) -> dict[int, Fraction]:
        """Return variables of which one may say that a part comes to its best for what was moved or
        entered, each with that best.
        """
        if piece not in self._loose:
            found = self._loose[piece] = {}
            moves = {move: 1.0 for key in loose.keys for move in self._moved[key]}
            counts = {count for name, count in self.entered if name in loose.registers}
            for count in sorted({0, *counts}):
                best = loose.at(count)
                more = {
                    one: 1.0
                    for (name, held), one in self.entered.items()
                    if name in loose.registers and held >= max(count, 1)
                }
                if best and (count or moves):
                    one = self._variable()
                    found[one] = best
                    self.solver.row(_less({one: 1.0}, more if count else moves), high=0.0)
            self.solver.row(dict.fromkeys(found, 1.0), high=1.0)
        return self._loose[piece]

    def _slackened(self, piece: Piece) -> bool:
        return self._slack is not None and piece in self._slack.pieces

    # Tables

    def _chosen(self, table: Table) -> list[tuple[int, int]]:
        """Return the rows of a table by their variables, of which the moves choose one."""
        found = []
        for place, row in enumerate(table.rows):
            one = self._variable()
            found.append((one, place))
            for key in table.levers:
                if key in row.moves:
                    self.solver.row({one: 1.0, self.moves[key, row.moves[key]]: -1.0}, high=0.0)
                else:
                    self.solver.row({one: 1.0, **dict.fromkeys(self._moved[key], 1.0)}, high=1.0)
        self.solver.row({one: 1.0 for one, _ in found}, 1.0, 1.0)
        return found

    def _rule(self, rule: Rule) -> Ruled:
        piece = ("rule", rule.id)
        tables = self._tables[piece]
        base = tables[0].rows[0].said
        gone = {"out", "waived"}
        if base.state in gone and len(tables) > 1:
            tables = []
        share: Terms = {}
        applies: Terms = {}
        out: Terms = {}
        fit = base.state not in gone
        for whole in tables:
            # A plan never rests on a demand that falls away.
            rows = tuple(one for one in whole.rows if not (fit and one.said.state in gone))
            table = whole._replace(rows=rows)
            for one, place in self._chosen(table):
                said = table.rows[place].said
                share[one] = float(said.low)
                if said.state == "applies":
                    applies[one] = 1.0
                elif said.state in gone:
                    out[one] = 1.0
        if len(tables) > 1:
            share[self.one] = -float(base.low) * (len(tables) - 1)
        if not tables or (len(tables) == 1 and len(tables[0].rows) == 1):
            applies = {self.one: 1.0} if base.state == "applies" else {}
            out = {self.one: 1.0} if base.state in gone else {}
        elif base.state == "applies" and all(
            row.said.state == "applies" or row.said.state in gone
            for table in tables
            for row in table.rows
        ):
            applies, out = {self.one: 1.0}, {}
        held = self._variable()
        slack = self._slackened(piece)
        met = self.obstacle(piece) if slack or base.state not in gone and not rule.bonus else {}
        self.solver.row(_less({held: 1.0}, share, met), high=0.0)
        if slack:
            lacks = {one: float(1 - best) for one, best in self._loose[piece].items()}
            self.solver.row(_sum({held: 1.0}, lacks), high=1.0)
        if slack and out:
            # Out it is only where it is not taken as met.
            still = self._variable()
            self.solver.row(_less({still: 1.0}, out), high=0.0)
            self.solver.row(_sum({still: 1.0}, met), high=1.0)
            out = {still: 1.0}
        return Ruled({held: 1.0}, _sum(applies, met), out)

    def _section(self, name: str) -> None:
        own = [rule for rule in self.book.rules.values() if rule.section == name]
        if not own:
            return
        value = self.sections[name] = self._variable()
        total: Terms = {}
        asked: Terms = {}
        for rule in own:
            weight = rule.weight or rule.points
            if not weight:
                continue
            found = self.rules[rule.id]
            asked = _sum(asked, found.applies)
            total = _sum(total, self._above(found, {value: 1.0}, float(weight)))
        self.solver.row(total, low=0.0)
        self._asked[name] = asked
        self._unasked[name] = self._variable()
        for rule in own:
            if rule.weight or rule.points:
                terms = {self._unasked[name]: 1.0}
                self.solver.row(_less(terms, self.rules[rule.id].out), high=0.0)

    def _above(self, part: Ruled, edge: Terms, weight: float) -> Terms:
        """Return what a part that counts lies above an edge, times its weight; at most 0 where it
        may be out, and 0 where it is.
        """
        above = _less(_times(part.share, weight), _times(edge, weight))
        if part.applies == {self.one: 1.0}:
            return above
        if part.out == {self.one: 1.0}:
            return {}
        one = self._variable(-weight, weight)
        self.solver.row(_less({one: 1.0}, above, _times(part.out, weight)), high=0.0)
        self.solver.row(_less({one: 1.0}, _times(part.applies, weight)), high=0.0)
        return {one: 1.0}

    # The book

    def _score(self) -> Terms:
        """Return the score's low end in points."""
        unit = 10.0**self.book.decimals
        base = self._base()
        pots: dict[str, list[Rule]] = {}
        for rule in self.book.rules.values():
            if rule.bonus:
                pots.setdefault(f"group {rule.group}" if rule.group else rule.id, []).append(rule)
        if not pots:
            return base
        pot = self._variable(0.0, self.book.bonus_ceiling / unit)
        parts: Terms = {}
        for some in pots.values():
            most = max(rule.points for rule in some) / unit
            best = self._variable(0.0, most)
            parts[best] = 1.0
            picks = {rule.id: self._variable(whole=True) for rule in some}
            self.solver.row(dict.fromkeys(picks.values(), 1.0), 1.0, 1.0)
            for rule in some:
                points = rule.points / unit
                # A rule that is not picked holds nothing down.
                aside = _less({self.one: most}, {picks[rule.id]: most})
                for bound in (self.rules[rule.id].share, self.rules[rule.id].applies):
                    self.solver.row(_less({best: 1.0}, _times(bound, points), aside), high=0.0)
        self.solver.row(_less({pot: 1.0}, parts), high=0.0)
        return _sum(base, {pot: 1.0})

    def _base(self) -> Terms:
        full = self.book.points / 10.0**self.book.decimals
        weighed = {
            name: self.book.sections[name].points
            for name in self.sections
            if self.book.sections[name].points
        }
        self.rated: Terms = {} if self.sections else {self.one: 1.0}
        if not weighed:
            return {}
        book = self._variable()
        total: Terms = {}
        for name, points in weighed.items():
            part = Ruled({self.sections[name]: 1.0}, self._asked[name], {self._unasked[name]: 1.0})
            sure = any(
                self.rules[rule.id].applies == {self.one: 1.0}
                for rule in self.book.rules.values()
                if rule.section == name and (rule.weight or rule.points)
            )
            if sure:
                part = part._replace(applies={self.one: 1.0})
            total = _sum(total, self._above(part, {book: 1.0}, float(points)))
            self.rated = _sum(self.rated, part.applies)
        self.solver.row(total, low=0.0)
        base = self._variable(0.0, full)
        self.solver.row(_less({base: 1.0}, {book: full}), high=0.0)
        self.solver.row(_less({base: 1.0}, _times(self.rated, full)), high=0.0)
        return {base: 1.0}

    def _condition(self, piece: Piece, holds: Callable[[Table, int], bool]) -> Terms:
        """Return whether a condition says what is wanted of it, as an expression."""
        found: Terms = {}
        for table in self._tables[piece]:
            found |= {one: 1.0 for one, place in self._chosen(table) if holds(table, place)}
        return found

    def _silent(self, limiter: Limiter) -> int:
        """Return a variable that is 1 only where a limiter surely does not bite."""
        silent = self._variable(whole=True)
        ways: Terms = self.obstacle(("limiter", limiter.id))
        if limiter.when is not None:
            never = self._condition(
                ("limiter", limiter.id), lambda table, place: not table.rows[place].said.high
            )
            ways = _sum(ways, never)
        if limiter.floor is not None:
            name, units = limiter.floor
            if name not in self.sections:
                ways = {self.one: 1.0}
            else:
                reached = self._variable(whole=True)
                unit = 10.0**self.book.decimals
                full = self.book.sections[name].points / unit
                edge = (units - 0.5) / unit - _HAIR
                self.solver.row(
                    _less({self.sections[name]: full}, {reached: max(edge, 0.0)}), low=0.0
                )
                ways = _sum(ways, {reached: 1.0, self._unasked[name]: 1.0})
        self.solver.row(_less({silent: 1.0}, ways), high=0.0)
        return silent

    def reach(self, target: int) -> None:
        """Ask that the grade is at least the one at a place from the lowest, for certain."""
        unit = 10.0**self.book.decimals
        cuts: Terms = {}
        places: Terms = {}
        for place, grade in enumerate(reversed(self.book.grades)):
            if place < target:
                continue
            one = self._variable(whole=True)
            places[one] = float(place)
            cuts[one] = 0.0
            if place and (grade.parameter or grade.at_least is not None):
                cuts[one] = (self.assessment.cut_off(grade) - 0.5) / unit - _HAIR
            if place and grade.needs is not None:
                met = self._condition(
                    ("grade", grade.id), lambda table, row: bool(table.rows[row].said.low)
                )
                met = _sum(met, self.obstacle(("grade", grade.id)))
                self.solver.row(_less({one: 1.0}, met), high=0.0)
        self.solver.row(dict.fromkeys(places, 1.0), 1.0, 1.0)
        self.solver.row(_less(self.score, cuts), low=0.0)
        lowered: Terms = {}
        ids = [grade.id for grade in reversed(self.book.grades)]
        for limiter in self.book.limiters:
            silent = self.silent[limiter.id]
            capped = limiter.cap is not None and ids.index(limiter.cap) < target
            if limiter.veto or limiter.not_rated or capped:
                self.solver.row({silent: 1.0}, low=1.0)
            lowered[silent] = float(limiter.downgrade)
        if target:
            most = sum(lowered.values())
            self.solver.row(_sum(places, lowered), low=target + most)
        self.solver.row(self.rated, low=1.0)

    # Solving

    def costs(self) -> dict[int, float]:
        """Return what each move takes, in whole numbers of one unit."""
        takes = {one: option.effort for (_, option), one in self.moves.items()}
        if self._slack is not None:
            takes |= {
                one: self._slack.each[name] * count for (name, count), one in self.entered.items()
            }
        unit = lcm(*(effort.denominator for effort in takes.values()), 1)
        return {one: float(effort * unit) for one, effort in takes.items()}

    def exclude(self, chosen: Mapping[Key, Option]) -> None:
        """Ask for other moves than these."""
        wanted = set(chosen.items())
        terms = {one: (-1.0 if move in wanted else 1.0) for move, one in self.moves.items()}
        self.solver.row(terms, low=1.0 - len(wanted))

    def chosen(self, values: Sequence[float]) -> dict[Key, Option]:
        """Return the moves of a solution."""
        return {key: option for (key, option), one in self.moves.items() if values[one] > 0.5}


def _times(terms: Terms, factor: float) -> Terms:
    return {one: value * factor for one, value in terms.items()}


def _sum(*parts: Terms) -> Terms:
    found: Terms = {}
    for terms in parts:
        for one, value in terms.items():
            found[one] = found.get(one, 0.0) + value
    return found


def _less(terms: Terms, *others: Terms) -> Terms:
    return _sum(terms, *(_times(other, -1.0) for other in others))
