"""Options that a book writes once, with what must be seen for each, and many facts take by name."""

from __future__ import annotations

import io
import re

import pytest

from steelyard.book.difference.difference import diff
from steelyard.book.lint import lint
from steelyard.book.model import RuleBook
from steelyard.book.reading.load import parse_book, places_in, stored_book
from steelyard.book.tailoring.inherit import no_base
from steelyard.case.reading.read import parse_case
from steelyard.errors import BookError
from steelyard.judging.assessment import weigh
from steelyard.located_yaml import mark
from steelyard.messages import Title
from steelyard.report.book.book import book_page
from steelyard.report.formats.terminal import Terminal

SHARED = """\
book: city/shared
version: 1.0.0
sector: city
options:
  carried_out:
    A: {zh: 到期的全部完成, en: all that is due is done}
    B: {zh: 到期的多数完成, en: most that is due is done}
  unread: [one, other]
offices: {parks: {zh: 园林部门, en: Parks}, roads: {zh: 道路部门, en: Roads}}
facts: {roads: {type: carried_out, responsible: parks, title: {zh: 道路计划落实, en: Road plan}}}
sections: [{id: plans, points: 100}]
rules: [{id: roads, section: plans, graded: roads, points: {A: 100, B: 40}}]
grades: [{id: pass, at_least: 60}, {id: fail, at_least: 0}]
"""
OWN = """\
book: city/own
version: 1.0.0
sector: city
extends: {city/shared: [carried_out]}
facts:
  roads: {type: carried_out, title: {zh: 绿化计划落实, en: Planting plan}}
  safety: carried_out
parties: {zone: {look: {type: carried_out, ordered: true}}}
sections: [{id: plans, points: 100}]
rules:
  - {id: planting, section: plans, graded: roads, points: {A: 60, B: 30}}
  - {id: safe, section: plans, graded: safety, points: {A: 40, B: 10}}
grades: [{id: pass, at_least: 60}, {id: fail, at_least: 0}]
"""


def own(shared: str = SHARED, text: str = OWN) -> RuleBook:
    return parse_book(text, "own.yaml", base=lambda _: (shared, "shared.yaml"))


def test_facts_and_fields_take_the_options_of_a_base_by_name() -> None:
    book = own()
    taken = [book.facts["roads"], book.facts["safety"], book.kinds["zone"].fields["look"]]
    for slot in taken:
        assert [(option, title.en) for option, title in slot.options.items()] == [
            ("A", "all that is due is done"),
            ("B", "most that is due is done"),
        ]
    case = {
        "book": "city/own",
        "subject": "u",
        "period": "2026",
        "facts": {"roads": "到期的多数完成", "safety": "A"},
    }
    found = weigh(book, parse_case(mark(case, "case"), book, "case"))
    assert (str(found.low), str(found.high)) == ("70.00", "70.00")


def test_the_books_own_fact_stands_and_nothing_of_the_base_comes_that_nobody_takes() -> None:
    book = own()
    assert book.facts["roads"].title.en == "Planting plan"
    assert (list(book.rules), list(book.options)) == (["planting", "safe"], ["carried_out"])
    # An office answers by `responsible` alone, whatever else bears its name.
    assert dict(book.offices) == {}
    excepted = "exceptions: [{check: rule-can-fail, about: roads, reason: {zh: 无, en: None}}]\n"
    assert list(own(text=OWN.replace("roads", "woods") + excepted).facts) == ["woods", "safety"]
    named = OWN.replace("safety: carried_out", "safety: {type: carried_out, responsible: parks}")
    assert list(own(text=named).offices) == ["parks"]


def test_a_stored_book_has_its_options() -> None:
    book = own()
    again = stored_book(book.document, "stored")
    assert (again.digest, again.options, again.facts["safety"].options) == (
        book.digest,
        book.options,
        book.options["carried_out"],
    )


