"""Model records of a register: what good ones look like, how each may fail, and what a breach looks
like.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from steelyard.book.model import Field, RuleBook
from steelyard.case.reading.parse_values import text_of
from steelyard.expression.tree import Literal, Name, Node, walk
from steelyard.expression.types import Boolean, Choice, Date, Number, PartyOf, Text
from steelyard.sample.bench import Bench, Row
from steelyard.sample.chance import Chance
from steelyard.sample.names import WORDS
from steelyard.sample.targets import Goal, Presence, Wishes

_MOST_OPTIONS = 40
_ROUNDS, _STARTS = 3, 4
_ANY = Presence(where=None, count=2, distinct=None, asked=False, dimension=None, bonus=False)
Must = list[tuple[Node | None, bool]]
"""Conditions with what they must come to."""


@dataclass(frozen=True, slots=True)
class Failing:
    """What changes in a record when a goal is missed: fields as typed, empty for a field that is
    left out.
    """

    dimension: str | None
    changes: Row


@dataclass(frozen=True, slots=True)
class Wanted:
    """Records that should be there: the first `count` of the models, in turn; with `asked` their
    number earns points.
    """

    models: tuple[Row, ...]
    count: int
    asked: bool
    bonus: bool
    dimension: str | None
    failings: tuple[Failing, ...]


@dataclass(frozen=True, slots=True)
class Breach:
    """A record that costs points, and what of it changes when it turns out to be nothing."""

    model: Row
    dimension: str | None
    dismissed: Row
    grave: bool


@dataclass(frozen=True, slots=True)
class Model:
    """A register's model: records wanted, breaches, and for fields on which nothing hangs the
    values they may take.
    """

    id: str
    method: str
    wanted: tuple[Wanted, ...]
    breaches: tuple[Breach, ...]
    free: dict[str, tuple[str, ...]]
    dates: tuple[str, ...]


def model_of(bench: Bench, wishes: Wishes, register: str) -> Model:
    """Return the model of one register; lays out the good records on the bench."""
    return _Modeller(bench, wishes, register).model()


class _Modeller:
    def __init__(self, bench: Bench, wishes: Wishes, register: str) -> None:
        self.bench = bench
        self.register = register
        self.fields = bench.book.registers[register].fields
        self.presences = wishes.presences.get(register, [])
        # Where no rule looks at a register, what its records are punished for says what a breach
        # is.
        self.goals = wishes.goals.get(register) or (
            [] if self.presences else wishes.sanctioned.get(register, [])
        )
        self.method = wishes.methods.get(register, "records")
        self.chance = Chance("model", bench.book.id, register)
        nodes = [
            *_nodes(self.goals),
            *(one.where for one in self.presences if one.where is not None),
        ]
        nodes += [one.distinct for one in self.presences if one.distinct is not None]
        self.read = _fields_read(bench.book, register, nodes)
        self.candidates = {
            key: values_of(bench, slot, nodes)
            for key, slot in self.fields.items()
            if slot.derived is None
        }

    def model(self) -> Model:
        """Return the register's model."""
        wanted = [self._wanted(presence) for presence in self.presences]
        breaches = [
            self._breach(goal) for goal in self.goals if goal.where is None and not goal.want
        ]
        if not any(wanted) and not any(breaches):
            wanted = [self._wanted(_ANY)]
        good = [one for one in wanted if one is not None]
        self.bench.lay_rows(
            self.register,
            [one.models[n % len(one.models)] for one in good for n in range(one.count)],
        )
        free = {
            key: tuple(values)
            for key, values in self.candidates.items()
            if key not in self.read
            and values
            and not isinstance(self.fields[key].type, (Date, Text))
        }
        dates = tuple(
            key
            for key, slot in self.fields.items()
            if key not in self.read and isinstance(slot.type, Date) and slot.derived is None
        )
        return Model(
            self.register,
            self.method,
            tuple(good),
            tuple(one for one in breaches if one is not None),
            free,
            dates,
        )

    def _wanted(self, presence: Presence) -> Wanted | None:
        """Return good records for a wish, or None where none can be made, or each would cost
        points.
        """
        must: Must = [(presence.where, True)] if presence.where is not None else []
        must += [(goal.node, False) for goal in self.goals if goal.where is None and not goal.want]
        row = self._fit(must, [goal for goal in self.goals if goal.where is not None or goal.want])
        if row is None:
            return None
        models = self._different(row, presence, must)
        count = (
            min(presence.count, len(models)) if presence.distinct is not None else presence.count
        )
        failings = [
            Failing(goal.dimension, one)
            for goal in self.goals
            if (one := self._missed(row, goal, presence)) is not None
        ]
        return Wanted(
            tuple(models),
            count,
            presence.asked,
            presence.bonus,
            presence.dimension,
            tuple(failings),
        )

    def _different(self, row: Row, presence: Presence, must: Must) -> list[Row]:
        """Return one good record for each value of the field that should differ, as many as are
        wanted.
        """
        if presence.distinct is None or not isinstance(presence.distinct, Name):
            return [row]
        key = presence.distinct.name
        found = [row]
        for value in self.candidates.get(key, ()):
            if len(found) >= presence.count:
                break
            other = {**row, key: value}
            if value not in {"none", row.get(key)} and self._missing(other, must) == 0:
                found.append(other)
            elif value not in {"none", row.get(key)}:
                fitted = self._fit(must, self.goals, fixed={key: value}, starts=1)
                found += [fitted] if fitted is not None else []
        return found

    def _missed(self, row: Row, goal: Goal, presence: Presence) -> Row | None:
        """Return what changes in a good record that misses a goal, or None where the goal does not
        look at it.
        """
        if goal.where is None and not goal.want:
            return None
        cells = self.bench.row(self.register, row)
        if cells is None or not self.bench.holds(self.register, cells, goal.where):
            return None
        must: Must = [(goal.node, not goal.want)]
        must += [(node, True) for node in (goal.where, presence.where) if node is not None]
        others = [one for one in self.goals if one is not goal]
        other = self._climb(
            dict(row),
            must,
            others,
            sorted(_fields_read(self.bench.book, self.register, _nodes([goal]))),
        )
        if self._missing(other, must):
            return None
        return _changes(row, other) or None

    def _breach(self, goal: Goal) -> Breach | None:
        if goal.node is None:
            row = self._fit([], [one for one in self.goals if one is not goal])
            return None if row is None else Breach(row, goal.dimension, {}, goal.grave)
        others = [one for one in self.goals if one is not goal]
        row = self._fit([(goal.node, True)], others)
        if row is None:
            return None
        keys = _fields_read(self.bench.book, self.register, [goal.node])
        soft = sorted(
            key
            for key in keys
            if isinstance(self.fields[key].type, Boolean) and self.fields[key].missing != "refused"
        )
        other = self._climb(dict(row), [(goal.node, False)], others, soft or sorted(keys))
        dismissed = _changes(row, other) if not self._missing(other, [(goal.node, False)]) else {}
        return Breach(row, goal.dimension, dismissed, goal.grave)

    def _fit(
        self, must: Must, goals: Sequence[Goal], fixed: Row | None = None, starts: int = _STARTS
    ) -> Row | None:
        """Return a record of which every condition of `must` holds and as many goals as can be, or
        None.
        """
        best: tuple[int, Row] | None = None
        keys = [key for key in self.candidates if key in self.read and key not in (fixed or {})]
        for _ in range(starts):
            row = self._climb({**self._start(), **(fixed or {})}, must, goals, keys)
            if self._missing(row, must) == 0:
                worst = self._missing(row, must, goals)
                if best is None or worst < best[0]:
                    best = (worst, row)
                if worst == 0:
                    break
        return None if best is None else best[1]

    def _start(self) -> Row:
        row: Row = {}
        for key, slot in self.fields.items():
            values = self.candidates.get(key, ())
            if (
                values
                and slot.default is None
                and (
                    slot.missing != "none"
                    or isinstance(slot.type, (Boolean, Choice))
                    or key in self.read
                )
            ):
                row[key] = self.chance.pick(values)
        return row

    def _climb(self, row: Row, must: Must, goals: Sequence[Goal], keys: Sequence[str]) -> Row:
        """Return the record after every field has been tried at all its values, round after round,
        while that helps.
        """
        least = self._missing(row, must, goals)
        for _ in range(_ROUNDS):
            before = least
            for key in keys:
                if not least:
                    return row
                for value in self._tries(key):
                    other = (
                        {**row, key: value} if value else {k: v for k, v in row.items() if k != key}
                    )
                    missing = self._missing(other, must, goals)
                    if missing < least:
                        row, least = other, missing
            if least == before:
                break
        return row

    def _tries(self, key: str) -> Iterable[str]:
        slot = self.fields[key]
        left_out = [""] if slot.missing == "none" or slot.default is not None else []
        return [*self.candidates.get(key, ()), *left_out]

    def _missing(self, row: Row, must: Must, goals: Sequence[Goal] = ()) -> int:
        """Count what does not hold of a record; a condition of `must` counts more than all
        goals.
        """
        cells = self.bench.row(self.register, row)
        if cells is None:
            return 10**9
        missing = (
            sum(not self.bench.holds(self.register, cells, node, want=want) for node, want in must)
            * 10**4
        )
        for goal in goals:
            if goal.where is None or not self.bench.holds(
                self.register, cells, goal.where, want=False
            ):
                missing += not self.bench.holds(self.register, cells, goal.node, want=goal.want)
        return missing


