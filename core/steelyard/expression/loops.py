"""One pass over a register: every function that looks at it, in one loop.

What is common to functions with the same condition is written once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

from steelyard.expression.functions.function import Aggregate, note_flags
from steelyard.expression.functions.table import CORE, Functions
from steelyard.expression.lines import Lines, Names, Quotient, Ratio, Result, Sides
from steelyard.expression.python import Emitter, bare
from steelyard.expression.tree import Node, Over
from steelyard.expression.types import Number

__all__ = ["Task", "after", "before", "gather", "note_flags", "sides_here"]


@dataclass(slots=True)
class Task:
    """One thing to gather in the loop: lines before it, lines for a record, and what it gives."""

    node: Over
    name: str
    complete: str
    flag: str = ""
    doubtful: bool = False
    functions: Functions = CORE
    _ready: Quotient | None = field(default=None, repr=False)

    @property
    def function(self) -> Aggregate:
        """The function itself."""
        return self.functions.aggregates[self.node.function]

    @property
    def result(self) -> Result:
        """Where the result stands after the loop."""
        flags = (self.flag,) if self.flag else ()
        found = self.function.result(self)
        return (self.quotient(found) if isinstance(found, Ratio) else found), flags

    @property
    def records(self) -> str:
        """The name of the list of the records that count and have a value, where one is kept."""
        return self.function.listed(self)

    def quotient(self, ratio: Ratio) -> Quotient:
        """Return the rate that stands ready after the loop, one and the same whenever asked."""
        if self._ready is None:
            kind = self.node.type
            assert isinstance(kind, Number)  # noqa: S101  # a rate is a number
            self._ready = Quotient(ratio, kind)
        return self._ready


def before(lines: Lines, task: Task) -> None:
    """Write what stands before the loop."""
    task.function.before(lines, task)
    if task.flag:
        lines.add(f"{task.flag} = False")


def after(lines: Lines, task: Task) -> None:
    """Write what stands after the loop."""
    if task.doubtful:
        lines.add(f"if not {task.complete}: {task.flag} = True")
    task.function.after(lines, task)
    found, _ = task.result
    if isinstance(found, Quotient):
        found.stand(lines)


def gather(lines: Lines, names: Names, tasks: Sequence[Task], member: str) -> None:
    """Write the lines of a loop's body for functions over records; a condition that several share
    is written once.

    `member` is the condition that the record at hand surely belongs, or nothing.
    """
    groups: dict[Node | None, list[Task]] = {}
    for task in tasks:
        where = task.node.where
        groups.setdefault(None if where is None else bare(where), []).append(task)
    for where, group in groups.items():
        emitter = Emitter(lines, names, group[0].functions)
        sides = sides_here(emitter, where, member)
        for flag in dict.fromkeys(task.flag for task in group):
            note_flags(lines, emitter.flags, flag)
        counted(lines, sides, [_body(emitter, task) for task in group])


def _body(emitter: Emitter, task: Task) -> Callable[[str], None]:
    return lambda must: task.function.body(emitter, task, must)


def counted(lines: Lines, sides: Sides, bodies: Iterable[Callable[[str], None]]) -> None:
    """Write what is done with a record that may count; each is told when it surely does."""
    inside = sides.may != "True"
    if inside:
        lines.add(f"if {sides.may}:")
        lines.depth += 1
    listed = list(bodies)
    must = "True" if sides.must == sides.may else sides.must
    if len(listed) > 1:
        must = must if must == "True" else lines.atom(must)
    for body in listed:
        body(must)
    lines.depth -= inside


def sides_here(emitter: Emitter, where: Node | None, member: str) -> Sides:
    """Write the condition that a record counts: its own condition, and that it surely belongs."""
    sides = Sides("True", "True") if where is None else emitter.sides(where)
    if not member:
        return sides
    return Sides(f"({member} and {sides.must})" if sides.must != "True" else member, sides.may)
