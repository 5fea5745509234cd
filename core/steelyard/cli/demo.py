"""`steelyard demo`: weigh a bundled case, so that a newcomer sees what there is to see."""

from __future__ import annotations

from pathlib import Path

import click

from steelyard.cli.settings import Settings, settings_options
from steelyard.errors import UsageError, fault

BOOK = "hospital/nine-prohibitions"


@click.command("demo")
@settings_options
@click.pass_obj
def command(settings: Settings) -> None:
    """Weigh a made-up hospital, half of whose evidence is in, and print what is found and what
    follows.
    """
    from steelyard.cli.weigh import save, weigh_all
    from steelyard.report.text.terminal import Terminal

    with weigh_all([example(settings)], settings) as weighed:
        save(weighed, settings)
        terminal = Terminal(settings.language)
        click.echo(settings.say("This hospital is made up.") + "\n")
        if weighed.only is not None:
            terminal.assessment(weighed.only)
            said = settings.say("Saved in {file}; print it again with `steelyard show {id}`.")
            click.echo("\n" + said.format(file=settings.db, id=weighed.only.id[:8]))


def example(settings: Settings) -> Path:
    """Return the half-filled example that the hospital plugin brings beside its books."""
    source = settings.library.source(BOOK)
    path = Path(str(source.file)).parent.parent / "examples" / "nine-prohibitions-half.yaml"
    if path.is_file():
        return path
    raise UsageError([fault("demo", "the example of {book} is not installed", book=BOOK)])
