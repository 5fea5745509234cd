"""What a calculation can be, known before any case is seen: types, ranges and sizes, worked out by
hand.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from steelyard.expression.functions.table import CORE
from steelyard.expression.functions.undefined import leaves_undefined
from steelyard.expression.parse import Scope, Slot, parse
from steelyard.expression.ranges import (
    chosen,
    crossed,
    factors,
    hull,
    least,
    pair_sizes,
    result_of,
    whole_quotient,
)
from steelyard.expression.tree import Call, Name, Over, Sign, children
from steelyard.expression.types import (
    DIGITS,
    FIRST_DAY,
    LAST_DAY,
    MOST,
    RATE,
    SCALE_CAP,
    WIDEST,
    Boolean,
    Choice,
    Date,
    Number,
    Rate,
    Survey,
    Text,
    Type,
    decimal_of,
    divide,
    fits,
    number_text,
    plain,
    ranged,
    rescale,
    units_of,
)


def fact(name: str, kind: Type, *, nullable: bool = False) -> Name:
    return Name(type=kind, kind="fact", name=name, nullable=nullable)


SCOPE = Scope(
    names={
        one.name: one
        for one in (
            fact("a", Number(0, -9, 4)),
            fact("b", Number(0, 0, 9)),
            fact("c", Number(1, 1, 90)),
            fact("n", Number(0, 1, 5), nullable=True),
            fact("wide", Number(6, 0, 10**18)),
            fact("d", Date(100, 200)),
            fact("e", Date(150, 180)),
        )
    },
    registers={
        "T": {"v": Slot(Number(1, -50, 70)), "u": Slot(Number(2, -50, 70)), "z": Slot(Number(0, 2, 9), nullable=True),
              "w": Slot(Boolean()), "day": Slot(Date(10, 20))},
    },
)  # fmt: skip
TYPED: dict[str, tuple[str, Type]] = {
    "the size of what may be below 0": ("abs(a)", Number(0, 0, 9)),
    "the size of what is above 0": ("abs(c)", Number(1, 1, 90)),
    "the size of what is below 0": ("abs(0 - c)", Number(1, 1, 90)),
    "rounded": ("round(c)", Number(0, 0, 9)),
    "rounded to as many places": ("round(c, 1)", Number(1, 1, 90)),
    "rounded to more places": ("round(c, 3)", Number(1, 1, 90)),
    "rounded to fewer places": ("round(wide, 2)", Number(2, 0, 10**14)),
    "a count": ("count(T)", Number(0, 0, 10**9)),
    "a count of values": ("distinct(T, v)", Number(0, 0, 10**9)),
    "any": ("any(T, w)", Boolean()),
    "every": ("every(T, w)", Boolean()),
    "days": ("days(d, e)", Number(0, -50, 80)),
    "the later of two days": ("max(d, e)", Date(150, 200)),
    "the earlier of two days": ("min(d, e)", Date(100, 180)),
    "the lesser of two numbers": ("min(b, c)", Number(1, 0, 90)),
    "the greater of two numbers": ("max(b, c)", Number(1, 1, 90)),
    "the greatest of the records": ("highest(T, v)", Number(1, -50, 70)),
    "the least day of the records": ("lowest(T, day)", Date(10, 20)),
    # Of 70 tenths each of a thousand million records, and of as many records of 10 tenths.
    "a mean": ("mean(T, v)", Rate(6, -5_000_000, 7_000_000, 70 * 10**9, 10**10)),
    "a mean of hundredths": ("mean(T, u)", Rate(6, -500_000, 700_000, 70 * 10**9, 10**11)),
    "a total": ("total(T, v)", Number(1, -50 * 10**9, 70 * 10**9)),
    "a total of what is above 0": ("total(T, z)", Number(0, 0, 9 * 10**9)),
    "a share": ("share(T, w)", RATE),
    # 9.0 and 9.0, in tenths.
    "a part": ("part(b, c)", Rate(6, 0, 10**6, 90, 180)),
    "a part of what has more places": ("part(c * c, b)", Rate(6, 0, 10**6, 8100, 9000)),
    "whether something is known": ("known(a)", Boolean()),
    "whether something is given": ("given(n)", Boolean()),
}


@pytest.mark.parametrize(("text", "kind"), TYPED.values(), ids=TYPED)
def test_what_a_function_can_give(text: str, kind: Type) -> None:
    assert parse(text, SCOPE).type == kind


NULLABLE = {
    "highest(T, z)": True, "highest(T, v)": False, "lowest(T, z)": True, "total(T, z)": False,
    "mean(T, z)": False, "count(T)": False, "n + 1": True, "a + 1": False,
}  # fmt: skip


@pytest.mark.parametrize(("text", "nullable"), NULLABLE.items(), ids=NULLABLE)
def test_whether_a_value_may_be_none(text: str, nullable: bool) -> None:  # noqa: FBT001
    assert parse(text, SCOPE).nullable is nullable


UNDEFINED = {
    "abs(a)": False, "round(c)": False, "days(d, e)": False, "days_after(d, b)": False,
    "months_after(d, b)": False, "min(a, b)": False, "max(a, b)": False, "known(a)": False,
    # Both may be 0; of the other c is at least 0.1.
    "part(b, b)": True, "part(b, c)": False, "part(c, b)": False,
}  # fmt: skip


@pytest.mark.parametrize(("text", "undefined"), UNDEFINED.items(), ids=UNDEFINED)
def test_whether_known_arguments_may_leave_it_undefined(text: str, undefined: bool) -> None:  # noqa: FBT001
    node = parse(text, SCOPE)
    assert isinstance(node, Call)
    assert CORE.scalars[node.function].may_be_undefined(node) is undefined


def test_which_functions_over_records_are_undefined_of_none() -> None:
    undefined = {name for name, one in CORE.aggregates.items() if one.undefined_of_none}
    assert undefined == {"mean", "share", "highest", "lowest"}


LEAVES = {
    "b / b": True, "b / c": False, "b / (0 - b)": True, "b / (b + 1)": False, "b / (0 - c)": False,
    "b * b": False, "part(b, b)": True, "part(b, c)": False, "mean(T, v)": True, "total(T, v)": False,
    "b == 0": False, "b / a": True, "b": False,
}  # fmt: skip


@pytest.mark.parametrize(("text", "undefined"), LEAVES.items(), ids=LEAVES)
def test_what_may_itself_be_undefined(text: str, undefined: bool) -> None:  # noqa: FBT001
    assert leaves_undefined(parse(text, SCOPE)) is undefined


WORKED: dict[str, tuple[Sign, Number, Number, Number | None, tuple[int, ...]]] = {
    "a sum": ("+", Number(0, -9, 9), Number(1, 1, 90), Number(1, -89, 180), ()),
    "a difference": ("-", Number(0, -9, 9), Number(1, 1, 90), Number(1, -180, 89), ()),
    "a product": (
        "*", Number(0, -9, 9), Number(1, 1, 90), Number(1, -810, 810), (-18, -1620, 18, 1620),
    ),
    # 1.0000 times 0.0005, in hundred-millionths, is 500 millionths.
    "a product of more than six places": (
        "*", Number(4, 0, 10000), Number(4, 0, 5), Number(6, 0, 500), (0, 0, 0, 100000),
    ),
    # 1.0 of 4 to 2.0 of 2; rounded to a number: 2 x 20 x 10**5 + 4, and with the rate's own sides
    # 2 x 20 x 10**6 + 40 and 2 x 40.
    "a quotient": (
        "/", Number(1, 10, 20), Number(0, 2, 4), Rate(6, 250000, 10**6, 20, 40),
        (4000004, 40000040, 80),
    ),
    # 1 of 3 and 2 of 3, outward; 2 x 2 x 10**6 + 3, the same, and 2 x 3.
    "a quotient that is not exact": (
        "/", Number(0, 1, 2), Number(0, 3, 3), Rate(6, 333333, 666667, 2, 3),
        (4000003, 4000003, 6),
    ),
    # 0.1 of 3 is 1 of 30: the divisor counts tenths too. 10**5 from the places.
    "a quotient by what is below 0": (
        "/", Number(0, -1, 2), Number(0, -3, -3), Rate(6, -666667, 333334, 2, 3),
        (4000003, 4000003, 6),
    ),
    # 1 to 2 of 0.1 to 0.5: 2 to 20; 2 x 2 x 10**7 + 5, 2 x 20 x 10**6 + 5, and 2 x 5.
    "a quotient by tenths": (
        "/", Number(0, 1, 2), Number(1, 1, 5), Rate(6, 2 * 10**6, 20 * 10**6, 20, 5),
        (40000005, 40000005, 10),
    ),
    "a quotient by nothing": ("/", Number(0, 1, 2), Number(0, 0, 0), None, ()),
}  # fmt: skip


@pytest.mark.parametrize(("op", "a", "b", "kind", "sizes"), WORKED.values(), ids=WORKED)
def test_what_a_calculation_can_give_and_how_large_it_grows(
    op: Sign, a: Number, b: Number, kind: Number | None, sizes: tuple[int, ...]
) -> None:
    assert result_of(op, a, b) == (kind, sizes)


QUOTIENTS: dict[str, tuple[Number, Number, tuple[Any, Any] | None]] = {
    # Of divisors that may be 0 those nearest to it are 1 and -1.
    "by -2 to 3": (Number(0, 6, 6), Number(0, -2, 3), ((-6, 1), (6, 1))),
    "by 0 to 3": (Number(0, 6, 6), Number(0, 0, 3), ((6, 3), (6, 1))),
    "by -2 to 0": (Number(0, 6, 6), Number(0, -2, 0), ((-6, 1), (-6, 2))),
    "by 2 to 3": (Number(0, 6, 6), Number(0, 2, 3), ((6, 3), (6, 2))),
    "by tenths": (Number(0, 6, 6), Number(1, 20, 30), ((60, 30), (60, 20))),
    "of tenths": (Number(1, 60, 60), Number(0, 2, 3), ((60, 30), (60, 20))),
    "by 0": (Number(0, 6, 6), Number(0, 0, 0), None),
}


@pytest.mark.parametrize(("a", "b", "ends"), QUOTIENTS.values(), ids=QUOTIENTS)
def test_the_least_and_the_greatest_quotient(a: Number, b: Number, ends: Any) -> None:
    assert whole_quotient(a, b) == ends


def test_units_are_made_the_same() -> None:
    assert factors(Number(0), Number(2)) == (100, 1)
    assert factors(Number(3), Number(1)) == (1, 100)
    assert factors(Number(2), Number(2)) == (1, 1)


def test_how_large_both_sides_of_a_value_grow() -> None:
    assert pair_sizes(Rate(6, 1, 2, 3, 4)) == (3, 4)
    assert pair_sizes(Number(2, -500, 300)) == (500, 100)
    assert pair_sizes(Text()) == (0, 1)
    assert crossed([Number(0, 0, 9), Number(2, -500, 300)]) == ()
    # 3 x 100, and 500 x 4.
    assert crossed([Rate(6, 1, 2, 3, 4), Number(2, -500, 300)]) == (300, 2000)


def test_one_of_several_numbers() -> None:
    one, two = Number(0, 1, 2), Number(1, 5, 15)
    assert hull(one, two) == Number(1, 5, 20)
    assert least(one, two) == Number(1, 5, 15)
    assert chosen([one, two], max, max) == Number(1, 10, 20)
    rate = Rate(6, 0, 10**6, 3, 4)
    assert hull(rate, Number(0, 2, 5)) == Rate(6, 0, 5 * 10**6, 5, 4)


def test_what_is_read_as_a_range() -> None:
    assert ranged(Survey()) == RATE == Rate(6, 0, 10**6, 10**12, 10**12)
    assert ranged(Choice(("a", "b", "c"), ordered=True)) == Number(0, 0, 2)
    assert ranged(Choice(("a", "b", "c"))) is None
    assert ranged(Boolean()) is ranged(Text()) is None
    assert ranged(Date()) == Date(1, 3652059)
    assert ranged(Number()) == Number(0, -(10**12), 10**12)
    assert plain(Rate(6, 1, 2, 3, 4)) == Number(6, 1, 2)
    assert plain(Survey()) == Number(6, 0, 10**6)
    assert plain(Text()) == Text()
    limits = (SCALE_CAP, DIGITS, WIDEST, MOST, FIRST_DAY, LAST_DAY)
    assert limits == (6, 38, 10**12, 10**9, 1, 3652059)


@pytest.mark.parametrize(
    ("numerator", "denominator", "places", "units"),
    [(7, 2, 0, 4), (-7, 2, 0, -4), (7, -2, 0, -4), (-7, -2, 0, 4), (1, 3, 2, 33), (2, 3, 2, 67),
     (0, -3, 0, 0), (249, 100, 0, 2), (250, 100, 0, 3), (1, 2, 1, 5)],
)  # fmt: skip
def test_a_division_is_rounded_half_away_from_zero(
    numerator: int, denominator: int, places: int, units: int
) -> None:
    assert divide(numerator, denominator, places) == units


@pytest.mark.parametrize(
    ("units", "scale", "target", "found"),
    [(15, 1, 0, 2), (-15, 1, 0, -2), (14, 1, 0, 1), (15, 1, 3, 1500), (15, 1, 1, 15)],
)
def test_the_same_number_in_other_units(units: int, scale: int, target: int, found: int) -> None:
    assert rescale(units, scale, target) == found


@pytest.mark.parametrize(
    ("number", "scale", "units"),
    [("1.50", 1, 15), ("1.55", 1, None), ("-2.5", 1, -25), ("0E+500", 0, 0), ("1E+2", 0, 100),
     ("1E+400", 0, 10**400), ("1E+401", 0, None), ("1" * 400, 0, int("1" * 400)),
     ("1" * 401, 0, None), ("100", 2, 10000), ("0.001", 2, None), ("12.34", 2, 1234),
     ("100E-2", 0, 1), ("110E-2", 0, None), ("1E-900000", 6, None)],
)  # fmt: skip
def test_a_decimal_in_units(number: str, scale: int, units: int | None) -> None:
    assert units_of(Decimal(number), scale) == units


@pytest.mark.parametrize(
    ("units", "scale", "places", "text"),
    [(150, 2, None, "1.5"), (100, 2, None, "1"), (5, 2, None, "0.05"), (-5, 2, None, "-0.05"),
     (150, 2, 2, "1.50"), (150, 2, 1, "1.5"), (7, 0, None, "7"), (7, 0, 2, "7.00"),
     (0, 0, None, "0"), (0, 2, None, "0"), (150, 2, 0, "1"), (150, 2, 3, "1.500"),
     (-1, 0, None, "-1")],
)  # fmt: skip
def test_units_as_text(units: int, scale: int, places: int | None, text: str) -> None:
    assert number_text(units, scale, places) == text


def test_38_digits_fit() -> None:
    assert fits(10**38 - 1, 1 - 10**38)
    assert not fits(10**38)
    assert not fits(-(10**38))
    assert not fits(1, 10**38)
    assert decimal_of(15, 1) == Decimal("1.5")


def test_the_parts_of_a_node_in_reading_order() -> None:
    a, b = SCOPE.names["a"], SCOPE.names["b"]
    over = Over(type=Boolean(), function="any", register="T", where=a)
    assert children(over) == (a,)
    assert children(Over(type=Boolean(), function="any", register="T", value=b, where=a)) == (b, a)
    assert children(a) == ()
    assert children(Name(type=Boolean(), kind="fact", name="x", inner=b)) == (b,)
