"""Who is weighed in one run: no unit twice, none under two names, no two that look like one."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import NamedTuple

from steelyard.case.model import Case
from steelyard.case.reading.identity import cut, fold, look, loose_look
from steelyard.case.unit import Unit
from steelyard.errors import Fault, fault

_TOLD = 10


class Called(NamedTuple):
    """A case of the run: of which book, unit and period, the unit's name, where it stands, and in
    which file.
    """

    book: str
    unit: Unit
    period: str
    name: str
    place: str
    file: str = ""

    @property
    def subject(self) -> str:
        """The unit's id."""
        return self.unit.id

    @property
    def whole(self) -> str:
        """The whole that the unit is a part of; empty where none is named."""
        return self.unit.whole


def called(case: Case) -> Called:
    """Return a case as it is called."""
    book = case.book.partition("@")[0]
    return Called(book, case.unit, case.period, case.subject_name, case.named_at, case.origin)


def refused(cases: Sequence[Called]) -> Iterator[Fault]:
    """Yield the faults of a run: a unit that stands twice with one book and period, one id with two
    names in one period, two ids that look alike.

    Parts of different wholes may bear one id: each is known within its whole.
    """
    seen: dict[tuple[str, str, str], dict[str, Called]] = {}
    names: dict[tuple[Unit, str], Called] = {}
    looks: dict[tuple[str, str], Called] = {}
    told: set[Unit] = set()
    for one in cases:
        same = seen.setdefault((one.book, one.subject, one.period), {})
        first = _before(one, same)
        if first is not None:
            yield _twice(one, first)
            continue
        same[one.whole] = one
        alike = looks.setdefault((one.whole, look(one.subject)), one)
        if alike.subject != one.subject and one.unit not in told:
            told.add(one.unit)
            yield fault(
                one.place,
                "`{id}` looks like `{other}` at {first}, and is written with other characters",
                id=one.subject,
                other=alike.subject,
                first=alike.place,
            )
        if not one.name:
            continue
        named = names.setdefault((one.unit, one.period), one)
        if _name(named) != _name(one):
            yield fault(
                one.place,
                "`{id}` is called `{name}` here and `{other}` at {first}: two units may bear one "
                "id",
                id=one.subject,
                name=one.name,
                other=named.name,
                first=named.place,
            )


def _before(one: Called, same: Mapping[str, Called]) -> Called | None:
    """Return the case of the same unit among those by whole; one that names no whole may be any."""
    if one.whole:
        return same.get(one.whole) or same.get("")
    return next(iter(same.values()), None)


def _twice(one: Called, first: Called) -> Fault:
    if cut(one.subject):
        return fault(
            one.place,
            "`{id}` stands twice in this run, first at {first}: a spreadsheet keeps 15 digits of a "
            "longer number, so format the column as text and type these ids again",
            id=one.subject,
            first=first.place,
        )
    if first.name and one.name and _name(first) != _name(one):
        return fault(
            one.place,
            "`{id}` stands twice in this run, as `{name}` here and as `{other}` at {first}: each "
            "unit has an id of its own",
            id=one.subject,
            name=one.name,
            other=first.name,
            first=first.place,
        )
    if one.file != first.file:
        return fault(
            one.place,
            "`{id}` stands twice in this run for {book}, {period}, first at {first}: keep one of "
            "them, or join them with `steelyard gather`",
            id=one.subject,
            book=one.book,
            period=one.period,
            first=first.place,
        )
    return fault(
        one.place,
        "`{id}` stands twice in this run for {book}, {period}, first at {first}: keep one of them",
        id=one.subject,
        book=one.book,
        period=one.period,
        first=first.place,
    )


def remarked(cases: Sequence[Called]) -> Iterator[Fault]:
    """Yield what may be meant and may be not: two ids with one name, one id whose name changes from
    period to period, two ids that a hasty reader takes for one.
    """
    yield from _pairs(
        cases,
        # Parts of different wholes may well bear one name.
        lambda one: f"{_name(one)}\n{one.whole}" if one.name else "",
        lambda one: one.subject,
        lambda one, first: fault(
            one.place,
            "`{name}` is `{id}` here and `{other}` at {first}: two ids for one unit?",
            name=one.name,
            id=one.subject,
            other=first.subject,
            first=first.place,
        ),
    )
    yield from _pairs(
        cases,
        lambda one: f"{one.subject}\n{one.whole}" if one.name else "",
        _name,
        lambda one, first: fault(
            one.place,
            "`{id}` is called `{name}` in {period} and `{other}` in {earlier}, at {first}",
            id=one.subject,
            name=one.name,
            period=one.period,
            other=first.name,
            earlier=first.period,
            first=first.place,
        ),
    )
    yield from _pairs(
        cases,
        lambda one: f"{loose_look(one.subject)}\n{one.whole}",
        lambda one: one.subject,
        lambda one, first: fault(
            one.place,
            "`{id}` is almost `{other}` at {first}: two ids for one unit?",
            id=one.subject,
            other=first.subject,
            first=first.place,
        ),
    )


def _pairs(
    cases: Sequence[Called],
    by: Callable[[Called], str],
    apart: Callable[[Called], str],
    told: Callable[[Called, Called], Fault],
) -> Iterator[Fault]:
    """Yield a line for each case that has `by` in common with an earlier one and differs from it in
    `apart`; beyond a few they are counted.
    """
    first: dict[str, Called] = {}
    known: set[tuple[str, str]] = set()
    count = 0
    last = ""
    for one in cases:
        key = by(one)
        if not key:
            continue
        other = first.setdefault(key, one)
        mark = key, apart(one)
        if apart(other) == apart(one) or mark in known:
            continue
        known.add(mark)
        count += 1
        if count <= _TOLD:
            yield told(one, other)
            last = one.place
    if count > _TOLD:
        yield fault(last, "{count} more such lines are left out", count=count - _TOLD)


def _name(one: Called) -> str:
    return fold(one.name)
