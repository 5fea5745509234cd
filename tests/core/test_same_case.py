"""One case, however it is written: as YAML, JSON, a workbook of two makes, or CSV in every encoding
and with every separator, it is the same case or the same refusal.

STEELYARD_READERS says how many cases are tried, STEELYARD_READERS_FIRST which is the first.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from decimal import Decimal, InvalidOperation
from pathlib import Path
from random import Random
from typing import Any

import pytest

from steelyard.book.model import RuleBook
from steelyard.case.formats.files import cases_in
from steelyard.case.formats.round_trip import Carried, carried
from steelyard.case.formats.template import write_yaml
from steelyard.case.formats.wide import write_wide
from steelyard.case.formats.workbook import write_workbook
from steelyard.case.model import Case
from steelyard.case.reading.read import parse_case
from steelyard.errors import CaseError, UsageError

from .papers import LAST_DAYS, Bench, a_paper, bench, retyped, spoilt, surely
from .writings import Paper, as_marked, put, writings

COUNT = int(os.environ.get("STEELYARD_READERS", "40"))
FIRST = int(os.environ.get("STEELYARD_READERS_FIRST", "0"))
SHARDS = 4
A_BOOK = 10
OWN = 10
UNMARKED = re.compile("may be (?:UTF-8 or GB18030|GB18030 or Western)")
TOTAL = (
    "`{text}` marks a row that adds up the others: leave that row out; a thing of this name is "
    "written in full"
)
WRITERS: dict[str, Callable[[RuleBook, Path, Carried], None]] = {
    "kept.yaml": lambda book, path, case: write_yaml(book, path, case=case),
    "kept.xlsx": lambda book, path, case: write_workbook(book, path, case=case),
    "kept.csv": lambda book, path, case: write_wide(book, path, [case]),
}
# The workbook has no columns for these.
_NO_PLACE = re.compile(r"\.(?:by|files|evidence)(?:\.|$)|facts\.\w+(?:\.\d+)?\.(?:by|files)")
# Places differ, and a table offers the words of its lists where a document names ids.
_BY_FORM = {"first", "options"}


def outcome(path: Path, book: RuleBook) -> Any:
    """Return what a file says, or the faults of it, wherever they stand."""
    try:
        [case] = cases_in(path, lambda _said, _place: book)
    except CaseError as error:
        return refused(error)
    return taken(case)


def taken(case: Case) -> Any:
    return {"digest": case.digest, "names": dict(case.names), **case.document}


def refused(error: CaseError) -> Any:
    # Of two faults that differ by their lines alone, JSON, which has none, tells one.
    return sorted(
        {
            (
                # A document may say the id alone.
                re.sub("^subject$", "subject.id", one.place.rpartition(": ")[2]),
                one.message,
                *sorted(
                    (key, str(said)) for key, said in one.values.items() if key not in _BY_FORM
                ),
            )
            for one in error.faults
        }
    )


def _unlike(other: Any, first: Any) -> str:
    """Return where two outcomes differ, shortly."""
    if isinstance(other, dict) and isinstance(first, dict):
        return "; ".join(
            f"{key}: {_unlike(other.get(key), first.get(key))}"
            for key in dict.fromkeys((*other, *first))
            if other.get(key) != first.get(key) and key != "digest"
        )
    return f"{str(other)[:300]} instead of {str(first)[:300]}"


def _not_as_drawn(first: dict[str, Any], paper: Paper) -> list[str]:
    """Return which values of a case are not those that were drawn, whatever reads them."""
    drawn: dict[str, list[str]] = {}
    for name, row in paper.facts:
        if "value" in row:
            counts = f"{row['value']}/{row['asked']}" if "asked" in row else row["value"]
            drawn.setdefault(name, []).append(_canonical(counts))
    held = {
        name: [
            _canonical(f"{one['positive']}/{one['asked']}" if "asked" in one else one["value"])
            for one in (said if isinstance(said, list) else [said])
        ]
        for name, said in first["facts"].items()
    }
    found = [] if held == drawn else [f"facts: {_unlike(held, drawn)}"]
    for name, register in paper.records.items():
        rows = first["records"][name]["rows"]
        for row, one in zip(register.rows, rows, strict=True):
            for key, text in row.items():
                if (
                    "." not in key
                    and key not in {"by", "id"}
                    and _canonical(one.get(key, "")) != _canonical(text)
                ):
                    found.append(f"{name}.{key}: {one.get(key)} instead of {text}")
    return found


def _canonical(text: str) -> str:
    """Return a value in one form: figures without the noughts that say nothing."""
    ends = []
    for end in text.strip().split(".."):
        try:
            ends.append(f"{Decimal(end).normalize() + 0:f}")
        except InvalidOperation:
            ends.append(end)
    return "..".join(dict.fromkeys(ends))


def _is_of_a_total(other: Any, first: Any) -> bool:
    """Whether a row of a table is told to add up others, so that nothing else is told of it."""
    return (
        isinstance(other, list)
        and {message for _, message, *_ in other} == {TOTAL}
        and (set(other) <= set(first))
    )


def differing(number: int, one: Bench, folder: Path) -> tuple[bool, list[str]]:
    """Return whether the case of a number is read, and what is not as it should be."""
    chance = Random(f"readers:{number}")
    paper = a_paper(one, chance)
    said = retyped(paper, one, chance)
    broken = chance.random() < 0.5
    if broken:
        said = spoilt(said, chance)
    else:
        said_plainly = surely(paper, one)
    wanted = surely(said, one) if broken else said_plainly
    try:
        first = taken(parse_case(as_marked(wanted), one.book, "paper"))
    except CaseError as error:
        first = refused(error)
    read = isinstance(first, dict)
    found = []
    for name, content in writings(said, one.surveys, one.roles, chance):
        other = outcome(put(folder, name, content), one.book)
        torn = name.endswith(".csv") and "-0-" not in name and said.unclear
        # There a comma parts decimals, so that more is refused, and at times more is read.
        if torn and (isinstance(other, list) or not read):
            continue
        unmarked = "-utf-8.csv" in name or "-gb18030.csv" in name
        if unmarked and isinstance(other, list) and UNMARKED.search(other[0][1]):
            continue
        if name.startswith("wide") and not read and _is_of_a_total(other, first):
            continue
        if other != first and not (not read and not broken and isinstance(other, list)):
            found.append(f"{name}: {_unlike(other, first)}")
    if read and not broken:
        found += _not_as_drawn(first, paper)
    head = paper.head
    moments = (head["period"], head.get("as_of", LAST_DAYS[head["period"]]))
    if read and not broken and (first["period"], first["as_of"]) != moments:
        found.append(f"{first['period']}, {first['as_of']} instead of {moments}")
    if read and not found and number % OWN == 0:
        found = carried_over(folder / "case.json", one.book, first)
    return read, found


def carried_over(path: Path, book: RuleBook, first: Any) -> list[str]:
    """Return what is lost where our own writers put a case that is read into fresh forms."""
    [case] = carried(path, book, lambda _said, _place: book)
    found = []
    for name, write in WRITERS.items():
        target = path.with_name(name)
        try:
            write(book, target, case)
        except UsageError as error:
            found += [
                f"{name}: {one.text()}"
                for one in error.faults
                if name == "kept.yaml" or not (name == "kept.csv" or _NO_PLACE.search(one.place))
            ]
            continue
        other = outcome(target, book)
        if other != first:
            found.append(f"{name}: {_unlike(other, first)}")
    return found


@pytest.mark.parametrize("shard", range(SHARDS))
def test_a_case_is_the_same_however_it_is_written(shard: int, tmp_path: Path):
    numbers = [
        number for number in range(FIRST, FIRST + COUNT) if number // A_BOOK % SHARDS == shard
    ]
    read = 0
    wrong = []
    for at, number in enumerate(numbers):
        if at == 0 or number % A_BOOK == 0:
            one = bench(Random(f"reader's book:{number // A_BOOK}"))
        fine, found = differing(number, one, tmp_path)
        read += fine
        wrong += [f"STEELYARD_READERS=1 STEELYARD_READERS_FIRST={number}: {said}" for said in found]
    assert not wrong, "\n".join(wrong[:20])
    # Both ends are tried.
    assert len(numbers) < 50 or len(numbers) // 5 < read < len(numbers) * 4 // 5, read
