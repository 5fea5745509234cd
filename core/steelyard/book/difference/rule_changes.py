"""What changed in the sections, rules and checklist items of a book."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from decimal import Decimal
from typing import TypeVar

from steelyard.book.difference.book_change import (
    BookWords,
    Change,
    names_of,
    points,
    shape,
    worth,
)
from steelyard.book.model import NO_TITLE, Rule, RuleBook
from steelyard.book.terms import DIMENSION_TITLES, METHOD_TITLES, OUTCOME_TITLES
from steelyard.expression.tree import Node
from steelyard.expression.types import rescale
from steelyard.forms.form import Item
from steelyard.forms.phrases import ASKS, Said, told
from steelyard.messages import Title

Part = TypeVar("Part")
_WORTH = Title("{thing}：{new}（原 {old} 分）", "{thing}: {new}, was {old}")
_RULE = Title("规则“{rule}”（{id}）", "rule “{rule}” ({id})")


def renamed(old: Mapping[str, Part], new: Mapping[str, Part]) -> dict[str, str]:
    """Return by its new id what only bears another id than before: what was dropped and what was
    added equal each other.
    """
    gone = {shape(replace(part, id="")): name for name, part in old.items() if name not in new}  # type: ignore[type-var]
    found: dict[str, str] = {}
    for name, part in new.items():
        was = gone.pop(shape(replace(part, id="")), None) if name not in old else None  # type: ignore[type-var]
        if was is not None:
            found[name] = was
    return found


def rule_changes(old: RuleBook, new: RuleBook) -> Iterator[Change]:
    """Yield the changes of sections, rules and items."""
    yield from _sections(old, new)
    names = renamed(old.rules, new.rules)
    for name, was in names.items():
        words = told(
            Title("规则“{title}”更名：{old} → {new}", "rule “{title}” is renamed: {old} → {new}"),
            title=new.rules[name].title,
            old=was,
            new=name,
        )
        yield Change("rules", "rule", name, "renamed", was, name, words)
    for name, rule in old.rules.items():
        if name in new.rules:
            yield from _Pair(old, new, rule, new.rules[name]).changes()
        elif name not in names.values():
            yield _dropped(old, new, rule)
    for name, rule in new.rules.items():
        if name not in old.rules and name not in names:
            home = _home(new, rule)
            words = told(
                Title(
                    "新增规则“{title}”（{id}），{points}，属“{section}”：{form}",
                    "rule “{title}” ({id}) is added, {points}, under “{section}”: {form}",
                ),
                title=rule.title,
                id=name,
                points=worth(new, rule.points),
                section=home,
                form=rule.form.asks(BookWords(new)),
            )
            yield Change(
                "rules", "rule", name, "added", None, points(new, rule.points), words, rule.points
            )
    yield from _items(old, new, names)


_BONUS = Title("加分", "bonus")


def _dropped(old: RuleBook, new: RuleBook, rule: Rule) -> Change:
    reason = new.dropped.get(rule.id, NO_TITLE)
    words = told(
        Title(
            "删去规则“{title}”（{id}），原 {points}",
            "rule “{title}” ({id}) is dropped, was {points}",
        ),
        title=rule.title,
        id=rule.id,
        points=worth(old, rule.points),
    )
    if reason.zh or reason.en:
        words = Title(f"{words.zh}：{reason.zh}", f"{words.en}: {reason.en}")
    return Change(
        "rules", "rule", rule.id, "dropped", points(old, rule.points), None, words, rule.points
    )


def _sections(old: RuleBook, new: RuleBook) -> Iterator[Change]:
    names = renamed(old.sections, new.sections)
    for name, was in names.items():
        words = told(
            Title(
                "板块“{title}”更名：{old} → {new}", "section “{title}” is renamed: {old} → {new}"
            ),
            title=new.sections[name].title,
            old=was,
            new=name,
        )
        yield Change("rules", "section", name, "renamed", was, name, words)
    for name, section in old.sections.items():
        now = new.sections.get(name)
        if now is None:
            if name not in names.values():
                words = told(
                    Title(
                        "删去板块“{title}”（{id}），原 {points}",
                        "section “{title}” ({id}) is dropped, was {points}",
                    ),
                    title=section.title,
                    id=name,
                    points=worth(old, section.points),
                )
                yield Change(
                    "points",
                    "section",
                    name,
                    "dropped",
                    points(old, section.points),
                    None,
                    words,
                    section.points,
                )
            continue
        one, two = points(old, section.points), points(new, now.points)
        if one != two:
            thing = told(Title("板块“{title}”", "section “{title}”"), title=now.title)
            words = told(_WORTH, thing=thing, old=one, new=worth(new, now.points))
            yield Change("points", "section", name, "points", one, two, words, 10**12)
        if section.title != now.title:
            yield _reworded("section", name, section.title, now.title)
    for name, section in new.sections.items():
        if name not in old.sections and name not in names:
            words = told(
                Title(
                    "新增板块“{title}”（{id}），{points}",
                    "section “{title}” ({id}) is added, {points}",
                ),
                title=section.title,
                id=name,
                points=worth(new, section.points),
            )
            yield Change(
                "points",
                "section",
                name,
                "added",
                None,
                points(new, section.points),
                words,
                section.points,
            )


def _reworded(what: str, name: str, was: Title, now: Title) -> Change:
    words = told(
        Title("{id} 改称“{new}”，原称“{old}”", "{id} is called “{new}”, was “{old}”"),
        id=name,
        new=now,
        old=was,
    )
    return Change("words", what, name, "title", was, now, words)


class _Pair:
    """One rule in two books."""

    def __init__(self, old: RuleBook, new: RuleBook, was: Rule, now: Rule) -> None:
        self.old = BookWords(old)
        self.new = BookWords(new)
        self.was = was
        self.now = now

    def changes(self) -> Iterator[Change]:
        """Yield what changed of it."""
        was, now = self.was, self.now
        one, two = self.old.points(was.points), self.new.points(now.points)
        if one != two:
            scales = [words.book.decimals for words in (self.old, self.new)]
            places = max(scales)
            size = abs(
                rescale(now.points, scales[1], places) - rescale(was.points, scales[0], places)
            )
            rule = told(_RULE, rule=now.title, id=now.id)
            words = told(_WORTH, thing=rule, old=one, new=worth(self.new.book, now.points))
            yield Change("points", "rule", now.id, "points", one, two, words, size)
        if (was.section, was.bonus) != (now.section, now.bonus):
            yield self.differ(
                "points",
                "section",
                _home(self.old.book, was),
                _home(self.new.book, now),
                Title(
                    "{rule}归入“{new}”，原属“{old}”",
                    "{rule} stands under “{new}”, was under “{old}”",
                ),
            )
        if was.group != now.group:
            yield self.differ(
                "points",
                "group",
                was.group or None,
                now.group or None,
                Title("{rule}的加分组：{new}（原 {old}）", "{rule}: bonus group {new}, was {old}"),
            )
        if type(was.form) is not type(now.form):
            yield self.asks()
        else:
            yield from was.form.changes(now.form, self)
        yield from self.node("not_applicable", was.not_applicable, now.not_applicable, _NOT_ASKED)
        for key, (group, template, titles) in _KEYS.items():
            before, after = (
                titles.get(said, said) if (said := _text(getattr(rule, key))) else None
                for rule in (was, now)
            )
            if before != after:
                yield self.differ(group, key, before, after, template)
        if was.title != now.title:
            yield _reworded("rule", now.id, was.title, now.title)

    def node(
        self,
        change: str,
        old: Node | None,
        new: Node | None,
        template: Title,
        *,
        register: str | None = None,
        group: str = "conditions",
    ) -> Iterator[Change]:
        """Yield the change of an expression, if there is one."""
        if shape(old) == shape(new):
            return
        was, now = self.old.prose(old, register), self.new.prose(new, register)
        if was is not None and was == now:
            # Two names may bear one title: then the names tell what the words do not.
            was, now = (
                Title(f"{said.zh}（{names}）", f"{said.en} ({names})")
                for said, names in (
                    (was, ", ".join(names_of(old))),
                    (now, ", ".join(names_of(new))),
                )
            )
        yield self.differ(group, change, was, now, template)

    def asks(self) -> Change:
        """Return the change of all that the rule asks."""
        was, now = self.was.form.asks(self.old), self.now.form.asks(self.new)
        change = "form" if type(self.was.form) is not type(self.now.form) else "condition"
        return self.differ("conditions", change, was, now, ASKS)

    def differ(
        self, group: str, change: str, old: Said, new: Said, template: Title, size: int = 0
    ) -> Change:
        """Return one change of the rule."""
        rule = told(_RULE, rule=self.now.title, id=self.now.id)
        return Change(
            group,
            "rule",
            self.now.id,
            change,
            old,
            new,
            told(template, rule=rule, old=old or _NONE, new=new or _NONE),
            size,
        )


def _text(said: str | Decimal | None) -> str | None:
    """Return what a rule says under a key as text."""
    return f"{said.normalize():f}" if isinstance(said, Decimal) else said


def _home(book: RuleBook, rule: Rule) -> Title:
    return _BONUS if rule.section is None else book.sections[rule.section].title


_NONE = Title("无", "none")
_NOT_ASKED = Title(
    "{rule}：不适用的情形为“{new}”（原为“{old}”）",
    "{rule}: does not apply when “{new}”, was “{old}”",
)
_UNDEFINED = {name: OUTCOME_TITLES[name] for name in ("pass", "fail")}
_KEYS: Mapping[str, tuple[str, Title, Mapping[str, Title]]] = {
    "when_undefined": (
        "conditions",
        Title(
            "{rule}：无基数时视为{new}（原为{old}）",
            "{rule}: counts as {new} where there is nothing to measure, was {old}",
        ),
        _UNDEFINED,
    ),
    "dimension": (
        "conditions",
        Title("{rule}：共同维度 {new}（原 {old}）", "{rule}: dimension {new}, was {old}"),
        DIMENSION_TITLES,
    ),
    "method": (
        "conditions",
        Title("{rule}：查证方式 {new}（原 {old}）", "{rule}: shown by {new}, was {old}"),
        METHOD_TITLES,
    ),
    "basis": (
        "words",
        Title("{rule}：依据 {new}（原 {old}）", "{rule}: basis {new}, was {old}"),
        {},
    ),
    "effort": (
        "words",
        Title("{rule}：整改工作量 {new}（原 {old}）", "{rule}: effort {new}, was {old}"),
        {},
    ),
    "notes": ("words", Title("{rule}：说明有改动", "{rule}: its note is reworded"), {}),
}


def _items(old: RuleBook, new: RuleBook, names: Mapping[str, str]) -> Iterator[Change]:
    """Yield what changed of checklist items; those of a rule that came or went whole went with
    it.
    """
    was, now = _homes(old), _homes(new)
    for name, (home, item) in was.items():
        if name not in now:
            if home in new.rules and new.rules[home].form.items:
                words = told(
                    Title("{rule}：删去“{item}”（{id}）", "{rule}: “{item}” ({id}) is dropped"),
                    rule=_named(new, home),
                    item=item.title,
                    id=name,
                )
                yield Change("items", "item", name, "dropped", item.title, None, words)
            continue
        there, after = now[name]
        if home != there and names.get(there) != home:
            words = told(
                Title(
                    "“{item}”（{id}）归入{new}，原属{old}",
                    "“{item}” ({id}) belongs to {new}, was of {old}",
                ),
                item=after.title,
                id=name,
                new=_named(new, there),
                old=_named(old, home),
            )
            yield Change("items", "item", name, "rule", home, there, words)
        yield from _item(new, there, item, after)
        if old.facts[name].notes != new.facts[name].notes:
            words = told(
                Title("{rule}：“{item}”的说明有改动", "{rule}: the note on “{item}” is reworded"),
                rule=_named(new, there),
                item=after.title,
            )
            yield Change(
                "words",
                "item",
                name,
                "notes",
                old.facts[name].notes or None,
                new.facts[name].notes or None,
                words,
            )
    for name, (home, item) in now.items():
        if name not in was and home in old.rules and old.rules[home].form.items:
            words = told(
                Title("{rule}：新增“{item}”（{id}）", "{rule}: “{item}” ({id}) is added"),
                rule=_named(new, home),
                item=item.title,
                id=name,
            )
            yield Change("items", "item", name, "added", None, item.title, words)


def _item(book: RuleBook, home: str, was: Item, now: Item) -> Iterator[Change]:
    rule = _named(book, home)
    if was.weight != now.weight:
        words = told(
            Title(
                "{rule}：“{item}”权重 {new}（原 {old}）", "{rule}: “{item}” weighs {new}, was {old}"
            ),
            rule=rule,
            item=now.title,
            new=now.weight,
            old=was.weight,
        )
        yield Change("items", "item", now.id, "weight", str(was.weight), str(now.weight), words)
    if was.title != now.title:
        words = told(
            Title("{rule}：“{new}”，原文“{old}”", "{rule}: “{new}”, was “{old}”"),
            rule=rule,
            new=now.title,
            old=was.title,
        )
        yield Change("items", "item", now.id, "title", was.title, now.title, words)
    if was.method != now.method:
        words = told(
            Title(
                "{rule}：“{item}”的查证方式 {new}（原 {old}）",
                "{rule}: “{item}” is shown by {new}, was {old}",
            ),
            rule=rule,
            item=now.title,
            new=METHOD_TITLES.get(now.method or "", _NONE),
            old=METHOD_TITLES.get(was.method or "", _NONE),
        )
        yield Change("items", "item", now.id, "method", was.method, now.method, words)


def _named(book: RuleBook, name: str) -> Title:
    return told(_RULE, rule=book.rules[name].title, id=name)


def _homes(book: RuleBook) -> dict[str, tuple[str, Item]]:
    return {item.id: (rule.id, item) for rule in book.rules.values() for item in rule.form.items}
