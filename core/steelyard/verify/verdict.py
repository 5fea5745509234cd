"""What was found of one claim about a book."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, NamedTuple

from steelyard.errors import Fault, Word

State = Literal["proved", "refuted", "undecided", "excepted", "remarked"]
Family = Literal["alive", "reachable", "whole", "consistent", "fair", "safe", "tailored"]
FAMILIES: tuple[Family, ...] = (
    "alive", "reachable", "whole", "consistent", "fair", "safe", "tailored",
)  # fmt: skip


class Verdict(NamedTuple):
    """A claim about a book, and what was found of it.

    `check` names the claim and `about` what it is about, as exceptions name them: a rule, or
    `limiter:ID`, `consequence:NUMBER`, `grade:ID`; `beside` is what further tells claims of one
    check about one thing apart: the other rule, the fact, the option, the text of a condition.
    `cases` are documents of cases: the
    counter-example of what is refuted (two where one is held against the other). `why` says why
    it is undecided, or for what reason the book excepts it; `seconds` is what it took.
    """

    family: Family
    check: str
    about: str
    claim: Fault
    beside: str
    state: State
    cases: tuple[Mapping[str, Any], ...] = ()
    why: Word = Word()
    seconds: float = 0.0
