"""Functions of expressions: one module brings one with all its readings, the table has no gaps, and
every node kind is known to every reading.
"""

from __future__ import annotations

import ast
import dataclasses
import inspect
import itertools
from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any, ClassVar, cast, get_args

import pytest

import steelyard.expression
from steelyard.errors import ExpressionError
from steelyard.expression import scaled, tree
from steelyard.expression.confidence import confident
from steelyard.expression.exact import either_none
from steelyard.expression.formulas import (
    Extent,
    Proving,
    Row,
    greatest_of,
    known_as,
    spread,
)
from steelyard.expression.formulas import Ratio as Ratio_
from steelyard.expression.functions import function as functions
from steelyard.expression.functions.dates import MonthsAfter, months_after
from steelyard.expression.functions.function import (
    Aggregate,
    Gathering,
    Scalar,
    Seen,
    Slow,
    Takes,
    Typing,
    Value,
    either,
    if_there,
    surely,
    taken,
)
from steelyard.expression.functions.table import CORE, Functions, table
from steelyard.expression.kinds import Kind, Scored
from steelyard.expression.lines import (
    Emitting,
    Lines,
    Quotient,
    Ratio,
    Result,
    Sides,
    Span,
    bare,
    joint,
)
from steelyard.expression.loops import Task, after, before, gather
from steelyard.expression.parse import Scope, Slot, parse
from steelyard.expression.prose import figure, phrase
from steelyard.expression.python import Emitter, runtime
from steelyard.expression.ranges import is_ratio
from steelyard.expression.reference import Evaluation, Records
from steelyard.expression.tree import Name, Node, Over, Reach, walk
from steelyard.expression.types import (
    FIRST_DAY,
    LAST_DAY,
    RATE,
    Boolean,
    Date,
    Number,
    Survey,
    ranged,
)
from steelyard.expression.values import SURELY, Bounds, Reading, Truth, exact
from steelyard.messages import Title

# A case of a few facts and one register, in both readings

SCOPE = Scope(
    names={
        "a": Name(type=Number(0, -9, 9), kind="fact", name="a"),
        "b": Name(type=Number(0, 0, 9), kind="fact", name="b"),
        "c": Name(type=Number(1, 1, 90), kind="fact", name="c"),
        "n": Name(type=Number(0, -9, 9), kind="fact", name="n", nullable=True),
        "big": Name(type=Number(0, 0, 10**7), kind="fact", name="big"),
        "wide": Name(type=Number(6, 0, 10**18), kind="fact", name="wide"),
        "s": Name(type=Survey(), kind="fact", name="s"),
        "d": Name(type=Date(FIRST_DAY, LAST_DAY), kind="fact", name="d"),
        "ok": Name(type=Boolean(), kind="fact", name="ok"),
    },
    registers={
        "T": {
            "v": Slot(Number(1, -50, 50)),
            "z": Slot(Number(0, 0, 9), nullable=True),
            "w": Slot(Boolean()),
            "h": Slot(Boolean()),
        }
    },
)
Ends = tuple[Any, ...]
Rows = Sequence[Mapping[str, Ends]]


class Place:
    """A case, or a record of it, for the slow reading."""

    def __init__(self, facts: Mapping[str, Ends], rows: Rows, *, complete: bool) -> None:
        self.facts, self.rows, self.complete = facts, rows, complete

    def value(self, node: Name | Reach) -> Reading:
        assert isinstance(node, Name)
        ends = self.facts[node.name]
        if isinstance(node.type, Boolean):
            return Truth(*ends)
        if ends[0] is None:
            return None
        if isinstance(node.type, Survey):
            rate = Fraction(ends[0], ends[1])
            return Bounds(rate, rate)
        low, high, *none = ends
        return Bounds(exact(low, node.type), exact(high, node.type), bool(none and none[0]))

    def undefined(self, node: Name | Reach) -> bool:
        return False

    def survey(self, node: Name) -> tuple[int, int]:
        positive, asked = self.facts[node.name]
        return positive, asked

    def shown(self, node: Name | Reach) -> Truth:
        return SURELY

    def records(self, node: Over) -> Records:
        places = ((SURELY, Place({**self.facts, **row}, [], complete=True)) for row in self.rows)
        return Records(places, self.complete)


class Atoms:
    """The same for the compiled reading: every name is a local variable or a few."""

    def __init__(self) -> None:
        self.overs: dict[Node, Result] = {}

    def span(self, node: Name | Reach) -> Span:
        name = cast("Name", node).name
        if isinstance(node.type, Survey):
            return Span(f"divide({name}_0, {name}_1, 6)", f"divide({name}_0, {name}_1, 6)")
        return Span(f"{name}_0", f"{name}_1", f"{name}_2" if node.nullable else "")

    def ratio(self, node: Name | Reach) -> Ratio:
        name = cast("Name", node).name
        return Ratio(f"{name}_0", f"{name}_1", f"{name}_0", f"{name}_1")

    def sides(self, node: Name | Reach) -> Sides:
        name = cast("Name", node).name
        return Sides(f"{name}_0", f"{name}_1")

    def word(self, node: Name | Reach) -> str:
        raise AssertionError(node)

    def known(self, node: Name | Reach) -> Sides:
        return Sides("True", "True")

    def survey(self, node: Name) -> tuple[str, str]:
        return f"{node.name}_0", f"{node.name}_1"

    def flags(self, node: Name | Reach) -> tuple[str, ...]:
        return ()

    def over(self, node: Over) -> Result:
        return self.overs[bare(node)]


def slow(
    node: Node,
    facts: Mapping[str, Ends],
    rows: Rows = (),
    *,
    complete: bool = True,
    of: Functions = CORE,
) -> tuple[Any, ...]:
    """Return the ends of the slow reading, whether it may be none, and whether it is undefined."""
    evaluation = Evaluation(Place(facts, rows, complete=complete), of)
    found = evaluation.read(node)
    if isinstance(found, Truth):
        return (*found, evaluation.undefined)
    if found is None:
        return (None, evaluation.undefined)
    assert isinstance(found, Bounds)
    return (*found, evaluation.undefined)


