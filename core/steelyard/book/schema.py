"""The JSON Schema of rule books, published for editors."""

from __future__ import annotations

from typing import Any

from steelyard.book.document import BookEntry


def book_schema() -> dict[str, Any]:
    """Give the JSON Schema (draft 2020-12) of a rule book as it is written in YAML."""
    schema = BookEntry.model_json_schema(by_alias=True)
    # A book that extends another takes its grades over.
    schema["required"].remove("grades")
    schema["anyOf"] = [{"required": ["grades"]}, {"required": ["extends"]}]
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": "Steelyard rule book", **schema}
