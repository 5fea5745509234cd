"""What the design says, point by point: small books and cases with results reasoned by hand."""

from __future__ import annotations

import io
import json
from decimal import ROUND_UP, localcontext
from typing import Any

import pytest

from steelyard.book.reading.load import parse_book
from steelyard.case.reading.read import parse_case
from steelyard.errors import BookError, CaseError
from steelyard.judging.assessment import Assessment, weigh
from steelyard.located_yaml import mark
from steelyard.report.formats.terminal import Terminal
from steelyard.report.unit.report import unit_page

FACTS = {
    "n": {"type": "integer", "min": 0, "max": 10},
    "m": {"type": "integer", "min": 0, "max": 10},
    "whole": {"type": "integer", "min": 0, "max": 20},
    "half": {"type": "integer", "min": 0, "max": "whole"},
    "rate": {"is": "n / m", "min": 0, "max": 1},
    "plain_rate": {"is": "n / m"},
    "maybe": {"type": "integer", "min": 0, "max": 10, "missing": "none"},
    "yes": "boolean",
    "ok": "boolean",
    "sat": "survey",
    "level": {"type": ["low", "middle", "high"], "ordered": True},
    "colour": ["red", "blue"],
    "day": "date",
    "lead": "person",
}
PARTIES = {
    "department": {"head": {"type": "person", "missing": "none"}},
    "person": {
        "department": {"type": "department", "missing": "none"},
        "role": ["head", "doctor"],
        "member": "boolean",
    },
}
RECORDS = {
    "rows": {
        "good": "boolean",
        "counts": "boolean",
        "size": {"type": "integer", "min": -5, "max": 10},
        "kind_of": {"type": ["a", "b", "c"]},
        "person": {"type": "person", "missing": "none"},
        "department": {"type": "department", "default": "person.department"},
    }
}
GRADES = [
    {"id": "excellent", "at_least": 90},
    {"id": "pass", "at_least": 60},
    {"id": "fail", "at_least": 0},
]
PEOPLE = [
    {"id": "d-1", "kind": "department", "head": "p-1"},
    {"id": "p-1", "kind": "person", "role": "head", "department": "d-1", "member": "yes"},
    {"id": "p-2", "kind": "person", "role": "doctor", "department": "d-1", "member": "no"},
]


def weighed(
    rules: list[dict[str, Any]],
    shown: dict[str, Any] | None = None,
    rows: Any = None,
    /,
    *,
    waivers: Any = (),
    as_of: str = "",
    parties: Any = PEOPLE,
    period: str = "2026",
    **parts: Any,
) -> Assessment:
    """Weigh a case by a book of these rules, each in section `all` unless it says otherwise."""
    filled = [
        {"id": f"r{n}", "points": 100, **({} if "bonus" in rule else {"section": "all"}), **rule}
        for n, rule in enumerate(rules, 1)
    ]
    for rule in filled:
        if "bands" in rule:
            rule.pop("points")
    most = {
        rule["id"]: max(b["points"] for b in rule["bands"])
        if "bands" in rule
        else max(rule["points"].values())
        if isinstance(rule["points"], dict)
        else rule["points"]
        for rule in filled
    }
    names = dict.fromkeys(rule["section"] for rule in filled if "section" in rule)
    sections = [
        {"id": name, "points": sum(most[r["id"]] for r in filled if r.get("section") == name)}
        for name in names
    ]
    document = {
        "book": "test/small",
        "version": "1.0.0",
        "sector": "test",
        "facts": FACTS,
        "parties": PARTIES,
        "records": RECORDS,
        "rules": filled,
        "sections": sections,
        "points": sum(s["points"] for s in sections),
        "grades": GRADES,
        "measures": {name: {"kind": "sanction"} for name in ("warned", "named", "praised")},
        **parts,
    }
    book = parse_book(json.dumps(document), "small")
    case = {
        "book": "test/small",
        "subject": "s",
        "period": period,
        "facts": shown or {},
        "parties": parties,
        "records": {} if rows is None else {"rows": rows},
        "waivers": list(waivers),
        **({"as_of": as_of} if as_of else {}),
    }
    return weigh(book, parse_case(mark(case, "case"), book, "case"))


def bounds(found: Assessment) -> tuple[str, str]:
    """Return the score as text."""
    return found.text(found.scored.low), found.text(found.scored.high)


def outcome(found: Assessment, rule: str = "r1") -> str:
    return next(v.outcome for v in found.verdicts if v.rule == rule)


def grades(found: Assessment) -> tuple[str, str]:
    return found.grade_id(found.standing.low), found.grade_id(found.standing.high)


def row(**cells: Any) -> dict[str, Any]:
    return cells


def opened(*rows: dict[str, Any]) -> dict[str, Any]:
    return {"complete": "no", "rows": list(rows)}


# Every value that a rule can read, as the bounds of a proportional rule worth 100 points.

