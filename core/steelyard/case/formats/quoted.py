"""Texts in CSV that a spreadsheet must not take for anything else: ids with zeros in front or of
eighteen digits, codes such as 12E3 and 3-1.
"""

from __future__ import annotations

import re

from steelyard.errors import Fault, fault

# A spreadsheet makes nothing of a word that begins and ends with a letter other than these; of a
# first sign out of the last group it makes a formula.
_TURNED = re.compile(
    r"""
    \s* [+-]? [0-9.,]* [0-9] [.]? (?: e [+-]? [0-9]+ )? \s* %? \s*   # 0012, 1.10, 12E3, 5%
    | [0-9]{1,4} \s* [-/.:] .*                                     # 3-1, 2026-11, 1/2, 10:30
    | [0-9]{1,4} \s* (?: 年 | 月 ) .*
    | (?: jan|feb|mar|apr|may|june?|july?|aug|sept?|oct|nov|dec ) [a-z]* [ -]? [0-9]+ .*
    | true | false
    | [=+@-] .*
    """,
    re.VERBOSE | re.IGNORECASE | re.DOTALL,
)
_QUOTED = re.compile(r'="((?:[^"]|"")*)"')
# What programs write for a value that they do not have, and spreadsheets for one that they cannot
# work out: it need not mean that there is none.
MISSING = frozenset({
    "None", "null", "NULL", "NaN", "nan", "NAN", "NaT", "<NA>", "nil", "\\N", "#N/A", "#N/A N/A",
    "#NULL!", "#DIV/0!", "#VALUE!", "#REF!", "#NAME?", "#NUM!", "#SPILL!", "#CALC!",
})  # fmt: skip
_SMALL = re.compile("0|[1-9][0-9]{0,10}")


def turned(text: str) -> bool:
    """Whether a spreadsheet may make a number, a day or a formula of a text that is typed."""
    return _TURNED.fullmatch(text) is not None


def as_text(text: str) -> str:
    """Return a text as it stands in CSV, so that a spreadsheet keeps it as it is."""
    harmless = _SMALL.fullmatch(text) or not turned(text)
    return text if harmless else '="' + text.replace('"', '""') + '"'


def meant(cell: str) -> str:
    """Return the text that a cell of CSV means: `="0012"` is 0012."""
    word = cell.strip()
    found = _QUOTED.fullmatch(word)
    return word if found is None else found[1].replace('""', '"').strip()


def for_want(place: str, word: str) -> Fault:
    """Return why one of the words MISSING is no value."""
    return fault(
        place,
        "`{text}` is what a program writes for want of a value: leave the cell empty where it is "
        "not known, or write none (无) where there is none",
        text=word,
    )
