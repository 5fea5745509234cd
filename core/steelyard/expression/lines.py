"""What compiled text is made of: lines, the atoms of values in them, and exact quotients.

Numbers, dates and positions are three atoms: low, high, and "may be none" (empty where that cannot
be); a rate is a pair of integers at either end; conditions are two expressions, must and may; words
are one atom. Atoms are names or literals, so that they can be used twice.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields, replace
from math import gcd
from typing import Any, NamedTuple, Protocol

from steelyard.expression.tree import Comparison, Name, Node, Over, Reach
from steelyard.expression.types import Number, rescale


class Span(NamedTuple):
    """Atoms of a number, date or position."""

    low: str
    high: str
    none: str = ""


class Sides(NamedTuple):
    """Expressions of a condition."""

    must: str
    may: str


class Ratio(NamedTuple):
    """Atoms of a rate: a numerator and a denominator, above 0, of either end."""

    low_num: str
    low_den: str
    high_num: str
    high_den: str
    none: str = ""


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
        if is_atom(text):
            return text
        name = self.fresh()
        self.add(f"{name} = {text}")
        return name

    def kept(self) -> Lines:
        """Return lines of their own that stand at this place, whenever they are written."""
        return _Kept(self)


class _Kept(Lines):
    """Lines that are put where they were kept a place."""

    def __init__(self, around: Lines) -> None:
        super().__init__(around.prefix)
        self.around = around
        self.depth = around.depth
        self.place = len(around.lines)
        # An empty line keeps the place.
        around.lines.append("")

    def fresh(self) -> str:
        return self.around.fresh()

    def add(self, line: str) -> None:
        super().add(line)
        self.around.lines[self.place] = "\n".join(self.lines)


@dataclass(slots=True)
class Quotient:
    """A rate that stands ready: its pairs of integers, and, written only if asked, its rounding."""

    ratio: Ratio
    kind: Number
    lines: Lines | None = None
    _span: Span | None = None

    def stand(self, lines: Lines) -> None:
        """Keep a place for the rounding, where the pairs have been worked out."""
        self.lines = lines.kept()

    def span(self) -> Span:
        """Return the rate as a number, rounded to its places."""
        if self._span is None:
            assert self.lines is not None  # noqa: S101  # whoever makes one says where it stands
            self._span = rounded(self.lines, self.ratio, self.kind)
        return self._span


Result = tuple[Span | Sides | Quotient, tuple[str, ...]]
"""What stands ready, and the conditions under which it is undefined."""


class Names(Protocol):
    """Where the compiled reading finds names; `flags` are conditions under which a value is
    undefined.
    """

    def span(self, node: Name | Reach) -> Span:
        """Return the atoms of a ranged name; a rate rounded."""

    def ratio(self, node: Name | Reach) -> Ratio:
        """Return the pairs of a survey, or of a derived fact that is a rate."""

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

    def over(self, node: Over) -> Result:
        """Return the result of a function over records, computed before, and its flags."""


class Emitting(Protocol):
    """What a function's compiled reading asks of whoever writes the expression around it."""

    lines: Lines
    names: Names
    flags: list[str]

    def span(self, node: Node) -> Span:
        """Write a number, date or position; a rate is rounded."""

    def ratio(self, node: Node) -> Ratio:
        """Write a number as pairs of integers; a rate exactly."""

    def sides(self, node: Node) -> Sides:
        """Write a condition."""

    def word(self, node: Node) -> str:
        """Write a text, option, tick or party."""


def bare(node: Node) -> Node:
    """Return a node without its places, so that equal expressions are equal."""
    changes: dict[str, Any] = {
        f.name: _bare(getattr(node, f.name)) for f in fields(node) if f.name not in {"type", "at"}
    }
    return replace(node, at=(0, 0), **changes)


def _bare(value: object) -> object:
    if isinstance(value, Node):
        return bare(value)
    if isinstance(value, tuple):
        items: list[Any] = [_bare(item) for item in value]
        # A part of a mean is a tuple with names.
        return type(value)(*items) if hasattr(value, "_fields") else tuple(items)
    return value


def is_literal(text: str) -> bool:
    """Whether an atom is a number written out."""
    return text.lstrip("-").isdecimal()


def is_atom(text: str) -> bool:
    """Whether an expression can be used twice as it stands."""
    return text.isidentifier() or is_literal(text)


def times(atom: str, factor: int) -> str:
    """Return an atom times a whole number."""
    if is_literal(atom):
        return str(int(atom) * factor)
    return atom if factor == 1 else f"{atom} * {factor}"


def moved(atom: str, scale: int, target: int) -> str:
    """Return an atom in units of a finer scale."""
    if scale != target and is_literal(atom):
        return str(rescale(int(atom), scale, target))
    return times(atom, 10 ** (target - scale))


def absent(operands: Sequence[Span | Ratio]) -> tuple[str, str]:
    """Return the condition that some operand is none, and the flag that one may be."""
    there = [operand for operand in operands if operand.none]
    gone = " or ".join(dict.fromkeys(f"{operand[0]} is None" for operand in there))
    return gone, " or ".join(dict.fromkeys(operand.none for operand in there))


