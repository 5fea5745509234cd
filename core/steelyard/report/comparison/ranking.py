"""The ranking across sectors, and how much of it hangs on weights, missing evidence and method."""

from __future__ import annotations

from decimal import Decimal

from steelyard.comparison.ranking import Ranking
from steelyard.comparison.smaa import INTERVAL
from steelyard.errors import Plural
from steelyard.report.comparison.reader import DRAWN, Comparing, share, shares
from steelyard.report.page import (
    DOCUMENTS,
    Block,
    Column,
    Figure,
    Paragraph,
    Part,
    Row,
    Span,
    Table,
    Whisker,
    Whiskers,
    isolated,
)


def ranked(reader: Comparing) -> Part:
    """Return the ranks with their intervals; where there is no ranking, why."""
    found = reader.found
    say = reader.say
    ranking = found.ranking
    if ranking is None:
        refused = found.refused
        if reader.terse:
            said = [] if refused is None else [Paragraph(refused.text(say), "warning")]
            if not found.now.dimensions:
                said.append(Paragraph(say("choose with --dimension, --book or --sector"), "note"))
            return Part("ranking", say("Ranking"), tuple(said))
        why = (
            refused.text(say)
            if refused is not None
            else say("there is no ranking: every unit stands apart")
        )
        return Part("ranking", say("Ranking"), (Paragraph(reader.sentence(why)),))
    places = {int(row): place for place, row in enumerate(ranking.rows.tolist())}
    order = [places[row] for row in reader.order]
    table = _ranks(reader, ranking, order)
    blocks: list[Block] = [table] if reader.terse else [_figure(reader, ranking, order, table)]
    blocks += [] if reader.terse else reader.drawn(len(order))
    blocks += reader.more(len(order))
    if any(found.now.table.heads.veto[row] == "possible" for row in reader.order[: reader.most]):
        doubt = "* " + say("may be vetoed: what is still to be shown decides")
        blocks.append(Paragraph(doubt, "note"))
    blocks += [_hangs(reader, ranking), _borda(reader, ranking), *_pairs(reader, ranking)]
    return Part("ranking", say("Ranking"), tuple(blocks))


def _ranks(reader: Comparing, ranking: Ranking, order: list[int]) -> Table:
    say = reader.say
    columns = (
        Column(say("Rank"), "count", 7, whole=True),
        Column(say("Unit"), width=28),
        Column(say("Rule book"), width=15, brief=say("book")),
        Column(say("Weighted mean"), "percent", 13, 1, brief=say("mean, %"), whole=True),
        Column(say("Whatever is still shown"), "count", 12, brief=say("if all were shown")),
        Column(say("{percent} % of draws").format(percent=INTERVAL), "count", 11),
        Column(say("Within its book"), width=11, brief=say("in its book"), whole=True),
        Column(say("Borda"), "count", 8, on=DOCUMENTS),
        Column(say("Tied"), "count", 6, on=DOCUMENTS),
    )
    rows = (_row(reader, ranking, place) for place in order[: reader.most])
    return Table.plain("ranks", say("Ranking, best first"), columns, rows)


def _figure(reader: Comparing, ranking: Ranking, order: list[int], table: Table) -> Figure:
    say = reader.say
    drawn = order[:DRAWN]
    varied = ranking.varied
    percent = say("{percent} % of draws").format(percent=INTERVAL)
    ends = (varied.low, varied.high) if varied is not None else (ranking.best, ranking.worst)
    whiskers = tuple(
        Whisker(
            reader.label(int(ranking.rows[place])),
            Decimal(int(ends[0][place])),
            Decimal(int(ranking.rank[place])),
            Decimal(int(ends[1][place])),
        )
        for place in drawn
    )
    chart = Whiskers(
        say("rank, and where it lies in {percent} % of the draws").format(percent=INTERVAL),
        whiskers,
        (say("rank"), percent),
    )
    surest = [place for place in order if ends[0][place] == ends[1][place]]
    widest = max(order, key=lambda place: int(ends[1][place] - ends[0][place]))
    said = say(
        Plural(
            "{sure} of {count} rank is the same in {percent} % of the draws; "
            "the widest is {unit}, from {first} to {last}.",
            "{sure} of {count} ranks are the same in {percent} % of the "
            "draws; the widest is {unit}, from {first} to {last}.",
        )
    ).format(
        sure=len(surest),
        count=len(order),
        percent=INTERVAL,
        unit=isolated(reader.label(int(ranking.rows[widest]))),
        first=int(ends[0][widest]),
        last=int(ends[1][widest]),
    )
    return Figure("ranks", say("Ranks and how surely they hold"), said, chart, table)


