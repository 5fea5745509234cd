"""The ledger: every step of scoring as a signed addend to both ends of the score.

What was worked out in carried places is rounded here for the eye; a `rounding` entry for each
section and one for the book make the printed column add up to subtotals and score.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Any, Literal, NamedTuple, cast

from steelyard.book.model import RuleBook
from steelyard.book.program import Program, program
from steelyard.forms.form import CARRIED
from steelyard.forms.judged import Judged
from steelyard.judging.compiled.compile import Found, step_names
from steelyard.judging.findings import Verdict

Step = Literal["item", "redistribution", "rounding", "bonus", "clamp"]
Ends = tuple[int, int]
UNIT: int = 10**CARRIED
HALF = UNIT // 2
Answer = Literal["no", "yes", "possible"]


class Entry(NamedTuple):
    """A signed addend to the low and to the high end of the score, in units of its decimals."""

    step: Step
    id: str
    low: int
    high: int


class Asked(NamedTuple):
    """A section or dimension: its ends given that it is asked, and whether it is.

    `low` and `high` are carried points; `full` is in units of the book's decimals.
    """

    low: int
    high: int
    full: int
    asked: Answer


class Standing(NamedTuple):
    """The grade at both ends, as a place from the lowest up (-1: vetoed), and what stands beside
    it.
    """

    low: int
    high: int
    veto: Answer
    not_rated: Answer


class Layout(NamedTuple):
    """What a book's results are read by: the places of its steps, and of its rules by section."""

    program: Program
    places: Mapping[str, int]
    ids: tuple[str, ...]
    carried: tuple[int, ...]
    asked: tuple[int, ...]
    sections: tuple[tuple[str, tuple[int, ...]], ...]
    judged: tuple[str, ...]
    passed: tuple[Verdict, ...]
    whole: tuple[Entry, ...]


@lru_cache(maxsize=64)
def layout(book: RuleBook) -> Layout:
    """Return what a book's results are read by."""
    rules, steps = list(book.rules.values()), program(book)
    asked = tuple(place for place, rule in enumerate(rules) if not rule.bonus)
    return Layout(
        steps,
        {name: 2 * place for place, name in enumerate(step_names(book))},
        tuple(rule.id for rule in rules),
        tuple(rule.points * UNIT for rule in rules),
        asked,
        tuple(
            (name, tuple(place for place, rule in enumerate(rules) if rule.section == name))
            for name in steps.sections
        ),
        tuple(rule.id for rule in rules if isinstance(rule.form, Judged)),
        tuple(Verdict(rule.id, "pass", rule.points, rule.points, ()) for rule in rules),
        tuple(Entry("item", rule.id, rule.points, rule.points) for rule in rules),
    )


def rounded(carried: int) -> int:
    """Return carried points in units of the book's decimals, half away from zero."""
    return (carried + HALF) // UNIT if carried >= 0 else -((HALF - carried) // UNIT)


