"""Ids of units, parties and records: what looks the same is one, what a spreadsheet spoilt is none,
and a row that adds up the others is neither a record nor a unit.
"""

from __future__ import annotations

from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from openpyxl import Workbook, load_workbook

from steelyard.book.model import RuleBook
from steelyard.book.reading.load import parse_book
from steelyard.case.formats.csvfile import csv_documents
from steelyard.case.formats.grid import cell
from steelyard.case.formats.round_trip import carried
from steelyard.case.formats.spreadsheet import read_workbook
from steelyard.case.formats.wide import write_wide
from steelyard.case.formats.workbook import write_workbook
from steelyard.case.formats.xlsx_style import at, put
from steelyard.case.model import Case
from steelyard.case.reading.identity import fold
from steelyard.case.reading.parse_values import plain
from steelyard.case.reading.read import parse_case
from steelyard.case.reading.written import Written
from steelyard.errors import CaseError
from steelyard.judging.assessment import weigh
from steelyard.located_yaml import mark
from steelyard.report.page import Listing
from steelyard.report.unit.report import unit_page

BOOK = parse_book(
    """\
book: city/ids
version: 1.0.0
sector: city
facts: {staff: {type: integer, min: 0, max: 1000000}, motto: text}
parties:
  person: {}
records:
  visits: {who: {type: person, missing: none}, what: text, kind: [total, partial], number: integer}
sections: [{id: all, points: 100}]
rules: [{id: one, section: all, points: 100, requires: staff >= 3}]
grades: [{id: any, at_least: 0}]
""",
    "ids.yaml",
)
GB = "1210000040068365X9"


def find(_reference: str, _place: str) -> RuleBook:
    return BOOK


def case_of(subject: object = "u-1", **more: Any) -> Case:
    """Return the case of this subject, with what else is said of it."""
    document = {"book": "city/ids", "subject": subject, "period": "2026", **more}
    return parse_case(mark(document, "case.yaml:1"), BOOK)


def refusal(subject: object = "u-1", **more: Any) -> str:
    with pytest.raises(CaseError) as caught:
        case_of(subject, **more)
    return str(caught.value)


ONE: dict[str, tuple[str, str]] = {
    "a zero-width space behind": ("h-001\u200b", "h-001"),
    "a byte order mark before": ("\ufeffh-001", "h-001"),
    "a soft hyphen within": ("h\u00ad-001", "h-001"),
    "a mark of direction": ("\u200eh-001\u200f", "h-001"),
    "a sign that varies the one before": ("葛\U000e0100城", "葛城"),
    "a filler of Hangul": ("h-\u3164001", "h-001"),
    "a no-break space": ("h\u00a0001", "h 001"),
    "two spaces and a wide one": ("h  \u3000001 ", "h 001"),
    "full-width": ("ｈ－００１", "h-001"),
    "half-width kana": ("ｱ-1", "ア-1"),
    "a hyphen of typographers": ("h\u2010001", "h-001"),
    "a hyphen that does not break": ("h\u2011001", "h-001"),
    "a dash": ("h\u2014001", "h-001"),
    "a minus": ("h\u2212001", "h-001"),
    "a radical that is drawn as the character": ("\u2f00院", "一院"),
    "an accent by itself": ("e\u0301cole", "école"),
    "a ring is a sign of its own": ("科室①", "科室①"),
    "a raised digit too": ("A²", "A²"),
    "capitals stay": ("H-001", "H-001"),
    "zeros in front stay": ("0012", "0012"),
    "eighteen signs stay": (GB, GB),
    "eighteen digits in text stay": ("121012345678901234", "121012345678901234"),
    "a code with E": ("12E3", "12E3"),
    "a credit code with E among digits": ("1211000040E6836592", "1211000040E6836592"),
    "a foreign alphabet": ("школа-1", "школа-1"),
}


@pytest.mark.parametrize(("typed", "kept"), ONE.values(), ids=ONE)
def test_an_id_is_kept_in_one_form(typed: str, kept: str) -> None:
    assert case_of({"id": typed}).subject_id == kept
    case = case_of(
        parties=[{"id": typed, "kind": "person"}],
        records={"visits": [{"id": typed, "who": kept}, {"id": "other", "who": typed}]},
    )
    assert list(case.parties) == [kept]
    assert case.registers["visits"].ids == (kept, "other")


