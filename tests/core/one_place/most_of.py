"""A form that the core does not have: the best k of n items count."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar, Self

from steelyard import (
    Draft,
    Form,
    FormFact,
    FormKeys,
    Item,
    Language,
    Lowered,
    Lowering,
    Teller,
    Title,
    Words,
)


@dataclass(frozen=True, slots=True)
class MostOf(Form):
    """Items of which so many are enough for all points."""

    best: int
    lines: tuple[Item, ...]
    key: ClassVar[str] = "most_of"
    title: ClassVar[Title] = Title("择优计分", "the best of several")

    @classmethod
    def keys(cls) -> type[FormKeys]:
        """Return the model of `most_of`."""
        from pydantic import Field

        from steelyard import ItemEntry

        class MostOfEntry(FormKeys):
            """How many items are enough, and which there are."""

            best: Annotated[int, Field(ge=1)]
            of: Annotated[list[ItemEntry], Field(min_length=1)]

        class Keys(FormKeys):
            most_of: MostOfEntry | None = None

        return Keys

    @classmethod
    def read(cls, entry: Any, draft: Draft) -> Self | None:
        """Return the form; more than there are cannot be enough."""
        said = entry.most_of
        if said.best > len(said.of):
            place = f"{draft.place}.most_of.best"
            draft.add(place, "wants {count} of {items} items", count=said.best, items=len(said.of))
            return None
        lines = (
            Item(one.id, Title(one.title.zh, one.title.en) if one.title else Title(one.id, one.id),
                 1, draft.cites(one.cites, draft.place), one.method)
            for one in said.of
        )  # fmt: skip
        return cls(said.best, tuple(lines))

    @classmethod
    def brings(cls, entry: Any) -> Iterable[FormFact]:
        """Return one tick for each item."""
        return [FormFact.tick(one) for one in entry.most_of.of]

    def lower(self, context: Lowering) -> Lowered:
        """Return full points where enough items are met, else their part of them."""
        one, none = context.number(1), context.number(0)
        met = context.add(*(context.choose(context.met(i.id), one, none) for i in self.lines))
        enough = context.number(self.best)
        return Lowered(context.portion(context.divide(context.least(met, enough), enough)))

    def asks(self, words: Words) -> Title:
        """Return how many of how many items are enough."""
        count = len(self.lines)
        return Title(f"{count}项中取最好的{self.best}项", f"the best {self.best} of {count} items")

    def because(self, teller: Teller, language: Language) -> str:
        """Return how many items are met, and how many are enough."""
        words = [teller.given(one.id) for one in self.lines]
        met = sum(one is not None and one.word == "yes" for one in words)
        if language == "zh":
            return f"达到{met}项，{self.best}项即得满分"
        return f"{met} met, {self.best} are enough"

    @property
    def items(self) -> tuple[Item, ...]:
        """The items."""
        return self.lines
