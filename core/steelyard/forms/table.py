"""The table of forms: the core's own, and those that plugins bring."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType

from steelyard.forms.banded import Banded
from steelyard.forms.checklist import Checklist
from steelyard.forms.demerit import Demerit
from steelyard.forms.form import Form
from steelyard.forms.graded import Graded
from steelyard.forms.judged import Judged
from steelyard.forms.proportional import Proportional
from steelyard.forms.requires import Requires
from steelyard.forms.stage import Staged

Forms = Mapping[str, type[Form]]
_OURS = (Requires, Checklist, Graded, Banded, Proportional, Demerit, Staged, Judged)
FORMS: Forms = MappingProxyType({form.key: form for form in _OURS})
"""The core's forms by the key under which a rule writes them."""


def with_forms(more: Iterable[type[Form]]) -> Forms:
    """Return the core's forms and others; whoever calls has refused keys already taken."""
    return MappingProxyType({**FORMS, **{form.key: form for form in more}})
