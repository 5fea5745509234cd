"""Random typed expressions over random cases: the compiled reading gives exactly what the slow
reference gives.

`STEELYARD_EXPRESSIONS=1000000 python -m pytest tests/core/test_expression_differential.py` tries a
million.
"""

from __future__ import annotations

import os
import random
from collections.abc import Iterator
from fractions import Fraction
from typing import Any

import pytest

from steelyard.book.model import RuleBook
from steelyard.case.environment import CaseWorld
from steelyard.case.model import Case
from steelyard.expression.lines import Quotient, Sides
from steelyard.expression.python import Emitter
from steelyard.expression.ranges import is_ratio
from steelyard.expression.reference import Evaluation, Reading, half_away
from steelyard.expression.tree import Name, Node
from steelyard.expression.types import Boolean, Number, ranged
from steelyard.expression.values import Bounds, Truth
from steelyard.judging.compiled.compile import PARAMETERS, load
from steelyard.judging.compiled.steps import Kept
from steelyard.judging.compiled.writing import Writing, overs_of
from steelyard.judging.shown import shown_of

from .strategies import Cases, Words, Writer, envelope, read, words_of
from .strategies import load as load_document

EXPRESSIONS = int(os.environ.get("STEELYARD_EXPRESSIONS", "6000"))
IN_A_BOOK = 60
CASES = 6
SHARDS = 8


class Readings:
    """Compiles a book whose worked-out facts and bonus rules are the expressions, and gives each
    one's bounds.
    """

    def __init__(self, book: RuleBook) -> None:
        self.book = book
        self.writing = Writing(book, Kept({}, waived=False))

    def text(self) -> str:
        writing, book = self.writing, self.book
        for fact in book.facts.values():
            if fact.derived is not None:
                writing.derived(fact.id)
        out = [self.laid(*writing.facts.derived[name]) for name in expressions(book)]
        for node in claimed(book):
            writing.loops_for(overs_of(node))
            emitter = Emitter(writing.lines, writing.facts)
            found = emitter.fact(node, None, None)
            out.append(self.laid(found, tuple(emitter.flags)))
        head = [
            f"def judge({', '.join(PARAMETERS)}):",
            "    as_of, period_start, period_end = moments",
        ]
        writing.lines.add(f"return [{', '.join(out)}]")
        lines = [*writing.facts.unpacking(), *writing.header.lines, *writing.lines.lines]
        return "\n".join([*head, *lines, ""])

    def laid(self, found: Any, flags: tuple[str, ...]) -> str:
        """Return the ends of a value, whether it may be none, and whether it is undefined; of a
        rate its pairs of integers, and then its ends as a number.
        """
        none = (
            ""
            if isinstance(found, Sides)
            else found.span().none
            if isinstance(found, Quotient)
            else found.none
        )
        ends = (*found.ratio[:4], *found.span()[:2]) if isinstance(found, Quotient) else found[:2]
        return f"(({', '.join(ends)}), {none or False}, bool({' or '.join(flags) or False}))"


def expressions(book: RuleBook) -> list[str]:
    return [name for name in book.facts if name.startswith("e_")]


def claimed(book: RuleBook) -> Iterator[Node]:
    for rule in book.rules.values():
        if rule.bonus:
            yield from (node for node, _ in rule.form.expressions())


def written(rng: random.Random, words: Words) -> dict[str, Any]:
    """Return a book of random expressions."""
    writer = Writer(rng, words)
    document = envelope(words)
    for number in range(IN_A_BOOK * 3 // 4):
        kind = rng.choice(("boolean", "boolean", "number", "number", "date"))
        text, _ = writer.wanted(kind, rng.randint(1, 3))
        document["facts"][f"e_{number}"] = {"is": text}
    rules = []
    for number in range(IN_A_BOOK // 4):
        kind, form = rng.choice((("boolean", "requires"), ("number", "proportional")))
        text, _ = writer.wanted(kind, rng.randint(1, 2), claimed=True)
        rules.append({"id": f"bonus-{number}", "bonus": "true", "points": 1, form: text})
    document["rules"] = [
        {"id": "only", "section": "all", "requires": "True", "points": 100},
        *rules,
    ]
    document |= {"sections": [{"id": "all", "points": 100}], "bonus": 5}
    return document


def slow(book: RuleBook, case: Case) -> Iterator[tuple[Node, Reading, bool]]:
    world = CaseWorld(shown_of(book, case))
    for name in expressions(book):
        node = book.facts[name].derived
        assert node is not None
        yield (
            node,
            world.derived(name),
            world.undefined(Name(type=node.type, kind="fact", name=name)),
        )
    for node in claimed(book):
        evaluation = Evaluation(world)
        yield node, evaluation.read(node), evaluation.undefined


def plain(node: Node, found: Reading) -> tuple[Any, ...]:
    """Return a reading in the shape of the compiled one."""
    if isinstance(node.type, Boolean):
        assert found is None or isinstance(found, Truth)
        return (False, False) if found is None else tuple(found)
    if found is None:
        return (None, None)
    assert isinstance(found, Bounds)
    if is_ratio(node):
        number = (half_away(found.low, 6), half_away(found.high, 6))
        return (found.low, found.high, *number, found.none)
    return (found.low, found.high, found.none)


def compiled(node: Node, ends: tuple[Any, ...], none: object) -> tuple[Any, ...]:
    if isinstance(node.type, Boolean):
        return bool(ends[0]), bool(ends[1])
    if ends[0] is None:
        return (None, None)
    kind = ranged(node.type)
    unit = 10**kind.scale if isinstance(kind, Number) else 1
    if is_ratio(node):
        low, under, high, over, *number = ends
        assert under > 0
        assert over > 0
        exactly = (Fraction(low, under), Fraction(high, over))
        return (*exactly, *(Fraction(end, unit) for end in number), bool(none))
    return Fraction(ends[0], unit), Fraction(ends[1], unit), bool(none)


@pytest.mark.parametrize("shard", range(SHARDS))
def test_the_compiled_reading_is_the_reference_reading(shard: int) -> None:
    books = -(-EXPRESSIONS // (IN_A_BOOK * SHARDS))
    read_ = contradicted = 0
    for number in range(books):
        rng = random.Random(f"{shard}/{number}")
        words = words_of(rng)
        book = load_document(written(rng, words))
        source = Readings(book).text()
        function: Any = load(compile(source, "<readings>", "exec"), book)
        cases = Cases(rng, words)
        for _ in range(CASES):
            case = read(cases.document(), book)
            if case is None:
                contradicted += 1
                continue
            moments = (case.as_of.toordinal(), case.first.toordinal(), case.last.toordinal())
            fast = function(
                case.flat,
                case.registers,
                case.parameters,
                case.given,
                moments,
                {},
                {},
                case.party_rows,
                None,
                None,
                None,
                frozenset(),
            )
            texts = [*expressions(book), *(rule for rule in book.rules if rule != "only")]
            for name, (node, found, undefined), one in zip(
                texts, slow(book, case), fast, strict=True
            ):
                read_ += 1
                document: Any = book.document
                said = document["facts"].get(name) or next(
                    rule for rule in document["rules"] if rule["id"] == name
                )
                assert (compiled(node, *one[:2]), one[2]) == (plain(node, found), undefined), (
                    said,
                    case.document,
                )
    assert read_ > 3 * books * IN_A_BOOK, f"too many cases contradict themselves: {contradicted}"
