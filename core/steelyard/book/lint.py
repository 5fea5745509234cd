"""What is no fault in a book, but probably not meant: one line each, with its place."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from steelyard.book.coverage import PRINCIPLE, citations
from steelyard.book.layout import expressions
from steelyard.book.library import Clause
from steelyard.book.model import RuleBook
from steelyard.book.remarks.direction import against_better
from steelyard.book.remarks.measured import measured
from steelyard.book.remarks.repeats import repeats
from steelyard.book.remarks.settled import settled
from steelyard.book.remarks.standing import Places
from steelyard.book.remarks.wording import wording
from steelyard.errors import Fault, fault, nearest
from steelyard.expression.python import bare
from steelyard.expression.tree import Choose, Literal, Name, Node, Over, walk
from steelyard.expression.types import Date

_CITING: Mapping[str, tuple[str, str]] = {
    "rule": ("rules", ""),
    "item": ("rules", "checklist"),
    "fact": ("facts", ""),
    "parameter": ("parameters", ""),
    "register": ("records", ""),
    "consequence": ("consequences", ""),
    "measure": ("measures", ""),
    "limiter": ("limiters", ""),
    "stage": ("stages", "deliverables"),
    "ladder": ("ladder", ""),
}
"""Where in a book stands what cites a clause: its part, and the list inside an entry."""


def lint(book: RuleBook, clauses: Mapping[str, Clause], place: Places) -> list[Fault]:
    """Return what an author should look at: what nothing reads, clauses, dates, words, rules that
    say the same, what ranges settle, what runs against `better`, what is weighed in another unit,
    what is read twice.
    """
    return [
        *book.remarks,
        *_unused(book, place),
        *_clauses(book, clauses, place),
        *_undated(book, place),
        *wording(book, place),
        *_twins(book),
        *settled(book, place),
        *against_better(book),
        *measured(book, place),
        *repeats(book, place),
    ]


def _read(book: RuleBook) -> tuple[set[str], set[str]]:
    """Return the names of facts and registers that something reads."""
    facts: set[str] = set()
    registers: set[str] = {row.on for row in book.consequences if row.scope == "register"}
    for standing in expressions(book):
        for part in walk(standing.node):
            if isinstance(part, Name) and part.kind == "fact":
                facts.add(part.name)
            elif isinstance(part, Over):
                registers.add(part.register)
        if standing.register is not None:
            registers.add(standing.register)
    for fact in book.facts.values():
        facts |= {name for name in (fact.low_fact, fact.high_fact) if name is not None}
    return facts, registers


def _unused(book: RuleBook, place: Places) -> Iterator[Fault]:
    facts, registers = _read(book)
    for fact in book.facts.values():
        if fact.origin in {"fact", "derived"} and fact.id not in facts:
            yield fault(fact.place, "nothing reads fact `{name}`", name=fact.id)
    for register in book.registers.values():
        if register.id not in registers:
            yield fault(
                place("records", register.id), "nothing reads register `{name}`", name=register.id
            )


def _clauses(book: RuleBook, clauses: Mapping[str, Clause], place: Places) -> Iterator[Fault]:
    cited: set[str] = set()
    for name, cites in citations(book):
        for cite in cites:
            cited.add(cite)
            if clauses and cite not in clauses:
                where = place(*_path(book, name))
                yield fault(
                    where,
                    "cites `{clause}`, which the scheme does not have",
                    nearest(cite, clauses),
                    clause=cite,
                )
    for clause in clauses.values():
        if clause.kind != PRINCIPLE and clause.id not in cited:
            yield fault(
                book.origin,
                "nothing carries out clause `{clause}`, {title}",
                clause=clause.id,
                title=clause.title.zh,
            )


def _path(book: RuleBook, name: str) -> tuple[str | int, ...]:
    """Return where a thing stands that cites clauses, by its name there
    (`item:tidy-office/no_smell`).
    """
    kind, _, named = name.partition(":")
    if kind == "field":
        owner, _, field = named.partition(".")
        recorded = owner in book.registers and field in book.registers[owner].fields
        return "records" if recorded else "parties", owner, field
    part, inner = _CITING[kind]
    owner, _, within = named.partition("/")
    if kind == "consequence":
        return part, int(named) - 1
    return (part, owner, inner, within) if within else (part, owner)


def _undated(book: RuleBook, place: Places) -> Iterator[Fault]:
    """Yield the registers with a date of which the book does not say whether it counts."""
    for register in book.registers.values():
        if register.dated or register.rolled is not None:
            continue
        dates = [
            slot.id
            for slot in register.fields.values()
            if isinstance(slot.type, Date) and slot.derived is None
        ]
        if dates:
            yield fault(
                place("records", register.id),
                "has the date `{field}`, and does not say whether it must lie in the "
                "period: `dated: {field}`, or `dated: none`",
                field=dates[0],
            )


def _twins(book: RuleBook) -> Iterator[Fault]:
    """Yield the rules that ask the very same as another."""
    seen: dict[Node, str] = {}
    for rule in book.rules.values():
        node = rule.lowered.points
        if isinstance(node, Choose) and isinstance(node.otherwise, Literal):
            first = seen.setdefault(bare(node.condition), rule.id)
            if first != rule.id:
                yield fault(rule.place, "asks the same as rule `{other}`", other=first)
