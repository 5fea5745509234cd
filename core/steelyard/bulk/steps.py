"""The SQL reading of the steps of a book: means, portions, what settles, who is asked.

Nothing here knows a scoring form: it reads nodes.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import lcm
from typing import cast

from steelyard.bulk.knowledge import Knowledge
from steelyard.bulk.names import held
from steelyard.bulk.parts import Open, Parts
from steelyard.bulk.units import UnitNames
from steelyard.expression.exact import contrary, joined
from steelyard.expression.scaled import (
    NO,
    YES,
    Ratio,
    Sides,
    Span,
    Test,
    Whole,
    choose,
    cut,
    every,
    greatest,
    least,
    or_else,
    or_null,
    picked,
    some,
    union,
)
from steelyard.expression.sql import SqlEmitter
from steelyard.expression.tree import (
    Asked,
    Choose,
    Compare,
    Coverage,
    Defined,
    Literal,
    Logic,
    Mean,
    Name,
    Node,
    Not,
    Part,
    Portion,
    Settle,
)
from steelyard.expression.types import TICK, Boolean, Number, ranged

_FEW = 4
"""How many parts that may be out are tried one by one."""


class Steps:
    """What was written already and is asked for again, by the identity of its node."""

    def __init__(self, names: UnitNames, keys: dict[int, int]) -> None:
        """Take the names of a unit, and the numbers of the values that settle."""
        self.names = names
        self.knowledge = Knowledge(names)
        self.keys = keys
        self.asked: dict[int, Sides] = {}
        self.defined: dict[int, Sides] = {}
        self.free: set[str | int] = set()
        self.rules = False
        self.level = 0
        self._rows: dict[int, Parts] = {}
        self.spans: dict[int, Span] = {}
        self.ratios: dict[int, tuple[Ratio, tuple[Test, ...]]] = {}

    def step(self, name: str, node: Node) -> None:
        """Write a step, so that later ones can read it as an outcome; note where it is whether
        something is asked that may be worth anything until that is known.
        """
        emitter = StepEmitter(self)
        found: Span | Sides
        found = emitter.sides(node) if isinstance(node.type, Boolean) else emitter.span(node)
        self.names.outcomes[name] = held(self.names.sheet, found)

        if self._is_free(node):
            self.free.add(name)

    def _is_free(self, node: Node) -> bool:
        match node:
            case Asked(mean=mean):
                return id(mean) in self.free
            case Logic(op="and", items=items):
                return sum(isinstance(item, Asked) for item in items) == 1 and all(
                    self._is_free(item) or self._is_sure(item) for item in items
                )
        return False

    def _is_sure(self, node: Node) -> bool:
        match node:
            case Defined(settle=settle):
                return id(settle) not in self.defined
            case Not(item=Name(kind="waived")):
                return True
        return False

    def parts(
        self, rows: Sequence[Open], ends: tuple[Whole, Whole], bottom: Whole
    ) -> tuple[tuple[Whole, Whole], tuple[Whole, Whole]]:
        """Return what parts that may be out add to a mean's ends; the means of rules share one
        pass.
        """
        sheet = self.names.sheet
        reads = union([*ends, bottom, *(one.perhaps for one in rows)])
        reads |= union([*(one.low for one in rows), *(one.high for one in rows)])
        level = sheet.level(reads) + 1
        if self.rules and level <= self.level:
            level = self.level
        if level not in self._rows:
            self._rows[level] = Parts(sheet, level)
        return self._rows[level].taken(rows, ends, bottom, level)

    def rules_done(self) -> None:
        """Note that all rules are written: what is worked out of them can wait for them all."""
        outcomes = self.names.outcomes.values()
        terms = [term for found in outcomes for term in found if term is not None]
        # Two layers more: for what is perhaps, and for sums.
        self.level = self.names.sheet.level(union(terms)) + 3
        self.rules = True

    def certain(self, settle: Settle) -> Test:
        """Return whether all that a value reads is known."""
        return self.knowledge.settled(self.keys[id(settle)])


class StepEmitter(SqlEmitter):
    """Writes the nodes of scoring; those of expressions are written as everywhere."""

    def __init__(self, steps: Steps) -> None:
        """Take what was written before."""
        super().__init__(steps.names)
        self.steps = steps

    # Conditions

    def sides(self, node: Node) -> Sides:
        """Return a condition."""
        match node:
            case Name(kind="waived", name=name):
                waived = self.steps.names.waived(name)
                return Sides(waived, waived)
            case Not(item=item):
                return contrary(self.sides(item))
            case Logic(op=op, items=items):
                return joined(op, [self.sides(item) for item in items])
            case Settle():
                return self._firm(node)
            case Asked(mean=mean):
                if id(mean) not in self.steps.asked:
                    self.span(mean)
                return self.steps.asked[id(mean)]
            case Defined(settle=settle):
                return self.steps.defined.get(id(settle), Sides(YES, YES))
        return super().sides(node)

    def _firm(self, node: Settle) -> Sides:
        """Return what stands for a condition that is undefined, though all it reads is known."""
        inner = StepEmitter(self.steps)
        must, may = inner.sides(node.item)[:2]
        if not inner.flags or must is may:
            return Sides(must, may)
        must, may = self.keep(must), self.keep(may)
        open_ = may & ~must & some(inner.flags)
        return Sides(must, may & ~(open_ & self.steps.certain(node)))

    # Numbers

    def ratio(self, node: Node) -> Ratio:
        """Return a number as pairs, once for all bands that ask for it."""
        if id(node) not in self.steps.ratios:
            before = len(self.flags)
            found = super().ratio(node)
            self.steps.ratios[id(node)] = found, tuple(self.flags[before:])
            return found
        found, flags = self.steps.ratios[id(node)]
        self.flags.extend(flags)
        return found

    def span(self, node: Node) -> Span:
        """Return a number."""
        match node:
            case Mean() | Portion() | Settle() | Coverage():
                if id(node) not in self.steps.spans:
                    found = self._scored(node)
                    self.steps.spans[id(node)] = held(self.steps.names.sheet, found)
                return self.steps.spans[id(node)]
        return super().span(node)

    def _scored(self, node: Mean | Portion | Settle | Coverage) -> Span:
        match node:
            case Mean():
                return self._mean(node)
            case Portion():
                return self._portion(node)
            case Settle():
                return self._settle(node)
            case Coverage():
                return self._coverage(node)

    def _settle(self, node: Settle) -> Span:
        inner = StepEmitter(self.steps)
        span = inner.span(node.item)
        if not inner.flags or span.low is span.high:
            return span
        low, high = self.keep(span.low), self.keep(span.high)
        open_ = self.keep(~low.equals(high) & some(inner.flags))
        known = self.steps.certain(node)
        blank = self.keep(open_ & known)
        self.steps.defined[id(node)] = Sides(~open_, ~blank)
        if not isinstance(node.otherwise, Literal):
            zero = self.number(0)
            return Span(choose([(blank, zero)], low), choose([(blank, zero)], high))
        kind, scale = cast("Number", node.type), cast("Number", node.otherwise.type).scale
        other = self.number(int(node.otherwise.value) * 10 ** (kind.scale - scale))
        return Span(
            choose([(blank, other), (open_, least([low, other]))], low),
            choose([(blank, other), (open_, greatest([high, other]))], high),
        )

    def _portion(self, node: Portion) -> Span:
        kind = cast("Number", node.type)
        full = node.full * 10 ** (kind.scale - node.full_scale)
        rate = self.ratio(node.rate)

        def held(top: Whole, under: Whole) -> Whole:
            if under.literal is not None and top.low >= 0 and top.high <= under.literal:
                return self._worth(top, full, under)
            part = self._worth(greatest([top, self.number(0)]), full, under)
            whole_ = self.number(full)
            return choose([(top <= 0, self.number(0)), (top >= under, whole_)], part)

        low = held(rate.low_num, rate.low_den).within(0, full)
        same = rate.low_num is rate.high_num and rate.low_den is rate.high_den
        high = low if same else held(rate.high_num, rate.high_den).within(0, full)
        if rate.none is None:
            return Span(low, high)
        gone = ~rate.low_num.there
        zero = self.number(0)
        first = choose([(gone | rate.none, zero)], low).at_most_null(nullable=False)
        return Span(first, choose([(gone, zero)], high).at_most_null(nullable=False))

    def _worth(self, top: Whole, full: int, under: Whole) -> Whole:
        """Return top / under times full, rounded half up; top is at least 0."""
        return cut(top * (2 * full) + under, under * 2, 0, full)

    def _coverage(self, node: Coverage) -> Span:
        unit = 10 ** (cast("Number", node.parts[0].value.type).scale - self._decimals()) \
            if node.parts else 1  # fmt: skip
        zero, known, asked = self.number(0), self.number(0), self.number(0)
        for one in node.parts:
            span = self.span(one.value)
            sides = Sides(YES, YES) if one.applies is None else self.sides(one.applies)
            full = self.number(one.full * unit)
            open_ = full if span.low is span.high else full - (span.high - span.low)
            known += choose([(sides.must, open_.within(0, one.full * unit))], zero)
            asked += choose([(sides.may, full)], zero)
        if asked.literal == 0:
            end = self.number(10**4)
        else:
            asked, known = self.keep(asked), self.keep(known)
            end = or_else(cut(known * 20000 + asked, asked * 2, 0, 10**4), 10**4)
        return Span(end, end)

    def _decimals(self) -> int:
        return self.steps.names.book.decimals

    # Means

    def _mean(self, node: Mean) -> Span:
        parts = [part for part in node.parts if part.weight]
        if not parts:
            self.steps.asked[id(node)] = Sides(NO, NO)
            return Span(self.number(0), self.number(0))
        ticks = _ticks(parts)
        if ticks is not None:
            return self._ticked(node, ticks)
        kind = cast("Number", node.type)
        scale = max(cast("Number", ranged(part.earned.type)).scale for part in parts)
        places = kind.scale - node.full_scale - scale + node.weight_scale
        over, under = node.full * 10 ** max(0, places), 10 ** max(0, -places)
        found = [self._part(part, scale) for part in parts]
        sides = joined("or", [one.applies for one in found])
        self.steps.asked[id(node)] = Sides(*(self.keep(test) for test in sides[:2]))
        full = node.full * 10 ** (kind.scale - node.full_scale)
        if all(one.free or one.applies.must is one.applies.may for one in found):
            self.steps.free.add(id(node))
        return self._ends(found, (over, under, full))

    def _part(self, part: Part, scale: int) -> _Earned:
        span, own = self.span(part.earned), cast("Number", ranged(part.earned.type)).scale
        factor = 10 ** (scale - own)
        low = self.keep(span.low * factor)
        high = low if span.low is span.high else self.keep(span.high * factor)
        applies = Sides(YES, YES) if part.applies is None else self.sides(part.applies)
        applies = Sides(*(self.keep(test) for test in applies[:2]))
        return _Earned(low, high, part.weight, applies, free=self._free(part))

    def _free(self, part: Part) -> bool:
        """Whether a part is worth anything from nothing to all whenever it may be out: then it has
        the bounds of one that surely counts.
        """
        return isinstance(part.applies, Name) and part.applies.name in self.steps.free

    def _ends(self, parts: Sequence[_Earned], scale: tuple[int, int, int]) -> Span:
        """Return a mean over parts that may or may not apply, given that one does."""
        lows, highs = [one.low for one in parts], [one.high for one in parts]
        first, bottom = self._sure(parts, lows)
        same = all(one.low is one.high for one in parts)
        last = first if same else self._sure(parts, highs)[0]
        open_ = [one for one in parts if not one.free and one.applies.must is not one.applies.may]
        if not open_:
            low = or_else(self._divided(first, bottom, scale), 0)
            return Span(low, low if same else or_else(self._divided(last, bottom, scale), 0))
        tops, bottom = (self.keep(first), self.keep(last)), self.keep(bottom)
        if len(open_) <= _FEW:
            ends = [
                self._tried(open_, top, bottom, scale, most=most)
                for top, most in zip(tops, (False, True), strict=True)
            ]
            return Span(ends[0], ends[1])
        rows = [
            Open(one.low, one.high, one.weight, self.keep(one.applies.may & ~one.applies.must))
            for one in open_
        ]
        found = self.steps.parts(rows, tops, bottom)
        low, high = (
            or_else(self._divided(top + more, bottom + weight, scale), 0)
            for top, (more, weight) in zip(tops, found, strict=True)
        )
        return Span(low, high)

    def _sure(self, parts: Sequence[_Earned], ends: Sequence[Whole]) -> tuple[Whole, Whole]:
        """Return the sum of what those earn that surely count, and of their weight."""
        zero = top = self.number(0)
        bottom = self.number(0)
        for one, end in zip(parts, ends, strict=True):
            must = one.applies.may if one.free else one.applies.must
            top += choose([(must, end)], zero)
            bottom += choose([(must, self.number(one.weight))], zero)
        return top, bottom

    def _tried(
        self, parts: Sequence[_Earned], top: Whole, bottom: Whole, scale: tuple[int, int, int], *,
        most: bool,
    ) -> Whole:  # fmt: skip
        """Return an end of a mean of which few parts may be out.

        Whichever of them are in, the least mean is one over all whose share is at most that of
        some part; so those are all tried.
        """
        zero = self.number(0)
        common = lcm(*(one.weight for one in parts))
        ends = [one.high if most else one.low for one in parts]
        perhaps = [self.keep(one.applies.may & ~one.applies.must) for one in parts]
        # Shares of a common weight are whole numbers, in the order of the shares.
        shares = [
            self.keep(end * (common // one.weight)) for one, end in zip(parts, ends, strict=True)
        ]
        found = [self._divided(top, bottom, scale)]
        for this, share in zip(perhaps, shares, strict=True):
            tops, unders = top, bottom
            for one, end, other, key in zip(parts, ends, perhaps, shares, strict=True):
                near = key >= share if most else key <= share
                taken = other & near if key is not share else other
                tops += choose([(taken, end)], zero)
                unders += choose([(taken, self.number(one.weight))], zero)
            found.append(or_null(this, self._divided(tops, unders, scale)))
        return or_else(picked(found, most=most), 0)

    def _divided(self, top: Whole, bottom: Whole, scale: tuple[int, int, int]) -> Whole:
        """Return top x over / (bottom x under), rounded half up; NULL where bottom is 0.

        `scale` is over, under, and the most that comes out.
        """
        over, under, full = scale
        if bottom.literal == 0:
            return or_null(NO, self.number(0))
        if bottom.literal is not None:
            whole_ = bottom.literal * under
            if over % whole_ == 0:
                return (top * (over // whole_)).within(0, full)
            return cut(top * (2 * over) + whole_, self.number(2 * whole_), 0, full)
        bottom = self.keep(bottom)
        return cut(top * (2 * over) + bottom * under, bottom * (2 * under), 0, full)

    def _ticked(self, node: Mean, ticks: Sequence[tuple[Name, int]]) -> Span:
        """Return a mean over ticks, of which each is worth its weight, nothing, or does not
        count.
        """
        self.steps.free.add(id(node))
        kind = cast("Number", node.type)
        full = node.full * 10 ** (kind.scale - node.full_scale)
        zero = yes = open_ = out = self.number(0)
        total = sum(weight for _, weight in ticks)
        unknown: list[Test] = []
        outs: list[Test] = []
        for tick, weight in ticks:
            said, worth = self.said(tick), self.number(weight)
            met, not_asked = self.steps.names.tick(said, "yes"), self.steps.names.tick(said, "na")
            yes += choose([(met, worth)], zero)
            out += choose([(not_asked, worth)], zero)
            open_ += choose([(said.unknown, worth)], zero)
            unknown.append(said.unknown)
            outs.append(not_asked)
        asked = self.keep((self.number(total) - out).within(0, total))
        yes = self.keep(yes)
        low = or_else(cut(yes * (2 * full) + asked, asked * 2, 0, full), 0)
        if every(~test for test in unknown) is YES:
            there = asked > 0
            self.steps.asked[id(node)] = Sides(self.keep(there), self.keep(there))
            return Span(low, low)
        most = self.keep(yes + open_)
        high = or_else(cut(most * (2 * full) + asked, asked * 2, 0, full), 0)
        open_ = self.keep(open_)
        self.steps.asked[id(node)] = Sides(self.keep(asked > open_), self.keep(asked > 0))
        return Span(low, high)


class _Earned:
    """A part of a mean: its ends, its weight, whether it applies, and whether its ends are nothing
    and all whenever it may not.
    """

    __slots__ = ("applies", "free", "high", "low", "weight")

    def __init__(self, low: Whole, high: Whole, weight: int, applies: Sides, *, free: bool) -> None:
        self.low = low
        self.high = high
        self.weight = weight
        self.applies = applies
        self.free = free


def _ticks(parts: Sequence[Part]) -> list[tuple[Name, int]] | None:
    """Return the ticks and weights of a mean over ticks alone, else None."""
    found: list[tuple[Name, int]] = []
    for part in parts:
        match part:
            case Part(
                Choose(
                    condition=Compare(op="==", left=Name() as tick, right=Literal(value="yes")),
                    then=Literal(value=worth),
                    otherwise=Literal(value=0),
                ),
                weight,
                Not(item=Compare(op="==", left=Name() as same, right=Literal(value="na"))),
            ) if tick.type == TICK and tick == same and worth == weight:
                found.append((tick, weight))
            case _:
                return None
    return found
