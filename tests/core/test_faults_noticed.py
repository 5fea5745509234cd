"""What planted faults showed that no other test looked at (docs/testing.md); results worked out by
hand.
"""

from __future__ import annotations

import json
import linecache
import marshal
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest

from steelyard.book.model import RuleBook
from steelyard.book.program import program
from steelyard.book.reading.load import parse_book
from steelyard.case.reading.read import parse_case
from steelyard.errors import BookError, CaseError
from steelyard.expression.tree import Literal
from steelyard.expression.types import Boolean, Number
from steelyard.forms.form import Lowering
from steelyard.judging.assessment import Assessment, weigh
from steelyard.judging.compiled.compile import compiled, judging
from steelyard.judging.findings import Finding, Judges
from steelyard.judging.slow.judge import judge_slowly
from steelyard.located_yaml import mark
from steelyard.messages import Title

FACTS = {
    "n": {"type": "integer", "min": 0, "max": 10},
    "m": {"type": "integer", "min": 1, "max": 10},
    "yes": "boolean",
    "out": "boolean",
}
RECORDS = {"rows": {"good": "boolean"}}
GRADES = [
    {"id": "excellent", "at_least": 90},
    {"id": "pass", "at_least": 60},
    {"id": "fail", "at_least": 0},
]
Sections = dict[str, tuple[int, list[dict[str, Any]]]]


def book_of(sections: Sections, extra: list[dict[str, Any]] | None = None, **more: Any) -> RuleBook:
    """Return a book of sections, each with its points and its rules, `a1`, `a2` … in section
    `a`.
    """
    rules = [
        {"id": f"{name}{number}", "section": name, **rule}
        for name, (_, own) in sections.items()
        for number, rule in enumerate(own, 1)
    ]
    rules += [{"id": f"x{number}", **rule} for number, rule in enumerate(extra or [], 1)]
    document = {
        "book": "test/planted",
        "version": "1.0.0",
        "sector": "test",
        "facts": FACTS,
        "records": RECORDS,
        "sections": [{"id": name, "points": points} for name, (points, _) in sections.items()],
        "points": sum(points for points, _ in sections.values()),
        "rules": rules,
        "grades": [{"id": "any", "at_least": 0}],
        **more,
    }
    return parse_book(json.dumps(document), "planted")


def weighed(book: RuleBook, judges: Judges | None = None, /, **said: Any) -> Assessment:
    """Weigh a case by a book; `facts`, `records` and the like are as in a case file."""
    case = {"book": "test/planted", "subject": "s", "period": "2026", **said}
    read = parse_case(mark(case, "case"), book, "case")
    return weigh(book, read, judges) if judges else weigh(book, read)


def ledger(found: Assessment) -> list[tuple[str, str, str, str]]:
    return [(e.step, e.id, found.text(e.low), found.text(e.high)) for e in found.ledger]


def met(points: int, **more: Any) -> dict[str, Any]:
    return {"requires": "yes", "points": points, **more}


def part(points: int, **more: Any) -> dict[str, Any]:
    return {"proportional": "n / m", "points": points, **more}


# The ledger, entry by entry

LEDGERS: dict[str, tuple[Callable[[], RuleBook], dict[str, Any], list[tuple[str, str, str, str]]]] = {
    # a1 10, a2 a third of 10; a3 is out, so 13.33333333 of 20 is 20.00 of 30: 6.67 more. c is
    # out whole, so 20 + 10 of 40 is 37.50 of 50: 7.50 more.
    "what does not apply is shared in its section, and a section in the book": (
        lambda: book_of({
            "a": (30, [met(10), part(10), met(10, not_applicable="out")]),
            "b": (10, [met(10)]),
            "c": (10, [met(10, not_applicable="out")]),
        }),
        {"yes": "yes", "n": "1", "m": "3", "out": "yes"},
        [
            ("item", "a1", "10.00", "10.00"),
            ("item", "a2", "3.33", "3.33"),
            ("item", "a3", "0.00", "0.00"),
            ("item", "b1", "10.00", "10.00"),
            ("item", "c1", "0.00", "0.00"),
            ("redistribution", "a", "6.67", "6.67"),
            ("redistribution", "book", "7.50", "7.50"),
        ],
    ),
    # n is 1 or 2 of 3: three rules of 3.33 to 6.67 are 10.00 to 20.00, printed 9.99 to 20.01.
    "rounding at both ends of a section": (
        lambda: book_of({"a": (30, [part(10), part(10), part(10)])}),
        {"n": "1..2", "m": "3"},
        [
            ("item", "a1", "3.33", "6.67"),
            ("item", "a2", "3.33", "6.67"),
            ("item", "a3", "3.33", "6.67"),
            ("rounding", "a", "0.01", "-0.01"),
        ],
    ),
    # Two sections of 6.67, printed 13.34, are 13.33.
    "rounding of the book": (
        lambda: book_of({"a": (20, [part(20)]), "b": (20, [part(20)])}),
        {"n": "1", "m": "3"},
        [
            ("item", "a1", "6.67", "6.67"),
            ("item", "b1", "6.67", "6.67"),
            ("rounding", "book", "-0.01", "-0.01"),
        ],
    ),
    # a2 may be out. If it is, a1 has all 20 points; if not, a2 earns 2 of 10: [12, 20]. a2 shows
    # 0 at its low end, so the low end gains 2, and the high end 8.
    "what may not apply": (
        lambda: book_of({"a": (20, [met(10), part(10, not_applicable="out")])}),
        {"yes": "yes", "n": "1", "m": "5"},
        [
            ("item", "a1", "10.00", "10.00"),
            ("item", "a2", "0.00", "2.00"),
            ("redistribution", "a", "2.00", "8.00"),
        ],
    ),
    # x1 and x2 are of a group, whose best counts: at the low ends 2 of 2 + 1, at the high ends 6
    # of 6 + 1. With x3, 5 to 9 stand in a pot of at most 4.
    "a group and a ceiling": (
        lambda: book_of(
            {"a": (20, [{"requires": "n >= 10", "points": 20}])},
            [
                {"proportional": "m / 10", "points": 10, "bonus": {"group": "g"}},
                met(1, bonus={"group": "g"}),
                met(3, bonus="true"),
            ],
            bonus=4,
        ),
        {"yes": "yes", "n": "0", "m": "2..6"},
        [
            ("item", "a1", "0.00", "0.00"),
            ("bonus", "x1", "2.00", "6.00"),
            ("bonus", "x2", "1.00", "1.00"),
            ("bonus", "group:g", "-1.00", "-1.00"),
            ("bonus", "x3", "3.00", "3.00"),
            ("bonus", "ceiling", "-1.00", "-5.00"),
        ],
    ),
    # 2 to 6 in a pot of at most 4: nothing is taken from the low end, 2 from the high one.
    "a ceiling reached at one end": (
        lambda: book_of(
            {"a": (20, [{"requires": "n >= 10", "points": 20}])},
            [{"proportional": "m / 10", "points": 10, "bonus": "true"}],
            bonus=4,
        ),
        {"n": "0", "m": "2..6"},
        [
            ("item", "a1", "0.00", "0.00"),
            ("bonus", "x1", "2.00", "6.00"),
            ("bonus", "ceiling", "0.00", "-2.00"),
        ],
    ),
    # 18 and 3 are 21 of 20.
    "no more than all": (
        lambda: book_of({"a": (20, [{"proportional": "m / 10", "points": 20}])}, [met(3, bonus="true")],
                bonus=5),
        {"yes": "yes", "m": "9"},
        [
            ("item", "a1", "18.00", "18.00"),
            ("bonus", "x1", "3.00", "3.00"),
            ("clamp", "book", "-1.00", "-1.00"),
        ],
    ),
    # Only at the high end is there too much: 14 to 18, and 3.
    "no more than all at one end": (
        lambda: book_of({"a": (20, [{"proportional": "m / 10", "points": 20}])}, [met(3, bonus="true")],
                bonus=5),
        {"yes": "yes", "m": "7..9"},
        [
            ("item", "a1", "14.00", "18.00"),
            ("bonus", "x1", "3.00", "3.00"),
            ("clamp", "book", "0.00", "-1.00"),
        ],
    ),
}  # fmt: skip


