"""Who is weighed: an id, known within the whole that the unit is a part of."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple


class Unit(NamedTuple):
    """A unit as every place knows it that tells units apart: department d-1 of one hospital is not
    d-1 of another. `whole` is the id of the whole, empty where none is named.

    The sector is no part of it: one unit may be weighed by books of several sectors.
    """

    whole: str
    id: str

    @classmethod
    def of(cls, subject: Mapping[str, Any]) -> Unit:
        """Return the unit of a published assessment or a case's document, from its `subject`."""
        return cls(subject.get("part_of") or "", subject["id"])

    def __str__(self) -> str:
        """Return it as it is shown: the whole before the part."""
        return f"{self.whole}/{self.id}" if self.whole else self.id

    def answers_to(self, name: str) -> bool:
        """Whether a user may mean it by a name: its id alone, or with its whole."""
        return name in {self.id, str(self)}

    @property
    def named(self) -> dict[str, str]:
        """The whole that it is a part of, as a published form has it beside its id; empty without
        one.
        """
        return {"part_of": self.whole} if self.whole else {}


NOBODY = Unit("", "")
"""Stands for the unit of a case that names none."""
