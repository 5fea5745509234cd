"""What a function is: all its readings, none of which may be lacking.

A reading is an abstract method, so a function that lacks one cannot be made, and the table of
functions, which makes them when it is imported, cannot be either. A further engine (SQL, a prover)
is one more abstract method of each of the two classes.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, ClassVar, Literal, NamedTuple, Protocol, TypeVar

from steelyard.expression.lines import Emitting, Lines, Ratio, Sides, Span
from steelyard.expression.tree import Call, Name, Node, Over, Reach
from steelyard.expression.types import Type
from steelyard.expression.values import Bounds, Reading, Truth
from steelyard.expression.world import World
from steelyard.messages import Language, Title

if TYPE_CHECKING:
    from steelyard.expression import scaled
T = TypeVar("T", bound="scaled.Term")
Takes = Literal["number", "amount", "integer", "places", "date", "alike", "named"]
"""What an argument may be: a number; one of at least 0; a whole number; places written out, which
the type of the result uses up; a date; a number or date like the first; a fact or field by its
name."""

Value = Literal["none", "condition", "number", "ranged", "field"]
"""What a function over records is asked of each: nothing, a condition, a number, a number or date,
a field."""


class Typing(NamedTuple):
    """The static type of a result, and the sizes that working it out can reach."""

    type: Type
    sizes: tuple[int, ...] = ()


class Slow(Protocol):
    """What a slow reading asks of the evaluation around it."""

    world: World
    undefined: bool

    def read(self, node: Node) -> Reading:
        """Return what any node reads as; a rate exactly."""

    def truth(self, node: Node) -> Truth:
        """Return a condition."""

    def bounds(self, node: Node) -> Bounds | None:
        """Return a number, a rate exactly, a date or a position, or None where there is none."""

    def number(self, node: Node) -> Bounds | None:
        """Return the same with a rate rounded, as a number that is worked with."""

    def apart(self) -> Slow:
        """Return an evaluation in the same world that notes nothing here."""


class Scalar(ABC):
    """A function of values, with all its readings."""

    name: ClassVar[str]
    takes: ClassVar[tuple[Takes, ...]]
    """What each argument may be; the last holds for all that follow."""
    least: ClassVar[int]
    most: ClassVar[int]
    """How many arguments it wants."""
    words: ClassVar[Title]
    """How it reads: `{0}`, `{1}` are its arguments, `{all}` all of them in a row."""
    contrary: ClassVar[Title | None] = None
    """How its contrary reads, where a plain "not" will not do."""

    @abstractmethod
    def typed(self, arguments: Sequence[Node]) -> Typing:
        """Return the static type of the result, its range included."""

    @abstractmethod
    def may_be_undefined(self, node: Call) -> bool:
        """Whether known arguments may leave it undefined."""

    @abstractmethod
    def slow(self, node: Call, evaluation: Slow) -> Reading:
        """Return the result in exact fractions; note where it may be undefined."""

    @abstractmethod
    def compiled(self, node: Call, writer: Emitting) -> Span | Sides | Ratio:
        """Write the result: a rate as a `Ratio`; note the flags under which it is undefined."""

    @abstractmethod
    def sql(self, node: Call, writer: SqlWriting) -> scaled.Span | scaled.Sides | scaled.Ratio:
        """Return the result as terms of SQL; note the flags under which it is undefined."""

    def phrase(self, node: Call, read: Callable[[Node], str], language: Language) -> str:
        """Return the result in words."""
        words = [read(argument) for argument in node.arguments]
        joined = "、".join(words) if language == "zh" else " and ".join(words)
        return self.words.of(language).format(*words, all=joined)


class Gathering(Protocol):
    """One function over records on its way through a loop: its names begin with `name`."""

    node: Over
    name: str
    complete: str
    flag: str


class SqlKnowing(Protocol):
    """Where the SQL reading asks for evidence."""

    def known(self, node: Name | Reach) -> scaled.Sides:
        """Return whether there is evidence."""


class SqlWriting(Protocol):
    """What a function's SQL reading asks of whoever writes the expression around it."""

    @property
    def names(self) -> SqlKnowing:
        """Where to ask for evidence."""

    flags: list[scaled.Test]

    def number(self, value: int) -> scaled.Whole:
        """Return a number written out."""

    def keep(self, term: T) -> T:
        """Return a term that can be read often: a column of its own unless it is small."""

    def span(self, node: Node) -> scaled.Span:
        """Return a number, date or position; a rate is rounded."""

    def ratio(self, node: Node) -> scaled.Ratio:
        """Return a number as pairs; a rate exactly."""

    def sides(self, node: Node) -> scaled.Sides:
        """Return a condition."""

    def said(self, node: Node) -> scaled.Said:
        """Return a text, option, tick or party."""


