"""What follows from a case, row by row of the decision table."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple, cast

from steelyard.book.model import Consequence
from steelyard.expression.tree import Name, Node, Reach
from steelyard.expression.types import PartyOf
from steelyard.expression.values import UNKNOWN, Truth
from steelyard.judging.slow.cells import SURELY, read_cell
from steelyard.judging.slow.world import Anywhere, AtParty, AtRecord, Whole

Fires = Callable[[Node, Anywhere], Truth]


class Follows(NamedTuple):
    """One consequence: the number of its row, on whom it falls (`unknown`: not named), its record,
    and how surely.
    """

    number: int
    kind: str
    party: str
    record: str
    certain: bool


def follow(whole: Whole, fires: Fires) -> frozenset[Follows]:
    """Return all that follows; what falls on one twice is certain if it is so once."""
    found: dict[tuple[int, str, str, str], bool] = {}
    for row in whole.book.consequences:
        for place, record in _places(whole, row):
            holds = SURELY if row.when is None else fires(row.when, place)
            if not holds.may:
                continue
            for kind, party, certain in _fallen(whole, row, place):
                key = (row.number, kind, party, record)
                found[key] = found.get(key, False) or (holds.must and certain)
    return frozenset(Follows(*key, certain) for key, certain in found.items())


def _places(whole: Whole, row: Consequence) -> Iterator[tuple[Anywhere, str]]:
    """Yield where a row is asked, each with the record that it stands at."""
    if row.scope == "subject":
        yield whole, ""
    elif row.scope == "register":
        for name, record in zip(whole.case.registers[row.on].ids, whole.rows[row.on], strict=True):
            yield AtRecord(whole, record), name
    else:
        for party in whole.case.parties.values():
            if party.kind == row.on:
                yield AtParty(whole, party.id, row.owners), ""
        if any(
            record.value(field) is UNKNOWN
            for name, field in row.owners.items()
            for record in whole.rows[name]
        ):
            yield AtParty(whole, UNKNOWN, row.owners), ""


def _fallen(whole: Whole, row: Consequence, place: Anywhere) -> Iterator[tuple[str, str, bool]]:
    """Yield on whom a consequence falls, and whether that is sure."""
    if row.falls_on is None:
        yield "subject", whole.case.subject_id, True
        return
    party = place.value(cast("Name | Reach", row.falls_on))
    if party is None:
        return
    sure = party is not UNKNOWN or not row.falls_on.nullable
    if row.members is None:
        yield row.kind, "unknown" if party is UNKNOWN else str(party), sure
        return
    kind, field = row.members
    for one in whole.case.parties.values():
        home = read_cell(one.values[field], PartyOf("")) if one.kind == kind else None
        if home is not None and (home is UNKNOWN or party is UNKNOWN or home == party):
            yield kind, one.id, sure and home == party and home is not UNKNOWN
    if party is UNKNOWN:
        yield kind, "unknown", sure
