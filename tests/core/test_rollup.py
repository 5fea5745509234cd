"""Parts rolled up into their whole: rows from assessments, unknown where there is none yet, sound
and frozen.
"""

from __future__ import annotations

import json
import random
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import pytest

from steelyard.book.model import RuleBook
from steelyard.book.reading.load import parse_book
from steelyard.case.reading.read import parse_case
from steelyard.case.reading.rollup import Part, not_yet
from steelyard.errors import BookError, CaseError
from steelyard.judging.assessment import Assessment, weigh
from steelyard.judging.missing import still_to_show
from steelyard.judging.parts import rolled_up
from steelyard.judging.slow.judge import judge_slowly
from steelyard.located_yaml import mark

PART = """\
book: town/department
version: 1.2.0
sector: agency
decimals: 1
points: 50
facts:
  punctual: {type: boolean}
  done: {type: number, min: 0, max: 1, decimals: 2}
  idle: {type: boolean}
records: {slips: {grave: boolean}}
sections: [{id: good-conduct, points: 20}, {id: work, points: 30}]
rules:
  - {id: on-time, section: good-conduct, requires: punctual, points: 12, not_applicable: idle}
  - {id: slips, section: good-conduct, demerit: {over: slips, each: "4 if grave else 1"}, points: 8}
  - {id: tasks, section: work, proportional: done, points: 30}
limiters: [{id: nothing, when: done == 0, effect: veto}, {id: grave, when: "any(slips, grave)", effect: {cap_grade: fair}}]
grades: [{id: good, at_least: 40}, {id: fair, at_least: 25}, {id: poor, at_least: 0}]
"""
WHOLE = """\
book: town/bureau
version: 1.0.0
sector: agency
parties: {person: {}, department: {head: person}}
records:
  quarters: {from_book: town/department@1, roster: departments, every: quarter, passed: {is: score_low >= 25}}
measures: {praised: {kind: reward}, warned: {kind: sanction}}
sections: [{id: all, points: 100}]
rules:
  - {id: pass-share, section: all, proportional: "share(quarters, passed)", points: 20}
  - {id: mean, section: all, proportional: "total(quarters, score_high) / (50 * count(quarters))", points: 20}
  - {id: conduct, section: all, proportional: "share(quarters, points_good_conduct >= 20)", points: 20}
  - {id: graded, section: all, proportional: "share(quarters, grade >= 'good')", points: 20}
  - {id: worst, section: all, banded: "lowest(quarters, score_low)", bands: [{at_least: 20, points: 5}, {at_least: 40, points: 10}]}
  - {id: all-there, section: all, proportional: "share(quarters, given(assessment))", points: 10}
limiters: [{id: vetoed-part, when: "any(quarters, veto)", effect: {downgrade: 1}}]
consequences:
  - {on: quarters, when: "grade == 'good'", falls_on: department.head, all: [praised]}
  - {on: department, when: "count(quarters, grade < 'fair') >= 2", falls_on: department.head, all: [warned]}
grades: [{id: high, at_least: 70}, {id: middle, at_least: 40}, {id: low, at_least: 0}]
"""
PARTIES = [
    {"id": "p-1", "kind": "person"},
    {"id": "p-2", "kind": "person"},
    {"id": "d-1", "kind": "department", "head": "p-1"},
    {"id": "d-2", "kind": "department", "head": "p-2"},
]
QUARTERS = ("2026Q1", "2026Q2", "2026Q3", "2026Q4")


def books(whole: str = WHOLE, part: str = PART) -> tuple[RuleBook, RuleBook]:
    """Return the book of the parts and the book that rolls them up."""
    return parse_book(part, "part.yaml"), parse_book(
        whole, "whole.yaml", base=lambda _: (part, "part.yaml")
    )


PARTS, ALL = books()


