"""What a rule reads, as evidence is listed: its facts, the registers that it counts, and the one
whose records its finding names.

This is the one place of reports that looks into scoring forms.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from steelyard.book.model import Rule, RuleBook
from steelyard.judging.compiled.undefined import rule_reads
from steelyard.messages import Title

# LEAD: goes when forms bring their titles (`form.title`).
_FORMS: Mapping[str, Title] = {
    "requires": Title("达标", "requires"),
    "checklist": Title("清单", "checklist"),
    "graded": Title("评级", "graded"),
    "banded": Title("分档", "banded"),
    "proportional": Title("比例", "proportional"),
    "demerit": Title("扣分", "demerit"),
    "staged": Title("阶段", "stage"),
    "judged": Title("专项判定", "judged"),
}


class Reads(NamedTuple):
    """The facts and registers that a rule reads, each once; `listed` is the register whose records
    the finding names, "" where it names none.
    """

    facts: tuple[str, ...]
    registers: tuple[str, ...]
    listed: str


def reads(book: RuleBook, number: int) -> Reads:
    """Return what the rule at a place of the book reads."""
    # LEAD: goes when rules have a lowered tree: its names and its functions over records, of which
    # `Over.listed` marks the one that lists.
    form = list(book.rules.values())[number].form
    stage = book.stages.get(getattr(form, "stage", ""))
    found = rule_reads(book, number)
    names = [
        *(item.id for item in getattr(form, "items", ())),
        *(one.id for one in (stage.deliverables if stage is not None else ())),
    ] or [column.key.split(".")[0] for column in (*found.facts, *found.claimed)]
    listed = getattr(form, "register", "")
    registers = dict.fromkeys(name for name, _, _ in found.registers if name != listed)
    return Reads(
        tuple(name for name in dict.fromkeys(names) if name in book.facts),
        tuple(registers),
        listed,
    )


def form_title(rule: Rule) -> Title:
    """Return what the scoring form of a rule is called."""
    title: Title = getattr(rule.form, "title", None) or _FORMS[type(rule.form).__name__.lower()]
    return title
