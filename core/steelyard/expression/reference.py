"""The reference reading: slow and obvious, in exact fractions; the judge of the fast readings."""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction
from typing import Literal as OneOf
from typing import NamedTuple, Protocol, cast

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
from steelyard.expression.types import Boolean, Choice, Date, Number, PartyOf, ranged
from steelyard.expression.values import UNKNOWN, Absent, Bounds, Truth

Single = str | Absent | None
Reading = Truth | Bounds | Single
"""What a node reads as: a truth, bounds, or one word; None is "there is none"."""

NEVER = Truth(must=False, may=False)
PERHAPS = Truth(must=False, may=True)


class Records(NamedTuple):
    """The records that a function sees: each with how surely it belongs, and whether no more exist.

    `doubtful` says that more may exist, and that one more could make the function undefined.
    """

    members: Iterable[tuple[Truth, World]]
    complete: bool
    doubtful: bool = False


class World(Protocol):
    """Where names get their values: the case, or one record or party of it."""

    def value(self, node: Name | Reach) -> Reading:
        """Return what a name or a party's field reads as."""

    def undefined(self, node: Name | Reach) -> bool:
        """Whether a derived fact, or a survey, may be divided by zero."""

    def survey(self, node: Name) -> tuple[int, int] | None:
        """Return (positive, asked) of a survey fact, or None when it is not known."""

    def shown(self, node: Name | Reach) -> Truth:
        """Whether there is evidence for a name."""

    def records(self, node: Over) -> Records:
        """Return the records that a function over a register sees from here."""


class Evaluation:
    """One evaluation; `undefined` is set as soon as something may be divided by zero or taken of
    nothing.
    """

    def __init__(self, world: World) -> None:
        """Take the world in which names are looked up."""
        self.world = world
        self.undefined = False

    def truth(self, node: Node) -> Truth:
        """Return a condition: whether it must hold, and whether it may."""
        found = self.read(node)
        return found if isinstance(found, Truth) else NEVER

    def bounds(self, node: Node) -> Bounds | None:
        """Return a number, date or position as bounds, or None where there is none."""
        found = self.read(node)
        return found if isinstance(found, Bounds) else None

    def read(self, node: Node) -> Reading:
        """Return what any node reads as."""
        match node:
            case Literal():
                return _literal(node)
            case Name(inner=Node() as inner):
                return self.read(inner)
            case Name() | Reach():
                self.undefined = self.undefined or self.world.undefined(node)
                return self.world.value(node)
            case Not(item=item):
                inside = self.truth(item)
                return Truth(not inside.may, not inside.must)
            case Logic(op=op, items=items):
                sides = [self.truth(item) for item in items]
                holds = all if op == "and" else any
                return Truth(holds(side.must for side in sides), holds(side.may for side in sides))
            case Compare():
                return self._compare(node)
            case Within(item=item, options=options):
                return self._within(item, options)
            case Arithmetic():
                return self._arithmetic(node)
            case Choose():
                return self._choose(node)
            case Call():
                return self._call(node)
            case Over():
                return self._over(node)
        raise AssertionError(node)

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
        if survey is None or limit is None or limit.low != limit.high:
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
        left, right = self.bounds(node.left), self.bounds(node.right)
        if left is None or right is None:
            return None
        kind = cast("Number", node.type)
        none = left.none or right.none
        if node.op == "+":
            return Bounds(left.low + right.low, left.high + right.high, none)
        if node.op == "-":
            return Bounds(left.low - right.high, left.high - right.low, none)
        if node.op == "/" and right.low <= 0 <= right.high:
            self.undefined = True
            return _whole(kind, none=none)
        pairs = [(a, b) for a in (left.low, left.high) for b in (right.low, right.high)]
        corners = [half_away(a * b if node.op == "*" else a / b, kind.scale) for a, b in pairs]
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

    def _call(self, node: Call) -> Reading:
        if node.function in {"known", "given"}:
            item = node.arguments[0]
            # `not in` asks of any value that there is one.
            shown = (
                self.world.shown(item)
                if isinstance(item, (Name, Reach))
                else Truth(must=True, may=True)
            )
            if node.function == "known":
                return shown
            value = Evaluation(self.world).read(item)
            none = value.none if isinstance(value, Bounds) else value is UNKNOWN and item.nullable
            return Truth(shown.must and value is not None and not none, value is not None)
        values = [self.bounds(argument) for argument in node.arguments]
        if any(value is None for value in values):
            return None
        bounds = cast("list[Bounds]", values)
        if node.function == "round":
            scale = cast("Number", node.type).scale
            return Bounds(
                half_away(bounds[0].low, scale), half_away(bounds[0].high, scale), bounds[0].none
            )
        if node.function == "part" and bounds[0].low + bounds[1].low <= 0:
            self.undefined = True
        result = SCALARS[node.function].reference(*bounds)
        if node.function == "part":
            return Bounds(half_away(result.low, 6), half_away(result.high, 6), result.none)
        return result

    def _over(self, node: Over) -> Reading:
        seen = self.world.records(node)
        rows: list[tuple[Truth, Evaluation]] = []
        for belongs, world in seen.members:
            inner = Evaluation(world)
            where = (
                inner.truth(node.where) if node.where is not None else Truth(must=True, may=True)
            )
            both = Truth(belongs.must and where.must, belongs.may and where.may)
            rows.append((both, inner))
        result = self._gather(node, rows, complete=seen.complete)
        self.undefined = (
            self.undefined or seen.doubtful or any(inner.undefined for _, inner in rows)
        )
        return result

    def _gather(
        self, node: Over, rows: list[tuple[Truth, Evaluation]], *, complete: bool
    ) -> Reading:
        function = node.function
        if function == "count":
            most = (
                Fraction(sum(where.may for where, _ in rows))
                if complete
                else Fraction(cast("Number", node.type).high)
            )
            return Bounds(Fraction(sum(where.must for where, _ in rows)), most)
        if function == "any":
            return Truth(
                any(where.must for where, _ in rows),
                not complete or any(where.may for where, _ in rows),
            )
        if function == "distinct":
            read = [
                (where, inner.read(cast("Node", node.value))) for where, inner in rows if where.may
            ]
            return _distinct(node, read, complete=complete)
        if function in {"every", "share"}:
            pairs = [
                (where, inner.truth(cast("Node", node.value))) for where, inner in rows if where.may
            ]
            if function == "every":
                fails = [
                    Truth(where.must and not has.may, where.may and not has.must)
                    for where, has in pairs
                ]
                return Truth(
                    complete and not any(f.may for f in fails), not any(f.must for f in fails)
                )
            return self._share(pairs, complete=complete)
        numbers = [
            (where, inner.bounds(cast("Node", node.value))) for where, inner in rows if where.may
        ]
        there = [(where, value) for where, value in numbers if value is not None]
        return (
            _total(node, there, complete=complete)
            if function == "total"
            else self._extreme(node, there, complete=complete)
        )

    def _share(self, pairs: list[tuple[Truth, Truth]], *, complete: bool) -> Bounds:
        if not complete or not any(where.must for where, _ in pairs):
            # Nothing may be asked of, or more may come: the share may be anything or nothing.
            self.undefined = self.undefined or not any(where.must for where, _ in pairs)
            return Bounds(Fraction(0), Fraction(1))
        sure_in = sum(where.must for where, _ in pairs)
        a = sum(where.must and has.must for where, has in pairs)
        b = sum(where.must and has.may and not has.must for where, has in pairs)
        e = sum(where.may and not where.must and has.must for where, has in pairs)
        g = sum(where.may and not where.must and has.may and not has.must for where, has in pairs)
        h = sum(where.may and not where.must and not has.may for where, has in pairs)
        low = Fraction(a, sure_in + g + h)
        high = Fraction(a + b + e + g, sure_in + e + g)
        return Bounds(half_away(low, 6), half_away(high, 6))

    def _extreme(
        self, node: Over, there: list[tuple[Truth, Bounds]], *, complete: bool
    ) -> Bounds | None:
        kind = cast("Number | Date", node.type)
        must = [value for where, value in there if where.must and not value.none]
        may = [value for where, value in there if where.may]
        if not must:
            self.undefined = True
            return _whole(kind)
        highest = node.function == "highest"
        whole = _whole(kind)
        if highest:
            return Bounds(
                max(v.low for v in must), max(v.high for v in may) if complete else whole.high
            )
        return Bounds(min(v.low for v in may) if complete else whole.low, min(v.high for v in must))


