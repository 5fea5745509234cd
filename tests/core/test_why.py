"""Why: a finding, a limiter and a measure derived; and why a measure does not apply."""

from __future__ import annotations

import re
from typing import Any

import pytest

from steelyard.book.model import RuleBook
from steelyard.book.reading.load import parse_book
from steelyard.case.reading.read import parse_case
from steelyard.errors import UsageError
from steelyard.judging.assessment import Assessment, weigh
from steelyard.located_yaml import mark
from steelyard.messages import Language
from steelyard.report.why import why_text
from steelyard.work.explaining import why, why_not

BOOK = """\
book: town/why
version: 1.0.0
sector: town
parameters: {most: {title: {zh: 上限, en: Most faults}, values: {2014-01-01: 42}}}
facts:
  faults: {type: integer, min: 0, title: {zh: 差错数, en: Faults}}
  staff: {type: integer, min: 1, title: {zh: 人数, en: Staff}}
  trained: {type: integer, min: 0, max: staff, title: {zh: 受训人数, en: Trained}}
  coverage: {is: trained / staff, min: 0, max: 1, title: {zh: 培训率, en: Coverage}}
  calm: {type: boolean, title: {zh: 平稳, en: Calm}}
parties: {person: {role: {type: [nurse, doctor], title: {zh: 岗位, en: Role}}}}
records:
  breaches:
    title: {zh: 违规, en: Breaches}
    person: {type: person, title: {zh: 责任人, en: Person}}
    verified: {type: boolean, title: {zh: 查实, en: Verified}}
    weight: {type: integer, min: 0, max: 9, title: {zh: 轻重, en: Weight}}
sections: [{id: all, points: 100}]
rules:
  - {id: few, title: {zh: 差错少, en: Few faults}, section: all, requires: faults <= most and calm, points: 50}
  - {id: trained, title: {zh: 已培训, en: Trained}, section: all, requires: coverage >= 0.9 or calm, points: 30}
  - {id: conduct, title: {zh: 行为, en: Conduct}, section: all, demerit: {over: breaches, when: verified, each: weight}, points: 20}
limiters: [{id: heavy, title: {zh: 过重, en: Heavy}, when: "total(breaches, weight, verified) > 6", effect: {cap_grade: low}}]
measures:
  warning: {kind: sanction, title: {zh: 警告, en: Warning}}
  circular: {kind: sanction, title: {zh: 通报, en: Circular}}
  dismissal: {kind: sanction, title: {zh: 开除, en: Dismissal}, entails: [circular]}
  notice: {kind: sanction, title: {zh: 提醒, en: Notice}}
  conduct: {kind: sanction, title: {zh: 训诫, en: Reproof}}
consequences:
  - {on: breaches, when: verified, falls_on: person, one_of: [[warning], [conduct]]}
  - {on: breaches, when: "verified and weight >= 5 and person.role == 'doctor'", falls_on: person, all: [dismissal]}
  - {on: breaches, when: "weight >= 8 or weight >= 7 and verified and person.role == 'doctor'", falls_on: person, all: [notice]}
grades: [{id: high, at_least: 60}, {id: low, at_least: 0}]
"""
CASE: dict[str, Any] = {
    "book": "town/why",
    "subject": {"id": "t-1"},
    "period": "2026",
    "facts": {
        "faults": {"value": "57", "source": "ledger", "date": "2026-03-01"},
        "staff": "40", "trained": "35", "calm": "no",
    },
    "parties": [
        {"id": "p-1", "kind": "person", "role": "nurse"},
        {"id": "p-2", "kind": "person", "role": "doctor"},
    ],
    "records": {
        "breaches": [
            {"id": "b-1", "person": "p-1", "verified": "yes", "weight": "3"},
            {"id": "b-2", "person": "p-2", "verified": "no", "weight": "6"},
        ]
    },
}  # fmt: skip


@pytest.fixture(scope="module", name="one")
def assessed() -> Assessment:
    book: RuleBook = parse_book(BOOK, "why.yaml")
    return weigh(book, parse_case(mark(CASE, "case.yaml"), book, "case.yaml"))


