"""Many hands fill in one case: what agrees is one, what differs is left open and told, and nothing
is lost.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml
from clerks import Clerk
from program import Answer, answer

BOOK = """
book: town/hands
version: 1.0.0
title: {zh: 镇机关考核, en: Town office review}
sector: town
offices:
  people: {zh: 人事科, en: Personnel}
  money: {zh: 财务科, en: Finance}
  works: {zh: 后勤科, en: Works}
facts:
  staff: {type: integer, min: 1, title: {zh: 职工数, en: Staff}, responsible: people}
  trained: {type: integer, min: 0, max: staff, title: {zh: 已培训, en: Trained}, responsible: people}
  content: {type: survey, method: survey, title: {zh: 群众满意, en: Content}}
  tidy: {type: {bad: {zh: 差, en: Bad}, fair: {zh: 中, en: Fair}, good: {zh: 好, en: Good}}, ordered: true,
    method: site, title: {zh: 环境, en: Tidiness}, responsible: works}
parties:
  person: {role: [leader, clerk]}
records:
  faults:
    title: {zh: 问题, en: Faults}
    responsible: works
    dated: day
    day: date
    person: {type: person, missing: none}
    weight: {type: number, decimals: 1, min: 0, max: 9}
    kind: {type: [small, large], missing: refused}
    seen: boolean
sections: [{id: all, points: 100}]
rules:
  - {id: training, section: all, points: 20, requires: trained >= 0.9 * staff}
  - id: ticks
    section: all
    points: 30
    responsible: money
    method: documents
    checklist: [{id: first, title: {zh: 公开, en: Published}}, {id: second}, {id: seen-door, method: site, responsible: works}]
  - {id: spotless, section: all, points: 20, method: site, demerit: {over: faults, when: seen, each: 3}}
  - {id: neat, section: all, graded: tidy, points: {bad: 0, fair: 5, good: 10}}
  - {id: liked, section: all, points: 10, requires: content >= 0.8}
  - {id: papers, section: all, points: 10, stage: start, responsible: people}
stages: [{id: start, window: {months: [2]}, deliverables: [{id: plan, title: {zh: 方案, en: Plan}}]}]
grades: [{id: pass, at_least: 60}, {id: fail, at_least: 0}]
"""
HEAD = 'book: town/hands\nsubject: {id: t-1, name: 某镇}\nperiod: "2026"\n'
PEOPLE = "parties: [{id: p-1, kind: person, role: clerk, name: 某甲}]\n"


class Desk:
    """A folder with the book, where returns come in and are gathered."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        (folder / "books").mkdir()
        (folder / "books" / "hands.yaml").write_text(BOOK, "utf-8")

    def put(self, name: str, body: str, *, head: str = HEAD) -> Path:
        path = self.folder / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(head + body, "utf-8")
        return path

    def run(self, *words: str) -> Answer:
        return answer(self.folder, {"STEELYARD_BOOKS": "books"}, *words)

    def gather(self, *words: str, to: str = "case.yaml") -> Any:
        """Gather, and return the account in JSON and the case as written."""
        ran = self.run("gather", *words, "-o", to, "--force", "--format", "json")
        assert ran.code == 0, ran.err
        return json.loads(ran.out), self.case(to)

    def case(self, name: str) -> Any:
        """Return a YAML case as YAML alone reads it, texts kept."""
        if not name.endswith(".yaml"):
            return None
        return yaml.load((self.folder / name).read_text("utf-8"), yaml.BaseLoader)  # noqa: S506  # it makes texts alone

    def refused(self, *words: str, to: str = "case.yaml") -> list[str]:
        ran = self.run("gather", *words, "-o", to)
        assert (ran.code, ran.out) == (2, ""), ran.out + ran.err
        assert not (self.folder / to).exists()
        return ran.err.splitlines()


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


def said(conflict: Mapping[str, Any]) -> list[tuple[str, str, str]]:
    return [(one["value"], one["by"], one["place"]) for one in conflict["said"]]


# Facts


def test_what_hands_agree_on_is_kept_once_with_everybody_who_gave_it(desk: Desk) -> None:
    desk.put("in/a.yaml", "by: 人事科\nfacts: {staff: 80, first: yes}\n")
    desk.put("in/b.yaml", "facts: {staff: 80, second: {value: no, by: 某乙, files: [b.pdf]}}\n")
    account, case = desk.gather("in")
    assert account["conflicts"] == []
    assert case["facts"]["staff"] == [{"value": "80", "by": "人事科"}, {"value": "80", "by": "b"}]
    assert case["facts"]["first"] == {"value": "yes", "by": "人事科"}
    assert case["facts"]["second"] == {"value": "no", "by": "某乙", "files": ["b.pdf"]}
    assert account["files"] == [
        {"file": "in/a.yaml", "by": "人事科", "facts": 2, "records": 0},
        {"file": "in/b.yaml", "by": "b", "facts": 2, "records": 0},
    ]
    # Nobody has shown what the works see to.
    assert account["nothing_from"] == [{"zh": "后勤科", "en": "Works"}]


