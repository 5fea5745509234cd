"""Thresholds: the points of the highest band that a value reaches."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, NamedTuple, Self

from steelyard.expression.tree import Choose, Comparison, Literal, Name, Node
from steelyard.expression.types import Number, Survey, number_text, units_of
from steelyard.forms.form import Differences, Draft, Form, Lowered, Lowering, Teller, Words
from steelyard.forms.phrases import MEASURES, listed, percent, surely, told
from steelyard.messages import Language, Title

if TYPE_CHECKING:
    from pydantic import BaseModel

_MOST = Decimal(10) ** 12


class Band(NamedTuple):
    """A threshold in units of 10**-scale: from it on (or strictly above it) the points are
    earned.
    """

    threshold: int
    scale: int
    above: bool
    points: int


@dataclass(frozen=True, slots=True)
class Banded(Form):
    """Thresholds, lowest first; below them all nothing is earned.

    `confidence` is the square of the normal quantile in millionths, or 0.
    """

    value: Node
    bands: tuple[Band, ...]
    confidence: int = 0
    key: ClassVar[str] = "banded"
    title: ClassVar[Title] = Title("分档", "banded")
    scaled: ClassVar[bool] = True
    surveys: ClassVar[bool] = True

    @classmethod
    def keys(cls) -> type[BaseModel]:
        """Return the model of `banded` and `bands`."""
        from pydantic import Field

        from steelyard.forms.entries import Expression, FormKeys, PlainDecimal, Strict

        class BandEntry(Strict):
            """A threshold: its points are earned from it on (`at_least`) or above it (`above`)."""

            at_least: PlainDecimal | None = None
            above: Annotated[
                PlainDecimal | None, Field(description="分数线：高于 | above this, not at it")
            ] = None
            points: PlainDecimal

        class Keys(FormKeys):
            banded: Annotated[
                Expression | None,
                Field(
                    description="与各档比较的数值 | the value that is measured against the bands"
                ),
            ] = None
            bands: Annotated[
                Annotated[list[BandEntry], Field(min_length=1)] | None,
                Field(description="各档，从高到低 | the bands, the highest first"),
            ] = None

        return Keys

    @classmethod
    def mark(cls, entry: Any, draft: Draft) -> int:
        """Return the largest band's points."""
        if entry.points is not None:
            draft.add(f"{draft.place}.points", "bands carry their own points")
        place = f"{draft.place}.bands"
        return max((draft.units(band.points, place) for band in entry.bands or ()), default=0)

    @classmethod
    def read(cls, entry: Any, draft: Draft) -> Self | None:
        """Return the form, its bands from the lowest up."""
        node = draft.quantity(entry.banded or "", f"{draft.place}.banded")
        place = f"{draft.place}.bands"
        if not entry.bands:
            draft.add(draft.place, "`banded` wants `bands`")
            return None
        bands: list[Band] = []
        for band in entry.bands:
            if (band.at_least is None) == (band.above is None):
                draft.add(place, "a band has either `at_least` or `above`")
                continue
            edge: Decimal = band.at_least if band.at_least is not None else band.above
            scale = max(0, -int(edge.as_tuple().exponent))
            threshold = units_of(edge, scale)
            if scale > 6 or threshold is None or edge.copy_abs() > _MOST:
                draft.add(
                    place,
                    "`{text}` is larger, or has more decimals, than this number may have",
                    text=edge,
                )
                continue
            points = draft.units(band.points, place)
            bands.append(Band(threshold, scale, band.above is not None, points))
        bands.sort(key=_edge)
        if len({_edge(band) for band in bands}) != len(bands):
            draft.add(place, "two bands begin at one threshold")
        z_squared = draft.z_squared()
        if node is None:
            return None
        if z_squared and not (isinstance(node, Name) and isinstance(node.type, Survey)):
            draft.add(
                f"{draft.place}.confident", "`confident` wants a survey compared with a threshold"
            )
        return cls(node, tuple(bands), z_squared)

    def lower(self, context: Lowering) -> Lowered:
        """Return a choice that asks from the highest band down."""
        node: Node = context.points(0)
        for band in self.bands:
            kind = Number(band.scale, band.threshold, band.threshold)
            edge = Literal(type=kind, value=band.threshold)
            op: Comparison = ">" if band.above else ">="
            node = Choose(
                type=context.type,
                condition=context.reached(self.value, op, edge, self.confidence),
                then=context.points(band.points),
                otherwise=node,
            )
        return Lowered(context.there(self.value, node))

    def asks(self, words: Words) -> Title:
        """Return the value and its bands."""
        said = told(Title("“{value}”分档：{bands}", "“{value}” in bands: {bands}"),
                    value=words.prose(self.value), bands=listed(self._bands(words)))  # fmt: skip
        return surely(said, self.confidence)

    def _bands(self, words: Words) -> list[Title]:
        from steelyard.expression.prose import is_rate

        rate = is_rate(self.value.type)
        said = []
        for band in self.bands:
            shown = percent if rate else number_text
            edge, earned = shown(band.threshold, band.scale), words.points(band.points)
            said.append(
                Title(f"高于 {edge} 得 {earned}", f"above {edge}: {earned}") if band.above
                else Title(f"{edge} 起得 {earned}", f"from {edge}: {earned}")
            )  # fmt: skip
        return said

    def because(self, teller: Teller, language: Language) -> str:
        """Return the value."""
        return teller.valued(self.value, language)

    def changes(self, new: Self, notes: Differences) -> Iterator[Any]:
        """Yield the changes of the value, of the bands and of the confidence."""
        yield from notes.node("condition", self.value, new.value, MEASURES)
        was, now = self._bands(notes.old), new._bands(notes.new)
        if was != now:
            template = Title("{rule}分档：{new}（原 {old}）", "{rule}, bands: {new}; was {old}")
            yield notes.differ("thresholds", "bands", listed(was), listed(now), template)
        if self.confidence != new.confidence:
            yield notes.asks()


def _edge(band: Band) -> tuple[Decimal, bool]:
    return Decimal(band.threshold).scaleb(-band.scale), band.above
