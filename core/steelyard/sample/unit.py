"""A made-up unit through its quarters: how good it is on every dimension, and which of its evidence
comes in.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from steelyard.book.model import DIMENSIONS, METHODS
from steelyard.sample.chance import Chance

# Of a dimension's deviation 0.85 is the unit's own and 0.53 the dimension's: two dimensions of a
# unit correlate by 0.72.
_COMMON, _OWN = 0.85, 0.53
# From quarter to quarter 0.93 stays; the rest is new, so that the deviation keeps its size, and
# things slowly get better.
_STAYS, _NEW, _DRIFT = 0.93, 0.37, 0.04
# How often a method's evidence does not come in at all, and which share of its sheets is missing on
# the whole.
_ABSENT: Mapping[str, float] = {
    "documents": 0,
    "site": 0.1,
    "survey": 0.12,
    "records": 0,
    "report": 0.05,
    "complaint": 0.05,
}
_HIDDEN: Mapping[str, float] = {
    "documents": 0.06,
    "site": 0.05,
    "survey": 0.04,
    "records": 0.07,
    "report": 0.03,
    "complaint": 0.03,
}
_LATE, _LATE_SHARE = 0.06, 0.45
_AGAIN = 0.7


@dataclass(frozen=True, slots=True)
class Quarter:
    """A unit in one quarter.

    `failing` gives for each dimension (and None, for rules without one) how many times as often as
    the average unit it fails; `breaches` the same for breaches; `hidden` for each method the share
    of sheets that did not come in.
    """

    failing: Mapping[str | None, float]
    breaches: float
    hidden: Mapping[str, float]


def quarters(chance: Chance, number: int) -> Iterator[Quarter]:
    """Yield a unit's first quarters; a longer row begins with a shorter one."""
    common = chance.normal()
    own = {dimension: chance.normal() for dimension in DIMENSIONS}
    care = 0.4 * common + 0.9 * chance.normal()
    prone = chance.tail()
    absent = {method: chance.share() for method in METHODS}
    for at in range(number):
        if at:
            common = _STAYS * common + _NEW * chance.normal() + _DRIFT
            own = {
                dimension: _STAYS * level + _NEW * chance.normal()
                for dimension, level in own.items()
            }
            prone = prone if chance.falls(_AGAIN) else chance.tail()
            absent = {
                method: share if chance.falls(_AGAIN) else chance.share()
                for method, share in absent.items()
            }
        failing: dict[str | None, float] = {
            dimension: failing_of(_COMMON * common + _OWN * level)
            for dimension, level in own.items()
        }
        failing[None] = failing_of(common)
        late = chance.share() * _LATE_SHARE + 0.15 if chance.falls(_LATE) else 0.0
        hidden = {
            method: 1.0
            if absent[method] < _ABSENT[method]
            else min(_HIDDEN[method] * failing_of(care) + late, 0.9)
            for method in METHODS
        }
        yield Quarter(failing, prone * failing_of(common), hidden)


def failing_of(level: float) -> float:
    """Return how many times as often a unit of a level fails as one of level 0; twice as bad weighs
    more than twice as good.
    """
    return 1 / (1 + 0.9 * level) if level > 0 else 1 - 0.8 * level + 0.2 * level * level
