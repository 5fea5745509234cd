"""Consequences as rows: what falls on whom because of what, with its options and certainty."""

from __future__ import annotations

import json
from typing import cast

from sqlglot import exp

from steelyard.book.model import Consequence
from steelyard.bulk.columns import SUBJECT, party_table
from steelyard.bulk.knowledge import Knowledge, field_known, walked
from steelyard.bulk.names import Names, held
from steelyard.bulk.parties import PartyNames
from steelyard.bulk.rows import RECORD, RowNames
from steelyard.bulk.sheet import HERE, Written
from steelyard.bulk.units import UnitNames
from steelyard.expression.scaled import (
    NO,
    YES,
    Said,
    Term,
    Test,
    every,
    some,
    union,
)
from steelyard.expression.sql import SqlEmitter
from steelyard.expression.tree import Name
from steelyard.expression.types import PartyOf
from steelyard.judging.compiled.undefined import around_reads, consequence_reads
from steelyard.judging.consequences import NOT_NAMED

WEIGHED = "weighed"
"""The common table expression, or the table made of it, that all outputs read."""


class Firing:
    """One row of the decision table: when it fires, at each unit, record or party."""

    def __init__(self, unit: UnitNames, row: Consequence) -> None:
        """Take the names of a unit, and the row."""
        self.unit = unit
        self.row = row
        self.names: Names
        if row.scope == "register":
            self.names = unit.at(row.on)
        elif row.scope == "party":
            self.names = PartyNames(unit, row)
        else:
            self.names = unit
        emitter = SqlEmitter(self.names)
        must, may = (YES, YES) if row.when is None else emitter.sides(row.when)[:2]
        if emitter.flags and must is not may:
            open_ = may & ~must & some(emitter.flags)
            may &= ~(open_ & self._known())
        self.party = None if row.falls_on is None else emitter.said(row.falls_on)
        self.fires = self._keep(may if self.party is None else may & ~self.party.none)
        self.certain = self._keep(self._surely(must))
        if self.party is not None:
            self.party = held(self.names.sheet, self.party)

    def _keep(self, term: Test) -> Test:
        return term if term.size <= 1 else self.names.keep(term)

    def _surely(self, must: Test) -> Test:
        if self.party is None or self.row.falls_on is None or not self.row.falls_on.nullable:
            return must
        return must & ~self.party.unknown

    def _known(self) -> Test:
        """Return whether all that the condition reads is known."""
        place = self.row.number - 1
        book = self.unit.book
        reads = consequence_reads(book, place)
        knowledge = Knowledge(self.unit)
        if self.row.scope == "party":
            party = cast("PartyNames", self.names)
            mine = knowledge.of(reads._replace(overs=()))
            own = [knowledge.over_at(over, party.at(over.register), party) for over in reads.overs]
            paths = [self._party_known(party, path) for path in reads.here]
            return every([mine, *own, *paths, knowledge.of(around_reads(book, place))])
        if self.row.scope == "register" and reads.here:
            rows = cast("RowNames", self.names)
            return every([knowledge.of(reads), *(field_known(rows, path) for path in reads.here)])
        return knowledge.of(reads)

    def _party_known(self, party: PartyNames, path: str) -> Test:
        if not path:
            return ~party.unnamed
        root = Name(type=PartyOf(self.row.on), kind="party", name=self.row.on)
        return ~party.unnamed & party.settled(walked(party, root, path.split(".")))

    @property
    def reads(self) -> frozenset[str]:
        """The columns that it reads at its place."""
        terms: list[Term] = [self.fires, self.certain]
        terms += list(self.party) if self.party is not None else []
        return union(terms)

    @property
    def outside(self) -> frozenset[str]:
        """The columns of the unit that it reads, by way of others too."""
        if self.names is self.unit:
            return self.reads
        return self.names.sheet.outside(self.reads)

    def query(self, written: Written) -> exp.Expr:
        """Return its rows, one for each party on which it falls; layers of its own are added."""
        if isinstance(self.names, PartyNames):
            self.names.write_named(written)
        if self.names is self.unit:
            layer = WEIGHED
        else:
            layer = self.names.sheet.write(self.reads, written, joined=True)
        if self.row.members is None:
            return self._rows(layer, written)
        return self._members(layer, written)

    def _rows(self, layer: str, written: Written) -> exp.Expr:
        subject = exp.column(SUBJECT, table=HERE, quoted=True)
        name: exp.Expr = subject if self.party is None else _named(self.party)
        query = self._select(layer, written, name, self.certain.sql)
        return self._once(query) if self.row.scope == "party" else query

    def _select(
        self, layer: str, written: Written, name: exp.Expr, certain: exp.Expr
    ) -> exp.Select:
        record: exp.Expr = exp.Cast(this=exp.Null(), to=exp.DataType.build("VARCHAR"))
        if isinstance(self.names, RowNames):
            record = exp.column(RECORD, table=HERE, quoted=True)
        options = json.dumps([list(one) for one in self.row.options], ensure_ascii=False)
        kind = "subject" if self.row.falls_on is None else self.row.kind
        if self.row.members is not None:
            kind = self.row.members[0]
        columns = {
            SUBJECT: exp.column(SUBJECT, table=HERE, quoted=True),
            "row": exp.Literal.number(self.row.number),
            "falls_on_kind": exp.Literal.string(kind),
            "falls_on": name,
            "record": record,
            "certain": certain,
            "options": exp.Literal.string(options),
        }
        query = exp.Select(
            expressions=[
                exp.alias_(sql, key, quoted=True, copy=False) for key, sql in columns.items()
            ]
        )
        table = exp.alias_(written.table(layer), HERE, table=True, copy=False)
        query.set("from_", exp.From(this=table))
        if self.fires.value is None:
            query.set("where", exp.Where(this=self.fires.sql))
        elif self.fires is NO:
            query.set("where", exp.Where(this=exp.false()))
        return query

    def _members(self, layer: str, written: Written) -> exp.Expr:
        """Return a row for every member of the party, and one for those of a party not known."""
        assert self.row.members is not None and self.party is not None  # noqa: S101, PT018  # asked before
        kind, field = self.row.members
        slot = self.unit.book.kinds[kind].fields[field]
        home = exp.column(field, table="m", quoted=True)
        gone: exp.Expr = exp.Is(this=home, expression=exp.Null())
        mine: exp.Expr = exp.EQ(this=home, expression=self.party.text.sql)
        unknown = self.party.unknown
        perhaps: list[exp.Expr] = [] if slot.missing == "none" else [gone]
        if unknown is not NO:
            there = exp.Not(this=exp.Paren(this=gone))
            perhaps.append(exp.And(this=unknown.sql, expression=there))
        certain = exp.And(
            this=exp.Paren(this=self.certain.sql),
            expression=exp.Coalesce(this=exp.Paren(this=mine), expressions=[exp.false()]),
        )
        query = self._select(layer, written, exp.column("id", table="m", quoted=True), certain)
        on: exp.Expr = exp.EQ(
            this=exp.column(SUBJECT, table="m", quoted=True),
            expression=exp.column(SUBJECT, table=HERE, quoted=True),
        )
        reach: exp.Expr = exp.Paren(this=mine)
        for one in perhaps:
            reach = exp.Or(this=reach, expression=exp.Paren(this=one))
        table = exp.alias_(exp.table_(party_table(kind), quoted=True), "m", table=True)
        query.append("joins", exp.Join(
            this=table, on=exp.And(this=on, expression=exp.Paren(this=reach))
        ))  # fmt: skip
        if unknown is NO:
            return self._once(query)
        nobody = self._select(layer, written, exp.Literal.string(NOT_NAMED), self.certain.sql)
        test = (self.fires & unknown).sql
        nobody.set("where", exp.Where(this=test))
        return self._once(exp.Union(this=query, expression=nobody, distinct=False))

    def _once(self, query: exp.Expr) -> exp.Select:
        """Return rows of which one stands for all that say the same; it is certain if one is."""
        keys = [SUBJECT, "row", "falls_on_kind", "falls_on", "record"]
        one, zero = exp.Literal.number(1), exp.Literal.number(0)
        certain = exp.column("certain", table="s", quoted=True)
        sure = exp.Max(this=exp.Case(ifs=[exp.If(this=certain, true=one)], default=zero))
        columns: list[exp.Expr] = [exp.column(key, table="s", quoted=True) for key in keys]
        grouped = [exp.column(key, table="s", quoted=True) for key in (*keys, "options")]
        columns.append(exp.alias_(exp.EQ(this=sure, expression=one), "certain", quoted=True))
        columns.append(exp.column("options", table="s", quoted=True))
        found = exp.Select(expressions=columns, group=exp.Group(expressions=grouped))
        alias = exp.TableAlias(this=exp.to_identifier("s"))
        found.set("from_", exp.From(this=exp.Subquery(this=query, alias=alias)))
        return found


def nothing(written: Written) -> exp.Select:
    """Return no rows at all, for a book without consequences."""
    text = exp.Cast(this=exp.Null(), to=exp.DataType.build("VARCHAR"))
    columns = {
        SUBJECT: exp.column(SUBJECT, table=HERE, quoted=True),
        "row": exp.Literal.number(0),
        "falls_on_kind": text,
        "falls_on": text.copy(),
        "record": text.copy(),
        "certain": exp.false(),
        "options": text.copy(),
    }
    query = exp.Select(
        expressions=[exp.alias_(sql, key, quoted=True, copy=False) for key, sql in columns.items()],
        where=exp.Where(this=exp.false()),
    )
    table = exp.alias_(written.table(WEIGHED), HERE, table=True, copy=False)
    query.set("from_", exp.From(this=table))
    return query


def _named(party: Said) -> exp.Expr:
    name = exp.Literal.string(NOT_NAMED)
    if party.unknown is NO:
        return party.text.sql
    return exp.Case(ifs=[exp.If(this=party.unknown.sql, true=name)], default=party.text.sql)
