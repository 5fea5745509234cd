"""Whether there is evidence for something, and whether it is there."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar

from steelyard.expression.functions.function import Scalar, Slow, SqlWriting, Takes, Typing
from steelyard.expression.lines import Emitting, Sides
from steelyard.expression.ranges import is_ratio
from steelyard.expression.tree import Call, Name, Node, Reach
from steelyard.expression.types import Boolean, ranged
from steelyard.expression.values import SURELY, UNKNOWN, Bounds, Truth
from steelyard.messages import Title

if TYPE_CHECKING:
    from steelyard.expression import scaled


class _Presence(Scalar):
    """A condition on what is shown of a fact or field, whatever its value."""

    takes: ClassVar[tuple[Takes, ...]] = ("named",)
    least: ClassVar[int] = 1
    most: ClassVar[int] = 1

    def typed(self, arguments: Sequence[Node]) -> Typing:
        return Typing(Boolean())

    def may_be_undefined(self, node: Call) -> bool:
        return False

    @abstractmethod
    def slow(self, node: Call, evaluation: Slow) -> Truth:
        """Return whether it must hold and may."""

    @abstractmethod
    def compiled(self, node: Call, writer: Emitting) -> Sides:
        """Write whether it must hold and may."""

    @abstractmethod
    def sql(self, node: Call, writer: SqlWriting) -> scaled.Sides:
        """Return whether it must hold and may."""


class Known(_Presence):
    """Whether there is evidence."""

    name: ClassVar[str] = "known"
    words: ClassVar[Title] = Title("{0}已有佐证", "{0} is known")

    def slow(self, node: Call, evaluation: Slow) -> Truth:
        return _shown(node, evaluation)

    def compiled(self, node: Call, writer: Emitting) -> Sides:
        return _known(node, writer)

    def sql(self, node: Call, writer: SqlWriting) -> scaled.Sides:
        return _known_sql(node, writer)


class Given(_Presence):
    """Whether there is evidence, and a value."""

    name: ClassVar[str] = "given"
    words: ClassVar[Title] = Title("有{0}", "{0} is given")
    contrary: ClassVar[Title | None] = Title("无{0}", "no {0}")

    def slow(self, node: Call, evaluation: Slow) -> Truth:
        item = node.arguments[0]
        shown = _shown(node, evaluation)
        value = evaluation.apart().read(item)
        none = value.none if isinstance(value, Bounds) else value is UNKNOWN and item.nullable
        return Truth(shown.must and value is not None and not none, value is not None)

    def compiled(self, node: Call, writer: Emitting) -> Sides:
        item, known = node.arguments[0], _known(node, writer)
        if not item.nullable:
            return known
        if isinstance(item.type, Boolean):
            there = f"{writer.sides(item).must} is not None"
            return Sides(f"({known.must} and {there})", f"({there})")
        if ranged(item.type) is None:
            word = writer.word(item)
            return Sides(
                f"({known.must} and {word} is not None and {word} is not UNKNOWN)",
                f"({word} is not None)",
            )
        flags = list(writer.flags)
        found = writer.ratio(item) if is_ratio(item) else writer.span(item)
        # Whether there is a value at all does not hang on what it would be.
        writer.flags = flags
        sure = f" and not {found.none}" if found.none else ""
        return Sides(
            f"({known.must} and {found[0]} is not None{sure})", f"({found[0]} is not None)"
        )

    def sql(self, node: Call, writer: SqlWriting) -> scaled.Sides:
        from steelyard.expression.scaled import NO, Sides

        item, known = node.arguments[0], _known_sql(node, writer)
        if not item.nullable:
            return known
        if isinstance(item.type, Boolean):
            there = ~(writer.sides(item).none or NO)
            return Sides(known.must & there, there)
        if ranged(item.type) is None:
            said = writer.said(item)
            return Sides(known.must & ~said.none & ~said.unknown, ~said.none)
        flags = list(writer.flags)
        found = writer.ratio(item) if is_ratio(item) else writer.span(item)
        # Whether there is a value at all does not hang on what it would be.
        writer.flags = flags
        there = found[0].there
        return Sides(known.must & there & ~(found.none or NO), there)


def _shown(node: Call, evaluation: Slow) -> Truth:
    item = node.arguments[0]
    # `not in` asks of any value that there is one.
    return evaluation.world.shown(item) if isinstance(item, (Name, Reach)) else SURELY


def _known(node: Call, writer: Emitting) -> Sides:
    item = node.arguments[0]
    return writer.names.known(item) if isinstance(item, (Name, Reach)) else Sides("True", "True")


def _known_sql(node: Call, writer: SqlWriting) -> scaled.Sides:
    from steelyard.expression.scaled import YES, Sides

    item = node.arguments[0]
    return writer.names.known(item) if isinstance(item, (Name, Reach)) else Sides(YES, YES)
