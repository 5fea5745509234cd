"""A case carried to another book: nothing is dropped in silence, and what the new book asks anew is
unknown, never none.
"""

from __future__ import annotations

import datetime
from decimal import Decimal
from typing import Any

import pytest

from steelyard.book.model import RuleBook
from steelyard.book.reading.load import parse_book
from steelyard.case.reading.read import parse_case
from steelyard.comparison.change import Interval, change_between, rescore
from steelyard.comparison.migration import Migrated, dated, migrate
from steelyard.errors import CaseError
from steelyard.judging.assessment import Assessment, weigh
from steelyard.located_yaml import mark

OLD = """\
book: city/base
version: 1.0.0
sector: city
points: 20
facts:
  rate: {type: number, min: 0, max: 100, decimals: 1}
  look: {type: [A, B, C]}
  who: {type: person, missing: none}
  gone: boolean
  staff: {type: integer, min: 0, max: 100}
  trained: {type: integer, min: 0, max: 100}
parties:
  person: {role: [head, other], room: {type: text, missing: none}}
records:
  breaches: {person: {type: person, missing: none}, level: [low, high], verified: boolean}
  visits: {done: boolean}
sections: [{id: one, points: 20}]
rules:
  - {id: first, section: one, demerit: {over: breaches, when: verified, each: 2}, points: 10}
  - {id: second, section: one, requires: rate >= 50, points: 5}
  - {id: third, section: one, stage: start, points: 5}
stages: [{id: start, window: {from: 2026-02-01, to: 2026-02-28}, deliverables: [{id: plan_made}]}]
grades: [{id: good, at_least: 10}, {id: poor, at_least: 0}]
"""
CASE = {
    "book": "city/base",
    "subject": "u-1",
    "period": "2026",
    "facts": {
        "rate": "55.5",
        "look": "C",
        "who": "p-1",
        "gone": "yes",
        "staff": "50",
        "trained": "40",
        "plan_made": "2026-02-10",
    },
    "parties": [
        {"id": "p-1", "kind": "person", "role": "head", "room": "12"},
        {"id": "p-2", "kind": "person", "role": "other"},
    ],
    "records": {
        "breaches": [
            {"id": "b-1", "person": "p-1", "level": "low", "verified": "true"},
            {"id": "b-2", "level": "high", "verified": "true"},
        ],
        "visits": [{"id": "v-1", "done": "true"}],
    },
    "waivers": [{"rule": "second", "authority": "the office", "until": "2026-12-31"}],
}


def book(*edits: tuple[str, str]) -> RuleBook:
    text = OLD
    for old, new in edits:
        assert old in text, old
        text = text.replace(old, new)
    return parse_book(text, "book.yaml")


def weighed(by: RuleBook, **said: Any) -> Assessment:
    return weigh(by, parse_case(mark({**CASE, **said}, "case"), by, "case"))


def carried(*edits: tuple[str, str]) -> Migrated:
    old = book()
    return migrate(weighed(old).case, old, book(*edits))


def left(found: Migrated) -> dict[str, tuple[str, bool]]:
    return {one.id: (one.what, one.asked) for one in found.left_out}


def test_the_same_book_takes_everything_over() -> None:
    found = carried()
    assert found.left_out == ()
    assert found.case.document == weighed(book()).case.document
    assert [gap for gap in found.unknown if gap.new] == []


LEFT: dict[str, tuple[list[tuple[str, str]], dict[str, tuple[str, bool]], str]] = {
    "a fact that is not asked": (
        [("  gone: boolean\n", "")],
        {"gone": ("fact", False)},
        "the book does not ask for it",
    ),
    "an option that is no more": (
        [("look: {type: [A, B, C]}", "look: {type: [A, B]}")],
        {"look": ("fact", True)},
        "`C` is not one of A, B",
    ),
    "a value out of the new bounds": (
        [("max: 100, decimals: 1", "max: 50, decimals: 1")],
        {"rate": ("fact", True)},
        "`55.5` is above the most allowed, 50",
    ),
    "more decimals than there are": (
        [("max: 100, decimals: 1", "max: 100, decimals: 0")],
        {"rate": ("fact", True)},
        "",
    ),
    "facts that now contradict each other": (
        [
            (
                "staff: {type: integer, min: 0, max: 100}",
                "staff: {type: integer, min: 0, max: trained}",
            )
        ],
        {"staff": ("fact", True)},
        "`staff` and `trained` contradict each other",
    ),
    "a register that is not asked": (
        [("  visits: {done: boolean}\n", "")],
        {"visits": ("register", False)},
        "the book does not ask for it",
    ),
    "a field that is not asked": (
        [(", level: [low, high]", "")],
        {"breaches/b-1.level": ("field", False), "breaches/b-2.level": ("field", False)},
        "",
    ),
    "a field's option that is no more": (
        [("level: [low, high]", "level: [low, top]")],
        {"breaches/b-2.level": ("field", True)},
        "`high` is not one of low, top",
    ),
    "a party's field": (
        [(", room: {type: text, missing: none}", "")],
        {"p-1.room": ("field", False)},
        "",
    ),
    "a waiver of a rule that is gone": (
        [
            ("  - {id: second, section: one, requires: rate >= 50, points: 5}\n", ""),
            (
                "id: third, section: one, stage: start, points: 5",
                "id: third, section: one, stage: start, points: 10",
            ),
        ],
        {"second": ("waiver", False)},
        "",
    ),
}


@pytest.mark.parametrize(("edits", "named", "why"), LEFT.values(), ids=LEFT)
def test_what_is_left_out_is_named_with_its_reason(
    edits: list[tuple[str, str]], named: dict[str, tuple[str, bool]], why: str
) -> None:
    found = carried(*edits)
    assert left(found) == named
    assert why in found.left_out[0].why.en
    assert found.left_out[0].why.zh


