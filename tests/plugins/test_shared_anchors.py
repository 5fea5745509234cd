"""What an assessor must see for what the schemes of a sector ask alike stands once, in the sector's
base book.
"""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from steelyard.book.library import Library
from steelyard.book.model import RuleBook
from steelyard.expression.tree import Name
from steelyard.forms.graded import Graded
from steelyard.plugins.installed import load_plugins

BOOKS = sorted({source.id for source in load_plugins(strict=True).sources})
CARRIED_OUT, CURBED = "how_far_carried_out", "how_far_curbed"
TOOK_PART, YEAR_BEFORE = "how_many_took_part", "against_the_year_before"
BASES: Mapping[str, str] = {
    "agency": "agency/efficiency",
    "school": "school/base",
    "community": "community/grid-zones",
}
"""No scheme of hospitals grades how far a thing is carried out: each counts or ticks it."""
TAKEN: Mapping[str, Mapping[str, str]] = {
    "agency/efficiency": {CARRIED_OUT: "duties_carried_out", CURBED: "conduct_curbed"},
    "agency/agritech-centre": {YEAR_BEFORE: "handling_faster"},
    "agency/broadcast-centre": {
        CARRIED_OUT: "moral_plan_done",
        CURBED: "manners_curbed favours_curbed",
    },
    "agency/culture-sports-bureau": {
        CARRIED_OUT: "measures_carried_out learning_unit",
        YEAR_BEFORE: "staff_quality competition_level",
    },
    "agency/energy-office": {
        CARRIED_OUT: "learning_organisation saving_agency efficiency_building"
    },
    "agency/news-centre": {
        CARRIED_OUT: "learning_unit",
        YEAR_BEFORE: "political_quality professional_quality",
    },
    "agency/party-work-committee": {CURBED: "manners_curbed", YEAR_BEFORE: "efficiency_raised"},
    "agency/science-bureau": {CURBED: "manners_curbed favours_curbed"},
    "agency/service-division": {
        CARRIED_OUT: "cadre_team branch_base",
        YEAR_BEFORE: "staff_quality",
    },
    "school/base": {CARRIED_OUT: "plan_carried_out", YEAR_BEFORE: "teaching_quality"},
    "school/civilized-campus": {
        CARRIED_OUT: "reform_pushed",
        YEAR_BEFORE: "ethics_level basic_skills",
    },
    "school/civilized-unit": {
        CARRIED_OUT: "management_reform",
        YEAR_BEFORE: "teaching_theory staff_quality young_teachers teaching_level cadre_quality "
        "student_management_level teaching_quality staff_cultivated inside_environment "
        "outside_environment",
    },
    "community/grid-zones": {
        CARRIED_OUT: "plan_carried_out",
        CURBED: "conduct_curbed",
        TOOK_PART: "taking_part",
    },
    "community/trade-zone": {CARRIED_OUT: "soft_environment", TOOK_PART: "taking_part"},
    "community/street-office": {TOOK_PART: "area_units_take_part"},
    "community/residents-community": {CURBED: "infrastructure environmental_hygiene"},
    "community/city-after-award": {CARRIED_OUT: "civilised_city_deepened"},
    "community/city-deepening": {
        CARRIED_OUT: "civic_morality red_heritage good_people conduct_regulations credit",
        CURBED: "traffic_curbed uncivil_acts_curbed",
    },
}


def taken(book: RuleBook, name: str) -> set[str]:
    return {fact.id for fact in book.facts.values() if fact.named_options == name}


@pytest.mark.parametrize("name", sorted(TAKEN))
def test_what_a_scheme_asks_as_its_sector_does_has_the_anchors_of_the_base(
    name: str, library: Library
) -> None:
    book = library.find(name)
    base = library.find(BASES[book.sector])
    for options, facts in TAKEN[name].items():
        assert taken(book, options) == set(facts.split())
        assert book.options[options] == base.options[options]


def test_nobody_else_takes_them(library: Library) -> None:
    for name in BOOKS:
        book = library.find(name)
        for options in (CARRIED_OUT, CURBED, TOOK_PART, YEAR_BEFORE):
            said = set(TAKEN.get(name, {}).get(options, "").split())
            assert taken(book, options) == said, (name, options)


def test_no_anchors_of_a_graded_fact_are_written_out_twice_in_a_sector(library: Library) -> None:
    first: dict[tuple[str, ...], tuple[str, str]] = {}
    for name in BOOKS:
        book = library.find(name)
        for rule in book.rules.values():
            if not isinstance(rule.form, Graded) or not isinstance(rule.form.fact, Name):
                continue
            fact = book.facts[rule.form.fact.name]
            if fact.named_options:
                continue
            key = (book.sector, *(title.zh for title in fact.options.values()))
            there = first.setdefault(key, (name, fact.id))
            # A fact that was taken as it stands in the base is the base's own.
            assert there[1] == fact.id, f"{there} and {name} {fact.id}"
