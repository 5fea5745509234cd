"""Peers: where each unit's score stands among those of its own book or sector."""

from __future__ import annotations

from decimal import Decimal

from steelyard.comparison.peers import NONE, PERCENTILE_PLACES, SCORE, Z_PLACES
from steelyard.expression.types import decimal_of
from steelyard.report.comparison.reader import DRAWN, Comparing, share, shares
from steelyard.report.page import (
    Block,
    Column,
    Figure,
    Heading,
    Paragraph,
    Part,
    Row,
    Span,
    Strip,
    Strips,
    Table,
)


def among(reader: Comparing) -> Part:
    """Return the groups with their spread, and each unit's percentile and robust z."""
    say = reader.say
    peers = reader.found.peers
    blocks: list[Block] = []
    members: dict[str, list[int]] = {}
    for row in reader.found.apart.peers.tolist():
        members.setdefault(peers.group[row], []).append(int(row))
    blocks.append(_figure(reader, members) if members else Paragraph(say("Nobody has peers here.")))
    told = [name for name, measures in peers.groups.items() if measures[SCORE].n < peers.minimum]
    if told:
        said = say("No percentile or z among fewer than {least} peers: {groups}")
        groups = reader.some(
            [f"{reader.group(name)} ({peers.groups[name][SCORE].n})" for name in told]
        )
        blocks.append(Paragraph(said.format(least=peers.minimum, groups=groups), "note"))
    placed = [row for row in reader.order if int(peers.percentile[row, 0]) != NONE]
    if placed:
        blocks += [Heading(say("Positions")), _positions(reader, placed), *reader.more(len(placed))]
    return Part("peers", say("Among peers"), tuple(blocks))


def _figure(reader: Comparing, members: dict[str, list[int]]) -> Figure:
    say = reader.say
    peers, score = reader.found.peers, reader.found.now.attained.score
    drawn = sorted(members, key=lambda name: -len(members[name]))[:DRAWN]
    strips = tuple(
        Strip(
            reader.group(name),
            tuple(
                share((int(score[row, 0]) + int(score[row, 1])) // 2)
                for row in members[name]
                if score[row, 0] >= 0
            ),
        )
        for name in drawn
    )
    rows = []
    for name in sorted(members):
        measured = peers.groups[name][SCORE]
        known = measured.median != NONE and measured.refused is None
        rows.append(
            Row.of(
                reader.group(name),
                measured.n,
                share(measured.median) if known else None,
                share(measured.mad) if known else None,
                measured.refused.text(say)
                if measured.refused is not None
                else say("the MAD is 0, so there is no z")
                if measured.spreadless
                else "",
            )
        )
    columns = (
        Column(say("Group"), width=32),
        Column(say("Peers"), "count", 10),
        Column(say("Median"), "percent", 12, 1),
        Column("MAD", "percent", 10, 1),
        Column(say("Remark"), width=36),
    )
    largest = drawn[0]
    said = say(
        "{groups} groups; the largest is {name} with {count} peers. Each ring is a unit, by the middle of its score."
    )
    said = said.format(groups=len(members), name=reader.group(largest), count=len(members[largest]))
    table = Table.plain("groups", say("Groups of peers"), columns, rows)
    return Figure(
        "peers",
        say("Scores within each group"),
        said,
        Strips(say("share of the full score"), strips),
        table,
    )


def _positions(reader: Comparing, placed: list[int]) -> Table:
    say = reader.say
    peers, score = reader.found.peers, reader.found.now.attained.score
    rows = []
    for row in placed[: reader.most]:
        low, middle, high = (
            decimal_of(int(part[row, 0]), PERCENTILE_PLACES)
            for part in (peers.least, peers.percentile, peers.most)
        )
        z = int(peers.z[row, 0])
        rows.append(
            Row.of(
                reader.unit(row),
                reader.group(peers.group[row]),
                shares(*score[row].tolist()),
                middle,
                Span(low, high),
                None if z == NONE else decimal_of(z, Z_PLACES).quantize(Decimal("0.01")),
            )
        )
    columns = (
        Column(say("Unit"), width=28),
        Column(say("Group"), width=22),
        Column(say("Score"), "percent", 15, 1),
        Column(say("Percentile"), "points", 11, 1),
        Column(say("Whatever is still shown"), "points", 14, 1),
        Column("z", "points", 10, 2),
    )
    return Table.plain("positions", say("Percentile and robust z"), columns, rows)
