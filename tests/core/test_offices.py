"""Offices, who is responsible for what, what figures count, and what putting right costs."""

from __future__ import annotations

import pickle
import re
from decimal import Decimal
from typing import Any

import pytest

from steelyard.book.difference.difference import diff
from steelyard.book.measured_in import UNITS, own
from steelyard.book.model import RuleBook
from steelyard.book.offices import responsible_of
from steelyard.book.reading.load import parse_book
from steelyard.book.tailoring.inherit import resolve
from steelyard.case.formats.prompts import fact_prompt, field_prompt
from steelyard.errors import BookError
from steelyard.messages import Title

BOOK = """\
book: city/offices
version: 1.0.0
sector: city
offices:
  ethics: {zh: 医德医风办公室, en: Ethics office}
  finance: {zh: 财务科, en: Finance}
facts:
  rate: {type: number, min: 0, max: 1, decimals: 2}
  staff: {type: integer, min: 0, responsible: finance, measured_in: person}
  double: {is: staff * 2, measured_in: {zh: 台班, en: shifts}}
records:
  sums: {responsible: finance, amount: {type: number, decimals: 2, measured_in: yuan}}
sections:
  - {id: one, points: 60, responsible: ethics}
  - {id: two, points: 40}
rules:
  - {id: ticked, section: one, checklist: [{id: a}, {id: b, responsible: finance}], points: 40, effort: 2.5}
  - {id: rated, section: one, proportional: rate, points: 20, responsible: finance, effort: 0}
  - {id: shown, section: two, stage: start, points: 30, responsible: ethics}
  - {id: alone, section: two, requires: staff > 3, points: 10}
stages: [{id: start, deliverables: [{id: plan}, {id: budget, responsible: finance}]}]
grades: [{id: any}]
"""


@pytest.fixture(scope="module", name="book")
def loaded() -> RuleBook:
    return parse_book(BOOK, "offices.yaml")


def test_the_offices_of_a_book_are_read_and_survive_the_cache(book: RuleBook) -> None:
    kept: RuleBook = pickle.loads(pickle.dumps(book))  # noqa: S301  # our own bytes
    for one in (book, kept):
        assert {name: title.en for name, title in one.offices.items()} == {
            "ethics": "Ethics office",
            "finance": "Finance",
        }
        assert one.facts["staff"].measured_in == UNITS["person"]
        assert one.registers["sums"].fields["amount"].measured_in == UNITS["yuan"]
        assert one.facts["double"].measured_in == own(Title("台班", "shifts"))
        assert one.rules["ticked"].effort == Decimal("2.5")


RESPONSIBLE = {
    "an item has its rule's section's": ("facts", "a", "ethics"),
    "an item that names its own": ("facts", "b", "finance"),
    "a rule has its section's": ("rules", "ticked", "ethics"),
    "a rule that names its own": ("rules", "rated", "finance"),
    "a rule of a section without any": ("rules", "alone", ""),
    "a deliverable has that of the rule that scores its stage": ("facts", "plan", "ethics"),
    "a deliverable that names its own": ("facts", "budget", "finance"),
    "a fact that names its own": ("facts", "staff", "finance"),
    "a fact that names none": ("facts", "rate", ""),
    "a register": ("registers", "sums", "finance"),
}


@pytest.mark.parametrize(("part", "name", "office"), RESPONSIBLE.values(), ids=RESPONSIBLE)
def test_who_is_responsible(book: RuleBook, part: str, name: str, office: str) -> None:
    assert responsible_of(book, getattr(book, part)[name]) == office


def test_effort_is_a_number_one_unless_said(book: RuleBook) -> None:
    assert [rule.effort for rule in book.rules.values()] == [Decimal("2.5"), 0, 1, 1]


REFUSED = {
    "an office that is not there, of a section": (
        ("points: 60, responsible: ethics", "points: 60, responsible: ethic"),
        "offices.yaml:14: sections.one.responsible: unknown office `ethic`; did you mean `ethics`?",
    ),
    "of an item": (
        ("{id: b, responsible: finance}", "{id: b, responsible: finances}"),
        (
            "offices.yaml:17: rules.ticked.checklist.b.responsible: unknown office "
            "`finances`; did you mean `finance`?"
        ),
    ),
    "of a register": (
        ("{responsible: finance, amount", "{responsible: money, amount"),
        "offices.yaml:12: records.sums.responsible: unknown office `money`",
    ),
    "what a yes or no counts": (
        ("  double:", "  seen: {type: boolean, measured_in: person}\n  double:"),
        "offices.yaml:10: facts.seen.measured_in: only a number is measured in something",
    ),
    "effort in words": (
        ("effort: 2.5", "effort: large"),
        "offices.yaml:17: rules.ticked.effort: `large` is not a number",
    ),
    "effort below 0": (
        ("effort: 0", "effort: -1"),
        "offices.yaml:18: rules.rated.effort: `-1` is too small",
    ),
    "a field called `by`": (
        ("amount: {", "by: text, amount: {"),
        "offices.yaml:12: records.sums.by: `by` cannot name a field",
    ),
    "a field called `files`": (
        ("amount: {", "files: text, amount: {"),
        "offices.yaml:12: records.sums.files: `files` cannot name a field",
    ),
}


