"""The edges of the books as tests/edges states them, independently of the books."""

from __future__ import annotations

import calendar
import datetime
import re
from collections.abc import Mapping
from fractions import Fraction
from pathlib import Path
from typing import Any, NamedTuple

import yaml

HOME = Path(__file__).parents[1] / "edges"
QUANTILES = {"90": Fraction(2705543, 10**6), "95": Fraction(3841459, 10**6),
             "99": Fraction(6634897, 10**6)}  # fmt: skip
"""The squares of the normal quantiles of a two-sided confidence, as printed in statistical tables."""
HOLDS = {
    "<": (True, False, False),
    "<=": (True, True, False),
    "==": (False, True, False),
    ">=": (False, True, True),
    ">": (False, False, True),
}
"""Whether a comparison holds one step below its edge, on it, and one step above."""


class Edge(NamedTuple):
    """One comparison: its sign, its edge (None: another fact), and its confidence squared."""

    op: str
    value: Fraction | None
    name: str
    z_squared: Fraction | None = None

    def holds(self, side: int) -> bool:
        """Whether it holds on the edge (0) or one step to a side of it."""
        return HOLDS[self.op][side + 1]


class Stated:
    """What is stated of one book."""

    def __init__(self, book: str) -> None:
        """Read the book's table."""
        said = yaml.load((HOME / f"{book}.yaml").read_text("utf-8"), yaml.BaseLoader)  # noqa: S506
        self.said: Mapping[str, Any] = said
        self.parameters = {
            name: Fraction(value) for name, value in (said.get("parameters") or {}).items()
        }
        self.grades: list[tuple[str, Fraction]] = [
            (name, Fraction(value)) for name, value in said["grades"].items()
        ]
        self.edges: Mapping[str, list[Edge]] = {
            where: [self._edge(one) for one in _several(some)]
            for where, some in (said.get("edges") or {}).items()
        }
        self.bands: Mapping[str, list[tuple[Edge, Fraction]]] = {
            rule: [(self._edge(edge), Fraction(points)) for edge, points in some.items()]
            for rule, some in (said.get("bands") or {}).items()
        }
        self.rungs: Mapping[str, str] = said.get("rungs") or {}
        self.stages: Mapping[str, tuple[int, ...]] = {
            name: _months(months) for name, months in (said.get("stages") or {}).items()
        }
        self.late: Mapping[str, Fraction] = {
            rule: Fraction(share) for rule, share in (said.get("late") or {}).items()
        }
        self.each: Mapping[str, Fraction] = {
            rule: Fraction(points) for rule, points in (said.get("each") or {}).items()
        }
        self.graded: Mapping[str, Mapping[str, Fraction]] = {
            rule: {option: Fraction(share) for option, share in some.items()}
            for rule, some in (said.get("graded") or {}).items()
        }

    def due(self, stage: str, year: int) -> datetime.date | None:
        """Return the last day of a stage's window; None where the scheme sets none."""
        months = self.stages[stage]
        if not months:
            return None
        return datetime.date(year, months[-1], calendar.monthrange(year, months[-1])[1])

    def _edge(self, text: str) -> Edge:
        found = re.fullmatch(r"(<=|>=|<|>|==) (\S+)(?: confident (\d+))?", text)
        assert found, text
        op, right, confident = found.groups()
        value = self.parameters.get(right)
        if value is None and re.fullmatch(r"-?\d+(\.\d+)?(/\d+)?", right):
            value = Fraction(right)
        return Edge(op, value, right, QUANTILES[confident] if confident else None)


def _several(said: Any) -> list[str]:
    return said if isinstance(said, list) else [said]


def _months(said: str) -> tuple[int, ...]:
    if said == "open":
        return ()
    first, _, last = said.partition("-")
    return tuple(range(int(first), int(last or first) + 1))
