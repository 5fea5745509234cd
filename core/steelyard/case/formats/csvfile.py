"""Reading CSV files, in whatever encoding and with whatever separator an office saves them, into
marked documents.
"""

from __future__ import annotations

import codecs
import csv
import io
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Literal

from steelyard.archive import MOST_BYTES, MOST_COLUMNS, MOST_ROWS
from steelyard.case.formats.documents import (
    Find,
    facts_document,
    raise_for,
    wide_documents,
)
from steelyard.case.formats.grid import Grid, Row, cell, seen
from steelyard.case.formats.quoted import MISSING, for_want, meant
from steelyard.case.formats.sheets import Gathered, sheet_of
from steelyard.case.reading.written import Written
from steelyard.errors import CaseError, Fault, fault, refusal
from steelyard.files import content_of, misread_table
from steelyard.located_yaml import Table, Text

if TYPE_CHECKING:
    from pathlib import Path

Separator = Literal[",", ";", "\t"]
_SEPARATORS: tuple[Separator, ...] = (",", ";", "\t")
_BINARY = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f]")
_LETTERS = re.compile("[\u0080-\u07ff]")
_NOT_ASCII = re.compile("[^\x00-\x7f]")
_WITHIN = re.compile("(?<=[A-Za-z])[^\x00-\x7f]{1,2}(?=[a-z])")
# In GB18030 the common signs have both bytes from here on; in Windows-1252 letters with accents
# begin there.
_HIGH, _FIRST_LETTER = 0xA1, 0xC0
_BEYOND = re.compile("[\u0800-\U0010ffff]")
_SAID = re.compile(r"sep=([,;\t])\r?\n", re.IGNORECASE)


def read_csv(path: Path, find: Find, name: str = "") -> list[Table]:
    """Return the documents of a CSV file, which is one of two things.

    Either a row per unit, as `write_wide` lays it out; or the facts sheet of a case workbook saved
    as CSV: its first row holds `steelyard:facts` and the keys `id`, `value`, `asked`, `method`,
    `source`, `date`, `by`, `files` of the columns, then a row each says `book`, `subject.id`,
    `subject.name`, `period`, `as_of` in the first column with the value beside it, then the facts
    follow, the first column empty. UTF-8, UTF-16 with its mark, else GB18030; comma, semicolon or
    tab. `name` stands for the file in places, else its last part does. Raises CaseError with every
    fault of the file.
    """
    name = name or path.name
    return csv_documents(csv_content(path, name), find, name)


def csv_documents(data: bytes, find: Find, name: str) -> list[Table]:
    """Return the documents of a CSV file by its content, as `read_csv` does."""
    grid = csv_grid(data, name)
    gathered = Gathered()
    documents = wide_documents(grid, find, gathered)
    if documents is None:
        sheet = sheet_of(grid, gathered)
        if sheet is None or sheet.role != "facts":
            raise CaseError(
                [
                    fault(
                        name,
                        "has neither columns `book` and `subject.id` in its first row, "
                        "nor is it a facts sheet",
                    )
                ]
            )
        documents = [facts_document(sheet, name, find, gathered)]
    raise_for(gathered, documents)
    return documents


def csv_grid(data: bytes, name: str) -> Grid:
    """Return the cells of a CSV file by its content; raises CaseError where it is no table."""
    return _grid(name, _text(name, data))