SPOILT: dict[str, tuple[str, str]] = {
    "as it is shown": ("1.21E+17", "is what a spreadsheet makes of a longer id"),
    "small letters, no sign": ("1.21e17", "is what a spreadsheet makes of a longer id"),
    "no decimals": ("1E+17", "is what a spreadsheet makes of a longer id"),
    "a decimal comma": ("1,21E+17", "is what a spreadsheet makes of a longer id"),
    "full-width figures": ("１．２１Ｅ＋１７", "is what a spreadsheet makes of a longer id"),
    "an invisible sign within": ("1.21E\u200b+17", "is what a spreadsheet makes of a longer id"),
    "a lost character": ("医院\ufffd", "holds a character that was lost"),
    "two alphabets": ("h-\u0440-1", "holds `\u0440` (U+0440), which only looks like another"),
    "a radical": ("\u2ea0院", "holds `\u2ea0` (U+2EA0), which only looks like another"),
    "two lines": ("h\n1", "cannot be an id"),
}


@pytest.mark.parametrize(("typed", "said"), SPOILT.values(), ids=SPOILT)
def test_a_spoilt_id_is_refused_wherever_it_stands(typed: str, said: str) -> None:
    lines = [
        refusal({"id": typed}),
        refusal({"id": "u-1", "part_of": typed}),
        refusal(parties=[{"id": typed, "kind": "person"}]),
        refusal(records={"visits": [{"id": typed}]}),
        refusal(records={"visits": [{"id": "v-1", "who": typed}]}),
    ]
    assert [said in line and line.count("\n") == 0 for line in lines] == [True] * 5, lines
    assert lines[0].startswith("case.yaml:1: subject.id: ")
    assert lines[4].startswith("case.yaml:1: records.visits.v-1.who: ")


@pytest.mark.parametrize(
    "word",
    [
        "-", "--", "—", "——", "/", "\\", "?", "？", "…", "...", "、", "*", "√",
        "none", "None", "NULL", "n/a", "N/A", "N / A", "n.a.", "NA", "nan", "tbd", "TBD.", "#N/A", "#REF!",
        "无", "（无）", "空", "暂无", "未知", "不详", "待定", "不适用", "略", "同上",
    ],
)  # fmt: skip
def test_a_word_or_sign_for_nothing_is_no_id(word: str) -> None:
    said = "only says that there is no id: write the id, or nothing at all"
    lines = [
        refusal({"id": word}),
        refusal(word),
        refusal({"id": "u-1", "part_of": word}),
        refusal(parties=[{"id": word, "kind": "person"}]),
        refusal(records={"visits": [{"id": word, "number": 12}]}),
    ]
    assert [said in line and line.count("\n") == 0 for line in lines] == [True] * 5, lines
    assert lines[0].startswith("case.yaml:1: subject.id: `")


@pytest.mark.parametrize(
    "word", ["0", "①", "无锡", "空港", "NA-1", "Nan-2", "null-1", "?1", "n-a", "_1"]
)
def test_an_id_with_a_letter_or_digit_of_its_own_is_one(word: str) -> None:
    assert case_of({"id": word}).subject_id == word


def test_a_field_that_names_nobody_says_so_by_a_word() -> None:
    case = case_of(records={"visits": [{"id": "v-1", "who": "无"}]})
    assert case.document["records"]["visits"]["rows"] == [{"id": "v-1", "who": "none"}]


def test_an_id_of_nothing_that_can_be_seen_is_missing() -> None:
    assert refusal({"id": "\u200b \ufeff"}) == "case.yaml:1: subject.id: is missing"
    assert refusal("\u200b \ufeff") == "case.yaml:1: subject: is missing"


ALIKE: dict[str, tuple[str, str]] = {
    "Cyrillic": ("A-1", "\u0410-1"),
    "Greek": ("H1", "\u03971"),
    "two circles": ("二〇", "二\u25cb"),
    "two dots": ("一\u00b71", "一\u30fb1"),
}


@pytest.mark.parametrize(("one", "other"), ALIKE.values(), ids=ALIKE)
def test_two_ids_that_look_alike_are_a_fault_of_the_case(one: str, other: str) -> None:
    said = refusal(parties=[{"id": one, "kind": "person"}, {"id": other, "kind": "person"}])
    assert said == (
        f"case.yaml:1: parties.{other}: `{other}` looks like `{one}` at case.yaml:1: "
        f"parties.{one}, and is written with other characters"
    )
    assert "and is written with other characters" in refusal(
        records={"visits": [{"id": one}, {"id": other}]}
    )


