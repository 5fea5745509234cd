"""What a report says: its parts in their order, the points of each, and nothing that it should
not.
"""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest
from reported import PARTS, ROOT, assessed, document, empty

from steelyard.book.library import Library
from steelyard.book.reading.load import parse_book
from steelyard.case.reading.read import parse_case
from steelyard.judging.assessment import weigh
from steelyard.judging.missing import still_to_show
from steelyard.located_yaml import mark
from steelyard.messages import LANGUAGES, Language
from steelyard.report.page import (
    Bar,
    Block,
    Facts,
    Figure,
    Heading,
    Page,
    Paragraph,
    Span,
    Table,
    clean,
    in_line,
    shown,
)
from steelyard.report.unit.attainment import least
from steelyard.report.unit.reader import Reader
from steelyard.report.unit.report import unit_page
from steelyard.report.unit.saved import saved_page

EXAMPLES = sorted(ROOT.glob("plugins/*/steelyard_*/examples/*.yaml"))


def blocks(page: Page, part: str) -> tuple[Block, ...]:
    return next(one.blocks for one in page.parts if one.id == part)


def table(page: Page, name: str) -> Table:
    return next(
        b for part in page.parts for b in part.blocks if isinstance(b, Table) and b.id == name
    )


def texts(page: Page) -> str:
    """Return all that a page says."""
    found = [page.title, page.subtitle, page.head, *page.words.values()]
    for part in page.parts:
        found.append(part.title)
        found += [repr(block) for block in part.blocks]
    return "\n".join(found)


@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_parts_come_in_the_order_in_which_a_reader_asks(
    library: Library, language: Language
) -> None:
    page = unit_page(assessed(library), language)
    assert tuple(part.id for part in page.parts) == PARTS
    assert page.language == language


def test_sections_of_plugins_follow_the_method(library: Library) -> None:
    page = unit_page(assessed(library), "en", sections=[("Note", "one\n\ntwo"), ("Other", "three")])
    assert [part.id for part in page.parts][len(PARTS) :] == ["more-1", "more-2"]
    assert page.parts[-2].blocks == (Paragraph("one"), Paragraph("two"))


def test_the_glance_gives_grade_and_score_with_both_ends(library: Library) -> None:
    assessment = assessed(library)
    first = blocks(unit_page(assessment, "en"), "glance")[0]
    assert isinstance(first, Facts)
    told = {fact.name: fact.value for fact in first.facts}
    assert told["Score"] == Span(assessment.low, assessment.high)
    assert told["Coverage"] == assessment.coverage
    assert told["Grade"] == "Fail to Pass"


LEAST: dict[str, tuple[list[tuple[str, str, str]], str]] = {
    "one surely": ([("A", "0.2", "0.4"), ("B", "0.5", "1")], "A attains least: 40.0% at best."),
    "one that may be caught up with": (
        [("A", "0.2", "0.4"), ("B", "0.4", "1")],
        "Which attains least is still open: A, B.",
    ),
    "two alike": (
        [("A", "0.5", "0.5"), ("B", "0.5", "0.5"), ("C", "0.6", "1")],
        "A, B attain least: 50.0% each.",
    ),
    "nothing lost": (
        [("A", "0.2", "1"), ("B", "0.4", "1")],
        "Nothing has surely been lost anywhere.",
    ),
    "all in full": ([("A", "1", "1"), ("B", "1", "1")], "All is attained in full."),
}


@pytest.mark.parametrize(("bars", "said"), LEAST.values(), ids=LEAST)
def test_what_attains_least_is_said_only_where_intervals_do_not_overlap(
    library: Library, bars: list[tuple[str, str, str]], said: str
) -> None:
    reader = Reader(assessed(library), "en", {})
    drawn = [Bar(name, Decimal(low), Decimal(high)) for name, low, high in bars]
    assert least(reader, drawn).startswith(said)


def test_the_first_page_names_what_cost_most_what_follows_and_what_to_show(
    library: Library,
) -> None:
    found = blocks(unit_page(assessed(library), "en"), "glance")
    heads = [block.text for block in found if isinstance(block, Heading)]
    assert heads == [
        "What cost most, in points",
        "What follows, and for whom",
        "What is due next",
        "Worth most to show, by the points that are open",
    ]
    facts = [block.facts for block in found if isinstance(block, Facts)][1:]
    costs, follows, _, worth = facts
    assert [(one.name, one.value) for one in costs] == [
        ("No kickbacks", Span(Decimal("3.00"), Decimal("3.00"))),
        ("No irregular charging", Span(Decimal("2.50"), Decimal("2.50"))),
        (
            "No prescription statistics for a commercial purpose",
            Span(Decimal("2.00"), Decimal("2.00")),
        ),
    ]
    assert follows[0].name == "Person p-17"
    assert str(follows[0].value).startswith("Strict handling; one of 5 measures")
    assert "Breaches b-1" in follows[0].remark
    assert [one.value for one in worth] == sorted((one.value for one in worth), reverse=True)  # type: ignore[type-var]
    assert len(worth) == 5
    ids = {row.id for row in table(unit_page(assessed(library), "en"), "findings").rows}
    assert {one.to for one in (*costs, *worth)} <= ids


