"""A comparison as an author would write it, as far as a remark needs it."""

from __future__ import annotations

import datetime

from steelyard.expression.tree import (
    Arithmetic,
    Call,
    Compare,
    Literal,
    Name,
    Node,
    Over,
    Reach,
    Within,
)
from steelyard.expression.types import Date, Number, number_text

_BINDS = {"+": 0, "-": 0, "*": 1, "/": 1}


def source(node: Node) -> str:
    """Return a node in the words of the expressions; what lies deep inside is left out as `…`."""
    match node:
        case Compare(op=op, left=left, right=right):
            return f"{_operand(left)} {op} {_operand(right)}"
        case Within(item=item, options=options):
            return f"{_operand(item)} in [{', '.join(map(_operand, options))}]"
        case _:
            return _operand(node)


def _operand(node: Node) -> str:
    match node:
        case Name(name=name):
            return name
        case Reach(base=base, field=field):
            return f"{_operand(base)}.{field}"
        case Literal(type=Number(scale=scale), value=int() as units):
            return number_text(units, scale)
        case Literal(type=Date(), value=int() as ordinal):
            return f"'{datetime.date.fromordinal(ordinal).isoformat()}'"
        case Literal(value=value):
            return repr(value)
        case Arithmetic(op=op, left=left, right=right):
            first, second = _operand(left), _operand(right)
            if isinstance(left, Arithmetic) and _BINDS[left.op] < _BINDS[op]:
                first = f"({first})"
            if isinstance(right, Arithmetic) and _BINDS[right.op] <= _BINDS[op]:
                second = f"({second})"
            return f"{first} {op} {second}"
        case Over(function=function, register=register, value=value, where=where):
            inner = [register, *(_operand(one) for one in (value, where) if one is not None)]
            return f"{function}({', '.join(inner)})"
        case Call(function=function, arguments=arguments):
            return f"{function}({', '.join(map(_operand, arguments))})"
        case Compare() | Within():
            return source(node)
        case _:
            return "…"
