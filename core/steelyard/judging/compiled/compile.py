"""A book becomes one Python function: its program, two-sided, each register in one pass.

Tracebacks and debuggers show its text, with the ids of rules in comments; `steelyard book code
BOOK` prints it.
"""

from __future__ import annotations

import marshal
from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache
from types import CodeType
from typing import Any, NamedTuple, cast

from steelyard.book.model import RuleBook
from steelyard.book.program import Program, program
from steelyard.expression.lines import Sides, Span, bare
from steelyard.expression.python import RUNTIME as EXPRESSIONS
from steelyard.expression.tree import Node, Over, Settle, walk
from steelyard.expression.types import Boolean
from steelyard.judging.compiled.firing import Firing
from steelyard.judging.compiled.runtime import RUNTIME
from steelyard.judging.compiled.steps import Kept, StepEmitter
from steelyard.judging.compiled.writing import Writing, overs_of

PARAMETERS = (
    "flat", "registers", "parameters", "given", "moments", "windows", "judged", "party_rows",
    "settle", "blank", "unfounded", "waived",
)  # fmt: skip


class Found(NamedTuple):
    """What the compiled judge finds, rule by rule and step by step.

    `lows` and `highs` are the ends of what each rule's finding shows, in carried points; `states`
    how surely it applies; `records` those that cost it points; `unwhole` the places of rules that
    earn all but for what rounding hides; `weighed` of the rules with a weight their places and what
    they earn of their own full mark; `fired` the consequences that may follow as (row's place,
    party, record or "", certain). `steps` holds two ends for every further step of the program, in
    its order: low and high of a number, must and may of a condition.
    """

    lows: list[int]
    highs: list[int]
    states: list[int]
    records: list[Any]
    unwhole: list[int]
    weighed: list[tuple[int, int, int]]
    fired: list[Any]
    steps: tuple[Any, ...]


Judging = Callable[..., tuple[Any, ...]]


def judging(book: RuleBook, *, waived: bool = False) -> Judging:
    """Return the compiled judge of a book; its parameters are PARAMETERS, it gives `Found`.

    Waivers are seldom: without `waived` they are taken as none.
    """
    return _waiving(book) if waived else _plain(book)


@lru_cache(maxsize=64)
def _plain(book: RuleBook) -> Judging:
    return load(compiled(book), book)


@lru_cache(maxsize=16)
def _waiving(book: RuleBook) -> Judging:
    return load(_code(book, waived=True), book, waived=True)


def compiled(book: RuleBook) -> CodeType:
    """Return the compiled judge's code, from the book itself where a cache kept it there."""
    if book.code:
        code: CodeType = marshal.loads(book.code)  # noqa: S302  # kept by our own cache, for this very Python
        return code
    return _code(book)


def _code(book: RuleBook, *, waived: bool = False) -> CodeType:
    # Tracebacks ask nobody for the text of what is called `<…>` as a whole.
    digest = book.digest.removeprefix("sha256:")[:8]
    name = f"<steelyard> {book.key} {digest}{' waived' if waived else ''}"
    return compile(write(book, waived=waived), name, "exec")


def load(code: CodeType, book: RuleBook, *, waived: bool = False) -> Judging:
    """Return the function that compiled code defines."""
    names: dict[str, Any] = {**EXPRESSIONS, **RUNTIME}
    names |= {"__loader__": _Source(book, waived=waived), "__name__": code.co_filename}
    exec(code, names)  # noqa: S102  # our own text, from a typed tree; no word of the book reaches it unquoted
    return cast("Judging", names["judge"])


class _Source:
    """Gives the text of a compiled judge to whoever shows a traceback; it is written again only if
    somebody looks, since code from a cache has none.
    """

    def __init__(self, book: RuleBook, *, waived: bool) -> None:
        self._book, self._waived = book, waived

    def get_source(self, _name: str) -> str:
        """Return the text."""
        return write(self._book, waived=self._waived)


def settling(steps: Mapping[str, Node]) -> list[Settle]:
    """Return the values of a program that settle, each once, in its order."""
    found: dict[int, Settle] = {}
    for node in steps.values():
        for part in walk(node):
            if isinstance(part, Settle):
                found.setdefault(id(part), part)
    return list(found.values())


def listing(node: Node) -> Over | None:
    """Return the function over records that names those that count, if there is one."""
    return next((part for part in walk(node) if isinstance(part, Over) and part.listed), None)


def step_names(book: RuleBook) -> tuple[str, ...]:
    """Return the steps that stand in `Found.steps`, in their order: all but those of single
    rules.
    """
    steps = program(book)
    of_rules = {name for rule in steps.rules for name in rule[1:]}
    return tuple(
        name for name in steps.steps if name not in of_rules and not name.startswith("share:")
    )