def values_of(bench: Bench, slot: Field, nodes: Sequence[Node]) -> list[str]:
    """Return values that a field may take, as typed: all options, or those around what the rules
    name.
    """
    kind = slot.type
    match kind:
        case Boolean():
            return ["true", "false"]
        case Choice(options=options):
            return list(options)[:_MOST_OPTIONS]
        case PartyOf(kind=wanted):
            return [one["id"] for one in bench.parties if one["kind"] == wanted]
        case Number():
            return [text_of(units, kind) for units in numbers_of(bench, kind, nodes)]
        case Date():
            return [date.fromordinal(day).isoformat() for day in _days(bench, kind, nodes)]
        case Text():
            words = [
                str(one.value)
                for node in nodes
                for one in walk(node)
                if isinstance(one, Literal) and isinstance(one.value, str)
            ]
            return list(dict.fromkeys(words)) or ([WORDS] if slot.missing == "refused" else [])
    return []


def numbers_of(bench: Bench, kind: Number, nodes: Iterable[Node]) -> list[int]:
    """Return numbers within a range: every one of a short range, else those around what expressions
    name.
    """
    one = 10**kind.scale
    if kind.scale == 0 and kind.high - kind.low < _MOST_OPTIONS:
        return list(range(kind.low, kind.high + 1))
    named: set[int] = set()
    for node in nodes:
        for part in walk(node):
            if isinstance(part.type, Number) and isinstance(part, (Literal, Name)):
                worth = bench.worth(part)
                if worth is not None:
                    named.add(int(worth * one))
    if kind.low >= 1900 * one and kind.high <= 2200 * one:
        named.add(bench.first.year * one)
    near = {units + step for units in named for step in (-one, -1, 0, 1, one)}
    base = (
        (60, 80, 90, 95, 100)
        if kind.high == 100 * one
        else (0, 1, 2, 5, 10, 20, 50, 80, 100, 120, 200)
    )
    steps = [units * one for units in base]
    if kind.high <= one:
        steps = [
            kind.low + (kind.high - kind.low) * part // 100
            for part in (0, 50, 70, 80, 85, 90, 95, 98, 100)
        ]
    fitting = sorted(units for units in near | set(steps) if kind.low <= units <= kind.high)
    return fitting or [kind.low]


