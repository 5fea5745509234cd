"""What a book takes from a wider one: the rules that it names, and of the vocabulary what those
read.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from steelyard.book.entries import (
    KEYED,
    LISTED,
    copy_of,
    entry_of,
    id_of,
    list_of,
    names_of,
    shape_of,
    write,
)
from steelyard.book.model import COLUMN_KEYS
from steelyard.book.rollup_fields import singular
from steelyard.book.tailoring.cite import citable
from steelyard.errors import Fault, fault, nearest
from steelyard.folding import folded
from steelyard.located_yaml import Items, Table, Text, Value, place_of

_ACTING = ("rules", "limiters", "ladder")
_INNER = {"rules": "checklist", "stages": "deliverables"}
_COLUMNS = ("records", "parties")
_VOCABULARY = ("sections", "stages", *KEYED)
_QUOTED = re.compile(r"'[^']*'|\"[^\"]*\"")
_WORDS = re.compile(r"[^\W\d][\w-]*")
_NAMING = {"responsible": "offices", "section": "sections"}
"""Keys whose value is the id of an entry of one part, whatever else bears that name."""
_SAYING_NOTHING = frozenset(
    {
        "id",
        "title",
        "notes",
        "cites",
        "basis",
        "effort",
        "measured_in",
        "version",
        "book",
        "sector",
        "extends",
        "tailor",
        "method",
        "dimension",
        *_NAMING,
    }
)
_READ_BY_NONE = frozenset({"offices", "options"})
"""Parts whose entries are titles alone: they read nothing else of the book."""


class Selected(NamedTuple):
    """A base's mapping with the rules that were named; what of its vocabulary goes again unless
    something reads it.
    """

    table: Table
    optional: frozenset[tuple[str, str]]


def select(base: Table, named: Items, place: str, faults: list[Fault]) -> Selected:
    """Return a base with the rules, limiters and rungs that are named, by themselves or by their
    section.

    Naming items of a rule, deliverables of a stage, or fields of a register or kind of party
    (`breaches.date`) takes their owner with those alone. Facts, registers, parameters and the like
    come along when something reads them, or when they are named. A register that is named brings
    its rows of the decision table.
    """
    known = {
        *citable(base),
        *(name for part in (*LISTED, *KEYED) for name in names_of(base.get(part))),
    }
    written = {_plain(name): name for name in known}
    wanted = {
        written.get(_plain(str(one)), str(one)): place_of(one, place)
        for one in named
        if isinstance(one, Text)
    }
    faults.extend(
        fault(f"{place_of(one, place)}: extends", "text is wanted, not {text}", text=shape_of(one))
        for one in named
        if not isinstance(one, Text)
    )
    for name, at in wanted.items():
        if name not in known:
            faults.append(
                fault(f"{at}: extends", "there is no `{id}` to take", nearest(name, known), id=name)
            )
    table = _narrowed(base, wanted)
    owners = {
        part: {
            name
            for name in names_of(table.get(part))
            if name not in wanted and _parts(part, table, name) & set(wanted)
        }
        for part in (*_INNER, *_COLUMNS)
    }
    for part in _ACTING:
        here = wanted.keys() | owners.get(part, set())
        kept = list_of(table.get(part))
        kept[:] = [
            one
            for one in kept
            if id_of(one) in here or (isinstance(one, Table) and str(one.get("section")) in wanted)
        ]
        table[part] = kept
    rows = list_of(base.get("consequences"))
    rows[:] = [one for one in rows if isinstance(one, Table) and str(one.get("on")) in wanted]
    table["consequences"] = rows
    optional = {
        (part, name)
        for part in _VOCABULARY
        for name in names_of(base.get(part))
        if name not in wanted and name not in owners.get(part, ())
    }
    return Selected(table, frozenset(optional))


def _narrowed(base: Table, wanted: Mapping[str, str]) -> Table:
    """Return a base in which what has parts that are named has those alone."""
    table = copy_of(base)
    for part in (*_INNER, *_COLUMNS):
        for name in names_of(base.get(part)):
            entry, keep = entry_of(base.get(part), name), _parts(part, base, name) & set(wanted)
            if name in wanted or not keep or not isinstance(entry, Table):
                continue
            fewer = copy_of(entry)
            if part in _INNER:
                kept = list_of(entry.get(_INNER[part]))
                kept[:] = [one for one in kept if id_of(one) in keep]
                fewer[_INNER[part]] = kept
            else:
                for field in entry:
                    if field not in COLUMN_KEYS and f"{name}.{field}" not in keep:
                        del fewer[field]
                        if str(fewer.get("dated")) == field:
                            # Rows without a day are not held to the period.
                            del fewer["dated"]
            write(table, part, name, fewer)
    return table


def _parts(part: str, table: Table, name: str) -> set[str]:
    """Return the names of what an entry is made of: items, deliverables, or fields as
    `register.field`.
    """
    entry = entry_of(table.get(part), name)
    if not isinstance(entry, Table):
        return set()
    if part in _INNER:
        return {id_of(one) for one in list_of(entry.get(_INNER[part]))}
    return {f"{name}.{field}" for field in entry if field not in COLUMN_KEYS}


def prune(table: Table, own: Table, optional: frozenset[tuple[str, str]]) -> Table:
    """Return a selected base without the vocabulary that neither what was taken nor the book itself
    reads.
    """
    entries = {
        (part, name): entry for part in _VOCABULARY for name, entry in _entries(table.get(part))
    }
    # A claim that a book does not keep speaks of a thing, and reads it not.
    silent = {*_SAYING_NOTHING, *_READ_BY_NONE, "exceptions"}
    own_reads = _reads([value for key, value in own.items() if key not in silent])
    taken = [table[part] for part in (*_ACTING, "consequences") if part in table]
    taken += [
        entry
        for key, entry in entries.items()
        if key not in optional and key[0] not in _READ_BY_NONE
    ]
    base_reads = _reads(taken)
    mine = _written(own)
    waiting = {key for key in entries if key in optional}
    while True:
        # What the book says itself under a name is what it means by it, and its own section holds
        # whatever rule is put there.
        found = {
            key
            for key in waiting
            if (base_reads.of(*key) and not (key[0] == "sections" and key in mine))
            or (own_reads.of(*key) and key not in mine)
        }
        if not found:
            break
        waiting -= found
        base_reads |= _reads([entries[key] for key in found if key[0] not in _READ_BY_NONE])
    pruned = copy_of(table)
    for part in _VOCABULARY:
        value, gone = pruned.get(part), {name for where, name in waiting if where == part}
        if not gone:
            continue
        if isinstance(value, Table):
            fewer = copy_of(value)
            for name in gone:
                del fewer[name]
            pruned[part] = fewer
        else:
            kept = list_of(value)
            kept[:] = [one for one in kept if id_of(one) not in gone]
            pruned[part] = kept
    return pruned


def _written(own: Table) -> set[tuple[str, str]]:
    """Return by part and id what a book itself says; items and deliverables are facts."""
    inner = {
        ("facts", id_of(one))
        for part, key in _INNER.items()
        for entry in list_of(own.get(part))
        if isinstance(entry, Table)
        for one in list_of(entry.get(key))
    }
    return inner | {(part, name) for part in _VOCABULARY for name in names_of(own.get(part))}


class _Reads(NamedTuple):
    """What some parts of a book read: words of any use, and by part what can be named by one key
    alone.
    """

    words: frozenset[str]
    named: frozenset[tuple[str, str]]

    def of(self, part: str, name: str) -> bool:
        """Whether the entry of that part and id is read."""
        plain = _plain(name)
        return (part, plain) in self.named or (part != "offices" and plain in self.words)

    def __or__(self, other: _Reads) -> _Reads:
        return _Reads(self.words | other.words, self.named | other.named)


def _reads(said: list[Value]) -> _Reads:
    return _Reads(
        frozenset(word for value in said for word in _words(value)),
        frozenset(one for value in said for one in _named(value)),
    )


def vocabulary(table: Table) -> set[tuple[str, str]]:
    """Return everything in a book's mapping that something may read, by part and id."""
    return {(part, name) for part in _VOCABULARY for name in names_of(table.get(part))}