def fast(
    node: Node,
    facts: Mapping[str, Ends],
    rows: Rows = (),
    *,
    complete: bool = True,
    of: Functions = CORE,
) -> tuple[Any, ...]:
    """Return the same of the compiled reading."""
    lines, atoms = Lines(), Atoms()
    unpacked = [f"{name}_{place}" for name in facts for place in range(len(facts[name]))]
    if unpacked:
        lines.add(f"({', '.join(unpacked)},) = facts")
    tasks = [
        Task(cast("Over", bare(over)), f"x{place}", "complete", f"x{place}z", functions=of)
        for place, over in enumerate(part for part in walk(node) if isinstance(part, Over))
    ]
    for task in tasks:
        before(lines, task)
        atoms.overs[task.node] = task.result
    fields = list(rows[0]) if rows else []
    cells = [f"{name}_{place}" for name in fields for place in range(len(rows[0][name]))]
    if rows:
        lines.add(f"for ({', '.join(cells)},) in rows:")
        lines.depth += 1
        lines.add("pass")
        gather(lines, atoms, tasks, "")
        lines.depth -= 1
    for task in tasks:
        after(lines, task)
    emitter = Emitter(lines, atoms, of)
    found = emitter.fact(node, None, None)
    flag = f"bool({' or '.join(emitter.flags) or False})"
    if isinstance(found, Sides):
        lines.add(f"return bool({found.must}), bool({found.may}), {flag}")
    else:
        ends = found.ratio if isinstance(found, Quotient) else found
        lines.add(f"return {', '.join(ends[:-1])}, {ends[-1] or False}, {flag}")
    text = "\n".join(["def reading(facts, rows, complete):", *lines.lines])
    names: dict[str, Any] = dict(runtime(of))
    exec(text, names)  # noqa: S102  # our own text
    flat = [tuple(end for ends in row.values() for end in ends) for row in rows]
    out = names["reading"]([end for ends in facts.values() for end in ends], flat, complete)
    if isinstance(found, Sides):
        return tuple(out)
    *values, none, undefined = out
    if values[0] is None:
        return (None, undefined)
    if isinstance(found, Quotient):
        assert values[1] > 0
        assert values[3] > 0
        return Fraction(*values[:2]), Fraction(*values[2:]), bool(none), undefined
    kind = ranged(node.type)
    low, high = (exact(end, kind) for end in values)
    return low, high, bool(none), undefined


def both(
    text: str,
    facts: Mapping[str, Ends],
    rows: Rows = (),
    *,
    complete: bool = True,
    of: Functions = CORE,
) -> tuple[Any, ...]:
    """Return what both readings give, which is the same."""
    node = parse(text, SCOPE, functions=of)
    found = slow(node, facts, rows, complete=complete, of=of)
    assert fast(node, facts, rows, complete=complete, of=of) == found
    return found


# A function is one class


class Spread(Scalar):
    """How far two numbers lie apart, at least 0."""

    name: ClassVar[str] = "spread"
    takes: ClassVar[tuple[Takes, ...]] = ("number",)
    least: ClassVar[int] = 2
    most: ClassVar[int] = 2
    words: ClassVar[Title] = Title("{0}超过{1}之数", "what {0} is above {1}")

    def typed(self, arguments: Sequence[Node]) -> Typing:
        a, b = (cast("Number", ranged(one.type)) for one in arguments)
        return Typing(Number(0, max(0, a.low - b.high), max(0, a.high - b.low)))

    def may_be_undefined(self, node: tree.Call) -> bool:
        return False

    def slow(self, node: tree.Call, evaluation: Slow) -> Bounds | None:
        a, b = (evaluation.number(one) for one in node.arguments)
        if a is None or b is None:
            return None
        nothing = Fraction(0)
        return Bounds(max(nothing, a.low - b.high), max(nothing, a.high - b.low), a.none or b.none)

    def compiled(self, node: tree.Call, writer: Emitting) -> Span:
        a, b = spans = [writer.span(one) for one in node.arguments]
        return Span(
            *joint(
                writer.lines,
                spans,
                lambda: (f"max(0, {a.low} - {b.high})", f"max(0, {a.high} - {b.low})"),
            )
        )

    def smt(self, node: tree.Call, reading: Proving) -> Extent:
        a, b = (reading.number(one) for one in node.arguments)
        far = reading.plus(a.low, Ratio_(-b.high.top, b.high.bottom))
        near = reading.plus(a.high, Ratio_(-b.low.top, b.low.bottom))
        ends = (greatest_of(reading, Ratio_(0), one) for one in (far, near))
        return spread(reading, *ends, a, b)

    def sql(self, node: tree.Call, writer: Any) -> scaled.Span:
        a, b = (writer.span(one) for one in node.arguments)
        nothing = writer.number(0)
        low, high = (scaled.greatest([nothing, end]) for end in (a.low - b.high, a.high - b.low))
        return scaled.Span(low, high, either_none(a, b))


