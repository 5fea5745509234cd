"""A case of which nothing is known but its book: every fact, record and party is a term.

Records of one register that are alike in all that a question asks are one `Kin`: one record's
fields, and how many there are of it. So registers of any length are covered (docs/verifying.md).
"""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import Any

import z3

from steelyard.book.due import window_of
from steelyard.book.model import UNDATED, Fact, Field, RuleBook
from steelyard.errors import Word
from steelyard.expression.claims import Claims
from steelyard.expression.formulas import (
    Code,
    Condition,
    Extent,
    Formula,
    Holds,
    Ratio,
    Sight,
    Term,
    UnprovableError,
    known_as,
)
from steelyard.expression.smt import Reader
from steelyard.expression.tree import Name, Over, Reach
from steelyard.expression.types import (
    MOST,
    Boolean,
    Choice,
    Date,
    Number,
    Survey,
    Type,
    ranged,
)
from steelyard.verify.terms import Kin, Moment, held, survey_rate, within

_OPTIONS = 10**6


class World:
    """One case as terms. `kins` says of what kinds the records of each register are."""

    def __init__(self, book: RuleBook, claims: Claims, moment: Moment | None = None) -> None:
        """Take the book, and where is laid down what holds of its terms."""
        self.book = book
        self.claims = claims
        self.moment = moment or Moment.of(book)
        self.figures = self.moment.figures(book)
        self.facts: dict[str, Formula] = {}
        self.surveys: dict[str, tuple[Term, Term]] = {}
        self.claimed: dict[str, Condition] = {}
        self.kins: dict[str, list[Kin]] = {}
        self.parties: dict[str, Any] = {}
        self.outcomes: dict[str, Formula] = {}
        self._derived: dict[str, tuple[Formula, Condition]] = {}
        self.suffix = ""

    def changed(self, suffix: str) -> World:
        """Return a second case that is the same in all that is not changed afterwards."""
        other = World(self.book, self.claims, self.moment)
        other.facts, other.surveys = dict(self.facts), dict(self.surveys)
        other.claimed, other.kins = dict(self.claimed), dict(self.kins)
        other.parties, other.suffix = self.parties, suffix
        return other

    def reader(self) -> Reader:
        """Return a reading of the case."""
        return Reader(self, self.claims)

    # Terms

    def term(self, name: str, kind: Type, span: tuple[int, int] | None = None) -> Formula:
        """Return anything of a type, within its range or a narrower one."""
        name += self.suffix
        if isinstance(kind, Boolean):
            truth = z3.Bool(name)
            return Holds(truth, truth)
        if isinstance(kind, Survey):
            raise UnprovableError(Word("reads a survey of a record"))
        number = z3.Int(name)
        own = ranged(kind)
        if isinstance(kind, Choice):
            self.claims.lay(z3.And(number >= 0, number < len(kind.options)))
        elif own is not None:
            low, high = span or (own.low, own.high)
            self.claims.lay(z3.And(number >= max(own.low, low), number <= min(own.high, high)))
        else:
            self.claims.lay(z3.And(number >= 0, number < _OPTIONS))
        if own is None:
            return Code(number)
        return known_as(Ratio(number, 10**own.scale if isinstance(own, Number) else 1))

    def perhaps(self, name: str, found: Formula) -> Formula:
        """Return a value that may be none."""
        gone = z3.Bool(f"{name}{self.suffix}:none")
        if isinstance(found, Extent):
            return found._replace(gone=gone, lacking=gone)
        return found._replace(gone=gone)

    # The case

    def fact(self, name: str) -> Formula:
        """Return a fact that a case gives."""
        if name not in self.facts:
            found = self._new(self.book.facts[name])
            # Facts that bound each other may bound this one in turn.
            self.facts[name] = found
            self._bounded(self.book.facts[name])
        return self.facts[name]

    def _new(self, fact: Fact) -> Formula:
        if isinstance(fact.type, Survey):
            found: Formula = self._survey(fact.id)
        else:
            span = None
            own = ranged(fact.type)
            if own is not None and not isinstance(fact.type, Choice):
                low = own.low if fact.low is None else fact.low
                span = (low, own.high if fact.high is None else fact.high)
                if isinstance(fact.type, Date):
                    span = self._near(span)
            found = self.term(fact.id, fact.type, span)
        return self.perhaps(fact.id, found) if fact.nullable else found

    def _near(self, span: tuple[int, int]) -> tuple[int, int]:
        """Return the days of a range that people would enter, where it has such."""
        low, high = datetime.date(1900, 1, 1).toordinal(), datetime.date(2199, 1, 1).toordinal()
        near = max(low, span[0]), min(high, span[1])
        return near if near[0] <= near[1] else span

    def _survey(self, name: str) -> Formula:
        positive, asked = (z3.Int(f"{name}.{one}{self.suffix}") for one in ("positive", "asked"))
        self.claims.lay(z3.And(positive >= 0, positive <= asked, asked <= MOST))
        self.surveys[name] = positive, asked
        return survey_rate(positive, asked)

    def _bounded(self, fact: Fact) -> None:
        pairs = [(fact.id, fact.high_fact)] if fact.high_fact else []
        pairs += [(fact.low_fact, fact.id)] if fact.low_fact else []
        reader = self.reader()
        for small, large in pairs:
            below, above = self.fact(str(small)), self.fact(str(large))
            if isinstance(below, Extent) and isinstance(above, Extent):
                gone = reader.either(below.gone, above.gone)
                self.claims.lay(reader.either(gone, reader.at_most(below.low, above.high)))

    def derived(self, name: str) -> tuple[Formula, Condition]:
        """Return a derived fact within its declared bounds, and where it is undefined."""
        if name not in self._derived:
            fact = self.book.facts[name]
            reader = self.reader()
            found = reader.read(fact.derived) if fact.derived is not None else Code(0)
            if isinstance(found, Extent) and not isinstance(fact.type, Choice):
                # A case that surely leaves the declared bounds is refused when it is read.
                self.claims.lay(reader.either(found.gone, within(reader, found, fact)))
                found = held(reader, found, fact)
            self._derived[name] = found, reader.undefined
        return self._derived[name]

    def value(self, node: Name | Reach) -> Formula:
        """Return what a name or a party's field reads as."""
        if isinstance(node, Reach):
            return self.reach(node, self.reader())
        match node.kind:
            case "fact":
                return self._fact(node)
            case "parameter":
                return known_as(self.figures[node.name])
            case "moment":
                days = {"as_of": self.moment.day, "period_start": self.moment.first}
                return known_as(Ratio(days.get(node.name, self.moment.last).toordinal()))
            case "window":
                last = window_of(self.book.stages[node.name], self.moment.first).last
                if last is None:
                    return Extent(Ratio(0), Ratio(0), True, True)
                return known_as(Ratio(last.toordinal()))
            case "spoken":
                spoken = self.claimed.setdefault(f"[{node.name}]", z3.Bool(f"{node.name}:spoken"))
                for kin in self.kins.get(node.name, ()):
                    self.claims.lay(z3.Or(spoken, kin.times == 0))
                return Holds(spoken, spoken)
            case "waived":
                return Holds(False, False)
            case "judged":
                raise UnprovableError(Word("is judged by a plugin"))
            case "outcome":
                return self._outcome(node.name)
        raise UnprovableError(Word("reads what no formula can say"))

    def _fact(self, node: Name) -> Formula:
        if node.name not in self.facts and self.book.facts[node.name].derived is not None:
            return self.derived(node.name)[0]
        found = self.fact(node.name)
        if not node.claimed:
            return found
        there = self._there(node.name)
        gone = z3.Or(found.gone, z3.Not(there))
        if isinstance(found, Extent):
            return found._replace(gone=gone, lacking=gone)
        return found._replace(gone=gone)

    def _outcome(self, name: str) -> Formula:
        from steelyard.book.program import program

        if name not in self.outcomes:
            step = program(self.book).steps.get(name)
            if step is None or name.partition(":")[0] not in {"earned", "applies", "points"}:
                raise UnprovableError(Word("reads what was scored before"))
            self.outcomes[name] = self.reader().read(step)
        return self.outcomes[name]

    def undefined(self, node: Name | Reach) -> Condition:
        """Return whether a derived fact, or a survey, is divided by zero."""
        if not isinstance(node, Name) or node.kind != "fact":
            return False
        if node.name in self.facts or self.book.facts[node.name].derived is None:
            if not isinstance(node.type, Survey):
                return False
            found = self.value(node)
            if node.name not in self.surveys:
                return False
            return self.reader().both(
                self.surveys[node.name][1] == 0, self.reader().contrary(found.gone)
            )
        return self.derived(node.name)[1]

    def shown(self, node: Name | Reach) -> Condition | None:
        """Return whether a fact that the case gives is given; None of anything else."""
        if not isinstance(node, Name) or node.kind != "fact":
            return None
        if self.book.facts[node.name].derived is not None:
            return None
        return self._there(node.name) if node.claimed else True

    def _there(self, name: str) -> Condition:
        return self.claimed.setdefault(name, z3.Bool(f"{name}:shown"))

    def survey(self, node: Name) -> tuple[Term, Term]:
        """Return (positive, asked) of a survey."""
        self.fact(node.name)
        return self.surveys[node.name]

    def reach(self, node: Reach, reader: Reader) -> Formula:
        """Return a field of the party that a reading finds."""
        party = reader.read(node.base)
        if not isinstance(party, Code):
            raise UnprovableError(Word("reaches for a party that is none"))
        slot = self.book.kinds[node.party].fields[node.field]
        found = self.party_field(node.party, slot, party.code)
        gone = reader.either(party.gone, found.gone)
        if isinstance(found, Extent):
            return found._replace(gone=gone, lacking=gone)
        return found._replace(gone=gone)

    def party_field(self, kind: str, slot: Field, party: Term) -> Formula:
        """Return a field of one party of a kind."""
        own, name = ranged(slot.type), f"{kind}.{slot.id}"
        sort = z3.BoolSort() if isinstance(slot.type, Boolean) else z3.IntSort()
        asked = self.parties.setdefault(name, z3.Function(name, z3.IntSort(), sort))
        term = asked(party)
        gone: Condition = False
        if slot.missing == "none":
            none = f"{name}:none"
            gone = self.parties.setdefault(none, z3.Function(none, z3.IntSort(), z3.BoolSort()))(
                party
            )
        if isinstance(slot.type, Boolean):
            return Holds(term, term, gone)
        if isinstance(slot.type, Choice):
            self.claims.lay(z3.And(term >= 0, term < len(slot.type.options)))
        elif own is not None:
            self.claims.lay(z3.And(term >= own.low, term <= own.high))
        else:
            self.claims.lay(z3.And(term >= 0, term < _OPTIONS))
        if own is None:
            return Code(term, gone)
        unit = 10**own.scale if isinstance(own, Number) else 1
        return known_as(Ratio(term, unit), gone)

    def records(self, node: Over) -> list[tuple[Condition, Term, Sight]]:
        """Return the kinds of records of a register."""
        return [
            (True, kin.times, AtRecord(self, kin, self)) for kin in self.kins.get(node.register, ())
        ]


