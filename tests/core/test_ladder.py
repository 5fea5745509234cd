"""The ladder of titles: met, not met, or still open."""

from __future__ import annotations

from typing import Any

import pytest

from steelyard.book.reading.load import parse_book
from steelyard.case.reading.read import parse_case
from steelyard.errors import BookError
from steelyard.judging.assessment import weigh
from steelyard.judging.ladder import climbed
from steelyard.located_yaml import mark

BOOK = """\
book: city/ladder
version: 1.0.0
sector: city
facts: {rate: {type: number, min: 0, max: 1, decimals: 2}, barred: {type: boolean}, young: {type: boolean}}
sections: [{id: all, points: 100}]
rules: [{id: one, section: all, proportional: rate, points: 100}]
limiters: [{id: bar, when: barred, effect: veto}, {id: new, when: young, effect: not_rated}]
ladder:
  - {id: district, year: 1, needs: "grade >= pass"}
  - {id: city, year: 2, needs: grade >= 'good' and rate > 0.8}
  - {id: province, year: 5, needs: score >= 95}
grades: [{id: good, at_least: 80}, {id: pass, at_least: 60}, {id: poor, at_least: 0}]
"""
MET: dict[str, tuple[dict[str, Any], list[str]]] = {
    "all of it": ({"rate": "0.96", "barred": "no"}, ["yes", "yes", "yes"]),
    "the first alone": ({"rate": "0.8", "barred": "no"}, ["yes", "no", "no"]),
    "none": ({"rate": "0.5", "barred": "no"}, ["no", "no", "no"]),
    "a veto stands below every grade": ({"rate": "0.96", "barred": "yes"}, ["no", "no", "yes"]),
    "a possible veto leaves it open": ({"rate": "0.96"}, ["open", "open", "yes"]),
    "nothing known": ({}, ["open", "open", "open"]),
    "a range that is enough for the first": (
        {"rate": "0.7..0.9", "barred": "no"},
        ["yes", "open", "no"],
    ),
    "a unit that is not rated climbs no rung": (
        {"rate": "0.96", "barred": "no", "young": "yes"},
        ["no", "no", "no"],
    ),
    "one that may not be rated leaves all open that is not surely missed": (
        {"rate": "0.9", "barred": "no", "young": "unknown"},
        ["open", "open", "no"],
    ),
}


BUSY = """\
book: city/busy
version: 1.0.0
sector: city
facts: {{rate: {{type: number, min: 0, max: 1, decimals: 2}}, {grade}: {{type: boolean}}}}
records: {{acts: {{bad: boolean}}, {grade}s: {{bad: boolean}}}}
sections: [{{id: all, points: 100}}]
rules: [{{id: one, section: all, proportional: rate, points: 100}}]
limiters: [{{id: l, when: "any({grade}s, bad) or {grade}", effect: veto}}]
ladder: [{{id: district, year: 1, needs: "{needs}"}}]
grades: [{{id: {called}, at_least: 80}}, {{id: pass, at_least: 0}}]
"""
CALLED = {
    "a function": ("any", "fact", "grade >= any and not any(acts, bad)"),
    "another function": ("count", "fact", "grade in [count] and count(acts, bad) == 0"),
    "a register": ("acts", "fact", "grade >= acts and not any(acts, bad)"),
    "a word that Python keeps": ("pass", "fact", "grade >= pass and not any(acts, bad)"),
    "a word of expressions": ("not", "fact", "grade >= 'not' and not any(acts, bad)"),
    "a fact, in quotation marks": ("fact", "fact", "grade >= 'fact' and not any(acts, bad)"),
    "a fact of another book": ("good", "fact", "grade >= good and not fact and not any(acts, bad)"),
}


@pytest.mark.parametrize(("called", "fact", "needs"), CALLED.values(), ids=CALLED)
@pytest.mark.parametrize("bad", ["yes", "no"])
def test_a_grade_may_be_called_like_a_word_of_the_expressions(
    called: str, fact: str, needs: str, bad: str
) -> None:
    text = BUSY.format(called=called, grade=fact, needs=needs)
    if called == "pass":
        text = text.replace("{id: pass, at_least: 0}", "{id: low, at_least: 0}")
    book = parse_book(text, "busy.yaml")
    case = {
        "book": "city/busy",
        "subject": "u",
        "period": "2026",
        "facts": {"rate": "0.9", "fact": "no"},
        "records": {"acts": [{"id": "a", "bad": bad}], "facts": []},
    }
    found = climbed(weigh(book, parse_case(mark(case, "case"), book, "case")))
    assert [one.met for one in found] == ["no" if bad == "yes" else "yes"]


def test_a_bare_word_that_is_a_grade_and_a_fact_is_refused() -> None:
    text = BUSY.format(called="fact", grade="fact", needs="grade >= fact")
    with pytest.raises(BookError, match=r"ladder.district.needs: `fact` is a grade and something"):
        parse_book(text, "busy.yaml")


@pytest.mark.parametrize(("facts", "met"), MET.values(), ids=MET)
def test_each_rung_is_met_or_not_or_open(facts: dict[str, Any], met: list[str]) -> None:
    book = parse_book(BOOK, "ladder.yaml")
    case = parse_case(
        mark(
            {
                "book": "city/ladder",
                "subject": {"id": "u"},
                "period": "2026",
                "facts": {"young": "no", **facts},
            },
            "case",
        ),
        book,
    )
    assert [one.met for one in climbed(weigh(book, case))] == met


def test_a_rung_reads_each_fact_and_field_by_itself() -> None:
    book = parse_book(
        """\
book: city/ladder
version: 1.0.0
sector: city
facts: {clean: boolean, late: boolean, seen: boolean}
records: {visits: {good: boolean, short: boolean}}
sections: [{id: all, points: 100}]
rules: [{id: one, section: all, requires: late, points: 100}]
ladder:
  - {id: district, year: 1, needs: "clean and any(visits, good)"}
  - {id: city, year: 2, needs: "late or any(visits, short)"}
grades: [{id: poor, at_least: 0}]
""",
        "ladder.yaml",
    )
    said = {
        "book": "city/ladder",
        "subject": {"id": "u"},
        "period": "2026",
        "facts": {"clean": "yes", "late": "no", "seen": "yes"},
        "records": {"visits": [{"good": "yes", "short": "no"}]},
    }
    rungs = climbed(weigh(book, parse_case(mark(said, "case"), book)))
    assert [one.met for one in rungs] == ["yes", "no"]
