"""The door: finds the command that is asked for, and runs it."""

from __future__ import annotations

import atexit
import functools
import os
import sys
from collections.abc import Callable
from contextlib import suppress
from importlib import import_module
from typing import Any, NoReturn

import click
from click.core import ParameterSource
from click.shell_completion import shell_complete

from steelyard.cli.ending import Exit, ended
from steelyard.cli.help import translated
from steelyard.cli.misuse import misused
from steelyard.cli.settings import Settings, settings_options
from steelyard.errors import UsageError, fault
from steelyard.messages import Language, libraries_in, reader_language, translator
from steelyard.version import VERSION

_COMPLETE = "_STEELYARD_COMPLETE"
COMMANDS: dict[str, str] = {
    "demo": "Weigh a bundled hospital and say what follows.",
    "assess": "Weigh the cases in files or folders.",
    "gather": "Join what many hands have filled in into one case.",
    "agree": "Tell where two assessors differ, and how far they agree.",
    "show": "List saved assessments, or print one.",
    "rescore": "Weigh a saved assessment again by another book.",
    "due": "List what is late, due or coming, by office.",
    "plan": "Find the cheapest way of a case to a grade.",
    "why": "Say how a finding or a consequence comes about, or why it does not.",
    "report": "Write the report of an assessment: html, docx, xlsx or pdf.",
    "template": "Write an empty case for a book: a workbook, a table or YAML.",
    "books": "List the rule books at hand.",
    "book": "Look into one rule book.",
    "verify": "Prove of a rule book what holds of every case.",
    "plugins": "List the plugins, and what was refused.",
    "sample": "Make up a population of units to try things on.",
    "bulk": "Weigh the units of whole tables: Parquet, CSV or DuckDB.",
    "compare": "Compare many units across sectors, with their uncertainty.",
    "sql": "Print a rule book as one SQL statement for a warehouse.",
    "new-plugin": "Write the skeleton of a plugin for a further sector.",
}


class Program(click.Group):
    """A group that imports a command only to run it or to print its own help."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the commands of the core, then those of plugins."""
        return [*COMMANDS, *sorted(set(super().list_commands(ctx)) - set(COMMANDS))]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Return a command, in the reader's language."""
        if cmd_name in COMMANDS:
            command: click.Command = import_module(
                f"steelyard.cli.{cmd_name.replace('-', '_')}"
            ).command
            return _heeding(translated(command, language_of(ctx)))
        settings = ctx.find_object(Settings)
        if settings is not None and cmd_name not in self.commands:
            settings.plugins.add_commands(self)
        return super().get_command(ctx, cmd_name)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the commands with their first lines, without importing them."""
        say = translator(language_of(ctx))
        settings = ctx.find_object(Settings)
        if settings is not None:
            settings.plugins.add_commands(self)
        rows = [(name, say(COMMANDS[name])) for name in COMMANDS]
        rows += [
            (name, command.get_short_help_str()) for name, command in sorted(self.commands.items())
        ]
        with formatter.section(say("Commands")):
            formatter.write_dl(rows)


def language_of(ctx: click.Context | None) -> Language:
    """Return the language of the run, also before the options are read."""
    settings = ctx.find_object(Settings) if ctx is not None else None
    return settings.language if settings is not None else spoken(sys.argv[1:])


def spoken(argv: list[str]) -> Language:
    """Return the language that `--lang` names, wherever it stands, else the locale's."""
    for place, word in enumerate(argv):
        said = (
            argv[place + 1]
            if word == "--lang" and place + 1 < len(argv)
            else word.removeprefix("--lang=")
        )
        if word.startswith("--lang") and said in {"zh", "en"}:
            return "zh" if said == "zh" else "en"
    return reader_language()


@click.group(cls=Program, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(VERSION, prog_name="steelyard")
@settings_options
def program() -> None:
    """Steelyard (权衡) weighs organisations of different sectors against published rule books."""


def main(argv: list[str] | None = None) -> NoReturn:
    """Run one command, and exit with its code."""
    words = sys.argv[1:] if argv is None else argv
    language = spoken(words)
    try:
        code = ended(lambda: _run(words, language), language)
    finally:
        _last_word()
    sys.exit(code)


def _run(words: list[str], language: Language) -> int:
    """Run one command and return its exit code."""
    settings = Settings(language)
    with libraries_in(language):
        asked = _heeding(translated(program, language))
        completing = os.environ.get(_COMPLETE)
        if completing:
            return shell_complete(asked, {"obj": settings}, "steelyard", _COMPLETE, completing)
        try:
            # Not click's own `main`, which ends by itself where an output is closed.
            with asked.make_context("steelyard", list(words), obj=settings) as ctx:
                code = asked.invoke(ctx)
        except click.exceptions.Exit as left:
            return left.exit_code
        except SystemExit as left:
            return left.code if isinstance(left.code, int) else int(left.code is not None)
        except click.Abort:
            raise KeyboardInterrupt from None
        except click.UsageError as error:
            # A group named without a command shows its help instead.
            if isinstance(error, click.exceptions.NoArgsIsHelpError):
                error.show()
                return Exit.REFUSED
            started = click.Context(asked, info_name="steelyard", obj=settings)
            raise UsageError([misused(error, started, words)]) from None
        except click.ClickException as error:
            raise UsageError([fault("", "{said}", said=error.format_message())]) from None
    return code if isinstance(code, int) else Exit.DONE


def _heeding(command: click.Command) -> click.Command:
    """Let a command of ours refuse an empty word, which it would else take for the folder that it
    stands in, or for an option that nobody gave.
    """
    for one in command.params:
        one.callback = functools.partial(_filled, one.callback)
    if isinstance(command, click.Group):
        for inner in command.commands.values():
            _heeding(inner)
    return command


def _filled(
    then: Callable[[click.Context, click.Parameter, Any], Any] | None,
    ctx: click.Context,
    parameter: click.Parameter,
    value: Any,
) -> Any:
    said = value if isinstance(value, tuple) else (value,)
    if "" in said and ctx.get_parameter_source(parameter.name or "") is ParameterSource.COMMANDLINE:
        name = parameter.opts[0] if isinstance(parameter, click.Option) else parameter.metavar
        place = f"{ctx.command_path}: {name}"
        raise UsageError([fault(place, "is empty: write what is meant, or leave it out")])
    return value if then is None else then(ctx, parameter, value)


def _last_word() -> None:
    """Let what plugins print when the program ends go to standard error: the answer is complete."""

    def aside() -> None:
        with suppress(OSError, ValueError, AttributeError):
            sys.stdout.flush()
            os.dup2(2, 1)
            sys.stdout = sys.stderr

    # The last to be registered is the first to run.
    atexit.register(aside)
