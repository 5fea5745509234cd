"""A comparison in its published form, `steelyard/comparison@2`, written piece by piece so that
memory does not grow with it.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from steelyard.book.model import DIMENSIONS
from steelyard.comparison.attainment import PLACES, Spread
from steelyard.comparison.book_share import LARGE
from steelyard.comparison.comparison import SCHEMA, Comparison
from steelyard.comparison.lists import List
from steelyard.comparison.moved import Changed, change_summary
from steelyard.comparison.peers import MEASURES, NONE, PERCENTILE_PLACES, Z_PLACES
from steelyard.comparison.ranking import Ranking
from steelyard.comparison.smaa import INTERVAL
from steelyard.comparison.table import RATED
from steelyard.comparison.texts import Texts, words
from steelyard.comparison.unranked import WORDS
from steelyard.errors import Fault
from steelyard.expression.types import number_text
from steelyard.version import VERSION

if TYPE_CHECKING:
    from steelyard.comparison.table import Integers

_THIN = Decimal("0.05")
_NAMED = 2
_MEAN_PLACES = 2
_SHARE_PLACES = 4


def published(comparison: Comparison) -> Iterator[str]:
    """Yield the JSON of a comparison in pieces; each unit stands on a line of its own."""
    head = summary(comparison)
    changed = Changed(comparison.changes) if comparison.changes is not None else None
    yield "{"
    for number, (key, value) in enumerate(head.items()):
        yield f"{',' if number else ''}\n{_dumps(key)}: {_dumps(value)}"
    yield ',\n"units": ['
    for number, unit in enumerate(_Units(comparison).all()):
        if changed is not None:
            unit["change"] = changed.of(number)
        yield f"{',' if number else ''}\n{_dumps(unit)}"
    yield "\n]\n}\n"


def summary(comparison: Comparison) -> dict[str, Any]:
    """Return all of a comparison's published form but the lines of its units."""
    now, ranking, options = comparison.now, comparison.ranking, comparison.options
    heads = now.table.heads
    apart = comparison.apart.unranked.tolist()
    lacking = {
        name: sorted(
            {f"{one.book}@{one.version}" for one in now.spreads if name not in one.dimensions}
        )
        for name in DIMENSIONS
    }
    return {
        "schema": SCHEMA,
        "id": comparison.id,
        "period": now.period,
        "against": options.against or None,
        "method": {"steelyard": VERSION, **options.document()},
        "counts": {
            "assessments": len(now.table) + len(now.superseded),
            "units": len(set(now.table.units)),
            "compared": len(now.table),
            "ranked": len(now.table) - len(apart),
            "apart": len(apart),
            "superseded": len(now.superseded),
        },
        "superseded": [{"assessment": one, "by": other} for one, other in now.superseded],
        "books": [_spread(one, _count(heads.digest, one.digest)) for one in now.spreads],
        "dimensions": {
            "compared": list(now.dimensions),
            "not_comparable": [
                {"dimension": name, "books": books} for name, books in lacking.items() if books
            ],
        },
        "ranking": None if ranking is None else _ranking(comparison, ranking),
        "book_share": _book_share(comparison),
        "correlations": [
            {
                "dimensions": [one.one, one.other],
                "n": one.units,
                "books": one.books,
                "r": None if one.r is None else f"{one.r:f}",
            }
            for one in comparison.correlations
        ],
        "ranking_refused": words(comparison.refused),
        "peers": _groups(comparison),
        "lists": [_list(comparison, one) for one in comparison.lists],
        "change": None if comparison.changes is None else change_summary(comparison.changes),
        "notes": [words(one) for one in notes(comparison)],
    }


def notes(comparison: Comparison) -> list[Fault]:
    """Return what a reader must know to read the figures rightly."""
    found = [
        Fault(
            "",
            "attainment, score and grade of a unit rest on its own case alone; "
            "percentiles, ranks and lists depend on who else is compared",
        ),
        Fault("", "bonus rules are left out of the attainment: they come on top of what is asked"),
    ]
    for name in comparison.now.dimensions:
        thin = [
            one.book
            for one in comparison.now.spreads
            if one.counted
            and name in one.dimensions
            and one.parts[name].points < _THIN * one.points
        ]
        if thin and comparison.ranking is not None:
            told = (*thin[:_NAMED], *(["…"] if len(thin) > _NAMED else []))
            said = (
                "less than 5 % of the points of {books} stand on {dimension}: "
                "few points decide there"
            )
            found.append(Fault("", said, {"dimension": WORDS[name], "books": told}))
    if any(not one.counted for one in comparison.now.spreads):
        found.append(
            Fault(
                "",
                "the books were not at hand: a dimension counts as asked where some unit "
                "of the book was asked on it",
            )
        )
    return found