class Squares(Aggregate):
    """The sum of the squares of whole numbers of at least 0."""

    name: ClassVar[str] = "squares"
    value: ClassVar[Value] = "number"
    words: ClassVar[Title] = Title(
        "{register}{where}的{value}平方和", "the squares of {value} over {register}{where}"
    )
    undefined_of_none: ClassVar[bool] = False

    def typed(self, value: Node | None) -> Typing:
        kind = cast("Number", ranged(cast("Node", value).type))
        return Typing(Number(0, 0, kind.high**2 * 10**9), (kind.high**2 * 10**9,))

    def slow(self, node: Over, rows: Sequence[Seen], evaluation: Slow, *, complete: bool) -> Bounds:
        low = high = Fraction(0)
        for where, inner in rows:
            found = inner.number(cast("Node", node.value))
            if found is not None:
                high += found.high**2
                low += found.low**2 if where.must and not found.none else 0
        return Bounds(low, high if complete else exact(cast("Number", node.type).high, node.type))

    def result(self, task: Gathering) -> Span:
        return Span(f"{task.name}l", f"{task.name}h")

    def before(self, lines: Lines, task: Gathering) -> None:
        lines.add(f"{task.name}l = {task.name}h = 0")

    def body(self, writer: Emitting, task: Gathering, must: str) -> None:
        n, lines = task.name, writer.lines
        span = taken(writer, task, cast("Node", task.node.value))
        more = f"{n}h += {span.high} * {span.high}"
        if_there(
            lines,
            span,
            lambda: either(
                lines,
                surely(must, span),
                lambda: lines.add(f"{n}l += {span.low} * {span.low}; {more}"),
                lambda: lines.add(more),
            ),
        )

    def after(self, lines: Lines, task: Gathering) -> None:
        high = cast("Number", task.node.type).high
        lines.add(f"if not {task.complete}: {task.name}h = {high}")

    def smt(self, node: Over, rows: Sequence[Row], reading: Proving) -> Extent:
        total = Ratio_(0)
        for row in rows:
            found = row.inner.number(cast("Node", node.value))
            square = reading.times(found.low, found.low)
            part = reading.times(Ratio_(row.times), square)
            total = reading.plus(total, reading.pick(row.where.must, part, Ratio_(0)))
        return known_as(total)

    def sql(self, task: Any, writer: Any) -> scaled.Span:
        span = writer.span(task.node.value)
        sure = task.where.must & ~(span.none or scaled.NO)
        low, high = (
            task.total(span.low * span.low, sure),
            task.total(span.high * span.high, task.where.may),
        )
        most = writer.number(cast("Number", task.node.type).high)
        return scaled.Span(low, scaled.choose([(task.complete, high)], most))


WITH_OURS = table((Spread, Squares), base=CORE)
ROWS = (
    {"v": (10, 10), "z": (3, 3, False), "w": (True, True)},
    {"v": (-5, 20), "z": (2, 4, True), "w": (False, True)},
    {"v": (0, 0), "z": (None, None, True), "w": (True, True)},
    {"v": (7, 7), "z": (9, 9, False), "w": (False, False)},
)


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Listed(Over):
    """A function over records that lists them, whether or not the tree has the field yet."""

    listed: bool = True


PARTS = ("type", "at", "nullable", "function", "register", "value", "where", "claimed")


class Words:
    """What names are called."""

    def name(self, node: Name | Reach) -> Title:
        return Title(*2 * [cast("Name", node).name])

    def register(self, name: str) -> Title:
        return Title("台账", "Rows")

    def option(self, node: Node, option: str) -> Title:
        return Title(*2 * [option])

    def inside(self, register: str) -> Words:
        return self


def test_a_new_scalar_function_enters_by_one_class() -> None:
    assert both("spread(a, b)", {"a": (2, 5), "b": (3, 4)}, of=WITH_OURS) == (0, 2, False, False)
    assert both("spread(a, n) >= 3", {"a": (7, 7), "n": (None, None, True)}, of=WITH_OURS) == (
        False,
        False,
        False,
    )
    node = parse("spread(a, 3) > 1", SCOPE, functions=WITH_OURS)
    assert phrase(node, Words(), "en", WITH_OURS) == "what a is above 3 is above 1"
    assert phrase(node, Words(), "zh", WITH_OURS) == "a超过3之数高于1"
    with pytest.raises(ExpressionError, match="unknown function `spread`"):
        parse("spread(a, b)", SCOPE)
    with pytest.raises(ExpressionError, match="`spread` cannot take `ok`"):
        parse("spread(ok, a)", SCOPE, functions=WITH_OURS)


def test_a_new_function_over_records_enters_by_one_class() -> None:
    # 3 squared surely; 2 … 4 squared of a record that may count; nothing of none.
    assert both("squares(T, z, w)", {}, ROWS, of=WITH_OURS) == (9, 25, False, False)
    assert both("squares(T, z)", {}, ROWS, of=WITH_OURS) == (90, 106, False, False)
    assert both("squares(T, z)", {}, ROWS, complete=False, of=WITH_OURS)[1] == 81 * 10**9
    node = parse("squares(T, z, w) > 4", SCOPE, functions=WITH_OURS)
    assert phrase(node, Words(), "en", WITH_OURS) == "the squares of z over rows where w is above 4"
    assert phrase(node, Words(), "zh", WITH_OURS) == "台账（w）的z平方和高于4"


def test_a_function_that_lacks_a_reading_does_not_enter() -> None:
    for root, sample in ((Scalar, Spread), (Aggregate, Squares)):
        assert root.__abstractmethods__
        for reading in root.__abstractmethods__:
            without = type("Without", (sample,), {reading: getattr(root, reading)})
            with pytest.raises(TypeError, match=reading):
                table((without,))


def test_a_function_says_all_of_itself_and_has_a_name_of_its_own() -> None:
    with pytest.raises(TypeError, match="two functions are called min"):
        table((type("Min", (Spread,), {"name": "min"}),), base=CORE)
    nameless = type(
        "Nameless", (Scalar,), {k: v for k, v in vars(Spread).items() if k not in {"name", "words"}}
    )
    with pytest.raises(TypeError, match="Nameless does not say its name, words"):
        table((nameless,))


# Closed sets


def test_every_node_kind_is_in_the_closed_set() -> None:
    found = {
        one
        for _, one in inspect.getmembers(tree, inspect.isclass)
        if issubclass(one, Node) and one is not Node
    }
    assert found == set(get_args(Kind)) | set(get_args(Scored))


