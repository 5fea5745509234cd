"""A made-up population: valid for every book, the same on every machine, and like a real one to
look at.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest
from asked import ALL_PAGES
from hypothesis import example, given, settings
from hypothesis import strategies as st

from steelyard.book.library import Library
from steelyard.book.model import RuleBook
from steelyard.book.reading.load import parse_book
from steelyard.case.reading.read import parse_case
from steelyard.errors import CaseError, UsageError
from steelyard.judging.assessment import Assessment, weigh
from steelyard.located_yaml import mark
from steelyard.plugins.installed import load_plugins
from steelyard.sample.chance import Chance
from steelyard.sample.maker import Maker, check
from steelyard.sample.mend import Sound, sound
from steelyard.sample.names import SOURCE, subject
from steelyard.sample.population import Member, members, periods_from

from .strategies import Books, load

QUARTERS = ("2026Q1", "2026Q2", "2026Q3", "2026Q4")
LIBRARY = """\
book: town/library
version: 1.0.0
sector: library
title: {zh: 图书馆, en: Libraries}
parameters: {visits_wanted: 12}
facts:
  staff: {type: integer, min: 1}
  trained: {type: integer, min: 0, max: staff}
  branches: {type: integer, min: 1, max: 50}
  coverage: {is: trained / staff, min: 0, max: 1}
  reached: {is: "distinct(visits, branch) / branches", min: 0, max: 1}
  satisfaction: {type: survey}
  friendliness: {type: survey}
  complaints_rate: {type: survey, better: lower}
  tidiness: {type: [A, B, C], method: site}
  lighting: {type: [A, B, C], method: site}
  opened_late: {type: boolean, better: lower}
  collapse: {type: boolean, better: lower}
  readers: {type: number, min: 0, max: 1000000, decimals: 1}
  readers_before: {type: number, min: 0, max: 1000000, decimals: 1}
  stars: {type: [none_yet, one, two, three], ordered: true}
parties:
  branch: {head: person}
  person: {branch: branch, role: [librarian, director]}
records:
  visits: {date: date, branch: branch, month: {type: integer, min: 1, max: 12}, upheld: boolean, noted: boolean, left: {type: date, missing: none}}
  offences: {date: date, person: {type: person, missing: none}, kind: {type: [noise, fraud, other], missing: refused}, verified: boolean}
  prizes: {date: date, level: [city, national]}
sections: [{id: work, points: 60}, {id: people, points: 40}]
rules:
  - {id: training, section: people, dimension: learning, requires: coverage >= 0.95, points: 10}
  - {id: loved, section: people, dimension: service, method: survey, proportional: satisfaction, points: 10}
  - {id: friendly, section: people, dimension: service, method: survey, proportional: friendliness, points: 5}
  - {id: calm, section: people, dimension: service, method: survey, requires: complaints_rate <= 0.1, points: 5}
  - {id: rooms, section: work, dimension: environment, method: documents, checklist: [{id: warm}, {id: dry}, {id: quiet}, {id: open}], points: 10}
  - {id: tidy, section: work, dimension: environment, method: site, graded: tidiness, points: {A: 5, B: 3, C: 0}}
  - {id: lit, section: work, dimension: environment, method: site, graded: lighting, points: {A: 5, B: 3, C: 0}}
  - {id: on-time, section: work, dimension: service, requires: not opened_late, points: 5}
  - {id: monthly, section: work, dimension: performance, proportional: "distinct(visits, month, upheld) / visits_wanted", points: 10}
  - {id: everywhere, section: work, dimension: performance, proportional: reached, points: 10}
  - {id: growing, section: work, dimension: performance, requires: readers > readers_before, points: 10}
  - {id: starred, section: work, dimension: performance, requires: stars >= 'two', points: 5}
  - {id: honest, section: people, dimension: integrity, method: complaint, demerit: {over: offences, when: verified, each: 2}, points: 10}
  - {id: prized, bonus: true, points: 3, requires: "any(prizes, level == 'national')"}
