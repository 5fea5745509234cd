"""All or nothing: `requires: EXPR`."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Self

from steelyard.expression.tree import Choose, Node
from steelyard.forms.form import Differences, Draft, Form, Lowered, Lowering, Teller, Words
from steelyard.forms.phrases import ASKS
from steelyard.messages import Language, Title

if TYPE_CHECKING:
    from pydantic import BaseModel


@dataclass(frozen=True, slots=True)
class Requires(Form):
    """A condition that earns all of the points, or none."""

    condition: Node
    key: ClassVar[str] = "requires"
    title: ClassVar[Title] = Title("达标", "requires")
    surveys: ClassVar[bool] = True

    @classmethod
    def keys(cls) -> type[BaseModel]:
        """Return the model of `requires`."""
        from pydantic import Field

        from steelyard.forms.entries import Expression, FormKeys

        class Keys(FormKeys):
            requires: Annotated[
                Expression | None,
                Field(description="条件：满足得满分，否则零分 | the condition: all or nothing"),
            ] = None

        return Keys

    @classmethod
    def read(cls, entry: Any, draft: Draft) -> Self | None:
        """Return the form, its comparisons of surveys confident where the rule asks so."""
        node = draft.condition(entry.requires, f"{draft.place}.requires")
        z_squared = draft.z_squared()
        if node is not None and z_squared:
            node = draft.confident(node, z_squared)
        return None if node is None else cls(node)

    def lower(self, context: Lowering) -> Lowered:
        """Return full points where the condition holds, else 0."""
        return Lowered(Choose(
            type=context.type, condition=self.condition,
            then=context.points(context.full), otherwise=context.points(0),
        ))  # fmt: skip

    def asks(self, words: Words) -> Title:
        """Return the condition in words."""
        return words.prose(self.condition) or Title("", "")

    def because(self, teller: Teller, language: Language) -> str:
        """Return the parts of the condition that decide it, with their values."""
        return teller.condition(self.condition, language)

    def changes(self, new: Self, notes: Differences) -> Iterator[Any]:
        """Yield the changes of the condition."""
        yield from notes.node("condition", self.condition, new.condition, ASKS)
