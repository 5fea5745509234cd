"""The sampling error of surveys, brought into a case: each reads as anything within its Wilson
interval.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import lru_cache
from typing import NamedTuple

from steelyard.book.layout import layouts
from steelyard.book.model import RuleBook
from steelyard.case.model import Case, Given
from steelyard.expression.types import Survey

Z_SQUARED = 3841459
"""The square of the two-sided normal quantile at 95 %, in millionths."""
CONFIDENCE = "0.95"
_UNIT = 10**6


class Sample(NamedTuple):
    """A survey of a case: its fact, its counts, and its Wilson interval in millionths."""

    fact: str
    positive: int
    asked: int
    low: int
    high: int


@lru_cache(maxsize=4096)
def wilson(positive: int, asked: int, z_squared: int = Z_SQUARED) -> tuple[int, int]:
    """Return the ends of a survey's Wilson score interval in millionths, rounded outwards.

    Exact and without a root, as `confident` is (design, section 4): a rate t lies outside when
    (positive − n·t)² ≥ z²·n·t·(1−t). Nobody asked: anything. Wilson, Journal of the American
    Statistical Association 22 (1927), 209-212.
    """
    if asked <= 0:
        return 0, _UNIT

    def outside(rate: int) -> bool:
        distance = positive * _UNIT - asked * rate
        return distance * distance * _UNIT >= z_squared * asked * rate * (_UNIT - rate)

    least = _last(lambda rate: positive * _UNIT >= asked * rate and outside(rate))
    rest = _last(
        lambda other: positive * _UNIT <= asked * (_UNIT - other) and outside(_UNIT - other)
    )
    return least, _UNIT - rest


def _last(holds: Callable[[int], bool]) -> int:
    """Return the greatest number of millionths for which a condition holds that holds at 0 and,
    once false, stays so.
    """
    low, high = 0, _UNIT
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if holds(middle) else (low, middle - 1)
    return low


@lru_cache(maxsize=64)
def surveys_of(book: RuleBook) -> frozenset[str]:
    """Return the facts of a book that are surveys."""
    return frozenset(one.id for one in book.facts.values() if isinstance(one.type, Survey))


def sampled(book: RuleBook, case: Case) -> tuple[Case, tuple[Sample, ...]]:
    """Return a case whose surveys read as anything within their 95 % Wilson intervals, and those
    surveys.

    A rule that is `confident` already takes the sampling error into account, and still reads the
    counts. Without surveys the case itself is given.
    """
    columns, flat = layouts(book).facts.columns, list(case.flat)
    samples: list[Sample] = []
    surveys = surveys_of(book)
    for name, given in case.facts.items() if surveys else ():
        column = columns.get(name) if name in surveys else None
        counts = _counts(given) if column is not None else []
        if column is None or not counts:
            continue
        ends = [wilson(*one) for one in counts]
        low, high = min(end for end, _ in ends), max(end for _, end in ends)
        flat[column.start : column.start + 2] = [low, high]
        samples.append(
            Sample(name, sum(one for one, _ in counts), sum(one for _, one in counts), low, high)
        )
    return (replace(case, flat=tuple(flat)), tuple(samples)) if samples else (case, ())


def _counts(given: Given) -> list[tuple[int, int]]:
    """Return the counts behind a survey; several where the evidence disagrees."""
    if given.survey is not None:
        return [given.survey] if given.survey[1] else []
    pairs = [piece.value.partition("/") for piece in given.evidence if "/" in piece.value]
    return (
        [(int(positive), int(asked)) for positive, _, asked in pairs if int(asked)]
        if len(pairs) == len(given.evidence)
        else []
    )
