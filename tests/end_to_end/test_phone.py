"""A form for a phone: checked by pyxform and ODK's validator, and what comes back is gathered."""

from __future__ import annotations

import datetime
import json
import re
import shutil
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
import yaml
from openpyxl import Workbook, load_workbook
from program import Answer, answer
from pyxform.xls2xform import convert

BOOK = """
book: town/street
version: 1.2.0
title: {zh: 街面考评, en: Street review}
sector: town
facts:
  visited: {type: integer, min: 0, max: 99, method: site, title: {zh: 走访点位数, en: Points visited}}
  clean: {type: integer, min: 0, max: visited, method: site, title: {zh: 整洁点位数, en: Clean points}}
  rate: {type: number, min: 0, max: 1, decimals: 3, method: site, title: {zh: 覆盖率, en: Covered}}
  looks: {type: {bad: {zh: 差, en: Bad}, good: {zh: 好, en: Good}}, method: site, title: {zh: 观感, en: Looks}}
  start: {type: boolean, method: site, title: {zh: 已启动, en: Started}}
  满意: {type: survey, title: {zh: 居民满意, en: Residents are content}}
  budget: {type: integer, method: documents}
records:
  holes:
    title: {zh: 破损, en: Damage}
    day: date
    depth: {type: number, decimals: 1, min: 0, method: site}
    kind: {type: [small, large], missing: refused, method: site}
sections: [{id: look, title: {zh: 观感, en: Appearance}, points: 60}, {id: voice, title: {zh: 民意, en: Voice}, points: 40}]
rules:
  - {id: share, title: {zh: 整洁率, en: Clean share}, section: look, points: 20, requires: clean >= 0.9 * visited and rate > 0.5 and start}
  - {id: look-at, title: {zh: 外观, en: Look}, section: look, graded: looks, points: {bad: 0, good: 10}}
  - id: signs
    title: {zh: 公益广告, en: Signs}
    section: look
    method: site
    points: 20
    checklist: [{id: sign-1, title: {zh: 主街有, en: On the main street}}, {id: sign-2, method: documents}]
  - {id: whole, title: {zh: 路面, en: Pavement}, section: look, points: 10, demerit: {over: holes, each: 1}}
  - {id: liked, title: {zh: 满意, en: Content}, section: voice, points: 40, requires: 满意 >= 0.8}
grades: [{id: pass, at_least: 60}, {id: fail, at_least: 0}]
"""
HEAD = {
    "steelyard_book": "town/street@1.2.0",
    "steelyard_unit": "t-1",
    "steelyard_period": "2026",
    "steelyard_day": "2026-05-06",
}


class Desk:
    def __init__(self, folder: Path) -> None:
        self.folder = folder
        (folder / "books").mkdir()
        (folder / "books" / "street.yaml").write_text(BOOK, "utf-8")

    def run(self, *words: str) -> Answer:
        return answer(self.folder, {"STEELYARD_BOOKS": "books"}, *words)

    def put(self, name: str, content: Any) -> None:
        if name.endswith(".xlsx"):
            workbook = Workbook()
            workbook.remove(workbook.worksheets[0])
            for title, rows in content.items():
                sheet = workbook.create_sheet(title)
                for row in rows:
                    sheet.append(row)
            workbook.save(self.folder / name)
            return
        text = content if isinstance(content, str) else json.dumps(content, ensure_ascii=False)
        (self.folder / name).write_text(text, "utf-8")

    def gather(self, *names: str) -> Any:
        ran = self.run("gather", *names, "-o", "case.yaml", "--force")
        assert ran.code == 0, ran.err
        assert "warning" not in ran.err, ran.err
        return self.case()

    def case(self) -> Any:
        text = (self.folder / "case.yaml").read_text("utf-8")
        return yaml.load(text, yaml.BaseLoader)  # noqa: S506  # it makes texts alone


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


@pytest.fixture(scope="module")
def form(tmp_path_factory: pytest.TempPathFactory) -> Path:
    desk = Desk(tmp_path_factory.mktemp("form"))
    ran = desk.run("template", "town/street", "--as", "xlsform", "-o", "form.xlsx")
    assert ran.code == 0, ran.err
    return desk.folder / "form.xlsx"


# The form


@pytest.mark.skipif(shutil.which("java") is None, reason="ODK's validator needs java")
def test_odks_validator_takes_the_form(form: Path) -> None:
    assert convert(xlsform=str(form), validate=True).warnings == []


