"""A case as the reference reading sees it: where names of facts, fields and parties get their
values.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from typing import Any

from steelyard.book.due import window_of
from steelyard.book.layout import unknown_cell
from steelyard.book.model import RuleBook
from steelyard.case.model import Party
from steelyard.expression.functions.table import CORE, Functions
from steelyard.expression.functions.undefined import leaves_undefined
from steelyard.expression.reference import Evaluation, Reading, Records, exact, half_away
from steelyard.expression.tree import Name, Node, Over, Reach, children
from steelyard.expression.types import Boolean, Number, Survey, Type, ranged
from steelyard.expression.values import NEVER, PERHAPS, SURELY, UNKNOWN, Bounds, Truth

Cell = tuple[Any, ...]
Cells = Mapping[str, Cell]


@dataclass(slots=True)
class Shown:
    """What a case shows, cell by cell: facts, parties, and registers as (complete, given, rows of
    cells).
    """

    book: RuleBook
    facts: dict[str, Cell]
    given: frozenset[str]
    parties: Mapping[str, Party]
    registers: Mapping[str, tuple[bool, bool, list[Cells]]]
    parameters: Mapping[str, int]
    moments: Mapping[str, date]
    outcomes: Mapping[str, Reading]


def reading(cell: Cell, kind: Type) -> Reading:
    """Return a cell as a reading."""
    if isinstance(kind, Boolean):
        if cell[0] is None:
            return None
        return SURELY if cell[0] else PERHAPS if cell[-1] else NEVER
    span = ranged(kind)
    if span is None:
        word: Reading = cell[0]
        return word
    if cell[0] is None:
        return None
    number = kind if not isinstance(kind, Survey) else span
    if isinstance(kind, Survey) and cell[0] == cell[1] and len(cell) == 4 and cell[3]:
        # Counts say it exactly; without them, or where the sampling error is laid on, it is the
        # range that was said of it.
        rate = Fraction(cell[2], cell[3])
        return Bounds(rate, rate)
    low = exact(cell[0], number)
    high = low if len(cell) == 1 or cell[1] == cell[0] else exact(cell[1], number)
    return Bounds(low, high, len(cell) == 3 and bool(cell[2]))


def is_known(cell: Cell, kind: Type) -> bool:
    """Whether a cell holds one value (or surely none)."""
    if isinstance(kind, Boolean):
        return bool(cell[0]) == bool(cell[-1])
    if ranged(kind) is None:
        return cell[0] is not UNKNOWN
    return (
        cell[0] is None
        or len(cell) == 1
        or (cell[0] == cell[1] and not (len(cell) == 3 and cell[2]))
    )


def settled(found: Reading) -> Truth:
    """Return, as a condition, whether a reading leaves nothing open."""
    if isinstance(found, Truth):
        return Truth(found.must == found.may, may=True)
    if isinstance(found, Bounds):
        return Truth(found.settled and not found.none, may=True)
    return Truth(found is not UNKNOWN, may=True)


def cell_of(found: Reading, kind: Type, *, nullable: bool) -> Cell:
    """Return a reading as a cell."""
    if isinstance(found, Truth):
        return (found.must, found.may)
    if isinstance(found, Bounds):
        scale = kind.scale if isinstance(kind, Number) else 6 if isinstance(kind, Survey) else 0
        ends = tuple(int(half_away(end, scale) * 10**scale) for end in (found.low, found.high))
        return (*ends, found.none) if nullable else ends
    if isinstance(kind, Boolean):
        return (None, None)
    if found is None and ranged(kind) is not None:
        return (None, None, True)
    return (found,)


def may_be_undefined(
    book: RuleBook, node: Node | None, register: str | None = None, functions: Functions = CORE
) -> bool:
    """Whether some case leaves an expression undefined: it divides by what may be zero, or asks
    what is of nothing.
    """
    match node:
        case None:
            return False
        case Name(inner=None, kind="fact", name=name):
            return isinstance(node.type, Survey) or may_be_undefined(
                book, book.facts[name].derived, None, functions
            )
        case Name(kind="field", name=name) if register is not None:
            derived = book.registers[register].fields[name].derived
            return may_be_undefined(book, derived, register, functions)
        case Over():
            return leaves_undefined(node, functions) or doubtful(book, node, functions)
        case _ if leaves_undefined(node, functions):
            return True
    return any(may_be_undefined(book, part, register, functions) for part in children(node))


def doubtful(book: RuleBook, node: Over, functions: Functions = CORE) -> bool:
    """Whether one more record could make a function over records undefined."""
    return any(
        may_be_undefined(book, part, node.register, functions) for part in (node.value, node.where)
    )


class CaseWorld:
    """The case as a whole: facts, parameters and moments."""

    def __init__(self, shown: Shown) -> None:
        """Take what the case shows."""
        self.shown_ = shown
        self._derived: dict[str, Reading] = {}
        self._undefined: set[str] = set()

    def value(self, node: Name | Reach) -> Reading:
        """Return what a name or a party's field reads as."""
        if isinstance(node, Reach):
            return self.reach(
                node, self.value(node.base) if isinstance(node.base, (Name, Reach)) else UNKNOWN
            )
        if node.kind == "parameter":
            number = exact(self.shown_.parameters[node.name], node.type)
            return Bounds(number, number)
        if node.kind == "moment":
            day = Fraction(self.shown_.moments[node.name].toordinal())
            return Bounds(day, day)
        if node.kind == "outcome":
            return self.shown_.outcomes[node.name]
        if node.kind in {"window", "spoken", "judged", "waived"}:
            return self._of_the_case(node)
        fact = self.shown_.book.facts[node.name]
        if fact.derived is not None:
            return self.derived(node.name)
        if node.claimed and node.name not in self.shown_.given:
            return None
        found = reading(self.shown_.facts[node.name], fact.type)
        if isinstance(fact.type, Survey) and isinstance(found, Bounds) and fact.nullable:
            # Without counts nobody has said whether people were asked at all.
            return found._replace(none=self.shown_.facts[node.name][3] is None)
        return found

    def _of_the_case(self, node: Name) -> Reading:
        """Return what a name that only forms and programs bring reads as."""
        if node.kind == "window":
            stage = self.shown_.book.stages[node.name]
            last = window_of(stage, self.shown_.moments["period_start"]).last
            day = None if last is None else Fraction(last.toordinal())
            return None if day is None else Bounds(day, day)
        if node.kind == "judged":
            # Nobody judges here.
            return Bounds(exact(0, node.type), exact(getattr(node.type, "high", 0), node.type))
        told = node.kind == "spoken" and self.shown_.registers[node.name][1]
        return Truth(told, told)

    def derived(self, name: str) -> Reading:
        """Return a derived fact within its declared bounds."""
        if name not in self._derived:
            fact = self.shown_.book.facts[name]
            evaluation = Evaluation(self)
            found = evaluation.read(fact.derived) if fact.derived is not None else UNKNOWN
            if evaluation.undefined:
                self._undefined.add(name)
            if isinstance(found, Bounds):
                low = found.low if fact.low is None else max(found.low, exact(fact.low, fact.type))
                high = (
                    found.high
                    if fact.high is None
                    else min(found.high, exact(fact.high, fact.type))
                )
                found = Bounds(low, high, found.none)
            self._derived[name] = found
        return self._derived[name]

    def reach(self, node: Reach, party: Reading) -> Reading:
        """Return a field of a party that is known, unknown or none."""
        if party is None:
            return None
        slot = self.shown_.book.kinds[node.party].fields[node.field]
        if not isinstance(party, str):
            return reading(unknown_cell(slot.type, nullable=self.nullable(node)), slot.type)
        return reading(self.shown_.parties[party].values[node.field], slot.type)

    def nullable(self, node: Node) -> bool:
        """Whether a party's field may be none; a fact that a bonus claims is asked as such once it
        is shown.
        """
        if isinstance(node, Reach):
            missing = self.shown_.book.kinds[node.party].fields[node.field].missing
            return missing == "none" or self.nullable(node.base)
        claimed = isinstance(node, Name) and node.claimed
        return (
            self.shown_.book.facts[node.name].nullable
            if isinstance(node, Name) and claimed
            else node.nullable
        )

    def undefined(self, node: Name | Reach) -> bool:
        """Whether a derived fact, or a survey, may be divided by zero."""
        if not isinstance(node, Name) or node.kind != "fact":
            return False
        if self.shown_.book.facts[node.name].derived is not None:
            self.derived(node.name)
            return node.name in self._undefined
        if not isinstance(node.type, Survey) or (
            node.claimed and node.name not in self.shown_.given
        ):
            return False
        cell = self.shown_.facts[node.name]
        # That there is no survey is not a survey of nobody.
        return cell[0] is not None and not cell[3]

    def survey(self, node: Name) -> tuple[int, int] | None:
        """Return (positive, asked) of a survey fact."""
        if node.claimed and node.name not in self.shown_.given:
            return None
        cell = self.shown_.facts[node.name]
        return None if cell[2] is None else (cell[2], cell[3])

    def shown(self, node: Name | Reach) -> Truth:
        """Whether there is evidence for a name."""
        if (
            isinstance(node, Name)
            and node.kind == "fact"
            and self.shown_.book.facts[node.name].derived is None
        ):
            there = node.name in self.shown_.given
            return Truth(there, there or not node.claimed)
        return settled(self.value(node))

    def records(self, node: Over) -> Records:
        """Return every record of a register."""
        complete, given, rows = self.shown_.registers[node.register]
        closed = complete or (node.claimed and not given)
        members = ((SURELY, RecordWorld(self, node.register, row)) for row in rows)
        complete = closed or node.claimed
        return Records(members, complete, not complete and doubtful(self.shown_.book, node))


