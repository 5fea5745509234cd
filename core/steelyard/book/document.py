"""A rule book as written: the pydantic model of its YAML, from which the JSON Schema is
published.
"""

from __future__ import annotations

import datetime
from decimal import Decimal
from functools import lru_cache
from types import GenericAlias
from typing import Annotated, Any, Literal

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
    WithJsonSchema,
    create_model,
)

from steelyard.book.measured_in import UNITS
from steelyard.expression.parse import parse_date
from steelyard.forms.entries import (
    Cites,
    Expression,
    Kebab,
    Line,
    Method,
    Notes,
    Office,
    PlainDecimal,
    Strict,
    Tickable,
    TitleEntry,
    TitleText,
    Word,
    as_list,
)
from steelyard.forms.form import Form, keys_of
from steelyard.forms.ids import BOOK_ID, REFERENCE, VERSION
from steelyard.located_yaml import mark, place_of

BookId = Annotated[str, StringConstraints(pattern=BOOK_ID, max_length=120)]
Version = Annotated[str, StringConstraints(pattern=VERSION, max_length=40)]
Reference = Annotated[str, StringConstraints(pattern=REFERENCE, max_length=160)]
Figure = Annotated[
    str,
    WithJsonSchema({"type": ["number", "string"], "description": "points, or a parameter's id"}),
]
Dimension = Literal[
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
]
NUMBER_OR_FACT: dict[str, Any] = {
    "type": ["number", "string"],
    "description": "a number, a date, or the id of a fact",
}


def _wrap(key: str, written: Any) -> BeforeValidator:
    """Let a bare value stand for `{key: value}`; `written` is all that may be written, for the
    schema.
    """

    def wrap(value: object) -> object:
        return value if isinstance(value, dict) else mark({key: value}, place_of(value, ""))

    return BeforeValidator(wrap, json_schema_input_type=written)


def _taken(value: object) -> object:
    """Let a base, or a list of bases, stand for all that they hold."""
    if isinstance(value, dict):
        return value
    return (
        mark({str(one): [] for one in value}, place_of(value, ""))
        if isinstance(value, list)
        else _taken(as_list(value))
    )


def _dated(value: object) -> object:
    if isinstance(value, str):
        return mark({"values": {"0001-01-01": value}}, place_of(value, ""))
    if isinstance(value, dict) and "values" not in value:
        return {"values": value}
    return value


def _bonus(value: object) -> object:
    if isinstance(value, str):
        return (
            {"group": ""}
            if value.lower() in {"true", "yes"}
            else None
            if value.lower() in {"false", "no"}
            else value
        )
    return value


def _effect(value: object) -> object:
    return mark({str(value): "true"}, place_of(value, "")) if isinstance(value, str) else value


def _day(value: object) -> object:
    if isinstance(value, str) and parse_date(value.strip()) is None:
        raise ValueError
    return value


Day = Annotated[datetime.date, BeforeValidator(_day)]


Options = str | list[str] | dict[str, TitleText]
NamedOptions = (
    Annotated[list[str], Field(min_length=1)] | Annotated[dict[str, TitleText], Field(min_length=1)]
)
Unit = Annotated[str, WithJsonSchema({"type": "string", "enum": list(UNITS)})]


class FactEntry(Strict):
    """A fact to collect, or a field of a register or party."""

    type: Options | None = None
    title: TitleText | None = None
    min: Annotated[str | None, WithJsonSchema(NUMBER_OR_FACT)] = None
    max: Annotated[str | None, WithJsonSchema(NUMBER_OR_FACT)] = None
    decimals: Annotated[int, Field(ge=0, le=6)] | None = None
    derived: Annotated[Expression | None, Field(alias="is")] = None
    default: Expression | None = None
    missing: Literal["unknown", "none", "refused"] | None = None
    better: Literal["higher", "lower"] | None = None
    ordered: bool = False
    measured_in: Unit | TitleEntry | None = None
    responsible: Office = ""
    method: Method | None = None
    cites: Cites = []
    notes: Notes


FactShort = Annotated[FactEntry, _wrap("type", FactEntry | str | list[str])]


