"""Where names get their values: the case as a whole, one record, or one party."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import Any, cast

from steelyard.book.model import RuleBook
from steelyard.case.model import Case
from steelyard.expression.reference import Evaluation, Reading, Records
from steelyard.expression.tree import Arithmetic, Call, Compare, Name, Node, Over, Reach, children
from steelyard.expression.types import Survey, ranged
from steelyard.expression.values import UNKNOWN, Bounds, Truth, rounded
from steelyard.judging.slow import cells
from steelyard.judging.slow.cells import PERHAPS, SURELY, anything, places_of, settled
from steelyard.judging.slow.terms import dated_by, figure, full_of

Told = Mapping[str, Bounds]
"""What plugins found of judged rules, in points of the rules' own full marks."""


class Whole:
    """The case as a whole: facts, parameters, moments, and every record."""

    def __init__(self, book: RuleBook, case: Case, told: Told) -> None:
        """Take the book, the case, and what plugins found of the rules that they judge."""
        self.book = book
        self.case = case
        self.told = told
        self.today = case.as_of.toordinal()
        self.first, self.last = cells.days_of(case.period)
        self.facts = cells.read_facts(book, case)
        self.rows = {
            name: [Row(self, name, row) for row in register.raw]
            for name, register in case.registers.items()
        }
        self._derived: dict[str, tuple[Reading, bool]] = {}

    @property
    def whole(self) -> Whole:
        """The case itself, as records and parties name it too."""
        return self

    def value(self, node: Name | Reach) -> Reading:
        """Return what a name or a party's field reads as."""
        if isinstance(node, Reach):
            return self.reached(node, Evaluation(self).read(node.base))
        match node.kind:
            case "fact" if self.book.facts[node.name].derived is not None:
                return self.derived(node.name)[0]
            case "fact":
                hidden = node.claimed and node.name not in self.case.facts
                return None if hidden else self.facts[node.name]
            case "parameter":
                return _exactly(figure(self.book, node.name, self.today))
            case "moment":
                days = {
                    "as_of": self.today,
                    "period_start": self.first,
                    "period_end": self.last,
                }
                return _exactly(Fraction(days[node.name]))
            case "window":
                last = self.due(node.name)
                return None if last is None else _exactly(Fraction(last))
            case "spoken":
                there = self.case.registers[node.name].given
                return Truth(there, there)
            case "judged":
                full = full_of(self.book, self.book.rules[node.name])
                return self.told.get(node.name, Bounds(Fraction(0), full))
            case "waived":
                out = self.waived(node.name)
                return Truth(out, out)
        raise AssertionError(node)

    def waived(self, rule: str) -> bool:
        """Whether a waiver of a rule is in force: up to and including its last day."""
        waiver = self.case.waivers.get(rule)
        return waiver is not None and not self.case.as_of > waiver.until

    def due(self, stage: str) -> int | None:
        """Return the last day of a stage's window, or None where it is left open."""
        found = self.book.stages[stage]
        if found.months:
            return cells.last_of_month(int(self.case.period[:4]), max(found.months))
        return None if found.last is None else found.last.toordinal()

    def derived(self, name: str) -> tuple[Reading, bool]:
        """Return a derived fact within its declared bounds, and whether it may be undefined."""
        if name not in self._derived:
            fact = self.book.facts[name]
            evaluation = Evaluation(self)
            found = evaluation.read(cast("Node", fact.derived))
            if isinstance(found, Bounds):
                unit = 10 ** places_of(fact.type)
                ends = (
                    found.low if fact.low is None else max(found.low, Fraction(fact.low, unit)),
                    found.high if fact.high is None else min(found.high, Fraction(fact.high, unit)),
                )
                found = Bounds(*ends, found.none)
            self._derived[name] = found, evaluation.undefined
        return self._derived[name]

    def reached(self, node: Reach, party: Reading) -> Reading:
        """Return a field of a party that is known, unknown or none."""
        if party is None:
            return None
        slot = self.book.kinds[node.party].fields[node.field]
        if not isinstance(party, str):
            return anything(slot.type, none=self._may_be_none(node))
        return cells.read_cell(self.case.parties[party].values[node.field], slot.type)

    def _may_be_none(self, node: Node) -> bool:
        match node:
            case Reach(party=party, field=field, base=base):
                missing = self.book.kinds[party].fields[field].missing
                return missing == "none" or self._may_be_none(base)
            case Name(kind="fact", name=name):
                # Of a fact that a bonus claims it is asked once it is shown.
                return self.book.facts[name].nullable
        return node.nullable

    def undefined(self, node: Name | Reach) -> bool:
        """Whether a derived fact, or a survey, may be divided by zero."""
        if not isinstance(node, Name) or node.kind != "fact":
            return False
        if self.book.facts[node.name].derived is not None:
            return self.derived(node.name)[1]
        if not isinstance(node.type, Survey) or self.value(node) is None:
            # Where nobody was to be asked, nothing is divided.
            return False
        counts = self.survey(node)
        return counts is None or counts[1] == 0

    def survey(self, node: Name) -> tuple[int, int] | None:
        """Return (positive, asked) of a survey fact, or None when it is not known."""
        given = self.case.facts.get(node.name)
        return None if given is None else given.survey

    def shown(self, node: Name | Reach) -> Truth:
        """Whether there is evidence for a name."""
        if isinstance(node, Name) and node.kind == "fact" and node.name in self.facts:
            there = node.name in self.case.facts
            return Truth(there, there or not node.claimed)
        return Truth(settled(self.value(node)), may=True)

    def records(self, node: Over) -> Records:
        """Return every record of a register."""
        members = [(SURELY, AtRecord(self, row)) for row in self.rows[node.register]]
        closed = self.case.registers[node.register].complete or node.claimed
        return Records(members, closed, not closed and _one_more(self.book, node))


