"""The ledger: every step of scoring as a signed addend to both ends of the score.

What was worked out in carried places is rounded here for the eye; a `rounding` entry for each
section and one for the book make the printed column add up to subtotals and score.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import lru_cache, partial
from itertools import repeat
from operator import itemgetter
from typing import Any, Literal, NamedTuple, cast

from steelyard.book.model import RuleBook
from steelyard.book.program import Program, program
from steelyard.forms.form import CARRIED
from steelyard.forms.judged import Judged
from steelyard.judging.compiled.compile import Found, step_names

Step = Literal["item", "redistribution", "rounding", "bonus", "clamp"]
Ends = tuple[int, int]
Pick = Callable[[Sequence[Any]], Sequence[Any]]
UNIT: int = 10**CARRIED
HALF = UNIT // 2
Answer = Literal["no", "yes", "possible"]


class Entry(NamedTuple):
    """A signed addend to the low and to the high end of the score, in units of its decimals."""

    step: Step
    id: str
    low: int
    high: int


# A named tuple's own constructor is Python; the tuple's, mapped over rows, takes a third of the
# time.
_entry = cast("Callable[[Iterable[object]], Entry]", partial(tuple.__new__, Entry))


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


class Section(NamedTuple):
    """A section that has rules: what picks their values, and the places of its steps."""

    id: str
    pick: Pick
    asked: int
    carried: int
    printed: int


class Dimension(NamedTuple):
    """A dimension that rules are of: its points, and the places of its steps."""

    id: str
    points: int
    asked: int
    carried: int


class Layout(NamedTuple):
    """What a book's results are read by: the places of its steps, and of its rules by section.

    `carried` and `full` are the rules' points and their own full marks in carried points; `asked`
    picks the rules that are no bonus.
    """

    program: Program
    places: Mapping[str, int]
    ids: tuple[str, ...]
    carried: tuple[int, ...]
    full: tuple[int, ...]
    asked: Pick
    asked_ids: tuple[str, ...]
    sections: tuple[Section, ...]
    dimensions: tuple[Dimension, ...]
    judged: tuple[str, ...]


@lru_cache(maxsize=64)
def layout(book: RuleBook) -> Layout:
    """Return what a book's results are read by."""
    rules, steps = list(book.rules.values()), program(book)
    asked = [place for place, rule in enumerate(rules) if not rule.bonus]
    places = {name: 2 * place for place, name in enumerate(step_names(book))}
    return Layout(
        steps,
        places,
        tuple(rule.id for rule in rules),
        tuple(rule.points * UNIT for rule in rules),
        tuple(rule.full * UNIT for rule in rules),
        _picking(asked),
        tuple(rules[place].id for place in asked),
        tuple(
            Section(
                name,
                _picking([place for place, rule in enumerate(rules) if rule.section == name]),
                *(places[f"{step}:{name}"] for step in ("asked", "section", "printed")),
            )
            for name in steps.sections
        ),
        tuple(
            Dimension(
                name,
                sum(rule.points for rule in rules if rule.dimension == name and not rule.bonus),
                places[f"dimension-asked:{name}"],
                places[f"dimension:{name}"],
            )
            for name in steps.dimensions
        ),
        tuple(rule.id for rule in rules if isinstance(rule.form, Judged)),
    )


def _picking(places: list[int]) -> Pick:
    """Return what picks the values at some places of a list."""
    if places == list(range(places[0], places[-1] + 1) if places else ()):
        return itemgetter(slice(places[0], places[-1] + 1) if places else slice(0))
    if len(places) == 1:
        return lambda values: [values[places[0]]]
    return itemgetter(*places)


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
        steps = self._found.steps
        return {
            part.id: Asked(
                steps[part.carried],
                steps[part.carried + 1],
                part.points,
                answer((steps[part.asked], steps[part.asked + 1])),
            )
            for part in self._laid.dimensions
        }

    @property
    def ledger(self) -> list[Entry]:
        """Every addend of the score; their sums are its two ends."""
        return self._entries()

    def _entries(self) -> list[Entry]:
        laid, found = self._laid, self._found
        steps, lows, highs = found.steps, self.lows, self.highs
        some_out, settled = any(found.states), lows is highs
        items = zip(repeat("item"), laid.asked_ids, laid.asked(lows), laid.asked(highs))
        ledger = list(map(_entry, items))
        low = high = carried_low = carried_high = 0
        for part in laid.sections:
            first, last = steps[part.printed], steps[part.printed + 1]
            asked = not some_out or steps[part.asked + 1]
            if not asked:
                first = last = 0
            below = sum(part.pick(lows))
            rest_low = first - below
            rest_high = last - (below if settled else sum(part.pick(highs)))
            if some_out:
                if any(part.pick(found.states)):
                    shared = self._shared(part) if asked else (rest_low, rest_high)
                    _add(ledger, "redistribution", part.id, shared)
                    rest_low, rest_high = rest_low - shared[0], rest_high - shared[1]
                carried_low += steps[part.carried] if asked else 0
                carried_high += steps[part.carried + 1] if asked else 0
            if rest_low or rest_high:
                ledger.append(Entry("rounding", part.id, rest_low, rest_high))
            low += first
            high += last
        if some_out:
            base = self.ends("base")
            shared = rounded(base[0] - carried_low), rounded(base[1] - carried_high)
            _add(ledger, "redistribution", "book", shared)
            low, high = low + shared[0], high + shared[1]
        if laid.program.groups:
            low, high = self._bonus(ledger, [low, high])
        score = self.ends("score")
        if score != (low, high):
            _add(ledger, "rounding", "book", (score[0] - low, score[1] - high))
        return ledger

    def _shared(self, part: Section) -> Ends:
        """Return what a section's rules that apply take over from those that do not."""
        found = self._found
        return (
            rounded(found.steps[part.carried] - sum(part.pick(found.lows))),
            rounded(found.steps[part.carried + 1] - sum(part.pick(found.highs))),
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
