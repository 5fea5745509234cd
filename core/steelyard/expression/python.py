"""The compiled reading: a tree becomes lines of Python over scaled integers, two-sided and exact.

Numbers, dates and positions are three atoms: low, high, and "may be none" (empty where that cannot
be); conditions are two expressions, must and may; words are one atom. Atoms are names or literals,
so that they can be used twice.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import fields, replace
from typing import Any, NamedTuple, Protocol, cast

from steelyard.expression.functions import SCALARS
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
    Reach,
    Within,
)
from steelyard.expression.types import SCALE_CAP, Boolean, Choice, Number, ranged, rescale
from steelyard.expression.types import divide as divide_units
from steelyard.expression.values import UNKNOWN


class Span(NamedTuple):
    """Atoms of a number, date or position."""

    low: str
    high: str
    none: str = ""


class Sides(NamedTuple):
    """Expressions of a condition."""

    must: str
    may: str


class Names(Protocol):
    """Where the compiled reading finds names; `flags` are conditions under which a value is
    undefined.
    """

    def span(self, node: Name | Reach) -> Span:
        """Return the atoms of a ranged name."""

    def sides(self, node: Name | Reach) -> Sides:
        """Return the expressions of a condition's name."""

    def word(self, node: Name | Reach) -> str:
        """Return the atom of a word."""

    def known(self, node: Name | Reach) -> Sides:
        """Return the expressions of "there is evidence"."""

    def survey(self, node: Name) -> tuple[str, str]:
        """Return the atoms (positive, asked), None when not known."""

    def flags(self, node: Name | Reach) -> tuple[str, ...]:
        """Return the conditions under which the name is undefined."""

    def over(self, node: Over) -> tuple[Span | Sides, tuple[str, ...]]:
        """Return the result of a function over records, computed before, and its flags."""


class Lines:
    """Lines of Python with their indent, and fresh names."""

    def __init__(self, prefix: str = "t") -> None:
        """Start with no lines."""
        self.lines: list[str] = []
        self.depth = 1
        self.prefix = prefix
        self.count = 0

    def add(self, line: str) -> None:
        """Add a line at the present indent."""
        self.lines.append("    " * self.depth + line)

    def fresh(self) -> str:
        """Return a name not used before."""
        self.count += 1
        return f"{self.prefix}{self.count}"

    def atom(self, text: str) -> str:
        """Return a name for the value of an expression, or the expression itself where it is an
        atom.
        """
        if text.isidentifier() or text.lstrip("-").isdecimal():
            return text
        name = self.fresh()
        self.add(f"{name} = {text}")
        return name


def bare(node: Node) -> Node:
    """Return a node without its places, so that equal expressions are equal."""
    changes: dict[str, Any] = {
        f.name: _bare(getattr(node, f.name)) for f in fields(node) if f.name not in {"type", "at"}
    }
    return replace(node, at=(0, 0), **changes)


def _bare(value: object) -> object:
    if isinstance(value, Node):
        return bare(value)
    return tuple(_bare(item) for item in value) if isinstance(value, tuple) else value


