"""`steelyard plugins`: what is installed, what it brings, and what was refused."""

from __future__ import annotations

import click

from steelyard.cli.settings import Settings, format_option, print_json, settings_options
from steelyard.messages import translator


@click.command("plugins")
@format_option
@settings_options
@click.pass_obj
def command(settings: Settings, form: str) -> None:
    """List the plugins with version, distribution, hooks and books, and why any was refused or
    blocked.
    """
    say = translator(settings.language)
    rows = [
        {
            "name": one.name,
            "version": one.version,
            "distribution": one.distribution,
            "state": one.state,
            "hooks": list(one.hooks),
            "books": list(one.books),
            "forms": list(one.forms),
            "reason": "; ".join(f.text(say) for f in one.faults),
        }
        for one in settings.plugins.entries
    ]
    if form == "json":
        print_json({"schema": "steelyard/plugins@1", "plugins": rows})
        return
    from steelyard.report.book.library import plugins_page

    settings.show(plugins_page(rows, settings.language))