@pytest.mark.parametrize(("book", "facts", "entries"), LEDGERS.values(), ids=LEDGERS)
def test_the_ledger_entry_by_entry(
    book: Callable[[], RuleBook], facts: dict[str, Any], entries: list[tuple[str, str, str, str]]
) -> None:
    # Made here and not above, so that a fault planted in reading books is met too.
    assert ledger(weighed(book(), facts=facts)) == entries


# What is printed of an assessment


def two(**more: Any) -> RuleBook:
    """Return a book of a rule of 60 points that is met or not, and one of 40 in proportion."""
    return book_of({"a": (60, [met(60)]), "b": (40, [part(40)])}, grades=GRADES, **more)


def test_the_published_form_of_a_case_half_known() -> None:
    # b1 earns 20 of 40; a1 is open. 20 to 80 points; 60 of 100 are open.
    told = weighed(two(), facts={"n": "5", "m": "10"}).to_json()
    assert told["score"] == {"low": "20.00", "high": "80.00", "full": "100.00"}
    assert told["coverage"] == "0.40"
    assert told["grade"] == {"low": "fail", "high": "pass", "settled": False}
    assert (told["veto"], told["not_rated"]) == ("no", "no")
    points = [(one["rule"], one["outcome"], one["points"]) for one in told["findings"]]
    assert points == [
        ("a1", "unknown", {"low": "0.00", "high": "60.00", "full": "60.00"}),
        ("b1", "partial", {"low": "20.00", "high": "20.00", "full": "40.00"}),
    ]


@pytest.mark.parametrize(
    ("facts", "low", "high", "settled"),
    [
        ({"yes": "yes", "n": "10", "m": "10"}, "excellent", "excellent", True),
        ({"yes": "yes", "n": "7", "m": "10"}, "pass", "pass", True),
        ({"yes": "no", "n": "7", "m": "10"}, "fail", "fail", True),
        ({"yes": "yes"}, "pass", "excellent", False),
        ({}, "fail", "excellent", False),
    ],
)
def test_the_grade_by_its_name(
    facts: dict[str, str],
    low: str,
    high: str,
    settled: bool,  # noqa: FBT001
) -> None:
    found = weighed(two(), facts=facts)
    standing = found.standing
    assert (found.grade_id(standing.low), found.grade_id(standing.high)) == (low, high)
    assert found.settled is settled
    assert found.grade_id(-1) == "vetoed"


def test_a_settled_grade_is_open_while_a_veto_is_possible() -> None:
    veto = [{"id": "v", "effect": "veto", "when": "yes"}]
    book = book_of(
        {"a": (100, [{"requires": "n >= 5", "points": 100}])}, limiters=veto, grades=GRADES
    )
    found = weighed(book, facts={"n": "9"})
    assert (found.standing.veto, found.settled) == ("possible", False)
    found = weighed(book, facts={"n": "9", "yes": "no"})
    assert (found.standing.veto, found.settled) == ("no", True)


def test_a_coverage_of_thirds_is_printed_to_four_places() -> None:
    thirds = book_of({"a": (30, [met(10), part(10), {"requires": "out", "points": 10}])})
    told = weighed(thirds, facts={"yes": "yes"}).to_json()
    assert told["coverage"] == "0.3333"
    told = weighed(thirds, facts={"yes": "yes", "n": "1", "m": "3", "out": "no"}).to_json()
    assert told["coverage"] == "1.00"


def test_a_finding_names_the_records_that_count() -> None:
    book = book_of(
        {"a": (10, [{"demerit": {"over": "rows", "when": "good", "each": "4"}, "points": 10}])}
    )
    rows = [{"id": "one", "good": "yes"}, {"id": "two", "good": "no"}, {"id": "three"}]
    (finding,) = weighed(book, records={"rows": rows}).findings
    assert finding.records == ("rows/one", "rows/three")
    assert (str(finding.low), str(finding.high)) == ("2.00", "6.00")


def test_a_published_consequence_names_its_record_where_one_brought_it_about() -> None:
    book = book_of(
        {"a": (10, [met(10)])},
        measures={"warned": {"kind": "sanction"}, "praised": {"kind": "reward"}},
        consequences=[
            {"on": "rows", "when": "good", "falls_on": "subject", "all": ["warned"]},
            {"on": "subject", "when": "yes", "falls_on": "subject", "all": ["praised"]},
        ],
    )
    rows = [{"id": "one", "good": "no"}, {"id": "two", "good": "yes"}]
    told = weighed(book, facts={}, records={"rows": rows}).to_json()["consequences"]
    assert [(one["record"], one["options"], one["certain"]) for one in told] == [
        ("rows/two", [["warned"]], True),
        (None, [["praised"]], False),
    ]
    assert told[0]["falls_on"] == {"kind": "subject", "id": "s"}


