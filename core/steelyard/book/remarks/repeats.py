"""Expressions that read one thing twice, so that bounds are wider than they need be."""

from __future__ import annotations

from collections.abc import Iterator

from steelyard.book.model import RuleBook
from steelyard.book.remarks.standing import Places, placed, stands_in, written_out
from steelyard.errors import Fault, fault
from steelyard.expression.python import bare
from steelyard.expression.tree import Arithmetic, Choose, Name, Node, Over, Reach, children, walk


def repeats(book: RuleBook, place: Places) -> Iterator[Fault]:
    """Remark names in the test and in a branch of an `if`, and totals divided by their own
    count.
    """
    for one in placed(book, place):
        told: set[str] = set()
        for node, register in stands_in(one.node, one.register):
            if isinstance(node, Choose):
                for name in _tested_and_taken(book, node, register):
                    if name not in told:
                        yield fault(
                            one.place,
                            "`{name}` stands in the test and in a branch of an `if` and "
                            "is read as two values, so bounds may be wide",
                            name=name,
                        )
                    told.add(name)
            elif isinstance(node, Arithmetic) and _is_mean(book, node):
                yield fault(
                    one.place,
                    "a total is divided by its own count, which reads every record "
                    "twice; `mean` is meant",
                )


def _tested_and_taken(book: RuleBook, node: Choose, register: str | None) -> list[str]:
    """Return the names that an `if` tests and then takes as a value."""
    tested = set(_names(book, node.condition, register))
    taken = (*_values(node.then), *_values(node.otherwise))
    return [name for part in taken for name in _names(book, part, register) if name in tested]


def _values(node: Node) -> Iterator[Node]:
    """Yield the values among which a branch chooses; what it tests only picks among them."""
    if isinstance(node, Choose):
        yield from _values(node.then)
        yield from _values(node.otherwise)
    else:
        yield node


def _names(book: RuleBook, node: Node, register: str | None) -> Iterator[str]:
    """Yield the names in a node that a case may leave open."""
    match node:
        case Name(kind="fact", name=name):
            yield name
            derived = book.facts[name].derived
            if derived is not None:
                yield from _names(book, derived, None)
        case Name(kind="field", name=name) if register is not None:
            slot = book.registers[register].fields[name]
            if slot.missing != "refused" or slot.derived is not None:
                yield name
        case Over():
            # Its records' own names are others than those around it; the function is one value.
            yield f"{node.function}({node.register})" if node.where is None else repr(bare(node))
        case Reach():
            yield ".".join(
                (*(part.name for part in walk(node) if isinstance(part, Name)), node.field)
            )
        case _:
            for child in children(node):
                yield from _names(book, child, register)


def _is_mean(book: RuleBook, node: Arithmetic) -> bool:
    """Whether a quotient is the total of a value that is never none, by the count of its
    records.
    """
    top, bottom = written_out(book, node.left), written_out(book, node.right)
    return (
        node.op == "/"
        and isinstance(top, Over)
        and isinstance(bottom, Over)
        and (top.function, bottom.function) == ("total", "count")
        and top.register == bottom.register
        and top.value is not None
        and not top.value.nullable
        and _same(top.where, bottom.where)
    )


def _same(one: Node | None, other: Node | None) -> bool:
    if one is None or other is None:
        return one is other
    return bare(one) == bare(other)
