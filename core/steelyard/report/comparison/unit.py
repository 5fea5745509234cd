"""One unit in a comparison, on a page that its director can be shown: its row, its peers, its
changes with their reasons.
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import TYPE_CHECKING

from steelyard.book.model import DIMENSIONS
from steelyard.comparison.book_share import BookPart
from steelyard.comparison.changes import DOWN, UP
from steelyard.comparison.comparison import Comparison
from steelyard.comparison.peers import MEASURES, NONE, PERCENTILE_PLACES
from steelyard.comparison.smaa import INTERVAL
from steelyard.errors import Plural
from steelyard.expression.types import decimal_of
from steelyard.messages import Language
from steelyard.report.comparison.reader import Comparing, shares
from steelyard.report.page import (
    Block,
    Cell,
    Column,
    Fact,
    Facts,
    Heading,
    Page,
    Paragraph,
    Part,
    Row,
    Span,
    Table,
    in_line,
)
from steelyard.report.unit.foremost import cost_most
from steelyard.report.unit.reader import Reader

if TYPE_CHECKING:
    import datetime

    from steelyard.comparison.change import Change, Line
    from steelyard.judging.assessment import Assessment

_REASONS = 5


def unit_in_comparison(
    found: Comparison,
    row: int,
    language: Language,
    day: datetime.date,
    assessment: Assessment | None = None,
    change: Change | None = None,
) -> Page:
    """Return the page of the unit at a row of a comparison's table.

    `assessment` tells what cost most, and `change` which rules changed and why; where they are not
    at hand the page does without.
    """
    reader = Comparing(found, language, 0)
    say, heads = reader.say, found.now.table.heads
    blocks = [
        Facts(tuple(_large(reader, row)), large=True),
        *_aside(reader, row),
        _dimensions(reader, row),
        *_changed(reader, row, change),
    ]
    if assessment is not None:
        blocks += cost_most(Reader(assessment, language, {}))
    blocks.append(Facts((Fact(say("Comparison"), found.id, "code"),)))
    subtitle = say("{book} · {period} · among {units} of {books}").format(
        book=in_line(reader.book(row)), period=found.now.period, **reader.counted
    )  # fmt: skip
    return Page(
        language=language,
        head=say("Comparison report"),
        title=in_line(heads.name[row] or heads.unit[row]),
        subtitle=subtitle,
        day=day,
        key=f"{found.id}-{heads.assessment[row]}",
        parts=(Part("unit", say("Where the unit stands"), tuple(blocks)),),
        words={
            "unit": in_line(heads.name[row] or heads.unit[row]),
            "unit_id": in_line(heads.unit[row]),
            "period": found.now.period,
            "comparison": found.id,
            "assessment": heads.assessment[row],
        },
    )


def _large(reader: Comparing, row: int) -> Iterator[Fact]:
    say, found = reader.say, reader.found
    yield Fact(say("Score"), reader.score(row), remark=reader.graded(row))
    ranking, books = found.ranking, found.book_share
    places = [] if ranking is None else ranking.rows.tolist()
    if ranking is not None and books is not None and row in places:
        place = places.index(row)
        varied = ranking.varied
        ends = (ranking.best, ranking.worst) if varied is None else (varied.low, varied.high)
        low, high = int(ends[0][place]), int(ends[1][place])
        held = say("{first} to {last} in {percent} % of the draws").format(
            first=low, last=high, percent=INTERVAL
        )
        told = say("{rank} of {count}")
        yield Fact(
            say("Rank"), told.format(rank=int(ranking.rank[place]), count=len(places)), remark=held
        )
        own = _own(reader, row)
        if own is not None and len(books.books) > 1:
            within = told.format(rank=int(books.within[place]), count=own.units)
            yield Fact(say("Within its book"), within, remark=in_line(reader.book(row)))
    percentile = found.peers.percentile[row, 0]
    if int(percentile) != NONE:
        least, most = (int(part[row, 0]) for part in (found.peers.least, found.peers.most))
        span = Span(*(decimal_of(end, PERCENTILE_PLACES) for end in (least, most)))
        peers = found.peers.groups[found.peers.group[row]]["score"].n
        said = say("of the score, among {count} peers").format(count=peers)
        yield Fact(say("Percentile"), span, "points", 1, said)


def _aside(reader: Comparing, row: int) -> list[Block]:
    """Say why the unit is not ranked, and on which lists it is."""
    say, found = reader.say, reader.found
    why = [one.said.text(say) for one in found.apart.reasons(row)]
    blocks: list[Block] = []
    if why:
        said = say("Apart, never ranked: {why}").format(why=reader.listed(why))
        blocks.append(Paragraph(reader.sentence(said), "warning"))
    for one in found.lists:
        for entry in (entry for group in one.groups for entry in group.listed):
            if entry.row == row:
                said = say(
                    Plural(
                        "On the {list}, {times} time in a row",
                        "On the {list}, {times} times in a row",
                        "times",
                    )
                ).format(list=reader.of(one.rule.title), times=entry.consecutive)
                step = reader.of(entry.step.title) if entry.step is not None else ""
                told = f"{said}{reader.colon}{step}" if step else said
                blocks.append(Paragraph(reader.sentence(told)))
    return blocks


def _own(reader: Comparing, row: int) -> BookPart | None:
    found = reader.found
    book = found.now.table.heads.book[row]
    parts = () if found.book_share is None else found.book_share.books
    return next((one for one in parts if one.book == book), None)


def _dimensions(reader: Comparing, row: int) -> Table:
    """Return what the unit attains on each dimension, with its book's mean and its percentile."""
    say, found = reader.say, reader.found
    attained, peers, own = found.now.attained, found.peers, _own(reader, row)
    ranking, changes = found.ranking, found.changes
    compared = () if ranking is None else ranking.dimensions
    means = dict(zip(compared, own.means, strict=True)) if own is not None else {}
    moved = {}
    if changes is not None:
        place = next((at for at, one in enumerate(changes.now.tolist()) if one == row), None)
        if place is not None:
            moved = dict(zip(MEASURES, changes.verdict[place].tolist(), strict=True))
    words = {UP: say("up"), DOWN: say("down"), 0: say("not distinguishable")}
    rows = []
    for number, name in enumerate(DIMENSIONS):
        ends = shares(int(attained.low[row, number]), int(attained.high[row, number]))
        if ends is None:
            continue
        least, most = (int(part[row, number + 1]) for part in (peers.least, peers.most))
        position: Cell = None
        if least != NONE:
            position = Span(*(decimal_of(end, PERCENTILE_PLACES) for end in (least, most)))
        mean = Span(*means[name]) if name in means else None
        change = words.get(moved.get(name, NONE), "")
        rows.append(Row.of(reader.dimension(name), ends, mean, position, change))
    columns = [
        Column(say("Dimension"), width=28),
        Column(say("Attained"), "percent", 20, 1),
        Column(say("Mean of its book"), "percent", 20, 1, blank="–"),
        Column(say("Percentile"), "points", 18, 1, blank="–"),
        Column(say("Change"), width=20),
    ]
    title = say("Attainment by dimension, and where that stands among its peers")
    table = Table.plain("unit-dimensions", title, columns, rows)
    return table if changes is not None else table.pick(range(4))


