"""A sheet of columns on its way to common table expressions, layer upon layer.

A column is written once and read by its name in the layers above; a layer carries on what a later
one reads and nothing else. Joins, and passes over the rows of another sheet, stand in the layer
whose columns they bring.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import count
from typing import Any, TypeVar, cast

from sqlglot import exp

from steelyard.expression.engines import Engine
from steelyard.expression.scaled import NOBODY, Term

T = TypeVar("T", bound=Term)
HERE, AROUND = "f", "o"
"""The aliases of the layer below, and of the layer of the sheet around."""
_EVER = 10**9


@dataclass(frozen=True, slots=True)
class Cell:
    """A column: the layer in which it is written, its tree, the columns that this reads, and the
    alias of the join or pass that brings it.
    """

    level: int
    sql: exp.Expr
    reads: frozenset[str]
    alias: str = ""


@dataclass(frozen=True, slots=True)
class Join:
    """A table beside the layer: what each of its columns must be, a term or a key by its name."""

    level: int
    alias: str
    table: str
    on: tuple[tuple[str, Term | str], ...]


@dataclass(slots=True)
class Pass:
    """One pass over the rows of another sheet: what is gathered of them, by this sheet's keys."""

    level: int
    alias: str
    rows: Sheet
    gathered: dict[str, Cell] = field(default_factory=dict)


class Written:
    """The common table expressions so far, in their order."""

    def __init__(self, engine: Engine) -> None:
        """Start with none."""
        self.engine = engine
        self.ctes: list[exp.CTE] = []
        self._read: Counter[str] = Counter()

    def table(self, name: str) -> exp.Table:
        """Return one of them as a table to read from."""
        self._read[name] += 1
        if self._read[name] == 2 and not self.engine.inlines:
            # Else all that is below would be worked out anew for every reader.
            for cte in self.ctes:
                if cte.alias == name:
                    cte.set("materialized", True)
        return exp.to_table(name)

    def rename(self, name: str, new: str) -> None:
        """Give one of them another name; nobody reads it yet."""
        for cte in self.ctes:
            if cte.alias == name:
                cte.set("alias", exp.TableAlias(this=exp.to_identifier(new)))

    def base(self, name: str) -> exp.Table:
        """Return a table of the user's, or one of them, as a table to read from."""
        if any(cte.alias == name for cte in self.ctes):
            return self.table(name)
        return exp.table_(name, quoted=True)

    def define(self, name: str, query: exp.Expr) -> str:
        """Add one and return its name."""
        alias = exp.TableAlias(this=exp.to_identifier(name))
        fence: dict[str, Any] = {"materialized": True} if self.engine.fenced else {}
        self.ctes.append(exp.CTE(this=query, alias=alias, **fence))
        return name