def _dumps(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)


def _count(column: Sequence[str], wanted: str) -> int:
    return (
        column.count(wanted) if isinstance(column, list) else sum(one == wanted for one in column)
    )


def _spread(one: Spread, units: int) -> dict[str, Any]:
    total = one.points
    parts = {}
    for name, part in one.parts.items():
        share = f"{part.points / total:.4f}" if total and one.counted else None
        parts[name or "none"] = (
            {"rules": part.rules, "points": f"{part.points:f}", "share": share}
            if one.counted
            else {}
        )
    return {
        "id": one.book,
        "version": one.version,
        "digest": one.digest,
        "sector": one.sector,
        "title": one.title._asdict(),
        "units": units,
        "dimensions": parts,
        "not_comparable": [name for name in DIMENSIONS if name not in one.dimensions],
        "bonus_rules": one.bonus,
    }


def _book_share(comparison: Comparison) -> dict[str, Any] | None:
    """Return what the books have to do with the ranks."""
    found, ranking = comparison.book_share, comparison.ranking
    if found is None or ranking is None:
        return None
    parts = {"eta_squared": found.eta_squared, "by_chance": found.by_chance}
    parts["explained"] = found.explained
    return {
        **{name: None if part is None else f"{part:f}" for name, part in parts.items()},
        "large_from": f"{LARGE:f}",
        "large": found.large,
        "books": [
            {
                "id": one.book,
                "ranked": one.units,
                "mean_rank": f"{one.mean_rank:f}",
                "points_used": None if one.used is None else f"{one.used:f}",
                "means": {
                    name: {"low": f"{low:f}", "high": f"{high:f}"}
                    for name, (low, high) in zip(ranking.dimensions, one.means, strict=True)
                },
            }
            for one in found.books
        ],
    }


def _ranking(comparison: Comparison, ranking: Ranking) -> dict[str, Any]:
    ranges = comparison.weights.ranges if comparison.weights is not None else {}
    varied = ranking.varied
    table = comparison.now.table
    rows = ranking.rows.tolist()
    found: dict[str, Any] = {
        "units": len(rows),
        "dimensions": list(ranking.dimensions),
        "weights": [
            {"dimension": name, "given": ranges[name].text(), "weight": _ratio(share, ranking.over)}
            for name, share in zip(ranking.dimensions, ranking.weights, strict=True)
        ],
        "other_weights": [
            {"dimension": name, "given": one.text()}
            for name, one in ranges.items()
            if name not in ranking.dimensions
        ],
        "draws": varied.draws if varied is not None else 0,
        "interval": f"0.{INTERVAL}",
        "bands": [list(band) for band in varied.bands] if varied is not None else [],
        "without": [
            {"dimension": one.dimension, "moved": one.moved, "furthest": one.furthest}
            for one in ranking.without
        ],
        "borda": {
            "moved": int((ranking.borda != ranking.rank).sum()),
            "furthest": int(abs(ranking.borda - ranking.rank).max(initial=0)),
        },
        "pairs": [],
    }
    for (one, other), counts in zip(
        ranking.pairs, varied.ahead.tolist() if varied is not None else (), strict=True
    ):
        sides = [
            {**table.named(int(rows[place])), "book": table.heads.book[rows[place]]}
            for place in (one, other)
        ]
        ahead, level, behind = (_ratio(count, sum(counts)) for count in counts)
        found["pairs"].append(
            {"one": sides[0], "other": sides[1], "ahead": ahead, "level": level, "behind": behind}
        )
    return found


def _ratio(part: int, whole: int) -> str:
    return (
        number_text(
            (2 * part * 10**_SHARE_PLACES + whole) // (2 * whole), _SHARE_PLACES, _SHARE_PLACES
        )
        if whole
        else "0.0000"
    )


def _groups(comparison: Comparison) -> dict[str, Any]:
    peers = comparison.peers
    share = Texts(PLACES)
    groups = []
    for name, measures in peers.groups.items():
        said = {
            measure: {
                "n": one.n,
                "median": share[one.median] if one.median != NONE else None,
                "mad": share[one.mad] if one.mad != NONE else None,
                "refused": words(one.refused),
            }
            for measure, one in measures.items()
            if one.n
        }
        groups.append({"group": name, "measures": said})
    return {"within": peers.within, "minimum": peers.minimum, "groups": groups}


