"""Who reads the report of a comparison: the language, how many units a table takes, and in which
order they stand.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from decimal import Decimal
from functools import cached_property

from steelyard.comparison.attainment import PLACES
from steelyard.comparison.comparison import Comparison
from steelyard.expression.types import decimal_of
from steelyard.messages import Language
from steelyard.report.page import Block, Paragraph, Span, in_line, number_in
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
        """How many units, sectors and books there are, and how many units are ranked and apart."""
        heads = self.found.now.table.heads
        away = len(self.found.apart.unranked)
        return {
            "units": len(set(heads.unit)),
            "sectors": len(set(heads.sector)),
            "books": len(self.found.now.spreads),
            "ranked": len(heads.unit) - away if self.found.ranking is not None else 0,
            "apart": away,
        }

    @cached_property
    def order(self) -> list[int]:
        """The rows to show: by rank, then by unit; where there is no ranking, by unit."""
        ranking = self.found.ranking
        if ranking is None:
            return [int(row) for row in self.found.apart.peers.tolist()]
        ranks = ranking.rank.tolist()
        return [
            int(ranking.rows[place])
            for place in sorted(range(len(ranks)), key=lambda place: ranks[place])
        ]

    @cached_property
    def _named(self) -> Mapping[str, int]:
        """How many units bear each name."""
        heads = self.found.now.table.heads
        return Counter(name for _, name in set(zip(heads.unit, heads.name, strict=True)))

    @cached_property
    def _titles(self) -> Mapping[str, str]:
        """The title of each book by its id; the id itself where two books bear one title."""
        titles = {one.book: self.of(one.title) for one in self.found.now.spreads}
        counts = Counter(titles.values())
        return {
            book: title if title and counts[title] == 1 else book for book, title in titles.items()
        }

    def unit(self, row: int) -> str:
        """Return a unit's name, and its id on a line below."""
        heads = self.found.now.table.heads
        name, unit = heads.name[row].strip(), heads.unit[row]
        return f"{name}\n{unit}" if name and name != unit else unit

    def label(self, row: int) -> str:
        """Return a unit by what people know it by, its name; its id where it has none, or shares it
        with another.
        """
        heads = self.found.now.table.heads
        name = in_line(heads.name[row])
        return name if name and self._named[heads.name[row]] == 1 else heads.unit[row]

    def book(self, row: int) -> str:
        """Return the title of a row's book."""
        return self.group(self.found.now.table.heads.book[row])

    def group(self, name: str) -> str:
        """Return what a group of peers is called: the title of a book, or the name of a sector."""
        return self._titles.get(name, name)

    def drawn(self, count: int, most: int = DRAWN) -> list[Block]:
        """State how many units a chart shows, where it does not show all."""
        if count <= most:
            return []
        return [
            Paragraph(
                self.say("The chart shows the first {drawn} of {count} units.").format(
                    drawn=most, count=count
                ),
                "note",
            )
        ]

    def more(self, count: int) -> list[Block]:
        """State how many rows a table leaves out."""
        if count <= self.most:
            return []
        said = self.say(
            "{count} more units stand in the JSON of this comparison (`steelyard compare --format json`)."
        )
        return [Paragraph(said.format(count=count - self.most), "note")]


def per_cent(part: Decimal) -> str:
    """Return a share that somebody set, such as 0.6, in per cent with all its places."""
    return number_in(part, "percent", max(-int((part * 100).normalize().as_tuple().exponent), 0))


def share(units: int) -> Decimal:
    """Return millionths as a share."""
    return decimal_of(int(units), PLACES)


def shares(low: int, high: int) -> Span | None:
    """Return two ends in millionths as shares; None where there is no value."""
    return None if low < 0 else Span(share(low), share(high))