class Sheet:
    """Columns of one kind of row: of a unit, a record or a party.

    `base` is the table that its rows come from, and `keys` the names by which they are told apart,
    with the columns of `base` behind them. A column of the sheet around is read by its own name;
    with `beside` the rows are those of the sheet around of which `beside` holds.
    """

    def __init__(
        self, engine: Engine, name: str, base: str, keys: Mapping[str, str],
        around: Sheet | None = None, beside: exp.Expr | None = None,
    ) -> None:  # fmt: skip
        """Start with no columns."""
        self.engine = engine
        self.name = name
        self.base = base
        self.keys = keys
        self.around = around
        self.beside = beside
        self.cells: dict[str, Cell] = {}
        self.joins: list[Join] = []
        self.passes: dict[tuple[int, int], Pass] = {}
        self.layers: dict[int, str] = {}
        self._joined = beside is not None
        self._numbers = count(1)
        self._kept: dict[int, tuple[Term, Term]] = {}

    def fresh(self, letter: str = "") -> str:
        """Return a name that is nobody else's."""
        return f"{letter}{self.name}{next(self._numbers)}"

    def keep(self, term: T, least: int = 0) -> T:
        """Return a term as a column of its own, one and the same whenever it is asked for, in a
        layer that is not below `least`.
        """
        found = self._kept.get(id(term))
        if found is None:
            level = max(self.level(term.reads) + 1, least)
            found = (term, self._column(term, level, ""))
            self._kept[id(term)] = found
        return cast("T", found[1])

    def source(self, term: T, level: int = 0, alias: str = "") -> T:
        """Return a column for what a table, or a join or pass by its alias, brings in a layer."""
        return self._column(term, level, alias)

    def _column(self, term: T, level: int, alias: str) -> T:
        name = self.fresh()
        self.cells[name] = Cell(level, term.sql, term.reads, alias)
        return replace(term, sql=named(name), reads=frozenset({name}), size=1)

    def level(self, reads: Iterable[str]) -> int:
        """Return the layer from which on some columns can be read; what lies around is there from
        the first.
        """
        return max((self.cells[name].level if name in self.cells else 0 for name in reads),
                   default=-1)  # fmt: skip

    def join(self, table: str, on: Sequence[tuple[str, Term | str]]) -> tuple[str, int]:
        """Return the alias of a table joined where its columns are what is said, and its layer."""
        for one in self.joins:
            if one.table == table and all(map(_same, one.on, on)):
                return one.alias, one.level
        reads = NOBODY.union(*(term.reads for _, term in on if isinstance(term, Term)))
        found = Join(self.level(reads) + 1, self.fresh("j"), table, tuple(on))
        self.joins.append(found)
        return found.alias, found.level

    def gather(
        self, rows: Sheet, gathered: exp.Expr, reads: frozenset[str], least: int = 0
    ) -> tuple[exp.Column, str, int]:
        """Return the column of what is gathered in a pass over the rows of another sheet, with the
        alias of the pass and its layer, which is not below `least`.
        """
        outer = rows.outside(reads)
        level = self.level(outer) + 1 if outer else 0 if rows.beside is None else 1
        level = max(level, least)
        found = self.passes.get((id(rows), level))
        if found is None:
            found = Pass(level, self.fresh("p"), rows)
            self.passes[id(rows), level] = found
        name = self.fresh("a")
        found.gathered[name] = Cell(level, gathered, reads)
        return exp.column(name, table=found.alias, quoted=True), found.alias, level

    def outside(self, reads: Iterable[str]) -> frozenset[str]:
        """Return the columns of the sheet around that some columns read, by way of others too."""
        return frozenset(self._closure(reads) - self.cells.keys())

    def _closure(self, reads: Iterable[str]) -> set[str]:
        found: set[str] = set()
        todo = list(reads)
        while todo:
            name = todo.pop()
            if name not in found:
                found.add(name)
                if name in self.cells:
                    todo.extend(self._behind(self.cells[name]))
        return found

    def _behind(self, cell: Cell) -> frozenset[str]:
        """Return what a column reads; of one that a join or pass brings, what this reads too."""
        found = cell.reads
        if cell.alias:
            for join in self.joins:
                if join.alias == cell.alias:
                    found |= NOBODY.union(*(t.reads for _, t in join.on if isinstance(t, Term)))
            for one in self.passes.values():
                if one.alias == cell.alias:
                    for gathered in one.gathered.values():
                        found |= one.rows.outside(gathered.reads)
        return found

    def write(
        self, needed: Iterable[str], written: Written, at: int = _EVER, *, joined: bool = False
    ) -> str:
        """Add the layers in which some columns can be read and return the name of the last.

        `at` is the layer of the sheet around below which it is read; with `joined` only rows are
        read that have one there.
        """
        self._joined = joined or self.beside is not None
        wanted = set(needed)
        everything = self._closure(wanted)
        last: dict[str, int] = dict.fromkeys(wanted, _EVER)
        for name in everything & self.cells.keys():
            cell = self.cells[name]
            for read in self._behind(cell):
                last[read] = max(last.get(read, -1), cell.level)
        levels = sorted({self.cells[name].level for name in everything & self.cells.keys()} | {0})
        below = ""
        self.layers = {}
        for level in levels:
            living = sorted(
                (
                    name for name in everything
                    if self._level(name) <= level < last.get(name, -1)
                ), key=_numbered,
            )  # fmt: skip
            below = self._layer(level, below, living, written, at)
            self.layers[level] = below
        return below

    def _level(self, name: str) -> int:
        cell = self.cells.get(name)
        return 0 if cell is None else cell.level

    def _layer(
        self, level: int, below: str, living: Sequence[str], written: Written, at: int
    ) -> str:
        columns = [
            exp.alias_(self._key(key, below), key, quoted=True, copy=False) for key in self.keys
        ]
        aliases: set[str] = set()
        around = not below and self._joined
        for name in living:
            cell = self.cells.get(name)
            if cell is not None and cell.level == level:
                aliases.add(cell.alias)
                columns.append(exp.alias_(cell.sql, name, quoted=True, copy=False))
            elif below:
                columns.append(named(name))
            else:
                around = True
                there = exp.column(name, table=AROUND, quoted=True)
                columns.append(exp.alias_(there, name, quoted=True, copy=False))
        query = exp.Select(expressions=columns)
        base = written.table(below) if below else written.base(self.base)
        query.set("from_", exp.From(this=_aliased(base, HERE)))
        if around and self.around is not None:
            query.append("joins", self._around(self.around.layer_below(at), written))
        for one in self.passes.values():
            if one.alias in aliases:
                query.append("joins", self._passed(one, below, written))
        for join in self.joins:
            if join.alias in aliases:
                on = [
                    (column, self._key(term, below) if isinstance(term, str) else term.sql)
                    for column, term in join.on
                ]
                table = exp.table_(join.table, quoted=True)
                query.append("joins", _joined(table, join.alias, on))
        return written.define(self.fresh("l"), query)

    def _key(self, key: str, below: str) -> exp.Column:
        return exp.column(key if below else self.keys[key], table=HERE, quoted=True)

    def layer_below(self, level: int) -> str:
        """Return the name of the last layer under a level."""
        return self.layers[max(one for one in self.layers if one < level)]

    def _around(self, layer: str, written: Written) -> exp.Join:
        keys = self.around.keys if self.around is not None else {}
        on = [(key, self._key(key, "")) for key in self.keys if key in keys]
        found = _joined(written.table(layer), AROUND, on, side="")
        if self.beside is not None:
            found.set("on", exp.And(this=found.args["on"], expression=exp.Paren(this=self.beside)))
        return found

    def _passed(self, one: Pass, below: str, written: Written) -> exp.Join:
        """Write a pass and return how it is joined."""
        needed = NOBODY.union(*(cell.reads for cell in one.gathered.values()))
        layer = one.rows.write(needed, written, one.level)
        columns = [
            exp.alias_(exp.column(key, table=HERE, quoted=True), key, quoted=True)
            for key in self.keys
        ]
        columns += [
            exp.alias_(cell.sql, name, quoted=True, copy=False)
            for name, cell in one.gathered.items()
        ]
        keys = [exp.column(key, table=HERE, quoted=True) for key in self.keys]
        query = exp.Select(expressions=columns, group=exp.Group(expressions=keys))
        query.set("from_", exp.From(this=_aliased(written.table(layer), HERE)))
        name = written.define(one.alias, query)
        on = [(key, self._key(key, below)) for key in self.keys]
        return _joined(written.table(name), one.alias, on)


def named(name: str) -> exp.Column:
    """Return a column of the layer below by its name."""
    return exp.column(name, quoted=True)


def _same(one: tuple[str, Term | str], two: tuple[str, Term | str]) -> bool:
    if one[0] != two[0] or isinstance(one[1], str) or isinstance(two[1], str):
        return one == two
    return one[1].reads == two[1].reads and one[1].sql == two[1].sql


def _aliased(table: exp.Expr, alias: str) -> exp.Expr:
    return exp.alias_(table, alias, table=True, copy=False)


def _joined(
    table: exp.Expr, alias: str, on: Sequence[tuple[str, exp.Expr]], side: str = "LEFT"
) -> exp.Join:
    tests: list[exp.Expr] = [
        exp.EQ(this=exp.column(column, table=alias, quoted=True), expression=value)
        for column, value in on
    ]
    condition = tests[0]
    for test in tests[1:]:
        condition = exp.And(this=condition, expression=test)
    found = exp.Join(this=_aliased(table, alias), on=condition)
    if side:
        found.set("side", side)
    return found


def _numbered(name: str) -> tuple[str, int]:
    letters = name.rstrip("0123456789")
    return letters, int(name[len(letters) :] or 0)
