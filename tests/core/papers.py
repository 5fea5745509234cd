"""Random cases on paper, for random books: once plainly, once as people type the same, and once
with something wrong.
"""

from __future__ import annotations

import copy
import datetime
import functools
import re
from collections.abc import Callable, Mapping
from decimal import Decimal
from random import Random
from typing import Any, NamedTuple

from steelyard.book.model import METHODS, RuleBook
from steelyard.book.terms import METHOD_TITLES
from steelyard.case.reading.parse_values import plain
from steelyard.case.reading.totals import adds_up
from steelyard.located_yaml import UNPRINTABLE

from .fuzzing import TEXTS
from .strategies import Cases, Slot, envelope, load, words_of
from .writings import HEAD, Paper, Register, Row, document_of, said

WORDS = (
    "2026年", "2026.1", "20261", "二〇二六", ".5", "0.925", "95²", "9⑤", "500人", "-1", "2..4", "不详", "100001", "0.001",
    "95%", "½", "0.12345", "50 %", "?", "无", "007", "1.5", "12.0", "x", "/", "none", "1/3/2026", "26.3.1", "2026-02-30",
    "☑", "☒", "□", "1.0", "TRUE", "maybe", "×", "goood", "一般", "high..low", "HIGH", "否", "-", "a_x000D_b", "√", "5/4",
    "470 out of 500", "—", "✓", "错", "合计", "Total", "小计：3", "…", "unit-1", "1.21E+17", "p-9", "P-1", "рerson", "\u200b",
)  # fmt: skip
# What a spreadsheet, a table or a document is known to make something of its own of.
_OWN_WAYS = re.compile(
    r"[0-9]E|^\s*=|^(?:null|none|nan|nat|nil|<na>|\\n|#n/a.*)$|\r", re.IGNORECASE
)
AWKWARD = (
    "材料", "a_x000D_b", "_x0041_", "0012", "√", "a, b; c", 'so "said"', "两\n行", "tab\tbed", "是", "=1+1", "@x", "-5", "+86", "'quoted'",
    "- a: b", "# no", "~", "[]", "{a: 1}", "*x", "&x", "!x", "%x", "| y", "> z", "😀", "é\u0301", "１２", "1.10", "12:30", "on", "<b>&amp;]]>",
    "3-1", "1/2", "2026-11", "12E3", "TRUE", "权衡" * 20, "a\n\n b", "x" * 300, "\u3000间\u3000隔\u3000", "“引”", "\\n", "a\\", '"', "''", "1,234", "0,5",
    "steelyard:facts", "规则册", "header", "book",
)  # fmt: skip
UNSEEN = ("\u200b", "\u00ad", "\ufeff", "\u3000", " ", "\u00a0", "  ", "\t")
WIDE = {ord(sign): ord(sign) + 0xFEE0 for sign in "0123456789./-%"}
PERIODS: Mapping[str, tuple[str, ...]] = {
    "2026": ("2026年", "2026年度", "２０２６", "2026 年", "2026全年"),
    "2026H1": ("2026年上半年", "2026h1", "2026-H1", "2026上半年"),
    "2026Q3": ("2026年第三季度", "2026q3", "2026年3季度"),
    "2026-11": ("2026年11月", "2026/11", "2026.11", "202611", "2026年十一月"),
    "2026-02": ("2026年2月", "2026/2", "2026.02", "2026年2月份"),
}
LAST_DAYS = dict(
    zip(
        PERIODS, ("2026-12-31", "2026-06-30", "2026-09-30", "2026-11-30", "2026-02-28"), strict=True
    )
)
STYLES = {"good": ("好", "Good"), "poor": ("差", "Poor")}
TITLED = Slot("style")
EXTRA = {
    "rate": Slot("number", 0, 10_000, 4),
    "area": Slot("number", 0, 10**8, 2),
    "people": Slot("number", 0, 10**7),
    "style": TITLED,
    "tidy": Slot("tick"),
    "bright": Slot("tick"),
    "report": Slot("date", 0, 364, missing="none"),
}
TYPED = {
    "true": ("是", "yes", "Y", "√", "✔", "1", "有", "TRUE", "对", "☑"),
    "false": ("否", "no", "N", "×", "✘", "0", "False", "错"),
    "yes": ("是", "Yes", "√", "1", "true", "✅"),
    "no": ("否", "No", "0", "×"),
    "na": ("不适用", "/", "N/A", "—", "不涉及", "n.a."),
    "unknown": ("不详", "未知", "Unknown", "?", "不明", "？"),
    "none": ("无", "没有", "NONE"),
}
UNDONE = (*TYPED["none"], "未完成", "未做", "否", "not done")
BETWEEN = ("..", " .. ", "~", "～", "至", " 至 ")


