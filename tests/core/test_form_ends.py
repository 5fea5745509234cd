"""What a form that a plugin brings could earn and reads, whatever its nodes say of themselves;
results worked out by hand.
"""

from __future__ import annotations

from fractions import Fraction
from types import SimpleNamespace
from typing import Any, cast

import pytest
from pydantic import create_model

from steelyard.expression.tree import (
    Arithmetic,
    Asked,
    Call,
    Choose,
    Compare,
    Coverage,
    Defined,
    Literal,
    Logic,
    Mean,
    Name,
    Node,
    Not,
    Over,
    Part,
    Portion,
    Present,
    Reach,
    Settle,
    Sign,
    Within,
)
from steelyard.expression.types import Boolean, Choice, Date, Number, Survey, Text
from steelyard.forms.check import ends_of, leaves_its_points, misfits, unnamed
from steelyard.forms.form import Form, FormFact, Lowered, Lowering
from steelyard.forms.table import FORMS, with_forms

WRONG = Number(0, 77, 99)
"""What no node is, whatever it says of itself."""
TRUTH = Boolean()


def figure(units: int, scale: int = 0) -> Literal:
    return Literal(type=Number(scale, units, units), value=units)


def span(low: int, high: int, scale: int = 0) -> Name:
    return Name(type=Number(scale, low, high), kind="fact", name="n")


def worked(op: Sign, left: Node, right: Node) -> Node:
    return Arithmetic(type=WRONG, op=op, left=left, right=right)


def call(function: str, *arguments: Node) -> Node:
    return Call(type=WRONG, function=function, arguments=arguments)


def mean(*parts: Part, full: int = 10, full_scale: int = 0, weight_scale: int = 0) -> Mean:
    return Mean(
        type=WRONG, parts=parts, full=full, full_scale=full_scale, weight_scale=weight_scale
    )


YES = Literal(type=TRUTH, value=True)
SETTLE = Settle(type=WRONG, item=span(2, 3))
ENDS: dict[str, tuple[Node, Any, Any]] = {
    "a figure": (figure(7), 7, 7),
    "a figure with places": (figure(75, 1), "7.5", "7.5"),
    "a truth": (YES, 1, 1),
    "a name": (span(-3, 4), -3, 4),
    "a name with places": (span(-35, 40, 1), "-3.5", 4),
    "a field of a party": (
        Reach(type=Number(2, 150, 250), base=span(0, 1), party="person", field="age"),
        "1.5", "2.5",
    ),
    "over records": (Over(type=Number(0, 0, 9), function="count", register="rows"), 0, 9),
    "a function that is not known": (
        Call(type=Number(1, -5, 5), function="abs", arguments=(span(0, 1),)), "-0.5", "0.5",
    ),
    "a survey": (Name(type=Survey(), kind="fact", name="s"), 0, 1),
    "a day": (Name(type=Date(10, 20), kind="fact", name="d"), 10, 20),
    "options with an order": (
        Name(type=Choice(("a", "b", "c"), ordered=True), kind="fact", name="o"), 0, 2,
    ),
    "what has no range": (Name(type=Text(), kind="fact", name="t"), 0, 0),
    "a choice": (Choose(type=WRONG, condition=YES, then=span(3, 5), otherwise=span(1, 4)), 1, 5),
    "a choice, the other way": (
        Choose(type=WRONG, condition=YES, then=span(1, 4), otherwise=span(3, 5)), 1, 5,
    ),
    "a sum": (worked("+", span(-1, 2), span(10, 20)), 9, 22),
    "a difference": (worked("-", span(-1, 2), span(10, 20)), -21, -8),
    # -2 x 7 and -2 x -5.
    "a product": (worked("*", span(-2, 1), span(-5, 7)), -14, 10),
    # 6 : 2 and -4 : 2.
    "a quotient": (worked("/", span(-4, 6), span(2, 4)), -2, 3),
    "a quotient by what is below 0": (worked("/", span(-4, 6), span(-4, -2)), -3, 2),
    "a quotient by what may be 0": (worked("/", span(1, 1), span(0, 4)), -(10**18), 10**18),
    "a quotient by what may be 0 at most": (
        worked("/", span(1, 1), span(-4, 0)), -(10**18), 10**18,
    ),
    "the least": (call("min", span(1, 5), span(2, 3)), 1, 3),
    "the greatest": (call("max", span(1, 5), span(2, 3)), 2, 5),
    "what is there": (Present(type=WRONG, item=span(1, 5)), 1, 5),
    "a portion": (Portion(type=WRONG, rate=span(-9, 9), full=125, full_scale=1), 0, "12.5"),
    "what is settled or left out": (SETTLE, 2, 3),
    "what is settled or something else": (
        Settle(type=WRONG, item=span(2, 3), otherwise=span(0, 1)), 0, 3,
    ),
    "a coverage": (Coverage(type=WRONG, parts=()), 0, 1),
    "not": (Not(type=TRUTH, item=YES), 0, 1),
    "and": (Logic(type=TRUTH, op="and", items=(YES, YES)), 0, 1),
    "a comparison": (Compare(type=TRUTH, op="<", left=figure(1), right=figure(2)), 0, 1),
    "one of some": (Within(type=TRUTH, item=figure(1), options=(figure(1),)), 0, 1),
    "whether a mean is asked": (Asked(type=TRUTH, mean=mean()), 0, 1),
    "whether it is defined": (Defined(type=TRUTH, settle=SETTLE), 0, 1),
    # 4 of 4 and 3 of 6, each times 10: at most 10.
    "a mean": (mean(Part(span(1, 4), 4), Part(span(0, 3), 6)), 0, 10),
    "a mean of parts that earn too much": (mean(Part(span(0, 3), 6), Part(span(0, 6), 4)), 0, 15),
    # 4 of 0.4 times 1.0.
    "a mean with places": (mean(Part(span(1, 4), 4), full_scale=1, weight_scale=1), 0, 10),
    "a mean of nothing": (mean(), 0, 0),
    "a mean with a part below 0": (mean(Part(span(-1, 4), 4)), -1, 0),
    "a mean with a weight below 0": (mean(Part(span(0, 4), -1)), -1, 0),
    "a mean with a part that earns without a weight": (mean(Part(span(0, 1), 0)), -1, 0),
    "a mean with a part of nothing": (mean(Part(figure(0), 0), Part(span(0, 2), 4)), 0, 5),
    "a mean with a part of weight 1": (mean(Part(span(0, 2), 1)), 0, 20),
}  # fmt: skip


