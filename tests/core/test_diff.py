"""What changed between two books, in words: every part of a book, in both languages, what matters
most first.
"""

from __future__ import annotations

from typing import Any

import pytest

from steelyard.book.difference.difference import SCHEMA, diff
from steelyard.book.library import Library
from steelyard.book.model import RuleBook
from steelyard.book.reading.load import parse_book

BASE = """\
book: city/base
version: 1.0.0
title: {zh: 某册, en: A book}
sector: city
points: 60
parameters:
  floor: {title: {zh: 底线, en: Floor}, values: {2020-01-01: 0.90}}
  days: 10
facts:
  rate: {type: number, min: 0, max: 1, decimals: 2, title: {zh: 比率, en: Rate}, cites: [C1]}
  asked: {type: survey, title: {zh: 满意度, en: Satisfaction}}
  look: {type: {A: {zh: 好, en: Good}, B: {zh: 中, en: Fair}}, title: {zh: 印象, en: Look}}
  half: {is: rate / 2, title: {zh: 半数, en: Half}}
parties:
  person: {role: [head, other]}
records:
  breaches:
    title: {zh: 违规, en: Breaches}
    person: {type: person, missing: none}
    verified: boolean
    weight: {type: integer, min: 0, max: 9}
sections:
  - {id: one, points: 40, title: {zh: 甲, en: First}}
  - {id: two, points: 20, title: {zh: 乙, en: Second}}
rules:
  - {id: first, section: one, requires: rate >= floor, points: 10, title: {zh: 一, en: Rule one}, cites: [C2]}
  - {id: second, section: one, graded: look, points: {A: 10, B: 5}, title: {zh: 二, en: Rule two}}
  - id: third
    section: one
    banded: rate
    bands: [{at_least: 0.5, points: 5}, {above: 0.95, points: 10}]
    title: {zh: 三, en: Rule three}
  - {id: fourth, section: one, demerit: {over: breaches, when: verified, each: 2}, points: 10, title: {zh: 四, en: Rule four}}
  - {id: fifth, section: two, points: 12, title: {zh: 五, en: Rule five}, checklist: [{id: clean, title: {zh: 干净, en: Clean}}, {id: safe, title: {zh: 安全, en: Safe}}]}
  - {id: sixth, section: two, stage: start, late: 0.5, points: 8, title: {zh: 六, en: Rule six}}
  - {id: extra, bonus: true, requires: half > 0.4, points: 3, title: {zh: 加, en: Extra}}
bonus: 3
limiters: [{id: low, when: rate < 0.1, effect: {cap_grade: poor}, title: {zh: 低, en: Low}}]
measures:
  warned: {kind: sanction, title: {zh: 警告, en: Warned}}
  named: {kind: sanction, title: {zh: 通报, en: Named}}
consequences:
  - {on: breaches, when: verified, falls_on: person, all: [warned]}
  - {on: subject, when: rate < 0.2, falls_on: subject, all: [named]}
stages: [{id: start, title: {zh: 启动, en: Start}, window: {months: [1, 2]}, deliverables: [{id: plan_made}]}]
ladder: [{id: city, year: 2, needs: "grade >= 'good'", title: {zh: 市级, en: City title}}]
grades: [{id: good, at_least: 40, title: {zh: 良, en: Good}}, {id: poor, at_least: 0, title: {zh: 差, en: Poor}}]
"""


def book(text: str) -> RuleBook:
    return parse_book(text, "book.yaml")


def rows(*edits: tuple[str, str]) -> list[dict[str, Any]]:
    """Return the changes of the base with some texts replaced, as published."""
    text = BASE
    for old, new in edits:
        assert old in text, old
        text = text.replace(old, new)
    found: list[dict[str, Any]] = diff(book(BASE), book(text)).to_json()["changes"]
    return found


