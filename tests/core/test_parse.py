"""What an expression may just be and what it may not, at the edges of each limit; worked out by
hand.
"""

from __future__ import annotations

import pytest

from steelyard.errors import ExpressionError
from steelyard.expression.parse import Scope, Slot, condition, parse, parse_date, quantity
from steelyard.expression.tree import Call, Compare, Literal, Logic, Name, Not, Over, Reach, Within
from steelyard.expression.types import (
    Boolean,
    Choice,
    Date,
    Number,
    PartyOf,
    Survey,
    Text,
    Type,
)

KINDS: dict[str, Type] = {
    "a": Number(0, -9, 4), "b": Number(0, 0, 9), "c": Number(1, 1, 90), "wide": Number(6, 0, 10**18),
    "d": Date(100, 200), "e": Date(150, 180), "ok": Boolean(), "t": Text(), "s": Survey(),
    "k": Choice(("x", "y")), "kk": Choice(("y", "x")), "kz": Choice(("x", "z")),
    "o": Choice(("x", "y"), ordered=True), "p": PartyOf("person"), "pp": PartyOf("person"),
    "q": PartyOf("team"),
}  # fmt: skip
NAMES = {name: Name(type=kind, kind="fact", name=name) for name, kind in KINDS.items()}
NAMES["n"] = Name(type=Number(0, 1, 5), kind="fact", name="n", nullable=True)
SCOPE = Scope(
    names=NAMES,
    registers={"T": {"v": Slot(Number(1, -50, 70)), "w": Slot(Boolean()), "day": Slot(Date(10, 20))}},
    kinds={"person": {"age": Slot(Number(0, 0, 99)), "left": Slot(Date(), nullable=True),
        "rank": Slot(Choice(("chief", "vice-chief")))}},
    constants=frozenset({"y"}),
)  # fmt: skip
DEEP = "the expression is too long or nested too deeply"
NESTED = "the expression is nested too deeply"
LONG = "the expression is longer than 2000 characters"
MORE_DIGITS = "could need more than 38 digits"

TAKEN = {
    "2000 characters": "a" + " " * 1997 + "+1",
    # A name less than 400 by the word before it.
    "400 words and signs": "not ok" + " or ok" * 199,
    "20 brackets": "(" * 20 + "a" + ")" * 20,
    "20 brackets, and as many again": "(" * 20 + "a" + ")" * 20 + " + " + "(" * 20 + "a" + ")" * 20,
    "8 signs": "-" * 8 + "a",
    "8 signs, and as many again": "-" * 8 + "a" + " * " + "-" * 7 + "a",
    "8 times not": "not " * 8 + "ok",
    "20 times else": "a if ok else " * 20 + "a",
    # 98 sums below each other, the first name, and how it is used: 100.
    "100 deep": "a" + " + a" * 98,
    "a million millions": "a < 1000000000000",
    "six decimals": "a < 1.000001",
    "zeros": "a < 0.000000",
    "two truths": "ok == ok",
    "options in another order": "k == kk",
    "options in order": "o < 'y'",
    "parties of a kind": "p == pp",
    "a day on the left": "'2026-01-01' == d",
    "a day as an argument": "min('2026-01-01', d)",
    "six places": "round(c, 6)",
    "no places": "round(c, 0)",
    "two of at least 0": "part(b, c)",
    "a survey as a number": "s + 1",
    "of a party": "known(p.age)",
    "a register with a condition": "total(T, v, w)",
    "days over records": "highest(T, day)",
    "two texts apart": "t == 'a' or t == 'b'",
}

