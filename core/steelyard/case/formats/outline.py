"""The facts of a book in the order in which a clerk fills them in: figures, then section by
section, then stages.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import NamedTuple

from steelyard.book.answering import asking_rules
from steelyard.book.handouts import Handout
from steelyard.book.model import Fact, Rule, RuleBook, Stage
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
    readers = asking_rules(book)
    under: dict[str, list[Fact]] = defaultdict(list)
    figures: list[Fact] = []
    staged: dict[str, list[Fact]] = defaultdict(list)
    for fact in book.collected:
        rules = readers.get(fact.id, ())
        if fact.origin == "item" and fact.owner in book.rules:
            under[fact.owner].append(fact)
        elif fact.origin == "deliverable" and fact.owner in book.stages:
            staged[fact.owner].append(fact)
        elif len(rules) == 1:
            under[rules[0]].append(fact)
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


def outline_of(book: RuleBook, handout: Handout | None) -> tuple[Band, ...]:
    """Return the outline of what is handed out, in the book's order or most valuable first."""
    bands = outline(book)
    if handout is None:
        return bands
    kept = [
        band._replace(facts=tuple(fact for fact in band.facts if fact.id in handout.facts))
        for band in bands
    ]
    if not handout.order:
        return tuple(_headed(kept))
    rank = {name: number for number, name in enumerate(handout.order)}

    def place(band: Band) -> int:
        return min((rank.get(fact.id, len(rank)) for fact in band.facts), default=len(rank))

    filled = sorted((band for band in kept if band.facts), key=place)
    # A section's heading would part what stands by worth.
    return tuple(
        band._replace(
            facts=tuple(sorted(band.facts, key=lambda fact: rank.get(fact.id, len(rank))))
        )
        for band in filled
    )


def _headed(bands: Sequence[Band]) -> list[Band]:
    """Return the bands that have facts, or stand over one that has."""
    found: list[Band] = []
    for number, band in enumerate(bands):
        below = next((one for one in bands[number + 1 :] if one.level == 0 or one.facts), None)
        if band.facts or (band.level == 0 and below is not None and below.level == 1):
            found.append(band)
    return found


def _stage_title(stage: Stage) -> Title:
    zh = f"（{stage.notes.zh.strip()}）" if stage.notes.zh else ""
    en = f" ({stage.notes.en.strip()})" if stage.notes.en else ""
    return Title(f"阶段：{stage.title.zh}{zh}", f"Stage: {stage.title.en}{en}")


def _rule_band(book: RuleBook, rule: Rule, under: dict[str, list[Fact]]) -> Band:
    return Band(1, rule.id, rule.title, _points(book, rule.points), tuple(under[rule.id]))


def _points(book: RuleBook, units: int) -> str:
    return number_text(units, book.decimals)