def test_ids_that_differ_are_two() -> None:
    names = ["O1", "01", "l1", "11", "a", "A", "科①", "科1", "h-1", "h1"]
    case = case_of(parties=[{"id": name, "kind": "person"} for name in names])
    assert list(case.parties) == names


def test_two_ids_that_a_spreadsheet_cut_are_told_as_such() -> None:
    rows = [{"id": "121012345678901000"}, {"id": "121012345678901000"}]
    assert "a spreadsheet keeps 15 digits" in refusal(records={"visits": rows})
    for name in ("121012345678901234", "100000000000000", "12"):
        said = refusal(records={"visits": [{"id": name}, {"id": name}]})
        assert said.endswith(f"record `{name}` stands twice")


CELLS: dict[str, tuple[object, str, str]] = {
    "eighteen digits": (121012345678901234, "General", "keeps 15 digits"),
    "sixteen digits": (1234567890123456, "0", "keeps 15 digits"),
    "shown in full": (1.21012345678901e17, "0", "keeps 15 digits"),
    "a day made of 3-1": (46082, "yyyy-mm-dd", "is a date"),
    "a truth value": (True, "General", "is a truth value"),
    "zeros by the format": (12, "0000", "`0012` is only shown so by a number format"),
    "zeros and letters by the format": (1, '"h-"000', "its number format shows `h-001`"),
    "a letter behind a stroke": (1, "\\h000", "`h001` is only shown so by a number format"),
    "zeros by a section": (1, "0000;-0000", "`0001` is only shown so"),
    "zeros in a colour": (1001, "[Red]00000", "`01001` is only shown so"),
    "zeros before a blank": (1001, "00000_ ", "`01001` is only shown so"),
    "strokes by the format": (1001, "00-00", "its number format shows `10-01`"),
    "zeros by filling": (12, "*0#", "its number format shows `012`"),
    "commas by the format": (1001, "#,##0", "`1,001` is only shown so"),
    "decimals by the format": (1001, "0.00", "`1001.00` is only shown so"),
    "powers of ten by the format": (1001, "0.00E+00", "`1.00E+03` is only shown so"),
    "percent by the format": (1001, "0%", "`100100%` is only shown so"),
    "a word behind": (1001, 'General"号"', "`1001号` is only shown so"),
    "a word beside a text": ("1001", '@"号"', "`1001号` is only shown so"),
    "Chinese figures by the format": (1001, "[DBNum1][$-804]General", "is only shown so"),
    "nothing": (1001, ";;;", "its number format shows nothing"),
    "a plain number of a colour": (1001, "[Red]0_ ;[Blue]-0", ""),
    "a figure": (1001, "General", ""),
    "fifteen digits": (123456789012345, "General", ""),
    "text": ("121012345678901234", "@", ""),
}


@pytest.mark.parametrize(("value", "form", "said"), CELLS.values(), ids=CELLS)
def test_a_cell_that_holds_no_text_may_have_held_another_id(
    tmp_path: Path, value: object, form: str, said: str
) -> None:
    write_workbook(BOOK, tmp_path / "t.xlsx")
    workbook = load_workbook(tmp_path / "t.xlsx")
    cell = workbook["案卷 Case"]["D5"]
    cell.value, cell.number_format = value, form
    held = BytesIO()
    workbook.save(held)
    if not said:
        (document,) = read_workbook(held.getvalue(), find, "t.xlsx")
        assert parse_case(document, BOOK).subject_id == str(value)
        return
    with pytest.raises(CaseError) as caught:
        parse_case(*read_workbook(held.getvalue(), find, "t.xlsx"), BOOK)
    (line,) = str(caught.value).splitlines()
    assert line.startswith("t.xlsx: 案卷 Case!D5: ")
    assert said in line


TEXTS = ["0012", "121012345678901234", "12E3", "3-1", "2026-11", "=A1", "-1", "@x", "1/2", 'a"1']


