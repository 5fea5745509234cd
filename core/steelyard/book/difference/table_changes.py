"""What changed in the figures, grades, limiters, measures, consequences, stages and ladder of a
book.
"""

from __future__ import annotations

import datetime
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from steelyard.book.difference.book_change import Change, points, prose, shape
from steelyard.book.difference.rule_changes import renamed
from steelyard.book.due import spoken
from steelyard.book.model import (
    NO_TITLE,
    Consequence,
    Grade,
    Limiter,
    Measure,
    Parameter,
    RuleBook,
    Rung,
    Stage,
)
from steelyard.book.titles import BookTitles
from steelyard.expression.tree import Name, Reach
from steelyard.expression.types import number_text
from steelyard.forms.phrases import Said, listed, told
from steelyard.messages import Title

_NONE = Title("无", "none")
_ADDED = Title("新增{what}“{title}”（{id}）：{said}", "{what} “{title}” ({id}) is added: {said}")
_DROPPED = Title(
    "删去{what}“{title}”（{id}）：{said}", "{what} “{title}” ({id}) is dropped: {said}"
)
_RENAMED = Title("{what}“{title}”更名：{old} → {new}", "{what} “{title}” is renamed: {old} → {new}")
_CHANGED = Title(
    "{what}“{title}”的{part}：{new}（原为 {old}）", "{what} “{title}”, {part}: {new}; was {old}"
)
_BASIS = Title("{title}的依据：{new}（原为 {old}）", "{title}, basis: {new}; was {old}")
_NOTE = Title("{title}的说明有改动", "{title}: the note is reworded")
_CALLED = Title(
    "{what} {id} 改称“{new}”，原称“{old}”", "{what} {id} is called “{new}”, was “{old}”"
)

Told = Mapping[str, tuple[Title, Said]]
"""What a thing says, part by part: the part's name in words, and what it says."""
Tell = Callable[[RuleBook, Any], Told]


class Kind(NamedTuple):
    """A kind of thing: the group in which its changes are told, its name in the JSON, its name in
    words.

    `whole` gives what one says that comes or goes; else what it says where it changes.
    """

    group: str
    what: str
    title: Title
    whole: Tell | None = None


def things(
    books: tuple[RuleBook, RuleBook],
    kind: Kind,
    old: Mapping[str, Any],
    new: Mapping[str, Any],
    tell: Tell,
) -> Iterator[Change]:
    """Yield the changes of things that have an id and a title; `tell` gives what one says in its
    book.
    """
    group, what, title, whole = kind[0], kind[1], kind[2], kind.whole or tell
    names = renamed(old, new)
    for name, was in names.items():
        yield Change(
            group,
            what,
            name,
            "renamed",
            was,
            name,
            told(_RENAMED, what=title, title=new[name].title, old=was, new=name),
        )
    for name, one in old.items():
        if name in new:
            yield from _pair(kind, one, new[name], (tell(books[0], one), tell(books[1], new[name])))
        elif name not in names.values():
            reason, said = (
                books[1].dropped.get(name, NO_TITLE) if what == "limiter" else NO_TITLE,
                _whole(whole(books[0], one)),
            )
            words = told(
                _DROPPED,
                what=title,
                title=one.title,
                id=name,
                said=reason if reason.zh or reason.en else said,
            )
            yield Change(group, what, name, "dropped", said, None, words)
    for name, one in new.items():
        if name not in old and name not in names:
            said = _whole(whole(books[1], one))
            yield Change(
                group,
                what,
                name,
                "added",
                None,
                said,
                told(_ADDED, what=title, title=one.title, id=name, said=said),
            )


def _pair(kind: Kind, one: Any, now: Any, told_: tuple[Told, Told]) -> Iterator[Change]:
    """Yield the changes of a thing that stands in both books."""
    before, after = told_
    for key in dict.fromkeys((*before, *after)):
        part = (after.get(key) or before[key])[0]
        first, last = before.get(key, (part, None))[1], after.get(key, (part, None))[1]
        if first != last:
            words = told(
                _CHANGED,
                what=kind.title,
                title=now.title,
                part=part,
                new=last or _NONE,
                old=first or _NONE,
            )
            yield Change(kind.group, kind.what, now.id, key, first, last, words)
    if one.title != now.title:
        words = told(_CALLED, what=kind.title, id=now.id, new=now.title, old=one.title)
        yield Change("words", kind.what, now.id, "title", one.title, now.title, words)
    yield from remarks(
        kind.what,
        now.id,
        told(Title("{what}“{title}”", "{what} “{title}”"), what=kind.title, title=now.title),
        one,
        now,
    )


