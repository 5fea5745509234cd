"""Where claims about a book are asked: the solver finds a case, and the judge has the last word."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from steelyard.book.model import Consequence, Rule, RuleBook
from steelyard.book.program import program
from steelyard.case.reading.read import parse_case
from steelyard.errors import CaseError, Fault, Word
from steelyard.expression.formulas import Condition, Extent, Ratio, Sight, UnprovableError
from steelyard.expression.smt import Reader
from steelyard.expression.tree import Choose, Literal, Name, Node, Reach
from steelyard.expression.types import Number, ranged
from steelyard.forms.form import CARRIED
from steelyard.judging.assessment import Assessment, weigh
from steelyard.located_yaml import mark
from steelyard.verify.case_file import TooLongError, Writing
from steelyard.verify.kinds import Asked
from steelyard.verify.question import Found, Question, Unsolved
from steelyard.verify.terms import Kin, Moment
from steelyard.verify.verdict import Family, Verdict
from steelyard.verify.world import Anywhere, AtRecord, World

STEPS = (1, -1)
"""Which way values go apart that are to differ: upward, or downward."""
BEYOND = Word("the book's exception does not say that this is meant")
REFUSED = Word("a case that leaves it is refused when it is read")
TOO_LONG = Word("a case would need more records than a file should hold")
NOTHING = Word("there is no case of this to speak of")
UNCONFIRMED = Word("the judge does not confirm the solver's case")


class Claim(NamedTuple):
    """A claim: its family, its name, what it is about, how it reads, and what further tells it from
    others of its name about the same thing.
    """

    family: Family
    check: str
    about: str
    says: Fault
    beside: str = ""

    @property
    def key(self) -> tuple[str, str, str]:
        """What an exception names."""
        return self.check, self.about, self.beside


class Scored(NamedTuple):
    """What a rule earns in a case, at least and at most, and whether it applies."""

    applies: Condition
    low: Ratio
    high: Ratio


Confirms = Callable[..., bool]


class Bench:
    """One book, the seconds that a check may take, and the judge."""

    def __init__(self, book: RuleBook, limit: float) -> None:
        """Take the book and the limit."""
        self.book = book
        self.limit = limit
        self.steps = program(book).steps
        self._questions: dict[str, Question] = {}
        self.meant: dict[tuple[str, str, str], list[Node]] = {}
        """Of each claim that the book excepts, where it says that it means it so."""
        for one in book.exceptions:
            if one.where is not None:
                self.meant.setdefault((one.check, one.about, one.beside), []).append(one.where)
        self.failed: dict[str, dict[str, Any]] = {}
        """Of each rule that was seen to be failed, a case in which it is."""

    # The judge

    def weigh(self, document: dict[str, Any]) -> Assessment | None:
        """Return the assessment of a case, None where it is refused."""
        try:
            case = parse_case(mark(document, "case"), self.book, "case")
        except CaseError:
            return None
        return weigh(self.book, case)

    def step(self, judged: Assessment, name: str) -> Any:
        """Return the low end of a step of the program, or whether a condition surely holds."""
        from steelyard.judging.compiled.compile import step_names

        names = step_names(self.book)
        return judged._found.steps[2 * names.index(name)]  # noqa: SLF001  # what it is made of

    def figures(self) -> dict[str, Ratio]:
        """Return the parameters as they stand on the day of the proofs."""
        return Moment.of(self.book).figures(self.book)

    # Rules

    def add_meant(self, asked: Asked, key: tuple[str, str, str], register: str = "") -> None:
        """Add what the book's exceptions of a claim read, at records of a register if one is
        named.
        """
        for one in self.meant.get(key, ()):
            asked.reads(one, register)

    def about_rule(self, rule: Rule, *keys: tuple[str, str, str]) -> Question:
        """Return the question about all that a rule reads, kept for the next claim of it; a new one
        where exceptions of claims read more.
        """
        if any(key in self.meant for key in keys):
            asked = Asked.of(self.book, *self.trees(rule))
            for key in keys:
                self.add_meant(asked, key)
            return Question(self.book, asked, self.limit)
        if rule.id not in self._questions:
            self._questions.clear()
            self._questions[rule.id] = Question.about(self.book, self.limit, *self.trees(rule))
        return self._questions[rule.id]

    def trees(self, rule: Rule) -> tuple[Node, ...]:
        """Return the trees of a rule: what it earns, and whether it applies."""
        return self.steps[f"earned:{rule.id}"], self.steps[f"applies:{rule.id}"]

    def scored(self, rule: Rule, world: World) -> Scored:
        """Return what a rule earns in a case and whether it applies."""
        earned, applies = self.trees(rule)
        reader = world.reader()
        found, holds = reader.read(earned), reader.truth(applies)
        if not isinstance(found, Extent):
            raise UnprovableError(Word("earns no number"))
        return Scored(holds.must, found.low, found.high)

    def full(self, rule: Rule) -> Ratio:
        """Return a rule's own full mark."""
        return Ratio(rule.full, 10**self.book.decimals)

    def least(self, rule: Rule) -> Ratio:
        """Return the least figure above nothing of a rule that chooses among several such; nothing
        for any other.
        """
        figures = set(_figures(rule.lowered.points))
        above = sorted(one for one in figures if one)
        kind = ranged(rule.lowered.points.type)
        if None in figures or len(above) < 2 or not isinstance(kind, Number):
            return Ratio(0)
        return Ratio(above[0], 10**kind.scale)

    def whole(self, rule: Rule, world: World) -> Condition:
        """Return that a rule is passed, as the judge decides it: by what is carried, and exactly
        where rounding could hide that something is missing.
        """
        reader, scored = world.reader(), self.scored(rule, world)
        step = self.steps.get(f"whole:{rule.id}")
        exact: Condition = True if step is None else reader.truth(step).must
        edge = reader.plus(self.full(rule), Ratio(-1, 2 * 10 ** (self.book.decimals + CARRIED)))
        return reader.both(scored.applies, exact, reader.at_most(edge, scored.low))

    # Consequences

    def fires(self, row: Consequence, at: Anywhere) -> Condition:
        """Return that a row of the decision table falls on somebody."""
        claims = at.claims if isinstance(at, World) else at.world.claims
        reader = Reader(at, claims)
        holds = True if row.when is None else reader.truth(row.when).must
        if row.falls_on is None:
            return holds
        party = reader.read(row.falls_on)
        return reader.both(holds, reader.contrary(party.gone))

    def record(self, question: Question, register: str) -> AtRecord:
        """Put one record more into a register, and return it."""
        kins = question.world.kins.setdefault(register, [])
        kin = Kin(register, f"{register}*{len(kins)}", 1)
        question.world.kins[register] = [*kins, kin]
        return AtRecord(question.world, kin, question.world)

    def another(self, world: World, register: str) -> AtRecord:
        """Put one record more into a register of one case, and return it."""
        kins = world.kins.get(register, [])
        kin = Kin(register, f"{register}+{len(kins)}", 1)
        world.kins[register] = [*kins, kin]
        return AtRecord(world, kin, world)

    # Claims

    def settled(self, claim: Claim) -> Verdict:
        """Return a claim that was proved already."""
        return Verdict(*claim, "proved")

    def held_by_reading(
        self,
        claim: Claim,
        question: Callable[[], Question],
        leaves: Callable[[Question], Condition],
    ) -> Verdict:
        """Return whether no case leaves a declared range; where one would, whether the reader
        refuses it.
        """

        def ask() -> tuple[Any, ...]:
            asked = question()
            found = asked.find(leaves(asked))
            if found is None:
                return ("proved",)
            if self.weigh(Writing(found).document()) is None:
                return "remarked", (), REFUSED
            return "undecided", (), UNCONFIRMED

        return self._timed(claim, ask)

    def exists(
        self,
        claim: Claim,
        question: Callable[[], Question],
        wanted: Callable[[Question], Condition],
        confirms: Confirms | None,
        otherwise: Callable[[Question], Condition] = lambda _: True,
        parties: Callable[[Writing], None] = lambda _: None,
    ) -> Verdict:
        """Return whether there is a case as wanted. Where there is none, a case as `otherwise`
        shows what there is instead.
        """
        return self._timed(
            claim, lambda: self._exists(question, wanted, confirms, otherwise, parties)
        )

    def _exists(
        self, question: Any, wanted: Any, confirms: Confirms | None, otherwise: Any, parties: Any
    ) -> tuple[Any, ...]:
        asked = question()
        condition = wanted(asked)
        if confirms is None and asked.holds(condition):
            return ("proved",)
        found = asked.find(condition)
        if found is None:
            instead = asked.find(otherwise(asked))
            cases = () if instead is None else (Writing(instead).document(),)
            return "refuted", cases
        for step in STEPS:
            writing = Writing(found, step=step)
            parties(writing)
            document = writing.document()
            judged = self.weigh(document)
            if judged is not None and (confirms is None or confirms(judged, document)):
                return ("proved",)
        return "undecided", (), UNCONFIRMED

    def never(
        self,
        claim: Claim,
        question: Callable[[], Question],
        amiss: Callable[[Question], Condition],
        confirms: Confirms,
        other: Callable[[], World | None] = lambda: None,
        parties: Callable[[Writing], None] = lambda _: None,
        at: Callable[[Question], Sight] = lambda asked: asked.world,
    ) -> Verdict:
        """Return whether no case is wrong; with `other` a case is held against a second one. Where
        the book excepts it, its words are read `at` a record or the case, and what is wrong beyond
        them is refuted.
        """

        def ask() -> tuple[Any, ...]:
            asked = question()
            condition = amiss(asked)
            found = asked.find(condition)
            if found is None:
                # Of nothing everything holds: there must be a case to speak of.
                return ("proved",) if asked.holds() else ("undecided", (), NOTHING)
            meant = self.meant.get(claim.key, [])
            here = Reader(at(asked), asked.claims)
            outside = [here.contrary(here.truth(one).must) for one in meant]
            further = asked.find(condition, *outside) if meant else found
            told = self._refuted(further or found, confirms, other(), parties)
            if not meant or told[0] != "refuted":
                return told
            return ("excepted", told[1]) if further is None else (*told, BEYOND)

        return self._timed(claim, ask)

    def _refuted(
        self,
        found: Found,
        confirms: Confirms,
        other: World | None,
        parties: Callable[[Writing], None],
    ) -> tuple[Any, ...]:
        worlds = [found.question.world] + ([other] if other is not None else [])
        for step in STEPS:
            documents = []
            for world in worlds:
                writing = Writing(found, world, step)
                parties(writing)
                documents.append(writing.document())
            judged = [self.weigh(document) for document in documents]
            if None not in judged and confirms(*judged):
                return "refuted", tuple(documents)
        return "undecided", (), UNCONFIRMED

    def _timed(self, claim: Claim, ask: Callable[[], tuple[Any, ...]]) -> Verdict:
        start = time.monotonic()
        try:
            found = ask()
        except (Unsolved, UnprovableError) as why:
            found = "undecided", (), why.why
        except TooLongError:
            found = "undecided", (), TOO_LONG
        return Verdict(
            *claim,
            found[0],
            tuple(found[1]) if len(found) > 1 else (),
            found[2] if len(found) > 2 else Word(),
            time.monotonic() - start,
        )


def _figures(node: Node) -> Iterator[int | None]:
    """Yield the figures among which an expression chooses; None for what is no figure."""
    if isinstance(node, Choose):
        yield from _figures(node.then)
        yield from _figures(node.otherwise)
    else:
        value = node.value if isinstance(node, Literal) else None
        yield value if isinstance(value, int) else None


def finding(assessment: Assessment, rule: str) -> Any:
    """Return the verdict on one rule: its outcome and its points."""
    return next(one for one in assessment.verdicts if one.rule == rule)


def fires_in(assessment: Assessment, number: int) -> bool:
    """Whether a row of the decision table surely fires."""
    return any(one.row == number and one.certain for one in assessment.consequences)


def standing(node: Node | None) -> list[Name | Reach]:
    """Return the names by which a consequence finds its party."""
    return [node] if isinstance(node, (Name, Reach)) else []


def asked_of(book: RuleBook, rows: list[Consequence], register: str) -> Asked:
    """Return what some rows of the decision table read at records of a register."""
    asked = Asked(book)
    for row in rows:
        for node in (row.when, row.falls_on):
            if node is not None:
                asked.reads(node, register)
    return asked
