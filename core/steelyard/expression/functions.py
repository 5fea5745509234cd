"""The one table of functions: a function enters with all its readings, or not at all.

Readings of a scalar function: `typed` gives its static type; `reference` works on exact bounds;
`python` gives the lines of the compiled reading for its bounds; `zh` and `en` are its words.
Functions over records have their words here and their readings beside the loops of each reading,
since they share one pass over a register.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from fractions import Fraction
from types import MappingProxyType
from typing import Literal, NamedTuple

from steelyard.expression.types import RATE, Date, Number, rescale
from steelyard.expression.values import Bounds

Ranged = Number | Date


class Scalar(NamedTuple):
    """A function of numbers or dates."""

    least: int
    most: int
    takes: Literal["numbers", "alike", "dates", "counts"]
    typed: Callable[..., Ranged]
    reference: Callable[..., Bounds]
    python: Callable[[list[tuple[str, str]]], tuple[str, str]]
    zh: str
    en: str


class Aggregate(NamedTuple):
    """A function over the records of a register: what its second argument is, and its words."""

    value: Literal["none", "condition", "number", "field"]
    zh: str
    en: str


def _common(kinds: tuple[Ranged, ...]) -> tuple[int, list[int], list[int]]:
    scale = max((kind.scale for kind in kinds if isinstance(kind, Number)), default=0)
    lows = [
        rescale(kind.low, kind.scale, scale) if isinstance(kind, Number) else kind.low
        for kind in kinds
    ]
    highs = [
        rescale(kind.high, kind.scale, scale) if isinstance(kind, Number) else kind.high
        for kind in kinds
    ]
    return scale, lows, highs


def _least(*kinds: Ranged) -> Ranged:
    scale, lows, highs = _common(kinds)
    return (
        Number(scale, min(lows), min(highs))
        if isinstance(kinds[0], Number)
        else Date(min(lows), min(highs))
    )


def _greatest(*kinds: Ranged) -> Ranged:
    scale, lows, highs = _common(kinds)
    return (
        Number(scale, max(lows), max(highs))
        if isinstance(kinds[0], Number)
        else Date(max(lows), max(highs))
    )


def _size(kind: Number) -> Number:
    high = max(abs(kind.low), abs(kind.high))
    return Number(kind.scale, max(kind.low, -kind.high, 0), high)


def _between(first: Date, last: Date) -> Number:
    return Number(0, last.low - first.high, last.high - first.low)


def _size_of(item: Bounds) -> Bounds:
    least = Fraction(0) if item.low <= 0 <= item.high else min(abs(item.low), abs(item.high))
    return Bounds(least, max(abs(item.low), abs(item.high)), item.none)


def _share_of(first: Bounds, second: Bounds) -> Bounds:
    none = first.none or second.none
    if first.low + second.low <= 0:
        return Bounds(Fraction(0), Fraction(1), none)
    return Bounds(
        first.low / (first.low + second.high), first.high / (first.high + second.low), none
    )


SCALARS: Mapping[str, Scalar] = MappingProxyType(
    {
        "min": Scalar(
            2,
            9,
            "alike",
            _least,
            lambda *items: Bounds(
                min(i.low for i in items), min(i.high for i in items), any(i.none for i in items)
            ),
            lambda args: (
                f"min({', '.join(low for low, _ in args)})",
                f"min({', '.join(high for _, high in args)})",
            ),
            "{}中最小者",
            "the least of {}",
        ),
        "max": Scalar(
            2,
            9,
            "alike",
            _greatest,
            lambda *items: Bounds(
                max(i.low for i in items), max(i.high for i in items), any(i.none for i in items)
            ),
            lambda args: (
                f"max({', '.join(low for low, _ in args)})",
                f"max({', '.join(high for _, high in args)})",
            ),
            "{}中最大者",
            "the greatest of {}",
        ),
        "abs": Scalar(
            1,
            1,
            "numbers",
            _size,
            _size_of,
            lambda args: (
                f"max({args[0][0]}, -{args[0][1]}, 0)",
                f"max(-{args[0][0]}, {args[0][1]})",
            ),
            "{}的绝对值",
            "the size of {}",
        ),
        "days": Scalar(
            2,
            2,
            "dates",
            _between,
            lambda first, last: Bounds(
                last.low - first.high, last.high - first.low, first.none or last.none
            ),
            lambda args: (f"{args[1][0]} - {args[0][1]}", f"{args[1][1]} - {args[0][0]}"),
            "{}的间隔天数",
            "the days between {}",
        ),
        "part": Scalar(
            2,
            2,
            "counts",
            lambda _first, _second: RATE,
            _share_of,
            lambda args: (
                f"part({args[0][0]}, {args[1][1]}, {args[0][0]} + {args[1][0]}, 0)",
                f"part({args[0][1]}, {args[1][0]}, {args[0][0]} + {args[1][0]}, 1000000)",
            ),
            "{}中前者所占比例",
            "the part of the first in {}",
        ),
    }
)

ROUND_WORDS = ("{}（四舍五入）", "{} rounded")
KNOWN_WORDS: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "known": ("{}已有佐证", "{} is known"),
        "given": ("有{}", "{} is given"),
    }
)

AGGREGATES: Mapping[str, Aggregate] = MappingProxyType(
    {
        "count": Aggregate("none", "{register}{where}的条数", "the number of {register}{where}"),
        "any": Aggregate("none", "有{register}{where}", "there are {register}{where}"),
        "every": Aggregate(
            "condition",
            "{register}{where}均“{value}”",
            "every one of {register}{where} has “{value}”",
        ),
        "share": Aggregate(
            "condition",
            "{register}{where}中“{value}”的比例",
            "the share with “{value}” among {register}{where}",
        ),
        "total": Aggregate(
            "number",
            "{register}{where}的{value}合计",
            "the total of {value} over {register}{where}",
        ),
        "highest": Aggregate(
            "number", "{register}{where}的最高{value}", "the highest {value} of {register}{where}"
        ),
        "lowest": Aggregate(
            "number", "{register}{where}的最低{value}", "the lowest {value} of {register}{where}"
        ),
        "distinct": Aggregate(
            "field",
            "{register}{where}的不同{value}数",
            "the number of distinct {value} of {register}{where}",
        ),
    }
)
