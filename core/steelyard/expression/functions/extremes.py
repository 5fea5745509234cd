"""The least and the greatest: of some values, and over the records of a register."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from fractions import Fraction
from typing import TYPE_CHECKING, ClassVar, cast

from steelyard.expression.functions.function import (
    Aggregate,
    Gathering,
    Scalar,
    Seen,
    Slow,
    SqlGathering,
    SqlWriting,
    Takes,
    Typing,
    Value,
    if_there,
    surely,
    taken,
)
from steelyard.expression.lines import Emitting, Lines, Ratio, Span, joint, moved, nearer
from steelyard.expression.ranges import chosen, crossed
from steelyard.expression.tree import Call, Comparison, Literal, Node, Over
from steelyard.expression.types import Date, Number, Rate, plain, ranged
from steelyard.expression.values import Bounds, exact
from steelyard.messages import Language, Title

if TYPE_CHECKING:
    from steelyard.expression import scaled


class _Pick(Scalar):
    """One of some numbers or dates: the one at an end."""

    takes: ClassVar[tuple[Takes, ...]] = ("alike",)
    least: ClassVar[int] = 2
    most: ClassVar[int] = 9
    pick: ClassVar[Callable[..., int]]
    bound: ClassVar[Title]

    def phrase(self, node: Call, read: Callable[[Node], str], language: Language) -> str:
        """Return it in words; what is held against one figure is said with that as its bound."""
        bounds = [one for one in node.arguments if isinstance(one, Literal)]
        if len(node.arguments) == len(bounds) + 1 == 2:  # one, and its bound
            (held,) = (one for one in node.arguments if one is not bounds[0])
            return self.bound.of(language).format(value=read(held), bound=read(bounds[0]))
        return super().phrase(node, read, language)

    def typed(self, arguments: Sequence[Node]) -> Typing:
        kinds = [ranged(argument.type) for argument in arguments]
        pick = type(self).pick
        if isinstance(kinds[0], Date):
            days = cast("list[Date]", kinds)
            return Typing(Date(pick(day.low for day in days), pick(day.high for day in days)))
        numbers = cast("list[Number]", kinds)
        return Typing(chosen(numbers, pick, pick), crossed(numbers))

    def may_be_undefined(self, node: Call) -> bool:
        return False

    def slow(self, node: Call, evaluation: Slow) -> Bounds | None:
        items = [evaluation.bounds(argument) for argument in node.arguments]
        there = [item for item in items if item is not None]
        if len(there) < len(items):
            return None
        pick = cast("Callable[[Iterable[Fraction]], Fraction]", type(self).pick)
        return Bounds(
            pick(item.low for item in there),
            pick(item.high for item in there),
            any(item.none for item in there),
        )

    def compiled(self, node: Call, writer: Emitting) -> Span | Ratio:
        if isinstance(node.type, Rate):
            return self._of_rates(node, writer)
        spans = [writer.span(argument) for argument in node.arguments]
        scale = node.type.scale if isinstance(node.type, Number) else 0

        def write() -> Sequence[str]:
            ends: list[list[str]] = [[], []]
            for span, argument in zip(spans, node.arguments, strict=True):
                own = ranged(argument.type)
                places = own.scale if isinstance(own, Number) else 0
                for end, atom in zip(ends, span[:2], strict=True):
                    end.append(moved(atom, places, scale))
            return [f"{self.name}({', '.join(end)})" for end in ends]

        return Span(*joint(writer.lines, spans, write))

    def _of_rates(self, node: Call, writer: Emitting) -> Ratio:
        ratios = [writer.ratio(argument) for argument in node.arguments]

        def write() -> Sequence[str]:
            low, high = ratios[0][:2], ratios[0][2:4]
            op = "<=" if self.name == "min" else ">="
            for ratio in ratios[1:]:
                low = nearer(writer.lines, low, ratio[:2], "<=" if op == "<=" else ">=")
                high = nearer(writer.lines, high, ratio[2:4], "<=" if op == "<=" else ">=")
            return (*low, *high)

        return Ratio(*joint(writer.lines, ratios, write))

    def sql(self, node: Call, writer: SqlWriting) -> scaled.Span | scaled.Ratio:
        from steelyard.expression import scaled
        from steelyard.expression.exact import either_none, moved

        if isinstance(node.type, Rate):
            return self._rates_sql(node, writer)
        scale = node.type.scale if isinstance(node.type, Number) else 0
        spans = []
        for argument in node.arguments:
            own = ranged(argument.type)
            places = own.scale if isinstance(own, Number) else scale
            spans.append(moved(writer.span(argument), places, scale))
        pick = scaled.least if self.name == "min" else scaled.greatest
        low = pick([span.low for span in spans])
        same = all(span.low is span.high for span in spans)
        high = low if same else pick([span.high for span in spans])
        return scaled.Span(low, high, either_none(*spans))

    def _rates_sql(self, node: Call, writer: SqlWriting) -> scaled.Ratio:
        from steelyard.expression import scaled
        from steelyard.expression.exact import either_none, nearer

        ratios = [writer.ratio(argument) for argument in node.arguments]
        low, high = ratios[0][:2], ratios[0][2:4]
        op: Comparison = "<=" if self.name == "min" else ">="
        for ratio in ratios[1:]:
            low, high = nearer(low, ratio[:2], op), nearer(high, ratio[2:4], op)
            low = writer.keep(low[0]), writer.keep(low[1])
            high = writer.keep(high[0]), writer.keep(high[1])
        there = scaled.every(ratio.low_num.there for ratio in ratios)
        ends = [writer.keep(scaled.or_null(there, end)) for end in (*low, *high)]
        return scaled.Ratio(ends[0], ends[1], ends[2], ends[3], either_none(*ratios))


class Least(_Pick):
    """The least of some numbers or dates."""

    name: ClassVar[str] = "min"
    words: ClassVar[Title] = Title("{all}中最小者", "the least of {all}")
    bound: ClassVar[Title] = Title("{value}（至多{bound}）", "{value} (at most {bound})")
    pick: ClassVar[Callable[..., int]] = min


class Greatest(_Pick):
    """The greatest of some numbers or dates."""

    name: ClassVar[str] = "max"
    words: ClassVar[Title] = Title("{all}中最大者", "the greatest of {all}")
    bound: ClassVar[Title] = Title("{value}（至少{bound}）", "{value} (at least {bound})")
    pick: ClassVar[Callable[..., int]] = max


class _Extreme(Aggregate):
    """The value at an end of those of the records that count."""

    value: ClassVar[Value] = "ranged"
    undefined_of_none: ClassVar[bool] = True
    upward: ClassVar[bool]

    def typed(self, value: Node | None) -> Typing:
        kind = ranged(cast("Node", value).type)
        return Typing(plain(cast("Number | Date", kind)))

    def nullable(self, value: Node | None) -> bool:
        return value is not None and value.nullable

    def slow(
        self, node: Over, rows: Sequence[Seen], evaluation: Slow, *, complete: bool
    ) -> Bounds | None:
        read = [(where, inner.number(cast("Node", node.value))) for where, inner in rows]
        there = [(where, value) for where, value in read if value is not None]
        must = [value for where, value in there if where.must and not value.none]
        kind = cast("Number | Date", node.type)
        whole = Bounds(exact(kind.low, kind), exact(kind.high, kind))
        if not must:
            evaluation.undefined = True
            return whole
        may = [value for _, value in there]
        if self.upward:
            high = max(value.high for value in may) if complete else whole.high
            return Bounds(max(value.low for value in must), high)
        low = min(value.low for value in may) if complete else whole.low
        return Bounds(low, min(value.high for value in must))

    def result(self, task: Gathering) -> Span:
        return Span(f"{task.name}l", f"{task.name}h")

    def before(self, lines: Lines, task: Gathering) -> None:
        lines.add(f"{task.name}l = {task.name}h = None")

    def body(self, writer: Emitting, task: Gathering, must: str) -> None:
        n, lines = task.name, writer.lines
        span = taken(writer, task, cast("Node", task.node.value))
        # The far end moves with any record that may count, the near end only with those that must.
        far, near = ("h", "l") if self.upward else ("l", "h")
        outer, inner = (span.high, span.low) if self.upward else (span.low, span.high)
        sign = ">" if self.upward else "<"

        def write() -> None:
            sure = surely(must, span)
            lines.add(f"if {n}{far} is None or {outer} {sign} {n}{far}: {n}{far} = {outer}")
            better = f"({n}{near} is None or {inner} {sign} {n}{near})"
            lines.add(f"if {sure} and {better}: {n}{near} = {inner}")

        if_there(lines, span, write)

    def after(self, lines: Lines, task: Gathering) -> None:
        n, kind = task.name, cast("Number | Date", task.node.type)
        near, far, edge = ("l", "h", kind.high) if self.upward else ("h", "l", kind.low)
        lines.add(f"if {n}{near} is None: {n}l, {n}h, {task.flag} = {kind.low}, {kind.high}, True")
        lines.add(f"elif not {task.complete}: {n}{far} = {edge}")

    def sql(self, task: SqlGathering, writer: SqlWriting) -> scaled.Span:
        from steelyard.expression.scaled import NO, Span, choose

        span = writer.span(cast("Node", task.node.value))
        kind = cast("Number | Date", task.node.type)
        sure = task.where.must & ~(span.none or NO)
        outer, inner = (span.high, span.low) if self.upward else (span.low, span.high)
        near = task.extreme(inner, sure, most=self.upward)
        if sure is task.where.may and inner is outer:
            far = near
        else:
            far = task.extreme(outer, task.where.may, most=self.upward)
        nothing = ~near.there
        task.note(nothing)
        low, high = writer.number(kind.low), writer.number(kind.high)
        near_edge, far_edge = (low, high) if self.upward else (high, low)
        open_ = [(nothing | ~task.complete, far_edge)]
        found_near = choose([(nothing, near_edge)], near).at_most_null(nullable=False)
        found_far = choose(open_, far).at_most_null(nullable=False)
        least, greatest = (found_near, found_far) if self.upward else (found_far, found_near)
        return Span(least, greatest)


class Highest(_Extreme):
    """The greatest number or date of the records that count."""

    name: ClassVar[str] = "highest"
    words: ClassVar[Title] = Title(
        "{register}{where}的最高{value}", "the highest {value} of {register}{where}"
    )
    upward: ClassVar[bool] = True


class Lowest(_Extreme):
    """The least number or date of the records that count."""

    name: ClassVar[str] = "lowest"
    words: ClassVar[Title] = Title(
        "{register}{where}的最低{value}", "the lowest {value} of {register}{where}"
    )
    upward: ClassVar[bool] = False
