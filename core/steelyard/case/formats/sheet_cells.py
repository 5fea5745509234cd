"""The cells of one sheet of a workbook as they stand in its part, wherever it says that it ends."""

from __future__ import annotations

import re
from typing import NamedTuple
from xml.parsers import expat

from steelyard.archive import MOST_COLUMNS, MOST_ROWS
from steelyard.case.formats.ooxml import Run, is_on, raises, unescaped
from steelyard.errors import CaseError, fault

_MOST_MERGED = 1_000
VALUED = "vm:"
"""What stands for a formula where the value of a cell may be a picture, before its metadata."""
_SHOWING = re.compile(r"\b(?:HYPERLINK|DISPIMG)\(", re.IGNORECASE)
_REFERENCE = re.compile(r"([A-Z]{1,3})([1-9][0-9]{0,6})")


class Raw(NamedTuple):
    """A cell that holds something: its kind and its style as the sheet names them, and its content,
    of a text kept in the cell the pieces as well.
    """

    row: int
    column: int
    kind: str
    style: int
    text: str
    runs: tuple[Run, ...] = ()


class Lie(NamedTuple):
    """The cells of a sheet in order, the ranges that are merged, and where a formula has no stored
    value; the ranges that bear a link, and the drawings, with the relations that they name; the
    formulas that link or show a picture, and the values that may be one.
    """

    cells: tuple[Raw, ...]
    merged: tuple[str, ...]
    hollow: tuple[tuple[int, int], ...]
    links: tuple[tuple[str, str], ...] = ()
    drawings: tuple[str, ...] = ()
    showing: tuple[tuple[int, int, str], ...] = ()


def cells_of(place: str, content: bytes) -> Lie:
    """Return the cells of a sheet; stops at once where there are too many.

    Raises CaseError for more than 100,000 rows or 1,000 columns that hold anything, and whatever
    the parser raises where the part is damaged.
    """
    reader = _Walker(place)
    reader.parser.Parse(content, True)  # the parser takes it by position alone
    return Lie(
        tuple(reader.cells),
        tuple(reader.merged),
        tuple(sorted(reader.hollow)),
        tuple(reader.links),
        tuple(reader.drawings),
        tuple(reader.showing),
    )


def column_letters(column: int) -> str:
    """Return the letters of a column by its number: 1 is A."""
    letters = ""
    while column:
        column, rest = divmod(column - 1, 26)
        letters = chr(65 + rest) + letters
    return letters


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


def _relation(attributes: dict[str, str]) -> str:
    """Return the id of the relation that an element names, empty where it names none."""
    return next(
        (
            value
            for key, value in attributes.items()
            if key.rpartition(" ")[2] == "id" and " " in key
        ),
        "",
    )


class _Walker:
    """Takes up cells from the parser's events."""

    def __init__(self, place: str) -> None:
        self.place = place
        self.parser = expat.ParserCreate(namespace_separator=" ")
        self.parser.buffer_text = True
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end
        self.parser.CharacterDataHandler = self._text
        self.cells: list[Raw] = []
        self.merged: list[str] = []
        self.hollow: set[tuple[int, int]] = set()
        self.links: list[tuple[str, str]] = []
        self.drawings: list[str] = []
        self.showing: list[tuple[int, int, str]] = []
        self._row = self._column = self._style = 0
        self._kind = ""
        self._formula = self._inline = self._spoken = self._taken = self._worked = False
        self._working: list[str] = []
        self._valued = ""
        self._content: list[str] = []
        self._runs: list[Run] = []
        self._font = (False, False, False)

    def _start(self, tag: str, attributes: dict[str, str]) -> None:
        match tag.rpartition(" ")[2]:
            case "c":
                self._cell(attributes)
            case "v":
                self._taken = True
            case "is":
                self._inline = True
            case "t" if self._inline and not self._spoken:
                self._content, self._taken = [], True
            case "rPh":
                self._spoken = True
            case "r":
                self._font = (False, False, False)
            case "rPr":
                self._font = (True, False, False)
            case "strike":
                self._font = (True, is_on(attributes.get("val", "1")), self._font[2])
            case "vertAlign":
                self._font = (True, self._font[1], raises(attributes.get("val")))
            case "f":
                self._formula = self._worked = True
                self._working = []
            case "hyperlink":
                self.links.append((attributes.get("ref", ""), _relation(attributes)))
            case "drawing":
                self.drawings.append(_relation(attributes))
            case "row":
                row = int(attributes.get("r", self._row + 1))
                if row <= self._row:
                    raise ValueError(row)
                self._row, self._column = row, 0
            case "mergeCell":
                corners(attributes["ref"])
                self.merged.append(attributes["ref"])
                if len(self.merged) > _MOST_MERGED:
                    self._stop("has more than {count} merged ranges", _MOST_MERGED)

    def _cell(self, attributes: dict[str, str]) -> None:
        column = self._column + 1
        if "r" in attributes:
            found = _REFERENCE.fullmatch(attributes["r"])
            if found is None or int(found[2]) != self._row or column_number(found[1]) < column:
                raise ValueError(attributes["r"])
            column = column_number(found[1])
        self._column = column
        self._kind = attributes.get("t", "n")
        self._valued = attributes.get("vm", "") if self._kind == "e" else ""
        self._style = int(attributes.get("s", "0"))
        self._formula = False
        self._content, self._runs, self._font = [], [], (False, False, False)

    def _text(self, text: str) -> None:
        if self._taken:
            self._content.append(text)
        elif self._worked:
            self._working.append(text)

    def _end(self, tag: str) -> None:
        match tag.rpartition(" ")[2]:
            case "v":
                self._taken = False
            case "f":
                self._worked = False
                formula = "".join(self._working)
                if _SHOWING.search(formula):
                    self.showing.append((self._row, self._column, formula))
            case "t" if self._taken and self._inline:
                self._runs.append(Run(unescaped("".join(self._content)), *self._font))
                self._taken = False
            case "rPh":
                self._spoken = False
            case "is":
                self._inline = False
                self._content = [run.text for run in self._runs]
            case "c":
                self._close()

    def _close(self) -> None:
        text = "".join(self._content)
        if self._valued.isdecimal():
            self.showing.append((self._row, self._column, f"{VALUED}{self._valued}"))
        if text.strip():
            if self._row > MOST_ROWS:
                self._stop("has more than {count} rows", MOST_ROWS)
            if self._column > MOST_COLUMNS:
                self._stop("has more than {count} columns", MOST_COLUMNS)
            self.cells.append(
                Raw(self._row, self._column, self._kind, self._style, text, tuple(self._runs))
            )
        elif self._formula and self._kind != "str":
            self.hollow.add((self._row, self._column))

    def _stop(self, message: str, count: int) -> None:
        raise CaseError([fault(self.place, message, count=count)])
