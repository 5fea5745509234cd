"""One pass over a register: every count, share, total and demerit that looks at it, in one loop."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple, cast

from steelyard.expression.python import Emitter, Lines, Sides, Span
from steelyard.expression.reference import domain
from steelyard.expression.tree import Compare, Literal, Logic, Name, Node, Over
from steelyard.expression.types import MOST, Boolean, Number, ranged
from steelyard.judging.compiled.names import Result, Row


@dataclass(slots=True)
class Task:
    """One thing to gather in the loop: lines before it, lines for a record, and what it gives."""

    node: Over
    name: str
    complete: str
    flag: str = ""
    doubtful: bool = False

    @property
    def records(self) -> str:
        """The name of the list of records that count and have a value."""
        return f"{self.name}r"

    @property
    def result(self) -> Result:
        """Where the result stands after the loop."""
        flags = (self.flag,) if self.flag else ()
        if self.node.function in {"any", "every"}:
            return Sides(f"{self.name}m", f"{self.name}y"), flags
        return Span(f"{self.name}l", f"{self.name}h"), flags


def sides_here(emitter: Emitter, where: Node | None, member: str) -> Sides:
    """Write the condition that a record counts: its own condition, and that it surely belongs."""
    sides = Sides("True", "True") if where is None else emitter.sides(where)
    if not member:
        return sides
    return Sides(f"({member} and {sides.must})" if sides.must != "True" else member, sides.may)


def gather(lines: Lines, names: Row, tasks: list[Task], member: str) -> None:
    """Write the lines of a loop's body for functions over records."""
    for task in tasks:
        emitter = Emitter(lines, names)
        sides = sides_here(emitter, task.node.where, member)
        note_flags(lines, emitter, task.flag)
        emitter.flags = []
        _BODIES[task.node.function](lines, emitter, task, sides)


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


def note_flags(lines: Lines, emitter: Emitter, flag: str) -> None:
    """Write that something was undefined at this record."""
    if emitter.flags and flag:
        lines.add(f"if {' or '.join(dict.fromkeys(emitter.flags))}: {flag} = True")


def _split(
    lines: Lines, sides: Sides, sure: Callable[[], None], perhaps: Callable[[], None]
) -> None:
    """Write what happens for records that surely count and for those that only may."""
    if sides.must == sides.may:
        if sides.may != "True":
            lines.add(f"if {sides.may}:")
            lines.depth += 1
        sure()
        lines.depth -= sides.may != "True"
        return
    if sides.may != "True":
        lines.add(f"if {sides.may}:")
        lines.depth += 1
    lines.add(f"if {sides.must}:")
    lines.depth += 1
    sure()
    lines.depth -= 1
    lines.add("else:")
    lines.depth += 1
    perhaps()
    lines.depth -= 1
    lines.depth -= sides.may != "True"


def _count(lines: Lines, _emitter: Emitter, task: Task, sides: Sides) -> None:
    n = task.name
    _split(
        lines, sides, lambda: lines.add(f"{n}l += 1; {n}h += 1"), lambda: lines.add(f"{n}h += 1")
    )


def _any(lines: Lines, _emitter: Emitter, task: Task, sides: Sides) -> None:
    n = task.name
    _split(
        lines, sides, lambda: lines.add(f"{n}m = {n}y = True"), lambda: lines.add(f"{n}y = True")
    )


def _inside(lines: Lines, sides: Sides, write: Callable[[], None]) -> None:
    """Write lines for records that may count."""
    if sides.may != "True":
        lines.add(f"if {sides.may}:")
        lines.depth += 1
    write()
    lines.depth -= sides.may != "True"


def _every(lines: Lines, emitter: Emitter, task: Task, sides: Sides) -> None:
    n = task.name

    def write() -> None:
        has = emitter.sides(cast("Node", task.node.value))
        note_flags(lines, emitter, task.flag)
        lines.add(f"if not {has.must}:")
        lines.add(f"    {n}m = False")
        lines.add(f"    if {sides.must} and not {has.may}: {n}y = False")

    _inside(lines, sides, write)


def _share(lines: Lines, emitter: Emitter, task: Task, sides: Sides) -> None:
    n = task.name

    def write() -> None:
        has = emitter.sides(cast("Node", task.node.value))
        note_flags(lines, emitter, task.flag)
        lines.add(f"if {sides.must}:")
        lines.add(f"    if {has.must}: {n}a += 1")
        lines.add(f"    elif {has.may}: {n}b += 1")
        lines.add(f"    else: {n}d += 1")
        if sides.must != sides.may:
            lines.add(f"elif {has.must}: {n}e += 1")
            lines.add(f"elif {has.may}: {n}g += 1")
            lines.add(f"else: {n}i += 1")

    _inside(lines, sides, write)


def _there(lines: Lines, span: Span, write: Callable[[], None]) -> None:
    """Write lines for a value that is not surely none."""
    if span.none:
        lines.add(f"if {span.low} is not None:")
        lines.depth += 1
    write()
    lines.depth -= bool(span.none)


def _surely(sides: Sides, span: Span) -> Sides:
    return (
        Sides(f"({sides.must} and not {span.none})", "True")
        if span.none
        else Sides(sides.must, sides.may)
    )


