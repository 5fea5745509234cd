"""Comparisons of surveys that take their sampling error into account."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import assert_never, cast

from steelyard.errors import ExpressionError, fault
from steelyard.expression.kinds import Kind
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
    Present,
    Reach,
    Within,
    walk,
)
from steelyard.expression.types import Survey


def confident(node: Node, z_squared: int, place: str) -> Node:
    """Return a condition in which every comparison of a survey with a threshold uses its Wilson
    interval.

    `z_squared` is in millionths. Raises ExpressionError when no survey is compared.
    """
    changed = _confident(node, z_squared)
    if not any(isinstance(part, Compare) and part.confidence for part in walk(changed)):
        raise ExpressionError(
            [fault(place, "`confident` wants a survey compared with a threshold")]
        )
    return changed


_MIRROR: Mapping[Comparison, Comparison] = MappingProxyType(
    {"<": ">", "<=": ">=", ">": "<", ">=": "<=", "==": "==", "!=": "!="}
)


def _confident(node: Node, z_squared: int) -> Node:
    match cast("Kind", node):
        case Logic(items=items) as logic:
            return replace(logic, items=tuple(_confident(item, z_squared) for item in items))
        case Not(item=item) as contrary:
            return replace(contrary, item=_confident(item, z_squared))
        case Choose(condition=condition, then=then, otherwise=otherwise) as choice:
            return replace(
                choice,
                condition=_confident(condition, z_squared),
                then=_confident(then, z_squared),
                otherwise=_confident(otherwise, z_squared),
            )
        case Compare(op=op, left=left, right=right) as comparison:
            if op in {"==", "!="}:
                return node
            if _is_survey(left) and not isinstance(right.type, Survey):
                return replace(comparison, confidence=z_squared)
            if _is_survey(right) and not isinstance(left.type, Survey):
                return replace(
                    comparison, op=_MIRROR[op], left=right, right=left, confidence=z_squared
                )
            return node
        case Literal() | Name() | Reach() | Within() | Arithmetic() | Call() | Over() | Present():
            return node
        case never:
            assert_never(never)


def _is_survey(node: Node) -> bool:
    return isinstance(node, Name) and isinstance(node.type, Survey)
