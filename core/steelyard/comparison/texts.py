"""Figures and words as a published comparison writes them."""

from __future__ import annotations

from steelyard.errors import Fault
from steelyard.expression.types import number_text
from steelyard.messages import translator


class Texts(dict[int, str]):
    """Whole numbers as decimal texts with so many places, each worked out once."""

    def __init__(self, places: int) -> None:
        """Start empty for one number of places."""
        super().__init__()
        self._places = places

    def __missing__(self, units: int) -> str:
        """Work out one number."""
        self[units] = text = number_text(units, self._places, self._places)
        return text


def words(said: Fault | None) -> dict[str, str] | None:
    """Return what is said in both languages."""
    return (
        None
        if said is None
        else {"zh": said.text(translator("zh")), "en": said.text(translator("en"))}
    )
