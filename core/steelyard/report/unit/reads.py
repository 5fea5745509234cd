"""What a rule reads, as evidence is listed: its facts, the registers that it counts, and the one
whose records its finding names.
"""

from __future__ import annotations

from typing import NamedTuple

from steelyard.book.model import RuleBook
from steelyard.judging.compiled.compile import listing
from steelyard.judging.compiled.undefined import rule_reads


class Reads(NamedTuple):
    """The facts and registers that a rule reads, each once; `listed` is the register whose records
    the finding names, "" where it names none.
    """

    facts: tuple[str, ...]
    registers: tuple[str, ...]
    listed: str


def reads(book: RuleBook, number: int) -> Reads:
    """Return what the rule at a place of the book reads."""
    tree = list(book.rules.values())[number].lowered.points
    found = rule_reads(book, number)
    over = listing(tree)
    listed = "" if over is None else over.register
    columns = (*found.facts, *found.claimed)
    registers = dict.fromkeys(name for name, _, _ in found.registers if name != listed)
    return Reads(
        tuple(dict.fromkeys(column.key.split(".")[0] for column in columns)),
        tuple(registers),
        listed,
    )
