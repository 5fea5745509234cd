"""Red and black lists with the rules that made them, and the units that stand apart."""

from __future__ import annotations

from steelyard.comparison.listing import SCORE
from steelyard.comparison.lists import List
from steelyard.errors import Plural
from steelyard.report.comparison.reader import Comparing, per_cent, share
from steelyard.report.page import (
    DOCUMENTS,
    Block,
    Cell,
    Column,
    Heading,
    Paragraph,
    Part,
    Row,
    Table,
)


def rosters(reader: Comparing) -> Part:
    """Return every list with its rule."""
    say = reader.say
    blocks: list[Block] = []
    for one in reader.found.lists:
        blocks += _list(reader, one)
    if not blocks and not reader.terse:
        blocks.append(Paragraph(say("No list was asked for.")))
    return Part("lists", say("Lists"), tuple(blocks))


def _list(reader: Comparing, one: List) -> list[Block]:
    say = reader.say
    rule = one.rule
    measure = {"score": say("score"), "overall": say("weighted mean")}.get(
        rule.by
    ) or reader.dimension(rule.by)
    said = _rule(reader, one, measure)
    title = reader.of(rule.title)
    blocks: list[Block] = (
        [Heading(f"{title}{reader.colon}{said}")]
        if reader.terse
        else [Heading(title), Paragraph(reader.sentence(said))]
    )
    rows = [
        Row.of(
            entry.place or None,
            reader.unit(entry.row),
            reader.group(group.name),
            _value(reader, entry.value),
            entry.consecutive,
            say("vetoed") if entry.value is None else "",
            reader.of(entry.step.title) if entry.step is not None else "",
        )
        for group in one.groups
        for entry in group.listed
    ]
    columns = (
        Column(say("Place"), "count", 8, whole=True),
        Column(say("Unit"), width=26),
        Column(say("Group"), width=20),
        Column(measure, "percent", 12, 1, brief=f"{measure}, %", whole=True),
        Column(say("Times in a row"), "count", 10),
        Column(say("Remark"), width=10, on=DOCUMENTS),
        Column(say("What follows"), width=16),
    )
    named = "" if reader.terse else title
    table = Table.plain(f"list-{rule.id}", named, columns, rows[: reader.most])
    blocks.append(table._replace(empty=say("Nobody is listed.")))
    blocks += reader.more(len(rows))
    small = [
        f"{reader.group(group.name)} ({group.units})"
        for group in one.groups
        if group.refused is not None
    ]
    if small:
        said = say(
            Plural(
                "No list of fewer than {least} unit: {groups}",
                "No list of fewer than {least} units: {groups}",
                "least",
            )
        )
        blocks.append(
            Paragraph(said.format(least=rule.min_units, groups=reader.some(small)), "note")
        )
    return blocks


def _value(reader: Comparing, value: int | None) -> Cell:
    if value is None:
        return reader.say("vetoed") if reader.terse else None
    return share(value)


def _rule(reader: Comparing, one: List, measure: str) -> str:
    """Return the rule of a list in words."""
    say = reader.say
    rule = one.rule
    within = {"all": say("all units"), "sector": say("each sector"), "book": say("each book")}[
        rule.within
    ]
    parts = []
    if rule.most is not None:
        parts.append(
            (say("the best {count}") if rule.good else say("the worst {count}")).format(
                count=rule.most
            )
        )
    if rule.threshold is not None:
        parts.append(
            (say("at least {share}") if rule.good else say("below {share}")).format(
                share=per_cent(rule.threshold)
            )
        )
    parts.append(say("coverage at least {share}").format(share=per_cent(rule.min_coverage)))
    if rule.good:
        parts.append(
            say("with the grade that such a score earns")
            if rule.by == SCORE and rule.threshold is not None
            else say("with the grade that its own score earns")
        )
    if rule.vetoed:
        parts.append(say("and every vetoed unit"))
    end = say("what is earned for sure") if rule.good else say("what can still be earned")
    said = say("{rule}, by {measure} ({end}), of {within}")
    return said.format(
        rule=reader.listed(parts),
        measure=measure,
        end=end,
        within=within,
    )


def apart(reader: Comparing) -> Part:
    """Return the units that are never ranked, each with its reasons."""
    say = reader.say
    rows = [int(row) for row in reader.found.apart.unranked.tolist()]
    found = [
        Row.of(
            reader.unit(row),
            reader.book(row),
            reader.listed(one.said.text(say) for one in reader.found.apart.reasons(row)),
        )
        for row in rows[: reader.most]
    ]
    columns = (
        Column(say("Unit"), width=34),
        Column(say("Rule book"), width=24, brief=say("book")),
        Column(say("Why"), width=42),
    )
    table = Table.plain("apart", say("Apart, never ranked"), columns, found)
    table = table._replace(empty="" if reader.terse else say("No unit stands apart."))
    return Part("apart", say("Apart"), (table, *reader.more(len(rows))))
