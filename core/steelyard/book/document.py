"""A rule book as written: the pydantic model of its YAML, from which the JSON Schema is
published.
"""

from __future__ import annotations

import datetime
import unicodedata
from decimal import Decimal
from typing import Annotated, Any, Literal

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
    WithJsonSchema,
)

from steelyard.expression.parse import parse_date
from steelyard.located_yaml import mark, place_of


def _plain(value: object) -> object:
    """Return a name as expressions see it: with full-width forms made plain."""
    return unicodedata.normalize("NFKC", value) if isinstance(value, str) else value


Kebab = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9]*(-[a-z0-9]+)*$", max_length=80)]
Word = Annotated[
    str, BeforeValidator(_plain), StringConstraints(pattern=r"^[^\W\d]\w*$", max_length=80)
]
Tickable = Annotated[
    str, BeforeValidator(_plain), StringConstraints(pattern=r"^[^\W\d][\w-]*$", max_length=80)
]
BookId = Annotated[
    str, StringConstraints(pattern=r"^[a-z][a-z0-9-]*/[a-z0-9][a-z0-9-]*$", max_length=120)
]
Version = Annotated[str, StringConstraints(pattern=r"^[0-9]+(\.[0-9]+){0,3}$", max_length=40)]
Reference = Annotated[
    str,
    StringConstraints(pattern=r"^[a-z][a-z0-9-]*/[a-z0-9][a-z0-9-]*(@[0-9.]+)?$", max_length=160),
]
Expression = Annotated[
    str, WithJsonSchema({"type": ["string", "number", "boolean"], "description": "an expression"})
]
Figure = Annotated[
    str,
    WithJsonSchema({"type": ["number", "string"], "description": "points, or a parameter's id"}),
]
Office = Annotated[str, Field(description="the id of one of the book's offices")]
Line = Annotated[str, StringConstraints(max_length=4000)]
Method = Literal["documents", "site", "survey", "records", "report", "complaint"]
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


def _both(value: object) -> object:
    return (
        mark({"zh": value, "en": value}, place_of(value, "")) if isinstance(value, str) else value
    )


def _listed(value: object) -> object:
    return [value] if isinstance(value, str) else value


def _taken(value: object) -> object:
    """Let a base, or a list of bases, stand for all that they hold."""
    if isinstance(value, dict):
        return value
    return (
        mark({str(one): [] for one in value}, place_of(value, ""))
        if isinstance(value, list)
        else _taken(_listed(value))
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


class Strict(BaseModel):
    """What every part has in common: unknown keys are refused, values never change."""

    model_config = ConfigDict(extra="forbid", frozen=True, str_strip_whitespace=True)


class TitleEntry(Strict):
    """A name in Chinese and English."""

    zh: Line
    en: Line


TitleText = Annotated[TitleEntry, BeforeValidator(_both, json_schema_input_type=TitleEntry | str)]
Cite = Annotated[str, StringConstraints(pattern=r"^\S+$", max_length=80)]
Cites = Annotated[list[Cite], BeforeValidator(_listed, json_schema_input_type=list[Cite] | Cite)]
Notes = Annotated[str | TitleEntry, Field(default="")]
Options = str | list[str] | dict[str, TitleText]


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
    measured_in: Annotated[str, StringConstraints(min_length=1, max_length=40)] | None = None
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

    values: Annotated[dict[Day, Decimal], Field(min_length=1)]
    title: TitleText | None = None
    cites: Cites = []
    notes: Notes


class SectionEntry(Strict):
    """A part of the book with its points."""

    id: Kebab
    title: TitleText | None = None
    points: Decimal
    responsible: Office = ""


class ItemEntry(Strict):
    """A line of a checklist."""

    id: Tickable
    title: TitleText | None = None
    weight: Annotated[int, Field(ge=1, le=1000)] = 1
    responsible: Office = ""
    cites: Cites = []
    method: Method | None = None
    notes: Notes


class BandEntry(Strict):
    """A threshold: from it on (`at_least`), or strictly above it (`above`), the points are
    earned.
    """

    at_least: Decimal | None = None
    above: Decimal | None = None
    points: Decimal


class DemeritEntry(Strict):
    """Loses `each` points for every matching record of a register."""

    over: Word
    when: Expression | None = None
    each: Expression


class GroupEntry(Strict):
    """The group of bonus rules of which only the highest counts."""

    group: str = ""


class RuleEntry(Strict):
    """One rule, in exactly one form."""

    id: Kebab
    title: TitleText | None = None
    section: str | None = None
    dimension: Dimension | None = None
    cites: Cites = []
    method: Method | None = None
    notes: Notes
    basis: Line = ""
    responsible: Office = ""
    effort: Annotated[Decimal, Field(ge=0, le=10**6)] = Decimal(1)
    not_applicable: Expression | None = None
    when_undefined: Literal["pass", "fail"] | None = None
    confident: Decimal | None = None
    bonus: Annotated[
        GroupEntry | None, BeforeValidator(_bonus, json_schema_input_type=GroupEntry | bool | None)
    ] = None
    points: Decimal | dict[str, Decimal] | None = None
    weight: Annotated[int, Field(ge=1, le=1000)] | None = None
    requires: Expression | None = None
    checklist: Annotated[list[ItemEntry], Field(min_length=1)] | None = None
    graded: Expression | None = None
    banded: Expression | None = None
    bands: Annotated[list[BandEntry], Field(min_length=1)] | None = None
    proportional: Expression | None = None
    demerit: DemeritEntry | None = None
    stage: str | None = None
    late: Decimal | None = None
    judged: str | None = None


class PotEntry(Strict):
    """The bonus pot."""

    ceiling: Decimal


class EffectEntry(Strict):
    """What a limiter does."""

    veto: bool = False
    not_rated: bool = False
    cap_grade: str | None = None
    downgrade: Annotated[int, Field(ge=0, le=50)] = 0
    min_section: Annotated[dict[str, Decimal], Field(min_length=1, max_length=1)] | None = None


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
        list[str], BeforeValidator(_listed, json_schema_input_type=list[str] | str)
    ] = []
    entails: Annotated[
        list[str], BeforeValidator(_listed, json_schema_input_type=list[str] | str)
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
    points: Decimal = Decimal(100)
    decimals: Annotated[int, Field(ge=0, le=4)] = 2
    accepts: Annotated[
        list[Version], BeforeValidator(_listed, json_schema_input_type=list[Version] | Version)
    ] = []
    parameters: dict[
        Word,
        Annotated[
            ParameterEntry,
            BeforeValidator(
                _dated,
                json_schema_input_type=ParameterEntry | Decimal | dict[datetime.date, Decimal],
            ),
        ],
    ] = {}
    offices: dict[Word, TitleText] = {}
    facts: dict[Word, FactShort] = {}
    parties: dict[Word, Columns] = {}
    records: dict[Word, Columns] = {}
    sections: list[SectionEntry] = []
    rules: list[RuleEntry] = []
    bonus: Annotated[PotEntry | None, _wrap("ceiling", PotEntry | Decimal | None)] = None
    limiters: list[LimiterEntry] = []
    measures: dict[Word, MeasureEntry] = {}
    consequences: list[ConsequenceEntry] = []
    stages: list[StageEntry] = []
    ladder: list[RungEntry] = []
    grades: Annotated[list[GradeEntry], Field(min_length=1)]
