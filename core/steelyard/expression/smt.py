"""The prover's reading: an expression as a formula of z3, with the value that the judge gives it in
every complete case.

Numbers are whole numbers and quotients of them, never binary fractions. Of what scoring adds, a
mean and a portion are left unrounded: rounding never turns two numbers round, and who asks for an
end says how near is there (`docs/verifying.md`).
"""

from __future__ import annotations

from math import gcd
from typing import Any, NamedTuple, assert_never, cast

import z3

from steelyard.expression.formulas import (
    Code,
    Condition,
    Extent,
    Formula,
    Holds,
    Ratio,
    Row,
    Sight,
    Term,
    UnprovableError,
    greatest_of,
    known_as,
    least_of,
    spread,
)
from steelyard.expression.functions.table import CORE, Functions
from steelyard.expression.kinds import Kind, Scored
from steelyard.expression.python import bare
from steelyard.expression.ranges import is_ratio, whole_quotient
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
    walk,
)
from steelyard.expression.types import Boolean, Choice, Number, PartyOf, Text, Type, ranged

NEVER = Holds(must=False, may=False)
_ZERO = Ratio(0)


class Words:
    """The numbers of texts; those of an option are its place."""

    def __init__(self) -> None:
        """Start without any."""
        self.codes: dict[str, int] = {}

    def code(self, word: str, kind: Type) -> int:
        """Return the number of a word."""
        if isinstance(kind, Choice):
            return kind.options.index(word)
        return self.codes.setdefault(word, len(self.codes))


class Differing(NamedTuple):
    """How many different values the records of a register have in a field: the term, at least how
    many, and where the records of each name count.
    """

    found: Any
    least: Term
    register: str
    field: str
    counted: list[tuple[str, Condition]]


class Claims:
    """What joins formulas, and what is laid down about the terms that they bring."""

    def __init__(self) -> None:
        """Start with nothing laid down."""
        self.laid: list[Any] = []
        self.words = Words()
        self.differing: list[Differing] = []
        self._sums: dict[tuple[int, int], Any] = {}
        self._different: dict[tuple[Any, ...], Any] = {}
        self._kept: list[Any] = []
        self._fresh = 0

    def fresh(self, name: str = "t") -> Any:
        """Return a whole number of which nothing is laid down."""
        self._fresh += 1
        return z3.Int(f"{name}!{self._fresh}")

    def lay(self, condition: Condition) -> None:
        """Lay down a condition."""
        if condition is not True:
            self.laid.append(z3.BoolVal(condition) if isinstance(condition, bool) else condition)

    def sum_of(self, count: Term, value: Term, ends: tuple[Term, Term]) -> Any:
        """Return the sum of the values of records alike, each anything between two ends."""
        key = (_id(count), _id(value))
        if key not in self._sums:
            total = self.fresh("sum")
            self.lay(z3.And(count * ends[0] <= total, total <= count * ends[1]))
            self.lay(z3.Implies(count == 1, total == value))
            self._sums[key] = total
            # An id names a term only as long as the term is there.
            self._kept.append((count, value))
        return self._sums[key]

    def total_of(self, count: Term, value: Term) -> Any:
        """Return the sum that was made of a value, None where there is none."""
        return self._sums.get((_id(count), _id(value)))

    def different(
        self, node: Over, most: int, counted: list[tuple[str, Condition, Term]], least: Term
    ) -> Any:
        """Return how many different values records have of which there may be many: the same term
        for the same records.
        """
        key = (bare(node), *((name, _id(here), _id(times)) for name, here, times in counted))
        if key not in self._different:
            found, all_ = self.fresh("different"), z3.IntVal(0)
            for _, here, times in counted:
                all_ = all_ + (
                    z3.If(here, times, 0) if not isinstance(here, bool) else times * int(here)
                )
            self.lay(z3.And(found >= least, found <= all_, found <= most))
            name = node.value.name if isinstance(node.value, Name) else ""
            said = [(one, here) for one, here, _ in counted]
            self.differing.append(Differing(found, least, node.register, name, said))
            self._different[key] = found
            self._kept.append(counted)
        return self._different[key]


