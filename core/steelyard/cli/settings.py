"""What every command may be told: language, store, folders of books, strictness; and what follows
from it.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from functools import cached_property
from typing import TYPE_CHECKING, Any, TypeVar

import click

from steelyard.errors import Fault, fault
from steelyard.messages import Language, translator

if TYPE_CHECKING:
    from steelyard.book.library import Library
    from steelyard.book.model import RuleBook
    from steelyard.plugins.installed import Plugins

Decorated = TypeVar("Decorated", bound=Callable[..., Any])


class Settings:
    """The settings of one run; plugins and books are found when first asked for."""

    def __init__(
        self,
        language: Language,
        db: str = "steelyard.db",
        folders: tuple[str, ...] = (),
        *,
        strict: bool = False,
    ) -> None:
        """Start from the language, the store's file, the folders of books and the strictness."""
        self.language: Language = language
        self.db = db
        self.folders = folders
        self.strict = strict

    def say(self, message: str) -> str:
        """Return a message in the reader's language."""
        return translator(self.language)(message)

    def warn(self, faults: Iterable[Fault]) -> None:
        """Name on standard error what was passed over."""
        for one in faults:
            click.echo(f"{self.say('warning')}: {one.text(self.say)}", err=True)

    @cached_property
    def plugins(self) -> Plugins:
        """The installed plugins; those refused are named on standard error, once."""
        from steelyard.plugins.installed import load_plugins

        found = load_plugins(
            only=os.environ.get("STEELYARD_PLUGINS", ""),
            block=os.environ.get("STEELYARD_BLOCK", ""),
            strict=self.strict,
        )
        self.warn(found.faults)
        return found

    @cached_property
    def library(self) -> Library:
        """The books of plugins and folders."""
        from steelyard.book.library import Library
        from steelyard.judging.book_cache import Shelf, cache_folder

        said = os.environ.get("STEELYARD_BOOKS", "")
        folders = [*self.folders, *(part for part in said.split(os.pathsep) if part)]
        found = Library(self.plugins.sources, folders, self.plugins.measures, Shelf(cache_folder()))
        self.warn(
            fault(name, "is a case, not a rule book, and is passed over") for name in found.ignored
        )
        return found

    def book_for_case(self, reference: str, place: str) -> RuleBook:
        """Return the book that a case names; a version that is not at hand is judged by the newest,
        which may accept it.

        Raises CaseError at `place` for an unknown book.
        """
        from steelyard.errors import BookError, CaseError

        name = reference.partition("@")[0]
        try:
            try:
                return self.library.find(reference, place)
            except BookError:
                return self.library.find(name, place)
        except BookError as error:
            raise CaseError(error.faults) from None


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
            type=click.Choice(["zh", "en"]),
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


format_option = click.option(
    "--format",
    "form",
    type=click.Choice(["text", "json"]),
    default="text",
    help="How to print (default: text).",
)