class Emitter:
    """Writes one expression; `flags` gathers the conditions under which it may be undefined."""

    def __init__(self, lines: Lines, names: Names) -> None:
        """Take where to write and where to find names."""
        self.lines = lines
        self.names = names
        self.flags: list[str] = []

    def span(self, node: Node) -> Span:
        """Write a number, date or position."""
        match node:
            case Literal(value=bool()):
                raise AssertionError(node)
            case Literal(value=int() as value):
                return Span(str(value), str(value))
            case Literal(value=str() as word, type=Choice() as kind):
                return Span(*2 * [str(kind.options.index(word))])
            case Name(inner=Node() as inner):
                return self.span(inner)
            case Name() | Reach():
                self.flags.extend(self.names.flags(node))
                return self.names.span(node)
            case Arithmetic():
                return self._arithmetic(node)
            case Choose():
                return self._choose(node)
            case Call():
                return self._call(node)
            case Over():
                found, flags = self.names.over(node)
                self.flags.extend(flags)
                return cast("Span", found)
        raise AssertionError(node)

    def sides(self, node: Node) -> Sides:
        """Write a condition."""
        match node:
            case Literal(value=value):
                return Sides(str(bool(value)), str(bool(value)))
            case Name(inner=Node() as inner):
                return self.sides(inner)
            case Name() | Reach():
                self.flags.extend(self.names.flags(node))
                return self.names.sides(node)
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
            case Compare():
                return self._compare(node)
            case Within(item=item, options=options):
                return self._within(item, options)
            case Choose(condition=condition, then=then, otherwise=otherwise):
                test, one, two = self.sides(condition), self.sides(then), self.sides(otherwise)
                return Sides(
                    f"({one.must} if {test.must} else {two.must} if not {test.may} else ({one.must} and {two.must}))",
                    f"({one.may} if {test.must} else {two.may} if not {test.may} else ({one.may} or {two.may}))",
                )
            case Call(function=function, arguments=arguments):
                return self._shown(function, arguments[0])
            case Over():
                found, flags = self.names.over(node)
                self.flags.extend(flags)
                return cast("Sides", found)
        raise AssertionError(node)

    def word(self, node: Node) -> str:
        """Write a text, option, tick or party."""
        match node:
            case Literal(value=value):
                return repr(value)
            case Name(inner=Node() as inner):
                return self.word(inner)
            case Name() | Reach():
                return self.names.word(node)
        raise AssertionError(node)

    def _moved(self, atom: str, scale: int, target: int) -> str:
        if scale == target:
            return atom
        if atom.lstrip("-").isdecimal():
            return str(rescale(int(atom), scale, target))
        return f"{atom} * {10 ** (target - scale)}"

    def _joint(self, spans: list[Span]) -> tuple[str, str]:
        """Return the condition that some operand is none, and the flag that one may be."""
        gone = " or ".join(f"{span.low} is None" for span in spans if span.none)
        perhaps = " or ".join(span.none for span in spans if span.none)
        return gone, perhaps

    def _result(self, spans: list[Span], write: Callable[[], tuple[str, str]]) -> Span:
        """Write a result that is none where an operand is none."""
        gone, perhaps = self._joint(spans)
        low, high = self.lines.fresh(), self.lines.fresh()
        if not gone:
            lows, highs = write()
            if lows == highs and lows.lstrip("-").isdecimal():
                return Span(lows, lows)
            self.lines.add(f"{low} = {lows}")
            if lows == highs:
                return Span(low, low)
            self.lines.add(f"{high} = {highs}")
            return Span(low, high)
        none = self.lines.fresh()
        self.lines.add(f"if {gone}:")
        self.lines.add(f"    {low} = {high} = None; {none} = True")
        self.lines.add("else:")
        self.lines.depth += 1
        lows, highs = write()
        self.lines.add(f"{low} = {lows}; {high} = {highs}; {none} = {perhaps}")
        self.lines.depth -= 1
        return Span(low, high, none)

    def _arithmetic(self, node: Arithmetic) -> Span:
        left, right = self.span(node.left), self.span(node.right)
        a, b = cast("Number", ranged(node.left.type)), cast("Number", ranged(node.right.type))
        kind = cast("Number", node.type)
        if node.op == "/":
            return self._divide(left, right, a, b, kind)
        if node.op == "*":
            return self._result([left, right], lambda: self._product(left, right, a, b))
        one = [self._moved(atom, a.scale, kind.scale) for atom in left[:2]]
        two = [self._moved(atom, b.scale, kind.scale) for atom in right[:2]]
        if node.op == "+":
            return self._result(
                [left, right], lambda: (f"{one[0]} + {two[0]}", f"{one[1]} + {two[1]}")
            )
        return self._result([left, right], lambda: (f"{one[0]} - {two[1]}", f"{one[1]} - {two[0]}"))

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

    def _divide(self, left: Span, right: Span, a: Number, b: Number, kind: Number) -> Span:
        places = SCALE_CAP - a.scale + b.scale
        if b.low <= 0 <= b.high:
            guard = f"{right.low} is not None and " if right.none else ""
            flag = self.lines.fresh()
            self.lines.add(f"{flag} = {guard}{right.low} <= 0 <= {right.high}")
            # An operand that is none makes the result none: nothing is divided.
            others = f" and {left.low} is not None" if left.none else ""
            self.flags.append(self.lines.atom(f"{flag}{others}") if others else flag)
        pair = self.lines.fresh()
        gone, _ = self._joint([left, right])
        call = f"quotient({left.low}, {left.high}, {right.low}, {right.high}, {places}, {kind.low}, {kind.high})"
        if not gone and a.low >= 0 and b.low > 0 and places >= 0:
            low, high = self.lines.fresh(), self.lines.fresh()
            # Rounded half up at once where both are settled, as nearly always.
            self.lines.add(
                f"if {left.low} == {left.high} and {right.low} == {right.high}: {low} = {high} = ({left.low} * {2 * 10**places} + {right.low}) // ({right.low} * 2)"
            )
            self.lines.add(f"else: {low}, {high} = {call}")
            return Span(low, high)
        self.lines.add(
            f"{pair} = (None, None) if {gone} else {call}" if gone else f"{pair} = {call}"
        )
        return self._result([left, right], lambda: (f"{pair}[0]", f"{pair}[1]"))

    def _choose(self, node: Choose) -> Span:
        test = self.sides(node.condition)
        kind = node.type
        spans: list[Span] = []
        for side in (node.then, node.otherwise):
            span, own = self.span(side), ranged(side.type)
            if isinstance(kind, Number) and isinstance(own, Number) and own.scale != kind.scale:
                moved = own.scale
                span = self._result(
                    [span],
                    lambda span=span, moved=moved: (  # type: ignore[misc]
                        self._moved(span.low, moved, kind.scale),
                        self._moved(span.high, moved, kind.scale),
                    ),
                )
            spans.append(span)
        one, two = spans
        out = [self.lines.fresh() for _ in range(3)]
        nullable = bool(one.none or two.none)
        names = ", ".join(out if nullable else out[:2])

        def values(span: Span) -> str:
            return ", ".join((span.low, span.high, *((span.none or "False",) if nullable else ())))

        self.lines.add(f"if {test.must}:")
        self.lines.add(f"    {names} = {values(one)}")
        self.lines.add(f"elif not {test.may}:")
        self.lines.add(f"    {names} = {values(two)}")
        if nullable:
            for this, other in ((one, two), (two, one)):
                if this.none:
                    self.lines.add(f"elif {this.low} is None:")
                    self.lines.add(f"    {names} = {other.low}, {other.high}, True")
        self.lines.add("else:")
        both = f"min({one.low}, {two.low}), max({one.high}, {two.high})"
        either = (
            f", {' or '.join(part for part in (one.none, two.none) if part)}" if nullable else ""
        )
        self.lines.add(f"    {names} = {both}{either}")
        return Span(out[0], out[1], out[2] if nullable else "")

    def _call(self, node: Call) -> Span:
        spans = [self.span(argument) for argument in node.arguments]
        kinds = [ranged(argument.type) for argument in node.arguments]
        if node.function == "round":
            lost = 10 ** (cast("Number", kinds[0]).scale - cast("Number", node.type).scale)
            return self._result(
                spans,
                lambda: (
                    f"divide({spans[0].low}, {lost}, 0)",
                    f"divide({spans[0].high}, {lost}, 0)",
                ),
            )
        scale = max((kind.scale for kind in kinds if isinstance(kind, Number)), default=0)

        def write() -> tuple[str, str]:
            args = []
            for span, kind in zip(spans, kinds, strict=True):
                own = kind.scale if isinstance(kind, Number) else scale
                args.append(
                    (
                        self.lines.atom(self._moved(span.low, own, scale)),
                        self.lines.atom(self._moved(span.high, own, scale)),
                    )
                )
            return SCALARS[node.function].python(args)

        if node.function == "part":
            gone, _ = self._joint(spans)
            zero = f"{spans[0].low} + {spans[1].low} <= 0"
            self.flags.append(self.lines.atom(f"not ({gone}) and {zero}" if gone else zero))
        return self._result(spans, write)

    def _compare(self, node: Compare) -> Sides:
        if node.confidence:
            return self._confident(node)
        if isinstance(node.left.type, Boolean):
            return self._equal_truths(node)
        if ranged(node.left.type) is None:
            return self._equal_words(node)
        left, right = self.span(node.left), self.span(node.right)
        a, b = ranged(node.left.type), ranged(node.right.type)
        if isinstance(a, Number) and isinstance(b, Number):
            scale = max(a.scale, b.scale)
            one = [self._moved(atom, a.scale, scale) for atom in left[:2]]
            two = [self._moved(atom, b.scale, scale) for atom in right[:2]]
        else:
            one, two = list(left[:2]), list(right[:2])
        return self._guarded([left, right], _ordered(node.op, one, two))

    def _guarded(self, spans: list[Span], sides: Sides) -> Sides:
        """Make a comparison false where an operand is none, and unsure where it may be."""
        there = " and ".join(f"{span.low} is not None" for span in spans if span.none)
        if not there:
            return sides
        sure = " and ".join(f"not {span.none}" for span in spans if span.none)
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
        limit = self.span(node.right)
        scale = cast("Number", ranged(node.right.type)).scale
        self.flags.extend(self.names.flags(survey))
        self.flags.append(f"not {asked}")
        found = self.lines.fresh()
        self.lines.add(
            f"{found} = confident({positive}, {asked}, {limit.low}, {limit.high}, {10**scale}, {node.confidence}, {node.op!r})"
        )
        if not survey.nullable:
            return Sides(f"({found} > 0)", f"({found} >= 0)")
        there = f"{self.names.span(survey).low} is not None"
        return Sides(f"({there} and {found} > 0)", f"({there} and {found} >= 0)")

    def _within(self, item: Node, options: tuple[Literal, ...]) -> Sides:
        kind = ranged(item.type)
        if kind is None:
            word = self.word(item)
            listed = "(" + ", ".join(repr(option.value) for option in options) + ",)"
            return Sides(f"({word} in {listed})", f"({word} in {listed} or {word} is UNKNOWN)")
        span = self.span(item)
        scale = max(
            (option.type.scale for option in options if isinstance(option.type, Number)), default=0
        )
        own = kind.scale if isinstance(kind, Number) else 0
        scale = max(scale, own) if isinstance(kind, Number) else 0
        low, high = (self._moved(atom, own, scale) for atom in span[:2])
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

    def _shown(self, function: str, item: Node) -> Sides:
        # `not in` asks of any value that there is one.
        known = self.names.known(item) if isinstance(item, (Name, Reach)) else Sides("True", "True")
        if function == "known":
            return known
        if not item.nullable:
            return known
        if isinstance(item.type, Boolean):
            there = f"{self.sides(item).must} is not None"
            return Sides(f"({known.must} and {there})", f"({there})")
        if ranged(item.type) is None:
            word = self.word(item)
            return Sides(
                f"({known.must} and {word} is not None and {word} is not UNKNOWN)",
                f"({word} is not None)",
            )
        flags = list(self.flags)
        span = self.span(item)
        # Whether there is a value at all does not hang on what it would be.
        self.flags = flags
        sure = f" and not {span.none}" if span.none else ""
        return Sides(
            f"({known.must} and {span.low} is not None{sure})", f"({span.low} is not None)"
        )


