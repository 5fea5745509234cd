"""What changed in the figures, grades, limiters, measures, stages and ladder of a book."""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Iterator
from typing import Any

from steelyard.book.difference.book_change import Change, points, prose
from steelyard.book.difference.consequence_changes import consequence_changes
from steelyard.book.difference.thing_changes import CALLED, NOTHING, Kind, Told, remarks, things
from steelyard.book.due import spoken
from steelyard.book.model import (
    Grade,
    Limiter,
    Measure,
    Parameter,
    RuleBook,
    Rung,
    Stage,
)
from steelyard.expression.types import number_text
from steelyard.forms.phrases import Said, listed, told
from steelyard.messages import Title


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
    yield from consequence_changes(old, new)
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
                new=is_now or NOTHING,
                old=was or NOTHING,
            )
            yield Change("thresholds", "parameter", name, "figure", was, is_now, words, since=day)
        if one.title != now.title:
            words = told(CALLED, what=_PARAMETER, id=name, new=now.title, old=one.title)
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
