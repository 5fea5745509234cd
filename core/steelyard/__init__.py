"""Steelyard weighs organisations by rule books: its verbs and values; a plugin imports from here
and from nowhere deeper.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING

from steelyard.version import VERSION

if TYPE_CHECKING:
    from steelyard.book.model import Measure, Rule, RuleBook
    from steelyard.case.model import Case
    from steelyard.comparison.comparison import Comparison
    from steelyard.comparison.comparison_json import published
    from steelyard.comparison.options import Options
    from steelyard.comparison.table import Points, Row, Table
    from steelyard.errors import (
        BookError,
        CaseError,
        ExpressionError,
        PluginError,
        SteelyardError,
        StoreError,
        UsageError,
    )
    from steelyard.forms.entries import FormKeys, ItemEntry
    from steelyard.forms.form import (
        Draft,
        Form,
        FormFact,
        Item,
        Lowered,
        Lowering,
        Teller,
        Words,
    )
    from steelyard.hookspecs import hookimpl
    from steelyard.judging.assessment import Assessment
    from steelyard.judging.findings import Finding
    from steelyard.messages import Language, Title
    from steelyard.store.store import Store
    from steelyard.work.verbs import (
        compare,
        explain,
        judge,
        load_book,
        read_case,
        save,
        weigh_tables,
    )

__version__ = VERSION

__all__ = [
    "Assessment",
    "BookError",
    "Case",
    "CaseError",
    "Comparison",
    "Draft",
    "ExpressionError",
    "Finding",
    "Form",
    "FormFact",
    "FormKeys",
    "Item",
    "ItemEntry",
    "Language",
    "Lowered",
    "Lowering",
    "Measure",
    "Options",
    "PluginError",
    "Points",
    "Row",
    "Rule",
    "RuleBook",
    "SteelyardError",
    "Store",
    "StoreError",
    "Table",
    "Teller",
    "Title",
    "UsageError",
    "Words",
    "__version__",
    "compare",
    "explain",
    "hookimpl",
    "judge",
    "load_book",
    "published",
    "read_case",
    "save",
    "weigh_tables",
]

# A plugin that only brings books must not pay for the judge, so each name is fetched when it is
# first asked for.
_HOMES: Mapping[str, str] = MappingProxyType(
    {
        "Assessment": "steelyard.judging.assessment",
        "BookError": "steelyard.errors",
        "Case": "steelyard.case.model",
        "CaseError": "steelyard.errors",
        "Comparison": "steelyard.comparison.comparison",
        "Draft": "steelyard.forms.form",
        "ExpressionError": "steelyard.errors",
        "Finding": "steelyard.judging.findings",
        "Form": "steelyard.forms.form",
        "FormFact": "steelyard.forms.form",
        "FormKeys": "steelyard.forms.entries",
        "Item": "steelyard.forms.form",
        "ItemEntry": "steelyard.forms.entries",
        "Language": "steelyard.messages",
        "Lowered": "steelyard.forms.form",
        "Lowering": "steelyard.forms.form",
        "Measure": "steelyard.book.model",
        "Options": "steelyard.comparison.options",
        "PluginError": "steelyard.errors",
        "Points": "steelyard.comparison.table",
        "Row": "steelyard.comparison.table",
        "Rule": "steelyard.book.model",
        "RuleBook": "steelyard.book.model",
        "SteelyardError": "steelyard.errors",
        "Store": "steelyard.store.store",
        "StoreError": "steelyard.errors",
        "Table": "steelyard.comparison.table",
        "Teller": "steelyard.forms.form",
        "Title": "steelyard.messages",
        "UsageError": "steelyard.errors",
        "Words": "steelyard.forms.form",
        "compare": "steelyard.work.verbs",
        "explain": "steelyard.work.verbs",
        "hookimpl": "steelyard.hookspecs",
        "judge": "steelyard.work.verbs",
        "load_book": "steelyard.work.verbs",
        "published": "steelyard.comparison.comparison_json",
        "read_case": "steelyard.work.verbs",
        "save": "steelyard.work.verbs",
        "weigh_tables": "steelyard.work.verbs",
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
