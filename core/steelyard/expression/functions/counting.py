"""How many records count, whether there are any, and whether all of them have something."""

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
    note_flags,
)
from steelyard.expression.lines import Emitting, Lines, Sides, Span
from steelyard.expression.tree import Node, Over
from steelyard.expression.types import MOST, Boolean, Number
from steelyard.expression.values import Bounds, Truth
from steelyard.messages import Title

if TYPE_CHECKING:
    from steelyard.expression import scaled


class Count(Aggregate):
    """How many records count."""

    name: ClassVar[str] = "count"
    value: ClassVar[Value] = "none"
    words: ClassVar[Title] = Title("{register}{where}的条数", "the number of {register}{where}")
    undefined_of_none: ClassVar[bool] = False

    def typed(self, value: Node | None) -> Typing:
        return Typing(Number(0, 0, MOST))

    def slow(
        self,
        node: Over,
        rows: Sequence[Seen],
        evaluation: Slow,
        *,
        complete: bool,
    ) -> Bounds:
        sure = sum(where.must for where, _ in rows)
        return Bounds(Fraction(sure), Fraction(len(rows) if complete else MOST))

    def result(self, task: Gathering) -> Span:
        return Span(f"{task.name}l", f"{task.name}h")

    def before(self, lines: Lines, task: Gathering) -> None:
        lines.add(f"{task.name}l = {task.name}h = 0")

    def body(self, writer: Emitting, task: Gathering, must: str) -> None:
        n, lines = task.name, writer.lines
        either(
            lines,
            must,
            lambda: lines.add(f"{n}l += 1; {n}h += 1"),
            lambda: lines.add(f"{n}h += 1"),
        )

    def after(self, lines: Lines, task: Gathering) -> None:
        lines.add(f"if not {task.complete}: {task.name}h = {MOST}")

    def sql(self, task: SqlGathering, writer: SqlWriting) -> scaled.Span:
        from steelyard.expression.scaled import YES, Span, choose

        low = task.count(task.where.must)
        high = low if task.where.must is task.where.may else task.count(task.where.may)
        if task.complete is YES:
            return Span(low, high)
        return Span(low, choose([(task.complete, high)], writer.number(MOST)))


class AnyOf(Aggregate):
    """Whether a record counts."""

    name: ClassVar[str] = "any"
    value: ClassVar[Value] = "none"
    words: ClassVar[Title] = Title("有{register}{where}", "there are {register}{where}")
    undefined_of_none: ClassVar[bool] = False

    def typed(self, value: Node | None) -> Typing:
        return Typing(Boolean())

    def slow(
        self,
        node: Over,
        rows: Sequence[Seen],
        evaluation: Slow,
        *,
        complete: bool,
    ) -> Truth:
        return Truth(any(where.must for where, _ in rows), not complete or bool(rows))

    def result(self, task: Gathering) -> Sides:
        return Sides(f"{task.name}m", f"{task.name}y")

    def before(self, lines: Lines, task: Gathering) -> None:
        lines.add(f"{task.name}m = {task.name}y = False")

    def body(self, writer: Emitting, task: Gathering, must: str) -> None:
        n, lines = task.name, writer.lines
        either(
            lines,
            must,
            lambda: lines.add(f"{n}m = {n}y = True"),
            lambda: lines.add(f"{n}y = True"),
        )

    def after(self, lines: Lines, task: Gathering) -> None:
        lines.add(f"if not {task.complete}: {task.name}y = True")

    def sql(self, task: SqlGathering, writer: SqlWriting) -> scaled.Sides:
        from steelyard.expression.scaled import Sides

        must = task.count(task.where.must) > 0
        may = must if task.where.must is task.where.may else task.count(task.where.may) > 0
        return Sides(must, may | ~task.complete)


class Every(Aggregate):
    """Whether all records that count have something."""

    name: ClassVar[str] = "every"
    value: ClassVar[Value] = "condition"
    words: ClassVar[Title] = Title(
        "{register}{where}均“{value}”", "every one of {register}{where} has “{value}”"
    )
    undefined_of_none: ClassVar[bool] = False

    def typed(self, value: Node | None) -> Typing:
        return Typing(Boolean())

    def slow(
        self,
        node: Over,
        rows: Sequence[Seen],
        evaluation: Slow,
        *,
        complete: bool,
    ) -> Truth:
        pairs = [(where, inner.truth(cast("Node", node.value))) for where, inner in rows]
        may_fail = any(not has.must for _, has in pairs)
        return Truth(
            complete and not may_fail, not any(where.must and not has.may for where, has in pairs)
        )

    def result(self, task: Gathering) -> Sides:
        return Sides(f"{task.name}m", f"{task.name}y")

    def before(self, lines: Lines, task: Gathering) -> None:
        lines.add(f"{task.name}m = {task.name}y = True")

    def body(self, writer: Emitting, task: Gathering, must: str) -> None:
        n, lines = task.name, writer.lines
        writer.flags = []
        has = writer.sides(cast("Node", task.node.value))
        note_flags(lines, writer.flags, task.flag)
        lines.add(f"if not {has.must}:")
        lines.add(f"    {n}m = False")
        lines.add(f"    if {must} and not {has.may}: {n}y = False")

    def after(self, lines: Lines, task: Gathering) -> None:
        lines.add(f"if not {task.complete}: {task.name}m = False")

    def sql(self, task: SqlGathering, writer: SqlWriting) -> scaled.Sides:
        from steelyard.expression.scaled import Sides

        has = writer.sides(cast("Node", task.node.value))
        spoilt = task.count(task.where.may & ~has.must) <= 0
        lacking = task.count(task.where.must & ~has.may) <= 0
        return Sides(task.complete & spoilt, lacking)