def test_every_question_has_both_languages_groups_bounds_photo_and_place(form: Path) -> None:
    made = convert(xlsform=str(form))
    root = ElementTree.fromstring(made.xform)  # noqa: S314  # our own
    texts = {
        (one.attrib["lang"], text.attrib["id"]): "".join(text.itertext())
        for one in root.iter("{http://www.w3.org/2002/xforms}translation")
        for text in one
    }
    where = "/data/part_look/part_signs/sign_1"
    assert texts["中文 (zh)", f"{where}:label"] == "主街有"
    assert texts["English (en)", f"{where}:label"] == "On the main street"
    assert texts["English (en)", "/data/part_look:label"] == "Appearance"
    binds = {
        one.attrib["nodeset"]: dict(one.attrib)
        for one in root.iter("{http://www.w3.org/2002/xforms}bind")
    }
    clean = next(value for key, value in binds.items() if key.endswith("/clean"))
    assert clean["type"] == "int"
    bounds = re.sub(r"\s*(?:current\(\))?[./]\S*/visited\s*", " V ", clean["constraint"])
    assert bounds == ". >= 0 and . <= 99 and ( V = '' or . <= V )"
    rate = next(value for key, value in binds.items() if key.endswith("/rate"))
    assert rate["constraint"] == ". >= 0 and . <= 1 and round(., 3) = ."
    # An item of a visit has a photo and a place, once it is answered.
    for beside in ("photo_of_sign_1", "place_of_sign_1", "photo_of_visited", "place_of_looks"):
        bind = next(value for key, value in binds.items() if key.endswith(f"/{beside}"))
        assert "!= ''" in bind["relevant"]
    # A questionnaire asks what each person thinks, and nothing of the visit.
    assert "'visit'" in binds["/data/part_look"]["relevant"]
    assert "'answer'" in binds["/data/part_answers"]["relevant"]
    names = {key.rpartition("/")[2] for key in binds}
    assert {"budget", "sign_2"} & names == set()
    # A server calls one of its own columns so.
    assert {"start"} & names == set()
    assert "start_2" in names


def test_the_form_is_the_same_every_time_and_has_repeats(form: Path, desk: Desk) -> None:
    desk.run("template", "town/street", "--as", "xlsform", "-o", "form.xlsx")
    assert (desk.folder / "form.xlsx").read_bytes() == form.read_bytes()
    rows = [
        tuple(cell.value or "" for cell in row)[:2]
        for row in load_workbook(form)["survey"].iter_rows()
    ]
    assert ("begin_repeat", "holes") in rows
    assert ("select_one of_kind", "kind") in rows


def test_a_book_that_shows_nothing_on_a_phone_is_refused(desk: Desk) -> None:
    text = BOOK.replace("method: site", "method: documents").replace(
        "type: survey", "type: boolean"
    )
    desk.put("books/street.yaml", text.replace("满意 >= 0.8", "满意"))
    ran = desk.run("template", "town/street", "--as", "xlsform", "-o", "form.xlsx")
    assert (ran.code, ran.out) == (2, "")
    assert ran.err == "error: form.xlsx: town/street@1.2.0 shows nothing on site or by a survey\n"


# What comes back