class Saved:
    """Assessments of parts as a store would give them, the last kept first."""

    def __init__(self) -> None:
        self.kept: dict[tuple[str, str], dict[str, Any]] = {}

    def weigh(self, subject: str, period: str, facts: Mapping[str, Any], slips: Any = None) -> None:
        case: dict[str, Any] = {
            "book": PARTS.key,
            "subject": {"id": subject, "part_of": "b-1"},
            "period": period,
            "facts": dict(facts),
            **({"records": {"slips": slips}} if slips is not None else {}),
        }
        self.kept[subject, period] = weigh(
            PARTS, parse_case(mark(case, "part"), PARTS, "part")
        ).to_json()

    def __call__(self, part: Part) -> dict[str, Any] | None:
        assert (part.book, str(part.whole)) == ("town/department@1", "b-1")
        return self.kept.get((part.subject, part.period))


def whole(saved: Any, records: Any = None, parties: Any = None, **said: Any) -> Assessment:
    """Weigh the bureau, its parts found in what is saved."""
    case = {
        "book": ALL.key,
        "subject": "b-1",
        "period": "2026",
        "parties": PARTIES if parties is None else parties,
        **said,
    }
    if records is not None:
        case["records"] = {"quarters": records}
    return weigh(ALL, parse_case(mark(case, "case"), ALL, "case", saved))


def rows(found: Assessment) -> list[dict[str, str]]:
    """Return the rows that were frozen into the case."""
    frozen: list[dict[str, str]] = found.case.document["records"]["quarters"]["rows"]
    return frozen


def points(found: Assessment) -> dict[str, tuple[Decimal, Decimal]]:
    return {one.rule: (one.low, one.high) for one in found.findings}


def test_every_part_and_period_of_the_roster_is_a_row() -> None:
    saved = Saved()
    saved.weigh("d-1", "2026Q1", {"punctual": "yes", "done": "0.9", "idle": "no"}, [])
    found = whole(saved)
    assert [(row["subject"], row["period"]) for row in rows(found)] == [
        (d, q) for d in ("d-1", "d-2") for q in QUARTERS
    ]
    assert rows(found)[0] == {
        "id": "d-1@2026Q1",
        "subject": "d-1",
        "department": "d-1",
        "period": "2026Q1",
        "assessment": saved.kept["d-1", "2026Q1"]["id"],
        "score_low": "47",
        "score_high": "47",
        "grade": "good",
        "veto": "false",
        "not_rated": "false",
        "points_good_conduct": "20",
        "points_work": "27",
    }
    assert rows(found)[1] == {
        "id": "d-1@2026Q2",
        "subject": "d-1",
        "department": "d-1",
        "period": "2026Q2",
        "assessment": "unknown",
        "score_low": "unknown",
        "score_high": "unknown",
        "grade": "unknown",
        "veto": "unknown",
        "not_rated": "unknown",
        "points_good_conduct": "unknown",
        "points_work": "unknown",
    }


def test_a_part_that_is_not_assessed_yet_is_anything() -> None:
    saved = Saved()
    for number, period in enumerate(QUARTERS):
        saved.weigh("d-1", period, {"punctual": "yes", "done": f"0.{number + 6}", "idle": "no"}, [])
        if period != "2026Q4":
            saved.weigh("d-2", period, {"punctual": "no", "done": "0.5", "idle": "no"}, [])
    found = whole(saved)
    # d-1: 38, 41, 44, 47; d-2: 23 three times; d-2's last quarter is anything from 0 to 50.
    assert points(found) == {
        "pass-share": (Decimal("10.00"), Decimal("12.50")),
        "mean": (Decimal("11.95"), Decimal("14.45")),
        "conduct": (Decimal("10.00"), Decimal("12.50")),
        "graded": (Decimal("7.50"), Decimal("10.00")),
        "worst": (Decimal("0.00"), Decimal("5.00")),
        "all-there": (Decimal("8.75"), Decimal("10.00")),
    }
    certain = {(one.party, one.record) for one in found.consequences if one.certain}
    assert certain == {("p-1", f"d-1@{period}") for period in QUARTERS[1:]} | {("p-2", "")}
    assert [one.id for one in still_to_show(found)] == ["quarters/d-2"]
    assert [
        (line.subject, line.period)
        for _, lines in rolled_up(found)
        for line in lines
        if line.row is None
    ] == [("d-2", "2026Q4")]
    nothing = rolled_up(whole(not_yet))[0][1]
    assert [(line.subject, line.period, line.periods) for line in nothing] == [
        (d, "2026Q1 – 2026Q4", 4) for d in ("d-1", "d-2")
    ]