class Bench(NamedTuple):
    """A random book, its vocabulary, and what hangs on them."""

    book: RuleBook
    cases: Cases
    slots: Mapping[str, Slot]
    surveys: tuple[str, ...]
    roles: tuple[str, ...]


def bench(chance: Random) -> Bench:
    """Return a random book."""
    words = words_of(chance)
    for slot in words.registers["first_book"], words.registers["second_book"]:
        slot |= {"remark": Slot("text")}
    document = envelope(words)
    columns = {name: slot.entry() for name, slot in EXTRA.items() if slot.kind == "number"}
    titles = {name: {"zh": zh, "en": en} for name, (zh, en) in STYLES.items()}
    document["facts"] |= columns | {"style": {"type": titles}}
    document |= {
        "sections": [{"id": "all", "points": 100}],
        "rules": [
            {"id": "first", "section": "all", "points": 80, "requires": "b1"},
            {
                "id": "ticks",
                "section": "all",
                "points": 10,
                "checklist": [{"id": "tidy"}, {"id": "bright"}],
            },
            {"id": "reports", "section": "all", "points": 10, "stage": "reports"},
        ],
        "stages": [{"id": "reports", "deliverables": [{"id": "report"}]}],
    }
    cases = Cases(chance, words, {name: slot for name, slot in EXTRA.items() if slot is not TITLED})
    return Bench(
        load(document),
        cases,
        words.facts | EXTRA,
        tuple(name for name, slot in words.facts.items() if slot.kind == "survey"),
        (
            *(f"party:{kind}" for kind in words.kinds),
            *(f"register:{name}" for name in words.registers),
        ),
    )


def a_paper(bench_: Bench, chance: Random) -> Paper:
    """Return a case, plainly written."""
    cases = bench_.cases
    cases.rng = chance
    document = cases.document()
    sheet = chance.random()
    head = {"book": bench_.book.id, "subject.id": "h-001", "period": document["period"]}
    if chance.random() < 0.9:
        head["subject.name"] = "某单位" + chance.choice(("", *AWKWARD))
    if chance.random() < 0.3:
        head["period"] = chance.choice(tuple(PERIODS))
    if "as_of" in document:
        head["as_of"] = document["as_of"]
    if chance.random() < 0.1:
        head["subject.part_of"] = "c-1"
    if chance.random() < 0.3:
        document["facts"]["style"] = chance.choice(tuple(STYLES))
    facts = [(name, row) for name, one in document["facts"].items() for row in _shown(one)]
    paper = Paper(head, facts, {kind: [] for kind in cases.words.kinds}, {}, [])
    if sheet < 0.45:
        people = {
            name for name, slot in bench_.slots.items() if slot.kind in {"person", "department"}
        }
        paper.facts = [
            (name, row) for name, row in facts if name not in people or chance.random() < 0.02
        ]
    else:
        for one in document["parties"]:
            kind = one.pop("kind")
            if chance.random() < 0.2:
                one["name"] = chance.choice(AWKWARD)
            paper.parties[kind].append(one)
        for name, one in document["records"].items():
            rows = one if isinstance(one, list) else one["rows"]
            tick = "true" if isinstance(one, list) else "false"
            paper.records[name] = Register(tick if rows or tick == "true" else "false", rows)
        if chance.random() < 0.3:
            paper.waivers = [
                _waiver(name, chance)
                for name in chance.sample(["first", "ticks"], chance.randint(1, 2))
            ]
    if sheet < 0.25:
        paper.facts = list(
            {
                name: (name, {"value": row["value"]})
                for name, row in paper.facts
                if "asked" not in row
            }.values()
        )
    else:
        _shower(paper, chance)
    for row, key, slot in _cells(paper, bench_):
        if slot.kind == "text" and row[key] not in {"none", "unknown"}:
            row[key] = chance.choice(AWKWARD)
    return paper


def _shown(one: Any) -> list[Row]:
    """Return the rows of a fact: one for each piece of evidence."""
    if isinstance(one, list):
        return [row for inner in one for row in _shown(inner)]
    if isinstance(one, dict) and "asked" in one:
        return [{"value": one["positive"], "asked": one["asked"]}]
    return [dict(one)] if isinstance(one, dict) else [{"value": one}]


