"""The terminal's report of an assessment: what it is worth, why, what follows, and what is still to
be shown.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from steelyard.book.coverage import Coverage
from steelyard.book.model import UNDATED, Fact, Field, Kind, Register, Rule, RuleBook
from steelyard.book.terms import unit_title
from steelyard.book.titles import BookTitles
from steelyard.expression.prose import phrase
from steelyard.expression.types import decimal_of, number_text
from steelyard.judging.assessment import Assessment, Finding
from steelyard.judging.explanation.reasons import because_of
from steelyard.judging.ladder import climbed
from steelyard.judging.missing import still_to_show
from steelyard.judging.parts import rolled_up
from steelyard.messages import Language, Title, translator
from steelyard.report.phrases import Phrases, cited, interval

PLAIN_WIDTH = 110
_MOST_MISSING = 15
_MOST_PARTS = 24
_STATES: Mapping[str, str] = {"ok": "ok", "refused": "refused", "blocked": "blocked"}
_FORMS: Mapping[str, str] = {
    "requires": "requires",
    "checklist": "checklist",
    "graded": "graded",
    "banded": "banded",
    "proportional": "proportional",
    "demerit": "demerit",
    "staged": "stage",
    "judged": "judged",
}
_CLAUSES: Mapping[str, str] = {
    "activity": "activity",
    "disclosure": "disclosure",
    "organisation": "organisation",
    "principle": "principle",
    "prohibition": "prohibition",
    "requirement": "requirement",
    "reward": "reward",
    "sanction": "sanction",
    "stage": "stage",
    "target": "target",
    "veto": "veto",
}


class Terminal:
    """Prints in one language; Chinese columns line up, and nothing is coloured where the output is
    no terminal.
    """

    def __init__(self, language: Language, console: Console | None = None) -> None:
        """Take the language, and perhaps a console to print on."""
        self.language: Language = language
        self.say = translator(language)
        self.phrases = Phrases(language)
        # Output that is read by a program or a file gets one width, whatever the terminal.
        width = None if sys.stdout.isatty() else PLAIN_WIDTH
        self.console = console or Console(width=width, highlight=False, markup=False, emoji=False)

    def of(self, title: Title) -> str:
        """Return a title in the reader's language."""
        return title.of(self.language)

    def assessment(self, assessment: Assessment) -> None:
        """Print one assessment whole."""
        self._head(assessment)
        self._costs(assessment)
        self._parts(assessment)
        self._consequences(assessment)
        self._ladder(assessment)
        self._missing(assessment)
        self._conflicts(assessment)

    def _parts(self, assessment: Assessment) -> None:
        """Print the assessments of parts that were rolled up, those that are not there yet among
        them.
        """
        for register, lines in rolled_up(assessment):
            titles = register.fields["grade"].options
            table = self._table(
                (self.say("part"), {"overflow": "fold"}),
                (self.say("period"), {}),
                (self.say("score"), {"justify": "right"}),
                (self.say("grade"), {}),
                (self.say("assessment"), {"no_wrap": True}),
                title=self.of(register.title),
            )
            for line in lines[:_MOST_PARTS]:
                if line.row is None:
                    table.add_row(line.subject, line.period, self.say("not assessed yet"), "", "")
                elif line.not_rated == "yes":
                    table.add_row(
                        line.subject,
                        line.period,
                        "",
                        self.say("not rated"),
                        line.row["assessment"][:8],
                    )
                else:
                    grade = " – ".join(
                        self.of(titles[one]) for one in line.row["grade"].split("..")
                    )
                    score = interval(line.row["score_low"], line.row["score_high"])
                    table.add_row(
                        line.subject, line.period, score, grade, line.row["assessment"][:8]
                    )
            self.console.print(table)
            if len(lines) > _MOST_PARTS:
                self.console.print(
                    self.say("… and {count} more").format(count=len(lines) - _MOST_PARTS)
                )

    def section(self, title: str, text: str) -> None:
        """Print a further section, such as a plugin adds."""
        self.console.print(Text(title, style="bold"))
        self.console.print(Text(text))

    def table(self, assessments: Iterable[dict[str, Any]]) -> None:
        """Print many assessments, a line each, from their published form."""
        table = self._table(
            (self.say("subject"), {"overflow": "fold"}),
            (self.say("period"), {}),
            (self.say("book"), {"overflow": "fold"}),
            (self.say("score"), {"justify": "right"}),
            (self.say("grade"), {}),
            (self.say("coverage"), {"justify": "right"}),
        )
        for one in assessments:
            name = f"{one['subject']['id']} {one['subject']['name']}".strip()
            grade = (
                one["grade"]["low"]
                if one["grade"]["settled"]
                else f"{one['grade']['low']} … {one['grade']['high']}"
            )
            table.add_row(
                name,
                one["period"],
                f"{one['book']['id']}@{one['book']['version']}",
                interval(one["score"]["low"], one["score"]["high"]),
                grade,
                one["coverage"],
            )
        self.console.print(table)

    def listing(self, rows: Iterable[Mapping[str, Any]]) -> None:
        """Print summaries of saved assessments."""
        table = self._table(
            (self.say("id"), {"no_wrap": True}),
            (self.say("subject"), {"overflow": "fold"}),
            (self.say("period"), {}),
            (self.say("book"), {"overflow": "fold"}),
            (self.say("score"), {"justify": "right"}),
            (self.say("grade"), {}),
        )
        for one in rows:
            book, subject, score, grade = one["book"], one["subject"], one["score"], one["grade"]
            table.add_row(
                str(one["id"])[:8],
                f"{subject['id']} {subject['name']}".strip(),
                one["period"],
                f"{book['id']}@{book['version']}",
                interval(score["low"], score["high"]),
                grade["low"] if grade["settled"] else f"{grade['low']} … {grade['high']}",
            )
        self.console.print(table)

    def books(self, rows: Iterable[Mapping[str, Any]]) -> None:
        """Print the books at hand."""
        table = self._table(
            (self.say("book"), {"no_wrap": True}),
            (self.say("title"), {"overflow": "fold"}),
            (self.say("plugin"), {"overflow": "fold"}),
            (self.say("rules"), {"justify": "right"}),
            (self.say("clauses"), {"justify": "right"}),
            (self.say("cited"), {"justify": "right"}),
            (self.say("share"), {"justify": "right"}),
        )
        for one in rows:
            share = f"{100 * one['cited'] // one['checkable']}%" if one["checkable"] else ""
            table.add_row(
                f"{one['id']}@{one['version']}",
                one["title"][self.language],
                one["plugin"],
                str(one["rules"]),
                str(one["checkable"]),
                str(one["cited"]),
                share,
            )
        self.console.print(table)

    def plugins(self, rows: Iterable[Mapping[str, Any]]) -> None:
        """Print the plugins."""
        table = self._table(
            (self.say("plugin"), {"no_wrap": True}),
            (self.say("version"), {}),
            (self.say("distribution"), {"no_wrap": True}),
            (self.say("state"), {}),
            (self.say("hooks"), {"overflow": "fold"}),
            (self.say("books"), {"overflow": "fold"}),
            (self.say("why"), {"overflow": "fold"}),
        )
        for one in rows:
            hooks = ", ".join(name.removeprefix("steelyard_") for name in one["hooks"])
            table.add_row(
                one["name"],
                one["version"],
                one["distribution"],
                self.say(_STATES[one["state"]]),
                hooks,
                ", ".join(one["books"]),
                one["reason"],
            )
        self.console.print(table)

    def book(self, book: RuleBook) -> None:
        """Print a book: sections and rules, bonus, limiters, grades, consequences, stages."""
        self.console.print(Text(f"{self.of(book.title)}  {book.key}", style="bold"))
        if book.extends:
            self.console.print(
                self.say("extends {books}").format(books=self.phrases.listed(list(book.extends)))
            )
        if self.of(book.notes):
            self.console.print(self.of(book.notes).strip())
        changers = sorted(set(book.changed.values()))
        for number, whose in enumerate(changers, 1):
            self.console.print(
                self.say("{mark} changed by {book}").format(
                    mark=f"←{number if len(changers) > 1 else ''}", book=whose
                )
            )
        sections: list[tuple[str, str | None]] = [
            (
                f"{self.of(one.title)} ({number_text(one.points, book.decimals)}{self._whose(book, f'sections.{one.id}')})",
                one.id,
            )
            for one in book.sections.values()
        ]
        if any(rule.bonus for rule in book.rules.values()):
            ceiling = number_text(book.bonus_ceiling, book.decimals)
            sections.append((self.say("Bonus, at most {points}").format(points=ceiling), None))
        colon = "：" if self.language == "zh" else ": "
        for title, section in sections:
            table = self._table(
                (self.say("rule"), {"overflow": "fold", "ratio": 3}),
                (self.say("id"), {"overflow": "fold", "ratio": 3}),
                (self.say("points"), {"justify": "right", "overflow": "fold"}),
                (self.say("form"), {"no_wrap": True}),
                (self.say("clauses"), {"overflow": "fold", "ratio": 3}),
                title=title,
            )
            answering = book.sections[section].responsible if section else ""
            if answering:
                self.console.print(
                    f"{self.say('responsible')}{colon}{self._office(book, answering)}"
                )
            for rule in book.rules.values():
                if (rule.bonus and section is None) or (not rule.bonus and rule.section == section):
                    form = self.say(_FORMS[type(rule.form).__name__.lower()])
                    points = number_text(rule.points, book.decimals) + self._whose(
                        book, f"rules.{rule.id}"
                    )
                    table.add_row(
                        self.of(rule.title) + self._aside(book, rule),
                        rule.id,
                        points,
                        form,
                        cited(rule.cites),
                    )
            self.console.print(table)
        for one in book.parameters.values():
            # A figure written bare holds from the first day there is, which says nothing to a
            # reader.
            figures = self.phrases.listed(
                [
                    number_text(units, one.scale)
                    + (f" ({date.fromordinal(day).isoformat()})" if day > 1 else "")
                    for day, units in one.values
                ]
            )
            whose = self._whose(book, f"parameters.{one.id}")
            self.console.print(f"{self.say('figure')} {self.of(one.title)}{colon}{figures}{whose}")
        grades = self.phrases.listed(
            [
                f"{self.of(one.title)} {self.phrases.demand(book, one)}{self._whose(book, f'grades.{one.id}')}"
                for one in book.grades
            ]
        )
        self.console.print(f"{self.say('grades')}{colon}{grades}")
        self._told(book)
        for limiter in book.limiters:
            self.console.print(f"{self.say('limiter')}{colon}{self.of(limiter.title)}")
        if book.consequences:
            self.console.print(self.say("consequences") + colon.rstrip())
        for row in book.consequences:
            titles = BookTitles(book, row.on if row.scope == "register" else None)
            when = (
                phrase(row.when, titles, self.language)
                if row.when is not None
                else self.say("always")
            )
            on, whom = self.phrases.occasion(book, row), self.phrases.whom(book, row)
            self.console.print(
                f"  {row.number}. {on}{colon}{when} → {whom}{colon}{self.phrases.measures(book, row.options)}"
            )
        for stage in book.stages.values():
            names = self.phrases.listed([self.of(one.title) for one in stage.deliverables])
            self.console.print(f"{self.say('stage')} {self.of(stage.title)}{colon}{names}")
            self._noted(stage.notes)
        for rung in book.ladder:
            needs = phrase(rung.needs, BookTitles(book), self.language)
            said = self.say("rung {title}, year {year}").format(
                title=self.of(rung.title), year=rung.year
            )
            self.console.print(f"{said}{colon}{needs}")
            self._noted(rung.notes)
        for name, reason in book.dropped.items():
            self.console.print(f"{self.say('dropped')} {name}{colon}{self.of(reason)}")
        for remark in book.remarks:
            self.console.print(f"{self.say('remark')}{colon}{remark.text(self.say)}")

    def _office(self, book: RuleBook, name: str) -> str:
        return self.of(book.offices[name])

    def _aside(self, book: RuleBook, rule: Rule) -> str:
        """Return who is responsible for a rule that names its own office, and its effort where it
        is not 1.
        """
        words = [self._office(book, rule.responsible)] if rule.responsible else []
        if rule.effort != 1:
            words.append(self.say("effort {count}").format(count=f"{rule.effort.normalize():f}"))
        return f" ({self.phrases.listed(words)})" if words else ""

    def _told(self, book: RuleBook) -> None:
        """Print the offices, what figures count, and by what the records are dated."""
        colon = self.phrases.colon
        if book.offices:
            offices = self.phrases.listed(self.of(one) for one in book.offices.values())
            self.console.print(f"{self.say('offices')}{colon}{offices}")
        slots: list[Fact | Field] = list(book.facts.values())
        owners: list[Register | Kind] = [*book.registers.values(), *book.kinds.values()]
        for columns in owners:
            slots += columns.fields.values()
        counted: dict[str, list[str]] = {}
        for one in slots:
            if one.measured_in:
                counted.setdefault(one.measured_in, []).append(self.of(one.title))
        for unit, titles in counted.items():
            said = self.say("measured in {unit}").format(unit=self.of(unit_title(unit)))
            self.console.print(f"{said}{colon}{self.phrases.listed(titles)}")
        for register in book.registers.values():
            if not register.dated:
                continue
            name = self.of(register.title)
            if register.dated == UNDATED:
                said = self.say("{register}: rows of any day count").format(register=name)
            else:
                field = self.of(register.fields[register.dated].title)
                said = self.say("{register}: rows of the period alone, by “{field}”").format(
                    register=name, field=field
                )
            self.console.print(said)

    def _noted(self, notes: Title) -> None:
        """Print what a book remarks on the line above."""
        if self.of(notes):
            self.console.print(f"  {' '.join(self.of(notes).split())}")

    def _whose(self, book: RuleBook, path: str) -> str:
        """Mark a figure that a book changed: with an arrow, numbered where several books changed
        some.
        """
        changers = sorted(set(book.changed.values()))
        whose = {
            whose
            for changed, whose in book.changed.items()
            if changed == path or changed.startswith(f"{path}.")
        }
        return "".join(
            f" ←{number if len(changers) > 1 else ''}"
            for number, one in enumerate(changers, 1)
            if one in whose
        )

    def clauses(self, covered: Coverage) -> None:
        """Print the clauses of a scheme with what carries each out."""
        table = self._table(
            (self.say("clause"), {"no_wrap": True}),
            (self.say("kind"), {"no_wrap": True}),
            (self.say("title"), {"overflow": "fold", "ratio": 3}),
            (self.say("carried out by"), {"overflow": "fold", "ratio": 4}),
        )
        for clause, names in covered.clauses:
            kind = _CLAUSES.get(clause.kind)
            table.add_row(
                clause.id,
                self.say(kind) if kind else clause.kind,
                self.of(clause.title),
                ", ".join(names),
            )
        self.console.print(table)
        said = self.say("{cited} of {checkable} checkable clauses are carried out")
        self.console.print(said.format(cited=covered.cited, checkable=covered.checkable))

    def _table(self, *columns: tuple[str, dict[str, Any]], title: str = "") -> Table:
        table = Table(
            box=box.SIMPLE_HEAD,
            title=title or None,
            title_justify="left",
            title_style="bold",
            pad_edge=False,
        )
        for name, options in columns:
            table.add_column(name, **options)
        return table

    def _head(self, assessment: Assessment) -> None:
        book, case, standing = assessment.book, assessment.case, assessment.standing
        line = Text()
        line.append(f"{case.subject_name or case.subject_id}", style="bold")
        line.append(f"  {case.subject_id} · {self.of(book.title)} {book.version} · {case.period}")
        self.console.print(line)
        score = interval(
            assessment.text(assessment.scored.low), assessment.text(assessment.scored.high)
        )
        low, high = self.phrases.grade(book, standing.low), self.phrases.grade(book, standing.high)
        grade = (
            low
            if low == high
            else self.say("{low} to {high}, not settled").format(low=low, high=high)
        )
        facts = [
            (self.say("score"), f"{score} / {assessment.text(book.points)}"),
            (self.say("grade"), grade),
            (self.say("coverage"), f"{number_text(int(assessment.coverage * 10**4), 2)}%"),
        ]
        if standing.veto != "no":
            facts.append(
                (
                    self.say("veto"),
                    self.say("yes") if standing.veto == "yes" else self.say("possible"),
                )
            )
        if standing.not_rated != "no":
            facts.append(
                (
                    self.say("not rated"),
                    self.say("yes") if standing.not_rated == "yes" else self.say("possible"),
                )
            )
        line = Text()
        for name, value in facts:
            line.append(f"{name} ")
            line.append(value, style="bold")
            line.append("   ")
        self.console.print(line)

    def _costs(self, assessment: Assessment) -> None:
        book = assessment.book
        cost = [
            one
            for one in assessment.findings
            if one.outcome in {"fail", "partial", "unknown"}
            and not book.rules[one.rule].bonus
            and one.high < self._full(assessment, one)
        ]
        waived = [one for one in assessment.findings if one.outcome == "waived"]
        if not cost and not waived:
            self.console.print(self.say("No rule has surely cost points."))
            return
        cost.sort(
            key=lambda one: (
                one.high - self._full(assessment, one),
                one.low - self._full(assessment, one),
            )
        )
        table = self._table(
            (self.say("rule"), {"overflow": "fold", "ratio": 3}),
            (self.say("points"), {"justify": "right", "no_wrap": True}),
            (self.say("why"), {"overflow": "fold", "ratio": 6}),
            (self.say("clauses"), {"overflow": "fold", "ratio": 2}),
            title=self.say("What cost points"),
        )
        for one in [*cost, *waived]:
            rule = book.rules[one.rule]
            points = (
                interval(f"{one.low:f}", f"{one.high:f}") + f" / {assessment.text(rule.points)}"
            )
            because = self.of(one.because) if one.because else ""
            table.add_row(
                self.of(rule.title),
                self.say("waived") if one.outcome == "waived" else points,
                because,
                cited(rule.cites),
            )
        self.console.print(table)

    def _full(self, assessment: Assessment, one: Finding) -> Decimal:
        return decimal_of(assessment.book.rules[one.rule].points, assessment.book.decimals)

    def _consequences(self, assessment: Assessment) -> None:
        book, case = assessment.book, assessment.case
        if not assessment.consequences:
            return
        table = self._table(
            (self.say("on whom"), {"overflow": "fold", "ratio": 2}),
            (self.say("what"), {"overflow": "fold", "ratio": 6}),
            (self.say("because of"), {"overflow": "fold", "ratio": 2}),
            (self.say("certain"), {"no_wrap": True}),
            (self.say("clauses"), {"overflow": "fold", "ratio": 2}),
            title=self.say("What follows"),
        )
        grouped: dict[tuple[str, str], list[Any]] = {}
        for one in assessment.consequences:
            grouped.setdefault((one.kind, one.party), []).append(one)
        for (kind, party), followed in grouped.items():
            who = (
                self.say("the unit")
                if kind == "subject"
                else f"{self.of(book.kinds[kind].title)} {party}"
            )
            if party == "unknown" and party not in case.parties:
                who = self.say("{kind} not named").format(kind=self.of(book.kinds[kind].title))
            for number, one in enumerate(followed):
                row = book.consequences[one.row]
                what = self.phrases.measures(book, row.options)
                table.add_row(
                    who if number == 0 else "",
                    what,
                    f"{row.on}/{one.record}"
                    if one.record
                    else self.of(because_of(assessment, one)),
                    self.say("yes") if one.certain else self.say("possible"),
                    cited(row.cites),
                )
        self.console.print(table)

    def _ladder(self, assessment: Assessment) -> None:
        rungs = climbed(assessment)
        if not rungs:
            return
        table = self._table(
            (self.say("year"), {"justify": "right"}),
            (self.say("title"), {"overflow": "fold", "ratio": 3}),
            (self.say("needs"), {"overflow": "fold", "ratio": 5}),
            (self.say("met"), {"no_wrap": True}),
            title=self.say("The ladder of titles"),
        )
        words = {"yes": self.say("yes"), "no": self.say("no"), "open": self.say("still open")}
        titles = BookTitles(assessment.book)
        for one in rungs:
            needs = phrase(one.rung.needs, titles, self.language)
            table.add_row(str(one.rung.year), self.of(one.rung.title), needs, words[one.met])
        self.console.print(table)

    def _missing(self, assessment: Assessment) -> None:
        missing = still_to_show(assessment)
        if not missing:
            return
        table = self._table(
            (self.say("what"), {"overflow": "fold", "ratio": 6}),
            (self.say("points open"), {"justify": "right", "no_wrap": True}),
            (self.say("how it is shown"), {"no_wrap": True}),
            (self.say("id"), {"overflow": "fold", "ratio": 3}),
            title=self.say("Still to be shown, most valuable first"),
        )
        for one in missing[:_MOST_MISSING]:
            table.add_row(
                self.of(one.title), f"{one.points:f}", self.phrases.method(one.method), one.id
            )
        self.console.print(table)
        if len(missing) > _MOST_MISSING:
            self.console.print(
                self.say("… and {count} more").format(count=len(missing) - _MOST_MISSING)
            )

    def _conflicts(self, assessment: Assessment) -> None:
        for name, given in assessment.case.facts.items():
            if given.conflict:
                said = ", ".join(
                    f"{piece.value} ({piece.source or piece.method or '?'})"
                    for piece in given.evidence
                )
                title = self.of(assessment.book.facts[name].title)
                self.console.print(
                    self.say("The evidence disagrees on {fact}: {values}").format(
                        fact=title, values=said
                    )
                )
