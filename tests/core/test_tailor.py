"""An authority's twenty lines on top of a scheme: what they change, what they share out, what they
may not do.
"""

from __future__ import annotations

from decimal import Decimal

import pytest

from steelyard.book.model import RuleBook
from steelyard.book.reading.load import parse_book
from steelyard.errors import BookError
from steelyard.expression.types import Boolean
from steelyard.forms.banded import Banded
from steelyard.forms.graded import Graded

BASE = """\
book: city/base
version: 1.2.0
sector: city
parameters: {floor: {2020-01-01: 0.5}, days: {title: {zh: 天数, en: Days}, values: {2020-01-01: 10}}}
facts:
  rate: {type: number, min: 0, max: 1, decimals: 2}
  look: {type: {A: {zh: 好, en: Good}, B: {zh: 中, en: Fair}}}
sections: [{id: one, points: 60}, {id: two, points: 40}]
rules:
  - {id: first, section: one, requires: rate >= floor, points: 30}
  - {id: second, section: one, graded: look, points: {A: 20, B: 10}}
  - {id: third, section: one, banded: rate, bands: [{at_least: 0.5, points: 5}, {at_least: 0.9, points: 10}]}
  - {id: fourth, section: two, checklist: [{id: clean}], points: 40}
limiters: [{id: low, when: rate < 0.1, effect: {cap_grade: poor}}]
grades: [{id: good, at_least: 60}, {id: poor, at_least: 0}]
"""
HEAD = "book: city/own\nversion: 1.0.0\nsector: city\nextends: city/base@1.2.0\n"


def own(rest: str) -> RuleBook:
    """Return a book on top of the base."""
    return parse_book(HEAD + rest, "own.yaml", base=lambda _reference: (BASE, "base.yaml"))


def points(book: RuleBook) -> dict[str, Decimal]:
    """Return the points of every rule."""
    return {rule.id: Decimal(rule.points).scaleb(-book.decimals) for rule in book.rules.values()}


def refusal(rest: str) -> str:
    """Return the lines in which a book is refused."""
    with pytest.raises(BookError) as refused:
        own(rest)
    return str(refused.value)


def test_a_wrong_key_is_told_from_a_wrong_name() -> None:
    # Where a rule or section is named, the keys of `set` are no names that could be meant.
    line = "own.yaml:5: tailor.set"
    wrong = refusal("tailor: {set: {points: {cite: 3}}}\n")
    assert wrong == f"{line}.points.cite: there is no `cite` to tailor"
    wrong = refusal("tailor: {set: {pointz: {first: 3}}}\n")
    assert wrong == f"{line}.pointz: there is no `pointz` to tailor; did you mean `points`?"


def test_nothing_said_changes_nothing() -> None:
    assert points(own("")) == {"first": 30, "second": 20, "third": 10, "fourth": 40}


def test_set_changes_points_by_rule_and_section() -> None:
    book = own("tailor: {set: {points: {first: 25, fourth: 45, one: 55, two: 45}}}\n")
    assert points(book) == {"first": 25, "second": 20, "third": 10, "fourth": 45}
    assert book.changed["rules.first.points"] == "city/own@1.0.0"
    assert "rules.second.points" not in book.changed


def test_set_adds_dated_figures_and_keeps_those_before() -> None:
    book = own("tailor: {set: {parameters: {floor: {2026-07-01: 0.8}, days: {2025-01-01: 20}}}}\n")
    assert [units for _, units in book.parameters["floor"].values] == [5, 8]
    assert [units for _, units in book.parameters["days"].values] == [10, 20]
    assert book.parameters["days"].title.en == "Days"


def test_a_bare_figure_takes_the_place_of_all_others() -> None:
    book = own("tailor: {set: {floor: 0.7}}\n")
    assert [units for _, units in book.parameters["floor"].values] == [7]


def test_a_parameters_title_changes_alone() -> None:
    book = own("tailor: {set: {parameters: {floor: {title: {zh: 底线, en: Floor}}}}}\n")
    assert (
        book.parameters["floor"].title.en,
        [units for _, units in book.parameters["floor"].values],
    ) == ("Floor", [5])