VALUES: dict[str, tuple[str, dict[str, Any], Any, tuple[str, str]]] = {
    # 1. declared bounds of a worked-out fact, and facts that bound each other
    "1 declared bounds cut a quotient": (
        "rate",
        {"n": "5", "m": "5..10"},
        None,
        ("50.00", "100.00"),
    ),
    "1 declared bounds hold what is unknown": ("rate / 2", {"m": "1..10"}, None, ("0.00", "50.00")),
    "1 max of another fact binds down": ("half / 20", {"whole": "10"}, None, ("0.00", "50.00")),
    "1 max of another fact binds up": ("whole / 20", {"half": "10"}, None, ("50.00", "100.00")),
    # 3. count, total, distinct
    "3 count is must and may": (
        "count(rows, good) / 10",
        {},
        [row(good="yes"), row(), row(good="no")],
        ("10.00", "20.00"),
    ),
    "3 count of an open register has no top": (
        "count(rows, good) / 10",
        {},
        opened(row(good="yes")),
        ("10.00", "100.00"),
    ),
    "3 count of an absent register": ("count(rows) / 10", {}, None, ("0.00", "100.00")),
    "3 count of an empty complete register": ("count(rows) / 10", {}, [], ("0.00", "0.00")),
    "3 total adds what must count": (
        "total(rows, size) / 10",
        {},
        [row(size="3"), row(size="2..4")],
        ("50.00", "70.00"),
    ),
    "3 total of a record that may count takes its sign": (
        "(total(rows, size, good) + 5) / 20",
        {},
        [row(size="-2..4")],
        ("15.00", "45.00"),
    ),
    "3 total of what is unknown": ("(total(rows, size) + 5) / 20", {}, [row()], ("0.00", "75.00")),
    "3 distinct counts known values and adds the unknown": (
        "distinct(rows, kind_of) / 10",
        {},
        [row(kind_of="a"), row(kind_of="a"), row()],
        ("10.00", "20.00"),
    ),
    "3 distinct of records that may count": (
        "distinct(rows, kind_of, good) / 10",
        {},
        [row(kind_of="a", good="yes"), row(kind_of="b")],
        ("10.00", "20.00"),
    ),
    "3 distinct is at least one where one record must": (
        "distinct(rows, kind_of) / 10",
        {},
        [row(), row()],
        ("10.00", "20.00"),
    ),
    "3 distinct is capped by the domain": (
        "distinct(rows, kind_of) / 10",
        {},
        opened(row(kind_of="a")),
        ("10.00", "30.00"),
    ),
    "3 distinct does not count none": (
        "distinct(rows, person) / 10",
        {},
        [row(), row(person="p-1")],
        ("10.00", "10.00"),
    ),
    # 4. share: records by (belongs, has): TT T? TF ?T ?? ?F
    "4 share of known records": (
        "share(rows, good, counts)",
        {},
        [row(good="yes", counts="yes"), row(good="no", counts="yes"), row(good="yes", counts="no")],
        ("50.00", "50.00"),
    ),
    "4 share with one of each": (
        "share(rows, good, counts)",
        {},
        [  # low 1/(1+1+1+1+1), high (1+1+1+1)/(1+1+1+1+1)
            row(good="yes", counts="yes"),
            row(counts="yes"),
            row(good="no", counts="yes"),
            row(good="yes"),
            row(),
            row(good="no"),
        ],
        ("20.00", "80.00"),
    ),
    "4 share of an open register": (
        "share(rows, good)",
        {},
        opened(row(good="yes")),
        ("0.00", "100.00"),
    ),
    # numbers
    "rounding of a quotient is half away from zero": (
        "round(n / m, 1)",
        {"n": "1", "m": "4"},
        None,
        ("30.00", "30.00"),
    ),
    "a survey reads as a rate": ("sat", {"sat": "2/3"}, None, ("66.67", "66.67")),
    "an unknown survey is any rate": ("sat", {}, None, ("0.00", "100.00")),
    "part of two counts": ("part(n, m)", {"n": "1", "m": "3"}, None, ("25.00", "25.00")),
    "part with bounds": ("part(n, m)", {"n": "1..3", "m": "1"}, None, ("50.00", "75.00")),
    "a rate is clamped above": ("n / 5", {"n": "10"}, None, ("100.00", "100.00")),
    "a rate is clamped below": ("(n - 10) / 5", {"n": "0"}, None, ("0.00", "0.00")),
    "a value that is none earns nothing": ("maybe / 10", {"maybe": "none"}, None, ("0.00", "0.00")),
    "a value that may be none may earn nothing": (
        "(maybe + 10) / 20",
        {},
        None,
        ("0.00", "100.00"),
    ),
    "a range is kept": ("n / 10", {"n": "3..4"}, None, ("30.00", "40.00")),
    "evidence that disagrees is a range": (
        "n / 10",
        {"n": ["3", {"value": "5", "method": "site"}]},
        None,
        ("30.00", "50.00"),
    ),
    "a fact that occurs twice is read as two": ("(n - n + 10) / 20", {}, None, ("0.00", "100.00")),
    "choice between two": ("(0.2 if yes else 0.7)", {}, None, ("20.00", "70.00")),
    "days between two dates": (
        "days('2026-01-01', day) / 10",
        {"day": "2026-01-06"},
        None,
        ("50.00", "50.00"),
    ),
}


@pytest.mark.parametrize(("text", "facts", "rows", "expected"), VALUES.values(), ids=VALUES)
def test_values(text: str, facts: dict[str, Any], rows: Any, expected: tuple[str, str]) -> None:
    assert bounds(weighed([{"proportional": text}], facts, rows)) == expected


PASS, FAIL, OPEN, OUT = (
    ("pass", "100.00", "100.00"),
    ("fail", "0.00", "0.00"),
    ("unknown", "0.00", "100.00"),
    ("not_applicable", "0.00", "0.00"),
)

