"""What a figure is measured in: how it is typed, where it is shown, and what a book gets wrong."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml
from openpyxl import load_workbook
from raw_workbooks import Look, Sheet, inline, number, package

from steelyard.book.difference.difference import diff
from steelyard.book.lint import lint
from steelyard.book.measured_in import UNITS, folded, with_unit
from steelyard.book.model import RuleBook
from steelyard.book.reading.load import parse_book, places_in, stored_book
from steelyard.book.schema import book_schema
from steelyard.book.tailoring.inherit import no_base
from steelyard.case.formats.csvfile import csv_documents
from steelyard.case.formats.files import cases_in
from steelyard.case.formats.round_trip import carried, only
from steelyard.case.formats.template import write_yaml
from steelyard.case.formats.wide import write_wide
from steelyard.case.formats.workbook import write_workbook
from steelyard.case.reading.read import parse_case
from steelyard.errors import BookError, CaseError
from steelyard.judging.assessment import weigh
from steelyard.judging.missing import still_to_show
from steelyard.located_yaml import mark
from steelyard.messages import Title

BOOK = """\
book: city/measured
version: 1.0.0
title: {zh: 计量, en: Measured}
sector: city
facts:
  hall: {type: number, min: 0, max: 100000, decimals: 2, measured_in: m2, title: {zh: 活动室面积, en: Hall}}
  pleased: {type: number, min: 0, max: 100, decimals: 2, measured_in: percent, better: higher, title: {zh: 满意率, en: Pleased}}
  spent: {type: number, min: 0, decimals: 2, measured_in: yuan, title: {zh: 经费, en: Spent}}
  boats: {type: integer, min: 0, max: 90, measured_in: {zh: 艘, en: boats}, title: {zh: 船只, en: Boats}}
  mark: {type: number, min: 0, max: 100, decimals: 2, title: {zh: 评分, en: Mark}}
  rate: {type: number, min: 0, max: 1, decimals: 4, title: {zh: 比率, en: Rate}}
  growth: {type: number, min: -1, max: 1, decimals: 4, title: {zh: 增长, en: Growth}}
  answers: {type: survey, measured_in: person, title: {zh: 答卷, en: Answers}}
records:
  visits:
    title: {zh: 走访, en: Visits}
    length: {type: number, min: 0, max: 24, decimals: 1, measured_in: hour, title: {zh: 时长, en: Length}}
sections: [{id: all, title: {zh: 全部, en: All}, points: 100}]
rules:
  - {id: one, title: {zh: 一, en: One}, section: all, points: 50, requires: hall >= 500}
  - {id: two, title: {zh: 二, en: Two}, section: all, points: 50, requires: 'pleased > 90 and spent > 1 and boats > 1 and mark > 2 and rate > 0.5 and growth > 0 and answers > 0.5 and total(visits, length) > 2'}
