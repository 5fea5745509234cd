"""Registers joined: which rows of several hands are one record, and whether nothing is missing."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from steelyard.book.model import Field, RuleBook
from steelyard.case.model import evidence_of
from steelyard.case.reading.records import each_once
from steelyard.errors import Fault
from steelyard.located_yaml import Items, Table, Text, key_place, place_of
from steelyard.messages import Title
from steelyard.work.gather.joined import (
    Conflict,
    Joined,
    Said,
    Same,
    giver,
    merged_cells,
    undecided,
)
from steelyard.work.gather.returns import Return


class _Row(NamedTuple):
    """A record under way: its cells, evidence, the hands that gave it, and where it stands."""

    id: str
    named: bool
    cells: dict[str, str]
    evidence: dict[str, Mapping[str, Any]]
    hands: dict[str, str]


def records(returns: Sequence[Return], book: RuleBook) -> Joined:
    """Join registers: records of one id are one record, and so are those without that say the
    same.
    """
    data: dict[str, Any] = {}
    conflicts: list[Conflict] = []
    same: list[Same] = []
    faults: list[Fault] = []
    places: dict[str, Sequence[str]] = {}
    for name, register in book.registers.items():
        speaking = [one for one in returns if _written(one, name, rolled=bool(register.rolled))]
        if not speaking:
            continue
        joined = (
            _listed(speaking, name) if register.rolled else _rows(speaking, name, register.fields)
        )
        rows: list[_Row] = joined.data
        complete, open_ = _complete(speaking, name, rows, register.title)
        conflicts += [*joined.conflicts, *open_]
        same += joined.same
        faults += joined.faults
        data[name] = {"complete": complete, "rows": [_whole(row) for row in rows]}
        places[name] = [next(iter(row.hands.values())) for row in rows]
    return Joined(data, tuple(conflicts), tuple(same), tuple(faults), places)


def _whole(row: _Row) -> dict[str, Any]:
    pieces = list(row.evidence.values())
    evidence: Any = pieces if len(pieces) > 1 else pieces[0] if pieces else None
    identity = {"id": row.id} if row.id else {}
    return {**identity, **row.cells, **({"evidence": evidence} if evidence else {})}


def _written(one: Return, name: str, *, rolled: bool) -> Any:
    """Return what a return says of a register; of one that assessments fill, as it is listed."""
    if not rolled:
        return one.case.document["records"].get(name)
    said = one.document.get("records")
    return said.get(name) if isinstance(said, Table) else None


def _source(one: Return, name: str) -> Sequence[Any]:
    """Return the records of a register as they are written, each once."""
    said = _written(one, name, rolled=True)
    rows = said.get("rows") if isinstance(said, Table) else said
    return each_once(rows) if isinstance(rows, Items) else ()


def _rows(returns: Sequence[Return], name: str, fields: Mapping[str, Field]) -> Joined:
    found = _Found()
    conflicts: list[Conflict] = []
    same: list[Same] = []
    faults: list[Fault] = []
    for one in returns:
        hand = str(one.path)
        for source, row in zip(
            _source(one, name), one.case.document["records"][name]["rows"], strict=True
        ):
            said = source.get("id")
            named = isinstance(said, Text) and bool(said.strip())
            cells = {key: text for key, text in row.items() if key not in {"id", "evidence"}}
            place = key_place(source, "id", place_of(source, hand))
            at = found.match(row["id"] if named else "", cells, hand)
            pieces = {json.dumps(piece, sort_keys=True): piece for piece in evidence_of(row)}
            if at is None:
                identity = row["id"] if named else f"{one.name}-{row['id']}"
                found.put(_Row(identity, named, cells, pieces, {hand: place}))
                continue
            before = found.rows[at]
            if not (named and before.named):
                other = next(iter(before.hands.values()))
                same.append(Same(other, place) if named else Same(place, other))
            merged, told, wrong = merged_cells(before.cells, cells, fields)
            other = next(iter(before.hands.values()))
            where = f"records.{name}.{before.id}"
            conflicts += [
                Conflict(
                    f"{where}.{key}",
                    fields[key].full_title,
                    (
                        Said(before.cells[key], giver(before.evidence), other),
                        Said(cells[key], giver(pieces), place),
                    ),
                    merged[key],
                    fields[key].options,
                )
                for key in told
            ]
            faults += [
                undecided(f"{place}: {where}.{key}", cells[key], before.cells[key], other)
                for key in wrong
            ]
            whole = _Row(
                row["id"] if named else before.id,
                named or before.named,
                {**before.cells, **merged},
                {**before.evidence, **pieces},
                {**before.hands, hand: place},
            )
            found.put(whole, at)
    return Joined(_once(found.rows), tuple(conflicts), tuple(same), tuple(faults))


class _Found:
    """The records found so far, looked up by their ids and by what they say."""

    def __init__(self) -> None:
        self.rows: list[_Row] = []
        self._by_id: dict[str, int] = {}
        self._alike: dict[str, list[int]] = {}

    def match(self, identity: str, cells: Mapping[str, str], hand: str) -> int | None:
        """Return the place of the record that a row is: that of its id, else one of another hand
        that says the same and need not be another; None where it is new.
        """
        if identity and identity in self._by_id:
            return self._by_id[identity]
        for at in self._alike.get(json.dumps(cells, sort_keys=True), ()):
            row = self.rows[at]
            if hand not in row.hands and row.cells == cells and not (identity and row.named):
                return at
        return None

    def put(self, row: _Row, at: int | None = None) -> None:
        """Keep a record, in place of the one at a place if one is named."""
        if at is None:
            at = len(self.rows)
            self.rows.append(row)
        self.rows[at] = row
        if row.named:
            self._by_id[row.id] = at
        alike = self._alike.setdefault(json.dumps(row.cells, sort_keys=True), [])
        if at not in alike[-1:]:
            alike.append(at)


def _once(rows: Sequence[_Row]) -> list[_Row]:
    """Return the rows with ids that no other has: those that bear none of their own give way."""
    taken = {row.id for row in rows if row.named}
    found = []
    for row in rows:
        identity, number = row.id, 1
        while not row.named and identity in taken:
            number += 1
            identity = f"{row.id}.{number}"
        taken.add(identity)
        found.append(row._replace(id=identity))
    return found


def _listed(returns: Sequence[Return], name: str) -> Joined:
    """Return the rows of a register that assessments fill, each once."""
    found: dict[str, _Row] = {}
    for one in returns:
        for source in _source(one, name):
            cells = {key: str(value) for key, value in source.items() if isinstance(value, Text)}
            key = json.dumps(cells, sort_keys=True)
            had = found.setdefault(key, _Row("", True, cells, {}, {}))
            had.hands[str(one.path)] = place_of(source, str(one.path))
    return Joined(list(found.values()))


def _complete(
    returns: Sequence[Return], name: str, rows: Sequence[_Row], title: Title
) -> tuple[bool, Iterator[Conflict]]:
    """Return whether a register is complete: somebody says so, and nobody else knows of more."""
    claims = [one for one in returns if one.case.registers[name].complete]
    against: list[Said] = []
    for one in claims:
        hand = str(one.path)
        for row in rows:
            if hand not in row.hands:
                by = giver(row.evidence)
                known = row.id or " ".join(row.cells.values())
                against.append(Said(known, by, next(iter(row.hands.values()))))
    if not claims or not against:
        return bool(claims), iter(())
    said = [Said("yes", "", one.places.in_part("records", name)) for one in claims]
    what = f"records.{name}.complete"
    return False, iter([Conflict(what, title, (*said, *dict.fromkeys(against)), "no")])
