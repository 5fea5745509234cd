"""The parts of one case put together from those of several: what agrees is one, what differs is
left open and told.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from steelyard.book.model import Field, RuleBook
from steelyard.case.model import evidence_of
from steelyard.case.reading.parse_values import Value, read_value, text_of
from steelyard.errors import Fault, fault
from steelyard.expression.types import ranged
from steelyard.located_yaml import Items, Table, Text, key_place, place_of
from steelyard.messages import Title
from steelyard.work.gather.returns import Return

_UNKNOWN = "unknown"


class Said(NamedTuple):
    """What one hand says, who that is, and where it stands."""

    value: str
    by: str
    place: str


class Conflict(NamedTuple):
    """Where hands disagree: the path of the value, its title, what each says, and what is kept."""

    what: str
    title: Title
    said: tuple[Said, ...]
    kept: str


class Same(NamedTuple):
    """A record without an id that is taken for the one that another hand has given."""

    place: str
    other: str


class Joined(NamedTuple):
    """The joined part in canonical form, and what there is to tell of it."""

    data: Any
    conflicts: tuple[Conflict, ...] = ()
    same: tuple[Same, ...] = ()
    faults: tuple[Fault, ...] = ()


def facts(returns: Sequence[Return], book: RuleBook) -> Joined:
    """Join facts: every different piece of evidence is kept with who gave it."""
    data: dict[str, Any] = {}
    conflicts: list[Conflict] = []
    for fact in book.collected:
        pieces: dict[str, Any] = {}
        said: dict[str, list[Said]] = {}
        for one in returns:
            written = one.case.document["facts"].get(fact.id)
            listed = written if isinstance(written, list) else [written] if written else []
            for number, piece in enumerate(listed):
                pieces.setdefault(json.dumps(piece, sort_keys=True), piece)
                value = (
                    f"{piece['positive']}/{piece['asked']}" if "asked" in piece else piece["value"]
                )
                place = _piece_place(one, fact.id, number)
                said.setdefault(value, []).append(Said(value, piece.get("by", ""), place))
        if pieces:
            found = list(pieces.values())
            data[fact.id] = found if len(found) > 1 else found[0]
        if len(said) > 1:
            every = tuple(one for some in said.values() for one in some)
            conflicts.append(Conflict(f"facts.{fact.id}", fact.full_title, every, ""))
    return Joined(data, tuple(conflicts))


def _piece_place(one: Return, name: str, number: int) -> str:
    table = one.document.get("facts")
    said = table.get(name) if isinstance(table, Table) else None
    piece = said[number] if isinstance(said, Items) and number < len(said) else said
    return place_of(piece, one.place("facts", name))


def parties(returns: Sequence[Return], book: RuleBook) -> Joined:
    """Join parties: the same id is the same party, whose kind and name cannot be in doubt."""
    found: dict[str, dict[str, Any]] = {}
    first: dict[str, Return] = {}
    conflicts: list[Conflict] = []
    faults: list[Fault] = []
    for one in returns:
        names = one.case.names
        for entry in one.case.document["parties"]:
            identity = entry["id"]
            if identity not in one.own:
                continue
            mine = {**entry, **({"name": names[identity]} if identity in names else {})}
            had = found.setdefault(identity, mine)
            other = first.setdefault(identity, one)
            if had is mine:
                continue
            faults += [
                fault(
                    f"{one.path}: parties.{identity}.{key}",
                    "is `{mine}` here and `{other}` in {first}: two parties may bear one id",
                    mine=mine[key],
                    other=had[key],
                    first=other.path,
                )
                for key in ("kind", "name")
                if key in mine and mine[key] != had.setdefault(key, mine[key])
            ]
            fields = book.kinds[had["kind"]].fields
            cells, told, wrong = _cells(had, mine, fields)
            where = f"parties.{identity}"
            conflicts += [
                Conflict(
                    f"{where}.{key}",
                    fields[key].full_title,
                    (Said(had[key], "", str(other.path)), Said(mine[key], "", str(one.path))),
                    cells[key],
                )
                for key in told
            ]
            faults += [
                _undecided(f"{one.path}: {where}.{key}", mine[key], had[key], str(other.path))
                for key in wrong
            ]
            had.update(cells)
    return Joined(list(found.values()), tuple(conflicts), (), tuple(faults))


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
    return Joined(data, tuple(conflicts), tuple(same), tuple(faults))


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
    """Return the rows of a register as they are written."""
    said = _written(one, name, rolled=True)
    rows = said.get("rows") if isinstance(said, Table) else said
    return rows if isinstance(rows, Items) else ()


def _rows(returns: Sequence[Return], name: str, fields: Mapping[str, Field]) -> Joined:
    found: list[_Row] = []
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
            had = _match(found, row["id"] if named else "", cells, hand)
            pieces = {json.dumps(piece, sort_keys=True): piece for piece in evidence_of(row)}
            if had is None:
                identity = row["id"] if named else f"{one.name}-{row['id']}"
                found.append(_Row(identity, named, cells, pieces, {hand: place}))
                continue
            at, before = had
            if not (named and before.named):
                same.append(Same(place, next(iter(before.hands.values()))))
            merged, told, wrong = _cells(before.cells, cells, fields)
            other = next(iter(before.hands.values()))
            where = f"records.{name}.{before.id}"
            conflicts += [
                Conflict(
                    f"{where}.{key}",
                    fields[key].full_title,
                    (
                        Said(before.cells[key], _by(before.evidence), other),
                        Said(cells[key], _by(pieces), place),
                    ),
                    merged[key],
                )
                for key in told
            ]
            faults += [
                _undecided(f"{place}: {where}.{key}", cells[key], before.cells[key], other)
                for key in wrong
            ]
            found[at] = _Row(
                row["id"] if named else before.id,
                named or before.named,
                {**before.cells, **merged},
                {**before.evidence, **pieces},
                {**before.hands, hand: place},
            )
    return Joined(_once(found), tuple(conflicts), tuple(same), tuple(faults))


def _match(
    found: Sequence[_Row], identity: str, cells: Mapping[str, str], hand: str
) -> tuple[int, _Row] | None:
    """Return the record that a row is: that of its id, else one of another hand that says the same
    and need not be another.
    """
    for at, row in enumerate(found):
        if identity and row.named and row.id == identity:
            return at, row
    for at, row in enumerate(found):
        if hand not in row.hands and row.cells == cells and not (identity and row.named):
            return at, row
    return None


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
                by = _by(row.evidence)
                known = row.id or " ".join(row.cells.values())
                against.append(Said(known, by, next(iter(row.hands.values()))))
    if not claims or not against:
        return bool(claims), iter(())
    said = [Said("yes", "", one.place("records", name)) for one in claims]
    what = f"records.{name}.complete"
    return False, iter([Conflict(what, title, (*said, *dict.fromkeys(against)), "no")])


def _cells(
    had: Mapping[str, str], mine: Mapping[str, str], fields: Mapping[str, Field]
) -> tuple[dict[str, str], list[str], list[str]]:
    """Return the cells of two accounts of one thing, the keys of those that they disagree on, and
    of those that cannot be left open.
    """
    cells: dict[str, str] = {}
    told: list[str] = []
    wrong: list[str] = []
    for key, slot in fields.items():
        known = [one[key] for one in (had, mine) if one.get(key, _UNKNOWN) != _UNKNOWN]
        if len(set(known)) > 1:
            (wrong if slot.missing == "refused" else told).append(key)
            cells[key] = opened(known[0], known[1], slot)
        elif known or key in had or key in mine:
            cells[key] = known[0] if known else _UNKNOWN
    return cells, told, wrong


def opened(one: str, other: str, slot: Field) -> str:
    """Return the least range that holds two values in canonical form; unknown where there is
    none.
    """
    kind = ranged(slot.type)
    ends = [read_value(text, slot.type, slot.options) for text in (one, other)]
    if kind is None or not all(isinstance(end, Value) for end in ends):
        return _UNKNOWN
    low = min(int(end.low) for end in ends if isinstance(end, Value))
    high = max(int(end.high) for end in ends if isinstance(end, Value))
    return f"{text_of(low, slot.type)}..{text_of(high, slot.type)}"


def _by(pieces: Mapping[str, Mapping[str, Any]]) -> str:
    return next((str(one["by"]) for one in pieces.values() if "by" in one), "")


def _undecided(place: str, mine: str, other: str, first: str) -> Fault:
    return fault(
        place,
        "is `{mine}` here and `{other}` at {first}, and this field must be given exactly: settle "
        "it first",
        mine=mine,
        other=other,
        first=first,
    )


def waivers(returns: Sequence[Return]) -> Joined:
    """Join waivers, of which a rule has one."""
    found: dict[str, Mapping[str, str]] = {}
    first: dict[str, Return] = {}
    faults = []
    for one in returns:
        for waiver in one.case.document["waivers"]:
            rule = waiver["rule"]
            if found.setdefault(rule, waiver) != waiver:
                faults.append(
                    fault(
                        f"{one.path}: waivers",
                        "rule `{id}` is waived otherwise in {first}: both cannot hold",
                        id=rule,
                        first=first[rule].path,
                    )
                )
            first.setdefault(rule, one)
    return Joined(list(found.values()), (), (), tuple(faults))


def digests(returns: Sequence[Return]) -> Joined:
    """Join the digests of files, of which one name has one."""
    found: dict[str, str] = {}
    first: dict[str, Return] = {}
    faults = []
    for one in returns:
        for name, digest in one.case.document.get("files", {}).items():
            if found.setdefault(name, digest) != digest:
                faults.append(
                    fault(
                        f"{one.path}: files.{name}",
                        "is another file in {first}: give them two names",
                        first=first[name].path,
                    )
                )
            first.setdefault(name, one)
    return Joined(found, (), (), tuple(faults))