grades: [{id: any, title: {zh: 均可, en: Any}, at_least: 0}]
"""


@pytest.fixture(scope="module", name="book")
def loaded() -> RuleBook:
    return parse_book(BOOK, "m.yaml")


def read(book: RuleBook, facts: dict[str, Any], **more: Any) -> Any:
    """Return a case with these facts."""
    said = {"book": book.id, "subject": "u", "period": "2026", "facts": facts, **more}
    return parse_case(mark(said, "c.yaml"), book, "c.yaml", typed=True)


def kept(book: RuleBook, fact: str, typed: str) -> str:
    """Return what is kept of a fact as typed in a document."""
    value: str = read(book, {fact: typed}).document["facts"][fact]["value"]
    return value


READ = {
    "a bare figure": ("hall", "500", "500"),
    "square metres": ("hall", "500平方米", "500"),
    "square metres, as one sign": ("hall", "500㎡", "500"),
    "square metres, with a raised two": ("hall", "1,500.5 m²", "1500.5"),
    "square metres, in letters": ("hall", "500 M2", "500"),
    "square metres, for short": ("hall", "500 sq. m", "500"),
    "square metres, in full width": ("hall", "５００ ｍ２", "500"),
    "square metres, in words": ("hall", "500 square metres", "500"),
    "a range with its unit behind": ("hall", "500～600平方米", "500..600"),
    "a range with units behind both": ("hall", "500 平方米 至 600 平方米", "500..600"),
    "percent": ("pleased", "95%", "95"),
    "percent in full width": ("pleased", "９５．５％", "95.5"),
    "percent, in Chinese": ("pleased", "百分之95", "95"),
    "percent, in words": ("pleased", "95 per cent", "95"),
    "a figure of percent without its sign": ("pleased", "95", "95"),
    "less than a percent, with its sign": ("pleased", "0.95%", "0.95%"),
    "less than a percent, in Chinese": ("pleased", "百分之0.95", "0.95%"),
    "from less than a percent": ("pleased", "0.5~95%", "0.5..95%"),
    "no percent": ("pleased", "0", "0"),
    "more than a percent": ("pleased", "1.5", "1.5"),
    "one percent is one": ("pleased", "1%", "1"),
    "a range of percent": ("pleased", "90~95%", "90..95"),
    "yuan": ("spent", "3000元", "3000"),
    "yuan by the sign in front": ("spent", "￥3,000.50", "3000.5"),
    "yuan in letters": ("spent", "RMB 3000", "3000"),
    "yuan on both sides": ("spent", "人民币3000元", "3000"),
    "a unit of the book's own": ("boats", "12艘", "12"),
    "a unit of the book's own, in English": ("boats", "12 Boats", "12"),
    "a share of a share": ("rate", "95%", "0.95"),
    "one percent of a share": ("rate", "1%", "0.01"),
    "a share of more than a share, of one reading": ("growth", "-12%", "-0.12"),
}


@pytest.mark.parametrize(("fact", "typed", "value"), READ.values(), ids=READ)
def test_a_figure_is_read_with_its_unit(book: RuleBook, fact: str, typed: str, value: str) -> None:
    assert kept(book, fact, typed) == value


M2, YUAN = "平方米 / square metres", "元 / yuan"
REFUSED = {
    "mu for square metres": ("hall", "500亩", f"`500亩` is in 亩 / mu, and the figure that is wanted in {M2}"),
    "hectares for square metres": ("hall", "5 ha", f"`5 ha` is in 公顷 / hectares, and the figure that is wanted in {M2}"),
    "metres for square metres": ("hall", "500米", f"`500米` is in 米 / metres, and the figure that is wanted in {M2}"),
    "percent for square metres": ("hall", "50%", f"`50%` is in %, and the figure that is wanted in {M2}"),
    "another unit at the end of a range": ("hall", "1~2亩", f"`2亩` is in 亩 / mu, and the figure that is wanted in {M2}"),
    "ten thousands for yuan": ("spent", "3万元", f"`3万元` is in 万元 / ten thousand yuan, and the figure that is wanted in {YUAN}"),
    "ten thousands alone": ("spent", "3万", f"`3万` has `万` beside the figure, which is measured in {YUAN}"),
    "dollars": ("spent", "$300", f"`$300` has `$` beside the figure, which is measured in {YUAN}"),
    "about": ("spent", "300左右", f"`300左右` has `左右` beside the figure, which is measured in {YUAN}"),
    "percent as a share": ("pleased", "0.95", "`0.95` may mean 0.95% or 95% here: write the one that is meant, with its %"),
    "percent as a share, without a nought": ("pleased", ".5", "`.5` may mean 0.5% or 50% here: write the one that is meant, with its %"),
    "a range of percent as shares": ("pleased", "0.8~0.95", "`0.8~0.95` may mean 0.8% or 80% here: write the one that is meant, with its %"),
    "per mille for percent": ("pleased", "950‰", "`950‰` is in ‰ / per mille, and the figure that is wanted in %"),
    "persons for percent": ("pleased", "95人", "`95人` is in 人 / persons, and the figure that is wanted in %"),
    "another unit for the book's own": ("boats", "12只", "`12只` is in 件 / pieces, and the figure that is wanted in 艘 / boats"),
    "percent of what may be 0.95 and 95": ("mark", "95%", "`95%` may mean 0.95 or 95 here: write the figure that is meant, without %"),
    "percent of what runs past one": ("growth", "0.5%", "`0.5%` may mean 0.005 or 0.5 here: write the figure that is meant, without %"),
    "percent at the first end of a range": ("pleased", "0.5%~0.6", "`0.5%~0.6` may mean 0.6% or 60% here: write the one that is meant, with its %"),
    "a share at the last end of a range": ("rate", "50%~1", "`50%~1` may mean 50%..1% or 50%..1: write % behind both, or behind neither"),
    "three dots": ("rate", "0...5", "`0...5` may mean 0..5 or 0..0.5: write the one that is meant"),
    "three dots, from high to low": ("rate", "3...5", "`3...5` may mean 3..5 or 3..0.5: write the one that is meant"),
    "percent at one end of a range": ("rate", "0.5~95%", "`0.5~95%` may mean 0.5%..95% or 0.5..95%: write % behind both, or behind neither"),
    "more than a hundred percent": ("pleased", "101%", "`101%` is above the most allowed, 100"),
    "a unit where the book names none": ("mark", "95分", "`95分` is not a number"),
    "a note behind the figure": ("hall", "95.²", "`95.²` is not a number"),
    "no figure at all": ("hall", "平方米", "`平方米` is not a number"),
}  # fmt: skip


@pytest.mark.parametrize(("fact", "typed", "message"), REFUSED.values(), ids=REFUSED)
def test_another_unit_is_refused_with_both(
    book: RuleBook, fact: str, typed: str, message: str
) -> None:
    with pytest.raises(CaseError, match=f"^c.yaml: facts.{fact}: {re.escape(message)}$"):
        read(book, {fact: typed})


@pytest.mark.parametrize("most", [1, 30])
def test_a_bare_figure_of_percent_below_one_is_read_where_it_can_be_no_share(most: int) -> None:
    own = parse_book(BOOK.replace("pleased: {type: number, min: 0, max: 100,", f"pleased: {{type: number, min: 0, max: {most},"), "m.yaml")  # fmt: skip
    assert kept(own, "pleased", "0.95") == "0.95"


def test_a_percentage_below_one_is_asked_for_in_every_form_and_kept_with_its_sign(
    book: RuleBook, tmp_path: Path
) -> None:
    message = "facts.pleased: `0.95` may mean 0.95% or 95% here"
    (tmp_path / "c.xlsx").write_bytes(sheet("pleased", 0.95, Look(2)))
    rows = "book,subject.id,period,pleased\ncity/measured,u,2026,{}\n"
    (tmp_path / "c.csv").write_text(rows.format("0.95"), "utf-8")
    yaml_case = "{{book: city/measured, subject: u, period: 2026, facts: {{pleased: {}}}}}"
    (tmp_path / "c.yaml").write_text(yaml_case.format("0.95"), "utf-8")
    for name in ("c.xlsx", "c.csv", "c.yaml"):
        with pytest.raises(CaseError, match=re.escape(message)):
            cases_in(tmp_path / name, lambda _said, _place: book)
    (tmp_path / "c.xlsx").write_bytes(sheet("pleased", 0.0095, Look(10)))
    (tmp_path / "c.csv").write_text(rows.format("0.95%"), "utf-8")
    (tmp_path / "c.yaml").write_text(yaml_case.format("0.95%"), "utf-8")
    for name in ("c.xlsx", "c.csv", "c.yaml"):
        [case] = cases_in(tmp_path / name, lambda _said, _place: book)
        assert case.facts["pleased"].low == 95
        assert case.document["facts"]["pleased"]["value"] == "0.95%"
        again = parse_case(mark(case.document, "again"), book, "again", typed=True)
        assert again.digest == case.digest


GUIDES = {
    "rates and percentages": ("", ["Rates (0 to 1)", "Percentages (in %)"]),
    "percentages": ("rate", ["Percentages (in %)"]),
    "rates": ("pleased", ["Rates (0 to 1)"]),
    "neither": ("rate pleased", []),
}


@pytest.mark.parametrize(("without", "said"), GUIDES.values(), ids=GUIDES)
def test_the_guide_says_how_the_rates_of_its_book_are_typed(
    tmp_path: Path, without: str, said: list[str]
) -> None:
    text = BOOK
    for name in without.split():
        text = re.sub(
            rf"  {name}: .*decimals: [0-9]", f"  {name}: {{type: number, min: 0, max: 200", text
        )
    text = text.replace("max: 200, measured_in: percent", "max: 200")
    write_workbook(parse_book(text, "m.yaml"), tmp_path / "c.xlsx")
    guide = load_workbook(tmp_path / "c.xlsx").worksheets[0]
    words = [str(cell.value) for row in guide.iter_rows() for cell in row if cell.value]
    found = [
        one for one in ("Rates (0 to 1)", "Percentages (in %)") if any(one in w for w in words)
    ]
    assert found == said
    assert any("0.95" in word for word in words) == bool(said)


def test_a_field_and_a_survey_are_read_with_their_units(book: RuleBook) -> None:
    rows = [{"id": "a", "length": "1.5小时"}, {"id": "b", "length": "2 h"}]
    case = read(book, {"answers": "470人/500人"}, records={"visits": rows})
    said = case.document
    assert [row["length"] for row in said["records"]["visits"]["rows"]] == ["1.5", "2"]
    assert said["facts"]["answers"] == {"positive": "470", "asked": "500"}
    counted = read(book, {"answers": {"positive": "470 人", "asked": "500 名"}})
    assert counted.document["facts"] == said["facts"]
    with pytest.raises(CaseError, match=r"records.visits.a.length: `90分钟` is in 分钟 / minutes"):
        read(book, {}, records={"visits": [{"id": "a", "length": "90分钟"}]})


CELLS: dict[str, tuple[str, object, Look, str]] = {
    "95% typed, of percent": ("pleased", 0.95, Look(9), "95"),
    "95.5% typed, of percent": ("pleased", 0.955, Look(10), "95.5"),
    "a worked-out percentage, as it is shown": ("pleased", 0.666666666666667, Look(10), "66.67"),
    "a hundred percent": ("pleased", 1, Look(9), "100"),
    "a figure of percent": ("pleased", 95, Look(1), "95"),
    "a figure with the sign as a word": ("pleased", 95, Look(code='0"%"'), "95"),
    "95% typed, of a share": ("rate", 0.95, Look(9), "0.95"),
    "percent of a share, as a word": ("rate", 95, Look(code='0"%"'), "0.95"),
    "square metres as a word": ("hall", 500.126, Look(code='#,##0.00"㎡"'), "500.13"),
    "square metres, after a blank": ("hall", 500, Look(code='General\\ "m²"'), "500"),
    "yuan by its sign": ("spent", 5000, Look(code="[$¥-804]#,##0.00"), "5000"),
    "yuan by its sign in full width": ("spent", 5000, Look(code='"￥"#,##0.00'), "5000"),
    "yuan by its letters": ("spent", 5000, Look(code="[$CNY] #,##0.00"), "5000"),
    "yuan without quotes": ("spent", 5000, Look(code="0元"), "5000"),
    "yuan in an account": ("spent", 5000, Look(code='_ "￥"* #,##0.00_ ;_ "￥"* \\-#,##0.00_ ;_ "￥"* "-"??_ ;_ @_ '), "5000"),
    "nought in an account": ("spent", 0, Look(code='_ "￥"* #,##0.00_ ;_ "￥"* \\-#,##0.00_ ;_ "￥"* "-"??_ ;_ @_ '), "0"),
    "a unit of the book's own": ("boats", 12, Look(code='0"艘"'), "12"),
    "the section that counts": ("boats", 12, Look(code='[>=100]0"百艘";0"艘"'), "12"),
}  # fmt: skip
NO_CELLS: dict[str, tuple[str, object, Look, str]] = {
    "95% typed, where the book names no unit": ("mark", 0.95, Look(9), "`95%` may mean 0.95 or 95"),
    "95% typed, of square metres": ("hall", 0.95, Look(10), "`95%` is in %, and the figure that"),
    "mu as a word": ("hall", 500, Look(code='0"亩"'), "`500亩` is in 亩 / mu, and the figure"),
    "hectares as a word": ("hall", 500, Look(code='0.0"公顷"'), "`500公顷` is in 公顷 / hectares, and"),
    "ten thousand yuan": ("spent", 5, Look(code='0"万元"'), "`5万元` is in 万元 / ten thousand yuan, and"),
    "thousands of yuan": ("spent", 5, Look(code='#,##0"千元"'), "`5千元` has `千元` beside the figure"),
    "dollars": ("spent", 5000, Look(code="[$$-409]#,##0.00"), "`$5000` has `$` beside the figure"),
    "euros": ("spent", 5000, Look(code="[$€-2]\\ #,##0.00"), "`€5000` has `€` beside the figure"),
    "dollars in quotes": ("spent", 5000, Look(code='"$"#,##0_);\\("$"#,##0\\)'), "`$5000` has `$` beside"),
    "the program's currency": ("spent", 5000, Look(42), "holds `5000` in the currency of whichever"),
    "ten thousands of boats": ("boats", 3, Look(code='0"万艘"'), "`3万艘` has `万艘` beside the figure"),
    "the section below zero": ("spent", -5, Look(code='0"元";-0"万元"'), "`-5万元` is in 万元 /"),
    "millions, shown as so many": ("spent", 5000000, Look(code='0,,"百万元"'), "holds `5000000`, and its number format shows `5百万元`"),
}  # fmt: skip


def sheet(fact: str, value: object, look: Look) -> bytes:
    """Return a workbook with one unit, of which one fact is filled in."""
    keys = ("book", "subject.id", "period", fact)
    row = (inline("city/measured"), inline("u-1"), inline("2026"), number(value, 1))
    return package(Sheet(keys, row), [look])


@pytest.mark.parametrize(("fact", "value", "look", "text"), CELLS.values(), ids=CELLS)
def test_a_cell_in_percent_is_read_as_it_is_shown(
    book: RuleBook, tmp_path: Path, fact: str, value: object, look: Look, text: str
) -> None:
    (tmp_path / "c.xlsx").write_bytes(sheet(fact, value, look))
    (case,) = cases_in(tmp_path / "c.xlsx", lambda _said, _place: book)
    assert case.document["facts"][fact]["value"] == text


@pytest.mark.parametrize(("fact", "value", "look", "message"), NO_CELLS.values(), ids=NO_CELLS)
def test_a_cell_in_percent_is_never_guessed(
    book: RuleBook, tmp_path: Path, fact: str, value: object, look: Look, message: str
) -> None:
    (tmp_path / "c.xlsx").write_bytes(sheet(fact, value, look))
    with pytest.raises(CaseError, match=f"D2: (facts.{fact}: )?{re.escape(message)}"):
        list(cases_in(tmp_path / "c.xlsx", lambda _said, _place: book))


def test_a_unit_is_read_from_a_csv_file(book: RuleBook) -> None:
    rows = "book,subject.id,period,hall,pleased\ncity/measured,u,2026,500㎡,95%\n"
    [document] = csv_documents(rows.encode(), lambda _said, _place: book, "u.csv")
    facts = parse_case(document, book, "u.csv").document["facts"]
    assert {name: one["value"] for name, one in facts.items()} == {"hall": "500", "pleased": "95"}


def test_what_is_typed_with_units_is_the_same_in_a_workbook(book: RuleBook, tmp_path: Path) -> None:
    write_yaml(book, tmp_path / "c.yaml")
    typed = {"hall": "500㎡", "pleased": "95%", "spent": "¥5", "boats": "7艘"}
    text = (tmp_path / "c.yaml").read_text("utf-8")
    assert "活动室面积（平方米） Hall (square metres)" in text
    assert "单位：%" in text
    for name, value in typed.items():
        assert f"  {name}:\n" in text
        text = text.replace(f"  {name}:\n", f"  {name}: {value}\n")
    (tmp_path / "filled.yaml").write_text(text, "utf-8")
    found = carried(tmp_path / "filled.yaml", book, lambda _said, _place: book)
    (case,) = cases_in(tmp_path / "filled.yaml", lambda _said, _place: book)
    write_workbook(book, tmp_path / "c.xlsx", case=only(found, "c"))
    (again,) = cases_in(tmp_path / "c.xlsx", lambda _said, _place: book)
    assert again.document["facts"] == case.document["facts"]
    assert case.facts["pleased"].low == 9500


def test_a_unit_stands_beside_the_fact_in_every_sheet(book: RuleBook, tmp_path: Path) -> None:
    write_workbook(book, tmp_path / "c.xlsx")
    write_wide(book, tmp_path / "w.xlsx")
    write_wide(book, tmp_path / "w.csv")
    for name in ("c.xlsx", "w.xlsx"):
        words = {
            str(cell.value)
            for sheet in load_workbook(tmp_path / name)
            for row in sheet.iter_rows()
            for cell in row
        }
        assert {"活动室面积（平方米）", "Hall (square metres)", "满意率（%）"} <= words, name
    heads = (tmp_path / "w.csv").read_text("utf-8-sig")
    assert "经费（元）" in heads
    assert "Spent (yuan)" in heads


def test_a_unit_stands_in_reasons_and_in_what_is_still_to_be_shown(book: RuleBook) -> None:
    assessment = weigh(book, read(book, {"hall": "400㎡"}))
    because = assessment.findings[0].because
    assert because.zh == "活动室面积（平方米）400低于500"
    assert because.en == "hall (square metres) 400 is below 500"
    titles = {one.title for one in still_to_show(assessment)}
    assert Title("经费（元）", "Spent (yuan)") in titles


def test_a_title_that_says_its_unit_does_not_say_it_twice() -> None:
    title = Title("面积（㎡）", "Area (m2)")
    assert with_unit(title, UNITS["m2"]) == title
    assert with_unit(Title("面积", "Area"), UNITS["m2"]).zh == "面积（平方米）"


def test_no_two_units_are_typed_alike() -> None:
    typed = Counter(word for unit in UNITS.values() for word in unit.typed)
    assert [word for word, count in typed.items() if count > 1] == []


def test_the_units_stand_in_the_reference() -> None:
    text = (Path(__file__).parents[2] / "docs" / "rule-books.md").read_text("utf-8")
    for unit in UNITS.values():
        [line] = [
            one for one in text.splitlines() if one.startswith(f"| `{unit.id}` | {unit.title.zh} ")
        ]
        assert unit.title.en in line
        also = unit.typed - {folded(title) for title in unit.title}
        assert {one for one in also if f"`{one}`" not in line} == set()


NO_UNITS = {
    "misspelt": ("measured_in: yuan", "measured_in: yaun", "`yaun` is no unit such as person, m2 or yuan; one of the book's own is written {zh: …, en: …}; did you mean `yuan`?"),
    "in Chinese": ("measured_in: m2", "measured_in: 平米", "`平米` is no unit such as person, m2 or yuan; one of the book's own is written {zh: …, en: …}; did you mean `m2`?"),
    "a sign": ("measured_in: percent", "measured_in: '%'", "`%` is no unit such as person, m2 or yuan; one of the book's own is written {zh: …, en: …}; did you mean `percent`?"),
    "in one language": ("measured_in: {zh: 艘, en: boats}", "measured_in: {zh: 艘}", "`en` is missing"),
}  # fmt: skip


@pytest.mark.parametrize(("old", "new", "message"), NO_UNITS.values(), ids=NO_UNITS)
def test_a_book_names_units_that_are_known(old: str, new: str, message: str) -> None:
    assert old in BOOK
    with pytest.raises(BookError) as refused:
        parse_book(BOOK.replace(old, new), "m.yaml")
    assert str(refused.value).endswith(f".measured_in: {message}")


def test_the_schema_of_books_lists_the_units() -> None:
    validator = jsonschema.Draft202012Validator(book_schema())
    written = yaml.safe_load(BOOK)
    assert validator.is_valid(written | {"version": "1.0.0"})
    written["facts"]["hall"]["measured_in"] = "m3000"
    assert not validator.is_valid(written)


def remarks(text: str) -> list[str]:
    """Return what is remarked of a book beside its records' dates."""
    book = parse_book(text, "m.yaml")
    return [one.text() for one in lint(book, {}, places_in(text, "m.yaml", no_base))]


