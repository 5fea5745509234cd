"""What a scoring form is: how it is written, what it brings, its points as a tree, and its words.

A form is a lowering (design, section 3): it says its points once, as an expression tree between 0
and its full mark. The compiled judge, bounds, coverage, "still to be shown" and every other reading
see the tree alone and know no form.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, fields
from functools import cache
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple, Protocol, Self

from steelyard.expression.ranges import hull, least, result_of
from steelyard.expression.tree import (
    Arithmetic,
    Asked,
    Call,
    Choose,
    Compare,
    Comparison,
    Literal,
    Mean,
    Name,
    Node,
    Part,
    Portion,
    Present,
)
from steelyard.expression.types import RATE, TICK, Boolean, Choice, Date, Number, Type, ranged
from steelyard.messages import Language, Title

if TYPE_CHECKING:
    from decimal import Decimal
    from fractions import Fraction

    from pydantic import BaseModel

    from steelyard.expression.values import Bounds, Truth

CARRIED = 6
"""How many places more than the book's decimals points are carried with."""


class Lowered(NamedTuple):
    """A form as trees.

    `points` is a number between 0 and the form's full mark, given that it applies. `applies` is a
    condition, None where it always does. `whole` is an exact condition of having earned all, where
    rounding to the carried places could hide that something is missing.
    """

    points: Node
    applies: Node | None = None
    whole: Node | None = None


class Due(Protocol):
    """What a form may know of a stage."""

    @property
    def title(self) -> Title:
        """The stage's title."""

    @property
    def deliverables(self) -> Collection[Any]:
        """What the stage must bring, each with an `id` and a `title`."""


@dataclass(frozen=True, slots=True)
class Lowering:
    """What a form is lowered with.

    `rule` is the rule's id; `full` the form's own full mark in units of 10**-decimals; `claimed` is
    set in a bonus rule, where what is not shown does not exist; `facts` gives the node of a fact,
    `stages` the book's stages.
    """

    rule: str
    full: int
    decimals: int
    claimed: bool
    facts: Mapping[str, Node]
    stages: Mapping[str, Due]

    @property
    def scale(self) -> int:
        """The scale in which points are carried."""
        return self.decimals + CARRIED

    @property
    def type(self) -> Number:
        """The type of what the form earns."""
        return Number(self.scale, 0, self.full * 10**CARRIED)

    def points(self, units: int) -> Literal:
        """Return points, given in units of the book's decimals, as a literal."""
        return _literal(units * 10**CARRIED, self.scale)

    def moment(self, name: str) -> Name:
        """Return a moment of the case: `as_of`, `period_start` or `period_end`."""
        return Name(type=Date(), kind="moment", name=name)

    def window(self, stage: str) -> Name:
        """Return the last day of a stage's window, which is none where it is left open."""
        return Name(type=Date(), nullable=True, kind="window", name=stage)

    def given(self, register: str) -> Name:
        """Return whether the case speaks of a register at all."""
        return Name(type=Boolean(), kind="spoken", name=register)

    # What a plugin's form is built of: every node gets the type that it has.

    def met(self, item: str) -> Compare:
        """Return whether an item is ticked yes."""
        return self._ticked(item, "yes")

    def out(self, item: str) -> Compare:
        """Return whether an item is ticked as not applicable."""
        return self._ticked(item, "na")

    def _ticked(self, item: str, word: str) -> Compare:
        tick = Literal(type=TICK, value=word)
        return Compare(type=Boolean(), op="==", left=self.facts[item], right=tick)

    def number(self, value: int, decimals: int = 0) -> Literal:
        """Return a number: `value` in units of 10**-decimals."""
        return _literal(value, decimals)

    def reached(self, value: Node, op: Comparison, edge: Literal, confidence: int = 0) -> Compare:
        """Return whether a value reaches an edge, given that it is there (`there`)."""
        if value.nullable and not confidence:
            # Counts that a sample has are there; of other values only what is not none is meant.
            value = Present(type=value.type, nullable=True, item=value)
        return Compare(type=Boolean(), op=op, left=value, right=edge, confidence=confidence)

    def there(self, value: Node, points: Node) -> Node:
        """Return points where a value is not none, else nothing."""
        kind = value.type
        span = ranged(kind)
        if not value.nullable or span is None:
            return points
        edge = Number(span.scale, span.low, span.low) if isinstance(span, Number) else span
        least = Literal(type=edge, value=span.low)
        if isinstance(kind, Choice):
            least = Literal(type=kind, value=kind.options[0])
        known = Compare(type=Boolean(), op=">=", left=value, right=least)
        return Choose(type=self.type, condition=known, then=points, otherwise=self.points(0))

    def choose(self, condition: Node, then: Node, otherwise: Node) -> Choose:
        """Return one number where a condition holds, else another."""
        one, two = _number(then), _number(otherwise)
        kind = hull(one, two)
        return Choose(type=kind, condition=condition, then=then, otherwise=otherwise)

    def add(self, first: Node, *rest: Node) -> Node:
        """Return the sum of numbers."""
        total = first
        for one in rest:
            kind, _ = result_of("+", _number(total), _number(one))
            total = Arithmetic(type=kind or Number(), op="+", left=total, right=one)
        return total

    def divide(self, top: Node, bottom: Node) -> Arithmetic:
        """Return a rate; the divisor may not be 0."""
        kind, _ = result_of("/", _number(top), _number(bottom))
        return Arithmetic(type=kind or RATE, op="/", left=top, right=bottom)

    def least(self, *numbers: Node) -> Call:
        """Return the least of numbers."""
        return Call(type=least(*map(_number, numbers)), function="min", arguments=numbers)

    def portion(self, rate: Node) -> Portion:
        """Return the points for a rate, held to 0..1."""
        return Portion(type=self.type, rate=rate, full=self.full, full_scale=self.decimals)

    def mean(self, parts: Iterable[Part]) -> Mean:
        """Return the points for a mean over the parts that apply."""
        return Mean(type=self.type, parts=tuple(parts), full=self.full, full_scale=self.decimals)

    def asked(self, mean: Mean) -> Asked:
        """Return whether a mean is asked."""
        return Asked(type=Boolean(), mean=mean)


