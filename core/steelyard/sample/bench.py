"""A bench on which values are tried: facts, parties and records of one book, read by the reference
reading.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from fractions import Fraction
from typing import Any, cast

from steelyard.book.layout import known_cell, none_cell, unknown_cell
from steelyard.book.model import Fact, Field, Rule, RuleBook
from steelyard.case.environment import CaseWorld, Cell, Cells, RecordWorld, Shown
from steelyard.case.model import Party
from steelyard.case.reading.bind import complete_rows
from steelyard.case.reading.fields import read_fields
from steelyard.case.reading.parse_values import Wrong, read_period, read_value
from steelyard.case.reading.read_context import Desk
from steelyard.case.reading.records import Register
from steelyard.expression.reference import Evaluation
from steelyard.expression.tree import Choose, Literal, Name, Node, Over, Portion, walk
from steelyard.expression.types import (
    Boolean,
    Choice,
    Date,
    Number,
    PartyOf,
    Survey,
    divide,
    number_text,
)
from steelyard.expression.values import Bounds
from steelyard.located_yaml import mark
from steelyard.sample.names import WORDS
from steelyard.sample.targets import whole

Row = dict[str, str]
"""The fields of a record as typed; what is not in it is not given."""

_ROSTER, _LARGEST_ROSTER = 6, 10
_NAME = "sample"


class Bench:
    """One book with values laid out for trial; everything not laid out is unknown."""

    def __init__(self, book: RuleBook, period: str) -> None:
        """Take a book and the period in which its parameters are read."""
        self.book = book
        self.desk = Desk(book, _NAME)
        self.first, self.last = _days(period)
        self.parameters = {
            one.id: next(
                (units for start, units in reversed(one.values) if start <= self.last.toordinal()),
                0,
            )
            for one in book.parameters.values()
        }
        self.facts: dict[str, Cell] = {
            one.id: unknown_cell(one.type, nullable=one.nullable) for one in book.collected
        }
        self.records: dict[str, list[Cells]] = {name: [] for name in book.registers}
        self.parties = roster(book, self.last)
        self.desk.parties = self._parties()
        self._cells: dict[tuple[str, str, str], Cell | None] = {}
        self._world: CaseWorld | None = None
        self._bounded: dict[str, list[str]] = {}
        for fact in book.facts.values():
            if fact.derived is not None and (fact.low is not None or fact.high is not None):
                for name in {
                    part.name
                    for part in walk(fact.derived)
                    if isinstance(part, Name) and part.kind == "fact"
                }:
                    self._bounded.setdefault(name, []).append(fact.id)

    def _parties(self) -> dict[str, Party]:
        for one in self.parties:
            self.desk.parties[one["id"]] = Party(one["id"], one["kind"], {})
        found = {}
        for one in self.parties:
            fields = self.book.kinds[one["kind"]].fields
            cells, _ = read_fields(
                self.desk,
                mark(one, _NAME),  # type: ignore[arg-type]
                fields,
                _NAME,
                ("id", "kind"),
                exact=False,
            )
            values = {key: cells.get(key) or self.desk.absent(slot) for key, slot in fields.items()}
            found[one["id"]] = Party(one["id"], one["kind"], values)
        self.desk.faults.clear()
        return found

    @property
    def world(self) -> CaseWorld:
        """The case as laid out now."""
        if self._world is None:
            self._world = CaseWorld(
                Shown(
                    book=self.book,
                    facts=self.facts,
                    given=frozenset(self.facts),
                    parties=self.desk.parties,
                    parameters=self.parameters,
                    registers={name: (True, True, rows) for name, rows in self.records.items()},
                    moments={
                        "as_of": self.last,
                        "period_start": self.first,
                        "period_end": self.last,
                    },
                    outcomes={},
                )
            )
        return self._world

    def lay(self, fact: Fact, text: str) -> None:
        """Lay out a fact as typed; a survey as 47/50."""
        self.put(fact.id, _cell(fact, text))

    def put(self, name: str, cell: Cell) -> None:
        """Lay out a fact's cell as it was."""
        self._world = None
        self.facts[name] = cell

    def lay_rows(self, register: str, rows: Sequence[Row]) -> None:
        """Lay out the records of a register."""
        self.records[register] = [
            cells for row in rows if (cells := self.row(register, row)) is not None
        ]
        self._world = None

    def row(self, register: str, row: Row) -> Cells | None:
        """Return a record's cells with defaults and what is worked out, or None where it cannot
        stand.
        """
        fields = self.book.registers[register].fields
        cells: dict[str, Cell] = {}
        for key, text in row.items():
            cell = self._field(register, fields[key], text)
            if cell is None:
                return None
            cells[key] = cell
        if any(
            slot.missing == "refused" and slot.derived is None and key not in cells
            for key, slot in fields.items()
        ):
            return None
        whole_ = Register(complete=True, given=True, said=True, ids=["1"], rows=[cells])
        complete_rows(self.desk, {register: whole_}, self.world.shown_)
        if self.desk.faults:
            self.desk.faults.clear()
            return None
        return whole_.completed[0]

    def _field(self, register: str, slot: Field, text: str) -> Cell | None:
        key = (register, slot.id, text)
        if key not in self._cells:
            entry = cast("Any", mark({slot.id: text}, _NAME))
            cells, _ = read_fields(self.desk, entry, {slot.id: slot}, _NAME, (), exact=True)
            self.desk.faults.clear()
            self._cells[key] = cells.get(slot.id)
        return self._cells[key]

    def holds(self, register: str, cells: Cells, node: Node | None, *, want: bool = True) -> bool:
        """Whether a condition surely holds (or surely does not) of a record; none is a condition
        that holds.
        """
        if node is None:
            return want
        found = Evaluation(RecordWorld(self.world, register, cells)).truth(node)
        return found.must if want else not found.may

    def worth(self, node: Node) -> Fraction | None:
        """Return what an expression that reads no register comes to, or None where it is not
        known.
        """
        if any(isinstance(part, Over) for part in whole(self.book, node)) or not isinstance(
            node.type, (Number, Survey)
        ):
            return None
        try:
            found = Evaluation(self.world).bounds(node)
        except (KeyError, AttributeError):
            # A field of a record has no value here.
            return None
        return found.low if found is not None and found.low == found.high else None

    def attained(self, rule: Rule) -> Fraction:
        """Return the share of its points that a rule surely earns, as laid out, as far as they are
        chosen by conditions or a share of a rate; what is counted in records or ticked earns 0.
        """
        full = Fraction(rule.full, 10**self.book.decimals)
        return self._least(rule.lowered.points) / full if full else Fraction(0)

    def _least(self, node: Node) -> Fraction:
        evaluation = Evaluation(self.world)
        match node:
            case Literal():
                found = evaluation.bounds(node)
                return found.low if found is not None else Fraction(0)
            case Choose(condition=condition, then=then, otherwise=otherwise):
                holds = evaluation.truth(condition)
                ways = [*([then] if holds.may else []), *([] if holds.must else [otherwise])]
                # What is tried may break a declared range: then neither way is taken.
                return min((self._least(way) for way in ways), default=Fraction(0))
            case Portion(rate=rate, full=full, full_scale=scale):
                found = evaluation.bounds(rate)
                if found is None or found.none:
                    return Fraction(0)
                return min(max(found.low, Fraction(0)), Fraction(1)) * Fraction(full, 10**scale)
        return Fraction(0)

    def fits(self, name: str) -> bool:
        """Whether the derived facts that read a fact can lie within their declared bounds."""
        found = [self.world.derived(one) for one in self._bounded.get(name, ())]
        return not any(isinstance(one, Bounds) and one.low > one.high for one in found)


