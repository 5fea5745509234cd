"""Days between dates, and dates some days or months away."""

from __future__ import annotations

from abc import abstractmethod
from calendar import monthrange
from collections.abc import Callable, Sequence
from datetime import date, timedelta
from fractions import Fraction
from typing import TYPE_CHECKING, ClassVar, cast

from steelyard.expression.functions.function import Scalar, Slow, SqlWriting, Takes, Typing
from steelyard.expression.lines import Emitting, Span, joint
from steelyard.expression.tree import Call, Literal, Node
from steelyard.expression.types import FIRST_DAY, LAST_DAY, Date, Number, ranged
from steelyard.expression.values import Bounds
from steelyard.messages import Language, Title

if TYPE_CHECKING:
    from steelyard.expression import scaled


class Days(Scalar):
    """The days from one date to another."""

    name: ClassVar[str] = "days"
    takes: ClassVar[tuple[Takes, ...]] = ("date",)
    least: ClassVar[int] = 2
    most: ClassVar[int] = 2
    words: ClassVar[Title] = Title("{all}的间隔天数", "the days between {all}")

    def typed(self, arguments: Sequence[Node]) -> Typing:
        first, last = (cast("Date", ranged(argument.type)) for argument in arguments)
        return Typing(Number(0, last.low - first.high, last.high - first.low))

    def may_be_undefined(self, node: Call) -> bool:
        return False

    def slow(self, node: Call, evaluation: Slow) -> Bounds | None:
        first, last = (evaluation.bounds(argument) for argument in node.arguments)
        if first is None or last is None:
            return None
        return Bounds(last.low - first.high, last.high - first.low, first.none or last.none)

    def compiled(self, node: Call, writer: Emitting) -> Span:
        first, last = spans = [writer.span(argument) for argument in node.arguments]
        return Span(
            *joint(
                writer.lines,
                spans,
                lambda: (f"{last.low} - {first.high}", f"{last.high} - {first.low}"),
            )
        )

    def sql(self, node: Call, writer: SqlWriting) -> scaled.Span:
        from steelyard.expression.exact import either_none
        from steelyard.expression.scaled import Span

        first, last = (writer.span(argument) for argument in node.arguments)
        none = either_none(first, last)
        if first.low is first.high and last.low is last.high:
            between = last.low - first.low
            return Span(between, between, none)
        return Span(last.low - first.high, last.high - first.low, none)


class _After(Scalar):
    """A date so many steps after another; a date beyond the calendar is its last or first day."""

    takes: ClassVar[tuple[Takes, ...]] = ("date", "integer")
    least: ClassVar[int] = 2
    most: ClassVar[int] = 2
    step: ClassVar[Title]
    """The step as it is counted: in Chinese with its measure word, in English one of them."""

    @abstractmethod
    def moved(self, day: int, steps: int) -> int:
        """Return the day so many steps after a day, both as ordinals."""

    @abstractmethod
    def moved_sql(self, day: scaled.Whole, steps: scaled.Whole, writer: SqlWriting) -> scaled.Whole:
        """Return the same as a term of SQL."""

    @abstractmethod
    def text(self, day: str, steps: str, kind: Date, number: Number) -> str:
        """Return the same as an expression of compiled code."""

    def typed(self, arguments: Sequence[Node]) -> Typing:
        day, steps = _day_and_steps(arguments)
        return Typing(Date(self.moved(day.low, steps.low), self.moved(day.high, steps.high)))

    def may_be_undefined(self, node: Call) -> bool:
        return False

    def slow(self, node: Call, evaluation: Slow) -> Bounds | None:
        day, steps = (evaluation.bounds(argument) for argument in node.arguments)
        if day is None or steps is None:
            return None
        low, high = (
            Fraction(self.moved(int(one), int(two)))
            for one, two in ((day.low, steps.low), (day.high, steps.high))
        )
        return Bounds(low, high, day.none or steps.none)

    def compiled(self, node: Call, writer: Emitting) -> Span:
        day, steps = spans = [writer.span(argument) for argument in node.arguments]
        kind, number = _day_and_steps(node.arguments)
        return Span(
            *joint(
                writer.lines,
                spans,
                lambda: [
                    self.text(one, two, kind, number)
                    for one, two in zip(day[:2], steps[:2], strict=True)
                ],
            )
        )

    def sql(self, node: Call, writer: SqlWriting) -> scaled.Span:
        from steelyard.expression.exact import either_none
        from steelyard.expression.scaled import Span

        day, steps = (writer.span(argument) for argument in node.arguments)
        none = either_none(day, steps)
        low = self.moved_sql(day.low, steps.low, writer)
        if day.low is day.high and steps.low is steps.high:
            return Span(low, low, none)
        return Span(low, self.moved_sql(day.high, steps.high, writer), none)

    def phrase(self, node: Call, read: Callable[[Node], str], language: Language) -> str:
        day, steps = node.arguments
        backward = isinstance(steps, Literal) and cast("int", steps.value) < 0
        said = read(steps).removeprefix("-") if backward else read(steps)
        if language == "zh":
            return f"{read(day)}{'前' if backward else '后'}{said}{self.step.zh}"
        plural = "" if said == "1" else "s"
        return f"{said} {self.step.en}{plural} {'before' if backward else 'after'} {read(day)}"


