"""The case of a chain by which a record is routed to what looks at it."""

from __future__ import annotations

from typing import NamedTuple

from steelyard.expression.lines import Lines
from steelyard.expression.python import Emitter
from steelyard.expression.tree import Compare, Literal, Logic, Name, Node
from steelyard.expression.types import Boolean, ranged
from steelyard.judging.compiled.names import Row


class Route(NamedTuple):
    """A field that is never missing, the one value of it that is asked for, and the rest of the
    condition.
    """

    atom: str
    value: str
    rest: Node | None


def route(where: Node | None, names: Row) -> Route | None:
    """Return the case by which a condition can be reached that begins with one value of a field
    never missing.
    """
    items = where.items if isinstance(where, Logic) and where.op == "and" else (where,)
    match items[0]:
        case Compare(
            op="==", left=Name(kind="field", name=name) as left, right=Literal() as right
        ) if names.layout.columns[name].certain:
            rest = _conjunction(items[1:])
            emitter = Emitter(Lines(), names)
            if ranged(left.type) is None:
                return Route(names.word(left), emitter.word(right), rest)
            if getattr(left.type, "scale", 0) == getattr(right.type, "scale", 0):
                return Route(names.span(left).low, emitter.span(right).low, rest)
    return None


def _conjunction(items: tuple[Node | None, ...]) -> Node | None:
    parts = tuple(item for item in items if item is not None)
    return (
        Logic(type=Boolean(), op="and", items=parts)
        if len(parts) > 1
        else parts[0]
        if parts
        else None
    )
