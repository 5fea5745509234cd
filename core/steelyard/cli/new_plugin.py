"""`steelyard new-plugin`: the skeleton of a plugin for a further sector."""

from __future__ import annotations

import click

from steelyard.cli.settings import Settings, settings_options


@click.command("new-plugin")
@click.argument("name", metavar="NAME")
@click.option(
    "-o",
    "output",
    default=".",
    metavar="DIR",
    help="The folder to put steelyard-NAME in (default: this one).",
)
@click.option(
    "--zh", default="", metavar="TITLE", help="The sector's name in Chinese (default: NAME)."
)
@click.option(
    "--en", default="", metavar="TITLE", help="The sector's name in English (default: NAME)."
)
@settings_options
@click.pass_obj
def command(settings: Settings, name: str, output: str, zh: str, en: str) -> None:
    """Write steelyard-NAME, an installable plugin for a further sector: one small book with
    clauses, examples and tests.
    """
    from steelyard.work.plugin_skeleton import write_skeleton

    folder = write_skeleton(settings, name, output, zh=zh, en=en)
    settings.announce("wrote {file}", file=folder)
    settings.announce("next: pip install -e {folder}, then pytest {folder}", folder=folder)