CONDITIONS: dict[str, tuple[str, dict[str, Any], Any, tuple[str, str, str]]] = {
    # 2. known and given
    "2 known of what is shown": ("known(n)", {"n": "3"}, None, PASS),
    "2 known of what is not yet shown may still be": ("known(n)", {}, None, OPEN),
    "2 known of what is known to be none": ("known(maybe)", {"maybe": "none"}, None, PASS),
    "2 given of what is none": ("given(maybe)", {"maybe": "none"}, None, FAIL),
    "2 given of a value": ("given(maybe)", {"maybe": "3"}, None, PASS),
    "2 given of evidence that disagrees whether there is one": (
        "given(maybe)",
        {"maybe": ["3", "none"]},
        None,
        OPEN,
    ),
    "a comparison with none is false": ("maybe < 5", {"maybe": "none"}, None, FAIL),
    "so is its contrary": ("maybe >= 5", {"maybe": "none"}, None, FAIL),
    "none is not in a list": ("maybe in [1, 2]", {"maybe": "none"}, None, FAIL),
    "nor outside it": ("maybe not in [1, 2]", {"maybe": "none"}, None, FAIL),
    "not turns must into may": ("not n >= 5", {"n": "4..6"}, None, OPEN),
    "an unordered option that is not known": ("colour == 'red'", {}, None, OPEN),
    "an ordered option": ("level >= 'middle'", {"level": "high"}, None, PASS),
    "a chain": ("1 <= n < 3", {"n": "2"}, None, PASS),
    # 7. undefined is not unknown
    "7 a known zero is undefined": ("plain_rate >= 0.5", {"n": "3", "m": "0"}, None, OUT),
    "7 a divisor that may be zero is unknown": ("plain_rate >= 0.5", {"n": "3"}, None, OPEN),
    "7 a zero beside something unknown is still unknown": (
        "plain_rate >= 0.5",
        {"m": "0"},
        None,
        OPEN,
    ),
    "7 decided all the same": (
        "plain_rate >= 0.5 or yes",
        {"n": "3", "m": "0", "yes": "yes"},
        None,
        PASS,
    ),
    "7 a survey of nobody": ("sat >= 0.9", {"sat": "0/0"}, None, OUT),
    "7 a share of nothing": ("share(rows, good) >= 0.5", {}, [], OUT),
    "7 the highest of nothing": ("highest(rows, size) >= 5", {}, [], OUT),
    "7 of a record that is not asked of nothing need be known": (
        "share(rows, good, counts) >= 0.5",
        {},
        [row(counts="no")],
        OUT,
    ),
    "7 of one that may be asked of it must be": (
        "share(rows, good, counts) >= 0.5",
        {},
        [row()],
        OPEN,
    ),
    "7 nothing yet in an open register": ("share(rows, good) >= 0.5", {}, None, OPEN),
    "every of nothing holds": ("every(rows, good)", {}, [], PASS),
    "any of nothing does not": ("any(rows, good)", {}, [], FAIL),
    "every with one that fails": ("every(rows, good)", {}, opened(row(good="no")), FAIL),
    "any in an open register": ("any(rows, good)", {}, opened(row(good="no")), OPEN),
    "a party's field": ("lead.role == 'doctor'", {"lead": "p-2"}, None, PASS),
    "a party that is not known": ("lead.role == 'doctor'", {}, None, OPEN),
    "a field of nobody is none, and no comparison with it holds": (
        "any(rows, person.member == False)",
        {},
        [row()],
        FAIL,
    ),
    "two steps": ("lead.department.head == lead", {"lead": "p-2"}, None, FAIL),
    "a default is read from the record": (
        "any(rows, department == lead.department)",
        {"lead": "p-1"},
        [row(person="p-2")],
        PASS,
    ),
}


@pytest.mark.parametrize(("text", "facts", "rows", "expected"), CONDITIONS.values(), ids=CONDITIONS)
def test_conditions(
    text: str, facts: dict[str, Any], rows: Any, expected: tuple[str, str, str]
) -> None:
    found = weighed([{"requires": text}], facts, rows)
    assert (outcome(found), *bounds(found)) == expected


def test_a_boolean_of_nobody_in_a_bonus_was_not_claimed() -> None:
    found = weighed(
        [{"requires": "True"}, {"requires": "yes == False", "bonus": "true", "points": 5}], bonus=5
    )
    assert outcome(found, "r2") == "fail"


# Wilson's interval by its own formula, z = 1.959964: 90 of 100 gives [0.8256, 0.9448]; 0.8256 is
# safely above 0.82.
CONFIDENT = {
    "surely above": ("sat >= 0.82", "90/100", "pass"),
    "cannot tell": ("sat >= 0.83", "90/100", "unknown"),
    "cannot tell from above": ("sat >= 0.94", "90/100", "unknown"),
    "surely below": ("sat >= 0.95", "90/100", "fail"),
    "written the other way round": ("0.82 <= sat", "90/100", "pass"),
    "at most": ("sat < 0.95", "90/100", "pass"),
    # n = 4 of 4, t = 0.5: d = 2, d*d = 4 >= 3.841459 * 4 * 0.25 = 3.841459
    "just enough": ("sat >= 0.5", "4/4", "pass"),
    # n = 3 of 3: d = 1.5, 2.25 < 3.841459 * 3 * 0.25 = 2.881
    "just too few": ("sat >= 0.5", "3/3", "unknown"),
    "everybody reaches everything": ("sat >= 1", "7/7", "pass"),
    "nobody is not more than nobody": ("sat > 0", "0/7", "fail"),
    "everybody is not less than everybody": ("sat < 1", "7/7", "fail"),
    "nobody was asked": ("sat >= 0.5", "0/0", "not_applicable"),
}


@pytest.mark.parametrize(("text", "survey", "expected"), CONFIDENT.values(), ids=CONFIDENT)
def test_confident(text: str, survey: str, expected: str) -> None:
    assert outcome(weighed([{"requires": text, "confident": "0.95"}], {"sat": survey})) == expected


BANDS = [{"at_least": 2, "points": 40}, {"above": 5, "points": 100}, {"at_least": 8, "points": 70}]
BANDED = {
    "below all": ("1", ("0.00", "0.00")),
    "on a threshold": ("2", ("40.00", "40.00")),
    "strictly more is not on it": ("5", ("40.00", "40.00")),
    "strictly more": ("6", ("100.00", "100.00")),
    "points need not rise": ("9", ("70.00", "70.00")),
    "5 every band that meets": ("3..9", ("40.00", "100.00")),
    "5 two of them": ("6..8", ("70.00", "100.00")),
    "5 all of them": (None, ("0.00", "100.00")),
}


