"""The names that a book's rules may use: facts, parameters, parties and registers, typed and
bounded.
"""

from __future__ import annotations

import keyword
from collections.abc import Sequence
from contextlib import suppress
from typing import TYPE_CHECKING

from steelyard.book.model import Parameter
from steelyard.book.offices import unknown_offices
from steelyard.book.reading.declared import SCALARS, Declared, Place, notes_of
from steelyard.book.reading.facts import Facts
from steelyard.book.reading.fields import Fields
from steelyard.book.reading.named_options import misnamed
from steelyard.errors import PluginError
from steelyard.expression.parse import Scope
from steelyard.expression.tree import Name, Node
from steelyard.expression.types import WIDEST, Date, Number, units_of
from steelyard.forms.phrases import titled as title_of
from steelyard.forms.table import FORMS, Forms
from steelyard.messages import Title

if TYPE_CHECKING:
    from steelyard.book.document import BookEntry

MOMENTS = ("as_of", "period_start", "period_end")


class Vocabulary:
    """Builds facts, parameters, kinds and registers; collects every fault on the way."""

    def __init__(
        self,
        entry: BookEntry,
        place: Place,
        inventory: Sequence[str] = (),
        forms: Forms = FORMS,
    ) -> None:
        """Take the book as written, the function that finds places in it, the clauses of its scheme
        in order, and the forms of its rules.
        """
        self.said = Declared(entry, place, inventory)
        self.entry = entry
        self.place = place
        self.forms = forms
        self.faults, self.add = self.said.faults, self.said.add
        self.told, self.cites = self.said.told, self.said.cites
        self._fields = Fields(self.said)
        self._facts = Facts(self.said, forms)
        self.facts = self._facts.all
        self.kinds, self.registers = self._fields.kinds, self._fields.registers
        self.parameters: dict[str, Parameter] = {}
        self.offices: dict[str, Title] = {}

    def build(self) -> None:
        """Fill the tables; derived facts come after what they read."""
        self.offices = {n: title_of(entry, n) for n, entry in self.entry.offices.items()}
        with suppress(PluginError):  # told once, where the facts of forms are taken
            self.faults.extend(unknown_offices(self.entry, self.place, self.forms))
        self.faults.extend(misnamed(self.entry, frozenset(SCALARS), self.place))
        self._parameters()
        self._fields.types()
        self._facts.given()
        self._keywords()
        self._collisions()
        self._fields.expressions(self._everywhere())
        self._facts.derived(self.scope)

    def scope(
        self, *, record: str | None = None, party: str | None = None, claimed: bool = False
    ) -> Scope:
        """Return the names open to an expression that stands at a record, at a party, or at
        neither.
        """
        return Scope(
            names=self._names(claimed=claimed),
            registers=self._fields.register_slots(),
            kinds=self._fields.kind_slots(),
            record=record,
            party=party,
            claimed=claimed,
        )

    def _names(self, *, claimed: bool) -> dict[str, Node]:
        names: dict[str, Node] = {}
        for fact in self.facts.values():
            if claimed and fact.derived is not None:
                names[fact.id] = self._facts.claimed[fact.id]
            else:
                names[fact.id] = Name(
                    type=fact.type,
                    kind="fact",
                    name=fact.id,
                    claimed=claimed,
                    nullable=claimed or fact.nullable,
                )
        return {**self._everywhere(), **names}

    def _everywhere(self) -> dict[str, Node]:
        """Return the names that are open to fields of records too: parameters and moments."""
        names: dict[str, Node] = {
            moment: Name(type=Date(), kind="moment", name=moment) for moment in MOMENTS
        }
        for parameter in self.parameters.values():
            units = [value for _, value in parameter.values]
            kind = Number(parameter.scale, min(units), max(units))
            names[parameter.id] = Name(type=kind, kind="parameter", name=parameter.id)
        return names

    def _parameters(self) -> None:
        for name, entry in self.entry.parameters.items():
            scale = max(max(0, -int(value.as_tuple().exponent)) for value in entry.values.values())
            values = [
                (day.toordinal(), units_of(value, scale) or 0)
                for day, value in sorted(entry.values.items())
            ]
            if scale > 6 or any(value.copy_abs() > WIDEST for value in entry.values.values()):
                self.add(
                    self.place("parameters", name),
                    "is larger, or has more decimals, than a number may have",
                )
                continue
            self.parameters[name] = Parameter(
                id=name,
                title=title_of(entry.title, name),
                scale=scale,
                values=tuple(values),
                cites=self.cites(entry.cites, self.place("parameters", name)),
                notes=notes_of(entry.notes),
            )

    def _keywords(self) -> None:
        for what, names in (
            ("facts", [*self.facts, *self.entry.facts]),
            ("parameters", self.parameters),
            ("records", self.registers),
            ("parties", self.kinds),
        ):
            for name in dict.fromkeys(names):
                if keyword.iskeyword(name):
                    self.add(
                        self.place(what, name),
                        "`{name}` is a word of the expressions and cannot name anything",
                        name=name,
                    )

    def _collisions(self) -> None:
        derived = {name for name, entry in self.entry.facts.items() if entry.derived is not None}
        seen = {**dict.fromkeys((*self.facts, *derived), "facts")}
        for what, names in (
            ("parameters", self.parameters),
            ("records", self.registers),
            ("parties", self.kinds),
        ):
            for name in names:
                if name in seen or name in MOMENTS:
                    self.add(self.place(what, name), "`{name}` names two things", name=name)
                elif what != "parties":
                    seen[name] = what
        for register in self.registers.values():
            for column in register.fields.values():
                if column.id in seen:
                    self.add(
                        column.place,
                        "`{name}` is both a field and a name of the book",
                        name=column.id,
                    )
