"""A model of the solver as a case file that `steelyard assess` accepts."""

from __future__ import annotations

import datetime
from decimal import Decimal
from typing import Any

from steelyard.book.model import Fact, Field, RuleBook
from steelyard.expression.formulas import Code, Extent, Formula, Holds, Term
from steelyard.expression.types import (
    Boolean,
    Choice,
    Date,
    Number,
    PartyOf,
    Survey,
    Type,
    number_text,
    ranged,
)
from steelyard.verify.question import Found
from steelyard.verify.terms import Kin
from steelyard.verify.world import World

MOST_ROWS = 1500
Document = dict[str, Any]


class TooLongError(Exception):
    """A case would hold more records than anybody reads."""


class Writing:
    """Writes the values of one case in a model."""

    def __init__(self, found: Found, world: World | None = None, step: int = 1) -> None:
        """Take a model, the case of it that is meant, and which way values go apart that differ."""
        self.step = step
        self.found = found
        self.world = world or found.question.world
        self.book: RuleBook = self.world.book
        self.parties: dict[tuple[str, str], Document] = {}

    def document(self) -> Document:
        """Return the case; raises TooLongError."""
        facts = {
            name: self._fact(self.book.facts[name], formula)
            for name, formula in self.world.facts.items()
            if name in self.book.facts
            and self.book.facts[name].derived is None
            and self._is_shown(name)
        }
        records = {
            name: self._rows(name, kins)
            for name, kins in self.world.kins.items()
            if self._spoken(name)
        }
        moment = self.world.moment
        return {
            "book": self.book.key,
            "subject": {"id": "unit-1"},
            "period": moment.period,
            **({"as_of": moment.day.isoformat()} if moment.as_of else {}),
            "facts": facts,
            "parties": list(self.parties.values()),
            "records": records,
        }

    def _is_shown(self, name: str) -> bool:
        return self.found.truth(self.world.claimed.get(name, True))

    def _spoken(self, register: str) -> bool:
        return self.found.truth(self.world.claimed.get(f"[{register}]", True))

    def _fact(self, fact: Fact, formula: Formula) -> Any:
        if self.found.truth(formula.gone):
            return "none"
        if isinstance(fact.type, Survey):
            positive, asked = (self.found.whole(one) for one in self.world.surveys[fact.id])
            return {"positive": str(positive), "asked": str(asked)}
        return self.written(fact.type, formula)

    def written(self, kind: Type, formula: Formula) -> str:
        """Return a value as people write it."""
        if isinstance(formula, Holds):
            return "true" if self.found.truth(formula.must) else "false"
        if isinstance(formula, Code):
            code = self.found.whole(formula.code)
            if isinstance(kind, Choice):
                return kind.options[code]
            if isinstance(kind, PartyOf):
                return self.party(kind.kind, code)
            said = {number: word for word, number in self.world.claims.words.codes.items()}
            return said.get(code, f"text {code}")
        units = self.found.whole(formula.low.top)
        return self.units(kind, units)

    def units(self, kind: Type, units: int) -> str:
        """Return a number, day or position as people write it."""
        if isinstance(kind, Choice):
            return kind.options[units]
        if isinstance(kind, Date):
            return datetime.date.fromordinal(units).isoformat()
        return number_text(units, kind.scale if isinstance(kind, Number) else 0)

    def party(self, kind: str, code: int, copy: str = "") -> str:
        """Return the id of a party, and see to it that the case names it."""
        key = (kind, f"{code}{copy}")
        if key in self.parties:
            return str(self.parties[key]["id"])
        number = sum(one == kind for one, _ in self.parties) + 1
        said: Document = {"id": f"{kind}-{number}", "kind": kind}
        self.parties[key] = said
        for slot in self.book.kinds[kind].fields.values():
            if f"{kind}.{slot.id}" not in self.world.parties:
                if slot.missing == "refused":
                    said[slot.id] = self._anything(slot)
                continue
            formula = self.world.party_field(kind, slot, code)
            gone = self.found.truth(formula.gone)
            said[slot.id] = "none" if gone else self.written(slot.type, formula)
        return str(said["id"])

    def member(self, kind: str, field: str, code: Term) -> None:
        """See to it that the case names a party of a kind whose field names one of another."""
        named = self.written(self.book.kinds[kind].fields[field].type, Code(code))
        self.party(kind, 0, "+member")
        self.parties[kind, "0+member"][field] = named

    # Records

    def _rows(self, register: str, kins: list[Kin]) -> list[Document]:
        counts = [self.found.whole(kin.times) for kin in kins]
        if sum(counts) > MOST_ROWS:
            raise TooLongError
        rows: list[Document] = []
        held: list[tuple[Kin, Document]] = []
        for kin, count in zip(kins, counts, strict=True):
            for place in range(count):
                row = self._row(register, kin, place, count)
                rows.append(row)
                held.append((kin, row))
        self._differing(register, held)
        for number, row in enumerate(rows, 1):
            row["id"] = f"{register}-{number}"
        return [{"id": row.pop("id"), **row} for row in rows]

    def _row(self, register: str, kin: Kin, place: int, count: int) -> Document:
        row: Document = {}
        book = self.book.registers[register]
        for slot in book.fields.values():
            formula = kin.values.get(slot.id)
            if formula is None:
                if slot.missing == "refused" and slot.derived is None:
                    row[slot.id] = self._anything(slot)
            elif self.found.truth(formula.gone):
                row[slot.id] = "none"
            else:
                row[slot.id] = self._cell(slot, kin, formula, place, count)
        if book.rolled is not None:
            self._rolled(register, row, place)
        return row

    def _cell(self, slot: Field, kin: Kin, formula: Formula, place: int, count: int) -> str:
        total = None
        if isinstance(formula, Extent) and not isinstance(formula.low.top, int):
            total = self.world.claims.total_of(kin.times, formula.low.top)
        if total is None or not count:
            return self.written(slot.type, formula)
        share, rest = divmod(self.found.whole(total), count)
        return self.units(slot.type, share + (place < rest))

    def _rolled(self, register: str, row: Document, place: int) -> None:
        """Write what a part's record says beside what is asked of it."""
        fields = self.book.registers[register].fields
        row.setdefault("assessment", f"part-{register}-{place + 1}")
        row.setdefault("subject", f"part-{place + 1}")
        row.setdefault("period", self.world.moment.period)
        if "not_rated" in fields:
            row.setdefault("not_rated", "false")
            if row["not_rated"] == "true":
                # Who is not rated has neither score nor grade.
                row.update(
                    {name: "none" for name in fields if name.startswith(("score_", "points_"))}
                    | ({"grade": "none"} if "grade" in fields else {})
                )
        for one, other in (("score_low", "score_high"), ("score_high", "score_low")):
            if one in fields:
                row.setdefault(one, row.get(other, "0"))
        for name in ("grade", "veto"):
            if name in fields:
                row.setdefault(name, self._anything(fields[name]))

    def _anything(self, slot: Field) -> str:
        """Return some value of a field that a record may not leave out."""
        kind = slot.type
        if isinstance(kind, Boolean):
            return "false"
        if isinstance(kind, Choice):
            return kind.options[0]
        if isinstance(kind, PartyOf):
            return self.party(kind.kind, 0)
        own = ranged(kind)
        if isinstance(own, Date):
            return self.world.moment.first.isoformat()
        return "text" if own is None else self.units(kind, max(own.low, min(own.high, 0)))

    def _differing(self, register: str, held: list[tuple[Kin, Document]]) -> None:
        """Give records so many different values as the model says that they have."""
        for one in self.world.claims.differing:
            if one.register != register:
                continue
            counted = [
                row
                for kin, row in held
                if any(kin.name == name and self.found.truth(here) for name, here in one.counted)
            ]
            wanted = self.found.whole(one.found)
            slot = self.book.registers[register].fields.get(one.field)
            if slot is None or len(counted) < wanted or wanted < 2:
                continue
            first = {str(row.get(slot.id)) for row in counted}
            if len(first) == wanted:
                continue
            values = self._values(slot, wanted, str(counted[0].get(slot.id)))
            for place, row in enumerate(counted):
                row[slot.id] = values[place % wanted]

    def _values(self, slot: Field, wanted: int, first: str) -> list[str]:
        kind = slot.type
        if isinstance(kind, PartyOf):
            return [self.party(kind.kind, 0, f"+{place}") for place in range(wanted)]
        if isinstance(kind, Choice):
            return list(kind.options[:wanted])
        own = ranged(kind)
        if own is None:
            return [f"text {place + 1}" for place in range(wanted)]
        if isinstance(own, Date):
            start = datetime.date.fromisoformat(first).toordinal()
        else:
            start = int(Decimal(first).scaleb(own.scale))
        size = own.high - own.low + 1
        shifted = (start - own.low + self.step * place for place in range(wanted))
        return [self.units(kind, own.low + one % size) for one in shifted]