def test_a_part_known_in_part_counts_by_both_its_ends() -> None:
    saved = Saved()
    for department in ("d-1", "d-2"):
        for period in QUARTERS:
            saved.weigh(department, period, {"punctual": "yes", "done": "1", "idle": "no"}, [])
    saved.weigh("d-2", "2026Q4", {"done": "0.4", "idle": "no"}, [])  # 20 to 32
    found = whole(saved)
    assert rows(found)[-1]["grade"] == "poor..fair"
    assert points(found)["pass-share"] == (Decimal("17.50"), Decimal(20))
    assert points(found)["worst"] == (Decimal(5), Decimal(5))


def test_what_was_frozen_is_judged_again_without_the_parts() -> None:
    saved = Saved()
    saved.weigh("d-1", "2026Q1", {"done": "0.4"})
    saved.weigh("d-2", "2026Q3", {"done": "0", "punctual": "no"})
    found = whole(saved)
    again = weigh(ALL, parse_case(mark(dict(found.case.document), "saved"), ALL, "saved"))
    assert again.to_json() == found.to_json()
    # The stored book stands for itself, without the book of the parts.
    alone = parse_book(json.dumps(ALL.document), "stored")
    assert (
        weigh(
            alone, parse_case(mark(dict(found.case.document), "saved"), alone, "saved")
        ).to_json()["score"]
        == found.to_json()["score"]
    )
    assert alone.digest == ALL.digest


def test_without_parties_nothing_is_expected_and_the_register_stays_open() -> None:
    found = whole(not_yet, parties=[])
    assert (found.low, found.high) == (0, 100)
    assert found.case.document["records"] == {}


def test_rows_that_a_case_lists_are_its_roster() -> None:
    saved = Saved()
    saved.weigh("d-2", "2026Q3", {"done": "1", "punctual": "yes", "idle": "no"}, [])
    found = whole(
        saved, [{"subject": "d-2", "period": "2026Q3"}, {"department": "d-1", "period": "2026年Q1"}]
    )
    assert [(row["id"], row["grade"]) for row in rows(found)] == [
        ("d-2@2026Q3", "good"),
        ("d-1@2026Q1", "unknown"),
    ]
    assert found.case.registers["quarters"].complete
    opened = whole(saved, {"complete": "no", "rows": [{"subject": "d-2", "period": "2026Q3"}]})
    assert not opened.case.registers["quarters"].complete


def test_months_of_the_unit_itself_make_its_year() -> None:
    own = WHOLE.replace(
        "roster: departments, every: quarter", "roster: subject, every: half"
    ).replace("falls_on: department.head", "falls_on: subject")
    own = own.replace(
        "  - {on: department, when: \"count(quarters, grade < 'fair') >= 2\", falls_on: "
        "subject, all: [warned]}\n",
        "",
    )
    _, book = books(own)
    asked: list[Part] = []
    case = {"book": book.key, "subject": "b-1", "period": "2026"}
    found = weigh(book, parse_case(mark(case, "case"), book, "case", asked.append))
    assert [(part.subject, part.period) for part in asked] == [("b-1", "2026H1"), ("b-1", "2026H2")]
    assert (found.low, found.high) == (0, 100)


