"""Which clause of a scheme is carried out by what in its rule book."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from steelyard.book.library import Clause
from steelyard.book.model import RuleBook

PRINCIPLE = "principle"


class Coverage(NamedTuple):
    """The clauses with what cites each, how many are checkable, and how many of these are cited."""

    clauses: tuple[tuple[Clause, tuple[str, ...]], ...]
    checkable: int
    cited: int
    unknown: tuple[tuple[str, str], ...]


def citations(book: RuleBook) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Yield everything in a book that cites clauses, named as `rule:kickbacks`,
    `item:tidy-office/no_smell`, ….
    """
    for rule in book.rules.values():
        yield f"rule:{rule.id}", rule.cites
        for item in rule.form.items:
            yield f"item:{rule.id}/{item.id}", item.cites
    for fact in book.facts.values():
        if fact.origin in {"fact", "derived"}:
            yield f"fact:{fact.id}", fact.cites
    for parameter in book.parameters.values():
        yield f"parameter:{parameter.id}", parameter.cites
    for register in book.registers.values():
        yield f"register:{register.id}", register.cites
        for field in register.fields.values():
            yield f"field:{register.id}.{field.id}", field.cites
    for kind in book.kinds.values():
        for field in kind.fields.values():
            yield f"field:{kind.id}.{field.id}", field.cites
    for row in book.consequences:
        yield f"consequence:{row.number}", row.cites
    for measure in book.measures.values():
        yield f"measure:{measure.id}", measure.cites
    for limiter in book.limiters:
        yield f"limiter:{limiter.id}", limiter.cites
    for stage in book.stages.values():
        yield f"stage:{stage.id}", stage.cites
        for deliverable in stage.deliverables:
            yield f"stage:{stage.id}/{deliverable.id}", deliverable.cites
    for rung in book.ladder:
        yield f"ladder:{rung.id}", rung.cites


def coverage_of(book: RuleBook, clauses: Mapping[str, Clause]) -> Coverage:
    """Return the coverage of a scheme's clauses by a book; `unknown` lists citations of clauses
    that are not there.
    """
    cited_by: dict[str, list[str]] = {}
    unknown: list[tuple[str, str]] = []
    for name, cites in citations(book):
        for cite in cites:
            cited_by.setdefault(cite, []).append(name)
            if cite not in clauses:
                unknown.append((name, cite))
    rows = tuple((clause, tuple(cited_by.get(clause.id, ()))) for clause in clauses.values())
    checkable = [row for row in rows if row[0].kind != PRINCIPLE]
    return Coverage(
        rows, len(checkable), sum(bool(names) for _, names in checkable), tuple(unknown)
    )