# The line that matters, and what it rests on, indented.
DERIVED: dict[str, tuple[str, Language, list[str]]] = {
    "the number, what is allowed, and what was not met of several": (
        "few", "en",
        [
            "Few faults: not met, 0.00 of 50.00 points",
            "  all of 2 conditions are asked, none are met (not met)",
            "    “Faults” is 57; 42 at most is allowed (not met)",
            "      “Faults” is 57; shown by ledger 2026-03-01",
            "    “Calm” is no (not met)",
        ],
    ),
    "the same in Chinese": (
        "few", "zh",
        ["  须同时符合2项，已符合0项（不符合）", "    “差错数”为57，至多为42（不符合）", "    “平稳”为否（不符合）"],
    ),
    "a rate down to its facts": (
        "rule:trained", "en",
        [
            "  one of 2 conditions suffices, none are met (not met)",
            "    “Coverage” is 87.5%; at least 90% is asked (not met)",
            "      “Coverage” is 87.5%: trained / staff",
            "        “Trained” is 35",
            "        “Staff” is 40",
        ],
    ),
    "what each record costs": (
        "rule:conduct", "en",
        [
            "Conduct: met in part, 17.00 of 20.00 points",
            "  3 points lost in all",
            "    “Breaches” holds 2 records: 1 counts",
            "    “Breaches” b-1: counts; costs 3 points",
            "      “Verified” is yes (met)",
        ],
    ),
    "a limiter that does not bite": (
        "heavy", "en",
        [
            "Heavy: does not bite",
            "  the total of weight over breaches where verified is 3; more than 6 is asked (not met)",
        ],
    ),
    "a measure and on whom it falls": (
        "warning", "en",
        [
            "Warning falls on person p-1 (certain)", "  “Verified” is yes (met)",
            "  the authority chooses one of 2 measures",
        ],
    ),
}  # fmt: skip


@pytest.mark.parametrize(("word", "language", "wanted"), DERIVED.values(), ids=DERIVED)
def test_a_derivation_goes_down_to_the_facts(
    one: Assessment, word: str, language: Language, wanted: list[str]
) -> None:
    told = why_text(why(one, word), language).splitlines()
    places = [told.index(line) for line in wanted if line in told]
    assert [line for line in wanted if line not in told] == [], told
    assert places == sorted(places)


def test_why_not_names_the_nearest_and_what_would_have_to_be_otherwise(one: Assessment) -> None:
    told = why_text(why_not(one, "dismissal"), "en").splitlines()
    # b-2 lacks the verification alone, b-1 the weight and the role.
    assert told[1] == "  b-2: it would take: verified (not met)"
    lacks = "weight is at least 5; person's role is doctor"
    assert f"  b-1: it would take: {lacks} (not met)" in told
    assert "      “Weight” is 3; at least 5 is asked (not met)" in told
    assert "      person's role is nurse; doctor is asked (not met)" in told


def test_what_is_held_against_a_fact_stands_with_its_value() -> None:
    """A day is held against another one, and a title's own quotation marks become single."""
    text = BOOK.replace("faults <= most and calm", "faults <= staff").replace(
        "{zh: 差错数, en: Faults}", "{zh: “重大”差错数, en: Faults}"
    )
    book = parse_book(text, "why.yaml")
    one = weigh(book, parse_case(mark(CASE, "case.yaml"), book, "case.yaml"))
    english = why_text(why(one, "few"), "en").splitlines()
    assert "  “Faults” is 57; “Staff” (40) at most is allowed (not met)" in english
    chinese = why_text(why(one, "few"), "zh").splitlines()
    assert "  “‘重大’差错数”为57，至多为“人数”（40）（不符合）" in chinese


def of(**edits: Any) -> Assessment:
    """Return the case weighed with other facts and registers."""
    book = parse_book(BOOK, "why.yaml")
    records = {**CASE["records"], **edits.pop("records", {})}
    said = {**CASE, "facts": {**CASE["facts"], **edits}, "records": records}
    return weigh(book, parse_case(mark(said, "case.yaml"), book, "case.yaml"))


