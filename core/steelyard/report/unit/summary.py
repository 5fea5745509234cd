"""At a glance: the grade, the score between its two ends, and how far each section and dimension is
attained.
"""

from __future__ import annotations

from decimal import Decimal

from steelyard.report.page import (
    Bar,
    Bars,
    Block,
    Column,
    Fact,
    Facts,
    Figure,
    Mark,
    Paragraph,
    Part,
    Row,
    Span,
    Table,
    clean,
    number_in,
)
from steelyard.report.phrases import interval
from steelyard.report.unit.reader import Reader, share

_ONE = Decimal(1)


def glance(reader: Reader) -> Part:
    """Return the part that a reader who reads no further has seen."""
    assessment = reader.assessment
    book, case, standing = assessment.book, assessment.case, assessment.standing
    say = reader.say
    scored = assessment.scored
    settled = standing.low == standing.high
    full = reader.text(book.points)
    facts = [
        Fact(say("Grade"), grade_text(reader), remark="" if settled else say("not settled")),
        Fact(
            say("Score"),
            reader.span(scored.low, scored.high),
            "points",
            book.decimals,
            say("of {full}").format(full=full),
        ),
        Fact(
            say("Coverage"),
            assessment.coverage,
            "percent",
            2,
            say("share of the points whose facts are known"),
        ),
    ]
    if reader.terse:
        score = f"{interval(reader.text(scored.low), reader.text(scored.high))} / {full}"
        facts = [Fact(say("Score"), score), facts[0], facts[2]._replace(remark="")]
    if standing.veto != "no":
        facts.append(Fact(say("Veto"), reader.sure(standing.veto == "yes")))
    if standing.not_rated != "no":
        facts.append(Fact(say("Not rated"), reader.sure(standing.not_rated == "yes")))
    large = Facts(tuple(facts), large=True)
    if reader.terse:
        return Part("glance", say("At a glance"), (large,))
    small = (
        Fact(say("Unit"), clean(case.subject_name) or case.subject_id),
        Fact(say("Unit id"), str(case.unit), "code"),
        Fact(say("Rule book"), f"{reader.of(book.title)} {book.version}"),
        Fact(say("Period"), case.period),
        Fact(say("As of"), case.as_of, "date"),
        Fact(say("Assessment"), assessment.id, "code"),
    )
    blocks: list[Block] = [
        large,
        Paragraph(_reading(reader)),
        _score(reader),
        Facts(small),
    ]
    blocks += [figure for figure in (_sections(reader), _dimensions(reader)) if figure is not None]
    return Part("glance", say("At a glance"), tuple(blocks))


def grade_text(reader: Reader) -> str:
    """Return the grade, or the two between which it lies."""
    standing, book = reader.assessment.standing, reader.assessment.book
    low, high = (reader.grade(book, place) for place in (standing.low, standing.high))
    return (
        low
        if standing.low == standing.high
        else reader.say("{worst} to {best}").format(worst=low, best=high)
    )


def _reading(reader: Reader) -> str:
    """State in one sentence what the score and the grade are, and what could still move them."""
    assessment = reader.assessment
    scored, standing, book = assessment.scored, assessment.standing, assessment.book
    low, high, full = reader.text(scored.low), reader.text(scored.high), reader.text(book.points)
    worst, best = reader.grade(book, standing.low), reader.grade(book, standing.high)
    say = reader.say
    if scored.low == scored.high and standing.low == standing.high:
        said = say("The score is {score} of {full}, and the grade is {grade}.").format(
            score=low, full=full, grade=best
        )
    elif standing.low == standing.high:
        said = say(
            "The score lies between {low} and {high} of {full}; the grade is {grade}, "
            "whatever the missing evidence will show."
        )
        said = said.format(low=low, high=high, full=full, grade=best)
    else:
        said = say(
            "The score lies between {low} and {high} of {full}; the grade is not "
            "settled: from {worst} to {best}."
        )
        said = said.format(low=low, high=high, full=full, worst=worst, best=best)
    return (
        f"{said} {say('No grade is awarded: the unit is not rated.')}"
        if standing.not_rated == "yes"
        else said
    )


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
    return Figure("sections", say("What each section attains"), _least(reader, bars), chart, table)


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
        _least(reader, bars),
        chart,
        table,
    )


_OUT = frozenset({"not_applicable", "waived"})


def _least(reader: Reader, bars: list[Bar]) -> str:
    """Name which bar is shortest at best, and which is most open."""
    say = reader.say
    least = min(bars, key=lambda bar: (bar.high, bar.low))
    if least.high == _ONE and all(bar.low == _ONE for bar in bars):
        return say("All is attained in full.")
    said = say("{name} attains least: {share} at best.").format(
        name=least.label, share=number_in(least.high, "percent", 1)
    )
    if least.high == _ONE:
        said = say("Nothing has surely been lost anywhere.")
    widest = max(bars, key=lambda bar: bar.high - bar.low)
    if widest.high == widest.low:
        return said
    open_ = say("Most is still open in {name}: {low} to {high}.")
    ends = [number_in(end, "percent", 1) for end in (widest.low, widest.high)]
    return f"{said} {open_.format(name=widest.label, low=ends[0], high=ends[1])}"
