"""The compiled reading: a tree becomes lines of Python over scaled integers, two-sided and
exact.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import assert_never, cast

from steelyard.expression.functions.table import CORE, Functions
from steelyard.expression.kinds import Kind
from steelyard.expression.lines import (
    Lines,
    Names,
    Quotient,
    Ratio,
    Sides,
    Span,
    absent,
    bare,
    compared,
    joint,
    lowest,
    moved,
    nearer,
    ordered,
    pairs_of,
    rounded,
    same_end,
    times,
)
from steelyard.expression.ranges import factors, held_by, is_ratio, whole_quotient
from steelyard.expression.tree import (
    Arithmetic,
    Call,
    Choose,
    Compare,
    Literal,
    Logic,
    Name,
    Node,
    Not,
    Over,
    Present,
    Reach,
    Within,
)
from steelyard.expression.types import SCALE_CAP, Boolean, Choice, Number, Rate, ranged, rescale
from steelyard.expression.types import divide as divide_units
from steelyard.expression.values import UNKNOWN

__all__ = [
    "RUNTIME",
    "Emitter",
    "Lines",
    "Names",
    "Quotient",
    "Ratio",
    "Sides",
    "Span",
    "bare",
    "runtime",
    "settled",
]


class Emitter:
    """Writes one expression; `flags` gathers the conditions under which it may be undefined."""

    def __init__(self, lines: Lines, names: Names, functions: Functions = CORE) -> None:
        """Take where to write, where to find names, and the functions there are."""
        self.lines = lines
        self.names = names
        self.functions = functions
        self.flags: list[str] = []

    def span(self, node: Node) -> Span:
        """Write a number, date or position; a rate is rounded to its places."""
        match cast("Kind", node):
            case Literal(value=value, type=kind):
                place = kind.options.index(str(value)) if isinstance(kind, Choice) else int(value)
                return Span(str(place), str(place))
            case Name(inner=Node() as inner):
                return self._claimed(inner, node)
            case Name() | Reach() as name:
                self.flags.extend(self.names.flags(name))
                return self.names.span(name)
            case Arithmetic() as sum_:
                return self._rounded(node) if sum_.op == "/" else self._arithmetic(sum_)
            case Choose() as choice:
                return self._rounded(node) if is_ratio(node) else self._choose(choice)
            case Call() as call:
                found = self._call(call)
                return self._number(found, node) if isinstance(found, Ratio) else found
            case Over() as over:
                ready, flags = self.names.over(over)
                self.flags.extend(flags)
                return ready.span() if isinstance(ready, Quotient) else cast("Span", ready)
            case Present(item=item):
                return self.span(item)._replace(none="False")
            case Not() | Logic() | Compare() | Within():
                raise AssertionError(node)
            case never:
                assert_never(never)

    def ratio(self, node: Node) -> Ratio:
        """Write a number, date or position as pairs of integers; a rate exactly."""
        if not is_ratio(node):
            kind = ranged(node.type)
            return pairs_of(self.span(node), kind.scale if isinstance(kind, Number) else 0)
        match cast("Kind", node):
            case Name(inner=Node() as inner):
                own, held = cast("Rate", ranged(inner.type)), cast("Rate", ranged(node.type))
                return self._held(self.ratio(inner), own, held.low, held.high, both=True)
            case Name() | Reach() as name:
                self.flags.extend(self.names.flags(name))
                return self.names.ratio(name)
            case Arithmetic() as quotient:
                return self._divide(quotient)
            case Choose() as choice:
                return self._choose_rate(choice)
            case Call() as call:
                return cast("Ratio", self._call(call))
            case Over() as over:
                ready, flags = self.names.over(over)
                self.flags.extend(flags)
                return cast("Quotient", ready).ratio
            case Present(item=item):
                return self.ratio(item)._replace(none="False")
            case Literal() | Not() | Logic() | Compare() | Within():
                raise AssertionError(node)
            case never:
                assert_never(never)

    def sides(self, node: Node) -> Sides:
        """Write a condition."""
        match cast("Kind", node):
            case Literal(value=value):
                return Sides(str(bool(value)), str(bool(value)))
            case Name(inner=Node() as inner):
                return self.sides(inner)
            case Name() | Reach() as name:
                self.flags.extend(self.names.flags(name))
                return self.names.sides(name)
            case Not(item=item):
                inside = self.sides(item)
                return _paired(
                    f"(not {inside.may})", f"(not {inside.must})", same=inside.must == inside.may
                )
            case Logic(op=op, items=items):
                sides = [self.sides(item) for item in items]
                must = "(" + f" {op} ".join(side.must for side in sides) + ")"
                may = "(" + f" {op} ".join(side.may for side in sides) + ")"
                return Sides(must, may)
            case Compare() as comparison:
                return self._compare(comparison)
            case Within(item=item, options=options):
                return self._within(item, options)
            case Choose(condition=condition, then=then, otherwise=otherwise):
                test, one, two = self.sides(condition), self.sides(then), self.sides(otherwise)
                ends = (
                    f"({a} if {test.must} else {b} if not {test.may} else ({a} {both} {b}))"
                    for a, b, both in ((one.must, two.must, "and"), (one.may, two.may, "or"))
                )
                return Sides(*ends)
            case Call() as call:
                return cast("Sides", self._function(call))
            case Over() as over:
                found, flags = self.names.over(over)
                self.flags.extend(flags)
                return cast("Sides", found)
            case Arithmetic() | Present():
                raise AssertionError(node)
            case never:
                assert_never(never)

    def word(self, node: Node) -> str:
        """Write a text, option, tick or party."""
        match cast("Kind", node):
            case Literal(value=value):
                return repr(value)
            case Name(inner=Node() as inner):
                return self.word(inner)
            case Name() | Reach() as name:
                return self.names.word(name)
            case (
                Not()
                | Logic()
                | Compare()
                | Within()
                | Arithmetic()
                | Choose()
                | Call()
                | Over()
                | Present()
            ):
                raise AssertionError(node)
            case never:
                assert_never(never)

    def fact(
        self, node: Node, low: int | None, high: int | None, *, both: bool = False
    ) -> Span | Sides | Quotient:
        """Write a derived fact within its declared bounds, as what its name then stands for; with
        `both` either end is held by either bound.
        """
        if isinstance(node.type, Boolean):
            return Sides(*(self.lines.atom(text) for text in self.sides(node)))
        kind = ranged(node.type)
        if isinstance(kind, Rate):
            quotient = Quotient(self._held(self.ratio(node), kind, low, high), kind)
            quotient.stand(self.lines)
            return quotient
        span = self.span(node)
        ends = [span.low, span.high]
        for place, bound, sign in held_by(cast("Number", kind), low, high, both=both):
            pair = f"{ends[place]}, {bound}"
            ends[place] = f"max({pair})" if sign == "<" else f"min({pair})"
        if ends == [span.low, span.high]:
            return span
        guard = f" if {span.low} is not None else None" if span.none else ""
        least, most = (self.lines.atom(f"{end}{guard}") for end in ends)
        return Span(least, most, span.none)

    def _claimed(self, node: Node, name: Node) -> Span:
        """Write a derived fact that a bonus claims; what its type says of its range must hold,
        though what is shown alone, with more to come, may lie beyond it.
        """
        if is_ratio(name):
            return self._rounded(name)
        kind = cast("Number", ranged(name.type))
        return cast("Span", self.fact(node, kind.low, kind.high, both=True))

    def _held(
        self, ratio: Ratio, kind: Rate, low: int | None, high: int | None, *, both: bool = False
    ) -> Ratio:
        """Write a rate within its declared bounds: exactly, since it is compared exactly."""
        unit = str(10**kind.scale)
        ends = [ratio[:2], ratio[2:4]]
        for place, bound, sign in held_by(kind, low, high, both=both):
            edge = lowest(str(bound), unit)
            num, den = self.lines.fresh(), self.lines.fresh()
            there = f"{ends[place][0]} is not None and " if ratio.none else ""
            beyond = compared(ends[place], sign, edge)
            self.lines.add(
                f"{num}, {den} = ({', '.join(edge)}) if {there}{beyond} else "
                f"({', '.join(ends[place])})"
            )
            ends[place] = (num, den)
        return Ratio(*ends[0], *ends[1], ratio.none)

    def _rounded(self, node: Node) -> Span:
        return self._number(self.ratio(node), node)

    def _number(self, ratio: Ratio, node: Node) -> Span:
        return rounded(self.lines, ratio, cast("Number", ranged(node.type)))

    def _function(self, node: Call) -> Span | Sides | Ratio:
        return self.functions.scalars[node.function].compiled(node, self)

    def _call(self, node: Call) -> Span | Ratio:
        return cast("Span | Ratio", self._function(node))

    def _arithmetic(self, node: Arithmetic) -> Span:
        left, right = self.span(node.left), self.span(node.right)
        a, b = cast("Number", ranged(node.left.type)), cast("Number", ranged(node.right.type))
        kind = cast("Number", node.type)
        spans = [left, right]
        if node.op == "*":
            return Span(*joint(self.lines, spans, lambda: self._product(left, right, a, b)))
        one = [moved(atom, a.scale, kind.scale) for atom in left[:2]]
        two = [moved(atom, b.scale, kind.scale) for atom in right[:2]]
        if node.op == "-":
            two.reverse()
        return Span(
            *joint(
                self.lines,
                spans,
                lambda: [f"{x} {node.op} {y}" for x, y in zip(one, two, strict=True)],
            )
        )

    def _product(self, left: Span, right: Span, a: Number, b: Number) -> tuple[str, str]:
        if a.low >= 0 and b.low >= 0:
            ends = (f"{left.low} * {right.low}", f"{left.high} * {right.high}")
        else:
            corners = ", ".join(f"{x} * {y}" for x in left[:2] for y in right[:2])
            name = self.lines.atom(f"({corners})")
            ends = (f"min({name})", f"max({name})")
        lost = a.scale + b.scale - SCALE_CAP
        return (
            (f"divide({ends[0]}, {10**lost}, 0)", f"divide({ends[1]}, {10**lost}, 0)")
            if lost > 0
            else ends
        )

    def _divide(self, node: Arithmetic) -> Ratio:
        """Write a quotient as the corners that its signs pick; any of its range where the divisor
        may be 0.
        """
        left, right = self.span(node.left), self.span(node.right)
        a, b = cast("Number", ranged(node.left.type)), cast("Number", ranged(node.right.type))
        up, down = factors(a, b)
        zero = self._zero(left, right, b)
        lines = self.lines

        def corners() -> tuple[str, ...]:
            al, ah = (lines.atom(times(atom, up)) for atom in left[:2])
            bl, bh = (lines.atom(times(atom, down)) for atom in right[:2])
            if b.low < 0:
                names = tuple(lines.fresh() for _ in range(4))
                lines.add(f"{', '.join(names)} = corners({al}, {ah}, {bl}, {bh})")
                return names
            first = bh if a.low >= 0 else bl if a.high < 0 else f"{bh} if {al} >= 0 else {bl}"
            last = bl if a.low >= 0 else bh if a.high < 0 else f"{bl} if {ah} >= 0 else {bh}"
            return al, first, ah, last

        def write() -> tuple[str, ...]:
            if not zero:
                return corners()
            names = tuple(lines.fresh() for _ in range(4))
            # An expression that divides by 0 alone is refused, so there is a range.
            least, most = cast("tuple[tuple[int, int], ...]", whole_quotient(a, b))
            whole = ", ".join(map(str, (*least, *most)))
            lines.add(f"if {zero}: {', '.join(names)} = {whole}")
            lines.add("else:")
            lines.depth += 1
            lines.add(f"{', '.join(names)} = {', '.join(corners())}")
            lines.depth -= 1
            return names

        return Ratio(*joint(lines, [left, right], write))

    def _zero(self, left: Span, right: Span, b: Number) -> str:
        """Write whether the divisor may be 0, and note it; nothing where it cannot be."""
        if not b.low <= 0 <= b.high:
            return ""
        guard = f"{right.low} is not None and " if right.none else ""
        reach = f"{right.low} <= 0" if b.low >= 0 else f"{right.low} <= 0 <= {right.high}"
        flag = self.lines.atom(f"{guard}{reach}")
        # An operand that is none makes the result none: nothing is divided.
        others = f" and {left.low} is not None" if left.none else ""
        self.flags.append(self.lines.atom(f"{flag}{others}") if others else flag)
        return flag

    def _choose(self, node: Choose) -> Span:
        test = self.sides(node.condition)
        kind = node.type
        spans: list[Span] = []
        for side in (node.then, node.otherwise):
            span, own = self.span(side), ranged(side.type)
            if isinstance(kind, Number) and isinstance(own, Number) and own.scale != kind.scale:
                span = self._moved(span, own.scale, kind.scale)
            spans.append(span)
        one, two = spans
        both = [f"min({one.low}, {two.low})", f"max({one.high}, {two.high})"]
        return Span(*self._chosen(test, one, two, lambda: both))

    def _moved(self, span: Span, scale: int, target: int) -> Span:
        return Span(
            *joint(self.lines, [span], lambda: [moved(atom, scale, target) for atom in span[:2]])
        )

    def _choose_rate(self, node: Choose) -> Ratio:
        test = self.sides(node.condition)
        one, two = self.ratio(node.then), self.ratio(node.otherwise)

        def both() -> list[str]:
            low = nearer(self.lines, one[:2], two[:2], "<=")
            return [*low, *nearer(self.lines, one[2:4], two[2:4], ">=")]

        return Ratio(*self._chosen(test, one, two, both))

    def _chosen(
        self, test: Sides, one: Span | Ratio, two: Span | Ratio, both: Callable[[], list[str]]
    ) -> list[str]:
        """Write one value, the other, or, while it is open, what holds both."""
        count = len(one) - 1
        nullable = bool(one.none or two.none)
        out = [self.lines.fresh() for _ in range(count + 1)]
        names = ", ".join(out if nullable else out[:count])
        add = self.lines.add

        def values(value: Span | Ratio) -> str:
            return ", ".join((*value[:count], *((value.none or "False",) if nullable else ())))

        add(f"if {test.must}: {names} = {values(one)}")
        add(f"elif not {test.may}: {names} = {values(two)}")
        for this, other in ((one, two), (two, one)):
            if this.none:
                others = ", ".join(other[:count])
                add(f"elif {this[0]} is None: {names} = {others}, True")
        add("else:")
        self.lines.depth += 1
        _, perhaps = absent([one, two])
        ends = ", ".join([*both(), *([perhaps] if nullable else [])])
        add(f"{names} = {ends}")
        self.lines.depth -= 1
        return [*out[:count], out[count] if nullable else ""]

    def _compare(self, node: Compare) -> Sides:
        if node.confidence:
            return self._confident(node)
        if isinstance(node.left.type, Boolean):
            return self._equal_truths(node)
        if ranged(node.left.type) is None:
            return self._equal_words(node)
        if is_ratio(node.left) or is_ratio(node.right):
            one, two = self.ratio(node.left), self.ratio(node.right)
            return self._guarded([one, two], ordered(node.op, one, two))
        left, right = self.span(node.left), self.span(node.right)
        a, b = ranged(node.left.type), ranged(node.right.type)
        one, two = pairs_of(left, 0), pairs_of(right, 0)
        if isinstance(a, Number) and isinstance(b, Number):
            scale = max(a.scale, b.scale)
            one, two = _at_scale(left, a.scale, scale), _at_scale(right, b.scale, scale)
        return self._guarded([left, right], ordered(node.op, one, two))

    def _guarded(self, operands: list[Span | Ratio], sides: Sides) -> Sides:
        """Make a comparison false where an operand is none, and unsure where it may be."""
        there = " and ".join(f"{one[0]} is not None" for one in operands if one.none)
        if not there:
            return sides
        sure = " and ".join(f"not {one.none}" for one in operands if one.none)
        return Sides(f"({there} and {sure} and {sides.must})", f"({there} and {sides.may})")

    def _equal_truths(self, node: Compare) -> Sides:
        there: list[str] = []
        atoms: list[list[str]] = []
        for side in (node.left, node.right):
            pair = [self.lines.atom(text) for text in self.sides(side)]
            if side.nullable:
                there.append(f"{pair[0]} is not None")
            # A part that is none reads as None, which must equal a plain no.
            atoms.append([f"bool({one})" for one in pair])
        a, b = atoms
        sure = f"{a[0]} == {a[1]} and {b[0]} == {b[1]}"
        same = Sides(f"({sure} and {a[0]} == {b[0]})", f"(not ({sure}) or {a[0]} == {b[0]})")
        found = same if node.op == "==" else Sides(f"(not {same.may})", f"(not {same.must})")
        return (
            found if not there else Sides(*(f"({' and '.join([*there, text])})" for text in found))
        )

    def _equal_words(self, node: Compare) -> Sides:
        left, right = self.word(node.left), self.word(node.right)
        open_ = [
            (word, part)
            for word, part in ((left, node.left), (right, node.right))
            if not isinstance(part, Literal)
        ]
        there = [f"{word} is not None" for word, part in open_ if part.nullable]
        sure = [f"{word} is not UNKNOWN" for word, _ in open_]
        unsure = [f"{word} is UNKNOWN" for word, _ in open_]
        must = " and ".join([*there, *sure, f"{left} {node.op} {right}"])
        may = " and ".join(
            [*there, "(" + " or ".join([*unsure, f"{left} {node.op} {right}"]) + ")"]
        )
        if node.op == "==" and len(open_) == 1:
            # A literal is neither unknown nor none, so equality alone settles it.
            word = open_[0][0]
            return Sides(f"({left} == {right})", f"({left} == {right} or {word} is UNKNOWN)")
        return Sides(f"({must})", f"({may})")

    def _confident(self, node: Compare) -> Sides:
        survey = cast("Name", node.left)
        positive, asked = self.names.survey(survey)
        limit = self.ratio(node.right)
        self.flags.extend(self.names.flags(survey))
        # A threshold that is not settled is none that a sample could be held against.
        settled = same_end(limit)
        top = f"{limit.low_num} if {settled} else None" if settled else limit.low_num
        if limit.none:
            top = f"None if {limit.low_num} is None else {top}"
        found = self.lines.fresh()
        self.lines.add(
            f"{found} = confident({positive}, {asked}, {limit.low_num}, {top}, {limit.low_den}, "
            f"{node.confidence}, {node.op!r})"
        )
        if not survey.nullable:
            return Sides(f"({found} > 0)", f"({found} >= 0)")
        there = f"{self.names.ratio(survey).low_num} is not None"
        return Sides(f"({there} and {found} > 0)", f"({there} and {found} >= 0)")

    def _within(self, item: Node, options: tuple[Literal, ...]) -> Sides:
        kind = ranged(item.type)
        if kind is None:
            word = self.word(item)
            listed = "(" + ", ".join(repr(option.value) for option in options) + ",)"
            return Sides(f"({word} in {listed})", f"({word} in {listed} or {word} is UNKNOWN)")
        if is_ratio(item):
            ratio = self.ratio(item)
            hits = [ordered("==", ratio, self.ratio(option)) for option in options]
            sides = Sides(
                f"({' or '.join(hit.must for hit in hits)})",
                f"({' or '.join(hit.may for hit in hits)})",
            )
            return self._guarded([ratio], sides)
        span = self.span(item)
        scale = max(
            (option.type.scale for option in options if isinstance(option.type, Number)), default=0
        )
        own = kind.scale if isinstance(kind, Number) else 0
        scale = max(scale, own) if isinstance(kind, Number) else 0
        low, high = (moved(atom, own, scale) for atom in span[:2])
        if isinstance(item.type, Choice):
            values = [item.type.options.index(str(option.value)) for option in options]
        else:
            values = [
                rescale(int(option.value), getattr(option.type, "scale", 0), scale)
                for option in options
            ]
        must = f"({low} == {high} and {low} in ({', '.join(map(str, values))},))"
        may = "(" + " or ".join(f"{low} <= {value} <= {high}" for value in values) + ")"
        return self._guarded([span], Sides(must, may))


def settled(names: Names, node: Name | Reach) -> str:
    """Return the condition that a value leaves nothing open."""
    if isinstance(node.type, Boolean):
        sides = names.sides(node)
        return f"({sides.must} == {sides.may})"
    if ranged(node.type) is None:
        return f"({names.word(node)} is not UNKNOWN)"
    found: Span | Ratio
    if is_ratio(node):
        found = names.ratio(node)
        same = same_end(found) or "True"
    else:
        found = names.span(node)
        same = f"{found.low} == {found.high}"
    if not found.none:
        return f"({same})"
    return f"({found[0]} is None or ({same} and not {found.none}))"


def _at_scale(span: Span, scale: int, target: int) -> Ratio:
    """Return a number in units of a finer scale; its ends are no longer atoms."""
    return Ratio(moved(span.low, scale, target), "1", moved(span.high, scale, target), "1")


def _paired(must: str, may: str, *, same: bool) -> Sides:
    return Sides(must, must) if same else Sides(must, may)


# What compiled code calls: the few things that are clearer as functions than as text.


def corners(low: int, high: int, under: int, over: int) -> tuple[int, int, int, int]:
    """Return the least and the greatest quotient of [low, high] / [under, over], numerator and
    denominator each; the divisor is not 0.
    """
    if over < 0:
        low, high, under, over = -high, -low, -over, -under
    return low, over if low >= 0 else under, high, under if high >= 0 else over


def confident(
    positive: int | None,
    asked: int | None,
    low: int | None,
    high: int | None,
    unit: int,
    z_squared: int,
    op: str,
) -> int:
    """Return 1 where a survey surely compares so with its threshold, -1 where surely not, 0 where
    the sample cannot tell.

    The sample can tell when the threshold, low / unit, lies outside Wilson's score interval (Wilson
    1927); all in integers.
    """
    if positive is None or not asked or low is None or low != high:
        return 0
    distance = positive * unit - asked * low
    if distance * distance * 10**6 < z_squared * asked * low * (unit - low):
        return 0
    if distance == 0:
        return 1 if op in {">=", "<="} else -1
    return 1 if (distance > 0) == (op in {">", ">="}) else -1


def runtime(functions: Functions = CORE) -> Mapping[str, object]:
    """Return what compiled text calls, by name."""
    return MappingProxyType(
        {
            "divide": divide_units,
            "corners": corners,
            "confident": confident,
            "UNKNOWN": UNKNOWN,
            **functions.runtime,
        }
    )


RUNTIME = runtime()
