"""The names that a book's rules may use: facts, parameters, parties and registers, typed and
bounded.
"""

from __future__ import annotations

import keyword
import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from decimal import Decimal
from functools import partial
from typing import TYPE_CHECKING, Literal

from steelyard.book.measured_in import UNITS, MeasuredIn, called, own
from steelyard.book.model import UNDATED, Fact, Field, Kind, Parameter, Register
from steelyard.book.offices import unknown_offices
from steelyard.book.reading.named_options import misnamed, options_of
from steelyard.book.rollup_fields import misplaced, roll_up
from steelyard.book.terms import NONE_WORDS, UNKNOWN_WORDS
from steelyard.errors import ExpressionError, Fault, PluginError, fault, nearest
from steelyard.expression.parse import Scope, Slot, parse, parse_date
from steelyard.expression.tree import Call, Name, Node, Over, walk
from steelyard.expression.types import (
    RATE,
    WIDEST,
    Boolean,
    Choice,
    Date,
    Number,
    PartyOf,
    Survey,
    Text,
    Type,
    rescale,
    units_of,
)
from steelyard.forms.form import brought
from steelyard.forms.phrases import titled as title_of
from steelyard.forms.table import FORMS, Forms
from steelyard.messages import Title

if TYPE_CHECKING:
    from steelyard.book.document import BookEntry, Columns, FactEntry

_SCALARS: Mapping[str, Type] = {
    "boolean": Boolean(),
    "integer": Number(0),
    "number": Number(6, -WIDEST * 10**6, WIDEST * 10**6),
    "date": Date(),
    "text": Text(),
    "survey": Survey(),
}
_RESERVED = frozenset({"id", "evidence", "by", "files", "fields", "rows", "complete"})
_RESERVED_OF_PARTIES = frozenset({"kind", "name"})
_WORD = re.compile(r"[^\W\d]\w*")
_OPTION = re.compile(r"[^\s,;'\"\\]{1,80}")
MOMENTS = ("as_of", "period_start", "period_end")

Place = Callable[..., str]


def notes_of(entry: object) -> str:
    """Return notes as text; both languages on two lines where both are written."""
    return (
        entry
        if isinstance(entry, str)
        else f"{getattr(entry, 'zh', '')}\n{getattr(entry, 'en', '')}".strip()
    )


def remark_of(entry: object) -> Title:
    """Return notes in either language; those written once stand for both."""
    return Title(entry, entry) if isinstance(entry, str) else title_of(entry, "")


