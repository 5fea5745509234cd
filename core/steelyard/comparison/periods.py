"""Periods in their order: which comes first, which came before, which are of one kind."""

from __future__ import annotations

import datetime
from collections.abc import Iterable

from steelyard.case.reading.parse_values import Wrong, read_period


def latest(periods: Iterable[str]) -> str:
    """Return the period that ends last; of several, the longest; an empty text where there is
    none.
    """
    return max(periods, key=_order, default="")


def previous(period: str) -> str:
    """Return the period of the same kind right before: 2026Q1 gives 2025Q4; an empty text where
    that cannot be said.
    """
    found = read_period(period)
    if isinstance(found, Wrong) or found[1].year <= 1:
        return ""
    before = found[1] - datetime.timedelta(days=1)
    if "H" in period:
        return f"{before.year:04}H{before.month // 6}"
    if "Q" in period:
        return f"{before.year:04}Q{before.month // 3}"
    return f"{before.year:04}-{before.month:02}" if "-" in period else f"{before.year:04}"


def _order(period: str) -> tuple[datetime.date, int, str]:
    found = read_period(period)
    if isinstance(found, Wrong):
        return datetime.date.min, 0, period
    return found[2], (found[2] - found[1]).days, period
