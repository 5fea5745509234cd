"""Facts that bound one another: where what is given of two leaves nothing for those between."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from collections.abc import Set as AbstractSet

from steelyard.book.model import RuleBook
from steelyard.bulk.intake.checks import Way
from steelyard.bulk.intake.sources import text
from steelyard.case.reading.parse_values import text_of, wrong
from steelyard.expression.types import SCALE_CAP, Date, Number, rescale


def contradictions(
    book: RuleBook, values: Mapping[str, str], given: AbstractSet[str]
) -> Iterator[Way]:
    """Yield the ways in which facts contradict each other; `values` are their values as SQL, and
    those not `given` are unknown throughout.
    """
    for small, large in _ordered(book):
        one, other = book.facts[small], book.facts[large]
        why = wrong("`{name}` and `{other}` contradict each other", name=small, other=large)
        if small in given and large in given:
            yield Way(f"{values[small]} > {values[large]}", small, why)
        for fact, bound, sign in ((one, other, ">"), (other, one, "<")):
            kind = bound.type
            own = fact.type
            if (
                fact.id not in given
                or bound.nullable
                or not isinstance(kind, (Number, Date))
                or not isinstance(own, (Number, Date))
                or not _beyond(own, kind, sign)
            ):
                continue
            end = text(text_of(kind.high if sign == ">" else kind.low, kind))
            type_ = "DATE" if isinstance(kind, Date) else f"DECIMAL(38, {kind.scale})"
            unknown = f"{values[bound.id]} IS NULL AND " if bound.id in given else ""
            yield Way(f"{unknown}{values[fact.id]} {sign} CAST({end} AS {type_})", fact.id, why)


def _ordered(book: RuleBook) -> list[tuple[str, str]]:
    """Return every pair of facts of which the first may not lie above the second, also by way of
    others that are never none.
    """
    pairs: set[tuple[str, str]] = set()
    for fact in book.collected:
        if fact.high_fact is not None:
            pairs.add((fact.id, fact.high_fact))
        if fact.low_fact is not None:
            pairs.add((fact.low_fact, fact.id))
    while True:
        longer = {
            (one, last)
            for one, middle in pairs
            for start, last in pairs
            if middle == start and not book.facts[middle].nullable
        } - pairs
        if not longer:
            return sorted(pairs)
        pairs |= longer


def _beyond(own: Number | Date, bound: Number | Date, sign: str) -> bool:
    """Whether a value within its own range can lie beyond the range of what bounds it."""
    one, other = (kind.scale if isinstance(kind, Number) else 0 for kind in (own, bound))
    if sign == ">":
        return rescale(own.high, one, SCALE_CAP) > rescale(bound.high, other, SCALE_CAP)
    return rescale(own.low, one, SCALE_CAP) < rescale(bound.low, other, SCALE_CAP)
