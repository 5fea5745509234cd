"""From values read to values bound: facts narrow one another, records are completed, everything is
laid out flat.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import lru_cache, partial
from itertools import chain
from typing import Any, cast

from steelyard.book.layout import Column, layouts, unknown_cell
from steelyard.book.model import Fact, Field, RuleBook
from steelyard.case.environment import CaseWorld, Cell, PartyWorld, RecordWorld, Shown, cell_of
from steelyard.case.model import Roll, Rows
from steelyard.case.reading.facts import Facts, fact_cell
from steelyard.case.reading.parse_values import text_of
from steelyard.case.reading.read_context import Desk
from steelyard.case.reading.records import Register
from steelyard.case.reading.worked_out import filling
from steelyard.expression.reference import Evaluation, exact
from steelyard.expression.tree import Arithmetic, Name, Node, Reach
from steelyard.expression.types import Date, Number, PartyOf, Type, ranged, rescale
from steelyard.expression.values import Bounds


def tighten(desk: Desk, facts: Facts) -> dict[str, Cell]:
    """Return every fact's cell, after facts that bound each other have narrowed one another;
    contradictions are noted.
    """
    collected = desk.book.collected
    cells = {**_nothing_given(desk.book), **facts.cells}
    bound = [fact for fact in collected if fact.low_fact or fact.high_fact]
    for _ in range(len(bound) + 1):
        # All of them each time round, not only up to the first that narrows.
        narrowed = [_narrow(desk.book, cells, fact) for fact in bound]
        if not any(narrowed):
            break
    for fact in bound:
        low, high = cells[fact.id][:2]
        if low is not None and low > high:
            other = fact.high_fact or fact.low_fact or ""
            origin = desk.origin
            place = facts.place(fact.id, origin) or facts.place(other, origin) or origin
            desk.add(
                place, "`{name}` and `{other}` contradict each other", name=fact.id, other=other
            )
    return cells


@lru_cache(maxsize=64)
def _nothing_given(book: RuleBook) -> Mapping[str, Cell]:
    """Return the cells of the facts of a case that shows none."""
    return {fact.id: fact_cell(None, fact) for fact in book.collected}


def _narrow(book: RuleBook, cells: dict[str, Cell], fact: Fact) -> bool:
    changed = False
    for other_name, above in ((fact.high_fact, True), (fact.low_fact, False)):
        if other_name is None:
            continue
        other = book.facts[other_name]
        small, large = (fact, other) if above else (other, fact)
        low, high = cells[small.id], cells[large.id]
        if low[0] is None or high[0] is None:
            continue
        top, bottom = _moved(high[1], large, small, up=False), _moved(low[0], small, large, up=True)
        # What may be none bounds nothing; it is bounded itself, where it is anything.
        if low[1] > top and not _may_be_none(high):
            cells[small.id] = _held(low, low[0], top)
            changed = True
        if high[0] < bottom and not _may_be_none(low):
            cells[large.id] = _held(high, bottom, high[1])
            changed = True
        if low[0] > top or high[1] < bottom:
            return False
    return changed


def _may_be_none(cell: Cell) -> bool:
    return len(cell) == 3 and bool(cell[2])


def _held(cell: Cell, low: int, high: int) -> Cell:
    """Return a cell between two ends; none where that leaves nothing and it may be none."""
    if low > high and _may_be_none(cell):
        return (None, None, True)
    return (low, high, *cell[2:])


def complete_rows(desk: Desk, registers: Mapping[str, Register], shown: Shown) -> None:
    """Fill in what a record does not say: its default, else none or unknown; then what is worked
    out.
    """
    days = {name: day.toordinal() for name, day in shown.moments.items()}
    for name, register in registers.items():
        fields = desk.book.registers[name].fields
        absent = _nothing_said(desk.book, name)
        fill = filling(desk.book, name)
        for identity, cells in zip(register.ids, register.rows, strict=True):
            # Whoever judges by the cells as read finds them as they were.
            row = {**absent, **cells}
            register.completed.append(row)
            if fill is not None:
                fit = partial(_fitting, desk, fields, f"records.{name}.{identity}")
                fill(row, shown.parties, shown.parameters, days, fit)


@lru_cache(maxsize=256)
def _nothing_said(book: RuleBook, register: str) -> Mapping[str, Cell]:
    """Return the cells of a record that says nothing, but for those that are worked out."""
    fields = book.registers[register].fields
    return {key: Desk.absent(slot) for key, slot in fields.items() if slot.worked_out is None}


def _fitting(desk: Desk, fields: Mapping[str, Field], where: str, key: str, cell: Cell) -> Cell:
    """Return a default within the field's own range; a fault where it cannot be."""
    slot = fields[key]
    kind, nullable = ranged(slot.type), slot.missing == "none"
    # A default that may be none leaves a field that is never none open.
    if cell[0] is None or (kind is not None and cell[2] and not nullable):
        return desk.absent(slot)
    if kind is None:
        return cell
    low, high = max(cell[0], kind.low), min(cell[1], kind.high)
    if low > high:
        desk.add(
            f"{desk.origin}: {where}.{key}",
            "works out at {value}, outside {low} to {high}",
            value=text_of(cell[1] if cell[1] < kind.low else cell[0], kind),
            low=text_of(kind.low, kind),
            high=text_of(kind.high, kind),
        )
        return cell[: 3 if nullable else 2]
    return (low, high, cell[2]) if nullable else (low, high)