def test_what_each_rule_earns_is_carried_with_six_places_more() -> None:
    # b1 earns 1 to 2 of 3 of 40: 13.33333333 to 26.66666667.
    found = weighed(two(), facts={"n": "1..2", "m": "3"})
    assert found.carried == {"a1": (0, 60 * 10**8), "b1": (1333333333, 2666666667)}
    assert found.applies == {"a1": "yes", "b1": "yes"}


def test_whether_a_rule_applies_is_told_in_three_words() -> None:
    book = book_of({"a": (20, [met(10), part(10, not_applicable="out")])})
    for out, answer in (("yes", "no"), ("no", "yes"), ("unknown", "possible")):
        found = weighed(book, facts={"yes": "yes", "n": "1", "m": "5", "out": out})
        assert found.applies == {"a1": "yes", "a2": answer}
    waiver = {"rule": "a2", "authority": "the commission", "until": "2026-12-31"}
    found = weighed(book, facts={"yes": "yes"}, waivers=[waiver])
    assert found.applies == {"a1": "yes", "a2": "no"}
    assert [one.outcome for one in found.verdicts] == ["pass", "waived"]


# What a plugin finds of a judged rule


def judged() -> RuleBook:
    return book_of({"a": (10, [{"judged": "true", "points": 10}])})


@pytest.mark.parametrize(
    ("low", "high", "accepted"),
    [("0", "10", True), ("3", "3", True), ("10", "10", True), ("0", "10.01", False),
     ("-0.01", "5", False), ("5", "4", False)],
)  # fmt: skip
def test_a_judged_finding_stays_within_its_points(low: str, high: str, accepted: bool) -> None:  # noqa: FBT001
    finding = Finding("a1", Decimal(low), Decimal(high))
    if accepted:
        found = weighed(judged(), lambda _rule, _case: finding)
        assert (found.low, found.high) == (Decimal(low), Decimal(high))
    else:
        with pytest.raises(CaseError, match="outside 0 to 10"):
            weighed(judged(), lambda _rule, _case: finding)


def test_a_judged_rule_keeps_the_name_under_which_it_is_judged() -> None:
    # The space around what is written is no part of it.
    book = book_of({"a": (10, [{"judged": " peers ", "points": 10}])})
    assert book.rules["a1"].form.name == "peers"  # type: ignore[attr-defined]
    (finding,) = weighed(book).to_json()["findings"]
    assert "still to be judged by a plugin (`peers`)" in finding["because"]["en"]


def test_a_judged_rule_that_nobody_answers_is_open() -> None:
    found = weighed(judged())
    assert (found.text(found.scored.low), found.text(found.scored.high)) == ("0.00", "10.00")


def test_a_case_of_another_book_is_refused() -> None:
    case = parse_case(
        mark({"book": "test/planted", "subject": "s", "period": "2026"}, "case"), two(), "case"
    )
    other = two(version="2.0.0")
    with pytest.raises(CaseError, match=r"was read for test/planted@1\.0\.0"):
        weigh(other, case)


def test_the_id_is_that_of_the_case_the_book_and_what_was_judged() -> None:
    one = weighed(judged(), lambda _rule, _case: Finding("a1", Decimal(3), Decimal(4)))
    same = weighed(judged(), lambda _rule, _case: Finding("a1", Decimal(3), Decimal(4)))
    other = weighed(judged(), lambda _rule, _case: Finding("a1", Decimal(3), Decimal(5)))
    assert one.id == same.id != other.id


# The range that each step of a program can reach

RANGES = {
    # Carried with eight places: 20 points are 20 x 10**8.
    "earned:a2": Number(8, 0, 20 * 10**8),
    "section:a": Number(8, 0, 30 * 10**8),
    "base": Number(8, 0, 40 * 10**8),
    "pot": Number(8, 0, 5 * 10**8),
    "bonus": Number(8, 0, 4 * 10**8),
    "raised": Number(8, 0, 44 * 10**8),
    "carried": Number(8, 0, 40 * 10**8),
    "score": Number(2, 0, 40 * 10**2),
    "printed:a": Number(2, 0, 30 * 10**2),
    # Places from the lowest grade up; -1 is vetoed.
    "by-points": Number(0, 0, 2),
    "grade": Number(0, -1, 2),
    "coverage": Number(4, 0, 10**4),
}


@pytest.mark.parametrize(("step", "kind"), RANGES.items(), ids=RANGES)
def test_a_step_says_the_range_that_it_can_reach(step: str, kind: Number) -> None:
    book = book_of(
        {"a": (30, [met(10), part(20)]), "b": (10, [met(10)])},
        [met(3, bonus="true"), met(2, bonus="true")],
        bonus=4,
        grades=[{**one, "at_least": cut} for one, cut in zip(GRADES, (36, 24, 0), strict=True)],
    )
    assert program(book).steps[step].type == kind


def test_a_score_is_rounded_by_way_of_six_places() -> None:
    (guard,) = program(two()).steps["score"].arguments  # type: ignore[attr-defined]
    # 100 points with two decimals and four guard places.
    assert guard.type == Number(6, 0, 100 * 10**6)


# k thousand-millionths of 100 points. Six places first, then two: 0.004996 is 0.00, and
# 0.0049995 is 0.005000, so 0.01; five places first would make 0.01 of the one, seven 0.00 of the
# other.
GUARDED = {"49960": "0.00", "49994": "0.00", "49995": "0.01", "50000": "0.01"}


@pytest.mark.parametrize(("k", "score"), GUARDED.items(), ids=GUARDED)
def test_the_guard_places_of_a_score(k: str, score: str) -> None:
    facts = {"k": {"type": "integer", "min": 0, "max": 10**9}}
    book = book_of({"a": (100, [{"proportional": "k / 1000000000", "points": 100}])}, facts=facts)
    found = weighed(book, facts={"k": k})
    assert found.text(found.scored.low) == found.text(found.scored.high) == score
    assert judge_slowly(book, found.case).score.low == Fraction(score)


