"""A rule book as the judge sees it: resolved, typed and immutable."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Literal

from steelyard.book.measured_in import MeasuredIn, with_unit
from steelyard.errors import Fault
from steelyard.expression.tree import Name, Node, walk
from steelyard.expression.types import Type
from steelyard.forms.form import Form, Lowered
from steelyard.messages import Title

NO_TITLE = Title("", "")
DIMENSIONS: tuple[str, ...] = (
    "leadership",
    "learning",
    "values",
    "integrity",
    "governance",
    "service",
    "performance",
    "culture",
    "volunteering",
    "environment",
    "safety",
    "publicity",
)
METHODS: tuple[str, ...] = ("documents", "site", "survey", "records", "report", "complaint")
SCALARS: tuple[str, ...] = ("boolean", "integer", "number", "date", "text", "survey")
UNDATED = "none"
"""What a register says as `dated` whose rows may be of any day."""
COLUMN_KEYS: tuple[str, ...] = (
    "title",
    "cites",
    "notes",
    "from_book",
    "roster",
    "every",
    "dated",
    "responsible",
)
"""What a register or kind of party may say beside its fields."""

Method = Literal["documents", "site", "survey", "records", "report", "complaint"]
Outcome = Literal["pass", "partial", "fail", "unknown", "not_applicable", "waived"]
Missing = Literal["unknown", "none", "refused"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """One value to collect: a plain fact, a checklist item, a deliverable (the date it was done) or
    a derived fact.

    `low` and `high` are the bounds that the book declares, in units of the type's scale or
    ordinals; `low_fact` and `high_fact` name the facts that bound this one. `options` gives the
    titles of an enumeration, `named_options` the name under which the book holds them.
    """

    id: str
    title: Title
    type: Type
    origin: Literal["fact", "item", "deliverable", "derived"] = "fact"
    owner: str = ""
    cites: tuple[str, ...] = ()
    method: Method | None = None
    notes: str = ""
    better: Literal["higher", "lower"] | None = None
    low: int | None = None
    high: int | None = None
    low_fact: str | None = None
    high_fact: str | None = None
    options: Mapping[str, Title] = field(default_factory=dict)
    named_options: str = ""
    nullable: bool = False
    derived: Node | None = None
    responsible: str = ""
    measured_in: MeasuredIn | None = None
    place: str = ""

    @property
    def full_title(self) -> Title:
        """Return the title with what the figure is measured in."""
        return with_unit(self.title, self.measured_in)


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """One column of a register or of a kind of party; `default` and `derived` look at the same
    record. With `better` a record may still come to have it: it can be put right.
    """

    id: str
    title: Title
    type: Type
    missing: Missing = "unknown"
    cites: tuple[str, ...] = ()
    method: Method | None = None
    notes: str = ""
    better: Literal["higher"] | None = None
    options: Mapping[str, Title] = field(default_factory=dict)
    named_options: str = ""
    default: Node | None = None
    derived: Node | None = None
    responsible: str = ""
    measured_in: MeasuredIn | None = None
    place: str = ""

    @property
    def full_title(self) -> Title:
        """Return the title with what the figure is measured in."""
        return with_unit(self.title, self.measured_in)

    @property
    def worked_out(self) -> Node | None:
        """How it is worked out where a record does not say it."""
        return self.default if self.derived is None else self.derived

    @property
    def reads(self) -> tuple[str, ...]:
        """The fields of the same record from which it is worked out."""
        return (
            ()
            if self.worked_out is None
            else tuple(
                one.name
                for one in walk(self.worked_out)
                if isinstance(one, Name) and one.kind == "field"
            )
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class RollUp:
    """Where the records of a register come from: one per part and period, from assessments by
    another book.

    `book` is a reference, `id` or `id@version`. `kind` is the kind of party whose parties are the
    parts, `subject` where the unit itself is its only part, or empty where the case lists what it
    expects. `every` is the period of a record; empty: as parts are found assessed.
    """

    book: str
    kind: str = ""
    every: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Register:
    """A kind of record: breaches, inspections, activities; `rolled` where assessments of parts fill
    it.

    `dated` names the field whose day must lie in the period; it is `none` where rows of any day
    count, and empty where the book does not say.
    """

    id: str
    title: Title
    fields: Mapping[str, Field]
    rolled: RollUp | None = None
    dated: str = ""
    responsible: str = ""
    cites: tuple[str, ...] = ()
    notes: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """A kind of party and what is known of each."""

    id: str
    title: Title
    fields: Mapping[str, Field]
    notes: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameter:
    """A named figure: (first day as ordinal, units of 10**-scale), oldest first."""

    id: str
    title: Title
    scale: int
    values: tuple[tuple[int, int], ...]
    cites: tuple[str, ...] = ()
    notes: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """A part of the book with its points, in units of the book's decimals; `weighted` where its
    rules share them by weight.
    """

    id: str
    title: Title
    points: int
    weighted: bool = False
    responsible: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One rule; a bonus rule has no section and perhaps a group.

    `points` is its full mark within its section and `full` the form's own, both in units of the
    book's decimals: they differ only where the section weighs its rules. Then `weight` is above 0,
    and `points` is the section's apportioned by weight. `lowered` is its form as trees.
    """

    id: str
    title: Title
    section: str | None
    dimension: str | None
    points: int
    form: Form
    lowered: Lowered
    full: int
    weight: int = 0
    cites: tuple[str, ...] = ()
    method: Method | None = None
    notes: str = ""
    basis: str = ""
    responsible: str = ""
    effort: Decimal = Decimal(1)
    not_applicable: Node | None = None
    when_undefined: Literal["pass", "fail"] | None = None
    bonus: bool = False
    group: str = ""
    place: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limiter:
    """Caps or lowers the grade, vetoes, or leaves the case unrated; with `floor` it bites below a
    section's points.
    """

    id: str
    title: Title
    when: Node | None
    veto: bool = False
    not_rated: bool = False
    cap: str | None = None
    downgrade: int = 0
    floor: tuple[str, int] | None = None
    cites: tuple[str, ...] = ()
    basis: str = ""
    notes: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Measure:
    """A named sanction or reward."""

    id: str
    kind: Literal["sanction", "reward"]
    title: Title
    lasts: str = ""
    excludes: tuple[str, ...] = ()
    entails: tuple[str, ...] = ()
    cites: tuple[str, ...] = ()
    notes: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Consequence:
    """A row of the decision table; `on` is a register, a kind of party, or `subject`.

    `falls_on` is the node that names the party (None: the subject), or with `members` the party
    whose members it falls on: (kind of the members, the field of theirs that names that party).
    `owners` gives, when `on` is a kind of party, the field of each register read that names the
    party.
    """

    number: int
    on: str
    scope: Literal["register", "subject", "party"]
    when: Node | None
    falls_on: Node | None
    kind: str
    members: tuple[str, str] | None
    options: tuple[tuple[str, ...], ...]
    owners: Mapping[str, str] = field(default_factory=dict)
    cites: tuple[str, ...] = ()
    basis: str = ""
    notes: str = ""
    place: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Deliverable:
    """What a stage must bring; its date is the fact of the same id."""

    id: str
    title: Title
    cites: tuple[str, ...] = ()
    method: Method | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """A phase: `months` of the period, or fixed first and last days, or open."""

    id: str
    title: Title
    months: tuple[int, ...] = ()
    first: datetime.date | None = None
    last: datetime.date | None = None
    deliverables: tuple[Deliverable, ...] = ()
    cites: tuple[str, ...] = ()
    notes: Title = NO_TITLE


