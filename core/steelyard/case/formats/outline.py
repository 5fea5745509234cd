"""The facts of a book in the order in which a clerk fills them in: figures, then section by
section, then stages.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from typing import NamedTuple

from steelyard.book.model import (
    Fact,
    Rule,
    RuleBook,
    Stage,
)
from steelyard.expression.tree import Name, Node, walk
from steelyard.expression.types import number_text
from steelyard.messages import Title


class Band(NamedTuple):
    """A heading with the facts below it; `level` is 0 for a section or stage and 1 for a rule."""

    level: int
    id: str
    title: Title
    points: str
    facts: tuple[Fact, ...]


def outline(book: RuleBook) -> tuple[Band, ...]:
    """Return every collected fact once, under a heading; headings with nothing below them are left
    out.
    """
    readers = _readers(book)
    under: dict[str, list[Fact]] = defaultdict(list)
    figures: list[Fact] = []
    staged: dict[str, list[Fact]] = defaultdict(list)
    for fact in book.collected:
        rules = readers[fact.id]
        if fact.origin == "item" and fact.owner in book.rules:
            under[fact.owner].append(fact)
        elif fact.origin == "deliverable" and fact.owner in book.stages:
            staged[fact.owner].append(fact)
        elif len(rules) == 1:
            under[next(iter(rules))].append(fact)
        else:
            figures.append(fact)
    bands = [Band(0, "", Title("基础数据", "Figures"), "", tuple(figures))] if figures else []
    for section in book.sections.values():
        rules_here = [
            rule for rule in book.rules.values() if rule.section == section.id and under[rule.id]
        ]
        if rules_here:
            bands.append(Band(0, section.id, section.title, _points(book, section.points), ()))
            bands.extend(_rule_band(book, rule, under) for rule in rules_here)
    rest = [
        rule for rule in book.rules.values() if rule.section not in book.sections and under[rule.id]
    ]
    if rest:
        bands.append(Band(0, "", Title("加分", "Bonus"), _points(book, book.bonus_ceiling), ()))
        bands.extend(_rule_band(book, rule, under) for rule in rest)
    bands.extend(
        Band(0, stage.id, _stage_title(stage), "", tuple(staged[stage.id]))
        for stage in book.stages.values()
        if staged[stage.id]
    )
    return tuple(bands)


def _stage_title(stage: Stage) -> Title:
    zh = f"（{stage.notes.zh.strip()}）" if stage.notes.zh else ""
    en = f" ({stage.notes.en.strip()})" if stage.notes.en else ""
    return Title(f"阶段：{stage.title.zh}{zh}", f"Stage: {stage.title.en}{en}")


def _rule_band(book: RuleBook, rule: Rule, under: dict[str, list[Fact]]) -> Band:
    return Band(1, rule.id, rule.title, _points(book, rule.points), tuple(under[rule.id]))


def _points(book: RuleBook, units: int) -> str:
    return number_text(units, book.decimals)


def _readers(book: RuleBook) -> dict[str, set[str]]:
    """Return for each fact the rules that read it, directly or through derived facts."""
    readers: dict[str, set[str]] = defaultdict(set)
    for rule in book.rules.values():
        todo = list(_nodes(rule))
        seen: set[str] = set()
        while todo:
            for part in walk(todo.pop()):
                if (
                    isinstance(part, Name)
                    and part.kind == "fact"
                    and part.name in book.facts
                    and part.name not in seen
                ):
                    seen.add(part.name)
                    readers[part.name].add(rule.id)
                    derived = book.facts[part.name].derived
                    if derived is not None:
                        todo.append(derived)
    return readers


def _nodes(rule: Rule) -> Iterator[Node]:
    yield rule.lowered.points
    if rule.not_applicable is not None:
        yield rule.not_applicable