def joint(
    lines: Lines, operands: Sequence[Span | Ratio], write: Callable[[], Sequence[str]]
) -> list[str]:
    """Write values that are none where an operand is none; return their atoms and the atom of
    "may be none".

    The first of the values is None where there is none.
    """
    gone, perhaps = absent(operands)
    if not gone:
        return [*_assigned(lines, write()), ""]
    none = lines.fresh()
    out = lines.kept()
    lines.add("else:")
    lines.depth += 1
    texts = list(write())
    names = [lines.fresh() for _ in texts]
    for name, text in zip(names, texts, strict=True):
        lines.add(f"{name} = {text}")
    lines.add(f"{none} = {perhaps}")
    lines.depth -= 1
    out.add(f"if {gone}: {' = '.join(names)} = None; {none} = True")
    return [*names, none]


def _assigned(lines: Lines, texts: Sequence[str]) -> list[str]:
    names: dict[str, str] = {}
    for text in texts:
        if text not in names:
            names[text] = lines.atom(text)
    return [names[text] for text in texts]


def rounded(lines: Lines, ratio: Ratio, kind: Number) -> Span:
    """Write a rate as a number, rounded half away from zero to the places of its type."""
    unit = 10**kind.scale

    def end(num: str, den: str) -> str:
        if den == str(unit):
            return num
        if kind.low < 0:
            return f"divide({num}, {den}, {kind.scale})"
        return f"({times(num, 2 * unit)} + {den}) // {_wrapped(times(den, 2))}"

    low, high = lines.fresh(), lines.fresh()
    first, last = end(*ratio[:2]), end(*ratio[2:4])
    same = first == last
    if not ratio.none and same and is_atom(first):
        return Span(first, first)
    lead = ""
    if ratio.none:
        lines.add(f"if {ratio.low_num} is None: {low} = {high} = None")
        lead = "else: "
    if same:
        lines.add(f"{lead}{low} = {high} = {first}")
        return Span(low, high if ratio.none else low, ratio.none)
    if ratio.low_den == ratio.high_den or is_atom(last):
        tail = last
    else:
        tail = (
            f"{low} if {ratio.high_num} == {ratio.low_num} and {ratio.high_den} == "
            f"{ratio.low_den} else {last}"
        )
    lines.add(f"{lead}{low} = {first}; {high} = {tail}")
    return Span(low, high, ratio.none)


def _wrapped(text: str) -> str:
    return text if is_atom(text) else f"({text})"


def compared(one: tuple[str, str], op: Comparison, two: tuple[str, str]) -> str:
    """Return the comparison of two quotients, numerator and denominator each, without dividing."""
    (a, b), (c, d) = lowest(*one), lowest(*two)
    if b == d:
        return f"{a} {op} {c}"
    return f"{_product(a, d)} {op} {_product(c, b)}"


def lowest(num: str, den: str) -> tuple[str, str]:
    """Return a written-out quotient in its lowest terms."""
    if not (is_literal(num) and is_literal(den)):
        return num, den
    common = gcd(int(num), int(den))
    return str(int(num) // common), str(int(den) // common)


def _product(one: str, two: str) -> str:
    if "0" in {one, two}:
        return "0"
    if one == "1":
        return two
    return times(one, int(two)) if is_literal(two) else f"{one} * {two}"


def nearer(
    lines: Lines, one: tuple[str, str], two: tuple[str, str], op: Comparison
) -> tuple[str, str]:
    """Write the lesser (`<=`) or the greater (`>=`) of two quotients."""
    if one == two:
        return one
    num, den = lines.fresh(), lines.fresh()
    lines.add(
        f"{num}, {den} = ({', '.join(one)}) if {compared(one, op, two)} else ({', '.join(two)})"
    )
    return num, den


def same_end(ratio: Ratio) -> str:
    """Return the condition that both ends of a rate are one; empty where they surely are."""
    if ratio[:2] == ratio[2:4]:
        return ""
    return compared(ratio[:2], "==", ratio[2:4])


def ordered(op: Comparison, one: Ratio, two: Ratio) -> Sides:
    """Return a comparison of two values, each given by its pairs of integers."""
    low, high, least, most = one[:2], one[2:4], two[:2], two[2:4]
    if low == high and least == most:
        text = f"({compared(low, op, least)})"
        return Sides(text, text)
    if op == "!=":
        equal = ordered("==", one, two)
        return Sides(f"(not {equal.may})", f"(not {equal.must})")
    if op == "==":
        ends = [end for end in (same_end(one), same_end(two)) if end]
        must = " and ".join([*ends, compared(low, "==", least)])
        may = f"({compared(low, '<=', most)} and {compared(high, '>=', least)})"
        return Sides(f"({must})", may)
    if op in {"<", "<="}:
        return Sides(f"({compared(high, op, least)})", f"({compared(low, op, most)})")
    return Sides(f"({compared(low, op, most)})", f"({compared(high, op, least)})")


def pairs_of(span: Span, scale: int) -> Ratio:
    """Return a plain number as pairs of integers."""
    unit = str(10**scale)
    return Ratio(span.low, unit, span.high, unit, span.none)
