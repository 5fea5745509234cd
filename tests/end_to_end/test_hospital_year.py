"""The year of a hospital, by the program alone: ten offices fill in their workbooks, what comes back
is gathered, a form goes through the street, and the whole is weighed.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml
from asked import in_full
from clerks import Clerk
from program import Answer, answer

import steelyard

BOOK = "hospital/nine-prohibitions"
BASE = steelyard.load_book(BOOK)
TICKS = {fact.id for fact in BASE.collected if fact.origin == "item" and fact.method != "site"}
OFFICES = {key: title.zh for key, title in BASE.offices.items()}
LATE, MISSING = "leading_group", "group_office_set_up"
# Whose the register of breaches is.
INSPECTION = "discipline"


class Year:
    """A folder in which the hospital keeps its year."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def run(self, *words: str) -> Answer:
        ran = answer(self.folder, {}, *words)
        assert ran.code == 0, f"{words}\n{ran.err}"
        return ran

    def gather(self, *words: str) -> tuple[Mapping[str, Any], Mapping[str, Any]]:
        """Gather into case.yaml; return the account, and the case as written."""
        ran = self.run("gather", *words, "-o", "case.yaml", "--force", "--format", "json")
        text = (self.folder / "case.yaml").read_text("utf-8")
        return json.loads(ran.out), yaml.load(text, yaml.BaseLoader)  # noqa: S506  # texts alone


@pytest.fixture
def year(tmp_path: Path) -> Year:
    return Year(tmp_path)


def asked(clerk: Clerk) -> list[str]:
    """Return the ids of the facts that a workbook asks for."""
    at = clerk.first("facts")
    return [
        str(cell.value)
        for cell in clerk.sheet("facts")["B"][at - 1 :]
        if clerk.sheet("facts").cell(cell.row, 3).value
    ]


def fill(year: Year) -> dict[str, list[str]]:
    """Fill in every workbook; return what each asks."""
    found = {}
    shown = year.folder / "shown"
    shown.mkdir()
    for path in sorted((year.folder / "out").iterdir()):
        clerk = Clerk(path)
        clerk.case(subject__id="h-001", subject__name="某市第一医院", period="2026")
        found[path.stem] = asked(clerk)
        for name in found[path.stem]:
            if name in TICKS:
                clerk.fact(name, "是", files=f"{name}.pdf")
                if name != MISSING:
                    (shown / f"{name}.pdf").write_bytes(name.encode())
        if path.stem == INSPECTION:
            clerk.row("party:person", 0, id="p-1", role="physician")
            clerk.row(
                "register:breaches",
                0,
                id="b-1",
                date="2026-03-04",
                prohibition=8,
                person="p-1",
                verified="是",
            )
            clerk.complete("breaches")
        if "medical_staff" in found[path.stem]:
            clerk.fact("medical_staff", 800)
        clerk.save()
    return found


