"""A book becomes one Python function: every rule, limiter and consequence, two-sided, each register
in one pass.
"""

from __future__ import annotations

import marshal
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from functools import lru_cache, partial
from types import CodeType
from typing import Any, cast

from steelyard.book.layout import layouts
from steelyard.book.model import (
    Banded,
    Checklist,
    Consequence,
    Demerit,
    Graded,
    Judged,
    Proportional,
    Requires,
    Rule,
    RuleBook,
    Staged,
)
from steelyard.case.environment import doubtful, may_be_undefined
from steelyard.expression.python import RUNTIME as EXPRESSIONS
from steelyard.expression.python import Emitter, Lines, Sides, bare
from steelyard.expression.ranges import is_ratio
from steelyard.expression.tree import Node, Over, walk
from steelyard.expression.types import Number, ranged, rescale
from steelyard.judging.compiled.loops import (
    Route,
    Task,
    after,
    before,
    each_scale,
    gather,
    lose,
    route,
)
from steelyard.judging.compiled.names import Facts, Row
from steelyard.judging.compiled.runtime import RUNTIME

Judging = Callable[
    ..., tuple[list[int], list[int], list[int], list[Any], list[tuple[bool, bool]], list[Any]]
]

PARAMETERS = (
    "flat",
    "registers",
    "parameters",
    "given",
    "moments",
    "windows",
    "judged",
    "party_rows",
    "settle",
    "blank",
)


@lru_cache(maxsize=64)
def program(book: RuleBook) -> Judging:
    """Return the compiled judge of a book.

    The function takes the parameters named in PARAMETERS and gives, rule by rule, the lists of low
    points, high points, how surely each applies and the records that cost; then (must, may) of each
    limiter; then the consequences that may fire as (row's place, party, record or "", certain).
    """
    return load(compiled(book))


def compiled(book: RuleBook) -> CodeType:
    """Return the compiled judge's code, from the book itself where a cache kept it there."""
    if book.code:
        code: CodeType = marshal.loads(book.code)  # noqa: S302  # kept by our own cache, for this very Python
        return code
    return compile(write(book), f"<{book.key}>", "exec")


def load(code: CodeType) -> Judging:
    """Return the function that compiled code defines."""
    names: dict[str, Any] = {**EXPRESSIONS, **RUNTIME}
    exec(code, names)  # noqa: S102  # our own text, from a typed tree; no word of the book reaches it unquoted
    return cast("Judging", names["judge"])


def write(book: RuleBook) -> str:
    """Return the source of the compiled judge."""
    return _Writer(book).text()


