"""Assessments as comparisons read them: a row each, held by columns so that a hundred thousand
fit.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from functools import cached_property
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple

from steelyard.book.model import DIMENSIONS
from steelyard.case.unit import Unit
from steelyard.comparison.fingerprint import SINCE
from steelyard.errors import Fault, Plural, UsageError, fault, nearest
from steelyard.expression.types import units_of
from steelyard.judging.earlier_form import brought_up_to_date

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Integers = NDArray[np.int64]
    Truths = NDArray[np.bool_]

_MOST = Decimal(10**9)
MOST_UNITS = 2**63 - 1
"""How many units of their places points may be, carried places and all, to be compared."""
_DECIMALS = 6
_COVERAGE = 4
_VETOES = ("no", "possible", "yes")
RATED = ("no", "yes", "possible")
"""What `not_rated` of a row may be; a table holds its place here."""
_NOTHING: Mapping[str, Any] = MappingProxyType({})


class Points(NamedTuple):
    """Points between low and high, earned of those asked."""

    low: Decimal
    high: Decimal
    asked: Decimal


class Row(NamedTuple):
    """One assessment: whose, by which book, for which period, and what it gives.

    `earned` holds the points of each dimension on which a rule applied, bonus rules left out; a
    dimension that is not there was not asked. `veto` and `not_rated` are `no`, `possible` or `yes`;
    `coverage` is a share between 0 and 1. Of several rows of one unit, book and period the last
    counts. `assessment` is its id; without one, `unit/book/period` stands for it. `part_of` is the
    whole within which the unit's id is known, empty where there is none.
    """

    unit: str
    sector: str
    book: str
    period: str
    earned: Mapping[str, Points]
    score: Points = Points(Decimal(0), Decimal(0), Decimal(0))
    coverage: Decimal = Decimal(1)
    name: str = ""
    version: str = ""
    digest: str = ""
    grade: tuple[str, str] = ("", "")
    veto: str = "no"
    not_rated: str = "no"
    assessment: str = ""
    as_of: str = ""
    case: str = ""
    part_of: str = ""


class Heads(NamedTuple):
    """The texts of every row, each a list as long as the table."""

    assessment: Sequence[str]
    unit: Sequence[str]
    name: Sequence[str]
    sector: Sequence[str]
    book: Sequence[str]
    version: Sequence[str]
    digest: Sequence[str]
    period: Sequence[str]
    as_of: Sequence[str]
    case: Sequence[str]
    grade_low: Sequence[str]
    grade_high: Sequence[str]
    veto: Sequence[str]


@dataclass(frozen=True, eq=False, kw_only=True)
class Table:
    """Assessments by columns, in the order in which they were made.

    `points` is rows × 12 dimensions × (low, high, asked) and `score` rows × (low, high, full),
    integers in units of 10**-`decimals` of the row; low and high points have `carried` places more.
    `coverage` is in units of 10**-4, and `not_rated` a place in RATED. `perhaps` is a set of
    dimensions, bit n for the nth: those on which perhaps nothing is asked; -1 where nobody worked
    that out, as for assessments of the first edition. `wholes` names the whole that each row's unit
    is a part of, empty for none.
    """

    heads: Heads
    points: Integers
    score: Integers
    decimals: Integers
    coverage: Integers
    not_rated: Integers
    carried: Integers = field(metadata={SINCE: 0})
    perhaps: Integers = field(metadata={SINCE: -1})
    wholes: Sequence[str] = field(metadata={SINCE: ""})

    @cached_property
    def units(self) -> Sequence[Unit]:
        """Whose each row is."""
        return list(map(Unit, self.wholes, self.heads.unit))

    def named(self, row: int) -> dict[str, str]:
        """Return a row's unit as a published form names it."""
        return {"unit": self.heads.unit[row], **self.units[row].named}

    @classmethod
    def of(cls, rows: Iterable[Row]) -> Table:
        """Return a table of plain rows. Raises UsageError with the faults of all rows: what is no
        number, or does not fit.
        """
        reading = _Reading()
        for number, row in enumerate(rows):
            reading.take(row, f"row {number + 1}")
        return reading.table()

    def __len__(self) -> int:
        """Return the number of rows."""
        return len(self.heads.unit)

    def pick(self, rows: Sequence[int]) -> Table:
        """Return some rows by their places, in the order named."""
        import numpy as np

        at = np.asarray(rows, dtype=np.int64)
        places = at.tolist()
        heads = Heads(*([column[place] for place in places] for column in self.heads))
        return replace(
            self,
            heads=heads,
            points=self.points[at],
            score=self.score[at],
            decimals=self.decimals[at],
            coverage=self.coverage[at],
            not_rated=self.not_rated[at],
            carried=self.carried[at],
            perhaps=self.perhaps[at],
            wholes=[self.wholes[place] for place in places],
        )

    def where(self, wanted: Callable[[str, str, str, str], bool]) -> Table:
        """Return the rows whose period, sector, book and version are wanted."""
        heads = self.heads
        keys = zip(heads.period, heads.sector, heads.book, heads.version, strict=True)
        # A store has few sectors, books and periods, so each answer is worked out once.
        answers: dict[tuple[str, str, str, str], bool] = {}
        rows = []
        for place, key in enumerate(keys):
            answer = answers.get(key)
            if answer is None:
                answers[key] = answer = wanted(*key)
            if answer:
                rows.append(place)
        return self if len(rows) == len(self) else self.pick(rows)

    def settled(self) -> tuple[Table, tuple[tuple[str, str], ...]]:
        """Return the last row of each unit, book and period, ordered by unit, book and period; and
        the earlier ones.

        Those are named by their id with the id of the one that counts instead.
        """
        heads = self.heads
        last: dict[tuple[Unit, str, str], int] = {}
        earlier: list[tuple[int, tuple[Unit, str, str]]] = []
        for place, key in enumerate(zip(self.units, heads.book, heads.period, strict=True)):
            if key in last:
                earlier.append((last[key], key))
            last[key] = place
        order = [last[key] for key in sorted(last)]
        superseded = tuple(
            (heads.assessment[place], heads.assessment[last[key]]) for place, key in earlier
        )
        return self.pick(order), superseded


