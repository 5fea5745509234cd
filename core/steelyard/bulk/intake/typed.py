"""Rows as the book types them: each clean table as a relation over what came in, with the unit's
period, the day as of which it is judged, and where each row stands.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Iterator, Mapping, Sequence
from copy import copy
from typing import NamedTuple, Protocol

from steelyard.book.model import RuleBook
from steelyard.bulk.columns import FACTS, SUBJECT, Column, Table
from steelyard.bulk.intake.checks import Checked, Sql, Way, absent, checked
from steelyard.bulk.intake.given import (
    AS_OF,
    PERIOD,
    POSITION,
    REGISTER,
    UNIT_PERIOD,
    Named,
    Raw,
    Reader,
    asked_for,
    whole_column,
    whole_read,
)
from steelyard.bulk.intake.sources import FILE, ROW, quoted, text
from steelyard.case.reading.parse_values import Wrong, read_period, wrong
from steelyard.case.reading.totals import LONGEST, SUMS, adds_up, sum_told
from steelyard.errors import UsageError, fault
from steelyard.expression.types import Choice, Date
from steelyard.messages import Title

_MOST_PERIODS = 1000
_DAY = Column(AS_OF, "date", Date())
# No id holds it, so no two units that differ come to one text.
_WITHIN = "\x1f"


class Database(Reader, Protocol):
    """An engine that runs statements written in DuckDB's dialect."""

    def rows(self, query: str) -> list[tuple[object, ...]]:
        """Return what a query gives."""

    def view(self, name: str, query: str) -> None:
        """Let a name stand for a query."""

    def keep(self, name: str, query: str) -> None:
        """Let a name stand for what a query gives now."""


class Span(NamedTuple):
    """A period by name, with its first and last day."""

    name: str
    first: datetime.date
    last: datetime.date


