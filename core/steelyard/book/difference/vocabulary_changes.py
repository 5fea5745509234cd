"""What changed in the facts, registers and parties of a book: what a case is asked to tell."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import partial
from typing import Any

from steelyard.book.difference.book_change import Change, bound, prose, type_words
from steelyard.book.difference.thing_changes import Kind as Whats
from steelyard.book.difference.thing_changes import Told, things
from steelyard.book.model import UNDATED, Fact, Field, Kind, Register, RuleBook
from steelyard.book.terms import METHOD_TITLES
from steelyard.forms.phrases import Said, listed, told
from steelyard.messages import Title

Columns = Register | Kind
_ORDER = Title("选项", "options")
_UNIT = Title("单位", "measured in")
_MISSING = {
    "unknown": Title("未知", "unknown"),
    "none": Title("即为无", "that there is none"),
    "refused": Title("不得缺", "refused"),
}


def word_changes(old: RuleBook, new: RuleBook) -> Iterator[Change]:
    """Yield the changes of named options, facts, registers, parties and their fields."""
    for name in (one for one in new.options if one in old.options):
        was, now = (_listed(book.options[name]) for book in (old, new))
        if was != now:
            words = told(_OPTIONS, id=name, new=now, old=was)
            yield Change("facts", "options", name, "options", was, now, words)
    facts = [
        {name: one for name, one in book.facts.items() if one.origin in {"fact", "derived"}}
        for book in (old, new)
    ]
    yield from things(
        (old, new),
        Whats("facts", "fact", Title("事实", "fact")),
        _told_by_name(facts[0], facts[1]),
        _told_by_name(facts[1], facts[0]),
        _fact,
    )
    yield from _columns(old, new, "register", old.registers, new.registers)
    yield from _columns(old, new, "party", old.kinds, new.kinds)


def _fact(book: RuleBook, fact: Fact) -> Told:
    low = (
        book.facts[fact.low_fact].title
        if fact.low_fact
        else bound(fact.type, _declared(fact, fact.low, "low"))
    )
    high = (
        book.facts[fact.high_fact].title
        if fact.high_fact
        else bound(fact.type, _declared(fact, fact.high, "high"))
    )
    return {
        "type": (Title("类型", "type"), type_words(fact.type)),
        "derived": (Title("算法", "worked out as"), prose(book, fact.derived)),
        "min": (Title("下限", "least"), low),
        "max": (Title("上限", "most"), high),
        "options": (_ORDER, _options(fact)),
        "missing": (
            Title("未填", "when not given"),
            _MISSING["none" if fact.nullable and fact.derived is None else "unknown"],
        ),
        "method": (Title("查证方式", "shown by"), _shown(fact)),
        "better": (Title("优向", "better"), _BETTER[fact.better] if fact.better else None),
        "measured_in": (_UNIT, _counted(fact)),
    }


_OPTIONS = Title("选项 {id}：{new}（原为 {old}）", "options {id}: {new}, was {old}")


def _told_by_name(slots: Mapping[str, Any], others: Mapping[str, Any]) -> dict[str, Any]:
    """Return facts or fields in which those that take their options under one name in both books
    say none: what changed in them is told of the name.
    """
    return {
        key: replace(one, options={})
        if one.named_options and key in others and others[key].named_options == one.named_options
        else one
        for key, one in slots.items()
    }


_BETTER = {"higher": Title("越高越好", "higher"), "lower": Title("越低越好", "lower")}


def _counted(slot: Fact | Field) -> Said:
    """Return what a figure counts."""
    return slot.measured_in.title if slot.measured_in else None


def _shown(slot: Fact | Field) -> Said:
    return METHOD_TITLES[slot.method] if slot.method else None


def _declared(fact: Fact, said: int | None, end: str) -> int | None:
    """Return a declared bound; what a worked-out fact can be at all is not declared."""
    return said if fact.derived is not None else getattr(fact.type, end, None)


def _options(slot: Fact | Field) -> Said:
    """Return the options of an enumeration with their titles; None where there are none."""
    return _listed(slot.options) if slot.options else None


def _listed(options: Mapping[str, Title]) -> Title:
    return listed(
        told(Title("{title}（{id}）", "{title} ({id})"), title=title, id=option)
        for option, title in options.items()
    )


def _columns(
    old: RuleBook, new: RuleBook, what: str, was: Mapping[str, Columns], now: Mapping[str, Columns]
) -> Iterator[Change]:
    title = Title("台账", "register") if what == "register" else Title("责任主体", "kind of party")
    yield from things((old, new), Whats("records", what, title, _fields), was, now, _owner)
    for name, owner in now.items():
        if name in was:
            kind = Whats(
                "records",
                "field",
                told(Title("“{owner}”的字段", "“{owner}”, field"), owner=owner.title),
            )
            before, after = (
                {
                    f"{name}.{key}": replace(one, id=f"{name}.{key}")
                    for key, one in part.fields.items()
                }
                for part in (was[name], owner)
            )
            yield from things(
                (old, new),
                kind,
                _told_by_name(before, after),
                _told_by_name(after, before),
                partial(_field, name if what == "register" else None),
            )


def _owner(_book: RuleBook, one: Columns) -> Told:
    if not isinstance(one, Register):
        return {}
    rolled = one.rolled
    filled: Told = (
        {}
        if rolled is None
        else {
            "from_book": (Title("汇总自", "filled from"), rolled.book),
            "roster": (Title("名册", "roster"), rolled.kind or None),
            "every": (Title("周期", "every"), rolled.every or None),
        }
    )
    return {
        **filled,
        "dated": (Title("记录日期", "dated by"), _dated(one)),
    }


def _dated(register: Register) -> Said:
    if register.dated == UNDATED:
        return Title("不限日期", "rows of any day count")
    return register.fields[register.dated].title if register.dated else None


def _fields(_book: RuleBook, one: Columns) -> Told:
    return {"fields": (Title("字段", "fields"), listed(slot.title for slot in one.fields.values()))}


def _field(register: str | None, book: RuleBook, slot: Field) -> Told:
    return {
        "type": (Title("类型", "type"), type_words(slot.type)),
        "derived": (Title("算法", "worked out as"), prose(book, slot.derived, register)),
        "min": (
            Title("下限", "least"),
            None if slot.derived is not None else bound(slot.type, getattr(slot.type, "low", None)),
        ),
        "max": (
            Title("上限", "most"),
            None
            if slot.derived is not None
            else bound(slot.type, getattr(slot.type, "high", None)),
        ),
        "options": (_ORDER, _options(slot)),
        "missing": (Title("未填", "when not given"), _MISSING[slot.missing]),
        "default": (Title("默认", "default"), prose(book, slot.default, register)),
        "method": (Title("查证方式", "shown by"), _shown(slot)),
        "better": (Title("优向", "better"), _BETTER[slot.better] if slot.better else None),
        "measured_in": (_UNIT, _counted(slot)),
    }