REFUSED = {
    "2001 characters": ("a" + " " * 1998 + "+1", LONG),
    "more characters once written out": (f"t == '{chr(0xFB03) * 700}'", LONG),
    "401 words and signs": ("ok" + " or ok" * 200, DEEP),
    "21 brackets": ("(" * 21 + "a" + ")" * 21, DEEP),
    "9 signs": ("-" * 9 + "a", DEEP),
    "9 pluses": ("+" * 9 + "a", DEEP),
    "9 times not": ("not " * 9 + "ok", DEEP),
    "21 times else": ("a if ok else " * 21 + "a", DEEP),
    "101 deep": ("a" + " + a" * 99, NESTED),
    "21 lists": ("[" * 21 + "a" + "]" * 21, DEEP),
    "nothing": ("  ", "the expression is empty"),
    **{
        f"as other languages write it: {typed}": (
            typed, f"`{sign}` cannot stand in an expression; did you mean `{meant}`?",
        )
        for typed, sign, meant in (
            ("ok && ok", "&&", "and"), ("ok＆＆ok", "＆＆", "and"), ("ok & ok", "&", "and"),
            ("ok || ok", "||", "or"), ("ok | ok", "|", "or"), ("ok AND ok", "AND", "and"),
            ("ok 或 ok", "或", "or"), ("ok 且 ok", "且", "and"), ("Not ok", "Not", "not"),
            ("!ok", "!", "not"), ("！ok", "！", "not"), ("a = 1", "=", "=="),
            ("a ＝ 1", "＝", "=="), ("a=1", "=", "=="), ("a === 1", "===", "=="),
            ("a !== 1", "!==", "!="), ("a <> 1", "<>", "!="), ("a ＜＞ 1", "＜＞", "!="),
            ("a ≠ 1", "≠", "!="), ("a ≥ 1", "≥", ">="), ("a ≤ 1", "≤", "<="),
            ("a => 1", "=>", ">="), ("a =< 1", "=<", "<="), ("a × 2 > 1", "×", "*"),
            ("a ÷ 2 > 1", "÷", "/"), ("a − 2 > 1", "−", "-"), ("a > 90%", "90%", "0.9"),
            ("a > ９０％", "９０％", "0.9"), ("a > 99.5 %", "99.5 %", "0.995"),
            ("any(T：ok)", "：", ","), ("any(T: ok)", ":", ","), ("min(a、b)", "、", ","),
            ("t == “x”", "“", "'"), ("a in 【1】", "【", "["), ("a > .5", ".5", "0.5"),
        )
    },
    "a foreign sign": ("a $ b", "`$` cannot stand in an expression"),
    "a number that begins with its point": ("a + .5", "`.5` cannot stand in an expression"),
    "an exponent": ("a < 1e3", "`1e3` cannot stand in an expression"),
    "a list": ("[a]", "`[a]` cannot stand in an expression"),
    "not complete": ("a +", "`a +` is not a complete expression"),
    "two texts": ("t == 'a' 'b'", "two texts stand side by side at `'b'`"),
    "more than a million millions": (
        "a < 1000000000001", "`1000000000001` is larger than a number may be",
    ),
    "seven decimals": ("a < 0.0000001", "`0.0000001` has more than 6 decimals"),
    "none": ("a == None", "nothing compares with `None`; use given(x) or known(x)"),
    "a register": ("T", "`T` is a register"),
    "a function": ("count", "`count` is a function and wants its arguments in brackets"),
    "another case": ("OK", "unknown name `OK`; did you mean `ok`?"),
    "an option without its marks": (
        "o >= x", "`x` is an option, which is written in quotation marks: 'x'",
    ),
    "an option of a person": (
        "p.rank == chief", "`chief` is an option, which is written in quotation marks: 'chief'",
    ),
    "an option with a hyphen": (
        "p.rank == vice-chief",
        "`vice-chief` is an option, which is written in quotation marks: 'vice-chief'",
    ),
    "almost an option": ("p.rank == chif", "unknown name `chif`; did you mean `'chief'`?"),
    "no party": ("a.b", "`a` is not a party and has no `b`"),
    "no such field": ("p.agee", "a person has no `agee`; did you mean `age`?"),
    "no condition": ("not a", "`a` is not a condition"),
    "no number": ("-ok", "`ok` is not a number"),
    "by nothing": ("a / 0", "`a / 0` divides by zero"),
    "too large": ("wide * wide * wide", f"`wide * wide * wide` {MORE_DIGITS}"),
    "too large in a function": ("part(wide * wide * 100, b)", MORE_DIGITS),
    "too large over records": ("total(T, wide * wide)", MORE_DIGITS),
    "a chain with in": ("1 < a in [1]", "`1 < a in [1]` chains `in` with another comparison"),
    "in nothing": ("a in []", "`in` wants a list such as ['a', 'b'], not `[]`"),
    "in no list": ("a in 3", "`in` wants a list such as ['a', 'b'], not `3`"),
    "a truth in a list": ("ok in [True]", "`ok` is yes or no: use it bare"),
    "in what is not written out": ("a in [b]", "`b` is not written out"),
    "a figure in a list": ("1 in [1]", "`1` is not written out"),
    "truths in order": ("ok < ok", "`ok` is yes or no and cannot be compared with `ok`"),
    "a number and a text": ("a == 'x'", "`a` is a number and cannot be compared with 'x'"),
    "a rate and a text": ("b / c == 'x'", "`b / c` is a number and cannot be compared with 'x'"),
    "a survey and a text": ("s == 'x'", "`s` is a rate and cannot be compared with 'x'"),
    "a day and a number": ("d == 1", "`d` is a date and cannot be compared with 1"),
    "a text and a number": ("t == 1", "`t` is text and cannot be compared with 1"),
    "a number and a day": ("a == d", "`a` is a number and cannot be compared with `d`"),
    "other options": ("k == kz", "`k` is one of a list and cannot be compared with `kz`"),
    "parties of two kinds": ("p == q", "`p` is a party and cannot be compared with `q`"),
    "options without an order": ("k < 'x'", "`k` has no order: only == and != compare it"),
    "texts in order": ("t < 'a'", "`t` has no order: only == and != compare it"),
    "parties in order": ("p < pp", "`p` has no order: only == and != compare it"),
    "no option": ("k == 'z'", "`z` is not one of x, y"),
    "no day": ("d == '2026-02-30'", "`2026-02-30` is not a date such as 2026-03-01"),
    "a choice of texts": (
        "t if ok else t", "chooses between values that are neither numbers, dates nor conditions",
    ),
    "a choice of options": ("k if ok else k", "chooses between values"),
    "a choice of two kinds": ("a if ok else d", "`a` is a number and cannot be compared with `d`"),
    "an unknown function": ("foo(a)", "unknown function `foo`"),
    "named arguments": ("abs(*a)", "`abs(*a)` names its arguments; give them in order"),
    "too few arguments": ("abs()", "`abs` wants 1 argument, not 0"),
    "too many arguments": ("abs(a, b)", "`abs` wants 1 argument, not 2"),
    "three of one to two": ("round(a, 1, 2)", "`round` wants 1…2 arguments, not 3"),
    "seven places": ("round(c, 7)", "`round` wants 0 to 6 places, not `7`"),
    "places below 0": ("round(c, -1)", "`round` wants 0 to 6 places, not `-1`"),
    "places of a truth": ("round(c, True)", "`round` wants 0 to 6 places, not `True`"),
    "places that are worked out": ("round(c, b)", "`round` wants 0 to 6 places, not `b`"),
    "a part that may be less than 0": (
        "part(a, b)", "`part` wants numbers of at least 0, and `a` may be less",
    ),
    "a part whose second may be less than 0": (
        "part(b, a)", "`part` wants numbers of at least 0, and `a` may be less",
    ),
    "days with decimals": (
        "days_after(d, c)", "`days_after` wants a whole number, and `c` may have decimals",
    ),
    "a number beside days": ("min(d, a)", "`min` cannot take `a`"),
    "a day beside numbers": ("min(a, d)", "`min` cannot take `d`"),
    "the size of options": ("abs(o)", "`abs` cannot take `o`"),
    "the size of a day": ("abs(d)", "`abs` cannot take `d`"),
    "days of a number": ("days(a, d)", "`days` cannot take `a`"),
    "known of what is worked out": ("known(a + 1)", "`known` wants a fact or a field, not `a + 1`"),
    "no register": ("count(U)", "unknown register `U`"),
    "no arguments over records": ("count()", "`count` wants 1…2 arguments, not 0"),
    "three of one to two over records": ("count(T, w, w)", "`count` wants 1…2 arguments, not 3"),
    "no value over records": ("total(T)", "`total` wants 2…3 arguments, not 1"),
    "within another": ("count(T, any(T, w))", "`any(T, w)` stands inside another function"),
    "distinct truths": ("distinct(T, w)", "`distinct` wants a field, not `w`"),
    "distinct of what is worked out": ("distinct(T, v + 1)", "`distinct` wants a field"),
    "a total of days": ("total(T, day)", "`day` is not a number"),
    "every of numbers": ("every(T, v)", "`v` is not a condition"),
    "where a number is": ("count(T, v)", "`v` is not a condition"),
}  # fmt: skip


