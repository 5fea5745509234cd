"""An authority's twenty lines on a real scheme, on both sides of the day from which a threshold
changes.

The hospital of version 1's example has trained 790 of its 812 medical staff: 97.29 %, under the
scheme's full coverage and over the authority's 95 % from 2026-07-01 on. The scheme gives it 87.89
points; every other figure follows from that.
"""

from __future__ import annotations

import datetime
import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from steelyard.book.difference.difference import diff
from steelyard.book.library import Library
from steelyard.book.model import RuleBook
from steelyard.case.formats.files import documents_in
from steelyard.case.reading.read import parse_case
from steelyard.comparison.change import Change, Line, change_between, rescore
from steelyard.errors import CaseError
from steelyard.judging.assessment import Assessment, weigh
from steelyard.located_yaml import mark
from steelyard.plugins.installed import Plugins

VERSIONS = Path(__file__).parents[1] / "versions"
EXAMPLE = VERSIONS / "examples" / "hospital-nine-prohibitions.yaml"
TAILORED = """\
book: city/hospital-conduct
version: 1.0.0
title: {zh: 本市行风“九不准”, en: Conduct in the city's hospitals}
sector: hospital
effective: {from: 2026-01-01}
extends: hospital/nine-prohibitions@1
tailor:
  set:
    parameters: {coverage_floor: {2026-07-01: 0.95}}
    points: {kickbacks: 12, irregular-donations: 1.5}
  drop:
    website-disclosure: {zh: 由全市统一平台公开, en: The city's own platform publishes it}
    concrete-measures: {zh: 已并入领导责任, en: Part of the leaders' responsibility}
  add:
    - {id: night-visits, section: duties, dimension: governance, method: records, title: {zh: 夜间巡查, en: Visits at night},
       banded: night_visits, bands: [{at_least: 12, points: 1}, {at_least: 6, points: 0.5}]}
facts:
  night_visits: {type: integer, min: 0, max: 366, better: higher, title: {zh: 夜间巡查次数, en: Visits at night}}
"""
ZERO = Decimal(0)
SPRING, WINTER = "2026-06-30", "2026-12-31"
DROPPED_ITEMS = {
    "medical_affairs_phone_online",
    "ethics_office_phone_online",
    "complaint_address_online",
    "concrete_measures_written",
    "linked_to_mass_line",
    "linked_to_conduct_building",
}


@pytest.fixture(scope="module")
def books(plugins: Plugins, tmp_path_factory: pytest.TempPathFactory) -> Library:
    """Return the installed books and the authority's."""
    folder = tmp_path_factory.mktemp("books")
    (folder / "city.yaml").write_text(TAILORED, "utf-8")
    return Library(plugins.sources, [str(folder), str(VERSIONS / "hospital")], plugins.measures)


@pytest.fixture
def base(books: Library) -> RuleBook:
    return books.find("hospital/nine-prohibitions@1")


@pytest.fixture
def tailored(books: Library) -> RuleBook:
    return books.find("city/hospital-conduct")


def document(
    book: RuleBook, as_of: str = WINTER, period: str = "2026", **facts: Any
) -> dict[str, Any]:
    """Return the example as plain data for a book, without the facts that the book does not ask."""
    shown = json.dumps(documents_in(EXAMPLE, lambda *_: book)[0])
    # A later year's case did everything on the same days of its own year.
    found: dict[str, Any] = json.loads(shown.replace('"2026-', f'"{period}-'))
    said = {**found["facts"], "trained_staff": "790", **facts}
    kept = {name: value for name, value in said.items() if name in book.facts}
    return {**found, "book": book.id, "period": period, "as_of": as_of, "facts": kept}


def weighed(book: RuleBook, as_of: str = WINTER, period: str = "2026", **facts: Any) -> Assessment:
    return weigh(
        book, parse_case(mark(document(book, as_of, period, **facts), "case"), book, "case")
    )


def points(assessment: Assessment) -> dict[str, Decimal]:
    return {one.rule: one.low for one in assessment.findings}


def line(change: Change, rule: str) -> Line:
    return next(one for one in change.rules if one.id == rule)


def test_the_authority_writes_about_twenty_lines() -> None:
    assert len(TAILORED.splitlines()) <= 22


