"""One function over the records of a register: gathered in a pass, and what it gives beside the
unit.
"""

from __future__ import annotations

from typing import TypeVar

from sqlglot import exp

from steelyard.bulk.names import Found, Names, held
from steelyard.bulk.rows import RowNames
from steelyard.case.environment import doubtful, may_be_undefined
from steelyard.expression.functions.table import CORE
from steelyard.expression.scaled import (
    NO,
    NOBODY,
    YES,
    Sides,
    Term,
    Test,
    Whole,
    choose,
    counted,
    different,
    extreme_of,
    no_number,
    or_else,
    summed,
    union,
    whole,
)
from steelyard.expression.sql import SqlEmitter
from steelyard.expression.tree import Over
from steelyard.expression.types import MOST

T = TypeVar("T", bound=Term)
_LARGE = 6


class Gathering:
    """A function over records on its way: what is gathered at `rows` stands at `home`."""

    def __init__(self, home: Names, rows: RowNames) -> None:
        """Take the names of what the records are gathered by, and those at a record."""
        self.home = home
        self.rows = rows
        self.where = Sides(YES, YES)
        self.complete: Test = YES
        self.node: Over
        self.flags: list[Test] = []
        self._counts: dict[int, tuple[Test, Whole]] = {}

    def _stand(self, found: exp.Expr, reads: frozenset[str], like: Whole) -> Whole:
        """Return what is gathered as a column beside the unit."""
        column, alias, level = self.home.sheet.gather(self.rows.sheet, found, reads)
        term = Whole(column, NOBODY, 1, like.low, like.high, like.engine, nullable=True)
        if not like.nullable:
            term = or_else(term, 0)
        return self.home.sheet.source(term, level, alias)

    def _kind(self, low: int, high: int, *, nullable: bool = False) -> Whole:
        return Whole(exp.null(), NOBODY, 1, low, high, self.home.engine, nullable)

    def keep(self, term: T) -> T:
        """Return a column of its own beside the unit."""
        return self.home.sheet.keep(term) if term.size > 1 else term

    def count(self, test: Test) -> Whole:
        """Return how many records a condition holds of."""
        if test is NO:
            return whole(0, self.home.engine)
        key = id(test.sql)
        if key not in self._counts:
            found = self._stand(counted(test), test.reads, self._kind(0, MOST))
            self._counts[key] = test, found
        return self._counts[key][1]

    def total(self, value: Whole, test: Test) -> Whole:
        """Return the sum of a number over the records of which a condition holds."""
        if value.literal is not None:
            return self.count(test) * value.literal
        if test is NO:
            return whole(0, self.home.engine)
        low, high = min(0, value.low) * MOST, max(0, value.high) * MOST
        found = summed(value, test, low, high)
        return self._stand(found, value.reads | test.reads, self._kind(low, high))

    def extreme(self, value: Whole, test: Test, *, most: bool) -> Whole:
        """Return the greatest or the least of a number over such records; NULL over none."""
        like = self._kind(value.low, value.high, nullable=True)
        if test is NO:
            return no_number(value.low, value.high, like.engine)
        return self._stand(extreme_of(value, test, most=most), union([value, test]), like)

    def different(self, value: Term, test: Test) -> Whole:
        """Return how many different values there are over such records."""
        if test is NO:
            return whole(0, self.home.engine)
        found = different(value, test)
        return self._stand(found, union([value, test]), self._kind(0, MOST))

    def nearest(
        self, value: Whole, sure: Test, perhaps: Test, *, most: bool
    ) -> tuple[Whole, Whole]:
        """Return the sum and the number of those records of the greatest or the least mean.

        In the order of their values, a record that may count is taken while it moves the mean.
        """
        top, under = self.total(value, sure), self.count(sure)
        if perhaps is NO:
            return top, under
        low, high = min(0, value.low) * MOST, max(0, value.high) * MOST
        sums = self._kind(low, high)
        counts = self._kind(0, MOST)
        one = whole(1, self.home.engine)
        sheet = self.rows.sheet
        own, own_count = (
            sheet.keep(self._windowed(what, sure, like), 1)
            for what, like in ((value, sums), (one, counts))
        )
        before, before_count = (
            sheet.keep(self._windowed(what, perhaps, like, value, most=most), 1)
            for what, like in ((value, sums), (one, counts))
        )
        reach, mean = value * (own_count + before_count), own + before
        taken = sheet.keep(perhaps & (reach > mean if most else reach < mean))
        return top + self.total(value, taken), under + self.count(taken)

    def _windowed(
        self, value: Whole, test: Test, like: Whole, order: Whole | None = None, *,
        most: bool = False,
    ) -> Whole:  # fmt: skip
        """Return the sum over the unit's records, or over those before in an order."""
        none = no_number(value.low, value.high, value.engine)
        held_ = choose([(test, value)], none)
        sql: exp.Expr = held_.sql if not like.wide else held_.widened().sql
        keys = [exp.column(key, quoted=True, table="f") for key in self.home.sheet.keys]
        window = exp.Window(this=exp.Sum(this=sql), partition_by=keys)
        reads = held_.reads
        if order is not None:
            record = exp.column(list(self.rows.sheet.keys)[-1], quoted=True, table="f")
            ordered = [exp.Ordered(this=order.sql, desc=most, nulls_first=most),
                       exp.Ordered(this=record, desc=False, nulls_first=False)]  # fmt: skip
            window.set("order", exp.Order(expressions=ordered))
            window.set("spec", exp.WindowSpec(
                kind="ROWS", start="UNBOUNDED", start_side="PRECEDING",
                end=exp.Literal.number(1), end_side="PRECEDING",
            ))  # fmt: skip
            reads |= order.reads
        term = Whole(window, reads, 9, like.low, like.high, like.engine, nullable=True)
        if not like.wide:
            term = Whole(
                exp.Cast(this=window, to=exp.DataType.build("BIGINT")), reads, 9, like.low,
                like.high, like.engine, nullable=True,
            )  # fmt: skip
        return or_else(term, 0)

    def note(self, test: Test) -> None:
        """Note a condition under which the result is undefined."""
        self.flags.append(test)


def gathered(home: Names, rows: RowNames, node: Over, complete: Test) -> Found:
    """Return the result of a function over records, and its flags."""
    task = Gathering(home, rows)
    task.node = node
    task.complete = YES if node.claimed else complete
    emitter = SqlEmitter(rows)
    where = Sides(YES, YES) if node.where is None else emitter.sides(node.where)
    task.where = _kept(rows, where)
    asked = emitter.flags
    emitter.flags = []
    found = CORE.aggregates[node.function].sql(task, emitter)
    flags = list(task.flags)
    if may_be_undefined(home.book, node):
        spoilt = [*asked, *(task.where.may & flag for flag in emitter.flags)]
        if spoilt:
            some = spoilt[0]
            for flag in spoilt[1:]:
                some |= flag
            flags.append(task.count(some) > 0)
        if not node.claimed and doubtful(home.book, node):
            flags.append(~complete)
    kept = [home.sheet.keep(flag) if flag.size > 1 else flag for flag in flags if flag is not NO]
    return held(home.sheet, found), kept


def _kept(rows: RowNames, where: Sides) -> Sides:
    """Return a condition that is read often, its own parts in columns; surely only of members."""
    must, may = where.must, where.may
    if may.size > _LARGE:
        same = must is may
        may = rows.sheet.keep(may)
        must = may if same else must
    if must.size > _LARGE and must is not may:
        must = rows.sheet.keep(must)
    if rows.member is not YES:
        must = must & rows.member
    return Sides(must, may)