class Rows:
    """The tables of a run, typed.

    `raw` are the tables as they came, `count` how many rows each has, `cleaned` how each column of
    a clean one is read, `spans` the periods by the words that name them in any of the tables.
    """

    def __init__(self, engine: Database, book: RuleBook, named: Named) -> None:
        """Open what is named and lay a view over each table.

        Raises UsageError where something cannot be read, or does not fit the book as a whole.
        """
        self.engine = engine
        self.book = book
        self.known = named.known
        self.raw = asked_for(engine, book, named)
        self.count: dict[str, int] = {}
        self.cleaned = {
            name: self._looked_at(name, one, self._cleaned(one)) for name, one in self.raw.items()
        }
        self._said = _span(named.period) if named.period else None
        self.spans: dict[str, Span] = {}
        self._of_units: set[Span] = set()
        self._read_periods()
        self._refuse_tables_of_no_period()
        self._sums = self._read_sums()

    @property
    def several(self) -> bool:
        """Whether units of more than one period are weighed."""
        return len(self.spans_known) > 1

    @property
    def spans_known(self) -> list[Span]:
        """Every period of which there may be a unit."""
        return sorted({*self._of_units, *((self._said,) if self._said else ())})

    def dated(self, raw: Raw) -> bool:
        """Whether the rows of a table say of which period they are."""
        return bool(self.period_column(raw))

    def period_column(self, raw: Raw) -> str:
        """Return the column that names the unit's period, empty for none."""
        return next((one for one in (UNIT_PERIOD, PERIOD) if one in raw.beside), "")

    def period(self, raw: Raw) -> str:
        """Return the name of the unit's period as SQL, NULL where it is not said or is none."""
        column = self.period_column(raw)
        alone = "NULL"
        if self._said is not None:
            alone = text(self._said.name)
        elif not column and len(self.spans_known) == 1:
            alone = text(self.spans_known[0].name)
        if not column:
            return f"CAST({alone} AS VARCHAR)"
        word = f"NULLIF(TRIM(CAST(raw.{quoted(column)} AS VARCHAR)), '')"
        ways = " ".join(
            f"WHEN {word} = {text(said)} THEN {text(span.name)}"
            for said, span in self.spans.items()
        )
        return f"CASE WHEN {word} IS NULL THEN {alone} {ways} END"

    def of_period(self, raw: Raw) -> list[Way]:
        """Return the ways in which the period of a row is wrong."""
        column = self.period_column(raw)
        if not column:
            return []
        shown, word = (
            Sql(f"raw.{quoted(column)}"),
            f"NULLIF(TRIM(CAST(raw.{quoted(column)} AS VARCHAR)), '')",
        )
        ways = [
            Way(
                f"{word} IS NOT NULL AND ({self.period(raw)}) IS NULL",
                PERIOD,
                wrong(
                    "`{text}` is not a period such as 2026, 2026H1, 2026Q3 or 2026-11", text=shown
                ),
            )
        ]
        if self._said is None:
            missing = wrong("is missing: 2026, 2026H1, 2026Q3 or 2026-11")
            ways.append(Way(f"{word} IS NULL", PERIOD, missing))
        return ways

    def adding_up(self, name: str) -> Iterator[Way]:
        """Yield the ways in which the row of a table is one that adds up the others."""
        for key, column in _naming(self.raw[name]):
            sums = self._sums[name, key]
            if sums:
                shown = f"raw.{quoted(column)}"
                listed = ", ".join(map(text, sums))
                yield Way(f"CAST({shown} AS VARCHAR) IN ({listed})", key, sum_told(Sql(shown)))

    def _read_sums(self) -> dict[tuple[str, str], list[str]]:
        """Return of each column that names a row the words by which it adds up others."""
        places = [(name, *one) for name, raw in self.raw.items() for one in _naming(raw)]
        queries = []
        for place, (name, _, column) in enumerate(places):
            word = f"CAST(raw.{quoted(column)} AS VARCHAR)"
            perhaps = text(f"(?i){'|'.join(SUMS)}")
            queries.append(
                f"SELECT DISTINCT {place} AS place, {word} AS word "  # noqa: S608
                f"FROM {self.raw[name].opened.relation} AS raw "
                f"WHERE LENGTH({word}) <= {LONGEST} AND regexp_matches({word}, {perhaps})"
            )
        found: dict[tuple[str, str], list[str]] = {(name, key): [] for name, key, _ in places}
        for at, said in sorted(self.engine.rows(" UNION ALL ".join(queries)), key=str):
            if adds_up(str(said)):
                found[places[int(str(at))][:2]].append(str(said))
        return found

    def day(self) -> Checked:
        """Return how the day as of which a unit is judged is read."""
        raw = self.raw[FACTS]
        if AS_OF not in raw.beside:
            return Checked("CAST(NULL AS DATE)")
        return checked(_DAY, {}, raw.opened.columns[AS_OF])

    def as_of(self) -> str:
        """Return the day as of which a unit is judged as SQL: by default its period's last."""
        period = self.period(self.raw[FACTS])
        last = " ".join(
            f"WHEN {text(one.name)} THEN CAST({text(one.last.isoformat())} AS DATE)"
            for one in self.spans_known
        )
        return f"COALESCE({self.day().value}, CASE {period} {last} END)" if last else "NULL"

    def span(self, name: str) -> Span:
        """Return a period by its name."""
        return next(one for one in self.spans_known if one.name == name)

    def _read_periods(self) -> None:
        """Read the periods that the tables name; words that name none are found wrong row by row,
        and units are of those periods alone that the facts name.
        """
        facts = self.raw[FACTS]
        if self.dated(facts):
            words = self._words_of_period(facts)
            if None not in words:
                self._said = None
            self._of_units = self._spans_of(words)
        elif self._said is None:
            message = "is missing: 2026, 2026H1, 2026Q3 or 2026-11"
            raise UsageError([fault("--period", message)])
        for name, raw in self.raw.items():
            # What is taken out of cases bears the words of its case.
            if name != FACTS and self.period_column(raw) == PERIOD:
                self._spans_of(self._words_of_period(raw))

    def _words_of_period(self, raw: Raw) -> list[str | None]:
        word = f"NULLIF(TRIM(CAST(raw.{quoted(self.period_column(raw))} AS VARCHAR)), '')"
        found = self.engine.rows(
            f"SELECT DISTINCT {word} FROM {raw.opened.relation} AS raw LIMIT {_MOST_PERIODS + 1}"  # noqa: S608
        )
        if len(found) > _MOST_PERIODS:
            raise UsageError(
                [fault(raw.opened.place, "names more than {count} periods", count=_MOST_PERIODS)]
            )
        return [None if said is None else str(said) for (said,) in sorted(found, key=str)]

    def _spans_of(self, words: Iterable[str | None]) -> set[Span]:
        """Keep the periods that words name by those words, and return them."""
        read = {said: read_period(said) for said in words if said is not None}
        found = {said: Span(*one) for said, one in read.items() if not isinstance(one, Wrong)}
        self.spans |= found
        return set(found.values())

    def _refuse_tables_of_no_period(self) -> None:
        if not self.several:
            return
        faults = [
            fault(
                one.opened.place,
                "has no column `period`, and the units are of several: {periods}",
                periods=tuple(span.name for span in self.spans_known),
            )
            for one in self.raw.values()
            if not self.dated(one)
        ]
        if faults:
            raise UsageError({one.text(): one for one in faults}.values())

    def _cleaned(self, raw: Raw) -> dict[str, Checked]:
        """Return how each column of a clean table is read."""
        found: dict[str, Checked] = {}
        for column in raw.table.columns:
            given = raw.held_in.get(column.name)
            # A record needs no id of its own; a party does.
            free = column.name == "id" and bool(raw.table.register)
            if given is None:
                found[column.name] = Checked(_place(raw)) if free else absent(column)
                continue
            wanted = _choosing(self.book, raw.table, column)._replace(
                required=column.required and not free
            )
            titles = titles_of(self.book, raw.table, column)
            read = checked(wanted, titles, raw.opened.columns[given], given)
            if free:
                read = read._replace(value=f"COALESCE({read.value}, {_place(raw)})")
            if column.name == raw.table.key[0] and whole_column(raw):
                read = _within(raw, read)
            found[column.name] = read
        return found

    def some(self, name: str, columns: Iterable[str]) -> str:
        """Return some columns of a typed table as a relation, with the file, the row and the unit's
        period of each row; those of facts have their AS_OF besides.
        """
        raw, read = self.raw[name], self.cleaned[name]
        said = [f"{read[one].value} AS {quoted(one)}" for one in dict.fromkeys(columns)]
        said += [f"raw.{quoted(FILE)}", f"raw.{quoted(ROW)}"]
        said.append(f"{self.period(raw)} AS {quoted(UNIT_PERIOD)}")
        if name == FACTS:
            said.append(f"{self.as_of()} AS {quoted(AS_OF)}")
        where = f" WHERE {raw.where}" if raw.where else ""
        return f"(SELECT {', '.join(said)} FROM {raw.opened.relation} AS raw{where})"  # noqa: S608  # names of ours and of books, quoted

    def whole(self, name: str) -> str:
        """Return a typed table as a relation."""
        return self.some(name, self.cleaned[name])

    def unit(self, name: str) -> str:
        """Return the unit of a row of a table as it came, as SQL."""
        return self.cleaned[name][self.raw[name].table.key[0]].value

    def over(self, relations: Mapping[str, str]) -> Rows:
        """Return the same tables over some of their rows: a relation for each, with its columns."""
        other = copy(self)
        other.raw = {
            name: raw._replace(opened=raw.opened._replace(relation=relations[name]))
            for name, raw in self.raw.items()
        }
        return other

    def ever(self, raw: Raw, conditions: Sequence[str]) -> list[bool]:
        """Return of each condition whether it holds of any row of a table."""
        return self._looked(raw, conditions)[1] if conditions else []

    def _looked(self, raw: Raw, conditions: Sequence[str]) -> tuple[int, list[bool]]:
        """Return how many rows a table has, and of each condition whether it holds of any."""
        said = ", ".join(["COUNT(*)", *(f"COALESCE(BOOL_OR({one}), FALSE)" for one in conditions)])
        where = f" WHERE {raw.where}" if raw.where else ""
        (found,) = self.engine.rows(f"SELECT {said} FROM {raw.opened.relation} AS raw{where}")  # noqa: S608
        return int(str(found[0])), [bool(one) for one in found[1:]]

    def _looked_at(self, name: str, raw: Raw, read: dict[str, Checked]) -> dict[str, Checked]:
        """Return how columns are read, once it is known of which the rows need no more than to be
        taken as they are, and in which ways any is wrong: a statement stays short so.
        """
        ways = [way.when for one in read.values() for way in one.ways]
        inexact = [f"NOT ({one.exact})" for one in read.values() if one.exact]
        self.count[name], answers = self._looked(raw, [*ways, *inexact])
        found = iter(answers)
        wrong_ = {key: tuple(way for way in one.ways if next(found)) for key, one in read.items()}
        out = {}
        for key, one in read.items():
            as_given = bool(one.exact) and not next(found)
            out[key] = Checked(one.given if as_given else one.value, wrong_[key])
        return out


