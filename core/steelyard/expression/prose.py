"""The prose reading: a tree as a phrase in Chinese or English."""

from __future__ import annotations

from datetime import date
from fractions import Fraction
from typing import Protocol, assert_never, cast

from steelyard.expression.functions.table import CORE, Functions
from steelyard.expression.kinds import Kind
from steelyard.expression.tree import (
    Arithmetic,
    Call,
    Choose,
    Compare,
    Literal,
    Logic,
    Name,
    Node,
    Not,
    Over,
    Present,
    Reach,
    Within,
)
from steelyard.expression.types import (
    SCALE_CAP,
    Boolean,
    Choice,
    Date,
    Number,
    Survey,
    Type,
    number_text,
    ranged,
    rescale,
)
from steelyard.expression.values import is_whole, units_half_away
from steelyard.messages import Language, Title

RELATIONS: dict[str, tuple[Title, Title]] = {
    "==": (Title("为", "is"), Title("为", "is")),
    "!=": (Title("不为", "is not"), Title("不为", "is not")),
    "<": (Title("低于", "is below"), Title("早于", "is before")),
    "<=": (Title("不高于", "is at most"), Title("不晚于", "is no later than")),
    ">": (Title("高于", "is above"), Title("晚于", "is after")),
    ">=": (Title("不低于", "is at least"), Title("不早于", "is no earlier than")),
}
"""Words of a comparison, for figures and for dates."""

_VERBS = frozenset({"is", "are", "was", "were", "has", "have"})
CONTRARY = {"==": "!=", "!=": "==", "<": ">=", "<=": ">", ">": "<=", ">=": "<"}
_SIGNS = {"+": "加", "-": "减", "*": "乘以", "/": "除以"}


class Titles(Protocol):
    """Where prose finds the words of a book."""

    def name(self, node: Name | Reach) -> Title:
        """Return the title of a fact, parameter, field or party's field."""

    def register(self, name: str) -> Title:
        """Return the title of a register."""

    def option(self, node: Node, option: str) -> Title:
        """Return the title of an option of the value that a node reads."""

    def inside(self, register: str) -> Titles:
        """Return the words as they are for a record of a register."""


def phrase(node: Node, titles: Titles, language: Language, functions: Functions = CORE) -> str:
    """Return a tree as a phrase, such as "prohibition is 8 and verified"."""
    return _Reader(titles, language, functions).read(node)


def uncapped(text: str) -> str:
    """Return an English title as it stands inside a sentence; acronyms keep their capitals."""
    return text[0].lower() + text[1:] if text[:1].isupper() and not text[1:2].isupper() else text


def _undone(title: str) -> str:
    """Return a Chinese title denied where its own words are: 未 takes the place of 已."""
    if title.startswith("有"):
        return f"没{title}"
    return title.replace("已", "未", 1) if "已" in title else f"未{title}"


def value_text(units: int, kind: Type) -> str:
    """Return a number, rate or date as people write it: rates in percent."""
    if isinstance(kind, Date):
        return date.fromordinal(min(max(units, 1), date.max.toordinal())).isoformat()
    if isinstance(kind, Survey):
        return f"{_percent(Fraction(units, 10**SCALE_CAP))}%"
    if isinstance(kind, Number):
        if is_rate(kind):
            return f"{_percent(Fraction(units, 10**kind.scale))}%"
        return number_text(units, kind.scale)
    return str(units)


def figure(value: Fraction, kind: Type, beside: Fraction | None = None) -> str:
    """Return a number, rate or date as people write it, a rate in percent.

    It has enough places not to look like a rounder figure than it is, and, next to another value,
    not to look the same where it is not: 2999999 of 3000000 is 99.99997% beside 100%.
    """
    if isinstance(kind, Date):
        return value_text(int(value), kind)
    if is_rate(kind):
        return f"{_percent(value, beside)}%"
    scale = kind.scale if isinstance(kind, Number) else 0
    return _told_apart(value, beside, scale if is_whole(value, scale) else 6)


def _told_apart(value: Fraction, beside: Fraction | None, places: int) -> str:
    """Return a number with so many places, without trailing zeros, or with as many more as tell it
    from another.
    """
    while True:
        text = _decimal(value, places)
        if beside is None or value == beside or text != _decimal(beside, places):
            return text
        places += 1


def _percent(value: Fraction, beside: Fraction | None = None) -> str:
    """Return a rate in percent with two decimals; with more where two would make it look like a
    rounder figure, or like another that stands beside it.
    """
    value *= 100
    places = 2
    while _looks_rounder(value, places):
        places = max(4, places + 1)
    return _told_apart(value, None if beside is None else beside * 100, places)


def _looks_rounder(value: Fraction, places: int) -> bool:
    units = units_half_away(value, places)
    return units % 10 == 0 and units * value.denominator != value.numerator * 10**places


def _decimal(value: Fraction, places: int) -> str:
    return number_text(units_half_away(value, places), places)


def is_rate(kind: Type) -> bool:
    """Whether a number lies between 0 and 1 and has decimals, so that it reads best in percent."""
    if isinstance(kind, Survey):
        return True
    return (
        isinstance(kind, Number)
        and kind.scale > 0
        and kind.low >= 0
        and kind.high == 10**kind.scale
        and kind.low < kind.high
    )