class _Writer:
    """Writes the function part by part; `header` fetches what the rest names."""

    def __init__(self, book: RuleBook) -> None:
        self.book = book
        self.layouts = layouts(book)
        self.header = Lines("h")
        self.lines = Lines("t")
        self.facts = Facts(book, self.layouts, self.header)
        self.done: set[Node] = set()
        self.count = 0

    def text(self) -> str:
        for fact in self.book.facts.values():
            if fact.derived is not None:
                self._derived(fact.id)
        self._loops()
        for number, rule in enumerate(self.book.rules.values()):
            self._rule(number, rule)
        self._limiters()
        self._late_consequences()
        rules = range(len(self.book.rules))
        demerits = {
            n for n, rule in enumerate(self.book.rules.values()) if isinstance(rule.form, Demerit)
        }
        self.lines.add(
            f"return [{_row('l', rules)}], [{_row('h', rules)}], [{_row('s', rules)}], "
            f"[{', '.join(f'm{n}' if n in demerits else '()' for n in rules)}], limits, fired"
        )
        head = [
            f"def judge({', '.join(PARAMETERS)}):",
            "    as_of, period_start, period_end = moments",
            "    fired = []",
        ]
        return "\n".join([*head, *self.header.lines, *self.lines.lines, ""])

    # Facts and records

    def _derived(self, name: str) -> None:
        fact = self.book.facts[name]
        node = cast("Node", fact.derived)
        self._loops_for(_overs(node))
        emitter = Emitter(self.lines, self.facts)
        found = emitter.fact(node, fact.low, fact.high)
        self.facts.derived[name] = (found, self._flags(emitter))

    def _flags(self, emitter: Emitter) -> tuple[str, ...]:
        return tuple(dict.fromkeys(emitter.flags))

    def _needed(self) -> Iterator[Over]:
        """Yield the functions over records that stand outside derived facts and outside
        consequences at parties.
        """
        for rule in self.book.rules.values():
            nodes = [] if rule.not_applicable is None else [rule.not_applicable]
            match rule.form:
                case (
                    Requires(condition=node)
                    | Banded(value=node)
                    | Proportional(rate=node)
                    | Graded(fact=node)
                ):
                    nodes.append(node)
            for node in nodes:
                yield from _overs(node)
        for limiter in self.book.limiters:
            if limiter.when is not None:
                yield from _overs(limiter.when)
        for row in self.book.consequences:
            if row.scope != "party" and row.when is not None:
                yield from _overs(row.when)

    def _loops(self) -> None:
        """Write one loop for each register: functions, demerits, and consequences that look at one
        record alone.
        """
        tasks: dict[str, list[Task]] = {name: [] for name in self.book.registers}
        needed = list(self._needed())
        self._inner_loops(needed)
        for over in needed:
            self._plan(over, tasks)
        demerits: dict[str, list[tuple[int, Rule]]] = {}
        for number, rule in enumerate(self.book.rules.values()):
            if isinstance(rule.form, Demerit):
                demerits.setdefault(rule.form.register, []).append((number, rule))
                unit = f"m{number} = []; d{number}l = d{number}h = 0; u{number} = False"
                self.lines.add(unit)
        rows: dict[str, list[Consequence]] = {}
        for row in self.book.consequences:
            if row.scope == "register" and not (row.when is not None and any(_overs(row.when))):
                rows.setdefault(row.on, []).append(row)
        for name in self.book.registers:
            self._loop(name, tasks[name], demerits.get(name, []), rows.get(name, []))

    def _inner_loops(self, overs: list[Over]) -> None:
        """Write first what stands inside others: a worked-out fact of a bonus rule brings its own
        functions along.
        """
        for over in overs:
            inner = [
                part
                for side in (over.value, over.where)
                if side is not None
                for part in _overs(side)
            ]
            if inner:
                self._loops_for(inner)

    def _loops_for(self, overs: Iterable[Over]) -> None:
        overs = list(overs)
        self._inner_loops(overs)
        tasks: dict[str, list[Task]] = {name: [] for name in self.book.registers}
        for over in overs:
            self._plan(over, tasks)
        for name, planned in tasks.items():
            self._loop(name, planned, [], [])

    def _plan(self, over: Over, tasks: dict[str, list[Task]]) -> None:
        node = cast("Over", bare(over))
        if node in self.facts.overs:
            return
        task = self._task(node)
        tasks[node.register].append(task)
        self.facts.overs[node] = task.result

    def _task(self, node: Over) -> Task:
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

    def _row(self, register: str, around: Facts | Row) -> Row:
        fields = self.book.registers[register].fields.values()
        unsure = frozenset(
            slot.id for slot in fields if may_be_undefined(self.book, slot.derived, register)
        )
        return Row(around, self.layouts.registers[register], "r", frozenset({"field"}), unsure)

    def _loop(
        self,
        name: str,
        tasks: list[Task],
        demerits: list[tuple[int, Rule]],
        rows: list[Consequence],
    ) -> None:
        if not tasks and not demerits and not rows:
            return
        for task in tasks:
            before(self.lines, task)
        layout = self.layouts.registers[name]
        names = self._row(name, self.facts)
        atoms = _unpacked(layout.columns.values(), "r")
        register = f"registers[{name!r}]"
        if demerits or rows:
            self.lines.add(f"for record, {atoms} in zip({register}.ids, {register}.rows):")
        else:
            self.lines.add(f"for {atoms} in {register}.rows:")
        self.lines.depth += 1
        self.lines.add("pass")
        self._routed(names, tasks, demerits)
        for row in rows:
            self._fire(row, names, "record")
        self.lines.depth -= 1
        for task in tasks:
            after(self.lines, task)

    def _routed(self, names: Row, tasks: list[Task], demerits: list[tuple[int, Rule]]) -> None:
        """Write the bodies, those that ask first for one value of one field in a chain of cases."""
        chains: dict[str, dict[str, list[Callable[[], None]]]] = {}
        # Those of one case are gathered together, so that what they ask alike is asked once.
        together: dict[tuple[str, str], list[Task]] = {}
        for task in tasks:
            found = route(task.node.where, names)
            if found is not None:
                inner = replace(task, node=replace(task.node, where=found.rest))
                group = together.setdefault(found[:2], [])
                group.append(inner)
                if len(group) == 1:
                    self._place(chains, found, partial(gather, self.lines, names, group, ""))
        gather(
            self.lines, names, [task for task in tasks if route(task.node.where, names) is None], ""
        )
        for number, rule in demerits:
            form = cast("Demerit", rule.form)
            found = route(form.where, names)
            lost = rule if found is None else replace(rule, form=replace(form, where=found.rest))
            self._place(
                chains, found, partial(lose, self.lines, names, lost, number, self.book.decimals)
            )
        for atom, cases in chains.items():
            for place, (value, bodies) in enumerate(cases.items()):
                self.lines.add(f"{'elif' if place else 'if'} {atom} == {value}:")
                self.lines.depth += 1
                for body in bodies:
                    body()
                self.lines.depth -= 1

    def _place(
        self,
        chains: dict[str, dict[str, list[Callable[[], None]]]],
        found: Route | None,
        body: Callable[[], None],
    ) -> None:
        """Write a body at once, or keep it for its case of the chain."""
        if found is None:
            body()
        else:
            chains.setdefault(found.atom, {}).setdefault(found.value, []).append(body)

    # Rules

    def _rule(self, number: int, rule: Rule) -> None:
        emitter = Emitter(self.lines, self.facts)
        low, high, sure = f"l{number}", f"h{number}", f"s{number}"
        add, points = self.lines.add, rule.points
        state = "0"
        match rule.form:
            case Requires(condition=node):
                sides = emitter.sides(node)
                add(f"{high} = {points} if {sides.may} else 0")
                add(
                    f"{low} = {high}"
                    if sides.must == sides.may
                    else f"{low} = {points} if {sides.must} else 0"
                )
            case Checklist():
                self._checklist(number, rule, rule.form)
                state = ""
            case Graded():
                self._graded(number, rule.form, emitter)
            case Banded():
                self._banded(number, rule.form, emitter)
            case Proportional(rate=node):
                rate = emitter.ratio(node)
                add(
                    f"{low}, {high} = share_of({points}, {', '.join(rate[:4])}, {rate.none or False})"
                )
            case Demerit() as form:
                self._demerit(number, rule, form)
                emitter.flags.append(f"u{number}")
            case Staged() as form:
                self._staged(number, rule, form)
                state = ""
            case Judged():
                add(f"{low}, {high} = judged.get({rule.id!r}, (0, {points}))")
        if state:
            add(f"{sure} = {state}")
        flags = self._flags(emitter)
        if flags:
            add(
                f"if {low} != {high} and ({' or '.join(flags)}): {low}, {high}, {sure} = settle({number}, {low}, {high})"
            )
        if rule.not_applicable is not None:
            self._not_applicable(number, rule)
        if state == "" or rule.not_applicable is not None:
            add(f"if {sure} == 1: {low} = 0; {high} = {points}")

    def _checklist(self, number: int, rule: Rule, form: Checklist) -> None:
        columns = [self.layouts.facts.columns[item.id] for item in form.items]
        start, weights = columns[0].start, tuple(item.weight for item in form.items)
        ticks = f"flat[{start}:{start + len(columns)}]"
        out = f"l{number}, h{number}, s{number}"
        claimed = (
            f"({', '.join(self.facts.given(item.id) for item in form.items)},)"
            if rule.bonus
            else "None"
        )
        if len(set(weights)) == 1:
            self.lines.add(f"{out} = checked({ticks}, {rule.points}, {claimed})")
        else:
            self.lines.add(f"{out} = weighed({ticks}, {weights}, {rule.points}, {claimed})")

    def _graded(self, number: int, form: Graded, emitter: Emitter) -> None:
        low, high = f"l{number}", f"h{number}"
        worth = tuple(form.points.values())
        if ranged(form.fact.type) is not None:
            span = emitter.span(form.fact)
            kind = form.fact.type
            listed = tuple(form.points[option] for option in getattr(kind, "options", ()))
            self.lines.add(
                f"{low}, {high} = graded_place({span.low}, {span.high}, {span.none or False}, {listed})"
            )
            return
        word = emitter.word(form.fact)
        self.lines.add(
            f"if {word} is UNKNOWN: {low}, {high} = {0 if form.fact.nullable else min(worth)}, {max(worth)}"
        )
        self.lines.add(f"else: {low} = {high} = {dict(form.points)!r}.get({word}, 0)")

    def _banded(self, number: int, form: Banded, emitter: Emitter) -> None:
        kind = cast("Number", ranged(form.value.type))
        points = (0, *(band.points for band in form.bands))
        out = f"l{number}, h{number}"
        if form.confidence:
            positive, asked = self.facts.survey(cast("Any", form.value))
            emitter.flags.extend(self.facts.flags(cast("Any", form.value)))
            emitter.flags.append(f"not {asked}")
            signs = ", ".join(
                f"confident({positive}, {asked}, {band.threshold}, {band.threshold}, {10**band.scale}, {form.confidence}, {'>' if band.above else '>='!r})"
                for band in form.bands
            )
            call = f"banded_surely(({signs},), {points})"
            if not form.value.nullable:
                self.lines.add(f"{out} = {call}")
                return
            span = self.facts.span(cast("Any", form.value))
            self.lines.add(f"{out} = {call} if {span.low} is not None else (0, 0)")
            self.lines.add(f"if {span.none}: l{number} = 0")
            return
        if is_ratio(form.value):
            rate = emitter.ratio(form.value)
            marks = tuple((band.threshold, 10**band.scale, band.above) for band in form.bands)
            self.lines.add(
                f"{out} = banded_rate({', '.join(rate[:4])}, {rate.none or False}, {marks}, {points})"
            )
            return
        span = emitter.span(form.value)
        scale = max(kind.scale, *(band.scale for band in form.bands))
        edges = tuple(
            rescale(band.threshold, band.scale, scale) + band.above for band in form.bands
        )
        factor = 10 ** (scale - kind.scale)
        low, high = (self.lines.atom(_times(atom, factor, span.none)) for atom in span[:2])
        self.lines.add(f"{out} = banded({low}, {high}, {span.none or False}, {edges}, {points})")

    def _demerit(self, number: int, rule: Rule, form: Demerit) -> None:
        unit: int = 10 ** (each_scale(form, self.book.decimals) - self.book.decimals)
        if not rule.bonus:
            self.lines.add(
                f"if not {self.facts.complete(form.register)}: d{number}h = {rule.points * unit}"
            )
            if any(
                may_be_undefined(self.book, node, form.register) for node in (form.where, form.each)
            ):
                self.lines.add(f"if not {self.facts.complete(form.register)}: u{number} = True")
        if unit == 1:
            points = rule.points
            self.lines.add(
                f"l{number} = {points} - d{number}h if d{number}h < {points} else 0; h{number} = {points} - d{number}l if d{number}l < {points} else 0"
            )
        else:
            self.lines.add(
                f"l{number}, h{number} = kept({rule.points}, d{number}l, d{number}h, {unit})"
            )
        if rule.bonus:
            # Points that nothing was shown for are not claimed.
            self.lines.add(f"if not registers[{form.register!r}].given: l{number} = h{number} = 0")

    def _staged(self, number: int, rule: Rule, form: Staged) -> None:
        deliverables = self.book.stages[form.stage].deliverables
        start = self.layouts.facts.columns[deliverables[0].id].start
        claimed = "None"
        if rule.bonus:
            claimed = "(" + ", ".join(self.facts.given(one.id) for one in deliverables) + ",)"
        cells = f"flat[{start}:{start + 3 * len(deliverables)}]"
        self.lines.add(
            f"l{number}, h{number}, s{number} = staged({cells}, windows[{form.stage!r}], as_of, {form.late}, {rule.points}, {claimed})"
        )

    def _not_applicable(self, number: int, rule: Rule) -> None:
        emitter = Emitter(self.lines, self.facts)
        sides = emitter.sides(cast("Node", rule.not_applicable))
        low, high, sure = f"l{number}", f"h{number}", f"s{number}"
        must, may = (self.lines.atom(text) for text in sides)
        flags = self._flags(emitter)
        if flags:
            self.lines.add(
                f"if {may} and not {must} and ({' or '.join(flags)}) and blank(('na', {number})): {may} = False"
            )
        self.lines.add(f"if {must}: {low} = {high} = 0; {sure} = 2")
        self.lines.add(f"elif {may} and {sure} != 2: {sure} = 1")

    # Limiters and consequences

    def _limiters(self) -> None:
        out: list[str] = []
        for place, limiter in enumerate(self.book.limiters):
            if limiter.when is None:
                out.append("(True, True)")
                continue
            emitter = Emitter(self.lines, self.facts)
            must, may = (self.lines.atom(text) for text in emitter.sides(limiter.when))
            must, may = self._firm(emitter, must, may, f"('limiter', {place})")
            out.append(f"({must}, {may})")
        self.lines.add(f"limits = [{', '.join(out)}]")

    def _firm(self, emitter: Emitter, must: str, may: str, key: str) -> tuple[str, str]:
        """Write that what is undefined, though all it reads is known, does not fire."""
        flags = self._flags(emitter)
        if not flags:
            return must, may
        name = self.lines.fresh()
        self.lines.add(
            f"{name} = {may} and not ({may} and not {must} and ({' or '.join(flags)}) and blank({key}))"
        )
        return must, name

    def _fire(self, row: Consequence, names: Facts | Row, record: str) -> None:
        emitter = Emitter(self.lines, names)
        sides = Sides("True", "True") if row.when is None else emitter.sides(row.when)
        must, may = sides
        if emitter.flags:
            must, may = (self.lines.atom(text) for text in sides)
            where = "party" if row.scope == "party" else record
            must, may = self._firm(
                emitter, must, may, f"('consequence', {row.number - 1}, {where})"
            )
        if may != "True":
            self.lines.add(f"if {may}:")
            self.lines.depth += 1
        place = row.number - 1
        if row.falls_on is None:
            self.lines.add(f"fired.append(({place}, '', {record}, {must}))")
        else:
            word = emitter.word(row.falls_on)
            guard = f"if {word} is not None: " if row.falls_on.nullable else ""
            sure = f"{must} and {word} is not UNKNOWN" if row.falls_on.nullable else must
            self.lines.add(f"{guard}fired.append(({place}, {word}, {record}, {sure}))")
        self.lines.depth -= may != "True"

    def _late_consequences(self) -> None:
        """Write the consequences that need the functions over records: at the subject, at records,
        at parties.
        """
        for row in self.book.consequences:
            if row.scope == "subject":
                self._fire(row, self.facts, "''")
            elif row.scope == "party":
                self._at_parties(row)
            elif row.when is not None and any(_overs(row.when)):
                layout = self.layouts.registers[row.on]
                names = self._row(row.on, self.facts)
                register = f"registers[{row.on!r}]"
                atoms = _unpacked(layout.columns.values(), "r")
                self.lines.add(f"for record, {atoms} in zip({register}.ids, {register}.rows):")
                self.lines.depth += 1
                self._fire(row, names, "record")
                self.lines.depth -= 1

    def _at_parties(self, row: Consequence) -> None:
        """Write one consequence at every party of a kind, and at a party that is not named."""
        layout = self.layouts.kinds[row.on]
        names = Row(self.facts, layout, "k", frozenset({"party"}))
        overs = list(
            dict.fromkeys(bare(over) for over in (_overs(row.when) if row.when is not None else ()))
        )
        groups: dict[str, str] = {}
        for register in dict.fromkeys(cast("Over", over).register for over in overs):
            column = self.layouts.registers[register].columns[row.owners[register]]
            groups[register] = self.lines.fresh()
            self.lines.add(
                f"{groups[register]} = owned(registers[{register!r}].rows, {column.start})"
            )
        unnamed = " or ".join(f"UNKNOWN in {group}" for group in groups.values()) or "False"
        self.lines.add(
            f"for party, {_unpacked(layout.columns.values(), 'k')} in parties_of({row.on!r}, party_rows, {unnamed}):"
        )
        self.lines.depth += 1
        for over in overs:
            self._over_party(cast("Over", over), names, groups)
        self._fire(row, names, "''")
        self.lines.depth -= 1

    def _over_party(self, over: Over, names: Row, groups: dict[str, str]) -> None:
        task = self._task(over)
        inner = self._row(over.register, names)
        before(self.lines, task)
        atoms = _unpacked(self.layouts.registers[over.register].columns.values(), "r")
        self.lines.add(f"for mine, {atoms} in belonging({groups[over.register]}, party):")
        self.lines.depth += 1
        self.lines.add("pass")
        gather(self.lines, inner, [task], "mine")
        self.lines.depth -= 1
        after(self.lines, task)
        names.overs[over] = task.result


def _overs(node: Node) -> Iterator[Over]:
    return (part for part in walk(node) if isinstance(part, Over))


def _row(letter: str, numbers: range) -> str:
    return ", ".join(f"{letter}{number}" for number in numbers)


def _unpacked(columns: Any, letter: str) -> str:
    names = [f"{letter}{column.start + i}" for column in columns for i in range(column.width)]
    return f"({', '.join(names)},)" if names else "_"


def _times(atom: str, factor: int, none: str) -> str:
    if factor == 1:
        return atom
    return f"{atom} * {factor} if {atom} is not None else None" if none else f"{atom} * {factor}"