@pytest.mark.parametrize(
    ("period", "every", "expected"),
    [
        ("2026", "month", [f"2026-{month:02}" for month in range(1, 13)]),
        ("2026Q3", "month", ["2026-07", "2026-08", "2026-09"]),
        ("2026H2", "quarter", ["2026Q3", "2026Q4"]),
        ("2026", "half", ["2026H1", "2026H2"]),
        ("2026", "year", ["2026"]),
        ("2026-11", "month", ["2026-11"]),
    ],
    ids=[
        "months of a year",
        "months of a quarter",
        "quarters of a half",
        "halves",
        "the year itself",
        "the month itself",
    ],
)
def test_periods_lie_within_the_case_s_own(period: str, every: str, expected: list[str]) -> None:
    _, book = books(WHOLE.replace("every: quarter", f"every: {every}"))
    case = {
        "book": book.key,
        "subject": "b-1",
        "period": period,
        "parties": PARTIES[2:3] + PARTIES[:1],
    }
    found = parse_case(mark(case, "case"), book, "case")
    assert [row["period"] for row in found.document["records"]["quarters"]["rows"]] == expected


def test_without_a_length_the_assessments_found_tell_it() -> None:
    _, book = books(WHOLE.replace(", every: quarter", ""))
    case = {"book": book.key, "subject": "b-1", "period": "2026", "parties": PARTIES}
    saved = Saved()
    found = weigh(book, parse_case(mark(case, "case"), book, "case", saved))
    assert not found.case.registers["quarters"].complete
    assert (found.low, found.high) == (0, 100)
    saved.weigh("d-2", "2026Q3", {"punctual": "yes"})
    found = weigh(book, parse_case(mark(case, "case"), book, "case", saved))
    assert [row["period"] for row in rows(found)] == [*QUARTERS, *QUARTERS]
    saved.weigh("d-2", "2026-07", {"punctual": "yes"})
    with pytest.raises(CaseError) as refused:
        parse_case(mark(case, "case"), book, "case", saved)
    assert (
        "parts are assessed by the month and by the quarter: the book says which counts by `every`"
        in str(refused.value)
    )


def test_a_period_too_short_for_any_part_leaves_the_register_open() -> None:
    case = {"book": ALL.key, "subject": "b-1", "period": "2026-11", "parties": PARTIES}
    found = weigh(ALL, parse_case(mark(case, "case"), ALL, "case"))
    assert (found.case.registers["quarters"].complete, found.low, found.high) == (False, 0, 100)


BAD_BOOKS: dict[str, tuple[str, str, str]] = {
    "own assessments": (
        "from_book: town/department@1",
        "from_book: town/bureau",
        "a book cannot be filled from its own assessments",
    ),
    "no such kind": (
        "roster: departments",
        "roster: departmets",
        "`departmets` is no kind of party, nor `subject`; did you mean `department`?",
    ),
    "a field of a clerk's": (
        "passed: {is: score_low >= 25}",
        "passed: boolean",
        "only fields that are worked out",
    ),
    "a field that is there": (
        "passed: {is: score_low >= 25}",
        "passed: {is: score_low >= 25}, grade: text",
        "`grade` comes from the assessments",
    ),
    "no such length": (
        "every: quarter",
        "every: week",
        "`week` is not one of month, quarter, half, year",
    ),
    "a misspelt book": (
        "from_book: town/department@1",
        "from_bok: town/department@1",
        "records.quarters: unknown key `from_bok`; did you mean `from_book`?",
    ),
    "a misspelt roster": (
        "roster: departments",
        "rooster: departments",
        "records.quarters: unknown key `rooster`; did you mean `roster`?",
    ),
    "a misspelt length": (
        "every: quarter",
        "evry: quarter",
        "records.quarters: unknown key `evry`; did you mean `every`?",
    ),
    "a misspelt title": (
        "department: {head: person}",
        "department: {head: person, titel: {zh: 部门, en: Department}}",
        "parties.department: unknown key `titel`; did you mean `title`?",
    ),
    "a roster in a list": (
        "roster: departments",
        "roster: [department]",
        "records.quarters.roster: text is wanted, not a list",
    ),
    "a roster of nothing": (
        (
            "from_book: town/department@1, roster: departments, every: quarter, passed: {is: "
            "score_low >= 25}"
        ),
        "roster: departments, score_low: number",
        "belongs to a register that is filled `from_book`",
    ),
}