def _total(lines: Lines, emitter: Emitter, task: Task, sides: Sides) -> None:
    n = task.name
    kind = cast("Number", ranged(cast("Node", task.node.value).type))

    def add() -> None:
        span = emitter.span(cast("Node", task.node.value))
        note_flags(lines, emitter, task.flag)

        if task.node.listed:
            guard = f"if {span.low} is not None: " if span.none else ""
            lines.add(f"{guard}{task.records}.append(record)")

        def perhaps() -> None:
            if kind.low < 0:
                lines.add(f"if {span.low} < 0: {n}l += {span.low}")
            lines.add(f"if {span.high} > 0: {n}h += {span.high}")

        def write() -> None:
            inner = _surely(sides, span)
            same = inner.must == inner.may
            _split(
                lines,
                Sides("True", "True") if same else Sides(inner.must, "True"),
                lambda: lines.add(f"{n}l += {span.low}; {n}h += {span.high}"),
                perhaps,
            )

        _there(lines, span, write)

    _inside(lines, sides, add)


def _extreme(lines: Lines, emitter: Emitter, task: Task, sides: Sides) -> None:
    n, highest = task.name, task.node.function == "highest"
    sign = ">" if highest else "<"

    def add() -> None:
        span = emitter.span(cast("Node", task.node.value))
        note_flags(lines, emitter, task.flag)
        # The far end moves with any record that may count, the near end only with those that must.
        far, near = ("h", "l") if highest else ("l", "h")
        outer, inner = (span.high, span.low) if highest else (span.low, span.high)

        def write() -> None:
            must = _surely(sides, span)
            lines.add(f"if {n}{far} is None or {outer} {sign} {n}{far}: {n}{far} = {outer}")
            better = f"({n}{near} is None or {inner} {sign} {n}{near})"
            lines.add(f"if {must.must} and {better}: {n}{near} = {inner}")

        _there(lines, span, write)

    _inside(lines, sides, add)


def _distinct(lines: Lines, emitter: Emitter, task: Task, sides: Sides) -> None:
    n, node = task.name, cast("Node", task.node.value)

    def add() -> None:
        if ranged(node.type) is None:
            word = emitter.word(node)
            lines.add(f"if {word} is UNKNOWN:")
            lines.add(f"    {n}u += 1")
            if not node.nullable:
                lines.add(f"    if {sides.must}: {n}s = True")
            lines.add(f"elif {word} is not None:")
            lines.add(f"    if {sides.must}: {n}k.add({word}); {n}s = True")
            lines.add(f"    else: {n}t.add({word})")
            return
        span = emitter.span(node)
        note_flags(lines, emitter, task.flag)
        none = f" and not {span.none}" if span.none else ""

        def write() -> None:
            lines.add(f"if {span.low} == {span.high}{none}:")
            lines.add(f"    if {sides.must}: {n}k.add({span.low})")
            lines.add(f"    else: {n}t.add({span.low})")
            lines.add(f"else: {n}u += 1")
            lines.add(f"if {sides.must}{none}: {n}s = True")

        _there(lines, span, write)

    _inside(lines, sides, add)


_BODIES: dict[str, Callable[[Lines, Emitter, Task, Sides], None]] = {
    "count": _count,
    "any": _any,
    "every": _every,
    "share": _share,
    "total": _total,
    "highest": _extreme,
    "lowest": _extreme,
    "distinct": _distinct,
}


def before(lines: Lines, task: Task) -> None:
    """Write what stands before the loop."""
    n = task.name
    match task.node.function:
        case "count" | "total":
            lines.add(f"{n}l = {n}h = 0")
            if task.node.listed:
                lines.add(f"{task.records} = []")
        case "any":
            lines.add(f"{n}m = {n}y = False")
        case "every":
            lines.add(f"{n}m = {n}y = True")
        case "share":
            lines.add(f"{n}a = {n}b = {n}d = {n}e = {n}g = {n}i = 0")
        case "highest" | "lowest":
            lines.add(f"{n}l = {n}h = None")
        case "distinct":
            lines.add(f"{n}k = set(); {n}t = set(); {n}u = 0; {n}s = False")
    if task.flag:
        lines.add(f"{task.flag} = False")


def after(lines: Lines, task: Task) -> None:
    """Write what stands after the loop."""
    n, node, closed = task.name, task.node, task.complete
    if task.doubtful:
        lines.add(f"if not {closed}: {task.flag} = True")
    match node.function:
        case "count":
            lines.add(f"if not {closed}: {n}h = {MOST}")
        case "any":
            lines.add(f"if not {closed}: {n}y = True")
        case "every":
            lines.add(f"if not {closed}: {n}m = False")
        case "share":
            lines.add(f"{n}l, {n}h = share_bounds({n}a, {n}b, {n}d, {n}e, {n}g, {n}i, {closed})")
            lines.add(f"if not {n}a + {n}b + {n}d: {task.flag} = True")
        case "total":
            kind = cast("Number", node.type)
            ends = [f"{n}l = {kind.low}"] if kind.low < 0 else []
            ends += [f"{n}h = {kind.high}"] if kind.high > 0 else []
            if ends:
                lines.add(f"if not {closed}: {'; '.join(ends)}")
        case "highest" | "lowest":
            whole = ranged(node.type)
            near, far = ("l", "h") if node.function == "highest" else ("h", "l")
            edge = (whole.high if far == "h" else whole.low) if whole is not None else 0
            low, high = (whole.low, whole.high) if whole is not None else (0, 0)
            lines.add(f"if {n}{near} is None: {n}l, {n}h, {task.flag} = {low}, {high}, True")
            lines.add(f"elif not {closed}: {n}{far} = {edge}")
        case "distinct":
            most = domain(cast("Node", node.value))
            lines.add(f"{n}l, {n}h = distinct_bounds({n}k, {n}t, {n}u, {n}s, {most}, {closed})")