TOLD: dict[str, tuple[list[tuple[str, str]], str, str, str, str]] = {
    "points": (
        [
            ("points: 10, title: {zh: 一", "points: 13, title: {zh: 一"),
            ("each: 2}, points: 10", "each: 2}, points: 7"),
        ],
        "rule",
        "points",
        "rule “Rule one” (first): 13 points, was 10",
        "规则“一”（first）：13 分（原 10 分）",
    ),
    "a section's points": (
        [
            ("id: one, points: 40", "id: one, points: 50"),
            ("points: 60\n", "points: 70\n"),
            ("points: 10, title: {zh: 一", "points: 20, title: {zh: 一"),
        ],
        "section",
        "points",
        "section “First”: 50 points, was 40",
        "板块“甲”：50 分（原 40 分）",
    ),
    "a dated figure": (
        [("2020-01-01: 0.90", "2020-01-01: 0.90, 2026-07-01: 0.95")],
        "parameter",
        "figure",
        "figure “Floor” (floor), from 2026-07-01 on: 0.95, was 0.9",
        "参数“底线”（floor）自 2026-07-01 起：0.95（原为 0.9）",
    ),
    "a bare figure": (
        [("days: 10", "days: 12")],
        "parameter",
        "figure",
        "figure “days” (days): 12, was 10",
        "参数“days”（days）：12（原为 10）",
    ),
    "a cut-off": (
        [("at_least: 40", "at_least: 45")],
        "grade",
        "cut_off",
        "grade “Good”, cut-off: 45; was 40",
        "等次“良”的分数线：45（原为 40）",
    ),
    "bands": (
        [("above: 0.95", "at_least: 0.9")],
        "rule",
        "bands",
        (
            "rule “Rule three” (third), bands: from 50%: 5, from 90%: 10; was from 50%: 5, "
            "above 95%: 10"
        ),
        "规则“三”（third）分档：50% 起得 5、90% 起得 10（原 50% 起得 5、高于 95% 得 10）",
    ),
    "points by grade": (
        [("B: 5}", "B: 6}")],
        "rule",
        "grades",
        "rule “Rule two” (second): A 10, B 6; was A 10, B 5",
        "规则“二”（second）：A 10、B 6（原 A 10、B 5）",
    ),
    "what a record costs": (
        [("each: 2", "each: 2.5")],
        "rule",
        "each",
        "rule “Rule four” (fourth): each costs “2.5”, was “2”",
        "规则“四”（fourth）：每条扣“2.5”（原扣“2”）",
    ),
    "lateness": (
        [("late: 0.5", "late: 0.25")],
        "rule",
        "late",
        "rule “Rule six” (sixth): late counts 25%, was 50%",
        "规则“六”（sixth）：逾期按 25% 计（原 50%）",
    ),
    "a condition": (
        [("requires: rate >= floor", "requires: rate > floor")],
        "rule",
        "condition",
        "rule “Rule one” (first): asks “rate is above floor”, was “rate is at least floor”",
        "规则“一”（first）：要求“比率高于底线”（原要求“比率不低于底线”）",
    ),
    "a form": (
        [("requires: rate >= floor", "proportional: rate")],
        "rule",
        "form",
        (
            "rule “Rule one” (first): asks “points in proportion to “rate””, was “rate is at "
            "least floor”"
        ),
        "规则“一”（first）：要求“按“比率”的比例得分”（原要求“比率不低于底线”）",
    ),
    "when a rule does not apply": (
        [
            (
                "section: one, requires: rate",
                "section: one, not_applicable: rate == 0, requires: rate",
            )
        ],
        "rule",
        "not_applicable",
        "rule “Rule one” (first): does not apply when “rate is 0%”, was “none”",
        "规则“一”（first）：不适用的情形为“比率为0%”（原为“无”）",
    ),
    "an item's words": (
        [("{zh: 干净, en: Clean}", "{zh: 整洁, en: Tidy}")],
        "item",
        "title",
        "rule “Rule five” (fifth): “Tidy”, was “Clean”",
        "规则“五”（fifth）：“整洁”，原文“干净”",
    ),
    "an item's weight": (
        [("{id: safe,", "{id: safe, weight: 2,")],
        "item",
        "weight",
        "rule “Rule five” (fifth): “Safe” weighs 2, was 1",
        "规则“五”（fifth）：“安全”权重 2（原 1）",
    ),
    "an item more": (
        [("{id: safe,", "{id: calm, title: {zh: 安静, en: Calm}}, {id: safe,")],
        "item",
        "added",
        "rule “Rule five” (fifth): “Calm” (calm) is added",
        "规则“五”（fifth）：新增“安静”（calm）",
    ),
    "a limiter": (
        [("cap_grade: poor", "veto: true")],
        "limiter",
        "effect",
        "limiter “Low”, effect: veto; was at most “Poor”",
        "等次限制“低”的效力：一票否决（原为 最高“差”）",
    ),
    "a consequence": (
        [("all: [warned]", "one_of: [[warned], [warned, named]]")],
        "consequence",
        "measures",
        "consequence 1 (Breaches), measures: one of: Warned; Warned, Named; was Warned",
        "处理结果第 1 行（违规）的措施：择一：警告；警告、通报（原为 警告）",
    ),
    "a consequence more": (
        [
            (
                "  - {on: subject",
                (
                    "  - {on: breaches, when: weight > 5, falls_on: subject, all: [named]}\n "
                    " - {on: subject"
                ),
            )
        ],
        "consequence",
        "added",
        "consequence added: Breaches: weight is above 5 → the unit: Named",
        "新增处理结果：违规：weight高于5 → 单位：通报",
    ),
    "a stage's window": (
        [("months: [1, 2]", "months: [1, 2, 3]")],
        "stage",
        "window",
        "stage “Start”, window: January to March; was January to February",
        "阶段“启动”的时间：1 月至 3 月（原为 1 月至 2 月）",
    ),
    "a rung": (
        [("year: 2", "year: 3")],
        "rung",
        "year",
        "rung “City title”, year: 3; was 2",
        "创建层级“市级”的年度：3（原为 2）",
    ),
    "a fact's bound": (
        [("min: 0, max: 1, decimals: 2", "min: 0, max: 2, decimals: 2")],
        "fact",
        "max",
        "fact “Rate”, most: 2; was 1",
        "事实“比率”的上限：2（原为 1）",
    ),
    "a fact's option": (
        [("B: {zh: 中, en: Fair}", "B: {zh: 差, en: Poor}")],
        "fact",
        "options",
        "fact “Look”, options: Good (A), Poor (B); was Good (A), Fair (B)",
        "事实“印象”的选项：好（A）、差（B）（原为 好（A）、中（B））",
    ),
    "how a fact is worked out": (
        [("is: rate / 2", "is: rate / 4")],
        "fact",
        "derived",
        "fact “Half”, worked out as: rate / 4; was rate / 2",
        "事实“半数”的算法：比率除以4（原为 比率除以2）",
    ),
    "a field": (
        [
            (
                "    verified: boolean",
                (
                    "    verified: boolean\n    told: {type: date, missing: none, title: "
                    "{zh: 告知日, en: Told on}}"
                ),
            )
        ],
        "field",
        "added",
        (
            "“Breaches”, field “Told on” (breaches.told) is added: type a date; when not "
            "given that there is none"
        ),
        "新增“违规”的字段“告知日”（breaches.told）：类型 日期；未填 即为无",
    ),
    "a clause no more": (
        [(", cites: [C2]", "")],
        "clause",
        "cited_no_more",
        "clause C2 is cited no more (was by rule:first)",
        "条款 C2 不再引用（原由 rule:first 落实）",
    ),
    "a clause of another": (
        [("cites: [C1]", "cites: [C1, C2]")],
        "clause",
        "cited_by",
        "clause C2 is cited by rule:first, fact:rate, was by rule:first",
        "条款 C2：由 rule:first、fact:rate 落实，原由 rule:first",
    ),
    "a title": (
        [("en: Rule one", "en: The first")],
        "rule",
        "title",
        "first is called “The first”, was “Rule one”",
        "first 改称“一”，原称“一”",
    ),
    "a note": (
        [("asked: {type: survey,", "asked: {type: survey, notes: 新说明,")],
        "fact",
        "notes",
        "fact “Satisfaction”: the note is reworded",
        "事实“满意度”的说明有改动",
    ),
    "the ceiling": (
        [("bonus: 3\n", "bonus: 2\n")],
        "book",
        "bonus",
        "the ceiling of the bonus: 2, was 3",
        "加分上限：2（原为 3）",
    ),
}


