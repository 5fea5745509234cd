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

    def _type(self, entry: FactEntry, place: str) -> tuple[Type, dict[str, Title]]:
        said = entry.type
        if isinstance(said, str):
            if said in _SCALARS:
                return self._narrowed(_SCALARS[said], entry, place), {}
            if said in self.entry.parties:
                return PartyOf(said), {}
            if said in self.options:
                return self._choice(entry, self.options[said], place)
            known = [*_SCALARS, *self.entry.parties, *self.options]
            self.add(f"{place}.type", "`{type}` is not a type", nearest(said, known), type=said)
            return Text(), {}
        if said is None:
            self.add(place, "has no type")
            return Text(), {}
        options = options_of(said)
        if not options:
            self.add(f"{place}.type", "an enumeration wants options: none is written")
        elif len(options) != len(said):
            self.add(f"{place}.type", "an enumeration wants options, each once")
        return self._choice(entry, options, place)

    def _choice(
        self, entry: FactEntry, options: dict[str, Title], place: str
    ) -> tuple[Type, dict[str, Title]]:
        for option in options:
            word = unicodedata.normalize("NFKC", option).lower()
            taken = UNKNOWN_WORDS | NONE_WORDS if entry.missing == "none" else UNKNOWN_WORDS
            if not _OPTION.fullmatch(option) or word in taken:
                self.add(f"{place}.type", "`{option}` cannot be an option", option=option)
        if entry.min is not None or entry.max is not None:
            self.add(place, "an enumeration has no min or max")
        return Choice(tuple(options), entry.ordered), options

    def _named(self, entry: FactEntry) -> str:
        """Return under which name a fact or field takes its options; empty for its own."""
        return entry.type if isinstance(entry.type, str) and entry.type in self.options else ""

    def _narrowed(self, kind: Type, entry: FactEntry, place: str) -> Type:
        if entry.ordered:
            self.add(place, "only an enumeration is ordered")
        if entry.decimals is not None:
            if kind != _SCALARS["number"]:
                self.add(place, "only a number has decimals")
            else:
                return Number(
                    entry.decimals, -WIDEST * 10**entry.decimals, WIDEST * 10**entry.decimals
                )
        return kind

    def _columns_types(self) -> None:
        for what, columns, out in (
            ("parties", self.entry.parties, "kind"),
            ("records", self.entry.records, "register"),
        ):
            for name, entry in columns.items():
                fields = self._fields(what, name, entry)
                self.faults.extend(misplaced(entry, what, partial(self.place, what, name)))
                if out == "kind":
                    self.kinds[name] = Kind(
                        id=name,
                        title=title_of(entry.title, name),
                        fields=fields,
                        notes=notes_of(entry.notes),
                    )
                else:
                    self.registers[name] = Register(
                        id=name,
                        title=title_of(entry.title, name),
                        fields=fields,
                        rolled=roll_up(entry, name, self.entry.parties),
                        dated=self._dated(name, entry, fields),
                        responsible=entry.responsible,
                        cites=self.cites(entry.cites, self.place("records", name)),
                        notes=notes_of(entry.notes),
                    )

    def _dated(self, name: str, entry: Columns, fields: Mapping[str, Field]) -> str:
        """Return the field by which a register's rows are dated, `none` or nothing."""
        said = entry.dated
        if said is None or said == UNDATED:
            return said or ""
        place = self.place("records", name, "dated")
        column = fields.get(said)
        written = (entry.__pydantic_extra__ or {}).get(said)
        if column is None or written is None:
            self.add(place, "unknown field `{name}`", nearest(said, fields), name=said)
        elif not isinstance(column.type, Date) or written.derived is not None:
            self.add(place, "`{name}` is not a date that a record gives", name=said)
        elif column.missing == "none" or written.default is not None:
            self.add(
                place,
                "`{name}` has a default or may be none; a record's own day is never left out",
                name=said,
            )
        return said

    def _measured_in(self, kind: Type | None, entry: FactEntry, place: str) -> MeasuredIn | None:
        """Return what a figure counts; only a number counts anything. A type of None is not known
        yet.
        """
        said = entry.measured_in
        if said is None:
            return None
        place = f"{place}.measured_in"
        if kind is not None and not isinstance(kind, (Number, Survey)):
            self.add(place, "only a number is measured in something")
        if not isinstance(said, str):
            return own(Title(said.zh, said.en))
        if said not in UNITS:
            meant = called(said)
            self.add(
                place,
                "`{unit}` is no unit such as person, m2 or yuan; one of the book's own is written "
                "{{zh: …, en: …}}",
                nearest(said, UNITS) if meant is None else meant.id,
                unit=said,
            )
        return UNITS.get(said)

    def _put_right(
        self, column: FactEntry, kind: Type, what: str, place: str
    ) -> Literal["higher"] | None:
        """Return whether a record may still come to have a field: a yes or no, or a day."""
        if column.better is None:
            return None
        mends = isinstance(kind, Boolean) or (isinstance(kind, Date) and column.missing == "none")
        if not (mends and what == "records" and not column.derived and column.better == "higher"):
            self.add(
                place,
                "`better` belongs to a fact, or as `higher` to a record's yes or no, or day that "
                "may be none, which can still be put right",
            )
        return "higher"

    def _fields(self, what: str, name: str, entry: Columns) -> dict[str, Field]:
        fields: dict[str, Field] = {}
        for key, column in (entry.__pydantic_extra__ or {}).items():
            place = self.place(what, name, key)
            taken = key in _RESERVED or (what == "parties" and key in _RESERVED_OF_PARTIES)
            if taken or not _WORD.fullmatch(key) or keyword.iskeyword(key):
                self.add(place, "`{name}` cannot name a field", name=key)
                continue
            if column.derived is not None and column.type is None:
                typed: tuple[Type, dict[str, Title]] = (Text(), {})
            else:
                typed = self._type(column, place)
            kind, options = typed
            if isinstance(kind, Survey):
                self.add(f"{place}.type", "a survey is a fact, not a field")
            missing = column.missing or "unknown"
            better = self._put_right(column, kind, what, place)
            if isinstance(kind, Boolean) and missing == "none":
                self.add(place, "a yes or no is never none; an empty cell is unknown")
            if what == "parties" and (column.derived is not None or column.default is not None):
                self.add(place, "a party's field has neither `is` nor `default`")
            kind = self._bounded(kind, column, place)
            fields[key] = Field(
                id=key,
                title=title_of(column.title, key),
                type=kind,
                missing=missing,
                cites=self.cites(column.cites, place),
                method=column.method,
                notes=notes_of(column.notes),
                better=better,
                options=options,
                named_options=self._named(column),
                responsible=column.responsible,
                measured_in=self._measured_in(
                    None if column.derived is not None else kind, column, place
                ),
                place=place,
            )
        return fields

    def _bounded(self, kind: Type, entry: FactEntry, place: str) -> Type:
        low, high = (
            self._bound(kind, entry.min, f"{place}.min"),
            self._bound(kind, entry.max, f"{place}.max"),
        )
        if isinstance(low, str) or isinstance(high, str):
            self.add(place, "a field is bounded by figures, not by other names")
            return kind
        return self._within(kind, low, high, place)

    def _within(self, kind: Type, low: int | None, high: int | None, place: str) -> Type:
        if not isinstance(kind, (Number, Date)):
            if low is not None or high is not None:
                self.add(place, "only numbers and dates have min and max")
            return kind
        bounded = replace(
            kind, low=kind.low if low is None else low, high=kind.high if high is None else high
        )
        if bounded.low > bounded.high:
            self.add(place, "min is above max")
            return kind
        return bounded

    def _bound(self, kind: Type, said: str | None, place: str) -> int | str | None:
        """Return a declared bound as units, an ordinal, or the name of a fact."""
        if said is None:
            return None
        text = said.strip()
        if isinstance(kind, Date):
            day = parse_date(text)
            if day is not None:
                return day
        elif re.fullmatch(r"-?[0-9]+(\.[0-9]+)?", text):
            number = Decimal(text)
            scale = kind.scale if isinstance(kind, Number) else 6
            units = units_of(number, scale)
            if units is None or abs(number) > WIDEST:
                self.add(
                    place,
                    "`{text}` is larger, or has more decimals, than this number may have",
                    text=text,
                )
                return None
            return units
        if _WORD.fullmatch(text):
            return text
        self.add(place, "`{text}` is neither a figure nor the name of a fact", text=text)
        return None

    def _plain_facts(self) -> None:
        for name, entry in self.entry.facts.items():
            if entry.derived is None:
                self._plain_fact(name, entry)
        for rule in self.entry.rules:
            with self.told(self.place("rules", rule.id)):
                for _, one in brought(rule, self.forms.values()):
                    self._owned(one.id, "item", rule.id, one.type, one.entry)
        for stage in self.entry.stages:
            for deliverable in stage.deliverables:
                self._owned(deliverable.id, "deliverable", stage.id, Date(), deliverable)
        self._bind()

    def _plain_fact(self, name: str, entry: FactEntry) -> None:
        place = self.place("facts", name)
        if entry.default is not None:
            self.add(place, "a fact has no default: what is not shown is unknown")
        if entry.missing not in {None, "unknown", "none"}:
            self.add(place, "a fact that is not given is unknown; it cannot be refused")
        kind, options = self._type(entry, place)
        if isinstance(kind, Boolean) and entry.missing == "none":
            self.add(place, "a yes or no is never none; an empty cell is unknown")
        low, high = (
            self._bound(kind, entry.min, f"{place}.min"),
            self._bound(kind, entry.max, f"{place}.max"),
        )
        kind = self._within(
            kind,
            None if isinstance(low, str) else low,
            None if isinstance(high, str) else high,
            place,
        )
        self.facts[name] = Fact(
            id=name,
            title=title_of(entry.title, name),
            type=kind,
            cites=self.cites(entry.cites, place),
            method=entry.method,
            notes=notes_of(entry.notes),
            better=entry.better,
            options=options,
            named_options=self._named(entry),
            nullable=entry.missing == "none",
            responsible=entry.responsible,
            measured_in=self._measured_in(kind, entry, place),
            low_fact=low if isinstance(low, str) else None,
            high_fact=high if isinstance(high, str) else None,
            place=place,
        )

    def _owned(self, name: str, origin: str, owner: str, kind: Type, entry: object) -> None:
        part = "rules" if origin == "item" else "stages"
        place = self.place(part, owner, name)
        if name in self.facts:
            self.add(
                place,
                "`{id}` stands twice; ids of facts, items and deliverables are unique in a book",
                id=name,
            )
            return
        self.facts[name] = Fact(
            id=name,
            title=title_of(getattr(entry, "title", None), name),
            type=kind,
            origin="item" if origin == "item" else "deliverable",
            owner=owner,
            cites=self.cites(getattr(entry, "cites", ()), place),
            method=getattr(entry, "method", None),
            notes=notes_of(getattr(entry, "notes", "")),
            nullable=origin == "deliverable",
            responsible=getattr(entry, "responsible", ""),
            place=place,
        )

    def _bind(self) -> None:
        """Check facts that bound each other and widen nothing: a fact is never beyond the widest of
        its bound.
        """
        for fact in list(self.facts.values()):
            kind = fact.type
            for side, other_name in (("min", fact.low_fact), ("max", fact.high_fact)):
                if other_name is None:
                    continue
                other = self.facts.get(other_name)
                if other is None:
                    self.add(
                        f"{fact.place}.{side}",
                        "unknown fact `{name}`",
                        nearest(other_name, self.facts),
                        name=other_name,
                    )
                elif type(other.type) is not type(kind) or not isinstance(kind, (Number, Date)):
                    self.add(f"{fact.place}.{side}", "`{name}` is of another type", name=other_name)
                elif isinstance(kind, Number) and isinstance(other.type, Number):
                    low, high = (
                        rescale(end, other.type.scale, kind.scale)
                        for end in (other.type.low, other.type.high)
                    )
                    if side == "max" and high < kind.high:
                        kind = replace(kind, high=max(high, kind.low))
                    elif side == "min" and low > kind.low:
                        kind = replace(kind, low=min(low, kind.high))
            if kind is not fact.type:
                self.facts[fact.id] = replace(fact, type=kind)

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
