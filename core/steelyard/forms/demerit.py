"""Points lost per matching record, down to 0."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Self

from steelyard.errors import nearest
from steelyard.expression.prose import uncapped
from steelyard.expression.tree import Arithmetic, Call, Choose, Node, Over, walk
from steelyard.expression.types import MOST, Number, fits, ranged, rescale
from steelyard.forms.form import Differences, Draft, Form, Lowered, Lowering, Teller, Words
from steelyard.forms.phrases import told
from steelyard.messages import Language, Title

if TYPE_CHECKING:
    from pydantic import BaseModel


@dataclass(frozen=True, slots=True)
class Demerit(Form):
    """Starts at its points and loses `each` (in points) for every record that matches."""

    register: str
    where: Node | None
    each: Node
    key: ClassVar[str] = "demerit"
    title: ClassVar[Title] = Title("扣分", "demerit")
    scaled: ClassVar[bool] = True

    @classmethod
    def keys(cls) -> type[BaseModel]:
        """Return the model of `demerit`."""
        from pydantic import Field

        from steelyard.forms.entries import Expression, FormKeys, Strict, Word

        class DemeritEntry(Strict):
            """Loses `each` points for every matching record of a register."""

            over: Annotated[Word, Field(description="逐条扣分的台账 | the register gone through")]
            when: Expression | None = None
            each: Annotated[
                Expression, Field(description="每条扣的分值 | the points that each record costs")
            ]

        class Keys(FormKeys):
            demerit: Annotated[
                DemeritEntry | None,
                Field(description="每条符合的记录扣多少 | what each matching record costs"),
            ] = None

        return Keys

    @classmethod
    def read(cls, entry: Any, draft: Draft) -> Self | None:
        """Return the form; nothing is won by a breach, and each record is looked at alone."""
        said, place = entry.demerit, f"{draft.place}.demerit"
        if said.over not in draft.registers:
            draft.add(f"{place}.over", "unknown register `{name}`",
                      nearest(said.over, draft.registers), name=said.over)  # fmt: skip
            return None
        where = draft.condition(said.when, f"{place}.when", record=said.over)
        each = draft.quantity(said.each, f"{place}.each", record=said.over)
        if each is None or (said.when is not None and where is None):
            return None
        for node in (part for part in (where, each) if part is not None):
            if any(isinstance(part, Over) for part in walk(node)):
                draft.add(place, "looks at other records; a demerit looks at each record alone")
        kind = ranged(each.type)
        low, high = (kind.low, kind.high) if isinstance(kind, Number) else (0, 0)
        if low < 0:
            draft.add(f"{place}.each", "`{text}` could be less than 0, and nothing is "
                                       "won by a breach",
                      text=said.each)  # fmt: skip
        elif not fits(high * MOST * 10**12):
            draft.add(f"{place}.each", "`{text}` could need more than 38 digits; give its fields a "
                                       "min and a max",
                      text=said.each)  # fmt: skip
        return cls(said.over, where, each)

    def lower(self, context: Lowering) -> Lowered:
        """Return what is left of the points after the total lost; a bonus must be claimed."""
        kind = ranged(self.each.type)
        scale, high = (kind.scale, kind.high) if isinstance(kind, Number) else (0, 0)
        lost = Over(
            type=Number(scale, 0, high * MOST), function="total", register=self.register,
            value=self.each, where=self.where, claimed=context.claimed, listed=True,
        )  # fmt: skip
        whole = context.points(context.full)
        most = rescale(high * MOST, scale, context.scale)
        left = Arithmetic(
            type=Number(context.scale, context.type.high - most, context.type.high),
            op="-", left=whole, right=lost,
        )  # fmt: skip
        kept: Node = Call(type=context.type, function="max", arguments=(left, context.points(0)))
        if context.claimed:
            kept = Choose(
                type=context.type, condition=context.given(self.register),
                then=kept, otherwise=context.points(0),
            )  # fmt: skip
        return Lowered(kept)

    def asks(self, words: Words) -> Title:
        """Return what each record costs, and which records."""
        template = Title(
            "“{register}”扣分，每条扣“{each}”：{where}",
            "loses “{each}” for each of “{register}”: {where}",
        )
        every = Title("每一条", "every one")
        return told(template, register=words.register(self.register),
                    each=words.prose(self.each, self.register),
                    where=words.prose(self.where, self.register) or every)  # fmt: skip

    def because(self, teller: Teller, language: Language) -> str:
        """Return how many records match, and whether the register is complete."""
        zh = language == "zh"
        register = teller.words.register(self.register)
        word = register.zh if zh else uncapped(register.en)
        hits = len(teller.records)
        sure = hits
        if self.where is not None and hits:
            sure = teller.count(self.register, self.where, teller.records)
        perhaps = hits - sure
        if self.where is None:
            shown = sure or "no"
            said = (f"有{sure}条{word}" if sure else f"没有{word}") if zh else f"{shown} {word}"
        else:
            said = self._matching(teller, language, word, (sure, perhaps))
        if not teller.complete(self.register):
            said += "；台账尚未完整" if zh else "; the register is not complete"
        return said

    def _matching(
        self, teller: Teller, language: Language, word: str, count: tuple[int, int]
    ) -> str:
        assert self.where is not None  # noqa: S101  # asked before
        sure, perhaps = count
        where = teller.phrase(self.where, language, self.register)
        if language == "zh":
            found = (
                f"有{sure}条{word}符合" if sure
                else f"没有查明符合的{word}" if perhaps else f"没有符合的{word}"
            )  # fmt: skip
            return f"{found}：{where}" + (f"；另有{perhaps}条可能符合" if perhaps else "")
        found = f"1 of the {word} matches" if sure == 1 else f"{sure or 'no'} {word} match"
        return f"{found}: {where}" + (f"; {perhaps} more may match" if perhaps else "")

    def changes(self, new: Self, notes: Differences) -> Iterator[Any]:
        """Yield the changes of what each record costs, and of which records do."""
        if self.register != new.register:
            yield notes.asks()
            return
        each = Title(
            "{rule}：每条扣“{new}”（原扣“{old}”）", "{rule}: each costs “{new}”, was “{old}”"
        )
        yield from notes.node(
            "each", self.each, new.each, each, register=self.register, group="thresholds"
        )
        where = Title(
            "{rule}：扣分条件为“{new}”（原为“{old}”）",
            "{rule}: costs points when “{new}”, was “{old}”",
        )
        yield from notes.node("condition", self.where, new.where, where, register=self.register)
