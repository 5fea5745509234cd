"""Weighted sums and ranks on common dimensions, against pymcdm; where it lets a NaN spread in
silence, Steelyard refuses.
"""

from __future__ import annotations

import warnings
from decimal import Decimal
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from steelyard import UsageError
from steelyard.book.model import DIMENSIONS
from steelyard.comparison.attainment import attain
from steelyard.comparison.comparison import compare
from steelyard.comparison.options import Options
from steelyard.comparison.ranking import central
from steelyard.comparison.table import Points, Row, Table
from steelyard.comparison.weights import Range, even, weights

HUNDREDTHS = st.lists(
    st.lists(st.integers(0, 100), min_size=4, max_size=4), min_size=2, max_size=12
)
SHARES = st.lists(st.integers(1, 9), min_size=4, max_size=4)


def oracle() -> tuple[Any, Any]:
    """Return the oracle's ranks and weighted sums; it imports much, and so only where it is
    asked.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from pymcdm.helpers import rankdata
        from pymcdm.methods import WSM
    return rankdata, WSM


def as_they_are(column: np.ndarray, cost: bool) -> np.ndarray:  # noqa: FBT001  # the oracle asks with a truth value
    """Return a column as it is: attainments are on one scale from 0 to 1 already."""
    assert not cost
    return column


def table(values: list[list[int]]) -> Table:
    return Table.of(
        Row(
            unit=f"u{number:02}",
            sector="s",
            book="b",
            period="2026",
            earned={
                name: Points(Decimal(one), Decimal(one), Decimal(100))
                for name, one in zip(DIMENSIONS, unit, strict=False)
            },
        )
        for number, unit in enumerate(values)
    )


@settings(max_examples=80, deadline=None)
@given(HUNDREDTHS, SHARES)
def test_the_weighted_mean_and_its_ranks_are_those_of_pymcdm(
    values: list[list[int]], shares: list[int]
) -> None:
    rankdata, weighted_sum = oracle()
    names = DIMENSIONS[:4]
    # Exact weights with six decimals that add up; what is left over goes to the last.
    units = [one * 10**6 // sum(shares) for one in shares]
    units[-1] += 10**6 - sum(units)
    given_ = {name: Range(one, one) for name, one in zip(names, units, strict=True)}
    found = compare(table(values), Options(weights=given_, lists=(), draws=10)).ranking
    assert found is not None
    matrix = np.array(values, dtype=float) / 100
    said = weighted_sum(normalization_function=as_they_are)(
        matrix, np.array(units) / 10**6, np.ones(4), validation=False
    )
    assert np.allclose(found.value[:, 1] / 10**6, said, atol=1e-6)
    # The oracle's floats part what is equal, so its ranks are taken of rounded sums; it gives ties
    # their mean rank.
    assert (found.rank + (found.level - 1) / 2).tolist() == rankdata(
        np.round(said, 9), reverse=True
    ).tolist()


def test_the_oracle_lets_a_nan_spread_in_silence_and_steelyard_refuses_it_aloud() -> None:
    matrix = np.array([[0.5, np.nan], [0.4, 0.6], [0.3, 0.7]])
    _, weighted_sum = oracle()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        said = weighted_sum(normalization_function=as_they_are)(
            matrix, np.array([0.5, 0.5]), np.ones(2)
        )
    assert np.isnan(said).any()
    earned = {"service": Points(Decimal("NaN"), Decimal("NaN"), Decimal(1))}
    with pytest.raises(UsageError, match="service: `NaN` is not a decimal number"):
        Table.of([Row(unit="u", sector="s", book="b", period="2026", earned=earned)])


def test_a_missing_value_sets_a_unit_apart_and_leaves_the_others_as_they_were() -> None:
    rows = [
        Row(
            unit=name,
            sector="s",
            book="b",
            period="2026",
            earned={
                dimension: Points(Decimal(one), Decimal(one), Decimal(10))
                for dimension, one in zip(DIMENSIONS, values, strict=False)
                if one is not None
            },
        )
        for name, values in {"a": (5, None), "b": (4, 6), "c": (3, 9)}.items()
    ]
    found = compare(Table.of(rows), Options(lists=(), draws=10))
    assert found.ranking is not None
    assert found.ranking.rank.tolist() == [2, 1]
    assert found.apart.codes(0) == ("dimension",)


def test_equal_sums_tie_though_their_floats_differ() -> None:
    # 0.1 + 0.2 and 0.3 + 0.0 with equal weights: floats part them, whole numbers do not.
    found = attain(table([[10, 20], [30, 0]]))
    means = central(found, np.array([0, 1]), weights({}, DIMENSIONS[:2]))
    assert means.middle[0] == means.middle[1]
    assert 0.1 + 0.2 != 0.3
    assert even(weights({}, DIMENSIONS[:2]).ranges) == ([500_000, 500_000], 1_000_000)