def test_the_threshold_changes_on_its_day_and_nothing_else_does(
    base: RuleBook, tailored: RuleBook
) -> None:
    # Base: 87.89. The two dropped rules earned 0.50 each; the one added earns 1 for 14 visits:
    # 87.89 again.
    before, after = (weighed(tailored, day, night_visits="14") for day in (SPRING, WINTER))
    assert weighed(base).low == Decimal("87.89")
    assert (before.low, before.high) == (Decimal("87.89"), Decimal("87.89"))
    # 790/812 = 0.972906: under 1.00 until June, over 0.95 from July on, which is worth the five
    # points of the rule.
    assert (after.low, after.high) == (Decimal("92.89"), Decimal("92.89"))
    changed = {rule for rule, one in points(after).items() if one != points(before)[rule]}
    assert changed == {"training"}
    assert (points(before)["training"], points(after)["training"]) == (
        Decimal("0.00"),
        Decimal("5.00"),
    )
    assert [one.standing.low for one in (before, after)] == [1, 2]


def test_points_moved_within_a_section_count_for_who_has_lost_them(
    base: RuleBook, tailored: RuleBook
) -> None:
    # Two verified kickbacks at 3 points each: 9 − 6 = 3 by the scheme, 12 − 6 = 6 by the authority;
    # donations 4.5 → 1.5.
    rows = [
        {
            "id": f"k-{n}",
            "prohibition": "8",
            "verified": "true",
            "severity": "minor",
            "crime_suspected": "false",
        }
        for n in (1, 2)
    ]
    found = []
    for book in (base, tailored):
        case = document(book, night_visits="14")
        case["records"] = {**case["records"], "breaches": rows}
        found.append(points(weigh(book, parse_case(mark(case, "case"), book, "case"))))
    assert [one["kickbacks"] for one in found] == [Decimal("3.00"), Decimal("6.00")]
    assert [one["irregular-donations"] for one in found] == [Decimal("4.50"), Decimal("1.50")]


def test_the_dropped_rules_are_gone_and_their_reasons_stay(
    base: RuleBook, tailored: RuleBook
) -> None:
    assert {"website-disclosure", "concrete-measures"} & set(tailored.rules) == set()
    assert set(tailored.rules) - set(base.rules) == {"night-visits"}
    assert tailored.dropped["website-disclosure"].en == "The city's own platform publishes it"
    assert tailored.sections["duties"].points == base.sections["duties"].points == 4000
    assert (
        tailored.changed["rules.kickbacks.points"]
        == tailored.changed["parameters.coverage_floor"]
        == "city/hospital-conduct@1.0.0"
    )


def test_the_difference_of_the_books_is_told_in_words(base: RuleBook, tailored: RuleBook) -> None:
    words = [one.words.en for one in diff(base, tailored).changes]
    assert "rule “No kickbacks” (kickbacks): 12 points, was 9" in words
    assert (
        "figure “Education coverage asked for” (coverage_floor), from 2026-07-01 on: 0.95, was 1"
        in words
    )
    assert (
        "rule “Complaint channels on the website” (website-disclosure) is dropped, was "
        "0.5 points: The city's own platform publishes it" in words
    )
    added = (
        "rule “Visits at night” (night-visits) is added, 1 point, under “Duties”: “visits at "
        "night” in bands: from 6: 0.5, from 12: 1"
    )
    assert added in words
    back = [one.words.zh for one in diff(tailored, base).changes]
    assert "参数“教育覆盖面要求”（coverage_floor）自 2026-07-01 起：1（原为 0.95）" in back


def test_an_assessment_is_scored_again_by_the_tailored_book(
    base: RuleBook, tailored: RuleBook
) -> None:
    old = weighed(base)
    change = rescore(old, tailored)
    # Training +5, kickbacks +3, donations −3, two rules of 0.5 gone; visits at night are asked and
    # not told: 0 to 1.
    assert (change.score.rules.low, change.score.rules.high) == (Decimal("4.00"), Decimal("5.00"))
    assert change.score.rules.bounds is not None
    assert tuple(change.score.rules.bounds) == (Decimal("4.00"), Decimal("5.00"))
    assert change.verdict == "up"
    assert {rule.id: rule.rules.low for rule in change.rules if rule.rules.low} == {
        "training": 5,
        "kickbacks": 3,
        "irregular-donations": -3,
        "website-disclosure": Decimal("-0.5"),
        "concrete-measures": Decimal("-0.5"),
    }
    assert {one.id for one in change.carried.left_out} == DROPPED_ITEMS
    assert all((one.what, one.asked) == ("fact", False) for one in change.carried.left_out)
    assert [(one.what, one.id) for one in change.carried.unknown if one.new] == [
        ("fact", "night_visits")
    ]
    night = line(change, "night-visits")
    assert night.old is None
    assert night.between is not None
    assert tuple(night.between) == (Decimal("0.00"), Decimal("1.00"))


