"""A sheet as rows of texts with their places: what a workbook and a CSV file have in common."""

from __future__ import annotations

import datetime
import math
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import NamedTuple

from steelyard.errors import Fault, fault
from steelyard.located_yaml import Converted, Items, Table, Text, Value

Row = tuple[int, Mapping[int, Text]]


class Grid(NamedTuple):
    """The cells of one sheet that hold anything, row by row; `faults` are those of single cells, by
    row.

    `place` names the sheet; every text bears the place of its own cell.
    """

    name: str
    place: str
    rows: Sequence[Row]
    faults: Sequence[tuple[int, Fault]] = ()


def cell_text(value: object, place: str) -> str | Fault:
    """Return a cell's value as text, or the fault for which it cannot be taken.

    A number is given by the shortest decimal that is the same double, plainly written; a day as
    2026-03-01.
    """
    match value:
        case bool():
            return "true" if value else "false"
        case str():
            return value.strip()
        case int():
            return str(value)
        case float():
            return _plain(value, place)
        case datetime.datetime():
            if value.time() != datetime.time():
                return fault(
                    place,
                    "`{value}` has a time of day; a date alone is wanted",
                    value=value.isoformat(" "),
                )
            return value.date().isoformat()
        case datetime.date():
            return value.isoformat()
        case datetime.time() | datetime.timedelta():
            return fault(place, "`{value}` is a time of day, which no value is", value=value)
        case _:
            return fault(place, "`{value}` cannot be read", value=value)


def marked(text: str, place: str) -> Text:
    """Return a text with its place."""
    one = Text(text)
    one.place = place
    return one


def converted(text: str, place: str, was: str) -> Text:
    """Return a text of a cell that held no text but what `was` says, with its place."""
    one = Converted(text)
    one.place, one.was = place, was
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


def _plain(value: float, place: str) -> str | Fault:
    if not math.isfinite(value):
        return fault(place, "`{value}` is not a number that can be read", value=value)
    text = format(Decimal(repr(value)), "f")
    text = text.rstrip("0").rstrip(".") if "." in text else text
    return "0" if text == "-0" else text
