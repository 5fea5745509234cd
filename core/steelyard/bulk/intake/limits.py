"""Facts that bound one another: where what is given of two leaves nothing for those between."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from collections.abc import Set as AbstractSet
from typing import Literal, NamedTuple

from steelyard.book.model import Fact, RuleBook
from steelyard.bulk.intake.checks import Way
from steelyard.bulk.intake.sources import text
from steelyard.case.reading.parse_values import text_of, wrong
from steelyard.expression.types import (
    SCALE_CAP,
    WIDEST,
    Date,
    Number,
    Type,
    number_text,
    rescale,
)

Sign = Literal[">", "<"]
_WHOLE = len(str(WIDEST)) + 1
"""So many digits before the point has no number of a book, though it be rounded. Of decimals that
take more than 38 with those behind the point Spark compares the digits before it alone.
"""


class End(NamedTuple):
    """What a value may not pass, as SQL, and whether its whole range lies beyond."""

    value: str
    always: bool


def contradictions(
    book: RuleBook, values: Mapping[str, str], given: AbstractSet[str]
) -> Iterator[Way]:
    """Yield the ways in which facts contradict each other; `values` are their values as SQL, and
    those not `given` are unknown throughout.
    """
    for (small, large), places in _ordered(book).items():
        one, other = book.facts[small], book.facts[large]
        why = wrong("`{name}` and `{other}` contradict each other", name=small, other=large)
        if small in given and large in given:
            most = _down(values[large], one.type, other.type, places)
            yield Way(f"{values[small]} > {most}", small, why)
        ends: tuple[tuple[Fact, Fact, Sign], ...] = (one, other, ">"), (other, one, "<")
        for fact, bound, sign in ends:
            end = None if bound.nullable else _beyond(fact.type, bound.type, sign, places)
            if end is None:
                continue
            ways = [f"{values[bound.id]} IS NULL"] if bound.id in given else []
            if not end.always or fact.nullable:
                ways.append(f"{values[fact.id]} {sign} {end.value}")
            if fact.id in given or end.always:
                yield Way(" AND ".join(ways) or "TRUE", fact.id, why)


def _ordered(book: RuleBook) -> dict[tuple[str, str], int]:
    """Return every pair of facts of which the first may not lie above the second, also by way of
    others that are never none, with the fewest decimals of any between.
    """
    pairs: dict[tuple[str, str], int] = {}
    for fact in book.collected:
        if fact.high_fact is not None:
            pairs[fact.id, fact.high_fact] = SCALE_CAP
        if fact.low_fact is not None:
            pairs[fact.low_fact, fact.id] = SCALE_CAP
    while True:
        longer: dict[tuple[str, str], int] = {}
        for (one, middle), here in pairs.items():
            for (start, last), there in pairs.items():
                if middle != start or book.facts[middle].nullable:
                    continue
                places = min(here, there, _scale(book.facts[middle].type))
                known = min(found.get((one, last), SCALE_CAP + 1) for found in (pairs, longer))
                if places < known:
                    longer[one, last] = places
        if not longer:
            return dict(sorted(pairs.items()))
        pairs |= longer


def _scale(kind: Type) -> int:
    return kind.scale if isinstance(kind, Number) else 0


def _down(value: str, below: Type, kind: Type, places: int) -> str:
    """Return the most that what lies between can be under a value, as SQL: between 2.3 and 2.7 lies
    no whole number. Whatever is `below` and has no more decimals itself cannot tell the two apart.
    """
    if places >= min(_scale(below), _scale(kind)):
        return value
    near = f"CAST({value} AS DECIMAL({_WHOLE + places}, {places}))"
    step = f"CAST({text(number_text(1, places))} AS DECIMAL({places + 1}, {places}))"
    return f"CASE WHEN {near} > {value} THEN {near} - {step} ELSE {near} END"


def _beyond(own: Type, bound: Type, sign: Sign, places: int) -> End | None:
    """Return what a value may not pass while what bounds it is not known: the end of that range, or
    of what lies between; None where its own range ends before.
    """
    if isinstance(own, Date) and isinstance(bound, Date):
        end = bound.high if sign == ">" else bound.low
        value = f"CAST({text(text_of(end, bound))} AS DATE)"
        least, most = own.low, own.high
    elif isinstance(own, Number) and isinstance(bound, Number):
        end, scale = (bound.high if sign == ">" else bound.low), bound.scale
        if places < min(own.scale, scale):
            step = 10 ** (scale - places)
            end, scale = (end // step if sign == ">" else -(-end // step)), places
        value = f"CAST({text(number_text(end, scale))} AS DECIMAL({_WHOLE + scale}, {scale}))"
        end = rescale(end, scale, SCALE_CAP)
        least, most = (rescale(one, own.scale, SCALE_CAP) for one in (own.low, own.high))
    else:
        return None
    nearest, farthest = (least > end, most > end) if sign == ">" else (most < end, least < end)
    return End(value, nearest) if farthest else None