@pytest.mark.parametrize(("edits", "what", "change", "en", "zh"), TOLD.values(), ids=TOLD)
def test_a_change_is_told_in_words(
    edits: list[tuple[str, str]], what: str, change: str, en: str, zh: str
) -> None:
    found = [row for row in rows(*edits) if (row["what"], row["change"]) == (what, change)]
    assert [(row["words"]["en"], row["words"]["zh"]) for row in found][:1] == [(en, zh)], rows(
        *edits
    )


@pytest.mark.parametrize("edits", [value[0] for value in TOLD.values()], ids=TOLD)
def test_a_change_is_told_back_the_other_way(edits: list[tuple[str, str]]) -> None:
    text = BASE
    for old, new in edits:
        text = text.replace(old, new)
    there, back = (
        diff(*pair).changes for pair in ((book(BASE), book(text)), (book(text), book(BASE)))
    )
    assert sorted((one.what, one.id, str(one.old), str(one.new)) for one in there) == sorted(
        (one.what, one.id, str(one.new), str(one.old)) for one in back
    )


def test_points_and_thresholds_come_first_and_the_greatest_before_the_others() -> None:
    found = rows(
        ("points: 10, title: {zh: 一", "points: 16, title: {zh: 一"),
        ("each: 2}, points: 10", "each: 2}, points: 4"),
        ("2020-01-01: 0.90", "2020-01-01: 0.85"),
        ("cites: [C1]", "cites: [C3]"),
        ("en: Rule one", "en: The first"),
    )
    assert [(row["what"], row["id"], row["change"]) for row in found] == [
        ("rule", "first", "points"),
        ("rule", "fourth", "points"),
        ("parameter", "floor", "figure"),
        ("clause", "C1", "cited_no_more"),
        ("clause", "C3", "newly_cited"),
        ("rule", "first", "title"),
    ]


