"""The share of one of two counts, and of the records of a register that have something."""

from __future__ import annotations

from collections.abc import Sequence
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
    note_flags,
)
from steelyard.expression.lines import Emitting, Lines, Ratio, absent, joint, moved
from steelyard.expression.ranges import rounding, size_of
from steelyard.expression.tree import Call, Node, Over
from steelyard.expression.types import RATE, SCALE_CAP, Number, Rate, ranged
from steelyard.expression.values import Bounds
from steelyard.messages import Title

if TYPE_CHECKING:
    from steelyard.expression import scaled

_ANY = Bounds(Fraction(0), Fraction(1))


class PartOfBoth(Scalar):
    """The first of two counts as a part of both: a / (a + b)."""

    name: ClassVar[str] = "part"
    takes: ClassVar[tuple[Takes, ...]] = ("amount",)
    least: ClassVar[int] = 2
    most: ClassVar[int] = 2
    words: ClassVar[Title] = Title("{all}中前者所占比例", "the part of the first in {all}")

    def typed(self, arguments: Sequence[Node]) -> Typing:
        kinds, scale = _counts(arguments)
        sizes = [size_of(kind) * 10 ** (scale - kind.scale) for kind in kinds]
        kind = Rate(SCALE_CAP, 0, 10**SCALE_CAP, sizes[0], sum(sizes))
        return Typing(kind, rounding(kind.top, kind.bottom))

    def may_be_undefined(self, node: Call) -> bool:
        return all(kind.low <= 0 for kind in _counts(node.arguments)[0])

    def slow(self, node: Call, evaluation: Slow) -> Bounds | None:
        first, second = (evaluation.number(argument) for argument in node.arguments)
        if first is None or second is None:
            return None
        none = first.none or second.none
        if first.low + second.low <= 0:
            evaluation.undefined = True
            return _ANY._replace(none=none)
        low = first.low / (first.low + second.high)
        return Bounds(low, first.high / (first.high + second.low), none)

    def compiled(self, node: Call, writer: Emitting) -> Ratio:
        kinds, scale = _counts(node.arguments)
        lines = writer.lines
        spans = [writer.span(argument) for argument in node.arguments]
        zero = ""
        if self.may_be_undefined(node):
            gone, _ = absent(spans)
            text = f"{spans[0].low} <= 0 and {spans[1].low} <= 0"
            zero = lines.atom(f"not ({gone}) and {text}" if gone else text)
            writer.flags.append(zero)

        def write() -> Sequence[str]:
            (al, ah), (bl, bh) = (
                [lines.atom(moved(atom, kind.scale, scale)) for atom in span[:2]]
                for span, kind in zip(spans, kinds, strict=True)
            )
            if not zero:
                return al, f"{al} + {bh}", ah, f"{ah} + {bl}"
            names = [lines.fresh() for _ in range(4)]
            lines.add(f"if {zero}: {', '.join(names)} = 0, 1, 1, 1")
            lines.add(f"else: {', '.join(names)} = {al}, {al} + {bh}, {ah}, {ah} + {bl}")
            return names

        return Ratio(*joint(lines, spans, write))

    def sql(self, node: Call, writer: SqlWriting) -> scaled.Ratio:
        from steelyard.expression.exact import either_none, moved
        from steelyard.expression.scaled import NO, Ratio, choose, or_null, some

        kinds, scale = _counts(node.arguments)
        spans = [
            moved(writer.span(argument), kind.scale, scale)
            for argument, kind in zip(node.arguments, kinds, strict=True)
        ]
        gone = some(~span.low.there for span in spans)
        (al, ah), (bl, bh) = ((writer.keep(s.low), writer.keep(s.high)) for s in spans)
        same = all(span.low is span.high for span in spans)
        ends = [al, al + bh] if same else [al, al + bh, ah, ah + bl]
        if self.may_be_undefined(node):
            zero = writer.keep((al <= 0) & (bl <= 0))
            writer.flags.append(zero)
            edges = (writer.number(value) for value in (0, 1, 1, 1))
            whole = [al, al + bh, ah, ah + bl]
            ends = [choose([(zero, one)], two) for one, two in zip(edges, whole, strict=True)]
        if gone is not NO:
            ends = [or_null(~gone, end) for end in ends]
        kept = [writer.keep(end) for end in ends]
        dens = [end.within(1, end.high) for end in kept[1::2]]
        return Ratio(kept[0], dens[0], kept[-2], dens[-1], either_none(*spans))


