"""Reasons in words, in both languages, and what is still to be shown."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from steelyard.book.model import RuleBook
from steelyard.book.reading.load import parse_book
from steelyard.case.reading.read import parse_case
from steelyard.judging.assessment import Assessment, weigh
from steelyard.judging.missing import still_to_show
from steelyard.located_yaml import mark
from steelyard.messages import Title

BOOK = """\
book: clinic/care
version: 1.0.0
sector: clinic
title: {zh: 诊所, en: Clinic}
parameters: {floor: {title: {zh: 底线, en: Floor}, values: {2020-01-01: 1.0}}}
facts:
  staff: {type: integer, min: 1, title: {zh: 职工数, en: Staff}}
  trained: {type: integer, min: 0, max: staff, title: {zh: 受训人数, en: Trained staff}, method: records}
  coverage: {is: trained / staff, min: 0, max: 1, title: {zh: 培训覆盖率, en: Training coverage}}
  opinion: {type: survey, title: {zh: 满意度, en: Satisfaction}}
  opened: {type: date, title: {zh: 开业日期, en: Opening day}}
  order: {type: {A: {zh: 好, en: Good}, B: {zh: 一般, en: Fair}}, title: {zh: 秩序, en: Order}}
  licensed: {type: boolean, title: {zh: 已取得许可, en: Licensed}}
  told_of: {type: boolean, title: {zh: 卫生局已发通知, en: The bureau has told of it}}
  planted: {type: boolean, title: {zh: 有花园, en: There is a garden}}
  heard: {type: integer, min: 0, title: {zh: 投诉数, en: Complaints heard}}
  solved: {type: integer, min: 0, max: heard, title: {zh: 办结数, en: Complaints solved}}
parties: {person: {title: {zh: 人员, en: Person}, chief: {type: boolean, title: {zh: 是否负责人, en: In charge}}}}
records:
  breaches:
    title: {zh: 违规记录, en: Breaches}
    prohibition: {type: integer, min: 1, max: 9, missing: refused, title: {zh: 禁令, en: Prohibition}}
    verified: {type: boolean, title: {zh: 已查实, en: Verified}}
    person: {type: person, title: {zh: 当事人, en: Person}}
sections: [{id: all, title: {zh: 全部, en: All}, points: 100}]
stages:
  - id: start
    window: {months: [2]}
    deliverables: [{id: plan_made, title: {zh: 制定方案, en: Plan made}}, {id: meeting_held, title: {zh: 召开会议, en: Meeting held}}]
rules:
  - {id: training, section: all, requires: coverage >= floor, points: 20}
  - {id: kickbacks, section: all, demerit: {over: breaches, when: prohibition == 8 and verified, each: 3}, points: 10}
  - {id: survey, section: all, requires: opinion >= 0.9, confident: 0.95, points: 10}
  - {id: tidy, section: all, checklist: [{id: floor_clean, title: {zh: 地面干净, en: The floor is clean}}, {id: no_smell, title: {zh: 无异味, en: There is no smell}}, {id: plants, title: {zh: 有绿植, en: There are plants}}], points: 10}
  - {id: order-kept, section: all, graded: order, points: {A: 5, B: 2}}
  - {id: early, section: all, requires: opened < '2020-01-01' and licensed, points: 10}
  - {id: steps, section: all, stage: start, points: 10, late: 0.5}
  - {id: chiefs, section: all, requires: "not any(breaches, verified and person.chief)", points: 10}
  - {id: rate, section: all, proportional: opinion, points: 5}
  - {id: complaints, section: all, proportional: solved / heard, when_undefined: pass, points: 5}
  - {id: open, section: all, requires: opened < '2020-01-01', not_applicable: not licensed, points: 3}
  - {id: told, section: all, requires: opened < '2020-01-01', not_applicable: not told_of, points: 1}
  - {id: garden, section: all, requires: opened < '2020-01-01', not_applicable: not planted, points: 1}
