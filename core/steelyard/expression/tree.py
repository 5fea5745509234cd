"""The typed tree of an expression: the only thing that readings of it see."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal as OneOf

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

    `claimed` names stand in a bonus rule, where what is not shown does not exist; a claimed derived
    fact carries its own expression in `inner`.
    """

    kind: OneOf["fact", "parameter", "field", "moment", "outcome", "party"]
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
    """

    function: str
    register: str
    value: Node | None = None
    where: Node | None = None
    claimed: bool = False


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
            return tuple(part for part in (value, where) if part is not None)
        case _:
            return ()


def walk(node: Node) -> Iterator[Node]:
    """Yield a node and everything below it."""
    yield node
    for child in children(node):
        yield from walk(child)
