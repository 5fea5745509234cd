"""Scoring in its fixed order: items, sections, book, bonus, grade; every step an entry of the ledger.

Points are integers in units of the book's decimals throughout.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from operator import itemgetter
from typing import Any, NamedTuple

from steelyard.book.model import Judged, RuleBook
from steelyard.expression.types import divide
from steelyard.judge.runtime import INAPPLICABLE


class Entry(NamedTuple):
    """A signed addend to the low and to the high end of the score."""

    step: str
    id: str
    low: int
    high: int


class Part(NamedTuple):
    """A section: its points and the places of its rules."""

    id: str
    points: int
    rules: tuple[int, ...]
    pick: Callable[[Sequence[int]], Any]


class Plan(NamedTuple):
    """What scoring needs of a book, laid out once."""

    parts: tuple[Part, ...]
    asked: tuple[int, ...]
    ids: tuple[str, ...]
    points: tuple[int, ...]
    bonus: tuple[int, ...]
    groups: Mapping[str, tuple[int, ...]]
    judged: tuple[str, ...]
    total: int


class Score(NamedTuple):
    """The score, its ledger, each section's bounds (None: not asked), and the share of points that is known."""

    low: int
    high: int
    ledger: list[Entry]
    sections: dict[str, tuple[int, int] | None]
    coverage: tuple[int, int]


@lru_cache(maxsize=64)
def plan(book: RuleBook) -> Plan:
    """Give a book's rules by section, its bonus rules by group, and their points."""
    rules = list(book.rules.values())
    parts = []
    for section in book.sections.values():
        places = tuple(place for place, rule in enumerate(rules) if rule.section == section.id)
        if places:
            parts.append(Part(section.id, section.points, places, _picker(places)))
    groups: dict[str, list[int]] = {}
    for place, rule in enumerate(rules):
        if rule.bonus:
            groups.setdefault(rule.group or f"={rule.id}", []).append(place)
    return Plan(
        tuple(parts),
        tuple(place for place, rule in enumerate(rules) if not rule.bonus),
        tuple(rule.id for rule in rules),
        tuple(rule.points for rule in rules),
        tuple(place for place, rule in enumerate(rules) if rule.bonus),
        {name: tuple(places) for name, places in groups.items()},
        tuple(rule.id for rule in rules if isinstance(rule.form, Judged)),
        sum(rule.points for rule in rules if not rule.bonus),
    )


def _picker(places: tuple[int, ...]) -> Callable[[Sequence[int]], Any]:
    if len(places) == 1:
        only = places[0]
        return lambda values: (values[only],)
    return itemgetter(*places)


def score(book: RuleBook, lows: Sequence[int], highs: Sequence[int], states: Sequence[int]) -> Score:
    """Give the score of judged rules; raises nothing."""
    laid = plan(book)
    ledger = [Entry("item", laid.ids[place], lows[place], highs[place]) for place in laid.asked]
    sections: dict[str, tuple[int, int] | None] = {}
    low = high = asked = 0
    some_out = INAPPLICABLE in states or 3 in states
    for part in laid.parts:
        first, last, weight = sum(part.pick(lows)), sum(part.pick(highs)), part.points
        if some_out:
            weight = sum(laid.points[place] for place in part.rules if states[place] < INAPPLICABLE)
            if not weight:
                sections[part.id] = None
                continue
            if weight != part.points:
                shared = divide(part.points * first, weight, 0), divide(part.points * last, weight, 0)
                ledger.append(Entry("redistribution", part.id, shared[0] - first, shared[1] - last))
                first, last = shared
        sections[part.id] = (first, last)
        asked += part.points
        low, high = low + first, high + last
    if asked and asked != book.points:
        shared = divide(book.points * low, asked, 0), divide(book.points * high, asked, 0)
        ledger.append(Entry("redistribution", "book", shared[0] - low, shared[1] - high))
        low, high = shared
    open_ = sum(highs[place] - lows[place] for place in laid.asked)
    weights = sum(laid.points[place] for place in laid.asked if states[place] < INAPPLICABLE) if some_out else laid.total
    if laid.bonus:
        low, high = _bonus(book, laid, (lows, highs), (low, high), ledger)
    return Score(low, high, ledger, sections, (weights - open_, weights))


def _bonus(
    book: RuleBook, laid: Plan, earned: tuple[Sequence[int], Sequence[int]], base: tuple[int, int], ledger: list[Entry]
) -> tuple[int, int]:
    """Add the bonus pot under its ceiling, and clamp to the book's points."""
    lows, highs = earned
    low = high = 0
    for name, places in laid.groups.items():
        entries = [Entry("bonus", laid.ids[place], lows[place], highs[place]) for place in places]
        ledger.extend(entries)
        best = max(entry.low for entry in entries), max(entry.high for entry in entries)
        rest = best[0] - sum(entry.low for entry in entries), best[1] - sum(entry.high for entry in entries)
        if rest != (0, 0):
            ledger.append(Entry("bonus", f"group:{name}", *rest))
        low, high = low + best[0], high + best[1]
    under = min(low, book.bonus_ceiling), min(high, book.bonus_ceiling)
    if under != (low, high):
        ledger.append(Entry("bonus", "ceiling", under[0] - low, under[1] - high))
    raised = base[0] + under[0], base[1] + under[1]
    held = min(raised[0], book.points), min(raised[1], book.points)
    if held != raised:
        ledger.append(Entry("clamp", "book", held[0] - raised[0], held[1] - raised[1]))
    return held


class Standing(NamedTuple):
    """The grade at both ends, as a place from the lowest up (-1: vetoed), with veto and not-rated flags."""

    low: int
    high: int
    veto: str
    not_rated: bool


def grade(book: RuleBook, scored: Score, limits: Sequence[tuple[bool, bool]]) -> Standing:
    """Give the grade by cut-offs, then downgrades, then caps, then the veto: at the low end all that may bite."""
    cuts = [one.at_least for one in reversed(book.grades)]
    ids = [one.id for one in reversed(book.grades)]
    low = max(place for place, cut in enumerate(cuts) if scored.low >= cut or place == 0)
    high = max(place for place, cut in enumerate(cuts) if scored.high >= cut or place == 0)
    bites = [_bites(limiter.floor, scored, pair) for limiter, pair in zip(book.limiters, limits, strict=True)]
    vetoed = [False, False]
    not_rated = not any(scored.sections.values())
    ends = [high, low]
    for end in (0, 1):
        hit = [one for one, pair in zip(book.limiters, bites, strict=True) if pair[end]]
        ends[end] = max(0, ends[end] - sum(one.downgrade for one in hit))
        ends[end] = min([ends[end], *(ids.index(one.cap) for one in hit if one.cap is not None)])
        vetoed[end] = any(one.veto for one in hit)
        not_rated = not_rated or (end == 0 and any(one.not_rated for one in hit))
    veto = "yes" if vetoed[0] else "possible" if vetoed[1] else "no"
    return Standing(-1 if vetoed[1] else ends[1], -1 if vetoed[0] else ends[0], veto, not_rated)


def _bites(floor: tuple[str, int] | None, scored: Score, pair: tuple[bool, bool]) -> tuple[bool, bool]:
    """Give (must, may) of a limiter: its condition, and its section's floor where it has one."""
    if floor is None:
        return pair
    found = scored.sections.get(floor[0])
    if found is None:
        return False, False
    return pair[0] and found[1] < floor[1], pair[1] and found[0] < floor[1]
