"""The assessments of a store that speak for their units: of each unit by each book the newest."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from steelyard.comparison.periods import latest
from steelyard.store.rows import COLUMNS

if TYPE_CHECKING:
    from steelyard.store.store import Store

_AT = {name: place for place, name in enumerate(COLUMNS)}


def newest(
    store: Store, *, period: str = "", books: Sequence[str] = (), sectors: Sequence[str] = ()
) -> list[int]:
    """Return the numbers of the newest assessment of each unit by each book in a period, else in
    the latest one that it was assessed in.

    Nothing named in `books` (ids, or id@version) or `sectors` means all.
    """
    found: dict[tuple[str, str], dict[str, int]] = {}
    for row in store.heads("1"):
        book, subject, when = (row[_AT[name]] for name in ("book", "subject", "period"))
        named = not books or book in books or f"{book}@{row[_AT['version']]}" in books
        fits = named and (not sectors or row[_AT["sector"]] in sectors)
        if fits and (not period or when == period):
            found.setdefault((book, subject), {})[when] = row[0]
    return [periods[latest(periods)] for periods in found.values()]
