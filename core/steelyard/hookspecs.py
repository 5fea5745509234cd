"""The seven hooks: all that a plugin may add, and nothing by which it could change a score behind a
book's back.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pluggy import HookimplMarker, HookspecMarker

if TYPE_CHECKING:
    from collections.abc import Sequence
    from importlib.resources.abc import Traversable

    import click

    from steelyard.book.model import Measure, Rule
    from steelyard.case.model import Case
    from steelyard.forms.form import Form
    from steelyard.judging.assessment import Assessment
    from steelyard.judging.findings import Finding
    from steelyard.messages import Language

hookspec = HookspecMarker("steelyard")
hookimpl = HookimplMarker("steelyard")


@hookspec
def steelyard_books() -> Sequence[Traversable]:  # type: ignore[empty-body]  # a specification has no body
    """Return the rule books that the plugin brings: YAML files, or folders of them."""


@hookspec
def steelyard_measures() -> Sequence[Measure]:  # type: ignore[empty-body]
    """Return the penalties and rewards that the plugin brings, for any book to impose."""


@hookspec
def steelyard_forms() -> Sequence[type[Form]]:  # type: ignore[empty-body]
    """Return the scoring forms that the plugin brings, for the rules of any book."""


@hookspec(firstresult=True)
def steelyard_judge(rule: Rule, case: Case) -> Finding | None:
    """Judge a `judged` rule with bounds, or return None to leave it to another plugin."""


@hookspec
def steelyard_report_sections(
    assessment: Assessment, language: Language
) -> Sequence[tuple[str, str]] | None:
    """Return further sections of a report, each a title and a text in the language, or None."""


@hookspec
def steelyard_commands(app: click.Group) -> None:
    """Add commands to the command line."""


@hookspec
def steelyard_assessed(assessment: Assessment) -> None:
    """Take note of an assessment that has just been saved."""
