"""Two assessors of the same units: where they differ, and how far they agree beyond chance."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from program import Answer, answer

BOOK = """
book: town/two
version: 1.0.0
title: {zh: 双评, en: Two eyes}
sector: town
facts:
  staff: {type: integer, title: {zh: 人数, en: Staff}}
  tidy: {type: {bad: {zh: 差, en: Bad}, fair: {zh: 中, en: Fair}, good: {zh: 好, en: Good}}, ordered: true}
  remark: text
parties: {person: {title: {zh: 人员, en: Person}, role: {type: {head: {zh: 负责人, en: Head}, clerk: {zh: 职员, en: Clerk}}, title: {zh: 职务, en: Role}}}}
records: {faults: {title: {zh: 问题, en: Faults}, seen: boolean}}
sections: [{id: all, points: 100}]
rules:
  - {id: ticks, title: {zh: 清单, en: Ticks}, section: all, points: 50, checklist: [{id: a}, {id: b}, {id: c}, {id: d}]}
  - {id: size, title: {zh: 规模, en: Size}, section: all, points: 10, requires: staff > 5}
  - {id: neat, title: {zh: 整洁, en: Neat}, section: all, graded: tidy, points: {bad: 0, fair: 5, good: 10}}
  - {id: spotless, section: all, points: 30, demerit: {over: faults, when: seen, each: 3}}
