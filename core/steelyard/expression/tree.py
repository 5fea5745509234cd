"""The typed tree of an expression: the only thing that readings of it see."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal as OneOf
from typing import NamedTuple

from steelyard.expression.types import Type

Comparison = OneOf["==", "!=", "<", "<=", ">", ">="]
Sign = OneOf["+", "-", "*", "/"]
Span = tuple[int, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """A part of an expression: its type, its span in the text, whether its value may be none."""

    type: Type
    at: Span = (0, 0)
    nullable: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Literal(Node):
    """A value written out: units for a number, an ordinal for a date, a text, or a truth value."""

    value: int | str | bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Name(Node):
    """A name: a fact, a parameter, a field of the record or party at hand, a moment, or an outcome
    of the case.

    A `window` is the last day of a stage's window, none where it is left open; `spoken` whether the
    case speaks of a register at all; `judged` what a plugin found of a rule, anything where nobody
    answers; `waived` whether a rule is; an outcome is an earlier step of the book's program.
    `claimed` names stand in a bonus rule, where what is not shown does not exist; a claimed derived
    fact carries its own expression in `inner`.
    """

    kind: OneOf[
        "fact", "parameter", "field", "moment", "outcome", "party",
        "window", "spoken", "judged", "waived",
    ]  # fmt: skip
    name: str
    claimed: bool = False
    inner: Node | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Reach(Node):
    """A field of the party that `base` names: `person.role`."""

    base: Node
    party: str
    field: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Not(Node):
    """The contrary of a condition."""

    item: Node


@dataclass(frozen=True, slots=True, kw_only=True)
class Logic(Node):
    """Conditions that must hold together (`and`) or of which one suffices (`or`)."""

    op: OneOf["and", "or"]
    items: tuple[Node, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Compare(Node):
    """A comparison; with a `confidence` (z squared in millionths) the left side is a survey's
    Wilson interval.
    """

    op: Comparison
    left: Node
    right: Node
    confidence: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Within(Node):
    """Whether a value is one of some literals."""

    item: Node
    options: tuple[Literal, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Arithmetic(Node):
    """A sum, difference, product or quotient."""

    op: Sign
    left: Node
    right: Node


@dataclass(frozen=True, slots=True, kw_only=True)
class Choose(Node):
    """`then if condition else otherwise`."""

    condition: Node
    then: Node
    otherwise: Node


@dataclass(frozen=True, slots=True, kw_only=True)
class Call(Node):
    """A function of the table in `functions.py`."""

    function: str
    arguments: tuple[Node, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Over(Node):
    """A function over the records of a register: `value` is a number, a condition or a field, as it
    asks.

    With `listed` the judge also names the records that count and have a value.
    """

    function: str
    register: str
    value: Node | None = None
    where: Node | None = None
    claimed: bool = False
    listed: bool = False


class Part(NamedTuple):
    """A part of a mean: what it earns given that it applies, its weight, and whether it applies.

    `applies` is None where it surely does. `earned` is a number of at least 0; `weight` counts
    units of 10**-weight_scale of the mean; a part of weight 0 does not count.
    """

    earned: Node
    weight: int
    applies: Node | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Mean(Node):
    """The mean over those parts that apply, times `full`: full x sum(earned) / sum(weight).

    Given that it is asked: at least one part applies. Rounded once, half away from zero, to the
    places of its type. A part whose applying is open may count or not, and the bounds are exact
    for parts that apply independently of each other.
    """

    parts: tuple[Part, ...]
    full: int
    full_scale: int
    weight_scale: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked(Node):
    """Whether a mean is asked: surely where a part surely applies, perhaps where one may."""

    mean: Mean


@dataclass(frozen=True, slots=True, kw_only=True)
class Portion(Node):
    """A rate held to 0..1 times `full`, multiplied before it is divided; none earns nothing."""

    rate: Node
    full: int
    full_scale: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Settle(Node):
    """A value that a division by zero may leave undefined, and what then stands for it.

    `otherwise` stands where the value is left undecided by a division by a known zero although
    all that it reads is known; None where it then does not apply (`Defined` says so).
    """

    item: Node
    otherwise: Node | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Defined(Node):
    """Whether a value is defined: surely not where a known zero leaves it undecided."""

    settle: Settle


class Openness(NamedTuple):
    """What coverage asks of a rule: its points, whether it applies, and its full mark."""

    value: Node
    applies: Node | None
    full: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Coverage(Node):
    """The share of the points asked for that is known: 1 - sum(high - low) / sum(full).

    Over the rules that are not surely inapplicable; one whose applying is open is wholly open;
    1 where nothing is asked.
    """

    parts: tuple[Openness, ...]


def children(node: Node) -> tuple[Node, ...]:
    """Return the parts of a node, in reading order."""
    match node:
        case Reach(base=base):
            return (base,)
        case Name(inner=Node() as inner):
            return (inner,)
        case Not(item=item):
            return (item,)
        case Logic(items=items):
            return items
        case Compare(left=left, right=right) | Arithmetic(left=left, right=right):
            return (left, right)
        case Within(item=item, options=options):
            return (item, *options)
        case Choose(condition=condition, then=then, otherwise=otherwise):
            return (condition, then, otherwise)
        case Call(arguments=arguments):
            return arguments
        case Over(value=value, where=where):
            return _there(value, where)
        case Mean(parts=parts):
            return _there(*(node for part in parts for node in (part.earned, part.applies)))
        case Asked(mean=mean):
            return (mean,)
        case Portion(rate=rate):
            return (rate,)
        case Settle(item=item, otherwise=otherwise):
            return _there(item, otherwise)
        case Defined(settle=settle):
            return (settle,)
        case Coverage(parts=rules):
            return _there(*(node for rule in rules for node in (rule.value, rule.applies)))
        case _:
            return ()


def _there(*nodes: Node | None) -> tuple[Node, ...]:
    return tuple(node for node in nodes if node is not None)


def walk(node: Node) -> Iterator[Node]:
    """Yield a node and everything below it."""
    yield node
    for child in children(node):
        yield from walk(child)
