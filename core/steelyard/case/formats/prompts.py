"""What may be written in each place of a case, said to the clerk in both languages."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from types import MappingProxyType

from steelyard.book.due import due_by
from steelyard.book.measured_in import MeasuredIn
from steelyard.book.model import Fact, Field, RuleBook
from steelyard.book.terms import NONE_WORDS, UNKNOWN_WORDS
from steelyard.case.reading.parse_values import plain
from steelyard.expression.types import (
    FIRST_DAY,
    LAST_DAY,
    TICK,
    WIDEST,
    Boolean,
    Choice,
    Date,
    Number,
    PartyOf,
    Survey,
    Type,
    number_text,
)
from steelyard.messages import Title, in_english

ROLLED = Title(
    "由规则册 {book} 的评定结果自动汇总，一般留空；也可只列被评部分和周期作为名单。",
    "Filled from assessments by {book}: leave it empty, or list only the parts and "
    "periods that are expected.",
)
YES_NO: tuple[str, ...] = ("是", "否")
TICKS: tuple[str, ...] = ("是", "否", "不适用")
_EXAMPLE_YEAR = 2026
_SPOKEN_FOR = UNKNOWN_WORDS | NONE_WORDS
_LISTED = 8
_NO_FACTS: Mapping[str, Fact] = MappingProxyType({})


def example_period(effective: tuple[datetime.date | None, datetime.date | None]) -> str:
    """Return the period that a fresh template names: 2026, or the year nearest to it that the book
    is in effect.
    """
    first, last = effective
    year = _EXAMPLE_YEAR if last is None else min(_EXAMPLE_YEAR, last.year)
    return str(year if first is None else max(year, first.year))


def span(kind: Number | Date) -> tuple[str, str]:
    """Return the declared bounds as plain texts, empty where the book declares none."""
    if isinstance(kind, Date):
        low = "" if kind.low <= FIRST_DAY else datetime.date.fromordinal(kind.low).isoformat()
        high = "" if kind.high >= LAST_DAY else datetime.date.fromordinal(kind.high).isoformat()
        return low, high
    widest = WIDEST * 10**kind.scale
    # A type without a declared range may bear the widest one counted in units of any scale.
    undeclared = {widest, WIDEST}
    low = "" if -kind.low in undeclared else number_text(kind.low, kind.scale)
    high = "" if kind.high in undeclared else number_text(kind.high, kind.scale)
    return low, high


def option_words(kind: Choice, options: Mapping[str, Title]) -> tuple[str, ...]:
    """Return the word shown for each option: its Chinese title, or its id where that title is not
    its own alone.
    """
    if kind == TICK:
        return TICKS
    names = [
        {plain(word).lower() for word in (option, *options.get(option, ()))}
        for option in kind.options
    ]
    words = []
    for number, option in enumerate(kind.options):
        title = options[option].zh.strip() if option in options else ""
        folded = plain(title).lower()
        others = set().union(*names[:number], *names[number + 1 :])
        words.append(title if folded and folded not in others | _SPOKEN_FOR else option)
    return tuple(words)


def asked_of(book: RuleBook, fact: Fact, start: datetime.date | None = None) -> Title:
    """Describe what may be written for a fact, and by when a deliverable is due: the day, in a
    period that begins on `start`.
    """
    said = fact_prompt(fact, book.facts)
    due = due_by(book.stages[fact.owner], start) if fact.origin == "deliverable" else None
    return said if due is None else Title(f"{said.zh}；{due.zh}", f"{said.en}; {due.en}")


def fact_prompt(fact: Fact, facts: Mapping[str, Fact] = _NO_FACTS) -> Title:
    """Describe what may be written for a fact; what bounds it is called by its title where it is
    among `facts`.
    """
    if fact.origin == "deliverable":
        return Title("完成日期，如 2026-03-01；未做填“无”", "date done, or none")
    said = prompt(fact.type, fact.options)
    for name, zh, en in (
        (fact.low_fact, "不小于", "at least"),
        (fact.high_fact, "不大于", "at most"),
    ):
        if name:
            bound = facts[name].title if name in facts else Title(f" {name}", name)
            said = Title(f"{said.zh}，{zh}{bound.zh}", f"{said.en}, {en} {bound.en}")
    said = _counted(said, fact.measured_in)
    return (
        Title(f"{said.zh}；没有填“无”", f"{said.en}; none if there is none")
        if fact.nullable
        else said
    )


def _counted(said: Title, unit: MeasuredIn | None) -> Title:
    """Add what a figure counts."""
    if unit is None:
        return said
    return Title(f"{said.zh}，单位：{unit.title.zh}", f"{said.en}, in {unit.title.en}")


def field_prompt(column: Field) -> Title:
    """Describe what may be written in a field of a register or party, and what an empty cell
    means.
    """
    said = _counted(prompt(column.type, column.options), column.measured_in)
    if column.default is not None:
        return Title(f"{said.zh}；空=自动取默认", f"{said.en}; empty = the default")
    if column.missing == "refused":
        return Title(f"必填：{said.zh}", f"required: {said.en}")
    if column.missing == "none":
        return Title(f"{said.zh}；空=无", f"{said.en}; empty = none")
    return said


def prompt(kind: Type, options: Mapping[str, Title]) -> Title:
    """Describe what may be written for a type."""
    match kind:
        case Boolean():
            return Title("是 / 否", "yes / no")
        case Choice() if kind == TICK:
            return Title("是 / 否 / 不适用", "yes / no / n.a.")
        case Choice():
            return _options(kind, options)
        case Number():
            return _number(kind)
        case Date():
            low, high = span(kind)
            if low or high:
                return Title(
                    f"日期 {low or '…'} 至 {high or '…'}", f"date {low or '…'} to {high or '…'}"
                )
            return Title("日期，如 2026-03-01", "date, as 2026-03-01")
        case Survey():
            return Title("满意数和调查总数（人）", "positive answers, and all asked")
        case PartyOf(kind=name):
            return Title(f"责任主体编号（{name}）", f"id of a party ({name})")
        case _:
            return Title("文字", "text")


def one_line(text: str) -> str:
    """Return a text on one line, free of control characters."""
    return " ".join("".join(sign if sign.isprintable() else " " for sign in text).split())


def _options(kind: Choice, options: Mapping[str, Title]) -> Title:
    words = option_words(kind, options)
    if len(words) > _LISTED:
        return Title(
            f"从下拉列表选一项（共 {len(words)} 项）",
            f"one of the {len(words)} options of the list",
        )
    english = [
        options[option].en.strip() if option in options else option for option in kind.options
    ]
    return Title("选一项：" + " / ".join(words), "one of: " + " / ".join(english))


def _number(kind: Number) -> Title:
    low, high = span(kind)
    if low and high:
        bounds = Title(f" {low}～{high}", f" {low} to {high}")
    elif low or high:
        bounds = Title(f" ≥ {low}", f" >= {low}") if low else Title(f" ≤ {high}", f" <= {high}")
    else:
        bounds = Title("", "")
    if kind.scale == 0:
        return Title("整数" + bounds.zh, "whole number" + bounds.en)
    return Title(
        f"数{bounds.zh}（至多 {kind.scale} 位小数）",
        f"number{bounds.en} (at most {in_english(kind.scale, 'decimal')})",
    )
