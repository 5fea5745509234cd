"""Which kinds of records a register can hold, as far as some expressions can tell them apart.

Records that agree on every condition asked of them count alike. So a register of any length is so
many records of each kind: one set of fields and a number of times for each way in which the
conditions can come out together. No bound is put on how many there are.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import z3

from steelyard.book.model import RuleBook
from steelyard.book.program import program
from steelyard.errors import Word
from steelyard.expression.formulas import (
    Condition,
    Extent,
    Formula,
    Holds,
    Ratio,
    UnprovableError,
    known_as,
)
from steelyard.expression.python import bare
from steelyard.expression.smt import Reader
from steelyard.expression.tree import (
    Choose,
    Compare,
    Literal,
    Logic,
    Name,
    Node,
    Not,
    Over,
    children,
)
from steelyard.expression.types import MOST, Boolean, Choice, Number
from steelyard.verify.terms import Kin
from steelyard.verify.world import AtRecord, World

COPIES = 6
"""How many records of a kind may differ in a value of which the different ones are counted."""
FEW_KINDS, SOME = 60, 14
MOST_KINDS = 200
"""With more kinds than these a question is left undecided."""
Test = Callable[[AtRecord], Condition]


@dataclass
class Asked:
    """What expressions read: facts, registers, and the conditions asked of each register's
    records.
    """

    book: RuleBook
    facts: set[str] = field(default_factory=set)
    direct: set[str] = field(default_factory=set)
    tests: dict[str, dict[Node, Node]] = field(default_factory=dict)
    differing: set[str] = field(default_factory=set)
    _seen: set[tuple[str, str]] = field(default_factory=set)

    @classmethod
    def of(cls, book: RuleBook, *nodes: Node | None, record: str = "") -> Asked:
        """Return what some expressions of a book read, at records of a register if one is named."""
        asked = cls(book)
        for node in nodes:
            if node is not None:
                asked.reads(node, record)
                if record and isinstance(node.type, Boolean):
                    asked.test(record, node)
        return asked

    def test(self, register: str, node: Node) -> None:
        """Tell records of a register apart by a condition."""
        self.tests.setdefault(register, {}).setdefault(bare(node), node)

    def reads(self, node: Node, register: str = "") -> None:
        """Add what one expression reads."""
        match node:
            case Name(kind="fact", name=name):
                self.facts.add(name)
                fact = self.book.facts[name]
                self._once("fact", name, fact.derived, "")
                for other in (fact.low_fact, fact.high_fact):
                    if other is not None:
                        self.facts.add(other)
            case Name(kind="field", name=name) if register:
                derived = self.book.registers[register].fields[name].derived
                self._once(f"{register}.", name, derived, register)
            case Name(kind="outcome", name=name):
                self._once("step", name, program(self.book).steps.get(name), "")
            case Over(function=function, register=held, value=value, where=where):
                tests = self.tests.setdefault(held, {})
                for part in (where, value):
                    if part is not None:
                        self.reads(part, held)
                for part in (where, value if _truth(value) else None):
                    if part is not None:
                        tests.setdefault(bare(part), part)
                if function == "distinct" and value is not None:
                    if not isinstance(value.type, Choice):
                        self.differing.add(held)
                    for one in _options(value):
                        tests.setdefault(bare(one), one)
                if value is not None and not _truth(value):
                    for choice in _choices(value):
                        tests.setdefault(bare(choice), choice)
                return
        for child in children(node):
            self.reads(child, register)

    def _once(self, kind: str, name: str, node: Node | None, register: str) -> None:
        if node is not None and (kind, name) not in self._seen:
            self._seen.add((kind, name))
            self.reads(node, register)


def _truth(node: Node | None) -> bool:
    return node is not None and isinstance(node.type, Boolean)


def _options(value: Node) -> Iterator[Node]:
    """Yield, of a value with options, that it is each: then they can be counted exactly."""
    if isinstance(value.type, Choice):
        for option in value.type.options:
            literal = Literal(type=value.type, value=option)
            yield Compare(type=Boolean(), op="==", left=value, right=literal)


def _choices(node: Node) -> Iterator[Node]:
    if isinstance(node, Choose):
        yield node.condition
    for child in children(node):
        yield from _choices(child)


def fill(
    world: World, asked: Asked, more: Iterable[tuple[str, Test]] = (), *, few: bool = False
) -> bool:
    """Give every register that is read its kinds of records, and return whether these are all.

    `more` are further conditions by which the records of a register are told apart. Raises
    UnprovableError where there are too many kinds; with `few` it then takes some records of
    which nothing is laid down, enough to find a case and too few to say that there is none.
    """
    whole = True
    further: dict[str, list[Test]] = {}
    for register, test in more:
        further.setdefault(register, []).append(test)
    for register in dict.fromkeys((*asked.tests, *further)):
        tests: list[Test] = [_Holding(node) for node in asked.tests.get(register, {}).values()]
        copies = COPIES if register in asked.differing else 1
        told = [*tests, *further.get(register, ())]
        try:
            kinds = list(_kinds(world, register, told, FEW_KINDS if few else MOST_KINDS))
            world.kins[register] = list(_copied(kinds, copies))
        except UnprovableError:
            if not few:
                raise
            whole = False
            world.kins[register] = [_kin(world, register, at, [], 0) for at in range(SOME)]
        total: Any = 0
        for kin in world.kins[register]:
            total = total + kin.times
        world.claims.lay(total <= MOST)
    return whole


class _Holding:
    """Whether a condition holds of a record."""

    def __init__(self, node: Node) -> None:
        self.node = node

    def __call__(self, record: AtRecord) -> Condition:
        return Reader(record, record.world.claims).truth(self.node).must


def _fix(record: AtRecord, node: Node, *, sign: bool) -> None:
    """Give a record the values that a condition leaves no choice of, so that they need not be
    asked.
    """
    match node:
        case Not(item=item):
            _fix(record, item, sign=not sign)
        case Logic(op=op, items=items) if sign == (op == "and"):
            for item in items:
                _fix(record, item, sign=sign)
        case Name(kind="field", type=Boolean()) if sign or not node.nullable:
            _settle(record, node, Holds(sign, sign))
        case Compare(op="==", left=Name(kind="field") as name, right=Literal() as literal) if sign:
            found = Reader(record, record.world.claims).read(literal)
            if type(name.type) is type(literal.type) and not isinstance(found, Holds):
                _settle(record, name, found)


def _settle(record: AtRecord, name: Name, found: Formula) -> None:
    slot = record.world.book.registers[record.kin.register].fields[name.name]
    if slot.derived is None and isinstance(slot.type, (Boolean, Choice, Number)):
        if isinstance(found, Extent) and isinstance(slot.type, Number):
            unit = 10**slot.type.scale
            if not isinstance(found.low.top, int) or unit % found.low.bottom:
                return
            found = known_as(Ratio(found.low.top * (unit // found.low.bottom), unit))
        record.kin.values.setdefault(slot.id, found)


def _copied(kinds: Iterable[Callable[[int], Kin]], copies: int) -> Iterator[Kin]:
    """Yield each kind of record, or some of each whose values may differ."""
    made = list(kinds)
    for make in made:
        for copy in range(copies if len(made) * copies <= MOST_KINDS else 1):
            yield make(copy)


def _kinds(
    world: World, register: str, tests: list[Test], limit: int
) -> Iterator[Callable[[int], Kin]]:
    first = Kin(register, f"{register}?", 1)
    terms = [_as_term(test(AtRecord(world, first, world))) for test in tests]
    solver = z3.Solver()
    solver.set("timeout", 2000)
    solver.add(*world.claims.laid)
    for number in range(limit + 1):
        found = solver.check()
        if found == z3.unsat:
            return
        if found != z3.sat or number == limit:
            raise UnprovableError(Word("tells too many kinds of records apart"))
        model = solver.model()
        signs = [z3.is_true(model.eval(term, model_completion=True)) for term in terms]
        sides = list(zip(tests, signs, strict=True))
        yield partial(_kin, world, register, number, sides)
        if not terms:
            return
        solver.add(z3.Or(*(term != sign for term, sign in zip(terms, signs, strict=True))))


def _kin(
    world: World, register: str, number: int, signs: list[tuple[Test, bool]], copy: int
) -> Kin:
    name = f"{register}[{number}.{copy}]{world.suffix}"
    times = z3.Int(name)
    world.claims.lay(times >= 0)
    kin = Kin(register, name, times)
    here = AtRecord(world, kin, world)
    for test, sign in signs:
        if isinstance(test, _Holding):
            _fix(here, test.node, sign=sign)
    for test, sign in signs:
        holds = test(here)
        if not isinstance(holds, bool) or holds != sign:
            holds = _as_term(holds)
            world.claims.lay(z3.Implies(times > 0, holds if sign else z3.Not(holds)))
    return kin


def _as_term(condition: Condition) -> Any:
    return z3.BoolVal(condition) if isinstance(condition, bool) else condition