@pytest.mark.parametrize(("n", "expected"), BANDED.values(), ids=BANDED)
def test_bands(n: str | None, expected: tuple[str, str]) -> None:
    assert (
        bounds(weighed([{"banded": "n", "bands": BANDS}], {} if n is None else {"n": n}))
        == expected
    )


def test_confident_bands_are_those_that_the_sample_leaves_open() -> None:
    bands = [
        {"at_least": 0.5, "points": 30},
        {"at_least": 0.9, "points": 70},
        {"at_least": 0.99, "points": 100},
    ]
    # 90 of 100: surely at least 0.5, perhaps 0.9, surely not 0.99
    assert bounds(
        weighed([{"banded": "sat", "bands": bands, "confident": "0.95"}], {"sat": "90/100"})
    ) == ("30.00", "70.00")


ITEMS = [{"id": "i1"}, {"id": "i2"}, {"id": "i3", "weight": 2}]
TICKS = {
    "all yes": ({"i1": "yes", "i2": "yes", "i3": "yes"}, ("pass", "100.00", "100.00")),
    "weights": ({"i1": "no", "i2": "no", "i3": "yes"}, ("partial", "50.00", "50.00")),
    "what does not apply is shared out": (
        {"i1": "yes", "i2": "no", "i3": "na"},
        ("partial", "50.00", "50.00"),
    ),
    "6 an open item earns 0 to 1 of its weight": (
        {"i1": "yes", "i2": "no"},
        ("unknown", "25.00", "75.00"),
    ),
    "6 all na": ({"i1": "na", "i2": "na", "i3": "na"}, ("not_applicable", "0.00", "0.00")),
    "6 na and open may be anything": ({"i1": "na", "i2": "na"}, ("unknown", "0.00", "100.00")),
    "in Chinese": ({"i1": "是", "i2": "否", "i3": "不适用"}, ("partial", "50.00", "50.00")),
    "a third": ({"i1": "yes", "i2": "na", "i3": "no"}, ("partial", "33.33", "33.33")),
}


@pytest.mark.parametrize(("ticks", "expected"), TICKS.values(), ids=TICKS)
def test_checklists(ticks: dict[str, str], expected: tuple[str, str, str]) -> None:
    found = weighed([{"checklist": ITEMS}], ticks)
    assert (outcome(found), *bounds(found)) == expected


GRADED = {
    "unordered": ("colour", {"red": 100, "blue": 30}, {"colour": "blue"}, ("30.00", "30.00")),
    "unordered and open": ("colour", {"red": 100, "blue": 30}, {}, ("30.00", "100.00")),
    "ordered and disagreeing": (
        "level",
        {"low": 10, "middle": 100, "high": 60},
        {"level": ["middle", "high"]},
        ("60.00", "100.00"),
    ),
    "ordered and open": ("level", {"low": 10, "middle": 100, "high": 60}, {}, ("10.00", "100.00")),
}


@pytest.mark.parametrize(("fact", "points", "facts", "expected"), GRADED.values(), ids=GRADED)
def test_graded(
    fact: str, points: dict[str, int], facts: dict[str, Any], expected: tuple[str, str]
) -> None:
    assert bounds(weighed([{"graded": fact, "points": points}], facts)) == expected


STAGE = [
    {"id": "check", "window": {"months": [2]}, "deliverables": [{"id": "report"}, {"id": "plan"}]}
]
STAGES = {
    "both in their window": (
        "",
        {"report": "2026-02-28", "plan": "2026-01-05"},
        ("pass", "100.00", "100.00"),
    ),
    "one late": ("", {"report": "2026-02-28", "plan": "2026-03-01"}, ("partial", "70.00", "70.00")),
    "one not done": ("", {"report": "2026-02-28", "plan": "none"}, ("partial", "50.00", "50.00")),
    "neither done": ("", {"report": "none", "plan": "未完成"}, ("fail", "0.00", "0.00")),
    "one not shown": ("", {"report": "2026-02-28"}, ("unknown", "50.00", "100.00")),
    "not yet due is not asked": (
        "2026-02-10",
        {"report": "none", "plan": "none"},
        ("not_applicable", "0.00", "0.00"),
    ),
    "not yet due beside one that is done": (
        "2026-02-10",
        {"report": "2026-02-01", "plan": "none"},
        ("pass", "100.00", "100.00"),
    ),
    # Done, it is in time; not done, it is not asked: either way all is earned.
    "not shown and not yet due": (
        "2026-02-10",
        {"report": "2026-02-01"},
        ("pass", "100.00", "100.00"),
    ),
    "done after the day of the case is not done": (
        "2026-02-28",
        {"report": "2026-02-28", "plan": "2026-03-01"},
        ("partial", "50.00", "50.00"),
    ),
    "in a range that may be late": (
        "",
        {"report": "2026-02-01", "plan": "2026-02-20..2026-03-05"},
        ("unknown", "70.00", "100.00"),
    ),
}


@pytest.mark.parametrize(("as_of", "facts", "expected"), STAGES.values(), ids=STAGES)
def test_stages(as_of: str, facts: dict[str, Any], expected: tuple[str, str, str]) -> None:
    found = weighed([{"stage": "check", "late": "0.4"}], facts, as_of=as_of, stages=STAGE)
    assert (outcome(found), *bounds(found)) == expected


def test_the_last_month_of_a_year_ends_with_it() -> None:
    stages = [{"id": "check", "window": {"months": [11, 12]}, "deliverables": [{"id": "report"}]}]
    assert outcome(weighed([{"stage": "check"}], {"report": "2026-12-31"}, stages=stages)) == "pass"
    assert (
        outcome(
            weighed([{"stage": "check"}], {"report": "none"}, as_of="2026-12-30", stages=stages)
        )
        == "not_applicable"
    )


