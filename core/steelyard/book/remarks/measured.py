"""Figures in percent that are compared as shares, and figures of two units that are weighed against
each other.
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

from steelyard.book.measured_in import UNITS, MeasuredIn
from steelyard.book.model import Fact, Field, Kind, Register, RuleBook
from steelyard.book.remarks.settled import span_of
from steelyard.book.remarks.source import source
from steelyard.book.remarks.standing import Places, placed, reached, stands_in
from steelyard.errors import Fault, fault
from steelyard.expression.tree import Arithmetic, Compare, Name, Node, Over, Reach
from steelyard.expression.types import Number, Rate, Survey

_PERCENT = UNITS["percent"]


def measured(book: RuleBook, place: Places) -> Iterator[Fault]:
    """Remark comparisons of percent with shares, sums and comparisons of two units, and figures in
    percent that never leave 0..1.
    """
    owners: list[Register | Kind] = [*book.registers.values(), *book.kinds.values()]
    slots: list[Fact | Field] = list(book.facts.values())
    slots += [one for each in owners for one in each.fields.values()]
    for slot in slots:
        if slot.measured_in == _PERCENT and _is_share(slot):
            yield fault(
                slot.place, "is measured in percent, of 0..100, and can only be a share of 0..1"
            )
    for one in placed(book, place):
        for node, register in stands_in(one.node, one.register):
            yield from _weighed(book, node, register, one.place)
    for rule in book.rules.values():
        for band in reached(rule):
            yield from _weighed(book, band, None, rule.place)


def _is_share(slot: Fact | Field) -> bool:
    kind = slot.type
    if isinstance(kind, (Survey, Rate)):
        return isinstance(kind, Survey) or kind.high <= 10**kind.scale
    return isinstance(kind, Number) and kind.low >= 0 and kind.high <= 10**kind.scale


def _weighed(book: RuleBook, node: Node, register: str | None, place: str) -> Iterator[Fault]:
    """Remark one comparison, sum or difference."""
    weighs = isinstance(node, Compare) or (isinstance(node, Arithmetic) and node.op in {"+", "-"})
    if not weighs or not isinstance(node, (Compare, Arithmetic)):
        return
    left, right = (_unit(book, side, register) for side in (node.left, node.right))
    if left is not None and right is not None:
        if left != right:
            yield fault(
                place,
                "`{text}` weighs {one} against {other}",
                text=source(node),
                one=left.both,
                other=right.both,
            )
    elif isinstance(node, Compare) and _PERCENT in {left, right}:
        span = span_of(book, node.right if left is not None else node.left)
        if span is not None and 0 <= span[0] <= span[1] <= 1 and span != (Fraction(0),) * 2:
            yield fault(
                place,
                "`{text}` compares percent, of 0..100, with what lies within 0..1",
                text=source(node),
            )


def _unit(book: RuleBook, node: Node, register: str | None) -> MeasuredIn | None:
    """Return what a node is measured in, None where that is not said."""
    match node:
        case Name(kind="fact", name=name):
            return book.facts[name].measured_in
        case Name(kind="field", name=name) if register is not None:
            return book.registers[register].fields[name].measured_in
        case Reach(party=party, field=field):
            return book.kinds[party].fields[field].measured_in
        case Over(function="total" | "mean" | "max" | "min", value=Node() as value):
            return _unit(book, value, node.register)
        case Arithmetic(op="+" | "-", left=left, right=right):
            return _unit(book, left, register) or _unit(book, right, register)
        case _:
            return None
