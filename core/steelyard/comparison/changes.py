"""What changed since an earlier period: up, down or not distinguishable, and whether the rules or
the unit did it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from steelyard.book.model import RuleBook
from steelyard.comparison.attainment import Attainment
from steelyard.comparison.change import Change, Line, change_between
from steelyard.comparison.peers import MEASURES, NONE, SCORE
from steelyard.comparison.sampling import Sample
from steelyard.comparison.snapshot import Snapshot, Source
from steelyard.comparison.surveys import Ends, Surveyed, surveyed
from steelyard.errors import Fault, SteelyardError, StoreError, fault
from steelyard.expression.tree import Name, Node, walk
from steelyard.expression.types import Survey
from steelyard.judging.assessment import Assessment
from steelyard.judging.findings import Judges

if TYPE_CHECKING:
    from steelyard.comparison.table import Integers

UP, DOWN, SAME = 1, -1, 0


class Detail(NamedTuple):
    """What was looked up in the cases of one unit.

    `samples` are the surveys before and now. `wide` gives by measure the ends before and now, in
    millionths, with the sampling error of the surveys. `score` and `dimensions` split the change,
    in points, where the rules changed; `failed` says why the cases could not be judged again.
    """

    samples: tuple[tuple[Sample, ...], tuple[Sample, ...]] = ((), ())
    wide: Mapping[str, tuple[Ends, Ends]] | None = None
    score: Line | None = None
    dimensions: tuple[Line, ...] = ()
    failed: Fault | None = None


@dataclass(frozen=True, eq=False, slots=True, kw_only=True)
class Changes:
    """The change of every unit that was assessed by the same book in both periods.

    `now` and `before` are places in the two tables, side by side. `verdict` is units × MEASURES:
    UP, DOWN, SAME (not distinguishable), NONE where one of the two has no value. `ruled` tells
    where the rules changed. `came` and `went` are places of units that are only in the later, only
    in the earlier table.
    """

    earlier: Snapshot
    now: Integers
    before: Integers
    verdict: Integers
    ruled: Sequence[bool]
    details: Mapping[int, Detail]
    came: Integers
    went: Integers


def changes(
    source: Source,
    earlier: Snapshot,
    later: Snapshot,
    judges: Judges,
    tick: Callable[[int, int], None] = lambda _done, _all: None,
) -> Changes:
    """Return what changed between two periods.

    A change is up where the low end now lies above the high end before, down where the high end
    lies below the low. A unit whose rules changed, or whose change could be the sampling error of a
    survey, is judged again from its cases, so far as the source has them: `details` holds what that
    gave, by the unit's place in the later table.
    """
    import numpy as np

    heads, old = later.table.heads, earlier.table.heads
    places = {
        key: place for place, key in enumerate(zip(earlier.table.units, old.book, strict=True))
    }
    keys = list(zip(later.table.units, heads.book, strict=True))
    now = np.array([place for place, key in enumerate(keys) if key in places], dtype=np.int64)
    before = np.array([places[keys[place]] for place in now.tolist()], dtype=np.int64)
    there = set(keys)
    verdict = _verdicts(_ends(earlier.attained, before), _ends(later.attained, now))
    pairs = [
        Pair(
            old.assessment[then],
            heads.assessment[place],
            (old.digest[then], heads.digest[place]),
            frozenset(
                name for name, code in zip(MEASURES, codes, strict=True) if code in (UP, DOWN)
            ),
        )
        for place, then, codes in zip(now.tolist(), before.tolist(), verdict.tolist(), strict=True)
    ]
    looking = _Looking(source, judges)
    looking.prepare(pairs)
    details: dict[int, Detail] = {}
    ruled = [
        old.digest[then] != heads.digest[place]
        for place, then in zip(now.tolist(), before.tolist(), strict=True)
    ]
    for number, (place, pair) in enumerate(zip(now.tolist(), pairs, strict=True)):
        found = looking.look(pair)
        tick(number + 1, len(now))
        if found is None:
            continue
        details[place] = found
        ruled[number] = ruled[number] or found.score is not None
        if found.wide is not None:
            verdict[number] = _widened(verdict[number], found.wide)
    came = [place for place, key in enumerate(keys) if key not in places]
    went = [place for key, place in places.items() if key not in there]
    return Changes(
        earlier=earlier,
        now=now,
        before=before,
        verdict=verdict,
        ruled=ruled,
        details=details,
        came=np.array(came, dtype=np.int64),
        went=np.array(went, dtype=np.int64),
    )


def _ends(attained: Attainment, rows: Integers) -> tuple[Integers, Integers]:
    import numpy as np

    low = np.concatenate([attained.score[rows, :1], attained.low[rows]], axis=1)
    high = np.concatenate([attained.score[rows, 1:], attained.high[rows]], axis=1)
    return low, high


def _verdicts(before: tuple[Integers, Integers], now: tuple[Integers, Integers]) -> Integers:
    import numpy as np

    found = np.where(now[0] > before[1], UP, np.where(now[1] < before[0], DOWN, SAME))
    return np.where((before[0] < 0) | (now[0] < 0), NONE, found)


def _widened(verdict: Integers, wide: Mapping[str, tuple[Ends, Ends]]) -> Integers:
    found = verdict.copy()
    for column, measure in enumerate(MEASURES):
        if verdict[column] != NONE and measure in wide:
            (low, high), (first, last) = wide[measure]
            found[column] = UP if first > high else DOWN if last < low else SAME
    return found


class Pair(NamedTuple):
    """The assessments of one unit before and now, their books, and the measures that went up or
    down.
    """

    before: str
    now: str
    digests: tuple[str, str]
    moved: frozenset[str]

    @property
    def same(self) -> bool:
        """Whether it is the very same book."""
        return self.digests[0] == self.digests[1]


class _Looking:
    """Looks into cases where rows do not tell enough; what holds for a book is found out once."""

    def __init__(self, source: Source, judges: Judges) -> None:
        self.source = source
        self.judges = judges
        self.traits: dict[str, tuple[frozenset[str], bool]] = {}
        self.told: Mapping[str, Surveyed] = {}

    def prepare(self, pairs: Iterable[Pair]) -> None:
        """Fetch at once what was saved of the surveys of those whose rules are the same."""
        wanted = []
        for pair in pairs:
            if pair.same:
                hanging, dated = self._traits(pair.digests[1])
                if not dated and hanging & pair.moved:
                    wanted += [pair.before, pair.now]
        self.told = self.source.surveyed(wanted) if wanted else {}

    def look(self, pair: Pair) -> Detail | None:
        """Return what the cases tell, None where the rows told all."""
        before, now, digests, moved = pair
        same = pair.same
        hanging, dated = self._traits(digests[1])
        if same and not dated:
            if not hanging & moved:
                return None
            if before in self.told and now in self.told:
                old_, new_ = self.told[before], self.told[now]
                return Detail((old_.samples, new_.samples), _wide(old_, new_))
        try:
            old, new = self.source.assessment(before), self.source.assessment(now)
            if old is None or new is None:
                return (
                    None
                    if same
                    else Detail(
                        failed=fault("", "its cases are not at hand, so the change cannot be split")
                    )
                )
            return self._detail(old, new)
        except StoreError:
            # What is not as it was saved is refused, not passed over.
            raise
        except SteelyardError as error:
            return Detail(failed=error.faults[0])

    def _traits(self, digest: str) -> tuple[frozenset[str], bool]:
        """Return the measures of a book that hang on surveys, and whether a figure of it changes
        with time.
        """
        if digest not in self.traits:
            try:
                book = self.source.book(digest)
            except StoreError:
                raise
            except SteelyardError:
                book = None
            self.traits[digest] = (
                (frozenset(), False) if book is None else (_surveyed(book), _dated(book))
            )
        return self.traits[digest]

    def _detail(self, old: Assessment, new: Assessment) -> Detail:
        before, now = (surveyed(one, self.judges) for one in (old, new))
        wide, (first, second) = _wide(before, now), (before.samples, now.samples)
        if old.book.digest == new.book.digest and old.case.parameters == new.case.parameters:
            return Detail((first, second), wide)
        try:
            found: Change = change_between(old, new, self.judges)
        except SteelyardError as error:
            return Detail((first, second), wide, failed=error.faults[0])
        return Detail(
            (first, second), wide, found.score, tuple(one for one in found.dimensions if one.id)
        )


def _wide(before: Surveyed, now: Surveyed) -> Mapping[str, tuple[Ends, Ends]] | None:
    """Return the ends of every measure before and now; None where there is no survey."""
    if not before.samples and not now.samples:
        return None
    return {
        name: (before.wide[name], now.wide[name])
        for name in MEASURES
        if name in before.wide and name in now.wide
    }


def _surveyed(book: RuleBook) -> frozenset[str]:
    """Return the measures to which some rule that reads a survey, itself or through derived facts,
    gives points.
    """
    reading: dict[str, bool] = {}

    def reads(node: Node) -> bool:
        return any(
            isinstance(one, Name) and one.kind == "fact" and of_survey(one.name)
            for one in walk(node)
        )

    def of_survey(name: str) -> bool:
        if name not in reading:
            fact = book.facts[name]
            reading[name] = isinstance(fact.type, Survey) or (
                fact.derived is not None and reads(fact.derived)
            )
        return reading[name]

    found = set()
    for rule in book.rules.values():
        parts = (rule.lowered.points, rule.lowered.applies, rule.not_applicable)
        if any(reads(part) for part in parts if part is not None):
            found |= {SCORE, rule.dimension or SCORE}
    return frozenset(found)


def _dated(book: RuleBook) -> bool:
    return any(len({units for _, units in one.values}) > 1 for one in book.parameters.values())
