"""The formats that a spreadsheet keeps beside its cells, taken apart: for which numbers a section
of a format counts, and what it shows of one, piece by piece.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from decimal import Decimal
from functools import lru_cache
from operator import eq, ge, gt, le, lt, ne
from types import MappingProxyType
from typing import Literal, NamedTuple

GENERAL = "General"

_CODES = {
    1: "0", 2: "0.00", 3: "#,##0", 4: "#,##0.00", 9: "0%", 10: "0.00%", 11: "0.00E+00",
    12: "# ?/?", 13: "# ??/??", 14: "yyyy/m/d", 15: "d-mmm-yy", 16: "d-mmm", 17: "mmm-yy",
    18: "h:mm AM/PM", 19: "h:mm:ss AM/PM", 20: "h:mm", 21: "h:mm:ss", 22: "yyyy/m/d h:mm",
    45: "mm:ss", 46: "[h]:mm:ss", 47: "mm:ss.0", 48: "##0.0E+0",
}  # fmt: skip
OF_THE_PROGRAM = "¤"
"""What stands for the currency of a format that names none: every program shows its own country's,
¥ in one and $ in another.
"""
_MONEY, _EXACT_MONEY = f"[${OF_THE_PROGRAM}]0", f"[${OF_THE_PROGRAM}]0.00"
_AMOUNTS = {5: _MONEY, 6: _MONEY, 7: _EXACT_MONEY, 8: _EXACT_MONEY, 37: "0", 38: "0", 39: "0.00",
            40: "0.00", 41: "0", 42: _MONEY, 43: "0.00", 44: _EXACT_MONEY}  # fmt: skip
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
_GENERALS = frozenset({"general", "g/通用格式"})
_CONDITION = re.compile(r"\[(<=|>=|<>|<|>|=)\s*([+-]?[0-9]*\.?[0-9]+)\]")
_CURRENCY = re.compile(r"\[\$([^\]-]*)(?:-[^\]]*)?\]")
_OTHER_FIGURES = re.compile(r"\[(?:DBNum|NatNum)[0-9].*\]", re.IGNORECASE)
_MEETS: Mapping[str, Callable[[Decimal, Decimal], bool]] = MappingProxyType(
    {"<": lt, "<=": le, "=": eq, "<>": ne, ">=": ge, ">": gt}
)

Kind = Literal["general", "number", "words", "year", "month", "day", "moment", "time"]
Sort = Literal[
    "word", "tag", "digit", "point", "comma", "percent", "power", "stroke", "general", "text"
]
_SIGNS: Mapping[str, Sort] = MappingProxyType(
    {
        **dict.fromkeys("0#?", "digit"),
        ".": "point",
        ",": "comma",
        "%": "percent",
        "/": "stroke",
        "@": "text",
    }
)


class Piece(NamedTuple):
    """A piece of a format, and its sign: of a `word` what is shown, of a `tag` what is written for
    a number in other figures, 一千 for 1000.
    """

    sort: Sort
    sign: str


class Section(NamedTuple):
    """A section of a format: `words` are shown without any figure; it counts for the numbers that
    meet its `condition`, if it has one; a colour may show that a number is below zero.
    """

    kind: Kind
    pieces: tuple[Piece, ...]
    condition: tuple[str, Decimal] | None = None
    coloured: bool = False

    def has(self, sort: Sort) -> bool:
        """Whether a piece of a sort is in it."""
        return any(piece.sort == sort for piece in self.pieces)

    def meets(self, figure: Decimal) -> bool:
        """Whether a number meets the condition."""
        return self.condition is not None and _MEETS[self.condition[0]](figure, self.condition[1])


_GENERALLY = Section("general", (Piece("general", GENERAL),))


class NumberFormat(NamedTuple):
    """A format: the sections for numbers above, below and at zero, unless they bear conditions;
    and that for texts, None where a text is shown as it is.
    """

    above: Section = _GENERALLY
    below: Section = _GENERALLY
    zero: Section = _GENERALLY
    text: Section | None = None

    def section_of(self, figure: Decimal) -> tuple[Section, bool]:
        """Return the section that shows a number, and whether it is one for numbers below zero,
        which shows their sign itself.
        """
        conditions = [one.condition for one in (self.above, self.below)]
        if not any(conditions):
            one = self.above if figure > 0 else self.below if figure < 0 else self.zero
            return one, figure < 0 and self.below is not self.above
        for one in (self.above, self.below):
            if one.meets(figure):
                return one, False
        return self.zero if all(conditions) else self.below, False


@lru_cache(maxsize=256)
def parsed(code: str) -> NumberFormat:
    """Return the format of a code, of which a last section with an `@` is that for texts."""
    sections = [_section(tokens) for tokens in _sections(code)][:4]
    text = sections[-1] if len(sections) == 4 or sections[-1].has("text") else None
    numbers = sections[:-1] if text is not None else sections
    if not code or not numbers:
        return NumberFormat(text=text)
    above = numbers[0]
    below, zero = (*numbers[1:], *[above] * (3 - len(numbers)))[:2]
    return NumberFormat(above, below, zero, text)


def _sections(code: str) -> list[list[str]]:
    sections: list[list[str]] = [[]]
    for part in _TOKEN.findall(code):
        if part == ";":
            sections.append([])
        else:
            sections[-1].append(part)
    return sections


def _section(tokens: list[str]) -> Section:
    pieces: list[Piece] = []
    condition, coloured = None, False
    for token in tokens:
        found = _CONDITION.fullmatch(token)
        if found is not None:
            condition = found[1], Decimal(found[2])
            continue
        piece = _piece(token, broken=any(one.sort == "stroke" for one in pieces))
        if piece is not None and piece.sign:
            pieces.append(piece)
        coloured = coloured or (piece is None and token.startswith("["))
    return Section(_kind(tokens, pieces), tuple(pieces), condition, coloured)


def _piece(token: str, *, broken: bool) -> Piece | None:
    """Return what a token of a format shows, None where that is room alone or a colour; `broken`
    is the part of a fraction below the stroke.
    """
    low = token.lower()
    if token[0] == '"':
        return Piece("word", token.strip('"'))
    if token[0] == "\\":
        return Piece("word", token[1:])
    if token[0] == "_":
        return None
    if token[0] == "*" and len(token) > 1:
        return Piece("word", token[1:].strip())
    if token[0] == "[":
        money = _CURRENCY.fullmatch(token)
        if money is not None:
            return Piece("word", money[1])
        return Piece("tag", token) if _OTHER_FIGURES.fullmatch(token) else None
    if low in _GENERALS:
        return Piece("general", token)
    if low in {"e+", "e-"}:
        return Piece("power", token)
    if broken and token.isdecimal():
        return Piece("digit", token)
    return Piece(_SIGNS.get(token, "word"), token)


def _kind(tokens: list[str], pieces: list[Piece]) -> Kind:
    words = [token.lower() for token in tokens if token[0] not in '"\\_*[']
    letters = {word for word in words if len(word) == 1 and word in "ymdhsegba"}
    timed = bool(letters & {"h", "s"}) or any(
        token.lower() in _HALF_DAYS or _ELAPSED.fullmatch(token) for token in tokens
    )
    year, month = bool(letters & {"y", "e", "g", "b"}), "m" in letters
    day = bool(letters & {"d", "a"})
    if timed:
        return "moment" if year or day else "time"
    if day or (month and not year):
        return "day"
    if year:
        return "month" if month else "year"
    sorts = {piece.sort for piece in pieces}
    if sorts & {"general", "text"}:
        return "general"
    return "number" if "digit" in sorts else "words"
