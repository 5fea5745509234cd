"""What changed in the decision table of a book: its rows have no ids, so that the most alike stand
for each other.
"""

from __future__ import annotations

from collections.abc import Iterator

from steelyard.book.difference.book_change import Change, prose, shape
from steelyard.book.difference.thing_changes import NOTHING, Told, remarks
from steelyard.book.model import Consequence, RuleBook
from steelyard.book.titles import UNIT, whom
from steelyard.forms.phrases import Said, listed, told
from steelyard.messages import Title

_GONE = Title("删去处理结果：{row}", "consequence dropped: {row}")
_COME = Title("新增处理结果：{row}", "consequence added: {row}")


def consequence_changes(old: RuleBook, new: RuleBook) -> Iterator[Change]:
    """Yield the changes of the decision table; its rows have no ids, so that the most alike stand
    for each other.
    """
    was, now = list(old.consequences), list(new.consequences)
    pairs: list[tuple[Consequence, Consequence]] = []
    for least in (4, 3, 2):
        for one in list(was):
            other = next((two for two in now if _alike(one, two) >= least), None)
            if other is not None:
                pairs.append((one, other))
                was.remove(one)
                now.remove(other)
    for one, two in sorted(pairs, key=lambda pair: pair[1].number):
        before, after = _row(old, one), _row(new, two)
        place = told(
            Title("处理结果第 {n} 行（{row}）", "consequence {n} ({row})"),
            n=two.number,
            row=_head(new, two),
        )
        yield from remarks("consequence", str(two.number), place, one, two)
        for key, (part, said) in after.items():
            if said != before[key][1]:
                words = told(
                    Title(
                        "{place}的{part}：{new}（原为 {old}）", "{place}, {part}: {new}; was {old}"
                    ),
                    place=place,
                    part=part,
                    new=said or NOTHING,
                    old=before[key][1] or NOTHING,
                )
                yield Change(
                    "consequences", "consequence", str(two.number), key, before[key][1], said, words
                )
    for row in was:
        said = _sentence(old, row)
        yield _whole(row, "dropped", said, None, told(_GONE, row=said))
    for row in now:
        said = _sentence(new, row)
        yield _whole(row, "added", None, said, told(_COME, row=said))


def _whole(row: Consequence, how: str, was: Said, now: Said, words: Title) -> Change:
    return Change("consequences", "consequence", str(row.number), how, was, now, words)


def _alike(one: Consequence, two: Consequence) -> int:
    """Count the parts that two rows share; rows on different things share nothing."""
    if one.on != two.on:
        return 0
    parts = (
        (one.when, two.when),
        (one.options, two.options),
        ((one.falls_on, one.members), (two.falls_on, two.members)),
    )
    return 1 + len([True for first, second in parts if shape(first) == shape(second)])


def _row(book: RuleBook, row: Consequence) -> Told:
    register = row.on if row.scope == "register" else None
    bundles = [listed(book.measures[name].title for name in bundle) for bundle in row.options]
    measures = (
        bundles[0]
        if len(bundles) == 1
        else Title(
            "择一：" + "；".join(one.zh for one in bundles),
            "one of: " + "; ".join(one.en for one in bundles),
        )
    )
    return {
        "when": (Title("条件", "when"), prose(book, row.when, register) or Title("一律", "always")),
        "by": (
            Title("归属字段", "by the field"),
            listed(dict.fromkeys(row.owners.values())) if row.owners else None,
        ),
        "falls_on": (Title("对象", "whom"), whom(book, row)),
        "measures": (Title("措施", "measures"), measures),
    }


def _head(book: RuleBook, row: Consequence) -> Title:
    if row.scope == "subject":
        return UNIT
    return book.registers[row.on].title if row.scope == "register" else book.kinds[row.on].title


def _sentence(book: RuleBook, row: Consequence) -> Title:
    told_ = _row(book, row)
    return told(
        Title("{on}：{when} → {whom}：{measures}", "{on}: {when} → {whom}: {measures}"),
        on=_head(book, row),
        when=told_["when"][1],
        whom=told_["falls_on"][1],
        measures=told_["measures"][1],
    )
