"""Weights of the dimensions: exact shares or ranges, the most even ones within them, and random
ones.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from fractions import Fraction
from math import comb, lcm, prod
from typing import TYPE_CHECKING, NamedTuple

from steelyard.book.model import DIMENSIONS
from steelyard.book.named import named
from steelyard.book.terms import DIMENSION_TITLES
from steelyard.comparison.shares import share_in
from steelyard.errors import Fault, UsageError, fault, nearest
from steelyard.expression.types import number_text
from steelyard.located_yaml import Table, Text, key_place, load, place_of

if TYPE_CHECKING:
    from steelyard.comparison.stream import Stream
    from steelyard.comparison.table import Integers

PLACES = 6
WHOLE = 10**PLACES
_KEYS = ("weights", "title", "notes")
_BATCH = 4096
_MOST_TRIES = 20_000_000


class Range(NamedTuple):
    """The least and the most weight of a dimension, in millionths; the same where it is exact."""

    low: int
    high: int

    def text(self) -> str:
        """Return the range as it is written."""
        ends = [number_text(end, PLACES) for end in dict.fromkeys(self)]
        return "..".join(ends)


_ANY = Range(0, WHOLE)


class Weights(NamedTuple):
    """The ranges of the weights of some dimensions, of which only `compared` take part in a
    ranking.

    A weight that was given to a dimension that is not compared stays with it: the others keep their
    proportions.
    """

    ranges: Mapping[str, Range]
    compared: tuple[str, ...]

    @property
    def places(self) -> list[int]:
        """Where the dimensions compared stand among all."""
        names = list(self.ranges)
        return [names.index(name) for name in self.compared]


def parse(text: str, place: str) -> tuple[str, Range]:
    """Read `dimension=0.2` or `dimension=0.1..0.3`; raises UsageError."""
    name, sign, said = text.partition("=")
    name = name.strip()
    faults: list[Fault] = []
    if not sign:
        raise UsageError(
            [
                fault(
                    place,
                    "`{text}` is not a weight such as service=0.2 or service=0.1..0.3",
                    text=text,
                )
            ]
        )
    known = _known(name, place, faults)
    found = _range(said, f"{place}: {name}", faults)
    if faults or found is None:
        raise UsageError(faults)
    return known, found


def read(text: str, name: str) -> dict[str, Range]:
    """Read a file of weights; raises UsageError with all its faults."""
    document = load(text, name, UsageError)
    faults: list[Fault] = []
    if not isinstance(document, Table) or not isinstance(document.get("weights"), Table):
        place = place_of(document, name)
        raise UsageError(
            [
                fault(
                    place,
                    "needs `weights`: a table of dimensions with a share such as 0.2 or 0.1..0.3",
                )
            ]
        )
    faults += [
        fault(key_place(document, key, name), "unknown key `{key}`", nearest(key, _KEYS), key=key)
        for key in document
        if key not in _KEYS
    ]
    weights: dict[str, Range] = {}
    given = document["weights"]
    for key, value in given.items() if isinstance(given, Table) else ():
        place = key_place(given, key, name)
        known = _known(key, place, faults)
        if known in weights:
            faults.append(fault(place, "dimension `{name}` stands twice", name=known))
        if not isinstance(value, Text):
            faults.append(fault(f"{place}: {key}", "needs a share such as 0.2 or 0.1..0.3"))
            continue
        found = _range(value, f"{place}: {key}", faults)
        if found is not None:
            weights[known] = found
    if not faults and not weights:
        faults.append(fault(key_place(document, "weights", name), "names no dimension"))
    if faults:
        raise UsageError(faults)
    return weights


def weights(given: Mapping[str, Range], compared: Sequence[str], place: str = "weights") -> Weights:
    """Return the weights of a ranking on some dimensions.

    Without any given, the dimensions compared share the whole in any way. A dimension compared that
    is not named takes what the others leave. Raises UsageError where the ranges cannot add up to 1.
    """
    names = [name for name in DIMENSIONS if name in given or name in compared]
    ranges = {name: given.get(name, _ANY) for name in names}
    least, most = sum(one.low for one in ranges.values()), sum(one.high for one in ranges.values())
    if names and (least > WHOLE or most < WHOLE):
        if least == most:
            raise UsageError(
                [
                    fault(
                        place,
                        "the weights add up to {sum}, not to 1",
                        sum=number_text(least, PLACES),
                    )
                ]
            )
        if least > WHOLE:
            raise UsageError(
                [
                    fault(
                        place,
                        "the weights add up to at least {sum}, which is more than 1",
                        sum=number_text(least, PLACES),
                    )
                ]
            )
        raise UsageError(
            [
                fault(
                    place,
                    "the weights add up to at most {sum}, which is less than 1",
                    sum=number_text(most, PLACES),
                )
            ]
        )
    taken = sum(one.low for name, one in ranges.items() if name not in compared)
    if compared and (taken == WHOLE or not any(ranges[name].high for name in compared)):
        raise UsageError([fault(place, "leave no weight to any of the dimensions compared")])
    return Weights(ranges, tuple(compared))


def even(ranges: Mapping[str, Range]) -> tuple[list[int], int]:
    """Return the weights nearest to equal ones within their ranges, as whole numbers over one
    denominator.

    They are the least squares projection of equal weights: one level, held within each range.
    Exact: weights of one third are thirds.
    """
    level = _level(ranges)
    exact = [min(max(level, Fraction(one.low)), Fraction(one.high)) for one in ranges.values()]
    scale = lcm(*(one.denominator for one in exact)) if exact else 1
    return [int(one * scale) for one in exact], scale * WHOLE


def _level(ranges: Mapping[str, Range]) -> Fraction:
    """Return the level at which the weights, held within their ranges, add up to the whole."""
    steps = sorted({end for one in ranges.values() for end in one} | {0, WHOLE})

    def total(level: int) -> int:
        return sum(min(max(level, one.low), one.high) for one in ranges.values())

    for low, high in itertools.pairwise(steps):
        if total(low) <= WHOLE <= total(high):
            rising = sum(one.low <= low and one.high >= high for one in ranges.values())
            return Fraction(low) + Fraction(WHOLE - total(low), rising) if rising else Fraction(low)
    return Fraction(WHOLE)


def draw(
    ranges: Mapping[str, Range], count: int, stream: Stream, place: str = "weights"
) -> Integers:
    """Return random weights, draws × dimensions, in millionths that add up to the whole, each lot
    equally likely.

    All lots of millionths within the ranges are equally likely: lots are drawn from a larger set
    that can be drawn from directly, and those outside are thrown away. Of three such sets the
    smallest is taken: compositions of what the least weights leave; of what the most are too much;
    or all weights but the widest freely, that one taking the rest. Raises UsageError where nearly
    all would be thrown away.
    """
    import numpy as np

    bounds = list(ranges.values())
    free = [at for at, one in enumerate(bounds) if one.low < one.high]
    lows, highs = (np.array([one[end] for one in bounds], dtype=np.int64) for end in (0, 1))
    if not free:
        return np.tile(lows, (count, 1))
    found: list[Integers] = []
    made = tries = 0
    propose = _proposal(
        [bounds[at] for at in free],
        WHOLE - sum(bounds[at].low for at in range(len(bounds)) if at not in free),
    )
    while made < count:
        if tries >= _MOST_TRIES:
            said = (
                "of {tries} random weights only {made} lie within the ranges; widen them, or "
                "give exact weights"
            )
            raise UsageError([fault(place, said, tries=tries, made=made)])
        some = propose(stream, _BATCH)
        tries += _BATCH
        good = some[((some >= lows[free]) & (some <= highs[free])).all(axis=1)]
        found.append(good)
        made += len(good)
    drawn = np.tile(lows, (count, 1))
    drawn[:, free] = np.concatenate(found)[:count]
    return drawn


def _proposal(bounds: Sequence[Range], whole: int) -> _Proposal:
    least, most = [one.low for one in bounds], [one.high for one in bounds]
    widths = [one.high - one.low for one in bounds]
    widest = widths.index(max(widths))
    over, under = whole - sum(least), sum(most) - whole
    parts = len(bounds)
    sizes: list[tuple[int, _Proposal]] = [
        (comb(over + parts - 1, parts - 1), _Composed(least, over, 1)),
        (comb(under + parts - 1, parts - 1), _Composed(most, under, -1)),
        (
            prod(width + 1 for at, width in enumerate(widths) if at != widest),
            _Boxed(least, widths, widest, whole),
        ),
    ]
    return min(sizes, key=lambda one: one[0])[1]


class _Composed(NamedTuple):
    """Compositions of a sum into parts, added to or taken from the ends of the ranges, each equally
    likely.
    """

    ends: Sequence[int]
    left: int
    sign: int

    def __call__(self, stream: Stream, count: int) -> Integers:
        import numpy as np

        parts = len(self.ends)
        if parts == 1:
            return np.full((count, 1), self.ends[0] + self.sign * self.left, dtype=np.int64)
        # Stars and bars: a composition is a choice of bars, and a choice that names one twice is
        # none.
        bars = np.sort(stream.below(self.left + parts - 1, (count, parts - 1)) + 1, axis=1)
        bars = bars[(np.diff(bars, axis=1) > 0).all(axis=1)]
        edges = np.concatenate(
            [
                np.zeros((len(bars), 1), np.int64),
                bars,
                np.full((len(bars), 1), self.left + parts, np.int64),
            ],
            axis=1,
        )
        found: Integers = np.array(self.ends, dtype=np.int64) + self.sign * (
            np.diff(edges, axis=1) - 1
        )
        return found


class _Boxed(NamedTuple):
    """All weights but one freely within their ranges; that one takes the rest."""

    least: Sequence[int]
    widths: Sequence[int]
    widest: int
    whole: int

    def __call__(self, stream: Stream, count: int) -> Integers:
        import numpy as np

        columns = [
            low + stream.below(width + 1, (count,))
            for low, width in zip(self.least, self.widths, strict=True)
        ]
        found: Integers = np.stack(columns, axis=1)
        found[:, self.widest] += self.whole - found.sum(axis=1)
        return found


_Proposal = _Composed | _Boxed


def _known(name: str, place: str, faults: list[Fault]) -> str:
    """Return the dimension that a name means, its id or its title; an empty text for none."""
    found = named(place, name, DIMENSION_TITLES, "unknown dimension `{name}`")
    if isinstance(found, Fault):
        faults.append(found)
        return ""
    return found


def _range(text: str, place: str, faults: list[Fault]) -> Range | None:
    first, several, second = text.partition("..")
    ends = [share_in(one, PLACES, place) for one in ((first, second) if several else (first,))]
    wrong = [one for one in ends if isinstance(one, Fault)]
    if wrong:
        faults.extend(wrong[:1])
        return None
    low, high = (int(end.scaleb(PLACES)) for end in (ends[0], ends[-1]) if isinstance(end, Decimal))
    if low > high:
        faults.append(fault(place, "`{text}` runs from high to low", text=text))
        return None
    return Range(low, high)


def given_texts(given: Mapping[str, Range]) -> dict[str, str]:
    """Return weights as a method keeps them."""
    return {name: given[name].text() for name in DIMENSIONS if name in given}


def from_texts(texts: Iterable[tuple[str, str]]) -> dict[str, Range]:
    """Return the weights that a method kept."""
    return dict(parse(f"{name}={text}", "weights") for name, text in texts)
