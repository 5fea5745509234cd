"""The mean of something over the records of a register."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import TYPE_CHECKING, ClassVar, cast

from steelyard.expression.functions.function import (
    Aggregate,
    Gathering,
    Seen,
    Slow,
    SqlGathering,
    SqlWriting,
    Typing,
    Value,
    either,
    if_there,
    surely,
    taken,
)
from steelyard.expression.lines import Emitting, Lines, Ratio
from steelyard.expression.ranges import rounding, size_of
from steelyard.expression.tree import Node, Over
from steelyard.expression.types import MOST, SCALE_CAP, Number, Rate, ranged, rescale
from steelyard.expression.values import Bounds, exact
from steelyard.messages import Title

if TYPE_CHECKING:
    from steelyard.expression import scaled


class MeanOver(Aggregate):
    """The mean of a number over the records that count and have one."""

    name: ClassVar[str] = "mean"
    value: ClassVar[Value] = "number"
    words: ClassVar[Title] = Title(
        "{register}{where}的{value}平均值", "the mean of {value} over {register}{where}"
    )
    undefined_of_none: ClassVar[bool] = True

    def typed(self, value: Node | None) -> Typing:
        kind = _number(value)
        low, high = (rescale(end, kind.scale, SCALE_CAP) for end in (kind.low, kind.high))
        top, bottom = size_of(kind) * MOST, MOST * 10**kind.scale
        return Typing(Rate(SCALE_CAP, low, high, top, bottom), rounding(top, bottom))

    def slow(self, node: Over, rows: Sequence[Seen], evaluation: Slow, *, complete: bool) -> Bounds:
        read = [(where, inner.number(cast("Node", node.value))) for where, inner in rows]
        there = [(where, value) for where, value in read if value is not None]
        must = [value for where, value in there if where.must and not value.none]
        may = [value for where, value in there if not where.must or value.none]
        if not must:
            evaluation.undefined = True
        if not must or not complete:
            kind = cast("Rate", node.type)
            return Bounds(exact(kind.low, kind), exact(kind.high, kind))
        lows, highs = sorted(value.low for value in may), sorted(value.high for value in may)
        # The least mean takes some of the least that may count, the greatest some of the greatest.
        return Bounds(
            min(
                _mean([*(value.low for value in must), *lows[:count]])
                for count in range(len(may) + 1)
            ),
            max(
                _mean([*(value.high for value in must), *highs[len(may) - count :]])
                for count in range(len(may) + 1)
            ),
        )

    def result(self, task: Gathering) -> Ratio:
        n = task.name
        return Ratio(f"{n}l", f"{n}m", f"{n}h", f"{n}n")

    def before(self, lines: Lines, task: Gathering) -> None:
        n = task.name
        lines.add(f"{n}l = {n}h = {n}m = 0; {n}p = []; {n}q = []")

    def body(self, writer: Emitting, task: Gathering, must: str) -> None:
        n, lines = task.name, writer.lines
        span = taken(writer, task, cast("Node", task.node.value))
        if_there(
            lines,
            span,
            lambda: either(
                lines,
                surely(must, span),
                lambda: lines.add(f"{n}l += {span.low}; {n}h += {span.high}; {n}m += 1"),
                lambda: lines.add(f"{n}p.append({span.low}); {n}q.append({span.high})"),
            ),
        )

    def after(self, lines: Lines, task: Gathering) -> None:
        n, value = task.name, _number(task.node.value)
        unit = 10**value.scale
        lines.add(f"if not {n}m: {task.flag} = True")
        lines.add(f"if {n}m and {task.complete}:")
        lines.add(f"    {n}n = {n}m")
        lines.add(f"    if {n}p:")
        lines.add(f"        {n}l, {n}m = least_mean({n}l, {n}m, {n}p)")
        lines.add(f"        {n}h, {n}n = greatest_mean({n}h, {n}n, {n}q)")
        if unit > 1:
            lines.add(f"    {n}m *= {unit}; {n}n *= {unit}")
        lines.add(f"else: {n}l, {n}m, {n}h, {n}n = {value.low}, {unit}, {value.high}, {unit}")

    def sql(self, task: SqlGathering, writer: SqlWriting) -> scaled.Ratio:
        from steelyard.expression.scaled import NO, Ratio, choose

        span = writer.span(cast("Node", task.node.value))
        value = _number(task.node.value)
        sure = task.where.must & ~(span.none or NO) & span.low.there
        perhaps = task.where.may & ~sure & span.low.there
        nothing = task.count(sure) <= 0
        task.note(nothing)
        ends = []
        for end, most in ((span.low, False), (span.high, True)):
            top, under = task.nearest(end, sure, perhaps, most=most)
            ends += [top, under * 10**value.scale]
        unit = 10**value.scale
        open_ = nothing | ~task.complete
        edges = (writer.number(one) for one in (value.low, unit, value.high, unit))
        kept = [
            task.keep(choose([(open_, one)], two)) for one, two in zip(edges, ends, strict=True)
        ]
        dens = [end.within(1, end.high) for end in kept[1::2]]
        return Ratio(kept[0], dens[0], kept[2], dens[1])


def least_mean(total: int, count: int, others: list[int]) -> tuple[int, int]:
    """Return the sum and number of those of the least mean, from those that count and others that
    may.
    """
    for value in sorted(others):
        if value * count >= total:
            break
        total, count = total + value, count + 1
    return total, count


def greatest_mean(total: int, count: int, others: list[int]) -> tuple[int, int]:
    """Return the same of the greatest mean."""
    for value in sorted(others, reverse=True):
        if value * count <= total:
            break
        total, count = total + value, count + 1
    return total, count


def _mean(numbers: Sequence[Fraction]) -> Fraction:
    return sum(numbers, Fraction(0)) / len(numbers)


def _number(node: Node | None) -> Number:
    return cast("Number", ranged(cast("Node", node).type))


RUNTIME = {"least_mean": least_mean, "greatest_mean": greatest_mean}
