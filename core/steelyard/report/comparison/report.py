"""The report of a comparison: who stands where and how surely, among whom, what changed, who is
listed, by which method.
"""

from __future__ import annotations

import datetime

from steelyard.comparison.comparison import Comparison
from steelyard.messages import Language
from steelyard.report.comparison.books import shares
from steelyard.report.comparison.changes import changed
from steelyard.report.comparison.foremost import glance, summed_up
from steelyard.report.comparison.league import league, spread
from steelyard.report.comparison.lists import apart, rosters
from steelyard.report.comparison.method import procedure
from steelyard.report.comparison.peers import among
from steelyard.report.comparison.ranking import ranked
from steelyard.report.comparison.reader import Comparing
from steelyard.report.page import UNDATED, Page


def comparison_page(
    found: Comparison,
    language: Language,
    most: int = 200,
    *,
    terse: bool = False,
    kept: bool = True,
) -> Page:
    """Return the report of a comparison, with at most so many units in each table; a `terse` one,
    for a terminal, says it all in tables, and last the id of one that is `kept`.
    """
    reader = Comparing(found, language, most, terse=terse)
    say = reader.say
    heads = found.now.table.heads
    changes = [] if found.changes is None else [changed(reader, found.changes)]
    if terse:
        parts = [part(reader) for part in (glance, spread, ranked, shares, league, among)]
        parts += [*changes, rosters(reader), apart(reader), procedure(reader)]
        parts.append(summed_up(reader, kept=kept))
    else:
        # What the report is read for comes first, the longest table last.
        parts = [glance(reader), rosters(reader), *changes, ranked(reader), shares(reader)]
        parts += [part(reader) for part in (among, apart, procedure, league)]
    if terse:
        # The tables of a terse report stand under their own titles.
        parts = [part._replace(title="") for part in parts]
    day = max(
        (datetime.date.fromisoformat(one) for one in heads.as_of if one),
        default=UNDATED,
    )
    counts = reader.counts
    said = (
        say("{units}, {sectors}, {books}; {rankable} can be ranked, {apart} apart")
        if terse
        else say("{units}, {sectors}, {books}")
    )
    return Page(
        language=language,
        head=say("Comparison report"),
        title=say("Comparison of {period}").format(period=found.now.period),
        subtitle=said.format(**{**counts, **reader.counted}),
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
