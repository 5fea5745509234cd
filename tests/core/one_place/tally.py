"""A function over records that the core does not have: how many records have something."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import ClassVar, cast

from steelyard.expression import scaled
from steelyard.expression.functions.function import (
    Aggregate,
    Gathering,
    Seen,
    Slow,
    SqlGathering,
    SqlWriting,
    Typing,
    Value,
    note_flags,
)
from steelyard.expression.lines import Emitting, Lines, Span
from steelyard.expression.tree import Node, Over
from steelyard.expression.types import MOST, Number
from steelyard.expression.values import Bounds
from steelyard.messages import Title


class Tally(Aggregate):
    """How many of the records that count have something."""

    name: ClassVar[str] = "tally"
    value: ClassVar[Value] = "condition"
    words: ClassVar[Title] = Title(
        "{register}{where}中“{value}”的条数", "how many of {register}{where} have “{value}”"
    )
    undefined_of_none: ClassVar[bool] = False

    def typed(self, value: Node | None) -> Typing:
        return Typing(Number(0, 0, MOST))

    def slow(self, node: Over, rows: Sequence[Seen], evaluation: Slow, *, complete: bool) -> Bounds:
        pairs = [(where, inner.truth(cast("Node", node.value))) for where, inner in rows]
        low = sum(where.must and has.must for where, has in pairs)
        high = sum(has.may for _, has in pairs)
        return Bounds(Fraction(low), Fraction(high if complete else MOST))

    def result(self, task: Gathering) -> Span:
        return Span(f"{task.name}l", f"{task.name}h")

    def before(self, lines: Lines, task: Gathering) -> None:
        lines.add(f"{task.name}l = {task.name}h = 0")

    def body(self, writer: Emitting, task: Gathering, must: str) -> None:
        n, lines = task.name, writer.lines
        writer.flags = []
        has = writer.sides(cast("Node", task.node.value))
        note_flags(lines, writer.flags, task.flag)
        lines.add(f"if {has.may}: {n}h += 1")
        lines.add(f"if {must} and {has.must}: {n}l += 1")

    def after(self, lines: Lines, task: Gathering) -> None:
        lines.add(f"if not {task.complete}: {task.name}h = {MOST}")

    def sql(self, task: SqlGathering, writer: SqlWriting) -> scaled.Span:
        has = writer.sides(cast("Node", task.node.value))
        low = task.count(task.where.must & has.must)
        high = task.count(task.where.may & has.may)
        return scaled.Span(low, scaled.choose([(task.complete, high)], writer.number(MOST)))