def matches() -> Iterator[tuple[str, ast.Match]]:
    for file in sorted(Path(str(steelyard.expression.__file__)).parent.rglob("*.py")):
        if file.stem == "tree":
            # What has no parts is most of a tree.
            continue
        for part in ast.walk(ast.parse(file.read_text("utf-8"))):
            if isinstance(part, ast.Match):
                yield f"{file.stem}:{part.lineno}", part


@pytest.mark.parametrize(
    ("where", "found"), [pytest.param(where, found, id=where) for where, found in matches()]
)
def test_every_match_is_complete(where: str, found: ast.Match) -> None:
    """What ends so is held complete by the type checker; over Python's own tree, the last case
    refuses.
    """
    last = ast.unparse(found.cases[-1])
    assert "assert_never" in last or "_refuse" in last, where


def test_no_function_is_known_by_name_outside_its_module() -> None:
    for file in sorted(Path(str(steelyard.expression.__file__)).parent.glob("*.py")):
        said = {
            part.value
            for part in ast.walk(ast.parse(file.read_text("utf-8")))
            if isinstance(part, ast.Constant) and isinstance(part.value, str)
        }
        # The parser makes `given` of `not in`; `any` is told by its own words elsewhere.
        allowed = {"given"} if file.stem == "parse" else set()
        assert not said & set(CORE.names) - allowed, file.name


def test_every_function_has_words_in_both_languages_and_a_documented_kind() -> None:
    words = [entry.words for entry in CORE.scalars.values()]
    for said in (*words, *(entry.words for entry in CORE.aggregates.values())):
        assert said.zh
        assert said.en
    assert {wants for entry in CORE.scalars.values() for wants in entry.takes} == set(
        get_args(functions.Takes)
    )
    assert {entry.value for entry in CORE.aggregates.values()} == set(get_args(functions.Value))


# Rates compare exactly

EDGES = {
    "one short of all": ("big / 3000000 >= 1", {"big": (2999999, 2999999)}, False),
    "all": ("big / 3000000 >= 1", {"big": (3000000, 3000000)}, True),
    "one more than all": ("big / 3000000 > 1", {"big": (3000001, 3000001)}, True),
    "all is not more": ("big / 3000000 > 1", {"big": (3000000, 3000000)}, False),
    "one short is below": ("big / 3000000 < 1", {"big": (2999999, 2999999)}, True),
    "a third is above its six places": ("b / 3 > 0.333333", {"b": (1, 1)}, True),
    "a third is none of its places": ("b / 3 == 0.333333", {"b": (1, 1)}, False),
    "two thirds are below theirs": ("b / 3 < 0.666667", {"b": (2, 2)}, True),
    "a third is a third": ("b / 3 == 3 / 9", {"b": (1, 1)}, True),
    "a third is in a list of quarters": ("b / 4 in [0.5, 0.25]", {"b": (1, 1)}, True),
    "a third is in no list of decimals": ("b / 3 in [0.333333, 0.333334]", {"b": (1, 1)}, False),
    "not in": ("b / 3 not in [0.333333]", {"b": (1, 1)}, True),
    "threshold on the left": ("1 <= big / 3000000", {"big": (2999999, 2999999)}, False),
    "a survey": ("s >= 1", {"s": (2999999, 3000000)}, False),
    "a survey at its threshold": ("s >= 0.94", {"s": (470, 500)}, True),
    "part": ("part(big, 1) >= 1", {"big": (2999999, 2999999)}, False),
    "part just reaches": ("part(big, 1) >= 0.75", {"big": (3, 3)}, True),
    "through if": (("(big / 3000000 if ok else "
                   "1) >= 1"), {"big": (2999999,) * 2, "ok": (True,) * 2}, False),
    "the other branch": (("(big / 3000000 if ok else "
                         "1) >= 1"), {"big": (0, 0), "ok": (False,) * 2}, True),
    "through min": ("min(big / 3000000, 2) >= 1", {"big": (2999999,) * 2}, False),
    "through max": ("max(big / 3000000, 0.5) >= 1", {"big": (2999999,) * 2}, False),
    "max takes the plain one": ("max(b / 3, 0.5) == 0.5", {"b": (1, 1)}, True),
    "rounded first, it is all": ("round(big / 3000000, 6) >= 1", {"big": (2999999,) * 2}, True),
    "worked with, it is rounded": ("1 - big / 3000000 <= 0", {"big": (2999999,) * 2}, True),
    "its size is rounded": ("abs(big / 3000000) >= 1", {"big": (2999999,) * 2}, True),
    "a negative divisor": ("b / a < -0.333333", {"b": (1, 1), "a": (-3, -3)}, True),
    "both negative": ("(b - 2) / a > 0.333333", {"b": (1, 1), "a": (-3, -3)}, True),
    "scales differ": ("b / c > 0.333333", {"b": (1, 1), "c": (30, 30)}, True),
    "the other way": ("c / b > 0.333333", {"b": (3, 3), "c": (10, 10)}, True),
    "of none": ("n / 3 < 5", {"n": (None, None, True)}, False),
}  # fmt: skip


@pytest.mark.parametrize(("text", "facts", "holds"), EDGES.values(), ids=EDGES)
def test_a_rate_compares_exactly(text: str, facts: dict[str, Ends], holds: bool) -> None:  # noqa: FBT001
    assert both(text, facts) == (holds, holds, False)


def test_a_share_and_a_mean_compare_exactly() -> None:
    three = ROWS[:1] + ROWS[2:]
    assert both("share(T, w) > 0.666666", {}, three)[:2] == (True, True)
    assert both("share(T, w) == 2 / 3", {}, three)[:2] == (True, True)
    # (1.0 + 0.0 + 0.7) / 3 is 0.5666…
    assert both("mean(T, v) < 0.566667", {}, three)[:2] == (True, True)
    assert both("mean(T, v) > 0.566666", {}, three)[:2] == (True, True)


