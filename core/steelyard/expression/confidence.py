"""Comparisons of surveys that take their sampling error into account."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType

from steelyard.errors import ExpressionError, fault
from steelyard.expression.tree import Compare, Comparison, Logic, Name, Node, Not, walk
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
    match node:
        case Logic(items=items):
            return replace(node, items=tuple(_confident(item, z_squared) for item in items))
        case Not(item=item):
            return replace(node, item=_confident(item, z_squared))
        case Compare(op=op, left=left, right=right) if op in _MIRROR and op not in {"==", "!="}:
            if (
                isinstance(left, Name)
                and isinstance(left.type, Survey)
                and not isinstance(right.type, Survey)
            ):
                return replace(node, confidence=z_squared)
            if (
                isinstance(right, Name)
                and isinstance(right.type, Survey)
                and not isinstance(left.type, Survey)
            ):
                return replace(node, op=_MIRROR[op], left=right, right=left, confidence=z_squared)
    return node
