"""What a case says of a fact, and what it comes to beside other facts and records; worked out by
hand.
"""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from steelyard.book.layout import layouts
from steelyard.book.model import RuleBook
from steelyard.book.reading.load import parse_book
from steelyard.case.model import Case
from steelyard.case.reading.read import parse_case
from steelyard.errors import CaseError
from steelyard.expression.values import UNKNOWN
from steelyard.located_yaml import mark

FACTS: dict[str, Any] = {
    "staff": {"type": "integer", "min": 1, "max": 1000},
    "trained": {"type": "integer", "min": 0, "max": "staff"},
    "hours": {"type": "number", "decimals": 1, "min": 0, "max": "days"},
    "days": {"type": "integer", "min": 0, "max": 9},
    "least": {"type": "number", "decimals": 2, "min": 0, "max": 9},
    "more": {"type": "integer", "min": "least", "max": 9},
    "opened": {"type": "date", "min": "2020-01-01"},
    "closed": {"type": "date", "min": "opened"},
    "yes": "boolean",
    "pleased": "survey",
    "word": ["good", "poor"],
    "held": {
        "type": {
            "nil": {"zh": "无", "en": "Nothing"},
            "odd": {"zh": "不详", "en": "Odd"},
            "b": {"zh": "乙", "en": "B"},
        },
        "missing": "none",
    },
    "given": {"type": {"nil": {"zh": "无", "en": "Nothing"}, "b": {"zh": "乙", "en": "B"}}},
    "level": {"type": ["low", "middle", "high"], "ordered": True},
    "reached": {"is": "trained / staff", "min": 0.5, "max": 0.9},
    "doubled": {"is": "staff * 2"},
    "name": "text",
    "leader": "person",
}


def book_of(fields: dict[str, Any] | None = None, **facts: Any) -> RuleBook:
    document = {
        "book": "test/said",
        "version": "1.0.0",
        "sector": "test",
        "facts": {**FACTS, **facts},
        "parties": {"person": {"age": {"type": "integer", "min": 0, "max": 99}}},
        "records": {"rows": fields or {"n": {"type": "integer", "min": 0, "max": 9}}},
        "sections": [{"id": "all", "points": 100}],
        "rules": [{"id": "r", "section": "all", "points": 100, "requires": "staff > 1"}],
        "grades": [{"id": "any", "at_least": 0}],
    }
    return parse_book(json.dumps(document), "said")


def case_of(book: RuleBook | None = None, **said: Any) -> Case:
    document = {"book": "test/said", "subject": "s", "period": "2026", **said}
    return parse_case(mark(document, "case"), book or book_of(), "case")


SAID: dict[str, tuple[str, Any, Any]] = {
    "a number": ("days", "5", (5, 5, None)),
    "a number in full width": ("days", "\uff15", (5, 5, None)),
    "a number with decimals": ("least", "2.5", (250, 250, None)),
    "the least": ("staff", "1", (1, 1, None)),
    "the most": ("staff", "1000", (1000, 1000, None)),
    "with thousands": ("staff", "1,000", (1000, 1000, None)),
    "a percentage": ("least", "250%", (250, 250, None)),
    "a range": ("days", "2..4", (2, 4, None)),
    "a range with its ends": ("days", {"low": "2", "high": "4"}, (2, 4, None)),
    "with its evidence": ("days", {"value": "3", "method": "site", "by": "Li"}, (3, 3, None)),
    "no": ("yes", "no", (0, 0, None)),
    "yes": ("yes", "\u662f", (1, 1, None)),
    "a day": ("opened", "2026/3/1", (739676, 739676, None)),
    "a text": ("name", " as it is ", (None, None, "as it is")),
    "an option": ("word", "good", (None, None, "good")),
    "an option in order": ("level", "middle", (1, 1, None)),
    "options in order": ("level", "low..high", (0, 2, None)),
    "an option whose title is a word for none, by its id": ("held", "nil", (None, None, "nil")),
    "an option whose title is a word for none, by its other": (
        "held",
        "Nothing",
        (None, None, "nil"),
    ),
    "none beside an option of that title": ("held", "none", (None, None, None)),
    "an option titled none, where nothing may be none": ("given", "无", (None, None, "nil")),
    "evidence that agrees": ("days", ["3", "3"], (3, 3, None)),
    "evidence that disagrees": ("days", ["3", "5", "4"], (3, 5, None)),
    "ranges that disagree": ("days", ["3..4", "1..2"], (1, 4, None)),
    "evidence that says nothing beside some": ("days", ["3", "unknown"], (3, 3, None)),
    "words that disagree": ("word", ["good", "poor"], (None, None, UNKNOWN)),
    "words that agree": ("word", ["good", "good"], (None, None, "good")),
}


