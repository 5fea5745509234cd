"""Whether one record may count, as a function of its own: the compiled judge asks it where an
expression is left open, and of what surely does not count nothing is read.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import lru_cache
from typing import Any, cast

from steelyard.book.model import RuleBook
from steelyard.expression.python import RUNTIME as EXPRESSIONS
from steelyard.expression.python import Emitter
from steelyard.expression.tree import Name, Node, walk
from steelyard.judging.compiled.names import Facts, Row
from steelyard.judging.compiled.runtime import RUNTIME
from steelyard.judging.compiled.steps import Kept
from steelyard.judging.compiled.writing import Writing, overs_of, unpacked

PARAMETERS = ("flat", "registers", "parameters", "given", "moments", "at", "row")

Counting = Callable[..., bool]


@lru_cache(maxsize=1024)
def counting(book: RuleBook, register: str, where: Node, kind: str) -> Counting:
    """Return whether a record of a register may meet a condition, as a function of PARAMETERS.

    `kind` is the kind of party at which the condition stands, empty for none; `at` then holds the
    party and its flat tuple.
    """
    names: dict[str, Any] = {**EXPRESSIONS, **RUNTIME}
    text = write(book, register, where, kind)
    exec(compile(text, f"<steelyard> {book.key} {register}", "exec"), names)  # noqa: S102  # our own text, as in compile.py
    return cast("Counting", names["may_count"])


def write(book: RuleBook, register: str, where: Node, kind: str) -> str:
    """Return the source of that function."""
    writing = Writing(book, Kept({}, waived=False))
    needed = frozenset(_derived(book, where))
    for name in book.facts:
        if name in needed:
            writing.derived(name)
    writing.loops_for(overs_of(where))
    around: Facts | Row = writing.facts
    add = writing.lines.add
    if kind:
        layout = writing.layouts.kinds[kind]
        around = Row(writing.facts, layout, "k", frozenset({"party"}))
        add(f"party, {unpacked(layout.columns.values(), 'k')} = at")
    add(f"{writing.unpacked(register)} = row")
    sides = Emitter(writing.lines, writing.row(register, around)).sides(where)
    add(f"return bool({sides.may})")
    head = [
        f"def may_count({', '.join(PARAMETERS)}):",
        "    as_of, period_start, period_end = moments",
    ]
    lines = filter(None, [*writing.header.lines, *writing.lines.lines])
    return "\n".join([*head, *writing.facts.unpacking(), *lines, ""])


def _derived(book: RuleBook, node: Node) -> Iterator[str]:
    """Yield the worked-out facts that an expression reads, and those that they read in turn."""
    for part in walk(node):
        if isinstance(part, Name) and part.kind == "fact":
            derived = book.facts[part.name].derived
            if derived is not None:
                yield part.name
                yield from _derived(book, derived)
