"""What `steelyard book check` remarks of expressions, bands, options and dates, and what it lets
pass.
"""

from __future__ import annotations

import pytest

from steelyard.book.library import Library
from steelyard.book.lint import lint
from steelyard.book.reading.load import parse_book, places_in
from steelyard.book.tailoring.inherit import no_base

BOOK = """\
book: city/remarks
version: 1.0.0
title: {zh: 检查, en: Check}
sector: city
parameters: {floor: 1, line: {title: {zh: 线, en: Line}, values: {2020-01-01: 0.5}}}
facts:
  rate: {type: number, min: 0, max: 1, decimals: 2, better: higher, title: {zh: 比率, en: Rate}}
  errors: {type: integer, min: 0, max: 20, better: lower, title: {zh: 差错, en: Errors}}
  staff: {type: integer, min: 1, title: {zh: 人数, en: Staff}}
  trained: {type: integer, min: 0, max: staff, title: {zh: 已培训, en: Trained}}
  award: {type: {low: {zh: 低, en: Low}, mid: {zh: 中, en: Mid}, top: {zh: 高, en: Top}}, ordered: true, title: {zh: 荣誉, en: Award}}
  seen: {type: boolean, title: {zh: 已看, en: Seen}}
parties: {person: {title: {zh: 人员, en: Person}}}
records:
  visits:
    title: {zh: 走访, en: Visits}
    dated: day
    day: {type: date, title: {zh: 日期, en: Day}}
    month: {type: integer, min: 1, max: 12, title: {zh: 月份, en: Month}}
    marks: {type: integer, min: 0, max: 10, title: {zh: 评分, en: Marks}}
    extra: {type: integer, min: 0, max: 10, missing: none, title: {zh: 附加, en: Extra}}
    times: {type: integer, min: 1, max: 9, missing: refused, title: {zh: 次数, en: Times}}
sections: [{id: all, title: {zh: 全部, en: All}, points: 100}]
rules:
  - {id: one, title: {zh: 一, en: One}, section: all, points: 50, FORM}
  - {id: two, title: {zh: 二, en: Two}, section: all, points: 50, requires: 'staff > 3 and trained > 2 and rate > line and errors < 5 and seen and award > ''low'' and count(visits) > floor'}
grades: [{id: any, title: {zh: 均可, en: Any}, at_least: 0}]
"""


def remarks(text: str) -> list[str]:
    """Return what is remarked of a book."""
    book = parse_book(text, "b.yaml")
    return [one.text() for one in lint(book, {}, places_in(text, "b.yaml", no_base))]


def remarked(form: str) -> list[str]:
    """Return what is remarked of a book in which rule one is of this form."""
    return remarks(
        BOOK.replace("points: 50, FORM", form if "bands" in form else f"points: 50, {form}")
    )


