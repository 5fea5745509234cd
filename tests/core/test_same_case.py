"""One case, however it is written: as YAML, JSON, a workbook of two makes, or CSV in every encoding
and with every separator, it is the same case or the same refusal.

STEELYARD_WRITINGS says how many cases are tried.
"""

from __future__ import annotations

import csv
import io
import json
import os
import re
from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import Any

import pytest
import yaml
from openpyxl import load_workbook
from raw_workbooks import Sheet, inline, package

from steelyard.book.model import RuleBook
from steelyard.book.reading.load import parse_book
from steelyard.case.formats.files import cases_in
from steelyard.case.formats.workbook import write_workbook
from steelyard.errors import CaseError

COUNT = int(os.environ.get("STEELYARD_WRITINGS", "24"))
BOOK = {
    "book": "test/same",
    "version": "1.0.0",
    "sector": "test",
    "facts": {
        "area": {"type": "number", "min": 0, "max": 100000, "decimals": 2},
        "rate": {"type": "number", "min": 0, "max": 1, "decimals": 4},
        "staff": {"type": "integer", "min": 0},
        "opened": "date",
        "clean": "boolean",
        "style": {"type": {"good": {"zh": "好", "en": "Good"}, "poor": {"zh": "差", "en": "Poor"}}},
        "order": {"type": ["low", "high"], "ordered": True},
        "left": {"type": "date", "missing": "none"},
        "remark": "text",
        "pleased": "survey",
    },
    "sections": [{"id": "all", "points": 100}],
    "rules": [
        {"id": "r", "section": "all", "points": 90, "requires": "area > 1"},
        {"id": "l", "section": "all", "points": 10, "checklist": [{"id": "tidy"}]},
    ],
    "grades": [{"id": "any", "at_least": 0}],
}
WORDS: dict[str, tuple[str, ...]] = {
    "period": ("2026", "2026年", "2026年上半年", "2026/11", "2026.11", "2026.1", "20261", "二〇二六", "2026年第三季度"),
    "area": ("5", ".5", "0.925", "95²", "9⑤", "500人", "-1", "2..4", "不详", "100001", "0.001"),
    "rate": ("95%", "0.5", "1.0", "2", "½", "0.12345", "50 %", "?", "无"),
    "staff": ("12", "007", "1.5", "12.0", "x", "/", "none"),
    "opened": ("2026-03-01", "20260301", "2026年3月1日", "1/3/2026", "26.3.1", "2026-02-30", "2026-03-01..2026-03-05", "unknown"),
    "clean": ("是", "否", "x", "☑", "☒", "□", "1.0", "TRUE", "maybe", "×"),
    "style": ("good", "好", "Good", "poor", "goood", "一般", "不详"),
    "order": ("low", "high", "low..high", "HIGH", "middle"),
    "left": ("无", "none", "2026-03-01", "否", "-"),
    "remark": ("材料", "a_x000D_b", "none", "0012", "√", "a, b; c", 'so "said"', "两\n行", "是"),
    "pleased": ("470/500", "470 / 500", "5/4", "all", "470 out of 500"),
    "tidy": ("是", "/", "—", "na", "x", "✓", "✗", "错", "不涉及", "1"),
}  # fmt: skip
UNSEEN = ("\u200b", "\u00ad", "\ufeff", "\u3000", " ", "\u00a0")
WIDE = {ord(sign): ord(sign) + 0xFEE0 for sign in "0123456789./-%"}
ENCODINGS = ("utf-8-sig", "utf-16", "gb18030")
SEPARATORS = (",", ";", "\t")


@pytest.fixture(scope="module")
def book() -> RuleBook:
    return parse_book(json.dumps(BOOK), "same")


def typed(chance: Random, word: str) -> str:
    """Return a word as somebody may type or paste it."""
    match chance.randrange(8):
        case 0:
            return word.translate(WIDE)
        case 1:
            return word + chance.choice(UNSEEN)
        case 2:
            return chance.choice(UNSEEN) + word
        case 3:
            return word.upper()
        case _:
            return word


