"""What a record does not say, worked out by a function that is written for its register: defaults,
then fields that are worked out, by the compiled reading of their expressions.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache
from typing import Any, cast

from steelyard.book.layout import Column, layouts, none_cell, unknown_cell
from steelyard.book.model import Field, RuleBook
from steelyard.case.model import Party
from steelyard.expression.lines import Lines, Ratio, Result, Sides, Span, pairs_of, rounded
from steelyard.expression.python import RUNTIME, Emitter, settled
from steelyard.expression.tree import Name, Node, Over, Reach
from steelyard.expression.types import SCALE_CAP, Boolean, Number, ranged
from steelyard.expression.values import UNKNOWN

Cell = tuple[Any, ...]
Fit = Callable[[str, Cell], Cell]
"""Returns the cell of a field from what its default comes to: two ends and whether it may be none,
must and may, or one word.
"""
Fill = Callable[
    [dict[str, Cell], Mapping[str, Party], Mapping[str, int], Mapping[str, int], Fit], None
]
"""Adds what is missing to the cells of a record; moments are ordinals."""


@lru_cache(maxsize=256)
def filling(book: RuleBook, register: str) -> Fill | None:
    """Return what fills in the records of a register; None where nothing is to be worked out."""
    fields = book.registers[register].fields
    order = [fields[key] for key in _ordered(fields)]
    if not order:
        return None
    names = {**RUNTIME, "reached": reached}
    name = f"<steelyard> {book.key} {register}"
    code = compile(write(book, register, order), name, "exec")
    exec(code, names)  # noqa: S102  # our own text, from a typed tree; no word of the book reaches it unquoted
    return cast("Fill", names["fill"])


def write(book: RuleBook, register: str, order: list[Field]) -> str:
    """Return the source of what fills in the records of a register, field after field."""
    lines = Lines()
    for slot in order:
        lines.add(f"if {slot.id!r} not in row:")
        lines.depth += 1
        emitter = Emitter(lines, _Fields(book, register, lines))
        if slot.derived is not None:
            lines.add(f"row[{slot.id!r}] = {_derived(emitter, slot.derived)}")
        elif slot.default is not None:
            lines.add(f"row[{slot.id!r}] = fit({slot.id!r}, {_default(emitter, slot)})")
        lines.depth -= 1
    return "\n".join(["def fill(row, parties, parameters, moments, fit):", *lines.lines, ""])


def _derived(emitter: Emitter, node: Node) -> str:
    if isinstance(node.type, Boolean):
        return _condition(emitter, node)
    span = emitter.span(node)
    ends = f"{span.low}, {span.high}"
    return f"({ends}, {span.none or 'False'})" if node.nullable else f"({ends})"


def _condition(emitter: Emitter, node: Node) -> str:
    sides = emitter.sides(node)
    if node.nullable:
        return f"({', '.join(sides)})"
    # A part of it that is none reads as None, which is a plain no.
    return f"({', '.join(f'bool({side})' for side in sides)})"


def _default(emitter: Emitter, slot: Field) -> str:
    node = cast("Node", slot.default)
    if isinstance(slot.type, Boolean):
        return _condition(emitter, node)
    if ranged(slot.type) is None:
        return f"({emitter.word(node)},)"
    span = (
        _number(emitter, node, slot.type) if isinstance(slot.type, Number) else emitter.span(node)
    )
    return f"({span.low}, {span.high}, {span.none or 'False'})"


def _number(emitter: Emitter, node: Node, kind: Number) -> Span:
    """Write a default in the field's own decimals."""
    own = cast("Number", ranged(node.type))
    return rounded(emitter.lines, emitter.ratio(node), Number(kind.scale, own.low, own.high))


class _Fields:
    """The names at a record that is being filled in: its cells so far, what they reach, parameters
    and moments.
    """

    def __init__(self, book: RuleBook, register: str, lines: Lines) -> None:
        self.book = book
        self.columns: Mapping[str, Column] = layouts(book).registers[register].columns
        self.lines = lines

    def _atoms(self, node: Name | Reach) -> list[str]:
        """Write where a cell is fetched, and return the names of its places."""
        if isinstance(node, Name):
            width, cell = self.columns[node.name].width, f"row[{node.name!r}]"
        else:
            unknown = unknown_cell(node.type, nullable=node.nullable)
            width, none = len(unknown), none_cell(node.type)
            party = self.word(cast("Name | Reach", node.base))
            said = ", ".join(map(repr, ((*none, None)[:width], node.nullable)))
            marks = ", ".join("UNKNOWN" if one is UNKNOWN else repr(one) for one in unknown)
            cell = f"reached(parties, {party}, {node.field!r}, ({marks},), {said})"
        names = [self.lines.fresh() for _ in range(width)]
        self.lines.add(f"{', '.join(names)}, = {cell}")
        return names

    def span(self, node: Name | Reach) -> Span:
        if isinstance(node, Name) and node.kind in {"parameter", "moment"}:
            return Span(*2 * [self.lines.atom(f"{node.kind}s[{node.name!r}]")])
        atoms = self._atoms(node)
        return Span(atoms[0], atoms[1 if len(atoms) > 1 else 0], atoms[2] if len(atoms) > 2 else "")

    def ratio(self, node: Name | Reach) -> Ratio:
        return pairs_of(self.span(node), SCALE_CAP)

    def sides(self, node: Name | Reach) -> Sides:
        atoms = self._atoms(node)
        return Sides(atoms[0], atoms[-1])

    def word(self, node: Name | Reach) -> str:
        return self._atoms(node)[0]

    def known(self, node: Name | Reach) -> Sides:
        return Sides(settled(self, node), "True")

    def survey(self, node: Name) -> tuple[str, str]:
        raise AssertionError(node)

    def flags(self, _node: Name | Reach) -> tuple[str, ...]:
        return ()

    def over(self, node: Over) -> Result:
        raise AssertionError(node)


def reached(
    parties: Mapping[str, Party],
    party: Any,
    field: str,
    unknown: Cell,
    none: Cell,
    nullable: bool,  # noqa: FBT001  # called by written text alone
) -> Cell:
    """Return the cell of a party's field; of a party that is not known, or none, what was given."""
    if party is None:
        return none
    if party is UNKNOWN:
        return unknown
    cell = parties[party].values[field]
    return (*cell, False) if nullable and len(cell) == len(unknown) - 1 else cell


def _ordered(fields: Mapping[str, Field]) -> Iterator[str]:
    """Yield the fields that are worked out, each after those that it reads."""
    todo = {key: set(slot.reads) for key, slot in fields.items() if slot.worked_out is not None}
    while todo:
        ready = [key for key, reads in todo.items() if not reads & todo.keys()]
        yield from ready
        todo = {key: reads for key, reads in todo.items() if key not in ready}