def test_set_changes_keys_of_a_rule_by_its_name() -> None:
    book = own("tailor: {set: {first: {requires: rate > 0.6}, good: 70}}\n")
    assert book.changed["rules.first.requires"] == "city/own@1.0.0"
    assert book.grades[0].at_least == 7000


def test_a_dropped_rules_points_are_shared_over_its_section_in_proportion() -> None:
    book = own("tailor: {drop: {first: {zh: 不适用, en: Does not apply here}}}\n")
    assert points(book) == {"second": 40, "third": 20, "fourth": 40}
    graded, banded = book.rules["second"].form, book.rules["third"].form
    assert isinstance(graded, Graded)
    assert dict(graded.points) == {"A": 4000, "B": 2000}
    assert isinstance(banded, Banded)
    assert [band.points for band in banded.bands] == [1000, 2000]
    assert book.dropped["first"].en == "Does not apply here"


def test_shares_that_do_not_come_out_even_still_add_up() -> None:
    book = own("tailor: {drop: {third: 另册, low: 另册}}\n")
    assert points(book) == {"first": 36, "second": 24, "fourth": 40}
    uneven = own("tailor: {drop: {second: 另册}, set: {points: {one: 60}}}\n")
    assert sum(points(uneven).values()) == 100
    assert points(uneven)["first"] == 45


def test_rules_that_the_tailoring_gives_points_take_no_share() -> None:
    book = own("tailor: {drop: {first: 另册}, set: {points: {second: 20}}}\n")
    assert points(book) == {"second": 20, "third": 40, "fourth": 40}


def test_add_and_replace_by_part_or_as_rules() -> None:
    book = own(
        "tailor:\n  drop: {fourth: 另册}\n"
        "  add: {rules: [{id: fifth, section: two, checklist: [{id: open}], points: 40}]}\n"
        "  replace: [{id: first, section: one, checklist: [{id: tidy}], points: 30}]\n"
    )
    assert points(book)["fifth"] == 40
    assert type(book.rules["first"].form).__name__ == "Checklist"


REFUSED = {
    "a rule that is not there": (
        "tailor: {set: {points: {frist: 20}}}\n",
        "own.yaml:5: tailor.set.points.frist: there is no `frist` to tailor; did you mean `first`?",
    ),
    "a drop without its reason": (
        "tailor: {drop: [first]}\n",
        "own.yaml:5: tailor.drop.first: wants the reason for which it is dropped",
    ),
    "a drop of what is not there": (
        "tailor: {drop: {thrid: 另册}}\n",
        "there is no rule or limiter `thrid` to drop; did you mean `third`?",
    ),
    "an unknown way": (
        "tailor: {sett: {}}\n",
        "own.yaml:5: tailor: unknown key `sett`; did you mean `set`?",
    ),
    "a rule said again": (
        "rules: [{id: first, section: one, checklist: [{id: x}], points: 30}]\n",
        "`first` stands already at base.yaml:10; change it under `tailor`",
    ),
    "adding what is there": (
        "tailor: {add: [{id: first, section: one, checklist: [{id: x}], points: 30}]}\n",
        "`first` stands already; use `replace` or `set`",
    ),
    "replacing what is not there": (
        "tailor: {replace: [{id: sixth, section: one, checklist: [{id: x}], points: 30}]}\n",
        "there is no `sixth` to replace",
    ),
    "sums that no longer hold": (
        "tailor: {set: {points: {first: 31}}}\n",
        "sections.one: its rules add up to 61 points, not 60",
    ),
}


@pytest.mark.parametrize(("rest", "line"), REFUSED.values(), ids=REFUSED)
def test_what_does_not_fit_is_refused_with_its_place(rest: str, line: str) -> None:
    assert line in refusal(rest)


def test_sums_that_no_longer_hold_are_told_where_they_were_tailored() -> None:
    assert "own.yaml:5: sections.one: its rules add up to 60 points, not 50" in refusal(
        "tailor: {set: {points: {one: 50, two: 50}}}\n"
    )


