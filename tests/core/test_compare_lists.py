"""Red and black lists: by the published rule alone, ties all listed, gaps in evidence counting for
nobody and against nobody.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

import pytest

from steelyard import UsageError, judge, read_case
from steelyard.book.reading.load import parse_book
from steelyard.comparison.comparison import compare
from steelyard.comparison.listing import default_rules, read_rules, rules_of
from steelyard.comparison.lists import List
from steelyard.comparison.options import Options
from steelyard.comparison.table import Points, Row, Table
from steelyard.work.comparing import Assessed


def rows(values: dict[str, object], period: str = "2026Q4", **more: object) -> list[Row]:
    """Return units with their scores in hundredths: a number, or a low and a high end."""
    found = []
    for unit, value in values.items():
        low, high = value if isinstance(value, tuple) else (value, value)
        points = Points(Decimal(low), Decimal(high), Decimal(100))
        fields = {
            "unit": unit,
            "sector": "s",
            "book": "s/b",
            "period": period,
            "score": points,
            "earned": {"service": points},
            **more,
        }
        found.append(Row(**fields))  # type: ignore[arg-type]  # what a test leaves out is filled in
    return found


def made(text: str, given: Sequence[Row], **options: object) -> List:
    listed = compare(
        Table.of(given),
        Options(lists=read_rules(f"lists:\n  - {text}\n", "l.yaml"), draws=5, **options),
    ).lists  # type: ignore[arg-type]
    return listed[0]


def names(one: List, given: Sequence[Row]) -> list[tuple[str, int]]:
    # In the order in which units stand in a comparison.
    units = sorted(row.unit for row in given if row.period == "2026Q4")
    return [(units[entry.row], entry.place) for group in one.groups for entry in group.listed]


FIVE = {"a": 90, "b": 80, "c": 80, "d": 70, "e": 10}
RULES = {
    "the best": ("{id: r, by: score, within: book, top: 1, min_units: 1}", [("a", 1)]),
    "ties all listed": (
        "{id: r, by: score, within: book, top: 2, min_units: 1}",
        [("a", 1), ("b", 2), ("c", 2)],
    ),
    "the worst": (
        "{id: r, by: score, within: book, bottom: 2, min_units: 1}",
        [("e", 1), ("d", 2)],
    ),
    "a threshold reached": (
        "{id: r, by: service, at_least: 0.8, min_units: 1}",
        [("a", 1), ("b", 2), ("c", 2)],
    ),
    "exactly on two thresholds": (
        "{id: r, by: score, within: book, top: 3, at_least: 0.9, min_units: 1}",
        [("a", 1)],
    ),
    "below a threshold": ("{id: r, by: overall, below: 0.7, min_units: 1}", [("e", 1)]),
    "both": ("{id: r, by: score, within: book, bottom: 3, below: 0.7, min_units: 1}", [("e", 1)]),
    "more than there are": (
        "{id: r, by: overall, top: 9, min_units: 1}",
        [("a", 1), ("b", 2), ("c", 2), ("d", 4), ("e", 5)],
    ),
}


@pytest.mark.parametrize(("text", "expected"), RULES.values(), ids=RULES)
def test_who_is_listed(text: str, expected: list[tuple[str, int]]) -> None:
    given = rows(FIVE)
    assert names(made(text, given), given) == expected


def test_a_gap_in_the_evidence_puts_nobody_on_either_list() -> None:
    given = rows({"gap": (20, 95), "good": 90, "bad": 30})
    assert names(
        made("{id: r, by: score, within: book, at_least: 0.85, min_units: 1}", given), given
    ) == [("good", 1)]
    assert names(
        made("{id: r, by: score, within: book, below: 0.6, min_units: 1}", given), given
    ) == [("bad", 1)]


def test_vetoed_units_stand_on_a_black_list_that_says_so_and_on_no_red_one() -> None:
    given = [
        *rows({"a": 90, "b": 50}),
        *rows({"v": 99}, veto="yes"),
        *rows({"p": 95}, veto="possible"),
    ]
    red = made("{id: r, by: score, within: book, top: 1, min_units: 1}", given)
    assert names(red, given) == [("a", 1)]
    assert (red.excluded["vetoed"], red.excluded["veto_possible"]) == (1, 1)
    black = made(
        "{id: r, by: score, within: book, below: 0.6, vetoed: listed, min_units: 1}", given
    )
    assert names(black, given) == [("b", 1), ("v", 0)]
    assert names(
        made("{id: r, by: score, within: book, below: 0.6, min_units: 1}", given), given
    ) == [("b", 1)]


def test_units_without_items_hardly_covered_or_not_rated_are_excluded_and_counted() -> None:
    given = [
        *rows({"a": 90}),
        *rows({"low": 99}, coverage=Decimal("0.7")),
        *rows({"not": 99}, not_rated="yes"),
        *rows({"none": 0}, earned={}),
    ]
    found = made("{id: r, by: service, top: 9, min_coverage: 0.8, min_units: 1}", given)
    assert names(found, given) == [("a", 1)]
    assert found.excluded == {
        "vetoed": 0,
        "veto_possible": 0,
        "not_rated": 1,
        "coverage": 1,
        "no_value": 1,
    }


def test_a_unit_exactly_on_the_floor_of_coverage_is_listed() -> None:
    given = [
        *rows({"on": 90}, coverage=Decimal("0.8")),
        *rows({"under": 99}, coverage=Decimal("0.7999")),
        *rows({"over": 80}, coverage=Decimal("0.8001")),
    ]
    found = made("{id: r, by: service, top: 9, min_coverage: 0.8, min_units: 1}", given)
    assert names(found, given) == [("on", 1), ("over", 2)]
    assert found.excluded["coverage"] == 1


def test_a_unit_that_may_not_be_rated_is_on_no_red_list_and_may_be_on_a_black_one() -> None:
    given = [*rows({"a": 90, "b": 50}), *rows({"p": 95, "q": 10}, not_rated="possible")]
    red = made("{id: r, by: score, within: book, top: 1, min_units: 1}", given)
    assert names(red, given) == [("a", 1)]
    assert (red.excluded["not_rated"], red.excluded["not_rated_possible"]) == (0, 2)
    black = made("{id: r, by: score, within: book, below: 0.6, min_units: 1}", given)
    assert names(black, given) == [("q", 1), ("b", 2)]
    assert "not_rated_possible" not in black.excluded


def test_a_small_group_gets_no_list_with_words() -> None:
    found = made("{id: r, by: score, within: book, top: 1}", rows(FIVE))
    assert found.groups[0].refused is not None
    assert found.groups[0].refused.text() == "5 units are fewer than the 8 that a list needs"


STEPS = "steps: [{after: 1, title: one}, {after: 2, title: two}, {after: 3, title: three}]"


def history(*scores: object) -> list[Row]:
    """Return one unit's scores in the quarters up to 2026Q4, with others that never change."""
    found = []
    for quarter, score in zip(
        ("2026Q1", "2026Q2", "2026Q3", "2026Q4")[4 - len(scores) :], scores, strict=True
    ):
        found += rows({"other": 50} if score is None else {"u": score, "other": 50}, quarter)
    return found