def test_an_open_rate_is_read_at_its_exact_ends() -> None:
    assert both("b / 3 >= 0.333334", {"b": (1, 2)}) == (False, True, False)
    assert both("b / 3 > 0.333333", {"b": (1, 2)}) == (True, True, False)
    assert both("a / 3", {"a": (-2, 1)}) == (Fraction(-2, 3), Fraction(1, 3), False, False)
    assert both("b / c", {"b": (1, 2), "c": (10, 30)}) == (Fraction(1, 3), 2, False, False)
    assert both("(b / 3 if ok else 1)", {"b": (1, 2), "ok": (False, True)}) == (
        Fraction(1, 3),
        1,
        False,
        False,
    )
    assert both("n / 3", {"n": (1, 2, True)}) == (Fraction(1, 3), Fraction(2, 3), True, False)
    assert both("n / 3 > 0.333333", {"n": (1, 2, True)}) == (False, True, False)


def test_a_divisor_that_may_be_zero_leaves_the_whole_range() -> None:
    assert both("1 / b", {"b": (0, 3)}) == (Fraction(1, 9), 1, False, True)
    assert both("1 / a", {"a": (-3, 3)}) == (-1, 1, False, True)
    assert both("1 / a", {"a": (-3, -2)}) == (Fraction(-1, 2), Fraction(-1, 3), False, False)


def test_what_leaves_38_digits_in_a_comparison_is_refused() -> None:
    assert parse("wide / wide >= wide / wide", SCOPE)  # 10**18 times 10**18
    for text in (
        "mean(T, wide) >= wide * wide / (wide + 1)",
        "(wide * 1000000 / (wide + 1)) == (wide + 1) / (wide * 1000000)",
        "(1 if (wide * 1000000 / (wide + 1)) == (wide + 1) / (wide * 1000000) else 2)",
        "min(wide * 1000000 / (wide + 1), (wide + 1) / (wide * 1000000))",
    ):
        with pytest.raises(ExpressionError, match="could need more than 38 digits"):
            parse(text, SCOPE)


def test_rates_are_told_by_their_types() -> None:
    rates = ("a / 3", "part(b, 1)", "share(T, w)", "mean(T, v)", "s", "min(a / 3, b)", "(s if ok else b)")  # fmt: skip
    plain = ("a", "round(a / 3, 6)", "1 - a / 3", "-(a / 3)", "abs(s)", "total(T, v / 3)", "min(a, b)", "highest(T, v / 3)")  # fmt: skip
    assert all(is_ratio(parse(text, SCOPE)) for text in rates)
    assert not any(is_ratio(parse(text, SCOPE)) for text in plain)


# Confident comparisons

CONFIDENT = {
    "surely reached": ("s >= 0.9", (4700, 5000), (True, True)),
    "surely reached, threshold on the left": ("0.9 <= s", (4700, 5000), (True, True)),
    "surely above, threshold on the left": ("0.9 < s", (4700, 5000), (True, True)),
    "surely not below, threshold on the left": ("0.9 > s", (4700, 5000), (False, False)),
    "surely not at most, threshold on the left": ("0.9 >= s", (4700, 5000), (False, False)),
    "surely missed, threshold on the left": ("0.96 <= s", (4000, 5000), (False, False)),
    "too few to tell, threshold on the left": ("0.9 <= s", (47, 50), (False, True)),
    "in a branch": ("(0.9 <= s if b > 8 else s > 2)", (4700, 5000), (True, True)),
    "a threshold that is a rate": ("s >= b / 10", (4700, 5000), (True, True)),
    # One of one asked: 0.8 below or above, which is less than one answer, and squared more than
    # 3.841459 x 0.8 x 0.2.
    "one below, not above": ("s > 0.8", (0, 1), (False, False)),
    "one below, not at least": ("s >= 0.8", (0, 1), (False, False)),
    "one below": ("s < 0.8", (0, 1), (True, True)),
    "one below, at most": ("s <= 0.8", (0, 1), (True, True)),
    "one above": ("s > 0.2", (1, 1), (True, True)),
    "one above, at least": ("s >= 0.2", (1, 1), (True, True)),
    "one above, not below": ("s < 0.2", (1, 1), (False, False)),
    "one above, not at most": ("s <= 0.2", (1, 1), (False, False)),
    # All of them are at least all, and not more.
    "all, at least": ("s >= 1", (5, 5), (True, True)),
    "all, not above": ("s > 1", (5, 5), (False, False)),
    "all, at most": ("s <= 1", (5, 5), (True, True)),
    "all, not below": ("s < 1", (5, 5), (False, False)),
}


@pytest.mark.parametrize(("text", "counts", "sides"), CONFIDENT.values(), ids=CONFIDENT)
def test_a_confident_comparison_reads_alike_from_either_side(
    text: str, counts: tuple[int, int], sides: tuple[bool, bool]
) -> None:
    node = confident(parse(text, SCOPE), 3841459, "rule")
    facts = {"s": counts, "b": (9, 9)}
    assert slow(node, facts)[:2] == fast(node, facts)[:2] == sides


# Means


def test_the_mean_is_exact_over_every_choice_of_records_that_may_count() -> None:
    values = (-50, -10, 0, 5, 30)
    node = parse("mean(T, v, w)", SCOPE)
    for count, picked in enumerate(itertools.product(values, repeat=4)):
        if count % 3:
            continue
        must, may = picked[: 1 + count % 2], picked[1 + count % 2 :]
        rows = [
            {"v": (value, value + 7), "w": (value in must and place < len(must), True)}
            for place, value in enumerate((*must, *may))
        ]
        choices = [
            [*must, *some]
            for size in range(len(may) + 1)
            for some in itertools.combinations(may, size)
        ]
        low = min(Fraction(sum(one), 10 * len(one)) for one in choices)
        high = max(Fraction(sum(value + 7 for value in one), 10 * len(one)) for one in choices)
        assert slow(node, {}, rows) == fast(node, {}, rows) == (low, high, False, False)


