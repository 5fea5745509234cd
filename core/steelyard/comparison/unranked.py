"""Units that are listed apart, and why: they are never ranked, and nobody's peers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from decimal import Decimal
from types import MappingProxyType
from typing import TYPE_CHECKING, Literal, NamedTuple

from steelyard.book.model import DIMENSIONS
from steelyard.comparison.snapshot import Snapshot
from steelyard.comparison.table import RATED
from steelyard.errors import Fault, Word, fault
from steelyard.expression.types import number_text, units_of

if TYPE_CHECKING:
    from steelyard.comparison.table import Integers, Truths

Code = Literal[
    "vetoed", "veto_possible", "not_rated", "coverage", "dimension", "not_rated_possible"
]
# The first five as ever, since their bits stand in the fingerprints of comparisons made before.
CODES: tuple[Code, ...] = (
    "vetoed",
    "veto_possible",
    "not_rated",
    "coverage",
    "dimension",
    "not_rated_possible",
)
WORDS: Mapping[str, Word] = MappingProxyType(
    {
        "leadership": Word("leadership"),
        "learning": Word("learning"),
        "values": Word("values"),
        "integrity": Word("integrity"),
        "governance": Word("governance"),
        "service": Word("service"),
        "performance": Word("performance"),
        "culture": Word("culture"),
        "volunteering": Word("volunteering"),
        "environment": Word("environment"),
        "safety": Word("safety"),
        "publicity": Word("publicity"),
    }
)
"""The dimensions as words within a message."""
_COVERAGE = 4


class Reason(NamedTuple):
    """Why a unit stands apart: a code for programs, and the words."""

    code: Code
    said: Fault


@dataclass(frozen=True, eq=False, slots=True)
class Apart:
    """Which rows stand apart: bit n of `flags` is the reason CODES[n], 0 is none.

    `lacking` is rows × dimensions compared: True where the row has no value there. `digest` gives
    each row's book, `books` the dimensions on which each of them asks for points.
    """

    flags: Integers
    lacking: Truths
    coverage: Integers
    dimensions: tuple[str, ...]
    least: Decimal
    digest: Sequence[str]
    books: Mapping[str, AbstractSet[str]]

    @property
    def unranked(self) -> Integers:
        """The places of the rows that stand apart from the ranking."""
        import numpy as np

        return np.flatnonzero(self.flags)

    @property
    def ranked(self) -> Integers:
        """The places of the rows that can be ranked."""
        import numpy as np

        return np.flatnonzero(self.flags == 0)

    @property
    def peers(self) -> Integers:
        """The places of the rows that are somebody's peers: what they lack on a dimension compared
        is no matter there.
        """
        import numpy as np

        return np.flatnonzero((self.flags & ~(1 << CODES.index("dimension"))) == 0)

    def codes(self, row: int) -> tuple[Code, ...]:
        """Return the codes of a row's reasons."""
        flags = int(self.flags[row])
        return tuple(code for bit, code in enumerate(CODES) if flags >> bit & 1)

    def reasons(self, row: int) -> tuple[Reason, ...]:
        """Return the reasons why a row stands apart."""
        return tuple(reason for code in self.codes(row) for reason in self._reasons(row, code))

    def _reasons(self, row: int, code: Code) -> Sequence[Reason]:
        match code:
            case "vetoed":
                return [Reason(code, fault("", "is vetoed"))]
            case "veto_possible":
                return [Reason(code, fault("", "may be vetoed: what is still to be shown decides"))]
            case "not_rated":
                return [Reason(code, fault("", "is not rated"))]
            case "not_rated_possible":
                return [
                    Reason(code, fault("", "may not be rated: what is still to be shown decides"))
                ]
            case "coverage":
                share = number_text(int(self.coverage[row]) * 100, _COVERAGE)
                return [
                    Reason(
                        code,
                        fault(
                            "",
                            "coverage {coverage} is under {least}",
                            coverage=f"{share}%",
                            least=f"{(self.least * 100).normalize():f}%",
                        ),
                    )
                ]
        names = [
            name
            for name, missing in zip(self.dimensions, self.lacking[row].tolist(), strict=True)
            if missing
        ]
        asked = self.books[self.digest[row]]
        none = "none of its rules on {dimension} applied"
        nothing = "its book has no rule on {dimension}"
        return [
            Reason(code, fault("", none if name in asked else nothing, dimension=WORDS[name]))
            for name in names
        ]


def apart(now: Snapshot, least: Decimal, *, possible_veto: bool) -> Apart:
    """Return which rows stand apart from a ranking on the dimensions compared, under a least
    coverage.

    `possible_veto` sets those apart, too, whose veto, or whose being rated at all, hangs on
    evidence that is missing.
    """
    import numpy as np

    table, dimensions = now.table, now.dimensions
    at = [DIMENSIONS.index(name) for name in dimensions]
    lacking = ~now.attained.asked[:, at]
    veto = np.array(table.heads.veto)
    units = units_of(least, _COVERAGE) or 0
    hits = (
        veto == "yes",
        (veto == "possible") & possible_veto,
        table.not_rated == RATED.index("yes"),
        table.coverage < units,
        lacking.any(axis=1),
        (table.not_rated == RATED.index("possible")) & possible_veto,
    )
    flags = np.zeros(len(table), dtype=np.int64)
    for bit, hit in enumerate(hits):
        flags |= np.where(hit, 1 << bit, 0)
    books = {book.digest: book.dimensions for book in now.spreads}
    return Apart(flags, lacking, table.coverage, dimensions, least, table.heads.digest, books)
