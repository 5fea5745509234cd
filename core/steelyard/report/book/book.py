"""A rule book for people: its rules by section, its grades and figures, what follows, its
stages.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from steelyard.book.due import due_by, spoken
from steelyard.book.measured_in import MeasuredIn
from steelyard.book.model import UNDATED, Field, Kind, Register, Rule, RuleBook
from steelyard.book.model import Fact as BookFact
from steelyard.book.titles import BookTitles
from steelyard.expression.prose import phrase
from steelyard.expression.types import number_text
from steelyard.messages import Language
from steelyard.report.page import (
    Block,
    Column,
    Fact,
    Facts,
    Listing,
    Page,
    Paragraph,
    Row,
    Table,
    in_line,
)
from steelyard.report.phrases import Phrases, cited


def book_page(book: RuleBook, language: Language) -> Page:
    """Return the page of a book."""
    writer = _Writer(book, language)
    title = in_line(writer.of(book.title))
    return Page.plain(language, "book", title, writer.blocks(), book.key)


class _Writer(Phrases):
    """Writes one book; a figure that another book changed bears an arrow, numbered where several
    books changed some.
    """

    def __init__(self, book: RuleBook, language: Language) -> None:
        super().__init__(language)
        self.book = book
        self.changers = sorted(set(book.changed.values()))

    def blocks(self) -> Iterator[Block]:
        """Yield the blocks of the page."""
        book, say = self.book, self.say
        if book.extends:
            yield Paragraph(say("extends {books}").format(books=self.listed(book.extends)))
        if self.of(book.notes):
            yield Paragraph(self.of(book.notes).strip())
        for whose in self.changers:
            mark = self._arrow(whose)
            yield Paragraph(say("{mark} changed by {book}").format(mark=mark, book=whose))
        yield from self._rules()
        yield Facts((*self._figures(), self._grades(), *self._told(), *self._limiters()))
        if book.consequences:
            yield Paragraph(say("consequences") + self.colon.rstrip())
            yield Listing(tuple(self._consequences()), numbered=True)
        yield Facts((*self._stages(), *self._ladder(), *self._remarks()))

    def _rules(self) -> Iterator[Block]:
        book = self.book
        for one in book.sections.values():
            points = self._points(one.points, f"sections.{one.id}")
            rules = [rule for rule in book.rules.values() if rule.section == one.id]
            rules = [rule for rule in rules if not rule.bonus]
            if one.responsible:
                yield Facts((Fact(self.say("responsible"), self._office(one.responsible)),))
            yield self._table(f"section-{one.id}", f"{self.of(one.title)} ({points})", rules)
        bonus = [rule for rule in book.rules.values() if rule.bonus]
        if bonus:
            ceiling = number_text(book.bonus_ceiling, book.decimals)
            title = self.say("Bonus, at most {points}").format(points=ceiling)
            yield self._table("bonus", title, bonus)

    def _table(self, name: str, title: str, rules: list[Rule]) -> Table:
        say = self.say
        columns = (
            Column(say("Rule"), width=30),
            Column(say("Id"), "code", 22),
            Column(say("Points"), "points", 10, brief=say("points")),
            Column(say("Form"), width=12, choices=True, whole=True),
            Column(say("Clauses"), width=26),
        )
        rows = (
            Row.of(
                self.of(one.title) + self._aside(one),
                one.id,
                self._points(one.points, f"rules.{one.id}"),
                self.of(one.form.title),
                cited(one.cites),
            )
            for one in rules
        )
        return Table.plain(name, title, columns, rows)

    def _figures(self) -> Iterator[Fact]:
        for one in self.book.parameters.values():
            # A figure written bare holds from the first day there is, which says nothing to a
            # reader.
            figures = self.listed(
                number_text(units, one.scale)
                + (f" ({date.fromordinal(day).isoformat()})" if day > 1 else "")
                for day, units in one.values
            )
            whose = self._whose(f"parameters.{one.id}")
            yield Fact(f"{self.say('figure')} {self.of(one.title)}", figures + whose)

    def _grades(self) -> Fact:
        grades = (
            f"{self.of(one.title)} {self.demand(self.book, one)}{self._whose(f'grades.{one.id}')}"
            for one in self.book.grades
        )
        return Fact(self.say("grades"), self.listed(grades))

    def _office(self, name: str) -> str:
        return self.of(self.book.offices[name])

    def _aside(self, rule: Rule) -> str:
        """Return who is responsible for a rule that names its own office, its weight, and its
        effort where it is not 1.
        """
        words = [self._office(rule.responsible)] if rule.responsible else []
        if rule.weight:
            words.append(self.say("weight {count}").format(count=rule.weight))
        if rule.effort != 1:
            words.append(self.say("effort {count}").format(count=f"{rule.effort.normalize():f}"))
        return f" ({self.listed(words)})" if words else ""

    def _told(self) -> Iterator[Fact]:
        """Yield the offices, the options that stand once with what takes them, what figures count,
        and by what the records are dated.
        """
        book, say = self.book, self.say
        if book.offices:
            yield Fact(say("offices"), self.listed(self.of(one) for one in book.offices.values()))
        owners: list[Register | Kind] = [*book.registers.values(), *book.kinds.values()]
        slots: list[BookFact | Field] = list(book.facts.values())
        slots += [slot for owner in owners for slot in owner.fields.values()]
        for name, options in book.options.items():
            listed = self.listed(f"{key} {self.of(title)}" for key, title in options.items())
            taken = self.listed(self.of(one.title) for one in slots if one.named_options == name)
            yield Fact(say("options {id}").format(id=name), listed, remark=taken)
        counted: dict[MeasuredIn, list[str]] = {}
        for one in slots:
            if one.measured_in:
                counted.setdefault(one.measured_in, []).append(self.of(one.title))
        for unit, titles in counted.items():
            name = say("measured in {unit}").format(unit=self.of(unit.title))
            yield Fact(name, self.listed(titles))
        for register in book.registers.values():
            if register.dated == UNDATED:
                yield Fact(self.of(register.title), say("rows of any day count"))
            elif register.dated:
                field = self.of(register.fields[register.dated].title)
                said = say("rows of the period alone, by “{field}”").format(field=field)
                yield Fact(self.of(register.title), said)

    def _limiters(self) -> Iterator[Fact]:
        for limiter in self.book.limiters:
            yield Fact(self.say("limiter"), self.of(limiter.title))

    def _consequences(self) -> Iterator[str]:
        book = self.book
        for row in book.consequences:
            titles = BookTitles(book, row.on if row.scope == "register" else None)
            when = self.say("always")
            if row.when is not None:
                when = phrase(row.when, titles, self.language)
            falls = f"{self.whom(book, row)}{self.colon}{self.measures(book, row.options)}"
            yield f"{self.occasion(book, row)}{self.colon}{when} → {falls}"

    def _stages(self) -> Iterator[Fact]:
        for one in self.book.stages.values():
            names = self.listed(self.of(each.title) for each in one.deliverables)
            notes = " ".join(self.of(one.notes).split())
            due = due_by(one)
            when = "" if due is None else f" ({self.of(spoken(one))}, {self.of(due)})"
            yield Fact(f"{self.say('stage')} {self.of(one.title)}{when}", names, remark=notes)

    def _ladder(self) -> Iterator[Fact]:
        for rung in self.book.ladder:
            said = self.say("rung {title}, year {year}")
            needs = phrase(rung.needs, BookTitles(self.book), self.language)
            notes = " ".join(self.of(rung.notes).split())
            name = said.format(title=self.of(rung.title), year=rung.year)
            yield Fact(name, needs, remark=notes)

    def _remarks(self) -> Iterator[Fact]:
        for name, reason in self.book.dropped.items():
            yield Fact(f"{self.say('dropped')} {name}", self.of(reason))
        for remark in self.book.remarks:
            yield Fact(self.say("remark"), remark.text(self.say))

    def _points(self, units: int, path: str) -> str:
        """Return points of the book, with an arrow where another book changed them."""
        return number_text(units, self.book.decimals) + self._whose(path)

    def _whose(self, path: str) -> str:
        whose = {
            whose
            for changed, whose in self.book.changed.items()
            if changed == path or changed.startswith(f"{path}.")
        }
        return "".join(f" {self._arrow(one)}" for one in self.changers if one in whose)

    def _arrow(self, whose: str) -> str:
        return f"←{self.changers.index(whose) + 1 if len(self.changers) > 1 else ''}"