bonus: 3
limiters:
  - {id: fallen, when: collapse, effect: {veto: true}}
  - {id: swindle, when: "any(offences, verified and kind == 'fraud')", effect: {veto: true}}
grades: [{id: good, at_least: 80}, {id: pass, at_least: 60}, {id: fail, at_least: 0}]
"""
KEYS = tuple(source.key for source in Library(load_plugins(strict=True).sources).sources)


@pytest.fixture(scope="module")
def book() -> RuleBook:
    return parse_book(LIBRARY, "library.yaml")


@pytest.fixture(scope="module")
def cases(book: RuleBook) -> list[list[Sound]]:
    """Return 120 units of the library's book, each with its four quarters."""
    maker = Maker(lambda _: book, 7, QUARTERS)
    return [list(maker.cases(Member(book.key, number))) for number in range(1, 121)]


@pytest.fixture(scope="module")
def found(book: RuleBook, cases: list[list[Sound]]) -> list[list[Assessment]]:
    return [[weigh(book, one.case) for one in unit] for unit in cases]


def middle(one: Assessment) -> float:
    return float(one.low + one.high) / 2


def correlation(pairs: list[tuple[float, float]]) -> float:
    means = [sum(pair[side] for pair in pairs) / len(pairs) for side in (0, 1)]
    over = sum((one - means[0]) * (two - means[1]) for one, two in pairs)
    under = [sum((pair[side] - means[side]) ** 2 for pair in pairs) for side in (0, 1)]
    return float(over / (under[0] * under[1]) ** 0.5)


# Valid


@pytest.mark.parametrize("key", KEYS if ALL_PAGES else KEYS[::4])
def test_every_book_gets_cases_that_read_without_fault_and_are_its_own(
    library: Library, key: str
) -> None:
    book = library.find(key)
    maker = Maker(library.find, len(key), ("2026Q4", "2027Q1"))
    shown = 0
    for number in (1, 2):
        for one in maker.cases(Member(key, number)):
            case = parse_case(mark(one.document, "case"), book, "case")
            assert case.digest == one.case.digest
            shown += len(case.given) + sum(rows.given for rows in case.registers.values())
            assessed = weigh(book, case)
            assert 0 <= assessed.low <= assessed.high <= book.points
    assert shown > 0


@pytest.mark.parametrize(
    "key",
    [
        "hospital/nine-prohibitions",
        "school/civilized-campus",
        "agency/water-bureau",
        "community/trade-zone",
    ],
)
def test_the_average_unit_of_a_book_is_neither_perfect_nor_lost(library: Library, key: str) -> None:
    maker = Maker(library.find, 3, ("2026Q4",))
    book = library.find(key)
    assessed = [
        weigh(book, one.case)
        for number in range(1, 16)
        for one in maker.cases(Member(book.key, number))
    ]
    shares = sorted(middle(one) * 10**book.decimals / book.points for one in assessed)
    assert 0.7 < shares[7] < 0.97


# A book whose worked-out figure leaves the range that it declares.
@example(number=33552)
@given(number=st.integers(0, 10**6))
@settings(max_examples=25, deadline=None)
def test_every_seed_works_for_a_book_that_nobody_has_seen(number: int) -> None:
    book = load(Books(random.Random(number)).document())
    maker = Maker(lambda _: book, number, ("2026Q1", "2026Q2"))
    assert [weigh(book, one.case).case.period for one in maker.cases(Member(book.key, 1))] == [
        "2026Q1",
        "2026Q2",
    ]


