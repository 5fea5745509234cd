"""Parties of a case: who answers, of which kind, and what is known of each."""

from __future__ import annotations

from typing import Any, NamedTuple

from steelyard.case.model import Party
from steelyard.case.reading.fields import read_fields
from steelyard.case.reading.identity import example, fold
from steelyard.case.reading.read_context import Desk
from steelyard.case.reading.written import spoilt
from steelyard.errors import nearest
from steelyard.located_yaml import Items, Table, key_place, place_of

_BESIDE = ("id", "kind", "name")


class Named(NamedTuple):
    """The names of persons, kept apart, and the parties' canonical data."""

    names: dict[str, str]
    written: list[dict[str, Any]]


def read_parties(desk: Desk, table: Table) -> Named:
    """Put the parties of a case on the desk and return the rest of what is said of them."""
    value = table.get("parties")
    place = f"{key_place(table, 'parties', desk.origin)}: parties"
    entries: list[tuple[Table, str, str]] = []
    seen: dict[str, tuple[str, str]] = {}
    if value is not None and not isinstance(value, Items):
        desk.add(place, "a list of parties is wanted")
        desk.unread = None
    for number, entry in enumerate(value if isinstance(value, Items) else [], 1):
        if not isinstance(entry, Table):
            desk.add(
                f"{place_of(entry, desk.origin)}: parties[{number}]",
                "a party is a mapping with id and kind",
            )
            continue
        here = f"{entry.place}: parties"
        at = f"{here}[{number}]"
        if any(desk.adds_up(entry[key], f"{at}.{key}") for key in ("id", "name") if key in entry):
            continue
        identity = desk.identity(entry.get("id"), f"{at}.id", wanted=True)
        kind = desk.text(entry.get("kind"), f"{at}.kind") or ""
        if not identity:
            if spoilt(entry.get("id")):
                desk.unread = None
            else:
                _unread(desk, fold(str(entry.get("id") or "")))
            continue
        if kind not in desk.book.kinds:
            _unread(desk, identity)
            desk.add(
                f"{here}.{identity}.kind",
                "unknown kind of party `{kind}`",
                nearest(kind, desk.book.kinds),
                kind=kind,
            )
        elif desk.once(identity, f"{here}.{identity}", seen, "party `{id}` stands twice"):
            desk.parties[identity] = Party(identity, kind, {})
            if identity == example(kind):
                desk.example(f"{here}.{identity}.id")
            entries.append((entry, identity, kind))
    desk.remark_almost(seen, "`{id}` is almost `{other}` at {first}: two ids for one party?")
    names: dict[str, str] = {}
    written: list[dict[str, Any]] = []
    for entry, identity, kind in entries:
        fields = desk.book.kinds[kind].fields
        where = f"parties.{identity}"
        cells, words = read_fields(desk, entry, fields, where, _BESIDE, exact=False)
        if "name" in entry:
            name = desk.text(entry["name"], f"{entry.place}: {where}.name")
            if name:
                names[identity] = name
        values = {key: cells.get(key) or desk.absent(slot) for key, slot in fields.items()}
        for key, slot in fields.items():
            if key not in cells and slot.missing == "refused":
                desk.add(
                    f"{entry.place}: {where}.{key}", "is missing, and this field must be given"
                )
        desk.parties[identity] = Party(identity, kind, values)
        written.append({"id": identity, "kind": kind, **words})
    return Named(names, sorted(written, key=lambda one: str(one["id"])))


def _unread(desk: Desk, identity: str) -> None:
    """Note that a party stands in an entry at fault."""
    desk.unread = None if desk.unread is None else desk.unread | {identity}
