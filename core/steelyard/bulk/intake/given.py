"""The tables of a run as they came: named by the user, matched with what the book asks for, and,
where a row holds a whole case, taken apart into flat ones.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple, Protocol

from steelyard.book.model import RuleBook
from steelyard.bulk.columns import (
    FACTS,
    SUBJECT,
    WAIVERS,
    WHOLE,
    Column,
    Table,
    complete_column,
    party_table,
    register_table,
    tables,
)
from steelyard.bulk.intake.checks import fitting, held, sql_type
from steelyard.bulk.intake.plainly import word
from steelyard.bulk.intake.sources import FILE, ROW, Opened, Source, quoted
from steelyard.errors import Fault, UsageError, fault, nearest
from steelyard.expression.types import Text
from steelyard.files import refuse_misnamed

AS_OF, BOOK, KIND, PERIOD = "as_of", "book", "kind", "period"
CASES, KNOWN, PARTIES = "cases", "registers_known", "parties"
REGISTER = "register"
POSITION = "steelyard_position"
"""The place of a record in its list, where a row holds a whole case."""
UNIT_PERIOD = "steelyard_period"
"""The unit's period in cases taken apart, whatever the fields of a record are called."""
UNIT_WHOLE = "steelyard_whole"
"""Likewise the whole within which the unit is known."""
WHOLE_OF_WHOLE = f"{WHOLE}.{WHOLE}"
"""The column of that in a table in which `part_of` is a column of its own."""
_WAIVED = ("authority", "reason")
_IN_CASE = "subject.part_of"
_CASE = {
    "subject.id": SUBJECT,
    _IN_CASE: UNIT_WHOLE,
    PERIOD: PERIOD,
    AS_OF: AS_OF,
    BOOK: BOOK,
}
_BESIDE = ("subject.name",)
_WHOLE = Column(WHOLE, "text", Text())


class Named(NamedTuple):
    """What a user names: the facts and what goes with them, or whole cases; `known` are registers
    that are complete for every unit, `period` is that of rows that do not say theirs.
    """

    facts: str = ""
    registers: tuple[tuple[str, str], ...] = ()
    parties: str = ""
    waivers: str = ""
    registers_known: str = ""
    cases: str = ""
    known: tuple[str, ...] = ()
    period: str = ""


class Reader(Protocol):
    """An engine that opens sources as relations."""

    def opened(self, source: Source) -> Opened:
        """Return a source as a relation; raises UsageError where it cannot be one."""

    def columns(self, relation: str) -> dict[str, str]:
        """Return the columns of a relation with the engine's types."""

    def unrolled(self, relation: str, kept: Sequence[str], column: str) -> str:
        """Return a relation with a row for each record in a list: the columns kept, the record's
        fields, and POSITION.
        """


class Raw(NamedTuple):
    """A clean table to be, and where its rows come from: the column that holds each of its own, the
    columns that are there beside them, and a condition on rows (empty for all).
    """

    table: Table
    opened: Opened
    held_in: Mapping[str, str]
    beside: frozenset[str] = frozenset()
    where: str = ""


def asked_for(reader: Reader, book: RuleBook, named: Named) -> dict[str, Raw]:
    """Return the clean tables to be, and under `registers_known` the one that says which registers
    are complete.

    Raises UsageError with every table that is not there, every column that the book does not know
    or whose type can hold no value of its own, and every column that must be there and is not.
    """
    _refuse_unknown(book, named)
    opened: dict[str, Opened] = {}
    faults: list[Fault] = []
    for source in sources(named):
        try:
            refuse_misnamed(Path(source.path))
            opened[source.name] = reader.opened(source)
        except UsageError as error:
            faults.extend(error.faults)
    if faults:
        raise UsageError(faults)
    wanted = tables(book)
    raw: dict[str, Raw] = {}
    if CASES in opened:
        raw = _taken_apart(reader, book, wanted, opened.pop(CASES), faults)
    if PARTIES in opened:
        raw |= _by_kind(book, wanted, opened.pop(PARTIES), faults)
    for name, one in opened.items():
        table = _KNOWN_TABLE if name == KNOWN else wanted[name]
        raw[name] = _matched(table, one, (PERIOD, _whole_in(table), *_beside(name)), faults)
    for found in raw.values():
        faults.extend(_unfit(found))
    if faults:
        raise UsageError({one.text(): one for one in faults}.values())
    return raw


