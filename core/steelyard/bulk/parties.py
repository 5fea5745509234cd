"""The names at a party: what is known of it, and its own records; also at one that is not named."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

from sqlglot import exp

from steelyard.book.layout import key_of, path_of
from steelyard.book.model import Consequence
from steelyard.bulk.cells import Cell
from steelyard.bulk.columns import SUBJECT, party_table, register_table, tables, unit_column
from steelyard.bulk.gathering import gathered
from steelyard.bulk.names import Found, Names
from steelyard.bulk.rows import RECORD, RowNames
from steelyard.bulk.sheet import HERE, Sheet, Written
from steelyard.bulk.units import UnitNames
from steelyard.expression.exact import pairs_of
from steelyard.expression.lines import bare
from steelyard.expression.scaled import (
    NO,
    NOBODY,
    YES,
    Letters,
    Ratio,
    Said,
    Sides,
    Span,
    Test,
    Whole,
)
from steelyard.expression.tree import Name, Node, Over, Reach, walk
from steelyard.expression.types import Number, ranged

PARTY = "party"
_UNIT, _PARTY, _RECORD, _OPEN = "~unit", "~party", "~record", "~open"
"""Columns beside a register's own; no field can be called so."""


class PartyNames(Names):
    """The names at one party of a kind, for one row of the decision table."""

    def __init__(self, unit: UnitNames, row: Consequence) -> None:
        """Take the names of the unit, and the row that stands at every party of a kind."""
        number = row.number
        sheet = Sheet(
            unit.engine, f"q{number}_", f"named_{number}", {SUBJECT: SUBJECT, PARTY: PARTY},
            unit.sheet,
        )  # fmt: skip
        super().__init__(unit.book, unit.engine, sheet)
        self.unit = unit
        self.row = row
        self.overs: dict[Node, Found] = {}
        self.rows: dict[str, OwnedRows] = {}
        party = exp.column(PARTY, table=HERE, quoted=True)
        self.party = sheet.source(Letters(party, NOBODY, 1))
        self.unnamed: Test = sheet.source(
            Test(exp.EQ(this=party, expression=exp.Literal.string("")), NOBODY, 2)
        )

    def said(self, node: Name | Reach) -> Said:
        """Return a word's name."""
        if isinstance(node, Name) and node.kind == "party":
            return Said(self.party, self.unnamed, NO)
        own = self._own(node)
        return self.unit.said(node) if own is None else cast("Said", own)

    def _own(self, node: Name | Reach) -> Cell | None:
        if isinstance(node, Reach):
            _, root = path_of(node)
            if isinstance(root, Name) and root.kind == "party":
                return self.reach(node, key_of(node))
        return None

    def span(self, node: Name | Reach) -> Span:
        """Return the ends of a ranged name."""
        own = self._own(node)
        return self.unit.span(node) if own is None else cast("Span", own)

    def ratio(self, node: Name | Reach) -> Ratio:
        """Return the pairs of a rate."""
        own = self._own(node)
        if own is None:
            return self.unit.ratio(node)
        kind = ranged(node.type)
        return pairs_of(cast("Span", own), kind.scale if isinstance(kind, Number) else 0)

    def sides(self, node: Name | Reach) -> Sides:
        """Return a condition's name."""
        own = self._own(node)
        return self.unit.sides(node) if own is None else cast("Sides", own)

    def known(self, node: Name | Reach) -> Sides:
        """Return whether there is evidence."""
        root = path_of(node)[1] if isinstance(node, Reach) else node
        if isinstance(root, Name) and root.kind == "party":
            return Sides(self.settled(node), YES)
        return self.unit.known(node)

    def survey(self, node: Name) -> tuple[Whole, Whole]:
        """Return (positive, asked), NULL when not known."""
        return self.unit.survey(node)

    def flags(self, node: Name | Reach) -> Sequence[Test]:
        """Return the conditions under which the name is undefined."""
        return self.unit.flags(node)

    def over(self, node: Over) -> Found:
        """Return the result of a function over the party's records."""
        key = cast("Over", bare(node))
        if key not in self.overs:
            rows = self.at(key.register)
            complete = self.unit.complete(key.register)
            self.overs[key] = gathered(self, rows, key, complete)
        return self.overs[key]

    def at(self, register: str) -> OwnedRows:
        """Return the names at a record of the party."""
        if register not in self.rows:
            self.rows[register] = OwnedRows(self, register, self.row.owners[register])
        return self.rows[register]

    def write_named(self, written: Written) -> None:
        """Add the parties of the kind, one that is not named where a record may be anybody's, and
        the records that may be each one's.
        """
        registers = {
            part.register for part in walk(self.row.when) if isinstance(part, Over)
        } if self.row.when is not None else set()  # fmt: skip
        named = _select(
            [exp.column(SUBJECT, quoted=True),
             exp.alias_(exp.column("id", quoted=True), PARTY, quoted=True)],
            exp.table_(party_table(self.row.on), quoted=True),
        )  # fmt: skip
        query: exp.Expr = named
        owners: dict[str, tuple[str, Said]] = {}
        for register in sorted(registers):
            rows = self.unit.at(register)
            owner = cast("Said", rows.field(self.row.owners[register]))
            reads = owner.text.reads | owner.unknown.reads
            layer = rows.sheet.write(reads, written)
            owners[register] = layer, owner
            if owner.unknown is not NO:
                unnamed = _select(
                    [exp.column(SUBJECT, quoted=True),
                     exp.alias_(exp.Literal.string(""), PARTY, quoted=True)],
                    written.table(layer),
                )  # fmt: skip
                unnamed.set("where", exp.Where(this=owner.unknown.sql))
                unnamed.set("distinct", exp.Distinct())
                query = exp.Union(this=query, expression=unnamed, distinct=True)
        written.define(self.sheet.base, query)
        for register, (layer, owner) in owners.items():
            self._write_owned(register, layer, owner, written)

    def _write_owned(self, register: str, layer: str, owner: Said, written: Written) -> None:
        table = tables(self.book)[register_table(register)]
        unit = unit_column(self.book.registers[register])
        skipped = {unit, "id"}
        columns: list[exp.Expr] = [
            exp.alias_(exp.column(SUBJECT, table="n", quoted=True), _UNIT, quoted=True),
            exp.alias_(exp.column(PARTY, table="n", quoted=True), _PARTY, quoted=True),
            exp.alias_(exp.column(RECORD, table="w", quoted=True), _RECORD, quoted=True),
            exp.alias_(owner.unknown.sql, _OPEN, quoted=True),
        ]
        columns += [
            exp.column(column.name, table="r", quoted=True)
            for column in table.columns
            if column.name not in skipped
        ]
        query = _select(columns, exp.alias_(exp.to_table(self.sheet.base), "n", table=True))
        mine = exp.EQ(this=owner.text.sql, expression=exp.column(PARTY, table="n", quoted=True))
        may = exp.Paren(this=exp.Or(this=mine, expression=exp.Paren(this=owner.unknown.sql)))
        here = exp.EQ(this=exp.column(SUBJECT, table="w", quoted=True),
                      expression=exp.column(SUBJECT, table="n", quoted=True))  # fmt: skip
        query.append("joins", exp.Join(
            this=exp.alias_(written.table(layer), "w", table=True),
            on=exp.And(this=here, expression=may),
        ))  # fmt: skip
        same = exp.And(
            this=exp.EQ(this=exp.column(unit, table="r", quoted=True),
                        expression=exp.column(SUBJECT, table="w", quoted=True)),
            expression=exp.EQ(this=exp.column("id", table="r", quoted=True),
                              expression=exp.column(RECORD, table="w", quoted=True)),
        )  # fmt: skip
        raw = exp.alias_(exp.table_(register_table(register), quoted=True), "r", table=True)
        query.append("joins", exp.Join(this=raw, on=same))
        written.define(owned_table(self.row, register, self.book.registers), query)


class OwnedRows(RowNames):
    """The names at a record of a party, or of one that is not known and may be the party's."""

    def __init__(self, party: PartyNames, register: str, owner: str) -> None:
        """Take the names at the party, the register, and the field that names the party."""
        super().__init__(party, register, party.unit.moments)
        base = owned_table(party.row, register, party.book.registers)
        self.sheet = Sheet(
            party.engine, f"{party.sheet.name}{self.sheet.name}", base,
            {SUBJECT: _UNIT, PARTY: _PARTY, RECORD: _RECORD}, party.sheet, exp.true(),
        )  # fmt: skip
        self.owner = owner
        open_ = Test(exp.column(_OPEN, table=HERE, quoted=True), NOBODY, 1)
        self.member = ~self.sheet.source(open_)


def owned_table(row: Consequence, register: str, registers: object) -> str:
    """Return the name of the records that may be each party's."""
    place = list(cast("dict[str, object]", registers)).index(register)
    return f"owned_{row.number}_{place}"


def _select(columns: list[exp.Expr], table: exp.Expr) -> exp.Select:
    query = exp.Select(expressions=columns)
    query.set("from_", exp.From(this=table))
    return query
