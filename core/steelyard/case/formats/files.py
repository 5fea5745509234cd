"""From files to cases: the suffix says the format, and every fault of every file is told at
once.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from steelyard.case.formats.documents import UnsoundTableError
from steelyard.case.formats.folders import SUFFIXES, unread
from steelyard.case.reading.read import book_of, parse_case
from steelyard.case.reading.rollup import Assessed, not_yet
from steelyard.errors import CaseError, Fault, fault, refusal
from steelyard.files import content_of
from steelyard.located_yaml import LONGEST, Table, Value, load, mark, problem_in

if TYPE_CHECKING:
    from steelyard.book.model import RuleBook
    from steelyard.case.model import Case

Find = Callable[[str, str], "RuleBook"]


def cases_in(path: Path, find: Find, assessed: Assessed = not_yet) -> list[Case]:
    """Return the cases of one file, each read against the book that it names; `assessed` finds
    assessments of their parts.

    Raises CaseError with every fault of the file.
    """
    cases: list[Case] = []
    documents, faults = documents_and_faults(path, find)
    for document in documents:
        try:
            cases.append(
                parse_case(
                    document, find(*book_of(document, str(path))), str(path), assessed, typed=True
                )
            )
        except CaseError as error:
            faults.extend(error.faults)
    if faults:
        # What a table names and nobody knows is looked up for each of its documents.
        raise CaseError({one.text(): one for one in faults}.values())
    return cases


def documents_and_faults(path: Path, find: Find) -> tuple[Sequence[Table], list[Fault]]:
    """Return the marked documents of one file, and the faults of its table; what is at fault does
    not stand in the documents, nor do those whose book is at fault.

    Raises CaseError where nothing of the file can be read.
    """
    try:
        return documents_in(path, find), []
    except UnsoundTableError as error:
        readable = [one for one in error.documents if one.get("book")]
        return readable, list(error.faults)


def documents_in(path: Path, find: Find) -> list[Table]:
    """Return the marked documents of one file: one, or in a wide table one per unit."""
    suffix = path.suffix.lower()
    if suffix not in SUFFIXES:
        raise CaseError([unread(path)])
    if os.path.exists(path) and not os.path.isfile(path):  # noqa: PTH110, PTH113  # these never raise
        # What is no file may never come to an end.
        raise CaseError([fault(str(path), "is no regular file")])
    if suffix == ".xlsx":
        from steelyard.case.formats.spreadsheet import read_xlsx

        return read_xlsx(path, find, str(path))
    if suffix == ".csv":
        from steelyard.case.formats.csvfile import read_csv

        return read_csv(path, find, str(path))
    if suffix in {".yaml", ".yml"}:
        return [_case(load(text_in(path), str(path)), str(path))]
    return [_case(read_json(text_in(path), str(path)), str(path))]


def json_in(path: Path) -> Value:
    """Return the marked value of a JSON file; raises CaseError where it cannot be read."""
    return read_json(text_in(path), str(path))


def _case(value: Value, name: str) -> Table:
    if not isinstance(value, Table):
        raise CaseError([fault(name, "is not a case: a mapping with `book:` is wanted")])
    if "subject" not in value and "version" in value:
        raise CaseError(
            [
                fault(
                    name,
                    "is a rule book, not a case: `--books` names the folder of the books by which "
                    "cases are weighed",
                )
            ]
        )
    return value


def text_in(path: Path) -> str:
    """Return the text of a UTF-8 file; raises CaseError where it is none, or cannot be read."""
    name = str(path)
    try:
        if path.stat().st_size > LONGEST:
            raise CaseError(
                [fault(name, "is larger than {size} MiB", size=LONGEST // 1024 // 1024)]
            )
        text = content_of(path).decode("utf-8-sig")
    except UnicodeDecodeError:
        raise CaseError([fault(name, "is not UTF-8 text")]) from None
    except OSError as error:
        raise CaseError(
            [fault(name, "cannot be read: {problem}", problem=refusal(error))]
        ) from None
    if not text.strip():
        raise CaseError([fault(name, "is empty")])
    return text


def read_json(text: str, name: str) -> Value:
    """Return JSON as marked values: numbers kept as typed, keys that stand twice refused."""
    faults: list[Fault] = []

    def table(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        seen: dict[str, Any] = {}
        for key, value in pairs:
            if key in seen:
                faults.append(fault(name, "key `{key}` stands twice", key=key))
            seen[key] = value
        return seen

    def refuse(word: str) -> None:
        faults.append(fault(name, "`{text}` is not a number", text=word))

    try:
        value = json.loads(
            text, parse_float=str, parse_int=str, parse_constant=refuse, object_pairs_hook=table
        )
        marked = mark(value, name)
    except json.JSONDecodeError as error:
        raise CaseError(
            [
                fault(
                    f"{name}:{error.lineno}",
                    "is not valid JSON: {problem}",
                    problem=problem_in(error.msg[:1].lower() + error.msg[1:]),
                )
            ]
        ) from None
    except RecursionError:
        raise CaseError([fault(name, "is nested too deeply")]) from None
    if faults:
        raise CaseError(faults)
    return marked
