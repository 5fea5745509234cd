"""A derivation as lines: what is so, and below it, further in, what it rests on."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from steelyard.judging.assessment import Assessment
from steelyard.judging.derivation.deriver import Derived, lines
from steelyard.messages import Language
from steelyard.report.page import flat, in_line
from steelyard.report.phrases import Phrases

SCHEMA = "steelyard/why@1"
_INDENT = "  "
_LONGEST = 1000


def why_text(derived: Iterable[Derived], language: Language) -> str:
    """Return a derivation as indented lines, each condition with whether it is met."""
    say = Phrases(language).say
    words = {"yes": say("met"), "no": say("not met"), "open": say("open"), "": ""}
    found = []
    for depth, one in lines(derived):
        said = flat(in_line(one.said.of(language), _LONGEST))
        met = words[one.holds]
        tail = (f"（{met}）" if language == "zh" else f" ({met})") if met else ""
        found.append(f"{_INDENT * depth}{said}{tail}")
    return "\n".join(found) + "\n"


def why_json(assessment: Assessment, derived: Iterable[Derived]) -> dict[str, Any]:
    """Return a derivation as plain data, in the published form `steelyard/why@1`."""
    case, book = assessment.case, assessment.book
    return {
        "schema": SCHEMA,
        "case": case.digest,
        "book": {"id": book.id, "version": book.version, "digest": book.digest},
        "subject": {"id": case.subject_id, "name": case.subject_name},
        "period": case.period,
        "derivation": [_line(one) for one in derived],
    }


def _line(one: Derived) -> dict[str, Any]:
    return {
        "said": one.said._asdict(),
        **({"holds": one.holds} if one.holds else {}),
        **({"below": [_line(part) for part in one.below]} if one.below else {}),
    }
