"""Comparisons that the declared ranges settle beforehand, whatever a case shows."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

from steelyard.book.model import RuleBook
from steelyard.book.remarks.source import source
from steelyard.book.remarks.standing import Placed, Places, placed, rate_of, reached
from steelyard.errors import Fault, fault
from steelyard.expression.tree import Arithmetic, Compare, Literal, Name, Node, Over, Within, walk
from steelyard.expression.types import Boolean, Choice, Date, Number, Type, number_text, ranged

_Span = tuple[Fraction, Fraction]
_ONE = Fraction(1)


def settled(book: RuleBook, place: Places) -> Iterator[Fault]:
    """Remark comparisons that always or never hold, bands that cannot count, and rates that leave
    0..1.
    """
    for one in placed(book, place):
        yield from _comparisons(book, one)
    for rule in book.rules.values():
        yield from _bands(book, reached(rule), rule.place)
        rate = rate_of(rule)
        span = None if rate is None else span_of(book, rate)
        if span is not None and not 0 <= span[0] <= span[1] <= 1:
            yield fault(
                rule.place,
                "`proportional` of what can be {low} to {high}; it is held to 0..1",
                low=_text(span[0]),
                high=_text(span[1]),
            )


def _comparisons(book: RuleBook, one: Placed) -> Iterator[Fault]:
    for node in walk(one.node):
        holds = verdict(book, node)
        if holds is None:
            continue
        text = source(node)
        if holds:
            yield fault(one.place, "`{text}` always holds, by the declared ranges", text=text)
        else:
            yield fault(one.place, "`{text}` never holds, by the declared ranges", text=text)


def _bands(book: RuleBook, bands: tuple[Compare, ...], place: str) -> Iterator[Fault]:
    """Remark bands above the range, and bands below one that is always reached."""
    for number, band in enumerate(bands):
        edge = _span(band.right)
        text = "" if edge is None else _text(edge[0])
        holds = _compared(band.op, span_of(book, band.left), edge)
        if holds is False:
            yield fault(place, "the band from {edge} can never be reached", edge=text)
        elif holds and number > 0:
            yield fault(
                place, "the band from {edge} is never missed, so none below counts", edge=text
            )


def verdict(book: RuleBook, node: Node) -> bool | None:
    """Return whether a comparison surely holds or surely fails by the declared ranges alone; None
    where that depends on the case.
    """
    match node:
        case Compare(op=op, left=left, right=right):
            holds = _compared(op, span_of(book, left), span_of(book, right))
            if holds is None and isinstance(left.type, Choice) and not left.type.ordered:
                holds = _chosen(op, left, right)
            nullable = left.nullable or right.nullable
        case Within(item=item, options=options):
            holds = _listed(book, item, options)
            nullable = item.nullable
        case _:
            return None
    # What is none fails every comparison, and an authority may set a parameter otherwise.
    open_ = nullable or any(isinstance(one, Name) and one.kind == "parameter" for one in walk(node))
    return None if holds and open_ else holds


def _compared(op: str, left: _Span | None, right: _Span | None) -> bool | None:
    if left is None or right is None:
        return None
    (low, high), (least, most) = left, right
    match op:
        case ">=":
            return True if low >= most else False if high < least else None
        case ">":
            return True if low > most else False if high <= least else None
        case "<=":
            return True if high <= least else False if low > most else None
        case "<":
            return True if high < least else False if low >= most else None
    apart, same = high < least or low > most, low == high == least == most
    if op == "==":
        return False if apart else True if same else None
    return True if apart else False if same else None


def _chosen(op: str, left: Node, right: Node) -> bool | None:
    """Return whether an option of a list with no other option is chosen."""
    only = isinstance(left.type, Choice) and len(left.type.options) == 1
    return (op == "==") if only and isinstance(right, Literal) else None


def _listed(book: RuleBook, item: Node, options: tuple[Literal, ...]) -> bool | None:
    if isinstance(item.type, Choice):
        return True if {one.value for one in options} >= set(item.type.options) else None
    span = span_of(book, item)
    if span is None:
        return None
    held = [_compared("==", span, span_of(book, one)) for one in options]
    return False if all(one is False for one in held) else True if any(held) else None


def span_of(book: RuleBook, node: Node) -> _Span | None:
    """Return the least and the greatest that a number, date or position can be, None for others.

    It may be narrower than the node's own type: a worked-out fact is looked into, a quotient of a
    fact by another that bounds it stays below one, and there are no more distinct values than a
    field can have.
    """
    found = _span(node)
    if found is None:
        return None
    match node:
        case Name(kind="fact", name=name) if (derived := book.facts[name].derived) is not None:
            return _both(found, span_of(book, derived))
        case Over(function="distinct", register=name, value=Name(kind="field") as value):
            most = _domain(book.registers[name].fields[value.name].type)
            return found if most is None else (found[0], min(found[1], Fraction(most)))
        case Arithmetic(op="/", left=left, right=right):
            return _both(found, _quotient(book, left, right))
    return found


def _quotient(book: RuleBook, left: Node, right: Node) -> _Span | None:
    """Return the range of a quotient of what is never negative by what is always positive."""
    top, bottom = span_of(book, left), span_of(book, right)
    if top is None or bottom is None or top[0] < 0 or bottom[1] <= 0:
        return None
    low = top[0] / bottom[1]
    if isinstance(left, Name) and isinstance(right, Name) and left.kind == right.kind == "fact":
        part, whole = book.facts[left.name], book.facts[right.name]
        if part.high_fact == whole.id or whole.low_fact == part.id:
            return low, max(low, _ONE)
    return (low, top[1] / bottom[0]) if bottom[0] > 0 else None


def _both(one: _Span, other: _Span | None) -> _Span:
    """Return what two ranges of one value have in common."""
    if other is None or other[0] > one[1] or other[1] < one[0]:
        return one
    return max(one[0], other[0]), min(one[1], other[1])


def _domain(kind: Type) -> int | None:
    """Return how many values a field can have, None where nobody counts them."""
    match kind:
        case Choice(options=options):
            return len(options)
        case Number(low=low, high=high) | Date(low=low, high=high):
            return high - low + 1
        case Boolean():
            return 2
        case _:
            return None


def _span(node: Node) -> _Span | None:
    if isinstance(node, Literal) and isinstance(node.value, str):
        if isinstance(node.type, Choice) and node.type.ordered and node.value in node.type.options:
            position = Fraction(node.type.options.index(node.value))
            return position, position
        return None
    kind = ranged(node.type)
    if kind is None:
        return None
    scale = 10**kind.scale if isinstance(kind, Number) else 1
    return Fraction(kind.low, scale), Fraction(kind.high, scale)


def _text(value: Fraction) -> str:
    return number_text(int(value * 10**6), 6)