class AtRecord:
    """One record: its fields first, then what lies around it."""

    def __init__(self, world: World, kin: Kin, around: World | AtParty) -> None:
        """Take the case, the record, and the case or party around it."""
        self.world = world
        self.kin = kin
        self.around = around

    def value(self, node: Name | Reach) -> Formula:
        """Return what a name or a party's field reads as."""
        if isinstance(node, Reach):
            return self.world.reach(node, Reader(self, self.world.claims))
        if node.kind != "field":
            return self.around.value(node)
        return self._field(node.name)[0]

    def _field(self, name: str) -> tuple[Formula, Condition]:
        kin, world = self.kin, self.world
        slot = world.book.registers[kin.register].fields.get(name)
        if slot is None:
            raise UnprovableError(Word("reads what the register does not have"))
        if slot.derived is not None:
            return self._worked_out(slot)
        if name not in kin.values:
            kin.values[name] = self._new(slot)
        return kin.values[name], False

    def _new(self, slot: Field) -> Formula:
        kin, world = self.kin, self.world
        register = world.book.registers[kin.register]
        span = None
        if register.dated == slot.id and register.dated != UNDATED:
            span = (world.moment.first.toordinal(), world.moment.day.toordinal())
        elif isinstance(slot.type, Date):
            span = world._near((slot.type.low, slot.type.high))  # noqa: SLF001  # one room
        plain = World.term(world, f"{kin.name}.{slot.id}", slot.type, span)
        if register.rolled is not None and slot.id.startswith(("score_", "points_", "grade")):
            return self._of_a_part(plain)
        if slot.missing == "none":
            return world.perhaps(f"{kin.name}.{slot.id}", plain)
        return plain

    def _of_a_part(self, plain: Formula) -> Formula:
        """Return what was assessed of a part, which is none where it is not rated."""
        rated = self._field("not_rated")[0]
        gone = rated.must if isinstance(rated, Holds) else False
        if isinstance(plain, Extent):
            return plain._replace(gone=gone, lacking=gone)
        return plain._replace(gone=gone)

    def _worked_out(self, slot: Field) -> tuple[Formula, Condition]:
        reader = Reader(self, self.world.claims)
        node: Any = slot.derived
        found = reader.read(node)
        if not isinstance(found, Extent):
            return found, reader.undefined
        kind = ranged(node.type)
        places = kind.scale if isinstance(kind, Number) else 0
        low = reader.half_away(found.low, places)
        if found.low is found.high:
            return found._replace(low=low, high=low), False
        return found._replace(low=low, high=reader.half_away(found.high, places)), reader.undefined

    def undefined(self, node: Name | Reach) -> Condition:
        """Return whether a field that is worked out is divided by zero."""
        if isinstance(node, Name) and node.kind == "field":
            return self._field(node.name)[1]
        return self.around.undefined(node)

    def shown(self, node: Name | Reach) -> Condition | None:
        """Return whether a fact that the case gives is given; None of anything else."""
        return self.around.shown(node)

    def survey(self, node: Name) -> tuple[Term, Term]:
        """Return (positive, asked) of a survey."""
        return self.around.survey(node)

    def records(self, node: Over) -> list[tuple[Condition, Term, Sight]]:
        """Return the records that the surrounding world sees."""
        return self.around.records(node)


