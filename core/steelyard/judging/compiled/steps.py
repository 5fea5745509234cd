"""The compiled reading of the steps of a book: means, portions, what settles, who is asked.

Nothing here knows a scoring form: it reads nodes. What is nearly always so (every rule applies, a
complete case) is written as straight lines; the rest calls `runtime`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple, cast

from steelyard.expression.lines import Lines, Ratio, Sides, Span
from steelyard.expression.python import Emitter
from steelyard.expression.tree import (
    Arithmetic,
    Asked,
    Call,
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
    Over,
    Part,
    Portion,
    Settle,
)
from steelyard.expression.types import TICK, Number, ranged

if TYPE_CHECKING:
    from steelyard.judging.compiled.names import Facts

TRUE, FALSE = Sides("True", "True"), Sides("False", "False")


class Earned(NamedTuple):
    """A part of a mean as atoms: its ends, its weight, and whether it applies."""

    low: str
    high: str
    weight: int
    applies: Sides


@dataclass(slots=True)
class Kept:
    """What was written already and is asked for again, by the identity of its node.

    `states` holds for each mean the sides of being asked, `defined` for each value that settles the
    sides of being defined, `empty` those under which a span is 0 anyway, `state_of` the name of a
    state behind sides;
    `rules_done` says that the names `sure` (every rule applies) and `same` (every rule is settled)
    stand; `keys` numbers the values that settle; `waived` says whether waivers are
    written out or taken as none.
    """

    keys: dict[int, int]
    waived: bool
    states: dict[int, Sides] = field(default_factory=dict)
    defined: dict[int, Sides] = field(default_factory=dict)
    spans: dict[int, Span] = field(default_factory=dict)
    ratios: dict[int, tuple[Ratio, tuple[str, ...]]] = field(default_factory=dict)
    empty: dict[Span, Sides] = field(default_factory=dict)
    state_of: dict[Sides, str] = field(default_factory=dict)
    rules_done: bool = False


class StepEmitter(Emitter):
    """Writes the nodes of scoring; those of expressions are written as everywhere."""

    def __init__(self, lines: Lines, names: Facts, kept: Kept) -> None:
        """Take where to write, where to find names, and what was written before."""
        super().__init__(lines, names)
        self.facts = names
        self.kept = kept

    def _inner(self) -> StepEmitter:
        """Return an emitter that gathers flags of its own."""
        return StepEmitter(self.lines, self.facts, self.kept)

    # Conditions

    def sides(self, node: Node) -> Sides:
        """Write a condition; what is certain while the book is compiled costs nothing later."""
        match node:
            case Name(kind="waived", name=name):
                if not self.kept.waived:
                    return FALSE
                return Sides(*2 * [f"({name!r} in waived)"])
            case Not(item=item):
                return _contrary(self.sides(item))
            case Logic(op=op, items=items):
                return joined(op, [self.sides(item) for item in items])
            case Settle():
                return self._firm(node)
            case Asked(mean=mean):
                if id(mean) not in self.kept.states:
                    self.span(mean)
                return self.kept.states[id(mean)]
            case Defined(settle=settle):
                return self.kept.defined.get(id(settle), TRUE)
        return super().sides(node)

    def _firm(self, node: Settle) -> Sides:
        """Write what stands for a condition that is undefined, though all it reads is known."""
        inner = self._inner()
        sides = inner.sides(node.item)
        if not inner.flags:
            return sides
        must, may = (self.lines.atom(text) for text in sides)
        name = self.lines.fresh()
        open_ = f"{may} and not {must} and ({_either(inner.flags)})"
        blank = f"({open_} and blank({self.kept.keys[id(node)]}))"
        self.lines.add(f"{name} = {may} and not {blank}")
        return Sides(must, name)

    # Numbers

    def ratio(self, node: Node) -> Ratio:
        """Write a number as pairs of integers, once for all bands that ask for it."""
        if self.lines.depth > 1:
            return super().ratio(node)
        if id(node) not in self.kept.ratios:
            before = len(self.flags)
            found = super().ratio(node)
            self.kept.ratios[id(node)] = (found, tuple(self.flags[before:]))
            return found
        found, flags = self.kept.ratios[id(node)]
        self.flags.extend(flags)
        return found

    def span(self, node: Node) -> Span:
        """Write a number."""
        match node:
            case Mean() | Portion() | Settle() | Coverage():
                if id(node) not in self.kept.spans:
                    self.kept.spans[id(node)] = self._scored(node)
                return self.kept.spans[id(node)]
            case Choose(then=then, otherwise=Literal(value=0)) if not isinstance(then, Literal):
                return self._or_nothing(node, then)
            case Choose() if isinstance(node.type, Number):
                return self._choice(node)
            case Call(function="round"):
                return self._fewer_places(node)
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

    def _or_nothing(self, node: Choose, then: Node) -> Span:
        """Write a number of at least 0 that is nothing where a condition fails."""
        test, span = self.sides(node.condition), self.span(then)
        own, kind = cast("Number", ranged(then.type)), cast("Number", node.type)
        if span.none or own.scale != kind.scale or own.low < 0:
            return super().span(node)
        if test == TRUE or self.kept.empty.get(span) == test:
            return span
        low, high = self.lines.fresh(), self.lines.fresh()
        self.lines.add(f"{low} = {span.low} if {test.must} else 0")
        self.lines.add(f"{high} = {span.high} if {test.may} else 0")
        return Span(low, high)

    def _choice(self, node: Choose) -> Span:
        """Write a choice; one among figures alone asks from the first condition on."""
        kind = cast("Number", node.type)
        steps: list[tuple[Sides, int]] = []
        rest: Node = node
        while isinstance(rest, Choose) and isinstance(rest.then, Literal):
            steps.append((self.sides(rest.condition), _figure(rest.then, kind)))
            rest = rest.otherwise
        if not isinstance(rest, Literal):
            test = steps[0][0] if steps else self.sides(node.condition)
            side = node.then if test == TRUE else node.otherwise
            if test in {TRUE, FALSE} and cast("Number", ranged(side.type)).scale == kind.scale:
                return self.span(side)
            return super().span(node)
        last = _figure(rest, kind)
        steps = [step for step in steps if step[0] != FALSE]
        if not steps or steps[0][0] == TRUE:
            only = str(steps[0][1] if steps else last)
            return Span(only, only)
        if len(steps) == 1:
            return self._either_of(steps[0], last)
        low, high = self.lines.fresh(), self.lines.fresh()
        word = "if"
        rows = ", ".join(f"({test.must}, {test.may}, {figure})" for test, figure in steps)
        for test, figure in steps:
            self.lines.add(f"{word} {test.must}: {low} = {high} = {figure}")
            if test.may != test.must:
                self.lines.add(f"elif {test.may}: {low}, {high} = among(({rows},), {last})")
            word = "elif"
        self.lines.add(f"else: {low} = {high} = {last}")
        return Span(low, high)

    def _either_of(self, step: tuple[Sides, int], two: int) -> Span:
        """Write one of two figures."""
        test, one = step
        if one == two:
            return Span(str(one), str(one))
        first, last = (test.must, test.may) if one >= two else (test.may, test.must)
        low = self.lines.fresh()
        self.lines.add(f"{low} = {one} if {first} else {two}")
        if first == last:
            return Span(low, low)
        high = self.lines.fresh()
        self.lines.add(f"{high} = {one} if {last} else {two}")
        return Span(low, high)

    def _fewer_places(self, node: Call) -> Span:
        """Write a number of at least 0 with fewer places; one rounding may follow another."""
        units: list[int] = []
        inner: Node = node
        while isinstance(inner, Call) and inner.function == "round":
            own = cast("Number", ranged(inner.arguments[0].type))
            units.append(10 ** (own.scale - cast("Number", inner.type).scale))
            inner = inner.arguments[0]
        span = self.span(inner)
        if span.none or cast("Number", ranged(inner.type)).low < 0:
            return super().span(node)

        def text(end: str) -> str:
            for unit in reversed(units):
                end = f"({end} + {unit // 2}) // {unit}" if unit > 1 else end
                end = f"({end})"
            return end.removeprefix("(").removesuffix(")")

        low, high = self.lines.fresh(), self.lines.fresh()
        self.lines.add(f"{low} = {text(span.low)}")
        if span.low == span.high:
            return Span(low, low)
        same = f"{span.low} == {span.high}"
        self.lines.add(f"{high} = {low} if {same} else {text(span.high)}")
        return Span(low, high)

    def _settle(self, node: Settle) -> Span:
        inner = self._inner()
        span = inner.span(node.item)
        if not inner.flags:
            return span
        kind = cast("Number", node.type)
        other = "None"
        if isinstance(node.otherwise, Literal):
            scale = cast("Number", node.otherwise.type).scale
            other = str(int(node.otherwise.value) * 10 ** (kind.scale - scale))
        low, high, state = span.low, span.high, self.lines.fresh()
        if isinstance(node.item, (Name, Over)) or low == high or not low.isidentifier():
            # What others read, too, is left as it is.
            low, high = self.lines.fresh(), self.lines.fresh()
            self.lines.add(f"{low} = {span.low}; {high} = {span.high}")
        key = self.kept.keys[id(node)]
        self.lines.add(f"{state} = 0")
        self.lines.add(f"if {low} != {high} and ({_either(inner.flags)}):")
        self.lines.add(f"    {low}, {high}, {state} = settle({key}, {low}, {high}, {other})")
        self.kept.defined[id(node)] = self._stated(state)
        return Span(low, high)

    def _stated(self, state: str) -> Sides:
        """Return the sides of a state: 0 surely, 1 perhaps, 2 not."""
        sides = Sides(f"({state} == 0)", f"({state} != 2)")
        self.kept.state_of[sides] = state
        return sides

    def _portion(self, node: Portion) -> Span:
        kind = cast("Number", node.type)
        full = node.full * 10 ** (kind.scale - node.full_scale)
        rate = self.ratio(node.rate)
        ends = ((rate.low_num, rate.low_den), (rate.high_num, rate.high_den))
        low, high = self.lines.fresh(), self.lines.fresh()
        texts = [f"portion({full}, {number}, {under})" for number, under in ends]
        if not rate.none:
            self.lines.add(f"{low} = {texts[0]}")
            if texts[0] == texts[1]:
                return Span(low, low)
            same = f"{ends[0][0]} == {ends[1][0]} and {ends[0][1]} == {ends[1][1]}"
            self.lines.add(f"{high} = {low} if {same} else {texts[1]}")
            return Span(low, high)
        gone = f"{rate.low_num} is None"
        self.lines.add(f"{low} = 0 if {gone} or {rate.none} else {texts[0]}")
        self.lines.add(f"{high} = 0 if {gone} else {texts[1]}")
        return Span(low, high)

    def _coverage(self, node: Coverage) -> Span:
        found = [(self.span(one.value), one) for one in node.parts]
        sides = [TRUE if one.applies is None else self.sides(one.applies) for _, one in found]
        scale = cast("Number", found[0][1].value.type).scale if found else 0
        unit = 10 ** (scale - self.facts.book.decimals)
        whole = sum(one.full for _, one in found) * unit
        result = self.lines.fresh()
        if not whole:
            return Span("10000", "10000")
        lows, highs = _sum([span.low for span, _ in found]), _sum([s.high for s, _ in found])
        open_ = f"{whole} - ({highs}) + ({lows})"
        plain = f"(20000 * ({open_}) + {whole}) // {2 * whole}"
        plain = f"{result} = 10000 if same else {plain}"
        sure = "True" if joined("and", sides).must == "True" else "sure"
        if sure != "True":
            self.lines.add(f"if {sure}: {plain}")
            parts = ", ".join(
                f"({span.low}, {span.high}, {side.must}, {side.may}, {one.full * unit})"
                for (span, one), side in zip(found, sides, strict=True)
            )
            self.lines.add(f"else: {result} = covered(({parts},))")
        else:
            self.lines.add(plain)
        return Span(result, result)

    # Means

    def _mean(self, node: Mean) -> Span:
        kind = cast("Number", node.type)
        parts = [part for part in node.parts if part.weight]
        if not parts:
            self.kept.states[id(node)] = FALSE
            return Span("0", "0")
        ticks = _ticks(parts)
        if ticks is not None:
            return self._ticked(node, ticks)
        scales = {cast("Number", ranged(part.earned.type)).scale for part in parts}
        scale = max(scales)
        places = kind.scale - node.full_scale - scale + node.weight_scale
        over, under = node.full * 10 ** max(0, places), 10 ** max(0, -places)
        found = [self._part(part, scale) for part in parts]
        sides = joined("or", [one.applies for one in found])
        sure = joined("and", [one.applies for one in found]).must
        low, high = self.lines.fresh(), self.lines.fresh()
        whole = sum(one.weight for one in found) * under
        ends = [_sum([one.low for one in found]), _sum([one.high for one in found])]
        run = self._run(parts)
        if run is not None:
            ends = [f"sum({name}[{run[0]}:{run[1]}])" for name in ("lows", "highs")]
        plain = [_over(end, over, whole) for end in ends]
        same = ends[0] == ends[1]
        of_rules = self.kept.rules_done and all(_of_rule(part) for part in parts)
        if of_rules and sure != "True":
            sure = "sure"
        if same:
            line = f"{low} = {high} = {plain[0]}"
        else:
            held = f"{low} if same else {plain[1]}" if of_rules else plain[1]
            line = f"{low} = {plain[0]}; {high} = {held}"
        if sure == "True":
            self.lines.add(line)
            self.kept.states[id(node)] = TRUE
            return Span(low, low if same else high)
        rows = ", ".join(
            f"({one.low}, {one.high}, {one.weight}, {one.applies.must}, {one.applies.may})"
            for one in found
        )
        rest = f"{low}, {high} = mean(({rows},), {over}, {under})"
        if sides == TRUE:
            self.lines.add(f"if {sure}: {line}")
            self.lines.add(f"else: {rest}")
        else:
            must, may = self.lines.fresh(), self.lines.fresh()
            self.lines.add(f"if {sure}: {line}; {must} = {may} = True")
            self.lines.add(f"else: {rest}; {must} = {sides.must}; {may} = {sides.may}")
            sides = Sides(must, may)
        self.kept.states[id(node)] = sides
        return Span(low, high)

    def _run(self, parts: Sequence[Part]) -> tuple[int, int] | None:
        """Return from where to where rules stand whose points are added up, if side by side."""
        if not self.kept.rules_done:
            return None
        order = [f"points:{name}" for name in self.facts.book.rules]
        plain = [f"earned:{name}" for name in self.facts.book.rules]
        found = []
        for part in parts:
            name = part.earned.name if isinstance(part.earned, Name) else ""
            place = order.index(name) if name in order else -1
            place = plain.index(name) if name in plain else place
            if place < 0:
                return None
            found.append(place)
        run = list(range(found[0], found[0] + len(found)))
        return (run[0], run[-1] + 1) if found == run and len(run) > 3 else None

    def _part(self, part: Part, scale: int) -> Earned:
        """Write a part, its earnings in units of a common scale."""
        span = self._scaled(part.earned, scale)
        applies = TRUE if part.applies is None else self.sides(part.applies)
        if applies not in {TRUE, FALSE} and applies not in self.kept.state_of:
            applies = Sides(*(self.lines.atom(text) for text in applies))
        return Earned(self.lines.atom(span.low), self.lines.atom(span.high), part.weight, applies)

    def _scaled(self, node: Node, scale: int) -> Span:
        weight: int = 1
        if isinstance(node, Arithmetic) and isinstance(node.left, Literal) and node.op == "*":
            weight, node = int(node.left.value), node.right
        span, own = self.span(node), cast("Number", ranged(node.type)).scale
        factor = weight * 10 ** (scale - own)
        if factor == 1:
            return span
        if span.low == span.high:
            low = self.lines.atom(f"{span.low} * {factor}")
            return Span(low, low)
        return Span(f"{span.low} * {factor}", f"{span.high} * {factor}")

    def _ticked(self, node: Mean, ticks: Sequence[tuple[Name, int]]) -> Span:
        """Write a mean over ticks, of which each is worth its weight, nothing, or does not
        count.
        """
        kind = cast("Number", node.type)
        full = node.full * 10 ** (kind.scale - node.full_scale)
        low, high, state = (self.lines.fresh() for _ in range(3))
        weights = tuple(weight for _, weight in ticks)
        listed = self.facts.ticks([tick for tick, _ in ticks])
        if len(set(weights)) == 1:
            self.lines.add(f"{low}, {high}, {state} = ticked({listed}, {full})")
        else:
            self.lines.add(f"{low}, {high}, {state} = weighed({listed}, {weights}, {full})")
        self.kept.states[id(node)] = self._stated(state)
        # Ticks of which none is given earn nothing at the low end, whether they are asked or not.
        self.kept.empty[Span(low, high)] = self.kept.states[id(node)]
        return Span(low, high)


def _of_rule(part: Part) -> bool:
    """Whether a part is what a rule earns."""
    node = part.earned
    if isinstance(node, Arithmetic):
        node = node.right
    of_rule = ("earned:", "points:", "share:")
    return isinstance(node, Name) and node.kind == "outcome" and node.name.startswith(of_rule)


def _figure(node: Literal, kind: Number) -> int:
    """Return a literal in units of a number's scale."""
    return int(int(node.value) * 10 ** (kind.scale - cast("Number", node.type).scale))


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


