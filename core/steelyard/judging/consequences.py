"""What follows: consequences spread over the parties on whom they fall."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from steelyard.book.model import RuleBook
from steelyard.book.titles import whom
from steelyard.case.model import Case
from steelyard.expression.values import UNKNOWN
from steelyard.judging.findings import Followed

NOT_NAMED = "unknown"


def follow(
    book: RuleBook, case: Case, fired: Iterable[tuple[int, Any, str, bool]]
) -> tuple[Followed, ...]:
    """Return the consequences of fired rows, in the order of rows, then of records; a party not
    known is `unknown`.
    """
    places = {
        name: {one: n for n, one in enumerate(rows.ids)} for name, rows in case.registers.items()
    }
    ordered = sorted(
        enumerate(fired),
        key=lambda one: (
            one[1][0],
            places.get(book.consequences[one[1][0]].on, {}).get(one[1][2], -1),
            one[0],
        ),
    )
    out: dict[tuple[int, str, str, str], Followed] = {}
    for _, (row, party, record, must) in ordered:
        for one in _spread(book, case, row, party, record, certain=bool(must)):
            key = (one.row, one.kind, one.party, one.record)
            if key not in out or (one.certain and not out[key].certain):
                out[key] = one
    return tuple(out.values())


def not_named(case: Case, one: Followed) -> bool:
    """Whether a consequence falls on somebody whom the case does not name."""
    return one.party == NOT_NAMED and one.kind != "subject" and one.party not in case.parties


def falls_on(book: RuleBook, case: Case, one: Followed) -> dict[str, Any]:
    """Return on whom a consequence falls, as plain data: the kind and the id, and the role of one
    who is not named.
    """
    found: dict[str, Any] = {"kind": one.kind, "id": one.party}
    if not_named(case, one):
        found["role"] = whom(book, book.consequences[one.row])._asdict()
    return found


def _spread(
    book: RuleBook, case: Case, row: int, party: Any, record: str, *, certain: bool
) -> list[Followed]:
    rule = book.consequences[row]
    if rule.falls_on is None:
        return [Followed(row, "subject", case.subject_id, record, certain)]
    if rule.members is None:
        name = NOT_NAMED if party is UNKNOWN else str(party)
        return [Followed(row, rule.kind, name, record, certain)]
    kind, field = rule.members
    found: list[Followed] = []
    for one in case.parties.values():
        if one.kind == kind:
            home = one.values[field][0]
            if home is UNKNOWN or (party is UNKNOWN and home is not None):
                found.append(Followed(row, kind, one.id, record, certain=False))
            elif home == party:
                found.append(Followed(row, kind, one.id, record, certain))
    if party is UNKNOWN:
        found.append(Followed(row, kind, NOT_NAMED, record, certain))
    return found
