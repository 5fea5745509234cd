"""Saved assessments in their first published form, brought up to date when they are read."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

FIRST = "steelyard/assessment@1"
PRESENT = "steelyard/assessment@2"
_RATED: Mapping[bool, str] = {False: "no", True: "yes"}


def brought_up_to_date(document: Mapping[str, Any]) -> dict[str, Any]:
    """Return an assessment in the present form.

    The first form told by true or false whether a unit was not rated; that evidence still to come
    might leave it so, it could not say. What is in the present form is returned as it is.
    """
    found = dict(document)
    if found.get("schema") == FIRST:
        found["schema"] = PRESENT
        found["not_rated"] = _RATED[bool(found["not_rated"])]
    return found
