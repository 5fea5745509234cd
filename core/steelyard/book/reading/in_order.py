"""In what order things that read each other can be worked out, and where they go round in a
circle.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping

WORD = re.compile(r"[^\W\d]\w*")
"""A name, or a word of an expression."""


def mentioned(text: str) -> list[str]:
    """Return the names and words of an expression."""
    return WORD.findall(unicodedata.normalize("NFKC", text))


def ordered(reads: Mapping[str, Iterable[str]]) -> tuple[list[str], list[str]]:
    """Return names so that each comes after those that it reads, and the circle where they go round
    in one.
    """
    order: list[str] = []
    open_: list[str] = []

    def visit(name: str) -> list[str]:
        if name in order:
            return []
        if name in open_ or len(open_) > 100:
            return [*open_[open_.index(name) if name in open_ else 0 :], name]
        open_.append(name)
        for word in reads[name]:
            loop = visit(word) if word in reads else []
            if loop:
                return loop
        open_.pop()
        order.append(name)
        return []

    return order, next((loop for name in reads if (loop := visit(name))), [])
