"""Whether all that an expression reads is known, so that what leaves it open can only be a zero."""

from __future__ import annotations

from collections.abc import Iterable

from steelyard.book.layout import Column
from steelyard.bulk.gathering import Gathering
from steelyard.bulk.names import Names
from steelyard.bulk.rows import RowNames
from steelyard.bulk.units import UnitNames
from steelyard.expression.scaled import YES, Test, every
from steelyard.expression.sql import SqlEmitter
from steelyard.expression.tree import Name, Reach
from steelyard.expression.types import PartyOf
from steelyard.judging.compiled.undefined import Counted, Reads, settled_reads


class Knowledge:
    """What is known of what expressions read."""

    def __init__(self, names: UnitNames) -> None:
        """Take the names of a unit."""
        self.names = names
        self.book = names.book
        self._overs: dict[int, Test] = {}

    def settled(self, key: int) -> Test:
        """Return whether all that a value of the program reads is known, by its number."""
        return self.of(settled_reads(self.book, key))

    def of(self, reads: Reads) -> Test:
        """Return whether all is known that is read."""
        found = [self._fact(column, claimed=False) for column in reads.facts]
        for column in reads.claimed:
            there = self.names.given(column.key.split(".")[0])
            found.append(~there | self._fact(column, claimed=False))
        found += [self._over(over) for over in reads.overs]
        return self.names.keep(every(found))

    def _fact(self, column: Column, *, claimed: bool) -> Test:
        name, *path = column.key.split(".")
        fact = self.book.facts[name]
        node: Name | Reach = Name(
            type=fact.type, nullable=fact.nullable, kind="fact", name=name, claimed=claimed
        )
        return self.names.known_to_be(walked(self.names, node, path))

    def _over(self, over: Counted) -> Test:
        return self.over_at(over, self.names.at(over.register), self.names)

    def over_at(self, over: Counted, rows: RowNames, home: Names) -> Test:
        """Return whether all is known that a function over records reads of those at hand, which
        stand beside the unit or a party of it.
        """
        may = YES if over.where is None else SqlEmitter(rows).sides(over.where).may
        known = every([rows.member, *(field_known(rows, path) for path in over.paths)])
        complete = YES if over.claimed else self.names.complete(over.register)
        return complete & (Gathering(home, rows).count(may & ~known) <= 0)


def field_known(rows: RowNames, path: str) -> Test:
    """Return whether a field of a record, or a path from it, leaves nothing open."""
    name, *steps = path.split(".")
    slot = rows.register.fields[name]
    node: Name | Reach = Name(
        type=slot.type, nullable=slot.missing == "none", kind="field", name=name
    )
    return rows.settled(walked(rows, node, steps))


def walked(names: Names, node: Name | Reach, path: Iterable[str]) -> Name | Reach:
    """Return the node of a path from a name."""
    for step in path:
        kind = node.type.kind if isinstance(node.type, PartyOf) else ""
        slot = names.book.kinds[kind].fields[step]
        nullable = node.nullable or slot.missing == "none"
        node = Reach(type=slot.type, nullable=nullable, base=node, party=kind, field=step)
    return node