CONFLICTS = {
    # what one says, what the other says, what is kept
    "figures": ("staff", "80", "90", "80..90"),
    "an ordered choice": ("tidy", "bad", "good", "bad..good"),
    "ticks": ("first", "yes", "no", "unknown"),
    "days": ("plan", "2026-02-01", "2026-02-09", "2026-02-01..2026-02-09"),
    "a range and a figure outside": ("staff", "70..80", "90", "70..90"),
    "surveys": ("content", "8/10", "9/10", "0.8..0.9"),
    "done and not done": ("plan", "2026-02-01", "none", "unknown"),
}


@pytest.mark.parametrize(("name", "one", "other", "kept"), CONFLICTS.values(), ids=CONFLICTS)
def test_what_differs_is_left_open_and_told_with_both_places(
    desk: Desk, name: str, one: str, other: str, kept: str
) -> None:
    desk.put("a.yaml", f"facts:\n  {name}: {one}\n")
    desk.put("b.yaml", f"\n\nfacts:\n  {name}: {{value: {other}, by: 某乙}}\n")
    account, case = desk.gather("a.yaml", "b.yaml")
    (conflict,) = account["conflicts"]
    assert (conflict["what"], conflict["kept"]) == (f"facts.{name}", kept)
    assert said(conflict) == [(one, "a", "a.yaml:5"), (other, "某乙", "b.yaml:7")]
    assert [piece.get("by") for piece in case["facts"][name]] == ["a", "某乙"]
    # Both stay in the case, so that whoever settles it sees both.
    ran = desk.run("assess", "case.yaml", "--no-save", "--format", "json")
    assert ran.code == 0, ran.err


def test_a_conflict_is_settled_in_the_gathered_case_and_stays_so(desk: Desk) -> None:
    desk.put("a.yaml", "facts: {staff: 80}\n")
    desk.put("b.yaml", "facts: {staff: 90}\n")
    desk.gather("a.yaml", "b.yaml")
    text = (desk.folder / "case.yaml").read_text("utf-8")
    (desk.folder / "case.yaml").write_text(text.replace("    - {value: 90, by: b}\n", ""), "utf-8")
    desk.put("late.yaml", "facts: {first: yes}\n")
    account, case = desk.gather("case.yaml", "late.yaml", to="again.yaml")
    assert account["conflicts"] == []
    assert case["facts"]["staff"] == {"value": "80", "by": "a"}
    assert case["facts"]["first"] == {"value": "yes", "by": "late"}


@pytest.mark.parametrize("form", ["yaml", "xlsx"])
def test_a_late_return_changes_only_what_came(desk: Desk, form: str) -> None:
    desk.put(
        "in/a.yaml",
        f"{PEOPLE}facts: {{staff: 80}}\nrecords: {{faults: [{{day: 2026-03-01, kind: small}}]}}\n",
    )
    desk.put("in/c.yaml", "facts: {second: yes}\n")
    desk.gather("in", to=f"one.{form}")
    desk.gather("in", to=f"same.{form}")
    first = (desk.folder / f"one.{form}").read_bytes()
    assert (desk.folder / f"same.{form}").read_bytes() == first
    desk.put("in/b.yaml", "facts: {first: no}\n")
    desk.gather("in", to=f"two.{form}")
    desk.gather(f"one.{form}", "in/b.yaml", to=f"three.{form}")
    assert (desk.folder / f"three.{form}").read_bytes() == (
        desk.folder / f"two.{form}"
    ).read_bytes()
    if form == "yaml":
        old, new = (desk.case(f"{name}.yaml") for name in ("one", "two"))
        assert new["facts"].pop("first") == {"value": "no", "by": "b"}
        old["facts"].pop("first")
        assert new == old


def test_a_gathered_workbook_is_the_same_case_as_the_gathered_yaml(desk: Desk) -> None:
    desk.put("a.yaml", f"{PEOPLE}by: 甲\nfacts: {{staff: 80, content: 8/10, plan: none}}\n")
    desk.put(
        "b.yaml",
        "facts: {staff: 90, tidy: {value: fair, files: [1.jpg, 2.jpg], source: 现场, date: 2026-05-01}}\n"
        "records: {faults: {complete: yes, rows: [{id: f-1, person: p-1, kind: large, seen: yes,\n"
        "  evidence: [{by: 甲, method: site}, {by: 乙, files: [f.jpg]}]}]}}\n"
        "waivers: [{rule: liked, authority: 县, until: 2026-12-31}]\n",
    )
    digests = [
        desk.gather("a.yaml", "b.yaml", to=f"case.{form}")[0]["case"] for form in ("yaml", "xlsx")
    ]
    digests += [
        desk.gather(f"case.{form}", to=f"again.{form}")[0]["case"] for form in ("yaml", "xlsx")
    ]
    assert len(set(digests)) == 1


