"""The book's share: what the ranking uses of each book, how its units stand on average, and how
much of the ranks the books explain.
"""

from __future__ import annotations

from decimal import Decimal

from steelyard.comparison.book_share import LARGE, BookPart, BookShare
from steelyard.errors import Plural
from steelyard.report.comparison.reader import Comparing
from steelyard.report.page import (
    Block,
    Cell,
    Column,
    Heading,
    Paragraph,
    Part,
    Row,
    Span,
    Table,
    number_in,
)


def shares(reader: Comparing) -> Part:
    """Return the share of the books in the ranking, and how its dimensions go together."""
    say, found = reader.say, reader.found.book_share
    blocks: list[Block] = []
    if found is not None and len(found.books) > 1:
        blocks += [] if reader.terse else told(reader)
        blocks.append(_table(reader, found))
        formula = say(
            "η² = Σ n·(mean rank of a book − mean rank)² / Σ (rank − mean rank)², the sum over "
            "books with n units over that of all units; ε² = η² − (1 − η²)·(k − 1) / (N − k) takes "
            "away what k books of N units explain by chance."
        )
        blocks.append(Paragraph(formula, "note"))
        if reader.terse:
            blocks = [_table(reader, found), *told(reader)]
    elif not reader.terse:
        blocks.append(Paragraph(say("One book alone is ranked: there is nothing to share.")))
    if not reader.terse:
        blocks += _together(reader)
    return Part("books", say("The book's share"), tuple(blocks))


def told(reader: Comparing) -> list[Block]:
    """State what the ranking rests on, with a warning where the books explain much of it."""
    say, found, ranking = reader.say, reader.found.book_share, reader.found.ranking
    if found is None or ranking is None:
        return []
    said = [
        say(
            Plural(
                "Ranked on {count} dimension: {dimensions}.",
                "Ranked on {count} dimensions: {dimensions}.",
            )
        ).format(
            count=len(ranking.dimensions),
            dimensions=reader.listed(map(reader.dimension, ranking.dimensions)),
        )
    ]
    used = [one.used for one in found.books if one.used is not None]
    if used:
        ends = [number_in(end, "percent", 0) for end in (min(used), max(used))]
        said.append(
            say("Of a book's points the ranking uses {least} to {most}.").format(
                least=ends[0], most=ends[1]
            )
            if ends[0] != ends[1]
            else say("Of every book's points the ranking uses {share}.").format(share=ends[0])
        )
    blocks: list[Block] = [Paragraph(" ".join(said) if reader.language == "en" else "".join(said))]
    eta, chance, explained = found.eta_squared, found.by_chance, found.explained
    if eta is None or chance is None or explained is None:
        return blocks
    figures = {
        "eta": number_in(eta, "percent", 1),
        "chance": number_in(chance, "percent", 1),
        "explained": number_in(explained, "percent", 1),
        "large": number_in(LARGE, "percent", 0),
    }
    spoken = say(
        "Between books lie {eta} of the variance of the ranks (η²); by chance alone it would be "
        "{chance}, and {explained} are left beyond chance (ε²)."
    )
    blocks.append(Paragraph(spoken.format(**figures)))
    if found.large:
        warning = say(
            "That is {large} or more: which book a unit is weighed by decides much of its rank. "
            "Look at its rank within its own book before it is praised or blamed."
        )
        blocks.append(Paragraph(warning.format(**figures), "warning"))
    return blocks


def _table(reader: Comparing, found: BookShare) -> Table:
    say, ranking = reader.say, reader.found.ranking
    dimensions = () if ranking is None else ranking.dimensions
    columns = [
        Column(say("Rule book"), width=26, brief=say("book")),
        Column(say("Units"), "count", 8, whole=True),
        Column(say("Mean rank"), "points", 10, 1, brief=say("mean rank"), whole=True),
        Column(say("Points used"), "percent", 10, 0, brief=say("points used, %"), blank="–"),
    ]
    columns += [
        Column(
            reader.dimension(name), "percent", 12, 0, brief=f"{reader.dimension(name)}, %",
            blank="–",
        )
        for name in dimensions
    ]  # fmt: skip
    title = say("Each book's mean on the dimensions compared")
    rows = [_row(reader, one) for one in found.books]
    table = Table.plain("book-means", title, columns, rows)
    return table._replace(kept=4, most=reader.most if reader.terse else 0)


def _row(reader: Comparing, one: BookPart) -> Row:
    means: list[Cell] = [Span(low, high) for low, high in one.means]
    return Row.of(reader.group(one.book), one.units, one.mean_rank, one.used, *means)


def _together(reader: Comparing) -> list[Block]:
    """Return how the dimensions of the ranking go together, the closest first."""
    say, found = reader.say, reader.found.correlations
    if not found:
        return []
    columns = (
        Column(say("Dimension"), width=30),
        Column(say("And dimension"), width=30),
        Column("r", "points", 12, 2, blank="–"),
        Column("n", "count", 12),
        Column(say("Rule books"), "count", 16),
    )
    order = sorted(found, key=lambda one: -abs(one.r) if one.r is not None else Decimal(1))
    rows = (
        Row.of(reader.dimension(one.one), reader.dimension(one.other), one.r, one.units, one.books)
        for one in order
    )
    note = say(
        "Pearson's r of the middles of the attainments, each taken from the mean of its book; n "
        "units have both. Two dimensions that go closely together count nearly twice in a mean. A "
        "dash: fewer than ten units more than books, or no variance."
    )
    return [
        Heading(say("How the dimensions go together")),
        Table.plain("correlations", say("Correlation between dimensions"), columns, rows),
        Paragraph(note, "note"),
    ]
