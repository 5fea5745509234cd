"""Texts with their signs made plain, as books and options are read: one width, one drawing."""

from __future__ import annotations

import re
import unicodedata
from decimal import Decimal

_FIGURE = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]{1,9})?")


def folded(text: str) -> str:
    """Return a text with signs of another width or drawing made plain, in form NFKC of Unicode.

    Numerals that are no digits stay as they are (raised, lowered, circled, fractions): beside a
    digit they would become part of its number, as in 9².
    """
    if text.isascii():
        return text
    if not any(map(_no_digit, text)):
        return unicodedata.normalize("NFKC", text)
    kept = "".join(
        sign if _no_digit(sign) else unicodedata.normalize("NFKC", sign) for sign in text
    )
    return unicodedata.normalize("NFC", kept)


def _no_digit(sign: str) -> bool:
    return unicodedata.category(sign) == "No"


def figure_in(text: str) -> Decimal | None:
    """Return the number that a text of the digits 0 to 9 says, in whichever width; None where it
    says none, or is written with other digits or with signs between them.
    """
    plain = folded(text).strip()
    return Decimal(plain) if _FIGURE.fullmatch(plain) else None