class SqlGathering(Protocol):
    """One function over records on its way through a pass over a register.

    `where` says whether the record at hand counts, `complete` whether no more records exist. What
    the methods return stands beside the unit once the pass is done; a sum over none is 0, an
    extreme over none NULL.
    """

    node: Over
    where: scaled.Sides
    complete: scaled.Test

    def count(self, test: scaled.Test) -> scaled.Whole:
        """Return how many records a condition holds of."""

    def total(self, value: scaled.Whole, test: scaled.Test) -> scaled.Whole:
        """Return the sum of a number over the records of which a condition holds."""

    def extreme(self, value: scaled.Whole, test: scaled.Test, *, most: bool) -> scaled.Whole:
        """Return the greatest or the least of a number over such records."""

    def different(self, value: scaled.Term, test: scaled.Test) -> scaled.Whole:
        """Return how many different values there are over such records."""

    def nearest(
        self, value: scaled.Whole, sure: scaled.Test, perhaps: scaled.Test, *, most: bool
    ) -> tuple[scaled.Whole, scaled.Whole]:
        """Return the sum and the number of those records of the greatest or the least mean: all
        that surely count, and of those that may the ones that move it that way.
        """

    def keep(self, whole: scaled.Whole) -> scaled.Whole:
        """Return a column of its own beside the unit."""

    def note(self, test: scaled.Test) -> None:
        """Note a condition, once the pass is done, under which the result is undefined."""


Seen = tuple[Truth, Slow]
"""A record: how surely it counts, and the evaluation of what is asked of it."""


class Aggregate(ABC):
    """A function over the records of a register, with all its readings.

    The compiled reading is in three places of a loop. `body` stands where a record may count;
    `must` is then the condition that it surely does, "True" where nothing is open.
    """

    name: ClassVar[str]
    value: ClassVar[Value]
    words: ClassVar[Title]
    """How it reads: `{register}`, `{where}` and `{value}`."""
    undefined_of_none: ClassVar[bool]
    """Whether it is undefined where no record counts."""

    @abstractmethod
    def typed(self, value: Node | None) -> Typing:
        """Return the static type of the result, its range included."""

    @abstractmethod
    def slow(
        self, node: Over, rows: Sequence[Seen], evaluation: Slow, *, complete: bool
    ) -> Reading:
        """Return the result from the records, in exact fractions; note where it may be
        undefined.
        """

    @abstractmethod
    def result(self, task: Gathering) -> Span | Sides | Ratio:
        """Return where the result stands after the loop."""

    @abstractmethod
    def before(self, lines: Lines, task: Gathering) -> None:
        """Write what stands before the loop."""

    @abstractmethod
    def body(self, writer: Emitting, task: Gathering, must: str) -> None:
        """Write what a record that may count adds."""

    @abstractmethod
    def after(self, lines: Lines, task: Gathering) -> None:
        """Write what stands after the loop."""

    @abstractmethod
    def sql(self, task: SqlGathering, writer: SqlWriting) -> scaled.Standing:
        """Return the result as terms of SQL; `writer` reads what is asked of the record at
        hand.
        """

    def nullable(self, value: Node | None) -> bool:
        """Whether the result may be none."""
        return False

    def listed(self, task: Gathering) -> str:
        """Return the name of the list of records that count, or nothing."""
        return ""


def note_flags(lines: Lines, flags: Sequence[str], flag: str) -> None:
    """Write that something was undefined at this record."""
    if flags and flag:
        lines.add(f"if {' or '.join(dict.fromkeys(flags))}: {flag} = True")


def taken(writer: Emitting, task: Gathering, node: Node) -> Span:
    """Write what a record's value is, and whether it is undefined."""
    writer.flags = []
    span = writer.span(node)
    note_flags(writer.lines, writer.flags, task.flag)
    return span


def if_there(lines: Lines, span: Span, write: Callable[[], None]) -> None:
    """Write lines for a value that is not surely none."""
    if span.none:
        lines.add(f"if {span.low} is not None:")
        lines.depth += 1
    write()
    lines.depth -= bool(span.none)


def surely(must: str, span: Span) -> str:
    """Return the condition that a record surely counts and surely has a value."""
    if not span.none:
        return must
    return f"not {span.none}" if must == "True" else f"({must} and not {span.none})"


def either(lines: Lines, must: str, sure: Callable[[], None], perhaps: Callable[[], None]) -> None:
    """Write what happens for records that surely count and for those that only may."""
    if must == "True":
        sure()
        return
    lines.add(f"if {must}:")
    lines.depth += 1
    sure()
    lines.depth -= 1
    lines.add("else:")
    lines.depth += 1
    perhaps()
    lines.depth -= 1