class Row:
    """One record as it was read; what it does not say is worked out when it is asked for."""

    def __init__(self, whole: Whole, register: str, said: Mapping[str, Any]) -> None:
        """Take the case, the register's name and the cells that were written."""
        self.whole = whole
        self.register = register
        self.said = said
        self._found: dict[str, Reading] = {}

    def value(self, name: str) -> Reading:
        """Return what a field says, is left at, or comes to."""
        if name not in self._found:
            self._found[name] = self._in_period(name, self._read(name))
        return self._found[name]

    def _read(self, name: str) -> Reading:
        slot = self.whole.book.registers[self.register].fields[name]
        here = Evaluation(AtRecord(self.whole, self))
        if slot.derived is not None:
            found = here.read(slot.derived)
            places = places_of(slot.derived.type)
            return rounded(found, places) if isinstance(found, Bounds) else found
        if name in self.said:
            return cells.read_cell(self.said[name], slot.type)
        found = here.read(slot.default) if slot.default is not None else None
        if found is None or (isinstance(found, Bounds) and found.none and slot.missing != "none"):
            return None if slot.missing == "none" else anything(slot.type, none=False)
        return self._fitting(found, name) if isinstance(found, Bounds) else found

    def _fitting(self, found: Bounds, name: str) -> Bounds:
        """Return a default in the field's own decimals and within its own range."""
        kind = self.whole.book.registers[self.register].fields[name].type
        whole = cast("Bounds", anything(kind, none=False))
        ends = rounded(found, places_of(kind))
        return Bounds(max(ends.low, whole.low), min(ends.high, whole.high), found.none)

    def _in_period(self, name: str, found: Reading) -> Reading:
        """Return the day by which a register is dated, cut to the period as far as it has gone."""
        dated = dated_by(self.whole.book.registers[self.register])
        if name != dated or not isinstance(found, Bounds):
            return found
        first = Fraction(self.whole.first)
        last = Fraction(min(self.whole.last, self.whole.today))
        return Bounds(max(found.low, first), min(found.high, last), found.none)

    def undefined(self, name: str) -> bool:
        """Whether a field that is worked out may be divided by zero, and is left open by it."""
        slot = self.whole.book.registers[self.register].fields[name]
        return not settled(self.value(name)) and may_be_undefined(
            self.whole.book, slot.derived, self.register
        )