def flat_rows(
    book: RuleBook, registers: Mapping[str, Register], world: CaseWorld
) -> dict[str, Rows]:
    """Return every register laid out as the compiled judge unpacks it."""
    out: dict[str, Rows] = {}
    for name, register in registers.items():
        columns = layouts(book).registers[name].columns
        reached = _reached(book, name)
        rows = []
        for cells in register.completed:
            whole = cells
            if reached:
                inner = RecordWorld(world, name, cells)
                whole = dict(cells)
                for column, node in reached:
                    found = inner.value(node)
                    whole[column.key] = cell_of(found, column.type, nullable=column.nullable)
            rows.append(_flat(columns, whole))
        out[name] = Rows(
            register.complete,
            register.given,
            tuple(register.ids),
            tuple(rows),
            tuple(register.raw),
        )
    return out


def rolls(desk: Desk, world: CaseWorld) -> dict[str, Roll]:
    """Return the parties of every kind laid out as the compiled judge unpacks them."""
    out: dict[str, Roll] = {}
    for kind, layout in layouts(desk.book).kinds.items():
        columns = layout.columns
        rows = []
        for party in desk.parties.values():
            if party.kind != kind:
                continue
            cells = party.values
            if len(columns) > len(cells):
                inner = PartyWorld(world, party.id, {})
                cells = {
                    key: cells[key] if key in cells else cell_of(
                        inner.value(_reach_of_party(desk.book, kind, key)),
                        column.type, nullable=column.nullable,
                    )
                    for key, column in columns.items()
                }  # fmt: skip
            rows.append((party.id, _flat(columns, cells)))
        out[kind] = Roll(tuple(rows), _nobody(desk.book, kind))
    return out


def flat_facts(book: RuleBook, cells: Mapping[str, Cell], world: CaseWorld) -> tuple[Any, ...]:
    """Return the facts laid out as the compiled judge unpacks them."""
    columns = layouts(book).facts.columns
    reached = {key: _cell(book, key, world) for key in columns if key not in cells}
    return _flat(columns, {**cells, **reached} if reached else cells)


def _flat(columns: Iterable[str], cells: Mapping[str, Cell]) -> tuple[Any, ...]:
    return tuple(chain.from_iterable(map(cells.__getitem__, columns)))


def _cell(book: RuleBook, key: str, world: CaseWorld) -> Cell:
    column = layouts(book).facts.columns[key]
    name, *path = key.split(".")
    fact = book.facts[name]
    node: Name | Reach = Name(type=fact.type, nullable=fact.nullable, kind="fact", name=name)
    return cell_of(world.value(_walked(book, node, path)), column.type, nullable=column.nullable)