WIDE = "is read as two values, so bounds may be wide"
AT = "b.yaml:25: rules.one: "
FORMS: dict[str, tuple[str, list[str]]] = {
    "a name in the test and in a branch": (
        "requires: (errors - 3 if errors > 3 else 0) < 5",
        [f"{AT}`errors` stands in the test and in a branch of an `if` and {WIDE}"],
    ),
    "a ladder of tests takes no name twice": (
        "proportional: 1 if errors < 3 else 0.5 if errors < 9 else 0",
        [],
    ),
    "a field in the test and in a branch": (
        "demerit: {over: visits, each: marks if marks > 5 else 0}",
        [f"{AT}`marks` stands in the test and in a branch of an `if` and {WIDE}"],
    ),
    "a field that is always given": (
        "demerit: {over: visits, each: times if times > 5 else 0}",
        [],
    ),
    "a total by its own count": (
        "requires: 'total(visits, marks, month > 3) / count(visits, month > 3) >= 5'",
        [
            (
                f"{AT}a total is divided by its own count, which reads every record twice; "
                f"`mean` is meant"
            )
        ],
    ),
    "a total by another count": (
        "requires: 'total(visits, marks, month > 3) / count(visits, month > 4) >= 5'",
        [],
    ),
    "a total of what may be none is no mean": (
        "requires: 'total(visits, extra) / count(visits) >= 5'",
        [],
    ),
    "a threshold that is never reached": (
        "requires: errors > 20",
        [f"{AT}`errors > 20` never holds, by the declared ranges"],
    ),
    "a threshold on the greatest value": ("requires: errors >= 20", []),
    "a threshold that is never missed": (
        "requires: staff >= 1",
        [f"{AT}`staff >= 1` always holds, by the declared ranges"],
    ),
    "a threshold on a parameter that an authority may set": ("requires: staff >= floor", []),
    "a value that no field can have": (
        "requires: 'any(visits, month == 13)'",
        [f"{AT}`month == 13` never holds, by the declared ranges"],
    ),
    "an option that is never missed": (
        "requires: award >= 'low'",
        [f"{AT}`award >= 'low'` always holds, by the declared ranges"],
    ),
    "options of which every one will do": (
        "requires: \"award in ['low', 'mid', 'top']\"",
        [f"{AT}`award in ['low', 'mid', 'top']` always holds, by the declared ranges"],
    ),
    "what may be none can miss any threshold": ("requires: 'any(visits, extra >= 0)'", []),
    "a band that is never reached": (
        "banded: rate, bands: [{at_least: 0.5, points: 20}, {above: 1, points: 50}]",
        [f"{AT}the band from 1 can never be reached"],
    ),
    "a band that makes those below idle": (
        "banded: staff, bands: [{at_least: 0, points: 20}, {at_least: 1, points: 50}]",
        [f"{AT}the band from 1 is never missed, so none below counts"],
    ),
    "a lowest band that gives everyone something": (
        "banded: rate, bands: [{at_least: 0, points: 20}, {at_least: 1, points: 50}]",
        [],
    ),
    "bands against better": (
        "banded: errors, bands: [{at_least: 2, points: 20}, {at_least: 9, points: 50}]",
        [f"{AT}earns less where `errors` is better, as the book says"],
    ),
    "one band that rewards what is worse": (
        "banded: errors, bands: [{at_least: 2, points: 50}]",
        [f"{AT}earns less where `errors` is better, as the book says"],
    ),
    "bands that fall while higher is better": (
        "banded: rate, bands: [{at_least: 0.1, points: 50}, {at_least: 0.9, points: 20}]",
        [f"{AT}earns less where `rate` is better, as the book says"],
    ),
    "bands of a multiple of what is better": (
        "banded: rate * 100, bands: [{at_least: 10, points: 50}, {at_least: 90, points: 20}]",
        [f"{AT}earns less where `rate` is better, as the book says"],
    ),
    "bands of what is left of what is better": (
        "banded: 1 - rate, bands: [{at_least: 0.1, points: 20}, {at_least: 0.9, points: 50}]",
        [f"{AT}earns less where `rate` is better, as the book says"],
    ),
    "bands of what is left of what is worse": (
        "banded: 20 - errors, bands: [{at_least: 10, points: 20}, {at_least: 18, points: 50}]",
        [],
    ),
    "bands of a figure held to a least": (
        (
            "banded: 'max(1, errors) * -1', "
            "bands: [{at_least: -9, points: 50}, {at_least: -1, points: 20}]"
        ),
        [f"{AT}earns less where `errors` is better, as the book says"],
    ),
    "bands of what two facts say": (
        "banded: rate * errors, bands: [{at_least: 2, points: 50}, {at_least: 9, points: 20}]",
        [],
    ),
    "bands with better": (
        "banded: rate, bands: [{at_least: 0.1, points: 20}, {at_least: 0.9, points: 50}]",
        [],
    ),
    "a rate that can leave 0..1": (
        "proportional: staff / 4",
        [f"{AT}`proportional` of what can be 0.25 to 250000000000; it is held to 0..1"],
    ),
    "a rate that is held by the author": ("proportional: 'min(1, staff / 4)'", []),
    "a part of what bounds it": ("proportional: trained / staff", []),
    "no more months than a year has": ("proportional: 'distinct(visits, month) / 12'", []),
}


