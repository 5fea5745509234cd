"""What compiled code calls: the few things that are clearer as functions than as generated text."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from steelyard.expression.types import divide
from steelyard.expression.values import UNKNOWN

CERTAIN, PERHAPS, INAPPLICABLE, WAIVED = 0, 1, 2, 3
"""How surely a rule applies."""

Row = tuple[int, int, int, bool, bool]
"""A part of a mean: its ends, its weight, and whether it must and may apply."""


def ticked(ticks: Sequence[Any], full: int) -> tuple[int, int, int]:
    """Return the ends of a mean over ticks that weigh alike, and how surely it is asked."""
    yes, open_ = ticks.count("yes"), ticks.count(UNKNOWN)
    asked = len(ticks) - ticks.count("na")
    if not asked:
        return 0, 0, INAPPLICABLE
    low = full if yes == asked else (2 * full * yes + asked) // (2 * asked)
    high = low if not open_ else (2 * full * (yes + open_) + asked) // (2 * asked)
    return low, high, PERHAPS if open_ == asked else CERTAIN


def weighed(ticks: Sequence[Any], weights: Sequence[int], full: int) -> tuple[int, int, int]:
    """Return the same where ticks weigh differently."""
    yes = no = open_ = 0
    for tick, weight in zip(ticks, weights, strict=True):
        if tick == "yes":
            yes += weight
        elif tick is UNKNOWN:
            open_ += weight
        elif tick != "na":
            no += weight
    asked = yes + no + open_
    if not asked:
        return 0, 0, INAPPLICABLE
    low, high = divide(full * yes, asked, 0), divide(full * (yes + open_), asked, 0)
    return low, high, PERHAPS if open_ == asked else CERTAIN


def mean(rows: Sequence[Row], over: int, under: int) -> tuple[int, int]:
    """Return the ends of a mean over parts that may or may not apply, given that one does.

    Each end is sum(earned) * over / (sum(weight) * under), rounded half up. To those that surely
    apply, the low end adds the parts that may, in ascending order of their share, while that lies
    below the running mean; the high end the contrary. Without a sure part it starts from the least
    (the greatest). Nothing that may apply: 0.
    """
    sure = [row for row in rows if row[3]]
    perhaps = [row for row in rows if row[4] and not row[3]]
    ends = []
    for end, sign in enumerate((1, -1)):
        top, bottom = sum(row[end] for row in sure), sum(row[2] for row in sure)
        # By their share: earned / weight, compared as whole numbers.
        order = sorted(perhaps, key=lambda row: _Share(sign * row[end], row[2]))
        for row in order:
            if bottom and sign * (row[end] * bottom - top * row[2]) >= 0:
                break
            top, bottom = top + row[end], bottom + row[2]
        ends.append((2 * top * over + bottom * under) // (2 * bottom * under) if bottom else 0)
    return ends[0], ends[1]


class _Share:
    """A fraction that orders by cross-multiplication."""

    __slots__ = ("over", "under")

    def __init__(self, over: int, under: int) -> None:
        self.over = over
        self.under = under

    def __lt__(self, other: _Share) -> bool:
        return self.over * other.under < other.over * self.under


def among(rows: Sequence[tuple[bool, bool, int]], last: int) -> tuple[int, int]:
    """Return the least and the greatest figure of a choice: those whose condition may hold, up to
    the first whose condition must; `last` where none must.
    """
    figures = []
    for must, may, figure in rows:
        if may:
            figures.append(figure)
        if must:
            break
    else:
        figures.append(last)
    return min(figures), max(figures)


def covered(parts: Iterable[tuple[int, int, bool, bool, int]]) -> int:
    """Return the share of the points asked for that is known, in units of 10**-4.

    Of each rule: its ends, whether it must and may apply, and its full mark. What may be left out
    is wholly open; what is surely left out does not count; 1 where nothing is asked.
    """
    known = asked = 0
    for low, high, must, may, full in parts:
        if may:
            asked += full
            known += full - (high - low) if must else 0
    return divide(known, asked, 4) if asked else 10**4


def portion(full: int, number: int, under: int) -> int:
    """Return number / under, held to 0..1, times `full`, rounded half up; under is above 0."""
    if number <= 0:
        return 0
    return full if number >= under else (2 * full * number + under) // (2 * under)


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
    "ticked": ticked,
    "weighed": weighed,
    "mean": mean,
    "among": among,
    "covered": covered,
    "portion": portion,
    "owned": owned,
    "belonging": belonging,
    "parties_of": parties_of,
}
