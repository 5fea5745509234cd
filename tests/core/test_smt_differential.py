"""Random typed expressions over random complete cases: the prover's formula has exactly the value
that the slow reference gives, on cases drawn at random and on cases that the prover chooses.

`STEELYARD_EXPRESSIONS=100000 python -m pytest tests/core/test_smt_differential.py` tries more.
"""

from __future__ import annotations

import os
import random
from collections.abc import Iterator
from datetime import date
from fractions import Fraction
from typing import Any, cast

import pytest

pytest.importorskip("z3", reason="proofs want z3 (steelyard[verify])")

import z3

from steelyard.book.model import RuleBook
from steelyard.book.program import program
from steelyard.case.environment import CaseWorld, RecordWorld
from steelyard.case.model import Case
from steelyard.expression.claims import Claims
from steelyard.expression.formulas import Code, Extent, Formula, Holds, Sight, UnprovableError
from steelyard.expression.functions.dates import MonthsAfter
from steelyard.expression.reference import Evaluation, Reading
from steelyard.expression.smt import Reader
from steelyard.expression.tree import Compare, Name, Node, walk
from steelyard.expression.types import Boolean, Choice, Survey
from steelyard.expression.values import Bounds, Truth
from steelyard.judging.shown import shown_of
from steelyard.verify.terms import Kin, Moment
from steelyard.verify.world import AtRecord, World

from .strategies import DAY, Cases, Slot, Words, Writer, envelope, read, words_of
from .strategies import load as load_document
from .test_semantics import CONFIDENT

EXPRESSIONS = int(os.environ.get("STEELYARD_EXPRESSIONS", "6000")) // 15
IN_A_BOOK = 25
CASES = 2
SHARDS = 4


class Complete(Cases):
    """Cases that leave nothing open."""

    def complete(self) -> dict[str, Any]:
        return {
            "book": "test/random",
            "subject": {"id": "u"},
            "period": str(DAY.year),
            "facts": {name: self.given(slot) for name, slot in self.facts.items()},
            "parties": [
                {"id": one, "kind": kind, **self.row(self.words.kinds[kind])}
                for kind, ids in (("person", self.people), ("department", self.departments))
                for one in ids
            ],
            "records": {
                name: [self.row(slots) for _ in range(self.rng.randint(0, 3))]
                for name, slots in self.words.registers.items()
            },
        }

    def row(self, slots: dict[str, Slot]) -> dict[str, Any]:
        return {name: self.given(slot) for name, slot in slots.items() if not slot.derived}

    def given(self, slot: Slot) -> Any:
        if slot.missing == "none" and self.rng.random() < 0.2:
            return "none"
        return self.survey() if slot.kind == "survey" else self.value(slot)


class Pinned:
    """The terms of a case, each laid down to be what one case says."""

    def __init__(self, book: RuleBook, case: Case) -> None:
        self.book, self.case = book, case
        self.claims = Claims()
        self.slow = CaseWorld(shown_of(book, case))
        self.ids = {name: place for place, name in enumerate(case.parties)}
        moment = Moment(case.first, case.last)
        assert case.as_of == case.last
        self.world = World(book, self.claims, moment)

    def pinned(self) -> World:
        world, book = self.world, self.book
        for fact in book.collected:
            formula = world.fact(fact.id)
            node = Name(type=fact.type, kind="fact", name=fact.id)
            if isinstance(fact.type, Survey) and self.slow.value(node) is not None:
                for term, count in zip(world.surveys[fact.id], self.slow.survey(node), strict=True):
                    self.claims.lay(term == count)
            self.pin(formula, self.slow.value(node), fact.type)
        for name in book.registers:
            world.kins[name] = [
                self.kin(name, place, row) for place, row in enumerate(self.rows(name))
            ]
        for kind in book.kinds.values():
            for slot in kind.fields.values():
                for party in self.case.parties.values():
                    if party.kind == kind.id:
                        from steelyard.case.environment import reading

                        formula = world.party_field(kind.id, slot, z3.IntVal(self.ids[party.id]))
                        self.pin(formula, reading(party.values[slot.id], slot.type), slot.type)
        return world

    def rows(self, name: str) -> list[Any]:
        return self.slow.shown_.registers[name][2]

    def kin(self, register: str, place: int, row: Any) -> Kin:
        kin = Kin(register, f"{register}{place}", 1)
        here, inner = AtRecord(self.world, kin, self.world), RecordWorld(self.slow, register, row)
        for slot in self.book.registers[register].fields.values():
            if slot.derived is None:
                node = Name(type=slot.type, kind="field", name=slot.id)
                self.pin(here.value(node), inner.value(node), slot.type)
        return kin

    def pin(self, formula: Formula, found: Reading, kind: Any) -> None:
        gone = found is None
        if formula.gone is not False:
            self.claims.lay(formula.gone == gone)
        if gone or isinstance(kind, Survey):
            return
        match formula, found:
            case Holds(must), Truth(said):
                self.claims.lay(must == said)
            case Extent(low), Bounds(end):
                self.claims.lay(low.top == int(end * low.bottom))
            case Code(code), str() as word:
                self.claims.lay(code == self.code(word, kind))
            case _:
                raise AssertionError((formula, found, kind))

    def code(self, word: str, kind: Any) -> int:
        if isinstance(kind, Choice) or word not in self.ids:
            return self.claims.words.code(word, kind)
        return self.ids[word]


