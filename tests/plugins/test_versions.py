"""What a book's second version does with cases made for its first, which stands in tests/versions
and is not shipped.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from steelyard.book.difference.difference import diff
from steelyard.book.library import Library
from steelyard.book.model import RuleBook
from steelyard.case.formats.files import documents_in
from steelyard.case.reading.read import parse_case
from steelyard.errors import CaseError
from steelyard.judging.assessment import Assessment, weigh
from steelyard.located_yaml import mark
from steelyard.plugins.installed import Plugins

VERSIONS = Path(__file__).parents[1] / "versions"


@pytest.fixture(scope="module")
def books(plugins: Plugins) -> Library:
    """Return the installed books and the first versions of those that have a second."""
    folders = [str(VERSIONS / sector) for sector in ("hospital", "agency")]
    return Library(plugins.sources, folders, plugins.measures)


def first_case(books: Library, book: str) -> dict[str, Any]:
    """Return the full example of a book's first version, naming that version."""
    old = books.find(f"{book}@1.0.0")
    path = VERSIONS / "examples" / f"{book.replace('/', '-')}.yaml"
    found: dict[str, Any] = documents_in(path, lambda *_: old)[0]
    return {**found, "book": f"{book}@1.0.0"}


def weighed(book: RuleBook, document: dict[str, Any]) -> Assessment:
    return weigh(book, parse_case(mark(document, "case"), book, "case"))


def falls(found: Assessment) -> set[tuple[str, tuple[tuple[str, ...], ...], bool]]:
    rows = found.book.consequences
    return {(one.party, rows[one.row].options, one.certain) for one in found.consequences}


def broken(document: dict[str, Any], role: str) -> dict[str, Any]:
    """Return a case in which somebody of a role took a kickback, under a head who is a nurse."""
    return {
        **document,
        "parties": [
            {
                "id": "p-1",
                "kind": "person",
                "role": role,
                "department": "d-1",
                "society_post": "no",
            },
            {"id": "p-2", "kind": "person", "role": "other_medical", "society_post": "no"},
            {"id": "d-1", "kind": "department", "head": "p-2", "leader_in_charge": "none"},
        ],
        "records": {
            "breaches": [
                {"id": "b-1", "prohibition": "8", "person": "p-1", "verified": "yes"}
                | {"crime_suspected": "no", "severity": "grave"}
            ]
        },
    }


@pytest.mark.parametrize(
    ("book", "told"),
    [
        ("hospital/nine-prohibitions", {"training", "problems-corrected", "public-satisfaction"}),
        ("hospital/base", {"training", "problems-corrected", "public-satisfaction"}),
        ("school/base", {"leading-group", "teaching-quality", "students-content", "ethics-study"}),
    ],
)
def test_a_case_of_the_first_version_is_weighed_by_the_second(
    books: Library, book: str, told: set[str]
) -> None:
    new = weighed(books.find(book), first_case(books, book))
    assert new.book.version == "2.0.0"
    assert told <= {one.rule for one in new.verdicts if one.outcome != "unknown"}


@pytest.mark.parametrize("role", ["physician", "other_medical", "other"])
def test_a_role_of_the_first_version_brings_what_it_brought(books: Library, role: str) -> None:
    document = broken(first_case(books, "hospital/nine-prohibitions"), role)
    old, new = (
        weighed(books.find(f"hospital/nine-prohibitions@{version}"), one)
        for version, one in (("1.0.0", document), ("2", document))
    )
    assert falls(new) == falls(old)
    assert {one.party for one in new.consequences} >= {"p-2"}
    kickbacks = [
        next(one for one in found.verdicts if one.rule == "kickbacks") for found in (old, new)
    ]
    assert [(one.low, one.high, one.outcome) for one in kickbacks] == [(600, 600, "partial")] * 2


@pytest.mark.parametrize(
    ("book", "gone"),
    [
        ("hospital/online-civility", "unknown register `unit_work`"),
        ("agency/department-month", "unknown register `tasks`"),
        ("agency/broadcast-centre", "unknown register `staff_reviews`"),
    ],
)
def test_what_has_no_place_any_more_is_refused_by_name(
    books: Library, book: str, gone: str
) -> None:
    with pytest.raises(CaseError) as refused:
        weighed(books.find(book), first_case(books, book))
    said = "\n".join(fault.text(str) for fault in refused.value.faults)
    assert f"is for version 1.0.0 of {book}, and this is version 2.0.0" in said
    assert gone in said


def test_the_difference_of_the_versions_reads_well(books: Library) -> None:
    old, new = books.find("hospital/nine-prohibitions@1"), books.find("hospital/nine-prohibitions")
    english = [one.words.en for one in diff(old, new).changes]
    assert (
        "limiter “One ban broken again and again” (repeated-breaches) is added: when the most "
        "verified breaches of one ban is at least the number that counts as repeated; effect at "
        "most “Fail”" in english
    )
    assert (
        "consequence 4 (Breaches), when: verified and done by a physician; was verified and "
        "person's role is physician" in english
    )
    assert "rule “Everyone is trained” (training): 3.39 points, was 5" in english
    chinese = [one.words.zh for one in diff(old, new).changes]
    assert any("同一条禁令屡次违反" in one for one in chinese)
