"""What no plan takes less than: of what was not tried in every combination, the best is assumed."""

from __future__ import annotations

import copy
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from fractions import Fraction
from typing import Any

from steelyard.book.model import RuleBook
from steelyard.expression.tree import Compare, Logic, Name, Node, Over, walk
from steelyard.expression.tree import Literal as Written
from steelyard.judging.assessment import Assessment
from steelyard.plan.candidates import Parts
from steelyard.plan.encoding import Encoding
from steelyard.plan.further import Entry, helped
from steelyard.plan.growth import Growth
from steelyard.plan.levers import Key, Lever, Piece, effort_of
from steelyard.plan.slack import Loose, Slack
from steelyard.plan.tables import Table
from steelyard.plan.trial import Bench

_COUNTED = 12
"""So many records are told apart by their number."""


def slack_of(
    bench: Bench,
    parts: Parts,
    entered: Iterable[Entry],
    levers: Sequence[Lever],
    tables: Sequence[Table],
) -> Slack:
    """Return what is taken for possible: of parts that further records might help, or that were
    tried at some combinations alone.
    """
    book = bench.book
    shelves = {one.register: _Shelf(parts, book, one.register) for one in entered}
    each: dict[str, Fraction] = {}
    for name, rule, effort in entered:
        label = shelves[name].label(("rule", rule))
        each[label] = min(effort, each.get(label, effort))
    waived = {one.piece for one in tables if one.rows[0].said.state == "waived"}
    keys: dict[Piece, frozenset[Key]] = {}
    for table in tables:
        if not table.whole:
            keys[table.piece] = frozenset(
                one.key for one in levers if parts.moves(one, table.piece)
            )
    helped_by: dict[Piece, frozenset[str]] = {}
    for name, shelf in shelves.items():
        for piece in _helped(parts, book, name):
            labels = shelf.serving(piece, each)
            helped_by[piece] = helped_by.get(piece, frozenset()) | labels
    best = _bests(bench, shelves, levers)
    none: frozenset[Any] = frozenset()
    loose = {}
    for piece in dict.fromkeys((*keys, *helped_by)):
        registers = helped_by.get(piece, none)
        read = [name for name in shelves if ("register", name) in parts.reads[piece]]
        # Records entered elsewhere could only lower what it says, or add to what is counted.
        alone = not registers or len(registers) == len(read) == 1
        told = alone and not (_closed(book) & {*read}) and not _claimed(book, piece)
        reach = tuple(best[piece]) if told and best else ()
        loose[piece] = Loose(keys.get(piece, none), registers, reach)
    return Slack({piece: one for piece, one in loose.items() if piece not in waived}, each)


class _Shelf:
    """One register, whose records are told apart by one of its fields where parts ask for different
    values of it: then no record serves two of them.
    """

    def __init__(self, parts: Parts, book: RuleBook, register: str) -> None:
        self.register = register
        pieces = [one for one in parts.reads if ("register", register) in parts.reads[one]]
        asked = {piece: _asked(book, piece, register) for piece in pieces}
        fields = Counter(name for found in asked.values() for name in found)
        field = fields.most_common(1)[0][0] if fields else ""
        self.labels = {
            piece: f"{register} {found[field]}" for piece, found in asked.items() if field in found
        }

    def label(self, piece: Piece) -> str:
        """Return the records that serve a part."""
        return self.labels.get(piece, self.register)

    def serving(self, piece: Piece, each: Mapping[str, Fraction]) -> frozenset[str]:
        """Return the records that may serve a part, among those that may be entered: of any value
        for one that asks for none.
        """
        if piece in self.labels:
            return frozenset({self.labels[piece]} & {*each})
        every = {self.register, *self.labels.values()}
        return frozenset(every & {*each})


def _asked(book: RuleBook, piece: Piece, register: str) -> dict[str, str]:
    """Return the fields of which a part asks for one value in all that it reads of a register."""
    found: dict[str, str] | None = None
    for over in _read(book, piece, register):
        own = dict(_values(over.where))
        if found is None:
            found = own
        else:
            found = {name: text for name, text in found.items() if own.get(name) == text}
    return found or {}