def test_a_traceback_can_show_the_compiled_text() -> None:
    book = two(version="1.0.1")
    function = judging(book)
    lines = linecache.getlines(function.__code__.co_filename, function.__globals__)
    assert lines[0].startswith("def judge(")
    assert "    # earned:a1\n" in lines
    # A book from the cache brings its code without the text, which is written when it is wanted.
    kept = replace(two(version="1.0.2"), code=marshal.dumps(compiled(two(version="1.0.2"))))
    linecache.cache.clear()
    function = judging(kept)
    linecache.lazycache(function.__code__.co_filename, function.__globals__)
    assert linecache.getlines(function.__code__.co_filename, function.__globals__) == lines


# Conditions that begin with one value of a field that is never missing: the compiled judge sends a
# record straight to those that ask for its value.

ROUTED_FIELDS = {
    "kind": {"type": ["a", "b", "c"], "missing": "refused"},
    "size": {"type": "number", "decimals": 1, "min": 0, "max": 9, "missing": "refused"},
    "grade": {"type": "integer", "min": 0, "max": 9, "missing": "refused"},
    "good": "boolean",
}
ROUTED_ROWS = [
    {"kind": "a", "size": "1", "grade": "1", "good": "yes"},
    {"kind": "a", "size": "2", "grade": "2", "good": "no"},
    {"kind": "b", "size": "1.5", "grade": "1", "good": "yes"},
    {"kind": "c", "size": "2", "grade": "2"},
]
ROUTED = {
    "kind == 'a'": ("2.00", "2.00"),
    "kind == 'a' and good": ("1.00", "1.00"),
    "kind == 'b' and good": ("1.00", "1.00"),
    "kind == 'c' and good": ("0.00", "1.00"),
    "kind == 'a' or good": ("3.00", "4.00"),
    "kind == 'a' and good and size == 1": ("1.00", "1.00"),
    "kind == 'a' and good and size == 2": ("0.00", "0.00"),
    "kind == 'a' and size == 2 and not good": ("1.00", "1.00"),
    "kind != 'a' and good": ("1.00", "2.00"),
    "kind == 'a' and grade == 2": ("1.00", "1.00"),
    "size == 2": ("2.00", "2.00"),
    "size == 1.5": ("1.00", "1.00"),
    "grade == 1": ("2.00", "2.00"),
    "grade == 1 and kind == 'b'": ("1.00", "1.00"),
    "grade == 2 and good": ("0.00", "1.00"),
}


def routed(*conditions: str) -> list[tuple[str, str]]:
    """Return how many records each rule of a book counts, at least and at most."""
    rules = [{"proportional": f"count(rows, {one}) / 10", "points": 10} for one in conditions]
    book = book_of({"a": (10 * len(rules), rules)}, records={"rows": ROUTED_FIELDS})
    found = weighed(book, records={"rows": ROUTED_ROWS})
    return [(found.text(one.low), found.text(one.high)) for one in found.verdicts]


@pytest.mark.parametrize(("condition", "expected"), ROUTED.items(), ids=ROUTED)
def test_a_record_is_counted_by_whoever_asks_for_its_value(
    condition: str, expected: tuple[str, str]
) -> None:
    assert routed(condition) == [expected]


def test_records_are_counted_by_all_who_ask_for_their_values() -> None:
    assert routed(*ROUTED) == list(ROUTED.values())


def test_a_book_that_asks_for_no_points_is_wholly_known() -> None:
    book = book_of(
        {"a": (0, [])}, grades=[{"id": "good", "needs": "yes"}, {"id": "poor"}], points=0
    )
    found = weighed(book, facts={"yes": "yes"})
    assert str(found.coverage) == "1.0000"
    assert found.grade_id(found.standing.low) == "good"


SURVEYED = {
    "counts": ({"positive": 95, "asked": 100}, "5.00"),
    "counts, too few": ({"positive": 80, "asked": 100}, "0.00"),
    "as people write it": ("95/100", "5.00"),
    "nothing": (None, "0.00"),
}


@pytest.mark.parametrize(("said", "score"), SURVEYED.values(), ids=SURVEYED)
def test_a_survey_in_a_bonus_must_be_shown(said: Any, score: str) -> None:
    facts = {**FACTS, "pleased": "survey"}
    bonus = {"requires": "pleased >= 0.9", "points": 5, "bonus": "true"}
    book = book_of(
        {"a": (10, [{"requires": "n > 9", "points": 10}])}, [bonus], facts=facts, bonus=5
    )
    found = weighed(book, facts={"n": "0", **({} if said is None else {"pleased": said})})
    assert found.text(found.scored.low) == found.text(found.scored.high) == score


# What is asked of each person's own records: of none it is undefined and nothing follows, but a
# record whose person is not known may be anybody's.

OF_PERSONS = {
    "one has half of it good": (
        [{"good": "yes", "person": "p-1"}, {"good": "no", "person": "p-1"}],
        [("p-1", True)],
    ),
    "one has nothing": ([{"good": "yes", "person": "p-2"}], [("p-2", True)]),
    "nobody has anything": ([], []),
    "it may be anybody's": (
        [{"good": "yes", "person": "unknown"}],
        [("p-1", False), ("p-2", False), ("unknown", False)],
    ),
    # How many are anybody's own may be 0, which makes the share unknown (design, section 4, 7).
    "it may be anybody's, and is not good": (
        [{"good": "no", "person": "unknown"}],
        [("p-1", False), ("p-2", False), ("unknown", False)],
    ),
    "one has it, and there may be more": (
        [{"good": "no", "person": "p-1"}, {"good": "yes", "person": "unknown"}],
        [("p-1", False), ("p-2", False), ("unknown", False)],
    ),
}


@pytest.mark.parametrize(("rows", "expected"), OF_PERSONS.values(), ids=OF_PERSONS)
def test_a_share_of_each_persons_records(rows: Any, expected: list[tuple[str, bool]]) -> None:
    book = book_of(
        {"a": (10, [met(10)])},
        parties={"person": {}},
        records={"rows": {"good": "boolean", "person": "person"}},
        measures={"warned": {"kind": "sanction"}},
        consequences=[{
            "on": "person", "when": "share(rows, good) >= 0.5", "falls_on": "person",
            "all": ["warned"],
        }],
    )  # fmt: skip
    parties = [{"id": one, "kind": "person"} for one in ("p-1", "p-2")]
    found = weighed(book, parties=parties, records={"rows": rows})
    assert [(one.party, one.certain) for one in found.consequences] == expected