def test_what_cannot_hold_together_is_left_out(book: RuleBook) -> None:
    document: dict[str, Any] = {
        "book": book.key,
        "subject": "s",
        "period": "2026Q1",
        "facts": {"branches": "1", "staff": "5", "trained": "9", "nonsense": "1", "warm": "yes"},
        "parties": [{"id": f"branch-{n}", "kind": "branch"} for n in (1, 2, 3)],
        "records": {
            "visits": [{"id": str(n), "branch": f"branch-{n}"} for n in (1, 2, 3)],
            "prizes": [],
            "offences": [{"id": "1"}],
        },
    }
    mended = sound(document, book).document
    assert mended["facts"] == {"warm": "yes", "staff": "5"} or mended["facts"] == {"warm": "yes"}
    assert mended["records"] == {"prizes": []}


def test_what_has_no_name_at_all_leaves_the_bare_case(book: RuleBook) -> None:
    document: dict[str, Any] = {
        "book": book.key,
        "subject": "s",
        "period": "2026Q1",
        "facts": {"warm": "yes"},
        "waivers": "none",
    }
    assert set(sound(document, book).document) == {"book", "subject", "period"}


def test_a_period_for_which_a_parameter_has_no_figure_is_refused() -> None:
    late = parse_book(
        LIBRARY.replace("{visits_wanted: 12}", "{visits_wanted: {2026-07-01: 12}}"), "library.yaml"
    )
    check(late, ("2026Q3", "2026Q4"))
    with pytest.raises(CaseError, match="`visits_wanted` has no figure yet"):
        check(late, ("2026Q2", "2026Q3"))


# The same


def test_chance_falls_alike_on_every_machine() -> None:
    chance = Chance(7, "hospital/nine-prohibitions", 1)
    assert (chance.share(), chance.normal(), chance.tail(), chance.whole(1, 6)) == (
        0.976755682933403,
        0.20663808666385897,
        2.515274797051494,
        1,
    )


def test_a_unit_hangs_on_seed_book_and_number_alone(
    book: RuleBook, cases: list[list[Sound]]
) -> None:
    again = Maker(lambda _: book, 7, QUARTERS)
    assert [one.document for one in again.cases(Member(book.key, 100))] == [
        one.document for one in cases[99]
    ]
    other = Maker(lambda _: book, 8, QUARTERS)
    assert [one.document for one in other.cases(Member(book.key, 100))] != [
        one.document for one in cases[99]
    ]
    fewer = Maker(lambda _: book, 7, QUARTERS[:2])
    assert [one.document for one in fewer.cases(Member(book.key, 100))] == [
        one.document for one in cases[99][:2]
    ]


# Like a real one