def _days(bench: Bench, kind: Date, nodes: Iterable[Node]) -> list[int]:
    first, last = bench.first.toordinal(), bench.last.toordinal()
    named = {
        int(one.value)
        for node in nodes
        for one in walk(node)
        if isinstance(one, Literal) and isinstance(one.type, Date)
    }
    days = {first + 9, (first + last) // 2, last - 9} | {
        day + step for day in named for step in (-1, 0, 1)
    }
    fitting = sorted(day for day in days if kind.low <= day <= kind.high)
    return fitting or [min(max(last, kind.low), kind.high)]


def _nodes(goals: Iterable[Goal]) -> list[Node]:
    return [node for goal in goals for node in (goal.where, goal.node) if node is not None]


def _fields_read(book: RuleBook, register: str, nodes: Iterable[Node]) -> set[str]:
    """Return the fields that expressions read, also through fields that are worked out or taken
    from others.
    """
    fields = book.registers[register].fields
    found: set[str] = set()

    def visit(nodes: Iterator[Node]) -> None:
        for part in nodes:
            if (
                isinstance(part, Name)
                and part.kind == "field"
                and part.name in fields
                and part.name not in found
            ):
                found.add(part.name)
                for inner in (fields[part.name].derived, fields[part.name].default):
                    if inner is not None:
                        visit(walk(inner))

    for node in nodes:
        visit(walk(node))
    return {key for key in found if fields[key].derived is None}


def _changes(row: Row, other: Row) -> Row:
    changed = {key: value for key, value in other.items() if row.get(key) != value}
    return changed | {key: "" for key in row if key not in other}