def _naming(raw: Raw) -> list[tuple[str, str]]:
    """Return the columns that name a row of a table, each with the one that holds it."""
    keys = dict.fromkeys((SUBJECT, *raw.table.key))
    return [(key, raw.held_in[key]) for key in keys if key in raw.held_in]


def _within(raw: Raw, unit: Checked) -> Checked:
    """Return how a unit is read that is known within a whole: both ids as one text."""
    given = whole_column(raw)
    whole = checked(whole_read(raw), {}, raw.opened.columns[given], given)
    alone = f"raw.{quoted(given)} IS NULL"
    return Checked(
        f"COALESCE({whole.value} || {text(_WITHIN)} || {unit.value}, {unit.value})",
        (*unit.ways, *whole.ways),
        unit.given or unit.value,
        f"{alone} AND {unit.exact}" if unit.exact else alone,
    )


def unit_id(unit: str) -> str:
    """Return the id of a unit, without its whole, as SQL."""
    return f"SUBSTR({unit}, STRPOS({unit}, {text(_WITHIN)}) + 1)"


def unit_whole(unit: str) -> str:
    """Return the id of the whole within which a unit is known as SQL, NULL for none."""
    at = f"STRPOS({unit}, {text(_WITHIN)})"
    return f"CASE WHEN {at} > 0 THEN SUBSTR({unit}, 1, {at} - 1) END"