def expressions(book: RuleBook) -> Iterator[tuple[str, Node]]:
    for name, fact in book.facts.items():
        if name.startswith("e_"):
            assert fact.derived is not None
            yield name, fact.derived


def written(rng: random.Random, words: Words) -> dict[str, Any]:
    """Return a book of random expressions."""
    writer = Writer(rng, words)
    document = envelope(words)
    for number in range(IN_A_BOOK):
        kind = rng.choice(("boolean", "boolean", "number", "number", "date"))
        text, _ = writer.wanted(kind, rng.randint(1, 3))
        document["facts"][f"e_{number}"] = {"is": text}
    document["rules"] = [{"id": "only", "section": "all", "requires": "True", "points": 100}]
    return document | {"sections": [{"id": "all", "points": 100}]}


def worth(model: Any, formula: Formula, node: Node) -> tuple[Any, ...]:
    """Return the value of a formula in a model."""

    def truth(term: Any) -> bool:
        return (
            term if isinstance(term, bool) else z3.is_true(model.eval(term, model_completion=True))
        )

    def whole(term: Any) -> int:
        return term if isinstance(term, int) else model.eval(term, model_completion=True).as_long()

    if isinstance(formula, Holds):
        return (
            ("truth", False, False)
            if truth(formula.gone)
            else ("truth", truth(formula.must), truth(formula.may))
        )
    assert isinstance(formula, Extent)
    if truth(formula.gone):
        return ("none",)
    ends = [Fraction(whole(end.top), whole(end.bottom)) for end in (formula.low, formula.high)]
    return ("number", *ends, truth(formula.lacking))


def plain(found: Reading, node: Node) -> tuple[Any, ...]:
    if isinstance(node.type, Boolean):
        return ("truth", False, False) if found is None else ("truth", *found)
    if found is None:
        return ("none",)
    assert isinstance(found, Bounds)
    return ("number", found.low, found.high, found.none)


def agree(laid: Pinned, world: World, node: Node, said: Any) -> bool:
    """Hold that a formula has the value of the reference reading; False where there is none."""
    evaluation = Evaluation(laid.slow)
    found = evaluation.read(node)
    reader = world.reader()
    try:
        formula = reader.read(node)
    except UnprovableError:
        return False
    solver = z3.Solver()
    solver.set("timeout", 20000)
    solver.add(*laid.claims.laid)
    checked = solver.check()
    assert checked == z3.sat, (checked, said)
    model = solver.model()
    assert worth(model, formula, node) == plain(found, node), said
    undefined = reader.undefined
    if not isinstance(undefined, bool):
        undefined = z3.is_true(model.eval(undefined, model_completion=True))
    assert undefined == evaluation.undefined, said
    return True


