"""A comparison in its published form, figure by figure as they come out on paper."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import pytest

from steelyard.book.model import DIMENSIONS
from steelyard.comparison.attainment import OnDimension, Spread, spread
from steelyard.comparison.comparison import compare
from steelyard.comparison.comparison_json import published
from steelyard.comparison.listing import read_rules
from steelyard.comparison.options import Options
from steelyard.comparison.snapshot import TableSource
from steelyard.comparison.table import Points, Row, Table
from steelyard.comparison.weights import Range
from steelyard.messages import Title

BOOK = "hospital/a"
TITLE = Title("甲册", "Book A")
LISTS = """\
lists:
  - {id: red, by: overall, top: 1, min_units: 1, steps: [{after: 1, title: first}, {after: 9, title: ninth}]}
"""
OTHERS = list(DIMENSIONS[2:])


def row(unit: str, leadership: int, learning: tuple[int, int], **more: Any) -> Row:
    """Return a unit that earned so many of 10 points on each of two dimensions."""
    low, high = learning
    return Row(
        **{
            "unit": unit,
            "sector": "hospital",
            "book": BOOK,
            "period": "2026",
            "name": f"单位{unit}",
            "earned": {
                "leadership": Points(Decimal(leadership), Decimal(leadership), Decimal(10)),
                "learning": Points(Decimal(low), Decimal(high), Decimal(10)),
            },
            "score": Points(Decimal(leadership + low), Decimal(leadership + high), Decimal(20)),
            "grade": ("good", "best"),
            **more,
        }
    )


@pytest.fixture(scope="module")
def said() -> dict[str, Any]:
    """Return four units of a book, one of them vetoed and one twice, and the year before.

    Three quarters of what is compared stand on leadership and one on learning: 0.6 and 0.2, since
    0.2 stays with service, of which the book asks nothing.
    """
    rows = [
        row("a", 9, (4, 6), period="2025"),
        row("b", 5, (9, 9), period="2025"),
        row("c", 8, (9, 9), period="2025"),
        row("gone", 1, (1, 1), period="2025"),
        row("a", 1, (1, 1), assessment="first"),
        row("b", 4, (9, 9), coverage=Decimal("0.86")),
        row("c", 9, (8, 8), veto="yes"),
        row("a", 9, (4, 6)),
        row("e", 2, (9, 9)),
    ]
    parts = {
        "leadership": OnDimension(2, Decimal("19.5")),
        "learning": OnDimension(1, Decimal("0.5")),
        "": OnDimension(1, Decimal(20)),
    }
    book = Spread(
        book=BOOK,
        version="",
        digest=f"{BOOK}@",
        sector="hospital",
        title=TITLE,
        parts=parts,
        bonus=2,
    )
    exact = {"leadership": 600_000, "learning": 200_000, "service": 200_000}
    options = Options(
        period="2026",
        against="2025",
        weights={name: Range(one, one) for name, one in exact.items()},
        pairs=(("a", "b"), ("b", "a")),
        min_peers=1,
        draws=50,
        lists=read_rules(LISTS, "lists.yaml"),
    )
    found = compare(TableSource(Table.of(rows), {book.digest: book}), options)
    document: dict[str, Any] = json.loads("".join(published(found)))
    return document


def ends(low: str, high: str) -> dict[str, str]:
    return {"low": low, "high": high}


HEAD: dict[str, Any] = {
    "schema": "steelyard/comparison@2",
    "period": "2026",
    "against": "2025",
    "counts": {
        "assessments": 5,
        "units": 4,
        "compared": 4,
        "ranked": 3,
        "apart": 1,
        "superseded": 1,
    },
    "superseded": [{"assessment": "first", "by": f"a/{BOOK}/2026"}],
    # Of 40 points: 19.5, 0.5 and 20.
    "books": [
        {
            "id": BOOK,
            "version": "",
            "digest": f"{BOOK}@",
            "sector": "hospital",
            "title": {"zh": "甲册", "en": "Book A"},
            "units": 4,
            "dimensions": {
                "leadership": {"rules": 2, "points": "19.5", "share": "0.4875"},
                "learning": {"rules": 1, "points": "0.5", "share": "0.0125"},
                "none": {"rules": 1, "points": "20", "share": "0.5000"},
            },
            "not_comparable": OTHERS,
            "bonus_rules": 2,
        }
    ],
    "dimensions": {
        "compared": ["leadership", "learning"],
        "not_comparable": [{"dimension": one, "books": [f"{BOOK}@"]} for one in OTHERS],
    },
    # By learning alone b and e are ahead of a: ranks 3, 1, 1 instead of 1, 2, 3. By leadership
    # alone they stay. Borda: a 3 × 4, b 3 × 2 + 3, e 3: as ranked.
    "ranking": {
        "units": 3,
        "dimensions": ["leadership", "learning"],
        "weights": [
            {"dimension": "leadership", "given": "0.6", "weight": "0.7500"},
            {"dimension": "learning", "given": "0.2", "weight": "0.2500"},
        ],
        "other_weights": [{"dimension": "service", "given": "0.2"}],
        "draws": 50,
        "interval": "0.90",
        "bands": [[1, 1], [2, 2], [3, 3]],
        "without": [
            {"dimension": "leadership", "moved": 3, "furthest": 2},
            {"dimension": "learning", "moved": 0, "furthest": 0},
        ],
        "borda": {"moved": 0, "furthest": 0},
        "pairs": [
            {
                "one": {"unit": one, "book": BOOK},
                "other": {"unit": other, "book": BOOK},
                "ahead": ahead,
                "level": "0.0000",
                "behind": behind,
            }
            for one, other, ahead, behind in (
                ("a", "b", "1.0000", "0.0000"),
                ("b", "a", "0.0000", "1.0000"),
            )
        ],
    },
    "ranking_refused": None,
    # Scores 0.7, 0.65 and 0.55; leadership 0.9, 0.4 and 0.2; learning 0.5, 0.9 and 0.9.
    "peers": {
        "within": "book",
        "minimum": 1,
        "groups": [
            {
                "group": BOOK,
                "measures": {
                    name: {"n": 3, "median": median, "mad": mad, "refused": None}
                    for name, median, mad in (
                        ("score", "0.650000", "0.050000"),
                        ("leadership", "0.400000", "0.200000"),
                        ("learning", "0.900000", "0.000000"),
                    )
                },
            }
        ],
    },
    "lists": [
        {
            "rule": {
                "id": "red",
                "title": {"zh": "red", "en": "red"},
                "by": "overall",
                "within": "all",
                "top": 1,
                "min_coverage": "0.6",
                "min_units": 1,
                "steps": [
                    {"after": 1, "title": {"zh": "first", "en": "first"}},
                    {"after": 9, "title": {"zh": "ninth", "en": "ninth"}},
                ],
            },
            "groups": [
                {
                    "group": None,
                    "units": 3,
                    "refused": None,
                    "listed": [
                        {
                            "unit": "a",
                            "name": "单位a",
                            "book": BOOK,
                            "sector": "hospital",
                            "place": 1,
                            "value": "0.775000",
                            "vetoed": False,
                            "consecutive": 1,
                            "step": {"after": 1, "title": {"zh": "first", "en": "first"}},
                        }
                    ],
                }
            ],
            "excluded": {
                "vetoed": 1,
                "veto_possible": 0,
                "not_rated": 0,
                "coverage": 0,
                "no_value": 0,
            },
            # The year before c was the best, and not vetoed.
            "periods": ["2026", "2025"],
        }
    ],
    "change": {
        "period": "2025",
        "compared": 3,
        "score": {"up": 0, "down": 1, "not_distinguishable": 2},
        "rules_changed": 0,
        "came": 1,
        "went": [{"unit": "gone", "book": BOOK}],
    },
}


@pytest.mark.parametrize("part", HEAD)
def test_what_is_said_of_all(said: dict[str, Any], part: str) -> None:
    assert said[part] == HEAD[part]


def test_what_few_points_decide_is_noted(said: dict[str, Any]) -> None:
    assert [one["en"] for one in said["notes"]][2:] == [
        f"less than 5 % of the points of {BOOK} stand on learning: few points decide there"
    ]


def before(*measures: tuple[str, str, str, str], low: str, high: str) -> dict[str, Any]:
    return {
        "version": "",
        "score": {"low": low, "high": high, "full": "20.000000"},
        "measures": {
            name: {"verdict": verdict, "before": ends(*pair)} for name, verdict, *pair in measures
        },
        "rules_changed": False,
        "split": None,
        "samples": [[], []],
        "failed": None,
    }


SAME = "not_distinguishable"
UNITS: dict[str, dict[str, Any]] = {
    # Of three quarters of 0.9 and a quarter of 0.4 to 0.6. Its score of 0.65 is level with b's
    # if its learning is as low as it may be: (2 × 1 + 2) / 6 of the peers.
    "a": {
        "coverage": "1.0000",
        "score": {"low": "13.000000", "high": "15.000000", "full": "20.000000"},
        "attainment": {
            "leadership": {**ends("0.900000", "0.900000"), "asked": "10.000000"},
            "learning": {**ends("0.400000", "0.600000"), "asked": "10.000000"},
        },
        "peers": {
            "score": {"percentile": "83.33", "least": "66.67", "most": "83.33", "z": "0.674"},
            "leadership": {"percentile": "83.33", "least": "83.33", "most": "83.33", "z": "1.686"},
            "learning": {"percentile": "16.67", "least": "16.67", "most": "16.67", "z": None},
        },
        "ranking": {
            "rank": 1,
            "level": 1,
            "within_book": 1,
            "value": {"low": "0.775000", "middle": "0.800000", "high": "0.825000"},
            "best": 1,
            "worst": 1,
            "borda": 1,
            "without": {"leadership": 3, "learning": 1},
            "interval": [1, 1],
            "median": 1,
            "mean": "1.00",
            "acceptability": ["1.0000", "0.0000", "0.0000"],
        },
        "change": {
            "assessment": f"a/{BOOK}/2025",
            **before(
                ("score", SAME, "0.650000", "0.750000"),
                ("leadership", SAME, "0.900000", "0.900000"),
                ("learning", SAME, "0.400000", "0.600000"),
                low="13.000000",
                high="15.000000",
            ),
        },
    },
    "b": {
        "coverage": "0.8600",
        "score": {"low": "13.000000", "high": "13.000000", "full": "20.000000"},
        "attainment": {
            "leadership": {**ends("0.400000", "0.400000"), "asked": "10.000000"},
            "learning": {**ends("0.900000", "0.900000"), "asked": "10.000000"},
        },
        # a may be level with it.
        "peers": {
            "score": {"percentile": "50.00", "least": "50.00", "most": "66.67", "z": "0.000"},
            "leadership": {"percentile": "50.00", "least": "50.00", "most": "50.00", "z": "0.000"},
            "learning": {"percentile": "66.67", "least": "66.67", "most": "66.67", "z": None},
        },
        "ranking": {
            "rank": 2,
            "level": 1,
            "within_book": 2,
            "value": {"low": "0.525000", "middle": "0.525000", "high": "0.525000"},
            "best": 2,
            "worst": 2,
            "borda": 2,
            "without": {"leadership": 1, "learning": 2},
            "interval": [2, 2],
            "median": 2,
            "mean": "2.00",
            "acceptability": ["0.0000", "1.0000", "0.0000"],
        },
        "change": {
            "assessment": f"b/{BOOK}/2025",
            **before(
                ("score", "down", "0.700000", "0.700000"),
                ("leadership", "down", "0.500000", "0.500000"),
                ("learning", SAME, "0.900000", "0.900000"),
                low="14.000000",
                high="14.000000",
            ),
        },
    },
    # One more on one dimension, one less on the other: the score stands.
    "c": {
        "coverage": "1.0000",
        "score": {"low": "17.000000", "high": "17.000000", "full": "20.000000"},
        "attainment": {
            "leadership": {**ends("0.900000", "0.900000"), "asked": "10.000000"},
            "learning": {**ends("0.800000", "0.800000"), "asked": "10.000000"},
        },
        "peers": {},
        "ranking": None,
        "change": {
            "assessment": f"c/{BOOK}/2025",
            **before(
                ("score", SAME, "0.850000", "0.850000"),
                ("leadership", "up", "0.800000", "0.800000"),
                ("learning", "down", "0.900000", "0.900000"),
                low="17.000000",
                high="17.000000",
            ),
        },
    },
    "e": {"change": None},
}


@pytest.mark.parametrize("unit", UNITS)
def test_what_is_said_of_a_unit(said: dict[str, Any], unit: str) -> None:
    found = {one["unit"]: one for one in said["units"]}
    assert list(found) == ["a", "b", "c", "e"]
    one = found[unit]
    assert (one["name"], one["sector"], one["book"]) == (f"单位{unit}", "hospital", BOOK)
    assert one["assessment"] == f"{unit}/{BOOK}/2026"
    assert one["grade"] == {"low": "good", "high": "best"}
    assert (one["veto"], one["not_rated"]) == ("yes" if unit == "c" else "no", "no")
    assert [reason["reason"] for reason in one["apart"]] == (["vetoed"] if unit == "c" else [])
    wanted = dict(UNITS[unit])
    if "attainment" in wanted:
        wanted["attainment"] |= dict.fromkeys(OTHERS)
    assert {key: one[key] for key in wanted} == wanted


def test_a_book_is_spread_over_its_dimensions_by_the_points_of_its_rules() -> None:
    rules = [
        ("service", False, Decimal(3)),
        (None, False, Decimal(5)),
        ("service", False, Decimal(4)),
        ("values", True, Decimal(2)),
        (None, False, Decimal(1)),
        ("learning", False, Decimal(0)),
    ]
    found = spread(rules, book="b", version="1", digest="d", sector="s", title=TITLE, grades={})
    # Bonus rules come on top; the dimensions in their own order, and what has none at the end.
    assert list(found.parts.items()) == [
        ("learning", (1, 0)), ("service", (2, 7)), ("", (2, 6)),
    ]  # fmt: skip
    assert (found.bonus, found.points, found.dimensions) == (1, 13, {"service"})
