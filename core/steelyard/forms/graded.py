"""An assessor's grade: points for each of a fact's options."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Self

from steelyard.errors import nearest
from steelyard.expression.tree import Choose, Compare, Literal, Name, Node
from steelyard.expression.types import Boolean, Choice
from steelyard.forms.form import Differences, Draft, Form, Lowered, Lowering, Teller, Words
from steelyard.forms.phrases import MEASURES, WAS, listed, told
from steelyard.messages import Language, Title

if TYPE_CHECKING:
    from pydantic import BaseModel


@dataclass(frozen=True, slots=True)
class Graded(Form):
    """A fact with listed options, and the points of each in units of the book's decimals."""

    fact: Node
    points: Mapping[str, int]
    key: ClassVar[str] = "graded"
    title: ClassVar[Title] = Title("评级", "graded")
    scaled: ClassVar[bool] = True

    @classmethod
    def keys(cls) -> type[BaseModel]:
        """Return the model of `graded`; its points stand under `points`."""
        from pydantic import Field

        from steelyard.forms.entries import Expression, FormKeys

        class Keys(FormKeys):
            graded: Annotated[
                Expression | None,
                Field(description="填写评定等级的事实 | the fact that holds an assessor's grade"),
            ] = None

        return Keys

    @classmethod
    def mark(cls, entry: Any, draft: Draft) -> int:
        """Return the largest figure."""
        if not isinstance(entry.points, dict):
            draft.add(f"{draft.place}.points",
                      "`graded` wants points for each grade, such as "
                      "{{A: 10, B: 6, C: 0}}")  # fmt: skip
            return 0
        place = f"{draft.place}.points"
        return max((draft.units(value, place) for value in entry.points.values()), default=0)

    @classmethod
    def read(cls, entry: Any, draft: Draft) -> Self | None:
        """Return the form; every option of the fact has its points, and nothing else has."""
        node = draft.node(entry.graded or "", f"{draft.place}.graded")
        if node is None:
            return None
        points = entry.points if isinstance(entry.points, dict) else {}
        place = f"{draft.place}.points"
        if not isinstance(node, Name) or node.kind != "fact" or not isinstance(node.type, Choice):
            draft.add(
                f"{draft.place}.graded",
                "`{text}` is not a fact with listed values",
                text=entry.graded,
            )
            return None
        options = node.type.options
        for option in points:
            if option not in options:
                draft.add(place, "`{option}` is not one of {options}", nearest(option, options),
                          option=option, options=tuple(options))  # fmt: skip
        for option in options:
            if option not in points and isinstance(entry.points, dict):
                draft.add(place, "says nothing of `{option}`", option=option)
        return cls(node, {option: draft.units(value, place) for option, value in points.items()})

    def lower(self, context: Lowering) -> Lowered:
        """Return a choice by option; an ordered fact is asked from its highest option down."""
        kind = self.fact.type
        assert isinstance(kind, Choice)  # noqa: S101  # `read` saw to it
        ordered = kind.ordered
        order = list(reversed(kind.options)) if ordered else list(kind.options)
        # Where there always is an option, the last need not be asked for.
        last = 0 if self.fact.nullable and not ordered else self.points[order.pop()]
        node: Node = context.points(last)
        for option in reversed(order):
            edge = Literal(type=kind, value=option)
            if ordered:
                reached = context.reached(self.fact, ">=", edge)
            else:
                reached = Compare(type=Boolean(), op="==", left=self.fact, right=edge)
            node = Choose(
                type=context.type, condition=reached,
                then=context.points(self.points[option]), otherwise=node,
            )  # fmt: skip
        return Lowered(context.there(self.fact, node) if ordered else node)

    def asks(self, words: Words) -> Title:
        """Return the fact and the points of each option."""
        grades = listed(f"{one} {words.points(units)}" for one, units in self.points.items())
        return told(Title("按“{fact}”评定：{grades}", "graded by “{fact}”: {grades}"),
                    fact=words.prose(self.fact), grades=grades)  # fmt: skip

    def because(self, teller: Teller, language: Language) -> str:
        """Return the grade that was given."""
        zh = language == "zh"
        name = self.fact.name if isinstance(self.fact, Name) else ""
        given, title = teller.given(name), teller.title(name).of(language)
        missing = given is None or (given.word is None and given.low is None)
        if missing or given.low != given.high:
            return f"{title}：尚未评定" if zh else f"{title}: not graded yet"
        if given.low is None and not isinstance(given.word, str):
            return f"{title}：佐证不一致" if zh else f"{title}: the evidence disagrees"
        options = getattr(self.fact.type, "options", ("",))
        option = str(given.word) if given.low is None else options[given.low]
        said = teller.option(name, option).of(language)
        return f"{title}：{said}" if zh else f"{title}: {said}"

    def changes(self, new: Self, notes: Differences) -> Iterator[Any]:
        """Yield the changes of the fact and of the points."""
        yield from notes.node("condition", self.fact, new.fact, MEASURES)
        worth = [
            {option: words.points(units) for option, units in part.points.items()}
            for words, part in ((notes.old, self), (notes.new, new))
        ]
        if worth[0] != worth[1]:
            said = [listed(f"{option} {units}" for option, units in each.items()) for each in worth]
            yield notes.differ("thresholds", "grades", said[0], said[1], WAS)