def test_a_conflict_is_told_in_the_readers_language(desk: Desk) -> None:
    rows = "records: {{faults: [{{id: f-1, kind: small, seen: {}}}]}}\n"
    desk.put("a.yaml", "facts: {tidy: bad}\n" + rows.format("yes"))
    desk.put("b.yaml", "facts: {tidy: good}\n" + rows.format("no"))
    ran = desk.run("gather", "a.yaml", "b.yaml", "-o", "case.yaml", "--lang", "zh")
    assert ran.out.splitlines()[2:8] == [
        "facts.tidy（环境）：意见不一，暂留 差..好",
        "  差 (a)：a.yaml:4",
        "  好 (b)：b.yaml:4",
        "records.faults.f-1.seen（seen）：意见不一，暂留 未知",
        "  是 (a)：a.yaml:5",
        "  否 (b)：b.yaml:5",
    ]


def test_the_assessment_tells_who_says_what_of_a_conflict(desk: Desk) -> None:
    desk.put("a.yaml", "facts: {first: yes, tidy: bad}\n")
    desk.put("b.yaml", "facts: {first: no, tidy: good}\n")
    desk.gather("a.yaml", "b.yaml")
    told = desk.run("assess", "case.yaml", "--no-save", "--lang", "zh").out
    assert "公开：是 (a)、否 (b)" in told
    assert "环境：差 (a)、好 (b)" in told


# Records


def test_of_two_that_are_one_record_the_one_without_an_id_is_named(desk: Desk) -> None:
    """Whichever of the files is read first."""
    for first, second in (("a.yaml", "b.yaml"), ("d.yaml", "c.yaml")):
        desk.put(first, "records: {faults: [{kind: small}]}\n")
        desk.put(second, "records: {faults: [{id: f-1, kind: small}]}\n")
        account, _ = desk.gather(first, second)
        assert account["same"] == [{"place": f"{first}:4", "other": f"{second}:4"}]


def faults(*rows: str) -> str:
    return "records:\n  faults:\n    rows:\n" + "".join(f"      - {row}\n" for row in rows)


def test_the_same_record_from_two_hands_is_one(desk: Desk) -> None:
    desk.put("a.yaml", PEOPLE + faults("{id: f-1, day: 2026-03-01, kind: small, seen: yes}"))
    desk.put("b.yaml", faults("{id: f-1, person: p-1, kind: small, weight: 2, by: 某乙}"))
    account, case = desk.gather("a.yaml", "b.yaml")
    (row,) = case["records"]["faults"]["rows"]
    # What one leaves out, the other has; who gave what is kept.
    assert row == {
        "id": "f-1", "day": "2026-03-01", "kind": "small", "seen": "true", "person": "p-1", "weight": "2",
        "evidence": [{"by": "a"}, {"by": "某乙"}],
    }  # fmt: skip
    assert account["conflicts"] == []


OPEN = {
    "a figure": ("weight: 2", "weight: 3.5", "weight", "2..3.5"),
    "a day": ("day: 2026-03-01", "day: 2026-03-05", "day", "2026-03-01..2026-03-05"),
    "yes and no": ("seen: yes", "seen: no", "seen", "unknown"),
    "two persons": ("person: p-1", "person: p-2", "person", "unknown"),
    "somebody and nobody": ("person: p-1", "person: none", "person", "unknown"),
}


@pytest.mark.parametrize(("one", "other", "field", "kept"), OPEN.values(), ids=OPEN)
def test_records_that_differ_are_left_open_and_told(
    desk: Desk, one: str, other: str, field: str, kept: str
) -> None:
    two = "parties: [{id: p-1, kind: person}, {id: p-2, kind: person}]\n"
    desk.put("a.yaml", two + faults(f"{{id: f-1, kind: small, {one}}}"))
    desk.put("b.yaml", two + faults(f"{{id: f-1, kind: small, {other}}}"))
    account, case = desk.gather("a.yaml", "b.yaml")
    (conflict,) = account["conflicts"]
    assert (conflict["what"], conflict["kept"]) == (f"records.faults.f-1.{field}", kept)
    assert [place for _, _, place in said(conflict)] == ["a.yaml:8", "b.yaml:8"]
    assert case["records"]["faults"]["rows"][0][field] == kept


