"""The report of a comparison: who stands where and how surely, among whom, what changed, who is
listed, by which method.
"""

from __future__ import annotations

import datetime

from steelyard.comparison.comparison import Comparison
from steelyard.messages import Language
from steelyard.report.comparison.changes import changed
from steelyard.report.comparison.league import league, spread
from steelyard.report.comparison.lists import apart, rosters
from steelyard.report.comparison.method import procedure
from steelyard.report.comparison.peers import among
from steelyard.report.comparison.ranking import ranked
from steelyard.report.comparison.reader import Comparing
from steelyard.report.page import UNDATED, Block, Fact, Facts, Page, Paragraph, Part, isolated


def comparison_page(
    found: Comparison, language: Language, most: int = 200, *, terse: bool = False
) -> Page:
    """Return the report of a comparison, with at most so many units in each table; a `terse` one,
    for a terminal, says it all in tables.
    """
    reader = Comparing(found, language, most, terse=terse)
    say = reader.say
    heads = found.now.table.heads
    order = (_glance, spread, ranked, league, among) if terse else (_glance, league, ranked, among)
    parts = [part(reader) for part in order]
    if found.changes is not None:
        parts.append(changed(reader, found.changes))
    parts += [rosters(reader), apart(reader), procedure(reader)]
    if terse:
        # The tables of a terse report stand under their own titles.
        parts = [part._replace(title="") for part in parts]
    day = max(
        (datetime.date.fromisoformat(one) for one in heads.as_of if one),
        default=UNDATED,
    )
    counts = reader.counts
    said = (
        say(
            "{units} units, {sectors} sectors, {books} books; {rankable} can be ranked, "
            "{apart} stand apart"
        )
        if terse
        else say("{units} units, {sectors} sectors, {books} books")
    )
    return Page(
        language=language,
        head=say("Comparison report"),
        title=say("Comparison of {period}").format(period=found.now.period),
        subtitle=said.format(**counts),
        day=day,
        key=found.id,
        parts=tuple(parts),
        words={
            "period": found.now.period,
            "against": found.options.against,
            "comparison": found.id,
            **{key: str(counts[key]) for key in ("units", "sectors", "books")},
        },
    )


def _glance(reader: Comparing) -> Part:
    found = reader.found
    say = reader.say
    counts = reader.counts
    if reader.terse:
        return Part("glance", say("At a glance"), tuple(_superseded(reader)))
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
    ranking = found.ranking
    if ranking is None:
        if found.refused is not None:
            blocks.append(Paragraph(reader.sentence(found.refused.text(say)), "warning"))
    else:
        first = [
            reader.label(int(ranking.rows[place]))
            for place in range(len(ranking.rows))
            if ranking.rank[place] == 1
        ]
        said = say(
            "First by the weighted mean of the shared dimensions: {names}. How surely is "
            "said in the ranking."
        )
        blocks.append(Paragraph(said.format(names=reader.some([isolated(name) for name in first]))))
    small = [
        Fact(say("Period"), found.now.period),
        Fact(say("Compared with"), found.options.against or say("no other period")),
        Fact(say("Sectors"), counts["sectors"], "count"),
        Fact(say("Rule books"), counts["books"], "count"),
        Fact(
            say("Compared on"),
            reader.listed(reader.dimension(name) for name in found.now.dimensions)
            or say("no dimension in common"),
        ),
        Fact(say("Comparison"), found.id, "code"),
    ]
    blocks.append(Facts(tuple(small)))
    blocks += _superseded(reader)
    return Part("glance", say("At a glance"), tuple(blocks))


def _superseded(reader: Comparing) -> list[Block]:
    found = reader.found.now.superseded
    if not found:
        return []
    said = reader.say(
        "{count} earlier assessments of the same unit, book and period do not count: {ids}"
    )
    ids = reader.some([one[:8] for one, _ in found])
    return [Paragraph(said.format(count=len(found), ids=ids), "note")]
