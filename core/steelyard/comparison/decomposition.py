"""The score and its parts as differences that add up: what the rules, and what the unit brought
about.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from functools import partial
from typing import Literal, NamedTuple

from steelyard.book.model import DIMENSIONS, Rule, Section
from steelyard.book.terms import DIMENSION_TITLES
from steelyard.comparison.equivalence import same_rules
from steelyard.comparison.narrowing import (
    NOTHING,
    Earned,
    Ends,
    Narrowed,
    both,
    less,
    narrowed,
    outward,
    part_of_place,
)
from steelyard.expression.types import decimal_of
from steelyard.judging.assessment import Assessment
from steelyard.messages import Title

Direction = Literal["up", "down", "not_distinguishable"]


class Interval(NamedTuple):
    """A low and a high end, in points."""

    low: Decimal
    high: Decimal


class Difference(NamedTuple):
    """A later value less an earlier one.

    `low` is the difference of the two low ends and `high` that of the two high ends; these add up
    exactly. `bounds` surely hold the true difference, whatever is not shown; `sampled` hold it with
    the sampling error of surveys as well. Both are None for a step of the ledger, whose two ends
    are no bounds of anything.
    """

    low: Decimal
    high: Decimal
    bounds: Interval | None
    sampled: Interval | None

    @property
    def verdict(self) -> Direction | None:
        """Whether it went up or down; `not_distinguishable` where missing evidence or sampling
        error leaves that open.
        """
        if self.sampled is None:
            return None
        return (
            "up"
            if self.sampled.low > 0
            else "down"
            if self.sampled.high < 0
            else "not_distinguishable"
        )


class Line(NamedTuple):
    """The change of the score or of a part of it: `total` is `rules` plus `unit`, at both ends.

    `what` is `score`, `section`, `rule`, `dimension`, or a step of the ledger (`redistribution`,
    `rounding`, `bonus`, `clamp`). `old` is what the old case earns by the old book, `between` the
    old case by
    the new book, `new` the new case by the new book: None where a book does not ask for it. Without
    a new case `new` and `unit` are None.
    """

    what: str
    id: str
    title: Title
    old: Interval | None
    between: Interval | None
    new: Interval | None
    total: Difference
    rules: Difference
    unit: Difference | None


class Read(NamedTuple):
    """What one judging gives, in common units: as it is printed, with the steps of the ledger that
    are no rule's; and as it is carried, to six places more.
    """

    printed: Earned
    carried: Earned
    rest: Mapping[tuple[str, str], Ends]


def read(assessment: Assessment, places: int) -> Read:
    """Return what a judging earns, in units of 10**-places, and of 10**-(places + 6)."""
    book, scored = assessment.book, assessment.scored
    factor = 10 ** (places - book.decimals)
    rules: dict[str, Ends] = {}
    rest: dict[tuple[str, str], Ends] = {}
    for entry in scored.ledger:
        ends = entry.low * factor, entry.high * factor
        if entry.step == "item" or (
            entry.step == "bonus" and entry.id in book.rules and entry.id not in rules
        ):
            rules[entry.id] = ends
        else:
            key = (entry.step, entry.id)
            rest[key] = _sum([rest.get(key, NOTHING), ends])
    asked = {name: scored.ends(f"asked:{name}") for name in scored.sections}
    printed, carried = (
        {
            name: (low * factor if asked[name][0] else 0, high * factor)
            for name, (low, high) in found.items()
        }
        for found in (
            {name: ends for name, ends in scored.sections.items() if ends is not None},
            {name: scored.ends(f"section:{name}") for name in asked if asked[name][1]},
        )
    )
    score = scored.ends("carried")
    return Read(
        Earned(assessment, rules, printed, (scored.low * factor, scored.high * factor)),
        Earned(
            assessment,
            {
                name: (low * factor, high * factor)
                for name, (low, high) in assessment.carried.items()
            },
            carried,
            (score[0] * factor, score[1] * factor),
        ),
        rest,
    )


def _sum(ends: Iterable[Ends]) -> Ends:
    listed = list(ends)
    return sum(low for low, _ in listed), sum(high for _, high in listed)


class Lines:
    """Makes the lines of a change from two or three judgings, each as shown and with the sampling
    error of surveys.
    """

    def __init__(self, places: int, plain: list[Read], unsure: list[Read]) -> None:
        self.places = places
        self.plain = plain
        self.unsure = unsure
        # What a case says is the same with the sampling error of its surveys.
        same = same_rules(plain[0].printed.assessment, plain[1].printed.assessment)
        self.narrow = self._narrowed(plain, same)
        self.narrow_unsure = self.narrow if unsure is plain else self._narrowed(unsure, same)
        self.books = [one.printed.assessment.book for one in plain]

    def _narrowed(self, reads: Sequence[Read], same: frozenset[str]) -> Narrowed:
        """Return the bounds of what the rules changed, of what is printed."""
        old, new = reads[0].carried, reads[1].carried
        found = narrowed(old, new, same)
        decimals = old.assessment.book.decimals, new.assessment.book.decimals
        rules, sections = (
            {name: outward(ends, decimals, self.places) for name, ends in part.items()}
            for part in (found.rules, found.sections)
        )
        return Narrowed(rules, sections, outward(found.score, decimals, self.places))

    def score(self) -> Line:
        """Return the line of the score."""
        return self._line("score", "", _SCORE, _score, self.narrow.score, self.narrow_unsure.score)

    def rules(self) -> Iterator[Line]:
        """Yield a line for every rule of either book."""
        tables = [book.rules for book in self.books]
        yield from self._each("rule", tables, _rule, self.narrow.rules, self.narrow_unsure.rules)

    def rest(self) -> Iterator[Line]:
        """Yield a line for every step of the ledger that is no rule's."""
        for step, name in dict.fromkeys(key for one in self.plain for key in one.rest):
            sections = [
                book.sections[name] for book in reversed(self.books) if name in book.sections
            ]
            title = (
                sections[0].title
                if sections and step in {"redistribution", "rounding"}
                else _REST.get(name, Title(name, name))
            )
            yield self._line(step, name, title, partial(_step, (step, name)), bounded=False)

    def sections(self) -> Iterator[Line]:
        """Yield a line for every section, and for what stands beside them in the score."""
        tables = [book.sections for book in self.books]
        yield from self._each(
            "section", tables, _section, self.narrow.sections, self.narrow_unsure.sections
        )
        if any(_bonus(one) is not None for one in self.plain):
            yield self._line("bonus", "bonus", _REST["bonus"], _bonus)
        if any(_shared(one) != NOTHING for one in self.plain):
            yield self._line("redistribution", "book", _REST["book"], _shared, bounded=False)
        for key in _HELD:
            if any(key in one.rest for one in self.plain):
                yield self._line(*key, _REST["book"], partial(_step, key), bounded=False)

    def dimensions(self) -> Iterator[Line]:
        """Yield a line for every dimension on which either book has a rule."""
        there = {rule.dimension or "" for book in self.books for rule in book.rules.values()}
        for name in (*DIMENSIONS, ""):
            if name in there:
                narrow = [
                    _narrow(found, reads, name)
                    for found, reads in (
                        (self.narrow, self.plain),
                        (self.narrow_unsure, self.unsure),
                    )
                ]
                yield self._line(
                    "dimension",
                    name,
                    DIMENSION_TITLES.get(name, _NO_DIMENSION),
                    partial(_on, name),
                    *narrow,
                )

    def _each(
        self,
        what: str,
        tables: Sequence[Mapping[str, Rule | Section]],
        value: Callable[[str, Read], Ends | None],
        narrow: Mapping[str, Ends],
        unsure: Mapping[str, Ends],
    ) -> Iterator[Line]:
        """Yield a line for each thing that stands in a table of either book, in the order of the
        new book, then those of the old alone.
        """
        titles = {name: one.title for table in tables for name, one in table.items()}
        for name in dict.fromkeys(name for table in reversed(tables[:2]) for name in table):
            reading = partial(value, name)
            yield self._line(what, name, titles[name], reading, narrow.get(name), unsure.get(name))

    def _line(
        self,
        what: str,
        name: str,
        title: Title,
        value: Callable[[Read], Ends | None],
        narrow: Ends | None = None,
        unsure: Ends | None = None,
        *,
        bounded: bool = True,
    ) -> Line:
        plain = [value(one) for one in self.plain]
        wide = plain if self.unsure is self.plain else [value(one) for one in self.unsure]
        bounds, sampled = (
            self._bounds(plain, narrow, bounded=bounded),
            self._bounds(wide, unsure, bounded=bounded),
        )

        def difference(place: int, first: int, last: int) -> Difference:
            low, high = (
                (plain[last] or NOTHING)[end] - (plain[first] or NOTHING)[end] for end in (0, 1)
            )
            return Difference(
                decimal_of(low, self.places),
                decimal_of(high, self.places),
                bounds[place],
                sampled[place],
            )

        rules = difference(0, 0, 1)
        shown = [None if ends is None else self._interval(ends) for ends in plain]
        if len(plain) < 3:
            return Line(what, name, title, shown[0], shown[1], None, rules, rules, None)
        return Line(
            what,
            name,
            title,
            shown[0],
            shown[1],
            shown[2],
            difference(2, 0, 2),
            rules,
            difference(1, 1, 2),
        )

    def _bounds(
        self, values: Sequence[Ends | None], narrow: Ends | None, *, bounded: bool
    ) -> list[Interval | None]:
        """Return the bounds of the true difference: of the rules, then of the unit and in all where
        there is a third value.
        """
        if not bounded:
            return [None, None, None]
        ends = [one or NOTHING for one in values]
        rules = less(ends[1], ends[0])
        found = [both(rules, narrow or rules)]
        if len(ends) > 2:
            unit = less(ends[2], ends[1])
            found += [
                unit,
                both(less(ends[2], ends[0]), (found[0][0] + unit[0], found[0][1] + unit[1])),
            ]
        return [self._interval(one) for one in found]

    def _interval(self, ends: Ends) -> Interval:
        return Interval(decimal_of(ends[0], self.places), decimal_of(ends[1], self.places))