def test_the_mean_takes_in_what_lies_a_unit_beside_it_and_not_what_lies_on_it() -> None:
    rows = [{"v": (5, 5), "w": (True, True)}, {"v": (4, 6), "w": (False, True)}]
    # 0.45 and 0.55: one unit to either side is taken in.
    assert both("mean(T, v, w)", {}, rows)[:2] == (Fraction(9, 20), Fraction(11, 20))
    rows[1] = {"v": (6, 6), "w": (False, True)}
    assert both("mean(T, v, w)", {}, rows)[:2] == (Fraction(1, 2), Fraction(11, 20))
    rows[1] = {"v": (4, 4), "w": (False, True)}
    assert both("mean(T, v, w)", {}, rows)[:2] == (Fraction(9, 20), Fraction(1, 2))
    rows[1] = {"v": (5, 5), "w": (False, True)}
    assert both("mean(T, v, w)", {}, rows)[:2] == (Fraction(1, 2), Fraction(1, 2))


SHARES = {
    # Of each record whether it is asked and whether it has it: yes, open, no.
    "yes, open and no": ("TT T? TF", Fraction(1, 3), Fraction(2, 3)),
    "one that may be asked and has it": ("TF ?T", Fraction(0), Fraction(1, 2)),
    "one that may be asked and may have it": ("TF ??", Fraction(0), Fraction(1, 2)),
    "it lowers as well": ("TT ??", Fraction(1, 2), Fraction(1)),
    "one that may be asked and has it not": ("TT ?F", Fraction(1, 2), Fraction(1)),
    "all six": ("TT T? TF ?T ?? ?F", Fraction(1, 5), Fraction(4, 5)),
}
SIDES = {"T": (True, True), "?": (False, True), "F": (False, False)}


@pytest.mark.parametrize(("records", "low", "high"), SHARES.values(), ids=SHARES)
def test_a_share_is_the_least_and_the_greatest_of_any_completion(
    records: str, low: Fraction, high: Fraction
) -> None:
    rows = [{"w": SIDES[one[0]], "h": SIDES[one[1]]} for one in records.split()]
    assert both("share(T, h, w)", {}, rows) == (low, high, False, False)


BOUNDED = {
    "cut at the top, exactly": ("b / 3", (1, 5), (None, 10**6), (Fraction(1, 3), 1)),
    "cut at the bottom": ("a / 3", (-2, 1), (0, None), (0, Fraction(1, 3))),
    "left alone within": ("b / 3", (1, 2), (0, 10**6), (Fraction(1, 3), Fraction(2, 3))),
    "a bound of six places": ("b / 3", (1, 2), (333334, 666666), (Fraction(333334, 10**6), Fraction(666666, 10**6))),
}  # fmt: skip


@pytest.mark.parametrize(("text", "ends", "bounds", "held"), BOUNDED.values(), ids=BOUNDED)
def test_a_derived_rate_is_held_exactly_within_its_bounds(
    text: str, ends: Ends, bounds: tuple[int | None, int | None], held: tuple[Fraction, Fraction]
) -> None:
    lines = Lines()
    found = Emitter(lines, Atoms()).fact(parse(text, SCOPE), *bounds)
    assert isinstance(found, Quotient)
    number = found.span()
    lines.add(f"return {', '.join(found.ratio[:4])}, {number.low}, {number.high}")
    names: dict[str, Any] = dict(runtime())
    head = f"def reading({text[0]}_0, {text[0]}_1):"
    exec("\n".join([head, *lines.lines]), names)  # noqa: S102  # our own text
    low, under, high, over, *rounded = names["reading"](*ends)
    assert (Fraction(low, under), Fraction(high, over)) == held
    assert rounded == [round(end * 10**6) for end in held]  # nothing here lies halfway


def test_the_mean_passes_over_what_is_none_and_is_undefined_of_nothing() -> None:
    # 3 and 9 surely, 2 … 4 of a value that may be none: (3+9+2)/3 … 6.
    assert both("mean(T, z)", {}, ROWS) == (Fraction(14, 3), 6, False, False)
    assert both("mean(T, z)", {}, ROWS[2:3]) == (0, 9, False, True)
    assert both("mean(T, v, w)", {}, ROWS[1:2]) == (-5, 5, False, True)
    assert both("mean(T, v, w)", {}, ROWS, complete=False) == (-5, 5, False, False)


# Dates

MONTHS = {
    "the same day": ("2026-03-15", 1, "2026-04-15"),
    "the last day of a shorter month": ("2026-01-31", 1, "2026-02-28"),
    "of a leap year": ("2024-01-31", 1, "2024-02-29"),
    "a year later": ("2024-02-29", 12, "2025-02-28"),
    "over the year's end": ("2026-11-30", 3, "2027-02-28"),
    "into December": ("2026-10-31", 2, "2026-12-31"),
    "backward": ("2026-03-31", -1, "2026-02-28"),
    "backward over the year": ("2026-01-15", -13, "2024-12-15"),
    "none": ("2026-01-31", 0, "2026-01-31"),
    "beyond the last year": ("9999-11-30", 2, "9999-12-31"),
    "the last month": ("9999-11-30", 1, "9999-12-30"),
    "before the first year": ("0001-01-31", -1, "0001-01-01"),
    "far beyond": ("2026-01-01", 10**12, "9999-12-31"),
    "far before": ("2026-01-01", -(10**12), "0001-01-01"),
}


