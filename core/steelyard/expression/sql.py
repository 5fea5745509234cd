"""The SQL reading: a tree becomes terms over scaled integers, two-sided and exact, none of them
an engine's own division or rounding.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol, TypeVar, assert_never, cast

from steelyard.expression.engines import Engine
from steelyard.expression.exact import (
    Pair,
    compared,
    contrary,
    divided,
    divided_by,
    either_none,
    joined,
    lowest,
    moved,
    nearer,
    ordered,
    pairs_of,
    ranked,
    same_end,
)
from steelyard.expression.functions.table import CORE, Functions
from steelyard.expression.kinds import Kind
from steelyard.expression.ranges import factors, held_by, is_ratio, whole_quotient
from steelyard.expression.scaled import (
    NO,
    YES,
    Ratio,
    Said,
    Sides,
    Span,
    Standing,
    Term,
    Test,
    Whole,
    choose,
    choose_test,
    every,
    greatest,
    least,
    or_null,
    same_words,
    some,
    whole,
    word,
)
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
from steelyard.expression.types import (
    Boolean,
    Choice,
    Number,
    Rate,
    ranged,
    rescale,
)

_KEPT = 5
"""How large a tree may be and still be written out wherever it is read."""

T = TypeVar("T", bound=Term)


class SqlNames(Protocol):
    """Where the SQL reading finds names; flags are conditions under which a value is undefined."""

    engine: Engine

    def keep(self, term: T) -> T:
        """Return a column of its own for a term."""

    def span(self, node: Name | Reach) -> Span:
        """Return the ends of a ranged name; a rate rounded."""

    def ratio(self, node: Name | Reach) -> Ratio:
        """Return the pairs of a survey, or of a derived fact that is a rate."""

    def sides(self, node: Name | Reach) -> Sides:
        """Return a condition's name."""

    def said(self, node: Name | Reach) -> Said:
        """Return a word's name."""

    def known(self, node: Name | Reach) -> Sides:
        """Return whether there is evidence."""

    def survey(self, node: Name) -> Pair:
        """Return (positive, asked), NULL when not known."""

    def flags(self, node: Name | Reach) -> Sequence[Test]:
        """Return the conditions under which the name is undefined."""

    def over(self, node: Over) -> tuple[Standing, Sequence[Test]]:
        """Return the result of a function over records, and its flags."""