@pytest.mark.parametrize(("node", "low", "high"), ENDS.values(), ids=ENDS)
def test_the_least_and_the_greatest_that_a_number_can_be(node: Node, low: Any, high: Any) -> None:
    assert ends_of(node) == (Fraction(low), Fraction(high))


@pytest.mark.parametrize(
    ("low", "high", "leaves"),
    [(0, 1000, False), (0, 1001, True), (-1, 1000, True), (1, 999, False)],
)
def test_a_form_earns_from_0_to_its_full_mark(low: int, high: int, leaves: bool) -> None:  # noqa: FBT001
    # Of 10.00 points.
    context = Lowering("r", 1000, 2, claimed=False, facts={}, stages={})
    assert leaves_its_points(Lowered(span(low, high, 2)), context) is leaves


@pytest.mark.parametrize(("rule", "holds"), [("r", True), ("s", False)])
def test_a_form_is_judged_under_the_name_of_its_own_rule(rule: str, holds: bool) -> None:  # noqa: FBT001
    context = Lowering("r", 1000, 2, claimed=False, facts={}, stages={})
    judged = Name(type=Number(2, 0, 1000), kind="judged", name=rule)
    assert misfits(Lowered(judged), context) is not holds


class Mine(Form):
    """A form with a key beside its own."""

    key = "mine"

    @classmethod
    def keys(cls) -> Any:
        return create_model("Keys", mine=(str, ""), more=(Any, None))

    @classmethod
    def brings(cls, _entry: Any) -> Any:
        return (cast("FormFact", SimpleNamespace(id="brought")),)


def named(kind: Any, name: str) -> Name:
    return Name(type=Number(0, 0, 1), kind=kind, name=name)


READ: dict[str, tuple[Node, Any, str]] = {
    "what its entry names": (named("fact", "alpha"), None, ""),
    "in full width": (named("fact", "beta"), None, ""),
    "in a list": (named("fact", "gamma"), ["gamma > 1"], ""),
    "in a list within": (named("parameter", "delta"), [{"when": "delta"}], ""),
    "as a key": (named("field", "delta"), {"delta": 1}, ""),
    "with a hyphen": (named("spoken", "a-b"), "a-b", ""),
    "what it brings": (named("fact", "brought"), None, ""),
    "what it does not name": (named("fact", "gamma"), ["gamma2"], "gamma"),
    "a parameter": (named("parameter", "gamma"), None, "gamma"),
    "a field": (named("field", "gamma"), None, "gamma"),
    "whether a register is spoken of": (named("spoken", "gamma"), None, "gamma"),
    "a window": (named("window", "gamma"), None, "gamma"),
    "a moment needs no name": (named("moment", "as_of"), None, ""),
    "a register": (Over(type=Number(0, 0, 1), function="count", register="rows"), None, "rows"),
    "a register that it names": (
        Over(type=Number(0, 0, 1), function="count", register="rows"), "rows", "",
    ),
    "deep down": (Not(type=TRUTH, item=Not(type=TRUTH, item=named("fact", "x"))), None, "x"),
}  # fmt: skip


@pytest.mark.parametrize(("node", "more", "name"), READ.values(), ids=READ)
def test_a_form_reads_what_its_entry_names(node: Node, more: Any, name: str) -> None:
    entry = Mine.keys()(mine="alpha + \uff42\uff45\uff54\uff41", more=more)
    assert unnamed(Mine(), entry, Lowered(figure(0), node)) == name


def test_a_plugins_form_stands_beside_the_cores() -> None:
    assert dict(with_forms([Mine])) == {**FORMS, "mine": Mine}
    assert dict(with_forms([])) == FORMS
