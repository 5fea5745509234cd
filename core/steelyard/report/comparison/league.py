"""The league by dimension: what every unit attains of the points asked of it, and how books spread
over the dimensions.
"""

from __future__ import annotations

from collections import Counter

from steelyard.book.model import DIMENSIONS
from steelyard.report.comparison.reader import DRAWN, Comparing, shares
from steelyard.report.page import (
    WORKBOOK,
    Block,
    Column,
    Figure,
    Group,
    Heading,
    Heat,
    Paragraph,
    Part,
    Row,
    Span,
    Table,
)


def league(reader: Comparing) -> Part:
    """Return the attainments as a heat map with its table, and the dimensions that the books
    have.
    """
    say = reader.say
    order = reader.order
    blocks: list[Block] = []
    if order:
        names = tuple(reader.dimension(name) for name in DIMENSIONS)
        drawn = order[:DRAWN]
        values = tuple(tuple(_ends(reader, row)) for row in drawn)
        chart = Heat(
            say("attainment, the middle of what is known"),
            tuple(reader.label(row) for row in drawn),
            names,
            values,
        )
        columns = (
            Column(say("Unit"), width=28),
            Column(say("Rule book"), width=18, on=WORKBOOK),
            *(Column(name, "percent", 12) for name in names),
        )
        rows = tuple(
            Row.of(reader.unit(row), reader.book(row), *_ends(reader, row))
            for row in order[: reader.most]
        )
        table = Table(
            "attainments", say("Attainment by dimension"), columns, (Group("", rows),), kept=2
        )
        blocks.append(
            Figure("league", say("Attainment by dimension"), _reading(reader, order), chart, table)
        )
        blocks += [*reader.drawn(len(order)), *reader.more(len(order))]
        said = say(
            "Attainment is the share of the points asked that were earned; a dash says that a book asks nothing there, or nothing applied."
        )
        blocks.append(Paragraph(said, "note"))
    blocks += [
        Heading(say("How the rules of each book spread over the dimensions")),
        _spreads(reader),
        *_lacking(reader),
    ]
    return Part("league", say("League by dimension"), tuple(blocks))


def _ends(reader: Comparing, row: int) -> list[Span | None]:
    attained = reader.found.now.attained
    return [
        shares(low, high)
        for low, high in zip(attained.low[row].tolist(), attained.high[row].tolist(), strict=True)
    ]


def _reading(reader: Comparing, order: list[int]) -> str:
    """State on which dimension the units attain most and least, by the mean of their middles."""
    attained = reader.found.now.attained
    means = {}
    for place, name in enumerate(DIMENSIONS):
        middles = [
            int(attained.low[row, place] + attained.high[row, place]) / 2
            for row in order
            if attained.low[row, place] >= 0
        ]
        if middles:
            means[name] = sum(middles) / len(middles) / 10**6
    if not means:
        return reader.say("No unit is asked anything on a shared dimension.")
    best, worst = max(means, key=means.__getitem__), min(means, key=means.__getitem__)
    said = reader.say(
        "On average most is attained in {best} ({most}) and least in {worst} ({least})."
    )
    told = {name: f"{round(means[name] * 100)}%" for name in (best, worst)}
    return said.format(
        best=reader.dimension(best),
        most=told[best],
        worst=reader.dimension(worst),
        least=told[worst],
    )


def _spreads(reader: Comparing) -> Table:
    say = reader.say
    counts = Counter(reader.found.now.table.heads.digest)
    rows = []
    for one in reader.found.now.spreads:
        parts = [one.parts.get(name) for name in DIMENSIONS]
        told = [
            None
            if part is None or not part.points
            else part.points / one.points
            if one.counted
            else say("yes")
            for part in parts
        ]
        rows.append(
            Row.of(
                f"{reader.group(one.book)} {one.version}".rstrip(),
                counts[one.digest],
                one.bonus,
                *told,
            )
        )
    columns = (
        Column(say("Rule book"), width=26),
        Column(say("Units"), "count", 8),
        Column(say("Bonus rules"), "count", 8),
        *(Column(reader.dimension(name), "percent", 10, 1) for name in DIMENSIONS),
    )
    return Table(
        "spreads",
        say("Share of each book's points on each dimension"),
        columns,
        (Group("", tuple(rows)),),
        kept=3,
    )


def _lacking(reader: Comparing) -> list[Block]:
    """Name which dimensions cannot be compared; the table above shows which books have no rule on
    them.
    """
    books = reader.found.now.spreads
    told = [
        reader.dimension(name)
        for name in DIMENSIONS
        if any(name not in one.dimensions for one in books)
    ]
    if not told:
        return []
    said = reader.say("Not comparable, since a book has no rule on it: {dimensions}")
    return [Paragraph(said.format(dimensions=reader.listed(told)), "note")]
