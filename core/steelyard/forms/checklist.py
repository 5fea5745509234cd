"""What an assessor ticks: points shared over the items that apply."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Self

from steelyard.expression.tree import Mean, Not, Part
from steelyard.expression.types import Boolean
from steelyard.forms.form import (
    Differences,
    Draft,
    Form,
    FormFact,
    Item,
    Lowered,
    Lowering,
    Teller,
    Words,
)
from steelyard.forms.phrases import few, titled
from steelyard.messages import Language, Title, in_english

if TYPE_CHECKING:
    from pydantic import BaseModel


@dataclass(frozen=True, slots=True)
class Checklist(Form):
    """Items that are ticked yes, no or not applicable."""

    lines: tuple[Item, ...]
    key: ClassVar[str] = "checklist"
    by_ticks: ClassVar[bool] = True
    title: ClassVar[Title] = Title("清单", "checklist")

    @classmethod
    def keys(cls) -> type[BaseModel]:
        """Return the model of `checklist`."""
        from pydantic import Field

        from steelyard.forms.entries import FormKeys, ItemEntry

        class Keys(FormKeys):
            checklist: Annotated[
                Annotated[list[ItemEntry], Field(min_length=1)] | None,
                Field(description="逐项核对的清单 | the items that an assessor ticks"),
            ] = None

        return Keys

    @classmethod
    def read(cls, entry: Any, draft: Draft) -> Self:
        """Return the form; `when_undefined` does not go with it, since nothing is divided."""
        if entry.when_undefined:
            draft.add(f"{draft.place}.when_undefined", "does not go with `{form}`", form=cls.key)
        return cls(tuple(
            Item(one.id, titled(one.title, one.id), one.weight,
                 # Where its tick tells a fault of it too, so that it is told once.
                 draft.cites(one.cites, f"{draft.place}.{one.id}"), one.method, one.responsible)
            for one in entry.checklist or ()
        ))  # fmt: skip

    @classmethod
    def brings(cls, entry: Any) -> Iterable[FormFact]:
        """Return one tick for each item."""
        return [FormFact.tick(one) for one in entry.checklist or ()]

    def lower(self, context: Lowering) -> Lowered:
        """Return the mean over the items that apply; it is asked where one of them is."""
        mean = Mean(
            type=context.type, full=context.full, full_scale=context.decimals,
            parts=tuple(
                Part(
                    context.choose(
                        context.met(one.id), context.number(one.weight), context.number(0)
                    ),
                    one.weight,
                    Not(type=Boolean(), item=context.out(one.id)),
                )
                for one in self.lines
            ),
        )  # fmt: skip
        return Lowered(mean, applies=context.asked(mean))

    def asks(self, words: Words) -> Title:  # noqa: ARG002  # it counts, and names nothing
        """Return how many items there are."""
        count = len(self.lines)
        return Title(f"检查表，{count} 项", f"a checklist of {in_english(count, 'item')}")

    def because(self, teller: Teller, language: Language) -> str:
        """Return how many items are met, and which are not, are open, or do not apply."""
        zh = language == "zh"
        ticks: dict[str, list[Item]] = {"yes": [], "no": [], "na": [], "": []}
        open_ = "no" if teller.claimed else ""
        for item in self.lines:
            given = teller.given(item.id)
            word = given.word if given is not None and isinstance(given.word, str) else open_
            ticks[word].append(item)
        asked = len(self.lines) - len(ticks["na"])
        met = len(ticks["yes"])
        parts = [f"{asked}项中达到{met}项" if zh else f"{met} of {asked} items met"]
        if ticks["no"]:
            parts.append(
                ("未达到：" if zh else "not met: ") + few(_titles(ticks["no"], language), language)
            )
        if ticks[""]:
            said = "尚缺佐证：" if zh else "still to be shown: "
            parts.append(said + few(_titles(ticks[""], language), language))
        if ticks["na"]:
            count = len(ticks["na"])
            parts.append(f"不适用{count}项" if zh else f"{count} not applicable")
        return ("；" if zh else "; ").join(parts)

    def changes(self, new: Self, notes: Differences) -> Iterator[Any]:  # noqa: ARG002
        """Yield nothing: items are told one by one, since they move between rules."""
        return iter(())

    @property
    def items(self) -> tuple[Item, ...]:
        """The lines of the checklist."""
        return self.lines


def _titles(items: Iterable[Item], language: Language) -> list[str]:
    return [item.title.of(language) for item in items]
