"""The fields of parties and of registers: typed first, and once all are known what is worked out or
stands by default.
"""

from __future__ import annotations

import keyword
from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Literal

from steelyard.book.model import UNDATED, Field, Kind, Register
from steelyard.book.reading.declared import Declared, notes_of
from steelyard.book.reading.in_order import WORD, mentioned, ordered, told
from steelyard.book.rollup_fields import misplaced, roll_up
from steelyard.errors import ExpressionError, nearest
from steelyard.expression.parse import Scope, Slot, parse
from steelyard.expression.tree import Node, Over, walk
from steelyard.expression.types import Boolean, Choice, Date, Number, PartyOf, Survey, Text, Type
from steelyard.forms.phrases import titled as title_of
from steelyard.messages import Title

if TYPE_CHECKING:
    from steelyard.book.document import Columns, FactEntry

RESERVED = frozenset({"id", "evidence", "by", "files", "fields", "rows", "complete"})
RESERVED_OF_PARTIES = frozenset({"kind", "name"})


class Fields:
    """Reads the kinds of party and the registers of one book; faults go to one list."""

    def __init__(self, said: Declared) -> None:
        """Take what reads what entries declare."""
        self.said = said
        self.entry = said.entry
        self.place = said.place
        self.add = said.add
        self.kinds: dict[str, Kind] = {}
        self.registers: dict[str, Register] = {}

    def register_slots(self) -> dict[str, dict[str, Slot]]:
        """Return the fields of every register."""
        return {name: slots(register.fields) for name, register in self.registers.items()}

    def kind_slots(self) -> dict[str, dict[str, Slot]]:
        """Return the fields of every kind of party."""
        return {name: slots(kind.fields) for name, kind in self.kinds.items()}

    def types(self) -> None:
        """Type the fields of kinds and registers."""
        for name, entry in self.entry.parties.items():
            self.kinds[name] = Kind(
                id=name,
                title=title_of(entry.title, name),
                fields=self._fields("parties", name, entry),
                notes=notes_of(entry.notes),
            )
        for name, entry in self.entry.records.items():
            fields = self._fields("records", name, entry)
            self.registers[name] = Register(
                id=name,
                title=title_of(entry.title, name),
                fields=fields,
                rolled=roll_up(entry, name, self.entry.parties),
                dated=self._dated(name, entry, fields),
                responsible=entry.responsible,
                cites=self.said.cites(entry.cites, self.place("records", name)),
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
            taken = key in RESERVED or (what == "parties" and key in RESERVED_OF_PARTIES)
            if taken or not WORD.fullmatch(key) or keyword.iskeyword(key):
                self.add(place, "`{name}` cannot name a field", name=key)
                continue
            kind: Type = Text()
            options: dict[str, Title] = {}
            if column.derived is None or column.type is not None:
                kind, options = self.said.type_of(column, place)
            if isinstance(kind, Survey):
                self.add(f"{place}.type", "a survey is a fact, not a field")
            missing = column.missing or "unknown"
            better = self._put_right(column, kind, what, place)
            if isinstance(kind, Boolean) and missing == "none":
                self.add(place, "a yes or no is never none; an empty cell is unknown")
            if what == "parties" and (column.derived is not None or column.default is not None):
                self.add(place, "a party's field has neither `is` nor `default`")
            kind = self.said.bounded(kind, column, place)
            fields[key] = Field(
                id=key,
                title=title_of(column.title, key),
                type=kind,
                missing=missing,
                cites=self.said.cites(column.cites, place),
                method=column.method,
                notes=notes_of(column.notes),
                better=better,
                options=options,
                named_options=self.said.named(column),
                responsible=column.responsible,
                measured_in=self.said.measured_in(
                    None if column.derived is not None else kind, column, place
                ),
                place=place,
            )
        self.said.faults.extend(misplaced(entry, what, partial(self.place, what, name)))
        return fields

    def expressions(self, names: Mapping[str, Node]) -> None:
        """Read what is worked out of a record, and what stands by default, once all fields are
        known; `names` are open to every record.
        """
        kinds = self.kind_slots()
        for name, register in list(self.registers.items()):
            written = self.entry.records[name].__pydantic_extra__ or {}
            fields = dict(register.fields)
            order, loop = ordered(
                {
                    key: mentioned(written[key].derived or "")
                    for key in fields
                    if written[key].derived is not None
                }
            )
            if loop:
                self.said.faults.append(
                    told(
                        self.place("records", name, loop[0]),
                        loop,
                        "derived fields go round in a circle: {loop}",
                    )
                )
                continue
            for key in [*order, *(key for key in fields if written[key].default is not None)]:
                column = fields[key]
                text = written[key].derived if key in order else written[key].default
                scope = Scope(
                    names=names, registers={name: slots(fields)}, kinds=kinds, record=name
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
            _, loop = ordered({key: slot.reads for key, slot in fields.items()})
            if loop:
                self.said.faults.append(
                    told(
                        self.place("records", name, loop[0]),
                        loop,
                        "defaults of fields go round in a circle: {loop}",
                    )
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
            self.said.faults.extend(error.faults)
            return None
        if any(isinstance(part, Over) for part in walk(node)):
            self.add(
                place, "`{text}` looks at other records; a field looks at its own only", text=text
            )
            return None
        if derived:
            self.said.measured_in(node.type, written, column.place)
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


def slot(column: Field) -> Slot:
    """Return what an expression may know of a field."""
    derived = column.derived
    return Slot(column.type, derived.nullable if derived is not None else column.missing == "none")


def _within(kind: PartyOf | Choice, other: Type) -> bool:
    """Whether every value of a type is one of another, at the same place of its order."""
    if not isinstance(kind, Choice) or not isinstance(other, Choice) or kind.ordered:
        return kind == other
    return not other.ordered and set(kind.options) <= set(other.options)


def slots(fields: Mapping[str, Field]) -> dict[str, Slot]:
    """Return what an expression may know of some fields."""
    return {one.id: slot(one) for one in fields.values()}