def test_what_cost_most_comes_first_and_only_what_is_surely_lost_is_listed(
    library: Library,
) -> None:
    assessment = assessed(library)
    lost = [row.cells[2] for row in table(unit_page(assessment, "en"), "costs-all").rows]
    ends = [one for one in lost if isinstance(one, Span)]
    assert ends == sorted(ends, key=lambda one: (-one.low, -one.high))
    assert all(one.low > 0 for one in ends)
    surely = [
        f
        for f in assessment.findings
        if f.outcome in {"partial", "fail", "unknown"} and not assessment.book.rules[f.rule].bonus
    ]
    full = {
        name: Decimal(rule.points).scaleb(-assessment.book.decimals)
        for name, rule in assessment.book.rules.items()
    }
    assert sum(one.low for one in ends) == sum(full[f.rule] - f.high for f in surely)


def test_what_is_missing_is_listed_whole_by_value(library: Library) -> None:
    assessment = assessed(library)
    rows = table(unit_page(assessment, "en"), "missing").rows
    assert [row.cells[-1] for row in rows] == [one.id for one in still_to_show(assessment)]
    assert [row.cells[1] for row in rows] == sorted((row.cells[1] for row in rows), reverse=True)  # type: ignore[type-var]


def test_the_ledger_adds_up_to_the_score(library: Library) -> None:
    assessment = assessed(library)
    ledger = table(unit_page(assessment, "en"), "ledger")
    sums = [sum(row.cells[place] for row in ledger.rows) for place in (3, 4)]  # type: ignore[misc]
    assert sums == [assessment.low, assessment.high]
    assert ledger.total is not None
    assert list(ledger.total.cells[3:]) == sums


def test_every_finding_is_listed_under_its_section_with_clauses_and_evidence(
    library: Library,
) -> None:
    assessment = assessed(library)
    findings = table(unit_page(assessment, "en"), "findings")
    assert sorted(str(row.cells[1]) for row in findings.rows) == sorted(assessment.book.rules)
    assert [group.name for group in findings.groups] == [
        one.title.en for one in assessment.book.sections.values()
    ]
    training = next(row for row in findings.rows if row.cells[1] == "training")
    assert training.cells[6] == "H1.11.2, H1.15.6"
    assert any(line[3] == "网上培训平台" for line in training.detail)
    kickbacks = next(row for row in findings.rows if row.cells[1] == "kickbacks")
    assert any("p-17" in str(line[1]) for line in kickbacks.detail)


@pytest.mark.parametrize("language", ["zh", "en"])
def test_persons_appear_by_id_unless_names_are_asked_for(
    library: Library, language: Language
) -> None:
    def name(case: dict[str, object]) -> None:
        for party in case["parties"]:  # type: ignore[attr-defined]
            if party["id"] == "p-17":
                party["name"] = "甲某某"

    assessment = assessed(library, change=name)
    assert "甲某某" not in texts(unit_page(assessment, language))
    assert "p-17 甲某某" in texts(unit_page(assessment, language, assessment.case.names))


def test_limits_waivers_and_conflicts_are_told(library: Library) -> None:
    def change(case: dict[str, object]) -> None:
        case["waivers"] = [
            {
                "rule": "training",
                "authority": "health commission",
                "reason": "new",
                "until": "2026-12-31",
            }
        ]
        case["facts"]["departments_total"] = [
            {"value": "28", "source": "a"},
            {"value": "29", "source": "b"},
        ]  # type: ignore[index]

    page = unit_page(assessed(library, change=change), "en")
    found = [row.cells[2] for row in table(page, "limits").rows]
    assert found == ["yes", "possible", "possible", "possible"]
    assert [row.cells[1] for row in table(page, "waived").rows] == ["health commission"]
    assert "28" in texts(page)
    assert "Where the evidence disagrees" in texts(page)


@pytest.mark.parametrize(
    "book",
    [
        "hospital/nine-prohibitions",
        "agency/broadcast-centre",
        "school/civilized-campus",
        "community/street-office",
    ],
)
def test_a_case_that_shows_nothing_has_a_report(library: Library, book: str) -> None:
    assessment = empty(library, book)
    page = unit_page(assessment, "en")
    assert tuple(part.id for part in page.parts) == PARTS
    assert len(table(page, "missing").rows) == len(still_to_show(assessment))
    assert len(table(page, "findings").rows) == len(assessment.book.rules)


