"""A part's row that names its assessment and leaves open what came of it is shown, not a crash."""

from __future__ import annotations

import pytest

from steelyard import judge, load_book, read_case
from steelyard.report.page import Span
from steelyard.report.unit.parts import parts
from steelyard.report.unit.reader import Reader

WHOLE = {"score_low": "80", "score_high": "85", "grade": "good", "not_rated": "no"}


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize(
    ("said", "scored", "graded"),
    [
        (WHOLE, True, True),
        ({**WHOLE, "grade": "pass..good"}, True, True),
        ({"points_drive": "25"}, False, False),
    ],
)
def test_what_a_row_leaves_open_is_left_out(
    said: dict[str, str],
    scored: bool,  # noqa: FBT001
    graded: bool,  # noqa: FBT001
    language: str,
) -> None:
    row = {"id": "r-1", "assessment": "a-1", "subject": "d-1", "period": "2026-03"}
    book = load_book("agency/service-division")
    document = {
        "book": book.key,
        "subject": "u-1",
        "period": "2026",
        "parties": [{"id": "d-1", "kind": "department"}],
        "records": {"section_months": [{**row, "department": "d-1", **said}]},
    }
    found = judge(book, read_case(document, book))
    (table,) = parts(Reader(found, language, {}))  # type: ignore[arg-type]
    ((_, _, score, grade, name),) = (one.cells for group in table.groups for one in group.rows)
    assert isinstance(score, Span) is scored
    assert bool(grade) is graded
    assert name == "a-1"