def _waiver(rule: str, chance: Random) -> Row:
    row = {"rule": rule, "authority": chance.choice(AWKWARD), "until": "2026-12-31"}
    return row if chance.random() < 0.5 else row | {"reason": chance.choice(AWKWARD)}


def _shower(paper: Paper, chance: Random) -> None:
    """Put evidence behind some facts and records; show some facts a second time."""
    for name, row in list(paper.facts):
        if chance.random() < 0.3:
            row.update(_evidence(chance, ""))
            if chance.random() < 0.1:
                paper.facts.append((name, _evidence(chance, "")))
    for register in paper.records.values():
        for row in register.rows:
            if chance.random() < 0.3:
                row.update(_evidence(chance, "evidence."))
            if chance.random() < 0.1:
                row.update(by=chance.choice(AWKWARD))
                row.pop("evidence.by", None)
            if chance.random() < 0.2 and len(row) > 1:
                del row["id"]


def _evidence(chance: Random, before: str) -> Row:
    said_ = {
        "method": chance.choice(METHODS),
        "source": chance.choice(AWKWARD),
        "date": "2026-03-01",
        "by": chance.choice(AWKWARD),
        # A line break parts files in a cell; in a document it is refused.
        "files": chance.choice([one for one in AWKWARD if "\n" not in one]),
    }
    return {
        f"{before}{key}": said_[key] for key in chance.sample(list(said_), chance.randint(1, 3))
    }


def _cells(paper: Paper, bench_: Bench) -> list[tuple[Row, str, Slot]]:
    """Return every cell with a value of the book: its row, its key, its slot."""
    words = bench_.cases.words
    found = [(row, "value", bench_.slots[name]) for name, row in paper.facts if "value" in row]
    lists = [(words.kinds[kind], rows) for kind, rows in paper.parties.items()]
    lists += [(words.registers[name], one.rows) for name, one in paper.records.items()]
    found += [
        (row, key, slots[key])
        for slots, rows in lists
        for row in rows
        for key in row
        if key in slots
    ]
    return found


def retyped(paper: Paper, bench_: Bench, chance: Random) -> Paper:
    """Return the same case as somebody may have typed it."""
    again = copy.deepcopy(paper)
    for row, key, slot in _cells(again, bench_):
        if slot.kind == "survey" and "asked" not in row:
            continue
        if slot.kind == "survey" and row[key] != "none":
            if "method" not in row and chance.random() < 0.4:
                row[key] = chance.choice(("{}/{}", "{} / {}", "{} out of {}", "{}／{}")).format(
                    row[key], row.pop("asked")
                )
            else:
                row[key], row["asked"] = (_number(row[one], chance) for one in (key, "asked"))
            continue
        row[key] = typed(row[key], slot, chance)
    days = [(again.head, "as_of"), *((row, "date") for _, row in again.facts)]
    days += [(row, "evidence.date") for one in again.records.values() for row in one.rows]
    for row, key in [*days, *((row, "until") for row in again.waivers)]:
        if key in row:
            row[key] = _day(row[key], chance)
    for row in again.rows:
        for key in ("method", "evidence.method"):
            if key in row and chance.random() < 0.5:
                title = METHOD_TITLES[row[key]]
                row[key] = chance.choice((title.zh, title.en, row[key].upper()))
        for key in ("id", "subject.id"):
            if key in row and chance.random() < 0.2:
                row[key] = _unlike(row[key], chance)
    again.head["period"] = chance.choice((again.head["period"], *PERIODS[again.head["period"]]))
    for name, one in again.records.items():
        tick = typed(one.complete, Slot("boolean"), chance)
        if one.complete == "false" and one.rows and chance.random() < 0.5:
            tick = said("")
        again.records[name] = Register(tick, one.rows)
    return again


def typed(text: str, slot: Slot, chance: Random) -> str:
    """Return a value as somebody may type it, and what a spreadsheet makes of that."""
    if chance.random() < 0.25:
        return text
    if text == "none" and slot is EXTRA["report"]:
        return said(chance.choice(UNDONE))
    if text in {"none", "unknown"}:
        return said(_noise(chance.choice(TYPED[text]), chance))
    # One % behind a range might be meant of one end alone.
    share = ".." not in text and slot.low >= 0 and slot.high <= 10**slot.places
    share = share and not (slot.top or slot.unbounded)
    ways: Mapping[str, Callable[[str, Random], str]] = {
        "number": functools.partial(_number, share=share),
        "date": _day,
    }
    if slot.kind in ways:
        ends = [ways[slot.kind](end, chance) for end in text.split("..")]
        return ends[0] if len(ends) == 1 else said(chance.choice(BETWEEN).join(ends))
    match slot.kind:
        case "boolean" | "tick":
            word = chance.choice(TYPED[text])
            return said(_noise(word, chance), text in {"true", "yes"} if text != "na" else None)
        case "style":
            return said(_noise(chance.choice((text, *STYLES[text])), chance))
        case "role" | "level":
            return said(_noise(chance.choice((text, text.upper(), text.title())), chance))
        case "person" | "department":
            return said(_unlike(text, chance))
    return text


