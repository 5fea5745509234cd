"""Text to typed tree: Python's expression syntax under a whitelist, checked against the names of a
rule book.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from types import MappingProxyType
from typing import NamedTuple, NoReturn, assert_never, cast

from steelyard.errors import ExpressionError, Plural, fault, nearest
from steelyard.expression.functions.function import Scalar, Takes
from steelyard.expression.functions.table import CORE, Functions
from steelyard.expression.ranges import chosen, crossed, result_of
from steelyard.expression.scan import scanned
from steelyard.expression.tree import (
    Arithmetic,
    Call,
    Choose,
    Compare,
    Comparison,
    Literal,
    Logic,
    Name,
    Node,
    Not,
    Over,
    Reach,
    Sign,
    Within,
)
from steelyard.expression.types import (
    RATE,
    SCALE_CAP,
    WIDEST,
    Boolean,
    Choice,
    Date,
    Number,
    PartyOf,
    Rate,
    Survey,
    Text,
    Type,
    fits,
    plain,
    ranged,
    units_of,
)

_COMPARISONS: Mapping[type[ast.cmpop], Comparison] = MappingProxyType(
    {
        ast.Eq: "==",
        ast.NotEq: "!=",
        ast.Lt: "<",
        ast.LtE: "<=",
        ast.Gt: ">",
        ast.GtE: ">=",
    }
)
_SIGNS: Mapping[type[ast.operator], Sign] = MappingProxyType(
    {
        ast.Add: "+",
        ast.Sub: "-",
        ast.Mult: "*",
        ast.Div: "/",
    }
)
_CANNOT_COMPARE: Mapping[type, str] = MappingProxyType(
    {
        Boolean: "`{left}` is yes or no and cannot be compared with {right}",
        Number: "`{left}` is a number and cannot be compared with {right}",
        Rate: "`{left}` is a number and cannot be compared with {right}",
        Survey: "`{left}` is a rate and cannot be compared with {right}",
        Date: "`{left}` is a date and cannot be compared with {right}",
        Text: "`{left}` is text and cannot be compared with {right}",
        Choice: "`{left}` is one of a list and cannot be compared with {right}",
        PartyOf: "`{left}` is a party and cannot be compared with {right}",
    }
)


class Slot(NamedTuple):
    """What is known of a field before any record is seen."""

    type: Type
    nullable: bool = False


@dataclass(frozen=True, slots=True)
class Scope:
    """The names that an expression may use.

    `names` are facts, parameters, moments and outcomes; `registers` and `kinds` give the fields of
    records and parties; `record` and `party` say whose fields stand open; `constants` are words
    that stand for a value (grade ids in a ladder); `claimed` is set in a bonus rule; `inside`
    within a function over records.
    """

    names: Mapping[str, Node]
    registers: Mapping[str, Mapping[str, Slot]] = field(default_factory=dict)
    kinds: Mapping[str, Mapping[str, Slot]] = field(default_factory=dict)
    record: str | None = None
    party: str | None = None
    constants: frozenset[str] = frozenset()
    claimed: bool = False
    inside: bool = False


def parse(text: str, scope: Scope, place: str = "", functions: Functions = CORE) -> Node:
    """Return the typed tree of `text`.

    Raises ExpressionError with one line that names `place` and the words at fault: for anything
    outside the whitelist, an unknown name, types that do not go together, or a number that could
    not fit 38 digits.
    """
    return _Reader(text, scope, place, functions).read()


def condition(text: str, scope: Scope, place: str = "", functions: Functions = CORE) -> Node:
    """Return the typed tree of a condition; anything but yes or no is refused."""
    node = parse(text, scope, place, functions)
    if not isinstance(node.type, Boolean):
        raise ExpressionError([fault(place, "`{text}` is not a condition", text=text)])
    return node


def quantity(text: str, scope: Scope, place: str = "", functions: Functions = CORE) -> Node:
    """Return the typed tree of a number; anything else is refused."""
    node = parse(text, scope, place, functions)
    if not isinstance(node.type, (Number, Survey)):
        raise ExpressionError([fault(place, "`{text}` is not a number", text=text)])
    return node


def parse_date(text: str) -> int | None:
    """Return the ordinal of an ISO date, or None."""
    if not re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", text):
        return None
    try:
        return date.fromisoformat(text).toordinal()
    except ValueError:
        return None


class _Reader:
    """Turns one text into one tree; every method gives a node or raises."""

    def __init__(self, text: str, scope: Scope, place: str, functions: Functions) -> None:
        self.functions = functions
        self.place = place
        self.scope = scope
        self.text = text

    def read(self) -> Node:
        self.text, body = scanned(self.text, self.place, self._names(), self.scope.constants)
        return self._node(body, self.scope)

    def _names(self) -> frozenset[str]:
        scope = self.scope
        fields = (*scope.registers.values(), *scope.kinds.values())
        named = (scope.names, scope.registers, scope.kinds, scope.constants, *fields)
        return frozenset().union(*named)

    def _refuse(self, message: str, near: str = "", **values: object) -> NoReturn:
        raise ExpressionError([fault(self.place, message, near, **values)])

    def _words(self, item: ast.expr) -> str:
        start, end = self._at(item)
        return self.text[start:end]

    def _at(self, item: ast.expr) -> tuple[int, int]:
        line = self.text.encode()
        end = item.end_col_offset if item.end_col_offset is not None else len(line)
        return len(line[: item.col_offset].decode()), len(line[:end].decode())

    def _node(self, item: ast.expr, scope: Scope) -> Node:
        match item:
            case ast.Constant():
                return self._literal(item)
            case ast.Name():
                return self._name(item, scope)
            case ast.Attribute():
                return self._reach(item, scope)
            case ast.BoolOp():
                parts = tuple(self._condition(part, scope) for part in item.values)
                return Logic(
                    type=Boolean(),
                    at=self._at(item),
                    op="and" if isinstance(item.op, ast.And) else "or",
                    items=parts,
                )
            case ast.UnaryOp(op=ast.Not()):
                return Not(
                    type=Boolean(), at=self._at(item), item=self._condition(item.operand, scope)
                )
            case ast.UnaryOp(op=ast.USub() | ast.UAdd()):
                return self._signed(item, scope)
            case ast.BinOp(op=ast.Add() | ast.Sub() | ast.Mult() | ast.Div()):
                return self._arithmetic(item, scope)
            case ast.Compare():
                return self._comparison(item, scope)
            case ast.IfExp():
                return self._choose(item, scope)
            case ast.Call():
                return self._call(item, scope)
            case _:
                self._refuse("`{text}` cannot stand in an expression", text=self._words(item))

    def _literal(self, item: ast.Constant) -> Literal:
        value, at = item.value, self._at(item)
        if isinstance(value, bool):
            return Literal(type=Boolean(), at=at, value=value)
        if value is None:
            self._refuse("nothing compares with `None`; use given(x) or known(x)")
        words = self._words(item)
        if isinstance(value, str) and words[0] in "'\"":
            return Literal(type=Text(), at=at, value=value)
        if not isinstance(value, (int, float)):
            self._refuse("`{text}` cannot stand in an expression", text=words)
        number = Decimal(words)
        scale = max(0, -int(number.as_tuple().exponent))
        if number.copy_abs() > WIDEST:
            self._refuse("`{text}` is larger than a number may be", text=words)
        units = units_of(number, scale)
        if scale > SCALE_CAP or units is None:
            self._refuse(
                Plural(
                    "`{text}` has more than {count} decimal",
                    "`{text}` has more than {count} decimals",
                ),
                text=words,
                count=SCALE_CAP,
            )
        return Literal(type=Number(scale, units, units), at=at, value=units)

    def _name(self, item: ast.Name, scope: Scope) -> Node:
        name, at = item.id, self._at(item)
        if name in scope.constants:
            return self._constant(name, at, scope)
        if scope.record is not None and name in scope.registers[scope.record]:
            slot = scope.registers[scope.record][name]
            # A field that is worked out stands in its record as a number, rounded.
            kind = slot.type if isinstance(slot.type, Survey) else plain(slot.type)
            return Name(type=kind, nullable=slot.nullable, at=at, kind="field", name=name)
        if scope.party == name:
            return Name(type=PartyOf(name), at=at, kind="party", name=name)
        if name in scope.names:
            return replace(scope.names[name], at=at)
        known = [
            *scope.names,
            *(scope.registers[scope.record] if scope.record else ()),
            "True",
            "False",
        ]
        if name in scope.registers:
            self._refuse("`{name}` is a register; count(…), any(…) and the like read it", name=name)
        if name in self.functions:
            self._refuse("`{name}` is a function and wants its arguments in brackets", name=name)
        options = _options(scope)
        for option in options:
            # One with hyphens is read as names, each taken from the one before.
            if option == name or (name in option.split("-") and option in self.text):
                self._refuse(
                    "`{name}` is an option, which is written in quotation marks: '{name}'",
                    name=option,
                )
        known += [f"'{option}'" for option in options]
        self._refuse("unknown name `{name}`", nearest(name, known) or _case(name, known), name=name)

    def _constant(self, name: str, at: tuple[int, int], scope: Scope) -> Literal:
        """Return a word that stands for itself, where it stands for nothing else."""
        fields = scope.registers[scope.record] if scope.record is not None else {}
        if name in scope.names or name in fields or scope.party == name:
            self._refuse(
                "`{name}` is a grade and something else in the book: write the grade in quotation "
                "marks, or give the other another name",
                name=name,
            )
        return Literal(type=Text(), at=at, value=name)

    def _reach(self, item: ast.Attribute, scope: Scope) -> Reach:
        base = self._node(item.value, scope)
        if not isinstance(base.type, PartyOf):
            self._refuse(
                "`{text}` is not a party and has no `{field}`",
                text=self._words(item.value),
                field=item.attr,
            )
        fields = scope.kinds.get(base.type.kind, {})
        if item.attr not in fields:
            near = nearest(item.attr, fields)
            self._refuse("a {kind} has no `{field}`", near, kind=base.type.kind, field=item.attr)
        slot = fields[item.attr]
        nullable = base.nullable or slot.nullable
        return Reach(
            type=slot.type,
            nullable=nullable,
            at=self._at(item),
            base=base,
            party=base.type.kind,
            field=item.attr,
        )

    def _condition(self, item: ast.expr, scope: Scope) -> Node:
        node = self._node(item, scope)
        if not isinstance(node.type, Boolean):
            self._refuse("`{text}` is not a condition", text=self._words(item))
        return node

    def _quantity(self, item: ast.expr, scope: Scope) -> tuple[Node, Number]:
        node = self._node(item, scope)
        kind = RATE if isinstance(node.type, Survey) else node.type
        if not isinstance(kind, Number):
            self._refuse("`{text}` is not a number", text=self._words(item))
        return node, kind

    def _signed(self, item: ast.UnaryOp, scope: Scope) -> Node:
        node, kind = self._quantity(item.operand, scope)
        if isinstance(item.op, ast.UAdd):
            return node
        minus = Number(kind.scale, -kind.high, -kind.low)
        if isinstance(node, Literal):
            return replace(node, type=minus, at=self._at(item), value=-cast("int", node.value))
        zero = Literal(type=Number(0, 0, 0), value=0)
        return Arithmetic(
            type=minus, nullable=node.nullable, at=self._at(item), op="-", left=zero, right=node
        )

    def _arithmetic(self, item: ast.BinOp, scope: Scope) -> Node:
        left, a = self._quantity(item.left, scope)
        right, b = self._quantity(item.right, scope)
        op = _SIGNS[type(item.op)]
        kind, sizes = result_of(op, a, b)
        if kind is None:
            self._refuse("`{text}` divides by zero", text=self._words(item))
        self._fitting((kind.low, kind.high, *sizes), item)
        return Arithmetic(
            type=kind,
            nullable=left.nullable or right.nullable,
            at=self._at(item),
            op=op,
            left=left,
            right=right,
        )

    def _fitting(self, sizes: tuple[int, ...], item: ast.expr) -> None:
        if not fits(*sizes):
            self._refuse(
                "`{text}` could need more than 38 digits; give its facts a min and a max",
                text=self._words(item),
            )

    def _comparison(self, item: ast.Compare, scope: Scope) -> Node:
        parts: list[Node] = []
        left_item = item.left
        left = self._node(left_item, scope)
        for sign, right_item in zip(item.ops, item.comparators, strict=True):
            if isinstance(sign, (ast.In, ast.NotIn)):
                if len(item.ops) > 1:
                    self._refuse(
                        "`{text}` chains `in` with another comparison", text=self._words(item)
                    )
                return self._within(item, left, right_item, scope)
            if type(sign) not in _COMPARISONS:
                self._refuse("`{text}` cannot stand in an expression", text=self._words(item))
            right = self._node(right_item, scope)
            op = _COMPARISONS[type(sign)]
            first, second = self._alike(op, (left_item, left), (right_item, right))
            self._fitting(crossed((first.type, second.type)), item)
            parts.append(
                Compare(type=Boolean(), at=self._at(item), op=op, left=first, right=second)
            )
            left_item, left = right_item, right
        return (
            parts[0]
            if len(parts) == 1
            else Logic(type=Boolean(), at=self._at(item), op="and", items=tuple(parts))
        )

    def _alike(
        self, op: Comparison, one: tuple[ast.expr, Node], two: tuple[ast.expr, Node]
    ) -> tuple[Node, Node]:
        (left_item, left), (right_item, right) = one, two
        if isinstance(left, Literal) and isinstance(left.type, Text):
            left = self._typed(left, right.type)
        if isinstance(right, Literal) and isinstance(right.type, Text):
            right = self._typed(right, left.type)
        a, b = left.type, right.type
        numbers = isinstance(a, (Number, Survey)) and isinstance(b, (Number, Survey))
        same = numbers or type(a) is type(b)
        if isinstance(a, Choice) and isinstance(b, Choice):
            same = set(a.options) == set(b.options)
        if isinstance(a, PartyOf) and isinstance(b, PartyOf):
            same = a.kind == b.kind
        if not same or isinstance(a, Boolean) and op not in {"==", "!="}:
            words = self._words(right_item)
            said = words if isinstance(right_item, ast.Constant) else f"`{words}`"
            kind = Number if isinstance(a, Number) else type(a)
            self._refuse(_CANNOT_COMPARE[kind], left=self._words(left_item), right=said)
        if op not in {"==", "!="} and ranged(a) is None:
            self._refuse(
                "`{left}` has no order: only == and != compare it", left=self._words(left_item)
            )
        return left, right

    def _typed(self, literal: Literal, kind: Type) -> Literal:
        said = str(literal.value)
        if isinstance(kind, Date):
            day = parse_date(said)
            if day is None:
                self._refuse("`{text}` is not a date such as 2026-03-01", text=said)
            return replace(literal, type=Date(day, day), value=day)
        if isinstance(kind, Choice):
            if not kind.options:
                # The book says so where the options should stand.
                return replace(literal, type=kind)
            if said not in kind.options:
                options = tuple(kind.options)
                self._refuse(
                    "`{text}` is not one of {options}",
                    nearest(said, kind.options),
                    text=said,
                    options=options,
                )
            return replace(literal, type=kind)
        return literal

    def _within(self, item: ast.Compare, left: Node, right: ast.expr, scope: Scope) -> Node:
        if not isinstance(right, ast.List) or not right.elts:
            self._refuse(
                "`in` wants a list such as ['a', 'b'], not `{text}`", text=self._words(right)
            )
        if isinstance(left.type, Boolean):
            self._refuse("`{text}` is yes or no: use it bare", text=self._words(item.left))
        options: list[Literal] = []
        for part in right.elts:
            node = self._node(part, scope)
            first, second = self._alike("==", (item.left, left), (part, node))
            if not isinstance(second, Literal) or isinstance(first, Literal):
                self._refuse(
                    "`{text}` is not written out: `in` wants plain values", text=self._words(part)
                )
            options.append(second)
            self._fitting(crossed((left.type, second.type)), item)
        inside = Within(type=Boolean(), at=self._at(item), item=left, options=tuple(options))
        if not isinstance(item.ops[0], ast.NotIn):
            return inside
        outside = Not(type=Boolean(), at=self._at(item), item=inside)
        if not left.nullable:
            return outside
        there = Call(type=Boolean(), at=self._at(item), function="given", arguments=(left,))
        return Logic(type=Boolean(), at=self._at(item), op="and", items=(outside, there))

    def _choose(self, item: ast.IfExp, scope: Scope) -> Node:
        test = self._condition(item.test, scope)
        then, otherwise = self._node(item.body, scope), self._node(item.orelse, scope)
        then, otherwise = self._alike("==", (item.body, then), (item.orelse, otherwise))
        a = RATE if isinstance(then.type, Survey) else then.type
        b = RATE if isinstance(otherwise.type, Survey) else otherwise.type
        kind: Type = a
        if isinstance(a, Number) and isinstance(b, Number):
            kind = chosen((a, b), min, max)
            self._fitting(crossed((a, b)), item)
        elif isinstance(a, Date) and isinstance(b, Date):
            kind = Date(min(a.low, b.low), max(a.high, b.high))
        elif not isinstance(a, Boolean):
            self._refuse(
                "`{text}` chooses between values that are neither numbers, dates nor conditions",
                text=self._words(item),
            )
        nullable = not isinstance(kind, Boolean) and (then.nullable or otherwise.nullable)
        return Choose(
            type=kind,
            nullable=nullable,
            at=self._at(item),
            condition=test,
            then=then,
            otherwise=otherwise,
        )

    def _call(self, item: ast.Call, scope: Scope) -> Node:
        name = item.func.id if isinstance(item.func, ast.Name) else ""
        if name not in self.functions:
            words = self._words(item.func)
            self._refuse(
                "unknown function `{name}`", nearest(words, self.functions.names), name=words
            )
        if item.keywords or any(isinstance(part, ast.Starred) for part in item.args):
            self._refuse("`{text}` names its arguments; give them in order", text=self._words(item))
        if name in self.functions.aggregates:
            return self._over(name, item, scope)
        return self._scalar(self.functions.scalars[name], item, scope)

    def _arguments(self, name: str, item: ast.Call, least: int, most: int) -> None:
        if not least <= len(item.args) <= most:
            wants = str(least) if least == most else f"{least}…{most}"
            self._refuse(
                Plural(
                    "`{name}` wants {wants} argument, not {count}",
                    "`{name}` wants {wants} arguments, not {count}",
                    "wants",
                ),
                name=name,
                wants=wants,
                count=len(item.args),
            )

    def _scalar(self, entry: Scalar, item: ast.Call, scope: Scope) -> Node:
        self._arguments(entry.name, item, entry.least, entry.most)
        nodes: list[Node] = []
        kept: list[Node] = []
        for place, part in enumerate(item.args):
            wants = entry.takes[min(place, len(entry.takes) - 1)]
            node = self._argument(entry.name, wants, part, nodes, scope)
            nodes.append(node)
            if wants != "places":
                kept.append(node)
        kind, sizes = entry.typed(nodes)
        ends = ranged(kind)
        self._fitting((*sizes, *(() if ends is None else (ends.low, ends.high))), item)
        nullable = not isinstance(kind, Boolean) and any(node.nullable for node in kept)
        return Call(
            type=kind,
            nullable=nullable,
            at=self._at(item),
            function=entry.name,
            arguments=tuple(kept),
        )

    def _argument(
        self, name: str, wants: Takes, item: ast.expr, before: list[Node], scope: Scope
    ) -> Node:
        if wants == "places":
            return self._places(name, item)
        node = self._node(item, scope)
        if wants == "named":
            return self._named(name, node, item)
        if wants in {"date", "alike"} and isinstance(node, Literal) and isinstance(node.type, Text):
            node = self._typed(node, Date())
        kind = ranged(node.type) if not isinstance(node.type, Choice) else None
        text = self._words(item)
        match wants:
            case "number" | "amount" | "integer":
                right = isinstance(kind, Number)
            case "date":
                right = isinstance(kind, Date)
            case "alike":
                first = ranged(before[0].type) if before else kind
                right = kind is not None and isinstance(first, Date) == isinstance(kind, Date)
            case never:
                assert_never(never)
        if kind is None or not right:
            self._refuse("`{name}` cannot take `{text}`", name=name, text=text)
        if wants == "amount" and kind.low < 0:
            self._refuse(
                "`{name}` wants numbers of at least 0, and `{text}` may be less",
                name=name,
                text=text,
            )
        if wants == "integer" and isinstance(kind, Number) and kind.scale:
            self._refuse(
                "`{name}` wants a whole number, and `{text}` may have decimals",
                name=name,
                text=text,
            )
        return node

    def _places(self, name: str, item: ast.expr) -> Literal:
        """Return places written out, which a type is made of."""
        if (
            not isinstance(item, ast.Constant)
            or type(item.value) is not int
            or not 0 <= item.value <= SCALE_CAP
        ):
            self._refuse(
                "`{name}` wants 0 to {count} places, not `{text}`",
                name=name,
                count=SCALE_CAP,
                text=self._words(item),
            )
        return self._literal(item)

    def _named(self, name: str, node: Node, item: ast.expr) -> Node:
        """Return a fact or field by its name."""
        plain_name = isinstance(node, Name) and node.kind in {"fact", "field"}
        if not isinstance(node, Reach) and not plain_name:
            self._refuse(
                "`{name}` wants a fact or a field, not `{text}`",
                name=name,
                text=self._words(item),
            )
        return node

    def _over(self, name: str, item: ast.Call, scope: Scope) -> Node:
        entry = self.functions.aggregates[name]
        first = 1 if entry.value == "none" else 2
        self._arguments(name, item, first, first + 1)
        register = item.args[0].id if isinstance(item.args[0], ast.Name) else ""
        if register not in scope.registers:
            words = self._words(item.args[0])
            self._refuse("unknown register `{name}`", nearest(words, scope.registers), name=words)
        if scope.inside:
            self._refuse(
                "`{text}` stands inside another function over records", text=self._words(item)
            )
        inner = replace(scope, record=register, inside=True)
        value = self._over_value(name, item, inner) if first == 2 else None
        where = self._condition(item.args[first], inner) if len(item.args) > first else None
        kind, sizes = entry.typed(value)
        if not fits(*sizes):
            self._refuse(
                "`{text}` could need more than 38 digits; give its fields a min and a max",
                text=self._words(item),
            )
        return Over(
            type=kind,
            nullable=entry.nullable(value),
            at=self._at(item),
            function=name,
            register=register,
            value=value,
            where=where,
            claimed=scope.claimed,
        )

    def _over_value(self, name: str, item: ast.Call, inner: Scope) -> Node:
        part = item.args[1]
        match self.functions.aggregates[name].value:
            case "condition":
                return self._condition(part, inner)
            case "field":
                node = self._node(part, inner)
                if not (
                    isinstance(node, Reach) or (isinstance(node, Name) and node.kind == "field")
                ) or isinstance(node.type, (Boolean, Survey)):
                    self._refuse(
                        "`{name}` wants a field, not `{text}`", name=name, text=self._words(part)
                    )
                return node
            case "ranged":
                node = self._node(part, inner)
                return node if isinstance(node.type, Date) else self._quantity(part, inner)[0]
            case "number":
                return self._quantity(part, inner)[0]
            case "none":
                raise AssertionError(name)
            case never:
                assert_never(never)


def _options(scope: Scope) -> list[str]:
    """Return every option of the facts and fields that an expression may name."""
    fields = [one for part in (scope.registers, scope.kinds) for one in part.values()]
    kinds = [one.type for one in scope.names.values()]
    kinds += [slot.type for some in fields for slot in some.values()]
    return [option for kind in kinds if isinstance(kind, Choice) for option in kind.options]


def _case(name: str, known: list[str]) -> str:
    return next((word for word in known if word.lower() == name.lower()), "")