# What a form refuses, and what is just not refused

FORM_FACTS = {
    **FACTS,
    "level": ["A", "B"],
    "pleased": "survey",
    # 10**16 and 10**17 units; times a thousand million records, and 10**12, they have 38 and 39
    # digits.
    "dear": {"type": "number", "decimals": 4, "min": 0, "max": 10**12},
    "too_dear": {"type": "number", "decimals": 5, "min": 0, "max": 10**12},
}
FORM_STAGES = [
    {"id": "begin", "title": "Beginning", "deliverables": [{"id": "plan", "title": "A plan"}]},
]
BAND = {"at_least": 5, "points": 10}
REFUSED_FORMS: dict[str, tuple[dict[str, Any], str]] = {
    "banded without bands": ({"banded": "n", "points": 10}, "`banded` wants `bands`"),
    "bands and points": (
        {"banded": "n", "bands": [BAND], "points": 10},
        "points: bands carry their own points",
    ),
    "a band with two edges": (
        {"banded": "n", "bands": [{**BAND, "above": 5}]},
        "a band has either `at_least` or `above`",
    ),
    "a band with no edge": (
        {"banded": "n", "bands": [BAND, {"points": 3}]},
        "a band has either `at_least` or `above`",
    ),
    "an edge of seven places": (
        {"banded": "n", "bands": [{"at_least": 1.0000001, "points": 10}]},
        "`1.0000001` is larger, or has more decimals, than this number may have",
    ),
    "an edge beyond a million millions": (
        {"banded": "n", "bands": [{"at_least": 10**12 + 1, "points": 10}]},
        "`1000000000001` is larger, or has more decimals, than this number may have",
    ),
    "two bands of one edge": (
        {"banded": "n", "bands": [BAND, {"at_least": 5, "points": 3}]},
        "two bands begin at one threshold",
    ),
    "bands confident of what is no survey": (
        {"banded": "n", "bands": [BAND], "confident": 0.95},
        "`confident` wants a survey compared with a threshold",
    ),
    "a checklist that may be undefined": (
        {"checklist": [{"id": "one", "title": "One"}], "points": 10, "when_undefined": "pass"},
        "when_undefined: does not go with `checklist`",
    ),
    "a demerit over nothing": (
        {"demerit": {"over": "row", "each": "1"}, "points": 10},
        "unknown register `row`; did you mean `rows`?",
    ),
    "a demerit that looks at others": (
        {"demerit": {"over": "rows", "each": "count(rows)"}, "points": 10},
        "looks at other records; a demerit looks at each record alone",
    ),
    "a demerit of what is not there": (
        {"demerit": {"over": "rows", "each": "nonsense"}, "points": 10},
        "unknown name `nonsense`",
    ),
    "a demerit where something is not there": (
        {"demerit": {"over": "rows", "when": "nonsense", "each": "1"}, "points": 10},
        "unknown name `nonsense`",
    ),
    "a demerit of more than 38 digits": (
        {"demerit": {"over": "rows", "each": "too_dear"}, "points": 10},
        "`too_dear` could need more than 38 digits; give its fields a min and a max",
    ),
    "a demerit that gives": (
        {"demerit": {"over": "rows", "each": "n - 1"}, "points": 10},
        "`n - 1` could be less than 0, and nothing is won by a breach",
    ),
    "grades without their points": (
        {"graded": "level", "points": 10},
        "`graded` wants points for each grade",
    ),
    "a grade too few": ({"graded": "level", "points": {"A": 10}}, "says nothing of `B`"),
    "grades of what has none": (
        {"graded": "n", "points": {"A": 10, "B": 0}},
        "`n` is not a fact with listed values",
    ),
    "a grade too many": (
        {"graded": "level", "points": {"A": 10, "B": 5, "C": 0}},
        "`C` is not one of A, B",
    ),
    "points by grade of no grades": (
        {"requires": "yes", "points": {"A": 10}},
        "only `graded` has points by grade",
    ),
    "no points": ({"requires": "yes"}, "has no points"),
    "an unknown stage": ({"stage": "begun", "points": 10}, "unknown stage `begun`"),
    "late for more than all": (
        {"stage": "begin", "points": 10, "late": 1.01},
        "late: `1.01` is not a share between 0 and 1",
    ),
    "late for less than nothing": (
        {"stage": "begin", "points": 10, "late": -0.01},
        "late: `-0.01` is not a share between 0 and 1",
    ),
}


@pytest.mark.parametrize(("rule", "message"), REFUSED_FORMS.values(), ids=REFUSED_FORMS)
def test_what_a_form_refuses(rule: dict[str, Any], message: str) -> None:
    with pytest.raises(BookError) as refused:
        book_of({"a": (10, [rule])}, facts=FORM_FACTS, stages=FORM_STAGES)
    assert message in str(refused.value)


