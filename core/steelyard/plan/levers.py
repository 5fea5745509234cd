"""What a plan may change in a case, and a case as it is after some changes."""

from __future__ import annotations

import copy
from collections.abc import Iterable, Mapping
from fractions import Fraction
from typing import Any, Literal, NamedTuple

Kind = Literal["show", "improve", "complete", "put_right", "record"]
"""Evidence for what is unknown; a known fact improved; a register closed; a record put right;
further records.
"""
NUMBERED = "#"
"""Stands in a text of further records for the number of each."""
Piece = tuple[str, str]
"""A part of a book: ("rule", id), ("limiter", id) or ("grade", id)."""
Value = tuple[tuple[str, str], ...]
"""A value as a case writes it: `value`, or the counts of a survey."""
Key = tuple[str, ...]
"""What a lever moves: ("fact", id), ("register", id), ("field", register, record, field), or
("rows", register, rule) for further records that help a rule.
"""


class Option(NamedTuple):
    """One value that a lever may be moved to, as it is written in a case.

    `effort` is what it takes; `climb` how many of the book's thresholds it passes; `free` whether a
    lesser value may do as well, since no threshold says how far to go. Of further records there are
    `copies`, each of these fields.
    """

    value: Value
    kind: Kind
    effort: Fraction
    climb: int = 1
    free: bool = False
    copies: int = 0


class Lever(NamedTuple):
    """One thing that may change: its options, from the least ambitious up.

    `pieces` are the parts of the book that it moves, where these are not all that read it.
    """

    key: Key
    options: tuple[Option, ...]
    pieces: frozenset[Piece] | None = None


Moves = Mapping[Key, Option]
"""The levers that are moved, each with its option."""


def moved(document: Mapping[str, Any], moves: Moves) -> dict[str, Any]:
    """Return a case's canonical document as it is after some moves."""
    facts = dict(document["facts"])
    records = dict(document["records"])
    touched: dict[str, dict[str, Any]] = {}

    def register(name: str) -> dict[str, Any]:
        if name not in touched:
            said = records.get(name, {"complete": False, "rows": []})
            touched[name] = records[name] = copy.deepcopy(said)
        return touched[name]

    for key, option in moves.items():
        match key:
            case ("fact", name):
                facts[name] = dict(option.value)
            case ("register", name):
                register(name)["complete"] = True
            case ("rows", name, rule):
                for number in range(1, option.copies + 1):
                    row = {
                        field: text.replace(NUMBERED, str(number)) for field, text in option.value
                    }
                    register(name)["rows"].append({"id": f"{rule}-{number}", **row})
            case (_, name, record, field):
                for row in register(name)["rows"]:
                    if row["id"] == record:
                        row[field] = dict(option.value)["value"]
    return {**document, "facts": facts, "records": records}


def effort_of(options: Iterable[Option]) -> Fraction:
    """Return what some changes take together."""
    return sum((one.effort for one in options), Fraction(0))