def test_a_changed_anchor_is_one_change_and_a_name_alone_is_none() -> None:
    now = own(SHARED.replace("most that is due is done", "more than half is done"))
    changes = diff(own(), now).changes
    assert [(one.what, one.id, one.change) for one in changes] == [
        ("options", "carried_out", "options")
    ]
    assert changes[0].words == Title(
        "选项 carried_out：到期的全部完成（A）、到期的多数完成（B）（原为 到期的全部完成（A）、到期的多数完成（B））",
        "options carried_out: all that is due is done (A), more than half is done (B), was "
        "all that is due is done (A), most that is due is done (B)",
    )
    written = "{A: {zh: 到期的全部完成, en: all that is due is done}, B: {zh: 到期的多数完成, en: most that is due is done}}"
    assert diff(own(), own(text=OWN.replace("type: carried_out", f"type: {written}"))).changes == ()
    renamed = OWN.replace("roads", "paths").replace(
        "type: carried_out, title", f"type: {written}, title"
    )
    told = [(one.what, one.change) for one in diff(own(), own(text=renamed)).changes]
    assert told == [("rule", "condition"), ("fact", "renamed")]
    other = OWN.replace("type: carried_out, title", "type: [A, B], title")
    assert [(one.what, one.id, one.change) for one in diff(own(), own(text=other)).changes] == [
        ("fact", "roads", "options")
    ]


def test_a_scheme_changes_the_options_that_it_takes_under_tailor() -> None:
    said = "tailor: {set: {options: {carried_out: {B: {zh: 过半完成, en: half is done}}}}}\n"
    book = own(text=OWN + said)
    assert [title.en for title in book.facts["safety"].options.values()] == [
        "all that is due is done",
        "half is done",
    ]


def test_book_show_says_them_once_with_what_takes_them() -> None:
    held = io.StringIO()
    Terminal("en", file=held).page(book_page(own(), "en"))
    shown = held.getvalue()
    assert shown.count("most that is due is done") == 1
    assert re.search(
        r"options carried_out: A all that is due is done, B most that is due is done\s+"
        r"Planting plan, safety, look",
        shown,
    )


def test_options_that_share_a_title_are_remarked_once_where_they_stand() -> None:
    text = SHARED.replace("most that is due is done", "all that is due is done")
    book = parse_book(text, "shared.yaml")
    lines = [one.text() for one in lint(book, {}, places_in(text, "shared.yaml", no_base))]
    assert [line for line in lines if "share a title" in line] == [
        "shared.yaml:6: options.carried_out: options `A` and `B` share a title"
    ]


@pytest.mark.parametrize(
    ("old", "new", "line"),
    [
        (
            "type: carried_out",
            "type: caried_out",
            "shared.yaml:10: facts.roads.type: `caried_out` is not a type",
        ),
        (
            "  unread: [one, other]",
            "  roads: [one, other]",
            "shared.yaml:8: options.roads: `roads` names two things",
        ),
        (
            "  unread: [one, other]",
            "  number: [one, other]",
            "shared.yaml:8: options.number: `number` names two things",
        ),
        (
            "A: {zh: 到期的全部完成, en: all that is due is done}",
            "不详: {zh: 到期的全部完成, en: all that is due is done}",
            "shared.yaml:10: facts.roads.type: `不详` cannot be an option",
        ),
        ("  unread: [one, other]", "  unread: []", "shared.yaml:8: options.unread: is empty"),
        ("  unread: [one, other]", "  unread: {}", "shared.yaml:8: options.unread: is empty"),
        (
            "  unread: [one, other]",
            "  unread: {one: One, other: {}}",
            "shared.yaml:8: options.unread.other: `zh` is missing",
        ),
        (
            "  unread: [one, other]",
            "  unread: [one, [other]]",
            "shared.yaml:8: options.unread[2]: text is wanted, not a list",
        ),
        (
            "type: carried_out",
            "type: {}",
            "shared.yaml:10: facts.roads.type: an enumeration wants options: none is written",
        ),
        ("  unread: [one, other]", "  unread: one", "shared.yaml:8: options.unread"),
        ("  unread: [one, other]", "  unread: [one, one]", "shared.yaml:8: options.unread"),
    ],
    ids=[
        "misspelt",
        "also a fact",
        "also a type",
        "an option that means unknown",
        "no options",
        "an empty mapping of options",
        "an option with an empty title",
        "a list within",
        "none at a fact",
        "one word",
        "an option twice",
    ],
)
def test_what_cannot_be_meant_is_refused_with_its_place(old: str, new: str, line: str) -> None:
    assert old in SHARED
    with pytest.raises(BookError) as caught:
        parse_book(SHARED.replace(old, new), "shared.yaml")
    told = [one.text() for one in caught.value.faults]
    assert any(one.startswith(line) for one in told), told
    # Of what may be a list or a mapping, nothing says that it must be the other.
    assert not any("a list is wanted, not a mapping" in one for one in told)