class Columns(BaseModel):
    """A register or a kind of party: its fields by id, beside its own title."""

    model_config = ConfigDict(extra="allow", frozen=True)
    __pydantic_extra__: dict[str, FactShort]

    title: TitleText | None = None
    cites: Cites = []
    notes: Notes
    from_book: Reference | None = None
    roster: Annotated[str, Field(max_length=80)] = ""
    every: Literal["month", "quarter", "half", "year"] | None = None
    dated: Word | None = None
    responsible: Office = ""


class ParameterEntry(Strict):
    """A named figure with the dates from which it holds."""

    values: Annotated[dict[Day, PlainDecimal], Field(min_length=1)]
    title: TitleText | None = None
    cites: Cites = []
    notes: Notes


class SectionEntry(Strict):
    """A part of the book with its points."""

    id: Kebab
    title: TitleText | None = None
    points: PlainDecimal
    responsible: Office = ""


class GroupEntry(Strict):
    """The group of bonus rules of which only the highest counts."""

    group: str = ""


class RuleEntry(Strict):
    """What every rule has; the keys of its form are added by `book_entry`."""

    id: Kebab
    title: TitleText | None = None
    section: str | None = None
    dimension: Dimension | None = None
    cites: Cites = []
    method: Method | None = None
    notes: Notes
    basis: Line = ""
    responsible: Office = ""
    effort: Annotated[PlainDecimal, Field(ge=0, le=10**6)] = Decimal(1)
    not_applicable: Expression | None = None
    when_undefined: Literal["pass", "fail"] | None = None
    confident: PlainDecimal | None = None
    bonus: Annotated[
        GroupEntry | None, BeforeValidator(_bonus, json_schema_input_type=GroupEntry | bool | None)
    ] = None
    points: PlainDecimal | dict[str, PlainDecimal] | None = None
    weight: Annotated[int, Field(ge=1, le=1000)] | None = None


class PotEntry(Strict):
    """The bonus pot."""

    ceiling: PlainDecimal


class EffectEntry(Strict):
    """What a limiter does."""

    veto: bool = False
    not_rated: bool = False
    cap_grade: str | None = None
    downgrade: Annotated[int, Field(ge=0, le=50)] = 0
    min_section: Annotated[dict[str, PlainDecimal], Field(min_length=1, max_length=1)] | None = None


class LimiterEntry(Strict):
    """Caps or lowers the grade whatever the points say."""

    id: Kebab
    title: TitleText | None = None
    when: Expression | None = None
    effect: Annotated[
        EffectEntry,
        BeforeValidator(_effect, json_schema_input_type=EffectEntry | Literal["veto", "not_rated"]),
    ]
    cites: Cites = []
    basis: Line = ""
    notes: Notes


class MeasureEntry(Strict):
    """A sanction or reward that the book may impose."""

    kind: Literal["sanction", "reward"]
    title: TitleText | None = None
    lasts: Line = ""
    excludes: Annotated[
        list[str], BeforeValidator(as_list, json_schema_input_type=list[str] | str)
    ] = []
    entails: Annotated[
        list[str], BeforeValidator(as_list, json_schema_input_type=list[str] | str)
    ] = []
    cites: Cites = []
    notes: Notes


class ConsequenceEntry(Strict):
    """A row of the decision table of consequences."""

    on: str
    by: str | None = None
    when: Expression | None = None
    falls_on: str
    all: Annotated[list[str], Field(min_length=1)] | None = None
    one_of: (
        Annotated[list[Annotated[list[str], Field(min_length=1)]], Field(min_length=1)] | None
    ) = None
    cites: Cites = []
    basis: Line = ""
    notes: Notes


class WindowEntry(Strict):
    """When a stage runs: months of the period, or fixed days."""

    months: list[Annotated[int, Field(ge=1, le=12)]] = []
    first: Annotated[Day | None, Field(alias="from")] = None
    last: Annotated[Day | None, Field(alias="to")] = None


class DeliverableEntry(Strict):
    """What a stage must bring; the fact is the date on which it was done."""

    id: Tickable
    title: TitleText | None = None
    responsible: Office = ""
    cites: Cites = []
    method: Method | None = None
    notes: Notes


