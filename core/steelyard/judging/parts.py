"""The parts of a whole as a reader wants them: a line for each assessment, one for each run that is
still awaited.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import groupby
from typing import TYPE_CHECKING, Any, NamedTuple

from steelyard.book.model import Register
from steelyard.case.reading.rollup import tells

if TYPE_CHECKING:
    from steelyard.judging.assessment import Assessment


class Line(NamedTuple):
    """A part in a period, or in a run of `periods` of them, first to last, in which it is not
    assessed yet (`row` is None).
    """

    subject: str
    first: str
    last: str
    periods: int
    row: Mapping[str, Any] | None

    @property
    def period(self) -> str:
        """The period, or the run of periods."""
        return self.first if self.first == self.last else f"{self.first} – {self.last}"

    @property
    def not_rated(self) -> str:
        """Whether an assessed part is not rated, and so has no score and no grade: `no`, `yes` or
        `possible`.
        """
        # A row that the first edition froze does not say; what it holds counts.
        said = (self.row or {}).get("not_rated", "false")
        return {"false": "no", "true": "yes"}.get(said, "possible")


def rolled_up(assessment: Assessment) -> list[tuple[Register, list[Line]]]:
    """Return the lines of every register that assessments of parts fill and that holds any."""
    found = []
    for register in assessment.book.registers.values():
        if register.rolled is not None:
            rows = assessment.case.document.get("records", {}).get(register.id, {}).get("rows", [])
            lines = [
                line
                for (subject, there), run in groupby(rows, _run)
                for line in _lines(subject, list(run), there=there)
            ]
            if lines:
                found.append((register, lines))
    return found


def _run(row: Mapping[str, Any]) -> tuple[str, bool]:
    return row["subject"], _there(row)


def _there(row: Mapping[str, Any]) -> bool:
    return tells(row.get("assessment"))


def _lines(subject: str, rows: list[Mapping[str, Any]], *, there: bool) -> list[Line]:
    if there:
        return [Line(subject, row["period"], row["period"], 1, row) for row in rows]
    return [Line(subject, rows[0]["period"], rows[-1]["period"], len(rows), None)]
