"""The first page of a comparison: what changed, who is listed, how many ranks hold, what the
ranking rests on.
"""

from __future__ import annotations

from collections.abc import Iterator

from steelyard.comparison.changes import DOWN, UP
from steelyard.comparison.ranking import Ranking
from steelyard.comparison.smaa import INTERVAL
from steelyard.errors import Plural
from steelyard.report.comparison.books import told
from steelyard.report.comparison.reader import Comparing
from steelyard.report.page import Block, Fact, Facts, Heading, Paragraph, Part

_NAMED = 6


def glance(reader: Comparing) -> Part:
    """Return the part that a reader who reads no further has seen."""
    found, say, counts = reader.found, reader.say, reader.counts
    title = say("At a glance")
    if reader.terse:
        return Part("glance", title, tuple(_superseded(reader)))
    large = Facts(
        (
            Fact(say("Units compared"), counts["units"], "count"),
            Fact(say("Ranked"), counts["ranked"], "count"),
            Fact(
                say("Apart"),
                counts["apart"],
                "count",
                remark=say("never ranked, each with its reason"),
            ),
        ),
        large=True,
    )
    blocks: list[Block] = [large]
    if found.ranking is None and found.refused is not None:
        blocks.append(Paragraph(reader.sentence(found.refused.text(say)), "warning"))
    foremost = tuple(_foremost(reader))
    if foremost:
        blocks.append(Facts(foremost))
    if found.ranking is not None:
        blocks += [Heading(say("What the ranking rests on")), *told(reader)]
    small = (
        Fact(say("Period"), found.now.period),
        Fact(say("Compared with"), found.options.against or say("no other period")),
        Fact(say("Sectors"), counts["sectors"], "count"),
        Fact(say("Rule books"), counts["books"], "count"),
        Fact(say("Comparison"), found.id, "code"),
    )
    blocks += [Heading(say("What was compared")), Facts(small), *_superseded(reader)]
    return Part("glance", title, tuple(blocks))


def summed_up(reader: Comparing, *, kept: bool) -> Part:
    """Return the foremost in a line each, for the end of a terminal, and the id by which one that
    is kept is made again.
    """
    facts = tuple(_foremost(reader))
    blocks: list[Block] = [Facts(facts)] if facts else []
    if kept:
        blocks.append(Paragraph(reader.say("Comparison {id}").format(id=reader.found.id)))
    return Part("summary", "", tuple(blocks))


def _foremost(reader: Comparing) -> Iterator[Fact]:
    yield from _changed(reader)
    yield from _listed(reader)
    ranking = reader.found.ranking
    if ranking is not None and len(ranking.rows):
        yield _first(reader, ranking)
        yield _holding(reader, ranking)


def _changed(reader: Comparing) -> Iterator[Fact]:
    changes, say = reader.found.changes, reader.say
    if changes is None:
        return
    column = changes.verdict[:, 0].tolist()
    said = say("{up} up, {down} down, {same} not distinguishable").format(
        up=column.count(UP), down=column.count(DOWN), same=column.count(0)
    )
    moved = say("{came} new, {went} gone").format(came=len(changes.came), went=len(changes.went))
    name = say("Scores since {period}").format(period=changes.earlier.period)
    yield Fact(name, said, remark=moved)


def _listed(reader: Comparing) -> Iterator[Fact]:
    say = reader.say
    for one in reader.found.lists:
        rows = [entry.row for group in one.groups for entry in group.listed]
        named = reader.some([reader.label(row) for row in rows], _NAMED)
        count = (
            say(Plural("{count} unit", "{count} units")).format(count=len(rows))
            if rows
            else say("nobody")
        )
        yield Fact(reader.of(one.rule.title), count, remark=named)


def _first(reader: Comparing, ranking: Ranking) -> Fact:
    """Name who is surely first; where evidence or weights leave that open, who may be."""
    say, varied = reader.say, ranking.varied
    low = ranking.best if varied is None else varied.low
    high = ranking.worst if varied is None else varied.high
    places = range(len(ranking.rows))
    may = [place for place in places if low[place] == 1]
    surely = [place for place in may if high[place] == 1]
    shown = surely or sorted(may, key=lambda place: int(ranking.rank[place]))
    named = [reader.label(int(ranking.rows[place])) for place in shown]
    who, remark = reader.some(named, _NAMED), say("in {percent} % of the draws")
    remark = "" if varied is None else remark.format(percent=INTERVAL)
    if surely:
        return Fact(say("First"), who, remark=remark)
    said = say("not settled: {count} may be").format(count=len(may))
    return Fact(say("First"), said, remark=f"{who} ({remark})" if remark else who)


def _holding(reader: Comparing, ranking: Ranking) -> Fact:
    say, varied = reader.say, ranking.varied
    ends = (ranking.best, ranking.worst) if varied is None else (varied.low, varied.high)
    said = say("{sure} of {count}").format(
        sure=int((ends[0] == ends[1]).sum()), count=len(ranking.rows)
    )
    remark = say("the same in {percent} % of the draws of weights and of missing evidence")
    return Fact(say("Ranks that hold"), said, remark=remark.format(percent=INTERVAL))


def _superseded(reader: Comparing) -> list[Block]:
    found = reader.found.now.superseded
    if not found:
        return []
    said = reader.say(
        "{count} earlier assessments of the same unit, book and period do not count: {ids}"
    )
    ids = reader.some([one[:8] for one, _ in found])
    return [Paragraph(said.format(count=len(found), ids=ids), "note")]