@pytest.mark.parametrize(("name", "said", "expected"), SAID.values(), ids=SAID)
def test_what_is_said_of_a_fact(name: str, said: Any, expected: Any) -> None:
    given = case_of(facts={name: said}).facts[name]
    assert given[:3] == expected
    assert given.survey is None
    several = said if isinstance(said, list) else [said]
    assert len(given.evidence) == len([one for one in several if one != "unknown"])
    ends = {json.dumps(one) for one in several if one != "unknown"}
    assert given.conflict is (len(ends) > 1)


LAND = {"zh": "无", "en": "Nothing"}, {"zh": "不详", "en": "Not surveyed"}
TITLED: dict[str, tuple[str, str, Any]] = {
    "an id": ("none", "nil", "nil"),
    "a title of one meaning": ("none", "Nothing", "nil"),
    "none by another word": ("none", "没有", "none"),
    "none where there cannot be": ("unknown", "无", "nil"),
    "none or an option": (
        "none",
        "无",
        "`无` may mean the option `nil`, or that there is none: write nil or 没有",
    ),
    "unknown by another word": ("none", "未知", None),
    "unknown or an option": (
        "unknown",
        "不详",
        "`不详` may mean the option `open`, or that it is not known: write open, or leave it empty",
    ),
}


@pytest.mark.parametrize("where", ["a fact", "a field"])
@pytest.mark.parametrize(("missing", "said", "expected"), TITLED.values(), ids=TITLED)
def test_an_option_titled_as_nothing(missing: str, said: str, expected: Any, where: str) -> None:
    slot = {"type": dict(zip(("nil", "open"), LAND, strict=True)), "missing": missing}
    book = book_of({"plot": slot}, land=slot)
    written = (
        {"facts": {"land": said}} if where == "a fact" else {"records": {"rows": [{"plot": said}]}}
    )
    if expected is not None and "may mean" in expected:
        with pytest.raises(CaseError, match=re.escape(expected)):
            case_of(book, **written)
        return
    document = case_of(book, **written).document
    if where == "a fact":
        assert document["facts"] == ({} if expected is None else {"land": {"value": expected}})
    else:
        assert document["records"]["rows"]["rows"] == [{"id": "1", "plot": expected or "unknown"}]


SURVEYS: dict[str, tuple[Any, Any]] = {
    "as people write it": ("1/3", (333333, 333333, (1, 3))),
    "its counts": ({"positive": "2", "asked": "3"}, (666667, 666667, (2, 3))),
    "its counts as a value": ({"value": {"positive": "2", "asked": "3"}}, (666667, 666667, (2, 3))),
    "all": ("3/3", (10**6, 10**6, (3, 3))),
    "none": ("0/3", (0, 0, (0, 3))),
    "nobody asked": ("0/0", (0, 10**6, (0, 0))),
    "many": (f"{10**9}/{10**9}", (10**6, 10**6, (10**9, 10**9))),
}


@pytest.mark.parametrize(("said", "expected"), SURVEYS.values(), ids=SURVEYS)
def test_what_is_said_of_a_survey(said: Any, expected: Any) -> None:
    given = case_of(facts={"pleased": said}).facts["pleased"]
    assert (given.low, given.high, given.survey) == expected
    assert [one.value for one in given.evidence] == ["{}/{}".format(*expected[2])]