class RecordWorld:
    """One record: its fields first, then the case."""

    def __init__(self, case: CaseWorld | PartyWorld, register: str, cells: Cells) -> None:
        """Take the surrounding world, the register's name and the record's cells."""
        self.case = case
        self.register = register
        self.cells = cells

    def value(self, node: Name | Reach) -> Reading:
        """Return what a name or a party's field reads as."""
        if isinstance(node, Reach):
            base = node.base
            whole = self.case.case if isinstance(self.case, PartyWorld) else self.case
            return whole.reach(
                node, self.value(base) if isinstance(base, (Name, Reach)) else UNKNOWN
            )
        if node.kind != "field":
            return self.case.value(node)
        return reading(self.cells[node.name], node.type)

    def undefined(self, node: Name | Reach) -> bool:
        """Whether a derived fact or field, or a survey, may be divided by zero."""
        if not isinstance(node, Name) or node.kind != "field":
            return self.case.undefined(node)
        book = (
            self.case.case.shown_.book
            if isinstance(self.case, PartyWorld)
            else self.case.shown_.book
        )
        if book.registers[self.register].fields[node.name].derived is None:
            return False
        return not is_known(self.cells[node.name], node.type) and may_be_undefined(
            book, node, self.register
        )

    def survey(self, node: Name) -> tuple[int, int] | None:
        """Return (positive, asked) of a survey fact."""
        return self.case.survey(node)

    def shown(self, node: Name | Reach) -> Truth:
        """Whether a field is given."""
        if isinstance(node, Name) and node.kind == "field":
            return Truth(is_known(self.cells[node.name], node.type), may=True)
        if isinstance(node, Name):
            return self.case.shown(node)
        return settled(self.value(node))

    def records(self, node: Over) -> Records:
        """Return the records that the surrounding world sees."""
        return self.case.records(node)


