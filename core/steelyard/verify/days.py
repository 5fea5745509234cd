"""On which days a condition is asked: one for each way in which what turns on the day alone comes
out.
"""

from __future__ import annotations

from collections.abc import Iterator

from steelyard.book.model import RuleBook
from steelyard.expression.claims import Claims
from steelyard.expression.tree import Name, Node, Over, Reach, children, walk
from steelyard.expression.types import Boolean
from steelyard.verify.terms import Moment
from steelyard.verify.world import World


def days_of(book: RuleBook, node: Node) -> list[Moment]:
    """Return the moments on which an expression is asked, the day of the proofs first.

    Of a book's years all years, halves, quarters and months are looked at, as of each of their
    days.
    """
    usual = Moment.of(book)
    parts = [one for one in walk(node) if isinstance(one.type, Boolean) and _of_the_day(book, one)]
    if not parts:
        return [usual]
    found: dict[tuple[bool, ...], Moment] = {}
    for moment in (usual, *usual.others(book)):
        reader = World(book, Claims(), moment).reader()
        found.setdefault(tuple(reader.truth(one).must is True for one in parts), moment)
        if len(found) == 2 ** len(parts):
            break
    return list(found.values())


def _of_the_day(book: RuleBook, node: Node) -> bool:
    """Whether an expression turns on the day alone, by whatever is worked out of it."""
    kinds = {kind for _, kind in _names(book, node)}
    return bool(kinds & {"moment", "window"}) and kinds <= {"moment", "parameter", "window"}


def _names(book: RuleBook, node: Node) -> Iterator[tuple[str, str]]:
    """Yield what an expression reads, and the kind of it."""
    match node:
        case Over(register=register):
            yield register, "register"
        case Reach(party=party):
            yield party, "party"
        case Name(kind="fact", name=name) if (derived := book.facts[name].derived) is not None:
            yield from _names(book, derived)
        case Name(name=name, kind=kind):
            yield name, kind
        case _:
            for part in children(node):
                yield from _names(book, part)
