"""How each column of a clean table is read from the one that holds it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from steelyard.book.model import RuleBook
from steelyard.bulk.columns import FACTS, SUBJECT, Column, Table
from steelyard.bulk.intake.checks import (
    Checked,
    Say,
    Texts,
    Way,
    absent,
    as_read,
    checked,
    held,
)
from steelyard.bulk.intake.given import (
    AS_OF,
    POSITION,
    REGISTER,
    Raw,
    whole_column,
    whole_read,
)
from steelyard.bulk.intake.sources import FILE, ROW, quoted, text
from steelyard.bulk.intake.sums import Labelled
from steelyard.bulk.intake.texts import Asked, Held, Reader, read_texts
from steelyard.case.reading.parse_values import wrong
from steelyard.expression.types import Choice, Date

# No id holds it, so no two units that differ come to one text.
WITHIN = "\x1f"
"""What stands between the whole and the part in the one text that both are."""
_DAY = Column(AS_OF, "date", Date())
_NONE = ".none"


class Cleaned(NamedTuple):
    """A table with the count of its rows and how each column of its clean one is read, of facts the
    day as of which a unit is judged, and its columns of texts.
    """

    raw: Raw
    rows: int
    columns: dict[str, Checked]
    day: Checked
    texts: Labelled


def cleaned(engine: Asked, book: RuleBook, raw: Raw, say: Say) -> Cleaned:
    """Return how a table is read, once it is known what its texts say and which of the ways of
    being wrong any row is in: a statement stays short so.
    """
    columns = list(_columns(book, raw))
    worded = {
        column.name: _held(book, raw, column, given)
        for column, given in columns
        if held(raw.opened.columns[given])[0] == "text"
    }
    raw, texts = read_texts(engine, raw, worded, say)
    read = {
        column.name: as_read(column, worded[column.name].sql, texts[column.name])
        if column.name in worded
        else checked(column, raw.opened.columns[given], given)
        for column, given in columns
    }
    count, read = _looked_at(engine, raw, read)
    day = read.pop(AS_OF, absent(_DAY)) if raw.table.name == FACTS else absent(_DAY)
    whole = read.pop(whole_read(raw).name, None)
    found = {column.name: read.get(column.name) or absent(column) for column in raw.table.columns}
    unit = raw.table.key[0]
    if whole is not None:
        found[unit] = _within(engine, raw, found[unit], whole)
    if raw.table.register:
        # A record needs no id of its own; a party does.
        found["id"] = found["id"]._replace(value=f"COALESCE({found['id'].value}, {_place(raw)})")
    for name, one in texts.items():
        if one.none and f"{name}{_NONE}" in found:
            found[f"{name}{_NONE}"] = _none(found[f"{name}{_NONE}"], name, one)
    return Cleaned(raw, count, found, day, Labelled(raw, worded, texts))


def ever(engine: Asked, raw: Raw, conditions: Sequence[str]) -> list[bool]:
    """Return of each condition whether it holds of any row of a table."""
    return _looked(engine, raw, conditions)[1] if conditions else []


def _looked(engine: Asked, raw: Raw, conditions: Sequence[str]) -> tuple[int, list[bool]]:
    """Return how many rows a table has, and of each condition whether it holds of any."""
    said = ", ".join(["COUNT(*)", *(f"COALESCE(BOOL_OR({one}), FALSE)" for one in conditions)])
    where = f" WHERE {raw.where}" if raw.where else ""
    (found,) = engine.rows(f"SELECT {said} FROM {raw.opened.relation} AS raw{where}")  # noqa: S608
    return int(str(found[0])), [bool(one) for one in found[1:]]


def _columns(book: RuleBook, raw: Raw) -> Iterator[tuple[Column, str]]:
    """Yield the columns that are there, as they are wanted, each with the one that holds it."""
    for column in raw.table.columns:
        if column.name in raw.held_in:
            free = column.name == "id" and bool(raw.table.register)
            wanted = _choosing(book, raw.table, column)
            yield wanted._replace(required=column.required and not free), raw.held_in[column.name]
    if whole_column(raw):
        yield whole_read(raw), whole_column(raw)
    if raw.table.name == FACTS and AS_OF in raw.beside:
        yield _DAY, AS_OF


def _held(book: RuleBook, raw: Raw, column: Column, given: str) -> Held:
    name = f"raw.{quoted(given)}"
    if raw.opened.columns[given].upper() not in {"VARCHAR", "STRING"}:
        name = f"CAST({name} AS VARCHAR)"
    reader = Reader(book, raw.table, column, raw.opened.separator)
    return Held(name, reader, label=_is_label(raw, column))


def _is_label(raw: Raw, column: Column) -> bool:
    """Whether a column may hold the label of a row that adds up the others; an option may be called
    so.
    """
    if raw.table.register:
        return not isinstance(column.kind, Choice)
    return column.name in {SUBJECT, *raw.table.key, whole_read(raw).name, AS_OF} and not isinstance(
        column.kind, Choice
    )


def _choosing(book: RuleBook, table: Table, column: Column) -> Column:
    """Return a column with the ids that it may hold, where it names a rule or a register."""
    if table.kind or table.register or table.name == FACTS:
        return column
    options = {"rule": tuple(book.rules), REGISTER: tuple(book.registers)}.get(column.name)
    return column if options is None else column._replace(kind=Choice(options))


def _looked_at(
    engine: Asked, raw: Raw, read: Mapping[str, Checked]
) -> tuple[int, dict[str, Checked]]:
    """Return how many rows a table has, and how columns are read, with the ways alone in which any
    row is wrong.
    """
    count, answers = _looked(engine, raw, [way.when for one in read.values() for way in one.ways])
    found = iter(answers)
    return count, {
        name: one._replace(ways=tuple(way for way in one.ways if next(found)))
        for name, one in read.items()
    }


def _within(engine: Asked, raw: Raw, unit: Checked, whole: Checked) -> Checked:
    """Return how a unit is read that is known within a whole: both ids as one text."""
    ways = (*unit.ways, *whole.ways)
    if ever(engine, raw, [f"{whole.value} IS NOT NULL"]) == [False]:
        return Checked(unit.value, ways)
    both = f"{whole.value} || {text(WITHIN)} || {unit.value}"
    return Checked(f"COALESCE({both}, {unit.value})", ways)


def _none(own: Checked, name: str, texts: Texts) -> Checked:
    """Return how it is read that there is none where the value's own column may say so too."""
    why = wrong("says that there is none, and `{name}` that there is one", name=f"{name}{_NONE}")
    way = Way(f"{texts.none} AND NOT {own.value}", name, why)
    return Checked(f"CASE WHEN {texts.none} THEN TRUE ELSE {own.value} END", (*own.ways, way))


def _place(raw: Raw) -> str:
    """Return what a record without an id is called: its place in its list, or its row, with the
    file where there are several.
    """
    if POSITION in raw.opened.columns:
        return f"CAST(raw.{quoted(POSITION)} AS VARCHAR)"
    row = f"CAST(raw.{quoted(ROW)} AS VARCHAR)"
    return f"CONCAT(raw.{quoted(FILE)}, ':', {row})" if raw.opened.several else row