def _literal(value: int, scale: int) -> Literal:
    return Literal(type=Number(scale, value, value), value=value)


def _number(node: Node) -> Number:
    kind = ranged(node.type)
    if not isinstance(kind, Number):
        raise TypeError(node)
    return kind


class Draft(Protocol):
    """What a form is read with: where it stands, what the book knows, and where faults go."""

    @property
    def place(self) -> str:
        """Where the rule stands, for faults."""

    @property
    def claimed(self) -> bool:
        """Whether it is a bonus rule."""

    @property
    def registers(self) -> Collection[str]:
        """The registers of the book."""

    @property
    def stages(self) -> Mapping[str, Any]:
        """The stages of the book."""

    def add(self, place: str, message: str, near: str = "", **values: object) -> None:
        """Note a fault."""

    def faulty(self) -> bool:
        """Whether a fault of this rule was noted already."""

    def units(self, points: Decimal, place: str) -> int:
        """Return points in units of the book's decimals."""

    def cites(self, said: Iterable[str], place: str) -> tuple[str, ...]:
        """Return the clauses that something cites, runs written out."""

    def condition(self, text: str | None, place: str, *, record: str | None = None) -> Node | None:
        """Return the typed tree of a condition, at a record of a register if one is named."""

    def quantity(self, text: str, place: str, *, record: str | None = None) -> Node | None:
        """Return the typed tree of a number, at a record of a register if one is named."""

    def node(self, text: str, place: str) -> Node | None:
        """Return the typed tree of any expression."""

    def z_squared(self) -> int:
        """Return the square of the normal quantile that `confident` asks for in millionths, or
        0.
        """

    def confident(self, node: Node, z_squared: int) -> Node | None:
        """Return a condition whose comparisons of surveys use their Wilson intervals."""


class Words(Protocol):
    """The words of a book, as forms ask for them."""

    def prose(self, node: Node | None, register: str | None = None) -> Title | None:
        """Return an expression in words; None for none."""

    def points(self, units: int) -> str:
        """Return points as people write them."""

    def register(self, name: str) -> Title:
        """Return the title of a register."""

    def stage(self, name: str) -> Title:
        """Return the title of a stage."""


class Differences(Protocol):
    """Where a form notes what changed between two versions of a rule of its kind."""

    @property
    def old(self) -> Words:
        """The words of the book as it was."""

    @property
    def new(self) -> Words:
        """The words of the book as it is."""

    def differ(self, group: str, change: str, old: Any, new: Any, template: Title) -> Any:
        """Return one change, told by a template with {rule}, {old} and {new}."""

    def asks(self) -> Any:
        """Return the change of all that the rule asks."""

    def node(
        self,
        change: str,
        old: Node | None,
        new: Node | None,
        template: Title,
        *,
        register: str | None = None,
        group: str = "conditions",
    ) -> Iterator[Any]:
        """Yield the change of an expression, at a record of a register if one is named."""


