"""What is to be done, said as an office would say it: one sentence for each kind of change."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path
from typing import Any

import pytest
from program import answer

from steelyard.book.reading.load import parse_book
from steelyard.case.reading.read import parse_case
from steelyard.judging.assessment import Assessment, weigh
from steelyard.located_yaml import mark
from steelyard.messages import Language
from steelyard.plan.candidates import Candidates, parts_of
from steelyard.plan.efforts import Efforts
from steelyard.plan.further import entries, further
from steelyard.plan.levers import Key, Option
from steelyard.plan.trial import Bench
from steelyard.plan.what_if import worths as worth
from steelyard.report.charts import wrapped
from steelyard.report.page import Bars, Figure
from steelyard.report.unit.reader import Reader
from steelyard.report.unit.step_words import step_words
from steelyard.report.unit.worths import worths

BOOK = """\
book: town/words
version: 1.0.0
sector: town
facts:
  staff: {type: integer, min: 1, max: 1000, title: {zh: 职工人数, en: Staff}, measured_in: person}
  trained: {type: integer, min: 0, max: 1000, better: higher, title: {zh: 受训人数, en: Staff trained}, measured_in: person}
  tested: {type: integer, min: 0, max: 1000, better: higher, title: {zh: 考试合格人数, en: Staff who passed}}
  wait: {type: number, min: 0, max: 90, decimals: 1, better: lower, title: {zh: 平均办理时间, en: Average time taken}, measured_in: day}
  share: {type: number, min: 0, max: 1, decimals: 4, better: higher, title: {zh: 公开率, en: Share made public}}
  policy: {type: boolean, title: {zh: 已制定制度, en: Rules are laid down}}
  hotline: {type: boolean, title: {zh: 设有监督电话, en: There is a hotline}}
  opened: {type: date, title: {zh: 启用日期, en: Opened on}}
  liked: {type: survey, better: higher, title: {zh: 群众满意率, en: Satisfaction}}
  trusted: {type: survey, better: higher, title: {zh: 群众信任率, en: Trust}}
  level: {ordered: true, better: higher, title: {zh: 管理水平, en: Level of management},
          type: {low: {zh: 一般, en: Plain}, middle: {zh: 较好, en: Good}, high: {zh: 好, en: Very good}}}
  rating: {ordered: true, better: higher, title: {zh: 上级评价, en: Rating from above},
           type: {low: {zh: 一般, en: Plain}, high: {zh: 好, en: Very good}}}
parties: {person: {}}
records:
  breaches:
    title: {zh: 违规行为, en: Breaches}
    crime: {type: boolean, title: {zh: 涉嫌犯罪, en: Crime suspected}}
    grave: {title: {zh: 情节, en: Gravity}, type: {light: {zh: 轻微, en: Slight}, grave: {zh: 严重, en: Grave}}}
    cost: {type: integer, min: 0, max: 99, title: {zh: 损失额, en: Loss}}
    put_right: {type: boolean, better: higher, title: {zh: 已整改, en: Put right}}
    told_on: {type: date, missing: none, title: {zh: 上报日期, en: Told on}}
  tasks:
    title: {zh: 重点任务, en: Main tasks}
    done_on: {type: date, missing: none, better: higher, title: {zh: 完成日期, en: Done on}}
  talks: {title: {zh: 谈心谈话, en: Talks}, held: {type: boolean, title: {zh: 已开展, en: Held}}}
  visits: {title: {zh: 走访, en: Visits}}
  meetings:
    title: {zh: 会议, en: Meetings}
    theme: {title: {zh: 主题, en: Theme}, type: {safety: {zh: 安全, en: Safety}, other: {zh: 其他, en: Other}}}
    held: {type: boolean, title: {zh: 已召开, en: Held}}
    name: {type: text, missing: refused, title: {zh: 名称, en: Name}}
sections: [{id: all, points: 120}]
points: 120
stages: [{id: start, title: {zh: 启动, en: Start}, deliverables: [{id: report_made, title: {zh: 上报自查报告, en: The self-check report is handed in}}, {id: plan_made, title: {zh: 印发方案, en: The plan is issued}}]}]
rules:
  - {id: listed, section: all, points: 10, checklist: [{id: group, title: {zh: 成立领导小组, en: A leading group is set up}}, {id: ledger, title: {zh: 台账齐全, en: Records are complete}}]}
  - {id: taught, section: all, points: 10, requires: trained >= 90 and tested >= 80 and staff >= 100}
  - {id: quick, section: all, points: 10, requires: wait <= 20 and share >= 0.95}
  - {id: ruled, section: all, points: 5, requires: policy}
  - {id: phoned, section: all, points: 5, requires: hotline}
  - {id: open, section: all, points: 10, requires: opened <= as_of}
  - {id: opinion, section: all, points: 10, requires: liked >= 0.9 and trusted >= 0.8}
  - {id: graded, section: all, points: 5, requires: level == 'high'}
  - {id: rated, section: all, points: 5, requires: rating == 'high'}
  - {id: clean, section: all, points: 10, requires: "not any(breaches, crime or grave == 'grave' or cost > 5 or not put_right or given(told_on))"}
  - {id: finished, section: all, points: 10, requires: "every(tasks, given(done_on))"}
  - {id: spoken, section: all, points: 5, requires: "count(talks, held) >= 1"}
  - {id: unseen, section: all, points: 5, requires: not any(visits)}
  - {id: met, section: all, points: 10, requires: "count(meetings, theme == 'safety' and held) >= 3"}
  - {id: begun, section: all, points: 10, stage: start}
