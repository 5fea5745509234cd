"""The names of a unit: its facts, what is worked out of them, and its registers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

from steelyard.book.layout import path_of
from steelyard.book.model import RuleBook
from steelyard.bulk.cells import (
    Cell,
    Raw,
    kept,
    open_sides,
    rate_of,
    said_of,
)
from steelyard.bulk.columns import SUBJECT, WAIVERS, complete_column
from steelyard.bulk.gathering import Gathering, gathered
from steelyard.bulk.moments import Moments
from steelyard.bulk.names import Found, Names, held
from steelyard.bulk.narrowing import narrowed
from steelyard.bulk.rows import RowNames
from steelyard.bulk.sheet import HERE, Sheet
from steelyard.expression.engines import Engine
from steelyard.expression.exact import divided, pairs_of
from steelyard.expression.lines import bare
from steelyard.expression.scaled import (
    NO,
    YES,
    Ratio,
    Said,
    Sides,
    Span,
    Term,
    Test,
    Whole,
    choose,
    is_null,
    or_null,
    same_words,
    whole,
    word,
)
from steelyard.expression.sql import SqlEmitter
from steelyard.expression.tree import Name, Node, Over, Reach
from steelyard.expression.types import SCALE_CAP, Boolean, Date, Number, Survey, ranged


class UnitNames(Names):
    """The names of a unit: facts, parameters, moments, and what was worked out of it before.

    With `waivers` the rules that are waived are looked up; else none is.
    """

    def __init__(
        self, book: RuleBook, engine: Engine, moments: Moments, sheet: Sheet, *, waivers: bool
    ) -> None:
        """Take the book, the engine, the days of the run and the sheet of units."""
        super().__init__(book, engine, sheet)
        self.moments = moments
        self.waivers = waivers
        self.outcomes: dict[str, Span | Sides] = {}
        self.overs: dict[Node, Found] = {}
        self.rows: dict[str, RowNames] = {}
        self._facts: dict[tuple[str, bool], Cell] = {}
        self._derived: dict[str, Found] = {}
        self._surveys: dict[str, tuple[Whole, Whole, Test]] = {}
        self._tests: dict[str, Test] = {}
        self._ratios: dict[tuple[str, bool], Ratio] = {}
        self._raw = Raw(engine, HERE)

    # Facts as they came in

    def given(self, name: str) -> Test:
        """Return whether a fact is shown."""
        key = f"given {name}"
        if key not in self._tests:
            fact = self.book.facts[name]
            column = f"{name}.asked" if isinstance(fact.type, Survey) else name
            there = ~is_null(self._raw.term(column))
            if fact.nullable:
                there |= self._raw.test(f"{name}.none", otherwise=False)
            self._tests[key] = self.sheet.source(there)
        return self._tests[key]

    def complete(self, register: str) -> Test:
        """Return whether no more records of a register exist."""
        key = f"complete {register}"
        if key not in self._tests:
            known = self._raw.test(complete_column(register), otherwise=False)
            self._tests[key] = self.sheet.source(known)
        return self._tests[key]

    def _fact(self, name: str, *, claimed: bool) -> Cell:
        if (name, claimed) not in self._facts:
            cell = self._claimed(name) if claimed else self._open(name)
            self._facts[name, claimed] = kept(self.sheet, cell)
        return self._facts[name, claimed]

    def _gone(self, name: str) -> Test:
        if not self.book.facts[name].nullable:
            return NO
        return self._raw.test(f"{name}.none", otherwise=False)

    def _open(self, name: str) -> Cell:
        fact, raw = self.book.facts[name], self._raw
        if isinstance(fact.type, Boolean):
            return open_sides(raw, name)
        if ranged(fact.type) is None:
            return said_of(raw.text(name), self._gone(name), nullable=fact.nullable)
        if isinstance(fact.type, Survey):
            positive, asked = self._counts(name)
            span, _ = rate_of(positive, asked)
            if not fact.nullable:
                return span
            gone = self._gone(name)
            low, high = (or_null(~gone, end) for end in span[:2])
            # Without counts nobody has said whether people were asked at all.
            return Span(low, high, is_null(asked))
        return narrowed(self.book, raw, fact, self._gone)

    def _claimed(self, name: str) -> Cell:
        """Return a fact as a bonus claims it: what is not shown does not exist."""
        fact, raw = self.book.facts[name], self._raw
        if isinstance(fact.type, Boolean):
            must = raw.test(name, otherwise=False)
            return Sides(must, must, is_null(raw.term(name)))
        if ranged(fact.type) is None:
            text = raw.text(name)
            return Said(text, NO, is_null(text))
        if isinstance(fact.type, Survey):
            positive, asked = self._counts(name)
            span, _ = rate_of(positive, asked)
            gone = is_null(asked)
            return Span(or_null(~gone, span.low), or_null(~gone, span.high), gone)
        value = raw.number(name, fact.type)
        return Span(value, value, is_null(value))

    def _counts(self, name: str) -> tuple[Whole, Whole]:
        count = Number(0, 0, 10**9)
        return (
            self._raw.number(f"{name}.positive", count),
            self._raw.number(f"{name}.asked", count),
        )

    def survey(self, node: Name) -> tuple[Whole, Whole]:
        """Return (positive, asked), NULL when not known."""
        positive, asked, _ = self._survey(node.name)
        return positive, asked

    def _survey(self, name: str) -> tuple[Whole, Whole, Test]:
        if name not in self._surveys:
            counts = [self.sheet.source(one) for one in self._counts(name)]
            self._surveys[name] = counts[0], counts[1], self.sheet.keep(counts[1] > 0)
        return self._surveys[name]

    # Names

    def span(self, node: Name | Reach) -> Span:
        """Return the ends of a ranged name; a rate rounded."""
        if isinstance(node, Reach):
            return cast("Span", self._reach_of(node))
        match node.kind:
            case "parameter":
                end = whole(self.moments.parameters[node.name], self.engine)
                return Span(end, end)
            case "moment":
                end = whole(self.moments.day(node.name), self.engine)
                return Span(end, end)
            case "outcome":
                return cast("Span", self.outcomes[node.name])
            case "window":
                return self._window(node.name)
        if self.book.facts[node.name].derived is not None:
            found = self.derived(node.name)[0]
            if isinstance(found, Ratio):
                return self._rounded(node, found)
            return cast("Span", found)
        return cast("Span", self._fact(node.name, claimed=node.claimed))

    def _window(self, stage: str) -> Span:
        due = self.moments.windows[stage]
        end = whole(due or 0, self.engine)
        if due is None:
            end = or_null(NO, end)
        return Span(end, end, YES if due is None else NO)

    def _rounded(self, node: Name, found: Ratio) -> Span:
        kind = cast("Number", ranged(node.type))
        low = self.sheet.keep(divided(*found[:2], kind))
        same = found.low_num is found.high_num and found.low_den is found.high_den
        return Span(low, low if same else self.sheet.keep(divided(*found[2:4], kind)), found.none)

    def ratio(self, node: Name | Reach) -> Ratio:
        """Return the pairs of a survey, or of a derived fact that is a rate."""
        if isinstance(node, Reach):
            return pairs_of(self.span(node), SCALE_CAP)
        if self.book.facts[node.name].derived is not None:
            return cast("Ratio", self.derived(node.name)[0])
        key = (node.name, node.claimed)
        if key not in self._ratios:
            self._ratios[key] = self._pairs(node)
        return self._ratios[key]

    def _pairs(self, node: Name) -> Ratio:
        # Counts say it exactly; without them, or where nobody was asked, it is anything.
        span = self.span(node)
        positive, asked, settled = self._survey(node.name)
        unit = 10**SCALE_CAP
        zero, one = (whole(value, self.engine) for value in (0, unit))
        counted = positive.at_most_null(nullable=False)
        low, high = (choose([(settled, counted)], end) for end in (zero, one))
        under = choose([(settled, asked.at_most_null(nullable=False))], one)
        if span.none is not None:
            low, high = (or_null(span.low.there, end) for end in (low, high))
        under = self.sheet.keep(under).within(1, 10**9)
        return Ratio(self.sheet.keep(low), under, self.sheet.keep(high), under, span.none)

    def sides(self, node: Name | Reach) -> Sides:
        """Return a condition's name."""
        if isinstance(node, Reach):
            return cast("Sides", self._reach_of(node))
        if node.kind == "outcome":
            return cast("Sides", self.outcomes[node.name])
        if node.kind == "spoken":
            there = self.spoken(node.name)
            return Sides(there, there)
        if self.book.facts[node.name].derived is not None:
            return cast("Sides", self.derived(node.name)[0])
        return cast("Sides", self._fact(node.name, claimed=node.claimed))

    def said(self, node: Name | Reach) -> Said:
        """Return a word's name."""
        if isinstance(node, Reach):
            return cast("Said", self._reach_of(node))
        return cast("Said", self._fact(node.name, claimed=node.claimed))

    def _reach_of(self, node: Reach) -> Cell:
        path, root = path_of(node)
        name = cast("Name", root)
        return self.reach(node, f"{name.name}.{path} {name.claimed}")

    def known(self, node: Name | Reach) -> Sides:
        """Return whether there is evidence."""
        if isinstance(node, Name) and self.book.facts[node.name].derived is None:
            there = self.given(node.name)
            return Sides(there, there if node.claimed else YES)
        return Sides(self.settled(node), YES)

    def flags(self, node: Name | Reach) -> Sequence[Test]:
        """Return the conditions under which the name is undefined."""
        if not isinstance(node, Name) or node.kind != "fact":
            return ()
        fact = self.book.facts[node.name]
        if fact.derived is not None:
            return self.derived(node.name)[1]
        if not isinstance(fact.type, Survey):
            return ()
        _, _, counted = self._survey(node.name)
        nobody = ~counted
        if fact.nullable:
            # That there is no survey is not a survey of nobody.
            plain = cast("Span", self._fact(node.name, claimed=False))
            nobody &= plain.low.there
        if node.claimed:
            nobody &= self.given(node.name)
        return (nobody,)

    def waived(self, rule: str) -> Test:
        """Return whether a rule is waived on the day of the run."""
        if not self.waivers:
            return NO
        key = f"waived {rule}"
        if key not in self._tests:
            on: list[tuple[str, Term | str]] = [(SUBJECT, SUBJECT), ("rule", word(rule))]
            alias, level = self.sheet.join(WAIVERS, on)
            until = Raw(self.engine, alias).number("until", Date())
            self._tests[key] = self.sheet.source(until >= self.moments.as_of, level, alias)
        return self._tests[key]

    def tick(self, said: Said, option: str) -> Test:
        """Return whether a tick is one of its options."""
        return same_words(said.text, word(option))

    def known_to_be(self, node: Name | Reach) -> Test:
        """Return whether a fact, or a path from it, leaves nothing open; a survey of nobody is
        known.
        """
        if isinstance(node, Name) and isinstance(node.type, Survey):
            return self.given(node.name)
        return self.settled(node)

    def derived(self, name: str) -> Found:
        """Return a derived fact within its declared bounds, and its flags."""
        if name not in self._derived:
            fact = self.book.facts[name]
            emitter = SqlEmitter(self)
            found = emitter.fact(cast("Node", fact.derived), fact.low, fact.high)
            self._derived[name] = held(self.sheet, found), tuple(emitter.flags)
        return self._derived[name]

    # Registers

    def spoken(self, register: str) -> Test:
        """Return whether anything is said of a register at all."""
        key = f"spoken {register}"
        if key not in self._tests:
            rows = self.at(register)
            there = Gathering(self, rows).count(YES) > 0
            self._tests[key] = self.sheet.keep(self.complete(register) | there)
        return self._tests[key]

    def at(self, register: str) -> RowNames:
        """Return the names at a record of a register."""
        if register not in self.rows:
            self.rows[register] = RowNames(self, register, self.moments)
        return self.rows[register]

    def over(self, node: Over) -> Found:
        """Return the result of a function over records, and its flags."""
        key = bare(node)
        if key not in self.overs:
            self.overs[key] = gathered(
                self, self.at(node.register), cast("Over", key), self.complete(node.register)
            )
        return self.overs[key]