class DaysAfter(_After):
    """The date so many days after another."""

    name: ClassVar[str] = "days_after"
    words: ClassVar[Title] = Title("{0}后{1}天", "{1} days after {0}")
    step: ClassVar[Title] = Title("天", "day")

    def moved(self, day: int, steps: int) -> int:
        try:
            return (date.fromordinal(day) + timedelta(days=steps)).toordinal()
        except OverflowError:
            return LAST_DAY if steps > 0 else FIRST_DAY

    def text(self, day: str, steps: str, kind: Date, number: Number) -> str:
        if kind.low + number.low >= FIRST_DAY and kind.high + number.high <= LAST_DAY:
            return f"{day} + {steps}"
        return f"max({FIRST_DAY}, min({LAST_DAY}, {day} + {steps}))"

    def moved_sql(self, day: scaled.Whole, steps: scaled.Whole, writer: SqlWriting) -> scaled.Whole:
        from steelyard.expression.scaled import greatest, least

        return greatest([writer.number(FIRST_DAY), least([writer.number(LAST_DAY), day + steps])])


class MonthsAfter(_After):
    """The date so many months after another; the last day of a shorter month."""

    name: ClassVar[str] = "months_after"
    words: ClassVar[Title] = Title("{0}后{1}个月", "{1} months after {0}")
    step: ClassVar[Title] = Title("个月", "month")

    def moved(self, day: int, steps: int) -> int:
        start = date.fromordinal(day)
        year, month = divmod(start.year * 12 + start.month - 1 + steps, 12)
        if not date.min.year <= year <= date.max.year:
            return LAST_DAY if steps > 0 else FIRST_DAY
        last = monthrange(year, month + 1)[1]
        return date(year, month + 1, min(start.day, last)).toordinal()

    def text(self, day: str, steps: str, kind: Date, number: Number) -> str:
        return f"months_after({day}, {steps})"

    def moved_sql(self, day: scaled.Whole, steps: scaled.Whole, writer: SqlWriting) -> scaled.Whole:
        from steelyard.expression.scaled import choose, greatest, least, or_null

        # Years that begin in March end with the leap day; month 0 is the March of the year 0.
        months, of_month = _split(writer.keep(day), writer)
        target = writer.keep(months + steps)
        held = writer.keep(greatest([writer.number(10), least([writer.number(119997), target])]))
        first, after = writer.keep(_first(held)), writer.keep(_first(held + 1))
        found = least([first + of_month, after]) - 1
        beyond = choose([(steps > 0, writer.number(LAST_DAY))], writer.number(FIRST_DAY))
        outside = ~((target >= 10) & (target <= 119997))
        moved = choose([(outside, beyond)], found.within(FIRST_DAY, LAST_DAY))
        gone = ~day.there | ~steps.there
        return or_null(~gone, moved)


def _split(day: scaled.Whole, writer: SqlWriting) -> tuple[scaled.Whole, scaled.Whole]:
    """Return the months from March of the year 0 to a day's month, and the day within it, from
    1.
    """
    from steelyard.expression.scaled import cut

    def over(top: scaled.Whole, bottom: int, high: int) -> scaled.Whole:
        return cut(top, writer.number(bottom), 0, high)

    days = day + 305
    era = writer.keep(over(days, 146097, 25))
    rest = writer.keep((days - era * 146097).within(0, 146096))
    leaps = over(rest, 1460, 100) - over(rest, 36524, 4) + over(rest, 146096, 1)
    year = writer.keep(over((rest - leaps).within(0, 146096), 365, 399))
    passed = year * 365 + over(year, 4, 99) - over(year, 100, 3)
    of_year = writer.keep((rest - passed).within(0, 365))
    month = writer.keep(over(of_year * 5 + 2, 153, 11))
    of_month = (of_year - over(month * 153 + 2, 5, 337) + 1).within(1, 31)
    return (era * 400 + year) * 12 + month, of_month


def _first(months: scaled.Whole) -> scaled.Whole:
    """Return the ordinal of the first day of a month counted from March of the year 0."""
    from steelyard.expression.scaled import cut, whole

    def over(top: scaled.Whole, bottom: int) -> scaled.Whole:
        return cut(top, whole(bottom, top.engine), 0, max(top.high, 0) // bottom)

    year = over(months, 12)
    month = (months - year * 12).within(0, 11)
    leaps = over(year, 4) - over(year, 100) + over(year, 400)
    return year * 365 + leaps + over(month * 153 + 2, 5) - 305


def months_after(day: int, steps: int) -> int:
    """Return the day so many months after a day, both as ordinals, within the calendar."""
    start = date.fromordinal(day)
    months = start.year * 12 + start.month - 1 + steps
    if not 12 <= months < 120000:
        # Outside the years 1 to 9999.
        return LAST_DAY if steps > 0 else FIRST_DAY
    first = date(months // 12, months % 12 + 1, 1)
    # A month ends the day before the next begins; December needs no next year.
    length = 31 if first.month == 12 else (first.replace(month=first.month + 1) - first).days
    return first.toordinal() + min(start.day, length) - 1


def _day_and_steps(arguments: Sequence[Node]) -> tuple[Date, Number]:
    day, steps = (ranged(argument.type) for argument in arguments)
    return cast("Date", day), cast("Number", steps)


RUNTIME = {"months_after": months_after}
