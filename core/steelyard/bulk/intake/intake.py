"""What comes in, parted: the units that can be weighed, laid out as clean tables for a statement,
and the rows that are rejected, with their reasons.
"""

from __future__ import annotations

import datetime
from typing import NamedTuple

from steelyard.book.model import RuleBook
from steelyard.bulk.columns import FACTS, SUBJECT, complete_column, tables
from steelyard.bulk.intake.checks import Say, Sql, Way, absent, told
from steelyard.bulk.intake.given import AS_OF, KNOWN, REGISTER, UNIT_PERIOD, Named, Raw
from steelyard.bulk.intake.rejection import NAMED, UNITS, faulty, parties
from steelyard.bulk.intake.sources import FILE, ROW, quoted, text
from steelyard.bulk.intake.typed import Database, Rows, Span
from steelyard.case.reading.parse_values import wrong

REJECTED = "steelyard_rejected"
"""Every rejected row: `register`, `file`, `row`, `unit`, `period`, `reason`."""
_FOUND, _REFUSED = "steelyard_found", "steelyard_refused"


class Run(NamedTuple):
    """Units that are weighed by one statement: those of a period, as of a day."""

    period: Span
    as_of: datetime.date
    units: int


class Intake:
    """The tables of one run: opened, checked, and laid out for a statement."""

    def __init__(self, engine: Database, book: RuleBook, named: Named, say: Say) -> None:
        """Open what is named and part it.

        Raises UsageError where it cannot be read or does not fit the book as a whole.
        """
        self.rows = Rows(engine, book, named, say)
        self._engine = engine
        self._book = book
        self.say = say
        engine.keep(
            UNITS,
            f"SELECT fine.{quoted(SUBJECT)} AS unit, fine.{quoted(UNIT_PERIOD)} AS period, "  # noqa: S608  # names of ours
            f"fine.{quoted(AS_OF)} AS as_of FROM {self.rows.some(FACTS, [SUBJECT])} AS fine "
            f"WHERE fine.{quoted(SUBJECT)} IS NOT NULL",
        )
        engine.keep(NAMED, parties(self.rows))
        engine.keep(_FOUND, " UNION ALL ".join(f"({one})" for one in faulty(self.rows, say)))
        self._part()

    def refuse(self, query: str) -> None:
        """Reject units that were found at fault later, by a query of (unit, period, reason)."""
        reasons = (
            f"SELECT 'facts' AS register, fine.{quoted(FILE)} AS file, fine.{quoted(ROW)} AS row, "  # noqa: S608
            "later.unit AS unit, later.period AS period, later.reason AS reason "
            f"FROM ({query}) AS later JOIN {self.rows.some(FACTS, [SUBJECT])} AS fine "
            f"ON fine.{quoted(SUBJECT)} = later.unit AND fine.{quoted(UNIT_PERIOD)} = later.period"
        )
        before = f"{_FOUND}_before"
        self._engine.keep(before, f"SELECT * FROM {_FOUND}")  # noqa: S608
        self._engine.keep(_FOUND, f"SELECT * FROM {before} UNION ALL {reasons}")  # noqa: S608
        self._part()

    def _part(self) -> None:
        """Tell apart who is not weighed, and why each row of theirs is not."""
        self._engine.keep(
            _REFUSED,
            # A row of which the period cannot be read may be of any period of its unit.
            "SELECT found.unit AS unit, COALESCE(found.period, units.period) AS period, "  # noqa: S608
            f"COUNT(*) AS rejected FROM {_FOUND} AS found LEFT JOIN {UNITS} AS units "
            "ON found.period IS NULL AND found.register <> 'facts' AND found.unit = units.unit "
            "WHERE found.unit IS NOT NULL GROUP BY 1, 2",
        )
        why = wrong(
            "is not weighed: rejected rows of this unit: {count}", count=Sql("refused.rejected")
        )
        withheld = (
            f"SELECT 'facts' AS register, fine.{quoted(FILE)} AS file, fine.{quoted(ROW)} AS row, "  # noqa: S608
            f"refused.unit AS unit, refused.period AS period, "
            f"{told(Way('', '', why), self.say)} AS reason "
            f"FROM {self.rows.some(FACTS, [SUBJECT])} AS fine JOIN {_REFUSED} AS refused "
            f"ON refused.unit = fine.{quoted(SUBJECT)} "
            f"AND refused.period = fine.{quoted(UNIT_PERIOD)} "
            "LEFT JOIN (SELECT DISTINCT found.file AS file, found.row AS row "
            f"FROM {_FOUND} AS found WHERE found.register = 'facts') AS own "
            f"ON own.file = fine.{quoted(FILE)} AND own.row = fine.{quoted(ROW)} "
            "WHERE own.row IS NULL"
        )
        self._engine.keep(REJECTED, f"SELECT * FROM {_FOUND} UNION ALL {withheld}")  # noqa: S608

    def counts(self) -> dict[str, int]:
        """Return how many units there are, how many of them are weighed, and how many rows are
        rejected.
        """
        rows = self._engine.rows
        facts = self.rows.raw[FACTS]
        sums = " OR ".join(f"({way.when})" for way in self.rows.adding_up[FACTS]) or "FALSE"
        units_ = f"SELECT COUNT(*) FROM {facts.opened.relation} AS raw"  # noqa: S608
        ((units,),) = rows(f"{units_} WHERE NOT COALESCE({sums}, FALSE)")
        ((rejected,),) = rows(
            f"SELECT COUNT(*) FROM (SELECT DISTINCT register, file, row FROM {REJECTED}) AS found"  # noqa: S608
        )
        weighed = sum(run.units for run in self.runs())
        return {"units": int(str(units)), "weighed": weighed, "rejected": int(str(rejected))}

    def runs(self) -> list[Run]:
        """Return the periods and days by which units are weighed, a statement each."""
        found = self._engine.rows(
            f"SELECT units.period, units.as_of, COUNT(*) FROM {UNITS} AS units "  # noqa: S608
            f"LEFT JOIN {_REFUSED} AS refused ON refused.unit = units.unit AND "
            "refused.period = units.period WHERE refused.unit IS NULL AND units.period IS NOT NULL "
            "GROUP BY units.period, units.as_of ORDER BY units.period, units.as_of"
        )
        return [
            Run(self.rows.span(str(period)), day, int(str(count)))
            for period, day, count in found
            if isinstance(day, datetime.date)
        ]

    def lay_out(self, run: Run) -> None:
        """Let the clean tables hold the units of a run and what belongs to them.

        Those of registers, parties and waivers may hold rows of others besides.
        """
        for name, table in tables(self._book).items():
            raw = self.rows.raw.get(name)
            if raw is None:
                columns = [f"{absent(one).value} AS {quoted(one.name)}" for one in table.columns]
                query = f"SELECT {', '.join(columns)} WHERE FALSE"
            elif name == FACTS:
                query = self._facts(raw, run)
            else:
                columns = [f"fine.{quoted(one.name)}" for one in table.columns]
                query = f"SELECT {', '.join(columns)} FROM {self.rows.whole(name)} AS fine"  # noqa: S608
                query += f" WHERE {self._within(raw, run)}"
            self._engine.view(quoted(name), query)

    def _within(self, raw: Raw, run: Run) -> str:
        if not self.rows.dated(raw):
            return "TRUE"
        return f"fine.{quoted(UNIT_PERIOD)} = {text(run.period.name)}"

    def _facts(self, raw: Raw, run: Run) -> str:
        complete = {complete_column(one): one for one in self._book.registers}
        columns = [
            f"fine.{quoted(one.name)}" for one in raw.table.columns if one.name not in complete
        ]
        columns += [
            f"{self._complete(raw, name, one)} AS {quoted(name)}" for name, one in complete.items()
        ]
        unit = f"fine.{quoted(SUBJECT)}"
        joins = (
            f"LEFT JOIN {_REFUSED} AS refused ON refused.unit = {unit} "
            f"AND refused.period = {text(run.period.name)} "
        )
        if KNOWN in self.rows.raw:
            pivoted = ", ".join(
                f"MAX(CASE WHEN fine.{quoted(REGISTER)} = {text(one)} THEN 1 ELSE 0 END) = 1 "
                f"AS {quoted(name)}"
                for name, one in complete.items()
            )
            within = self._within(self.rows.raw[KNOWN], run)
            joins += (
                f"LEFT JOIN (SELECT {unit} AS unit, {pivoted} "  # noqa: S608
                f"FROM {self.rows.whole(KNOWN)} AS fine "
                f"WHERE {within} GROUP BY {unit}) AS known ON known.unit = {unit} "
            )
        day = f"CAST({text(run.as_of.isoformat())} AS DATE)"
        return (
            f"SELECT {', '.join(columns)} FROM {self.rows.whole(FACTS)} AS fine {joins}"  # noqa: S608
            f"WHERE {self._within(raw, run)} AND fine.{quoted(AS_OF)} = {day} "
            f"AND {unit} IS NOT NULL AND refused.unit IS NULL"
        )

    def _complete(self, raw: Raw, name: str, register: str) -> str:
        """Return whether a register is complete, as a column of the facts."""
        if register in self.rows.known:
            return "TRUE"
        said = [f"fine.{quoted(name)}"] if name in raw.held_in else []
        if KNOWN in self.rows.raw:
            said.append(f"known.{quoted(name)}")
        return f"COALESCE({', '.join([*said, 'FALSE'])})"
