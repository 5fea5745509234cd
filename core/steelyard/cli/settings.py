"""What every command may be told: language, store, folders of books, strictness; and how notices
are printed.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any, TypeVar

import click

from steelyard.cli.option_types import OneOf
from steelyard.errors import Fault, safe
from steelyard.messages import Language, translator
from steelyard.work.workspace import Workspace

if TYPE_CHECKING:
    from steelyard.plugins.printing import Printed
    from steelyard.report.page import Page

Decorated = TypeVar("Decorated", bound=Callable[..., Any])


class Settings(Workspace):
    """A workspace with a reader's language, whose pages and notices are printed."""

    def __init__(
        self,
        language: Language,
        db: str = "steelyard.db",
        folders: tuple[str, ...] = (),
        *,
        strict: bool = False,
    ) -> None:
        """Start from the language, the store's file, the folders of books and the strictness."""
        super().__init__(db, folders, strict=strict)
        self.language: Language = language

    def say(self, message: str) -> str:
        """Return a message in the reader's language."""
        return translator(self.language)(message)

    def show(self, page: Page) -> None:
        """Print a page."""
        from steelyard.report.formats.terminal import Terminal

        Terminal(self.language).page(page)

    def announce(self, message: str, **values: object) -> None:
        """Print a message on standard error, apart from what was asked for."""
        plain = {name: safe(str(value)) for name, value in values.items()}
        click.echo(self.say(message).format(**plain), err=True)

    def warn(self, faults: Iterable[Fault]) -> None:
        """Name on standard error what was passed over."""
        for one in faults:
            click.echo(f"{self.say('warning')}: {one.text(self.say)}", err=True)

    def relay(self, one: Printed) -> None:
        """Print what a plugin printed on standard error, under its name."""
        click.echo(one.text(self.say), err=True)


def settings_options(function: Decorated) -> Decorated:
    """Add the options that every command takes, before or after its name."""

    def keep(ctx: click.Context, parameter: click.Parameter, value: Any) -> None:
        settings = ctx.ensure_object(Settings)
        if value in (None, (), False):
            return
        if parameter.name == "books":
            settings.folders = (*settings.folders, *value)
        elif parameter.name == "lang":
            settings.language = value
        else:
            setattr(settings, str(parameter.name), value)

    options = [
        click.option(
            "--lang",
            type=OneOf(["zh", "en"]),
            help="Language of what is printed (default: the locale's).",
        ),
        click.option(
            "--db", metavar="FILE", help="The store of assessments (default: steelyard.db)."
        ),
        click.option(
            "--books",
            metavar="DIR",
            multiple=True,
            help="A folder with further rule books (also STEELYARD_BOOKS).",
        ),
        click.option("--strict", is_flag=True, help="Let a bad plugin end the run."),
    ]
    for option in reversed(options):
        # Kept on the settings, so that commands do not pass them along.
        function = option(function)
    for parameter in getattr(function, "__click_params__", getattr(function, "params", [])):
        if parameter.name in {"lang", "db", "books", "strict"}:
            parameter.expose_value, parameter.callback = False, keep
    return function


def print_json(answer: Mapping[str, Any]) -> None:
    """Print an answer as JSON; its `schema` names the published form and version that it has."""
    sys.stdout.write(json.dumps(answer, ensure_ascii=False, indent=2) + "\n")


format_option = click.option(
    "--format",
    "form",
    type=OneOf(["text", "json"]),
    default="text",
    help="How to print (default: text).",
)
