"""The prover's reading: an expression as a formula of z3, with the value that the judge gives it in
every complete case.

Numbers are whole numbers and quotients of them, never binary fractions. Of what scoring adds, a
mean and a portion are left unrounded: rounding never turns two numbers round, and who asks for an
end says how near is there (`docs/verifying.md`).
"""

from __future__ import annotations

from typing import Self, assert_never, cast

from steelyard.errors import Word
from steelyard.expression.claims import Claims
from steelyard.expression.formulas import (
    Code,
    Condition,
    Extent,
    Formula,
    Holds,
    Ratio,
    Row,
    Sight,
    UnprovableError,
    greatest_of,
    known_as,
    least_of,
    spread,
)
from steelyard.expression.functions.table import CORE, Functions
from steelyard.expression.joining import is_sure
from steelyard.expression.kinds import Kind, Scored
from steelyard.expression.ranges import is_ratio, whole_quotient
from steelyard.expression.scoring import Scoring, alike
from steelyard.expression.tree import (
    Arithmetic,
    Asked,
    Call,
    Choose,
    Compare,
    Comparison,
    Coverage,
    Defined,
    Literal,
    Logic,
    Mean,
    Name,
    Node,
    Not,
    Over,
    Portion,
    Present,
    Reach,
    Settle,
    Within,
)
from steelyard.expression.types import Boolean, Choice, Number, Type, ranged

NEVER = Holds(must=False, may=False)
_ZERO = Ratio(0)