@pytest.mark.parametrize(("old", "new", "message"), BAD_BOOKS.values(), ids=BAD_BOOKS)
def test_a_wrong_roll_up_is_refused_when_the_book_is_loaded(
    old: str, new: str, message: str
) -> None:
    with pytest.raises(BookError) as refused:
        books(WHOLE.replace(old, new))
    assert any(
        message in one.text() and one.place.startswith("whole.yaml:")
        for one in refused.value.faults
    ), refused.value


BAD_ROWS: dict[str, tuple[Any, str]] = {
    "values of nobody's": (
        [{"subject": "d-1", "period": "2026Q1", "score_low": "40"}],
        "is missing: the values of a part come from an assessment",
    ),
    "an assessment without values": (
        [{"subject": "d-1", "period": "2026Q1", "assessment": "abc"}],
        "names an assessment without its values",
    ),
    "another year": ([{"subject": "d-1", "period": "2025Q1"}], "`2025Q1` does not lie within 2026"),
    "no period": ([{"subject": "d-1"}], "is missing"),
    "no such period": ([{"subject": "d-1", "period": "spring"}], "`spring` is not a period"),
    "nobody": ([{"period": "2026Q1"}], "is missing"),
    "no such party": ([{"subject": "d-9", "period": "2026Q1"}], "`d-9` is not among the parties"),
    "a score without its grade": (
        [
            {
                "subject": "d-1",
                "department": "d-1",
                "period": "2026Q1",
                "assessment": "abc",
                "score_low": "40",
                "score_high": "40",
            }
        ],
        (
            "records.quarters.1.grade: is missing: a row that names an assessment holds its "
            "score and grade"
        ),
    ),
    "an end that is a range": (
        [
            {
                "subject": "d-1",
                "department": "d-1",
                "period": "2026Q1",
                "assessment": "abc",
                "score_low": "30..40",
                "score_high": "40",
                "grade": "good",
            }
        ],
        "`30..40` is a range, and this field must be given exactly",
    ),
    "ends turned round": (
        [
            {
                "subject": "d-1",
                "department": "d-1",
                "period": "2026Q1",
                "assessment": "abc",
                "score_low": "40",
                "score_high": "30",
                "grade": "good",
            }
        ],
        "records.quarters.1.score_low: `40` is above the high end, 30",
    ),
    "another length": (
        [{"subject": "d-1", "period": "2026-02"}],
        "`2026-02` is not a quarter, by which the book has parts assessed",
    ),
    "another part": (
        [{"subject": "d-1", "department": "d-2", "period": "2026Q1"}],
        "`d-2` is not the part that the row is of, `d-1`",
    ),
    "twice": (
        [{"subject": "d-1", "period": "2026Q1"}, {"subject": "d-1", "period": "2026Q1"}],
        "record `d-1@2026Q1` stands twice",
    ),
    "a field of nobody's": (
        [{"subject": "d-1", "period": "2026Q1", "colour": "red"}],
        "unknown field `colour`",
    ),
    "no mapping": (["d-1"], "a record is a mapping of fields"),
}


@pytest.mark.parametrize(("records", "message"), BAD_ROWS.values(), ids=BAD_ROWS)
def test_a_wrong_row_is_refused_in_a_line(records: Any, message: str) -> None:
    with pytest.raises(CaseError) as refused:
        whole(not_yet, records)
    assert message in str(refused.value)


