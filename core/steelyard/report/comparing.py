"""Who reads the report of a comparison: the language, how many units a table takes, and in which order they stand."""

from __future__ import annotations

from decimal import Decimal
from functools import cached_property

from steelyard.compare.attainment import PLACES
from steelyard.compare.comparison import Comparison
from steelyard.expression.types import decimal_of
from steelyard.messages import Language
from steelyard.report.page import Block, Paragraph, Span
from steelyard.report.phrases import Phrases

DRAWN = 40
"""How many units a chart takes at most; its table has more."""


class Comparing(Phrases):
    """Phrases about one comparison; rows are places in its table."""

    def __init__(self, found: Comparison, language: Language, most: int) -> None:
        """Take the comparison, the language, and how many units a table takes."""
        super().__init__(language)
        self.found = found
        self.most = most

    @cached_property
    def counts(self) -> dict[str, int]:
        """Give how many units, sectors and books there are, and how many units are ranked and apart."""
        heads = self.found.now.table.heads
        away = len(self.found.apart.unranked)
        return {
            "units": len(set(heads.unit)), "sectors": len(set(heads.sector)), "books": len(self.found.now.spreads),
            "ranked": len(heads.unit) - away if self.found.ranking is not None else 0, "apart": away,
        }  # fmt: skip

    @cached_property
    def order(self) -> list[int]:
        """Give the rows to show: by rank, then by unit; where there is no ranking, by unit."""
        ranking = self.found.ranking
        if ranking is None:
            return [int(row) for row in self.found.apart.peers.tolist()]
        ranks = ranking.rank.tolist()
        return [int(ranking.rows[place]) for place in sorted(range(len(ranks)), key=lambda place: ranks[place])]

    def unit(self, row: int) -> str:
        """Give a unit's id and name."""
        heads = self.found.now.table.heads
        return f"{heads.unit[row]} {heads.name[row]}".strip()

    def id(self, row: int) -> str:
        """Give a unit's id, which charts have room for."""
        return self.found.now.table.heads.unit[row]

    def book(self, row: int) -> str:
        """Give the id of a row's book."""
        return self.found.now.table.heads.book[row]

    def more(self, count: int) -> list[Block]:
        """Say how many rows a table leaves out."""
        if count <= self.most:
            return []
        said = self.say("{count} more units stand in the JSON of this comparison (`steelyard compare --format json`).")
        return [Paragraph(said.format(count=count - self.most), "note")]

    def sentence(self, text: str) -> str:
        """Give a remark as a sentence."""
        return text[:1].upper() + text[1:] + ("。" if self.language == "zh" else ".")


def share(units: int) -> Decimal:
    """Give millionths as a share."""
    return decimal_of(int(units), PLACES)


def shares(low: int, high: int) -> Span | None:
    """Give two ends in millionths as shares; None where there is no value."""
    return None if low < 0 else Span(share(low), share(high))