CENTRAL_CSV = {
    "form.csv": (
        "SubmissionDate,steelyard_day,steelyard_book,steelyard_unit,steelyard_period,steelyard_by,steelyard_kind,"
        "part_more-visited,part_more-place_of_visited-Latitude,part_more-place_of_visited-Longitude,"
        "part_more-place_of_visited-Altitude,part_more-place_of_visited-Accuracy,part_look-part_signs-sign_1,"
        "part_look-part_signs-photo_of_sign_1,meta-instanceID,KEY,SubmitterName,ReviewState,Edits\n"
        "2026-05-06T08:00:00Z,2026-05-06,town/street@1.2.0,t-1,2026,某甲,visit,12,30.25,120.15,9.0,4.5,yes,1715.jpg,"
        "uuid:s-1,uuid:s-1,phone 3,,0\n"
    ),
    "form-holes.csv": (
        "day,depth,kind,photo_of_holes,place_of_holes-Latitude,place_of_holes-Longitude,PARENT_KEY,KEY\n"
        "2026-05-06,1.5,small,h1.jpg,30.5,120.5,uuid:s-1,uuid:s-1/list_holes/holes[1]\n"
        ",,large,,,,uuid:s-1,uuid:s-1/list_holes/holes[2]\n"
    ),
}
CENTRAL_JSON = {
    "value": [
        {
            "__id": "uuid:s-1",
            **HEAD,
            "steelyard_by": "某甲",
            "steelyard_kind": "visit",
            "part_more": {
                "visited": 12,
                "place_of_visited": {"type": "Point", "coordinates": [120.15, 30.25, 9.0], "properties": {"accuracy": 4.5}},
                "clean": None,
            },
            "part_look": {"part_signs": {"sign_1": "yes", "photo_of_sign_1": "1715.jpg"}},
            "list_holes": {
                "holes": [
                    {"__id": "x", "day": "2026-05-06", "depth": 1.5, "kind": "small", "photo_of_holes": "h1.jpg",
                     "place_of_holes": {"type": "Point", "coordinates": [120.5, 30.5]}},
                    {"__id": "y", "kind": "large"},
                ]
            },
            "meta": {"instanceID": "uuid:s-1", "instanceName": None},
            "__system": {"submissionDate": "2026-05-06T08:00:00Z", "submitterName": "phone 3", "reviewState": None},
        }
    ]
}  # fmt: skip
KOBO_JSON = {
    "count": 1,
    "results": [
        {
            "_id": 7,
            "_uuid": "s-1",
            "formhub/uuid": "f",
            **HEAD,
            "steelyard_by": "某甲",
            "steelyard_kind": "visit",
            "part_more/visited": "12",
            "part_more/place_of_visited": "30.25 120.15 9.0 4.5",
            "part_look/part_signs/sign_1": "yes",
            "part_look/part_signs/photo_of_sign_1": "1715.jpg",
            "list_holes/holes": [
                {"list_holes/holes/day": "2026-05-06", "list_holes/holes/depth": "1.5", "list_holes/holes/kind": "small",
                 "list_holes/holes/photo_of_holes": "h1.jpg", "list_holes/holes/place_of_holes": "30.5 120.5 0 0"},
                {"list_holes/holes/kind": "large"},
            ],
            "meta/instanceID": "uuid:s-1",
            "_attachments": [{"filename": "u/1715.jpg"}],
            "_geolocation": [30.25, 120.15],
            "_validation_status": {},
        }
    ],
}  # fmt: skip
KOBO_HEADS = ("steelyard_day", "steelyard_book", "steelyard_unit", "steelyard_period", "steelyard_by", "steelyard_kind",
              "visited", "place_of_visited", "_place_of_visited_latitude", "_place_of_visited_longitude", "sign_1",
              "photo_of_sign_1", "_id", "_uuid", "_validation_status", "_submitted_by", "_index")  # fmt: skip
KOBO_ROW = ("2026-05-06", "town/street@1.2.0", "t-1", "2026", "某甲", "visit", "12", "30.25 120.15 9.0 4.5", "30.25", "120.15",
            "yes", "1715.jpg", "7", "s-1", None, "phone 3", "1")  # fmt: skip
KOBO_REPEAT = (
    "day",
    "depth",
    "kind",
    "photo_of_holes",
    "place_of_holes",
    "_index",
    "_parent_table_name",
    "_parent_index",
)
KOBO_ROWS = (
    ("2026-05-06", "1.5", "small", "h1.jpg", "30.5 120.5 0 0", "1", "Street review", "1"),
    (None, None, "large", None, None, "2", "Street review", "1"),
)
KOBO_XLSX = {
    "Street review": [KOBO_HEADS, KOBO_ROW],
    "holes": [
        (*KOBO_REPEAT, "_submission__id", "_submission__uuid"),
        *((*row, "7", "s-1") for row in KOBO_ROWS),
    ],
}
# As "store numbers and dates as text" is off, groups stand in the headings, and rows name their
# submission by its number alone.
KOBO_TYPED = {
    "Street review": [
        [{"visited": "part_more/visited"}.get(one, one) for one in KOBO_HEADS],
        [{"2026-05-06": datetime.date(2026, 5, 6), "12": 12, "1": 1}.get(str(one), one) for one in KOBO_ROW],
    ],
    "holes": [
        [f"list_holes/holes/{one}" if one[0] != "_" else one for one in KOBO_REPEAT],
        [datetime.date(2026, 5, 6), 1.5, *KOBO_ROWS[0][2:5], 1, "Street review", 1],
        [*KOBO_ROWS[1][:5], 2, "Street review", 1],
    ],
}  # fmt: skip
SHOWN = {
    "method": "site",
    "date": "2026-05-06",
    "by": "某甲",
}


