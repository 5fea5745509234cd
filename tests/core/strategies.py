"""Random rule books, typed expressions as text, cases, and completions of cases, all from a seeded
`random.Random`.
"""

from __future__ import annotations

import datetime
import json
import random
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from steelyard.book.document import BookEntry
from steelyard.book.model import RuleBook
from steelyard.book.reading.load import parse_book
from steelyard.book.reading.vocabulary import Vocabulary
from steelyard.case.model import Case
from steelyard.case.reading.read import parse_case
from steelyard.errors import CaseError, ExpressionError
from steelyard.expression.parse import Scope, parse
from steelyard.expression.tree import Node, Over, walk
from steelyard.expression.types import Number, ranged
from steelyard.located_yaml import mark

DAY = datetime.date(2026, 1, 1)
ROLES = ["leader", "physician", "other"]
LEVELS = ["low", "middle", "high", "top"]


@dataclass(frozen=True)
class Slot:
    """One name of the vocabulary: what it holds, in which range, and what it is when it is
    missing.
    """

    kind: str
    low: int = 0
    high: int = 0
    places: int = 0
    missing: str = "unknown"
    top: str = ""
    bottom: str = ""
    dated: bool = False
    default: str = ""
    derived: str = ""
    unbounded: bool = False

    def entry(self) -> dict[str, Any]:
        """Return the slot as it stands in a book."""
        types: dict[str, Any] = {
            "number": "number" if self.places else "integer",
            "role": ROLES,
            "level": LEVELS,
        }
        if self.derived:
            return {"is": self.derived}
        out: dict[str, Any] = {"type": types.get(self.kind, self.kind)}
        if self.kind == "level":
            out["ordered"] = True
        if self.kind == "number" and self.places:
            out["decimals"] = self.places
        if self.kind == "number" and not self.unbounded:
            low, high = self.text(self.low), self.text(self.high)
            out |= {"min": self.bottom or low, "max": self.top or high}
        if self.kind == "date":
            out |= {"min": self.text(self.low), "max": self.text(self.high)}
        if self.missing != "unknown":
            out["missing"] = self.missing
        if self.default:
            out["default"] = self.default
        return out

    def text(self, units: int) -> str:
        """Return a number or day as typed."""
        if self.kind == "date":
            return (DAY + datetime.timedelta(days=units)).isoformat()
        return f"{units / 10**self.places:.{self.places}f}" if self.places else str(units)


@dataclass
class Words:
    """A vocabulary: facts, fields of registers, fields of kinds of party, parameters."""

    facts: dict[str, Slot]
    registers: dict[str, dict[str, Slot]]
    kinds: dict[str, dict[str, Slot]]
    parameters: dict[str, list[str]]
    derived: dict[str, dict[str, Any]] = field(default_factory=dict)
    derived_kinds: dict[str, str] = field(default_factory=dict)
    dated: dict[str, str] = field(default_factory=dict)

    def document(self) -> dict[str, Any]:
        """Return the vocabulary's part of a book."""

        def columns(slots: dict[str, Slot]) -> dict[str, Any]:
            return {name: slot.entry() for name, slot in slots.items()}

        return {
            "parameters": {
                name: dict(zip(("2000-01-01", "2026-07-01"), values, strict=False))
                for name, values in self.parameters.items()
            },
            "facts": columns(self.facts) | self.derived,
            "parties": {name: columns(slots) for name, slots in self.kinds.items()},
            "records": {
                name: columns(slots) | ({"dated": self.dated[name]} if name in self.dated else {})
                for name, slots in self.registers.items()
            },
        }


def number(rng: random.Random, *, missing: str = "unknown", least: int = -5) -> Slot:
    """Return a number with a range of its own, often one that holds 0."""
    places = rng.choice((0, 0, 1, 2))
    low = rng.choice((0, 0, 1, least))
    return Slot(
        "number", low * 10**places, (low + rng.choice((1, 4, 12))) * 10**places, places, missing
    )


def extreme(rng: random.Random, *, missing: str = "unknown", least: int = -(10**6)) -> Slot:
    """Return a number of many digits: the most decimals that may be declared, or a wide range."""
    places = rng.choice((0, 4, 6, 6))
    low = rng.choice((0, 1, least))
    high = (low + rng.choice((1, 10**3, 10**6))) * 10**places
    return Slot("number", low * 10**places, high, places, missing)


