"""The first page: the grade and the score, what cost most, what follows, what is due, what is worth
most to show.
"""

from __future__ import annotations

from steelyard.judging.explanation.reasons import because_of
from steelyard.judging.missing import still_to_show
from steelyard.report.deadlines import OPEN, state_of
from steelyard.report.page import Block, Fact, Facts, Heading, Paragraph, Part
from steelyard.report.phrases import interval
from steelyard.report.unit.costs import lost, may, sure
from steelyard.report.unit.reader import Reader

_COSTS, _FOLLOWS, _DUE, _WORTH = 3, 6, 3, 5


def glance(reader: Reader) -> Part:
    """Return the part that a reader who reads no further has seen."""
    large = Facts(tuple(_standing(reader)), large=True)
    title = reader.say("At a glance")
    if reader.terse:
        return Part("glance", title, (large,))
    blocks: list[Block] = [large, Paragraph(_reading(reader)), *_as_of(reader)]
    for part in (cost_most, _follows, _due, _worth):
        blocks += part(reader)
    return Part("glance", title, tuple(blocks))


def summed_up(reader: Reader) -> Part:
    """Return the unit, its score and its grade in one line, for the end of a terminal."""
    unit = Fact(reader.say("Unit"), str(reader.assessment.case.unit))
    return Part("summary", "", (Facts((unit, *_standing(reader)), large=True),))


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


def _standing(reader: Reader) -> list[Fact]:
    assessment = reader.assessment
    book, scored, standing = assessment.book, assessment.scored, assessment.standing
    say, full = reader.say, reader.text(assessment.book.points)
    settled = standing.low == standing.high
    grade = Fact(say("Grade"), grade_text(reader), remark="" if settled else say("not settled"))
    if reader.terse:
        score = f"{interval(reader.text(scored.low), reader.text(scored.high))} / {full}"
        facts = [
            Fact(say("Score"), score),
            grade,
            Fact(say("Coverage"), assessment.coverage, "percent", 2),
        ]
    else:
        of, known = say("of {full}"), say("share of the points whose facts are known")
        span = reader.span(scored.low, scored.high)
        facts = [
            grade,
            Fact(say("Score"), span, "points", book.decimals, of.format(full=full)),
            Fact(say("Coverage"), assessment.coverage, "percent", 2, known),
        ]
    if standing.veto != "no":
        facts.append(Fact(say("Veto"), reader.sure(standing.veto == "yes")))
    if standing.not_rated != "no":
        facts.append(Fact(say("Not rated"), reader.sure(standing.not_rated == "yes")))
    return facts


def _as_of(reader: Reader) -> list[Block]:
    """Say of what day the assessment speaks, where that is not the end of the period, or still to
    come.
    """
    case, say = reader.assessment.case, reader.say
    told = []
    if reader.day < case.as_of:
        told.append(
            say("Weighed as of {as_of}, a day still to come on {day}: more may be done by then.")
        )
    if case.as_of < case.last:
        told.append(say("As of {as_of}; the period runs until {last}."))
    days = {"as_of": case.as_of, "day": reader.day, "last": case.last}
    return [Paragraph(one.format(**days), "warning") for one in told]


def cost_most(reader: Reader) -> list[Block]:
    """Return the rules that have surely cost most, with their reasons."""
    say, book = reader.say, reader.assessment.book
    found = lost(reader)[:_COSTS]
    if not found:
        return [Paragraph(say("No rule has surely cost points."))]
    facts = []
    for place, verdict in found:
        because = reader.assessment.findings[place].because
        span = reader.span(sure(reader, verdict), may(reader, verdict))
        title = reader.of(book.rules[verdict.rule].title)
        said = reader.of(because) if because else ""
        facts.append(
            Fact(title, span, "points", book.decimals, said, reader.anchor("rule", verdict.rule))
        )
    return [Heading(say("What cost most, in points")), Facts(tuple(facts))]


def _follows(reader: Reader) -> list[Block]:
    """Return the sanctions and rewards, party by party, with what they follow from."""
    say, book = reader.say, reader.assessment.book
    burdens = reader.followed()
    if not burdens:
        return []
    facts = []
    for party, anchor, found in burdens[:_FOLLOWS]:
        certain = any(one.certain for one in found)
        firm = [one for one in found if one.certain or not certain]
        words = (_measures(reader, book.consequences[one.row].options) for one in firm)
        reasons = dict.fromkeys(
            reader.record(book.consequences[one.row], one.record)
            or reader.of(because_of(book, one))
            for one in firm
        )
        told = [say("certain") if certain else say("possible"), reader.some(list(reasons))]
        if len(firm) < len(found):
            told.append(say("{count} more are possible").format(count=len(found) - len(firm)))
        facts.append(
            Fact(
                party,
                reader.beside(dict.fromkeys(words)),
                remark=reader.beside(told),
                to=anchor,
            )
        )
    blocks: list[Block] = [Heading(say("What follows, and for whom")), Facts(tuple(facts))]
    if len(burdens) > _FOLLOWS:
        more = say("… and {count} more").format(count=len(burdens) - _FOLLOWS)
        blocks.append(Paragraph(more, "note"))
    return blocks


def _measures(reader: Reader, options: tuple[tuple[str, ...], ...]) -> str:
    """Return the measures that follow; of a choice only among how many, which the table names."""
    if len(options) == 1:
        return reader.measures(reader.assessment.book, options)
    return reader.say("one of {count} measures").format(count=len(options))


def _due(reader: Reader) -> list[Block]:
    """Return what is late or due next, on the day of the report."""
    say, day = reader.say, reader.day
    left = [one for one in reader.assessment.deadlines if one.state(day) in OPEN]
    left.sort(key=lambda one: one.by or day)
    if not left:
        return []
    facts = []
    for one in left[:_DUE]:
        office = reader.of(one.office_title)
        told = [state_of(reader, one, day), *([office] if office else [])]
        facts.append(Fact(reader.of(one.title), one.by, "date", remark=reader.beside(told)))
    more = len(left) - _DUE
    note = [Paragraph(say("… and {count} more").format(count=more), "note")] if more > 0 else []
    return [Heading(say("What is due next")), Facts(tuple(facts)), *note]


def _worth(reader: Reader) -> list[Block]:
    """Return what is worth most to show, by the points that hang on it."""
    say, book = reader.say, reader.assessment.book
    found = still_to_show(reader.assessment)[:_WORTH]
    if not found:
        return []
    facts = tuple(
        Fact(
            reader.of(one.title),
            one.points,
            "points",
            book.decimals,
            reader.beside(word for word in (reader.method(one.method), reader.office(one)) if word),
            reader.anchor("rule", one.rules[0]) if one.rules else "",
        )
        for one in found
    )
    return [Heading(say("Worth most to show, by the points that are open")), Facts(facts)]
