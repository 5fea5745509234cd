"""Run in a copy of the core to which one module of a form and one of a function were added: prints
what the rest of the house makes of them, as JSON.
"""

from __future__ import annotations

import json
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import openpyxl

from steelyard.book.coverage import citations
from steelyard.book.difference.difference import diff
from steelyard.book.lint import lint
from steelyard.book.reading.load import parse_book, places_in
from steelyard.book.schema import book_schema
from steelyard.book.tailoring.inherit import no_base
from steelyard.case.formats.workbook import write_workbook
from steelyard.case.reading.read import parse_case
from steelyard.forms.table import FORMS
from steelyard.judging.assessment import weigh
from steelyard.judging.missing import still_to_show
from steelyard.judging.slow.judge import judge_slowly
from steelyard.located_yaml import mark

TEXT = Path(sys.argv[1]).read_text("utf-8")
CASES: dict[str, dict[str, Any]] = {
    "nothing": {},
    "some": {
        "facts": {"chinese": "yes", "english": "no"},
        "records": {"visits": {"complete": True, "rows": [
            {"welcomed": "yes", "lasting": 30},
            {"welcomed": "yes", "lasting": 29},
            {"lasting": 45},
        ]}},
    },
    "enough": {
        "facts": {"chinese": "yes", "english": "yes", "braille": "no"},
        "records": {"visits": {"complete": True, "rows": [
            {"welcomed": "yes", "lasting": 30}, {"welcomed": "yes", "lasting": 600},
        ]}},
    },
}  # fmt: skip


def weighed(document: dict[str, Any]) -> dict[str, Any]:
    book = parse_book(TEXT, "book.yaml")
    case = parse_case(
        mark({"book": book.id, "subject": "m-1", "period": "2026", **document}, "case"),
        book,
        "case",
    )
    found, slow = weigh(book, case), judge_slowly(book, case)
    return {
        "score": [str(found.low), str(found.high)],
        "slow": [f"{float(slow.score.low):.2f}", f"{float(slow.score.high):.2f}"],
        "findings": {one.rule: [str(one.low), str(one.high)] for one in found.findings},
        "because": {one.rule: list(one.because or ()) for one in found.findings},
        "missing": [one.id for one in still_to_show(found)],
        "coverage": str(found.coverage),
    }


def main() -> None:
    book = parse_book(TEXT, "book.yaml")
    raised = parse_book(TEXT.replace("best: 2", "best: 3"), "book.yaml")
    write_workbook(book, Path("case.xlsx"))
    cells = {
        str(cell.value)
        for sheet in openpyxl.load_workbook("case.xlsx")
        for row in sheet.iter_rows()
        for cell in row
        if cell.value is not None
    }
    print(json.dumps({
        "forms": list(FORMS),
        "cases": {name: weighed(document) for name, document in CASES.items()},
        "cells": sorted(cells & {"chinese", "english", "braille"}),
        "diff": [list(one.words) for one in diff(book, raised).changes],
        "cited": [name for name, _ in citations(book) if name.startswith("item:")],
        "lint": [one.text() for one in lint(book, {}, places_in(TEXT, "book.yaml", no_base))],
        "schema": "most_of" in json.dumps(book_schema()),
        "same": parse_book(TEXT, "book.yaml").digest == replace(book).digest,
    }, ensure_ascii=False))  # fmt: skip


main()
