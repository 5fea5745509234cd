"""What a book takes over from the books that it extends, and what an authority tailors in them."""

from __future__ import annotations

from collections.abc import Callable

from steelyard.errors import BookError, Fault, fault, nearest
from steelyard.marked import Items, Table, Text, Value, key_place, load, mark, place_of

Base = Callable[[str], tuple[str, str]]
"""Gives the text and the name of the book that a reference means, or raises BookError."""

_BY_ID = ("sections", "rules", "limiters", "stages", "ladder", "grades")
_BY_KEY = ("parameters", "facts", "parties", "records", "measures")
_OWN = frozenset({"book", "version", "title", "sector", "effective", "extends", "tailor", "notes", "accepts"})
_DEEPEST = 8


def no_base(reference: str) -> tuple[str, str]:
    """Stand for a place where no other book can be found."""
    raise BookError([fault("", "unknown book `{name}`", name=reference)])


def resolve(text: str, name: str, base: Base, chain: tuple[str, ...] = ()) -> Table:
    """Give the book's mapping with everything that it extends merged in and its tailoring applied.

    `tailor` stays, reduced to the reasons for what was dropped. Raises BookError for loops, unknown bases, things
    said twice, and tailoring of what is not there.
    """
    own = load(text, name, BookError)
    if not isinstance(own, Table):
        raise BookError([fault(name, "is not a rule book: a mapping with `book:` is wanted")])
    said = own.get("extends")
    references = said if isinstance(said, Items) else [said] if isinstance(said, Text) else []
    faults: list[Fault] = []
    merged: Table | None = None
    for reference in references:
        if not isinstance(reference, Text):
            continue
        place = f"{place_of(reference, name)}: extends"
        if str(reference).split("@")[0] in {part.split("@")[0] for part in (*chain, str(own.get("book", "")))}:
            loop = " → ".join((*chain, str(own.get("book", "")), str(reference)))
            raise BookError([fault(place, "`extends` goes round in a circle: {loop}", loop=loop)])
        if len(chain) >= _DEEPEST:
            raise BookError([fault(place, "`extends` is deeper than {depth} books", depth=_DEEPEST)])
        try:
            base_text, base_name = base(str(reference))
        except BookError as error:
            raise BookError([one._replace(place=place) for one in error.faults]) from None
        layer = resolve(base_text, base_name, base, (*chain, str(own.get("book", ""))))
        merged = layer if merged is None else _merge(merged, layer, faults)
    if merged is not None:
        tailored = _tailor(merged, own.get("tailor"), faults)
        own = _merge(tailored, own, faults)
    elif isinstance(own.get("tailor"), Table) and own["tailor"]:
        faults.append(fault(f"{key_place(own, 'tailor', name)}: tailor", "tailors nothing, since the book extends nothing"))
    if faults:
        raise BookError(faults)
    return own


def _copy(table: Table) -> Table:
    copy = Table(table)
    copy.place, copy.keys_at, copy.size = table.place, dict(table.keys_at), table.size
    return copy


def _list(value: Value, place: str) -> Items:
    items = Items(value if isinstance(value, Items) else [])
    items.place, items.size = place_of(value, place), 0
    return items


def _id(entry: Value) -> str:
    return str(entry.get("id", "")) if isinstance(entry, Table) else ""


def _merge(under: Table, over: Table, faults: list[Fault]) -> Table:
    """Give `over` with what it does not say itself taken from `under`."""
    merged = _copy(over)
    for key, value in under.items():
        if key in _OWN:
            continue
        merged.keys_at.setdefault(key, under.keys_at.get(key, under.place))
        mine = over.get(key)
        if mine is None:
            merged[key] = value
        elif key in _BY_ID and key != "grades" and isinstance(value, Items):
            merged[key] = _append(value, mine, key, faults)
        elif key == "consequences" and isinstance(value, Items):
            both = _list(value, under.place)
            both.extend(mine if isinstance(mine, Items) else [])
            merged[key] = both
        elif key in _BY_KEY and isinstance(value, Table) and isinstance(mine, Table):
            merged[key] = _union(value, mine, key, faults)
    return merged