OF_PERCENT = "compares percent, of 0..100, with what lies within 0..1"
REMARKED = {
    "a percentage and a share": ("pleased >= 0.9", [f"`pleased >= 0.9` {OF_PERCENT}"]),
    "a percentage and one": ("pleased == 1", [f"`pleased == 1` {OF_PERCENT}"]),
    "a share in front": ("0.9 <= pleased", [f"`0.9 <= pleased` {OF_PERCENT}"]),
    "a percentage and a rate": ("pleased >= hall / 100000", [f"`pleased >= hall / 100000` {OF_PERCENT}"]),
    "a percentage and a fact that is a share": ("pleased > rate", [f"`pleased > rate` {OF_PERCENT}"]),
    "a percentage and nothing": ("pleased > 0", []),
    "a percentage and a percentage": ("pleased > 90", []),
    "a hundredth of a percentage": ("pleased / 100 > 0.9", []),
    "two units": ("hall > spent", [f"`hall > spent` weighs {M2} against {YUAN}"]),
    "a sum of two units": ("hall + spent > 5", [f"`hall + spent` weighs {M2} against {YUAN}"]),
    "a total and another unit": ("total(visits, length) > boats", ["`total(visits, length) > boats` weighs 小时 / hours against 艘 / boats"]),
    "a quotient of two units": ("hall / (spent + 1) > 5", []),
}  # fmt: skip