_SCORE = Title("得分", "score")
_NO_DIMENSION = Title("不属任何维度", "no dimension")
_HELD = (("rounding", "book"), ("clamp", "book"))
_REST: Mapping[str, Title] = {
    "book": Title("整册", "the whole book"),
    "bonus": Title("加分", "bonus"),
    "ceiling": Title("加分上限", "the ceiling of the bonus"),
}


def _bonus(one: Read) -> Ends | None:
    """Return what the bonus adds under its ceiling; None where the book has none."""
    bonus = [rule.id for rule in one.printed.assessment.book.rules.values() if rule.bonus]
    steps = [ends for (step, _), ends in one.rest.items() if step == "bonus"]
    return _sum([*(one.printed.rules[name] for name in bonus), *steps]) if bonus else None


def _shared(one: Read) -> Ends:
    """Return what is shared over the sections left; a section that is only perhaps asked is nothing
    at its low end.
    """
    beside = [_bonus(one) or NOTHING, *(_step(key, one) for key in _HELD)]
    inner = _sum([*one.printed.sections.values(), *beside])
    return one.printed.score[0] - inner[0], one.printed.score[1] - inner[1]


def _on(dimension: str, one: Read) -> Ends | None:
    """Return what the rules on a dimension earn; None where the book has none."""
    inside = _rules_on(one, dimension)
    return _sum(one.printed.rules[name] for name in inside) if inside else None


def _rules_on(one: Read, dimension: str) -> list[str]:
    return [
        rule.id
        for rule in one.printed.assessment.book.rules.values()
        if (rule.dimension or "") == dimension
    ]


def _narrow(found: Narrowed, reads: Sequence[Read], dimension: str) -> Ends:
    inside = [_rules_on(one, dimension) for one in reads[:2]]
    return _sum(
        part_of_place(name, reads[0].printed, reads[1].printed, inside, found.rules)
        for name in {*inside[0], *inside[1]}
    )


def _score(one: Read) -> Ends:
    return one.printed.score


def _rule(name: str, one: Read) -> Ends | None:
    return one.printed.rules.get(name)


def _section(name: str, one: Read) -> Ends | None:
    return one.printed.sections.get(name)


def _step(key: tuple[str, str], one: Read) -> Ends:
    return one.rest.get(key, NOTHING)
