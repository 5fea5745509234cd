"""How many different values the records of a register have."""

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
    if_there,
    taken,
)
from steelyard.expression.lines import Emitting, Lines, Span
from steelyard.expression.tree import Node, Over
from steelyard.expression.types import MOST, Choice, Number, PartyOf, ranged
from steelyard.expression.values import UNKNOWN, Bounds, Reading
from steelyard.messages import Title

if TYPE_CHECKING:
    from steelyard.expression import scaled


class Distinct(Aggregate):
    """How many different values a field has among the records that count."""

    name: ClassVar[str] = "distinct"
    value: ClassVar[Value] = "field"
    words: ClassVar[Title] = Title(
        "{register}{where}的不同{value}数",
        "the number of distinct {value} of {register}{where}",
    )
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
        field = cast("Node", node.value)
        read = [(where, inner.read(field)) for where, inner in rows]
        there = [(where, value) for where, value in read if value is not None]
        known = {_word(value) for where, value in there if where.must} - {UNKNOWN}
        others = {_word(value) for _, value in there} - {UNKNOWN} - known
        unknown = sum(_word(value) is UNKNOWN for _, value in there)
        sure = any(where.must and _certain(value, field) for where, value in there)
        most = domain(field)
        high = min(most, len(known) + len(others) + unknown) if complete else most
        return Bounds(Fraction(max(len(known), 1 if sure else 0)), Fraction(high))

    def result(self, task: Gathering) -> Span:
        return Span(f"{task.name}l", f"{task.name}h")

    def before(self, lines: Lines, task: Gathering) -> None:
        n = task.name
        lines.add(f"{n}k = set(); {n}t = set(); {n}u = 0; {n}s = False")

    def body(self, writer: Emitting, task: Gathering, must: str) -> None:
        n, lines, node = task.name, writer.lines, cast("Node", task.node.value)
        if ranged(node.type) is None:
            word = writer.word(node)
            lines.add(f"if {word} is UNKNOWN:")
            lines.add(f"    {n}u += 1")
            if not node.nullable:
                lines.add(f"    if {must}: {n}s = True")
            lines.add(f"elif {word} is not None:")
            lines.add(f"    if {must}: {n}k.add({word}); {n}s = True")
            lines.add(f"    else: {n}t.add({word})")
            return
        span = taken(writer, task, node)
        none = f" and not {span.none}" if span.none else ""

        def write() -> None:
            lines.add(f"if {span.low} == {span.high}{none}:")
            lines.add(f"    if {must}: {n}k.add({span.low})")
            lines.add(f"    else: {n}t.add({span.low})")
            lines.add(f"else: {n}u += 1")
            lines.add(f"if {must}{none}: {n}s = True")

        if_there(lines, span, write)

    def after(self, lines: Lines, task: Gathering) -> None:
        n, most = task.name, domain(cast("Node", task.node.value))
        lines.add(f"{n}l, {n}h = distinct_bounds({n}k, {n}t, {n}u, {n}s, {most}, {task.complete})")

    def sql(self, task: SqlGathering, writer: SqlWriting) -> scaled.Span:
        from steelyard.expression import scaled

        node = cast("Node", task.node.value)
        must, may = task.where[:2]
        value: scaled.Term
        if ranged(node.type) is None:
            said = writer.said(node)
            value, known, there = said.text, ~said.unknown & ~said.none, ~said.none
            sure = known if node.nullable else there
        else:
            span = writer.span(node)
            value, there = span.low, span.low.there
            sure = there & ~(span.none or scaled.NO)
            same = scaled.YES if span.low is span.high else span.low.equals(span.high)
            known = sure & same
        least = scaled.choose([(task.count(must & sure) > 0, writer.number(1))], writer.number(0))
        low = scaled.greatest([task.different(value, must & known), least])
        most = writer.number(domain(node))
        unknown = task.count(may & there & ~known)
        high = scaled.least([most, task.different(value, may & known) + unknown])
        return scaled.Span(low, scaled.choose([(task.complete, high)], most))


def domain(node: Node) -> int:
    """Return the most distinct values that a field can have."""
    kind = ranged(node.type)
    if isinstance(node.type, Choice):
        return len(node.type.options)
    if kind is not None and not isinstance(node.type, PartyOf):
        return min(MOST, kind.high - kind.low + 1)
    return MOST


def _word(value: Reading) -> object:
    if isinstance(value, Bounds):
        return value.low if value.low == value.high and not value.none else UNKNOWN
    return value


def _certain(value: Reading, node: Node) -> bool:
    """Whether the record surely has some value, known or not."""
    if isinstance(value, Bounds):
        return not value.none
    return value is not UNKNOWN or not node.nullable


def distinct_bounds(
    known: set[object],
    others: set[object],
    unknown: int,
    sure: bool,  # noqa: FBT001
    most: int,
    complete: bool,  # noqa: FBT001
) -> tuple[int, int]:
    """Return the bounds of a number of distinct values."""
    low = max(len(known), 1 if sure else 0)
    return low, min(most, len(known | others) + unknown) if complete else most


RUNTIME = {"distinct_bounds": distinct_bounds}
