"""Peers: where each unit's score stands among those of its own book or sector."""

from __future__ import annotations

from decimal import Decimal

from steelyard.comparison.peers import NONE, PERCENTILE_PLACES, SCORE, Z_PLACES
from steelyard.errors import Plural
from steelyard.expression.types import decimal_of
from steelyard.report.comparison.reader import DRAWN, Comparing, share, shares
from steelyard.report.page import (
    DOCUMENTS,
    TERMINAL,
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
    number_in,
)


def among(reader: Comparing) -> Part:
    """Return the groups with their spread, and each unit's percentile and robust z."""
    say = reader.say
    peers = reader.found.peers
    blocks: list[Block] = []
    placed = reader.order
    if not reader.terse:
        members: dict[str, list[int]] = {}
        for row in reader.found.apart.peers.tolist():
            members.setdefault(peers.group[row], []).append(int(row))
        nobody = Paragraph(say("Nobody has peers here."))
        blocks += [_figure(reader, members) if members else nobody, *_refusals(reader)]
        placed = [row for row in placed if int(peers.percentile[row, 0]) != NONE]
    if placed:
        heading = [] if reader.terse else [Heading(say("Positions"))]
        blocks += [*heading, _positions(reader, placed), *reader.more(len(placed))]
    if placed and reader.terse:
        blocks += _refusals(reader)
    return Part("peers", say("Among peers"), tuple(blocks))


def _refusals(reader: Comparing) -> list[Block]:
    """Name which groups are too small for positions; a terse report, which has no table of groups,
    also which have no spread, and whose scores are not compared.
    """
    say, peers = reader.say, reader.found.peers
    small, flat, mixed = [], [], []
    for name, measures in peers.groups.items():
        score = measures[SCORE]
        if score.n < peers.minimum:
            small.append(f"{reader.group(name)} ({score.n})")
        elif score.refused is not None:
            mixed.append(name)
        elif score.spreadless:
            flat.append(name)
    said = [
        (small, say("No percentile or z among fewer than {least} peers: {groups}")),
        (
            mixed,
            say(
                "No percentile of the score within {groups}: its units are scored by "
                "different books"
            ),
        ),
        (
            flat,
            say(
                "No z within {groups}: at least half of the peers have the same score, "
                "so that the MAD is 0"
            ),
        ),
    ]
    return [
        Paragraph(text.format(least=peers.minimum, groups=reader.some(groups)), "note")
        for groups, text in (said if reader.terse else said[:1])
        if groups
    ]


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
        Column(say("MAD"), "percent", 10, 1),
        Column(say("Remark"), width=36),
    )
    largest = drawn[0]
    said = say(
        Plural(
            "{groups} group; the largest is {name} with {count} peers. Each "
            "ring is a unit, by the middle of its score.",
            "{groups} groups; the largest is {name} with {count} peers. Each "
            "ring is a unit, by the middle of its score.",
            "groups",
        )
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
    columns = (
        Column(say("Unit"), width=28),
        Column(say("Group"), width=22, on=DOCUMENTS),
        Column(say("Score"), "percent", 15, 1, on=DOCUMENTS),
        Column(say("Score"), "points", on=TERMINAL),
        Column(say("Grade"), on=TERMINAL),
        Column(say("Percentile"), "points", 11, 1, on=DOCUMENTS),
        Column(say("Percentile"), "points", on=TERMINAL, blank="–"),
        Column(say("Whatever is still shown"), "points", 14, 1, on=DOCUMENTS),
        Column("z", "points", 10, 1 if reader.terse else 2, blank="–", whole=True),
        Column("n", "count", on=TERMINAL, whole=True),
    )
    title = (
        say("Score, grade, and position among the peers")
        if reader.terse
        else say("Percentile and robust z")
    )
    rows = [_position(reader, row) for row in placed[: reader.most]]
    return Table.plain("positions", title, columns, rows)


def _position(reader: Comparing, row: int) -> Row:
    found, peers = reader.found, reader.found.peers
    low, middle, high = (
        number_in(decimal_of(int(part[row, 0]), PERCENTILE_PLACES), "points", 1)
        for part in (peers.least, peers.percentile, peers.most)
    )
    within = middle if low == high else f"{middle} ({low}–{high})"
    known = int(peers.percentile[row, 0]) != NONE
    z = int(peers.z[row, 0])
    measured = peers.groups.get(peers.group[row], {}).get(SCORE)
    return Row.of(
        reader.unit(row) + reader.doubt(row),
        reader.group(peers.group[row]),
        shares(*found.now.attained.score[row].tolist()),
        reader.score(row),
        reader.graded(row),
        Decimal(middle) if known else None,
        within if known else None,
        Span(Decimal(low), Decimal(high)) if known else None,
        None if z == NONE else decimal_of(z, Z_PLACES),
        None if measured is None else measured.n,
    )
