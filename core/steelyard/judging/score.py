"""Scoring in its fixed order: items, sections, book, bonus, grade; every step an entry of the
ledger.

Points are integers in units of the book's decimals throughout.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import lru_cache, partial
from itertools import repeat
from operator import itemgetter
from typing import Any, Literal, NamedTuple, cast

from steelyard.book.model import Judged, RuleBook
from steelyard.expression.types import divide
from steelyard.judging.compiled.runtime import CERTAIN, INAPPLICABLE, PERHAPS, WAIVED

Step = Literal["item", "redistribution", "bonus", "clamp"]


class Entry(NamedTuple):
    """A signed addend to the low and to the high end of the score."""

    step: Step
    id: str
    low: int
    high: int


# A named tuple's own constructor is Python; made by the tuple's, a list of them takes a third of
# the time.
_entry = cast("Callable[[Iterable[object]], Entry]", partial(tuple.__new__, Entry))


class Part(NamedTuple):
    """A section, or all that is asked for: its points, the places of its rules, and what picks
    their values.
    """

    id: str
    points: int
    rules: tuple[int, ...]
    pick: Callable[[Sequence[Any]], tuple[Any, ...]]


class Plan(NamedTuple):
    """What scoring needs of a book, laid out once; `cuts` and `grades` run from the lowest grade
    up.
    """

    parts: tuple[Part, ...]
    asked: Part
    asked_ids: tuple[str, ...]
    ids: tuple[str, ...]
    points: tuple[int, ...]
    groups: Mapping[str, tuple[int, ...]]
    judged: tuple[str, ...]
    cuts: tuple[int, ...]
    grades: tuple[str, ...]


class Score(NamedTuple):
    """The score, its ledger, each section's bounds (None: not asked), the share of points that is
    known, and whether anything is asked.
    """

    low: int
    high: int
    ledger: list[Entry]
    sections: dict[str, tuple[int, int] | None]
    coverage: tuple[int, int]
    asked: Literal["yes", "perhaps", "no"]


@lru_cache(maxsize=64)
def plan(book: RuleBook) -> Plan:
    """Return a book's rules by section, its bonus rules by group, and their points."""
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
    asked = tuple(place for place, rule in enumerate(rules) if not rule.bonus)
    return Plan(
        tuple(parts),
        Part("book", sum(rules[place].points for place in asked), asked, _picker(asked)),
        tuple(rules[place].id for place in asked),
        tuple(rule.id for rule in rules),
        tuple(rule.points for rule in rules),
        {name: tuple(places) for name, places in groups.items()},
        tuple(rule.id for rule in rules if isinstance(rule.form, Judged)),
        tuple(one.at_least for one in reversed(book.grades)),
        tuple(one.id for one in reversed(book.grades)),
    )


def _picker(places: tuple[int, ...]) -> Callable[[Sequence[Any]], tuple[Any, ...]]:
    if len(places) < 2:
        return lambda values: tuple(values[place] for place in places)
    return itemgetter(*places)


def score(
    book: RuleBook, lows: Sequence[int], highs: Sequence[int], states: Sequence[int]
) -> Score:
    """Return the score of judged rules; raises nothing."""
    laid = plan(book)
    all_ = laid.asked
    all_lows, all_highs = all_.pick(lows), all_.pick(highs)
    ledger = list(
        map(_entry, zip(repeat("item"), laid.asked_ids, all_lows, all_highs, strict=False))
    )
    sections: dict[str, tuple[int, int] | None] = {}
    low = high = asked = 0
    some_out = INAPPLICABLE in states or WAIVED in states
    for part in laid.parts:
        first, last, weight = sum(part.pick(lows)), sum(part.pick(highs)), part.points
        if some_out:
            weight = sum(laid.points[place] for place in part.rules if states[place] < INAPPLICABLE)
            if not weight:
                sections[part.id] = None
                continue
            if weight != part.points:
                shared = (
                    divide(part.points * first, weight, 0),
                    divide(part.points * last, weight, 0),
                )
                ledger.append(Entry("redistribution", part.id, shared[0] - first, shared[1] - last))
                first, last = shared
        sections[part.id] = (first, last)
        asked += part.points
        low, high = low + first, high + last
    if asked and asked != book.points:
        shared = divide(book.points * low, asked, 0), divide(book.points * high, asked, 0)
        ledger.append(Entry("redistribution", "book", shared[0] - low, shared[1] - high))
        low, high = shared
    open_ = sum(all_highs) - sum(all_lows)
    weights = (
        sum(laid.points[place] for place in all_.rules if states[place] < INAPPLICABLE)
        if some_out
        else all_.points
    )
    if laid.groups:
        low, high = _bonus(book, laid, (lows, highs), (low, high), ledger)
    asked_of = [states[place] for place in all_.rules if laid.points[place]]
    anything: Literal["yes", "perhaps", "no"] = (
        "yes" if CERTAIN in asked_of else "perhaps" if PERHAPS in asked_of else "no"
    )
    return Score(low, high, ledger, sections, (weights - open_, weights), anything)


def _bonus(
    book: RuleBook,
    laid: Plan,
    earned: tuple[Sequence[int], Sequence[int]],
    base: tuple[int, int],
    ledger: list[Entry],
) -> tuple[int, int]:
    """Add the bonus pot under its ceiling, and clamp to the book's points."""
    lows, highs = earned
    low = high = 0
    for name, places in laid.groups.items():
        entries = [Entry("bonus", laid.ids[place], lows[place], highs[place]) for place in places]
        ledger.extend(entries)
        best = max(entry.low for entry in entries), max(entry.high for entry in entries)
        rest = (
            best[0] - sum(entry.low for entry in entries),
            best[1] - sum(entry.high for entry in entries),
        )
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
    """The grade at both ends, as a place from the lowest up (-1: vetoed); `veto` and `not_rated`
    are `no`, `yes` or `possible`.
    """

    low: int
    high: int
    veto: str
    not_rated: str


def grade(book: RuleBook, scored: Score, limits: Sequence[tuple[bool, bool]]) -> Standing:
    """Return the grade by cut-offs, then downgrades, then caps, then the veto: at the low end all
    that may bite.
    """
    laid = plan(book)
    ends = [max(0, bisect_right(laid.cuts, points) - 1) for points in (scored.high, scored.low)]
    bites = [
        _bites(limiter.floor, scored, pair)
        for limiter, pair in zip(book.limiters, limits, strict=True)
    ]
    vetoed = [False, False]
    unrated = [scored.asked == "no", scored.asked != "yes"]
    for end in (0, 1):
        hit = [one for one, pair in zip(book.limiters, bites, strict=True) if pair[end]]
        if not hit:
            continue
        ends[end] = max(0, ends[end] - sum(one.downgrade for one in hit))
        ends[end] = min(
            [ends[end], *(laid.grades.index(one.cap) for one in hit if one.cap is not None)]
        )
        vetoed[end] = any(one.veto for one in hit)
        unrated[end] = unrated[end] or any(one.not_rated for one in hit)
    return Standing(
        -1 if vetoed[1] else ends[1],
        -1 if vetoed[0] else ends[0],
        *("yes" if must else "possible" if may else "no" for must, may in (vetoed, unrated)),
    )


def _bites(
    floor: tuple[str, int] | None, scored: Score, pair: tuple[bool, bool]
) -> tuple[bool, bool]:
    """Return (must, may) of a limiter: its condition, and its section's floor where it has one."""
    if floor is None:
        return pair
    found = scored.sections.get(floor[0])
    if found is None:
        return False, False
    return pair[0] and found[1] < floor[1], pair[1] and found[0] < floor[1]
