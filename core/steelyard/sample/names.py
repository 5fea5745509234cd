"""The words by which whatever is made up says so."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from steelyard.book.model import RuleBook
from steelyard.messages import Title

SOURCE = "虚构样本 made up"
"""The source that stands behind every fact and record."""
WORDS = "虚构 made up"
"""What stands where a text is wanted."""
PREFIX = "sample-"
"""How the id of every made-up subject begins."""

_SECTORS: Mapping[str, Title] = MappingProxyType(
    {
        "hospital": Title("医院", "hospital"),
        "school": Title("学校", "school"),
        "agency": Title("机关", "agency"),
        "community": Title("社区", "community"),
    }
)
_UNIT = Title("单位", "unit")


def subject(book: RuleBook, number: int) -> dict[str, str]:
    """Return the id and the name of a made-up subject, which no other book's has; the name says in
    both languages that it is made up.
    """
    sector = _SECTORS.get(book.sector, _UNIT)
    name = f"样本{sector.zh} {book.id.rpartition('/')[2]}-{number:04}（虚构） / made-up {sector.en}"
    return {"id": f"{PREFIX}{book.id.replace('/', '-')}-{number:04}", "name": name}
