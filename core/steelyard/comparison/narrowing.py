"""Bounds of what the rules changed, as narrow as two readings of one case allow."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from fractions import Fraction
from typing import Any, NamedTuple

from steelyard.book.model import RuleBook
from steelyard.judging.assessment import Assessment
from steelyard.judging.ledger import UNIT

Ends = tuple[int, int]
NOTHING: Ends = (0, 0)


class Narrowed(NamedTuple):
    """Bounds of the true difference between two books' readings of one case: by rule, by section,
    of the score.
    """

    rules: Mapping[str, Ends]
    sections: Mapping[str, Ends]
    score: Ends


class Earned(NamedTuple):
    """What a case earns by a book, in common units: each rule and section, and the score.

    A low end is 0 where it may not apply; a section that is surely not asked is not there.
    """

    assessment: Assessment
    rules: Mapping[str, Ends]
    sections: Mapping[str, Ends]
    score: Ends


def less(later: Ends, earlier: Ends) -> Ends:
    """Return the bounds of a difference of two values of which nothing else is known."""
    return later[0] - earlier[1], later[1] - earlier[0]


def both(one: Ends, other: Ends) -> Ends:
    """Return the bounds that two true bounds make together."""
    return max(one[0], other[0]), min(one[1], other[1])


def narrowed(old: Earned, new: Earned, same: frozenset[str]) -> Narrowed:
    """Return the bounds of what the rules changed: one case by an old and by a new book, both in
    carried points.

    A rule that asks the `same` of the same in both changes nothing, whatever is not shown. Where no
    weight can be shared over others, a section is the sum of its rules and the score that of its
    sections.
    """
    rules = {
        name: NOTHING
        if name in same
        else less(new.rules.get(name, NOTHING), old.rules.get(name, NOTHING))
        for name in (*new.rules, *(name for name in old.rules if name not in new.rules))
    }
    sure = {side.assessment: _sure(side.assessment) for side in (old, new)}
    sections = {
        name: _section(name, old, new, rules, same, sure)
        for name in (*new.sections, *(name for name in old.sections if name not in new.sections))
    }
    score = less(new.score, old.score)
    books = old.assessment.book, new.assessment.book
    if _whole(books[0]) == _whole(books[1]) and same >= set(books[0].rules):
        score = NOTHING
    elif _full(books[0]) == _full(books[1]) and all(
        _stands(side, sure[side.assessment]) for side in (old, new)
    ):
        low, high = (
            sum(ends[0] for ends in sections.values()),
            sum(ends[1] for ends in sections.values()),
        )
        bonus = [{rule.id for rule in book.rules.values() if rule.bonus} for book in books]
        if not bonus[0] and not bonus[1]:
            score = both(score, (low, high))
        elif bonus[0] == bonus[1] <= same and _ceiling(books[0]) == _ceiling(books[1]):
            # The same bonus on top, held under the book's points, passes on at most what the
            # sections changed.
            score = both(score, (min(low, 0), max(high, 0)))
    return Narrowed(rules, sections, score)


def _section(
    name: str,
    old: Earned,
    new: Earned,
    rules: Mapping[str, Ends],
    same: frozenset[str],
    sure: Mapping[Assessment, frozenset[str]],
) -> Ends:
    inside = [
        [
            rule.id
            for rule in side.assessment.book.rules.values()
            if rule.section == name and not rule.bonus
        ]
        for side in (old, new)
    ]
    asked = {*inside[0], *inside[1]}
    wide = less(new.sections.get(name, NOTHING), old.sections.get(name, NOTHING))
    if set(inside[0]) == set(inside[1]) and asked <= same:
        return NOTHING
    if all(
        set(ids) <= sure[side.assessment] and not _weighted(side, name)
        for ids, side in zip(inside, (old, new), strict=True)
    ):
        parts = [part_of_place(one, old, new, inside, rules) for one in asked]
        return both(wide, (sum(low for low, _ in parts), sum(high for _, high in parts)))
    return wide


def _weighted(side: Earned, section: str) -> bool:
    """Whether a section shares its points by weight, and so is no sum of its rules'."""
    sections = side.assessment.book.sections
    return section in sections and sections[section].weighted


def part_of_place(
    name: str,
    old: Earned,
    new: Earned,
    inside: Sequence[Collection[str]],
    rules: Mapping[str, Ends],
) -> Ends:
    """Return what a rule adds to the difference of a place that it may have left or come to."""
    if name in inside[0] and name in inside[1]:
        return rules[name]
    return less(new.rules[name], NOTHING) if name in inside[1] else less(NOTHING, old.rules[name])


def _stands(side: Earned, sure: frozenset[str]) -> bool:
    """Whether every section surely has a rule that applies, so that none is shared out over the
    others.
    """
    book = side.assessment.book
    asked = {rule.section for rule in book.rules.values() if not rule.bonus}
    return asked == {book.rules[name].section for name in sure if not book.rules[name].bonus}


def _whole(book: RuleBook) -> tuple[Any, ...]:
    """Return what makes a score of what the rules earn."""
    rules = {name: (rule.section, rule.weight) for name, rule in book.rules.items()}
    return (
        rules,
        {one.id: one.points for one in book.sections.values()},
        book.points,
        book.bonus_ceiling,
        book.decimals,
    )


def _full(book: RuleBook) -> Fraction:
    return Fraction(book.points, 10**book.decimals)


def _ceiling(book: RuleBook) -> Fraction:
    return Fraction(book.bonus_ceiling, 10**book.decimals)


def _sure(assessment: Assessment) -> frozenset[str]:
    """Return the rules that surely apply, whatever is still shown."""
    return frozenset(name for name, applies in assessment.applies.items() if applies == "yes")


def outward(ends: Ends, decimals: tuple[int, int], places: int) -> Ends:
    """Return bounds of a difference as it is printed, in units of 10**-places, from those of the
    carried one.

    Two figures of as many decimals differ, when both are rounded, by no less than the whole units
    below their difference and no more than those above. Where one book has fewer decimals, each is
    rounded by itself: half a unit of it, and at most half of the other's.
    """
    loose = 10 ** (places - min(decimals)) if decimals[0] != decimals[1] else 0
    return ends[0] // UNIT - loose, -(-ends[1] // UNIT) + loose