def a_case(chance: Random) -> dict[str, str]:
    """Return what stands for the period and for some facts."""
    names = chance.sample(list(WORDS), chance.randint(1, 3))
    said = {name: typed(chance, chance.choice(WORDS[name])) for name in names}
    return {"period": "2026", **said}


def as_document(said: dict[str, str]) -> dict[str, Any]:
    facts = {name: text for name, text in said.items() if name != "period"}
    return {
        "book": "test/same",
        "subject": {"id": "u-1", "name": "某单位"},
        "period": said["period"],
        "facts": facts,
    }


def as_csv(said: dict[str, str], encoding: str, separator: str) -> bytes:
    held = io.StringIO()
    rows = csv.writer(held, delimiter=separator)
    rows.writerow(["book", "subject.id", "subject.name", *said])
    rows.writerow(["test/same", "u-1", "某单位", *said.values()])
    return held.getvalue().encode(encoding)


def as_form(said: dict[str, str], workbook: Any, path: Path) -> None:
    """Fill in a form, every cell as a text, as our own writer's library does."""
    sheets = {str(one["A1"].value).partition(":")[2]: one for one in workbook.worksheets}
    for place, text in (("D5", "u-1"), ("D6", "某单位"), ("D7", said["period"])):
        write(sheets["case"][place], text)
    facts = sheets["facts"]
    column = next(one.column for one in facts[1] if one.value == "value")
    for name in facts["B"]:
        if name.value in WORDS:
            write(facts.cell(name.row, column), said.get(str(name.value), ""))
    workbook.save(path)


def write(cell: Any, text: str) -> None:
    cell.value = escaped(text) or None
    if text:
        cell.data_type = "s"


def escaped(text: str) -> str:
    """Return a text as the format wants it written, by its own words (ISO/IEC 29500-1, 22.9.2.19)."""
    return re.sub("_(?=x[0-9A-F]{4}_)", "_x005F_", text)


def as_other_workbook(said: dict[str, str]) -> bytes:
    cells = [inline(escaped(one)) for one in ("test/same", "u-1", "某单位", *said.values())]
    return package(Sheet(("book", "subject.id", "subject.name", *said), cells))


def writings(said: dict[str, str], form: Any, folder: Path) -> Iterator[Path]:
    """Yield the case in every form, each in a file of its own."""
    document = as_document(said)
    contents = {
        "case.yaml": yaml.safe_dump(document, allow_unicode=True).encode(),
        "case.json": json.dumps(document, ensure_ascii=False).encode(),
        "other.xlsx": as_other_workbook(said),
        **{
            f"{encoding}-{number}.csv": as_csv(said, encoding, separator)
            for encoding in ENCODINGS
            for number, separator in enumerate(SEPARATORS)
        },
    }
    for name, content in contents.items():
        (folder / name).write_bytes(content)
        yield folder / name
    as_form(said, form, folder / "form.xlsx")
    yield folder / "form.xlsx"


def outcome(path: Path, book: RuleBook) -> Any:
    """Return what a file says, or the faults of it, wherever they stand."""
    try:
        [case] = cases_in(path, lambda _said, _place: book)
    except CaseError as error:
        return sorted((one.place.rpartition(": ")[2], one.message) for one in error.faults)
    document = dict(case.document)
    return {key: document[key] for key in ("subject", "period", "facts", "as_of")}


@pytest.fixture(scope="module")
def form(book: RuleBook, tmp_path_factory: pytest.TempPathFactory) -> Any:
    path = tmp_path_factory.mktemp("form") / "form.xlsx"
    write_workbook(book, path)
    return load_workbook(path)


def test_a_case_is_the_same_however_it_is_written(book, form, tmp_path):
    read = refused = 0
    for number in range(COUNT):
        said = a_case(Random(f"writings:{number}"))
        outcomes = {path.name: outcome(path, book) for path in writings(said, form, tmp_path)}
        first = outcomes["case.yaml"]
        assert outcomes == dict.fromkeys(outcomes, first), (number, said)
        read, refused = read + isinstance(first, dict), refused + isinstance(first, list)
    # Both ends are tried.
    assert min(read, refused) > COUNT // 10, (read, refused)