@pytest.mark.parametrize(("form", "lines"), FORMS.values(), ids=FORMS)
def test_forms_are_remarked(form: str, lines: list[str]) -> None:
    assert remarked(form) == lines


WORDS: dict[str, tuple[tuple[str, str], list[str]]] = {
    "two options of one title": (
        ("top: {zh: 高, en: Top}", "top: {zh: 高, en: Mid}"),
        ["b.yaml:11: facts.award: options `mid` and `top` share a title"],
    ),
    "an option titled as none": (
        ("low: {zh: 低, en: Low}", "low: {zh: 无, en: No award}"),
        [
            (
                "b.yaml:11: facts.award: option `low` is titled as what says that there is "
                "none, or that it is not known"
            )
        ],
    ),
    **{
        f"an option titled {title} says none or unknown": (
            ("low: {zh: 低, en: Low}", f"low: {{zh: '{title}', en: Low}}"),
            [
                (
                    "b.yaml:11: facts.award: option `low` is titled as what says that there is "
                    "none, or that it is not known"
                )
            ],
        )
        for title in (
            "没有",
            "None",
            "不详",
            "未知",
            "不明",
            "？",
            "UNKNOWN",
            "无\u200b",
            "\u3000无",
        )
    },
    "an option titled as unknown": (
        ("low: {zh: 低, en: Low}", "low: {zh: 低, en: Unknown}"),
        [
            (
                "b.yaml:11: facts.award: option `low` is titled as what says that there is "
                "none, or that it is not known"
            )
        ],
    ),
    "a date that the book does not speak of": (
        ("    dated: day\n", ""),
        [
            (
                "b.yaml:16: records.visits: has the date `day`, and does not say whether it "
                "must lie in the period: `dated: day`, or `dated: none`"
            )
        ],
    ),
    "rows of any day": (("dated: day", "dated: none"), []),
    "one title of figures for both languages": (("title: {zh: 二, en: Two}", "title: '110'"), []),
    "one title of initials for both": (("title: {zh: 二, en: Two}", "title: 5S"), []),
    "one title in English alone": (
        ("title: {zh: 二, en: Two}", "title: Two"),
        ["b.yaml:26: rules.two: has no title in both languages"],
    ),
    "one title in Chinese alone": (
        ("title: {zh: 二, en: Two}", "title: 二"),
        ["b.yaml:26: rules.two: has no title in both languages"],
    ),
}


@pytest.mark.parametrize(("change", "lines"), WORDS.values(), ids=WORDS)
def test_words_and_dates_are_remarked(change: tuple[str, str], lines: list[str]) -> None:
    good = BOOK.replace("FORM", "requires: rate > 0.2")
    assert change[0] in good
    assert remarks(good) == []
    assert remarks(good.replace(*change)) == lines


def test_a_remark_on_a_derived_fact_a_limiter_and_a_grade_has_its_own_place() -> None:
    text = (
        BOOK.replace("FORM", "requires: spare > 2")
        .replace(
            "  seen:",
            "  spare: {is: errors - 1 if errors > 1 else 0, title: {zh: 余, en: Spare}}\n  seen:",
        )
        .replace(
            "grades: [",
            "limiters: [{id: cap, when: errors > 20, effect: veto}]\ngrades: [{id: best, "
            "title: {zh: 优, en: Best}, needs: errors <= 20}, ",
        )
    )
    assert remarks(text) == [
        "b.yaml:28: limiters.cap: `errors > 20` never holds, by the declared ranges",
        "b.yaml:29: grades.best: `errors <= 20` always holds, by the declared ranges",
        (
            f"b.yaml:12: facts.spare: `errors` stands in the test and in a branch of an `if` "
            f"and {WIDE}"
        ),
    ]


def test_every_register_of_every_book_says_whether_its_dates_count(library: Library) -> None:
    for source in library.sources:
        book = library.find(source.key)
        said = [one.text() for one in lint(book, {}, library.places(source.key))]
        assert not [one for one in said if "`dated: none`" in one]