@pytest.mark.parametrize("file", EXAMPLES, ids=lambda file: file.stem)
def test_every_example_has_a_report_in_both_languages_whose_rows_fit_their_columns(
    library: Library, file: Path
) -> None:
    assessment = assessed(library, document(file))
    for language in ("zh", "en"):
        page = unit_page(assessment, language)  # type: ignore[arg-type]
        names = []
        for part in page.parts:
            assert part.blocks
            for block in part.blocks:
                one = block.table if isinstance(block, Figure) else block
                if isinstance(one, Figure | Table):
                    names.append(one.id)
                if isinstance(one, Table):
                    assert all(len(row.cells) == len(one.columns) for row in one.rows)
                    assert one.detail is None or all(
                        len(line) == len(one.detail.columns)
                        for row in one.rows
                        for line in row.detail
                    )
                if isinstance(block, Figure):
                    assert block.reading.rstrip()[-1] in ".。"
        assert len(names) == len(set(names))


def test_signs_that_steer_a_screen_are_shown_as_replaced() -> None:
    assert clean("a\x00b\u202ec\u2067d\ud800e\ufffe") == "a�b�c�d�e�"
    assert clean("one\r\ntwo\u2028three\tfour") == "one\ntwo\nthree\tfour"
    assert in_line("a\nb " + "x" * 300) == "a b " + "x" * 115 + "…"


def test_two_ends_that_agree_are_shown_once() -> None:
    from steelyard.report.page import Column

    column = Column("", "percent", places=1)
    assert shown(Span(Decimal("0.5"), Decimal("0.5")), column) == "50.0%"
    assert shown(Span(Decimal("0.5"), Decimal("0.755")), column) == "50.0%–75.5%"


UNNAMED = """\
book: city/unnamed
version: 1.0.0
sector: city
facts: {a: boolean}
parties:
  department: {head: {type: person, title: {zh: 负责人, en: Head}}}
  person: {department: department}
records:
  breaches:
    person: {type: person, title: {zh: 当事人, en: Person at fault}}
    department: {type: department, title: {zh: 科室, en: Department}}
    verified: boolean
sections: [{id: all, points: 100}]
rules: [{id: a-done, section: all, requires: a, points: 100}]
measures:
  warned: {kind: sanction, title: {zh: 警告, en: Warned}}
  liable: {kind: sanction, title: {zh: 连带责任, en: Jointly liable}}
consequences:
  - {on: breaches, when: verified, falls_on: person, all: [warned]}
  - {on: breaches, when: verified, falls_on: department.head, all: [liable]}
  - {on: breaches, when: verified, falls_on: department.members, all: [warned]}
grades: [{id: pass, at_least: 0}]
"""
ROLES: dict[Language, list[str]] = {
    "en": [
        "Person at fault not named", "Department's head not named",
        "all members of Department not named",
    ],
    "zh": ["当事人（未写明）", "科室的负责人（未写明）", "科室的全体成员（未写明）"],
}  # fmt: skip


@pytest.mark.parametrize("language", LANGUAGES)
def test_those_who_are_not_named_are_told_apart_by_their_roles(language: Language) -> None:
    book = parse_book(UNNAMED, "unnamed.yaml")
    case = {
        "book": book.key, "subject": {"id": "u-1"}, "period": "2026", "facts": {},
        "records": {"breaches": [{"id": "b-1", "verified": "yes"}]},
    }  # fmt: skip
    found = weigh(book, parse_case(mark(case, "case"), book, "case"))
    page = unit_page(found, language)
    (told,) = (one for one in blocks(page, "consequences") if isinstance(one, Table))
    assert [one.title for one in told.groups] == ROLES[language]
    (first,) = (one for one in blocks(page, "glance") if isinstance(one, Facts)
                and one.facts[0].name == ROLES[language][0])  # fmt: skip
    assert [one.name for one in first.facts] == ROLES[language]
    # Each leads to the row of its own.
    anchors = [one.rows[0].id for one in told.groups]
    assert [one.to for one in first.facts] == anchors
    assert len(set(anchors)) == len(anchors)
    published = [one["falls_on"] for one in found.to_json()["consequences"]]
    assert [one["id"] for one in published] == ["unknown"] * 3
    assert [f"{one['role']['en']} not named" for one in published] == ROLES["en"]
    saved = saved_page(found.to_json(), book.document, language)
    (listed,) = (one for one in saved.parts[0].blocks
                 if isinstance(one, Table) and one.id == "consequences")  # fmt: skip
    assert [row.cells[0] for row in listed.rows] == ROLES[language]
