"""Whether a part of an expression can be undefined though all that it reads is known."""

from __future__ import annotations

from typing import assert_never, cast

from steelyard.expression.functions.table import CORE, Functions
from steelyard.expression.kinds import Kind
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
    Present,
    Reach,
    Within,
)
from steelyard.expression.types import ranged


def leaves_undefined(node: Node, functions: Functions = CORE) -> bool:
    """Whether the node itself, apart from its parts, may be undefined: it divides by what may be
    zero, or asks what is of nothing.
    """
    match cast("Kind", node):
        case Over(function=function):
            return functions.aggregates[function].undefined_of_none
        case Call(function=function) as call:
            return functions.scalars[function].may_be_undefined(call)
        case Arithmetic(op=op, right=right):
            under = ranged(right.type)
            return op == "/" and under is not None and under.low <= 0 <= under.high
        case Compare(confidence=confidence):
            return bool(confidence)
        case Literal() | Name() | Reach() | Not() | Logic() | Within() | Choose() | Present():
            return False
        case never:
            assert_never(never)
