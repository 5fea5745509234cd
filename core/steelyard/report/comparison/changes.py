"""What changed since an earlier period, and whether the rules or the unit did it."""

from __future__ import annotations

from steelyard.comparison.changes import DOWN, UP, Changes
from steelyard.comparison.peers import MEASURES, NONE
from steelyard.report.comparison.reader import Comparing, share, shares
from steelyard.report.page import (
    TERMINAL,
    WORKBOOK,
    Block,
    Column,
    Figure,
    Heading,
    Paragraph,
    Part,
    Row,
    Slope,
    Slopes,
    Table,
)
from steelyard.report.phrases import interval

_DRAWN = 24
_ARROWS = {UP: "↑", DOWN: "↓"}


def changed(reader: Comparing, changes: Changes) -> Part:
    """Return the changes of the score, the sure ones first."""
    say = reader.say
    column = changes.verdict[:, 0].tolist()
    now, then = reader.found.now.attained.score, changes.earlier.attained.score
    pairs = list(zip(changes.now.tolist(), changes.before.tolist(), strict=True))
    moved = [abs(int(now[row].sum()) - int(then[old].sum())) for row, old in pairs]
    order = sorted(
        range(len(column)), key=lambda place: (column[place] not in _ARROWS, -moved[place])
    )
    said = say(
        "Change of the score since {period}: {up} up, {down} down, {same} not distinguishable"
    ).format(
        period=changes.earlier.period,
        up=column.count(UP),
        down=column.count(DOWN),
        same=column.count(0),
    )
    note = say(
        "Not distinguishable: the intervals overlap, or the change lies within the "
        "sampling error of surveys. New: {came}, gone: {went}."
    ).format(came=len(changes.came), went=len(changes.went))
    if reader.terse:
        order = [place for place in order if _told(changes, place)]
        table = _table(reader, changes, order, pairs)._replace(title=said)
        note = f"≈ {note[:1].lower()}{note[1:]}"
        blocks: list[Block] = [table, *reader.more(len(order))] if order else [Heading(said)]
        return Part("changes", say("What changed"), (*blocks, Paragraph(note, "note")))
    blocks = []
    table = _table(reader, changes, order, pairs)
    sure = [place for place in order if column[place] in _ARROWS]
    if sure:
        slopes = tuple(_slope(reader, changes, *pairs[place]) for place in sure[:_DRAWN])
        period = reader.found.now.period
        words = (say("went up"), say("went down"))
        chart = Slopes(say("score"), changes.earlier.period, period, slopes, words)
        title = say("What surely changed")
        blocks.append(Figure("changes", title, reader.sentence(said), chart, table))
        blocks += reader.drawn(len(sure), _DRAWN)
    else:
        blocks += [Paragraph(reader.sentence(said)), *([table] if order else [])]
    blocks += [*reader.more(len(order)), Paragraph(note, "note")]
    return Part("changes", say("What changed"), tuple(blocks))


def _told(changes: Changes, place: int) -> bool:
    """Whether something surely changed for a unit, or the rules did."""
    return bool(changes.ruled[place]) or any(
        code in _ARROWS for code in changes.verdict[place].tolist()
    )


def _slope(reader: Comparing, changes: Changes, row: int, old: int) -> Slope:
    now, then = reader.found.now.attained.score[row], changes.earlier.attained.score[old]
    return Slope(reader.label(row), share(int(then.sum()) // 2), share(int(now.sum()) // 2))


def _table(
    reader: Comparing, changes: Changes, order: list[int], pairs: list[tuple[int, int]]
) -> Table:
    say = reader.say
    now, then = reader.found.now.attained.score, changes.earlier.attained.score
    words = {UP: say("up"), DOWN: say("down"), 0: say("not distinguishable"), NONE: ""}
    if reader.terse:
        words = dict.fromkeys(words, "≈") | _ARROWS
    rows = []
    for place in order[: reader.most]:
        row, old = pairs[place]
        codes = changes.verdict[place].tolist()
        moved = [
            f"{reader.dimension(name)}{_ARROWS[code]}"
            for name, code in zip(MEASURES[1:], codes[1:], strict=True)
            if code in _ARROWS
        ]
        rows.append(
            Row.of(
                reader.short(row),
                reader.book(row),
                shares(*then[old].tolist()),
                shares(*now[row].tolist()),
                words[codes[0]],
                reader.listed(moved),
                _split(reader, changes, row, ruled=bool(changes.ruled[place])),
            )
        )
    columns = (
        Column(say("Unit"), width=26),
        Column(say("Rule book"), width=15, on=WORKBOOK | TERMINAL, brief=say("book")),
        Column(say("Before"), "percent", 12, 1, brief=say("before"), whole=True),
        Column(say("Now"), "percent", 12, 1, brief=say("now"), whole=True),
        Column(say("Score"), width=12, choices=True),
        Column(say("Dimensions"), width=16),
        Column(say("Rules and unit"), width=13),
    )
    return Table.plain("changes", say("Change of every unit"), columns, rows)


def _split(reader: Comparing, changes: Changes, row: int, *, ruled: bool) -> str:
    """Return in points what the rules and what the unit changed, where the rules changed."""
    say = reader.say
    detail = changes.details.get(row)
    if detail is not None and detail.score is not None and detail.score.unit is not None:
        rules, unit = (
            interval(f"{one.low:+f}", f"{one.high:+f}")
            for one in (detail.score.rules, detail.score.unit)
        )
        return say("rules {rules}, unit {unit}").format(rules=rules, unit=unit)
    if detail is not None and detail.failed is not None:
        return say("rules changed: {why}").format(why=detail.failed.text(say))
    return say("rules changed") if ruled else ""