@pytest.mark.parametrize(("condition", "said"), REMARKED.values(), ids=REMARKED)
def test_book_check_remarks_figures_that_are_weighed_in_other_units(
    condition: str, said: list[str]
) -> None:
    text = BOOK.replace("requires: hall >= 500", f"requires: '{condition}'")
    # The book as it stands reads `hall` in that rule alone.
    text = text.replace("pleased > 90 and", "pleased > 90 and hall > 5 and")
    assert remarks(text) == [f"m.yaml:20: rules.one: {one}" for one in said]


PERCENT_OF = {
    "a band of percent": (
        "requires: hall >= 500}", "banded: pleased, bands: [{at_least: 0.9, points: 50}]}",
        [f"m.yaml:20: rules.one: `pleased >= 0.9` {OF_PERCENT}"],
    ),
    "a share of percent": (
        "requires: hall >= 500}", "proportional: pleased}",
        ["m.yaml:20: rules.one: `proportional` of what can be 0 to 100; it is held to 0..1"],
    ),
    "percent of a fact that is a share": (
        "decimals: 4, title: {zh: 比率", "decimals: 4, measured_in: percent, title: {zh: 比率",
        [
            "m.yaml:11: facts.rate: is measured in percent, of 0..100, and can only be a share of 0..1",
            f"m.yaml:21: rules.two: `rate > 0.5` {OF_PERCENT}",
        ],
    ),
    "percent of a survey": (
        "{type: survey, measured_in: person,", "{type: survey, measured_in: percent,",
        [
            "m.yaml:13: facts.answers: is measured in percent, of 0..100, and can only be a share of 0..1",
            f"m.yaml:21: rules.two: `answers > 0.5` {OF_PERCENT}",
        ],
    ),
}  # fmt: skip