def too_long(place: str) -> Fault:
    """Return that a book's points cannot be compared."""
    return fault(place, "has too many points, in their decimals, to be compared")


def table_of(
    heads: Sequence[Sequence[str]], wholes: Sequence[str], figures: Sequence[Sequence[int]]
) -> Table:
    """Return a table from its texts, column by column, and its figures, row by row.

    The figures of a row are coverage, not_rated, low, high and full of the score, decimals, low,
    high and asked of every dimension, carried, and perhaps.
    """
    import numpy as np

    width = 8 + 3 * len(DIMENSIONS)
    try:
        numbers = np.array(figures, dtype=np.int64).reshape(len(figures), width)
    except OverflowError:
        beyond = next(row for row, one in enumerate(figures) if max(one) > MOST_UNITS)
        raise UsageError([too_long(Heads(*heads).book[beyond])]) from None
    return Table(
        heads=Heads(*heads),
        coverage=numbers[:, 0].copy(),
        not_rated=numbers[:, 1].copy(),
        score=numbers[:, 2:5].copy(),
        decimals=numbers[:, 5].copy(),
        points=numbers[:, 6:-2].reshape(len(figures), len(DIMENSIONS), 3).copy(),
        carried=numbers[:, -2].copy(),
        perhaps=numbers[:, -1].copy(),
        wholes=wholes,
    )


def row_of(document: Mapping[str, Any]) -> Row:
    """Return the row of an assessment in its published form, in which the points of a dimension are
    summed from the findings.

    A finding of a rule that may not apply shows 0 as its low end and its full mark as asked, so
    where there is one, the ends are not those that the store keeps.
    """
    document = brought_up_to_date(document)
    earned: dict[str, Points] = {}
    for one in document["findings"]:
        dimension, points = one.get("dimension"), one["points"]
        if (
            dimension is None
            or one.get("section") is None
            or one["outcome"] in {"not_applicable", "waived"}
        ):
            continue
        more = Points(*(Decimal(points[end]) for end in ("low", "high", "full")))
        had = earned.get(dimension, _NO_POINTS)
        earned[dimension] = Points(*(one + other for one, other in zip(had, more, strict=True)))
    subject, book, score, grade = (
        document["subject"],
        document["book"],
        document["score"],
        document["grade"],
    )
    return Row(
        unit=subject["id"],
        name=subject.get("name") or "",
        sector=subject.get("sector") or "",
        book=book["id"],
        version=book["version"],
        digest=book["digest"],
        period=document["period"],
        as_of=document["as_of"],
        case=document["case"],
        assessment=document["id"],
        earned=earned,
        score=Points(Decimal(score["low"]), Decimal(score["high"]), Decimal(score["full"])),
        coverage=Decimal(document["coverage"]),
        grade=(grade["low"], grade["high"]),
        veto=document["veto"],
        not_rated=document["not_rated"],
        part_of=Unit.of(subject).whole,
    )


