"""What may change in a case, and how far: the book's own thresholds, and what is unknown.

What has happened stays: a yes does not become a no, a day does not move, a count does not fall; a
file of efforts may say otherwise of a fact. What has not happened yet still may.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from fractions import Fraction
from typing import NamedTuple

from steelyard.book.layout import layouts
from steelyard.book.model import Fact, Field, RuleBook
from steelyard.case.environment import Cell, is_known
from steelyard.case.reading.parse_values import text_of
from steelyard.expression.types import (
    Boolean,
    Choice,
    Date,
    Number,
    PartyOf,
    Text,
    Type,
)
from steelyard.expression.values import Absent
from steelyard.plan.efforts import SHOWING, Efforts
from steelyard.plan.levers import Key, Kind, Lever, Option, Piece, Value
from steelyard.plan.reads import Reads
from steelyard.plan.thresholds import Thresholds
from steelyard.plan.trial import Bench

_WORDS = 12
"""A choice among more options than these is left as it is."""


class Parts(NamedTuple):
    """The parts of a book with what each reads, and what decides which rules apply."""

    reads: Mapping[Piece, frozenset[Key]]
    circumstances: frozenset[Key]

    def moves(self, lever: Lever, piece: Piece) -> bool:
        """Whether a lever moves a part."""
        if lever.pieces is not None:
            return piece in lever.pieces
        return general(lever.key) in self.reads[piece]

    def rules(self, key: Key) -> list[str]:
        """Return the rules that read something."""
        return [name for (kind, name), keys in self.reads.items() if kind == "rule" and key in keys]


def parts_of(book: RuleBook) -> Parts:
    """Return what each part of a book reads."""
    reads = Reads(book)
    found: dict[Piece, frozenset[Key]] = {}
    circumstances: frozenset[Key] = frozenset()
    for rule in book.rules.values():
        out = reads.of(rule.not_applicable)
        circumstances |= out
        nodes = (rule.lowered.points, rule.lowered.applies)
        found["rule", rule.id] = out.union(*(reads.of(node) for node in nodes))
    for limiter in book.limiters:
        if limiter.when is not None:
            found["limiter", limiter.id] = reads.of(limiter.when)
    for grade in book.grades:
        if grade.needs is not None:
            found["grade", grade.id] = reads.of(grade.needs)
    return Parts(found, circumstances)


def general(key: Key) -> Key:
    """Return what expressions read of a lever: a field of no record in particular."""
    return (key[0], key[1], key[3]) if key[0] == "field" else key


class Candidates:
    """Finds the levers of one case."""

    def __init__(self, bench: Bench, parts: Parts, efforts: Efforts) -> None:
        """Take the case, what each part reads, and what changes take."""
        self.bench = bench
        self.book = bench.book
        self.case = bench.assessment.case
        self.parts = parts
        self.efforts = efforts
        self.thresholds = Thresholds(self.book, self.case)
        self._read = frozenset[Key]().union(*parts.reads.values())

    def levers(self) -> Iterator[Lever]:
        """Yield every lever: facts in the book's order, then registers and their records."""
        for fact in self.book.collected:
            key = ("fact", fact.id)
            if key in self._read:
                yield from _some(key, self._timely(key, fact.type, self._fact(fact, key)))
        for name, register in self.book.registers.items():
            if register.rolled is None and ("register", name) in self._read:
                yield from self._register(name)

    # Facts

    def _fact(self, fact: Fact, key: Key) -> Iterable[Option]:
        known = self._known(fact)
        rules = self.parts.rules(key)
        said = self.efforts.facts.get(fact.id, Fraction(-1))
        ruled = self.efforts.of_rules(self.book, rules)
        if said is None or (said < 0 and ruled is None):
            return
        if known and key in self.parts.circumstances and said < 0:
            return
        effort = said if said >= 0 else ruled or Fraction(0)
        kind: Kind = "improve" if known else "show"
        each = effort if known or said >= 0 else effort * SHOWING
        for climb, (value, free) in enumerate(self._values(fact, known=known, freed=said >= 0), 1):
            yield Option(value, kind, each * climb if known else each, climb, free)

    def _known(self, fact: Fact) -> bool:
        given = self.case.facts.get(fact.id)
        if given is None or given.conflict or isinstance(given.word, Absent):
            return False
        return given.low == given.high

    def _values(self, fact: Fact, *, known: bool, freed: bool) -> Iterator[tuple[Value, bool]]:
        """Yield the values that a fact may take, from the least ambitious up."""
        given = self.case.facts.get(fact.id)
        if fact.origin == "item":
            if not known or (given is not None and given.word == "no"):
                yield _plain("yes"), False
        elif isinstance(fact.type, Boolean):
            now = bool(given.low) if known and given is not None else None
            for tick in _ticks(fact.better, now=now, freed=freed):
                yield _plain("yes" if tick else "no"), False
        elif isinstance(fact.type, Choice):
            yield from self._options(fact, fact.type, known=known)
        elif not isinstance(fact.type, (Text, PartyOf)):
            yield from self.thresholds.of(fact, known=known, freed=freed)

    def _options(self, fact: Fact, kind: Choice, *, known: bool) -> Iterator[tuple[Value, bool]]:
        given = self.case.facts.get(fact.id)
        options = list(kind.options)
        if len(options) > _WORDS:
            return
        if known and given is not None:
            now = given.word if isinstance(given.word, str) else None
            if kind.ordered and given.low is not None:
                now = kind.options[given.low]
                place = given.low
                if fact.better == "higher":
                    options = options[place + 1 :]
                elif fact.better == "lower":
                    options = options[:place][::-1]
            options = [one for one in options if one != now]
        elif kind.ordered and fact.better == "lower":
            options.reverse()
        for one in options:
            yield _plain(one), False

    def _timely(self, key: Key, kind: Type, options: Iterable[Option]) -> Iterable[Option]:
        """Return options of a day so that, of those that take the same, who is content with little
        takes the one that earns most, then the earliest: a day on which a thing was done on time
        is as easily shown as a late one.
        """
        found = list(options)
        if not isinstance(kind, Date) or len(found) < 2:
            return found

        def earns(one: Option) -> int:
            after = self.bench.weigh({key: one})
            return -1 if after is None else after.scored.low

        found.sort(key=lambda one: (one.effort, -earns(one), one.value))
        return [one._replace(climb=climb) for climb, one in enumerate(found, 1)]

    # Records

    def _register(self, name: str) -> Iterator[Lever]:
        rows = self.case.registers[name]
        key = ("register", name)
        rules = self.parts.rules(key)
        effort = self._effort(name, "", rules)
        if not rows.complete and effort is not None:
            yield Lever(key, (Option((), "complete", effort),))
        columns = layouts(self.book).registers[name].columns
        for field in self.book.registers[name].fields.values():
            read = ("field", name, field.id)
            if read not in self._read or field.derived is not None or field.id not in columns:
                continue
            column = columns[field.id]
            showing = self._effort(name, field.id, self.parts.rules(read))
            mending = self._effort(name, field.id, self.parts.rules(read), showing=False)
            if showing is None or mending is None:
                continue
            for record, row in zip(rows.ids, rows.rows, strict=True):
                cell = row[column.start : column.start + column.width]
                place = ("field", name, record, field.id)
                if column.certain:
                    continue
                if not is_known(cell, column.type):
                    shown = [Option(one, "show", showing) for one in self._shown(field, name)]
                    yield from _some(place, self._timely(place, field.type, shown))
                elif field.better == "higher":
                    mended = self._mended(field.type, cell)
                    yield from _some(place, [Option(one, "put_right", mending) for one in mended])

    def _effort(
        self, register: str, field: str, rules: Iterable[str], *, showing: bool = True
    ) -> Fraction | None:
        """Return what a change in a register takes; None where it cannot be changed."""
        for word in (f"{register}.{field}", register):
            if word in self.efforts.records:
                return self.efforts.records[word]
        ruled = self.efforts.of_rules(self.book, rules)
        return None if ruled is None else ruled * SHOWING if showing else ruled

    def _shown(self, field: Field, register: str) -> Iterator[Value]:
        """Yield what an unknown field may turn out to be."""
        if isinstance(field.type, Boolean):
            yield from (_plain("no"), _plain("yes"))
        elif isinstance(field.type, Choice):
            if len(field.type.options) <= _WORDS:
                yield from map(_plain, field.type.options)
        elif isinstance(field.type, (Number, Date)):
            if field.missing == "none":
                yield _plain("none")
            for units in self.thresholds.of_field(register, field):
                yield _plain(text_of(units, field.type))

    def _mended(self, kind: Type, cell: Cell) -> Iterator[Value]:
        """Yield what a record is after it was put right, by the day that the case is looked at."""
        if isinstance(kind, Boolean) and not cell[0]:
            yield _plain("yes")
        elif isinstance(kind, Date) and cell[0] is None:
            yield _plain(self.case.as_of.isoformat())


def _some(key: Key, options: Iterable[Option]) -> Iterator[Lever]:
    found = tuple(options)
    if found:
        yield Lever(key, found)


def _plain(text: str) -> Value:
    return (("value", text),)


def _ticks(better: str | None, *, now: bool | None, freed: bool) -> tuple[bool, ...]:
    """Return what a yes or no may become; a known yes stays unless a file of efforts frees it."""
    wanted = (False, True) if better is None else (better == "higher",)
    if now is None:
        return wanted
    return tuple(one for one in wanted if one != now and (one or freed))
