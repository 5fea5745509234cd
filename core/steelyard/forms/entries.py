"""What rules are written with in every form: the shared parts of a book's pydantic model."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Literal

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
    WithJsonSchema,
)
from pydantic_core import PydanticCustomError

from steelyard.folding import figure_in, folded
from steelyard.forms.ids import KEBAB, TICKABLE, UNBROKEN, WORD
from steelyard.located_yaml import mark, place_of


def _plain(value: object) -> object:
    """Return a name as expressions see it: with full-width forms made plain."""
    return folded(value) if isinstance(value, str) else value


def _figure(value: object) -> object:
    """Return a figure of plain digits; pydantic itself takes those of every script, and 1_0 too."""
    found = figure_in(value) if isinstance(value, str) else value
    if found is None and value is not None:
        raise PydanticCustomError("decimal_parsing", "no number")
    return found


PlainDecimal = Annotated[Decimal, BeforeValidator(_figure)]
Kebab = Annotated[str, StringConstraints(pattern=KEBAB, max_length=80)]
Word = Annotated[str, BeforeValidator(_plain), StringConstraints(pattern=WORD, max_length=80)]
Tickable = Annotated[
    str, BeforeValidator(_plain), StringConstraints(pattern=TICKABLE, max_length=80)
]
Expression = Annotated[
    str, WithJsonSchema({"type": ["string", "number", "boolean"], "description": "an expression"})
]
Office = Annotated[str, Field(description="the id of one of the book's offices")]
Line = Annotated[str, StringConstraints(max_length=4000)]
Method = Literal["documents", "site", "survey", "records", "report", "complaint"]


def _both(value: object) -> object:
    return (
        mark({"zh": value, "en": value}, place_of(value, "")) if isinstance(value, str) else value
    )


def as_list(value: object) -> object:
    """Return a text alone as a list of one; anything else as it is."""
    return [value] if isinstance(value, str) else value


class Strict(BaseModel):
    """What every part has in common: unknown keys are refused, values never change."""

    model_config = ConfigDict(
        extra="forbid",
        frozen=True,
        str_strip_whitespace=True,
    )


class FormKeys(Strict):
    """The keys that a rule of some form has beside those of every rule."""


class TitleEntry(Strict):
    """A name in Chinese and English."""

    zh: Line
    en: Line


TitleText = Annotated[TitleEntry, BeforeValidator(_both, json_schema_input_type=TitleEntry | str)]
Cite = Annotated[str, StringConstraints(pattern=UNBROKEN, max_length=80)]
Cites = Annotated[list[Cite], BeforeValidator(as_list, json_schema_input_type=list[Cite] | Cite)]
Notes = Annotated[str | TitleEntry, Field(default="")]


class ItemEntry(Strict):
    """A line of a checklist, or of another form that brings ticks."""

    id: Tickable
    title: TitleText | None = None
    weight: Annotated[int, Field(ge=1, le=1000)] = 1
    cites: Cites = []
    method: Method | None = None
    responsible: Office = ""
    notes: Notes