@pytest.mark.parametrize(("old", "new", "said"), PERCENT_OF.values(), ids=PERCENT_OF)
def test_book_check_remarks_percent_that_is_a_share(old: str, new: str, said: list[str]) -> None:
    assert old in BOOK
    text = BOOK.replace(old, new).replace("points: 50, banded", "banded")
    text = text.replace("pleased > 90 and", "pleased > 90 and hall > 5 and")
    assert sorted(remarks(text)) == sorted(said)


def test_a_change_of_unit_is_told_and_changes_nothing_else(book: RuleBook) -> None:
    new = parse_book(BOOK.replace("measured_in: m2", "measured_in: mu"), "n.yaml")
    [change] = diff(book, new).changes
    assert (change.what, change.id, change.change) == ("fact", "hall", "measured_in")
    assert "平方米" in change.words.zh
    assert "亩" in change.words.zh


def test_a_unit_is_tailored_and_kept_with_the_book(book: RuleBook) -> None:
    own = (
        "book: city/own\nversion: 1.0.0\nsector: city\nextends: city/measured\n"
        "tailor: {set: {facts: {hall: {measured_in: mu}, mark: {measured_in: {zh: 档, en: steps}}}}}\n"
    )

    made = parse_book(own, "o.yaml", base=lambda _reference: (BOOK, "m.yaml"))
    again = stored_book(made.document, "stored")
    for one in (made, again):
        assert one.facts["hall"].measured_in == UNITS["mu"]
        assert one.facts["mark"].full_title == Title("评分（档）", "Mark (steps)")
    assert again.digest == made.digest
    assert book.facts["mark"].measured_in is None
