"""The sectors' own books rolled up: departments' months, zones' months and quarters, classes'
terms, through the program.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import yaml

from steelyard.cli.main import main

PLUGINS = Path(__file__).parents[2] / "plugins"
AGENCY, COMMUNITY, SCHOOL = (
    PLUGINS / sector / f"steelyard_{sector}" / "examples"
    for sector in ("agency", "community", "school")
)


@pytest.fixture
def assess(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Any:
    """Write cases into an empty folder, weigh them there in their order, and return the assessments
    that are printed.
    """
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("LANG", "C.UTF-8")

    def assess(*cases: Any) -> list[Any]:
        names = []
        for number, case in enumerate(cases):
            names.append(f"{number}.json" if isinstance(case, dict) else str(case))
            if isinstance(case, dict):
                Path(names[-1]).write_text(json.dumps(case), encoding="utf-8")
        with pytest.raises(SystemExit) as left:
            main(["assess", *names, "--format", "json"])
        printed = capsys.readouterr()
        assert (int(left.value.code or 0), printed.err.replace("saved in steelyard.db\n", "")) == (
            0,
            "",
        )
        return (
            [json.loads(line) for line in printed.out.splitlines()]
            if "\n{" in printed.out
            else [json.loads(printed.out)]
        )

    return assess


def department(part: str, whole: str, month: int, tidy: str, present: int) -> dict[str, Any]:
    """Return a department's month with a check of its own and without breaches or tasks, in which
    so many of twenty staff signed in and took part.
    """
    check = {"id": "k-1", "date": f"2026-{month:02}-20", "check_kind": "own"}
    check |= {"rules_kept": 5, "rules_not_kept": 0, "faults_corrected": 0, "faults_open": 0}
    return {
        "book": "agency/department-month",
        "subject": {"id": part, "part_of": whole},
        "period": f"2026-{month:02}",
        "facts": {
            "staff_total": 20,
            "staff_taking_part": present,
            "sign_ins_due": 20,
            "sign_ins_made": present,
            "study_due": 1,
            "study_held": 1,
            "study_places": 20,
            "study_attended": 20,
            "tidiness": tidy,
            **dict.fromkeys(
                ("work_due", "work_done", "work_in_time", "drive_due", "drive_done"), 0
            ),
        },
        "records": {"checks": [check], "breaches": [], "complaints": []},
    }


def zone(part: str, whole: str, month: int, cleared: int) -> dict[str, Any]:
    """Return a zone's month without problems, turns or fronts, gone round every week, whose refuse
    was cleared, places found clean and weekends cleaned so many times in four.
    """
    return {
        "book": "community/zone-month",
        "subject": {"id": part, "part_of": whole},
        "period": f"2026-{month:02}",
        "facts": {
            "rounds_made": 5,
            "places_in_order": f"{cleared}/4",
            "refuse_days_due": 4,
            "refuse_days_cleared": cleared,
            "weekends_due": 4,
            "weekends_cleaned": cleared,
            **dict.fromkeys(("turns_due", "turns_taken", "fronts_total", "fronts_signed"), 0),
            "fronts_kept": "0/0",
        },
        "records": {"findings": [], "false_reports": []},
    }


def quarter(number: int, kept: int) -> dict[str, Any]:
    """Return a city's quarter with two zones and neither requests nor incidents, in which so many
    of ten people keep the rules, places are clean and so on, and all were satisfied before and are.
    """
    return {
        "book": "community/civility-quarter",
        "subject": {"id": "city-1"},
        "period": f"2026Q{number}",
        "facts": {
            **dict.fromkeys(
                ("traffic_seen", "order_seen", "surroundings_seen", "kindness_seen"), f"{kept}/10"
            ),
            "people_content": "400/400",
            "people_content_before": "400/400",
        },
        "parties": [{"id": "z-1", "kind": "zone"}, {"id": "z-2", "kind": "zone"}],
        "records": {"requests": [], "incidents": []},
    }


def term(part: str, half: int, mark: int) -> dict[str, Any]:
    """Return a class's term in which all three gave every routine the same mark, and cadres were on
    duty every day.
    """
    routines = ("walk", "lesson", "exercise", "characters", "queue", "song", "sweep")
    rows = [
        {"evaluator": evaluator, **dict.fromkeys(routines, mark)}
        for evaluator in ("administration", "teacher", "pupil")
    ]
    return {
        "book": "school/class-term",
        "subject": {"id": part, "part_of": "school-1"},
        "period": f"2026H{half}",
        "facts": {"school_days": 90, "cadre_days": 90},
        "records": {"evaluations": rows},
    }


def score(found: Any) -> tuple[Decimal | int, Decimal | int]:
    return Decimal(found["score"]["low"]), Decimal(found["score"]["high"])


def points(found: Any, rule: str) -> tuple[Decimal | int, Decimal | int]:
    one = next(one for one in found["findings"] if one["rule"] == rule)
    return Decimal(one["points"]["low"]), Decimal(one["points"]["high"])


def test_departments_months_make_the_broadcasting_centre_s_year(assess: Any) -> None:
    parties = [{"id": "d-1", "kind": "department", "body": "channel"}]
    year = {
        "book": "agency/broadcast-centre",
        "subject": {"id": "c-1"},
        "period": "2026",
        "parties": parties,
    }
    months = [
        department("d-1", "c-1", month, "A", 20 if month <= 6 else 10) for month in range(1, 13)
    ]
    strange = department("d-1", "c-2", 12, "C", 0)
    first, *parts, _ = assess(year, *months, strange)
    # A quiet month: of the rules 5 + 5 + 1 of the 11 that are asked; complaints alone of the work;
    # of the drive 2 + 2 + 1 of 5; study 15.
    assert [score(part) for part in parts[:6]] == [(100, 100)] * 6
    # With half of them: 10.5 of 11, so 28.64; 1 + 2 + 1 of 5, so 24; 25 and 15.
    assert [score(part) for part in parts[6:]] == [(Decimal("92.64"), Decimal("92.64"))] * 6
    # Six months at 60 and six at 52.64 of 60: a share of 0.938667 of 7 * 2 / 13, which is
    # shown so that the column adds up.
    assert points(first, "department-results") == (Decimal("1.00"), Decimal("1.00"))


def test_sections_months_that_are_not_all_there_leave_the_division_s_year_open(assess: Any) -> None:
    parties = [{"id": "d-1", "kind": "department"}, {"id": "d-2", "kind": "department"}]
    year = {
        "book": "agency/service-division",
        "subject": {"id": "v-1"},
        "period": "2026",
        "parties": parties,
    }
    for month in range(1, 13):
        assess(department("d-1", "v-1", month, "A", 20))
    # Saved before: twelve of twenty-four months at their best.
    assert points(assess(year)[0], "section-results") == (1, 2)
    listed = year | {
        "records": {
            "section_months": [{"subject": "d-1", "period": f"2026-{month:02}"} for month in (3, 4)]
        }
    }
    assert points(assess(listed)[0], "section-results") == (2, 2)
    without = assess(year | {"records": {"section_months": []}})[0]
    assert (
        next(one["outcome"] for one in without["findings"] if one["rule"] == "section-results")
        == "not_applicable"
    )


def test_zones_months_make_the_quarter_and_quarters_the_city_s_year(assess: Any) -> None:
    year = {"book": "community/city-after-award", "subject": {"id": "city-1"}, "period": "2026"}
    # Refuse, places and weekends all of four, or two of four: 40 + 40 or 40 + 20 of the eighty that
    # are asked.
    months = [
        zone(part, "city-1", month, 4 if part == "z-1" else 2)
        for part in ("z-1", "z-2")
        for month in range(1, 13)
    ]
    whole, *quarters = assess(
        year, *(quarter(number, 6 + number) for number in (1, 2, 3, 4)), *months
    )
    assert [score(part) for part in quarters[4:]] == [(100, 100)] * 12 + [(75, 75)] * 12
    # Zones 87.5 % of 20, 70, 80, 90 and 100 % of 40, and 20 and 10; requests are not asked, so 90
    # are raised to 100.
    wanted = [Decimal(text) for text in ("83.89", "88.33", "92.78", "97.22")]
    assert [score(one) for one in quarters[:4]] == [(one, one) for one in wanted]
    # Their mean is 90.56, of 0.39 points.
    assert points(whole, "civility-index-results") == (Decimal("0.35"), Decimal("0.35"))
    # All four quarters are measured by that book, so it does not matter how many were otherwise.
    full = (Decimal("1.94"), Decimal("1.94"))
    assert points(whole, "civility-index") == full
    # With two of them there are two, three or four.
    alone: dict[str, Any] = {
        "subject": {"id": "city-2"},
        "parties": [],
        "records": {"requests": [], "incidents": [], "zone_months": []},
    }
    parts = [quarter(number, 10) | alone for number in (1, 2)]
    fewer, *_ = assess(year | {"subject": {"id": "city-2"}}, *parts)
    assert points(fewer, "civility-index") == (Decimal("0.97"), Decimal("1.94"))


def test_zones_months_make_the_community_s_year(assess: Any) -> None:
    parties = [{"id": "z-1", "kind": "zone"}, {"id": "z-2", "kind": "zone"}]
    quarter_year = {
        "book": "community/residents-community",
        "subject": {"id": "r-1"},
        "period": "2026Q2",
        "parties": parties,
    }
    months = [
        zone(part, "r-1", month, 4 if part == "z-1" else 0)
        for part in ("z-1", "z-2")
        for month in (4, 5, 6)
    ]
    whole, *parts = assess(quarter_year, *months)
    # Nothing cleared and nothing cleaned: 40 of the eighty that are asked.
    assert [score(part) for part in parts] == [(100, 100)] * 3 + [(50, 50)] * 3
    # One ninth of six points is 0.67 for the eye, of which 75 %.
    assert points(whole, "zone-results") == (Decimal("0.50"), Decimal("0.50"))
    # The first three months are not there yet: anything from nothing to all of their six shares.
    assert points(assess(quarter_year | {"period": "2026H1"})[0], "zone-results") == (
        Decimal("0.25"),
        Decimal("0.59"),
    )


def test_classes_terms_make_the_school_s_year_and_count_for_class_and_class_teacher(
    assess: Any,
) -> None:
    parties = [
        {"id": "k-1", "kind": "school_class", "class_teacher": "t-1"},
        {"id": "k-2", "kind": "school_class"},
        {"id": "t-1", "kind": "person"},
        {"id": "n-1", "kind": "person", "school_class": "k-1"},
    ]
    records: dict[str, Any] = {
        "class_terms": [{"subject": "k-1", "period": f"2026H{half}"} for half in (1, 2)],
    }
    year = {
        "book": "school/civilized-campus",
        "subject": {"id": "school-1"},
        "period": "2026",
        "parties": parties,
        "records": records,
    }
    whole, *parts = assess(year, term("k-1", 1, 80), term("k-1", 2, 90), term("k-2", 1, 10))
    # Seven routines at the mark, all three judged, cadres every day: 70 × the mark + 18 + 12.
    assert [score(part) for part in parts] == [(86, 86), (93, 93), (37, 37)]
    # The mean of the two terms, 0.895 of 1.44.
    assert points(whole, "class-results") == (Decimal("1.29"), Decimal("1.29"))
    fallen = {
        (one["falls_on"]["id"], *(option for bundle in one["options"] for option in bundle))
        for one in whole["consequences"]
    }
    assert fallen == {
        ("n-1", "counts_for_pupil"),
        ("k-1", "counts_for_class"),
        ("t-1", "counts_for_class_teacher"),
    }
    # Without a list of terms every class is awaited for both: 86, 93 and 37, and one from nothing
    # to all.
    awaited = assess(year | {"records": {}})[0]
    assert points(awaited, "class-results") == (Decimal("0.78"), Decimal("1.14"))
    certain = {(one["falls_on"]["id"], one["certain"]) for one in awaited["consequences"]}
    assert certain == {("n-1", True), ("k-1", True), ("t-1", True), ("k-2", True)}


FROZEN = {
    "departments into a centre": (
        AGENCY,
        "broadcast-centre",
        "assessed_months",
        "department-month",
    ),
    "zones into a quarter": (COMMUNITY, "civility-quarter", "zone_months", "zone-month"),
    "quarters into a year": (
        COMMUNITY,
        "city-after-award",
        "civility_quarters",
        "civility-quarter",
    ),
    "classes into a school": (SCHOOL, "civilized-campus", "class_terms", "class-term"),
}


@pytest.mark.parametrize(("folder", "whole", "register", "part"), FROZEN.values(), ids=FROZEN)
def test_full_examples_hold_what_their_parts_examples_give(
    assess: Any, folder: Path, whole: str, register: str, part: str
) -> None:
    """The rows frozen into a bundled example are those that its parts' bundled examples would fill
    in today.
    """
    case = yaml.load((folder / f"{whole}.yaml").read_text(encoding="utf-8"), Loader=yaml.BaseLoader)  # noqa: S506  # texts alone
    frozen = case["records"][register]
    case["records"][register] = [{key: row[key] for key in ("subject", "period")} for row in frozen]
    filled, *_ = assess(case, folder / f"{part}.yaml")
    alone = assess(folder / f"{whole}.yaml")[0]
    assert filled["score"] == alone["score"]
    assert alone["score"]["low"] == alone["score"]["high"]
    assert list(_figures(filled)) == list(_figures(alone))


def _figures(found: Any) -> Iterator[tuple[str, str, str]]:
    for one in found["findings"]:
        yield one["rule"], one["points"]["low"], one["points"]["high"]
