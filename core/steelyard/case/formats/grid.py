"""A sheet as rows of texts with their places: what a workbook and a CSV file have in common."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import NamedTuple

from steelyard.case.reading.parse_values import plain
from steelyard.case.reading.written import Cell, Written, spoilt
from steelyard.errors import Fault
from steelyard.located_yaml import Items, Table, Text, Value

Row = tuple[int, Mapping[int, Text]]


class Grid(NamedTuple):
    """The cells of one sheet that hold anything, row by row, in rows that show something; `faults`
    are those of single cells, by row; `beside` are the files that links and pictures name, by row,
    each with its column.

    `place` names the sheet; every text bears the place of its own cell.
    """

    name: str
    place: str
    rows: Sequence[Row]
    faults: Sequence[tuple[int, Fault]] = ()
    beside: Mapping[int, Sequence[tuple[int, Text]]] = MappingProxyType({})


def seen(text: Text) -> bool:
    """Whether a cell shows anything, or is at fault; signs that nobody sees alone do not."""
    return bool(text and (text.isascii() or plain(text))) or spoilt(text)


def marked(text: str, place: str) -> Text:
    """Return a text with its place."""
    one = Text(text)
    one.place = place
    return one


def cell(text: str, place: str, written: Written) -> Cell:
    """Return the text of a cell with its place and how it is written."""
    one = Cell(text)
    one.place, one.written = place, written
    return one


def table(
    place: str, entries: Mapping[str, Value], keys_at: Mapping[str, str] | None = None
) -> Table:
    """Return a mapping with its place; a key stands where its value stands unless `keys_at` says
    otherwise.
    """
    one = Table(entries)
    one.place, one.size = place, len(one)
    own = {key: str(getattr(value, "place", place)) for key, value in entries.items()}
    one.keys_at = {**own, **(keys_at or {})}
    return one


def items(place: str, entries: Sequence[Value]) -> Items:
    """Return a sequence with its place."""
    one = Items(entries)
    one.place, one.size = place, len(one)
    return one