DEMERITS = {
    "nothing happened": ({"each": "30"}, [], ("pass", "100.00", "100.00")),
    "one matching record": (
        {"when": "good", "each": "30"},
        [row(good="yes"), row(good="no")],
        ("partial", "70.00", "70.00"),
    ),
    "down to nothing and no further": ({"each": "60"}, [row(), row()], ("fail", "0.00", "0.00")),
    "one that may count": (
        {"when": "good", "each": "30"},
        [row(good="yes"), row()],
        ("unknown", "40.00", "70.00"),
    ),
    "by the record": (
        {"each": "20 if good else 0.5"},
        [row(good="yes"), row(good="no")],
        ("partial", "79.50", "79.50"),
    ),
    "an open register may hold any number": (
        {"each": "30"},
        opened(row()),
        ("unknown", "0.00", "70.00"),
    ),
    "an absent one too": ({"each": "30"}, None, ("unknown", "0.00", "100.00")),
    "rounded half away from zero, once": (
        {"each": "0.333 * 5"},
        [row(), row(), row()],
        ("partial", "95.01", "95.01"),
    ),
}


@pytest.mark.parametrize(("demerit", "rows", "expected"), DEMERITS.values(), ids=DEMERITS)
def test_demerits(demerit: dict[str, str], rows: Any, expected: tuple[str, str, str]) -> None:
    found = weighed([{"demerit": {"over": "rows", **demerit}}], {}, rows)
    assert (outcome(found), *bounds(found)) == expected


UNDEFINED = {
    "pass": ({"n": "3", "m": "0"}, "pass", ("pass", "100.00", "100.00")),
    "fail": ({"n": "3", "m": "0"}, "fail", ("fail", "0.00", "0.00")),
    "pass, and still unknown": ({"n": "3"}, "pass", ("unknown", "0.00", "100.00")),
}


@pytest.mark.parametrize(("facts", "when", "expected"), UNDEFINED.values(), ids=UNDEFINED)
def test_7_when_undefined(facts: dict[str, Any], when: str, expected: tuple[str, str, str]) -> None:
    found = weighed([{"requires": "plain_rate >= 0.5", "when_undefined": when}], facts)
    assert (outcome(found), *bounds(found)) == expected


def test_7_what_an_open_register_may_yet_bring_can_make_a_rule_undefined() -> None:
    # One more row of size 0 would make the total undefined and the rule not applicable: nothing is
    # sure before.
    bands = [{"at_least": 0, "points": 50}, {"above": 15, "points": 80}]
    rules: list[dict[str, Any]] = [
        {"banded": "total(rows, abs(10 / size))", "bands": bands},
        {"requires": "yes", "points": 20},
    ]
    assert bounds(weighed(rules, {"yes": "no"}, opened(row(size="1")))) == ("0.00", "80.00")
    assert bounds(weighed(rules, {"yes": "no"}, [row(size="1"), row(size="0")])) == ("0.00", "0.00")


def test_7_a_field_worked_out_by_a_known_zero_is_undefined_too() -> None:
    records = {"rows": {**RECORDS["rows"], "quotient": {"is": "10 / size"}}}
    rules: list[dict[str, Any]] = [
        {"requires": "any(rows, quotient >= 3)"},
        {"requires": "yes", "points": 20},
    ]
    assert outcome(weighed(rules, {}, [row(size="0")], records=records)) == "not_applicable"
    assert outcome(weighed(rules, {}, [row()], records=records)) == "unknown"


def test_7_an_undefined_limiter_or_consequence_does_not_fire() -> None:
    limiters = [{"id": "limit", "when": "plain_rate >= 0.5", "effect": {"veto": "true"}}]
    consequences = [
        {"on": "subject", "when": "plain_rate >= 0.5", "falls_on": "subject", "all": ["warned"]}
    ]
    rules = [{"requires": "yes"}]
    dead = weighed(
        rules, {"yes": "yes", "n": "3", "m": "0"}, limiters=limiters, consequences=consequences
    )
    assert (grades(dead), dead.standing.veto, dead.consequences) == (
        ("excellent", "excellent"),
        "no",
        (),
    )
    open_ = weighed(rules, {"yes": "yes", "n": "3"}, limiters=limiters, consequences=consequences)
    assert (grades(open_), open_.standing.veto, [one.certain for one in open_.consequences]) == (
        ("vetoed", "excellent"),
        "possible",
        [False],
    )


# 6. applicability, sections, the book

HALVES = [{"requires": "yes", "points": 60}, {"requires": "n >= 5", "points": 40}]
APPLIES = {
    "both": ({"yes": "yes", "n": "0"}, "False", ("60.00", "60.00")),
    "out, and its weight shared": ({"yes": "yes", "n": "0"}, "True", ("100.00", "100.00")),
    "out, and nothing earned": ({"yes": "no", "n": "9"}, "True", ("0.00", "0.00")),
    "6 perhaps out: 0 to its points": ({"yes": "yes", "n": "0"}, "m >= 5", ("60.00", "100.00")),
    "6 perhaps out, though it surely passes": (
        {"yes": "no", "n": "9"},
        "m >= 5",
        ("0.00", "40.00"),
    ),
}


@pytest.mark.parametrize(("facts", "out", "expected"), APPLIES.values(), ids=APPLIES)
def test_6_applicability(facts: dict[str, Any], out: str, expected: tuple[str, str]) -> None:
    assert bounds(weighed([HALVES[0], {**HALVES[1], "not_applicable": out}], facts)) == expected