def test_a_book_that_extends_nothing_tailors_nothing() -> None:
    with pytest.raises(BookError, match="tailors nothing, since the book extends nothing"):
        parse_book(BASE + "tailor: {drop: {first: 另册}}\n", "base.yaml")


def test_a_circle_is_refused() -> None:
    texts = {
        "city/a": "book: city/a\nversion: 1.0.0\nsector: city\nextends: city/b\n",
        "city/b": "book: city/b\nversion: 1.0.0\nsector: city\nextends: city/a\n",
    }
    with pytest.raises(
        BookError, match="`extends` goes round in a circle: city/a → city/b → city/a"
    ):
        parse_book(
            texts["city/a"],
            "a.yaml",
            base=lambda reference: (texts[reference], f"{reference}.yaml"),
        )


WIDE = """\
book: city/wide
version: 1.0.0
sector: city
parameters: {floor: 0.5, other_floor: 0.7}
facts:
  rate: {type: number, min: 0, max: most, decimals: 2}
  most: {type: number, min: 0, max: 1, decimals: 2}
  spare: {type: number, min: 0, max: 1, decimals: 2}
parties: {person: {}, zone: {head: person}}
records:
  breaches: {person: person, found: date}
  visits: {zone: zone}
measures: {warned: {kind: sanction}, praised: {kind: reward}}
sections: [{id: one, points: 60}, {id: two, points: 40}]
rules:
  - {id: first, section: one, requires: rate >= floor, points: 30}
  - {id: second, section: one, demerit: {over: breaches, each: 3}, points: 30}
  - {id: third, section: two, checklist: [{id: clean}, {id: bright}], points: 20}
  - {id: fourth, section: two, requires: spare >= other_floor and count(visits) > 0, points: 20}
consequences: [{on: breaches, falls_on: person, all: [warned]}, {on: visits, falls_on: zone.head, all: [praised]}]
limiters: [{id: low, when: rate < 0.1, effect: {cap_grade: poor}}]
grades: [{id: good, at_least: 60}, {id: poor, at_least: 0}]
"""


def taking(extends: str, rest: str = "") -> RuleBook:
    """Return a book that takes parts of the wide one."""
    return parse_book(
        f"book: city/own\nversion: 1.0.0\nsector: city\ngrades: [{{id: poor, at_least: "
        f"0}}]\nextends: {extends}\n{rest}",
        "own.yaml",
        base=lambda _: (WIDE, "wide.yaml"),
    )


def test_what_is_not_taken_and_not_read_is_not_there() -> None:
    book = taking(
        "{city/wide: [first, third]}", "points: 50\ntailor: {set: {points: {one: 30, two: 20}}}\n"
    )
    assert list(book.rules) == ["first", "third"]
    assert set(book.facts) == {"rate", "most", "clean", "bright"}
    assert set(book.parameters) == {"floor"}
    assert (dict(book.registers), dict(book.kinds), dict(book.measures), book.limiters) == (
        {},
        {},
        {},
        (),
    )
    assert book.extends == ("city/wide",)


def test_a_word_in_a_title_or_an_id_reads_nothing() -> None:
    book = taking(
        "{city/wide: [third]}",
        "points: 25\nparameters: {visits_wanted: {title: {zh: spare, en: spare}, values: "
        "{2020-01-01: 1}}}\ntailor: {set: {points: {two: 25}}}\nrules: [{id: visits, "
        "title: {zh: rate, en: rate}, section: two, checklist: [{id: seen, title: {zh: "
        "breaches, en: breaches}}], points: 5}]\n",
    )
    assert (set(book.facts), dict(book.registers)) == ({"clean", "bright", "seen"}, {})