@dataclass(frozen=True, slots=True, kw_only=True)
class Rung:
    """A rung of the ladder of titles: the year counted from the plan's first, and what it needs."""

    id: str
    title: Title
    year: int
    needs: Node
    cites: tuple[str, ...] = ()
    notes: Title = NO_TITLE


@dataclass(frozen=True, slots=True, kw_only=True)
class Grade:
    """A grade and what it demands: a score, a condition, or both; the last demands nothing.

    The score is `at_least` in units of the book's decimals, or the figure of the parameter named.
    """

    id: str
    title: Title
    at_least: int | None = None
    parameter: str = ""
    needs: Node | None = None


EXCEPTED_AT_RECORDS = frozenset({"sanctioned", "one-more"})
EXCEPTED_AT_CASES = frozenset({"better", "division", "nothing"})
"""Claims that fail in many ways: an exception says `where` it is meant, of a record or a case."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Exempt:
    """A claim of `verify` that the book does not keep, on purpose: the check, what it is about and
    `beside` what, and for what reason. It means no more than what meets `where`, read at a record
    of what it is about, or of the case.
    """

    check: str
    about: str
    reason: Title
    beside: str = ""
    where: Node | None = None


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class RuleBook:
    """One version of one scheme, resolved and typed.

    Points everywhere are integers in units of 10**-decimals. `grades` run best first. `digest`
    is the SHA-256 of the resolved content; `origin` the file it came from; `changed` says whose
    each tailored figure is; `remarks` are what an author should know though it is no fault; `code`
    the compiled judge where a cache kept it.
    """

    id: str
    version: str
    title: Title
    sector: str
    points: int
    decimals: int
    facts: Mapping[str, Fact]
    parameters: Mapping[str, Parameter]
    kinds: Mapping[str, Kind]
    registers: Mapping[str, Register]
    sections: Mapping[str, Section]
    rules: Mapping[str, Rule]
    limiters: tuple[Limiter, ...]
    measures: Mapping[str, Measure]
    consequences: tuple[Consequence, ...]
    stages: Mapping[str, Stage]
    ladder: tuple[Rung, ...]
    grades: tuple[Grade, ...]
    bonus_ceiling: int = 0
    offices: Mapping[str, Title] = field(default_factory=dict)
    options: Mapping[str, Mapping[str, Title]] = field(default_factory=dict)
    effective: tuple[datetime.date | None, datetime.date | None] = (None, None)
    accepts: tuple[str, ...] = ()
    exceptions: tuple[Exempt, ...] = ()
    extends: tuple[str, ...] = ()
    changed: Mapping[str, str] = field(default_factory=dict)
    dropped: Mapping[str, Title] = field(default_factory=dict)
    notes: Title = NO_TITLE
    digest: str = ""
    origin: str = ""
    plugin: str = ""
    document: Mapping[str, object] = field(default_factory=dict)
    remarks: tuple[Fault, ...] = ()
    code: bytes = b""

    @property
    def key(self) -> str:
        """Return id@version."""
        return f"{self.id}@{self.version}"

    @property
    def collected(self) -> tuple[Fact, ...]:
        """The facts that a case may give: all but the derived."""
        return tuple(fact for fact in self.facts.values() if fact.derived is None)
