"""The parts of one case put together from those of several: what agrees is one, what differs is
left open and told.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Any, NamedTuple

from steelyard.book.model import Field, RuleBook
from steelyard.case.reading.identity import fold
from steelyard.case.reading.parse_values import Value, read_value, text_of
from steelyard.errors import Fault, fault
from steelyard.expression.types import ranged
from steelyard.located_yaml import Items, Table, place_of
from steelyard.messages import Title
from steelyard.work.gather.returns import Return

_UNKNOWN = "unknown"
NO_OPTIONS: Mapping[str, Title] = MappingProxyType({})


class Said(NamedTuple):
    """What one hand says, who that is, and where it stands."""

    value: str
    by: str
    place: str


class Conflict(NamedTuple):
    """Where hands disagree: the path of the value, its title, what each says, what is kept, and the
    titles of the options that it is one of.
    """

    what: str
    title: Title
    said: tuple[Said, ...]
    kept: str
    options: Mapping[str, Title] = NO_OPTIONS


class Same(NamedTuple):
    """A record without an id that is taken for the one that another hand has given."""

    place: str
    other: str


class Joined(NamedTuple):
    """The joined part in canonical form, what there is to tell of it, and where the parties, or the
    records of each register, first stand, in their order.
    """

    data: Any
    conflicts: tuple[Conflict, ...] = ()
    same: tuple[Same, ...] = ()
    faults: tuple[Fault, ...] = ()
    places: Mapping[str, Sequence[str]] = MappingProxyType({})
    remarks: tuple[Fault, ...] = ()


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
            where = f"facts.{fact.id}"
            conflicts.append(Conflict(where, fact.full_title, every, "", fact.options))
    return Joined(data, tuple(conflicts))


def _piece_place(one: Return, name: str, number: int) -> str:
    table = one.document.get("facts")
    said = table.get(name) if isinstance(table, Table) else None
    piece = said[number] if isinstance(said, Items) and number < len(said) else said
    return place_of(piece, one.places.in_part("facts", name))


def parties(returns: Sequence[Return], book: RuleBook) -> Joined:
    """Join parties: the same id is the same party, whose kind and name cannot be in doubt; two ids
    that hands give to one name are told.
    """
    found: dict[str, dict[str, Any]] = {}
    first: dict[str, str] = {}
    called: dict[tuple[str, str], tuple[str, Return]] = {}
    remarks: list[Fault] = []
    conflicts: list[Conflict] = []
    faults: list[Fault] = []
    for one in returns:
        names, places = one.case.names, one.places.parties()
        for entry in one.case.document["parties"]:
            identity = entry["id"]
            if identity not in one.own:
                continue
            mine = {**entry, **({"name": names[identity]} if identity in names else {})}
            had = found.setdefault(identity, mine)
            here = places[identity]
            there = first.setdefault(identity, here)
            if had is mine:
                remarks += _one_name(mine, one, here, called, first)
                continue
            faults += [
                fault(
                    f"{here}: parties.{identity}.{key}",
                    "is `{mine}` here and `{other}` in {first}: two parties may bear one id",
                    mine=mine[key],
                    other=had[key],
                    first=there,
                )
                for key in ("kind", "name")
                if key in mine and mine[key] != had.setdefault(key, mine[key])
            ]
            fields = book.kinds[had["kind"]].fields
            cells, told, wrong = merged_cells(had, mine, fields)
            where = f"parties.{identity}"
            conflicts += [
                Conflict(
                    f"{where}.{key}",
                    fields[key].full_title,
                    (Said(had[key], "", there), Said(mine[key], "", here)),
                    cells[key],
                    fields[key].options,
                )
                for key in told
            ]
            faults += [
                undecided(f"{here}: {where}.{key}", mine[key], had[key], there) for key in wrong
            ]
            had.update(cells)
    at = {"": list(first.values())}
    return Joined(list(found.values()), tuple(conflicts), (), tuple(faults), at, tuple(remarks))


def _one_name(
    mine: Mapping[str, str],
    one: Return,
    place: str,
    called: dict[tuple[str, str], tuple[str, Return]],
    places: Mapping[str, str],
) -> Iterator[Fault]:
    """Yield a remark where another hand gives the name of a new party another id; that one hand
    gives two persons one name is its own affair.
    """
    if "name" not in mine:
        return
    other, hand = called.setdefault((mine["kind"], fold(mine["name"])), (mine["id"], one))
    if other != mine["id"] and hand is not one:
        # Names of persons stand in no remark.
        yield fault(
            f"{place}: parties.{mine['id']}.name",
            "`{id}` bears the name of `{other}` at {first}: two ids for one party?",
            id=mine["id"],
            other=other,
            first=places[other],
        )


def merged_cells(
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
    ends = [read_value(text, slot.type, slot.options, slot.measured_in) for text in (one, other)]
    if kind is None or not all(isinstance(end, Value) for end in ends):
        return _UNKNOWN
    low = min(int(end.low) for end in ends if isinstance(end, Value))
    high = max(int(end.high) for end in ends if isinstance(end, Value))
    return f"{text_of(low, slot.type)}..{text_of(high, slot.type)}"


def giver(pieces: Mapping[str, Mapping[str, Any]]) -> str:
    """Return who has given the first piece of evidence that says so, empty where none does."""
    return next((str(one["by"]) for one in pieces.values() if "by" in one), "")


def undecided(place: str, mine: str, other: str, first: str) -> Fault:
    """Return the fault of a field that two fill in otherwise and that cannot be left open."""
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
    first: dict[str, str] = {}
    faults = []
    for one in returns:
        places = one.places.waivers()
        for waiver in one.case.document["waivers"]:
            rule = waiver["rule"]
            here = places.get(rule, str(one.path))
            there = first.setdefault(rule, here)
            if found.setdefault(rule, waiver) != waiver:
                faults.append(
                    fault(
                        f"{here}: waivers",
                        "rule `{id}` is waived otherwise in {first}: both cannot hold",
                        id=rule,
                        first=there,
                    )
                )
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
                        f"{one.places.in_part('files', name)}: files.{name}",
                        "is another file in {first}: give them two names",
                        first=first[name].places.in_part("files", name),
                    )
                )
            first.setdefault(name, one)
    return Joined(found, (), (), tuple(faults))
