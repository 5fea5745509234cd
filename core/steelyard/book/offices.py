"""Which office inside a unit must do or show a thing: said of the thing, else of what holds it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache
from typing import TYPE_CHECKING

from steelyard.book.model import (
    Deliverable,
    Fact,
    Field,
    Register,
    Rule,
    RuleBook,
    Section,
)
from steelyard.errors import Fault, fault, nearest
from steelyard.expression.tree import Name, walk
from steelyard.forms.form import Item, brought
from steelyard.forms.table import Forms

if TYPE_CHECKING:
    from steelyard.book.document import BookEntry

Answering = Fact | Field | Item | Deliverable | Register | Rule | Section
"""What an office may be responsible for."""
_Said = tuple[tuple[str | int, ...], str]


def responsible_of(book: RuleBook, thing: Answering) -> str:
    """Return the id of the office that is responsible for a thing, empty where the book names none.

    A checklist item without one has its rule's, a deliverable that of the rule that scores its
    stage, a rule its section's. A rule of the bonus has no section.
    """
    if isinstance(thing, (Item, Deliverable)):
        thing = book.facts[thing.id]
    if thing.responsible:
        return thing.responsible
    if isinstance(thing, Fact):
        rule = _rule_of(book, thing)
        return "" if rule is None else responsible_of(book, rule)
    if isinstance(thing, Rule) and thing.section is not None:
        return book.sections[thing.section].responsible
    return ""


def _rule_of(book: RuleBook, fact: Fact) -> Rule | None:
    """Return the rule that an item belongs to, or that scores a deliverable's stage."""
    if fact.origin == "item":
        return book.rules[fact.owner]
    if fact.origin == "deliverable":
        return _scorers(book).get(fact.id)
    return None


@lru_cache(maxsize=64)
def _scorers(book: RuleBook) -> Mapping[str, Rule]:
    """Return the first rule whose points read a fact by its name, by the fact."""
    found: dict[str, Rule] = {}
    for rule in book.rules.values():
        for one in walk(rule.lowered.points):
            if isinstance(one, Name) and one.kind == "fact":
                found.setdefault(one.name, rule)
    return found


def unknown_offices(entry: BookEntry, place: Callable[..., str], forms: Forms) -> Iterator[Fault]:
    """Yield a fault for each thing of a book as written whose office is none of the book's."""
    for path, office in _said(entry, forms):
        if office and office not in entry.offices:
            yield fault(
                place(*path, "responsible"),
                "unknown office `{id}`",
                nearest(office, entry.offices),
                id=office,
            )


def _said(entry: BookEntry, forms: Forms) -> Iterator[_Said]:
    """Yield where a book names an office, and which."""
    for name, fact in entry.facts.items():
        yield ("facts", name), fact.responsible
    for part, owners in (("parties", entry.parties), ("records", entry.records)):
        for name, columns in owners.items():
            if part == "records":
                yield (part, name), columns.responsible
            for key, column in (columns.__pydantic_extra__ or {}).items():
                yield (part, name, key), column.responsible
    for section in entry.sections:
        yield ("sections", section.id), section.responsible
    for rule in entry.rules:
        yield ("rules", rule.id), rule.responsible
        for form, one in brought(rule, forms.values()):
            path = ("rules", rule.id, form.key, one.id)
            yield path, getattr(one.entry, "responsible", "")
    for stage in entry.stages:
        for deliverable in stage.deliverables:
            yield ("stages", stage.id, "deliverables", deliverable.id), deliverable.responsible
