"""Cases made to order: the facts and records at which an expression takes a wanted value.

A small solver over the typed tree, used to weigh books at their edges. It knows how to make a
condition hold, how to bring a number to a value, and how to put the two sides of one comparison a
step apart while everything around it leaves the decision to that comparison. What a case at the
edge must come to is no business of its: that is said elsewhere, independently of the book.
"""

from __future__ import annotations

import calendar
import copy
import datetime
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

from steelyard.book.model import Fact, Field, RuleBook
from steelyard.expression.tree import (
    Arithmetic,
    Call,
    Choose,
    Compare,
    Literal,
    Logic,
    Name,
    Node,
    Not,
    Over,
    Reach,
    Within,
    children,
    walk,
)
from steelyard.expression.types import (
    WIDEST,
    Boolean,
    Choice,
    Date,
    Number,
    PartyOf,
    Rate,
    Survey,
    Text,
    Type,
    ranged,
)

STEPS = (1, 10, 20, 50, 100, 200, 1000)
"""Denominators tried for a step of a rate, coarse to fine by need: the finest that can be had."""
ONE = Fraction(1)


class UnreachableError(Exception):
    """An expression cannot be brought there by what this solver knows; the text says why."""


class BeyondError(UnreachableError):
    """A value lies outside what can be: an edge at the end of a range has no other side."""


Here = dict[str, Any] | None


@dataclass
class Draft:
    """A case in the making."""

    book: RuleBook
    year: int = 2026
    facts: dict[str, Any] = field(default_factory=dict)
    records: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    parties: list[dict[str, Any]] = field(default_factory=list)
    as_of: str = ""
    waivers: list[dict[str, str]] = field(default_factory=list)
    open: set[str] = field(default_factory=set)
    withheld: set[str] = field(default_factory=set)
    met: Fraction | None = None

    def document(self) -> dict[str, Any]:
        """Return the case as it would be written, with what no record may leave out."""
        solver = Solver(self)
        for name, rows in self.records.items():
            for place, row in enumerate(rows, 1):
                if self.book.registers[name].rolled:
                    row.setdefault("assessment", f"made-{place}")
                    row.setdefault("subject", f"part-{place}")
                    row.setdefault("period", str(self.year))
                    # A part that may not be rated may have no points at all.
                    row.setdefault("not_rated", "no")
                    for end in ("score_low", "score_high"):
                        row.setdefault(end, row.get("score_low", row.get("score_high", "0")))
                    grade = self.book.registers[name].fields["grade"]
                    row.setdefault("grade", solver.any_of(grade.type))
                for slot in self.book.registers[name].fields.values():
                    if slot.missing == "refused" and row.get(slot.id) is None:
                        row[slot.id] = solver.any_of(slot.type)
        for party in list(self.parties):
            for slot in self.book.kinds[party["kind"]].fields.values():
                if slot.missing == "refused" and party.get(slot.id) is None:
                    party[slot.id] = solver.any_of(slot.type)
        period = str(self.year)
        return {
            "book": self.book.key,
            "subject": {"id": "unit-1"},
            "period": period,
            **({"as_of": self.as_of} if self.as_of else {}),
            "facts": self.facts,
            "parties": self.parties,
            "records": {name: self._register(name, rows) for name, rows in self.records.items()},
            "waivers": self.waivers,
        }

    def _register(self, name: str, rows: list[dict[str, Any]]) -> Any:
        said = [
            {k: v for k, v in row.items() if not k.startswith("_") and v is not None}
            for row in rows
        ]
        return {"complete": "no", "rows": said} if name in self.open else said

    def names(self) -> set[str]:
        """Return what it speaks of: facts and registers."""
        return {*self.facts, *self.withheld, *(f"records.{name}" for name in self.records)}

    # Values

    def fact(self, name: str) -> Fact:
        return self.book.facts[name]

    def slot(self, register: str, name: str) -> Field:
        table = self.book.registers.get(register) or self.book.kinds[register]
        return table.fields[name]

    def put(self, name: str, value: Any) -> None:
        """Write a fact; what stands already must be the same."""
        if self.facts.setdefault(name, value) != value:
            raise UnreachableError(f"`{name}` is wanted twice")

    def write(self, here: Here, name: str, value: Any) -> None:
        """Write a cell of the record or party at hand."""
        assert here is not None
        if here.setdefault(name, value) != value:
            raise UnreachableError(f"`{name}` of one record is wanted twice")

    def party(self, kind: str) -> dict[str, Any]:
        made: dict[str, Any] = {"id": f"{kind}-{len(self.parties) + 1}", "kind": kind, "_": kind}
        self.parties.append(made)
        del made["_"]
        return made

    def record(self, register: str) -> dict[str, Any]:
        rows = self.records.setdefault(register, [])
        made = {"id": f"r-{len(rows) + 1}", "_register": register}
        rows.append(made)
        return made