_NO_POINTS = Points(Decimal(0), Decimal(0), Decimal(0))


class _Reading:
    """Rows on their way into a table; all faults together."""

    def __init__(self) -> None:
        self.faults: list[Fault] = []
        self.texts: list[tuple[str, ...]] = []
        self.figures: list[list[int]] = []
        self.wholes: list[str] = []

    def take(self, row: Row, place: str) -> None:
        unit = Unit(row.part_of, row.unit)
        self.wholes.append(row.part_of)
        if row.unit:
            place = f"{place} ({unit})"
        for key in ("unit", "book", "period"):
            if not getattr(row, key):
                self.faults.append(fault(f"{place}: {key}", "is empty"))
        for key, said in (("veto", row.veto), ("not_rated", row.not_rated)):
            if said not in _VETOES:
                self.faults.append(
                    fault(
                        f"{place}: {key}",
                        "`{value}` is none of no, possible and yes",
                        nearest(str(said), _VETOES),
                        value=said,
                    )
                )
        score = self._points(row.score, f"{place}: score")
        points = [0] * (3 * len(DIMENSIONS))
        for name, earned in row.earned.items():
            if name not in DIMENSIONS:
                self.faults.append(
                    fault(place, "unknown dimension `{name}`", nearest(name, DIMENSIONS), name=name)
                )
                continue
            at = 3 * DIMENSIONS.index(name)
            points[at : at + 3] = self._points(earned, f"{place}: {name}")
        coverage = self._units(row.coverage, _COVERAGE, f"{place}: coverage")
        if not 0 <= coverage <= 10**_COVERAGE:
            self.faults.append(
                fault(f"{place}: coverage", "`{value}` is not between 0 and 1", value=row.coverage)
            )
        digest = row.digest or f"{row.book}@{row.version}"
        name = row.assessment or f"{unit}/{row.book}/{row.period}"
        self.texts.append(
            (
                name,
                row.unit,
                row.name,
                row.sector,
                row.book,
                row.version,
                digest,
                row.period,
                row.as_of,
                row.case,
                *row.grade,
                row.veto,
            )
        )
        rated = RATED.index(row.not_rated) if row.not_rated in RATED else 0
        self.figures.append([coverage, rated, *score, _DECIMALS, *points, 0, -1])

    def table(self) -> Table:
        if self.faults:
            raise UsageError(self.faults)
        columns = list(zip(*self.texts, strict=True)) if self.texts else [()] * len(Heads._fields)
        return table_of([list(column) for column in columns], self.wholes, self.figures)

    def _points(self, points: Points, place: str) -> list[int]:
        low, high, asked = (self._units(one, _DECIMALS, place) for one in points)
        if not 0 <= low <= high <= asked:
            said = ", ".join(str(one) for one in points)
            self.faults.append(
                fault(
                    place,
                    "`{points}` are not a low end, a high end and the points asked, none "
                    "above the next",
                    points=said,
                )
            )
        return [low, high, asked]

    def _units(self, value: object, places: int, place: str) -> int:
        # Text and floats are turned away too: a float has already lost what was written.
        number = Decimal(value) if isinstance(value, int) and not isinstance(value, bool) else value
        if not isinstance(number, Decimal) or not number.is_finite() or abs(number) > _MOST:
            self.faults.append(
                fault(
                    place, "`{value}` is not a decimal number up to {most}", value=value, most=_MOST
                )
            )
            return 0
        units = units_of(number, places)
        if units is None:
            self.faults.append(
                fault(
                    place,
                    Plural(
                        "`{value}` has more than {count} decimal",
                        "`{value}` has more than {count} decimals",
                    ),
                    value=value,
                    count=places,
                )
            )
            return 0
        return units