@pytest.mark.parametrize(("change", "message"), REFUSED.values(), ids=REFUSED)
def test_what_is_not_so_is_refused(change: tuple[str, str], message: str) -> None:
    assert change[0] in BOOK
    with pytest.raises(BookError, match=f"^{re.escape(message)}$"):
        parse_book(BOOK.replace(*change), "offices.yaml")


def test_a_clerk_is_told_what_a_figure_counts(book: RuleBook) -> None:
    said = fact_prompt(book.facts["staff"])
    assert said.zh.endswith("，单位：人")
    assert said.en.endswith(", in persons")
    assert field_prompt(book.registers["sums"].fields["amount"]).en.endswith(", in yuan")
    assert fact_prompt(book.facts["double"]).zh.endswith("，单位：台班")


def test_what_changes_of_offices_is_told_in_both_languages(book: RuleBook) -> None:
    new = parse_book(
        BOOK.replace("en: Finance}", "en: Money}")
        .replace("{id: b, responsible: finance}", "{id: b}")
        .replace("measured_in: person", "measured_in: m2")
        .replace("effort: 2.5", "effort: 3"),
        "new.yaml",
    )
    changes = {(one.what, one.id, one.change): one.words for one in diff(book, new).changes}
    assert changes.keys() == {
        ("office", "finance", "title"),
        ("item", "b", "responsible"),
        ("fact", "staff", "measured_in"),
        ("rule", "ticked", "effort"),
    }
    moved = changes["item", "b", "responsible"]
    assert moved.zh == "“b”（b）的责任部门：无（原为 财务科）"
    assert moved.en == "“b” (b), responsible: none; was Finance"


WEIGHTED = """\
book: city/weighted
version: 1.0.0
sector: city
facts: {rate: {type: number, min: 0, max: 1, decimals: 2}}
sections: [{id: one, points: 60}]
rules:
  - {id: first, section: one, proportional: rate, weight: 1}
  - {id: second, section: one, banded: rate, weight: 2, bands: [{at_least: 0.5, points: 5}, {at_least: 0.9, points: 10}]}
  - {id: third, section: one, requires: rate > 0.5, weight: 3}
grades: [{id: any}]
"""


def test_tailoring_sets_weights_and_moves_no_points_of_a_weighted_section() -> None:
    own = (
        "book: city/own\nversion: 1.0.0\nsector: city\nextends: city/weighted\n"
        "tailor:\n  set: {weight: {second: 4}}\n  drop: {third: not ours, first: nor this}\n"
    )
    found = resolve(own, "own.yaml", lambda _reference: (WEIGHTED, "weighted.yaml"))
    rules: Any = found.table["rules"]
    assert [one["id"] for one in rules] == ["second"]
    assert (rules[0]["weight"], [band["points"] for band in rules[0]["bands"]]) == (
        "4",
        ["5", "10"],
    )
    assert found.changed == {"rules.second.weight": "city/own@1.0.0"}


def test_a_rule_dropped_from_a_weighted_section_moves_no_points() -> None:
    own = (
        "book: city/own\nversion: 1.0.0\nsector: city\nextends: city/weighted\n"
        "tailor: {drop: {third: not ours, first: nor this}}\n"
    )
    found = resolve(own, "own.yaml", lambda _reference: (WEIGHTED, "weighted.yaml"))
    rules: Any = found.table["rules"]
    assert [band["points"] for band in rules[0]["bands"]] == ["5", "10"]
    assert found.changed == {}


def test_tailoring_sets_no_weight_of_what_is_no_rule() -> None:
    own = (
        "book: city/own\nversion: 1.0.0\nsector: city\nextends: city/weighted\n"
        "tailor: {set: {weight: {one: 4}}}\n"
    )
    with pytest.raises(
        BookError, match=re.escape("tailor.set.weight.one: there is no `one` to tailor")
    ):
        resolve(own, "own.yaml", lambda _reference: (WEIGHTED, "weighted.yaml"))


def test_what_is_taken_from_a_book_brings_the_offices_that_it_names() -> None:
    own = (
        "book: city/own\nversion: 1.0.0\nsector: city\nextends: "
        "{city/offices: [rated]}\npoints: 20\n"
    )
    own += "sections: [{id: one, points: 20}]\n"
    text = BOOK.replace(
        "sections:\n  - {id: one, points: 60, responsible: ethics}\n",
        "sections:\n  - {id: one, points: 60}\n",
    )
    own = own.replace("sections: [{id: one, points: 20}]\n", "tailor: {set: {points: {one: 20}}}\n")
    book = parse_book(own, "own.yaml", base=lambda _reference: (text, "offices.yaml"))
    assert list(book.offices) == ["finance"]