def moved(slot: Slot, places: int, *, top: str = "", bottom: str = "") -> Slot:
    """Return a number in other decimals over much the same range, bounded by another fact."""
    unit, other = 10**slot.places, 10**places
    low, high = -(-slot.low * other // unit), slot.high * other // unit
    return Slot("number", low, max(low, high), places, top=top, bottom=bottom)


def words_of(rng: random.Random, number: Callable[..., Slot] = number) -> Words:
    """Return a rich vocabulary: every type, every kind of absence, defaults, worked-out fields,
    reaches; numbers are drawn as `number` draws them.
    """
    first, fourth, seventh = number(rng, least=0), number(rng), number(rng, missing="none", least=0)
    facts = {
        "n1": first,
        "n2": moved(first, rng.choice((0, 1, 2)), top="n1"),
        "n3": number(rng, missing="none"),
        "n4": fourth,
        "n5": moved(fourth, rng.choice((0, 1, 2)), bottom="n4"),
        "n6": moved(seventh, rng.choice((0, 1)), top="n7"),
        "n7": seventh,
        "wide": Slot("number", -(10**6), 10**6, 3, unbounded=True),
        "d1": Slot("date", -30, 400),
        "d2": Slot("date", 0, 60, missing="none"),
        "b1": Slot("boolean"),
        "b2": Slot("boolean"),
        "r1": Slot("role"),
        "r2": Slot("role", missing="none"),
        "l1": Slot("level"),
        "l2": Slot("level", missing="none"),
        "s1": Slot("survey"),
        "s2": Slot("survey", missing="none"),
        "x1": Slot("text"),
        "x2": Slot("text", missing="none"),
        "lead": Slot("person"),
        "deputy": Slot("person", missing="none"),
    }
    kinds = {
        "department": {
            "head": Slot("person", missing=rng.choice(("unknown", "none"))),
            "size": number(rng, least=0),
            "level": Slot("level"),
        },
        "person": {
            "department": Slot("department", missing=rng.choice(("unknown", "none"))),
            "role": Slot("role"),
            "flag": Slot("boolean"),
            "joined": Slot("date", -100, 100, missing="none"),
            "rank": Slot("level", missing="none"),
        },
    }
    dated = rng.random() < 0.5
    registers = {
        "first_book": {
            "kind_of": Slot("number", 1, 4, missing="refused"),
            "done": Slot("boolean"),
            "sure": Slot("boolean", missing="refused"),
            "amount": number(rng),
            "weight": number(rng, missing="none"),
            "parts": number(rng, least=0),
            "person": Slot("person", missing="none"),
            "department": Slot("department", default="person.department"),
            "severity": Slot("level"),
            "role_then": Slot("role", missing="none", default="person.role"),
            "at": Slot("date", 0, 364, dated=dated),
            "until": Slot("date", 0, 400, missing="none"),
            "words": Slot("text"),
            "doubled": Slot("number", derived="amount * 2"),
            "ratio": Slot(
                "number", derived="parts / (parts + 1)" if rng.random() < 0.3 else "amount / parts"
            ),
            "serious": Slot("boolean", derived="done and severity >= 'high' and person.flag"),
        },
        "second_book": {
            "author": Slot("person"),
            "witness": Slot("person", missing="none"),
            "unit": Slot("department", missing="refused"),
            "score_then": number(rng, least=0),
            "extra": Slot("number", 0, 700, 2, default="score_then * 0.5"),
            "good": Slot("boolean"),
            "when_done": Slot("date", -20, 200, missing="none"),
        },
        "third_book": {"value": number(rng, least=0), "good_then": Slot("boolean")},
    }
    parameters = {
        "p1": ["0.5", "0.8"],
        "p2": [str(rng.randint(0, 5)), str(rng.randint(-3, 9))],
        "p3": ["3"],
    }
    words = Words(facts, registers, kinds, parameters)
    words.dated = {"first_book": "at"} if dated else {"first_book": "none"}
    # What is declared of `rest` and `over` is so, though two numbers apart could say otherwise.
    words.derived = {
        "rate": {"is": "n2 / n1", "min": "0", "max": "1"},
        "rest": {"is": "n1 - n2", "min": "0"},
        "over": {"is": "n4 - n5", "max": "0"},
        "gap": {"is": "days(d1, d2)"},
        "calm": {"is": "not any(third_book, good_then) or b1"},
        "average": {"is": "total(third_book, value) / count(third_book)"},
        "mean_value": {"is": "mean(third_book, value)", "min": "0", "max": "9.5"},
        "stood": {"is": "lead.flag"},
    }
    words.derived_kinds = {
        name: "boolean" if name in {"calm", "stood"} else "number" for name in words.derived
    }
    return words


def envelope(words: Words) -> dict[str, Any]:
    """Return a book of one section to which rules can be added."""
    return {
        "book": "test/random",
        "version": "1.0.0",
        "sector": "test",
        **words.document(),
        "grades": [{"id": "pass", "at_least": 60}, {"id": "fail", "at_least": 0}],
    }


class Writer:
    """Writes random typed expressions as text and keeps only those that the loader accepts."""

    def __init__(self, rng: random.Random, words: Words, only: str = "") -> None:
        """Take the vocabulary; with `only` facts and registers whose names do not begin so are left
        alone.
        """
        self.rng = rng
        self.words = words
        self.facts = {n: s for n, s in words.facts.items() if n.startswith(only)}
        self.registers = {n: s for n, s in words.registers.items() if n.startswith(only)}
        self.derived = {} if only else words.derived_kinds
        vocabulary = Vocabulary(
            BookEntry.model_validate(mark(envelope(words), "book")),
            lambda *path: ".".join(map(str, path)),
        )
        vocabulary.build()
        assert not vocabulary.faults, [one.text() for one in vocabulary.faults]
        self.scopes = {False: vocabulary.scope(), True: vocabulary.scope(claimed=True)}
        self.tried = self.refused = 0
        self.record = ""
        self.party = ""
        self.inside = False

    def wanted(
        self,
        kind: str,
        depth: int,
        *,
        claimed: bool = False,
        record: str = "",
        party: str = "",
        overs: bool = True,
    ) -> tuple[str, Node]:
        """Return a text of one kind with its tree."""
        base = self.scopes[claimed]
        scope = Scope(
            base.names,
            base.registers,
            base.kinds,
            record or None,
            party or None,
            frozenset(),
            claimed,
        )
        while True:
            self.record, self.party, self.inside = record, party, not overs
            text = self.write(kind, depth)
            self.tried += 1
            try:
                return text, parse(text, scope)
            except ExpressionError:
                self.refused += 1

    def write(self, kind: str, depth: int) -> str:
        """Write one expression of a kind."""
        if kind == "boolean":
            return self.truth(depth)
        if kind == "date":
            return self.date(depth)
        return self.number(depth)

    def chosen(self, *ways: Any) -> str:
        """Take one of several ways of writing."""
        way = self.rng.choice(ways)
        return str(way() if callable(way) else way)

    def names(self, kind: str) -> list[str]:
        """Return the names of one kind that can stand here: facts, fields, and what parties
        have.
        """
        found = [name for name, slot in self.facts.items() if slot.kind == kind]
        found += [name for name, other in self.derived.items() if other == kind]
        if kind == "number":
            found += list(self.words.parameters)
        if kind == "date":
            found.append("as_of")
        fields = self.words.registers.get(self.record, {})
        own = [name for name, slot in fields.items() if slot.kind == kind]
        holders = [
            (name, slot.kind)
            for name, slot in {**self.facts, **fields}.items()
            if slot.kind in self.words.kinds
        ]
        if self.party:
            holders.append((self.party, self.party))
            found += [self.party] * (kind == self.party)
        reached = []
        for name, holder in holders:
            for column, slot in self.words.kinds[holder].items():
                reached += [f"{name}.{column}"] * (slot.kind == kind)
                if slot.kind in self.words.kinds and self.rng.random() < 0.3:
                    reached += [
                        f"{name}.{column}.{far}"
                        for far, one in self.words.kinds[slot.kind].items()
                        if one.kind == kind
                    ]
        return [*found, *own, *own, *own, *reached]

    def name(self, kind: str, otherwise: str) -> str:
        """Return a name of one kind, or a literal where none can stand here."""
        found = self.names(kind)
        return self.rng.choice(found) if found else otherwise

    def literal(self) -> str:
        """Write a small number."""
        return self.chosen(
            str(self.rng.randint(-3, 9)),
            str(self.rng.randint(0, 2)),
            f"{self.rng.randint(0, 30) / 10}",
            "0.25",
        )

    def quoted(self, options: list[str]) -> str:
        """Write one of some options."""
        return repr(self.rng.choice(options))

    def day(self) -> str:
        """Write a day."""
        return repr((DAY + datetime.timedelta(days=self.rng.randint(-40, 400))).isoformat())

    def date(self, depth: int) -> str:
        """Write a date; a day written out is no date by itself."""
        if depth <= 0 or self.rng.random() < 0.5:
            return self.name("date", "as_of")
        return self.chosen(
            lambda: (
                f"{self.rng.choice(('min', 'max'))}({self.date(depth - 1)}, {self.date(depth - 1)})"
            ),
            lambda: (
                f"({self.date(depth - 1)} if {self.truth(depth - 1)} else {self.date(depth - 1)})"
            ),
            lambda: self.over(self.rng.choice(("highest", "lowest")), depth, "date"),
            lambda: f"days_after({self.date(depth - 1)}, {self.whole(depth - 1)})",
            lambda: f"months_after({self.date(depth - 1)}, {self.whole(depth - 1)})",
        )

    def whole(self, depth: int) -> str:
        """Write a whole number, seldom so large that the calendar ends."""
        return self.chosen(
            str(self.rng.randint(-40, 40)),
            lambda: f"round({self.number(depth)})",
            self.rng.choice(("5000000", "-5000000", "14", "1")),
        )

    def rate(self, depth: int) -> str:
        """Write what compares exactly, of all that may stand in it."""
        if depth <= 0:
            return self.chosen(
                lambda: self.name("survey", "1"),
                lambda: f"({self.number(0)} / {self.number(0)})",
                lambda: f"({self.number(0)} / {self.rng.choice((-3, -1, 3, 7))})",
                "rate" if self.derived else "1",
                "mean_value" if self.derived else "1",
            )
        less = depth - 1
        return self.chosen(
            lambda: f"({self.number(less)} / {self.number(less)})",
            lambda: f"({self.rate(less)} if {self.truth(less)} else {self.rate(less)})",
            lambda: f"{self.rng.choice(('min', 'max'))}({self.rate(less)}, {self.number(0)})",
            lambda: f"{self.rng.choice(('min', 'max'))}({self.rate(less)}, {self.rate(less)})",
            lambda: self.over(self.rng.choice(("mean", "share")), depth),
            lambda: self.rate(0),
        )

    def edge(self, rate: str) -> str:
        """Compare a rate with a figure that it often just meets, or just misses."""
        parts, whole = self.rng.randint(0, 12), self.rng.randint(1, 12)
        near = round(parts / whole, 6) + self.rng.choice((0, 0, 1, -1)) / 10**6
        text = f"{near:.6f}"
        return self.chosen(
            lambda: f"{rate} {self.sign()} {text}",
            lambda: f"{text} {self.sign()} {rate}",
            lambda: f"{rate} {self.sign()} {parts} / {whole}",
            lambda: f"({rate}) in [{text}, {self.literal()}, 1, 0.5]",
        )

    def number(self, depth: int) -> str:
        """Write a number."""
        if depth <= 0:
            return self.chosen(
                lambda: self.name("number", "1"),
                lambda: self.name("number", "1"),
                self.literal,
                lambda: self.name("survey", "1"),
            )
        less = depth - 1
        sign = self.rng.choice(("+", "-", "*", "/"))
        return self.chosen(
            lambda: f"({self.number(less)} {sign} {self.number(less)})",
            lambda: f"({self.number(less)} {sign} {self.number(less)})",
            lambda: f"({self.number(less)} / {self.number(0)})",
            lambda: f"{self.rng.choice(('min', 'max'))}({self.number(less)}, {self.number(less)})",
            lambda: f"abs({self.number(less)})",
            lambda: f"round({self.number(less)}, {self.rng.randint(0, 3)})",
            lambda: f"days({self.date(less)}, {self.date(less)})",
            lambda: f"part(abs({self.number(0)}), abs({self.number(less)}))",
            lambda: f"part({self.over('count', depth)}, {self.over('count', depth)})",
            lambda: f"({self.number(less)} if {self.truth(less)} else {self.number(less)})",
            lambda: f"-{self.number(0)}",
            lambda: self.over(
                self.rng.choice(("count", "share", "total", "highest", "lowest", "distinct")), depth
            ),
            lambda: self.over(
                self.rng.choice(("mean", "share", "total", "highest", "lowest", "distinct")), depth
            ),
            lambda: self.rate(less),
            lambda: self.number(0),
        )

    def over(self, function: str, depth: int, kind: str = "number") -> str:
        """Write a function over the records of a register, where one may stand."""
        if self.inside or not self.registers:
            return self.date(0) if kind == "date" else self.number(0)
        outer, self.inside = self.record, True
        self.record = self.rng.choice(list(self.registers))
        parts = [self.record]
        if function in {"share", "every"}:
            parts.append(self.truth(depth - 1))
        elif function in {"total", "mean", "highest", "lowest"}:
            parts.append(self.date(depth - 1) if kind == "date" else self.number(depth - 1))
        elif function == "distinct":
            any_kind = self.rng.choice(
                ("number", "date", "role", "level", "person", "department", "text")
            )
            own = [n for n, s in self.words.registers[self.record].items() if s.kind == any_kind]
            parts.append(self.rng.choice(own or list(self.words.registers[self.record])))
        if self.rng.random() < 0.7:
            parts.append(self.truth(depth - 1))
        self.record, self.inside = outer, False
        return f"{function}({', '.join(parts)})"

    def truth(self, depth: int) -> str:
        """Write a condition."""
        if depth <= 0:
            return self.chosen(
                lambda: self.name("boolean", "True"),
                lambda: self.name("boolean", "True"),
                self.simple,
                self.simple,
            )
        less = depth - 1
        return self.chosen(
            lambda: f"not {self.truth(less)}" if self.rng.random() < 0.7 else "not not True",
            lambda: f"({self.truth(less)} and {self.truth(less)})",
            lambda: f"({self.truth(less)} or {self.truth(less)})",
            lambda: f"{self.number(less)} {self.sign()} {self.number(less)}",
            lambda: f"{self.number(less)} {self.sign()} {self.number(less)}",
            lambda: f"{self.number(0)} <= {self.number(less)} < {self.number(0)}",
            lambda: self.edge(self.rate(less)),
            lambda: f"{self.rate(less)} {self.sign()} {self.rate(less)}",
            lambda: f"{self.date(less)} {self.sign()} {self.date(less)}",
            lambda: f"({self.truth(less)}) {self.rng.choice(('==', '!='))} ({self.truth(less)})",
            lambda: f"({self.truth(less)} if {self.truth(less)} else {self.truth(less)})",
            lambda: (
                f"({self.number(less)}) {self.rng.choice(('in', 'not in'))} "
                f"[{self.literal()}, {self.literal()}]"
            ),
            lambda: (
                self.over(self.rng.choice(("any", "every")), depth)
                if not self.inside
                else self.simple()
            ),
            lambda: (
                self.over(self.rng.choice(("any", "every")), depth)
                if not self.inside
                else self.simple()
            ),
            self.simple,
        )

    def sign(self) -> str:
        """Return a comparison."""
        return self.rng.choice(("==", "!=", "<", "<=", ">", ">=", ">=", "<"))

    def same(self) -> str:
        """Return a comparison of words."""
        return self.rng.choice(("==", "!="))

    def simple(self) -> str:
        """Write a comparison of a name."""
        role, level, text = (self.name(kind, "") for kind in ("role", "level", "text"))
        anything = self.name(
            self.rng.choice(
                ("number", "date", "role", "level", "boolean", "person", "survey", "text")
            ),
            "",
        )
        ways: list[Any] = [
            "True",
            "False",
            lambda: f"{self.number(0)} {self.sign()} {self.literal()}",
            lambda: f"{self.date(0)} {self.sign()} {self.day()}",
        ]
        if role:
            ways += [
                lambda: f"{role} {self.same()} {self.quoted(ROLES)}",
                lambda: f"{role} {self.same()} {self.name('role', role)}",
                lambda: f"{role} {self.rng.choice(('in', 'not in'))} ['leader', 'other']",
            ]
        if level:
            ways += [
                lambda: f"{level} {self.sign()} {self.quoted(LEVELS)}",
                lambda: f"{level} {self.sign()} {self.name('level', level)}",
                lambda: f"{level} {self.rng.choice(('in', 'not in'))} ['low', 'top']",
            ]
        if text:
            ways += [
                lambda: f"{text} {self.same()} {self.quoted(['red', 'blue'])}",
                lambda: f"{text} in ['red', 'green']",
            ]
        for kind in ("person", "department"):
            who = self.name(kind, "")
            if who:
                ways.append(
                    lambda who=who, kind=kind: f"{who} {self.same()} {self.name(kind, who)}"
                )
        if anything and "p1 p2 p3 as_of".find(anything) < 0 and anything != self.party:
            ways += [lambda: f"known({anything})", lambda: f"given({anything})"] * 2
        return self.chosen(*ways)


class Cases:
    """Writes random case documents for a vocabulary."""

    def __init__(
        self,
        rng: random.Random,
        words: Words,
        extra: dict[str, Slot] | None = None,
        *,
        tables: bool = False,
    ) -> None:
        """Take the vocabulary and further facts (checklist items, deliverables); `tables` leaves
        out what tables cannot tell: ranges, evidence that disagrees, and that there is none where
        an empty cell has a default.
        """
        self.rng = rng
        self.tables = tables
        self.words = words
        self.facts = words.facts | (extra or {})
        self.latest = 364
        self.people = [f"p-{n}" for n in range(1, 4)]
        self.departments = [f"d-{n}" for n in range(1, 3)]

    def value(self, slot: Slot) -> str:
        """Return one value as typed."""
        rng = self.rng
        match slot.kind:
            case "number" | "date":
                return slot.text(self.units(slot))
            case "boolean":
                return rng.choice(("true", "false"))
            case "role":
                return rng.choice(ROLES)
            case "level":
                return rng.choice(LEVELS)
            case "tick":
                return rng.choice(("yes", "no", "na"))
            case "text":
                return rng.choice(("red", "green", "blue"))
            case "person":
                return rng.choice(self.people)
            case "department":
                return rng.choice(self.departments)
        raise AssertionError(slot)

    def units(self, slot: Slot) -> int:
        """Return a number or day; what another fact bounds keeps to the side on which it should."""
        rng = self.rng
        high = min(slot.high, self.latest) if slot.dated else slot.high
        if rng.random() < 0.3:
            return rng.choice((slot.low, min(high, max(slot.low, 0))))
        drawn = rng.randint(slot.low, high)
        if slot.top:
            return min(drawn, rng.randint(slot.low, high))
        return max(drawn, rng.randint(slot.low, high)) if slot.bottom else drawn

    def survey(self) -> dict[str, Any]:
        """Return a survey, at times one of nobody."""
        asked = self.rng.choice((0, 1, 4, 10, 100, 500))
        return {
            "positive": str(self.rng.choice((asked, asked * 9 // 10, self.rng.randint(0, asked)))),
            "asked": str(asked),
        }

    def spread(self, slot: Slot) -> str:
        """Return a typed range, or a value where the kind has none."""
        if slot.kind not in {"number", "date"}:
            return self.value(slot)
        ends = sorted((self.units(slot), self.rng.randint(slot.low, slot.high)))
        return f"{slot.text(ends[0])}..{slot.text(ends[1])}"

    def fact(self, slot: Slot, shown: float) -> Any:
        """Return a fact as written, or None where it is not shown."""
        roll = self.rng.random()
        if roll > shown:
            return None
        if slot.missing == "none" and self.rng.random() < 0.2:
            return "none"
        if slot.kind == "survey":
            return self.survey()
        if self.tables:
            return self.value(slot)
        if self.rng.random() < 0.12:
            return self.spread(slot)
        if slot.kind in {"number", "role", "level", "tick"} and self.rng.random() < 0.06:
            return [self.value(slot), {"value": self.value(slot), "method": "site"}]
        return self.value(slot)

    def cells(self, slots: dict[str, Slot], shown: float) -> dict[str, Any]:
        """Return the fields of one record or party."""
        out: dict[str, Any] = {}
        for name, slot in slots.items():
            if slot.derived:
                continue
            if slot.missing == "refused":
                out[name] = self.value(slot)
            elif self.rng.random() < (shown * 0.5 if slot.default else shown):
                roll = self.rng.random()
                if self.tables:
                    absent = slot.missing == "none" and not slot.default and roll < 0.15
                    out[name] = "none" if absent else self.value(slot)
                    continue
                out[name] = (
                    "none"
                    if slot.missing == "none" and roll < 0.15
                    else "unknown"
                    if roll < 0.25 and slot.kind != "text"
                    else self.spread(slot)
                    if roll < 0.32
                    else self.value(slot)
                )
        return out

    def clashes(self, facts: dict[str, Any]) -> list[str]:
        """Return the facts that contradict those by which they are bounded."""
        found = []
        for name, slot in self.facts.items():
            other = slot.top or slot.bottom
            if not other:
                continue
            ends = (_ends(facts.get(name)), _ends(facts.get(other)))
            small, large = ends if slot.top else ends[::-1]
            if small and large and small[0] > large[1]:
                found.append(name)
        return found

    def document(self, shown: float | None = None) -> dict[str, Any]:
        """Return one case document."""
        rng = self.rng
        shown = rng.choice((0.0, 0.4, 0.7, 0.9, 1.0)) if shown is None else shown
        as_of = rng.choice(("2026-02-10", "2026-03-31", "2026-06-30", "", "", ""))
        self.latest = latest(as_of)
        facts = {
            name: said
            for name, slot in self.facts.items()
            if (said := self.fact(slot, shown)) is not None
        }
        for name in self.clashes(facts):
            # Such a case is refused: now and then is enough.
            if rng.random() < 0.9:
                del facts[name]
        parties = [
            {"id": name, "kind": kind, **self.cells(self.words.kinds[kind], 0.3 + shown * 0.7)}
            for kind, names in (("person", self.people), ("department", self.departments))
            for name in names
        ]
        records: dict[str, Any] = {}
        for name, slots in self.words.registers.items():
            if rng.random() < 0.15 * (1.5 - shown):
                continue
            rows = [
                self.cells(slots, 0.3 + shown * 0.7) for _ in range(rng.choice((0, 1, 1, 2, 3, 4)))
            ]
            rows = [{"id": f"{name[0]}-{n}", **row} for n, row in enumerate(rows, 1)]
            records[name] = (
                rows if rng.random() < 0.5 + shown * 0.45 else {"complete": "false", "rows": rows}
            )
        return {
            "book": "test/random",
            "subject": "s-1",
            "period": "2026",
            "facts": facts,
            "parties": parties,
            "records": records,
            **({"as_of": as_of} if as_of else {}),
        }


def _ends(said: object) -> tuple[float, float] | None:
    """Return both ends of a number as written, or None where it is no one number or range."""
    if not isinstance(said, str) or said == "none":
        return None
    low, _, high = said.partition("..")
    return float(low), float(high or low)


def latest(as_of: object) -> int:
    """Return the last day that a dated record may bear, counted from the year's first."""
    return (datetime.date.fromisoformat(str(as_of)) - DAY).days if as_of else 364


def read(document: dict[str, Any], book: RuleBook) -> Case | None:
    """Return the case that a document holds, or None where its facts contradict each other."""
    try:
        return parse_case(mark(document, "case"), book, "case")
    except CaseError as error:
        said = str(error)
        if "contradict each other" in said or "works out at" in said:
            return None
        raise


def load(document: dict[str, Any]) -> RuleBook:
    """Return the book that a document holds."""
    return parse_book(json.dumps(document), "book")


# Whole books


class Books:
    """Writes random whole books: every form, limiters of every effect, consequences on
    everything.
    """

    def __init__(
        self,
        rng: random.Random,
        *,
        bonus: str = "",
        judged: bool = False,
        number: Callable[..., Slot] = number,
    ) -> None:
        """Take a seeded source; `bonus` is how names begin that bonus rules may read (for the
        laws), `number` how numbers are drawn.
        """
        self.rng = rng
        self.words = words_of(rng, number)
        if bonus:
            self.words.facts |= {
                f"{bonus}{n}": s
                for n, s in self.words.facts.items()
                if n in {"n1", "b1", "r1", "l2", "s1", "lead", "d2"}
            }
            self.words.registers[f"{bonus}book"] = {
                "worth": number(rng, least=0),
                "fine": Slot("boolean"),
            }
        self.writer = Writer(rng, self.words)
        self.claiming = Writer(rng, self.words, bonus) if bonus else self.writer
        if bonus:
            # What a bonus may read stays as it is in a completion, so that nothing else may hang on
            # it.
            self.writer.facts = {
                n: s for n, s in self.writer.facts.items() if not n.startswith(bonus)
            }
            self.writer.registers = {
                n: s for n, s in self.writer.registers.items() if not n.startswith(bonus)
            }
        self.judged = judged
        self.extra: dict[str, Slot] = {}
        self.count = 0

    def expression(self, kind: str, depth: int, **at: Any) -> str:
        """Write an expression; claimed ones only with the names that they may use."""
        writer = self.claiming if at.get("claimed") else self.writer
        return writer.wanted(kind, depth, **at)[0]

    def each(self, register: str, *, claimed: bool) -> str:
        """Write what a record costs: never less than 0, and not too much to add up."""
        writer = self.claiming if claimed else self.writer
        while True:
            if self.rng.random() < 0.4:
                return self.rng.choice(("0", "1", "0.5", "3", "0.333", "2.25"))
            text, node = writer.wanted("number", 1, claimed=claimed, record=register, overs=False)
            if any(isinstance(part, Over) for part in walk(node)):
                continue
            for said in (text, f"abs({text})"):
                scope = self.writer.scopes[claimed]
                at = Scope(scope.names, scope.registers, scope.kinds, register, claimed=claimed)
                try:
                    kind = ranged(parse(said, at).type)
                except ExpressionError:
                    continue
                if isinstance(kind, Number) and kind.low >= 0 and kind.high < 10**15:
                    return said

    def rule(self, *, bonus: bool = False, weight: int = 0) -> dict[str, Any]:
        """Write one rule in any form; with a weight it has points only where they are a scale."""
        rng = self.rng
        self.count += 1
        points = rng.choice((1, 2, 3, 5, 8, 10))
        forms = [
            "requires",
            "requires",
            "confident",
            "checklist",
            "graded",
            "banded",
            "banded_surely",
            "proportional",
            "demerit",
            "demerit",
            "stage",
        ]
        form = rng.choice(forms + ["judged"] * self.judged)
        surveys = [
            n
            for n, s in (self.claiming if bonus else self.writer).facts.items()
            if s.kind == "survey"
        ]
        graded = [
            n
            for n, s in (self.claiming if bonus else self.writer).facts.items()
            if s.kind in {"role", "level"}
        ]
        books = list((self.claiming if bonus else self.writer).registers)
        out: dict[str, Any] = {"id": f"rule-{self.count}", "points": points}
        match form:
            case "requires":
                out["requires"] = self.expression("boolean", 2, claimed=bonus)
            case "confident":
                other = self.expression("boolean", 1, claimed=bonus)
                limit = rng.choice(("0.9", "0.5", "0.8", "p1", "1", "0"))
                out["requires"] = (
                    f"{rng.choice(surveys)} {rng.choice(('>=', '>', '<', '<='))} {limit}"
                )
                if rng.random() < 0.5:
                    out["requires"] += f" {rng.choice(('and', 'or'))} ({other})"
                out["confident"] = rng.choice(("0.8", "0.9", "0.95", "0.99"))
            case "checklist":
                items: list[dict[str, Any]] = [
                    {"id": f"item_{self.count}_{n}"} for n in range(rng.randint(1, 4))
                ]
                if rng.random() < 0.4:
                    items = [{**item, "weight": rng.randint(1, 5)} for item in items]
                self.extra |= {str(item["id"]): Slot("tick") for item in items}
                out["checklist"] = items
            case "graded":
                name = rng.choice(graded)
                options = ROLES if (self.words.facts | self.extra)[name].kind == "role" else LEVELS
                worth = [rng.randint(0, points) for _ in options]
                worth[rng.randrange(len(worth))] = points
                out |= {"graded": name, "points": dict(zip(options, worth, strict=True))}
            case "banded" | "banded_surely":
                edges = rng.sample(
                    (-2, -1, 0, 0.5, 0.75, 0.9, 1, 1.25, 2, 3.5, 5, 10), rng.randint(1, 4)
                )
                bands = [
                    {rng.choice(("at_least", "above")): edge, "points": rng.randint(0, points)}
                    for edge in edges
                ]
                bands[rng.randrange(len(bands))]["points"] = points
                del out["points"]
                out |= {"bands": bands, "banded": self.expression("number", 2, claimed=bonus)}
                if form == "banded_surely":
                    out |= {"banded": rng.choice(surveys), "confident": "0.95"}
            case "proportional":
                out["proportional"] = self.expression("number", 2, claimed=bonus)
            case "demerit":
                over = rng.choice(books)
                out["demerit"] = {"over": over, "each": self.each(over, claimed=bonus)}
                writer = self.claiming if bonus else self.writer
                text, node = writer.wanted("boolean", 1, claimed=bonus, record=over, overs=False)
                if not any(isinstance(part, Over) for part in walk(node)):
                    out["demerit"]["when"] = text
            case "stage":
                out |= {
                    "stage": rng.choice(("open", "months", "days")),
                    "late": rng.choice(("0", "0.5", "0.3", "1")),
                }
            case "judged":
                out["judged"] = "somehow"
        if weight:
            out["weight"] = weight
            if form in {"requires", "confident", "proportional", "checklist", "stage", "judged"}:
                del out["points"]
        if rng.random() < 0.8:
            out["dimension"] = rng.choice(("service", "safety", "culture"))
        if rng.random() < 0.35:
            out["not_applicable"] = (
                self.expression("boolean", 1, claimed=False) if not bonus else "False"
            )
        if rng.random() < 0.25 and form != "checklist":
            out["when_undefined"] = rng.choice(("pass", "fail"))
        return out

    def limiter(self, number: int, sections: dict[str, int], grades: list[str]) -> dict[str, Any]:
        """Write one limiter."""
        rng = self.rng
        effect: dict[str, Any] = rng.choice(
            (
                {"veto": "true"},
                {"downgrade": rng.randint(1, 2)},
                {"downgrade": 1},
                {"cap_grade": rng.choice(grades)},
                {"not_rated": "true"},
            )
        )
        out: dict[str, Any] = {"id": f"limiter-{number}", "effect": effect}
        if rng.random() < 0.4:
            section = rng.choice(list(sections))
            effect["min_section"] = {section: rng.randint(1, min(6, sections[section]))}
        if "min_section" not in effect or rng.random() < 0.5:
            out["when"] = self.expression("boolean", 2)
        return out

    def consequence(self) -> dict[str, Any]:
        """Write one row of the decision table."""
        rng = self.rng
        on = rng.choice(
            ("subject", "first_book", "second_book", "third_book", "person", "department")
        )
        at = {"record": on} if on.endswith("_book") else {"party": on} if on != "subject" else {}
        landings = {
            "subject": (
                "subject",
                "lead",
                "lead.department.head",
                "deputy",
                "lead.department.members",
            ),
            "first_book": (
                "person",
                "department.head",
                "department.members",
                "subject",
                "person.department.head",
            ),
            "second_book": ("author", "witness", "unit", "unit.members", "unit.head"),
            "third_book": ("subject", "lead"),
            "person": (
                "person",
                "person.department.head",
                "person.department",
                "person.department.members",
            ),
            "department": ("department", "department.head", "department.members"),
        }
        out: dict[str, Any] = {"on": on, "falls_on": rng.choice(landings[on])}
        out |= (
            {"all": ["warned"]}
            if rng.random() < 0.6
            else {"one_of": [["warned"], ["praised", "named"]]}
        )
        while rng.random() < 0.85:
            text = self.expression("boolean", 2, **at)
            if on not in {"person", "department"} or (
                "third_book" not in text and "own_book" not in text
            ):
                out["when"] = text
                if on == "person":
                    out["by"] = rng.choice(("author", "witness"))
                break
        return out

    def document(self) -> dict[str, Any]:
        """Write one book; points add up as the loader wants."""
        rng = self.rng
        sections: dict[str, list[dict[str, Any]]] = {
            f"section-{n}": [] for n in range(1, rng.randint(2, 4))
        }
        weighted = {name: rng.random() < 0.35 for name in sections}
        for name, rules in sections.items():
            for _ in range(rng.randint(1, 4)):
                rules.append(self.rule(weight=rng.randint(1, 7) if weighted[name] else 0))

        def most(rule: dict[str, Any]) -> int:
            points: Any = rule.get("points")
            return int(
                max(b["points"] for b in rule["bands"])
                if points is None
                else max(points.values())
                if isinstance(points, dict)
                else points
            )

        earned = {
            name: rng.randint(1, 30) if weighted[name] else sum(map(most, rules))
            for name, rules in sections.items()
        }
        total = sum(earned.values())
        bonus = [
            {**self.rule(bonus=True), "bonus": rng.choice(("true", {"group": "honours"}))}
            for _ in range(rng.randint(0, 3))
        ]
        grades, cuts = self.grades(total)
        ids = [grade["id"] for grade in grades]
        months = sorted(rng.sample(range(1, 13), 2))
        stages: list[dict[str, Any]] = [
            {"id": "open"},
            {"id": "months", "window": {"months": months}},
            {"id": "days", "window": {"from": "2026-02-01", "to": "2026-03-31"}},
        ]
        for stage in stages:
            names = [f"brought_{stage['id']}_{n}" for n in range(rng.randint(1, 3))]
            stage["deliverables"] = [{"id": name} for name in names]
            self.extra |= {name: Slot("date", 0, 364, missing="none") for name in names}
        envelope_ = envelope(self.words)
        envelope_["parameters"] |= cuts
        return {
            **envelope_,
            "points": total,
            "decimals": rng.randint(0, 3),
            "stages": stages,
            "sections": [{"id": name, "points": points} for name, points in earned.items()],
            "rules": [
                {**rule, "section": name} for name, rules in sections.items() for rule in rules
            ]
            + bonus,
            "bonus": rng.randint(1, 12),
            "grades": grades,
            "limiters": [self.limiter(n, earned, ids) for n in range(1, rng.randint(1, 5))],
            "measures": {name: {"kind": "sanction"} for name in ("warned", "praised", "named")},
            "consequences": [self.consequence() for _ in range(rng.randint(0, 6))],
        }

    def grades(self, total: int) -> tuple[list[dict[str, Any]], dict[str, Any]]:
        """Write the grades, best first, and the parameters that some of them begin at."""
        rng = self.rng
        figures = sorted(rng.sample(range(1, total + 1), min(total, rng.randint(1, 3))))
        grades: list[dict[str, Any]] = []
        cuts: dict[str, Any] = {}
        for number, figure in reversed(list(enumerate(figures, 1))):
            grade: dict[str, Any] = {"id": f"grade-{number}", "at_least": figure}
            if rng.random() < 0.3:
                # A cut-off that was laxer once, but always above the next one down.
                before = figures[number - 2] if number > 1 else 0
                name = f"cut_{number}"
                cuts[name] = {"2000-01-01": rng.randint(before + 1, figure), "2026-04-01": figure}
                grade["at_least"] = name
            if rng.random() < 0.3:
                grade["needs"] = self.expression("boolean", 1)
                if rng.random() < 0.3:
                    del grade["at_least"]
            grades.append(grade)
        last = rng.choice(({"id": "fail"}, {"id": "fail", "at_least": 0}))
        return [*grades, last], cuts

    def waivers(self, document: dict[str, Any]) -> list[dict[str, Any]]:
        """Waive a rule now and then, at times no longer."""
        if self.rng.random() < 0.8:
            return []
        until = self.rng.choice(("2026-01-31", "2026-12-31"))
        return [
            {
                "rule": self.rng.choice(document["rules"])["id"],
                "authority": "the office",
                "until": until,
            }
        ]


# Completions


class Completion:
    """Fills in what a case leaves open, as one of the ways in which it may turn out."""

    def __init__(self, rng: random.Random, cases: Cases, keep: str) -> None:
        """Take the writer of the case; names that begin with `keep` must be shown to exist, and are
        left as they are.
        """
        self.rng = rng
        self.cases = cases
        self.keep = keep

    def steps(self, document: dict[str, Any]) -> list[Any]:
        """Return , in random order, the single steps that complete a case: functions that change a
        document.
        """
        steps: list[Any] = []
        self.cases.latest = latest(document.get("as_of"))
        for name, slot in self.cases.facts.items():
            kept = self.keep and name.startswith(self.keep)
            if not kept and name not in document["facts"]:
                steps.append(lambda doc, name=name, slot=slot: self.show(doc, name, slot))
            said = document["facts"].get(name)
            if isinstance(said, list) or (isinstance(said, str) and ".." in said):
                steps.append(lambda doc, name=name, slot=slot: self.show(doc, name, slot))
        for party in document["parties"]:
            steps += self.cell_steps(
                ("parties", party["id"]), party, self.cases.words.kinds[party["kind"]]
            )
        for name, slots in self.cases.words.registers.items():
            if self.keep and name.startswith(self.keep):
                continue
            said = document["records"].get(name)
            rows = said["rows"] if isinstance(said, dict) else said or []
            for row in rows:
                steps += self.cell_steps((name, row["id"]), row, slots)
            if not isinstance(said, list):
                steps.append(lambda doc, name=name: self.more(doc, name))
                steps.append(lambda doc, name=name: self.close(doc, name))
        self.rng.shuffle(steps)
        return steps

    def show(self, document: dict[str, Any], name: str, slot: Slot) -> None:
        """Show a fact, within what was said of it, and mostly without contradicting another."""
        facts = document["facts"]
        said = facts.get(name)
        for _ in range(6):
            if said is None:
                facts[name] = self.filled(slot)
            else:
                facts[name] = (
                    self.agreed(said) if isinstance(said, list) else self.within(said, slot)
                )
            if not self.cases.clashes(facts):
                break

    def filled(self, slot: Slot) -> Any:
        """Return any value that a fact not shown may turn out to have."""
        if slot.missing == "none" and self.rng.random() < 0.2:
            return "none"
        return self.cases.survey() if slot.kind == "survey" else self.cases.value(slot)

    def within(self, said: str, slot: Slot) -> str:
        """Return a value within a typed range."""
        if slot.kind == "date":
            first, last = (
                (datetime.date.fromisoformat(end) - DAY).days for end in said.split("..")
            )
        else:
            first, last = (round(float(end) * 10**slot.places) for end in said.split(".."))
        if slot.dated:
            first, last = max(first, 0), min(last, self.cases.latest)
        return slot.text(self.rng.randint(first, last))

    def agreed(self, said: list[Any]) -> str:
        """Settle evidence that disagrees on one of its values."""
        one = self.rng.choice(said)
        return str(one["value"] if isinstance(one, dict) else one)

    def cell_steps(
        self, where: tuple[str, str], cells: dict[str, Any], slots: dict[str, Slot]
    ) -> list[Any]:
        """Return the steps that complete one record or party."""
        steps = []
        for name, slot in slots.items():
            said = cells.get(name)
            absent = (
                said is None and slot.missing == "unknown" and not slot.default and not slot.derived
            )
            if absent or said == "unknown" or (isinstance(said, str) and ".." in said):

                def step(
                    doc: dict[str, Any],
                    where: tuple[str, str] = where,
                    name: str = name,
                    slot: Slot = slot,
                ) -> None:
                    row = self.found(doc, *where)
                    now = row.get(name)
                    row[name] = (
                        self.within(now, slot)
                        if isinstance(now, str) and ".." in now
                        else self.filled(slot)
                    )

                steps.append(step)
        return steps

    def found(self, document: dict[str, Any], where: str, name: str) -> dict[str, Any]:
        """Find a record or party again."""
        if where == "parties":
            return next(party for party in document["parties"] if party["id"] == name)
        said = document["records"][where]
        return next(
            row for row in (said["rows"] if isinstance(said, dict) else said) if row["id"] == name
        )

    def more(self, document: dict[str, Any], name: str) -> None:
        """Let one more record come to light while a register is open."""
        said = document["records"].get(name, {"complete": "false", "rows": []})
        if isinstance(said, dict):
            new = self.cases.cells(self.cases.words.registers[name], 1.0)
            said["rows"].append(
                {"id": f"new-{len(said['rows'])}-{self.rng.randint(0, 10**6)}", **new}
            )
            document["records"][name] = said

    def close(self, document: dict[str, Any], name: str) -> None:
        """Say that no more records exist."""
        said = document["records"].get(name) or []
        document["records"][name] = said["rows"] if isinstance(said, dict) else said