def test_a_rule_that_only_bears_another_id_is_renamed_and_else_dropped_and_added() -> None:
    assert [
        (row["id"], row["change"], row["from"]) for row in rows(("id: third", "id: three"))
    ] == [("three", "renamed", "third")]
    both = rows(("id: third", "id: three"), ("en: Rule three", "en: The third"))
    assert {(row["id"], row["change"]) for row in both} == {
        ("three", "added"),
        ("third", "dropped"),
    }


def test_the_reason_of_a_drop_is_told() -> None:
    own = (
        "book: city/own\nversion: 1.0.0\nsector: city\nextends: city/base\ntailor: {drop: "
        "{first: {zh: 另册, en: Stands elsewhere}, low: 无}}\n"
    )
    tailored = parse_book(own, "own.yaml", base=lambda _reference: (BASE, "base.yaml"))
    words = {
        (one.what, one.id, one.change): one.words for one in diff(book(BASE), tailored).changes
    }
    assert (
        words["rule", "first", "dropped"].en
        == "rule “Rule one” (first) is dropped, was 10 points: Stands elsewhere"
    )
    assert words["limiter", "low", "dropped"].zh == "删去等次限制“低”（low）：无"
    assert ("rule", "second", "points") in words


def test_what_is_written_otherwise_and_means_the_same_is_no_change() -> None:
    assert (
        rows(
            ("requires: rate >= floor", "requires: (rate >=   floor)"),
            ("late: 0.5", "late: 0.50"),
            ("version: 1.0.0", "version: 1.1.0"),
        )
        == []
    )
    lines = BASE.splitlines(keepends=True)
    at = next(number for number, line in enumerate(lines) if "id: first" in line)
    lines[at], lines[at + 1] = lines[at + 1], lines[at]
    assert diff(book(BASE), book("".join(lines))).changes == ()


def test_the_published_form_names_both_books() -> None:
    old, new = (
        book(BASE),
        book(
            BASE.replace("version: 1.0.0", "version: 1.1.0").replace(
                "days: 10", "days: {2026-01-01: 12}"
            )
        ),
    )
    said = diff(old, new).to_json()
    assert said["schema"] == SCHEMA == "steelyard/book-diff@1"
    assert said["from"] == {"id": "city/base", "version": "1.0.0", "digest": old.digest}
    assert said["to"] == {"id": "city/base", "version": "1.1.0", "digest": new.digest}
    figure = {
        "zh": "参数“days”（days）自 2026-01-01 起：12（原为 10）",
        "en": "figure “days” (days), from 2026-01-01 on: 12, was 10",
    }
    none = {"zh": "参数“days”（days）：无（原为 10）", "en": "figure “days” (days): none, was 10"}
    assert said["changes"] == [
        {
            "what": "parameter",
            "id": "days",
            "change": "figure",
            "since": None,
            "from": "10",
            "to": None,
            "words": none,
        },
        {
            "what": "parameter",
            "id": "days",
            "change": "figure",
            "since": "2026-01-01",
            "from": "10",
            "to": "12",
            "words": figure,
        },
    ]


def test_every_book_differs_from_itself_in_nothing_and_from_any_other_in_words(
    library: Library,
) -> None:
    books = [library.find(source.key) for source in library.sources]
    for one, other in zip(books, [*books[1:], books[0]], strict=True):
        assert diff(one, one).changes == ()
        told = diff(one, other).changes
        assert told
        assert all(change.words.zh and change.words.en for change in told)
        assert len(
            {(change.what, change.id, change.change, change.since) for change in told}
        ) == len(told)
