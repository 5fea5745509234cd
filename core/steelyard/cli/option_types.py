"""The types of options whose values click checks: what does not fit is refused in our words."""

from __future__ import annotations

import math
import re
from typing import Any

import click

from steelyard.errors import Fault, UsageError, fault, nearest

_DIGITS = re.compile(r"[+-]?[0-9]+")
_DECIMAL = re.compile(r"[+-]?[0-9]*\.?[0-9]+")


class Whole(click.IntRange):
    """A whole number, perhaps within a range."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Return the number; raises UsageError at the option."""
        try:
            return super().convert(_plain(value, _DIGITS), param, ctx)
        except (click.BadParameter, ValueError):
            raise UsageError([self._refused(_place(param, ctx), value)]) from None

    def _refused(self, place: str, text: object) -> Fault:
        if self.min is None:
            return fault(place, "`{text}` is not a whole number", text=text)
        if self.max is None:
            said = "`{text}` is not a whole number from {least} up"
            return fault(place, said, text=text, least=self.min)
        said = "`{text}` is not a whole number from {least} to {most}"
        return fault(place, said, text=text, least=self.min, most=self.max)


class Fractional(click.FloatRange):
    """A number within a range."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Return the number; raises UsageError at the option."""
        try:
            return super().convert(_plain(value, _DECIMAL), param, ctx)
        except (click.BadParameter, ValueError):
            said = "`{text}` is not a number from {least} to {most}"
            ends = {"least": f"{self.min or 0:g}", "most": f"{self.max or math.inf:g}"}
            raise UsageError([fault(_place(param, ctx), said, text=value, **ends)]) from None


class OneOf(click.Choice[str]):
    """One of some words."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Return the word; raises UsageError at the option."""
        try:
            return super().convert(value, param, ctx)
        except click.BadParameter:
            said = "`{text}` is none of {known}"
            known = tuple(f"`{one}`" for one in self.choices)
            near = nearest(str(value), self.choices)
            refused = fault(_place(param, ctx), said, near, text=value, known=known)
            raise UsageError([refused]) from None


def _plain(value: Any, form: re.Pattern[str]) -> Any:
    """Return a text as a person writes a number, full width too; raises ValueError for what Python
    alone takes for one (`1_000`, `1e3`, `nan`).
    """
    if not isinstance(value, str):
        return value
    # Full width is a number to a person; a raised or circled digit beside another is not.
    from steelyard.case.reading.parse_values import plain

    text = plain(value)
    if form.fullmatch(text) is None:
        raise ValueError(value)
    return text


def _place(param: click.Parameter | None, ctx: click.Context | None) -> str:
    command = "steelyard" if ctx is None else ctx.command_path
    if param is None:
        return command
    name = param.opts[0] if isinstance(param, click.Option) else param.metavar or param.opts[0]
    return f"{command}: {name}"
