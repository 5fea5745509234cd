"""Proofs of rule books: each kind of fault is refuted by a case that shows it, and what is right is
proved.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, ClassVar

import pytest

pytest.importorskip("z3", reason="proofs want z3 (steelyard[verify])")

from steelyard.book.library import Library
from steelyard.book.model import RuleBook
from steelyard.book.reading.load import parse_book
from steelyard.case.reading.read import parse_case
from steelyard.errors import BookError
from steelyard.expression.tree import Node
from steelyard.forms.form import Form
from steelyard.judging.assessment import Assessment, weigh
from steelyard.located_yaml import mark
from steelyard.messages import Title
from steelyard.plugins.installed import load_plugins
from steelyard.verify.proof import verify
from steelyard.verify.verdict import Verdict

GRADES = [
    {"id": "good", "at_least": 80},
    {"id": "fair", "at_least": 50},
    {"id": "poor", "at_least": 0},
]


def book(**parts: Any) -> RuleBook:
    """Return a book of one section whose rules share its hundred points."""
    document: dict[str, Any] = {
        "book": "test/proofs",
        "version": "1.0.0",
        "sector": "test",
        "sections": [{"id": "all", "points": 100}],
        "grades": GRADES,
        **parts,
    }
    document["rules"] = [{"section": "all", **rule} for rule in document["rules"]]
    return parse_book(json.dumps(document), "book")


def verdicts(found: RuleBook, **wanted: str) -> list[Verdict]:
    """Return the verdicts on a book of which all that is wanted is so."""
    return [
        one
        for one in verify(found, 5.0)
        if all(getattr(one, key) == value for key, value in wanted.items())
    ]


def only(found: RuleBook, check: str, about: str) -> Verdict:
    """Return the one verdict of a check, the refuted one where there are several."""
    some = verdicts(found, check=check, about=about)
    bad = [one for one in some if one.state != "proved"]
    assert some, (check, about)
    return (bad or some)[0]


def judged(found: RuleBook, case: Mapping[str, Any]) -> Assessment:
    return weigh(found, parse_case(mark(dict(case), "case"), found, "case"))


def outcome(found: RuleBook, case: Mapping[str, Any], rule: str) -> tuple[str, int]:
    one = next(v for v in judged(found, case).verdicts if v.rule == rule)
    return one.outcome, one.low


SHARES = {"type": "number", "min": 0, "max": 1, "decimals": 2}
BREACHES = {
    "breaches": {
        "person": {"type": "person", "missing": "none"},
        "verified": "boolean",
        "severity": {"type": ["minor", "grave"], "ordered": True},
        "corrected": "boolean",
    }
}
PERSON = {"person": {"role": ["leader", "other"]}}
MEASURES = {
    "warning": {"kind": "sanction"},
    "praise": {"kind": "reward", "excludes": ["warning"]},
}
WARNED = {"on": "breaches", "when": "verified", "falls_on": "subject", "all": ["warning"]}


def demerits(*rows: dict[str, Any], **parts: Any) -> RuleBook:
    """Return a book in which verified breaches cost points, with rows of consequences."""
    rule = {
        "id": "breaches",
        "demerit": {"over": "breaches", "when": "verified", "each": 10},
        "points": 100,
    }
    return book(
        parties=PERSON,
        records=BREACHES,
        measures=MEASURES,
        rules=[rule],
        consequences=list(rows),
        **parts,
    )


def rate(text: str, **more: Any) -> RuleBook:
    return book(
        facts={
            "rate": {**SHARES, "better": "higher"},
            "b": {"type": "integer", "min": 0, "max": 9},
        },
        rules=[{"id": "one", "points": 100, **more, "proportional": text}],
    )


def requires(text: str, **facts: Any) -> RuleBook:
    return book(
        facts={"rate": {**SHARES, "better": "higher"}, **facts},
        rules=[{"id": "one", "points": 100, "requires": text}],
    )


def banded(*bands: tuple[str, str], better: str = "higher") -> RuleBook:
    return book(
        facts={"rate": {**SHARES, "better": better}},
        rules=[
            {
                "id": "one",
                "banded": "rate",
                "bands": [{"at_least": edge, "points": points} for edge, points in bands],
            }
        ],
    )


def limited(when: str, **effect: Any) -> RuleBook:
    return book(
        facts={"rate": SHARES},
        rules=[{"id": "one", "points": 100, "requires": "rate >= 0.9"}],
        limiters=[{"id": "stop", "when": when, "effect": effect or {"veto": True}}],
    )


FAULTS: dict[str, tuple[RuleBook, str, str]] = {
    "a rule that nobody passes": (requires("rate > 1"), "can-pass", "one"),
    "a rule that nobody misses": (requires("rate >= 0"), "can-fail", "one"),
    "a rule that is missed and never failed": (rate("0.2 + rate * 0.8"), "can-fail", "one"),
    "a band out of reach": (banded(("0.5", "50"), ("1.5", "100")), "choice", "one"),
    "a condition that always holds": (requires("rate >= 0.5 and rate <= 1"), "fails", "one"),
    "a row that never fires": (
        demerits({**WARNED, "when": "verified and not verified"}),
        "follows",
        "consequence:1",
    ),
    "a measure that nothing imposes": (demerits(WARNED), "imposed", "praise"),
    "bands that go down and up": (
        banded(("0.2", "60"), ("0.5", "40"), ("0.8", "100")),
        "bands",
        "one",
    ),
    "bands against what is better": (banded(("0", "100"), ("0.5", "0")), "better", "one"),
    "a costly row without a sanction": (
        demerits({**WARNED, "when": "verified and severity == 'grave'"}),
        "sanctioned",
        "breaches",
    ),
    "a costly row that falls on nobody": (
        demerits({**WARNED, "falls_on": "person"}),
        "sanctioned",
        "breaches",
    ),
    "a severity that leads nowhere": (
        demerits({**WARNED, "when": "verified and severity == 'grave'"}),
        "leads",
        "breaches.severity",
    ),
    "a severity that costs nothing": (
        book(
            parties=PERSON,
            records=BREACHES,
            rules=[
                {
                    "id": "breaches",
                    "points": 100,
                    "demerit": {"over": "breaches", "each": "10 if severity == 'grave' else 0"},
                }
            ],
        ),
        "leads",
        "breaches.severity",
    ),
    "a kind of party that leads nowhere": (
        book(
            parties={**PERSON, "office": {}},
            records={"breaches": {**BREACHES["breaches"], "office": {"type": "office"}}},
            measures=MEASURES,
            rules=[
                {
                    "id": "breaches",
                    "demerit": {"over": "breaches", "when": "verified", "each": 10},
                    "points": 100,
                }
            ],
            consequences=[{**WARNED, "falls_on": "person"}],
        ),
        "leads",
        "office",
    ),
    "a day that never comes": (
        requires("rate >= 0.5 or days(period_start, as_of) > 400"),
        "holds",
        "one",
    ),
    "a day that is always past": (
        requires("rate >= 0.5 and days(period_start, as_of) >= 0"),
        "fails",
        "one",
    ),
    "measures that exclude one another": (
        demerits(WARNED, {**WARNED, "all": ["praise"], "when": "verified and corrected"}),
        "excludes",
        "consequence:1",
    ),
    "a formula that turns a rate round": (rate("1 - rate"), "better", "one"),
    "a comparison turned round": (requires("rate <= 0.4"), "better", "one"),
    "a division by what may be zero": (rate("rate / b"), "division", "one"),
    "a veto that nobody avoids": (limited("rate >= 0 or rate < 0.5"), "avoided", "limiter:stop"),
    "a veto that never fires": (limited("rate > 1"), "bites", "limiter:stop"),
    "a limiter that takes full marks away": (limited("rate >= 0.9"), "full", "one"),
    "rules that nobody passes together": (
        book(
            facts={"rate": SHARES},
            rules=[
                {"id": "one", "points": 60, "requires": "rate >= 0.9"},
                {"id": "two", "points": 40, "requires": "rate < 0.9"},
            ],
        ),
        "full",
        "one",
    ),
    "a breach that helps a share": (
        book(
            parties=PERSON,
            records=BREACHES,
            rules=[
                {
                    "id": "breaches",
                    "demerit": {"over": "breaches", "when": "verified", "each": 10},
                    "points": 60,
                },
                {"id": "two", "points": 40, "proportional": "share(breaches, corrected)"},
            ],
        ),
        "one-more",
        "breaches",
    ),
    "looking at nothing that pays": (
        book(
            parties=PERSON,
            records=BREACHES,
            rules=[
                {
                    "id": "one",
                    "points": 100,
                    "when_undefined": "pass",
                    "proportional": "share(breaches, corrected) * 0.5",
                }
            ],
        ),
        "nothing",
        "one",
    ),
}


@dataclass(frozen=True)
class Elsewhere(Form):
    """A form that nobody knows, with the tree of another."""

    known: Form
    title: ClassVar[Title] = Title("别处", "elsewhere")

    def expressions(self) -> Iterator[tuple[Node, str | None]]:
        return self.known.expressions()


OF_FORMS = {
    name: fault
    for name, fault in FAULTS.items()
    if fault[1] in {"bands", "implied", "leads", "one-more", "sanctioned"}
}
"""Faults of bands, of conditions, and of records that cost points."""


@pytest.mark.parametrize(("found", "check", "about"), OF_FORMS.values(), ids=OF_FORMS)
def test_a_fault_is_found_in_a_form_that_nobody_knows(
    found: RuleBook, check: str, about: str
) -> None:
    rules = {name: replace(rule, form=Elsewhere(rule.form)) for name, rule in found.rules.items()}
    assert only(replace(found, rules=rules), check, about).state == "refuted"


@pytest.mark.parametrize(("found", "check", "about"), FAULTS.values(), ids=FAULTS)
def test_a_fault_is_refuted(found: RuleBook, check: str, about: str) -> None:
    verdict = only(found, check, about)
    assert verdict.state == "refuted", verdict
    for case in verdict.cases:
        judged(found, case)


RIGHT: dict[str, tuple[RuleBook, str, str]] = {
    "a rule of a threshold": (requires("rate >= 0.9"), "can-pass", "one"),
    "a rate": (rate("rate"), "better", "one"),
    "a day that is still to come, and one that is past": (
        requires("rate >= 0.5 or as_of < months_after(period_start, 3)"),
        "holds",
        "one",
    ),
    "what is asked only in the first months": (
        requires("rate >= 0.5 or rate >= 0.3 and as_of < months_after(period_start, 3)"),
        "holds",
        "one",
    ),
    "a kind of party on whom a consequence falls": (
        demerits({**WARNED, "falls_on": "person"}),
        "leads",
        "person",
    ),
    "bands that begin above nothing": (
        banded(("0", "20"), ("0.5", "60"), ("0.8", "100")),
        "can-fail",
        "one",
    ),
    "a rate of a rate": (rate("min(1, rate * 2)"), "better", "one"),
    "bands upward": (banded(("0.2", "40"), ("0.5", "100")), "better", "one"),
    "bands downward where lower is better": (
        banded(("0", "100"), ("0.5", "0"), better="lower"),
        "better",
        "one",
    ),
    "every costly row is punished": (demerits(WARNED), "sanctioned", "breaches"),
    "one more breach": (demerits(WARNED), "one-more", "breaches"),
    "a division that is spoken of": (rate("min(1, rate / max(b, 1))"), "can-pass", "one"),
    "full marks": (requires("rate >= 0.9"), "full", "score"),
    "a veto": (limited("rate < 0.5"), "bites", "limiter:stop"),
}


@pytest.mark.parametrize(("found", "check", "about"), RIGHT.values(), ids=RIGHT)
def test_what_is_right_is_proved(found: RuleBook, check: str, about: str) -> None:
    assert only(found, check, about).state == "proved"


def test_a_counter_example_shows_the_fault() -> None:
    """Two cases: the better rate in the second, and fewer points."""
    found = rate("1 - rate")
    before, after = only(found, "better", "one").cases
    assert float(before["facts"]["rate"]) < float(after["facts"]["rate"])
    assert outcome(found, before, "one")[1] > outcome(found, after, "one")[1]


def test_a_counter_example_is_small() -> None:
    """One breach on nobody is enough to show that no sanction meets it."""
    found = demerits({**WARNED, "falls_on": "person"})
    (case,) = only(found, "sanctioned", "breaches").cases
    (row,) = case["records"]["breaches"]
    assert (row["verified"], row["person"]) == ("true", "none")
    assert judged(found, case).consequences == ()


def test_a_counter_example_is_small_where_a_day_is_asked() -> None:
    """The least figures by which m - 2n - 3 is nothing are m = 3 and n = 0."""
    count = {"type": "integer", "min": 0, "max": 1000000}
    text = "min(n / (m - 2 * n - 3), 1) if done_on <= as_of else 0"
    found = book(
        facts={"done_on": {"type": "date"}, "n": count, "m": count},
        rules=[{"id": "one", "points": 100, "proportional": text}],
    )
    (case,) = only(found, "division", "one").cases
    assert (case["facts"]["n"], case["facts"]["m"]) == ("0", "3")


@pytest.mark.parametrize(
    "row",
    [
        pytest.param({"on": "team", "when": "any(breaches, verified)"}, id="of a party"),
        pytest.param({"on": "breaches", "when": "verified"}, id="of the party of a record"),
    ],
)
def test_a_consequence_for_members_can_follow(row: dict[str, Any]) -> None:
    found = book(
        parties={"team": {}, "person": {"team": {"type": "team", "missing": "none"}}},
        records={"breaches": {"team": {"type": "team", "missing": "none"}, "verified": "boolean"}},
        measures=MEASURES,
        rules=[
            {
                "id": "breaches",
                "demerit": {"over": "breaches", "when": "verified", "each": 10},
                "points": 100,
            }
        ],
        consequences=[{**row, "falls_on": "team.members", "all": ["warning"]}],
    )
    assert only(found, "follows", "consequence:1").state == "proved"


def test_a_long_register_is_covered() -> None:
    """Twenty records at least show a share between 95 % and all: no bound is put on their number."""
    found = book(
        parties=PERSON,
        records=BREACHES,
        rules=[
            {
                "id": "one",
                "points": 100,
                "requires": "share(breaches, corrected) > 0.95 and share(breaches, corrected) < 1",
            }
        ],
    )
    assert only(found, "can-pass", "one").state == "proved"


def test_an_exception_is_told_with_its_reason_and_a_needless_one_is_remarked() -> None:
    said = [
        {
            "check": "better",
            "about": "one",
            "beside": "rate",
            "where": "rate >= 0",
            "reason": "the scheme says so",
        },
        {"check": "can-pass", "about": "one", "reason": "no longer"},
    ]
    found = book(
        facts={"rate": {**SHARES, "better": "higher"}},
        rules=[{"id": "one", "points": 100, "proportional": "1 - rate"}],
        exceptions=said,
    )
    assert only(found, "better", "one").state == "excepted"
    (needless,) = verdicts(found, check="exceptions")
    assert needless.state == "remarked"
    assert "can-pass" in needless.claim.text()


def breached(*rows: dict[str, Any], **said: Any) -> RuleBook:
    """Return a book in which breaches cost points, with an exception for those of nobody."""
    words = {"check": "sanctioned", "about": "breaches", "reason": "for the body above", **said}
    return demerits(*rows, exceptions=[words])


ON_PERSONS = {**WARNED, "falls_on": "person"}
GRAVE_ON_PERSONS = {**ON_PERSONS, "when": "verified and severity == 'grave'"}
STATES: dict[str, tuple[RuleBook, str]] = {
    "what is meant": (breached(ON_PERSONS, where="not given(person)"), "excepted"),
    "a second fault of the same check and register": (
        breached(GRAVE_ON_PERSONS, where="not given(person)"),
        "refuted",
    ),
    "an exception that says no where": (breached(ON_PERSONS), "refuted"),
    "one that means too little": (
        breached(ON_PERSONS, where="not given(person) and severity == 'minor'"),
        "refuted",
    ),
}


@pytest.mark.parametrize(("found", "state"), STATES.values(), ids=STATES)
def test_an_exception_excepts_what_it_says_and_no_second_fault(found: RuleBook, state: str) -> None:
    assert [one.state for one in verdicts(found, check="sanctioned")] == [state]


def test_a_second_fault_shows_a_case_beyond_the_exception() -> None:
    found, _ = STATES["a second fault of the same check and register"]
    (verdict,) = verdicts(found, check="sanctioned")
    ((row,),) = [case["records"]["breaches"] for case in verdict.cases]
    assert row["person"] != "none"
    assert row["severity"] == "minor"


RIGHTED, GRAVE = "share(breaches, corrected)", "share(breaches, severity == 'grave')"
EITHER = "share(breaches, corrected or severity == 'grave')"


def shared(*helped: str, beside: str = "two") -> RuleBook:
    """Return a book in which breaches cost points and some of them earn some, with an exception for
    those put right.
    """
    rules: list[dict[str, Any]] = [
        {
            "id": "breaches",
            "demerit": {"over": "breaches", "when": "verified", "each": 10},
            "points": 40,
        }
    ]
    for name, text in zip(("two", "three"), helped, strict=True):
        rules.append({"id": name, "points": 30, "proportional": text})
    meant = {"check": "one-more", "about": "breaches", "beside": beside, "where": "corrected"}
    return book(
        parties=PERSON,
        records=BREACHES,
        rules=rules,
        exceptions=[{**meant, "reason": "put right"}],
    )


HELPED: dict[str, tuple[RuleBook, dict[str, str]]] = {
    "the rule that is meant, and another": (
        shared(RIGHTED, GRAVE),
        {"two": "excepted", "three": "refuted"},
    ),
    "the other is meant": (
        shared(GRAVE, RIGHTED, beside="three"),
        {"two": "refuted", "three": "excepted"},
    ),
    "the rule that is meant, by other rows too": (
        shared(EITHER, RIGHTED),
        {"two": "refuted", "three": "refuted"},
    ),
}


@pytest.mark.parametrize(("found", "states"), HELPED.values(), ids=HELPED)
def test_one_more_row_is_excepted_of_one_rule_where_it_is_meant(
    found: RuleBook, states: dict[str, str]
) -> None:
    assert {one.beside: one.state for one in verdicts(found, check="one-more")} == states


@pytest.mark.parametrize(
    ("text", "states"),
    [
        ("fixed / found", {"fixed / found": "excepted"}),
        ("min(fixed / found, 1 / held)", {"fixed / found": "excepted", "1 / held": "refuted"}),
    ],
    ids=["what is meant", "another division of the same rule"],
)
def test_a_division_is_excepted_by_its_own_text(text: str, states: dict[str, str]) -> None:
    meant = {"check": "division", "about": "one", "beside": "fixed / found", "where": "found == 0"}
    found = book(
        facts={
            "found": {"type": "integer", "min": 0, "max": 9},
            "fixed": {"type": "integer", "min": 0, "max": "found"},
            "held": {"type": "integer", "min": 0, "max": 9},
        },
        rules=[{"id": "one", "points": 100, "proportional": text}],
        exceptions=[{**meant, "reason": "nothing was found"}],
    )
    assert {one.beside: one.state for one in verdicts(found, check="division")} == states


def test_where_goes_with_what_is_asked_of_records_or_cases() -> None:
    meant = {"check": "can-pass", "about": "one", "where": "rate > 0", "reason": "so it is"}
    with pytest.raises(BookError, match="`where` goes with one of"):
        book(
            facts={"rate": SHARES},
            rules=[{"id": "one", "points": 100, "requires": "rate >= 0.9"}],
            exceptions=[meant],
        )


def installed() -> list[str]:
    wanted = ["hospital/base", "school/base", "agency/tourism-bureau"]
    if os.environ.get("STEELYARD_PROOFS") == "all":
        wanted = [one.key for one in Library(load_plugins().sources).sources]
    return wanted


@pytest.mark.parametrize("name", installed())
def test_nothing_is_refuted_of_the_books_that_come_with_steelyard(name: str) -> None:
    plugins = load_plugins()
    library = Library(plugins.sources, (), plugins.measures, forms=plugins.all_forms)
    found = list(verify(library.find(name), 3.0))
    refuted = [(one.check, one.about, one.cases) for one in found if one.state == "refuted"]
    assert not refuted
    assert not [one.about for one in found if one.check == "exceptions"]
    assert sum(one.state == "undecided" for one in found) <= len(found) // 50 + 1


def test_a_share_that_is_turned_round_is_refuted_by_other_records() -> None:
    """The derived share rises where other records are there, and the points fall."""
    found = book(
        parties=PERSON,
        records=BREACHES,
        facts={"put_right": {"is": "share(breaches, corrected)", "better": "higher"}},
        rules=[{"id": "one", "points": 100, "proportional": "1 - put_right"}],
    )
    verdict = only(found, "better", "one")
    assert verdict.state == "refuted"
    before, after = (outcome(found, case, "one")[1] for case in verdict.cases)
    assert after < before