@pytest.mark.parametrize(("day", "steps", "then"), MONTHS.values(), ids=MONTHS)
def test_months_after_is_the_same_day_or_the_last_of_a_shorter_month(
    day: str, steps: int, then: str
) -> None:
    start, end = (cast("int", tree_of_day(text)) for text in (day, then))
    assert MonthsAfter().moved(start, steps) == months_after(start, steps) == end
    assert both(f"months_after(d, {steps}) == '{then}'", {"d": (start, start)})[:2] == (True, True)


def tree_of_day(text: str) -> object:
    return next(
        part.value
        for part in walk(parse(f"d == '{text}'", SCOPE))
        if isinstance(part, tree.Literal)
    )


def test_days_after_stays_within_the_calendar() -> None:
    assert both("days_after(d, 30)", {"d": (739000, 739010)})[:2] == (739030, 739040)
    assert both("days_after(d, a)", {"d": (739000, 739010), "a": (-2, 3)})[:2] == (738998, 739013)
    assert both("days_after(d, 1)", {"d": (LAST_DAY, LAST_DAY)})[:2] == (LAST_DAY, LAST_DAY)
    assert both("days_after(d, -1)", {"d": (FIRST_DAY, FIRST_DAY)})[:2] == (FIRST_DAY, FIRST_DAY)
    assert parse("days_after('2026-01-01', b)", SCOPE).type == Date(739617, 739626)
    assert parse("months_after('2026-01-31', b)", SCOPE).type == Date(739647, 739920)


PHRASES = {
    "days_after(d, 30) > d": ("d后30天晚于d", "30 days after d is after d"),
    "days_after(d, -1) > d": ("d前1天晚于d", "1 day before d is after d"),
    "months_after(d, 1) > d": ("d后1个月晚于d", "1 month after d is after d"),
    "months_after(d, b) > d": ("d后b个月晚于d", "b months after d is after d"),
    "min(1, a / 3) > 0": ("a除以3（至多1）高于0", "a / 3 (at most 1) is above 0"),
    "max(b, 2) > a": ("b（至少2）高于a", "b (at least 2) is above a"),
    "min(a, b) > 2": ("a、b中最小者高于2", "the least of a and b is above 2"),
    "min(a, b, 4) > 2": ("a、b、4中最小者高于2", "the least of a and b and 4 is above 2"),
    "mean(T, v, w) > 2": ("台账（w）的v平均值高于2", "the mean of v over rows where w is above 2"),
}


@pytest.mark.parametrize(("text", "said"), PHRASES.items(), ids=PHRASES)
def test_the_new_functions_read_as_an_office_would_write_them(
    text: str, said: tuple[str, str]
) -> None:
    node = parse(text, SCOPE)
    assert (phrase(node, Words(), "zh"), phrase(node, Words(), "en")) == said


# Figures that do not contradict

FIGURES = {
    "all": (Fraction(1), None, "100%"),
    "two decimals": (Fraction(1, 3), None, "33.33%"),
    "one decimal that is all of it": (Fraction(905, 1000), None, "90.5%"),
    "not rounder than it is": (Fraction(999999, 10**6), None, "99.9999%"),
    "nor where six places would be": (Fraction(2999999, 3000000), None, "99.99997%"),
    "beside what it fails": (Fraction(2999999, 3000000), Fraction(1), "99.99997%"),
    "beside a near threshold": (Fraction(66664, 10**5), Fraction(6666, 10**4), "66.664%"),
    "beside its like": (Fraction(2, 3), Fraction(666667, 10**6), "66.66667%"),
    "beside itself": (Fraction(2, 3), Fraction(2, 3), "66.67%"),
}


@pytest.mark.parametrize(("value", "beside", "said"), FIGURES.values(), ids=FIGURES)
def test_a_rate_never_looks_like_what_it_is_not(
    value: Fraction, beside: Fraction | None, said: str
) -> None:
    assert figure(value, RATE, beside) == said


def test_a_figure_beside_its_threshold_is_told_apart() -> None:
    kind = Number(6, 0, 5 * 10**6)
    assert figure(Fraction(39999999, 10**7), kind) == "4"
    assert figure(Fraction(39999999, 10**7), kind, Fraction(4)) == "3.9999999"
    assert figure(Fraction(4), kind, Fraction(4)) == "4"
    assert figure(Fraction(739617), Date()) == "2026-01-01"


# One loop


def test_functions_with_the_same_condition_ask_it_once() -> None:
    node = parse("count(T, w and v > 1) + total(T, v, w and v > 1)", SCOPE)
    lines, atoms = Lines(), Atoms()
    tasks = [
        Task(over, f"x{place}", "True")
        for place, over in enumerate(part for part in walk(node) if isinstance(part, Over))
    ]
    gather(lines, atoms, tasks, "")
    text = "\n".join(lines.lines)
    assert text.count("w_1") == 1
    rows = [{"v": (one, one), "w": (one != 30, one != 5)} for one in (5, 20, 30, 40)]
    # 20 and 40 surely; 30 does not say, of which w may hold: 2 … 3 records, 6.0 … 9.0.
    assert both("count(T, w and v > 1)", {}, rows)[:2] == (2, 3)
    assert both("count(T, w and v > 1) + total(T, v, w and v > 1)", {}, rows)[:2] == (8, 12)


def test_a_total_lists_the_records_that_count_and_have_a_value() -> None:
    node = cast("Over", bare(parse("total(T, z, w)", SCOPE)))
    lines, listed = Lines(), Listed(**{one: getattr(node, one) for one in PARTS})
    task = Task(listed, "x", "True")
    assert task.records == "xr"
    assert Task(node, "x", "True").records == ""
    before(lines, task)
    lines.add("for record, (z_0, z_1, z_2, w_0, w_1) in rows:")
    lines.depth += 1
    gather(lines, Atoms(), [task], "")
    lines.depth -= 1
    after(lines, task)
    lines.add(f"return {task.records}, xl, xh")
    text = "\n".join(["def reading(rows):", *lines.lines])
    names: dict[str, Any] = dict(runtime())
    exec(text, names)  # noqa: S102  # our own text
    rows = [
        (f"r{place}", tuple(end for name in "zw" for end in row[name]))
        for place, row in enumerate(cast("Rows", ROWS))
    ]
    # The third has no value and the fourth does not count.
    assert names["reading"](rows) == (["r0", "r1"], 3, 7)