def test_6_a_section_is_rounded_once_and_half_away_from_zero() -> None:
    # 3 of 7 earned of a section of 8: 8 * 3 / 7 = 3.428571...
    rules = [
        {"requires": "True", "points": 3},
        {"requires": "False", "points": 4},
        {"requires": "True", "points": 1, "not_applicable": "True"},
    ]
    assert bounds(weighed(rules, grades=[{"id": "fail", "at_least": 0}])) == ("3.43", "3.43")
    # 1 of 4 earned of a section of 5, in whole points: 1.25; 2 of 4: 2.5, away from zero 3
    rules = [
        {"requires": "True", "points": 2},
        {"requires": "False", "points": 2},
        {"requires": "True", "points": 1, "not_applicable": "True"},
    ]
    assert bounds(weighed(rules, decimals=0, grades=[{"id": "fail", "at_least": 0}])) == ("3", "3")


def test_a_section_of_which_nothing_applies_is_left_out_and_shared() -> None:
    rules = [
        {"requires": "True", "points": 30, "section": "one"},
        {"requires": "False", "points": 30, "section": "one"},
        {"requires": "False", "points": 40, "section": "two", "not_applicable": "True"},
    ]
    found = weighed(rules)
    assert (found.scored.sections["two"], bounds(found)) == (None, ("50.00", "50.00"))
    assert [(e.step, e.id) for e in found.ledger if e.low] == [
        ("item", "r1"),
        ("redistribution", "book"),
    ]
    assert found.standing.not_rated == "no"
    alone = weighed([{"requires": "True", "not_applicable": "True"}])
    assert alone.standing.not_rated == "yes"


WAIVED = {"on its last day": ("2026-06-30", "waived"), "the day after": ("2026-07-01", "fail")}


@pytest.mark.parametrize(("as_of", "expected"), WAIVED.values(), ids=WAIVED)
def test_waivers(as_of: str, expected: str) -> None:
    waiver = {"rule": "r2", "authority": "the commission", "until": "2026-06-30"}
    found = weighed(HALVES, {"yes": "yes", "n": "0"}, waivers=[waiver], as_of=as_of)
    assert (outcome(found, "r2"), bounds(found)[0]) == (
        expected,
        "100.00" if expected == "waived" else "60.00",
    )


def test_parameters_hold_from_their_dates() -> None:
    parameters = {"floor": {"2025-01-01": "4", "2026-07-01": "6"}}
    for as_of, expected in (("2026-06-30", "pass"), ("2026-07-01", "fail")):
        assert (
            outcome(
                weighed(
                    [{"requires": "n >= floor"}], {"n": "5"}, as_of=as_of, parameters=parameters
                )
            )
            == expected
        )


# 10. bonus

BASE = {"requires": "n >= 5", "points": 100}
BONUS = {
    "added under the book's points": (
        [{"requires": "yes", "points": 7}],
        {"n": "0", "yes": "yes"},
        ("7.00", "7.00"),
    ),
    "clamped to the book's points": (
        [{"requires": "yes", "points": 7}],
        {"n": "9", "yes": "yes"},
        ("100.00", "100.00"),
    ),
    "10 under the ceiling": (
        [{"requires": "yes", "points": 7}, {"requires": "yes", "points": 6}],
        {"n": "0", "yes": "yes"},
        ("10.00", "10.00"),
    ),
    "must be claimed": ([{"requires": "yes", "points": 7}], {"n": "0"}, ("0.00", "0.00")),
    "must be claimed, also by its contrary": (
        [{"requires": "m < 5", "points": 7}],
        {"n": "0"},
        ("0.00", "0.00"),
    ),
    "a range is two-sided even so": (
        [{"requires": "m < 5", "points": 7}],
        {"n": "0", "m": "4..6"},
        ("0.00", "7.00"),
    ),
}


@pytest.mark.parametrize(("rules", "facts", "expected"), BONUS.values(), ids=BONUS)
def test_10_bonus(
    rules: list[dict[str, Any]], facts: dict[str, Any], expected: tuple[str, str]
) -> None:
    assert (
        bounds(weighed([BASE, *({**rule, "bonus": "true"} for rule in rules)], facts, bonus=10))
        == expected
    )


def test_10_only_the_highest_of_a_group_counts() -> None:
    group = [
        {"proportional": "m / 10", "points": 8, "bonus": {"group": "honours"}},
        {"requires": "yes", "points": 5, "bonus": {"group": "honours"}},
    ]
    # lows 2 and 5, highs 8 and 5: the group is [5, 8]
    found = weighed([BASE, *group], {"n": "0", "m": "2..10", "yes": "yes"}, bonus=10)
    assert bounds(found) == ("5.00", "8.00")
    assert sum(e.low for e in found.ledger) == 500


def test_10_a_record_that_is_not_shown_is_no_bonus() -> None:
    rules = [BASE, {"requires": "count(rows, good) >= 1", "points": 5, "bonus": "true"}]
    assert outcome(weighed(rules, bonus=5), "r2") == "fail"
    assert outcome(weighed(rules, {}, opened(row(good="yes")), bonus=5), "r2") == "pass"


# 9. limiters


def limit(number: int, effect: dict[str, Any], when: str | None = "yes") -> dict[str, Any]:
    return {"id": f"limit-{number}", "effect": effect, **({} if when is None else {"when": when})}


