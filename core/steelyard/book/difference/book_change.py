"""What one change of a book is, and the words in which changes are told."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from steelyard.book.model import RuleBook
from steelyard.book.titles import BookTitles
from steelyard.expression.prose import phrase, value_text
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
from steelyard.forms.phrases import Said, surely
from steelyard.messages import LANGUAGES, Title, in_english

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
            *(
                shape(getattr(part, name))
                for name in _fields(part)
                if name not in {"place", "lowered", "named_options"}
            ),
        )
    return part


def _fields(part: Any) -> Iterator[str]:
    return (one.name for one in dataclasses.fields(part))


def prose(book: RuleBook, node: Node | None, register: str | None = None) -> Title | None:
    """Return an expression in words, with the confidence that it asks for; None for none."""
    if node is None:
        return None
    titles = BookTitles(book, register, bare=True)
    said = Title(*(phrase(node, titles, language) for language in LANGUAGES))
    asked = (part.confidence for part in walk(node) if isinstance(part, Compare))
    return surely(said, next(filter(None, asked), 0))


def names_of(node: Node | None) -> tuple[str, ...]:
    """Return the names that an expression reads, each once."""
    return (
        tuple(dict.fromkeys(part.name for part in walk(node) if isinstance(part, Name)))
        if node is not None
        else ()
    )


class BookWords:
    """The words of a book, as forms ask for them."""

    def __init__(self, book: RuleBook) -> None:
        """Take the book."""
        self.book = book

    def prose(self, node: Node | None, register: str | None = None) -> Title | None:
        """Return an expression in words; None for none."""
        return prose(self.book, node, register)

    def points(self, units: int) -> str:
        """Return points as people write them."""
        return points(self.book, units)

    def register(self, name: str) -> Title:
        """Return the title of a register."""
        return self.book.registers[name].title

    def stage(self, name: str) -> Title:
        """Return the title of a stage."""
        return self.book.stages[name].title


def type_words(kind: Type) -> Title:
    """Return a type in words."""
    match kind:
        case Boolean():
            return Title("是否", "yes or no")
        case Number(scale=0):
            return Title("整数", "a whole number")
        case Number(scale=scale):
            return Title(f"{scale} 位小数", f"a number with {in_english(scale, 'decimal')}")
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
