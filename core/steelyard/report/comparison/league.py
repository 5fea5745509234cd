"""The league by dimension: what every unit attains of the points asked of it, and how books spread
over the dimensions.
"""

from __future__ import annotations

from collections import Counter
from decimal import Decimal

from steelyard.book.model import DIMENSIONS
from steelyard.comparison.attainment import Spread
from steelyard.errors import Plural
from steelyard.report.comparison.reader import DRAWN, Comparing, shares
from steelyard.report.page import (
    WORKBOOK,
    Block,
    Cell,
    Column,
    Figure,
    Heading,
    Heat,
    Paragraph,
    Part,
    Row,
    Span,
    Table,
)

_LEAST = Decimal("0.01")


def league(reader: Comparing) -> Part:
    """Return the attainments as a heat map with its table, and how books spread."""
    say = reader.say
    order = reader.order
    blocks: list[Block] = []
    if order:
        table = _attainments(reader, order)
        more = reader.more(len(order))
        blocks += [table, *more] if reader.terse else [*_drawn(reader, order, table), *more]
        said = say(
            "Attainment is the share of the points asked that were earned; a dash says "
            "that a book asks nothing there, or nothing applied."
        )
        blocks += [] if reader.terse else [Paragraph(said, "note")]
    if not reader.terse:
        heading = Heading(say("How the rules of each book spread over the dimensions"))
        blocks += [heading, *spread(reader).blocks]
    return Part("league", say("League by dimension"), tuple(blocks))


def _drawn(reader: Comparing, order: list[int], table: Table) -> list[Block]:
    chart = Heat(
        reader.say("attainment, the middle of what is known"),
        tuple(reader.label(row) for row in order[:DRAWN]),
        tuple(reader.dimension(name) for name in DIMENSIONS),
        tuple(tuple(_ends(reader, row)) for row in order[:DRAWN]),
    )
    figure = Figure("league", table.title, _reading(reader, order), chart, table)
    return [figure, *reader.drawn(len(order))]


def _attainments(reader: Comparing, order: list[int]) -> Table:
    say = reader.say
    listed = order[: reader.most]
    columns = (
        Column(say("Unit"), width=28),
        Column(say("Rule book"), width=18, on=WORKBOOK),
        *_shares(reader, 12, 0),
    )
    title = say("Attainment by dimension")
    rows = [Row.of(reader.short(row), reader.book(row), *_ends(reader, row)) for row in listed]
    table = Table.plain("attainments", title, columns, rows)._replace(kept=2)
    if not reader.terse:
        return table
    # What no unit here was asked would only take the room of the names.
    asked = reader.found.now.attained.asked
    title = say("Attainment: per cent of the points asked on each dimension that were earned")
    places = [place for place in range(len(DIMENSIONS)) if asked[listed, place].any()]
    return table.pick([0, 1, *(place + 2 for place in places)])._replace(title=title)


def _shares(reader: Comparing, width: int, places: int) -> list[Column]:
    """Return a column for the shares on each dimension, numbered where there is little room."""
    return [
        Column(
            reader.dimension(name),
            "percent",
            width,
            places,
            brief=str(number),
            blank="–",
            whole=True,
        )
        for number, name in enumerate(DIMENSIONS, 1)
    ]


def _ends(reader: Comparing, row: int) -> list[Span | None]:
    attained = reader.found.now.attained
    return [
        shares(low, high)
        for low, high in zip(attained.low[row].tolist(), attained.high[row].tolist(), strict=True)
    ]


