"""Whether nothing breaks: no unmeant division by zero, nothing outside its declared range, no
figure that does not fit where bulk keeps it.
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from typing import Any

from steelyard.book.model import Fact, Rule
from steelyard.book.remarks.source import source
from steelyard.errors import Word, fault
from steelyard.expression.formulas import Condition, Extent, Ratio
from steelyard.expression.functions.table import CORE
from steelyard.expression.ranges import size_of
from steelyard.expression.tree import Arithmetic, Call, Literal, Name, Node, Over, children
from steelyard.expression.types import Number, fits, ranged
from steelyard.verify.bench import Bench, Claim, finding
from steelyard.verify.question import Question
from steelyard.verify.verdict import Verdict

NONE_OF_NONE = Word("of no records there is none, and the rule then does not apply")
WIDEST = 2**63
"""What bulk keeps carried points in: whole numbers of 64 bits."""


def safe(bench: Bench) -> Iterator[Verdict]:
    """Yield the verdicts on what must never break."""
    book = bench.book
    for rule in book.rules.values():
        if rule.when_undefined is None:
            for node, _ in rule.form.expressions():
                for division in _divisions(bench, node, set()):
                    yield (
                        _taken(bench, rule, division)
                        if _of_records(division)
                        else _divided(bench, rule, division)
                    )
    for fact in book.facts.values():
        if fact.derived is not None and (fact.low is not None or fact.high is not None):
            yield _ranged(bench, fact)
    yield from _wide(bench)


def _divisions(bench: Bench, node: Node, seen: set[str]) -> Iterator[Node]:
    """Yield the quotients on which an expression hangs whose divisor could be zero, and what is
    taken of records and not there of none.
    """
    if isinstance(node, Over):
        if CORE.aggregates[node.function].undefined_of_none:
            yield node
        return
    if isinstance(node, Arithmetic) and node.op == "/":
        under = ranged(node.right.type)
        if under is not None and under.low <= 0 <= under.high:
            yield node
    if isinstance(node, Call) and node.function == "part":
        yield node
    if isinstance(node, Name) and node.kind == "fact" and node.name not in seen:
        seen.add(node.name)
        derived = bench.book.facts[node.name].derived
        if derived is not None:
            yield from _divisions(bench, derived, seen)
    for child in children(node):
        yield from _divisions(bench, child, seen)


def _of_records(node: Node) -> bool:
    """Whether a share, a mean or a part is taken of records alone: by its own meaning there is none
    of none.
    """
    if isinstance(node, Over):
        return True
    parts = children(node) if not isinstance(node, Arithmetic) or node.op != "/" else ()
    return bool(parts) and all(isinstance(one, Literal) or _of_records(one) for one in parts)


def _taken(bench: Bench, rule: Rule, share: Node) -> Verdict:
    """Return whether a share of records is ever taken of none; where it is, the rule does not
    apply, which is remarked.
    """
    says = fault(
        "",
        "rule `{rule}`: `{text}` is never taken of nothing, unless the rule says what then holds",
        rule=rule.id,
        text=source(share),
    )
    claim = Claim("safe", "division", rule.id, says, source(share))

    def nothing(asked: Question) -> Condition:
        reader = asked.world.reader()
        out: Condition = False
        if rule.not_applicable is not None:
            out = asked.world.reader().truth(rule.not_applicable).must
        reader.read(share)
        applies = bench.scored(rule, asked.world).applies
        return reader.both(reader.undefined, reader.contrary(applies), reader.contrary(out))

    verdict = bench.never(
        claim,
        lambda: bench.about_rule(rule, claim.key),
        nothing,
        lambda judged: finding(judged, rule.id).outcome == "not_applicable",
    )
    if verdict.state != "refuted":
        return verdict
    return verdict._replace(state="remarked", cases=(), why=NONE_OF_NONE)


def _divided(bench: Bench, rule: Rule, division: Any) -> Verdict:
    text = source(division)
    says = fault(
        "",
        "rule `{rule}`: `{text}` never divides by zero, unless the rule says what then holds",
        rule=rule.id,
        text=text,
    )
    claim = Claim("safe", "division", rule.id, says, text)

    def zero(asked: Question) -> Condition:
        reader = asked.world.reader()
        out: Condition = False
        if rule.not_applicable is not None:
            out = asked.world.reader().truth(rule.not_applicable).must
        if isinstance(division, Arithmetic):
            under = reader.number(division.right)
            none: Condition = reader.both(
                reader.at_most(under.low, Ratio(0)), reader.at_most(Ratio(0), under.high)
            )
        else:
            sides = [reader.number(one) for one in division.arguments]
            none = reader.at_most(reader.plus(sides[0].high, sides[1].high), Ratio(0))
        applies = bench.scored(rule, asked.world).applies
        return reader.both(none, reader.contrary(applies), reader.contrary(out))

    return bench.never(
        claim,
        lambda: bench.about_rule(rule, claim.key),
        zero,
        lambda judged: finding(judged, rule.id).outcome == "not_applicable",
    )


def _ranged(bench: Bench, fact: Fact) -> Verdict:
    """Return whether a derived fact stays within its declared range by itself.

    Where it does not, a case that leaves the range is refused when it is read, so no such case can
    be scored.
    """
    says = fault("", "`{fact}` stays within its declared range", fact=fact.id)
    claim = Claim("safe", "range", fact.id, says)
    node: Any = fact.derived
    if _by_type(node, fact):
        return bench.settled(claim)

    def question() -> Question:
        return Question.about(bench.book, bench.limit, node)

    def leaves(asked: Question) -> Condition:
        reader = asked.world.reader()
        found = reader.read(node)
        if not isinstance(found, Extent):
            return False
        own = ranged(fact.type)
        unit = 10**own.scale if isinstance(own, Number) else 1
        outside = []
        if fact.low is not None:
            outside.append(reader.contrary(reader.at_most(Ratio(fact.low, unit), found.high)))
        if fact.high is not None:
            outside.append(reader.contrary(reader.at_most(found.low, Ratio(fact.high, unit))))
        return reader.both(reader.either(*outside), reader.contrary(found.gone))

    return bench.held_by_reading(claim, question, leaves)


def _by_type(node: Node, fact: Fact) -> bool:
    """Whether the ranges of what it is worked out from keep a fact within its own."""
    one, two = ranged(node.type), ranged(fact.type)
    if not isinstance(one, Number) or not isinstance(two, Number):
        return False
    ends = [Fraction(end, 10**one.scale) for end in (one.low, one.high)]
    unit = 10**two.scale
    return (fact.low is None or ends[0] >= Fraction(fact.low, unit)) and (
        fact.high is None or ends[1] <= Fraction(fact.high, unit)
    )


def _wide(bench: Bench) -> Iterator[Verdict]:
    """Yield whether every step of scoring fits where bulk keeps it, by the ranges of its type."""
    says = fault("", "every step of scoring fits the whole numbers that bulk keeps it in")
    wide = [
        name
        for name, step in bench.steps.items()
        if isinstance(kind := ranged(step.type), Number)
        and (size_of(kind) >= WIDEST or not fits(size_of(kind)))
    ]
    claim = Claim("safe", "width", wide[0] if wide else "score", says)
    verdict = bench.settled(claim)
    yield verdict._replace(state="refuted") if wide else verdict