@pytest.mark.parametrize("text", TAKEN.values(), ids=TAKEN)
def test_what_is_just_taken(text: str) -> None:
    assert parse(text, SCOPE)


@pytest.mark.parametrize(("text", "message"), REFUSED.values(), ids=REFUSED)
def test_what_is_refused(text: str, message: str) -> None:
    with pytest.raises(ExpressionError) as refused:
        parse(text, SCOPE, "rule")
    assert str(refused.value).startswith("rule: ")
    assert message in str(refused.value)


TYPED: dict[str, tuple[str, Type]] = {
    "a minus": ("-c", Number(1, -90, -1)),
    "a plus": ("+c", Number(1, 1, 90)),
    "a figure below 0": ("-5", Number(0, -5, -5)),
    "a figure with decimals": ("2.50", Number(2, 250, 250)),
    "a choice of numbers": ("a if ok else c", Number(1, -90, 90)),
    "a choice of days": ("d if ok else e", Date(100, 200)),
    "a choice of days, the other way": ("e if ok else d", Date(100, 200)),
    "a choice of conditions": ("ok if ok else a > 1", Boolean()),
    "a condition": ("a > 1", Boolean()),
    "a field of a party": ("p.age", Number(0, 0, 99)),
}


@pytest.mark.parametrize(("text", "kind"), TYPED.values(), ids=TYPED)
def test_what_it_is(text: str, kind: Type) -> None:
    assert parse(text, SCOPE).type == kind