def test_a_field_named_takes_its_register_and_no_rule_of_the_same_id() -> None:
    wide = WIDE.replace("{id: second, section: one,", "{id: breaches, section: one,")
    text = (
        "book: city/own\nversion: 1.0.0\nsector: city\npoints: 30\ngrades: "
        "[{id: poor, at_least: 0}]\n"
    )
    text += (
        "extends: {city/wide: [first, breaches.found]}\ntailor: {set: {points: {one: 30, "
        "first: 20}}}\n"
    )
    text += "facts: {colour: {type: {spare: {zh: 红, en: Red}, dull: {zh: 灰, en: Grey}}}}\n"
    text += (
        'rules: [{id: mine, section: one, requires: "count(breaches) == 0 and colour != '
        "'spare'\", points: 10}]\n"
    )
    book = parse_book(text, "own.yaml", base=lambda _: (wide, "wide.yaml"))
    assert list(book.rules) == ["first", "mine"]
    assert list(book.registers["breaches"].fields) == ["found"]
    assert "spare" not in book.facts


def test_a_section_of_ones_own_reads_no_kind_of_party_and_stands_in_place_of_the_bases() -> None:
    book = taking(
        "{city/wide: [third]}",
        "points: 40\nsections: [{id: zone-work, points: 20}, {id: two, points: 20}]\n"
        "rules: [{id: mine, section: zone-work, checklist: [{id: seen}], points: 20}]\n",
    )
    assert dict(book.kinds) == {}
    assert {name: one.points for name, one in book.sections.items()} == {
        "zone-work": 2000,
        "two": 2000,
    }


def test_a_fact_of_ones_own_stands_in_place_of_one_not_taken_and_beside_none_that_is_read() -> None:
    rest = (
        "points: 25\ntailor: {set: {points: {two: 25}}}\nfacts: {spare: boolean}\n"
        "rules: [{id: mine, section: two, requires: spare, points: 5}]\n"
    )
    assert taking("{city/wide: [third]}", rest).facts["spare"].type == Boolean()
    with pytest.raises(BookError, match=r"own.yaml:8: facts.spare: `spare` stands already"):
        taking("{city/wide: [third, fourth]}", rest)


def test_a_section_brings_its_rules_and_a_named_register_its_consequences() -> None:
    book = taking("{city/wide: [one, breaches]}", "points: 60\n")
    assert list(book.rules) == ["first", "second"]
    assert [row.on for row in book.consequences] == ["breaches"]
    assert set(book.measures) == {"warned"}
    assert set(book.kinds) == {"person"}


def test_what_the_book_itself_reads_comes_along() -> None:
    book = taking(
        "{city/wide: [third]}",
        "points: 25\ntailor: {set: {points: {two: 25}}}\nrules: [{id: mine, section: "
        'two, requires: "share(visits, given(zone)) >= other_floor", points: 5}]\n',
    )
    assert (set(book.registers), set(book.kinds), set(book.parameters)) == (
        {"visits"},
        {"zone", "person"},
        {"other_floor"},
    )


def test_a_rule_taken_moves_to_a_section_of_the_book_that_takes_it() -> None:
    book = taking(
        "{city/wide: [third]}",
        "points: 20\nsections: [{id: mine, points: 20}]\ntailor: {set: {rules: {third: "
        "{section: mine}}}}\n",
    )
    assert list(book.sections) == ["mine"]


def test_what_is_taken_cites_the_clauses_of_the_book_that_takes_it() -> None:
    book = taking(
        "{city/wide: [one, third, breaches]}",
        "points: 80\ntailor: {set: {points: {two: 20}, cites: {clean: [X1, X2], rate: "
        "X3, breaches.person: X4, breaches: X5, first: X6, floor: X7, warned: X8}}}\n",
    )
    assert book.facts["clean"].cites == ("X1", "X2")
    assert book.facts["rate"].cites == ("X3",)
    assert book.registers["breaches"].fields["person"].cites == ("X4",)
    assert book.registers["breaches"].cites == ("X5",)
    assert book.rules["first"].cites == ("X6",)
    assert book.parameters["floor"].cites == ("X7",)
    assert book.measures["warned"].cites == ("X8",)


def test_a_kind_of_party_cites_clauses_too() -> None:
    book = taking(
        "{city/wide: [one, third, zone]}",
        "points: 80\ntailor: {set: {points: {two: 20}, cites: {zone: X1}}}\n",
    )
    assert book.document["parties"]["zone"]["cites"] == "X1"


