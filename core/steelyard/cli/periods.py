"""The type of every option that names a period."""

from __future__ import annotations

import click

from steelyard.errors import Fault, UsageError


class PeriodType(click.ParamType[str]):
    """A period as people write it, in its plain form: 2026年度 is 2026."""

    name = "period"

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> str:  # noqa: ARG002
        """Return the plain form; an empty text names none. Raises UsageError at the option."""
        from steelyard.case.reading.parse_values import Wrong, read_period

        found = read_period(value) if value else ("",)
        if isinstance(found, Wrong):
            place = param.opts[0] if param is not None else "period"
            raise UsageError([Fault(place, found.message, found.values, found.near)])
        return found[0]


PERIOD = PeriodType()
