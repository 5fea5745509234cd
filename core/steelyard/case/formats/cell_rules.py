"""What a spreadsheet lets pass without a question in the cells of each type."""

from __future__ import annotations

import datetime

from openpyxl.worksheet.datavalidation import DataValidation

from steelyard.case.formats.prompts import span
from steelyard.expression.types import Date, Number

EPOCH = datetime.date(1899, 12, 30).toordinal()
SOUND_DAY = datetime.date(1900, 3, 1).toordinal()
"""Before this day the workbook's calendar counts a day that never was."""
_WORDS = ("不详", "未知", "unknown")


def listed(formula: str) -> DataValidation:
    """Offer the words of a range or a quoted list."""
    return DataValidation(type="list", formula1=formula, allow_blank=True)


def figure(place: str, kind: Number) -> DataValidation:
    """Question what is no figure within the limits, and is not said to be unknown.

    The cells are texts, in which a figure is a text as well: its value is looked at, not its kind,
    and by their signs days and times are told from figures.
    """
    first = place.partition(":")[0]
    low, high = span(kind)
    wanted = [f'ISERROR(FIND("{sign}",{first}))' for sign in ("/", ":", "月")]
    wanted.append(f'ISERROR(FIND("-",{first},2))')
    wanted += [f"--{first}>={low}"] if low else []
    wanted += [f"--{first}<={high}"] if high else []
    wanted += [f"INT(--{first})=--{first}"] if kind.scale == 0 else []
    words = ",".join(f'{first}="{word}"' for word in _WORDS)
    formula = f"IF(ISNUMBER(--{first}),AND({','.join(wanted)}),OR({words}))"
    return DataValidation(type="custom", formula1=formula, allow_blank=True)


def day(kind: Date) -> DataValidation:
    """Question what is no day within the limits."""
    low, high = max(kind.low, SOUND_DAY) - EPOCH, max(kind.high, SOUND_DAY) - EPOCH
    return DataValidation(
        type="date", operator="between", formula1=str(low), formula2=str(high), allow_blank=True
    )