RUNS = {
    "listed for the first time": ((50, 90), 1, "one"),
    "twice in a row": ((90, 90), 2, "two"),
    "three times": ((90, 90, 90), 3, "three"),
    "no step beyond the last": ((90, 90, 90, 90), 3, "three"),
    "a quarter not listed breaks it": ((90, 90, 50, 90), 1, "one"),
    "a quarter not assessed breaks it": ((90, 90, None, 90), 1, "one"),
}


@pytest.mark.parametrize(("scores", "count", "step"), RUNS.values(), ids=RUNS)
def test_appearances_in_a_row_escalate(scores: tuple[object, ...], count: int, step: str) -> None:
    given = history(*scores)
    found = made(
        f"{{id: r, by: score, within: book, at_least: 0.8, min_units: 1, {STEPS}}}",
        given,
        period="2026Q4",
    )
    (entry,) = found.groups[0].listed
    assert entry.consecutive == count
    assert entry.step is not None
    assert entry.step.title.en == step


def test_the_lists_that_ship_hold_together_and_survive_being_kept() -> None:
    rules = default_rules()
    assert [(rule.id, rule.good) for rule in rules] == [("red", True), ("black", False)]
    assert rules_of([rule.document() for rule in rules]) == rules
    assert all(rule.title.zh != rule.title.en for rule in rules)


