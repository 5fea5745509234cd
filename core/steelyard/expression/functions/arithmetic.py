"""The size of a number, and a number to fewer places."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import TYPE_CHECKING, ClassVar, cast

from steelyard.expression.functions.function import Scalar, Slow, SqlWriting, Takes, Typing
from steelyard.expression.lines import Emitting, Span, joint
from steelyard.expression.tree import Call, Literal, Node
from steelyard.expression.types import Number, ranged, rescale
from steelyard.expression.values import Bounds, half_away
from steelyard.messages import Title

if TYPE_CHECKING:
    from steelyard.expression import scaled


class Size(Scalar):
    """A number without its sign."""

    name: ClassVar[str] = "abs"
    takes: ClassVar[tuple[Takes, ...]] = ("number",)
    least: ClassVar[int] = 1
    most: ClassVar[int] = 1
    words: ClassVar[Title] = Title("{0}的绝对值", "the size of {0}")

    def typed(self, arguments: Sequence[Node]) -> Typing:
        kind = _number(arguments[0])
        low = max(kind.low, -kind.high, 0)
        return Typing(Number(kind.scale, low, max(abs(kind.low), abs(kind.high))))

    def may_be_undefined(self, node: Call) -> bool:
        return False

    def slow(self, node: Call, evaluation: Slow) -> Bounds | None:
        item = evaluation.number(node.arguments[0])
        if item is None:
            return None
        ends = abs(item.low), abs(item.high)
        least = Fraction(0) if item.low <= 0 <= item.high else min(ends)
        return Bounds(least, max(ends), item.none)

    def compiled(self, node: Call, writer: Emitting) -> Span:
        span = writer.span(node.arguments[0])
        low, high = span[:2]
        return Span(
            *joint(
                writer.lines, [span], lambda: (f"max({low}, -{high}, 0)", f"max(-{low}, {high})")
            )
        )

    def sql(self, node: Call, writer: SqlWriting) -> scaled.Span:
        from steelyard.expression.scaled import Span, greatest

        low, high, none = writer.span(node.arguments[0])
        if low is high:
            size = greatest([low, -low])
            return Span(size, size, none)
        return Span(greatest([low, -high, writer.number(0)]), greatest([-low, high]), none)


class Rounded(Scalar):
    """A number rounded half away from zero, to the places of its type."""

    name: ClassVar[str] = "round"
    takes: ClassVar[tuple[Takes, ...]] = ("number", "places")
    least: ClassVar[int] = 1
    most: ClassVar[int] = 2
    words: ClassVar[Title] = Title("{0}（四舍五入）", "{0} rounded")

    def typed(self, arguments: Sequence[Node]) -> Typing:
        kind = _number(arguments[0])
        wanted = cast("int", cast("Literal", arguments[1]).value) if len(arguments) > 1 else 0
        places = min(wanted, kind.scale)
        ends = (rescale(end, kind.scale, places) for end in (kind.low, kind.high))
        return Typing(Number(places, *ends))

    def may_be_undefined(self, node: Call) -> bool:
        return False

    def slow(self, node: Call, evaluation: Slow) -> Bounds | None:
        item = evaluation.number(node.arguments[0])
        places = cast("Number", node.type).scale
        if item is None:
            return None
        return Bounds(half_away(item.low, places), half_away(item.high, places), item.none)

    def compiled(self, node: Call, writer: Emitting) -> Span:
        span = writer.span(node.arguments[0])
        lost = 10 ** (_number(node.arguments[0]).scale - cast("Number", node.type).scale)
        if lost == 1:
            return span
        return Span(
            *joint(
                writer.lines, [span], lambda: [f"divide({atom}, {lost}, 0)" for atom in span[:2]]
            )
        )

    def sql(self, node: Call, writer: SqlWriting) -> scaled.Span:
        from steelyard.expression.exact import divided_by
        from steelyard.expression.scaled import Span

        low, high, none = writer.span(node.arguments[0])
        kind = cast("Number", node.type)
        lost = 10 ** (_number(node.arguments[0]).scale - kind.scale)
        if lost == 1:
            return Span(low, high, none)
        unit = writer.number(lost)
        first = divided_by(low, unit, 0).within(kind.low, kind.high)
        if low is high:
            return Span(first, first, none)
        return Span(first, divided_by(high, unit, 0).within(kind.low, kind.high), none)


def _number(node: Node) -> Number:
    return cast("Number", ranged(node.type))
