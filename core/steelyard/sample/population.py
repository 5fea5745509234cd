"""Which units there are: so many of each book that sectors are alike in number and no book is left
out.
"""

from __future__ import annotations

import heapq
from collections.abc import Sequence
from typing import NamedTuple

from steelyard.case.reading.parse_values import Wrong, read_period
from steelyard.errors import UsageError, fault


class Member(NamedTuple):
    """A unit of the population: the key of its book and its number among the book's units, from
    1.
    """

    book: str
    number: int


def members(books: Sequence[tuple[str, str]], units: int) -> list[Member]:
    """Deal units to books, each given as (key, sector).

    First every book gets one, the sectors in turn; then always the sector that has the fewest, and
    in it the book that has the fewest. More units add to those that there were.
    """
    sectors: dict[str, list[str]] = {}
    for key, sector in books:
        sectors.setdefault(sector, []).append(key)
    longest = max(map(len, sectors.values()), default=0)
    first = [keys[at] for at in range(longest) for keys in sectors.values() if at < len(keys)]
    counts = dict.fromkeys(first, 0)
    dealt: list[Member] = []
    for key in first[:units]:
        counts[key] = 1
        dealt.append(Member(key, 1))
    fewest = [(len(keys), place, list(keys)) for place, keys in enumerate(sectors.values())]
    heapq.heapify(fewest)
    while len(dealt) < units and fewest:
        number, place, keys = heapq.heappop(fewest)
        key = keys[0]
        counts[key] += 1
        dealt.append(Member(key, counts[key]))
        heapq.heappush(fewest, (number + 1, place, [*keys[1:], key]))
    return dealt


def periods_from(first: str, number: int) -> tuple[str, ...]:
    """Return so many quarters in a row, from one such as 2026Q1; raises UsageError where it is no
    quarter.
    """
    found = read_period(first)
    if isinstance(found, Wrong) or found[0][4:5] != "Q":
        raise UsageError(
            [fault("--period", "`{text}` is not a quarter such as 2026Q1", text=first)]
        )
    year, quarter = int(found[0][:4]), int(found[0][5])
    if year + (quarter - 1 + number - 1) // 4 > 9998:
        raise UsageError(
            [
                fault(
                    "--period",
                    "`{text}` and the quarters after it lie beyond the calendar",
                    text=first,
                )
            ]
        )
    return tuple(
        f"{year + (quarter - 1 + at) // 4:04}Q{(quarter - 1 + at) % 4 + 1}" for at in range(number)
    )