ROLLING = """\
book: city/rolling
version: 1.0.0
sector: city
parties: {person: {}, branch: {head: person}}
records: {months: {from_book: city/wide@1, roster: branches, every: month, passed: {is: score_low >= 60}}}
sections: [{id: one, points: 40}, {id: parts, points: 60}]
rules:
  - {id: parts, section: parts, proportional: "share(months, passed)", points: 60}
  - {id: other, section: one, requires: count(months) > 3, points: 40}
grades: [{id: poor, at_least: 0}]
"""


def from_both(extends: str, rest: str = "") -> RuleBook:
    """Return a book that takes from two bases, of which one rolls the other's assessments up."""
    texts = {"city/wide": (WIDE, "wide.yaml"), "city/rolling": (ROLLING, "rolling.yaml")}
    head = "book: city/own\nversion: 1.0.0\nsector: city\ngrades: [{id: poor, at_least: 0}]\n"
    return parse_book(
        f"{head}extends: {extends}\n{rest}",
        "own.yaml",
        base=lambda reference: texts[reference.partition("@")[0]],
    )


def test_a_register_that_is_taken_brings_the_kind_of_its_roster() -> None:
    book = from_both("{city/rolling: [parts]}", "points: 60\n")
    assert list(book.kinds) == ["person", "branch"]
    assert book.registers["months"].rolled is not None
    assert (book.registers["months"].rolled.kind, book.registers["months"].rolled.every) == (
        "branch",
        "month",
    )
    fewer = from_both("{city/rolling: [parts, months.passed]}", "points: 60\n")
    assert fewer.registers["months"].rolled == book.registers["months"].rolled


def test_what_two_bases_share_is_there_once() -> None:
    both = from_both(
        "{city/wide: [third], city/rolling: [parts]}",
        "points: 80\ntailor: {set: {points: {two: 20}}}\n",
    )
    assert (list(both.rules), list(both.kinds)) == (["third", "parts"], ["person", "branch"])
    # Both have a section `one`, of other points; nothing that is taken stands in it.
    assert list(both.sections) == ["two", "parts"]


def test_what_two_bases_say_differently_is_refused_where_it_is_kept() -> None:
    with pytest.raises(BookError) as refused:
        from_both("{city/wide: [first], city/rolling: [other]}")
    assert (
        "own.yaml:5: extends: sections.one: two bases say `one` differently; take it "
        "from one of them alone" in str(refused.value)
    )


def test_what_is_taken_from_a_tailored_base_leaves_its_other_changes_behind() -> None:
    tailored = HEAD.replace("city/own", "city/mid").replace("city/base@1.2.0", "city/wide@1") + (
        "tailor: {set: {points: {first: 50, third: 30}}, drop: {second: elsewhere, "
        "fourth: elsewhere}}\n"
    )
    texts = {"city/wide": (WIDE, "wide.yaml"), "city/mid": (tailored, "mid.yaml")}
    book = parse_book(
        "book: city/own\nversion: 1.0.0\nsector: city\npoints: 60\nextends: {city/mid: "
        "[one]}\ntailor: {set: {points: {first: 60}}}\n"
        "grades: [{id: poor, at_least: 0}]\n",
        "own.yaml",
        base=lambda reference: texts[reference.partition("@")[0]],
    )
    assert (book.changed, book.dropped) == ({"rules.first.points": "city/own@1.0.0"}, {})


def test_names_are_the_same_in_any_width() -> None:
    wide = WIDE.replace("rate", "ｒａｔｅ１").replace("requires: ｒａｔｅ１", "requires: rate1")
    head = (
        "book: city/own\nversion: 1.0.0\nsector: city\npoints: 30\ngrades: [{id: poor, "
        "at_least: 0}]\nextends: {city/wide: [ｆｉｒｓｔ]}\n"
    )
    book = parse_book(
        head + "tailor: {set: {points: {one: 30}}}\n",
        "own.yaml",
        base=lambda _: (wide, "wide.yaml"),
    )
    assert (list(book.rules), list(book.facts)) == (["first"], ["rate1", "most"])