# Of each record what `v`, of tenths, or `z`, which may be none, may be, and how surely it counts.
SURE, MAYBE = (True, True), (False, True)
DISTINCT: dict[str, tuple[str, list[tuple[Ends, tuple[bool, bool]]], bool, Ends]] = {
    "what is known": ("v", [((10, 10), SURE), ((10, 10), SURE), ((20, 20), SURE)], True, (2, 2)),
    "what is open": ("v", [((10, 10), SURE), ((10, 20), SURE)], True, (1, 2)),
    "nothing but what is open": ("v", [((10, 20), SURE), ((10, 30), SURE)], True, (1, 2)),
    "what may count": ("v", [((10, 10), SURE), ((20, 20), MAYBE)], True, (1, 2)),
    "what may count, and is there": ("v", [((10, 10), SURE), ((10, 10), MAYBE)], True, (1, 1)),
    "only what may count": ("v", [((10, 20), MAYBE)], True, (0, 1)),
    "of numbers from -5.0 to 5.0": ("v", [((10, 10), SURE)], False, (1, 101)),
    "what may be none": ("z", [((3, 3, True), SURE)], True, (0, 1)),
    "what may be none, beside what is not": (
        "z", [((3, 3, True), SURE), ((3, 3, False), SURE)], True, (1, 2),
    ),
    "what is none": ("z", [((None, None, True), SURE), ((3, 3, False), SURE)], True, (1, 1)),
    "what is open, but there": ("z", [((3, 4, False), SURE)], True, (1, 1)),
    "no more than there are": ("z", [((0, 9, False), SURE)] * 11, True, (1, 10)),
}  # fmt: skip


@pytest.mark.parametrize(("field", "told", "complete", "ends"), DISTINCT.values(), ids=DISTINCT)
def test_how_many_distinct_values_there_are(
    field: str,
    told: list[tuple[Ends, tuple[bool, bool]]],
    complete: bool,  # noqa: FBT001
    ends: Ends,
) -> None:
    other = {"v": (0, 0), "z": (0, 0, False), "h": (True, True)}
    rows = [{**other, field: value, "w": counts} for value, counts in told]
    found = both(f"distinct(T, {field}, w)", {}, rows, complete=complete)
    assert found == (*ends, False, False)


def test_what_more_records_may_add_to_a_total() -> None:
    # -3 of what is at most 0 may become less by a thousand million records, but never more.
    row = {"v": (0, 0), "z": (3, 3, False), "w": (True, True), "h": (True, True)}
    assert both("total(T, -z)", {}, [row], complete=False) == (-9 * 10**9, -3, False, False)
    assert both("total(T, z)", {}, [row], complete=False) == (3, 9 * 10**9, False, False)
    assert both("total(T, v)", {}, [row], complete=False)[:2] == (-5 * 10**9, 5 * 10**9)


@pytest.mark.parametrize(
    ("ends", "bounds", "held"),
    [
        ((1, 5, False), (0, 10**6), (Fraction(1, 3), Fraction(1))),
        ((-5, 2, False), (0, 10**6), (Fraction(0), Fraction(2, 3))),
        ((None, None, True), (0, 10**6), None),
    ],
    ids=["held at the top", "held at the bottom", "none"],
)
def test_a_derived_rate_that_may_be_none_is_held_or_none(
    ends: Ends, bounds: tuple[int, int], held: tuple[Fraction, Fraction] | None
) -> None:
    lines = Lines()
    found = Emitter(lines, Atoms()).fact(parse("n / 3", SCOPE), *bounds)
    assert isinstance(found, Quotient)
    lines.add(f"return {', '.join(found.ratio[:4])}")
    names: dict[str, Any] = dict(runtime())
    exec("\n".join(["def reading(n_0, n_1, n_2):", *lines.lines]), names)  # noqa: S102  # our own text
    low, under, high, over = names["reading"](*ends)
    if held is None:
        assert (low, high) == (None, None)
    else:
        assert (Fraction(low, under), Fraction(high, over)) == held


# A dividend and a divisor by their signs; b is from 0 to 9, c from 0.1 to 9.0.
QUOTIENTS = {
    "of -1": ("(b - 1) / c", (0, 0), (10, 20), (-1, Fraction(-1, 2))),
    "of -1 to 1": ("(b - 1) / c", (0, 2), (10, 20), (-1, 1)),
    "of at least 0": ("b / c", (1, 2), (10, 20), (Fraction(1, 2), 2)),
    "of at most 0": ("(0 - b) / c", (2, 4), (10, 20), (-4, -1)),
    "of nothing": ("(0 - b) / c", (0, 0), (10, 20), (0, 0)),
    "of at most -1": ("(0 - b - 1) / c", (0, 1), (10, 20), (-2, Fraction(-1, 2))),
    "by what is below 0": ("b / (0 - c)", (1, 2), (10, 20), (-2, Fraction(-1, 2))),
    "of -1 by what is below 0": ("(b - 1) / (0 - c)", (0, 2), (10, 20), (-1, 1)),
}


@pytest.mark.parametrize(("text", "b", "c", "ends"), QUOTIENTS.values(), ids=QUOTIENTS)
def test_a_quotient_by_the_signs_of_its_sides(text: str, b: Ends, c: Ends, ends: Ends) -> None:
    assert both(text, {"b": b, "c": c}) == (*ends, False, False)