grades: [{id: good, at_least: 100}, {id: low, at_least: 0}]
"""
CASE: dict[str, Any] = {
    "book": "town/words",
    "subject": {"id": "t-1"},
    "period": "2026",
    "facts": {
        "group": "no", "trained": "85", "wait": "30", "policy": "no", "level": "low",
        "liked": {"positive": "120", "asked": "160"}, "plan_made": "none",
    },
    "records": {
        "breaches": {"complete": "no", "rows": [
            {"id": "b-4", "put_right": "no"}, {"id": "b-5", "put_right": "yes", "crime": "no"},
        ]},
        "tasks": {"complete": "no", "rows": [{"id": "t-7", "done_on": "none"}]},
        "talks": [], "meetings": [{"id": "m-1", "theme": "safety", "held": "yes", "name": "May"}],
    },
}  # fmt: skip
CHANGES: dict[str, tuple[Key, str, str]] = {
    "an item that is open": (
        ("fact", "ledger"),
        "Show that “Records are complete” is met",
        "补充佐证，证明“台账齐全”已做到",
    ),
    "an item that is not met": (
        ("fact", "group"),
        "Meet “A leading group is set up”, which is not met now",
        "落实“成立领导小组”（目前未做到）",
    ),
    "a figure that is open": (
        ("fact", "tested"),
        "Show that “Staff who passed” is 80",
        "补充佐证，证明“考试合格人数”为80",
    ),
    "a figure with its unit": (
        ("fact", "trained"),
        "Raise “Staff trained (persons)” from 85 to 90",
        "将“受训人数（人）”由85提高到90",
    ),
    "a figure that is better lower": (
        ("fact", "wait"),
        "Lower “Average time taken (days)” from 30 to 20",
        "将“平均办理时间（天）”由30降低到20",
    ),
    "a share, in percent": (
        ("fact", "share"),
        "Show that “Share made public” is 95%",
        "补充佐证，证明“公开率”为95%",
    ),
    "a yes or no that is open": (
        ("fact", "hotline"),
        "Show that “There is a hotline” is “yes”",
        "补充佐证，证明“设有监督电话”为“是”",
    ),
    "a no that becomes a yes": (
        ("fact", "policy"),
        "Bring “Rules are laid down” from “no” to “yes”",
        "将“已制定制度”由“否”改为“是”",
    ),
    "a date that is open": (
        ("fact", "opened"),
        "Show that “Opened on” is 2026-12-31",
        "补充佐证，证明“启用日期”为2026-12-31",
    ),
    "a deliverable of which nothing is known": (
        ("fact", "report_made"),
        "Show that “The self-check report is handed in” was done on 2026-12-31",
        "补充佐证，证明“上报自查报告”已于2026-12-31完成",
    ),
    "a deliverable that is not done": (
        ("fact", "plan_made"),
        "Complete “The plan is issued” and enter 2026-12-31 as the day",
        "完成“印发方案”，完成日期填2026-12-31",
    ),
    "a survey that was held": (
        ("fact", "liked"),
        "Raise the survey “Satisfaction” from 120 of 160 answering positively to 144 of 160",
        "将“群众满意率”的调查结果由160人中120人作肯定回答提高到160人中144人",
    ),
    "a survey of which nothing is known": (
        ("fact", "trusted"),
        "Show the survey “Trust” with 80 of 100 answering positively",
        "提供“群众信任率”的调查结果：100人中80人作肯定回答",
    ),
    "an option that is open": (
        ("fact", "rating"),
        "Show that “Rating from above” is “Very good”",
        "补充佐证，证明“上级评价”为“好”",
    ),
    "an option that improves": (
        ("fact", "level"),
        "Bring “Level of management” from “Plain” to “Very good”",
        "将“管理水平”由“一般”改为“好”",
    ),
    "a record's yes or no": (
        ("field", "breaches", "b-4", "crime"),
        "Show that “Crime suspected” is “no” for record b-4 of “Breaches”",
        "补充佐证，证明“违规行为”记录 b-4 的“涉嫌犯罪”为“否”",
    ),
    "a record's option": (
        ("field", "breaches", "b-4", "grave"),
        "Show that “Gravity” is “Slight” for record b-4 of “Breaches”",
        "补充佐证，证明“违规行为”记录 b-4 的“情节”为“轻微”",
    ),
    "a record's figure": (
        ("field", "breaches", "b-4", "cost"),
        "Show that “Loss” is 4 for record b-4 of “Breaches”",
        "补充佐证，证明“违规行为”记录 b-4 的“损失额”为4",
    ),
    "a record that is put right": (
        ("field", "breaches", "b-4", "put_right"),
        "See to record b-4 of “Breaches”, so that “Put right” is “yes”",
        "处理“违规行为”记录 b-4，使“已整改”为“是”",
    ),
    "a record whose day is still to come": (
        ("field", "tasks", "t-7", "done_on"),
        "See to record t-7 of “Main tasks” and enter 2026-12-31 as “Done on”",
        "处理“重点任务”记录 t-7，并将“完成日期”填为2026-12-31",
    ),
    "a register of which nothing is known": (
        ("register", "visits"),
        "Confirm that the register “Visits” is complete; nothing is entered in it now",
        "确认“走访”台账已登记完整；目前没有记录",
    ),
    "a register of one record": (
        ("register", "tasks"),
        "Confirm that the register “Main tasks” is complete; 1 record is entered in it now",
        "确认“重点任务”台账已登记完整；目前有1条记录",
    ),
    "a register of several records": (
        ("register", "breaches"),
        "Confirm that the register “Breaches” is complete; 2 records are entered in it now",
        "确认“违规行为”台账已登记完整；目前有2条记录",
    ),
    "a record more": (
        ("rows", "talks", "spoken"),
        "Enter 1 more record in “Talks” (Held: yes)",
        "在“谈心谈话”台账中新增1条记录（已开展：是）",
    ),
    "records more, each of its own name": (
        ("rows", "meetings", "met"),
        "Enter 2 more records in “Meetings” (each with Theme: Safety; Held: yes; Name: one of its own)",
        "在“会议”台账中新增2条记录（每条：主题：安全；已召开：是；名称：各不相同）",
    ),
}  # fmt: skip


@pytest.fixture(scope="module", name="case")
def assessed() -> Assessment:
    book = parse_book(BOOK, "words.yaml")
    return weigh(book, parse_case(mark(CASE, "case.yaml"), book, "case.yaml"))


@pytest.fixture(scope="module", name="options")
def moves(case: Assessment) -> dict[Key, Option]:
    """Return the change that reaches most of each thing that may change."""
    bench, parts = Bench(case, lambda _rule, _case: None), parts_of(case.book)
    levers = [
        *Candidates(bench, parts, Efforts()).levers(),
        *further(bench, parts, entries(bench, parts, Efforts())),
    ]
    best = {}
    for lever in levers:
        said = [(bench.weigh({lever.key: one}), one) for one in lever.options]
        ranked = [(one.scored.low, one.scored.high, -place, option)
                  for place, (one, option) in enumerate(said) if one is not None]  # fmt: skip
        best[lever.key] = max(ranked, key=lambda one: one[:3])[3]
    return best


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize(("key", "english", "chinese"), CHANGES.values(), ids=CHANGES)
def test_each_kind_of_change_reads_as_a_sentence(
    case: Assessment,
    options: dict[Key, Option],
    key: Key,
    english: str,
    chinese: str,
    language: Language,
) -> None:
    said = step_words(Reader(case, language, {}), key, options[key])
    assert said == (chinese if language == "zh" else english)


def test_the_chart_of_worths_tells_its_sentences_whole(case: Assessment) -> None:
    """No label is cut: each is what the table behind the chart says, over several lines."""
    reader = Reader(case, "en", {})
    part = worths(reader, worth(case, lambda _rule, _case: None))
    figure = part.blocks[0]
    assert isinstance(figure, Figure)
    assert isinstance(figure.chart, Bars)
    said = {str(row.cells[0]) for row in figure.table.rows}
    assert "Show that “Records are complete” is met" in said
    for bar in figure.chart.bars:
        lines = wrapped(bar.label, *figure.chart.label)
        assert " ".join(lines) == bar.label
        assert bar.label in said
    # Of ten points a survey, an item and a record bring different parts: the most comes first.
    lows = [bar.low for bar in figure.chart.bars]
    assert lows == sorted(lows, reverse=True)


@pytest.mark.parametrize("form", ["html", "docx"])
def test_the_page_tells_what_each_change_is_worth_and_a_letter_does_not(
    tmp_path: Path, form: str
) -> None:
    for library in ("altair", "vl_convert", "jinja2", "docxtpl"):
        pytest.importorskip(library, reason="needs the extra: pip install 'steelyard[report]'")
    (tmp_path / "books").mkdir()
    (tmp_path / "books" / "words.yaml").write_text(BOOK, "utf-8")
    (tmp_path / "case.yaml").write_text(json.dumps(CASE, ensure_ascii=False), "utf-8")
    words = ("--books", "books", "--lang", "en", "report", "case.yaml", "-o", f"out.{form}")
    assert answer(tmp_path, {}, *words).code == 0
    written = (tmp_path / f"out.{form}").read_bytes()
    if form == "docx":
        with zipfile.ZipFile(tmp_path / "out.docx") as archive:
            written = archive.read("word/document.xml")
    told = "What each change alone is worth" in written.decode("utf-8")
    assert told is (form == "html")