def test_items_and_fields_are_taken_by_name_and_others_added_beside_them() -> None:
    book = taking(
        "{city/wide: [bright, breaches.person]}",
        """points: 30
sections: [{id: mine, points: 10}]
rules: [{id: kept, section: mine, requires: count(breaches) == 0, points: 10}]
tailor:
  set: {points: {two: 20}}
  add: {items: {third: [{id: airy, cites: [X1]}]}, fields: {breaches: {grave: boolean}}}
""",
    )
    assert list(book.rules) == ["third", "kept"]
    assert list(book.facts) == ["bright", "airy"]
    assert list(book.registers["breaches"].fields) == ["person", "grave"]
    assert book.facts["airy"].cites == ("X1",)


@pytest.mark.parametrize(
    ("extends", "rest", "line"),
    [
        ("{city/wide: [frist]}", "", "there is no `frist` to take; did you mean `first`?"),
        (
            "{city/wide: [first]}",
            "tailor: {set: {cites: {rat: X1}}}\n",
            "there is no `rat` to tailor; did you mean `rate`?",
        ),
        (
            "{city/wide: [first]}",
            "tailor: {set: {cites: {breaches.persn: X1}}}\n",
            "there is no `breaches.persn` to tailor; did you mean",
        ),
        (
            "{city/wide: [first]}",
            "tailor: {set: {cites: X1}}\n",
            "a mapping of what changes is wanted",
        ),
        (
            "{city/wide: [third]}",
            "tailor: {add: {items: {thrid: [{id: airy}]}}}\n",
            "there is no `thrid` to tailor; did you mean `third`?",
        ),
        (
            "{city/wide: [third]}",
            "tailor: {add: {items: {third: [{id: clean}]}}}\n",
            "`clean` stands already",
        ),
        (
            "{city/wide: [third]}",
            "tailor: {add: {items: {third: {airy: 1}}}}\n",
            "tailor.add.items.third: a list is wanted, not a mapping",
        ),
        (
            "{city/wide: [first]}",
            "tailor: {add: {items: {first: [{id: airy}]}}}\n",
            "tailor.add.items.first: `first` has no checklist",
        ),
        (
            "{city/wide: [first]}",
            "tailor: {add: {fields: [found]}}\n",
            "tailor.add.fields: a mapping is wanted, not a list",
        ),
        (
            "{city/wide: [first]}",
            "tailor: {replace: {rules: first}}\n",
            "tailor.replace.rules: a list is wanted, not `first`",
        ),
        (
            "{city/wide: [third]}",
            "tailor: {replace: {items: {third: []}}}\n",
            "tailor.replace.items: can be added, and not replaced",
        ),
        ("{city/wide: {first: 1}}", "", "a list is wanted, not a mapping"),
        ("{city/wide: [[first], second]}", "", "own.yaml:5: extends: text is wanted, not a list"),
        (
            "[{city/wide: [first]}]",
            "tailor: {set: {points: {first: 3}}}\n",
            "own.yaml:5: extends: a list names whole books; what is taken in parts is a mapping",
        ),
        (
            "{city/wide: [first]}",
            "tailor: {set: {cite: {first: X1}}}\n",
            "there is no `cite` to tailor; did you mean `cites`?",
        ),
        (
            "{city/wide: [first]}",
            "tailor: {add: {itms: {third: [{id: airy}]}}}\n",
            "own.yaml:6: tailor.add: unknown key `itms`; did you mean `items`?",
        ),
        ("{city/wide: [breaches.title]}", "", "there is no `breaches.title` to take"),
    ],
    ids=[
        "unknown part",
        "unknown thing",
        "unknown field",
        "clauses without a thing",
        "item of no rule",
        "item twice",
        "items unlisted",
        "items of no checklist",
        "fields unnamed",
        "rules unlisted",
        "items replaced",
        "mapping of parts",
        "list in a list",
        "mapping in a list",
        "clauses misspelt",
        "items misspelt",
        "a key that is no field",
    ],
)
def test_a_wrong_choice_is_refused_in_a_line(extends: str, rest: str, line: str) -> None:
    with pytest.raises(BookError) as refused:
        taking(extends, rest)
    assert line in str(refused.value)
