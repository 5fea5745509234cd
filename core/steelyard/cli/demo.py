"""`steelyard demo`: weigh a bundled case, so that a newcomer sees what there is to see."""

from __future__ import annotations

import click

from steelyard.cli.settings import Settings, settings_options


@click.command("demo")
@settings_options
@click.pass_obj
def command(settings: Settings) -> None:
    """Weigh a made-up hospital, half of whose evidence is in, and print what is found and what
    follows.
    """
    from steelyard.report.unit.report import unit_page
    from steelyard.work.books_at_hand import example_case
    from steelyard.work.weighing import save, weigh_all

    with weigh_all([example_case(settings)], settings) as weighed:
        save(weighed, settings)
        click.echo(settings.say("This hospital is made up.") + "\n")
        if weighed.only is not None:
            settings.show(unit_page(weighed.only, settings.language, terse=True))
            said = settings.say("Saved in {file}; print it again with `steelyard show {id}`.")
            click.echo("\n" + said.format(file=settings.db, id=weighed.only.id[:8]))