def _entries(part: Value) -> list[tuple[str, Value]]:
    if isinstance(part, Table):
        return [(str(name), entry) for name, entry in part.items()]
    return [(id_of(entry), entry) for entry in part] if isinstance(part, Items) else []


def _plain(name: str) -> str:
    """Return a name as the loader reads it, whichever width its letters and digits have."""
    return folded(name)


def _words(value: Value) -> Iterator[str]:
    """Yield every word of what a part says to the program, ids with dashes whole and in pieces;
    titles, options and its own id say nothing.
    """
    if isinstance(value, Table):
        for key, inner in value.items() if value.keys() != {"zh", "en"} else ():
            if key not in _SAYING_NOTHING and not (key == "type" and not isinstance(inner, Text)):
                yield _plain(str(key))
                yield from singular(str(inner)) if key == "roster" else _words(inner)
    elif isinstance(value, Items):
        for inner in value:
            yield from _words(inner)
    elif value is not None:
        for word in _WORDS.findall(_QUOTED.sub(" ", _plain(str(value)))):
            yield word
            yield from word.split("-")


def _named(value: Value) -> Iterator[tuple[str, str]]:
    """Yield by part and id what a part names by a key that can name nothing else."""
    if isinstance(value, Table):
        for key, inner in value.items():
            if key in _NAMING and isinstance(inner, Text):
                yield _NAMING[key], _plain(str(inner))
            else:
                yield from _named(inner)
    elif isinstance(value, Items):
        for inner in value:
            yield from _named(inner)
