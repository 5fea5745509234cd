"""Whether all that an expression reads is known, so that what leaves it open can only be a zero."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from steelyard.expression.reference import Evaluation, World
from steelyard.expression.tree import Name, Node, Over, Reach, children
from steelyard.expression.types import Survey
from steelyard.expression.values import Truth
from steelyard.judging.slow.cells import settled
from steelyard.judging.slow.world import Anywhere, AtRecord


class Knowledge:
    """What is known of what expressions read, at one place of a case."""

    def __init__(self, world: Anywhere) -> None:
        """Take the place at which the expressions stand."""
        self.world = world

    def of(self, nodes: Iterable[Node]) -> bool:
        """Whether everything that some expressions read is known."""
        return all(self._of(node) for node in nodes)

    def of_records(
        self, members: Iterable[tuple[Truth, World]], where: Node | None, nodes: list[Node]
    ) -> bool:
        """Whether everything is known that is read of records and around them.

        Of a record that surely does not count nothing is read.
        """
        if not self.of(name for node in nodes for name in _around(node)):
            return False
        return all(
            belongs.must and isinstance(record, AtRecord) and Knowledge(record).of(nodes)
            for belongs, record in members
            if where is None or Evaluation(record).truth(where).may
        )

    def _of(self, node: Node) -> bool:
        match node:
            case Over(value=value, where=where):
                seen = self.world.records(node)
                inner = [part for part in (value, where) if part is not None]
                return seen.complete and self.of_records(seen.members, where, inner)
            case Name(inner=Node() as inner):
                return self._of(inner)
            case Name(kind="fact" | "field"):
                derived = self._worked_out(node)
                if derived is not None:
                    return derived
                survey = isinstance(node.type, Survey) and self.world.survey(node) == (0, 0)
                return survey or settled(self.world.value(node))
            case Name() | Reach():
                return settled(self.world.value(node))
        return self.of(children(node))

    def _worked_out(self, node: Name) -> bool | None:
        """Whether what a derived fact or field reads is known; None where it is not derived."""
        if node.kind == "field" and isinstance(self.world, AtRecord):
            row = self.world.row
            field = row.whole.book.registers[row.register].fields[node.name]
            return None if field.derived is None else self._of(field.derived)
        whole = self.world.whole
        derived = whole.book.facts[node.name].derived
        return None if derived is None else Knowledge(whole).of([derived])


def _around(node: Node) -> Iterator[Node]:
    """Yield what an expression at a record reads of what lies around the record."""
    root = node
    while isinstance(root, Reach):
        root = root.base
    if isinstance(root, Name) and root.inner is None:
        if root.kind != "field":
            yield node
    elif isinstance(root, Over):
        yield root
    else:
        for child in children(root):
            yield from _around(child)