def test_the_day_says_which_figures_of_the_new_book_hold(
    base: RuleBook, tailored: RuleBook
) -> None:
    old = weighed(base, SPRING)
    # By its own day the old case meets the old figure; this year's figure is asked for by name.
    assert line(rescore(old, tailored), "training").rules.low == 0
    later = rescore(old, tailored, day=datetime.date(2026, 12, 31))
    assert line(later, "training").rules.low == 5
    assert later.between.case.as_of == datetime.date(2026, 6, 30)
    assert [day for _, day in rescore(old, tailored).later_figures] == ["2026-07-01"]
    assert later.later_figures == ()
    with pytest.raises(CaseError, match="`coverage_floor` has no figure yet on 2001-01-01"):
        rescore(old, tailored, day=datetime.date(2001, 1, 1))


def test_a_year_is_split_into_what_the_rules_and_what_the_unit_changed(
    base: RuleBook, tailored: RuleBook
) -> None:
    old = weighed(base)
    new = weighed(
        tailored,
        "2027-12-31",
        "2027",
        night_visits="14",
        trained_staff="800",
        satisfaction={"positive": "455", "asked": "500"},
    )
    change = change_between(old, new)
    assert change.day == datetime.date(2027, 12, 31)
    # Satisfaction 0.91 of a point instead of 0.94, and a point for the visits, of which last year
    # told nothing.
    assert [
        (part.low, part.high)
        for part in (change.score.rules, change.score.unit, change.score.total)
        if part is not None
    ] == [
        (Decimal("4.00"), Decimal("5.00")),
        (Decimal("0.97"), Decimal("-0.03")),
        (Decimal("4.97"), Decimal("4.97")),
    ]
    satisfaction = line(change, "public-satisfaction")
    assert satisfaction.total.low == Decimal("-0.03")
    # 470 and 455 of 500: 95 % Wilson intervals 91.56–95.77 % and 88.17–93.21 % overlap.
    assert satisfaction.total.verdict == "not_distinguishable"
    assert satisfaction.rules.sampled is not None
    assert (satisfaction.rules.sampled.low, satisfaction.rules.sampled.high) == (ZERO, ZERO)
    assert change.verdict == "up"


def test_one_book_whose_figure_changed_between_two_years_counts_as_rules_changed(
    tailored: RuleBook,
) -> None:
    old = weighed(tailored, SPRING, night_visits="14")
    new = weighed(tailored, "2027-12-31", "2027", night_visits="14")
    change = change_between(old, new)
    assert change.score.unit is not None
    assert (change.score.rules.low, change.score.unit.low) == (Decimal("5.00"), ZERO)


def test_a_later_case_of_another_book_is_weighed_by_the_one_that_is_named(
    base: RuleBook, tailored: RuleBook
) -> None:
    old, new = weighed(base), weighed(base, "2027-12-31", "2027")
    change = change_between(old, new, book=tailored)
    assert change.carried_new is not None
    assert {one.id for one in change.carried_new.left_out} == DROPPED_ITEMS
    assert change.new is not None
    assert change.new.book.id == "city/hospital-conduct"
    assert change.score.unit is not None
    # The visits are asked of both years and told of neither.
    assert (change.score.unit.low, change.score.unit.high) == (ZERO, ZERO)
    assert change.verdict == "up"


def test_a_change_is_of_one_unit_and_one_sector(
    base: RuleBook, tailored: RuleBook, books: Library
) -> None:
    case = {**document(base), "subject": {"id": "h-9", "name": "另一家"}}
    other = weigh(base, parse_case(mark(case, "case"), base, "case"))
    with pytest.raises(CaseError, match="h-9: is another unit than `h-001`"):
        change_between(weighed(base), other)
    with pytest.raises(
        CaseError, match="is for the sector `school`, and the case is of a hospital"
    ):
        rescore(weighed(base), books.find("school/civilized-unit"))