NULLABLE = {
    "-n": True, "-a": False, "n + a": True, "a + n": True, "a + b": False,
    "n if ok else a": True, "a if ok else n": True, "a if ok else b": False,
    "abs(n)": True, "abs(a)": False, "round(n, 1)": True, "max(a, n)": True, "known(n)": False,
    "p.age": False, "p.left": True, "n > 1 if ok else ok": False,
}  # fmt: skip


@pytest.mark.parametrize(("text", "nullable"), NULLABLE.items(), ids=NULLABLE)
def test_whether_it_may_be_none(text: str, nullable: bool) -> None:  # noqa: FBT001
    assert parse(text, SCOPE).nullable is nullable


def test_a_chain_is_two_comparisons() -> None:
    node = parse("1 < a <= 3", SCOPE)
    assert isinstance(node, Logic)
    one, two = node.items
    assert isinstance(one, Compare)
    assert isinstance(two, Compare)
    assert (node.op, one.op, two.op) == ("and", "<", "<=")
    assert (one.right, two.left) == (one.right, one.right)
    assert isinstance(parse("1 < a", SCOPE), Compare)


def test_not_in_a_list_wants_a_value_that_may_be_none() -> None:
    assert isinstance(parse("n in [1]", SCOPE), Within)
    assert isinstance(parse("a not in [1]", SCOPE), Not)
    node = parse("n not in [1]", SCOPE)
    assert isinstance(node, Logic)
    outside, there = node.items
    assert node.op == "and"
    assert isinstance(outside, Not)
    assert isinstance(there, Call)
    assert there.function == "given"


