"""Where each value of a case lies in the flat tuples that the compiled judge unpacks.

A value takes a cell: (low, high) for numbers, dates and ordered options, with a third place "may be
none" where it is nullable; (must, may) for yes or no; (low, high, positive, asked) for a survey;
one place for words. A field that is never missing takes one place whatever it is.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any, NamedTuple

from steelyard.book.model import RuleBook
from steelyard.expression.tree import Name, Node, Over, Reach, children, walk
from steelyard.expression.types import Boolean, Survey, Type, ranged
from steelyard.expression.values import UNKNOWN


class Column(NamedTuple):
    """One value's cell: where it starts and how many places it takes."""

    key: str
    type: Type
    nullable: bool
    certain: bool
    start: int
    width: int


class Layout(NamedTuple):
    """The columns of a flat tuple, by key: a field's id, or a path such as `person.role`."""

    columns: Mapping[str, Column]

    @property
    def paths(self) -> tuple[str, ...]:
        """The keys that reach through a party."""
        return tuple(key for key in self.columns if "." in key)


class Layouts(NamedTuple):
    """The layouts of a book: of the facts, of each register, of each kind of party."""

    facts: Layout
    registers: Mapping[str, Layout]
    kinds: Mapping[str, Layout]


class Standing(NamedTuple):
    """An expression of the book and where it stands."""

    node: Node
    register: str | None = None
    kind: str | None = None


def width_of(kind: Type, *, nullable: bool, certain: bool) -> int:
    """Return how many places a cell takes."""
    if certain:
        return 1
    if isinstance(kind, Survey):
        return 4
    if isinstance(kind, Boolean):
        return 2
    if ranged(kind) is not None:
        return 3 if nullable else 2
    return 1


def unknown_cell(kind: Type, *, nullable: bool) -> tuple[Any, ...]:
    """Return the cell of a value that is not known: anything within its range."""
    if isinstance(kind, Survey):
        return (0, 10**6, None, None)
    if isinstance(kind, Boolean):
        return (False, True)
    span = ranged(kind)
    if span is None:
        return (UNKNOWN,)
    return (span.low, span.high, True) if nullable else (span.low, span.high)


def none_cell(kind: Type) -> tuple[Any, ...]:
    """Return the cell of a nullable value that is none."""
    return (None, None, True) if ranged(kind) is not None else (None,)


def known_cell(
    kind: Type, low: Any, high: Any, *, nullable: bool, certain: bool = False
) -> tuple[Any, ...]:
    """Return the cell of a known value; `low` and `high` differ only for a typed range; words stand
    in `low`.
    """
    if certain:
        return (low,)
    if isinstance(kind, Boolean):
        return (bool(low), bool(high))
    if ranged(kind) is None:
        return (low,)
    return (low, high, False) if nullable else (low, high)


def path_of(node: Reach) -> tuple[str, Node]:
    """Return the path of a reach without its root, and the root."""
    names: list[str] = []
    at: Node = node
    while isinstance(at, Reach):
        names.append(at.field)
        at = at.base
    return ".".join(reversed(names)), at


def key_of(node: Name | Reach) -> str:
    """Return the key of a name or reach in the layout of where it stands."""
    if isinstance(node, Name):
        return node.name
    path, root = path_of(node)
    if isinstance(root, Name) and root.kind == "party":
        return path
    return f"{root.name}.{path}" if isinstance(root, Name) else path


def expressions(book: RuleBook) -> Iterator[Standing]:
    """Yield every expression of a book with the record or party at which it stands (aggregates
    apart).
    """
    for fact in book.facts.values():
        if fact.derived is not None:
            yield Standing(fact.derived)
    for rule in book.rules.values():
        if rule.not_applicable is not None:
            yield Standing(rule.not_applicable)
        yield Standing(rule.lowered.points)
        if rule.lowered.applies is not None:
            yield Standing(rule.lowered.applies)
    for limiter in book.limiters:
        if limiter.when is not None:
            yield Standing(limiter.when)
    for row in book.consequences:
        record, party = (
            row.on if row.scope == "register" else None,
            row.on if row.scope == "party" else None,
        )
        for part in (row.when, row.falls_on):
            if part is not None:
                yield Standing(part, record, party)
    for grade in book.grades:
        if grade.needs is not None:
            yield Standing(grade.needs)
    for rung in book.ladder:
        yield Standing(rung.needs)


def spread(standing: Standing) -> Iterator[Standing]:
    """Yield an expression and, apart, the parts of it that stand at the records of a register."""
    yield standing
    for part in walk(standing.node):
        if isinstance(part, Over):
            for inner in (part.value, part.where):
                if inner is not None:
                    yield Standing(inner, part.register, standing.kind)


@lru_cache(maxsize=64)
def layouts(book: RuleBook) -> Layouts:
    """Return the layouts of a book: its own columns first, then the paths that its expressions
    reach.
    """
    facts = [(fact.id, fact.type, fact.nullable, False) for fact in book.collected]
    registers = {
        register.id: [
            (
                f.id,
                f.type,
                _nullable(f.missing, f.derived),
                f.missing == "refused" and f.derived is None,
            )
            for f in register.fields.values()
        ]
        for register in book.registers.values()
    }
    kinds = {
        kind.id: [(f.id, f.type, f.missing == "none", False) for f in kind.fields.values()]
        for kind in book.kinds.values()
    }
    for whole in expressions(book):
        for standing in spread(whole):
            for node in _reaches(standing.node):
                _path, root = path_of(node)
                where = root.kind if isinstance(root, Name) else ""
                home = (
                    registers.get(standing.register or "")
                    if where == "field"
                    else kinds.get(standing.kind or "")
                    if where == "party"
                    else facts
                )
                entry = (key_of(node), node.type, node.nullable, False)
                if home is not None and entry[0] not in {column[0] for column in home}:
                    home.append(entry)
    return Layouts(
        _laid(facts),
        {n: _laid(c) for n, c in registers.items()},
        {n: _laid(c) for n, c in kinds.items()},
    )


def _nullable(missing: str, derived: Node | None) -> bool:
    return derived.nullable if derived is not None else missing == "none"


def _reaches(node: Node) -> Iterator[Reach]:
    """Yield the reaches of a node that do not stand inside a function over records."""
    if isinstance(node, Reach):
        yield node
        return
    if isinstance(node, Over):
        return
    for child in children(node):
        yield from _reaches(child)


def _laid(entries: list[tuple[str, Type, bool, bool]]) -> Layout:
    columns: dict[str, Column] = {}
    start = 0
    for key, kind, nullable, certain in entries:
        width = width_of(kind, nullable=nullable, certain=certain)
        columns[key] = Column(key, kind, nullable, certain, start, width)
        start += width
    return Layout(columns)