def remarks(what: str, name: str, title: Title, one: Any, now: Any) -> Iterator[Change]:
    """Yield the changes of what only people read of a thing: its basis and its note."""
    for key, words in (("basis", _BASIS), ("notes", _NOTE)):
        was, is_now = (
            said if (said := getattr(thing, key, None)) and said != NO_TITLE else None
            for thing in (one, now)
        )
        if was != is_now:
            yield Change(
                "words",
                what,
                name,
                key,
                was,
                is_now,
                told(words, title=title, new=is_now or _NONE, old=was or _NONE),
            )


def _whole(told_: Told) -> Title:
    parts = [(part, said) for part, said in told_.values() if said]
    said = [(said if isinstance(said, Title) else Title(said, said)) for _, said in parts]
    return Title(
        "；".join(f"{part.zh} {one.zh}" for (part, _), one in zip(parts, said, strict=True)) or "—",
        "; ".join(f"{part.en} {one.en}" for (part, _), one in zip(parts, said, strict=True)) or "—",
    )


def table_changes(old: RuleBook, new: RuleBook) -> Iterator[Change]:
    """Yield the changes of everything that stands in a table beside the rules."""
    books = old, new
    yield from _parameters(old, new)
    yield from things(
        books,
        Kind("thresholds", "grade", Title("等次", "grade")),
        _by_id(old.grades),
        _by_id(new.grades),
        _grade,
    )
    yield from things(
        books,
        Kind("limiters", "limiter", Title("等次限制", "limiter")),
        _by_id(old.limiters),
        _by_id(new.limiters),
        _limiter,
    )
    yield from _consequences(old, new)
    yield from things(
        books,
        Kind("consequences", "measure", Title("措施", "measure")),
        old.measures,
        new.measures,
        _measure,
    )
    yield from things(
        books, Kind("stages", "stage", Title("阶段", "stage")), old.stages, new.stages, _stage
    )
    yield from things(
        books,
        Kind("stages", "rung", Title("创建层级", "rung")),
        _by_id(old.ladder),
        _by_id(new.ladder),
        _rung,
    )


def _grade(book: RuleBook, one: Grade) -> Told:
    score: Said = None
    if one.at_least is not None:
        score = points(book, one.at_least)
    elif one.parameter:
        score = book.parameters[one.parameter].title
    return {
        "cut_off": (Title("分数线", "cut-off"), score),
        "needs": (Title("条件", "needs"), prose(book, one.needs)),
    }


def _rung(book: RuleBook, one: Rung) -> Told:
    return {
        "year": (Title("年度", "year"), str(one.year)),
        "needs": (Title("条件", "needs"), prose(book, one.needs)),
    }


def _by_id(entries: Iterable[Any]) -> dict[str, Any]:
    return {one.id: one for one in entries}


def _parameters(old: RuleBook, new: RuleBook) -> Iterator[Change]:
    both_ = {name: one for name, one in old.parameters.items() if name in new.parameters}
    for name, one in both_.items():
        now = new.parameters[name]
        for day, was, is_now in _steps(one, now):
            template = _FROM if day else _FIGURE
            words = told(
                template if was != is_now else _AGAIN,
                title=now.title,
                id=name,
                day=day,
                new=is_now or _NONE,
                old=was or _NONE,
            )
            yield Change("thresholds", "parameter", name, "figure", was, is_now, words, since=day)
        if one.title != now.title:
            words = told(_CALLED, what=_PARAMETER, id=name, new=now.title, old=one.title)
            yield Change("words", "parameter", name, "title", one.title, now.title, words)
        yield from remarks(
            "parameter",
            name,
            told(Title("参数“{title}”", "figure “{title}”"), title=now.title),
            one,
            now,
        )
    rest = [
        {name: one for name, one in book.parameters.items() if name not in both_}
        for book in (old, new)
    ]
    yield from things(
        (old, new), Kind("thresholds", "parameter", _PARAMETER), rest[0], rest[1], _figures
    )


_FIGURE = Title(
    "参数“{title}”（{id}）：{new}（原为 {old}）", "figure “{title}” ({id}): {new}, was {old}"
)
_FROM = Title(
    "参数“{title}”（{id}）自 {day} 起：{new}（原为 {old}）",
    "figure “{title}” ({id}), from {day} on: {new}, was {old}",
)
_AGAIN = Title(
    "参数“{title}”（{id}）自 {day} 起：{new}，与原来相同",
    "figure “{title}” ({id}), from {day} on: {new}, as before",
)
_PARAMETER = Title("参数", "figure")