def half_away(number: Fraction, places: int) -> Fraction:
    """Round half away from zero."""
    moved = abs(number) * 10**places
    whole = (moved + Fraction(1, 2)).__floor__()
    return Fraction(whole if number >= 0 else -whole, 10**places)


def exact(units: int, kind: object) -> Fraction:
    """Return units of a type's scale as a fraction."""
    return Fraction(units, 10**kind.scale) if isinstance(kind, Number) else Fraction(units)


def _whole(kind: Number | Date, *, none: bool = False) -> Bounds:
    return Bounds(exact(kind.low, kind), exact(kind.high, kind), none)


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


def _ordered(op: OneOf["==", "!=", "<", "<=", ">", ">="], left: Bounds, right: Bounds) -> Truth:
    none = left.none or right.none
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
        case _:
            must, may = left.low >= right.high, left.high >= right.low
    return Truth(must and not none, may)


def _total(node: Over, there: list[tuple[Truth, Bounds]], *, complete: bool) -> Bounds:
    low = high = Fraction(0)
    for where, value in there:
        if where.must and not value.none:
            low, high = low + value.low, high + value.high
        elif where.may:
            low, high = low + min(Fraction(0), value.low), high + max(Fraction(0), value.high)
    if not complete:
        whole = _whole(cast("Number", node.type))
        low = whole.low if whole.low < 0 else low
        high = whole.high if whole.high > 0 else high
    return Bounds(low, high)


def _distinct(node: Over, values: list[tuple[Truth, Reading]], *, complete: bool) -> Bounds:
    there = [(where, value) for where, value in values if where.may and value is not None]
    known = {_word(value) for where, value in there if where.must and _word(value) is not UNKNOWN}
    others = {_word(value) for _, value in there if _word(value) is not UNKNOWN} - known
    unknown = sum(_word(value) is UNKNOWN for _, value in there)
    sure = any(where.must and _certain(value, cast("Node", node.value)) for where, value in there)
    most = domain(cast("Node", node.value))
    high = min(most, len(known) + len(others) + unknown) if complete else most
    return Bounds(Fraction(max(len(known), 1 if sure else 0)), Fraction(high))


def _word(value: Reading) -> object:
    if isinstance(value, Bounds):
        return value.low if value.low == value.high and not value.none else UNKNOWN
    return value


def _certain(value: Reading, node: Node) -> bool:
    """Whether the record surely has some value, known or not."""
    if isinstance(value, Bounds):
        return not value.none
    return value is not UNKNOWN or not node.nullable


def domain(node: Node) -> int:
    """Return the most distinct values that a field can have."""
    kind = ranged(node.type)
    if isinstance(node.type, Choice):
        return len(node.type.options)
    if kind is not None and not isinstance(node.type, PartyOf):
        return min(10**9, kind.high - kind.low + 1)
    return 10**9