FAULTS = {
    "no lists": ("title: x", ["l.yaml:1: needs `lists`: one entry for each list"]),
    "a misspelled key": (
        "lists:\n  - {id: r, by: overall, top: 3, min_coverge: 0.5}",
        ["l.yaml:2: lists[1]: unknown key `min_coverge`; did you mean `min_coverage`?"],
    ),
    "good and bad at once": (
        "lists:\n  - {id: r, top: 3, below: 0.5}",
        [
            (
                "l.yaml:2: lists[1]: needs `top` or `at_least` for a good list, or `bottom` "
                "or `below` for a bad one"
            )
        ],
    ),
    "many at once": (
        (
            "lists:\n  - id: R R\n    by: scor\n    top: -3\n  - id: a\n    by: score\n    "
            "at_least: 1.5\n  - 7\n"
        ),
        [
            "l.yaml:2: lists[1].id: `R R` is not an id such as red-list",
            "l.yaml:3: lists[1].by: `scor` is none of overall, score, leadership,",
            "l.yaml:4: lists[1].top: must be a whole number from 1 to 1000000",
            "l.yaml:5: lists[2].within: lists by `score` are made within a book",
            "l.yaml:7: lists[2].at_least: `1.5` may be 1.5%, which is 0.015, or 1.5 times the whole",
            "l.yaml:8: lists[3]: must be a table of keys and values",
        ],
    ),
    "steps that run backwards": (
        (
            "lists:\n  - id: a\n    top: 3\n    steps:\n      - {after: 2, title: x}\n      "
            "- {after: 1, title: y}\n      - {after: 5}\n"
        ),
        [
            "l.yaml:6: lists[1].steps[2].after: steps run upwards, and 1 comes after 2",
            "l.yaml:7: lists[1].steps[3].title: must be a text, or a table with `zh` and `en`",
        ],
    ),
    "a step that is no number": (
        "lists:\n  - id: a\n    top: 3\n    steps: [{after: x, title: x}, {after: 2, title: y}]",
        ["l.yaml:4: lists[1].steps[1].after: must be a whole number from 1 to 1000000"],
    ),
    "a vetoed unit on a red list": (
        "lists:\n  - {id: r, top: 3, vetoed: listed}",
        ["l.yaml:2: lists[1].vetoed: a vetoed unit cannot stand on a good list"],
    ),
    "twice the same": (
        "lists:\n  - {id: r, top: 3}\n  - {id: r, bottom: 3}",
        ["l.yaml:3: lists[2]: list `r` stands twice"],
    ),
}


@pytest.mark.parametrize(("text", "messages"), FAULTS.values(), ids=FAULTS)
def test_faults_of_a_file_come_with_their_places_all_at_once(
    text: str, messages: list[str]
) -> None:
    with pytest.raises(UsageError) as refused:
        read_rules(text, "l.yaml")
    said = str(refused.value).split("\n")
    assert len(said) == len(messages), said
    for line, message in zip(said, messages, strict=True):
        assert line.startswith(message), said


def test_a_title_in_one_language_alone_is_that_of_both() -> None:
    [rule] = read_rules("lists: [{id: r, top: 3, title: {zh: ' ', en: Red}}]", "l.yaml")
    assert rule.title == ("Red", "Red")