def expand(cites: Iterable[str], inventory: Sequence[str] = ()) -> tuple[str, ...]:
    """Return clause ids with runs such as `H1.8.2..H1.8.8` written out, each once.

    A run goes in the order of the scheme's inventory; without one, the last number runs. Raises
    ValueError with the run that is empty or whose ends are not known.
    """
    out: dict[str, None] = {}
    for cite in cites:
        first, dots, last = cite.partition("..")
        if not dots:
            out[cite] = None
            continue
        if first in inventory and last in inventory:
            run = list(inventory[inventory.index(first) : inventory.index(last) + 1])
        else:
            head, _, low = first.rpartition(".")
            tail, _, high = last.rpartition(".")
            counted = (
                head == tail
                and low.isdecimal()
                and high.isdecimal()
                and int(high) - int(low) < 1000
            )
            run = (
                [f"{head}.{number}" for number in range(int(low), int(high) + 1)]
                if counted and not inventory
                else []
            )
        if not run:
            raise ValueError(cite)
        out.update(dict.fromkeys(run))
    return tuple(out)


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
        self.entry = entry
        self.forms = forms
        self.inventory = inventory
        self.place = place
        self.faults: list[Fault] = []
        self.facts: dict[str, Fact] = {}
        self.parameters: dict[str, Parameter] = {}
        self.kinds: dict[str, Kind] = {}
        self.registers: dict[str, Register] = {}
        self.offices: dict[str, Title] = {}
        self.options: dict[str, dict[str, Title]] = {}
        self._claimed: dict[str, Node] = {}

    def build(self) -> None:
        """Fill the tables; derived facts come after what they read."""
        self.offices = {n: title_of(entry, n) for n, entry in self.entry.offices.items()}
        with suppress(PluginError):  # told once, where the facts of forms are taken
            self.faults.extend(unknown_offices(self.entry, self.place, self.forms))
        self.options = {n: options_of(said) for n, said in self.entry.options.items()}
        self.faults.extend(misnamed(self.entry, frozenset(_SCALARS), self.place))
        self._parameters()
        self._columns_types()
        self._plain_facts()
        self._keywords()
        self._collisions()
        self._columns_expressions()
        self._derived_facts()

    def add(self, place: str, message: str, near: str = "", **values: object) -> None:
        """Note a fault."""
        self.faults.append(fault(place, message, near, **values))

    @contextmanager
    def told(self, place: str) -> Iterator[None]:
        """Note what goes wrong inside a plugin's form, and leave off what was begun."""
        try:
            yield
        except PluginError as error:
            self.faults.extend(one.under(place) for one in error.faults)

    def cites(self, said: Iterable[str], place: str) -> tuple[str, ...]:
        """Return the clauses that something cites, runs written out."""
        try:
            return expand(said, self.inventory)
        except ValueError as error:
            self.add(f"{place}.cites", "`{run}` is no run of clauses", run=error)
            return ()

    def scope(
        self, *, record: str | None = None, party: str | None = None, claimed: bool = False
    ) -> Scope:
        """Return the names open to an expression that stands at a record, at a party, or at
        neither.
        """
        return Scope(
            names=self._names(claimed=claimed),
            registers=self.register_slots(),
            kinds=self.kind_slots(),
            record=record,
            party=party,
            claimed=claimed,
        )

    def register_slots(self) -> dict[str, dict[str, Slot]]:
        """Return the fields of every register."""
        return {
            name: {f.id: slot(f) for f in register.fields.values()}
            for name, register in self.registers.items()
        }

    def kind_slots(self) -> dict[str, dict[str, Slot]]:
        """Return the fields of every kind of party."""
        return {
            name: {f.id: slot(f) for f in kind.fields.values()} for name, kind in self.kinds.items()
        }

    def _names(self, *, claimed: bool) -> dict[str, Node]:
        names: dict[str, Node] = {}
        for fact in self.facts.values():
            if claimed and fact.derived is not None:
                names[fact.id] = self._claimed[fact.id]
            else:
                names[fact.id] = Name(
                    type=fact.type,
                    kind="fact",
                    name=fact.id,
                    claimed=claimed,
                    nullable=claimed or fact.nullable,
                )
        for parameter in self.parameters.values():
            units = [value for _, value in parameter.values]
            kind = Number(parameter.scale, min(units), max(units))
            names[parameter.id] = Name(type=kind, kind="parameter", name=parameter.id)
        for moment in MOMENTS:
            names.setdefault(moment, Name(type=Date(), kind="moment", name=moment))
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

    def _columns_expressions(self) -> None:
        for name, register in list(self.registers.items()):
            written = self.entry.records[name].__pydantic_extra__ or {}
            fields = dict(register.fields)
            moments: dict[str, Node] = {
                word: Name(type=Date(), kind="moment", name=word) for word in MOMENTS
            }
            names = {
                **moments,
                **{
                    n: node
                    for n, node in self._names(claimed=False).items()
                    if n in self.parameters
                },
            }
            order, loop = _ordered(
                {
                    key: _mentioned(written[key].derived or "")
                    for key in fields
                    if written[key].derived is not None
                }
            )
            if loop:
                self.add(
                    self.place("records", name, loop[0]),
                    "derived fields go round in a circle: {loop}",
                    loop=" → ".join(loop),
                )
                continue
            for key in [*order, *(key for key in fields if written[key].default is not None)]:
                column = fields[key]
                text = written[key].derived if key in order else written[key].default
                kinds = {
                    n: {f.id: slot(f) for f in k.fields.values()} for n, k in self.kinds.items()
                }
                scope = Scope(
                    names=names,
                    registers={name: {f.id: slot(f) for f in fields.values()}},
                    kinds=kinds,
                    record=name,
                )
                node = self._column_node(
                    text or "", scope, column, derived=key in order, written=written[key]
                )
                if node is not None:
                    fields[key] = (
                        replace(column, derived=node, type=node.type)
                        if key in order
                        else replace(column, default=node)
                    )
            _, loop = _ordered({key: slot.reads for key, slot in fields.items()})
            if loop:
                self.add(
                    self.place("records", name, loop[0]),
                    "defaults of fields go round in a circle: {loop}",
                    loop=" → ".join(loop),
                )
                continue
            self.registers[name] = replace(register, fields=fields)

    def _column_node(
        self, text: str, scope: Scope, column: Field, *, derived: bool, written: FactEntry
    ) -> Node | None:
        place = f"{column.place}.{'is' if derived else 'default'}"
        try:
            node = parse(
                repr(text)
                if isinstance(column.type, Choice) and text in column.type.options
                else text,
                scope,
                place,
            )
        except ExpressionError as error:
            self.faults.extend(error.faults)
            return None
        if any(isinstance(part, Over) for part in walk(node)):
            self.add(
                place, "`{text}` looks at other records; a field looks at its own only", text=text
            )
            return None
        if derived:
            self._measured_in(node.type, written, column.place)
            if written.type is not None:
                self.add(place, "a derived field takes its type from its expression")
            if isinstance(node.type, (Text, Choice, PartyOf)):
                self.add(place, "`{text}` is neither a number, a date nor a condition", text=text)
                return None
            return node
        if isinstance(column.type, Choice) and isinstance(node.type, Text):
            return replace(node, type=column.type)
        numbers = isinstance(node.type, Number) and isinstance(column.type, Number)
        if not (numbers or type(node.type) is type(column.type)) or (
            isinstance(node.type, (PartyOf, Choice)) and not _within(node.type, column.type)
        ):
            self.add(place, "`{text}` is not of the field's own type", text=text)
            return None
        return node

    def _derived_facts(self) -> None:
        written = {
            name: entry.derived or ""
            for name, entry in self.entry.facts.items()
            if entry.derived is not None
        }
        order, loop = _ordered({name: _mentioned(text) for name, text in written.items()})
        if loop:
            self.add(
                self.place("facts", loop[0]),
                "derived facts go round in a circle: {loop}",
                loop=" → ".join(loop),
            )
            order = []
        for name in order:
            self._derived_fact(name, self.entry.facts[name])

    def _derived_fact(self, name: str, entry: FactEntry) -> None:
        place = self.place("facts", name)
        try:
            node = parse(entry.derived or "", self.scope(), f"{place}.is")
            claimed = parse(entry.derived or "", self.scope(claimed=True), f"{place}.is")
        except ExpressionError as error:
            self.faults.extend(error.faults)
            return
        kind: Type = RATE if isinstance(node.type, Survey) else node.type
        if isinstance(kind, (Text, Choice, PartyOf)):
            self.add(
                f"{place}.is",
                "`{text}` is neither a number, a date nor a condition",
                text=entry.derived,
            )
            return
        said = _SCALARS.get(str(entry.type))
        alike = isinstance(said, Number) and isinstance(kind, Number)
        if entry.type is not None and not (alike or type(said) is type(kind)):
            self.add(f"{place}.type", "`{type}` is not what its expression gives", type=entry.type)
        if entry.missing or entry.default is not None or entry.ordered:
            self.add(place, "a derived fact has neither missing, default nor order")
        if entry.decimals is not None and isinstance(kind, Number) and entry.decimals < kind.scale:
            ends = [rescale(end, kind.scale, entry.decimals) for end in (kind.low, kind.high)]
            kind = Number(entry.decimals, *ends)
            node = Call(type=kind, nullable=node.nullable, function="round", arguments=(node,))
            claimed = Call(
                type=kind, nullable=claimed.nullable, function="round", arguments=(claimed,)
            )
        low, high = (
            self._bound(kind, entry.min, f"{place}.min"),
            self._bound(kind, entry.max, f"{place}.max"),
        )
        if isinstance(low, str) or isinstance(high, str):
            self.add(place, "a derived fact is bounded by figures, not by other facts")
            low = high = None
        bounded: Type = kind
        if low is not None or high is not None:
            if not isinstance(kind, (Number, Date)):
                self.add(place, "only numbers and dates have min and max")
            else:
                bounded = self._within(
                    kind,
                    None if low is None else max(low, kind.low),
                    None if high is None else min(high, kind.high),
                    place,
                )
        self.facts[name] = Fact(
            id=name,
            title=title_of(entry.title, name),
            type=bounded,
            origin="derived",
            cites=self.cites(entry.cites, place),
            method=entry.method,
            notes=notes_of(entry.notes),
            better=entry.better,
            low=low,
            high=high,
            nullable=node.nullable,
            derived=node,
            responsible=entry.responsible,
            measured_in=self._measured_in(kind, entry, place),
            place=place,
        )
        self._claimed[name] = Name(
            type=bounded,
            kind="fact",
            name=name,
            claimed=True,
            nullable=claimed.nullable,
            inner=claimed,
        )


def slot(column: Field) -> Slot:
    """Return what an expression may know of a field."""
    derived = column.derived
    return Slot(column.type, derived.nullable if derived is not None else column.missing == "none")


def _within(kind: PartyOf | Choice, other: Type) -> bool:
    """Whether every value of a type is one of another, at the same place of its order."""
    if not isinstance(kind, Choice) or not isinstance(other, Choice) or kind.ordered:
        return kind == other
    return not other.ordered and set(kind.options) <= set(other.options)


def _mentioned(text: str) -> list[str]:
    return _WORD.findall(unicodedata.normalize("NFKC", text))


def _ordered(reads: Mapping[str, Iterable[str]]) -> tuple[list[str], list[str]]:
    """Return names so that each comes after those that it reads, and the circle where they go round
    in one.
    """
    order: list[str] = []
    open_: list[str] = []

    def visit(name: str) -> list[str]:
        if name in order:
            return []
        if name in open_ or len(open_) > 100:
            return [*open_[open_.index(name) if name in open_ else 0 :], name]
        open_.append(name)
        for word in reads[name]:
            loop = visit(word) if word in reads else []
            if loop:
                return loop
        open_.pop()
        order.append(name)
        return []

    return order, next((loop for name in reads if (loop := visit(name))), [])
