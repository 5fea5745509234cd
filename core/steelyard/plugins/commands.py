"""Commands that plugins add: none takes the place of another, and each answers for itself."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import wraps
from typing import Any

import click

from steelyard.errors import Fault, PluginError, SteelyardError, fault, safe
from steelyard.plugins.asking import described
from steelyard.plugins.failures import failed, named

_NAME = re.compile(r"\w[\w.-]*")
_TEXTS = ("help", "short_help", "epilog", "options_metavar", "subcommand_metavar", "metavar")
# What click itself makes of a run of a command, and what ends it on purpose.
_CLICKS = (SteelyardError, click.ClickException, click.Abort, click.exceptions.Exit)


def added(
    app: click.Group, before: Mapping[str, click.Command | None], brought: Mapping[str, str]
) -> list[Fault]:
    """Return what is wrong with the commands that a plugin has just added, cleaned in place.

    `before` are those that were there, None where they are made when they are asked for; `brought`
    says of some which plugin they are from.
    """
    faults: list[Fault] = []
    for name in [name for name, old in before.items() if app.commands.get(name) is not old]:
        other = brought.get(name, "")
        message = "there is a command `{name}` already"
        if other:
            message = "there is a command `{name}` already, of plugin `{other}`"
        faults.append(fault("", message, name=name, other=other))
    for name, command in app.commands.items():
        if name in before:
            continue
        if not (isinstance(name, str) and _NAME.fullmatch(name)):
            message = "`{name}` cannot be the name of a command"
            faults.append(fault("", message, name=described(name)))
        elif not isinstance(command, click.Command):
            message = "`{hook}` must add commands, not `{value}`"
            hook = "steelyard_commands"
            faults.append(fault("", message, hook=hook, value=described(command)))
        else:
            _clean(command)
            command.get_short_help_str()
    return faults


def answering(command: click.Command, plugin: str, package: str) -> None:
    """Let a command that fails name its plugin, instead of ending the program with a traceback."""
    for verb in ("make_context", "invoke"):
        function = getattr(command, verb)
        setattr(command, verb, _answering(function, plugin, package, str(command.name)))


def _answering(
    function: Callable[..., Any], plugin: str, package: str, name: str
) -> Callable[..., Any]:
    @wraps(function)
    def asked(*given: Any, **more: Any) -> Any:
        try:
            return function(*given, **more)
        except (*_CLICKS, BrokenPipeError):
            raise
        except Exception as error:
            raise PluginError(
                [named(plugin, failed(error, package, f"steelyard {name}"))]
            ) from error

    return asked


def _clean(command: click.Command) -> None:
    """Take from a command's words what steers a terminal."""
    for one in (command, *command.params):
        for name in _TEXTS:
            text = getattr(one, name, None)
            if isinstance(text, str):
                setattr(one, name, _tidy(text))
    if isinstance(command, click.Group):
        for inner in command.commands.values():
            _clean(inner)


def _tidy(text: str) -> str:
    # A line of a backspace alone tells click to leave a paragraph as it is written.
    return "\n".join(line if line.strip() == "\b" else safe(line) for line in text.split("\n"))
