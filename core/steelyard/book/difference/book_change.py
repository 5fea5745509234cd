"""What one change of a book is, and the words in which changes are told."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from steelyard.book.model import (
    Banded,
    Checklist,
    Demerit,
    Form,
    Graded,
    Judged,
    Proportional,
    Requires,
    RuleBook,
    Staged,
)
from steelyard.book.titles import BookTitles
from steelyard.expression.prose import is_rate, phrase, value_text
from steelyard.expression.tree import Compare, Literal, Name, Node, walk
from steelyard.expression.types import (
    Boolean,
    Choice,
    Date,
    Number,
    PartyOf,
    Survey,
    Type,
    number_text,
)
from steelyard.messages import LANGUAGES, Title

Said = str | Title | None

GROUPS: Mapping[str, Title] = {
    "points": Title("分值", "Points"),
    "thresholds": Title("数值与界限", "Figures and thresholds"),
    "rules": Title("规则增减", "Rules added and dropped"),
    "conditions": Title("规则要求", "What rules ask"),
    "items": Title("检查项", "Checklist items"),
    "limiters": Title("等次限制", "Limiters"),
    "consequences": Title("处理结果与措施", "Consequences and measures"),
    "stages": Title("阶段与创建层级", "Stages and the ladder"),
    "facts": Title("事实", "Facts"),
    "records": Title("台账与责任主体", "Registers and parties"),
    "book": Title("规则册", "The book"),
    "clauses": Title("条款", "Clauses"),
    "words": Title("名称与说明", "Names and notes"),
}
"""The groups in which changes are told, in the order of what matters to a reader."""

CONFIDENCE: Mapping[int, str] = {1642374: "80%", 2705543: "90%", 3841459: "95%", 6634897: "99%"}


class Change(NamedTuple):
    """One change of a book: of what, its id, what of it, the old and the new, and the same in
    words.

    `old` and `new` are figures as text, words in both languages, or None where there is nothing.
    `since` is the day from which a dated figure differs, else empty. Within a group the greatest
    `size` comes first.
    """

    group: str
    what: str
    id: str
    change: str
    old: Said
    new: Said
    words: Title
    size: int = 0
    since: str = ""


def told(template: Title, **values: Said | int) -> Title:
    """Return a sentence in both languages, each with its own words."""
    return Title(
        *(
            template.of(language).format_map(
                {
                    key: value.of(language) if isinstance(value, Title) else value
                    for key, value in values.items()
                }
            )
            for language in LANGUAGES
        )
    )


def listed(parts: Iterable[Said]) -> Title:
    """Return words one after the other; a dash for none."""
    said = [one if isinstance(one, Title) else Title(str(one), str(one)) for one in parts]
    return Title("、".join(one.zh for one in said) or "—", ", ".join(one.en for one in said) or "—")


def points(book: RuleBook, units: int) -> str:
    """Return points as people write them."""
    return number_text(units, book.decimals)


def worth(book: RuleBook, units: int) -> Title:
    """Return points with their name."""
    said = points(book, units)
    return Title(f"{said} 分", "1 point" if said == "1" else f"{said} points")


def shape(part: object) -> Any:
    """Return a part of a book as a value that is equal where it asks the same, wherever it stands
    and whatever it is called.
    """
    match part:
        case Literal(value=value):
            return ("literal", value, part.type.scale if isinstance(part.type, Number) else 0)
        case Node():
            return (
                type(part).__name__,
                *(
                    shape(getattr(part, name))
                    for name in _fields(part)
                    if name not in {"type", "at", "nullable", "inner"}
                ),
            )
        case Mapping():
            return tuple(sorted((str(key), shape(value)) for key, value in part.items()))
        case Title():
            return tuple(part)
        case tuple() | list():
            return tuple(shape(one) for one in part)
    if dataclasses.is_dataclass(part):
        return (
            type(part).__name__,
            *(shape(getattr(part, name)) for name in _fields(part) if name != "place"),
        )
    return part


def _fields(part: Any) -> Iterator[str]:
    return (one.name for one in dataclasses.fields(part))


def prose(book: RuleBook, node: Node | None, register: str | None = None) -> Title | None:
    """Return an expression in words, with the confidence that it asks for; None for none."""
    if node is None:
        return None
    titles = BookTitles(book, register)
    said = Title(*(phrase(node, titles, language) for language in LANGUAGES))
    asked = {
        CONFIDENCE.get(part.confidence, "")
        for part in walk(node)
        if isinstance(part, Compare) and part.confidence
    }
    level = next(iter(asked), "")
    return (
        Title(f"{said.zh}（置信度 {level}）", f"{said.en} (with {level} confidence)")
        if level
        else said
    )


def names_of(node: Node | None) -> tuple[str, ...]:
    """Return the names that an expression reads, each once."""
    return (
        tuple(dict.fromkeys(part.name for part in walk(node) if isinstance(part, Name)))
        if node is not None
        else ()
    )


def form(book: RuleBook, part: Form) -> Title:
    """Return what a rule asks, in words."""
    match part:
        case Requires(condition=node):
            return prose(book, node) or Title("", "")
        case Checklist(items=items):
            return Title(f"检查表，{len(items)} 项", f"a checklist of {len(items)} items")
        case Graded(fact=node, points=worth):
            grades = listed(f"{option} {points(book, units)}" for option, units in worth.items())
            return told(
                Title("按“{fact}”评定：{grades}", "graded by “{fact}”: {grades}"),
                fact=prose(book, node),
                grades=grades,
            )
        case Banded(value=node, bands=bands, confidence=z_squared):
            said = told(
                Title("“{value}”分档：{bands}", "“{value}” in bands: {bands}"),
                value=prose(book, node),
                bands=listed(band(book, part, one) for one in range(len(bands))),
            )
            level = CONFIDENCE.get(z_squared, "")
            return (
                Title(f"{said.zh}（置信度 {level}）", f"{said.en} (with {level} confidence)")
                if level
                else said
            )
        case Proportional(rate=node):
            return told(
                Title("按“{rate}”的比例得分", "points in proportion to “{rate}”"),
                rate=prose(book, node),
            )
        case Demerit(register=register):
            return told(
                Title(
                    "“{register}”扣分，每条扣“{each}”：{where}",
                    "loses “{each}” for each of “{register}”: {where}",
                ),
                register=book.registers[register].title,
                each=prose(book, part.each, register),
                where=prose(book, part.where, register) or Title("每一条", "every one"),
            )
        case Staged(stage=stage, late=late):
            return told(
                Title(
                    "阶段“{stage}”的成果，逾期按 {late} 计",
                    "what stage “{stage}” must bring, late at {late}",
                ),
                stage=book.stages[stage].title,
                late=percent(late),
            )
        case Judged(name=name):
            return Title(f"由插件判定：{name}", f"judged by a plugin: {name}")


def band(book: RuleBook, part: Banded, place: int) -> Title:
    """Return one band: its threshold and points."""
    one = part.bands[place]
    edge = _edge(part.value.type, one.threshold, one.scale)
    earned = points(book, one.points)
    return (
        Title(f"高于 {edge} 得 {earned}", f"above {edge}: {earned}")
        if one.above
        else Title(f"{edge} 起得 {earned}", f"from {edge}: {earned}")
    )


def _edge(kind: Type, threshold: int, scale: int) -> str:
    return percent(threshold, scale) if is_rate(kind) else number_text(threshold, scale)


def percent(units: int, scale: int = 6) -> str:
    """Return a share in percent."""
    return number_text(units * 100, scale) + "%"


def type_words(kind: Type) -> Title:
    """Return a type in words."""
    match kind:
        case Boolean():
            return Title("是否", "yes or no")
        case Number(scale=0):
            return Title("整数", "a whole number")
        case Number(scale=scale):
            return Title(f"{scale} 位小数", f"a number with {scale} decimals")
        case Date():
            return Title("日期", "a date")
        case Choice(ordered=True):
            return Title("有序选项", "one of ordered options")
        case Choice():
            return Title("选项", "one of some options")
        case PartyOf(kind=party):
            return Title(f"责任主体 {party}", f"a party: {party}")
        case Survey():
            return Title("问卷", "a survey")
    return Title("文字", "text")


def bound(kind: Type, units: int | None) -> Said:
    """Return a bound of a type in words; None where it is as wide as the type goes."""
    whole: Number | Date = Date() if isinstance(kind, Date) else Number()
    if units is None or not isinstance(kind, (Number, Date)):
        return None
    widest = (
        (whole.low, whole.high)
        if isinstance(kind, Date)
        else tuple(end * 10**kind.scale for end in (whole.low, whole.high))
    )
    return (
        None
        if units in widest
        else value_text(units, kind)
        if isinstance(kind, Date)
        else number_text(units, kind.scale)
    )
