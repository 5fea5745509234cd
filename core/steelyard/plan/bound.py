"""What no plan takes less than: of what was not tried in every combination, the best is assumed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from fractions import Fraction

from steelyard.book.model import RuleBook
from steelyard.judging.assessment import Assessment
from steelyard.plan.candidates import Parts
from steelyard.plan.encoding import Encoding, Slack
from steelyard.plan.further import Entry, helped
from steelyard.plan.growth import Growth
from steelyard.plan.levers import Key, Lever, Piece, effort_of
from steelyard.plan.tables import Table

Loose = dict[Piece, tuple[frozenset[Key], frozenset[str]]]


def slack_of(
    parts: Parts,
    book: RuleBook,
    entered: Iterable[Entry],
    levers: Sequence[Lever],
    tables: Sequence[Table],
) -> Slack:
    """Return what is taken for possible: of parts that further records might help, or that were
    tried at some combinations alone.
    """
    each: dict[str, Fraction] = {}
    for name, _, effort in entered:
        each[name] = min(effort, each.get(name, effort))
    waived = {one.piece for one in tables if one.rows[0].said.state == "waived"}
    loose: Loose = {}
    for table in tables:
        if not table.whole:
            keys = frozenset(one.key for one in levers if parts.moves(one, table.piece))
            loose[table.piece] = (keys, frozenset())
    for name in each:
        for piece in _helped(parts, book, name):
            keys, registers = loose.get(piece, (frozenset(), frozenset()))
            loose[piece] = (keys, registers | {name})
    return Slack({piece: one for piece, one in loose.items() if piece not in waived}, each)


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
    records = (slack.each[name] for name, one in encoding.entered.items() if values[one] > 0.5)
    return effort_of(encoding.chosen(values).values()) + sum(records, Fraction(0))