def _id(term: Term) -> Any:
    return ("term", term.get_id()) if z3.is_expr(term) else term


class Reader:
    """One reading; `undefined` is where something is divided by zero or taken of nothing."""

    def __init__(self, sight: Sight, claims: Claims, functions: Functions = CORE) -> None:
        """Take the world in which names are looked up, and the functions there are."""
        self.sight = sight
        self.claims = claims
        self.functions = functions
        self.undefined: Condition = False
        self.kin = getattr(getattr(sight, "kin", None), "name", "")

    # What joins formulas; plain values are worked out at once.

    def shown(self, node: Name | Reach) -> Condition | None:
        """Return whether a fact that the case gives is given; None of anything else."""
        return self.sight.shown(node)

    def note(self, condition: Condition) -> None:
        """Note a condition under which something is undefined."""
        self.undefined = self.either(self.undefined, condition)

    def both(self, *conditions: Condition) -> Condition:
        """Return that all conditions hold."""
        if any(one is False for one in conditions):
            return False
        open_ = [one for one in conditions if one is not True]
        return True if not open_ else open_[0] if len(open_) == 1 else z3.And(*open_)

    def either(self, *conditions: Condition) -> Condition:
        """Return that one of the conditions holds."""
        if any(one is True for one in conditions):
            return True
        open_ = [one for one in conditions if one is not False]
        return False if not open_ else open_[0] if len(open_) == 1 else z3.Or(*open_)

    def contrary(self, condition: Condition) -> Condition:
        """Return that a condition does not hold."""
        return (not condition) if isinstance(condition, bool) else z3.Not(condition)

    def choose(self, condition: Condition, then: Term, otherwise: Term) -> Term:
        """Return one term where a condition holds, else another."""
        if isinstance(condition, bool):
            return then if condition else otherwise
        if _same(then, otherwise):
            return then
        if isinstance(then, bool) or isinstance(otherwise, bool):
            then, otherwise = (
                z3.BoolVal(one) if isinstance(one, bool) else one for one in (then, otherwise)
            )
        return z3.If(condition, then, otherwise)

    def pick(self, condition: Condition, then: Ratio, otherwise: Ratio) -> Ratio:
        """Return one number where a condition holds, else another."""
        if isinstance(condition, bool):
            return then if condition else otherwise
        one, two, under = self._level(then, otherwise)
        if under is not None:
            return Ratio(self.choose(condition, one, two), under)
        return Ratio(
            self.choose(condition, then.top, otherwise.top),
            self.choose(condition, then.bottom, otherwise.bottom),
        )

    def _level(self, one: Ratio, two: Ratio) -> tuple[Term, Term, Term | None]:
        """Return two numerators over one denominator; None where theirs hang on the case."""
        if _same(one.bottom, two.bottom):
            return one.top, two.top, one.bottom
        if isinstance(one.bottom, int) and isinstance(two.bottom, int):
            under = one.bottom * two.bottom // gcd(one.bottom, two.bottom)
            return one.top * (under // one.bottom), two.top * (under // two.bottom), under
        return one.top, two.top, None

    def at_most(self, one: Ratio, two: Ratio) -> Condition:
        """Return that one number is at most another."""
        left, right, under = self._level(one, two)
        if under is None:
            left, right = one.top * two.bottom, two.top * one.bottom
        return left <= right

    def equal(self, one: Term, two: Term) -> Condition:
        """Return that two terms are the same."""
        if isinstance(one, (int, bool)) and isinstance(two, (int, bool)):
            return bool(one == two)
        return True if _same(one, two) else one == two

    def quotient(self, one: Term, two: int) -> Term:
        """Return a whole number divided by one above 0, rounded down."""
        return one // two if isinstance(one, int) else one / two

    def remainder(self, one: Term, two: int) -> Term:
        """Return what such a division leaves."""
        return one % two

    def plus(self, one: Ratio, two: Ratio) -> Ratio:
        """Return the sum of two numbers."""
        left, right, under = self._level(one, two)
        if under is not None:
            return Ratio(left + right, under)
        return Ratio(one.top * two.bottom + two.top * one.bottom, one.bottom * two.bottom)

    def times(self, one: Ratio, two: Ratio) -> Ratio:
        """Return the product of two numbers."""
        return Ratio(one.top * two.top, one.bottom * two.bottom)

    def half_away(self, one: Ratio, places: int) -> Ratio:
        """Return a number rounded half away from zero."""
        unit = 10**places
        top, bottom = one
        if isinstance(bottom, int):
            if unit % bottom == 0:
                return Ratio(top * (unit // bottom), unit)
            size = _size(top)
            whole = self.quotient(2 * size * unit + bottom, 2 * bottom)
            return Ratio(self.choose(top < 0, -whole, whole), unit)
        size = _size(top)
        whole = self.claims.fresh("rounded")
        self.claims.lay(whole >= 0)
        self.claims.lay(
            z3.And(
                2 * whole * bottom <= 2 * size * unit + bottom,
                2 * size * unit + bottom < 2 * (whole + 1) * bottom,
            )
        )
        return Ratio(self.choose(top < 0, -whole, whole), unit)

    def repeated(self, count: Term, value: Ratio, kind: Type) -> Ratio:
        """Return the sum of the values of records alike, each of a type."""
        if not isinstance(value.bottom, int):
            raise UnprovableError("adds up quotients of records")
        if isinstance(count, int) or isinstance(value.top, int):
            return Ratio(count * value.top, value.bottom)
        return Ratio(self._parts(count, value.top, value.bottom, kind), value.bottom)

    def _parts(self, count: Term, value: Term, bottom: int, kind: Type) -> Term:
        if isinstance(value, int) or z3.is_int_value(value):
            return count * value
        if z3.is_app_of(value, z3.Z3_OP_ITE):
            condition, then, otherwise = value.children()
            sides = (self._parts(count, one, bottom, kind) for one in (then, otherwise))
            return z3.If(condition, *sides)
        span = ranged(kind)
        if span is None:
            raise UnprovableError("adds up what has no range")
        unit = 10 ** (span.scale if isinstance(span, Number) else 0)
        return self.claims.sum_of(
            count, value, (-(-span.low * bottom // unit), span.high * bottom // unit)
        )

    def several(self, node: Over, most: int, rows: list[Row], values: list[Formula]) -> Extent:
        """Return how many different values records have: of records alike at least one, and at most
        as many as there are.
        """
        if any(not _same(row.where.must, row.where.may) for row in rows):
            raise UnprovableError("counts the values of records that a division leaves open")
        known: list[Any] = []
        counts: list[Condition] = []
        for row, value in zip(rows, values, strict=True):
            if isinstance(value, Holds) or (isinstance(value, Extent) and not _sure(value)):
                raise UnprovableError("counts values that a division leaves open")
            counts.append(self.both(row.where.must, self.contrary(value.gone), row.times > 0))
            known.append(value.code if isinstance(value, Code) else value.low.top)
        kind = node.value.type if node.value is not None else None
        if isinstance(kind, Choice):
            return known_as(Ratio(self._options_seen(kind, counts, known)))
        total: Term = 0
        least: Term = 0
        for place, (row, here) in enumerate(zip(rows, counts, strict=True)):
            seen = (
                self.both(other, self.equal(known[at], known[place]))
                for at, other in enumerate(counts[:place])
            )
            first = self.both(here, self.contrary(self.either(*seen)))
            total = total + self.choose(first, 1, 0)
            if not isinstance(row.times, int):
                least = total
        if all(isinstance(row.times, int) and row.times == 1 for row in rows):
            return known_as(Ratio(total))
        many = [
            (getattr(row.inner, "kin", ""), here, row.times)
            for here, row in zip(counts, rows, strict=True)
            if not isinstance(row.times, int)
        ]
        found = self.claims.different(node, most, many, least)
        some = self.either(*(here for _, here, _ in many))
        for here, row in zip(counts, rows, strict=True):
            if isinstance(row.times, int):
                # One record more has a value of its own, or one that is there already.
                other = self.claims.fresh("other")
                alone = self.both(here, self.contrary(some))
                self.claims.lay(other >= self.choose(alone, 1, 0))
                self.claims.lay(other <= self.choose(here, 1, 0))
                self.claims.lay(found + other <= most)
                found, some = found + other, self.either(some, here)
        return known_as(Ratio(found))

    def _options_seen(self, kind: Choice, counts: list[Condition], known: list[Any]) -> Term:
        """Return how many options are seen where records alike have the same one."""
        total: Term = 0
        for code in range(len(kind.options)):
            seen = (
                self.both(here, self.equal(term, code))
                for here, term in zip(counts, known, strict=True)
            )
            total = total + self.choose(self.either(*seen), 1, 0)
        return total

    # Nodes

    def apart(self) -> Reader:
        """Return a reading in the same world that notes nothing here."""
        return Reader(self.sight, self.claims, self.functions)

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
        raise UnprovableError("is no number")

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
                return self._mean(mean)[0]
            case Asked(mean=mean):
                asked = self._mean(mean)[1]
                return Holds(asked, asked)
            case Portion() as portion:
                return self._portion(portion)
            case Settle() as settle:
                return self._settle(settle)
            case Defined(settle=settle):
                sure = self.contrary(self._unsettled(settle)[0])
                return Holds(sure, sure)
            case Coverage():
                raise UnprovableError("asks how much is known")
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
        low = greatest_of(self, found.low, Ratio(own.low, unit))
        high = least_of(self, found.high, Ratio(own.high, unit))
        if found.low is found.high:
            # What is known lies within its range, or the loader would have refused it.
            high = low
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
        raise UnprovableError("compares what is not alike")

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
        if _sure(left) and _sure(right) and settled:
            return _twice(self.both(must, there))
        perhaps = self.contrary(self.either(left.gone, right.gone))
        return Holds(self.both(must, there), self.both(may, perhaps))

    def _same_or_not(self, op: str, left: Extent, right: Extent) -> tuple[Condition, Condition]:
        if _sure(left) and _sure(right):
            same = self._alike(left.low, right.low)
            found = same if op == "==" else self.contrary(same)
            return found, found
        one = self.both(
            self._alike(left.low, left.high),
            self._alike(right.low, right.high),
            self._alike(left.low, right.low),
        )
        if op == "==":
            meet = self.both(self.at_most(left.low, right.high), self.at_most(right.low, left.high))
            return one, meet
        apart = self.either(self._less(left.high, right.low), self._less(right.high, left.low))
        return apart, self.contrary(one)

    def _less(self, one: Ratio, two: Ratio) -> Condition:
        return self.contrary(self.at_most(two, one))

    def _alike(self, one: Ratio, two: Ratio) -> Condition:
        if one is two:
            return True
        left, right, under = self._level(one, two)
        if under is None:
            left, right = one.top * two.bottom, two.top * one.bottom
        return self.equal(left, right)

    def _confident(self, node: Compare) -> Holds:
        value = self.read(node.left)
        limit = self.bounds(node.right)
        if not isinstance(value, Extent) or not isinstance(limit.low.top, int):
            raise UnprovableError("is sure of a survey against what is no figure")
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
        raise UnprovableError("looks for a truth among values")

    def _arithmetic(self, node: Arithmetic) -> Extent:
        left, right = self.number(node.left), self.number(node.right)
        known = _sure(left) and _sure(right)
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
            raise UnprovableError("chooses among words")
        if test.must is test.may:
            low = self.pick(test.must, one.low, two.low)
            known = _sure(one) and _sure(two)
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

    # What scoring adds

    def _mean(self, node: Mean) -> tuple[Extent, Condition]:
        """Return a mean unrounded, and whether it is asked."""
        top: Term = 0
        weight: Term = 0
        full = Ratio(node.full, 10**node.full_scale)
        unit = 10**node.weight_scale
        counted: list[Condition] = []
        under = 1
        earned = []
        for part in node.parts:
            if not part.weight:
                continue
            applies = True if part.applies is None else self._known(self.truth(part.applies))
            found = self.bounds(part.earned)
            if not _sure(found) or not isinstance(found.low.bottom, int):
                raise UnprovableError("takes the mean of what hangs on quotients")
            under = under * found.low.bottom // gcd(under, found.low.bottom)
            earned.append((applies, found.low, part.weight))
            counted.append(applies)
        for applies, found_low, part_weight in earned:
            units = found_low.top * (under // found_low.bottom)
            top = top + self.choose(applies, units, 0)
            weight = weight + self.choose(applies, part_weight, 0)
        asked = self.either(*counted)
        bottom = weight if asked is True else self.choose(asked, weight, 1)
        mean = Ratio(top * full.top * unit, bottom * under * full.bottom)
        return known_as(mean), asked

    def _known(self, holds: Holds) -> Condition:
        if holds.must is not holds.may:
            raise UnprovableError("applies where a division leaves it open")
        return holds.must

    def _portion(self, node: Portion) -> Extent:
        rate = self.bounds(node.rate)
        full = Ratio(node.full, 10**node.full_scale)
        nothing = _ZERO

        def earned(end: Ratio) -> Ratio:
            top, bottom = end
            held = self.choose(top < 0, 0, self.choose(top > bottom, bottom, top))
            return Ratio(held * full.top, bottom * full.bottom)

        low = self.pick(rate.lacking, nothing, earned(rate.low))
        if _sure(rate) and rate.gone is rate.lacking:
            return known_as(low)
        return Extent(low, self.pick(rate.gone, nothing, earned(rate.high)))

    def _unsettled(self, node: Settle) -> tuple[Condition, Formula]:
        """Return whether a division leaves a value undecided, and the value."""
        inner = self.apart()
        found = inner.read(node.item)
        if inner.undefined is False:
            return False, found
        if isinstance(found, Holds):
            open_ = (
                False
                if found.must is found.may
                else self.both(found.may, self.contrary(found.must))
            )
        elif isinstance(found, Extent):
            open_ = False if _sure(found) else self.contrary(self._alike(found.low, found.high))
        else:
            open_ = False
        return self.both(inner.undefined, open_), found

    def _settle(self, node: Settle) -> Formula:
        open_, found = self._unsettled(node)
        if open_ is False:
            return found
        if isinstance(found, Holds):
            other = (
                self.truth(node.otherwise) if node.otherwise is not None else Holds(False, False)
            )
            must = self.choose(open_, other.must, found.must)
            return Holds(must, must)
        if not isinstance(found, Extent):
            raise UnprovableError("settles words")
        # What confidence leaves open stays open.
        other = found.low if node.otherwise is None else self.bounds(node.otherwise).low
        low = self.pick(open_, other, found.low)
        if _sure(found) or (_divides(node.item)):
            return known_as(low)
        return Extent(low, self.pick(open_, other, found.high))


def _divides(node: Node) -> bool:
    """Whether a division alone can leave a value open, and no confidence."""
    return not any(isinstance(part, Compare) and part.confidence for part in walk(node))


def _same(one: Term, two: Term) -> bool:
    if one is two:
        return True
    if z3.is_expr(one) and z3.is_expr(two):
        return bool(one.eq(two))
    return not z3.is_expr(one) and not z3.is_expr(two) and bool(one == two)


def _size(top: Term) -> Term:
    return abs(top) if isinstance(top, int) else z3.If(top < 0, -top, top)


def _minus(one: Ratio) -> Ratio:
    return Ratio(-one.top, one.bottom)


def _sure(found: Extent) -> bool:
    """Whether the two ends are one, so that nothing is open but perhaps whether it is there."""
    return found.low is found.high


def _ends(found: Extent) -> tuple[Ratio, ...]:
    return (found.low,) if found.low is found.high else (found.low, found.high)


def _twice(condition: Condition) -> Holds:
    return Holds(condition, condition)


def sort_of(kind: Type) -> str:
    """Return whether values of a type are a truth, a number or a word to a formula."""
    if isinstance(kind, Boolean):
        return "truth"
    return "word" if isinstance(kind, (Text, PartyOf)) or ranged(kind) is None else "number"