EXPORTS = {
    "ODK Central, tables": CENTRAL_CSV,
    "ODK Central, JSON": {"form.json": CENTRAL_JSON},
    "KoboToolbox, JSON": {"form.json": KOBO_JSON},
    "KoboToolbox, workbook": {"form.xlsx": KOBO_XLSX},
    "KoboToolbox, workbook of numbers and dates": {"form.xlsx": KOBO_TYPED},
}


@pytest.mark.parametrize("files", EXPORTS.values(), ids=EXPORTS)
def test_a_visit_comes_back_with_its_id_place_photo_and_records(desk: Desk, files: Any) -> None:
    for name, content in files.items():
        desk.put(name, content)
    case = desk.gather(*files)
    assert case["facts"]["visited"] == {"value": "12", **SHOWN, "source": "s-1 @ 30.25 120.15"}
    assert case["facts"]["sign-1"] == {
        "value": "yes",
        **SHOWN,
        "source": "s-1",
        "files": ["1715.jpg"],
    }
    assert {name for name, value in case["facts"].items() if value} == {"visited", "sign-1"}
    assert case["records"]["holes"] == {
        "complete": "false",
        "rows": [
            {
                "id": "s-1-1", "day": "2026-05-06", "depth": "1.5", "kind": "small",
                "evidence": {**SHOWN, "source": "s-1 @ 30.5 120.5", "files": ["h1.jpg"]},
            },
            {"id": "s-1-2", "kind": "large", "evidence": {**SHOWN, "source": "s-1"}},
        ],
    }  # fmt: skip
    # What is gathered is weighed.
    ran = desk.run("assess", "case.yaml", "--no-save", "--format", "json")
    assert ran.code == 0, ran.err


def answers(count: int, content: int) -> list[dict[str, str]]:
    return [
        {
            **HEAD,
            "_uuid": f"a-{number}",
            "steelyard_kind": "answer",
            "part_answers/u6ee1u610f": str(number < content).lower(),
        }
        for number in range(count)
    ]


def test_many_answers_become_one_survey_with_its_count(desk: Desk) -> None:
    listed = answers(20, 17)
    # One has not answered; the others are given twice, in two exports.
    listed.append({**HEAD, "_uuid": "a-x", "steelyard_kind": "answer"})
    desk.put("one.json", listed)
    desk.put("two.json", {"results": listed[5:]})
    case = desk.gather("one.json", "two.json")
    assert case["facts"]["满意"] == {
        "positive": "17",
        "asked": "20",
        "method": "survey",
        "source": "问卷 20 份 (20 submissions)",
        "date": "2026-05-06",
        "by": "one",
    }


def test_two_visits_that_differ_are_a_conflict(desk: Desk) -> None:
    visits = [
        {**HEAD, "_uuid": one, "steelyard_by": one, "steelyard_kind": "visit", "part/looks": looks}
        for one, looks in (("v-1", "good"), ("v-2", "bad"))
    ]
    desk.put("v.json", visits)
    ran = desk.run("gather", "v.json", "-o", "case.yaml", "--format", "json")
    (conflict,) = json.loads(ran.out)["conflicts"]
    assert [(one["value"], one["by"]) for one in conflict["said"]] == [
        ("good", "v-1"),
        ("bad", "v-2"),
    ]


