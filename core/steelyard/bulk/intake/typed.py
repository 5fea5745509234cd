"""Rows as the book types them: each clean table as a relation over what came in, with the unit's
period, the day as of which it is judged, and where each row stands.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Mapping, Sequence
from copy import copy
from typing import NamedTuple, Protocol

from steelyard.book.model import RuleBook
from steelyard.bulk.columns import FACTS
from steelyard.bulk.intake.checks import Checked, Say, Sql, Way
from steelyard.bulk.intake.cleaned import WITHIN, cleaned, ever
from steelyard.bulk.intake.given import (
    AS_OF,
    PERIOD,
    UNIT_PERIOD,
    Named,
    Raw,
    Reader,
    asked_for,
)
from steelyard.bulk.intake.sources import FILE, ROW, quoted, text
from steelyard.bulk.intake.sums import adding_up
from steelyard.bulk.intake.texts import Asked
from steelyard.case.formats.quoted import meant
from steelyard.case.reading.parse_values import Wrong, plain, read_period, wrong
from steelyard.case.reading.totals import adds_up
from steelyard.errors import UsageError, fault

_MOST_PERIODS = 1000


class Database(Reader, Asked, Protocol):
    """An engine that runs statements written in DuckDB's dialect."""

    def view(self, name: str, query: str) -> None:
        """Let a name stand for a query."""


class Span(NamedTuple):
    """A period by name, with its first and last day."""

    name: str
    first: datetime.date
    last: datetime.date


class Rows:
    """The tables of a run, typed.

    `raw` are the tables as they came, `count` how many rows each has, `cleaned` how each column of
    a clean one is read, `adding_up` the ways in which a row adds up the others, and `odd` the
    columns that hold texts which are not plainly written; `spans` are the periods by the words that
    name them in any of the tables.
    """

    def __init__(self, engine: Database, book: RuleBook, named: Named, say: Say) -> None:
        """Open what is named and lay a view over each table.

        Raises UsageError where something cannot be read, or does not fit the book as a whole.
        """
        self.engine = engine
        self.book = book
        self.known = named.known
        raw = asked_for(engine, book, named)
        found = {name: cleaned(engine, book, one, say) for name, one in raw.items()}
        self.raw = {name: one.raw for name, one in found.items()}
        self.count = {name: one.rows for name, one in found.items()}
        self.cleaned = {name: one.columns for name, one in found.items()}
        self.odd = {
            name: {key for key, said in one.texts.texts.items() if said.why}
            for name, one in found.items()
        }
        self._day = found[FACTS].day
        self.adding_up = adding_up(engine, {name: one.texts for name, one in found.items()})
        self._said = _span(named.period) if named.period else None
        self.spans: dict[str, Span] = {}
        self._unclear: dict[str, Wrong] = {}
        self._sums: set[str] = set()
        self._blank: set[str] = set()
        self._of_units: set[Span] = set()
        self._read_periods()
        self._refuse_tables_of_no_period()

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
        word = _said(column)
        ways = " ".join(
            f"WHEN {word} = {text(said)} THEN {text(span.name)}"
            for said, span in self.spans.items()
        )
        return f"CASE WHEN {self._no_period(column)} THEN {alone} {ways} END"

    def of_period(self, raw: Raw) -> list[Way]:
        """Return the ways in which the period of a row is wrong."""
        column = self.period_column(raw)
        if not column:
            return []
        word, none = _said(column), self._no_period(column)
        ways = [Way(f"{word} = {text(said)}", PERIOD, why) for said, why in self._unclear.items()]
        told = ", ".join(map(text, (*self._unclear, *sorted(self._sums))))
        others = f" AND {word} NOT IN ({told})" if told else ""
        ways += [
            Way(
                f"NOT ({none}) AND ({self.period(raw)}) IS NULL{others}",
                PERIOD,
                wrong(
                    "`{text}` is not a period such as 2026, 2026H1, 2026Q3 or 2026-11",
                    text=Sql(f"raw.{quoted(column)}"),
                ),
            )
        ]
        if self._said is None:
            missing = wrong("is missing: 2026, 2026H1, 2026Q3 or 2026-11")
            ways.append(Way(none, PERIOD, missing))
        return ways

    def units(self) -> int:
        """Return how many units there are: rows of facts that do not add up others."""
        ways = [f"({way.when})" for way in self.adding_up[FACTS]]
        if not ways:
            return self.count[FACTS]
        relation = self.raw[FACTS].opened.relation
        ((sums,),) = self.engine.rows(
            f"SELECT COUNT(*) FROM {relation} AS raw WHERE {' OR '.join(ways)}"  # noqa: S608  # names of ours and of books, quoted
        )
        return self.count[FACTS] - int(str(sums))

    def day(self) -> Checked:
        """Return how the day as of which a unit is judged is read."""
        return self._day

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

    def _no_period(self, column: str) -> str:
        """Return whether a column names no period at all, as SQL."""
        said = _said(column)
        blank = f" OR {said} IN ({', '.join(map(text, sorted(self._blank)))})"
        return f"{said} IS NULL{blank if self._blank else ''}"

    def _words_of_period(self, raw: Raw) -> list[str | None]:
        word = _said(self.period_column(raw))
        found = self.engine.rows(
            f"SELECT DISTINCT {word} FROM {raw.opened.relation} AS raw LIMIT {_MOST_PERIODS + 1}"  # noqa: S608
        )
        if len(found) > _MOST_PERIODS:
            raise UsageError(
                [fault(raw.opened.place, "names more than {count} periods", count=_MOST_PERIODS)]
            )
        words = [None if said is None else str(said) for (said,) in sorted(found, key=str)]
        blank = {said for said in words if said is not None and not plain(meant(said))}
        self._blank |= blank
        return [None if said in blank else said for said in words]

    def _spans_of(self, words: Iterable[str | None]) -> set[Span]:
        """Keep the periods that words name by those words, and return them."""
        read = {said: read_period(meant(said)) for said in words if said is not None}
        found = {said: Span(*one) for said, one in read.items() if not isinstance(one, Wrong)}
        self.spans |= found
        self._sums |= {said for said in read if adds_up(meant(said))}
        self._unclear |= {
            said: one
            for said, one in read.items()
            if isinstance(one, Wrong) and "readings" in one.values
        }
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

    def ever(self, raw: Raw, conditions: Sequence[str]) -> list[bool]:
        """Return of each condition whether it holds of any row of a table."""
        return ever(self.engine, raw, conditions)

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


def unit_id(unit: str) -> str:
    """Return the id of a unit, without its whole, as SQL."""
    return f"SUBSTR({unit}, STRPOS({unit}, {text(WITHIN)}) + 1)"


def unit_whole(unit: str) -> str:
    """Return the id of the whole within which a unit is known as SQL, NULL for none."""
    at = f"STRPOS({unit}, {text(WITHIN)})"
    return f"CASE WHEN {at} > 0 THEN SUBSTR({unit}, 1, {at} - 1) END"


def unit_shown(unit: str) -> str:
    """Return a unit as it is shown, the whole before the part, as SQL."""
    return f"REPLACE({unit}, {text(WITHIN)}, '/')"


def _said(column: str) -> str:
    return f"CAST(raw.{quoted(column)} AS VARCHAR)"


def _span(said: str) -> Span:
    found = read_period(said)
    if isinstance(found, Wrong):
        raise UsageError([fault("--period", found.message, found.near, **found.values)])
    return Span(*found)