def test_ids_are_text_in_every_table_that_is_written(tmp_path: Path) -> None:
    """Seen from a spreadsheet: a formula that gives a text, or a cell of text that stays one when
    it is typed again.
    """
    cases = []
    for number, name in enumerate(TEXTS):
        source = tmp_path / f"{number}.json"
        quoted = name.replace('"', '\\"')
        source.write_text(
            f'{{"book": "city/ids", "subject": {{"id": "{quoted}", "part_of": "007"}}, '
            f'"period": "2026-11", "facts": {{"motto": "{quoted}"}}}}',
            encoding="utf-8",
        )
        cases += carried(source, BOOK, find)
    write_wide(BOOK, tmp_path / "w.csv", cases)
    content = (tmp_path / "w.csv").read_bytes()
    assert b'city/ids@1.0.0,"=""0012"""' in content
    assert b'"=""2026-11"""' in content
    read = [parse_case(one, BOOK) for one in csv_documents(content, find, "w.csv")]
    assert [one.subject_id for one in read] == TEXTS
    assert {(one.part_of, one.period) for one in read} == {("007", "2026-11")}
    write_wide(BOOK, tmp_path / "w.xlsx", cases)
    sheet = load_workbook(tmp_path / "w.xlsx").worksheets[0]
    ids = [sheet.cell(row, 2) for row in range(4, 4 + len(TEXTS))]
    assert [(cell.value, cell.data_type, cell.number_format) for cell in ids] == [
        (name, "s", "@") for name in TEXTS
    ]


@pytest.mark.parametrize("name", TEXTS)
def test_what_looks_like_a_figure_stays_text_when_it_is_typed_again(name: str) -> None:
    cell = put(at(Workbook().create_sheet(), 1, 1), name)
    if name == 'a"1':
        assert cell.number_format == "General"
    else:
        assert (cell.value, cell.data_type, cell.number_format) == (name, "s", "@")


def test_the_columns_of_ids_are_text_before_anything_is_typed(tmp_path: Path) -> None:
    write_workbook(BOOK, tmp_path / "t.xlsx")
    workbook = load_workbook(tmp_path / "t.xlsx")
    assert workbook["案卷 Case"]["D5"].number_format == "@"
    for sheet in workbook.worksheets:
        role = str(sheet["A1"].value)
        if role.startswith(("steelyard:party:", "steelyard:register:")):
            for cell in sheet[1]:
                if cell.value in {"id", "who"}:
                    assert sheet.column_dimensions[cell.column_letter].number_format == "@"
                    assert sheet.cell(sheet.max_row, cell.column).number_format == "@"


TOTALS = [
    "合计", "合 计", "　合计", "合计：", "小计", "总计", "共计", "累计", "總計", "合計",
    "合计（元）", "共计3条", "合计：12", "全院合计", "本页小计", "第一季度小计", "—合计—", "【合计】",
    "Total", "TOTAL", "total:", "Ｔｏｔａｌ", "Totals", "Subtotal", "sub-total", "Sub total",
    "Grand total", "grand total:", "Sum", "Total: 12", "total (12)", "平均", "Average",
    "合计人民币：300", "合计：￥300元", "合计300元整", "合计金额", "总计人数", "全部合计", "以上共3条", "总共12人",
    "Σ", "∑", "Σ：12", "∑人数", "合计（大写）",
]  # fmt: skip


@pytest.mark.parametrize("label", TOTALS)
def test_a_row_that_adds_up_the_others_is_neither_a_record_nor_a_unit(label: str) -> None:
    said = "marks a row that adds up the others"
    lines = [
        refusal({"id": label}),
        refusal({"id": "u-9", "name": label}),
        refusal(parties=[{"id": label, "kind": "person"}]),
        refusal(parties=[{"id": "p-9", "name": label, "kind": "person"}]),
        refusal(records={"visits": [{"id": label, "number": 12}]}),
        refusal(records={"visits": [{"what": label, "number": 12}]}),
        refusal(records={"visits": [{"who": label, "number": 12}]}),
    ]
    assert [said in line and line.count("\n") == 0 for line in lines] == [True] * 7, lines


@pytest.mark.parametrize(
    "label",
    [
        "人数合计", "院内小计", "市级小计", "各科累计", "三项总和", "数据汇总", "全市平均", "人数合计：12",
        "District subtotal", "Breaches total", "Breaches total: 3", "Total number of breaches",
    ],
)  # fmt: skip
def test_an_id_or_a_name_that_ends_in_a_sum_is_none(label: str) -> None:
    said = "marks a row that adds up the others"
    lines = [
        refusal({"id": label}),
        refusal({"id": "u-9", "name": label}),
        refusal(parties=[{"id": label, "kind": "person"}]),
        refusal(records={"visits": [{"id": label, "what": "ward", "number": 12}]}),
        refusal(records={"visits": [{"who": label, "what": "ward", "number": 12}]}),
    ]
    assert [said in line and line.count("\n") == 0 for line in lines] == [True] * 5, lines