def check_derived(desk: Desk, world: CaseWorld) -> None:
    """Note derived facts that cannot lie within their declared bounds."""
    for fact in _straying(desk.book):
        found = world.derived(fact.id)
        if fact.derived is not None and isinstance(found, Bounds) and found.low > found.high:
            unit = 10 ** getattr(fact.type, "scale", 0)
            value = Evaluation(world).bounds(fact.derived) or found
            # Of all that it may be, what is nearest to its bounds.
            below = fact.low is not None and value.high * unit < fact.low
            units = int((value.high if below else value.low) * unit)
            desk.add(
                f"{desk.origin}: facts.{fact.id}",
                "works out at {value}, outside {low} to {high}",
                value=text_of(units, fact.type),
                low="…" if fact.low is None else text_of(fact.low, fact.type),
                high="…" if fact.high is None else text_of(fact.high, fact.type),
            )


@lru_cache(maxsize=64)
def _straying(book: RuleBook) -> tuple[Fact, ...]:
    """Return the derived facts whose expression can come to what lies wholly outside their declared
    bounds; the others need not be worked out.
    """
    return tuple(
        fact
        for fact in book.facts.values()
        if fact.derived is not None
        and not _held_by_type(fact, fact.derived.type)
        and not _held_by_bound(book, fact, fact.derived)
    )


def _held_by_bound(book: RuleBook, fact: Fact, node: Node) -> bool:
    """Whether a fact is a share of another that bounds it, so that some of 0 to 1 is always left to
    it once the two have narrowed one another.
    """
    match node:
        case Arithmetic(op="/", left=Name(kind="fact") as part, right=Name(kind="fact") as whole):
            small, large = book.facts[part.name], book.facts[whole.name]
        case _:
            return False
    return (
        (small.high_fact == large.id or large.low_fact == small.id)
        and all(
            one.derived is None
            and not one.nullable
            and (span := ranged(one.type)) is not None
            and span.low >= 0
            for one in (small, large)
        )
        and (fact.low is None or fact.low <= 0)
        and (fact.high is None or exact(fact.high, fact.type) >= 1)
    )


def _held_by_type(fact: Fact, kind: Type) -> bool:
    """Whether every value of a type lies within the declared bounds of a fact."""
    span = ranged(kind)
    return span is None or (
        (fact.low is None or exact(span.low, span) >= exact(fact.low, fact.type))
        and (fact.high is None or exact(span.high, span) <= exact(fact.high, fact.type))
    )


def _moved(units: int, source: Fact, target: Fact, *, up: bool) -> int:
    """Return units of one fact's scale in another's, rounded so that nothing allowed is lost."""
    if (
        isinstance(source.type, Date)
        or not isinstance(source.type, Number)
        or not isinstance(target.type, Number)
    ):
        return units
    if target.type.scale >= source.type.scale:
        return rescale(units, source.type.scale, target.type.scale)
    step: int = 10 ** (source.type.scale - target.type.scale)
    return -(-units // step) if up else units // step


@lru_cache(maxsize=256)
def _reached(book: RuleBook, register: str) -> tuple[tuple[Column, Reach], ...]:
    """Return the columns of a register that reach through a party, with what they read."""
    columns = layouts(book).registers[register].columns.values()
    return tuple(
        (column, _reach_of(book, register, column.key)) for column in columns if "." in column.key
    )


@lru_cache(maxsize=256)
def _nobody(book: RuleBook, kind: str) -> tuple[Any, ...]:
    """Return the flat tuple of a party of whom nothing is known."""
    columns = layouts(book).kinds[kind].columns
    cells = {
        key: unknown_cell(column.type, nullable=column.nullable) for key, column in columns.items()
    }
    return _flat(columns, cells)


def _reach_of_party(book: RuleBook, kind: str, key: str) -> Name | Reach:
    root = Name(type=PartyOf(kind), kind="party", name=kind)
    return _walked(book, root, key.split("."))


def _reach_of(book: RuleBook, register: str, key: str) -> Reach:
    name, *path = key.split(".")
    slot = book.registers[register].fields[name]
    root = Name(type=slot.type, nullable=slot.missing == "none", kind="field", name=name)
    return cast("Reach", _walked(book, root, path))


def _walked(book: RuleBook, node: Name | Reach, path: list[str]) -> Name | Reach:
    for step in path:
        kind = cast("PartyOf", node.type).kind
        slot = book.kinds[kind].fields[step]
        nullable = node.nullable or slot.missing == "none"
        node = Reach(type=slot.type, nullable=nullable, base=node, party=kind, field=step)
    return node