grades: [{id: pass, at_least: 60}, {id: fail, at_least: 0}]
"""
HEAD = 'book: town/two\nsubject: {id: t-1}\nperiod: "2026"\n'


class Desk:
    def __init__(self, folder: Path) -> None:
        self.folder = folder
        (folder / "books").mkdir()
        (folder / "books" / "two.yaml").write_text(BOOK, "utf-8")

    def put(self, name: str, text: str) -> None:
        (self.folder / name).write_text(text, "utf-8")

    def run(self, *words: str) -> Answer:
        return answer(self.folder, {"STEELYARD_BOOKS": "books"}, "agree", *words)

    def agree(self, *words: str) -> Any:
        ran = self.run(*words, "--format", "json")
        assert ran.code == 0, ran.err
        return json.loads(ran.out)


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


def test_what_differs_is_listed_with_both_places_and_alpha_is_worked_out(desk: Desk) -> None:
    desk.put("one.yaml", HEAD + "facts:\n  a: yes\n  b: yes\n  c: no\n  d: no\n  staff: 8\n")
    desk.put(
        "two.yaml",
        HEAD + "facts:\n  a: yes\n  b: no\n  c: no\n  d: no\n  tidy: fair\n  staff: '8'\n",
    )
    found = desk.agree("one.yaml", "two.yaml")
    assert [
        (one["what"], one["one"], one["other"], one["place_one"], one["place_other"])
        for one in found["differences"]
    ] == [
        ("facts.tidy", "", "fair", "one.yaml", "two.yaml:9"),
        ("facts.b", "yes", "no", "one.yaml:6", "two.yaml:6"),
    ]
    rules = {one["rule"]: one for one in found["rules"]}
    # Of 8 values 3 are yes and 5 no; observed disagreement 2/8, expected 2*3*5/(8*7): 1 - 0.25/0.5357.
    assert (rules["ticks"]["both"], rules["ticks"]["same"], rules["ticks"]["alpha"]) == (
        4,
        3,
        "0.533",
    )
    assert (rules["size"]["both"], rules["size"]["alpha"]) == (1, None)
    assert (rules["neat"]["both"], rules["neat"]["alpha"]) == (0, None)
    text = desk.run("one.yaml", "two.yaml").out.splitlines()
    assert "ticks (Ticks): 3 of 4 the same; alpha 0.533 (nominal scale)" in text
    assert text[-1].startswith("units: 1, differences: 2; all together: 4 of 5 the same; alpha ")


def test_over_many_units_a_figure_has_its_own_scale(desk: Desk) -> None:
    head = "book,subject.id,period,staff,tidy\n"
    pairs = [(1, 1, "bad", "bad"), (2, 2, "fair", "good"), (3, 4, "good", "good")]
    for name, at in (("one.csv", 0), ("two.csv", 1)):
        rows = [
            f"town/two,t-{number},2026,{row[at]},{row[2 + at]}\n"
            for number, row in enumerate(pairs)
        ]
        desk.put(name, head + "".join(rows))
    found = desk.agree("one.csv", "two.csv")
    rules = {one["rule"]: one for one in found["rules"]}
    # Within the units the squared differences are 0, 0 and 1: observed 2*1/6. The 15 pairs among 1 1 2 2 3 4
    # have 41 in squares: expected 2*41/(6*5).
    assert (rules["size"]["level"], rules["size"]["alpha"]) == (
        "interval",
        f"{1 - (1 / 3) / (41 / 15):.3f}",
    )
    assert rules["neat"]["level"] == "ordinal"
    assert found["units"] == 3


def test_records_are_known_by_their_ids(desk: Desk) -> None:
    desk.put("one.yaml", HEAD + "records: {faults: [{id: f-1, seen: yes}, {id: f-2, seen: yes}]}\n")
    desk.put("two.yaml", HEAD + "records: {faults: [{id: f-2, seen: no}]}\n")
    found = desk.agree("one.yaml", "two.yaml")
    assert [(one["what"], one["one"], one["other"]) for one in found["differences"]] == [
        ("records.faults.f-1", "f-1", ""),
        ("records.faults.f-2.seen", "true", "false"),
    ]


PARTY = "parties:\n  - {id: p-1, kind: person, name: 某甲, role: head}\n"
WAIVER = "waivers:\n  - {rule: size, authority: 县, until: 2026-12-31}\n"
OTHERWISE = {
    "a party that one names": (PARTY, "", [("parties.p-1", "p-1", "", "one.yaml:5", "two.yaml")]),
    "a field of a party": (
        PARTY, PARTY.replace("head", "clerk"),
        [("parties.p-1.role", "head", "clerk", "one.yaml:5", "two.yaml:5")],
    ),
    "a field that one leaves open": (
        PARTY, PARTY.replace(", role: head", ""), [("parties.p-1.role", "head", "", "one.yaml:5", "two.yaml:5")],
    ),
    "the name of a party": (
        PARTY, PARTY.replace("某甲", "某乙"), [("parties.p-1.name", "某甲", "某乙", "one.yaml:5", "two.yaml:5")],
    ),
    "a waiver that one gives": ("", WAIVER, [("waivers.size", "", "size", "one.yaml", "two.yaml:5")]),
    "a waiver of another day": (
        WAIVER, WAIVER.replace("12-31", "06-30"),
        [("waivers.size.until", "2026-12-31", "2026-06-30", "one.yaml:5", "two.yaml:5")],
    ),
    "a waiver of another authority": (
        WAIVER, WAIVER.replace("县", "市"), [("waivers.size.authority", "县", "市", "one.yaml:5", "two.yaml:5")],
    ),
    "the day as of which it stands": (
        "as_of: 2026-10-01\n", "", [("as_of", "2026-10-01", "2026-12-31", "one.yaml:4", "two.yaml")],
    ),
    "a file of another content": (
        f"files: {{a.pdf: {'a' * 64}}}\n", f"files: {{a.pdf: {'b' * 64}}}\n",
        [("files.a.pdf", f"sha256:{'a' * 64}", f"sha256:{'b' * 64}", "one.yaml:4", "two.yaml:4")],
    ),
    "the same, written otherwise": (PARTY + WAIVER, WAIVER + PARTY, []),
}  # fmt: skip


@pytest.mark.parametrize(("one", "other", "expected"), OTHERWISE.values(), ids=OTHERWISE)
def test_all_else_that_a_case_says_is_compared_too(
    desk: Desk, one: str, other: str, expected: list[tuple[str, ...]]
) -> None:
    desk.put("one.yaml", HEAD + one)
    desk.put("two.yaml", HEAD + other)
    found = desk.agree("one.yaml", "two.yaml")["differences"]
    keys = ("what", "one", "other", "place_one", "place_other")
    assert [tuple(each[key] for key in keys) for each in found] == expected


def test_what_is_said_of_a_party_is_told_by_its_titles(desk: Desk) -> None:
    desk.put("one.yaml", HEAD + PARTY)
    desk.put("two.yaml", HEAD + PARTY.replace("head", "clerk"))
    assert desk.run("one.yaml", "two.yaml", "--lang", "zh").out.splitlines()[:3] == [
        "t-1：parties.p-1.role（职务）",
        "  负责人 · one.yaml:5",
        "  职员 · two.yaml:5",
    ]


def test_another_name_of_the_unit_is_told(desk: Desk) -> None:
    for name, said in (("one.yaml", "某镇"), ("two.yaml", "别镇")):
        desk.put(name, HEAD.replace("{id: t-1}", f"{{id: t-1, name: {said}}}"))
    (found,) = desk.agree("one.yaml", "two.yaml")["differences"]
    assert (found["what"], found["one"], found["other"]) == ("subject.name", "某镇", "别镇")


WRONG = {
    "no unit in common": (HEAD.replace("t-1", "t-2"), "error: two.yaml: has no unit and period in common with one.yaml"),
    "a fault": (HEAD + "facts: {aa: yes}\n", "error: two.yaml:4: facts.aa: unknown fact `aa`; did you mean `tidy`?"),
}  # fmt: skip


@pytest.mark.parametrize(("text", "line"), WRONG.values(), ids=WRONG)
def test_what_cannot_be_compared_is_refused(desk: Desk, text: str, line: str) -> None:
    desk.put("one.yaml", HEAD)
    desk.put("two.yaml", text)
    ran = desk.run("one.yaml", "two.yaml")
    assert (ran.code, ran.out) == (2, "")
    assert ran.err.splitlines()[0].partition("; did")[0] == line.partition("; did")[0]


def test_what_differs_is_told_in_the_readers_language_and_stands_in_a_line(desk: Desk) -> None:
    rows = "records:\n  faults:\n    complete: {}\n    rows:\n      - {{id: f-1, seen: {}}}\n"
    desk.put("one.yaml", HEAD + "facts: {tidy: bad..fair}\n" + rows.format("true", "true"))
    desk.put("two.yaml", HEAD + "facts: {tidy: good}\n" + rows.format("false", "no"))
    assert desk.run("one.yaml", "two.yaml", "--lang", "zh").out.splitlines()[:9] == [
        "t-1：facts.tidy（tidy）",
        "  差..中 · one.yaml:4",
        "  好 · two.yaml:4",
        "t-1：records.faults.complete（问题）",
        "  是 · one.yaml:6",
        "  否 · two.yaml:6",
        "t-1：records.faults.f-1.seen（seen）",
        "  是 · one.yaml:9",
        "  否 · two.yaml:9",
    ]


def test_parts_of_two_wholes_that_bear_one_id_are_not_one_unit(desk: Desk) -> None:
    for name, whole in (("one.yaml", "h-1"), ("two.yaml", "h-2")):
        desk.put(name, HEAD.replace("{id: t-1}", f"{{id: t-1, part_of: {whole}}}") + "facts: {}\n")
    ran = desk.run("one.yaml", "two.yaml")
    assert (ran.code, ran.err) == (
        2,
        "error: two.yaml: has no unit and period in common with one.yaml\n",
    )