def unit_shown(unit: str) -> str:
    """Return a unit as it is shown, the whole before the part, as SQL."""
    return f"REPLACE({unit}, {text(_WITHIN)}, '/')"


def titles_of(book: RuleBook, table: Table, column: Column) -> Mapping[str, Title]:
    """Return the titles of a column's options, by which they are known too."""
    if not column.field:
        return {}
    if table.register:
        return book.registers[table.register].fields[column.field].options
    if table.kind:
        return book.kinds[table.kind].fields[column.field].options
    return book.facts[column.field].options if column.field in book.facts else {}


def _choosing(book: RuleBook, table: Table, column: Column) -> Column:
    """Return a column with the ids that it may hold, where it names a rule or a register."""
    if table.kind or table.register or table.name == FACTS:
        return column
    options = {"rule": tuple(book.rules), REGISTER: tuple(book.registers)}.get(column.name)
    return column if options is None else column._replace(kind=Choice(options))


def _place(raw: Raw) -> str:
    """Return what a record without an id is called: its place in its list, or its row, with the
    file where there are several.
    """
    if POSITION in raw.opened.columns:
        return f"CAST(raw.{quoted(POSITION)} AS VARCHAR)"
    row = f"CAST(raw.{quoted(ROW)} AS VARCHAR)"
    return f"CONCAT(raw.{quoted(FILE)}, ':', {row})" if raw.opened.several else row


def _span(said: str) -> Span:
    found = read_period(said)
    if isinstance(found, Wrong):
        raise UsageError([fault("--period", found.message, found.near, **found.values)])
    return Span(*found)
