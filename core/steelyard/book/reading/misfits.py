"""What does not fit the model of a book, told as faults with their places."""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal
from typing import TYPE_CHECKING, get_args

from steelyard.book.reading.places import locate
from steelyard.errors import Fault, Word, fault, nearest
from steelyard.forms.ids import BOOK_ID, KEBAB, REFERENCE, TICKABLE, UNBROKEN, VERSION, WORD
from steelyard.located_yaml import Table

if TYPE_CHECKING:
    from pydantic import BaseModel, ValidationError
    from pydantic_core import ErrorDetails


def misfits(error: ValidationError, raw: Table, name: str, shape: type[BaseModel]) -> list[Fault]:
    """Return a fault for each value that does not fit the model of a book."""
    said: dict[str, Fault] = {}
    for one in _fitting_best(error.errors(include_url=False, include_context=True)):
        found = _fault(one, raw, name, shape)
        # A value that fits none of several kinds is one fault, not one for each kind.
        said.setdefault(
            found.text() if one["type"] in {"missing", "extra_forbidden"} else found.place, found
        )
    return list(said.values())


def _fitting_best(errors: list[ErrorDetails]) -> list[ErrorDetails]:
    """Return the errors without those that say a value is of another shape than one of several that
    it may have, where something else is wrong of it or within it by one that it does have.
    """
    ways = [_steps(one) for one in errors]
    meant = {
        way[:depth]
        for one, way in zip(errors, ways, strict=True)
        for depth in range(len(way) + (one["type"] not in _SHAPES))
    }
    return [
        one
        for one, way in zip(errors, ways, strict=True)
        if one["type"] not in _SHAPES or way not in meant
    ]


def _steps(one: ErrorDetails) -> tuple[str | int, ...]:
    """Return the keys and places that lead to an error, without the kinds of a union."""
    return tuple(
        step
        for step in one["loc"]
        if not (isinstance(step, str) and (step in _UNION or step.startswith(_KINDS)))
    )


def _fault(one: ErrorDetails, raw: Table, name: str, shape: type[BaseModel]) -> Fault:
    kind, given = one["type"], one["input"]
    loc = _steps(one)
    if kind in {"extra_forbidden", "missing"}:
        # The key is the user's own, whatever it looks like.
        loc = (*(loc[:-1] if loc and loc[-1] == one["loc"][-1] else loc), one["loc"][-1])
        at, words = locate(raw, loc if kind == "extra_forbidden" else loc[:-1], name)
        key = str(loc[-1])
        if kind == "missing":
            return fault(f"{at}: {words}" if words else at, "`{key}` is missing", key=key)
        parent = words.rpartition(".")[0]
        place, near = f"{at}: {parent}" if parent else at, nearest(key, _siblings(shape, loc))
        if not near and loc[0] == "rules" and len(loc) == 3:
            message = "unknown key `{key}`; were it a form, the plugin that brings it is not in use"
            return fault(place, message, key=key)
        return fault(place, "unknown key `{key}`", near, key=key)
    at, words = locate(raw, loc, name)
    place = f"{at}: {words}" if words else at
    text = given if isinstance(given, (str, Decimal)) else _shape(given)
    if kind == "literal_error":
        expected = (
            str(one.get("ctx", {}).get("expected", "")).replace("'", "").replace(" or ", ", ")
        )
        return fault(
            place,
            "`{text}` is not one of {options}",
            nearest(str(text), expected.split(", ")),
            text=text,
            options=expected,
        )
    if kind == "string_pattern_mismatch":
        pattern = str(one.get("ctx", {}).get("pattern", ""))
        near = _near_id(pattern, str(text))
        return fault(place, _IDS.get(pattern, "`{text}` does not fit here"), near, text=text)
    if kind == "too_long" and isinstance(given, str):
        # A key's length is told as that of a list.
        kind = "string_too_long"
    said = _SAID if isinstance(given, (str, Decimal)) else _SHAPED
    return fault(
        place,
        said.get(
            kind, "`{text}` does not fit here" if said is _SAID else "{text} does not fit here"
        ),
        text=text,
    )


