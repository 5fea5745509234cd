"""Every number that a word may mean, by the signs between its digits and where it stands."""

from __future__ import annotations

import re
from decimal import Decimal

from steelyard.case.reading.written import Written

_LONGEST = 40
_FIGURE = re.compile(r"[+-]?(?:[0-9]+(?:\.[0-9]+)?|\.[0-9]+)")
_GROUPED = re.compile(r"[+-]?[1-9][0-9]{0,2}(?:,[0-9]{3})+(?:\.[0-9]+)?")
_POWER = re.compile(r"[+-]?[0-9]+(?:\.[0-9]+)?[eE][+-]?[0-9]{1,2}")
# Where programs write a decimal comma they part columns by semicolons or tabs, and thousands by
# dots.
_COMMA = re.compile(r"[+-]?[0-9]*,[0-9]+")
_DOTTED = re.compile(r"[+-]?[1-9][0-9]{0,2}(?:\.[0-9]{3})+(?:,[0-9]+)?")


def figures_in(word: str, written: Written | None) -> list[Decimal]:
    """Return every number that a word may mean in a cell, or in a document where `written` is
    None.

    A spreadsheet writes a capital E for the power of ten where it shortens a figure; a program's
    small one is exact.
    """
    if len(word) > _LONGEST:
        return []
    found: list[str] = []
    if _FIGURE.fullmatch(word) or (_POWER.fullmatch(word) and (written is None or "e" in word)):
        found.append(word)
    if _GROUPED.fullmatch(word):
        found.append(word.replace(",", ""))
    if written is not None and written.separator in {";", "\t"}:
        if _COMMA.fullmatch(word):
            found.append(word.replace(",", "."))
        # A tab says less of where a file comes from: there a dot by itself is a decimal point.
        sole = "," not in word and word.count(".") == 1
        if _DOTTED.fullmatch(word) and not (sole and written.separator == "\t"):
            found.append(word.replace(".", "").replace(",", "."))
    return list(dict.fromkeys(map(Decimal, found)))


def is_power(word: str) -> bool:
    """Whether a word is a figure times a power of ten."""
    return _POWER.fullmatch(word) is not None


def has_comma(word: str) -> bool:
    """Whether a word would be a number if a comma stood before decimals."""
    return _COMMA.fullmatch(word) is not None