def _figures(_book: RuleBook, one: Parameter) -> Told:
    said = [
        number_text(units, one.scale) + (f" ({_day(day)})" if day > 1 else "")
        for day, units in one.values
    ]
    return {"figure": (Title("数值", "figure"), listed(said))}


def _day(ordinal: int) -> str:
    return datetime.date.fromordinal(ordinal).isoformat()


def _steps(was: Parameter, now: Parameter) -> Iterator[tuple[str, str | None, str | None]]:
    """Yield the days from which a figure differs, each with the figure before and after; an empty
    day: always.
    """
    last: tuple[str | None, str | None] | None = None
    for day in sorted({day for day, _ in (*was.values, *now.values)}):
        pair = _held(was, day), _held(now, day)
        differs = pair[0] != pair[1]
        if (differs and pair != last) or (not differs and last is not None and last[0] != last[1]):
            yield ("" if day <= 1 else _day(day)), *pair
        last = pair


def _held(parameter: Parameter, day: int) -> str | None:
    return next(
        (
            number_text(units, parameter.scale)
            for start, units in reversed(parameter.values)
            if start <= day
        ),
        None,
    )


def _limiter(book: RuleBook, one: Limiter) -> Told:
    titles = {grade.id: grade.title for grade in book.grades}
    effects = [
        *([Title("一票否决", "veto")] if one.veto else []),
        *([Title("不定等次", "not rated")] if one.not_rated else []),
        *(
            [told(Title("最高“{grade}”", "at most “{grade}”"), grade=titles[one.cap])]
            if one.cap
            else []
        ),
        *([Title(f"降 {one.downgrade} 等", f"down by {one.downgrade}")] if one.downgrade else []),
    ]
    floor = (
        None
        if one.floor is None
        else told(
            Title("“{section}”低于 {points} 分", "“{section}” below {points} points"),
            section=book.sections[one.floor[0]].title,
            points=points(book, one.floor[1]),
        )
    )
    return {
        "when": (Title("条件", "when"), prose(book, one.when)),
        "min_section": (Title("最低分", "when"), floor),
        "effect": (Title("效力", "effect"), listed(effects)),
    }


def _measure(_book: RuleBook, one: Measure) -> Told:
    kinds = {"sanction": Title("惩戒", "sanction"), "reward": Title("奖励", "reward")}
    return {
        "kind": (Title("类别", "kind"), kinds[one.kind]),
        "lasts": (Title("期限", "lasts"), one.lasts or None),
        "excludes": (Title("排斥", "excludes"), listed(one.excludes) if one.excludes else None),
        "entails": (Title("附带", "entails"), listed(one.entails) if one.entails else None),
    }


def _stage(_book: RuleBook, one: Stage) -> Told:
    return {
        "window": (Title("时间", "window"), spoken(one)),
        "deliverables": (
            Title("成果", "deliverables"),
            listed(
                told(Title("{title}（{id}）", "{title} ({id})"), title=d.title, id=d.id)
                for d in one.deliverables
            ),
        ),
    }


def _consequences(old: RuleBook, new: RuleBook) -> Iterator[Change]:
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
                    new=said or _NONE,
                    old=before[key][1] or _NONE,
                )
                yield Change(
                    "consequences", "consequence", str(two.number), key, before[key][1], said, words
                )
    for gone in was:
        words = told(
            Title("删去处理结果：{row}", "consequence dropped: {row}"), row=_sentence(old, gone)
        )
        yield Change(
            "consequences",
            "consequence",
            str(gone.number),
            "dropped",
            _sentence(old, gone),
            None,
            words,
        )
    for come in now:
        words = told(
            Title("新增处理结果：{row}", "consequence added: {row}"), row=_sentence(new, come)
        )
        yield Change(
            "consequences",
            "consequence",
            str(come.number),
            "added",
            None,
            _sentence(new, come),
            words,
        )


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
        "falls_on": (Title("对象", "whom"), _whom(book, row, register)),
        "measures": (Title("措施", "measures"), measures),
    }


def _whom(book: RuleBook, row: Consequence, register: str | None) -> Title:
    if not isinstance(row.falls_on, (Name, Reach)):
        return Title("单位", "the unit")
    name = BookTitles(book, register).name(row.falls_on)
    return Title(f"{name.zh}的全体成员", f"all members of {name.en}") if row.members else name


def _head(book: RuleBook, row: Consequence) -> Title:
    if row.scope == "subject":
        return Title("单位", "the unit")
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