class AtParty:
    """One party: registers hold only its records."""

    def __init__(self, world: World, party: Term, owners: Mapping[str, str]) -> None:
        """Take the case, the party's term, and the field of each register that names it."""
        self.world = world
        self.party = party
        self.owners = owners

    def value(self, node: Name | Reach) -> Formula:
        """Return what a name or a party's field reads as."""
        if isinstance(node, Reach):
            return self.world.reach(node, Reader(self, self.world.claims))
        return Code(self.party) if node.kind == "party" else self.world.value(node)

    def undefined(self, node: Name | Reach) -> Condition:
        """Return whether a derived fact, or a survey, is divided by zero."""
        return self.world.undefined(node)

    def shown(self, node: Name | Reach) -> Condition | None:
        """Return whether a fact that the case gives is given; None of anything else."""
        return self.world.shown(node)

    def survey(self, node: Name) -> tuple[Term, Term]:
        """Return (positive, asked) of a survey."""
        return self.world.survey(node)

    def records(self, node: Over) -> list[tuple[Condition, Term, Sight]]:
        """Return the party's records."""
        found: list[tuple[Condition, Term, Sight]] = []
        for kin in self.world.kins.get(node.register, ()):
            inner = AtRecord(self.world, kin, self)
            holder = inner._field(self.owners[node.register])[0]  # noqa: SLF001  # one room
            if isinstance(holder, Code):
                reader = self.world.reader()
                belongs = reader.both(holder.code == self.party, reader.contrary(holder.gone))
                found.append((belongs, kin.times, inner))
        return found


Anywhere = World | AtRecord | AtParty