EVERY_CELL: dict[str, dict[str, Any]] = {
    "in the source of evidence": {"number": 12, "evidence": {"source": "合计"}},
    "in a further piece of evidence": {
        "number": 12, "evidence": [{"source": "journal"}, {"source": "Total"}],
    },
    "of who fills it in": {"number": 12, "by": "合计"},
    "in place of who fills it in, within evidence": {"number": 12, "evidence": {"by": "总计"}},
    "among files": {"number": 12, "files": ["合计"]},
    "in place of a figure": {"number": "合计"},
    "beside all that a record has": {
        "id": "v-1", "what": "ward", "number": 12, "evidence": {"source": "小计"},
    },
}  # fmt: skip


@pytest.mark.parametrize("row", EVERY_CELL.values(), ids=EVERY_CELL)
def test_a_label_of_totals_counts_in_whatever_cell_of_a_record(row: dict[str, Any]) -> None:
    said = refusal(records={"visits": [row]})
    assert "marks a row that adds up the others" in said
    assert said.startswith("case.yaml:1: records.visits[1].")
    assert said.count("\n") == 0


IN_DOUBT: dict[str, dict[str, Any]] = {
    "a text that ends so, beside figures": {"what": "人数合计", "number": 12},
    "a text that ends so, alone": {"what": "院内小计"},
    "a text that begins so": {"what": "累计迟到3次", "number": 3},
    "so many in all": {"what": "本院共5人", "number": 5},
    "in English": {"what": "Total breaches", "number": 3},
    "in English, at the end": {"what": "breaches in total", "number": 3},
    "as an id": {"id": "Total breaches", "number": 3},
    "as an id, with of": {"id": "Sum of breaches", "number": 3},
    "beside a stroke for nothing": {"what": "人数合计", "who": "无", "number": 12},
    "of what evidence is gathered from": {"number": 12, "evidence": {"source": "科室汇总"}},
}


@pytest.mark.parametrize("row", IN_DOUBT.values(), ids=IN_DOUBT)
def test_a_row_of_figures_beside_what_may_be_a_label_is_refused(row: dict[str, Any]) -> None:
    said = refusal(records={"visits": [row]})
    assert "may mark a row that adds up the others, or be said of a record" in said
    assert said.count("\n") == 0


RECORDS_STILL: dict[str, dict[str, Any]] = {
    "a record with an id": {"id": "v-1", "what": "累计迟到3次", "number": 3},
    "a record with a number for an id": {"id": "7", "what": "Total loss", "number": 3},
    "beside an option": {"what": "Total loss", "kind": "partial"},
    "beside evidence": {"what": "人数合计", "evidence": {"source": "journal"}},
    "a sentence": {"what": "会议总计划未落实", "number": 3},
    "a sentence in English": {"what": "sum of money stolen", "number": 300},
    "a sentence that ends so": {"what": "the sheet left on the desk had no total", "number": 3},
    "a sentence with its stop": {"what": "台账未登记，也没有合计", "number": 3},
    "a place": {"what": "总计划办公室", "number": 3},
    "gathered from such a table": {
        "id": "v-1", "number": 12, "evidence": {"source": "汇总", "method": "records"},
    },
    "figures alone": {"number": 12},
}  # fmt: skip


@pytest.mark.parametrize("row", RECORDS_STILL.values(), ids=RECORDS_STILL)
def test_a_record_that_holds_such_a_word_is_a_record(row: dict[str, Any]) -> None:
    assert len(case_of(records={"visits": [row]}).registers["visits"].rows) == 1


@pytest.mark.parametrize(
    "name",
    [
        "合计医院", "总计划办公室", "小计镇中学", "累计科技公司", "汇总处", "共计算中心", "平均镇",
        "Total Energies", "Summit", "sum1", "total-2", "Totalia", "Averages Ltd",
    ],
)  # fmt: skip
def test_a_unit_whose_name_begins_so_is_a_unit(name: str) -> None:
    case = case_of(
        {"id": name, "name": name}, records={"visits": [{"id": name, "what": name, "number": 1}]}
    )
    assert case.subject_name == name
    assert case.registers["visits"].ids == (name,)


def test_an_option_of_a_book_may_be_called_total() -> None:
    case = case_of(records={"visits": [{"id": "v-1", "kind": "total"}]})
    assert len(case.registers["visits"].rows) == 1