def _row(reader: Comparing, ranking: Ranking, place: int) -> Row:
    row = int(ranking.rows[place])
    low, _, high = ranking.value[place].tolist()
    varied = ranking.varied
    drawn = (
        None
        if varied is None
        else Span(Decimal(int(varied.low[place])), Decimal(int(varied.high[place])))
    )
    level = int(ranking.level[place])
    rank = int(ranking.rank[place])
    return Row.of(
        f"{rank}=" if reader.terse and level > 1 else rank,
        reader.unit(row) + reader.doubt(row),
        reader.book(row),
        Span(share(low), share(high)),
        Span(Decimal(int(ranking.best[place])), Decimal(int(ranking.worst[place]))),
        drawn,
        _within(reader, place),
        int(ranking.borda[place]),
        level if level > 1 else None,
    )


def _within(reader: Comparing, place: int) -> str:
    """Return the rank of a unit among those of its own book, and how many these are."""
    found, ranking = reader.found.book_share, reader.found.ranking
    if found is None or ranking is None:
        return ""
    book = reader.found.now.table.heads.book[int(ranking.rows[place])]
    count = next(one.units for one in found.books if one.book == book)
    return reader.say("{rank} of {count}").format(rank=int(found.within[place]), count=count)


def _hangs(reader: Comparing, ranking: Ranking) -> Table:
    say = reader.say
    without = {one.dimension: one for one in ranking.without}
    ranges = reader.found.weights.ranges if reader.found.weights is not None else {}
    rows = []
    for name, weight in zip(ranking.dimensions, ranking.weights, strict=True):
        left = without.get(name)
        moves = (left.moved, left.furthest) if left is not None else (None, None)
        part = (Decimal(weight) / Decimal(ranking.over)).quantize(Decimal("0.0001"))
        rows.append(
            Row.of(
                reader.dimension(name),
                part,
                shares(*ranges[name]) if name in ranges else None,
                *moves,
            )
        )
    columns = (
        Column(say("Dimension"), width=26),
        Column(say("Weight"), "percent", 14, 1, whole=True),
        Column(say("Varied within"), "percent", 20, 1, whole=True),
        Column(say("Units that move without it"), "count", 20, blank="–"),
        Column(say("Furthest, in ranks"), "count", 20, blank="–"),
    )
    return Table.plain("weights", say("What the ranking hangs on"), columns, rows)


def _borda(reader: Comparing, ranking: Ranking) -> Paragraph:
    away = abs(ranking.borda - ranking.rank)
    said = reader.say(
        Plural(
            "By Borda's count, which knows only who is ahead on each "
            "dimension, {moved} of {units} units stand elsewhere, at most "
            "{ranks} rank away.",
            "By Borda's count, which knows only who is ahead on each "
            "dimension, {moved} of {units} units stand elsewhere, at most "
            "{ranks} ranks away.",
            "ranks",
        )
    )
    return Paragraph(
        said.format(moved=int((away > 0).sum()), units=len(away), ranks=int(away.max(initial=0)))
    )


def _pairs(reader: Comparing, ranking: Ranking) -> list[Block]:
    varied = ranking.varied
    if not ranking.pairs or varied is None:
        return []
    say = reader.say
    drawn = []
    for (one, other), counts in zip(ranking.pairs, varied.ahead.tolist(), strict=True):
        both = [int(ranking.rows[place]) for place in (one, other)]
        drawn.append((both, [Decimal(count) / Decimal(sum(counts)) for count in counts]))
    if reader.terse:
        return [Paragraph(_ahead(reader, *pair)) for pair in drawn]
    rows = [Row.of(*map(reader.unit, both), *shares) for both, shares in drawn]
    columns = (
        Column(say("Unit"), width=26),
        Column(say("And unit"), width=26),
        Column(say("Ahead"), "percent", 16, 1),
        Column(say("Level"), "percent", 16, 1),
        Column(say("Behind"), "percent", 16, 1),
    )
    return [
        Table.plain("pairs", say("How likely one is ahead of the other"), columns, rows),
    ]


def _ahead(reader: Comparing, both: list[int], shares: list[Decimal]) -> str:
    """Return how likely one is ahead of the other; a unit that is both is told apart by book."""
    table = reader.found.now.table
    alike = table.units[both[0]] == table.units[both[1]]
    one, other = (
        reader.short(row) + (f"@{table.heads.book[row]}" if alike else "") for row in both
    )
    said = reader.say(
        "{one} is ahead of {other} with probability {ahead}, level with {level}, behind "
        "with {behind}."
    )
    ahead, level, behind = (f"{share:.3f}" for share in shares)
    return said.format(one=one, other=other, ahead=ahead, level=level, behind=behind)
