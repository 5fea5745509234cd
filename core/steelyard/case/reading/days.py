"""Days and periods as people write them, in digits and in Chinese; what a short date may mean."""

from __future__ import annotations

import re
from contextlib import suppress
from datetime import date, timedelta

_MIDNIGHT = r"(?:[T ]00:00(?::00(?:\.0+)?)?)?"
_DAYS = (
    re.compile(r"(?P<y>[0-9]{4})(?P<s>[-/.])(?P<m>[0-9]{1,2})(?P=s)(?P<d>[0-9]{1,2})" + _MIDNIGHT),
    re.compile(r"(?P<y>[0-9]{4})年(?P<m>[0-9]{1,2})月(?P<d>[0-9]{1,2})[日号]?"),
    re.compile(r"(?P<y>[0-9]{4})(?P<m>[0-9]{2})(?P<d>[0-9]{2})"),
)
_SHORT = re.compile(r"([0-9]{1,2})([-/.年])([0-9]{1,2})(?:\2|月)([0-9]{4}|[0-9]{1,2})[日号]?")
_LONG_YEAR = r"(?P<year>[0-9]{4})(?:年度?|-)?"
_PERIODS = (
    re.compile(r"(?P<year>[0-9]{4})(?:年度?|年?全年|\.0)?"),
    re.compile(_LONG_YEAR + r"(?:H(?P<half>[12])|(?P<part>[上下])半年度?)"),
    re.compile(_LONG_YEAR + r"(?:Q(?P<quarter>[1-4])|第?(?P<season>[1-4一二三四])季度?)"),
    re.compile(r"(?P<year>[0-9]{4})(?:年|[-/.])(?P<month>[0-9]{1,2})(?:月份?)?"),
    re.compile(r"(?P<year>[0-9]{4})年(?P<spoken>十?[一二]|[三四五六七八九十])月份?"),
    re.compile(r"(?P<year>[0-9]{4})(?P<month>[0-9]{2})月?"),
)
_CUT = re.compile(r"([0-9]{4})\.1")
_FIGURES = "一二三四五六七八九十"
_LAST_YEAR = 9998


def day_of(word: str) -> date | None:
    """Return the day that a word names with its year in front, None where it is no such word.

    Raises ValueError where there is no such day.
    """
    word = word.replace(" ", "") if "年" in word else word
    found = next((one for form in _DAYS if (one := form.fullmatch(word))), None)
    return date(int(found["y"]), int(found["m"]), int(found["d"])) if found else None


def short_readings(word: str) -> list[date]:
    """Return the days that a word may mean whose year stands last or has two digits."""
    found = _SHORT.fullmatch(word.replace(" ", ""))
    if found is None:
        return []
    one, sign, two, three = found.groups()
    year = int(three) if len(three) == 4 else 2000 + int(three)
    orders = [] if sign == "年" else [(year, int(two), int(one)), (year, int(one), int(two))]
    if len(three) < 4:
        orders.insert(0, (2000 + int(one), int(two), int(three)))
    days = []
    for order in orders:
        with suppress(ValueError):
            days.append(date(*order))
    return list(dict.fromkeys(days))


def months_of(word: str) -> list[str]:
    """Return the months that a word may mean whose month may have lost its zero on the way through
    a number: 2026.1 is January or October.
    """
    found = _CUT.fullmatch(word)
    return [f"{found[1]}-01", f"{found[1]}-10"] if found else []


def period_of(word: str) -> tuple[str, date, date] | None:
    """Return the period that a word names, in capitals and without spaces, in its plain form with
    its first and last day; None where it names none.
    """
    found = next((one for form in _PERIODS if (one := form.fullmatch(word))), None)
    if found is None:
        return None
    said = {key: text for key, text in found.groupdict().items() if text}
    year = int(said["year"])
    part, name = _part(said)
    if not 1 <= year <= _LAST_YEAR or part is None:
        return None
    first, months = part
    after = first + months
    end = date(year + (after > 12), after - 12 if after > 12 else after, 1)
    return f"{year:04}{name}", date(year, first, 1), end - timedelta(days=1)


def _part(said: dict[str, str]) -> tuple[tuple[int, int] | None, str]:
    """Return the first month and the number of months of a part of a year, None where there is no
    such part, and its name.
    """
    if "half" in said or "part" in said:
        half = int(said["half"]) if "half" in said else "上下".index(said["part"]) + 1
        return (half * 6 - 5, 6), f"H{half}"
    quarter = said.get("quarter") or said.get("season")
    if quarter:
        number = int(quarter) if quarter.isascii() else _FIGURES.index(quarter) + 1
        return (number * 3 - 2, 3), f"Q{number}"
    if "month" in said or "spoken" in said:
        spoken = sum(_FIGURES.index(sign) + 1 for sign in said.get("spoken", ""))
        month = int(said["month"]) if "month" in said else spoken
        return ((month, 1) if 1 <= month <= 12 else None), f"-{month:02}"
    return (1, 12), ""
