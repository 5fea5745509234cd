"""Red and black lists: who is listed by a published rule, and for how many periods in a row."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, NamedTuple

from steelyard.book.model import DIMENSIONS
from steelyard.case.unit import Unit
from steelyard.comparison.attainment import PLACES
from steelyard.comparison.limited import Limited
from steelyard.comparison.listing import OVERALL, SCORE, ListRule, Step
from steelyard.comparison.periods import previous
from steelyard.comparison.ranking import central
from steelyard.comparison.snapshot import Snapshot
from steelyard.comparison.table import RATED
from steelyard.comparison.unranked import whole_open
from steelyard.comparison.weights import Weights
from steelyard.errors import Fault, Plural, fault
from steelyard.expression.types import units_of

if TYPE_CHECKING:
    from steelyard.comparison.table import Integers, Truths

_COVERAGE = 4
_ALL = ""
_LATER = frozenset({"not_rated_possible", "whole_open", "limited", "limited_possible"})


class Listed(NamedTuple):
    """A unit on a list: its row, its measure in millionths (None: listed because it is vetoed), its
    place in its group.

    `consecutive` counts the periods in a row in which it was listed, this one among them; `step` is
    what follows.
    """

    row: int
    value: int | None
    place: int
    consecutive: int
    step: Step | None


class Group(NamedTuple):
    """The part of a list within one book or sector (an empty name: all): of how many units, or why
    there is none.
    """

    name: str
    units: int
    listed: tuple[Listed, ...]
    refused: Fault | None


@dataclass(frozen=True, slots=True, kw_only=True)
class List:
    """A list with the rule that made it; `excluded` counts why units could not be listed, `periods`
    are those looked at.
    """

    rule: ListRule
    groups: tuple[Group, ...]
    excluded: Mapping[str, int]
    periods: tuple[str, ...]


Key = tuple[Unit, str]
Past = Callable[[str], tuple[Snapshot, Weights | None] | None]


def lists(
    rules: Sequence[ListRule], now: Snapshot, weights: Weights | None, past: Past, limited: Limited
) -> tuple[List, ...]:
    """Return the lists of a period.

    `weights` are those of the ranking, None where there is none; `limited` asks the books. `past`
    gives an earlier period, or None where nothing is there: appearances in a row end with the first
    period in which a unit was not listed, or that is not there.
    """
    found = []
    for rule in rules:
        groups, excluded = _groups(rule, now, weights, limited)
        keys = [_key(now, row) for group in groups for row, _, _ in group[2]]
        runs, periods = _runs(rule, now.period, keys, past, limited)
        made = []
        for name, units, listed, refused in groups:
            some = []
            for row, value, place in listed:
                count = runs[_key(now, row)]
                step = next((one for one in reversed(rule.steps) if one.after <= count), None)
                some.append(Listed(row, value, place, count, step))
            made.append(Group(name, units, tuple(some), refused))
        found.append(List(rule=rule, groups=tuple(made), excluded=excluded, periods=periods))
    return tuple(found)


def _key(now: Snapshot, row: int) -> Key:
    return now.table.units[row], now.table.heads.book[row]


def _runs(
    rule: ListRule, period: str, keys: Sequence[Key], past: Past, limited: Limited
) -> tuple[dict[Key, int], tuple[str, ...]]:
    runs = dict.fromkeys(keys, 1)
    periods = [period]
    still = set(keys)
    # Looked back no further than a step needs.
    most = max((step.after for step in rule.steps), default=1)
    while still and len(periods) < most:
        period = previous(period)
        earlier = past(period) if period else None
        if earlier is None or not len(earlier[0].table):
            break
        groups, _ = _groups(rule, *earlier, limited)
        still &= {_key(earlier[0], row) for group in groups for row, _, _ in group[2]}
        for key in still:
            runs[key] += 1
        periods.append(period)
    return runs, tuple(periods)


_Group = tuple[str, int, list[tuple[int, int | None, int]], Fault | None]


def _groups(
    rule: ListRule, now: Snapshot, weights: Weights | None, limited: Limited
) -> tuple[list[_Group], dict[str, int]]:
    import numpy as np

    heads, table = now.table.heads, now.table
    value = _measure(rule, now, weights)
    veto = np.array(heads.veto) if len(table) else np.zeros(0, dtype="U8")
    barred: dict[str, Truths] = {
        "vetoed": veto == "yes",
        "veto_possible": (veto == "possible") & rule.good,
        "not_rated": table.not_rated == RATED.index("yes"),
        "not_rated_possible": (table.not_rated == RATED.index("possible")) & rule.good,
        "whole_open": whole_open(table),
        "coverage": table.coverage < (units_of(rule.min_coverage, _COVERAGE) or 0),
        "no_value": value < 0,
    }
    free = np.ones(len(table), dtype=np.bool_)
    excluded = {}
    for reason, hit in barred.items():
        # Counted by the first reason that bars a unit.
        excluded[reason] = int((hit & free).sum())
        free &= ~hit
    if rule.good:
        candidates = np.flatnonzero(free & (value >= _limit(rule)))
        surely, perhaps = limited.rows(rule, now, candidates)
        excluded |= {"limited": int(surely.sum()), "limited_possible": int(perhaps.sum())}
        free &= ~(surely | perhaps)
    for reason in excluded.keys() & _LATER:
        if not excluded[reason]:
            # Told only where it bars somebody, so that a comparison made before it was known stays.
            del excluded[reason]
    if rule.vetoed:
        excluded["vetoed"] = 0
    names = {"all": None, "sector": heads.sector, "book": heads.book}[rule.within]
    rows: dict[str, list[int]] = {}
    for row in range(len(table)):
        rows.setdefault(names[row] if names is not None else _ALL, []).append(row)
    found: list[_Group] = []
    for name in sorted(rows):
        members = np.array(rows[name], dtype=np.int64)
        open_ = members[free[members]]
        chosen, refused = _chosen(rule, value, open_)
        listed: list[tuple[int, int | None, int]] = [
            (row, int(value[row]), place) for row, place in chosen
        ]
        if rule.vetoed:
            listed += [(row, None, 0) for row in members[veto[members] == "yes"].tolist()]
        found.append((name, len(open_), listed, refused))
    return found, excluded


def _measure(rule: ListRule, now: Snapshot, weights: Weights | None) -> Integers:
    """Return the end of the measure that counts, in millionths, of every row; -1 where there is
    none.
    """
    import numpy as np

    end = 0 if rule.good else 1
    if rule.by == SCORE:
        return now.attained.score[:, end]
    if rule.by != OVERALL:
        return (now.attained.low, now.attained.high)[end][:, DIMENSIONS.index(rule.by)]
    found = np.full(len(now.table), -1, dtype=np.int64)
    if weights is not None and weights.compared:
        at = [DIMENSIONS.index(name) for name in weights.compared]
        rows = np.flatnonzero(now.attained.asked[:, at].all(axis=1))
        means = central(now.attained, rows, weights)
        found[rows] = (2 * (means.low, means.high)[end] + means.over) // (2 * means.over)
    return found


def _limit(rule: ListRule) -> int:
    """Return the threshold of a list in millionths, 0 where it has none."""
    return units_of(rule.threshold if rule.threshold is not None else Decimal(0), PLACES) or 0


def _chosen(
    rule: ListRule, value: Integers, rows: Integers
) -> tuple[list[tuple[int, int]], Fault | None]:
    """Return the rows listed with their places, ties all listed, best (on a bad list: worst)
    first.
    """
    if len(rows) < rule.min_units:
        said = Plural(
            "{n} unit is fewer than the {least} that a list needs",
            "{n} units are fewer than the {least} that a list needs",
            "n",
        )
        return [], fault("", said, n=len(rows), least=rule.min_units)
    sign = -1 if rule.good else 1
    pairs = sorted(zip((sign * value[rows]).tolist(), rows.tolist(), strict=True))
    ordered, values = [row for _, row in pairs], [sign * one for one, _ in pairs]
    edge = values[min(rule.most, len(values)) - 1] if rule.most is not None and values else None
    limit = _limit(rule)
    chosen: list[tuple[int, int]] = []
    for number, (row, one) in enumerate(zip(ordered, values, strict=True), 1):
        if edge is not None and (one < edge if rule.good else one > edge):
            break
        if rule.threshold is not None and (one < limit if rule.good else one >= limit):
            break
        tied = bool(chosen) and one == values[number - 2]
        chosen.append((row, chosen[-1][1] if tied else number))
    return chosen, None