class Teller(Protocol):
    """What one case shows, as forms ask for it when they tell why."""

    @property
    def claimed(self) -> bool:
        """Whether the rule is a bonus rule, in which what is not shown does not exist."""

    @property
    def records(self) -> Collection[str]:
        """The records that cost the rule points."""

    @property
    def words(self) -> Words:
        """The words of the book."""

    def truth(self, node: Node) -> Truth:
        """Return whether a condition must hold and whether it may."""

    def bounds(self, node: Node) -> Bounds | None:
        """Return a number as bounds, None where there is none."""

    def given(self, fact: str) -> Any:
        """Return a fact that was shown, or None."""

    def complete(self, register: str) -> bool:
        """Whether a register is complete."""

    def title(self, fact: str) -> Title:
        """Return the title of a fact, item or deliverable."""

    def option(self, fact: str, option: str) -> Title:
        """Return the title of an option of a fact."""

    def condition(self, node: Node, language: Language) -> str:
        """Return why a condition holds, fails or is open."""

    def valued(self, node: Node, language: Language, *, rate: bool = False) -> str:
        """Return a quantity's words with its value or range."""

    def phrase(self, node: Node, language: Language, register: str | None = None) -> str:
        """Return an expression in words."""

    def count(self, register: str, where: Node | None, among: Collection[str] | None = None) -> int:
        """Return how many records, or of those `among` some, surely match a condition."""

    def day(self, name: str, kind: Any = "moment") -> int | None:
        """Return a moment of the case, or with `window` the last day of a stage's window."""

    def deliverables(self, stage: str) -> Collection[Any]:
        """Return what a stage must bring."""


class Item(NamedTuple):
    """A line of a checklist; its tick is the fact of the same id."""

    id: str
    title: Title
    weight: int = 1
    cites: tuple[str, ...] = ()
    method: Any = None
    responsible: str = ""


@dataclass(frozen=True, slots=True)
class FormFact:
    """A fact that a form brings into the book: its id, type, and the entry that says its words."""

    id: str
    type: Type
    entry: Any

    @classmethod
    def tick(cls, entry: Any) -> Self:
        """Return the tick of an item as it is written."""
        return cls(entry.id, TICK, entry)


class Form:
    """A scoring form. Subclasses are frozen dataclasses that hold what a rule of the form says."""

    __slots__ = ()
    key: ClassVar[str]
    """The key of a rule under which the form is written."""
    title: ClassVar[Title]
    """The form's name."""
    scaled: ClassVar[bool] = False
    """Whether its points are on a scale of its own where the rule has a weight."""
    surveys: ClassVar[bool] = False
    """Whether `confident` goes with it."""
    by_ticks: ClassVar[bool] = False
    """Whether its reason follows from how its items are ticked, and from nothing else."""
    plugin: ClassVar[str] = ""
    """The plugin that brings it; empty for the core's own."""
    distribution: ClassVar[str] = ""
    """The distribution of that plugin with its version."""

    @classmethod
    def keys(cls) -> type[BaseModel]:
        """Return the model of the keys that a rule of this form has beside those of every rule."""
        raise NotImplementedError

    @classmethod
    def read(cls, entry: Any, draft: Draft) -> Self | None:
        """Return the form that a rule's entry says, or None after noting faults."""
        raise NotImplementedError

    @classmethod
    def mark(cls, entry: Any, draft: Draft) -> int:
        """Return the form's full mark in units of the book's decimals; 0 after noting faults."""
        if isinstance(entry.points, dict) or entry.points is None:
            message = (
                "has no points" if entry.points is None else "only `graded` has points by grade"
            )
            draft.add(draft.place, message)
            return 0
        return draft.units(entry.points, f"{draft.place}.points")

    @classmethod
    def brings(cls, entry: Any) -> Iterable[FormFact]:  # noqa: ARG003  # most forms bring none
        """Return the facts that a rule of this form brings."""
        return ()

    def lower(self, context: Lowering) -> Lowered:
        """Return the form as trees."""
        raise NotImplementedError

    def asks(self, words: Words) -> Title:
        """Return what a rule of this form asks, in both languages."""
        raise NotImplementedError

    def because(self, teller: Teller, language: Language) -> str:
        """Return why the rule came out as it did for one case."""
        raise NotImplementedError

    def changes(self, new: Self, notes: Differences) -> Iterator[Any]:
        """Yield what changed between this and another version of the rule."""
        if self != new:
            yield notes.asks()

    def expressions(self) -> Iterator[tuple[Node, str | None]]:
        """Yield the expressions that the rule's author wrote, each with the register at whose
        records it stands.
        """
        register = getattr(self, "register", None)
        for one in fields(self):  # type: ignore[arg-type]  # every form is a dataclass
            value = getattr(self, one.name)
            if isinstance(value, Node):
                yield value, register

    def slowly(self, evaluate: Callable[[Node], Any], full: Fraction) -> Any:  # noqa: ARG002
        """Return what a slow reading of the form's own earns, or None to have its tree read."""
        return None

    @property
    def items(self) -> tuple[Item, ...]:
        """The lines of a checklist that the rule brings."""
        return ()


def keys_of(form: type[Form]) -> type[BaseModel]:
    """Return the model of a form's keys, made once."""
    key: Any = form  # a class is hashable, whatever its instances are
    return _model(key)


@cache
def _model(form: type[Form]) -> type[BaseModel]:
    return form.keys()


def brought(entry: Any, forms: Iterable[type[Form]]) -> Iterator[tuple[type[Form], FormFact]]:
    """Yield the facts that a rule brings by the form in which it is written, with that form."""
    for form in forms:
        if getattr(entry, form.key) is not None:
            for fact in form.brings(entry):
                yield form, fact
