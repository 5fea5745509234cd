"""What a cell shows of its number, by the format that a spreadsheet keeps beside it: a figure of so
many decimals, a day, a month, a time.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal
from types import MappingProxyType
from typing import Literal, NamedTuple

GENERAL = "General"

_CODES = {
    1: "0", 2: "0.00", 3: "#,##0", 4: "#,##0.00", 9: "0%", 10: "0.00%", 11: "0.00E+00",
    12: "# ?/?", 13: "# ??/??", 14: "yyyy/m/d", 15: "d-mmm-yy", 16: "d-mmm", 17: "mmm-yy",
    18: "h:mm AM/PM", 19: "h:mm:ss AM/PM", 20: "h:mm", 21: "h:mm:ss", 22: "yyyy/m/d h:mm",
    45: "mm:ss", 46: "[h]:mm:ss", 47: "mm:ss.0", 48: "##0.0E+0",
}  # fmt: skip
_AMOUNTS = {5: "0", 6: "0", 7: "0.00", 8: "0.00", 37: "0", 38: "0", 39: "0.00", 40: "0.00",
            41: "0", 42: "0", 43: "0.00", 44: "0.00"}  # fmt: skip
# East Asian and Thai programs number formats of their own without writing their codes (ISO/IEC
# 29500-1, 18.8.30). Where the languages differ, the day or time that the number holds decides.
_MONTH, _DAY, _MOMENT, _TIME = "yyyy/m", "yyyy/m/d", "yyyy/m/d h:mm", "h:mm"
_ASIAN = {
    **dict.fromkeys((27, 36, 50, 57), _MONTH),
    **dict.fromkeys((28, 29, 30, 31, 51, 54, 58), _DAY),
    **dict.fromkeys((32, 33), _TIME),
    **dict.fromkeys((34, 35, 52, 53, 55, 56, *range(71, 82)), _MOMENT),
    59: "0", 60: "0.00", 61: "#,##0", 62: "#,##0.00", 67: "0%", 68: "0.00%", 69: "# ?/?",
    70: "# ??/??",
}  # fmt: skip
BUILT_IN: Mapping[int, str] = MappingProxyType({**_CODES, **_AMOUNTS, **_ASIAN})
"""The codes of the formats that a workbook names by a number alone."""

_TOKEN = re.compile(
    r'"[^"]*"?|\\.|_.|\*.|\[[^\]]*\]|am/pm|a/p|上午/下午|general|g/通用格式|e[+-]|.',
    re.IGNORECASE | re.DOTALL,
)
_ELAPSED = re.compile(r"\[(?:h+|m+|s+)\]", re.IGNORECASE)
_HALF_DAYS = frozenset({"am/pm", "a/p", "上午/下午"})
_WIDTH = 10


class Shown(NamedTuple):
    """What a format shows: `places` are the decimals of a figure, None where it has no fixed number
    of them; `percent` that it shows the figure a hundredfold.
    """

    kind: Literal["general", "number", "year", "month", "day", "moment", "time"]
    places: int | None = None
    percent: bool = False


def shown_by(code: str, *, negative: bool = False) -> Shown:
    """Return what a format code shows of a number of a sign; words in quotes, colours, languages
    and conditions are looked past.
    """
    sections = _sections(code)
    tokens = sections[1] if negative and len(sections) > 1 else sections[0]
    words = [token.lower() for token in tokens if token[0] not in '"\\_*[']
    letters = {word for word in words if len(word) == 1 and word in "ymdhsegba"}
    timed = bool(letters & {"h", "s"}) or any(
        token.lower() in _HALF_DAYS or _ELAPSED.fullmatch(token) for token in tokens
    )
    year, month = bool(letters & {"y", "e", "g", "b"}), "m" in letters
    day = bool(letters & {"d", "a"})
    if timed:
        return Shown("moment" if year or day else "time")
    if day or (month and not year):
        return Shown("day")
    if year:
        return Shown("month" if month else "year")
    if not words or any(word in {"general", "g/通用格式", "@"} for word in words):
        return Shown("general")
    return Shown("number", _places(words), "%" in words)


def general_places(figure: Decimal) -> int | None:
    """Return the decimals that a cell without a format shows of a figure: it has room for ten
    digits; None where it turns to powers of ten.
    """
    whole = len(str(abs(int(figure))))
    shown = round(figure, max(_WIDTH - whole, 0))
    if figure and not shown:
        return None
    exponent = shown.normalize().as_tuple().exponent
    return max(0, -exponent) if isinstance(exponent, int) else None


def _sections(code: str) -> list[list[str]]:
    sections: list[list[str]] = [[]]
    for piece in _TOKEN.findall(code):
        if piece == ";":
            sections.append([])
        else:
            sections[-1].append(piece)
    return sections


def _places(words: list[str]) -> int | None:
    if any(word in {"e+", "e-", "/"} for word in words):
        return None
    whole, _, decimals = "".join(words).partition(".")
    figure = re.match(r"[0#?]*", decimals)
    last = decimals or whole
    thousands = re.search(r"[0#?](,+)(?![0#?,])", last)
    return (
        (len(figure[0]) if figure else 0)
        + 2 * words.count("%")
        - (3 * len(thousands[1]) if thousands else 0)
    )
