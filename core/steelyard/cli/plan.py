"""`steelyard plan`: the cheapest way to a grade, and what other values would make of a case."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from steelyard.cli.settings import Settings, format_option, print_json, settings_options
from steelyard.errors import UsageError, Word, fault

if TYPE_CHECKING:
    from steelyard.judging.assessment import Assessment


@click.command("plan")
@click.argument("case", metavar="CASE")
@click.option("--to", default="", metavar="GRADE", help="The grade to reach for certain.")
@click.option("--budget", default="", metavar="N", help="The most effort that it may take.")
@click.option(
    "--effort", "efforts", default="", metavar="FILE", help="A YAML file of efforts of one's own."
)
@click.option(
    "--what-if",
    "values",
    multiple=True,
    metavar="FACT=VALUE",
    help="Start from another value of a fact; may be given again.",
)
@click.option(
    "--chart",
    default="",
    metavar="FILE",
    help="Write what each change alone is worth as a chart, an SVG file.",
)
@click.option("--force", is_flag=True, help="Write over a file that is there.")
@format_option
@settings_options
@click.pass_obj
def command(
    settings: Settings,
    case: str,
    to: str,
    budget: str,
    efforts: str,
    values: tuple[str, ...],
    chart: str,
    form: str,
    *,
    force: bool,
) -> None:
    """Find the cheapest changes by which CASE (a file, or the id of a saved assessment) surely gets
    a grade.

    Without --to, say what --what-if makes of it and what each change alone is worth. Exit code 1
    where the grade cannot be reached, or not within the budget.
    """
    from steelyard.work.naming import assessment_at
    from steelyard.work.planning import (
        check_chart,
        planned,
        with_values,
        worths_of,
        write_tornado,
    )

    if not (to or values or chart):
        raise UsageError([fault("steelyard plan", "`{name}` is missing", name=Word("--to GRADE"))])
    if budget and not to:
        raise UsageError([fault("--budget", "is for a plan: say --to GRADE too")])
    if chart:
        check_chart(Path(chart), over=force)
    before = assessment_at(settings, case)
    start = with_values(settings, before, values) if values else before
    if chart:
        worths = worths_of(settings, start, efforts)
        write_tornado(Path(chart), start, worths, settings.language, over=force)
        settings.announce("written to {file}", file=chart)
    if not to:
        _what_if(settings, before, start, efforts, form)
        return
    found = planned(settings, start, to, budget=budget, efforts=efforts)
    if form == "json":
        from steelyard.plan.plan_json import plan_json

        print_json(plan_json(found))
    else:
        from steelyard.report.plan import plan_page

        settings.show(plan_page(found, settings.language))
    if found.outcome not in {"already", "reached"}:
        sys.exit(1)


def _what_if(
    settings: Settings, before: Assessment, after: Assessment, efforts: str, form: str
) -> None:
    from steelyard.work.planning import worths_of

    worths = worths_of(settings, after, efforts)
    if form == "json":
        from steelyard.plan.plan_json import what_if_json

        said = what_if_json(before, after, worths)
        print_json(said)
        return
    from steelyard.report.plan import what_if_page

    settings.show(what_if_page(before, after, worths, settings.language))
