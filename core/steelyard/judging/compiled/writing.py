"""The text of a compiled judge as it is written: names, lines, and one pass over each register."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from typing import Any, cast

from steelyard.book.layout import layouts
from steelyard.book.model import RuleBook
from steelyard.case.environment import doubtful, may_be_undefined
from steelyard.expression.lines import Lines
from steelyard.expression.loops import Task, after, before, gather
from steelyard.expression.python import Emitter, bare
from steelyard.expression.tree import Node, Over, walk
from steelyard.judging.compiled.loops import Route, route
from steelyard.judging.compiled.names import Facts, Row
from steelyard.judging.compiled.steps import Kept

Body = Callable[["Facts | Row"], None]
"""Lines that stand at a record."""


class Writing:
    """What is being written: the header fetches what the rest names."""

    def __init__(self, book: RuleBook, kept: Kept) -> None:
        """Take the book, and where written steps are kept."""
        self.book = book
        self.layouts = layouts(book)
        self.header = Lines("h")
        self.lines = Lines("t")
        self.facts = Facts(book, self.layouts, self.header)
        self.kept = kept
        self.count = 0
        self.records: dict[Over, str] = {}

    def derived(self, name: str) -> None:
        """Write a derived fact within its declared bounds."""
        fact = self.book.facts[name]
        node = cast("Node", fact.derived)
        self.loops_for(overs_of(node))
        emitter = Emitter(self.lines, self.facts)
        found = emitter.fact(node, fact.low, fact.high)
        self.facts.derived[name] = (found, tuple(dict.fromkeys(emitter.flags)))

    # Registers

    def loops(self, needed: Iterable[Over], bodies: dict[str, list[Body]]) -> None:
        """Write one loop for each register: functions over records, then `bodies` at each record.

        `bodies` may name the record at hand as `record`.
        """
        tasks: dict[str, list[Task]] = {name: [] for name in self.book.registers}
        needed = list(needed)
        self._inner_loops(needed)
        for over in needed:
            self._plan(over, tasks)
        for name in self.book.registers:
            self._loop(name, tasks[name], bodies.get(name, []))

    def loops_for(self, overs: Iterable[Over]) -> None:
        """Write the loops of some functions alone."""
        self.loops(overs, {})

    def _inner_loops(self, overs: list[Over]) -> None:
        """Write first what stands inside others: a worked-out fact of a bonus rule brings its own
        functions along.
        """
        for over in overs:
            sides = [side for side in (over.value, over.where) if side is not None]
            inner = [part for side in sides for part in overs_of(side)]
            if inner:
                self.loops_for(inner)

    def _plan(self, over: Over, tasks: dict[str, list[Task]]) -> None:
        node = cast("Over", bare(over))
        if node in self.facts.overs:
            return
        task = self.task(node)
        tasks[node.register].append(task)
        self.facts.overs[node] = task.result
        if node.listed:
            self.records[node] = task.records

    def task(self, node: Over) -> Task:
        """Return what a function over records gathers."""
        self.count += 1
        complete = "True" if node.claimed else self.facts.complete(node.register)
        # A flag costs a line; only functions that divide, or read what may, need one.
        flag = f"a{self.count}z" if may_be_undefined(self.book, node) else ""
        return Task(
            node,
            f"a{self.count}",
            complete,
            flag,
            doubtful=not node.claimed and doubtful(self.book, node),
        )

    def row(self, register: str, around: Facts | Row) -> Row:
        """Return the names at a record of a register."""
        fields = self.book.registers[register].fields.values()
        unsure = frozenset(
            slot.id for slot in fields if may_be_undefined(self.book, slot.derived, register)
        )
        return Row(around, self.layouts.registers[register], "r", frozenset({"field"}), unsure)

    def _loop(self, name: str, tasks: list[Task], bodies: list[Body]) -> None:
        if not tasks and not bodies:
            return
        for task in tasks:
            before(self.lines, task)
        names = self.row(name, self.facts)
        atoms = self.unpacked(name)
        register = f"registers[{name!r}]"
        if bodies or any(task.node.listed for task in tasks):
            self.lines.add(f"for record, {atoms} in zip({register}.ids, {register}.rows):")
        else:
            self.lines.add(f"for {atoms} in {register}.rows:")
        self.lines.depth += 1
        self.lines.add("pass")
        self._routed(names, tasks)
        for body in bodies:
            body(names)
        self.lines.depth -= 1
        for task in tasks:
            after(self.lines, task)

    def _routed(self, names: Row, tasks: list[Task]) -> None:
        """Write the bodies, those that ask first for one value of one field in a chain of cases."""
        # Those of one case are gathered together, so that what they ask alike is asked once.
        chains: dict[str, dict[str, list[Task]]] = {}
        others: list[Task] = []
        for task in tasks:
            found: Route | None = route(task.node.where, names)
            if found is None:
                others.append(task)
                continue
            inner = replace(task, node=replace(task.node, where=found.rest))
            chains.setdefault(found.atom, {}).setdefault(found.value, []).append(inner)
        gather(self.lines, names, others, "")
        for atom, cases in chains.items():
            for place, (value, group) in enumerate(cases.items()):
                self.lines.add(f"{'elif' if place else 'if'} {atom} == {value}:")
                self.lines.depth += 1
                gather(self.lines, names, group, "")
                self.lines.depth -= 1

    def unpacked(self, register: str) -> str:
        """Return the names into which a row of a register is unpacked."""
        return unpacked(self.layouts.registers[register].columns.values(), "r")


def overs_of(node: Node) -> Iterator[Over]:
    """Yield the functions over records in an expression."""
    return (part for part in walk(node) if isinstance(part, Over))


def unpacked(columns: Iterable[Any], letter: str) -> str:
    """Return the names into which a flat tuple is unpacked."""
    names = [f"{letter}{column.start + i}" for column in columns for i in range(column.width)]
    return f"({', '.join(names)},)" if names else "_"
