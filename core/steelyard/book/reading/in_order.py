"""In what order things that read each other can be worked out, and where they go round in a
circle.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from steelyard.errors import Fault, fault
from steelyard.folding import folded

LONGEST = 100
"""How many values may be worked out one from another: each is a step into which programs go."""
WORD = re.compile(r"[^\W\d]\w*")
"""A name, or a word of an expression."""


def mentioned(text: str) -> list[str]:
    """Return the names and words of an expression."""
    return WORD.findall(folded(text))


def ordered(reads: Mapping[str, Iterable[str]]) -> tuple[list[str], list[str]]:
    """Return names so that each comes after those that it reads, and the circle where they go round
    in one, or a line of them that is longer than `LONGEST`.
    """
    # The order is that in which they were put here.
    steps: dict[str, int] = {}
    open_: list[str] = []

    def visit(name: str) -> list[str]:
        if name in open_:
            return [*open_[open_.index(name) :], name]
        open_.append(name)
        below = 0
        for word in reads[name]:
            if word in reads and word not in steps:
                loop = visit(word) if len(open_) <= LONGEST else list(open_)
                if loop:
                    return loop
            below = max(below, steps.get(word, 0))
        if below > LONGEST:
            return [name]
        open_.pop()
        steps[name] = below + 1
        return []

    found = next((loop for name in reads if name not in steps and (loop := visit(name))), [])
    return list(steps), found


def told(place: str, found: list[str], circle: str) -> Fault:
    """Return the fault of what `ordered` found; `circle` is the message for a circle."""
    if len(found) > 1 and found[0] == found[-1]:
        return fault(place, circle, loop=" → ".join(found))
    message = "stands on a chain of worked-out values longer than {most}"
    return fault(place, message, most=LONGEST)
