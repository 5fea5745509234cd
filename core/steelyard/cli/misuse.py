"""What click itself refuses of the words of a command, in one line of ours."""

from __future__ import annotations

import re
from collections.abc import Sequence

import click

from steelyard.errors import Fault, fault, nearest


def misused(error: click.UsageError, started: click.Context, words: Sequence[str]) -> Fault:
    """Return in one line what was wrong with the words of a program; what click says itself, which
    our catalogue translates, where we have no words of our own.
    """
    context = error.ctx or _reached(started, words)
    command, place = context.command, context.command_path
    if isinstance(error, click.NoSuchOption):
        options = [word for one in command.params for word in one.opts]
        near = nearest(error.option_name, options)
        return fault(place, "there is no option `{option}`", near, option=error.option_name)
    if isinstance(error, click.MissingParameter) and error.param is not None:
        return fault(place, "`{name}` is missing", name=_called(error.param, context))
    asked = getattr(error, "command_name", None)
    if asked is not None and isinstance(command, click.Group):
        near = nearest(asked, command.list_commands(context))
        return fault(place, "there is no command `{name}`", near, name=asked)
    if isinstance(error, click.BadParameter) and error.param is not None:
        place = f"{place}: {error.param.opts[0]}"
    said = re.sub(r"'([^']*)'", r"`\1`", error.message).rstrip(".")
    return fault(place, "{said}", said=said[:1].lower() + said[1:])


def _reached(context: click.Context, words: Sequence[str]) -> click.Context:
    """Return the context of the command that the words name first, where click does not say."""
    for word in words:
        command = context.command
        inner = command.get_command(context, word) if isinstance(command, click.Group) else None
        if inner is not None:
            context = click.Context(inner, parent=context, info_name=word)
    return context


def _called(parameter: click.Parameter, context: click.Context) -> str:
    """Return how a parameter is written, what stands for its value in the reader's language."""
    if isinstance(parameter, click.Option):
        return " ".join(filter(None, (parameter.opts[0], parameter.metavar)))
    return parameter.make_metavar(context)