FIVE = [
    {"id": name, "at_least": cut}
    for name, cut in (("a", 90), ("b", 80), ("c", 70), ("d", 60), ("e", 0))
]
LIMITED = {
    "none bites": ([limit(1, {"veto": "true"})], {"yes": "no"}, ("a", "a"), "no"),
    "a cap": ([limit(1, {"cap_grade": "c"})], {"yes": "yes"}, ("c", "c"), "no"),
    "a downgrade": ([limit(1, {"downgrade": 2})], {"yes": "yes"}, ("c", "c"), "no"),
    "9 downgrades add up": (
        [limit(1, {"downgrade": 2}), limit(2, {"downgrade": 1})],
        {"yes": "yes"},
        ("d", "d"),
        "no",
    ),
    "9 caps follow downgrades": (
        [limit(1, {"cap_grade": "b"}), limit(2, {"downgrade": 1})],
        {"yes": "yes"},
        ("b", "b"),
        "no",
    ),
    "9 a downgrade ends at the lowest": (
        [limit(1, {"downgrade": 9})],
        {"yes": "yes"},
        ("e", "e"),
        "no",
    ),
    "9 the low end takes what may": ([limit(1, {"cap_grade": "c"})], {}, ("c", "a"), "no"),
    "9 the high end takes what must": (
        [limit(1, {"cap_grade": "c"}), limit(2, {"downgrade": 1}, "True")],
        {},
        ("c", "b"),
        "no",
    ),
    "a veto": ([limit(1, {"veto": "true"})], {"yes": "yes"}, ("vetoed", "vetoed"), "yes"),
    "a possible veto": ([limit(1, {"veto": "true"})], {}, ("vetoed", "a"), "possible"),
    "a section's floor held": (
        [limit(1, {"cap_grade": "d", "min_section": {"all": 100}}, None)],
        {},
        ("a", "a"),
        "no",
    ),
    "a floor and a condition": (
        [limit(1, {"cap_grade": "d", "min_section": {"all": 100}})],
        {"yes": "yes"},
        ("a", "a"),
        "no",
    ),
}


@pytest.mark.parametrize(("limiters", "facts", "expected", "veto"), LIMITED.values(), ids=LIMITED)
def test_9_limiters(
    limiters: list[dict[str, Any]], facts: dict[str, Any], expected: tuple[str, str], veto: str
) -> None:
    found = weighed([{"requires": "True"}], facts, limiters=limiters, grades=FIVE)
    assert (grades(found), found.standing.veto) == (expected, veto)


def test_9_a_floor_below_which_a_section_may_fall() -> None:
    limiters = [limit(1, {"cap_grade": "d", "min_section": {"all": 95}}, None)]
    assert grades(
        weighed([{"proportional": "n / 10"}], {"n": "9..10"}, limiters=limiters, grades=FIVE)
    ) == ("d", "a")
    assert grades(
        weighed([{"proportional": "n / 10"}], {"n": "9"}, limiters=limiters, grades=FIVE)
    ) == ("d", "d")


def test_9_not_rated_stands_beside_the_grade() -> None:
    found = weighed(
        [{"requires": "True"}], {"yes": "yes"}, limiters=[limit(1, {"not_rated": "true"})]
    )
    assert (found.standing.not_rated, grades(found)) == ("yes", ("excellent", "excellent"))
    assert found.settled


def test_9_what_may_yet_leave_a_unit_unrated_leaves_its_grade_unsettled() -> None:
    limiters = [limit(1, {"not_rated": "true"}, when="ok")]
    rules = [{"requires": "yes"}]
    for said, expected in {"yes": "yes", "no": "no", "unknown": "possible"}.items():
        found = weighed(rules, {"yes": "yes", "ok": said}, limiters=limiters)
        assert found.standing.not_rated == expected
        assert grades(found) == ("excellent", "excellent")
        assert found.settled == found.to_json()["grade"]["settled"] == (expected != "possible")
    # Perhaps nothing at all is asked.
    found = weighed([{"requires": "yes", "not_applicable": "ok"}], {"yes": "yes"})
    assert found.standing.not_rated == "possible"


CUTS = {
    "on the cut-off": ("9", ("excellent", "excellent")),
    "below it": ("8", ("pass", "pass")),
    "across it": ("8..9", ("pass", "excellent")),
}


@pytest.mark.parametrize(("n", "expected"), CUTS.values(), ids=CUTS)
def test_grades(n: str, expected: tuple[str, str]) -> None:
    assert grades(weighed([{"proportional": "n / 10"}], {"n": n})) == expected


def test_coverage_is_one_less_the_open_share() -> None:
    # 60 known; of 40 the band is 10 wide: 1 - 10 / 100
    rules = [{"requires": "yes", "points": 60}, {"proportional": "n / 4", "points": 40}]
    assert str(weighed(rules, {"yes": "yes", "n": "3..4"}).coverage) == "0.9000"
    assert str(weighed(rules).coverage) == "0.0000"
    rules[0] |= {"not_applicable": "True"}
    assert str(weighed(rules, {"n": "3..4"}).coverage) == "0.7500"


# Consequences


def follow(
    consequence: dict[str, Any], facts: dict[str, Any] | None = None, rows: Any = None, **more: Any
) -> list[tuple[str, str, str, bool]]:
    found = weighed(
        [{"requires": "True"}],
        facts,
        rows,
        consequences=[{"all": ["warned"], **consequence}],
        **more,
    )
    return [(one.kind, one.party, one.record, one.certain) for one in found.consequences]


WHEN = {"on": "rows", "when": "good"}
ON_ROWS = {
    "falls on the person": (
        {**WHEN, "falls_on": "person"},
        [row(id="b", good="yes", person="p-2")],
        [("person", "p-2", "b", True)],
    ),
    "once for each record": (
        {**WHEN, "falls_on": "person"},
        [row(id="a", good="yes", person="p-2"), row(id="b", good="yes", person="p-2")],
        [("person", "p-2", "a", True), ("person", "p-2", "b", True)],
    ),
    "does not match": ({**WHEN, "falls_on": "person"}, [row(good="no", person="p-2")], []),
    "may match": (
        {**WHEN, "falls_on": "person"},
        [row(id="b", person="p-2")],
        [("person", "p-2", "b", False)],
    ),
    "on nobody it does not fire": ({**WHEN, "falls_on": "person"}, [row(good="yes")], []),
    "on one not known": (
        {**WHEN, "falls_on": "person"},
        [row(id="b", good="yes", person="unknown")],
        [("person", "unknown", "b", False)],
    ),
    "climbs to the head": (
        {**WHEN, "falls_on": "department.head"},
        [row(id="b", good="yes", person="p-2")],
        [("person", "p-1", "b", True)],
    ),
    "on all members": (
        {**WHEN, "falls_on": "department.members"},
        [row(id="b", good="yes", department="d-1")],
        [("person", "p-1", "b", True), ("person", "p-2", "b", True)],
    ),
    "on the subject": (
        {**WHEN, "falls_on": "subject"},
        [row(id="b", good="yes")],
        [("subject", "s", "b", True)],
    ),
}


