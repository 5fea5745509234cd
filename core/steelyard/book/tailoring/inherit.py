"""What a book takes over from the books that it extends."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple

from steelyard.book.entries import KEYED, LISTED, copy_of, entry_of, id_of, list_of, names_of
from steelyard.book.tailoring.select import prune, select, vocabulary
from steelyard.book.tailoring.shares import share
from steelyard.book.tailoring.tailor import tailor
from steelyard.errors import BookError, Fault, fault
from steelyard.located_yaml import Items, Table, Text, Value, key_place, load, place_of

Base = Callable[[str], tuple[str, str]]
"""Returns the text and the name of the book that a reference means, or raises BookError."""

_OWN = frozenset(
    {
        "book",
        "version",
        "title",
        "sector",
        "effective",
        "extends",
        "tailor",
        "notes",
        "accepts",
        "exceptions",
    }
)
_DEEPEST = 8


def no_base(reference: str) -> tuple[str, str]:
    """Stand for a place where no other book can be found."""
    raise BookError([fault("", "unknown book `{name}`", name=reference)])


class Resolved(NamedTuple):
    """A book's mapping with everything it extends; whose each changed figure is; what was dropped,
    and why.
    """

    table: Table
    changed: dict[str, str]
    dropped: dict[str, Value]


def resolve(text: str, name: str, base: Base, chain: tuple[str, ...] = ()) -> Resolved:
    """Return the book's mapping with everything that it extends merged in and its tailoring
    applied.

    Raises BookError for loops, unknown bases, things said twice, and tailoring of what is not
    there.
    """
    own = load(text, name, BookError)
    if not isinstance(own, Table):
        raise BookError([fault(name, "is not a rule book: a mapping with `book:` is wanted")])
    bases = _Bases(own, name, base, (*chain, str(own.get("book", ""))))
    bases.take_all(own.get("extends"))
    if bases.merged is not None:
        own = bases.tailored(bases.merged)
    elif isinstance(own.get("tailor"), Table) and own["tailor"] and not bases.faults:
        bases.faults.append(
            fault(
                f"{key_place(own, 'tailor', name)}: tailor",
                "tailors nothing, since the book extends nothing",
            )
        )
    if bases.faults:
        raise BookError(bases.faults)
    return Resolved(own, bases.origins, bases.dropped)


class _Bases:
    """Takes in the books that one extends, each beside those before it."""

    def __init__(self, own: Table, name: str, base: Base, chain: tuple[str, ...]) -> None:
        self.own, self.name, self.base, self.chain = own, name, base, chain
        self.faults: list[Fault] = []
        self.merged: Table | None = None
        self.origins: dict[str, str] = {}
        self.dropped: dict[str, Value] = {}
        self.optional: frozenset[tuple[str, str]] = frozenset()
        self.needed: set[tuple[str, str]] = set()
        self.disputed: dict[tuple[str, str], Fault] = {}

    def take_all(self, said: Value) -> None:
        """Take in what `extends` names."""
        message = "a list names whole books; what is taken in parts is a mapping of books to lists"
        self.faults += [
            fault(f"{place_of(one, self.name)}: extends", message)
            for one in (said if isinstance(said, Items) else ())
            if not isinstance(one, Text)
        ]
        named = said if isinstance(said, Table) else {}
        for reference, at in references(said):
            self._take(reference, at, named.get(reference))

    def _take(self, reference: str, at: Value, taken: Value) -> None:
        place = f"{place_of(at, self.name)}: extends"
        if reference.partition("@")[0] in {part.partition("@")[0] for part in self.chain}:
            loop = " → ".join((*self.chain, reference))
            raise BookError([fault(place, "`extends` goes round in a circle: {loop}", loop=loop)])
        # The book itself is no base.
        if len(self.chain) > _DEEPEST:
            raise BookError(
                [fault(place, "`extends` is deeper than {depth} books", depth=_DEEPEST)]
            )
        try:
            base_text, base_name = self.base(reference)
        except BookError as error:
            raise BookError([one._replace(place=place) for one in error.faults]) from None
        layer = resolve(base_text, base_name, self.base, self.chain)
        self.origins |= layer.changed
        table, spare = layer.table, frozenset[tuple[str, str]]()
        if isinstance(taken, Items):
            table, spare = select(table, taken, place_of(at, self.name), self.faults)
        else:
            self.dropped |= layer.dropped
        self.needed |= vocabulary(table) - spare
        self.optional = (self.optional | spare) - self.needed
        self.merged = (
            table if self.merged is None else _beside(self.merged, table, place, self.disputed)
        )

    def tailored(self, merged: Table) -> Table:
        """Return the book with what it takes from its bases, tailored as it says."""
        own = self.own
        whose = f"{own.get('book', '')}@{own.get('version', '')}"
        mine = {id_of(rule) for rule in list_of(own.get("rules"))}
        tailored = tailor(merged, own.get("tailor"), whose, self.faults)
        kept = prune(tailored.table, own, self.optional)
        self.faults += [
            one
            for (part, said_twice), one in self.disputed.items()
            if said_twice in names_of(kept.get(part))
        ]
        own = _merge(kept, own, self.faults)
        fixed = (
            frozenset(path.split(".")[1] for path in tailored.changed if path.startswith("rules."))
            | mine
        )
        origins = {
            **self.origins,
            **tailored.changed,
            **dict.fromkeys(share(own, tailored.shrunk, fixed), whose),
        }
        self.origins = {
            path: whose
            for path, whose in origins.items()
            if path.split(".")[1] in names_of(own.get(path.split(".")[0]))
        }
        self.dropped |= tailored.dropped
        return own


def references(said: Value) -> Iterator[tuple[str, Value]]:
    """Yield every base that `extends` names, with the value that says where."""
    if isinstance(said, Table):
        for reference in said:
            yield reference, said[reference] if said[reference] is not None else said
    for one in said if isinstance(said, Items) else [said]:
        if isinstance(one, Text):
            yield str(one), one


def _merge(under: Table, over: Table, faults: list[Fault]) -> Table:
    """Return `over` with what it does not say itself taken from `under`."""
    merged = copy_of(over)
    for key, value in under.items():
        if key in _OWN:
            continue
        merged.keys_at.setdefault(key, under.keys_at.get(key, under.place))
        mine = over.get(key)
        if mine is None:
            merged[key] = value
        elif key in LISTED and key != "grades" and isinstance(value, Items):
            merged[key] = _append(value, mine, key, faults)
        elif key == "consequences" and isinstance(value, Items):
            both = list_of(value, under.place)
            both.extend(mine if isinstance(mine, Items) else [])
            merged[key] = both
        elif key in KEYED and isinstance(value, Table) and isinstance(mine, Table):
            merged[key] = _union(value, mine, key, faults)
    return merged


def _beside(under: Table, over: Table, place: str, disputed: dict[tuple[str, str], Fault]) -> Table:
    """Return two bases as one; what they share is there once, and what they say differently is
    disputed, should it be kept.
    """
    fewer = copy_of(over)
    for key in (*LISTED, *KEYED):
        mine, there = over.get(key), under.get(key)
        if key == "grades" or there is None or mine is None:
            continue
        twice = set(names_of(there)) & set(names_of(mine)) - {""}
        for name in twice:
            if entry_of(there, name) != entry_of(mine, name):
                disputed[key, name] = fault(
                    f"{place}: {key}.{name}",
                    "two bases say `{id}` differently; take it from one of them alone",
                    id=name,
                )
        if isinstance(mine, Table):
            others = copy_of(mine)
            for name in twice:
                del others[name]
            fewer[key] = others
        elif isinstance(mine, Items):
            kept = list_of(mine)
            kept[:] = [one for one in mine if id_of(one) not in twice]
            fewer[key] = kept
    rows = list_of(over.get("consequences"))
    rows[:] = [row for row in rows if row not in list_of(under.get("consequences"))]
    fewer["consequences"] = rows
    return _merge(under, fewer, [])


def _append(under: Items, mine: Value, key: str, faults: list[Fault]) -> Items:
    both = list_of(under, "")
    there = {id_of(entry): entry for entry in under}
    for entry in mine if isinstance(mine, Items) else []:
        name = id_of(entry)
        if name and name in there:
            first = place_of(there[name], "")
            faults.append(
                fault(
                    f"{place_of(entry, '')}: {key}.{name}",
                    "`{id}` stands already at {first}; change it under `tailor`",
                    id=name,
                    first=first,
                )
            )
        else:
            both.append(entry)
    return both


def _union(under: Table, mine: Table, key: str, faults: list[Fault]) -> Table:
    both = copy_of(under)
    for name, entry in mine.items():
        if name in both and both[name] != entry:
            first = key_place(under, name, "")
            faults.append(
                fault(
                    f"{key_place(mine, name, '')}: {key}.{name}",
                    "`{id}` stands already at {first}; change it under `tailor`",
                    id=name,
                    first=first,
                )
            )
        both[name] = entry
        both.keys_at.setdefault(name, mine.keys_at.get(name, mine.place))
    return both


def plain(value: object) -> object:
    """Return marked values as plain data, texts as typed."""
    if isinstance(value, dict):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, list):
        return [plain(item) for item in value]
    return None if value is None else str(value)