def listed(parts: list[str], language: Language, word: str = "and") -> str:
    """Return phrases joined by "and" or "or"."""
    if language == "zh":
        joint = "且" if word == "and" else "或"
        return joint.join(parts)
    return f" {word} ".join(parts)


class _Reader:
    """Reads one tree aloud in one language."""

    def __init__(self, titles: Titles, language: Language, functions: Functions) -> None:
        self.titles = titles
        self.functions = functions
        self.language: Language = language
        self.zh = language == "zh"

    def read(self, node: Node) -> str:
        match cast("Kind", node):
            case Literal() as literal:
                return self.literal(literal, literal.type)
            case Name() | Reach() as name:
                return self._title(name)
            case Not(item=item):
                return self._not(item)
            case Logic(op=op, items=items):
                parts = [
                    f"({self.read(i)})" if isinstance(i, Logic) and i.op != op else self.read(i)
                    for i in items
                ]
                return listed(
                    [
                        part.replace("(", "（").replace(")", "）") if self.zh else part
                        for part in parts
                    ],
                    self.language,
                    op,
                )
            case Compare() as comparison:
                return self.relation(comparison, comparison.op)
            case Within(item=item, options=options):
                words = [self._option(item, option) for option in options]
                joint = "、".join(words) if self.zh else ", ".join(words)
                return (
                    f"{self.read(item)}为{joint}之一"
                    if self.zh
                    else f"{self.read(item)} is one of {joint}"
                )
            case Arithmetic(op=op, left=left, right=right):
                sign = _SIGNS[op] if self.zh else f" {op} "
                return f"{self._operand(left)}{sign}{self._operand(right)}"
            case Choose(condition=condition, then=then, otherwise=otherwise):
                test, one, two = self.read(condition), self.read(then), self.read(otherwise)
                return (
                    f"{test}时为{one}，否则为{two}" if self.zh else f"{one} if {test}, else {two}"
                )
            case Call(function=function) as call:
                return self.functions.scalars[function].phrase(call, self.read, self.language)
            case Over() as over:
                return self.over(over)
            case Present(item=item):
                return self.read(item)
            case never:
                assert_never(never)

    def literal(self, node: Literal, beside: Type) -> str:
        """Return a value as written; beside a rate it reads in percent."""
        if isinstance(node.value, bool):
            return ("是" if node.value else "否") if self.zh else ("yes" if node.value else "no")
        if isinstance(node.value, int):
            kind = node.type
            if is_rate(beside) and isinstance(kind, Number):
                scale = max(kind.scale, 2)
                return number_text(rescale(node.value, kind.scale, scale), scale - 2) + "%"
            return value_text(
                node.value, Date() if isinstance(kind, Date) else Number(getattr(kind, "scale", 0))
            )
        return str(node.value)

    def over(self, node: Over) -> str:
        """Return a function over records."""
        words = self.functions.aggregates[node.function].words
        register = self.titles.register(node.register).of(self.language)
        register = register if self.zh else uncapped(register)
        record = _Reader(self.titles.inside(node.register), self.language, self.functions)
        where = ""
        if node.where is not None:
            inner = record.read(node.where)
            where = f"（{inner}）" if self.zh else f" where {inner}"
        value = record.read(node.value) if node.value is not None else ""
        return words.of(self.language).format(register=register, where=where, value=value)

    def _title(self, node: Name | Reach) -> str:
        title = self.titles.name(node).of(self.language)
        return title.removeprefix("是否") if self.zh else uncapped(title)

    def _operand(self, node: Node) -> str:
        text = self.read(node)
        if isinstance(node, (Arithmetic, Choose)):
            return f"（{text}）" if self.zh else f"({text})"
        return text

    def _not(self, item: Node) -> str:
        if isinstance(item, Compare) and not item.left.nullable and not item.right.nullable:
            return self.relation(item, CONTRARY[item.op])
        if isinstance(item, Call):
            contrary = self.functions.scalars[item.function].contrary
            if contrary is not None:
                return contrary.of(self.language).format(self.read(item.arguments[0]))
        inner = self.read(item)
        if isinstance(item, (Name, Reach)):
            if self.zh:
                return _undone(inner)
            # A title that is a sentence of its own cannot stand behind a bare "not".
            return f"it is not so that {inner}" if _VERBS & set(inner.split()) else f"not {inner}"
        return f"并非（{inner}）" if self.zh else f"not ({inner})"

    def relation(self, node: Compare, op: str) -> str:
        """Return a comparison with its relation, perhaps turned round."""
        if isinstance(node.left.type, Boolean) and isinstance(node.right, Literal):
            holds = bool(node.right.value) == (op == "==")
            return self.read(node.left) if holds else self._not(node.left)
        left = self.side(node.left, node.right)
        right = self.side(node.right, node.left)
        dates = isinstance(ranged(node.left.type), Date)
        relation = RELATIONS[op][dates].of(self.language)
        return f"{left}{relation}{right}" if self.zh else f"{left} {relation} {right}"

    def side(self, node: Node, beside: Node) -> str:
        """Return one side of a comparison."""
        if isinstance(node, Literal):
            if isinstance(node.type, Choice) or (
                isinstance(node.value, str) and not isinstance(node.value, bool)
            ):
                option = self.titles.option(beside, str(node.value)).of(self.language)
                return option if self.zh else uncapped(option)
            return self.literal(node, beside.type)
        return self.read(node)

    def _option(self, item: Node, option: Literal) -> str:
        return self.side(option, item)