grades: [{id: any, title: {zh: 均可, en: Any}, at_least: 0}]
"""


@pytest.fixture(scope="module")
def book() -> RuleBook:
    return parse_book(BOOK, "care.yaml")


def weighed(book: RuleBook, **case: Any) -> Assessment:
    """Weigh a case of this book."""
    return weigh(
        book,
        parse_case(
            mark(
                {"book": "clinic/care", "subject": {"id": "c-1"}, "period": "2026", **case}, "case"
            ),
            book,
        ),
    )


def said(assessment: Assessment, rule: str) -> tuple[str, str]:
    """Return the reason of one rule in Chinese and English."""
    because = next(one for one in assessment.findings if one.rule == rule).because
    assert because is not None
    return because.zh, because.en


PEOPLE = [
    {"id": "p-1", "kind": "person", "chief": "yes"},
    {"id": "p-2", "kind": "person", "chief": "no"},
]
ROWS = [
    {"id": "b-1", "prohibition": 8, "verified": "yes", "person": "p-1"},
    {"id": "b-2", "prohibition": 8, "verified": "yes", "person": "p-2"},
    {"id": "b-3", "prohibition": 8, "person": "p-2"},
    {"id": "b-4", "prohibition": 1, "verified": "yes", "person": "p-2"},
]
REASONS: dict[str, tuple[str, dict[str, Any], str, str]] = {
    "a rate below its threshold": (
        "training",
        {"facts": {"staff": 200, "trained": 197}},
        "培训覆盖率98.5%低于100%",
        "training coverage 98.5% is below 100%",
    ),
    "a rate that is surely below, whatever is still open": (
        "training",
        {"facts": {"staff": 200, "trained": "100..150"}},
        "培训覆盖率（50%至75%）低于100%",
        "training coverage (50% to 75%) is below 100%",
    ),
    "a rate that is not round": (
        "training",
        {"facts": {"staff": 812, "trained": 800}},
        "培训覆盖率98.52%低于100%",
        "training coverage 98.52% is below 100%",
    ),
    "a rate that two decimals would make look round": (
        "training",
        {"facts": {"staff": 100000, "trained": 99999}},
        "培训覆盖率99.999%低于100%",
        "training coverage 99.999% is below 100%",
    ),
    "a rate that six decimals would make look round": (
        "training",
        {"facts": {"staff": 3000000, "trained": 2999999}},
        "培训覆盖率99.99997%低于100%",
        "training coverage 99.99997% is below 100%",
    ),
    "a rate that reaches it": (
        "training",
        {"facts": {"staff": 200, "trained": 200}},
        "培训覆盖率100%不低于100%",
        "training coverage 100% is at least 100%",
    ),
    "what a rate still lacks": (
        "training",
        {"facts": {"staff": 200}},
        "尚缺佐证：受训人数",
        "still to be shown: trained staff",
    ),
    "records that match, and one that may": (
        "kickbacks",
        {"parties": PEOPLE, "records": {"breaches": ROWS}},
        "有2条违规记录符合：禁令为8且已查实；另有1条可能符合",
        "2 breaches match: prohibition is 8 and verified; 1 more may match",
    ),
    "no record at all": (
        "kickbacks",
        {"records": {"breaches": []}},
        "没有符合的违规记录：禁令为8且已查实",
        "no breaches match: prohibition is 8 and verified",
    ),
    "a register that is still open": (
        "kickbacks",
        {},
        "没有符合的违规记录：禁令为8且已查实；台账尚未完整",
        "no breaches match: prohibition is 8 and verified; the register is not complete",
    ),
    "a sample that cannot tell": (
        "survey",
        {"facts": {"opinion": "46/50"}},
        "满意度92%，样本不足以认定",
        "satisfaction 92%, and the sample cannot tell",
    ),
    "a survey that clearly falls short": (
        "survey",
        {"facts": {"opinion": "400/500"}},
        "满意度80%低于90%",
        "satisfaction 80% is below 90%",
    ),
    "a checklist half ticked": (
        "tidy",
        {"facts": {"floor_clean": "是", "no_smell": "否"}},
        "3项中达到1项；未达到：无异味；尚缺佐证：有绿植",
        "1 of 3 items met; not met: There is no smell; still to be shown: There are plants",
    ),
    "a checklist with an item that does not apply": (
        "tidy",
        {"facts": {"floor_clean": "是", "no_smell": "是", "plants": "不适用"}},
        "2项中达到2项；不适用1项",
        "2 of 2 items met; 1 not applicable",
    ),
    "a grade": ("order-kept", {"facts": {"order": "一般"}}, "秩序：一般", "Order: Fair"),
    "no grade yet": ("order-kept", {}, "秩序：尚未评定", "Order: not graded yet"),
    "the part of a condition that fails": (
        "early",
        {"facts": {"opened": "2021年3月1日", "licensed": "是"}},
        "开业日期2021-03-01不早于2020-01-01",
        "opening day 2021-03-01 is no earlier than 2020-01-01",
    ),
    "a bare condition that fails": (
        "early",
        {"facts": {"opened": "2019-03-01", "licensed": "否"}},
        "未取得许可",
        "not licensed",
    ),
    "a stage with one thing late and one not done": (
        "steps",
        {"facts": {"plan_made": "2026-03-05", "meeting_held": "无"}},
        "2项中按期完成0项；逾期：制定方案（2026-03-05 完成）；未完成：召开会议；限期 2026-02-28",
        (
            "0 of 2 done in time; late: Plan made (done on 2026-03-05); not done: Meeting held; "
            "due by 2026-02-28"
        ),
    ),
    "a stage with one thing that may be late": (
        "steps",
        {"facts": {"plan_made": "2026-02-20..2026-03-05", "meeting_held": "2026-02-28"}},
        "2项中按期完成1项；尚缺佐证：制定方案；限期 2026-02-28",
        "1 of 2 done in time; still to be shown: Plan made; due by 2026-02-28",
    ),
    "a stage done in time": (
        "steps",
        {"facts": {"plan_made": "2026-02-20", "meeting_held": "2026-02-28"}},
        "2项中按期完成2项",
        "2 of 2 done in time",
    ),
    "records that make a rule fail": (
        "chiefs",
        {"parties": PEOPLE, "records": {"breaches": ROWS}},
        "有符合的违规记录：已查实且当事人：负责人",
        "there are breaches that match: verified and person: in charge",
    ),
    "nothing to measure by, where the book says what that means": (
        "complaints",
        {"facts": {"heard": 0, "solved": 0}},
        "没有可计算的基数：视为达标",
        "there is nothing to measure it by, which counts as a pass",
    ),
    "what may not apply": (
        "open",
        {"facts": {"opened": "2019-01-01"}},
        "开业日期2019-01-01早于2020-01-01；尚不能排除不适用：未取得许可",
        "opening day 2019-01-01 is before 2020-01-01; it may not apply: not licensed",
    ),
    "what may not apply, said of somebody else": (
        "told",
        {"facts": {"opened": "2019-01-01"}},
        "开业日期2019-01-01早于2020-01-01；尚不能排除不适用：卫生局未发通知",
        (
            "opening day 2019-01-01 is before 2020-01-01; it may not apply: it is not so "
            "that the bureau has told of it"
        ),
    ),
    "what may not apply, where there is none": (
        "garden",
        {"facts": {"opened": "2019-01-01"}},
        "开业日期2019-01-01早于2020-01-01；尚不能排除不适用：没有花园",
        (
            "opening day 2019-01-01 is before 2020-01-01; it may not apply: it is not so "
            "that there is a garden"
        ),
    ),
    "a waiver": (
        "rate",
        {
            "waivers": [
                {"rule": "rate", "authority": "卫健委", "reason": "新设", "until": "2026-12-31"}
            ]
        },
        "卫健委豁免至2026-12-31：新设",
        "waived by 卫健委 until 2026-12-31: 新设",
    ),
}


@pytest.mark.parametrize(("rule", "case", "zh", "en"), REASONS.values(), ids=REASONS)
def test_a_finding_says_why(
    book: RuleBook, rule: str, case: dict[str, Any], zh: str, en: str
) -> None:
    assert said(weighed(book, **case), rule) == (zh, en)


def test_what_is_still_to_be_shown_comes_with_the_most_valuable_first(book: RuleBook) -> None:
    found = still_to_show(
        weighed(
            book,
            facts={"staff": 200, "floor_clean": "是"},
            parties=PEOPLE,
            records={"breaches": ROWS},
        )
    )
    listed = [(one.id, one.points) for one in found]
    assert listed[0] == ("trained", Decimal(20))
    assert dict(listed)["opinion"] == Decimal(15)
    assert dict(listed)["breaches/b-3.verified"] == Decimal(3)
    assert dict(listed)["no_smell"] == Decimal("3.34")
    assert "staff" not in dict(listed)
    assert [points for _, points in listed] == sorted(
        (points for _, points in listed), reverse=True
    )


def test_one_field_of_many_records_is_one_thing_to_show(book: RuleBook) -> None:
    more = [{"id": f"b-{number}", "prohibition": 8, "person": "p-2"} for number in (5, 6)]
    found = still_to_show(weighed(book, parties=PEOPLE, records={"breaches": [*ROWS, *more]}))
    [one] = [one for one in found if one.id.startswith("breaches.")]
    # Two breaches surely cost 6 of 10; the other three hang on one thing, and the 4 that are left
    # with them, once.
    assert (one.id, one.points, one.records) == (
        "breaches.verified",
        Decimal(4),
        ("b-3", "b-5", "b-6"),
    )
    assert one.title == Title("违规记录：已查实（3 行）", "Breaches: Verified (3 rows)")


def test_what_is_known_as_a_range_is_still_to_be_shown(book: RuleBook) -> None:
    found = still_to_show(weighed(book, facts={"staff": 200, "trained": "100..200"}))
    assert "trained" in [one.id for one in found]


def test_a_complete_case_has_nothing_left_to_show(book: RuleBook) -> None:
    facts = {
        "staff": 200,
        "trained": 200,
        "opinion": "500/500",
        "heard": 3,
        "solved": 3,
        "opened": "2019-01-01",
        "order": "A",
        "licensed": "yes",
        "told_of": "yes",
        "planted": "yes",
        "floor_clean": "yes",
        "no_smell": "yes",
        "plants": "yes",
        "plan_made": "2026-02-01",
        "meeting_held": "2026-02-02",
    }
    found = weighed(book, facts=facts, records={"breaches": []})
    assert still_to_show(found) == []
    assert (str(found.low), str(found.high), found.coverage) == ("100.00", "100.00", Decimal(1))


def test_a_field_that_two_registers_share_by_name_is_called_by_its_own_register_s_title() -> None:
    book = parse_book(
        "book: clinic/two\nversion: 1.0.0\nsector: clinic\npoints: 10\n"
        "records:\n"
        "  visits: {title: {zh: 走访, en: Visits}, done: {type: boolean, title: {zh: 已走访, "
        "en: Paid}}}\n"
        "  repairs: {title: {zh: 维修, en: Repairs}, done: {type: boolean, title: {zh: "
        "已修好, en: Mended}}}\n"
        "sections: [{id: all, points: 10}]\n"
        'rules: [{id: mended, section: all, requires: "count(repairs, done) >= 1 and '
        'count(visits, done) >= 1", points: 10}]\n'
        "grades: [{id: good, at_least: 0}]\n",
        "two.yaml",
    )
    case = {
        "book": "clinic/two",
        "subject": {"id": "c-1"},
        "period": "2026",
        "records": {"visits": [], "repairs": []},
    }
    because = weigh(book, parse_case(mark(case, "case"), book)).findings[0].because
    assert because is not None
    assert "mended" in because.en
    assert "paid" in because.en
    assert "已修好" in because.zh