def test_all_that_is_misspelt_is_told_at_once() -> None:
    wrong = (
        WHOLE.replace("roster:", "rooster:")
        .replace("every:", "evry:")
        .replace("points: 100}", "point: 100}")
    )
    with pytest.raises(BookError) as refused:
        books(wrong)
    said = [one.text() for one in refused.value.faults]
    assert [line.partition(": ")[2] for line in said] == [
        "records.quarters: unknown key `rooster`; did you mean `roster`?",
        "records.quarters: unknown key `evry`; did you mean `every`?",
        "sections.all: `points` is missing",
        "sections.all: unknown key `point`; did you mean `points`?",
    ]


@pytest.mark.parametrize("roster", ["branch", "branches"])
def test_a_roster_may_be_in_the_plural(roster: str) -> None:
    _, book = books(
        WHOLE.replace("department: {", "branch: {")
        .replace("on: department,", "on: branch,")
        .replace("department.head", "branch.head")
        .replace("roster: departments", f"roster: {roster}")
    )
    assert book.registers["quarters"].rolled is not None
    assert book.registers["quarters"].rolled.kind == "branch"


def test_a_row_that_names_no_assessment_is_one_that_is_awaited() -> None:
    found = whole(
        not_yet, [{"subject": "d-1", "department": "d-1", "period": "2026Q1", "assessment": "none"}]
    )
    assert [(line.subject, line.row) for _, lines in rolled_up(found) for line in lines] == [
        ("d-1", None)
    ]


@pytest.mark.parametrize(
    ("said", "message"),
    [
        ({"id": "b-1", "part_of": "b-1"}, "a unit is no part of itself"),
        ({"id": "b-1", "partof": "x"}, "unknown key `partof`; did you mean `part_of`?"),
    ],
    ids=["itself", "misspelt"],
)
def test_a_wrong_whole_is_refused(said: Any, message: str) -> None:
    with pytest.raises(CaseError) as refused:
        whole(not_yet, subject=said)
    assert message in str(refused.value)


def test_an_assessment_by_a_book_of_other_sections_is_refused() -> None:
    other = parse_book(
        PART.replace("section: good-conduct", "section: other").replace(
            "{id: good-conduct,", "{id: other,"
        ),
        "other.yaml",
    )
    case = {"book": other.key, "subject": {"id": "d-1", "part_of": "b-1"}, "period": "2026Q1"}
    found = weigh(other, parse_case(mark(case, "part"), other, "part")).to_json()
    with pytest.raises(CaseError) as refused:
        whole(lambda _: found)
    assert "has points for `points_other`, which the book that rolls it up does not know" in str(
        refused.value
    )


def _random_facts(rng: random.Random) -> tuple[dict[str, str], Any]:
    facts = {
        "punctual": rng.choice(["yes", "no"]),
        "done": rng.choice(["0", "0.4", "0.55", "0.8", "1"]),
        "idle": rng.choice(["yes", "no", "no"]),
    }
    return facts, [{"grave": rng.choice(["yes", "no"])} for _ in range(rng.choice([0, 0, 1, 3]))]


@pytest.mark.parametrize("seed", range(60))
def test_more_evidence_on_the_parts_only_narrows_the_whole(seed: int) -> None:
    """The law of the bounds, through the roll-up: the slow judge says the same, and every step lies
    within the last.
    """
    rng = random.Random(seed)
    truth = {(d, q): _random_facts(rng) for d in ("d-1", "d-2") for q in QUARTERS}
    saved = Saved()
    told: dict[tuple[str, str], dict[str, str]] = {}
    before: Assessment | None = None
    for share in (0.0, 0.3, 0.7, 1.0):
        for part, (facts, slips) in truth.items():
            if share == 1 or (share and rng.random() < 0.8):
                told[part] = told.get(part, {}) | {
                    name: value for name, value in facts.items() if rng.random() < share
                }
                saved.weigh(
                    *part, told[part], slips if share == 1 else {"complete": "no", "rows": slips}
                )
        found = whole(saved)
        slow = judge_slowly(ALL, found.case).score
        assert (slow.low, slow.high) == (found.low, found.high)
        if before is not None:
            assert before.low <= found.low <= found.high <= before.high
            assert (
                before.standing.low
                <= found.standing.low
                <= found.standing.high
                <= before.standing.high
            )
            old, new = points(before), points(found)
            assert all(old[rule][0] <= new[rule][0] <= new[rule][1] <= old[rule][1] for rule in old)
            certain = {
                (one.row, one.party, one.record) for one in before.consequences if one.certain
            }
            possible = {(one.row, one.party, one.record) for one in before.consequences}
            now = {(one.row, one.party, one.record) for one in found.consequences}
            assert certain <= now <= possible
        before = found
    assert before is not None
    assert before.low == before.high