def test_a_field_that_must_be_exact_cannot_be_left_open(desk: Desk) -> None:
    desk.put("a.yaml", faults("{id: f-1, kind: small}"))
    desk.put("b.yaml", faults("{id: f-1, kind: large}"))
    (line,) = desk.refused("a.yaml", "b.yaml")
    assert line == (
        "error: b.yaml:7: records.faults.f-1.kind: is `large` here and `small` at a.yaml:7, and this field "
        "must be given exactly: settle it first"
    )


def test_rows_without_an_id_are_one_where_they_say_the_same_and_stay_apart_within_a_hand(
    desk: Desk,
) -> None:
    row = "{day: 2026-03-01, kind: small}"
    desk.put("a.yaml", faults(row, row, "{day: 2026-04-01, kind: small}"))
    desk.put("b.yaml", faults(row, "{day: 2026-05-01, kind: small}"))
    account, case = desk.gather("a.yaml", "b.yaml")
    rows = case["records"]["faults"]["rows"]
    assert [(one["id"], one["day"]) for one in rows] == [
        ("a-1", "2026-03-01"),
        ("a-2", "2026-03-01"),
        ("a-3", "2026-04-01"),
        ("b-2", "2026-05-01"),
    ]
    assert account["same"] == [{"place": "b.yaml:7", "other": "a.yaml:7"}]


COMPLETE = {
    "one vouches, the other says nothing": (("yes", 1), (None, 0), "true", 0),
    "both vouch for the same": (("yes", 1), ("yes", 1), "true", 0),
    "nobody vouches": (("no", 1), ("no", 1), "false", 0),
    "another knows of more": (("yes", 1), ("no", 2), "false", 1),
    "one vouches and the other does not": (("yes", 2), ("no", 1), "true", 0),
    "both vouch for different things": (("yes", 1), ("yes", 2), "false", 1),
}


@pytest.mark.parametrize(("one", "other", "kept", "told"), COMPLETE.values(), ids=COMPLETE)
def test_a_register_is_complete_where_somebody_vouches_and_nobody_knows_of_more(
    desk: Desk, one: Any, other: Any, kept: str, told: int
) -> None:
    for name, (tick, count) in {"a": one, "b": other}.items():
        rows = ", ".join(f"{{id: f-{number}, kind: small}}" for number in range(count))
        body = f"records: {{faults: {{complete: {tick}, rows: [{rows}]}}}}\n" if tick else ""
        desk.put(f"{name}.yaml", body)
    account, case = desk.gather("a.yaml", "b.yaml")
    assert case["records"]["faults"]["complete"] == kept
    assert [one["what"] for one in account["conflicts"]] == ["records.faults.complete"] * told


def test_a_party_that_one_hand_names_is_known_to_all(desk: Desk) -> None:
    desk.put("a.yaml", PEOPLE)
    desk.put("b.yaml", faults("{id: f-1, person: p-1, kind: small}"))
    _, case = desk.gather("a.yaml", "b.yaml")
    assert case["parties"] == [{"id": "p-1", "kind": "person", "role": "clerk", "name": "某甲"}]
    assert desk.refused("b.yaml", to="alone.yaml") == [
        "error: b.yaml:7: records.faults.f-1.person: `p-1` is not among the parties"
    ]


# What cannot be gathered