def test_surveys_that_disagree_hold_both() -> None:
    given = case_of(facts={"pleased": ["1/4", "3/4"]}).facts["pleased"]
    assert (given.low, given.high, given.conflict) == (250000, 750000, True)
    # One rate of two surveys is no agreement: their intervals differ.
    given = case_of(facts={"pleased": ["1/4", "2/8"]}).facts["pleased"]
    assert (given.low, given.high, given.conflict) == (250000, 250000, True)


def test_what_says_nothing_is_not_shown() -> None:
    for survey in ("unknown", "\u4e0d\u8be6", {"by": "Li"}):
        case = case_of(facts={"days": "unknown", "yes": "", "name": None, "pleased": survey})
        assert dict(case.facts) == {}
    assert case_of().facts == {}


REFUSED: dict[str, tuple[Any, str]] = {
    "no mapping": ("staff", "facts: a mapping of facts is wanted"),
    "an unknown fact": ({"stafff": "1"}, "unknown fact `stafff`; did you mean `staff`?"),
    "what is worked out": ({"reached": "1"}, "`reached` is worked out, not given"),
    "twice": ({"days": "1", "\uff44ays": "2"}, "stands twice"),
    "an unknown key": (
        {"days": {"valu": "1"}}, "facts.days: unknown key `valu`; did you mean `value`?",
    ),
    "counts of what is no survey": ({"days": {"positive": "1"}}, "unknown key `positive`"),
    "half a survey": (
        {"pleased": {"positive": "1"}}, "a survey wants both `positive` and `asked`",
    ),
    "the other half": ({"pleased": {"asked": "1"}}, "a survey wants both `positive` and `asked`"),
    "more than were asked": ({"pleased": "4/3"}, "4 out of 3 cannot be"),
    "less than nobody": ({"pleased": {"positive": "-1", "asked": "3"}}, "-1 out of 3 cannot be"),
    "too many": (
        {"pleased": f"1/{10**9 + 1}"}, f"1 out of {10**9 + 1} cannot be",
    ),
    "half of somebody": (
        {"pleased": {"positive": "1.5", "asked": "3"}}, "`1.5` is not a whole number",
    ),
    "half a range": ({"days": {"low": "1"}}, "a range wants `low` and `high`, and no `value`"),
    "the other half of a range": (
        {"days": {"high": "1"}}, "a range wants `low` and `high`, and no `value`",
    ),
    "a range and a value": (
        {"days": {"low": "1", "high": "2", "value": "1"}}, "a range wants `low` and `high`",
    ),
    "a range that runs down": ({"days": "4..2"}, "`4..2` runs from high to low"),
    "less than the least": ({"staff": "0"}, "`0` is below the least allowed, 1"),
    "more than the most": ({"staff": "1001"}, "`1001` is above the most allowed, 1000"),
    "too many decimals": ({"least": "1.001"}, "`1.001` has more than 2 decimals"),
    "nobody of the case": ({"leader": "p-9"}, "p-9"),
    "more than another": (
        {"staff": "5", "trained": "6"}, "`trained` and `staff` contradict each other",
    ),
    "less than another": ({"least": "4.01", "more": "4"}, "`more` and `least` contradict"),
    "a day before another": (
        {"opened": "2026-03-02", "closed": "2026-03-01"}, "`closed` and `opened` contradict",
    ),
    "what cannot come to what it must": (
        {"staff": "10", "trained": "4"}, "facts.reached: works out at 0.4, outside 0.5 to 0.9",
    ),
    "what comes to too much": (
        {"staff": "10", "trained": "10"}, "facts.reached: works out at 1, outside 0.5 to 0.9",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("facts", "message"), REFUSED.values(), ids=REFUSED)
def test_what_cannot_be_said_of_a_fact(facts: Any, message: str) -> None:
    with pytest.raises(CaseError) as refused:
        case_of(facts=facts)
    assert message in str(refused.value)


WORKED_OUT: dict[str, tuple[str, dict[str, int], str, str]] = {
    "above its most": ("days * 2", {"max": 5}, "3", "works out at 6, outside … to 5"),
    "below its least": ("days - 4", {"min": 0}, "3", "works out at -1, outside 0 to …"),
    # 1 to 3 less 4 is -3 to -1, and 4 to 6 twice is 8 to 12: what is nearest is told.
    "all of a range below": ("days - 4", {"min": 0}, "1..3", "works out at -1, outside 0 to …"),
    "all of a range above": ("days * 2", {"max": 5}, "4..6", "works out at 8, outside … to 5"),
    "at its most": ("days * 2", {"max": 6}, "3", ""),
    "at the most that there is": ("days * 2", {"min": 0, "max": 18}, "9", ""),
    "a truth": ("days > 4", {}, "3", ""),
}


@pytest.mark.parametrize(("is_", "ends", "days", "message"), WORKED_OUT.values(), ids=WORKED_OUT)
def test_what_is_worked_out_keeps_to_each_of_its_bounds(
    is_: str, ends: dict[str, int], days: str, message: str
) -> None:
    book = book_of(own={"is": is_, **ends})
    if not message:
        assert case_of(book, facts={"days": days}).facts["days"].low == int(days)
        return
    with pytest.raises(CaseError, match=re.escape(f"facts.own: {message}")):
        case_of(book, facts={"days": days})


def test_cases_that_answer_alike_are_cases_of_their_own() -> None:
    book = book_of()
    first, other, last = (case_of(book, facts={"days": "5"}, **by) for by in ({}, {"by": "Li"}, {}))
    first.document["facts"]["days"]["value"] = "6"
    assert last.document["facts"]["days"] == {"value": "5"}
    assert other.document["facts"]["days"] == {"value": "5", "by": "Li"}
    assert [one.facts["days"].evidence[0].by for one in (first, other, last)] == ["", "Li", ""]
    for _ in range(2):
        with pytest.raises(CaseError, match=r"facts\.days: `a few` is not a number"):
            case_of(book, facts={"days": "a few"})


BOUND: dict[str, tuple[dict[str, str], str, tuple[int, int]]] = {
    "at most another": ({"staff": "5..8"}, "trained", (0, 8)),
    "another is at least it": ({"trained": "6"}, "staff", (6, 1000)),
    "both open": ({"staff": "5..8", "trained": "6..9"}, "trained", (6, 8)),
    "both open, the other": ({"staff": "5..8", "trained": "6..9"}, "staff", (6, 8)),
    "exactly as much": ({"days": "3", "hours": "3.0"}, "hours", (30, 30)),
    # In tenths.
    "of more places": ({"days": "3"}, "hours", (0, 30)),
    # 2.1 hours are more than 2 days, so at least 3.
    "of fewer places": ({"hours": "2.1"}, "days", (3, 9)),
    "of fewer places, exactly": ({"hours": "2.0"}, "days", (2, 9)),
    # At least 2.01, so 3; and of 4 at most 4.00.
    "at least another of more places": ({"least": "2.01"}, "more", (3, 9)),
    "at most another of fewer places": ({"more": "4"}, "least", (0, 400)),
    "a day after another": ({"opened": "2026-03-01"}, "closed", (739676, 3652059)),
}


@pytest.mark.parametrize(("facts", "name", "ends"), BOUND.values(), ids=BOUND)
def test_facts_narrow_one_another(facts: dict[str, str], name: str, ends: tuple[int, int]) -> None:
    book = book_of()
    case = case_of(book, facts=facts)
    start = layouts(book).facts.columns[name].start
    assert case.flat[start : start + 2] == ends


# A field that is not said is left at what its default comes to, within its own range.
LEFT: dict[str, tuple[Any, dict[str, str], tuple[Any, ...]]] = {
    "at its default": ("n + 1", {"n": "3"}, (4, 4)),
    "said": ("n + 1", {"n": "3", "m": "7"}, (7, 7)),
    "within its range": ("n + 1", {"n": "unknown"}, (1, 9)),
    "within its range, below": ("n - 5", {"n": "2..7"}, (0, 2)),
    "at the most": ("n + 1", {"n": "8"}, (9, 9)),
    "at the least": ("n - 5", {"n": "5"}, (0, 0)),
    "at what has more places": ("n * 0.5", {"n": "5"}, (3, 3)),
    "at what another is left at": ("k", {"n": "5"}, (0, 9)),
}


@pytest.mark.parametrize(("default", "row", "cell"), LEFT.values(), ids=LEFT)
def test_what_a_record_does_not_say(default: str, row: dict[str, str], cell: Any) -> None:
    number = {"type": "integer", "min": 0, "max": 9}
    book = book_of({"n": number, "k": number, "m": {**number, "default": default}})
    case = case_of(book, records={"rows": [row]})
    start = layouts(book).registers["rows"].columns["m"].start
    assert case.registers["rows"].rows[0][start : start + 2] == cell
    assert set(case.registers["rows"].raw[0]) == set(row)


def test_a_default_that_cannot_be_is_refused() -> None:
    number = {"type": "integer", "min": 0, "max": 9}
    book = book_of({"n": number, "m": {**number, "default": "n + 1"}})
    with pytest.raises(CaseError, match=r"rows\..*m: works out at 10, outside 0 to 9"):
        case_of(book, records={"rows": [{"n": "9"}]})


def test_fields_are_worked_out_after_those_that_they_read() -> None:
    number = {"type": "integer", "min": 0, "max": 9}
    fields = {"last": {"is": "next * 2"}, "next": {"is": "n + 1"}, "n": number}
    book = book_of(fields)
    case = case_of(book, records={"rows": [{"n": "3"}, {}]})
    start = layouts(book).registers["rows"].columns["last"].start
    assert [row[start : start + 2] for row in case.registers["rows"].rows] == [(8, 8), (2, 20)]


def test_what_is_known_of_a_party_is_laid_out_with_it() -> None:
    book = book_of(
        {"who": {"type": "person", "missing": "none"}, "old": {"is": "who.age"}},
        older={"is": "leader.age"},
    )
    parties = [{"id": "p-1", "kind": "person", "age": "41"}, {"id": "p-2", "kind": "person"}]
    case = case_of(book, parties=parties, facts={"leader": "p-1"},
                   records={"rows": [{"who": "p-1"}, {"who": "p-2"}, {"who": "none"}]})  # fmt: skip
    start = layouts(book).registers["rows"].columns["old"].start
    ages = [row[start : start + 3] for row in case.registers["rows"].rows]
    assert [one[:2] for one in ages] == [(41, 41), (0, 99), (None, None)]
    assert [row[0] for row in case.party_rows["person"].named] == ["p-1", "p-2"]
    assert case.party_rows["person"].named[0][1] == (41, 41)
    assert case.party_rows["person"].unnamed == (0, 99)


def test_a_party_that_another_case_names_is_none_of_this_one() -> None:
    book = parse_book(
        "book: town/named\nversion: 1.0.0\nsector: town\npoints: 10\n"
        "facts: {chief: person}\nparties: {person: {boss: person}}\n"
        "records: {visits: {who: person}}\n"
        "sections: [{id: all, points: 10}]\n"
        "rules: [{id: one, section: all, points: 10, requires: given(chief)}]\n"
        "grades: [{id: any, at_least: 0}]\n",
        "named.yaml",
    )
    said: dict[str, Any] = {
        "book": "town/named",
        "subject": "u-1",
        "period": "2026",
        "facts": {"chief": "p-1"},
        "records": {"visits": [{"id": "v-1", "who": "p-1"}]},
    }
    here = {"id": "p-1", "kind": "person", "boss": "p-1"}
    parse_case(mark({**said, "parties": [here]}, "first.yaml"), book)
    other = {"id": "p-2", "kind": "person", "boss": "p-1"}
    second = mark({**said, "parties": [other]}, "second.yaml")
    with pytest.raises(CaseError) as raised:
        parse_case(second, book)
    places = [(one.place.partition(": ")[2], one.message) for one in raised.value.faults]
    assert places == [
        (where, "`{id}` is not among the parties")
        for where in ("parties.p-2.boss", "facts.chief", "records.visits.v-1.who")
    ]