class AtParty:
    """One party: registers hold only its rows; `party` UNKNOWN stands for one not named."""

    def __init__(self, whole: Whole, party: Reading, owners: Mapping[str, str]) -> None:
        """Take the case, the party's id and, by register, the field that names the party."""
        self.whole = whole
        self.party = party
        self.owners = owners

    def value(self, node: Name | Reach) -> Reading:
        """Return what a name or a party's field reads as."""
        if isinstance(node, Reach):
            return self.whole.reached(node, Evaluation(self).read(node.base))
        return self.party if node.kind == "party" else self.whole.value(node)

    def undefined(self, node: Name | Reach) -> bool:
        """Whether a derived fact, or a survey, may be divided by zero."""
        return self.whole.undefined(node)

    def survey(self, node: Name) -> tuple[int, int] | None:
        """Return (positive, asked) of a survey fact."""
        return self.whole.survey(node)

    def shown(self, node: Name | Reach) -> Truth:
        """Whether there is evidence for a name."""
        if isinstance(node, Name) and node.kind != "party":
            return self.whole.shown(node)
        return Truth(settled(self.value(node)), may=True)

    def records(self, node: Over) -> Records:
        """Return the party's records: its own surely, those of an unknown party perhaps."""
        members: list[tuple[Truth, AtRecord]] = []
        for row in self.whole.rows[node.register]:
            holder = row.value(self.owners[node.register])
            if holder is UNKNOWN:
                members.append((PERHAPS, AtRecord(self, row)))
            elif holder is not None and holder == self.party:
                members.append((SURELY, AtRecord(self, row)))
        closed = self.whole.case.registers[node.register].complete or node.claimed
        return Records(members, closed, not closed and _one_more(self.whole.book, node))


class AtRecord:
    """One record: its fields first, then what lies around it."""

    def __init__(self, around: Whole | AtParty, row: Row) -> None:
        """Take the surrounding world and the record."""
        self.around = around
        self.row = row
        self.whole = row.whole

    def value(self, node: Name | Reach) -> Reading:
        """Return what a name or a party's field reads as."""
        if isinstance(node, Reach):
            return self.whole.reached(node, Evaluation(self).read(node.base))
        return self.row.value(node.name) if node.kind == "field" else self.around.value(node)

    def undefined(self, node: Name | Reach) -> bool:
        """Whether a derived fact or field, or a survey, may be divided by zero."""
        if isinstance(node, Name) and node.kind == "field":
            return self.row.undefined(node.name)
        return self.around.undefined(node)

    def survey(self, node: Name) -> tuple[int, int] | None:
        """Return (positive, asked) of a survey fact."""
        return self.around.survey(node)

    def shown(self, node: Name | Reach) -> Truth:
        """Whether a field is given."""
        if isinstance(node, Name) and node.kind != "field":
            return self.around.shown(node)
        return Truth(settled(self.value(node)), may=True)

    def records(self, node: Over) -> Records:
        """Return the records that the surrounding world sees."""
        return self.around.records(node)


Anywhere = Whole | AtParty | AtRecord


def may_be_undefined(book: RuleBook, node: Node | None, register: str = "") -> bool:
    """Whether some case leaves an expression undefined: it divides by what may be zero, or asks
    what is of nothing.
    """
    match node:
        case None:
            return False
        case Over(function="share" | "highest" | "lowest" | "mean"):
            return True
        case Over():
            return _one_more(book, node)
        case Name(inner=None, kind="fact", name=name):
            derived = book.facts[name].derived
            return isinstance(node.type, Survey) or may_be_undefined(book, derived)
        case Name(kind="field", name=name):
            derived = book.registers[register].fields[name].derived if register else None
            return may_be_undefined(book, derived, register)
        case Compare(confidence=confidence) if confidence:
            return True
        case Arithmetic(op="/", right=right) if _from(right) <= 0 <= _to(right):
            return True
        case Call(function="part", arguments=arguments) if all(_from(a) <= 0 for a in arguments):
            return True
    return any(may_be_undefined(book, part, register) for part in children(node))


def _one_more(book: RuleBook, node: Over) -> bool:
    """Whether one more record could make a function over records undefined."""
    inner = (node.value, node.where)
    return any(may_be_undefined(book, part, node.register) for part in inner)


def _from(node: Node) -> int:
    span = ranged(node.type)
    return 1 if span is None else span.low


def _to(node: Node) -> int:
    span = ranged(node.type)
    return 0 if span is None else span.high


def _exactly(number: Fraction) -> Bounds:
    return Bounds(number, number)
