"""Integer programmes for HiGHS: variables and rows by number, solved exactly and always alike."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from math import inf
from typing import Any

import highspy

Terms = Mapping[int, float]
"""A linear expression: variables with their factors."""


_FEASIBLE = 2
_NODES = 2000
"""So far a search goes: nodes are counted, not seconds, so that it ends alike everywhere."""


class Solver:
    """One programme, which grows and is solved again."""

    def __init__(self) -> None:
        """Start with nothing."""
        with _hushed():
            self._highs: Any = highspy.Highs()  # type: ignore[no-untyped-call]  # as its own makers left it
        for name, value in (
            ("output_flag", False), ("threads", 1), ("random_seed", 0), ("mip_rel_gap", 0.0),
            ("mip_abs_gap", 0.0), ("mip_feasibility_tolerance", 1e-9),
            ("primal_feasibility_tolerance", 1e-9),
        ):  # fmt: skip
            self._highs.setOptionValue(name, value)
        self._count = 0
        self.proven = True
        self._costs: dict[int, float] = {}

    def variable(self, low: float = 0.0, high: float = 1.0, *, whole: bool = False) -> int:
        """Return a new variable between two ends; with `whole` it takes integers alone."""
        self._highs.addCol(0.0, low, high, 0, [], [])
        place = self._count
        self._count += 1
        if whole:
            self._highs.changeColIntegrality(place, highspy.HighsVarType.kInteger)
        return place

    def row(self, terms: Terms, low: float = -inf, high: float = inf) -> None:
        """Ask that an expression lies between two ends."""
        some = {place: factor for place, factor in terms.items() if factor}
        self._highs.addRow(low, high, len(some), list(some), list(some.values()))

    def least(self, terms: Terms, nodes: int = _NODES) -> list[float] | None:
        """Return the values at which an expression is least; None where nothing satisfies all.

        After so many `nodes` of the search the best found by then is given, or None; `proven` then
        says that it is not known to be the answer.
        """
        self._highs.setOptionValue("mip_max_nodes", nodes)
        for place in {*self._costs, *terms}:
            self._highs.changeColCost(place, terms.get(place, 0.0))
        self._costs = dict(terms)
        self._highs.run()
        status = self._highs.getModelStatus()
        self.proven = status != highspy.HighsModelStatus.kSolutionLimit
        if status == highspy.HighsModelStatus.kOptimal:
            return [float(one) for one in self._highs.getSolution().col_value]
        # Every variable has ends, so that nothing is unbounded.
        if status in {
            highspy.HighsModelStatus.kInfeasible,
            highspy.HighsModelStatus.kUnboundedOrInfeasible,
        }:
            return None
        if not self.proven and self._highs.getInfo().primal_solution_status == _FEASIBLE:
            return [float(one) for one in self._highs.getSolution().col_value]
        if not self.proven:
            return None
        raise ArithmeticError(self._highs.modelStatusToString(status))


@contextmanager
def _hushed() -> Iterator[None]:
    """Keep off standard output what the library says of itself when it is first made."""
    sys.stdout.flush()
    try:
        saved = os.dup(1)
    except OSError:
        yield
        return
    nowhere = os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(nowhere, 1)
        yield
    finally:
        os.dup2(saved, 1)
        os.close(saved)
        os.close(nowhere)