def roster(book: RuleBook, day: date) -> list[Row]:
    """Return made-up parties of every kind, so that every option of theirs occurs; they know one
    another by their ids.
    """
    found: list[Row] = []
    for kind in book.kinds.values():
        options = max(
            (
                len(slot.type.options)
                for slot in kind.fields.values()
                if isinstance(slot.type, Choice)
            ),
            default=0,
        )
        for number in range(1, max(_ROSTER, min(options, _LARGEST_ROSTER)) + 1):
            party = {"id": f"{kind.id}-{number}", "kind": kind.id}
            for place, slot in enumerate(kind.fields.values()):
                said = _of_party(slot, number, place, day)
                if said is not None:
                    party[slot.id] = said
            found.append(party)
    return found


def _of_party(slot: Field, number: int, place: int, day: date) -> str | None:
    match slot.type:
        case PartyOf(kind=kind):
            return f"{kind}-{(number - 1) % _ROSTER + 1}"
        case Choice(options=options):
            return options[(number - 1) % len(options)]
        case Boolean():
            return "true" if number % 4 == place % 4 else "false"
        case Number() as kind:
            low, high = max(kind.low, 0) if kind.high >= 0 else kind.low, kind.high
            return number_text(min(low + number * 10**kind.scale, high), kind.scale)
        case Date() as kind:
            return date.fromordinal(
                min(max(day.toordinal() - 400 * number, kind.low), kind.high)
            ).isoformat()
    return WORDS if slot.missing == "refused" else None


def _days(period: str) -> tuple[date, date]:
    found = read_period(period)
    if isinstance(found, Wrong):
        raise ValueError(period)
    return found[1], found[2]


def _cell(fact: Fact, text: str) -> Cell:
    if text == "none" and fact.nullable:
        return none_cell(fact.type)
    if isinstance(fact.type, Survey):
        positive, asked = (int(part) for part in text.split("/"))
        rate = divide(positive, asked, 6)
        return (rate, rate, positive, asked)
    value = read_value(text, fact.type, fact.options, fact.measured_in)
    if isinstance(value, Wrong):
        raise ValueError(text)  # a value of ours, not the user's
    return known_cell(fact.type, value.low, value.high, nullable=fact.nullable)