def _reading(reader: Comparing, order: list[int]) -> str:
    """State on which dimension the units surely attain most and least on average."""
    attained = reader.found.now.attained
    means = {}
    for place, name in enumerate(DIMENSIONS):
        asked = [row for row in order if attained.low[row, place] >= 0]
        if asked:
            low, high = (
                sum(int(ends[row, place]) for row in asked) / len(asked) / 10**6
                for ends in (attained.low, attained.high)
            )
            means[name] = low, high
    if not means:
        return reader.say("No unit is asked anything on a shared dimension.")
    best, worst = max(means, key=means.__getitem__), min(means, key=lambda name: means[name][::-1])
    others = [means[name] for name in means if name != best]
    told = []
    if others and means[best][0] > max(high for _, high in others):
        most = reader.say("On average most is attained in {name} ({share}).")
        told.append(most.format(name=reader.dimension(best), share=_ranged(*means[best])))
    if others and means[worst][1] < min(means[name][0] for name in means if name != worst):
        least = reader.say("On average least is attained in {name} ({share}).")
        told.append(least.format(name=reader.dimension(worst), share=_ranged(*means[worst])))
    if not told:
        return reader.say("On which dimension most or least is attained is still open.")
    return ("" if reader.language == "zh" else " ").join(told)


def _ranged(low: float, high: float) -> str:
    ends = [f"{round(end * 100)}%" for end in (low, high)]
    return ends[0] if ends[0] == ends[1] else "–".join(ends)


def spread(reader: Comparing) -> Part:
    """Return how the points of each book spread over the dimensions."""
    say = reader.say
    blocks: list[Block] = [_spreads(reader)]
    if reader.terse:
        numbered = (
            f"{number} {reader.dimension(name)}" for number, name in enumerate(DIMENSIONS, 1)
        )
        blocks += [*reader.more(len(reader.found.now.spreads)), Paragraph("  ".join(numbered))]
        compared = reader.found.now.dimensions
        if compared:
            said = say(
                Plural(
                    "Ranked on {count} of {all} dimension: {dimensions}",
                    "Ranked on {count} of {all} dimensions: {dimensions}",
                    "all",
                )
            ).format(
                count=len(compared),
                all=len(DIMENSIONS),
                dimensions=reader.listed(map(reader.dimension, compared)),
            )
            blocks.append(Paragraph(said))
    return Part("spread", say("Rule books"), (*blocks, *_lacking(reader)))


def _spreads(reader: Comparing) -> Table:
    say = reader.say
    counts = Counter(reader.found.now.table.heads.digest)
    rows = []
    for one in reader.found.now.spreads[: reader.most if reader.terse else None]:
        name = f"{reader.group(one.book)}{'@' if reader.terse else ' '}{one.version}".rstrip(" @")
        parts = [_part(one, dimension, terse=reader.terse) for dimension in DIMENSIONS]
        rows.append(Row.of(name, counts[one.digest], one.bonus or None, *parts))
    columns = (
        Column(say("Rule book"), width=26, brief=say("book")),
        Column(say("Units"), "count", 8, whole=True),
        Column(say("Bonus rules"), "count", 8, whole=True),
        *_shares(reader, 10, 0 if reader.terse else 1),
    )
    title = (
        say("How the points of each book spread over the dimensions, in per cent")
        if reader.terse
        else say("Share of each book's points on each dimension")
    )
    return Table.plain("spreads", title, columns, rows)._replace(kept=3)


def _part(one: Spread, dimension: str, *, terse: bool) -> Cell:
    """Return the share of a book's points on a dimension; where they are not counted, a tick."""
    part = one.parts.get(dimension)
    if part is None or not part.points:
        return None
    if not one.counted:
        return "✓"
    share = part.points / one.points
    return "<1" if terse and share < _LEAST else share


def _lacking(reader: Comparing) -> list[Block]:
    """Name which dimensions cannot be compared; a terse report also which books have no rule on
    them.
    """
    books = reader.found.now.spreads
    told = []
    for name in DIMENSIONS:
        missing = [one.book for one in books if name not in one.dimensions]
        if missing:
            # Where one book alone is compared there is no telling which lacks it.
            which = f" ({reader.some(missing)})" if reader.terse and len(books) > 1 else ""
            told.append(reader.dimension(name) + which)
    if not told:
        return []
    said = reader.say("Not comparable, since a book has no rule on it: {dimensions}")
    return [Paragraph(said.format(dimensions=reader.listed(told)), "note")]