@in_full
def test_a_year_of_ten_offices(year: Year) -> None:
    # Handed out: one for each office, and one for what nobody owns.
    year.run("template", BOOK, "--by", "office", "-o", "out")
    sheets = fill(year)
    assert set(sheets) <= {*OFFICES, "unassigned"}
    assert len(sheets) > 10
    facts = [one for some in sheets.values() for one in some]
    # Every fact stands in one workbook, and none is left out.
    assert sorted(facts) == sorted(fact.id for fact in BASE.collected)
    # Two hands fill in one thing otherwise: the number of staff, and the day of a breach.
    whose = next(key for key, some in sheets.items() if "medical_staff" in some)
    clerk = Clerk(year.folder / "out" / f"{whose}.xlsx")
    clerk.fact("medical_staff", 812)
    clerk.case(by="后勤处")
    clerk.save(year.folder / "out" / "second.xlsx")
    clerk = Clerk(year.folder / "out" / f"{INSPECTION}.xlsx")
    clerk.row("register:breaches", 0, date="2026-03-09")
    clerk.case(by="医务科")
    clerk.save(year.folder / "out" / "third.xlsx")
    late = year.folder / "out" / f"{LATE}.xlsx"
    late.rename(year.folder / late.name)

    account, first = year.gather("out")
    told = {
        one["what"]: (one["kept"], [said["by"] for said in one["said"]])
        for one in account["conflicts"]
    }
    assert told == {
        "facts.medical_staff": ("800..812", ["后勤处", whose]),
        "records.breaches.b-1.date": ("2026-03-04..2026-03-09", [OFFICES[INSPECTION], "医务科"]),
    }
    # Those of whom only figures are asked have filled in nothing yet, and so has the late one.
    silent = {key for key, some in sheets.items() if key in OFFICES and not TICKS & {*some}}
    silent -= {INSPECTION, whose}
    awaited = {one["zh"] for one in account["nothing_from"]}
    assert awaited == {OFFICES[one] for one in silent | {LATE}}
    (breach,) = first["records"]["breaches"]["rows"]
    assert breach["prohibition"] == "8"
    assert first["records"]["breaches"]["complete"] == "true"

    # The late one comes: only what it asks for is new.
    (year.folder / late.name).rename(late)
    account, second = year.gather("out")
    assert {one["zh"] for one in account["nothing_from"]} == {OFFICES[one] for one in silent}
    new = {name for name in second["facts"] if second["facts"][name] != first["facts"][name]}
    assert new == {name for name in sheets[LATE] if name in TICKS}
    assert {key: value for key, value in second.items() if key != "facts"} == {
        key: value for key, value in first.items() if key != "facts"
    }

    # Through the street: what is seen on site, and what the public says.
    year.run("template", BOOK, "--as", "xlsform", "-o", "form.xlsx")
    head = {
        "steelyard_book": f"{BOOK}@{BASE.version}",
        "steelyard_unit": "h-001",
        "steelyard_period": "2026",
    }
    visit = {**head, "_uuid": "v-1", "steelyard_by": "某甲", "steelyard_kind": "visit", "steelyard_day": "2026-06-01",
             "part/tipoff_boxes_set_up": "yes", "part/photo_of_tipoff_boxes_set_up": "box.jpg"}  # fmt: skip
    answers = [
        {
            **head,
            "_uuid": f"a-{one}",
            "steelyard_kind": "answer",
            "part/satisfaction": str(one < 47).lower(),
        }
        for one in range(50)
    ]
    (year.folder / "out" / "street.json").write_text(json.dumps([visit, *answers]), "utf-8")
    (year.folder / "shown" / "box.jpg").write_bytes(b"a box")
    account, third = year.gather("out")
    assert third["facts"]["tipoff_boxes_set_up"]["files"] == ["box.jpg"]
    survey = third["facts"]["satisfaction"]
    assert (survey["positive"], survey["asked"]) == ("47", "50")

    # Weighed: the paper that is not there is named, and the rest is kept by its digest.
    ran = year.run("assess", "case.yaml", "--evidence", "shown", "--format", "json")
    notes = [one["en"] for one in json.loads(ran.out)["notes"]]
    assert notes == [f"case.yaml: facts.{MISSING}: `{MISSING}.pdf` is not in shown"]
    found = json.loads(ran.out)
    kickbacks = next(one for one in found["findings"] if one["rule"] == "kickbacks")
    # One verified breach of nine points at three each, whichever of the two days it was.
    assert kickbacks["points"] == {"low": "6.00", "high": "6.00", "full": "9.00"}
    assert found["period"] == "2026"

    # Due: the stages run in February, March and April, and May; nothing of them has been shown.
    days = {"2026-02-28": "not_shown", "2026-04-30": "due", "2026-05-31": "coming"}
    for on, wanted in (("2026-03-10", days), ("2026-12-31", dict.fromkeys(days, "not_shown"))):
        listed = json.loads(year.run("due", "case.yaml", "--on", on, "--format", "json").out)[
            "deadlines"
        ]
        stood = {one["by"]: one["state"] for one in listed if one["by"] and one["done"] is None}
        assert stood == wanted

    # Told: a report that opens without a network.
    year.run("report", "case.yaml", "-o", "report.html")
    page = (year.folder / "report.html").read_text("utf-8")
    assert "某市第一医院" in page
    assert f"{MISSING}.pdf" in page
