"""The clean tables that a statement reads: which columns, of which type, in what order.

What comes in is checked before it gets here: every value lies in its declared range, every row
names a unit of the facts table, ids are unique within a unit. NULL is a value not given.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal, NamedTuple

from steelyard.book.model import Fact, Field, Register, RuleBook
from steelyard.book.rollup_fields import SECTION
from steelyard.expression.types import Boolean, Date, Number, Survey, Text, Type

FACTS = "facts"
WAIVERS = "waivers"
SUBJECT = "subject"
WHOLE = "part_of"
"""The unit's id in a register that has a field called `subject`: one that parts fill."""
WIDEST = 38
"""The most digits that a decimal holds."""
NARROW = 18
"""The most digits of a decimal that an engine keeps in 64 bits."""
_OURS = {FACTS: (WHOLE, "period", "as_of", "book"), "parties": (WHOLE, "period", "kind")}
"""The columns of ours beside those of a table that is handed in."""

Plain = Literal["text", "boolean", "integer", "decimal", "date"]


class Column(NamedTuple):
    """One column of a clean table.

    `kind` is the type that the book gives its values; `digits` and `scale` are of a decimal;
    `required` says that it is never NULL. `field` is the fact or field behind it, empty for ids.
    """

    name: str
    type: Plain
    kind: Type
    digits: int = 0
    scale: int = 0
    required: bool = False
    field: str = ""


@dataclass(frozen=True, slots=True)
class Table:
    """A clean table: its name, its columns in their order, and those that tell its rows apart.

    The first of `key` names the unit. `register` and `kind` say whose rows these are.
    """

    name: str
    columns: tuple[Column, ...]
    key: tuple[str, ...]
    register: str = ""
    kind: str = ""


def tables(book: RuleBook) -> Mapping[str, Table]:
    """Return the clean tables of a book by name: the facts, each register, each kind of party, and
    the waivers.
    """
    found = [_facts(book)]
    found += [_register(register) for register in book.registers.values()]
    for kind in book.kinds.values():
        columns = (
            _id(SUBJECT),
            _id("id"),
            *(_column(slot.id, slot.type, slot) for slot in kind.fields.values()),
        )
        found.append(Table(party_table(kind.id), columns, (SUBJECT, "id"), kind=kind.id))
    day = Column("until", "date", Date(), required=True)
    found.append(Table(WAIVERS, (_id(SUBJECT), _id("rule"), day), (SUBJECT, "rule")))
    return {table.name: table for table in found}


def alike_names(book: RuleBook) -> Iterator[tuple[str, str]]:
    """Yield the names that differ in case alone from one before them, or are those of our own
    columns, each after that one: most databases take the two for one.
    """
    found = tables(book)
    groups = [[*book.registers], [*book.kinds]]
    for table in found.values():
        ours = _OURS.get("parties" if table.kind else table.name, ())
        groups.append([*ours, *(column.name for column in table.columns)])
    for names in groups:
        seen: dict[str, str] = {}
        for name in names:
            if name.lower() in seen:
                yield seen[name.lower()], name
            else:
                seen[name.lower()] = name


def register_table(register: str) -> str:
    """Return the name of a register's clean table."""
    return f"register_{register}"


def party_table(kind: str) -> str:
    """Return the name of the clean table of a kind of party."""
    return f"parties_{kind}"


def complete_column(register: str) -> str:
    """Return the column of the facts table that says that no more records of a register exist."""
    return f"{register}.complete"


def unit_column(register: Register) -> str:
    """Return the column of a register's table that names the unit."""
    return WHOLE if SUBJECT in register.fields else SUBJECT


def is_ranged(register: Register, slot: Field) -> bool:
    """Whether a field stands in two columns, `.low` and `.high`, beside `.none`: what assessments
    of parts say of grades and of points per section.
    """
    if register.rolled is None or slot.missing != "none":
        return False
    return slot.id == "grade" or slot.id.startswith(SECTION)


def _facts(book: RuleBook) -> Table:
    columns = [_id(SUBJECT)]
    for fact in book.collected:
        columns.extend(_of_fact(fact))
    columns.extend(
        Column(complete_column(register), "boolean", Boolean(), field=register)
        for register in book.registers
    )
    return Table(FACTS, tuple(columns), (SUBJECT,))


def _of_fact(fact: Fact) -> Iterator[Column]:
    if isinstance(fact.type, Survey):
        for part in ("positive", "asked"):
            yield Column(f"{fact.id}.{part}", "integer", Number(0, 0, 10**9), 0, 0, field=fact.id)
    else:
        yield _plain(fact.id, fact.type, fact.id)
    if fact.nullable:
        yield Column(f"{fact.id}.none", "boolean", Boolean(), field=fact.id)


def _register(register: Register) -> Table:
    unit = unit_column(register)
    columns = [_id(unit), _id("id")]
    for slot in register.fields.values():
        if slot.derived is not None:
            continue
        if is_ranged(register, slot):
            columns += [_column(f"{slot.id}.{end}", slot.type, slot) for end in ("low", "high")]
            columns.append(Column(f"{slot.id}.none", "boolean", Boolean(), field=slot.id))
        else:
            columns.append(_column(slot.id, slot.type, slot))
    return Table(register_table(register.id), tuple(columns), (unit, "id"), register=register.id)


def _id(name: str) -> Column:
    return Column(name, "text", Text(), required=True)


def _column(name: str, kind: Type, slot: Field) -> Column:
    return _plain(name, kind, slot.id, required=slot.missing == "refused")


def _plain(name: str, kind: Type, field: str, *, required: bool = False) -> Column:
    match kind:
        case Boolean():
            return Column(name, "boolean", kind, required=required, field=field)
        case Date():
            return Column(name, "date", kind, required=required, field=field)
        case Number(scale=0):
            return Column(name, "integer", kind, required=required, field=field)
        case Number(scale=scale, low=low, high=high):
            digits = max(len(str(abs(low))), len(str(abs(high))), scale + 1)
            width = NARROW if digits <= NARROW else WIDEST
            return Column(name, "decimal", kind, width, scale, required, field)
    return Column(name, "text", kind, required=required, field=field)