TAKEN_FORMS: dict[str, tuple[dict[str, Any], dict[str, Any], str]] = {
    # A band's edge may have six places, and be a million millions; its upper one wins.
    "an edge of six places": (
        {"banded": "n / m", "bands": [{"at_least": 0.333333, "points": 10}]},
        {"n": "1", "m": "3"},
        "10.00",
    ),
    "the largest edge": (
        {"banded": "n", "bands": [BAND, {"at_least": 10**12, "points": 5}]},
        {"n": "6"},
        "10.00",
    ),
    "on an edge": ({"banded": "n", "bands": [BAND]}, {"n": "5"}, "10.00"),
    "above an edge": (
        {"banded": "n", "bands": [{"above": 5, "points": 10}]}, {"n": "6"}, "10.00",
    ),
    "not above an edge": (
        {"banded": "n", "bands": [{"above": 5, "points": 10}]}, {"n": "5"}, "0.00",
    ),
    # From 5 on 4 points, above 5 all 10: the order in which they are written does not matter.
    "at an edge of two kinds": (
        {"banded": "n", "bands": [{"above": 5, "points": 10}, {"at_least": 5, "points": 4}]},
        {"n": "5"},
        "4.00",
    ),
    "above an edge of two kinds": (
        {"banded": "n", "bands": [{"above": 5, "points": 10}, {"at_least": 5, "points": 4}]},
        {"n": "6"},
        "10.00",
    ),
    "late for nothing at all": (
        {"stage": "begin", "points": 10, "late": 0}, {"plan": "2026-05-01"}, "10.00",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("rule", "facts", "score"), TAKEN_FORMS.values(), ids=TAKEN_FORMS)
def test_what_a_form_just_takes(rule: dict[str, Any], facts: dict[str, Any], score: str) -> None:
    book = book_of({"a": (10, [rule])}, facts=FORM_FACTS, stages=FORM_STAGES)
    found = weighed(book, facts=facts)
    assert found.text(found.scored.low) == found.text(found.scored.high) == score


@pytest.mark.parametrize(("level", "score"), [("low", "2.00"), ("high", "5.00"), (None, "0.00")])
def test_the_lowest_grade_of_a_bonus_earns_what_it_says(level: str | None, score: str) -> None:
    facts = {**FACTS, "level": {"type": ["low", "middle", "high"], "ordered": True}}
    points = {"low": 2, "middle": 3, "high": 5}
    bonus = {"graded": "level", "points": points, "bonus": "true"}
    book = book_of(
        {"a": (10, [{"requires": "n > 9", "points": 10}])}, [bonus], facts=facts, bonus=5
    )
    found = weighed(book, facts={"n": "0", **({"level": level} if level else {})})
    assert found.text(found.scored.low) == found.text(found.scored.high) == score


@pytest.mark.parametrize(("late", "score"), [(0, "5.00"), (0.5, "7.50"), (1, "10.00")])
def test_what_is_done_late_earns_what_late_is_worth(late: float, score: str) -> None:
    window = {"from": "2026-01-01", "to": "2026-03-31"}
    things = [{"id": one, "title": one.title()} for one in ("plan", "report")]
    stage = {"id": "begin", "title": "Beginning", "window": window, "deliverables": things}
    rule = {"stage": "begin", "points": 10, "late": late}
    book = book_of({"a": (10, [rule])}, stages=[stage])
    found = weighed(book, facts={"plan": "2026-03-31", "report": "2026-04-01"})
    assert found.text(found.scored.low) == found.text(found.scored.high) == score
    carried = int(Decimal(score) * 10**8)
    assert found.carried["a1"] == (carried, carried)


def test_a_demerit_of_38_digits_is_taken() -> None:
    rule = {"demerit": {"over": "rows", "each": "dear"}, "points": 10}
    book = book_of({"a": (10, [rule])}, facts=FORM_FACTS)
    records = {"rows": {"complete": "yes", "rows": [{"id": "one"}]}}
    for dear, score in (("0.005", "10.00"), ("2.5", "7.50"), (str(10**12), "0.00")):
        found = weighed(book, facts={"dear": dear}, records=records)
        assert found.text(found.scored.low) == score


def test_expressions_are_read_in_full_width_too() -> None:
    book = book_of({"a": (10, [{"requires": "n \uff1e\uff1d \uff15", "points": 10}])})
    for n, score in (("4", "0.00"), ("5", "10.00")):
        found = weighed(book, facts={"n": n})
        assert found.text(found.scored.low) == score
    rule = {"demerit": {"over": "\uff52\uff4f\uff57\uff53", "each": "1"}, "points": 10}
    assert [one.register for one in [book_of({"a": (10, [rule])}).rules["a1"].form]] == ["rows"]  # type: ignore[attr-defined]


def test_a_title_in_one_language_is_that_of_both() -> None:
    items = [{"id": "one", "title": "One"}, {"id": "two", "title": {"zh": "二", "en": "Two"}}]
    book = book_of({"a": (10, [{"checklist": items, "points": 10}])})
    titles = [item.title for item in book.rules["a1"].form.items]
    assert titles == [Title("One", "One"), Title("二", "Two")]


def test_what_a_plugins_form_is_built_of_says_its_range() -> None:
    context = Lowering("r", 1000, 2, claimed=False, facts={}, stages={})
    two_, three, half = context.number(2), context.number(3), context.number(5, 1)
    assert context.add(two_, three).type == Number(0, 5, 5)
    assert context.add(two_, three, half).type == Number(1, 55, 55)
    assert context.least(two_, three).type == Number(0, 2, 2)
    truth = Literal(type=Boolean(), value=True)
    assert context.choose(truth, two_, three).type == Number(0, 2, 3)
    # 10.00 points carried with six places more.
    assert context.portion(half).type == Number(8, 0, 10 * 10**8)
    assert context.points(1000).value == 10 * 10**8


@pytest.mark.parametrize(("k", "outcome"), [("9999999999", "partial"), ("10000000000", "pass")])
def test_a_rate_that_is_not_quite_whole_does_not_pass(k: str, outcome: str) -> None:
    # 0.9999999999 of a point is 1.00000000 with eight places.
    facts = {"k": {"type": "integer", "min": 0, "max": 10**10}}
    book = book_of({"a": (1, [{"proportional": "k / 10000000000", "points": 1}])}, facts=facts)
    (verdict,) = weighed(book, facts={"k": k}).verdicts
    assert (verdict.low, verdict.high, verdict.outcome) == (100, 100, outcome)


@pytest.mark.parametrize(("weight", "taken"), [(0, False), (1, True), (1000, True), (1001, False)])
def test_an_item_weighs_from_1_to_1000(weight: int, taken: bool) -> None:  # noqa: FBT001
    rule = {"checklist": [{"id": "one", "title": "One", "weight": weight}], "points": 10}
    if taken:
        assert book_of({"a": (10, [rule])}).rules["a1"].form.items[0].weight == weight
    else:
        with pytest.raises(BookError, match="weight"):
            book_of({"a": (10, [rule])})


# Of the first there is a value, of the second and third none, and of the fourth nobody knows.
GIVEN = {
    "an option": (["a", "b"], "b"),
    "a number": ({"type": "integer", "min": 0, "max": 9}, "0"),
    "a day": ("date", "2026-03-01"),
    "a person": ("person", "p-1"),
}


@pytest.mark.parametrize(("kind", "value"), GIVEN.values(), ids=GIVEN)
def test_whether_there_is_a_value_that_may_be_none(kind: Any, value: str) -> None:
    typed = kind if isinstance(kind, dict) else {"type": kind}
    rules = [
        {"proportional": f"count(rows, {one}) / 10", "points": 10}
        for one in ("given(x)", "not given(x)")
    ]
    book = book_of(
        {"a": (20, rules)}, parties={"person": {}}, records={"rows": {"x": {**typed, "missing": "none"}}}
    )  # fmt: skip
    rows = [{"x": value}, {"x": "none"}, {}, {"x": "unknown"}]
    found = weighed(book, parties=[{"id": "p-1", "kind": "person"}], records={"rows": rows})
    ends = [(found.text(one.low), found.text(one.high)) for one in found.verdicts]
    assert ends == [("1.00", "2.00"), ("2.00", "3.00")]


def test_whether_there_is_a_value_does_not_hang_on_a_division_by_zero() -> None:
    number = {"type": "integer", "min": 0, "max": 9}
    fields = {
        "x": {**number, "missing": "none"}, "y": number, "rate": {"is": "y / x"},
    }  # fmt: skip
    book = book_of(
        {"a": (10, [{"requires": "any(rows, given(rate))", "points": 10}])},
        records={"rows": fields},
    )
    # A rate by 0 is not settled, so open; but the rule is not undefined, for which it would not
    # apply.
    for x, outcome in (("0", "unknown"), ("2", "pass"), ("none", "fail")):
        (verdict,) = weighed(book, records={"rows": [{"y": "1", "x": x}]}).verdicts
        assert verdict.outcome == outcome


def test_whether_there_is_a_truth_hangs_on_whether_there_is_a_party() -> None:
    # p-1's is known; of p-2's nobody knows, but there is one; the third has no person.
    rule = {"proportional": "count(rows, given(who.active)) / 10", "points": 10}
    book = book_of(
        {"a": (10, [rule])},
        parties={"person": {"active": "boolean"}},
        records={"rows": {"who": {"type": "person", "missing": "none"}}},
    )
    parties = [
        {"id": "p-1", "kind": "person", "active": "no"},
        {"id": "p-2", "kind": "person"},
    ]
    for people, ends in (
        (["p-1", "none"], ("1.00", "1.00")),
        (["p-2", "none"], ("0.00", "1.00")),
        (["p-1", "p-2", "none"], ("1.00", "2.00")),
    ):
        found = weighed(book, parties=parties, records={"rows": [{"who": one} for one in people]})
        (verdict,) = found.verdicts
        assert (found.text(verdict.low), found.text(verdict.high)) == ends


# Of 100 points a weight of 1 in 1000 is 0.10, which is carried as 10000000: 0.99999996 of it as
# 9999999.6, so all of it, and 0.00000004 of it as 0.4, so none.
@pytest.mark.parametrize(
    ("k", "carried", "outcome"),
    [
        ("100000000", 10_000_000, "pass"),
        ("99999996", 10_000_000, "partial"),
        ("4", 0, "partial"),
        ("0", 0, "fail"),
    ],
)
def test_what_a_weight_rounds_away_is_still_told(k: str, carried: int, outcome: str) -> None:
    rules = [
        {"proportional": "k / 100000000", "weight": 1},
        {"requires": "yes", "weight": 999},
    ]
    facts = {**FACTS, "k": {"type": "integer", "min": 0, "max": 10**8}}
    found = weighed(book_of({"a": (100, rules)}, facts=facts), facts={"k": k, "yes": "yes"})
    assert found.carried["a1"] == (carried, carried)
    assert found.verdicts[0].outcome == outcome


# Of a record's person, that person's department: a division by its known 0 leaves the rule
# undefined, so that it does not apply; by what is not known it leaves it open.
OF_DEPARTMENTS: dict[str, tuple[dict[str, str], dict[str, str], str]] = {
    "known": ({"department": "d"}, {"size": "5"}, "pass"),
    "too many": ({"department": "d"}, {"size": "6"}, "fail"),
    "known to be 0": ({"department": "d"}, {"size": "0"}, "not_applicable"),
    "of a size that nobody knows": ({"department": "d"}, {}, "unknown"),
    "of a department that nobody knows": ({}, {"size": "0"}, "unknown"),
}


@pytest.mark.parametrize(
    ("person", "department", "outcome"), OF_DEPARTMENTS.values(), ids=OF_DEPARTMENTS
)
def test_a_division_by_what_is_two_steps_away(
    person: dict[str, str], department: dict[str, str], outcome: str
) -> None:
    size = {"type": "integer", "min": 0, "max": 9}
    book = book_of(
        {"a": (10, [{"requires": "any(rows, 5 / who.department.size >= 1)", "points": 10}])},
        parties={"department": {"size": size}, "person": {"department": "department"}},
        records={"rows": {"who": "person"}},
    )
    parties = [
        {"id": "d", "kind": "department", **department},
        {"id": "p", "kind": "person", **person},
    ]
    (verdict,) = weighed(book, parties=parties, records={"rows": [{"who": "p"}]}).verdicts
    assert verdict.outcome == outcome


# The same of each person: what is undefined brings about nothing, what is open may.
FOLLOWING = {
    "known": ({"department": "d"}, {"size": "5"}, [("p", True)]),
    "too many": ({"department": "d"}, {"size": "6"}, []),
    "known to be 0": ({"department": "d"}, {"size": "0"}, []),
    "of a size that nobody knows": ({"department": "d"}, {}, [("p", False)]),
    "of a department that nobody knows": ({}, {"size": "0"}, [("p", False)]),
}


@pytest.mark.parametrize(("person", "department", "found"), FOLLOWING.values(), ids=FOLLOWING)
def test_what_follows_from_what_is_two_steps_away(
    person: dict[str, str], department: dict[str, str], found: list[tuple[str, bool]]
) -> None:
    size = {"type": "integer", "min": 0, "max": 9}
    book = book_of(
        {"a": (10, [met(10)])},
        parties={"department": {"size": size}, "person": {"department": "department"}},
        measures={"warned": {"kind": "sanction"}},
        consequences=[{
            "on": "person", "when": "5 / person.department.size >= 1", "falls_on": "person",
            "all": ["warned"],
        }],
    )  # fmt: skip
    parties = [
        {"id": "d", "kind": "department", **department},
        {"id": "p", "kind": "person", **person},
    ]
    told = weighed(book, parties=parties).consequences
    assert [(one.party, one.certain) for one in told] == found


# What is worked out of the case as a whole, asked of each person: n / k with n 5.
AROUND = {
    "known": ({"k": "5"}, [("p", True)]),
    "too many": ({"k": "6"}, []),
    "known to be 0": ({"k": "0"}, []),
    "not known": ({}, [("p", False)]),
}


@pytest.mark.parametrize(("facts", "found"), AROUND.values(), ids=AROUND)
def test_what_follows_for_a_person_from_what_the_case_shows(
    facts: dict[str, str], found: list[tuple[str, bool]]
) -> None:
    book = book_of(
        {"a": (10, [met(10)])},
        facts={**FACTS, "k": {"type": "integer", "min": 0, "max": 9}, "rate": {"is": "n / k"}},
        parties={"person": {}},
        measures={"warned": {"kind": "sanction"}},
        consequences=[
            {"on": "person", "when": "rate >= 1", "falls_on": "person", "all": ["warned"]}
        ],
    )
    people = [{"id": "p", "kind": "person"}]
    told = weighed(book, facts={"n": "5", **facts}, parties=people).consequences
    assert [(one.party, one.certain) for one in told] == found


def test_what_a_demerit_leaves_says_its_range() -> None:
    # 10.00 points, less up to a thousand million times 3, in units of eight places.
    losing = {"demerit": {"over": "rows", "when": "good", "each": 3}, "points": 10}
    kept = book_of({"a": (10, [losing])}).rules["a1"].lowered.points
    assert kept.type == Number(8, 0, 10 * 10**8)
    left, _ = kept.arguments  # type: ignore[attr-defined]
    assert left.type == Number(8, 10 * 10**8 - 3 * 10**9 * 10**8, 10 * 10**8)


# Of 30 points a share of 1/2 at weight 1 beside a whole one at weight 2: 30 * 2.5 / 3.
OWN_SCALES: dict[str, dict[str, Any]] = {
    "graded": {"graded": "level", "points": {"A": 4, "B": 2}},
    "banded": {
        "banded": "n",
        "bands": [{"at_least": 5, "points": 6}, {"at_least": 1, "points": 3}],
    },
    "a demerit": {"demerit": {"over": "rows", "when": "good", "each": 4}, "points": 8},
}


@pytest.mark.parametrize("rule", OWN_SCALES.values(), ids=OWN_SCALES)
def test_what_has_a_scale_of_its_own_is_weighed_by_its_share(rule: dict[str, Any]) -> None:
    levels = {"level": {"type": ["A", "B"]}}
    book = book_of({"a": (30, [{**rule, "weight": 1}, {"requires": "yes", "weight": 2}])},
                   facts={**FACTS, **levels})  # fmt: skip
    found = weighed(
        book,
        facts={"level": "B", "n": "2", "yes": "yes"},
        records={"rows": [{"good": "yes"}, {"good": "no"}]},
    )
    assert found.text(found.scored.low) == found.text(found.scored.high) == "25.00"


CITED: dict[str, tuple[Any, tuple[str, ...]]] = {
    "alone": ("H1.2", ("H1.2",)),
    "in a list": (["H1.2", "H1.4"], ("H1.2", "H1.4")),
    "blanks around it": (" H1.2 ", ("H1.2",)),
    "a run": (["H1.2..H1.4"], ("H1.2", "H1.3", "H1.4")),
}


@pytest.mark.parametrize(("cites", "expected"), CITED.values(), ids=CITED)
def test_a_clause_is_cited_alone_or_in_a_list(cites: Any, expected: tuple[str, ...]) -> None:
    book = book_of({"a": (10, [met(10, cites=cites)])})
    assert book.rules["a1"].cites == expected


# Whether a record counts may hang on what is worked out of the case: with n = 5 only a size above
# 10 counts, with n = 1 one above 2. Of nothing a share is undefined, so that the rule does not
# apply; nor is anything asked of a record that surely does not count.
WORKED_OUT = {
    "it counts": ("1", {"size": "3", "good": "yes"}, "pass"),
    "it counts, and is open": ("1", {"size": "3"}, "unknown"),
    "it does not count": ("5", {"size": "3", "good": "yes"}, "not_applicable"),
    "it does not count, and is open": ("5", {"size": "3"}, "not_applicable"),
}


@pytest.mark.parametrize(("n", "row", "outcome"), WORKED_OUT.values(), ids=WORKED_OUT)
def test_whether_a_record_counts_by_what_is_worked_out(
    n: str, row: dict[str, str], outcome: str
) -> None:
    book = book_of(
        {"a": (10, [{"requires": "share(rows, good, size > limit) >= 0.5", "points": 10}])},
        facts={**FACTS, "limit": {"is": "n * 2"}},
        records={"rows": {"good": "boolean", "size": {"type": "integer", "min": 0, "max": 99}}},
    )
    (verdict,) = weighed(book, facts={"n": n}, records={"rows": [row]}).verdicts
    assert verdict.outcome == outcome


# What is asked of a person may look at several registers, and inside at the person.
def follow_of_persons(when: str, **records: Any) -> list[tuple[str, bool]]:
    size = {"type": "integer", "min": 0, "max": 9}
    fields = {"who": "person", "size": size}
    book = book_of(
        {"a": (10, [met(10)])},
        parties={"person": {"limit": size}},
        records={"rows": fields, "others": fields},
        measures={"warned": {"kind": "sanction"}},
        consequences=[
            {"on": "person", "when": when, "falls_on": "person", "all": ["warned"]}
        ],
    )  # fmt: skip
    people = [
        {"id": "p-1", "kind": "person", "limit": "3"},
        {"id": "p-2", "kind": "person", "limit": "5"},
    ]
    none: dict[str, Any] = {"rows": [], "others": []}
    found = weighed(book, parties=people, records={**none, **records}).consequences
    return [(one.party, one.certain) for one in found]


@pytest.mark.parametrize("register", ["rows", "others"])
def test_a_record_of_one_register_may_be_anybodys(register: str) -> None:
    when = "count(rows) + count(others) >= 1"
    anybodys = {register: [{"who": "unknown", "size": "1"}]}
    assert follow_of_persons(when, **anybodys) == [
        ("p-1", False),
        ("p-2", False),
        ("unknown", False),
    ]


def test_each_persons_records_are_held_against_that_person() -> None:
    rows = [{"who": one, "size": "4"} for one in ("p-1", "p-2")]
    assert follow_of_persons("count(rows, size > person.limit) >= 1", rows=rows) == [("p-1", True)]
