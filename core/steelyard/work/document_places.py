"""Where a case's document says a thing, be it a workbook, a table or YAML: what several people have
written of one case is told with the place of each.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from steelyard.case.reading.identity import fold
from steelyard.case.reading.parse_values import plain
from steelyard.located_yaml import Items, Table, Text, key_place, place_of


class Places(NamedTuple):
    """The places of a document; `file` stands for what it does not say."""

    document: Table
    file: str

    def says(self, key: str) -> bool:
        """Whether the document says a thing of the whole case, or `subject.…` of its subject."""
        part, _, inner = key.partition(".")
        said = self.document.get(part)
        if isinstance(said, Table) and inner:
            return said.get(inner) is not None
        return said is not None and inner in {"", "id"}

    def of(self, key: str) -> str:
        """Return where it says so; the file where it does not."""
        if not self.says(key):
            return self.file
        part, _, inner = key.partition(".")
        said = self.document.get(part)
        if isinstance(said, Table) and inner:
            return key_place(said, inner, self.file)
        return key_place(self.document, part, self.file)

    def in_part(self, part: str, key: str) -> str:
        """Return where the document says a thing of one of its parts."""
        table = self.document.get(part)
        return key_place(table, key, place_of(table, self.file))

    def parties(self) -> dict[str, str]:
        """Return where the document names its parties, by their ids."""
        return {name: place_of(one, self.file) for name, one in parties_in(self.document)}

    def waivers(self) -> dict[str, str]:
        """Return where the document waives rules, by their ids."""
        found: dict[str, str] = {}
        said = self.document.get("waivers")
        for one in said if isinstance(said, Items) else ():
            rule = one.get("rule") if isinstance(one, Table) else None
            if isinstance(rule, Text):
                found.setdefault(plain(rule), place_of(one, self.file))
        return found


def parties_in(document: Table) -> Iterator[tuple[str, Table]]:
    """Yield the ids of the parties that a document names, and what it says of each."""
    said = document.get("parties")
    for entry in said if isinstance(said, Items) else ():
        if isinstance(entry, Table) and isinstance(entry.get("id"), Text):
            yield fold(str(entry["id"])), entry