def csv_content(path: Path, name: str) -> bytes:
    """Return the bytes of a CSV file; raises CaseError for what cannot be one."""
    try:
        data = content_of(path, MOST_BYTES + 1)
    except OSError as problem:
        raise CaseError(
            [fault(name, "cannot be read: {problem}", problem=refusal(problem))]
        ) from None
    if len(data) > MOST_BYTES:
        raise CaseError([fault(name, "is larger than {size} MiB", size=MOST_BYTES // 1024 // 1024)])
    if data.startswith((b"PK\x03\x04", b"\xd0\xcf\x11\xe0")):
        raise CaseError([fault(name, "is a workbook, not CSV: name it .xlsx")])
    return data


def _text(name: str, data: bytes) -> str:
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        text = _decoded(data, "utf-16")
    elif data.startswith(codecs.BOM_UTF8):
        text = _decoded(data, "utf-8-sig")
    else:
        text = _decoded(data, "utf-8")
        chinese = _decoded(data, "gb18030")
        # Some Chinese words are, byte for byte, Latin or Arabic letters in UTF-8.
        if (
            text is not None
            and chinese is not None
            and _LETTERS.search(text)
            and not _BEYOND.search(text)
        ):
            raise CaseError(
                [
                    fault(
                        name,
                        "may be UTF-8 or GB18030: save it as UTF-8 with a byte order "
                        "mark (CSV UTF-8)",
                    )
                ]
            )
        if text is None and chinese is not None and _western(chinese):
            raise CaseError(
                [
                    fault(
                        name,
                        "may be GB18030 or Western (Windows-1252): save it as UTF-8 with a byte "
                        "order mark (CSV UTF-8)",
                    )
                ]
            )
        text = chinese if text is None else text
    if text is None or _BINARY.search(text):
        raise CaseError([fault(name, "is not text in UTF-8, UTF-16 or GB18030")])
    if not text.strip():
        raise CaseError([fault(name, "is empty")])
    return text


def _western(text: str) -> bool:
    """Whether a text read as GB18030 may be Western letters: none of its Chinese signs is a common
    one, which has two high bytes, or a rare one, which has four, or one stands within a word of
    small letters.
    """
    signs = [one.encode("gb18030") for one in _NOT_ASCII.findall(text)]
    chinese = any(len(one) > 2 or min(one) >= _HIGH for one in signs)
    return bool(signs) and (not chinese or any(map(_letters, _WITHIN.findall(text))))


def _letters(signs: str) -> bool:
    return all(byte >= _FIRST_LETTER or chr(byte).isalpha() for byte in signs.encode("gb18030"))


def _decoded(data: bytes, encoding: str) -> str | None:
    try:
        return data.decode(encoding)
    except UnicodeDecodeError:
        return None


def _grid(name: str, text: str) -> Grid:
    said = _SAID.match(text)
    body = text[said.end() :] if said else text
    separator = next(one for one in _SEPARATORS if one == said[1]) if said else _separator(body)
    rows: list[Row] = []
    faults: list[tuple[int, Fault]] = []
    for number, values in _records(name, body, separator, 1 if said else 0):
        place = f"{name}:{number}"
        if number > MOST_ROWS or len(values) > MOST_COLUMNS:
            what = (
                "has more than {count} rows"
                if number > MOST_ROWS
                else "has more than {count} columns"
            )
            raise CaseError(
                [fault(place, what, count=MOST_ROWS if number > MOST_ROWS else MOST_COLUMNS)]
            )
        cells: dict[int, Text] = {}
        for column, value in enumerate(values, 1):
            word = meant(value)
            missing = word in MISSING
            if missing:
                faults.append((number, for_want(place, word)))
            if word:
                held = Written(separator, spoilt=missing)
                cells[column] = cell("" if missing else word, place, held)
        if any(map(seen, cells.values())):
            rows.append((number, cells))
    return Grid(name, name, rows, faults)


def _separator(text: str) -> Separator:
    """Return the separator that divides the first line, which holds ids alone, into the most
    parts.
    """
    first = text.lstrip().split("\n", 1)[0]
    return max(_SEPARATORS, key=first.count)


def _records(name: str, text: str, separator: str, before: int) -> Iterator[tuple[int, list[str]]]:
    """Yield the records with the line on which each begins."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    line = before
    try:
        for values in reader:
            yield line + 1, values
            line = reader.line_num + before
    except csv.Error as problem:
        raise CaseError([misread_table(f"{name}:{line + 1}", problem)]) from None