def test_a_record_without_what_the_new_book_must_have_leaves_its_register_open() -> None:
    old, new = (
        book(),
        book(("verified: boolean}", "verified: boolean, on: {type: date, missing: refused}}")),
    )
    before = weighed(old)
    found = migrate(before.case, old, new)
    assert left(found) == {"breaches/b-1": ("record", True), "breaches/b-2": ("record", True)}
    assert not found.case.registers["breaches"].complete
    # Two verified breaches cost four of ten points; that they happened is not forgotten, so none to
    # all may be lost.
    first = next(one for one in rescore(before, new).rules if one.id == "first")
    assert first.between == Interval(Decimal("0.00"), Decimal("10.00"))


def test_a_field_that_may_be_none_is_unknown_where_nobody_was_asked() -> None:
    edits = (
        ("verified: boolean}", "verified: boolean, told: {type: date, missing: none}}"),
        ("when: verified, each: 2", "when: verified and not given(told), each: 2"),
    )
    found = carried(*edits)
    assert [row["told"] for row in found.case.document["records"]["breaches"]["rows"]] == [
        "unknown",
        "unknown",
    ]
    assert [(gap.what, gap.id) for gap in found.unknown if gap.new] == [("field", "breaches.told")]
    first = next(one for one in rescore(weighed(book()), book(*edits)).rules if one.id == "first")
    assert first.between == Interval(Decimal("6.00"), Decimal("10.00"))


def test_what_the_case_said_is_none_stays_none() -> None:
    found = carried(
        (
            "level: [low, high], verified: boolean}",
            "level: [low, high], verified: boolean, note: text}",
        )
    )
    assert "person" not in found.case.document["records"]["breaches"]["rows"][1]
    assert found.case.document["parties"][1] == {"id": "p-2", "kind": "person", "role": "other"}


def test_a_kind_of_party_that_is_gone_takes_along_what_names_it() -> None:
    edits = (
        (
            "  person: {role: [head, other], room: {type: text, missing: none}}",
            "  person: {role: [head, other]}\n  desk: {floor: text}",
        ),
        (
            "person: {type: person, missing: none}, level",
            "person: {type: desk, missing: none}, level",
        ),
    )
    found = carried(*edits)
    assert left(found)["breaches/b-1.person"] == ("field", True)
    assert found.case.document["records"]["breaches"]["rows"][0]["person"] == "unknown"


def test_a_fixed_window_of_the_new_year_means_the_same_days_of_the_old() -> None:
    old, new = (
        book(),
        book(("from: 2026-02-01, to: 2026-02-28", "from: 2027-02-01, to: 2027-02-05")),
    )
    case = weighed(old, waivers=[])
    third = next(one for one in rescore(case, new).rules if one.id == "third")
    # Done on 10 February 2026: in time by the old window, late (a half) by the new book's, moved
    # back to 2026.
    assert (third.old, third.between) == (
        Interval(Decimal("5.00"), Decimal("5.00")),
        Interval(Decimal("2.50"), Decimal("2.50")),
    )
    moved = dated(new, datetime.date(2027, 12, 31), 2026, datetime.date(2026, 12, 31)).stages[
        "start"
    ]
    assert (moved.first, moved.last) == (datetime.date(2026, 2, 1), datetime.date(2026, 2, 5))


def test_a_book_of_other_decimals_still_adds_up() -> None:
    old, new = (
        book(),
        book(("points: 20\nfacts", "points: 20\ndecimals: 4\nfacts"), ("each: 2}", "each: 2.125}")),
    )
    case = weighed(old)
    change = rescore(case, new)
    # The second rule is waived: 20 × 11 ÷ 15 = 14.67 in hundredths, 20 × 10.75 ÷ 15 = 14.3333 in
    # ten thousandths.
    assert (change.places, change.score.rules.low) == (4, Decimal("-0.3367"))
    assert change.score.total.low == change.between.low - case.low


def test_a_change_is_published_with_its_parts() -> None:
    old = weighed(book())
    said = change_between(old, weighed(book(), period="2027", waivers=[])).to_json()
    assert said["schema"] == "steelyard/change@2"
    assert set(said) == {
        "schema",
        "subject",
        "from",
        "between",
        "to",
        "verdict",
        "score",
        "sections",
        "rules",
        "rest",
        "dimensions",
        "left_out",
        "left_out_of_new",
        "unknown",
        "unknown_of_new",
        "sampling",
    }
    assert set(said["score"]) == {
        "what",
        "id",
        "title",
        "from",
        "between",
        "to",
        "total",
        "rules",
        "unit",
    }
    assert set(said["score"]["total"]) == {"low", "high", "bounds", "sampled", "verdict"}
    assert said["score"]["unit"] is not None
    # By a new book alone, all of the change is the rules', and nothing the unit's.
    again = rescore(old, book()).to_json()
    assert (again["to"], again["score"]["to"], again["score"]["unit"]) == (None, None, None)
    assert again["score"]["rules"] == again["score"]["total"]
    assert said["verdict"] in {"up", "down", "not_distinguishable"}
    assert (said["from"]["period"], said["to"]["period"]) == ("2026", "2027")
    assert sum(Decimal(one["total"]["low"]) for one in said["sections"]) == Decimal(
        said["score"]["total"]["low"]
    )


def test_a_case_of_another_sector_is_refused() -> None:
    old, new = book(), book(("sector: city", "sector: town"))
    with pytest.raises(CaseError, match="is for the sector `town`, and the case is of a city"):
        migrate(weighed(old).case, old, new)
