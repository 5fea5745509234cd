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
from steelyard.errors import Fault, Plural
from steelyard.expression.types import decimal_of, number_text
from steelyard.messages import Language, Title
from steelyard.report.page import Block, Paragraph, Span, in_line, number_in
from steelyard.report.phrases import Phrases

DRAWN = 40
"""How many units a chart takes at most; its table has more."""
_LONGEST = 80


class Comparing(Phrases):
    """Phrases about one comparison; rows are places in its table.

    A `terse` report says what fits a terminal, and calls units and books by their ids.
    """

    def __init__(
        self, found: Comparison, language: Language, most: int, *, terse: bool = False
    ) -> None:
        """Take the comparison, the language, how many units a table takes, and whether the report
        is terse.
        """
        super().__init__(language)
        self.found = found
        self.most = most
        self.terse = terse

    @cached_property
    def counts(self) -> dict[str, int]:
        """How many units, sectors and books there are, and how many units are ranked and apart."""
        heads = self.found.now.table.heads
        away = len(self.found.apart.unranked)
        return {
            "units": len(set(self.found.now.table.units)),
            "sectors": len(set(heads.sector)),
            "books": len(self.found.now.spreads),
            "rankable": len(heads.unit) - away,
            "ranked": len(heads.unit) - away if self.found.ranking is not None else 0,
            "apart": away,
        }

    @property
    def counted(self) -> dict[str, str]:
        """How many units, sectors and books there are, in words."""
        say = self.say
        words = {
            "units": say(Plural("{count} unit", "{count} units")),
            "sectors": say(Plural("{count} sector", "{count} sectors")),
            "books": say(Plural("{count} book", "{count} books")),
        }
        return {name: word.format(count=self.counts[name]) for name, word in words.items()}

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
        table = self.found.now.table
        return Counter(name for _, name in set(zip(table.units, table.heads.name, strict=True)))

    @cached_property
    def _titles(self) -> Mapping[str, str]:
        """The title of each book by its id; the id itself where two books bear one title."""
        titles = {one.book: self.of(one.title) for one in self.found.now.spreads}
        counts = Counter(titles.values())
        return {
            book: title if title and counts[title] == 1 else book for book, title in titles.items()
        }

    def unit(self, row: int) -> str:
        """Return a unit's name, and its id on a line below; a terse report has the id first."""
        table = self.found.now.table
        name, unit = table.heads.name[row].strip(), str(table.units[row])
        if self.terse:
            return in_line(f"{unit} {name}", _LONGEST)
        return f"{name}\n{unit}" if name and name != unit else unit

    def short(self, row: int) -> str:
        """Return a unit for a table of many columns: where the report is terse, its id alone."""
        unit = str(self.found.now.table.units[row])
        return in_line(unit, _LONGEST) if self.terse else self.unit(row)

    def doubt(self, row: int) -> str:
        """Return the mark of a unit that may be vetoed."""
        return " *" if self.found.now.table.heads.veto[row] == "possible" else ""

    def score(self, row: int) -> str:
        """Return a unit's score in points of its book, and their full number."""
        table = self.found.now.table
        places = int(table.decimals[row])
        low, high, full = (number_text(int(one), places, places) for one in table.score[row])
        return f"{low if low == high else f'{low}–{high}'} / {full}"

    def graded(self, row: int) -> str:
        """Return a unit's grade by its title; by its id where the book is not at hand."""
        heads = self.found.now.table.heads
        titles = self._grades[heads.digest[row]]
        ends = []
        for grade in (heads.grade_low[row], heads.grade_high[row]):
            title = titles.get(grade)
            vetoed = grade == "vetoed"
            ends.append(
                self.say("vetoed") if vetoed else grade if title is None else self.of(title)
            )
        return ends[0] if ends[0] == ends[1] else " … ".join(ends)

    @cached_property
    def _grades(self) -> Mapping[str, Mapping[str, Title]]:
        return {one.digest: one.grades for one in self.found.now.spreads}

    def label(self, row: int) -> str:
        """Return a unit by what people know it by, its name; its id where it has none, or shares it
        with another.
        """
        table = self.found.now.table
        name = in_line(table.heads.name[row])
        alone = self._named[table.heads.name[row]] == 1
        return name if name and alone else str(table.units[row])

    def book(self, row: int) -> str:
        """Return the title of a row's book."""
        return self.group(self.found.now.table.heads.book[row])

    def group(self, name: str) -> str:
        """Return what a group of peers is called: the title of a book, or the name of a sector."""
        return name if self.terse else self._titles.get(name, name)

    def noted(self, note: Fault) -> str:
        """Return a note of the comparison as a sentence, in which books bear their titles."""
        books = note.values.get("books")
        named = {"books": tuple(map(self.group, books))} if isinstance(books, tuple) else {}
        return self.sentence(note._replace(values={**note.values, **named}).text(self.say))

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
        if self.terse:
            return [
                Paragraph(self.say("… and {count} more").format(count=count - self.most), "note")
            ]
        said = self.say(
            Plural(
                "{count} more unit stands in the JSON of this comparison "
                "(`steelyard compare --format json`).",
                "{count} more units stand in the JSON of this comparison "
                "(`steelyard compare --format json`).",
            )
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