_UNION = frozenset({"str", "constrained-str", "decimal", "TitleEntry", "[key]"})
_KINDS = ("list[", "dict[", "function-")
_SHAPES = frozenset(
    {"string_type", "list_type", "dict_type", "model_type", "model_attributes_type"}
)
_SAID: Mapping[str, str] = {
    "decimal_parsing": "`{text}` is not a number",
    "decimal_type": "`{text}` is not a number",
    "finite_number": "`{text}` is not a number",
    "int_parsing": "`{text}` is not a whole number",
    "int_type": "`{text}` is not a whole number",
    "int_from_float": "`{text}` is not a whole number",
    "greater_than_equal": "`{text}` is too small",
    "less_than_equal": "`{text}` is too large",
    "bool_parsing": "`{text}` is neither true nor false",
    "bool_type": "`{text}` is neither true nor false",
    "date_from_datetime_parsing": "`{text}` is not a date such as 2026-03-01",
    "date_parsing": "`{text}` is not a date such as 2026-03-01",
    "date_type": "`{text}` is not a date such as 2026-03-01",
    "value_error": "`{text}` is not a date such as 2026-03-01",
    "string_too_long": "the text is too long",
    "list_type": "a list is wanted, not `{text}`",
    "dict_type": "a mapping is wanted, not `{text}`",
    "model_type": "a mapping is wanted, not `{text}`",
    "model_attributes_type": "a mapping is wanted, not `{text}`",
    "too_short": "is empty",
    "too_long": "has too many entries",
}
_SHAPED: Mapping[str, str] = {
    "decimal_parsing": "a number is wanted, not {text}",
    "decimal_type": "a number is wanted, not {text}",
    "int_parsing": "a whole number is wanted, not {text}",
    "int_type": "a whole number is wanted, not {text}",
    "bool_parsing": "true or false is wanted, not {text}",
    "bool_type": "true or false is wanted, not {text}",
    "date_type": "a date such as 2026-03-01 is wanted, not {text}",
    "date_parsing": "a date such as 2026-03-01 is wanted, not {text}",
    "string_type": "text is wanted, not {text}",
    "list_type": "a list is wanted, not {text}",
    "dict_type": "a mapping is wanted, not {text}",
    "model_type": "a mapping is wanted, not {text}",
    "model_attributes_type": "a mapping is wanted, not {text}",
    "too_short": "is empty",
    "too_long": "has too many entries",
}


_IDS: Mapping[str, str] = {
    KEBAB: "`{text}` is not written as an id: small letters and digits, parted by hyphens, as in "
    "`hand-hygiene`",
    WORD: "`{text}` is not written as an id: letters and digits, parted by underscores, as in "
    "`trained_staff`",
    TICKABLE: "`{text}` is not written as an id: letters and digits, parted by underscores or "
    "hyphens, as in `duty_roster`",
    UNBROKEN: "`{text}` is not written as an id: no space stands in it, as in `H1.8.2`",
    BOOK_ID: "`{text}` is not the id of a book, such as `hospital/nine-prohibitions`",
    REFERENCE: "`{text}` is not the id of a book, such as `hospital/nine-prohibitions`",
    VERSION: "`{text}` is not a version, such as `1.0.0`",
}
_PARTED = {KEBAB: "-", WORD: "_", TICKABLE: "_"}


def _near_id(pattern: str, text: str) -> str:
    """Return the id that is probably meant, empty where there is none."""
    if pattern not in _PARTED:
        return ""
    words = re.split(r"[\W_]+", text.strip().lower() if pattern == KEBAB else text.strip())
    near = _PARTED[pattern].join(word for word in words if word)
    return near if re.fullmatch(pattern, near) else ""


def _shape(given: object) -> str:
    return (
        Word("a mapping")
        if isinstance(given, dict)
        else Word("a list")
        if isinstance(given, list)
        else Word("nothing")
    )


def _siblings(model: type[BaseModel], loc: tuple[str | int, ...]) -> list[str]:
    """Return the keys that could have stood where an unknown one stands."""
    from steelyard.book.document import Columns, FactEntry

    for step in loc[:-1]:
        field = next((f for n, f in model.model_fields.items() if (f.alias or n) == step), None)
        inner = None if field is None else _model_in(field.annotation)
        if inner is not None:
            model = inner
        elif field is None and model is Columns and loc.index(step) > 1:
            model = FactEntry
    return [field.alias or name for name, field in model.model_fields.items()]


def _model_in(annotation: object) -> type[BaseModel] | None:
    """Return the first model that stands in an annotation."""
    from pydantic import BaseModel

    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    return next((found for one in get_args(annotation) if (found := _model_in(one))), None)
