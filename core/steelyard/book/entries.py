"""The entries of a rule book's mapping as it is written: finding them, copying them, putting them
back.
"""

from __future__ import annotations

from steelyard.errors import Word
from steelyard.located_yaml import Items, Table, Text, Value, place_of

LISTED = ("sections", "rules", "limiters", "stages", "ladder", "grades")
KEYED = ("parameters", "facts", "parties", "records", "measures", "offices", "options")


def names_of(part: Value) -> list[str]:
    """Return the ids of a part's entries, empty for those that have none."""
    return (
        list(part)
        if isinstance(part, Table)
        else [id_of(one) for one in part]
        if isinstance(part, Items)
        else []
    )


def entry_of(part: Value, name: str) -> Value:
    """Return the entry of that id, or None."""
    if isinstance(part, Table):
        return part.get(name)
    return next((one for one in list_of(part) if id_of(one) == name), None)


def write(book: Table, part: str, name: str, entry: Value) -> None:
    """Put an entry into a part of a book's mapping, in the place of the one of that id."""
    held = book.get(part)
    if part in KEYED:
        table = copy_of(held) if isinstance(held, Table) else empty(entry)
        table[name] = entry
        table.keys_at[name] = place_of(entry, table.place)
        book[part] = table
    else:
        items = list_of(held)
        items[[id_of(one) for one in items].index(name)] = entry
        book[part] = items


def empty(beside: Value) -> Table:
    """Return a mapping without entries, at the place of something."""
    table = Table()
    table.place, table.keys_at, table.size = place_of(beside, ""), {}, 0
    return table


def copy_of(table: Table) -> Table:
    """Return a copy of a marked mapping; what it holds is shared."""
    copy = Table(table)
    copy.place, copy.keys_at, copy.size = table.place, dict(table.keys_at), table.size
    return copy


def list_of(value: Value, place: str = "") -> Items:
    """Return a copy of a marked sequence; an empty one for anything else."""
    items = Items(value if isinstance(value, Items) else [])
    items.place, items.size = place_of(value, place), 0
    return items


def shape_of(value: Value) -> str:
    """Return the word for what was written where something else is wanted; a text stands for
    itself.
    """
    if isinstance(value, Text):
        return f"`{value}`"
    return (
        Word("a mapping")
        if isinstance(value, Table)
        else Word("a list")
        if isinstance(value, Items)
        else Word("nothing")
    )


def id_of(entry: Value) -> str:
    """Return the id of an entry, as text; empty where it has none."""
    return str(entry.get("id", "")) if isinstance(entry, Table) else ""


def changed(entry: Value, change: Table) -> Table:
    """Return an entry with some keys said anew."""
    result = copy_of(entry) if isinstance(entry, Table) else copy_of(change)
    for key, value in change.items():
        result[key] = value
        result.keys_at[key] = change.keys_at.get(key, change.place)
    return result
