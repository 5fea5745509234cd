"""The names of a record: its fields first, then what lies around it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

from steelyard.book.layout import key_of, path_of
from steelyard.book.model import UNDATED, Field, Register
from steelyard.book.rollup_fields import SECTION
from steelyard.bulk.cells import Cell, Raw, kept, open_sides, said_of, span_of
from steelyard.bulk.columns import SUBJECT, is_ranged, register_table, unit_column
from steelyard.bulk.moments import Moments
from steelyard.bulk.names import Found, Names, held
from steelyard.bulk.sheet import HERE, Sheet
from steelyard.case.environment import may_be_undefined
from steelyard.expression.exact import divided_by, moved, pairs_of
from steelyard.expression.scaled import (
    NO,
    YES,
    Ratio,
    Said,
    Sides,
    Span,
    Test,
    Whole,
    choose,
    choose_test,
    choose_word,
    greatest,
    is_null,
    least,
    or_else,
    or_null,
    whole,
)
from steelyard.expression.sql import SqlEmitter
from steelyard.expression.tree import Name, Node, Over, Reach
from steelyard.expression.types import Boolean, Number, ranged

RECORD = "record"
"""The key that names a record of a unit."""
_WORTH = ("score_low", "score_high", "grade")


class RowNames(Names):
    """The names at one record of a register.

    With `member` the record may belong only perhaps: it is the condition that it surely does.
    """

    def __init__(self, around: Names, register: str, moments: Moments) -> None:
        """Take the names around, the register, and the days of the run."""
        self.register: Register = around.book.registers[register]
        place = list(around.book.registers).index(register)
        sheet = Sheet(
            around.engine, f"r{place}_", register_table(register),
            {SUBJECT: unit_column(self.register), RECORD: "id"}, around.sheet,
        )  # fmt: skip
        super().__init__(around.book, around.engine, sheet)
        self.around = around
        self.moments = moments
        self.member: Test = YES
        self._fields: dict[str, Cell] = {}
        self._settled: dict[str, Test] = {}
        self._raw = Raw(around.engine, HERE)

    def field(self, name: str) -> Cell:
        """Return a field of the record."""
        if name not in self._fields:
            self._fields[name] = self._field(self.register.fields[name])
        return self._fields[name]

    def _field(self, slot: Field) -> Cell:
        if slot.derived is not None:
            return self._worked_out(slot.derived)
        if self.register.rolled is not None and (slot.id in _WORTH or slot.id.startswith(SECTION)):
            return kept(self.sheet, self._of_part(slot))
        cell = kept(self.sheet, self._plain(slot))
        return cell if slot.default is None else self._or_default(slot, cell)

    def _plain(self, slot: Field) -> Cell:
        """Return a field as it came in; NULL is none or not known."""
        raw, none = self._raw, slot.missing == "none"
        certain = slot.missing == "refused"
        if isinstance(slot.type, Boolean):
            sides = open_sides(raw, slot.id)
            return Sides(sides.must, sides.must) if certain else sides
        if ranged(slot.type) is None:
            text = raw.text(slot.id)
            if certain:
                return Said(text, NO, NO)
            return said_of(text, is_null(text) if none else NO, nullable=none)
        value = raw.number(slot.id, slot.type)
        if slot.id == self.register.dated and self.register.dated != UNDATED:
            # A day that is not given is some day of the period that has come.
            last = min(self.moments.last, self.moments.as_of)
            value = value.within(self.moments.first, last)
            return Span(or_else(value, self.moments.first), or_else(value, last))
        if certain:
            value = value.at_most_null(nullable=False)
            return Span(value, value)
        if none and slot.default is None:
            return Span(value, value, is_null(value))
        return span_of(value, slot.type, is_null(value) if none else NO, nullable=none)

    def _of_part(self, slot: Field) -> Cell:
        """Return what the assessment of a part says: of one that is not rated nothing, of one that
        may not be perhaps nothing.
        """
        raw = self._raw
        unrated = NO
        perhaps = NO
        if "not_rated" in self.register.fields:
            unrated, perhaps = open_sides(raw, "not_rated")[:2]
        ends = (f"{slot.id}.low", f"{slot.id}.high") if is_ranged(self.register, slot) else (
            "score_low", "score_high",
        )  # fmt: skip
        low, high = (raw.number(end, slot.type) for end in ends)
        gone = unrated
        if is_ranged(self.register, slot):
            gone |= raw.test(f"{slot.id}.none", otherwise=False)
        if slot.missing != "none":
            span = ranged(slot.type)
            assert span is not None  # noqa: S101  # scores and grades are ordered
            return Span(or_else(low, span.low), or_else(high, span.high))
        first = span_of(low, slot.type, gone, nullable=True).low
        last = span_of(high, slot.type, gone, nullable=True).high
        return Span(first, last, gone | perhaps)

    def _or_default(self, slot: Field, cell: Cell) -> Cell:
        """Return a field, or what stands for it where it is not given."""
        missing = self.sheet.source(is_null(self._raw.term(slot.id)))
        emitter = SqlEmitter(self)
        node = cast("Node", slot.default)
        if isinstance(cell, Sides):
            sides = emitter.sides(node)
            open_ = sides.none or NO
            must = choose_test(missing, sides.must, cell.must)
            may = choose_test(missing, sides.may | open_, cell.may)
            return cast("Cell", held(self.sheet, Sides(must, may)))
        if isinstance(cell, Said):
            said = emitter.said(node)
            none = slot.missing == "none"
            # A default that may be none leaves a field that is never none open.
            unknown = said.unknown if none else said.unknown | said.none
            found = Said(
                choose_word(missing, said.text, cell.text),
                missing & unknown,
                missing & said.none if none else NO,
            )
            return held(self.sheet, found)
        return cast("Cell", held(self.sheet, self._default_span(slot, cell, node, missing)))

    def _default_span(self, slot: Field, cell: Span, node: Node, missing: Test) -> Span:
        emitter = SqlEmitter(self)
        span, own, kind = emitter.span(node), ranged(node.type), ranged(slot.type)
        assert kind is not None  # noqa: S101  # a number has a number as its default
        if isinstance(own, Number) and isinstance(kind, Number):
            span = _rescaled(span, own.scale, kind.scale)
        edges = whole(kind.low, self.engine), whole(kind.high, self.engine)
        none = slot.missing == "none"
        gone = ~span.low.there
        low, high = greatest([span.low, edges[0]]), least([span.high, edges[1]])
        if none:
            empty = or_null(NO, edges[0])
            low, high = choose([(gone, empty)], low), choose([(gone, empty)], high)
            return Span(
                choose([(missing, low)], cell.low), choose([(missing, high)], cell.high),
                missing & (gone | (span.none or NO)),
            )  # fmt: skip
        # A default that may be none leaves a field that is never none open.
        open_ = gone | (span.none or NO)
        if open_ is not NO:
            low, high = choose([(open_, edges[0])], low), choose([(open_, edges[1])], high)
        ends = (end.at_most_null(nullable=False) for end in (low, high))
        first, last = (
            choose([(missing, end)], given) for end, given in zip(ends, cell[:2], strict=True)
        )
        return Span(first, last)

    def _worked_out(self, node: Node) -> Cell:
        """Return a field that is worked out, as a number rounded to its places."""
        emitter = SqlEmitter(self)
        if isinstance(node.type, Boolean):
            return held(self.sheet, emitter.sides(node))
        if ranged(node.type) is None:
            return held(self.sheet, emitter.said(node))
        return held(self.sheet, emitter.span(node))

    # Names

    def _own(self, node: Name | Reach) -> Cell | None:
        if isinstance(node, Name):
            return self.field(node.name) if node.kind == "field" else None
        _, root = path_of(node)
        if isinstance(root, Name) and root.kind == "field":
            return self.reach(node, key_of(node))
        return None

    def span(self, node: Name | Reach) -> Span:
        """Return the ends of a ranged name; a rate rounded."""
        own = self._own(node)
        return self.around.span(node) if own is None else cast("Span", own)

    def ratio(self, node: Name | Reach) -> Ratio:
        """Return the pairs of a rate; what a record owns are plain numbers."""
        own = self._own(node)
        if own is None:
            return self.around.ratio(node)
        kind = ranged(node.type)
        return pairs_of(cast("Span", own), kind.scale if isinstance(kind, Number) else 0)

    def sides(self, node: Name | Reach) -> Sides:
        """Return a condition's name."""
        own = self._own(node)
        return self.around.sides(node) if own is None else cast("Sides", own)

    def said(self, node: Name | Reach) -> Said:
        """Return a word's name."""
        own = self._own(node)
        return self.around.said(node) if own is None else cast("Said", own)

    def known(self, node: Name | Reach) -> Sides:
        """Return whether there is evidence."""
        if self._own(node) is None:
            return self.around.known(node)
        return Sides(self.settled(node), YES)

    def survey(self, node: Name) -> tuple[Whole, Whole]:
        """Return (positive, asked), NULL when not known."""
        return self.around.survey(node)

    def flags(self, node: Name | Reach) -> Sequence[Test]:
        """Return the conditions under which the name is undefined."""
        if self._own(node) is None:
            return self.around.flags(node)
        if isinstance(node, Name):
            slot = self.register.fields[node.name]
            if may_be_undefined(self.book, slot.derived, self.register.id):
                return (~self.settled(node),)
        return ()

    def over(self, node: Over) -> Found:
        """Return the result of a function over records."""
        return self.around.over(node)


def _rescaled(span: Span, scale: int, target: int) -> Span:
    """Return a number in units of another scale, rounded half away from zero where it loses
    places.
    """
    if target >= scale:
        return moved(span, scale, target)
    unit = whole(10 ** (scale - target), span.low.engine)
    low = divided_by(span.low, unit, 0)
    return Span(low, low if span.low is span.high else divided_by(span.high, unit, 0), span.none)
