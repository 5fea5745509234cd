"""What a plugin's form is held to when a book is loaded: its tree stays between 0 and its full mark,
and reads nothing that its entry does not name.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from fractions import Fraction
from typing import Any

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
    Portion,
    Reach,
    Settle,
    Within,
    walk,
)
from steelyard.expression.types import Number, ranged
from steelyard.forms.form import Form, Lowered, Lowering

Ends = tuple[Fraction, Fraction]
_WORD = re.compile(r"[^\W\d][\w-]*")


def leaves_its_points(lowered: Lowered, context: Lowering) -> bool:
    """Whether what a form earns could lie outside 0 to its full mark, whatever its nodes say."""
    low, high = ends_of(lowered.points)
    return low < 0 or high > Fraction(context.full, 10**context.decimals)


def ends_of(node: Node) -> Ends:
    """Return the least and the greatest that a number can be, worked out from what it is made of."""
    match node:
        case Literal(value=value):
            scale = node.type.scale if isinstance(node.type, Number) else 0
            return (Fraction(int(value), 10**scale),) * 2
        case Choose(then=then, otherwise=otherwise):
            return _hull(ends_of(then), ends_of(otherwise))
        case Arithmetic(op=op, left=left, right=right):
            return _arithmetic(op, ends_of(left), ends_of(right))
        case Call(function="min", arguments=arguments):
            sides = [ends_of(one) for one in arguments]
            return min(one[0] for one in sides), min(one[1] for one in sides)
        case Call(function="max", arguments=arguments):
            sides = [ends_of(one) for one in arguments]
            return max(one[0] for one in sides), max(one[1] for one in sides)
        case Portion(full=full, full_scale=scale):
            return Fraction(0), Fraction(full, 10**scale)
        case Mean(parts=parts, full=full, full_scale=scale, weight_scale=places):
            most = Fraction(0)
            for part in parts:
                low, high = ends_of(part.earned)
                if low < 0 or part.weight < 0 or (high and not part.weight):
                    return Fraction(-1), Fraction(0)
                if part.weight:
                    most = max(most, high / Fraction(part.weight, 10**places))
            return Fraction(0), most * Fraction(full, 10**scale)
        case Settle(item=item, otherwise=otherwise):
            return ends_of(item) if otherwise is None else _hull(ends_of(item), ends_of(otherwise))
        case Coverage():
            return Fraction(0), Fraction(1)
        case Name() | Reach() | Over() | Call():
            kind = ranged(node.type)
            scale = kind.scale if isinstance(kind, Number) else 0
            low, high = (kind.low, kind.high) if kind is not None else (0, 0)
            return Fraction(low, 10**scale), Fraction(high, 10**scale)
        case Not() | Logic() | Compare() | Within() | Asked() | Defined():
            return Fraction(0), Fraction(1)
    raise AssertionError(node)


def _hull(one: Ends, two: Ends) -> Ends:
    return min(one[0], two[0]), max(one[1], two[1])


def _arithmetic(op: str, one: Ends, two: Ends) -> Ends:
    match op:
        case "+":
            return one[0] + two[0], one[1] + two[1]
        case "-":
            return one[0] - two[1], one[1] - two[0]
        case "*":
            corners = [a * b for a in one for b in two]
            return min(corners), max(corners)
        case _:
            if two[0] <= 0 <= two[1]:
                # Nobody knows what a division by what may be 0 gives.
                return Fraction(-(10**18)), Fraction(10**18)
            corners = [a / b for a in one for b in two]
            return min(corners), max(corners)


def unnamed(form: Form, entry: Any, lowered: Lowered) -> str:
    """Return what a form's trees read although its entry does not name it, or an empty text."""
    named = set(_words(entry.model_dump(include=set(type(form).keys().model_fields))))
    named |= {one.id for one in type(form).brings(entry)}
    for tree in lowered:
        for node in walk(tree) if tree is not None else ():
            match node:
                case Name(kind="fact" | "parameter" | "field" | "spoken" | "window", name=name):
                    if name not in named:
                        return name
                case Over(register=register) if register not in named:
                    return register
    return ""


def _words(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield from _WORD.findall(unicodedata.normalize("NFKC", value))
    elif isinstance(value, dict):
        for key, inner in value.items():
            yield from _words(key)
            yield from _words(inner)
    elif isinstance(value, list | tuple):
        for inner in value:
            yield from _words(inner)


__all__ = ["ends_of", "leaves_its_points", "unnamed"]