class Reader(Scoring):
    """One reading; `undefined` is where something is divided by zero or taken of nothing."""

    def __init__(self, sight: Sight, claims: Claims, functions: Functions = CORE) -> None:
        """Take the world in which names are looked up, and the functions there are."""
        self.sight = sight
        self.claims = claims
        self.functions = functions
        self.undefined: Condition = False
        self.kin = getattr(getattr(sight, "kin", None), "name", "")

    def shown(self, node: Name | Reach) -> Condition | None:
        """Return whether a fact that the case gives is given; None of anything else."""
        return self.sight.shown(node)

    # Nodes

    def apart(self) -> Self:
        """Return a reading in the same world that notes nothing here."""
        return type(self)(self.sight, self.claims, self.functions)

    def truth(self, node: Node) -> Holds:
        """Return a condition; where there is none, it does not hold."""
        found = self.read(node)
        if not isinstance(found, Holds):
            return NEVER
        there = self.contrary(found.gone)
        must = self.both(found.must, there)
        return Holds(must, must if found.must is found.may else self.both(found.may, there))

    def bounds(self, node: Node) -> Extent:
        """Return a number, a rate exactly, a date or a position."""
        found = self.read(node)
        if isinstance(found, Extent):
            return found
        raise UnprovableError(Word("is no number"))

    def number(self, node: Node) -> Extent:
        """Return the same with a rate rounded, as a number that is worked with."""
        found = self.bounds(node)
        if not is_ratio(node):
            return found
        kind = ranged(node.type)
        places = kind.scale if isinstance(kind, Number) else 0
        low = self.half_away(found.low, places)
        high = low if found.low is found.high else self.half_away(found.high, places)
        return found._replace(low=low, high=high)

    def read(self, node: Node) -> Formula:
        """Return what any node reads as; a rate exactly."""
        match cast("Kind | Scored", node):
            case Literal() as literal:
                return self._literal(literal)
            case Name(inner=Node() as inner):
                return self._held(self.read(inner), node.type)
            case Name() | Reach() as name:
                self.note(self.sight.undefined(name))
                return self.sight.value(name)
            case Not(item=item):
                inside = self.truth(item)
                must = self.contrary(inside.may)
                return Holds(
                    must, must if inside.must is inside.may else self.contrary(inside.must)
                )
            case Logic(op=op, items=items):
                return self._joined(op, [self.truth(item) for item in items])
            case Compare() as comparison:
                return self._compare(comparison)
            case Within(item=item, options=options):
                return self._within(item, options)
            case Arithmetic() as arithmetic:
                return self._arithmetic(arithmetic)
            case Choose() as choice:
                return self._choose(choice)
            case Call(function=function) as call:
                return self.functions.scalars[function].smt(call, self)
            case Over() as over:
                return self._over(over)
            case Present(item=item):
                there = self.read(item)
                if isinstance(there, Extent):
                    return there._replace(lacking=there.gone)
                return there
            case Mean() as mean:
                return self.mean(mean)[0]
            case Asked(mean=mean):
                asked = self.mean(mean)[1]
                return Holds(asked, asked)
            case Portion() as portion:
                return self.portion(portion)
            case Settle() as settle:
                return self.settle(settle)
            case Defined(settle=settle):
                sure = self.contrary(self.unsettled(settle)[0])
                return Holds(sure, sure)
            case Coverage():
                raise UnprovableError(Word("asks how much is known"))
            case never:
                assert_never(never)

    def _literal(self, node: Literal) -> Formula:
        if isinstance(node.value, bool):
            return Holds(node.value, node.value)
        if isinstance(node.value, int):
            scale = node.type.scale if isinstance(node.type, Number) else 0
            return known_as(Ratio(node.value, 10**scale))
        code = self.claims.words.code(node.value, node.type)
        if isinstance(node.type, Choice) and node.type.ordered:
            return known_as(Ratio(code))
        return Code(code)

    def _held(self, found: Formula, kind: Type) -> Formula:
        own = ranged(kind)
        if not isinstance(found, Extent) or not isinstance(own, Number):
            return found
        unit = 10**own.scale
        bottom, top = Ratio(own.low, unit), Ratio(own.high, unit)
        low = least_of(self, greatest_of(self, found.low, bottom), top)
        high = low
        if found.low is not found.high:
            high = least_of(self, greatest_of(self, found.high, bottom), top)
        return found._replace(low=low, high=high)

    def _joined(self, op: str, sides: list[Holds]) -> Holds:
        join = self.both if op == "and" else self.either
        must = join(*(side.must for side in sides))
        if all(side.must is side.may for side in sides):
            return Holds(must, must)
        return Holds(must, join(*(side.may for side in sides)))

    def _compare(self, node: Compare) -> Holds:
        if node.confidence:
            return self._confident(node)
        left, right = self.read(node.left), self.read(node.right)
        if isinstance(left, Extent) and isinstance(right, Extent):
            return self._ordered(node.op, left, right)
        there = self.both(self.contrary(left.gone), self.contrary(right.gone))
        if isinstance(left, Holds) and isinstance(right, Holds):
            sure = self.both(
                *(
                    True if side.must is side.may else self.equal(side.must, side.may)
                    for side in (left, right)
                )
            )
            same = self.equal(left.must, right.must)
            if node.op == "!=":
                same = self.contrary(same)
            must = self.both(sure, same, there)
            return Holds(
                must,
                must if sure is True else self.both(self.either(self.contrary(sure), same), there),
            )
        if isinstance(left, Code) and isinstance(right, Code):
            same = self.equal(left.code, right.code)
            found = self.both(same if node.op == "==" else self.contrary(same), there)
            return Holds(found, found)
        raise UnprovableError(Word("compares what is not alike"))

    def _ordered(self, op: Comparison, left: Extent, right: Extent) -> Holds:
        if op in {">", ">="}:
            return self._ordered("<" if op == ">" else "<=", right, left)
        there = self.contrary(self.either(left.lacking, right.lacking))
        settled = left.gone is left.lacking and right.gone is right.lacking
        if op in {"==", "!="}:
            must, may = self._same_or_not(op, left, right)
        else:
            less = self._less if op == "<" else self.at_most
            must, may = less(left.high, right.low), less(left.low, right.high)
        if is_sure(left) and is_sure(right) and settled:
            return _twice(self.both(must, there))
        perhaps = self.contrary(self.either(left.gone, right.gone))
        return Holds(self.both(must, there), self.both(may, perhaps))

    def _same_or_not(self, op: str, left: Extent, right: Extent) -> tuple[Condition, Condition]:
        if is_sure(left) and is_sure(right):
            same = alike(self, left.low, right.low)
            found = same if op == "==" else self.contrary(same)
            return found, found
        one = self.both(
            alike(self, left.low, left.high),
            alike(self, right.low, right.high),
            alike(self, left.low, right.low),
        )
        if op == "==":
            meet = self.both(self.at_most(left.low, right.high), self.at_most(right.low, left.high))
            return one, meet
        apart = self.either(self._less(left.high, right.low), self._less(right.high, left.low))
        return apart, self.contrary(one)

    def _less(self, one: Ratio, two: Ratio) -> Condition:
        return self.contrary(self.at_most(two, one))

    def _confident(self, node: Compare) -> Holds:
        value = self.read(node.left)
        limit = self.bounds(node.right)
        if not isinstance(value, Extent) or not isinstance(limit.low.top, int):
            raise UnprovableError(Word("is sure of a survey against what is no figure"))
        positive, asked = self.sight.survey(cast("Name", node.left))
        nobody = self.equal(asked, 0)
        self.note(self.both(nobody, self.contrary(value.gone)))
        top, bottom = limit.low
        distance = positive * bottom - asked * top
        clear = self.both(
            distance * distance * 10**6 >= node.confidence * asked * top * (bottom - top),
            self.contrary(nobody),
        )
        reached = {">": distance > 0, ">=": distance >= 0, "<": distance < 0, "<=": distance <= 0}
        holds = reached[node.op]
        there = self.contrary(value.gone)
        return Holds(
            self.both(clear, holds, there),
            self.both(self.either(self.contrary(clear), holds), there),
        )

    def _within(self, item: Node, options: tuple[Literal, ...]) -> Holds:
        value = self.read(item)
        if isinstance(value, Extent):
            hits = [
                self._ordered("==", value, cast("Extent", self._literal(option)))
                for option in options
            ]
            return self._joined("or", hits)
        if isinstance(value, Code):
            same = (
                self.equal(value.code, cast("Code", self._literal(one)).code) for one in options
            )
            return _twice(self.both(self.either(*same), self.contrary(value.gone)))
        raise UnprovableError(Word("looks for a truth among values"))

    def _arithmetic(self, node: Arithmetic) -> Extent:
        left, right = self.number(node.left), self.number(node.right)
        known = is_sure(left) and is_sure(right)
        if node.op in {"+", "-"}:
            other = right if node.op == "+" else Extent(_minus(right.high), _minus(right.low))
            low = self.plus(left.low, other.low)
            high = low if known else self.plus(left.high, other.high)
            return spread(self, low, high, left, right)
        if node.op == "*":
            scale = cast("Number", node.type).scale
            pairs = [(a, b) for a in _ends(left) for b in _ends(right)]
            corners = [self.half_away(self.times(a, b), scale) for a, b in pairs]
            return spread(self, *self._between(corners), left, right)
        return self._quotient(node, left, right)

    def _between(self, corners: list[Ratio]) -> tuple[Ratio, Ratio]:
        if len(corners) == 1:
            return corners[0], corners[0]
        return least_of(self, *corners), greatest_of(self, *corners)

    def _quotient(self, node: Arithmetic, left: Extent, right: Extent) -> Extent:
        under = cast("Number", ranged(node.right.type))
        both_sides = self.both(self.at_most(right.low, _ZERO), self.at_most(_ZERO, right.high))
        gone = self.either(left.gone, right.gone)
        zero = False if under.low > 0 or under.high < 0 else both_sides
        self.note(self.both(zero, self.contrary(gone)))
        corners = []
        for a in _ends(left):
            for b in _ends(right):
                bottom = b.top if zero is False else self.choose(self.equal(b.top, 0), 1, b.top)
                top = a.top * b.bottom
                if under.low < 0:
                    top = self.choose(bottom < 0, -top, top)
                    bottom = self.choose(bottom < 0, -bottom, bottom)
                corners.append(Ratio(top, a.bottom * bottom))
        low, high = self._between(corners)
        if zero is not False:
            kinds = [cast("Number", ranged(side.type)) for side in (node.left, node.right)]
            ends = cast("tuple[tuple[int, int], ...]", whole_quotient(*kinds))
            low, high = (
                self.pick(zero, Ratio(*end), found)
                for end, found in zip(ends, (low, high), strict=True)
            )
        return spread(self, low, high, left, right)

    def _choose(self, node: Choose) -> Formula:
        test = self.truth(node.condition)
        if isinstance(node.type, Boolean):
            then, otherwise = self.truth(node.then), self.truth(node.otherwise)
            return self._either_truth(test, then, otherwise)
        one, two = self.read(node.then), self.read(node.otherwise)
        if not isinstance(one, Extent) or not isinstance(two, Extent):
            raise UnprovableError(Word("chooses among words"))
        if test.must is test.may:
            low = self.pick(test.must, one.low, two.low)
            known = is_sure(one) and is_sure(two)
            high = low if known else self.pick(test.must, one.high, two.high)
            gone = self.choose(test.must, one.gone, two.gone)
            same = one.gone is one.lacking and two.gone is two.lacking
            return Extent(
                low, high, gone, gone if same else self.choose(test.must, one.lacking, two.lacking)
            )
        return self._open(test, one, two)

    def _either_truth(self, test: Holds, then: Holds, otherwise: Holds) -> Holds:
        if test.must is test.may:
            must = self.choose(test.must, then.must, otherwise.must)
            known = then.must is then.may and otherwise.must is otherwise.may
            return Holds(must, must if known else self.choose(test.must, then.may, otherwise.may))
        both = self.both(then.must, otherwise.must)
        some = self.either(then.may, otherwise.may)
        return Holds(
            self.choose(test.must, then.must, self.choose(test.may, both, otherwise.must)),
            self.choose(test.must, then.may, self.choose(test.may, some, otherwise.may)),
        )

    def _open(self, test: Holds, one: Extent, two: Extent) -> Extent:
        """Return a choice that a division may leave open: then it is either."""
        # Where one side is none, the other's ends stand.
        low = self.pick(
            one.gone, two.low, self.pick(two.gone, one.low, least_of(self, one.low, two.low))
        )
        high = self.pick(
            one.gone, two.high, self.pick(two.gone, one.high, greatest_of(self, one.high, two.high))
        )
        ends = []
        for then, both, otherwise in ((one.low, low, two.low), (one.high, high, two.high)):
            ends.append(self.pick(test.must, then, self.pick(test.may, both, otherwise)))
        gone = self.both(one.gone, two.gone)
        lacking = self.either(one.lacking, two.lacking)
        return Extent(
            ends[0],
            ends[1],
            self.choose(test.must, one.gone, self.choose(test.may, gone, two.gone)),
            self.choose(test.must, one.lacking, self.choose(test.may, lacking, two.lacking)),
        )

    def _over(self, node: Over) -> Formula:
        rows: list[Row] = []
        for belongs, times, sight in self.sight.records(node):
            inner = Reader(sight, self.claims, self.functions)
            where = inner.truth(node.where) if node.where is not None else Holds(True, True)
            self.note(self.both(inner.undefined, times > 0))
            # Of a record that cannot count nothing more is asked.
            inner.undefined = False
            must = self.both(belongs, where.must)
            may = must if where.must is where.may else self.both(belongs, where.may)
            if may is not False:
                rows.append(Row(Holds(must, may), times, inner))
        found = self.functions.aggregates[node.function].smt(node, rows, self)
        for row in rows:
            self.note(self.both(row.inner.undefined, row.where.may, row.times > 0))
        return found


def _minus(one: Ratio) -> Ratio:
    return Ratio(-one.top, one.bottom)


def _ends(found: Extent) -> tuple[Ratio, ...]:
    return (found.low,) if found.low is found.high else (found.low, found.high)


def _twice(condition: Condition) -> Holds:
    return Holds(condition, condition)
