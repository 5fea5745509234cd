"""Steelyard weighs organisations by rule books; a plugin imports from here and from nowhere
deeper.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING

from steelyard.version import VERSION

if TYPE_CHECKING:
    from steelyard.book.model import Measure, Rule, RuleBook
    from steelyard.case.model import Case
    from steelyard.errors import (
        BookError,
        CaseError,
        ExpressionError,
        PluginError,
        SteelyardError,
        StoreError,
        UsageError,
    )
    from steelyard.hookspecs import hookimpl
    from steelyard.judging.assessment import Assessment, Finding
    from steelyard.messages import Language, Title

__version__ = VERSION

__all__ = [
    "Assessment",
    "BookError",
    "Case",
    "CaseError",
    "ExpressionError",
    "Finding",
    "Language",
    "Measure",
    "PluginError",
    "Rule",
    "RuleBook",
    "SteelyardError",
    "StoreError",
    "Title",
    "UsageError",
    "__version__",
    "hookimpl",
]

# A plugin that only brings books must not pay for the judge, so each name is fetched when it is
# first asked for.
_HOMES: Mapping[str, str] = MappingProxyType(
    {
        "Assessment": "steelyard.judging.assessment",
        "BookError": "steelyard.errors",
        "Case": "steelyard.case.model",
        "CaseError": "steelyard.errors",
        "ExpressionError": "steelyard.errors",
        "Finding": "steelyard.judging.assessment",
        "Language": "steelyard.messages",
        "Measure": "steelyard.book.model",
        "PluginError": "steelyard.errors",
        "Rule": "steelyard.book.model",
        "RuleBook": "steelyard.book.model",
        "SteelyardError": "steelyard.errors",
        "StoreError": "steelyard.errors",
        "Title": "steelyard.messages",
        "UsageError": "steelyard.errors",
        "hookimpl": "steelyard.hookspecs",
    }
)


def __getattr__(name: str) -> object:
    """Return a public name, importing its module when it is first asked for."""
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    value: object = getattr(import_module(home), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    """Return the public names, fetched or not."""
    return sorted({*globals(), *__all__})
