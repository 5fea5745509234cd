"""Deliverables of a stage: done in their window, done late, not done."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Self

from steelyard.errors import nearest
from steelyard.expression.tree import Compare, Literal, Logic, Mean, Node, Not, Part
from steelyard.expression.types import SCALE_CAP, Boolean, Number, units_of
from steelyard.forms.form import Differences, Draft, Form, Lowered, Lowering, Teller, Words
from steelyard.forms.phrases import few, percent, told
from steelyard.messages import Language, Title

if TYPE_CHECKING:
    from pydantic import BaseModel

_HALF = Decimal("0.5")


@dataclass(frozen=True, slots=True)
class Staged(Form):
    """Deliverables in equal shares: in their window 1, late `late` (in millionths), not done 0."""

    stage: str
    late: int
    key: ClassVar[str] = "stage"
    title: ClassVar[Title] = Title("阶段", "stage")

    @classmethod
    def keys(cls) -> type[BaseModel]:
        """Return the model of `stage` and `late`."""
        from pydantic import Field

        from steelyard.forms.entries import FormKeys, PlainDecimal

        class Keys(FormKeys):
            stage: Annotated[
                str | None, Field(description="计其成果的阶段 | the stage whose deliverables count")
            ] = None
            late: Annotated[
                PlainDecimal | None,
                Field(description="逾期按几成计，默认一半 | what late is worth, half by default"),
            ] = None

        return Keys

    @classmethod
    def read(cls, entry: Any, draft: Draft) -> Self | None:
        """Return the form; late is worth half unless the rule says otherwise."""
        place = f"{draft.place}.stage"
        if entry.stage not in draft.stages:
            draft.add(
                place,
                "unknown stage `{id}`",
                nearest(entry.stage or "", draft.stages),
                id=entry.stage,
            )
            return None
        if not draft.stages[entry.stage].deliverables:
            draft.add(place, "stage `{id}` has no deliverables", id=entry.stage)
        late = _HALF if entry.late is None else entry.late
        units = units_of(late, SCALE_CAP) if 0 <= late <= 1 else None
        if units is None:
            draft.add(f"{draft.place}.late", "`{text}` is not a share between 0 and 1", text=late)
        return cls(entry.stage, units or 0)

    def lower(self, context: Lowering) -> Lowered:
        """Return the mean over the deliverables that are asked: done, or due."""
        mean = Mean(
            type=context.type, full=context.full, full_scale=context.decimals,
            parts=tuple(
                self._part(context, context.facts[one.id])
                for one in context.stages[self.stage].deliverables
            ),
        )  # fmt: skip
        return Lowered(mean, applies=context.asked(mean))

    def _part(self, context: Lowering, day: Node) -> Part:
        """Return a deliverable's part; while its window is open, it is asked only once it is
        done.
        """
        today, due = context.moment("as_of"), context.window(self.stage)
        pending = Compare(type=Boolean(), op="<", left=today, right=due)
        done = Compare(type=Boolean(), op="<=", left=day, right=today)
        after = Compare(type=Boolean(), op=">", left=day, right=due)
        one, late, none = (_share(units) for units in (10**SCALE_CAP, self.late, 0))
        timed = context.choose(after, late, one)
        shown = context.choose(done, timed, none)
        # What is asked while its window is open is done, and in time.
        earned = context.choose(pending, one, shown)
        closed = Not(type=Boolean(), item=pending)
        return Part(earned, 1, Logic(type=Boolean(), op="or", items=(done, closed)))

    def asks(self, words: Words) -> Title:
        """Return the stage, and what late is worth."""
        template = Title(
            "阶段“{stage}”的成果，逾期按 {late} 计",
            "what stage “{stage}” must bring, late at {late}",
        )
        return told(template, stage=words.stage(self.stage), late=percent(self.late))

    def because(self, teller: Teller, language: Language) -> str:
        """Return what was done in time, late, not at all, and what is open, with the days."""
        zh = language == "zh"
        due, today = teller.day(self.stage, "window"), teller.day("as_of")
        groups: dict[str, list[str]] = {"in time": [], "late": [], "not done": [], "open": []}
        for one in teller.deliverables(self.stage):
            days = _days(teller.given(one.id))
            name = one.title.of(language)
            if days is None or (days and due is not None and days[0] <= due < days[1]):
                groups["open"].append(name)
            elif not days or (today is not None and days[0] > today):
                groups["not done"].append(name)
            elif due is None or days[0] <= due:
                groups["in time"].append(name)
            else:
                done = date.fromordinal(days[0]).isoformat()
                groups["late"].append(
                    f"{name}（{done} 完成）" if zh else f"{name} (done on {done})"
                )
        total, timely = sum(len(names) for names in groups.values()), len(groups["in time"])
        parts = [f"{total}项中按期完成{timely}项" if zh else f"{timely} of {total} done in time"]
        for key, words in (
            ("late", ("逾期：", "late: ")),
            ("not done", ("未完成：", "not done: ")),
            ("open", ("尚缺佐证：", "still to be shown: ")),
        ):
            if groups[key]:
                parts.append(words[0 if zh else 1] + few(groups[key], language))
        if due is not None and timely < total:
            day = date.fromordinal(due).isoformat()
            parts.append(f"限期 {day}" if zh else f"due by {day}")
        return ("；" if zh else "; ").join(parts)

    def changes(self, new: Self, notes: Differences) -> Iterator[Any]:
        """Yield the changes of what late is worth, and of the stage."""
        if self.late != new.late:
            template = Title(
                "{rule}：逾期按 {new} 计（原 {old}）", "{rule}: late counts {new}, was {old}"
            )
            yield notes.differ(
                "thresholds", "late", percent(self.late), percent(new.late), template
            )
        if self.stage != new.stage:
            yield notes.asks()


def _days(given: Any) -> tuple[int, ...] | None:
    """Return the first and the last day that a thing was done on; none where it was not done, None
    where that is not known.
    """
    if given is None or given.word is not None:
        return None
    return () if given.low is None else (given.low, given.high)


def _share(units: int) -> Literal:
    return Literal(type=Number(SCALE_CAP, units, units), value=units)
