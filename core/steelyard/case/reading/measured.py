"""A figure that is typed with what it counts: 500平方米, ¥300, 95%."""

from __future__ import annotations

import re
from collections.abc import Sequence
from decimal import Decimal

from steelyard.book.measured_in import MeasuredIn, called, folded
from steelyard.errors import Fault, fault
from steelyard.expression.types import Number, units_of

SIGN = "%"
_UNIT_SIGNS = "%‰¥$€£°㎡㎥㎏㎞㎝"
_MEASURED = re.compile(
    rf"(?P<before>(?:[^\W\d_]|[{_UNIT_SIGNS}])[^0-9+\-.,/:=]*)?"
    r"(?P<figure>[+-]?(?:[0-9][0-9,]*)?\.?[0-9]+(?:[eE][+-]?[0-9]{1,2}(?![0-9]))?)\s*"
    rf"(?P<behind>(?:[^\W\d_]|[{_UNIT_SIGNS}]).*)?"
)


def parted(word: str, counts: MeasuredIn | None) -> tuple[str, tuple[str, ...]]:
    """Return the figure of a word and the units that stand beside it.

    Where a book does not say what a figure counts, only a `%` behind it is looked at.
    """
    if counts is None:
        share = word.endswith(SIGN)
        return (word[:-1].strip(), (SIGN,)) if share else (word, ())
    found = _MEASURED.fullmatch(word)
    if found is None:
        return word, ()
    beside = (found["before"], found["behind"])
    return found["figure"], tuple(one.strip() for one in beside if one)


def shift(
    text: str, figure: Decimal, beside: Sequence[str], kind: Number, counts: MeasuredIn | None
) -> int | Fault:
    """Return by how many places a figure moves to be what its book counts: 0, or -2 for a share
    that is typed in percent; or the fault for which that cannot be said.
    """
    if counts is not None:
        foreign = [word for word in beside if folded(word) not in counts.typed]
        return _of_another(text, foreign[0], counts) if foreign else 0
    if not beside:
        return 0
    share, whole = moved(figure, -2), 10**kind.scale
    if (
        not figure
        or (kind.low >= 0 and kind.high <= whole)
        or not _fits(figure, kind)
        and _fits(share, kind)
    ):
        return -2
    return fault(
        "",
        "`{text}` may mean {one} or {other} here: write the figure that is meant, without %",
        text=text,
        one=plainly(share),
        other=plainly(figure),
    )


def moved(figure: Decimal, places: int) -> Decimal:
    """Return a figure times a power of ten, exactly: decimal arithmetic rounds to 28 digits."""
    sign, digits, exponent = figure.as_tuple()
    return Decimal((sign, digits, int(exponent) + places))


def plainly(figure: Decimal) -> str:
    """Return a figure without a power of ten and without idle noughts."""
    text = f"{figure:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def _of_another(text: str, word: str, counts: MeasuredIn) -> Fault:
    other = called(word)
    if other is None:
        return fault(
            "",
            "`{text}` has `{word}` beside the figure, which is measured in {unit}",
            text=text,
            word=word,
            unit=counts.both,
        )
    return fault(
        "",
        "`{text}` is in {other}, and the figure that is wanted in {unit}",
        text=text,
        other=other.both,
        unit=counts.both,
    )


def _fits(figure: Decimal, kind: Number) -> bool:
    units = units_of(figure, kind.scale)
    return units is not None and kind.low <= units <= kind.high