def _number(text: str, chance: Random, *, share: bool = False) -> str:
    figure = Decimal(text)
    ways = [text, f"{figure:,f}", text.replace("-", "−")]
    if share:
        ways += [f"{figure.scaleb(2):f}%", f"{figure.scaleb(2):f} ％"]
    if "." in text:
        ways += [
            text + "0",
            text.removeprefix("0") if not text.startswith("0.0") else text,
            f"{figure:e}",
        ]
    else:
        ways += [text + ".0"]
    return said(_noise(chance.choice(ways), chance), figure)


def _day(text: str, chance: Random) -> str:
    day = datetime.date.fromisoformat(text)
    year, month, number = day.timetuple()[:3]
    ways = (
        text, f"{year}/{month}/{number}", f"{year}.{month}.{number}", f"{year}年{month}月{number}日", f"{day:%Y%m%d}",
        f"{year}年{month:02}月{number:02}号", f"{text} 00:00:00", f"{year} 年 {month} 月 {number} 日",
    )  # fmt: skip
    return said(_noise(chance.choice(ways), chance), day)


def _noise(word: str, chance: Random) -> str:
    match chance.randrange(8):
        case 0:
            return word.translate(WIDE)
        case 1:
            return word + chance.choice(UNSEEN)
        case 2:
            return chance.choice(UNSEEN) + word
        case _:
            return word


def _unlike(identity: str, chance: Random) -> str:
    return chance.choice(
        (
            identity,
            identity.translate(WIDE),
            identity + "\u200b",
            f" {identity} ",
            identity.replace("-", "–"),
            identity.replace("-", "－"),
        )
    )


def spoilt(paper: Paper, chance: Random) -> Paper:
    """Return a case with something wrong, or something else, in some cells, all of them texts."""
    again = copy.deepcopy(paper)
    for row in again.rows:
        row.update({key: str(text) for key, text in row.items()})
    bad = [one for one in (*WORDS, *TEXTS) if _tame(one)]
    for _ in range(chance.randint(1, 3)):
        row = chance.choice([row for row in again.rows if row])
        key = chance.choice([one for one in row if one != "book"] or ["value"])
        match chance.randrange(10):
            case 0 if key not in HEAD and key != "id":
                row[key + "x"] = row.pop(key, "x")
            case 1 if key not in HEAD and len(row) > 1:
                del row[key]
            case 2 if again.facts:
                name, other = chance.choice(again.facts)
                again.facts.append((name, dict(other)))
            case 3 if again.facts:
                at = chance.randrange(len(again.facts))
                again.facts[at] = (again.facts[at][0] + "x", again.facts[at][1])
            case 4 if any(again.parties.values()):
                listed = chance.choice([one for one in again.parties.values() if one])
                listed.append(dict(chance.choice(listed)))
            case 5 if any(one.rows for one in again.records.values()):
                rows = chance.choice([one.rows for one in again.records.values() if one.rows])
                rows.append(dict(chance.choice(rows)))
            case 6 if again.records:
                name = chance.choice(list(again.records))
                again.records[name] = Register(chance.choice(bad), again.records[name].rows)
            case _:
                word = chance.choice(bad)
                # A row of a table that adds up others is told as such by all that names it.
                if key in {"period", "as_of"} and adds_up(word):
                    continue
                # A row in which nothing is seen is none, and a survey without its second figure
                # may be of another shape.
                if plain(word) or (len(row) > 1 and "asked" not in row):
                    row[key] = word
    return again


def _tame(text: str) -> bool:
    return (
        bool(text.strip())
        and len(text) < 300
        and not _OWN_WAYS.search(text)
        and not UNPRINTABLE.search(text)
    )


def surely(paper: Paper, bench_: Bench) -> dict[str, Any]:
    """Return the plain document of a paper."""
    return document_of(paper, bench_.surveys, Random(0))
