"""The sum of something over the records of a register."""

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
from steelyard.expression.lines import Emitting, Lines, Span
from steelyard.expression.tree import Node, Over
from steelyard.expression.types import MOST, Number, ranged
from steelyard.expression.values import Bounds, exact
from steelyard.messages import Title

if TYPE_CHECKING:
    from steelyard.expression import scaled

_ZERO = Fraction(0)


class Total(Aggregate):
    """The sum of a number over the records that count."""

    name: ClassVar[str] = "total"
    value: ClassVar[Value] = "number"
    words: ClassVar[Title] = Title(
        "{register}{where}的{value}合计", "the total of {value} over {register}{where}"
    )
    undefined_of_none: ClassVar[bool] = False

    def typed(self, value: Node | None) -> Typing:
        kind = _number(value)
        low, high = min(0, kind.low) * MOST, max(0, kind.high) * MOST
        return Typing(Number(kind.scale, low, high), (low, high))

    def slow(
        self,
        node: Over,
        rows: Sequence[Seen],
        evaluation: Slow,
        *,
        complete: bool,
    ) -> Bounds:
        low = high = _ZERO
        for where, inner in rows:
            value = inner.number(cast("Node", node.value))
            if value is None:
                continue
            if where.must and not value.none:
                low, high = low + value.low, high + value.high
            else:
                low, high = low + min(_ZERO, value.low), high + max(_ZERO, value.high)
        kind = cast("Number", node.type)
        if not complete:
            low = exact(kind.low, kind) if kind.low < 0 else low
            high = exact(kind.high, kind) if kind.high > 0 else high
        return Bounds(low, high)

    def result(self, task: Gathering) -> Span:
        return Span(f"{task.name}l", f"{task.name}h")

    def listed(self, task: Gathering) -> str:
        # The core's tree has the field; a tree without it lists nothing.
        return f"{task.name}r" if getattr(task.node, "listed", False) else ""

    def before(self, lines: Lines, task: Gathering) -> None:
        lines.add(f"{task.name}l = {task.name}h = 0")
        if self.listed(task):
            lines.add(f"{self.listed(task)} = []")

    def body(self, writer: Emitting, task: Gathering, must: str) -> None:
        n, lines, kind = task.name, writer.lines, _number(task.node.value)
        span = taken(writer, task, cast("Node", task.node.value))

        def perhaps() -> None:
            if kind.low < 0:
                lines.add(f"if {span.low} < 0: {n}l += {span.low}")
            lines.add(f"if {span.high} > 0: {n}h += {span.high}")

        def write() -> None:
            if self.listed(task):
                lines.add(f"{self.listed(task)}.append(record)")
            sure = surely(must, span)
            if sure != "True" and kind.low >= 0:
                # What is never negative adds to the high end in any case.
                lines.add(f"{n}h += {span.high}")
                lines.add(f"if {sure}: {n}l += {span.low}")
                return
            either(
                lines, sure, lambda: lines.add(f"{n}l += {span.low}; {n}h += {span.high}"), perhaps
            )

        if_there(lines, span, write)

    def after(self, lines: Lines, task: Gathering) -> None:
        n, kind = task.name, cast("Number", task.node.type)
        ends = [f"{n}l = {kind.low}"] if kind.low < 0 else []
        ends += [f"{n}h = {kind.high}"] if kind.high > 0 else []
        if ends:
            lines.add(f"if not {task.complete}: {'; '.join(ends)}")

    def sql(self, task: SqlGathering, writer: SqlWriting) -> scaled.Span:
        from steelyard.expression.scaled import NO, Span, choose

        span = writer.span(cast("Node", task.node.value))
        kind, value = cast("Number", task.node.type), _number(task.node.value)
        sure, may = task.where.must & ~(span.none or NO), task.where.may
        low = task.total(span.low, sure)
        high = low if sure is may and span.low is span.high else task.total(span.high, may)
        if value.low < 0 and sure is not may:
            # What only may count lowers the low end where it is below 0, and raises the high end
            # where it is above.
            perhaps = may & ~sure
            low += task.total(span.low, perhaps & (span.low < 0))
            high = task.total(span.high, sure) + task.total(span.high, perhaps & (span.high > 0))
        least = [(~task.complete, writer.number(kind.low))] if kind.low < 0 else []
        most = [(~task.complete, writer.number(kind.high))] if kind.high > 0 else []
        return Span(choose(least, low), choose(most, high))


def _number(node: Node | None) -> Number:
    return cast("Number", ranged(cast("Node", node).type))