# Parts that are not rated

UNRATED = PART.replace(
    "limiters: [", "limiters: [{id: new, when: idle, effect: not_rated}, "
).replace(", not_applicable: idle", "")
COUNTING = """\
book: town/counting
version: 1.0.0
sector: agency
parties: {person: {}, department: {head: person}}
records: {quarters: {from_book: town/department@1}}
sections: [{id: all, points: 100}]
rules:
  - {id: total, section: all, proportional: "total(quarters, score_high) / 100", points: 50}
  - {id: least, section: all, proportional: "lowest(quarters, score_low) / 50", points: 20}
  - {id: fair, section: all, proportional: "count(quarters, grade >= 'fair') / 2", points: 20}
  - {id: work, section: all, proportional: "total(quarters, points_work) / 60", points: 10}
grades: [{id: pass, at_least: 60}, {id: fail, at_least: 0}]
"""
# The first quarter: 12 + 8 + 30 x 0.7 = 41, good. The second: 12 + 8 + 30 x 0.3 = 29, fair.
# Not rated, it has neither score nor grade nor points, and is passed over.
RATED = {
    "rated": (
        "no",
        {"total": (35, 35), "least": ("11.6", "11.6"), "fair": (20, 20), "work": (5, 5)},
    ),
    "not rated": (
        "yes",
        {
            "total": ("20.5", "20.5"),
            "least": ("16.4", "16.4"),
            "fair": (10, 10),
            "work": ("3.5", "3.5"),
        },
    ),
    "perhaps not rated": (
        "unknown",
        {"total": ("20.5", 35), "least": ("11.6", "16.4"), "fair": (10, 20), "work": ("3.5", 5)},
    ),
}


def counted(idle: str) -> Assessment:
    """Weigh a whole of two quarters, of whose second it is told whether it is rated."""
    part, book = books(COUNTING, UNRATED)
    kept = {}
    for period, done, said in (("2026Q1", "0.7", "no"), ("2026Q2", "0.3", idle)):
        facts = {"punctual": "yes", "done": done, "idle": said}
        document = {"book": part.key, "subject": "b-1", "period": period, "facts": facts}
        case = parse_case(mark({**document, "records": {"slips": []}}, "part"), part, "part")
        kept[period] = weigh(part, case).to_json()
    wanted = [{"subject": "b-1", "period": period} for period in kept]
    said = {"book": book.key, "subject": "b-1", "period": "2026", "records": {"quarters": wanted}}
    return weigh(
        book, parse_case(mark(said, "case"), book, "case", lambda part: kept.get(part.period))
    )