def _paired(must: str, may: str, *, same: bool) -> Sides:
    return Sides(must, must) if same else Sides(must, may)


def _ordered(op: str, one: list[str], two: list[str]) -> Sides:
    certain = one[0] == one[1] and two[0] == two[1]
    if certain:
        text = f"({one[0]} {op} {two[0]})"
        return Sides(text, text)
    if op == "==":
        if two[0] == two[1]:
            return Sides(
                f"({one[0]} == {two[0]} == {one[1]})", f"({one[0]} <= {two[0]} <= {one[1]})"
            )
        must = f"({one[0]} == {one[1]} and {two[0]} == {two[1]} and {one[0]} == {two[0]})"
        return Sides(must, f"({one[0]} <= {two[1]} and {two[0]} <= {one[1]})")
    if op == "!=":
        same = _ordered("==", one, two)
        return Sides(f"(not {same.may})", f"(not {same.must})")
    if op in {"<", "<="}:
        return Sides(f"({one[1]} {op} {two[0]})", f"({one[0]} {op} {two[1]})")
    return Sides(f"({one[0]} {op} {two[1]})", f"({one[1]} {op} {two[0]})")


# What compiled code calls: the few things that are clearer as functions than as text.


def quotient(
    low: int, high: int, under: int, over: int, places: int, least: int, most: int
) -> tuple[int, int]:
    """Return bounds of [low, high] / [under, over]; anything within the static range where the
    divisor may be 0.
    """
    if under <= 0 <= over:
        return least, most
    if low == high and under == over:
        one = divide_units(low, under, places)
        return one, one
    corners = [divide_units(a, b, places) for a in (low, high) for b in (under, over)]
    return min(corners), max(corners)


def part(first: int, second: int, least: int, otherwise: int) -> int:
    """Return first / (first + second) in millionths, or `otherwise` where the least sum leaves
    nothing to divide by.
    """
    return otherwise if least <= 0 else divide_units(first, first + second, SCALE_CAP)


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

    The sample can tell when the threshold lies outside Wilson's score interval (Wilson 1927); all
    in integers.
    """
    if positive is None or not asked or low is None or low != high:
        return 0
    distance = positive * unit - asked * low
    if distance * distance * 10**6 < z_squared * asked * low * (unit - low):
        return 0
    if distance == 0:
        return 1 if op in {">=", "<="} else -1
    return 1 if (distance > 0) == (op in {">", ">="}) else -1


RUNTIME: Mapping[str, object] = {
    "divide": divide_units,
    "quotient": quotient,
    "part": part,
    "confident": confident,
    "UNKNOWN": UNKNOWN,
}