LIMITED = """\
book: city/limited
version: 1.0.0
title: Limited
sector: city
parameters: {good_from: {2020-01-01: 70, 2026-07-01: 80}}
facts:
  rate: {type: number, min: 0, max: 1, decimals: 2}
  accident: boolean
sections: [{id: all, points: 100}]
rules: [{id: rated, section: all, dimension: service, proportional: rate, points: 100}]
limiters: [{id: accident, when: accident, effect: {cap_grade: CAP}}]
grades:
  - {id: excellent, at_least: 90}
  - {id: good, at_least: good_from}
  - {id: pass, at_least: 60}
  - {id: fail, at_least: 0}
"""
BY_SCORE = "{id: r, by: score, within: book, top: 9, at_least: 0.85, min_units: 1, min_coverage: 0}"
BY_SERVICE = "{id: r, by: service, at_least: 0.7, min_units: 1, min_coverage: 0}"
NO, YES, OPEN = "no", "yes", "unknown"
CAPPED: dict[str, tuple[str, str, dict[str, tuple[str, str]], list[str], dict[str, int]]] = {
    # 0.85 of the points earn `good` on the period's last day; who is held to `pass` is not that,
    # and of whom it is open may not be.
    "capped below what the list asks": (
        BY_SCORE, "pass",
        {"free": ("0.95", NO), "hit": ("0.98", YES), "open": ("0.99", OPEN), "low": ("0.30", YES)},
        ["free"], {"limited": 1, "limited_possible": 1},
    ),
    # What the list asks for is `good`: who is held to that has it, though 98 points alone earn more.
    "capped at what the list asks": (
        BY_SCORE, "good", {"free": ("0.95", NO), "hit": ("0.98", YES)}, ["hit", "free"], {},
    ),
    "capped, and never above it": (
        BY_SERVICE, "pass", {"hit": ("0.79", YES), "free": ("0.75", NO)}, ["hit", "free"], {},
    ),
    # A list by a dimension asks for no score: the unit's own points say what it would be.
    "by a dimension": (
        BY_SERVICE, "good", {"hit": ("0.98", YES), "free": ("0.75", NO)}, ["free"], {"limited": 1},
    ),
    "a bad list goes by the points alone": (
        "{id: r, by: score, within: book, below: 0.6, min_units: 1, min_coverage: 0}", "fail",
        {"hit": ("0.98", YES), "bad": ("0.30", NO)}, ["bad"], {},
    ),
}  # fmt: skip


@pytest.mark.parametrize(("text", "cap", "units", "listed", "limited"), CAPPED.values(), ids=CAPPED)
def test_nobody_stands_on_a_good_list_whose_grade_is_below_what_it_stands_for(
    text: str,
    cap: str,
    units: dict[str, tuple[str, str]],
    listed: list[str],
    limited: dict[str, int],
) -> None:
    book = parse_book(LIMITED.replace("CAP", cap), "limited.yaml")
    cases = (
        {"subject": {"id": unit}, "period": "2026", "facts": {"rate": rate, "accident": accident}}
        for unit, (rate, accident) in units.items()
    )
    found = [judge(book, read_case(case, book)) for case in cases]
    options = Options(lists=read_rules(f"lists:\n  - {text}\n", "l.yaml"), draws=5)
    compared = compare(Assessed(found), options)
    (made,) = compared.lists
    heads = compared.now.table.heads
    assert [heads.unit[one.row] for group in made.groups for one in group.listed] == listed
    assert {key: made.excluded[key] for key in made.excluded if "limited" in key} == limited


def test_shares_of_lists_are_read_in_per_cent_too() -> None:
    first, second = read_rules(
        "lists:\n  - {id: a, by: service, at_least: 85%, min_coverage: 60 %}\n"
        "  - {id: a2, by: service, at_least: 0.85, min_coverage: 0.6}\n",
        "l.yaml",
    )
    assert first._replace(id="", title=second.title) == second._replace(id="")
