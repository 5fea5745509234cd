"""What the compiled judge calls: the scoring forms that are clearer as functions than as generated
text.

Earned points come as (low, high) in units of the book's decimals.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from steelyard.expression.types import divide
from steelyard.expression.values import UNKNOWN

CERTAIN, PERHAPS, INAPPLICABLE, WAIVED = 0, 1, 2, 3
"""How surely a rule applies."""


def checked(
    ticks: Sequence[Any], points: int, claimed: Sequence[bool] | None
) -> tuple[int, int, int]:
    """Return the points of a checklist whose items weigh alike, and how surely it applies.

    `claimed` says of each item of a bonus rule whether it is shown.
    """
    yes, no = ticks.count("yes"), ticks.count("no")
    open_ = len(ticks) - yes - no - ticks.count("na")
    if claimed is not None:
        hidden = claimed.count(False)
        no, open_ = no + hidden, open_ - hidden
    asked = yes + no + open_
    if not asked:
        return 0, 0, INAPPLICABLE
    low = points if yes == asked else divide(points * yes, asked, 0)
    high = low if not open_ else divide(points * (yes + open_), asked, 0)
    return low, high, PERHAPS if open_ == asked else CERTAIN


def weighed(
    ticks: Sequence[Any], weights: Sequence[int], points: int, claimed: Sequence[bool] | None
) -> tuple[int, int, int]:
    """Return the same where items weigh differently."""
    yes = no = open_ = 0
    for place, (tick, weight) in enumerate(zip(ticks, weights, strict=True)):
        if tick == "yes":
            yes += weight
        elif tick == "no" or (claimed is not None and not claimed[place]):
            no += weight
        elif tick != "na":
            open_ += weight
    asked = yes + no + open_
    if not asked:
        return 0, 0, INAPPLICABLE
    return (
        divide(points * yes, asked, 0),
        divide(points * (yes + open_), asked, 0),
        PERHAPS if open_ == asked else CERTAIN,
    )


def banded(
    low: int | None,
    high: int | None,
    none: bool,  # noqa: FBT001
    edges: Sequence[int],
    points: Sequence[int],
) -> tuple[int, int]:
    """Return the least and the greatest points of any band that meets [low, high]; none earns
    nothing.
    """
    if low is None or high is None:
        return 0, 0
    first = bisect_right(edges, low)
    if low == high and not none:
        return points[first], points[first]
    met = points[first : bisect_right(edges, high) + 1]
    return (0 if none else min(met)), max(met)


def banded_surely(signs: Iterable[int], points: Sequence[int]) -> tuple[int, int]:
    """Return the same from what a survey's sample says of each threshold: 1 above, -1 below, 0
    cannot tell.
    """
    low = high = 0
    for place, sign in enumerate(signs, 1):
        low = place if sign > 0 else low
        high = place if sign >= 0 else high
    met = points[low : max(low, high) + 1]
    return min(met), max(met)


def graded_place(
    low: int | None,
    high: int | None,
    none: bool,  # noqa: FBT001
    points: Sequence[int],
) -> tuple[int, int]:
    """Return the points of an ordered option."""
    if low is None or high is None:
        return 0, 0
    met = points[low : high + 1]
    return (0 if none else min(met)), max(met)


def banded_rate(
    low: int | None,
    under: int,
    high: int,
    over: int,
    none: bool,  # noqa: FBT001
    marks: Sequence[tuple[int, int, bool]],
    points: Sequence[int],
) -> tuple[int, int]:
    """Return the same for a rate between low / under and high / over; marks are thresholds as
    quotients, with whether a rate must lie above them.
    """
    if low is None:
        return 0, 0
    first = 0
    for num, den, above in marks:
        if low * den < num * under + above:
            break
        first += 1
    if low == high and under == over and not none:
        return points[first], points[first]
    last = first
    for num, den, above in marks[first:]:
        if high * den < num * over + above:
            break
        last += 1
    met = points[first : last + 1]
    return (0 if none else min(met)), max(met)


def share_of(
    points: int,
    low: int | None,
    under: int,
    high: int,
    over: int,
    none: bool,  # noqa: FBT001
) -> tuple[int, int]:
    """Return points times a rate between low / under and high / over, clamped to 0..1; none earns
    nothing.
    """
    if low is None:
        return 0, 0
    most = 0 if high <= 0 else points if high >= over else divide(points * high, over, 0)
    if low == high and under == over:
        return (0 if none else most), most
    least = 0 if none or low <= 0 else points if low >= under else divide(points * low, under, 0)
    return least, most


def kept(points: int, least_lost: int, most_lost: int, unit: int) -> tuple[int, int]:
    """Return what is left of the points, counted in 1/unit of theirs, down to 0."""
    whole = points * unit
    low = divide(max(0, whole - most_lost), unit, 0) if unit > 1 else max(0, whole - most_lost)
    if least_lost == most_lost:
        return low, low
    return low, divide(max(0, whole - least_lost), unit, 0) if unit > 1 else max(
        0, whole - least_lost
    )


def staged(
    dates: Sequence[Any],
    due: int | None,
    as_of: int,
    late: int,
    points: int,
    claimed: Sequence[bool] | None,
) -> tuple[int, int, int]:
    """Return the points of a stage from its deliverables' cells (low, high, may be none), in equal
    shares.

    Done up to `due` counts whole, later `late` millionths, not done nothing; not done while it is
    not yet due is not asked. `claimed` says of each deliverable of a bonus rule whether it is
    shown.
    """
    low = high = asked = perhaps = 0
    pending = due is not None and as_of < due
    for place in range(len(dates) // 3):
        first, last, none = dates[3 * place : 3 * place + 3]
        if claimed is not None and not claimed[place]:
            first, none = None, True
        never = first is None or first > as_of
        if never and pending:
            continue
        asked += 1
        if never:
            continue
        if none or last > as_of:
            perhaps += pending
        else:
            low += _worth(last, due, late)
        high += _worth(first, due, late)
    if not asked:
        return 0, 0, INAPPLICABLE
    whole = asked * 10**6
    return (
        divide(points * low, whole, 0),
        divide(points * high, whole, 0),
        PERHAPS if perhaps == asked else CERTAIN,
    )


def _worth(day: int, due: int | None, late: int) -> int:
    return 10**6 if due is None or day <= due else late


def owned(rows: Iterable[tuple[Any, ...]], place: int) -> dict[Any, list[tuple[Any, ...]]]:
    """Return a register's rows by the party that stands in one column; UNKNOWN has its own
    entry.
    """
    groups: dict[Any, list[tuple[Any, ...]]] = {}
    for row in rows:
        groups.setdefault(row[place], []).append(row)
    return groups


def belonging(
    groups: Mapping[Any, list[tuple[Any, ...]]], party: object
) -> list[tuple[bool, tuple[Any, ...]]]:
    """Return a party's rows: its own surely, those of an unknown party perhaps."""
    found = [] if party is UNKNOWN else [(True, row) for row in groups.get(party, ())]
    found.extend((False, row) for row in groups.get(UNKNOWN, ()))
    return found


def parties_of(
    kind: str,
    rows: Mapping[str, Any],
    unnamed: bool,  # noqa: FBT001
) -> list[tuple[Any, tuple[Any, ...]]]:
    """Return the parties of a kind; with `unnamed` also one that the case does not name, of which
    nothing is known.
    """
    found = list(rows[kind].named)
    if unnamed:
        found.append((UNKNOWN, rows[kind].unnamed))
    return found


RUNTIME: Mapping[str, object] = {
    "checked": checked,
    "weighed": weighed,
    "banded": banded,
    "banded_surely": banded_surely,
    "graded_place": graded_place,
    "banded_rate": banded_rate,
    "share_of": share_of,
    "kept": kept,
    "staged": staged,
    "owned": owned,
    "belonging": belonging,
    "parties_of": parties_of,
}