@pytest.mark.parametrize("shard", range(SHARDS))
def test_the_provers_reading_is_the_reference_reading(shard: int) -> None:
    books = -(-EXPRESSIONS // (IN_A_BOOK * SHARDS))
    compared = left_out = 0
    for number in range(books):
        rng = random.Random(f"smt/{shard}/{number}")
        words = words_of(rng)
        book = load_document(written(rng, words))
        cases = Complete(rng, words)
        for _ in range(CASES):
            case = None
            while case is None:
                document = cases.complete()
                case = read(document, book)
            laid = Pinned(book, case)
            world = laid.pinned()
            for name, node in expressions(book):
                agreed = agree(laid, world, node, (book.document["facts"][name], document))
                compared += agreed
                left_out += not agreed
    assert compared > 15 * left_out, (compared, left_out)
    assert compared > books * IN_A_BOOK


# Surveys with their sampling error, which random expressions do not ask for: the texts and answers
# that were worked out by hand.


@pytest.mark.parametrize(("text", "survey", "outcome"), CONFIDENT.values(), ids=CONFIDENT)
def test_the_prover_holds_a_sample_against_its_threshold(
    text: str, survey: str, outcome: str
) -> None:
    rule = {"id": "r", "section": "all", "points": 100, "requires": text, "confident": "0.95"}
    book = load_document(
        {
            "book": "test/sample", "version": "1.0.0", "sector": "test",
            "facts": {"sat": "survey"}, "rules": [rule],
            "sections": [{"id": "all", "points": 100}], "grades": [{"id": "any", "at_least": 0}],
        }
    )  # fmt: skip
    case = read(
        {"book": "test/sample", "subject": "s", "period": "2026", "facts": {"sat": survey}}, book
    )
    assert case is not None
    laid = Pinned(book, case)
    (asked,) = {one for one in walk(book.rules["r"].lowered.points) if isinstance(one, Compare)}
    world = laid.pinned()
    assert agree(laid, world, asked, text)
    reader = world.reader()
    solver = z3.Solver()
    solver.add(*laid.claims.laid)
    assert solver.check() == z3.sat
    answers = {"pass": (True, True), "unknown": (False, True), "fail": (False, False)}
    if outcome in answers:
        assert worth(solver.model(), reader.read(asked), asked) == ("truth", *answers[outcome])


# What is laid down holds, and nothing else does.


def possible(claims: Claims, *more: Any) -> bool:
    solver = z3.Solver()
    solver.add(*claims.laid, *more)
    return bool(solver.check() == z3.sat)


@pytest.mark.parametrize("laid", [True, False])
def test_what_is_laid_down_as_false_is_possible_nowhere(laid: bool) -> None:  # noqa: FBT001
    claims = Claims()
    claims.lay(laid)
    assert possible(claims) is laid


@pytest.mark.parametrize(
    ("count", "total", "there"),
    [(3, 5, False), (3, 6, True), (3, 11, True), (3, 15, True), (3, 16, False),
     (1, 4, True), (1, 5, False), (0, 0, True), (0, 2, False)],
)  # fmt: skip
def test_the_sum_of_records_alike_lies_between_their_ends(
    count: int,
    total: int,
    there: bool,  # noqa: FBT001
) -> None:
    # Each of them is anything from 2 to 5; one alone is 4.
    claims, value = Claims(), z3.Int("value")
    found = claims.sum_of(z3.IntVal(count), value, (2, 5))
    assert possible(claims, value == 4, found == total) is there


# A month that is too short ends with its last day; every hundredth year has no leap day, but every
# four hundredth.
MONTHS_LATER: dict[str, tuple[str, int, str]] = {
    **{
        f"2026-01-31 and {steps}": ("2026-01-31", steps, day)
        for steps, day in enumerate(
            (
                "2026-02-28", "2026-03-31", "2026-04-30", "2026-05-31", "2026-06-30", "2026-07-31",
                "2026-08-31", "2026-09-30", "2026-10-31", "2026-11-30", "2026-12-31", "2027-01-31",
            ),
            1,
        )
    },
    "into a leap year": ("2023-12-31", 2, "2024-02-29"),
    "into 2000": ("1999-12-31", 2, "2000-02-29"),
    "into 2100": ("2099-12-31", 2, "2100-02-28"),
    "back": ("2026-03-31", -1, "2026-02-28"),
    "none": ("2026-03-31", 0, "2026-03-31"),
}  # fmt: skip


@pytest.mark.parametrize(("day", "steps", "later"), MONTHS_LATER.values(), ids=MONTHS_LATER)
def test_the_prover_counts_months_to_their_last_day(day: str, steps: int, later: str) -> None:
    claims = Claims()
    reader = Reader(cast("Sight", None), claims)
    start, end = (date.fromisoformat(one).toordinal() for one in (day, later))
    found = MonthsAfter().formula(reader, z3.IntVal(start), z3.IntVal(steps))
    assert possible(claims, found == end)
    assert not possible(claims, found != end)


def laid_of(rule: dict[str, Any], facts: dict[str, Any], **shown: str) -> Pinned:
    """Return a case of n and m, each 0 to 9, and of facts worked out of them, as a book of one rule
    lays it down.
    """
    number = {"type": "integer", "min": 0, "max": 9}
    book = load_document(
        {
            "book": "test/laid", "version": "1.0.0", "sector": "test",
            "facts": {"n": number, "m": number, **facts},
            "rules": [{"id": "r", "section": "all", "points": 100, **rule}],
            "sections": [{"id": "all", "points": 100}], "grades": [{"id": "any", "at_least": 0}],
        }
    )  # fmt: skip
    case = read({"book": "test/laid", "subject": "s", "period": "2026", "facts": shown}, book)
    assert case is not None
    return Pinned(book, case)


def said_of(laid: Pinned, node: Node) -> tuple[Any, ...]:
    """Return what the prover says that a node is worth in the one case that is laid down."""
    formula = laid.pinned().reader().read(node)
    solver = z3.Solver()
    solver.add(*laid.claims.laid)
    assert solver.check() == z3.sat
    return worth(solver.model(), formula, node)


@pytest.mark.parametrize(("m", "must"), [("2", True), ("0", False)])
def test_the_prover_knows_what_a_division_leaves_open(m: str, must: bool) -> None:  # noqa: FBT001
    facts = {"many": {"is": "n / m >= 1"}, "e_1": {"is": "known(many)"}}
    laid = laid_of({"requires": "many"}, facts, n="4", m=m)
    ((_, node),) = expressions(laid.book)
    assert said_of(laid, node) == ("truth", must, True)


@pytest.mark.parametrize(
    ("m", "undefined", "points"),
    [("8", "pass", 50), ("8", "fail", 50), ("0", "pass", 100), ("0", "fail", 0)],
)
def test_the_prover_settles_what_a_division_leaves_undefined(
    m: str, undefined: str, points: int
) -> None:
    laid = laid_of({"proportional": "n / m", "when_undefined": undefined}, {}, n="4", m=m)
    earned = Fraction(points)
    node = program(laid.book).steps["earned:r"]
    assert said_of(laid, node) == ("number", earned, earned, False)
