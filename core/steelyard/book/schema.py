"""The JSON Schema of rule books, published for editors."""

from __future__ import annotations

from typing import Any

from steelyard.book.document import book_entry
from steelyard.book.entries import KEYED, LISTED
from steelyard.book.key_words import describe
from steelyard.forms.table import FORMS, Forms

_CITING = {"$ref": "#/$defs/RuleEntry/properties/cites"}


def book_schema(forms: Forms = FORMS) -> dict[str, Any]:
    """Return the JSON Schema (draft 2020-12) of a rule book as it is written in YAML, its rules in
    these forms.
    """
    schema = book_entry(tuple(forms.values())).model_json_schema(by_alias=True)
    # A book that extends another takes its grades over.
    schema["required"].remove("grades")
    schema["anyOf"] = [{"required": ["grades"]}, {"required": ["extends"]}]
    for one in schema["properties"]["extends"]["anyOf"]:
        if "patternProperties" in one:
            one["additionalProperties"] = False
    schema["$defs"]["TailorEntry"]["properties"] |= _tailoring()
    describe(schema)
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **schema,
        "title": "Steelyard rule book",
    }


def _tailoring() -> dict[str, Any]:
    """Return the schemas of what an authority says; the loader types an entry only once it stands
    in the whole book.
    """
    parts = {part: {"$ref": f"#/properties/{part}"} for part in (*LISTED, *KEYED)}
    inner = {
        "items": _each({"$ref": "#/$defs/RuleEntry/properties/checklist"}),
        "deliverables": _each({"$ref": "#/$defs/StageEntry/properties/deliverables"}),
        "fields": _each({"$ref": "#/properties/facts"}),
    }
    changes = _each({"type": ["object", "string", "number"]})
    added = parts | inner | {"consequences": {"$ref": "#/properties/consequences"}}
    reasons = _each({"anyOf": [{"type": "string"}, {"$ref": "#/$defs/TitleEntry"}]})
    return {
        "set": {
            "type": "object",
            "properties": {
                "cites": _each(_CITING),
                "points": _each({"type": ["number", "string", "object"]}),
                "weight": _each({"$ref": "#/$defs/RuleEntry/properties/weight"}),
                **dict.fromkeys(parts, changes),
            },
            "additionalProperties": {"type": ["object", "string", "number"]},
        },
        "drop": {"anyOf": [reasons, {"type": "array"}]},
        "add": _by_part(added),
        "replace": _by_part(parts),
    }


def _each(schema: dict[str, Any]) -> dict[str, Any]:
    return {"type": "object", "additionalProperties": schema}


def _by_part(parts: dict[str, Any]) -> dict[str, Any]:
    return {
        "anyOf": [
            {"type": "object", "properties": parts, "additionalProperties": False},
            {"$ref": "#/properties/rules"},
        ]
    }
