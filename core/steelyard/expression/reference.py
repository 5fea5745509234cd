"""The reference reading: slow and obvious, in exact fractions; the judge of the fast readings.

A rate reads as it is, unrounded; whoever works with it as a number rounds it first.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from fractions import Fraction
from types import MappingProxyType
from typing import assert_never, cast

from steelyard.expression.functions.distinct import domain
from steelyard.expression.functions.table import CORE, Functions
from steelyard.expression.kinds import Kind
from steelyard.expression.ranges import is_ratio, whole_quotient
from steelyard.expression.tree import (
    Arithmetic,
    Call,
    Choose,
    Compare,
    Comparison,
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
from steelyard.expression.types import Boolean, Choice, Number, Type, ranged
from steelyard.expression.values import (
    NEVER,
    PERHAPS,
    SURELY,
    UNKNOWN,
    Bounds,
    Reading,
    Truth,
    exact,
    half_away,
    rounded,
)
from steelyard.expression.world import Records, World

__all__ = [
    "NEVER",
    "PERHAPS",
    "Evaluation",
    "Reading",
    "Records",
    "World",
    "domain",
    "exact",
    "half_away",
]

_COMPARED: Mapping[Comparison, Callable[[Fraction, Fraction], bool]] = MappingProxyType({
    "==": operator.eq, "!=": operator.ne,
    "<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge,
})  # fmt: skip


class Evaluation:
    """One evaluation; `undefined` is set as soon as something may be divided by zero or taken of
    nothing.
    """

    def __init__(self, world: World, functions: Functions = CORE) -> None:
        """Take the world in which names are looked up, and the functions there are."""
        self.world = world
        self.functions = functions
        self.undefined = False

    def apart(self) -> Evaluation:
        """Return an evaluation in the same world that notes nothing here."""
        return Evaluation(self.world, self.functions)

    def truth(self, node: Node) -> Truth:
        """Return a condition: whether it must hold, and whether it may."""
        found = self.read(node)
        return found if isinstance(found, Truth) else NEVER

    def bounds(self, node: Node) -> Bounds | None:
        """Return a number, date or position as bounds, or None where there is none; a rate
        exactly.
        """
        found = self.read(node)
        return found if isinstance(found, Bounds) else None

    def number(self, node: Node) -> Bounds | None:
        """Return the same as a number that is worked with: a rate rounded to its places."""
        found = self.bounds(node)
        if found is None or not is_ratio(node):
            return found
        return rounded(found, cast("Number", ranged(node.type)).scale)

    def read(self, node: Node) -> Reading:
        """Return what any node reads as; a rate exactly."""
        match cast("Kind", node):
            case Literal() as literal:
                return _literal(literal)
            case Name(inner=Node() as inner):
                return _held(self.read(inner), node.type)
            case Name() | Reach() as name:
                self.undefined = self.undefined or self.world.undefined(name)
                return self.world.value(name)
            case Not(item=item):
                inside = self.truth(item)
                return Truth(not inside.may, not inside.must)
            case Logic(op=op, items=items):
                sides = [self.truth(item) for item in items]
                holds = all if op == "and" else any
                return Truth(holds(side.must for side in sides), holds(side.may for side in sides))
            case Compare() as comparison:
                return self._compare(comparison)
            case Within(item=item, options=options):
                return self._within(item, options)
            case Arithmetic() as arithmetic:
                return self._arithmetic(arithmetic)
            case Choose() as choice:
                return self._choose(choice)
            case Call(function=function) as call:
                return self.functions.scalars[function].slow(call, self)
            case Over() as over:
                return self._over(over)
            case Present(item=item):
                there = self.read(item)
                return there._replace(none=False) if isinstance(there, Bounds) else there
            case never:
                assert_never(never)

    def _compare(self, node: Compare) -> Truth:
        if node.confidence:
            return self._confident(node)
        left, right = self.read(node.left), self.read(node.right)
        if isinstance(left, Truth) and isinstance(right, Truth):
            sure = left.must == left.may and right.must == right.may
            same = Truth(sure and left.must == right.must, not sure or left.must == right.must)
            return same if node.op == "==" else Truth(not same.may, not same.must)
        if left is None or right is None:
            return NEVER
        if isinstance(left, Bounds) and isinstance(right, Bounds):
            return _ordered(node.op, left, right)
        if left is UNKNOWN or right is UNKNOWN:
            return PERHAPS
        return Truth(*2 * [(left == right) == (node.op == "==")])

    def _confident(self, node: Compare) -> Truth:
        value = self.world.value(cast("Name", node.left))
        if value is None:
            return NEVER
        survey = self.world.survey(cast("Name", node.left))
        limit = self.bounds(node.right)
        self.undefined = self.undefined or survey is None or survey[1] == 0
        if survey is None or limit is None or not limit.settled:
            return PERHAPS
        positive, asked = survey
        if asked == 0:
            return PERHAPS
        t = limit.low
        distance = positive - asked * t
        clear = distance**2 >= Fraction(node.confidence, 10**6) * asked * t * (1 - t)
        if not clear:
            return PERHAPS
        reached = {">": distance > 0, ">=": distance >= 0, "<": distance < 0, "<=": distance <= 0}
        return Truth(*2 * [reached[node.op]])

    def _within(self, item: Node, options: tuple[Literal, ...]) -> Truth:
        value = self.read(item)
        if value is None:
            return NEVER
        if isinstance(value, Bounds):
            hits = [_ordered("==", value, cast("Bounds", _literal(option))) for option in options]
            return Truth(any(hit.must for hit in hits), any(hit.may for hit in hits))
        if value is UNKNOWN:
            return PERHAPS
        return Truth(*2 * [value in {option.value for option in options}])

    def _arithmetic(self, node: Arithmetic) -> Bounds | None:
        left, right = self.number(node.left), self.number(node.right)
        if left is None or right is None:
            return None
        none = left.none or right.none
        if node.op == "+":
            return Bounds(left.low + right.low, left.high + right.high, none)
        if node.op == "-":
            return Bounds(left.low - right.high, left.high - right.low, none)
        pairs = [(a, b) for a in _ends(left) for b in _ends(right)]
        if node.op == "*":
            scale = cast("Number", node.type).scale
            corners = [half_away(a * b, scale) for a, b in pairs]
        elif right.low.numerator * right.high.numerator <= 0:
            # One of its ends is 0, or one lies on either side of it.
            self.undefined = True
            corners = _whole(node)
        else:
            corners = [a / b for a, b in pairs]
        return Bounds(min(corners), max(corners), none)

    def _choose(self, node: Choose) -> Reading:
        test = self.truth(node.condition)
        then, otherwise = self.read(node.then), self.read(node.otherwise)
        if isinstance(node.type, Boolean):
            then, otherwise = (
                side if isinstance(side, Truth) else NEVER for side in (then, otherwise)
            )
        if test.must or not test.may:
            return then if test.must else otherwise
        if isinstance(then, Truth) and isinstance(otherwise, Truth):
            return Truth(then.must and otherwise.must, then.may or otherwise.may)
        if not isinstance(then, Bounds) or not isinstance(otherwise, Bounds):
            left = then if isinstance(then, Bounds) else otherwise
            return left._replace(none=True) if isinstance(left, Bounds) else None
        return Bounds(
            min(then.low, otherwise.low),
            max(then.high, otherwise.high),
            then.none or otherwise.none,
        )

    def _over(self, node: Over) -> Reading:
        seen = self.world.records(node)
        rows: list[tuple[Truth, Evaluation]] = []
        for belongs, world in seen.members:
            inner = Evaluation(world, self.functions)
            where = inner.truth(node.where) if node.where is not None else SURELY
            if belongs is not SURELY:
                where = Truth(belongs.must and where.must, belongs.may and where.may)
            rows.append((where, inner))
        counted = [(where, inner) for where, inner in rows if where.may]
        function = self.functions.aggregates[node.function]
        result = function.slow(node, counted, self, complete=seen.complete)
        self.undefined = (
            self.undefined or seen.doubtful or any(inner.undefined for _, inner in rows)
        )
        return result


def _ends(found: Bounds) -> tuple[Fraction, ...]:
    return (found.low,) if found.settled else (found.low, found.high)


def _whole(node: Arithmetic) -> list[Fraction]:
    """Return the ends of all that a quotient can be whatever its operands are."""
    a, b = (cast("Number", ranged(side.type)) for side in (node.left, node.right))
    # An expression that divides by 0 alone is refused, so there is a range.
    ends = cast("tuple[tuple[int, int], ...]", whole_quotient(a, b))
    return [Fraction(*end) for end in ends]


def _literal(node: Literal) -> Reading:
    if isinstance(node.value, bool):
        return Truth(node.value, node.value)
    if isinstance(node.value, int):
        number = exact(node.value, node.type)
        return Bounds(number, number)
    if isinstance(node.type, Choice) and node.type.ordered:
        position = Fraction(node.type.options.index(node.value))
        return Bounds(position, position)
    return node.value


def _ordered(op: Comparison, left: Bounds, right: Bounds) -> Truth:
    none = left.none or right.none
    if left.low is left.high and right.low is right.high:
        # What is known of both is compared once.
        holds = _COMPARED[op](left.low, right.low)
        return Truth(holds and not none, holds)
    match op:
        case "==":
            must, may = (
                left.low == left.high == right.low == right.high,
                left.low <= right.high and right.low <= left.high,
            )
        case "!=":
            must, may = (
                left.high < right.low or right.high < left.low,
                not (left.low == left.high == right.low == right.high),
            )
        case "<":
            must, may = left.high < right.low, left.low < right.high
        case "<=":
            must, may = left.high <= right.low, left.low <= right.high
        case ">":
            must, may = left.low > right.high, left.high > right.low
        case ">=":
            must, may = left.low >= right.high, left.high >= right.low
        case never:
            assert_never(never)
    return Truth(must and not none, may)


def _held(found: Reading, kind: Type) -> Reading:
    """Return a derived fact that a bonus claims within the range of its type, beyond which what is
    shown alone may lie.
    """
    own = ranged(kind)
    if not isinstance(found, Bounds) or not isinstance(own, Number):
        return found
    unit = 10**own.scale
    low, high = Fraction(own.low, unit), Fraction(own.high, unit)
    first, last = (min(max(end, low), high) for end in (found.low, found.high))
    return Bounds(first, last, found.none)