def test_a_figure_below_0_is_one_figure() -> None:
    node = parse("-2.5", SCOPE)
    assert isinstance(node, Literal)
    assert node.value == -25


def test_a_word_that_stands_for_a_value() -> None:
    node = parse("k == y", SCOPE)
    assert isinstance(node, Compare)
    assert isinstance(node.right, Literal)
    assert (node.right.value, node.right.type) == ("y", Choice(("x", "y")))


def test_where_a_part_stands_is_counted_in_characters() -> None:
    node = parse("t == '中' and ok", SCOPE)
    assert isinstance(node, Logic)
    assert [one.at for one in node.items] == [(0, 8), (13, 15)]


def test_what_may_be_read_in_a_record_and_of_a_party() -> None:
    at_record = Scope(names=SCOPE.names, registers=SCOPE.registers, record="T")
    found = parse("v", at_record)
    assert isinstance(found, Name)
    assert (found.kind, found.type) == ("field", Number(1, -50, 70))
    of_person = Scope(names={}, kinds=SCOPE.kinds, party="person")
    reach = parse("person.left", of_person)
    assert isinstance(reach, Reach)
    assert (reach.party, reach.field, reach.nullable) == ("person", "left", True)


def test_within_a_function_the_fields_of_its_register_stand_open() -> None:
    node = parse("total(T, v, w)", Scope(SCOPE.names, SCOPE.registers, claimed=True))
    assert isinstance(node, Over)
    assert (node.register, node.claimed, node.listed) == ("T", True, False)
    assert isinstance(node.value, Name)
    assert isinstance(node.where, Name)
    assert (node.value.name, node.where.name) == ("v", "w")


def test_a_condition_and_a_number_are_wanted() -> None:
    assert condition("ok", SCOPE)
    assert quantity("a", SCOPE)
    assert quantity("s", SCOPE)
    with pytest.raises(ExpressionError, match="`a` is not a condition"):
        condition("a", SCOPE)
    with pytest.raises(ExpressionError, match="`d` is not a number"):
        quantity("d", SCOPE)


@pytest.mark.parametrize(
    ("text", "day"),
    [("0001-01-01", 1), ("2026-1-1", None), ("2026-02-29", None), ("2026-01-01x", None)],
)
def test_a_day_is_written_in_full(text: str, day: int | None) -> None:
    assert parse_date(text) == day


WANTED = {
    "abs": (1, 1, "a"), "round": (1, 2, "1"), "min": (2, 9, "a"), "max": (2, 9, "a"),
    "days": (2, 2, "d"), "days_after": (2, 2, "d"), "months_after": (2, 2, "d"),
    "known": (1, 1, "a"), "given": (1, 1, "a"), "part": (2, 2, "b"),
}  # fmt: skip


@pytest.mark.parametrize(("name", "least", "most", "one"), [(k, *v) for k, v in WANTED.items()])
def test_how_many_arguments_a_function_wants(name: str, least: int, most: int, one: str) -> None:
    wants = f"{least}" if least == most else f"{least}…{most}"
    for count in (least - 1, most + 1):
        with pytest.raises(ExpressionError) as refused:
            parse(f"{name}({', '.join([one] * count)})", SCOPE)
        many = "argument" if wants == "1" else "arguments"
        assert str(refused.value) == f"`{name}` wants {wants} {many}, not {count}"
    for count in {least, most} if name in {"abs", "round", "min", "max", "part"} else ():
        assert parse(f"{name}({', '.join([one] * count)})", SCOPE)
