"""What is taken for possible of a case, so that what was not tried is not lost."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import NamedTuple

from steelyard.plan.levers import Key, Piece


class Loose(NamedTuple):
    """A part of which not every combination was tried: what it may say at best as soon as one of
    some levers is moved, or so many records are entered in one of some registers.

    `reach` is its share at most, by the number of records from 0 up; with more of them it is met.
    """

    keys: frozenset[Key]
    registers: frozenset[str]
    reach: tuple[Fraction, ...]

    def at(self, records: int) -> Fraction:
        """Return the share with so many records at most."""
        return self.reach[records] if records < len(self.reach) else Fraction(1)


class Slack(NamedTuple):
    """What is taken for possible where not every combination was tried, so that no way is lost;
    `each` is the least that one record of a register takes.
    """

    pieces: Mapping[Piece, Loose]
    each: Mapping[str, Fraction]

    def levels(self, register: str) -> list[int]:
        """Return the numbers of records of a register at which some part may say more, from 1."""
        own = [one for one in self.pieces.values() if register in one.registers]
        most = max((len(one.reach) for one in own), default=1)
        return [
            count
            for count in range(1, max(most, 1) + 1)
            if any(one.at(count) > one.at(count - 1) or not one.reach and count == 1 for one in own)
        ]
