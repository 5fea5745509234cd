"""Shares as people write them: 0.6 and 60 % are the same; 60 alone is doubtful."""

from __future__ import annotations

import re
from decimal import Decimal

from steelyard.errors import Fault, Plural, fault
from steelyard.expression.types import units_of
from steelyard.folding import folded

_SHARE = re.compile(r"0*([0-9]{0,9}(?:\.[0-9]{1,12})?)\s*(%?)")
_HUNDRED = 100
PLACES = 6
"""Places of a share that is a weight or a threshold."""


def share_in(text: str, places: int, place: str) -> Decimal | Fault:
    """Return the share from 0 to 1 that a text means, written as such or in per cent, exactly; a
    fault at the place where it means none of at most so many places, or may mean two.
    """
    found = _SHARE.fullmatch(folded(text).strip())
    if found is None or not any(sign.isdigit() for sign in text):
        return _none(text, places, place)
    number = Decimal(found[1] or "0")
    share = number.scaleb(-2) if found[2] else number
    if not found[2] and 1 < number <= _HUNDRED:
        part = f"{number.scaleb(-2).normalize():f}"
        message = (
            "`{text}` may be {text}%, which is {share}, or {text} times the whole: write `{text}%` "
            "or `{share}`"
        )
        return fault(place, message, text=text.strip(), share=part)
    if not 0 <= share <= 1 or units_of(share, places) is None:
        return _none(text, places, place)
    return share


def _none(text: str, places: int, place: str) -> Fault:
    message = Plural(
        "`{text}` is not a share from 0 to 1, or from 0% to 100%, of at most {count} decimal",
        "`{text}` is not a share from 0 to 1, or from 0% to 100%, of at most {count} decimals",
    )
    return fault(place, message, text=text, count=places)