class SqlEmitter:
    """Writes one expression; `flags` gathers the conditions under which it may be undefined."""

    def __init__(self, names: SqlNames, functions: Functions = CORE) -> None:
        """Take where to find names, and the functions there are."""
        self.names = names
        self.functions = functions
        self.flags: list[Test] = []

    def number(self, value: int) -> Whole:
        """Return a number written out."""
        return whole(value, self.names.engine)

    def keep(self, term: T) -> T:
        """Return a term that can be read often: a column of its own unless it is small."""
        return self.names.keep(term) if term.size > _KEPT else term

    def span(self, node: Node) -> Span:
        """Return a number, date or position; a rate is rounded to its places."""
        match cast("Kind", node):
            case Literal(value=value, type=kind):
                place = kind.options.index(str(value)) if isinstance(kind, Choice) else int(value)
                end = self.number(place)
                return Span(end, end)
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
                return self.as_number(found, node) if isinstance(found, Ratio) else found
            case Over() as over:
                ready = self._over(over)
                if isinstance(ready, Ratio):
                    return self.as_number(ready, node)
                return cast("Span", ready)
            case Present(item=item):
                return self.span(item)._replace(none=NO)
            case Not() | Logic() | Compare() | Within():
                raise AssertionError(node)
            case never:
                assert_never(never)

    def ratio(self, node: Node) -> Ratio:
        """Return a number, date or position as pairs; a rate exactly."""
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
            case Arithmetic() as sum_:
                return self._divide(sum_)
            case Choose() as choice:
                return self._choose_rate(choice)
            case Call() as call:
                return cast("Ratio", self._call(call))
            case Over() as over:
                return cast("Ratio", self._over(over))
            case Present(item=item):
                return self.ratio(item)._replace(none=NO)
            case Literal() | Not() | Logic() | Compare() | Within():
                raise AssertionError(node)
            case never:
                assert_never(never)

    def sides(self, node: Node) -> Sides:
        """Return a condition."""
        match cast("Kind", node):
            case Literal(value=value):
                sure = YES if value else NO
                return Sides(sure, sure)
            case Name(inner=Node() as inner):
                return self.sides(inner)
            case Name() | Reach() as name:
                self.flags.extend(self.names.flags(name))
                return self.names.sides(name)
            case Not(item=item):
                inside = self.sides(item)
                return contrary(inside)
            case Logic(op=op, items=items):
                return joined(op, [self.sides(item) for item in items])
            case Compare() as comparison:
                return self._compare(comparison)
            case Within(item=item, options=options):
                return self._within(item, options)
            case Choose(condition=condition, then=then, otherwise=otherwise):
                test, one, two = self.sides(condition), self.sides(then), self.sides(otherwise)
                return _chosen_sides(test, one, two)
            case Call(function=function) as call:
                return cast("Sides", self.functions.scalars[function].sql(call, self))
            case Over() as over:
                return cast("Sides", self._over(over))
            case Arithmetic() | Present():
                raise AssertionError(node)
            case never:
                assert_never(never)

    def said(self, node: Node) -> Said:
        """Return a text, option, tick or party."""
        match cast("Kind", node):
            case Literal(value=value):
                return Said(word(str(value)), NO, NO)
            case Name(inner=Node() as inner):
                return self.said(inner)
            case Name() | Reach() as name:
                return self.names.said(name)
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
    ) -> Standing:
        """Return a derived fact within its declared bounds, as what its name then stands for; with
        `both` either end is held by either bound.
        """
        if isinstance(node.type, Boolean):
            return self.sides(node)
        kind = ranged(node.type)
        if isinstance(kind, Rate):
            return self._held(self.ratio(node), kind, low, high)
        span = self.span(node)
        ends = list(span[:2])
        for place, bound, sign in held_by(cast("Number", kind), low, high, both=both):
            pair = [ends[place], self.number(bound)]
            ends[place] = greatest(pair) if sign == "<" else least(pair)
        return Span(ends[0], ends[1], span.none)

    def as_number(self, ratio: Ratio, node: Node) -> Span:
        """Return a rate as a number, rounded half away from zero to the places of its type."""
        kind = cast("Number", ranged(node.type))
        low = divided(*ratio[:2], kind)
        same = ratio.low_num is ratio.high_num and ratio.low_den is ratio.high_den
        return Span(low, low if same else divided(*ratio[2:4], kind), ratio.none)

    def _claimed(self, node: Node, name: Node) -> Span:
        """Return a derived fact that a bonus claims; what its type says of its range must hold,
        though what is shown alone, with more to come, may lie beyond it.
        """
        if is_ratio(name):
            return self._rounded(name)
        kind = cast("Number", ranged(name.type))
        return cast("Span", self.fact(node, kind.low, kind.high, both=True))

    def _held(
        self, ratio: Ratio, kind: Rate, low: int | None, high: int | None, *, both: bool = False
    ) -> Ratio:
        """Return a rate within its declared bounds: exactly, since it is compared exactly."""
        unit = 10**kind.scale
        ends: list[Pair] = [ratio[:2], ratio[2:4]]
        for place, bound, sign in held_by(kind, low, high, both=both):
            edge = lowest((self.number(bound), self.number(unit)))
            beyond = compared(ends[place], sign, edge)
            num, den = ends[place]
            ends[place] = (
                self.keep(choose([(beyond, edge[0])], num)),
                self.keep(choose([(beyond, edge[1])], den)),
            )
        return Ratio(*ends[0], *ends[1], ratio.none)

    def _rounded(self, node: Node) -> Span:
        return self.as_number(self.ratio(node), node)

    def _call(self, node: Call) -> Span | Ratio:
        return cast("Span | Ratio", self.functions.scalars[node.function].sql(node, self))

    def _over(self, node: Over) -> Standing:
        found, flags = self.names.over(node)
        self.flags.extend(flags)
        return found

    def _arithmetic(self, node: Arithmetic) -> Span:
        left, right = self.span(node.left), self.span(node.right)
        a, b = cast("Number", ranged(node.left.type)), cast("Number", ranged(node.right.type))
        kind = cast("Number", node.type)
        none = either_none(left, right)
        if node.op == "*":
            ends = self._product(left, right, a.scale + b.scale - kind.scale)
        else:
            one, two = moved(left, a.scale, kind.scale), moved(right, b.scale, kind.scale)
            if node.op == "+":
                ends = (one.low + two.low, one.high + two.high)
            else:
                ends = (one.low - two.high, one.high - two.low)
            if one.low is one.high and two.low is two.high:
                ends = (ends[0], ends[0])
        low = ends[0].within(kind.low, kind.high)
        same = ends[0] is ends[1]
        return Span(low, low if same else ends[1].within(kind.low, kind.high), none)

    def _product(self, left: Span, right: Span, lost: int) -> Pair:
        if left.low.low >= 0 and right.low.low >= 0:
            ends = (left.low * right.low, left.high * right.high)
        else:
            corners = [x * y for x in left[:2] for y in right[:2]]
            if left.low is left.high and right.low is right.high:
                ends = (corners[0], corners[0])
            else:
                ends = (least(corners), greatest(corners))
        if lost <= 0:
            return ends
        unit = self.number(10**lost)
        low, high = (divided_by(end, unit, 0) for end in ends)
        return low, high

    def _divide(self, node: Arithmetic) -> Ratio:
        """Return a quotient as the corners that its signs pick; any of its range where the divisor
        may be 0.
        """
        left, right = self.span(node.left), self.span(node.right)
        a, b = cast("Number", ranged(node.left.type)), cast("Number", ranged(node.right.type))
        up, down = factors(a, b)
        zero = self._zero(left, right, b)
        al, ah = (self.keep(end * up) for end in left[:2])
        bl, bh = (self.keep(end * down) for end in right[:2])
        if left.low is left.high:
            ah = al
        if right.low is right.high:
            bh = bl
        ends = self._corners(al, ah, bl, bh, signed=b.low < 0)
        if zero is not NO:
            # An expression that divides by 0 alone is refused, so there is a range.
            least_, most = cast("tuple[tuple[int, int], ...]", whole_quotient(a, b))
            whole_ = [self.number(value) for value in (*least_, *most)]
            ends = [choose([(zero, one)], two) for one, two in zip(whole_, ends, strict=True)]
        gone = some(~end.there for end in (left.low, right.low))
        ends = [or_null(~gone, end) for end in ends]
        num, den, top, under = (self.keep(end) for end in ends)
        most_den = max(bl.high, bh.high, -bl.low, -bh.low, 1)
        den, under = (one.within(1, max(most_den, one.high)) for one in (den, under))
        if zero is NO and al is ah and bl is bh:
            top, under = num, den
        return Ratio(num, den, top, under, either_none(left, right))

    def _corners(self, al: Whole, ah: Whole, bl: Whole, bh: Whole, *, signed: bool) -> list[Whole]:
        """Return the least and the greatest quotient, numerator and denominator each."""
        if signed:
            below = bh < 0
            al, ah, bl, bh = (
                choose([(below, one)], two)
                for one, two in ((-ah, al), (-al, ah), (-bh, bl), (-bl, bh))
            )
        if bl is bh:
            return [al, bl, ah, bl]
        return [al, choose([(al >= 0, bh)], bl), ah, choose([(ah >= 0, bl)], bh)]

    def _zero(self, left: Span, right: Span, b: Number) -> Test:
        """Return whether the divisor may be 0, and note it."""
        if not b.low <= 0 <= b.high:
            return NO
        reach = right.low <= 0 if b.low >= 0 else (right.low <= 0) & (right.high >= 0)
        flag = self.keep(reach)
        # An operand that is none makes the result none: nothing is divided.
        self.flags.append(flag & left.low.there)
        return flag

    def _choose(self, node: Choose) -> Span:
        test = self.sides(node.condition)
        kind = node.type
        spans: list[Span] = []
        for side in (node.then, node.otherwise):
            span, own = self.span(side), ranged(side.type)
            if isinstance(kind, Number) and isinstance(own, Number):
                span = moved(span, own.scale, kind.scale)
            spans.append(span)
        return self.chosen(test, *spans)

    def chosen(self, test: Sides, one: Span, two: Span) -> Span:
        """Return one number, the other, or, while it is open, what holds both."""
        if one.none is not None or two.none is not None:
            low, high = least([one.low, two.low]), greatest([one.high, two.high])
            ends = _open_ends(test, one, two, [low, high])
            return Span(ends[0], ends[1], _chosen_none(test, one, two))
        return Span(
            one_end(test, one.low, two.low, most=False),
            one_end(test, one.high, two.high, most=True),
        )

    def _choose_rate(self, node: Choose) -> Ratio:
        test = self.sides(node.condition)
        one, two = self.ratio(node.then), self.ratio(node.otherwise)
        low, high = nearer(one[:2], two[:2], "<="), nearer(one[2:4], two[2:4], ">=")
        ends = [self.keep(end) for end in _open_ends(test, one, two, [*low, *high])]
        none = _chosen_none(test, one, two)
        return Ratio(ends[0], ends[1], ends[2], ends[3], none)

    def _compare(self, node: Compare) -> Sides:
        if node.confidence:
            return self._confident(node)
        if isinstance(node.left.type, Boolean):
            return self._equal_truths(node)
        if ranged(node.left.type) is None:
            return self._equal_words(node)
        if is_ratio(node.left) or is_ratio(node.right):
            one, two = self.ratio(node.left), self.ratio(node.right)
            return _guarded([one, two], ordered(node.op, one, two))
        left, right = self.span(node.left), self.span(node.right)
        a, b = ranged(node.left.type), ranged(node.right.type)
        if isinstance(a, Number) and isinstance(b, Number):
            scale = max(a.scale, b.scale)
            left, right = moved(left, a.scale, scale), moved(right, b.scale, scale)
        pairs = pairs_of(left, 0), pairs_of(right, 0)
        return _guarded([left, right], ordered(node.op, *pairs))

    def _equal_truths(self, node: Compare) -> Sides:
        one, two = self.sides(node.left), self.sides(node.right)
        must = (one.must & two.must) | (~one.may & ~two.may)
        may = (one.may & two.may) | (~one.must & ~two.must)
        if one.must is one.may and two.must is two.may:
            may = must
        found = Sides(must, may)
        found = found if node.op == "==" else contrary(found)
        there = every(~side.none for side in (one, two) if side.none is not None)
        return Sides(there & found.must, there & found.may)

    def _equal_words(self, node: Compare) -> Sides:
        left, right = self.said(node.left), self.said(node.right)
        same = same_words(left.text, right.text)
        unsure = left.unknown | right.unknown
        there = ~left.none & ~right.none
        if node.op == "==":
            return Sides(same, same if unsure is NO else same | (unsure & there))
        must = there & ~unsure & ~same
        return Sides(must, must if unsure is NO else there & (unsure | ~same))

    def _confident(self, node: Compare) -> Sides:
        survey = cast("Name", node.left)
        positive, asked = self.names.survey(survey)
        limit = self.ratio(node.right)
        self.flags.extend(self.names.flags(survey))
        # A threshold that is not settled is none that a sample could be held against.
        settled = same_end(limit) & limit.low_num.there
        t, unit = limit.low_num, limit.low_den
        distance = self.keep(positive * unit - asked * t)
        spread = asked * t * (unit - t) * node.confidence
        near = distance * distance * 10**6 < spread
        tells = self.keep((asked > 0) & positive.there & settled & ~near)
        reached = _signed(node.op, distance)
        there = self.names.ratio(survey).low_num.there
        return Sides(there & tells & reached, there & ~(tells & ~reached))

    def _within(self, item: Node, options: tuple[Literal, ...]) -> Sides:
        kind = ranged(item.type)
        if kind is None:
            said = self.said(item)
            hit = some(same_words(said.text, word(str(option.value))) for option in options)
            return Sides(hit, hit if said.unknown is NO else hit | said.unknown)
        if is_ratio(item):
            ratio = self.ratio(item)
            hits = [ordered("==", ratio, self.ratio(option)) for option in options]
            return _guarded([ratio], joined("or", hits))
        span = self.span(item)
        own = kind.scale if isinstance(kind, Number) else 0
        if isinstance(item.type, Choice):
            scale, values = 0, [item.type.options.index(str(one.value)) for one in options]
        else:
            scales = [getattr(one.type, "scale", 0) for one in options]
            scale = max([own, *scales]) if isinstance(kind, Number) else 0
            values = [
                rescale(int(one.value), held, scale)
                for one, held in zip(options, scales, strict=True)
            ]
        pairs = pairs_of(moved(span, own, scale), 0)
        numbers = [self.number(value) for value in values]
        edges = [pairs_of(Span(value, value), 0) for value in numbers]
        return _guarded([span], joined("or", [ordered("==", pairs, edge) for edge in edges]))


