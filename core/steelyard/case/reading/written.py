"""How a value stands in the file that it is read from, where that decides what it says."""

from __future__ import annotations

import hashlib
from typing import Literal, NamedTuple

from steelyard.located_yaml import Text

DIGITS = 15
"""So many digits a spreadsheet keeps of a number."""
Separator = Literal["", ",", ";", "\t"]
"""What parts the columns of a file, empty for what has none."""
Was = Literal["", "number", "date", "truth"]


class Written(NamedTuple):
    """How a cell is written.

    `separator` parts the columns of its file, and is empty in a workbook. `was` says what the cell
    holds where that is no text: a number, a date, a truth value. `places` are the decimals that it
    shows of its number, None where it shows no fixed number of them; `percent` says that it shows a
    hundredfold of it, with a `%`. `shown` is what its number format shows, where that is anything
    but the bare number or text. `spoilt` says that its fault is told already.
    """

    separator: Separator = ""
    was: Was = ""
    places: int | None = None
    spoilt: bool = False
    percent: bool = False
    shown: str = ""


class Cell(Text):
    """The text of a cell of a table, with its place and how it is written."""

    __slots__ = ("written",)
    written: Written

    @property
    def was(self) -> Was:
        """What the cell holds where that is no text."""
        return self.written.was


class Embedded(Text):
    """The name that a picture embedded in a workbook is given, with its place and its content."""

    __slots__ = ("content",)
    content: bytes

    @property
    def digest(self) -> str:
        """The SHA-256 of the content, as `files` of a case gives it."""
        return "sha256:" + hashlib.sha256(self.content).hexdigest()


def written_of(text: str) -> Written | None:
    """Return how a text is written in a table; None for what stands in a document."""
    return text.written if isinstance(text, Cell) else None


def spoilt(value: object) -> bool:
    """Whether a cell is at fault already, so that what it should say is not missing."""
    return isinstance(value, Cell) and value.written.spoilt
