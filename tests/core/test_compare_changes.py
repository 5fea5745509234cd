"""Change between periods: up or down only where it is certain, sampling error and changed rules
told apart.
"""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from steelyard import StoreError
from steelyard.book.model import RuleBook
from steelyard.book.reading.load import parse_book
from steelyard.case.reading.read import parse_case
from steelyard.comparison.change import nobody
from steelyard.comparison.changes import DOWN, SAME, UP
from steelyard.comparison.comparison import Comparison, compare
from steelyard.comparison.comparison_json import published
from steelyard.comparison.options import Options
from steelyard.comparison.peers import NONE
from steelyard.comparison.saved import compare_saved, replay
from steelyard.comparison.surveys import surveyed
from steelyard.comparison.table import Points, Row, Table
from steelyard.judging.assessment import weigh
from steelyard.located_yaml import load
from steelyard.store.comparisons import Made, keep
from steelyard.store.store import Entry, Store

BOOK = """
book: hospital/made-up
version: {version}
title: {{zh: 试, en: Trial}}
sector: hospital
points: 100
decimals: 2
facts:
  satisfaction: {{type: survey, better: higher}}
  trained: {{type: integer, min: 0, max: 100}}
sections:
  - {{id: all, title: {{zh: 全, en: All}}, points: 100}}
rules:
  - {{id: liked, title: {{zh: 满意, en: Liked}}, section: all, dimension: service, cites: [], method: survey, basis: default,
     proportional: satisfaction, points: {liked}}}
  - {{id: taught, title: {{zh: 培训, en: Taught}}, section: all, dimension: learning, cites: [], method: records, basis: default,
     requires: trained >= {least}, points: {taught}}}
grades:
  - {{id: good, title: {{zh: 好, en: good}}, at_least: 60}}
  - {{id: poor, title: {{zh: 差, en: poor}}, at_least: 0}}
"""


def book(version: str = "1.0.0", *, liked: int = 50, taught: int = 50, least: int = 60) -> RuleBook:
    return parse_book(
        BOOK.format(version=version, liked=liked, taught=taught, least=least), "made-up.yaml"
    )


def entry(
    rules: RuleBook,
    unit: str,
    period: str,
    *,
    positive: int,
    asked: int,
    trained: int | None = 80,
    told: bool = False,
) -> Entry:
    facts = f"  satisfaction: {{positive: {positive}, asked: {asked}}}\n" + (
        f"  trained: {trained}\n" if trained is not None else ""
    )
    text = f"book: {rules.key}\nsubject: {{id: {unit}}}\nperiod: {period}\nfacts:\n{facts}"
    case = parse_case(load(text, "case.yaml"), rules, "case.yaml")
    found = weigh(rules, case)
    surveys = surveyed(found, nobody).document() if told else None
    return Entry(
        found.to_json(),
        dict(case.document),
        {},
        dict(rules.document),
        {},
        found.dimensions,
        surveys,
    )


@pytest.fixture
def store(tmp_path: Path) -> Any:
    with Store.open(tmp_path / "s.db") as store:
        yield store


def changed(store: Store) -> dict[str, Any]:
    found = compare_saved(store, Options(period="2026Q2", against="2026Q1", lists=(), draws=5))
    return {one["unit"]: one["change"] for one in json.loads("".join(published(found)))["units"]}


def test_a_change_within_the_sampling_error_of_a_survey_is_not_distinguishable(
    store: Store,
) -> None:
    rules = book()
    store.save(
        [
            entry(rules, "few", "2026Q1", positive=40, asked=50),
            entry(rules, "few", "2026Q2", positive=45, asked=50),
            entry(rules, "many", "2026Q1", positive=4000, asked=5000),
            entry(rules, "many", "2026Q2", positive=4500, asked=5000),
        ]
    )
    found = changed(store)
    for measure in ("score", "service"):
        assert found["few"]["measures"][measure]["verdict"] == "not_distinguishable"
        assert found["many"]["measures"][measure]["verdict"] == "up"
    assert found["few"]["measures"]["learning"]["verdict"] == "not_distinguishable"
    low, high = found["few"]["measures"]["service"]["sampled"]["now"]
    assert Decimal(low) < Decimal("0.9") < Decimal(high)
    assert found["few"]["split"] is None
    assert not found["few"]["rules_changed"]


@pytest.mark.parametrize("later", ["the same book", "a changed one"])
def test_what_was_worked_out_on_saving_says_what_judging_again_says(
    tmp_path: Path, later: str
) -> None:
    old = book()
    new = old if later == "the same book" else book("2.0.0", liked=40, taught=60)
    said = []
    for told in (True, False):
        with Store.open(tmp_path / f"{told}.db") as store:
            store.save(
                entry(rules, unit, period, positive=positive, asked=asked, told=told)
                for unit, asked, first, second in (
                    ("few", 50, 40, 45),
                    ("many", 5000, 4000, 4500),
                    ("still", 50, 40, 40),
                    ("nobody", 0, 0, 0),
                    ("down", 5000, 4500, 4000),
                )
                for rules, period, positive in ((old, "2026Q1", first), (new, "2026Q2", second))
            )
            assert store.query("SELECT count(*) FROM sampled") == [(10 if told else 0,)]
            if told and new is old:
                # Where it was told, no case is read.
                store.db.execute("PRAGMA foreign_keys=off")
                store.db.execute("DELETE FROM cases")
            found = compare_saved(
                store, Options(period="2026Q2", against="2026Q1", lists=(), draws=5)
            )
            said.append("".join(published(found)))
    assert said[0] == said[1]
    assert json.loads(said[0])["units"]


