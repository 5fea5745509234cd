"""Where the SQL reading finds names, and what all such places share: parties, what is settled."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Any, TypeVar

from steelyard.book.model import RuleBook
from steelyard.bulk.cells import (
    Cell,
    Raw,
    kept,
    open_sides,
    span_of,
    with_terms,
)
from steelyard.bulk.columns import (
    SUBJECT,
    party_table,
)
from steelyard.bulk.sheet import Sheet
from steelyard.expression.engines import Engine
from steelyard.expression.exact import same_end
from steelyard.expression.ranges import is_ratio
from steelyard.expression.scaled import (
    NO,
    YES,
    Ratio,
    Said,
    Sides,
    Span,
    Standing,
    Term,
    Test,
    Whole,
    is_null,
)
from steelyard.expression.sql import SqlEmitter
from steelyard.expression.tree import Name, Node, Over, Reach
from steelyard.expression.types import Boolean, ranged

T = TypeVar("T", bound=Term)
H = TypeVar("H", bound=tuple[Any, ...])
Found = tuple[Standing, Sequence[Test]]


class Names(ABC):
    """What all places share: parties that are reached, and what is settled."""

    def __init__(self, book: RuleBook, engine: Engine, sheet: Sheet) -> None:
        """Take the book, the engine and the sheet on which columns are written."""
        self.book = book
        self.engine = engine
        self.sheet = sheet
        self._reached: dict[str, Cell] = {}

    def keep(self, term: T) -> T:
        """Return a column of its own for a term."""
        return self.sheet.keep(term)

    @abstractmethod
    def said(self, node: Name | Reach) -> Said:
        """Return a word's name."""

    def nullable(self, node: Node) -> bool:
        """Whether a party's field may be none; a fact that a bonus claims is asked as such once it
        is shown.
        """
        if isinstance(node, Reach):
            missing = self.book.kinds[node.party].fields[node.field].missing
            return missing == "none" or self.nullable(node.base)
        claimed = isinstance(node, Name) and node.claimed
        return self.book.facts[node.name].nullable if claimed else node.nullable  # type: ignore[attr-defined]  # a claimed name is a fact's

    def reach(self, node: Reach, key: str) -> Cell:
        """Return a field of a party; of one that is not known anything, of none none."""
        if key not in self._reached:
            self._reached[key] = self._reach(node)
        return self._reached[key]

    def _reach(self, node: Reach) -> Cell:
        base = SqlEmitter(self).said(node.base)
        sheet, slot = self.sheet, self.book.kinds[node.party].fields[node.field]
        base = held(sheet, base)
        on: list[tuple[str, Term | str]] = [(SUBJECT, SUBJECT), ("id", base.text)]
        alias, level = sheet.join(party_table(node.party), on)
        level = max(level, *(sheet.level(term.reads) + 1 for term in base))
        raw = Raw(self.engine, alias)
        # A party that is none has no field, whatever is said of the field itself.
        perhaps = base.unknown if self.nullable(node) else NO
        if isinstance(slot.type, Boolean):
            must, may, _ = open_sides(raw, slot.id)
            there = ~base.none
            none = None if base.none is NO else base.none
            return kept(sheet, Sides(must & there, may & there, none), level, alias)
        value = raw.text(slot.id) if ranged(slot.type) is None else raw.number(slot.id, slot.type)
        gone = base.none
        if slot.missing == "none":
            gone |= ~base.unknown & is_null(value)
        if not isinstance(value, Whole):
            return kept(sheet, Said(value, is_null(value) & ~gone, gone), level, alias)
        nullable = gone is not NO or perhaps is not NO
        span = span_of(value, slot.type, gone, nullable=nullable)
        found = span._replace(none=gone | perhaps) if nullable else span
        return kept(sheet, found, level, alias)

    def settled(self, node: Name | Reach) -> Test:
        """Return whether a value leaves nothing open."""
        if isinstance(node.type, Boolean):
            sides = self.sides(node)
            return YES if sides.must is sides.may else sides.must | ~sides.may
        if ranged(node.type) is None:
            return ~self.said(node).unknown
        found: Span | Ratio
        if is_ratio(node):
            found = self.ratio(node)
            same = same_end(found)
        else:
            found = self.span(node)
            same = YES if found.low is found.high else found.low.equals(found.high)
        if found.none is None:
            return same
        return ~found[0].there | (same & ~found.none)

    @abstractmethod
    def sides(self, node: Name | Reach) -> Sides:
        """Return a condition's name."""

    @abstractmethod
    def span(self, node: Name | Reach) -> Span:
        """Return the ends of a ranged name; a rate rounded."""

    @abstractmethod
    def ratio(self, node: Name | Reach) -> Ratio:
        """Return the pairs of a survey, or of a derived fact that is a rate."""

    @abstractmethod
    def known(self, node: Name | Reach) -> Sides:
        """Return whether there is evidence."""

    @abstractmethod
    def survey(self, node: Name) -> tuple[Whole, Whole]:
        """Return (positive, asked), NULL when not known."""

    @abstractmethod
    def flags(self, node: Name | Reach) -> Sequence[Test]:
        """Return the conditions under which the name is undefined."""

    @abstractmethod
    def over(self, node: Over) -> Found:
        """Return the result of a function over records, and its flags."""


def held(sheet: Sheet, found: H) -> H:
    """Return what stands ready as columns, each once."""
    return with_terms(found, lambda term: term if term.size <= 1 else sheet.keep(term))