@pytest.mark.parametrize("column", [0, 1, 2], ids=["book", "id", "name"])
def test_a_totals_row_of_a_wide_table_is_refused_in_whatever_column_it_says_so(column: int) -> None:
    row = ["", "", "", "", "21"]
    row[column] = "合计"
    text = f"book,subject.id,subject.name,period,staff\ncity/ids,u-1,甲,2026,21\n{','.join(row)}\n"
    with pytest.raises(CaseError) as caught:
        csv_documents(text.encode("utf-8-sig"), find, "u.csv")
    (line,) = str(caught.value).splitlines()
    key = text.split(",")[column]
    assert line.startswith(
        f"u.csv:3: {key}: `合计` marks a row that adds up the others: leave that row out"
    )


def remarks(subject: object = "u-1", **more: Any) -> list[str]:
    return [one.text() for one in case_of(subject, **more).remarks]


@pytest.mark.parametrize("name", ["unit-1", "ｕｎｉｔ－１", "UNIT-1", "unit\u20111 "])
def test_the_example_of_the_template_is_named(name: str) -> None:
    for subject in (name, {"id": name}):
        (line,) = remarks(subject)
        assert "is still the example of the template" in line
    assert remarks("unit-12") == []


def test_examples_of_records_parties_and_waivers_are_named() -> None:
    waiver = {"rule": "one", "authority": "…", "until": "2026-12-31"}
    places = [
        "parties.person-example.id",
        "records.visits.visits-example.id",
        "records.visits.visits-example.what",
        "waivers[1].authority",
    ]
    assert remarks(
        parties=[{"id": "person-example", "kind": "person"}, {"id": "person-1", "kind": "person"}],
        records={
            "visits": [{"id": "visits-example", "what": "…"}, {"id": "visits-1", "what": "x"}]
        },
        waivers=[waiver],
    ) == [f"case.yaml:1: {place}: still stands as in the template's examples" for place in places]


AS_OF: dict[str, tuple[str, str]] = {
    "before the period": ("2025-12-31", "lies before 2026 begins"),
    "its first day": ("2026-01-01", ""),
    "a year after": ("2028-01-01", ""),
    "a typing error": ("2062-12-31", "lies more than a year after 2026"),
    "a day more than a year after": ("2028-01-02", "lies more than a year after 2026"),
}


@pytest.mark.parametrize(("day", "said"), AS_OF.values(), ids=AS_OF)
def test_a_day_far_from_the_period_is_named(day: str, said: str) -> None:
    told = remarks(as_of=day)
    assert len(told) == bool(said)
    assert all(said in line and line.startswith("case.yaml:1: as_of: ") for line in told)


def test_a_party_that_is_named_by_a_number_is_refused_as_an_id_is() -> None:
    rows: Any = mark([{"id": "v-1"}], "case.xlsx: visits!B9")
    rows[0]["who"] = cell("121012345678901000", "case.xlsx: visits!C9", Written(was="number"))
    document: Any = mark({"book": "city/ids", "subject": "u-1", "period": "2026"}, "case.xlsx")
    document["records"] = mark({}, "case.xlsx")
    document["records"]["visits"] = rows
    with pytest.raises(
        CaseError, match=r"records\.visits\.v-1\.who: `121012345678901000` is a number"
    ):
        parse_case(document, BOOK)


@pytest.mark.parametrize("terse", [True, False], ids=["on a terminal", "in a document"])
def test_a_report_bears_the_notes_without_the_name_of_the_file(*, terse: bool) -> None:
    page = unit_page(weigh(BOOK, case_of({"id": "unit-1"})), "zh", terse=terse)
    (part,) = [one for one in page.parts if one.id == "notes"]
    (listing,) = [block for block in part.blocks if isinstance(block, Listing)]
    assert listing.items == (
        "subject.id: `unit-1` 仍是模板中的示例：请填写本单位编号，否则两个单位会变成一个",
    )
    page = unit_page(weigh(BOOK, case_of()), "zh", terse=terse)
    assert "notes" not in {one.id for one in page.parts}


@pytest.mark.parametrize("read", [fold, plain])
def test_ascii_and_chinese_characters_stay_as_typed_whatever_stands_beside_them(read: Any) -> None:
    signs = "".join(map(chr, (*range(0x21, 0x7F), *range(0x4E00, 0xA000))))
    # The one with a sign of another script beside it is gone through sign by sign.
    assert (read(signs), read(f"ñ{signs}")) == (signs, f"ñ{signs}")
