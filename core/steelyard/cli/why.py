"""`steelyard why`: how a finding or a consequence comes about, or why it does not."""

from __future__ import annotations

import click

from steelyard.cli.settings import Settings, format_option, print_json, settings_options
from steelyard.errors import UsageError, fault


@click.command("why")
@click.argument("case", metavar="CASE")
@click.argument("about", required=False, default="", metavar="[RULE]")
@click.option(
    "--not",
    "absent",
    default="",
    metavar="MEASURE",
    help="Say why this measure does not apply, and what would have to be otherwise.",
)
@format_option
@settings_options
@click.pass_obj
def command(settings: Settings, case: str, about: str, absent: str, form: str) -> None:
    """Derive the finding of RULE (or a measure or a limiter, by its id or title) for CASE, a file
    or the id of a saved assessment: from records and facts through each part of the rule to the
    points.
    """
    from steelyard.report.why import why_json, why_text
    from steelyard.work.explaining import why, why_not
    from steelyard.work.naming import assessment_at

    if bool(about) == bool(absent):
        raise UsageError([fault("steelyard why", "wants either a RULE or `--not MEASURE`")])
    assessment = assessment_at(settings, case)
    found = why_not(assessment, absent) if absent else why(assessment, about)
    if form == "json":
        said = why_json(assessment, found)
        print_json(said)
    else:
        click.echo(why_text(found, settings.language), nl=False)
