"""Parts of means that may be out, turned into rows: taken in the order of their shares while they
move the mean.

Only units with something open have such rows, so that the many others cost plain sums.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import lcm

from sqlglot import exp

from steelyard.bulk.sheet import HERE, Sheet, Written
from steelyard.expression.scaled import (
    NOBODY,
    Term,
    Test,
    Whole,
    narrow,
    or_else,
    summed,
    union,
    whole,
)

_BIGINT = exp.DataType.build("BIGINT")


@dataclass(frozen=True, slots=True)
class Open:
    """A part that may be out: its ends, its weight, and whether it is only perhaps in."""

    low: Whole
    high: Whole
    weight: int
    perhaps: Test


@dataclass(frozen=True, slots=True)
class _Mean:
    parts: Sequence[Open]
    low: Whole
    high: Whole
    bottom: Whole


class Parts(Sheet):
    """The parts that may be out of those means of a sheet that stand in one layer, as rows of
    their own.
    """

    def __init__(self, home: Sheet, level: int) -> None:
        """Take the sheet on which the means stand, and their layer."""
        super().__init__(home.engine, f"u{level}_", "", home.keys, home)
        self.home = home
        self.means: list[_Mean] = []

    def taken(
        self, parts: Sequence[Open], ends: tuple[Whole, Whole], bottom: Whole, level: int
    ) -> tuple[tuple[Whole, Whole], tuple[Whole, Whole]]:
        """Return what the parts that move the low and the high end add to the sums of those that
        surely count, earned and weight of each end.

        `ends` are those sums and `bottom` their weight.
        """
        self.means.append(_Mean(parts, *ends, bottom))
        number = len(self.means)
        found = [
            self._end(number, parts, end, bottom, level, most=most)
            for end, most in zip(ends, (False, True), strict=True)
        ]
        return found[0], found[1]

    def _end(
        self, number: int, parts: Sequence[Open], top: Whole, bottom: Whole, level: int, *,
        most: bool,
    ) -> tuple[Whole, Whole]:  # fmt: skip
        values = [one.high if most else one.low for one in parts]
        high, weight = sum(one.high for one in values), sum(one.weight for one in parts)
        name = "high" if most else "low"
        value = self._here(name, max(one.high for one in values))
        own = self._here("weight", max(one.weight for one in parts))
        before = or_else(self._here(f"before_{name}", high, nullable=True), 0)
        passed = or_else(self._here(f"weight_{name}", weight, nullable=True), 0)
        under = self._here("bottom", bottom.high) + passed
        reach, mean = value * under, (self._here(f"top_{name}", top.high) + before) * own
        moves = (reach > mean if most else reach < mean) | (under <= 0)
        test = self._here("mean", 10**6).equals(number) & moves
        reads = union([*values, top, bottom, *(one.perhaps for one in parts)])
        return (
            self._gathered(value, test, high, reads, level),
            self._gathered(own, test, weight, reads, level),
        )

    def _gathered(
        self, value: Whole, test: Test, high: int, reads: frozenset[str], level: int
    ) -> Whole:
        sql = summed(value, test, 0, high)
        column, alias, at = self.home.gather(self, sql, reads, level)
        term = Whole(column, NOBODY, 1, 0, high, self.home.engine, nullable=True)
        return self.home.source(or_else(term, 0), at, alias)

    def _here(self, name: str, high: int, *, nullable: bool = False) -> Whole:
        sql = exp.column(name, table=HERE, quoted=True)
        return Whole(sql, NOBODY, 1, 0, high, self.home.engine, nullable)

    def outside(self, reads: Iterable[str]) -> frozenset[str]:
        """Return the columns of the sheet around: all that is read is one."""
        return frozenset(reads)

    def write(
        self,
        needed: Iterable[str],  # noqa: ARG002  # every part is needed
        written: Written,
        at: int = 0,
        *,
        joined: bool = False,  # noqa: ARG002  # they are of units that are there
    ) -> str:
        """Add the rows and the sums before each, and return the name of the latter."""
        layer = self.home.layer_below(at)
        places = [
            (number, mean, place)
            for number, mean in enumerate(self.means, 1)
            for place in range(len(mean.parts))
        ]
        if self.engine.inlines:
            # A layer that a hundred queries read would be worked out a hundred times.
            whole_: exp.Expr = self._crossed(places, written.table(layer))
        else:
            rows = [self._row(*one, written.table(layer)) for one in places]
            whole_ = rows[0]
            for row in rows[1:]:
                whole_ = exp.Union(this=whole_, expression=row, distinct=False)
        base = written.define(self.fresh("l"), whole_)
        columns: list[exp.Expr] = [
            exp.column(name, table=HERE, quoted=True) for name in (*self.keys, *_NAMES)
        ]
        for end, down in (("low", False), ("high", True)):
            for name, value in ((f"before_{end}", end), (f"weight_{end}", "weight")):
                columns.append(exp.alias_(self._before(value, end, down), name, quoted=True))
        query = exp.Select(expressions=columns)
        table = exp.alias_(written.table(base), HERE, table=True, copy=False)
        query.set("from_", exp.From(this=table))
        return written.define(self.fresh("l"), query)

    def _before(self, value: str, end: str, down: bool) -> exp.Expr:  # noqa: FBT001
        most = max(
            sum(one.high.high if end == "high" else one.low.high for one in mean.parts)
            if value == end else sum(one.weight for one in mean.parts)
            for mean in self.means
        )  # fmt: skip
        window = exp.Window(
            this=exp.Sum(this=exp.column(value, table=HERE, quoted=True)),
            partition_by=[
                exp.column(name, table=HERE, quoted=True) for name in (*self.keys, "mean")
            ],
            order=exp.Order(expressions=[
                exp.Ordered(this=exp.column(f"share_{end}", table=HERE, quoted=True), desc=down,
                            nulls_first=down),
                exp.Ordered(this=exp.column("part", table=HERE, quoted=True), desc=False,
                            nulls_first=False),
            ]),
            spec=exp.WindowSpec(
                kind="ROWS", start="UNBOUNDED", start_side="PRECEDING",
                end=exp.Literal.number(1), end_side="PRECEDING",
            ),
        )  # fmt: skip
        return window if not narrow(0, most) else exp.Cast(this=window, to=_BIGINT)

    def _row(self, number: int, mean: _Mean, place: int, layer: exp.Table) -> exp.Select:
        values = self._values(number, mean, place)
        columns = [
            exp.alias_(_big(term), name, quoted=True, copy=False)
            for name, term in zip(_NAMES, values, strict=True)
        ]
        return self._select(columns, mean.parts[place].perhaps.sql, layer)

    def _crossed(self, places: Sequence[tuple[int, _Mean, int]], layer: exp.Table) -> exp.Select:
        """Return the rows of all parts from one reading of the layer."""
        numbers: exp.Expr | None = None
        for number in range(len(places)):
            one = exp.Select(expressions=[exp.alias_(exp.Literal.number(number), "n", quoted=True)])
            numbers = one if numbers is None else exp.Union(
                this=numbers, expression=one, distinct=False
            )  # fmt: skip
        values = [self._values(*one) for one in places]
        columns = [
            exp.alias_(_by_number([row[at] for row in values]), name, quoted=True, copy=False)
            for at, name in enumerate(_NAMES)
        ]
        test = _by_number([mean.parts[place].perhaps for _, mean, place in places])
        query = self._select(columns, test, layer)
        alias = exp.TableAlias(this=exp.to_identifier("k"))
        query.append("joins", exp.Join(this=exp.Subquery(this=numbers, alias=alias), kind="CROSS"))
        return query

    def _select(self, columns: Sequence[exp.Expr], test: exp.Expr, layer: exp.Table) -> exp.Select:
        keys = [
            exp.alias_(exp.column(key, table=HERE, quoted=True), key, quoted=True)
            for key in self.keys
        ]
        query = exp.Select(expressions=[*keys, *columns], where=exp.Where(this=test))
        query.set("from_", exp.From(this=exp.alias_(layer, HERE, table=True, copy=False)))
        return query

    def _values(self, number: int, mean: _Mean, place: int) -> list[Term]:
        part = mean.parts[place]
        common = lcm(*(one.weight for one in mean.parts))
        factor = common // part.weight
        # Shares of a common weight are whole numbers, in the order of the shares.
        return [
            *(whole(one, self.home.engine) for one in (number, place)),
            part.low, part.high, whole(part.weight, self.home.engine),
            part.low * factor, part.high * factor, mean.low, mean.high, mean.bottom,
        ]  # fmt: skip


def _by_number(terms: Sequence[Term]) -> exp.Expr:
    """Return the term of a part by its number."""
    number = exp.column("n", table="k", quoted=True)
    ifs = [
        exp.If(this=exp.Literal.number(place), true=_big(term)) for place, term in enumerate(terms)
    ]
    return exp.Case(this=number, ifs=ifs)


_NAMES = (
    "mean", "part", "low", "high", "weight", "share_low", "share_high", "top_low", "top_high",
    "bottom",
)  # fmt: skip


def _big(term: Term) -> exp.Expr:
    if isinstance(term, Whole) and term.literal is not None:
        return exp.Cast(this=term.sql, to=_BIGINT)
    return term.sql