def test_scores_spread(found: list[list[Assessment]]) -> None:
    scores = sorted(middle(one) for unit in found for one in unit)
    assert scores[len(scores) // 50] < 65
    assert 75 < scores[len(scores) // 2] < 92
    assert scores[-len(scores) // 50] > 92


def test_quality_lasts_over_quarters_and_goes_together_across_dimensions(
    book: RuleBook, found: list[list[Assessment]]
) -> None:
    assert correlation([(middle(unit[0]), middle(unit[1])) for unit in found]) > 0.5
    assert correlation([(middle(unit[0]), middle(unit[3])) for unit in found]) > 0.25

    def attained(one: Assessment, *dimensions: str) -> float:
        verdicts = [v for v in one.verdicts if book.rules[v.rule].dimension in dimensions]
        return sum(v.low + v.high for v in verdicts) / sum(
            book.rules[v.rule].points for v in verdicts
        )

    pairs = [
        (attained(one, "environment"), attained(one, "performance", "learning"))
        for unit in found
        for one in unit
    ]
    assert correlation(pairs) > 0.15


def test_evidence_is_missing_by_method(
    cases: list[list[Sound]], found: list[list[Assessment]]
) -> None:
    surveys = ("satisfaction", "friendliness", "complaints_rate")
    shown = Counter(
        sum(name in one.case.facts for name in surveys) for unit in cases for one in unit
    )
    # All or none for most; a sheet here and there is missing by itself.
    assert shown[0] > 20
    assert shown[0] > shown[1]
    assert shown[3] > 300
    coverage = [float(one.coverage) for unit in found for one in unit]
    assert 0.01 < sum(share < 0.6 for share in coverage) / len(coverage) < 0.25
    assert sum(share > 0.8 for share in coverage) / len(coverage) > 0.5


def test_most_units_have_no_breach_and_a_few_have_many(cases: list[list[Sound]]) -> None:
    numbers = Counter(len(one.case.registers["offences"].ids) for unit in cases for one in unit)
    assert numbers[0] > 0.55 * numbers.total()
    assert (
        0 < sum(count for number, count in numbers.items() if number >= 3) < 0.1 * numbers.total()
    )


def test_a_few_are_vetoed_and_some_have_a_bonus(found: list[list[Assessment]]) -> None:
    everyone = [one for unit in found for one in unit]
    assert 0 < sum(one.standing.veto == "yes" for one in everyone) < 0.06 * len(everyone)
    assert (
        0.05
        < sum(any(e.step == "bonus" and e.low for e in one.ledger) for one in everyone)
        / len(everyone)
        < 0.5
    )


def test_no_two_units_bear_one_name_whatever_their_books(library: Library) -> None:
    named = [subject(library.find(key), 1)["name"] for key in KEYS]
    assert len(set(named)) == len(named) > 20


def test_everything_says_that_it_is_made_up(cases: list[list[Sound]]) -> None:
    for unit in cases[:20]:
        for one in unit:
            assert "虚构" in one.case.subject_name
            assert "made-up" in one.case.subject_name
            assert all(said["source"] == SOURCE for said in one.document["facts"].values())
            assert all(row["evidence"]["source"] == SOURCE for row in rows_of(one.document))


def test_no_date_lies_after_the_quarter(cases: list[list[Sound]]) -> None:
    dates = [
        (row["date"], one.case.last.isoformat())
        for unit in cases
        for one in unit
        for row in rows_of(one.document)
        if "date" in row
    ]
    assert len(dates) > 100
    assert all(day <= last for day, last in dates)


def rows_of(document: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield every record of a case."""
    for said in document["records"].values():
        yield from said if isinstance(said, list) else said["rows"]


# Who there is


BOOKS = [("a/one", "a"), ("a/two", "a"), ("a/three", "a"), ("b/one", "b")]


@pytest.mark.parametrize(
    ("units", "counts"),
    [
        (0, {}),
        (1, {"a/one": 1}),
        (2, {"a/one": 1, "b/one": 1}),
        (4, dict.fromkeys(("a/one", "b/one", "a/two", "a/three"), 1)),
        (6, {"a/one": 1, "a/two": 1, "a/three": 1, "b/one": 3}),
        (12, {"a/one": 2, "a/two": 2, "a/three": 2, "b/one": 6}),
    ],
    ids=[
        "none",
        "one",
        "a book of each sector first",
        "every book",
        "then the sector with the fewest",
        "sectors alike",
    ],
)
def test_units_are_dealt_to_books(units: int, counts: dict[str, int]) -> None:
    dealt = members(BOOKS, units)
    assert Counter(one.book for one in dealt) == counts
    assert sorted(dealt) == sorted(
        Member(book, number) for book, count in counts.items() for number in range(1, count + 1)
    )


def test_more_units_add_to_those_there_were() -> None:
    for units in range(30):
        assert members(BOOKS, units + 1)[:units] == members(BOOKS, units)


def test_quarters_follow_one_another() -> None:
    assert periods_from("2026Q3", 4) == ("2026Q3", "2026Q4", "2027Q1", "2027Q2")


@pytest.mark.parametrize(
    ("first", "number"), [("2026", 1), ("2026H1", 1), ("soon", 1), ("2026Q5", 1), ("9998Q4", 2)]
)
def test_what_is_no_quarter_is_refused(first: str, number: int) -> None:
    with pytest.raises(UsageError, match=f"`{first}`"):
        periods_from(first, number)