def _changed(reader: Comparing, row: int, change: Change | None) -> list[Block]:
    """Say how the score changed, and which rules surely did, with why they stand as they do."""
    say, changes = reader.say, reader.found.changes
    if changes is None:
        return []
    place = next((at for at, one in enumerate(changes.now.tolist()) if one == row), None)
    heading = Heading(say("What changed since {period}").format(period=changes.earlier.period))
    if place is None:
        return [heading, Paragraph(say("The unit was not assessed by this book then."))]
    words = {
        UP: say("The score is surely up."),
        DOWN: say("The score is surely down."),
        0: say("The change of the score cannot be told from none."),
    }
    blocks: list[Block] = [heading]
    code = int(changes.verdict[place, 0])
    if code in words:
        blocks.append(Paragraph(words[code]))
    if changes.ruled[place]:
        blocks.append(Paragraph(say("The rules changed too.")))
    reasons = _reasons(reader, change) if change is not None else []
    return [*blocks, Facts(tuple(reasons))] if reasons else blocks


def _reasons(reader: Comparing, change: Change) -> list[Fact]:
    """Return the rules that surely changed, the greatest change first, each with its reason now."""
    new = change.new
    if new is None:
        return []
    told = {one.rule: one for one in new.findings}
    sure = [one for one in change.rules if one.total.verdict in ("up", "down") and one.id in told]
    sure.sort(key=_size, reverse=True)
    facts = []
    for one in sure[:_REASONS]:
        because = told[one.id].because
        ends = dict.fromkeys(f"{end:+f}" for end in (one.total.low, one.total.high))
        said = reader.of(because) if because is not None else ""
        facts.append(Fact(reader.of(one.title), " – ".join(ends), remark=said))
    return facts


def _size(one: Line) -> Decimal:
    return max(abs(one.total.low), abs(one.total.high))