def _list(comparison: Comparison, one: List) -> dict[str, Any]:
    table = comparison.now.table
    heads, share = table.heads, Texts(PLACES)
    groups = []
    for group in one.groups:
        listed = [
            {
                **table.named(entry.row),
                "name": heads.name[entry.row],
                "book": heads.book[entry.row],
                "sector": heads.sector[entry.row],
                "place": entry.place or None,
                "value": None if entry.value is None else share[entry.value],
                "vetoed": entry.value is None,
                "consecutive": entry.consecutive,
                "step": None
                if entry.step is None
                else {"after": entry.step.after, "title": entry.step.title._asdict()},
            }
            for entry in group.listed
        ]
        groups.append(
            {
                "group": group.name or None,
                "units": group.units,
                "refused": words(group.refused),
                "listed": listed,
            }
        )
    return {
        "rule": one.rule.document(),
        "groups": groups,
        "excluded": dict(one.excluded),
        "periods": list(one.periods),
    }


class _Units:
    """The lines of the units."""

    def __init__(self, comparison: Comparison) -> None:
        self.comparison = comparison
        self.share = Texts(PLACES)
        self.points: dict[int, Texts] = {}

    def all(self) -> Iterator[dict[str, Any]]:
        comparison = self.comparison
        table, attained, peers, ranking = (
            comparison.now.table,
            comparison.now.attained,
            comparison.peers,
            comparison.ranking,
        )
        heads, share = table.heads, self.share
        ranks = (
            {}
            if ranking is None
            else {row: place for place, row in enumerate(ranking.rows.tolist())}
        )
        books = comparison.book_share
        ranked = None
        if ranking is not None and books is not None:
            ranked = _Ranked(ranking, books.within, share)
        percentile, z = Texts(PERCENTILE_PLACES), Texts(Z_PLACES)
        for row in range(len(table)):
            points = self.points.setdefault(
                int(table.decimals[row]), Texts(int(table.decimals[row]))
            )
            score, asked = table.score[row].tolist(), table.points[row, :, 2].tolist()
            low, high = attained.low[row].tolist(), attained.high[row].tolist()
            columns = zip(
                MEASURES,
                *(
                    part[row].tolist()
                    for part in (peers.percentile, peers.least, peers.most, peers.z)
                ),
                strict=True,
            )
            yield {
                **table.named(row),
                "name": heads.name[row],
                "sector": heads.sector[row],
                "book": heads.book[row],
                "version": heads.version[row],
                "assessment": heads.assessment[row],
                "coverage": number_text(int(table.coverage[row]), 4, 4),
                "score": {
                    end: points[one]
                    for end, one in zip(("low", "high", "full"), score, strict=True)
                },
                "grade": {
                    "low": heads.grade_low[row] or None,
                    "high": heads.grade_high[row] or None,
                },
                "veto": heads.veto[row],
                "not_rated": RATED[int(table.not_rated[row])],
                "attainment": {
                    name: {"low": share[first], "high": share[last], "asked": points[of]}
                    if of
                    else None
                    for name, first, last, of in zip(DIMENSIONS, low, high, asked, strict=True)
                },
                "peers": {
                    name: {
                        "percentile": percentile[one],
                        "least": percentile[least],
                        "most": percentile[most],
                        "z": None if far == NONE else z[far],
                    }
                    for name, one, least, most, far in columns
                    if one != NONE
                },
                "ranking": ranked.of(ranks[row]) if ranked is not None and row in ranks else None,
                "apart": [
                    {"reason": one.code, "words": words(one.said)}
                    for one in comparison.apart.reasons(row)
                ],
            }


class _Ranked:
    """What the ranking says of a unit."""

    def __init__(self, ranking: Ranking, within: Integers, share: Texts) -> None:
        self.ranking = ranking
        self.within = within
        self.share = share

    def of(self, place: int) -> dict[str, Any]:
        ranking, share = self.ranking, self.share
        low, middle, high = ranking.value[place].tolist()
        found = {
            "rank": int(ranking.rank[place]),
            "level": int(ranking.level[place]),
            "within_book": int(self.within[place]),
            "value": {"low": share[low], "middle": share[middle], "high": share[high]},
            "best": int(ranking.best[place]),
            "worst": int(ranking.worst[place]),
            "borda": int(ranking.borda[place]),
            "without": {one.dimension: int(one.ranks[place]) for one in ranking.without},
        }
        varied = ranking.varied
        if varied is not None:
            total = (2 * int(varied.total[place]) * 10**_MEAN_PLACES + varied.draws) // (
                2 * varied.draws
            )
            found |= {
                "interval": [int(varied.low[place]), int(varied.high[place])],
                "median": int(varied.median[place]),
                "mean": number_text(total, _MEAN_PLACES, _MEAN_PLACES),
                "acceptability": [
                    _ratio(count, varied.draws) for count in varied.counts[place].tolist()
                ],
            }
        return found
