"""What changed, in the published form of a comparison."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from steelyard.comparison.attainment import PLACES
from steelyard.comparison.changes import Changes, Detail
from steelyard.comparison.decomposition import Difference, Interval, Line
from steelyard.comparison.peers import MEASURES, NONE, SCORE
from steelyard.comparison.texts import Texts, words

_VERDICTS: Mapping[int, str] = {1: "up", -1: "down", 0: "not_distinguishable"}


def change_summary(changes: Changes) -> dict[str, Any]:
    """Return how many units changed which way."""
    then = changes.earlier.table
    column = changes.verdict[:, 0].tolist()
    return {
        "period": changes.earlier.period,
        "compared": len(column),
        "score": {word: column.count(code) for code, word in _VERDICTS.items()},
        "rules_changed": sum(changes.ruled),
        "came": len(changes.came),
        "went": [
            {**then.named(place), "book": then.heads.book[place]} for place in changes.went.tolist()
        ],
    }


class Changed:
    """What changed in a unit."""

    def __init__(self, changes: Changes) -> None:
        """Take the changes of all units."""
        self.changes = changes
        self.places = {row: place for place, row in enumerate(changes.now.tolist())}
        self.share = Texts(PLACES)

    def of(self, row: int) -> dict[str, Any] | None:
        """Return the change of a row; None where the unit was not assessed by the same book
        before.
        """
        place = self.places.get(row)
        if place is None:
            return None
        changes, share = self.changes, self.share
        then = int(changes.before[place])
        old = changes.earlier
        points = Texts(int(old.table.decimals[then]))
        detail = changes.details.get(row, Detail())
        ends = [
            old.attained.score[then].tolist(),
            *zip(old.attained.low[then].tolist(), old.attained.high[then].tolist(), strict=True),
        ]
        measured = {}
        for name, (low, high), code in zip(
            MEASURES, ends, changes.verdict[place].tolist(), strict=True
        ):
            if code == NONE:
                continue
            measured[name] = {
                "verdict": _VERDICTS[code],
                "before": {"low": share[low], "high": share[high]},
            }
            if detail.wide is not None and name in detail.wide:
                before, now = ([share[end] for end in pair] for pair in detail.wide[name])
                measured[name]["sampled"] = {"before": before, "now": now}
        score = old.table.score[then].tolist()
        return {
            "assessment": old.table.heads.assessment[then],
            "version": old.table.heads.version[then],
            "score": {
                end: points[one] for end, one in zip(("low", "high", "full"), score, strict=True)
            },
            "measures": measured,
            "rules_changed": bool(changes.ruled[place]),
            "split": None
            if detail.score is None
            else {SCORE: _line(detail.score), **{one.id: _line(one) for one in detail.dimensions}},
            "samples": [[one._asdict() for one in samples] for samples in detail.samples],
            "failed": words(detail.failed),
        }


def _line(line: Line) -> dict[str, Any]:
    parts = {"total": line.total, "rules": line.rules, "unit": line.unit}
    return {name: None if one is None else _difference(one) for name, one in parts.items()}


def _difference(one: Difference) -> dict[str, Any]:
    return {
        "low": f"{one.low:f}",
        "high": f"{one.high:f}",
        "bounds": _interval(one.bounds),
        "sampled": _interval(one.sampled),
        "verdict": one.verdict,
    }


def _interval(one: Interval | None) -> list[str] | None:
    return None if one is None else [f"{end:f}" for end in one]
