"""Further records that would help: of what kind, and how many, found by trying them.

A rule may want more of something than its register holds. What the rule's own conditions name is
tried first, then each field by itself; the judge says what helps.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from fractions import Fraction
from typing import NamedTuple

from steelyard.book.model import Field, RuleBook
from steelyard.case.reading.parse_values import text_of
from steelyard.case.reading.read import parse_case
from steelyard.expression.tree import Compare, Literal, Name, Node, Over, Within, walk
from steelyard.expression.types import Boolean, Choice, Date, Number, PartyOf, Text
from steelyard.judging.assessment import Assessment, weigh
from steelyard.located_yaml import mark
from steelyard.plan.candidates import Parts
from steelyard.plan.efforts import SHOWING, Efforts
from steelyard.plan.growth import Growth
from steelyard.plan.levers import NUMBERED, Key, Lever, Option, Value
from steelyard.plan.trial import Bench

_TRIED = (12, 60)
"""So many records are tried at once: the first number with which a rule earns more."""
_KEPT = 4
_LARGE = 10**6
_INSTANCE = 100


class Entry(NamedTuple):
    """A register in which further records may be entered for a rule, and what each takes."""

    register: str
    rule: str
    each: Fraction


def entries(bench: Bench, parts: Parts, efforts: Efforts) -> Iterator[Entry]:
    """Yield the registers of which further records might earn more, each for every rule that they
    might help.
    """
    book, case = bench.book, bench.assessment.case
    base = bench.said({}) or {}
    for name, register in book.registers.items():
        if register.rolled is not None or name in efforts.records and efforts.records[name] is None:
            continue
        growth = Growth(book, name)
        for rule in parts.rules(("register", name)):
            said = base["rule", rule]
            if said.low == 1 or said.state in {"out", "waived"} or not helped(growth, rule):
                continue
            each = efforts.records.get(name)
            if each is None:
                ruled = efforts.of_rules(book, (rule,))
                if ruled is None:
                    continue
                each = ruled if case.registers[name].complete else ruled * SHOWING
            yield Entry(name, rule, each)


def helped(growth: Growth, rule: str) -> bool:
    """Whether further records might make a rule earn more."""
    lowered = growth.book.rules[rule].lowered
    return growth.of(lowered.points).rises or not growth.of(lowered.applies).stays


def further(bench: Bench, parts: Parts, entered: Iterable[Entry]) -> Iterator[Lever]:
    """Yield a lever for every rule and register of which more records would earn more."""
    base = bench.said({}) or {}
    for name, rule, each in entered:
        search = _Search(bench, parts, rule, name)
        options = tuple(
            Option(row, "record", each * count, count, copies=count)
            for row, count in search.options()
        )
        if options:
            lever = ("rows", name, rule)
            most = bench.said({lever: options[-1]})
            moved = frozenset(p for p, one in (most or {}).items() if one != base[p])
            if moved:
                yield Lever(lever, options, moved)


class _Search:
    """Looks for records of one register that help one rule."""

    def __init__(self, bench: Bench, parts: Parts, rule: str, register: str) -> None:
        self.book: RuleBook = bench.book
        self.rule, self.register = rule, register
        self.place = list(self.book.rules).index(rule)
        self.key: Key = ("rows", register, rule)
        reads = parts.reads["rule", rule]
        self.bench = _lean(bench, reads)
        self.fields = [
            field
            for field in self.book.registers[register].fields.values()
            if field.derived is None
            and (("field", register, field.id) in reads or field.missing == "refused")
        ]
        self.hints = _hints(self.book, rule, register)

    def options(self) -> Iterator[tuple[Value, int]]:
        """Yield a record and numbers of it with which the rule earns more, fewest first."""
        start = self._worth({}, 0)
        if start is None:
            return
        row = self._best(_TRIED[0])
        for count in _TRIED:
            found = self._worth(row, count)
            if found is not None and found[0] > start[0]:
                for number in self._turns(row, count):
                    yield tuple(row.items()), number
                return

    def _best(self, count: int) -> dict[str, str]:
        """Return the record of which so many help most, changing one field at a time."""
        choices = {field.id: list(self._values(field)) for field in self.fields}
        row = {name: values[0] for name, values in choices.items() if values}
        best = self._worth(row, count)
        for name, values in choices.items():
            for value in values[1:]:
                other = {**row, name: value}
                worth = self._worth(other, count)
                if worth is not None and (best is None or worth > best):
                    row, best = other, worth
        return row

    def _turns(self, row: dict[str, str], most: int) -> list[int]:
        """Return the numbers of records at which the rule begins to earn more, the last always."""
        worth: Callable[[int], tuple[int, int] | None] = lambda count: self._worth(row, count)  # noqa: E731  # named for its use

        def inside(low: int, high: int) -> Iterator[int]:
            if worth(low) == worth(high):
                return
            if high - low == 1:
                yield high
                return
            middle = (low + high) // 2
            yield from inside(low, middle)
            yield from inside(middle, high)

        found = [
            one for one in inside(0, most) if (worth(one) or (0, 0))[0] > (worth(0) or (0, 0))[0]
        ]
        if len(found) > _KEPT:
            found = [found[place * (len(found) - 1) // (_KEPT - 1)] for place in range(_KEPT)]
        return found

    def _worth(self, row: dict[str, str], count: int) -> tuple[int, int] | None:
        moves = {}
        if count:
            moves = {self.key: Option(tuple(row.items()), "record", Fraction(0), copies=count)}
        found = self.bench.weigh(moves)
        return None if found is None else found.carried[self.rule]

    def _values(self, field: Field) -> Iterable[str]:
        """Return what a field may be, likely helps first."""
        hints = self.hints.get(field.id, [])
        found: list[str] = []
        match field.type:
            case Boolean():
                found = ["yes", "no"]
            case Choice(options=options):
                found = [*(one for one in hints if one in options), *options][:12]
            case Date():
                case = self.bench.assessment.case
                found = [case.as_of.isoformat(), case.first.isoformat()]
                if field.missing == "none":
                    found.append("none")
            case Number() as kind:
                found = [one for one in hints if _within(one, kind)]
                if abs(kind.high) < _LARGE * 10**kind.scale:
                    found.append(text_of(kind.high, kind))
                else:
                    found.append(text_of(max(kind.low, _INSTANCE * 10**kind.scale), kind))
                if abs(kind.low) < _LARGE * 10**kind.scale:
                    found.append(text_of(kind.low, kind))
            case Text():
                found = hints or [f"{field.id} {NUMBERED}"]
            case PartyOf(kind=kind_):
                parties = self.bench.assessment.case.parties.values()
                found = [one.id for one in parties if one.kind == kind_][:2]
        return dict.fromkeys(found)


def _lean(bench: Bench, reads: frozenset[Key]) -> Bench:
    """Return the case with what a rule reads alone, which is read faster."""
    case, book = bench.assessment.case, bench.book
    records = {
        name: one for name, one in case.document["records"].items() if ("register", name) in reads
    }
    facts = {name: one for name, one in case.document["facts"].items() if ("fact", name) in reads}
    document = {**case.document, "records": records, "facts": facts}
    lean = parse_case(mark(document, case.origin), book, case.origin)
    assessment: Assessment = weigh(book, lean, bench.judges)
    return Bench(assessment, bench.judges)


def _hints(book: RuleBook, rule: str, register: str) -> dict[str, list[str]]:
    """Return the words and numbers beside which a rule sets the fields of a register."""
    found: dict[str, list[str]] = {}
    fields = book.registers[register].fields
    todo: list[Node] = [book.rules[rule].lowered.points]
    seen: set[str] = set()
    while todo:
        for part in walk(todo.pop()):
            if isinstance(part, Name) and part.name not in seen:
                seen.add(part.name)
                fact = book.facts.get(part.name) if part.kind == "fact" else None
                field = fields.get(part.name) if part.kind == "field" else None
                behind = [one.derived for one in (fact, field) if one is not None]
                todo.extend(one for one in behind if one is not None)
            if isinstance(part, Over) and part.register == register:
                for test in (part.where, part.value):
                    todo.extend(() if test is None else (test,))
            if isinstance(part, Compare) and part.op != "!=":
                _beside(part, found)
            elif isinstance(part, Within) and isinstance(part.item, Name):
                found.setdefault(part.item.name, []).extend(_text(one) for one in part.options)
    return found


def _beside(test: Compare, found: dict[str, list[str]]) -> None:
    for one, other in ((test.left, test.right), (test.right, test.left)):
        if isinstance(one, Name) and one.kind == "field" and isinstance(other, Literal):
            found.setdefault(one.name, []).append(_text(other))
            if test.op in {"<", ">"} and isinstance(other.value, int):
                step = 1 if (test.op == ">") == (one is test.left) else -1
                found[one.name].insert(0, text_of(other.value + step, other.type))


def _text(node: Literal) -> str:
    value = node.value
    if isinstance(value, bool):
        return "yes" if value else "no"
    return text_of(value, node.type) if isinstance(value, int) else str(value)


def _within(text: str, kind: Number) -> bool:
    try:
        units = Fraction(text) * 10**kind.scale
    except ValueError:
        return False
    return bool(units.denominator == 1 and kind.low <= units <= kind.high)