def _counts(arguments: Sequence[Node]) -> tuple[list[Number], int]:
    kinds = [cast("Number", ranged(argument.type)) for argument in arguments]
    return kinds, max(kind.scale for kind in kinds)


class Share(Aggregate):
    """Which part of the records that count has something.

    Records are counted by whether they count and whether they have it, each yes, open or no: the
    names end in a (yes, yes), b (yes, open), d (yes, no), e (open, yes), g (open, open), i (open,
    no).
    """

    name: ClassVar[str] = "share"
    value: ClassVar[Value] = "condition"
    words: ClassVar[Title] = Title(
        "{register}{where}中“{value}”的比例", "the share with “{value}” among {register}{where}"
    )
    undefined_of_none: ClassVar[bool] = True

    def typed(self, value: Node | None) -> Typing:
        return Typing(RATE)

    def slow(self, node: Over, rows: Sequence[Seen], evaluation: Slow, *, complete: bool) -> Bounds:
        pairs = [(where, inner.truth(cast("Node", node.value))) for where, inner in rows]
        sure_in = sum(where.must for where, _ in pairs)
        if not complete or not sure_in:
            # Nothing may be asked of, or more may come: the share may be anything or nothing.
            evaluation.undefined = evaluation.undefined or not sure_in
            return _ANY
        a = sum(where.must and has.must for where, has in pairs)
        b = sum(where.must and has.may and not has.must for where, has in pairs)
        e = sum(not where.must and has.must for where, has in pairs)
        g = sum(not where.must and has.may and not has.must for where, has in pairs)
        i = sum(not where.must and not has.may for where, has in pairs)
        return Bounds(Fraction(a, sure_in + g + i), Fraction(a + b + e + g, sure_in + e + g))

    def result(self, task: Gathering) -> Ratio:
        n = task.name
        return Ratio(f"{n}l", f"{n}m", f"{n}h", f"{n}n")

    def before(self, lines: Lines, task: Gathering) -> None:
        n = task.name
        lines.add(f"{n}a = {n}b = {n}d = {n}e = {n}g = {n}i = 0")

    def body(self, writer: Emitting, task: Gathering, must: str) -> None:
        n, lines = task.name, writer.lines
        writer.flags = []
        has = writer.sides(cast("Node", task.node.value))
        note_flags(lines, writer.flags, task.flag)
        known = has.must == has.may

        def count(yes: str, open_: str, no: str, lead: str = "if") -> None:
            lines.add(f"{lead} {has.must}: {n}{yes} += 1")
            if not known:
                lines.add(f"elif {has.may}: {n}{open_} += 1")
            lines.add(f"else: {n}{no} += 1")

        if must == "True":
            count("a", "b", "d")
            return
        lines.add(f"if {must}:")
        lines.depth += 1
        count("a", "b", "d")
        lines.depth -= 1
        count("e", "g", "i", "elif")

    def after(self, lines: Lines, task: Gathering) -> None:
        n = task.name
        lines.add(f"{n}n = {n}a + {n}b + {n}d")
        lines.add(f"if not {n}n: {task.flag} = True")
        lines.add(f"if {n}n and {task.complete}:")
        lines.add(f"    {n}l = {n}a; {n}m = {n}n + {n}g + {n}i")
        lines.add(f"    {n}h = {n}a + {n}b + {n}e + {n}g; {n}n += {n}e + {n}g")
        lines.add(f"else: {n}l = 0; {n}m = {n}h = {n}n = 1")

    def sql(self, task: SqlGathering, writer: SqlWriting) -> scaled.Ratio:
        from steelyard.expression.scaled import Ratio, choose

        has = writer.sides(cast("Node", task.node.value))
        must, perhaps = task.where.must, task.where.may & ~task.where.must
        sure = task.count(must)
        low = task.count(must & has.must)
        high = low if has.must is has.may else task.count(must & has.may)
        under = top = sure
        if task.where.must is not task.where.may:
            gains = task.count(perhaps & has.may)
            under = sure + task.count(perhaps & ~has.must)
            high, top = high + gains, sure + gains
        nothing = sure <= 0
        task.note(nothing)
        open_ = nothing | ~task.complete
        zero, one = writer.number(0), writer.number(1)
        low = task.keep(choose([(open_, zero)], low))
        under, high, top = (task.keep(choose([(open_, one)], end)) for end in (under, high, top))
        return Ratio(low, under.within(1, under.high), high, top.within(1, top.high))