def joined(op: str, sides: Sequence[Sides]) -> Sides:
    """Return conditions joined by `and` or `or`, without those that decide nothing."""
    neutral, strong = ("True", "False") if op == "and" else ("False", "True")

    def join(texts: list[str]) -> str:
        if strong in texts:
            return strong
        rest = list(dict.fromkeys(text for text in texts if text != neutral))
        if not rest:
            return neutral
        return rest[0] if len(rest) == 1 else "(" + f" {op} ".join(rest) + ")"

    return Sides(join([side.must for side in sides]), join([side.may for side in sides]))


_CERTAIN = {"True": "False", "False": "True"}


def _contrary(sides: Sides) -> Sides:
    def contrary(text: str) -> str:
        return _CERTAIN.get(text) or f"(not {text})"

    return Sides(contrary(sides.may), contrary(sides.must))


def _either(flags: Sequence[str]) -> str:
    return " or ".join(dict.fromkeys(flags))


def _sum(texts: list[str]) -> str:
    """Return a sum; what is 0 while the book is compiled is left out."""
    return " + ".join(text for text in texts if text != "0") or "0"


def _over(text: str, over: int, under: int) -> str:
    """Return text * over / under, rounded half up; text is at least 0."""
    if over % under == 0:
        factor = over // under
        return text if factor == 1 else f"({text}) * {factor}"
    return f"(({text}) * {2 * over} + {under}) // {2 * under}"
