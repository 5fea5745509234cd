"""What a workbook's file may be, looked at before anything unpacks it, and where
the cells on its sheets lie.
"""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Sequence
from typing import NamedTuple
from xml.parsers import expat

from steelyard.errors import CaseError, Fault, fault

MOST_ROWS = 100_000
MOST_COLUMNS = 1_000
LAST_ROW = 1_048_576
MOST_BYTES = 64 * 1024 * 1024
_MOST_PARTS = 5_000
_MOST_MERGED = 1_000
_RATIO = 500
_SMALL = 1024 * 1024
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_ENCRYPTED = "EncryptedPackage".encode("utf-16-le")
_REFERENCE = re.compile(r"([A-Z]{1,3})([1-9][0-9]{0,6})")
_ENCODING = re.compile(r"""^<\?xml[^>]{0,200}?encoding\s*=\s*["']([^"']{0,40})["']""")
_PLAIN_ENCODINGS = frozenset({"utf-8", "utf8", "utf-16", "us-ascii", "ascii"})
_PARTS_OF_XML = (".xml", ".rels", ".vml")


class Lie(NamedTuple):
    """Where the content of a sheet ends, which ranges are merged, and which formulas have no stored
    value.
    """

    last_row: int
    last_column: int
    merged: tuple[str, ...]
    hollow: frozenset[tuple[int, int]]


def read_bytes(name: str, data: bytes) -> dict[str, bytes]:
    """Return the unpacked parts of a workbook's file, refusing what is none or what would unpack to
    too much.

    Raises CaseError, by what the file is: an old or locked workbook, another format, a bomb,
    unneeded markup. What is no sound archive at all raises as `zipfile` does.
    """
    wrong = _no_archive(name, data)
    if wrong is not None:
        raise CaseError([wrong])
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        wrong = _bad_directory(name, archive.infolist())
        if wrong is not None:
            raise CaseError([wrong])
        parts = {
            entry.filename: archive.read(entry)
            for entry in archive.infolist()
            if not entry.is_dir()
        }
    if any(
        _multiplies(content)
        for part, content in parts.items()
        if part.lower().endswith(_PARTS_OF_XML)
    ):
        raise CaseError([fault(name, "holds markup that no workbook needs, and is not read")])
    return parts


def survey(place: str, content: bytes) -> Lie:
    """Return where the cells of one sheet lie, without reading their values; stops at once where
    there are too many.

    Raises CaseError for more than 100,000 rows or 1,000 columns that hold anything.
    """
    reader = _Surveyor(place)
    reader.parser.Parse(content, True)  # the parser takes it by position alone
    return Lie(reader.last_row, reader.last_column, tuple(reader.merged), frozenset(reader.hollow))


def column_number(letters: str) -> int:
    """Return the number of a column by its letters: A is 1."""
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - 64
    return number


def corners(reference: str) -> tuple[int, int, int, int]:
    """Return first row, first column, last row and last column of a range such as B2:C5."""
    first, _, last = reference.partition(":")
    ends = [_REFERENCE.fullmatch(end.replace("$", "")) for end in (first, last or first)]
    if ends[0] is None or ends[1] is None:
        raise ValueError(reference)
    (left, top), (right, bottom) = ends[0].groups(), ends[1].groups()
    return int(top), column_number(left), int(bottom), column_number(right)


def _no_archive(name: str, data: bytes) -> Fault | None:
    if data.startswith(_OLE):
        if _ENCRYPTED in data:
            return fault(name, "is locked with a password: save it without one")
        return fault(name, "is an old .xls workbook: save it as .xlsx")
    if not data:
        return fault(name, "is empty")
    return None if data.startswith(b"PK") else fault(name, "is not an .xlsx workbook")


def _bad_directory(name: str, entries: Sequence[zipfile.ZipInfo]) -> Fault | None:
    names = {entry.filename for entry in entries}
    if len(entries) > _MOST_PARTS or len(names) != len(entries):
        return fault(name, "is not a workbook that can be read")
    if sum(entry.file_size for entry in entries) > MOST_BYTES:
        return fault(name, "unpacks to more than {size} MiB", size=MOST_BYTES // 1024 // 1024)
    if any(entry.file_size > max(_SMALL, _RATIO * entry.compress_size) for entry in entries):
        return fault(name, "unpacks to far more than a workbook of its size would hold")
    if any(entry.flag_bits & 1 for entry in entries):
        return fault(name, "is locked with a password: save it without one")
    if "xl/workbook.bin" in names:
        return fault(name, "is a binary .xlsb workbook: save it as .xlsx")
    if "content.xml" in names:
        return fault(name, "is an OpenDocument file: save it as .xlsx")
    return None


def _multiplies(content: bytes) -> bool:
    """Whether a part bears a document type, which could multiply without end, in whatever encoding
    it hides.
    """
    wide = content.startswith((b"\xff\xfe", b"\xfe\xff"))
    text = content.decode("utf-16" if wide else "utf-8-sig")
    said = _ENCODING.match(text)
    return "<!DOCTYPE" in text or (said is not None and said[1].lower() not in _PLAIN_ENCODINGS)


class _Surveyor:
    """Notes where cells lie from the parser's events."""

    def __init__(self, place: str) -> None:
        self.place = place
        self.parser = expat.ParserCreate(namespace_separator=" ")
        self.parser.buffer_text = True
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end
        self.parser.CharacterDataHandler = self._text
        self.last_row = self.last_column = 0
        self.merged: list[str] = []
        self.hollow: set[tuple[int, int]] = set()
        self._row = self._column = 0
        self._formula = self._filled = self._inside = False
        self._kind = ""

    def _start(self, tag: str, attributes: dict[str, str]) -> None:
        name = tag.rpartition(" ")[2]
        if name == "c":
            self._cell(attributes)
        elif name in {"v", "is"}:
            self._inside = True
        elif name == "f":
            self._formula = True
        elif name == "row":
            row = int(attributes.get("r", self._row + 1))
            if row <= self._row:
                raise ValueError(row)
            self._row, self._column = row, 0
        elif name == "mergeCell":
            corners(attributes["ref"])
            self.merged.append(attributes["ref"])
            if len(self.merged) > _MOST_MERGED:
                raise CaseError(
                    [fault(self.place, "has more than {count} merged ranges", count=_MOST_MERGED)]
                )

    def _cell(self, attributes: dict[str, str]) -> None:
        column = self._column + 1
        if "r" in attributes:
            found = _REFERENCE.fullmatch(attributes["r"])
            if found is None or int(found[2]) != self._row or column_number(found[1]) < column:
                raise ValueError(attributes["r"])
            column = column_number(found[1])
        self._column = column
        self._kind = attributes.get("t", "")
        self._formula = self._filled = False

    def _text(self, text: str) -> None:
        if self._inside and not self._filled and text.strip():
            self._filled = True
            self.last_row, self.last_column = self._row, max(self.last_column, self._column)
            if self._row > MOST_ROWS:
                raise CaseError([fault(self.place, "has more than {count} rows", count=MOST_ROWS)])
            if self._column > MOST_COLUMNS:
                raise CaseError(
                    [fault(self.place, "has more than {count} columns", count=MOST_COLUMNS)]
                )

    def _end(self, tag: str) -> None:
        name = tag.rpartition(" ")[2]
        if name in {"v", "is"}:
            self._inside = False
        elif name == "c" and self._formula and not self._filled and self._kind != "str":
            self.hollow.add((self._row, self._column))