def _read(book: RuleBook, piece: Piece, register: str) -> Iterator[Over]:
    """Yield what a part reads of a register, through whatever is worked out."""
    kind, name = piece
    todo: list[Node | None] = []
    if kind == "rule":
        rule = book.rules[name]
        todo = [rule.lowered.points, rule.lowered.applies, rule.not_applicable]
    elif kind == "limiter":
        todo = [one.when for one in book.limiters if one.id == name]
    else:
        todo = [one.needs for one in book.grades if one.id == name]
    seen: set[str] = set()
    while todo:
        node = todo.pop()
        for part in walk(node) if node is not None else ():
            if isinstance(part, Over) and part.register == register:
                yield part
            elif isinstance(part, Name) and part.kind == "fact" and part.name not in seen:
                seen.add(part.name)
                todo.append(book.facts[part.name].derived)


def _values(where: Node | None) -> Iterator[tuple[str, str]]:
    """Yield the fields that a condition asks to be one value, each with it."""
    match where:
        case Logic(op="and", items=items):
            for item in items:
                yield from _values(item)
        case Compare(op="==", left=Name(kind="field", name=name), right=Written(value=value)):
            yield name, str(value)


def _closed(book: RuleBook) -> frozenset[str]:
    """Return the registers of whose records some field may not be unknown."""
    return frozenset(
        name
        for name, register in book.registers.items()
        if any(one.missing == "refused" and one.derived is None for one in register.fields.values())
    )


def _claimed(book: RuleBook, piece: Piece) -> bool:
    """Whether a part takes what is not shown for what is not there."""
    return piece[0] == "rule" and bool(book.rules[piece[1]].bonus)


def _bests(
    bench: Bench, registers: Iterable[str], levers: Sequence[Lever]
) -> Mapping[Piece, list[Fraction]]:
    """Return the best that each part can say by the number of records that are entered, whatever
    else is changed: where all that may change is unknown, the high end of what it says.
    """
    found: dict[Piece, list[Fraction]] = {}
    some = [name for name in registers if name not in _closed(bench.book)]
    for count in range(_COUNTED + 1):
        said = bench.said_of(_blank(bench, some, levers, count))
        if said is None:
            return {}
        for piece, one in said.items():
            high = 1 - one.low if piece[0] == "limiter" else one.high
            before = found.setdefault(piece, [])
            before.append(max([Fraction(high), *before[-1:]]))
    return found


def _blank(
    bench: Bench, registers: Sequence[str], levers: Sequence[Lever], count: int
) -> dict[str, Any]:
    """Return the case with all that may change unknown, no register open, and so many records more
    of which nothing is known.
    """
    document = copy.deepcopy(bench.assessment.case.document)
    facts, records = document["facts"], document["records"]
    for name in bench.book.registers:
        records.setdefault(name, {"complete": True, "rows": []})["complete"] = True
    for lever in levers:
        match lever.key:
            case ("fact", name):
                facts.pop(name, None)
            case ("field", name, record, field):
                for row in records[name]["rows"]:
                    if row["id"] == record:
                        row[field] = "unknown"
    for name in registers:
        fields = bench.book.registers[name].fields.values()
        row = {one.id: "unknown" for one in fields if one.derived is None}
        records[name]["rows"] += [{"id": f"further-{at}", **row} for at in range(count)]
    return dict(document)


def _helped(parts: Parts, book: RuleBook, register: str) -> Iterator[Piece]:
    """Yield the parts that further records of a register might help."""
    growth = Growth(book, register)
    for name in parts.rules(("register", register)):
        if helped(growth, name):
            yield "rule", name
    for limiter in book.limiters:
        if growth.of(limiter.when).falls:
            yield "limiter", limiter.id
    for grade in book.grades:
        if growth.of(grade.needs).rises:
            yield "grade", grade.id


def least_effort(
    assessment: Assessment,
    levers: Sequence[Lever],
    tables: Sequence[Table],
    slack: Slack,
    target: int,
) -> Fraction | None:
    """Return an effort below which no plan surely gets a grade; None where none does at all."""
    encoding = Encoding(assessment, levers, tables, slack=slack)
    encoding.reach(target)
    values = encoding.solver.least(encoding.costs())
    if not encoding.solver.proven:
        return Fraction(0)
    if values is None:
        return None
    records = (
        slack.each[name] * count
        for (name, count), one in encoding.entered.items()
        if values[one] > 0.5
    )
    return effort_of(encoding.chosen(values).values()) + sum(records, Fraction(0))
