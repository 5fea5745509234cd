"""A form that the core does not have, as a plugin would bring it."""

from __future__ import annotations

import sys
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

from steelyard import Form
from steelyard.forms.table import Forms, with_forms

FORM = Path(__file__).parent / "core" / "one_place" / "most_of.py"
"""The form's module."""


def most_of() -> type[Form]:
    """Return the class of the form, which is no module of any package."""
    spec = spec_from_file_location("most_of", FORM)
    assert spec is not None
    assert spec.loader is not None
    module = sys.modules.get(spec.name)
    if module is None:
        module = sys.modules[spec.name] = module_from_spec(spec)
        spec.loader.exec_module(module)
    form: type[Form] = module.MostOf
    return form


def forms() -> Forms:
    """Return the core's forms and that one."""
    return with_forms([most_of()])