OPEN: dict[str, tuple[dict[str, Any], str, Language, list[str]]] = {
    "an open register costs no more than the full mark": (
        {"records": {"breaches": {"complete": "no", "rows": [
            {"id": "b-1", "person": "p-1", "verified": "yes", "weight": "3"}, {"id": "b-2"},
        ]}}}, "rule:conduct", "en",
        [
            "  3 to 20 points lost in all",
            "    “Breaches” holds 2 records: 1 counts, 1 may count",
            "    “Breaches” b-1: counts; costs 3 points",
            "    “Breaches” b-2: may count; costs 0 to 9 points (open)",
            "    the register is not complete (open)",
        ],
    ),
    "the same in Chinese, where what is unknown has no verb": (
        {"calm": None, "records": {"breaches": {"complete": "no", "rows": [{"id": "b-2"}]}}},
        "rule:conduct", "zh",
        [
            "  合计扣0至20分", "    “违规”共1条，0条计入，1条可能计入",
            "    “违规”b-2：可能计入；扣0至9分（待定）", "      “查实”未知（待定）",
        ],
    ),
    "all is lost": (
        {"records": {"breaches": [
            {"id": f"b-{number}", "person": "p-1", "verified": "yes", "weight": "9"} for number in range(3)
        ]}}, "rule:conduct", "en", ["  all 20 points lost", "    “Breaches” holds 3 records: 3 count"],
    ),
    "no record": (
        {"records": {"breaches": []}}, "rule:conduct", "en",
        ["  0 points lost in all", "    “Breaches” holds no records"],
    ),
}  # fmt: skip


@pytest.mark.parametrize(("edits", "word", "language", "wanted"), OPEN.values(), ids=OPEN)
def test_what_records_cost_is_told_within_the_full_mark(
    edits: dict[str, Any], word: str, language: Language, wanted: list[str]
) -> None:
    facts = {key: one for key, one in edits.items() if one is not None}
    told = why_text(why(of(**facts), word), language).splitlines()
    assert [line for line in wanted if line not in told] == [], told


FELL: dict[str, tuple[list[dict[str, str]], list[str]]] = {
    "there is no record": (
        [], ["Every record of “Breaches”, where verified", "  there is no record"],
    ),
    "it fell for each": (
        [{"id": "b-1", "person": "p-1", "verified": "yes", "weight": "3"}],
        ["Every record of “Breaches”, where verified", "  it applies to each of them already"],
    ),
}  # fmt: skip


@pytest.mark.parametrize(("rows", "wanted"), FELL.values(), ids=FELL)
def test_a_row_with_nothing_left_to_lack_says_why(
    rows: list[dict[str, str]], wanted: list[str]
) -> None:
    told = why_text(why_not(of(records={"breaches": rows}), "warning"), "en").splitlines()
    assert [line for line in wanted if line not in told] == [], told


def test_of_several_ways_the_shortest_would_do(one: Assessment) -> None:
    told = why_text(why_not(one, "notice"), "en").splitlines()
    assert told[1] == "  b-1: it would take: weight is at least 8 (not met)"


def test_a_measure_that_another_entails_is_derived_from_its_rows(one: Assessment) -> None:
    assert why_text(why_not(one, "circular"), "en") == why_text(why_not(one, "dismissal"), "en")


def test_what_falls_on_nobody_is_told_as_why_not(one: Assessment) -> None:
    assert why(one, "dismissal") == why_not(one, "dismissal")


WRONG = {
    "two readings": ("conduct", "`conduct` may mean several things: say one of `rule:conduct`"),
    "a slip": ("traind", "has no rule, limiter or measure `traind`; did you mean `trained`?"),
    "a wrong kind": ("measure:few", "has no rule, limiter or measure `measure:few`"),
}


@pytest.mark.parametrize(("word", "message"), WRONG.values(), ids=WRONG)
def test_a_word_that_is_not_one_thing_is_refused(one: Assessment, word: str, message: str) -> None:
    with pytest.raises(UsageError, match=re.escape(message)):
        why(one, word)
