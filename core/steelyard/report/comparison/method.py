"""The method of a comparison: its formulas, its arguments and its seed, by which anyone gets the
same again.
"""

from __future__ import annotations

from collections.abc import Iterator

from steelyard.comparison.comparison_json import notes
from steelyard.comparison.smaa import INTERVAL
from steelyard.report.comparison.reader import Comparing, per_cent
from steelyard.report.page import Fact, Facts, Listing, Paragraph, Part, isolated
from steelyard.version import VERSION


def procedure(reader: Comparing) -> Part:
    """Return the method page."""
    found, say = reader.found, reader.say
    options = found.options
    if reader.terse:
        return Part("method", say("The method"), tuple(map(Paragraph, _in_short(reader))))
    steps = Listing(
        (
            say(
                "Totals of different books are never set side by side: compared is "
                "attainment, the points earned of the points asked on each shared dimension."
            ),
            say(
                "Where evidence is missing, attainment is an interval; units are placed "
                "by its middle, and the interval goes into every rank."
            ),
            say(
                "The ranking is the weighted mean of the attainments on the dimensions "
                "that all compared books have; equal values share a rank (1, 2, 2, 4)."
            ),
            say(
                "Rank intervals hold {percent} % of {draws} draws that vary the weights "
                "within their ranges and the missing evidence within its bounds (SMAA)."
            ).format(percent=INTERVAL, draws=options.draws),
            say(
                "Among peers, the percentile is the mid-rank one and z is (x − median) / "
                "(1.4826 × MAD); both are refused under {least} peers."
            ).format(least=options.min_peers),
            say(
                "Apart stand vetoed units, units not rated, and those whose coverage is "
                "under {coverage}."
            ).format(coverage=per_cent(options.min_coverage)),
            *map(reader.noted, notes(found)),
        )
    )
    facts = Facts(
        (
            Fact(say("Comparison"), found.id, "code"),
            Fact(say("Period"), options.period),
            Fact(say("Compared with"), options.against or "–"),
            Fact(
                say("Peers within"),
                say("each book") if options.peers == "book" else say("each sector"),
            ),
            Fact(say("Sectors"), reader.listed(options.sectors) or say("all")),
            Fact(say("Rule books"), reader.listed(map(reader.group, options.books)) or say("all")),
            Fact(
                say("Units with a possible veto"),
                say("apart") if options.possible_veto else say("ranked"),
            ),
            Fact(say("Draws"), options.draws, "count"),
            Fact(say("Seed"), options.seed, "count"),
            Fact(say("Made by"), f"Steelyard {VERSION}"),
        )
    )
    again = say("The same again: {command}").format(
        command=isolated(f"steelyard compare --replay {found.id}")
    )
    return Part("method", say("The method"), (steps, facts, Paragraph(again, "note")))


def _in_short(reader: Comparing) -> Iterator[str]:
    """Yield the method in a few lines."""
    found, say = reader.found, reader.say
    yield from map(reader.noted, notes(found))
    said = say(
        "Method: mean of the attainments by the weights above; {draws} draws of weights "
        "and of missing evidence, seed {seed}; "
        "positions among at least {peers} peers; coverage at least {coverage}; equal "
        "values share a rank (1, 2, 2, 4)."
    )
    options = found.options
    yield said.format(
        draws=options.draws,
        seed=options.seed,
        peers=options.min_peers,
        coverage=per_cent(options.min_coverage),
    )
