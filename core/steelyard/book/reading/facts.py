"""The facts of a book: those that a case gives, those that forms and stages bring, and those that
are worked out.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

from steelyard.book.model import Fact
from steelyard.book.reading.declared import SCALARS, Declared, notes_of
from steelyard.book.reading.in_order import mentioned, ordered, told
from steelyard.errors import ExpressionError, nearest
from steelyard.expression.parse import Scope, parse
from steelyard.expression.tree import Call, Name, Node
from steelyard.expression.types import (
    RATE,
    Boolean,
    Choice,
    Date,
    Number,
    PartyOf,
    Survey,
    Text,
    Type,
    rescale,
)
from steelyard.forms.form import brought
from steelyard.forms.phrases import titled as title_of
from steelyard.forms.table import Forms

if TYPE_CHECKING:
    from steelyard.book.document import FactEntry


class Facts:
    """Reads the facts of one book; faults go to one list."""

    def __init__(self, said: Declared, forms: Forms) -> None:
        """Take what reads what entries declare, and the forms of the book's rules."""
        self.said = said
        self.entry = said.entry
        self.forms = forms
        self.place = said.place
        self.add = said.add
        self.all: dict[str, Fact] = {}
        self.claimed: dict[str, Node] = {}

    def given(self) -> None:
        """Read the facts that a case gives, and those that forms and stages bring."""
        for name, entry in self.entry.facts.items():
            if entry.derived is None:
                self._fact(name, entry)
        for rule in self.entry.rules:
            with self.said.told(self.place("rules", rule.id)):
                for _, one in brought(rule, self.forms.values()):
                    self._owned(one.id, "item", rule.id, one.type, one.entry)
        for stage in self.entry.stages:
            for deliverable in stage.deliverables:
                self._owned(deliverable.id, "deliverable", stage.id, Date(), deliverable)
        self._bind()

    def _fact(self, name: str, entry: FactEntry) -> None:
        place = self.place("facts", name)
        if entry.default is not None:
            self.add(place, "a fact has no default: what is not shown is unknown")
        if entry.missing not in {None, "unknown", "none"}:
            self.add(place, "a fact that is not given is unknown; it cannot be refused")
        kind, options = self.said.type_of(entry, place)
        if isinstance(kind, Boolean) and entry.missing == "none":
            self.add(place, "a yes or no is never none; an empty cell is unknown")
        low, high = self.said.bounds(kind, entry, place)
        kind = self.said.within(
            kind,
            None if isinstance(low, str) else low,
            None if isinstance(high, str) else high,
            place,
        )
        self.all[name] = Fact(
            id=name,
            title=title_of(entry.title, name),
            type=kind,
            cites=self.said.cites(entry.cites, place),
            method=entry.method,
            notes=notes_of(entry.notes),
            better=entry.better,
            options=options,
            named_options=self.said.named(entry),
            nullable=entry.missing == "none",
            responsible=entry.responsible,
            measured_in=self.said.measured_in(kind, entry, place),
            low_fact=low if isinstance(low, str) else None,
            high_fact=high if isinstance(high, str) else None,
            place=place,
        )

    def _owned(self, name: str, origin: str, owner: str, kind: Type, entry: object) -> None:
        part = "rules" if origin == "item" else "stages"
        place = self.place(part, owner, name)
        if name in self.all:
            self.add(
                place,
                "`{id}` stands twice; ids of facts, items and deliverables are unique in a book",
                id=name,
            )
            return
        self.all[name] = Fact(
            id=name,
            title=title_of(getattr(entry, "title", None), name),
            type=kind,
            origin="item" if origin == "item" else "deliverable",
            owner=owner,
            cites=self.said.cites(getattr(entry, "cites", ()), place),
            method=getattr(entry, "method", None),
            notes=notes_of(getattr(entry, "notes", "")),
            nullable=origin == "deliverable",
            responsible=getattr(entry, "responsible", ""),
            place=place,
        )

    def _bind(self) -> None:
        """Check facts that bound each other and widen nothing: a fact is never beyond the widest of
        its bound.
        """
        for fact in list(self.all.values()):
            kind = fact.type
            for side, other_name in (("min", fact.low_fact), ("max", fact.high_fact)):
                if other_name is None:
                    continue
                other = self.all.get(other_name)
                if other is None:
                    self.add(
                        f"{fact.place}.{side}",
                        "unknown fact `{name}`",
                        nearest(other_name, self.all),
                        name=other_name,
                    )
                elif type(other.type) is not type(kind) or not isinstance(kind, (Number, Date)):
                    self.add(f"{fact.place}.{side}", "`{name}` is of another type", name=other_name)
                elif isinstance(kind, Number) and isinstance(other.type, Number):
                    low, high = (
                        rescale(end, other.type.scale, kind.scale)
                        for end in (other.type.low, other.type.high)
                    )
                    if side == "max" and high < kind.high:
                        kind = replace(kind, high=max(high, kind.low))
                    elif side == "min" and low > kind.low:
                        kind = replace(kind, low=min(low, kind.high))
            if kind is not fact.type:
                self.all[fact.id] = replace(fact, type=kind)

    def derived(self, scope: Callable[..., Scope]) -> None:
        """Read the facts that are worked out, each after those that it reads; `scope` gives the
        names known by then.
        """
        written = {
            name: entry.derived or ""
            for name, entry in self.entry.facts.items()
            if entry.derived is not None
        }
        order, loop = ordered({name: mentioned(text) for name, text in written.items()})
        if loop:
            self.said.faults.append(
                told(
                    self.place("facts", loop[0]), loop, "derived facts go round in a circle: {loop}"
                )
            )
            order = []
        for name in order:
            self._derived(name, self.entry.facts[name], scope)

    def _derived(self, name: str, entry: FactEntry, scope: Callable[..., Scope]) -> None:
        place = self.place("facts", name)
        try:
            node = parse(entry.derived or "", scope(), f"{place}.is")
            claimed = parse(entry.derived or "", scope(claimed=True), f"{place}.is")
        except ExpressionError as error:
            self.said.faults.extend(error.faults)
            return
        kind: Type = RATE if isinstance(node.type, Survey) else node.type
        if isinstance(kind, (Text, Choice, PartyOf)):
            self.add(
                f"{place}.is",
                "`{text}` is neither a number, a date nor a condition",
                text=entry.derived,
            )
            return
        said = SCALARS.get(str(entry.type))
        alike = isinstance(said, Number) and isinstance(kind, Number)
        if entry.type is not None and not (alike or type(said) is type(kind)):
            self.add(f"{place}.type", "`{type}` is not what its expression gives", type=entry.type)
        if entry.missing or entry.default is not None or entry.ordered:
            self.add(place, "a derived fact has neither missing, default nor order")
        if entry.decimals is not None and isinstance(kind, Number) and entry.decimals < kind.scale:
            ends = [rescale(end, kind.scale, entry.decimals) for end in (kind.low, kind.high)]
            kind = Number(entry.decimals, *ends)
            node, claimed = (_rounded(one, kind) for one in (node, claimed))
        low, high = self.said.bounds(kind, entry, place)
        if isinstance(low, str) or isinstance(high, str):
            self.add(place, "a derived fact is bounded by figures, not by other facts")
            low = high = None
        bounded: Type = kind
        if low is not None or high is not None:
            if not isinstance(kind, (Number, Date)):
                self.add(place, "only numbers and dates have min and max")
            else:
                bounded = self.said.within(
                    kind,
                    None if low is None else max(low, kind.low),
                    None if high is None else min(high, kind.high),
                    place,
                )
        self.all[name] = Fact(
            id=name,
            title=title_of(entry.title, name),
            type=bounded,
            origin="derived",
            cites=self.said.cites(entry.cites, place),
            method=entry.method,
            notes=notes_of(entry.notes),
            better=entry.better,
            low=low,
            high=high,
            nullable=node.nullable,
            derived=node,
            responsible=entry.responsible,
            measured_in=self.said.measured_in(kind, entry, place),
            place=place,
        )
        self.claimed[name] = Name(
            type=bounded,
            kind="fact",
            name=name,
            claimed=True,
            nullable=claimed.nullable,
            inner=claimed,
        )


def _rounded(node: Node, kind: Number) -> Node:
    """Return an expression rounded to the places of a type."""
    return Call(type=kind, nullable=node.nullable, function="round", arguments=(node,))
