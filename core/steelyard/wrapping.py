"""Lines broken by the width that they take on a screen, where a Chinese character takes two columns
and no word is broken, an id least of all.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

_OPENING = "（《“【"
_PIECE = re.compile(
    rf"\s*(?:[{_OPENING}]*(?:[一-鿿][，。；：、）”》】]*|[^\s一-鿿{_OPENING}]+)|[{_OPENING}]+)"
)


def wide(text: str) -> int:
    """Return the columns that a text takes on a screen."""
    return sum(2 if unicodedata.east_asian_width(sign) in "WF" else 1 for sign in text)


def wrapped(text: str, width: int) -> list[str]:
    """Return a text in lines of at most so many columns, broken at spaces and between Chinese
    characters.
    """
    lines = [""]
    for piece in _PIECE.findall(text):
        if lines[-1] and wide(lines[-1] + piece) > width:
            lines.append(piece.lstrip())
        else:
            lines[-1] += piece if lines[-1] else piece.lstrip()
    return lines


def widths_of(
    columns: Sequence[Sequence[str]], whole: Sequence[bool], room: int
) -> list[int] | None:
    """Return the widths of columns, given by the texts in them, that together take at most so much
    room; None where some word would have to break.

    What stands in a `whole` column is not wrapped. The widest give way first.
    """
    natural = [max((_widest(text) for text in texts), default=0) for texts in columns]
    least = [
        full if kept else max((_longest(text) for text in texts), default=0)
        for texts, full, kept in zip(columns, natural, whole, strict=True)
    ]
    if sum(least) > room:
        return None
    low, high = 0, max(natural, default=0)
    while low < high:
        middle = (low + high + 1) // 2
        if sum(_held(natural, least, middle)) <= room:
            low = middle
        else:
            high = middle - 1
    found = _held(natural, least, low)
    for place, full in enumerate(natural):
        if found[place] < full and sum(found) < room:
            found[place] += 1
    return found


def _held(natural: Sequence[int], least: Sequence[int], most: int) -> list[int]:
    return [max(short, min(full, most)) for full, short in zip(natural, least, strict=True)]


def _widest(text: str) -> int:
    return max(map(wide, text.split("\n")))


def _longest(text: str) -> int:
    return max((wide(piece.strip()) for piece in _PIECE.findall(text)), default=0)