@pytest.mark.parametrize(("idle", "expected"), RATED.values(), ids=RATED)
def test_a_part_that_is_not_rated_has_no_grade_in_its_whole(
    idle: str, expected: Mapping[str, tuple[Any, Any]]
) -> None:
    found = counted(idle)
    assert points(found) == {
        rule: (Decimal(low), Decimal(high)) for rule, (low, high) in expected.items()
    }
    slow = judge_slowly(found.book, found.case)
    assert {rule: (one.low, one.high) for rule, one in slow.rules.items()} == points(found)
    row = rows(found)[1]
    assert row["not_rated"] == {"no": "false", "yes": "true"}.get(idle, "unknown")
    told = {"score_low": "29", "score_high": "29", "grade": "fair", "points_work": "9"}
    assert {key: row[key] for key in told} == (
        dict.fromkeys(told, "none") if idle == "yes" else told
    )
    # What is frozen is read again as it was.
    again = parse_case(mark(found.case.document, "frozen"), found.book, "frozen")
    assert again.digest == found.case.digest
    assert points(weigh(found.book, again)) == points(found)


def test_a_row_that_is_not_rated_and_has_a_grade_is_refused() -> None:
    found = counted("yes")
    document = json.loads(json.dumps(dict(found.case.document)))
    document["records"]["quarters"]["rows"][1] |= {"grade": "fair", "points_work": "9"}
    with pytest.raises(CaseError) as caught:
        parse_case(mark(document, "frozen"), found.book, "frozen")
    assert [str(one.text(str)).partition(": ")[2] for one in caught.value.faults] == [
        f"records.quarters.b-1@2026Q2.{key}: `{value}` cannot be: a part that is not rated has no "
        "score, grade or points"
        for key, value in (("grade", "fair"), ("points_work", "9"))
    ]
    document["records"]["quarters"]["rows"][1] |= {"not_rated": "false", "score_low": "none"}
    with pytest.raises(CaseError, match="score_low: is missing"):
        parse_case(mark(document, "frozen"), found.book, "frozen")


def test_a_report_of_a_whole_names_the_part_that_is_not_rated() -> None:
    for idle, expected in (("no", "no"), ("yes", "yes"), ("unknown", "possible")):
        [(_, lines)] = rolled_up(counted(idle))
        assert [line.not_rated for line in lines] == ["no", expected]


THIRDS = """\
book: town/department
version: 1.0.0
sector: agency
points: 100
facts: {done: {type: integer, min: 0, max: 3}, idle: boolean, asleep: boolean}
sections: [{id: work, points: 90}, {id: rest, points: 10}]
rules:
  - {id: first, section: work, proportional: done / 3, points: 40}
  - {id: second, section: work, proportional: done / 3, points: 40}
  - {id: third, section: work, proportional: done / 3, points: 10, not_applicable: idle}
  - {id: calm, section: rest, requires: done > 0, points: 10, not_applicable: asleep}
grades: [{id: fair, at_least: 50}, {id: any, at_least: 0}]
"""
SECTIONS = {
    # Three thirds of 90 points; rule by rule 13.33 + 13.33 + 3.33 is a hundredth less.
    "as the section is printed": ({"idle": "no", "asleep": "no"}, ("30", "10")),
    "shared over what is left": ({"idle": "yes", "asleep": "no"}, ("30", "10")),
    "out": ({"idle": "no", "asleep": "yes"}, ("30", "none")),
    "perhaps out": ({"idle": "no"}, ("30", "unknown")),
}


@pytest.mark.parametrize(("facts", "expected"), SECTIONS.values(), ids=SECTIONS)
def test_the_points_of_a_section_are_those_that_are_printed(
    facts: dict[str, str], expected: tuple[str, str]
) -> None:
    part, book = books(COUNTING.replace("points_work) / 60", "points_rest) / 60"), THIRDS)
    document = {"book": part.key, "subject": "b-1", "period": "2026", "facts": facts | {"done": 1}}
    kept = weigh(part, parse_case(mark(document, "part"), part, "part")).to_json()
    wanted = [{"subject": "b-1", "period": "2026"}]
    said = {"book": book.key, "subject": "b-1", "period": "2026", "records": {"quarters": wanted}}
    found = weigh(book, parse_case(mark(said, "case"), book, "case", lambda _: kept))
    [row] = rows(found)
    assert (row["points_work"], row["points_rest"]) == expected
