"""A rate times the points."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Self

from steelyard.expression.tree import Compare, Node, Portion
from steelyard.expression.types import Boolean
from steelyard.forms.form import Differences, Draft, Form, Lowered, Lowering, Teller, Words
from steelyard.forms.phrases import MEASURES, told
from steelyard.messages import Language, Title

if TYPE_CHECKING:
    from pydantic import BaseModel


@dataclass(frozen=True, slots=True)
class Proportional(Form):
    """A rate, held to 0..1."""

    rate: Node
    key: ClassVar[str] = "proportional"
    title: ClassVar[Title] = Title("比例", "proportional")

    @classmethod
    def keys(cls) -> type[BaseModel]:
        """Return the model of `proportional`."""
        from pydantic import Field

        from steelyard.forms.entries import Expression, FormKeys

        class Keys(FormKeys):
            proportional: Annotated[
                Expression | None, Field(description="比率，乘以分值 | a rate, times the points")
            ] = None

        return Keys

    @classmethod
    def read(cls, entry: Any, draft: Draft) -> Self | None:
        """Return the form."""
        rate = draft.quantity(entry.proportional or "", f"{draft.place}.proportional")
        return None if rate is None else cls(rate)

    def lower(self, context: Lowering) -> Lowered:
        """Return the portion; it is whole only where the exact rate is at least 1."""
        one = context.number(1)
        whole = Compare(type=Boolean(), op=">=", left=self.rate, right=one)
        portion = Portion(
            type=context.type, rate=self.rate, full=context.full, full_scale=context.decimals
        )
        return Lowered(portion, whole=whole)

    def asks(self, words: Words) -> Title:
        """Return the rate in words."""
        template = Title("按“{rate}”的比例得分", "points in proportion to “{rate}”")
        return told(template, rate=words.prose(self.rate))

    def because(self, teller: Teller, language: Language) -> str:
        """Return the rate."""
        return teller.valued(self.rate, language, rate=True)

    def changes(self, new: Self, notes: Differences) -> Iterator[Any]:
        """Yield the changes of the rate."""
        yield from notes.node("condition", self.rate, new.rate, MEASURES)
