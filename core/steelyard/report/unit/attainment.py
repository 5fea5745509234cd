"""What is attained: the score against the cut-offs of the grades, each section, each dimension."""

from __future__ import annotations

from decimal import Decimal

from steelyard.report.page import (
    Bar,
    Bars,
    Column,
    Figure,
    Mark,
    Part,
    Row,
    Span,
    Table,
    number_in,
)
from steelyard.report.unit.reader import Reader, share

_ONE = Decimal(1)


def attainment(reader: Reader) -> Part:
    """Return the score against the cut-offs, and what each section and dimension attains."""
    figures = (_score(reader), _sections(reader), _dimensions(reader))
    title = reader.say("What is attained")
    return Part("attainment", title, tuple(one for one in figures if one is not None))


def _score(reader: Reader) -> Figure:
    """Return the score against the cut-offs of the grades."""
    assessment = reader.assessment
    book, scored = assessment.book, assessment.scored
    say = reader.say
    rows = []
    cuts = [(one, assessment.cut_off(one)) for one in book.grades]
    for one, cut in cuts:
        sure, may = scored.low >= cut, scored.high >= cut
        rows.append(
            Row.of(
                reader.of(one.title),
                reader.points(cut),
                say("yes") if sure else say("possible") if may else say("no"),
            )
        )
    worst = next(one for one, cut in cuts if scored.low >= cut)
    best = next(one for one, cut in cuts if scored.high >= cut)
    if worst == best:
        said = say("By its points alone the unit reaches {grade}.").format(
            grade=reader.of(best.title)
        )
    else:
        said = say("By its points alone the unit may reach anything from {worst} to {best}.")
        said = said.format(worst=reader.of(worst.title), best=reader.of(best.title))
    unit = say("Score")
    return Figure(
        "score",
        say("The score against the cut-offs of the grades"),
        said,
        Bars(
            say("points"),
            (Bar(unit, reader.points(scored.low), reader.points(scored.high)),),
            reader.points(book.points),
            "points",
            book.decimals,
            tuple(Mark(reader.of(one.title), reader.points(cut)) for one, cut in cuts if cut),
            (say("earned"), say("still open")),
        ),
        Table.plain(
            "cut-offs",
            say("Grades and their cut-offs"),
            (
                Column(say("Grade"), width=40),
                Column(say("From points"), "points", 30, book.decimals),
                Column(say("Reached by points"), width=30),
            ),
            rows,
        ),
    )


def _sections(reader: Reader) -> Figure | None:
    """Return what each section attains of its points."""
    assessment = reader.assessment
    book = assessment.book
    say = reader.say
    bars, rows = [], []
    for one in book.sections.values():
        if one.id not in assessment.scored.sections:
            continue
        found, title = assessment.scored.sections[one.id], reader.of(one.title)
        if found is None:
            rows.append(Row.of(title, reader.points(one.points), None, None))
            continue
        ends = Span(share(found[0], one.points), share(found[1], one.points))
        bars.append(Bar(title, *ends))
        rows.append(Row.of(title, reader.points(one.points), reader.span(*found), ends))
    if not bars:
        return None
    chart = Bars(
        say("share of the points"),
        tuple(bars),
        _ONE,
        "percent",
        1,
        (),
        (say("earned"), say("still open")),
    )
    columns = (
        Column(say("Section"), width=40),
        Column(say("Points asked"), "points", 18, book.decimals),
        Column(say("Points earned"), "points", 24, book.decimals),
        Column(say("Attained"), "percent", 24, 1),
    )
    table = Table.plain("by-section", say("Attainment by section"), columns, rows)
    return Figure("sections", say("What each section attains"), least(reader, bars), chart, table)


def _dimensions(reader: Reader) -> Figure | None:
    """Return what is attained on each shared dimension, of the points of the rules that apply."""
    assessment = reader.assessment
    book = assessment.book
    say = reader.say
    sums: dict[str, list[int]] = {}
    for verdict in assessment.verdicts:
        rule = book.rules[verdict.rule]
        if rule.dimension is None or rule.bonus or verdict.outcome in _OUT:
            continue
        one = sums.setdefault(rule.dimension, [0, 0, 0, 0])
        for place, part in enumerate((verdict.low, verdict.high, rule.points, 1)):
            one[place] += part
    if len(sums) < 2:
        return None
    from steelyard.book.model import DIMENSIONS

    bars, rows = [], []
    for name in (one for one in DIMENSIONS if one in sums):
        low, high, points, count = sums[name]
        ends = Span(share(low, points), share(high, points))
        bars.append(Bar(reader.dimension(name), *ends))
        rows.append(
            Row.of(
                reader.dimension(name), count, reader.points(points), reader.span(low, high), ends
            )
        )
    chart = Bars(
        say("share of the points"),
        tuple(bars),
        _ONE,
        "percent",
        1,
        (),
        (say("earned"), say("still open")),
    )
    columns = (
        Column(say("Dimension"), width=30),
        Column(say("Rules"), "count", 12),
        Column(say("Points asked"), "points", 16, book.decimals),
        Column(say("Points earned"), "points", 22, book.decimals),
        Column(say("Attained"), "percent", 22, 1),
    )
    table = Table.plain("by-dimension", say("Attainment by dimension"), columns, rows)
    return Figure(
        "dimensions",
        say("What is attained on the shared dimensions"),
        least(reader, bars),
        chart,
        table,
    )


_OUT = frozenset({"not_applicable", "waived"})


def least(reader: Reader, bars: list[Bar]) -> str:
    """Name which bar is surely shortest, and which is most open."""
    say = reader.say
    reach = min(bar.high for bar in bars)
    lowest = [bar for bar in bars if bar.low <= reach]
    shares = number_in(reach, "percent", 1)
    names = reader.some([bar.label for bar in lowest])
    if all(bar.low == _ONE for bar in bars):
        return say("All is attained in full.")
    if reach == _ONE:
        said = say("Nothing has surely been lost anywhere.")
    elif len(lowest) == 1:
        said = say("{name} attains least: {share} at best.").format(name=names, share=shares)
    elif all(bar.low == bar.high for bar in lowest):
        said = say("{names} attain least: {share} each.").format(names=names, share=shares)
    else:
        said = say("Which attains least is still open: {names}.").format(names=names)
    widest = max(bars, key=lambda bar: bar.high - bar.low)
    if widest.high == widest.low:
        return said
    open_ = say("Most is still open in {name}: {low} to {high}.")
    ends = [number_in(end, "percent", 1) for end in (widest.low, widest.high)]
    return f"{said} {open_.format(name=widest.label, low=ends[0], high=ends[1])}"