ONE = {**HEAD, "_uuid": "v-1", "steelyard_kind": "visit", "part/looks": "good"}
WRONG = {
    "an answer out of its range": ({**ONE, "part/visited": "100"}, "facts.visited", "above the most allowed, 99"),
    "a question of nobody's": ({**ONE, "part/smell": "bad"}, "v.json: [1]: part/smell", "`smell` is no question of the form for town/street@1.2.0"),
    "no id": ({key: value for key, value in ONE.items() if key != "_uuid"}, "v.json: [1]", "the submission has no id"),
    "another book": ({**ONE, "steelyard_book": "town/none@1"}, "v.json: [1]", "town/none"),
    "rows left out of the export": (
        {**ONE, "holes@odata.navigationLink": "x"}, "v.json: [1]",
        "the rows of `holes` are not in the export: ask for it with `$expand=*`",
    ),
    "neither yes nor no": (
        {**HEAD, "_uuid": "a", "steelyard_kind": "answer", "u6ee1u610f": "maybe"}, "v.json", "`maybe` is neither true nor false",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("entry", "place", "said"), WRONG.values(), ids=WRONG)
def test_what_cannot_be_taken_is_refused_with_its_place(
    desk: Desk, entry: Any, place: str, said: str
) -> None:
    desk.put("v.json", [entry])
    ran = desk.run("gather", "v.json", "-o", "case.yaml")
    assert (ran.code, ran.out) == (2, "")
    (line,) = ran.err.splitlines()
    assert place in line
    assert said in line
    assert not (desk.folder / "case.yaml").exists()


def test_a_submission_that_says_two_things_is_refused_and_a_rejected_one_is_named(
    desk: Desk,
) -> None:
    desk.put("a.json", [ONE])
    desk.put("b.json", [{**ONE, "part/looks": "bad"}])
    ran = desk.run("gather", "a.json", "b.json", "-o", "case.yaml")
    assert ran.code == 2
    assert "submission `v-1` says otherwise at a.json: [1]: keep the newer" in ran.err
    out = {
        **ONE,
        "_uuid": "v-2",
        "part/looks": "bad",
        "_validation_status": {"uid": "validation_status_not_approved"},
    }
    desk.put("b.json", [out])
    ran = desk.run("gather", "a.json", "b.json", "-o", "case.yaml")
    assert ran.code == 0
    assert "submission `v-2` was rejected, and is passed over" in ran.err
    assert desk.case()["facts"]["looks"]["value"] == "good"
    ran = desk.run("gather", "b.json", "-o", "none.yaml")
    assert (ran.code, ran.err.splitlines()[-1]) == (
        2,
        "error: none.yaml: there is nothing to gather",
    )


def test_tables_without_the_rows_of_a_register_are_named(desk: Desk) -> None:
    desk.put("form.csv", CENTRAL_CSV["form.csv"])
    ran = desk.run("gather", "form.csv", "-o", "case.yaml")
    assert ran.code == 0
    assert "no row of `holes` came with these tables" in ran.err
    desk.put("form-holes.csv", CENTRAL_CSV["form-holes.csv"].replace("uuid:s-1,", "uuid:s-9,"))
    ran = desk.run("gather", "form.csv", "form-holes.csv", "-o", "case.yaml", "--force")
    assert ran.code == 2
    assert "submission `s-9` of this row is not there" in ran.err


def test_kobotoolboxs_table_has_the_answers_and_names_the_rows_that_it_leaves_out(
    desk: Desk,
) -> None:
    lines = (";".join(f'"{one or ""}"' for one in row) for row in (KOBO_HEADS, KOBO_ROW))
    desk.put("form.csv", "\n".join(lines))
    ran = desk.run("gather", "form.csv", "-o", "case.yaml")
    assert ran.code == 0, ran.err
    assert desk.case()["facts"]["visited"]["value"] == "12"
    assert "KoboToolbox gives repeats in .xlsx and JSON alone" in ran.err


def test_a_sheet_whose_name_was_cut_is_the_register_of_that_beginning(desk: Desk) -> None:
    name = "damage_to_the_surface_of_the_road"
    desk.put("books/street.yaml", BOOK.replace("holes", name))
    heads = [one.replace("holes", name) for one in KOBO_REPEAT]
    answers = {"Street review": KOBO_XLSX["Street review"]}
    desk.put("form.xlsx", {**answers, f"{name[:28]}...": [heads, *KOBO_ROWS]})
    rows = desk.gather("form.xlsx")["records"][name]["rows"]
    assert [one["kind"] for one in rows] == ["small", "large"]


def test_a_submission_of_a_workbook_that_was_not_approved_is_passed_over(desk: Desk) -> None:
    rejected = [
        "validation_status_not_approved" if head == "_validation_status" else said
        for head, said in zip(KOBO_HEADS, KOBO_ROW, strict=True)
    ]
    desk.put("form.xlsx", {**KOBO_XLSX, "Street review": [KOBO_HEADS, rejected]})
    desk.put("a.json", [ONE])
    ran = desk.run("gather", "form.xlsx", "a.json", "-o", "case.yaml")
    assert ran.code == 0, ran.err
    assert "submission `s-1` was rejected, and is passed over" in ran.err
    assert "visited" not in {key for key, value in desk.case()["facts"].items() if value}
