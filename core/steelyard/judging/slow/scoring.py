"""Points in the order of scoring: rules, sections, the book, the bonus, the grade.

Points are carried with six places more than the book's decimals: every rule, mean and dimension is
rounded to them, half away from zero, and nothing else is; the score and a section's printed points
are rounded to four places more and then to the book's own (design, sections 3 to 5).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from fractions import Fraction
from typing import Literal, NamedTuple

from steelyard.book.model import Limiter, Rule, RuleBook
from steelyard.expression.reference import half_away
from steelyard.expression.values import Bounds, Truth
from steelyard.judging.slow.mean import Share, asked, mean
from steelyard.judging.slow.terms import CARRIED, full_of, weight_of, weighted

ZERO, ONE = Fraction(0), Fraction(1)
_GUARD = 4
State = Literal["applies", "perhaps", "out", "waived"]
Outcome = Literal["pass", "partial", "fail", "unknown", "not_applicable", "waived"]
Doubt = Literal["no", "yes", "possible"]


class Found(NamedTuple):
    """What one rule says.

    `low` and `high` count points of its own full mark, given that it applies, to the carried
    places; `points` the same of its points within the book; `shown` is what its finding shows.
    """

    low: Fraction
    high: Fraction
    state: State
    points: Bounds
    shown: Bounds
    outcome: Outcome

    @property
    def applies(self) -> Truth:
        """Whether it applies."""
        return Truth(self.state == "applies", self.state in {"applies", "perhaps"})


class Value(NamedTuple):
    """A section or dimension of which something is asked, surely or perhaps: given that it is."""

    low: Fraction
    high: Fraction
    surely: bool


class Scoring:
    """The arithmetic of one book."""

    def __init__(self, book: RuleBook) -> None:
        """Take the book."""
        self.book = book

    def points(self, units: int) -> Fraction:
        """Return points, given in units of the book's decimals."""
        return Fraction(units, 10**self.book.decimals)

    def carried(self, points: Fraction) -> Fraction:
        """Return points as they are carried."""
        return half_away(points, self.book.decimals + CARRIED)

    def printed(self, points: Fraction) -> Fraction:
        """Return points as the score is printed and floors are compared."""
        return half_away(half_away(points, self.book.decimals + _GUARD), self.book.decimals)

    def share(self, rule: Rule, end: Fraction) -> Fraction:
        """Return what a rule earns of its own full mark."""
        return self.carried(end / full_of(self.book, rule))

    def worth(self, rule: Rule, end: Fraction) -> Fraction:
        """Return what a rule earns of its points within the book."""
        if not weight_of(rule):
            return end
        return self.carried(self.points(rule.points) * end / full_of(self.book, rule))

    def sections(self, rules: Mapping[str, Found]) -> dict[str, Value | None]:
        """Return every section that has rules; None where surely nothing is asked."""
        found: dict[str, Value | None] = {}
        for section in self.book.sections.values():
            own = [rule for rule in self.book.rules.values() if rule.section == section.id]
            if not own:
                continue
            if weighted(section):
                parts = [self._weighed(rule, rules[rule.id]) for rule in own]
            else:
                parts = [
                    Share(*rules[rule.id][:2], self.points(rule.points), rules[rule.id].applies)
                    for rule in own
                ]
            found[section.id] = self._value(self.points(section.points), parts)
        return found

    def _weighed(self, rule: Rule, found: Found) -> Share:
        weight = Fraction(weight_of(rule))
        low, high = (weight * self.share(rule, end) for end in (found.low, found.high))
        return Share(low, high, weight, found.applies)

    def dimensions(self, rules: Mapping[str, Found]) -> dict[str, Value | None]:
        """Return every dimension that has rules; None where surely nothing is asked."""
        own: dict[str, list[Rule]] = {}
        for rule in self.book.rules.values():
            if rule.dimension is not None and not rule.bonus:
                own.setdefault(rule.dimension, []).append(rule)
        found: dict[str, Value | None] = {}
        for name, some in own.items():
            full = sum((self.points(rule.points) for rule in some), ZERO)
            parts = [
                Share(*rules[rule.id].points[:2], self.points(rule.points), rules[rule.id].applies)
                for rule in some
            ]
            if full:
                found[name] = self._value(full, parts)
        return found

    def _value(self, full: Fraction, parts: list[Share]) -> Value | None:
        there, share = asked(parts), mean(parts)
        if not there.may:
            return None
        low, high = (self.carried(full * end) for end in (share.low, share.high))
        return Value(low, high, there.must)

    def base(self, sections: Mapping[str, Value | None]) -> tuple[Bounds, Truth]:
        """Return what all sections come to, and whether anything is asked."""
        parts = [
            Share(value.low, value.high, self.points(self.book.sections[name].points),
                  Truth(value.surely, may=True))
            for name, value in sections.items()
            if value is not None
        ]  # fmt: skip
        found = self._value(self.points(self.book.points), parts)
        if found is None:
            # A book that asks for no points leaves none out.
            return Bounds(ZERO, ZERO), Truth(*2 * [not sections])
        low = found.low if found.surely else ZERO
        return Bounds(low, found.high), Truth(found.surely, may=True)

    def score(self, base: Bounds, rules: Mapping[str, Found]) -> Bounds:
        """Return the score: the base and the bonus pot under its ceiling, held to the full mark."""
        pots: dict[str, list[Bounds]] = {}
        for rule in self.book.rules.values():
            if rule.bonus:
                pot = f"group {rule.group}" if rule.group else f"rule {rule.id}"
                pots.setdefault(pot, []).append(rules[rule.id].shown)
        ceiling, full = self.points(self.book.bonus_ceiling), self.points(self.book.points)
        low = sum((max(one.low for one in pot) for pot in pots.values()), ZERO)
        high = sum((max(one.high for one in pot) for pot in pots.values()), ZERO)
        least, most = base.low + min(ceiling, low), base.high + min(ceiling, high)
        return Bounds(self.printed(min(full, least)), self.printed(min(full, most)))

    def coverage(self, rules: Mapping[str, Found]) -> Fraction:
        """Return the share of the points asked for that is known."""
        wholly = open_ = ZERO
        for rule in self.book.rules.values():
            found, full = rules[rule.id], self.points(rule.points)
            if rule.bonus or not found.applies.may:
                continue
            wholly += full
            open_ += found.points.high - found.points.low if found.applies.must else full
        return 1 - open_ / wholly if wholly else ONE

    def below(self, limiter: Limiter, sections: Mapping[str, Value | None]) -> Truth:
        """Return whether a section lies below the floor that a limiter gives it."""
        if limiter.floor is None:
            return Truth(must=True, may=True)
        name, units = limiter.floor
        value = sections.get(name)
        if value is None:
            return Truth(must=False, may=False)
        floor = self.points(units)
        under = self.printed(value.high) < floor, self.printed(value.low) < floor
        return Truth(under[0] and value.surely, under[1])

    def limited(self, place: int, biting: Iterable[Limiter]) -> str:
        """Return the grade that is left of one by its place from the lowest up."""
        names = [grade.id for grade in reversed(self.book.grades)]
        hit = list(biting)
        if any(one.veto for one in hit):
            return "vetoed"
        place = max(0, place - sum(one.downgrade for one in hit))
        return names[min([place, *(names.index(one.cap) for one in hit if one.cap is not None)])]


def doubt(*, must: bool, may: bool) -> Doubt:
    """Return how sure something is, in the words of an assessment."""
    return "yes" if must else "possible" if may else "no"
