"""Points of many digits compared: exact as far as 64 bits hold them, and refused by name beyond."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest
from program import answer

from steelyard.book.model import DIMENSIONS
from steelyard.comparison.attainment import attain
from steelyard.comparison.table import Heads, table_of
from steelyard.comparison.weighed import Weighed
from steelyard.errors import UsageError

BOOK = """
book: test/long
version: 1.0.0
title: {{zh: 长, en: Long}}
sector: test
points: {points}
decimals: {decimals}
facts: {{staff: {{type: integer, min: 0, max: 100}}}}
sections: [{{id: all, title: {{zh: 全部, en: All}}, points: {points}}}]
rules:
  - {{id: many, title: {{zh: 人, en: Many}}, section: all, points: {points}, dimension: service,
     proportional: staff / 100}}
grades: [{{id: any, title: {{zh: 任, en: Any}}, at_least: 0}}]
"""
SERVICE = DIMENSIONS.index("service")


def ran(folder: Path, points: int, decimals: int) -> Path:
    """Weigh a unit that has a quarter of all points, and return the folder."""
    text = BOOK.format(points=points, decimals=decimals)
    (folder / "book.yaml").write_text(text, encoding="utf-8")
    (folder / "facts.csv").write_text("subject,staff\na,25\n")
    words = ("bulk", "book.yaml", "--facts", "facts.csv", "--period", "2026", "--out", "out")
    done = answer(folder, {}, *words)
    assert done.code == 0, done.err
    return folder / "out"


@pytest.mark.parametrize(
    ("points", "decimals"), [(1000, 2), (1_000_000, 4), (1_000_000_000, 2), (900_000_000, 4)]
)
def test_a_quarter_of_many_points_is_a_quarter(points: int, decimals: int, tmp_path: Path) -> None:
    table = Weighed([ran(tmp_path, points, decimals)], tmp_path / "spill").table("2026")
    quarter = points * 10**decimals // 4
    assert table.score.tolist() == [[quarter, quarter, 4 * quarter]]
    # Six places are carried in a dimension's ends.
    assert table.points[0, SERVICE].tolist() == [quarter * 10**6, quarter * 10**6, 4 * quarter]
    found = attain(table)
    assert found.score.tolist() == [[250_000, 250_000]]
    assert (found.low[0, SERVICE], found.high[0, SERVICE]) == (250_000, 250_000)


def test_points_beyond_64_bits_are_refused_by_their_book(tmp_path: Path) -> None:
    ran(tmp_path, 1_000_000_000, 4)
    done = answer(tmp_path, {}, "compare", "--from", "out")
    assert (done.code, done.out, done.err) == (
        2,
        "",
        "error: out/book.json: has too many points, in their decimals, to be compared\n",
    )


def row(score: Sequence[int], points: Sequence[int]) -> list[int]:
    """Return the figures of a unit, rated and wholly known, with points on one dimension."""
    spread = [0] * (3 * len(DIMENSIONS))
    spread[3 * SERVICE : 3 * SERVICE + 3] = points
    return [10_000, 0, *score, 6, *spread, 0, -1]


def heads(count: int) -> Heads:
    """Return heads of so many units of one book."""
    return Heads(**{name: [f"{name} of mine"] * count for name in Heads._fields})


def test_shares_of_points_that_others_published_do_not_wrap() -> None:
    most = 10**9 * 10**6
    figures = [
        row((most // 4, most // 2, most), (most // 5, most, most)),
        row((0, 0, 8), (0, 4, 8)),
    ]
    found = attain(table_of(heads(2), ["", ""], figures))
    assert found.score.tolist() == [[250_000, 500_000], [0, 0]]
    assert found.low[:, SERVICE].tolist() == [200_000, 0]
    assert found.high[:, SERVICE].tolist() == [1_000_000, 500_000]


def test_units_that_do_not_fit_into_64_bits_are_refused_by_their_book() -> None:
    figures = [row((0, 1, 2), (0, 1, 2)), row((0, 1, 2), (0, 2**63, 2**63))]
    with pytest.raises(UsageError, match=r"^book of mine: has too many points"):
        table_of(heads(2), ["", ""], figures)
