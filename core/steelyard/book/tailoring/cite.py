"""Which clauses of its own scheme a book gives to what it takes from another: the clauses stand by
the thing's id.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial

from steelyard.book.model import COLUMN_KEYS
from steelyard.located_yaml import Items, Table, Value, mark, place_of

_INNER = {"rules": "checklist", "stages": "deliverables"}
_LISTED = ("rules", "limiters", "stages", "ladder")
_KEYED = ("facts", "parameters", "measures", "records", "parties")
_COLUMNS = ("records", "parties")


def cite(table: Table, name: str, clauses: Value) -> Table | None:
    """Return a book's mapping in which the thing of that id cites these clauses; None where there
    is no such thing.

    `name` is the id of a rule, checklist item, fact, parameter, measure, limiter, stage,
    deliverable, rung, register or kind of party, or `register.field`.
    """
    owner, _, column = name.partition(".")

    def here(entry: Value, part: str) -> Value:
        if isinstance(entry, Table) and (part != "parameters" or "values" in entry):
            return _with(entry, "cites", clauses)
        # A bare type or figure stands for its longer form.
        if part == "parameters" and not isinstance(entry, Table):
            entry = mark({"0001-01-01": entry}, place_of(entry, table.place))
        long = _with(
            _new(place_of(entry, table.place)), "values" if part == "parameters" else "type", entry
        )
        return _with(long, "cites", clauses)

    if column:
        for part in _COLUMNS:
            columns = table.get(part)
            entry = columns.get(owner) if isinstance(columns, Table) else None
            if (
                isinstance(columns, Table)
                and isinstance(entry, Table)
                and column in entry
                and column not in COLUMN_KEYS
            ):
                return _with(
                    table,
                    part,
                    _with(columns, owner, _with(entry, column, here(entry[column], part))),
                )
        return None
    for part in _KEYED:
        keyed = table.get(part)
        if isinstance(keyed, Table) and name in keyed:
            return _with(table, part, _with(keyed, name, here(keyed[name], part)))
    for part in _LISTED:
        found = _in_list(table.get(part), name, partial(here, part=part))
        if found is None and part in _INNER:
            found = _inside(table.get(part), _INNER[part], name, here)
        if found is not None:
            return _with(table, part, found)
    return None


def citable(table: Table) -> Iterator[str]:
    """Yield the ids of everything in a book's mapping that can cite clauses."""
    for part in _KEYED:
        keyed = table.get(part)
        for name, entry in keyed.items() if isinstance(keyed, Table) else ():
            yield name
            if part in _COLUMNS and isinstance(entry, Table):
                yield from (f"{name}.{field}" for field in entry if field not in COLUMN_KEYS)
    for part in _LISTED:
        for entry in _tables(table.get(part)):
            yield str(entry.get("id", ""))
            yield from (
                str(inner.get("id", "")) for inner in _tables(entry.get(_INNER.get(part, "")))
            )


def _inside(entries: Value, key: str, name: str, change: Callable[..., Value]) -> Items | None:
    for place, entry in enumerate(entries if isinstance(entries, Items) else []):
        if isinstance(entry, Table):
            found = _in_list(entry.get(key), name, partial(change, part=key))
            if found is not None:
                return _put(entries, place, _with(entry, key, found))
    return None


def _in_list(entries: Value, name: str, change: Callable[[Value], Value]) -> Items | None:
    for place, entry in enumerate(entries if isinstance(entries, Items) else []):
        if isinstance(entry, Table) and entry.get("id") == name:
            return _put(entries, place, change(entry))
    return None


def _put(entries: Value, place: int, entry: Value) -> Items:
    copy = Items(entries if isinstance(entries, Items) else [])
    copy.place, copy.size = place_of(entries, ""), 0
    copy[place] = entry
    return copy


def _new(place: str) -> Table:
    table = Table()
    table.place, table.keys_at, table.size = place, {}, 1
    return table


def _with(table: Table, key: str, value: Value) -> Table:
    copy = Table(table)
    copy.place, copy.keys_at, copy.size = table.place, dict(table.keys_at), table.size
    copy[key] = value
    return copy


def _tables(value: Value) -> Iterator[Table]:
    yield from (one for one in value if isinstance(one, Table)) if isinstance(value, Items) else ()