_KNOWN_TABLE = Table(
    KNOWN,
    (
        Column(SUBJECT, "text", Text(), required=True),
        Column(REGISTER, "text", Text(), required=True),
    ),
    (SUBJECT, REGISTER),
)


def whole_column(raw: Raw) -> str:
    """Return the column that names the whole within which the unit is known, empty for none."""
    return next((one for one in (UNIT_WHOLE, WHOLE_OF_WHOLE, WHOLE) if one in raw.beside), "")


def whole_read(raw: Raw) -> Column:
    """Return that column as it is checked."""
    return _WHOLE._replace(name=_whole_in(raw.table))


def _whole_in(table: Table) -> str:
    """Return what the column is called in a flat table."""
    return WHOLE_OF_WHOLE if any(one.name == WHOLE for one in table.columns) else WHOLE


def _beside(name: str) -> tuple[str, ...]:
    return (AS_OF,) if name == FACTS else _WAIVED if name == WAIVERS else ()


def _refuse_unknown(book: RuleBook, named: Named) -> None:
    if bool(named.facts) == bool(named.cases):
        raise UsageError([fault("bulk", "either --facts or --cases is wanted")])
    said = [("--register", name) for name, _ in named.registers]
    said += [("--known", name) for name in named.known]
    faults = [
        fault(option, "unknown register `{name}`", nearest(name, book.registers), name=name)
        for option, name in said
        if name not in book.registers
    ]
    names = [name for name, _ in named.registers]
    faults += [
        fault("--register", "`{name}` stands twice", name=name)
        for name in dict.fromkeys(names)
        if names.count(name) > 1
    ]
    if named.cases:
        others = {
            "--register": bool(named.registers),
            "--parties": named.parties,
            "--registers-known": named.registers_known,
        }
        faults += [
            fault(option, "stands in the cases themselves, which --cases names")
            for option, said_ in others.items()
            if said_
        ]
    if faults:
        raise UsageError(faults)


def sources(named: Named) -> Iterator[Source]:
    """Yield what a user names, each with the option that names it."""
    singles = {
        FACTS: ("--facts", named.facts),
        CASES: ("--cases", named.cases),
        PARTIES: ("--parties", named.parties),
        WAIVERS: ("--waivers", named.waivers),
        KNOWN: ("--registers-known", named.registers_known),
    }
    for name, (option, path) in singles.items():
        if path:
            yield Source(name, option, path)
    for register, path in named.registers:
        yield Source(register_table(register), f"--register {register}", path)


def _matched(
    table: Table, opened: Opened, beside: tuple[str, ...], faults: list[Fault], where: str = ""
) -> Raw:
    """Match the columns of a table with those of its clean one; what is missing or unknown is a
    fault.
    """
    held_in: dict[str, str] = {}
    for column in table.columns:
        if table.name == FACTS and column.name == complete_column(column.field):
            if column.name in opened.columns and BOOK in opened.columns:
                held_in[column.name] = column.name
            continue
        # What a roll-up says exactly may stand in one column for both ends.
        exact = column.name.removesuffix(".low").removesuffix(".high")
        found = next((one for one in (column.name, exact) if one in opened.columns), None)
        if found is not None:
            held_in[column.name] = found
        elif column.required and column.name != "id":
            faults.append(fault(opened.place, "has no column `{name}`", name=column.name))
    own = {column.name for column in table.columns}
    fields = {*own, *held_in.values()}
    known = [*(name for name in own if not name.endswith(".complete")), *beside]
    faults.extend(
        fault(opened.place, "unknown column `{name}`", nearest(name, known), name=name)
        for name in opened.columns
        if name not in fields and name not in beside and name not in {FILE, ROW, POSITION}
    )
    there = frozenset(name for name in beside if name in opened.columns and name not in own)
    return Raw(table, opened, held_in, there, where)


