"""Signs of other languages, and figures as people write them, with the words of the expressions
that are meant.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal
from types import MappingProxyType
from typing import NamedTuple

_MEANT: Mapping[str, str] = MappingProxyType({
    "&&": "and", "&": "and", "||": "or", "|": "or", "!": "not", "¬": "not", "===": "==",
    "!==": "!=", "=": "==", ":=": "==", "<>": "!=", "><": "!=", "=>": ">=", "=<": "<=",
    "≥": ">=", "≧": ">=", "≤": "<=", "≦": "<=", "≠": "!=", "×": "*", "÷": "/", "−": "-",
    "–": "-", "—": "-", ":": ",", ";": ",", "、": ",", "“": "'", "”": "'",
    "‘": "'", "’": "'", "「": "'", "」": "'", "{": "(", "}": ")", "【": "[", "】": "]", "。": ".",
})  # fmt: skip
"""What is meant by a sign that expressions do not have."""
_WORDS: Mapping[str, str] = MappingProxyType({
    "且": "and", "并且": "and", "和": "and", "与": "and", "或": "or", "或者": "or", "非": "not",
    "不是": "not", "AND": "and", "OR": "or", "NOT": "not", "And": "and", "Or": "or", "Not": "not",
})  # fmt: skip
_SIGNS = "|".join(map(re.escape, sorted(_MEANT, key=len, reverse=True)))
# What the expressions have themselves is looked past.
_FOREIGN = re.compile(rf"(?!(?:==|!=|<=|>=)(?!=))(?:{_SIGNS})")
_PERCENT = re.compile(r"([0-9]{1,12}(?:\.[0-9]{1,12})?)\s*%")
_POINT = re.compile(r"\.[0-9]{1,20}")


class Meant(NamedTuple):
    """What was written and what is probably meant."""

    written: str
    meant: str


def foreign(text: str, at: int) -> Meant | None:
    """Return the foreign sign or figure that stands at a place of a text, None where there is
    none.
    """
    share = _PERCENT.match(text, at)
    if share is not None:
        return Meant(share[0], f"{Decimal(share[1]).scaleb(-2).normalize():f}")
    sign = _FOREIGN.match(text, at)
    if sign is not None:
        return Meant(sign[0], _MEANT[sign[0]])
    point = _POINT.match(text, at)
    return Meant(point[0], f"0{point[0]}") if point is not None else None


def meant_by(word: str) -> str:
    """Return the word of the expressions that is meant by one of another language, empty where
    there is none.
    """
    return _WORDS.get(word, "")