def write(book: RuleBook, *, waived: bool = False) -> str:
    """Return the source of the compiled judge."""
    return _Writer(book, waived=waived).text()


class _Writer:
    """Writes the function step by step."""

    def __init__(self, book: RuleBook, *, waived: bool) -> None:
        self.book = book
        self.program: Program = program(book)
        keys = {id(node): place for place, node in enumerate(settling(self.program.steps))}
        self.writing = Writing(book, Kept(keys, waived))
        self.lines = self.writing.lines
        self.facts = self.writing.facts

    def text(self) -> str:
        book, add = self.book, self.lines.add
        for fact in book.facts.values():
            if fact.derived is not None:
                add(f"# {fact.id}")
                self.writing.derived(fact.id)
        firing = Firing(self.writing)
        self.writing.loops(self._needed(), firing.at_records())
        rules = {name for rule in self.program.rules for name in rule[1:]}
        for name, node in self.program.steps.items():
            if name not in rules and not self.writing.kept.rules_done:
                self._rules()
            self._step(name, node)
        if not self.writing.kept.rules_done:
            self._rules()
        firing.rest()
        self._return()
        head = [
            f"def judge({', '.join(PARAMETERS)}):",
            "    as_of, period_start, period_end = moments",
            "    fired = []",
        ]
        # A place that was kept for what nobody asked for is an empty line.
        lines = filter(None, [*self.writing.header.lines, *self.lines.lines])
        return "\n".join([*head, *self.facts.unpacking(), *lines, ""])

    def _needed(self) -> Iterator[Over]:
        """Yield the functions over records that stand outside derived facts and outside
        consequences at parties.
        """
        for node in self.program.steps.values():
            yield from overs_of(node)
        for row in self.book.consequences:
            if row.scope != "party" and row.when is not None:
                yield from overs_of(row.when)

    def _step(self, name: str, node: Node) -> None:
        self.lines.add(f"# {name}")
        emitter = StepEmitter(self.lines, self.facts, self.writing.kept)
        if isinstance(node.type, Boolean):
            sides = emitter.sides(node)
            kept = sides in self.writing.kept.state_of
            self.facts.outcomes[name] = sides if kept else Sides(*map(self._atom, sides))
            return
        span = emitter.span(node)
        self.facts.outcomes[name] = Span(*(self.lines.atom(end) for end in span[:2]))

    def _atom(self, text: str) -> str:
        return text if text in {"True", "False"} else self.lines.atom(text)

    def _rules(self) -> None:
        """Write the lists of what the rules give, and whether all apply and all are settled."""
        outcomes, steps = self.facts.outcomes, self.program.steps
        lows, highs, states, records, unwhole, weighed = [], [], [], [], [], []
        settled = ["lows == highs"]
        rules = zip(self.program.rules, self.book.rules.values(), strict=True)
        for place, (rule, of_book) in enumerate(rules):
            if rule.earned != rule.points:
                earned = outcomes[rule.earned]
                if of_book.weight and not of_book.points:
                    # So small a part of its section has no points to tell its ends apart by.
                    settled.append(f"{earned[0]} == {earned[1]}")
                weighed.append(f"({place}, {earned[0]}, {earned[1]})")
            found, applies = outcomes[rule.found], cast("Sides", outcomes[rule.applies])
            lows.append(found[0])
            highs.append(found[1])
            states.append(self.writing.kept.state_of.get(applies) or _state(*applies))
            over = listing(steps[rule.earned])
            records.append("()" if over is None else self._records(over))
            if rule.whole is not None:
                unwhole.append(f"*(({place},) if not {outcomes[rule.whole][0]} else ())")
        add = self.lines.add
        add(f"lows = [{', '.join(lows)}]; highs = [{', '.join(highs)}]")
        add(f"states = [{', '.join(states)}]; sure = not any(states)")
        add(f"same = {' and '.join(settled)}")
        add(f"records = [{', '.join(records)}]; unwhole = [{', '.join(unwhole)}]")
        add(f"own = [{', '.join(weighed)}]")
        self.writing.kept.rules_done = True

    def _return(self) -> None:
        outcomes = self.facts.outcomes
        rest = [end for name in step_names(self.book) for end in outcomes[name][:2]]
        self.lines.add(
            f"return lows, highs, states, records, unwhole, own, fired, ({', '.join(rest)},)"
        )

    def _records(self, over: Over) -> str:
        return self.writing.records[cast("Over", bare(over))]


def _state(must: str, may: str) -> str:
    """Return how surely a rule applies as an expression: 0 surely, 1 perhaps, 2 not."""
    if must == "True":
        return "0"
    if must == may:
        return f"0 if {must} else 2"
    return f"0 if {must} else 1 if {may} else 2"
