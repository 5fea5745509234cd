"""What a cell shows of its number: a figure of so many decimals, the words beside it, a day, a
time; or another figure than it holds. And what it shows of a text.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from decimal import ROUND_HALF_UP, Context, Decimal
from typing import NamedTuple

from steelyard.case.formats.number_formats import Kind, NumberFormat, Piece, Section
from steelyard.case.reading.measured import moved, plainly

_WIDTH = 10
_WIDE = Context(prec=700, rounding=ROUND_HALF_UP)
_FIGURE = frozenset({"digit", "point", "comma", "power", "stroke", "general", "text"})
_SCALED = re.compile(r"(?<=[0-9#?]),+(?=\.|$)")
_GROUPED = re.compile(r"[0#?],+[0#?]")
# Words beside a figure with which it would be another: 5 with "00" behind it is no 500.
_RUNS_ON = re.compile(r"[\d.,．，]|[eE][+-]?\d")
_RUNS_INTO = re.compile(r"[\d.,．，]$")
_MINUS = re.compile("[-\u2212\u2013]")


class Shown(NamedTuple):
    """What a format shows of a number: the words `before` and `behind` its figure, and the `whole`;
    `same` says that the figure is that which the cell holds, but for its last decimals.

    `places` are the decimals of the figure, None where it has no fixed number of them; `percent`
    says that it is a hundredfold of the number, with a `%`.
    """

    kind: Kind
    places: int | None = None
    percent: bool = False
    before: str = ""
    behind: str = ""
    whole: str = ""
    same: bool = True


def shown_of(form: NumberFormat, figure: Decimal) -> Shown:
    """Return what a format shows of a number; of a day or a time its kind alone."""
    section, own = form.section_of(figure)
    pieces = section.pieces
    if section.kind not in {"general", "number", "words"}:
        return Shown(section.kind)
    at = [number for number, piece in enumerate(pieces) if piece.sort in _FIGURE]
    first, last = (at[0], at[-1] + 1) if at else (len(pieces), len(pieces))
    before, behind = _words(pieces[:first]), _words(pieces[last:])
    inner = _inner(section, pieces[first:last], figure)
    whole = f"{_sign(figure, own=own)}{_all(pieces[:first])}{inner}{_all(pieces[last:])}".strip()
    same = _is_held(pieces[first:last])
    if not re.search("[0-9]", inner):
        if figure or len(_MINUS.findall(before + behind)) != 1:
            return Shown("words", whole=whole, same=False)
        # In accounts a stroke by itself is nought.
        before, behind = (one.strip() for one in _MINUS.split(f"{before}{behind}"))
    elif own:
        bare = _without_minus(before, behind)
        # In accounts red by itself is a minus.
        same = same and (bare is not None or section.coloured)
        before, behind = bare or (before, behind)
    else:
        same = same and not before.endswith(("-", "\u2212", "\u2013"))
    same = same and not _RUNS_INTO.search(before) and not _RUNS_ON.match(behind)
    percent = section.has("percent")
    return Shown(section.kind, _places(section, figure), percent, before, behind, whole, same)


def text_in(form: NumberFormat, text: str) -> tuple[str, bool]:
    """Return what a format shows of a text, and whether the text itself is in it."""
    if form.text is None:
        return text, True
    itself = form.text.has("text") or form.text.has("general")
    signs = (
        text if one.sort in {"text", "general"} else one.sign if one.sort == "word" else ""
        for one in form.text.pieces
    )
    return "".join(signs).strip(), itself


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


def _words(pieces: Iterable[Piece]) -> str:
    return "".join(piece.sign for piece in pieces if piece.sort == "word").strip()


def _all(pieces: Iterable[Piece]) -> str:
    return "".join(piece.sign for piece in pieces)


def _sign(figure: Decimal, *, own: bool) -> str:
    return "-" if figure < 0 and not own else ""


def _without_minus(before: str, behind: str) -> tuple[str, str] | None:
    """Return the words beside a figure below zero without what says that it is: a minus, or
    brackets; None where nothing does.
    """
    if before.startswith("(") and behind.endswith(")"):
        return before[1:].strip(), behind[:-1].strip()
    if before.endswith("(") and behind.startswith(")"):
        return before[:-1].strip(), behind[1:].strip()
    bare = _MINUS.sub("", before, count=1)
    return (bare.strip(), behind) if bare != before else None


def _is_held(pieces: Sequence[Piece]) -> bool:
    """Whether the pieces of a figure show the number itself: not so many thousands of it, nor with
    other signs among its digits.
    """
    foreign = any(piece.sort == "word" and piece.sign.strip() for piece in pieces)
    return not foreign and not _thousands(pieces)


def _thousands(pieces: Iterable[Piece]) -> int:
    """Return by how many thousands a figure is parted before it is shown."""
    signs = "".join(piece.sign for piece in pieces if piece.sort in {"digit", "point", "comma"})
    return sum(map(len, _SCALED.findall(signs)))


def _places(section: Section, figure: Decimal) -> int | None:
    if section.kind == "general":
        return general_places(figure)
    if section.has("power") or section.has("stroke"):
        return None
    hundreds = sum(piece.sort == "percent" for piece in section.pieces)
    return _decimals(section.pieces) + 2 * hundreds


def _decimals(pieces: Iterable[Piece]) -> int:
    signs = "".join(piece.sign for piece in pieces if piece.sort in {"digit", "point"})
    return len(signs.partition(".")[2])


def _inner(section: Section, pieces: Sequence[Piece], figure: Decimal) -> str:
    """Return what the pieces from the first digit to the last show of a number, without its sign.

    A fraction is given as a decimal.
    """
    if section.kind == "words":
        return ""
    size = figure.copy_abs()
    if section.kind == "general" or section.has("stroke"):
        return plainly(size)
    if section.has("power"):
        mantissa = pieces[: next(at for at, one in enumerate(pieces) if one.sort == "power")]
        number, _, power = f"{size:.{_decimals(mantissa)}E}".partition("E")
        return f"{number}E{int(power):+03d}"
    hundreds = sum(piece.sort == "percent" for piece in section.pieces)
    size = moved(size, 2 * hundreds - 3 * _thousands(pieces))
    places = _decimals(pieces)
    digits = f"{_WIDE.quantize(size, Decimal(1).scaleb(-places)):f}"
    whole, _, decimals = digits.partition(".")
    point = next((at for at, one in enumerate(pieces) if one.sort == "point"), len(pieces))
    return _front(pieces[:point], whole) + _rear(pieces[point:], decimals)


def _front(pieces: Sequence[Piece], whole: str) -> str:
    """Return the digits before the point in their places, the first of which takes all the rest."""
    left = list(whole.lstrip("0"))
    signs = "".join(piece.sign for piece in pieces if piece.sort in {"digit", "comma"})
    grouped = _GROUPED.search(signs) is not None
    room = sum(piece.sort == "digit" for piece in pieces)
    shown: list[str] = []
    count = 0
    for piece in reversed(pieces):
        if piece.sort != "digit":
            shown.append("" if piece.sort == "comma" else piece.sign)
            continue
        room -= 1
        empty = {"0": "0", "?": " "}.get(piece.sign, "")
        taken = [*reversed(left)] if not room and left else [left.pop() if left else empty]
        for digit in taken:
            if grouped and count and count % 3 == 0 and digit.strip():
                shown.append(",")
            shown.append(digit)
            count += 1
    return "".join(reversed(shown))


def _rear(pieces: Sequence[Piece], decimals: str) -> str:
    """Return the point and the digits behind it, without those noughts that a format leaves out."""
    shown: list[str] = []
    count = 0
    for piece in pieces:
        if piece.sort == "digit":
            idle = not decimals[count:].strip("0")
            kept = decimals[count : count + 1]
            shown.append(kept if piece.sign == "0" or not idle else "")
            count += 1
        elif piece.sort != "comma":
            shown.append(piece.sign)
    return "".join(shown)
