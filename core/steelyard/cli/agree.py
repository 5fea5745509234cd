"""`steelyard agree`: where two assessors of the same units differ, and how far they agree."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING

import click

from steelyard.cli.said import worded
from steelyard.cli.settings import Settings, format_option, settings_options

if TYPE_CHECKING:
    from steelyard.work.agreement import Agreement, Compared


@click.command("agree")
@click.argument("one", metavar="FILE")
@click.argument("other", metavar="FILE")
@format_option
@settings_options
@click.pass_obj
def command(settings: Settings, one: str, other: str, form: str) -> None:
    """Compare two assessors of the same units: what each says where they differ, and the agreement
    on each rule beyond chance (Krippendorff's alpha: 1 is full, 0 is chance).
    """
    from steelyard.work.agreement import agree

    found = agree(settings, one, other)
    if form == "json":
        text = json.dumps(found.document(), ensure_ascii=False, indent=2)
        sys.stdout.write(text + "\n")
    else:
        _print(settings, found)


def _print(settings: Settings, found: Compared) -> None:
    say, language = settings.say, settings.language
    for one in found.differences:
        told = say("{unit}: {what} ({title})")
        title = one.title.of(language)
        click.echo(told.format(unit=one.unit, what=one.what, title=title))
        for value, place in ((one.one, one.place_one), (one.other, one.place_other)):
            click.echo(f"  {worded(settings, value, one.options)} · {place}")
    for rule in found.rules:
        if rule.both:
            click.echo(f"{rule.rule} ({rule.title.of(language)}): {_line(settings, rule)}")
    summary = say("units: {units}, differences: {count}; all together: {line}")
    click.echo(
        summary.format(
            units=found.units, count=len(found.differences), line=_line(settings, found.all)
        )
    )


def _line(settings: Settings, one: Agreement) -> str:
    say = settings.say
    told = say("{same} of {both} the same").format(same=one.same, both=one.both)
    if one.alpha is None:
        why = say(one.why.message) if one.why is not None else ""
        return say("{told}; no alpha ({why})").format(told=told, why=why)
    level = {
        "nominal": say("nominal scale"),
        "ordinal": say("ordinal scale"),
        "interval": say("interval scale"),
    }[one.level]
    return say("{told}; alpha {alpha} ({level})").format(
        told=told, alpha=f"{one.alpha:.3f}", level=level
    )