class Scored:
    """The score, its ledger, and each section and dimension, read from what the judge found."""

    __slots__ = ("_found", "_laid", "book", "highs", "lows")

    def __init__(self, book: RuleBook, found: Found, lows: list[int], highs: list[int]) -> None:
        """Take what was found, and each rule's ends as they are printed."""
        self.book = book
        self._found = found
        self._laid = layout(book)
        self.lows = lows
        self.highs = highs

    def ends(self, step: str) -> Ends:
        """Return the two ends of a step: low and high, or must and may."""
        place = self._laid.places[step]
        return cast("Ends", self._found.steps[place : place + 2])

    @property
    def low(self) -> int:
        """The least that the score can be."""
        return self.ends("score")[0]

    @property
    def high(self) -> int:
        """The most that the score can be."""
        return self.ends("score")[1]

    @property
    def coverage(self) -> int:
        """The share of the points asked for that is known, in units of 10**-4."""
        return self.ends("coverage")[0]

    @property
    def standing(self) -> Standing:
        """The grade, and what stands beside it."""
        low, high = self.ends("grade")
        return Standing(low, high, answer(self.ends("veto")), answer(self.ends("not_rated")))

    @property
    def sections(self) -> dict[str, Ends | None]:
        """The ends of every section as printed; None where it is surely not asked."""
        return {
            name: self.ends(f"printed:{name}") if self.ends(f"asked:{name}")[1] else None
            for name in self._laid.program.sections
        }

    @property
    def dimensions(self) -> dict[str, Asked]:
        """Each dimension that the book asks of, in the shared order."""
        found = {}
        for name in self._laid.program.dimensions:
            full = sum(
                rule.points
                for rule in self.book.rules.values()
                if rule.dimension == name and not rule.bonus
            )
            asked = answer(self.ends(f"dimension-asked:{name}"))
            found[name] = Asked(*self.ends(f"dimension:{name}"), full, asked)
        return found

    @property
    def ledger(self) -> list[Entry]:
        """Every addend of the score; their sums are its two ends."""
        return list(self._entries())

    def _entries(self) -> Iterable[Entry]:
        laid, lows, highs = self._laid, self.lows, self.highs
        new = tuple.__new__
        ledger: list[Entry] = [
            # What says no more than all or nothing is the same tuple for every case.
            whole if low == whole[2] and low == high else new(Entry, ("item", whole[1], low, high))
            for whole, low, high in zip(laid.whole, lows, highs, strict=True)
        ]
        if len(laid.asked) < len(ledger):
            ledger = [ledger[place] for place in laid.asked]
        subtotals = [0, 0]
        some_out = any(self._found.states)
        for name, places in laid.sections:
            asked = self.ends(f"asked:{name}")[1]
            found = self.ends(f"printed:{name}") if asked else (0, 0)
            out = some_out and any(self._found.states[place] for place in places)
            rest = (
                found[0] - sum([lows[place] for place in places]),
                found[1] - sum([highs[place] for place in places]),
            )
            if out:
                shared = self._shared(name, places) if asked else rest
                _add(ledger, "redistribution", name, shared)
                rest = rest[0] - shared[0], rest[1] - shared[1]
            _add(ledger, "rounding", name, rest)
            subtotals = [subtotals[0] + found[0], subtotals[1] + found[1]]
        base = self.ends("base")
        if some_out:
            carried = [
                sum(self.ends(f"section:{name}")[end] for name, _ in laid.sections
                    if self.ends(f"asked:{name}")[1])
                for end in (0, 1)
            ]  # fmt: skip
            shared = rounded(base[0] - carried[0]), rounded(base[1] - carried[1])
            _add(ledger, "redistribution", "book", shared)
            subtotals = [subtotals[0] + shared[0], subtotals[1] + shared[1]]
        if laid.program.groups:
            subtotals = self._bonus(ledger, subtotals)
        score = self.ends("score")
        _add(ledger, "rounding", "book", (score[0] - subtotals[0], score[1] - subtotals[1]))
        return ledger

    def _shared(self, name: str, places: Sequence[int]) -> Ends:
        """Return what a section's rules that apply take over from those that do not."""
        found, highs = self.ends(f"section:{name}"), self._found.highs
        lows = self._found.lows
        return (
            rounded(found[0] - sum([lows[place] for place in places])),
            rounded(found[1] - sum([highs[place] for place in places])),
        )

    def _bonus(self, ledger: list[Entry], base: list[int]) -> list[int]:
        """Add the bonus rules, what their groups and the ceiling take back, and the clamp."""
        total = list(base)

        def put(step: Step, name: str, low: int, high: int) -> None:
            if step == "bonus" and name in self.book.rules:
                ledger.append(Entry(step, name, low, high))
            else:
                _add(ledger, step, name, (low, high))
            total[0], total[1] = total[0] + low, total[1] + high

        pot = [0, 0]
        for name, places in self._laid.program.groups.items():
            for place in places:
                put("bonus", self._laid.ids[place], self.lows[place], self.highs[place])
            best = tuple(rounded(end) for end in self.ends(f"bonus:{name}"))
            rest = [
                best[end] - sum(ends[place] for place in places)
                for end, ends in enumerate((self.lows, self.highs))
            ]
            put("bonus", f"group:{name}", *rest)
            pot = [pot[0] + best[0], pot[1] + best[1]]
        held = [rounded(end) for end in self.ends("bonus")]
        put("bonus", "ceiling", held[0] - pot[0], held[1] - pot[1])
        kept = [
            rounded(after - before)
            for after, before in zip(self.ends("carried"), self.ends("raised"), strict=True)
        ]
        put("clamp", "book", *kept)
        return total


def _add(ledger: list[Entry], step: Step, name: str, ends: Sequence[int]) -> None:
    if ends[0] or ends[1]:
        ledger.append(Entry(step, name, ends[0], ends[1]))


def answer(sides: Sequence[Any]) -> Answer:
    """Return a condition's must and may as an answer."""
    return "yes" if sides[0] else "possible" if sides[1] else "no"
