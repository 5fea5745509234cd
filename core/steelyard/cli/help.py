"""Help in the reader's language: texts from the catalogue, lines broken by the width that they take
on a screen.
"""

from __future__ import annotations

from collections.abc import Iterable
from copy import copy

import click

from steelyard.messages import Language, translator
from steelyard.wrapping import wide, wrapped


class _Formatter(click.HelpFormatter):
    """Counts a Chinese character as the two columns that it takes."""

    def write_text(self, text: str) -> None:
        """Write a paragraph."""
        for line in wrapped(text, self.width - self.current_indent):
            self.write(f"{'':>{self.current_indent}}{line}\n")

    def write_dl(
        self, rows: Iterable[tuple[str, str]], col_max: int = 30, col_spacing: int = 2
    ) -> None:
        """Write words with what they mean beside them."""
        listed = list(rows)
        column = min(max(wide(word) for word, _ in listed), col_max) + col_spacing
        for word, meaning in listed:
            self.write(f"{'':>{self.current_indent}}{word}")
            lines = wrapped(meaning, max(self.width - self.current_indent - column, 20))
            beside = wide(word) <= column - col_spacing
            for number, line in enumerate(lines):
                space = (
                    column - wide(word) if number == 0 and beside else column + self.current_indent
                )
                self.write(f"{'' if number == 0 and beside else chr(10)}{'':>{space}}{line}")
            self.write("\n")


class _Context(click.Context):
    """A context whose help is written by columns."""

    formatter_class = _Formatter


def translated(command: click.Command, language: Language) -> click.Command:
    """Return a copy of a command with its help, and what stands for its values, in one language,
    that takes no empty name.
    """
    say = translator(language)
    spoken = copy(command)
    # Help is wrapped in the source; the catalogue holds it on one line.
    spoken.help = say(" ".join(command.help.split())) if command.help else command.help
    spoken.options_metavar = (
        say(command.options_metavar) if command.options_metavar else command.options_metavar
    )
    spoken.params = [_parameter(one, language) for one in command.params]
    if language == "zh":
        spoken.context_class = _Context
    if isinstance(spoken, click.Group):
        spoken.subcommand_metavar = say(spoken.subcommand_metavar)
        spoken.commands = {
            name: translated(inner, language) for name, inner in spoken.commands.items()
        }
    return spoken


def _parameter(parameter: click.Parameter, language: Language) -> click.Parameter:
    say = translator(language)
    spoken = copy(parameter)
    if isinstance(spoken, click.Option) and spoken.help:
        spoken.help = say(spoken.help)
    if spoken.metavar:
        spoken.metavar = say(spoken.metavar)
    if isinstance(spoken.type, click.types.IntParamType):
        # It stands in the help, and in what is said of a word that is none.
        spoken.type = copy(spoken.type)
        ranged = isinstance(spoken.type, click.IntRange)
        spoken.type.name = say("integer range") if ranged else say("integer")
    return spoken
