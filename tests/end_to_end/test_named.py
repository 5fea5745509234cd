"""Grades, rules, facts and dimensions are asked for by their titles too, in either language; what
several bear is refused with all of them, and messages tell a grade by its title.
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from program import Answer, answer

BOOK = """\
book: town/named
version: 1.0.0
sector: town
facts:
  rate: {type: number, min: 0, max: 100, decimals: 2, better: higher, measured_in: percent,
    title: {zh: 满意率, en: Satisfied}}
  policy: {type: boolean, title: {zh: 制度已定, en: Policy set}}
  known: {type: boolean, title: {zh: 知晓, en: Known}}
  told: {type: boolean, title: {zh: 知晓, en: Told}}
records:
  checks: {title: {zh: 检查台账, en: Checks}, held: {type: boolean, title: {zh: 已检查, en: Held}}}
sections: [{id: all, points: 100}]
rules:
  - {id: rated, title: {zh: 群众满意, en: People are pleased}, section: all,
    proportional: rate / 100, points: 70}
  - {id: set, title: {zh: 有制度, en: Rules stand}, section: all, requires: policy, points: 30}
measures: {warning: {kind: sanction, title: {zh: 有制度, en: Warning}}}
consequences: [{on: subject, when: not policy, falls_on: subject, all: [warning]}]
grades:
  - {id: a, title: {zh: 优秀, en: Excellent}, at_least: 90}
  - {id: b, title: {zh: 合格, en: Good enough}, at_least: 0}
"""
CASE = """\
book: town/named
subject: {id: t-1}
period: "2026"
facts: {rate: 80, policy: no, known: yes, told: yes}
records: {checks: [{id: c-1, held: no}]}
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("named")
    (made / "books").mkdir()
    (made / "books" / "named.yaml").write_text(BOOK, "utf-8")
    (made / "case.yaml").write_text(CASE, "utf-8")
    return made


def run(folder: Path, *words: str) -> Answer:
    return answer(folder, {"STEELYARD_BOOKS": "books"}, *words)


SAME: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "a rule": (("why", "case.yaml", "群众满意"), ("why", "case.yaml", "rated")),
    "a rule, in other case and width": (
        ("why", "case.yaml", " people ａｒｅ Pleased"), ("why", "case.yaml", "rated"),
    ),
    "a measure": (("why", "case.yaml", "--not", "Warning"),
                  ("why", "case.yaml", "--not", "warning")),
    "a fact": (("plan", "case.yaml", "--what-if", "满意率=95"),
               ("plan", "case.yaml", "--what-if", "rate=95")),
    "a fact with its measure": (("plan", "case.yaml", "--what-if", "满意率（%）=95"),
                                ("plan", "case.yaml", "--what-if", "rate=95")),
    "a field of a record": (
        ("plan", "case.yaml", "--what-if", "检查台账/c-1.已检查=是"),
        ("plan", "case.yaml", "--what-if", "checks/c-1.held=yes"),
    ),
    "a grade": (("plan", "case.yaml", "--to", "excellent"), ("plan", "case.yaml", "--to", "a")),
}  # fmt: skip


@pytest.mark.parametrize(("titled", "by_id"), SAME.values(), ids=SAME)
def test_a_title_means_what_its_id_means(
    folder: Path, titled: tuple[str, ...], by_id: tuple[str, ...]
) -> None:
    first, second = run(folder, *titled), run(folder, *by_id)
    assert first.err == second.err == ""
    assert first.out == second.out != ""


REFUSED: dict[str, tuple[tuple[str, ...], str, str]] = {
    "a title of two facts": (
        ("plan", "case.yaml", "--what-if", "知晓=no"),
        "error: --what-if: `知晓` is the title of several: say one of `known`, `told`",
        "错误: --what-if: `知晓` 是几项共有的名称，请写明其一：`known`、`told`",
    ),
    "a title of a rule and a measure": (
        ("why", "case.yaml", "有制度"),
        "error: town/named@1.0.0: `有制度` may mean several things: say one of `rule:set`, `measure:warning`",
        "错误: town/named@1.0.0: `有制度` 可能指几样东西，请写明其一：`rule:set`、`measure:warning`",
    ),
    "a grade that is none": (
        ("plan", "case.yaml", "--to", "优良"),
        "error: --to: the book has no grade `优良`; its grades are Excellent (`a`), Good enough (`b`)",
        "错误: --to: 规则册中没有等次 `优良`；等次有 优秀（`a`）、合格（`b`）",
    ),
    "a grade that no book has": (
        ("assess", "case.yaml", "--no-save", "--fail-under", "优良"),
        "error: --fail-under: book town/named@1.0.0 has no grade `优良`; its grades are Excellent (`a`), Good enough (`b`)",
        "错误: --fail-under: 规则册 town/named@1.0.0 没有等次 `优良`，有的等次是：优秀（`a`）、合格（`b`）",
    ),
    "a dimension that is none": (
        ("compare", "--dimension", "服务效率"),
        "error: --dimension: unknown dimension `服务效率`; did you mean `服务效能`?",
        "错误: --dimension: 未知的维度 `服务效率`；是否为 `服务效能`？",
    ),
}


@pytest.mark.parametrize(("words", "english", "chinese"), REFUSED.values(), ids=REFUSED)
def test_what_is_not_one_thing_is_refused_with_what_there_is(
    folder: Path, words: tuple[str, ...], english: str, chinese: str
) -> None:
    for language, line in (("en", english), ("zh", chinese)):
        ran = run(folder, *words, "--lang", language)
        assert (ran.code, ran.out, ran.err.splitlines()) == (2, "", [line])


def test_a_grade_that_was_not_reached_is_told_by_its_title(folder: Path) -> None:
    words = ("assess", "case.yaml", "--no-save", "--fail-under", "优秀", "--lang", "zh")
    ran = run(folder, *words)
    assert ran.code == 1
    assert "尚不能确定达到优秀（`a`）" in ran.err


def test_dimensions_are_weighed_by_their_titles(folder: Path) -> None:
    assert run(folder, "assess", "case.yaml", "--db", "w.db").code == 0
    words = ("compare", "--db", "w.db", "--format", "json", "--weight", "服务效能=0.6")
    assert json.loads(run(folder, *words).out)["method"]["weights"] == {"service": "0.6"}
    twice = run(folder, *words, "--weight", "service=0.4")
    assert twice.code == 2
    assert "dimension `service` stands twice" in twice.err