def _by_kind(
    book: RuleBook, wanted: Mapping[str, Table], opened: Opened, faults: list[Fault]
) -> dict[str, Raw]:
    """Match one table of parties with the clean one of each kind."""
    fields = {name for kind in book.kinds.values() for name in kind.fields}
    if KIND not in opened.columns:
        faults.append(fault(opened.place, "has no column `{name}`", name=KIND))
        return {}
    found = {}
    for kind in book.kinds.values():
        table = wanted[party_table(kind.id)]
        others = tuple(sorted(fields - set(kind.fields)))
        where = f"{word(KIND)} = '{kind.id}'"
        beside = (PERIOD, _whole_in(table), KIND, *others)
        found[table.name] = _matched(table, opened, beside, faults, where)
    if not book.kinds:
        faults.append(fault("--parties", "the book knows no kinds of party"))
    return found


def _taken_apart(
    reader: Reader,
    book: RuleBook,
    wanted: Mapping[str, Table],
    cases: Opened,
    faults: list[Fault],
) -> dict[str, Raw]:
    """Return cases, one a row, as flat tables."""
    lists = {f"parties.{kind}": party_table(kind) for kind in book.kinds}
    lists |= {register: register_table(register) for register in book.registers}
    plain = [name for name in cases.columns if name not in {*lists, *_CASE, *_BESIDE}]
    for name in ("subject.id", BOOK):
        if name not in cases.columns:
            faults.append(fault(cases.place, "has no column `{name}`", name=name))
            return {}
    head = [
        f"{quoted(name)} AS {quoted(to)}" for name, to in _CASE.items() if name in cases.columns
    ]
    columns = [*head, *map(quoted, [*plain, FILE, ROW])]
    relation = f"(SELECT {', '.join(columns)} FROM {cases.relation})"  # noqa: S608  # quoted names
    shapes = {to: cases.columns[name] for name, to in _CASE.items() if name in cases.columns}
    shapes |= {name: cases.columns[name] for name in plain}
    facts = Opened(relation, shapes, cases.place, cases.several)
    raw = {FACTS: _matched(wanted[FACTS], facts, (PERIOD, UNIT_WHOLE, AS_OF, BOOK), faults)}
    for name, table in lists.items():
        if name not in cases.columns:
            continue
        place = f"{cases.place}: {name}"
        if not cases.columns[name].startswith("STRUCT(") or not cases.columns[name].endswith("[]"):
            faults.append(fault(place, "a list of records is wanted"))
            continue
        unit = wanted[table].key[0]
        kept = [f"{quoted('subject.id')} AS {quoted(unit)}", quoted(FILE), quoted(ROW)]
        if PERIOD in cases.columns:
            kept.append(f"{quoted(PERIOD)} AS {quoted(UNIT_PERIOD)}")
        if _IN_CASE in cases.columns:
            kept.append(f"{quoted(_IN_CASE)} AS {quoted(UNIT_WHOLE)}")
        rows = reader.unrolled(cases.relation, kept, name)
        shape = reader.columns(rows)
        beside = (UNIT_PERIOD, UNIT_WHOLE)
        opened = Opened(rows, shape, place, cases.several)
        raw[table] = _matched(wanted[table], opened, beside, faults)
    return raw


def _unfit(raw: Raw) -> Iterator[Fault]:
    """Yield the columns whose type can hold no value of what the book wants."""
    columns = {column.name: column for column in raw.table.columns}
    whole = whole_read(raw)
    columns[whole.name] = whole
    given_in = dict(raw.held_in)
    if whole_column(raw):
        given_in[whole.name] = whole_column(raw)
    for name, given in given_in.items():
        kind = raw.opened.columns[given]
        if not fitting(columns[name], held(kind)[0]):
            yield fault(
                raw.opened.place,
                "the column `{name}` is {kind}, and {wanted} is wanted",
                name=given,
                kind=kind,
                wanted=sql_type(columns[name]),
            )
