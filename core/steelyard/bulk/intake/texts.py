"""What people type in columns of texts, read by the readers of a case, each text once: so a table
says what the same words say in a case.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple, Protocol

from steelyard.book.model import Fact, Field, RuleBook
from steelyard.bulk.columns import FACTS, WAIVERS, Column, Table
from steelyard.bulk.intake.checks import Say, Texts
from steelyard.bulk.intake.given import Raw
from steelyard.bulk.intake.plainly import Plain, plain
from steelyard.bulk.intake.sources import quoted, text
from steelyard.case.formats.grid import cell
from steelyard.case.formats.quoted import MISSING, for_want, meant
from steelyard.case.reading.facts import fact_said
from steelyard.case.reading.fields import field_said
from steelyard.case.reading.parse_values import (
    Value,
    Wrong,
    read_date,
    read_number,
    read_value,
    text_of,
    wrong,
)
from steelyard.case.reading.read_context import Desk, Said
from steelyard.case.reading.totals import adds_up
from steelyard.case.reading.written import Separator, Written
from steelyard.errors import Fault, nearest
from steelyard.expression.types import Date, Number, PartyOf, Text

_READ, _NONE, _WHY = "steelyard_read", "steelyard_none", "steelyard_why"


class Asked(Protocol):
    """An engine that is asked for texts and told what they say."""

    def rows(self, query: str) -> list[tuple[object, ...]]:
        """Return what a query gives."""

    def keep(self, name: str, query: str) -> None:
        """Let a name stand for what a query gives now."""

    def hold(self, name: str, columns: Mapping[str, Sequence[str | None]]) -> None:
        """Let a name stand for columns of texts."""


class Entry(NamedTuple):
    """What one text says: a value as canonical text, that there is none, why it says nothing that
    can be taken, or that its row adds up the others; all empty where it says that nothing is known.
    """

    value: str | None = None
    none: bool = False
    why: Wrong | None = None
    total: bool = False


class Held(NamedTuple):
    """A column of texts: the text as SQL, the reader of it, and whether it may mark a row that adds
    up the others.
    """

    sql: str
    reader: Reader
    label: bool


class Reader:
    """The reader of a case for one column of a table."""

    def __init__(self, book: RuleBook, table: Table, column: Column, separator: Separator) -> None:
        """Take the column, and what parts the columns of its file, empty for none."""
        self.column = column
        self.slot = _slot(book, table, column)
        counted = book.facts.get(column.field) if table.name == FACTS else self.slot
        self.counts = None if counted is None else counted.measured_in
        self.names = isinstance(column.kind, PartyOf) or not column.field
        self._rules = book.rules if table.name == WAIVERS and column.name == "rule" else None
        # Whether a column of its own says that there is none.
        self._apart = f"{column.field}.none" in {one.name for one in table.columns}
        self._written = Written(separator)
        self._desk = Desk(book, "", typed=True)

    def plain(self, name: str) -> Plain:
        """Return which texts of a column of that name are plainly written."""
        options = {} if self.slot is None else self.slot.options
        return plain(
            name,
            self.column,
            self.counts,
            options,
            lambda word: self.read(word).value,
            grouped=self._written.separator != "\t",
        )

    def read(self, said: str, *, label: bool = False) -> Entry:
        """Return what a text says; of a `label`, also that its row adds up the others."""
        word, desk = meant(said), self._desk
        if label and adds_up(word, named=self.names):
            return Entry(total=True)
        if word in MISSING:
            gone = for_want("", word)
            return Entry(why=Wrong(gone.message, gone.values))
        desk.faults.clear()
        typed = desk.text(cell(word, "", self._written), "")
        kind = self.column.kind
        if typed is not None and isinstance(kind, Text) and not self.column.field:
            typed = desk.identity(typed, "") or None
        if desk.faults:
            first = desk.faults[0]
            return Entry(why=Wrong(first.message, first.values, first.near))
        if typed is None:
            return Entry()
        return self._entry(typed, self._said(typed))

    def _said(self, word: str) -> Said:
        if self._rules is not None:
            if word in self._rules:
                return Value(word, word, word)
            return wrong("unknown rule `{id}`", nearest(word, self._rules), id=word)
        if isinstance(self.slot, Fact):
            return self._desk.once_read(word, self.slot, fact_said)
        if isinstance(self.slot, Field):
            return self._desk.once_read(word, self.slot, field_said)
        kind = self.column.kind
        if isinstance(kind, Date | Number):
            # A day of the case, or one of the two counts of a survey: neither is ever a range.
            read = (
                read_date(word) if isinstance(kind, Date) else read_number(word, kind, self.counts)
            )
            return read if isinstance(read, Wrong) else Value(read, read, text_of(read, kind))
        return read_value(word, kind, {}, self.counts)

    def _entry(self, word: str, said: Said) -> Entry:
        """Return what was read as a column holds it."""
        column = self.column
        if isinstance(said, Wrong):
            return Entry(why=said)
        if said in ("none", "unknown"):
            return self._absent(word, said)
        if isinstance(said, str):
            return Entry(said)
        if not isinstance(said, Value):
            raise TypeError(column.name)
        if said.low != said.high:
            return Entry(
                why=wrong("`{text}` is a range, and a column holds one value a row", text=word)
            )
        # A percentage in doubt is kept with its sign, which a column of figures has no place for.
        if isinstance(column.kind, Number | Date):
            return Entry(text_of(int(said.low), column.kind))
        return Entry(said.text)

    def _absent(self, word: str, said: Said) -> Entry:
        """Return what an empty cell of the column would say too, or why it would not."""
        slot, none = self.slot, said == "none"
        if none and self._apart:
            return Entry(none=True)
        if not isinstance(slot, Field):
            return Entry()
        if slot.default is not None:
            message = "`{text}` has no place here, where an empty cell stands for the default"
            return Entry(why=wrong(message, text=word))
        if none != (slot.missing == "none"):
            message = "`{text}` has no place here, where an empty cell says that there is none"
            return Entry(why=wrong(message, text=word))
        return Entry()


def _slot(book: RuleBook, table: Table, column: Column) -> Fact | Field | None:
    """Return the fact or field whose value a column holds; None where it holds anything else."""
    name = column.name.removesuffix(".low").removesuffix(".high")
    if not column.field or name != column.field:
        return None
    if table.register:
        return book.registers[table.register].fields[column.field]
    if table.kind:
        return book.kinds[table.kind].fields[column.field]
    return book.facts.get(column.field)


def read_texts(
    engine: Asked, raw: Raw, columns: Mapping[str, Held], say: Say
) -> tuple[Raw, dict[str, Texts]]:
    """Return a table of which the columns of texts are read, and how each says its values, by the
    names of the clean `columns`.

    A table of which every text is plainly written stays as it is; else it is kept anew, with what
    the others say beside them.
    """
    plainly = {name: one.reader.plain(one.sql) for name, one in columns.items()}
    odd = _odd(engine, raw, columns, plainly)
    texts = {
        name: Texts(one.value)
        if name not in odd
        else Texts(*(f"raw.{quoted(f'{part}.{name}')}" for part in (_READ, _NONE, _WHY)))
        for name, one in plainly.items()
    }
    if not odd:
        return raw, texts
    words = f"steelyard_words_{raw.table.name}"
    engine.hold(words, _held(_distinct(engine, raw, columns, plainly, odd), columns, say))
    said, joins = ["raw.*"], ""
    for place, name in enumerate(odd):
        one, of = plainly[name], f"words_{place}"
        read = f"CASE WHEN {one.when} THEN {one.value} ELSE {of}.value END"
        parts = {_READ: read, _NONE: f"{of}.gone = 'gone'", _WHY: f"{of}.why"}
        said += [f"{sql} AS {quoted(f'{part}.{name}')}" for part, sql in parts.items()]
        joins += (
            f" LEFT JOIN {words} AS {of} ON {of}.name = {text(name)} "
            f"AND {of}.word = {columns[name].sql}"
        )
    typed = f"steelyard_typed_{raw.table.name}"
    engine.keep(typed, f"SELECT {', '.join(said)} FROM {raw.opened.relation} AS raw{joins}")  # noqa: S608
    return raw._replace(opened=raw.opened._replace(relation=typed)), texts


def _odd(
    engine: Asked, raw: Raw, columns: Mapping[str, Held], plainly: Mapping[str, Plain]
) -> list[str]:
    """Return the columns that hold a text which is not plainly written."""
    if not columns:
        return []
    said = ", ".join(
        f"COALESCE(BOOL_OR({_oddly(one.sql, plainly[name])}), FALSE)"
        for name, one in columns.items()
    )
    where = f" WHERE {raw.where}" if raw.where else ""
    (found,) = engine.rows(f"SELECT {said} FROM {raw.opened.relation} AS raw{where}")  # noqa: S608
    return [name for name, ever in zip(columns, found, strict=True) if ever]


def _oddly(sql: str, plainly: Plain) -> str:
    return f"{sql} IS NOT NULL AND NOT {plainly.when}"


def _distinct(
    engine: Asked,
    raw: Raw,
    columns: Mapping[str, Held],
    plainly: Mapping[str, Plain],
    odd: Sequence[str],
) -> Iterator[tuple[str, str]]:
    """Yield the texts of columns that are not plainly written, each with the name of its column."""
    where = f"({raw.where}) AND " if raw.where else ""
    query = " UNION ALL ".join(
        f"SELECT DISTINCT {text(name)} AS name, {columns[name].sql} AS word "  # noqa: S608
        f"FROM {raw.opened.relation} AS raw "
        f"WHERE {where}{_oddly(columns[name].sql, plainly[name])}"
        for name in odd
    )
    for name, word in engine.rows(query):
        yield str(name), str(word)


def _held(
    words: Iterator[tuple[str, str]], columns: Mapping[str, Held], say: Say
) -> dict[str, list[str | None]]:
    """Return texts with what they say, as columns."""
    held: dict[str, list[str | None]] = {
        one: [] for one in ("name", "word", "value", "gone", "why")
    }
    for name, word in words:
        one = columns[name]
        entry = one.reader.read(word, label=one.label)
        why = entry.why and Fault("", entry.why.message, entry.why.values, entry.why.near).text(say)
        # What adds up others is told of its row, and not of this column.
        said = (name, word, entry.value, "gone" if entry.none else None, "" if entry.total else why)
        for key, part in zip(held, said, strict=True):
            held[key].append(part)
    return held
