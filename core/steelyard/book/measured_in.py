"""What figures count: the units that a book may name, in both languages, and the ways in which
people type each beside a figure.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import NamedTuple

from steelyard.messages import Title

PERCENT = "percent"


class MeasuredIn(NamedTuple):
    """What a figure counts: a unit of the table, or one of a book's own, which has no id.

    `typed` are the words that may stand beside a figure of it, as `folded` gives them.
    """

    id: str
    title: Title
    typed: frozenset[str]

    @property
    def both(self) -> str:
        """The unit in both languages, as a message names it."""
        return "%" if self.id == PERCENT else " / ".join(dict.fromkeys(self.title))


def folded(word: str) -> str:
    """Return a unit as it is looked up: in small letters, without spaces and full stops."""
    return "".join(word.split()).replace(".", "").lower()


def _unit(name: str, zh: str, en: str, *typed: str) -> MeasuredIn:
    ways = (zh, en, name if name.isascii() and "_" not in name else zh, *typed)
    return MeasuredIn(name, Title(zh, en), frozenset(map(folded, ways)))


_LISTED = (
    _unit(PERCENT, "%", "percent", "per cent", "pct", "百分之"),
    _unit("permille", "‰", "per mille", "千分之"),
    _unit("point", "分", "points"),
    _unit("person", "人", "persons", "名", "位", "people"),
    _unit("person_time", "人次", "attendances", "person-times"),
    _unit("household", "户", "households", "家庭"),
    _unit("time", "次", "times", "回"),
    _unit("session", "场", "sessions", "场次", "期"),
    _unit("piece", "件", "pieces", "个", "份", "项", "条", "只", "张", "pcs"),
    _unit("year", "年", "years"),
    _unit("month", "个月", "months", "月"),
    _unit("week", "周", "weeks", "星期"),
    _unit("day", "天", "days", "日"),
    _unit("working_day", "个工作日", "working days", "工作日"),
    _unit("hour", "小时", "hours", "h", "hr", "hrs", "时"),
    _unit("class_hour", "学时", "class hours", "课时"),
    _unit("minute", "分钟", "minutes", "min", "mins"),
    _unit("m", "米", "metres", "metre", "meter", "meters", "公尺"),
    _unit("km", "公里", "kilometres", "千米", "kilometre", "kilometer", "kilometers"),
    _unit("m2", "平方米", "square metres", "㎡", "m²", "m^2", "平米", "平方", "sqm", "sq m",
          "square metre", "square meter", "square meters"),
    _unit("mu", "亩", "mu"),
    _unit("hectare", "公顷", "hectares", "ha"),
    _unit("km2", "平方公里", "square kilometres", "平方千米", "km²", "km^2"),
    _unit("m3", "立方米", "cubic metres", "m³", "m^3", "立方", "cubic metre", "cubic meters"),
    _unit("g", "克", "grams", "gram"),
    _unit("kg", "千克", "kilograms", "公斤", "kilogram"),
    _unit("tonne", "吨", "tonnes", "t", "tons", "ton"),
    _unit("litre", "升", "litres", "l", "liter", "liters"),
    _unit("kwh", "千瓦时", "kilowatt-hours", "度", "kw·h"),
    _unit("yuan", "元", "yuan", "¥", "rmb", "cny", "人民币", "圆", "块"),
    _unit("wan_yuan", "万元", "ten thousand yuan"),
    _unit("wan_person", "万人", "ten thousand persons"),
)  # fmt: skip
UNITS: Mapping[str, MeasuredIn] = MappingProxyType({one.id: one for one in _LISTED})
"""The units that a book may name by their ids."""


def own(title: Title) -> MeasuredIn:
    """Return a unit of a book's own, which is typed as it is called."""
    return MeasuredIn("", title, frozenset(map(folded, title)))


def called(word: str) -> MeasuredIn | None:
    """Return the unit of the table that people write so, None where there is none."""
    return next((one for one in _LISTED if folded(word) in one.typed), None)


def with_unit(title: Title, unit: MeasuredIn | None) -> Title:
    """Return a title with what its figure counts behind it, unless it ends with that already."""
    if unit is None:
        return title
    zh = title.zh if _ends(title.zh, unit.typed) else f"{title.zh}（{unit.title.zh}）"
    en = title.en if _ends(title.en, unit.typed) else f"{title.en} ({unit.title.en})"
    return Title(zh, en)


def _ends(title: str, typed: Iterable[str]) -> bool:
    said = folded(title).replace("（", "(").replace("）", ")")
    return any(said.endswith(f"({word})") for word in typed)