class PartyWorld:
    """One party: registers hold only its rows; with `party` None it stands for a party not named in
    the case.
    """

    def __init__(self, case: CaseWorld, party: str | None, owners: Mapping[str, str]) -> None:
        """Take the case, the party's id and, by register, the field that names the party."""
        self.case = case
        self.party = party
        self.owners = owners

    def value(self, node: Name | Reach) -> Reading:
        """Return what a name or a party's field reads as."""
        if isinstance(node, Reach):
            base = node.base
            return self.case.reach(
                node, self.value(base) if isinstance(base, (Name, Reach)) else UNKNOWN
            )
        if node.kind == "party":
            return self.party if self.party is not None else UNKNOWN
        return self.case.value(node)

    def undefined(self, node: Name | Reach) -> bool:
        """Whether a derived fact, or a survey, may be divided by zero."""
        return self.case.undefined(node)

    def survey(self, node: Name) -> tuple[int, int] | None:
        """Return (positive, asked) of a survey fact."""
        return self.case.survey(node)

    def shown(self, node: Name | Reach) -> Truth:
        """Whether there is evidence for a name."""
        if isinstance(node, Reach):
            return settled(self.value(node))
        return self.case.shown(node)

    def records(self, node: Over) -> Records:
        """Return the party's records: its own surely, those of an unknown party perhaps."""
        complete, _given, rows = self.case.shown_.registers[node.register]
        owner = self.owners[node.register]
        members = []
        for row in rows:
            holder = row[owner][0]
            if holder is UNKNOWN or (holder is not None and holder == self.party):
                members.append(
                    (Truth(holder is not UNKNOWN, may=True), RecordWorld(self, node.register, row))
                )
        closed = complete or node.claimed
        return Records(members, closed, not closed and doubtful(self.case.shown_.book, node))