def _append(under: Items, mine: Value, key: str, faults: list[Fault]) -> Items:
    both = _list(under, "")
    there = {_id(entry): entry for entry in under}
    for entry in mine if isinstance(mine, Items) else []:
        name = _id(entry)
        if name and name in there:
            first = place_of(there[name], "")
            faults.append(fault(
                f"{place_of(entry, '')}: {key}.{name}", "`{id}` stands already at {first}; change it under `tailor`",
                id=name, first=first,
            ))  # fmt: skip
        else:
            both.append(entry)
    return both


def _union(under: Table, mine: Table, key: str, faults: list[Fault]) -> Table:
    both = _copy(under)
    for name, entry in mine.items():
        if name in both and both[name] != entry:
            first = key_place(under, name, "")
            faults.append(fault(
                f"{key_place(mine, name, '')}: {key}.{name}", "`{id}` stands already at {first}; change it under `tailor`",
                id=name, first=first,
            ))  # fmt: skip
        both[name] = entry
        both.keys_at.setdefault(name, mine.keys_at.get(name, mine.place))
    return both


def _tailor(base: Table, tailor: Value, faults: list[Fault]) -> Table:
    if not isinstance(tailor, Table):
        return base
    tailored = _copy(base)
    for key, changes in tailor.items():
        if isinstance(changes, Table):
            if key == "drop":
                _drop(tailored, changes, faults)
            elif key in _BY_ID and key != "ladder":
                tailored[key] = _change_listed(tailored.get(key), changes, key, faults)
            elif key in _BY_KEY:
                tailored[key] = _change_keyed(tailored.get(key), changes, key, faults)
    return tailored


def _drop(tailored: Table, drops: Table, faults: list[Fault]) -> None:
    there = {_id(entry): key for key in ("rules", "limiters") for entry in _list(tailored.get(key), "")}
    for name in drops:
        if name not in there:
            place = f"{key_place(drops, name, '')}: tailor.drop.{name}"
            faults.append(fault(place, "there is no rule or limiter `{id}` to drop", nearest(name, there), id=name))
            continue
        kept = _list(tailored.get(there[name]), "")
        kept[:] = [entry for entry in kept if _id(entry) != name]
        tailored[there[name]] = kept


def _change_listed(under: Value, changes: Table, key: str, faults: list[Fault]) -> Items:
    changed = _list(under, "")
    ids = [_id(entry) for entry in changed]
    for name, change in changes.items():
        if name not in ids:
            place = f"{key_place(changes, name, '')}: tailor.{key}.{name}"
            faults.append(fault(place, "there is no `{id}` to tailor", nearest(name, ids), id=name))
        elif isinstance(change, Table):
            at = ids.index(name)
            changed[at] = _changed(changed[at], change)
    return changed


def _change_keyed(under: Value, changes: Table, key: str, faults: list[Fault]) -> Table:
    changed = _copy(under) if isinstance(under, Table) else _copy(changes)
    for name, change in changes.items():
        if not isinstance(under, Table) or name not in under:
            place = f"{key_place(changes, name, '')}: tailor.{key}.{name}"
            faults.append(fault(place, "there is no `{id}` to tailor", nearest(name, under if isinstance(under, Table) else ()), id=name))
        elif isinstance(change, Table):
            entry = under[name]
            if key == "parameters" and not isinstance(entry, Table):
                entry = mark({"0001-01-01": entry}, place_of(entry, ""))
            if key == "parameters" and isinstance(entry, Table) and "values" in entry and "values" not in change:
                entry = _changed(entry, _figures(change, entry))
                changed[name] = entry
            else:
                changed[name] = _changed(entry, change)
    return changed


def _figures(change: Table, entry: Table) -> Table:
    """Give dated figures as a change of a parameter's `values`."""
    outer = Table(values=_changed(entry["values"], change))
    outer.place, outer.keys_at, outer.size = change.place, {}, 1
    return outer


def _changed(entry: Value, change: Table) -> Table:
    result = _copy(entry) if isinstance(entry, Table) else _copy(change)
    for key, value in change.items():
        result[key] = value
        result.keys_at[key] = change.keys_at.get(key, change.place)
    return result


def plain(value: object) -> object:
    """Give marked values as plain data, texts as typed."""
    if isinstance(value, dict):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, list):
        return [plain(item) for item in value]
    return None if value is None else str(value)