class StageEntry(Strict):
    """A dated phase with its deliverables."""

    id: Kebab
    title: TitleText | None = None
    window: WindowEntry | None = None
    deliverables: list[DeliverableEntry] = []
    cites: Cites = []
    notes: Notes


class RungEntry(Strict):
    """A rung of the ladder of titles."""

    id: Kebab
    title: TitleText | None = None
    year: Annotated[int, Field(ge=1, le=99)]
    needs: Expression
    cites: Cites = []
    notes: Notes


class GradeEntry(Strict):
    """A grade and what it demands; the last demands nothing."""

    id: Kebab
    title: TitleText | None = None
    at_least: Figure | None = None
    needs: Expression | None = None


class ExceptionEntry(Strict):
    """A claim that the book does not keep, on purpose: which, of what, where it is meant, and for
    what reason.
    """

    check: Kebab
    about: Annotated[str, Field(max_length=200)]
    beside: Annotated[str, Field(max_length=1000)] = ""
    where: Expression | None = None
    reason: TitleText


class Span(Strict):
    """From a day to a day, either left open."""

    first: Annotated[Day | None, Field(alias="from")] = None
    last: Annotated[Day | None, Field(alias="to")] = None


class TailorEntry(Strict):
    """What an authority changes in the books that it extends: figures set, rules dropped with a
    reason, added, replaced.
    """

    set: dict[str, Any] = {}
    drop: dict[str, Any] | list[Any] = {}
    add: dict[str, Any] | list[Any] = {}
    replace: dict[str, Any] | list[Any] = {}


class BookEntry(Strict):
    """A Steelyard rule book."""

    book: BookId
    version: Version
    title: TitleText | None = None
    sector: Kebab
    effective: Span = Span()
    extends: Annotated[
        dict[Reference, list[str]],
        BeforeValidator(
            _taken, json_schema_input_type=list[Reference] | Reference | dict[Reference, list[str]]
        ),
    ] = {}
    tailor: TailorEntry = TailorEntry()
    notes: Notes
    points: PlainDecimal = Decimal(100)
    decimals: Annotated[int, Field(ge=0, le=4)] = 2
    accepts: Annotated[
        list[Version], BeforeValidator(as_list, json_schema_input_type=list[Version] | Version)
    ] = []
    parameters: dict[
        Word,
        Annotated[
            ParameterEntry,
            BeforeValidator(
                _dated,
                json_schema_input_type=ParameterEntry
                | PlainDecimal
                | dict[datetime.date, PlainDecimal],
            ),
        ],
    ] = {}
    offices: dict[Word, TitleText] = {}
    options: dict[Word, NamedOptions] = {}
    facts: dict[Word, FactShort] = {}
    parties: dict[Word, Columns] = {}
    records: dict[Word, Columns] = {}
    sections: list[SectionEntry] = []
    rules: list[RuleEntry] = []
    bonus: Annotated[PotEntry | None, _wrap("ceiling", PotEntry | PlainDecimal | None)] = None
    limiters: list[LimiterEntry] = []
    measures: dict[Word, MeasureEntry] = {}
    consequences: list[ConsequenceEntry] = []
    stages: list[StageEntry] = []
    ladder: list[RungEntry] = []
    grades: Annotated[list[GradeEntry], Field(min_length=1)]
    exceptions: list[ExceptionEntry] = []
    forms: Annotated[
        dict[str, Line],
        Field(description="the distribution and version that bring each form of a plugin's"),
    ] = {}


@lru_cache(maxsize=8)
def book_entry(forms: tuple[type[Form], ...]) -> type[BookEntry]:
    """Return the model of a book whose rules may be of these forms."""
    make: Any = create_model
    bases = (RuleEntry, *map(keys_of, forms))
    rule = make("RuleEntry", __base__=bases, __doc__="One rule, in exactly one form.")
    rules: Any = (GenericAlias(list, (rule,)), [])
    book: type[BookEntry] = make(
        "BookEntry", __base__=BookEntry, __doc__=BookEntry.__doc__, rules=rules
    )
    return book
