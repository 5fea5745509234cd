"""One pass over a register: every count, share, total and demerit that looks at it, in one loop."""

from __future__ import annotations

from typing import NamedTuple, cast

from steelyard.book.model import Demerit, Rule
from steelyard.expression.functions.function import if_there, note_flags, surely
from steelyard.expression.lines import moved
from steelyard.expression.loops import Task, after, before, counted, gather, sides_here
from steelyard.expression.python import Emitter, Lines
from steelyard.expression.tree import Compare, Literal, Logic, Name, Node
from steelyard.expression.types import Boolean, Number, ranged
from steelyard.judging.compiled.names import Row

__all__ = ["Route", "Task", "after", "before", "each_scale", "gather", "lose", "moved", "route"]


class Route(NamedTuple):
    """A field that is never missing, the one value of it that is asked for, and the rest of the
    condition.
    """

    atom: str
    value: str
    rest: Node | None


def route(where: Node | None, names: Row) -> Route | None:
    """Return the case by which a condition can be reached that begins with one value of a field
    never missing.
    """
    items = where.items if isinstance(where, Logic) and where.op == "and" else (where,)
    match items[0]:
        case Compare(
            op="==", left=Name(kind="field", name=name) as left, right=Literal() as right
        ) if names.layout.columns[name].certain:
            rest = _conjunction(items[1:])
            emitter = Emitter(Lines(), names)
            if ranged(left.type) is None:
                return Route(names.word(left), emitter.word(right), rest)
            if getattr(left.type, "scale", 0) == getattr(right.type, "scale", 0):
                return Route(names.span(left).low, emitter.span(right).low, rest)
    return None


def _conjunction(items: tuple[Node | None, ...]) -> Node | None:
    parts = tuple(item for item in items if item is not None)
    return (
        Logic(type=Boolean(), op="and", items=parts)
        if len(parts) > 1
        else parts[0]
        if parts
        else None
    )


def lose(lines: Lines, names: Row, rule: Rule, number: int, decimals: int) -> None:
    """Write the lines of a loop's body for a demerit rule: what is lost, and the records that cost
    it.
    """
    form = cast("Demerit", rule.form)
    emitter = Emitter(lines, names)
    sides = sides_here(emitter, form.where, "")
    flag = f"u{number}"
    note_flags(lines, emitter.flags, flag)

    def add(must: str) -> None:
        emitter.flags = []
        span = emitter.span(form.each)
        note_flags(lines, emitter.flags, flag)
        kind = cast("Number", ranged(form.each.type))
        unit = each_scale(form, decimals)
        low, high = (moved(atom, kind.scale, unit) for atom in span[:2])

        def write() -> None:
            lines.add(f"m{number}.append(record)")
            lines.add(f"d{number}h += {high}")
            sure = surely(must, span)
            lines.add(f"{'' if sure == 'True' else f'if {sure}: '}d{number}l += {low}")

        if_there(lines, span, write)

    counted(lines, sides, [add])


def each_scale(form: Demerit, decimals: int) -> int:
    """Return the scale in which a demerit's losses are counted."""
    return max(cast("Number", ranged(form.each.type)).scale, decimals)