@pytest.mark.parametrize(("consequence", "rows", "expected"), ON_ROWS.values(), ids=ON_ROWS)
def test_consequences_of_records(
    consequence: dict[str, Any], rows: Any, expected: list[Any]
) -> None:
    assert follow(consequence, None, rows) == expected


TWICE = {"on": "person", "when": "count(rows, good) >= 2", "falls_on": "person"}
ON_PARTIES = {
    "a repeat offender": (
        [
            row(good="yes", person="p-2"),
            row(good="yes", person="p-2"),
            row(good="yes", person="p-1"),
        ],
        [("p-2", True)],
    ),
    "perhaps": ([row(good="yes", person="p-2"), row(person="p-2")], [("p-2", False)]),
    "11 one whose party is not known may be anybody's": (
        [row(good="yes", person="p-2"), row(good="yes", person="unknown")],
        [("p-2", False)],
    ),
    "11 and there may be others": (
        [row(good="yes", person="unknown"), row(good="yes", person="unknown")],
        [("p-1", False), ("p-2", False), ("unknown", False)],
    ),
    "nobody's own breach is nobody's": ([row(good="yes"), row(good="yes")], []),
    "an open register may hold more of everybody's": (opened(), [("p-1", False), ("p-2", False)]),
}


@pytest.mark.parametrize(("rows", "expected"), ON_PARTIES.values(), ids=ON_PARTIES)
def test_consequences_at_parties(rows: Any, expected: list[Any]) -> None:
    assert [(party, certain) for _, party, _, certain in follow(TWICE, None, rows)] == expected


def test_consequences_at_the_subject_fire_once() -> None:
    row_ = {"on": "subject", "when": "n >= 5", "falls_on": "lead"}
    assert follow(row_, {"n": "7", "lead": "p-1"}) == [("person", "p-1", "", True)]
    assert follow(row_, {"lead": "p-1"}) == [("person", "p-1", "", False)]
    assert follow(row_, {"n": "7"}) == [("person", "unknown", "", True)]
    assert follow(row_, {"n": "4", "lead": "p-1"}) == []


def test_a_choice_among_bundles_stays_a_choice() -> None:
    one_of = [["warned"], ["named", "praised"]]
    found = weighed(
        [{"requires": "True"}],
        consequences=[{"on": "subject", "falls_on": "subject", "one_of": one_of}],
    )
    assert found.to_json()["consequences"][0]["options"] == one_of


def test_a_party_of_whom_something_is_not_known_is_not_undefined() -> None:
    # Nothing is divided for p-1 or p-2, but p-2's role is open: the row may still fire there.
    row_ = {
        "on": "person",
        "when": "share(rows, good) >= 0.5 or person.role == 'head'",
        "falls_on": "person",
    }
    people = [
        PEOPLE[0],
        {**PEOPLE[1], "role": "doctor"},
        {"id": "p-2", "kind": "person", "department": "d-1"},
    ]
    assert [
        (party, certain) for _, party, _, certain in follow(row_, None, [], parties=people)
    ] == [("p-2", False)]


def test_a_default_keeps_to_its_field() -> None:
    records = {
        "rows": {
            **RECORDS["rows"],
            "weight": {"type": "integer", "min": 0, "max": 5, "default": "size * 2"},
        }
    }
    rules = [{"proportional": "total(rows, weight) / 10"}]
    assert bounds(weighed(rules, {}, [row(size="2")], records=records)) == ("40.00", "40.00")
    assert bounds(weighed(rules, {}, [row()], records=records)) == ("0.00", "50.00")
    with pytest.raises(CaseError, match="works out at 6, outside 0 to 5"):
        weighed(rules, {}, [row(size="3")], records=records)


def test_facts_that_contradict_each_other_are_refused_before_anything_is_divided() -> None:
    facts = {
        **FACTS,
        "low": {"type": "integer", "min": 1, "max": 9},
        "below": {"type": "integer", "min": 0, "max": "low"},
        "over": {"is": "below / low", "min": 0, "max": 1},
    }
    with pytest.raises(CaseError, match="contradict each other"):
        weighed([{"requires": "over >= 0.5"}], {"low": "1", "below": "5"}, facts=facts)


def test_a_section_cannot_be_asked_for_more_than_it_can_earn() -> None:
    with pytest.raises(BookError, match="more than section"):
        weighed(
            [{"requires": "yes"}],
            limiters=[limit(1, {"cap_grade": "fail", "min_section": {"all": 101}}, None)],
        )


def test_what_the_callers_decimals_round_to_changes_nothing() -> None:
    """A third of forty points, and an open rule, under an arithmetic of two digits."""
    rules = [
        {"proportional": "n / 30", "points": 40},
        {"requires": "ok", "points": 60},
    ]
    found = weighed(rules, {"n": "10"})
    plain = json.dumps(found.to_json()), page(found)
    with localcontext(prec=2, rounding=ROUND_UP):
        again = weighed(rules, {"n": "10"})
        assert (json.dumps(again.to_json()), page(again)) == plain
        assert f"{again.low}" == "13.33"


def page(found: Assessment) -> str:
    """Return what is printed of an assessment."""
    file = io.StringIO()
    Terminal("en", file=file).page(unit_page(found, "en", terse=True))
    return file.getvalue()
