"""Phrases that reports share: clauses, methods, measures, parties and intervals in words."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from steelyard.book.model import Consequence, Grade, Limiter, RuleBook
from steelyard.book.terms import DIMENSION_TITLES, METHOD_TITLES, OUTCOME_TITLES, STEP_TITLES
from steelyard.book.titles import BookTitles, whom
from steelyard.errors import Plural
from steelyard.expression.prose import phrase
from steelyard.expression.types import number_text
from steelyard.messages import Language, Title, translator


class Phrases:
    """Words in one language."""

    def __init__(self, language: Language) -> None:
        """Take the language."""
        self.language: Language = language
        self.say: Callable[[str], str] = translator(language)

    @property
    def colon(self) -> str:
        """The sign between a name and its value."""
        return "：" if self.language == "zh" else ": "

    def of(self, title: Title) -> str:
        """Return a title in the reader's language."""
        return title.of(self.language)

    def sentence(self, text: str) -> str:
        """Return a remark as a sentence; the id of a book at its beginning stays as it is."""
        named = "/" in text.partition(" ")[0]
        return (text if named else text[:1].upper() + text[1:]) + (
            "。" if self.language == "zh" else "."
        )

    def listed(self, words: Iterable[str]) -> str:
        """Return words as a list within a line."""
        return ("、" if self.language == "zh" else ", ").join(words)

    def beside(self, words: Iterable[str]) -> str:
        """Return things of different kinds within a line."""
        return ("；" if self.language == "zh" else "; ").join(words)

    def some(self, words: list[str], most: int = 3) -> str:
        """Return the first few of some words, and how many more there are."""
        said = self.listed(words[:most])
        return (
            said
            if len(words) <= most
            else self.say("{first} and {count} more").format(first=said, count=len(words) - most)
        )

    def method(self, name: str) -> str:
        """Return the method by which a thing is shown; nothing where there is none."""
        return self.of(METHOD_TITLES[name]) if name in METHOD_TITLES else ""

    def outcome(self, name: str) -> str:
        """Return the word for an outcome."""
        return self.of(OUTCOME_TITLES[name])

    def dimension(self, name: str) -> str:
        """Return the name of a shared dimension, as it stands at the beginning of a line."""
        title = self.of(DIMENSION_TITLES[name])
        return title[:1].upper() + title[1:]

    def step(self, name: str) -> str:
        """Return what a step of the ledger does."""
        return self.of(STEP_TITLES[name])

    def sure(self, certain: bool) -> str:  # noqa: FBT001  # the answer itself
        """Return whether a thing is certain or only possible."""
        return self.say("yes") if certain else self.say("possible")

    def grade(self, book: RuleBook, place: int) -> str:
        """Return a grade by its place from the lowest up; -1 is the veto."""
        return self.say("vetoed") if place < 0 else self.of(book.grades[-1 - place].title)

    def demand(self, book: RuleBook, grade: Grade) -> str:
        """Return what a grade demands: a score, a condition, both, or nothing more."""
        words = []
        if grade.at_least is not None:
            words.append(f"≥ {number_text(grade.at_least, book.decimals)}")
        elif grade.parameter:
            words.append(f"≥ {self.of(book.parameters[grade.parameter].title)}")
        if grade.needs is not None:
            words.append(phrase(grade.needs, BookTitles(book), self.language))
        return self.say(" and ").join(words) or self.say("everything else")

    def measures(self, book: RuleBook, options: tuple[tuple[str, ...], ...]) -> str:
        """Return the measures of a consequence; several bundles are a choice among them."""
        bundles = []
        for bundle in options:
            words = []
            for name in bundle:
                measure = book.measures[name]
                entailed = [
                    self.of(book.measures[other].title)
                    for other in measure.entails
                    if other in book.measures
                ]
                then = (
                    self.say(" (then {measures})").format(measures=self.listed(entailed))
                    if entailed
                    else ""
                )
                words.append(self.of(measure.title) + then)
            bundles.append((" + " if self.language == "en" else "＋").join(words))
        if len(bundles) == 1:
            return bundles[0]
        return self.say("one of: ") + self.beside(bundles)

    def effect(self, book: RuleBook, limiter: Limiter) -> str:
        """Return what a limiter does to the grade."""
        words = []
        if limiter.veto:
            words.append(self.say("veto"))
        if limiter.not_rated:
            words.append(self.say("not rated"))
        if limiter.cap is not None:
            title = next(
                (self.of(one.title) for one in book.grades if one.id == limiter.cap), limiter.cap
            )
            words.append(self.say("no better than {grade}").format(grade=title))
        if limiter.downgrade:
            words.append(
                self.say(Plural("{count} grade lower", "{count} grades lower")).format(
                    count=limiter.downgrade
                )
            )
        return self.listed(words)

    def occasion(self, book: RuleBook, row: Consequence) -> str:
        """Return what a row of the decision table looks at: a register, a kind of party, the
        unit.
        """
        if row.scope == "subject":
            return self.say("the unit")
        return self.of(
            book.registers[row.on].title if row.scope == "register" else book.kinds[row.on].title
        )

    def whom(self, book: RuleBook, row: Consequence) -> str:
        """Return on whom a row of the decision table falls."""
        return self.say("the unit") if row.falls_on is None else self.of(whom(book, row))


def interval(low: str, high: str) -> str:
    """Return two ends as one text, once where they agree."""
    return low if low == high else f"{low} – {high}"


def cited(cites: tuple[str, ...]) -> str:
    """Return clause ids with runs shortened: H1.8.2–H1.8.8."""
    runs: list[list[str]] = []
    for cite in cites:
        head, _, last = cite.rpartition(".")
        if runs:
            before, _, number = runs[-1][-1].rpartition(".")
            if (
                before == head
                and number.isdecimal()
                and last.isdecimal()
                and int(last) == int(number) + 1
            ):
                runs[-1].append(cite)
                continue
        runs.append([cite])
    return ", ".join(run[0] if len(run) == 1 else f"{run[0]}–{run[-1]}" for run in runs)