def _guarded(operands: Sequence[Span | Ratio], sides: Sides) -> Sides:
    """Make a comparison false where an operand is none, and unsure where it may be."""
    there = every(operand[0].there for operand in operands)
    sure = every(~operand.none for operand in operands if operand.none is not None)
    if there is YES and sure is YES:
        return sides
    return Sides(there & sure & sides.must, there & sides.may)


def one_end(test: Sides, one: Whole, two: Whole, *, most: bool) -> Whole:
    """Return the least (or greatest) of a choice between two numbers that are never none."""
    if test.must is test.may:
        return choose([(test.must, one)], two)
    if one.low >= two.high:
        return choose([(test.may if most else test.must, one)], two)
    if one.high <= two.low:
        return choose([(test.must if most else test.may, one)], two)
    both = greatest([one, two]) if most else least([one, two])
    return choose([(test.must, one), (~test.may, two)], both)


def _open_ends(
    test: Sides, one: Span | Ratio, two: Span | Ratio, both: Sequence[Whole]
) -> list[Whole]:
    count = len(one) - 1
    gone = [(~value[0].there, other) for value, other in ((one, two), (two, one))]
    found = []
    for place in range(count):
        first, last = (cast("Whole", value[place]) for value in (one, two))
        pairs = [(test.must, first), (~test.may, last)]
        pairs += [(none, cast("Whole", other[place])) for none, other in gone]
        found.append(choose(pairs, both[place]))
    return found


def _chosen_none(test: Sides, one: Span | Ratio, two: Span | Ratio) -> Test | None:
    if one.none is None and two.none is None:
        return None
    first, last = one.none or NO, two.none or NO
    gone = ~one[0].there | ~two[0].there
    open_ = gone | first | last
    return choose_test(test.must, first, choose_test(test.may, open_, last))


def _chosen_sides(test: Sides, one: Sides, two: Sides) -> Sides:
    if test.must is test.may:
        must = choose_test(test.must, one.must, two.must)
        sure = one.must is one.may and two.must is two.may
        return Sides(must, must if sure else choose_test(test.must, one.may, two.may))
    return Sides(
        choose_test(test.must, one.must, choose_test(test.may, one.must & two.must, two.must)),
        choose_test(test.must, one.may, choose_test(test.may, one.may | two.may, two.may)),
    )


def _signed(op: Comparison, distance: Whole) -> Test:
    return ranked(distance, op, whole(0, distance.engine))