def test_a_change_is_split_into_what_the_rules_and_what_the_unit_did(store: Store) -> None:
    old, new = book(), book("2.0.0", liked=40, taught=60, least=90)
    store.save(
        [
            entry(old, "u", "2026Q1", positive=4000, asked=5000),
            entry(new, "u", "2026Q2", positive=4500, asked=5000),
        ]
    )
    found = changed(store)["u"]
    assert found["rules_changed"]
    split = found["split"]["score"]
    # By the old rules 40 + 50, the old case by the new rules 32 + 0, the new case 36 + 0.
    assert [split[part]["low"] for part in ("total", "rules", "unit")] == [
        "-54.00",
        "-58.00",
        "4.00",
    ]
    assert split["rules"]["verdict"] == "down"
    assert found["measures"]["score"]["verdict"] == "down"
    assert found["measures"]["learning"]["verdict"] == "down"


def test_missing_evidence_leaves_a_change_open(store: Store) -> None:
    rules = book()
    store.save(
        [
            entry(rules, "u", "2026Q1", positive=4000, asked=5000, trained=None),
            entry(rules, "u", "2026Q2", positive=4000, asked=5000),
        ]
    )
    assert changed(store)["u"]["measures"]["learning"]["verdict"] == "not_distinguishable"


def test_a_comparison_with_changes_is_made_again_byte_for_byte(store: Store) -> None:
    from steelyard.comparison.saved import replay, same, save

    old, new = book(), book("2.0.0", liked=40, taught=60, least=90)
    store.save(
        [
            entry(old, "u", "2026Q1", positive=40, asked=50),
            entry(new, "u", "2026Q2", positive=45, asked=50),
        ]
    )
    found = compare_saved(store, Options(period="2026Q2", against="2026Q1", draws=5))
    save(store, found, "json")
    # What is saved later does not count in a replay.
    store.save(
        [
            entry(new, "u", "2026Q2", positive=10, asked=50),
            entry(new, "v", "2026Q2", positive=10, asked=50),
        ]
    )
    again, made = replay(store, found.id[:6])
    assert same(again, made)
    assert "".join(published(again)) == "".join(published(found))
    assert made.printed == "json"
    assert made.summary["period"] == "2026Q2"
    now = compare_saved(store, Options(period="2026Q2", against="2026Q1", draws=5))
    assert now.id != found.id


def test_a_replay_tells_how_many_assessments_are_gone(store: Store) -> None:
    store.save([entry(book(), "u", "2026Q2", positive=10, asked=50)])
    found = compare_saved(store, Options(draws=5, lists=()))
    ids = [*found.assessments, "gone", "lost"]
    keep(store, Made("ab", "json", found.options.document(), ids, {}, found.result))
    with pytest.raises(StoreError, match="2 assessments behind comparison `ab` are no longer"):
        replay(store, "ab")


# Over plain rows


def rows(period: str, **units: tuple[int, int] | None) -> list[Row]:
    return [
        Row(
            unit=unit,
            sector="s",
            book="b",
            period=period,
            earned={} if ends is None else {"service": points(ends)},
            score=points(ends or (0, 0)),
        )
        for unit, ends in units.items()
    ]


def points(ends: tuple[int, int]) -> Points:
    return Points(Decimal(ends[0]), Decimal(ends[1]), Decimal(10))


def over(before: list[Row], now: list[Row]) -> Comparison:
    return compare(
        Table.of([*before, *now]), Options(period="2026", against="2025", lists=(), draws=5)
    )


def test_units_that_came_and_went_are_named_and_the_others_compared() -> None:
    found = over(
        rows("2025", a=(1, 1), gone=(5, 5), n=None), rows("2026", a=(2, 3), new=(9, 9), n=(4, 4))
    )
    assert found.changes is not None
    assert found.changes.verdict[:, MEASURE].tolist() == [UP, NONE]
    heads, old = found.now.table.heads, found.changes.earlier.table.heads
    assert [heads.unit[place] for place in found.changes.came] == ["new"]
    assert [old.unit[place] for place in found.changes.went] == ["gone"]


def test_without_cases_a_change_of_rules_is_said_but_not_split() -> None:
    before = [one._replace(version="1", digest="one") for one in rows("2025", a=(1, 1))]
    now = [one._replace(version="2", digest="two") for one in rows("2026", a=(9, 9))]
    found = over(before, now)
    assert found.changes is not None
    assert found.changes.ruled == [True]
    failed = found.changes.details[0].failed
    assert failed is not None
    assert failed.text() == "its cases are not at hand, so the change cannot be split"


MEASURE = 6
ENDS = st.tuples(st.integers(0, 10), st.integers(0, 10)).map(lambda ends: (min(ends), max(ends)))


@settings(max_examples=80, deadline=None)
@given(ENDS, ENDS, st.data())
def test_up_and_down_hold_for_every_completion(
    before: tuple[int, int], now: tuple[int, int], data: st.DataObject
) -> None:
    found = over(rows("2025", a=before), rows("2026", a=now))
    assert found.changes is not None
    verdict = int(found.changes.verdict[0, MEASURE])
    old, new = data.draw(st.integers(*before)), data.draw(st.integers(*now))
    assert verdict in {UP, DOWN, SAME}
    assert verdict != UP or new > old
    assert verdict != DOWN or new < old
