"""What a plugin's form is held to when a book is loaded: its trees hold together, stay between 0
and its full mark, and read nothing that its entry does not name.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from fractions import Fraction
from typing import Any

from steelyard.errors import Fault, fault
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
    Present,
    Reach,
    Settle,
    Within,
    walk,
)
from steelyard.expression.types import (
    Boolean,
    Choice,
    Date,
    Number,
    PartyOf,
    Survey,
    Text,
    ranged,
)
from steelyard.folding import folded
from steelyard.forms.form import Form, Lowered, Lowering, keys_of

Ends = tuple[Fraction, Fraction]
_WORD = re.compile(r"[^\W\d][\w-]*")


def faults_of(form: Form, entry: Any, lowered: Lowered, context: Lowering) -> Iterator[Fault]:
    """Yield what a form must not give, each fault with its plugin; raises PluginError where it
    fails.
    """
    # Books are looked through for both, which must not fail only then.
    items, _ = form.items, tuple(form.expressions())
    own = {one.id for one in type(form).brings(entry)}
    for item in items:
        if item.id not in own:
            message = "`{form}` has the item `{name}`, which it does not bring as a fact"
            yield _of(form, message, item.id)
    try:
        if misfits(lowered, context):
            yield _of(form, "`{form}` gives trees that do not hold together")
            return
        if lowered.points.type != context.type or leaves_its_points(lowered, context):
            yield _of(form, "`{form}` can earn what lies outside 0 to its points")
        other = unnamed(form, entry, lowered)
    except (TypeError, ValueError, AttributeError, ArithmeticError, LookupError, RecursionError):
        # Nodes may hold anything at all.
        yield _of(form, "`{form}` gives trees that do not hold together")
        return
    if other:
        yield _of(form, "`{form}` reads `{name}`, which its entry does not name", name=other)


def _of(form: Form, message: str, name: str = "") -> Fault:
    return fault("", message, form=form.key, name=name)._replace(plugin=form.plugin)


def misfits(lowered: Lowered, context: Lowering) -> bool:
    """Whether trees are of other types than what holds them asks for."""
    conditions = [tree for tree in (lowered.applies, lowered.whole) if tree is not None]
    return (
        not all(
            _fits(node, context) for tree in (lowered.points, *conditions) for node in walk(tree)
        )
        or _sort(lowered.points) != "number"
        or any(_sort(tree) != "truth" for tree in conditions)
    )


def _fits(node: Node, context: Lowering) -> bool:
    """Whether a node's parts, apart from theirs, are of the types that it asks for."""
    match node:
        case Literal(value=value):
            return isinstance(value, _VALUES[_sort(node)])
        case Name(kind="fact", name=name):
            known = context.facts.get(name)
            return known is None or known.type == node.type
        case Name(kind="judged", name=name):
            return name == context.rule
        case Name(kind=kind):
            return kind not in {"outcome", "waived"}
        case Not(item=item):
            return _sort(item) == "truth"
        case Logic(items=items):
            return bool(items) and all(_sort(one) == "truth" for one in items)
        case Compare(left=left, right=right):
            return _sort(left) == _sort(right)
        case Within(item=item, options=options):
            return all(isinstance(one, Literal) and _sort(one) == _sort(item) for one in options)
        case Arithmetic(left=left, right=right):
            return _sort(left) == _sort(right) == "number"
        case Choose(condition=condition, then=then, otherwise=otherwise):
            return _sort(condition) == "truth" and _sort(then) == _sort(otherwise) == _sort(node)
        case Portion(rate=rate):
            return _sort(rate) == "number"
        case Mean(parts=parts):
            return all(
                _sort(part.earned) == "number"
                and (part.applies is None or _sort(part.applies) == "truth")
                for part in parts
            )
        case Call() | Over() | Reach() | Asked() | Present() | Settle() | Defined() | Coverage():
            return True
    return False


_VALUES: Mapping[str, type | tuple[type, ...]] = {
    "truth": bool, "number": int, "day": int, "text": str, "choice": str, "party": str,
}  # fmt: skip


def _sort(node: Node) -> str:
    """Return what sort of value a node is; what is ordered as numbers are is one."""
    match node.type:
        case Boolean():
            return "truth"
        case Choice():
            return "choice"
        case PartyOf():
            return "party"
        case Text():
            return "text"
        case Number() | Survey():
            return "number"
        case Date():
            return "day"


def leaves_its_points(lowered: Lowered, context: Lowering) -> bool:
    """Whether what a form earns could lie outside 0 to its full mark, whatever its nodes say."""
    low, high = ends_of(lowered.points)
    return low < 0 or high > Fraction(context.full, 10**context.decimals)


def ends_of(node: Node) -> Ends:
    """Return the least and the greatest that a number can be, worked out from what it is made
    of.
    """
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
        case Present(item=item):
            return ends_of(item)
        case Portion(full=full, full_scale=scale):
            return Fraction(0), Fraction(full, 10**scale)
        case Mean(parts=parts, full=full, full_scale=scale, weight_scale=places):
            most = Fraction(0)
            for part in parts:
                least, greatest = ends_of(part.earned)
                if least < 0 or part.weight < 0 or (greatest and not part.weight):
                    return Fraction(-1), Fraction(0)
                if part.weight:
                    most = max(most, greatest / Fraction(part.weight, 10**places))
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
    named = set(_words(entry.model_dump(include=set(keys_of(type(form)).model_fields))))
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
        yield from _WORD.findall(folded(value))
    elif isinstance(value, dict):
        for key, inner in value.items():
            yield from _words(key)
            yield from _words(inner)
    elif isinstance(value, list | tuple):
        for inner in value:
            yield from _words(inner)


__all__ = ["ends_of", "faults_of", "leaves_its_points", "unnamed"]