REFUSED = {
    "another unit": (
        HEAD.replace("t-1", "t-2"), "",
        "b.yaml:2: is of t-2 · 2026, and a.yaml:2 is of t-1 · 2026: gather one unit and period at a time",
    ),
    "another period": (
        HEAD.replace('"2026"', '"2025"'), "",
        "b.yaml:2: is of t-1 · 2025, and a.yaml:2 is of t-1 · 2026: gather one unit and period at a time",
    ),
    "another name": (
        HEAD.replace("某镇", "别镇"), "",
        "b.yaml:2: subject.name: is `别镇` here and `某镇` in a.yaml:2: both cannot hold",
    ),
    "one id for two persons": (
        HEAD, PEOPLE.replace("某甲", "某乙"),
        "b.yaml:4: parties.p-1.name: is `某乙` here and `某甲` in a.yaml:4: two parties may bear one id",
    ),
    "a waiver of another day": (
        HEAD, "waivers: [{rule: liked, authority: 县, until: 2026-11-30}]\n",
        "b.yaml:4: waivers: rule `liked` is waived otherwise in a.yaml:6: both cannot hold",
    ),
    "a day as of which it stands": (
        HEAD, "as_of: 2027-01-31\n",
        "b.yaml:4: as_of: is `2027-01-31` here and `2027-01-15` in a.yaml:7: both cannot hold",
    ),
    "a file of another content": (
        HEAD, f"files:\n  a.pdf: {'b' * 64}\n",
        "b.yaml:5: files.a.pdf: is another file in a.yaml:8: give them two names",
    ),
    "a fault in one of them": (HEAD, "facts: {staf: 8}\n", "b.yaml:4: facts.staf: unknown fact `staf`; did you mean `staff`?"),
    "facts that contradict each other across hands": (
        HEAD, "facts: {trained: 99}\n", "b.yaml:4: facts.trained: `trained` and `staff` contradict each other",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("head", "body", "line"), REFUSED.values(), ids=REFUSED)
def test_what_cannot_be_one_case_is_refused_with_both_places(
    desk: Desk, head: str, body: str, line: str
) -> None:
    desk.put(
        "a.yaml",
        f"{PEOPLE}facts: {{staff: 80}}\nwaivers: [{{rule: liked, authority: 县, until: 2026-12-31}}]\n"
        f"as_of: 2027-01-15\nfiles: {{a.pdf: {'a' * 64}}}\n",
    )
    desk.put("b.yaml", body, head=head)
    assert desk.refused("a.yaml", "b.yaml") == [f"error: {line}"]


ALIKE = {
    "capitals": (
        "P-1", "某乙",
        "b.yaml:4: parties.P-1: `P-1` is almost `p-1` at a.yaml:4: parties.p-1: two ids for one party?",
    ),
    "a letter for a digit": (
        "p-l", "某乙",
        "b.yaml:4: parties.p-l: `p-l` is almost `p-1` at a.yaml:4: parties.p-1: two ids for one party?",
    ),
    "one name": (
        "p-7", "某甲",
        "b.yaml:4: parties.p-7.name: `p-7` bears the name of `p-1` at a.yaml:4: two ids for one party?",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("identity", "name", "line"), ALIKE.values(), ids=ALIKE)
def test_parties_whom_hands_may_mean_as_one_are_named(
    desk: Desk, identity: str, name: str, line: str
) -> None:
    desk.put("a.yaml", PEOPLE)
    desk.put("b.yaml", PEOPLE.replace("p-1", identity).replace("某甲", name))
    ran = desk.run("gather", "a.yaml", "b.yaml", "-o", "case.yaml")
    assert (ran.code, ran.err.splitlines()) == (0, [f"warning: {line}", "wrote case.yaml"])


def test_parties_of_one_hand_may_well_bear_one_name(desk: Desk) -> None:
    desk.put(
        "a.yaml", PEOPLE.replace("}]", "}, {id: p-2, kind: person, role: leader, name: 某甲}]")
    )
    ran = desk.run("gather", "a.yaml", "-o", "case.yaml")
    assert ran.err.splitlines() == ["wrote case.yaml"]


def test_records_whose_ids_differ_in_capitals_are_named_where_they_stand(desk: Desk) -> None:
    desk.put("a.yaml", "records: {faults: [{id: f-1, day: 2026-03-01, kind: small, seen: yes}]}\n")
    desk.put("b.yaml", "records: {faults: [{id: F-1, day: 2026-03-02, kind: small, seen: yes}]}\n")
    ran = desk.run("gather", "a.yaml", "b.yaml", "-o", "case.yaml")
    assert ran.err.splitlines() == [
        (
            "warning: b.yaml:4: records.faults.F-1: `F-1` is almost `f-1` at a.yaml:4: "
            "records.faults.f-1: two ids for one record?"
        ),
        "wrote case.yaml",
    ]


def test_a_day_long_after_the_period_is_named_once_where_it_stands(desk: Desk) -> None:
    desk.put("a.yaml", "as_of: 2029-01-01\nfacts: {staff: 80}\n")
    desk.put("b.yaml", "facts: {first: yes}\n")
    ran = desk.run("gather", "a.yaml", "b.yaml", "-o", "case.yaml")
    (line, _) = ran.err.splitlines()
    assert line.startswith("warning: a.yaml:4: as_of: 2029-01-01 lies more than a year after")


def test_assess_of_two_files_of_one_unit_offers_to_gather_them(desk: Desk) -> None:
    desk.put("a.yaml", "facts: {staff: 80}\n")
    desk.put("b.yaml", "facts: {first: yes}\n")
    ran = desk.run("assess", "a.yaml", "b.yaml", "--no-save")
    assert ran.code == 2
    assert "`steelyard gather`" in ran.err


def test_the_text_names_conflicts_with_places_and_ends_with_a_summary(desk: Desk) -> None:
    desk.put("a.yaml", "facts: {staff: 80}\n")
    desk.put("b.yaml", "facts: {staff: 90}\n")
    ran = desk.run("gather", "a.yaml", "b.yaml", "-o", "case.xlsx")
    assert ran.out.splitlines() == [
        "a.yaml: facts: 1, records: 0, by a",
        "b.yaml: facts: 1, records: 0, by b",
        "facts.staff (Staff): left open as 80..90",
        "  80 (a): a.yaml:4",
        "  90 (b): b.yaml:4",
        "nothing yet from Finance",
        "nothing yet from Works",
        "files: 2, conflicts to settle: 1",
    ]


def test_a_case_gathered_into_the_folder_of_the_returns_is_not_one_of_them(desk: Desk) -> None:
    desk.put("in/a.yaml", "facts: {staff: 80}\n")
    desk.gather("in", to="in/case.yaml")
    # The office corrects itself: what was gathered before does not stand against it.
    desk.put("in/a.yaml", "facts: {staff: 82}\n")
    ran = desk.run("gather", "in", "-o", "in/case.yaml", "--force")
    assert ran.err.splitlines()[0] == (
        "warning: in/case.yaml: is where the gathered case is written, and is passed over"
    )
    assert desk.case("in/case.yaml")["facts"]["staff"] == {"value": "82", "by": "a"}
    # Named by itself it is meant.
    account, _ = desk.gather("in/case.yaml", "in/a.yaml", to="in/case.yaml")
    assert account["conflicts"] == []


# Workbooks by office


def test_workbooks_by_office_say_whose_they_are_and_come_back_as_one_case(desk: Desk) -> None:
    ran = desk.run("template", "town/hands", "--by", "office", "-o", "out")
    assert ran.code == 0, ran.err
    assert sorted(one.name for one in (desk.folder / "out").iterdir()) == [
        "money.xlsx", "people.xlsx", "unassigned.xlsx", "works.xlsx",
    ]  # fmt: skip
    asked = {}
    for path in (desk.folder / "out").iterdir():
        clerk = Clerk(path)
        ids = [cell.value for cell in clerk.sheet("facts")["B"][1:]]
        asked[path.stem] = {
            one
            for one in ids
            if one
            in {"staff", "trained", "plan", "first", "second", "seen-door", "tidy", "content"}
        }
        top = clerk.sheet("guide")["B4"].value
        assert "2026-12-31" in top
        assert {
            "people": "人事科 Personnel",
            "works": "后勤科 Works",
            "money": "财务科 Finance",
            "unassigned": "未定责任部门",
        }[path.stem].split()[0] in top
        clerk.case(subject__id="t-1", subject__name="某镇")
        if path.stem == "works":
            row = clerk.fact("tidy", "好", files="a.jpg\nb.jpg")
            clerk.sheet("facts").cell(
                row, clerk.column("facts", "value")
            ).hyperlink = "照片/c%20d.jpg"
            clerk.row(
                "register:faults", 0, day="2026-03-01", kind="small", seen="是", evidence__by="某丙"
            )
            clerk.complete("faults")
        if path.stem == "people":
            clerk.facts({"staff": 80, "trained": "75", "plan": "2026-02-03"})
        clerk.save()
    assert asked == {
        "people": {"staff", "trained", "plan"},
        "money": {"first", "second"},
        "works": {"seen-door", "tidy"},
        "unassigned": {"content"},
    }
    account, case = desk.gather("out")
    assert case["facts"]["staff"] == {"value": "80", "by": "人事科"}
    assert case["facts"]["tidy"] == {
        "value": "good",
        "by": "后勤科",
        "files": ["a.jpg", "b.jpg", "照片/c d.jpg"],
    }
    assert case["records"]["faults"]["complete"] == "true"
    assert case["records"]["faults"]["rows"][0]["evidence"] == {"by": "某丙"}
    assert [one["en"] for one in account["nothing_from"]] == ["Finance"]


@pytest.mark.parametrize(
    ("words", "facts", "registers"),
    [
        (("--due", "2026-02"), ["plan"], 0),
        (("--due", "2026-02-28"), ["plan"], 0),
        (
            ("--due", "2026"),
            ["staff", "trained", "content", "tidy", "first", "second", "seen-door", "plan"],
            1,
        ),
    ],
    ids=["a month", "a day", "the whole year"],
)
def test_what_is_due_by_a_day(
    desk: Desk, words: tuple[str, ...], facts: list[str], registers: int
) -> None:
    ran = desk.run("template", "town/hands", *words, "-o", "due.xlsx")
    assert ran.code == 0, ran.err
    clerk = Clerk(desk.folder / "due.xlsx")
    ids = {cell.value for cell in clerk.sheet("facts")["B"]}
    assert ids & {
        "staff",
        "trained",
        "content",
        "tidy",
        "first",
        "second",
        "seen-door",
        "plan",
    } == set(facts)
    assert sum("register:" in str(s["A1"].value) for s in clerk.workbook.worksheets) == registers
    ran = desk.run("template", "town/hands", "--due", "2026-01", "-o", "none.xlsx")
    assert (ran.code, ran.err) == (
        2,
        "error: --due: nothing of town/hands@1.0.0 is due by 2026-01\n",
    )


def test_the_most_valuable_stand_first_and_what_is_there_is_carried(desk: Desk) -> None:
    desk.put("old.yaml", "facts: {first: yes}\n")
    ran = desk.run("template", "town/hands", "--what-matters", "--from", "old.yaml", "-o", "w.xlsx")
    assert ran.code == 0, ran.err
    clerk = Clerk(desk.folder / "w.xlsx")
    ids = [cell.value for cell in clerk.sheet("facts")["B"]]
    order = [
        one
        for one in ids
        if one in {"staff", "trained", "content", "tidy", "first", "second", "seen-door", "plan"}
    ]
    # 20 points hang on each of two figures, 10 on each item left, on the survey, on tidiness and on the plan.
    assert set(order[:2]) == {"staff", "trained"}
    assert order.index("second") < order.index("first")
    row = clerk.fact("first", "是")
    assert clerk.sheet("facts").cell(row, clerk.column("facts", "by")).value == "old"


# Registers that assessments fill

ZONE = """
book: town/zone
version: 1.0.0
sector: town
facts: {tidy: {type: number, min: 0, max: 1, decimals: 2}}
sections: [{id: all, points: 100}]
rules: [{id: tidy-zone, section: all, proportional: tidy, points: 100}]
grades: [{id: good, at_least: 80}, {id: poor, at_least: 0}]
"""
WHOLE = """
book: town/whole
version: 1.0.0
sector: town
facts: {staff: {type: integer, min: 1}}
parties: {zone: {note: text}}
records: {zones: {from_book: town/zone@1, roster: zones, every: quarter}}
sections: [{id: all, points: 100}]
rules: [{id: tidy, section: all, proportional: "mean(zones, score_low) / 100", points: 100}]
grades: [{id: pass, at_least: 60}, {id: fail, at_least: 0}]
"""


def test_a_book_without_offices_cannot_be_handed_out_by_office(desk: Desk) -> None:
    (desk.folder / "books" / "zone.yaml").write_text(ZONE, "utf-8")
    ran = desk.run("template", "town/zone", "--by", "office", "-o", "out")
    assert ran.code == 2
    assert ran.err.startswith("error: --by office: town/zone@")
    assert not (desk.folder / "out").exists()


@pytest.mark.parametrize("form", ["yaml", "xlsx"])
def test_the_parts_that_hands_list_are_joined_and_stay_to_be_assessed(
    desk: Desk, form: str
) -> None:
    (desk.folder / "books" / "zone.yaml").write_text(ZONE, "utf-8")
    (desk.folder / "books" / "whole.yaml").write_text(WHOLE, "utf-8")
    head = HEAD.replace("town/hands", "town/whole")
    zones = "parties: [{id: z-1, kind: zone}, {id: z-2, kind: zone}]\n"
    row = "{subject: z-%d, period: 2026Q1}"
    desk.put("a.yaml", f"{zones}records: {{zones: [{row % 1}, {row % 2}]}}\n", head=head)
    desk.put(
        "b.yaml",
        f"{zones}records: {{zones: {{complete: no, rows: [{row % 2}]}}}}\nfacts: {{staff: 3}}\n",
        head=head,
    )
    account, _ = desk.gather("a.yaml", "b.yaml", to=f"case.{form}")
    assert account["conflicts"] == []
    assert [one["records"] for one in account["files"]] == [0, 0]
    ran = desk.run("gather", f"case.{form}", "-o", "again.yaml", "--format", "json")
    assert ran.code == 0, ran.err
    rows = desk.case("again.yaml")["records"]["zones"]
    assert [one["subject"] for one in (rows["rows"] if isinstance(rows, dict) else rows)] == [
        "z-1",
        "z-2",
    ]


def test_a_single_file_is_gathered_too_and_an_empty_folder_is_refused(desk: Desk) -> None:
    desk.put("in/a.yaml", "facts: {staff: 80}\n")
    account, case = desk.gather("in/a.yaml")
    assert case["facts"]["staff"] == {"value": "80", "by": "a"}
    assert account["conflicts"] == []
    (desk.folder / "none").mkdir()
    assert desk.refused("none", to="x.yaml") == [
        "error: none: holds no case: no xlsx, csv, yaml or json file"
    ]
    assert desk.refused("in", to="x.csv") == [
        "error: x.csv: the case is written as one of .xlsx, .yaml"
    ]


def test_gathering_what_is_gathered_changes_nothing(desk: Desk) -> None:
    desk.put("a.yaml", f"{PEOPLE}facts: {{staff: 80}}\n" + faults("{kind: small}", "{kind: small}"))
    desk.put("b.yaml", "facts: {staff: 90}\n" + faults("{kind: small, seen: yes}"))
    for form in ("yaml", "xlsx"):
        desk.gather("a.yaml", "b.yaml", to=f"one.{form}")
        desk.gather(f"one.{form}", to=f"two.{form}")
        assert (desk.folder / f"one.{form}").read_bytes() == (
            desk.folder / f"two.{form}"
        ).read_bytes()


TOGETHER = {
    "a table and a part": ("--wide", "--by", "office"),
    "a form and a part": ("--as", "xlsform", "--what-matters"),
    "a form and a table": ("--as", "xlsform", "--wide"),
    "a day that is none": ("--due", "soon"),
    "a part in YAML": ("--what-matters",),
    "two cases": ("--from", "a.yaml", "--from", "b.yaml"),
}


@pytest.mark.parametrize("words", TOGETHER.values(), ids=TOGETHER)
def test_options_that_do_not_go_together_are_refused(desk: Desk, words: tuple[str, ...]) -> None:
    name = "out.yaml" if words == ("--what-matters",) else "out.xlsx"
    ran = desk.run("template", "town/hands", *words, "-o", name)
    assert (ran.code, ran.out, len(ran.err.splitlines())) == (2, "", 1)
    assert not (desk.folder / name).exists()


def test_workbooks_by_method(desk: Desk) -> None:
    ran = desk.run("template", "town/hands", "--by", "method", "-o", "out")
    assert ran.code == 0, ran.err
    # What the rule says holds for its facts and its register.
    assert sorted(one.name for one in (desk.folder / "out").iterdir()) == [
        "documents.xlsx", "site.xlsx", "survey.xlsx", "unassigned.xlsx",
    ]  # fmt: skip
    site = Clerk(desk.folder / "out" / "site.xlsx")
    ids = {cell.value for cell in site.sheet("facts")["B"]}
    assert {"tidy", "seen-door"} <= ids
    assert site.sheet("register:faults") is not None
    # A method fills in nothing.
    assert [row[3].value for row in site.sheet("case").iter_rows() if row[0].value == "by"] == [
        None
    ]
    assert (
        site.sheet("facts").cell(site.fact("tidy"), site.column("facts", "#asked_by")).value
        == "实地考察\nsite visit"
    )


def test_what_went_out_by_method_comes_back_by_method(desk: Desk) -> None:
    ran = desk.run("template", "town/hands", "--by", "method", "-o", "out", "--lang", "zh")
    assert ran.code == 0, ran.err
    assert sorted(one.name for one in (desk.folder / "out").iterdir()) == [
        "实地考察.xlsx", "未定采集方式.xlsx", "材料审核.xlsx", "问卷调查.xlsx",
    ]  # fmt: skip
    for name, fact in (("实地考察", "tidy"), ("材料审核", "first")):
        clerk = Clerk(desk.folder / "out" / f"{name}.xlsx")
        clerk.case(subject__id="t-1", period="2026")
        clerk.fact(fact, "是" if fact == "first" else "好")
        clerk.save()
    # A second copy, as systems name it, and what nobody has filled in is not handed in.
    (desk.folder / "out" / "实地考察.xlsx").rename(desk.folder / "out" / "实地考察 (1).xlsx")
    for name in ("未定采集方式", "问卷调查"):
        (desk.folder / "out" / f"{name}.xlsx").unlink()
    account, case = desk.gather("out")
    # A method fills in nothing, and what is missing is one of them, not an office.
    assert [one["by"] for one in account["files"]] == ["", ""]
    assert "by" not in str(case["facts"])
    assert account["nothing_from"] == [{"zh": "问卷调查", "en": "survey"}]
    ran = desk.run("gather", "out", "-o", "again.yaml", "--lang", "zh")
    assert "“问卷调查”的部分尚未交回" in ran.out.splitlines()


def test_offices_that_share_a_title_have_files_of_their_own(desk: Desk) -> None:
    (desk.folder / "books" / "hands.yaml").write_text(
        BOOK.replace("zh: 后勤科", "zh: 人事科"), "utf-8"
    )
    ran = desk.run("template", "town/hands", "--by", "office", "-o", "out", "--lang", "zh")
    assert ran.code == 0, ran.err
    assert sorted(one.name for one in (desk.folder / "out").iterdir()) == [
        "人事科-people.xlsx", "人事科-works.xlsx", "未定责任部门.xlsx", "财务科.xlsx",
    ]  # fmt: skip