@dataclass(frozen=True)
class Goal:
    """One comparison, and by how much its left side shall lie above its right: a sign."""

    compare: Compare
    side: int
    edge: Fraction | None = None


class Solver:
    """Brings expressions to values by writing a draft."""

    def __init__(self, draft: Draft) -> None:
        self.draft = draft
        self.book = draft.book
        self.summing = False

    # Trying one way after another

    def attempt(self, *ways: Callable[[], None]) -> None:
        """Take the first way that leads there, undoing what a failed one wrote."""
        reason: UnreachableError | None = None
        for way in ways:
            kept = copy.deepcopy((self.draft.facts, self.draft.records, self.draft.parties))
            try:
                way()
            except UnreachableError as error:
                reason = reason or error
                self._restore(kept)
            else:
                return
        raise reason or UnreachableError("there is no way")

    def _restore(self, kept: Any) -> None:
        facts, records, parties = kept
        self.draft.facts.clear()
        self.draft.facts.update(facts)
        # Rows are restored in place: who holds one keeps holding the same.
        for name in list(self.draft.records):
            if name not in records:
                del self.draft.records[name]
            else:
                _same_rows(self.draft.records[name], records[name])
        _same_rows(self.draft.parties, parties)

    # Conditions

    def hold(self, node: Node, want: bool, here: Here = None) -> None:  # noqa: FBT001
        """Make a condition true, or false, for sure."""
        match node:
            case Literal(value=value):
                if bool(value) != want:
                    raise UnreachableError("a literal")
            case Not(item=item):
                self.hold(item, not want, here)
            case Logic(op=op, items=items) if want == (op == "and"):
                for item in items:
                    self.hold(item, want, here)
            case Logic(items=items):
                # One suffices; the others lean the other way where they can.
                self.attempt(*(lambda one=one: self._only(one, items, want, here) for one in items))
            case Compare():
                self._compare(node, want, here)
            case Within(item=item, options=options):
                names = [str(one.value) for one in options]
                self._choose(item, names if want else _others(item.type, names), here)
            case Over(function="any", register=register):
                if want:
                    self._add(node, 1)
                else:
                    self.draft.records.setdefault(register, [])
            case Over(function="every", register=register):
                rows = self.draft.records.get(register) or [self.draft.record(register)]
                for row in rows:
                    self._match(node, row, want)
            case Call(function="given" | "known", arguments=(Name() as name,)):
                if want:
                    self.show(name, here)
                elif name.kind == "field":
                    if here is not None and here.setdefault(name.name, None) is not None:
                        raise UnreachableError(f"`{name.name}` is shown")
                elif not self.book.facts[name.name].nullable:
                    if name.name in self.draft.facts:
                        raise UnreachableError(f"`{name.name}` is shown")
                elif self.draft.facts.setdefault(name.name, "none") != "none":
                    raise UnreachableError(f"`{name.name}` is shown")
            case Call(function="given" | "known", arguments=(Reach() as reach,)) if want:
                self.show(reach, here)
            case Name() | Reach():
                self._truth(node, want, here)
            case Choose(condition=condition, then=then, otherwise=otherwise):
                self.attempt(
                    lambda: (self.hold(condition, True, here), self.hold(then, want, here))[0],
                    lambda: (self.hold(condition, False, here), self.hold(otherwise, want, here))[
                        0
                    ],
                )
            case _:
                raise UnreachableError(f"does not know {_called(node)}")

    def _only(self, one: Node, items: Iterable[Node], want: bool, here: Here) -> None:  # noqa: FBT001
        self.hold(one, want, here)
        taken = _registers(one)
        for item in items:
            if item is not one and taken.isdisjoint(_registers(item)):
                self.attempt(lambda item=item: self.hold(item, not want, here), lambda: None)

    def _truth(self, node: Name | Reach, want: bool, here: Here) -> None:  # noqa: FBT001
        inner = self.inner(node)
        if inner is not None:
            self.hold(inner, want, here)
            return
        self.assign(node, "yes" if want else "no", here)

    def _compare(self, node: Compare, want: bool, here: Here) -> None:  # noqa: FBT001
        left, right, op = node.left, node.right, node.op
        if isinstance(left.type, Choice | Text | PartyOf):
            if isinstance(left, Literal):
                left, right = right, left
            assert isinstance(right, Literal)
            if op in {"==", "!="}:
                names = [str(right.value)]
                self._choose(
                    left, names if want == (op == "==") else _others(left.type, names), here
                )
            else:
                self._choose(left, _ordered(left.type, op, str(right.value), want), here)
            return
        if isinstance(left.type, Boolean):
            assert isinstance(right, Literal)
            self.hold(left, (bool(right.value) == want) == (op == "=="), here)
            return
        ends = self.constant(left, here), self.constant(right, here)
        if ends[0] is not None and ends[1] is not None:
            if _compared(op, ends[0], ends[1]) != want:
                raise UnreachableError(f"{_called(left)} is fixed")
            return
        at_edge = {"==": True, "!=": False, "<": False, "<=": True, ">": False, ">=": True}[op]
        beyond = 1 if (op in {">", ">="}) == want or op in {"==", "!="} else -1
        sides = [0] if at_edge == want else [beyond, *([-1] if op in {"==", "!="} else [])]
        if node.confidence:
            sides = [beyond]
        ways = [lambda side=side: self.meet(Goal(node, side), here) for side in sides]
        if not want and op in {">=", ">"} and (counts := self._counts(left)):
            # Nothing on record is the plainest way not to reach a number.
            ways.insert(0, lambda: self._nothing(counts, here))
        self.attempt(*ways)

    def _nothing(self, counts: Iterable[Over], here: Here) -> None:
        for one in counts:
            self.reach(one, Fraction(0), here)

    def _counts(self, node: Node) -> list[Over]:
        """Return the count that a number is, or the counts whose sum or greatest it is."""
        match node:
            case Name() if (inner := self.inner(node)) is not None:
                return self._counts(inner)
            case Call(function="max", arguments=arguments) if all(map(_is_count, arguments)):
                return [one for one in arguments if isinstance(one, Over)]
            case Arithmetic(op="+", left=left, right=right):
                some = self._counts(left), self._counts(right)
                return [*some[0], *some[1]] if all(some) else []
            case Over(function="count"):
                return [node]
        return []

    def _choose(self, node: Node, names: list[str], here: Here) -> None:
        if not names:
            raise UnreachableError("no option is left")
        self.attempt(*(lambda name=name: self.assign(node, name, here) for name in names))

    # Names

    def inner(self, node: Name | Reach) -> Node | None:
        """Return what a derived fact or field comes from."""
        if isinstance(node, Reach):
            return None
        if node.inner is not None:
            return node.inner
        if node.kind == "fact":
            return self.draft.fact(node.name).derived
        if node.kind == "field":
            for register in self.book.registers.values():
                slot = register.fields.get(node.name)
                if slot is not None and slot.derived is not None:
                    return slot.derived
        return None

    def assign(self, node: Node, value: Any, here: Here) -> None:
        """Write what a name says."""
        match node:
            case Reach(base=base, party=kind, field=name):
                party = self._party_at(base, kind, here)
                self.draft.write(party, name, value)
            case Name(kind="fact", name=name):
                self.draft.put(name, value)
            case Name(kind="field", name=name):
                self.draft.write(here, name, value)
            case _:
                raise UnreachableError(f"cannot write {_called(node)}")

    def _party_at(self, base: Node, kind: str, here: Here) -> dict[str, Any]:
        if isinstance(base, Name) and base.kind == "party":
            assert here is not None
            return here
        if isinstance(base, Name) and base.kind == "field" and here is not None:
            there = here.get(base.name)
            for party in self.draft.parties:
                if party["id"] == there:
                    return party
            made = self.draft.party(kind)
            self.draft.write(here, base.name, made["id"])
            return made
        raise UnreachableError(f"cannot find the party of {_called(base)}")

    def show(self, node: Name | Reach, here: Here) -> None:
        """Give a name any value."""
        if isinstance(node, Name) and self.inner(node) is not None:
            raise UnreachableError("a derived name")
        if isinstance(node, Name):
            stands = self.draft.facts if node.kind == "fact" else here or {}
            if stands.get(node.name) is not None:
                return
        self.assign(node, self.any_of(node.type), here)

    def any_of(self, kind: Type) -> Any:
        """Return some value of a type, in the middle where it has one."""
        match kind:
            case Boolean():
                return "yes"
            case Choice(options=options):
                return options[0]
            case Date():
                return datetime.date(self.draft.year, 7, 1).isoformat()
            case Text():
                return "some"
            case Survey():
                return {"positive": 500, "asked": 1000}
            case PartyOf(kind=name):
                return self.draft.party(name)["id"]
            case Number():
                return _written(_middle(kind))
        raise AssertionError(kind)

    # Numbers

    def constant(self, node: Node, here: Here = None) -> Fraction | None:
        """Return the value of what no case can change, or what the draft says already."""
        match node:
            case Literal(value=bool() | str()):
                return None
            case Literal(value=value, type=kind):
                return Fraction(value, 10 ** getattr(kind, "scale", 0))
            case Name(kind="parameter", name=name):
                parameter = self.book.parameters[name]
                return Fraction(parameter.values[-1][1], 10**parameter.scale)
            case Name(kind="moment", name="as_of" | "period_end"):
                said = self.draft.as_of or f"{self.draft.year}-12-31"
                return Fraction(datetime.date.fromisoformat(said).toordinal())
            case Name(kind="moment"):
                return Fraction(datetime.date(self.draft.year, 1, 1).toordinal())
            case Call(function="days_after" | "months_after" as step, arguments=(day, number)):
                first, by = self.constant(day, here), self.constant(number, here)
                return None if first is None or by is None else _later(step, first, int(by))
            case Call(function="days" | "min" | "max" | "round" as work, arguments=arguments):
                values = [self.constant(one, here) for one in arguments]
                return None if None in values else _called_of(work, values)  # type: ignore[arg-type]
            case Name(kind="fact", name=name) if name in self.draft.facts:
                return _read(self.draft.facts[name])
            case Name(kind="fact") if (inner := self.inner(node)) is not None and _timed(inner):
                return self.constant(inner, here)
            case Name(kind="field", name=name) if here is not None and here.get(name) is not None:
                return _read(here[name])
            case Arithmetic(op=op, left=left, right=right):
                ends = self.constant(left, here), self.constant(right, here)
                if ends[0] is None or ends[1] is None or (op == "/" and not ends[1]):
                    return None
                return _worked(op, ends[0], ends[1])
        return None

    def settle(self, node: Node, here: Here) -> Fraction:
        """Return the value of a number, first bringing it to a comfortable one."""
        fixed = self.constant(node, here)
        if fixed is not None:
            return fixed
        match node:
            case Name() if self.inner(node) is None:
                self.show(node, here)
                found = self.constant(node, here)
                if found is not None:
                    return found
            case _:
                pass
        for value in (Fraction(1, 2), ONE, Fraction(2), Fraction(0)):
            try:
                self.attempt(lambda value=value: self.reach(node, value, here))
            except UnreachableError:
                continue
            return value
        raise UnreachableError(f"cannot settle {_called(node)}")

    def reach(self, node: Node, target: Fraction, here: Here = None) -> None:
        """Bring a number, day or survey to a value."""
        fixed = self.constant(node, here)
        if fixed is not None:
            if fixed != target:
                raise UnreachableError(f"{_called(node)} is fixed")
            return
        match node:
            case Name(kind="fact" | "field", type=kind):
                inner = self.inner(node)
                if inner is not None:
                    self.reach(inner, target, here)
                else:
                    self._write_number(node, kind, target, here)
            case Reach(type=kind):
                self._write_number(node, kind, target, here)
            case Over():
                self._over(node, target)
            case Arithmetic():
                self._arithmetic(node, target, here)
            case Call(function="min" | "max" as work, arguments=arguments):
                self._extreme(work, arguments, target, here)
            case Call(function="part", arguments=(part, whole)):
                self._ratio(part, Arithmetic(type=part.type, op="+", left=part, right=whole),
                            target, here, rest=whole)  # fmt: skip
            case Choose(condition=Compare(left=Name(type=Choice(options=options)) as name)):
                self.attempt(*(
                    lambda option=option: both(
                        lambda: self.assign(name, option, here),
                        lambda: self.reach(_branch(node, name.name, option), target, here),
                    )
                    for option in options
                ))  # fmt: skip
            case Choose(condition=condition, then=then, otherwise=otherwise):
                self.attempt(
                    lambda: (self.reach(then, target, here), self.hold(condition, True, here))[0],
                    lambda: (
                        self.reach(otherwise, target, here),
                        self.hold(condition, False, here),
                    )[0],
                )
            case _:
                raise UnreachableError(f"does not know {_called(node)}")

    def _write_number(self, node: Node, kind: Type, target: Fraction, here: Here) -> None:
        match kind:
            case Survey():
                size = max(1, 1000 // target.denominator) * target.denominator
                if not 0 <= target <= 1 or size > 10**9:
                    raise BeyondError("a survey is from 0 to 1")
                value: Any = {"positive": int(target * size), "asked": size}
            case Date():
                if target.denominator != 1:
                    raise UnreachableError("a day is whole")
                value = datetime.date.fromordinal(int(target)).isoformat()
            case Number(scale=scale, low=low, high=high):
                units = target * 10**scale
                if units.denominator != 1 or not low <= units <= high:
                    raise BeyondError(f"{_called(node)} cannot be {float(target)}")
                value = _written(target)
                if isinstance(node, Name) and node.kind == "fact":
                    self._bounded(node.name, target)
            case _:
                raise UnreachableError(f"{_called(node)} is no number")
        self.assign(node, value, here)

    def _bounded(self, name: str, target: Fraction) -> None:
        """Give the facts that bound a fact values that let it be what it shall be."""
        fact = self.draft.fact(name)
        for other, sign in ((fact.low_fact, -1), (fact.high_fact, 1)):
            if other is None:
                continue
            bound = self.draft.fact(other)
            if other not in self.draft.facts:
                kind = bound.type
                assert isinstance(kind, Number)
                least = Fraction(kind.low, 10**kind.scale)
                self.reach(Name(type=kind, kind="fact", name=other), max(target, least))
            if sign * (_read(self.draft.facts[other]) or 0) < sign * target:
                raise UnreachableError(f"`{other}` bounds `{name}`")

    def _over(self, node: Over, target: Fraction) -> None:
        rows = self.draft.records.get(node.register, [])
        if rows and node.function == "share":
            # The rows that other parts of the expression brought are looked at again.
            size = len(rows) * target.denominator
            if size > 60 or (self.summing and size > len(rows)):
                raise UnreachableError(f"`{node.register}` would need {size} records")
            for _ in range(size - len(rows)):
                self.draft.record(node.register)
            for place, row in enumerate(self.draft.records[node.register]):
                self._match(node, row, place < target * size)
            return
        if target < 0 or (node.function == "share" and target > 1):
            raise BeyondError(f"{node.function} cannot be {float(target)}")
        whole = target.denominator == 1
        match node.function:
            case "count" if whole and target <= 400:
                self._add(node, int(target))
            case "distinct" if whole and target <= 400 and node.value is not None:
                self._distinct(node, int(target))
            case "share" if 0 <= target <= 1 and target.denominator <= 1000:
                size = target.denominator
                size *= max(1, 4 // size)
                right = int(target * size)
                self._add(node, right, value=True)
                self._add(node, size - right, value=False)
            case "highest" | "lowest" | "mean" | "total" if node.value is not None:
                if target == 0 and node.function == "total":
                    self.draft.records.setdefault(node.register, [])
                    return
                self._add(Over(type=node.type, function="count", register=node.register,
                               where=node.where), 1)  # fmt: skip
                self.reach(node.value, target, self.draft.records[node.register][-1])
            case _:
                raise UnreachableError(f"{node.function} cannot be {float(target)}")

    def _add(self, node: Over, number: int, *, value: bool | None = None) -> None:
        """Add records that match, whose value, where it is a condition, holds or not."""
        self.draft.records.setdefault(node.register, [])
        for _ in range(number):
            row = self.draft.record(node.register)
            self._match(node, row, value)

    def _match(self, node: Over, row: dict[str, Any], value: bool | None) -> None:  # noqa: FBT001
        """Make a record one that counts, and whose value, where it is a condition, holds or not."""

        def counts() -> None:
            if node.where is not None:
                self.hold(node.where, True, row)

        def holds() -> None:
            if node.value is not None and value is not None:
                self.hold(node.value, value, row)

        self.attempt(lambda: both(counts, holds), lambda: both(holds, counts))

    def _distinct(self, node: Over, number: int) -> None:
        self.draft.records.setdefault(node.register, [])
        assert node.value is not None
        made = 0
        for value in self._values(node.value):
            if made == number:
                break
            kept = copy.deepcopy(self.draft.records[node.register])
            row = self.draft.record(node.register)
            try:
                self.assign(node.value, value, row)
                if node.where is not None:
                    self.hold(node.where, True, row)
            except UnreachableError:
                _same_rows(self.draft.records[node.register], kept)
                continue
            made += 1
        if made < number:
            raise UnreachableError(f"has not {number} different values")

    def _values(self, node: Node) -> Iterator[Any]:
        match node.type:
            case Choice(options=options):
                yield from options
            case PartyOf(kind=kind):
                for _ in range(40):
                    yield self.draft.party(kind)["id"]
            case Number(scale=0, low=low, high=high):
                yield from map(str, range(low, min(high, low + 400) + 1))
            case Text():
                yield from (f"text {n}" for n in range(400))
            case _:
                raise UnreachableError("does not know different values of it")

    def _arithmetic(self, node: Arithmetic, target: Fraction, here: Here) -> None:
        left, right = node.left, node.right
        if node.op == "/":
            self._ratio(left, right, target, here)
            return
        known = self.constant(right, here)
        if known is not None and node.op in {"+", "-"}:
            self.reach(left, target - known if node.op == "+" else target + known, here)
            return
        known = self.constant(left, here)
        if known is not None and node.op in {"+", "-"}:
            self.reach(right, target - known if node.op == "+" else known - target, here)
            return
        match node.op:
            case "-":
                ways = [Fraction(0), Fraction(1, 2), ONE, Fraction(100), Fraction(2010)]
                self.attempt(*(
                    lambda base=base: (
                        self.reach(right, base, here), self.reach(left, base + target, here)
                    )[0]
                    for base in ways
                ))  # fmt: skip
            case "+":
                self._sum(_addends(node), target, here)
            case "*":
                a, b = self.constant(left, here), self.constant(right, here)
                if a:
                    self.reach(right, target / a, here)
                elif b:
                    self.reach(left, target / b, here)
                else:
                    raise UnreachableError("a product of two unknowns")
            case _:
                raise UnreachableError("does not know this sum")

    def _sum(self, addends: list[Node], target: Fraction, here: Here) -> None:
        """Bring a sum to a value: every addend as full as it can be, one after another."""
        ends = [sum(some, Fraction(0)) for some in zip(*map(_span, addends), strict=True)]
        if not ends[0] <= target <= ends[1]:
            raise BeyondError(f"a sum cannot be {float(target)}")
        left = target
        self.summing = len(addends) > 1
        for place, one in enumerate(addends):
            low, high = _span(one)
            rest = sum((_span(other)[0] for other in addends[place + 1 :]), Fraction(0))
            share = max(low, min(high, left - rest))
            tried = [share - fewer for fewer in range(12) if share - fewer >= low]
            for value in tried:
                try:
                    self.attempt(lambda one=one, value=value: self.reach(one, value, here))
                except UnreachableError:
                    if value == tried[-1]:
                        raise
                    continue
                left -= value
                break
        if left:
            raise UnreachableError("a sum of these cannot be that")

    def _ratio(
        self, top: Node, bottom: Node, target: Fraction, here: Here, rest: Node | None = None
    ) -> None:
        known = self.constant(bottom, here)
        if known:
            self.reach(top, target * known, here)
            return
        if rest is not None and isinstance(top, Over) and isinstance(rest, Over):
            self._parts(top, rest, target)
            return
        if rest is not None:
            size = target.denominator
            self.reach(top, target * size, here)
            self.reach(rest, size - target * size, here)
            return
        sizes = [
            Fraction(target.denominator * many)
            for many in (1, 2, 3, 4, 5, 6, 10, 12, 50, 60, 100, 600)
        ]
        if isinstance(top, Over) and isinstance(bottom, Arithmetic | Over):
            self._mean(top, bottom, target)
            return
        self.attempt(*(
            lambda size=size: (
                self.reach(bottom, size, here), self.reach(top, target * size, here)
            )[0]
            for size in sizes
        ))  # fmt: skip

    def _parts(self, top: Over, rest: Over, target: Fraction) -> None:
        """Bring part(total(R, x), total(R, y)) to a value: by one record."""
        if top.register != rest.register or top.value is None or rest.value is None:
            raise UnreachableError("a part of two registers")
        count = Over(type=top.type, function="count", register=top.register, where=top.where)
        self._over(count, ONE)
        row = self.draft.records[top.register][-1]
        size = target.denominator
        self.reach(top.value, target * size, row)
        self.reach(rest.value, size - target * size, row)

    def _mean(self, top: Over, bottom: Node, target: Fraction) -> None:
        """Bring total(R, x) / (n * count(R)) to a value: by one record."""
        times = ONE
        if isinstance(bottom, Arithmetic) and bottom.op == "*":
            times = self.constant(bottom.left) or ONE
            bottom = bottom.right
        if not (isinstance(bottom, Over) and bottom.register == top.register and top.value):
            raise UnreachableError("a quotient of two registers")
        self._over(bottom, ONE)
        self.reach(top.value, target * times, self.draft.records[top.register][-1])

    def _extreme(
        self, work: str, arguments: tuple[Node, ...], target: Fraction, here: Here
    ) -> None:
        fixed = [self.constant(one, here) for one in arguments]
        if work == "max" and any(one is not None and one > target for one in fixed):
            raise UnreachableError("the greatest of these is more already")
        moving = [one for one, known in zip(arguments, fixed, strict=True) if known is None]
        if len(moving) != 1 and not all(_is_count(one) for one in moving):
            raise UnreachableError("more than one moves within min or max")
        # Of counts the first moves; the others stay at nothing on record.
        self.reach(moving[0], target, here)

    # One comparison at its edge

    def meet(self, goal: Goal, here: Here) -> None:
        """Bring the left side of a comparison to its right side, or one step to a side."""
        left, right = goal.compare.left, goal.compare.right
        if isinstance(left, Name) and (left.kind, left.name) == ("moment", "as_of"):
            day = self.settle(right, here) + goal.side
            self.draft.as_of = datetime.date.fromordinal(int(day)).isoformat()
            return
        if goal.edge is not None:
            edge, moving, side = goal.edge, left, goal.side
            if self.constant(left, here) is not None:
                moving, side = right, -goal.side
        elif self.constant(left, here) is not None and self.constant(right, here) is None:
            edge, moving, side = self.settle(left, here), right, -goal.side
        else:
            edge, moving, side = self.settle(right, here), left, goal.side
        if goal.compare.confidence:
            self._surveyed(goal, moving, edge, here)
            return
        steps = self.steps(moving) if side else [ONE]
        self.attempt(*(
            lambda step=step: self._meet(moving, edge + side * step, here) for step in steps
        ))  # fmt: skip

    def _meet(self, moving: Node, value: Fraction, here: Here) -> None:
        self.reach(moving, value, here)
        self.draft.met = value

    def _surveyed(self, goal: Goal, moving: Node, edge: Fraction, here: Here) -> None:
        """Put a survey far to a side of its threshold, where its interval is clear of it."""
        value = Fraction(0) if goal.side < 0 else ONE if goal.side else edge
        self.reach(moving, value, here)

    def steps(self, node: Node) -> list[Fraction]:
        """Return the steps that a number can take, the smallest first."""
        kind = node.type
        if isinstance(kind, Date) or (isinstance(kind, Number) and kind.scale == 0):
            return [ONE, Fraction(2)]
        if isinstance(kind, Number) and not isinstance(kind, Rate):
            return [Fraction(1, 10**kind.scale), *(Fraction(1, n) for n in reversed(STEPS))]
        if any(isinstance(part, Over) for part in self.walk(node)):
            return [Fraction(1, n) for n in (20, 12, 10, 5, 4, 3, 2, 1)]
        return [Fraction(1, n) for n in reversed(STEPS)]

    def pivot(self, node: Node, goal: Goal, here: Here = None) -> None:
        """Write a case in which an expression turns on one comparison within it."""
        if node is goal.compare:
            self.meet(goal, here)
            return
        match node:
            case Name() if (inner := self.inner(node)) is not None:
                self.pivot(inner, goal, here)
            case Logic(op=op, items=items):
                own = [item for item in items if self.within(item, goal.compare)]
                rest = [item for item in items if item not in own]
                self.attempt(
                    lambda: self._turn(own[0], rest, op == "and", goal, here),
                    lambda: self._turn(own[0], rest, op == "and", goal, here, first=False),
                )
            case Over():
                self._pivot_over(node, goal)
            case Compare(left=left) if count := next(
                (one for one in self._counts(left) if self.within(one, goal.compare)), None
            ):
                wanted = int(self.settle(node.right, here))
                self._add(count, wanted - 1 if node.op == ">=" else wanted)
                self._pivot_over(count, goal)
            case _:
                own = [part for part in children(node) if self.within(part, goal.compare)]
                if not own:
                    raise UnreachableError("does not hold the comparison")
                self.pivot(own[0], goal, here)
                for part in children(node):
                    if part not in own and self.constant(part, here) is None:
                        self.settle(part, here)

    def _turn(
        self,
        own: Node,
        rest: list[Node],
        want: bool,  # noqa: FBT001
        goal: Goal,
        here: Here,
        *,
        first: bool = True,
    ) -> None:
        if first:
            self.pivot(own, goal, here)
        for item in rest:
            self.hold(item, want, here)
        if not first:
            self.pivot(own, goal, here)

    def _pivot_over(self, node: Over, goal: Goal) -> None:
        in_where = node.where is not None and self.within(node.where, goal.compare)
        if in_where and node.function in {"share", "every", "mean"}:
            # Beside one that counts, the record at the edge counts too, or not.
            self._add(node, 1, value=True)
        row = self.draft.record(node.register)
        if in_where:
            assert node.where is not None
            self.pivot(node.where, goal, row)
            if node.value is not None and isinstance(node.value.type, Boolean):
                want = node.function not in {"share", "every"}
                self.attempt(lambda: self.hold(node.value, want, row), lambda: None)  # type: ignore[arg-type]
            elif isinstance(node.value, Name) and node.value.name not in row:
                self.show(node.value, row)
            return
        assert node.value is not None
        self.attempt(
            lambda: (self.pivot(node.value, goal, row),  # type: ignore[arg-type,func-returns-value]
                     node.where is None or self.hold(node.where, True, row))[0],  # type: ignore[func-returns-value]
        )  # fmt: skip

    def within(self, node: Node, wanted: Node) -> bool:
        """Whether an expression holds a part, also through what is derived."""
        return any(part is wanted for part in self.walk(node))

    def walk(self, node: Node) -> Iterator[Node]:
        """Yield an expression's parts in reading order, through derived facts and fields."""
        yield node
        if isinstance(node, Name) and (inner := self.inner(node)) is not None:
            yield from self.walk(inner)
            return
        for part in children(node):
            yield from self.walk(part)


def _registers(node: Node) -> set[str]:
    return {part.register for part in walk(node) if isinstance(part, Over)}


def both(*steps: Callable[[], None]) -> None:
    for step in steps:
        step()


def _same_rows(rows: list[dict[str, Any]], kept: list[dict[str, Any]]) -> None:
    del rows[len(kept) :]
    for row, old in zip(rows, kept, strict=True):
        row.clear()
        row.update(old)


def _branch(node: Node, name: str, option: str) -> Node:
    """Return what a chain of choices by one name comes to for an option."""
    while isinstance(node, Choose):
        asked = node.condition
        if not (
            isinstance(asked, Compare)
            and asked.op == "=="
            and isinstance(asked.left, Name)
            and asked.left.name == name
            and isinstance(asked.right, Literal)
        ):
            return node
        node = node.then if asked.right.value == option else node.otherwise
    return node


def _others(kind: Type, names: list[str]) -> list[str]:
    if not isinstance(kind, Choice):
        return ["something else"]
    return [one for one in kind.options if one not in names]


def _ordered(kind: Type, op: str, name: str, want: bool) -> list[str]:  # noqa: FBT001
    assert isinstance(kind, Choice)
    at = kind.options.index(name)
    met = {"<": range(at), "<=": range(at + 1), ">": range(at + 1, 99), ">=": range(at, 99)}[op]
    return [one for place, one in enumerate(kind.options) if (place in met) == want]


def _middle(kind: Number) -> Fraction:
    unit = 10**kind.scale
    low, high = Fraction(kind.low, unit), Fraction(kind.high, unit)
    for value in (Fraction(100), Fraction(10), ONE, Fraction(1, 2)):
        if low < value < high and (kind.scale or value.denominator == 1):
            return value
    return low if low > -WIDEST else Fraction(0)


def _addends(node: Node) -> list[Node]:
    if isinstance(node, Arithmetic) and node.op == "+":
        return [*_addends(node.left), *_addends(node.right)]
    return [node]


def _span(node: Node) -> tuple[Fraction, Fraction]:
    kind = ranged(node.type)
    if not isinstance(kind, Number):
        raise UnreachableError("no number")
    return Fraction(kind.low, 10**kind.scale), Fraction(kind.high, 10**kind.scale)


def _compared(op: str, left: Fraction, right: Fraction) -> bool:
    return {
        "==": left == right, "!=": left != right, "<": left < right,
        "<=": left <= right, ">": left > right, ">=": left >= right,
    }[op]  # fmt: skip


def _worked(op: str, left: Fraction, right: Fraction) -> Fraction:
    match op:
        case "+":
            return left + right
        case "-":
            return left - right
        case "*":
            return left * right
    return left / right


def _is_count(node: Node) -> bool:
    return isinstance(node, Over) and node.function == "count"


def _timed(node: Node) -> bool:
    """Whether a figure hangs on the calendar alone."""
    names = [one for one in walk(node) if isinstance(one, Name | Reach | Over)]
    return bool(names) and all(isinstance(one, Name) and one.kind == "moment" for one in names)


def _called_of(work: str, values: list[Fraction]) -> Fraction:
    match work:
        case "days":
            return values[1] - values[0]
        case "round":
            return Fraction(int(values[0] + Fraction(1, 2)))
    return min(values) if work == "min" else max(values)


def _later(step: str, first: Fraction, number: int) -> Fraction:
    if step == "days_after":
        return first + number
    day = datetime.date.fromordinal(int(first))
    year, month = divmod(day.year * 12 + day.month - 1 + number, 12)
    last = calendar.monthrange(year, month + 1)[1]
    return Fraction(datetime.date(year, month + 1, min(day.day, last)).toordinal())


def _read(value: Any) -> Fraction | None:
    if isinstance(value, dict):
        return Fraction(value["positive"], value["asked"]) if value.get("asked") else None
    if not isinstance(value, str):
        return None
    try:
        return Fraction(datetime.date.fromisoformat(value).toordinal())
    except ValueError:
        pass
    try:
        return Fraction(value)
    except ValueError:
        return None


def _written(value: Fraction) -> str:
    places = 0
    while (value * 10**places).denominator != 1:
        places += 1
        if places > 12:
            raise UnreachableError("has no end as a decimal")
    digits = int(value * 10**places)
    if not places:
        return str(digits)
    text = str(abs(digits)).rjust(places + 1, "0")
    return f"{'-' if digits < 0 else ''}{text[:-places]}.{text[-places:]}"


def _called(node: Node) -> str:
    name = getattr(node, "name", getattr(node, "function", getattr(node, "op", "")))
    return f"{type(node).__name__.lower()} {name}".strip()
